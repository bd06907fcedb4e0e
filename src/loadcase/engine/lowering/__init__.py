"""Blueprint to Program, part by part; each part builds on those that stand above it here.

- `assembler`: operations, labels, tables; `faults`: what a case changes; `base`: what all parts share.
- `entities`, `effects`: what is remembered of operations, and noted. `control`: control loops.
- `keys`, `network`, `selection`, `stations`, `replicas`, `limiters`, `channels`, `caches`, `replication`: what visits
  are made of.
- `single`, `spread`, `feeds`, `visits`: a call without its policies. `policies`: what is around it.
- `steps`: lists of steps. `clients`, `consumers`: flows, which begin with a request or a message.
"""
