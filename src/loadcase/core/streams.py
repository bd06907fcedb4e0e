"""Standard output after its reader has gone away."""

from __future__ import annotations

import os
import sys


def silence() -> None:
    """Lets further output vanish: the reader of the pipe has gone, as with `| head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
