"""A lease that its holder may outlive."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of
from loadcase.review.design import Design
from loadcase.review.rule import Edit, Found, Rule, error_if


class LeaseWithoutFencing(Rule):
    """A claim ends by itself, and what its holder writes afterwards still counts.

    What: a `claim` has a `lease`, its `do` writes to the same store, and it has no `fencing`. It is an error where the
    contract says that nothing is claimed twice.

    Why: a holder that stops for a while (a collection of garbage, a slow disk) does not know that its lease has ended
    and that another one works on the same thing. A number that grows with each claim lets the store refuse the late
    write.

    Source: M. Kleppmann, How to do distributed locking, 2016; M. Burrows, The Chubby lock service, OSDI 2006
    (sequencers).
    """

    code = "LC602"
    severity = "warning"
    covers = ("data-state-machine",)
    fixes = True
    valid = (
        """
entities: {job: {count: 10}, result: {}}
components: {db: {kind: store}}
flows:
  work:
    arrive: {rate: 1 /s, key: job, timeout: 1 s}
    steps: [db.claim: {entity: job, lease: 1 s, fencing: true, do: [db.write: {entity: result}]}]
""",
        """
entities: {job: {count: 10}, result: {}}
components: {db: {kind: store}}
flows:
  work:
    arrive: {rate: 1 /s, key: job, timeout: 1 s}
    steps: [db.claim: {entity: job, do: [db.write: {entity: result}]}]
""",
    )
    invalid = (
        """
entities: {job: {count: 10}, result: {}}
components: {db: {kind: store}}
flows:
  work:
    arrive: {rate: 1 /s, key: job, timeout: 1 s}
    steps:
      - db.claim: {entity: job, lease: 1 s, do: [db.write: {entity: result}]}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Claims with a lease."""
        for site in design.sites:
            options, path = site.call.options, site.call.path
            if (
                site.call.verb != "claim"
                or getattr(options, "lease", None) is None
                or getattr(options, "fencing", False)
            ):
                continue
            inside = [s for s in design.of(site.flow.name) if s.call.path[: len(path) + 1] == (*path, "do")]
            if any(s.written and s.call.component == site.call.component for s in inside):
                what = entity_of(site.call) or "it"
                line = design.nothing_of(f"{what}.double_claims")
                message = f"who holds {what} for longer than the lease still writes"
                message += f"; the contract says {line.text}" if line else ""
                yield Found(path, message, "fencing: true", severity=error_if(line),
                            edits=(Edit((*path, "fencing"), True),))  # fmt: skip
