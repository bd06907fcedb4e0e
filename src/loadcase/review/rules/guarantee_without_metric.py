"""A guarantee in words that nothing measures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.core.metrics import correctness_metric
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

MEANT = {
    r"idempotent|exactly[- ]once|no duplicates?": ("applied_twice", "duplicates"),
    r"in order(?! to\b)|ordered": ("out_of_order",),
    r"durable|(?:never|not|nothing is) lost": ("lost", "undelivered"),
    r"read[- ]your[- ](?:own[- ])?writes|own writes": ("missed_own_writes", "stale_reads", "nonlinearizable"),
    r"lineari[sz]able|strongly consistent": ("nonlinearizable", "stale_reads"),
}
"""Words of guarantees, and the metrics that say whether they are kept."""


class GuaranteeWithoutMetric(Rule):
    """An endpoint guarantees in words what no line of the contract measures.

    What: `guarantees` of an endpoint says idempotent, ordered, durable or consistent, and the contract has no line
    about the metric that tells (`applied_twice`, `out_of_order`, `lost`, `stale_reads` and their like).

    Why: a promise that nothing measures is kept by luck. Its metric makes every run look for the operation that
    breaks it.

    Source: K. Kingsbury, P. Alvaro, Elle, PVLDB 14(3), 2020 (what is claimed, and what histories show).
    """

    code = "LC514"
    severity = "warning"
    covers = ("api-five-kinds", "slo-domain-pack")
    valid = (
        """
requirements: {contract: [item.applied_twice == 0]}
entities: {item: {count: 10, identity: id}}
api: {w: {kind: write, guarantees: [idempotent by id]}}
components: {db: {kind: store}}
flows: {w: {arrive: {rate: 1 /s, key: item}, steps: [db.write: {entity: item, once: id}]}}
""",
        """
entities: {item: {count: 10}}
api: {r: {kind: read, guarantees: [the newest first, cached in order to be fast, not idempotent]}}
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 1 /s, key: item}, steps: [db.read]}}
""",
    )
    invalid = (
        """
entities: {item: {count: 10}}
api:
  w: {kind: write, guarantees: [idempotent by id]}  # <-
components: {db: {kind: store}}
flows: {w: {arrive: {rate: 1 /s, key: item}, steps: [db.write: {entity: item}]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Guarantees whose words have a metric."""
        promised = {g.metric.partition(".")[2] for g in design.b.contract}
        for name, endpoint in design.b.api.items():
            for i, text in enumerate(endpoint.guarantees):
                for words, metrics in MEANT.items():
                    said = re.search(rf"(?<!\bnot )\b(?:{words})\b", text, re.IGNORECASE)
                    if said is None or promised & set(metrics):
                        continue
                    spec = correctness_metric(metrics[0])
                    of = "flow" if spec is not None and spec.of == "flow" else "entity"
                    message = f"{name} guarantees {text!r}, and no line of the contract measures it"
                    yield Found(("api", name, "guarantees", i), message, f"add <{of}>.{metrics[0]} == 0", key=False)
                    break
