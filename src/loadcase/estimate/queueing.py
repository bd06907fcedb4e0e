"""One queue in closed form: waits, losses and percentiles of a station.

Rates are per second and times in seconds; any other unit of time serves as well. `servers` serve one queue, first
come first served unless the name says otherwise. What is stable only below saturation gives `inf` above it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

INF = math.inf


@dataclass(frozen=True)
class Station:
    """What a queueing formula says of one station; means are over those that were served."""

    rate: float
    servers: int
    utilisation: float
    p_wait: float
    mean_wait: float
    mean_sojourn: float
    p_loss: float = 0.0


# --- Markovian ------------------------------------------------------------------------------------------------------
def erlang_b(servers: int, load: float) -> float:
    """Share of calls that find all servers busy and are lost, for `load` erlangs and any law of service.

    The reciprocal, the sum of c! / ((c - k)! load^k), whose terms rise until k = c - load and then fall: it ends after
    a number of terms that grows as the root of the load, not with the servers.

    Source: A. K. Erlang 1917; L. Kleinrock, Queueing Systems vol. 1, 1975, section 3.6.
    """
    if load <= 0.0:
        return 0.0 if servers else 1.0
    term = total = 1.0
    for k in range(servers):
        term *= (servers - k) / load
        total += term
        if term <= 1e-18 * total and servers - k <= load:
            break
        if total > 1e300:
            return 0.0  # less than one call in 10^300
    return 1.0 / total


def erlang_c(servers: int, load: float) -> float:
    """Share of calls that must wait in M/M/c, for `load` erlangs; 1 from saturation on.

    Source: Kleinrock vol. 1, eq. 3.40, by way of Erlang B.
    """
    if load >= servers:
        return 1.0
    blocked = erlang_b(servers, load)
    return blocked / (1.0 - load / servers * (1.0 - blocked))


def mmc(rate: float, service_s: float, servers: int = 1) -> Station:
    """M/M/c: Poisson arrivals, exponential service, `servers` servers, an unbounded queue.

    Source: Kleinrock vol. 1, sections 3.2 and 3.5.
    """
    load = rate * service_s
    p_wait = erlang_c(servers, load)
    wait = p_wait * service_s / (servers - load) if load < servers else INF
    return Station(rate, servers, load / servers, p_wait, wait, wait + service_s)


def mmck(rate: float, service_s: float, servers: int, room: int) -> Station:
    """M/M/c/K: at most `room` in the station, waiting or served; others are refused. Stable at any load.

    Source: Kleinrock vol. 1, sections 3.6 and 3.7 (birth and death).
    """
    load = rate * service_s
    weights = _birth_death(lambda n: load / min(n, servers), room)
    total = math.fsum(weights)
    probabilities = [w / total for w in weights]
    loss = probabilities[-1]
    waiting = math.fsum(p * max(0, n - servers) for n, p in enumerate(probabilities))
    accepted = rate * (1.0 - loss)
    wait = waiting / accepted if accepted else 0.0
    p_wait = math.fsum(probabilities[servers:-1]) / (1.0 - loss) if loss < 1.0 else 1.0
    return Station(rate, servers, accepted * service_s / servers, p_wait, wait, wait + service_s, p_loss=loss)


def _birth_death(ratio: Callable[[int], float], most: int) -> list[float]:
    """Unnormalised probabilities of 0..most, rescaled on the way so that they never overflow."""
    weights = [1.0]
    for n in range(1, most + 1):
        weights.append(weights[-1] * ratio(n))
        if weights[-1] > 1e200:
            weights = [w * 1e-200 for w in weights]
    return weights


# --- general service ------------------------------------------------------------------------------------------------
def mg1(rate: float, service_s: float, scv: float) -> Station:
    """M/G/1 by Pollaczek and Khinchine: `scv` is the squared coefficient of variation of service.

    Source: Kleinrock vol. 1, eq. 5.63.
    """
    rho = rate * service_s
    wait = rho * service_s * (1.0 + scv) / (2.0 * (1.0 - rho)) if rho < 1.0 else INF
    return Station(rate, 1, rho, min(1.0, rho), wait, wait + service_s)


def mg1_wait_second_moment(rate: float, service_s: float, scv: float, third: float) -> float:
    """E[wait^2] in M/G/1, from E[service^3]. Source: Takacs' recursion, Kleinrock vol. 1, eq. 5.113 and after."""
    wait = mg1(rate, service_s, scv).mean_wait
    return 2.0 * wait**2 + rate * third / (3.0 * (1.0 - rate * service_s))


