"""Whether a design has a pattern: where, or why it does not need it yet. The reasons for each are in `knowledge.yaml`.

Each function gives Has, Later or Lacks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from loadcase.advice.facts import HELD, Facts, changes, heard, logs, looks_up
from loadcase.blueprint.steps import Choose, FanOut, Parallel, walk
from loadcase.core.errors import Path
from loadcase.core.values import show
from loadcase.faults.hot_key import HotKey
from loadcase.faults.traffic_spike import TrafficSpike
from loadcase.kinds.cache import Cache
from loadcase.kinds.queue import Queue
from loadcase.kinds.store import ClaimOptions, TransactOptions, UpdateOptions
from loadcase.review.design import Site
from loadcase.review.rules.control_behind_data import ControlBehindData
from loadcase.review.rules.guessable_id import GuessableId

BUSY = 0.5
"""How busy the store is from which reads are worth a cache (as for the rule uncached-read-heavy)."""
ADDING = ("append", "update", "transact", "claim")
"""Writes whose second effect differs from the first; a `write` of the same state twice is one."""


@dataclass(frozen=True)
class Has:
    """The design has it, there. `said` is in words only: the format does not express it."""

    path: Path
    said: bool = False


@dataclass(frozen=True)
class Later:
    """The design does not need it yet."""

    why: str


@dataclass(frozen=True)
class Lacks:
    """The design lacks it, and what of it."""

    what: str = ""


Answer = Has | Later | Lacks


def _at(path: Path | None) -> Answer:
    return Lacks() if path is None else Has(path)


def _in_words(facts: Facts, *terms: str) -> Answer:
    path = facts.writes_of(terms)
    return Lacks() if path is None else Has(path, said=True)


# --- reads --------------------------------------------------------------------------------------------------------
def cache(facts: Facts) -> Answer:
    """A cache or an edge answers reads of clients."""
    found = [s for s in facts.lookups() if s.call.nested.get("miss")]
    if found:
        return Has(("components", found[0].call.component))
    if isinstance(found_view := view(facts), Has):
        return found_view
    busy = {name: facts.design.lines[name].bottleneck or 0.0 for name in facts.stores}
    if busy and facts.reads > 0 and max(busy.values()) < BUSY:
        name = max(busy, key=lambda n: busy[n])
        now, then = show(busy[name], "ratio"), show(BUSY, "ratio")
        return Later(f"{name} bears its reads at {now} busy; add one when that passes {then}")
    return Lacks()


def single_flight(facts: Facts) -> Answer:
    """One caller fetches a missing key."""
    found = list(dict.fromkeys(s.call.component for s in facts.lookups()))
    if not found:
        return Later("there is no cache whose misses could come all at once")
    alone = [name for name in found if not getattr(facts.b.components[name], "coalesce", True)]
    return Lacks(f"{alone[0]} does not coalesce") if alone else Has(("components", found[0], "coalesce"))


def view(facts: Facts) -> Answer:
    """A consumer keeps what clients read ready for them."""
    made = {s.call.component for s in facts.sites if s.flow.consume is not None and (s.writes or s.call.verb == "put")}
    read = [
        s
        for s in facts.sites
        if s.flow.arrive is not None
        and s.call.component in made
        and (looks_up(s) or s.call.verb in ("read", "query", "fetch"))
    ]
    return Has(("components", read[0].call.component)) if read else Lacks()


# --- one to many --------------------------------------------------------------------------------------------------
def async_fan_out(facts: Facts) -> Answer:
    """A log, a queue or a topic stands between the event and those who get it."""
    for flow in facts.consumers:
        for site in facts.design.of(flow.name):
            if site.pushes or site.writes or site.component.kind in ("external", *HELD):
                assert flow.consume is not None
                return Has(("components", flow.consume.source))
    return Lacks()


def sampling(facts: Facts) -> Answer:
    """Not everything is passed on, or it is passed on in batches."""
    for name, component in facts.b.components.items():
        if getattr(component, "sample", 1.0) < 1.0:
            return Has(("components", name, "sample"))
    return _in_words(facts, "sampl*", "batch*", "aggregat*", "drop rate")


def backpressure(facts: Facts) -> Answer:
    """What waits is bounded, or watched."""
    sources = list(dict.fromkeys(f.consume.source for f in facts.consumers if f.consume is not None))
    if not sources:
        return Later("nothing is consumed")
    places: list[Path] = []
    for name in sources:
        promise = next((g.path for g in facts.b.contract if g.metric in (f"{name}.lag", f"{name}.lag.peak")), None)
        bounded = isinstance(component := facts.b.components[name], Queue) and component.bound is not None
        place = ("components", name, "bound") if bounded else promise
        if place is None:
            return Lacks(f"nothing bounds or watches what waits in {name}")
        places.append(place)
    return Has(places[0])


def hybrid_fan_out(facts: Facts) -> Answer:
    """What has too many followers is merged when it is read."""
    for flow in facts.consumers:
        for step in walk(flow.steps):
            if isinstance(step, Choose) and any(isinstance(inner, FanOut) for inner in walk((step,))):
                return Has(step.path)
    return _in_words(facts, "hybrid", "merge* at read", "merged when * read", "fan-out on read", "pull path")


# --- keys ---------------------------------------------------------------------------------------------------------
def partition_key(facts: Facts) -> Answer:
    """What is split is split by a key that is named."""
    split = [n for n, c in facts.b.components.items() if max(getattr(c, "shards", 1), getattr(c, "partitions", 1)) > 1]
    if not split:
        return Later("nothing is split into shards or partitions")
    named = next((n for n, entity in facts.b.entities.items() if entity.key is not None), None)
    return _at(None if named is None else ("entities", named, "key"))


def hot_key_plan(facts: Facts) -> Answer:
    """The popular key is answered from a cache, sampled or split."""
    for site in facts.lookups():
        cached = site.component
        if isinstance(cached, Cache) and cached.coalesce and cached.hit_ratio is None:
            return Has(("components", site.call.component))
    others = (sampling(facts), hybrid_fan_out(facts), _in_words(facts, "split the key", "sub-shard*", "salt*"))
    return next((answer for answer in others if isinstance(answer, Has)), Lacks())


def hot_key_case(facts: Facts) -> Answer:
    """A case tries it."""
    for name, case in facts.b.cases.items():
        if any(isinstance(fault, HotKey) for fault in case.faults):
            return Has(("cases", name))
    return Lacks()


# --- order --------------------------------------------------------------------------------------------------------
def sequence(facts: Facts) -> Answer:
    """The store numbers the writes of a key."""
    return _at(facts.first(lambda s: getattr(s.call.options, "sequence", None)))


def ordered_consumer(facts: Facts) -> Answer:
    """Consumers take the messages of a key one after the other."""
    if not facts.consumers:
        return Later("nothing is consumed: what is read back by its sequence is in order")
    for flow in facts.consumers:
        consume = flow.consume
        assert consume is not None
        by_default = consume.log is not None and consume.in_order is None
        if by_default or consume.in_order not in (None, "none"):
            return Has(("flows", flow.name, "consume"))
    return Lacks()


def catch_up(facts: Facts) -> Answer:
    """Who was away asks for what it missed."""
    return _at(next((("api", name) for name, e in facts.b.api.items() if e.kind == "catch_up"), None))


# --- durability ---------------------------------------------------------------------------------------------------
def replicated_write(facts: Facts) -> Answer:
    """A write is in several copies before it is acknowledged."""
    for name, store in facts.stores.items():
        safe = store.replicas > 1 and store.write in ("quorum", "all")
        if safe or facts.design.managed(name):
            return Has(("components", name))
    return Lacks()


def replay_log(facts: Facts) -> Answer:
    """What happens after the answer is read from a log that can be read again."""
    for name, _ in logs(facts):
        return Has(("components", name))
    told = [e for e in facts.b.api.values() if e.kind in ("realtime", "catch_up")]
    after = any(s.pushes or s.publishes or (not s.waited and changes(s)) for s in facts.sites)
    if facts.writing and not (facts.consumers or told or after):
        return Later("nothing happens after the answer: copies of the store are enough")
    return Lacks()


def outbox(facts: Facts) -> Answer:
    """The log is fed by what the store has committed."""
    for name, log in logs(facts):
        if log.source is not None:
            return Has(("components", name, "from"))
    both = [
        f for f in facts.b.flows.values() if {"w", "p"} <= {m for s in facts.design.of(f.name) for m in _effects(s)}
    ]
    return Lacks(f"{both[0].name} does both") if both else Later("no flow writes to a store and publishes too")


def _effects(site: Site) -> str:
    return ("w" if site.writes else "") + ("p" if site.publishes else "")


def idempotent_write(facts: Facts) -> Answer:
    """A write that comes again has no second effect."""
    added = [s for s in facts.sites if s.flow.arrive is not None and s.writes and s.call.verb in ADDING]
    if not added:
        written = facts.first(lambda s: s.writes and s.flow.arrive is not None)
        return Later("its writes set a state: the same one twice is one") if written else Lacks()
    return _all(added, _guarded, "may happen twice")


def _all(sites: list[Site], good: Callable[[Site], object], what: str) -> Answer:
    bad = next((s for s in sites if not good(s)), None)
    return (
        Has(sites[0].call.path)
        if bad is None
        else Lacks(f"{bad.call.component}.{bad.call.verb} of {bad.flow.name} {what}")
    )


def _guarded(site: Site) -> bool:
    options = site.call.options
    return bool(
        getattr(options, "once", None) or getattr(options, "condition", None) or isinstance(options, ClaimOptions)
    )


def dedupe(facts: Facts) -> Answer:
    """A message that is delivered again has no second effect."""
    if not facts.consumers:
        return Later("nothing is consumed")
    effects = [
        s for s in facts.sites if s.flow.consume is not None and (s.pushes or (s.writes and s.call.verb in ADDING))
    ]
    if not effects:
        return Later("what consumers do sets a state: the same one twice is one")
    return _all(effects, lambda s: getattr(s.call.options, "dedupe", None) or _guarded(s), "may happen twice")


# --- control ------------------------------------------------------------------------------------------------------
def control_lane(facts: Facts) -> Answer:
    """Control calls never wait behind data."""
    if not facts.control:
        named = [name for name, endpoint in facts.b.api.items() if endpoint.kind == "control"]
        return Lacks(f"no flow shows what {named[0]} does" if named else "there is no control call")
    if found := next(iter(ControlBehindData().look(facts.design)), None):
        return Lacks(found.message)
    used = [s.call.component for flow in facts.control for s in facts.design.of(flow.name)]
    shared = {s.call.component for flow in facts.data for s in facts.design.of(flow.name)}
    own = [name for name in used if name not in shared]
    return Has(("components", own[0]) if own else ("flows", facts.control[0].name))


def control_budget(facts: Facts) -> Answer:
    """The contract bounds how long a control call takes."""
    for flow in facts.control:
        if found := facts.design.latency_promises(flow.name):
            return Has(found[0].path)
    return Lacks()


def audit_trail(facts: Facts) -> Answer:
    """Who did what is kept."""
    return _in_words(facts, "audit*", "trail", "decision log*")


# --- small --------------------------------------------------------------------------------------------------------
def one_primary(facts: Facts) -> Answer:
    """One node of each store leads."""
    sharded = [name for name, store in facts.stores.items() if store.shards > 1 and not facts.design.managed(name)]
    if sharded or not facts.stores:
        return Lacks(f"{sharded[0]} has {facts.stores[sharded[0]].shards} shards" if sharded else "there is no store")
    return Has(("components", next(iter(facts.stores))))


def standby(facts: Facts) -> Answer:
    """There is another copy, or a way back."""
    for name, store in facts.stores.items():
        if store.replicas > 1:
            return Has(("components", name, "replicas"))
    return _in_words(facts, "backup*", "restore*", "standby")


# --- delivery -----------------------------------------------------------------------------------------------------
def push_gateway(facts: Facts) -> Answer:
    """Connections are a tier of their own."""
    return _at(next((("components", s.call.component) for s in facts.sites if s.component.kind == "gateway"), None))


def worker_queue(facts: Facts) -> Answer:
    """Work is done after the answer, at its own pace."""
    for flow in facts.consumers:
        assert flow.consume is not None
        if flow.consume.queue is not None or flow.consume.log is not None:
            return Has(("components", flow.consume.source))
    return Lacks()


def preference_filter(facts: Facts) -> Answer:
    """Who opted out is asked for before anything is sent."""
    return _in_words(facts, "prefer*", "opt-out*", "opt out*", "opted out", "unsubscrib*", "quiet hours", "mute*")


def provider_guard(facts: Facts) -> Answer:
    """A provider's bad day stays its own."""
    called = [s for s in facts.sites if s.component.kind in ("external", "model")]
    if not called:
        return Later("no provider is called")
    return _all(called, _guarded_provider, "is waited for without a breaker or a fallback")


