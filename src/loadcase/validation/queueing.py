"""Queues: one station, priorities, networks open and closed, fork and join."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from loadcase.validation import lengths
from loadcase.validation.laws import Law, law
from loadcase.validation.plan import (
    MAIN,
    Model,
    NotExpressible,
    Plan,
    Run,
    asked_for,
    blueprint,
    mapping,
    number_of,
    percentile,
    step,
    unit_of,
)

Case = Mapping[str, Any]

STATION = {
    "utilization": "server.utilisation",
    "utilisation": "server.utilisation",
    "mean_number": "server.queue + server.in_service",
    "mean_in_flight": "server.queue + server.in_service",
    "mean_in_system": "server.queue + server.in_service",
    "var_in_flight": "server.in_service.sd ** 2",
    "mean_queue": "server.queue",
    "mean_sojourn": "request.mean",
    "mean_sojourn_accepted": "request.mean",
    "mean_response": "request.mean",
    "mean_wait": "server.wait.mean",
    "mean_wait_accepted": "server.wait.mean",
    "mean_wait_served": "server.wait.mean",
    "p_wait": "server.waited",
    "sigma": "server.waited",
    "p_loss": "server.shed_ratio",
    "p_abandon": "server.abandoned_ratio",
    "p_timeout": "server.abandoned_ratio",
    "timeout_fraction": "1 - request.availability",
    "throughput": "request.goodput",
    "goodput": "request.goodput",
}
DISCIPLINES = {
    "": "fifo", "fcfs": "fifo", "fifo": "fifo", "lcfs": "lifo", "lifo": "lifo", "ps": "ps", "processor sharing": "ps",
}  # fmt: skip


def latency(names: Any, flow: str = "request") -> dict[str, str]:
    """Formulas of the expected percentiles: p99, sojourn_p99_9, response_p50."""
    found = {}
    for name in names:
        p = percentile(re.sub(r"^(sojourn|response|latency|read|write|end_to_end)_", "", name))
        if p:
            found[name] = f"{flow}.{p}"
    return found


def in_flight(names: Any, component: str = "server") -> dict[str, str]:
    """Formulas of the percentiles of the number in service."""
    found = {}
    for name in names:
        match = re.fullmatch(r"(p\d+)_in_flight", name)
        if match:
            found[name] = f"{component}.in_service.{match[1]}"
    return found


def chosen(case: Case, *tables: Mapping[str, str]) -> dict[str, str]:
    """The formulas for what this case expects."""
    known: dict[str, str] = {}
    for table in tables:
        known.update(table)
    return {name: known[name] for name in case["expected"] if name in known}


def servers_of(raw: Any) -> int:
    """Workers of the format, where 0 means unlimited."""
    if isinstance(raw, str):
        if raw.lower() in ("infinite", "inf", "unlimited"):
            return 0
        raise NotExpressible(f"cannot read the number of servers {raw!r}")
    return round(number_of(raw, "servers"))


def arrival_pattern(words: str) -> str | None:
    """The format's word for an arrival process; None for its default."""
    if words in ("", "poisson") or words.startswith("poisson"):
        return None
    if words.startswith(("determin", "constant", "paced", "periodic")) or words == "d":
        return "paced"
    raise NotExpressible(f"the format has no arrivals of the kind {words!r}")


def discipline_of(words: str) -> str:
    """The format's word for a discipline."""
    try:
        return DISCIPLINES[words.split(",")[0].strip()]
    except KeyError:
        raise NotExpressible(f"the format has no discipline {words!r}") from None


