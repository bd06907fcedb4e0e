"""Line plots, number lines and sequence diagrams as SVG, in the classes of the page that they stand in.

They have no script and no style of their own, so that light and dark follow the page. 60 points are about 600 bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from loadcase.check.story import Line as Row
from loadcase.check.story import Story
from loadcase.core.values import show
from loadcase.draw.text import clipped, escape, width
from loadcase.report.stories import at, said

TONES = 10
WIDE, HIGH = 500.0, 190.0
LEFT, RIGHT, TOP, LOW = 62.0, 12.0, 12.0, 24.0
SMALL = 10.0
MOST_POINTS = 400
LEAST = {"count": 0.1, "1/s": 0.1, "s": 1e-5}
"""Below this a logarithmic axis shows nothing."""
LOG_FROM = 40.0
"""Where the largest value is this many times the smallest, the axis is logarithmic."""


@dataclass(frozen=True)
class Line:
    """One quantity over time: value `i` is that of an interval that begins at `start + i * step` seconds."""

    name: str
    start: float
    step: float
    values: Sequence[float | None]
    tone: int
    dashed: bool = False


@dataclass(frozen=True)
class Window:
    """A time in which something is wrong, s."""

    label: str
    start: float
    end: float


def line_plot(
    title: str,
    unit: str,
    lines: Sequence[Line],
    windows: Sequence[Window] = (),
    bound: float | None = None,
    log: bool = False,
) -> str:
    """Lines over time, with the windows shaded and a bound as a dashed line. Empty where nothing was observed.

    `log` allows a logarithmic axis, which is used where values differ much.
    """
    seen = [v for line in lines for v in line.values if v is not None and math.isfinite(v)]
    if not seen:
        return ""
    legend, legend_high = _legend(lines)
    top = TOP + legend_high
    high = HIGH + legend_high
    begin = min(line.start for line in lines)
    end = max(line.start + line.step * len(line.values) for line in lines)
    marks = [*seen, *([bound] if bound is not None else [])]
    positive = [v for v in marks if v > 0]
    scale = _Scale.of(marks, log and bool(positive) and max(positive) > LOG_FROM * min(positive), unit)

    def x(at_s: float) -> float:
        return LEFT + (WIDE - LEFT - RIGHT) * (at_s - begin) / max(1e-9, end - begin)

    def y(value: float) -> float:
        return high - LOW - (high - LOW - top) * scale.share(value)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {WIDE:g} {_n(high)}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>'
    ]
    for w in windows:
        left, right = x(max(begin, w.start)), x(min(end, max(w.end, w.start + (end - begin) / 200)))
        if right > left:
            parts.append(
                f'<rect class="window" x="{_n(left)}" y="{_n(top)}" width="{_n(right - left)}" '
                f'height="{_n(high - LOW - top)}"><title>{escape(w.label)}</title></rect>'
            )
    for value, text in scale.ticks:
        parts.append(f'<path class="grid" d="M{LEFT:g} {_n(y(value))}H{_n(WIDE - RIGHT)}"/>')
        parts.append(
            f'<text class="tick" text-anchor="end" x="{LEFT - 6:g}" y="{_n(y(value) + 3.5)}">{escape(text)}</text>'
        )
    for t in _nice(begin, end, 6):
        text = show(t, "s") if t else "0 s"
        where = min(x(t), WIDE - RIGHT - width(text, SMALL) / 2)
        parts.append(
            f'<text class="tick" text-anchor="middle" x="{_n(where)}" y="{_n(high - 8)}">{escape(text)}</text>'
        )
    if bound is not None:
        parts.append(f'<path class="bound" d="M{LEFT:g} {_n(y(bound))}H{_n(WIDE - RIGHT)}"/>')
    for line in sorted(lines, key=lambda one: one.dashed):  # so that what is dashed shows over what it runs along
        path = _path(
            [(x(line.start + line.step * (i + 0.5)), None if v is None else y(v)) for i, v in _thin(line.values)]
        )
        dashed = " dashed" if line.dashed else ""
        parts.append(f'<path class="line t{line.tone % TONES}{dashed}" d="{path}"/>')
    parts.append(f'<path class="axis" d="M{LEFT:g} {_n(top)}V{_n(high - LOW)}H{_n(WIDE - RIGHT)}"/>')
    return "".join([*parts, *legend, "</svg>"])


def _legend(lines: Sequence[Line]) -> tuple[list[str], float]:
    """Names over the plot, and how high they are."""
    parts, x, y = [], LEFT, 10.0
    for line in lines:
        name = clipped(line.name, WIDE - LEFT - 30, SMALL)
        need = 18 + width(name, SMALL) + 12
        if x > LEFT and x + need > WIDE - RIGHT:
            x, y = LEFT, y + 14
        dashed = " dashed" if line.dashed else ""
        parts.append(f'<path class="line t{line.tone % TONES}{dashed}" d="M{_n(x)} {_n(y)}h14"/>')
        parts.append(f'<text class="tick" x="{_n(x + 18)}" y="{_n(y + 3.5)}">{escape(name)}</text>')
        x += need
    return parts, y if lines else 0.0


@dataclass(frozen=True)
class _Scale:
    """An axis of values: the share of its length at which a value is, and where its marks are."""

    low: float
    high: float
    log: bool
    ticks: tuple[tuple[float, str], ...]

    @classmethod
    def of(cls, values: Sequence[float], log: bool, unit: str) -> _Scale:
        """The axis that shows some values."""
        if log:
            positive = [v for v in values if v > 0]
            least = max(min(positive), max(positive) * 1e-6, LEAST.get(unit, 0.0))
            low, high = math.floor(math.log10(least)), math.ceil(math.log10(max(*positive, least * 1.01)) - 1e-9)
            high = max(high, low + 1)
            every = max(1, math.ceil((high - low) / 5))
            marks = [10.0**e for e in range(low, high + 1, every)]
            return cls(10.0**low, 10.0**high, True, tuple((m, show(m, unit)) for m in marks))
        bottom, top = min(0.0, *values), max(*values, 0.0)
        top = top if top > bottom else bottom + (1.0 if unit != "s" else 1e-3)
        if unit == "ratio" and 0.5 < top <= 1.0:
            top = 1.0
        marks = _nice(bottom, top * 1.02, 5)
        return cls(bottom, max(top * 1.02, marks[-1]), False, tuple((m, show(m, unit)) for m in marks))

    def share(self, value: float) -> float:
        """Between 0 and 1."""
        if self.log:
            value = max(value, self.low)
            return math.log(value / self.low) / max(1e-12, math.log(self.high / self.low))
        return (value - self.low) / (self.high - self.low)


def _nice(low: float, high: float, count: int) -> list[float]:
    """Round values in a range: multiples of 1, 2 or 5 times a power of ten."""
    span = max(high - low, 1e-12)
    raw = span / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 12) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _thin(values: Sequence[float | None]) -> Iterable[tuple[int, float | None]]:
    """So few points that a plot can show them: of many, the largest of each stretch."""
    if len(values) <= MOST_POINTS:
        yield from enumerate(v if v is not None and math.isfinite(v) else None for v in values)
        return
    every = math.ceil(len(values) / MOST_POINTS)
    for i in range(0, len(values), every):
        part = [(v, i + j) for j, v in enumerate(values[i : i + every]) if v is not None and math.isfinite(v)]
        best = max(part, default=None)
        yield (i, None) if best is None else (best[1], best[0])


def _path(points: Sequence[tuple[float, float | None]]) -> str:
    """A path with gaps where nothing was observed; points on a straight line with their neighbours are left out."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is None:
            runs.append([])
        else:
            runs[-1].append((x, y))
    parts = []
    for run in runs:
        kept: list[tuple[float, float]] = []
        for point in run:
            while len(kept) > 1 and abs(_bend(kept[-2], kept[-1], point)) < 0.3:
                kept.pop()
            kept.append(point)
        if len(kept) == 1:
            parts.append(f"M{_n(kept[0][0] - 1)} {_n(kept[0][1])}h2")
        elif kept:
            parts.append("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in kept))
    return "".join(parts)


def _bend(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """How far `b` is above the straight line from `a` to `c`."""
    return b[1] - (a[1] + (c[1] - a[1]) * (b[0] - a[0]) / max(1e-9, c[0] - a[0]))


@dataclass(frozen=True)
class Mark:
    """A value on a number line."""

    value: float
    text: str
    kind: str


def number_line(title: str, marks: Sequence[Mark], low: float, high: float, left: str, right: str) -> str:
    """Where one choice becomes the better: a line of values, logarithmic, with the measured bracket and some marks."""
    values = [m.value for m in marks if m.value > 0] + [v for v in (low, high) if v > 0]
    if not values:
        return ""
    first, last = math.log10(min(values)) - 0.25, math.log10(max(values)) + 0.25
    wide, high_px, y = 720.0, 104.0, 52.0

    def x(value: float) -> float:
        return 20 + (wide - 40) * (math.log10(max(value, 1e-300)) - first) / (last - first)

    a, b = x(low) if low > 0 else 20.0, x(high) if high > 0 else wide - 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot wide" viewBox="0 0 {wide:g} {high_px:g}" role="img" '
        f'aria-label="{escape(title)}"><title>{escape(title)}</title>',
        f'<path class="band t1" d="M20 {y:g}H{_n(a)}"/><path class="band t0" d="M{_n(b)} {y:g}H{wide - 20:g}"/>',
        f'<rect class="window" x="{_n(a)}" y="{y - 9:g}" width="{_n(max(2.0, b - a))}" height="18"/>',
    ]
    named = [(20.0, left, "start"), (wide - 20, right, "end")]
    for where, text, anchor in named:
        parts.append(
            f'<text class="tick" text-anchor="{anchor}" x="{where:g}" y="12">{escape(clipped(text, 330, SMALL))}</text>'
        )
    rows = [0.0, 0.0]
    for mark in sorted((m for m in marks if m.value > 0), key=lambda m: m.value):
        half = width(mark.text, SMALL) / 2
        at_x = min(max(x(mark.value), 20 + half), wide - 20 - half)
        row = next((i for i, free in enumerate(rows) if at_x - half > free), len(rows) - 1)
        rows[row] = at_x + half + 8
        parts.append(f'<path class="mark {mark.kind}" d="M{_n(x(mark.value))} {y - 14:g}v28"/>')
        place = f'x="{_n(at_x)}" y="{_n(y + 28 + 14 * row)}"'
        parts.append(f'<text class="tick" text-anchor="middle" {place}>{escape(mark.text)}</text>')
    return "".join([*parts, "</svg>"])


@dataclass(frozen=True)
class Choice:
    """One metric of two designs along a value: (value, of the first, of the second), in rising order of the value."""

    title: str
    unit: str
    names: tuple[str, str]
    points: tuple[tuple[float, float | None, float | None], ...]
    bound: float | None
    of: str
    """What is varied, with its unit."""


def choice_plot(choice: Choice, marks: Sequence[Mark], low: float, high: float) -> str:
    """A metric of two designs along a value, logarithmic, with the bracket in which the better one changes shaded."""
    seen = [v for _, *both in choice.points for v in both if v is not None and math.isfinite(v)]
    values = [x for x, *_ in choice.points if x > 0] + [m.value for m in marks if m.value > 0]
    if not seen or len(values) < 2:
        return ""
    lines = [Line(name, 0.0, 1.0, (), i) for i, name in enumerate(choice.names)]
    legend, legend_high = _legend(lines)
    top, bottom = TOP + legend_high, HIGH + legend_high - LOW
    first, last = math.log10(min(values)) - 0.1, math.log10(max(values)) + 0.1
    marked = [*seen, *([choice.bound] if choice.bound is not None else [])]
    positive = [v for v in marked if v > 0]
    log = choice.unit != "ratio" and bool(positive) and max(positive) > LOG_FROM * min(positive)
    scale = _Scale.of(marked, log, choice.unit)

    def x(value: float) -> float:
        return LEFT + (WIDE - LEFT - RIGHT) * (math.log10(max(value, 1e-300)) - first) / (last - first)

    def y(value: float) -> float:
        return bottom - (bottom - top) * scale.share(value)

    title = escape(choice.title)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 {WIDE:g} {_n(bottom + 50)}" role="img" '
        f'aria-label="{title}"><title>{title}</title>'
    ]
    if low > 0 and high > low:
        parts.append(
            f'<rect class="window" x="{_n(x(low))}" y="{_n(top)}" width="{_n(max(2.0, x(high) - x(low)))}" '
            f'height="{_n(bottom - top)}"/>'
        )
    for value, text in scale.ticks:
        parts.append(f'<path class="grid" d="M{LEFT:g} {_n(y(value))}H{_n(WIDE - RIGHT)}"/>')
        parts.append(
            f'<text class="tick" text-anchor="end" x="{LEFT - 6:g}" y="{_n(y(value) + 3.5)}">{escape(text)}</text>'
        )
    if choice.bound is not None:
        parts.append(f'<path class="bound" d="M{LEFT:g} {_n(y(choice.bound))}H{_n(WIDE - RIGHT)}"/>')
    for i in range(2):
        line = [(at_x, both[i]) for at_x, *both in choice.points if at_x > 0]
        places = [(x(v), None if w is None or not math.isfinite(w) else y(w)) for v, w in line]
        parts.append(f'<path class="line t{i}" d="{_path(places)}"/>')
        parts += [f'<circle class="line t{i}" cx="{_n(a)}" cy="{_n(b)}" r="2"/>' for a, b in places if b is not None]
    parts += _marked([m for m in marks if m.value > 0], x, top, bottom)
    parts.append(f'<path class="axis" d="M{LEFT:g} {_n(top)}V{_n(bottom)}H{_n(WIDE - RIGHT)}"/>')
    parts.append(
        f'<text class="tick" text-anchor="middle" x="{_n((LEFT + WIDE - RIGHT) / 2)}" y="{_n(bottom + 44)}">'
        f"{escape(clipped(choice.of, WIDE - LEFT - RIGHT, SMALL))}</text>"
    )
    return "".join([*parts, *legend, "</svg>"])


