"""Whether somebody is paged as promised: within `page_within` of a fault, and never while nothing is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from loadcase.alerts.replay import Alert, Times, UntoldError, replay
from loadcase.blueprint.model import Blueprint, Case
from loadcase.core.results import Outcome, RunResult, Verdict, worst
from loadcase.core.values import show

METRIC = "page"


@dataclass(frozen=True)
class Paged:
    """What the alerts do in one run; `untold` says why that is not known."""

    seed: int
    alerts: list[Alert] = field(default_factory=list)
    untold: str = ""

    def pages(self) -> list[Alert]:
        """Those that page somebody."""
        return [a for a in self.alerts if a.severity == "page"]


def paged(blueprint: Blueprint, case: Case, run: RunResult) -> Paged:
    """What the alerts of a blueprint do in a run of a case."""
    if run.partial and not run.tallies:
        return Paged(run.seed, untold=run.partial)
    times = Times.of(case.faults, run.duration_s)
    try:
        return Paged(run.seed, [a for o in blueprint.objectives for a in replay(o, run.tallies[o.metric], times)])
    except UntoldError as error:
        return Paged(run.seed, untold=str(error))


def judge_page(blueprint: Blueprint, case: Case, runs: Sequence[RunResult]) -> Outcome | None:
    """The promise `page_within` of a case; None where nothing is promised.

    In every run some objective's alert pages, no sooner than the first fault, and so soon that it makes no difference
    when the rules are evaluated. One run that shows the contrary breaks it.
    """
    if case.page_within is None:
        return None
    return judge_faulty(case, [paged(blueprint, case, run) for run in runs])


def judge_faulty(case: Case, found: Sequence[Paged]) -> Outcome | None:
    """The same from what the alerts did; None where nothing is promised."""
    if case.page_within is None:
        return None
    within = case.page_within
    verdicts = [_in_time(one, within) for one in found]
    verdict = worst(verdicts)
    told = [one for one in found if not one.untold]
    latest = max((_soonest(one.pages(), certain=True) for one in told), default=math.inf)
    evidence = _why(found, verdicts) if told else (found[0].untold if found else "no run was finished")
    known = verdict != "unknown" and latest < math.inf
    earliest = min((_first(one) for one in told), default=math.inf)
    return Outcome(
        guarantee=f"page_within {show(within, 's')}",
        metric=METRIC,
        value=latest if known else None,
        low=earliest if known else None,
        high=latest if known else None,
        bound=within,
        comparison="<=",
        unit="s",
        verdict=verdict,
        evidence=evidence,
        margin=(within - latest) / within if known and within > 0.0 else None,
    )


def judge_calm(case: Case, found: Sequence[Paged]) -> tuple[Verdict, str]:
    """Whether nobody is paged in a case without faults, but for what the case lets give; and why."""
    verdicts: list[Verdict] = []
    said = ""
    for one in found:
        alerts = [a for a in one.pages() if a.objective.metric not in case.degrade]
        certain = [a for a in alerts if a.certain.fires_s is not None]
        possible = [a for a in alerts if a.possible.fires_s is not None]
        verdicts.append("unknown" if one.untold else "broken" if certain else "unknown" if possible else "holds")
        for alert in certain or possible:
            said = said or f"seed {one.seed}: {alert.objective.metric} pages: {_bad(alert)}"
        said = said or one.untold
    verdict = worst(verdicts)
    seeds = f"{len(found)} seed{'s'[: len(found) != 1]}"
    return verdict, said or (f"nobody is paged over {seeds}" if found else "no run was finished")


def _in_time(one: Paged, within: float) -> Verdict:
    if one.untold:
        return "unknown"
    pages = one.pages()
    if any(a.certain.already for a in pages) or _soonest(pages, certain=False) > within:
        return "broken"
    if any(a.possible.already for a in pages) or _soonest(pages, certain=True) > within:
        return "unknown"
    return "holds"


def _soonest(pages: Sequence[Alert], certain: bool) -> float:
    """When the first page comes at the latest."""
    firings = (a.certain if certain else a.possible for a in pages)
    return min((f.fires_s[1] for f in firings if f.fires_s is not None), default=math.inf)


def _first(one: Paged) -> float:
    """When the first page can come at the earliest."""
    return min((a.possible.fires_s[0] for a in one.pages() if a.possible.fires_s is not None), default=math.inf)


def _why(found: Sequence[Paged], verdicts: Sequence[Verdict]) -> str:
    """Why a promise has its verdict: the run that decides it."""
    decisive = next((v for v in ("broken", "unknown") if v in verdicts), "holds")
    candidates = [one for one, verdict in zip(found, verdicts, strict=True) if verdict == decisive]
    one = max(candidates, key=lambda p: _soonest(p.pages(), certain=True))
    if one.untold:
        return f"seed {one.seed}: {one.untold}"
    early = next((a for a in one.pages() if a.possible.already), None)
    if early is not None:
        sure = "pages" if early.certain.already else "may page"
        return f"seed {one.seed}: {early.objective.metric} {sure} before the first fault; {_bad(early)}"
    told = [f"seed {one.seed}: {moment(a)}" for a in one.pages() if a.possible.fires_s is not None]
    if not told and one.pages():
        told = [f"seed {one.seed}: no page", _bad(max(one.pages(), key=_spent))]
    elif not told:
        told = ["no objective can page: their budgets are too large, even for a total failure"]
    return "; ".join([*told, f"over {len(found)} seed{'s'[: len(found) != 1]}"])


def _spent(alert: Alert) -> float:
    return alert.shares[1] / alert.objective.budget


def moment(alert: Alert) -> str:
    """When an alert fires, in words; it does at the earliest as is possible, at the latest as is certain."""
    soonest = alert.possible.fires_s
    if soonest is None:
        return f"{alert.objective.metric} does not page"
    latest = math.inf if alert.certain.fires_s is None else alert.certain.fires_s[1]
    until = f" to {show(latest, 's')}" if latest < math.inf else " or never"
    closed = "" if alert.closed_s is None else f", in closed form after {show(alert.closed_s, 's')}"
    return f"{alert.objective.metric} pages {show(soonest[0], 's')}{until} after the first fault{closed}"


def _bad(alert: Alert) -> str:
    """How many operations are bad, and how many may be."""
    before, during, _ = (show(share, "ratio") for share in alert.shares)
    budget = show(alert.objective.budget, "ratio")
    if alert.lasting_s is None:
        return f"{before} of the operations are bad, and {budget} may be"
    said = (
        f"{before} of the operations of {alert.objective.metric} are bad before the faults and {during} while they last"
    )
    if alert.needed_s is None:
        return f"{said}, which never pages with a budget of {budget}"
    lasting = "as long as the run" if math.isinf(alert.lasting_s) else show(alert.lasting_s, "s")
    return f"{said}, which pages after {show(alert.needed_s, 's')}; the faults last {lasting}"


@dataclass(frozen=True)
class CasePages:
    """What the alerts do in one case, and whether that is as promised; `why` says so in words."""

    case: str
    verdict: Verdict
    why: str
    page_within_s: float | None
    seeds: tuple[int, ...]
    found: tuple[Paged, ...]
    scale: int = 1
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PagesResult:
    """The alerts of a blueprint replayed: the worst verdict of its cases."""

    blueprint: str
    verdict: Verdict
    cases: tuple[CasePages, ...]
    wall_s: float = 0.0
    interrupted: bool = False


def judge_pages(blueprint: Blueprint, name: str, case: Case, runs: Sequence[RunResult]) -> CasePages:
    """What the alerts do in the runs of a case.

    With faults, a page has to come as the case promises; where it promises none, it is unknown. Without faults there
    must be none, but for what the case lets give.
    """
    found = tuple(paged(blueprint, case, run) for run in runs)
    promised = judge_faulty(case, found)
    if promised is not None:
        verdict, why = promised.verdict, promised.evidence
    elif case.faults:
        verdict, why = "unknown", f"no page is promised: say page_within in cases.{name}, for example 5 min"
    else:
        verdict, why = judge_calm(case, found)
    return CasePages(
        name,
        verdict,
        why,
        case.page_within,
        tuple(run.seed for run in runs),
        found,
        max((run.scale for run in runs), default=1),
        tuple(dict.fromkeys(note for run in runs for note in run.notes)),
    )
