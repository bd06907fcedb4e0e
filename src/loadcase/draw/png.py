"""A drawing as PNG, by resvg. A package is enough: nothing has to be installed beside it but a font."""

from __future__ import annotations

from functools import cache

from loadcase.core.errors import UsageError
from loadcase.draw.diagram import Diagram
from loadcase.draw.svg import svg

ZOOM = 2.0
MOST_PIXELS = 16_000
FAMILIES = (
    "DejaVu Sans", "Noto Sans", "Segoe UI", "Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "Roboto",
    "Ubuntu", "Cantarell", "Open Sans", "FreeSans", "Verdana",
)  # fmt: skip
"""What text may be set in, the first that is there. None is wider than what boxes are measured for."""


def png(diagram: Diagram, dark: bool = False) -> bytes:
    """The drawing at twice its size in points, smaller where it would be enormous.

    Raises UsageError where the package or any font is missing.
    """
    try:
        import resvg_py
    except ImportError:
        hint = "pip install 'loadcase[draw]', or draw --format svg"
        raise UsageError("PNG needs the package resvg_py", hint=hint) from None
    family = _family()
    if family is None:
        hint = f"draw --format svg needs none; or install one of {', '.join(FAMILIES[:3])}"
        raise UsageError("there is no font here to write the text of a PNG with", hint=hint)
    zoom = min(ZOOM, MOST_PIXELS / max(diagram.width, diagram.height, 1.0))
    shape = svg(diagram, "dark" if dark else "light", font=f"'{family}'")
    return bytes(resvg_py.svg_to_bytes(svg_string=shape, zoom=zoom))


@cache
def _family() -> str | None:
    """A font that is there: resvg leaves text out that has none."""
    import resvg_py

    page = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20">{}</svg>'
    blank = resvg_py.svg_to_bytes(svg_string=page.format(""))
    for family in FAMILIES:
        text = f'<text x="2" y="15" font-family="{family}">Mg</text>'
        if resvg_py.svg_to_bytes(svg_string=page.format(text)) != blank:
            return family
    return None
