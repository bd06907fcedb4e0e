"""Queues and logs: redelivery, dead letters, partitions."""

from __future__ import annotations

from loadcase.validation import lengths
from loadcase.validation.laws import law
from loadcase.validation.plan import MAIN, Model, NotExpressible, Plan, Run, blueprint, mapping, num, unit_of
from loadcase.validation.queueing import Case, chosen

PER_SECOND = 1000.0
FOR_EVER = 1_000_000


def visibility(case: Case, model: Model) -> Plan:
    """Work that outlasts the visibility timeout is handed out again, while consumers are always free."""
    work, timeout = law(model.get("processing"), unit_of("s")), model.number("visibility_timeout")
    if model.get("heartbeat", False):
        raise NotExpressible("the format has no heartbeat that extends the visibility")
    plan = Plan()
    rel = lengths.relative(case)
    rare = min(float(v) for v in case["expected"].values())
    duration = lengths.share(min(rare, 0.5), rel, PER_SECOND)
    for run, receives in {"all": FOR_EVER, "twice": 2}.items():
        components = {
            "jobs": mapping(kind="queue", work="0 s", visibility=unit_of("s").time(timeout), max_receives=receives),
            "worker": mapping(kind="service", workers=0, work=work.text),
        }
        flows = {
            "produce": (f"arrive: {{rate: {num(PER_SECOND)} /s}}", ["jobs.publish"]),
            "process": (f"consume: {{queue: jobs, by: worker, in_flight: {FOR_EVER}}}", ["worker.handle"]),
        }
        plan.runs[run] = Run(blueprint(case["title"], components, flows), duration, 20 * timeout, leaves_work=True)
    plan.formulas = chosen(case, {
        "mean_deliveries": "all.process.attempts",
        "p_redelivered": "twice.process.attempts - 1",  # handed out at most twice
    })  # fmt: skip
    return plan


def at_least_once(case: Case, model: Model) -> Plan:
    """A consumer that dies after the effect and before the acknowledgement does the effect again.

    The acknowledgement is a call that fails with that probability; the message comes back when its visibility ends.
    """
    p, receives = model.number("p_crash_before_ack"), model.whole("max_receives", FOR_EVER)
    plan = Plan()
    wanted = {"no_limit": FOR_EVER, "limit": receives, "twice": 2}
    formulas = {
        "mean_effects_no_dlq": "no_limit.effect.rate / no_limit.publish.rate",
        "duplicate_effects_per_message": "no_limit.effect.rate / no_limit.publish.rate - 1",
        "p_duplicated": "twice.process.attempts - 1",
        "mean_effects_with_dlq": "limit.effect.rate / limit.publish.rate",
        "p_dead_letter": "limit.process.errors / limit.process.rate",
    }
    plan.formulas = chosen(case, formulas)
    for run, most in wanted.items():
        names = [n for n, f in plan.formulas.items() if f.startswith(f"{run}.")]
        if not names:
            continue
        components = {
            "jobs": mapping(kind="queue", work="0 s", visibility="1 s", max_receives=most),
            "effect": mapping(kind="service", workers=0, work="0 s"),
            "acknowledge": mapping(kind="external", work="0 s", error_rate=p),
        }
        flows = {
            "publish": (f"arrive: {{rate: {num(PER_SECOND)} /s}}", ["jobs.publish"]),
            "process": (
                f"consume: {{queue: jobs, by: effect, in_flight: {FOR_EVER}}}",
                ["effect.handle", "acknowledge.call"],
            ),
        }
        duration = max(
            lengths.share(min(float(case["expected"][n]), 0.5), lengths.relative(case, [n]), PER_SECOND) for n in names
        )
        plan.runs[run] = Run(blueprint(case["title"], components, flows), duration, 10.0)
    return plan


def drain(case: Case, model: Model) -> Plan:
    """Messages that pile up while their consumer is paused, and how long it takes to catch up.

    A backlog is what piles up in a pause of its length at the rate of the producer.
    """
    produce, consume = model.number("produce_rate"), model.number("consume_rate")
    pause = model.number("pause_seconds") if "pause_seconds" in model else model.number("backlog") / produce
    if consume <= produce:
        raise NotExpressible("a consumer that is no faster than its producer never catches up")
    components = {
        "events": mapping(kind="log", partitions=1, acks="leader", workers=0, work="0 s"),
        "consumer": mapping(kind="service", workers=1, work=f"{num(1 / consume)} s"),
    }
    flows = {
        "produce": (f"arrive: {{rate: {num(produce)} /s, pattern: paced}}", ["events.publish"]),
        "process": ("consume: {log: events, by: consumer, in_order: partition}", ["consumer.handle"]),
    }
    paused = f"{{consumer_pause: {{flow: process, for: {num(pause)} s}}}}"
    formulas = {
        "drain_seconds": "events.catch_up",
        "catchup_seconds": "events.catch_up",
        "messages_processed_until_empty": "events.lag.peak + produce.rate * events.catch_up",
        "peak_lag": "events.lag.peak",
        "max_message_delay": "process.max",
    }
    seconds = 1.5 * (pause + produce * pause / (consume - produce))
    text = blueprint(case["title"], components, flows, faults=[paused], seconds=seconds)
    return Plan({MAIN: Run(text, seconds)}, chosen(case, formulas))


def partitions(case: Case, model: Model) -> Plan:
    """More messages than one consumer per partition can take: the partitions cap the throughput."""
    count, service = model.whole("partitions"), law(model.get("service"), unit_of("s"))
    consumers = (
        [round(c) for c in model.numbers("consumers")]
        if isinstance(model.get("consumers"), list)
        else [model.whole("consumers", count)]
    )
    cap = count / service.mean
    offered = 2 * cap
    plan = Plan()
    for replicas in consumers:
        components = {
            "events": mapping(kind="log", partitions=count, acks="leader", workers=0, work="0 s"),
            "consumer": mapping(kind="service", replicas=replicas, workers=0, work=service.text),
        }
        flows = {
            "produce": (f"arrive: {{rate: {num(offered)} /s}}", ["events.publish"]),
            "process": ("consume: {log: events, by: consumer, in_order: partition}", ["consumer.handle"]),
        }
        duration = max(20 * service.mean, min(60.0, 500_000 / offered))
        text = blueprint(case["title"], components, flows)
        plan.runs[f"by_{replicas}"] = Run(text, duration, duration / 2, leaves_work=True)
    known = {"max_throughput": f"by_{consumers[0]}.consumer.rate"}
    if len(consumers) > 1:
        known["max_throughput_double_consumers"] = f"by_{consumers[-1]}.consumer.rate"
    plan.formulas = chosen(case, known)
    return plan
