"""Control loops: what is done when a component is too busy, looked at from time to time; and who is shed first."""

from __future__ import annotations

import math

from loadcase.core.program import (
    ABOVE, AT_LEAST, AT_MOST, DOWN_NOW, OFF, SCALE, SEE_QUEUE,
)  # fmt: skip
from loadcase.engine.kernels.compiling import compiled, inlined
from loadcase.engine.kernels.tables import CONTROL0, SLOT_BITS
from loadcase.engine.kernels.calendar import push
from loadcase.engine.kernels.stations import touch

X_LOOK, X_SINCE, X_LAST, X_NOW, X_READY, X_CHANGED, X_AT, X_EXIST, X_SERVE, X_PEAK = range(10)
"""Columns of a control: next look and last one, the area seen then; replicas that exist and that are ready, when that
changed last; areas of these in this interval up to a time; the most that existed."""
CONTROL = 10
TOLERANCE = 0.1
"""Source: Kubernetes documentation, Horizontal Pod Autoscaling: --horizontal-pod-autoscaler-tolerance."""
FASTEST, FASTEST_ADDED = 2.0, 4.0
"""At a look at most so many times as many, or so many more. Source: the same, default scaling behaviour."""


@inlined
def least_of(T, i, rank):
    """The latest of the least important requests in the queue of a station, if it is less important; else -1."""
    q = 3
    while q > rank and T[i].head[q] < 0:
        q -= 1
    return T[i].tail[q] if q > rank else -1


@inlined
def allowed(T, dist, i, now):
    """How long a request that has just been queued may wait, s: less when the queue has not been empty for long.

    `work_at` of such a station is when its queue was last empty.

    Source: B. Maurer, Fail at Scale, ACM Queue 13(8), 2015, after K. Nichols and V. Jacobson, Controlling Queue Delay,
    ACM Queue 10(5), 2012.
    """
    if T[i].qlen == 1:
        T[i].work_at = now
    interval = dist[T[i].place, 0]
    return dist[-2 - T[i].patience, 0] if now - T[i].work_at > interval else interval


@inlined
def compares(comparison, value, bound):
    """Whether a value is on that side of a bound."""
    if comparison == ABOVE:
        return value > bound
    if comparison == AT_LEAST:
        return value >= bound
    if comparison == AT_MOST:
        return value <= bound
    return value < bound


@inlined
def account(X, j, now):
    """Brings the areas of the replicas up to now."""
    X[j, X_EXIST] += (now - X[j, X_AT]) * X[j, X_NOW]
    X[j, X_SERVE] += (now - X[j, X_AT]) * X[j, X_READY]
    X[j, X_AT] = now


@inlined
def count(X, L, j, first, stations):
    """Counts the replicas that exist and that are ready."""
    exist = ready = 0
    for i in range(first, first + stations):
        if L[i, OFF] < 2:
            exist += 1
        if L[i, OFF] == 0:
            ready += 1
    X[j, X_NOW] = exist
    X[j, X_READY] = ready
    X[j, X_PEAK] = max(X[j, X_PEAK], exist)


@compiled
def close_interval(C, X, looked, scaled, T, now, interval):
    """Closes an interval; -1 ends the warm-up, when the sums of the stations, which are up to now, begin anew."""
    for j in range(C.shape[0]):
        account(X, j, now)
        if interval >= 0:
            scaled[j, interval, 0] = X[j, X_EXIST]
            scaled[j, interval, 1] = X[j, X_SERVE]
        else:
            X[j, X_PEAK] = X[j, X_NOW]
            for i in range(C[j, 1], C[j, 1] + C[j, 2]):
                if C[j, 0] == SCALE:
                    looked[i, 0] -= T[i].busy_s
                else:
                    X[j, X_LAST] -= T[i].queue_s if C[j, 4] == SEE_QUEUE else T[i].busy_s
        X[j, X_EXIST] = X[j, X_SERVE] = 0.0