# --- one station ----------------------------------------------------------------------------------------------------
def station(case: Case, model: Model) -> Plan:
    """One station: M/M/c, M/G/1, D/M/1, bounded queues, patience, processor sharing, unlimited servers."""
    if isinstance(model.get("cases"), list):
        return several(case, model)
    if "throughput" in model and "mean_time" in model:
        service = law({"dist": "exponential", "mean": model.number("mean_time")}, unit_of("s"))
        rate, servers, pattern, discipline = model.number("throughput"), 0, None, "fifo"
    else:
        service = service_of(model)
        rate, servers = model.number("arrival_rate"), servers_of(model.get("servers", 1))
        pattern = arrival_pattern(model.text("arrival"))
        discipline = discipline_of(model.text("discipline"))
    bound = queue_bound(model, servers)
    patience = patience_of(model)
    timeout = client_timeout(model)
    unit = unit_of("s")
    server = mapping(
        kind="service", workers=servers, queue=bound, patience=patience, work=service.text,
        discipline=None if discipline == "fifo" else discipline,
    )  # fmt: skip
    arrive = mapping(rate=unit.rate(rate), pattern=pattern, timeout=None if timeout is None else unit.time(timeout))
    formulas = {**chosen(case, STATION, in_flight(case["expected"])), **latency(case["expected"])}
    if timeout is not None:  # the flow's times are of the answers in time only; all are asked for
        formulas = {n: f.replace("request.mean", "server.wait.mean + server.in_service / server.rate")
                    for n, f in formulas.items() if not re.search(r"request\.p\d", f)}  # fmt: skip
    limited = bound is not None or patience is not None
    load = rate * service.mean / max(1, servers) if servers else 0.0
    if servers and load >= 1.0 and not limited:
        raise NotExpressible("the queue has no steady state: the load is more than the servers can take")
    load = min(load, 0.8) if limited else load  # what is refused keeps the queue short
    duration = station_length(case, load, service, rate, servers)
    warmup = lengths.settle(load, service.mean)
    text = blueprint(
        case["title"], {"server": server}, {"request": (f"arrive: {arrive}", ["server.handle"])},
        asked_for("request", names_of(case)),
    )  # fmt: skip
    return Plan({MAIN: Run(text, duration, warmup)}, formulas)


def names_of(case: Case) -> list[str]:
    """What is expected, without the words before a percentile."""
    return [re.sub(r"^(sojourn|response|latency|read|write|end_to_end)_", "", n) for n in case["expected"]]


def station_length(case: Case, load: float, service: Law, rate: float, servers: int) -> float:
    """Seconds of one seed for what the case expects of a station."""
    rel = lengths.relative(case)
    if not servers:
        in_system = max(1e-9, rate * service.mean)
        spread = 4.0 if any("var" in name for name in case["expected"]) else 2.0 / in_system
        return lengths.clamp(spread * max(1.0, in_system) / (lengths.SHARE * rel) ** 2, rate)
    tail = lengths.tail_of(case["expected"])
    duration = lengths.queue(load, service.mean, rate, rel, servers=servers, scv=service.cv2, tail=tail)
    rare = [v for n, v in case["expected"].items() if n in ("p_loss", "timeout_fraction") and v]
    for value in rare:
        duration = max(duration, lengths.share(value, rel, rate))
    return duration


def service_of(model: Model) -> Law:
    """The service law, from `service` or `service_rate` or `service_time`."""
    if "service" in model:
        return law(model.get("service"), unit_of("s"))
    if "service_rate" in model:
        return law({"dist": "exponential", "rate": model.number("service_rate")}, unit_of("s"))
    raise NotExpressible("the case does not say how long service takes")


def queue_bound(model: Model, servers: int) -> int | None:
    """How many may wait."""
    raw = model.get("queue_capacity", "infinite")
    total = model.get("system_capacity")
    if raw in ("infinite", None, "unbounded", "inf"):
        return None if total in (None, "infinite") else round(number_of(total, "system_capacity")) - servers
    bound = round(number_of(raw, "queue_capacity"))
    if total not in (None, "infinite") and bound + servers != total:
        raise NotExpressible("queue_capacity and system_capacity contradict each other")
    return bound


def patience_of(model: Model) -> str | None:
    """How long a request waits before it leaves, as a law."""
    raw = model.get("patience")
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise NotExpressible(f"cannot read the patience {raw!r}")
    if str(raw.get("applies_to", "waiting only")) not in ("waiting only", "waiting", "queue"):
        raise NotExpressible(f"patience that applies to {raw['applies_to']!r} is not in the format")
    return law(raw, unit_of("s")).text


