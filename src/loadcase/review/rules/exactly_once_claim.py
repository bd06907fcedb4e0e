"""A delivery that nothing can give."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

_CLAIM = re.compile(r"\bexactly[- ]once\b(?![- ](?:effect|processing|semantics?))", re.IGNORECASE)
_DELIVERY = re.compile(
    r"\b(?:deliver|messag|event|process|send|sent|receiv|consum|publish|notif|webhook|queue)", re.IGNORECASE
)
_DENIED = re.compile(r"\b(?:no|not|never|without|nothing|impossible|instead of)\b[^.]*\Z", re.IGNORECASE)


class ExactlyOnceClaim(Rule):
    """Delivery exactly once is promised.

    What: a guarantee, a function, the reason of a component or the choice of a decision says exactly once of messages,
    events or their like, and not "exactly-once effect". What a decision did not choose, and sentences that deny it, are
    left out.

    Why: over a network that loses messages a sender either may send again or may lose. What can be had is delivery at
    least once and an effect that counts once, and that has a mechanism to name.

    Source: J. Gray, Notes on Data Base Operating Systems, 1978 (two generals); P. Helland, Idempotence Is Not a Medical
    Condition, ACM Queue 10(4), 2012.
    """

    code = "LC556"
    severity = "warning"
    covers = ("cor-exactly-once-claim",)
    valid = (
        """
api: {pay: {kind: write, guarantees: [exactly-once effect for each key]}}
components: {s: {kind: service}}
flows: {pay: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
        """
requirements: {functional: [A member votes exactly once.], deferred: [the count by region]}
components: {s: {kind: service, why: there is no exactly-once delivery}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
api:
  pay:
    kind: write
    guarantees:
      - every event is delivered exactly once  # <-
components: {s: {kind: service}}
flows: {pay: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Sentences of the design."""
        for path, text in design.prose:
            match = _CLAIM.search(text)
            told = path[0] in ("requirements", "api", "components") or path[-1] in ("choose", "because")
            spoken = told and _DELIVERY.search(text) is not None
            if match is None or not spoken or path[:2] == ("requirements", "deferred"):
                continue
            if not _DENIED.search(text[: match.start()]):
                hint = "at least once, and an effect that counts once: once: or dedupe: by the client's id"
                yield Found(path, f"{match[0]} delivery cannot be had", hint, key=False)
