"""A placed drawing as SVG: no script, no outside reference, light and dark by the reader's preference.

Every class begins with `lc-`, and every rule holds inside `.lc-draw` alone, so that a drawing can stand in a page.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from loadcase.core.values import show
from loadcase.draw.diagram import Diagram, Edge, Group, Node, Point, Strand
from loadcase.draw.glyphs import glyph
from loadcase.draw.graph import (
    DETAIL,
    DOT,
    GAP,
    GLYPH,
    LABEL,
    LINE,
    NAME,
    PAD,
    detail_lines,
    label_lines,
    name_box,
    share,
)
from loadcase.draw.text import FONT, clipped, escape, width

Theme = Literal["auto", "light", "dark"]
COLORS = 10
_LIGHT = ("#3b63c9", "#c77700", "#0f8a7c", "#a23fb5", "#4c8a1e", "#c2417c", "#7a5ae0", "#8a5a34", "#1587b8", "#6b7280")
_DARK = ("#86a6ff", "#f2b04a", "#4fd1bd", "#d98bea", "#9bd46a", "#f58bb8", "#b7a3ff", "#d3a178", "#6cc5ee", "#a8b0bd")
"""Of flows, by index; strong enough on their ground, and apart for those who confuse red and green by lightness too."""
USED = ((0.6, "under 60 %"), (0.8, "60 to 80 %"), (1.0, "80 to 100 %"), (math.inf, "100 % and more"))
_USED_LIGHT = ("#2f9e63", "#c9a200", "#e07b00", "#d12f2f")
_USED_DARK = ("#4cc38a", "#e3c341", "#ff9f43", "#ff6b6b")
STRAND, SPREAD = 2.0, 3.4
"""Width of a line, and from one line of a bundle to the next."""
MOST_STRANDS = 8
ROW, LEGEND_GAP = 20.0, 14.0
LEAST_WIDTH = 420.0


def svg(diagram: Diagram, theme: Theme = "auto", styled: bool = True, font: str = FONT) -> str:
    """The drawing as one SVG element. `styled` puts its style sheet in; a page may have `style(theme)` once instead."""
    wide = max(diagram.width, LEAST_WIDTH)
    legend, high = _legend(diagram, wide)
    title = escape(diagram.title)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lc-draw" viewBox="0 0 {_n(wide)} {_n(diagram.height + high)}" '
        f'width="{_n(wide)}" height="{_n(diagram.height + high)}" role="img" aria-label="{title}">',
        f"<title>{title}</title>",
    ]
    if styled:
        parts.append(f"<style>{style(theme, font)}</style>")
    parts.append(f'<rect class="lc-ground" width="{_n(wide)}" height="{_n(diagram.height + high)}"/>')
    shift = (wide - diagram.width) / 2
    parts.append(f'<g transform="translate({_n(shift)} 0)">')
    parts += [_frame(g) for g in diagram.groups]
    for edge in diagram.edges:
        parts += _lines(edge)
    parts += [_box(n) for n in diagram.nodes]
    parts += [_frame_name(g) for g in diagram.groups]
    parts += [_label(e) for e in diagram.edges if e.label_width]
    parts += ["</g>", *legend, "</svg>"]
    return "\n".join(parts) + "\n"


def style(theme: Theme = "auto", font: str = FONT) -> str:
    """The style sheet of drawings."""
    base = (
        f".lc-draw{{font-family:{font};max-width:100%;height:auto}}"
        f".lc-draw .lc-name{{font-size:{NAME:g}px;font-weight:700}}"
        f".lc-draw .lc-detail,.lc-draw .lc-legend,.lc-draw .lc-frame-name{{font-size:{DETAIL:g}px}}"
        f".lc-draw .lc-rate{{font-size:{LABEL:g}px}}"
        ".lc-draw .lc-line{fill:none}.lc-draw .lc-idle{opacity:.5}"
        ".lc-draw .lc-glyph{fill:none;stroke-width:1.4;stroke-linejoin:round;stroke-linecap:round}"
        ".lc-draw .lc-consume{stroke-dasharray:7 4}.lc-draw .lc-commit{stroke-dasharray:2 4}"
        f".lc-draw .lc-line{{stroke-width:{STRAND:g}}}.lc-draw .lc-frame{{stroke-dasharray:5 4}}"
    )
    light, dark = _colors(dark=False), _colors(dark=True)
    if theme == "auto":
        return f"{base}{light}@media (prefers-color-scheme:dark){{{dark}}}"
    return base + (dark if theme == "dark" else light)


def _colors(dark: bool) -> str:
    ground, box, ink, soft, line, frame, tint = (
        ("#14171c", "#20252d", "#eef1f5", "#aeb6c2", "#4a5361", "#1a1f26", "#3a4350")
        if dark
        else ("#ffffff", "#ffffff", "#1b2330", "#56606f", "#b9c1cc", "#f6f8fa", "#e6eaef")
    )
    flows, used = (_DARK, _USED_DARK) if dark else (_LIGHT, _USED_LIGHT)
    rules = [
        (".lc-ground", f"fill:{ground}"),
        (".lc-name", f"fill:{ink}"),
        (".lc-rate", f"fill:{ink}"),
        (".lc-detail,.lc-draw .lc-legend,.lc-draw .lc-frame-name", f"fill:{soft}"),
        (".lc-frame", f"fill:{frame};stroke:{line}"),
        (".lc-inside", f"fill:{frame}"),
        (".lc-frame-in", f"fill:{ground};stroke:{line}"),
        (".lc-box", f"fill:{box};stroke:{line}"),
        (".lc-client", f"fill:{tint};stroke:{line}"),
        (".lc-plate", f"fill:{ground};stroke:{tint}"),
        (".lc-rail", f"fill:{tint}"),
        (".lc-glyph", f"stroke:{soft}"),
        (".lc-fs", f"stroke:{soft}"),
        (".lc-ff", f"fill:{soft}"),
    ]
    rules += [(f".lc-fs{i}", f"stroke:{c}") for i, c in enumerate(flows)]
    rules += [(f".lc-ff{i}", f"fill:{c}") for i, c in enumerate(flows)]
    rules += [(f".lc-us{i}", f"stroke:{c};stroke-width:1.6") for i, c in enumerate(used)]
    rules += [(f".lc-uf{i}", f"fill:{c}") for i, c in enumerate(used)]
    return "".join(f".lc-draw {name}{{{body}}}" for name, body in rules)


def level(used: float) -> int:
    """The step of the scale that a utilisation is on."""
    return next(i for i, (bound, _) in enumerate(USED) if used < bound or math.isinf(bound))


def _frame(group: Group) -> str:
    inner = " lc-frame-in" if group.parent else ""
    return (
        f'<rect class="lc-frame{inner}" x="{_n(group.x)}" y="{_n(group.y)}" width="{_n(group.width)}" '
        f'height="{_n(group.height)}" rx="12"/>'
    )


def _frame_name(group: Group) -> str:
    """The name of a frame, over the lines that pass it."""
    x, y, wide, high = name_box(group)
    ground = "lc-ground" if group.parent else "lc-inside"
    return (
        f'<g><rect class="{ground}" x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}" rx="4"/>'
        f'<text class="lc-frame-name" x="{_n(x + 4)}" y="{_n(y + 11.5)}">{escape(group.label)}</text></g>'
    )


def _box(node: Node) -> str:
    x, y, w, h = node.x, node.y, node.width, node.height
    client = node.kind == "client"
    used = node.utilisation
    tone = f" lc-us{level(used)}" if used is not None and level(used) > 0 else ""
    if node.problem:
        tone = f" lc-us{len(USED) - 1}"
    radius = h / 2 if client else 9
    what = f"{node.name}: {node.kind.replace('_', ' ')}" if not client else f"clients of {node.name}"
    told = ", ".join(
        t for t in (what, node.detail, f"{share(used)} used" if used is not None else "", node.problem) if t
    )
    parts = [
        f"<g><title>{escape(told or '')}</title>",
        f'<rect class="{"lc-client" if client else "lc-box"}{tone}" x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" '
        f'height="{_n(h)}" rx="{_n(radius)}"/>',
    ]
    left = x + PAD + (2 if client else 0)
    parts.append(glyph(node.kind, left, y + (h - GLYPH) / 2 if client else y + 7))
    text = left + GLYPH + GAP
    top = y + (6 if client else 7)
    parts.append(f'<text class="lc-name" x="{_n(text)}" y="{_n(top + 13)}">{escape(node.label)}</text>')
    if used is not None:
        right = f'<text class="lc-detail" text-anchor="end" x="{_n(x + w - PAD)}" y="{_n(top + 12.5)}">'
        parts.append(f"{right}{escape(share(used))}</text>")
    lines = [node.detail] if client else detail_lines(node.detail)
    for i, line in enumerate(lines):
        base = top + (27 if client else 30) + LINE * i
        parts.append(f'<text class="lc-detail" x="{_n(text)}" y="{_n(base)}">{escape(line)}</text>')
    if used is not None:
        rail = w - 2 * PAD
        full = max(2.0, min(1.0, used) * rail)
        at = f'x="{_n(x + PAD)}" y="{_n(y + h - 9)}" height="4" rx="2"'
        parts.append(f'<rect class="lc-rail" {at} width="{_n(rail)}"/>')
        parts.append(f'<rect class="lc-uf{level(used)}" {at} width="{_n(full)}"/>')
    return "".join([*parts, "</g>"])


def _lines(edge: Edge) -> Iterator[str]:
    """The strands of an edge beside each other, and one head."""
    if len(edge.points) < 4:
        return
    shown = edge.strands[:MOST_STRANDS]
    middle = (len(shown) - 1) / 2
    half = 4.2 + middle * SPREAD
    tip, back = edge.points[-1], _before(edge.points)
    long = math.dist(tip, back) or 1.0
    ux, uy = (tip[0] - back[0]) / long, (tip[1] - back[1]) / long
    foot = (tip[0] - 8 * ux, tip[1] - 8 * uy)
    points = [*edge.points[:-1], (tip[0] - 5 * ux, tip[1] - 5 * uy)]
    yield f"<g><title>{escape(_told(edge))}</title>"
    for i, strand in enumerate(shown):
        moved = _offset(points, (i - middle) * SPREAD)
        yield f'<path class="lc-line {_stroke(strand)}" d="{_path(moved)}"/>'
    a = (foot[0] - half * uy, foot[1] + half * ux)
    b = (foot[0] + half * uy, foot[1] - half * ux)
    yield f'<path class="{_fill(edge.main)}" d="M{_p(tip)}L{_p(a)}L{_p(b)}Z"/></g>'


def _told(edge: Edge) -> str:
    return "; ".join(
        ", ".join([f"{s.flow}: {s.verbs[0]}" if s.flow else s.verbs[0], *s.verbs[1:], show(s.rate, "1/s")])
        for s in edge.strands
    )


def _before(points: tuple[Point, ...]) -> Point:
    """The last control point that is not the end itself."""
    return next((p for p in reversed(points[:-1]) if math.dist(p, points[-1]) > 0.5), points[0])


def _offset(points: list[Point], by: float) -> list[Point]:
    """Control points of a curve beside another."""
    if abs(by) < 0.01:
        return points
    moved = []
    for i, (x, y) in enumerate(points):
        # a control point moves as the end of the curve beside it does, an end as the mean of what meets there
        ways = [_way(points, j) for j in ((i,) if i % 3 == 2 else (i - 1,) if i % 3 == 1 else (i - 1, i))]
        dx, dy = sum(w[0] for w in ways), sum(w[1] for w in ways)
        long = math.hypot(dx, dy) or 1.0
        moved.append((x - by * dy / long, y + by * dx / long))
    return moved


def _way(points: list[Point], i: int) -> Point:
    """The direction from a control point to the next; that around them where both are one. (0, 0) beyond an end."""
    if not 0 <= i < len(points) - 1:
        return 0.0, 0.0
    for a, b in ((i, i + 1), (i - 1, i + 2), (i - 2, i + 3)):
        one, two = points[max(0, a)], points[min(len(points) - 1, b)]
        long = math.dist(one, two)
        if long > 0.3:
            return (two[0] - one[0]) / long, (two[1] - one[1]) / long
    return 0.0, 0.0


def _path(points: list[Point]) -> str:
    curves = " ".join(_p(p) for p in points[1:])
    return f"M{_p(points[0])}C{curves}"


def _stroke(strand: Strand) -> str:
    color = "lc-fs" if strand.color is None else f"lc-fs{strand.color % COLORS}"
    idle = "" if strand.rate > 0 else " lc-idle"
    return f"{color}{idle}" if strand.kind == "call" else f"{color} lc-{strand.kind}{idle}"


def _fill(strand: Strand) -> str:
    return "lc-ff" if strand.color is None else f"lc-ff{strand.color % COLORS}"


def _label(edge: Edge) -> str:
    w, h = edge.label_width, edge.label_height
    x, y = edge.label_x - w / 2, edge.label_y - h / 2
    parts = [
        f"<g><title>{escape(_told(edge))}</title>"
        f'<rect class="lc-plate" x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="5"/>'
    ]
    for i, (text, strand) in enumerate(label_lines(edge.strands)):
        base = y + 2.5 + LINE * i + 10.5
        if strand is not None:
            parts.append(
                f'<circle class="{_fill(strand)}" cx="{_n(x + 4 + DOT / 2 - 1)}" cy="{_n(base - 3.8)}" r="3"/>'
            )
        parts.append(f'<text class="lc-rate" x="{_n(x + 4 + DOT)}" y="{_n(base)}">{escape(text)}</text>')
    return "".join([*parts, "</g>"])


def _legend(diagram: Diagram, wide: float) -> tuple[list[str], float]:
    """Rows under the drawing: the flows, the ways that lines are drawn, the scale of utilisation. And their height."""
    items: list[tuple[str, str, float]] = []
    for flow in diagram.flows:
        mark = f'<path class="lc-line lc-fs{flow.color % COLORS}" d="M0 0H18"/>'
        text = f"{clipped(flow.name, 180, DETAIL)} {show(flow.rate, '1/s')}"
        items.append((mark, text, 24))
    rows = [items]
    kinds = {s.kind for e in diagram.edges for s in e.strands}
    alone = dict.fromkeys(v for e in diagram.edges for s in e.strands if s.flow is None for v in s.verbs)
    said_alone = ", ".join("committed changes" if v == "commits" else v for v in alone)
    ways = [("consume", "takes messages"), ("commit", said_alone)]
    rows.append([(f'<path class="lc-line lc-fs lc-{k}" d="M0 0H24"/>', said, 30.0) for k, said in ways if k in kinds])
    if any(n.utilisation is not None for n in diagram.nodes):
        how = "measured" if diagram.measured else "estimated"
        scale = [("", f"utilisation, {how}:", 0.0)]
        scale += [
            (f'<rect class="lc-uf{i}" y="-3" width="14" height="6" rx="2"/>', said, 19.0)
            for i, (_, said) in enumerate(USED)
        ]
        rows.append(scale)
    if diagram.layout == "plain":
        rows.append([("", "plain layout: install Graphviz, or loadcase[draw], for a better one", 0.0)])
    parts, y = [], diagram.height + LEGEND_GAP
    for row in rows:
        x = 14.0
        for mark, text, room in row:
            need = room + width(text, DETAIL)
            if x > 14.0 and x + need > wide - 14:
                x, y = 14.0, y + ROW
            parts.append(f'<g transform="translate({_n(x)} {_n(y)})">{mark}')
            parts.append(f'<text class="lc-legend" x="{_n(room)}" y="3.8">{escape(text)}</text></g>')
            x += need + 18
        y += ROW if row else 0
    return parts, y - diagram.height


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def _p(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"
