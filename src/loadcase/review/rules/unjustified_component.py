"""A component that nothing justifies."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule
from loadcase.review.rules.brand_without_reason import KEEPS, decided


class UnjustifiedComponent(Rule):
    """Nothing says what a component is there for.

    What: it has no `why`, and no decision names it, in a design where at least one component has a reason or there is a
    decision. What is run by somebody else, and what `brand-without-reason` is about, is left out.

    Why: every box is paid for, deployed, watched and woken up for. Let the bottleneck that asks for it be named, or let
    it go.

    Source: published interview guides (complexity is pulled in by bottlenecks); J. Gall, Systemantics, 1975.
    """

    code = "LC591"
    severity = "note"
    covers = ("pit-unjustified-component",)
    valid = (
        """
components: {s: {kind: service, why: stateless request handling}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
        """
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
components:
  s: {kind: service, why: stateless request handling}
  c: {kind: cache, hit_ratio: 50 %}  # <-
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle, c.get]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Components without a reason, beside others that have one."""
        b = design.b
        if not b.decisions and not any(c.why for c in b.components.values()):
            return
        for name, c in b.components.items():
            branded = c.like is not None and c.kind in KEEPS
            if (c.why or "").strip() or branded or c.kind in ("external", "model") or decided(design, name):
                continue
            hint = "why: the number or the requirement that asks for it"
            yield Found(("components", name), f"nothing says what {name} is there for", hint)
