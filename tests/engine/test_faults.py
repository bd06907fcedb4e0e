"""What faults do in a run, on designs so small that every number follows by hand.

Requests come at the times of a trace, work is constant, the network takes 10 ms to the client and none inside.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from loadcase.blueprint.load import loads
from loadcase.core.history import EVENT_NAMES
from loadcase.core.results import RunResult
from loadcase.engine.kernels import effects, tables
from loadcase.engine.recording import Recording
from loadcase.engine.run import Loop, case_of, changes_of, compile_located, run

HEAD = "loadcase: 1\nname: t\nnetwork: {client: 10 ms, same_zone: 0 s, cross_zone: 0 s, cross_region: 0 s}\n"


Ran = Callable[..., RunResult]


@pytest.fixture
def ran(tmp_path: Path) -> Ran:
    """Runs a design of components and flows under faults; `at` are the arrival times of the flows on a trace."""

    def ran(components: str, flows: str, faults: str, at: str = "1", more: str = "") -> RunResult:
        (tmp_path / "t").write_text(at.replace(" ", "\n"))
        text = f"{HEAD}{more}components: {{{components}}}\nflows: {{{flows}}}\n"
        text += f"cases: {{f: {{duration: 20 s, warmup: 0 s, faults: [{faults}]}}}}\n"
        result = run(loads(text), "f", trace_folder=tmp_path)
        assert result.partial is None
        return result

    return ran


def value(result: RunResult, name: str) -> float:
    return result.metrics[name].value


ONE = "a: {kind: service, work: 500 ms}"
CALL = "r: {arrive: {trace: t, !}, steps: [a.handle]}"
AGAIN = CALL.replace("!", "retry: {max: 1, backoff: 100 ms}")


# --- crash -----------------------------------------------------------------------------------------------------------
def test_a_crash_kills_the_work_in_service_and_its_caller_hears_of_it(ran: Ran) -> None:
    assert value(ran(ONE, AGAIN, "crash: {on: a, at: 2 s, for: 1 s}"), "r.max") == pytest.approx(0.52)
    # sent at 1, dies at 1.2, heard at 1.21, sent again at 1.31, there at 1.32, done at 1.82, heard at 1.83
    result = ran(ONE, AGAIN, "crash: {on: a, at: 1.2 s, for: 50 ms}")
    assert value(result, "r.max") == pytest.approx(0.83)
    assert value(result, "r.attempts") == 2


def test_a_dead_process_refuses_after_the_time_of_the_network(ran: Ran) -> None:
    # refused at 1.01, heard at 1.02, sent again at 1.12, done at 1.63, heard at 1.64
    assert value(ran(ONE, AGAIN, "crash: {on: a, at: 0.9 s, for: 200 ms}"), "r.max") == pytest.approx(0.64)
    result = ran(ONE, CALL.replace("!", ""), "crash: {on: a, at: 0.9 s, for: 200 ms}", "1 5")
    assert value(result, "r.availability") == 0.5
    assert value(result, "r.errors.down") == pytest.approx(1 / 20)


def test_a_machine_that_is_gone_answers_when_it_is_back(ran: Ran) -> None:
    # dies at 1.2, is back at 1.7, heard at 1.71, sent again at 1.81, done at 2.32, heard at 2.33
    fault = "crash: {on: a, at: 1.2 s, for: 500 ms, answer: silence}"
    assert value(ran(ONE, AGAIN, fault), "r.max") == pytest.approx(1.33)
    # the timeout comes at 1.4; what is sent at 1.5 is told at 1.71 that the connection is gone; sent again at 1.81
    patient = CALL.replace("!", "timeout: 400 ms, retry: {max: 2, backoff: 100 ms, multiplier: 1}")
    result = ran(ONE.replace("500", "300"), patient, fault)
    assert value(result, "r.max") == pytest.approx(1.13)
    assert value(result, "r.timeouts") == pytest.approx(1 / 20)


def test_a_replica_that_has_died_tries_nothing_again(ran: Ran) -> None:
    # a calls b at 1.01, gives up at 1.11, calls again at 1.21, and dies at 1.25
    parts = "a: {kind: service, work: 0 s}, b: {kind: service, work: 10 s}"
    again = "retry: {max: 10000, backoff: 100 ms, multiplier: 1}"
    flow = f"r: {{arrive: {{trace: t}}, steps: [a.handle: {{do: [b.handle: {{timeout: 100 ms, {again}}}]}}]}}"
    result = ran(parts, flow, "crash: {on: a, at: 1.25 s, for: 100 ms}")
    assert value(result, "r.retries") == pytest.approx(1 / 20)
    assert value(result, "r.availability") == 0.0


def test_a_crash_kills_the_queue(ran: Ran) -> None:
    result = ran(ONE, CALL.replace("!", ""), "crash: {on: a, at: 1.3 s, for: 10 ms}", "1 1.1 1.2 3")
    assert value(result, "r.availability") == 0.25
    assert value(result, "r.max") == pytest.approx(0.52)  # nothing of before is in its way


@pytest.mark.parametrize("discipline", ["fifo", "lifo", "ps", "priority", "preemptive"])
def test_a_crash_leaves_nothing_behind_in_any_discipline(ran: Ran, discipline: str) -> None:
    one = f"a: {{kind: service, work: 500 ms, discipline: {discipline}}}"
    low = "l: {arrive: {trace: t, priority: low}, steps: [a.handle]}"
    result = ran(one, f"{CALL.replace('!', '')}, {low}", "crash: {on: a, at: 1.3 s, for: 10 ms}", "1 1.1 3")
    assert value(result, "r.availability") == pytest.approx(1 / 3)
    assert value(result, "l.availability") == pytest.approx(1 / 3)
    assert max(value(result, "r.max"), value(result, "l.max")) == pytest.approx(1.02)
    assert value(result, "a.in_service") * 20 == pytest.approx(0.29 + 1.0)


NESTED = "a: {kind: service}, b: {kind: service, work: 300 ms}, c: {kind: service, work: 100 ms}"


@pytest.mark.parametrize("timeout", ["", "b.handle: {timeout: 5 s}"])
def test_what_a_dead_caller_had_asked_for_goes_on_and_nothing_more_is_asked(ran: Ran, timeout: str) -> None:
    inner = "{" + timeout + "}" if timeout else "b.handle"
    flow = f"r: {{arrive: {{trace: t}}, steps: [{{a.handle: {{work: 100 ms, do: [{inner}, c.handle]}}}}]}}"
    result = ran(NESTED, flow, "crash: {on: a, at: 1.2 s, for: 10 ms}", "1 3")
    assert value(result, "r.availability") == 0.5
    assert value(result, "b.rate") * 20 == 2
    assert value(result, "b.in_service") * 20 == pytest.approx(0.6)
    assert value(result, "c.rate") * 20 == 1
    assert value(result, "a.in_service") * 20 == pytest.approx(0.19 + 0.5)


def test_branches_and_followers_of_a_dead_caller_end(ran: Ran) -> None:
    flow = (
        "r: {arrive: {trace: t}, steps: [{a.handle: {work: 0 s, do: ["
        "{parallel: [[b.handle, c.handle], [{wait: 300 ms}, c.handle]]}, c.handle]}}]}"
    )
    result = ran(NESTED, flow, "crash: {on: a, at: 1.2 s, for: 10 ms}", "1")
    assert value(result, "b.rate") * 20 == 1
    assert value(result, "c.rate") * 20 == 0


def test_a_crash_of_a_balancer_cuts_what_goes_through_it(ran: Ran) -> None:
    parts = "lb: {kind: load_balancer, work: 0 s}, a: {kind: service, work: 500 ms}"
    flow = "r: {arrive: {trace: t, retry: {max: 1, backoff: 100 ms}}, steps: [lb.forward, a.handle]}"
    result = ran(parts, flow, "crash: {on: lb, at: 1.2 s, for: 10 ms}")
    assert value(result, "r.max") == pytest.approx(1.02)  # behind the first, which goes on until 1.51
    assert value(result, "a.rate") * 20 == 2


@pytest.mark.parametrize(
    ("level", "down", "answers"),
    [("one", 2, 1.0), ("quorum", 1, 1.0), ("quorum", 2, 0.0), ("all", 0, 1.0), ("all", 1, 0.0)],
)
def test_a_store_answers_with_the_copies_that_are_up(ran: Ran, level: str, down: int, answers: float) -> None:
    for verb in ("write", "read"):
        if (verb, level) == ("read", "one"):
            continue  # one copy is asked: before it is known to be dead this fails
        store = f"s: {{kind: store, replicas: 3, {verb}: {level}, work: 10 ms}}"
        flow = f"r: {{arrive: {{trace: t}}, steps: [s.{verb}]}}"
        crash = f"crash: {{on: s, count: {down}, at: 0.5 s, for: 5 s}}" if down else "flush: {on: c}"
        more = ", c: {kind: cache, keys: 5}"
        assert value(ran(store + more, flow, crash, "1 2 3"), "r.availability") == answers


def test_a_read_of_one_copy_avoids_those_that_are_known_to_be_dead(ran: Ran) -> None:
    times = " ".join(str(1 + i / 10) for i in range(60))
    flow = "r: {arrive: {trace: t}, steps: [s.read]}"
    crash = "crash: {on: s, count: 2, at: 0.5 s, for: 10 s, detect: !}"
    store = "s: {kind: store, replicas: 3, work: 10 ms}"
    assert value(ran(store, flow, crash.replace("!", "0.4 s"), times), "r.availability") == 1.0
    assert value(ran(store, flow, crash.replace("!", "9 s"), times), "r.availability") < 0.6


@pytest.mark.parametrize("balance", ["round_robin", "random", "least_loaded", "two_choices", "hash"])
def test_balancers_send_to_a_dead_replica_until_they_know(ran: Ran, balance: str) -> None:
    times = " ".join(str(i / 100) for i in range(100, 1100))
    parts = f"a: {{kind: service, replicas: 4, workers: 0, work: 100 ms, balance: {balance}}}"
    flow = "r: {arrive: {trace: t, key: k}, steps: [a.handle]}"
    entity = "entities: {k: {count: 10k}}\n"
    result = ran(parts, flow, "crash: {on: a, count: 1, at: 2 s, for: 8 s, detect: 4 s}", times, entity)
    seconds = np.array(result.series["r.errors"].values).reshape(20, 3).mean(1)  # three intervals a second
    assert seconds[:2].sum() <= 6  # those that were on their way
    assert seconds[6:].sum() <= 6
    assert seconds[2:6].min() > 15
    if balance == "least_loaded":  # a dead replica is never busy
        assert seconds[3:5].min() > 55
    if balance == "round_robin":
        assert seconds[3:5].sum() == pytest.approx(50, abs=1)


def test_a_crashed_cache_is_cold_and_a_flushed_one_too(ran: Ran) -> None:
    parts = "c: {kind: cache, keys: 5, work: 0 s, warm: false}, s: {kind: service, work: 1 ms}"
    flow = "r: {arrive: {trace: t, key: k}, steps: [{c.get: {miss: [s.handle]}}]}"
    times = " ".join(str(i) for i in range(1, 11))
    entity = "entities: {k: {count: 1}}\n"
    for fault, misses in (("flush: {on: c, at: 12 s}", 1), ("flush: {on: c, at: 4.5 s}", 2)):
        assert value(ran(parts, flow, fault, times, entity), "s.rate") * 20 == misses
    assert value(ran(parts, flow, "crash: {on: c, at: 4.5 s, for: 100 ms}", times, entity), "s.rate") * 20 == 2


# --- consumers -------------------------------------------------------------------------------------------------------
CONSUMED = "p: {kind: log, partitions: 1, work: 0 s}, w: {kind: service, replicas: 2, work: 500 ms}"
CONSUMING = "r: {arrive: {trace: t}, steps: [p.publish]}, f: {consume: {log: p, by: w}, steps: [w.handle]}"


def test_a_message_of_a_log_comes_again_when_its_consumer_is_back_or_replaced(ran: Ran) -> None:
    # published at 1.01, half done at 1.26; begun again when the replica is back, or by the other one
    for more, begun in (("for: 1 s", 2.26), ("for: 9 s, takeover: 2 s", 3.26), ("for: 9 s, takeover: 9 s", 10.26)):
        result = ran(CONSUMED, CONSUMING, f"crash: {{on: w, count: 1, at: 1.26 s, {more}}}")
        assert value(result, "f.max") == pytest.approx(begun + 0.5 - 1.01)
        assert value(result, "w.rate") * 20 == 2


def test_the_messages_behind_it_wait_in_their_order(ran: Ran) -> None:
    result = ran(CONSUMED, CONSUMING, "crash: {on: w, count: 1, at: 1.26 s, for: 1 s}", "1 1.1 1.2")
    assert value(result, "f.rate") * 20 == 3
    assert value(result, "f.max") == pytest.approx(2.26 + 1.5 - 1.21)
    assert value(result, "p.lag.peak") == 3


@pytest.mark.parametrize("order", ["none", "k"])
def test_the_same_without_an_order_or_by_key(ran: Ran, order: str) -> None:
    flows = CONSUMING.replace("by: w}", f"by: w, in_order: {order}}}").replace("trace: t", "trace: t, key: k")
    crash = "crash: {on: w, count: 1, at: 1.26 s, for: 1 s}"
    result = ran(CONSUMED, flows, crash, more="entities: {k: {count: 1}}\n")
    assert value(result, "f.max") == pytest.approx(2.26 + 0.5 - 1.01)


def test_a_message_of_a_queue_is_visible_again_after_its_time(ran: Ran) -> None:
    parts = CONSUMED.replace("kind: log, partitions: 1", "kind: queue, visibility: 3 s")
    flows = CONSUMING.replace("log: p", "queue: p")
    result = ran(parts, flows, "crash: {on: w, count: 1, at: 1.26 s, for: 10 s}")
    assert value(result, "f.max") == pytest.approx(3.0 + 0.5)
    assert value(result, "w.rate") * 20 == 2
    # replicas that are down take nothing
    result = ran(parts, flows, "crash: {on: w, at: 0.5 s, for: 10 s}")
    assert value(result, "f.max") == pytest.approx(10.5 - 1.01 + 0.5)
    result = ran(parts, flows, "crash: {on: w, count: 1, at: 0.5 s, for: 10 s}", "1 1.6 2.2 2.8")
    assert value(result, "f.max") == pytest.approx(0.5)


def test_a_message_of_a_topic_is_lost(ran: Ran) -> None:
    parts = CONSUMED.replace("kind: log, partitions: 1", "kind: topic")
    flows = CONSUMING.replace("log: p", "topic: p")
    result = ran(parts, flows, "crash: {on: w, at: 1.26 s, for: 1 s}", "1 5")
    assert value(result, "f.availability") == 0.5
    assert value(result, "w.rate") * 20 == 2


def test_a_stopped_consumer_goes_on_where_it_was(ran: Ran) -> None:
    for source in ("log", "queue", "topic"):
        parts = CONSUMED.replace("log, partitions: 1", source).replace("500", "100")
        flows = CONSUMING.replace("log: p", f"{source}: p")
        result = ran(parts, flows, "consumer_pause: {flow: f, at: 0.5 s, for: 2 s}", "1")
        assert value(result, "f.max") == pytest.approx(2.5 - 1.01 + 0.1)


# --- pause -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("discipline", ["fifo", "lifo", "ps", "priority", "preemptive"])
def test_a_pause_delays_by_as_long_as_it_lasts(ran: Ran, discipline: str) -> None:
    one = f"a: {{kind: service, work: 500 ms, discipline: {discipline}}}"
    flow = CALL.replace("!", "")
    for start in (0.2, 1.005, 1.2, 1.4):  # before it comes, before it is there, and in service
        result = ran(one, flow, f"pause: {{on: a, at: {start} s, for: 1 s}}")
        late = max(0.0, start + 1 - 1.01) if start < 1.01 else 1.0
        assert value(result, "r.max") == pytest.approx(0.52 + late), start
        assert value(result, "r.availability") == 1.0
    # two that overlap last until the later end
    both = "pause: {on: a, at: 1.2 s, for: 1 s}, pause: {on: a, at: 1.7 s, for: 1 s}"
    assert value(ran(one, flow, both), "r.max") == pytest.approx(0.52 + 1.5)


def test_a_paused_caller_goes_on_when_it_is_over(ran: Ran) -> None:
    flow = "r: {arrive: {trace: t}, steps: [{a.handle: {work: 100 ms, do: [b.handle, c.handle]}}]}"
    # b answers at 1.41, a calls c at 2.2
    result = ran(NESTED, flow, "pause: {on: a, at: 1.2 s, for: 1 s}")
    assert value(result, "r.max") == pytest.approx(2.2 + 0.1 + 0.01 - 1)


def test_the_queue_of_a_paused_replica_fills_up(ran: Ran) -> None:
    one = "a: {kind: service, work: 100 ms, queue: 2}"
    result = ran(one, CALL.replace("!", ""), "pause: {on: a, at: 0.5 s, for: 5 s}", "1 1.1 1.2 1.3 1.4")
    assert value(result, "r.availability") == pytest.approx(3 / 5)
    assert value(result, "r.errors.shed") * 20 == 2


# --- the network -----------------------------------------------------------------------------------------------------
LINKED = "a: {kind: service}, b: {kind: service, work: 100 ms}"
OVER = "r: {arrive: {trace: t}, steps: [{a.handle: {work: 0 s, do: [{b.handle: {!}}]}}]}"


def test_a_partition_is_one_way_when_it_says_so(ran: Ran) -> None:
    fault = "partition: {between: [a, b], direction: !, at: 0.5 s, for: 2 s}"
    flow = OVER.replace("!", "timeout: 1 s")
    served = {}
    for direction in ("both", "to", "from"):
        result = ran(LINKED, flow, fault.replace("!", direction))
        assert value(result, "r.availability") == 0.0
        served[direction] = result.series["b.rate"].values
    second = {d: [i for i, v in enumerate(v) if v] for d, v in served.items()}
    assert second["from"] == [3]  # 1.01 s: the request came through, and its work was done
    assert second["to"] == second["both"] == [7]  # 2.5 s: it came when the partition was over, and nobody waited
    # without a timeout: late by what is left of the partition
    flow = OVER.replace("!", "")
    assert value(ran(LINKED, flow, fault.replace("!", "to")), "r.max") == pytest.approx(2.5 + 0.1 + 0.01 - 1)
    assert value(ran(LINKED, flow, fault.replace("!", "from")), "r.max") == pytest.approx(2.5 + 0.01 - 1)


def test_what_a_partition_drops_never_comes(ran: Ran) -> None:
    fault = "partition: {between: [a, b], direction: !, drops: true, at: 0.5 s, for: 2 s}"
    result = ran(LINKED, OVER.replace("!", ""), fault.replace("!", "to"))
    assert value(result, "r.errors.down") * 20 == 1
    assert value(result, "b.rate") == 0
    result = ran(LINKED, OVER.replace("!", ""), fault.replace("!", "from"))
    assert value(result, "r.errors.down") * 20 == 1
    assert value(result, "b.rate") * 20 == 1


def test_clients_can_be_cut_off(ran: Ran) -> None:
    fault = "partition: {between: [client, a], direction: !, at: 1.005 s, for: 2 s}"
    flow = OVER.replace("!", "")
    assert value(ran(LINKED, flow, fault.replace("!", "to")), "r.max") == pytest.approx(0.12)  # it is on its way
    assert value(ran(LINKED, flow, fault.replace("!", "from")), "r.max") == pytest.approx(3.005 + 0.01 - 1)


def test_zones_and_regions_can_be_cut(ran: Ran) -> None:
    parts = (
        "a: {kind: service, workers: 9, replicas: 2, !}, b: {kind: service, workers: 9, replicas: 2, work: 100 ms, !}"
    )
    flow = OVER.replace("!", "")
    times = "1 2 3 4"
    for place, fault in (("zones: 2", "zones"), ("regions: 2", "regions")):
        cut = f"partition: {{{fault}: [1, 2], at: 0.5 s, for: 9 s}}"
        result = ran(parts.replace("!", place), flow, cut, times)
        # each replica of a calls the two of b in turn: one of them is in its own zone
        late = [v for v in result.series["r.p50"].values if v is not None]
        assert [round(v, 1) for v in sorted(late)[:2]] == [0.1, 0.1]
        assert min(late[2:], default=0.0) <= 9.5
        assert sorted(late)[2] > 5
        assert value(result, "r.availability") == 1.0


def test_latency_is_added_each_way_and_adds_up(ran: Ran) -> None:
    fault = "added_latency: {between: [a, b], delay: 30 ms}"
    flow = OVER.replace("!", "")
    assert value(ran(LINKED, flow, fault), "r.max") == pytest.approx(0.12 + 0.06)
    assert value(ran(LINKED, flow, f"{fault}, {fault}"), "r.max") == pytest.approx(0.12 + 0.12)
    one_way = fault.replace("delay", "direction: to, delay")
    assert value(ran(LINKED, flow, one_way), "r.max") == pytest.approx(0.12 + 0.03)
    assert value(ran(LINKED, flow, "added_latency: {delay: 30 ms}"), "r.max") == pytest.approx(0.12 + 0.12)


def test_lost_packets_are_sent_again_after_twice_the_time(ran: Ran) -> None:
    times = " ".join(str(i / 200) for i in range(200, 2200))
    parts = LINKED.replace("kind: service", "kind: service, workers: 0")
    fault = "packet_loss: {between: [a, b], direction: to, share: 50 %, resend: 10 ms}"
    result = ran(parts, OVER.replace("!", ""), fault, times)
    # the k-th loss costs 10 ms * 2**k: mean of (2**k - 1) * 10 ms with k geometric up to 11: half a unit for each k
    late = result.metrics["r.p50"].value - 0.12
    assert late <= 0.0101
    assert value(result, "r.p75") == pytest.approx(0.12 + 0.03, abs=0.021)
    assert value(result, "r.availability") == 1.0


# --- load and errors -------------------------------------------------------------------------------------------------
def test_a_spike_multiplies_the_arrivals(ran: Ran) -> None:
    flow = "r: {arrive: {rate: 100 /s, pattern: !}, steps: [a.handle]}"
    quick = ONE.replace("500 ms", "1 ms, workers: 0")
    for pattern in ("paced", "poisson", '"daily(2, 5 s)"', '"bursty(3, 100 ms, 200 ms)"'):
        result = ran(quick, flow.replace("!", pattern), "traffic_spike: {factor: 3, at: 5 s, for: 10 s}")
        arrived = np.array(result.series["r.rate"].values).reshape(4, 15).mean(1)
        exact = pattern == "paced"
        assert arrived[1:3].mean() == pytest.approx(300, abs=1 if exact else 45)
        assert arrived[[0, 3]].mean() == pytest.approx(100, abs=1 if exact else 25)


def test_a_lull_ends_and_spikes_multiply(ran: Ran) -> None:
    flow = "r: {arrive: {rate: 100 /s, pattern: paced}, steps: [a.handle]}"
    quick = ONE.replace("500 ms", "1 ms, workers: 0")
    lull = "traffic_spike: {factor: 0, at: 5 s, for: 10 s}"
    rates = np.array(ran(quick, flow, lull).series["r.rate"].values).reshape(4, 15).mean(1)
    assert list(rates) == pytest.approx([100, 0, 0, 100], abs=1)
    spikes = "traffic_spike: {factor: 2, at: 5 s, for: 10 s}, traffic_spike: {factor: 3, at: 10 s, for: 10 s}"
    rates = np.array(ran(quick, flow, spikes).series["r.rate"].values).reshape(4, 15).mean(1)
    assert list(rates) == pytest.approx([100, 200, 600, 300], abs=1)


def test_slow_replicas_take_as_many_times_as_long(ran: Ran) -> None:
    slow = "slow: {on: a, factor: 3, at: 2 s, for: 5 s}"
    result = ran(ONE, CALL.replace("!", ""), slow, "1 3 9")
    assert value(result, "r.max") == pytest.approx(1.52)
    assert value(result, "r.mean") == pytest.approx((0.52 + 1.52 + 0.52) / 3)
    assert value(ran(ONE, CALL.replace("!", ""), f"{slow}, {slow}", "3"), "r.max") == pytest.approx(4.52)


def test_errors_come_after_the_work_and_before_the_effect(ran: Ran) -> None:
    flow = "r: {arrive: {trace: t}, steps: [{a.handle: {do: [b.handle]}}]}"
    parts = f"{ONE}, b: {{kind: service, work: 100 ms}}"
    result = ran(parts, flow, "error_burst: {on: a, errors: 100 %, at: 0.5 s, for: 2 s}", "1 4")
    assert value(result, "r.errors.error") * 20 == 1
    assert value(result, "b.rate") * 20 == 1
    assert value(result, "a.in_service") * 20 == pytest.approx(0.5 + 0.6)
    times = " ".join(str(i / 100) for i in range(100, 1100))
    both = "error_burst: {on: a, errors: 30 %}, bad_deploy: {on: a, errors: 20 %, factor: 2}"
    result = ran(ONE.replace("500 ms", "5 ms, workers: 0"), CALL.replace("!", ""), both, times)
    assert value(result, "r.availability") == pytest.approx(0.5, abs=0.06)
    assert value(result, "r.max") == pytest.approx(0.03)


def test_a_share_of_the_replicas_is_that_share(ran: Ran) -> None:
    parts = "a: {kind: service, replicas: 8, workers: 0, work: 10 ms}"
    times = " ".join(str(i / 10) for i in range(10, 90))
    for share, bad in (("25 %", 2), ("1 %", 1), ("100 %", 8)):
        fault = f"bad_deploy: {{on: a, share: {share}, errors: 100 %}}"
        assert value(ran(parts, CALL.replace("!", ""), fault, times), "r.errors.error") * 20 == 10 * bad


def test_a_dependency_that_is_down_is_silent_or_refuses(ran: Ran) -> None:
    parts = "a: {kind: service, work: 0 s}, x: {kind: external, work: 100 ms}"
    flow = "r: {arrive: {trace: t}, steps: [{a.handle: {do: [{x.call: {timeout: 1 s, fallback: []}}]}}]}"
    down = "dependency_down: {on: x, at: 0.5 s, for: 5 s, answer: !}"
    assert value(ran(parts, flow, down.replace("!", "silence")), "r.max") == pytest.approx(1.02)
    assert value(ran(parts, flow, down.replace("!", "refuse")), "r.max") == pytest.approx(0.02)


def test_a_hot_key_draws_its_share(ran: Ran) -> None:
    times = " ".join(str(i / 100) for i in range(100, 1100))
    parts = "s: {kind: store, shards: 100, work: 10 ms, placement: modulo}"
    flow = "r: {arrive: {trace: t, key: k}, steps: [s.read]}"
    entity = "entities: {k: {count: 1M}, j: {count: 1M}}\n"
    result = ran(parts, flow, "hot_key: {entity: k, share: 40 %}", times, entity)
    assert value(result, "s.hottest_shard") == pytest.approx(0.4 * 1000 * 0.01 / 20, rel=0.15)
    other = "r: {arrive: {trace: t, key: k}, steps: [{s.read: {key: j}}]}"
    result = ran(parts, other, "hot_key: {entity: j, share: 40 %}", times, entity)
    assert value(result, "s.hottest_shard") == pytest.approx(0.4 * 1000 * 0.01 / 20, rel=0.15)


def test_requests_that_are_sent_twice_are_one_operation_and_two_loads(ran: Ran) -> None:
    result = ran(ONE.replace("500 ms", "1 ms"), CALL.replace("!", ""), "duplicate_requests: {share: 100 %}", "1 2 3")
    assert value(result, "r.rate") * 20 == 3
    assert value(result, "a.rate") * 20 == 6
    assert value(result, "r.max") <= 0.0221


def test_an_outage_takes_the_zone_or_the_region(ran: Ran) -> None:
    parts = "a: {kind: service, replicas: 4, workers: 0, work: 10 ms, zones: 2, regions: 2}"
    times = " ".join(str(i / 10) for i in range(10, 90))
    down = "outage: {!, answer: refuse, detect: 20 s}"
    assert value(ran(parts, CALL.replace("!", ""), down.replace("!", "region: 2"), times), "r.availability") == 0.5
    both = down.replace("!", "zone: 1, region: 2")
    assert value(ran(parts, CALL.replace("!", ""), both, times), "r.availability") == 0.75


# --- all of it at once -----------------------------------------------------------------------------------------------
EVERYTHING = """\
entities: {k: {count: 500, popularity: zipf(0.9), fields: {id: id}, identity: id}}
components:
  lb: {kind: load_balancer, replicas: 2, work: 0.1 ms, zones: 2}
  a: {kind: service, replicas: 6, workers: 4, work: exp(4 ms), queue: 50, zones: 2}
  b: {kind: service, replicas: 4, workers: 2, work: exp(5 ms), discipline: @, zones: 2}
  c: {kind: cache, keys: 100, replicas: 2, coalesce: true, zones: 2}
  d: {kind: store, shards: 4, replicas: 3, work: exp(1 ms), write: !, zones: 2, failover: 150 ms}
  i: {kind: search_index, shards: 4, replicas: 2, work: exp(1 ms)}
  l: {kind: log, partitions: 8, replicas: 2, from: d}
  q: {kind: queue, visibility: 300 ms, max_receives: 3}
  t: {kind: topic}
  w: {kind: service, replicas: 3, workers: 4, work: exp(3 ms), patience: 200 ms, zones: 2}
  x: {kind: external, work: exp(20 ms), error_rate: 5 %, quota: 500 /s}
