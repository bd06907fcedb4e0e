"""Ablation: what can be taken out of a design, all of it together, while every guarantee holds in every case.

Cuts are tried one after the other, the dearest components first, then regions, counts and policies. One that is not
needed stays out while the next are tried, so that what is named at the end can be taken out together, and a component
that was needed beside it is tried once more without. A cut goes through three sieves: it can be made and judged at all;
on paper no guarantee breaks that held before, no rule of the review finds a flaw that was not there, and the loss of a
zone or a machine leaves room; and it holds in runs of all cases. Only what passes all of them is named.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from loadcase.blueprint.load import build
from loadcase.blueprint.model import Blueprint, real
from loadcase.core.errors import BlueprintError, LoadcaseError, Path, dotted
from loadcase.core.results import CheckResult
from loadcase.core.values import show
from loadcase.deep.cuts import CannotCutError, Cut, Data, NeededError, bare, components, counts, policies, regions
from loadcase.estimate.estimate import EstimateReport, monthly_cost
from loadcase.review.design import Design
from loadcase.review.reviewing import Finding, Review, review
from loadcase.review.rule import SEVERITIES, Severity
from loadcase.review.rules.over_engineered import OverEngineered
from loadcase.review.rules.promise_broken_on_paper import relieved, within
from loadcase.review.settings import Settings

BUDGET_S = 600.0
MOST_USED = 0.7
"""How full what is left after the loss of a zone or a machine may be: the headroom of `loadcase size`."""
ABOUT_WORDS = ("LC50", "LC51", "LC58", "LC59")
"""Rules about what is written and not about what is built; a cut makes estimates, reasons and objectives idle."""
WORDS = frozenset({"unused-estimate", "comment-contradicts-figure", "no-peak", "no-figures", "over-built"})

State = Literal["not needed", "needed", "undecided", "not judged", "allowed", "not reached"]


class Judge(Protocol):
    """How one case of a design is judged within some wall seconds."""

    def __call__(self, blueprint: Blueprint, case: str, budget_s: float) -> CheckResult: ...


@dataclass(frozen=True)
class Trial:
    """One cut: what became of it and why, and what it saves (USD/month) where it could be made."""

    what: str
    how: str
    path: Path
    state: State
    because: str
    saves: float | None = None
    ran: bool = False
    """Whether the engine was asked."""


@dataclass(frozen=True)
class Ablation:
    """All trials. `partial` says why it ended early, if it did; `refused` why none was made."""

    trials: tuple[Trial, ...]
    wall_s: float
    refused: str = ""
    partial: str = ""


@dataclass(frozen=True)
class AblationProgress:
    """Cuts done of all, what is being tried, seconds spent."""

    done: int
    total: int
    trying: str
    spent_s: float


@dataclass
class _Base:
    """The design as far as it has been cut down, with what holds of it on paper."""

    data: Data
    design: Design
    flaws: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, data: Data) -> _Base:
        blueprint = build(data)
        found = review(blueprint).findings
        flaws = {(f.rule, dotted(f.path[:2])) for f in found if f.severity != "note" and _about_what_is_built(f)}
        return cls(data, Design(blueprint), frozenset(flaws))

    @property
    def blueprint(self) -> Blueprint:
        return self.design.b

    @property
    def closed(self) -> EstimateReport:
        return self.design.closed


def ablate(
    blueprint: Blueprint,
    judge: Judge,
    *,
    budget_s: float = BUDGET_S,
    on_progress: Callable[[AblationProgress], None] | None = None,
    stop: threading.Event | None = None,
) -> Ablation:
    """Takes parts out of a design in turn; `judge` runs what stands on paper."""
    return _Ablation(blueprint, judge, budget_s, on_progress, stop or threading.Event()).all()


class _Ablation:
    def __init__(
        self,
        blueprint: Blueprint,
        judge: Judge,
        budget_s: float,
        on_progress: Callable[[AblationProgress], None] | None,
        stop: threading.Event,
    ) -> None:
        self.b = blueprint
        self.judge = judge
        self.started = time.perf_counter()
        self.deadline = self.started + budget_s
        self.on_progress = on_progress
        self.stop = stop
        self.allows = Design(blueprint)
        self.base = _Base.of(bare(blueprint))
        self.cases = list(blueprint.cases) or ["normal"]
        self.held: bool | None = None
        """Whether the design itself holds; it is run before the first cut that stands on paper."""
        self.refused = ""
        self.left = 0
        self.trials: list[Trial] = []
        self.found_needed: dict[Path, _Base] = {}
        """By the cuts that broke something in runs, the design from which they were made."""

    def all(self) -> Ablation:
        """Every trial, in the order in which they were made."""
        for cut in self.cuts():
            if self.on_progress is not None:
                spent = time.perf_counter() - self.started
                self.on_progress(AblationProgress(len(self.trials), len(self.trials) + self.left, cut.what, spent))
            if self.refused or self.late():
                self.trials.append(
                    Trial(cut.what, cut.how, cut.path, "not reached", self.refused or "no time was left")
                )
            else:
                self.trials = [t for t in self.trials if t.path != cut.path]
                self.trials.append(self.one(cut))
            self.left = max(0, self.left - 1)
        partial = ""
        if any(t.state == "not reached" for t in self.trials) and not self.refused:
            partial = "interrupted" if self.stop.is_set() else "the budget is spent"
        return Ablation(tuple(self.trials), time.perf_counter() - self.started, self.refused, partial)

    def late(self) -> bool:
        """Whether nothing more should be begun."""
        return self.stop.is_set() or time.perf_counter() >= self.deadline

    def cuts(self) -> Iterator[Cut]:
        """All of them; counts and policies are those of what is left by then, and regions of one are tried alone only
        where they could not be left out together. What was needed while more stood beside it is tried again without.
        """
        dear = self.base.closed.costs
        ordered = sorted(components(self.base.blueprint), key=lambda c: -dear[c.component].total)
        later = [*regions(self.base.blueprint), *counts(self.base.blueprint),
                 *policies(self.base.blueprint, self.base.data)]  # fmt: skip
        self.left = len(ordered) + len(later)
        yield from ordered
        yield from self.standing(regions)
        for cut in ordered:
            if self.found_needed.get(cut.path, self.base) is not self.base:
                yield cut
        yield from self.standing(counts)
        yield from policies(self.base.blueprint, self.base.data)

    def standing(self, step: Callable[[Blueprint], Iterable[Cut]]) -> Iterator[Cut]:
        """The cuts of a sort that are about what is still there when their turn comes."""
        for cut in list(step(self.base.blueprint)):
            if cut.component in self.base.blueprint.components and self.still(cut):
                yield cut

    def still(self, cut: Cut) -> bool:
        """Whether what a cut is about is still there."""
        field = cut.path[-1]
        now = self.base.blueprint.components[cut.component]
        return field != "regions" or now.regions > 1

    # --- one cut --------------------------------------------------------------------------------------------------
    def one(self, cut: Cut) -> Trial:
        """A cut in the design as it is by now; one that is not needed changes it."""
        if self.allowed(cut):
            return Trial(cut.what, cut.how, cut.path, "allowed", "a comment allows it")
        try:
            other = _Base.of(cut.make(self.base.data))
        except CannotCutError as error:
            state: State = "needed" if isinstance(error, NeededError) else "not judged"
            return Trial(cut.what, cut.how, cut.path, state, str(error))
        except BlueprintError as error:
            return Trial(
                cut.what, cut.how, cut.path, "not judged", f"no valid design is left: {error.problems[0].message}"
            )
        saves = monthly_cost(self.base.blueprint) - monthly_cost(other.blueprint)
        on_paper = self.on_paper(other)
        if on_paper:
            return Trial(cut.what, cut.how, cut.path, "needed", on_paper, saves)
        if self.held is None:
            self.held = self.holds_itself()
        if not self.held:
            return Trial(cut.what, cut.how, cut.path, "not reached", self.refused or "no time was left", saves)
        outcome, because = self.in_runs(other.blueprint)
        if outcome == "not needed":
            self.base = other
        else:
            self.found_needed[cut.path] = self.base
        return Trial(cut.what, cut.how, cut.path, outcome, because, saves, ran=True)

    def allowed(self, cut: Cut) -> bool:
        """Whether a comment in the file keeps it."""
        line, _ = place(self.b, cut.path)
        rule = OverEngineered()
        return self.allows.allow_at(line, rule.name, rule.code) is not None

    def on_paper(self, other: _Base) -> str:
        """Why the closed form, the rules or the loss of a machine say that a cut is needed; empty when they do not."""
        before, after = self.base, other
        for line in after.blueprint.contract:
            was, now = before.closed.metrics.get(line.metric), after.closed.metrics.get(line.metric)
            if was is None or now is None or not line.holds(was) or line.holds(now) or relieved(after.design, line):
                continue
            if line.metric.endswith(".availability") or not within(line, now):  # no run takes machines down by chance
                value = show(now, line.unit) if line.unit != "ratio" else f"{100 * now:.5g} %"
                return f"{line.metric} would be {value} on paper, and {line.text} is promised"
        for rule, path in sorted(after.flaws - before.flaws):
            return f"without it {path} would have the flaw {rule}"
        return self.loss(other)

    def loss(self, other: _Base) -> str:
        """Why what is left of a component would not bear the loss of a zone or a machine that the design bears."""
        if not any(g.metric.endswith(".availability") for g in other.blueprint.contract):
            return ""
        for name, c in other.blueprint.components.items():
            if c.kind not in ("service", "load_balancer", "gateway", "cache"):
                continue
            was, now = after_loss(self.base, name), after_loss(other, name)
            if was is not None and now is not None and was <= MOST_USED < now:
                what = "a zone" if c.zones > 1 else "a machine"
                return (
                    f"after the loss of {what} the rest of {name} would be {now:.0%} used; {MOST_USED:.0%} leaves room"
                )
        return ""

    # --- runs -----------------------------------------------------------------------------------------------------
    def holds_itself(self) -> bool:
        """Whether the design holds its contract in all cases as it is; if not, `refused` says what does not."""
        state, because = self.in_runs(self.base.blueprint)
        if state == "not needed":
            return True
        if not self.late():
            self.refused = f"the design itself does not hold for certain: {because}"
        return False

    def in_runs(self, blueprint: Blueprint) -> tuple[State, str]:
        """Whether every guarantee holds in every case: the case that decided the last time comes first."""
        for case in list(self.cases):
            left = self.deadline - time.perf_counter()
            if self.stop.is_set() or left <= 0:
                return "not reached", "no time was left"
            try:
                result = self.judge(blueprint, case, left)
            except LoadcaseError as error:
                return "undecided", f"{case} cannot be run: {error.message}"
            if result.verdict == "holds":
                continue
            if result.verdict == "unknown" and self.late():
                return "not reached", "no time was left"
            self.cases = [case, *(c for c in self.cases if c != case)]
            outcomes = [g for v in result.cases for g in v.guarantees if g.verdict == result.verdict]
            worst = next(iter(outcomes), None)
            if worst is None:
                return "undecided", f"{case} was not judged"
            value = "" if worst.value is None else f" ({show(worst.value, worst.unit)})"
            if result.verdict == "broken":
                return "needed", f"in {case} {worst.guarantee} breaks{value}"
            return "undecided", f"in {case} {worst.guarantee} is undecided{value}"
        return "not needed", f"every guarantee holds in {_and(self.b.cases or ['normal'])}"


def findings(blueprint: Blueprint, ablation: Ablation, severity: Severity = "warning") -> list[Finding]:
    """What is not needed, each at the line where it stands."""
    rule = OverEngineered()
    found = []
    for t in ablation.trials:
        if t.state != "not needed":
            continue
        saved = f"; it costs {show(t.saves, 'USD/month')}" if t.saves and t.saves > 0.5 else ""
        message = f"nothing needs {t.what}: without it {t.because}{saved}"
        hint = f"take it out ({t.how}), or let a guarantee or a case say what it is there for"
        one = Finding(rule.code, rule.name, severity, message, hint, t.path)
        if blueprint.document is not None:
            line, column = place(blueprint, t.path)
            text = blueprint.document.line_text(line)
            one = replace(one, file=blueprint.document.file, line=line, column=column, source=text)
        found.append(one)
    return found


def in_review(blueprint: Blueprint, paper: Review, ablation: Ablation, settings: Settings) -> Review:
    """A review on paper with what an ablation found among its lines; as grave as the settings say."""
    rule = OverEngineered()
    more = findings(blueprint, ablation, settings.severity.get(rule.name, rule.severity))
    order = sorted([*paper.findings, *more], key=lambda f: (f.line, f.column, SEVERITIES.index(f.severity), f.code))
    return replace(paper, findings=tuple(order))


def place(blueprint: Blueprint, path: Path) -> tuple[int, int]:
    """Line and column of what stands at a path; 0 for a blueprint that was built in code."""
    if blueprint.document is None:
        return 0, 0
    line, column = blueprint.document.position(real(path, blueprint.moved), key=True)
    return line, column


def after_loss(base: _Base, name: str) -> float | None:
    """How full the rest of a component is at the peak after the loss of one of its zones, or of one machine; None where
    nothing is left or known."""
    component = base.blueprint.components.get(name)
    line = base.design.lines.get(name)
    if component is None or line is None or line.bottleneck is None or not math.isfinite(line.bottleneck):
        return None
    areas = component.zones * component.regions
    gone = math.ceil(component.replicas / areas) if areas > 1 else 1
    left = component.replicas - gone
    return line.bottleneck * component.replicas / left if left > 0 else None


def _about_what_is_built(finding: Finding) -> bool:
    return finding.code[:4] not in ABOUT_WORDS and finding.rule not in WORDS


def _and(names: Iterable[str]) -> str:
    listed = list(names)
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"
