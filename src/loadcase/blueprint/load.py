"""A blueprint file, text or mapping to a checked Blueprint.

The order: read the YAML, lay a variant over it, compute the estimates, put the profiles' defaults under the
components, check every section, parse the steps, name the key spaces, read the contract. Everything that is wrong is
collected and raised at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from loadcase.blueprint.contract import ContractParser
from loadcase.blueprint.document import Document, edited
from loadcase.blueprint.faults import check_faults, check_page, check_recovery, parse_faults
from loadcase.blueprint.keys import Keys
from loadcase.blueprint.knowledge import check_writes
from loadcase.blueprint.limits import check_case, check_components, check_entries, check_flow
from loadcase.blueprint.model import (
    Arrive,
    Blueprint,
    Case,
    Consume,
    Decision,
    Endpoint,
    Entity,
    FlowSpec,
    Network,
    Operate,
    Requirements,
)
from loadcase.blueprint.objectives import objectives_of
from loadcase.blueprint.overlay import SECTIONS, overlay
from loadcase.blueprint.parse_steps import StepParser
from loadcase.blueprint.patterns import parse_pattern
from loadcase.blueprint.problems import REMOVE, Path, Problems, describe, field_names
from loadcase.blueprint.steps import Call, walk
from loadcase.core.errors import BlueprintError, ExpressionError, LoadcaseError, Problem, UsageError
from loadcase.core.expressions import evaluate_all
from loadcase.kinds import kinds
from loadcase.kinds.base import Component
from loadcase.profiles import profile, profile_names

M = TypeVar("M", bound=BaseModel)
REQUIRED = ("loadcase", "name", "components", "flows")
NETWORK = {"client": "20 ms", "same_zone": "0.25 ms", "cross_zone": "0.5 ms", "cross_region": "40 ms"}
"""One-way delays: same zone is half of the 0.5 ms round trip within a data centre (Latency numbers every programmer
should know, P. Norvig and J. Dean); cross region half of the 80 ms between Europe and eastern North America
(sirupsen/napkin-math); across zones and to the client assumed."""


def load(path: str | FilePath, variant: str | None = None) -> Blueprint:
    """Reads a blueprint file, or the `blueprint.yaml` of a folder.

    Raises UsageError when the file cannot be read, BlueprintError when something in it is wrong.
    """
    file = FilePath(path)
    if file.is_dir():
        file = file / "blueprint.yaml"
    return _from_document(Document.load(file), str(file), variant)


def loads(text: str, name: str = "<text>", variant: str | None = None) -> Blueprint:
    """Reads a blueprint from YAML text.

    Raises BlueprintError when something in it is wrong.
    """
    return _from_document(Document.parse(text, name), name, variant)


def build(mapping: Mapping[str, Any], variant: str | None = None) -> Blueprint:
    """Makes a blueprint from Python data of the same shape as the file.

    Raises BlueprintError when something in it is wrong; its problems say where by their `path`.
    """
    if not isinstance(mapping, Mapping):
        hint = "build({'loadcase': 1, 'name': 'shop', 'components': {...}, 'flows': {...}})"
        raise BlueprintError(Problem("LC108", f"expected a mapping, got {describe(mapping)}", hint=hint))
    return _Loader(dict(mapping), Problems(None, ""), None).load(variant)


def changed(blueprint: Blueprint, changes: Mapping[str, Any]) -> Blueprint:
    """The design with some values changed, addressed as in a variant; comments of its file are kept.

    Raises BlueprintError when an address leads nowhere or a value is wrong.
    """
    problems = Problems(None, "")
    data = overlay(blueprint.data, changes, problems, ())
    problems.check()
    if blueprint.document is not None:
        text = edited(blueprint.document, data)
        if text is not None:
            return loads(text, blueprint.document.file)
    return build(data)


def _from_document(document: Document, file: str, variant: str | None) -> Blueprint:
    return _Loader(document.data, Problems(document, file), document).load(variant)


class _Loader:
    def __init__(self, data: dict[str, Any], problems: Problems, document: Document | None) -> None:
        self.data = self.base = data
        self.problems = problems
        self.document = document
        self.scope: dict[str, Any] = {}

    def load(self, variant: str | None) -> Blueprint:
        self.apply(variant)
        self.sections()
        check_entries(self.data, self.problems)
        b = Blueprint(name=self.text("name"), title=self.text("title"), prompt=self.text("prompt"))
        b.document, b.moved, b.data = self.document, self.problems.moved, self.data
        b.estimates = self.estimates()
        self.scope = {name: estimate.value for name, estimate in b.estimates.items()}
        b.requirements = (
            self.model(Requirements, self.data.get("requirements") or {}, ("requirements",)) or Requirements()
        )
        b.entities = self.mapping("entities", Entity)
        b.api = self.mapping("api", Endpoint)
        b.network = self.model(Network, {**NETWORK, **(self.section("network") or {})}, ("network",))
        b.operate = self.model(Operate, self.data.get("operate") or {}, ("operate",)) or Operate()
        b.decisions = self.mapping("decisions", Decision)
        b.variants, b.variant = self.variants(b), variant
        b.components = self.components()
        self.problems.broken = self.broken("components", b.components) | self.broken("entities", b.entities)
        keys = Keys(self.problems, self.scope, b.entities)
        b.components = {n: self.resolve_key(c, keys, ("components", n, "key")) for n, c in b.components.items()}
        known = {n: c for n, c in b.components.items() if isinstance(c, Component)}
        check_components(known, self.problems)
        self.flows(b, keys, known)
        if len(self.problems.found) == self.problems_before:
            check_writes(b, self.problems)
        self.references(b)
        b.keys = keys.spaces
        self.contract(b)
        self.decisions(b)
        self.problems.check()
        return b

    # --- the parts ------------------------------------------------------------------------------------------------
    def apply(self, variant: str | None) -> None:
        if variant is None:
            return
        variants = self.data.get("variants")
        variants = variants if isinstance(variants, Mapping) else {}
        if variant not in variants:
            near = Problems(None, "")
            near.unknown("variant", variant, variants, ())
            raise UsageError(near.found[0].message, hint=near.found[0].hint)
        changes = variants[variant]
        if isinstance(changes, Mapping):
            self.data = overlay(self.data, changes, self.problems, ("variants", variant))
            self.problems.check()

    def sections(self) -> None:
        for name in self.data:
            if name not in SECTIONS:
                self.problems.unknown("section", name, SECTIONS, (name,), "LC301")
        for name in REQUIRED:
            if name not in self.data:
                self.problems.add("LC304", f"{name!r} is missing", (), f"every blueprint has {', '.join(REQUIRED)}")
        if self.data.get("loadcase", 1) != 1 or isinstance(self.data.get("loadcase"), bool):
            got = describe(self.data["loadcase"])
            self.problems.add("LC310", f"unknown version of the format: {got}", ("loadcase",), "write loadcase: 1")

    def text(self, name: str) -> str:
        value = self.data.get(name, "")
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            self.problems.add(
                "LC303", f"expected text, got {describe(value)}", (name,), f"write {name}: and some words"
            )
            return ""
        return str(value)

    def section(self, name: str) -> Mapping[str, Any] | None:
        value = self.data.get(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            hint = f"put each entry under {name}: on a line of its own, as `name: ...`"
            self.problems.add("LC303", f"expected a mapping of names, got {describe(value)}", (name,), hint)
            return None
        return value

    def model(self, cls: type[M], raw: Any, path: Path) -> M | None:
        return self.problems.model(cls, raw, path, self.scope)

    def mapping(self, name: str, cls: type[M]) -> dict[str, M]:
        found = {}
        for key, raw in (self.section(name) or {}).items():
            one = self.model(cls, raw, (name, key))
            if one is not None:
                found[key] = one
        return found

    def broken(self, name: str, good: Mapping[str, Any]) -> set[str]:
        """Names that a section declares and that were found wrong in it."""
        raw = self.data.get(name)
        return set(raw) - set(good) if isinstance(raw, Mapping) else set()

    def estimates(self) -> dict[str, Any]:
        raw = self.section("estimates") or {}
        for name, value in raw.items():
            if not isinstance(value, str | int | float) or isinstance(value, bool):
                self.problems.add(
                    "LC303",
                    f"expected a quantity or a formula, got {describe(value)}",
                    ("estimates", name),
                    "for example 50M user, 300 B, or users * sends",
                )
        good = {n: v for n, v in raw.items() if isinstance(v, str | int | float) and not isinstance(v, bool)}
        try:
            return dict(evaluate_all(good))
        except LoadcaseError as error:
            self.problems.error(error, ("estimates", *_name_of(error)))
        self.problems.check()
        return {}

    def variants(self, b: Blueprint) -> dict[str, dict[str, Any]]:
        found = {}
        for name, raw in (self.section("variants") or {}).items():
            if not isinstance(raw, Mapping):
                self.problems.add("LC303", f"expected paths and values, got {describe(raw)}", ("variants", name),
                                  "for example {components.api.replicas: 8}")  # fmt: skip
                continue
            moved, self.problems.moved = self.problems.moved, {}
            overlay(self.base, raw, self.problems, ("variants", name))
            self.problems.moved = moved
            found[name] = dict(raw)
        for name, decision in b.decisions.items():
            if decision.variant is not None and decision.variant not in found:
                self.problems.unknown("variant", decision.variant, found, ("decisions", name, "variant"), value=True)
        return found

    def decisions(self, b: Blueprint) -> None:
        """What a variant is said to break is promised, by a metric or by the recovery of a case."""
        promised = {g.metric for g in b.contract}
        promised |= {"recover_within" for case in b.cases.values() if case.recover_within is not None}
        for name, decision in b.decisions.items():
            path: Path = ("decisions", name, "breaks")
            if decision.breaks and decision.variant is None:
                self.problems.add("LC328", "no variant that could break anything", path, "name it: variant: ...")
            for i, metric in enumerate(decision.breaks):
                if metric not in promised:
                    self.problems.unknown("metric of the contract", metric, promised, (*path, i), "LC341", value=True)
            shown: Path = ("decisions", name, "shown_in")
            if decision.shown_in and not decision.breaks:
                self.problems.add("LC328", "no metric that a case could show broken", shown, "say it: breaks: [...]")
            for i, case in enumerate(decision.shown_in):
                if case not in (cases := list(b.cases) or ["normal"]):
                    self.problems.unknown("case", case, cases, (*shown, i), value=True)

    def components(self) -> dict[str, Any]:
        registry = kinds()
        found: dict[str, Any] = {}
        for name, raw in (self.section("components") or {}).items():
            path: Path = ("components", name)
            if not isinstance(raw, Mapping):
                self.problems.add("LC303", f"expected the fields of a component, got {describe(raw)}", path,
                                  "for example {kind: service, replicas: 4}")  # fmt: skip
                continue
            if "." in name or "[" in name:
                self.problems.add("LC311", f"a component's name has no dots or brackets: {name!r}", path,
                                  "write - or _ instead", key=True)  # fmt: skip
            kind = raw.get("kind")
            if kind is None:
                self.problems.add("LC304", f"{name} has no kind", path, f"kinds: {', '.join(registry)}", key=True)
                continue
            if not isinstance(kind, str) or kind not in registry:
                self.problems.unknown("kind", kind, registry, (*path, "kind"), value=True)
                continue
            cls = registry[kind]
            refused = [f for f in raw if f in cls.not_yet]
            for f in refused:
                self.problems.add("LC002", f"{f!r} is not modelled yet: {cls.not_yet[f]}", (*path, f), REMOVE, key=True)
            merged = {**self.defaults(raw.get("like"), kind, path), **raw}
            known = set(field_names(cls))
            merged = {k: v for k, v in merged.items() if k not in refused and not (v is None and k in known)}
            component = self.model(cls, merged, path)
            if component is not None:
                found[name] = component
        return found

    def defaults(self, like: Any, kind: str, path: Path) -> dict[str, Any]:
        if like is None:
            return {}
        found = profile(like) if isinstance(like, str) else None
        if found is None:
            self.problems.unknown("profile", like, profile_names(), (*path, "like"), value=True)
            return {}
        if found.kind != kind:
            self.problems.add("LC312", f"profile {like!r} is of a {found.kind}, not of a {kind}", (*path, "like"),
                              f"write kind: {found.kind}, or choose a profile of a {kind}")  # fmt: skip
            return {}
        return dict(found.defaults)

    def resolve_key(self, component: Any, keys: Keys, path: Path) -> Any:
        raw = getattr(component, "key", None)
        if raw is None:
            return component
        return component.model_copy(update={"key": keys.space(raw, path)})

    def flows(self, b: Blueprint, keys: Keys, components: Mapping[str, Component]) -> None:
        self.problems_before = len(self.problems.found)
        parser = StepParser(self.problems, self.scope, components, keys)
        for name, raw in (self.section("flows") or {}).items():
            path: Path = ("flows", name)
            if not isinstance(raw, Mapping):
                self.problems.add("LC303", f"expected arrive or consume, and steps, got {describe(raw)}", path,
                                  "for example {arrive: {rate: 100 /s}, steps: [api.handle]}")  # fmt: skip
                continue
            if name in b.components or name == "cost" or "." in name:
                why = "a component has that name" if name in b.components else "the name is taken"
                self.problems.add("LC313", f"a flow cannot be called {name!r}: {why}", path, "choose another name",
                                  key=True)  # fmt: skip
            for field in raw:
                if field not in ("arrive", "consume", "steps"):
                    self.problems.unknown(
                        "field of a flow", field, ("arrive", "consume", "steps"), (*path, field), "LC301"
                    )
            if ("arrive" in raw) == ("consume" in raw):
                both = "both arrive and consume" if "arrive" in raw else "neither arrive nor consume"
                self.problems.add("LC314", f"flow {name!r} has {both}", path, "a flow has one of them", key=True)
            arrive = self.arrive(raw["arrive"], path, keys) if "arrive" in raw else None
            consume = self.consume(raw["consume"], path, keys, b) if "consume" in raw else None
            if "steps" not in raw:
                self.problems.add("LC304", f"flow {name!r} has no steps", path, "add steps: [component.verb, ...]",
                                  key=True)  # fmt: skip
            steps = parser.steps(raw.get("steps") or [], (*path, "steps"))
            b.flows[name] = FlowSpec(name, arrive, consume, steps)
            check_flow(b.flows[name], components, self.problems)
            self.dedupes(b.flows[name])

    def dedupes(self, flow: FlowSpec) -> None:
        """Refuses a receiver that would drop what comes again in a flow that brings nothing again."""
        for step in walk(flow.steps):
            if isinstance(step, Call) and getattr(step.options, "dedupe", None) and flow.consume is None:
                self.problems.add("LC339", f"'dedupe' drops messages that come again, and {flow.name} consumes none",
                                  (*step.path, "dedupe"), REMOVE, key=True)  # fmt: skip

    def arrive(self, raw: Any, path: Path, keys: Keys) -> Arrive | None:
        path = (*path, "arrive")
        arrive = self.model(Arrive, raw, path)
        if arrive is None:
            return None
        ways = [w for w in ("rate", "users", "trace") if getattr(arrive, w) is not None]
        if len(ways) != 1:
            got = " and ".join(ways) or "none of them"
            self.problems.add("LC315", f"requests come by a rate, by users or by a trace: got {got}", path,
                              "for example arrive: {rate: 100 /s}", key=True)  # fmt: skip
        if arrive.users is None and arrive.think is not None:
            self.problems.add("LC316", "think needs users (a closed loop)", (*path, "think"),
                              "write users: in place of rate:, or take think: out", key=True)  # fmt: skip
        pattern = parse_pattern(arrive.pattern, self.scope, self.problems, (*path, "pattern"))
        if ways != ["rate"] and "pattern" in raw:
            self.problems.add("LC317", "a pattern needs a rate", (*path, "pattern"), "add rate:, or take it out",
                              key=True)  # fmt: skip
        key = keys.space(arrive.key, (*path, "key"))
        if arrive.users is not None and arrive.session is not None:
            self.problems.add("LC316", "the users of a closed loop are its sessions", (*path, "session"), REMOVE,
                              key=True)  # fmt: skip
            return arrive
        session = keys.space(arrive.session, (*path, "session"))
        return arrive.model_copy(update={"key": key, "session": session, "pattern": pattern})

    def consume(self, raw: Any, path: Path, keys: Keys, b: Blueprint) -> Consume | None:
        path = (*path, "consume")
        consume = self.model(Consume, raw, path)
        if consume is None:
            return None
        sources = [s for s in ("log", "queue", "topic") if getattr(consume, s) is not None]
        if len(sources) != 1:
            self.problems.add("LC318", "a flow consumes one log, queue or topic", path,
                              "for example consume: {log: changes, by: workers}", key=True)  # fmt: skip
            return None
        kind = sources[0]
        target = getattr(consume, kind)
        component = b.components.get(target)
        if component is None or component.kind != kind:
            names = [n for n, c in b.components.items() if c.kind == kind]
            self.problems.unknown(kind, target, names, (*path, kind), value=True)
            return None
        if consume.by is None and kind != "topic":
            self.problems.add("LC319", f"who consumes the {kind}?", path, "add by: and the name of a service", key=True)
            return None
        if consume.by is not None and getattr(b.components.get(consume.by), "kind", None) != "service":
            services = [n for n, c in b.components.items() if c.kind == "service"]
            self.problems.unknown("service", consume.by, services, (*path, "by"), value=True)
            return None
        if getattr(b.components.get(consume.by or ""), "autoscale", None) is not None:
            self.problems.add("LC002", f"{consume.by} is scaled automatically, and consumes: that is not modelled yet",
                              (*path, "by"), "remove its autoscale:, and give it the replicas of the peak")  # fmt: skip
            return None
        if consume.in_flight is not None and kind == "topic":
            self.problems.add("LC319", "a topic hands every message over at once", (*path, "in_flight"),
                              "remove in_flight, or consume a queue", key=True)  # fmt: skip
            return None
        if consume.commit is not None and kind == "topic":
            self.problems.add("LC319", "a topic hands a message out once, whatever becomes of it", (*path, "commit"),
                              "remove commit, or consume a queue or a log", key=True)  # fmt: skip
            return None
        order: Any = consume.in_order
        if order is not None and kind != "log":
            self.problems.add("LC319", f"a {kind} keeps no order", (*path, "in_order"), "consume a log", key=True)
            return None
        if order is not None and order not in ("partition", "none"):
            order = keys.space(order, (*path, "in_order"))
        return consume.model_copy(update={"in_order": order})

    def references(self, b: Blueprint) -> None:
        """What components say of one another."""
        for name, component in b.components.items():
            source = getattr(component, "source", None)
            if source is not None and getattr(b.components.get(source), "kind", None) != "store":
                stores = [n for n, c in b.components.items() if c.kind == "store"]
                self.problems.unknown("store", source, stores, ("components", name, "from"), value=True)
            shed = getattr(component, "shed", None)
            if shed is not None and shed.first == "lowest_priority" and len(b.priorities_at(name)) < 2 and b.flows:
                self.problems.add("LC313", f"all calls of {name} are equally important: none is shed first",
                                  ("components", name, "shed", "first"), "give flows or calls a priority:")  # fmt: skip
            dead = getattr(component, "dead_letters", None)
            if dead is not None and getattr(b.components.get(dead), "kind", None) != "queue":
                queues = [n for n, c in b.components.items() if c.kind == "queue"]
                self.problems.unknown("queue", dead, queues, ("components", name, "dead_letters"), value=True)

    def contract(self, b: Blueprint) -> None:
        parser = ContractParser(self.problems, self.scope, b)
        lines = [
            parser.guarantee(text, ("requirements", "contract", i)) for i, text in enumerate(b.requirements.contract)
        ]
        b.contract = tuple(line for line in lines if line is not None)
        b.objectives = objectives_of(parser, b.operate.slos)
        for name, raw in (self.section("cases") or {}).items():
            path: Path = ("cases", name)
            before = len(self.problems.found)
            faults = (
                parse_faults(raw["faults"], (*path, "faults"), self.problems, self.scope)
                if isinstance(raw, Mapping) and "faults" in raw
                else ()
            )
            wrong = len(self.problems.found) > before
            raw = {k: v for k, v in raw.items() if k != "faults"} if isinstance(raw, Mapping) else raw
            case = self.model(Case, raw if raw is not None else {}, path)
            if case is None:
                continue
            case = case.model_copy(update={"faults": faults})
            check_case(name, case, self.problems)
            if faults and not wrong and not self.problems.broken and b.flows:
                check_faults(b, name, case, self.problems)
            if case.recover_within is not None and not wrong:
                check_recovery(name, case, self.problems)
            if case.page_within is not None and not wrong:
                check_page(name, case, bool(b.operate.slos), self.problems)
            b.relaxed[name] = parser.relaxations(name, case.degrade)
            parser.sacred(name, case.sacred, case.degrade)
            b.cases[name] = case


def _name_of(error: LoadcaseError) -> tuple[str, ...]:
    name = getattr(error, "name", None)
    return (cast(str, name),) if name else ()


__all__ = ["BlueprintError", "ExpressionError", "Problem", "build", "changed", "load", "loads"]
