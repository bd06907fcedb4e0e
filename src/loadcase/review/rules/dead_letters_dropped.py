"""Messages that fail and vanish."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.kinds.queue import Queue
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class DeadLettersDropped(Rule):
    """A message that keeps failing is given up, and kept nowhere.

    What: a queue is consumed, `dead_letters` names no queue, and the contract has no line about `<queue>.dead_letters`.

    Why: a message that its consumer cannot read fails every time. Kept aside, it can be looked at and sent again once
    the consumer is mended; dropped, it is lost work that nobody hears of.

    Source: Amazon SQS developer guide, dead-letter queues.
    """

    code = "LC569"
    severity = "note"
    covers = ("fail-backpressure",)
    valid = (
        """
components: {q: {kind: queue, dead_letters: failed}, failed: {kind: queue}, s: {kind: service}}
flows: {p: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [q.publish]}, r: {consume: {queue: q, by: s}, steps: [s.handle]}}
""",
        """
requirements: {contract: [p.p95 < 1 s, q.dead_letters == 0]}
components: {q: {kind: queue}, s: {kind: service}}
flows: {p: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [q.publish]}, r: {consume: {queue: q, by: s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
components:
  q: {kind: queue}  # <-
  s: {kind: service}
flows: {p: {arrive: {rate: 1 /s, timeout: 1 s}, steps: [q.publish]}, r: {consume: {queue: q, by: s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Queues that are consumed."""
        consumed = {f.consume.queue for f in design.consuming if f.consume is not None}
        for name, queue in design.b.components.items():
            if not isinstance(queue, Queue) or name not in consumed or queue.dead_letters is not None:
                continue
            if design.promise(f"{name}.dead_letters") is None:
                message = f"what fails {queue.max_receives} times is dropped from {name}"
                yield Found(("components", name), message, "dead_letters: a queue that somebody looks at")
