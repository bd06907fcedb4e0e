"""Starts the studio: finds a port, says where it is, opens the browser, and listens until it is told to end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from urllib.parse import quote

import uvicorn

from loadcase.core.errors import UsageError
from loadcase.studio.app import Studio, application
from loadcase.studio.limits import Limits
from loadcase.studio.security import Door, is_loopback
from loadcase.studio.store import Store, place

PORT = 8642
TRIES = 20
CONNECTIONS = 500
LEAVE_S = 2
SUFFIXES = (".yaml", ".yml")


def serve(
    where: Path, *, port: int | None, host: str, browser: bool, say: Callable[[str], None], limits: Limits | None = None
) -> None:
    """Serves a folder, or the folder of a file, until it is interrupted. Raises UsageError."""
    root, file = _target(where)
    store = Store(place(root))
    listening = _listen(host, port)
    chosen = int(listening.getsockname()[1])
    token = None if is_loopback(host) else secrets.token_urlsafe(32)
    shown = f"[{host}]" if ":" in host else host
    if host in ("0.0.0.0", "::"):
        shown = socket.gethostname()
    base = f"http://{shown}:{chosen}/"
    store.announce(base)
    address = base + (f"?token={token}" if token else "") + (f"#/files/{quote(file)}" if file else "")
    studio = Studio(root, store, limits or Limits())
    door = Door(chosen, host.strip("[]"), token)
    config = uvicorn.Config(
        application(studio, door), log_config=None, access_log=False, server_header=False, date_header=False,
        lifespan="on", limit_concurrency=CONNECTIONS, timeout_graceful_shutdown=LEAVE_S, timeout_keep_alive=20,
        h11_max_incomplete_event_size=32 << 10, http="h11", loop="asyncio", ws="none",
    )  # fmt: skip
    server = _Server(config, studio)
    say(f"the studio of {root} is at {address}")
    if token:
        say("everybody who has this address can read and change the blueprints of the folder, and run them")
    say("Ctrl-C ends it; runs are kept")
    if browser:
        threading.Timer(0.3, webbrowser.open, (address,)).start()
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
        asyncio.run(server.serve(sockets=[listening]))
    if not server.started:
        raise UsageError("the studio could not start", hint="the lines above say why")


class _Server(uvicorn.Server):
    """Ends the streams of events first when it is told to end."""

    def __init__(self, config: uvicorn.Config, studio: Studio) -> None:
        super().__init__(config)
        self.studio = studio

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.studio.leave()
        super().handle_exit(sig, frame)


def _target(where: Path) -> tuple[Path, str]:
    """The folder, and the file in it that is opened at once."""
    try:
        found = where.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        raise UsageError(f"there is no {where}", hint="pass a folder with blueprints, or a blueprint") from None
    if found.is_dir():
        return found, ""
    if not found.is_file() or found.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{where} is neither a folder nor a YAML file", hint="pass a folder with blueprints")
    return found.parent, found.name


def _listen(host: str, port: int | None) -> socket.socket:
    """A socket that listens. Without a port, the usual one or one of the next that is free. Raises UsageError."""
    plain = host.strip("[]")
    family = socket.AF_INET6 if ":" in plain else socket.AF_INET
    tried = [port] if port is not None else [*range(PORT, PORT + TRIES), 0]
    for one in tried:
        listening = socket.socket(family, socket.SOCK_STREAM)
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((plain, one))
            listening.listen(128)
            return listening
        except (OSError, OverflowError) as error:
            listening.close()
            taken = getattr(error, "errno", None) == errno.EADDRINUSE
            if not taken or one == tried[-1]:
                reason = getattr(error, "strerror", None) or str(error)
                hint = "choose another --port, or leave it out" if taken else "--host takes an address of this machine"
                raise UsageError(f"cannot listen on {host} port {one}: {reason}", hint=hint) from None
    raise AssertionError
