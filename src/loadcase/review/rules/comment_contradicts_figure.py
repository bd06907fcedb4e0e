"""A comment that gives another number than the formula beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from loadcase.core.quantity import median, strip_counts
from loadcase.core.unitformat import format_quantity
from loadcase.review.design import Design
from loadcase.review.figures import figures
from loadcase.review.rule import Found, Rule

APART = 3.0
"""Half an order of magnitude."""
_ABOUT = re.compile(r"\s#\s*(?:about|ca\.?|roughly|~|≈)\s*~?\s*(\d[^#;(]*)")


class CommentContradictsFigure(Rule):
    """The comment beside an estimate says another number than the formula gives.

    What: an estimate is followed by `# about 23k message/s`, and its value is more than three times as large or as
    small.

    Why: people read the comment and the design follows the formula. A slip of a thousand between them is the commonest
    mistake of a back-of-the-envelope.

    Source: J. Bentley, Programming Pearls, 2nd ed. 1999, column 7 (the back of the envelope, and checking it).
    """

    code = "LC521"
    severity = "warning"
    covers = ("est-order-of-magnitude",)
    valid = (
        """
estimates:
  users: 50M user
  sends: 40 message/user/day
  rate: users * sends  # about 23k message/s
components: {s: {kind: service, replicas: 40}}
flows: {r: {arrive: {rate: rate}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
estimates:
  users: 50M user
  sends: 40 message/user/day
  rate: users * sends  # about 23M message/s # <-
components: {s: {kind: service, replicas: 40}}
flows: {r: {arrive: {rate: rate}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Estimates with such a comment on their line."""
        document = design.b.document
        if document is None:
            return
        for name, entry in design.b.estimates.items():
            path = ("estimates", name)
            match = _ABOUT.search(document.line_text(document.position(path)[0]))
            if match is None:
                continue
            said = next(figures(match[1]), None)
            value = median(strip_counts(entry.value))
            if said is None or said.dims != value.dims or said.value <= 0 or value.value <= 0:
                continue
            if abs(math.log(said.value / value.value)) > math.log(APART):
                shown = format_quantity(median(entry.value))
                yield Found(
                    path, f"{name} is {shown}, and its comment says {match[1].strip()}", "mend the one that is wrong"
                )
