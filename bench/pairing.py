"""How many fewer seeds a paired comparison needs than independent runs, on gallery/chat and other designs of it.

    python bench/pairing.py                  32 seeds of each; a table in Markdown
    python bench/pairing.py --seeds 8 --check    fewer; exit code 1 when a metric gains less than 3

The interval of a difference narrows with the variance of a pair's difference: of independent runs that is the sum of
both variances, of paired runs the variance that is measured. Their ratio is how many times as many seeds independent
runs need for the same interval. A metric that is the same in both designs to the last digit needs none: `all`.
A metric that does not vary over the seeds of either design is left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from loadcase import api
from loadcase.blueprint.load import load
from loadcase.blueprint.model import Blueprint
from loadcase.core.results import RunResult
from loadcase.engine.run import Warmed
from loadcase.explore.compare import Difference, difference

CHAT = Path(__file__).parents[1] / "gallery/chat"
SCALE = 8
BAR = 3.0
CHANGES = {"half the api": {"components.api.replicas": 48}}
VARIANTS = ("timestamps", "anonymous", "dual_write")
METRICS = ("send.mean", "history.mean", "ban.mean", "deliver.age.mean", "api.utilisation", "pushers.utilisation")
"""Compared beside those of the contract."""


def runs_of(design: Blueprint, seeds: int) -> list[RunResult]:
    """The peak of a design with each of the seeds, as a scale model; without a history, which changes no time."""
    plain = replace(design, contract=())
    warmed = Warmed()
    with ThreadPoolExecutor() as pool:
        return list(pool.map(lambda s: api.run(plain, "peak", s, scale=SCALE, warmed=warmed), range(1, seeds + 1)))


def gains(one: Sequence[RunResult], other: Sequence[RunResult], metrics: Sequence[str]) -> list[Difference]:
    """The metrics that vary over the seeds of one of the designs at least."""
    found = [d for name in metrics if (d := difference(name, one, other)) is not None]
    return [d for d in found if len({m.value for r in (*one, *other) if (m := r.metric(d.metric))}) > 2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=32)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    api.prepare()
    chat = load(CHAT)
    designs = {name: load(CHAT, name) for name in VARIANTS}
    designs |= {name: chat.changed(changes) for name, changes in CHANGES.items()}
    metrics = [*dict.fromkeys([*(g.metric for g in chat.contract if "." in g.metric), *METRICS])]
    base = runs_of(chat, given.seeds)
    least = float("inf")
    rows: dict[str, dict[str, str]] = {}
    for name, design in designs.items():
        for found in gains(base, runs_of(design, given.seeds), metrics):
            rows.setdefault(found.metric, {})[name] = "all" if found.gain is None else f"{found.gain:.1f}x"
            if found.gain is not None and name in VARIANTS:
                least = min(least, found.gain)
    print(f"| metric | {' | '.join(designs)} |\n|---|{'---|' * len(designs)}")
    for metric, by in rows.items():
        print(f"| `{metric}` | {' | '.join(by.get(name, '') for name in designs)} |")
    print(f"\n{given.seeds} seeds; the least gain on a variant is {least:.1f}", file=sys.stderr)
    return 1 if given.check and least < BAR else 0


if __name__ == "__main__":
    sys.exit(main())
