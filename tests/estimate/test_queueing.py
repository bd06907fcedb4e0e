"""Every queue equals its published or derived values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcase.core.distributions import Const, Dist, Exp
from loadcase.estimate import queueing as q
from loadcase.estimate.latency import Latency
from loadcase.estimate.stations import Solved, Stream, delayed, solve
from tests.estimate.cases import agree


def percentiles(law: Latency) -> dict[str, float]:
    return {f"sojourn_p{p}": law.quantile(p / 100) for p in (50, 95, 99)}


def sojourn(p_wait: float, drain: float, service: float = 1.0) -> Latency:
    """A share waits, exponentially, and all are served so."""
    return delayed(p_wait, 1.0 / drain, 1.0).plus(Latency.of(Exp(service)))


def station(rate: float, work: Dist, workers: int = 1, *, discipline: str = "fifo", patience: Any = None) -> Solved:
    """One station of Poisson arrivals."""
    leaves = None if patience is None else Latency.of(patience)
    stream = Stream(rate, np.ones(1), Latency.of(work))
    return solve([stream], workers, None, discipline, patience=leaves)


@pytest.mark.parametrize(
    ("case", "rate", "service", "servers"),
    [("QT-MM1-1", 0.5, 1.0, 1), ("QT-MM1-2", 1.0, 0.8, 1), ("QT-MMC-1", 2.5, 1.0, 5), ("QT-MMC-3", 0.2, 10.0, 3)],
)
def test_mmc(case: str, rate: float, service: float, servers: int) -> None:
    s = q.mmc(rate, service, servers)
    agree(
        case,
        utilization=s.utilisation,
        p_wait=s.p_wait,
        mean_wait=s.mean_wait,
        mean_sojourn=s.mean_sojourn,
        mean_queue=rate * s.mean_wait,
        mean_number=rate * s.mean_sojourn,
    )
    agree(case, rel=0.01, **percentiles(station(rate, Exp(service), servers).waits[2].plus(Latency.of(Exp(service)))))


def test_losses() -> None:
    agree("QT-ERLB-1", p_loss=q.erlang_b(10, 10))
    for case, s in {"QT-MMCK-1": q.mmck(0.8, 1, 1, 5), "QT-MMCK-2": q.mmck(1.6, 1, 2, 6)}.items():
        accepted = s.rate * (1.0 - s.p_loss)
        agree(
            case,
            p_loss=s.p_loss,
            throughput=accepted,
            mean_number=accepted * s.mean_sojourn,
            mean_sojourn_accepted=s.mean_sojourn,
            mean_wait_accepted=s.mean_wait,
            utilization=s.utilisation,
        )
    assert q.mmck(20, 1, 10, 10).p_loss == pytest.approx(q.erlang_b(10, 20))
    assert q.mmck(1e4, 1, 3, 5_000).p_loss == pytest.approx(1 - 3e-4)


def test_constant_service() -> None:
    s = q.mg1(0.8, 1.0, 0.0)
    agree("QT-MD1-1", mean_wait=s.mean_wait, mean_sojourn=s.mean_sojourn, mean_number=0.8 * s.mean_sojourn)
    two = q.mgc(1.8, 1.0, 0.0, 2)
    agree("QT-MDC-1", rel=0.01, mean_wait=two.mean_wait, mean_sojourn=two.mean_sojourn)


def test_general_service() -> None:
    mean, second = 0.9 * 0.5 + 0.1 * 5.5, 2 * (0.9 * 0.25 + 0.1 * 30.25)
    s = q.mg1(0.6, mean, second / mean**2 - 1)
    agree("QT-MG1-1", utilization=s.utilisation, mean_wait=s.mean_wait, mean_sojourn=s.mean_sojourn)


def test_sharing_and_priorities() -> None:
    rates, services = (3, 4, 3), (0.2, 0.2, 1 / 6)
    s, one, two = (station(r, Exp(t), discipline="ps").waits[2].mean for r, t in zip(rates, services, strict=True))
    agree("QT-PS-1", mean_sojourn=s)
    agree("PS-CIW-PS", mean_sojourn_1=one, mean_sojourn_2=two)
    a, b, c = q.priority_waits([0.2, 0.3, 0.2], [1, 1, 1], [1, 1, 1])
    agree("QT-PRIONP-1", mean_wait_class1=a, mean_wait_class2=b, mean_wait_class3=c)
    high, low = q.preemptive_sojourns([0.3, 0.4], [1, 1], [1, 1])
    agree("QT-PRIOPR-1", mean_sojourn_class1=high, mean_sojourn_class2=low)


def test_patience() -> None:
    """Erlang A, and Barrer's M/M/1 with a fixed patience."""
    a = station(12, Exp(1), 10, patience=Exp(2))
    served = 12 * (1.0 - a.abandoned)
    got = {"throughput": served, "utilization": served / 10, "mean_queue": 12 * a.in_queue}
    agree("QT-ERLA-1", rel=2e-3, p_abandon=a.abandoned, p_wait=a.p_wait, **got)
    d = station(0.8, Exp(1), patience=Const(2))
    served = 0.8 * (1.0 - d.abandoned)
    got = {"goodput": served, "utilization": served, "mean_wait_served": d.mean_wait}
    agree("QT-TOUT-1", rel=2e-3, p_timeout=d.abandoned, **got)