def _marked(marks: Sequence[Mark], x: Callable[[float], float], top: float, bottom: float) -> list[str]:
    """Values of a logarithmic axis, as lines across the plot with their words below it, on two rows where need be."""
    parts, rows = [], [0.0, 0.0]
    for mark in sorted(marks, key=lambda m: m.value):
        half = width(mark.text, SMALL) / 2
        at_x = min(max(x(mark.value), LEFT + half), WIDE - RIGHT - half)
        row = next((i for i, free in enumerate(rows) if at_x - half > free), len(rows) - 1)
        rows[row] = at_x + half + 8
        parts.append(f'<path class="mark {mark.kind}" d="M{_n(x(mark.value))} {_n(top)}V{_n(bottom)}"/>')
        place = f'x="{_n(at_x)}" y="{_n(bottom + 15 + 13 * row)}"'
        parts.append(f'<text class="tick" text-anchor="middle" {place}>{escape(mark.text)}</text>')
    return parts


# --- stories ----------------------------------------------------------------------------------------------------------
TIME_WIDE, ROW_HIGH, TEXT_WIDE, HEAD = 92.0, 26.0, 400.0, 50.0
LANES_WIDE, WIDEST_LANE, LEAST_LANE = 560.0, 112.0, 66.0
TO = ("commit", "claim", "publish", "release", "grant", "revoke", "allow")
"""What somebody's operation does at a component; a read comes back from one."""


