"""What becomes of a design when its load grows or shrinks, for people and for programs."""

from __future__ import annotations

from typing import Any

from loadcase.core.values import digits, show
from loadcase.growth.mitigation import WORDS
from loadcase.growth.paper import KEYS_IN_ORDER
from loadcase.growth.shrinking import Shrunk
from loadcase.growth.story import Break, Rung, Story
from loadcase.report.deep import deep_json, deep_text


def story_text(story: Story) -> str:
    """Each break with its why, its mitigation and its price; then the ladder."""
    lines = [f"{story.blueprint}: what breaks on the way to {digits(story.to)}x"]
    for number, one in enumerate(story.breaks, 1):
        lines += ["", *_break(number, one)]
    if not story.breaks:
        lines += ["", "  nothing so far" if story.partial == "interrupted" else "  nothing"]
    lines += ["", "  load      cost a month  mended before"]
    for rung in story.rungs:
        cost = show(rung.cost, "USD/month").removesuffix("/month")
        lines.append(f"  {digits(rung.load) + 'x':<8}  {cost:<12}  {_mended(rung)}")
    lines += ["", f"{story.blueprint}: {story.ends}  ({story.wall_s:.0f} s)"]
    for log, load in story.behind.items():
        lines.append(
            f"not shown by runs of seconds: from {digits(load)}x on the hottest key of {log} falls behind for good;"
        )
        lines.append(f"  {WORDS['log', KEYS_IN_ORDER]}")
    if story.unjudged:
        lines.append(f"not judged in all of the runs: {', '.join(story.unjudged)}")
    if story.partial:
        lines.append(f"{story.partial}: these are partial results")
    return "\n".join(lines) + "\n"


def _break(number: int, one: Break) -> list[str]:
    how = f"runs of {digits(one.duration_s)} s" + (f" of a scale model 1:{one.k}" if one.k > 1 else "")
    if one.unmeasured:
        lines = [f"{number}. at {digits(one.high)}x on paper: {one.guarantee} breaks (not run: {one.unmeasured})"]
    else:
        where = (
            f"between {digits(one.low)}x and {digits(one.high)}x" if one.low < one.high else f"at {digits(one.high)}x"
        )
        lines = [f"{number}. {where}: {one.guarantee} breaks ({how}; {digits(one.paper)}x in closed form)"]
    if one.undecided:
        lines.append(f"   undecided: at {', '.join(digits(load) + 'x' for load in one.undecided)} the runs cannot tell")
    if one.component:
        lines.append(f"   why: {one.component} ({one.limited_by}); {one.evidence}")
    for also, m in enumerate(one.mitigations):
        lines.append(f"   {'then' if also else 'mitigation'}: {m.component}, {m.text}")
    if one.edit:
        edits = ", ".join(f"{path}: {value}" for path, value in one.edit.items())
        lines.append(f"   edit: {{{edits}}}")
        lines.append(f"   price: {show(one.price, 'USD/month')} more; {_lasts(one)}")
    return lines


def _lasts(one: Break) -> str:
    if one.lasts_to is None:
        return "its runs show that it helps nothing"
    return f"then good for {digits(one.lasts_to)}x {'as its runs show' if one.lasts_measured else 'at least, on paper'}"


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
        "unjudged": list(story.unjudged),
        "behind": story.behind,
        "wall_s": story.wall_s,
    }


def _break_json(one: Break) -> dict[str, Any]:
    return {
        "low": one.low,
        "high": one.high,
        "closed_form": one.paper,
        "measured": not one.unmeasured,
        "unmeasured": one.unmeasured,
        "undecided": list(one.undecided),
        "guarantee": one.guarantee,
        "value": one.value,
        "component": one.component,
        "limited_by": one.limited_by,
        "evidence": one.evidence,
        "mitigations": [
            {"component": m.component, "text": m.text, "edit": m.edit, "price": m.price} for m in one.mitigations
        ],
        "lasts_to": one.lasts_to,
        "lasts_measured": one.lasts_measured,
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
