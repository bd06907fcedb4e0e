"""A blueprint of every section, from which tests break one thing at a time."""

from __future__ import annotations

GOOD = """\
loadcase: 1
name: shop
requirements:
  contract: [buy.p95 < 300 ms]
estimates:
  users: 1M user
  buys: 2 request/user/day
  rate: users * buys
entities:
  item: {count: 10k, popularity: zipf(0.8)}
components:
  web: {kind: service, replicas: 4, workers: 8}
  db: {kind: store, like: postgres, replicas: 2}
  log: {kind: log, from: db}
flows:
  buy:
    arrive: {rate: rate, key: item}
    steps:
      - web.handle: {work: exp(2 ms), do: [db.write: {entity: item, timeout: 1 s}]}
  follow:
    consume: {log: log, by: web}
    steps: [web.handle]
cases:
  peak: {load: 2, degrade: {buy.p95: 1 s}}
variants:
  slow: {flows.buy.steps.db.write.timeout: 5 s, web.replicas: 2}
"""
