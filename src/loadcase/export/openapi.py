"""The interface as OpenAPI."""

from __future__ import annotations

from collections import Counter
from typing import Any

from loadcase.blueprint.model import Blueprint
from loadcase.export.base import Export, Made, NothingError
from loadcase.export.entities import field_schema, numbered_field, schema
from loadcase.export.http import KEY_HEADER, Behind, Operation, behind, operations, parameters, since
from loadcase.export.text import json_text, line, prose, sentences, slugs

JSON = "application/json"


class OpenApi(Export):
    """The interface as an OpenAPI 3.1 document: paths, parameters, bodies, answers and errors.

    From: `api`, whose `does:` is read as `METHOD /path/{name}?query=`, with `{field, field}` for the fields of a body
    and `(Idempotency-Key)` for a header; WS, SSE and long-poll are calls too. An endpoint that has a flow of its name
    takes more from it: the body is the first entity that the flow makes, the answer to a read the entity that it
    reads. `once` becomes the field of the body, or the header `Idempotency-Key`, that names the operation. Parameters
    such as `cursor`, `before_seq` or `since` make a page. 429 is there where a limiter stands in the way, 503 where a
    queue is bounded, requests are shed, or a breaker opens; 409 where a write is made only if nothing has changed, or
    claims; 403 where a guarantee says who `only` may.

    Unknown: the code of a success other than a read's (`2XX`), who may call it how (no security scheme), the server,
    the version (0.0.0), and which fields of a body may be missing (all but the one that names the operation). All
    content is taken to be JSON, and a page to have `items` and `next_cursor`. An endpoint whose `does:` is no call of
    HTTP is left out.

    Checked: by openapi-spec-validator.

    Source: OpenAPI Specification 3.1.
    """

    title = "OpenAPI 3.1"

    def make(self, blueprint: Blueprint) -> Made:
        """One document, as JSON."""
        found, left_out = operations(blueprint)
        if not found:
            raise NothingError(
                f"{line(blueprint.name)} has no call of HTTP under api: "
                f"{'; '.join(map(line, left_out)) or 'it has no api'}",
                hint="for example api: {send: {kind: write, does: POST /messages}}",
            )
        return Made([("openapi.json", json_text(_Document(blueprint, found).made()))], left_out)


