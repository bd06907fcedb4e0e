"""Every pattern is seen where a design has it, missed where it lacks it, and left for later where it needs none yet."""

from __future__ import annotations

import pytest

from loadcase.advice.knowledge import knowledge
from loadcase.advice.patterns import PATTERNS, Has, Lacks, Later
from tests.advice.test_shapes import PLAIN, facts

STORED = """
entities: {m: {count: 10, identity: id, key: KEY, fields: {id: id, n: int, code: text}}}
components: {db: {kind: store, shards: SHARDS, replicas: COPIES}}
flows: {w: {arrive: {rate: 1 /s, key: m}, steps: [db.append: {entity: m OPTIONS}]}}
"""
CACHED = """
entities: {m: {count: 10}}
components: {c: {kind: cache, keys: 5, coalesce: COALESCE}, db: {kind: store, workers: 2}}
flows: {r: {arrive: {rate: RATE /s, key: m}, steps: [STEP]}}
"""
CONSUMED = """
requirements: {contract: [w.p95 < 1 s]}
entities: {m: {count: 10, key: id, fields: {id: id}}}
components: {db: {kind: store}, l: {kind: log, from: db}, s: {kind: service}, g: {kind: gateway}, view: {kind: store}}
flows:
  w: {arrive: {rate: 1 /s, key: m}, steps: [db.append: {entity: m}]}
  r: {arrive: {rate: 1 /s, key: m}, steps: [READ]}
  d: {consume: {log: l, by: s, commit: after, in_order: ORDER}, steps: [STEP]}
"""
QUEUED = """
components: {q: {kind: queue FIELDS}, dead: {kind: queue}, s: {kind: service}, out: {kind: external}, db: {kind: store}}
flows:
  ask: {arrive: {rate: 1 /s}, steps: [q.publish]}
  send: {consume: {queue: q, by: s}, steps: [STEP]}
  gone: {consume: {queue: dead, by: s}, steps: [s.handle]}
"""
CONTROL = """
requirements: {contract: [LINE]}
api: {ban: {kind: control}}
components: {api: {kind: service}, own: {kind: service}}
flows:
  send: {arrive: {rate: 10 /s, timeout: 1 s}, steps: [api.handle]}
  ban: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [BY.handle]}
"""
CLAIM = """
entities: {seat: {count: 100, identity: id, fields: {id: id}}}
components: {db: {kind: store}}
flows: {book: {arrive: {rate: 1 /s, key: seat}, steps: [db.STEP]}}
"""
PROVIDER = """
components: {out: {kind: external}}
flows: {pay: {arrive: {rate: 1 /s}, steps: [out.call: {timeout: 1 s OPTIONS}]}}
"""
TAKEN = """
entities: {client: {count: 100}}
components: {l: {kind: limiter, rate: 10 /s, key: client}, s: {kind: service}}
flows: {check: {arrive: {rate: 5 /s, key: client}, steps: [STEP]}}
"""
FANNED = """
components: {q: {kind: log}, s: {kind: service}, db: {kind: store, workers: 64}}
flows:
  post: {arrive: {rate: 1 /s}, steps: [q.publish]}
  spread: {consume: {log: q, by: s}, steps: [STEP]}
"""
SEARCHED = "components: {i: {kind: search_index}}\nflows: {q: {arrive: {rate: 1 /s}, steps: [i.query: {OPTION}]}}\n"
ROOT = (
    "requirements: {contract: [LINE]}\nentities: {m: {count: 10}}\ncomponents: {db: {kind: store, replicas: 2}}\n"
    + (
        "flows: {w: {arrive: {rate: 1 /s, key: m}, steps: [db.write: {entity: m}]}, "
        "r: {arrive: {rate: 1 /s, key: m}, steps: [db.read: {entity: m}]}}\n"
    )
)


def stored(options: str = "", key: str = "id", shards: int = 1, copies: int = 1) -> str:
    text = STORED.replace(" OPTIONS", f", {options}" if options else "").replace("KEY", key)
    return text.replace("SHARDS", str(shards)).replace("COPIES", str(copies))


def cached(step: str, coalesce: bool = True, rate: int = 100) -> str:
    return CACHED.replace("STEP", step).replace("COALESCE", str(coalesce).lower()).replace("RATE", str(rate))


def consumed(step: str, order: str = "m", read: str = "db.read: {entity: m}") -> str:
    return CONSUMED.replace("STEP", step).replace("ORDER", order).replace("READ", read)


def queued(step: str = "db.write", fields: str = "") -> str:
    return QUEUED.replace("STEP", step).replace(" FIELDS", fields)


def described(words: str) -> str:
    return f'decisions: {{d: {{choose: "{words}"}}}}' + PLAIN


def promised(line: str) -> str:
    return ROOT.replace("LINE", line)


