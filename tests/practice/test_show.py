"""A session and its verdict, for others to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadcase.practice import show, verdict
from loadcase.practice.events import Entered, Paused, Said, Wrote
from loadcase.practice.judging import Held, Judgement, Quote, Raise, Verdict
from loadcase.practice.judging.result import Compared
from loadcase.practice.record import Record, Setup
from loadcase.practice.reviewing import replay
from loadcase.practice.show import Shown
from loadcase.practice.store import Kept, Override
from loadcase.practice.timeline import clock, rows, written
from loadcase.systems import system

HOSTILE = "<b>bold</b> `code` \x1b[31m"


@pytest.fixture
def shown() -> Shown:
    quotes = tuple(Quote(i, 60.0 * i, "said", f"{HOSTILE} {i}", "what it shows", 1.0) for i in range(5))
    judgement = Judgement(
        "chat", "senior", 1, "mid", "fair", 51.4, {"mid": 51.4}, {"breadth": 2.0, "depth": None, "proactiveness": 1.0},
        (
            Verdict("decisions", "depth", "Decisions with a price", True, 2, 2.5, "A price.", "When it flips.", quotes),
            Verdict("growth", "breadth", "What breaks first", False, 0, 0.0, "nothing was run", "x"),
        ),
        {}, 1.0, (Held("clarify", 300.0, 0.5, 0.25, 0.25),),
        (Raise("decisions", "Decisions with a price", 4.2, "senior", "Say when it flips."),),
        (Compared("sequence", "a sequence, over timestamps", "", None),), ("no flow",),
    ).to_json()  # fmt: skip
    events = (
        Entered(at=0.0, phase="clarify"), Said(at=61.0, text=HOSTILE), Wrote(at=62.0, blueprint="a: 1\n"),
        Wrote(at=63.0, blueprint="a: 2\nb: 3\n"), Paused(at=4000.0),
    )  # fmt: skip
    kept = Kept("chat-1", "", Setup("chat"), 0.0, 1.0, 4000.0, True, len(events))
    override = [Override("decisions", "1", "first", 1.0), Override("decisions", "4", "it is at 01:01 <i>", 2.0)]
    return Shown(kept, Record(kept.setup, events), judgement, override, system("chat"))


def test_the_timeline(shown: Shown) -> None:
    found = rows(shown.record)
    assert [(r.clock, r.who, r.label) for r in found] == [
        ("00:00", "clock", "phase"), ("01:01", "candidate", "says"), ("01:02", "candidate", "writes"),
        ("01:03", "candidate", "writes"), ("1:06:40", "clock", "pause"),
    ]  # fmt: skip
    assert found[3].text == "the blueprint, 2 lines (+2 -1)"
    assert written("x\n" * 3000, []) == "the blueprint, 3000 lines", "what is very long is not compared"
    assert "\x1b" not in found[1].text
    assert clock(-3.0) == "00:00"


def test_a_verdict_shows_what_it_rests_on(shown: Shown) -> None:
    assert shown.judgement is not None
    told = "\n".join(verdict.lines(shown.judgement, shown.overrides))
    assert "reads mid (confidence fair), aimed at senior; score 51 of 100" in told
    assert "depth not assessed" in told
    assert "  2  Decisions with a price: A price." in told
    assert "a reviewer: 4, because it is at 01:01 <i>" in told, "the latest counts, and the computed one stays"
    assert "  -  What breaks first: nothing was run" in told
    assert "and 2 more" in told
    assert "+4.2 Decisions with a price (then senior): Say when it flips." in told
    assert "clarify (05:00): you 50%, interviewer 25%, silent 25%" in told
    assert "a sequence, over timestamps. You: nothing was said of it" in told
    assert "not judged: no flow" in told


def test_the_same_in_markdown_and_html(shown: Shown) -> None:
    for text, quote in ((show.markdown(shown), "&#60;b&#62;"), (show.html(shown), "&lt;b&gt;")):
        assert "<b>" not in text
        assert "\x1b" not in text
        assert quote in text
        for said in (
            "Decisions with a price",
            "Say when it flips.",
            "it is at 01:01",
            "1:06:40",
            "b: 3",
            "not assessed",
        ):
            assert said in text, said
    assert show.html(shown).count('<li class="candidate"') == 3
    assert show.as_json(shown)["overrides"][1]["level"] == "4"
    told = "\n".join(replay(shown))
    assert "01:01  candidate says: <b>bold</b>" in told
    assert "reads mid" in told


def test_a_session_whose_prompt_has_gone_is_shown(shown: Shown) -> None:
    gone = Shown(shown.kept, shown.record, None, [], None)
    assert "chat" in show.markdown(gone)
    assert "Verdict" not in show.html(gone)
    assert "`loadcase practice score chat-1` does" in "\n".join(replay(gone))


def test_a_fence_is_longer_than_any_in_the_text(shown: Shown, tmp_path: Path) -> None:
    record = Record(shown.record.setup, (Wrote(at=0.0, blueprint="````\n"),))
    assert "`````yaml\n````\n`````" in show.markdown(Shown(shown.kept, record, None, [], None))
