"""A part whose vital sign nobody promises."""

from __future__ import annotations

import math
from collections.abc import Iterator

from loadcase.core.values import show
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class UnmeasuredPart(Rule):
    """The contract leaves out the one number by which a part fails.

    What: there is a contract with three lines or more, and no line about the `hit_ratio` of a cache with real keys, the
    `connections` of a gateway with clients `online`, or the use of any component at all.

    Why: latency and errors say that something is wrong, saturation says what will be next. A cache that hits less, or a
    gateway that fills, is seen there first.

    Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 6 (the four golden signals).
    """

    code = "LC582"
    severity = "note"
    covers = ("slo-golden-four", "slo-domain-pack", "slo-p95-by-stage")
    valid = (
        """
requirements: {contract: [r.p95 < 300 ms, r.availability >= 99 %, c.hit_ratio >= 50 %, db.utilisation < 70 %]}
components: {c: {kind: cache, keys: 500}, db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s, key: {count: 600}}, steps: [c.get: {miss: [db.read]}]}}
""",
    )
    invalid = (
        """
requirements: {contract: [r.p95 < 300 ms, r.availability >= 99 %, db.utilisation < 70 %]}
components:
  c: {kind: cache, keys: 500}  # <-
  db: {kind: store}
flows: {r: {arrive: {rate: 1 /s, key: {count: 600}}, steps: [c.get: {miss: [db.read]}]}}
""",
        """
requirements:
  contract: [r.p95 < 300 ms, r.availability >= 99 %, cost < 1k USD/month]  # <-
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Parts that have such a number."""
        b = design.b
        if len(b.contract) < 3:
            return
        for name, c in b.components.items():
            asked = any(s.call.component == name for s in design.sites)
            if c.kind == "cache" and getattr(c, "hit_ratio", None) is None and getattr(c, "keys", None) and asked:
                if not design.promises(name):
                    hits = design.closed.metrics.get(f"{name}.hit_ratio", 0.0)
                    least = max(0.05, math.floor(16 * hits) / 20)  # four fifths of it, in steps of 5 %
                    hint = f"{name}.hit_ratio >= {show(least, 'ratio')}; it is {show(hits, 'ratio')} in closed form"
                    yield Found(("components", name), f"no line is about what {name} hits", hint)
            elif c.kind == "gateway" and getattr(c, "online", None) is not None and not design.promises(name):
                yield Found(("components", name), f"no line is about how full {name} is", f"{name}.connections < 90 %")
        if not any(design.promises(name) for name in b.components):
            hint = "for example db.utilisation < 70 %"
            yield Found(("requirements", "contract"), "no line says how full anything may be", hint)