def sequence(story: Story) -> str:
    """A story as a sequence diagram: time on the left, who takes part as lanes, what happened in words on the right."""
    names: dict[str, int] = {}

    def lane(name: str) -> int:
        return names.setdefault(name, len(names))

    rows: list[tuple[Row, int, int]] = []
    for line in story.lines:
        client = lane(f"{line.flow} {line.operation}".strip()) if line.operation else -1
        where = lane(at(line)) if line.component else -1
        receiver = dict(line.told).get("receiver", "")
        if line.event == "deliver" and receiver and where >= 0:
            rows.append((line, where, lane(f"receiver {receiver}")))
        elif line.event == "read" and client >= 0 and where >= 0:
            rows.append((line, where, client))
        elif line.event in TO and client >= 0 and where >= 0:
            rows.append((line, client, where))
        else:
            one = where if where >= 0 else client if client >= 0 else lane("history")
            rows.append((line, one, one))
    lane_wide = min(WIDEST_LANE, max(LEAST_LANE, LANES_WIDE / max(1, len(names))))
    lanes = TIME_WIDE + lane_wide * max(1, len(names))
    wide, high = lanes + TEXT_WIDE, HEAD + ROW_HIGH * len(rows) + 8

    def x(i: int) -> float:
        return TIME_WIDE + lane_wide * (i + 0.5)

    title = escape(story.said)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plot story" viewBox="0 0 {_n(wide)} {_n(high)}" '
        f'width="{_n(wide)}" height="{_n(high)}" role="img" aria-label="{title}"><title>{title}</title>'
    ]
    for name, i in names.items():
        parts.append(f'<path class="lane" d="M{_n(x(i))} 42V{_n(high - 4)}"/>')
        box = f'x="{_n(x(i) - lane_wide / 2 + 3)}" y="6" width="{_n(lane_wide - 6)}" height="36" rx="6"'
        parts.append(f'<g><title>{escape(name)}</title><rect class="who" {box}/>')
        first, _, last = name.rpartition(" ")
        shown = [first, last] if first and width(name, SMALL) > lane_wide - 12 else [name]
        for j, part in enumerate(shown):
            place = f'x="{_n(x(i))}" y="{_n(28 + 13 * (j - (len(shown) - 1) / 2))}"'
            parts.append(f'<text class="tick" text-anchor="middle" {place}>')
            parts.append(f"{escape(clipped(part, lane_wide - 10, SMALL))}</text>")
        parts.append("</g>")
    for k, (line, a, b) in enumerate(rows):
        y = HEAD + ROW_HIGH * k + ROW_HIGH / 2
        if line.faults:
            parts.append(
                f'<rect class="window" x="0" y="{_n(y - ROW_HIGH / 2)}" width="{_n(wide)}" height="{ROW_HIGH:g}"/>'
            )
        parts.append(f'<text class="tick" x="4" y="{_n(y + 3.5)}">{line.time_s:.6f} s</text>')
        if a == b:
            parts.append(f'<circle class="dot" cx="{_n(x(a))}" cy="{_n(y)}" r="4"/>')
        else:
            way = 1 if x(b) > x(a) else -1
            tip = x(b) - way * 2
            back = " dashed" if line.event == "read" else ""
            parts.append(f'<path class="arrow{back}" d="M{_n(x(a))} {_n(y)}H{_n(tip - way * 6)}"/>')
            parts.append(f'<path class="tip" d="M{_n(tip)} {_n(y)}l{-7 * way} -4v8z"/>')
        words = " ".join(said(line).split())
        parts.append(f"<g><title>{escape(words)}</title>")
        lines = _wrapped(words, TEXT_WIDE - 16)
        for j, part in enumerate(lines):
            base = y + 3.5 + 11 * (j - (len(lines) - 1) / 2)
            parts.append(f'<text class="tick" x="{_n(lanes + 8)}" y="{_n(base)}">{escape(part)}</text>')
        parts.append("</g>")
    return "".join([*parts, "</svg>"])


