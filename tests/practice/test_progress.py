"""What stays weak, and what comes next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loadcase.core.errors import UsageError
from loadcase.practice.events import Ended, Said
from loadcase.practice.progress import DAY_S, Past, coming, progress, weak
from loadcase.practice.record import Setup
from loadcase.practice.reviewing import overridden, progress_lines
from loadcase.practice.store import Store


def past(system: str, read: str, day: float, aimed: Any = "senior") -> Past:
    return Past(f"{system}-{day:g}", system, aimed, read, 50.0, day * DAY_S, {})


def due(day: float, *pasts: Past) -> list[str]:
    return [one.system for one in coming(pasts, day * DAY_S) if one.due_s is not None]


def test_what_was_held_comes_again_after_longer_and_longer() -> None:
    once = (past("chat", "senior", 10),)
    assert due(10.9, *once) == []
    assert due(11, *once) == ["chat"]
    twice = (past("chat", "staff", 11), *once)
    assert due(13.9, *twice) == []
    assert due(14, *twice) == ["chat"]
    failed = (past("chat", "mid", 14), *twice)
    assert due(15, *failed) == ["chat"]
    again = (past("chat", "senior", 15), *failed)
    assert due(15.9, *again) == []
    assert due(16, *again) == ["chat"], "it begins anew"
    often = tuple(past("chat", "senior", 100 - i) for i in range(9))
    assert due(159, *often) == []
    assert due(160, *often) == ["chat"], "never later than after 60 days"


def test_what_is_due_comes_before_what_is_new() -> None:
    pasts = (past("payments", "mid", 20), past("chat", "mid", 10), past("gone", "mid", 5))
    found = coming(pasts, 30 * DAY_S)
    assert [one.system for one in found[:2]] == ["chat", "payments"], "the longest overdue first"
    assert [one.due_s for one in found[2:]] == [None] * 3
    assert {one.difficulty for one in found[2:]} == {"senior"}
    assert {one.difficulty for one in coming((), 0.0)[:3]} == {"mid"}


def verdict(name: str, score: float) -> dict[str, Any]:
    return {
        "criterion": name, "title": name.title(), "axis": "depth", "assessed": score >= 0, "score": score, "next": "x"
    }  # fmt: skip


def judged(**scores: float) -> dict[str, Any]:
    """A judgement with these scores; one below 0 was not assessed."""
    verdicts = [verdict(name, score) for name, score in scores.items()]
    return {"read": "mid", "score": 40.0, "axes": {"depth": 1.0}, "verdicts": verdicts}


def test_a_criterion_is_weak_by_its_latest_sessions() -> None:
    found = weak(
        [judged(decisions=1.0, estimation=2.0, growth=-1.0), judged(decisions=2.0, estimation=4.0, growth=0.0)]
    )
    assert [(w.criterion, w.level, w.sessions) for w in found] == [("growth", 0.0, 1), ("decisions", 1.5, 2)]
    assert [w.drill for w in weak([judged(estimation=1.0)])] == ["estimation"]
    better = [judged(decisions=4.0)] * 5 + [judged(decisions=0.0)] * 5
    assert weak(better) == [], "what was long ago does not count"


def test_progress_is_of_what_was_judged(tmp_path: Path) -> None:
    store = Store(tmp_path / "p.sqlite")
    for i, setup in enumerate([Setup("chat"), Setup("video"), Setup("chat", drill="scoping"), Setup("payments")]):
        id = store.add(setup, setup.system, now_s=100.0 * i)
        ended = [Said(at=0.0, text="x"), Ended(at=1.0)] if i < 3 else [Said(at=0.0, text="x")]
        store.append(id, 0, ended, now_s=100.0 * i)
    store.keep_judgement("chat-1", 2, "1", judged(decisions=1.0))
    found = progress(store, 2 * DAY_S)
    assert [one.id for one in found.sessions] == ["chat-1"]
    assert found.unjudged == ("video-2",)
    assert [one.criterion for one in found.weak] == ["decisions"]
    assert found.next[0].system == "chat"
    told = "\n".join(progress_lines(found))
    assert "chat-1: mid (aimed at senior)" in told
    assert "not judged yet: video-2" in told
    assert "read as mid when senior was aimed for" in told
    store.close()


def test_a_reviewer_says_why(tmp_path: Path) -> None:
    store = Store(tmp_path / "p.sqlite")
    id = store.add(Setup("chat"), "chat")
    store.append(id, 0, [Said(at=0.0, text="x")])
    with pytest.raises(UsageError, match="was not scored"):
        overridden(store, id, "decisions=3", "x", 1.0)
    store.keep_judgement(id, 1, "1", judged(decisions=1.0))
    for given, because, said in (
        ("decsions=3", "x", 'did you mean "decisions"'),
        ("decisions=5", "x", "takes a level"),
        ("decisions", "x", "takes a level"),
        ("decisions=3", " ", "needs a reason"),
    ):
        with pytest.raises(UsageError) as caught:
            overridden(store, id, given, because, 1.0)
        assert said in str(caught.value)
    assert overridden(store, id, "decisions = 3", " it is at 12:30 ", 7.0) == store.overrides(id)[0]
    assert store.overrides(id)[0].because == "it is at 12:30"
    store.close()
