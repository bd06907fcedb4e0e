"""A component that cannot keep up."""

from __future__ import annotations

import math
from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class Saturated(Rule):
    """A component cannot take the load that the design has to bear.

    What: in closed form its workers, its hottest shard or partition, its consumers, its quota or its connections are
    more than full at the peak: the highest load of a case that relaxes nothing. It is an error under the design's own
    load, and a warning in a case that is heavier: a bounded queue may be all that is wanted there. What scales by
    itself, sheds, skips steps or limits on purpose is left out.

    Why: a queue before what is more than full grows until something breaks, however long the run; no other rule matters
    before this one.

    Source: L. Kleinrock, Queueing Systems vol. 1, 1975, ch. 1 (stability: offered load below the number of servers).
    """

    code = "LC524"
    severity = "error"
    covers = ("scale-under-built", "trg-queue-lag", "trg-gateway-saturation")
    valid = (
        """
components: {s: {kind: service, workers: 2}}
flows: {r: {arrive: {rate: 100 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
""",
        """
components: {s: {kind: service, workers: 2}}
flows: {r: {arrive: {rate: 100 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
requirements: {contract: [r.p95 < 100 ms]}
cases: {normal: {}, ten_times: {load: 10, degrade: {r.p95: 10 s}}}
""",
        """
components: {s: {kind: service, workers: 1, autoscale: {max: 10, target: 60 %, delay: 30 s}}}
flows: {r: {arrive: {rate: 300 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
""",
    )
    invalid = (
        """
components:
  s: {kind: service, workers: 2}  # <-
flows: {r: {arrive: {rate: 500 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
""",
        """
components:
  s: {kind: service, workers: 2}  # <-
flows: {r: {arrive: {rate: 300 /s}, steps: [s.handle: {work: exp(5 ms)}]}}
cases: {normal: {}, peak: {load: 2}}
""",
        """
components:
  g: {kind: gateway, connections: 1k, online: 5k}  # <-
flows: {r: {arrive: {rate: 1 /s}, steps: [g.push]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Components that are more than full."""
        at = "" if design.peak == 1.0 else f" at {design.peak:g} times the load (case {design.peak_case})"
        full = [(name, used, what) for name, used, what in fullness(design) if used > 1.0]
        causes = [part for part in full if math.isfinite(part[1])] or full  # the others wait for these, for ever
        for name, used, what in causes:
            how = f"would be {show(used, 'ratio')} full" if math.isfinite(used) else "cannot keep up"
            hint = "loadcase size proposes counts; or shed, limit or queue what is too much"
            always = not math.isfinite(used) or what == "connections" or used > design.peak
            yield Found(("components", name), f"{name} {how}{at}: {what}", hint, severity=None if always else "warning")


def fullness(design: Design) -> Iterator[tuple[str, float, str]]:
    """How full each component is at the peak, and what of it; without what changes its size or refuses on purpose."""
    relieved = design.relieved
    for name, line in design.lines.items():
        component = design.b.components[name]
        if name in relieved or component.kind == "limiter":
            continue
        held = design.closed.metrics.get(f"{name}.connections")
        used, what = line.bottleneck or 0.0, line.limited_by
        if held is not None and held > used:
            used, what = held, "connections"
        yield name, used, what
