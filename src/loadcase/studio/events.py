"""Server-sent events: how one is written, and who is told what happens in the folder and the queue."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

ALIVE_S = 15.0
"""A line of a comment after such a silence, so that nobody takes the connection for dead."""
MOST_WAITING = 1_000
"""Events that a reader may be behind; one that is further behind is cut off, and asks for everything again."""
ALIVE = b": alive\n\n"


def event(kind: str, data: Any, number: int | None = None) -> bytes:
    """One event."""
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {kind}\ndata: {json.dumps(data, allow_nan=False, separators=(',', ':'))}\n\n".encode()


class Hub:
    """Passes events on to everybody who listens."""

    def __init__(self) -> None:
        self.listening: set[asyncio.Queue[bytes | None]] = set()

    def tell(self, kind: str, data: Any) -> None:
        """Tells everybody."""
        if not self.listening:
            return
        told = event(kind, data)
        for queue in list(self.listening):
            if queue.qsize() >= MOST_WAITING:
                self.listening.discard(queue)
                queue.put_nowait(None)
            else:
                queue.put_nowait(told)

    def end(self) -> None:
        """Tells everybody that nothing more comes."""
        for queue in list(self.listening):
            self.listening.discard(queue)
            queue.put_nowait(None)

    async def listen(self) -> AsyncGenerator[bytes, None]:
        """Everything that is told from now on."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.listening.add(queue)
        try:
            yield ALIVE
            while True:
                try:
                    async with asyncio.timeout(ALIVE_S):
                        told = await queue.get()
                except TimeoutError:
                    told = ALIVE
                if told is None:
                    return
                yield told
        finally:
            self.listening.discard(queue)
