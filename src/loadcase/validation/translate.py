"""From a case to a plan: by its phenomenon and the fields of its model, never by its id."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from loadcase.validation import balancing, caching, messages, networks, overload, queueing, replication, staleness, tail
from loadcase.validation.plan import Model, NotExpressible, Plan

Translator = Callable[[Mapping[str, Any], Model], Plan]

TRANSLATORS: tuple[tuple[str, Translator], ...] = (
    (r"priority", queueing.priority),
    (r"tandem|jackson", networks.network),
    (r"closed network|mva|machine repair", networks.closed),
    (r"fork.?join", networks.fork_join),
    (r"power of d|join .*shortest|^random$|round robin|load.?balanc", balancing.servers),
    (r"balls into bins", balancing.bins),
    (r"fan-?out|k-of-n", tail.fan_out),
    (r"redundant", tail.redundant),
    (r"hedge", tail.hedged),
    (r"serial chain", tail.chain),
    (r"hit ratio", caching.hit_ratio),
    (r"ttl cache", caching.ttl),
    (r"stampede", caching.stampede),
    (r"cache loss", caching.loss),
    (r"hot key", caching.hot_keys),
    (r"retry amplification", overload.layers),
    (r"retries, independent", overload.retries),
    (r"retry budget", overload.budget),
    (r"backoff and jitter", overload.contention),
    (r"circuit breaker on retries", overload.retry_breaker),
    (r"circuit breaker on calls", overload.probes),
    (r"metastable failure: retries", overload.threshold),
    (r"metastable failure: load spike", overload.collapse),
    (r"adaptive throttling", overload.throttle),
    (r"rate limiter", overload.limiter),
    (r"visibility", messages.visibility),
    (r"consumer lag", messages.drain),
    (r"at-least-once", messages.at_least_once),
    (r"partition parallelism", messages.partitions),
    (r"quorum latency", staleness.quorums),
    (r"k-staleness", staleness.versions),
    (r"quorum availability", replication.quorum),
    (r"availability arithmetic", replication.arithmetic),
    (r"multi-region", tail.regions),
    (r"measured", tail.measured),
    (r"^m/|^g/|^d/|erlang|bounded queue|shedding|paced|timeouts? that|concurrency|little", queueing.station),
)
"""What translates a phenomenon; the first pattern that is found in its name."""

NOT_YET: tuple[tuple[str, str], ...] = (
    (
        r"hashing balance",
        "needs shards on a ring with random points, drawn anew: shards are placed by an even hash or by rank",
    ),
    (r"bounded loads", "needs keys that overflow to the next shard of a ring: shards are placed by an even hash"),
    (r"resharding", "the number of shards is the same throughout a run: nothing moves"),
)
"""Families that no blueprint of this version can give, each with what it needs."""


def translate(case: Mapping[str, Any]) -> Plan:
    """The plan of a case. Every expected value is in exactly one of its `formulas`, `closed` and `missing`.

    Raises NotExpressible, with the reason, when no blueprint of this version is the case.
    """
    phenomenon = str(case.get("phenomenon", "")).lower()
    model, expected = case.get("model"), case.get("expected")
    if not isinstance(model, Mapping) or not isinstance(expected, Mapping) or not expected:
        raise NotExpressible("a case has a model and expected values")
    for pattern, reason in NOT_YET:
        if re.search(pattern, phenomenon):
            raise NotExpressible(reason)
    fields = Model(model)
    plan = translator_of(phenomenon, model)({"title": phenomenon, **case}, fields)
    if fields.unread():
        raise NotExpressible(f"the translation of {phenomenon!r} does not know the field {', '.join(fields.unread())}")
    for name in expected:
        if name not in plan.formulas and name not in plan.closed and name not in plan.missing:
            plan.missing[name] = f"{name!r} is not a value that this family is asked for"
    return plan


def translator_of(phenomenon: str, model: Mapping[str, Any]) -> Translator:
    """The translator of a family; of an unknown one, by the shape of the model."""
    for pattern, translator in TRANSLATORS:
        if re.search(pattern, phenomenon):
            return translator
    if "arrival_rate" in model and "service" in model:
        return balancing.servers if "policy" in model else queueing.station
    raise NotExpressible(f"there is no translation of {phenomenon or 'a case without a phenomenon'!r}")
