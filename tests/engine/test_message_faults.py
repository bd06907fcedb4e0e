"""What faults do to messages, to what is stored and to those who connect, on designs where it follows by hand.

Requests come at the times of a trace, work is constant, the network takes 10 ms to the client and none inside.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from loadcase import api
from loadcase.blueprint.load import loads

HEAD = "loadcase: 1\nname: t\nnetwork: {client: 10 ms, same_zone: 0 s, cross_zone: 0 s, cross_region: 0 s}\n"
PARTS = "p: {kind: !, work: 0 s}, w: {kind: service, workers: 8, work: 500 ms}"
FLOWS = "r: {arrive: {trace: t}, steps: [p.publish]}, f: {consume: {!: p, by: w}, steps: [w.handle]}"


def ran(folder: Path, parts: str, flows: str, faults: str, at: str = "1", more: str = "") -> api.RunResult:
    (folder / "t").write_text(at.replace(" ", "\n"))
    case = f"cases: {{f: {{duration: 20 s, warmup: 0 s, faults: [{faults}]}}}}\n"
    text = f"{HEAD}{more}components: {{{parts}}}\nflows: {{{flows}}}\n{case}"
    result = api.run(loads(text), "f", trace_folder=folder)
    assert result.partial is None
    return result


def value(result: api.RunResult, name: str) -> float:
    return result.metrics[name].value


# --- when a consumer commits -----------------------------------------------------------------------------------------
CRASH = "crash: {on: w, at: 1.26 s, for: 1 s}"


@pytest.mark.parametrize("kind", ["log", "queue"])
def test_a_message_that_counts_as_done_when_taken_is_gone_with_its_consumer(tmp_path: Path, kind: str) -> None:
    parts, flows = PARTS.replace("!", f"{kind}, visibility: 3 s" if kind == "queue" else kind), FLOWS.replace("!", kind)
    after = ran(tmp_path, parts, flows, CRASH, "1 5")
    assert value(after, "f.availability") == 1.0
    assert value(after, "w.rate") * 20 == 3
    before = ran(tmp_path, parts, flows.replace("by: w}", "by: w, commit: before}"), CRASH, "1 5")
    assert value(before, "f.availability") == 0.5
    assert value(before, "w.rate") * 20 == 2
    assert value(before, "f.max") == pytest.approx(0.5)
    same = ran(tmp_path, parts, flows.replace("by: w}", "by: w, commit: after}"), CRASH, "1 5")
    assert same.metrics == after.metrics


def test_those_behind_a_message_that_is_gone_come_next(tmp_path: Path) -> None:
    flows = FLOWS.replace("!", "log").replace("by: w}", "by: w, commit: before}")
    result = ran(tmp_path, PARTS.replace("!", "log"), flows, CRASH, "1 1.1 1.2")
    assert value(result, "f.availability") == pytest.approx(2 / 3)
    assert value(result, "f.max") == pytest.approx(2.26 + 1.0 - 1.21)  # taken when the consumer is back, one by one


# --- duplicate delivery and reordering -------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["log", "queue", "topic"])
def test_a_message_that_comes_twice_is_worked_on_twice_and_counted_once(tmp_path: Path, kind: str) -> None:
    parts, flows = PARTS.replace("!", kind), FLOWS.replace("!", kind)
    fault = "duplicate_delivery: {on: p, share: 100 %, at: 0 s, for: 3 s}"
    result = ran(tmp_path, parts, flows, fault, "1 5")
    assert value(result, "w.rate") * 20 == 3
    assert value(result, "f.rate") * 20 == 2
    assert value(result, "f.availability") == 1.0
    assert value(result, "f.max") == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("kind", "order", "longest"),
    [("log", "", 4.2), ("log", ", in_order: none", 2.5), ("queue", "", 2.5), ("topic", "", 2.5)],
)
def test_a_message_that_is_late_holds_up_those_that_wait_for_it(
    tmp_path: Path, kind: str, order: str, longest: float
) -> None:
    """Both are 2 s late; where the second may not overtake the first it waits for that one's work as well."""
    flows = FLOWS.replace("!", kind).replace("by: w}", f"by: w{order}}}")
    fault = "reorder: {on: p, share: 100 %, delay: 2 s, at: 0 s, for: 4 s}"
    result = ran(tmp_path, PARTS.replace("!", kind), flows, fault, "1 1.8 5")
    assert value(result, "f.max") == pytest.approx(longest)
    assert value(ran(tmp_path, PARTS.replace("!", kind), flows, fault, "5"), "f.max") == pytest.approx(0.5)


# --- wrong clocks -----------------------------------------------------------------------------------------------------
CLOCKS = """\
requirements: {contract: [f.out_of_order == 0]}
entities: {note: {fields: {id: id}, identity: id}}
"""


@pytest.mark.parametrize(
    ("sequence", "skew", "broken"), [("", 0, False), ("", 9, True), (", sequence: note", 9, False)]
)
def test_order_by_clocks_is_as_good_as_the_clocks(tmp_path: Path, sequence: str, skew: int, broken: bool) -> None:
    parts = "s: {kind: store, work: 0 s}, p: {kind: log, from: s, work: 0 s}, w: {kind: service, workers: 8}"
    flows = f"r: {{arrive: {{trace: t}}, steps: [s.append: {{entity: note{sequence}}}]}}, "
    flows += "f: {consume: {log: p, by: w}, steps: [w.handle]}"
    fault = f"clock_skew: {{skew: {skew} s}}" if skew else "slow: {on: w, factor: 1.5}"
    result = ran(tmp_path, parts, flows, fault, " ".join(str(1 + i / 2) for i in range(20)), CLOCKS)
    assert (value(result, "f.out_of_order") > 3) == broken
    assert value(result, "f.max") < 0.5  # the time itself is what it was


