"""Runs validation cases: translate, simulate over several seeds, compare with what is expected."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeVar

from loadcase.core.errors import LoadcaseError, UsageError
from loadcase.core.results import Series
from loadcase.validation.lengths import MOST_SEEDS, SEEDS, SHARE, tolerance_of
from loadcase.validation.plan import MAIN, NotExpressible, Plan, Run, evaluate
from loadcase.validation.translate import translate

A = TypeVar("A")
B = TypeVar("B")
Status = Literal["pass", "fail", "not-expressible"]
Case = Mapping[str, Any]
Progress = Callable[[int, int, dict[str, Any]], None]
"""Called after each case with how many are done, of how many, and the case's result."""
Runner = Callable[..., Any]
"""`loadcase.api.run`, or what takes its place: (blueprint, case, seed, duration=, warmup=) -> RunResult."""
Loader = Callable[[str], Any]


def built_in() -> list[dict[str, Any]]:
    """The cases that come with the package."""
    text = resources.files("loadcase.validation").joinpath("cases.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def read_cases(path: str | Path) -> list[dict[str, Any]]:
    """Cases from a file: a JSON list, each with id, phenomenon, model, expected and tolerance.

    Raises UsageError when it is not that.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {error}", hint="pass a JSON list of cases") from None
    if isinstance(found, dict):
        found = found.get("cases")
    if not isinstance(found, list) or not all(isinstance(c, dict) and "id" in c for c in found):
        raise UsageError(
            f"{path} is not a list of cases", hint="each case has id, phenomenon, model, expected, tolerance"
        )
    return found


def run_cases(
    cases: Sequence[Case] | None = None,
    only: Iterable[str] | None = None,
    on_progress: Progress | None = None,
    run: Runner | None = None,
    *,
    loads: Loader | None = None,
    threads: int = 2,
) -> list[dict[str, Any]]:
    """One result per case: `{"id", "group", "title", "status", "expected", "got", "residual", "reason", "metrics"}`.

    `only` keeps the cases whose id, group or phenomenon is named. `got` and `residual` are by expected value, `metrics`
    says how each was found. A case passes when every expected value was computed and is within its tolerance; it fails
    when one is outside; else it is not expressible, and `reason` says what is missing.
    """
    chosen = list(cases) if cases is not None else built_in()
    if only is not None:
        wanted = set(only)
        known = {str(c.get(k)) for c in chosen for k in ("id", "group", "phenomenon")}
        if wanted - known:
            raise UsageError(f"no case, group or phenomenon is called {', '.join(sorted(wanted - known))}")
        chosen = [c for c in chosen if wanted & {str(c.get(k)) for k in ("id", "group", "phenomenon")}]
    if run is None or loads is None:
        from loadcase.api import run as api_run
        from loadcase.blueprint.load import loads as engine_loads

        run, loads = run or api_run, loads or engine_loads
    one = partial(run_case, run=run, loads=loads)
    return in_turn(chosen, lambda case, pool: one(case, pool=pool), on_progress, threads)


def in_turn(
    chosen: Sequence[A],
    one: Callable[[A, ThreadPoolExecutor], B],
    on_progress: Callable[[int, int, B], None] | None,
    threads: int,
) -> list[B]:
    """What `one` makes of each, whose runs share the threads; progress is told after each."""
    results: list[B] = []
    with ThreadPoolExecutor(max(1, threads)) as pool:
        for item in chosen:
            results.append(one(item, pool))
            if on_progress is not None:
                on_progress(len(results), len(chosen), results[-1])
    return results


def run_case(case: Case, run: Runner, loads: Loader, pool: ThreadPoolExecutor) -> dict[str, Any]:
    """The result of one case."""
    result: dict[str, Any] = {
        **{k: str(case.get(k, "")) for k in ("id", "group", "phenomenon", "title")},
        "status": "not-expressible",
        "expected": case.get("expected", {}),
        "got": {},
        "residual": {},
        "reason": "",
        "metrics": {},
        "seeds": 0,
    }
    try:
        plan = translate(case)
        details = simulate(case, plan, run, loads, pool, result)
    except NotExpressible as reason:
        result["reason"] = str(reason)
        return result
    except (LoadcaseError, KeyError, TypeError, ValueError) as error:
        result["reason"] = f"the case could not be run: {type(error).__name__}: {error}"
        return result
    judged = {name: judge(case, name, details[name]) for name in case["expected"]}
    result["metrics"] = judged
    result["got"] = {name: one["got"] for name, one in judged.items()}
    result["residual"] = {name: one["residual"] for name, one in judged.items()}
    result["status"], result["reason"] = summary(judged)
    return result


def summary(judged: Mapping[str, Mapping[str, Any]]) -> tuple[Status, str]:
    """The status of a case and why, from its values."""
    by = {s: [n for n, one in judged.items() if one["status"] == s] for s in ("pass", "fail", "not-expressible")}
    if by["fail"]:
        reasons = [f"{n}: {judged[n]['reason'] or 'outside the tolerance'}" for n in by["fail"]]
        return "fail", "; ".join(reasons)
    if not by["not-expressible"]:
        return "pass", ""
    whys: dict[str, list[str]] = {}
    for name in by["not-expressible"]:
        whys.setdefault(judged[name]["reason"], []).append(name)
    reason = "; ".join(f"{', '.join(names)}: {why}" for why, names in whys.items())
    good = f" ({', '.join(by['pass'])} within tolerance)" if by["pass"] else ""
    return "not-expressible", reason + good


# --- simulating -----------------------------------------------------------------------------------------------------
def simulate(
    case: Case, plan: Plan, run: Runner, loads: Loader, pool: ThreadPoolExecutor, result: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Every expected value: `got`, its standard error, how it was found, or why it was not.

    Seeds are added until the standard error is under a fifth of the tolerance.
    """
    details: dict[str, dict[str, Any]] = {}
    for name, reason in plan.missing.items():
        details[name] = {"got": None, "by": "", "se": None, "reason": reason}
    for name, function in plan.closed.items():
        details[name] = {"got": function(), "by": "closed form", "se": 0.0, "reason": ""}
    if not plan.formulas:
        return details
    blueprints = {name: loads(one.blueprint) for name, one in plan.runs.items()}
    values: dict[str, list[float]] = {name: [] for name in plan.formulas}
    absent: dict[str, str] = {}
    early = ""
    for first in range(0, MOST_SEEDS, SEEDS):
        seeds = range(first + 1, first + 1 + SEEDS)
        metrics = {seed: {} for seed in seeds}  # type: dict[int, dict[str, float]]
        tasks = {
            (name, seed): pool.submit(one_run, run, blueprints[name], plan.runs[name], seed)
            for name in plan.runs
            for seed in seeds
        }
        for (name, seed), task in tasks.items():
            found, partial = task.result()
            early = early or partial
            prefix = "" if name == MAIN and len(plan.runs) == 1 else f"{name}."
            metrics[seed] |= {prefix + metric: value for metric, value in found.items()}
        for seed in seeds:
            for name, formula in plan.formulas.items():
                try:
                    values[name].append(evaluate(formula, metrics[seed].__getitem__))
                except KeyError as error:
                    absent[name] = f"the engine does not report {error.args[0]}"
                except ZeroDivisionError:
                    absent[name] = f"nothing happened that {formula} could be divided by"
        result["seeds"] = first + SEEDS
        if early or all(precise(case, name, values[name]) for name in plan.formulas if name not in absent):
            break
    for name, formula in plan.formulas.items():
        if name in absent:
            details[name] = {"got": None, "by": formula, "se": None, "reason": absent[name]}
        else:
            mean, se = estimate(values[name])
            details[name] = {"got": mean, "by": formula, "se": se, "reason": early}
    return details


def one_run(run: Runner, blueprint: Any, plan: Run, seed: int) -> tuple[dict[str, float], str]:
    """The metrics of one seed, and why it ended early if it should not have."""
    result = run(blueprint, "normal", seed, duration=plan.duration_s, warmup=plan.warmup_s)
    partial = result.partial or ""
    if plan.leaves_work and "drain ended" in partial:
        partial = ""
    metrics = {name: metric.value for name, metric in result.metrics.items()}
    return {**at_end(result.series), **metrics}, partial


def at_end(series: Mapping[str, Series]) -> dict[str, float]:
    """What is reported over time as it is in the last tenth of a run, as `NAME.at_end`."""
    found = {}
    for name, line in series.items():
        last = [v for v in line.values[-max(1, len(line.values) // 10) :] if v is not None]
        if last:
            found[f"{name}.at_end"] = statistics.fmean(last)
    return found


def estimate(values: Sequence[float]) -> tuple[float, float]:
    """Mean over the seeds and its standard error."""
    mean = statistics.fmean(values)
    return mean, statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.inf


def allowed(case: Case, name: str) -> float:
    """How far a value may be from what is expected."""
    if isinstance(case["expected"][name], bool):
        return 0.0
    relative, absolute = tolerance_of(case, name)
    return max(relative * abs(float(case["expected"][name])), absolute)


def precise(case: Case, name: str, values: Sequence[float]) -> bool:
    """Whether the standard error is small enough to judge."""
    return estimate(values)[1] <= SHARE * allowed(case, name)


def judge(case: Case, name: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    """One expected value beside the one that was found."""
    expected, got = case["expected"][name], detail["got"]
    judged = {**detail, "expected": expected, "status": "not-expressible", "residual": None, "tolerance": None}
    if got is None:
        return judged
    if detail["by"] == "closed form":
        slack = float(case["tolerance"].get("analytic_rel", 1e-4)) * abs(float(expected))
    else:
        slack = allowed(case, name)
    off = got - float(expected)
    judged["residual"] = off / abs(float(expected)) if expected else off
    judged["tolerance"] = slack / abs(float(expected)) if expected else slack
    ok = abs(off) <= slack + 1e-12 * abs(float(expected)) and not detail["reason"]
    judged["status"] = "pass" if ok else "fail"
    return judged