flows:
  r:
    arrive: {rate: 300 /s, key: k, timeout: 800 ms, retry: {max: 1, backoff: 20 ms}}
    steps:
      - lb.forward
      - a.handle:
          timeout: 300 ms
          retry: {max: 2, backoff: 5 ms, jitter: full, budget: 20 %}
          do:
            - parallel: [[{b.handle: {hedge: {after: 20 ms}}}], [{c.get: {miss: [d.read]}}, i.query]]
            - d.write: {entity: k, sequence: k, once: id, timeout: 100 ms, fallback: [c.put],
                        breaker: {calls: 20, failures: 50 %, open: 100 ms}}
            - q.publish
            - spawn: [t.publish]
  s: {arrive: {rate: 100 /s, key: k, priority: high}, steps: [lb.forward, a.handle, {b.handle: {do: [x.call]}}]}
  f: {consume: {log: l, by: w, commit: ^}, steps: [{w.handle: {do: [d.read: {entity: k}]}}]}
  g: {consume: {queue: q, by: w, commit: ^}, steps: [{w.handle: {do: [{x.call: {timeout: 50 ms}}]}}]}
  h: {consume: {topic: t, by: w}, steps: [w.handle, d.read]}
  o: {consume: {log: l, by: a, in_order: k}, steps: [b.handle]}