def mgc(rate: float, service_s: float, scv: float, servers: int = 1) -> Station:
    """M/G/c, approximately: exact for one server, for exponential and nearly for constant service.

    Below scv 1 it interpolates between M/D/c and M/M/c (H. C. Tijms, 2003, eq. 9.6.17, with G. P. Cosmetatos' M/D/c of
    1976); above, it is A. M. Lee and P. A. Longton's (1 + scv) / 2 of M/M/c (OR Quarterly 10, 1959). The share that
    waits is taken from Erlang C.
    """
    if servers == 1:
        return mg1(rate, service_s, scv)
    base = mmc(rate, service_s, servers)
    if base.utilisation >= 1.0 or scv == 1.0 or rate <= 0.0:
        return base
    if scv > 1.0:
        wait = base.mean_wait * (1.0 + scv) / 2.0
    else:
        rho = base.utilisation
        extra = (1.0 - rho) * (servers - 1) * (math.sqrt(4.0 + 5.0 * servers) - 2.0) / (16.0 * rho * servers)
        constant = base.mean_wait * min(1.0, 0.5 * (1.0 + extra))
        wait = (1.0 - scv) * constant + scv * base.mean_wait
    return Station(rate, servers, base.utilisation, base.p_wait, wait, wait + service_s)


# --- arrivals that are not Poisson -----------------------------------------------------------------------------------
def gim1_root(transform: Callable[[float], float], service_rate: float) -> float:
    """The root sigma of sigma = A*(mu (1 - sigma)) in (0, 1): the share that waits in GI/M/1.

    `transform` is the Laplace transform of the time between arrivals. Source: Kleinrock vol. 1, eq. 6.15.
    """
    low, high = 0.0, 1.0 - 1e-12
    for _ in range(200):
        middle = (low + high) / 2.0
        if transform(service_rate * (1.0 - middle)) > middle:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def erlang_transform(rate: float, stages: float) -> Callable[[float], float]:
    """Laplace transform of Erlang arrivals; `stages` inf is a constant pace. Round robin over k is Erlang-k."""
    if math.isinf(stages):
        return lambda s: math.exp(-s / rate)
    return lambda s: math.exp(-stages * math.log1p(s / (stages * rate)))


def gimc(rate: float, service_s: float, servers: int, stages: float) -> tuple[Station, float]:
    """E_k/M/c, exact: the station, and the rate at which the wait of those that wait falls off.

    `stages` k is that of Erlang arrivals: 1 Poisson, inf a constant pace; round robin over k stations makes Erlang-k of
    Poisson arrivals. Source: L. Takacs, Introduction to the Theory of Queues, 1962, ch. 2.2; for one server Kleinrock
    vol. 1, eq. 6.27.
    """
    rho = rate * service_s / servers
    if rho >= 1.0:
        return Station(rate, servers, rho, 1.0, INF, INF), 0.0
    mu = 1.0 / service_s
    for step in range(3):  # where `idle` is whole the formula has a removable singularity: step aside
        transform = erlang_transform(rate * (1.0 - 3e-6 * step), stages)
        sigma = gim1_root(transform, servers * mu)
        idle = servers * (1.0 - sigma)
        nearest = round(idle)
        if not 0 < nearest < servers or abs(idle - nearest) > 1e-7:
            break
    total = 1.0 / (1.0 - sigma)
    log_c, log_choose = 0.0, 0.0
    for j in range(1, servers + 1):
        phi = max(transform(j * mu), 1e-300)
        log_c += math.log(phi) - math.log1p(-phi)
        log_choose += math.log((servers - j + 1) / j)
        ratio = (servers * (1.0 - phi) - j) / (idle - j) if j < servers else phi / max(sigma, 1e-300)
        total += math.exp(min(600.0, log_choose - log_c)) / (1.0 - phi) * ratio
    p_wait = min(1.0, max(0.0, 1.0 / (total * (1.0 - sigma)))) if total > 0 else 1.0
    drain = servers * mu * (1.0 - sigma)
    return Station(rate, servers, rho, p_wait, p_wait / drain, p_wait / drain + service_s), drain


