"""Networks of queues: in series, with routing, closed, and forked and joined."""

from __future__ import annotations

import math
import re

from loadcase.validation import lengths
from loadcase.validation.laws import law
from loadcase.validation.plan import (
    MAIN,
    Model,
    NotExpressible,
    Plan,
    Run,
    asked_for,
    blueprint,
    listed,
    mapping,
    step,
    unit_of,
)
from loadcase.validation.queueing import (
    STATION,
    Case,
    arrival_pattern,
    chosen,
    discipline_of,
    latency,
    names_of,
    servers_of,
    service_of,
)


def network(case: Case, model: Model) -> Plan:
    """Stations in series, or with routing that may come back."""
    if "routing" in model:
        return jackson(case, model)
    if "stations" in model:
        return tandem(case, model)
    if "queue" in model and "delay_mean" in model:
        return delay_then_queue(case, model)
    raise NotExpressible("a network is given by its stations, its routing, or a delay and a queue")


def tandem(case: Case, model: Model) -> Plan:
    """Stations one after the other."""
    rate = model.number("arrival_rate")
    arrival = arrival_pattern(model.text("arrival"))
    discipline = discipline_of(model.text("discipline"))
    stations = model.get("stations")
    components: dict[str, str] = {}
    steps: list[str] = []
    formulas: dict[str, str] = {}
    slowest, total = 0.0, 0.0
    for i, raw in enumerate(stations, start=1):
        service = service_of(Model(raw))
        servers = servers_of(raw.get("servers", 1))
        components[f"station_{i}"] = mapping(
            kind="service", workers=servers, work=service.text, discipline=None if discipline == "fifo" else discipline
        )
        steps.append(f"station_{i}.handle")
        formulas |= chosen(case, at_station(i))
        slowest, total = max(slowest, rate * service.mean / max(1, servers)), total + service.mean
    if len(stations) > 7:
        raise NotExpressible("a flow passes through at most 7 services in a row")
    if slowest >= 1:
        raise NotExpressible("a station has more load than it can take")
    formulas |= chosen(case, {"mean_sojourn": "request.mean", "mean_end_to_end": "request.mean"})
    formulas |= latency(case["expected"])
    arrive = mapping(rate=unit_of("s").rate(rate), pattern=arrival)
    text = blueprint(
        case["title"], components, {"request": (f"arrive: {arrive}", steps)}, asked_for("request", names_of(case))
    )
    rel, tail = lengths.relative(case), lengths.tail_of(case["expected"])
    duration = lengths.queue(slowest, total / len(stations), rate, rel, tail=tail)
    return Plan({MAIN: Run(text, duration, len(stations) * lengths.settle(slowest, total))}, formulas)


def at_station(i: int) -> dict[str, str]:
    """Formulas about one of several stations."""
    s = f"station_{i}"
    return {
        f"arrival_rate_{i}": f"{s}.rate",
        f"throughput_{i}": f"{s}.rate",
        f"utilization_{i}": f"{s}.utilisation",
        f"mean_number_{i}": f"{s}.queue + {s}.in_service",
        f"queue_{i}": f"{s}.queue + {s}.in_service",
        f"mean_queue_{i}": f"{s}.queue",
        f"mean_wait_{i}": f"{s}.wait.mean",
        f"mean_sojourn_{i}": f"({s}.queue + {s}.in_service) / {s}.rate",
    }


def jackson(case: Case, model: Model) -> Plan:
    """An open network with routing: a topic before each station, so that a request may come back to it."""
    external, rates = model.numbers("external_rates"), model.numbers("service_rates")
    routing = model.get("routing")
    workers = model.get("servers", [1] * len(rates))
    if isinstance(workers, int):
        workers = [workers] * len(rates)
    model.ignore("service", "discipline", "arrival")
    n = len(rates)
    if len(external) != n or len(routing) != n or any(len(row) != n for row in routing) or len(workers) != n:
        raise NotExpressible("the routing, the rates and the servers are not of one size")
    through = traffic(external, routing)
    loads = [x / (mu * c) for x, mu, c in zip(through, rates, workers, strict=True)]
    if max(loads) >= 1:
        raise NotExpressible("a station has more load than it can take")
    components: dict[str, str] = {}
    flows: dict[str, tuple[str, list[str]]] = {}
    formulas: dict[str, str] = {}
    for i in range(1, n + 1):
        components[f"to_{i}"] = mapping(kind="topic", work="0 s")
        components[f"station_{i}"] = mapping(
            kind="service", workers=workers[i - 1], work=f"exp({unit_of('s').time(1 / rates[i - 1])})"
        )
        if external[i - 1]:
            flows[f"enter_{i}"] = (f"arrive: {mapping(rate=unit_of('s').rate(external[i - 1]))}", [f"to_{i}.publish"])
        formulas |= chosen(case, at_station(i))
    for i, row in enumerate(routing, start=1):
        branches = [mapping(weight=p, do=f"[to_{j}.publish]") for j, p in enumerate(row, start=1) if p > 0]
        leave = 1.0 - math.fsum(row)
        if leave > 1e-12:
            branches.append(mapping(weight=leave))
        steps = [f"station_{i}.handle"]
        if any(p > 0 for p in row):
            steps.append(step("choose", listed(branches)))
        flows[f"at_{i}"] = (f"consume: {mapping(topic=f'to_{i}', by=f'station_{i}')}", steps)
    inside = " + ".join(f"station_{i}.queue + station_{i}.in_service" for i in range(1, n + 1))
    entered = " + ".join(f"enter_{i}.rate" for i in range(1, n + 1) if external[i - 1])
    little = f"({inside}) / ({entered})"
    formulas |= chosen(case, {"mean_end_to_end": little, "mean_sojourn": little, "mean_number": inside})
    busiest = max(range(n), key=loads.__getitem__)
    duration = max(
        lengths.queue(loads[i], 1 / rates[i], through[i], lengths.relative(case), servers=workers[i]) for i in range(n)
    )
    warmup = 10 * lengths.settle(loads[busiest], 1 / min(rates))
    return Plan({MAIN: Run(blueprint(case["title"], components, flows), duration, warmup)}, formulas)


