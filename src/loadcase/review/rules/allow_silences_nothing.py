"""Silence where nobody speaks."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.errors import suggest
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class AllowSilencesNothing(Rule):
    """A comment allows a rule that reports nothing there, or that does not exist.

    What: a name in `# loadcase: allow RULE because REASON` is of no rule, or of one that was looked for and that does
    not report the line which the comment is about.

    Why: a comment that has outlived its flaw hides the next one.

    Source: docs of ruff (RUF100, unused noqa).
    """

    code = "LC501"
    severity = "warning"
    last = True
    valid = (
        """
components:
  # loadcase: allow unbounded-queue because one user at a time
  s: {kind: service, workers: 8}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
components:
  s: {kind: service, queue: 8}  # loadcase: allow unbounded-queue because one user at a time # <-
  # loadcase: allow unbounded-queues because one user at a time # <-
  t: {kind: service, queue: 8}
flows: {r: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [s.handle, t.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Names in comments of the file."""
        from loadcase.review.catalogue import rules

        codes = {rule.code: name for name, rule in rules().items()}
        for allow in design.allows:
            place = (allow.line, allow.column)
            if not allow.names:
                yield Found((), "an allow that names no rule", "# loadcase: allow RULE because REASON", place=place)
            for given in allow.names:
                name = codes.get(given, given)
                if name not in rules():
                    hint = suggest(given, rules()) or "`loadcase review --explain all` lists the rules"
                    yield Found((), f"there is no rule {given!r}", hint, place=place)
                elif name in design.looked and name not in allow.used:
                    yield Found((), f"{name} reports nothing here", "take the comment away", place=place)
