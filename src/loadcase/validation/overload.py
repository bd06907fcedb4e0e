"""Retries, budgets, breakers and limits."""

from __future__ import annotations

import re

from loadcase.kinds.base import Retry
from loadcase.validation import lengths
from loadcase.validation.laws import law
from loadcase.validation.plan import (
    MAIN,
    Model,
    NotExpressible,
    Plan,
    Run,
    blueprint,
    listed,
    mapping,
    num,
    step,
    unit_of,
)
from loadcase.validation.queueing import Case, chosen, servers_of

PER_SECOND = 1000.0


def failing(case: Case, probability: float, arrive: dict[str, str | int], duration: float) -> Run:
    """Requests to a dependency that fails at random and at once."""
    if not 0 <= probability <= 1:
        raise NotExpressible("a probability is between 0 and 1")
    source = mapping(rate=f"{num(PER_SECOND)} /s", **arrive)
    dependency = mapping(kind="external", work="0 s", error_rate=probability)
    flows = {"request": (f"arrive: {source}", ["dependency.call"])}
    return Run(blueprint(case["title"], {"dependency": dependency}, flows), duration)


OUTCOMES = {"success": "request.availability", "attempts_per_request": "dependency.rate / request.rate"}


def retries(case: Case, model: Model) -> Plan:
    """Attempts that fail independently."""
    p, most = model.number("failure_probability"), model.whole("retries")
    rel = lengths.relative(case)
    failed = max(1e-9, p ** (most + 1))
    duration = lengths.clamp(
        4 * max(p, failed / (1 - failed) if failed < 1 else 1) / (lengths.SHARE * rel) ** 2, PER_SECOND
    )
    run = failing(case, p, {"retry": mapping(max=most)}, duration)
    return Plan({MAIN: run}, chosen(case, OUTCOMES))


def layers(case: Case, model: Model) -> Plan:
    """Layers that each try several times: the attempts multiply."""
    count, attempts = model.whole("layers"), model.whole("attempts_per_layer")
    p = model.number("bottom_failure_probability", 1.0)
    if count < 1 or attempts < 1 or count > 7 or attempts**count > 100_000:
        raise NotExpressible("up to seven layers and 100,000 attempts in all")
    components = {f"layer_{i}": mapping(kind="service", workers=0, work="0 s") for i in range(1, count)}
    components["bottom"] = mapping(kind="external", work="0 s", error_rate=p)
    policy = mapping(max=attempts - 1) if attempts > 1 else None
    body = step("bottom.call", mapping(retry=policy) if policy else "{}")
    for i in range(count - 1, 0, -1):
        body = step(f"layer_{i}.handle", mapping(retry=policy, do=f"[{body}]"))
    flows = {"request": ("arrive: {rate: 10 /s, pattern: paced}", [body])}
    exact = p in (0.0, 1.0)
    duration = 100.0 if exact else lengths.clamp(100 / (lengths.SHARE * lengths.relative(case)) ** 2, 10.0)
    formulas = chosen(
        case, {"bottom_attempts_per_request": "bottom.rate / request.rate", "success": "request.availability"}
    )
    return Plan({MAIN: Run(blueprint(case["title"], components, flows), duration)}, formulas)


def budget(case: Case, model: Model) -> Plan:
    """A token bucket for retries, in the long run."""
    p, bucket = model.number("failure_probability"), model.get("bucket")
    model.ignore("clients", "rate_per_client", "duration")  # the long run of one client is that of each
    if not isinstance(bucket, dict):
        raise NotExpressible("the case does not describe the bucket")
    words = str(bucket.get("refill_on", "every first try"))
    source = "success" if "success" in words else "first try" if "first" in words else ""
    field = next((name for name in ("budget_on", "budget_refill") if name in Retry.model_fields), None)
    policy: dict[str, str | int | float] = {"max": 1_000_000 if "retries" in bucket else model.whole("retries", 100)}
    policy["budget"] = float(bucket["refill"])
    if field is not None:
        policy[field] = {"success": "success", "first try": "attempt"}.get(source, "")
    elif source != "success":
        raise NotExpressible(
            "a retry budget that every first try fills: needs a field beside `budget` that says what fills it"
        )
    ratio = float(bucket["refill"])
    sure = (1 - p) / (1 - p * ratio / (1 - ratio)) if source == "success" and ratio < 0.5 else 1 - p
    duration = lengths.clamp(10 / max(0.05, min(1.0, sure)) / (lengths.SHARE * lengths.relative(case)) ** 2, PER_SECOND)
    run = failing(case, p, {"retry": mapping(**policy)}, duration)
    settled = Run(run.blueprint, run.duration_s, 10.0)
    return Plan({MAIN: settled}, chosen(case, OUTCOMES))


