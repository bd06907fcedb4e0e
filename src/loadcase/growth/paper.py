"""Where the closed form says that a design breaks, and which part is to blame."""

from __future__ import annotations

import math
from collections.abc import Mapping

from loadcase.blueprint.model import Blueprint
from loadcase.blueprint.steps import Call, walk
from loadcase.estimate.estimate import ComponentLine, estimate

BRACKET = 1.05
"""How near to each other the load that holds and the load that breaks are brought."""
KEYS_IN_ORDER = "keys in order"
"""What is full where the hottest key of a log alone comes faster than its messages are worked off one by one. It is no
break: a growing queue of one key out of millions breaks no percentile for hours."""
FULL = 0.98
"""How full a part may be before the closed form expects that something breaks."""


def on_paper(blueprint: Blueprint, low: float, high: float) -> float:
    """The lowest load factor between two at which the closed form breaks something; above `high` where it does not."""
    known = estimate(blueprint, 1.0).metrics
    if first_line(blueprint, low, known):
        return low
    if not first_line(blueprint, high, known):
        return high * BRACKET
    while high / low > 1.005:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if first_line(blueprint, middle, known) else (middle, high)
    return high


def first_line(blueprint: Blueprint, load: float, known: Mapping[str, float] | None = None) -> str:
    """A metric of the contract that the closed form breaks at a load; else the utilisation of a part that is full;
    empty for nothing.

    What it breaks in `known` already, by default at load 1, it does not know of this design: it is left to runs.
    """
    start = estimate(blueprint, 1.0).metrics if known is None else known
    here = estimate(blueprint, load)
    for line in blueprint.contract:
        value, was = here.metrics.get(line.metric), start.get(line.metric)
        if line.metric == "cost" or value is None or was is None:
            continue
        if line.holds(was) and not line.holds(value):
            return line.metric
    full = [c for c in here.components if (c.bottleneck or 0.0) > FULL and c.limited_by != KEYS_IN_ORDER]
    worst = max(full, key=lambda c: c.bottleneck or 0.0, default=None)
    return "" if worst is None else f"{worst.name}.utilisation"


def blamed(blueprint: Blueprint, metric: str, lines: Mapping[str, ComponentLine]) -> ComponentLine | None:
    """The part to blame for a metric: itself, or what is full first on the way of its flow; of a log's lag also who
    consumes it. A part that is busy with waiting for another is not to blame."""
    target = metric.partition(".")[0]
    names: set[str] = set()
    for name, flow in blueprint.flows.items():
        consume = flow.consume
        source = None if consume is None else consume.log or consume.queue or consume.topic
        if name == target or (source == target and metric.split(".")[1] in ("lag", "catch_up", "queue")):
            names |= {s.component for s in walk(flow.steps) if isinstance(s, Call)}
            names |= {n for n in (source, None if consume is None else consume.by) if n}
    if target in lines and not names:
        names = {target}
    if not names:
        names = set(lines)  # an entity: whatever is full
    known = [lines[n] for n in sorted(names) if lines[n].saturates_at is not None]
    return min(known, key=lambda c: c.saturates_at or math.inf, default=None)
