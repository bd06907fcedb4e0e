"""Caches: hash tables, eviction orders, look-ups."""

from __future__ import annotations

import numpy as np
from numba import uint64

from loadcase.core.program import COIN, LFU, LRU, RANDOM_CACHE
from loadcase.engine.kernels.compiling import compiled, inlined, prefetch
from loadcase.engine.kernels.draws import below, mix64, uniform
from loadcase.engine.kernels.tables import TICKETS


# A place of a table holds 31 bits of a key's hash, of which the first say where its search begins, and the entry + 1:
# searching and closing gaps read no entry but the one that is looked for.
@inlined
def hash31(key, salt):
    """Hash of a key in a cache, below 2**31."""
    return np.int64(mix64(uint64(key) ^ uint64(salt)) >> uint64(33))


@inlined
def find(table, E, first, bits, key, h):
    """Entry of a key with hash `h` in a cache's hash table (linear probing), or -1."""
    mask = (1 << bits) - 1
    i = h >> (31 - bits)
    while True:
        x = table[first + i]
        if x == 0:
            return -1
        if x >> 32 == h:
            e = (x & 0xFFFFFFFF) - 1
            if E[e].key == key:
                return e
        i = (i + 1) & mask


@inlined
def insert(table, first, bits, h, e):
    """Adds a key with hash `h` that is not there."""
    mask = (1 << bits) - 1
    i = h >> (31 - bits)
    while table[first + i] != 0:
        i = (i + 1) & mask
    table[first + i] = (h << 32) | (e + 1)


@compiled
def erase(table, first, bits, key, salt, e):
    """Removes a key whose entry is `e`, closing the gap (backward shift)."""
    mask = (1 << bits) - 1
    h = hash31(key, salt)
    i = h >> (31 - bits)
    while table[first + i] != (h << 32) | (e + 1):
        i = (i + 1) & mask
    j = i
    while True:
        j = (j + 1) & mask
        x = table[first + j]
        if x == 0:
            break
        home = x >> (63 - bits)
        if ((j - home) & mask) >= ((j - i) & mask):
            table[first + i] = x
            i = j
    table[first + i] = 0


@inlined
def order_out(E, cs, row, e):
    """Takes an entry out of the eviction order."""
    a = E[e].prev
    b = E[e].next
    if a >= 0:
        E[a].next = b
    else:
        cs[row, 1] = b
    if b >= 0:
        E[b].prev = a
    else:
        cs[row, 2] = a


@inlined
def order_in(E, cs, row, e):
    """Makes an entry the last to be evicted."""
    t = cs[row, 2]
    E[e].prev = t
    E[e].next = -1
    cs[row, 2] = e
    if t >= 0:
        E[t].next = e
    else:
        cs[row, 1] = e


@inlined
def lfu_less(euse, a, b):
    """Whether entry a is evicted before entry b."""
    return euse[a] < euse[b] or (euse[a] == euse[b] and a < b)


@compiled
def lfu_up(E, euse, base, i, e):
    """Moves an entry towards the top of the heap of least used ones: `next` of place i, `prev` is an entry's place."""
    while i > 0:
        j = (i - 1) >> 1
        p = E[base + j].next
        if not lfu_less(euse, e, p):
            break
        E[base + i].next = p
        E[p].prev = i
        i = j
    E[base + i].next = e
    E[e].prev = i


@compiled
def lfu_down(E, euse, base, n, i, e):
    """Moves an entry towards the bottom of the heap of least used ones."""
    while True:
        c = 2 * i + 1
        if c >= n:
            break
        if c + 1 < n and lfu_less(euse, E[base + c + 1].next, E[base + c].next):
            c += 1
        p = E[base + c].next
        if not lfu_less(euse, p, e):
            break
        E[base + i].next = p
        E[p].prev = i
        i = c
    E[base + i].next = e
    E[e].prev = i


@compiled
def forget(P, S, c, row, base, key, e):
    """Removes entry `e` and fills its place with the replica's last entry."""
    caches, C = P.caches, S.cache
    policy = caches[c, 0]
    first, bits = caches[c, 4], caches[c, 5]
    cs, E, euse = C.cstate, C.entries, C.euse
    salt = c
    erase(C.table, first, bits, key, salt, e)
    n = cs[row, 0] - 1
    cs[row, 0] = n
    last = base + n
    if policy == LFU:
        i = E[e].prev
        moved = E[base + n].next
        if moved != e:
            lfu_down(E, euse, base, n, i, moved)
            lfu_up(E, euse, base, E[moved].prev, moved)
    elif policy != RANDOM_CACHE:
        order_out(E, cs, row, e)
    if e != last:
        k = E[last].key
        erase(C.table, first, bits, k, salt, last)
        E[e].key = k
        E[e].end = E[last].end
        if policy == LFU:
            euse[e] = euse[last]
            i = E[last].prev
            E[e].prev = i
            E[base + i].next = e
        elif policy != RANDOM_CACHE:
            a = E[last].prev
            b = E[last].next
            E[e].prev = a
            E[e].next = b
            if a >= 0:
                E[a].next = e
            else:
                cs[row, 1] = e
            if b >= 0:
                E[b].prev = e
            else:
                cs[row, 2] = e
        insert(C.table, first, bits, hash31(k, salt), e)