def test_endless_patience_is_none() -> None:
    patient, plain = station(4, Exp(1), 5, patience=Const(1e4)), station(4, Exp(1), 5)
    assert patient.abandoned == pytest.approx(0.0, abs=1e-9)
    assert (patient.mean_wait, patient.in_queue) == (pytest.approx(plain.mean_wait, rel=1e-2),) * 2
    assert patient.p_wait == pytest.approx(plain.p_wait, rel=1e-2)
    assert station(1e-9, Exp(1), 500, patience=Const(1)).mean_wait == 0.0


def test_a_deadline() -> None:
    late = 1.0 - sojourn(0.5, 0.5).share_up_to(4)
    agree("QT-DEADLINE-1", rel=0.01, timeout_fraction=late, goodput=0.5 * (1 - late))


def test_paced_and_round_robin() -> None:
    s, drain = q.gimc(0.8, 1, 1, math.inf)
    agree("QT-DM1-1", sigma=s.p_wait, p_wait=s.p_wait, mean_wait=s.mean_wait, mean_sojourn=s.mean_sojourn)
    agree("QT-DM1-1", rel=0.01, **percentiles(sojourn(s.p_wait, drain)))
    s, drain = q.gimc(0.8, 1, 1, 2)
    agree("LB-RR-1", mean_sojourn=s.mean_sojourn, mean_wait=s.mean_wait, p_wait=s.p_wait)
    agree("LB-RR-1", rel=0.01, **percentiles(sojourn(s.p_wait, drain)))


@given(st.floats(0.05, 0.95), st.integers(1, 40))
def test_poisson_is_erlang_1(rho: float, servers: int) -> None:
    general, _ = q.gimc(rho * servers, 1, servers, 1)
    assert general.p_wait == pytest.approx(q.mmc(rho * servers, 1, servers).p_wait, rel=1e-3, abs=1e-9)


@given(st.floats(0.1, 0.97), st.integers(1, 30), st.floats(0, 6))
def test_waits_rise_with_variability_and_load(rho: float, servers: int, scv: float) -> None:
    now = q.mgc(rho * servers, 1, scv, servers).mean_wait
    now *= 1 - 1e-9
    assert now <= q.mgc(rho * servers, 1, scv + 0.5, servers).mean_wait
    assert now <= q.mgc(min(0.99, rho + 0.02) * servers, 1, scv, servers).mean_wait


@pytest.mark.parametrize("rho", [1.0, 1.5])
def test_what_does_not_keep_up_is_infinite(rho: float) -> None:
    assert math.isinf(q.mmc(rho, 1).mean_wait)
    assert math.isinf(q.mg1(rho, 1, 2).mean_wait)
    assert math.isinf(q.gimc(rho, 1, 1, 4)[0].mean_wait)
    assert math.isinf(q.priority_waits([0.2, rho], [1, 1], [1, 1])[1])
    assert math.isfinite(q.priority_waits([0.2, rho], [1, 1], [1, 1])[0])
