"""A report as one HTML file that needs nothing else, and as Markdown. Rendering alone: nothing is run or computed."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from loadcase import __version__
from loadcase.core.errors import UsageError
from loadcase.core.values import digits
from loadcase.draw.svg import style, svg
from loadcase.draw.text import plain
from loadcase.report import view
from loadcase.report.gather import ReportData
from loadcase.report.markdown import markdown
from loadcase.report.plots import Window, choice_plot, line_plot, number_line, sequence

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from loadcase.check.story import Story

__all__ = ["html", "markdown"]


def html(data: ReportData) -> str:
    """One file: it asks for nothing from anywhere, runs no script, and its policy allows no other style than its own.

    Raises UsageError where the template library is missing.
    """
    from markupsafe import Markup

    pages = files("loadcase.report") / "pages"
    css = (pages / "report.css").read_text("utf-8") + style("auto")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()

    def plot(one: view.Plot, windows: list[Window]) -> Markup:
        return Markup(line_plot(one.title, one.unit, one.lines, windows, one.bound, one.log))

    def flip(one: view.DecisionView) -> Markup:
        line = number_line(one.flip, one.marks, *one.bracket, *one.sides)
        drawn = "" if one.curves is None else choice_plot(one.curves, one.marks, *one.bracket)
        if one.curves is None or not drawn:
            return Markup(line)
        caption = Markup("<figcaption>{}<span class=note>, dots: compared; shaded: where it flips</span></figcaption>")
        return Markup("<figure>{}{}</figure>").format(caption.format(one.curves.title), Markup(drawn))

    def told(story: Story) -> Markup:
        return Markup(sequence(story))

    cases = list(view.cases(data))
    names, rows = view.matrix(data)
    text = (
        _environment()
        .from_string((pages / "report.html.jinja").read_text("utf-8"))
        .render(
            d=data,
            version=__version__,
            css=Markup(css),
            hash=f"sha256-{digest}",
            symbols=view.SYMBOLS,
            verdict=view.verdict(data),
            summary=view.summary(data),
            sections=sections(data),
            drawing=Markup(svg(data.drawing, styled=False)),
            load=digits(data.estimate["load"]),
            estimates=view.estimates(data),
            components=view.components(data),
            flows=view.flows(data),
            cases=cases,
            any_windows=any(c.windows and c.plots for c in cases),
            matrix_cases=names,
            matrix_rows=rows,
            anchor=view.anchor,
            plot=plot,
            flip=flip,
            sequence=told,
            decisions=list(view.decisions(data)),
            hard_part=view.hard_part(data),
            findings=data.review["findings"],
            allowed=data.review["allowed"],
            breaks=view.breaks(data),
            rungs=view.rungs(data),
            costs=view.costs(data),
            rules=view.rules(data),
            backtest=view.backtest(data),
            runbook=list(view.runbook(data)),
            has_check=data.check is not None,
        )
    )
    return plain(text)


def sections(data: ReportData) -> list[tuple[str, str]]:
    """What the report has: identifiers and headings."""
    found = [("requirements", "What is asked for"), ("design", "The design"), ("estimate", "The numbers")]
    if data.check:
        found.append(("verdict", "Does it hold?"))
    if data.check or data.metrics or data.series:
        found.append(("cases", "Case by case"))
    if data.decisions:
        found.append(("decisions", "What was decided"))
    found.append(("review", "Findings"))
    if data.scale is not None:
        found.append(("scale", "When it grows"))
    found.append(("cost", "What it costs"))
    if view.rules(data):
        found.append(("alerts", "Objectives and alerts"))
    if any(c["faults"] for c in data.cases.values()) or data.operate["runbook"] or data.operate["rollout"]:
        found.append(("runbook", "Runbook"))
    return [*found, ("made", "How this was made")]


def _environment() -> Environment:
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise UsageError("a report needs the package jinja2", hint="pip install jinja2") from None
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
