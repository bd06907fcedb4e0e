"""The gallery, listed and shown."""

from __future__ import annotations

from typing import Any

from rich.padding import Padding
from rich.text import Text

from loadcase.report.text import console, print_rows
from loadcase.systems import System


def system_json(system: System) -> dict[str, Any]:
    """A system as JSON: where it is, what it promises, what happens to it, what it decided."""
    b = system.blueprint
    return {
        "name": system.name,
        "title": system.title,
        "file": str(system.path),
        "prompt": b.prompt,
        "hard_part": system.hard_part,
        "contract": [g.text for g in b.contract],
        "cases": list(b.cases),
        "decisions": {
            name: {"choose": d.choose, "over": d.over, "variant": d.variant, "breaks": d.breaks}
            for name, d in b.decisions.items()
        },
    }


def print_systems(systems: list[System]) -> None:
    """One line for each."""
    out = console()
    print_rows("gallery", ("system", "what makes it hard"), [(s.name, s.hard_part or s.title) for s in systems], out)
    out.print(Text("loadcase gallery NAME shows one; loadcase new --from NAME my.yaml starts from it", "dim"))


def print_system(system: System) -> None:
    """What a system is asked for, promises and decided, and what happens to it."""
    b, out = system.blueprint, console()
    out.print(Text(system.title, "bold"))
    for text in (b.prompt, system.hard_part):
        if text:
            out.print(Text(text))
    for heading, lines in (
        ("promises", [g.text for g in b.contract]),
        ("cases", [", ".join(b.cases)]),
        ("decisions", [_decided(name, d.choose, d.over, d.variant) for name, d in b.decisions.items()]),
    ):
        out.print(Text(heading, "bold"))
        for line in lines:
            out.print(Padding(Text(line), (0, 0, 0, 4), expand=False))
    out.print(Text(f"loadcase new --from {system.name} my.yaml starts from it; it is in {system.path}", "dim"))


def _decided(name: str, choose: str, over: list[str], variant: str | None) -> str:
    instead = f", not {' or '.join(over)}" if over else ""
    return f"{name}: {choose}{instead}" + (f" (--variant {variant})" if variant else "")
