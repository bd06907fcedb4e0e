"""Money that moves without a record."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule

_PAYMENT = re.compile(r"(?:^|_)(psp|payment|payments|stripe|adyen|paypal|acquirer|card_network)(?:_|$)")


class PaymentWithoutTrail(Rule):
    """Money is moved at a provider, and the design has no record of its own or never compares the two.

    What: a flow calls a payment provider and writes nothing to a store before it does; or no flow and no sentence of
    the design reconciles (compares its records with the provider's).

    Why: a timeout leaves it unknown whether the money moved. The record that was made before says that it may have, its
    key lets the provider refuse a second time, and reconciliation finds what both missed.

    Source: J. Gray, A. Reuter, Transaction Processing, 1993 (intent records); Stripe, Ledger, 2023 (reconciliation).
    """

    code = "LC559"
    severity = "warning"
    covers = ("pat-payments", "cor-audit-reconcile", "data-idempotent-record", "data-state-machine")
    valid = (
        """
entities: {intent: {count: 10, identity: key}}
components: {db: {kind: store}, psp: {kind: external, like: payment_provider}}
flows:
  pay:
    arrive: {rate: 1 /s, key: intent}
    steps: [db.append: {entity: intent, once: key}, psp.call: {timeout: 1 s}, db.append: {entity: intent, once: key}]
  reconcile: {arrive: {rate: 0.01 /s, key: intent}, steps: [psp.call, db.read: {entity: intent}]}
""",
    )
    invalid = (
        """
entities: {intent: {count: 10, identity: key}}
components: {db: {kind: store}, psp: {kind: external, like: payment_provider}}
flows:
  pay:
    arrive: {rate: 1 /s, key: intent}
    steps:
      - psp.call: {timeout: 1 s}  # <-
      - db.append: {entity: intent, once: key}
  reconcile: {arrive: {rate: 0.01 /s, key: intent}, steps: [psp.call, db.read: {entity: intent}]}
""",
        """
entities: {intent: {count: 10, identity: key}}
components:
  db: {kind: store}
  psp: {kind: external, like: payment_provider}  # <-
flows: {pay: {arrive: {rate: 1 /s, key: intent}, steps: [db.append: {entity: intent, once: key}, psp.call]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Calls of payment providers."""
        providers = [n for n, c in design.b.components.items() if c.kind == "external" and pays(n, c.like)]
        if not providers:
            return
        compared = any("reconcil" in name for name in design.b.flows) or design.mentions("reconcil")
        if not compared:
            hint = "a flow that compares its records with the provider's, by day and by key"
            yield Found(("components", providers[0]), f"nothing reconciles with {providers[0]}", hint)
        for flow in design.b.flows.values():
            before: list[Site] = []
            for site in design.of(flow.name):
                if site.call.component in providers and "reconcil" not in flow.name:
                    if flow.arrive is not None and not any(s.writes for s in before):
                        message = f"{flow.name} moves money before it has written that it will"
                        hint = "append the intent, with once: its key, before the call, and the outcome after it"
                        yield Found(site.call.path, message, hint)
                    break
                before.append(site)


def pays(name: str, like: str | None) -> bool:
    """Whether an external component is a payment provider."""
    return like == "payment_provider" or _PAYMENT.search(name.lower()) is not None
