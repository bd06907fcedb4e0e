"""What advice rests on: the words of the task, the figures at the peak, and where in the design something is done."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from loadcase.blueprint.model import FlowSpec
from loadcase.blueprint.steps import Call, FanOut, walk
from loadcase.core.errors import Path
from loadcase.core.values import digits, show
from loadcase.estimate.popularity import first_keys
from loadcase.kinds.cache import Cache
from loadcase.kinds.gateway import Gateway
from loadcase.kinds.log import Log
from loadcase.kinds.store import Store
from loadcase.review.design import Design, Site
from loadcase.review.rules.sharded_too_early import kept_by

HELD = ("store", "object_store", "search_index")
"""Kinds that keep what they are given."""
ROOMY_BYTES = 10e12
"""What one relational node keeps in comfort: published planning values for PostgreSQL, at most 10 TB."""
ROOM = 0.7
"""How busy one node may be at the peak to be enough."""


@dataclass(frozen=True)
class Said:
    """Something that the design says or does, and where."""

    text: str
    path: Path


@dataclass(frozen=True)
class HotKey:
    """The most popular key of an entity: its share of the requests by that entity, and its rate at the peak, 1/s."""

    entity: str
    share: float
    rate: float
    path: Path


class Facts:
    """A design with what shapes, patterns and risks ask of it; each answer is computed once."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.b = design.b

    # --- words ----------------------------------------------------------------------------------------------------
    @cached_property
    def task(self) -> list[tuple[Path, str]]:
        """The task in its own words. What is deferred is not part of it."""
        r = self.b.requirements
        found: list[tuple[Path, str]] = [(("prompt",), self.b.prompt), (("title",), self.b.title)]
        found += [(("requirements", "functional", i), text) for i, text in enumerate(r.functional)]
        found.append((("requirements", "hard_part"), r.hard_part or ""))
        return [(path, text) for path, text in found if text]

    @cached_property
    def names(self) -> list[tuple[Path, str]]:
        """What endpoints, entities, flows and components are called."""
        sections = ("api", "entities", "flows", "components")
        return [((section, name), name) for section in sections for name in getattr(self.b, section)]

    def asks(self, terms: Iterable[str]) -> Said | None:
        """Where the task says one of some terms first."""
        for path, text in self.task:
            if word := heard(text, terms):
                return Said(f'{_called(path)} says "{word}"', path)
        return None

    def writes_of(self, terms: Iterable[str]) -> Path | None:
        """Where the design, in a name or in prose, but not in what is deferred, says one of some terms first."""
        prose = [(path, text) for path, text in self.design.prose if path[:2] != ("requirements", "deferred")]
        return next((path for path, text in self.names + prose if heard(text, terms)), None)

    # --- calls ----------------------------------------------------------------------------------------------------
    @property
    def sites(self) -> list[Site]:
        """Every call."""
        return self.design.sites

    def first(self, wanted: Callable[[Site], object]) -> Path | None:
        """Where the first call of a sort is."""
        return next((site.call.path for site in self.sites if wanted(site)), None)

    def lookups(self) -> list[Site]:
        """Look-ups of caches, for which clients wait."""
        return [s for s in self.sites if looks_up(s) and s.flow.arrive is not None and s.waited]

    @cached_property
    def consumers(self) -> list[FlowSpec]:
        """The flows of consumers."""
        return self.design.consuming

    @cached_property
    def control(self) -> list[FlowSpec]:
        """The flows of control endpoints."""
        named = {name for name, endpoint in self.b.api.items() if endpoint.kind == "control"}
        return [flow for flow in self.design.arriving if flow.name in named]

    @cached_property
    def data(self) -> list[FlowSpec]:
        """The flows of clients that are no control plane."""
        control = {flow.name for flow in self.control}
        return [flow for flow in self.design.arriving if flow.name not in control]

    @cached_property
    def stores(self) -> dict[str, Store]:
        """The stores that some flow uses."""
        used = {s.call.component for s in self.sites}
        return {n: c for n, c in self.b.components.items() if isinstance(c, Store) and n in used}

    # --- figures at the peak --------------------------------------------------------------------------------------
    def rate(self, flow: FlowSpec) -> float:
        """Operations of a flow per second at the peak; 0 where it is not known."""
        found = self.design.loads.flows.get(flow.name, 0.0)
        return found if math.isfinite(found) else 0.0

    @cached_property
    def writing(self) -> list[FlowSpec]:
        """The flows of clients that store or publish something."""
        return [f for f in self.data if any(changes(s) for s in self.design.of(f.name))]

    @cached_property
    def reading(self) -> list[FlowSpec]:
        """The flows of clients that only look."""
        return [f for f in self.data if f not in self.writing and any(looks(s) for s in self.design.of(f.name))]

    @cached_property
    def reads(self) -> float:
        """Operations per second that only look."""
        return sum(map(self.rate, self.reading))

    @cached_property
    def writes(self) -> float:
        """Operations per second that store or publish something."""
        return sum(map(self.rate, self.writing))

    @cached_property
    def hottest(self) -> HotKey | None:
        """The key with the largest share of the requests by its entity."""
        rates: dict[str, float] = {}
        for flow in self.data:
            key = flow.arrive.key if flow.arrive is not None else None
            if isinstance(key, str) and key in self.b.keys:
                rates[key] = rates.get(key, 0.0) + self.rate(flow)
        found = []
        for entity, rate in rates.items():
            share = float(first_keys(self.b.keys[entity], 1)[0])
            found.append(HotKey(entity, share, share * rate, ("entities", entity)))
        return max(found, key=lambda hot: hot.share, default=None)

    @cached_property
    def widest(self) -> tuple[FlowSpec, int, Path] | None:
        """The flow that hands one event to most places at once, to how many, and where."""
        found = [
            (flow, step.n, step.path)
            for flow in self.b.flows.values()
            for step in walk(flow.steps)
            if isinstance(step, FanOut) and any(isinstance(c, Call) and c.verb in SPREADS for c in walk(step.steps))
        ]
        return max(found, key=lambda one: one[1], default=None)

    @cached_property
    def online(self) -> float:
        """Connections that gateways hold."""
        return sum(c.online or 0.0 for c in self.b.components.values() if isinstance(c, Gateway))

    def alone(self, name: str) -> tuple[float, float] | None:
        """How busy one node of a store would be, and the bytes that it would keep; None where that is not known."""
        store, used = self.stores[name], self.design.lines[name].bottleneck
        kept = kept_by(self.design, name)
        if kept is None or used is None or not math.isfinite(used) or self.design.managed(name):
            return None
        return used * store.shards, kept

    @cached_property
    def figures(self) -> dict[str, str]:
        """Numbers by the names that the texts of `knowledge.yaml` use; what is not known is not there."""
        known = {
            "reads": (self.reads, "1/s"),
            "writes": (self.writes, "1/s"),
            "arrivals": (sum(map(self.rate, self.data)), "1/s"),
            "online": (self.online, "count"),
        }
        found = {name: show(value, unit) for name, (value, unit) in known.items() if value > 0}
        if self.reads > 0 and self.writes > 0:
            found["ratio"] = digits(self.reads / self.writes, 2)
        if self.hottest is not None:
            hot = self.hottest
            found |= {
                "hot_entity": hot.entity,
                "hot_share": show(hot.share, "ratio"),
                "hot_rate": show(hot.rate, "1/s"),
            }
        if self.widest is not None:
            flow, n, _ = self.widest
            found |= {"wide": digits(n), "wide_flow": flow.name, "deliveries": show(n * self.rate(flow), "1/s")}
        published = sum(self.rate(flow) for flow in self.consumers)
        if published > 0:
            found["consumed"] = show(published, "1/s")
        lookups = self.lookups()
        if lookups:
            found["cache"] = lookups[0].call.component
        if self.stores:
            found["store"] = next(iter(self.stores))
        providers = list(
            dict.fromkeys(s.call.component for s in self.sites if s.component.kind in ("external", "model"))
        )
        if providers:
            found["provider"] = providers[0]
        return found


