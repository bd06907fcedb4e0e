"""Caches in closed form: hit ratios with independent requests, times to live, fetches that take time.

Times are counted in requests where `requests` stands, and in seconds where `_s` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loadcase.blueprint.model import Popularity
from loadcase.estimate.popularity import key_rates as key_rates

Array = NDArray[Any]
SMALL = 200
"""Keys up to which the contents of a FIFO cache are summed up exactly."""


@lru_cache(maxsize=256)
def characteristic_time(popularity: Popularity, capacity: float) -> float:
    """Requests that pass until an unused entry is evicted from an LRU cache; infinite when all keys fit.

    Source: H. Che, Y. Tung, Z. Wang, Hierarchical Web Caching Systems, IEEE JSAC 20(7), 2002; C. Fricker, P. Robert, J.
    Roberts, A Versatile and Accurate Approximation for LRU Cache Performance, ITC 24, 2012.
    """
    share, count = key_rates(popularity)
    if capacity >= popularity.count:
        return math.inf
    return _solve(lambda t: float(count @ -np.expm1(-share * t)), capacity)


@lru_cache(maxsize=256)
def fifo_time(popularity: Popularity, capacity: float) -> float:
    """The same for FIFO and random eviction: requests that an entry stays for on average, used or not.

    Source: Fricker, Robert, Roberts, ITC 24, 2012; E. Gelenbe, A Unified Approach to the Evaluation of a Class of
    Replacement Algorithms, IEEE Trans. Computers 22(6), 1973 (both have one hit ratio).
    """
    share, count = key_rates(popularity)
    if capacity >= popularity.count:
        return math.inf
    return _solve(lambda t: float(count @ (share * t / (1.0 + share * t))), capacity)


def _solve(filled: Callable[[float], float], size: float) -> float:
    """The time by which a rising `filled` reaches `size`, by the secant in logarithms, kept in a bracket."""
    low, high = size * 0.999, size * 2.0
    while filled(high) < size:
        low, high = high, high * 4.0
    a, b = math.log(low), math.log(high)
    for _ in range(60):
        middle = (a + b) / 2.0
        if filled(math.exp(middle)) < size:
            a = middle
        else:
            b = middle
        if b - a < 1e-10:
            break
    return math.exp((a + b) / 2.0)


def hit_ratio(
    popularity: Popularity,
    capacity: float | None,
    policy: str = "lru",
    ttl_s: float | None = None,
    rate: float = 0.0,
    renew: bool = False,
) -> float:
    """Share of look-ups that find their key, with independent requests at `rate` per second in all."""
    share, count = key_rates(popularity)
    return float((share * count) @ key_hit_ratios(popularity, capacity, policy, ttl_s, rate, renew))


def outcomes(
    popularity: Popularity, capacity: float | None, policy: str, ttl_s: float | None, rate: float, renew: bool,
    fetch_s: float,
) -> tuple[float, float, float]:  # fmt: skip
    """Shares of the look-ups that find their key, and that come while it is being fetched; mean number of entries.

    Look-ups come as Poisson, so that a key is stored for that share of the time that they find it. A fetch takes
    `fetch_s`, and an entry's stay begins at its end: a cycle of a key is a miss, what comes meanwhile, and the hits
    (renewal argument).
    """
    share, count = key_rates(popularity)
    found = key_hit_ratios(popularity, capacity, policy, ttl_s, rate, renew)
    meanwhile = share * rate * fetch_s * (1.0 - found)
    whole = 1.0 + meanwhile
    weights = share * count
    return float(weights @ (found / whole)), float(weights @ (meanwhile / whole)), float(count @ (found / whole))


def key_hit_ratios(
    popularity: Popularity, capacity: float | None, policy: str, ttl_s: float | None, rate: float, renew: bool
) -> Array:
    """Hit ratio of each group of keys of like popularity, as `key_rates` has them.

    LRU by Che's approximation; FIFO and random eviction by its analogue; LFU as the most popular keys. A time to live
    bounds the stay of an entry from its storing (J. Jung, A. Berger, H. Balakrishnan, Modeling TTL-based Internet
    Caches, INFOCOM 2003), or from its last use with `renew`. For LRU with a time to live from the storing, an entry is
    lost at the first pause longer than the characteristic time, and at the latest when its life ends.
    """
    share, count = key_rates(popularity)
    size = math.inf if capacity is None else float(capacity)
    life = math.inf if ttl_s is None else ttl_s * rate  # in requests
    full = size < popularity.count
    if policy == "lfu" and full:
        before = np.concatenate([[0.0], np.cumsum(count)[:-1]])
        kept = np.clip(size - before, 0.0, count)
        part = kept / count
        return part if math.isinf(life) else part * _stored_for(share, life)
    few = full and len(share) == popularity.count <= SMALL and size.is_integer()
    if policy in ("fifo", "random") and few and math.isinf(life):
        return fifo_key_hits([float(s) for s in share], round(size))
    if policy in ("fifo", "random") and full:
        return _stored_for(share, min(fifo_time(popularity, size), life))
    stay = characteristic_time(popularity, size) if full else math.inf
    if renew:
        stay, life = min(stay, life), math.inf
    if math.isinf(stay):
        return _stored_for(share, life)
    used: Array = -np.expm1(-share * stay)
    if math.isinf(life):
        return used
    if life <= stay:
        return _stored_for(share, life)
    pause = np.exp(-share * stay)
    leaving = share * pause / np.maximum(used, 1e-300)  # so that an endless life gives used / pause hits per miss
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        hits = np.where(pause > 1e-12, share / leaving * -np.expm1(-leaving * life), share * life)
    return np.asarray(hits / (1.0 + hits))


def _stored_for(share: Array, stay: float) -> Array:
    """Hit ratio of each key when an entry stays for `stay` requests, used or not: a renewal argument."""
    return share * stay / (1.0 + share * stay) if math.isfinite(stay) else np.ones_like(share)


def fifo_key_hits(weights: Sequence[float], capacity: int) -> Array:
    """Exact hit ratio of each key under FIFO and random eviction: a content weighs as the product of its popularities.

    Source: Gelenbe 1973; the sums over contents by recursion over the keys, from the left and from the right.
    """
    scale = capacity / math.fsum(weights)
    ratios = [w * scale for w in weights]
    left, right = _sums_of_products(ratios, capacity), _sums_of_products(ratios[::-1], capacity)[::-1]
    whole = left[-1][capacity]
    return np.array([1.0 - float(left[i] @ right[i + 1][::-1]) / whole for i in range(len(weights))])


def _sums_of_products(ratios: Sequence[float], capacity: int) -> list[Array]:
    """Elementary symmetric functions of degree 0 to `capacity` of the first 0, 1, 2, ... ratios."""
    sums = [np.eye(1, capacity + 1)[0]]
    for ratio in ratios:
        sums.append(sums[-1] + ratio * np.concatenate([[0.0], sums[-1][:-1]]))
    return sums


def optimal_static(weights: Sequence[float], capacity: int) -> float:
    """Hit ratio of keeping the most popular keys for ever; no policy does better with independent requests."""
    return math.fsum(sorted(weights, reverse=True)[:capacity])
