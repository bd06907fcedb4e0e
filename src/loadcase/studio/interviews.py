"""The process that holds the sessions of practice, as the server sees it: asked, listened to, replaced when it dies.

A session is held while a page looks at it. Some time after the last page has gone it is paused and let go, so that a
terminal may go on with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncGenerator
from typing import Any

from loadcase.studio.errors import DIED, MISSING, SLOW, StudioError
from loadcase.studio.events import Hub
from loadcase.studio.processes import LONGEST_LINE, START_S, kill

ANSWER_S = 60.0
"""Time for an answer, s; those that run a design have `LONG_S`."""
LONG_S = 600.0
LONG = ("do", "score")
CLOSES_S = 4.0
"""Time in which the process has to let its sessions go when the studio ends, s."""
STAYS_S = 20.0
"""So long after the last page of it has gone a session is held: a page that is loaded again comes back."""


class Interviews:
    """Its process, started at the first question."""

    def __init__(self) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self.reading: asyncio.Task[None] | None = None
        self.starting = asyncio.Lock()
        self.number = 0
        self.asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.hubs: dict[str, Hub] = {}
        self.leaving: dict[str, asyncio.Task[None]] = {}

    async def ask(self, what: str, /, **given: Any) -> dict[str, Any]:
        """An answer of `loadcase.studio.rooms.Rooms`. Raises StudioError for one that is an error."""
        process = await self.started()
        self.number += 1
        number = self.number
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.asked[number] = future
        answer_s = LONG_S if what in LONG else ANSWER_S
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps({"number": number, "ask": what, "with": given}).encode() + b"\n")
            await process.stdin.drain()
            async with asyncio.timeout(answer_s):
                answer = await future
        except TimeoutError:
            kill(process)
            raise StudioError(
                503, SLOW, f"no answer within {answer_s:g} s", "the session was kept; open it again"
            ) from None
        except OSError:
            raise _died() from None
        finally:
            self.asked.pop(number, None)
        return _answered(answer)

    async def started(self) -> asyncio.subprocess.Process:
        """The process. Raises StudioError when sessions cannot be kept."""
        async with self.starting:
            if self.process is None or self.reading is None or self.reading.done():
                self.process = await self._start()
                self.reading = asyncio.create_task(self._read(self.process))
            return self.process

    async def _start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "loadcase.studio.interviewer", stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE, start_new_session=True,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_S):
                line = await process.stdout.readline()
        except TimeoutError:
            kill(process)
            raise StudioError(503, SLOW, "the interviewer's process does not start") from None
        if not line:
            raise _died()
        first = json.loads(line)
        if "error" in first:  # it cannot keep sessions, and has ended
            await process.wait()
            _answered({"status": 422, **first})
        return process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Gives each answer to who asked, and tells the pages of a session what happens in it."""
        assert process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            while line := await process.stdout.readline():
                said = json.loads(line)
                if "told" in said:
                    if hub := self.hubs.get(said["told"]):
                        hub.tell("session", said["data"])
                elif (future := self.asked.get(said["number"])) is not None and not future.done():
                    future.set_result(said)
        kill(process)
        for future in self.asked.values():
            if not future.done():
                future.set_exception(_died())
        for hub in self.hubs.values():  # the pages ask again, and the session is gone on with
            hub.end()

    async def listen(self, id: str) -> AsyncGenerator[bytes, None]:
        """All that happens in a session from now on; it is held as long as somebody listens."""
        hub = self.hubs.setdefault(id, Hub())
        self._stays(id)
        told = hub.listen()
        try:
            async for one in told:
                yield one
        finally:
            await told.aclose()
            if not hub.listening:
                self.hubs.pop(id, None)
                self.leaves(id)

    def leaves(self, id: str) -> None:
        """Lets a session go after some time, unless a page listens by then."""
        self._stays(id)
        self.leaving[id] = asyncio.create_task(self._leave(id))

    def _stays(self, id: str) -> None:
        if task := self.leaving.pop(id, None):
            task.cancel()

    async def _leave(self, id: str) -> None:
        with contextlib.suppress(StudioError):
            left = False
            while not left:
                await asyncio.sleep(STAYS_S)
                left = (await self.ask("leave", id=id))["left"]
        self.leaving.pop(id, None)

    async def close(self) -> None:
        """Ends the process, which pauses its sessions."""
        for task in list(self.leaving.values()):
            task.cancel()
        if self.process is not None and self.process.returncode is None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            try:
                async with asyncio.timeout(CLOSES_S):
                    await self.process.wait()
            except TimeoutError:
                kill(self.process)
                await self.process.wait()
        if self.reading is not None:
            await self.reading


def _died() -> StudioError:
    return StudioError(503, DIED, "the process of the interview has died", "nothing was lost; open the session again")


def _answered(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" not in answer:
        return dict(answer["answer"])
    shape = answer["error"]
    status = answer["status"]
    if shape["message"].startswith("there is no session"):
        status, shape = 404, {**shape, "code": MISSING}
    found = StudioError(status, shape["code"], shape["message"], shape["hint"] or "")
    found.more = {"error": shape}
    raise found