HIT, MISS, EXPIRED = 1, 0, -1


@compiled
def look_up(P, S, c, replica, key, now):
    """Whether the cache holds the key, or held it for too long, with what an access does to the eviction order."""
    caches, cache_par, C = P.caches, P.cache_par, S.cache
    policy = caches[c, 0]
    if policy == COIN:
        return HIT if uniform(S.rng, caches[c, 7]) < cache_par[c, 1] else MISS
    E = C.entries
    row = C.cfirst[c] + replica
    base = caches[c, 2] + replica * caches[c, 3]
    k = key * caches[c, 1] + replica
    e = find(C.table, E, caches[c, 4], caches[c, 5], k, hash31(k, c))
    if e < 0:
        return MISS
    ttl = cache_par[c, 0]
    if ttl < 1e300:
        if E[e].end <= now:
            forget(P, S, c, row, base, k, e)
            return EXPIRED
        if caches[c, 6] == 1:
            E[e].end = now + ttl
    if policy == LRU:
        if C.cstate[row, 2] != e:
            order_out(E, C.cstate, row, e)
            order_in(E, C.cstate, row, e)
    elif policy == LFU:
        C.euse[e] += 1
        lfu_down(E, C.euse, base, C.cstate[row, 0], E[e].prev, e)
    return HIT


@compiled
def fill(P, S, c, replica, key, now):
    """Stores a key, in the place of another one when the replica is full."""
    caches, cache_par, C = P.caches, P.cache_par, S.cache
    policy = caches[c, 0]
    if policy == COIN:
        return
    E = C.entries
    row = C.cfirst[c] + replica
    cap = caches[c, 3]
    base = caches[c, 2] + replica * cap
    first, bits = caches[c, 4], caches[c, 5]
    k = key * caches[c, 1] + replica
    cs = C.cstate
    h = hash31(k, c)
    e = find(C.table, E, first, bits, k, h)
    if e >= 0:
        E[e].end = now + cache_par[c, 0]
        if policy == LRU and cs[row, 2] != e:
            order_out(E, cs, row, e)
            order_in(E, cs, row, e)
        return
    n = cs[row, 0]
    if n < cap:
        e = base + n
        cs[row, 0] = n + 1
        if policy == LFU:
            C.euse[e] = 1
            lfu_up(E, C.euse, base, n, e)
    elif policy == LFU:
        e = E[base].next
        erase(C.table, first, bits, E[e].key, c, e)
        C.euse[e] = 1
        lfu_down(E, C.euse, base, n, 0, e)
    else:
        e = base + below(S.rng, caches[c, 7], cap) if policy == RANDOM_CACHE else cs[row, 1]
        erase(C.table, first, bits, E[e].key, c, e)
        if policy != RANDOM_CACHE:
            order_out(E, cs, row, e)
            after = cs[row, 1]  # the next to go: what that will read is asked for now
            if after >= 0:
                prefetch(C.table, first + (hash31(E[after].key, c) >> (31 - bits)))
                if E[after].next >= 0:
                    prefetch(E, E[after].next)
    E[e].key = k
    E[e].end = now + cache_par[c, 0]
    if policy != LFU and policy != RANDOM_CACHE:
        order_in(E, cs, row, e)
    insert(C.table, first, bits, h, e)


@inlined
def ticket(key):
    """Where the count of a key is, in the row of a cache with leases."""
    return np.int64(mix64(uint64(key)) & uint64(TICKETS - 1))


@inlined
def peek(P, S, c, replica, key, stage):
    """Asks the memory for what a look-up of the key will read: its place in the table first, later its entry."""
    caches, C = P.caches, S.cache
    if caches[c, 0] == COIN:
        return
    k = key * caches[c, 1] + replica
    h = hash31(k, c)
    i = caches[c, 4] + (h >> (31 - caches[c, 5]))
    if stage == 0:
        prefetch(C.table, i)
    elif C.table[i] >> 32 == h:
        prefetch(C.entries, (C.table[i] & 0xFFFFFFFF) - 1)
