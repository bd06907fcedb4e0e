"""What the interviewer may ask of himself: questions tied to what the blueprint and the transcript can be seen to lack.

The questions are data (`probes.yaml`). Each names a rule of the review that finds a flaw, or a lack: a function here
that says what is missing and where. A question is never asked about what the candidate has said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, get_args

from pydantic import BaseModel, Field, TypeAdapter

from loadcase.blueprint.document import Document
from loadcase.blueprint.model import Blueprint
from loadcase.core.values import show
from loadcase.kinds.base import STRICT
from loadcase.practice.events import (
    CANDIDATES,
    Asked,
    Assumed,
    Curveball,
    Decided,
    Entered,
    Estimated,
    Event,
    Phase,
    Prompted,
    Ran,
    Required,
    Said,
    Wrote,
)
from loadcase.practice.record import Record, Style
from loadcase.practice.topics import Topic
from loadcase.practice.workbench import Look
from loadcase.review.design import Design

PHASES: tuple[Phase, ...] = get_args(Phase)
SILENCE_S = 120.0
"""Without a word from the candidate."""
PATIENCE_S = 45.0
"""To answer a curveball in, before it is asked again."""
_SIZE = re.compile(r"\d\s*[kMGTP]?i?B\b")


class Probe(BaseModel):
    """A question with what it is tied to."""

    model_config = STRICT
    about: Topic
    phase: Phase = Field(description="From which phase on it is asked.")
    rules: list[str] = Field(default_factory=list, description="Rules of the review, one of which finds something.")
    lack: str = Field("", description="What is missing: a function of this module.")
    said: list[str] = Field(default_factory=list, description="Beginnings of words that the candidate may have said.")
    styles: tuple[Style, ...] = ("quiet", "steering", "adversarial")
    each: bool = Field(False, description="Whether it is asked once of each place, and not once in all.")
    quiet: str
    steering: str
    adversarial: str


@dataclass(frozen=True)
class Question:
    """A probe that fits now: its id, what it is about, the words, and what it is tied to, in words."""

    probe: str
    about: Topic
    text: str
    because: str


@cache
def probes() -> dict[str, Probe]:
    """All of them by id, in the order in which they are asked."""
    text = files("loadcase.practice").joinpath("probes.yaml").read_text("utf-8")
    return TypeAdapter(dict[str, Probe]).validate_python(Document.parse(text, "probes.yaml").data)


@dataclass(frozen=True)
class Scene:
    """A session at a moment, with what is known of the blueprint."""

    record: Record
    at: float
    look: Look

    @property
    def blueprint(self) -> Blueprint | None:
        """The part of the blueprint that loads."""
        return self.look.blueprint

    @cached_property
    def phase(self) -> Phase:
        """The phase of the session; the first before any began."""
        return next((e.phase for e in reversed(self.record.events) if isinstance(e, Entered)), PHASES[0])

    @cached_property
    def said(self) -> str:
        """What the candidate said and typed, in small letters, with the prose and the names of the blueprint."""
        spoken = [e.words for e in self.record.events if isinstance(e, CANDIDATES) and not isinstance(e, Wrote)]
        if self.blueprint is not None:
            spoken += [text for _, text in Design(self.blueprint).prose]
            spoken += [name.replace("_", " ") for name in (*self.blueprint.components, *self.blueprint.flows)]
        return "\n".join(spoken).lower()

    def of(self, *kinds: type[Event]) -> list[Any]:
        """The events of some kinds."""
        return [e for e in self.record.events if isinstance(e, kinds)]

    def says(self, beginnings: list[str]) -> bool:
        """Whether one of some beginnings of words was said."""
        return any(re.search(rf"(?<!\w){re.escape(word.lower())}", self.said) for word in beginnings)

    @cached_property
    def idle_s(self) -> float:
        """Since the candidate did something."""
        return self.at - max((e.at for e in self.record.events if isinstance(e, (*CANDIDATES, Entered))), default=0.0)


def questions(scene: Scene, style: Style) -> Iterator[Question]:
    """The questions that fit now and were not asked: those of this phase, then those of the phases before it."""
    now = PHASES.index(scene.phase)
    fitting = [(name, p) for name, p in probes().items() if PHASES.index(p.phase) <= now and style in p.styles]
    asked = {e.probe for e in scene.record.events if isinstance(e, Prompted)}
    for name, probe in sorted(fitting, key=lambda one: now - PHASES.index(one[1].phase)):
        if probe.said and scene.says(probe.said):
            continue
        for place, because in found(scene, probe):
            id = f"{name}:{place}" if probe.each else name
            if id not in asked:
                text: str = getattr(probe, style).replace("{place}", place or "it")
                yield Question(id, probe.about, text, because)
                break


def found(scene: Scene, probe: Probe) -> Iterator[tuple[str, str]]:
    """Where a probe finds what it is tied to, each with the reason."""
    if probe.lack and (place := LACKS[probe.lack](scene)) is not None:
        yield place, probe.lack.replace("_", " ")
    for finding in scene.look.findings:
        if finding.rule in probe.rules:
            yield _named(finding.path), finding.message


def _named(path: tuple[str | int, ...]) -> str:
    """What a finding is about: the entry of its section."""
    return str(path[1]) if len(path) > 1 and isinstance(path[1], str) else "it"


# --- what may be missing ----------------------------------------------------------------------------------------------
def _no_question(s: Scene) -> str | None:
    return "" if not s.of(Asked, Assumed) else None


def _no_functional(s: Scene) -> str | None:
    written = s.blueprint is not None and s.blueprint.requirements.functional
    return "" if not written and not any(e.sort == "functional" for e in s.of(Required)) else None


def _nothing_deferred(s: Scene) -> str | None:
    written = s.blueprint is not None and s.blueprint.requirements.deferred
    return "" if not written and not any(e.sort == "deferred" for e in s.of(Required)) else None


def _promises(s: Scene) -> list[str]:
    written = [] if s.blueprint is None else s.blueprint.requirements.contract
    return [*written, *(e.text for e in s.of(Required) if e.sort == "contract")]


def _no_contract(s: Scene) -> str | None:
    return "" if not _promises(s) else None


def _vague_contract(s: Scene) -> str | None:
    return next((line for line in _promises(s) if not any(c.isdigit() for c in line)), None)


def _no_hard_part(s: Scene) -> str | None:
    written = s.blueprint is not None and s.blueprint.requirements.hard_part
    return "" if not written and not any(e.sort == "hard_part" for e in s.of(Required)) else None


def _figures(s: Scene) -> list[str]:
    written = {} if s.blueprint is None else s.blueprint.data.get("estimates") or {}
    return [*(f"{k} {v}" for k, v in written.items()), *(e.words for e in s.of(Estimated))]


def _no_estimate(s: Scene) -> str | None:
    return "" if not _figures(s) else None


def _no_peak(s: Scene) -> str | None:
    higher = s.blueprint is not None and any(c.load > 1.0 for c in s.blueprint.cases.values())
    return "" if _figures(s) and not higher and not any("peak" in f.lower() for f in _figures(s)) else None


def _no_storage(s: Scene) -> str | None:
    return "" if _figures(s) and not any(_SIZE.search(f) for f in _figures(s)) else None


def _no_api(s: Scene) -> str | None:
    return "" if s.blueprint is None or not s.blueprint.api else None


def _no_entities(s: Scene) -> str | None:
    return "" if s.blueprint is None or not s.blueprint.entities else None


def _no_key(s: Scene) -> str | None:
    entities = {} if s.blueprint is None else s.blueprint.entities
    return next((name for name, one in entities.items() if one.key is None), None)


def _no_design(s: Scene) -> str | None:
    return "" if s.blueprint is None or not s.blueprint.flows else None


def _choices(s: Scene) -> list[tuple[str, str, str, str]]:
    """Decisions as (what, over, cost, flips when), those of the blueprint after those that were said."""
    said = [(e.chose, e.over, e.cost, e.flips_when) for e in s.of(Decided)]
    written = [] if s.blueprint is None else list(s.blueprint.decisions.values())
    return said + [(d.choose, ", ".join(d.over), d.at_the_cost_of or "", d.flips_when or "") for d in written]


def _no_decision(s: Scene) -> str | None:
    return "" if not _choices(s) else None


def _decision(part: int) -> Callable[[Scene], str | None]:
    return lambda s: next((e[0] for e in _choices(s) if not e[part].strip()), None)


def _pushback(s: Scene) -> str | None:
    asked = {e.probe for e in s.of(Prompted)}
    return next((what for what, *_ in _choices(s) if f"pushback:{what}" not in asked), None)


def _nothing_run(s: Scene) -> str | None:
    flows = {} if s.blueprint is None else s.blueprint.flows
    ran = any(e.what == "run" for e in s.of(Ran))
    return "" if not ran and any(f.arrive is not None for f in flows.values()) else None


def _broken_run(s: Scene) -> str | None:
    """A run that broke something, and of which nothing was said or changed since."""
    last = next((e for e in reversed(s.record.events) if isinstance(e, Ran | Said | Wrote | Decided)), None)
    if not isinstance(last, Ran) or last.outcome != "broken":
        return None
    return f"the case {last.case}" if last.case else "its own contract"


def _unanswered_curveball(s: Scene) -> str | None:
    """A curveball that nobody answered for a while."""
    last = next((e for e in reversed(s.record.events) if isinstance(e, Curveball | Said | Wrote | Decided)), None)
    return last.name if isinstance(last, Curveball) and s.at - last.at >= PATIENCE_S else None


def _no_operations(s: Scene) -> str | None:
    operate = None if s.blueprint is None else s.blueprint.operate
    return "" if operate is None or not (operate.slos or operate.alerts or operate.runbook) else None


def _no_cost(s: Scene) -> str | None:
    return "" if not any(line.startswith("cost") for line in _promises(s)) else None


def _no_growth(s: Scene) -> str | None:
    most = 1.0 if s.blueprint is None else max((c.load for c in s.blueprint.cases.values()), default=1.0)
    return "" if most < 10.0 else None


def _silence(s: Scene) -> str | None:
    """One for each stretch of silence."""
    return f"since {show(s.at - s.idle_s, 's')}" if s.idle_s >= SILENCE_S else None


LACKS: dict[str, Callable[[Scene], str | None]] = {
    "no_question": _no_question,
    "no_functional": _no_functional,
    "nothing_deferred": _nothing_deferred,
    "no_contract": _no_contract,
    "vague_contract": _vague_contract,
    "no_hard_part": _no_hard_part,
    "no_estimate": _no_estimate,
    "no_peak": _no_peak,
    "no_storage": _no_storage,
    "no_api": _no_api,
    "no_entities": _no_entities,
    "no_key": _no_key,
    "no_design": _no_design,
    "no_decision": _no_decision,
    "decision_alone": _decision(1),
    "decision_price": _decision(2),
    "decision_flip": _decision(3),
    "pushback": _pushback,
    "nothing_run": _nothing_run,
    "broken_run": _broken_run,
    "unanswered_curveball": _unanswered_curveball,
    "no_operations": _no_operations,
    "no_cost": _no_cost,
    "no_growth": _no_growth,
    "silence": _silence,
}
"""By name, what may be missing: gives the place, empty for none in particular, and None where nothing is missing."""
