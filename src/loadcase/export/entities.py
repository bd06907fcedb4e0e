"""What a design says of its entities that a schema can say: fields and their types, keys, and where they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from loadcase.blueprint.knowledge import calls, entity_of, together
from loadcase.blueprint.model import Blueprint, Entity, FlowSpec
from loadcase.blueprint.steps import Call
from loadcase.core.errors import suggest
from loadcase.export.base import NothingError, refused
from loadcase.export.text import line
from loadcase.kinds.store import Store, WriteOptions
from loadcase.profiles import profile


@dataclass(frozen=True)
class Type:
    """A type of a field in the formats: PostgreSQL, CQL and JSON Schema, and what is said of it."""

    sql: str
    cql: str
    json: dict[str, Any]
    meaning: str


PROTOTYPE = "__proto__"
OPAQUE = {"type": "string"}
TYPES = {
    "id": Type("TEXT", "text", OPAQUE, "an identifier whose form the design does not say"),
    "uuid": Type("UUID", "uuid", {"type": "string", "format": "uuid"}, "a UUID"),
    "hash": Type("TEXT", "text", OPAQUE, "a digest, spelled as text"),
    "text": Type("TEXT", "text", OPAQUE, "text"),
    "bool": Type("BOOLEAN", "boolean", {"type": "boolean"}, "yes or no"),
    "int": Type("BIGINT", "bigint", {"type": "integer", "format": "int64"}, "a whole number of 64 bits"),
    "float": Type("DOUBLE PRECISION", "double", {"type": "number", "format": "double"}, "a number of 64 bits"),
    "decimal": Type("NUMERIC", "decimal", OPAQUE, "an exact number; in JSON as text"),
    "time": Type("TIMESTAMPTZ", "timestamp", {"type": "string", "format": "date-time"}, "a moment"),
    "date": Type("DATE", "date", {"type": "string", "format": "date"}, "a day"),
    "bytes": Type("BYTEA", "blob", {"type": "string", "contentEncoding": "base64"}, "bytes"),
    "json": Type("JSONB", "text", {}, "any JSON"),
    "list": Type("JSONB", "text", {"type": "array"}, "a list whose elements the design does not say, as JSON"),
}
"""The types that `entities.NAME.fields` may use so that every export knows them."""


def type_of(spelled: str) -> Type | None:
    """The type of that spelling; None when no export knows it."""
    return TYPES.get(spelled.strip().lower())


def column_types(blueprint: Blueprint, name: str, entity: Entity) -> Iterator[tuple[str, Type]]:
    """The fields of an entity, each with its type. Raises BlueprintError for one that no column could have."""
    for field_name, spelled in entity.fields.items():
        found = type_of(spelled)
        if found is None:
            raise refused(
                blueprint, ("entities", name, "fields", field_name),
                f"the type {line(spelled)!r} is none that a column could have",
                suggest(spelled, TYPES) or f"one of {', '.join(TYPES)}",
            )  # fmt: skip
        yield field_name, found


@dataclass
class Kept:
    """An entity in a store: the verbs that reach it there, and what its writes say."""

    name: str
    entity: Entity
    verbs: set[str] = field(default_factory=set)
    numbered: bool = False
    """Whether the store numbers its appends (`sequence`)."""
    several: bool = False
    """Whether one transaction writes several of it."""

    @property
    def key(self) -> list[str]:
        """Its key's fields: the partition key first, then the clustering order."""
        return [self.entity.key] if isinstance(self.entity.key, str) else list(self.entity.key or [])

    @property
    def row(self) -> list[str]:
        """The fields that name one row.

        They are the key where rows are overwritten by it, where the store numbers them, and where there is nothing
        else. Several appends may share a key whose clustering order is not such a number; their identity tells them
        apart.
        """
        identity = self.entity.identity
        if not self.key:
            return [identity] if identity else []
        overwritten = bool(self.verbs & {"write", "update", "claim"})
        if identity is None or identity in self.key or overwritten or (self.numbered and len(self.key) > 1):
            return self.key
        if not self.verbs & {"append", "transact"} or (self.several and len(self.key) > 1):
            return self.key
        return [*self.key, identity]


def stores(blueprint: Blueprint, model: str) -> dict[str, Store]:
    """The stores whose product keeps data in that model, by name."""
    return {
        name: component
        for name, component in blueprint.components.items()
        if isinstance(component, Store) and model_of(component) == model
    }


def model_of(component: Store) -> str | None:
    """The data model of a store's product; None where the design names none, or one that has no such model."""
    found = profile(component.like) if component.like else None
    return found.model if found else None


