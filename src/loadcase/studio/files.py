"""The folder of the studio: its blueprints, read and written so that no path leads out of it and no edit is lost.

Every part of a path is opened beside the one before it, without following links, so that neither `..` nor a link that
is put there between a look and a use leads elsewhere. What is written goes to a new file first, which then takes the
place of the old one in one step.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadcase.studio.errors import CONFLICT, LARGE, MISSING, UNREADABLE, StudioError

SUFFIXES = (".yaml", ".yml")
DEEPEST = 8
MOST_FILES = 1_000
LONGEST_PATH = 400
SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages"})
HEAD_BYTES = 64 << 10
"""As much of a file is looked at for its name and title."""
_SCALAR = r"^{}:[ \t]+(\"[^\"\n]*\"|'[^'\n]*'|[^#\n]*?)[ \t]*(?:#.*)?$"
_NAME, _TITLE = (re.compile(_SCALAR.format(key), re.MULTILINE) for key in ("name", "title"))
_FORMAT = re.compile(r"^loadcase:", re.MULTILINE)
_OPEN = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Text:
    """A file as it was read; `version` is the hash of its bytes."""

    path: str
    text: str
    version: str
    modified_s: float

    def shape(self) -> dict[str, Any]:
        """As JSON."""
        return {"path": self.path, "text": self.text, "version": self.version, "modified_s": self.modified_s}


class Folder:
    """The YAML files below a folder; `text_bytes` is the most that one may have."""

    def __init__(self, root: Path, text_bytes: int) -> None:
        self.root = root.resolve(strict=True)
        self.text_bytes = text_bytes
        self.lock = threading.Lock()
        self.seen: dict[str, tuple[tuple[int, int, int], dict[str, Any]]] = {}

    # --- reading ------------------------------------------------------------------------------------------------------
    def files(self) -> list[dict[str, Any]]:
        """All of them, by path: name, title, what is wrong at first sight, when they changed, bytes."""
        found = [self._summary(path, entry) for path, entry in self._walk()]
        self.seen = {path: one for path, one in self.seen.items() if path in {f["path"] for f in found}}
        return found

    def stamps(self) -> dict[str, tuple[int, int, int]]:
        """What tells whether a file has changed, by path."""
        return {path: _stamp(entry) for path, entry in self._walk()}

    def read(self, path: str) -> Text:
        """One file. Raises StudioError when it is none of the folder's, cannot be read, or is no text."""
        with self._parent(path) as (folder, name):
            content, status = self._bytes(folder, name, path)
        return self._text(path, content, status.st_mtime)

    def version(self, path: str) -> str | None:
        """The hash of a file's bytes; None where there is none."""
        try:
            with self._parent(path) as (folder, name):
                return _version(self._bytes(folder, name, path)[0])
        except StudioError:
            return None

    # --- writing ------------------------------------------------------------------------------------------------------
    def write(self, path: str, text: str, version: str | None) -> Text:
        """Writes a file whose bytes are of a version, or a new one (None). Gives what is there then.

        Raises StudioError 409, with what is on disk, when that is another version.
        """
        try:
            content = text.encode()
        except UnicodeEncodeError:
            raise StudioError(400, UNREADABLE, "the text has letters that UTF-8 does not (a lone surrogate)") from None
        if len(content) > self.text_bytes:
            raise StudioError(413, LARGE, f"a file has at most {self.text_bytes // 1024} KiB", "split the design")
        with self.lock, self._parent(path, make=version is None) as (folder, name):
            before: bytes | None = None
            mode = 0o644
            try:
                before, status = self._bytes(folder, name, path)
                mode = stat.S_IMODE(status.st_mode)
            except StudioError as error:
                if error.status != 404:
                    raise
            if version != (None if before is None else _version(before)):
                raise self._conflict(path, before)
            content = _as_before(content, before)
            self._put(folder, name, path, content, mode, new=before is None)
            return self._text(path, content, os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime)

    def _put(self, folder: int, name: str, path: str, content: bytes, mode: int, new: bool) -> None:
        temporary = f".{name[:100]}.{secrets.token_hex(6)}.tmp"
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN, mode, dir_fd=folder)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
                if not new:
                    os.chmod(temporary, mode, dir_fd=folder)
                    os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
                else:  # fails where somebody else was first
                    os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=folder)
        except FileExistsError:
            raise self._conflict(path, self._bytes(folder, name, path)[0]) from None
        except OSError as error:
            raise StudioError(403, MISSING, f"cannot write {path}: {error.strerror}") from None

    def _conflict(self, path: str, content: bytes | None) -> StudioError:
        said = f"{path} is not there any more" if content is None else f"{path} was changed by somebody else"
        current = None if content is None else {"text": _decoded(path, content), "version": _version(content)}
        return StudioError(409, CONFLICT, said, "look at both, and save again", current=current)

    # --- paths --------------------------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def _parent(self, path: str, make: bool = False) -> Iterator[tuple[int, str]]:
        """The open folder in which a path ends, and the name there."""
        parts = _parts(path)
        folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | _OPEN)
        try:
            for part in parts[:-1]:
                try:
                    inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | _OPEN, dir_fd=folder)
                except FileNotFoundError:
                    if not make:
                        raise _missing(path) from None
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, dir_fd=folder)
                    inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | _OPEN, dir_fd=folder)
                os.close(folder)
                folder = inner
            yield folder, parts[-1]
        except OSError:  # a link, a file where a folder should be, a name that is too long
            raise _missing(path) from None
        finally:
            os.close(folder)

    def _bytes(self, folder: int, name: str, path: str) -> tuple[bytes, os.stat_result]:
        try:
            handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK | _OPEN, dir_fd=folder)
        except OSError:
            raise _missing(path) from None
        with os.fdopen(handle, "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _missing(path)
            content = stream.read(self.text_bytes + 1)
        if len(content) > self.text_bytes:
            message = f"{path} is larger than {self.text_bytes // 1024} KiB"
            raise StudioError(413, LARGE, message, "a blueprint is one design; split it")
        return content, status

    def _text(self, path: str, content: bytes, modified_s: float) -> Text:
        return Text(path, _decoded(path, content), _version(content), modified_s)

    def _walk(self) -> Iterator[tuple[str, os.stat_result]]:
        count = 0
        for found, folders, names in os.walk(self.root):
            inside = Path(found).relative_to(self.root)
            depth = len(inside.parts)
            folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED)
            if depth >= DEEPEST - 1:
                folders.clear()
            for name in sorted(names):
                path = (inside / name).as_posix()
                if not name.lower().endswith(SUFFIXES) or not is_plain(path):
                    continue
                try:
                    status = os.lstat(Path(found) / name)
                except OSError:
                    continue
                if not stat.S_ISREG(status.st_mode):
                    continue
                yield path, status
                count += 1
                if count >= MOST_FILES:
                    return

    def _summary(self, path: str, status: os.stat_result) -> dict[str, Any]:
        stamp = _stamp(status)
        if path in self.seen and self.seen[path][0] == stamp:
            return self.seen[path][1]
        shape: dict[str, Any] = {
            "path": path, "name": None, "title": None, "problem": None, "modified_s": status.st_mtime,
            "bytes": status.st_size,
        }  # fmt: skip
        try:
            with self._parent(path) as (folder, name):
                head = self._bytes(folder, name, path)[0][:HEAD_BYTES].decode("utf-8-sig", "replace")
            shape["name"], shape["title"] = _scalar(_NAME, head), _scalar(_TITLE, head)
            if _FORMAT.search(head) is None:
                shape["problem"] = "not a blueprint: it has no `loadcase: 1`"
        except StudioError as error:
            shape["problem"] = error.message
        self.seen[path] = stamp, shape
        return shape


