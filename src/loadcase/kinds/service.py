"""Service: replicas of a program, each with a number of workers and a queue."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from loadcase.core.distributions import Exp
from loadcase.core.fields import Ratio
from loadcase.kinds.base import Component, Options


class Service(Component):
    """Handles requests: a replica has `workers` that each do one request at a time, and a queue before them.

    What: `handle` waits for a worker, holds it for `work` and for all the steps in `do`, and lets go. A replica whose
    `queue` is full sheds the request at once. `discipline` says who is next: first come (fifo), last come (lifo),
    by priority without or with preemption (priority, preemptive), or all share the workers (ps). With `contention` a
    request takes longer the more others are in service at its replica.

    Why: a worker that is held while it waits for a database is the usual way in which a slow dependency becomes an
    outage; a bounded queue is what turns overload into fast refusals.

    Example:
        api: {kind: service, replicas: 12, workers: 32, queue: 256, zones: 3, why: stateless request handling}

    Source: L. Kleinrock, Queueing Systems vol. 1, 1975 (M/M/c, M/G/1, priorities, processor sharing);
    N. J. Gunther, Guerrilla Capacity Planning, 2007 (contention in the universal scalability law).
    """

    kind: Literal["service"] = "service"
    verbs = {"handle": Options}
    contention: Ratio = Field(
        0.0,
        description="Share of its work by which each other request in service when one begins makes it take longer.",
    )
    default_work: ClassVar = {"handle": Exp(0.001)}
    not_yet = {
        "autoscale": "replicas that follow the load come with policies",
        "brownout": "dropping optional steps under load comes with policies",
    }
