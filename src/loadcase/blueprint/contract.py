"""The lines of a contract: `metric comparison quantity`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from loadcase.blueprint.knowledge import calls as calls_of
from loadcase.blueprint.knowledge import drawn_late, sessions, unanswered, updated
from loadcase.blueprint.model import Blueprint, Guarantee
from loadcase.blueprint.problems import Path, Problems, describe
from loadcase.core.errors import LoadcaseError
from loadcase.core.expressions import evaluate
from loadcase.core.metrics import (
    OF_AMOUNTS,
    OF_CLAIMS,
    OF_COURSE,
    OF_PERMISSIONS,
    OF_READS,
    OF_SCHEDULE,
    OF_SESSIONS,
    OF_UPDATES,
    MetricSpec,
    component_metric,
    correctness_metric,
    flow_metric,
    metric_names,
)
from loadcase.core.quantity import median, strip_counts
from loadcase.core.units import in_unit
from loadcase.kinds.store import Store

_LINE = re.compile(r"\s*([A-Za-z_][\w.-]*)\s*(<=|>=|==|<|>)\s*(\S.*?)\s*\Z")
_DIMS = {
    "s": (("time", 1),),
    "1/s": (("time", -1),),
    "ratio": (),
    "count": (),
    "USD/month": (("money", 1), ("time", -1)),
}
_WORDS = {"ratio": "a ratio", "s": "a duration", "1/s": "a rate", "count": "a number"}
_EXAMPLE = {"s": "300 ms", "1/s": "500 /s", "ratio": "99.9 %", "count": "1000", "USD/month": "900k USD/month"}


class GuaranteeParser:
    """Parses guarantees; what metrics there are is up to the kind of contract."""

    def __init__(self, problems: Problems, scope: Mapping[str, Any]) -> None:
        self.problems = problems
        self.scope = scope

    def metric(self, name: str, path: Path) -> MetricSpec | None:
        """The metric that a guarantee speaks of; None when there is none such, which is noted."""
        raise NotImplementedError

    def guarantee(self, text: Any, path: Path) -> Guarantee | None:
        """One line; None when it is wrong, which is noted."""
        match = _LINE.match(text) if isinstance(text, str) and len(text) < 500 else None
        if match is None:
            self.problems.add("LC340", f"cannot read the guarantee {describe(text)}", path,
                              "write `metric comparison quantity`, for example send.p95 < 300 ms")  # fmt: skip
            return None
        name, comparison, quantity = match[1], match[2], match[3]
        spec = self.metric(name, path)
        if spec is None:
            return None
        bound = self.bound(quantity, spec, path, at=match.start(3))
        if bound is None:
            return None
        return Guarantee(text.strip(), name, cast(Any, comparison), bound, spec.unit, path)

    def bound(self, text: Any, spec: MetricSpec, path: Path, at: int = 0) -> float | None:
        """The bound of a guarantee in base units; it stands `at` characters into the value at the path."""
        try:
            value = median(strip_counts(evaluate(text, self.scope)))
            if value.dims != _DIMS[spec.unit]:
                raise LoadcaseError(
                    f"{spec.name} is compared with {_WORDS.get(spec.unit, spec.unit)}, got {describe(text)}",
                    code="LC343",
                    hint=f"for example {_EXAMPLE[spec.unit]}",
                )
            if spec.unit == "USD/month":
                return in_unit(value, "USD/month")
            return float(value.value)
        except LoadcaseError as error:
            self.problems.error(error, path, at=at)
            return None


class ContractParser(GuaranteeParser):
    """Parses guarantees against the flows and components of one blueprint."""

    def __init__(self, problems: Problems, scope: Mapping[str, Any], blueprint: Blueprint) -> None:
        super().__init__(problems, scope)
        self.b = blueprint

    def untold(self, target: str, metric: str) -> str:
        """Why no run tells a metric of correctness; empty when it does."""
        name = metric.split(".")[0]
        if name in OF_READS | OF_UPDATES and (why := unanswered(self.b, target)):
            return f"runs do not record what caches answer here: {why}"
        return ""

    def metric(self, name: str, path: Path) -> MetricSpec | None:
        """The metric that a guarantee speaks of; None when there is none such, which is noted."""
        if name == "cost":
            return MetricSpec("cost", "design", "USD/month", "")
        target, _, metric = name.partition(".")
        correct = correctness_metric(metric)
        why = self.untold(target, metric) if correct is not None else ""
        if why:
            self.problems.add("LC002", f"{metric!r} is not judged yet: {why}", path,
                              "take the line out until then; loadcase judge judges recorded histories")  # fmt: skip
            return None
        if correct is not None and correct.of == "entity" and target not in self.b.entities:
            self.problems.unknown("entity", target, self.b.entities, path)
            return None
        if correct is not None and (correct.of == "entity" or target in self.b.flows):
            why = self.unrecorded(target, metric.split(".")[0])
            if why:
                self.problems.add("LC346", f"{name} is never measured: {why}", path, "promise something else")
                return None
            return correct
        if target in self.b.flows:
            found = flow_metric(metric)
            if found is None:
                self.problems.unknown(f"metric of flow {target}", metric, metric_names("flow"), path, "LC341")
            elif metric.startswith("age.") and self.b.flows[target].consume is None:
                self.problems.add("LC342", f"{name}: a flow whose clients arrive has no age beside its latency", path,
                                  f"write {target}.{metric[4:]}")  # fmt: skip
                return None
            elif metric == "skipped" and not self.skips(target):
                self.problems.add("LC346", f"{name} is never measured: no step of it is skipped", path,
                                  "give a step skip:, or promise something else")  # fmt: skip
                return None
            return found
        if target in self.b.components:
            kind = self.b.components[target].kind
            found = component_metric(metric, kind)
            if found is None:
                self.problems.unknown(f"metric of a {kind}", metric, metric_names("component", kind), path, "LC341")
                return None
            why = self.unmeasured(target, metric)
            if why:
                self.problems.add("LC346", f"{name} is never measured: {why}", path, "promise something else")
                return None
            return found
        self.problems.unknown("flow or component", target, [*self.b.flows, *self.b.components, "cost"], path)
        return None

    def skips(self, flow: str) -> bool:
        """Whether a step of a flow may be skipped."""
        return any(call.options.skip is not None for call in calls_of(self.b.flows[flow].steps))

    def unrecorded(self, target: str, metric: str) -> str:
        """Why there is nothing in a design that a metric of correctness could be about; empty when there is."""
        if metric in OF_COURSE:
            return ""
        if target in self.b.flows and target not in self.b.entities:
            return "" if self.b.flows[target].consume is not None else "it is about flows that consume messages"
        calls = [
            (call.verb, self.b.components[call.component])
            for flow in self.b.flows.values()
            for call in calls_of(flow.steps)
            if getattr(call.options, "entity", None) == target
        ]
        stored = [(verb, component) for verb, component in calls if isinstance(component, Store)]
        if not any(verb in component.effects for verb, component in stored):
            return f"no step writes it to a store (entity: {target})"
        if metric in OF_READS and all(verb in component.effects for verb, component in stored):
            return f"no step reads it from a store (entity: {target})"
        if metric in OF_AMOUNTS and not any(
            getattr(call.options, "amount", None) is not None and getattr(call.options, "entity", None) == target
            for flow in self.b.flows.values()
            for call in calls_of(flow.steps)
        ):
            return f"no step writes an amount of it (entity: {target})"
        if metric in OF_PERMISSIONS and not any(
            getattr(call.options, "permission", None) == "revoke" and getattr(call.options, "entity", None) == target
            for flow in self.b.flows.values()
            for call in calls_of(flow.steps)
        ):
            return f"no step takes it away (permission: revoke, entity: {target})"
        if metric in OF_SCHEDULE:
            return drawn_late(self.b, target)
        if metric in OF_SESSIONS:
            readers = sessions(self.b, target, written=False)
            if not readers:
                return f"no flow that reads {target} says whose requests they are (arrive.session)"
            if metric == "missed_own_writes" and readers.isdisjoint(sessions(self.b, target, written=True)):
                return f"no session both writes and reads {target} (arrive.session)"
        if metric in OF_CLAIMS and not any(verb == "claim" for verb, _ in stored):
            return f"no step claims it (entity: {target})"
        if metric in OF_UPDATES and target not in updated(self.b):
            return f"no flow updates it from what it has read (a read, and then an update, of entity: {target})"
        return ""

    def unmeasured(self, target: str, metric: str) -> str:
        """Why a component does not have a metric of its kind; empty when it has."""
        component = self.b.components[target]
        consumed = any(
            f.consume is not None and target in (f.consume.log, f.consume.queue, f.consume.topic)
            for f in self.b.flows.values()
        )
        match metric:
            case "utilisation" | "utilisation.peak" | "hottest_shard" if component.workers == 0:
                return "its workers are unlimited (workers: 0)"
            case _ if metric.startswith("in_service.") and sum(pool.room for pool in component.pools()) > 1:
                return "it is of a single replica"
            case "stored_keys" | "expired" if getattr(component, "hit_ratio", None) is not None:
                return "hit_ratio takes the place of the keys"
            case "connections" if getattr(component, "online", None) is None:
                return "online is not given"
            case "replicas" | "replicas.peak" if getattr(component, "autoscale", None) is None:
                return "its replicas stay as many as they are"
            case "lag" | "lag.peak" | "catch_up" | "dead_letters" if not consumed:
                return "no flow consumes it"
            case "rejected" | "rejected.first" if component.kind != "limiter" and not any(
                map(component.quota_of, component.verbs)
            ):
                return "it has no quota"
        return ""

    def relaxations(self, case: str, degrade: Mapping[str, Any]) -> dict[str, float]:
        """The relaxed bounds of a case by metric, each of which must be laxer than the contract."""
        bounds: dict[str, float] = {}
        for metric, text in degrade.items():
            path: Path = ("cases", case, "degrade", metric)
            lines = [g for g in self.b.contract if g.metric == metric]
            if not lines and self.promised(metric):
                continue  # in a line that is wrong, which has been told
            if not lines:
                self.problems.unknown("guarantee to degrade", metric, {g.metric for g in self.b.contract}, path)
                continue
            spec = self.metric(metric, path)
            bound = self.bound(text, spec, path) if spec else None
            if bound is None:
                continue
            first = lines[0]
            tighter = bound < first.bound if first.comparison.startswith("<") else bound > first.bound
            if tighter:
                self.problems.add("LC344", f"degrade is tighter than the contract's {first.text!r}", path,
                                  "a case may only relax a bound; tighten it in the contract")  # fmt: skip
            bounds[metric] = bound
        return bounds

    def promised(self, metric: str) -> bool:
        """Whether a line of the contract speaks of a metric, be it wrong or right."""
        return any(line.split()[:1] == [metric] for line in self.b.requirements.contract)

    def sacred(self, case: str, names: list[str], degrade: Mapping[str, Any]) -> None:
        """What may not give must be promised, and not be degraded."""
        for i, metric in enumerate(names):
            path: Path = ("cases", case, "sacred", i)
            if not any(g.metric == metric for g in self.b.contract):
                if self.promised(metric):
                    continue
                self.problems.unknown("guarantee", metric, {g.metric for g in self.b.contract}, path)
            elif metric in degrade:
                self.problems.add("LC345", f"{metric} is both sacred and degraded", path, "keep one of the two")
