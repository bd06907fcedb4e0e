"""The command that opens the studio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from loadcase.cli.app import app
from loadcase.cli.options import show
from loadcase.core.errors import UsageError


@app.command
def studio(
    folder: Annotated[Path, Parameter(help="A folder with blueprints, or a blueprint; the current folder.")] = Path(),
    *,
    port: int | None = None,
    host: str = "127.0.0.1",
    no_open: bool = False,
) -> int:
    """Open the studio: edit blueprints beside their diagram and estimates, run them and look at what happens.

    A web page on this machine alone, which needs no network. The files of the
    folder stay the truth: what another editor changes shows at once, and
    nobody's edit is overwritten. Runs are kept in .loadcase/studio there.

    Example: loadcase studio gallery

    Parameters
    ----------
    port
        The port to listen on; 8642 or the next free one when not given.
    host
        Listen on this address, so that other machines reach it too: then the token in the address that is printed
        is needed.
    no_open
        Do not open a browser.
    """
    if port is not None and not 0 <= port <= 65535:
        raise UsageError(f"--port takes 0 to 65535, got {port}", hint="leave it out for a free one")
    from loadcase.studio.serving import serve

    serve(folder, port=port, host=host, browser=not no_open, say=lambda text: show(f"{text}\n"))
    return 0
