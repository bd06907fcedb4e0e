"""A session that goes on: everything is kept as it happens, and the clock counts what it should."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadcase.core.errors import UsageError
from loadcase.practice.events import Changed, Event, Prompted, Said
from loadcase.practice.record import Record, Setup
from loadcase.practice.session import EVERY_S, Session
from loadcase.practice.store import Store
from loadcase.practice.workbench import Workbench
from loadcase.systems import system
from tests.practice.interviewer import Clock, Conduct, installed

BENCH = Workbench("chat", execute=False, facts=system("chat").facts)


@pytest.fixture
def conduct(monkeypatch: pytest.MonkeyPatch) -> Conduct:
    return installed(monkeypatch)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "p.sqlite")
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(store: Store, clock: Clock, conduct: Conduct) -> Session:
    return Session.start(store, Setup("chat"), clock, bench=BENCH, wall=lambda: 5.0e8)


def kinds(new: list[Event]) -> list[str]:
    return [e.kind for e in new]


def test_each_thing_is_kept_before_it_is_given(session: Session, store: Store, clock: Clock) -> None:
    def kept() -> tuple[Event, ...]:
        return store.record(session.id).events

    clock.now += 10
    given = [
        *session.ask("how many users are there?"),
        *session.say("  then the log comes first \x1b[31m "),
        *session.assume("one region"),
        *session.require("contract", "send.p95 < 300 ms"),
        *session.estimate("rate", "users * 40 message/user/day"),
        *session.decide(chose="a log", over="a queue", because="replay"),
        *session.write("loadcase: 1\nname: chat\n"),
        *session.hint(),
        *session.run("review"),
    ]
    assert list(kept()) == [*kept()[:1], *given] == list(session.record.events)
    assert kinds(given) == [
        "asked", "answered", "said", "assumed", "required", "estimated", "decided", "wrote", "asked_for_hint", "hint",
        "ran",
    ]  # fmt: skip
    asked, answered, said = given[:3]
    assert (asked.at, answered.at) == (10.0, 10.0)
    assert (answered.kind, answered.to) == ("answered", 1)
    assert said.words == "then the log comes first  [31m"
    assert given[5].kind == "estimated"
    assert given[5].value == "23.1k message/s"


def test_a_line_that_cannot_be_computed_is_kept_and_says_why(session: Session) -> None:
    (line,) = session.estimate("rate", "usres * 2")
    assert line.kind == "estimated"
    assert line.value == ""
    assert "usres" in session.pad().problems[1].message


def test_what_is_said_answers_what_was_asked(session: Session, clock: Clock, conduct: Conduct) -> None:
    prompted = Prompted(at=0.0, text="Who is on call?", probe="on-call", about="operations")
    (before,) = session.say("first")
    assert before.kind == "said"
    assert before.to is None
    conduct.does = lambda record, at: [prompted.model_copy(update={"at": at})]
    clock.now += 10
    assert kinds(session.tick()) == ["prompted"]
    (answer,) = session.say("we are")
    (later,) = session.say("and then")
    assert (answer.kind, later.kind) == ("said", "said")
    assert (answer.to, later.to) == (2, None)


def test_the_same_blueprint_is_kept_once(session: Session) -> None:
    assert kinds(session.write("a: 1\n")) == ["wrote"]
    assert session.write("a: 1\n") == []
    assert kinds(session.write("")) == ["wrote"]
    with pytest.raises(UsageError, match="at most 1,000,000"):
        session.write("x" * 1_000_001)


@pytest.mark.parametrize("text", ["", "   \n "])
def test_nothing_said_is_told(session: Session, text: str) -> None:
    for does in (session.ask, session.say, session.assume):
        with pytest.raises(UsageError, match="at least 1 character"):
            does(text)
    with pytest.raises(UsageError, match="4,000"):
        session.say("x" * 4001)
    assert len(session.record.events) == 1


def test_a_pause_does_not_count(session: Session, clock: Clock, conduct: Conduct) -> None:
    clock.now += 60
    (paused,) = session.pause()
    clock.now += 1000
    assert (paused.at, session.now) == (60.0, 60.0)
    assert session.pause() == []
    assert session.tick() == []
    with pytest.raises(UsageError, match="stands still"):
        session.say("x")
    (resumed,) = session.unpause()
    clock.now += 5
    (said,) = session.say("x")
    assert (resumed.at, said.at) == (60.0, 65.0)
    assert session.unpause() == []
    assert [e.wall for e in session.record.events if e.kind in ("paused", "resumed")] == [5.0e8, 5.0e8]


def test_the_clock_stands_while_the_machine_works(
    session: Session, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> tuple[str, str]:
        clock.now += 30
        return "holds", "x"

    monkeypatch.setattr("loadcase.practice.trying.tried", slow)
    clock.now += 5
    (ran,) = session.run("run")
    clock.now += 2
    assert (ran.at, session.now) == (5.0, 7.0)


def test_phases_follow_one_another(session: Session, clock: Clock) -> None:
    clock.now += 30
    went = [session.next() for _ in range(6)]
    assert [new[0].phase for new in went if new[0].kind == "entered"] == [
        "estimate", "interfaces", "design", "deep_dive", "break", "land"
    ]  # fmt: skip
    with pytest.raises(UsageError, match="last phase"):
        session.next()


def test_the_interviewer_looks_up_now_and_then(session: Session, clock: Clock, conduct: Conduct) -> None:
    for _ in range(20):
        clock.now += EVERY_S / 4
        session.tick()
    assert [at for _, at in conduct.asked] == pytest.approx([EVERY_S * i for i in range(1, 6)])
    clock.now += 200
    assert kinds(session.tick()) == ["warned"], "a word about the time comes before a move"
    session.enter("deep_dive")
    clock.now += 600
    (long,) = session.tick()
    assert long.kind == "entered"
    assert long.phase == "break"


def test_he_thinks_again_when_something_was_done_meanwhile(session: Session, clock: Clock, conduct: Conduct) -> None:
    def slow(record: Record, at: float) -> list[Event]:
        if len(record.events) == 1:
            session.say("the send has an id")
        return [Prompted(at=at, text="x", probe="p", about="idempotency")]

    conduct.does = slow
    clock.now += 10
    assert session.tick() == []
    assert kinds(list(session.record.events)) == ["entered", "said"]
    clock.now += 10
    assert kinds(session.tick()) == ["prompted"]


def test_a_changed_requirement_is_answered_from_then_on(store: Store, clock: Clock, conduct: Conduct) -> None:
    session = Session.start(store, Setup("blog-comments"), clock, bench=BENCH)
    before = session.ask("users ?")[1].words
    conduct.does = lambda record, at: [Changed(at=at, text="It grows.", name="many_blogs")]
    clock.now += 10
    session.tick()
    conduct.does = lambda record, at: []
    assert session.ask("users ?")[1].words == session.facts.facts["users"].answer != before
    (line,) = session.estimate("u", "users")
    assert line.kind == "estimated"
    assert line.value == "1G user"


def test_a_session_is_resumed_where_it_was_left(session: Session, store: Store, clock: Clock, conduct: Conduct) -> None:
    clock.now += 20
    session.say("x")
    session.close()
    again = Session.resume(store, session.id, Clock(77.0), bench=BENCH, wall=lambda: 6.0e8)
    assert kinds(list(again.record.events)) == ["entered", "said", "paused", "resumed"]
    assert again.now == 20.0


def test_a_session_that_was_killed_loses_little_time(
    session: Session, store: Store, clock: Clock, conduct: Conduct, tmp_path: Path
) -> None:
    clock.now += 20
    session.say("x")
    clock.now += 40
    session.tick()
    store.release(session.id)  # as the system does when the process is gone
    other = Store(tmp_path / "p.sqlite")
    again = Session.resume(other, session.id, Clock(3.0), bench=BENCH, wall=lambda: 6.0e8)
    assert again.now == 60.0
    assert [(e.kind, e.wall) for e in again.record.events if e.kind in ("paused", "resumed")] == [
        ("paused", 5.0e8), ("resumed", 6.0e8)
    ]  # fmt: skip
    with pytest.raises(UsageError, match="not held"):
        session.say("from the one that was left")
    other.close()


def test_after_the_end_nothing_is_added(session: Session, store: Store, clock: Clock) -> None:
    session.pause()
    assert kinds(session.end()) == ["ended"]
    assert session.end() == []
    clock.now += 100
    assert session.tick() == []
    for does in (lambda: session.say("x"), lambda: session.run("run"), session.hint):
        with pytest.raises(UsageError, match="is over"):
            does()
    session.close()
    assert kinds(list(store.record(session.id).events))[-1] == "ended"
    with pytest.raises(UsageError, match="is over"):
        Session.resume(store, session.id, clock)


def test_a_system_that_is_not_there_leaves_nothing(store: Store, clock: Clock, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="chat"):
        Session.start(store, Setup("chta"), clock)
    with pytest.raises(UsageError, match=r"no blueprint\.yaml"):
        Session.start(store, Setup(f"{tmp_path}/"), clock)
    assert store.sessions() == []


def test_several_threads_may_use_it(session: Session, store: Store, clock: Clock) -> None:
    def talk(who: int) -> None:
        for i in range(10):
            session.say(f"{who}: {i}")

    threads = [threading.Thread(target=talk, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    said = [e.words for e in store.record(session.id).events if isinstance(e, Said)]
    assert sorted(said) == sorted(f"{n}: {i}" for n in range(4) for i in range(10))
    assert list(store.record(session.id).events) == list(session.record.events)


class Model:
    """A model that shouts, and that knows what everything is about."""

    def reworded(self, line: str, style: str, keep: object = ()) -> str:
        return line.upper()

    def named(self, question: str, facts: dict[str, str]) -> str | None:
        return "users" if "crowd" in question else None


def test_a_model_words_lines_and_tells_nothing(session: Session, clock: Clock, conduct: Conduct) -> None:
    plain = [session.ask("users ?")[1], session.ask("the crowd?")[1], session.hint()[1]]
    session.model = Model()  # type: ignore[assignment]
    worded = [session.ask("users ?")[1], session.ask("the crowd?")[1], session.hint()[1]]
    assert [one.words for one in worded] == [
        plain[0].words.upper(),
        f"{plain[1].words.upper()} If you mean the number of daily users, ask for that.",
        plain[2].words.upper(),
    ]
    for one, other in zip(plain, worded, strict=True):
        same = {"text": "", "at": 0.0, "to": 0}
        assert one.model_dump() | same == other.model_dump() | same, "what was told is the same"
    conduct.does = lambda record, at: [Prompted(at=at, text="Who is on call?", probe="p", about="operations")]
    clock.now += 10
    assert session.tick()[0].words == "WHO IS ON CALL?"
