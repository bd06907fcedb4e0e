"""Why a guarantee does not hold: where the time went, why operations failed, who was busiest."""

from __future__ import annotations

from collections.abc import Sequence

from loadcase.blueprint.model import Blueprint, Guarantee
from loadcase.blueprint.steps import Call, walk
from loadcase.core.metrics import OF_COURSE, correctness_metric
from loadcase.core.results import RunResult
from loadcase.core.values import show

MOST = 3
"""Components that are named at most."""


def explain(blueprint: Blueprint, guarantee: Guarantee, results: Sequence[RunResult]) -> list[str]:
    """Reasons in words, the most telling first; none where nothing was measured."""
    target, _, what = guarantee.metric.partition(".")
    if not results or (correctness_metric(what) is not None and what not in OF_COURSE):  # which has a story instead
        return []
    said = []
    if target in blueprint.flows:
        if guarantee.unit == "s" and what not in OF_COURSE:
            said.append(where_time_goes(blueprint, target, results))
        else:
            said.append(skips(blueprint, target) if what == "skipped" else failures(target, results))
    if guarantee.metric != "cost":
        said.append(busiest(results))
    return [text for text in said if text]


def where_time_goes(blueprint: Blueprint, flow: str, results: Sequence[RunResult]) -> str:
    """The components of a flow where a visit takes longest, with the time waited and the time served.

    By Little's law from the mean numbers waiting and in service. A component that makes nested calls holds its worker
    over them, which is said.
    """
    spec = blueprint.flows[flow]
    calls = [step for step in walk(spec.steps) if isinstance(step, Call)]
    holding = {c.component for c in calls if c.nested.get("do")}
    times: list[tuple[float, str]] = []
    for name in dict.fromkeys(c.component for c in calls):
        rate = _mean(results, f"{name}.rate")
        if not rate:
            continue
        waited, served = _mean(results, f"{name}.queue") / rate, _mean(results, f"{name}.in_service") / rate
        over = " with what it calls" if name in holding else ""
        times.append((waited + served, f"{name} waits {show(waited, 's')} and serves {show(served, 's')}{over}"))
    if spec.consume is not None:
        source = spec.consume.source
        rate = _mean(results, f"{flow}.rate")
        if rate:
            lagged = _mean(results, f"{source}.lag") / rate
            times.append((lagged, f"{source} waits {show(lagged, 's')} for its consumer"))
    times.sort(key=lambda t: -t[0])
    return f"a visit: {', '.join(text for _, text in times[:MOST])}" if times else ""


def skips(blueprint: Blueprint, flow: str) -> str:
    """Which steps of a flow are left out, and when."""
    calls = [step for step in walk(blueprint.flows[flow].steps) if isinstance(step, Call)]
    said = [(f"{c.component}.{c.verb}", c.options.skip) for c in calls if c.options.skip is not None]
    conditions = ((name, skip if isinstance(skip, str) else skip.when) for name, skip in said)
    return "; ".join(f"{name} is skipped while {when}" for name, when in conditions)


def failures(flow: str, results: Sequence[RunResult]) -> str:
    """Why operations of a flow failed, and how often."""
    start = f"{flow}.errors."
    reasons = {name.removeprefix(start) for name in _names(results) if name.startswith(start)}
    rates = sorted(((_mean(results, start + reason), reason) for reason in reasons), reverse=True)
    said = [f"{reason} {show(rate, '1/s')}" for rate, reason in rates]
    return f"failures: {', '.join(said)}" if said else ""


def busiest(results: Sequence[RunResult]) -> str:
    """Which component was under most pressure."""
    names = {name for name in _names(results) if name.count(".") == 1}  # not r.errors.shed, a flow's
    used = {n.removesuffix(".utilisation"): _mean(results, n) for n in names if n.endswith(".utilisation")}
    shed = {n.removesuffix(".shed"): _mean(results, n) for n in names if n.endswith(".shed")}
    if not used:
        return "no component queues"
    top = max(sorted(used), key=lambda name: used[name])
    text = f"busiest: {top} at {show(used[top], 'ratio')}"
    worst = max(sorted(shed), key=lambda name: shed[name], default=None)
    if worst is not None and shed[worst] > 0:
        text += f", {worst} sheds {show(shed[worst], '1/s')}"
    return text


def _mean(results: Sequence[RunResult], name: str) -> float:
    """Mean of a metric over the runs, 0 in those that lack it."""
    found = [metric.value for r in results if (metric := r.metric(name))]
    return sum(found) / len(results) if results else 0.0


def _names(results: Sequence[RunResult]) -> set[str]:
    return {name for r in results for name in (*r.metrics, *r.rough)}