def test_the_clocks_of_one_flow_are_not_those_of_another_one(tmp_path: Path) -> None:
    """The requests of `r` come after those of `v`, whose clocks are off, and take over what these leave."""
    contract = """\
requirements: {contract: [f.out_of_order == 0, g.out_of_order == 0]}
entities: {note: {fields: {id: id}, identity: id}, other: {fields: {id: id}, identity: id}}
"""
    parts = "s: {kind: store, work: 0 s}, p: {kind: log, from: s, work: 0 s}, w: {kind: service, workers: 8}, "
    parts += "o: {kind: store, work: 0 s}, q: {kind: log, from: o, work: 0 s}"
    flows = "v: {arrive: {rate: 20 /s}, steps: [o.append: {entity: other}]}, "
    flows += "r: {arrive: {trace: t}, steps: [s.append: {entity: note}]}, "
    flows += "f: {consume: {log: p, by: w}, steps: [w.handle]}, g: {consume: {log: q, by: w}, steps: [w.handle]}"
    times = " ".join(str(1 + i / 2) for i in range(20))
    result = ran(tmp_path, parts, flows, "clock_skew: {flow: v, skew: 9 s}", times, contract)
    assert value(result, "g.out_of_order") > 30
    assert value(result, "f.out_of_order") == 0


# --- full disks -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("store", "count", "taken"),
    [("", 1, 0.5), ("replicas: 3, write: quorum", 1, 1.0), ("replicas: 3, write: quorum", 2, 0.5),
     ("replicas: 3, write: all", 1, 0.5), ("replicas: 3, write: async", 1, 0.5)],
)  # fmt: skip
def test_a_full_disk_takes_no_writes_and_answers_reads(tmp_path: Path, store: str, count: int, taken: float) -> None:
    parts = f"s: {{kind: store, work: 1 ms, {store}}}".replace(", }", "}")
    flows = "w: {arrive: {trace: t}, steps: [s.write]}, r: {arrive: {trace: t}, steps: [s.read]}"
    result = ran(tmp_path, parts, flows, f"disk_full: {{on: s, count: {count}, at: 0 s, for: 3 s}}", "1 5")
    assert value(result, "w.availability") == taken
    assert value(result, "r.availability") == 1.0
    if taken < 1.0:
        assert value(result, "w.errors.refused") * 20 == 1


@pytest.mark.parametrize("kind", ["log", "queue"])
def test_a_full_log_or_queue_refuses_and_hands_out(tmp_path: Path, kind: str) -> None:
    fault = "disk_full: {on: p, at: 1.2 s, for: 3 s}"
    result = ran(tmp_path, PARTS.replace("!", kind), FLOWS.replace("!", kind), fault, "1 2 5")
    assert value(result, "r.availability") == pytest.approx(2 / 3)
    assert value(result, "f.rate") * 20 == 2
    assert value(result, "f.availability") == 1.0


def test_a_copy_that_was_full_gets_what_it_has_missed(tmp_path: Path) -> None:
    contract = "requirements: {contract: [n.stale_reads == 0]}\nentities: {n: {fields: {id: id}, identity: id}}\n"
    parts = "s: {kind: store, replicas: 2, work: 0 s, write: async}"
    flows = "w: {arrive: {trace: t}, steps: [s.append: {entity: n, sequence: n}]}, "
    flows += "r: {arrive: {rate: 100 /s}, steps: [s.read: {entity: n}]}"
    # both are full, and the write of 1 s is refused; that of 5 s is at one copy until the other has room again
    assert value(ran(tmp_path, parts, flows, "disk_full: {on: s, at: 0 s, for: 3 s}", "1 5", contract), "w.errors") > 0
    lag = "replica_lag: {on: s, lag: 100 ms, at: 0 s, for: 10 s}, disk_full: {on: s, at: 5.05 s, for: 4 s}"
    stale = value(ran(tmp_path, parts, flows, lag, "1 5", contract), "n.stale_reads")
    assert 150 < stale < 260  # half of the reads, for 4 s


# --- connections ------------------------------------------------------------------------------------------------------
def test_those_who_lost_their_connection_come_back_within_the_time(tmp_path: Path) -> None:
    parts = "g: {kind: gateway, replicas: 4, online: 4000, workers: 0}, h: {kind: service, workers: 0, work: 0 s}"
    flows = "n: {arrive: {rate: 10 /s}, steps: [g.connect, h.handle]}, m: {arrive: {rate: 30 /s}, steps: [g.connect]}"
    result = ran(tmp_path, parts, flows, "reconnect_storm: {on: g, count: 2, within: 2 s, at: 5 s}")
    assert value(result, "g.rate") * 20 == pytest.approx(40 * 20 + 2000, abs=4 * 53)  # four standard deviations
    assert value(result, "h.rate") * 20 == pytest.approx(10 * 20 + 500, abs=4 * 27)  # in proportion to the rates
    third = result.series["g.rate"].values[12:24]
    assert sum(1 for v in third if v > 400) == 6  # of a third of a second each
    assert value(result, "n.p50") == pytest.approx(
        0.041, abs=1e-3
    )  # a handshake is 1 ms of work, and the client asks twice
