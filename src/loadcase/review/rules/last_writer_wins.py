"""A value that the quicker of two writers decides."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class LastWriterWins(Rule):
    """What is stored in the end depends on who was last, and the contract says that it does not.

    What: the contract says `<entity>.diverged == 0`, and a client's flow overwrites that entity with a plain `write` or
    `update`: no `amount`, which commutes, no `sequence`, no `if: unchanged`, and not while it holds a claim.

    Why: two writes at the same time reach the store in an order that nobody chose. The same day, run again, ends with
    another value.

    Source: M. Shapiro et al., Conflict-free Replicated Data Types, SSS 2011; M. Kleppmann, Designing Data-Intensive
    Applications, 2017, ch. 5 (last write wins).
    """

    code = "LC606"
    severity = "error"
    covers = ("det-pinned",)
    valid = (
        """
requirements: {contract: [counter.diverged == 0]}
entities: {page: {count: 10}, counter: {}}
components: {db: {kind: store}}
flows:
  count: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [db.write: {entity: counter, amount: 1}]}
""",
    )
    invalid = (
        """
requirements: {contract: [counter.diverged == 0]}
entities: {page: {count: 10}, counter: {}}
components: {db: {kind: store}}
flows:
  count:
    arrive: {rate: 1 /s, key: page, timeout: 1 s}
    steps:
      - db.write: {entity: counter}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Plain writes of clients."""
        for site in design.sites:
            call, options = site.call, site.call.options
            line = design.nothing_of(f"{entity_of(call)}.diverged")
            if line is None or not site.writes or call.verb not in ("write", "update") or site.flow.arrive is None:
                continue
            claims = [s.call.path for s in design.of(site.flow.name) if s.call.verb == "claim"]
            given = any(getattr(options, name, None) is not None for name in ("amount", "sequence", "condition"))
            if not given and not any(call.path[: len(path)] == path for path in claims):
                message = f"{line.text}, and whoever is last decides {entity_of(call)}"
                yield Found(call.path, message, "amount: for what adds up, or if: unchanged")
