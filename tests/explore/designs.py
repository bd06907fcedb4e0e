"""Small designs that run in a hundredth of a second."""

from __future__ import annotations

TINY = """\
loadcase: 1
name: tiny
requirements: {contract: [r.p95 < 60 ms, cost < 300 USD/month]}
estimates: {users: 100, pause: 1 s, rate: users / pause}
network: {client: 0 s, same_zone: 0 s, cross_zone: 0 s, cross_region: 0 s}
components: {s: {kind: service, replicas: 2, price: 100 USD/month}}
flows: {r: {arrive: {rate: rate}, steps: [{s.handle: {work: exp(10 ms)}}]}}
cases: {normal: {duration: 5 s, warmup: 1 s}, peak: {load: 1.5, duration: 5 s, warmup: 1 s}}
"""
