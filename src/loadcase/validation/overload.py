"""Retries, budgets, breakers and limits."""

from __future__ import annotations

from loadcase.kinds.base import Retry
from loadcase.validation import lengths
from loadcase.validation.plan import MAIN, Model, NotExpressible, Plan, Run, blueprint, mapping, num, step
from loadcase.validation.queueing import Case, chosen

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


def threshold(case: Case, model: Model) -> Plan:
    """The load up to which a database keeps up even when every request is tried as often as it may be."""
    if "trigger" in model:
        raise NotExpressible("needs a fault (a network outage that holds packets) and metrics of a time window")
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