def client_timeout(model: Model) -> float | None:
    """After which time the client gives up while the work goes on."""
    if model.get("cancels_work", False):
        raise NotExpressible("a client's timeout does not take work back that has begun")
    if model.get("retries", 0):
        raise NotExpressible("retries of one station: the case has no closed form that the format shares")
    return model.number("client_timeout") if "client_timeout" in model else None


def several(case: Case, model: Model) -> Plan:
    """The same expectation of several parameter sets, numbered from 1."""
    common = {k: v for k, v in model.raw.items() if k != "cases"}
    plan = Plan()
    for i, one in enumerate(model.get("cases"), start=1):
        suffix = f"_{i}"
        wanted = {n.removesuffix(suffix): v for n, v in case["expected"].items() if n.endswith(suffix)}
        if not wanted:
            continue
        inner = station({**case, "expected": wanted}, Model({**common, **one}))
        plan.runs[f"run{i}"] = inner.runs[MAIN]
        for name, formula in inner.formulas.items():
            plan.formulas[name + suffix] = prefixed(formula, f"run{i}")
    model.ignore(*common)
    return plan


def prefixed(formula: str, run: str) -> str:
    """The formula about another run."""
    return re.sub(r"\b([a-z]\w*\.[a-z])", rf"{run}.\1", formula)


# --- priorities -----------------------------------------------------------------------------------------------------
RANKS = ("highest", "high", "normal", "low")


def priority(case: Case, model: Model) -> Plan:
    """One station with classes, the first served first, with or without preemption."""
    rates = model.numbers("class_arrival_rates")
    if "class_service_rates" in model:
        services = [law({"dist": "exponential", "rate": r}, unit_of("s")) for r in model.numbers("class_service_rates")]
    elif isinstance(model.get("class_services"), list):
        services = [law(raw, unit_of("s")) for raw in model.get("class_services")]
    else:
        services = [service_of(model)] * len(rates)
    if len(rates) > len(RANKS) or len(services) != len(rates):
        raise NotExpressible(f"the format has {len(RANKS)} priorities, the case {len(rates)} classes")
    words = model.text("discipline")
    preemptive = "preempt" in words and "non" not in words
    if preemptive and "resume" not in words:
        raise NotExpressible("preempted work is resumed, not begun again")
    arrival_pattern(model.text("arrival"))
    servers = servers_of(model.get("servers", 1))
    server = mapping(kind="service", workers=servers, discipline="preemptive" if preemptive else "priority")
    flows = {}
    formulas: dict[str, str] = {}
    for i, (rate, service) in enumerate(zip(rates, services, strict=True), start=1):
        arrive = mapping(rate=unit_of("s").rate(rate), priority=RANKS[i - 1])
        flows[f"class{i}"] = (f"arrive: {arrive}", [step("server.handle", mapping(work=service.text))])
        known = {f"mean_sojourn_class{i}": f"class{i}.mean"}
        if not preemptive:
            known[f"mean_wait_class{i}"] = f"class{i}.mean - {service.mean!r}"
        known |= {f"sojourn_{p}_class{i}": f"class{i}.{p}" for p in ("p50", "p95", "p99")}
        formulas |= chosen(case, known)
    formulas |= chosen(case, STATION)
    load = sum(r * s.mean for r, s in zip(rates, services, strict=True)) / max(1, servers)
    if load >= 1:
        raise NotExpressible("the queue has no steady state: the load is more than the servers can take")
    mean = load * servers / sum(rates)
    worst = max(s.cv2 for s in services)
    duration = lengths.queue(load, mean, sum(rates), lengths.relative(case), servers=servers, scv=worst)
    return Plan(
        {MAIN: Run(blueprint(case["title"], {"server": server}, flows), duration, lengths.settle(load, mean))}, formulas
    )
