"""What a judgement says, in lines: each criterion with what it rests on, and what a reviewer said of it instead.

It is read from its JSON, so that one that was kept is shown like one that was computed now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loadcase.practice.store import Override
from loadcase.practice.timeline import clock

QUOTED = 3
"""Quotes of a criterion that are shown in a terminal; an export has all."""
AXES = ("breadth", "depth", "proactiveness")


@dataclass(frozen=True)
class Criterion:
    """A verdict with what a reviewer said instead, if one did."""

    name: str
    axis: str
    title: str
    assessed: bool
    level: int
    says: str
    next: str
    quotes: tuple[str, ...]
    override: Override | None


def criteria(judgement: Mapping[str, Any], overrides: Sequence[Override] = ()) -> list[Criterion]:
    """The criteria in the order of the rubric; the latest override of each counts."""
    said = {one.criterion: one for one in overrides}
    return [
        Criterion(
            v["criterion"], v["axis"], v["title"], v["assessed"], v["level"], v["says"], v["next"],
            tuple(quoted(q) for q in v["quotes"]), said.get(v["criterion"]),
        )
        for v in judgement["verdicts"]
    ]  # fmt: skip


def quoted(quote: Mapping[str, Any]) -> str:
    """A quote as it is shown: when, what, its words, what they show."""
    words = " ".join(str(quote["words"]).split())
    words = words if len(words) <= 160 else words[:157] + "..."
    return f'[{clock(quote["at"])}] {quote["source"]}: "{words}" ({quote["shows"]})'


def summary(judgement: Mapping[str, Any]) -> str:
    """The read in a line."""
    axes = ", ".join(f"{name} {_level(judgement['axes'].get(name))}" for name in AXES)
    return (
        f"reads {judgement['read']} (confidence {judgement['confidence']}), aimed at {judgement['aimed']}; "
        f"score {judgement['score']:.0f} of 100; {axes}"
    )


def lines(judgement: Mapping[str, Any], overrides: Sequence[Override] = ()) -> Iterator[str]:
    """All of a judgement for a terminal."""
    yield summary(judgement)
    for problem in judgement["problems"]:
        yield f"not judged: {problem}"
    for axis in AXES:
        yield ""
        yield axis
        for one in criteria(judgement, overrides):
            if one.axis == axis:
                yield from _criterion(one)
    for heading, told in after(judgement):
        yield from ("", heading, *(f"  {line}" for line in told))


def _criterion(one: Criterion) -> Iterator[str]:
    yield f"  {one.level if one.assessed else '-'}  {one.title}: {one.says}"
    if one.override:
        yield f"     a reviewer: {one.override.level}, because {one.override.because}"
    yield from (f"     {quote}" for quote in one.quotes[:QUOTED])
    if len(one.quotes) > QUOTED:
        yield f"     and {len(one.quotes) - QUOTED} more"


def after(judgement: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """What follows the criteria: headings, each with its lines."""
    raises = [f"+{r['gain']:.1f} {r['title']} (then {r['read']}): {r['how']}" for r in judgement["raises"]]
    if raises:
        yield "what would raise the read most", raises
    pen = [
        f"{held['phase']} ({clock(held['seconds'])}): you {held['candidate']:.0%}, "
        f"interviewer {held['interviewer']:.0%}, silent {held['silent']:.0%}"
        for held in judgement["pen"]
    ]
    if pen:
        yield "who held the pen", pen
    beside = [f"{one['worked']}. You: {one['yours'] or 'nothing was said of it'}" for one in judgement["comparison"]]
    if beside:
        yield "beside the worked design: one good answer, not the answer", beside


def _level(value: float | None) -> str:
    return "not assessed" if value is None else f"{value:.1f}"
