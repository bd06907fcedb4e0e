"""The JSON shapes of the commands of practice, with the meaning of every key."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from loadcase.practice.drills import Point
from loadcase.practice.events import Entered, Wrote
from loadcase.practice.judging import Held, Judgement, Quote, Raise, Verdict
from loadcase.practice.judging.result import Compared
from loadcase.practice.progress import Next, Past, Progress, Weak
from loadcase.practice.prompts import Listed
from loadcase.practice.record import Record, Setup
from loadcase.practice.show import Shown, as_json, kept_json
from loadcase.practice.store import Kept, Override

COMMANDS = {
    "practice list": "`loadcase practice list --format json`",
    "practice sessions": "`loadcase practice sessions --format json`",
    "practice score": "`loadcase practice score ID --format json`",
    "practice export": "`loadcase practice export ID -o FILE --format json`",
    "practice session": "What `loadcase practice export ID -o FILE.json` writes: all that is known of a session.",
    "practice progress": "`loadcase practice progress --format json`",
    "practice new-prompt": "`loadcase practice new-prompt FILE -o FOLDER --format json`",
}
KEPT = {
    "id": "The session.",
    "name": "What the candidate called it; empty where it was not named.",
    "setup.system": "The system, or the folder of a prompt of one's own.",
    "setup.level": "The level aimed for: `mid`, `senior` or `staff`.",
    "setup.format": "`45`, `60` or `free`.",
    "setup.style": "`quiet`, `steering` or `adversarial`.",
    "setup.seed": "Of the interviewer's choices.",
    "setup.drill": "The stage that is drilled; empty for a whole interview.",
    "created_s": "Time of day when it began, seconds since 1970.",
    "seen_s": "Time of day when it was last worked on.",
    "clock_s": "How far the session's clock is, s; pauses do not count.",
    "ended": "Whether it is over.",
    "events": "How many events it has.",
}
JUDGED = {
    "system": "The system.",
    "aimed": "The level aimed for.",
    "rubric": "Version of the rubric.",
    "read": "`not there yet`, `mid`, `senior` or `staff`.",
    "confidence": "In that: `low`, `fair` or `high`.",
    "score": "0 to 100, under the weights of the level aimed for.",
    "scores.LEVEL": "The same under the weights of each level.",
    "axes.breadth": "0 to 4; null where nothing of it was assessed.",
    "axes.depth": "The same.",
    "axes.proactiveness": "The same.",
    "verdicts[].criterion": "A criterion of the rubric.",
    "verdicts[].axis": "Its axis.",
    "verdicts[].title": "What it is called.",
    "verdicts[].assessed": "Whether it was; what was not counts neither way.",
    "verdicts[].level": "0 to 4: nothing seen, below mid, mid, senior, staff.",
    "verdicts[].score": "The same without rounding down.",
    "verdicts[].says": "The level in words, or why it was not assessed.",
    "verdicts[].next": "What the next level asks for; empty at the top.",
    "verdicts[].quotes[].event": "Number of the event that is quoted; null for what a run or the review showed.",
    "verdicts[].quotes[].at": "When, s on the session's clock.",
    "verdicts[].quotes[].source": "Kind of the event, or `blueprint`, `review`, `run`, `curveball`.",
    "verdicts[].quotes[].words": "Its words.",
    "verdicts[].quotes[].shows": "What they are evidence of.",
    "verdicts[].quotes[].points": "What they count for; below 0 where they count against.",
    "short.LEVEL[]": "What each level that was not read still asks for.",
    "trust": "0 to 1: how far the session shows how the blueprint came about.",
    "pen[].phase": "A phase.",
    "pen[].seconds": "Its length on the clock.",
    "pen[].candidate": "Share of it in which the candidate held the pen.",
    "pen[].interviewer": "Share of the interviewer.",
    "pen[].silent": "Share of nobody.",
    "raises[].criterion": "A criterion that would raise the read most, one level up.",
    "raises[].title": "What it is called.",
    "raises[].gain": "What that adds to the score.",
    "raises[].read": "The read with that alone.",
    "raises[].how": "How.",
    "comparison[].name": "A decision of the worked design.",
    "comparison[].worked": "What it chose, over what, and why.",
    "comparison[].yours": "The candidate's on the same question; empty where there was none.",
    "comparison[].event": "Number of its event, or null.",
    "problems[]": "What of the blueprint could not be judged.",
}
OVERRIDES = {
    "overrides[].criterion": "A criterion that a reviewer gave another level.",
    "overrides[].level": "That level.",
    "overrides[].because": "Why.",
    "overrides[].made_s": "Time of day, seconds since 1970.",
}
MEANINGS: dict[str, dict[str, str]] = {
    "practice list": {
        "systems[].name": "Name of the system.",
        "systems[].title": "What it is called.",
        "systems[].prompt": "What is asked for.",
        "systems[].topics[]": "What practising it trains.",
        "systems[].difficulty": "The level that it asks for.",
    },
    "practice sessions": {
        **{f"sessions[].{key}": meaning for key, meaning in KEPT.items()},
        "sessions[].read": "What it was read as; null where it was not scored since its last event.",
    },
    "practice score": {"session": "The session.", **JUDGED, **OVERRIDES},
    "practice export": {
        "session": "The session.",
        "file": "The file that was written.",
        "events": "Events in it.",
        "judged": "Whether the verdict is in it.",
    },
    "practice session": {
        **{key: meaning for key, meaning in KEPT.items() if key != "events"},
        "title": "What the session or its system is called.",
        "events[].at": "When, s on the session's clock.",
        "events[].kind": "What happened, such as `asked` or `curveball`.",
        "events[].phase": "Of the kind `entered`; each kind has its own, as `loadcase.practice.events` tells.",
        "blueprint": "The blueprint as it was last written.",
        **{f"judgement.{key}": meaning for key, meaning in JUDGED.items()},
        **OVERRIDES,
        "drill[].about": "Of a drill: what was asked.",
        "drill[].met": "Whether it was met; null where only the candidate can tell.",
        "drill[].yours": "What the candidate did.",
        "drill[].good[]": "What was to be reached.",
    },
    "practice progress": {
        "sessions[].id": "A session that was scored, the latest first.",
        "sessions[].system": "Its system.",
        "sessions[].aimed": "The level aimed for.",
        "sessions[].read": "What it reads as.",
        "sessions[].score": "0 to 100.",
        "sessions[].ended_s": "Time of day when it was last worked on, seconds since 1970.",
        "sessions[].axes.AXIS": "0 to 4, or null.",
        "unjudged[]": "Sessions that are over and were not scored.",
        "weak[].criterion": "A criterion that stays weak, the weakest first.",
        "weak[].title": "What it is called.",
        "weak[].axis": "Its axis.",
        "weak[].level": "Its mean over the latest sessions that assessed it, 0 to 4.",
        "weak[].sessions": "How many those are.",
        "weak[].next": "What the next level asks for.",
        "weak[].drill": "The drill for it.",
        "next[].system": "A system to practise next.",
        "next[].difficulty": "The level that it asks for.",
        "next[].due_s": "Time of day from which on it is due; null for one that is new.",
        "next[].why": "Why.",
    },
    "practice new-prompt": {"files[]": "The files that were written."},
}
NAMES = {
    "practice score.scores": "LEVEL",
    "practice score.short": "LEVEL",
    "practice session.judgement.scores": "LEVEL",
    "practice session.judgement.short": "LEVEL",
    "practice progress.sessions[].axes": "AXIS",
}


def samples() -> dict[str, Any]:
    """One object of each shape, made by the code that the commands use."""
    setup = Setup("chat")
    kept = Kept("chat-1", "why", setup, 1.0, 2.0, 3.0, True, 2)
    quote = Quote(1, 2.0, "said", "why", "why", 1.0)
    verdict = Verdict("depth", "depth", "why", True, 2, 2.5, "why", "why", (quote,))
    judgement = Judgement(
        "chat", "senior", 1, "mid", "fair", 50.0, {"mid": 50.0}, {"breadth": 1.0, "depth": 1.0, "proactiveness": 1.0},
        (verdict,), {"senior": ("why",)}, 1.0, (Held("clarify", 1.0, 0.5, 0.2, 0.3),),
        (Raise("depth", "why", 1.0, "mid", "why"),), (Compared("why", "why", "why", 1),), ("why",),
    ).to_json()  # fmt: skip
    override = Override("depth", "3", "why", 1.0)
    record = Record(setup, (Entered(at=0.0, phase="clarify"), Wrote(at=1.0, blueprint="why")))
    session = as_json(Shown(kept, record, judgement, [override], None))
    past = Past("chat-1", "chat", "senior", "mid", 50.0, 1.0, {"breadth": 1.0})
    weak = Weak("depth", "why", "depth", 1.0, 1, "why", "tradeoff")
    shapes = {
        "practice list": {"systems": [asdict(Listed("chat", "why", "why", ("messaging",), "senior"))]},
        "practice sessions": {"sessions": [{**kept_json(kept), "read": "mid"}]},
        "practice score": {"session": "chat-1", **judgement, "overrides": [asdict(override)]},
        "practice export": {"session": "chat-1", "file": "chat.html", "events": 2, "judged": True},
        "practice session": {**session, "drill": [Point("why", True, "why", ("why",)).to_json()]},
        "practice progress": Progress((past,), ("chat-2",), (weak,), (Next("chat", "senior", 1.0, "why"),)).to_json(),
        "practice new-prompt": {"files": ["facts.yaml"]},
    }
    return dict(json.loads(json.dumps(shapes)))