class _Document:
    def __init__(self, blueprint: Blueprint, found: list[Operation]) -> None:
        self.b = blueprint
        self.found = found
        self.names = slugs(blueprint.entities)
        self.used: dict[str, bool] = {}
        calls = Counter(o.name for o in found)
        names = [o.name if calls[o.name] == 1 else f"{o.name} {o.method} {o.path}" for o in found]
        ids = slugs(names)
        self.ids = [ids[name] for name in names]

    def made(self) -> dict[str, Any]:
        paths: dict[str, Any] = {}
        spelled: dict[str, str] = {}
        for operation, name in zip(self.found, self.ids, strict=True):
            shape = "/".join("{}" if "{" in part else part for part in operation.path.split("/"))
            same = spelled.setdefault(shape, operation.path)
            made, method = self.operation(operation, name, same), operation.method.lower()
            there = paths.setdefault(same, {}).setdefault(method, made)
            if there is not made:  # the same path becomes a WebSocket when its client asks for that
                there["responses"] = {**made["responses"], **there["responses"]}
                there["x-websocket"] = operation.name
        about = sentences(
            self.b.prompt,
            "Made from a blueprint, which says neither version, servers nor security schemes",
            "All content is taken to be JSON",
        )
        document: dict[str, Any] = {
            "openapi": "3.1.0",
            "info": {"title": line(self.b.title or self.b.name), "version": "0.0.0", "description": prose(about)},
            "paths": paths,
            "components": {"responses": self.responses(paths)},
        }
        if self.used:
            made = {self.names[e]: schema(self.b, e, numbered_field(self.b, e)) for e in self.used}
            document["components"]["schemas"] = {
                name: {key: value for key, value in one.items() if key != "required"} for name, one in made.items()
            }
        return document

    def operation(self, o: Operation, name: str, path: str) -> dict[str, Any]:
        facts = behind(self.b, o)
        body = self.body(o, facts)
        made: dict[str, Any] = {
            "operationId": name,
            "summary": line(o.endpoint.does or o.name),
            "tags": [o.endpoint.kind],
            "x-kind": o.endpoint.kind,
        }
        if told := sentences(*(f"Guaranteed: {g}" for g in o.endpoint.guarantees), *self.said(o, facts, body)):
            made["description"] = prose(told)
        if found := self.sent(o, facts, body, path):
            made["parameters"] = found
        if body is not None:
            made["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
        made["responses"] = self.answers(o, facts)
        return made

    def said(self, o: Operation, facts: Behind, body: dict[str, Any] | None) -> list[str]:
        told = []
        arrive = facts.flow.arrive if facts.flow else None
        if arrive is not None and arrive.timeout is not None:
            told.append(f"Clients wait {arrive.timeout:g} s for an answer")
        if arrive is not None and arrive.retry is not None:
            told.append(f"and try again at most {arrive.retry.max} times" if told else "Clients try again")
            told = [" ".join(told)]
        if body is None and o.method in ("POST", "PUT", "PATCH") and not o.parameters:
            told.append("The design does not say what the body holds")
        return told

    def entity(self, name: str) -> dict[str, Any]:
        self.used[name] = True
        return {"$ref": f"#/components/schemas/{self.names[name]}"}

    def body(self, o: Operation, facts: Behind) -> dict[str, Any] | None:
        """What is sent: the listed fields, or the entity that is made."""
        fields = self.b.entities[facts.written].fields if facts.written else {}
        if o.body is not None:
            listed = {f: field_schema(fields[f]) if f in fields else {} for f in o.body}
            always = [f for f in o.body if f == facts.once]
            return {"type": "object", "properties": listed, **({"required": always} if always else {})}
        if o.method not in ("POST", "PUT", "PATCH") or facts.written is None:
            return None
        if not facts.makes and (o.parameters or o.endpoint.kind == "write"):
            return None
        one = self.entity(facts.written)
        sent = o.header is None and facts.once in fields
        return {"allOf": [one, {"required": [facts.once]}]} if sent else one

    def sent(self, o: Operation, facts: Behind, body: dict[str, Any] | None, path: str) -> list[dict[str, Any]]:
        entity = facts.written or facts.read
        fields = self.b.entities[entity].fields if entity else {}
        made: list[dict[str, Any]] = []
        spelled = parameters(path)
        for name in spelled:
            known = field_schema(fields[name]) if name in fields else {}
            kind = known if known.get("type") else {"type": "string"}
            made.append({"name": name, "in": "path", "required": True, "schema": kind})
        for name in o.query:
            field = since(name) or name
            known = field_schema(fields[field]) if field in fields else {}
            made.append(
                {
                    "name": name,
                    "in": "query",
                    "required": False,
                    "schema": known if known.get("type") else {"type": "string"},
                    **({"description": _cursor(name)} if name in o.cursors else {}),
                }
            )
        if (header := self.key_header(o, facts, body, spelled)) is not None:
            what = f" It is {line(facts.once)} of {line(facts.written)}." if facts.once and facts.written else ""
            told = f"Names the operation: one that comes again has no further effect.{what}"
            made.append(
                {"name": header, "in": "header", "required": True, "schema": {"type": "string"}, "description": told}
            )
        return made

    def key_header(self, o: Operation, facts: Behind, body: Any, path: list[str]) -> str | None:
        """The header that names the operation; None where something else does, or nothing."""
        if o.header is not None:
            return o.header
        if facts.once is None:
            return KEY_HEADER if o.idempotent and body is None and not path else None
        sent = set(path) | set(o.body or ()) | set(o.query)
        if body is not None and o.body is None and facts.written is not None:
            sent |= set(self.b.entities[facts.written].fields)
        return None if facts.once in sent else KEY_HEADER

    def answers(self, o: Operation, facts: Behind) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if o.stream == "websocket":
            made["101"] = {"description": "The connection is a WebSocket from here on."}
        elif o.stream == "events":
            made["200"] = {"description": "Events, as they come.", "content": {"text/event-stream": {}}}
        elif o.method in ("GET", "HEAD") or o.endpoint.kind in ("read", "catch_up"):
            made["2XX" if o.stream else "200"] = self.answer(o, facts)
        else:
            made["2XX"] = {"description": "Done. The design does not say what is in the answer."}
        if any(g.strip().lower().endswith(" only") for g in o.endpoint.guarantees):
            made["403"] = {"$ref": "#/components/responses/Forbidden"}
        if facts.conflicts:
            made["409"] = {"$ref": "#/components/responses/Conflict"}
        if facts.limited:
            made["429"] = {"$ref": "#/components/responses/TooManyRequests"}
        if facts.sheds:
            made["503"] = {"$ref": "#/components/responses/Unavailable"}
        return made

    def answer(self, o: Operation, facts: Behind) -> dict[str, Any]:
        """What a read answers: an entity, a page of them, or what is not said."""
        if facts.read is None:
            return {"description": "What is asked for. The design does not say what is in it."}
        one = self.entity(facts.read)
        if not o.cursors and o.path.endswith("}"):
            return {"description": line(facts.read), "content": {JSON: {"schema": one}}}
        if not o.cursors:
            return {"description": f"{line(facts.read)}, or several.", "content": {JSON: {"schema": {
                "anyOf": [one, {"type": "array", "items": one}]}}}}  # fmt: skip
        page: dict[str, Any] = {"type": "object", "properties": {"items": {"type": "array", "items": one}}}
        if any(since(q) is None for q in o.cursors):
            page["properties"]["next_cursor"] = {
                "type": ["string", "null"],
                "description": "Asks for the next page; null or missing on the last one.",
            }
        return {"description": "A page.", "content": {JSON: {"schema": page}}}

    def responses(self, paths: dict[str, Any]) -> dict[str, Any]:
        """The errors that are referred to."""
        later = {
            "headers": {"Retry-After": {"schema": {"type": "string"}, "description": "When to try again, if it says."}}
        }
        known: dict[str, dict[str, Any]] = {
            "Forbidden": {"description": "Others than those who may are refused."},
            "Conflict": {"description": "What it was made from has changed, or what it claims is taken."},
            "TooManyRequests": {"description": "Over the limit: refused, and nothing was done.", **later},
            "Unavailable": {"description": "Too busy, and turned away.", **later},
        }
        used = {
            answer["$ref"].rpartition("/")[2]
            for methods in paths.values()
            for made in methods.values()
            for answer in made["responses"].values()
            if "$ref" in answer
        }
        return {name: response for name, response in known.items() if name in used}


def _cursor(name: str) -> str:
    field = since(name)
    return f"Where the page before ended: a value of {field}." if field else "Where the page before ended."
