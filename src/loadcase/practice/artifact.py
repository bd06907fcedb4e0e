"""The candidate's blueprint as a file, which any editor may change while the session goes on."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from loadcase.core.errors import UsageError
from loadcase.practice.events import Event
from loadcase.practice.session import LONGEST_BLUEPRINT, Session

SKELETON = """\
# Your design of {system}. It is picked up whenever this file is saved; /run runs it as far as it is wired.
# `loadcase kinds`, `loadcase faults` and docs/blueprint.md tell what may stand here. Nothing has to be complete.
loadcase: 1
name: {system}

# requirements:
#   contract: [send.p95 < 500 ms]
# estimates:
#   rate: 100 /s
# components:
#   api: {{kind: service, replicas: 2, why: "..."}}
# flows:
#   send: {{arrive: {{rate: rate}}, steps: [api.handle]}}
# decisions:
#   one: {{choose: ..., over: [...], because: ..., at_the_cost_of: ..., flips_when: ...}}
"""


class Artifact:
    """The file of a session's blueprint: made when it is not there, and looked at for what an editor changed."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.path = session.store.artifact(session.id)
        self.skeleton = SKELETON.format(system=session.system.name)
        self._seen: tuple[int, int] | None = None
        if not self.path.exists():
            self.put(session.record.blueprint or self.skeleton)

    def put(self, text: str) -> None:
        """Replaces the file in one step. Raises UsageError."""
        temporary = self.path.with_name(f".{self.path.name}.new")
        try:
            with open(temporary, "w", encoding="utf-8", newline="") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, self.path)
        except OSError as error:
            raise UsageError(f"cannot write {self.path}: {error.strerror}") from None

    def changed(self, at_once: bool = False) -> str | None:
        """What the file says now, if it is not what the session has. A change is taken when it has settled, that is, at
        the second look; or at once. Raises UsageError when it cannot be read."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return None
        now = (stat.st_mtime_ns, stat.st_size)
        settled, self._seen = at_once or now == self._seen, now
        if not settled:
            return None
        text = self._read()
        return None if text in (self.session.record.blueprint, self.skeleton) else text

    def pick_up(self, at_once: bool = False) -> list[Event]:
        """Records what an editor changed; gives the events, as the session does."""
        text = self.changed(at_once)
        return [] if text is None else self.session.write(text)

    def copy(self, source: Path) -> list[Event]:
        """Takes another file as the blueprint. Raises UsageError when it cannot be read."""
        text = _text_of(source)
        written = self.session.write(text)
        self.put(text)
        return written

    def _read(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return _text_of(self.path)
        return self.session.record.blueprint


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > LONGEST_BLUEPRINT:
            raise UsageError(f"{path} is larger than {LONGEST_BLUEPRINT:,} bytes", hint="a design is a few pages")
        with open(path, encoding="utf-8", newline="") as stream:
            return stream.read()
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text", hint="save it as UTF-8") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
