"""Partial quorums: what a read sees of a write (probabilistically bounded staleness), in time and in versions."""

from __future__ import annotations

from collections.abc import Mapping

from loadcase.validation.laws import delay
from loadcase.validation.plan import (
    STILL_AIR,
    Model,
    NotExpressible,
    Plan,
    Run,
    blueprint,
    mapping,
    num,
    percentile,
    step,
    unit_of,
)  # fmt: skip
from loadcase.validation.queueing import Case
from loadcase.validation.tail import far_copies, quorum_latency

ROWS = 1_900_000
"""Rows of the history of one seed."""
VERSIONS = 4
"""Writes of each key: between two there is so much time that they do not meet."""
APART = 4000.0
"""That time, in mean delays of a write."""


def level(need: int, copies: int) -> str:
    """The word of the format for so many copies."""
    words = {1: "one", copies: "all", copies // 2 + 1: "quorum"}
    if need not in words:
        raise NotExpressible(f"{need} of {copies} copies is neither one nor a majority nor all")
    return words[need]


def quorums(case: Case, model: Model) -> Plan:
    """Latency of quorum operations, and what a read sees that comes some time after a write was committed."""
    plan = quorum_latency(case, model)
    times = {n: p for n in case["expected"] if (p := percentile(n.replace("t_visibility_", "p")))}
    wanted = {n: f"item.t_visibility.{p}" for n, p in times.items() if n.startswith("t_visibility_")}
    if "p_consistent_t0" in case["expected"]:
        wanted["p_consistent_t0"] = "item.consistent_at_commit"
    if not wanted:
        return plan
    plan.runs["copies"] = copies_asked(case, model, list(wanted.values()))
    unit = unit_of(str(model.get("unit", "ms")))
    for name, metric in wanted.items():
        plan.formulas[name] = unit.shown(f"copies.{metric}") if name in times else f"copies.{metric}"
    if len(plan.runs) == 1:
        plan.formulas = {n: f.replace("copies.", "") for n, f in plan.formulas.items()}
        plan.runs = {"main": plan.runs["copies"]}
    return plan


def copies_asked(case: Case, model: Model, metrics: list[str]) -> Run:
    """Writes and reads of a replicated store without queues, each sent to every copy."""
    delays, unit = model.get("delays_one_way"), unit_of(str(model.get("unit", "ms")))
    assert isinstance(delays, Mapping)
    copies, asked = model.whole("replicas"), model.whole("read_quorum")
    near, far = far_copies(delays)
    laws = {letter: delay(near, letter, unit) for letter in "WARS"}
    store = mapping(
        kind="store",
        replicas=copies,
        regions=copies if far else None,
        workers=0,
        write=level(model.whole("write_quorum"), copies),
        read=level(asked, copies),
        read_from="all" if copies > 1 else None,
        work=mapping(write=laws["W"].text, read=laws["R"].text),
        reply=mapping(write=laws["A"].text, read=laws["S"].text),
    )
    count = ROWS / (6 + copies + asked)
    apart = APART * (laws["W"].mean + far) * unit.seconds
    components, network = {"db": store}, STILL_AIR
    calls = {"write": step("db.write", "{entity: item}"), "read": step("db.read", "{entity: item}")}
    if far:
        near_by = mapping(kind="service", replicas=copies, regions=copies, workers=0, work="0 s", balance="random")
        components["coordinator"] = near_by
        network = f"network: {{client: 0 s, same_zone: 0 s, cross_zone: 0 s, cross_region: {unit.time(far)}}}"
        calls = {flow: step("coordinator.handle", f"{{do: [{call}]}}") for flow, call in calls.items()}
    arrive = f"arrive: {{rate: {num(count / VERSIONS / apart)} /s, key: item}}"
    flows = {flow: (arrive, [call]) for flow, call in calls.items()}
    contract = [f"{m} >= 0{'' if 'consistent' in m else ' s'}" for m in metrics]
    entities = {"item": mapping(count=round(count / VERSIONS))}
    return Run(blueprint(case["title"], components, flows, contract, network, entities), VERSIONS * apart)


def versions(case: Case, model: Model) -> Plan:
    """Reads and writes of random copies that tell no others."""
    copies, k = model.whole("replicas"), model.whole("k")
    words = model.text("quorums", "uniform random")
    if "random" not in words:
        raise NotExpressible(f"cannot read the quorums {words!r}")
    store = mapping(
        kind="store",
        replicas=copies,
        workers=0,
        work="0 s",
        write=level(model.whole("write_quorum"), copies),
        read=level(model.whole("read_quorum"), copies),
        write_to="needed" if copies > 1 else None,
        read_from="needed" if copies > 1 else None,
    )
    flows = {
        name: ("arrive: {rate: 1000 /s, key: item}", [step(f"db.{name}", "{entity: item}")])
        for name in ("write", "read")
    }
    text = blueprint(
        case["title"], {"db": store}, flows, [f"item.k_staleness.k{k} >= 0"], entities={"item": "{count: 100}"}
    )
    run = Run(text, ROWS / 6 / 1000)
    return Plan({"main": run}, {n: f"item.k_staleness.k{k}" for n in case["expected"] if n == "p_within_k"})
