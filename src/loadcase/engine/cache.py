"""Where the compiled kernel is kept, so that only the first run on a machine compiles.

Numba does not notice an edit to a function in another file (numba issue 1833), so the folder's name carries a hash of
the kernel's sources. A home that cannot be written to falls back to a temporary folder.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path

_SOURCES = ("engine/kernels/*.py", "core/program.py", "core/distributions.py")


@cache
def folder() -> Path:
    """The folder of the compiled kernel; made, and told to numba, on the first call."""
    root = Path(__file__).parent.parent
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(path for pattern in _SOURCES for path in root.glob(pattern)):
        digest.update(path.read_bytes())
    base = os.environ.get("LOADCASE_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    chosen = Path(base) / "loadcase" / f"kernel-{digest.hexdigest()}"
    try:
        chosen.mkdir(parents=True, exist_ok=True)
        probe = chosen / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError:
        chosen = Path(tempfile.gettempdir()) / f"loadcase-{os.getuid()}-{digest.hexdigest()}"
        chosen.mkdir(parents=True, exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(chosen)
    return chosen


def needs_compile() -> bool:
    """Whether the next run has to compile the kernel first (tens of seconds, once per machine)."""
    return not any(folder().rglob("loop.run*.nbc"))
