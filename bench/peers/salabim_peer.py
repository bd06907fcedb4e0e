"""salabim: a Component per customer or request, Resources, yieldless, monitors on: the way its manual does it."""

from __future__ import annotations

from importlib.metadata import version
from itertools import cycle
from typing import Any

import salabim as sim
from common import W1, Counts, Stopwatch, Tiers, arguments, latencies, report

CUSTOMERS = 200_000


def mm1(customers: int, seed: int) -> float:
    """Mean sojourn of W1, s."""
    env = sim.Environment(random_seed=seed)
    gap = sim.Exponential(1 / W1.arrival_rate)
    work = sim.Exponential(1 / W1.service_rate)
    server = sim.Resource("server", capacity=1)
    total = 0.0

    class Customer(sim.Component):
        def process(self) -> None:
            nonlocal total
            self.request(server)
            self.hold(work.sample())
            self.release(server)
            total += env.now() - self.creation_time()

    class Arrivals(sim.Component):
        def process(self) -> None:
            for _ in range(customers):
                self.hold(gap.sample())
                Customer()

    Arrivals()
    env.run()
    return total / customers


def tiers(model: Tiers, duration_s: float, seed: int) -> tuple[list[float], Counts]:
    """Latencies in seconds and counts of W2, W3 or W3b."""
    env = sim.Environment(random_seed=seed)
    gap = sim.Exponential(1 / model.rate)
    app_work = sim.Exponential(model.app_mean_s)
    database_work = sim.Exponential(model.database_mean_s)
    jitter = sim.Uniform(0, model.jitter_s)
    next_app = cycle([sim.Resource(f"app{i}", capacity=1) for i in range(model.apps)])
    database = sim.Resource("database", capacity=model.connections)
    took: list[float] = []
    counts = Counts()

    class Travelling(sim.Component):
        def travel(self) -> None:
            self.hold(model.hop_s)
            self.hold(model.balancer_s)
            app = next(next_app)
            self.hold(model.hop_s)
            self.request(app)
            self.hold(app_work.sample())
            self.release(app)
            self.hold(model.hop_s)
            self.request(database)
            self.hold(database_work.sample())
            self.release(database)
            self.hold(model.hop_s)
            self.hold(model.hop_s)
            self.hold(model.hop_s)

    class Patient(Travelling):
        def process(self) -> None:
            self.travel()
            took.append(env.now() - self.creation_time())

    class Attempt(Travelling):
        def setup(self, client: Any) -> None:
            self.client = client
            self.answered = False
            self.abandoned = False

        def process(self) -> None:
            self.travel()
            self.answered = True
            if not self.abandoned:
                self.client.activate()

    class Impatient(sim.Component):
        def process(self) -> None:
            sent = env.now()
            for k in range(model.retries + 1):
                if k:
                    self.hold(model.backoff_s * 2 ** (k - 1) + jitter.sample())
                attempt = Attempt(client=self)
                self.hold(model.timeout_s)  # cut short by the answer
                if attempt.answered:
                    took.append(env.now() - sent)
                    return
                attempt.abandoned = True
                counts.timeouts += 1
            counts.failed += 1

    client = Patient if model.timeout_s is None else Impatient

    class Arrivals(sim.Component):
        def process(self) -> None:
            while True:
                self.hold(gap.sample())
                if env.now() > duration_s:
                    return
                client()

    Arrivals()
    env.run()
    return took, counts


def main() -> None:
    """One run, one line."""
    asked = arguments(customers=CUSTOMERS)
    watch = Stopwatch()
    if asked.tiers is None:
        mean = mm1(asked.customers, asked.seed)
        report("salabim", version("salabim"), asked, watch.read(), asked.customers, mean_s=round(mean, 4))
        return
    took, counts = tiers(asked.tiers, asked.duration_s, asked.seed)
    wall_s = watch.read()
    report("salabim", version("salabim"), asked, wall_s, len(took) + counts.failed, **latencies(took), **vars(counts))


main()
