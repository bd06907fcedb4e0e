"""What the alerts on an objective do in a run: when they fire, and when they are over.

A run is shorter than the windows of the alerts, so it is set into a longer time. Before it, and until its first fault,
the service is as it was in the run before the first fault; after it, as it was once it had settled: in the latter half
of what follows the last moment at which a fault began or ended. Without faults it is as it was in the run. A fault that
lasts as long as the run goes on.

The rules are evaluated as Prometheus does it: every `EVALUATE_S`, whenever that happens to fall, on counters that are
up to `SCRAPE_S` old. A moment is therefore told by the earliest and the latest that it can be. Within an interval of
the run operations end evenly, which a late reading puts off by an interval. Operations whose time cannot be told from
the bound of the objective are counted twice: as good, which is certain to fire no earlier than in truth, and as bad.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loadcase.alerts.burn import EVALUATE_S, SCRAPE_S, SEVERITIES, WATCHES, Rule, Severity, rules_of
from loadcase.blueprint.model import Objective
from loadcase.core.results import Tally
from loadcase.faults.base import Fault

FEWEST = 5
"""Intervals of a run that tell how the service is before its faults, and how it settles after them."""
PAST_S = max(w.long_s for w in WATCHES) + EVALUATE_S + SCRAPE_S
"""How far back the alerts look."""
LONGEST_RUN_S = 30 * 86400.0
FUTURE_S = max(w.short_s for w in WATCHES) + 3600
"""How long after a run an alert is watched: its short window is over by then."""


@dataclass(frozen=True)
class Times:
    """When the faults of a case begin and end, s after the warm-up; both None without faults.

    `end_s` is None when one lasts as long as the run.
    """

    begin_s: float | None = None
    end_s: float | None = None
    settled_s: float = 0.0
    """The last moment at which a fault begins or ends."""

    @classmethod
    def of(cls, faults: Sequence[Fault], duration_s: float) -> Times:
        """Those of the faults of a run of that length."""
        if not faults:
            return cls()
        last = max(f.end for f in faults)
        moments = [t for f in faults for t in (f.at, f.end) if t < duration_s]
        return cls(min(f.at for f in faults), last if last < duration_s else None, max(moments))


class UntoldError(Exception):
    """Why a run does not tell what its alerts do."""


@dataclass(frozen=True)
class Course:
    """Good and bad operations of one objective over the time before, in and after a run.

    `total` and `bad` count from `knots[0]` on; between knots they rise evenly. Shares are of bad operations.
    """

    knots: np.ndarray
    total: np.ndarray
    bad: np.ndarray
    before: float
    during: float
    after: float

    def share(self, at: np.ndarray, window_s: float) -> np.ndarray:
        """The share of bad operations in the window that ends at each moment; nan where there is none."""
        total, bad = (self._risen(c, at) - self._risen(c, at - window_s) for c in (self.total, self.bad))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(total > 1e-9, bad / total, math.nan)

    def _risen(self, counted: np.ndarray, at: np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(at, self.knots, counted))


def course(tally: Tally, times: Times, doubtful_bad: bool) -> Course:
    """One reading of a tally. Raises UntoldError when too little was seen before or after the faults."""
    total = np.array(tally.total, float)
    bad = np.array(tally.bad, float) + (np.array(tally.doubtful, float) if doubtful_bad else 0.0)
    count, step = len(total), tally.step
    if count * step > LONGEST_RUN_S:
        raise UntoldError(
            f"the run is longer than {LONGEST_RUN_S / 86400:.0f} days: too long to follow every second of it"
        )
    first = count if times.begin_s is None else min(count, math.floor(times.begin_s / step + 1e-9))
    if first < FEWEST:
        raise UntoldError("the faults begin with the run, which does not tell how it was before: let them begin later")
    settled = math.ceil(times.settled_s / step - 1e-9)
    if count - settled < 2 * FEWEST:
        raise UntoldError("the run ends too soon after a fault began or ended to tell how it goes on: make it longer")
    calm, rest = slice(0, first), slice(0 if times.begin_s is None else (settled + count + 1) // 2, count)
    last = count if times.end_s is None else max(first + 1, math.ceil(times.end_s / step - 1e-9))
    means = [(float(x[calm].mean()) / step, float(x[rest].mean()) / step) for x in (total, bad)]
    knots = np.concatenate([[-PAST_S], np.arange(count + 1) * step, [count * step + FUTURE_S]])
    curves = []
    for x, (early, late) in zip((total, bad), means, strict=True):
        risen = np.concatenate([[0.0, early * PAST_S], early * PAST_S + np.cumsum(x)])
        curves.append(np.append(risen, risen[-1] + late * FUTURE_S))
    return Course(
        knots,
        curves[0],
        curves[1],
        *(_share(bad[part], total[part]) for part in (calm, calm if first == count else slice(first, last), rest)),
    )


def _share(bad: np.ndarray, total: np.ndarray) -> float:
    return float(bad.sum() / total.sum()) if total.sum() > 0 else 0.0


@dataclass(frozen=True)
class Firing:
    """What the alerts of one severity do: moments in s after the first fault began, or after the run did.

    `already`: they fire before that. `fires_s` is when they first do, the earliest and the latest; infinite where no
    evaluation need catch them, None when they never do. `over_s` is when they have ended for good at the latest, None
    when that does not happen.
    """

    already: bool
    fires_s: tuple[float, float] | None
    over_s: float | None


def firing(seen: Course, rules: Sequence[Rule], start_s: float, step: float) -> Firing:
    """What rules do on a course: they fire as one alert when any of them does, judged from `start_s` on."""
    lead = math.floor(start_s)
    grid = start_s + np.arange(-lead, math.floor(seen.knots[-1] - start_s), dtype=float)
    early, late = burning(seen, rules, grid), burning(seen, rules, grid - SCRAPE_S - step)
    already = bool(early[: lead + 1].any())
    fires, caught = _first(early[lead:]), _first(late[lead:])
    if fires is None:
        return Firing(already, None, None)
    active = np.flatnonzero(late[lead:])
    if not len(active):
        return Firing(already, (fires[0], math.inf), 0.0)
    over = None if late[-1] else float(active[-1]) + EVALUATE_S
    return Firing(already, (fires[0], math.inf if caught is None else caught[1]), over)


def burning(seen: Course, rules: Sequence[Rule], at: np.ndarray) -> np.ndarray:
    """Whether any rule holds, by the counters at each moment."""
    found = np.zeros(len(at), bool)
    for rule in rules:
        long, short = (seen.share(at, w) for w in (rule.watch.long_s, rule.watch.short_s))
        found |= (long > rule.limit) & (short > rule.limit)
    return found


def _first(burns: np.ndarray) -> tuple[float, float] | None:
    """When the first evaluation catches it, the earliest and the latest of all the moments at which they may fall."""
    if not burns.any():
        return None
    turns = np.append(burns, np.zeros(-len(burns) % EVALUATE_S, bool)).reshape(-1, EVALUATE_S)
    caught = turns.any(axis=0)
    latest = (turns.argmax(axis=0) * EVALUATE_S + np.arange(EVALUATE_S)).max() if caught.all() else math.inf
    return float(np.argmax(burns)), float(latest)


@dataclass(frozen=True)
class Alert:
    """What the alerts of one objective and one severity do in a run, as is certain and as is possible."""

    objective: Objective
    severity: Severity
    certain: Firing
    possible: Firing
    shares: tuple[float, float, float]
    """Share of certainly bad operations before the first fault, until the last one ends, and in the end."""
    rules: tuple[Rule, ...]
    lasting_s: float | None
    """How long the faults last; infinite when as long as the run, None without faults."""

    @property
    def needed_s(self) -> float | None:
        """How long the share of bad operations would have to be as while the faults last; None when it never fires."""
        moments = (rule.detected_s(self.shares[1], self.shares[0]) for rule in self.rules)
        return min((t for t in moments if t is not None), default=None)

    @property
    def closed_s(self) -> float | None:
        """When it fires in closed form; None when the faults are over before."""
        return None if self.needed_s is None or self.needed_s > (self.lasting_s or 0.0) else self.needed_s

    @property
    def closed_over_s(self) -> float | None:
        """When it is over in closed form; None when it does not fire, or goes on."""
        lasting, (before, during, after) = self.lasting_s or 0.0, self.shares
        fired = [r for r in self.rules if (t := r.detected_s(during, before)) is not None and t <= lasting]
        resets = [rule.reset_s(during, after) for rule in fired]
        return None if not fired or None in resets else lasting + max(r for r in resets if r is not None)


def replay(objective: Objective, tally: Tally, times: Times) -> list[Alert]:
    """What the alerts of an objective do in a run, one of each severity. Raises UntoldError."""
    readings = [course(tally, times, doubtful_bad) for doubtful_bad in (False, True)]
    start = times.begin_s or 0.0
    lasting = None if times.begin_s is None else (math.inf if times.end_s is None else times.end_s) - times.begin_s
    found = []
    for severity in SEVERITIES:
        rules = tuple(rule for rule in rules_of(objective) if rule.watch.severity == severity)
        certain, possible = (firing(seen, rules, start, tally.step) for seen in readings)
        shares = readings[0].before, readings[0].during, readings[0].after
        found.append(Alert(objective, severity, certain, possible, shares, rules, lasting))
    return found
