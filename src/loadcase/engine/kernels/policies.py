"""Limiters, breakers and locks."""

from __future__ import annotations

import math

import numpy as np
from numba import uint64

from loadcase.core.program import BUCKET, SLIDING_WINDOW
from loadcase.engine.kernels.compiling import compiled, inlined
from loadcase.engine.kernels.draws import mix64


@inlined
def take(limiters, par, lim, lim_t, i, index, cost, now):
    """Whether limiter `i` has `cost` permits left in counter `index`, which are then taken."""
    row = limiters[i]
    rate, burst, window = par[i, 0], par[i, 1], par[i, 2]
    j = row[1] + index
    if row[0] == BUCKET:
        if lim_t[j] < 0.0:
            lim[j, 0] = burst
        else:
            lim[j, 0] = min(burst, lim[j, 0] + (now - lim_t[j]) * rate)
        lim_t[j] = now
        if lim[j, 0] >= cost - 1e-9:
            lim[j, 0] -= cost
            return True
        return False
    w = math.floor(now / window)
    if lim_t[j] != w:
        lim[j, 1] = lim[j, 0] if lim_t[j] == w - 1.0 else 0.0
        lim[j, 0] = 0.0
        lim_t[j] = w
    used = lim[j, 0]
    if row[0] == SLIDING_WINDOW:
        used += lim[j, 1] * (1.0 - (now / window - w))
    if used + cost <= rate * window + 1e-9:
        lim[j, 0] += cost
        return True
    return False


BR_STATE, BR_AT, BR_SEEN, BR_BAD, BR_PROBE = range(5)


@inlined
def trip(breakers, par, brk, brk_t, ring, b, now):
    """Whether a breaker lets a call through."""
    br = brk[b]
    if br[BR_STATE] == 0:
        return True
    if now - brk_t[b] < par[b, 1] or br[BR_PROBE] == 1:
        return False
    br[BR_PROBE] = 1
    return True


@inlined
def tally(breakers, brk, ring, b, ok):
    """Adds an outcome to the latest ones that a breaker looks at."""
    br = brk[b]
    size, first, at = breakers[b, 0], breakers[b, 1], br[BR_AT]
    if br[BR_SEEN] >= size:
        br[BR_BAD] -= ring[first + at]
    else:
        br[BR_SEEN] += 1
    bad = 0 if ok else 1
    ring[first + at] = bad
    br[BR_BAD] += bad
    br[BR_AT] = (at + 1) % size


@inlined
def report(breakers, par, brk, brk_t, ring, b, ok, now):
    """Tells a breaker how a call ended."""
    br = brk[b]
    size = breakers[b, 0]
    if br[BR_STATE] == 1:
        if br[BR_PROBE] == 1:
            br[BR_PROBE] = 0
            if ok:
                br[BR_STATE] = 0
                br[BR_SEEN] = 0
                br[BR_BAD] = 0
                br[BR_AT] = 0
            else:
                brk_t[b] = now
        return
    tally(breakers, brk, ring, b, ok)
    if br[BR_SEEN] >= size and br[BR_BAD] >= par[b, 0] * size:
        br[BR_STATE] = 1
        br[BR_PROBE] = 0
        brk_t[b] = now


PARTS = 32
"""Parts of the window of a throttle, which leave it one at a time."""


@compiled
def throttled(par, thr, thr_at, i, now):
    """The probability with which a request is not let through, and that it was asked for is noted.

    Source: B. Beyer et al., Site Reliability Engineering, 2016, ch. 21: max(0, (requests - K accepts) / (requests + 1)).
    """
    part = np.int64(now / par[i, 1] * PARTS)
    gone = min(part - thr_at[i], PARTS)
    for j in range(gone):
        k = 1 + (part - j) % PARTS
        for what in range(2):
            thr[i, what, 0] -= thr[i, what, k]
            thr[i, what, k] = 0.0
    thr_at[i] = part
    requests, accepts = thr[i, 0, 0], thr[i, 1, 0]
    thr[i, 0, 0] += 1.0
    thr[i, 0, 1 + part % PARTS] += 1.0
    return max(0.0, (requests - par[i, 0] * accepts) / (requests + 1.0))


@inlined
def accept(thr, thr_at, i):
    """A request was accepted."""
    thr[i, 1, 0] += 1.0
    thr[i, 1, 1 + thr_at[i] % PARTS] += 1.0


@inlined
def bucket(locks, space, key):
    """Lock bucket of a key."""
    return np.int64(mix64(uint64(key) * uint64(31) + uint64(space)) & uint64(locks.shape[0] - 1))


@inlined
def lock_find(B, LK, LL, space, key):
    """The lock of a key, or -1."""
    e = B[bucket(B, space, key)]
    while e >= 0 and (LK[e, 0] != key or LK[e, 1] != space):
        e = LL[e, 0]
    return e


@inlined
def lock_add(B, LK, LL, LF, space, key, n):
    """Makes the lock of a key; gives the number of free locks left."""
    n -= 1
    e = LF[n]
    i = bucket(B, space, key)
    LK[e, 0] = key
    LK[e, 1] = space
    LL[e, 0] = B[i]
    LL[e, 1] = -1
    LL[e, 2] = -1
    B[i] = e
    return n


@inlined
def lock_wait(LL, F, e, f):
    """Makes a frame wait for a lock; the line goes through a column that only frames in a queue use."""
    F[f].qfail = -1
    t = LL[e, 2]
    if t >= 0:
        F[t].qfail = f
    else:
        LL[e, 1] = f
    LL[e, 2] = f


@inlined
def lock_next(LL, F, e):
    """The first frame that waits for a lock, taken out of the line, or -1."""
    f = LL[e, 1]
    if f >= 0:
        b = F[f].qfail
        F[f].qfail = -1
        LL[e, 1] = b
        if b < 0:
            LL[e, 2] = -1
    return f


@inlined
def lock_drop(B, LK, LL, LF, e, n):
    """Removes a lock; gives the number of free locks."""
    i = bucket(B, LK[e, 1], LK[e, 0])
    g = B[i]
    if g == e:
        B[i] = LL[e, 0]
    else:
        while LL[g, 0] != e:
            g = LL[g, 0]
        LL[g, 0] = LL[e, 0]
    LF[n] = e
    return n + 1
