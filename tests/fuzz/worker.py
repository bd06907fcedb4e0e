"""Reads paths of blueprints from standard input, one a line; says of each what became of it, as a line of JSON.

A path is followed by a tab and what to do: `light` (load, estimate, review, advise, draw) or `check` (a check with a
budget of one second). The CPU time told is that of the command that took the longest. A process of its own, so that
memory is measured and a hang can be ended.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import sys
import time
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from loadcase.cli import execute
from loadcase.core.errors import BlueprintError, LoadcaseError, UsageError

BUDGET_S = 1.0


def forget_peak() -> None:
    """Starts the high-water mark of the memory anew, where the system lets it (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """The high-water mark of the memory since then, or since the start of the process."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Clock:
    """The CPU time of the longest of several commands."""

    def __init__(self) -> None:
        self.longest, self.since = 0.0, time.process_time()

    def lap(self) -> None:
        """One of them has ended."""
        now = time.process_time()
        self.longest, self.since = max(self.longest, now - self.since), now


def light(path: str, clock: Clock) -> dict[str, Any]:
    """Loads, estimates, reviews, advises on and draws a file: what those commands do, but reading it once."""
    from rich.console import Console

    from loadcase.advice.advising import advise
    from loadcase.blueprint.load import load
    from loadcase.draw import diagram
    from loadcase.draw.mermaid import mermaid
    from loadcase.draw.structurizr import structurizr
    from loadcase.draw.svg import svg
    from loadcase.estimate.estimate import estimate
    from loadcase.report.advice import advice_json, advice_text
    from loadcase.report.closed import print_estimate
    from loadcase.report.review import review_json
    from loadcase.review.reviewing import review

    blueprint = load(path)
    clock.lap()
    report = estimate(blueprint)
    json.dumps(report.to_json(), allow_nan=False)
    clock.lap()
    json.dumps(review_json([review(blueprint)], [0]), allow_nan=False)
    clock.lap()
    advice = advise(blueprint)
    json.dumps(advice_json(advice), allow_nan=False)
    advice_text(advice, whole=True)
    clock.lap()
    print_estimate(report, Console(file=io.StringIO(), width=120))
    assert mermaid(blueprint).startswith("flowchart")
    clock.lap()
    assert structurizr(blueprint).startswith("workspace")
    clock.lap()
    ElementTree.fromstring(svg(diagram(blueprint, report=report, plain=True)))
    assert blueprint.dump() == Path(path).read_bytes().decode("utf-8-sig")
    return {"status": "loaded"}


def outcome(path: str, how: str, clock: Clock) -> dict[str, Any]:
    """What became of one file."""
    try:
        if how == "light":
            found = light(path, clock)
        else:
            found = {"status": "loaded"}
            out, err = io.StringIO(), io.StringIO()
            with redirect_stdout(out), redirect_stderr(err):
                found["code"] = execute(
                    ["check", path, "--budget", f"{BUDGET_S}s", "--threads", "1", "--format", "json", "--quiet"]
                )
            found["out"] = json.loads(out.getvalue())
            if err.getvalue():
                found |= {"status": "crashed", "trace": err.getvalue()}
        return found
    except BlueprintError as error:
        return {"status": "refused", "text": str(error), "problems": [asdict(p) for p in error.problems]}
    except UsageError as error:
        return {"status": "refused", "text": str(error), "usage": error.message, "hint": error.hint, "problems": []}
    except LoadcaseError as error:
        return {"status": "crashed", "trace": f"{type(error).__name__} escaped: {error}"}
    except Exception:
        return {"status": "crashed", "trace": traceback.format_exc()}


def main() -> None:
    """Answers until the input ends."""
    warnings.simplefilter("error")
    for line in sys.stdin:
        path, how = line.rstrip("\n").split("\t")
        forget_peak()
        wall, clock = time.perf_counter(), Clock()
        found = outcome(path, how, clock)
        clock.lap()
        found["wall_s"], found["cpu_s"] = time.perf_counter() - wall, clock.longest
        found["rss"] = peak_bytes()
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
