"""Processes that answer questions about a design, so that no text, however odd, stops the server or slows it down.

Each is one interpreter that reads a question a line and writes an answer a line (JSON). One that takes too long, takes
too much memory or dies is replaced; the question that it had gets an error, and no other notices.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from loadcase.studio.errors import DIED, SLOW, StudioError
from loadcase.studio.limits import Limits

LONGEST_LINE = 64 << 20
START_S = 30.0
"""What a process may take to import what it needs, until it says that it is ready."""
KEPT = 200
"""Answers that are kept for the same question."""
WARM = b'{"ask": "warm", "with": {}}\n'
SMALLER = "make the design smaller, or look at it with `loadcase` in a terminal"


Gone = Callable[[], Awaitable[bool]]
"""Whether somebody has gone away."""


def kill(process: asyncio.subprocess.Process) -> None:
    """Ends a process that has not ended. Its own `kill` asks whether it has, and takes the answer from asyncio."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


class Helper:
    """One such process."""

    def __init__(self) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self.ready = False
        """Whether its process has said that it can answer."""

    async def ask(self, question: bytes, answer_s: float) -> dict[str, Any]:
        """Raises StudioError when there is no answer."""
        try:
            async with asyncio.timeout(START_S):
                process = await self.started()
                assert process.stdin is not None
                assert process.stdout is not None
                self.ready = self.ready or (await process.stdout.readline()).endswith(b"\n")
            async with asyncio.timeout(answer_s):
                process.stdin.write(question)
                await process.stdin.drain()
                line = await process.stdout.readline()
        except TimeoutError:
            await self.end()
            raise StudioError(503, SLOW, f"no answer within {answer_s:g} s", SMALLER) from None
        except (OSError, ValueError):
            line = b""
        except BaseException:  # the answer would be taken for that of the next question
            await self.end()
            raise
        if not line.endswith(b"\n"):
            await self.end()
            raise StudioError(503, DIED, "the process that looks at designs has died", SMALLER)
        found = json.loads(line)
        assert isinstance(found, dict)
        return found

    async def started(self) -> asyncio.subprocess.Process:
        """The process; started before the first question, or at it."""
        if self.process is None or self.process.returncode is not None:
            self.ready = False
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "loadcase.studio.helper", stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE, start_new_session=True,
            )  # fmt: skip
        return self.process

    async def end(self) -> None:
        """Ends the process."""
        if self.process is not None:
            kill(self.process)
            await self.process.wait()
            self.process = None


class Helpers:
    """Several of them. The same question at the same time is asked once."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.all = [Helper() for _ in range(limits.helpers)]
        self.idle: asyncio.LifoQueue[Helper] = asyncio.LifoQueue()
        self.idle.put_nowait(self.all[0])
        self.later = self.all[1:]
        """Those that are not started yet."""
        self.waiting = 0
        self.kept: OrderedDict[bytes, dict[str, Any]] = OrderedDict()
        self.asked: dict[bytes, asyncio.Task[dict[str, Any]]] = {}
        self.asking: dict[bytes, list[Gone | None]] = {}
        """By question who waits for the answer, each with a way to find out whether it still does."""

    async def ask(self, what: str, gone: Gone | None = None, **given: Any) -> dict[str, Any]:
        """An answer: what `loadcase.studio.helper` finds. Raises StudioError for one that is an error.

        `gone` says that nobody waits for it any more.
        """
        question = json.dumps({"ask": what, "with": given}).encode() + b"\n"
        answer = self.kept.get(question)
        if answer is None:
            self.asking.setdefault(question, []).append(gone)
            task = self.asked.get(question)
            if task is None:
                if self.waiting >= self.limits.asked:
                    del self.asking[question]
                    raise StudioError(503, SLOW, "too many questions at once", "try again in a moment")
                task = self.asked[question] = asyncio.create_task(self._ask(question))
                task.add_done_callback(lambda t: self._done(question, t))
            answer = await asyncio.shield(task)
        if "error" in answer:
            error = answer["error"]
            found = StudioError(answer["status"], error["code"], error["message"], error["hint"] or "")
            found.more = {"error": error}
            raise found
        return dict(answer["answer"])

    async def _ask(self, question: bytes) -> dict[str, Any]:
        self.waiting += 1
        try:
            helper = await self.idle.get()
        finally:
            self.waiting -= 1
        try:
            if not await self._awaited(question):
                raise StudioError(499, SLOW, "nobody waits for the answer")
            return await helper.ask(question, self.limits.answer_s)
        finally:
            self.idle.put_nowait(helper)

    async def _awaited(self, question: bytes) -> bool:
        """Whether anybody still waits for an answer."""
        waiting = self.asking.get(question)
        if waiting is None:
            return True
        return any([gone is None or not await gone() for gone in list(waiting)])

    def _done(self, question: bytes, task: asyncio.Task[dict[str, Any]]) -> None:
        del self.asked[question]
        self.asking.pop(question, None)
        if not task.cancelled() and task.exception() is None and "answer" in task.result():
            self.kept[question] = task.result()
            if len(self.kept) > KEPT:
                self.kept.popitem(last=False)

    async def begin(self) -> None:
        """Starts the first, which has the processor to itself until a page stands; the others are started by `warm`."""
        await self.all[0].started()

    async def warm(self) -> None:
        """Starts them all, with all that they need for their first answers. Raises StudioError."""
        while self.later:
            helper = self.later.pop()
            try:
                await helper.ask(WARM, START_S)
            finally:
                self.idle.put_nowait(helper)
        await asyncio.gather(*(self._ask(WARM) for _ in self.all))

    async def close(self) -> None:
        """Ends them all."""
        for helper in self.all:
            await helper.end()
