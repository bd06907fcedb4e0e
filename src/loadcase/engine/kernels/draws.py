"""Random numbers: one generator for each place, distributions, keys."""

from __future__ import annotations

import math

import numpy as np
from numba import uint64

from loadcase.core.distributions import CONST, ERLANG, EXP, LOGNORMAL, MIX, PARETO, UNIFORM
from loadcase.core.program import HOT_KEYS, WEIGHTED_KEYS, ZIPF_KEYS
from loadcase.engine.kernels.compiling import compiled, inlined


@inlined
def bits(rng, p):
    """64 random bits of place `p`: xoshiro256+. Source: Blackman and Vigna, ACM TOMS 47(4), 2021."""
    a = rng[p, 0]
    b = rng[p, 1]
    c = rng[p, 2]
    d = rng[p, 3]
    t = b << uint64(17)
    c ^= a
    rng[p, 1] = b ^ c
    rng[p, 0] = a ^ d ^ b
    rng[p, 2] = c ^ t
    e = d ^ b
    rng[p, 3] = (e << uint64(45)) | (e >> uint64(19))
    return a + d


@inlined
def uniform(rng, p):
    """A draw in [0, 1)."""
    return (bits(rng, p) >> uint64(11)) * (1.0 / 9007199254740992.0)


ZIGGURAT_R, ZIGGURAT_V = 7.69711747013104972, 0.0039496598225815571993


def _ziggurat() -> np.ndarray:
    """Right ends of 256 layers of equal area under exp(-x), the widest first, and the density there: (257, 2)."""
    x = [ZIGGURAT_V / math.exp(-ZIGGURAT_R), ZIGGURAT_R]
    while len(x) < 256:
        x.append(-math.log(math.exp(-x[-1]) + ZIGGURAT_V / x[-1]))
    x.append(0.0)
    return np.array([(right, math.exp(-right)) for right in x])


LAYERS = _ziggurat()


@inlined
def exponential(rng, p):
    """A draw with mean 1. Source: Marsaglia and Tsang, The Ziggurat Method, J. Stat. Software 5(8), 2000."""
    while True:
        r = bits(rng, p)
        i = (r >> uint64(3)) & uint64(255)
        x = (r >> uint64(11)) * (1.0 / 9007199254740992.0) * LAYERS[i, 0]
        if x < LAYERS[i + uint64(1), 0]:
            return x
        if i == 0:
            return ZIGGURAT_R - math.log(1.0 - uniform(rng, p))
        low = LAYERS[i, 1]
        if low + uniform(rng, p) * (LAYERS[i + uint64(1), 1] - low) < math.exp(-x):
            return x


@inlined
def below(rng, p, n):
    """A whole number in [0, n)."""
    k = int(uniform(rng, p) * n)
    return k if k < n else n - 1


@compiled
def inverse_normal(u):
    """Standard normal quantile. Source: Wichura, Algorithm AS 241, Applied Statistics 37(3), 1988 (PPND7)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return (
            q
            * (((5.9109374720e1 * r + 1.5929113202e2) * r + 5.0434271938e1) * r + 3.3871327179)
            / (((6.7187563600e1 * r + 7.8757757664e1) * r + 1.7895169469e1) * r + 1.0)
        )
    r = u if q < 0.0 else 1.0 - u
    if r < 1e-300:
        r = 1e-300
    r = math.sqrt(-math.log(r))
    if r <= 5.0:
        r -= 1.6
        x = (((1.7023821103e-1 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777) / (
            (1.2021132975e-1 * r + 7.3700164250e-1) * r + 1.0
        )
    else:
        r -= 5.0
        x = (((1.7337203997e-2 * r + 4.2868294337e-1) * r + 3.0812263860) * r + 6.6579051150) / (
            (1.2258202635e-2 * r + 2.4197894225e-1) * r + 1.0
        )
    return -x if q < 0.0 else x


@compiled
def draw_other(rng, p, kind, a, b):
    """One draw of a distribution that is not constant, exponential or a mixture, s."""
    if kind == LOGNORMAL:
        return math.exp(a + b * inverse_normal(uniform(rng, p)))
    if kind == UNIFORM:
        return a + (b - a) * uniform(rng, p)
    if kind == ERLANG:
        x = 0.0
        for _ in range(int(a)):
            x += exponential(rng, p)
        return x * b
    if kind == PARETO:
        return a * (1.0 - uniform(rng, p)) ** (-1.0 / b)
    # NORMAL, truncated at zero
    x = a + b * inverse_normal(uniform(rng, p))
    while x < 0.0:
        x = a + b * inverse_normal(uniform(rng, p))
    return x


@inlined
def draw(rng, p, dist_kind, dist, i):
    """One draw of distribution `i`, s."""
    kind = dist_kind[i]
    if kind == MIX:
        u = uniform(rng, p)
        last = i + int(dist[i, 0])
        i += 1
        while i < last and u >= dist[i, 2]:
            i += 1
        kind = dist_kind[i]
    if kind == EXP:
        return exponential(rng, p) * dist[i, 0]
    if kind == CONST:
        return dist[i, 0]
    return draw_other(rng, p, kind, dist[i, 0], dist[i, 1])


@inlined
def mix64(x):
    """A key's hash. Source: Steele, Lea, Flood, SplitMix, OOPSLA 2014."""
    z = uint64(x) + uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return z ^ (z >> uint64(31))


@inlined
def hashed(key, salt, n):
    """Bucket of a key among n."""
    h = mix64(uint64(key) * uint64(0x9E3779B97F4A7C15) + uint64(salt))
    return np.int64((h >> uint64(11)) * (1.0 / 9007199254740992.0) * n)


@inlined
def draw_bin(rng, p, first, count, alias_p, alias_k):
    """Row of a bin, by Vose's alias method."""
    u = uniform(rng, p) * count
    i = int(u)
    if i >= count:
        i = count - 1
    return first + i if u - i < alias_p[first + i] else first + alias_k[first + i]


@inlined
def draw_zipf(rng, p, s, first, count, alias_p, alias_k, bins):
    """Rank by a power law: a bin of neighbours by its exact weight, then one of them by rejection.

    The least popular of a bin is nearly as popular as the first, so that most candidates need no power.
    """
    i = draw_bin(rng, p, first, count, alias_p, alias_k)
    start, n, least = bins[i, 0], bins[i, 1], bins[i, 2]
    if n == 1.0:
        return np.int64(start)
    while True:
        k = math.floor(uniform(rng, p) * n)
        u = uniform(rng, p)
        if u < least or u < ((start + k + 1.0) / (start + 1.0)) ** -s:
            return np.int64(start + k)


@compiled
def draw_key(rng, p, law, n, par, first, count, alias_p, alias_k, bins):
    """A key's rank, the most popular 0."""
    if law == ZIPF_KEYS:
        return draw_zipf(rng, p, par[0], first, count, alias_p, alias_k, bins)
    if law == HOT_KEYS:
        hot = int(par[1])
        if uniform(rng, p) < par[0]:
            return int(uniform(rng, p) * hot)
        return hot + int(uniform(rng, p) * (n - hot)) if n > hot else int(uniform(rng, p) * hot)
    if law == WEIGHTED_KEYS:
        return np.int64(draw_bin(rng, p, first, count, alias_p, alias_k) - first)
    return int(uniform(rng, p) * n)
