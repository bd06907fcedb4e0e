"""Measuring: histograms, series by interval, the next arrival of a source."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from loadcase.core.program import COIN, DAILY, PACED, POISSON, SHARED, TRACE
from loadcase.engine.kernels.compiling import compiled, inlined
from loadcase.engine.kernels.tables import COARSE_BITS, FINE_BINS, FINE_BITS, LOW_EXP
from loadcase.engine.kernels.draws import exponential, uniform
from loadcase.engine.kernels.stations import touch
from loadcase.engine.kernels.control import close_interval


@inlined
def observe(fsum, fine_h, coarse_h, row, interval, x):
    """Adds a latency to the histograms and sums of a row."""
    fsum[row, 0] += x
    fsum[row, 1] += x * x
    if x > fsum[row, 2]:
        fsum[row, 2] = x
    fine: Any = (np.float64(x).view(np.int64) >> (52 - FINE_BITS)) - (
        (1023 + LOW_EXP) << FINE_BITS
    )  # exponent, mantissa
    if fine < 0:
        fine = 0
    elif fine >= FINE_BINS:
        fine = FINE_BINS - 1
    coarse = fine >> (FINE_BITS - COARSE_BITS)
    fine_h[row, fine] += 1
    if interval >= 0:
        coarse_h[row, interval, coarse] += 1


@compiled
def tick(P, S, now, interval):
    """Closes an interval: areas of all stations, by pool; interval -1 ends the warm-up and starts the counts."""
    T, pts, plast, levels = S.stations, S.pts, S.plast, S.levels
    for i in range(T.shape[0]):
        touch(T, levels, i, now)
    if P.controls.shape[0] > 0:
        close_interval(P.controls, S.control, S.looked, S.scaled, T, now, interval)
    if interval < 0:
        for i in range(T.shape[0]):
            T[i].busy_s = T[i].queue_s = T[i].busy2_s = T[i].waited_s = 0.0
            T[i].visits = T[i].waited = T[i].served = T[i].shed = T[i].abandoned = 0
            T[i].qmax = T[i].qlen
            if T[i].disc != SHARED and T[i].patience >= -1:
                T[i].work = now
                T[i].work_at = -1.0 if T[i].qlen > 0 else now
        plast[:, :] = 0.0
        levels[:, :] = 0.0
        S.cts[:, 0, :] = 0
        return
    total = S.ptotal
    total[:, :] = 0.0
    for i in range(T.shape[0]):
        p = T[i].pool
        total[p, 0] += T[i].busy_s
        total[p, 1] += T[i].queue_s
        total[p, 2] += T[i].visits
        total[p, 3] += T[i].shed
        busy_s = T[i].busy_s - S.ended[i].busy_s  # since the last tick, as the counts began at zero
        if busy_s > pts[p, interval, 4]:
            pts[p, interval, 4] = busy_s
        S.ended[i] = T[i]
        if interval == pts.shape[1] - 1:
            T[i].levels = -1
    for p in range(plast.shape[0]):
        for k in range(4):
            pts[p, interval, k] = total[p, k] - plast[p, k]
            plast[p, k] = total[p, k]
    for c in range(P.caches.shape[0]):
        if P.caches[c, 0] == COIN:
            continue
        row = S.cache.cfirst[c]
        n = 0
        for r in range(P.caches[c, 1]):
            held = S.cache.cstate[row + r, 0]
            if P.cache_par[c, 0] < 1e300 and held <= 200_000:
                base = P.caches[c, 2] + r * P.caches[c, 3]
                for e in range(base, base + held):
                    if S.cache.entries[e].end > now:
                        n += 1
            else:
                n += held
        S.cts[c, interval, 2] = n


@inlined
def next_arrival(P, S, i, now):
    """Time of the next arrival of source `i`, s; infinite when there is none."""
    kind = P.sources[i, 0]
    factor = S.src[i, 5]
    if factor <= 0.0:
        return math.inf
    rate = P.source_par[i, 0] * factor
    place = P.sources[i, 3]
    if kind == PACED:
        return now + 1.0 / rate
    if kind == TRACE:
        k = int(S.src[i, 2])
        if k >= P.sources[i, 4]:
            return math.inf
        S.src[i, 2] = k + 1
        return P.trace[P.sources[i, 5] + k]
    if kind == POISSON:
        return now + exponential(S.rng, place) / rate
    top = P.source_par[i, 1] * factor  # thinning: candidates at the highest rate, kept in proportion
    t = now
    while True:
        t += exponential(S.rng, place) / top
        if kind == DAILY:
            period = P.source_par[i, 2]
            r = rate + (top - rate) * math.sin(2.0 * math.pi * t / period)
        else:  # BURSTY: exponential periods at the high and the low rate
            while t > S.src[i, 1]:
                S.src[i, 0] = 1.0 - S.src[i, 0]
                mean = P.source_par[i, 2] if S.src[i, 0] == 1.0 else P.source_par[i, 3]
                S.src[i, 1] += exponential(S.rng, place) * mean
            r = top if S.src[i, 0] == 1.0 else rate
        if uniform(S.rng, place) * top < r:
            return t
