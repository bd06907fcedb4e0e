"""Every field of the format does something: changed, it changes a run, the closed form or the verdict, or is refused.

One row for each field: where its effect shows, a small design, and what is changed in it. A test at the end compares
the rows with the models, so that a field that is added without a row fails.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.blueprint.model import (
    Arrive,
    Case,
    Consume,
    Decision,
    Endpoint,
    Entity,
    Network,
    Operate,
    Requirements,
)
from loadcase.core.errors import BlueprintError
from loadcase.core.metrics import METRICS
from loadcase.estimate.estimate import estimate
from loadcase.faults import faults
from loadcase.kinds import kinds
from loadcase.kinds.base import Breaker, Component, Hedge, Options, Retry, Skip, Throttle
from loadcase.kinds.service import Autoscale, Shed
from loadcase.profiles import Profile, profiles
from tests.engine.test_histories import CHAT
from tests.engine.test_verbs import BANK, COUNTER, SEATS

Where = Literal["run", "estimate", "verdict", "refused"]
SECONDS = 4.0


@dataclass(frozen=True)
class Row:
    field: str
    where: Where
    base: str
    old: str
    new: str

    @property
    def changed(self) -> str:
        assert self.old in self.base, (self.field, self.old)
        return self.base.replace(self.old, self.new)


# --- designs --------------------------------------------------------------------------------------------------------
def design(components: str, flows: str, more: str = "") -> str:
    entities = "entities: {k: {count: 50, popularity: zipf(0.9)}}"
    return f"loadcase: 1\nname: t\n{entities}\n{more}components: {{{components}}}\nflows:\n{flows}"


def one(component: str, call: str, rate: str = "rate: 200 /s, key: k", more: str = "") -> str:
    """A flow that makes one call."""
    return design(f"c: {{{component}}}", f"  r: {{arrive: {{{rate}}}, steps: [{{{call}}}]}}\n", more)


SERVICE = one("kind: service, replicas: 4, workers: 2, work: exp(20 ms), @", "c.handle: {}")
BUSY = one("kind: service, replicas: 3, work: exp(12 ms), @", "c.handle: {}")
STORE = one("kind: store, shards: 4, replicas: 3, workers: 2, work: exp(5 ms), zones: 3, @", "c.read: {}")
WRITE = STORE.replace("c.read", "c.write")
CACHE = design(
    "c: {kind: cache, replicas: 2, keys: 20, work: 1 ms, @}, s: {kind: service, workers: 0, work: exp(10 ms)}",
    "  r: {arrive: {rate: 200 /s, key: k}, steps: [{c.get: {miss: [s.handle], !}}]}\n",
)
CDN = CACHE.replace("kind: cache", "kind: cdn").replace("c.get", "c.fetch")
LIMITER = one("kind: limiter, rate: 100 /s, @", "c.take: {!}")
EXTERNAL = one("kind: external, work: exp(10 ms), @", "c.call: {!}")
MODEL = one("kind: model, first_token: 10 ms, per_token: 1 ms, @", "c.generate: {tokens_in: 20, tokens_out: 50, !}")
OBJECTS = one("kind: object_store, work: exp(10 ms), @", "c.fetch: {!}")
INDEX = one("kind: search_index, shards: 6, replicas: 2, workers: 2, work: exp(4 ms), @", "c.query: {!}")
GATEWAY = one("kind: gateway, replicas: 4, connections: 100, online: 300, work: exp(2 ms), @", "c.push: {!}")
BALANCED = design(
    "c: {kind: load_balancer, replicas: 2, work: exp(1 ms), @}, s: {kind: service, replicas: 4, work: exp(12 ms)}",
    "  r: {arrive: {rate: 200 /s, key: k}, steps: [{c.forward: {!}}, s.handle]}\n",
)


def channel(kind: str, component: str, consume: str = "", workers: int = 2) -> str:
    return design(
        f"c: {{kind: {kind}, work: exp(1 ms), {component}, @}}, by: {{kind: service, replicas: 2, workers: {workers}, "
        "work: exp(15 ms)}, e: {kind: external, work: 1 ms, error_rate: 20 %}, dead: {kind: queue}",
        f"  r: {{arrive: {{rate: 100 /s, key: k}}, steps: [{{c.publish: {{!}}}}]}}\n"
        f"  f: {{consume: {{{kind}: c, by: by{consume}}}, steps: [{{by.handle: {{do: [e.call]}}}}]}}\n",
    )


LOG = channel("log", "partitions: 4, replicas: 3, zones: 3")
FED = design(
    "c: {kind: log, partitions: 4, work: 1 ms, from: a, delay: 5 ms}, a: {kind: store}, b: {kind: store}, "
    "by: {kind: service}",
    "  r: {arrive: {rate: 50 /s, key: k}, steps: [a.write]}\n  w: {arrive: {rate: 20 /s, key: k}, steps: [b.write]}\n"
    "  f: {consume: {log: c, by: by}, steps: [by.handle]}\n",
)
QUEUE = channel("queue", "visibility: 1 s, max_receives: 3", workers=1)
TOPIC = channel("topic", "replicas: 2")
FAILING = one("kind: external, work: exp(10 ms), error_rate: 30 %", "c.call: {!}")
SLOW = one("kind: service, replicas: 4, workers: 4, work: exp(20 ms)", "c.handle: {!}")
SESSIONS = (
    "loadcase: 1\nname: t\nrequirements: {contract: [e.missed_own_writes == 0]}\n"
    "entities: {user: {count: 1}, pair: {count: 2}, e: {count: 1}}\n"
    "components: {s: {kind: store, replicas: 2, write: async, read: one, replication_lag: 50 ms}}\n"
    "flows:\n"
    "  w: {arrive: {rate: 20 /s, key: e, session: user}, steps: [s.write: {entity: e}]}\n"
    "  r: {arrive: {rate: 20 /s, key: e, session: user}, steps: [s.read: {entity: e}]}\n"
    "cases: {normal: {duration: 4 s, warmup: 1 s}}\n"
)
PERMISSIONS = SESSIONS.replace("missed_own_writes", "allowed_after_revoke").replace(
    "w: {arrive: {rate: 20 /s, key: e, session: user}, steps: [s.write: {entity: e}]}",
    "w: {arrive: {rate: 9 /s, key: e}, steps: [s.write: {entity: e, permission: grant}]}\n"
    "  x: {arrive: {rate: 9 /s, key: e}, steps: [s.write: {entity: e, permission: revoke}]}",
)
ARRIVE = one("kind: service, replicas: 4, work: exp(10 ms)", "c.handle: {}", "rate: 200 /s, key: k, @")
FAILING_CLIENT = one("kind: external, work: exp(10 ms), error_rate: 30 %", "c.call: {}", "rate: 100 /s, @")
LOOP = one("kind: service, work: exp(10 ms)", "c.handle: {}", "users: 20, think: 50 ms")
RANKED = design(
    "c: {kind: service, work: exp(10 ms), @}, d: {kind: service, workers: 0, priority: normal}",
    "  r: {arrive: {rate: 50 /s}, steps: [{c.handle: {!}}]}\n"
    "  w: {arrive: {rate: 40 /s, priority: normal}, steps: [c.handle]}\n",
)
NET = design(
    "a: {kind: service, replicas: 4, zones: 2, regions: 2, workers: 0}, b: {kind: service, replicas: 8, zones: 2, "
    "regions: 2, workers: 0, balance: random}",
    "  r: {arrive: {rate: 50 /s}, steps: [{a.handle: {do: [b.handle]}}]}\n",
    "network: {client: 1 ms, same_zone: 1 ms, cross_zone: 1 ms, cross_region: 1 ms}\n",
)
CONTRACT = (
    "loadcase: 1\nname: t\nrequirements: {contract: [r.p95 < 1 ms, r.availability >= 99 %]}\n"
    "components: {s: {kind: service, workers: 0, work: exp(5 ms)}}\n"
    "flows: {r: {arrive: {rate: 200 /s}, steps: [s.handle]}}\n"
    "cases: {normal: {duration: 4 s, warmup: 1 s, @}}\n"
)


def added(field: str, base: str, text: str, where: Where = "run", mark: str = "@") -> Row:
    """The field is given where it was not."""
    return Row(
        field, where, base, f", {mark}" if f", {mark}" in base else mark, f", {text}" if f", {mark}" in base else text
    )


def turned(field: str, base: str, old: str, new: str, where: Where = "run") -> Row:
    """The field has another value."""
    return Row(field, where, base, old, new)


def component_rows() -> Iterator[Row]:
    """Fields that every kind has, on a service."""
    yield turned(
        "component.kind",
        one("kind: service, workers: 2, @", "c.handle: {}"),
        "kind: service",
        "kind: srvice",
        "refused",
    )
    yield added("component.like", BUSY, "like: api_server", "estimate")
    yield turned("component.replicas", BUSY, "replicas: 3", "replicas: 4")
    yield turned("component.workers", SERVICE, "workers: 2", "workers: 3")
    yield turned("component.work", BUSY, "exp(12 ms)", "{handle: exp(6 ms)}")
    yield added("component.queue", BUSY, "queue: 1")
    yield added("component.discipline", BUSY, "discipline: lifo")
    yield added("component.discipline", BUSY, "discipline: ps")
    yield added("component.balance", BUSY, "balance: random")
    yield turned("component.choices", BUSY.replace("@", "balance: two_choices, @"), ", @", ", choices: 3")
    yield turned("component.replacement", BUSY.replace("@", "balance: two_choices, @"), ", @", ", replacement: true")
    yield added("component.choices", BUSY, "choices: 3", "refused")
    yield added("component.replacement", BUSY, "replacement: true", "refused")
    yield added("service.contention", SERVICE, "contention: 50 %")
    yield turned("component.queue", SERVICE, "workers: 2", "workers: 0, queue: 5", "refused")
    yield turned("component.discipline", SERVICE, "workers: 2", "workers: 0, discipline: ps", "refused")
    yield added(
        "component.priority",
        RANKED.replace(", priority: normal}, steps: [c", "}, steps: [c").replace(
            "steps: [c.handle]}", "steps: [{c.handle: {priority: high}}]}"
        ),
        "priority: highest",
    )
    yield added("component.patience", BUSY, "patience: 5 ms")
    yield turned("component.patience", SERVICE, "workers: 2", "workers: 0, patience: 5 ms", "refused")
    yield turned(
        "component.zones",
        NET.replace("cross_zone: 1 ms", "cross_zone: 9 ms"),
        "replicas: 4, zones: 2",
        "replicas: 4, zones: 1",
    )
    yield Row(
        "component.regions",
        "run",
        NET.replace("cross_region: 1 ms", "cross_region: 9 ms"),
        "zones: 2, regions: 2, workers: 0}, b",
        "zones: 2, regions: 1, workers: 0}, b",
    )
    yield added("component.availability", BUSY, "availability: 90 %", "estimate")
    yield added("component.price", BUSY, "price: 5 USD/month", "estimate")
    yield added("component.price_per_request", BUSY, "price_per_request: 0.1 USD", "estimate")
    yield turned(
        "component.price_per_byte",
        BUSY.replace("@", "stored: 5 GB, @"),
        ", @",
        ", price_per_byte: 1 USD/GB/month",
        "estimate",
    )
    yield turned(
        "component.stored", BUSY.replace("@", "price_per_byte: 1 USD/GB/month, @"), ", @", ", stored: 5 GB", "estimate"
    )


def kind_rows() -> Iterator[Row]:
    """Fields of one kind."""
    for field, text in (
        ("keys", ""),
        ("policy", "policy: fifo"),
        ("ttl", "ttl: 200 ms"),
        ("hit_ratio", ""),
        ("warm", "warm: false"),
    ):
        if text:
            yield added(f"cache.{field}", CACHE, text)
            yield added(f"cdn.{field}", CDN, text)
    busy = RANKED.replace("exp(10 ms)", "exp(14 ms)").replace("@", "queue: 3, @").replace("!", "priority: high")
    yield added("service.shed", busy, "shed: {first: lowest_priority}")
    yield turned("shed.first", busy.replace("@", "shed: {target: 5 ms}"), "{target", "{first: lowest_priority, target")
    yield turned("shed.first", busy, ", @", ", shed: {first: newest}", "refused")
    yield turned("shed.first", busy, "queue: 3, @", "shed: {first: lowest_priority}", "refused")
    yield turned("shed.first", busy, ", @", ", shed: {first: lowest_priority}, discipline: lifo", "refused")
    yield turned("shed.first", SERVICE, ", @", ", queue: 3, shed: {first: lowest_priority}", "refused")
    delay = BUSY.replace("@", "shed: {target: 5 ms, interval: 30 ms}, @")
    yield turned("shed.target", delay, "target: 5 ms", "target: 8 ms")
    yield turned("shed.interval", delay, "interval: 30 ms", "interval: 40 ms")
    yield turned("shed.interval", delay, "interval: 30 ms", "interval: 4 ms", "refused")
    yield turned("shed.interval", delay, "target: 5 ms, ", "", "refused")
    yield turned("shed.target", delay, ", @", ", patience: 5 ms", "refused")
    yield turned("shed.target", delay, ", @", ", discipline: ps", "refused")
    scale = "autoscale: {min: 2, max: 5, target: 60 %, delay: 300 ms, every: 500 ms, cooldown: 1 s}"
    scaled = BUSY.replace("@", scale)
    yield added("service.autoscale", BUSY, scale)
    low = scaled.replace("target: 60 %", "target: 95 %").replace("exp(12 ms)", "exp(4 ms)")
    yield turned("autoscale.min", low, "min: 2", "min: 1")
    yield turned("autoscale.max", scaled, "max: 5", "max: 4")
    yield turned("autoscale.target", scaled, "60 %", "75 %")
    yield turned("autoscale.delay", scaled, "300 ms", "600 ms")
    yield turned("autoscale.every", scaled, "every: 500 ms", "every: 800 ms")
    yield turned("autoscale.cooldown", low, "cooldown: 1 s", "cooldown: 4 s")
    yield turned("autoscale.min", scaled, "min: 2", "min: 4", "refused")
    yield turned("autoscale.max", scaled, "max: 5", "max: 2", "refused")
    yield turned("autoscale.every", scaled, "every: 500 ms", "every: 0", "refused")
    yield turned("autoscale.target", scaled, "kind: service, ", "kind: service, workers: 0, ", "refused")
    consumed = channel("queue", "visibility: 1 s")
    yield turned("service.autoscale", consumed, "workers: 2, work", "workers: 2, autoscale: {max: 3, target: 60 %, "
                 "delay: 1 s}, work", "refused")  # fmt: skip
    for kind, base in (("cache", CACHE), ("cdn", CDN)):
        yield turned(f"{kind}.keys", base, "keys: 20", "keys: 30")
        yield turned(f"{kind}.hit_ratio", base, "keys: 20", "hit_ratio: 90 %")
        yield turned(f"{kind}.ttl_from", base.replace("@", "ttl: 200 ms, @"), ", @", ", ttl_from: access")
        yield added(f"{kind}.coalesce", base, "coalesce: true")
        yield added(f"{kind}.lease", base, "lease: true")
        yield added(f"{kind}.lease", base, "coalesce: true, lease: true", "refused")
        yield added(f"{kind}.ttl_from", base, "ttl_from: access", "refused")
        for dead in ("keys: 30", "policy: lfu", "ttl: 1 s", "warm: false"):
            yield turned(f"{kind}.{dead.split(':')[0]}", base, "keys: 20", f"hit_ratio: 90 %, {dead}", "refused")
    sent = CDN.replace("!", "size: 1 MB")
    yield turned("cdn.price_per_byte_sent", sent, ", @", ", price_per_byte_sent: 0.1 USD/GB", "estimate")
    yield turned(
        "fetch.size", sent.replace("@", "price_per_byte_sent: 0.1 USD/GB"), "size: 1 MB", "size: 2 MB", "estimate"
    )
    yield turned("get.miss", CACHE, "miss: [s.handle], ", "")
    yield turned("fetch.miss", CDN, "miss: [s.handle], ", "")
    yield turned("cdn.workers", CDN.replace("c: {", "c: {workers: 1, "), "workers: 1", "workers: 0")
    yield turned("limiter.rate", LIMITER, "rate: 100 /s", "rate: 120 /s")
    yield added("limiter.algorithm", LIMITER, "algorithm: fixed_window")
    yield added("limiter.burst", LIMITER.replace("rate: 100 /s", "rate: 220 /s"), "burst: 5")
    yield turned("limiter.burst", LIMITER, ", @", ", algorithm: fixed_window, burst: 5", "refused")
    yield added("limiter.window", LIMITER, "window: 2 s", "refused")
    yield Row("limiter.window", "run", LIMITER.replace("@", "algorithm: fixed_window, @"), ", @", ", window: 3 s")
    yield turned("limiter.key", LIMITER.replace("rate: 100 /s, @", "rate: 5 /s, @"), ", @", ", key: k")
    yield turned("limiter.scope", LIMITER.replace("@", "replicas: 4, burst: 8, @"), ", @", ", scope: local")
    yield added("limiter.workers", LIMITER, "work: exp(20 ms), workers: 1")
    yield added("take.cost", LIMITER, "cost: 3", mark="!")
    yield added("external.error_rate", EXTERNAL, "error_rate: 20 %")
    yield added("external.quota", EXTERNAL, "quota: 50 /s")
    yield added("external.workers", EXTERNAL, "workers: 1")
    for field, old, new in (("first_token", "10 ms", "20 ms"), ("per_token", "per_token: 1 ms", "per_token: 2 ms")):
        yield turned(f"model.{field}", MODEL, old, new)
    yield added("model.price_in", MODEL, "price_in: 0.1 USD", "estimate")
    yield added("model.price_out", MODEL, "price_out: 0.1 USD", "estimate")
    yield added("model.quota", MODEL, "quota: 1000 /s")
    yield added("model.error_rate", MODEL, "error_rate: 20 %")
    yield added("model.workers", MODEL, "workers: 5")
    yield turned(
        "generate.tokens_in", MODEL.replace("@", "price_in: 0.1 USD"), "tokens_in: 20", "tokens_in: 30", "estimate"
    )
    yield turned("generate.tokens_out", MODEL, "tokens_out: 50", "tokens_out: 60")
    yield added("generate.stream", MODEL, "stream: true", mark="!")
    yield added("object_store.get_quota", OBJECTS, "get_quota: 50 /s")
    yield Row("object_store.put_quota", "run", OBJECTS.replace("c.fetch", "c.put"), ", @", ", put_quota: 50 /s")
    yield Row(
        "object_store.price_per_put", "estimate", OBJECTS.replace("c.fetch", "c.put"), ", @", ", price_per_put: 1 USD"
    )
    yield added("object_store.workers", OBJECTS, "workers: 1")
    yield turned("search_index.shards", INDEX, "shards: 6", "shards: 12")
    yield turned("search_index.replicas", INDEX, "replicas: 2", "replicas: 3")
    yield added("search_index.wait_for", INDEX, "wait_for: 50 %")
    yield added("search_index.balance", INDEX, "balance: random", "refused")
    yield turned("gateway.connections", GATEWAY, "connections: 100", "connections: 200")
    yield turned("gateway.online", GATEWAY, "online: 300", "online: 200")
    yield added("gateway.workers", GATEWAY, "workers: 0")
    yield added("load_balancer.balance", BALANCED, "balance: random")
    yield turned("log.partitions", LOG, "partitions: 4", "partitions: 2")
    yield turned("log.replicas", LOG, "replicas: 3, zones: 3", "replicas: 2, zones: 3")
    yield Row("log.brokers", "estimate", LOG.replace("@", "price: 5 USD/month, @"), ", @", ", brokers: 7")
    yield added("log.acks", LOG, "acks: leader")
    yield added("log.acks", LOG, "acks: none")
    yield added("log.key", LOG, "key: {count: 2}")
    yield turned("log.source", FED, "from: a", "from: b")
    yield turned("log.delay", FED, "delay: 5 ms", "delay: 50 ms")
    yield added("log.delay", LOG, "delay: 5 ms", "refused")
    yield added("log.balance", LOG, "balance: random", "refused")
    yield added("queue.bound", channel("queue", "visibility: 1 s", workers=1), "bound: 1")
    yield turned("queue.visibility", QUEUE, "visibility: 1 s", "visibility: 60 ms")
    yield turned("queue.max_receives", QUEUE, "max_receives: 3", "max_receives: 1")
    yield turned(
        "queue.dead_letters",
        QUEUE.replace("max_receives: 3", "max_receives: 1")
        + "  d: {consume: {queue: dead, by: by}, steps: [by.handle]}\n",
        ", @",
        ", dead_letters: dead",
    )
    yield added("queue.workers", QUEUE, "workers: 1")
    yield added("topic.sample", TOPIC, "sample: 30 %")
    yield added("topic.workers", TOPIC, "workers: 1")
    yield turned("store.shards", STORE, "shards: 4", "shards: 8")
    yield turned("store.replicas", WRITE, "replicas: 3", "replicas: 5")
    yield added("store.write", WRITE, "write: all")
    yield added("store.read", STORE, "read: quorum")
    yield added("store.read_from", STORE, "read_from: all")
    yield added("store.write_to", WRITE, "write_to: needed")
    yield added("store.reply", STORE, "reply: 3 ms")
    lagging = STRUCK.replace("!", f"failover: {{on: a, mode: forced, {WHEN_TAKES}}}")
    yield turned("store.replication_lag", lagging, "replication_lag: 50 ms, ", "")
    yield added("store.replication_lag", STORE, "replication_lag: 5 ms", "refused")
    dying = STRUCK.replace("!", f"crash: {{on: a, count: 2, {WHEN}}}")
    yield turned("store.failover", dying, "replicas: 3, write: async", "replicas: 3, failover: 200 ms, write: async")
    yield turned("store.failover", STORE, "replicas: 3, ", "failover: 5 s, ", "refused")
    yield added("store.placement", STORE, "placement: modulo")
    yield added("store.balance", STORE, "balance: random", "refused")
    for verb in ("write", "append", "update", "claim", "transact", "read"):
        base = STORE.replace("c.read", f"c.{verb}")
        yield turned(f"{verb}.consistency", base, f"c.{verb}: {{}}", f"c.{verb}: {{consistency: all}}")
    for base, verb in ((STORE, "read"), (LOG, "publish"), (GATEWAY, "push"), (OBJECTS, "fetch")):
        old = f"c.{verb}: {{"
        yield turned(
            f"{verb}.entity", base, old, f"{old}entity: nobody, " if "!" in base else f"{old}entity: nobody", "refused"
        )


def policy_rows() -> Iterator[Row]:
    """What any step may say."""
    yield added("options.work", SLOW, "work: exp(5 ms)", mark="!")
    yield Row("options.key", "run", STORE, "c.read: {}", "c.read: {key: {count: 3}}")
    yield added("options.timeout", SLOW, "timeout: 10 ms", mark="!")
    yield added("options.retry", FAILING, "retry: {}", mark="!")
    yield added("options.hedge", SLOW, "hedge: {after: 5 ms}", mark="!")
    yield added("options.breaker", FAILING, "breaker: {failures: 20 %, open: 500 ms}", mark="!")
    yield added("options.fallback", FAILING, "fallback: []", mark="!")
    slips = FAILING.replace("!", "fallback: [], fallback_on: [error]")
    yield turned("options.fallback_on", slips, "[error]", "[timeout, shed]")
    yield turned("options.fallback_on", slips, "[error]", "[]", "refused")
    yield turned("options.fallback_on", slips, "[error]", "[bad luck]", "refused")
    yield turned("options.fallback_on", slips, "fallback: [], ", "", "refused")
    often = one("kind: service, replicas: 3, work: exp(12 ms)", "c.handle: {!}")
    yield added("options.skip", often, "skip: c.queue > 0.2", mark="!")
    skip = often.replace("!", "skip: {when: c.queue > 0.2, until: c.queue < 0.1, every: 200 ms}")
    yield turned("skip.when", skip, "> 0.2", "> 0.4")
    yield turned("skip.when", skip, "when: c.queue > 0.2, until: c.queue < 0.1", "when: c.utilisation > 70 %")
    yield turned("skip.when", skip, "when: c.queue", "when: c.rate", "refused")
    yield turned("skip.when", skip, "when: c.queue", "when: nobody.queue", "refused")
    yield turned("skip.when", skip, "when: c.queue > 0.2", "when: c.queue == 0.2", "refused")
    yield turned("skip.until", skip, "until: c.queue < 0.1", "until: c.queue < 0.01")
    yield turned("skip.until", skip, "until: c.queue < 0.1", "until: c.queue > 0.1", "refused")
    yield turned("skip.until", skip, "until: c.queue < 0.1", "until: c.queue < 0.3", "refused")
    yield turned("skip.every", skip, "every: 200 ms", "every: 300 ms")
    yield turned("skip.every", skip, "every: 200 ms", "every: 0", "refused")
    yield added("options.priority", RANKED, "priority: high", mark="!")
    yield added("options.do", SLOW, "do: [c.handle]", mark="!")
    retry = FAILING.replace("!", "timeout: 60 ms, retry: {max: 3, backoff: 5 ms, @}")
    yield turned("retry.max", retry, "max: 3", "max: 1")
    yield turned("retry.backoff", retry, "backoff: 5 ms", "backoff: 9 ms")
    yield turned("retry.multiplier", retry, ", @", ", multiplier: 3")
    yield turned("retry.cap", retry, ", @", ", cap: 6 ms")
    yield turned("retry.breaker", retry, ", @", ", breaker: 10 %")
    yield turned("retry.breaker_calls", retry, ", @", ", breaker: 30 %, breaker_calls: 5")
    yield turned("retry.jitter", retry, ", @", ", jitter: full")
    yield turned("retry.jitter", retry, ", @", ", jitter: 3 ms")
    yield turned("retry.budget", retry, ", @", ", budget: 5 %")
    yield turned("retry.budget_on", retry.replace("@", "budget: 10 %, @"), ", @", ", budget_on: success")
    yield turned("hedge.after", SLOW.replace("!", "hedge: {after: 5 ms}"), "after: 5 ms", "after: 9 ms")
    breaker = FAILING.replace("!", "breaker: {calls: 20, failures: 40 %, open: 500 ms}")
    yield turned("breaker.calls", breaker, "calls: 20", "calls: 10")
    yield turned("breaker.failures", breaker, "failures: 40 %", "failures: 20 %")
    yield turned("breaker.open", breaker, "open: 500 ms", "open: 50 ms")
    yield added("options.throttle", FAILING.replace("30 %", "80 %"), "throttle: {}", mark="!")
    yield turned("write.permission", PERMISSIONS, "permission: grant", "permission: revoke")
    throttle = FAILING.replace("30 %", "80 %").replace("!", "throttle: {k: 2, window: 1 s}")
    yield turned("throttle.k", throttle, "k: 2", "k: 1.5")
    yield turned("throttle.window", throttle, "window: 1 s", "window: 200 ms")


def flow_rows() -> Iterator[Row]:
    """Arrivals, consumers, keywords."""
    yield turned("arrive.rate", ARRIVE, "rate: 200 /s", "rate: 210 /s")
    for pattern in ("paced", "bursty(5, 1 s, 1 s)", "daily(2, 4 s)"):
        yield added("arrive.pattern", ARRIVE, f'pattern: "{pattern}"')
    yield turned("arrive.users", LOOP, "users: 20", "users: 30")
    yield turned("arrive.think", LOOP, "think: 50 ms", "think: 90 ms")
    yield turned("arrive.key", STORE, "key: k", "key: {count: 2}")
    yield turned("arrive.session", SESSIONS, "session: user", "session: pair")
    yield added("arrive.timeout", ARRIVE, "timeout: 50 ms")
    yield added("arrive.retry", FAILING_CLIENT, "retry: {max: 2}")
    yield added("arrive.hedge", FAILING_CLIENT, "hedge: {after: 5 ms}")
    yield turned("arrive.priority", RANKED, "priority: normal}, steps: [c", "priority: high}, steps: [c")
    yield turned("consume.log", LOG, "log: c", "log: nobody", "refused")
    yield turned("consume.queue", QUEUE, "queue: c", "queue: dead")
    yield turned("consume.topic", TOPIC, "topic: c", "topic: nobody", "refused")
    yield turned("consume.by", LOG, "by: by}", "by: e}", "refused")
    yield turned("consume.in_order", LOG, "by: by}", "by: by, in_order: none}")
    yield turned("consume.in_order", LOG, "by: by}", "by: by, in_order: k}")
    yield turned("consume.in_order", QUEUE, "by: by}", "by: by, in_order: k}", "refused")
    yield turned("consume.in_flight", QUEUE, "by: by}", "by: by, in_flight: 2}")
    yield turned("consume.commit", QUEUE, "by: by}", "by: by, commit: before}")
    yield turned("consume.commit", TOPIC, "by: by}", "by: by, commit: before}", "refused")
    dying = LOG + f"cases: {{normal: {{duration: 4 s, warmup: 1 s, faults: [crash: {{on: by, {WHEN}}}]}}}}\n"
    yield turned("consume.commit", dying, "by: by}", "by: by, commit: before}")
    yield Row(
        "consume.in_flight", "run", LOG.replace("by: by}", "by: by, in_order: none}"), "none}", "none, in_flight: 1}"
    )
    yield turned("consume.in_flight", TOPIC, "by: by}", "by: by, in_flight: 2}", "refused")
    call = "{c.handle: {!}}"
    steps = SLOW.replace(call, "{parallel: {branches: [[c.handle], [c.handle]], need: all}}")
    yield turned("parallel.need", steps, "need: all", "need: any")
    yield turned("parallel.branches", steps, "[c.handle], [c.handle]", "[c.handle]")
    fan = SLOW.replace(call, "{fan_out: {n: 3, need: all, do: [c.handle]}}")
    yield turned("fan_out.n", fan, "n: 3", "n: 2")
    yield turned("fan_out.need", fan, "need: all", "need: quorum")
    yield turned("fan_out.do", fan, "do: [c.handle]", "do: [{c.handle: {work: 1 ms}}]")
    choice = SLOW.replace(call, "{choose: [{weight: 1, do: [c.handle]}, {weight: 1, do: []}]}")
    yield turned("choose.weight", choice, "{weight: 1, do: []}", "{weight: 3, do: []}")
    yield turned("choose.do", choice, "do: []", "do: [c.handle]")
    again = SLOW.replace(call, "{repeat: {times: 2, do: [c.handle]}}")
    yield turned("repeat.times", again, "times: 2", "times: 3")
    yield turned("repeat.do", again, "do: [c.handle]", "do: [{c.handle: {work: 1 ms}}]")
    yield turned("spawn", SLOW.replace(call, "{spawn: [c.handle]}"), "spawn: [c.handle]", "spawn: []")
    yield turned("wait", SLOW.replace(call, "{wait: 5 ms}"), "wait: 5 ms", "wait: 6 ms")
    for name in ("client", "same_zone", "cross_zone", "cross_region"):
        yield turned(f"network.{name}", NET, f"{name}: 1 ms", f"{name}: 2 ms")
    yield turned("entity.count", STORE, "count: 50", "count: 3")
    yield turned("entity.popularity", STORE, "zipf(0.9)", "uniform")
    yield turned("entity.popularity", STORE, "zipf(0.9)", '"hot(50 %, 1)"')
    described = STORE.replace(
        "count: 50", "count: 50, size: 5 kB, fields: {id: id, at: time}, key: id, order_by: at, identity: id"
    )
    yield turned("entity.size", described, "5 kB", "5 s", "refused")
    yield turned("entity.key", described, "key: id", "key: [nobody, at]", "refused")
    yield turned("entity.order_by", described, "order_by: at", "order_by: nobody", "refused")
    yield turned("entity.identity", described, "identity: id", "identity: nobody", "refused")
    yield turned("entity.fields", described, "id: id, ", "", "refused")


def case_rows() -> Iterator[Row]:
    """Cases and the contract."""
    yield turned("case.load", CONTRACT, ", @", ", load: 2", "verdict")
    yield turned("case.degrade", CONTRACT, ", @", ", degrade: {r.p95: 1 s}", "verdict")
    yield turned("case.sacred", CONTRACT, ", @", ", sacred: [r.p95], degrade: {r.p95: 1 s}", "refused")
    yield turned("case.duration", CONTRACT, "duration: 4 s", "duration: 5 s", "verdict")
    yield turned("case.warmup", CONTRACT, "warmup: 1 s", "warmup: 2 s", "verdict")
    broken = CONTRACT.replace("@", "faults: [slow: {on: s, factor: 9, for: 1 s}], recover_within: 1 s")
    yield turned("case.recover_within", broken, "recover_within: 1 s", "recover_within: 2 s", "verdict")
    yield turned("case.recover_within", broken, "recover_within: 1 s", "recover_within: 5 s", "refused")
    outage = CONTRACT.replace("@", "faults: [slow: {on: s, factor: 9, at: 1 s, for: 1 s}], page_within: 1 s")
    outage += "operate: {slos: [r.p95 < 1 ms over 28 day]}\n"
    yield turned("case.page_within", outage, "page_within: 1 s", "page_within: 1 day", "verdict")
    yield turned("case.page_within", outage, "faults: [slow: {on: s, factor: 9, at: 1 s, for: 1 s}], ", "", "refused")
    yield turned("operate.slos", outage, "r.p95 < 1 ms over", "r.p95 < 9 s over", "verdict")
    yield turned("requirements.contract", CONTRACT, "r.p95 < 1 ms", "r.p95 < 1 s", "verdict")
    more = "decisions: {d: {choose: a, variant: v}}\nvariants: {v: {components.s.workers: 5}}\n"
    yield turned("decision.variant", CONTRACT + more, "variant: v}", "variant: w}", "refused")
    yield turned("decision.breaks", CONTRACT + more, "variant: v}", "variant: v, breaks: [r.p96]}", "refused")


def effect_rows() -> Iterator[Row]:
    text = CHAT.replace("@", "message.applied_twice == 0, deliver.duplicates == 0, deliver.out_of_order == 0")
    yield Row("append.once", "run", text, ", once: client_id", "")
    yield Row("append.sequence", "run", text, ", sequence: conversation", "")
    yield Row("push.dedupe", "run", text, ", dedupe: client_id", "")
    yield Row("claim.atomic", "run", SEATS, "entity: seat, ", "entity: seat, atomic: false, ")
    yield Row("claim.lease", "run", SEATS, "lease: 500 ms", "lease: 15 ms")
    late = SEATS.replace("500 ms", "15 ms")
    yield Row("claim.fencing", "run", late, "lease", "fencing: true, lease")
    bank = BANK.replace("@", "db")
    yield Row("transact.writes", "run", bank, "{entity: account, amount: -10}, ", "")
    yield Row("transact.amount", "run", bank, "amount: -10", "amount: -9")
    yield Row("update.condition", "run", COUNTER, ", if: unchanged", "")


FAULTY = design(
    "a: {kind: service, replicas: 4, workers: 8, work: exp(10 ms), zones: 2, regions: @}, "
    "b: {kind: cache, keys: 20, work: 1 ms, zones: 2, regions: @}, s: {kind: store, replicas: 2, zones: 2, regions: @},"
    "c: {kind: service, replicas: 4, workers: 0, work: exp(10 ms), zones: 2, regions: @}, "
    "x: {kind: external, work: exp(10 ms)}, l: {kind: log, partitions: 4, work: 1 ms, zones: 2, regions: @}, "
    "d: {kind: service, replicas: 3, workers: 8, work: exp(10 ms), zones: 2, regions: @}",
    "  r: {arrive: {rate: 200 /s, key: k, timeout: 300 ms}, steps: [{a.handle: {do: [c.handle, "
    "{b.get: {miss: [s.read]}}, x.call, l.publish]}}]}\n"
    "  w: {arrive: {rate: 30 /s, key: j}, steps: [{s.read: {key: j}}]}\n"
    "  f: {consume: {log: l, by: d}, steps: [d.handle]}\n"
    "  g: {consume: {log: l, by: a}, steps: [a.handle]}\n",
    "network: {cross_zone: 2 ms, cross_region: 3 ms}\ncases: {normal: {duration: 4 s, warmup: 1 s, faults: [!]}}\n",
).replace("entities: {k: {count: 50, popularity: zipf(0.9)}}", "entities: {k: {count: 50}, j: {count: 50}}")
STRUCK = design(
    "a: {kind: store, shards: 2, replicas: 3, write: async, replication_lag: 50 ms, work: 2 ms}, "
    "b: {kind: store, shards: 2, replicas: 3, write: async, replication_lag: 50 ms, work: 2 ms}, "
    "l: {kind: log, partitions: 4, work: 1 ms, from: a}, m: {kind: log, partitions: 4, work: 1 ms}, "
    "d: {kind: service, replicas: 3, workers: 8, work: exp(10 ms)}, "
    "g: {kind: gateway, replicas: 4, online: 500, work: 1 ms}, h: {kind: gateway, replicas: 4, online: 600}",
    "  w: {arrive: {rate: 100 /s, key: k}, steps: [{a.write: {entity: k}}, {b.write: {entity: j}}, m.publish]}\n"
    "  v: {arrive: {rate: 100 /s, key: k}, steps: [{a.write: {entity: k}}]}\n"
    "  r: {arrive: {rate: 100 /s, key: k}, steps: [{a.read: {entity: k}}, {b.read: {entity: j}}]}\n"
    "  f: {consume: {log: l, by: d, in_order: none}, steps: [d.handle]}\n"
    "  e: {consume: {log: m, by: d, in_order: none}, steps: [d.handle]}\n"
    "  n: {arrive: {rate: 10 /s}, steps: [g.connect]}\n  o: {arrive: {rate: 10 /s}, steps: [h.connect]}\n",
    "requirements: {contract: [k.lost == 0, j.lost == 0, k.stale_reads == 0, j.stale_reads == 0, f.duplicates == 0, "
    "f.out_of_order == 0]}\ncases: {normal: {duration: 4 s, warmup: 1 s, faults: [!]}}\n",
).replace("zipf(0.9)}", "zipf(0.9)}, j: {count: 5}")
WHEN = "at: 1 s, for: 1 s"
WHEN_TAKES = "at: 1 s, takes: 1 s"
OF_DATA: dict[str, tuple[str, dict[str, str]]] = {
    "failover": (f"on: a, share: 100 %, mode: forced, {WHEN_TAKES}", {
        "on: a": "on: b", "share: 100 %": "share: 50 %", "share: 100 % ": "count: 1 ", "mode: forced": "mode: planned",
        "takes: 1 s": "takes: 700 ms",
    }),
    "replica_lag": (f"on: a, share: 100 %, lag: 300 ms, {WHEN}", {
        "on: a": "on: b", "share: 100 %": "share: 50 %", "lag: 300 ms": "lag: 500 ms",
    }),
    "disk_full": (f"on: a, share: 50 %, {WHEN}", {
        "on: a": "on: b", "share: 50 %": "share: 100 %", "share: 50 % ": "count: 1 ",
    }),
    "duplicate_delivery": (f"on: l, share: 20 %, {WHEN}", {"on: l": "on: m", "share: 20 %": "share: 40 %"}),
    "reorder": (f"on: l, share: 20 %, delay: 100 ms, {WHEN}", {
        "on: l": "on: m", "share: 20 %": "share: 40 %", "delay: 100 ms": "delay: 200 ms",
    }),
    "clock_skew": (f"flow: w, skew: 500 ms, {WHEN}", {"flow: w": "flow: v", "skew: 500 ms": "skew: 3 s"}),
    "reconnect_storm": ("on: g, share: 50 %, within: 500 ms, at: 1 s", {
        "on: g": "on: h", "share: 50 %": "share: 100 %", "share: 50 % ": "count: 3 ", "within: 500 ms": "within: 2 s",
    }),
}  # fmt: skip
"""Faults of what is stored and delivered, with their fields, and what is changed in them."""
CHANGED = {
    "crash": ("on: a, share: 50 %, answer: refuse, detect: 300 ms, takeover: 500 ms", {
        "on: a": "on: c", "share: 50 %": "share: 25 %", "answer: refuse": "answer: silence", "300 ms": "900 ms",
        "takeover: 500 ms": "takeover: 700 ms", "share: 50 % ": "count: 3 ",
    }),
    "pause": ("on: a, share: 50 %, detect: 300 ms", {
        "on: a": "on: c", "share: 50 %": "share: 25 %", "300 ms": "900 ms", "share: 50 % ": "count: 3 ",
    }),
    "slow": ("on: a, share: 50 %, factor: 3", {
        "on: a": "on: c", "share: 50 %": "share: 25 %", "factor: 3": "factor: 4", "share: 50 % ": "count: 3 ",
    }),
    "error_burst": ("on: a, share: 50 %, errors: 30 %", {
        "on: a": "on: c", "share: 50 %": "share: 25 %", "errors: 30 %": "errors: 60 %", "share: 50 % ": "count: 3 ",
    }),
    "bad_deploy": ("on: a, share: 50 %, errors: 30 %, factor: 2", {
        "on: a": "on: c", "share: 50 %": "share: 25 %", "errors: 30 %": "errors: 60 %", "share: 50 % ": "count: 3 ",
        "factor: 2": "factor: 3",
    }),
    "flush": ("on: b, share: 100 %", {"on: b": "on: b2", "share: 100 %": "share: 50 %", "share: 100 % ": "count: 1 "}),
    "outage": ("zone: 1, region: 1, answer: silence, detect: 300 ms, takeover: 500 ms", {
        "zone: 1": "zone: 2", "region: 1": "region: 2", "answer: silence": "answer: refuse", "300 ms": "900 ms",
        "takeover: 500 ms": "takeover: 700 ms",
    }),
    "traffic_spike": ("flow: r, factor: 2", {"flow: r": "flow: w", "factor: 2": "factor: 3"}),
    "duplicate_requests": ("flow: r, share: 20 %", {"flow: r": "flow: w", "20 %": "30 %"}),
    "consumer_pause": ("flow: f", {"flow: f": "flow: g"}),
    "dependency_down": ("on: x, answer: silence", {"on: x": "on: x2", "silence": "refuse"}),
    "hot_key": ("entity: k, share: 40 %", {"entity: k": "entity: j", "share: 40 %": "share: 60 %"}),
    "partition": ("between: [a, c], direction: both, drops: false", {
        "[a, c]": "[a, b]", "both": "from", "drops: false": "drops: true", "between: [a, c]": "regions: [1, 2]",
    }),
    "added_latency": ("between: [a, c], direction: both, delay: 20 ms", {
        "[a, c]": "[a, b]", "both": "from", "20 ms": "30 ms", "between: [a, c]": "regions: [1, 2]",
    }),
    "packet_loss": ("between: [a, c], direction: both, share: 5 %, resend: 100 ms", {
        "[a, c]": "[a, b]", "both": "from", "5 %": "9 %", "100 ms": "150 ms", "between: [a, c]": "regions: [1, 2]",
    }),
}  # fmt: skip
"""Each fault with its fields, and what is changed in them."""


def fault_rows() -> Iterator[Row]:
    """Every fault, every field."""
    yield turned("case.faults", FAULTY.replace("@", "1"), "!", f"crash: {{on: a, {WHEN}}}")
    for name, (given, changes) in CHANGED.items():
        more = {"flush": "b2: {kind: cache, keys: 20}, ", "dependency_down": "x2: {kind: external}, "}.get(name, "")
        base = FAULTY.replace("@", "2").replace("components: {", f"components: {{{more}")
        if more:
            base = base.replace("x.call, ", f"x.call, {'x2.call' if 'x2' in more else 'b2.get'}, ")
        if name == "flush":
            base = base.replace("b: {kind: cache, keys", "b: {kind: cache, replicas: 2, keys")
        when = "at: 1 s" if name == "flush" else WHEN
        base = base.replace("!", f"{name}: {{{given}, {when}}}")
        for old, new in changes.items():
            field = {"both": "direction", "silence": "answer", "300 ms": "detect", "100 ms": "resend"}.get(old, "")
            field = field or {"[a, c]": "between", "20 ms": "delay", "20 %": "share", "5 %": "share"}.get(old, "")
            field = field or (new if new.startswith(("count", "regions")) else old).split(":")[0]
            yield turned(f"{name}.{field}", base, old.strip(), new.strip())
        yield turned(f"{name}.at", base, "at: 1 s", "at: 1.5 s")
        if name != "flush":
            yield turned(f"{name}.lasting", base, "for: 1 s", "for: 2 s")
    for name, (given, changes) in OF_DATA.items():
        base = STRUCK.replace("!", f"{name}: {{{given}}}")
        for old, new in changes.items():
            yield turned(f"{name}.{new.split(':')[0]}", base, old.strip(), new.strip())
        yield turned(f"{name}.at", base, "at: 1 s", "at: 1.5 s")
        if "for:" in given:
            yield turned(f"{name}.lasting", base, "for: 1 s", "for: 2 s")
    for name in ("partition", "added_latency", "packet_loss"):
        base = FAULTY.replace("@", "1").replace("!", f"{name}: {{{CHANGED[name][0]}, {WHEN}}}")
        yield turned(f"{name}.zones", base, "between: [a, c]", "zones: [1, 2]")


ROWS = [
    row
    for rows in (fault_rows, component_rows, kind_rows, policy_rows, flow_rows, case_rows, effect_rows)
    for row in rows()
]


def named(row: Row) -> str:
    return f"{row.field}-{row.where}"


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_a_changed_field_changes_an_outcome(row: Row) -> None:
    before = outcome(clean(row.base), "run" if row.where == "refused" else row.where)
    if row.where == "refused":
        with pytest.raises(BlueprintError):
            loads(clean(row.changed))
        return
    assert outcome(clean(row.changed), row.where) != before


def clean(text: str) -> str:
    """The text without the marks where a field may be put."""
    for mark in ("@", "!"):
        text = text.replace(f", {mark}", "").replace(mark, "")
    return text


@cache
def outcome(text: str, where: Where) -> str:
    b = loads(text)
    if where == "verdict":
        verdict = api.check(b, seeds=1, threads=1)
        return json.dumps([vars(o) for c in verdict.cases for o in c.guarantees])
    if where == "estimate":
        shape = estimate(b).to_json()
        return json.dumps([shape["components"], shape["flows"], shape["cost"]])
    result = api.run(b, duration=SECONDS, warmup=1.0)
    assert result.partial is None
    return json.dumps({n: m.value for n, m in result.metrics.items() if n != "cost"})


# --- nothing is left out ---------------------------------------------------------------------------------------------
PROSE = {
    "component.why",
    *(f"decision.{f}" for f in Decision.model_fields if f != "variant"),
    *(f"requirements.{f}" for f in Requirements.model_fields if f != "contract"),
    *(f"endpoint.{f}" for f in Endpoint.model_fields),
    *(f"operate.{f}" for f in Operate.model_fields if f != "slos"),
}
"""Text for people: what it says is not computed with."""


def fields() -> set[str]:
    found = {f"component.{f}" for f in Component.model_fields}
    for kind, cls in kinds().items():
        own = cls.__annotations__.keys() & cls.model_fields.keys()
        for base in cls.__mro__[1:]:
            if base is not Component and issubclass(base, Component) and base is not cls:
                own = own | (base.__annotations__.keys() & cls.model_fields.keys())
            if base is Component:
                break
        found |= {f"{kind}.{f}" for f in own - {"kind"}}
        for verb, options in cls.verbs.items():
            found |= {f"{verb}.{f}" for f in options.model_fields.keys() - Options.model_fields.keys()}
    sections: dict[str, type[BaseModel]] = {
        "options": Options, "retry": Retry, "hedge": Hedge, "breaker": Breaker, "throttle": Throttle,
        "arrive": Arrive, "consume": Consume,
        "network": Network, "entity": Entity, "case": Case, "requirements": Requirements, "decision": Decision,
        "endpoint": Endpoint, "operate": Operate, "skip": Skip, "shed": Shed, "autoscale": Autoscale,
    }  # fmt: skip
    sections |= faults()
    for name, model in sections.items():
        found |= {f"{name}.{f}" for f in model.model_fields}
    return found


SHARED = {
    *(f"{verb}.{option}" for verb in ("write", "update", "claim", "transact") for option in ("once", "sequence")),
    *(f"{verb}.amount" for verb in ("write", "append", "update", "claim")),
    *(f"{verb}.permission" for verb in ("append", "update", "claim", "transact")),
    "write.entity",
    "append.entity",
    "update.entity",
    "claim.entity",
    "transact.entity",
    "broadcast.entity",
    "put.entity",
}
"""Verbs that share their options with one that has a row."""


def test_every_field_has_a_row() -> None:
    assert fields() - {row.field for row in ROWS} - PROSE - SHARED - {"arrive.trace"} == set()


def test_a_trace_is_replayed(tmp_path: Path) -> None:
    b = loads(one("kind: service, work: exp(10 ms)", "c.handle: {}", "trace: times.txt"))
    counts = []
    for times in ("1.5\n2\n2.5\n", "1.5\n2\n2.5\n3\n"):
        (tmp_path / "times.txt").write_text(times)
        counts.append(api.run(b, duration=SECONDS, warmup=1.0, trace_folder=tmp_path).metrics["r.rate"].value * SECONDS)
    assert counts == [3.0, 4.0]


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        (EXTERNAL, "c.utilisation"),
        (EXTERNAL, "c.rejected"),
        (EXTERNAL, "c.rejected.first"),
        (BUSY, "c.in_service.sd"),
        (BUSY, "c.in_service.p99"),
        (CACHE.replace("keys: 20", "hit_ratio: 90 %"), "c.stored_keys"),
        (GATEWAY.replace("online: 300, ", ""), "c.connections"),
        (QUEUE, "dead.lag"),
        (BUSY, "c.replicas"),
        (BUSY, "r.skipped"),
    ],
)
def test_a_promise_about_what_is_never_measured_is_refused(text: str, metric: str) -> None:
    promised = clean(text).replace("components:", f"requirements: {{contract: [{metric} < 5]}}\ncomponents:", 1)
    unit = {"c.rejected": "/s", "c.rejected.first": "s"}.get(metric, "")
    promised = promised.replace("< 5", f"< 5 {unit}".rstrip())
    with pytest.raises(BlueprintError, match="never measured"):
        loads(promised)


@pytest.mark.parametrize("profile", profiles().values(), ids=lambda p: p.name)
def test_every_number_of_a_profile_is_a_field_that_its_kind_reads(profile: Profile) -> None:
    assert profile.defaults.keys() <= kinds()[profile.kind].model_fields.keys()
    base = "loadcase: 1\nname: t\nentities: {k: {count: 50}}\ncomponents: {c: {kind: %s, like: %s%s}}\nflows: {}\n"
    more = {"limiter": ", rate: 1 /s"}.get(profile.kind, "")
    assert loads(base % (profile.kind, profile.name, more)).components["c"].like == profile.name


def test_every_metric_is_produced_by_some_run() -> None:
    made: set[str] = set()
    for text in (
        BUSY,
        CACHE,
        LIMITER,
        GATEWAY,
        QUEUE,
        FAILING_CLIENT.replace("@", "retry: {max: 1}"),
        one("kind: service, work: exp(10 ms)", "c.handle: {}", "rate: 20 /s"),
        one(
            "kind: service, work: exp(10 ms), autoscale: {max: 2, target: 60 %, delay: 1 s}",
            "c.handle: {skip: c.queue > 5}",
            "rate: 20 /s",
        ),
    ):
        made |= {n.split(".", 1)[-1] for n in api.run(loads(clean(text)), duration=SECONDS, warmup=1.0).metrics}
    assert {m.name for m in METRICS} <= made
