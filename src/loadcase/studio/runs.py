"""The runs of the studio: a queue, a process for each, what they tell while they go on, and what they leave.

Everything here happens in the one thread of the server; what takes long is in other processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import sqlite3
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import IO, Any

from loadcase.studio.errors import DIED, FULL, MISSING, ODD, StudioError, error
from loadcase.studio.events import ALIVE, ALIVE_S, Hub, event
from loadcase.studio.limits import Limits
from loadcase.studio.processes import kill
from loadcase.studio.store import Store, summary

LONGEST_LINE = 64 << 20
ENDED = ("done", "partial", "cancelled", "failed", "interrupted")


@dataclass
class Live:
    """A run that goes on: what it has told, and who waits to be told more."""

    told: list[tuple[str, Any]] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    process: asyncio.subprocess.Process | None = None
    stopped: str = ""
    """Why it was told to stop: `cancelled`, `partial` (out of time) or `interrupted` (the studio ends)."""
    journal: IO[str] | None = None
    done: dict[str, Any] | None = None
    failed: dict[str, Any] | None = None

    def tell(self, kind: str, data: Any) -> None:
        """One more event, in the journal too."""
        self.told.append((kind, data))
        if self.journal is not None:
            self.journal.write(json.dumps({"event": kind, "data": data}) + "\n")
            self.journal.flush()
        self.more.set()
        self.more = asyncio.Event()


class Runs:
    """The queue and what has become of all runs."""

    def __init__(self, store: Store, limits: Limits, hub: Hub) -> None:
        self.store, self.limits, self.hub = store, limits, hub
        self.live: dict[str, Live] = {}
        self.queue: list[str] = store.in_state("queued")
        self.wake = asyncio.Event()
        self.workers: list[asyncio.Task[None]] = []
        for run in store.in_state("running"):
            self._interrupted(run)

    # --- from the page ------------------------------------------------------------------------------------------------
    def submit(self, request: dict[str, Any], blueprint: str | None) -> str:
        """Puts a run into the queue; gives its id. Raises StudioError when the queue is full."""
        if len(self.queue) >= self.limits.queued:
            raise StudioError(429, FULL, f"{len(self.queue)} runs wait already", "cancel some, or wait for them")
        run = secrets.token_hex(8)
        self.store.add(run, request, blueprint)
        self.queue.append(run)
        self.wake.set()
        self._tell(run)
        return run

    def listed(self) -> list[dict[str, Any]]:
        """All runs, the latest first."""
        return [self.summary(row) for row in self.store.rows()]

    def summary(self, row: dict[str, Any]) -> dict[str, Any]:
        """One run as it is listed; `position` is 0 for the next one."""
        run = row["id"]
        return summary(row, self.queue.index(run) if run in self.queue else None)

    def row(self, run: str) -> dict[str, Any]:
        """What the table has of a run. Raises StudioError."""
        row = self.store.row(run)
        if row is None:
            raise StudioError(404, MISSING, "there is no such run")
        return row

    def shape(self, run: str) -> dict[str, Any]:
        """A run with all that it has found; a comparison has the series of both designs apart."""
        row = self.row(run)
        kept = self.store.result(run) if run not in self.live else gathered(self.live[run].told)
        empty: dict[str, Any] = {"result": None, "series": {}, "series_a": {}, "series_b": {}, "faults": {}}
        return {
            **self.summary(row),
            "text": row["request"]["text"],
            "request": {k: v for k, v in row["request"].items() if k not in ("text", "against_text")},
            **empty,
            **{k: v for k, v in kept.items() if k in empty},
            "error": row["error"],
        }

    def cancel(self, run: str) -> str:
        """Ends a run; gives the state that it is in. What it has is kept."""
        row = self.row(run)
        if run in self.queue:
            self.queue.remove(run)
            self._ended(run, "cancelled", last=0)
            for other in self.queue:
                self._tell(other)
            return "cancelled"
        if run in self.live and not self.live[run].stopped:
            self._stop(run, "cancelled")
            return "running"
        return str(row["state"])

    def rename(self, run: str, name: str | None) -> None:
        """Names a run."""
        self.row(run)
        self.store.change(run, name=name)
        self._tell(run)

    def remove(self, run: str) -> None:
        """Forgets a run that has ended. Raises StudioError for one that has not."""
        if self.row(run)["state"] not in ENDED:
            raise StudioError(409, MISSING, "the run has not ended", "cancel it first")
        self.store.remove(run)
        self.hub.tell("run", {"id": run, "state": "removed", "position": None, "verdict": None, "name": None})

    async def events(self, run: str, last: int) -> AsyncGenerator[bytes, None]:
        """What a run tells, from after event `last`; of one that has ended what it has come to.

        Every event of a run that goes on has a number, so that who was cut off may go on where it was.
        """
        row = self.row(run)
        number = last
        while row["state"] == "queued":
            yield event("state", {"state": "queued", "position": self.summary(row)["position"]})
            async for _ in self._waited(run):
                yield ALIVE
            row = self.row(run)
        if run in self.live:
            live = self.live[run]
            number = min(number, len(live.told))
            while True:
                while number < len(live.told):
                    kind, data = live.told[number]
                    number += 1
                    yield event(kind, data, number)
                if run not in self.live:
                    break
                try:
                    async with asyncio.timeout(ALIVE_S):
                        await live.more.wait()
                except TimeoutError:
                    yield ALIVE
            row = self.row(run)
            for told in self._ending(row, self.store.result(run), number + 1):
                yield told
            return
        kept = self.store.result(run)
        if last == 0 or last < row["last"]:
            for told in self._replayed(row, kept):
                yield told
            for told in self._ending(row, kept, row["last"]):
                yield told

    def over(self, run: str, last: int) -> bool:
        """Whether there is nothing to tell that a reader does not know."""
        row = self.row(run)
        return row["state"] in ENDED and last > 0 and last >= row["last"]

    async def _waited(self, run: str) -> AsyncIterator[None]:
        """Until a run's place in the queue has changed."""
        position = self.queue.index(run) if run in self.queue else None
        since = time.monotonic()
        while run in self.queue and self.queue.index(run) == position:
            await asyncio.sleep(0.2)
            if time.monotonic() - since > ALIVE_S:
                since = time.monotonic()
                yield None

    def _replayed(self, row: dict[str, Any], kept: dict[str, Any]) -> list[bytes]:
        """What a run that has ended would have told."""
        told = [event("faults", kept.get("faults", {}))]
        for case, lines in kept.get("series", {}).items():
            if not lines:
                continue
            one = next(iter(lines.values()))
            told.append(
                event(
                    "series",
                    {"case": case, "seed": 1, "from": 0, "start": one["start"], "step": one["step"], "scale": None,
                     "values": {name: line["values"] for name, line in lines.items()},
                     "units": {name: line["unit"] for name, line in lines.items()}},
                )
            )  # fmt: skip
        cases = (kept.get("result") or {}).get("cases", []) if row["kind"] == "check" else []
        return [*told, *(event("case", case) for case in cases)]

    def _ending(self, row: dict[str, Any], kept: dict[str, Any], number: int) -> list[bytes]:
        """The last events: how it ended, and what it has found."""
        told = [event("state", {"state": row["state"], "position": None, "verdict": row["verdict"]})]
        if row["error"] is not None:
            return [*told, event("failed", {"error": row["error"], "result": kept.get("result")}, number)]
        return [*told, event("result", {"verdict": row["verdict"], "result": kept.get("result")}, number)]

    # --- the work -----------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Begins to work on the queue."""
        self.workers = [asyncio.create_task(self._work()) for _ in range(self.limits.running)]
        self.wake.set()

    async def close(self) -> None:
        """Ends what goes on; it is kept as interrupted."""
        for run in list(self.live):
            self._stop(run, "interrupted")
        ending = [live.process for live in self.live.values() if live.process is not None]
        for worker in self.workers:
            worker.cancel()
        await asyncio.gather(*self.workers, return_exceptions=True)
        for process in ending:
            kill(process)
            await process.wait()
        for run in list(self.live):
            self._finish(run)

    async def _work(self) -> None:
        while True:
            while not self.queue:
                self.wake.clear()
                await self.wake.wait()
            run = self.queue.pop(0)
            try:
                await self._run(run)
            except Exception as found:  # a full disk, no more processes: the next run may fare better
                sys.excepthook(type(found), found, found.__traceback__)
                self._lost(run, found)

    async def _run(self, run: str) -> None:
        live = self.live[run] = Live()
        live.journal = open(self.store.journal(run), "w", encoding="utf-8")  # noqa: SIM115  (closed when it ends)
        self.store.change(run, state="running", started_s=time.time())
        live.tell("state", {"state": "running", "position": None})
        self._tell(run)
        for other in self.queue:
            self._tell(other)
        request = self.store.row(run)["request"]  # type: ignore[index]
        job = {
            **request,
            "file": str(self.store.run_folder(run) / "result.json"),
            "memory_bytes": self.limits.memory_bytes,
        }
        live.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "loadcase.studio.runner", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE, start_new_session=True,
        )  # fmt: skip
        watchdog = asyncio.create_task(self._watchdog(run))
        try:
            assert live.process.stdin is not None
            with contextlib.suppress(ConnectionError):
                live.process.stdin.write(json.dumps(job).encode() + b"\n")
                await live.process.stdin.drain()
            if live.stopped:  # while its process was starting
                self._stop(run, live.stopped)
            await self._listen(live)
            await live.process.wait()
        finally:
            watchdog.cancel()
        self._finish(run)

    async def _listen(self, live: Live) -> None:
        assert live.process is not None
        assert live.process.stdout is not None
        with contextlib.suppress(ValueError):  # a line that never ends
            async for line in live.process.stdout:
                if not line.endswith(b"\n"):
                    return
                told = json.loads(line)
                if told["event"] == "done":
                    live.done = told["data"]
                elif told["event"] == "failed":
                    live.failed = told["data"]["error"]
                else:
                    live.tell(told["event"], told["data"])
            return
        kill(live.process)

    async def _watchdog(self, run: str) -> None:
        await asyncio.sleep(self.limits.wall_s)
        self._stop(run, "partial")

    def _stop(self, run: str, why: str) -> None:
        """Tells a run to end with what it has, and ends its process if it does not."""
        live = self.live[run]
        live.stopped = live.stopped or why
        if live.process is None:
            return
        if live.process.stdin is not None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                live.process.stdin.write(b"stop\n")
        asyncio.get_running_loop().call_later(self.limits.grace_s, kill, live.process)

    def _finish(self, run: str) -> None:
        """A run is over: what becomes of it."""
        live = self.live[run]
        if live.journal is not None:
            live.journal.close()
        state, problem = live.stopped or "done", live.failed
        if live.done is None:
            kept = gathered(live.told)
            kept["error"] = problem
            self.store.keep(run, kept)
            if problem is None and not live.stopped:
                code = live.process.returncode if live.process is not None else None
                problem = _died(code)
            state = "failed" if problem is not None else state
        elif state == "done" and live.done["partial"]:
            state = "partial"
        verdict = live.done["verdict"] if live.done is not None else None
        self._ended(run, state, last=len(live.told) + 1, verdict=verdict, problem=problem)
        with contextlib.suppress(OSError):
            self.store.journal(run).unlink()
        del self.live[run]
        live.more.set()

    def _lost(self, run: str, found: Exception) -> None:
        """A run that the studio could not look after."""
        live = self.live.pop(run, None)
        if live is not None:
            if live.process is not None:
                kill(live.process)
            with contextlib.suppress(OSError, AttributeError):
                live.journal.close()  # type: ignore[union-attr]
            live.more.set()
        problem = error(ODD, f"the studio could not run it ({type(found).__name__}: {found})")
        with contextlib.suppress(sqlite3.Error):
            self._ended(run, "failed", last=len(live.told) + 1 if live is not None else 1, problem=problem)

    def _ended(
        self, run: str, state: str, last: int, verdict: str | None = None, problem: dict[str, Any] | None = None
    ) -> None:
        written = None if problem is None else json.dumps(problem)
        self.store.change(run, state=state, verdict=verdict, ended_s=time.time(), error=written, last=max(1, last))
        self._tell(run)

    def _interrupted(self, run: str) -> None:
        """A run that went on when the studio was killed: what it had told is kept."""
        told = [(one["event"], one["data"]) for one in self.store.journalled(run)]
        if not self.store.result(run):
            self.store.keep(run, gathered(told))
        self._ended(run, "interrupted", last=len(told) + 1)
        with contextlib.suppress(OSError):
            self.store.journal(run).unlink()

    def _tell(self, run: str) -> None:
        row = self.store.row(run)
        if row is not None:
            found = self.summary(row)
            self.hub.tell("run", {key: found[key] for key in ("id", "state", "position", "verdict", "name")})


