"""What caches hold at the start."""

from __future__ import annotations

from loadcase.core.program import LFU, LRU
from loadcase.engine.kernels.compiling import compiled, entry, inlined, prefetch, refer
from loadcase.engine.kernels.draws import below, draw_key, hashed, uniform
from loadcase.engine.kernels.caches import HIT, fill, find, hash31, insert, look_up


W_MADE, W_FULL_AT, W_DONE, W_PHASE = range(4)
"""How far the filling of a cache has come: requests, how many until all replicas were full, 1 at the end, the phase."""
RECALLS, TOO_OLD, REPLAYS = range(3)
BATCH = 256


@inlined
def cache_key(P, key, space):
    """A key of a space as a number that no key of another space has."""
    return key * (P.keyspaces.shape[0] + 1) + space


@inlined
def any_request(P, S, place, mix, share, replicas, j):
    """Draws one of the requests that use a cache into row `j` of the batch: key and replica.

    `mix` has a key space, and 1 where a replica is chosen at random, for each kind of request; `share` their shares,
    cumulative.
    """
    i = 0
    if mix.shape[0] > 1:
        u = uniform(S.rng, place)
        while i < mix.shape[0] - 1 and u >= share[i]:
            i += 1
    space = mix[i, 0]
    key = draw_key(
        S.rng, place, P.keyspaces[space, 0], P.keyspace_n[space], P.keyspace_par[space],
        P.keyspaces[space, 1], P.keyspaces[space, 2], P.alias_p, P.alias_k, P.bins,
    )  # fmt: skip
    S.batch[j, 0] = cache_key(P, key, space)
    S.batch[j, 1] = below(S.rng, place, replicas) if mix[i, 1] == 1 else hashed(key, 7, replicas)


@inlined
def all_full(caches, C, c):
    """Whether every replica of a cache is full."""
    row = C.cfirst[c]
    short = 0
    for q in range(caches[c, 1]):
        if C.cstate[row + q, 0] < caches[c, 3]:
            short += 1
    return short == 0


@compiled
def recall(P, S, c, place, mix, share, rate, oldest, limit, batches, w):
    """Fills an LRU cache with its latest distinct keys, going back in time; `w` says how far it came.

    A key that is not there yet was used before all that are. Stops when every replica is full, or when the requests
    are older than `oldest` seconds, where times to live begin to matter. Source: the content of an LRU cache is the
    set of its latest distinct keys (W. King, IFIP Congress 1971).
    """
    C = S.cache
    E, table, cs = C.entries, C.table, C.cstate
    replicas, cap, first, bits = P.caches[c, 1], P.caches[c, 3], P.caches[c, 4], P.caches[c, 5]
    row, zero = C.cfirst[c], P.caches[c, 2]
    for _ in range(batches):
        for j in range(BATCH):
            any_request(P, S, place, mix, share, replicas, j)
            S.batch[j, 0] = S.batch[j, 0] * replicas + S.batch[j, 1]
            h = hash31(S.batch[j, 0], c)
            S.batch[j, 2] = h
            prefetch(table, first + (h >> (31 - bits)))
        for j in range(BATCH):
            h = S.batch[j, 2]
            x = table[first + (h >> (31 - bits))]
            if x >> 32 == h:
                prefetch(E, (x & 0xFFFFFFFF) - 1)
        for j in range(BATCH):
            k = S.batch[j, 0]
            r = S.batch[j, 1]
            n = cs[row + r, 0]
            h = S.batch[j, 2]
            if n >= cap or find(table, E, first, bits, k, h) >= 0:
                continue
            e = zero + r * cap + n
            E[e].key = k
            E[e].end = 1e308
            E[e].next = e - 1 if n > 0 else -1
            E[e].prev = -1
            if n > 0:
                E[e - 1].prev = e
            else:
                cs[row + r, 2] = e
            cs[row + r, 1] = e
            cs[row + r, 0] = n + 1
            insert(table, first, bits, h, e)
        w[W_MADE] += BATCH
        if w[W_MADE] > rate * oldest:
            w[W_PHASE] = TOO_OLD
        elif w[W_MADE] >= limit or all_full(P.caches, C, c):
            w[W_DONE] = 1
        if w[W_DONE] == 1 or w[W_PHASE] == TOO_OLD:
            break