def _guarded_provider(site: Site) -> bool:
    around = (site.call, *site.callers)
    guarded = any(c.options.breaker or c.options.throttle or c.options.fallback is not None or c.skip for c in around)
    return guarded or not site.waited or site.flow.consume is not None


def dead_letters(facts: Facts) -> Answer:
    """What keeps failing is set aside and kept."""
    queues = [n for n, c in facts.b.components.items() if isinstance(c, Queue)]
    kept = [n for n in queues if getattr(facts.b.components[n], "dead_letters", None)]
    if kept:
        return Has(("components", kept[0], "dead_letters"))
    return Lacks(f"{queues[0]} drops them") if queues else Later("there is no queue")


# --- money, claims, versions --------------------------------------------------------------------------------------
def ledger(facts: Facts) -> Answer:
    """Entries are added and never changed, and sum to zero."""
    for site in facts.sites:
        options = site.call.options
        parts = options.writes or [] if isinstance(options, TransactOptions) else []
        if any(part.amount is not None for part in parts):
            return Has(site.call.path)
        entity = getattr(options, "entity", None) or ""
        if site.writes and site.call.verb == "append" and heard(entity, ("ledger*", "*entry", "*entries", "journal*")):
            return Has(site.call.path)
    return Lacks()


def versioned_state(facts: Facts) -> Answer:
    """A change is refused when the state is not the one that was read."""
    for site in facts.sites:
        if isinstance(site.call.options, UpdateOptions) and site.call.options.condition is not None:
            return Has((*site.call.path, "if"))
    return Lacks()


