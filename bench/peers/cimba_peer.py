"""cimba: model methods in Python, compiled by Numba and run by the Cimba engine in C (a coroutine per process).

W1 is two processes and a Store, the form of cimba's own benchmark; W2 spawns a model per request, W3 one per client and
one per attempt. The first of two runs compiles (`compile_s`); the second is measured.
"""

import cimba as cb
import numpy as np
from cimba import inputs
from common import TIERS, W1, Arguments, Stopwatch, arguments, latencies, report

# cimba compiles methods with the module's globals as constants
GAP_S, WORK_S = 1 / W1.arrival_rate, 1 / W1.service_rate
M = TIERS["w2"]
HOP_S, BALANCER_S, APPS, APP_MEAN_S, DATABASE_MEAN_S = M.hop_s, M.balancer_s, M.apps, M.app_mean_s, M.database_mean_s
RETRIES, BACKOFF_S, JITTER_S = M.retries, M.backoff_s, M.jitter_s
ANSWER = 7


class SingleServer(cb.Model):
    """W1."""

    customers: cb.Param[int]
    gap: cb.Input[float] = inputs.dist.exponential(mean=GAP_S)
    work: cb.Input[float] = inputs.dist.exponential(mean=WORK_S)
    line: cb.Store[float] = cb.Store()
    total: float = 0.0
    mean: cb.Output[float]

    @cb.process
    def arrivals(self):
        for _ in range(self.customers):
            cb.hold(self.gap.next())
            self.line.put(cb.now())

    @cb.process
    def server(self):
        while True:
            came = self.line.get()
            cb.hold(self.work.next())
            self.total += cb.now() - came

    @cb.on_end
    def finish(self):
        self.mean = self.total / self.customers


class App(cb.Model):
    """One app server."""

    core: cb.Resource = cb.Resource(capacity=1)


class System(cb.Model):
    """W2, W3 and W3b: the servers, and the arrivals."""

    rate: cb.Param[float]
    duration_s: cb.Param[float]
    timeout_s: cb.Param[float]
    apps: list[App]
    database: cb.Resource = cb.Resource(capacity=M.connections)
    took: cb.Dataset = cb.Dataset()
    turn: int = 0
    timeouts: cb.Output[int]
    failed: cb.Output[int]

    def __init__(self, rate, duration_s, timeout_s):
        self.rate, self.duration_s, self.timeout_s = rate, duration_s, timeout_s
        self.apps = [App() for _ in range(APPS)]
        self.took.capture()

    @cb.process
    def arrivals(self):
        self.timeouts = 0
        self.failed = 0
        while True:
            cb.hold(cb.random.exponential(1.0 / self.rate))
            if cb.now() > self.duration_s:
                break
            if self.timeout_s > 0.0:
                cb.spawn(Impatient, system=self)
            else:
                cb.spawn(Patient, system=self)


class Patient(cb.Model):
    """A request of W2."""

    system: cb.Ref[System]

    @cb.process
    def run(self):
        s = self.system
        sent = cb.now()
        cb.hold(HOP_S)
        cb.hold(BALANCER_S)
        i = s.turn
        s.turn = (i + 1) % APPS
        cb.hold(HOP_S)
        s.apps[i].core.acquire(1)
        cb.hold(cb.random.exponential(APP_MEAN_S))
        s.apps[i].core.release(1)
        cb.hold(HOP_S)
        s.database.acquire(1)
        cb.hold(cb.random.exponential(DATABASE_MEAN_S))
        s.database.release(1)
        cb.hold(HOP_S)
        cb.hold(HOP_S)
        cb.hold(HOP_S)
        s.took.record(cb.now() - sent)


class Attempt(cb.Model):
    """One try of an impatient client; goes on when nobody waits any more."""

    system: cb.Ref[System]
    client: int
    abandoned: bool = False

    @cb.process
    def run(self):
        s = self.system
        cb.hold(HOP_S)
        cb.hold(BALANCER_S)
        i = s.turn
        s.turn = (i + 1) % APPS
        cb.hold(HOP_S)
        s.apps[i].core.acquire(1)
        cb.hold(cb.random.exponential(APP_MEAN_S))
        s.apps[i].core.release(1)
        cb.hold(HOP_S)
        s.database.acquire(1)
        cb.hold(cb.random.exponential(DATABASE_MEAN_S))
        s.database.release(1)
        cb.hold(HOP_S)
        cb.hold(HOP_S)
        cb.hold(HOP_S)
        if not self.abandoned:
            cb.Process(self.client).interrupt(ANSWER)


class Impatient(cb.Model):
    """A client of W3 and W3b: its wait for the timeout is interrupted by the answer."""

    system: cb.Ref[System]

    @cb.process
    def run(self):
        s = self.system
        sent = cb.now()
        me = cb.this_process()
        for k in range(RETRIES + 1):
            if k > 0:
                cb.hold(BACKOFF_S * 2.0 ** (k - 1) + cb.random.uniform(0.0, JITTER_S))
            attempt = cb.spawn(Attempt, system=s, client=me.pointer)
            if cb.hold(s.timeout_s) == ANSWER:
                s.took.record(cb.now() - sent)
                return
            attempt.abandoned = True
            s.timeouts += 1
        s.failed += 1


def simulate(asked: Arguments, customers: int, duration_s: float):
    """One run to its end: the model, and cimba's results of it."""
    if asked.tiers is None:
        model = SingleServer()
        model.customers = customers
    else:
        model = System(asked.tiers.rate, duration_s, asked.tiers.timeout_s or 0.0)
    experiment = cb.Experiment(model, window=cb.Window.until_idle(), seed=asked.seed)
    return experiment.run(workers=1, on_failure="raise")[model]


def main() -> None:
    """A run that compiles, a measured run, one line."""
    asked = arguments()
    watch = Stopwatch()
    simulate(asked, 10, 0.01)
    compile_s = round(watch.read(), 3)
    watch = Stopwatch()
    found = simulate(asked, asked.customers, asked.duration_s)
    wall_s = watch.read()
    version = f"{cb.__version__} (Cimba {cb.engine_version()})"
    if asked.tiers is None:
        mean = round(float(found.mean[0, 0]), 4)
        report("cimba", version, asked, wall_s, asked.customers, mean_s=mean, compile_s=compile_s)
        return
    took = np.asarray(found.took.trial(0, 0)[1])
    timeouts, failed = (int(getattr(found, name)[0, 0]) for name in ("timeouts", "failed"))
    report(
        "cimba", version, asked, wall_s, took.size + failed, **latencies(took.tolist()),
        timeouts=timeouts, failed=failed, compile_s=compile_s,
    )  # fmt: skip


main()
