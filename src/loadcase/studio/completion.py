"""What may stand at a place of a text, by the JSON Schema of the format and by the names that the text itself gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from loadcase.blueprint.schema import json_schema
from loadcase.core.metrics import CORRECTNESS, metric_names
from loadcase.kinds import kinds
from loadcase.profiles import profile, profile_names
from loadcase.studio.language import KEYWORDS, SECTIONS, first_line
from loadcase.studio.outline import Cursor, Entry, Path, cursor, entries

MOST = 300
REFERS = {
    "on": "components", "by": "service", "from": "store", "log": "log", "queue": "queue", "topic": "topic",
    "dead_letters": "queue", "between": "components", "key": "entities", "entity": "entities", "session": "entities",
    "sequence": "entities", "in_order": "entities", "flow": "flows", "variant": "variants", "shown_in": "cases",
    "contract": "metrics", "sacred": "metrics", "breaks": "metrics", "degrade": "metrics", "slos": "metrics",
}  # fmt: skip
"""What the value of a field (or an item of it) names: a section, a kind of component, or metrics."""
SECTION_DOC = {
    "components": "A component.", "entities": "An entity.", "flows": "A flow.", "variants": "A variant.",
    "cases": "A case.", "metrics": "A metric.",
}  # fmt: skip


@dataclass
class Names:
    """What a text names."""

    components: dict[str, str] = field(default_factory=dict)
    """By name the kind; empty while there is none."""
    sections: dict[str, list[str]] = field(default_factory=dict)
    siblings: dict[Path, list[str]] = field(default_factory=dict)
    """By the path of a mapping its keys."""

    def of(self, what: str) -> list[str]:
        """The names of a section, the components of a kind, or metrics."""
        if what == "components":
            return list(self.components)
        if what == "metrics":
            return self.metrics()
        if what in SECTION_DOC:
            return self.sections.get(what, [])
        return [name for name, kind in self.components.items() if kind == what]

    def metrics(self) -> list[str]:
        """What a contract may speak of."""
        flows, entities = self.sections.get("flows", []), self.sections.get("entities", [])
        found = [f"{flow}.{m}" for flow in flows for m in metric_names("flow")]
        found += [f"{name}.{m}" for name, kind in self.components.items() for m in metric_names("component", kind)]
        for metric in CORRECTNESS:
            found += [f"{name}.{metric.name}" for name in (entities if metric.of == "entity" else flows)]
        return [*found, "cost"]


def names_in(found: list[Entry]) -> Names:
    """The names of a text."""
    names = Names()
    for entry in found:
        path = entry.path
        if path and isinstance(path[-1], str):
            known = names.siblings.setdefault(path[:-1], [])
            if path[-1] not in known:
                known.append(path[-1])
        if len(path) == 2 and isinstance(path[1], str):
            listed = names.sections.setdefault(str(path[0]), [])
            if path[1] not in listed:
                listed.append(path[1])
                if path[0] == "components":
                    names.components.setdefault(path[1], "")
        if len(path) == 3 and path[0] == "components" and path[2] == "kind" and entry.value:
            names.components[str(path[1])] = entry.value
        if len(path) == 3 and path[0] == "components" and path[2] == "like" and entry.value:
            known_profile = profile(entry.value)
            if known_profile is not None and not names.components.get(str(path[1])):
                names.components[str(path[1])] = known_profile.kind
    return names


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of the format."""
    return json_schema()


def completions(text: str, line: int, column: int) -> dict[str, Any]:
    """What may stand at a place (line and column from 1): `from` is the column at which it begins."""
    at = cursor(text, line, column)
    lines = text.split("\n")
    if 0 < line <= len(lines):  # what is being typed names nothing yet
        lines[line - 1] = lines[line - 1][: at.column - 1] + lines[line - 1][max(0, column - 1) :]
    names = names_in(entries("\n".join(lines)))
    rest = text.split("\n")[line - 1] if 0 < line <= len(lines) else ""
    after = rest[max(0, column - 1) :].lstrip()
    typed = at.prefix.lower()
    proposed = [item for item in _proposed(at, names) if typed in item["label"].lower()]
    proposed.sort(key=lambda item: not item["label"].lower().startswith(typed))
    if after.startswith(":"):  # the name of a field is replaced, what follows it is there
        proposed = [{**item, "insert": item["insert"].removesuffix(": ")} for item in proposed]
    return {"from": at.column, "items": proposed[:MOST]}


def _proposed(at: Cursor, names: Names) -> Iterator[dict[str, Any]]:
    here = _at(at.path, names)
    if at.key is None and not at.in_list:
        if at.path and at.path[-1] == "degrade":
            yield from (_item(name, "property", "metric", "A metric that may give way.", f"{name}: ") for name in
                        names.metrics())  # fmt: skip
        yield from _keys(here, at.path, names)
        return
    if at.in_list:
        yield from _values([inner for node in here for inner in _into(node, 0)], at.path, names)
        return
    if at.key:
        yield from _values(_below(here, at.path, at.key, names), (*at.path, at.key), names)


def _keys(nodes: list[dict[str, Any]], path: Path, names: Names) -> Iterator[dict[str, Any]]:
    """The fields of a mapping that are not there yet."""
    given = set(names.siblings.get(path, []))
    told: set[str] = set()
    for node in nodes:
        for name, inner in node.get("properties", {}).items():
            if name not in given and name not in told:
                told.add(name)
                doc = SECTIONS.get(name, "") if not path else inner.get("description", "")
                yield _item(name, "property", _kind_of(inner), doc or _doc(inner), f"{name}: ")
        if _is_step(node):
            yield from (item for item in _steps(names) if item["label"] not in given)


