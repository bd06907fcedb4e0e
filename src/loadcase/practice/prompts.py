"""What can be practised: the systems by topic and difficulty, one drawn of them, and new ones made of a blueprint."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadcase.blueprint.load import load
from loadcase.blueprint.model import Blueprint
from loadcase.core.errors import BlueprintError, UsageError, suggest
from loadcase.core.units import format_quantity, median
from loadcase.faults.base import CLIENT
from loadcase.systems import System, head, systems
from loadcase.systems.facts import Level, loads, phrasing

LEVELS: tuple[Level, ...] = ("mid", "senior", "staff")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Listed:
    """A system that can be practised, as it is listed."""

    name: str
    title: str
    prompt: str
    topics: tuple[str, ...]
    difficulty: Level


def listed(topic: str | None = None) -> list[Listed]:
    """What can be practised, or what of it has a topic: by the first topic, then from mid to staff.

    Raises UsageError when no system has the topic.
    """
    every = [_listed(system) for system in systems()]
    found = [one for one in every if topic is None or topic in one.topics]
    if not found:
        topics = sorted({t for one in every for t in one.topics})
        hint = suggest(topic or "", topics) or f"topics: {', '.join(topics)}"
        raise UsageError(f"no system has the topic {topic!r}", hint=hint)
    return sorted(found, key=lambda one: (one.topics[0], LEVELS.index(one.difficulty), one.name))


def _listed(system: System) -> Listed:
    """What the beginnings of the two files say; the facts are read whole where theirs does not say it."""
    facts = head(system.path.with_name("facts.yaml"), "facts")
    if not {"topics", "difficulty"} <= facts.keys():
        facts = {"topics": system.facts.topics, "difficulty": system.facts.difficulty}
    return Listed(system.name, system.title, system.prompt, tuple(facts["topics"]), facts["difficulty"])


def drawn(topic: str | None, level: Level, seed: int, practised: Mapping[str, int]) -> str:
    """A system by topic and level: of those whose difficulty is nearest one that was practised least, by the seed.

    Raises UsageError when no system has the topic.
    """
    wanted = LEVELS.index(level)

    def rank(one: Listed) -> tuple[int, int]:
        return abs(LEVELS.index(one.difficulty) - wanted), practised.get(one.name, 0)

    found = listed(topic)
    best = min(map(rank, found))
    return random.Random(seed).choice([one.name for one in found if rank(one) == best])


# --- a prompt of one's own --------------------------------------------------------------------------------------------
SILENT = {
    "budget": ("what it may cost", ["What may it cost?", "Is there a budget?", "How much money can we spend on it?"]),
    "team": (
        "who builds and runs it",
        ["How large is the team?", "Who is on call for it?", "How many engineers are there?"],
    ),
    "existing": (
        "what is there already",
        ["Which systems exist already?", "Do we have a platform to build on?", "May I reuse what the company runs?"],
    ),
}
HEAD = """\
# What the interviewer of this system knows. Made from {file}; every line is a draft to be made your own:
# say the facts as a person would, add the ways in which candidates ask, and what a good answer contains.
# docs/facts.md tells what may stand here.
"""


def new_prompt(file: Path, folder: Path, level: Level = "senior", topics: Iterable[str] = ()) -> list[Path]:
    """Makes a prompt of a blueprint: a folder with the blueprint, and facts that load and that can be practised.

    Raises UsageError when the folder has one already or cannot be written, BlueprintError when the blueprint is wrong.
    """
    blueprint = load(file)
    source = file / "blueprint.yaml" if file.is_dir() else file
    text = facts_of(blueprint, source.name, level, list(topics) or ["own"])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name, content in (("blueprint.yaml", source.read_text("utf-8")), ("facts.yaml", text)):
            with (folder / name).open("x", encoding="utf-8") as stream:
                stream.write(content)
            written.append(folder / name)
    except FileExistsError as error:
        raise UsageError(f"{error.filename} exists and is not overwritten", hint="name another folder") from None
    except OSError as error:
        raise UsageError(f"cannot write {error.filename}: {error.strerror}") from None
    return written


def facts_of(blueprint: Blueprint, source: str, level: Level, topics: list[str]) -> str:
    """The text of a fact sheet drafted from a blueprint: its estimates, promises, cases and decisions."""
    facts, numbers = _figures(blueprint)
    curveballs = _curveballs(blueprint)
    data: dict[str, Any] = {
        "loadcase": 1,
        "system": blueprint.name,
        "topics": topics,
        "difficulty": level,
        "sources": {"blueprint": source},
        "facts": {**_scope(blueprint), **facts, **_promises(blueprint)},
        "silent": {name: {"about": about, "asked": asked} for name, (about, asked) in SILENT.items()},
        "curveballs": curveballs,
        "good": _good(blueprint, curveballs),
        "numbers": numbers,
    }
    head = HEAD.format(file=source)
    while True:
        text = head + _yaml({name: part for name, part in data.items() if part})
        try:
            loads(text, "facts.yaml")
            return text
        except BlueprintError as error:
            if not _without(data, [problem.path for problem in error.problems]):
                raise


def _without(data: dict[str, Any], paths: Iterable[tuple[str | int, ...]]) -> bool:
    """Takes out what a fact sheet cannot have: a fault that aims at no kind, a number that needs what is not there."""
    changed = False
    for path in paths:
        if path[:1] == ("curveballs",) and len(path) > 1:
            changed |= data["curveballs"][path[1]].pop("fault", None) is not None
        elif path[:1] in (("numbers",), ("facts",)) and len(path) > 1:
            changed |= data[str(path[0])].pop(path[1], None) is not None
    return changed


def _words(name: str) -> str:
    return re.sub(r"[_.\-]+", " ", name).strip()


def _asked(about: str) -> list[str]:
    return [
        f"What is the {about}?", f"What figure should I take for the {about}?", f"Do we know the {about}?",
        f"How large is the {about}?", f"Can you tell me the {about}?",
    ]  # fmt: skip


def _scope(b: Blueprint) -> dict[str, Any]:
    """What it must do, and what is left out."""
    wanted = b.requirements.functional or [b.title or b.name]
    found: dict[str, Any] = {
        "scope": {
            "about": "what the first version does",
            "asked": [
                "What must the first version do?", "What features do you want?", "Which use cases matter most?",
                "What should a user be able to do?", "What is in scope?",
            ],
            "answer": " ".join(line.rstrip(".") + "." for line in wanted),
            "source": "blueprint",
        }
    }  # fmt: skip
    if b.requirements.deferred:
        found["deferred"] = {
            "about": "what is left out",
            "asked": [
                "What is out of scope?", "What may I leave out?", "What comes later?", "Can we defer some features?",
                "What does the first version not do?",
            ],
            "answer": f"Left for later: {', '.join(b.requirements.deferred)}.",
            "source": "blueprint",
        }  # fmt: skip
    return found


def _figures(b: Blueprint) -> tuple[dict[str, Any], dict[str, Any]]:
    """Estimates that are figures as facts, and those that are formulas as numbers to be worked out."""
    facts: dict[str, Any] = {}
    numbers: dict[str, Any] = {}
    for name, estimate in b.estimates.items():
        if not _NAME.fullmatch(name) or name in ("scope", "deferred"):
            continue
        about = _words(name)
        if estimate.uses:
            value = format_quantity(median(estimate.value))
            numbers[name] = {"about": f"the {about}", "value": value, "from": estimate.formula}
        else:
            facts[name] = {
                "about": f"the {about}", "asked": _asked(about), "answer": f"Take {estimate.formula}.",
                "value": estimate.formula, "source": "blueprint",
            }  # fmt: skip
    return facts, numbers


def _promises(b: Blueprint) -> dict[str, Any]:
    """Guarantees as facts."""
    found: dict[str, Any] = {}
    for guarantee in b.contract:
        name = "promise_" + re.sub(r"[^a-z0-9]+", "_", guarantee.metric.casefold()).strip("_")
        about = _words(guarantee.metric)
        if name in found or any(phrasing(about) == phrasing(one["about"]) for one in found.values()):
            continue
        found[name] = {
            "about": f"what is expected of {about}",
            "asked": [
                f"What do you expect of {about}?", f"Is there a target for {about}?", f"What {about} is acceptable?",
                f"How good must {about} be?", f"What should I promise on {about}?",
            ],
            "answer": f"It has to hold that {guarantee.text}.",
            "source": "blueprint",
        }  # fmt: skip
    return found


def _curveballs(b: Blueprint) -> dict[str, Any]:
    """What goes wrong in the cases; where nothing does, the load grows."""
    found: dict[str, Any] = {}
    for case, spec in b.cases.items():
        raw = (b.data.get("cases", {}).get(case) or {}).get("faults") or []
        first = next((one for one in raw if isinstance(one, Mapping) and len(one) == 1), None)
        name = re.sub(r"[^a-z0-9]+", "_", case.casefold()).strip("_")
        if not spec.faults or first is None or not _NAME.fullmatch(name):
            continue
        ((fault, fields),) = first.items()
        found[name] = {
            "says": f"Now this happens: {_words(case)}.",
            "earned_by": f"The design has to live with {_words(str(fault))}.",
            "raised_as": list(dict.fromkeys([_words(case), _words(str(fault)), f"{_words(str(fault))} happens"]))[:3],
            "good": ["What users see, and for how long.", "What brings it back, without anybody's help.",
                     *[f"It still holds that {g.text}." for g in b.contract[:2]]],
            "case": case,
            "fault": {str(fault): _by_kind(b, dict(fields or {}))},
            "source": "blueprint",
        }  # fmt: skip
    if not found:
        found["ten_times"] = {
            "says": "Ten times as many users come within a minute.", "earned_by": "Every design has a load.",
            "raised_as": ["ten times the load", "a spike of traffic", "10x"],
            "good": ["What saturates first.", "What is shed, and what users see of it."],
            "fault": {"traffic_spike": {"factor": 10, "for": "20 s"}}, "source": "assumed",
        }  # fmt: skip
    return found


def _by_kind(b: Blueprint, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a fault with kinds of components and roles of flows in the place of names, and without a time."""

    def kind(name: Any) -> Any:
        return b.components[name].kind if name in b.components else CLIENT if name in b.flows else name

    told = {name: value for name, value in fields.items() if name not in ("at", "zone", "region", "replica")}
    if "on" in told:
        told["on"] = kind(told["on"])
    if isinstance(told.get("between"), list):
        told["between"] = [kind(name) for name in told["between"]]
    if told.get("flow") in b.flows:
        flow = b.flows[told["flow"]]
        endpoint = b.api.get(flow.name)
        told["flow"] = "consumer" if flow.arrive is None else endpoint.kind if endpoint else "write"
    return told


