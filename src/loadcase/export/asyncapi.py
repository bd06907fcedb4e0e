"""Logs, topics and queues as AsyncAPI."""

from __future__ import annotations

from typing import Any

from loadcase.blueprint.knowledge import calls, entity_of
from loadcase.blueprint.model import Blueprint, FlowSpec
from loadcase.blueprint.steps import Call, children
from loadcase.export.base import Export, Made, NothingError
from loadcase.export.entities import field_schema, schema
from loadcase.export.text import json_text, line, prose, sentences, slugs
from loadcase.kinds.log import Log
from loadcase.kinds.queue import Queue
from loadcase.kinds.store import WriteOptions
from loadcase.kinds.topic import Topic

Channel = Log | Queue | Topic


class AsyncApi(Export):
    """The logs, topics and queues as an AsyncAPI 3.0 document: channels, their messages, who sends and who receives.

    From: components of the kinds log, topic and queue; the flows' `publish` and their `entity` (or `from:`, which
    makes each committed change of a store a message) for what is sent and by which component; `consume` for what is
    received, by whom and in which order; the entities' `fields` for the payload; `partitions`, `replicas` and `key`
    as a binding of Kafka where the log is `like: kafka`, and as `x-` fields elsewhere.

    Unknown: servers, and the encoding of a message. A message whose entity the design does not name has no payload,
    and says so.

    Checked: by @asyncapi/parser, AsyncAPI's own.

    Source: AsyncAPI Specification 3.0; bindings of Kafka 0.5.
    """

    title = "AsyncAPI 3.0"

    def make(self, blueprint: Blueprint) -> Made:
        """One document, as JSON."""
        channels = {n: c for n, c in blueprint.components.items() if isinstance(c, Channel)}
        if not channels:
            raise NothingError(
                f"{line(blueprint.name)} has no log, no topic and no queue",
                hint="AsyncAPI describes messages; the calls of the interface are in the format openapi",
            )
        return Made([("asyncapi.json", json_text(_Document(blueprint, channels).made()))])


