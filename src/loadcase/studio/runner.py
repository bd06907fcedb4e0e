"""`python -m loadcase.studio.runner`: one run in a process of its own.

It reads what to run as a line of JSON, and writes events, one in a line, until it is done; what it has found goes to a
file. `stop` in a further line ends it early with what it has. When its input ends, the server is gone, and so is it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from loadcase.core.errors import LoadcaseError, UsageError
from loadcase.studio.errors import DIED, error, error_of
from loadcase.studio.limits import bound_memory

if TYPE_CHECKING:
    from loadcase.blueprint.model import Blueprint
    from loadcase.check.runner import Progress
    from loadcase.core.results import CaseVerdict
    from loadcase.engine.watching import Seen
    from loadcase.explore.compare import Side

PROGRESS_S = 0.1
"""Between two messages about how far a run is."""
AGAIN = 2
"""Intervals that are sent once more: an answer that comes late still belongs to them."""
FIRST_SEED = 1
"""The seed whose series are shown."""
LIBRARIES_BYTES = 2 << 30
"""What the interpreter, the compiler of the kernel and its threads may take beside the run."""
NICE = 5
"""Runs give way to what somebody waits for at a keyboard."""


class Told:
    """Writes events. Anything may call it from any thread."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.lock = threading.Lock()

    def __call__(self, kind: str, data: Any) -> None:
        line = json.dumps({"event": kind, "data": data}, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        with self.lock:
            self.out.write(line)
            self.out.flush()


class Watching:
    """Turns what a run shows while it goes on into events: how far each seed is, and the series of the first."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.lock = threading.Lock()
        self.sent: dict[tuple[str, int], tuple[float, int, int]] = {}
        """By case and seed: when the last progress was told, the events then, the intervals that were sent."""
        self.series: dict[str, dict[str, Any]] = {}
        """By case, the whole of what the first seed showed when it was over."""
        self.units: dict[str, dict[str, str]] = {}
        """By case, the units that were told."""

    def __call__(self, case: str, seed: int, seen: Seen) -> None:
        now = time.monotonic()
        with self.lock:
            before_s, before, intervals = self.sent.get((case, seed), (now, 0, 0))
        if seen.intervals < intervals:  # the case is run again, exactly
            intervals = 0
        if seed == FIRST_SEED and (seen.intervals > intervals or seen.done):
            first = max(0, intervals - AGAIN)
            lines = seen.series(0 if seen.done else first)
            if seen.done:
                self.series[case] = {name: _series(line) for name, line in lines.items()}
                lines = {n: line for n, line in lines.items() if line.values}
                first = 0
            values = {name: rounded(line.values) for name, line in lines.items()}
            known = self.units.setdefault(case, {})
            units = {name: line.unit for name, line in lines.items() if name not in known}
            known.update(units)
            start = seen.warmup_s + first * seen.step_s
            self.told(
                "series",
                {"case": case, "seed": seed, "from": first, "start": start, "step": seen.step_s, "scale": seen.scale,
                 "values": values, "units": units},
            )  # fmt: skip
            intervals = seen.intervals
        rate = (seen.events - before) / (now - before_s) if now > before_s else None
        self.told(
            "progress",
            {"case": case, "seed": seed, "share": min(1.0, seen.now_s / seen.end_s), "simulated_s": seen.now_s,
             "duration_s": seen.end_s, "events": seen.events, "events_per_s": rate, "scale": seen.scale, "note": None},
        )  # fmt: skip
        with self.lock:
            self.sent[case, seed] = now, seen.events, intervals


class Sides:
    """Keeps the series of the first seed of both designs that are compared, once a run of it is over."""

    def __init__(self) -> None:
        self.series: dict[Side, dict[str, dict[str, Any]]] = {"a": {}, "b": {}}
        """By side and case."""

    def __call__(self, case: str, seed: int, side: Side, seen: Seen) -> None:
        if seed == FIRST_SEED and seen.done:
            self.series[side][case] = {name: _series(line) for name, line in seen.series().items()}


def rounded(values: list[float | None]) -> list[float | None]:
    """Six digits, which no plot tells from more."""
    return [None if v is None else float(f"{v:.6g}") for v in values]


def _series(line: Any) -> dict[str, Any]:
    return {"start": line.start, "step": line.step, "unit": line.unit, "values": rounded(line.values)}


class Job:
    """What is run, and what comes of it."""

    def __init__(self, request: dict[str, Any], told: Told, stop: threading.Event) -> None:
        self.request, self.told, self.stop = request, told, stop
        self.watching = Watching(told)
        self.noted = 0.0

    def run(self) -> dict[str, Any]:
        """Everything that is kept of it. Raises LoadcaseError."""
        from loadcase.engine.run import needs_compile

        if needs_compile():
            self.note("compiling the engine, once on this machine (about a minute)", force=True)
        kinds: dict[str, Callable[[], dict[str, Any]]] = {
            "check": self.check, "compare": self.compare, "scale": self.scale,
        }  # fmt: skip
        return kinds[self.request["kind"]]()

    def design(self, variant: str | None, text: str | None = None) -> Blueprint:
        """The design of the request."""
        from loadcase.blueprint.load import loads

        return loads(self.request["text"] if text is None else text, "blueprint.yaml", variant)

    def check(self) -> dict[str, Any]:
        """`loadcase check`."""
        from loadcase import api
        from loadcase.report.shapes import check_json
        from loadcase.studio.evidence import evidence_of, windows

        blueprint = self.design(self.request.get("variant"))
        cases = self.request.get("cases")
        names = cases or list(blueprint.cases) or ["normal"]
        self.told("faults", windows(blueprint, names))
        result = api.check(
            blueprint, cases=cases, seeds=self.request.get("seeds"), budget_s=self.request.get("budget_s"),
            stop=self.stop, on_progress=self.checked, watch=self.watching, on_verdict=self.verdict,
        )  # fmt: skip
        return {
            "verdict": result.verdict,
            "partial": result.interrupted,
            "result": check_json(result),
            "series": self.watching.series,
            "faults": windows(blueprint, [c.case for c in result.cases]),
            "evidence": evidence_of(result),
        }

    def verdict(self, found: CaseVerdict) -> None:
        """What the runs of a case say so far."""
        from loadcase.report.shapes import case_json

        self.told("case", case_json(found))

    def compare(self) -> dict[str, Any]:
        """`loadcase compare`: the design with a variant, two variants, or with the text of an earlier run."""
        from loadcase.explore.compare import compare
        from loadcase.report.compared import compare_json
        from loadcase.studio.evidence import windows

        wanted: list[str] = self.request.get("variants") or []
        earlier = self.request.get("against_text")
        if earlier is not None:
            a, b = self.design(None, earlier), self.design(self.request.get("variant"))
            names = (str(self.request.get("against_name") or "before"), "now")
        elif wanted:
            pair: list[str | None] = [None, *wanted][-2:]
            a, b = (self.design(one) for one in pair)
            names = (pair[0] or a.name, str(pair[1]))
        else:
            raise UsageError("a comparison needs another design", hint="name a variant, or an earlier run")
        sides = Sides()
        result = compare(
            a, b, names, watch=sides, cases=self.request.get("cases"), seeds=self.request.get("seeds"),
            budget_s=self.request.get("budget_s"), stop=self.stop,
            on_progress=lambda p: self.note(f"{p.runs} of {p.wanted} runs", share=p.runs / max(1, p.wanted)),
        )  # fmt: skip
        return {
            "verdict": None,
            "partial": result.interrupted,
            "result": compare_json(result),
            "series_a": sides.series["a"],
            "series_b": sides.series["b"],
            "faults": windows(b, [c.case for c in result.cases]),
        }

    def scale(self) -> dict[str, Any]:
        """`loadcase scale`."""
        from loadcase import api
        from loadcase.report.growth import story_json

        story = api.grow(
            self.design(self.request.get("variant")), float(self.request.get("to") or 100.0),
            budget_s=self.request.get("budget_s"), stop=self.stop,
            on_progress=lambda p: self.note(f"{p.breaks} break{'s'[: p.breaks != 1]} found, now {p.load:.3g}x"),
        )  # fmt: skip
        return {"verdict": None, "partial": bool(story.partial), "result": story_json(story)}

    def checked(self, progress: Progress) -> None:
        """How far a check is as a whole."""
        runs = f"{progress.runs} run{'s'[: progress.runs != 1]} done"
        self.note(f"{progress.decided} of {progress.cases} cases decided, {runs}")

    def note(self, text: str, share: float | None = None, force: bool = False) -> None:
        """Progress in words."""
        now = time.monotonic()
        if not force and now - self.noted < PROGRESS_S * 5:
            return
        self.noted = now
        self.told(
            "progress",
            {"case": None, "seed": None, "share": share, "simulated_s": None, "duration_s": None, "events": None,
             "events_per_s": None, "scale": None, "note": text},
        )  # fmt: skip


def listen(questions: BinaryIO, stop: threading.Event) -> None:
    """Sets `stop` when it is told to, and ends the process when nobody is left to tell it."""
    for line in questions:
        if line.strip() == b"stop":
            stop.set()
    os._exit(1)


def keep(result: dict[str, Any], file: Path) -> None:
    """Writes what was found, in one step."""
    temporary = file.with_suffix(".new")
    with open(temporary, "w", encoding="utf-8") as stream:
        json.dump(result, stream, allow_nan=False, separators=(",", ":"))
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, file)


def main() -> None:
    """Runs what the first line of the input says; the exit code is 0 whenever the events tell what became of it."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anything prints goes to the terminal
    os.nice(NICE)
    told, stop = Told(out), threading.Event()
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=listen, args=(sys.stdin.buffer, stop), daemon=True).start()
    os.environ["LOADCASE_MEMORY"] = f"{max(1, request['memory_bytes'] // (os.cpu_count() or 1)) // 1000} kB"
    bound_memory(request["memory_bytes"] + LIBRARIES_BYTES)
    try:
        result = Job(request, told, stop).run()
        keep(result, Path(request["file"]))
        told("done", {"verdict": result["verdict"], "partial": result["partial"]})
    except LoadcaseError as found:
        told("failed", {"error": error_of(found)})
    except (RecursionError, MemoryError) as found:
        message = f"the run is too large for its process ({type(found).__name__})"
        told("failed", {"error": error(DIED, message, "divide the counts and the load by the same factor")})
    except Exception as found:  # a page is no place for a traceback; the terminal is
        sys.excepthook(type(found), found, found.__traceback__)
        told("failed", {"error": error(DIED, f"the run failed ({type(found).__name__}); the terminal says more")})
    os._exit(0)  # the thread that listens holds the input


if __name__ == "__main__":
    main()
