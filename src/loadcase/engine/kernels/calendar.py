"""The calendar: a heap of events, and lanes of constant delays and timeouts."""

from __future__ import annotations

from loadcase.engine.kernels.compiling import compiled, inlined
from loadcase.engine.kernels.tables import CHUNK, LANE0, L_HEAD, L_LIVE, L_TAIL, OVER, SLOT_BITS, SLOT_MASK


# --- the calendar ------------------------------------------------------------------------------------------------
@inlined
def before(a, b):
    """Whether event `a` comes before event `b`."""
    return (a.t < b.t) | ((a.t == b.t) & (a.p < b.p))


@inlined
def push(H, n, t, p):
    """Adds an event, in the place of a first one that is over if there is one; gives the size."""
    if n > 0 and H[0].p == OVER:
        sift(H, n, t, p)
        return n
    rise(H, n, t, p)
    return n + 1


@inlined
def rise(H, i, t, p):
    """Puts an event at place `i`, or in front of those that it comes before; gives its place."""
    while i > 0:
        j = (i - 1) >> 2
        if H[j].t < t or (H[j].t == t and H[j].p < p):
            break
        H[i].t = H[j].t
        H[i].p = H[j].p
        i = j
    H[i].t = t
    H[i].p = p
    return i


@inlined
def sift(H, n, t, p):
    """Puts an event in the place of the first one and restores the order."""
    sink(H, n, 0, t, p)


@compiled
def sink(H, n, i, t, p):
    """Puts an event at place `i`, or behind those that come before it."""
    while True:
        c = 4 * i + 1
        if c + 3 < n:
            a = c + 1 if before(H[c + 1], H[c]) else c
            b = c + 3 if before(H[c + 3], H[c + 2]) else c + 2
            m = b if before(H[b], H[a]) else a
        elif c >= n:
            break
        else:
            m = c
            for k in range(c + 1, n):
                if before(H[k], H[m]):
                    m = k
        if t < H[m].t or (t == H[m].t and p < H[m].p):
            break
        H[i].t = H[m].t
        H[i].p = H[m].p
        i = m
    H[i].t = t
    H[i].p = p


# --- lanes: a constant delay or a timeout each; entries in order of time, in chunks of CHUNK ------------------------
@inlined
def enlane(lane, W, wnext, wfree, nw, H, n, i, t, p):
    """Appends payload `p` at time `t` to lane `i`; gives the new heap size and the number of free chunks."""
    e = lane[i, L_TAIL]
    if lane[i, L_HEAD] < 0:
        nw -= 1
        e = wfree[nw] * CHUNK
        lane[i, L_HEAD] = e
        if lane[i, L_LIVE] == 0:
            lane[i, L_LIVE] = 1
            n = push(H, n, t, (p >> SLOT_BITS << SLOT_BITS) | (LANE0 + i))
    elif (e & (CHUNK - 1)) == CHUNK - 1:
        nw -= 1
        c = wfree[nw]
        wnext[e // CHUNK] = c
        e = c * CHUNK
    else:
        e += 1
    lane[i, L_TAIL] = e
    W[e].t = t
    W[e].p = p
    return n, nw


@inlined
def step_lane(lane, wnext, wfree, nw, i):
    """Takes the first entry out of lane `i`; gives the new first one, or -1, and the number of free chunks."""
    e = lane[i, L_HEAD]
    if e == lane[i, L_TAIL]:
        wfree[nw] = e // CHUNK
        lane[i, L_HEAD] = -1
        return -1, nw + 1
    if (e & (CHUNK - 1)) == CHUNK - 1:
        c = e // CHUNK
        wfree[nw] = c
        nw += 1
        e = wnext[c] * CHUNK
    else:
        e += 1
    lane[i, L_HEAD] = e
    return e, nw


@compiled
def chunk_margin(lanes, margin):
    """Free chunks that there have to be before an event: each lane may begin one, and fill them with `margin` entries."""
    return 2 * lanes + margin // CHUNK + 2


@compiled
def tidy(P, S, nw):
    """Drops the timeouts that nobody waits for any more from the lanes; gives the number of free chunks."""
    lane, W, wnext, wfree, F = S.lane, S.waiting, S.wnext, S.wfree, S.frames
    for i in range(P.timers.shape[0]):
        r = lane[i, L_HEAD]
        if P.timers[i] == 0 or r < 0:
            continue
        w = -1
        while True:
            p = W[r].p
            if F[p & SLOT_MASK].token == p >> SLOT_BITS:
                if w < 0:
                    w = lane[i, L_HEAD]
                elif (w & (CHUNK - 1)) == CHUNK - 1:
                    w = wnext[w // CHUNK] * CHUNK
                else:
                    w += 1
                W[w].t = W[r].t
                W[w].p = p
            if r == lane[i, L_TAIL]:
                break
            r = wnext[r // CHUNK] * CHUNK if (r & (CHUNK - 1)) == CHUNK - 1 else r + 1
        last = r // CHUNK
        c = lane[i, L_HEAD] // CHUNK if w < 0 else w // CHUNK
        if w < 0:
            lane[i, L_HEAD] = -1
            wfree[nw] = c
            nw += 1
        else:
            lane[i, L_TAIL] = w
        while c != last:
            c = wnext[c]
            wfree[nw] = c
            nw += 1
    return nw
