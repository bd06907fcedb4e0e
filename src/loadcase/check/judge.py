"""A recorded history against guarantees: holds, broken or unknown, with the story of what broke it.

What is judged is this history, not what the system might do next: values have no interval, except where the history is
a sample of the keys. Never imports the engine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from loadcase.blueprint.model import Guarantee
from loadcase.check.answers import Answers
from loadcase.check.checker import Finding, unknown
from loadcase.check.checkers import checkers
from loadcase.check.checkers.diverged import Diverged
from loadcase.check.checkers.k_staleness import KStaleness
from loadcase.check.checkers.staleness import Staleness
from loadcase.check.checkers.t_visibility import TVisibility
from loadcase.check.contract import absolute, holds, margin
from loadcase.check.story import Story, shortest
from loadcase.check.view import View
from loadcase.core.errors import shorten, suggest
from loadcase.core.history import History
from loadcase.core.metrics import correctness_metric, flow_metric
from loadcase.core.results import Outcome, Verdict, worst
from loadcase.core.values import show

NOT_DRAINED = "the history does not say that it drained, and what is missing may still be under way"


@dataclass(frozen=True)
class Judgement:
    """Guarantees judged on one history. `stories` by the guarantee's text, for those that are broken."""

    history: str
    verdict: Verdict
    outcomes: list[Outcome]
    stories: dict[str, Story] = field(default_factory=dict)
    rows: int = 0
    notes: tuple[str, ...] = ()


class Judge:
    """Judges guarantees on one history; what several of them need is computed once.

    `other` is a second history of the same arrivals, for what depends on the schedule.
    """

    def __init__(self, history: History, other: History | None = None) -> None:
        self.view = View(history)
        self.other = None if other is None else View(other)
        self._answers: dict[str, Answers] = {}
        self._findings: dict[str, Finding] = {}

    def judgement(self, guarantees: Sequence[Guarantee]) -> Judgement:
        """All guarantees."""
        h = self.view.history
        outcomes = [self.outcome(g) for g in guarantees]
        stories = {
            g.text: story
            for g, o in zip(guarantees, outcomes, strict=True)
            if o.verdict == "broken" and (story := self.story(g.metric)) is not None
        }
        notes = []
        if h.meta.sample is not None and h.meta.sample.share < 1.0:
            notes.append(
                f"a sample of {show(h.meta.sample.share, 'ratio')} of the keys: counts are those of the sample"
            )
        if h.meta.drained is None:
            notes.append("the history does not say whether it drained (--drained, or the metadata)")
        verdict = worst([o.verdict for o in outcomes])
        return Judgement(shorten(h.meta.blueprint or h.file, 200), verdict, outcomes, stories, h.rows, tuple(notes))

    def outcome(self, line: Guarantee) -> Outcome:
        """One guarantee."""
        finding = self.finding(line.metric)
        verdict, said, low, high = self._decided(line, finding)
        value = finding.value
        return Outcome(
            guarantee=line.text,
            metric=line.metric,
            value=value,
            low=low,
            high=high,
            bound=line.bound,
            comparison=line.comparison,
            unit=line.unit,
            verdict=verdict,
            evidence="; ".join(said),
            margin=None if value is None else margin(value, line),
        )

    def finding(self, metric: str) -> Finding:
        """What the history tells of a metric."""
        if metric not in self._findings:
            self._findings[metric] = self._found(metric)
        return self._findings[metric]

    def story(self, metric: str) -> Story | None:
        """The shortest story of a violation; None where there is none."""
        return shortest(self.view, metric, self.finding(metric).witnesses)

    def _found(self, metric: str) -> Finding:
        h = self.view.history
        target, _, what = metric.partition(".")
        spec = correctness_metric(what) or flow_metric(what)
        if spec is None:
            return unknown(f"a history does not tell {metric}")
        known = h.entities if spec.of == "entity" else h.flows
        if target not in known:
            near = suggest(target, known) or f"it has {shorten(', '.join(known[:20]), 200) or 'none'}"
            return unknown(f"the history has no {spec.of} {target!r}; {near}")
        if correctness_metric(what) is None:
            answers = self._answers.setdefault(target, Answers(self.view, target))
            return answers.judge(what)
        name, _, part = what.partition(".")
        checker = checkers()[name]
        if h.meta.sample is not None and h.meta.sample.share < 1.0 and not checker.by_key:
            return unknown("a sample of the keys does not tell it")
        if checker.needs_drained and h.meta.drained is not True:
            return unknown(NOT_DRAINED)
        if isinstance(checker, Staleness | TVisibility | KStaleness):
            return checker.judge(self.view, target, part)
        if isinstance(checker, Diverged) and self.other is not None:
            return checker.compare(self.view, self.other, target)
        return checker.judge(self.view, target)

    def _decided(self, line: Guarantee, finding: Finding) -> tuple[Verdict, list[str], float | None, float | None]:
        """The verdict, what it rests on, and the interval where the history is a sample."""
        value = finding.value
        if value is None:
            return "unknown", [finding.doubt], None, None
        of = f" in {show(finding.samples, 'count')}" if finding.samples else ""
        shown = f"{show(value, line.unit)}{of}"
        low = high = value
        checker = checkers().get(line.metric.partition(".")[2])
        if checker is not None and checker.adds_up and line.unit == "count" and self._sampled:
            low, high = self._scaled(value)
            shown += f" of the sample, {show(low, 'count')} to {show(high, 'count')} of all"
        if finding.doubt:
            rising = line.comparison in ("<", "<=", "==")
            if finding.at_least and rising and value > line.bound:  # more would break it too
                return "broken", [f"at least {shown}", finding.doubt], low, high
            return "unknown", [shown, finding.doubt], low, high
        if low == high or absolute(line):
            verdict: Verdict = "holds" if holds(value, line) else "broken"
            return verdict, [shown], low, high
        ends = holds(low, line), holds(high, line)
        inside = line.comparison == "==" and low <= line.bound <= high
        if (all(ends) or not any(ends)) and not inside:
            return "holds" if all(ends) else "broken", [shown], low, high
        return "unknown", [shown, "the interval of the sample does not clear the bound"], low, high

    @property
    def _sampled(self) -> bool:
        sample = self.view.history.meta.sample
        return sample is not None and sample.share < 1.0

    def _scaled(self, count: float) -> tuple[float, float]:
        """The count of all keys, from that of a sample, at 95 %: the square root of a Poisson count varies by 1/2.

        Source: F. J. Anscombe, The transformation of Poisson, binomial and negative-binomial data, Biometrika 35, 1948.
        """
        sample = self.view.history.meta.sample
        share = sample.share if sample is not None else 1.0
        low = max(0.0, math.sqrt(count) - 0.98) ** 2
        return low / share, (math.sqrt(count + 1.0) + 0.98) ** 2 / share
