"""Burn-rate alerts for Prometheus."""

from __future__ import annotations

from loadcase.alerts.prometheus import rule_text
from loadcase.blueprint.model import Blueprint
from loadcase.export.base import Export, Made, NothingError
from loadcase.export.text import line


class Prometheus(Export):
    """Recording rules and multiwindow, multi-burn-rate alerts on the objectives, as a rule file.

    From: `operate.slos`, with `operate.rollback` and `operate.runbook` as the alerts' runbook: the same file as
    `loadcase alerts FILE --out`, which also takes a prefix for the metrics and replays the alerts in a case.

    Unknown: nothing stands in for anything; the metrics that the service has to count are in [Alerts](alerts.md).

    Checked: `promtool check rules` with all of its lints.

    Source: The Site Reliability Workbook, 2018, chapter 5.
    """

    title = "Prometheus rules"

    def make(self, blueprint: Blueprint) -> Made:
        """One rule file."""
        objectives_of(blueprint)
        return Made([("rules.yml", rule_text(blueprint))])


def objectives_of(blueprint: Blueprint) -> None:
    """Raises NothingError where the design promises nothing over time."""
    if not blueprint.objectives:
        raise NothingError(
            f"{line(blueprint.name)} has no objective under operate.slos",
            hint="for example slos: [send.availability >= 99.9 % over 28 day]",
        )
