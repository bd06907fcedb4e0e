"""A component that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.steps import Call
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class UnusedComponent(Rule):
    """No flow uses a component.

    What: no step calls it, no flow consumes it or consumes by it, nothing sends its dead letters there, and no variant
    speaks of it.

    Why: it costs and does nothing; or the flow that needs it was forgotten, and is not judged.

    Source: published interview guides (every box is on a path from a requirement).
    """

    code = "LC592"
    severity = "warning"
    covers = ("pit-unjustified-component", "scale-ladder")
    valid = (
        """
components: {s: {kind: service}, q: {kind: queue, dead_letters: failed}, failed: {kind: queue}}
flows: {p: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [q.publish]}, r: {consume: {queue: q, by: s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
components:
  s: {kind: service}
  c: {kind: cache, hit_ratio: 50 %}  # <-
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Components that are on no path."""
        b = design.b
        used = {site.call.component for site in design.sites}
        for flow in design.consuming:
            if flow.consume is not None:
                used |= {n for n in (flow.consume.log, flow.consume.queue, flow.consume.topic, flow.consume.by) if n}
        for c in b.components.values():
            used |= {n for n in (getattr(c, "dead_letters", None), getattr(c, "source", None)) if n}
        used |= {step.component for site in design.sites for step, _ in site.above if isinstance(step, Call)}
        others = str(b.variants)
        for name in b.components:
            if name not in used and f"{name}." not in others:
                yield Found(("components", name), f"no flow uses {name}", "a step that does, or take it out")
