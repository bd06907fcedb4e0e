"""Known products: defaults for the fields of a component, each number with its unit and source. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Profile:
    """One product. `defaults` are raw values as a blueprint would hold them; `sources` has one for each."""

    name: str
    kind: str
    title: str
    defaults: dict[str, Any]
    sources: dict[str, str]
    notes: str = ""


@cache
def profile_names() -> tuple[str, ...]:
    """Names of all profiles, in alphabetical order."""
    found = [f.name.removesuffix(".yaml") for f in files(__name__).iterdir() if f.name.endswith(".yaml")]
    return tuple(sorted(found))


@cache
def profile(name: str) -> Profile | None:
    """The profile of that name, or None."""
    if name not in profile_names():
        return None
    from ruamel.yaml import YAML

    raw = YAML(typ="safe", pure=True).load((files(__name__) / f"{name}.yaml").read_text("utf-8"))
    fields = raw["fields"]
    return Profile(
        name,
        raw["kind"],
        raw["title"],
        {field: entry["value"] for field, entry in fields.items()},
        {field: entry["source"] for field, entry in fields.items()},
        raw.get("notes", ""),
    )


def profiles() -> dict[str, Profile]:
    """Every profile by name."""
    return {name: found for name in profile_names() if (found := profile(name)) is not None}
