"""What becomes of a design when its load grows or shrinks, for people and for programs."""

from __future__ import annotations

from typing import Any

from loadcase.core.values import digits, show
from loadcase.growth.shrinking import Shrunk
from loadcase.growth.story import Break, Rung, Story
from loadcase.report.deep import deep_json, deep_text


def story_text(story: Story) -> str:
    """Each break with its why, its mitigation and its price; then the ladder."""
    lines = [f"{story.blueprint}: what breaks on the way to {digits(story.to)}x"]
    for number, one in enumerate(story.breaks, 1):
        lines += ["", *_break(number, one)]
    if not story.breaks:
        lines += ["", "  nothing"]
    lines += ["", "  load      cost a month  mended before"]
    for rung in story.rungs:
        cost = show(rung.cost, "USD/month").removesuffix("/month")
        lines.append(f"  {digits(rung.load) + 'x':<8}  {cost:<12}  {_mended(rung)}")
    lines += ["", f"{story.blueprint}: {story.ends}  ({story.wall_s:.0f} s)"]
    if story.partial:
        lines.append(f"{story.partial}: these are partial results")
    return "\n".join(lines) + "\n"


def _break(number: int, one: Break) -> list[str]:
    how = f"runs of {digits(one.duration_s)} s" + (f" of a scale model 1:{one.k}" if one.k > 1 else "")
    where = f"between {digits(one.low)}x and {digits(one.high)}x" if one.measured else f"at {digits(one.high)}x"
    found = f"({how}; {digits(one.paper)}x in closed form)" if one.measured else "(closed form, not run)"
    lines = [f"{number}. {where}: {one.guarantee} breaks {found}"]
    if one.component:
        lines.append(f"   why: {one.component} ({one.limited_by}); {one.evidence}")
    if one.mitigation is None:
        return lines
    lines.append(f"   mitigation: {one.mitigation.component}, {one.mitigation.text}")
    if one.mitigation.edit:
        edits = ", ".join(f"{path}: {value}" for path, value in one.mitigation.edit.items())
        lasts = "" if one.lasts_to is None else f"; then good for {digits(one.lasts_to)}x at least, on paper"
        lines.append(f"   edit: {{{edits}}}, {show(one.mitigation.price, 'USD/month')} more{lasts}")
    return lines


def _mended(rung: Rung) -> str:
    return ", ".join(f"{path.removeprefix('components.')} {value}" for path, value in rung.edit.items()) or "-"


def story_json(story: Story) -> dict[str, Any]:
    """`scale --format json`, upwards."""
    return {
        "blueprint": story.blueprint,
        "to": story.to,
        "breaks": [_break_json(one) for one in story.breaks],
        "rungs": [{"load": r.load, "breaks": r.breaks, "cost": r.cost, "edit": r.edit} for r in story.rungs],
        "ends": story.ends,
        "partial": story.partial,
        "wall_s": story.wall_s,
    }


def _break_json(one: Break) -> dict[str, Any]:
    m = one.mitigation
    return {
        "low": one.low,
        "high": one.high,
        "closed_form": one.paper,
        "measured": one.measured,
        "guarantee": one.guarantee,
        "value": one.value,
        "component": one.component,
        "limited_by": one.limited_by,
        "evidence": one.evidence,
        "mitigation": None if m is None else {"text": m.text, "edit": m.edit, "price": m.price},
        "lasts_to": one.lasts_to,
        "scale": one.k,
        "duration_s": one.duration_s,
    }


def shrunk_text(shrunk: Shrunk) -> str:
    """The counts that would do, what they save, and what could go besides."""
    before, after = (show(c, "USD/month").removesuffix("/month") for c in (shrunk.cost_before, shrunk.cost_after))
    lines = [f"{shrunk.blueprint} at {digits(shrunk.to)}x: {before} a month, and {after} with these counts"]
    lines += [f"  {path}: {count}" for path, count in shrunk.edit.items()] or ["  as they are"]
    spare = [t for t in shrunk.ablation.trials if t.state == "not needed"]
    lines += ["  and without:"] * bool(spare)
    lines += [f"  - {t.what}: {t.because}; {show(t.saves or 0.0, 'USD/month')}" for t in spare]
    return "\n".join(lines) + "\n\n" + deep_text(shrunk.ablation)


def shrunk_json(shrunk: Shrunk) -> dict[str, Any]:
    """`scale --format json`, downwards."""
    return {
        "blueprint": shrunk.blueprint,
        "to": shrunk.to,
        "edit": shrunk.edit,
        "cost_before": shrunk.cost_before,
        "cost_after": shrunk.cost_after,
        "deep": deep_json(shrunk.ablation),
    }
