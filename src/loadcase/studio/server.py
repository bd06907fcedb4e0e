"""The server of a studio: uvicorn with its limits, and the streams of events ended first when it ends."""

from __future__ import annotations

from pathlib import Path
from types import FrameType

import uvicorn

from loadcase.studio.app import Studio, application
from loadcase.studio.limits import Limits
from loadcase.studio.processes import Helpers
from loadcase.studio.security import Door
from loadcase.studio.store import Store

CONNECTIONS = 500
LEAVE_S = 2


class Server(uvicorn.Server):
    """Ends the streams of events first when it is told to end."""

    def __init__(self, config: uvicorn.Config, studio: Studio) -> None:
        super().__init__(config)
        self.studio = studio

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.studio.leave()
        super().handle_exit(sig, frame)


def server(root: Path, store: Store, door: Door, limits: Limits, helpers: Helpers, file: str) -> Server:
    """The server of a folder, which does not listen yet; `file` is the one that a page opens first, if any."""
    studio = Studio(root, store, limits, helpers, file)
    config = uvicorn.Config(
        application(studio, door), log_config=None, access_log=False, server_header=False, date_header=False,
        lifespan="on", limit_concurrency=CONNECTIONS, timeout_graceful_shutdown=LEAVE_S, timeout_keep_alive=20,
        h11_max_incomplete_event_size=32 << 10, http="h11", loop="asyncio", ws="none",
    )  # fmt: skip
    return Server(config, studio)
