"""An update of what may have changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of, informed, own_key
from loadcase.blueprint.steps import Call
from loadcase.review.design import Design
from loadcase.review.rule import Edit, Found, Rule, error_if


class BlindUpdate(Rule):
    """Something is read and written back, whatever has happened to it in between.

    What: a flow reads an entity and then updates it, without `if: unchanged`, without an `amount`, and not inside the
    `do` of a claim. It is an error where the contract says that no update is lost.

    Why: two who read the same version both write theirs, and the first one's change is gone without a trace. Compare
    and set, a claim, or an increment at the store keep both.

    Source: H. Berenson et al., A Critique of ANSI SQL Isolation Levels, SIGMOD 1995 (lost update); M. Kleppmann,
    Designing Data-Intensive Applications, 2017, ch. 7.
    """

    code = "LC600"
    severity = "warning"
    covers = ("data-state-machine",)
    fixes = True
    valid = (
        """
entities: {trip: {count: 10}}
components: {db: {kind: store}}
flows:
  edit: {arrive: {rate: 1 /s, key: trip}, steps: [db.read: {entity: trip}, db.update: {entity: trip, if: unchanged}]}
""",
        """
entities: {trip: {count: 10}}
components: {db: {kind: store}}
flows: {set: {arrive: {rate: 1 /s, key: trip}, steps: [db.update: {entity: trip}]}}
""",
        """
entities: {trip: {count: 10}}
components: {db: {kind: store}}
flows:
  edit:
    arrive: {rate: 1 /s, key: trip}
    steps: [db.claim: {entity: trip, lease: 1 s, do: [db.read: {entity: trip}, db.update: {entity: trip}]}]
""",
    )
    invalid = (
        """
entities: {trip: {count: 10}}
components: {db: {kind: store}}
flows:
  edit:
    arrive: {rate: 1 /s, key: trip}
    steps:
      - db.read: {entity: trip}
      - db.update: {entity: trip}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Updates by flows that have read."""
        b = design.b
        for flow in b.flows.values():
            sites = design.of(flow.name)
            # where a claim guards the steps its do is flattened after it: what stands under its path is held by it
            held = [s.call.path for s in sites if s.call.verb == "claim"]
            for site in sites:
                call, entity = site.call, entity_of(site.call)
                if call.verb != "update" or entity is None or not own_key(b, flow, call):
                    continue
                options = call.options
                guarded = any(call.path[: len(p)] == p and call.path != p for p in held)
                safe = getattr(options, "condition", None) is not None or getattr(options, "amount", None) is not None
                if safe or guarded or not reads_before(design, call, flow.name) or not informed(b, flow, entity):
                    continue
                line = design.nothing_of(f"{entity}.lost_updates")
                message = f"{flow.name} overwrites what others have made of {entity} since it read it"
                message += f"; the contract says {line.text}" if line else ""
                edit = Edit((*call.path, "if"), "unchanged")
                yield Found(call.path, message, "if: unchanged, and a retry that reads again", severity=error_if(line),
                            edits=(edit,))  # fmt: skip


def reads_before(design: Design, call: Call, flow: str) -> bool:
    """Whether the flow has made a read, or asked a cache, before a call."""
    for site in design.of(flow):
        if site.call.path == call.path:
            return False
        if site.call.verb in ("read", "get"):
            return True
    return False
