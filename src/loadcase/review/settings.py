"""Which rules are looked at, and how grave they are: from the command line and from a file beside the blueprint.

`[tool.loadcase.review]` in a `pyproject.toml`, or `[review]` in a `loadcase.toml`; the nearest one in the folder of the
blueprint or above it counts:

    [tool.loadcase.review]
    select = ["LC55", "single-point-of-failure"]
    ignore = ["no-rollout"]
    severity = {unused-estimate = "error"}
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loadcase.core.errors import UsageError, suggest
from loadcase.review.catalogue import named, rules
from loadcase.review.rule import SEVERITIES, Rule, Severity

FIELDS = ("select", "ignore", "severity")


@dataclass(frozen=True)
class Settings:
    """The names of the rules that are looked at (None: all), those that are not, and changed severities."""

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    severity: Mapping[str, Severity] = field(default_factory=dict)

    def chosen(self) -> list[Rule]:
        """The rules that are looked at, in the order of their codes."""
        return [r for n, r in rules().items() if (self.select is None or n in self.select) and n not in self.ignore]

    def with_options(self, select: list[str], ignore: list[str]) -> Settings:
        """The same with what the command line says: its `select` replaces that of the file, and is looked at even where
        the file ignores it; its `ignore` adds to that of the file. Raises UsageError.
        """
        chosen = frozenset(named(select, "--select")) if select else self.select
        left = self.ignore - chosen if select and chosen is not None else self.ignore
        return Settings(chosen, left | named(ignore, "--ignore"), self.severity)


def settings_for(blueprint: Path) -> Settings:
    """Those of the nearest file; the default where there is none. Raises UsageError for what is wrong in it."""
    folder = blueprint.resolve()
    folder = folder if folder.is_dir() else folder.parent
    for one in (folder, *folder.parents):
        own, shared = one / "loadcase.toml", one / "pyproject.toml"
        if own.is_file():
            return _settings(_table(_read(own), ("review",), own), own)
        if shared.is_file():
            found = _table(_read(shared), ("tool", "loadcase", "review"), shared)
            if found is not None:
                return _settings(found, shared)
    return Settings()


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {file}: {error}", hint="mend it, or take it away") from None


def _table(data: Any, names: tuple[str, ...], file: Path) -> dict[str, Any] | None:
    for name in names:
        data = data.get(name)
        if data is None:
            return None
        if not isinstance(data, dict):
            raise UsageError(f"{file}: {name} is not a table", hint=f"write [{'.'.join(names)}]")
    return dict(data)


def _settings(data: dict[str, Any] | None, file: Path) -> Settings:
    data = data or {}
    for name in data:
        if name not in FIELDS:
            hint = suggest(name, FIELDS) or f"fields: {', '.join(FIELDS)}"
            raise UsageError(f"{file}: unknown field {name!r}", hint=hint)
    lists = {}
    for name in ("select", "ignore"):
        value = data.get(name, [])
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise UsageError(f"{file}: {name} is a list of rules", hint='for example ["LC55", "no-rollout"]')
        lists[name] = named(value, f"{file}, {name}")
    changed: dict[str, Severity] = {}
    given = data.get("severity", {})
    if not isinstance(given, dict):
        raise UsageError(f"{file}: severity is a table of rules", hint='for example {unused-estimate = "error"}')
    for name, level in given.items():
        if level not in SEVERITIES:
            raise UsageError(f"{file}: {name} cannot be {level!r}", hint=f"severities: {', '.join(SEVERITIES)}")
        for one in named([name], f"{file}, severity"):
            changed[one] = level
    select = frozenset(lists["select"]) if "select" in data else None
    return Settings(select, frozenset(lists["ignore"]), changed)
