"""Logs, queues and topics, limiters, stores and caches in the engine."""

from __future__ import annotations

import pytest

from loadcase.engine.run import run
from loadcase.estimate.caching import hit_ratio
from tests.conftest import design
from tests.engine.test_run import values


def test_a_partition_is_served_in_order_and_caps_the_throughput() -> None:
    b = design(
        "  log: {kind: log, partitions: 4, workers: 0}\n  by: {kind: service, replicas: 2, workers: 8}",
        "  put: {arrive: {rate: 100 /s}, steps: [{log.publish: {work: 0 s}}]}\n"
        "  get: {consume: {log: log, by: by}, steps: [{by.handle: {work: 20 ms}}]}",
    )
    got = values(run(b, seed=1, duration=200, warmup=5))
    assert got["get.goodput"] == pytest.approx(100, rel=0.05)
    assert got["by.utilisation"] == pytest.approx(100 * 0.02 / 16, rel=0.05)
    slow = design(
        "  log: {kind: log, partitions: 4, workers: 0}\n  by: {kind: service, replicas: 2, workers: 8}",
        "  put: {arrive: {rate: 400 /s}, steps: [{log.publish: {work: 0 s}}]}\n"
        "  get: {consume: {log: log, by: by}, steps: [{by.handle: {work: 20 ms}}]}",
    )
    result = run(slow, seed=1, duration=50, warmup=0)
    # four partitions, one message of 20 ms each at a time: 200/s, whatever the workers
    assert values(result)["by.rate"] == pytest.approx(200, rel=0.03)
    assert values(result)["log.lag.peak"] > 9_000


def test_a_log_is_fed_by_the_commits_of_its_store() -> None:
    b = design(
        "  db: {kind: store, workers: 0}\n  log: {kind: log, partitions: 2, workers: 0, from: db}\n"
        "  by: {kind: service, workers: 0}",
        "  write: {arrive: {rate: 50 /s}, steps: [{db.append: {work: 1 ms}}, {db.read: {work: 1 ms}}]}\n"
        "  follow: {consume: {log: log, by: by, in_order: none}, steps: [{by.handle: {work: 1 ms}}]}",
    )
    got = values(run(b, seed=1, duration=100, warmup=0))
    assert got["follow.rate"] == pytest.approx(got["write.rate"], rel=0.01)
    assert got["follow.age.mean"] > got["follow.mean"]


def test_a_message_that_takes_too_long_is_handed_out_again() -> None:
    b = design(
        "  jobs: {kind: queue, visibility: 2 s, max_receives: 100}\n  by: {kind: service, workers: 1000}",
        "  put: {arrive: {rate: 50 /s}, steps: [{jobs.publish: {work: 0 s}}]}\n"
        "  work: {consume: {queue: jobs, by: by}, steps: [{by.handle: {work: exp(1 s)}}]}",
    )
    got = values(run(b, seed=1, duration=500, warmup=20))
    assert got["by.rate"] / got["put.rate"] == pytest.approx(1 / (1 - 0.13534), rel=0.02)


def test_a_message_that_fails_comes_back_when_its_visibility_ends() -> None:
    b = design(
        "  jobs: {kind: queue, visibility: 2 s, max_receives: 100}\n  by: {kind: service, workers: 1000}\n"
        "  e: {kind: external, error_rate: 50 %}",
        "  put: {arrive: {rate: 50 /s}, steps: [{jobs.publish: {work: 0 s}}]}\n"
        "  work: {consume: {queue: jobs, by: by}, steps: [{by.handle: {work: 1 ms, do: [{e.call: {work: 0 s}}]}}]}",
    )
    got = values(run(b, seed=1, duration=400, warmup=20))
    assert got["by.rate"] / got["put.rate"] == pytest.approx(2, rel=0.03)
    assert got["work.mean"] == pytest.approx(2.0, rel=0.04)  # one failure in the mean
    assert got["work.p50"] < 0.01 < 1.99 < got["work.p75"] < 2.1


def test_dead_letters_are_counted_and_passed_on() -> None:
    b = design(
        "  jobs: {kind: queue, visibility: 100 ms, max_receives: 3, dead_letters: dead}\n  dead: {kind: queue}\n"
        "  by: {kind: service, workers: 1000}\n  e: {kind: external, error_rate: 50 %}",
        "  put: {arrive: {rate: 50 /s}, steps: [{jobs.publish: {work: 0 s}}]}\n"
        "  work: {consume: {queue: jobs, by: by}, steps: [{by.handle: {work: 1 ms, do: [{e.call: {work: 1 ms}}]}}]}\n"
        "  bury: {consume: {queue: dead, by: by}, steps: [{by.handle: {work: 1 ms}}]}",
    )
    got = values(run(b, seed=1, duration=400, warmup=0))
    assert got["jobs.dead_letters"] / 400 / got["put.rate"] == pytest.approx(1 / 8, rel=0.05)
    assert got["bury.rate"] == pytest.approx(got["jobs.dead_letters"] / 400, rel=0.01)