def reconciliation(facts: Facts) -> Answer:
    """Its records are compared with the other side's."""
    return _in_words(facts, "reconcil*")


def atomic_claim(facts: Facts) -> Answer:
    """One step looks whether a thing is free and takes it."""
    claims = [s for s in facts.sites if isinstance(s.call.options, ClaimOptions)]
    return (
        _all(claims, lambda s: getattr(s.call.options, "atomic", False), "looks first and takes later")
        if claims
        else Lacks()
    )


def fenced_lease(facts: Facts) -> Answer:
    """A claim ends by itself, and what its holder writes afterwards is refused."""
    for site in facts.sites:
        options = site.call.options
        if isinstance(options, ClaimOptions) and options.lease is not None and (options.fencing or options.do is None):
            return Has((*site.call.path, "lease"))
    return Lacks()


def opaque_id(facts: Facts) -> Answer:
    """Ids that clients see cannot be counted up."""
    typed = next((n for n, entity in facts.b.entities.items() if entity.fields and entity.key is not None), None)
    if typed is None or any(GuessableId().look(facts.design)):
        return Lacks()
    key = facts.b.entities[typed].key
    first = key if isinstance(key, str) else (key or [""])[0]
    counts = heard(facts.b.entities[typed].fields.get(first, ""), ("int", "serial", "bigint", "counter"))
    return Lacks(f"{typed}.{first} counts up") if counts else Has(("entities", typed, "key"))


