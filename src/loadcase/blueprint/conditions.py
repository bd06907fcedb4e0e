"""Conditions on what a component is doing: `api.queue > 100`, by which steps are skipped.

| code | meaning |
|---|---|
| LC356 | a condition that can never end, or that nothing can be compared by |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from loadcase.blueprint.contract import GuaranteeParser
from loadcase.blueprint.problems import Path, Problems
from loadcase.blueprint.steps import Brownout, Condition
from loadcase.core.metrics import MetricSpec, component_metric
from loadcase.kinds.base import Component, Skip

SEEN = ("queue", "utilisation")
"""Metrics of a component that a control loop looks at."""
OPPOSITE: Mapping[str, Literal["<", "<=", ">", ">="]] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class ConditionParser(GuaranteeParser):
    """Parses conditions on the components of one blueprint."""

    def __init__(self, problems: Problems, scope: Mapping[str, Any], components: Mapping[str, Component]) -> None:
        super().__init__(problems, scope)
        self.components = components

    def metric(self, name: str, path: Path) -> MetricSpec | None:
        """What a condition speaks of; None when no control loop sees that, which is noted."""
        target, _, metric = name.partition(".")
        component = self.components.get(target)
        if component is None:
            self.problems.unknown("component", target, self.components, path)
            return None
        if metric not in SEEN:
            self.problems.unknown("condition", metric, SEEN, path, "LC341")
            return None
        if component.workers == 0:
            self.problems.add("LC346", f"{name} is never measured: its workers are unlimited (workers: 0)", path,
                              "look at a component that queues")  # fmt: skip
            return None
        return component_metric(metric, component.kind)

    def condition(self, text: str, path: Path) -> Condition | None:
        """One comparison; None when it is wrong, which is noted."""
        line = self.guarantee(text, path)
        if line is None:
            return None
        if line.comparison == "==":
            self.problems.add("LC356", "a control loop never sees exactly that", path, "compare with > or <")
            return None
        component, _, metric = line.metric.partition(".")
        return Condition(component, metric, line.comparison, line.bound)  # type: ignore[arg-type]

    def brownout(self, raw: Skip | str, path: Path) -> Brownout | None:
        """When a step is left out; None when it is wrong, which is noted."""
        skip = Skip(when=raw) if isinstance(raw, str) else raw
        inside = path if isinstance(raw, str) else (*path, "when")
        when = self.condition(skip.when, inside)
        until = None if skip.until is None else self.condition(skip.until, (*path, "until"))
        if skip.every <= 0:
            self.problems.add("LC356", "it is looked at from time to time", (*path, "every"), "for example every: 1 s")
            return None
        if when is None or (skip.until is not None and until is None):
            return None
        ends = Condition(when.component, when.metric, OPPOSITE[when.comparison], when.bound)
        if until is not None:
            rises = when.comparison.startswith(">")
            same = (until.component, until.metric) == (when.component, when.metric)
            apart = until.bound <= when.bound if rises else until.bound >= when.bound
            if not same or until.comparison.startswith(">") == rises or not apart:
                hint = f"{when.component}.{when.metric} {'< a lower bound' if rises else '> a higher bound'}"
                self.problems.add("LC356", "it ends when the same metric is well again", (*path, "until"), hint)
                return None
            ends = until
        return Brownout(when, ends, skip.every)