LOOKUP = "c.get: {miss: [db.read: {work: exp(4 ms)}]}"
READ = "db.read: {work: exp(4 ms)}"
BOTH = """
entities: {m: {count: 10}}
components: {db: {kind: store}, l: {kind: log}, s: {kind: service}}
flows:
  w: {arrive: {rate: 1 /s, key: m}, steps: [db.append: {entity: m}, l.publish]}
  d: {consume: {log: l, by: s}, steps: [s.handle]}
"""
HOT = """
entities: {m: {count: 10}}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s, key: m}, steps: [s.handle]}}
cases: {one: {CASE}}
"""
SAMPLED = """
components: {t: {kind: topic, sample: SHARE}, s: {kind: service}, g: {kind: gateway}}
flows: {p: {arrive: {rate: 1 /s}, steps: [t.publish]}, d: {consume: {topic: t, by: s}, steps: [g.broadcast]}}
"""
EDGE = """
components: {e: {kind: KIND, keys: 5}, o: {kind: object_store}}
flows: {r: {arrive: {rate: 1 /s, key: {count: 9}}, steps: [e.VERB: {miss: [o.fetch]}]}}
"""
BROADCAST = consumed("g.push: {entity: m}")
UPDATED = "db.update: {entity: seat, if: unchanged}"

TRIED: dict[str, tuple[str, str]] = {
    "cache": (cached(LOOKUP), cached(READ, rate=400)),
    "single-flight": (cached(LOOKUP), cached(LOOKUP, coalesce=False)),
    "view": (consumed("view.write: {entity: m}", read="view.read: {entity: m}"), consumed("view.write: {entity: m}")),
    "async-fan-out": (BROADCAST, PLAIN),
    "sampling": (SAMPLED.replace("SHARE", "5 %"), SAMPLED.replace("SHARE", "100 %")),
    "backpressure": (
        queued(fields=", bound: 100").replace("dead: {kind: queue}", "dead: {kind: queue, bound: 9}"),
        queued(fields=", bound: 100"),
    ),
    "hybrid-fan-out": (
        FANNED.replace(
            "STEP", "choose: [{weight: 9, do: [fan_out: {n: 50, do: [db.append]}]}, {weight: 1, do: [s.handle]}]"
        ),
        FANNED.replace("STEP", "fan_out: {n: 50, do: [db.append]}"),
    ),
    "partition-key": (stored(key="id", shards=4), stored(key="null", shards=4)),
    "hot-key-plan": (cached(LOOKUP), cached(LOOKUP, coalesce=False)),
    "hot-key-case": (HOT.replace("CASE", "faults: [hot_key: {entity: m, share: 5 %}]"), HOT.replace("CASE", "load: 2")),
    "sequence": (stored("sequence: m"), stored()),
    "ordered-consumer": (consumed("g.push: {entity: m}"), consumed("g.push: {entity: m}", order="none")),
    "catch-up": ("api: {since: {kind: catch_up}}" + PLAIN, "api: {since: {kind: read}}" + PLAIN),
    "replicated-write": (stored(copies=3), stored(copies=1)),
    "replay-log": (consumed("g.push: {entity: m}"), queued()),
    "outbox": (consumed("s.handle"), BOTH),
    "idempotent-write": (stored("once: id"), stored()),
    "dedupe": (consumed("g.push: {entity: m, dedupe: id}"), consumed("g.push: {entity: m}")),
    "control-lane": (
        CONTROL.replace("LINE", "send.p95 < 1 s").replace("BY", "own"),
        CONTROL.replace("LINE", "send.p95 < 1 s").replace("BY", "api"),
    ),
    "control-budget": (
        CONTROL.replace("LINE", "ban.p99 < 1 s").replace("BY", "own"),
        CONTROL.replace("LINE", "send.p95 < 1 s").replace("BY", "own"),
    ),
    "audit-trail": ("entities: {audit_event: {count: 1}}" + PLAIN, PLAIN),
    "one-primary": (stored(shards=1), stored(shards=2)),
    "standby": (stored(copies=2), stored(copies=1)),
    "push-gateway": (BROADCAST, queued()),
    "worker-queue": (queued(), PLAIN),
    "preference-filter": (described("opt-outs are read when it is sent"), described("a queue")),
    "provider-guard": (PROVIDER.replace("OPTIONS", ", breaker: {}"), PROVIDER.replace("OPTIONS", "")),
    "dead-letters": (queued(fields=", dead_letters: dead"), queued()),
    "ledger": (
        stored()
        .replace("m:", "ledger_entry:")
        .replace("key: m", "key: ledger_entry")
        .replace("entity: m", "entity: ledger_entry"),
        stored(),
    ),
    "versioned-state": (
        CLAIM.replace("db.STEP", "db.read: {entity: seat}, " + UPDATED),
        CLAIM.replace("STEP", "write: {entity: seat}"),
    ),
    "reconciliation": (described("a nightly job reconciles by key"), described("a job")),
    "atomic-claim": (
        CLAIM.replace("STEP", "claim: {entity: seat}"),
        CLAIM.replace("STEP", "claim: {entity: seat, atomic: false}"),
    ),
    "fenced-lease": (
        CLAIM.replace("STEP", "claim: {entity: seat, lease: 5 s}"),
        CLAIM.replace("STEP", "claim: {entity: seat}"),
    ),
    "opaque-id": (stored(key="code"), stored(key="n")),
    "blob-store": (EDGE.replace("KIND", "cdn").replace("VERB", "fetch"), PLAIN),
    "edge": (
        EDGE.replace("KIND", "cdn").replace("VERB", "fetch"),
        EDGE.replace("KIND", "cache").replace("VERB", "get"),
    ),
    "scatter-deadline": (SEARCHED.replace("OPTION", "timeout: 1 s"), SEARCHED.replace("OPTION", "")),
    "client-limit": (TAKEN.replace("STEP", "l.take"), TAKEN.replace("STEP", "s.handle")),
    "limiter-fallback": (TAKEN.replace("STEP", "l.take: {fallback: [s.handle]}"), TAKEN.replace("STEP", "l.take")),
    "tenant-key": (stored(key="[tenant, id]").replace("id: id,", "id: id, tenant: id,"), stored()),
    "bounded-staleness": (promised("m.stale_reads == 0"), promised("w.p95 < 1 s")),
    "same-output": (promised("m.diverged == 0"), promised("w.p95 < 1 s")),
    "spike-case": (
        HOT.replace("CASE", "faults: [traffic_spike: {factor: 9, for: 1 s}]"),
        HOT.replace("CASE", "load: 1"),
    ),
}
"""For each pattern a design that has it, and one that lacks it."""
LATER = {
    "cache": cached(READ, rate=1),
    "single-flight": cached(READ),
    "backpressure": PLAIN,
    "partition-key": stored(),
    "ordered-consumer": stored(),
    "replay-log": stored(),
    "outbox": queued(),
    "idempotent-write": promised("w.p95 < 1 s"),
    "dedupe": PLAIN,
    "provider-guard": PLAIN,
    "dead-letters": PLAIN,
}
"""Designs that do not need a pattern yet."""
IN_WORDS = {
    "sampling": "clients get batches of 100 ms",
    "hybrid-fan-out": "celebrities are merged at read",
    "hot-key-plan": "we split the key in ten",
    "standby": "a nightly backup",
    "audit-trail": "an audit table",
    "limiter-fallback": "it fails open",
}
"""What the format does not express, and a design may say."""


