"""Work that takes longer than the message stays hidden."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.steps import Call, Choose, FanOut, Parallel, Repeat, Step, Wait
from loadcase.core.values import show
from loadcase.kinds.queue import Queue
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class VisibilityTooShort(Rule):
    """A message is handed out again while its consumer is still at work.

    What: the mean work of a flow that consumes a queue, without any wait, is longer than the queue's `visibility`.

    Why: every such message is done twice, by two consumers at once, which makes both slower: the queue feeds itself.

    Source: Amazon SQS developer guide, visibility timeout.
    """

    code = "LC568"
    severity = "error"
    covers = ("cor-duplicate-delivery", "trg-queue-lag")
    valid = (
        """
components: {q: {kind: queue, visibility: 2 min}, s: {kind: service}}
flows:
  p: {arrive: {rate: 0.01 /s, timeout: 1 s}, steps: [q.publish]}
  r: {consume: {queue: q, by: s}, steps: [s.handle: {work: exp(30 s)}]}
""",
    )
    invalid = (
        """
components:
  q: {kind: queue, visibility: 10 s}  # <-
  s: {kind: service}
flows:
  p: {arrive: {rate: 0.01 /s, timeout: 1 s}, steps: [q.publish]}
  r: {consume: {queue: q, by: s}, steps: [s.handle: {work: exp(30 s)}]}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Queues by the flows that consume them."""
        for flow in design.consuming:
            name = flow.consume.queue if flow.consume is not None else None
            queue = design.b.components.get(name or "")
            if not isinstance(queue, Queue) or not design.redelivers(flow):
                continue
            work = mean_work(design, flow.steps)
            if work > queue.visibility:
                message = (
                    f"{flow.name} works {show(work, 's')} on a message that is hidden {show(queue.visibility, 's')}"
                )
                yield Found(("components", name or "", "visibility"), message, f"visibility: {show(4 * work, 's')}")


def mean_work(design: Design, steps: tuple[Step, ...]) -> float:
    """Mean work of a list of steps, without waits, misses and fallbacks, s."""
    return sum(_work(design, step) for step in steps)


def _work(design: Design, step: Step) -> float:
    match step:
        case Call(component=name, verb=verb, options=options, nested=nested):
            visits = design.b.components[name].visits(verb, options) if verb != "release" else ()
            own = sum(v.work.mean() for v in visits if v.need)
            return own + mean_work(design, nested.get("do", ()))
        case Wait(time=time):
            return time.mean()
        case Repeat(times=times, steps=inner):
            return times * mean_work(design, inner)
        case FanOut(steps=inner):
            return mean_work(design, inner)
        case Parallel(branches=branches, need=need):
            return sorted(mean_work(design, b) for b in branches)[need - 1]
        case Choose(weights=weights, branches=branches):
            each = (w * mean_work(design, b) for w, b in zip(weights, branches, strict=True))
            return sum(each) / sum(weights)
        case _:
            return 0.0
