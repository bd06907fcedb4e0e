"""Choosing among replicas: random, round robin, two choices, least loaded, and balls into bins."""

from __future__ import annotations

import math
import re

from loadcase.validation import lengths
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
from loadcase.validation.queueing import STATION, Case, arrival_pattern, chosen, latency, names_of, service_of

WIDEST = 10_000
MOST_BALLS = 1_000_000


def balance_of(words: str) -> str:
    """The format's word for a policy."""
    if words in ("random", "uniform random", "uniform"):
        return "random"
    if words in ("round robin", "round-robin", "rr", "cyclic"):
        return "round_robin"
    if words in ("jsq", "join shortest queue", "join the shortest queue", "least loaded", "least connections"):
        return "least_loaded"
    if "of d" in words or "choices" in words or words in ("po2", "jsq(d)", "jsq(2)"):
        return "two_choices"
    raise NotExpressible(f"the format has no balancing by {words!r}")


def servers(case: Case, model: Model) -> Plan:
    """Servers with a queue each behind a balancer."""
    count, service = model.whole("servers"), service_of(model)
    if "arrival_rate" in model:
        rate = model.number("arrival_rate")
        model.ignore("arrival_rate_per_server")
    else:
        rate = model.number("arrival_rate_per_server") * count
    model.ignore("queue", "ties")
    balance = balance_of(model.text("policy"))
    if balance == "least_loaded" and "d" in model:
        balance = "two_choices"
    d = model.whole("d", 2)
    replacement = bool(model.get("replacement", False))
    balancer = mapping(
        kind="load_balancer", workers=0, work="0 s", balance=balance,
        choices=d if balance == "two_choices" and d != 2 else None,
        replacement=True if balance == "two_choices" and replacement else None,
    )  # fmt: skip
    pool = mapping(kind="service", replicas=count, workers=1, work=service.text)
    arrive = mapping(rate=unit_of("s").rate(rate), pattern=arrival_pattern(model.text("arrival")))
    text = blueprint(
        case["title"], {"balancer": balancer, "server": pool},
        {"request": (f"arrive: {arrive}", ["balancer.forward", "server.handle"])}, asked_for("request", names_of(case)),
    )  # fmt: skip
    formulas = chosen(case, STATION, {"mean_number_per_server": f"(server.queue + server.in_service) / {count}"})
    formulas |= latency(case["expected"])
    load = rate * service.mean / count
    if load >= 1:
        raise NotExpressible("the load is more than the servers can take")
    rel, tail = lengths.relative(case), lengths.tail_of(case["expected"])
    # Apart from each other, n queues give n times the information; sharing the arrivals well shortens their memory.
    pooled = load if balance in ("random", "round_robin") else math.sqrt(load) * 0.9
    duration = lengths.queue(pooled, service.mean, rate, rel, servers=count, scv=service.cv2, tail=tail)
    return Plan({MAIN: Run(text, duration, lengths.settle(pooled, service.mean))}, formulas)


def choices_of(model: Model) -> int:
    """How many bins a ball may choose the emptiest of."""
    words = model.text("choice", "uniform")
    if "d" in model:
        return model.whole("d")
    if words in ("uniform", "random", "uniformly at random"):
        return 1
    found = re.search(r"\b(?:of|best|best-of)[ -](\d+)\b", words)
    if found:
        return int(found[1])
    if re.search(r"\b(?:of two|two choices|two random)\b", words):
        return 2
    raise NotExpressible(f"the format has no choice of bins by {words!r}")


def bins(case: Case, model: Model) -> Plan:
    """Balls into bins: a burst spread over idle replicas takes as long as the fullest of them has requests.

    Each ball is a call of 1 s, and the next burst starts when the last one is done.
    """
    balls, count = model.whole("balls"), model.whole("bins")
    d = choices_of(model)
    replica = mapping(
        kind="service", replicas=count, workers=1, work="1 s", balance="random" if d == 1 else "two_choices",
        choices=d if d > 2 else None, replacement=True if model.get("replacement", False) else None,
    )  # fmt: skip
    burst = step("fan_out", mapping(n=balls, do=listed(["bins.handle"])))
    if balls > WIDEST:
        inner = next((n for n in range(WIDEST, 1, -1) if balls % n == 0), 1)
        if balls > MOST_BALLS or balls // inner > WIDEST:
            raise NotExpressible(f"a burst has at most {MOST_BALLS} calls, in groups of at most {WIDEST}")
        group = step("fan_out", mapping(n=inner, do=listed(["bins.handle"])))
        burst = step("fan_out", mapping(n=balls // inner, do=listed([group])))
    text = blueprint(case["title"], {"bins": replica}, {"burst": (f"arrive: {mapping(users=1, think='0 s')}", [burst])})
    formulas = chosen(case, {"expected_max": "burst.mean", "expected_max_over_mean": f"burst.mean / {balls / count!r}"})
    bursts = max(64.0, min(0.05 / (lengths.SHARE * lengths.relative(case)) ** 2, 3e7 / balls))
    usual = case["expected"].get("expected_max", 5.0)
    return Plan({MAIN: Run(text, bursts * float(usual) / lengths.SEEDS, 0.0)}, formulas)
