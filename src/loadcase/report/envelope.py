"""The capacity envelope: a map for people at a terminal, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from loadcase.explore.axes import Axis
from loadcase.explore.envelope import LOAD, Envelope, Spot
from loadcase.report.shapes import number
from loadcase.report.text import STYLES, is_fancy

LETTERS = "abcdefghijklmnopqrstuvwxyz"
MARKS = {"ran": "●", "paper": "·", "unknown": "?", "refused": "-", "side": "│", "corner": "└", "line": "─"}
PLAIN = {**MARKS, "ran": "O", "paper": ".", "side": "|", "corner": "+", "line": "-"}


def print_envelope(result: Envelope, out: Console) -> None:
    """The map, the second axis upwards, and what each letter on it means."""
    across, up = result.axes
    marks = MARKS if is_fancy(out) else PLAIN
    letters = _letters(result)
    out.print(Text(f"{result.blueprint}: where the contract holds, {across.path} across, {up.path} up"))
    labels = [_label(up, j) for j in range(len(up.settings))]
    width = max(map(len, labels))
    step = 2 if 2 * len(across.settings) + width + 4 <= out.width else 1
    for j in reversed(range(len(up.settings))):
        line = Text(f"  {labels[j]:>{width}} {marks['side']}")
        for spot in result.spots[j]:
            line.append(" " * (step - 1)).append(*_mark(spot, letters, marks))
        out.print(line)
    edge = marks["line"] * (step * len(across.settings))
    out.print(Text(f"  {'':>{width}} {marks['corner']}{edge}"))
    ends = _ends(across, step * len(across.settings))
    out.print(Text(f"  {'':>{width}}  {ends}"))
    for text in _legend(result, letters, marks):
        out.print(text)
    ran = sum(spot.ran for row in result.spots for spot in row)
    points = sum(len(row) for row in result.spots)
    out.print(Text(f"{ran} of {points} points run  ({result.wall_s:.0f} s)", "dim"))
    if result.partial:
        left = f"; {result.unrun} points of the border are the closed form's alone" if result.unrun else ""
        out.print(Text(f"partial results: {result.partial}{left}", "yellow"))


def _letters(result: Envelope) -> dict[str, str]:
    """A letter for each guarantee that breaks somewhere, in the order of the map from its lower left."""
    broken = [s.guarantee for row in result.spots for s in row if s.verdict == "broken"]
    return dict(zip(dict.fromkeys(broken), LETTERS, strict=False))


def _mark(spot: Spot, letters: Mapping[str, str], marks: Mapping[str, str]) -> tuple[str, str]:
    if spot.verdict is None:
        return marks["refused"], "dim"
    if spot.verdict == "holds":
        return marks["ran" if spot.ran else "paper"], STYLES["holds"]
    if spot.verdict == "unknown":
        return marks["unknown"], STYLES["unknown"]
    letter = letters.get(spot.guarantee, "*")
    return (letter.upper(), STYLES["broken"]) if spot.ran and not spot.dear else (letter, "red")


def _label(axis: Axis, i: int) -> str:
    text = axis.settings[i].label
    return f"{text}x" if axis.path == LOAD else text


def _ends(axis: Axis, width: int) -> str:
    """The first value at the left, the last at the right, one between them where there is room."""
    first, last = _label(axis, 0), _label(axis, len(axis.settings) - 1)
    middle = _label(axis, len(axis.settings) // 2)
    if len(first) + len(middle) + len(last) + 4 > width or len(axis.settings) < 3:
        return f"{first}{last:>{max(len(last) + 2, width - len(first))}}"
    place = round((len(axis.settings) // 2 + 0.5) * width / len(axis.settings)) - len(middle) // 2
    left = f"{first:<{place}}{middle}"
    return f"{left}{last:>{width - len(left)}}"


def _legend(result: Envelope, letters: Mapping[str, str], marks: Mapping[str, str]) -> list[Text]:
    spots = [spot for row in result.spots for spot in row]
    lines = []
    held = [s for s in spots if s.verdict == "holds"]
    if held:
        lines.append(Text(f"  {_where(held, marks['ran'], marks['paper'])}: it holds", STYLES["holds"]))
    for guarantee, letter in letters.items():
        broken = [s for s in spots if s.guarantee == guarantee and s.verdict == "broken"]
        where = letter if all(s.dear for s in broken) else _where(broken, letter.upper(), letter)
        lines.append(Text(f"  {where}: {guarantee} breaks", "red"))
    unsure = dict.fromkeys(s.guarantee for s in spots if s.verdict == "unknown")
    if unsure:
        names = ", ".join(filter(None, unsure)) or "the runs ended early"
        lines.append(Text(f"  {marks['unknown']} runs cannot tell: {names}", STYLES["unknown"]))
    why = next((s.refused for s in spots if s.refused), "")
    if why:
        lines.append(Text(f"  {marks['refused']} no valid design: {why}", "dim"))
    elif any(s.verdict is None for s in spots):
        lines.append(Text(f"  {marks['refused']} not reached", "dim"))
    return lines


def _where(spots: list[Spot], ran: str, paper: str) -> str:
    """The marks of runs and of the closed form, as far as both are on the map."""
    marks = [f"{ran} in runs"] * any(s.ran for s in spots) + [f"{paper} on paper"] * any(not s.ran for s in spots)
    return ", ".join(marks)


def envelope_json(result: Envelope) -> dict[str, Any]:
    """`scale --envelope --format json`."""
    return {
        "blueprint": result.blueprint,
        "axes": [
            {"path": a.path, "unit": a.unit, "values": [{"label": s.label, "number": s.number} for s in a.settings]}
            for a in result.axes
        ],
        "points": [
            {"at": [i, j], **_spot_json(spot)} for j, row in enumerate(result.spots) for i, spot in enumerate(row)
        ],
        "partial": result.partial,
        "unrun": result.unrun,
        "wall_s": result.wall_s,
    }


def _spot_json(spot: Spot) -> dict[str, Any]:
    return {
        "verdict": spot.verdict,
        "guarantee": spot.guarantee,
        "value": None if spot.value is None else number(spot.value),
        "on_paper": spot.on_paper,
        "ran": spot.ran,
        "cost": None if spot.cost is None else number(spot.cost),
        "dear": spot.dear,
        "scale": spot.k,
        "duration_s": spot.duration_s,
        "refused": spot.refused,
    }
