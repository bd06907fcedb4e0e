"""A word of the task that asks for more than it says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

GLOBAL = re.compile(
    r"\bworld-?wide\b|\bglobal(?:ly)?\b(?! (?:unique|index|secondary|variable|lock|order|counter))", re.I
)
REALTIME = re.compile(r"\breal-?time\b", re.I)


class LoadedWord(Rule):
    """A word of the task asks for something that the design does not have.

    What: the task or a function says global, and every component is in one region; or real-time, and there is no
    realtime endpoint, gateway or topic. A word that stands in `deferred` is settled.

    Why: such words carry half of the requirements: global means several regions, real-time means that the server
    speaks first.

    Source: published interview guides (loaded words, and what they imply).
    """

    code = "LC518"
    severity = "note"
    covers = ("scope-loaded-words",)
    valid = (
        """
prompt: Design a global key-value store.
components: {s: {kind: store, replicas: 3, regions: 3}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.read]}}
""",
        """
prompt: Design a real-time dashboard whose entries have globally unique ids.
requirements: {functional: [a user opens a page], deferred: [real-time updates]}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
prompt: Design a global key-value store.  # <-
components: {s: {kind: store, replicas: 3}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.read]}}
""",
        """
requirements:
  functional:
    - Scores appear in real-time.  # <-
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The first place of each word that asks for something."""
        b = design.b
        tasks = [(p, t) for p, t in design.prose if p[0] == "prompt" or p[:2] == ("requirements", "functional")]
        settled = " ".join(b.requirements.deferred)
        kinds = {c.kind for c in b.components.values()}
        spoken = bool(kinds & {"gateway", "topic"}) or any(e.kind == "realtime" for e in b.api.values())
        wide = any(c.regions > 1 or c.kind == "cdn" for c in b.components.values())
        asks = (
            (GLOBAL, wide, "every component is in one region", "regions: 2 and more, or defer it"),
            (REALTIME, spoken, "nothing speaks to a client that has not asked",
             "a gateway or a topic and a realtime endpoint, or defer it"),
        )  # fmt: skip
        for words, there, missing, hint in asks:
            place, said = next(((p, m[0]) for p, t in tasks if (m := words.search(t)) is not None), ((), ""))
            if said and not there and not words.search(settled):
                yield Found(place, f"the task says {said.lower()}, and {missing}", hint, key=False)
