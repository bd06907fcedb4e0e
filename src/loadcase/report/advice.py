"""Advice for people and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from loadcase.advice.advising import Advice, Evidence, Pattern, Place, Risk, Step
from loadcase.core.errors import dotted

WIDTH = 118
MOST_RISKS = 6
MOST_STEPS = 3
HEADS = ("shape", "patterns", "risks: trigger -> mitigation => what people notice", "next")


def advice_text(advice: Advice, whole: bool = False, color: bool = False) -> str:
    """The advice on about a page; `whole` leaves nothing out."""
    lines = [f"{advice.blueprint}: {advice.title}" if advice.title else advice.blueprint]
    for head, part in zip(HEADS, (_shapes, _patterns, _risks, _next), strict=True):
        listed = list(part(advice, whole))
        if listed:
            lines += ["", f"\033[1m{head}\033[0m" if color else head, *listed]
    return "\n".join(lines) + "\n"


def _wrapped(first: str, text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def _shapes(advice: Advice, whole: bool) -> Iterator[str]:
    if not advice.shapes:
        yield "  none yet: nothing in the task, the flows or the figures says what dominates it"
    width = max((len(shape.name) for shape in advice.shapes), default=0)
    for shape in advice.shapes:
        evidence = shape.evidence if whole else shape.evidence[:2]
        yield from _wrapped(f"  {shape.name:<{width}}  ", "; ".join(map(_seen, evidence)), width + 4)


def _seen(evidence: Evidence) -> str:
    return evidence.text + _line(evidence.place)


def _line(place: Place | None) -> str:
    return f" (line {place.line})" if place is not None and place.line else ""


def _patterns(advice: Advice, whole: bool) -> Iterator[str]:
    have = advice.having("present", "in words")
    if have and not whole:
        listed = ", ".join(_having(p) for p in have)
        yield from _wrapped("  has      ", listed, 11)
    shown = advice.patterns if whole else [*advice.having("not yet"), *advice.having("missing")]
    for pattern in shown:
        yield from _pattern(pattern, whole)


def _having(pattern: Pattern) -> str:
    words = "in words, " if pattern.state == "in words" else ""
    line = pattern.place.line if pattern.place is not None else 0
    return f"{pattern.title} ({words}line {line})" if line else pattern.title


def _pattern(pattern: Pattern, whole: bool) -> Iterator[str]:
    mark = {"missing": "MISSING", "not yet": "not yet", "present": "has", "in words": "says"}[pattern.state]
    shape, why = next(iter(pattern.reasons.items()))
    if pattern.state == "not yet":
        yield from _wrapped(f"  {mark:<7}  ", f"{pattern.title}: {pattern.note}", 11)
    elif pattern.state == "missing":
        lacks = f" ({pattern.note})" if pattern.note else ""
        yield from _wrapped(f"  {mark:<7}  ", f"{pattern.title}, for {shape}{lacks}: {why}", 11)
        yield from _wrapped("           -> ", pattern.how, 14)
    else:
        yield from _wrapped(f"  {mark:<7}  ", f"{pattern.title}{_line(pattern.place)}, for {shape}: {why}", 11)
    if whole:
        for other, reason in list(pattern.reasons.items())[1:]:
            yield from _wrapped("           ", f"for {other}: {reason}", 13)


def _risks(advice: Advice, whole: bool) -> Iterator[str]:
    shown = advice.risks if whole else advice.risks[:MOST_RISKS]
    for number, risk in enumerate(shown, 1):
        yield from _risk(number, risk)
    if len(shown) < len(advice.risks):
        yield f"  and {len(advice.risks) - len(shown)} more: --all"


def _risk(number: int, risk: Risk) -> Iterator[str]:
    yield from _wrapped(f"  {number}. ", f"{_mark(risk)}{risk.trigger}{_line(risk.place)}", 5)
    yield from _wrapped("     -> ", risk.mitigation, 8)
    tried = f"; case {risk.tried_by} tries it" if risk.tried_by else "; no case tries it" if risk.case else ""
    yield from _wrapped("     => ", f"{risk.impact}{tried}", 8)


def _mark(risk: Risk) -> str:
    return f"{risk.severity}: " if risk.rule else "weak spot: " if risk.weak else ""


def _next(advice: Advice, whole: bool) -> Iterator[str]:
    first = advice.next
    if first is None:
        yield "  every stage is there; `loadcase check` says whether it holds"
        return
    number = 0
    left = 0
    for at, stage in enumerate(advice.stages, 1):
        for step in stage.steps:
            number += 1
            if whole or number <= MOST_STEPS:
                yield from _step(at, stage.title, step)
            else:
                left += 1
    if left:
        later = [s.title for s in advice.stages if s.steps and s is not first]
        yield from _wrapped("  ", f"and {left} more" + (f", in {', '.join(later)}" if later else "") + ": --all", 2)


def _step(at: int, title: str, step: Step) -> Iterator[str]:
    yield from _wrapped(f"  {at} {title}: ", f"{step.say}{_line(step.place) if step.rule else ''}", 4)
    yield from _wrapped("    -> ", step.how, 7)


def advice_json(advice: Advice) -> dict[str, Any]:
    """`advise --format json`."""
    return {
        "blueprint": advice.blueprint,
        "file": advice.file,
        "shapes": [
            {
                "shape": s.name,
                "asks": s.asks,
                "risk": s.risk,
                "source": s.source,
                "evidence": [{"text": e.text, **_place(e.place)} for e in s.evidence],
            }
            for s in advice.shapes
        ],
        "patterns": [
            {
                "pattern": p.name,
                "title": p.title,
                "state": p.state,
                "reasons": [{"shape": shape, "why": why} for shape, why in p.reasons.items()],
                "how": p.how,
                "note": p.note,
                "place": None if p.place is None else _place(p.place),
            }
            for p in advice.patterns
        ],
        "risks": [
            {
                "risk": r.name,
                "severity": r.severity,
                "weak": r.weak,
                "trigger": r.trigger,
                "mitigation": r.mitigation,
                "impact": r.impact,
                "rule": r.rule or None,
                "tried_by": r.tried_by or None,
                "case": r.case or None,
                **_place(r.place),
            }
            for r in advice.risks
        ],
        "stages": [
            {
                "stage": s.name,
                "title": s.title,
                "steps": [{"say": t.say, "how": t.how, "rule": t.rule or None, **_place(t.place)} for t in s.steps],
            }
            for s in advice.stages
        ],
        "next": advice.next.name if advice.next is not None else None,
    }


def _place(place: Place) -> dict[str, Any]:
    return {"path": dotted(place.path), "line": place.line, "column": place.column}
