"""Silence without a reason."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class AllowWithoutReason(Rule):
    """A comment silences a rule and does not say why.

    What: `# loadcase: allow RULE` is not followed by `because` and a reason.

    Why: the next reader has to know whether the reason still holds.

    Source: docs of ruff and eslint (unused and undescribed directives).
    """

    code = "LC500"
    severity = "warning"
    last = True
    valid = (
        """
components:
  s: {kind: service, workers: 8}  # loadcase: allow unbounded-queue because one user at a time
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
components:
  s: {kind: service, workers: 8}  # loadcase: allow unbounded-queue # <-
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Comments of the file."""
        for allow in design.allows:
            if len(allow.reason) < 3:
                yield Found((), "an allow without a reason", "# loadcase: allow RULE because REASON",
                            place=(allow.line, allow.column))  # fmt: skip
