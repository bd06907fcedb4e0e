"""A small picture for each kind of component, in 18 by 18 points."""

from __future__ import annotations

GLYPHS = {
    "client": "M9 3.5a3 3 0 1 1 0 6a3 3 0 1 1 0-6zM3.5 16c.6-3.2 2.7-4.6 5.5-4.6s4.9 1.4 5.5 4.6",
    "service": "M3 4h12v10H3zM3 7.2h12M5 5.6h.1M7 5.6h.1",
    "load_balancer": "M2 9h4M6 9l7-5.5M6 9h7M6 9l7 5.5M13 2v3h3M13 9h3M13 16v-3h3",
    "gateway": "M2 9c2-4 4.5-6 7-6s5 2 7 6c-2 4-4.5 6-7 6s-5-2-7-6zM2 9h14M9 3v12",
    "store": (
        "M3 4.5c0-1.4 2.7-2.5 6-2.5s6 1.1 6 2.5v9c0 1.4-2.7 2.5-6 2.5s-6-1.1-6-2.5z"
        "M3 4.5C3 5.9 5.7 7 9 7s6-1.1 6-2.5M3 9c0 1.4 2.7 2.5 6 2.5s6-1.1 6-2.5"
    ),
    "object_store": (
        "M2.5 4h13l-1.8 11.2c-.1.5-.5.8-1 .8H5.3c-.5 0-.9-.3-1-.8zM2.5 4c0-1 2.9-1.8 6.5-1.8s6.5.8 6.5 1.8"
    ),
    "search_index": "M8 2.5a5.2 5.2 0 1 1 0 10.4a5.2 5.2 0 1 1 0-10.4zM11.8 11.5l4 4.2",
    "cache": "M10 2L4 10h4.2L7.5 16l6.5-8.5H9.6z",
    "cdn": "M9 2a7 7 0 1 1 0 14a7 7 0 1 1 0-14zM2 9h14M9 2c-4.5 4-4.5 10 0 14M9 2c4.5 4 4.5 10 0 14",
    "log": "M2 5h14v8H2zM6.6 5v8M11.3 5v8",
    "queue": "M2 6h10v6H2zM5.3 6v6M8.6 6v6M13.5 9h2.5M14.5 7.5L16 9l-1.5 1.5",
    "topic": "M9 6.8a2.2 2.2 0 1 1 0 4.4a2.2 2.2 0 1 1 0-4.4zM4.700 4.700a6 6 0 0 0 0 8.6M13.3 4.700a6 6 0 0 1 0 8.6",
    "limiter": "M2.5 13.5a6.8 6.8 0 1 1 13 0M9 13l3.5-5.5",
    "external": "M5.2 14.5a3.6 3.6 0 0 1-.3-7.2a4.6 4.6 0 0 1 8.8.6a3.3 3.3 0 0 1-.4 6.6z",
    "model": "M9 2.5l1.700 4.8L15.5 9l-4.8 1.700L9 15.5l-1.700-4.8L2.5 9l4.8-1.700zM14.5 2.5v3M13 4h3",
}
"""By kind; a service's for any other."""


def glyph(kind: str, x: float, y: float) -> str:
    """An SVG path at a place."""
    return f'<path class="lc-glyph" transform="translate({x:.2f} {y:.2f})" d="{GLYPHS.get(kind, GLYPHS["service"])}"/>'