# --- bytes, indexes, models ---------------------------------------------------------------------------------------
def blob_store(facts: Facts) -> Answer:
    """Bytes lie in an object store."""
    return _at(next((("components", n) for n, c in facts.b.components.items() if c.kind == "object_store"), None))


def edge(facts: Facts) -> Answer:
    """Bytes are served near to those who want them."""
    return _at(next((("components", n) for n, c in facts.b.components.items() if c.kind == "cdn"), None))


def scatter_deadline(facts: Facts) -> Answer:
    """The slowest shard does not decide."""
    for site in facts.sites:
        if site.component.kind == "search_index" and (site.call.options.timeout or site.call.options.hedge):
            return Has(site.call.path)
    for flow in facts.data:
        for step in walk(flow.steps):
            if isinstance(step, FanOut | Parallel) and step.need < (
                step.n if isinstance(step, FanOut) else len(step.branches)
            ):
                return Has(step.path)
    return Lacks()


def client_limit(facts: Facts) -> Answer:
    """What one client may ask for is limited."""
    for name, component in facts.b.components.items():
        if component.kind == "limiter" and any(s.call.component == name for s in facts.sites):
            return Has(("components", name))
    return Lacks()


def limiter_fallback(facts: Facts) -> Answer:
    """It is decided what happens when the limiter does not answer."""
    path = facts.first(lambda s: s.component.kind == "limiter" and s.call.options.fallback is not None)
    return Has(path) if path else _in_words(facts, "fail open", "fails open", "fail closed", "fails closed")


