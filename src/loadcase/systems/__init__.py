"""The gallery: worked designs, each a folder with its blueprint and the facts that its interviewer knows.

To list it takes no reader of designs: what reads one is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadcase.core.errors import UsageError, suggest

if TYPE_CHECKING:
    from loadcase.blueprint.model import Blueprint
    from loadcase.systems.facts import Facts

__all__ = ["System", "find", "folder", "head", "system", "systems"]


@dataclass(frozen=True)
class System:
    """One design of the gallery; `path` is its blueprint."""

    name: str
    path: Path

    @cached_property
    def blueprint(self) -> Blueprint:
        """The design, read at the first use."""
        from loadcase.blueprint.load import load

        return load(self.path)

    @cached_property
    def facts(self) -> Facts:
        """What its interviewer knows. Raises UsageError when nothing of it is written, BlueprintError."""
        from loadcase.systems.facts import load

        file = self.path.with_name("facts.yaml")
        if not file.is_file():
            raise UsageError(f"{self.name} has no facts.yaml", hint="see docs/facts.md for what it says")
        return load(file)

    @property
    def title(self) -> str:
        """What it is called."""
        return str(self._head.get("title") or self.name)

    @property
    def prompt(self) -> str:
        """What is asked for."""
        return str(self._head.get("prompt") or "").strip()

    @cached_property
    def _head(self) -> Mapping[str, Any]:
        """The beginning of the blueprint, without the design, which takes much longer to read."""
        found = head(self.path, "requirements")
        if not {"title", "prompt"} <= found.keys():
            return {"title": self.blueprint.title, "prompt": self.blueprint.prompt}
        return found

    @property
    def hard_part(self) -> str:
        """What makes it hard, in a sentence."""
        return (self.blueprint.requirements.hard_part or "").strip()


def head(path: Path, until: str) -> Mapping[str, Any]:
    """What a file of YAML says before a section; nothing where it does not have it."""
    from loadcase.blueprint.document import Document

    try:
        before, mark, _ = path.read_text("utf-8").partition(f"\n{until}:")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None
    return Document.parse(before, str(path)).data if mark else {}


def folder() -> Path | None:
    """Where the gallery is: the one that ships with the package, or that of a checkout."""
    for found in (Path(str(files("loadcase"))) / "gallery", Path(__file__).parents[3] / "gallery"):
        if found.is_dir():
            return found
    return None


def systems() -> list[System]:
    """All of them, by name."""
    root = folder()
    return [] if root is None else list(_of(root))


@cache
def _of(root: Path) -> tuple[System, ...]:
    """The systems of a folder, so that each is read once."""
    return tuple(System(p.parent.name, p) for p in sorted(root.glob("*/blueprint.yaml")))


def system(name: str) -> System:
    """The system of that name. Raises UsageError when the gallery has none."""
    known = {one.name: one for one in systems()}
    if name not in known:
        near = suggest(name, known)
        raise UsageError(f"the gallery has no {name!r}", hint=near or f"systems: {', '.join(known)}")
    return known[name]


def find(name: str) -> System:
    """The system of that name, or that of a folder of one's own with a blueprint and facts; a folder has a slash in it.

    Raises UsageError when there is none.
    """
    if "/" not in name and name not in (".", ".."):
        return system(name)
    path = Path(name).expanduser().absolute()
    for file in ("blueprint.yaml", "facts.yaml"):
        if not (path / file).is_file():
            raise UsageError(f"{path} has no {file}", hint="`loadcase practice new-prompt` makes both of a blueprint")
    return System(path.name, path / "blueprint.yaml")
