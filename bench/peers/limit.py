"""The limit: an event loop written by hand for one model at a time, on a binary heap of flat arrays, under Numba.

It is no peer: it can run nothing else. It shows what this machine can do at all for the same events, and is where the
reference values come from. Every hop is an event and every attempt arms a timer event, as the peers do.
"""
# ruff: noqa: SIM109 (plain comparisons become a jump table; membership in a tuple may not)

from __future__ import annotations

import numba as nb
import numpy as np
from common import W1, Arguments, Stopwatch, Tiers, arguments, latencies, report

# kinds of events; an event is kind * SPAN + subject
ARRIVE, BALANCER, BALANCED, APP, APP_DONE, DATABASE, DATABASE_DONE, HOME_1, HOME_2, CLIENT, TIMER, RETRY = range(12)
SPAN = 1 << 40


@nb.njit(inline="always")
def push(times, events, size, at, event):
    hole = size
    while hole > 0:
        parent = (hole - 1) >> 1
        if times[parent] <= at:
            break
        times[hole] = times[parent]
        events[hole] = events[parent]
        hole = parent
    times[hole] = at
    events[hole] = event
    return size + 1


@nb.njit(inline="always")
def drop_first(times, events, size):
    size -= 1
    at = times[size]
    event = events[size]
    hole = 0
    child = 1
    while child < size:
        if child + 1 < size and times[child + 1] < times[child]:
            child += 1
        if at <= times[child]:
            break
        times[hole] = times[child]
        events[hole] = events[child]
        hole = child
        child = 2 * hole + 1
    times[hole] = at
    events[hole] = event
    return size


@nb.njit
def mm1(rng, customers, gap_s, work_s):
    """Mean sojourn of W1 in seconds, and the number of events."""
    times = np.empty(16)
    kinds = np.empty(16, np.int64)
    came = np.empty(customers)
    size = push(times, kinds, 0, rng.standard_exponential() * gap_s, 0)
    arrived = served = events = 0
    total = 0.0
    while size > 0:
        now = times[0]
        kind = kinds[0]
        size = drop_first(times, kinds, size)
        events += 1
        if kind == 0:
            came[arrived] = now
            arrived += 1
            if arrived < customers:
                size = push(times, kinds, size, now + rng.standard_exponential() * gap_s, 0)
            if arrived - served == 1:
                size = push(times, kinds, size, now + rng.standard_exponential() * work_s, 1)
        else:
            total += now - came[served]
            served += 1
            if arrived > served:
                size = push(times, kinds, size, now + rng.standard_exponential() * work_s, 1)
    return total / customers, events


