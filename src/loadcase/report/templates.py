"""New blueprints: a small commented one, or a copy of a system in the gallery."""

from __future__ import annotations

from pathlib import Path

from loadcase.core.errors import UsageError
from loadcase.systems import system

SMALL = """\
# A small design to start from. `loadcase check` runs it; `loadcase kinds` lists what else there is.
loadcase: 1
name: my-design
title: A page of comments

requirements:
  contract:                       # what the design promises; every line is judged
    - read.p95 < 200 ms
    - read.availability >= 99.9 %
    - cost < 1k USD/month

estimates:                        # numbers with units, computed from one another
  visitors: 100k user
  pages: 20 view/user/day
  peak: 5
  read_rate: peak * visitors * pages

entities:
  post: {count: 10k, popularity: zipf(0.9)}

components:
  web: {kind: service, replicas: 2, workers: 16, queue: 128, price: 92 USD/month, why: "two, so that one may fail"}
  pages: {kind: cache, like: redis, keys: 2k, ttl: 1 min, coalesce: true, why: most readers want the same posts}
  db: {kind: store, like: postgres, replicas: 2, write: async, read: leader, why: "relational, and small"}

flows:
  read:
    arrive: {rate: read_rate, key: post, timeout: 1 s}
    steps:
      - web.handle:
          work: exp(2 ms)
          do:
            - pages.get: {miss: [db.read]}

cases:
  normal: {}
  ten_times: {load: 10}
"""


def write_new(path: Path, source: str | None) -> str:
    """Writes a new blueprint; gives the name of what it was made from.

    Raises UsageError when the file exists, or the gallery has no such system.
    """
    text, name = SMALL, "the small template"
    if source is not None:
        text, name = system(source).path.read_text("utf-8"), source
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists and is not overwritten", hint="choose another name") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return name