def traffic(external: list[float], routing: list[list[float]]) -> list[float]:
    """Rate through each station of an open network, by iteration of the traffic equations."""
    rates = list(external)
    for _ in range(100_000):
        fresh = [e + sum(rates[j] * routing[j][i] for j in range(len(rates))) for i, e in enumerate(external)]
        if max(abs(a - b) for a, b in zip(fresh, rates, strict=True)) < 1e-12:
            return fresh
        if max(fresh) > 1e12:
            break
        rates = fresh
    raise NotExpressible("the routing never lets requests out")


def delay_then_queue(case: Case, model: Model) -> Plan:
    """A delay without queueing, then a station."""
    rate, delay = model.number("arrival_rate"), model.number("delay_mean")
    raw = model.get("queue")
    service = service_of(Model(raw))
    servers = servers_of(raw.get("servers", 1))
    load = rate * service.mean / max(1, servers)
    if load >= 1:
        raise NotExpressible("the station has more load than it can take")
    components = {
        "delay": mapping(kind="service", workers=0, work=f"exp({unit_of('s').time(delay)})"),
        "queue": mapping(kind="service", workers=servers, work=service.text),
    }
    formulas = chosen(case, {
        "queue_mean_number": "queue.queue + queue.in_service",
        "queue_mean_sojourn": "(queue.queue + queue.in_service) / queue.rate",
        "queue_utilization": "queue.utilisation",
        "delay_mean_number": "delay.in_service",
        "mean_sojourn": "request.mean",
    }, latency(case["expected"]))  # fmt: skip
    arrive = f"arrive: {mapping(rate=unit_of('s').rate(rate))}"
    text = blueprint(case["title"], components, {"request": (arrive, ["delay.handle", "queue.handle"])})
    rel = lengths.relative(case)
    duration = max(
        lengths.queue(load, service.mean, rate, rel, servers=servers),
        lengths.clamp(2 / (lengths.SHARE * rel) ** 2, rate),
    )
    return Plan({MAIN: Run(text, duration, lengths.settle(load, service.mean + delay))}, formulas)


# --- closed networks ------------------------------------------------------------------------------------------------
def closed(case: Case, model: Model) -> Plan:
    """A fixed number of clients that think and ask."""
    if "clients" in model:
        return clients(case, model)
    if "queue_demand" in model:
        return delay_and_queue(case, model)
    if "demands" in model:
        return cycle(case, model)
    raise NotExpressible("a closed network is given by clients, by demands, or by delay_demand and queue_demand")


def clients(case: Case, model: Model) -> Plan:
    """Clients that think and then use one station (machine repair)."""
    service, think = service_of(model), law(model.get("think", 0.0), unit_of("s"))
    servers, users = servers_of(model.get("servers", 1)), model.whole("clients")
    discipline = discipline_of(model.text("discipline"))
    server = mapping(
        kind="service", workers=servers, work=service.text, discipline=None if discipline == "fifo" else discipline
    )
    arrive = mapping(users=users, think=think.text)
    text = blueprint(case["title"], {"server": server}, {"request": (f"arrive: {arrive}", ["server.handle"])})
    formulas = chosen(case, STATION, {"throughput": "request.rate"}, latency(case["expected"]))
    fastest = min(users / (think.mean + service.mean), max(1, servers) / service.mean if servers else math.inf)
    duration = lengths.queue(0.7, service.mean, fastest, lengths.relative(case), scv=max(service.cv2, think.cv2))
    return Plan({MAIN: Run(text, duration, 20 * (think.mean + users * service.mean))}, formulas)


