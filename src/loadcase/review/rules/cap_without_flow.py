"""A theorem in place of a decision."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

_NAMED = re.compile(r"\b(CAP|PACELC)\b")


class CapWithoutFlow(Rule):
    """CAP or PACELC is named, and no flow, component or entity with it.

    What: a decision says CAP or PACELC, and none of its sentences names anything of the design.

    Why: the theorem decides nothing. Which flow goes on answering while a link is down, and why an old answer is good
    enough there, does.

    Source: E. Brewer, CAP Twelve Years Later, IEEE Computer 45(2), 2012; D. Abadi, IEEE Computer 45(2), 2012 (PACELC).
    """

    code = "LC598"
    severity = "note"
    covers = ("trd-cap-applied",)
    valid = (
        """
components: {db: {kind: store, replicas: 3}}
flows: {history: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [db.read]}}
decisions:
  d: {choose: a quorum, over: [all], because: by CAP history answers while split, at_the_cost_of: b, flips_when: c}
""",
    )
    invalid = (
        """
components: {db: {kind: store, replicas: 3}}
flows: {history: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [db.read]}}
decisions:
  d: {choose: AP, over: [CP], because: of the CAP theorem, at_the_cost_of: b, flips_when: c}  # <-
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Decisions that name a theorem."""
        b = design.b
        names = {n.lower() for n in (*b.flows, *b.components, *b.entities)}
        for name, d in b.decisions.items():
            text = " ".join(filter(None, (d.choose, d.because, d.at_the_cost_of, d.flips_when)))
            found = _NAMED.search(text)
            words = set(re.findall(r"[a-z_][\w-]*", text.lower()))
            alike = words | {w.rstrip("s") for w in words}
            if found is not None and not alike & (names | {n.rstrip("s") for n in names}):
                message = f"{name} names {found[1]}, and nothing of the design"
                yield Found(
                    ("decisions", name), message, "say which flow stays up, and why an old answer is fine there"
                )