def _died(code: int | None) -> dict[str, Any]:
    how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    hint = "other runs go on; a run that takes too much memory is ended by the system"
    return error(DIED, f"the process of the run has ended ({how})", hint)


def gathered(told: list[tuple[str, Any]]) -> dict[str, Any]:
    """What a run that did not come to its end has told, in the shape of a result; it is labelled partial."""
    series: dict[str, dict[str, Any]] = {}
    cases: dict[str, Any] = {}
    faults: dict[str, Any] = {}
    for kind, data in told:
        if kind == "faults":
            faults = data
        elif kind == "case":
            cases[data["case"]] = data
        elif kind == "series":
            _append(series.setdefault(data["case"], {}), data)
    result = None
    if cases:
        result = {"verdict": _worst([c["verdict"] for c in cases.values()]), "partial": True,
                  "cases": list(cases.values()), "decided": []}  # fmt: skip
    return {"verdict": None, "partial": True, "result": result, "series": series, "faults": faults, "evidence": {}}


def _append(lines: dict[str, Any], data: dict[str, Any]) -> None:
    """Puts what an event of series says into what there was: from its first interval on it is new."""
    first, start = data["from"], data["start"] - data["from"] * data["step"]
    for name, values in data["values"].items():
        line = lines.setdefault(name, {"start": start, "step": data["step"], "unit": "", "values": []})
        line["unit"] = data["units"].get(name, line["unit"])
        kept = line["values"][:first]
        line["values"] = [*kept, *([None] * (first - len(kept))), *values]


def _worst(verdicts: list[str]) -> str:
    return next((v for v in ("broken", "unknown") if v in verdicts), "holds")