def retry_breaker(case: Case, model: Model) -> Plan:
    """Clients that each stop retrying while too many of their attempts since the start have failed."""
    p, most, raw = model.number("failure_probability"), model.whole("retries"), model.get("breaker")
    if not isinstance(raw, dict) or "since start" not in str(raw.get("statistic")) or raw.get("effect") != "no retries":
        raise NotExpressible(f"cannot read the breaker {raw!r}")
    count, rate, seconds = model.whole("clients"), model.number("rate_per_client"), model.number("duration")
    if count > 200:
        raise NotExpressible("over 200 clients with a breaker each")
    every = round(2 * rate * seconds * (most + 1))  # more than there are: all since the start
    policy = mapping(retry=mapping(max=most, breaker=float(raw["threshold"]), breaker_calls=every))
    components = {
        "asked": mapping(kind="external", work="0 s"),
        "dependency": mapping(kind="external", work="0 s", error_rate=p),
        "answered": mapping(kind="external", work="0 s"),
    }
    steps = ["asked.call", step("dependency.call", policy), "answered.call"]
    flows = {f"client_{i}": (f"arrive: {{rate: {num(rate)} /s}}", steps) for i in range(1, count + 1)}
    formulas = {
        "success": "answered.rate / asked.rate",
        "attempts_per_request": "dependency.rate / asked.rate",
    }
    return Plan({MAIN: Run(blueprint(case["title"], components, flows), seconds)}, chosen(case, formulas))


BACKOFFS = {"none": 0, "expo": "min(cap, base*2^n), n=1 at first retry", "full": "U(0,expo)",
            "equal": "expo/2+U(0,expo/2)"}  # fmt: skip
"""Waits before a retry as the format has them, and as the cases write them."""


def contention(case: Case, model: Model) -> Plan:
    """Clients that all update one row at once, by compare and set, and read it again and retry until they have."""
    if model.text("protocol") != "read version, write with version; write fails if version moved":
        raise NotExpressible(f"cannot read the protocol {model.text('protocol')!r}")
    words, count = model.get("backoff"), model.whole("clients")
    if not isinstance(words, dict) or any(words.get(name) not in (None, text) for name, text in BACKOFFS.items()):
        raise NotExpressible(f"cannot read the backoff {words!r}")
    model.ignore("replications")  # as many rows, one after the other, as the tolerance asks for
    raw = model.get("network_one_way")
    if not isinstance(raw, dict) or raw.get("dist") != "abs(normal)":
        raise NotExpressible(f"cannot read the way of a message {raw!r}")
    way = law({**raw, "dist": "normal"}, unit_of("ms"))
    if way.cv2 > 1 / 16:  # nearer to 0 it matters that the format cuts it off there
        raise NotExpressible("a normal distribution of which much is below 0, and counts as above it")
    ways = mapping(client="0 s", same_zone=way.text, cross_zone="0 s", cross_region="0 s")
    components = {"contender": mapping(kind="service", workers=0, work="0 s"),
                  "db": mapping(kind="store", workers=0, work="0 s")}  # fmt: skip
    first = {"backoff": f"{num(2 * float(words['base']))} ms", "cap": f"{num(float(words['cap']))} ms"}
    runs = {"Nobackoff": {}, "Exponential": first, "FullJitter": first | {"jitter": "full"},
            "EqualJitter": first | {"jitter": "equal"}}  # fmt: skip
    plan = Plan()
    for name, waits in runs.items():
        body = ["{db.read: {entity: row}}", "{db.update: {entity: row, if: unchanged}}"]
        attempt = step("contender.handle", mapping(retry=mapping(max=1_000_000, **waits), do=listed(body)))
        flows = {"update": ("arrive: {rate: 1 /s, key: row}", [step("fan_out", mapping(n=count, do=f"[{attempt}]"))])}
        text = blueprint(case["title"], components, flows, network=f"network: {ways}", entities={"row": "{count: 1M}"})
        plan.runs[name] = Run(text, 100.0)
    formulas = {f"calls_{name}": f"{name}.update.retries / {name}.update.rate + {count}" for name in runs}
    plan.formulas = chosen(case, formulas)
    plan.runs = {name: run for name, run in plan.runs.items() if f"calls_{name}" in plan.formulas}
    plan.missing = {
        name: "needs decorrelated jitter: each wait is drawn from the one before"
        for name in case["expected"]
        if name == "calls_Decorr"
    }
    return plan


