"""Starts the studio: finds a port, says where it is, opens the browser, and listens until it is told to end.

What takes long to import is imported while it listens, beside the process that will look at the first design.
"""

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
from urllib.parse import quote

from loadcase.core.errors import UsageError
from loadcase.studio.limits import Limits
from loadcase.studio.processes import Helpers
from loadcase.studio.security import Door, is_loopback
from loadcase.studio.store import Store, place

PORT = 8642
TRIES = 20
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
    say(f"the studio of {root} is at {address}")
    if token:
        say("everybody who has this address can read and change the blueprints of the folder, and run them")
    say("Ctrl-C ends it; runs are kept")
    if browser:  # the socket listens, so that its first request waits for the answer
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    door = Door(chosen, host.strip("[]"), token)
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it ends
        asyncio.run(_served(root, store, listening, door, limits or Limits(), file))


async def _served(root: Path, store: Store, listening: socket.socket, door: Door, limits: Limits, file: str) -> None:
    """Answers until it is told to end. Raises UsageError when it cannot begin."""
    helpers = Helpers(limits)
    await helpers.begin()  # it imports what it needs while this process does so
    from loadcase.studio.server import server

    made = server(root, store, door, limits, helpers, file)
    await made.serve(sockets=[listening])
    if not made.started:
        raise UsageError("the studio could not start", hint="the lines above say why")


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