def _good(b: Blueprint, curveballs: Mapping[str, Any]) -> dict[str, Any]:
    """What a good answer contains, drafted from the design."""
    whys = [f"{name}: {c.why}" for name, c in b.components.items() if c.why]
    decided = [f"Chooses {d.choose}" + (f" over {', '.join(d.over)}" if d.over else "") for d in b.decisions.values()]
    hard = (b.requirements.hard_part or "").strip()
    deep = [f"The hard part: {hard}"] * bool(hard) + [
        f"{name} is kept by {e.key if isinstance(e.key, str) else ', '.join(e.key)}"
        for name, e in b.entities.items()
        if e.key
    ]
    return {
        "breadth": _signals(whys, "Clients, interface, processing and storage are there.", "Each part has a reason."),
        "depth": _signals(deep, "One part is told in detail, with its state and failure.", "Figures size the parts."),
        "proactiveness": _signals(
            [f"Raises {one['raised_as'][0]} before being asked." for one in curveballs.values()],
            "States what is left out, and why.", "Says what comes at ten times the load.",
        ),
        "pitfalls": _signals(
            [f"{one} without a price." for one in decided], "Draws before asking.", "Names products without reasons."
        ),
    }  # fmt: skip


def _signals(drafted: list[str], *otherwise: str) -> list[dict[str, str]]:
    said = [{"says": line, "source": "blueprint"} for line in drafted[:6]]
    return said + [{"says": line, "source": "assumed"} for line in otherwise[: max(0, 2 - len(said))]]


def _yaml(data: Any) -> str:
    from ruamel.yaml import YAML

    writer = YAML()
    writer.default_flow_style, writer.width = False, 110
    stream = io.StringIO()
    writer.dump(data, stream)
    return stream.getvalue()
