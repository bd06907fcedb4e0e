"""A load script of the same arrivals for Locust."""

from __future__ import annotations

import math
import pprint
from importlib.resources import files
from typing import Any

from loadcase.blueprint.model import Blueprint, FlowSpec, Popularity
from loadcase.core.distributions import Const, Dist, Erlang, Exp, LogNormal, Mix, Normal, Pareto, Uniform
from loadcase.export.base import Export, Made, NothingError
from loadcase.export.entities import TYPES, type_of
from loadcase.export.http import KEY_HEADER, Behind, Operation, behind, operations
from loadcase.export.text import line

A_USER = 50.0
"""Requests per second that one user of Locust makes at most."""
IMPORTS = """\
import bisect
import itertools
import json
import math
import os
import random
import re
import time
import uuid
from urllib.parse import quote, urlencode

import gevent
from locust import FastHttpUser, constant, task
"""


class Locust(Export):
    """A load script for Locust: requests of the same mix, at the same rates, about keys of the same popularity.

    From: `flows` that arrive and whose name an endpoint of `api` has: the rate and pattern of their arrivals (open
    loop: requests come whether or not those before were answered) or their users and pauses (closed loop), `key` with
    its popularity, `timeout`, `retry`, and the field or header that names the operation, which stays the same when it
    is tried again. A path's parameters are the key; a body has the key, that name, and text up to the `size` of the
    entity.

    Unknown: the values of the other fields, which are not sent; who calls, so that nothing is authorised. Flows that
    no call of HTTP begins, traces, sessions, second copies (`hedge`) and a breaker on retries are left out.

    Checked: by running it for some seconds with Locust against a server that counts: the shares of the flows, of the
    hottest keys and the rate have to be the design's.

    Source: Locust documentation; keys after W. Hörmann and G. Derflinger, ACM TOMACS 6(3), 1996.
    """

    title = "Locust"

    def make(self, blueprint: Blueprint) -> Made:
        """One script."""
        calls, left_out = operations(blueprint)
        by_name: dict[str, Operation] = {}
        for call in calls:
            if call.stream is None:
                by_name.setdefault(call.name, call)
        made: list[dict[str, Any]] = []
        for name, flow in blueprint.flows.items():
            if flow.arrive is None:
                continue
            if name not in by_name:
                left_out.append(f"{name}: no call of HTTP under api has its name")
            elif flow.arrive.trace is not None:
                left_out.append(f"{name}: arrives by a trace, whose file is not part of the design")
            else:
                made.append(_flow(blueprint, flow, by_name[name]))
                left_out.extend(_dropped(flow))
        if not made:
            raise NothingError(
                f"{line(blueprint.name)} has no flow that arrives by a call of HTTP: "
                f"{'; '.join(map(line, left_out)) or 'nothing arrives'}",
                hint="give an endpoint under api the name of the flow, and say its call: does: POST /messages",
            )
        rate = sum(flow["rate"] for flow in made if flow["users"] is None)
        parts = max(1, math.ceil(rate / A_USER))
        users = parts * bool(rate) + sum(flow["users"] or 0 for flow in made)
        return Made([("locustfile.py", _script(blueprint, made, parts, users, left_out))], left_out)


def _script(blueprint: Blueprint, made: list[dict[str, Any]], parts: int, users: int, left_out: list[str]) -> str:
    head = [
        f"# The load of {line(blueprint.name)} for Locust: pip install locust, then for example",
        f"#     locust -f locustfile.py --headless --host http://localhost:8000 --users {min(users, 10)} --run-time 1m",
        f"# --users {users} is the whole load of the design, and fewer are that share of it. LOADCASE_SEED makes the",
        "# draws the same; several processes (--processes) share the users.",
        *(f"# Left out: {line(one)}" for one in left_out),
    ]
    data = pprint.pformat(made, width=110, sort_dicts=False)
    body = (files("loadcase.export") / "locustfile.txt").read_text("utf-8")
    return "\n".join(head) + "\n" + IMPORTS + f"\nFLOWS = {data}\nPARTS = {parts}\n" + body


