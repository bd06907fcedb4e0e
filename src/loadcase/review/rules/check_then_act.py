"""A look, and then a step that trusts it."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of
from loadcase.review.design import Design
from loadcase.review.rule import Edit, Found, Rule, error_if


class CheckThenAct(Rule):
    """A claim looks whether something is free, and then takes it.

    What: a `claim` has `atomic: false`. It is an error where the contract says that nothing is claimed twice.

    Why: two may look before either has taken it, and both take it: one seat, two tickets. The store has to decide and
    to write in one step.

    Source: OWASP, Race Conditions (time of check to time of use); J. Gray, A. Reuter, Transaction Processing, 1993.
    """

    code = "LC601"
    severity = "warning"
    covers = ("data-state-machine",)
    fixes = True
    valid = (
        """
entities: {seat: {count: 10}}
components: {db: {kind: store}}
flows: {book: {arrive: {rate: 1 /s, key: seat, timeout: 1 s}, steps: [db.claim: {entity: seat}]}}
""",
    )
    invalid = (
        """
entities: {seat: {count: 10}}
components: {db: {kind: store}}
flows:
  book:
    arrive: {rate: 1 /s, key: seat, timeout: 1 s}
    steps:
      - db.claim: {entity: seat, atomic: false}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Claims that are not atomic."""
        for site in design.sites:
            if site.call.verb == "claim" and getattr(site.call.options, "atomic", True) is False:
                what = entity_of(site.call) or "the same thing"
                line = design.nothing_of(f"{what}.double_claims")
                path = (*site.call.path, "atomic")
                message = f"two who look at the same time both take {what}"
                message += f"; the contract says {line.text}" if line else ""
                yield Found(path, message, "atomic: true, the default", severity=error_if(line),
                            edits=(Edit(path, True),))  # fmt: skip
