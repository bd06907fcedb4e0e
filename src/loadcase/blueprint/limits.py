"""How large a design may be: what no machine simulates and no closed form needs is refused before anything is made.

| code | limit |
|---|---|
| LC370 | entries of a section |
| LC371 | servers of all components together: replicas, shards, copies, partitions |
| LC372 | zones and regions of a component |
| LC373 | copies or shards that one call visits at once; replicas that two_choices compares |
| LC374 | steps that one request makes, with repeat and fan_out multiplied out |
| LC375 | steps that one request has going at once |
| LC376 | simulated time of a case |
| LC377 | load factor of a case |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loadcase.blueprint.model import Case, FlowSpec
from loadcase.blueprint.problems import Path, Problems
from loadcase.blueprint.steps import Call, Choose, FanOut, Parallel, Repeat, Spawn, Step, Wait
from loadcase.kinds.base import Component

MOST_ENTRIES = {"components": 1_000, "flows": 300, "cases": 300, "variants": 300, "entities": 1_000, "api": 1_000}
MOST_SERVERS = 1_000_000
SERVER_BYTES = 1_000
"""What the engine takes for one server, about."""
MOST_AREAS = 1_000
WIDEST_CALL = 10_000
MOST_CHOICES = 1_000
MOST_MADE = 1_000_000
MOST_AT_ONCE = 100_000
LONGEST_S = 1e9
MOST_LOAD = 1e6
SMALLER = "divide the counts and the load by the same factor"


def check_entries(data: Mapping[str, Any], problems: Problems) -> None:
    """Refuses sections with too many entries, before any of them is read. Raises BlueprintError."""
    for section, most in MOST_ENTRIES.items():
        entries = data.get(section)
        if isinstance(entries, Mapping) and len(entries) > most:
            message = f"{section} has {len(entries):,} entries; a design has at most {most:,}"
            problems.add("LC370", message, (section,), "one entry stands for many alike: give it replicas", key=True)
    problems.check()


def check_components(components: Mapping[str, Component], problems: Problems) -> None:
    """Refuses more servers than fit. Raises BlueprintError, since what follows grows with them."""
    servers = 0
    for name, component in components.items():
        path: Path = ("components", name)
        if component.zones * component.regions > MOST_AREAS:
            areas = f"{component.zones:,} zones in each of {component.regions:,} regions"
            problems.add("LC372", f"{name} has {areas}; at most {MOST_AREAS:,} zones are modelled", path,
                         "real regions have about three zones", key=True)  # fmt: skip
        if component.choices > MOST_CHOICES:
            problems.add("LC373", f"two_choices compares at most {MOST_CHOICES:,} replicas", (*path, "choices"),
                         "least_loaded compares all")  # fmt: skip
        servers += max(sum(p.room for p in component.pools()), getattr(component, "partitions", 0))
        if servers > MOST_SERVERS:
            message = (
                f"with {name} the design has {servers:,} servers, which would take {in_bytes(servers * SERVER_BYTES)}"
            )
            problems.add("LC371", f"{message} to simulate; at most {MOST_SERVERS:,} are", path, SMALLER, key=True)
            break
    problems.check()


def check_flow(flow: FlowSpec, components: Mapping[str, Component], problems: Problems) -> None:
    """Refuses a request that makes more steps than can be told apart from an endless one."""
    _Counter(flow.name, components, problems).steps(flow.steps)


def check_case(name: str, case: Case, problems: Problems) -> None:
    """Refuses a run that is empty or longer than a life, and a load that is no load."""
    if case.load and not 1.0 / MOST_LOAD <= case.load <= MOST_LOAD:
        message = f"a load factor is 0 or between 10^-6 and 10^6, got {case.load:g}"
        problems.add("LC377", message, ("cases", name, "load"), "for example load: 10")
    for field, low in (("duration", 0.0), ("warmup", -1.0)):
        value = getattr(case, field)
        if value is not None and not low < value <= LONGEST_S:
            message = f"{field} is {'0' if value <= 0 else 'over 10^9'} s; a run lasts up to 10^9 s, about 30 years"
            problems.add("LC376", message, ("cases", name, field), "for example 60 s: rates do not need years to show")


def in_bytes(count: float) -> str:
    """Bytes as people read them: 1.2 GB."""
    for factor, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count / 1e3:.3g} kB"


class _Counter:
    """Counts, for lists of steps: how many are made in all, and how many at once."""

    def __init__(self, flow: str, components: Mapping[str, Component], problems: Problems) -> None:
        self.flow, self.components, self.problems = flow, components, problems
        self.told = False

    def steps(self, steps: tuple[Step, ...]) -> tuple[int, int]:
        made, wide = 0, 1
        for step in steps:
            count, width = self.step(step)
            made, wide = made + count, max(wide, width)
        return made, wide

    def step(self, step: Step) -> tuple[int, int]:
        made, wide = self.of(step)
        if not self.told:
            if made > MOST_MADE:
                self.tell("LC374", step, f"makes {made:,} steps for each request; at most {MOST_MADE:,}")
            elif wide > MOST_AT_ONCE:
                self.tell("LC375", step, f"has {wide:,} steps going at once for each request; at most {MOST_AT_ONCE:,}")
        return made, wide

    def of(self, step: Step) -> tuple[int, int]:
        match step:
            case Call():
                return self.call(step)
            case Wait():
                return 1, 1
            case Repeat(times=times, steps=inner):
                made, wide = self.steps(inner)
                return 1 + times * max(1, made), wide
            case FanOut(n=n, steps=inner):
                made, wide = self.steps(inner)
                return 1 + n * max(1, made), n * wide
            case Spawn(steps=inner):
                made, wide = self.steps(inner)
                return 1 + made, 1 + wide
            case Parallel(branches=branches):
                counts = [self.steps(b) for b in branches]
                return 1 + sum(m for m, _ in counts), sum(w for _, w in counts)
            case Choose(branches=branches):
                counts = [self.steps(b) for b in branches]
                return 1 + max(m for m, _ in counts), max(w for _, w in counts)

    def call(self, call: Call) -> tuple[int, int]:
        copies = sum(max(1, v.copies) for v in self.components[call.component].visits(call.verb, call.options))
        if copies > WIDEST_CALL:
            self.tell("LC373", call, f"visits {copies:,} copies or shards at once; at most {WIDEST_CALL:,}")
        counts = [self.steps(steps) for steps in call.nested.values()]
        return copies + sum(m for m, _ in counts), max([copies, *(w for _, w in counts)])

    def tell(self, code: str, step: Step, message: str) -> None:
        self.told = True
        hint = "a smaller count stands for it as well, with the work of each in proportion"
        self.problems.add(code, f"flow {self.flow!r}: this {message} are modelled", step.path, hint, key=True)