@compiled
def empty(P, S, c):
    """Empties a cache."""
    first, bits = P.caches[c, 4], P.caches[c, 5]
    for i in range(first, first + (1 << bits)):
        S.cache.table[i] = 0
    for r in range(S.cache.cfirst[c], S.cache.cfirst[c] + P.caches[c, 1]):
        S.cache.cstate[r, 0] = 0
        S.cache.cstate[r, 1] = S.cache.cstate[r, 2] = -1


@compiled
def spread_ends(P, S, c, place):
    """Gives the entries of a cache any age below the time to live: they are of keys that are stored once in it."""
    for r in range(P.caches[c, 1]):
        base = P.caches[c, 2] + r * P.caches[c, 3]
        for e in range(base, base + S.cache.cstate[S.cache.cfirst[c] + r, 0]):
            S.cache.entries[e].end = uniform(S.rng, place) * P.cache_par[c, 0]


@compiled
def replay(P, S, c, place, mix, share, rate, limit, batches, w):
    """Replays key requests before time zero, any policy; `w` says how far it came.

    An LRU cache is stationary as soon as every replica is full; the others forget their empty start more slowly, and
    a time to live has to pass.
    """
    replicas = P.caches[c, 1]
    ttl = P.cache_par[c, 0]
    policy = P.caches[c, 0]
    dt = 1.0 / rate
    for _ in range(batches):
        for _ in range(BATCH):
            now = (w[W_MADE] - limit) * dt
            any_request(P, S, place, mix, share, replicas, 0)
            key, r = S.batch[0, 0], S.batch[0, 1]
            if look_up(P, S, c, r, key, now) != HIT:
                fill(P, S, c, r, key, now)
            w[W_MADE] += 1
        made = w[W_MADE]
        if w[W_FULL_AT] == 0 and all_full(P.caches, S.cache, c):
            w[W_FULL_AT] = made
        if w[W_FULL_AT] > 0:
            # FIFO and the like forget their empty start more slowly than LRU; LFU has to count
            turns = 2 if policy == LRU else 200 if policy == LFU else 8
            if made >= turns * w[W_FULL_AT] or (policy == LRU and ttl > 1e300):
                w[W_DONE] = 1
        elif ttl < 1e300 and made * dt >= 2.0 * ttl:
            w[W_DONE] = 1
        if made >= limit:
            w[W_DONE] = 1
        if w[W_DONE] == 1:
            break


@compiled
def start_clock(P, S, c, place, rate, limit, w):
    """After `replay`: the clock starts at zero.

    Entries that have stayed since before the cache was full are of hot keys: they are stored again once per time to
    live, at any moment of it.
    """
    ttl = P.cache_par[c, 0]
    if ttl > 1e300:
        return
    dt = 1.0 / rate
    made = w[W_MADE]
    now = (made - limit) * dt
    long_ago = now - (made - w[W_FULL_AT]) * dt + ttl if w[W_FULL_AT] > 0 and made * dt < ttl else -1e308
    for r in range(P.caches[c, 1]):
        base = P.caches[c, 2] + r * P.caches[c, 3]
        for e in range(base, base + S.cache.cstate[S.cache.cfirst[c] + r, 0]):
            if S.cache.entries[e].end < long_ago:
                S.cache.entries[e].end = uniform(S.rng, place) * ttl
            else:
                S.cache.entries[e].end -= now


@entry
def warm(program, state, c, place, mix, share, rate, oldest, limit, batches, w):
    """Goes on with filling a cache, by some batches of requests; `w` says how far it came.

    It begins with what RECALLS finds, or with what REPLAYS does for any policy; where the requests of the one are too
    old the time to live decides what is there, and the other begins anew.
    """
    P, S = refer(program), refer(state)
    if w[W_PHASE] == RECALLS:
        recall(P, S, c, place, mix, share, rate, oldest, limit, batches, w)
        if w[W_PHASE] == TOO_OLD:
            empty(P, S, c)
            w[:] = 0
            w[W_PHASE] = REPLAYS
        elif w[W_DONE] == 1 and P.cache_par[c, 0] < 1e300:
            spread_ends(P, S, c, place)
    else:
        replay(P, S, c, place, mix, share, rate, limit, batches, w)
        if w[W_DONE] == 1:
            start_clock(P, S, c, place, rate, limit, w)