def tenant_key(facts: Facts) -> Answer:
    """The tenant is the first part of the key."""
    for name, entity in facts.b.entities.items():
        first = entity.key if isinstance(entity.key, str) else (entity.key or [""])[0]
        if heard(first, ("tenant*", "workspace*", "org", "org id", "organisation*", "organization*", "account*")):
            return Has(("entities", name, "key"))
    return Lacks()


def bounded_staleness(facts: Facts) -> Answer:
    """The contract says how old an answer may be."""
    stale = (".stale_reads", ".allowed_after_revoke", ".missed_own_writes", ".nonlinearizable")
    for line in facts.b.contract:
        if ".staleness." in line.metric or ".age." in line.metric or line.metric.endswith(stale):
            return Has(line.path)
    return Lacks()


def same_output(facts: Facts) -> Answer:
    """The same input gives the same output, whatever the schedule."""
    return _at(next((g.path for g in facts.b.contract if g.metric.endswith(".diverged")), None))


def spike_case(facts: Facts) -> Answer:
    """A case sends far more than the peak."""
    for name, case in facts.b.cases.items():
        if case.load > facts.design.peak or any(isinstance(fault, TrafficSpike) for fault in case.faults):
            return Has(("cases", name))
    return Lacks()


PATTERNS: dict[str, Callable[[Facts], Answer]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        cache, single_flight, view, async_fan_out, sampling, backpressure, hybrid_fan_out, partition_key, hot_key_plan,
        hot_key_case, sequence, ordered_consumer, catch_up, replicated_write, replay_log, outbox, idempotent_write,
        dedupe,
        control_lane, control_budget, audit_trail, one_primary, standby, push_gateway, worker_queue, preference_filter,
        provider_guard, dead_letters, ledger, versioned_state, reconciliation, atomic_claim, fenced_lease, opaque_id,
        blob_store, edge, scatter_deadline, client_limit, limiter_fallback, tenant_key, bounded_staleness, same_output,
        spike_case,
    )
}  # fmt: skip
"""By the name of the pattern."""
