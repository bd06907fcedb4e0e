"""The kinds, the faults and the profiles, listed and explained."""

from __future__ import annotations

import inspect
from typing import Any

from rich.text import Text

from loadcase.core.errors import UsageError, suggest
from loadcase.core.values import show
from loadcase.estimate.capacity import modelled
from loadcase.faults import faults
from loadcase.faults.base import Fault
from loadcase.kinds import kinds
from loadcase.kinds.base import Component
from loadcase.profiles import Profile, profiles
from loadcase.report.text import console, print_rows


def _kind(name: str) -> type[Component]:
    found = kinds().get(name)
    if found is None:
        raise UsageError(f"there is no kind {name!r}", hint=suggest(name, kinds()) or f"kinds: {', '.join(kinds())}")
    return found


def _profile(name: str) -> Profile:
    found = profiles().get(name)
    if found is None:
        raise UsageError(
            f"there is no profile {name!r}", hint=suggest(name, profiles()) or f"profiles: {', '.join(profiles())}"
        )
    return found


def _fault(name: str) -> type[Fault]:
    found = faults().get(name)
    if found is None:
        hint = suggest(name, faults()) or f"faults: {', '.join(faults())}"
        raise UsageError(f"there is no fault {name!r}", hint=hint)
    return found


def first_line(cls: type[Component] | type[Fault]) -> str:
    """The promise that opens a docstring of the catalogue."""
    return (inspect.getdoc(cls) or "").splitlines()[0]


def kind_shape(name: str | None) -> dict[str, Any]:
    """The kinds as JSON: verbs, fields with their meaning, the docstring."""
    chosen = kinds() if name is None else {name: _kind(name)}
    return {
        key: {
            "verbs": list(cls.verbs),
            "fields": {(f.alias or n): f.description or "" for n, f in cls.model_fields.items()},
            "doc": inspect.getdoc(cls) or "",
        }
        for key, cls in chosen.items()
    }


def print_kinds() -> None:
    """One line for each kind."""
    rows = [(name, ", ".join(cls.verbs), first_line(cls)) for name, cls in kinds().items()]
    print_rows("component kinds", ("kind", "verbs", "what it does"), rows, console())


def print_kind(name: str) -> None:
    """One kind in full."""
    cls = _kind(name)
    out = console()
    out.print(Text(inspect.getdoc(cls) or ""))
    out.print()
    rows = [((f.alias or n), f.description or "") for n, f in cls.model_fields.items() if n != "kind"]
    print_rows(f"fields of {name}", ("field", "meaning"), rows, out)
    for verb, options in cls.verbs.items():
        rows = [((f.alias or n), f.description or "") for n, f in options.model_fields.items()]
        print_rows(f"options of {verb}", ("option", "meaning"), rows, out)


def fault_shape(name: str | None) -> dict[str, Any]:
    """The faults as JSON: fields with their meaning, the docstring."""
    chosen = faults() if name is None else {name: _fault(name)}
    return {
        key: {
            "fields": {(f.alias or n): f.description or "" for n, f in cls.model_fields.items()},
            "doc": inspect.getdoc(cls) or "",
        }
        for key, cls in chosen.items()
    }


def print_faults() -> None:
    """One line for each fault."""
    rows = [(name, first_line(cls)) for name, cls in faults().items()]
    print_rows("faults", ("fault", "what it does"), rows, console())


def print_fault(name: str) -> None:
    """One fault in full."""
    cls = _fault(name)
    out = console()
    out.print(Text(inspect.getdoc(cls) or ""))
    out.print()
    rows = [((f.alias or n), f.description or "") for n, f in cls.model_fields.items()]
    print_rows(f"fields of {name}", ("field", "meaning"), rows, out)


def figures(found: Profile) -> list[dict[str, Any]]:
    """Each published figure of a profile beside what the closed form gives: 1/s or s; null where nothing limits it."""
    return [
        {
            "call": f.call,
            "metric": f.metric,
            "design": {**f.fields, **f.options},
            "published": f.value,
            "modelled": modelled(found, f),
            "unit": "1/s" if f.metric == "rate" else "s",
            "source": f.source,
        }
        for f in found.published
    ]


def profile_shape(name: str | None) -> dict[str, Any]:
    """The profiles as JSON: each default with its source, each published figure with the model's."""
    chosen = profiles() if name is None else {name: _profile(name)}
    return {
        key: {
            "kind": p.kind,
            "title": p.title,
            "notes": p.notes,
            "fields": {f: {"value": v, "source": p.sources[f]} for f, v in p.defaults.items()},
            "published": figures(p),
        }
        for key, p in chosen.items()
    }


def print_profiles() -> None:
    """One line for each profile."""
    rows = [(p.name, p.kind, p.title) for p in profiles().values()]
    print_rows("profiles", ("profile", "kind", "what it is"), rows, console())


def print_profile(name: str) -> None:
    """One profile in full."""
    found = _profile(name)
    rows = [(f, str(v), found.sources[f]) for f, v in found.defaults.items()]
    print_rows(f"{found.name}: {found.title} ({found.kind})", ("field", "value", "source"), rows, console())
    published = [
        (
            " ".join([f["call"], f["metric"], *(f"{k}={v}" for k, v in f["design"].items())]),
            f["published"],
            "unlimited" if f["modelled"] is None else show(f["modelled"], f["unit"]),
            f["source"],
        )
        for f in figures(found)
    ]
    print_rows(
        "published figures, and what this model gives", ("figure", "published", "here", "source"), published, console()
    )
    if found.notes:
        console().print(Text(found.notes))
