"""Queue: messages that competing consumers take, each once at a time."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import LogNormal
from loadcase.core.fields import Seconds, Whole, Whole0
from loadcase.kinds.base import Component
from loadcase.kinds.log import PublishOptions


class Queue(Component):
    """Holds messages until one of the consumers takes, finishes and so deletes them.

    What: `publish` takes its work and appends, or is refused when `bound` messages wait. A flow with
    `consume: {queue: ...}` takes messages with the workers of its `by` service. A message that is not done within
    `visibility` of being taken is handed out again, while the first consumer carries on; one that fails comes back
    when its visibility ends; after `max_receives` it goes to the dead letters, which are counted and, if
    `dead_letters` names a queue, published there.

    Why: the queue absorbs a burst at the price of delay; a visibility timeout shorter than the work does it twice.

    Example:
        jobs: {kind: queue, like: sqs, visibility: 30 s, max_receives: 5, dead_letters: failed}

    Source: Amazon SQS developer guide, visibility timeout and dead-letter queues.
    """

    kind: Literal["queue"] = "queue"
    workers: Whole0 = Field(0, description="Publishes served at once by one replica; 0 means unlimited.")
    bound: Whole | None = Field(None, description="Messages that may wait; more are refused.")
    visibility: Seconds = Field(30.0, description="How long a taken message stays hidden from other consumers.")
    max_receives: Whole = Field(5, description="Times that a message is handed out before it is a dead letter.")
    dead_letters: str | None = Field(None, description="The queue that dead letters are published to.")

    verbs = {"publish": PublishOptions}
    behaviours = {"publish": "publish"}
    default_work: ClassVar = {"publish": LogNormal.of(p50=0.005, p99=0.03)}