def gigc_wait_factor(rho: float, arrival_scv: float, service_scv: float) -> float:
    """By how much the wait of GI/G/c differs from that of M/M/c at the same load.

    Source: Kraemer and Langenbach-Belz, ITC 8, 1976, as used by W. Whitt, The Queueing Network Analyzer, BSTJ 62(9),
    1983, eq. 44.
    """
    spread = arrival_scv + service_scv
    if spread <= 0.0:
        return 0.0
    if arrival_scv < 1.0:
        correction = math.exp(-2.0 * (1.0 - rho) / (3.0 * rho) * (1.0 - arrival_scv) ** 2 / spread) if rho > 0 else 0.0
    else:
        correction = 1.0
    return spread / 2.0 * correction


# --- other disciplines -----------------------------------------------------------------------------------------------
def processor_sharing_scv(rho: float) -> float:
    """Squared coefficient of variation of the time in M/M/1 with processor sharing.

    Source: E. Coffman, R. Muntz, H. Trotter, Waiting Time Distributions for Processor-Sharing Systems, JACM 17, 1970.
    """
    return (2.0 + rho) / (2.0 - rho)


def priority_waits(
    rates: Sequence[float], services_s: Sequence[float], scvs: Sequence[float], servers: int = 1
) -> list[float]:
    """Mean wait of each class, the most urgent first, without preemption.

    Source: A. Cobham, Priority Assignment in Waiting Line Problems, Operations Research 2(1), 1954 (exact for one
    server; for several with one law of service, through the wait of the merged queue, as in O. Kella and U. Yechiali,
    1985, which is exact for exponential service).
    """
    load = sum(r * s for r, s in zip(rates, services_s, strict=True))
    total = sum(rates)
    if total <= 0.0:
        return [0.0] * len(rates)
    mean = load / total
    second = sum(r * s * s * (1.0 + v) for r, s, v in zip(rates, services_s, scvs, strict=True)) / total
    # what an arrival finds in service and must let finish, per free server
    if load < servers:
        merged = mgc(total, mean, max(0.0, second / mean**2 - 1.0), servers)
        residual = merged.mean_wait * (1.0 - load / servers)
    else:
        residual = second / mean / (2.0 * servers)
    waits, before = [], 0.0
    for r, s in zip(rates, services_s, strict=True):
        after = before + r * s / servers
        waits.append(residual / ((1.0 - before) * (1.0 - after)) if after < 1.0 else INF)
        before = after
    return waits


def priority_wait_scvs(
    rates: Sequence[float], services_s: Sequence[float], scvs: Sequence[float], thirds: Sequence[float]
) -> list[float]:
    """Squared coefficient of variation of each class's wait, of those that wait, without preemption, for one server.

    `thirds` are the third moments of the services. Source: O. Kesten, J. Runnenberg, Priority in Waiting Line
    Problems, 1957; H. Takagi, Queueing Analysis vol. 1, 1991, section 3.2.
    """
    seconds = [s * s * (1.0 + v) for s, v in zip(services_s, scvs, strict=True)]
    second = math.fsum(r * m for r, m in zip(rates, seconds, strict=True))
    third = math.fsum(r * m for r, m in zip(rates, thirds, strict=True))
    load = math.fsum(r * s for r, s in zip(rates, services_s, strict=True))
    found, before, urgent = [], 0.0, 0.0
    for rate, service, own in zip(rates, services_s, seconds, strict=True):
        after, same = before + rate * service, urgent + rate * own
        if after >= 1.0 or load <= 0.0:
            found.append(1.0)
            continue
        a, b = 1.0 - before, 1.0 - after
        mean = second / (2.0 * a * b)
        square = third / (3.0 * a * a * b) + second * same / (2.0 * a * a * b * b) + second * urgent / (2.0 * a**3 * b)
        found.append(max(0.05, min(1.0, load) * square / mean**2 - 1.0) if mean > 0 else 1.0)
        before, urgent = after, same
    return found


def preemptive_sojourns(rates: Sequence[float], services_s: Sequence[float], scvs: Sequence[float]) -> list[float]:
    """Mean time of each class in M/G/1 where the more urgent interrupt and the others resume.

    Source: Kleinrock vol. 2, 1976, section 3.6.
    """
    sojourns, before, residual = [], 0.0, 0.0
    for r, s, v in zip(rates, services_s, scvs, strict=True):
        after = before + r * s
        residual += r * s * s * (1.0 + v) / 2.0
        sojourns.append(s / (1.0 - before) + residual / ((1.0 - before) * (1.0 - after)) if after < 1.0 else INF)
        before = after
    return sojourns