"""
KINDS = [
    "crash: {on: @, share: 40 %, answer: silence, takeover: 200 ms, detect: 100 ms, !}",
    "crash: {on: @, count: 1, takeover: 100 ms, detect: 50 ms, !}",
    "pause: {on: @, share: 50 %, detect: 100 ms, !}",
    "outage: {zone: 2, takeover: 200 ms, detect: 100 ms, !}",
    "slow: {on: @, factor: 3, !}",
    "error_burst: {on: @, errors: 30 %, !}",
    "traffic_spike: {factor: 2, !}",
    "partition: {between: [a, b], drops: true, !}",
    "partition: {zones: [1, 2], direction: from, !}",
    "packet_loss: {share: 5 %, !}",
    "consumer_pause: {flow: g, !}",
    "duplicate_requests: {share: 20 %, !}",
    "dependency_down: {on: x, !}",
    "failover: {on: d, mode: forced, ?}",
    "failover: {on: d, count: 2, ?}",
    "replica_lag: {on: d, lag: 300 ms, !}",
    "disk_full: {on: d, share: 40 %, !}",
    "disk_full: {on: l, !}",
    "duplicate_delivery: {on: q, share: 20 %, !}",
    "duplicate_delivery: {on: l, share: 20 %, !}",
    "duplicate_delivery: {on: t, share: 20 %, !}",
    "reorder: {on: l, share: 20 %, delay: 100 ms, !}",
    "reorder: {on: q, share: 20 %, delay: 100 ms, !}",
    "clock_skew: {skew: 1 s, !}",
]


def with_policies(text: str, discipline: str) -> str:
    """The design with replicas that come and go, with shedding, and with steps that are skipped."""
    sheds = {"ps": "", "priority": "shed: {first: lowest_priority, target: 10 ms, interval: 50 ms}, queue: 4, "}
    shed = sheds.get(discipline, "shed: {target: 10 ms, interval: 50 ms}, ")
    more = f"{shed}autoscale: {{min: 2, max: 9, target: 50 %, every: 130 ms, delay: 170 ms, cooldown: 300 ms}}"
    text = text.replace("discipline: @, zones: 2}", f"discipline: @, zones: 2, {more}}}")
    return text.replace("i.query]", "{i.query: {skip: {when: b.queue > 3, until: b.queue < 1, every: 70 ms}}}]")


@pytest.mark.parametrize("policies", [False, True])
@pytest.mark.parametrize("seed", range(28))
def test_nothing_is_left_behind_whatever_happens(seed: int, policies: bool) -> None:
    """Once a run has drained every frame is free, every station idle, and nobody is waited for."""
    rng = np.random.default_rng(seed)
    faults = []
    for _ in range(rng.integers(2, 9)):
        on = str(rng.choice(["lb", "a", "b", "c", "d", "i", "l", "q", "t", "w"]))
        at, lasting = rng.uniform(0, 2.4), rng.uniform(0.01, 1.5)
        when = f"at: {at:.3f} s, for: {min(lasting, 2.99 - at):.3f} s"
        fault = str(rng.choice(KINDS)).replace("@", on).replace("!", when)
        faults.append(fault.replace("?", when.replace("for:", "takes:")))
    discipline = str(rng.choice(["fifo", "lifo", "ps", "priority", "preemptive"]))
    level = str(rng.choice(["one", "quorum", "all", "async", "async", "async, replication_lag: exp(50 ms)"]))
    text = with_policies(EVERYTHING, discipline) if policies else EVERYTHING
    text = text.replace("@", discipline).replace("!", level)
    text = text.replace("^", str(rng.choice(["before", "after"])))
    blueprint = loads(f"{HEAD}{text}cases: {{f: {{duration: 3 s, warmup: 0.2 s, faults: [{', '.join(faults)}]}}}}\n")
    case = case_of(blueprint, "f")
    changes, cut = changes_of(blueprint, case, 3.0)
    assert not cut
    record = Recording() if seed % 2 else None
    compiled = compile_located(blueprint, 1.0, {}, changes, 0.2, record)
    loop = Loop(compiled, seed, 0.2, 3.0, None, None, None, time.perf_counter())
    loop.state.regs[tables.R_SHARE] = effects.SHARES
    assert loop.run() is None, faults
    state = loop.state
    assert not state.lead[:, 1:3].any()  # every shard has a leader
    assert (state.lead[:, 4] == -1).all()
    assert (state.copied[:, 1] == -1).all()
    for first, base, count, copies, _ in compiled.program.led:  # and every copy what it has
        positions = state.copied[base : base + count, 0].reshape(-1, copies)
        assert (positions == state.lead[first : first + count // copies, 3:4]).all()
    assert state.regs[tables.R_FREE] == len(state.frames)
    assert state.regs[tables.R_LOCKS] == len(state.lfree)
    assert len(set(state.free.tolist())) == len(state.frames)
    assert not state.land.any()
    assert (state.life[:, 1] == 0).all()
    assert (state.life[:, 4:6] == 0).all()
    assert (state.life[:, 6:9] == -1).all()
    assert (state.stations["busy"] == 0).all()
    waiting = list(compiled.gauges.values())
    assert (state.stations["qlen"] == 0).all(), state.stations["qlen"][waiting]
    arrived, ok, failed = (state.fc[:, k].sum() for k in range(3))
    assert arrived == ok + failed


# --- broadcasts ------------------------------------------------------------------------------------------------------
GATEWAY = "a: {kind: service, replicas: 1, workers: 0, work: 100 ms}, g: {kind: gateway, replicas: 4, work: 100 ms}"
BROADCAST = "r: {arrive: {trace: t}, steps: [{a.handle: {do: [{g.broadcast: {!}}]}}]}"


@pytest.mark.parametrize(
    ("answer", "timeout", "at", "longest", "failed"),
    [
        (
            "refuse",
            "1 s",
            "3",
            0.23,
            0,
        ),  # 10 ms, 100 ms, 100 ms at the replicas that are up, 10 ms to their clients, 10 ms
        ("silence", "1 s", "3", 0.0, 1),  # nobody knows yet that it is dead, and it does not answer
        ("silence", "1 s", "9", 0.23, 0),  # 6 s later everybody does
        ("refuse", "50 ms", "3", 0.0, 1),
    ],
)
def test_a_broadcast_reaches_the_replicas_that_are_up(
    ran: Ran, answer: str, timeout: str, at: str, longest: float, failed: int
) -> None:
    flow = BROADCAST.replace("!", f"timeout: {timeout}")
    result = ran(GATEWAY, flow, f"crash: {{on: g, count: 1, at: 2 s, for: 10 s, answer: {answer}}}", at)
    assert value(result, "r.errors") * 20 == pytest.approx(failed)
    if not failed:
        assert value(result, "r.max") == pytest.approx(longest)


def test_a_broadcast_goes_on_without_a_replica_that_dies_in_it(ran: Ran) -> None:
    flow = BROADCAST.replace("!", "timeout: 1 s")
    result = ran(GATEWAY, flow, "crash: {on: g, count: 4, at: 3.15 s, for: 50 ms}", "3")  # all four are at work
    assert value(result, "r.errors") == 0.0
    assert value(result, "r.max") == pytest.approx(0.16)  # the connections are gone, and there is nothing to wait for


def test_a_replica_that_is_up_and_sheds_fails_a_broadcast(ran: Ran) -> None:
    full = GATEWAY.replace("replicas: 4,", "replicas: 4, queue: 0,")
    flows = BROADCAST.replace("!", "timeout: 1 s")
    assert value(ran(full, flows, "crash: {on: g, count: 1, at: 10 s, for: 1 s}", "3 3.05"), "r.errors") > 0.0


# --- what clients are told -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("crash", "said"),
    [("crash: {on: a, at: 1.3 s, for: 1 s}", "info"), ("disk_full: {on: d, at: 0.5 s, for: 1 s}", "fail")],
)
def test_an_operation_whose_service_dies_may_have_taken_effect(tmp_path: Path, crash: str, said: str) -> None:
    """The store has the write at 1.21; what makes it dies at 1.3, during what it does after that."""
    (tmp_path / "t").write_text("1")
    text = (
        f"{HEAD}requirements: {{contract: [e.lost == 0]}}\nentities: {{e: {{count: 1}}}}\n"
        "components: {a: {kind: service, work: 100 ms}, d: {kind: store, work: {write: 100 ms}}}\n"
        "flows: {r: {arrive: {trace: t, key: e}, steps: [{a.handle: {do: [d.write: {entity: e}, wait: 1 s]}}]}}\n"
        f"cases: {{f: {{duration: 20 s, warmup: 0 s, faults: [{crash}]}}}}\n"
    )
    result = run(loads(text), "f", trace_folder=tmp_path, record=Recording())
    events = [EVENT_NAMES[e] for e in result.history["event"]]
    assert said in events
    assert events.count("commit") == (1 if said == "info" else 0)
