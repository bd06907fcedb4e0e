"""Caches: hit ratios by policy, times to live, stampedes, and what is behind when the cache is lost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Popularity
from loadcase.estimate.caching import characteristic_time, optimal_static
from loadcase.estimate.caching import hit_ratio as hit_ratio_of
from loadcase.estimate.popularity import first_keys
from loadcase.validation import lengths
from loadcase.validation.laws import law
from loadcase.validation.plan import (
    MAIN,
    Model,
    NotExpressible,
    Plan,
    Run,
    blueprint,
    mapping,
    num,
    number_of,
    step,
    unit_of,
)
from loadcase.validation.queueing import Case, chosen

LOOKUPS = 10_000.0
"""Look-ups per second where only their number matters."""


def keys_of(model: Model, name: str = "popularity") -> tuple[str, list[float]]:
    """A key space in the format's notation, and the probability of each key, most popular first."""
    raw = model.get(name)
    if isinstance(raw, list):
        weights = sorted((number_of(w, name) for w in raw), reverse=True)
        total = math.fsum(weights)
        shown = "[" + ", ".join(num(w) for w in weights) + "]"
        return f"{{count: {len(weights)}, popularity: {shown}}}", [w / total for w in weights]
    if not isinstance(raw, Mapping):
        raise NotExpressible(f"cannot read the popularity {raw!r}")
    kind = str(raw.get("dist")).lower()
    n = raw.get("n")
    if not isinstance(n, int):
        raise NotExpressible("a key space is finite, and an endless one keeps a share of its requests beyond any count")
    if kind == "uniform":
        return f"{{count: {n}}}", [1.0 / n] * n
    if kind == "zipf":
        s = number_of(raw.get("s", raw.get("alpha")), "s")
        weights = [i**-s for i in range(1, n + 1)]
        total = math.fsum(weights)
        return f"{{count: {n}, popularity: zipf({num(s)})}}", [w / total for w in weights]
    raise NotExpressible(f"the format has no {kind} popularity")


def cached(title: str, keyspace: str, rate: float = LOOKUPS, **fields: str | int | float | bool | None) -> str:
    """A cache of the given fields before a store that answers at once."""
    components = {
        "cache": mapping(kind="cache", work="0 s", **fields),
        "origin": mapping(kind="external", work="0 s"),
    }
    get = step("cache.get", mapping(miss="[origin.call]"))
    arrive = f"arrive: {{rate: {num(rate)} /s, key: {keyspace}}}"
    return blueprint(title, components, {"request": (arrive, [get])})


POLICIES = {
    "hit_ratio": "",
    "lru_hit_ratio": "lru",
    "fifo_hit_ratio": "fifo",
    "random_hit_ratio": "random",
    "lfu_hit_ratio": "lfu",
}


def policies_of(words: str) -> list[str]:
    """The format's policies that a case speaks of."""
    found: list[str] = [
        word for word in ("lru", "fifo", "random", "lfu") if word in words.split(" or ") or word == words
    ]
    if not found and words:
        raise NotExpressible(f"the format has no cache policy {words!r}")
    return found


def hit_ratio(case: Case, model: Model) -> Plan:
    """Hit ratio of a cache of a fixed size under independent requests."""
    keys, shares = keys_of(model)
    held = model.whole("capacity_items")
    words = policies_of(model.text("policy"))
    if not 1 <= held < len(shares):
        raise NotExpressible("the cache holds every key")
    plan = Plan()
    for name, value in case["expected"].items():
        if name in POLICIES:
            for policy in [POLICIES[name]] if POLICIES[name] else words:
                run = policy
                rel = lengths.relative(case, [name])
                duration = 2 * lengths.share(float(value), rel, LOOKUPS)
                plan.runs[run] = Run(cached(case["title"], keys, keys=held, policy=policy), duration, 1.0)
            several = [POLICIES[name]] if POLICIES[name] else words
            plan.formulas[name] = "(" + " + ".join(f"{p}.cache.hit_ratio" for p in several) + f") / {len(several)}"
        elif name == "optimal_static_hit_ratio":
            estimated(plan, name, keys, held, top_share)
        elif name in CHE:
            estimated(plan, name, keys, held, CHE[name])
    return plan


