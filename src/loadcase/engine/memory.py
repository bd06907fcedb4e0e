"""How much memory a run will take, from the blueprint alone: what is too large is refused before it is made."""

from __future__ import annotations

import math
import os

from loadcase.blueprint.limits import SMALLER, in_bytes
from loadcase.blueprint.model import Blueprint
from loadcase.blueprint.steps import Call, walk
from loadcase.core.errors import LoadcaseError, UsageError
from loadcase.core.units import in_unit, parse_quantity
from loadcase.engine.kernels.tables import TICKETS
from loadcase.kinds.base import Component
from loadcase.kinds.cache import Cache
from loadcase.kinds.limiter import Limiter

DEFAULT_BYTES = 1 << 30
VARIABLE = "LOADCASE_MEMORY"
ENGINE_BYTES = 300_000_000
"""The interpreter, its libraries and the compiled kernel."""
STATION_BYTES = 700
FRAME_BYTES = 300
"""One request in flight, with its timers."""
FLOW_BYTES = 400_000
"""Histograms, and the time series of 60 intervals."""
ENTRY_BYTES, LINK_BYTES, COUNTER_BYTES = 24, 8, 24
LEASE_BYTES = 8 * TICKETS
"""The counts of a cache with leases."""


def limit_bytes() -> int:
    """What a run may take: 1 GiB, or what the environment says (LOADCASE_MEMORY="4 GB").

    Raises UsageError when that is not a size.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return DEFAULT_BYTES
    try:
        return round(in_unit(parse_quantity(text), "B"))
    except (LoadcaseError, OverflowError):
        raise UsageError(f"{VARIABLE} is a size, got {text!r}", hint='for example LOADCASE_MEMORY="4 GB"') from None


def check_memory(blueprint: Blueprint, load: float) -> int:
    """Bytes that the arrays of a run under a load factor will take.

    Raises UsageError, naming the largest part, when the run would take more than it may.
    """
    sizes = {name: of_component(blueprint, name, c) for name, c in blueprint.components.items()}
    for name, flow in blueprint.flows.items():
        users = (flow.arrive.users or 0) * load if flow.arrive is not None else 0
        sizes[f"flow {name}"] = FLOW_BYTES + users * (2 * FRAME_BYTES + 32)
    total, limit = math.fsum(sizes.values()), limit_bytes()
    if ENGINE_BYTES + total > limit:
        largest = max(sizes, key=lambda n: sizes[n])
        asked = in_bytes(1.2 * (ENGINE_BYTES + total))
        raise UsageError(
            f"the run would take {in_bytes(ENGINE_BYTES + total)} of memory, {in_bytes(sizes[largest])} of it for "
            f"{largest}; it may take {in_bytes(limit)}",
            hint=f"{SMALLER} (--scale k does), or allow more with {VARIABLE}={asked!r}",
        )
    return round(total)


def of_component(blueprint: Blueprint, name: str, component: Component) -> float:
    """Bytes of one component's servers, cached keys and counters."""
    pools = component.pools()
    stations = sum(pool.room for pool in pools) + getattr(component, "partitions", 0)
    total = float(stations * STATION_BYTES)
    if isinstance(component, Cache) and component.hit_ratio is None:
        entries = component.keys or keys_at(blueprint, name)
        each = ENTRY_BYTES + (4 if component.policy == "lfu" else 0)
        total += entries * each + LINK_BYTES * 2 ** math.ceil(math.log2(max(16, 1.5 * entries)))
        total += LEASE_BYTES if component.lease else 0
    if isinstance(component, Limiter):
        keys = blueprint.keys[component.key].count if component.key else 1
        total += COUNTER_BYTES * keys * (pools[0].stations if component.scope == "local" else 1)
    return total


def keys_at(blueprint: Blueprint, name: str) -> int:
    """Keys that may reach a component."""
    spaces = {
        step.options.key or (flow.arrive.key if flow.arrive else None)
        for flow in blueprint.flows.values()
        for step in walk(flow.steps)
        if isinstance(step, Call) and step.component == name
    }
    return int(sum(blueprint.keys[s].count for s in spaces if s)) or 1


def shareable(tables_bytes: int, copies: int) -> bool:
    """Whether so many copies of a run's arrays may be kept for other seeds beside those of a run."""
    return ENGINE_BYTES + (1 + copies) * tables_bytes <= limit_bytes()


def most_frames(tables_bytes: int) -> int:
    """Requests in flight that fit beside the arrays of a run while they are copied to larger ones."""
    return max(100_000, int((limit_bytes() - ENGINE_BYTES - tables_bytes) / (1.5 * FRAME_BYTES)))
