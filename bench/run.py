"""Runs every engine on every workload in turn, and writes the results, the ratios and the bars.

    python bench/run.py                     everything, three rounds (about a quarter of an hour)
    python bench/run.py --quick             tiny sizes: shows that all works, says nothing about speed
    python bench/run.py --check             exit code 1 when a bar is missed

Rounds go over the engines in turn, so that a slow minute of the machine hits all of them alike; medians are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from engines import BENCH, ENGINES, last_core, make, measure, pinned
from peers.common import TIERS, W1, WORKLOADS

Line = dict[str, Any]
AGAINST = ("simpy", "cimba", "limit")
BARS = (
    ("w1", "simpy", 40.0),
    ("w2", "simpy", 30.0),
    ("w3", "simpy", 30.0),
    ("w3b", "simpy", 30.0),
    ("w2", "cimba", 3.0),
    ("w3", "cimba", 3.0),
    ("w3b", "cimba", 3.0),
)
"""Workload, peer, and how many times as fast as it Loadcase has to be."""
ANSWERS = {
    "w1": {"mean_s": (10.0, 0.17)},
    "w2": {"p50_ms": (11.43, 0.08), "p95_ms": (30.98, 0.48), "p99_ms": (44.6, 1.1)},
    "w3": {"p50_ms": (11.43, 0.08), "p95_ms": (30.98, 0.48), "p99_ms": (44.6, 1.1)},
    "w3b": {"p50_ms": (9.20, 0.03), "p95_ms": (22.13, 0.13), "p99_ms": (52.3, 0.3)},
}
"""What a full-size run should answer, and the standard deviation of one run's answer (theory for w1)."""
FAR = 5.0
QUICK_CUSTOMERS, QUICK_S = 5_000, 1.0


def options() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(ENGINES), metavar="ENGINE", help=", ".join(ENGINES))
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, metavar="WORKLOAD", help=", ".join(WORKLOADS))
    parser.add_argument("--repeats", type=int, default=3, help="rounds, each with its own seed (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a bar is missed")
    parser.add_argument("--core", type=int, default=last_core(), help="pin runs to this core (default: %(default)s)")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has Loadcase's dependencies")
    parser.add_argument("--out", type=Path, help="default: bench/results.json; results-part.json unless all ran")
    given = parser.parse_args()
    if given.repeats < 1:
        parser.error("--repeats is at least 1")
    given.whole = not (given.only or given.workloads or given.quick)
    given.only = given.only or list(ENGINES)
    given.workloads = given.workloads or list(WORKLOADS)
    return given


def plan(given: argparse.Namespace) -> Iterator[tuple[int, str, str]]:
    """Round, workload and engine of every run; each round starts with another engine."""
    for round_ in range(given.repeats):
        for workload in given.workloads:
            able = [name for name in ENGINES if name in given.only and workload in ENGINES[name].workloads]
            turn = round_ % len(able) if able else 0
            for name in able[turn:] + able[:turn]:
                yield round_, workload, name