@compiled
def watch(C, par, X, L, T, levels, knobs, j, now):
    """Turns a knob on or off by the mean of a queue or of the use since the last look."""
    total = capacity = 0.0
    for i in range(C[j, 1], C[j, 1] + C[j, 2]):
        touch(T, levels, i, now)
        total += T[i].queue_s if C[j, 4] == SEE_QUEUE else T[i].busy_s
        if L[i, OFF] == 0:
            capacity += T[i].cap
    value = (total - X[j, X_LAST]) / (now - X[j, X_SINCE])
    X[j, X_LAST] = total
    if C[j, 4] != SEE_QUEUE:
        value = value / capacity if capacity > 0.0 else 0.0
    k = C[j, 3]
    if knobs[k, 0] == 0.0:
        knobs[k, 0] = 1.0 if compares(C[j, 5], value, par[j, 1]) else 0.0
    elif compares(C[j, 6], value, par[j, 2]):
        knobs[k, 0] = 0.0


@compiled
def wanted(C, par, X, looked, L, T, levels, j, now):
    """How many replicas there should be: the use since the last look in proportion to the target.

    Source: Kubernetes documentation, Horizontal Pod Autoscaling, algorithm details: ceil(replicas * use / target),
    unless that is within the tolerance; those that are not ready count as idle before more are added.
    """
    ready = exist = 0
    used = could = 0.0
    for i in range(C[j, 1], C[j, 1] + C[j, 2]):
        touch(T, levels, i, now)
        if L[i, OFF] < 2:
            exist += 1
        if L[i, OFF] == 0 and L[i, DOWN_NOW] == 0:
            ready += 1
            used += T[i].busy_s - looked[i, 0]
            could += T[i].cap * (now - max(X[j, X_SINCE], looked[i, 1]))
        looked[i, 0] = T[i].busy_s
    if could <= 0.0:
        return exist
    ratio = used / could / par[j, 3]
    target = exist
    if ratio > 1.0 + TOLERANCE and ratio * ready > (1.0 + TOLERANCE) * exist:
        most = max(FASTEST * exist, exist + FASTEST_ADDED)
        target = int(min(most, math.ceil(ratio * ready - 1e-9)))
    elif ratio < 1.0 - TOLERANCE:
        target = min(exist, math.ceil(ratio * ready - 1e-9))
    target = max(int(C[j, 7]), min(int(C[j, 8]), target))
    if target < exist and now - X[j, X_CHANGED] < par[j, 5]:
        return exist
    return target


@compiled
def resize(C, par, X, looked, L, j, now, target):
    """Starts replicas, or takes some out: those that have not started first, then those that are down, then the last.

    Gives how many have been started.
    """
    first, stations = C[j, 1], C[j, 2]
    change = target - int(X[j, X_NOW])
    started = 0
    for i in range(first, first + stations):
        if started < change and L[i, OFF] == 2 and L[i, DOWN_NOW] == 0:
            L[i, OFF] = 1
            looked[i, 1] = now + par[j, 4]
            started += 1
    for turn in range(3):
        for i in range(first + stations - 1, first - 1, -1):
            if change >= 0 or L[i, OFF] == 2:
                continue
            if turn == 2 or (turn == 0 and L[i, OFF] == 1) or (turn == 1 and L[i, DOWN_NOW] > 0):
                L[i, OFF] = 2  # it finishes what it has
                change += 1
                X[j, X_CHANGED] = now
    if started > 0:
        X[j, X_CHANGED] = now
    return started


@compiled
def control(C, par, X, looked, L, T, levels, knobs, H, j, now, n, seq, goes_on):
    """A look of a control, or the end of a start; gives the heap size and the sequence."""
    scales = C[j, 0] == SCALE
    if scales:
        account(X, j, now)
        for i in range(C[j, 1], C[j, 1] + C[j, 2]):
            if L[i, OFF] == 1 and looked[i, 1] <= now:
                L[i, OFF] = 0
                looked[i, 0] = T[i].busy_s
    if now >= X[j, X_LOOK]:
        if scales:
            target = wanted(C, par, X, looked, L, T, levels, j, now)
            if resize(C, par, X, looked, L, j, now, target) > 0:
                seq += 1
                n = push(H, n, now + par[j, 4], (seq << SLOT_BITS) | (CONTROL0 + j))
        else:
            watch(C, par, X, L, T, levels, knobs, j, now)
        X[j, X_SINCE] = now
        X[j, X_LOOK] = now + par[j, 0]
        if goes_on:
            seq += 1
            n = push(H, n, X[j, X_LOOK], (seq << SLOT_BITS) | (CONTROL0 + j))
    if scales:
        count(X, L, j, C[j, 1], C[j, 2])
    return n, seq