def kept(blueprint: Blueprint, store: str) -> dict[str, Kept]:
    """The entities that flows read from a store or write to it, in the order of the design."""
    found: dict[str, Kept] = {}
    for flow in blueprint.flows.values():
        together_in: dict[tuple[Any, ...], list[str]] = {}
        for call in calls(flow.steps):
            name = entity_of(call)
            if call.component != store or name is None or name not in blueprint.entities:
                continue
            one = found.setdefault(name, Kept(name, blueprint.entities[name]))
            one.verbs.add(call.verb)
            if isinstance(call.options, WriteOptions):
                one.numbered |= call.options.sequence is not None
                if together((call,)):
                    together_in.setdefault(call.path[:-2], []).append(name)
        for names in together_in.values():
            for name in names:
                found[name].several |= names.count(name) > 1
    return {name: found[name] for name in blueprint.entities if name in found}


def tables(blueprint: Blueprint, model: str, product: str) -> tuple[dict[str, dict[str, Kept]], list[str]]:
    """Entities with fields and a key, by the store of that data model that keeps them; and what is left out.

    Raises NothingError when there is none.
    """
    found: dict[str, dict[str, Kept]] = {}
    left_out: list[str] = []
    for store in stores(blueprint, model):
        for name, one in kept(blueprint, store).items():
            if not one.entity.fields:
                left_out.append(f"{name} in {store}: the design does not say its fields")
            elif not one.row:
                left_out.append(f"{name} in {store}: the design says neither its key nor its identity")
            else:
                found.setdefault(store, {})[name] = one
    for store, component in blueprint.components.items():
        if isinstance(component, Store) and model_of(component) != model:
            why = f"{component.like} is no {product}" if component.like else "the design does not say of which product"
            left_out.append(f"the store {store}: {why}")
    if not found:
        reason = "; ".join(map(line, left_out)) or "the design has no store"
        raise NothingError(
            f"{line(blueprint.name)} keeps nothing whose fields are said in a {product}: {reason}",
            hint=f"say `like:` of the store, `fields:` and `key:` of what it keeps (a {product}: {products(model)})",
        )
    return found, left_out


def products(model: str) -> str:
    """The profiles of a data model, in a sentence."""
    from loadcase.profiles import profiles

    return ", ".join(name for name, found in profiles().items() if found.model == model)


def field_schema(spelled: str) -> dict[str, Any]:
    """The JSON Schema of a field; of a type that no export knows one that takes anything, and says so."""
    found = type_of(spelled)
    if found is None:
        return {"description": f"The design calls its type {line(spelled)}.", "x-type": line(spelled)}
    return dict(found.json)


def schema(blueprint: Blueprint, name: str, numbered: str | None = None) -> dict[str, Any]:
    """The JSON Schema of an entity. Which fields may be missing is not said, but for those of key and identity."""
    entity = blueprint.entities[name]
    key = [entity.key] if isinstance(entity.key, str) else list(entity.key or [])
    made: dict[str, Any] = {"type": "object"}
    if not entity.fields:
        return {**made, "description": "The design does not say its fields."}
    if PROTOTYPE in entity.fields:
        path = ("entities", name, "fields", PROTOTYPE)
        raise refused(blueprint, path, f"tools in JavaScript take {PROTOTYPE} for something else than a field",
                      "give it another name")  # fmt: skip
    made["properties"] = {f: field_schema(spelled) for f, spelled in entity.fields.items()}
    if numbered is not None and numbered in made["properties"]:
        made["properties"][numbered] |= {"readOnly": True, "description": "Numbered by the store."}
    always = [f for f in entity.fields if f in {*key, entity.identity}]
    if always:
        made["required"] = always
    if entity.identity in made["properties"]:
        made["properties"][entity.identity].setdefault("description", "Names the operation.")
    return made


def numbered_field(blueprint: Blueprint, name: str) -> str | None:
    """The clustering field of an entity whose appends a store numbers."""
    entity = blueprint.entities[name]
    if not isinstance(entity.key, list) or len(entity.key) < 2:
        return None
    for flow in blueprint.flows.values():
        for call in calls(flow.steps):
            if entity_of(call) == name and getattr(call.options, "sequence", None):
                return entity.key[-1]
    return None


def publishes(flow: FlowSpec) -> Iterator[Call]:
    """The calls of a flow that publish a message."""
    return (call for call in calls(flow.steps) if call.verb == "publish")