@nb.njit
def tiers(
    rng, rate, duration_s, timeout_s, retries, hop_s, balancer_s, apps, app_s, connections, database_s,
    backoff_s, jitter_s,
):  # fmt: skip
    """Latencies of W2, W3 or W3b in seconds, timeouts, failures, and the number of events."""
    most = int(rate * duration_s * 1.2) + 1000
    sent = np.empty(most)  # by request
    tries = np.zeros(most, np.int64)
    answered = np.zeros(most, np.bool_)
    took = np.empty(most)
    most_attempts = most * (retries + 1)
    request_of = np.empty(most_attempts, np.int64)  # by attempt
    app_of = np.empty(most_attempts, np.int64)
    abandoned = np.zeros(most_attempts, np.bool_)
    behind = np.full(most_attempts, -1, np.int64)  # who is next in the queue
    first = np.full(apps + 1, -1, np.int64)  # by queue: the apps', then the database's
    last = np.full(apps + 1, -1, np.int64)
    busy = np.zeros(apps + 1, np.int64)
    times = np.empty(1 << 20)
    heap = np.empty(1 << 20, np.int64)
    turn = requests = attempts = oks = timeouts = failed = events = 0
    size = push(times, heap, 0, rng.standard_exponential() / rate, ARRIVE * SPAN)
    while size > 0:
        now = times[0]
        event = heap[0]
        size = drop_first(times, heap, size)
        events += 1
        kind = event // SPAN
        a = event - kind * SPAN
        if kind == ARRIVE or kind == RETRY:
            r = a
            if kind == ARRIVE:
                if now > duration_s:
                    continue
                r = requests
                requests += 1
                sent[r] = now
                size = push(times, heap, size, now + rng.standard_exponential() / rate, ARRIVE * SPAN)
            a = attempts
            attempts += 1
            request_of[a] = r
            tries[r] += 1
            size = push(times, heap, size, now + hop_s, BALANCER * SPAN + a)
            if timeout_s > 0.0:
                size = push(times, heap, size, now + timeout_s, TIMER * SPAN + a)
        elif kind == BALANCER:
            size = push(times, heap, size, now + balancer_s, BALANCED * SPAN + a)
        elif kind == BALANCED:
            app_of[a] = turn
            turn = turn + 1 if turn + 1 < apps else 0
            size = push(times, heap, size, now + hop_s, APP * SPAN + a)
        elif kind == APP or kind == DATABASE:
            q = app_of[a] if kind == APP else apps
            if busy[q] < (1 if kind == APP else connections):
                busy[q] += 1
                work_s = rng.standard_exponential() * (app_s if kind == APP else database_s)
                size = push(times, heap, size, now + work_s, (kind + 1) * SPAN + a)
            else:
                if first[q] < 0:
                    first[q] = a
                else:
                    behind[last[q]] = a
                last[q] = a
        elif kind == APP_DONE or kind == DATABASE_DONE:
            q = app_of[a] if kind == APP_DONE else apps
            size = push(times, heap, size, now + hop_s, (kind + 1) * SPAN + a)
            b = first[q]
            if b >= 0:
                first[q] = behind[b]
                behind[b] = -1
                work_s = rng.standard_exponential() * (app_s if kind == APP_DONE else database_s)
                size = push(times, heap, size, now + work_s, kind * SPAN + b)
            else:
                busy[q] -= 1
        elif kind == HOME_1 or kind == HOME_2:
            size = push(times, heap, size, now + hop_s, (kind + 1) * SPAN + a)
        elif kind == CLIENT:
            if not abandoned[a]:
                r = request_of[a]
                answered[r] = True
                took[oks] = now - sent[r]
                oks += 1
        else:  # TIMER
            r = request_of[a]
            if not answered[r]:
                abandoned[a] = True
                timeouts += 1
                if tries[r] <= retries:
                    wait_s = backoff_s * 2.0 ** (tries[r] - 1) + rng.random() * jitter_s
                    size = push(times, heap, size, now + wait_s, RETRY * SPAN + r)
                else:
                    failed += 1
    return took[:oks], timeouts, failed, events


def simulate_tiers(model: Tiers, duration_s: float, seed: int) -> tuple[np.ndarray, int, int, int]:
    """`tiers` for a model and a seed."""
    return tiers(
        np.random.default_rng(seed), model.rate, duration_s, model.timeout_s or 0.0, model.retries, model.hop_s,
        model.balancer_s, model.apps, model.app_mean_s, model.connections, model.database_mean_s, model.backoff_s,
        model.jitter_s,
    )  # fmt: skip


def run(asked: Arguments, customers: int, duration_s: float) -> tuple[int, dict[str, float | int]]:
    """Customers or requests that finished, and the rest of the line."""
    if asked.tiers is None:
        rng = np.random.default_rng(asked.seed)
        mean, events = mm1(rng, customers, 1 / W1.arrival_rate, 1 / W1.service_rate)
        return customers, {"mean_s": round(float(mean), 4), "events": events}
    took, timeouts, failed, events = simulate_tiers(asked.tiers, duration_s, asked.seed)
    counts = {"timeouts": timeouts, "failed": failed, "events": events}
    return took.size + failed, {"took": took, **counts}


def main() -> None:
    """A run that compiles, a measured run, one line."""
    asked = arguments()
    watch = Stopwatch()
    run(asked, 10, 0.01)
    compile_s = round(watch.read(), 3)
    watch = Stopwatch()
    finished, found = run(asked, asked.customers, asked.duration_s)
    wall_s = watch.read()
    took = found.pop("took", None)
    more = {} if took is None else latencies(took.tolist())
    report("limit", f"numba {nb.__version__}", asked, wall_s, finished, **more, **found, compile_s=compile_s)


if __name__ == "__main__":
    main()
