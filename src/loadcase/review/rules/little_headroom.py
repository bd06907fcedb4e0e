"""A component that is nearly full at the peak."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule
from loadcase.review.rules.saturated import fullness

MOST = 0.85


class LittleHeadroom(Rule):
    """A component is nearly full at the peak.

    What: in closed form it is more than 85 % full, though not more than full. What scales by itself, limits on purpose
    or is paid by quota is left out.

    Why: near full a queue is long and any surprise makes it longer: at 85 % one server's queue is six service times, at
    95 % nineteen; and a lost machine leaves its share to the others.

    Source: L. Kleinrock, Queueing Systems vol. 1, 1975, ch. 3 (M/M/1).
    """

    code = "LC525"
    severity = "warning"
    covers = ("trg-gateway-saturation", "scale-under-built")
    valid = (
        """
components: {s: {kind: service, workers: 4}}
flows: {r: {arrive: {rate: 560 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
""",
    )
    invalid = (
        """
components:
  s: {kind: service, workers: 4}  # <-
flows: {r: {arrive: {rate: 720 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
""",
        """
components:
  g: {kind: gateway, connections: 1k, online: 950}  # <-
flows: {r: {arrive: {rate: 1 /s}, steps: [g.push]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Components between nearly full and full."""
        for name, used, what in fullness(design):
            if MOST < used <= 1.0 and what != "quota":
                at = "at the peak" if design.peak != 1.0 else "under the load"
                message = f"{name} is {show(used, 'ratio')} full {at}: {what}"
                yield Found(("components", name), message, "leave 30 % free: loadcase size proposes counts")
