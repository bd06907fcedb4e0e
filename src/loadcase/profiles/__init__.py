"""Known products: defaults for the fields of a component, each number with its unit and source. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Published:
    """A figure that somebody published of a product, and the design that it was of.

    `metric` is `rate` (calls per second at which it is full) or a time of one call without any wait (`mean`, `p50`,
    `p95`, `p99`) of the verb `call`; `value` is raw, as in a blueprint, `unlimited`, or a bound such as `<= 5 ms`.
    `fields` are those of the component beside the profile's, `options` those of the call.
    """

    call: str
    metric: str
    value: str
    source: str
    fields: dict[str, Any]
    options: dict[str, Any]


METRICS = ("rate", "mean", "p50", "p95", "p99")


@dataclass(frozen=True)
class Profile:
    """One product. `defaults` are raw values as a blueprint would hold them; `sources` has one for each.

    `published` are the figures that the defaults must give back when they are run.
    """

    name: str
    kind: str
    title: str
    defaults: dict[str, Any]
    sources: dict[str, str]
    notes: str = ""
    published: tuple[Published, ...] = ()
    model: str | None = None
    """The data model of a store: relational or wide-column; None where neither fits."""


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
        tuple(_published(entry) for entry in raw.get("published", ())),
        raw.get("model"),
    )


def _published(entry: dict[str, Any]) -> Published:
    (metric,) = (name for name in METRICS if name in entry)
    return Published(
        entry["call"], metric, str(entry[metric]), entry["source"], entry.get("with", {}), entry.get("options", {})
    )


def profiles() -> dict[str, Profile]:
    """Every profile by name."""
    return {name: found for name in profile_names() if (found := profile(name)) is not None}
