"""Whether a variant breaks what the decision for which it stands says that it breaks."""

from __future__ import annotations

from loadcase.blueprint.model import Blueprint
from loadcase.core.results import CheckResult, Decided, Verdict


def showing(blueprint: Blueprint) -> list[str]:
    """The cases in which a variant is to be judged: those that its decisions say show what it breaks, or all."""
    every = list(blueprint.cases) or ["normal"]
    decisions = [d for d in blueprint.decisions.values() if d.variant == blueprint.variant and d.breaks]
    if blueprint.variant is None or not decisions or not all(d.shown_in for d in decisions):
        return every
    return [case for case in every if any(case in d.shown_in for d in decisions)]


def decided(blueprint: Blueprint, result: CheckResult) -> tuple[Decided, ...]:
    """One for each decision whose variant was judged and that says what this breaks: holds when it is just that.

    Unknown when nothing else is broken and what is missing is undecided.
    """
    if blueprint.variant is None:
        return ()
    outcomes = [outcome for case in result.cases for outcome in case.guarantees]
    broken = {o.metric for o in outcomes if o.verdict == "broken"}
    undecided = {o.metric for o in outcomes if o.verdict == "unknown"}
    found = []
    for name, decision in blueprint.decisions.items():
        said = set(decision.breaks)
        if decision.variant == blueprint.variant and said:
            verdict: Verdict = "broken"
            if said == broken:
                verdict = "holds"
            elif broken <= said <= broken | undecided:
                verdict = "unknown"
            found.append(Decided(name, verdict, tuple(sorted(said)), tuple(sorted(broken))))
    return tuple(found)
