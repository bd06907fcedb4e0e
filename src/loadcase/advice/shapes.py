"""What in a design says which shape it has; the words of the task that say it too are in `knowledge.yaml`.

Each function gives the evidence that the structure and the figures hold, the strongest first; none where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loadcase.advice.facts import ROOM, ROOMY_BYTES, Facts, Said
from loadcase.blueprint.steps import FanOut, walk
from loadcase.core.values import digits, show
from loadcase.faults.hot_key import HotKey
from loadcase.kinds.store import ClaimOptions, TransactOptions

MANY_READS = 10
"""Reads for each write from which a design is read-heavy (published interview guides; the number is ours)."""
WIDE = 100
"""Places that one event goes to, from which it is a fan-out (as for the rule synchronous-fan-out)."""
HOT_SHARE = 0.05
"""Share of the requests of one key from which it dominates."""
MESSAGING = ("push_provider", "sms_provider", "email_provider")


# --- questions of the decision procedure --------------------------------------------------------------------------
def read_heavy(facts: Facts) -> Iterator[Said]:
    """Reads outnumber writes."""
    if facts.reads <= 0 or facts.reads < MANY_READS * facts.writes:
        return
    flow = max(facts.reading, key=facts.rate)
    against = (
        f"against {show(facts.writes, '1/s')} writes: {facts.figures['ratio']} to 1"
        if facts.writes
        else "and no writes"
    )
    yield Said(f"{show(facts.reads, '1/s')} reads at the peak {against}", ("flows", flow.name))


def fan_out(facts: Facts) -> Iterator[Said]:
    """One event reaches many."""
    if facts.widest is not None and facts.widest[1] >= WIDE:
        flow, n, path = facts.widest
        yield Said(f"{flow.name} makes {digits(n)} of one event, {show(n * facts.rate(flow), '1/s')} at the peak", path)
    for site in facts.sites:
        if site.call.verb == "broadcast" and site.flow not in facts.control and site.component.kind == "gateway":
            text = f"{site.flow.name} sends to everybody who is connected"
            yield Said(text + (f", {facts.figures['online']} clients" if facts.online else ""), site.call.path)
            return


def hot_key(facts: Facts) -> Iterator[Said]:
    """One key may dominate."""
    hot = facts.hottest
    if hot is not None and hot.share >= HOT_SHARE:
        yield Said(
            f"one {hot.entity} draws {show(hot.share, 'ratio')} of its requests, {show(hot.rate, '1/s')}", hot.path
        )
    for name, case in facts.b.cases.items():
        for i, fault in enumerate(case.faults):
            if isinstance(fault, HotKey):
                text = f"case {name} sends {show(fault.share, 'ratio')} of all requests to one {fault.entity}"
                yield Said(text, ("cases", name, "faults", i))
                return


def order(facts: Facts) -> Iterator[Said]:
    """Somebody sees an order."""
    for line in facts.b.contract:
        if line.metric.endswith(".out_of_order"):
            yield Said(f"the contract promises {line.text}", line.path)
            return
    for name, entity in facts.b.entities.items():
        if entity.order_by is not None:
            yield Said(f"{name} is ordered by {entity.order_by}", ("entities", name, "order_by"))
            return
    if path := facts.first(lambda s: getattr(s.call.options, "sequence", None)):
        yield Said("its writes are numbered", path)


def durable(facts: Facts) -> Iterator[Said]:
    """Nothing may be lost."""
    for line in facts.b.contract:
        if line.metric.endswith((".lost", ".undelivered")) and facts.design.nothing_of(line.metric) is line:
            yield Said(f"the contract promises {line.text}", line.path)


def control(facts: Facts) -> Iterator[Said]:
    """Somebody has to be able to intervene."""
    for name, endpoint in facts.b.api.items():
        if endpoint.kind == "control":
            yield Said(f"{name} is a control call" + (f" ({endpoint.does})" if endpoint.does else ""), ("api", name))
            return


def small(facts: Facts) -> Iterator[Said]:
    """One node of each store is enough."""
    own = [name for name in facts.stores if not facts.design.managed(name)]
    alone = {name: facts.alone(name) for name in own}
    if not own or any(one is None or one[0] > ROOM or one[1] > ROOMY_BYTES for one in alone.values()):
        return
    name, (used, kept) = max(((n, one) for n, one in alone.items() if one is not None), key=lambda found: found[1])
    text = f"one node of {name} would be {show(used, 'ratio')} busy at the peak and keep {show(kept, 'B')}"
    yield Said(text, ("components", name))


# --- dominant shapes ----------------------------------------------------------------------------------------------
def feed(facts: Facts) -> Iterator[Said]:
    """What one writes is put into the inboxes of many."""
    for flow in facts.consumers:
        for step in walk(flow.steps):
            if isinstance(step, FanOut) and any(
                s.writes for s in facts.design.of(flow.name) if step.path == s.call.path[: len(step.path)]
            ):
                yield Said(f"{flow.name} writes one event to {digits(step.n)} places", step.path)
                return


def chat(facts: Facts) -> Iterator[Said]:
    """What is kept in order is pushed to people."""
    kept = {getattr(c.options, "entity", None) for s in facts.sites for c in s.written} - {None}
    for site in facts.sites:
        entity = getattr(site.call.options, "entity", None)
        ordered = entity in facts.b.entities and facts.b.entities[entity].order_by is not None
        if site.pushes and entity in kept and (ordered or facts.design.promise(f"{site.flow.name}.out_of_order")):
            text = f"{site.flow.name} pushes each {entity} in order to people"
            yield Said(
                text + (f", {facts.figures['online']} of them connected" if facts.online else ""), site.call.path
            )
            return


def live(facts: Facts) -> Iterator[Said]:
    """What one says is broadcast to an audience."""
    for flow in facts.consumers:
        for site in facts.design.of(flow.name):
            if site.pushes and site.call.verb == "broadcast":
                yield Said(f"{flow.name} broadcasts what it consumes", site.call.path)
                return


def notifications(facts: Facts) -> Iterator[Said]:
    """Messages leave through providers."""
    for site in facts.sites:
        if site.component.kind == "external" and site.component.like in MESSAGING:
            yield Said(f"{site.flow.name} hands messages to {site.call.component}", site.call.path)
            return


def payments(facts: Facts) -> Iterator[Said]:
    """Amounts move."""
    for site in facts.sites:
        options = site.call.options
        parts = options.writes or [] if isinstance(options, TransactOptions) else []
        if getattr(options, "amount", None) is not None or any(part.amount is not None for part in parts):
            yield Said(f"{site.flow.name} writes amounts", site.call.path)
            return
        if site.component.kind == "external" and site.component.like == "payment_provider":
            yield Said(f"{site.flow.name} moves money at {site.call.component}", site.call.path)
            return


def lookup(facts: Facts) -> Iterator[Said]:
    """One thing is read by its key, far more often than it is written."""
    if facts.reads <= 0 or facts.reads < MANY_READS * facts.writes or any(s.pushes for s in facts.sites):
        return
    for flow in facts.reading:
        read = {e for s in facts.design.of(flow.name) if (e := getattr(s.call.options, "entity", None)) is not None}
        named = [facts.b.entities[e] for e in read]
        if len(named) == 1 and named[0].order_by is None and _one_part(named[0].key):
            yield Said(
                f"{flow.name} reads one {next(iter(read))} by its key, {show(facts.rate(flow), '1/s')} at the peak",
                ("flows", flow.name),
            )
            return


def limiter(facts: Facts) -> Iterator[Said]:
    """Every request takes a permit, and nothing is kept."""
    taken = [s for s in facts.sites if s.component.kind == "limiter" and s.flow.arrive is not None]
    if taken and not facts.stores and {s.flow.name for s in taken} >= {flow.name for flow in facts.data}:
        yield Said(f"every request takes a permit of {taken[0].call.component}", taken[0].call.path)


def search(facts: Facts) -> Iterator[Said]:
    """An index is asked."""
    if path := facts.first(lambda s: s.component.kind == "search_index" and s.call.verb == "query"):
        yield Said("an index is queried", path)


def dispatch(facts: Facts) -> Iterator[Said]:
    """One thing is promised to one."""
    for site in facts.sites:
        if isinstance(site.call.options, ClaimOptions):
            yield Said(f"{site.flow.name} claims a {site.call.options.entity or 'key'} for one of many", site.call.path)
            return


def media(facts: Facts) -> Iterator[Said]:
    """The bytes are the load."""
    for site in facts.sites:
        if site.component.kind == "object_store":
            yield Said(f"{site.flow.name} moves objects", site.call.path)
            return


def sync(facts: Facts) -> Iterator[Said]:
    """Several people change the same thing and watch each other do it."""
    edited = facts.first(lambda s: getattr(s.call.options, "condition", None) is not None)
    if edited is not None and any(s.pushes for s in facts.sites):
        yield Said("what people change from what they read is pushed to the others", edited)


def generation(facts: Facts) -> Iterator[Said]:
    """A language model answers."""
    for site in facts.sites:
        if site.component.kind == "model":
            rate = show(facts.design.rate(site), "1/s")
            yield Said(f"{site.flow.name} generates with {site.call.component}, {rate} at the peak", site.call.path)
            return


def tenants(facts: Facts) -> Iterator[Said]:
    """Customers share what their data lies in."""
    for name, entity in facts.b.entities.items():
        if any(field.lower().startswith("tenant") for field in entity.fields):
            yield Said(f"each {name} belongs to a tenant", ("entities", name))
            return


def pipeline(facts: Facts) -> Iterator[Said]:
    """Stages that hand on to each other."""
    sources = {flow.consume.source for flow in facts.consumers if flow.consume is not None}
    for site in facts.sites:
        if (
            site.flow.consume is not None
            and site.publishes
            and site.call.component in sources - {site.flow.consume.source}
        ):
            yield Said(f"{site.flow.name} hands on to the next stage through {site.call.component}", site.call.path)
            return


def access(facts: Facts) -> Iterator[Said]:
    """Permissions are given, taken away and asked for."""
    if path := facts.first(lambda s: getattr(s.call.options, "permission", None)):
        yield Said("permissions are given and taken away", path)


def _one_part(key: list[str] | str | None) -> bool:
    return isinstance(key, str) or (isinstance(key, list) and len(key) == 1)


STRUCTURE: dict[str, Callable[[Facts], Iterator[Said]]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        read_heavy, fan_out, hot_key, order, durable, control, small,
        feed, chat, live, notifications, payments, lookup, limiter, search, dispatch, media, sync, generation, tenants,
        pipeline, access,
    )
}  # fmt: skip
"""By the name of the shape; a shape that is not here is told by the words of the task alone."""