class _Document:
    def __init__(self, blueprint: Blueprint, channels: dict[str, Channel]) -> None:
        self.b = blueprint
        self.channels = channels
        self.names = slugs(channels)
        self.entities = slugs(blueprint.entities)
        self.used: dict[str, bool] = {}
        self.operations: dict[str, Any] = {}

    def made(self) -> dict[str, Any]:
        about = sentences(self.b.prompt, "Made from a blueprint, which says neither version, servers nor encodings")
        channels = {self.names[name]: self.channel(name, channel) for name, channel in self.channels.items()}
        document: dict[str, Any] = {
            "asyncapi": "3.0.0",
            "info": {"title": line(self.b.title or self.b.name), "version": "0.0.0", "description": prose(about)},
            "channels": channels,
            "operations": self.operations,
        }
        if self.used:
            document["components"] = {"schemas": {self.entities[e]: schema(self.b, e) for e in self.used}}
        return document

    def channel(self, name: str, channel: Channel) -> dict[str, Any]:
        sent = self.sent(name, channel)
        entities = dict.fromkeys(entity for found in sent.values() for entity in found) or {None: None}
        keys = slugs([entity or "message" for entity in entities])
        messages = {keys[entity or "message"]: self.message(name, channel, entity) for entity in entities}
        me = {"$ref": f"#/channels/{self.names[name]}"}
        for (by, flow), found in sent.items():
            dead = isinstance(self.channels.get(by), Queue)
            said = "Its dead letters" if dead else f"In {flow}" if flow else "Every committed change"
            self.operation(
                f"send-{name}-{by}-{flow}", "send", me, [keys[e or "message"] for e in found],
                f"{line(by)} publishes to {line(name)}", sentences(said), {"x-by": line(by), "x-flow": line(flow)},
            )  # fmt: skip
        for consuming in self.b.flows.values():
            if consuming.consume is not None and consuming.consume.source == name:
                self.receive(name, channel, consuming, me)
        more: dict[str, Any] = {"x-kind": channel.kind}
        if isinstance(channel, Log):
            more |= {"x-partitions": channel.partitions, "x-replicas": channel.replicas, "x-acks": channel.acks}
            if isinstance(channel.key, str):
                more["x-key"] = line(channel.key)
            if channel.like == "kafka":
                binding = {"partitions": channel.partitions, "replicas": channel.replicas, "bindingVersion": "0.5.0"}
                more["bindings"] = {"kafka": binding}
        elif isinstance(channel, Queue):
            more |= {"x-visibility-seconds": channel.visibility, "x-max-receives": channel.max_receives}
            if channel.dead_letters:
                more["x-dead-letters"] = line(channel.dead_letters)
        else:
            more["x-sample"] = channel.sample
        made: dict[str, Any] = {"address": line(name), "messages": messages, **more}
        if told := sentences(channel.why):
            made["description"] = prose(told)
        return made

    def sent(self, name: str, channel: Channel) -> dict[tuple[str, str], list[str | None]]:
        """Entities by who sends them and in which flow; the flow is empty for changes of a store and dead letters."""
        found: dict[tuple[str, str], list[str | None]] = {}
        for flow in self.b.flows.values():
            for call, by in _with_callers(flow):
                if call.component == name and call.verb == "publish":
                    self._add(found, (by, flow.name), self.known(entity_of(call)))
        source = getattr(channel, "source", None)
        if source is not None:
            for flow in self.b.flows.values():
                for call in calls(flow.steps):
                    if call.component == source and isinstance(call.options, WriteOptions):
                        self._add(found, (source, ""), self.known(entity_of(call)))
        for other, queue in self.channels.items():
            if isinstance(queue, Queue) and queue.dead_letters == name:
                for entity in dict.fromkeys(e for many in self.sent(other, queue).values() for e in many):
                    self._add(found, (other, ""), entity)
        return found

    def known(self, entity: str | None) -> str | None:
        return entity if entity in self.b.entities else None

    @staticmethod
    def _add(found: dict[tuple[str, str], list[str | None]], who: tuple[str, str], entity: str | None) -> None:
        entities = found.setdefault(who, [])
        if entity not in entities:
            entities.append(entity)

    def message(self, name: str, channel: Channel, entity: str | None) -> dict[str, Any]:
        if entity is None:
            return {"title": line(name), "description": "The design does not say what the message holds."}
        self.used[entity] = True
        made: dict[str, Any] = {
            "name": line(entity),
            "title": line(entity),
            "payload": {"$ref": f"#/components/schemas/{self.entities[entity]}"},
        }
        key = getattr(channel, "key", None)
        if isinstance(channel, Log) and channel.like == "kafka" and isinstance(key, str):
            fields = self.b.entities[entity].fields
            known = field_schema(fields[key]) if key in fields else {}
            kind = known if known.get("type") else {}
            made["bindings"] = {
                "kafka": {"key": {"description": f"Names the {line(key)}.", **kind}, "bindingVersion": "0.5.0"}
            }
        return made

    def receive(self, name: str, channel: Channel, flow: FlowSpec, me: dict[str, str]) -> None:
        assert flow.consume is not None
        order = flow.consume.in_order
        if order is None and isinstance(channel, Log):
            order = "partition"
        said = {"none": "In any order", "partition": "In the order of each partition"}.get(
            str(order), f"In the order of each {order}" if isinstance(order, str) else "In any order"
        )
        done = "when it is taken" if flow.consume.commit == "before" else "when it has been dealt with"
        more = {"x-flow": line(flow.name), **({"x-by": line(flow.consume.by)} if flow.consume.by else {})}
        if isinstance(channel, Log):
            more |= {"x-consumer-group": line(flow.name)}
        self.operation(
            f"receive-{name}-{flow.name}", "receive", me, None,
            f"{line(flow.consume.by or flow.name)} consumes {line(name)}",
            sentences(said, None if isinstance(channel, Topic) else f"A message counts as done {done}"), more,
        )  # fmt: skip

    def operation(
        self, name: str, action: str, channel: dict[str, str], messages: list[str] | None, title: str, told: str,
        more: dict[str, str],
    ) -> None:  # fmt: skip
        taken = slugs([*self._spelled, name], longest=120)
        made: dict[str, Any] = {"action": action, "channel": channel, "title": title, "description": prose(told)}
        if messages is not None:
            made["messages"] = [{"$ref": f"{channel['$ref']}/messages/{key}"} for key in messages]
        self._spelled.append(name)
        self.operations[taken[name]] = {**made, **{key: value for key, value in more.items() if value}}

    @property
    def _spelled(self) -> list[str]:
        return self.__dict__.setdefault("spelled", [])  # type: ignore[no-any-return]


def _with_callers(flow: FlowSpec) -> list[tuple[Call, str]]:
    """The calls of a flow with the component that makes each: the one whose worker is held, or the step before."""
    found: list[tuple[Call, str]] = []

    def visit(steps: Any, by: str) -> None:
        for step in steps:
            if isinstance(step, Call):
                found.append((step, by))
                for nested in step.nested.values():
                    visit(nested, by if nested is step.nested.get("fallback") else step.component)
                if step.verb in ("handle", "forward"):
                    by = step.component
            else:
                for inner in children(step):
                    visit(inner, by)

    visit(flow.steps, (flow.consume.by if flow.consume else None) or "the client")
    return found