def run_all(given: argparse.Namespace, lines: list[Line]) -> bool:
    """Appends a line a run to `lines`; False when interrupted."""
    sizes = (QUICK_CUSTOMERS, QUICK_S) if given.quick else (None, None)
    unmade = {}
    try:
        for name in given.only:
            try:
                make(ENGINES[name])
            except (subprocess.CalledProcessError, OSError) as error:
                unmade[name] = f"its environment could not be made: {error}"
        for round_, workload, name in plan(given):
            if name in unmade:
                line = {"engine": name, "workload": workload, "seed": round_ + 1, "error": unmade[name]}
            else:
                line = measure(ENGINES[name], workload, round_ + 1, given.core, given.python, *sizes)
            lines.append(line)
            said = line.get("error") or f"{line['per_s']:,.0f} /s in {line['wall_s']:.3f} s"
            print(f"round {round_ + 1}/{given.repeats} {workload:4} {name:12} {said}", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        return False
    return True


def speeds(lines: list[Line], engine: str, workload: str) -> list[float]:
    """Requests per second of an engine's good runs."""
    return [x["per_s"] for x in lines if x["engine"] == engine and x["workload"] == workload and "error" not in x]


def ratio(lines: list[Line], workload: str, peer: str) -> float | None:
    """Median speed of Loadcase over a peer's; None while one of them has no good run."""
    ours, theirs = speeds(lines, "loadcase", workload), speeds(lines, peer, workload)
    return median(ours) / median(theirs) if ours and theirs else None


def bars(lines: list[Line], given: argparse.Namespace) -> list[Line]:
    """Every bar that this selection can measure, and whether it is cleared. A run that failed clears nothing."""
    judged = []
    for workload, peer, least in BARS:
        if workload in given.workloads and {"loadcase", peer} <= set(given.only):
            found = ratio(lines, workload, peer)
            cleared = found is not None and found >= least
            judged.append({"workload": workload, "peer": peer, "least": least, "ratio": found, "cleared": cleared})
    return judged


def expected(workload: str, line: Line) -> dict[str, tuple[float, float]]:
    """Reference answers and spreads of a run, if it has the size that they are for."""
    full = W1.customers if workload == "w1" else TIERS[workload].rate * TIERS[workload].duration_s
    return ANSWERS[workload] if line["n"] > 0.95 * full else {}


def far_off(lines: list[Line]) -> list[str]:
    """Answers of full-size runs that are more than five spreads off the reference: a wrong model has no speed."""
    return [
        f"{line['engine']} {line['workload']} seed {line['seed']}: {name} {line[name]}, expected {mean} ({spread})"
        for line in lines
        if "error" not in line
        for name, (mean, spread) in expected(line["workload"], line).items()
        if abs(line[name] - mean) > FAR * spread
    ]


def thousands(value: float) -> str:
    """1.94 M, 29.3 k, 512."""
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def row(*cells: str) -> str:
    """One line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def speed_table(lines: list[Line], given: argparse.Namespace) -> Iterator[str]:
    """Median speed by engine and workload, then Loadcase over those it is compared with."""
    yield row("engine", *(f"{w.upper()}, /s" for w in given.workloads), "peak memory, MB")
    yield row("---", *["---:" for _ in given.workloads], "---:")
    for name in (n for n in ENGINES if n in given.only):
        cells = []
        for workload in given.workloads:
            found = speeds(lines, name, workload)
            possible = workload in ENGINES[name].workloads
            cells.append(thousands(median(found)) if found else "no result" if possible else "cannot be written")
        memory = [x["rss_mb"] for x in lines if x["engine"] == name and "error" not in x]
        yield row(name, *cells, f"{max(memory):.0f}" if memory else "")
    for peer in (p for p in AGAINST if {p, "loadcase"} <= set(given.only)):
        found_ratios = [ratio(lines, workload, peer) for workload in given.workloads]
        yield row(f"**loadcase / {peer}**", *("" if r is None else f"**{r:.3g}**" for r in found_ratios), "")


def answer_table(lines: list[Line], given: argparse.Namespace) -> Iterator[str]:
    """Median answers by engine and workload, in ms (W1: s)."""
    yield row("engine", "workload", "mean", "p50", "p95", "p99", "timeouts", "failed")
    yield row("---", "---", *["---:"] * 6)
    for name in (n for n in ENGINES if n in given.only):
        for workload in given.workloads:
            good = [x for x in lines if x["engine"] == name and x["workload"] == workload and "error" not in x]
            names = [("mean_s", "mean_ms"), ("p50_ms",), ("p95_ms",), ("p99_ms",), ("timeouts",), ("failed",)]
            cells = []
            for keys in names:
                found = [x[key] for x in good for key in keys if key in x]
                cells.append(f"{median(found):.4g}" if found else "")
            if good:
                yield row(name, workload, *cells)


def bar_table(judged: list[Line]) -> Iterator[str]:
    """The bars."""
    yield row("workload", "against", "at least", "measured", "")
    yield row("---", "---", "---:", "---:", "---")
    for bar in judged:
        measured = "no result" if bar["ratio"] is None else f"{bar['ratio']:.3g}x"
        yield row(
            bar["workload"].upper(), bar["peer"], f"{bar['least']:g}x", measured, "ok" if bar["cleared"] else "missed"
        )


def markdown(document: Line, given: argparse.Namespace) -> str:
    """All tables, headed by what they are worth."""
    host, lines = document["host"], document["runs"]
    labels = [text for key, text in LABELS.items() if document[key]]
    text = ["# Results", "", *(f"**{label}**\n" for label in labels)]
    text.append(
        f"{host['when']}, {host['processor']}, {host['cores']} cores, Python {host['python']}, "
        f"commit {host['commit']}, {'one core' if host['pinned'] else 'not pinned to a core'}; "
        f"medians of {'at most ' if document['interrupted'] else ''}{given.repeats} rounds."
    )
    text += ["", "## Speed", "", *speed_table(lines, given)]
    if document["bars"]:
        text += ["", "## Bars", "", *bar_table(document["bars"])]
    text += ["", "## Answers", "", *answer_table(lines, given)]
    for title, found in (("Far from the reference", document["far_off"]), ("Failed runs", document["errors"])):
        if found:
            text += ["", f"## {title}", "", *(f"- {line}" for line in found)]
    return "\n".join(text) + "\n"


LABELS = {
    "interrupted": "Interrupted: partial results.",
    "quick": "Quick: tiny sizes, where fixed costs rule. These numbers say nothing about speed.",
    "selection": "A selection of engines or workloads, not the whole comparison.",
}


def host(core: int | None) -> Line:
    """Where and when this was measured."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [x.partition(":")[2].strip() for x in info.read_text().splitlines() if x.startswith("model name")]
        processor = names[0] if names else processor
    git = subprocess.run(
        ["git", "-C", str(BENCH), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor,
        "cores": os.cpu_count(),
        "load": [round(x, 2) for x in os.getloadavg()],
        "python": platform.python_version(),
        "commit": git.stdout.strip() or "unknown",
        "pinned": bool(pinned(core)),
    }


def main() -> int:
    """Exit code 0; 1 when `--check` and a bar is missed; 130 when interrupted."""
    given = options()
    lines: list[Line] = []
    where = host(given.core)
    finished = run_all(given, lines)
    document = {
        "host": where,
        "interrupted": not finished,
        "quick": given.quick,
        "selection": not given.whole and not given.quick,
        "repeats": given.repeats,
        "bars": bars(lines, given),
        "far_off": far_off(lines),
        "errors": [f"{x['engine']} {x['workload']} seed {x['seed']}: {x['error']}" for x in lines if "error" in x],
        "runs": lines,
    }
    out = given.out or BENCH / ("results.json" if given.whole and finished else "results-part.json")
    out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    text = markdown(document, given)
    out.with_suffix(".md").write_text(text, encoding="utf-8")
    print(text)
    print(f"written to {out} and {out.with_suffix('.md').name}", file=sys.stderr)
    if not finished:
        return 130
    ours_off = [line for line in document["far_off"] if line.startswith("loadcase ")]
    missed = [bar for bar in document["bars"] if not bar["cleared"]]
    return 1 if given.check and (missed or ours_off) else 0


if __name__ == "__main__":
    sys.exit(main())
