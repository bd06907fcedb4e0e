"""Tail latency: fan-out, k of n, redundant and hedged requests, serial chains, measured laws. No queueing anywhere."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from loadcase.validation import lengths
from loadcase.validation.laws import FITS, Law, delay, law, written
from loadcase.validation.plan import (
    MAIN,
    Model,
    NotExpressible,
    Plan,
    Run,
    Unit,
    asked_for,
    blueprint,
    listed,
    mapping,
    num,
    step,
    unit_of,
)
from loadcase.validation.queueing import Case, chosen, latency, names_of

PER_SECOND = 1000.0
"""Rate of the requests; without queues it changes nothing but the length of the run."""


def leaf_of(model: Model) -> tuple[Law, Unit]:
    """The law of one leaf and its unit."""
    raw = model.get("leaf")
    if not isinstance(raw, Mapping):
        raise NotExpressible("the case does not say how long a leaf takes")
    unit = unit_of(str(raw.get("unit", "s")))
    return law(raw, unit), unit


def waits(one: Law) -> list[str]:
    """Steps that take as long as the law says, without any server."""
    return [step("wait", f'"{part}"' if any(c in part for c in ",:") else part) for part in one.parts]


def request(case: Case, steps: list[str], rate: float = PER_SECOND, **arrive: str | None) -> str:
    """A blueprint of one flow without components."""
    source = mapping(rate=f"{num(rate)} /s", **arrive)
    return blueprint(case["title"], {}, {"request": (f"arrive: {source}", steps)}, asked_for("request", names_of(case)))


def in_unit(formulas: dict[str, str], unit: Unit) -> dict[str, str]:
    """Formulas of times, shown in the unit of the case."""
    return {name: unit.shown(formula) for name, formula in formulas.items()}


def length(case: Case, rate: float = PER_SECOND, cv2: float = 1.0) -> float:
    """Seconds of one seed for means and quantiles of independent times."""
    rel, tail = lengths.relative(case), lengths.tail_of(case["expected"])
    return max(lengths.quantile(tail, rel, rate), lengths.mean(cv2, rel, rate))


def no_queueing(model: Model) -> None:
    """Refuses leaves that queue."""
    if model.get("queueing", False):
        raise NotExpressible("leaves that queue are a fork-join network")
    if model.get("leaf_servers", "infinite") != "infinite":
        raise NotExpressible("leaves with a number of servers are a fork-join network")


def fan_out(case: Case, model: Model) -> Plan:
    """Calls in parallel: all of them, or the first k, or the share of requests over a threshold."""
    no_queueing(model)
    n = model.whole("fanout")
    model.ignore("join")
    need = model.whole("wait_for", n)
    if "leaf_slow_probability" in model:
        return slow_share(case, model, n, need)
    leaf, unit = leaf_of(model)
    body = mapping(n=n, need=need if need < n else None, do=listed(waits(leaf)))
    over = {name: float(m[1]) for name in case["expected"] if (m := re.fullmatch(r"p_over_([\d.]+)(?:ms|s)?", name))}
    plan = Plan()
    times = chosen(case, {"mean": "request.mean", "sd": "request.sd"}, latency(case["expected"]))
    if times:
        rate = min(PER_SECOND, 1e5 / n)
        text = request(case, [step("fan_out", body)], rate)
        plan.runs[MAIN] = Run(text, length(case, rate, 1.0), 0.0)
        plan.formulas = in_unit(times, unit)
    for i, (name, bound) in enumerate(over.items()):
        run = MAIN if not times and i == 0 else f"over{i}"
        text = request(case, [step("fan_out", body)], timeout=unit.time(bound))
        plan.runs[run] = Run(text, lengths.share(case["expected"][name], lengths.relative(case, [name]), PER_SECOND))
        plan.formulas[name] = f"1 - {run}.request.availability" if run != MAIN else "1 - request.availability"
    if len(plan.runs) > 1:
        plan.formulas = {
            n: f if "over" in f else re.sub(r"\brequest\.", "main.request.", f) for n, f in plan.formulas.items()
        }
    return plan


def slow_share(case: Case, model: Model, n: int, need: int) -> Plan:
    """Leaves that are slow with a probability: the share of requests that a slow leaf makes slow.

    The client's timeout lies between fast and slow, so that a slow request is one that is not available in time.
    """
    p = model.number("leaf_slow_probability")
    words = model.text("leaf_latency", "fast 10 ms, slow 1000 ms")
    found = dict(re.findall(r"(fast|slow)\s+([\d.]+)\s*ms", words))
    fast, slow = float(found.get("fast", 10)), float(found.get("slow", 1000))
    leaf = f'"mix({num(1 - p)}: {num(fast)} ms, {num(p)}: {num(slow)} ms)"'
    body = mapping(n=n, need=need if need < n else None, do=listed([step("wait", leaf)]))
    rate = min(PER_SECOND, 2e5 / n)
    text = request(case, [step("fan_out", body)], rate, timeout=f"{num(math.sqrt(fast * slow))} ms")
    formulas = chosen(case, {"p_slow": "1 - request.availability", "p_fast": "request.availability"})
    duration = max(lengths.share(v, lengths.relative(case, [m]), rate) for m, v in case["expected"].items())
    return Plan({MAIN: Run(text, duration)}, formulas)


def redundant(case: Case, model: Model) -> Plan:
    """Copies sent at once; the first one, or the w-th, answers."""
    no_queueing(model)
    leaf, unit = leaf_of(model)
    copies = model.whole("copies")
    plan = Plan()
    for name in case["expected"]:
        match = re.fullmatch(r"(mean|p[\d_.]+)_wait_for_(\d+)", name)
        if not match or int(match[2]) > copies:
            continue
        run = f"wait_for_{match[2]}"
        body = mapping(n=copies, need=int(match[2]), do=listed(waits(leaf)))
        inner = {**case, "expected": {match[1]: case["expected"][name]}}
        what = chosen(inner, {"mean": "request.mean"}, latency([match[1]]))
        if what:
            plan.runs[run] = Run(request(inner, [step("fan_out", body)]), length(inner, cv2=20.0))
            plan.formulas[name] = unit.shown(f"{run}.{what[match[1]]}")
    return plan


def hedged(case: Case, model: Model) -> Plan:
    """A second copy of what is slow."""
    no_queueing(model)
    leaf, unit = leaf_of(model)
    if model.whole("hedges", 1) != 1 or model.whole("copies", 1) != 1:
        raise NotExpressible("a hedge is one second copy of one request")
    model.ignore("cancel_loser")  # without queues what becomes of the loser changes no answer
    after = unit.time(model.number("hedge_after"))
    text = request(case, waits(leaf), hedge=mapping(after=after))
    times = chosen(case, {"mean": "request.mean"}, latency(case["expected"]))
    formulas = in_unit(times, unit) | chosen(case, dict.fromkeys(
        ("extra_requests", "hedge_fraction", "extra_load"), "request.hedges"))  # fmt: skip
    rare = [v for name, v in case["expected"].items() if formulas.get(name) == "request.hedges" and v]
    shares = [lengths.share(v, lengths.relative(case), PER_SECOND) for v in rare]
    return Plan({MAIN: Run(text, max([length(case), *shares]))}, formulas)


def chain(case: Case, model: Model) -> Plan:
    """Calls one after the other."""
    no_queueing(model)
    leaf, unit = leaf_of(model)
    n = model.whole("chain")
    raw = model.get("leaf")
    plan = Plan(
        {MAIN: Run(request(case, [step("repeat", mapping(times=n, do=listed(waits(leaf))))]), length(case, cv2=20.0))}
    )
    squared = num(unit.seconds**2)
    plan.formulas = in_unit(chosen(case, {"mean": "request.mean", "sd": "request.sd"}, latency(case["expected"])), unit)
    plan.formulas |= chosen(case, {"variance": f"request.sd ** 2 / {squared}"})
    parts = raw.get("parts") if isinstance(raw, Mapping) else None
    if "variance_ratio_to_no_tail" in case["expected"] and isinstance(parts, list):
        body = law(max(parts, key=lambda part: part[0])[1], unit)
        calm = request(case, [step("repeat", mapping(times=n, do=listed(waits(body))))])
        plan.runs["no_tail"] = Run(calm, length(case))
        plan.formulas = {name: f.replace("request.", "main.request.") for name, f in plan.formulas.items()}
        plan.formulas["variance_ratio_to_no_tail"] = "main.request.sd ** 2 / no_tail.request.sd ** 2"
    return plan


# --- quorums --------------------------------------------------------------------------------------------------------


def quorum_steps(delays: Mapping[str, str], copies: int, need: int, out: str, back: str, unit: Unit) -> list[str]:
    """An operation sent to every copy that returns at the `need`-th answer."""
    near, far = far_copies(delays)
    both = [*waits(delay(near, out, unit)), *waits(delay(near, back, unit))]
    if not far:
        return [step("fan_out", mapping(n=copies, need=need, do=listed(both)))]
    away = step("wait", unit.time(2 * far))
    branches = [listed(both)] + [listed([away, *both])] * (copies - 1)
    return [step("parallel", f"{{branches: {listed(branches)}, need: {need}}}")]


def far_copies(delays: Mapping[str, str]) -> tuple[Mapping[str, str], float]:
    """The one-way delays to a copy near by, and what is added to those to copies in other data centres, ms."""
    wan = next((text for text in delays.values() if "data centre" in text), None)
    if wan is None:
        return delays, 0.0
    match = re.match(r"(\S+) plus ([\d.]+) ms each way", wan)
    if not match:
        raise NotExpressible(f"cannot read the delay {wan!r}")
    return named_fit(match[1]), float(match[2])


def named_fit(name: str) -> Mapping[str, str]:
    """The one-way delays of a published fit."""
    try:
        return FITS[name]
    except KeyError:
        raise NotExpressible(f"unknown delays {name!r}") from None


def quorum_latency(case: Case, model: Model) -> Plan:
    """Latency of quorum reads and writes where every copy is sent the operation (W and A, R and S one way each)."""
    unit = unit_of(str(model.get("unit", "ms")))
    delays = model.get("delays_one_way")
    if not isinstance(delays, Mapping):
        raise NotExpressible("the case does not give the one-way delays")
    copies = model.whole("replicas")
    need = {"read": model.whole("read_quorum"), "write": model.whole("write_quorum")}
    plan = Plan()
    for kind, (out, back) in {"read": ("R", "S"), "write": ("W", "A")}.items():
        names = [n for n in case["expected"] if n.startswith(f"{kind}_")]
        if not names and kind == "read":
            names = [n for n in case["expected"] if re.fullmatch(r"p[\d_.]+", n) or n == "mean"]
        inner = {**case, "expected": {n: case["expected"][n] for n in names}}
        times = chosen(inner, {f"{kind}_mean": "request.mean", "mean": "request.mean"}, latency(names))
        if not times:
            continue
        steps = quorum_steps(delays, copies, need[kind], out, back, unit)
        plan.runs[kind] = Run(request(inner, steps), length(inner, cv2=5.0))
        plan.formulas |= {name: unit.shown(f"{kind}.{f}") for name, f in times.items()}
    return plan


def measured(case: Case, model: Model) -> Plan:
    """A measured distribution: its published fit against the measured percentiles."""
    if "delays_one_way" in model:
        return quorum_latency(case, model)
    fit, words = model.get("fit"), model.text("latency")
    if not isinstance(fit, Mapping):
        raise NotExpressible("the law of the service times is not given, only percentiles of the answer")
    unit = unit_of(str(model.get("unit", "ms")))
    count = 2 if "sum of two" in words else 1
    one = written(str(next(iter(fit.values()))), unit)
    text = request(case, waits(one) * count)
    times = chosen(case, {"mean": "request.mean"}, latency(case["expected"]))
    return Plan({MAIN: Run(text, length(case, cv2=5.0))}, in_unit(times, unit))


def regions(case: Case, model: Model) -> Plan:
    """A write to regions at fixed distances that waits for some of them."""
    trips, need = model.numbers("region_rtt_ms"), model.whole("wait_for")
    unit = unit_of("ms")

    def text(distances: list[float]) -> str:
        branches = listed([listed([step("wait", unit.time(rtt))]) for rtt in distances])
        return request(case, [step("parallel", f"{{branches: {branches}, need: {need}}}")])

    plan = Plan({"all": Run(text(trips), 10.0)}, chosen(case, {"latency_ms": "all.request.mean / 0.001"}))
    if "latency_if_nearest_remote_down_ms" in case["expected"]:
        nearest = min(t for t in trips if t > 0)
        left = list(trips)
        left.remove(nearest)
        plan.runs["without_nearest"] = Run(text(left), 10.0)
        plan.formulas["latency_if_nearest_remote_down_ms"] = "without_nearest.request.mean / 0.001"
    return plan
