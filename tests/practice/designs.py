"""Designs as candidates write them."""

NAIVE = """\
requirements:
  functional: [send, read]
  contract: [send.p95 < 500 ms, send.availability >= 99 %]
entities: {message: {count: 100k, popularity: zipf(1), fields: {id: text}, key: id, identity: id}}
api: {send: {kind: write}, read: {kind: read}}
components:
  api: {kind: service, replicas: 4, workers: 50}
  db: {kind: store, shards: 2, replicas: 1, work: 2 ms}
  jobs: {kind: queue}
  worker: {kind: service, replicas: 2, workers: 20}
flows:
  send:
    arrive: {rate: 40 /s, key: message}
    steps: [{api.handle: {do: [{db.write: {entity: message}}, jobs.publish]}}]
  read: {arrive: {rate: 100 /s, key: message}, steps: [{api.handle: {do: [{db.read: {entity: message}}]}}]}
  deliver: {consume: {queue: jobs, by: worker}, steps: [{worker.handle: {work: 5 ms}}]}
"""
"""A small design: two calls, a store, a queue and a worker."""
WHOLE = "loadcase: 1\nname: chat\n" + NAIVE
PARTIAL = """\
requirements: {contract: [send.p95 < 100 ms, search.p95 < 3 s, soon]}
estimates: {rate: 10 /s, wrong: 3 +}
components: {api: {kind: service}, cache: {kind: cachee}}
flows:
  send: {arrive: {rate: rate}, steps: [api.handle]}
  read: {arrive: {rate: rate}, steps: [api.handle, db.read]}
cases: {dead: {faults: [crash: {on: db, for: 5 s}]}}
diagram: later
"""
"""A design under way, with one of everything that does not load yet."""
OVERBUILT = """\
requirements: {contract: [read.p95 < 500 ms, read.availability >= 90 %]}
entities: {page: {count: 1000, popularity: zipf(1)}}
components:
  balancer: {kind: load_balancer, work: 0.1 ms}
  api: {kind: service, replicas: 1, workers: 20}
  pages: {kind: cache, keys: 1000}
  db: {kind: store, replicas: 3, work: 2 ms}
flows:
  read:
    arrive: {rate: 5 /s, key: page, timeout: 1 s}
    steps: [balancer.forward, {api.handle: {do: [{pages.get: {miss: [{db.read: {entity: page}}]}}]}}]
"""
"""Two parts of it are there for five requests in a second."""