def top_share(popularity: Popularity, held: float) -> float:
    """Share of the requests that are about the `held` most popular keys."""
    return optimal_static([float(s) for s in first_keys(popularity, round(held))], round(held))


def most_speedup(popularity: Popularity, held: float) -> float:
    """How many times the load of one shard the others can add: the most popular key stays on one."""
    return 1.0 / top_share(popularity, held)


Estimated = Callable[[Popularity, float], float]
CHE: dict[str, Estimated] = {"che_hit_ratio": hit_ratio_of, "che_characteristic_time": characteristic_time}
"""Che's approximation, which the estimator computes of the same blueprint."""


def estimated(plan: Plan, name: str, keyspace: str, held: int, function: Estimated) -> None:
    """Adds a value that the estimator computes of a key space and a number of keys."""
    text = cached(name, keyspace, keys=held)

    def value() -> float:
        (popularity,) = loads(text).keys.values()
        return function(popularity, held)

    plan.closed[name] = value


def ttl(case: Case, model: Model) -> Plan:
    """A cache without limit whose entries expire, from when they were stored or from their last use."""
    if "popularity" in model:
        keys, shares = keys_of(model)
    else:
        count = model.whole("keys")
        keys, shares = f"{{count: {count}}}", [1.0 / count] * count
    rate, life = model.number("arrival_rate"), model.number("ttl")
    words = model.text("ttl_reset", "on miss")
    if model.number("fill_time", 0.0) != 0.0:
        raise NotExpressible("a fill that takes time is a stampede case")
    model.ignore("arrival")
    by_default = "access" if "access" in words or "hit" in words else "store"
    plan = Plan()
    runs = {by_default: [n for n in ("hit_ratio", "origin_rate", "mean_items_cached") if n in case["expected"]]}
    if "sliding_hit_ratio" in case["expected"]:
        runs.setdefault("access", []).append("sliding_hit_ratio")
    for source, names in runs.items():
        if not names:
            continue
        text = cached(case["title"], keys, rate, ttl=unit_of("s").time(life), ttl_from=source)
        rel = lengths.relative(case, names)
        miss = 1.0 - float(case["expected"].get("hit_ratio", 0.9))
        hits = max(lengths.clamp(2.0 / max(miss, 1e-3) / (lengths.SHARE * rel) ** 2, rate), 20 * life)
        plan.runs[source] = Run(text, hits, 5 * life)
        known = {
            "hit_ratio": f"{source}.cache.hit_ratio",
            "sliding_hit_ratio": f"{source}.cache.hit_ratio",
            "origin_rate": f"{source}.origin.rate",
            "mean_items_cached": f"{source}.cache.stored_keys",
        }
        plan.formulas |= {n: known[n] for n in names}
    del shares
    return plan


def stampede(case: Case, model: Model) -> Plan:
    """A popular key expires: how many fetch it at once, without and with coalescing."""
    rate, life = model.number("arrival_rate"), model.number("ttl")
    count = model.whole("keys", 1)
    raw = model.get("origin_latency")
    fetch = law(raw, unit_of("s"))
    model.ignore("coalescing", "arrival")
    if count != 1:
        raise NotExpressible("a stampede is about one key")
    cycle = life + fetch.mean + 1 / rate
    plan = Plan()
    for run, coalesce in {"apart": None, "coalesced": True}.items():
        components = {
            "cache": mapping(kind="cache", work="0 s", ttl=unit_of("s").time(life), coalesce=coalesce, warm=False),
            "origin": mapping(kind="external", work=fetch.text),
        }
        get = step("cache.get", mapping(miss="[origin.call]"))
        arrive = f"arrive: {{rate: {num(rate)} /s, key: {{count: 1}}}}"
        text = blueprint(case["title"], components, {"request": (arrive, [get])})
        duration = max(500 * cycle, 0.02 / (lengths.SHARE * lengths.relative(case)) ** 2 * cycle)
        plan.runs[run] = Run(text, min(duration, lengths.MOST_OPERATIONS / rate), 2 * cycle)
    plan.formulas = chosen(case, {
        "origin_calls_per_expiry_no_coalescing": "apart.origin.rate / apart.cache.expired",
        "origin_calls_per_expiry_coalescing": "coalesced.origin.rate / coalesced.cache.expired",
        "cycle_mean": "1 / coalesced.cache.expired",
        "hit_ratio_no_coalescing": "apart.cache.hit_ratio",
        "hit_ratio_coalescing": "coalesced.cache.hit_ratio",
    })  # fmt: skip
    return plan


