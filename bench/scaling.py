"""How cost grows with simulated time, and what a second core is worth: gallery/chat at its peak, exactly.

    python bench/scaling.py                    60 and 120 simulated seconds, then a check on one and two cores
    python bench/scaling.py --check            exit code 1 when a bar is missed

Every run is a process of its own, so that its peak memory is its own, and the kernel has been loaded from its cache
before the clock starts. What a run costs before its first simulated second (the caches are filled then) is told apart
by a straight line through the runs. The lengths take turns, and the medians are compared: what the first touch of
700 MB costs differs by seconds from process to process on a virtual machine.

Bars: 60 simulated seconds take under 40 s and 1.5 GiB; twice the time costs 1.9 to 2.1 times the wall and no more
memory (5 % is taken for noise); a check of four seeds on two cores is 1.5 times as fast.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from statistics import linear_regression
from typing import Any

import loadcase_api as api

Line = dict[str, Any]
SECONDS = (60.0, 120.0)
BAR_SECONDS, BAR_WALL_S, BAR_RSS_MB = 60.0, 40.0, 1.5 * 1024
BAR_DOUBLING = (1.9, 2.1)
BAR_MEMORY = 1.05
BAR_TWO_CORES = 1.5
SEEDS = 4
REPEATS = 3
CORES = (1, 2)


def run_once(path: Path, case: str, seconds: float) -> Line:
    """In a child: one exact run of a case, one seed."""
    api.compile_kernel()
    blueprint = api.load(path)
    found = api.run(blueprint, 1, seconds, case)
    return {
        "seconds": seconds,
        "wall_s": round(found.wall_s, 3),
        "rss_mb": round(found.peak_rss_mb, 1),
        "requests": found.requests,
        "events": found.events,
        "events_per_s": round(found.events / found.wall_s),
        "partial": found.partial,
    }


def check_once(path: Path, cores: int, seeds: int) -> Line:
    """In a child: a check of all cases on as many cores as threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])
    api.compile_kernel()
    blueprint = api.load(path)
    started = time.perf_counter()
    verdict, _ = api.check(blueprint, seeds, cores)
    return {"cores": cores, "seeds": seeds, "wall_s": round(time.perf_counter() - started, 3), "verdict": verdict}


def child(given: argparse.Namespace, *arguments: str) -> Line:
    """What a child process measured, or `error`."""
    command = [sys.executable, __file__, "--blueprint", str(given.blueprint), "--case", given.case, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    line: Line = json.loads(lines[-1]) if done.returncode == 0 and lines else {"error": f"exit code {done.returncode}"}
    print(json.dumps(line), flush=True)
    return line


def bar(text: str, met: bool) -> bool:
    """Prints a bar and whether it is met."""
    print(f"{'ok    ' if met else 'MISSED'} {text}", flush=True)
    return met


def middle(lines: list[Line]) -> Line:
    """The run of the median time among those of one length; one that failed, if there is one."""
    failed = [line for line in lines if "error" in line or line["partial"]]
    return failed[0] if failed else sorted(lines, key=lambda line: float(line["wall_s"]))[(len(lines) - 1) // 2]


def judge_runs(lines: list[Line]) -> list[bool]:
    """The bars on wall and memory, of those that were measured."""
    if any("error" in line or line["partial"] for line in lines):
        return [bar("every run finishes", False)]
    met = []
    for line in lines:
        if line["seconds"] == BAR_SECONDS:
            met.append(bar(f"{line['wall_s']:.1f} s for 60 s, under {BAR_WALL_S:g}", line["wall_s"] < BAR_WALL_S))
            met.append(bar(f"{line['rss_mb']:.0f} MiB for 60 s, at most {BAR_RSS_MB:g}", line["rss_mb"] <= BAR_RSS_MB))
    low, high = BAR_DOUBLING
    for one, two in pairwise(lines):
        if two["seconds"] != 2 * one["seconds"]:
            continue
        step = f"{one['seconds']:g} to {two['seconds']:g} s"
        wall, memory = two["wall_s"] / one["wall_s"], two["rss_mb"] / one["rss_mb"]
        met.append(bar(f"{step}: wall x{wall:.2f}, from {low:g} to {high:g}", low <= wall <= high))
        met.append(bar(f"{step}: memory x{memory:.3f}, at most {BAR_MEMORY:g}", memory <= BAR_MEMORY))
    if len(lines) > 1:
        per_s, fixed_s = linear_regression([x["seconds"] for x in lines], [x["wall_s"] for x in lines])
        print(f"       {fixed_s:.3g} s whatever the length, and {per_s:.3g} s for each simulated second")
    return met


def judge_checks(lines: list[Line]) -> list[bool]:
    """The bar on two cores."""
    if any("error" in line for line in lines):
        return [bar("every check finishes", False)]
    gain = lines[0]["wall_s"] / lines[1]["wall_s"]
    same = bar("the verdict is the same on any number of cores", len({line["verdict"] for line in lines}) == 1)
    return [same, bar(f"two cores: {gain:.2f} times as fast, at least {BAR_TWO_CORES:g}", gain >= BAR_TWO_CORES)]


def main() -> int:
    """Exit code 0; 1 when something failed or, with `--check`, a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blueprint", type=Path, default=api.CHAT, help="default: gallery/chat")
    parser.add_argument("--case", default="peak", help="of the single runs (default: %(default)s)")
    parser.add_argument("--seconds", type=float, nargs="*", default=list(SECONDS), help="default: 60 120; none skips")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="of each length (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="of the checks; 0 skips them (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a bar is missed")
    parser.add_argument("--run-one", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--check-one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    try:
        if given.run_one is not None:
            print(json.dumps(run_once(given.blueprint, given.case, given.run_one)))
            return 0
        if given.check_one is not None:
            print(json.dumps(check_once(given.blueprint, given.check_one, given.seeds)))
            return 0
        api.load(given.blueprint)
        api.compile_kernel()
    except api.NotReadyError as error:
        print(error, file=sys.stderr)
        return 2
    rounds = [[child(given, "--run-one", str(s)) for s in given.seconds] for _ in range(given.repeats)]
    runs = [middle(list(lines)) for lines in zip(*rounds, strict=True)]
    seeds = ("--seeds", str(given.seeds))
    checks = [child(given, "--check-one", str(cores), *seeds) for cores in CORES] if given.seeds > 0 else []
    met = judge_runs(runs) + (judge_checks(checks) if checks else [])
    failed = any("error" in line for line in runs + checks)
    return 1 if failed or (given.check and not all(met)) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted: partial results", file=sys.stderr)
        sys.exit(130)
