"""Load balancer: passes requests on to the replicas of what comes next."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import Const
from loadcase.kinds.base import Balance, Component, Options


class LoadBalancer(Component):
    """Chooses which replica of the next service serves a request.

    What: `forward` occupies a worker of the balancer for its own work, and the request then goes on from here: the
    answer passes back through it. Its `balance` applies to the service that follows in the same list of steps,
    unless that service names its own.

    Why: random choice makes queues of every replica an M/M/1; the shorter of two random ones shortens the tail
    exponentially (Mitzenmacher 2001); round robin smooths arrivals; least loaded needs fresh knowledge.

    Example:
        edge: {kind: load_balancer, like: nginx, replicas: 3, balance: two_choices}

    Source: M. Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, IEEE TPDS 12(10), 2001.
    """

    kind: Literal["load_balancer"] = "load_balancer"
    balance: Balance = Field("round_robin", description="How the replica of the next service is chosen.")

    verbs = {"forward": Options}
    behaviours = {"forward": "forward"}
    default_work: ClassVar = {"forward": Const(0.00005)}