def threshold(case: Case, model: Model) -> Plan:
    """The load up to which a database keeps up even when every request is tried as often as it may be."""
    if "trigger" in model:
        return triggered(case, model)
    capacity, most = model.number("capacity"), model.whole("retries")
    plan = Plan()
    for run, failed in {"calm": 0.0, "storm": 1.0}.items():
        rate = capacity / (most + 1) / 2
        database = mapping(kind="external", workers=1, work=f"{num(1 / capacity)} s", error_rate=failed)
        arrive = mapping(rate=f"{num(rate)} /s", retry=mapping(max=most))
        text = blueprint(case["title"], {"database": database}, {"request": (f"arrive: {arrive}", ["database.call"])})
        duration = lengths.clamp(4 / (lengths.SHARE * lengths.relative(case)) ** 2, rate)
        plan.runs[run] = Run(text, duration, 10.0)
    plan.formulas = chosen(case, {
        "stable_below": "storm.request.rate / storm.database.utilisation",
        "vulnerable_upper": "calm.request.rate / calm.database.utilisation",
    })  # fmt: skip
    return plan


def triggered(case: Case, model: Model) -> Plan:
    """A network outage before a database whose clients try again: whether goodput comes back."""
    raw = model.get("trigger")
    if not isinstance(raw, dict) or "outage" not in str(raw.get("kind", "")) or "held" not in str(raw.get("packets")):
        raise NotExpressible(f"cannot read the trigger {raw!r}")
    if "fifo" not in model.text("queue", "fifo") or "poisson" not in model.text("clients", "poisson"):
        raise NotExpressible("a database with one queue, and clients that come at random")
    start, lasts, horizon = float(raw["start"]), float(raw["duration"]), model.number("horizon")
    service = law(model.get("service"), unit_of("s"))
    database = mapping(kind="service", workers=servers_of(model.get("servers")), work=service.text)
    retry = mapping(max=model.whole("retries"), backoff=f"{num(model.number('backoff', 0.0))} s")
    timeout = f"{num(model.number('client_timeout'))} s"
    arrive = mapping(rate=f"{num(model.number('arrival_rate'))} /s", timeout=timeout, retry=retry)
    outage = f"{{partition: {{between: [client, database], at: {num(start)} s, for: {num(lasts)} s}}}}"
    wanted = {
        "metastable": "long.request.metastable",
        "goodput_final": "long.request.goodput.at_end",
        "db_attempt_rate_final": "long.database.rate.at_end",
        "recovery_seconds": "short.request.recovery_time",
    }
    plan = Plan(formulas=chosen(case, wanted))
    for run, (promise, seconds) in {
        "long": ("request.metastable >= 0", horizon),
        "short": ("request.recovery_time >= 0 s", min(horizon, 2 * (start + lasts))),  # in finer intervals
    }.items():
        if any(f.startswith(f"{run}.") for f in plan.formulas.values()):
            flows = {"request": (f"arrive: {arrive}", ["database.handle"])}
            text = blueprint(case["title"], {"database": database}, flows, [promise], faults=[outage], seconds=seconds)
            plan.runs[run] = Run(text, seconds, leaves_work=True)
    return plan


