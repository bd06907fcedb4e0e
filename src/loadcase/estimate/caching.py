"""Hit ratios in closed form."""

from __future__ import annotations

import math

import numpy as np

from loadcase.blueprint.model import Popularity

HEAD = 200_000
"""Ranks that are summed one by one; the rest of the curve is integrated."""


def key_rates(popularity: Popularity) -> tuple[np.ndarray, np.ndarray]:
    """(share of the requests per key, number of keys) for groups of keys of like popularity."""
    n = popularity.count
    if popularity.law == "weights":
        return np.array(popularity.weights), np.ones(len(popularity.weights))
    if popularity.law == "hot":
        rest = n - popularity.hot
        shares = [popularity.share / popularity.hot] + ([(1 - popularity.share) / rest] if rest else [])
        return np.array(shares), np.array([popularity.hot] + ([rest] if rest else []), float)
    if popularity.law == "uniform" or popularity.exponent == 0:
        return np.array([1 / n]), np.array([float(n)])
    s = popularity.exponent
    head = np.arange(1, min(n, HEAD) + 1, dtype=float)
    weights, counts = head**-s, np.ones(len(head))
    if n > HEAD:
        edges = np.geomspace(HEAD + 0.5, n + 0.5, 4001)
        mass = np.log(edges[1:] / edges[:-1]) if abs(s - 1) < 1e-9 else np.diff(edges ** (1 - s)) / (1 - s)
        size = np.diff(edges)
        weights, counts = np.concatenate([weights, mass / size]), np.concatenate([counts, size])
    return weights / float((weights * counts).sum()), counts


def characteristic_time(popularity: Popularity, capacity: float) -> float:
    """Requests that pass until an unused entry is evicted from an LRU cache; infinite when all keys fit.

    Source: H. Che, Y. Tung, Z. Wang, Hierarchical Web Caching Systems, IEEE JSAC 20(7), 2002.
    """
    share, count = key_rates(popularity)
    if capacity >= popularity.count:
        return math.inf
    low, high = 0.0, float(capacity)
    while float((count * -np.expm1(-share * high)).sum()) < capacity:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        if float((count * -np.expm1(-share * middle)).sum()) < capacity:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def hit_ratio(
    popularity: Popularity,
    capacity: float | None,
    policy: str = "lru",
    ttl_s: float | None = None,
    rate: float = 0.0,
    renew: bool = False,
) -> float:
    """Share of look-ups that find their key, with independent requests at `rate` per second.

    LRU by Che's approximation; FIFO and random eviction by its analogue (Fricker, Robert, Roberts, ITC 24, 2012); LFU
    as the most popular keys. A time to live bounds the stay of an entry from its storing, or from its last use with
    `renew` (Jung, Berger, Balakrishnan, INFOCOM 2003).
    """
    share, count = key_rates(popularity)
    size = math.inf if capacity is None else capacity
    life = math.inf if ttl_s is None else ttl_s * rate  # in requests
    if size >= popularity.count:
        stay = math.inf
    elif policy == "lfu":
        order = np.argsort(-share)
        filled = np.minimum(count[order], np.maximum(0.0, size - np.concatenate([[0], np.cumsum(count[order])[:-1]])))
        held = float((share[order] * filled).sum())
        return held if math.isinf(life) else held * float(life / (1 + life))
    elif policy in ("fifo", "random"):
        stay = _fifo_time(share, count, size)
    else:
        stay = characteristic_time(popularity, size)
    if policy in ("fifo", "random") and math.isfinite(stay):
        stay = min(stay, life)
        return float((count * share * (share * stay / (1 + share * stay))).sum())
    if renew:
        stay, life = min(stay, life), math.inf
    if math.isinf(stay) and math.isinf(life):
        return 1.0
    if math.isinf(life):
        return float((count * share * -np.expm1(-share * stay)).sum())
    # LRU with a time to live: stays while used within `stay`, at most `life` after it was stored
    if math.isinf(stay):
        return float((count * share * (share * life / (1 + share * life))).sum())
    gap = -np.expm1(-share * stay)
    uses = share * life
    expected = gap * (1 - np.exp(-uses * (1 - gap))) / np.maximum(1e-300, 1 - gap)
    return float((count * share * np.minimum(expected / (1 + expected), gap)).sum())


def _fifo_time(share: np.ndarray, count: np.ndarray, size: float) -> float:
    low, high = 0.0, float(size)
    while float((count * (share * high / (1 + share * high))).sum()) < size:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        if float((count * (share * middle / (1 + share * middle))).sum()) < size:
            low = middle
        else:
            high = middle
    return (low + high) / 2
