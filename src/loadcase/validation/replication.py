"""Availability of groups: k of n, in series, in parallel."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from loadcase.validation import lengths
from loadcase.validation.closed import closed_form
from loadcase.validation.plan import MAIN, Model, NotExpressible, Plan, Run, blueprint, listed, mapping, num, step
from loadcase.validation.queueing import Case

PER_SECOND = 1000.0


def add(plan: Plan, case: Case, name: str, function: str, use: Callable[[Callable[..., Any]], float]) -> None:
    """Adds an expected value that one of the estimator's closed forms gives."""
    if name not in case["expected"]:
        return
    try:
        found = closed_form("availability", function)
    except NotExpressible as reason:
        plan.missing[name] = str(reason)
        return
    plan.closed[name] = partial(use, found)


def k_of_n(n: int, need: int, p: float) -> Callable[[Callable[..., Any]], float]:
    """Asks the closed form how often at least `need` of `n` are up, or fewer are."""
    return lambda f: float(f(p, n, need))


def downtime(share: float, days: float) -> Callable[[Callable[..., Any]], float]:
    """Asks the closed form for the minutes down in so many days."""
    return lambda f: float(f(share, days * 1440.0))


def pair_down(up: float, down: float, crews: int) -> Callable[[Callable[..., Any]], float]:
    """Asks the closed form how often both of two are down, with so many repair crews."""
    return lambda f: float(f(up, down, crews))


def quorum(case: Case, model: Model) -> Plan:
    """A group of nodes, each up with a probability when it is asked, of which some must answer."""
    n, p = model.whole("nodes"), model.number("p_up")
    need = model.whole("quorum") if "quorum" in model else model.whole("need")
    if model.get("independent", True) is not True:
        raise NotExpressible("nodes fail independently of each other")
    if not (1 <= need <= n <= 1000 and 0 <= p <= 1):
        raise NotExpressible("the quorum does not fit the group")
    plan = Plan()
    for name, value in case["expected"].items():
        rel, absolute = lengths.tolerance_of(case, name)
        probability = float(value)
        slack = max(rel * probability, absolute)
        needed = probability * (1 - probability) / (lengths.SHARE * slack) ** 2 if slack else math.inf
        if name in ("availability", "unavailability") and needed < 1e8:
            if MAIN not in plan.runs or plan.runs[MAIN].duration_s < needed / PER_SECOND:
                plan.runs[MAIN] = Run(group(case, n, need, p), lengths.clamp(needed, PER_SECOND))
            plan.formulas[name] = "request.availability" if name == "availability" else "1 - request.availability"
        elif name in ("availability", "unavailability"):
            add(plan, case, name, "k_of_n" if name == "availability" else "k_of_n_down", k_of_n(n, need, p))
    return plan


def group(case: Case, n: int, need: int, p: float) -> str:
    """Calls to all nodes at once."""
    node = mapping(kind="external", work="0 s", error_rate=1 - p)
    body = step("fan_out", mapping(n=n, need=need, do="[node.call]"))
    flows = {"request": (f"arrive: {{rate: {num(PER_SECOND)} /s}}", [body])}
    return blueprint(case["title"], {"node": node}, flows)


def arithmetic(case: Case, model: Model) -> Plan:
    """Availability in series and in parallel; downtime; repair."""
    if "series" in model or "parallel" in model:
        return series_parallel(case, model)
    plan = Plan()
    if "mtbf_h" in model:
        up, down = model.number("mtbf_h"), model.number("mttr_h")
        model.ignore("pair")
        add(plan, case, "availability_single", "from_repair", lambda f: float(f(up, down)))
        for name, crews in {"unavailability_pair_independent": 2, "unavailability_pair_one_crew": 1}.items():
            add(plan, case, name, "pair_down", pair_down(up, down, crews))
        return plan
    if "availability" in model:
        share = model.number("availability")
        for name, days in {"minutes_per_year": 365.25, "minutes_per_30_days": 30.0}.items():
            add(plan, case, name, "downtime_minutes", downtime(share, days))
        return plan
    raise NotExpressible("the case gives neither availabilities nor times between failures")


def series_parallel(case: Case, model: Model) -> Plan:
    """Calls in a row that must all succeed, then alternatives of which one must."""
    series = model.numbers("series") if "series" in model else []
    parallel = model.numbers("parallel") if "parallel" in model else []
    if model.get("independent", True) is not True:
        raise NotExpressible("parts fail independently of each other")
    components = {
        f"part_{i}": mapping(kind="external", work="0 s", error_rate=1 - a) for i, a in enumerate(series, start=1)
    }
    row = [f"{name}.call" for name in components]
    either = {
        f"copy_{i}": mapping(kind="external", work="0 s", error_rate=1 - a) for i, a in enumerate(parallel, start=1)
    }
    branches = listed([f"[{name}.call]" for name in either])
    choice = [step("parallel", f"{{branches: {branches}, need: 1}}")] if either else []
    plan = Plan()
    for name, steps in {"availability": row + choice, "series_only": row, "parallel_only": choice}.items():
        if name not in case["expected"] or not steps:
            continue
        used = {n: b for n, b in {**components, **either}.items() if any(f"{n}.call" in s for s in steps)}
        flows = {"request": (f"arrive: {{rate: {num(PER_SECOND)} /s}}", steps)}
        rel, absolute = lengths.tolerance_of(case, name)
        value = float(case["expected"][name])
        slack = max(rel * value, absolute) or 1e-3
        needed = max(value * (1 - value), 1e-5) / (lengths.SHARE * slack) ** 2
        plan.runs[name] = Run(blueprint(case["title"], used, flows), lengths.clamp(needed, PER_SECOND))
        plan.formulas[name] = f"{name}.request.availability"
    return plan