def test_a_topic_hands_every_subscriber_its_sample() -> None:
    b = design(
        "  t: {kind: topic, sample: 25 %}\n  a: {kind: service, workers: 0}",
        "  put: {arrive: {rate: 200 /s}, steps: [{t.publish: {work: 0 s}}]}\n"
        "  one: {consume: {topic: t, by: a}, steps: [{a.handle: {work: 1 ms}}]}\n"
        "  two: {consume: {topic: t}, steps: [{a.handle: {work: 1 ms}}]}",
    )
    got = values(run(b, seed=1, duration=200, warmup=0))
    for flow in ("one", "two"):
        assert got[f"{flow}.rate"] == pytest.approx(50, rel=0.04)


@pytest.mark.parametrize("algorithm", ["token_bucket", "fixed_window", "sliding_window"])
def test_a_limiter_lets_its_rate_through(algorithm: str) -> None:
    burst = "burst: 10, " if algorithm == "token_bucket" else ""
    b = design(
        f"  l: {{kind: limiter, rate: 100 /s, {burst}algorithm: {algorithm}}}",
        "  r: {arrive: {rate: 300 /s, pattern: paced}, steps: [l.take]}",
    )
    got = values(run(b, seed=1, duration=100, warmup=5))
    assert got["r.goodput"] == pytest.approx(100, rel=0.03)
    assert got["l.rejected"] == pytest.approx(200, rel=0.03)


def test_local_counters_share_the_limit() -> None:
    b = design(
        "  l: {kind: limiter, rate: 100 /s, burst: 10, scope: local, replicas: 4}",
        "  r: {arrive: {rate: 300 /s}, steps: [l.take]}",
    )
    assert values(run(b, seed=1, duration=100, warmup=5))["r.goodput"] == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize(("write", "mean"), [("one", 1 / 3), ("quorum", 5 / 6), ("all", 11 / 6), ("async", 1.0)])
def test_a_write_waits_for_its_quorum(write: str, mean: float) -> None:
    b = design(
        f"  db: {{kind: store, replicas: 3, workers: 0, write: {write}}}",
        "  r: {arrive: {rate: 20 /s}, steps: [{db.write: {work: exp(1 s)}}]}",
    )
    assert values(run(b, seed=1, duration=2_000, warmup=50))["r.mean"] == pytest.approx(mean, rel=0.03)


@pytest.mark.parametrize("policy", ["lru", "fifo", "random"])
def test_the_hit_ratio_is_an_outcome(policy: str) -> None:
    b = design(
        f"  c: {{kind: cache, keys: 200, policy: {policy}, workers: 0}}\n  db: {{kind: store, workers: 0}}",
        "  r:\n    arrive: {rate: 1000 /s, key: {count: 2000, popularity: zipf(0.8)}}\n"
        "    steps: [{c.get: {miss: [{db.read: {work: 0 s}}]}}]",
    )
    got = values(run(b, seed=1, duration=200, warmup=20))
    space = next(iter(b.keys.values()))
    assert got["c.hit_ratio"] == pytest.approx(hit_ratio(space, 200, policy), rel=0.03)
    assert got["db.rate"] == pytest.approx(got["c.rate"] * (1 - got["c.hit_ratio"]), rel=0.02)
    assert got["c.stored_keys"] == 200


def test_lfu_keeps_what_is_used_and_forgets_the_counts_of_what_it_evicts() -> None:
    b = design(
        "  c: {kind: cache, keys: 200, policy: lfu, workers: 0}\n  db: {kind: store, workers: 0}",
        "  r:\n    arrive: {rate: 1000 /s, key: {count: 2000, popularity: zipf(0.8)}}\n"
        "    steps: [{c.get: {miss: [{db.read: {work: 0 s}}]}}]",
    )
    space = next(iter(b.keys.values()))
    got = values(run(b, seed=1, duration=200, warmup=20))["c.hit_ratio"]
    # better than LRU, and short of the most popular keys (the closed form), which no cache of 200 counts can know
    assert hit_ratio(space, 200, "lru") * 1.02 < got < hit_ratio(space, 200, "lfu")


def test_one_caller_fetches_and_the_others_wait() -> None:
    def misses(coalesce: str) -> float:
        b = design(
            f"  c: {{kind: cache, keys: 1, ttl: 60 s, coalesce: {coalesce}, workers: 0}}\n  db: {{kind: store, workers: 0}}",  # noqa: E501
            "  r:\n    arrive: {rate: 50 /s, key: {count: 1}}\n"
            "    steps: [{c.get: {miss: [{db.read: {work: 200 ms}}]}}]",
        )
        return values(run(b, seed=1, duration=6_000, warmup=0))["db.rate"]

    assert misses("true") == pytest.approx(1 / 60.2, rel=0.03)
    assert misses("false") == pytest.approx(11 / 60.2, rel=0.1)