def _values(nodes: list[dict[str, Any]], path: Path, names: Names) -> Iterator[dict[str, Any]]:
    """What may be the value of a field, or an item of a list."""
    last = next((str(p) for p in reversed(path) if isinstance(p, str)), "")
    if last in REFERS:
        what = REFERS[last]
        for name in names.of(what):
            yield _item(name, "variable", names.components.get(name, ""), SECTION_DOC.get(what, f"A {what}."), name)
    told: set[str] = set()
    for node in nodes:
        if _is_step(node):
            yield from _steps(names)
            continue
        for name, inner in node.get("properties", {}).items():
            if name not in told and isinstance(path[-1], str) and last == "faults":
                told.add(name)
                yield _item(name, "function", "fault", _doc(inner), f"{name}: ")
        for value in [*node.get("enum", []), *([node["const"]] if "const" in node else [])]:
            if isinstance(value, str) and str(value) not in told:
                told.add(str(value))
                yield _item(str(value), "enum", "", _value_doc(last, str(value)) or node.get("description", ""),
                            str(value))  # fmt: skip
        if node.get("type") == "boolean":
            yield from (_item(word, "enum", "", node.get("description", ""), word) for word in ("true", "false"))
    for node in nodes:
        for example in node.get("examples", []):
            if str(example) not in told:
                told.add(str(example))
                yield _item(str(example), "text", "for example", node.get("description", ""), str(example))
    if any("examples" in node for node in nodes):
        for name in names.sections.get("estimates", []):
            yield _item(name, "constant", "estimate", "An estimate of this blueprint.", name)


def _steps(names: Names) -> Iterator[dict[str, Any]]:
    """The calls that the components take, and the words that compose steps."""
    for name, kind in names.components.items():
        cls = kinds().get(kind)
        for verb, options in cls.verbs.items() if cls is not None else ():
            yield _item(f"{name}.{verb}", "function", kind, first_line(options), f"{name}.{verb}")
    for word, doc in KEYWORDS.items():
        yield _item(word, "keyword", "", doc, f"{word}: ")


def _value_doc(name: str, value: str) -> str:
    if name == "kind" and value in kinds():
        return (kinds()[value].__doc__ or "").strip()
    if name == "like" and (found := profile(value)) is not None:
        return f"{found.title}. {found.notes}".strip()
    return ""


def _item(label: str, kind: str, detail: str, doc: str, insert: str) -> dict[str, Any]:
    return {"label": label, "type": kind, "detail": detail, "doc": doc, "insert": insert}


def _kind_of(node: dict[str, Any]) -> str:
    examples = next((n["examples"] for n in _resolved(node) if n.get("examples")), None)
    return f"such as {examples[0]}" if examples else ""


def _doc(node: dict[str, Any]) -> str:
    return next((n["description"] for n in _resolved(node) if n.get("description")), "")


# --- along the schema -------------------------------------------------------------------------------------------------
def _at(path: Path, names: Names) -> list[dict[str, Any]]:
    """The schemas of what stands at a path."""
    here = [schema()]
    for i, part in enumerate(path):
        here = _below(here, path[:i], part, names)
    return here


def _below(nodes: list[dict[str, Any]], path: Path, part: str | int, names: Names) -> list[dict[str, Any]]:
    found = [inner for node in nodes for inner in _into(node, part)]
    if len(path) == 1 and path[0] == "components":
        kind = names.components.get(str(part), "")
        return [n for n in found if n["properties"]["kind"].get("const") == kind] or [_any_component()]
    target, _, verb = str(part).partition(".")
    cls = kinds().get(names.components.get(target, ""))
    if verb and cls is not None and verb in cls.verbs and any(map(_is_step, nodes)):
        return [schema()["$defs"][cls.verbs[verb].__name__]]
    return found


@cache
def _any_component() -> dict[str, Any]:
    """A component whose kind is not said yet."""
    like = {"enum": list(profile_names()), "description": "A profile: defaults of a known product."}
    return {"properties": {"kind": {"enum": list(kinds()), "description": "What it does."}, "like": like}}


def _into(node: dict[str, Any], part: str | int) -> list[dict[str, Any]]:
    """The alternatives below a schema."""
    if isinstance(part, int):
        return _resolved(node["items"]) if isinstance(node.get("items"), dict) else []
    if part in node.get("properties", {}):
        return _resolved(node["properties"][part])
    for pattern, inner in node.get("patternProperties", {}).items():
        if re.match(pattern, part):
            return _resolved(inner)
    more = node.get("additionalProperties")
    return _resolved(more) if isinstance(more, dict) else []


def _resolved(node: dict[str, Any]) -> list[dict[str, Any]]:
    """A schema with what it refers to, as its alternatives; descriptions of the outer one stay with the inner."""
    said = {"description": node["description"]} if "description" in node else {}
    if "$ref" in node:
        return [{**one, **said} for one in _resolved(schema()["$defs"][node["$ref"].rpartition("/")[2]])]
    for way in ("anyOf", "oneOf", "allOf"):
        if way in node and "properties" not in node:
            inner = [one for part in node[way] for one in _resolved(part)]
            known = {key: node[key] for key in ("examples",) if key in node}
            return [
                *({**one, **said} for one in inner if one.get("type") != "null"),
                *([known | said] if known else []),
            ]
    return [node]


def _is_step(node: dict[str, Any]) -> bool:
    return "patternProperties" in node
