"""The workloads as numbers, and the one JSON line that every engine prints. Standard library only."""

from __future__ import annotations

import argparse
import json
import platform
import resource
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MM1:
    """W1: one server, exponential gaps and service times, from empty until the last of n customers has left."""

    arrival_rate: float = 0.9
    service_rate: float = 1.0
    customers: int = 1_000_000


@dataclass(frozen=True)
class Tiers:
    """W2, W3 and W3b: client, load balancer, one of `apps` servers, database, and back. Times in seconds.

    Out: hop, balancer (a delay), hop, app (FIFO, one core, freed before the database is called), hop, database
    (FIFO, `connections`). Back: three hops. With `timeout` the client gives up on an attempt, which is not cancelled,
    and sends another after `backoff_s` * 2^(k-1) + U(0, `jitter_s`), `retries` times at most.
    """

    rate: float = 1000.0
    duration_s: float = 60.0
    hop_s: float = 0.0005
    balancer_s: float = 0.0002
    apps: int = 8
    app_mean_s: float = 0.005
    connections: int = 4
    database_mean_s: float = 0.002
    timeout_s: float | None = None
    retries: int = 2
    backoff_s: float = 0.010
    jitter_s: float = 0.010


W1 = MM1()
TIERS = {
    "w2": Tiers(),
    "w3": Tiers(timeout_s=0.100),
    "w3b": Tiers(rate=500.0, duration_s=120.0, timeout_s=0.025),
}
WORKLOADS = ("w1", *TIERS)


@dataclass
class Counts:
    """What a client counts beside latencies."""

    timeouts: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Arguments:
    """What a run was asked for; `tiers` is None for W1."""

    workload: str
    seed: int
    customers: int
    duration_s: float
    tiers: Tiers | None


def arguments(workloads: Sequence[str] = WORKLOADS, customers: int = W1.customers) -> Arguments:
    """Reads the command line: WORKLOAD [--n CUSTOMERS] [--duration SECONDS] [--seed SEED]."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=workloads)
    parser.add_argument("--n", type=int, default=customers, help="customers of w1 (default: %(default)s)")
    parser.add_argument("--duration", type=float, help="simulated seconds of arrivals of w2, w3, w3b")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tiers = TIERS.get(given.workload)
    duration = given.duration or (tiers.duration_s if tiers else 0.0)
    return Arguments(given.workload, given.seed, given.n, duration, tiers)


class Stopwatch:
    """Wall seconds since it was made."""

    def __init__(self) -> None:
        self.start = time.perf_counter()

    def read(self) -> float:
        """Seconds so far."""
        return time.perf_counter() - self.start


def latencies(seconds: Iterable[float]) -> dict[str, float]:
    """Percentiles, linear between order statistics, and the mean, in ms. Without numpy, which not every peer has."""
    ordered = sorted(seconds)
    if not ordered:
        return {}

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

    found = {"p50_ms": at(0.50), "p95_ms": at(0.95), "p99_ms": at(0.99), "mean_ms": sum(ordered) / len(ordered)}
    return {name: round(value * 1e3, 3) for name, value in found.items()}


def report(
    peer: str, version: str, asked: Arguments, wall_s: float, finished: int, **more: float | int | str | None
) -> None:
    """Prints the line. `finished` counts customers or requests that got an answer or were given up."""
    line = {
        "peer": peer,
        "version": version,
        "python": platform.python_version(),
        "workload": asked.workload,
        "seed": asked.seed,
        "wall_s": round(wall_s, 5),
        "n": finished,
        "per_s": round(finished / wall_s, 1),
        **{name: value for name, value in more.items() if value is not None},
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    print(json.dumps(line), flush=True)
