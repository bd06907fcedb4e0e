"""What is told without end, as an answer of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from loadcase.studio.errors import StudioError
from loadcase.studio.events import event


def stream(told: AsyncGenerator[bytes, None], leaving: asyncio.Event) -> Response:
    """Server-sent events, until there are no more or the server leaves."""

    async def whole() -> AsyncIterator[bytes]:
        left = asyncio.ensure_future(leaving.wait())
        one: asyncio.Future[Any] = left
        try:
            while not left.done():
                one = asyncio.ensure_future(anext(told, None))
                await asyncio.wait({one, left}, return_when=asyncio.FIRST_COMPLETED)
                if not one.done() or (said := one.result()) is None:
                    return
                yield said
        except StudioError as found:
            yield event("failed", found.shape())
        finally:
            left.cancel()
            one.cancel()
            await asyncio.wait({left, one})
            await told.aclose()

    return StreamingResponse(whole(), media_type="text/event-stream", headers={"x-accel-buffering": "no"})