def collapse(case: Case, model: Model) -> Plan:
    """A server that is slower the more it does, a spike, and clients that try again: whether it comes back."""
    numbers = re.findall(r"latency = ([\d.]+) \+ ([\d.]+)\*concurrency at start", model.text("server"))
    if not numbers or "no queue" not in model.text("server") or "poisson" not in model.text("clients", "poisson"):
        raise NotExpressible(f"cannot read the server {model.text('server')!r}")
    work, added = map(float, numbers[0])
    words = model.text("backoff", "none")
    backoff: dict[str, str | int | float] = {}
    exponential = re.fullmatch(r"exponential ([\d.]+)\*([\d.]+)\^k s with full jitter", words)
    if exponential:
        backoff = {"backoff": f"{exponential[1]} s", "multiplier": float(exponential[2]), "jitter": "full"}
    elif words != "none":
        raise NotExpressible(f"cannot read the backoff {words!r}")
    base, peak = model.number("base_rate"), model.number("peak_rate")
    retry = mapping(max=model.whole("attempts") - 1, **backoff)
    arrive = mapping(rate=f"{num(base)} /s", timeout=f"{num(model.number('client_timeout'))} s", retry=retry)
    at, lasts = model.number("spike_start"), model.number("spike_seconds")
    spike = mapping(flow="request", factor=peak / base, at=f"{num(at)} s", for_=f"{num(lasts)} s")
    way = law(model.get("network_one_way"), unit_of("s")).text
    network = f"network: {{client: {way}, same_zone: 0 s, cross_zone: 0 s, cross_region: 0 s}}"
    server = mapping(kind="service", workers=0, work=f"{num(work)} s", contention=added / work)
    model.ignore("replications")  # the seeds are
    text = blueprint(
        case["title"], {"server": server}, {"request": (f"arrive: {arrive}", ["server.handle"])},
        ["request.metastable >= 0"], network, faults=[f"{{traffic_spike: {spike}}}"],
        seconds=model.number("horizon"),
    )  # fmt: skip
    run = Run(text, model.number("horizon"), leaves_work=True)
    return Plan({MAIN: run}, chosen(case, {"p_collapse": "request.metastable"}))


def throttle(case: Case, model: Model) -> Plan:
    """Clients that send less while little is accepted, before a limit."""
    rate, offered, k = model.number("backend_capacity"), model.number("offered"), model.number("K")
    words = model.text("backend_admission")
    if "token bucket" not in words or "burst = one second" not in words or model.whole("clients", 1) != 1:
        raise NotExpressible("one client before a token bucket that holds one second of its rate")
    backend = mapping(kind="limiter", algorithm="token_bucket", rate=f"{num(rate)} /s", burst=rate, workers=0)
    policy = mapping(k=k, window=f"{num(model.number('window_seconds'))} s")
    flows = {"request": (f"arrive: {{rate: {num(offered)} /s}}", [step("backend.take", mapping(throttle=policy))])}
    formulas = {
        "sent_rate": "backend.rate",
        "accepted_rate": "request.goodput",
        "backend_rejected_per_accepted": "backend.rejected / request.goodput",
        "local_reject_fraction": "request.errors.throttled / request.rate",
    }
    warmup = model.number("warmup_seconds", 600.0)
    text = blueprint(case["title"], {"backend": backend}, flows)
    return Plan({MAIN: Run(text, 600.0, warmup)}, chosen(case, formulas))


def probes(case: Case, model: Model) -> Plan:
    """Clients with a breaker each before a dependency that always fails: what still reaches it."""
    count, open_s = model.whole("clients"), model.number("open_seconds")
    if model.whole("half_open_probes", 1) != 1:
        raise NotExpressible("a breaker lets one probe through")
    if count > 200:
        raise NotExpressible("over 200 clients with a breaker each")
    rate = 300 / open_s  # calls come often beside the time that a breaker stays open
    breaker = mapping(calls=1, failures=0.5, open=f"{num(open_s)} s")
    flows = {
        f"client_{i}": (f"arrive: {{rate: {num(rate)} /s}}", [step("backend.call", mapping(breaker=breaker))])
        for i in range(1, count + 1)
    }
    backend = mapping(kind="external", work="0 s", error_rate=1.0)
    text = blueprint(case["title"], {"backend": backend}, flows)
    return Plan({MAIN: Run(text, 30 * open_s, 3 * open_s)}, chosen(case, {"backend_attempt_rate": "backend.rate"}))


def limiter(case: Case, model: Model) -> Plan:
    """A token bucket before a load above its rate, from full."""
    rate, burst, offered, duration = (model.number(n) for n in ("rate", "burst", "offered", "duration"))
    arrivals = model.text("arrival", "deterministic")
    if not arrivals.startswith(("determin", "paced", "constant")):
        raise NotExpressible("how many a bucket lets through in a short time is certain only for paced arrivals")
    limit = mapping(kind="limiter", algorithm="token_bucket", rate=f"{num(rate)} /s", burst=burst)
    arrive = f"arrive: {{rate: {num(offered)} /s, pattern: paced}}"
    text = blueprint(case["title"], {"limit": limit}, {"request": (arrive, ["limit.take"])})
    formulas = {"admitted": f"request.goodput * {num(duration)}", "time_to_first_reject": "limit.rejected.first"}
    return Plan({MAIN: Run(text, duration)}, chosen(case, formulas))
