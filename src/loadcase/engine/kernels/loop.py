"""The loop: takes events from the calendar and carries out operations."""

from __future__ import annotations

import numpy as np

from loadcase.core.program import (
    ABANDONED, ACCEPT, ACQUIRE, ADDED_JITTER, ADMIT, ANSWER, APPLY, BLAME, BRANCH, CALL, CALM, CHANCE, CHOOSE, COIN, COUNT, DEAL, DEDUPE, DELAY,
    DONE, DROP, EQUAL_JITTER, FAIL, FAILED, FC_ARRIVED, FC_FAILED, FC_HEDGES, FC_OK, FC_REASON0, FC_RETRIES,
    FC_TIMEOUTS, FILL, FLIGHT, FOLLOW, FORGET, FORK, FULL_JITTER, GAUGE, HOP, INVOKE, JUMP, KEYED, LAG, LANDED, LOCK,
    LOOKUP, LOOP, NOTE, OPEN, OUTDATE, OUTDATED, PACED, PEEK, PICK, PREEMPTIVE, PRIORITY, PUBLISH, RANK, REASON, REFUSED, REGISTERS, RELEASE,
    REPORT, RETRY, RETURN, SEE, SERVE, SERVED, SET, SHARED, SHED, SLOTS, SPAWN, START, STILL, TAKE, TALLY, THROTTLE,
    THROTTLED, TICKET, TIMEOUT, TRIP, UNLOCK, WAIT, YIELDING,
)  # fmt: skip
from loadcase.engine.kernels.compiling import entry, prefetch, refer
from loadcase.engine.kernels.tables import (
    CHUNK, CONTROL0, DRAIN_LIMIT, D_END, D_LIMIT, D_NOW, D_STEP, D_WARM, FAULT, FINISHED, FULL_NOTES, GROW_FACTS,
    GROW_FRAMES, GROW_HEAP, GROW_LANES, LANE0, L_HEAD, L_LIVE, L_TAIL, OVER, PAUSED, R_CHUNKS, R_DONE, R_EVENTS,
    R_FACTS, R_FREE, R_HEAP, R_LOCKS, R_MARGIN, R_NOTED, R_PEAK, R_READY, R_SEQ, R_TICKS, R_WOKEN, SLOT_BITS,
    SLOT_MASK, SOURCE0, STRUCK, TICK,
)  # fmt: skip
from loadcase.engine.kernels.draws import below, draw, draw_key, hashed, uniform
from loadcase.engine.kernels.calendar import chunk_margin, enlane, push, sift, step_lane, tidy
from loadcase.engine.kernels.stations import advance, dequeue, enqueue, join, leave, pick_station, share, touch
from loadcase.engine.kernels.caches import EXPIRED, HIT, fill, find, forget, hash31, look_up, peek, ticket
from loadcase.engine.kernels.warming import cache_key
from loadcase.engine.kernels.policies import (
    BR_BAD, BR_SEEN, accept, lock_add, lock_drop, lock_find, lock_next, lock_wait, report, take, tally, throttled, trip,
)  # fmt: skip
from loadcase.engine.kernels.measuring import next_arrival, observe, tick
from loadcase.engine.kernels.faults import trouble
from loadcase.engine.kernels.effects import hand_back, inherit, note_message, remember
from loadcase.engine.kernels.verbs import act
from loadcase.engine.kernels.replication import follow
from loadcase.engine.kernels.waiting import ENDED, WAITS, wake
from loadcase.engine.kernels.control import allowed, control, least_of


