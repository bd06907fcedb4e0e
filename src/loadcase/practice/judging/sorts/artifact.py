"""Evidence in the blueprint: calls, entities, flows, parts with reasons, guards, cases, and what the review finds.

All of it counts as far as the session shows how the blueprint came about (`View.trust`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from loadcase.blueprint.model import Blueprint
from loadcase.blueprint.steps import Call, walk
from loadcase.practice.events import Curveball
from loadcase.practice.judging.evidence import NotAssessedError, Piece, Sort
from loadcase.practice.judging.result import Quote
from loadcase.practice.judging.view import View
from loadcase.practice.rubric import Criterion

FURTHER = 0.35
"""What a second call of the same kind counts for."""
GUARDS = {
    "once": "a repeated write is recognised",
    "dedupe": "a repeated delivery is dropped",
    "sequence": "the order is given by the store",
    "in_order": "messages are taken in order",
    "commit": "a message is done when it has been dealt with",
    "expect": "a write is refused when another came first",
    "identity": "an entity has an idempotency key",
    "order_by": "an entity has an order",
    "from": "a log is fed by committed writes",
    "coalesce": "misses of one key are one read",
}
"""Fields of a blueprint that guard a promise, and what each does."""
GRAVE, LIGHT = 0.5, 0.12
"""What an error and a warning of the review take away."""
NEEDLESS = 2.5
"""What a part that is not needed takes away."""
JUSTIFIED = 5.0
"""What it counts for that every part has a reason."""
_FLAWS = ("LC53", "LC54", "LC55", "LC56", "LC57", "LC60")
_TOO_MUCH = ("over-built", "over-engineered", "sharded-too-early")


def _quote(view: View, text: str, shows: str, sought: str = "") -> Quote:
    return view.quote(view.wrote(sought or text), shows, text, "blueprint")


def _call(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A call of the interface, by its kind; more with what it guarantees."""
    counted: dict[str, int] = {}
    for name, one in (view.blueprint.api if view.blueprint else {}).items():
        counted[one.kind] = counted.get(one.kind, 0) + 1
        factor = 1.0 if counted[one.kind] == 1 else FURTHER
        factor += 0.3 if one.guarantees else 0.0
        words = f"{name}: {one.kind}{', ' + one.does if one.does else ''}"
        words += f", guarantees {', '.join(one.guarantees)}" if one.guarantees else ""
        yield Piece(
            name, factor * view.trust, _quote(view, words, f"a call to {one.kind.replace('_', ' ')}", f"{name}:")
        )


def _entity(view: View, criterion: Criterion) -> Iterator[Piece]:
    """An entity with its key; more with what makes it unique or orders it."""
    for name, one in (view.blueprint.entities if view.blueprint else {}).items():
        if not one.key and not one.fields:
            continue
        key = [one.key] if isinstance(one.key, str) else one.key or []
        factor = (0.8 if key else 0.4) + (0.2 if one.identity else 0.0) + (0.2 if one.order_by else 0.0)
        words = f"{name}: key {', '.join(key) or 'none'}"
        words += f", identity {one.identity}" if one.identity else ""
        words += f", order by {one.order_by}" if one.order_by else ""
        yield Piece(name, factor * view.trust, _quote(view, words, "an entity with its key", f"{name}:"))


def calls(blueprint: Blueprint, flow: str) -> list[str]:
    """The components that a flow calls, in order."""
    steps = walk(blueprint.flows[flow].steps)
    return list(dict.fromkeys(step.component for step in steps if isinstance(step, Call)))


