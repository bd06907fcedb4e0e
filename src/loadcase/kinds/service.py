"""Service: replicas of a program, each with a number of workers and a queue."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from loadcase.core.distributions import Exp
from loadcase.core.fields import Ratio, Seconds, Whole
from loadcase.kinds.base import STRICT, Component, Options, Pool


class Shed(BaseModel):
    """Whom a busy replica turns away."""

    model_config = STRICT

    first: Literal["newest", "lowest_priority"] = Field(
        "newest", description="Who goes when the queue is full: who has just come, or the least important that waits."
    )
    target: Seconds | None = Field(
        None, description="Controlled delay: longest wait in a queue that has not been empty for `interval`."
    )
    interval: Seconds = Field(0.1, description="Longest wait in any other queue, where there is a `target`.")


class Autoscale(BaseModel):
    """Replicas follow the load: as many as bring the utilisation to a target, some time later."""

    model_config = STRICT

    min: Whole = Field(1, description="Fewest replicas.")
    max: Whole = Field(description="Most replicas.")
    target: Ratio = Field(description="Utilisation that it aims at.")
    delay: Seconds = Field(description="Time from the decision until a new replica serves.")
    every: Seconds = Field(15.0, description="How often it looks: the mean utilisation since the last look decides.")
    cooldown: Seconds = Field(300.0, description="It takes replicas out only when nothing has changed for so long.")


class Service(Component):
    """Handles requests: a replica has `workers` that each do one request at a time, and a queue before them.

    What: `handle` waits for a worker, holds it for `work` and for all the steps in `do`, and lets go. A replica whose
    `queue` is full sheds the request at once. `discipline` says who is next: first come (fifo), last come (lifo),
    by priority without or with preemption (priority, preemptive), or all share the workers (ps). With `contention` a
    request takes longer the more others are in service at its replica. With `shed` the least important give way when
    the queue is full, or the wait in a queue that stands is limited. With `autoscale` it begins with `replicas`, and
    their number follows the utilisation some time later. The page Overload says how.

    Why: a worker that is held while it waits for a database is the usual way in which a slow dependency becomes an
    outage; a bounded queue is what turns overload into fast refusals. New replicas come too late for a spike: until
    then the design sheds, or drowns.

    Example:
        api: {kind: service, replicas: 12, workers: 32, queue: 256, zones: 3, why: stateless request handling}

    Source: L. Kleinrock, Queueing Systems vol. 1, 1975 (M/M/c, M/G/1, priorities, processor sharing); B. Beyer et al.,
    Site Reliability Engineering, 2016, ch. 21 (shedding by criticality); B. Maurer, Fail at Scale, ACM Queue 13(8),
    2015, after K. Nichols, V. Jacobson, Controlling Queue Delay, ACM Queue 10(5), 2012 (target and interval);
    Kubernetes documentation, Horizontal Pod Autoscaling (autoscale; defaults of every and cooldown);
    N. J. Gunther, Guerrilla Capacity Planning, 2007 (contention in the universal scalability law).
    """

    kind: Literal["service"] = "service"
    shed: Shed | None = Field(None, description="Whom a busy replica turns away.")
    autoscale: Autoscale | None = Field(None, description="Replicas follow the load, some time later.")
    contention: Ratio = Field(
        0.0,
        description="Share of its work by which each other request in service when one begins makes it take longer.",
    )

    verbs = {"handle": Options}
    default_work: ClassVar = {"handle": Exp(0.001)}

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        shed, scale = self.shed, self.autoscale
        wrong: tuple[str, str] | None = None
        if scale is not None and not scale.min <= self.replicas <= scale.max:
            wrong = f"it begins with {self.replicas} replicas, autoscale keeps {scale.min} to {scale.max}", "replicas:"
        elif scale is not None and scale.min == scale.max:
            wrong = "autoscale has nothing to choose: min is max", "give it room"
        elif scale is not None and self.workers == 0:
            wrong = "autoscale follows the utilisation, and workers: 0 is never busy", "give it workers"
        elif scale is not None and (scale.every <= 0 or scale.target <= 0):
            wrong = "autoscale looks from time to time, and aims at some utilisation", "every: 15 s, target: 60 %"
        elif shed is not None and shed.first == "newest" and shed.target is None:
            wrong = "shed says nothing that a full queue does not do", "first: lowest_priority, or target: 5 ms"
        elif shed is not None and shed.first != "newest" and self.queue is None:
            wrong = "an endless queue turns nobody away", "add queue:, the requests that may wait"
        elif shed is not None and shed.first != "newest" and self.discipline not in ("fifo", "priority"):
            wrong = f"with discipline {self.discipline} priorities do not decide who waits", "discipline: priority"
        elif shed is not None and shed.target is not None and (self.patience is not None or self.workers == 0):
            wrong = "shed.target: nobody waits, or patience says already for how long", "keep one of the two"
        elif shed is not None and shed.target is not None and self.discipline == "ps":
            wrong = "shed.target: with discipline ps nobody waits", "give the queue a bound instead"
        elif shed is not None and shed.target is None and "interval" in shed.model_fields_set:
            wrong = "shed.interval changes nothing without a target", "add target: 5 ms"
        elif shed is not None and shed.target is not None and shed.interval < shed.target:
            wrong = "shed.interval is the longer of the two waits", "target: 5 ms, interval: 100 ms"
        if wrong is not None:
            raise PydanticCustomError("LC314", "{message}", {"message": wrong[0], "hint": wrong[1], "offset": 0})
        return self

    def pools(self) -> tuple[Pool, ...]:
        """One station for each replica that there may be."""
        most = 0 if self.autoscale is None else self.autoscale.max
        return (Pool("main", self.replicas, self.workers, self.queue, self.discipline, most=most),)
