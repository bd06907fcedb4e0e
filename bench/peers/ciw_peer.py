"""Ciw: an open network of nodes, where a fixed delay is a node with unlimited servers.

W3 cannot be written: a Ciw customer may renege at one node, not give up on a whole path and send another attempt.
Ciw cannot stop its arrivals and drain either: W2 counts those that have left by the last arrival.
"""

from __future__ import annotations

from importlib.metadata import version

import ciw
from common import W1, Stopwatch, Tiers, arguments, latencies, report

CUSTOMERS = 200_000


def mm1(customers: int, seed: int) -> tuple[float, int]:
    """Mean sojourn of W1 in seconds, and how many it is over."""
    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=W1.arrival_rate)],
        service_distributions=[ciw.dists.Exponential(rate=W1.service_rate)],
        number_of_servers=[1],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(customers, method="Finish")
    records = simulation.get_all_records()
    return sum(r.exit_date - r.arrival_date for r in records) / len(records), len(records)


def tiers(model: Tiers, duration_s: float, seed: int) -> list[float]:
    """Latencies of W2, s."""
    ciw.seed(seed)
    hop = ciw.dists.Deterministic(model.hop_s)
    app = ciw.dists.Exponential(1 / model.app_mean_s)
    to, endless = ciw.routing.Direct, float("inf")
    first_app = 4
    apps = list(range(first_app, first_app + model.apps))
    last_app = apps[-1]
    last = last_app + 5
    # one row a node, numbered from 1: service time, servers, and where customers go next
    nodes = [
        (hop, endless, to(2)),
        (ciw.dists.Deterministic(model.balancer_s), endless, to(3)),
        (hop, endless, ciw.routing.Cycle(apps)),
        *[(app, 1, to(last_app + 1)) for _ in apps],
        (hop, endless, to(last_app + 2)),
        (ciw.dists.Exponential(1 / model.database_mean_s), model.connections, to(last_app + 3)),
        (hop, endless, to(last_app + 4)),
        (hop, endless, to(last)),
        (hop, endless, ciw.routing.Leave()),
    ]
    services, servers, routers = (list(column) for column in zip(*nodes, strict=True))
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(model.rate), *[None] * (len(nodes) - 1)],
        service_distributions=services,
        number_of_servers=servers,
        routing=ciw.routing.NetworkRouting(routers=routers),
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(duration_s)
    sent: dict[int, float] = {}
    answered: dict[int, float] = {}
    for record in simulation.get_all_records():
        if record.node == 1:
            sent[record.id_number] = record.arrival_date
        elif record.node == last:
            answered[record.id_number] = record.exit_date
    return [when - sent[request] for request, when in answered.items()]


def main() -> None:
    """One run, one line."""
    asked = arguments(("w1", "w2"), CUSTOMERS)
    watch = Stopwatch()
    if asked.tiers is None:
        mean, finished = mm1(asked.customers, asked.seed)
        report("ciw", version("ciw"), asked, watch.read(), finished, mean_s=round(mean, 4))
        return
    took = tiers(asked.tiers, asked.duration_s, asked.seed)
    wall_s = watch.read()
    report("ciw", version("ciw"), asked, wall_s, len(took), **latencies(took), timeouts=0, failed=0)


main()
