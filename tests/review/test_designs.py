"""Designs whose verdict is known from runs: those that hold have no error, and their broken variants have one.

They are those of the ablation matrix: each keeps its guarantee, and one changed line breaks it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from loadcase.blueprint.load import load
from loadcase.review.reviewing import review

DESIGNS = sorted((Path(__file__).parents[1] / "ablation" / "designs").glob("*.yaml"))
FOUND = {
    "acks-none-on-a-full-disk": "promise-lost-on-crash",
    "acks-none-under-a-crash": "promise-lost-on-crash",
    "async-forced-failover": "promise-lost-on-crash",
    "async-leader-crash": "promise-lost-on-crash",
    "cache-ttl-too-long": "ttl-beyond-promise",
    "cache-without-invalidation": "cache-never-invalidated",
    "check-then-act-claim": "check-then-act",
    "commit-before-the-effect": "promise-lost-on-crash",
    "delete-before-write": "cache-dropped-too-early",
    "deleted-before-the-work": "promise-lost-on-crash",
    "dual-write": "dual-write",
    "duplicate-delivery-of-a-log": "redelivery-without-dedupe",
    "duplicate-delivery-of-a-push": "redelivery-without-dedupe",
    "duplicates-without-once": "retry-without-idempotency",
    "important-shed-too": "saturated",
    "last-writer-wins": "last-writer-wins",
    "lease-without-fencing": "lease-without-fencing",
    "no-brownout": "promise-broken-on-paper",
    "no-fallback": "unprotected-dependency",
    "no-hedge": "promise-broken-on-paper",
    "no-timeout": "no-deadline",
    "one-zone": "one-zone-in-outage",
    "order-by-timestamps": "order-without-sequence",
    "permissions-cached-too-long": "ttl-beyond-promise",
    "permissions-read-from-a-follower": "stale-reads-unbounded",
    "push-without-dedupe": "redelivery-without-dedupe",
    "quorums-that-do-not-overlap": "stale-reads-unbounded",
    "read-a-follower": "stale-reads-unbounded",
    "read-one": "stale-reads-unbounded",
    "read-one-linearizable": "stale-reads-unbounded",
    "read-one-under-lag": "stale-reads-unbounded",
    "read-own-writes-from-a-follower": "stale-reads-unbounded",
    "reads-that-go-back": "stale-reads-unbounded",
    "redelivery-without-dedupe": "redelivery-without-dedupe",
    "reordered-without-an-order": "order-lost-at-consumer",
    "retries-on-two-layers": "nested-retries",
    "retries-without-budget": "retry-at-once",
    "retry-without-once": "retry-without-idempotency",
    "shared-control-queue": "promise-broken-on-paper",
    "spike-without-admission": "unbounded-queue",
    "stampede-without-coalescing": "cache-without-coalescing",
    "standing-queue": "promise-broken-on-paper",
    "synchronised-retries": "retry-without-jitter",
    "two-workers-per-key": "order-lost-at-consumer",
    "two-writes-without-transaction": "transfer-without-transaction",
    "unbounded-queue": "unbounded-queue",
    "unconditional-update": "blind-update",
    "versions-behind": "stale-reads-unbounded",
    "writes-out-of-turn": "order-lost-at-consumer",
}
"""The rule that finds the broken variant on paper."""
ONLY_IN_A_RUN = {
    "control-without-priority": "which flow is the control plane, only its interface would say",
    "hasty-failover": "whether a failover comes before its leader is back depends on the case",
    "no-autoscale": "how fast replicas have to come depends on the spike of the case",
    "no-breaker": "its fallback protects the client, and the workers that it holds show in a run",
    "noisy-neighbour": "whose requests are the noise depends on who sends how much",
}
NOT_TRIED = {
    ("acks-none-on-a-full-disk", "dual-write"): "no case crashes the service between its two writes",
    ("acks-none-under-a-crash", "dual-write"): "no case crashes the service between its two writes",
    ("hasty-failover", "promise-lost-on-crash"): "in its case the old leader is back before the failover",
}
"""Errors on paper of designs that hold: nothing in their cases brings them out."""


@pytest.mark.parametrize("path", DESIGNS, ids=lambda path: path.stem)
def test_a_design_that_holds_has_no_error(path: Path) -> None:
    found = {(path.stem, f.rule) for f in review(load(path)).findings if f.severity == "error"}
    assert found == {known for known in NOT_TRIED if known[0] == path.stem}


def test_the_lists_are_of_designs_that_there_are() -> None:
    assert {*FOUND, *ONLY_IN_A_RUN, *(name for name, _ in NOT_TRIED)} <= {path.stem for path in DESIGNS}
    assert not set(FOUND) & set(ONLY_IN_A_RUN)


@pytest.mark.parametrize("path", [p for p in DESIGNS if p.stem in FOUND], ids=lambda path: path.stem)
def test_what_breaks_it_is_found_on_paper(path: Path) -> None:
    intact = {(f.rule, f.severity, f.message) for f in review(load(path)).findings}
    broken = {(f.rule, f.severity, f.message) for f in review(load(path, variant="broken")).findings}
    assert FOUND[path.stem] in {rule for rule, *_ in broken - intact}