def _flow(blueprint: Blueprint, flow: FlowSpec, call: Operation) -> dict[str, Any]:
    arrive = flow.arrive
    assert arrive is not None
    facts = behind(blueprint, call)
    space = arrive.key if isinstance(arrive.key, str) else f"flows.{flow.name}.arrive.key"
    body, header, pad, size = _body(blueprint, call, facts, arrive.key if isinstance(arrive.key, str) else None)
    asked = [q for q in call.query if q not in call.cursors]
    retry = arrive.retry
    return {
        "name": flow.name,
        "method": call.method,
        "path": call.path,
        "query": [q for q in asked if q == arrive.key] or asked[:1],
        "rate": arrive.rate or 0.0,
        "pattern": list(arrive.pattern) if isinstance(arrive.pattern, tuple) else [arrive.pattern or "poisson"],
        "users": None if arrive.users is None else round(arrive.users),
        "think": None if arrive.users is None else _law(arrive.think or Const(0.0)),
        "key": _popularity(blueprint.keys[space]) if space in blueprint.keys else None,
        "header": header,
        "body": body,
        "pad": pad,
        "size": size,
        "timeout": arrive.timeout,
        "retry": None if retry is None else {
            "max": retry.max, "backoff": retry.backoff, "multiplier": retry.multiplier, "cap": retry.cap,
            "jitter": retry.jitter, "budget": retry.budget, "budget_on": retry.budget_on,
        },
    }  # fmt: skip


def _body(
    blueprint: Blueprint, call: Operation, facts: Behind, key: str | None
) -> tuple[dict[str, str] | None, str | None, str | None, int]:
    """What is sent: fields with `key` or `identity`, the header of the identity, and a field of text to be filled."""
    entity = blueprint.entities[facts.written] if facts.written else None
    fields = {} if entity is None else entity.fields
    if call.body is not None:
        names = list(call.body)
    elif call.method in ("POST", "PUT", "PATCH") and facts.makes:
        names = list(fields)
    else:
        names = []
    sent: dict[str, str] = {}
    first = [entity.key] if entity and isinstance(entity.key, str) else list(entity.key or []) if entity else []
    for name in names:
        if name == facts.once:
            if call.header is None:
                sent[name] = "identity"
        elif key is not None and name in (key, f"{key}_id", *(first[:1] if facts.written == key else [])):
            sent[name] = "key"
    named = facts.once is not None and (facts.once in sent or facts.once in (*call.parameters, *call.query))
    header = call.header or (KEY_HEADER if facts.once is not None and not named else None)
    free = [n for n in names if n not in sent and type_of(fields.get(n, "")) is TYPES["text"]]
    size = round(entity.size) if entity and entity.size else 0
    return (sent if names else None), header, (free[0] if free and size else None), size


def _popularity(keys: Popularity) -> list[Any]:
    """The law of the keys, with its numbers."""
    match keys.law:
        case "zipf":
            return ["zipf", keys.count, keys.exponent]
        case "hot":
            return ["hot", keys.count, keys.share, keys.hot]
        case "weights":
            return ["weights", *keys.weights]
        case "uniform":
            return ["uniform", keys.count]


def _law(dist: Dist) -> list[Any]:
    """A law of durations, with its numbers in seconds."""
    match dist:
        case Const(value):
            return ["const", value]
        case Exp(mean_s):
            return ["exp", mean_s]
        case LogNormal(mu, sigma):
            return ["lognormal", mu, sigma]
        case Uniform(low, high):
            return ["uniform", low, high]
        case Erlang(k, mean_s):
            return ["erlang", k, mean_s]
        case Pareto(xm, alpha):
            return ["pareto", xm, alpha]
        case Normal(mu, sd):
            return ["normal", mu, sd]
        case Mix(weights, parts):
            return ["mix", list(weights), [_law(part) for part in parts]]
    raise AssertionError(dist)


def _dropped(flow: FlowSpec) -> list[str]:
    """What the clients of a flow do that the script does not."""
    assert flow.arrive is not None
    found = []
    if flow.arrive.hedge is not None:
        found.append(f"{flow.name}: its clients send a second copy of what is slow (hedge)")
    if flow.arrive.session is not None:
        found.append(f"{flow.name}: its requests belong to sessions")
    if flow.arrive.retry is not None and flow.arrive.retry.breaker is not None:
        found.append(f"{flow.name}: its clients stop trying again after many failures (breaker)")
    return found
