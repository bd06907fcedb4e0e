"""Every queue equals its published or derived values."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadcase.estimate import queueing as q
from tests.estimate.cases import agree


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
        mean_queue=s.mean_queue,
        mean_number=s.mean_number,
        **{f"sojourn_p{p}": q.mmc_sojourn_quantile(p / 100, rate, service, servers) for p in (50, 95, 99)},
    )


def test_losses() -> None:
    agree("QT-ERLB-1", p_loss=q.erlang_b(10, 10))
    for case, s in {"QT-MMCK-1": q.mmck(0.8, 1, 1, 5), "QT-MMCK-2": q.mmck(1.6, 1, 2, 6)}.items():
        agree(
            case,
            p_loss=s.p_loss,
            throughput=s.throughput,
            mean_number=s.mean_number,
            mean_sojourn_accepted=s.mean_sojourn,
            mean_wait_accepted=s.mean_wait,
            utilization=s.utilisation,
        )
    assert q.mmck(20, 1, 10, 10).p_loss == pytest.approx(q.erlang_b(10, 20))
    assert q.mmck(1e4, 1, 3, 5_000).p_loss == pytest.approx(1 - 3e-4)


def test_constant_service() -> None:
    s = q.mg1(0.8, 1.0, 0.0)
    quantiles = {f"sojourn_p{p}": q.md1_sojourn_quantile(p / 100, 0.8, 1.0) for p in (50, 95, 99)}
    agree("QT-MD1-1", mean_wait=s.mean_wait, mean_sojourn=s.mean_sojourn, mean_number=s.mean_number, **quantiles)
    d = q.mdc(1.8, 1.0, 2)
    waits = {"mean_wait": d.mean_wait, "mean_sojourn": d.mean_sojourn, "mean_queue": d.mean_queue}
    agree("QT-MDC-1", utilization=d.utilisation, **waits)
    assert q.mdc(0.8, 1.0, 1).mean_wait == pytest.approx(2.0)
    assert q.mgc(1.8, 1.0, 0.0, 2).mean_wait == pytest.approx(d.mean_wait, rel=0.01)


def test_general_service() -> None:
    mean, second = 0.9 * 0.5 + 0.1 * 5.5, 2 * (0.9 * 0.25 + 0.1 * 30.25)
    s = q.mg1(0.6, mean, second / mean**2 - 1)
    agree("QT-MG1-1", utilization=s.utilisation, mean_wait=s.mean_wait, mean_sojourn=s.mean_sojourn)


def test_sharing_and_priorities() -> None:
    s = q.processor_sharing(3, 0.2)
    agree("QT-PS-1", mean_sojourn=s.mean_sojourn, mean_number=s.mean_number, utilization=s.utilisation)
    one, two = q.processor_sharing(4, 0.2), q.processor_sharing(3, 1 / 6)
    agree("PS-CIW-PS", mean_sojourn_1=one.mean_sojourn, mean_sojourn_2=two.mean_sojourn)
    a, b, c = q.priority_waits([0.2, 0.3, 0.2], [1, 1, 1], [1, 1, 1])
    agree("QT-PRIONP-1", mean_wait_class1=a, mean_wait_class2=b, mean_wait_class3=c)
    high, low = q.preemptive_sojourns([0.3, 0.4], [1, 1], [1, 1])
    agree("QT-PRIOPR-1", mean_sojourn_class1=high, mean_sojourn_class2=low)


def test_patience() -> None:
    a = q.erlang_a(12, 1, 10, 2)
    agree(
        "QT-ERLA-1",
        p_abandon=a.p_abandon,
        p_wait=a.p_wait,
        mean_queue=a.mean_wait * 12,
        throughput=a.throughput,
        utilization=a.utilisation,
    )
    d = q.mm1_fixed_patience(0.8, 1, 2)
    agree(
        "QT-TOUT-1",
        p_timeout=d.p_abandon,
        goodput=d.throughput,
        utilization=d.utilisation,
        mean_wait_served=d.mean_wait,
    )
    late = 1 - q.delayed_exponential_cdf(4, 0.5, 0.5, 1.0)
    agree("QT-DEADLINE-1", timeout_fraction=late, goodput=0.5 * (1 - late))


def test_unlimited_servers() -> None:
    mean, p99 = q.infinite_servers(100, 0.25, 0.99)
    agree("QT-MGINF-1", mean_in_flight=mean, p99_in_flight=p99, p50_in_flight=q.infinite_servers(100, 0.25, 0.5)[1])
    assert q.infinite_servers(2000, 1.0, 0.5) == (2000, 2000)


def test_paced_and_round_robin() -> None:
    s, _ = q.gimc(0.8, 1, 1, math.inf)
    quantiles = {
        f"sojourn_p{p}": q.gim1_sojourn_quantile(p / 100, 0.8, 1, q.erlang_transform(0.8, math.inf))
        for p in (50, 95, 99)
    }
    agree("QT-DM1-1", sigma=s.p_wait, p_wait=s.p_wait, mean_wait=s.mean_wait, mean_sojourn=s.mean_sojourn, **quantiles)
    s, _ = q.gimc(0.8, 1, 1, 2)
    quantiles = {
        f"sojourn_p{p}": q.gim1_sojourn_quantile(p / 100, 0.8, 1, q.erlang_transform(0.8, 2)) for p in (50, 95, 99)
    }
    agree("LB-RR-1", mean_sojourn=s.mean_sojourn, mean_wait=s.mean_wait, p_wait=s.p_wait, **quantiles)
    agree("LB-RANDOM-1", mean_sojourn=q.mmc(0.9, 1).mean_sojourn, sojourn_p99=q.mmc_sojourn_quantile(0.99, 0.9, 1))


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
    assert math.isinf(q.mdc(rho * 2, 1, 2).mean_wait)
    assert math.isinf(q.gimc(rho, 1, 1, 4)[0].mean_wait)
    assert math.isinf(q.mmc_sojourn_quantile(0.5, rho, 1))
    assert math.isinf(q.priority_waits([0.2, rho], [1, 1], [1, 1])[1])
    assert math.isfinite(q.priority_waits([0.2, rho], [1, 1], [1, 1])[0])
