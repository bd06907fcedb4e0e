"""Loadcase: one workload from its blueprint, one JSON line like every peer's.

A tiny run of the same blueprint comes first: it compiles the kernel or loads it from its cache (`compile_s`). `wall_s`
is the reading of the blueprint and the second run together; `run_s` is the run alone, as Loadcase reports it.
"""

from __future__ import annotations

import sys

import loadcase_api as api
from peers.common import W1, Arguments, Stopwatch, arguments, report

TINY_CUSTOMERS, TINY_S = 10, 0.1


def duration_of(asked: Arguments) -> float:
    """Simulated seconds: of W1, those in which `customers` arrive on average."""
    return asked.duration_s if asked.tiers else asked.customers / W1.arrival_rate


def main() -> int:
    """One run, one line; 2 when the blueprint cannot be run."""
    asked = arguments()
    path = api.workload(asked.workload)
    try:
        watch = Stopwatch()
        api.run(api.load(path), asked.seed, TINY_S if asked.tiers else TINY_CUSTOMERS / W1.arrival_rate)
        compile_s = round(watch.read(), 3)
        watch = Stopwatch()
        found = api.run(api.load(path), asked.seed, duration_of(asked))
        wall_s = watch.read()
    except api.NotReadyError as error:
        print(error, file=sys.stderr)
        return 2
    if asked.tiers is None:
        answers = {"mean_s": round(found.mean_s, 4)}
    else:
        seconds = {"p50_ms": found.p50_s, "p95_ms": found.p95_s, "p99_ms": found.p99_s, "mean_ms": found.mean_s}
        answers = {name: round(value * 1e3, 3) for name, value in seconds.items()}
    report(
        "loadcase", api.version(), asked, wall_s, found.requests, **answers,
        timeouts=found.timeouts, failed=found.failed, events=found.events, run_s=round(found.wall_s, 5),
        compile_s=compile_s, partial=found.partial,
    )  # fmt: skip
    return 0


sys.exit(main())
