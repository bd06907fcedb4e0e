"""The pages of the gallery: each `gallery/NAME/README.md` from its blueprint and from what was measured of it.

`measured.json` beside a blueprint keeps what `loadcase check`, `check --variant` and `compare --decision` found, and
for which design; the page is made from both without running anything. What stands between the title and the first
heading is written by hand, and kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from loadcase import api
from loadcase.blueprint.load import load
from loadcase.blueprint.model import Blueprint, Decision
from loadcase.check.decided import showing
from loadcase.core.quantity import Quantity
from loadcase.core.results import CheckResult
from loadcase.core.unitformat import format_quantity
from loadcase.core.units import parse_unit
from loadcase.core.values import digits, show
from loadcase.draw.mermaid import mermaid
from loadcase.estimate.estimate import estimate
from loadcase.explore.flips import claim_of, decision
from loadcase.explore.journal import content_hash
from loadcase.report.compared import decisions_json
from loadcase.report.shapes import check_json
from loadcase.report.text import SYMBOLS
from loadcase.systems import System
from tools.docs.fields import table

MEASURED = "measured.json"
NOTE = "<!-- Below the first paragraphs made by `python -m tools.docs gallery`; edit the blueprint instead. -->"
BUDGET_S = 600.0
"""So much that what was measured does not depend on the machine."""
FLIP_BUDGET_S = 240.0
SEEDS_OF_VARIANTS = 3
Measured = dict[str, Any]


# --- measuring --------------------------------------------------------------------------------------------------------
def measure(system: System) -> Measured:
    """Judges a system in all of its cases, its variants where their decisions say, and where its decisions flip."""
    blueprint = load(system.path)
    variants = dict.fromkeys(d.variant for d in blueprint.decisions.values() if d.variant)
    return {
        "design": content_hash(blueprint.data),
        "check": shape_of(judged(system.path)),
        "variants": {name: shape_of(judged(system.path, name)) for name in variants},
        "flips": [flip for name in blueprint.decisions if (flip := _flip(blueprint, name)) is not None],
    }


def remember(system: System) -> Path:
    """Measures a system and writes what was found beside its blueprint; gives the file."""
    path = system.path.with_name(MEASURED)
    path.write_text(json.dumps(measure(system), indent=1) + "\n", "utf-8")
    return path


def judged(path: Path, variant: str | None = None, cases: list[str] | None = None) -> CheckResult:
    """A check that is the same on every machine: its scale models and seeds do not depend on the time it takes, and
    those of a case not on which others are judged."""
    design = load(path, variant)
    seeds = None if variant is None else SEEDS_OF_VARIANTS
    chosen = showing(design) if cases is None else cases
    every = max(1, len(design.cases))
    aim_s = max(api.LEAST_AIM_S, api.CASE_AIM_S * every) * len(chosen) / every
    return api.check(design, cases=chosen, seeds=seeds, budget_s=BUDGET_S, aim_s=aim_s)


def shape_of(result: CheckResult) -> dict[str, Any]:
    """The shape of a check; of each metric only the first story."""
    shape = {key: value for key, value in check_json(result).items() if key not in ("wall_s", "partial")}
    told: set[str] = set()
    for case in shape["cases"]:
        for line in case["guarantees"]:
            if line["metric"] in told:
                line["story"] = None
            elif line["story"] is not None:
                told.add(line["metric"])
    return shape


def _flip(blueprint: Blueprint, name: str) -> dict[str, Any] | None:
    """Where a decision flips; None where that is nothing that can be run."""
    found = blueprint.decisions[name]
    if found.variant is None or isinstance(claim_of(found.flips_when, blueprint.estimates), str):
        return None
    (shape,) = decisions_json(blueprint.name, [decision(blueprint, name, budget_s=FLIP_BUDGET_S)], False)["decisions"]
    points = [{k: v for k, v in point.items() if k != "why"} for point in shape["points"]]
    return {**{k: v for k, v in shape.items() if k != "wall_s"}, "points": points}


# --- the page ---------------------------------------------------------------------------------------------------------
def read(system: System) -> Measured | None:
    """What was measured of a system; None where nothing was."""
    path = system.path.with_name(MEASURED)
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def readme(system: System) -> Path:
    """Where the page of a system is."""
    return system.path.with_name("README.md")


def page(system: System, measured: Measured) -> str:
    """The page of a system."""
    blueprint = system.blueprint
    path = readme(system)
    parts = [
        f"# {system.title}",
        _story(path.read_text("utf-8") if path.exists() else "") or f"{blueprint.prompt} {system.hard_part}".strip(),
        NOTE,
        f"    loadcase check gallery/{system.name}",
        _diagram(blueprint),
        _numbers(blueprint),
        _verdicts(measured["check"]),
        _curveballs(blueprint, measured["check"]),
        _decisions(blueprint, measured),
        _hard_part(system, measured),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def pages(systems: list[System]) -> dict[Path, str]:
    """Every page of which something was measured."""
    found = {one: measured for one in systems if (measured := read(one)) is not None}
    return {readme(one): page(one, measured) for one, measured in found.items()}


def _story(text: str) -> str:
    """What is written by hand: from the title to the note."""
    match = re.match(r"# .*?\n(.*?)" + re.escape(NOTE), text, re.DOTALL)
    return match[1].strip() if match else ""


def _diagram(blueprint: Blueprint) -> str:
    return f"## The design\n\n```mermaid\n{mermaid(blueprint)}```"


def _numbers(blueprint: Blueprint) -> str:
    found = estimate(blueprint).to_json()
    estimates = [(f"`{n}`", e["text"], f"`{e['formula']}`") for n, e in found["estimates"].items()]
    parts = []
    for name, line in found["components"].items():
        used, full = line["utilisation"], line["saturates_at"]
        parts.append(
            (
                f"`{name}`",
                str(line["nodes"] or ""),
                show(line["rate"], "1/s"),
                "" if used is None else f"{used:.0%}",
                "" if full is None else f"{digits(full)}x",
                show(found["cost_by_component"][name]["total"], "USD/month"),
                blueprint.components[name].why or "",
            )
        )
    headings = ("component", "nodes", "rate", "used", "full at", "cost", "why it is there")
    return "\n\n".join(
        [
            "## The numbers",
            table(("estimate", "value", "from"), estimates),
            f"In closed form, at the load of the blueprint; {show(found['cost'], 'USD/month')} in all:",
            table(headings, parts),
        ]
    )


def _verdicts(check: Mapping[str, Any]) -> str:
    cases = check["cases"]
    names = list(dict.fromkeys(g["guarantee"] for case in cases for g in case["guarantees"]))
    rows = []
    for name in names:
        lines = [next((g for g in case["guarantees"] if g["guarantee"] == name), None) for case in cases]
        rows.append((f"`{name}`", *("" if line is None else cell(line) for line in lines)))
    rows.append(("**verdict**", *(f"{SYMBOLS[c['verdict']]} {c['verdict']}" for c in cases)))
    models = sorted({c["scale"] for c in cases if c["scale"] > 1})
    how = f"{sum(len(c['seeds']) for c in cases)} runs"
    how += f"; scale models {', '.join(f'1:{k}' for k in models)}" if models else ""
    return "\n\n".join(
        [
            "## Does it hold?",
            table(("promised", *(c["case"] for c in cases)), rows),
            f"{how}. `*`: the case lets this bound give. `~`: told by a scale model within its factor only.",
        ]
    )


def cell(line: Mapping[str, Any]) -> str:
    """One guarantee in one case: its verdict and its value."""
    value = "not observed" if line["value"] is None else show(line["value"], line["unit"]).removesuffix("/month")
    return f"{SYMBOLS[line['verdict']]} {'~' * line['rough']}{value}{'*' * line['degraded']}"


def _curveballs(blueprint: Blueprint, check: Mapping[str, Any]) -> str:
    rows = []
    for case in check["cases"]:
        raw = (blueprint.data.get("cases") or {}).get(case["case"]) or {}
        happens = [_fault(fault) for fault in raw.get("faults") or []]
        load = blueprint.cases[case["case"]].load
        if load != 1.0:
            happens.append(f"{digits(load)} times the load")
        if not happens:
            continue
        gives = [
            f"`{g['metric']}` {show(g['value'], g['unit'])} ({g['comparison']} {show(g['bound'], g['unit'])} is enough)"
            for g in case["guarantees"]
            if g["degraded"] and g["value"] is not None
        ]
        stays = ", ".join(f"`{name}`" for name in blueprint.cases[case["case"]].sacred)
        rows.append((case["case"], "; ".join(happens), "<br>".join(gives) or "nothing", stays))
    if not rows:
        return ""
    return "## What goes wrong\n\n" + table(("case", "what happens", "what gives", "what may not"), rows)


def _fault(raw: Any) -> str:
    if not isinstance(raw, Mapping):
        return str(raw)
    ((name, fields),) = raw.items()
    told = ", ".join(f"{key} {_plain(value)}" for key, value in (fields or {}).items())
    return f"{name}: {told}" if told else str(name)


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_plain(v)}" for k, v in value.items())
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


def _decisions(blueprint: Blueprint, measured: Measured) -> str:
    flips = {flip["decision"]: flip for flip in measured["flips"]}
    parts = []
    for name, found in blueprint.decisions.items():
        lines = [f"### {name}", _choice(found)]
        if found.variant in measured["variants"]:
            lines.append(_shown(found, measured["variants"][found.variant]))
        if name in flips:
            lines.append(_flips(flips[name]))
        parts.append("\n\n".join(lines))
    return "\n\n".join(["## What was decided", *parts]) if parts else ""


def _choice(found: Decision) -> str:
    over = f", and not {' or '.join(found.over)}" if found.over else ""
    told = [f"**{_capital(found.choose)}**{over}"]
    told += [f"because {found.because}"] if found.because else []
    text = ": ".join([told[0], "; ".join(told[1:])]) if told[1:] else told[0]
    price = f" It costs {found.at_the_cost_of}." if found.at_the_cost_of else ""
    flips = f" It flips when {found.flips_when}." if found.flips_when else ""
    return f"{text}.{price}{flips}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shown(found: Decision, check: Mapping[str, Any]) -> str:
    """What a variant breaks, as it was measured."""
    broken = [(case["case"], g) for case in check["cases"] for g in case["guarantees"] if g["verdict"] == "broken"]
    if not broken:
        cost = next((g for case in check["cases"] for g in case["guarantees"] if g["metric"] == "cost"), None)
        price = f", for {show(cost['value'], cost['unit'])}" if cost is not None and cost["value"] is not None else ""
        return f"Tried (`--variant {found.variant}`): nothing breaks{price}."
    told = ", ".join(
        f"`{g['guarantee']}` in {case} ({show(g['value'], g['unit']) if g['value'] is not None else 'not observed'})"
        for case, g in broken
    )
    return f"Tried (`--variant {found.variant}`), the other choice breaks {told}."


def _flips(flip: Mapping[str, Any]) -> str:
    if flip["low"] is None:
        return f"Where it flips: {flip['why']}."
    low, high = (_value(flip[end], flip["unit"]) for end in ("low", "high"))
    said = {"holds": "as it says", "broken": "not where it says", "unknown": "the runs tell no nearer"}[flip["verdict"]]
    return f"Measured: it flips between {flip['estimate']} {low} and {high}, {said}."


def _value(value: float, unit: str) -> str:
    return format_quantity(Quantity(value, parse_unit(unit)[1] if unit else ()))


def _hard_part(system: System, measured: Measured) -> str:
    """The shortest story of the first variant that breaks correctness."""
    for variant, check in measured["variants"].items():
        for case in check["cases"]:
            for line in case["guarantees"]:
                if line["story"] is not None:
                    return "\n".join(_told(variant, case["case"], line, system))
    return ""


def _told(variant: str, case: str, line: Mapping[str, Any], system: System) -> Iterator[str]:
    story = line["story"]
    yield "## The hard part, without it"
    yield ""
    yield (
        f"With `--variant {variant}` in {case}, `{line['metric']}` is {show(line['value'], line['unit'])}. "
        f"One of them: {story['said']}."
    )
    yield ""
    yield "```text"
    for row in story["lines"]:
        who = " ".join(part for part in (row["flow"], row["operation"]) if part)
        where = f"at {row['component']}" if row["component"] else ""
        told = ", ".join(f"{k} {v}" for k, v in row["told"].items())
        active = f"[{', '.join(row['faults'])}]" if row["faults"] else ""
        more = "  ".join(part for part in (told, where, active) if part)
        yield f"{row['time_s']:>10.6f} s  {row['event']:<10} {who:<12} {more}".rstrip()
    yield "```"
    yield ""
    yield f"The design itself holds `{line['guarantee']}` in every case."
