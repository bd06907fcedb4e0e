"""Recorded sessions as test data: `sessions/*.yaml`, with the blueprints of `designs/*.yaml` that they write.

A session has `system`, `level` (aimed for), `label` (what it should read: weak, mid, senior, staff, or spoilt), `says`
(what it shows) and `events`. The key of an event is its time and what happens:

- `0:20 ask: ...` with `told: [facts]`, `open: silent` or `derive: [numbers]`; the answer follows by itself
- `say`, `assume`; `answer` says something to what the interviewer has just brought up
- `need`, `defer`, `promise`, `hard`: requirements
- `figure: name = formula`, over earlier figures and facts that were told
- `chose: ...` with `over`, `because`, `cost`, `flips`
- `write: [fragments]`: the blueprint, as fragments of `designs` one after the other; `gallery` is the worked design
- `ran: check` with `case`, `outcome`, `text`
- `prompt`, `hint` (with `about`), `steer`, `ball` (a curveball's name; `outcome`, `effect`), `change`, `phase`
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from loadcase.blueprint.document import Document
from loadcase.core.expressions import evaluate
from loadcase.core.quantity import Value
from loadcase.core.units import format_quantity
from loadcase.practice.events import Event, event
from loadcase.practice.record import Record, Setup
from loadcase.systems import system
from loadcase.systems.facts import Facts

HERE = Path(__file__).parent
LABELS = ("weak", "mid", "senior", "staff")
_REQUIRED = {"need": "functional", "defer": "deferred", "promise": "contract", "hard": "hard_part"}
_TEXTS = {"say": "said", "assume": "assumed", "answer": "said", "steer": "steered"}


@dataclass(frozen=True)
class Recorded:
    """A session with its label."""

    name: str
    label: str
    says: str
    record: Record


@cache
def sessions() -> dict[str, Recorded]:
    """All of them, by name."""
    return {path.stem: load(path) for path in sorted((HERE / "sessions").glob("*.yaml"))}


def labelled(*labels: str) -> list[str]:
    """Names of the sessions with one of these labels."""
    return [name for name, one in sessions().items() if one.label in labels]


def load(path: Path) -> Recorded:
    """Reads one session."""
    data = Document.load(path).data
    setup = Setup(data["system"], data["level"], data.get("format", "45"), data.get("style", "steering"))
    tape = _Tape(system(data["system"]).facts, path)
    for entry in data["events"]:
        tape.add(entry)
    return Recorded(path.stem, data["label"], data["says"], Record(setup, tuple(tape.events)))


class _Tape:
    """Events as they are read; what was told is known to later figures."""

    def __init__(self, facts: Facts, path: Path) -> None:
        self.facts = facts
        self.path = path
        self.events: list[Event] = []
        self.scope: dict[str, Value] = {}
        self.asked = 0

    def add(self, entry: dict[str, Any]) -> None:
        head, value = next(iter(entry.items()))
        time, what = head.split()
        minutes, seconds = time.split(":")
        at = 60.0 * int(minutes) + int(seconds)
        rest = {k: v for k, v in entry.items() if k != head}
        assert not self.events or at >= self.events[-1].at, f"{self.path}: {head} goes back in time"
        for raw in self._raw(what, value, rest):
            self.events.append(event({"at": at, **raw}))

    def _raw(self, what: str, value: Any, rest: dict[str, Any]) -> list[dict[str, Any]]:
        if what == "ask":
            return [{"kind": "asked", "text": value}, self._answered(rest)]
        if what in _TEXTS:
            to = {"to": self.asked} if what == "answer" else {}
            return [{"kind": _TEXTS[what], "text": value, **to}]
        if what in _REQUIRED:
            return [{"kind": "required", "sort": _REQUIRED[what], "text": value}]
        if what == "figure":
            name, formula = (part.strip() for part in value.split("=", 1))
            self.scope[name] = found = evaluate(formula, self.scope, name)
            return [{"kind": "estimated", "name": name, "formula": formula, "value": format_quantity(found)}]
        if what == "chose":
            given = {"flips_when" if k == "flips" else k: v for k, v in rest.items()}
            return [{"kind": "decided", "chose": value, **given}]
        if what == "write":
            return [{"kind": "wrote", "blueprint": self._design(value)}]
        if what == "ran":
            return [{"kind": "ran", "what": "run", "case": "", "outcome": "done", **rest, "text": value}]
        if what == "phase":
            return [{"kind": "entered", "phase": value}]
        self.asked = len(self.events)
        if what in ("prompt", "hint"):
            probe = {"probe": rest["about"]} if what == "prompt" else {}
            return [{"kind": "prompted" if what == "prompt" else "hint", "text": value, **rest, **probe}]
        if what == "ball":
            ball = self.facts.curveballs[value]
            return [{"kind": "curveball", "name": value, "text": ball.says, "fault": ball.fault or {}, **rest}]
        assert what == "change", f"{self.path}: nothing is called {what}"
        return [{"kind": "changed", "name": value, "text": self.facts.changes[value].says}]

    def _answered(self, rest: dict[str, Any]) -> dict[str, Any]:
        told, number = tuple(rest.get("told", ())), len(self.events)
        figures = self.facts.figures()
        self.scope |= {name: figures[name] for name in told if name in figures}
        text = " ".join(self.facts.facts[name].answer for name in told) or "That is yours to decide."
        how = "told" if told else "derive" if "derive" in rest else "yours"
        return {"kind": "answered", "to": number, "how": how, "text": text, "facts": told,
                "numbers": tuple(rest.get("derive", ())), "silent": rest.get("open")}  # fmt: skip

    def _design(self, names: list[str]) -> str:
        if names == ["gallery"]:
            return system(self.facts.system).path.read_text("utf-8")
        return "".join((HERE / "designs" / f"{name}.yaml").read_text("utf-8") for name in names)
