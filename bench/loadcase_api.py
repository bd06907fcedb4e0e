"""Every call that the benchmarks make to Loadcase, in one place. Imports it only when called."""

from __future__ import annotations

import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent
SOURCE = BENCH.parent / "src"
CHAT = BENCH.parent / "gallery" / "chat"
FLOW = "request"
TIMEOUT = ("flows", FLOW, "arrive", "timeout")
COMMAND = "from loadcase.cli import main; main()"
"""What `python -c` runs in place of the installed `loadcase` command."""

if str(SOURCE) not in sys.path:
    sys.path.insert(0, str(SOURCE))


class NotReadyError(Exception):
    """A blueprint that cannot be run: a placeholder, or one with mistakes."""


@dataclass(frozen=True)
class Run:
    """One run, in the units of the tables: latencies in seconds, counts whole."""

    p50_s: float
    p95_s: float
    p99_s: float
    mean_s: float
    timeouts: int
    failed: int
    requests: int
    events: int
    wall_s: float
    peak_rss_mb: float
    partial: str | None


def version() -> str:
    """Loadcase's version."""
    import loadcase

    return str(loadcase.__version__)


def workload(name: str) -> Path:
    """The blueprint of a workload; BENCH_WORKLOADS names another folder of them."""
    return Path(os.environ.get("BENCH_WORKLOADS") or BENCH / "workloads") / f"{name}.yaml"


def load(path: Path) -> Any:
    """Reads a blueprint. Raises NotReadyError."""
    from loadcase import Blueprint
    from loadcase.core.errors import LoadcaseError

    try:
        return Blueprint.load(path)
    except LoadcaseError as error:
        raise NotReadyError(str(error)) from None


def load_with_timeout(path: Path, timeout_s: float) -> Any:
    """Reads a blueprint and gives its client another timeout. Raises NotReadyError."""
    from ruamel.yaml import YAML

    from loadcase import Blueprint
    from loadcase.core.errors import LoadcaseError

    yaml = YAML()
    document = yaml.load(path.read_text(encoding="utf-8"))
    place = document
    for key in TIMEOUT[:-1]:
        if not isinstance(place, dict) or key not in place:
            raise NotReadyError(f"{path}: there is no {'.'.join(TIMEOUT)}")
        place = place[key]
    place[TIMEOUT[-1]] = f"{timeout_s * 1e3:g} ms"
    text = io.StringIO()
    yaml.dump(document, text)
    try:
        return Blueprint.loads(text.getvalue(), str(path))
    except LoadcaseError as error:
        raise NotReadyError(str(error)) from None


def run(blueprint: Any, seed: int, duration_s: float | None, case: str = "normal", warmup_s: float | None = 0.0) -> Run:
    """Simulates one case, exactly (no scale model)."""
    result = blueprint.run(case=case, seed=seed, duration=duration_s, warmup=warmup_s)

    def value(name: str) -> float:
        metric = result.metrics.get(f"{FLOW}.{name}")
        return float("nan") if metric is None else float(metric.value)

    def count(name: str) -> int:
        rate = value(name)  # a rate over the measured seconds
        return 0 if rate != rate else round(rate * result.duration_s)

    return Run(
        p50_s=value("p50"),
        p95_s=value("p95"),
        p99_s=value("p99"),
        mean_s=value("mean"),
        timeouts=count("timeouts"),
        failed=count("errors"),
        requests=result.requests,
        events=result.events,
        wall_s=result.wall_s,
        peak_rss_mb=result.peak_rss_bytes / 2**20,
        partial=result.partial,
    )


def check(blueprint: Any, seeds: int, threads: int) -> tuple[str, float]:
    """Judges all cases: the verdict, and the wall seconds."""
    result = blueprint.check(seeds=seeds, threads=threads)
    return str(result.verdict), float(result.wall_s)


def compile_kernel() -> None:
    """Compiles the kernel, or loads it from its cache, by a run of one idle server."""
    from loadcase import Blueprint

    tiny = {
        "loadcase": 1,
        "name": "tiny",
        "components": {"server": {"kind": "service", "replicas": 1, "workers": 1}},
        "flows": {FLOW: {"arrive": {"rate": "1 /s"}, "steps": ["server.handle"]}},
    }
    Blueprint.build(tiny).run(case="normal", seed=1, duration=1.0, warmup=0)
