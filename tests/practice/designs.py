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
  send: {arrive: {rate: 40 /s, key: message}, steps: [{api.handle: {do: [{db.write: {entity: message}}, jobs.publish]}}]}
  read: {arrive: {rate: 100 /s, key: message}, steps: [{api.handle: {do: [{db.read: {entity: message}}]}}]}
  deliver: {consume: {queue: jobs, by: worker}, steps: [{worker.handle: {work: 5 ms}}]}
"""
"""A small design: two calls, a store, a queue and a worker."""
WHOLE = "loadcase: 1\nname: chat\n" + NAIVE
