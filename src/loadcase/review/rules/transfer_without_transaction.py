"""Two halves of one change."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of
from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule, error_if


class TransferWithoutTransaction(Rule):
    """Amounts that belong together are written one after the other.

    What: a flow writes two amounts or more of one entity with steps of their own, instead of one `transact` with
    `writes`. It is an error where the contract says that nothing is unbalanced.

    Why: a crash between the two takes money from one account and gives it to nobody.

    Source: J. Gray, A. Reuter, Transaction Processing, 1993, ch. 1 (atomicity: debit and credit).
    """

    code = "LC604"
    severity = "warning"
    covers = ("pat-payments", "cor-audit-reconcile")
    valid = (
        """
entities: {account: {count: 10}}
components: {db: {kind: store}}
flows:
  pay:
    arrive: {rate: 1 /s, key: account, timeout: 1 s}
    steps:
      - db.transact: {writes: [{entity: account, amount: -1}, {entity: account, amount: 1, key: {count: 10}}]}
""",
    )
    invalid = (
        """
entities: {account: {count: 10}}
components: {db: {kind: store}}
flows:
  pay:
    arrive: {rate: 1 /s, key: account, timeout: 1 s}
    steps:
      - db.write: {entity: account, amount: -1}
      - db.write: {entity: account, amount: 1, key: {count: 10}}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Flows that write several amounts."""
        for flow in design.b.flows.values():
            first: dict[str, Site] = {}
            for site in design.of(flow.name):
                entity = entity_of(site.call)
                if entity is None or getattr(site.call.options, "amount", None) is None or not site.writes:
                    continue
                if entity in first:
                    line = design.nothing_of(f"{entity}.unbalanced")
                    message = f"a crash before this leaves the other half of the {entity} behind"
                    message += f"; the contract says {line.text}" if line else ""
                    hint = f"{site.call.component}.transact: {{writes: [...]}} for both"
                    yield Found(site.call.path, message, hint, severity=error_if(line))
                    break
                first[entity] = site
