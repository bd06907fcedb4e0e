"""A product that nobody argued for."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

KEEPS = ("store", "log", "queue", "topic", "cache", "search_index")


class BrandWithoutReason(Rule):
    """A product is named for what keeps data, and nothing says why this one.

    What: a store, log, queue, topic, cache or index is `like` a product, has no `why`, and no decision names it or its
    product.

    Why: "because it scales" fits every product. The access pattern that it serves, and what it does badly, fit one; or
    the generic component does.

    Source: published interview guides (technologies after entities and contract); M. Kleppmann, Designing
    Data-Intensive Applications, 2017, preface (no one size fits all).
    """

    code = "LC590"
    severity = "warning"
    covers = ("data-store-reason", "pit-unjustified-component")
    valid = (
        """
components: {db: {kind: store, like: postgres, why: unique codes are one constraint}}
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read]}}
""",
        """
components: {db: {kind: store, like: postgres}}
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read]}}
decisions: {db: {choose: postgres, over: [files], because: transactions, at_the_cost_of: a, flips_when: b}}
""",
        """
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read]}}
""",
    )
    invalid = (
        """
components:
  db: {kind: store, like: cassandra}  # <-
flows: {r: {arrive: {rate: 1 /s}, steps: [db.read]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Components with a product."""
        for name, component in design.b.components.items():
            if component.like is None or component.kind not in KEEPS or (component.why or "").strip():
                continue
            if not decided(design, name, component.like):
                message = f"nothing says why {name} is {component.like}"
                hint = "why: the access pattern that it serves, and what it does badly; or leave like: out"
                yield Found(("components", name, "like"), message, hint)


def decided(design: Design, *names: str) -> bool:
    """Whether a decision is about a component or a product, by its name."""
    for title, decision in design.b.decisions.items():
        texts = (title, decision.choose, decision.because or "", *decision.over)
        if any(name.lower() in text.lower() for name in names for text in texts):
            return True
    return False