@entry
def run(program, state, quota, untidy):
    """Runs until the calendar is empty, `quota` events have passed, or an array is too small; gives the reason."""
    P, S = refer(program), refer(state)
    code, lanes, dist_kind, dist = P.code, P.lanes, P.dist_kind, P.dist
    regs, times, rng = S.regs, S.times, S.rng
    F, free, ready, H, T, levels = S.frames, S.free, S.ready, S.heap, S.stations, S.levels
    lane, W, wnext, wfree, timers = S.lane, S.waiting, S.wnext, S.wfree, P.timers
    fsum, fine_h, coarse_h, counters = S.fsum, S.fine, S.coarse, S.counters
    C = S.cache
    K = S.known
    tracking = K.shape[0] > 0
    n = regs[R_HEAP]
    seq = regs[R_SEQ]
    nw = regs[R_CHUNKS]
    nfree = regs[R_FREE]
    least = nfree
    nready = regs[R_READY]
    nlock = regs[R_LOCKS]
    margin = regs[R_MARGIN]
    chunks = chunk_margin(timers.shape[0], margin)
    mortal = S.born.shape[0] > 1
    events = 0
    warm_t, step, end, limit = times[D_WARM], times[D_STEP], times[D_END], times[D_LIMIT]
    per_s = 1.0 / step
    intervals = S.fts.shape[1]
    now = times[D_NOW]
    status = FINISHED
    while True:
        # --- the next frame
        f = -1
        if nready > 0:
            nready -= 1
            f = ready[nready]
        else:
            if n > 0 and H[0].p == OVER:
                n -= 1
                if n > 0:
                    sift(H, n, H[n].t, H[n].p)
            if n == 0:
                status = FINISHED
                break
            if events >= quota:
                status = PAUSED
                break
            if nfree < margin:
                status = GROW_FRAMES
                break
            if n + margin > H.shape[0]:
                status = GROW_HEAP
                break
            if nw < chunks:
                if wnext.shape[0] >= untidy:
                    nw = tidy(P, S, nw)
                if nw < max(chunks, wnext.shape[0] // 2):
                    status = GROW_LANES
                    break
            if tracking:
                if regs[R_NOTED] + margin > S.noted.shape[0]:
                    status = FULL_NOTES
                    break
                if 2 * (regs[R_FACTS] + margin) > S.facts.shape[0]:
                    status = GROW_FACTS
                    break
            t = H[0].t
            if t > limit:  # what is left may be timeouts that nobody waits for
                status = FINISHED if nfree == F.shape[0] else DRAIN_LIMIT
                break
            pl = H[0].p
            slot = pl & SLOT_MASK
            if slot < LANE0:
                H[0].p = OVER
                if F[slot].ev != pl:
                    continue
                F[slot].ev = 0
                now = t
                events += 1
                f = slot
                if F[f].qfail >= 0:  # waited in a queue for longer than its patience
                    i = F[f].held[F[f].qslot]
                    touch(T, levels, i, now)
                    dequeue(T, F, i, f)
                    if T[i].patience >= 0:
                        T[i].abandoned += 1
                        F[f].why = ABANDONED
                    else:
                        T[i].shed += 1
                        F[f].why = SHED
                    F[f].pc = F[f].qfail
                    F[f].qfail = -1
            elif slot < SOURCE0:
                i = slot - LANE0
                e = lane[i, L_HEAD]
                if e >= 0 and W[e].p >> SLOT_BITS != pl >> SLOT_BITS:  # the entry of this event was tidied away
                    sift(H, n, W[e].t, (W[e].p >> SLOT_BITS << SLOT_BITS) | slot)
                    continue
                p = W[e].p if e >= 0 else 0
                f = p & SLOT_MASK
                timeout = timers[i] == 1
                stale = e < 0 or (timeout and F[f].token != p >> SLOT_BITS)
                while e >= 0:
                    e, nw = step_lane(lane, wnext, wfree, nw, i)
                    if e < 0 or not timeout or F[W[e].p & SLOT_MASK].token == W[e].p >> SLOT_BITS:
                        break
                if e >= 0:
                    if e != lane[i, L_TAIL] and (e & (CHUNK - 1)) != CHUNK - 1:
                        prefetch(F, W[e + 1].p & SLOT_MASK)
                    p = F[W[e].p & SLOT_MASK].parent
                    if p >= 0:
                        prefetch(F, p)
                    sift(H, n, W[e].t, (W[e].p >> SLOT_BITS << SLOT_BITS) | slot)
                else:
                    lane[i, L_LIVE] = 0
                    H[0].p = OVER
                if stale:
                    continue
                now = t
                events += 1
                if timeout:  # the caller's patience is over; the callee carries on
                    F[f].token = 0
                    F[f].why = TIMEOUT
                    F[f].pc = F[f].fpc
                    if F[f].began >= warm_t:
                        S.fc[F[f].flow, FC_TIMEOUTS] += 1
            elif slot == TICK:
                k = regs[R_TICKS]
                now = t
                tick(P, S, now, k - 1)
                regs[R_TICKS] = k + 1
                if k < intervals:
                    seq += 1
                    sift(H, n, warm_t + (k + 1) * step, (seq << SLOT_BITS) | TICK)
                else:
                    H[0].p = OVER
                continue
            elif slot == FAULT:
                status = STRUCK
                break
            elif slot >= CONTROL0:
                now = t
                H[0].p = OVER
                goes_on = now < end or nfree < F.shape[0]
                n, seq = control(
                    P.controls, P.control_par, S.control, S.looked, S.life, T, levels, S.knobs, H, slot - CONTROL0,
                    now, n, seq, goes_on,
                )  # fmt: skip
                continue
            else:  # an arrival; its event is at the end of a delay that follows it
                i = slot - SOURCE0
                pc = P.sources[i, 2]
                begun = S.src[i, 3] == 1.0
                if begun:
                    came = S.src[i, 4]
                    now = t
                    events += 1
                    nfree -= 1
                    f = free[nfree]
                    F[f].pc = pc
                    F[f].flow = P.sources[i, 1]
                    F[f].parent = -1
                    F[f].qfail = -1
                    F[f].owed = -1
                    F[f].token = 0
                    F[f].began = came
                    t = next_arrival(P, S, i, came)
                else:  # the source begins: nothing arrives yet
                    S.src[i, 3] = 1.0
                    paced = P.sources[i, 0] == PACED
                    t = uniform(rng, P.sources[i, 3]) / P.source_par[i, 0] if paced else next_arrival(P, S, i, 0.0)
                S.src[i, 4] = t
                if t < end:
                    seq += 1
                    d = code[pc].d
                    sift(H, n, t + lanes[d - 1] if d > 0 else t, (seq << SLOT_BITS) | slot)
                else:
                    H[0].p = OVER
                if not begun:
                    continue
        # --- its operations, until it waits or ends
        pc = F[f].pc
        while True:
            op = code[pc].op
            a = np.int64(code[pc].a)
            if op == DELAY:
                seq += 1
                F[f].pc = pc + 1
                p = (seq << SLOT_BITS) | f
                n, nw = enlane(lane, W, wnext, wfree, nw, H, n, a, now + lanes[a], p)
                break
            elif op == HOP:
                b = code[pc].b
                c = code[pc].c
                cls = 0
                if b >= 0 and c >= 0:
                    b = F[f].held[b]
                    c = F[f].held[c]
                    if T[b].zone != T[c].zone:
                        cls = 1 if T[b].region == T[c].region else 2
                i = P.hops[a, cls]
                seq += 1
                p = (seq << SLOT_BITS) | f
                F[f].pc = pc + 1
                if i >= 0:
                    n, nw = enlane(lane, W, wnext, wfree, nw, H, n, i, now + lanes[i], p)
                else:
                    F[f].ev = p
                    n = push(H, n, now + draw(rng, P.hops[a, 3], dist_kind, dist, -1 - i), p)
                break
            elif op == PICK:
                F[f].held[code[pc].b] = pick_station(P, S, np.int64(a), np.int64(f))
                pc += 1
            elif op == ACQUIRE:
                i = F[f].held[a]
                touch(T, levels, i, now)
                T[i].visits += 1
                cap = T[i].cap
                busy = T[i].busy
                disc = T[i].disc
                if cap == 0 or busy < cap or disc == SHARED:
                    if disc == SHARED and T[i].bound >= 0 and cap > 0 and busy >= cap + T[i].bound:
                        T[i].shed += 1
                        F[f].why = SHED
                        pc = code[pc].b
                        continue
                    T[i].busy = busy + 1
                    pc += 1
                    continue
                if disc == PREEMPTIVE:
                    # the least important request in service gives way, and goes on later where it stopped
                    worst = -1
                    g = T[i].serving
                    while g >= 0:
                        if F[g].rank > F[f].rank and (worst < 0 or F[g].rank > F[worst].rank):
                            worst = g
                        g = F[g].next
                    if worst >= 0:
                        leave(T, F, i, worst)
                        F[worst].ev = 0
                        F[worst].rest -= now
                        F[worst].queued = now
                        enqueue(T, F, i, worst, True)
                        pc += 1
                        continue
                if T[i].bound >= 0 and T[i].qlen >= T[i].bound:
                    T[i].shed += 1
                    g = least_of(T, i, F[f].rank) if disc == YIELDING else -1
                    if g < 0:
                        F[f].why = SHED
                        pc = code[pc].b
                        continue
                    dequeue(T, F, i, g)
                    F[g].why = SHED
                    F[g].pc = code[F[g].pc - 1].b
                    F[g].qfail = -1
                    F[g].ev = 0
                    ready[nready] = g
                    nready += 1
                T[i].waited += 1
                F[f].pc = pc + 1
                F[f].rest = -1.0
                F[f].queued = now
                enqueue(T, F, i, f, False)
                if T[i].patience != -1:
                    F[f].qfail = code[pc].b
                    F[f].qslot = a
                    seq += 1
                    F[f].ev = (seq << SLOT_BITS) | f
                    if T[i].patience >= 0:
                        t = now + draw(rng, T[i].place, dist_kind, dist, T[i].patience)
                    else:
                        t = now + allowed(T, dist, i, now)
                    n = push(H, n, t, (seq << SLOT_BITS) | f)
                break
            elif op == SERVE:
                i = F[f].held[a]
                x = draw(rng, code[pc].c, dist_kind, dist, code[pc].b) * T[i].speed
                if code[pc].d > 0:
                    x *= 1.0 + P.weights[code[pc].d - 1] * (T[i].busy - 1)
                F[f].pc = pc + 1
                if T[i].disc == SHARED:
                    advance(T, i, now)
                    F[f].rest = T[i].work + x
                    join(T, F, i, f)
                    T[i].sharing += 1
                    n, seq = share(T, F, H, i, now, n, seq)
                    break
                if T[i].disc == PREEMPTIVE:
                    F[f].rest = now + x
                    join(T, F, i, f)
                seq += 1
                F[f].ev = (seq << SLOT_BITS) | f
                n = push(H, n, now + x, (seq << SLOT_BITS) | f)
                break
            elif op == SERVED:
                i = F[f].held[a]
                leave(T, F, i, f)
                if T[i].disc == SHARED:
                    advance(T, i, now)
                    T[i].sharing -= 1
                    n, seq = share(T, F, H, i, now, n, seq)
                pc += 1
            elif op == RELEASE:
                i = F[f].held[a]
                touch(T, levels, i, now)
                T[i].served += 1
                disc = T[i].disc
                pc += 1
                if T[i].qlen > 0:
                    g = T[i].head[0]
                    if disc >= PRIORITY:
                        q = 0
                        while T[i].head[q] < 0:
                            q += 1
                        g = T[i].head[q]
                    dequeue(T, F, i, g)
                    T[i].waited_s += now - F[g].queued
                    if F[g].qfail >= 0:
                        F[g].qfail = -1
                        F[g].ev = 0
                    if disc == PREEMPTIVE and F[g].rest >= 0.0:
                        join(T, F, i, g)
                        seq += 1
                        F[g].rest += now
                        F[g].ev = (seq << SLOT_BITS) | g
                        n = push(H, n, F[g].rest, (seq << SLOT_BITS) | g)
                    else:
                        ready[nready] = g
                        nready += 1
                else:
                    T[i].busy -= 1
            elif op == WAIT:
                seq += 1
                F[f].pc = pc + 1
                F[f].ev = (seq << SLOT_BITS) | f
                t = now + draw(rng, code[pc].b, dist_kind, dist, a)
                n = push(H, n, t, (seq << SLOT_BITS) | f)
                break
            elif op == CALL or op == FORK or op == SPAWN:
                count = 1
                body = a
                if op == CALL:
                    need = 1
                    i = code[pc].b
                    F[f].fpc = code[pc].c
                elif op == FORK:
                    count = code[pc].b
                    need = code[pc].c
                    F[f].fpc = code[pc].d
                    i = code[pc].e
                else:
                    need = 0
                    i = -1
                tok = np.int64(-1)
                if op != SPAWN:
                    seq += 1
                    tok = seq
                    F[f].token = tok
                    F[f].need = need
                    F[f].left = count
                    if i >= 0:
                        p = (seq << SLOT_BITS) | f
                        n, nw = enlane(lane, W, wnext, wfree, nw, H, n, i, now + lanes[i], p)
                F[f].pc = pc + 1
                for k in range(count - 1, -1, -1):
                    if op == FORK:
                        body = P.bodies[a] if code[pc].f == 1 else P.bodies[a + k]
                    nfree -= 1
                    g = free[nfree]
                    for j in range(SLOTS):
                        F[g].held[j] = F[f].held[j]
                    for j in range(REGISTERS):
                        F[g].reg[j] = F[f].reg[j]
                    if mortal:
                        for j in range(SLOTS):
                            S.born[g, j] = S.born[f, j]
                    F[g].pc = body
                    F[g].parent = f
                    F[g].flow = F[f].flow
                    F[g].why = 0
                    F[g].rank = F[f].rank
                    F[g].idx = k
                    F[g].part = F[f].part
                    F[g].qfail = -1
                    F[g].ev = 0
                    F[g].token = 0
                    F[g].owed = tok
                    F[g].key[0] = F[f].key[0]
                    F[g].key[1] = F[f].key[1]
                    F[g].began = F[f].began
                    F[g].origin = F[f].origin
                    if tracking:
                        inherit(S, g, f)
                    ready[nready] = g
                    nready += 1
                if op == SPAWN:
                    pc += 1
                    continue
                break
            elif op == RETURN or op == FAIL:
                p = F[f].parent
                tok = F[f].owed
                why = F[f].why
                free[nfree] = f
                nfree += 1
                if tok <= 0 or F[p].token != tok:
                    break
                if op == RETURN:
                    F[p].need -= 1
                    F[p].left -= 1
                    if F[p].need > 0:
                        break
                else:
                    F[p].left -= 1
                    if F[p].left >= F[p].need:
                        break
                    F[p].why = why
                    F[p].pc = F[p].fpc
                F[p].token = 0
                if tracking:
                    hand_back(S, p, f)
                f = p
                pc = F[f].pc
            elif op == START:
                t = F[f].began if code[pc].d > 0 else now
                if t >= end:  # a client that thought for too long
                    free[nfree] = f
                    nfree += 1
                    break
                F[f].began = t
                F[f].origin = t
                F[f].why = 0
                F[f].rank = code[pc].c
                if t >= warm_t:
                    w = F[f].flow
                    S.fc[w, FC_ARRIVED] += 1
                    k = int((t - warm_t) * per_s)
                    if k < intervals:
                        S.fts[w, k, 0] += 1
                if a >= 0:
                    F[f].key[0] = draw_key(
                        rng, code[pc].b, P.keyspaces[a, 0], P.keyspace_n[a], P.keyspace_par[a],
                        P.keyspaces[a, 1], P.keyspaces[a, 2], P.alias_p, P.alias_k, P.bins,
                    )  # fmt: skip
                pc += 1
            elif op == DONE or op == FAILED:
                w = F[f].flow
                t0 = F[f].began
                t = now + lanes[code[pc].c - 1] if code[pc].c > 0 else now
                if t >= warm_t:
                    k = int((t - warm_t) * per_s)
                    if k < intervals:
                        S.fts[w, k, 4 if op == DONE else 5] += 1
                if t0 >= warm_t:
                    k = int((t0 - warm_t) * per_s)
                    if k >= intervals:
                        k = -1
                    if op == DONE:
                        S.fc[w, FC_OK] += 1
                        if k >= 0:
                            S.fts[w, k, 1] += 1
                        observe(fsum, fine_h, coarse_h, w, k, t - t0)
                        if P.ages[w] >= 0:
                            observe(fsum, fine_h, coarse_h, P.ages[w], k, t - F[f].origin)
                    else:
                        S.fc[w, FC_FAILED] += 1
                        S.fc[w, FC_REASON0 + F[f].why] += 1
                        if k >= 0:
                            S.fts[w, k, 2] += 1
                regs[R_DONE] += 1
                if P.think[w] >= 0:  # a closed loop: the client pauses and comes again
                    t = now + draw(rng, a, dist_kind, dist, P.think[w])
                    if t < end:
                        seq += 1
                        F[f].pc = code[pc].b
                        F[f].ev = (seq << SLOT_BITS) | f
                        n = push(H, n, t, (seq << SLOT_BITS) | f)
                        break
                free[nfree] = f
                nfree += 1
                break
            elif op == JUMP:
                pc = a
            elif op == CHANCE:
                if uniform(rng, a) < P.weights[code[pc].c]:
                    pc = code[pc].b
                else:
                    pc += 1
            elif op == CHOOSE:
                u = uniform(rng, a)
                k = code[pc].b
                last = k + code[pc].c - 1
                while k < last and u >= P.weights[k]:
                    k += 1
                pc = P.bodies[code[pc].d + k - code[pc].b]
            elif op == SET:
                F[f].reg[a] = code[pc].b
                pc += 1
            elif op == LOOP:
                F[f].reg[a] -= 1
                pc = code[pc].b if F[f].reg[a] > 0 else pc + 1
            elif op == RETRY:
                k = F[f].reg[code[pc].b]
                share_of = P.retry_par[a, 4]
                if k >= P.retries[a, 0] or (share_of >= 0.0 and S.budget[a] < 1.0):
                    pc += 1
                    continue
                if share_of >= 0.0:
                    S.budget[a] -= 1.0
                F[f].reg[code[pc].b] = k + 1
                if tracking:
                    K[f].attempt += 1
                x = min(P.retry_par[a, 0] * P.retry_par[a, 1] ** k, P.retry_par[a, 2])
                jitter = P.retries[a, 1]
                if jitter == FULL_JITTER:
                    x *= uniform(rng, P.retries[a, 2])
                elif jitter == EQUAL_JITTER:
                    x = 0.5 * x * (1.0 + uniform(rng, P.retries[a, 2]))
                elif jitter == ADDED_JITTER:
                    x += P.retry_par[a, 3] * uniform(rng, P.retries[a, 2])
                if F[f].began >= warm_t:
                    w = F[f].flow
                    S.fc[w, FC_RETRIES] += 1
                    j = int((F[f].began - warm_t) * per_s)
                    if j < intervals:
                        S.fts[w, j, 3] += 1
                if x <= 0.0:
                    pc = code[pc].c
                    continue
                seq += 1
                F[f].pc = code[pc].c
                F[f].ev = (seq << SLOT_BITS) | f
                n = push(H, n, now + x, (seq << SLOT_BITS) | f)
                break
            elif op == ADMIT:
                S.budget[a] = min(10.0, S.budget[a] + P.retry_par[a, 4])
                pc += 1
            elif op == STILL:
                if F[F[f].parent].token != F[f].owed:
                    free[nfree] = f
                    nfree += 1
                    break
                if F[f].began >= warm_t:
                    S.fc[F[f].flow, FC_HEDGES] += 1
                pc += 1
            elif op == TRIP:
                if trip(P.breakers, P.breaker_par, S.brk, S.brk_t, S.ring, a, now):
                    pc += 1
                else:
                    F[f].why = OPEN
                    pc = code[pc].b
            elif op == REPORT:
                report(P.breakers, P.breaker_par, S.brk, S.brk_t, S.ring, a, code[pc].b == 1, now)
                pc += 1
            elif op == TALLY:
                tally(P.breakers, S.brk, S.ring, a, code[pc].b == 1)
                pc += 1
            elif op == CALM:
                bad = S.brk[a, BR_BAD] > P.breaker_par[a, 0] * S.brk[a, BR_SEEN]
                pc = code[pc].b if bad else pc + 1
            elif op == THROTTLE:
                x = throttled(P.throttles, S.thr, S.thr_at, a, now)
                if uniform(rng, code[pc].c) < x:
                    F[f].why = THROTTLED
                    pc = code[pc].b
                else:
                    pc += 1
            elif op == ACCEPT:
                accept(S.thr, S.thr_at, a)
                pc += 1
            elif op == KEYED:
                F[f].key[1] = draw_key(
                    rng, code[pc].b, P.keyspaces[a, 0], P.keyspace_n[a], P.keyspace_par[a],
                    P.keyspaces[a, 1], P.keyspaces[a, 2], P.alias_p, P.alias_k, P.bins,
                )  # fmt: skip
                pc += 1
            elif op == DEAL:
                F[f].reg[a] = below(rng, code[pc].b, 1 << 30)
                pc += 1
            elif op == LOOKUP:
                r = F[f].held[code[pc].b] - P.caches[a, 8]
                key = cache_key(P, F[f].key[code[pc].d], code[pc].c)
                hit = look_up(P, S, a, r, key, now)
                if now >= warm_t:
                    k = int((now - warm_t) * per_s)
                    if k < intervals:
                        S.cts[a, k, 0] += 1
                        if hit == HIT:
                            S.cts[a, k, 1] += 1
                        elif hit == EXPIRED:
                            S.cts[a, k, 3] += 1
                F[f].reg[code[pc].e] = 1 if hit == HIT else 0
                pc += 1
            elif op == PEEK:
                r = F[f].held[code[pc].b] - P.caches[a, 8]
                peek(P, S, a, r, cache_key(P, F[f].key[code[pc].c], code[pc].d), code[pc].e)
                pc += 1
            elif op == TICKET:
                k = ticket(cache_key(P, F[f].key[code[pc].b], code[pc].c))
                F[f].reg[code[pc].d] = S.cache.tickets[a, k]
                pc += 1
            elif op == OUTDATED:
                k = ticket(cache_key(P, F[f].key[code[pc].b], code[pc].c))
                pc = pc + 1 if F[f].reg[code[pc].d] == S.cache.tickets[a, k] else code[pc].e
            elif op == OUTDATE:
                S.cache.tickets[a, ticket(cache_key(P, F[f].key[code[pc].b], code[pc].c))] += 1
                pc += 1
            elif op == FILL:
                r = F[f].held[code[pc].b] - P.caches[a, 8]
                key = cache_key(P, F[f].key[code[pc].c], code[pc].d)
                fill(P, S, a, r, key, now)
                pc += 1
            elif op == DROP:
                r = F[f].held[code[pc].b] - P.caches[a, 8]
                k = cache_key(P, F[f].key[code[pc].c], code[pc].d) * P.caches[a, 1] + r
                row = C.cfirst[a] + r
                if P.caches[a, 0] != COIN:
                    e = find(C.table, C.entries, P.caches[a, 4], P.caches[a, 5], k, hash31(k, a))
                    if e >= 0:
                        forget(P, S, a, row, P.caches[a, 2] + r * P.caches[a, 3], k, e)
                pc += 1
            elif op == BRANCH:
                pc = code[pc].b if F[f].reg[a] == 0 else pc + 1
            elif op == LOCK:
                e = lock_find(S.locks, S.lkey, S.llink, a, F[f].key[code[pc].b])
                pc += 1
                if e < 0:
                    nlock = lock_add(S.locks, S.lkey, S.llink, S.lfree, a, F[f].key[code[pc - 1].b], nlock)
                    continue
                lock_wait(S.llink, F, e, f)
                F[f].pc = pc
                break
            elif op == UNLOCK:
                e = lock_find(S.locks, S.lkey, S.llink, a, F[f].key[code[pc].b])
                g = lock_next(S.llink, F, e)
                if g >= 0:
                    ready[nready] = g
                    nready += 1
                else:
                    nlock = lock_drop(S.locks, S.lkey, S.llink, S.lfree, e, nlock)
                pc += 1
            elif op == FLIGHT:
                e = lock_find(S.locks, S.lkey, S.llink, a, F[f].key[code[pc].b])
                if e < 0:
                    nlock = lock_add(S.locks, S.lkey, S.llink, S.lfree, a, F[f].key[code[pc].b], nlock)
                    pc += 1
                    continue
                lock_wait(S.llink, F, e, f)
                F[f].pc = code[pc].c
                F[f].fpc = code[pc].d
                break
            elif op == LANDED:
                e = lock_find(S.locks, S.lkey, S.llink, a, F[f].key[code[pc].b])
                g = lock_next(S.llink, F, e)
                while g >= 0:
                    if code[pc].c == 0:
                        F[g].pc = F[g].fpc
                        F[g].why = F[f].why
                    ready[nready] = g
                    nready += 1
                    g = lock_next(S.llink, F, e)
                nlock = lock_drop(S.locks, S.lkey, S.llink, S.lfree, e, nlock)
                pc += 1
            elif op == TAKE:
                index = np.int64(0)
                if code[pc].d >= 0:
                    index = F[f].key[code[pc].d]
                if code[pc].b >= 0:
                    index = index * P.limiters[a, 3] + F[f].held[code[pc].b] - P.limiters[a, 4]
                if take(P.limiters, P.limiter_par, S.lim, S.lim_t, a, index, P.weights[code[pc].e], now):
                    pc += 1
                else:
                    if now >= warm_t:
                        if S.refused[a] == 0:
                            S.refused_at[a] = now
                        S.refused[a] += 1
                    F[f].why = REFUSED
                    pc = code[pc].c
            elif op == PUBLISH:
                i = P.channels[a, 3]
                if i >= 0 and T[i].qlen >= P.channels[a, 4]:
                    T[i].shed += 1
                    F[f].why = REFUSED
                    pc = code[pc].c
                    continue
                kr = code[pc].b
                part = np.int64(0)
                parts = P.channels[a, 0]
                if parts > 1:
                    if kr >= 0:
                        part = hashed(F[f].key[kr], 7, parts)
                    else:
                        part = counters[code[pc].d]
                        counters[code[pc].d] = part + 1 if part + 1 < parts else 0
                for s in range(P.channels[a, 1], P.channels[a, 1] + P.channels[a, 2]):
                    if P.subscriber_par[s] < 1.0 and uniform(rng, P.subscribers[s, 2]) >= P.subscriber_par[s]:
                        continue
                    nfree -= 1
                    g = free[nfree]
                    w = P.subscribers[s, 1]
                    F[g].pc = P.subscribers[s, 0]
                    F[g].flow = w
                    F[g].parent = -1
                    F[g].why = 0
                    F[g].rank = F[f].rank
                    F[g].part = part
                    F[g].qfail = -1
                    F[g].ev = 0
                    F[g].token = 0
                    F[g].owed = -1
                    F[g].key[0] = F[f].key[kr] if kr >= 0 else F[f].key[0]
                    F[g].key[1] = F[f].key[1]
                    F[g].began = now
                    F[g].origin = F[f].origin
                    if now >= warm_t:
                        S.fc[w, FC_ARRIVED] += 1
                        k = int((now - warm_t) * per_s)
                        if k < intervals:
                            S.fts[w, k, 0] += 1
                    if tracking:
                        inherit(S, g, f)
                        K[g].attempt = 1
                        of = np.int64(P.channels[a, 5])
                        note = np.int64(P.subscribers[s, 4])
                        note_message(S, of + s if of >= 0 else of, note, np.int64(g), now)
                    i = P.subscribers[s, 3]
                    if i >= 0:
                        touch(T, levels, i, now)
                        T[i].visits += 1
                        T[i].qlen += 1
                        if T[i].qlen > T[i].qmax:
                            T[i].qmax = T[i].qlen
                            T[i].work = now
                            T[i].work_at = -1.0
                    ready[nready] = g
                    nready += 1
                pc += 1
            elif op == GAUGE:
                touch(T, levels, a, now)
                T[a].qlen += code[pc].b
                if T[a].qlen > T[a].qmax:
                    T[a].qmax = T[a].qlen
                    T[a].work = now
                    T[a].work_at = -1.0
                elif T[a].qlen == 0 and T[a].work_at < 0.0:
                    T[a].work_at = now
                pc += 1
            elif op == REASON:
                F[f].why = a
                pc += 1
            elif op == COUNT:
                if F[f].began >= warm_t:
                    S.fc[F[f].flow, a] += 1
                pc += 1
            elif op == BLAME:
                pc = pc + 1 if (a >> F[f].why) & 1 else code[pc].b
            elif op == RANK:
                F[f].rank = a
                pc += 1
            elif op < INVOKE or LAG <= op <= FOLLOW:
                if op < INVOKE:
                    pc, x = trouble(P, S, np.int64(f), np.int64(pc))
                else:
                    pc, x = follow(P, S, np.int64(f), np.int64(pc), now)
                    if regs[R_WOKEN] > 0:
                        n, seq = wake(F, H, n, seq, now, regs[R_WOKEN] - 1)
                        regs[R_WOKEN] = 0
                if pc == ENDED:
                    free[nfree] = f
                    nfree += 1
                    break
                if pc == WAITS:
                    break
                if x > 0.0:
                    seq += 1
                    F[f].pc = pc
                    F[f].ev = (seq << SLOT_BITS) | f
                    n = push(H, n, now + x, (seq << SLOT_BITS) | f)
                    break
            elif K[f].noted == 0 and (op == NOTE or op == APPLY or op == SEE or op == ANSWER or op == DEDUPE):
                pc += 1
            else:
                if op <= FORGET:
                    pc = remember(P, S, np.int64(f), np.int64(pc), now)
                else:
                    pc = act(P, S, np.int64(f), np.int64(pc), now)
                if regs[R_WOKEN] > 0:  # after all that this event has begun
                    n, seq = wake(F, H, n, seq, now, regs[R_WOKEN] - 1)
                    regs[R_WOKEN] = 0
                if pc < 0:
                    break
        if nfree < least:
            least = nfree
    regs[R_HEAP] = n
    regs[R_SEQ] = seq
    regs[R_CHUNKS] = nw
    regs[R_PEAK] = max(regs[R_PEAK], F.shape[0] - least)
    regs[R_FREE] = nfree
    regs[R_READY] = nready
    regs[R_LOCKS] = nlock
    regs[R_EVENTS] += events
    times[D_NOW] = now
    return status
