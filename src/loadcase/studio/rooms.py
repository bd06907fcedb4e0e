"""The sessions of practice that a studio has open: what a page may do in them, and what it is told of them.

This is used in a process of its own (`loadcase.studio.interviewer`); its functions are called from several threads.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from loadcase.core.errors import LoadcaseError, UsageError
from loadcase.practice.record import Setup
from loadcase.practice.store import Store

if TYPE_CHECKING:
    from loadcase.practice.events import Event
    from loadcase.practice.prompts import Listed
    from loadcase.practice.session import Session

LOOKS_S = 1.0
"""The interviewer looks up this often, s."""
LET_GO_S = 3.0
"""A process that ends lets its sessions go within this time, s: so long is waited for one that another has."""
Tell = Callable[[str, dict[str, Any]], None]
SKELETON = """\
loadcase: 1
name: {system}

# Your design, stage by stage.
# Nothing has to be complete to be run.
# Insert writes parts that you can change;
# Ctrl+Space tells what may stand here.
"""


class Room:
    """One session that goes on. `tell` is called with the session's identifier and what is new."""

    def __init__(self, session: Session, tell: Tell) -> None:
        from loadcase.practice.artifact import Artifact

        self.session: Session = session
        self._tell = tell
        self.writing = threading.RLock()
        """Held while the blueprint is kept in the session and in its file, so that both are seen as one."""
        self.told, self.working, self.compiling = 0, 0, False
        self.artifact = Artifact(session)
        self.left = threading.Event()
        self._said = ""
        self._telling = threading.Lock()
        threading.Thread(target=self._sit, daemon=True).start()

    def _sit(self) -> None:
        """Looks up every second until the session is left or over."""
        self._quietly(self.session.get_ready)
        while not self.left.wait(LOOKS_S) and not self.session.is_over:
            self._quietly(self.look_up)

    def _quietly(self, does: Callable[[], object]) -> None:
        """What fails is said once on the terminal; the session goes on."""
        try:
            does()
        except Exception as error:
            if repr(error) != self._said:
                self._said = repr(error)
                sys.excepthook(type(error), error, error.__traceback__)

    def look_up(self) -> None:
        """Takes what an editor changed in the file, and lets the interviewer speak."""
        if not self.session.is_paused:
            with self.writing:
                self.artifact.pick_up()
            self.session.tick()
        self.tell()

    def write(self, text: str) -> list[Event]:
        """Keeps the blueprint in the session and in its file."""
        with self.writing:
            new = self.session.write(text)
            if new:
                self.artifact.put(text)
        return new

    def run(self, what: str, case: str) -> list[Event]:
        """Has the blueprint looked at or run; meanwhile the page shows that the clock stands still."""
        if what not in ("estimate", "review", "run"):
            raise UsageError(f"cannot {what!r} a blueprint", hint="estimate, review or run")
        from loadcase.engine.run import needs_compile

        self.compiling = what == "run" and needs_compile()
        self.working += 1
        self.tell(always=True)
        try:
            return self.session.run(what, case)  # type: ignore[arg-type]
        finally:
            self.working -= 1

    def tell(self, always: bool = False) -> None:
        """Tells what happened since it was last told."""
        with self._telling:
            record = self.session.record
            first, self.told = self.told, len(record.events)
        if always or first < len(record.events):
            self._tell(self.session.id, {"state": self.state(), **self.since(first)})

    def since(self, first: int) -> dict[str, Any]:
        """The events from a number on, and what follows from all of them."""
        from loadcase.studio.session_view import pad_shape, shaped

        events = self.session.record.events
        return {"events": shaped(events, first), "pad": pad_shape(self.session)}

    def state(self) -> dict[str, Any]:
        """The clock and where the session is."""
        from loadcase.studio.session_view import state_of

        return {
            **state_of(self.session.record, self.session.now),
            "working": self.working > 0,
            "compiling": self.compiling and self.working > 0,
        }

    def leave(self) -> None:
        """Pauses the session and lets another process have it."""
        self.left.set()
        self.session.close()