def test_every_pattern_is_tried_and_told() -> None:
    assert set(TRIED) == set(PATTERNS) == set(knowledge().patterns)
    followed = {pattern for shape in knowledge().shapes.values() for pattern in shape.patterns}
    assert followed == set(PATTERNS)


@pytest.mark.parametrize("name", TRIED)
def test_it_is_seen_where_it_is(name: str) -> None:
    known = facts(TRIED[name][0])
    answer = PATTERNS[name](known)
    assert isinstance(answer, Has)
    assert known.b.document.position(answer.path, key=True)[0] > 1


@pytest.mark.parametrize("name", TRIED)
def test_it_is_missed_where_it_is_not(name: str) -> None:
    assert isinstance(PATTERNS[name](facts(TRIED[name][1])), Lacks)


@pytest.mark.parametrize("name", LATER)
def test_it_can_wait_where_nothing_asks_for_it(name: str) -> None:
    answer = PATTERNS[name](facts(LATER[name]))
    assert isinstance(answer, Later)
    assert answer.why


@pytest.mark.parametrize("name", IN_WORDS)
def test_words_count_as_words(name: str) -> None:
    answer = PATTERNS[name](facts(described(IN_WORDS[name])))
    assert isinstance(answer, Has)
    assert answer.said


def test_deferred_words_do_not_count() -> None:
    assert isinstance(PATTERNS["audit-trail"](facts("requirements: {deferred: [audit trail]}" + PLAIN)), Lacks)


def test_what_is_lacking_is_named() -> None:
    answers = {
        name: PATTERNS[name](facts(TRIED[name][1])) for name in ("single-flight", "dedupe", "control-lane", "opaque-id")
    }
    assert answers == {
        "single-flight": Lacks("c does not coalesce"),
        "dedupe": Lacks("g.push of d may happen twice"),
        "control-lane": Lacks("ban queues at api behind send"),
        "opaque-id": Lacks("m.n counts up"),
    }