SPREADS = ("push", "broadcast", "write", "append", "update", "publish", "put", "call")
"""Verbs of which a fan-out makes many effects of one event."""


def looks_up(site: Site) -> bool:
    """Whether a call asks a cache."""
    return isinstance(site.component, Cache) and site.component.behaviours.get(site.call.verb) == "lookup"


def changes(site: Site) -> bool:
    """Whether a call stores or publishes something; what fills a cache does not."""
    return site.writes or site.publishes or (site.call.verb == "put" and site.component.kind in HELD)


def looks(site: Site) -> bool:
    """Whether a call reads something."""
    return looks_up(site) or (site.component.kind in HELD and site.call.verb in ("read", "fetch", "query"))


def heard(text: str, terms: Iterable[str]) -> str:
    """The first of some terms (a trailing * for any ending, blanks for several words) in a text; empty for none."""
    plain = text.lower().replace("_", " ")
    for term in terms:
        pattern = re.escape(term).replace(r"\*", r"\w*").replace(r"\ ", r"[\s-]+")
        if match := re.search(rf"(?<!\w){pattern}(?!\w)", plain):
            return match.group()
    return ""


def _called(path: Path) -> str:
    return {"prompt": "the prompt", "title": "the title"}.get(
        str(path[0]), "the hard part" if path[-1] == "hard_part" else "a requirement"
    )


def filled(text: str, figures: dict[str, str]) -> str:
    """A text with its figures; a part in square brackets is left out where one of its figures is not known."""

    def part(match: re.Match[str]) -> str:
        inner = match.group(1)
        known = all(name in figures for name in re.findall(r"\{(\w+)\}", inner))
        return inner if known else ""

    return re.sub(r"\{(\w+)\}", lambda m: figures[m.group(1)], re.sub(r"\[([^\]]*)\]", part, text)).strip()


def every(found: Iterable[object]) -> bool:
    """Whether there is something, and all of it is true."""
    listed = list(found)
    return bool(listed) and all(listed)


def logs(facts: Facts) -> Iterator[tuple[str, Log]]:
    """The logs that something consumes."""
    used = {flow.consume.log for flow in facts.consumers if flow.consume is not None}
    for name, component in facts.b.components.items():
        if isinstance(component, Log) and name in used:
            yield name, component
