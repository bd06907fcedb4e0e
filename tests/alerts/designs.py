"""A small design with objectives and a zone outage, and tallies made by hand."""

from __future__ import annotations

from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint
from loadcase.core.results import RunResult, Tally

NOTES = """\
loadcase: 1
name: notes
network: {client: 5 ms, same_zone: 1 ms, cross_zone: 1 ms}
requirements: {contract: [send.availability >= 99.9 %]}
entities:
  board: {count: 1000}
  note: {fields: {board: id, body: text}}
components:
  api: {kind: service, replicas: 6, workers: 16, zones: 3}
  db: {kind: store, shards: 3, zones: 3, workers: 16, work: {append: exp(8 ms)}}
flows:
  send:
    arrive: {rate: 100 /s, key: board}
    steps:
      - api.handle: {work: exp(1 ms), timeout: 1 s, do: [db.append: {entity: note, timeout: 200 ms}]}
cases:
  normal: {duration: 60 s, warmup: 5 s}
  zone_outage:
    duration: 5 min
    warmup: 5 s
    faults: [outage: {zone: 1, at: 40 s, for: 3 min}]
    degrade: {send.availability: 60 %}
    page_within: 3 min
operate:
  slos: [send.availability >= 99.95 % over 28 day, send.p95 < 100 ms over 28 day]
  rollback: previous image
  runbook: {a zone is lost: restore its shard}
"""
"""A third of the data has its only copy in the zone that is gone for three minutes."""


def notes(*slos: str) -> Blueprint:
    """The design, with other objectives where some are given."""
    b = loads(NOTES)
    return b.changed({"operate.slos": list(slos)}) if slos else b


def tally(*parts: tuple[int, float], step: float = 1.0, per: int = 10_000, doubtful: float = 0.0) -> Tally:
    """Intervals with a share of bad operations each: (how many intervals, which share)."""
    shares = [share for count, share in parts for _ in range(count)]
    bad = [round(per * share) for share in shares]
    return Tally(step, [per] * len(shares), bad, [round(per * doubtful) if b else 0 for b in bad])


def made(blueprint: Blueprint, case: str, *tallies: Tally, seed: int = 1, partial: str | None = None) -> RunResult:
    """A run that counted this, one tally for each objective."""
    counted = dict(zip((o.metric for o in blueprint.objectives), tallies, strict=True))
    seconds = tallies[0].step * len(tallies[0].total)
    return RunResult("t", case, seed, {}, {}, 0, 0, 0.0, 0, seconds, 0.0, partial=partial, tallies=counted)


def cut_short(blueprint: Blueprint, case: str) -> RunResult:
    """A run that ended before its last arrival."""
    return RunResult(blueprint.name, case, 1, {}, {}, 0, 0, 0.0, 0, 60.0, 0.0, partial="out of time")