def loss(case: Case, model: Model) -> Plan:
    """What a look-aside cache keeps from its database, and what arrives there when the cache is lost."""
    ratio, capacity = model.number("hit_ratio"), model.number("database_capacity")
    if not 0 <= ratio < 1 or capacity <= 0:
        raise NotExpressible("a hit ratio is below 1 and a capacity above 0")
    rate = capacity / 2
    plan = Plan()
    for run, hits in {"warm": ratio, "lost": 0.0}.items():
        components = {
            "cache": mapping(kind="cache", workers=0, work="0 s", hit_ratio=hits),
            "database": mapping(kind="service", workers=1, work=unit_of("s").time(1 / capacity)),
        }
        get = step("cache.get", mapping(miss="[database.handle]"))
        arrive = f"arrive: {{rate: {num(rate)} /s}}"
        misses = max(1 - hits, 1e-3)
        duration = lengths.clamp(4 / misses / (lengths.SHARE * lengths.relative(case)) ** 2, rate)
        plan.runs[run] = Run(blueprint(case["title"], components, {"request": (arrive, [get])}), duration, 10.0)
    plan.formulas = chosen(case, {
        "max_frontend_rate_warm": "warm.request.rate / warm.database.utilisation",
        "amplification_on_cache_loss": (
            "(lost.database.rate / lost.request.rate) / (warm.database.rate / warm.request.rate)"
        ),
        "hidden_capacity": "lost.request.rate / lost.database.utilisation",
    })  # fmt: skip
    return plan


# --- popularity -----------------------------------------------------------------------------------------------------
def hot_keys(case: Case, model: Model) -> Plan:
    """Share of the most popular keys, and the load of the hottest shard."""
    if "shards" in model:
        return hot_shard(case, model)
    keys, shares = keys_of(model)
    plan = Plan()
    one_percent = max(1, len(shares) // 100)
    for name in case["expected"]:
        held = {"top1_share": 1, "top10_share": 10, "top1pct_share": one_percent, "max_speedup_by_sharding": 1}.get(
            name
        )
        if held is None or held > len(shares):
            continue
        estimated(plan, name, keys, held, most_speedup if name == "max_speedup_by_sharding" else top_share)
    return plan


def hot_shard(case: Case, model: Model) -> Plan:
    """Keys placed on shards by rank: the load of the hottest one."""
    keys, _ = keys_of(model)
    shards, rate = model.whole("shards"), model.number("arrival_rate")
    words = model.text("placement", "hash")
    if "mod" not in words:
        raise NotExpressible(f"the placement {words!r} has no one answer")
    work_s = 0.1 / rate
    store = mapping(kind="store", shards=shards, placement="modulo", workers=1, work=unit_of("s").time(work_s))
    arrive = f"arrive: {{rate: {num(rate)} /s, key: {keys}}}"
    text = blueprint(case["title"], {"store": store}, {"request": (arrive, ["store.read"])})
    formulas = chosen(case, {
        "hottest_shard_rate": f"store.hottest_shard / {num(work_s)}",
        "mean_shard_rate": f"store.rate / {shards}",
        "hottest_over_mean": f"store.hottest_shard / {num(work_s)} / (store.rate / {shards})",
    })  # fmt: skip
    duration = 4 * lengths.share(1 / shards, lengths.relative(case), rate)
    return Plan({MAIN: Run(text, duration, 1.0)}, formulas)
