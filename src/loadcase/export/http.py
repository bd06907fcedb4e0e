"""The design's interface as HTTP: what `does:` of an endpoint says, and what its flow says of it.

`does` is free text. What is read of it are calls `METHOD /path/{name}?query=&other=`, with WS, SSE and long-poll as
methods of their own, and after such a call the fields of its body, `{field, field}`, and a header, `(Idempotency-Key)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from loadcase.blueprint.knowledge import entity_of, waited_for
from loadcase.blueprint.model import Blueprint, Endpoint, FlowSpec
from loadcase.blueprint.steps import Call
from loadcase.kinds.base import Component
from loadcase.kinds.limiter import Limiter
from loadcase.kinds.log import Log
from loadcase.kinds.queue import Queue
from loadcase.kinds.service import Service
from loadcase.kinds.store import WriteOptions
from loadcase.kinds.topic import Topic

METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")
STREAMS = {"WS": "websocket", "SSE": "events", "long-poll": "long poll"}
"""How a call that stays open is spelled."""
KEY_HEADER = "Idempotency-Key"
"""The header that names an operation. Source: the IETF's draft of that name, and Stripe's documentation."""
_CALL = re.compile(
    rf"(?<![\w-])({'|'.join((*METHODS, *STREAMS))})\s+(/[\w.~:/@!$*+={{}}-]*)(\?[\w.=&-]*)?(?=[\s,;)]|$)", re.ASCII
)
_PARAMETER = re.compile(r"\{([A-Za-z_][\w-]*)\}", re.ASCII)
_BODY = re.compile(r"\s*\{\s*(\w+(?:\s*,\s*\w+)*)\s*\}", re.ASCII)
_HEADER = re.compile(r"[^()]{0,40}\(([A-Z][a-z]+(?:-[A-Z][a-z]+)+)\)")
_LATER = re.compile(r"(before|after|from|since)(?:_(\w+))?\Z")
_IDEMPOTENT = re.compile(r"\bidempotent\b|\b(?:exactly )?one effect\b|\bonce\b", re.IGNORECASE)


@dataclass(frozen=True)
class Operation:
    """One call of an endpoint."""

    name: str
    """Of the endpoint; of the flow too, where there is one of the same name."""
    endpoint: Endpoint
    method: str
    """A method of HTTP; GET for those that stay open."""
    path: str
    """A template: `/trips/{id}`."""
    stream: str | None = None
    """How it stays open: websocket, events, long poll; None when it does not."""
    query: tuple[str, ...] = ()
    body: tuple[str, ...] | None = None
    """Fields of the body, where `does` lists them."""
    header: str | None = None
    """The header that names the operation, where `does` says it."""

    @property
    def parameters(self) -> list[str]:
        """Names in the path."""
        return parameters(self.path)

    @property
    def cursors(self) -> list[str]:
        """Parameters of the query that say where the page before ended."""
        return [q for q in self.query if "cursor" in q or _LATER.match(q)]

    @property
    def idempotent(self) -> bool:
        """Whether a guarantee says that a repeat has no further effect."""
        return any(_IDEMPOTENT.search(text) for text in self.endpoint.guarantees)


def parameters(path: str) -> list[str]:
    """The names in a template of a path."""
    return _PARAMETER.findall(path)


def since(query: str) -> str | None:
    """The field that a cursor such as `before_seq` is a value of; None for an opaque one."""
    found = _LATER.match(query)
    return found[2] if found else None


def operations(blueprint: Blueprint) -> tuple[list[Operation], list[str]]:
    """Every call of the interface, and what is left out because it is none of HTTP or is there already."""
    found: list[Operation] = []
    left_out: list[str] = []
    taken: dict[tuple[str, str], str] = {}
    for name, endpoint in blueprint.api.items():
        calls = list(_calls(name, endpoint))
        if not calls:
            what = f"says {endpoint.does!r}, which is" if endpoint.does else "says nothing under does:, and so"
            left_out.append(f"{name} {what} no call of HTTP")
        for call in calls:
            same = (call.method, _PARAMETER.sub("{}", call.path))
            if same in taken and call.stream != "websocket":
                left_out.append(f"{call.method} {call.path} of {name}: {taken[same]} has it already")
                continue
            taken.setdefault(same, name)
            found.append(call)
    return found, left_out


def _calls(name: str, endpoint: Endpoint) -> Iterator[Operation]:
    text = endpoint.does or ""
    for match in _CALL.finditer(text):
        path = match[2].rstrip(".,;:") or "/"
        names = parameters(path)
        if re.search(r"[{}]", _PARAMETER.sub("", path)) or len(set(names)) < len(names):
            continue
        query = tuple(dict.fromkeys(q.split("=")[0] for q in (match[3] or "?")[1:].split("&") if q.split("=")[0]))
        body = _BODY.match(text, match.end())
        header = _HEADER.match(text, match.end())
        stream = STREAMS.get(match[1])
        yield Operation(
            name,
            endpoint,
            "GET" if stream else match[1],
            path,
            stream,
            query,
            tuple(f.strip() for f in body[1].split(",")) if body else None,
            header[1] if header else None,
        )


@dataclass(frozen=True)
class Behind:
    """What the flow of an operation says of it; everything is None or empty where there is no such flow."""

    flow: FlowSpec | None = None
    written: str | None = None
    """The first entity that it makes or changes."""
    makes: bool = False
    """Whether that is made (an append, a claim, a put, a message) and not changed."""
    read: str | None = None
    """The entity that it reads, where there is one that is no permission."""
    once: str | None = None
    """The field of the written entity that names the operation."""
    numbered: bool = False
    limited: tuple[str, ...] = ()
    """Limiters that may refuse it."""
    sheds: tuple[str, ...] = ()
    """Components that turn requests away when they are busy."""
    conflicts: bool = False
    """Whether it fails when what it was made from has changed, or what it claims is taken."""


def behind(blueprint: Blueprint, operation: Operation) -> Behind:
    """What the flow of the operation's name says."""
    flow = blueprint.flows.get(operation.name)
    if flow is None or flow.arrive is None:
        return Behind()
    calls = list(waited_for(flow.steps))
    permissions = permitted(blueprint)
    written = [c for c in calls if _writes(blueprint, c) and entity_of(c) in blueprint.entities]
    first = written[0] if written else None
    read = dict.fromkeys(
        entity for c in calls if c.verb in ("read", "fetch", "query") and (entity := entity_of(c)) in blueprint.entities
    )
    data = [entity for entity in read if entity not in permissions and entity is not None]
    options = first.options if first else None
    once = (options.once if isinstance(options, WriteOptions) else None) or next(
        (c.options.once for c in written if isinstance(c.options, WriteOptions) and c.options.once), None
    )
    parts = [(c, blueprint.components[c.component]) for c in calls if c.options.fallback is None]
    return Behind(
        flow,
        entity_of(first) if first else None,
        first is not None and first.verb in ("append", "claim", "put", "publish", "transact"),
        data[0] if len(data) == 1 else None,
        once,
        isinstance(options, WriteOptions) and options.sequence is not None,
        tuple(dict.fromkeys(c.component for c, part in parts if isinstance(part, Limiter))),
        tuple(dict.fromkeys(c.component for c, part in parts if _sheds(part, c))),
        any(getattr(c.options, "condition", None) or c.verb == "claim" for c in calls),
    )


def permitted(blueprint: Blueprint) -> set[str]:
    """Entities that are permissions."""
    return {
        entity
        for flow in blueprint.flows.values()
        for call in waited_for(flow.steps)
        if getattr(call.options, "permission", None) and (entity := entity_of(call)) is not None
    }


def _writes(blueprint: Blueprint, call: Call) -> bool:
    part = blueprint.components[call.component]
    return isinstance(call.options, WriteOptions) or (
        call.verb == "publish" and isinstance(part, Log | Queue | Topic)
    ) or (call.verb == "put" and part.kind == "object_store")  # fmt: skip


def _sheds(part: Component, call: Call) -> bool:
    """Whether a call fails there because the component, or who calls it, has too much to do."""
    bounded = part.queue is not None and part.workers > 0
    policed = call.options.breaker is not None or call.options.throttle is not None
    shed = isinstance(part, Service) and part.shed is not None
    return bounded or policed or shed or getattr(part, "bound", None) is not None
