"""Multiwindow, multi-burn-rate alerts: which windows watch an objective, at which share of bad operations each fires.

An objective leaves an error budget: of 99.9 % over 30 days, 0.1 % of the operations. The burn rate is how many times
faster than evenly it is spent. An alert fires while the share of bad operations is above burn rate x budget in a long
window, so that enough of the budget is at stake, and in a short one of a twelfth of it, so that it ends soon after the
trouble does.

Source: Google, The Site Reliability Workbook (2018), chapter 5, "Alerting on SLOs", table 5-8: for 30 days, a page at
14.4 times the budget over 1 hour and 5 minutes (2 % of the budget is gone), a page at 6 times over 6 hours and
30 minutes (5 %), a ticket at 1 times over 3 days and 6 hours (10 %). For other times the shares of the budget stay, so
that the burn rates are share x time / long window; never below 1, at which the budget just lasts. The closed forms of
the time to detect and to reset are those of its section 6, for a constant share of bad operations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loadcase.blueprint.model import Objective

EVALUATE_S = 30
"""How often the rules are evaluated: the interval that their group declares."""
SCRAPE_S = 15
"""How old a counter is at most when a rule reads it: a usual scrape interval."""
Severity = Literal["page", "ticket"]


@dataclass(frozen=True)
class Watch:
    """One pair of windows: this share of the budget gone in the long one."""

    severity: Severity
    spent: float
    long_s: int
    short_s: int


WATCHES = (
    Watch("page", 0.02, 3600, 300),
    Watch("page", 0.05, 6 * 3600, 1800),
    Watch("ticket", 0.10, 3 * 86400, 6 * 3600),
)
SEVERITIES: tuple[Severity, ...] = ("page", "ticket")


@dataclass(frozen=True)
class Rule:
    """A pair of windows on an objective: the burn rate and the share of bad operations above which it fires."""

    objective: Objective
    watch: Watch
    burn: float

    @property
    def limit(self) -> float:
        """The share of bad operations above which it fires; from 1 on it never does."""
        return round(self.burn * self.objective.budget, 12)

    def detected_s(self, bad: float, before: float = 0.0) -> float | None:
        """Seconds of a share of bad operations after which it fires, that of before being `before`, at even traffic.

        None when it never does. Evaluation and scraping come on top.
        """
        if before > self.limit:
            return 0.0
        return None if bad <= self.limit else self.watch.long_s * (self.limit - before) / (bad - before)

    def reset_s(self, bad: float, after: float = 0.0) -> float | None:
        """Seconds after the end of a share of bad operations until it no longer fires; None when it goes on.

        The trouble has to have lasted for as long as that takes to detect.
        """
        if after > self.limit:
            return None
        return self.watch.short_s * (1.0 - (self.limit - after) / (bad - after)) if bad > self.limit else 0.0


def rules_of(objective: Objective) -> list[Rule]:
    """The rules that watch an objective, those left out that could never fire."""
    rules = (
        Rule(objective, watch, max(1.0, round(watch.spent * objective.window_s / watch.long_s, 9))) for watch in WATCHES
    )
    return [rule for rule in rules if rule.limit < 1.0]


def left_out(objective: Objective) -> list[str]:
    """What cannot be watched of an objective, in words."""
    kept = {rule.watch for rule in rules_of(objective)}
    return [
        f"{objective.metric}: no {watch.severity} over {said(watch.long_s)}: with a budget of "
        f"{objective.budget:.6g} of all operations, even a total failure stays below its limit"
        for watch in WATCHES
        if watch not in kept
    ]


def said(seconds: int) -> str:
    """A window as Prometheus writes it: 5m, 1h, 3d."""
    for unit_s, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds % unit_s == 0:
            return f"{seconds // unit_s}{letter}"
    return f"{seconds}s"
