"""Questions as candidates ask them, with the facts that answer them: `questions/SYSTEM.yaml`.

| field | meaning |
|---|---|
| `ask` | what the candidate says |
| `kind` | how it is said: one of `KINDS` |
| `facts` | the facts that answer it, every one of them to be told; none where the facts are silent |
| `also` | facts that would do in place of the one in `facts`, or beside it |
| `topic` | the entry of the system's `silent` that it falls under, if one does |
| `part` | `build`, or `held`: never looked at while a matcher is built |

The answer to a question is right when it tells all of `facts`, or one of `also` instead, and nothing else. Where
`facts` is empty it is right to leave the matter to the candidate. Figures of `numbers` follow from the facts and are
the candidate's to work out, so none is an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FOLDER = Path(__file__).with_name("questions")
BLIND = Path(__file__).with_name("blind")
"""More questions, of all kinds, written by another hand: see `blind`."""

SILENT = "silent"
KINDS = {
    "plain": "a straight question",
    "paraphrase": "in words that the fact's own phrasings do not have",
    "typo": "typed in haste",
    "compound": "two or three facts in one message",
    "terse": "a few words",
    "spoken": "as it is said aloud, with fillers and hedges",
    "assumption": "the candidate states it and asks for a nod",
    SILENT: "what the facts do not say, in any of these ways",
}

HELD_BELOW = 85
"""Of the 256 values of a byte: a third of the questions is held back."""


@dataclass(frozen=True)
class Question:
    system: str
    ask: str
    kind: str
    facts: tuple[str, ...]
    also: tuple[str, ...]
    topic: str | None
    part: str


def part_of(system: str, ask: str) -> str:
    """The part that a question belongs to, by its text alone, so that nobody picks."""
    return "held" if sha256(f"{system}{ask}".encode()).digest()[0] < HELD_BELOW else "build"


@cache
def entries(system: str) -> list[dict[str, Any]]:
    """What the file of a system says."""
    file = FOLDER / f"{system}.yaml"
    read: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    return read


@cache
def blind(system: str) -> tuple[Question, ...]:
    """Questions that nothing was chosen by, neither examples nor thresholds. They are counted, and not looked at."""
    read = YAML(typ="safe", pure=True).load((BLIND / f"{system}.yaml").read_text("utf-8"))
    return tuple(
        Question(system, one["ask"], one["kind"], tuple(one["facts"]), tuple(one.get("also", ())), None, "blind")
        for one in read
    )


@cache
def questions(system: str) -> tuple[Question, ...]:
    return tuple(
        Question(
            system=system,
            ask=entry["ask"],
            kind=entry["kind"],
            facts=tuple(entry["facts"]),
            also=tuple(entry.get("also", ())),
            topic=entry.get("topic"),
            part=entry["part"],
        )
        for entry in entries(system)
    )
