"""Topic: a message for every subscriber, and for none if there is none."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import LogNormal
from loadcase.core.fields import Ratio, Whole0
from loadcase.kinds.base import Component
from loadcase.kinds.log import PublishOptions


class Topic(Component):
    """Hands each message at once to every flow that consumes it, and keeps nothing.

    What: `publish` takes its work; each flow with `consume: {topic: ...}` gets the message, or with `sample` that
    share of the messages, chosen at random. What a subscriber cannot take waits or is shed at its own component.

    Why: the cheapest fan-out; a subscriber that is away has missed it.

    Example:
        presence: {kind: topic, like: redis_pubsub, sample: 10 %}

    Source: P. Eugster et al., The Many Faces of Publish/Subscribe, ACM Computing Surveys 35(2), 2003.
    """

    kind: Literal["topic"] = "topic"
    workers: Whole0 = Field(0, description="Publishes served at once by one replica; 0 means unlimited.")
    sample: Ratio = Field(1.0, description="Share of the messages that are passed on.")

    verbs = {"publish": PublishOptions}
    behaviours = {"publish": "publish"}
    default_work: ClassVar = {"publish": LogNormal.of(p50=0.005, p99=0.03)}
