"""SimPy: a process per customer or request and `simpy.Resource`, the way its documentation does it.

`w1store` is W1 as two processes that live for the whole run and a `Store` between them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from importlib.metadata import version
from itertools import cycle
from typing import Any

import simpy
from common import W1, WORKLOADS, Counts, Stopwatch, Tiers, arguments, latencies, report

Process = Generator[Any, Any, None]


def mm1(customers: int, seed: int) -> float:
    """Mean sojourn of W1, s."""
    draw = random.Random(seed).expovariate
    env = simpy.Environment()
    server = simpy.Resource(env, capacity=1)
    total = 0.0

    def customer() -> Process:
        nonlocal total
        came = env.now
        with server.request() as turn:
            yield turn
            yield env.timeout(draw(W1.service_rate))
        total += env.now - came

    def arrivals() -> Process:
        for _ in range(customers):
            yield env.timeout(draw(W1.arrival_rate))
            env.process(customer())

    env.process(arrivals())
    env.run()
    return total / customers


def mm1_store(customers: int, seed: int) -> float:
    """The same from two processes and a store."""
    draw = random.Random(seed).expovariate
    env = simpy.Environment()
    line = simpy.Store(env)
    total = 0.0

    def arrivals() -> Process:
        for _ in range(customers):
            yield env.timeout(draw(W1.arrival_rate))
            yield line.put(env.now)

    def server() -> Process:
        nonlocal total
        while True:
            came = yield line.get()
            yield env.timeout(draw(W1.service_rate))
            total += env.now - came

    env.process(arrivals())
    env.process(server())
    env.run()
    return total / customers


def tiers(model: Tiers, duration_s: float, seed: int) -> tuple[list[float], Counts]:
    """Latencies in seconds and counts of W2, W3 or W3b."""
    rng = random.Random(seed)
    draw = rng.expovariate
    env = simpy.Environment()
    next_app = cycle([simpy.Resource(env, capacity=1) for _ in range(model.apps)])
    database = simpy.Resource(env, capacity=model.connections)
    hop_s, balancer_s, timeout_s = model.hop_s, model.balancer_s, model.timeout_s
    app_rate, database_rate = 1 / model.app_mean_s, 1 / model.database_mean_s
    took: list[float] = []
    counts = Counts()

    def attempt() -> Process:
        yield env.timeout(hop_s)
        yield env.timeout(balancer_s)
        app = next(next_app)
        yield env.timeout(hop_s)
        with app.request() as core:
            yield core
            yield env.timeout(draw(app_rate))
        yield env.timeout(hop_s)
        with database.request() as connection:
            yield connection
            yield env.timeout(draw(database_rate))
        yield env.timeout(hop_s)
        yield env.timeout(hop_s)
        yield env.timeout(hop_s)

    def patient() -> Process:
        sent = env.now
        yield from attempt()
        took.append(env.now - sent)

    def impatient() -> Process:
        sent = env.now
        for k in range(model.retries + 1):
            if k:
                yield env.timeout(model.backoff_s * 2 ** (k - 1) + rng.uniform(0, model.jitter_s))
            answer = env.process(attempt())
            yield answer | env.timeout(timeout_s)
            if answer.triggered:
                took.append(env.now - sent)
                return
            counts.timeouts += 1
        counts.failed += 1

    client: Callable[[], Process] = patient if timeout_s is None else impatient

    def arrivals() -> Process:
        while True:
            yield env.timeout(draw(model.rate))
            if env.now > duration_s:
                return
            env.process(client())

    env.process(arrivals())
    env.run()
    return took, counts


def main() -> None:
    """One run, one line."""
    asked = arguments((*WORKLOADS, "w1store"))
    watch = Stopwatch()
    if asked.tiers is None:
        mean = (mm1_store if asked.workload == "w1store" else mm1)(asked.customers, asked.seed)
        report("simpy", version("simpy"), asked, watch.read(), asked.customers, mean_s=round(mean, 4))
        return
    took, counts = tiers(asked.tiers, asked.duration_s, asked.seed)
    wall_s = watch.read()
    report("simpy", version("simpy"), asked, wall_s, len(took) + counts.failed, **latencies(took), **vars(counts))


main()
