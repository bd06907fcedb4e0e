"""Designs of the gallery with one thing changed: the rule that has to notice, and the line at which it says so.

The designs are copies, so that those of the gallery may change. A mutation replaces a text that stands once in the file
by another. The finding is expected at the first line that has changed, unless `at` is a text of another line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from loadcase.blueprint.load import load, loads
from loadcase.blueprint.model import Blueprint
from loadcase.review.reviewing import Finding, mended, review

GALLERY = Path(__file__).parents[3] / "gallery"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Mutation:
    """One seeded flaw. `fixed` says that `--fix` has to mend it."""

    design: str
    rule: str
    severity: str
    old: str
    new: str
    at: str = ""
    fixed: bool = False

    def text(self) -> str:
        """The file with the flaw."""
        intact = (HERE / f"{self.design}.yaml").read_text("utf-8")
        assert intact.count(self.old) == 1, f"{self.old!r} stands {intact.count(self.old)} times in {self.design}"
        return intact.replace(self.old, self.new)

    def line(self) -> int:
        """Where it has to be reported."""
        text = self.text()
        if self.at:
            assert text.count(self.at) == 1, f"{self.at!r} stands {text.count(self.at)} times in {self.design}"
            return text[: text.index(self.at)].count("\n") + 1
        intact = (HERE / f"{self.design}.yaml").read_text("utf-8").splitlines()
        return next(i for i, (a, b) in enumerate(zip(intact, text.splitlines(), strict=False), 1) if a != b)


MUTATIONS = [
    Mutation(
        "chat",
        "retry-without-idempotency",
        "error",
        "sequence: conversation, once: client_id, timeout: 100 ms}\n  deliver:",
        "sequence: conversation, timeout: 100 ms}\n  deliver:",
        fixed=True,
    ),
    Mutation(
        "chat",
        "order-without-sequence",
        "error",
        "{entity: message, sequence: conversation, once: client_id, timeout: 100 ms}\n  deliver:",
        "{entity: message, once: client_id, timeout: 100 ms}\n  deliver:",
        fixed=True,
    ),
    Mutation(
        "chat",
        "redelivery-without-dedupe",
        "warning",
        "{entity: message, dedupe: client_id,",
        "{entity: message,",
        fixed=True,
    ),
    Mutation("chat", "order-by-timestamp", "error", "order_by: conversation ", "order_by: sent_at "),
    Mutation(
        "chat",
        "promise-lost-on-crash",
        "error",
        "in_order: conversation, commit: after}",
        "in_order: conversation, commit: before}",
    ),
    Mutation(
        "chat",
        "order-lost-at-consumer",
        "error",
        "in_order: conversation, commit: after}",
        "in_order: none, commit: after}",
    ),
    Mutation(
        "chat",
        "promise-lost-on-crash",
        "error",
        "partitions: 256, replicas: 3, acks: all",
        "partitions: 256, replicas: 3, acks: none",
        at="consume: {log: changes",
    ),
    Mutation(
        "chat",
        "promise-lost-on-crash",
        "error",
        "write: quorum, read: one, zones: 3",
        "write: async, failover: 10 s, read: one, zones: 3",
        at="- messages.append: {entity: message, sequence: conversation, once: client_id, timeout: 100 ms}\n  deliver:",
    ),
    Mutation(
        "chat",
        "stale-reads-unbounded",
        "error",
        "    - message.applied_twice == 0\n",
        "    - message.applied_twice == 0\n    - message.stale_reads == 0\n",
        at="fallback: [messages.read:",
    ),
    Mutation("chat", "promise-broken-on-paper", "error", "    - send.p95 < 300 ms\n", "    - send.p95 < 30 ms\n"),
    Mutation("chat", "promise-broken-on-paper", "error", "cost < 900k USD/month", "cost < 50k USD/month"),
    Mutation("chat", "saturated", "error", "shards: 96", "shards: 8"),
    Mutation("chat", "saturated", "error", "replicas: 72", "replicas: 40"),
    Mutation("chat", "little-headroom", "warning", "replicas: 72", "replicas: 56"),
    Mutation(
        "chat",
        "single-point-of-failure",
        "error",
        "write: quorum, read: one, zones: 3",
        "write: all, read: one, zones: 3",
        at="  messages: {kind: store",
    ),
    Mutation(
        "chat",
        "single-point-of-failure",
        "error",
        "like: nginx, replicas: 24, queue: 400, zones: 3",
        "like: nginx, replicas: 1, workers: 500, queue: 400",
    ),
    Mutation(
        "chat", "node-too-full", "error", "kept_hot: 30 day ", "kept_hot: 9000 day ", at="  messages: {kind: store"
    ),
    Mutation(
        "chat",
        "over-built",
        "warning",
        "api: {kind: service, replicas: 96, workers: 64",
        "api: {kind: service, replicas: 4000, workers: 64",
    ),
    Mutation(
        "chat",
        "timeout-beyond-caller",
        "warning",
        "once: client_id, timeout: 100 ms}\n  deliver:",
        "once: client_id, timeout: 900 ms}\n  deliver:",
    ),
    Mutation(
        "chat",
        "retry-without-jitter",
        "warning",
        "      retry: {max: 2, backoff: 100 ms, jitter: full, budget: 60 %}\n",
        "      retry: {max: 2, backoff: 100 ms, budget: 60 %}\n",
        fixed=True,
    ),
    Mutation(
        "chat",
        "retry-at-once",
        "warning",
        "      retry: {max: 2, backoff: 100 ms, jitter: full, budget: 60 %}\n",
        "      retry: {max: 2}\n",
    ),
    Mutation(
        "chat",
        "nested-retries",
        "warning",
        "timeout: 400 ms, retry: {max: 2, backoff: 100 ms, jitter: full, budget: 60 %}",
        "timeout: 400 ms, retry: {max: 2, backoff: 100 ms, jitter: full}",
        at="miss: [messages.read",
    ),
    Mutation("chat", "unbounded-queue", "warning", "workers: 64, queue: 512, zones: 3", "workers: 64, zones: 3"),
    Mutation(
        "chat",
        "no-catch-up",
        "warning",
        '  catch_up: {kind: catch_up, does: "GET /catchup?from_seq"}\n',
        "",
        at="api:\n",
    ),
    Mutation(
        "chat", "cache-without-size", "warning", "replicas: 24, keys: 20M, policy: lru", "replicas: 24, policy: lru"
    ),
    Mutation("chat", "cache-that-misses", "warning", "keys: 20M", "keys: 2M"),
    Mutation("chat", "unused-estimate", "warning", "  copies: 3 ", "  spare: 3 \n  copies: 3 "),
    Mutation("chat", "comment-contradicts-figure", "warning", "# about 23k message/s", "# about 23M message/s"),
    Mutation(
        "chat",
        "decision-without-flip",
        "warning",
        "    flips_when: a message twice does no harm\n",
        "",
        at="  identity:\n    choose",
    ),
    Mutation(
        "chat",
        "decision-without-price",
        "warning",
        "    at_the_cost_of: change data capture to run\n",
        "",
        at="  feed:\n",
    ),
    Mutation(
        "chat",
        "decision-without-reason",
        "warning",
        "    because: clocks drift and networks reorder; order is what users read\n",
        "",
        at="  order:\n",
    ),
    Mutation(
        "chat",
        "exactly-once-claim",
        "warning",
        "guarantees: [idempotent by client_id]",
        "guarantees: [delivered exactly once]",
    ),
    Mutation(
        "chat",
        "allow-without-reason",
        "warning",
        "  control: {kind: service, replicas: 3,",
        "  # loadcase: allow unbounded-queue\n  control: {kind: service, replicas: 3,",
    ),
    Mutation(
        "chat",
        "allow-silences-nothing",
        "warning",
        "  api: {kind: service, replicas: 96,",
        "  # loadcase: allow unbounded-queue because it is bounded\n  api: {kind: service, replicas: 96,",
    ),
    Mutation(
        "chat",
        "no-deadline",
        "warning",
        "do: [gateway.broadcast: {timeout: 300 ms}]",
        "do: [gateway.broadcast]",
        at="arrive: {rate: 150 /s}",
    ),
    Mutation("chat", "partition-key-missing", "warning", "    key: [conversation, seq] ", "    # ", at="  message:\n"),
    Mutation(
        "chat",
        "guarantee-without-metric",
        "warning",
        "guarantees: [idempotent by client_id]",
        "guarantees: [linearizable]",
    ),
    Mutation(
        "chat",
        "brand-without-reason",
        "warning",
        ',\n           why: "the 50 latest messages of a conversation, 15 kB each; '
        'one page in four never reaches the store"}',
        "}",
        at="  recent: {kind: cache",
    ),
    Mutation(
        "chat",
        "unused-component",
        "warning",
        "            - recent.get:\n"
        "                key: conversation\n"
        "                timeout: 20 ms\n"
        "                miss: [messages.read: {entity: message, timeout: 20 ms, retry: {max: 2, backoff: 1 ms}}]\n"
        "                fallback: [messages.read: {entity: message, timeout: 20 ms, "
        "retry: {max: 2, backoff: 1 ms}}]\n",
        "            - messages.read: {entity: message, timeout: 20 ms}\n",
        at="  recent: {kind: cache",
    ),
    Mutation(
        "url-shortener",
        "no-recovery-plan",
        "warning",
        "shards: 1, replicas: 3, write: quorum, read: leader, zones: 3",
        "shards: 1, replicas: 1",
    ),
    Mutation(
        "url-shortener",
        "nothing-deferred",
        "note",
        "  deferred: [click analytics, custom codes, link expiry, accounts]\n",
        "",
        at="  functional:",
    ),
    Mutation(
        "url-shortener",
        "no-hard-part",
        "note",
        "  hard_part: To stay this small; reads stay fast when a link goes viral, and codes stay unique.\n",
        "",
        at="requirements:",
    ),
    Mutation(
        "url-shortener",
        "node-too-full",
        "error",
        "  record: 500 B/link ",
        "  record: 5 kB/link ",
        at="  links: {kind: store",
    ),
    Mutation(
        "url-shortener",
        "no-objectives",
        "note",
        "  slos: [redirect.p99 < 100 ms over 28 day, redirect.availability >= 99.95 % over 28 day]\n",
        "",
        at="operate:",
    ),
    Mutation(
        "url-shortener",
        "no-rollout",
        "note",
        "  rollback: previous image; the schema only ever gains columns",
        "",
        at="operate:",
    ),
    Mutation(
        "url-shortener",
        "synchronous-fan-out",
        "warning",
        "            - links.write: {entity: link, timeout: 500 ms}\n",
        "            - fan_out: {n: 200, do: [links.append]}\n",
    ),
    Mutation("url-shortener", "loaded-word", "note", "prompt: Design a service", "prompt: Design a global service"),
    Mutation("url-shortener", "list-without-cursor", "note", 'does: "GET /{code}"', "does: GET /links"),
]


def found(blueprint: Blueprint, mutation: Mutation) -> list[Finding]:
    return [f for f in review(blueprint).findings if f.rule == mutation.rule and f.line == mutation.line()]


def names(mutation: Mutation) -> str:
    return f"{mutation.design}-{mutation.rule}"


@cache
def intact(design: str) -> frozenset[tuple[str, str]]:
    return frozenset((f.rule, f.message) for f in review(load(HERE / f"{design}.yaml")).findings)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=names)
def test_a_seeded_flaw_is_reported_at_its_line(mutation: Mutation) -> None:
    reported = [
        f for f in found(loads(mutation.text()), mutation) if (f.rule, f.message) not in intact(mutation.design)
    ]
    assert [f.severity for f in reported] == [mutation.severity]


@pytest.mark.parametrize("mutation", [m for m in MUTATIONS if m.fixed], ids=names)
def test_a_fixed_flaw_stays_fixed(mutation: Mutation) -> None:
    flawed = loads(mutation.text())
    after, count = mended(flawed)
    assert count
    assert found(loads(after.dump()), mutation) == []
    assert mended(after)[1] == 0
    changed = set(after.dump().splitlines()) ^ set(flawed.dump().splitlines())
    assert len(changed) <= 2 * count
    assert after.dump().count("#") == flawed.dump().count("#")


@pytest.mark.parametrize("design", sorted(path.parent.name for path in GALLERY.glob("*/blueprint.yaml")))
def test_a_finished_design_has_no_error_and_no_warning_without_a_reason(design: str) -> None:
    assert [str(f) for f in review(load(GALLERY / design)).findings if f.severity != "note"] == []
