"""Keys by popularity, and how a hash spreads them over stations.

A key space of up to 10^12 keys is summed up as groups of keys of like popularity: the first ranks one by one, the
tail of the curve integrated.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loadcase.blueprint.model import Popularity

Array = NDArray[Any]
HEAD = 2000
"""Ranks that are summed one by one."""
TAIL = 400
"""Groups of the rest."""
PLACED = 20_000
"""Most popular keys whose station is computed; what is left is spread evenly."""


@lru_cache(maxsize=64)
def key_rates(popularity: Popularity) -> tuple[Array, Array]:
    """(share of the requests per key, number of keys) for groups of keys of like popularity, most popular first."""
    n = popularity.count
    if popularity.law == "weights":
        weights = np.sort(np.array(popularity.weights))[::-1]
        return weights / weights.sum(), np.ones(len(weights))
    if popularity.law == "hot":
        rest = n - popularity.hot
        shares = [popularity.share / popularity.hot] + ([(1 - popularity.share) / rest] if rest else [])
        return np.array(shares), np.array([float(popularity.hot)] + ([float(rest)] if rest else []))
    if popularity.law == "uniform" or popularity.exponent == 0:
        return np.array([1.0 / n]), np.array([float(n)])
    s = popularity.exponent
    head = np.arange(1, min(n, HEAD) + 1, dtype=float)
    weights, counts = head**-s, np.ones(len(head))
    if n > HEAD:
        edges = np.geomspace(HEAD + 0.5, n + 0.5, TAIL + 1)
        mass = np.log(edges[1:] / edges[:-1]) if abs(s - 1) < 1e-9 else np.diff(edges ** (1 - s)) / (1 - s)
        size = np.diff(edges)
        weights, counts = np.concatenate([weights, mass / size]), np.concatenate([counts, size])
    return weights / float((weights * counts).sum()), counts


def first_keys(popularity: Popularity, most: int) -> Array:
    """Share of the requests of each of the first keys, by rank."""
    count = min(popularity.count, most)
    if popularity.law == "weights":
        return np.array(popularity.weights[:count])
    if popularity.law == "zipf" and popularity.exponent > 0:
        share, _number = key_rates(popularity)
        return np.asarray(share[0] * np.arange(1, count + 1, dtype=float) ** -popularity.exponent)
    if popularity.law == "hot":
        rest = popularity.count - popularity.hot
        shares = np.full(count, (1 - popularity.share) / rest if rest else 0.0)
        shares[: popularity.hot] = popularity.share / popularity.hot
        return shares
    return np.full(count, 1.0 / popularity.count)


def hashed(keys: NDArray[np.uint64], buckets: int) -> NDArray[np.int64]:
    """Bucket of every key, as the engine places it. Source: G. Steele, D. Lea, C. Flood, SplitMix, OOPSLA 2014."""
    golden = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        z = keys.astype(np.uint64) * golden + np.uint64(7) + golden
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    share = (z >> np.uint64(11)).astype(float) / 9007199254740992.0
    return np.asarray((share * buckets).astype(np.int64))


@lru_cache(maxsize=128)
def bucket_shares(popularity: Popularity | None, buckets: int, modulo: bool = False) -> Array:
    """Share of the requests that each of `buckets` gets when the key decides; None: every request has one key.

    The first PLACED keys go where the engine's hash puts them. The rest is even but for the chance spread of keys over
    buckets, which has the right size and no particular place: the buckets' normal scores, in a fixed order.
    """
    if buckets == 1:
        return np.ones(1)
    if popularity is None:
        shares: Array = np.zeros(buckets)
        shares[0 if modulo else int(hashed(np.zeros(1, np.uint64), buckets)[0])] = 1.0
        return shares
    first = first_keys(popularity, PLACED)
    keys = np.arange(len(first), dtype=np.uint64)
    places = (keys % np.uint64(buckets)).astype(np.int64) if modulo else hashed(keys, buckets)
    shares = np.bincount(places, first, buckets)
    left = max(0.0, 1.0 - float(first.sum()))
    if left > 0:
        spread = 0.0 if modulo else _tail_spread(popularity, len(first), buckets)
        scores = _normal_scores(buckets)
        shares = shares + np.maximum(0.0, left / buckets + spread * scores)
    return np.asarray(shares / shares.sum())


def _tail_spread(popularity: Popularity, placed: int, buckets: int) -> float:
    """Standard deviation of the share of one bucket that comes from the keys after the first `placed`."""
    share, count = key_rates(popularity)
    ends = np.cumsum(count)
    left = np.clip(ends - placed, 0.0, count)
    return float(np.sqrt((left * share**2).sum() / buckets * (1.0 - 1.0 / buckets)))


def _normal_scores(n: int) -> Array:
    from statistics import NormalDist

    inverse = NormalDist().inv_cdf
    scores = np.array([inverse((i + 0.625) / (n + 0.25)) for i in range(n)])
    return np.asarray(np.random.default_rng(0).permutation(scores))
