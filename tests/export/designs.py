"""Designs that the tests of exports share."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

from loadcase.blueprint.load import load
from loadcase.blueprint.model import Blueprint

GALLERY = {p.parent.name: p for p in sorted((Path(__file__).parents[2] / "gallery").glob("*/blueprint.yaml"))}

SHOP = """\
loadcase: 1
name: shop
title: A shop
prompt: Sell things.
entities:
  customer: {count: 10k, popularity: zipf(0.8)}
  order:
    fields: {customer: id, seq: int, client_id: id, note: text, total: decimal, at: time, paid: bool, lines: json}
    key: [customer, seq]
    order_by: customer
    identity: client_id
    size: 300 B
  event: {fields: {id: id, body: json}, key: id}
api:
  buy: {kind: write, does: "POST /customers/{customer}/orders", guarantees: [idempotent by client_id]}
  orders: {kind: read, does: "GET /customers/{customer}/orders?before_seq"}
  watch: {kind: realtime, does: WS /watch}
  block: {kind: control, does: "POST /admin/customers/{id}/block", guarantees: [operators only]}
components:
  limit: {kind: limiter, rate: 100 /s, key: customer}
  web: {kind: service, replicas: 3, workers: 16, queue: 64}
  db: {kind: store, like: postgres, shards: 4, replicas: 3}
  changes: {kind: log, like: kafka, partitions: 8, from: db, key: customer}
  jobs: {kind: queue, dead_letters: failed}
  failed: {kind: queue}
  news: {kind: topic}
  mailer: {kind: service}
flows:
  buy:
    arrive: {rate: 30 /s, key: customer, timeout: 1 s, retry: {max: 2, backoff: 20 ms, jitter: full, budget: 50 %}}
    steps:
      - limit.take
      - web.handle:
          do: [db.append: {entity: order, sequence: customer, once: client_id}, jobs.publish: {entity: event}]
  orders:
    arrive: {rate: 60 /s, key: customer}
    steps: [web.handle: {do: [db.read: {entity: order}]}]
  block:
    arrive: {rate: 10 /s, key: customer}
    steps: [web.handle: {do: [news.publish]}]
  mail: {consume: {queue: jobs, by: mailer}, steps: [mailer.handle]}
  tell: {consume: {log: changes, by: mailer, in_order: customer}, steps: [mailer.handle]}
  hear: {consume: {topic: news, by: mailer}, steps: [mailer.handle]}
operate:
  slos: [buy.availability >= 99.9 % over 28 day, buy.p95 < 300 ms over 30 day]
"""
"""A design that every format but CQL has something of."""
NASTY = (
    'a"b', "it's", "new\nline", "<script>alert(1)</script>", "select", "50%", "$$; DROP TABLE x; --", "back\\slash",
    "*/ x /*", "ünï", "on", "1_0", "{{x}}", "${x}", "`tick`", '"""', "tab\there", "constructor", "\u2028", "]](x)",
)  # fmt: skip
"""Names that some format would act upon."""


def shop() -> Blueprint:
    """The shop."""
    return Blueprint.loads(SHOP)


QUEUES = tuple(f"{name} of" for name in NASTY if not set(name) & set(".[]"))
"""Those that a component may have, whose name has no dots or brackets."""


def nasty(like: str = "postgres", entities: tuple[str, ...] = NASTY, fields: tuple[str, ...] = NASTY) -> Blueprint:
    """A design all of whose names and texts are nasty."""
    stored = itertools.cycle(entities)
    queued = itertools.cycle(QUEUES)

    return Blueprint.build(
        {
            "loadcase": 1,
            "name": "".join(NASTY),
            "title": "".join(NASTY),
            "prompt": "".join(NASTY),
            "entities": {
                name: {
                    "fields": dict.fromkeys(fields, "text"),
                    "key": list(fields[:2]),
                    "identity": fields[2],
                    "count": 9,
                }
                for name in entities
            },
            "api": {
                **{
                    name: {"kind": "write", "does": f"POST /things/{i} ({name})", "guarantees": [name, f"{name} only"]}
                    for i, name in enumerate(NASTY)
                },
                **{f"no {name}": {"kind": "read", "does": f"GET /{name}{{"} for name in NASTY},
            },
            "components": {
                "db": {"kind": "store", "like": like, "shards": 2, "why": NASTY[0]},
                "s": {"kind": "service"},
                **{name: {"kind": "queue", "why": name} for name in QUEUES},
            },
            "flows": {
                **{
                    name: {
                        "arrive": {"rate": "5 /s", "key": entities[0]},
                        "steps": [
                            {"db.append": {"entity": (e := next(stored))}},
                            {f"{next(queued)}.publish": {"entity": e}},
                        ],
                    }
                    for name in NASTY
                },
                **{f"take {n}": {"consume": {"queue": n, "by": "s"}, "steps": ["s.handle"]} for n in QUEUES},
            },
            "operate": {
                "slos": ["select.availability >= 99 % over 28 day", "on.p99 < 1 s over 28 day"],
                "rollback": "".join(NASTY),
                "runbook": {name: name for name in NASTY},
            },
        }
    )


@cache
def system(name: str) -> Blueprint:
    """A design of the gallery."""
    return load(GALLERY[name])