def _flow(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A path of the blueprint that is wired."""
    for name in view.blueprint.flows if view.blueprint else ():
        assert view.blueprint is not None
        path = calls(view.blueprint, name)
        if path:
            yield Piece(
                name, view.trust, _quote(view, f"{name}: {' → '.join(path)}", "a path that is wired", f"{name}:")
            )


def _reasons(view: View) -> dict[str, str]:
    """The reason that each component gives, where it is the candidate's own and says something."""
    parts = view.blueprint.components if view.blueprint else {}
    whys = {name: str(getattr(part, "why", None) or "") for name, part in parts.items()}
    return {name: why for name, why in whys.items() if view.own(why) and view.field.substance(why) > 0}


def _part(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A component with a reason of the candidate's own that says something."""
    for name, why in _reasons(view).items():
        yield Piece(name, view.trust, _quote(view, f"{name}: {why}", "a part with its reason", why))


def _faults(view: View) -> Iterator[tuple[str, str]]:
    """(case, fault) of the blueprint."""
    if view.blueprint is None or view.copied:
        return
    for name, case in view.blueprint.cases.items():
        for fault in case.faults:
            yield name, type(fault).__module__.rpartition(".")[2]


def _tested(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A fault that a case of the blueprint has."""
    for case, fault in _faults(view):
        yield Piece(
            fault, view.trust, _quote(view, f"case {case}: {fault}", "a failure as a case that runs", f"{case}:")
        )


def _own_case(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A fault that a case of the blueprint had before the interviewer threw it."""
    for case, fault in _faults(view):
        number = view.wrote(f"{case}:")
        thrown = any(isinstance(e, Curveball) and fault in e.fault for e in view.events[:number])
        if not thrown:
            yield Piece(
                fault, view.trust, _quote(view, f"case {case}: {fault}", "tested before it was thrown", f"{case}:")
            )


def _operated(view: View, criterion: Criterion) -> Iterator[Piece]:
    """An objective, alert, rollout, rollback or runbook entry of the blueprint."""
    b = view.blueprint
    if b is None:
        return
    o = b.operate
    texts = [("objective", text) for text in o.slos] + [("alert", text) for text in o.alerts]
    texts += [("rollout", o.rollout or ""), ("rollback", o.rollback or "")]
    texts += [("runbook", text) for text in o.runbook.values()]
    counted: dict[str, int] = {}
    for sort, text in texts:
        if text.strip() and view.own(text) and not (view.copied and sort == "objective"):
            counted[sort] = counted.get(sort, 0) + 1
            factor = 1.0 if counted[sort] == 1 else FURTHER
            yield Piece(f"{sort} {text}", factor * view.trust, _quote(view, f"{sort}: {text}", f"has {sort}", text))


def _guarded(data: Any) -> Iterator[tuple[str, str]]:
    """(field, value) of guards anywhere in the blueprint."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key in GUARDS and isinstance(value, str | bool) and value not in ("none", False, ""):
                yield key, str(value)
            yield from _guarded(value)
    elif isinstance(data, list):
        for value in data:
            yield from _guarded(value)


def _guard(view: View, criterion: Criterion) -> Iterator[Piece]:
    """A field of the blueprint that guards a promise, such as `once` or `dedupe`."""
    data = view.blueprint.data if view.blueprint is not None else {}
    for section in ("entities", "components", "flows"):
        for field, value in _guarded(data.get(section)):
            words = f"{field}: {value}"
            yield Piece(field, view.trust, _quote(view, words, GUARDS[field], words))


def _sound(view: View, criterion: Criterion) -> Iterator[Piece]:
    """Paths that load, less what the review finds against them."""
    if view.look is None:
        raise NotAssessedError("there is no blueprint to review")
    b = view.blueprint
    flows = [name for name in b.flows if calls(b, name)] if b is not None else []
    if b is None or not flows:
        return
    last = max(view.wrote_at)
    quote = view.quote(last, "paths that load and were reviewed", f"paths: {', '.join(flows)}", "blueprint")
    yield Piece("flows", (0.7 + 0.9 * min(4, len(flows))) * view.trust, quote)
    for found in view.look.findings:
        if found.code.startswith(_FLAWS) and found.severity in ("error", "warning"):
            minus = GRAVE if found.severity == "error" else LIGHT
            words = f"{found.code} {found.rule}: {found.message}"
            at = Quote(last, view.events[last].at, "review", words, f"the review finds a flaw ({found.severity})", 0.0)
            yield Piece(f"{found.code} {found.line} {found.message}", -minus * view.trust, at)


def _lean(view: View, criterion: Criterion) -> Iterator[Piece]:
    """The share of components with a reason, less what the review and the ablation find needless."""
    b = view.blueprint
    if b is None or not b.components:
        return
    last = max(view.wrote_at)
    at = view.events[last].at
    for name, why in _reasons(view).items():
        factor = JUSTIFIED / len(b.components) * view.trust
        yield Piece(name, factor, _quote(view, f"{name}: {why}", "a part with its reason", why))
    for found in view.look.findings:
        if found.rule in _TOO_MUCH:
            words = f"{found.code} {found.rule}: {found.message}"
            yield Piece(
                f"{found.rule} {found.line}", -NEEDLESS, Quote(last, at, "review", words, "more than is needed", 0.0)
            )
    for text in view.bench.needless(view.text) if view.bench.execute else ():
        shows = "the contract holds without it"
        yield Piece(f"needless {text}", -NEEDLESS, Quote(last, at, "run", text, shows, 0.0))


SORTS: dict[str, Sort] = {
    "call": _call,
    "entity": _entity,
    "flow": _flow,
    "part": _part,
    "tested": _tested,
    "own_case": _own_case,
    "operated": _operated,
    "guard": _guard,
    "sound": _sound,
    "lean": _lean,
}