class Rooms:
    """All sessions of the store. Raises UsageError for what cannot be done."""

    def __init__(self, store: Store, tell: Tell, clock: Callable[[], float] = time.monotonic) -> None:
        self.store, self.tell, self.clock = store, tell, clock
        self.open: dict[str, Room] = {}
        self._lock = threading.RLock()
        self._judging: dict[str, threading.Lock] = {}

    def warm(self) -> None:
        """Imports what a session needs, so that the first one begins at once."""
        from loadcase.practice import answering, artifact, session, show, workbench  # noqa: F401
        from loadcase.studio import doing, session_view  # noqa: F401
        from loadcase.systems import find

        _ = find(self.listed[0].name).blueprint

    @cached_property
    def listed(self) -> list[Listed]:
        """What can be practised."""
        from loadcase.practice.prompts import listed

        return listed()

    @property
    def titles(self) -> dict[str, str]:
        """What each system is called."""
        return {one.name: one.title for one in self.listed}

    # --- the list -----------------------------------------------------------------------------------------------------
    def home(self) -> dict[str, Any]:
        """What can be practised, and the sessions that are kept."""
        return {"systems": [asdict(one) for one in self.listed], **self.sessions()}

    def sessions(self) -> dict[str, Any]:
        """The sessions that are kept, the latest first."""
        from loadcase.practice.show import kept_json

        titles, found = self.titles, []
        for kept in self.store.sessions():
            judged = self.store.judgement(kept.id)
            title = kept.name or titles.get(kept.setup.system, kept.setup.system.rpartition("/")[2])
            more = {"read": judged["read"] if judged else None, "title": title, "open": kept.id in self.open}
            found.append({**kept_json(kept), **more})
        return {"sessions": found}

    def start(
        self, system: str | None, topic: str | None, level: str, format: str, style: str, drill: str, name: str
    ) -> dict[str, Any]:
        """A new session, on a system or on one that is drawn."""
        from loadcase.practice.prompts import drawn
        from loadcase.practice.session import Session

        kept = self.store.sessions()
        seed = len(kept) + 1
        if system is None:
            practised: dict[str, int] = {}
            for one in kept:
                practised[one.setup.system] = practised.get(one.setup.system, 0) + 1
            system = drawn(topic, level, seed, practised)  # type: ignore[arg-type]
        elif system not in self.titles:
            raise UsageError(f"there is no system {system!r}", hint=f"systems: {', '.join(self.titles)}")
        setup = Setup(system, level, format, style, seed, drill)  # type: ignore[arg-type]
        with self._lock:
            session = Session.start(self.store, setup, self.clock)
            if name:
                self.store.rename(session.id, name)
            self.open[session.id] = Room(session, self.tell)
        return self.view(session.id)

    def rename(self, id: str, name: str) -> dict[str, Any]:
        """Names a session."""
        self.store.rename(id, name.strip())
        return self.sessions()

    def delete(self, id: str) -> dict[str, Any]:
        """Forgets a session and its blueprint."""
        if not self.leave(id)["left"]:
            raise UsageError(f"the design of {id} is being run", hint="wait until that is over")
        self.store.delete(id)
        return self.sessions()

    def export(self, id: str, form: str) -> dict[str, Any]:
        """A session as a file: its name and its text."""
        import json

        from loadcase.practice.show import FORMS, gather

        if form not in FORMS:
            raise UsageError(f"there is no form {form!r}", hint=f"one of {', '.join(FORMS)}")
        made = FORMS[form](gather(self.store, id))
        return {"name": f"{id}.{form}", "text": made if isinstance(made, str) else json.dumps(made, indent=2) + "\n"}

    def progress(self) -> dict[str, Any]:
        """What stays weak, and what comes next."""
        from loadcase.practice.progress import progress

        return {**progress(self.store, time.time()).to_json(), "titles": self.titles}

    # --- one session --------------------------------------------------------------------------------------------------
    def enter(self, id: str) -> dict[str, Any]:
        """A session as a page shows it; one that is not over is gone on with, and held by this process."""
        from loadcase.practice.session import Session

        with self._lock:
            if id not in self.open and not self.store.kept(id).ended:
                self._hold(id)
                self.open[id] = Room(Session.resume(self.store, id, self.clock), self.tell)
        return self.view(id)

    def _hold(self, id: str) -> None:
        """Takes a session; one that ends with a studio that was killed is waited for."""
        until = time.monotonic() + LET_GO_S
        while True:
            try:
                return self.store.hold(id)
            except UsageError as taken:
                if time.monotonic() > until:
                    raise UsageError(
                        f"{taken.message}, perhaps in a terminal", hint="leave it there (Ctrl-D), then try again"
                    ) from None
                time.sleep(0.1)

    def leave(self, id: str) -> dict[str, Any]:
        """Pauses a session and lets another process have it, unless its design is being run."""
        with self._lock:
            room = self.open.get(id)
            if room is not None and room.working:
                return {"left": False}
            if room is not None:
                room.leave()
                del self.open[id]
        return {"left": True}

    def view(self, id: str) -> dict[str, Any]:
        """All of a session."""
        from loadcase.studio.session_view import view

        return view(self.store, id, self.open.get(id))

    def do(self, id: str, what: str, fields: Mapping[str, Any], first: int) -> dict[str, Any]:
        """Does something in a session; gives the events from number `first` on, which are those that a page lacks."""
        from loadcase.studio.doing import DOINGS

        room = self.open.get(id)
        if room is None:
            self.enter(id)
            room = self.open.get(id)
        if room is None:
            raise UsageError("the session is over", hint="its verdict says how it went")
        if what not in DOINGS:
            raise UsageError(f"there is no {what!r} in a session", hint=f"one of {', '.join(DOINGS)}")
        try:
            DOINGS[what](room, fields)
        finally:
            room.tell(always=what in ("run", "pause", "unpause"))
        return {"state": room.state(), **room.since(first)}

    # --- judgement ----------------------------------------------------------------------------------------------------
    def score(self, id: str) -> dict[str, Any]:
        """Judges a session, and tells how far that is. One that was judged already is not judged again."""
        from loadcase.practice.rubric import rubric
        from loadcase.practice.scoring import scored

        kept = self.store.kept(id)
        if not kept.ended:
            raise UsageError("the session is not over", hint="end it first")
        with self._lock:
            judging = self._judging.setdefault(id, threading.Lock())
        with judging:
            found = self.store.judgement(id)
            if found is None:
                number, of = 0, len(rubric().criteria)

                def progress(title: str) -> None:
                    nonlocal number
                    number += 1
                    self.tell(id, {"judging": {"criterion": title, "number": number, "of": of}})

                room = self.open.get(id)
                scored(self.store, id, bench=room.session.bench if room else None, progress=progress)
        return self.view(id)

    def override(self, id: str, criterion: str, level: str, because: str) -> dict[str, Any]:
        """Keeps a reviewer's level for a criterion beside the computed one."""
        from loadcase.practice.reviewing import overridden

        overridden(self.store, id, f"{criterion}={level}", because, time.time())
        return self.view(id)

    def close(self) -> None:
        """Lets everything go."""
        for id in list(self.open):
            try:
                self.open.pop(id).leave()
            except LoadcaseError as error:
                print(f"{id}: {error.message}", file=sys.stderr)
        self.store.close()