def delay_and_queue(case: Case, model: Model) -> Plan:
    """Classes of clients that visit a delay and then one station."""
    population = [round(x) for x in model.numbers("population")]
    delays, demands = model.numbers("delay_demand"), model.numbers("queue_demand")
    words = model.text("queue", "fcfs")
    if "ps" not in words and len(set(demands)) > 1:
        raise NotExpressible("first come, first served with unlike classes has no product form")
    discipline = "ps" if re.search(r"\bps\b|processor", words) else None
    flows: dict[str, tuple[str, list[str]]] = {}
    formulas: dict[str, str] = {}
    for i, (users, delay, demand) in enumerate(zip(population, delays, demands, strict=True), start=1):
        c = f"class{i}"
        think = f"exp({unit_of('s').time(delay)})" if delay else "0 s"
        work = step("server.handle", mapping(work=f"exp({unit_of('s').time(demand)})"))
        flows[c] = (f"arrive: {mapping(users=users, think=think)}", [work])
        formulas |= chosen(case, {
            f"queue_{c}": f"{c}.rate * {c}.mean",
            f"delay_{c}": f"{users} - {c}.rate * {c}.mean",
            f"throughput_{c}": f"{c}.rate",
            f"mean_response_{c}": f"{c}.mean",
        })  # fmt: skip
    server = mapping(kind="service", workers=1, discipline=discipline)
    work_s = sum(n * d for n, d in zip(population, demands, strict=True)) / sum(population)
    duration = lengths.queue(0.7, work_s, 1 / work_s, lengths.relative(case))
    warmup = 20 * (max(delays) + sum(population) * max(demands))
    return Plan({MAIN: Run(blueprint(case["title"], {"server": server}, flows), duration, warmup)}, formulas)


def cycle(case: Case, model: Model) -> Plan:
    """Clients that go round stations in a cycle."""
    population, demands = model.get("population"), model.get("demands")
    if not isinstance(population, list) or len(population) != 1 or any(not isinstance(d, int | float) for d in demands):
        raise NotExpressible("stations with one class of clients are expressible, several classes are not")
    if len(demands) > 7:
        raise NotExpressible("a flow passes through at most 7 services in a row")
    think = model.number("think", 0.0)
    components = {
        f"station_{i}": mapping(kind="service", workers=1, work=f"exp({unit_of('s').time(d)})")
        for i, d in enumerate(demands, start=1)
    }
    users = round(population[0])
    arrive = mapping(users=users, think=f"exp({unit_of('s').time(think)})" if think else "0 s")
    flow = {"request": (f"arrive: {arrive}", [f"{name}.handle" for name in components])}
    formulas: dict[str, str] = {}
    for i in range(1, len(demands) + 1):
        formulas |= chosen(case, at_station(i))
    formulas |= chosen(case, {"throughput": "request.rate", "mean_response": "request.mean"})
    round_s = sum(demands) + think
    duration = lengths.queue(0.7, max(demands), users / round_s, lengths.relative(case))
    return Plan({MAIN: Run(blueprint(case["title"], components, flow), duration, 20 * users * round_s)}, formulas)


# --- fork and join --------------------------------------------------------------------------------------------------
def fork_join(case: Case, model: Model) -> Plan:
    """Every request is split over queues and waits for all of them, or for some."""
    rate, branches, service = model.number("arrival_rate"), model.whole("branches"), service_of(model)
    arrival = arrival_pattern(model.text("arrival"))
    servers = servers_of(model.get("servers", 1))
    need = model.whole("wait_for") if "wait_for" in model else None
    load = rate * service.mean / max(1, servers)
    if branches > 100 or load >= 1:
        raise NotExpressible("over 100 branches, or more load than a branch can take")
    components = {
        f"branch_{i}": mapping(kind="service", workers=servers, work=service.text) for i in range(1, branches + 1)
    }
    lists = listed([f"[{name}.handle]" for name in components])
    body = lists if need is None else f"{{branches: {lists}, need: {need}}}"
    arrive = mapping(rate=unit_of("s").rate(rate), pattern=arrival)
    text = blueprint(
        case["title"], components, {"request": (f"arrive: {arrive}", [step("parallel", body)])},
        asked_for("request", names_of(case)),
    )  # fmt: skip
    formulas = chosen(case, STATION, latency(case["expected"]))
    rel, tail = lengths.relative(case), lengths.tail_of(case["expected"])
    duration = lengths.queue(load, service.mean, rate, rel, scv=service.cv2, tail=tail)
    return Plan({MAIN: Run(text, duration, lengths.settle(load, service.mean))}, formulas)
