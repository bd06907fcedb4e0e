"""The nested lists of a flow to the Step tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from loadcase.blueprint.conditions import ConditionParser
from loadcase.blueprint.keys import Keys
from loadcase.blueprint.problems import REMOVE, Path, Problems, describe
from loadcase.blueprint.steps import Call, Choose, FanOut, Parallel, Repeat, Spawn, Step, Wait
from loadcase.core.distributions import parse_dist
from loadcase.core.errors import LoadcaseError, shorten
from loadcase.kinds.base import Component, Options
from loadcase.kinds.store import Part, TransactOptions, WriteOptions

MOST_STEPS = 2_000
DEEPEST = 30
WIDEST = 10_000
KEYWORDS = ("parallel", "fan_out", "choose", "repeat", "spawn", "wait")


def held(step: Step) -> tuple[Step, ...]:
    """A step; of a claim with steps in `do` the claim, these, and the write that gives it back."""
    if not isinstance(step, Call) or step.verb != "claim" or "do" not in step.nested:
        return (step,)
    options = WriteOptions.model_construct(key=step.options.key, work=step.options.work)
    release = Call((*step.path, "release"), step.component, "release", options, {})
    nested = {name: steps for name, steps in step.nested.items() if name != "do"}
    return (replace(step, nested=nested), *step.nested["do"], release)


class StepParser:
    """Parses the steps of one blueprint, noting what is wrong."""

    def __init__(
        self, problems: Problems, scope: Mapping[str, Any], components: Mapping[str, Component], keys: Keys
    ) -> None:
        self.problems = problems
        self.scope = scope
        self.components = components
        self.keys = keys
        self.conditions = ConditionParser(problems, scope, components)
        self.count = 0

    def steps(self, raw: Any, path: Path, depth: int = 0) -> tuple[Step, ...]:
        """A list of steps."""
        if not isinstance(raw, list):
            self.problems.add("LC330", f"expected a list of steps, got {describe(raw)}", path,
                              "write each step as `- component.verb`")  # fmt: skip
            return ()
        if depth > DEEPEST:
            self.problems.add("LC331", f"steps nest deeper than {DEEPEST}", path, "split the flow")
            return ()
        found: list[Step] = []
        for i, item in enumerate(raw):
            self.count += 1
            if self.count == MOST_STEPS + 1:
                self.problems.add("LC332", f"a blueprint has at most {MOST_STEPS} steps", (*path, i),
                                  "split the design, or use repeat")  # fmt: skip
            if self.count > MOST_STEPS:
                break
            step = self.step(item, (*path, i), depth)
            if step is not None:
                found += held(step)
        return tuple(found)

    def step(self, raw: Any, path: Path, depth: int) -> Step | None:
        """One step: a call or a keyword."""
        if isinstance(raw, str):
            return self.call(raw, None, path, depth)
        if not isinstance(raw, Mapping) or len(raw) != 1:
            got = f"{len(raw)} keys" if isinstance(raw, Mapping) else describe(raw)
            self.problems.add("LC333", f"a step is one `component.verb` or keyword, got {got}", path,
                              f"keywords: {', '.join(KEYWORDS)}")  # fmt: skip
            return None
        ((name, body),) = raw.items()
        where = (*path, name)
        if name in KEYWORDS:
            return getattr(self, f"_{name}")(body, where, depth)  # type: ignore[no-any-return]
        return self.call(name, body, where, depth)

    def call(self, name: str, raw: Any, path: Path, depth: int) -> Call | None:
        """`component.verb` with its options."""
        target, dot, verb = name.partition(".")
        if not dot:
            self.problems.unknown("step", name, [*KEYWORDS, *(f"{c}.{next(iter(k.verbs), '')}" for c, k in
                                  self.components.items())], path)  # fmt: skip
            return None
        component = self.components.get(target)
        if component is None:
            self.problems.unknown("component", target, self.components, path)
            return None
        if verb not in component.verbs:
            self.problems.unknown(f"verb of a {component.kind}", verb, component.verbs, path, at=len(target) + 1)
            return None
        cls = component.verbs[verb]
        raw = {} if raw is None else raw
        refused = False
        if isinstance(raw, Mapping):
            for option, why in component.not_yet_options.items():
                if option in raw:
                    self.problems.add("LC002", f"{option!r} is not modelled yet: {why}", (*path, option), REMOVE,
                                      key=True)  # fmt: skip
                    refused = True
        if refused:
            return None
        options = self.problems.model(cls, raw, path, self.scope)
        if options is None:
            return None
        if options.key is not None:
            options = options.model_copy(update={"key": self.keys.space(options.key, (*path, "key"))})
        if isinstance(options, TransactOptions) and options.writes:
            options = options.model_copy(update={"writes": self.parts(options.writes, (*path, "writes"))})
        entity = getattr(options, "entity", None)
        if entity is not None and entity not in self.keys.entities:
            self.problems.unknown("entity", entity, self.keys.entities, (*path, "entity"), value=True)
        self.identities(options, entity, path)
        nested = {
            option: self.steps(getattr(options, option), (*path, option), depth + 1)
            for option in cls.nested
            if getattr(options, option, None) is not None
        }
        if options.fallback_on is not None and options.fallback is None:
            self.problems.add("LC338", "'fallback_on' is about a fallback, and the step has none",
                              (*path, "fallback_on"), "add `fallback:`", key=True)  # fmt: skip
        skip = None if options.skip is None else self.conditions.brownout(options.skip, (*path, "skip"))
        return Call(path, target, verb, options, nested, skip)

    def parts(self, writes: list[Part], path: Path) -> list[Part]:
        """The writes of a transaction, with the key spaces that they are about."""
        for i, part in enumerate(writes):
            if part.entity not in self.keys.entities:
                self.problems.unknown("entity", part.entity, self.keys.entities, (*path, i, "entity"), value=True)
        return [p.model_copy(update={"key": self.keys.space(p.key, (*path, i, "key"))}) for i, p in enumerate(writes)]

    def identities(self, options: Options, entity: str | None, path: Path) -> None:
        """Checks what names an operation, and what a write is numbered by."""
        sequence = getattr(options, "sequence", None)
        if sequence is not None and sequence not in self.keys.entities:
            self.problems.unknown("entity", sequence, self.keys.entities, (*path, "sequence"), value=True)
        for option in ("once", "dedupe", "sequence"):
            name = getattr(options, option, None)
            if name is None:
                continue
            if entity is None and getattr(options, "writes", None):
                continue
            if entity is None:
                self.problems.add("LC338", f"{option!r} is about an entity, and the step names none", (*path, option),
                                  "add `entity:`", key=True)  # fmt: skip
            elif option != "sequence" and entity in self.keys.entities:
                known = self.keys.entities[entity]
                fields = {*known.fields, *([known.identity] if known.identity else [])}
                if name not in fields:
                    self.problems.unknown(f"field of {entity}", name, fields, (*path, option), value=True)

    def _parallel(self, raw: Any, path: Path, depth: int) -> Step | None:
        body = {"branches": raw} if isinstance(raw, list) else raw
        fields = self.fields(body, path, ("branches", "need"), ("branches",))
        if fields is None:
            return None
        branches = fields["branches"]
        if not isinstance(branches, list) or not branches:
            self.problems.add("LC334", "parallel takes a list of lists of steps", path,
                              "for example parallel: [[a.read], [b.read]]")  # fmt: skip
            return None
        inside = path if isinstance(raw, list) else (*path, "branches")
        parsed = tuple(self.steps(b, (*inside, i), depth + 1) for i, b in enumerate(branches))
        return Parallel(path, parsed, self.need(fields.get("need"), len(parsed), path))

    def _fan_out(self, raw: Any, path: Path, depth: int) -> Step | None:
        fields = self.fields(raw, path, ("n", "need", "do"), ("n", "do"))
        if fields is None:
            return None
        n = self.whole(fields["n"], (*path, "n"), 1, WIDEST)
        steps = self.steps(fields["do"], (*path, "do"), depth + 1)
        return FanOut(path, n, self.need(fields.get("need"), n, path), steps)

    def _choose(self, raw: Any, path: Path, depth: int) -> Step | None:
        if not isinstance(raw, list) or not raw:
            self.problems.add("LC335", f"choose takes a list of branches, got {describe(raw)}", path,
                              "write - choose: [{weight: 90 %, do: [...]}, {weight: 10 %, do: [...]}]")  # fmt: skip
            return None
        weights, branches = [], []
        for i, branch in enumerate(raw):
            fields = self.fields(branch, (*path, i), ("weight", "do"), ("weight",))
            if fields is None:
                return None
            weight = self.keys.number(fields["weight"], (*path, i, "weight"))
            weights.append(weight if weight is not None and weight >= 0 else -1.0)
            branches.append(self.steps(fields.get("do") or [], (*path, i, "do"), depth + 1))
        if min(weights) < 0 or sum(weights) <= 0:
            self.problems.add("LC336", "weights are at least 0, and not all of them 0", path,
                              "for example {weight: 90 %, do: [...]}")  # fmt: skip
            return None
        return Choose(path, tuple(weights), tuple(branches))

    def _repeat(self, raw: Any, path: Path, depth: int) -> Step | None:
        fields = self.fields(raw, path, ("times", "do"), ("times", "do"))
        if fields is None:
            return None
        times = self.whole(fields["times"], (*path, "times"), 1, 1_000_000)
        return Repeat(path, times, self.steps(fields["do"], (*path, "do"), depth + 1))

    def _spawn(self, raw: Any, path: Path, depth: int) -> Step | None:
        return Spawn(path, self.steps(raw, path, depth + 1))

    def _wait(self, raw: Any, path: Path, depth: int) -> Step | None:
        del depth
        try:
            return Wait(path, parse_dist(raw, self.scope))
        except (LoadcaseError, TypeError, AttributeError) as error:
            if isinstance(error, LoadcaseError):
                self.problems.error(error, path)
            else:
                self.problems.add("LC306", f"expected a duration, got {describe(raw)}", path, "for example 5 ms")
            return None

    def fields(
        self, raw: Any, path: Path, known: tuple[str, ...], required: tuple[str, ...]
    ) -> Mapping[str, Any] | None:
        """The fields of a keyword, checked by name."""
        if not isinstance(raw, Mapping):
            self.problems.add("LC303", f"expected {', '.join(known)}, got {describe(raw)}", path,
                              f"for example {{{known[0]}: ..., {known[-1]}: ...}}")  # fmt: skip
            return None
        good = True
        for name in raw:
            if name not in known:
                self.problems.unknown("field", name, known, (*path, name), "LC301")
                good = False
        for name in required:
            if name not in raw:
                self.problems.add("LC304", f"{name!r} is required here", path, f"add {name}: and its value", key=True)
                good = False
        return raw if good else None

    def need(self, raw: Any, n: int, path: Path) -> int:
        """How many of n must succeed: all, any, quorum or a number."""
        words = {None: n, "all": n, "any": 1, "quorum": n // 2 + 1}
        if raw is None or (isinstance(raw, str) and raw in words):
            return words[raw]
        return self.whole(raw, (*path, "need"), 1, max(1, n))

    def whole(self, raw: Any, path: Path, low: int, high: int) -> int:
        """A whole number between bounds."""
        value = self.keys.number(raw, path)
        if value is None:
            return low
        if not low <= value <= high or value != round(value):
            hint = "a smaller number stands for it as well, with the work of each step in proportion"
            if value < low or value != round(value):
                hint = "ceil(...) rounds a formula up"
            self.problems.add(
                "LC337", f"expected a whole number from {low} to {high}, got {shorten(str(raw))}", path, hint
            )
            return low
        return round(value)