def _wrapped(text: str, most: float) -> list[str]:
    """Text on one line, or on two where it does not fit."""
    if width(text, SMALL) <= most:
        return [text]
    words, first = text.split(" "), ""
    while words and width(f"{first} {words[0]}", SMALL) <= most:
        first = f"{first} {words.pop(0)}".strip()
    return [first, clipped(" ".join(words), most, SMALL)] if first else [clipped(text, most, SMALL)]


def story_of(metric: str, shape: dict[str, object]) -> Story:
    """A story from its JSON shape. What has another type is left out."""
    lines = []
    found = shape.get("lines")
    for raw in found if isinstance(found, list) else []:
        told = raw.get("told") or {}
        attempt, place = raw.get("attempt"), raw.get("place")
        lines.append(
            Row(
                time_s=float(raw["time_s"]), event=str(raw["event"]), flow=str(raw.get("flow") or ""),
                operation=str(raw.get("operation") or ""), attempt=attempt if isinstance(attempt, int) else None,
                component=str(raw.get("component") or ""), place=place if isinstance(place, int) else None,
                entity=str(raw.get("entity") or ""), told=tuple((str(k), str(v)) for k, v in told.items()),
                faults=tuple(str(f) for f in raw.get("faults") or ()),
            )
        )  # fmt: skip
    omitted = shape.get("omitted")
    return Story(metric, str(shape.get("said") or ""), tuple(lines), omitted if isinstance(omitted, int) else 0)


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
