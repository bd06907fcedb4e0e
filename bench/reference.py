"""Does Loadcase answer what the hand-written loop answers? Percentiles of W2, W3, W3b, and retry storms of W3.

    python bench/reference.py                     30 seeds of each workload, 30 of each client timeout
    python bench/reference.py --seeds 100 --storm-seeds 100
    python bench/reference.py --engine limit      the check itself, on the loop that the reference values come from

Percentiles: the mean over the seeds against the reference mean of 200 seeds, as a z-score. Storms: the share of seeds
that lose over 1000 of their 60,000 requests, against the reference share of 100 seeds, by Fisher's exact test (two
binomial samples). Exit code 1 when anything is further off than chance explains: |z| over 4, or under one in 1000.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import comb, sqrt
from statistics import fmean, stdev

import loadcase_api as api
from peers.common import TIERS

REFERENCE_SEEDS = 200
W2_MS = {"p50": (11.43, 0.08, 0.01), "p95": (30.98, 0.48, 0.01), "p99": (44.6, 1.1, 0.1)}
REFERENCE_MS = {
    "w2": W2_MS,
    "w3": W2_MS,
    "w3b": {"p50": (9.20, 0.03, 0.01), "p95": (22.13, 0.13, 0.01), "p99": (52.3, 0.3, 0.1)},
}
"""Mean over the reference seeds, standard deviation of one run, and the unit that the mean is rounded to; ms."""
STORMS = {0.030: 100, 0.040: 32, 0.045: 10, 0.050: 1, 0.060: 0}
"""Client timeout in seconds to stormy runs of STORM_SEEDS."""
STORM_SEEDS = 100
STORM_FAILED = 1000
FAR_Z = 4.0
RARE = 0.001

Answer = tuple[dict[str, float], int]
"""Percentiles in ms, and failed requests."""
Simulate = Callable[[int], Answer]


def z_score(values: list[float], mean: float, spread: float, rounding: float) -> float:
    """How many standard errors the mean of the values is from the reference, both taken to spread alike."""
    error = spread * sqrt(1 / len(values) + 1 / REFERENCE_SEEDS)
    return (fmean(values) - mean) / sqrt(error**2 + rounding**2 / 12)


def fisher(hits: int, of: int, other_hits: int, other_of: int) -> float:
    """Probability of a table no likelier than this one if both shares were equal (Fisher's exact test, two-sided)."""
    total = hits + other_hits

    def weight(k: int) -> int:
        return comb(of, k) * comb(other_of, total - k)

    seen = weight(hits)
    possible = range(max(0, total - other_of), min(of, total) + 1)
    return sum(weight(k) for k in possible if weight(k) <= seen) / comb(of + other_of, total)


def loadcase(workload: str, timeout_s: float | None, duration_s: float | None) -> Simulate:
    """Loadcase on a workload, with another client timeout if one is given."""
    path = api.workload(workload)
    blueprint = api.load(path) if timeout_s is None else api.load_with_timeout(path, timeout_s)

    def simulate(seed: int) -> Answer:
        found = api.run(blueprint, seed, duration_s or TIERS[workload].duration_s)
        return {"p50": found.p50_s * 1e3, "p95": found.p95_s * 1e3, "p99": found.p99_s * 1e3}, found.failed

    return simulate


def limit(workload: str, timeout_s: float | None, duration_s: float | None) -> Simulate:
    """The hand-written loop on the same."""
    sys.path.insert(0, str(api.BENCH / "peers"))
    import numpy as np
    from limit import simulate_tiers

    model = TIERS[workload] if timeout_s is None else replace(TIERS[workload], timeout_s=timeout_s)

    def simulate(seed: int) -> Answer:
        took, _, failed, _ = simulate_tiers(model, duration_s or model.duration_s, seed)
        at = np.quantile(took, (0.5, 0.95, 0.99)) * 1e3
        return dict(zip(("p50", "p95", "p99"), map(float, at), strict=True)), failed

    return simulate


ENGINES = {"loadcase": loadcase, "limit": limit}


def over_seeds(simulate: Simulate, seeds: int, threads: int) -> list[Answer]:
    """The answers of seeds 1, 2, ... in that order."""
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(simulate, range(1, seeds + 1)))


def percentiles(workload: str, answers: list[Answer]) -> bool:
    """Prints one line a percentile; False when one is off."""
    fine = True
    for name, (mean, spread, rounding) in REFERENCE_MS[workload].items():
        values = [at[name] for at, _ in answers]
        z = z_score(values, mean, spread, rounding)
        near = abs(z) <= FAR_Z  # false for a value that is not a number
        own = f"{stdev(values):.3f}" if len(values) > 1 else "-"
        cells = (workload, name, f"{fmean(values):.3f}", own, f"{mean:g}", f"{spread:g}", f"{z:+.2f}")
        print(row(*cells, "ok" if near else "OFF"), flush=True)
        fine = fine and near
    return fine


def storms(timeout_s: float, answers: list[Answer]) -> bool:
    """Prints one line a client timeout; False when its share of storms is off."""
    hits = sum(failed > STORM_FAILED for _, failed in answers)
    chance = fisher(hits, len(answers), STORMS[timeout_s], STORM_SEEDS)
    near = chance >= RARE
    shares = (f"{hits} of {len(answers)}", f"{STORMS[timeout_s]} of {STORM_SEEDS}")
    print(row(f"{timeout_s * 1e3:g}", *shares, f"{chance:.3g}", "ok" if near else "OFF"), flush=True)
    return near


def row(*cells: str) -> str:
    """One line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Exit code 0 when all agrees, 1 when not, 2 when a blueprint cannot be run, 130 when interrupted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=list(ENGINES), default="loadcase")
    parser.add_argument("--seeds", type=int, default=30, help="of each workload; 0 skips (default: %(default)s)")
    parser.add_argument("--storm-seeds", type=int, default=30, help="of each timeout; 0 skips (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="default: %(default)s")
    parser.add_argument(
        "--duration", type=float, help="simulated seconds, to try the script: then nothing is comparable"
    )
    given = parser.parse_args()
    engine = ENGINES[given.engine]
    fine = True
    try:
        if given.seeds > 0:
            print(row("workload", "percentile", "mean, ms", "spread", "reference", "its spread", "z", ""))
            print(row("---", "---", *["---:"] * 5, "---"))
            for workload in REFERENCE_MS:
                answers = over_seeds(engine(workload, None, given.duration), given.seeds, given.threads)
                fine = percentiles(workload, answers) and fine
            print(f"\nfailed in w3b: {fmean(failed for _, failed in answers):.2f} a run (reference 2)\n")
        if given.storm_seeds > 0:
            print(row("client timeout, ms", "storms", "reference", "chance", ""))
            print(row("---:", "---:", "---:", "---:", "---"))
            for timeout_s in STORMS:
                answers = over_seeds(engine("w3", timeout_s, given.duration), given.storm_seeds, given.threads)
                fine = storms(timeout_s, answers) and fine
    except api.NotReadyError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted: partial results", file=sys.stderr)
        return 130
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