def _parts(path: str) -> list[str]:
    """The names along a path. Raises StudioError unless it is a plain path below the folder, to a YAML file."""
    if not is_plain(path):
        raise StudioError(400, MISSING, "not a path of this folder", "for example designs/chat.yaml")
    if not path.lower().endswith(SUFFIXES):
        raise StudioError(400, MISSING, "only .yaml and .yml files are opened here")
    return path.split("/")


def is_plain(path: str) -> bool:
    """Whether a path has nothing in it that leads elsewhere, or means something to some system."""
    parts = path.split("/")
    return (
        0 < len(path) <= LONGEST_PATH
        and len(parts) <= DEEPEST
        and path.isprintable()
        and "\\" not in path
        and all(part and not part.startswith(".") and part == part.strip() and ":" not in part for part in parts)
    )


def _missing(path: str) -> StudioError:
    return StudioError(404, MISSING, f"there is no {path}")


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _decoded(path: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise StudioError(422, UNREADABLE, f"{path} is not UTF-8 text", "save it as UTF-8") from None


def _as_before(content: bytes, before: bytes | None) -> bytes:
    """The content with the line ends and the byte order mark of the file, which no browser's editor keeps."""
    if before is None:
        return content
    ends = before.count(b"\r\n")
    if ends and ends == before.count(b"\n") and b"\r" not in content:
        content = content.replace(b"\n", b"\r\n")
    return _BOM + content if before.startswith(_BOM) and not content.startswith(_BOM) else content


def _scalar(pattern: re.Pattern[str], text: str) -> str | None:
    """A short value at the top of a file, without its quotes."""
    found = pattern.search(text)
    if found is None:
        return None
    value = found.group(1).strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return value[:200] or None
