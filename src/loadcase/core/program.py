"""The tables that a blueprint compiles to, and the names of their columns.

A Program is flat arrays: rows of operations, distributions, stations, key spaces, caches. The kernel knows
operations, never kinds. Times are seconds. Column constants are shared by the compiler and the kernel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

SLOTS = 8
"""Stations that a frame may hold at once: how deep calls nest."""
REGISTERS = 8

# --- operations: row = (op, a, b, c, d, e, f, g) -----------------------------------------------------------------
(
    DELAY,  # a lane: constant delay
    WAIT,  # a dist, b place: random delay
    PICK,  # a selection, b slot: choose a station
    HOP,  # a hop row, b slot or -1 (client) from, c slot or -1 to: network delay by placement
    ACQUIRE,  # a slot, b pc on failure: take a worker, wait in the queue, or be shed
    SERVE,  # a slot, b dist, c place, d 1 + weight of what each other request in service adds, or 0: occupy the worker
    RELEASE,  # a slot: let the worker go
    CALL,  # a body pc, b timeout lane or -1, c pc on failure: run the body in a child frame and wait
    FORK,  # a first row of bodies, b count, c need, d pc on failure, e timeout lane, f 1 when one body is repeated
    SPAWN,  # a body pc, b slot handed over or -1: start a child and go on
    RETURN,  # child: success
    FAIL,  # child: failure
    DONE,  # a place, b pc of the next request (closed loops), c 1 + lane of a delay before it or 0: acknowledged
    FAILED,  # the same: not acknowledged
    JUMP,  # a pc
    CHANCE,  # a place, b pc, c probability row: jump with a probability
    CHOOSE,  # a place, b first weight, c count, d first body: weighted jump
    SET,  # a register, b value
    LOOP,  # a register, b pc: decrement and jump while positive
    RETRY,  # a policy, b register, c pc of the attempt: back off and try again, or fall through
    ADMIT,  # a policy: refills its retry budget
    STILL,  # child of a hedge: end silently when nobody waits any more
    TRIP,  # a breaker, b pc when open
    REPORT,  # a breaker, b 1 success or 0 failure
    TALLY,  # a breaker, b 1 success or 0 failure: of an attempt that may be retried
    CALM,  # a breaker, b pc when too many of the latest attempts have failed for another one
    THROTTLE,  # a throttle, b pc when it is not let through, c place
    ACCEPT,  # a throttle: the backend has accepted a request
    KEYED,  # a key space, b place: draw the second key
    DEAL,  # a register, b place: draw the order in which the copies of a shard are taken
    LOOKUP,  # a cache, b slot, c key space, d key register, e register that is set to 1 on a hit and 0 on a miss
    BRANCH,  # a register, b pc when it is 0
    FILL,  # a cache, b slot, c key register, d key space
    DROP,  # a cache, b slot, c key register, d key space
    LOCK,  # a lock space, b key register: one frame per key, others wait
    UNLOCK,  # a lock space, b key register
    FLIGHT,  # a lock space, b key register, c pc when the leader has filled, d pc when it failed: lead or wait
    LANDED,  # a lock space, b key register, c 1 filled or 0 failed: wake those who waited
    TAKE,  # a limiter, b slot or -1, c pc when refused, d key register, e cost row
    PUBLISH,  # a channel, b key register or -1, c pc when refused, d counter of the partition in turn
    GAUGE,  # a station, b change of its queue length
    REASON,  # a failure reason
    COUNT,  # a counter of the flow
    BLAME,  # a bits of reasons, b pc: jumps when the frame has failed for none of them
    SERVED,  # a slot: a service ends at a station that shares its workers or lets requests be preempted
    START,  # a key space or -1, b place, c priority, d 1 + lane of a delay after it or 0: an arrival; draws its key
    RANK,  # a priority
    PEEK,  # a cache, b slot, c key register, d key space, e stage: what a look-up will read is brought near
    TICKET,  # a row of tickets, b key register, c key space, d register: how often the key was stored or dropped so far
    OUTDATED,  # the same, e pc when that was so since the register was set
    OUTDATE,  # a row of tickets, b key register, c key space: the key is stored or dropped
    # --- only in the code of a case with faults ---
    PICK_UP,  # a selection, b slot, c 1 if who is dead is known at once: PICK among the stations in rotation
    ENTER,  # a slot, b pc on failure, c 1 when one that is known to be down is not asked: one that is down refuses, or
    # never answers
    HOLD,  # a slot, b pc when the station dies or 0, c 1 if that is at once: the frame is at the station from now on
    ALIVE,  # a slot, b pc when the station has died since; waits while it is paused
    STAND,  # a slot, b 1 to stay: the frame leaves the station; ends silently when it has died, waits while paused
    ATTEND,  # a slot, b pc to choose another one: waits while the consumer is down
    ODDS,  # a knob, b pc, c place, d slot or -1, e first station: jump with the probability of the station's knob
    REKEY,  # a key register, b key
    GATE,  # a knob: waits while it is positive
    VANISH,  # the frame ends and nobody hears of it; of a message of a queue that has failed in any case
    LINK,  # a link or -1, b slot from, c slot to, d pc when lost, e first link between zones or -1, f place
    # what is known of an operation: the code has these only where something depends on it
    INVOKE,  # a note, b 1 with a key, c 1 when what is known of it decides something, d key register of its session,
    # 2 for the client itself or -1: an operation begins, and is given a number
    NOTE,  # a note, b slot or -1, c key register, d 1 + lane of a delay until then or 0, e note of a doubt or 0, f that
    # of a claim that was refused or 0
    SEQUENCE,  # a facts of the versions, b key register, c facts of the identities or -1: a write is given its version
    APPLY,  # a facts of the first copy, b slot, c first station, d copies, e key register: a copy has the version
    COMMIT,  # a note, b slot or -1, c key register, d facts of the identities, e of the versions, f of what follows:
    # or -1: an effect, unless there was one; in the order of the versions
    ABANDON,  # a facts of the versions, b key register: a write that was given a version has failed
    TURN,  # a facts of the versions, b key register, c pc when it has passed already: waits for what was written before
    PASS,  # a facts of the versions, b key register: has passed
    FRESH,  # a pc: jumps when the latest commit was no new effect
    SEE,  # a facts of the first copy, b slot, c first station, d copies, e key register: a copy is looked at
    ANSWER,  # a note or -1, b slot, c key register, d 1 for the parent to know: what it saw, if it is still waited for
    DEDUPE,  # a facts of the identities, b pc: jumps when the operation has been here
    SAME_KEY,  # a facts of the keys of identities, b key register: what was drawn for the operation before is kept to
    FORGET,  # a facts of the identities: of an operation that has had one attempt, and ends
    # what is known of an entity: a column of `bases` has the version that a frame has last read or written, and whether
    # it learned that itself
    CACHED,  # a column, b slot, c first station, d facts of the first replica, e key register, f register of the hit:
    # what a cache answers
    RECALL,  # a column, b slot or -1, c key register, d note of a read: of the version in the column
    KEEP,  # a column, b slot, c first station, d facts of the first replica, e key register: a cache stores it
    LEARN,  # a column, b 1 where no row of a history follows: the version that was read
    MADE,  # a column: the version that was written
    BASE,  # a column: what is written next was made from that version
    COMPARE,  # a column, b key register, c facts of the versions, d pc when another one was written, e facts of the
    # identities or -1: a conditional write
    OUTSET,  # a write that has no number yet begins
    STASH,  # a column: keeps the number of a write for later
    TAKE_UP_WRITE,  # a column: goes on with the write that has that number
    # a claim is three facts of a key: the operation that holds it, until when, and the version that it was given
    CLAIM,  # a facts of the claims, b key register, c pc when it is taken: test and set
    CHECK,  # a facts of the claims, b slot, c pc when it is taken, d facts of the copies, e first station, f copies,
    # g key register: what one copy knows of it
    GRANT,  # a facts of the claims, b key register, c note or -1, d 1 + lane of the lease or 0, e slot or -1
    YIELD,  # a facts of the claims, b key register, c note or -1, d 1 to give up only what was not granted
    GUARD,  # a facts of the claims, b key register, c pc when it is fenced off or -1, d note or -1, e column: a write
    # is made under a claim, which may be over
    # leaders and followers; b is a row of `led`
    LAG,  # a slot or -1, b first knob, c first station: waits as long as the station's knob says
    SKEW,  # a place, b knob: how far the client's clock is off
    REVERT,  # a slot, b note, c key register, d facts of the identities, e of the versions, f of the first copy, or -1:
    # a committed entry is undone, and the frame ends
    LEAD,  # a slot, b, c a selection, d pc when it is being replaced or -1: holds the leader of the shard
    LEADING,  # a slot, b, c pc when the station leads no longer
    ENTRY,  # a slot, b, c register for its position: the leader has another entry
    SHIP,  # a slot of the leader, b, c register, d which of the others, e slot, f dist or -1, g place: after its lag
    # the entry goes to another copy; a REVERT follows, and is passed over
    SEND,  # a slot, b, c slot of the leader: waits until somebody can send the entry
    FOLLOW,  # a slot, b: waits until the copy has the entries before this one; has it
) = range(100)

LEADER, SHUT, DUE, LENGTH, SENDING = range(5)
"""Columns of a shard that is led: its leader, 1 while it is being replaced and 2 by force, 1 when an election waits for
a copy, the entries that it has, and the first frame that waits to be sent."""
LEAD_WIDTH = 5
FORCED = 2
POSITION, BEHIND = range(2)
"""Columns of a copy: the entries that it has, and the first frame that waits for its turn there."""
LED_FIRST, LED_BASE, LED_N, LED_COPIES, LED_LAG = range(5)
LED_WIDTH = 5

# --- what a schedule changes: row = (table, row, column) -------------------------------------------------------------
AT_SPEED, AT_LIFE, AT_SOURCE, AT_KNOB, AT_FLUSH, AT_LINK, AT_LEAD = range(7)
EPOCH, DOWN_NOW, OUT, TAKEN, FROZEN, MARK, TOLD, AWAKE, TAKE_UP, OFF = range(10)
"""Columns of a station's life: how often it died, 1 refuses and 2 silent, out of the rotation, partitions taken over,
paused, scratch, and the first frame that waits for its answer, for the end of its pause, for its partitions; where
replicas come and go, 1 starts and 2 is not there."""
LIFE_WIDTH = 10
CUT, ADDED, LOSS, RESEND = range(4)
"""Columns of a link: 1 holds and 2 loses everything, added delay s, share that is lost, s until it is sent again."""
LINK_WIDTH = 4

# --- what a frame knows of its operation ---------------------------------------------------------------------------
KNOWN = np.dtype(
    [
        ("operation", "i8"),  # number
        ("version", "i8"),  # of what it wrote
        ("seen", "i8"),  # version that it read, or from which it makes another one
        ("looked", "f8"),  # when that was, s
        ("skew", "f8"),  # what its client's clock shows more than the time, s
        ("turn", "i8"),  # its number among the effects on a key, which follow each other
        ("attempt", "i4"),
        ("noted", "i2"),  # 0, 1 where what it does to its keys is remembered, 3 where the history has it, too
        ("fresh", "i2"),  # whether its latest commit was an effect
    ]
)
OPERATIONS = 1 << 20
"""Spaces of what is remembered from here on are of operations: of those that follow each other it lies side by side."""
NOTED = np.dtype(
    [
        ("t", "f8"),
        ("operation", "i8"),
        ("key", "i8"),
        ("version", "i8"),
        ("seen", "i8"),
        ("origin", "f8"),
        ("note", "i4"),
        ("place", "i4"),  # of its draws; or the dist of the time after which a queue stands
        ("attempt", "i4"),
        ("spare", "i4"),
    ]
)
"""One row of a history as the kernel writes it; `note` says what it is about."""

# --- why a call failed --------------------------------------------------------------------------------------------
SHED, TIMEOUT, ERROR, REFUSED, OPEN, ABANDONED, DOWN, THROTTLED, CONFLICT, CLAIMED, FENCED = range(1, 12)
REASONS = (
    "", "shed", "timeout", "error", "refused", "breaker", "abandoned", "down", "throttled", "conflict", "taken",
    "fenced",
)  # fmt: skip

# --- station selection: row = (policy, base, stations, copies, counter, place, choices, key register, placement,
# slot of the caller or -1 when all callers share a counter, its first station) ---
(
    ROUND_ROBIN,
    RANDOM,
    LEAST,
    CHOICES,
    CHOICES_REPL,
    HASH,
    SHARD_ANY,
    SHARD_LEADER,
    SHARD_COPY,
    GROUP_ANY,
    EACH,
    OWNER,
    FIRST,
    SHARD_DEAL,  # the copies in the order that was dealt; SEL_D has its register
) = range(14)
SEL_POLICY, SEL_BASE, SEL_N, SEL_COPIES, SEL_COUNTER, SEL_PLACE, SEL_D, SEL_KEY, SEL_MODULO = range(9)
SEL_FROM, SEL_FROM_BASE = range(9, 11)
SEL_WIDTH = 11
BLIND = (ROUND_ROBIN, RANDOM, HASH, FIRST)
"""Choices that do not depend on how busy the stations are."""

# --- disciplines ---------------------------------------------------------------------------------------------------
FIFO, LIFO, SHARED, PRIORITY, PREEMPTIVE, YIELDING = range(6)
"""YIELDING is PRIORITY where a full queue gives the place of its least important request to a more important one."""

# --- stations -------------------------------------------------------------------------------------------------------
STATION = np.dtype(
    [
        # what every visit touches: one cache line
        ("cap", "i4"),  # workers, 0 for any number
        ("busy", "i4"),
        ("disc", "i4"),
        ("bound", "i4"),  # longest queue, or -1
        ("qlen", "i4"),
        ("qmax", "i4"),
        ("zone", "i4"),
        ("region", "i4"),
        ("last", "f8"),  # the sums below are up to here
        ("busy_s", "f8"),  # sum of busy workers over time
        ("queue_s", "f8"),
        ("visits", "i8"),
        # what most do
        ("head", "i4", (4,)),  # a queue for each priority
        ("tail", "i4", (4,)),
        ("served", "i8"),
        ("waited", "i8"),
        ("waited_s", "f8"),
        ("busy2_s", "f8"),  # sum of their squares
        ("speed", "f8"),  # factor on work
        # shared: work done for each request, and when that was; gauges: when the queue was longest, and when it was
        # empty after that or -1; with controlled delay: when the queue was last empty
        ("work", "f8"),
        ("work_at", "f8"),
        ("shed", "i8"),
        ("abandoned", "i8"),
        ("patience", "i4"),  # a dist, -1, or -2 - the dist of what is waited at most where a queue stands
        ("place", "i4"),
        ("serving", "i4"),  # first of those in service (shared, preemptive)
        ("sharing", "i4"),
        ("pool", "i4"),
        ("levels", "i4"),  # row of its histogram of busy workers, or -1
    ]
)
OPERATION = np.dtype([(name, "i4") for name in ("op", "a", "b", "c", "d", "e", "f", "g")])
OPERATION_WIDTH = 8

# --- counters of a flow --------------------------------------------------------------------------------------------
FC_ARRIVED, FC_OK, FC_FAILED, FC_RETRIES, FC_TIMEOUTS, FC_HEDGES, FC_DEAD, FC_REASON0 = range(8)
FC_OPTIONAL, FC_SKIPPED = 24, 25
FC_WIDTH = 26

# --- sources -------------------------------------------------------------------------------------------------------
POISSON, PACED, BURSTY, DAILY, TRACE, CLOSED = range(6)

# --- key laws ------------------------------------------------------------------------------------------------------
UNIFORM_KEYS, ZIPF_KEYS, HOT_KEYS, WEIGHTED_KEYS = range(4)

# --- caches --------------------------------------------------------------------------------------------------------
LRU, LFU, FIFO_CACHE, RANDOM_CACHE, COIN = range(5)

# --- limiters ------------------------------------------------------------------------------------------------------
BUCKET, FIXED_WINDOW, SLIDING_WINDOW = range(3)

# --- jitter --------------------------------------------------------------------------------------------------------
NO_JITTER, FULL_JITTER, EQUAL_JITTER, ADDED_JITTER = range(4)


# --- controls: row = (what it does, first station, stations, knob, what it looks at, comparison, comparison that ends
# it, fewest, most); parameters = (time between looks s, bound, bound that ends it, target, start s, pause s) ---
WATCH, SCALE = range(2)
SEE_QUEUE, SEE_USE = range(2)
BELOW, AT_MOST, ABOVE, AT_LEAST = range(4)
CONTROL_WIDTH, CONTROL_PAR = 9, 6


class Program(NamedTuple):
    """A compiled blueprint: nothing in it changes while it runs, except what `State` copies from it."""

    code: NDArray[np.void]  # OPERATION
    bodies: I32  # pcs of forks and choices
    weights: F64  # cumulative weights of choices, probabilities of chances, costs of takes
    dist_kind: I32
    dist: F64  # (distributions, 3)
    lanes: F64  # delay of each lane, s
    timers: I32  # (lanes,) 1 when its entries are timeouts
    select: I32  # (selections, SEL_WIDTH)
    hops: I32  # (hop rows, 4): lane for same zone, cross zone, cross region, or -1 - dist; place
    stations: NDArray[np.void]  # STATION: how they begin
    sources: I32  # (sources, 6): kind, flow, entry pc, place, users, first trace index
    source_par: F64  # (sources, 4): rate 1/s, pattern parameters
    think: I32  # (flows,) dist of the pause in a closed loop, or -1; -2 for open loops
    trace: F64  # arrival times, s
    keyspaces: I32  # (key spaces, 3): law, first alias row, alias rows
    keyspace_n: I64
    keyspace_par: F64  # (key spaces, 2): exponent; share and number of hot keys
    alias_p: F64  # of weights, and of the bins of power laws
    alias_k: I64
    bins: F64  # (alias rows, 3): first rank, ranks, weight of the last in that of the first
    caches: I32  # (caches, 9): policy, replicas, first entry, entries per replica, first of table, table bits,
    # whether an access renews the time to live, place, base station
    cache_par: F64  # (caches, 2): ttl s (inf for none), hit ratio of a coin
    retries: I32  # (policies, 3): max, jitter kind, place
    retry_par: F64  # (policies, 5): backoff s, multiplier, cap s, added jitter s, budget share (-1 for none)
    breakers: I32  # (breakers, 2): calls, first ring index
    breaker_par: F64  # (breakers, 2): failure share, open s
    throttles: F64  # (throttles, 2): requests that are let through for each that was accepted, window s
    limiters: I32  # (limiters, 5): algorithm, first index, keys, local replicas (1 if shared), base station
    limiter_par: F64  # (limiters, 3): rate 1/s, burst, window s
    channels: I32  # (channels, 6): partitions, first subscriber, subscribers, bound station or -1, bound, facts of the
    # places in the stream, or -1 for messages that have the version of what was written
    subscribers: I32  # (subscribers, 5): entry pc, flow, place for sampling, gauge station, note of a publish or -1
    subscriber_par: F64  # sample share
    ages: I32  # (flows,) row of the age histogram or -1
    sched_t: F64  # when each row of the schedule applies, s
    sched: I32  # (rows, 3): table, row, column
    sched_v: F64  # new values
    areas: I32  # (1,) number of zones over all regions
    led: I32  # (stores with leaders, LED_WIDTH): first shard, first station, stations, copies, knob of the lag or -1
    controls: I32  # (controls, CONTROL_WIDTH)
    control_par: F64  # (controls, CONTROL_PAR)
