"""The catalogue of metrics: what a guarantee may speak of, its unit and its meaning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Unit = Literal["s", "1/s", "ratio", "count", "USD/month"]


@dataclass(frozen=True)
class MetricSpec:
    """One metric: its name after the dot, what it belongs to, its unit, and its meaning."""

    name: str
    of: Literal["flow", "component", "design", "entity"]
    unit: Unit
    meaning: str
    kinds: tuple[str, ...] = ()
    """Component kinds that have it; all when empty."""


_FLOW = (
    ("mean", "s", "Mean time from arrival to acknowledgement; of a consuming flow, from publish to done."),
    ("max", "s", "Longest such time."),
    ("sd", "s", "Standard deviation of such times."),
    ("age.mean", "s", "Mean time from the origin of the data (the first client's send) to done."),
    ("availability", "ratio", "Acknowledged in time / arrived; sheds, errors and client timeouts count against it."),
    ("rate", "1/s", "Arrivals per second."),
    ("goodput", "1/s", "Acknowledged operations per second."),
    ("errors", "1/s", "Operations that failed at the client, per second."),
    ("timeouts", "1/s", "Attempts that a caller gave up on, per second."),
    ("retries", "1/s", "Further attempts per second, of all callers along the flow."),
    ("attempts", "count", "Attempts per operation."),
    ("hedges", "count", "Second copies sent per operation."),
    ("skipped", "ratio", "Steps that were left out while a component was too busy / all that may be left out."),
)
_COMPONENT = (
    ("utilisation", "ratio", "Mean share of the workers that are busy.", ()),
    ("utilisation.peak", "ratio", "The same in the busiest interval.", ()),
    ("queue", "count", "Mean number of requests that wait, over all replicas.", ()),
    ("queue.peak", "count", "Most requests that waited at one replica.", ()),
    ("in_service", "count", "Mean number of requests in service, over all replicas.", ()),
    ("in_service.sd", "count", "Its standard deviation over time, of a single replica.", ()),
    ("wait.mean", "s", "Mean time in the queue of those that were served.", ()),
    ("waited", "ratio", "Share of the requests that had to wait.", ()),
    ("rate", "1/s", "Requests per second that reach it.", ()),
    ("shed", "1/s", "Requests per second that were turned away: the queue was full, or stood for too long.", ()),
    ("shed_ratio", "ratio", "Their share.", ()),
    ("abandoned_ratio", "ratio", "Share of the requests that left the queue out of patience.", ()),
    ("replicas", "count", "Mean number of replicas, those that are starting too.", ("service",)),
    ("replicas.peak", "count", "Most replicas.", ("service",)),
    (
        "hottest_shard",
        "ratio",
        "Mean utilisation of the busiest replica, shard or partition; over time, of the busiest in each interval.",
        (),
    ),
    ("hit_ratio", "ratio", "Look-ups that found the key.", ("cache", "cdn")),
    ("expired", "1/s", "Look-ups that found the key too old.", ("cache", "cdn")),
    ("stored_keys", "count", "Mean number of entries.", ("cache", "cdn")),
    ("connections", "ratio", "Connections held / connections that fit.", ("gateway",)),
    ("lag", "count", "Mean number of messages that no consumer has taken yet.", ("log", "queue", "topic")),
    ("lag.peak", "count", "Most such messages of one consuming flow.", ("log", "queue", "topic")),
    (
        "catch_up",
        "s",
        "Time from when most messages of a consuming flow waited until none did, of the flow that took longest.",
        ("log", "queue", "topic"),
    ),
    ("dead_letters", "count", "Messages given up.", ("queue",)),
    (
        "rejected",
        "1/s",
        "Requests per second refused by the limit or the quota.",
        ("limiter", "external", "model", "object_store"),
    ),
    (
        "rejected.first",
        "s",
        "Time from the start of the measured run until the first such refusal.",
        ("limiter", "external", "model", "object_store"),
    ),
)
METRICS: tuple[MetricSpec, ...] = (
    *(MetricSpec(name, "flow", unit, meaning) for name, unit, meaning in _FLOW),  # type: ignore[arg-type]
    *(MetricSpec(name, "component", unit, meaning, kinds) for name, unit, meaning, kinds in _COMPONENT),  # type: ignore[arg-type]
    MetricSpec(
        "cost",
        "design",
        "USD/month",
        "From profiles, sizing and the traffic at load factor 1; of replicas that come and go, their mean number.",
    ),
)
_PERCENTILE = re.compile(r"(age\.)?p[0-9]{1,8}\Z")
_VERSIONS = re.compile(r"k[1-9][0-9]{0,5}\Z")
_SHARES = {
    "staleness": "Time by which this share of the reads lags at most.",
    "t_visibility": "Time after a commit from which this share of the reads would see it.",
}
"""Metrics of correctness that have percentiles."""

_CORRECT: tuple[tuple[str, Literal["flow", "entity"], Unit, str], ...] = (
    ("lost", "entity", "count", "Operations that were acknowledged and whose effect is not stored at the end."),
    ("applied_twice", "entity", "count", "Operations whose effect is stored more than once."),
    ("undelivered", "flow", "count", "Messages that the flow has to deliver and that never arrive."),
    ("duplicates", "flow", "count", "Messages that one receiver gets more than once."),
    ("out_of_order", "flow", "count", "Deliveries that arrive after a later one of the same key and receiver."),
    ("stale_reads", "entity", "count", "Reads that miss a write that was acknowledged before they began."),
    ("staleness.mean", "entity", "s", "Mean time by which reads lag behind what was acknowledged."),
    ("staleness.max", "entity", "s", "Longest such time."),
    (
        "consistent_at_commit",
        "entity",
        "ratio",
        "Share of the reads that would see the newest write if they began just as it was committed.",
    ),
    ("t_visibility.max", "entity", "s", "Time after a commit from which every read would see it."),
    ("k_staleness.k1", "entity", "ratio", "Share of the reads that return the newest committed version."),
    ("missed_own_writes", "entity", "count", "Reads that miss a write of their own session."),
    ("nonmonotonic_reads", "entity", "count", "Reads that see less than an earlier one of their session."),
    ("lost_updates", "entity", "count", "Read-modify-writes that overwrote another write unseen."),
    ("double_claims", "entity", "count", "Claims of a key while another operation holds it."),
    ("nonlinearizable", "entity", "count", "Reads and writes that contradict the order in which they happened."),
    ("unbalanced", "entity", "count", "Operations whose amounts do not sum to zero."),
    ("allowed_after_revoke", "entity", "count", "Actions let through after a revoke was acknowledged."),
    ("recovery_time", "flow", "s", "Time from the end of the last fault until the flow is well again, and stays so."),
    ("metastable", "flow", "count", "1 if a collapse of goodput outlives its trigger, else 0."),
    ("diverged", "entity", "count", "Keys whose final value depends on the schedule."),
)
CORRECTNESS: tuple[MetricSpec, ...] = tuple(MetricSpec(name, of, unit, said) for name, of, unit, said in _CORRECT)
"""Metrics that are told by a history alone; each has a checker of its name."""
OF_WRITES = frozenset({"lost", "applied_twice", "undelivered", "duplicates", "out_of_order"})
OF_UPDATES = frozenset({"lost_updates"})
OF_CLAIMS = frozenset({"double_claims"})
OF_AMOUNTS = frozenset({"unbalanced"})
OF_COPIES = frozenset({"consistent_at_commit", "t_visibility"})
OF_SESSIONS = frozenset({"missed_own_writes", "nonmonotonic_reads"})
OF_PERMISSIONS = frozenset({"allowed_after_revoke"})
OF_READS = frozenset(
    {"stale_reads", "staleness", "nonlinearizable", "k_staleness", *OF_COPIES, *OF_SESSIONS, *OF_PERMISSIONS}
)
OF_SCHEDULE = frozenset({"diverged"})
OF_COURSE = frozenset({"recovery_time", "metastable"})
"""Metrics of correctness by what they rest on: writes, updates, claims, amounts; of those that need the reads of a
history those that need to know when each copy had what, whose the operations are, or what is allowed; a second run of
the same arrivals; and the series, without any history."""


def correctness_metric(name: str) -> MetricSpec | None:
    """The metric of correctness by its name after the dot."""
    family, _, part = name.partition(".")
    if family in _SHARES and _PERCENTILE.match(part) and part.strip("p0"):
        return MetricSpec(name, "entity", "s", _SHARES[family])
    if family == "k_staleness" and _VERSIONS.match(part):
        said = f"Share of the reads that return one of the last {part[1:]} committed versions."
        return MetricSpec(name, "entity", "ratio", said)
    return next((m for m in CORRECTNESS if m.name == name), None)


def flow_metric(name: str) -> MetricSpec | None:
    """The metric of a flow by its name after the dot; percentiles are p and the digits after `0.`."""
    if _PERCENTILE.match(name) and name.rpartition("p")[2].strip("0"):
        what = "from the origin of the data to done" if name.startswith("age.") else "from arrival to acknowledgement"
        return MetricSpec(name, "flow", "s", f"Time that this share of the operations does not exceed, {what}.")
    return next((m for m in METRICS if m.of == "flow" and m.name == name), None)


def component_metric(name: str, kind: str) -> MetricSpec | None:
    """The metric of a component of a kind by its name after the dot; `in_service` has percentiles over time."""
    level = name.removeprefix("in_service.")
    if level != name and _PERCENTILE.match(level) and level.strip("p0"):
        return MetricSpec(name, "component", "count", "Number in service that this share of the time does not exceed.")
    found = next((m for m in METRICS if m.of == "component" and m.name == name), None)
    return found if found and (not found.kinds or kind in found.kinds) else None


def metric_names(of: str, kind: str = "") -> list[str]:
    """Names that may follow a flow or a component, for suggestions."""
    names = [m.name for m in METRICS if m.of == of and (not m.kinds or kind in m.kinds)]
    return [*names, "p50", "p95", "p99", "p999", "age.p99"] if of == "flow" else names
