"""What stands where in a report, for its HTML and its Markdown alike: tables of text, plots to be drawn, sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from loadcase.check.story import Story
from loadcase.core.values import digits, show
from loadcase.report.gather import ReportData
from loadcase.report.plots import Choice, Line, Mark, Window, story_of

SYMBOLS = {"holds": "✓", "broken": "✗", "unknown": "?"}
MOST_LINES = 6
LEAST_SEEN = 0.2
"""A value that differs from that of a calm case by less than this share is not what is seen in a bad one."""
LEAST_OF_BOUND = 0.02
"""Nor one that differs by less than this share of the bound."""
COURSES = (
    ("utilisation", "Utilisation, mean of all parts", "ratio", 0.0),
    ("hottest_shard", "Utilisation of the hottest part", "ratio", 0.05),
    ("queue", "Requests that wait", "count", 1.0),
    ("shed", "Requests turned away", "1/s", 1.0),
    ("lag", "Messages not taken yet", "count", 0.0),
    ("hit_ratio", "Hit ratio", "ratio", 0.0),
    ("replicas", "Replicas", "count", 0.0),
)
"""Of components over time: the metric, its title and unit, and the value above which it is worth a look."""
OF_FLOWS = (
    ("rate", "rate"), ("goodput", "answered"), ("errors", "errors"), ("p50", "p50"), ("p95", "p95"), ("p99", "p99"),
    ("age.p99", "age p99"), ("availability", "available"),
)  # fmt: skip
OF_COMPONENTS = (
    ("rate", "rate"), ("utilisation", "used"), ("wait.mean", "mean wait"), ("queue", "waiting"),
    ("shed", "turned away"), ("lag", "lag"), ("hit_ratio", "hit ratio"),
)  # fmt: skip
"""Metrics that are told of a run of a case, with the headings of their columns."""
OUTPUT = ("rate", "goodput", "errors", "retries")


@dataclass(frozen=True)
class Table:
    """Headings, rows of text, and which columns are numbers."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Cell:
    """A guarantee in a case."""

    verdict: str
    text: str
    title: str


@dataclass(frozen=True)
class Plot:
    """Lines over time."""

    title: str
    unit: str
    lines: list[Line]
    bound: float | None = None
    log: bool = False
    promised: str = ""
    """What the bound is, in words."""


@dataclass(frozen=True)
class Broken:
    """A guarantee that does not hold in a case, why, and the story of one violation."""

    guarantee: str
    verdict: str
    value: str
    evidence: str
    story: Story | None = None


@dataclass(frozen=True)
class CaseView:
    """One case."""

    name: str
    verdict: str
    happens: list[str]
    how: str
    broken: list[Broken]
    plots: list[Plot]
    windows: list[Window]
    measured: list[tuple[str, Table]]
    notes: list[str]


@dataclass(frozen=True)
class DecisionView:
    """One decision."""

    name: str
    choose: str
    facts: list[tuple[str, str]]
    tried: str
    flip: str
    marks: list[Mark] = field(default_factory=list)
    bracket: tuple[float, float] = (0.0, 0.0)
    sides: tuple[str, str] = ("", "")
    curves: Choice | None = None
    """What decides, of both designs over the values that were compared; none where these are not known."""


@dataclass(frozen=True)
class Runbook:
    """What to expect of one curveball, and what to do."""

    case: str
    happens: str
    seen: list[str]
    alarms: str
    over: str
    todo: list[str]


def anchor(name: str) -> str:
    """An identifier for a place in the page."""
    return "case-" + "".join(c if c.isascii() and c.isalnum() else f"-{ord(c):x}" for c in name)


def value(number: Any, unit: str) -> str:
    """A value as people read it; a dash for none."""
    return "–" if number is None else show(float(number), unit)


def verdict(data: ReportData) -> str:
    """Of the whole design; empty where nothing was run."""
    return str(data.check["verdict"]) if data.check else ""


def summary(data: ReportData) -> list[str]:
    """The report in a few sentences."""
    said = []
    if data.check:
        cases = data.check["cases"]
        counts = {v: sum(c["verdict"] == v for c in cases) for v in SYMBOLS}
        told = [f"{n} {'case holds' if n == 1 else 'cases hold'}" if v == "holds" else f"{n} {v}"
                for v, n in counts.items() if n]  # fmt: skip
        said.append(f"{len(data.contract)} guarantees in {len(cases)} cases: {', '.join(told)}.")
    elif data.metrics or data.series:
        names = dict.fromkeys([*data.metrics, *data.series])
        said.append(f"Not judged: this shows one run of {', '.join(names)}.")
    else:
        said.append("Nothing was run for this report: all numbers are of the closed form.")
    first = data.estimate["first_to_saturate"]
    if first:
        what = "" if first["limited_by"] == "workers" else f" ({first['limited_by']})"
        said.append(f"First to saturate is {first['component']}{what}, at {digits(first['at_load'])}x the load.")
    said.append(f"It costs {show(data.estimate['cost'], 'USD/month')}.")
    findings = data.review["errors"], data.review["warnings"]
    said.append(f"The review finds {findings[0]} errors and {findings[1]} warnings.")
    return said


def estimates(data: ReportData) -> Table | None:
    """The numbers that the design rests on."""
    found = data.estimate["estimates"]
    if not found:
        return None
    sources = any(data.sources.get(n) for n in found)
    rows = []
    for name, e in found.items():
        formula = "given" if e["formula"] == e["text"] else e["formula"]
        rows.append((name, e["text"], formula, *([data.sources.get(name, "")] if sources else [])))
    return Table(("estimate", "value", "from", *(["source"] if sources else [])), rows, frozenset({1}))


def components(data: ReportData) -> Table:
    """The load on every component in closed form."""
    rows = []
    for name, c in data.estimate["components"].items():
        rows.append((
            name, data.kinds[name].replace("_", " "), str(c["nodes"] or ""), show(c["rate"], "1/s"),
            value(c["utilisation"], "ratio"), value(c["hottest"], "ratio"), value(c["p99_s"], "s"),
            "–" if c["saturates_at"] is None else f"{digits(c['saturates_at'])}x", data.why[name],
        ))  # fmt: skip
    headings = ("component", "kind", "nodes", "rate", "used", "hottest", "p99", "full at", "why it is there")
    return Table(headings, rows, frozenset(range(2, 8)))


def flows(data: ReportData) -> Table:
    """How long flows take in closed form."""
    rows = []
    for name, f in data.estimate["flows"].items():
        times = (value(f[k], "s") for k in ("p50_s", "p95_s", "p99_s", "age_p99_s"))
        rows.append((name, show(f["rate"], "1/s"), *times, value(f["availability"], "ratio")))
    return Table(("flow", "rate", "p50", "p95", "p99", "age p99", "available"), rows, frozenset(range(1, 7)))


def costs(data: ReportData) -> Table:
    """What each component costs, the most expensive first."""
    found = data.estimate["cost_by_component"]
    whole = data.estimate["cost"] or 1.0
    rows = []
    for name, c in sorted(found.items(), key=lambda item: -item[1]["total"]):
        parts = (show(c[k], "USD/month").removesuffix("/month") for k in ("nodes", "stored", "requests", "total"))
        rows.append((name, *parts, show(c["total"] / whole, "ratio")))
    rows.append(("all", "", "", "", show(data.estimate["cost"], "USD/month").removesuffix("/month"), ""))
    return Table(("component", "nodes", "stored", "requests", "a month", "share"), rows, frozenset(range(1, 6)))


# --- verdicts ---------------------------------------------------------------------------------------------------------
def matrix(data: ReportData) -> tuple[list[str], list[tuple[str, list[Cell | None]]]]:
    """Cases, and for each guarantee its cell in each of them."""
    cases = data.check["cases"] if data.check else []
    names = list(dict.fromkeys(g["guarantee"] for case in cases for g in case["guarantees"]))
    rows = []
    for name in names:
        lines = [next((g for g in case["guarantees"] if g["guarantee"] == name), None) for case in cases]
        rows.append((name, [None if line is None else cell(line) for line in lines]))
    return [c["case"] for c in cases], rows


def cell(line: Mapping[str, Any]) -> Cell:
    """One guarantee in one case: its verdict and its value."""
    seen = "not observed" if line["value"] is None else show(line["value"], line["unit"]).removesuffix("/month")
    bound = show(line["bound"], line["unit"])
    bound = f"{line['comparison']} {bound}{' in this case' if line.get('degraded') else ''}"
    text = (
        f"{SYMBOLS.get(line['verdict'], '?')} {'~' * bool(line.get('rough'))}{seen}{'*' * bool(line.get('degraded'))}"
    )
    return Cell(line["verdict"], text, f"{line['verdict']}: {line['evidence']}; {bound}")


def cases(data: ReportData) -> Iterator[CaseView]:
    """Every case that was judged or run: what happens, what does not hold, its plots and what was measured."""
    for case in [*(data.check["cases"] if data.check else []), *_not_judged(data)]:
        name = case["case"]
        told = data.cases.get(name) or {}
        seeds = len(case["seeds"])
        how = f"{seeds} seed{'s'[: seeds != 1]}" + (f", scale model 1:{case['scale']}" if case["scale"] > 1 else "")
        broken = []
        for g in case["guarantees"]:
            if g["verdict"] != "holds":
                story = story_of(g["metric"], g["story"]) if g.get("story") else None
                broken.append(Broken(g["guarantee"], g["verdict"], value(g["value"], g["unit"]), g["evidence"], story))
        notes = [*case["notes"], *([f"partial: {case['partial']}"] if case.get("partial") else [])]
        yield CaseView(
            name, case["verdict"], happens(told), how if seeds else "", broken, list(plots(data, name, case)),
            [Window(f["label"], f["start_s"], f["end_s"]) for f in told.get("faults", [])],
            list(measured(data, name, case)), notes,
        )  # fmt: skip


def _not_judged(data: ReportData) -> Iterator[dict[str, Any]]:
    """Cases that were run and not judged."""
    judged = {c["case"] for c in data.check["cases"]} if data.check else set()
    for name in dict.fromkeys([*data.metrics, *data.series]):
        if name not in judged:
            yield {"case": name, "verdict": "not judged", "seeds": [], "scale": 1, "guarantees": [], "notes": []}


def happens(told: Mapping[str, Any]) -> list[str]:
    """What a case does to the design."""
    found = [] if told.get("load", 1.0) == 1.0 else [f"{digits(told['load'])} times the load"]
    for fault in told.get("faults", []):
        start, end = show(fault["start_s"], "s"), show(fault["end_s"], "s")
        found.append(f"{fault['label']}, {f'from {start} to {end}' if end != start else f'at {start}'}")
    return found


def plots(data: ReportData, name: str, case: Mapping[str, Any]) -> Iterator[Plot]:
    """What the design has and what moves: latency, throughput, utilisation, queues, lag, hit ratios, sheds."""
    series = data.series.get(name) or {}
    warm = float((data.cases.get(name) or {}).get("warmup_s") or 0.0)
    promised = {g["metric"]: g for g in case["guarantees"]}

    def line(metric: str, label: str, tone: int, dashed: bool = False) -> Line | None:
        found = series.get(metric)
        if found is None or not any(v is not None for v in found["values"]):
            return None
        return Line(label, found["start"] - warm, found["step"], found["values"], tone, dashed)

    for flow in data.flows:
        for prefix in ("", "age."):
            spoken = [g for m, g in promised.items() if m.startswith(f"{flow}.{prefix}p") and g["unit"] == "s"]
            if not spoken and not (prefix == "" and f"{flow}.availability" in promised):
                continue
            lines = [line(f"{flow}.{prefix}{p}", p, i) for i, p in enumerate(("p50", "p95", "p99"))]
            if any(lines):
                what = "age of what it delivers" if prefix else "latency"
                bound = spoken[0]["bound"] if spoken else None
                said = spoken[0]["guarantee"] if spoken else ""
                yield Plot(f"{flow}: {what}", "s", [x for x in lines if x], bound, True, said)
        told = [line(f"{flow}.{m}", m, (0, 1, 5, 3)[i], m == "rate") for i, m in enumerate(OUTPUT)]
        kept = [x for x in told if x and (x.name in ("rate", "goodput") or _most(x) > 0)]
        if kept and any(m.split(".")[0] == flow for m in promised):
            yield Plot(f"{flow}: throughput and errors", "1/s", kept)
    yield from _of_components(data, line, promised, int(case["scale"]))


def _of_components(
    data: ReportData,
    line: Callable[[str, str, int], Line | None],
    promised: Mapping[str, Mapping[str, Any]],
    scale: int,
) -> Iterator[Plot]:
    """For each measure the components that have the most of it."""
    for metric, title, unit, least in COURSES:
        made = [line(f"{c}.{metric}", c, 0) for c in data.kinds]
        found = [one for one in made if one is not None and _most(one) > least]
        top = {one.name for one in sorted(found, key=lambda one: -_most(one))[:MOST_LINES]}
        kept = [one for one in found if one.name in top]
        if kept:
            lines = [replace(one, tone=i) for i, one in enumerate(kept)]
            spoken = [promised[f"{c.name}.{metric}"] for c in kept if f"{c.name}.{metric}" in promised]
            if metric == "hottest_shard" and scale > 1:
                title = f"{title} of the scale model"  # of fewer parts it is another
            bound, said = (spoken[0]["bound"], spoken[0]["guarantee"]) if spoken else (None, "")
            yield Plot(title, unit, lines, bound, metric in ("queue", "lag"), said)


def _most(line: Line) -> float:
    return max((v for v in line.values if v is not None and math.isfinite(v)), default=0.0)


def measured(data: ReportData, name: str, case: Mapping[str, Any]) -> Iterator[tuple[str, Table]]:
    """What runs of a case have told, in tables with their headings: of flows, of components, and where load is uneven.

    Where there are no metrics, the guarantees with their intervals.
    """
    metrics = data.metrics.get(name) or {}
    if not metrics and case["guarantees"]:
        yield "What was measured", judged(case)
    for heading, of, columns in (
        ("Flows, one run", data.flows, OF_FLOWS), ("Components, one run", list(data.kinds), OF_COMPONENTS),
    ):  # fmt: skip
        shown = [(m, said) for m, said in columns if any(metrics.get(f"{one}.{m}") for one in of)]
        rows = [(one, *(_told(metrics.get(f"{one}.{m}")) for m, _ in shown)) for one in of]
        kept = [row for row in rows if any(text != "–" for text in row[1:])]
        if kept:
            numbers = frozenset(range(1, 1 + len(shown)))
            yield heading, Table(("", *(said for _, said in shown)), kept, numbers)
    uneven = hottest(metrics, list(data.kinds))
    if uneven is not None:
        yield "The hottest parts", uneven


def _told(metric: Mapping[str, Any] | None) -> str:
    if metric is None or metric["value"] is None:
        return "–"
    return f"{'~' * bool(metric.get('rough'))}{value(metric['value'], metric['unit'])}"


def judged(case: Mapping[str, Any]) -> Table:
    """The guarantees of a case with their intervals over the seeds."""
    rows = []
    for g in case["guarantees"]:
        interval = "–" if g["low"] is None else f"{value(g['low'], g['unit'])} to {value(g['high'], g['unit'])}"
        rows.append((g["guarantee"], f"{'~' * bool(g.get('rough'))}{value(g['value'], g['unit'])}", interval))
    return Table(("promised", "measured", "interval"), rows, frozenset({1, 2}))


def hottest(metrics: Mapping[str, Any], names: Sequence[str]) -> Table | None:
    """Where load is uneven: mean utilisation beside that of the busiest replica, shard or partition."""
    rows = []
    for c in names:
        mean, most = metrics.get(f"{c}.utilisation"), metrics.get(f"{c}.hottest_shard")
        if not mean or not most or mean["value"] is None or most["value"] is None:
            continue
        if most["value"] > 0.05 and most["value"] > 1.1 * mean["value"]:
            rows.append((c, show(mean["value"], "ratio"), show(most["value"], "ratio")))
    rows.sort(key=lambda r: -metrics[f"{r[0]}.hottest_shard"]["value"])
    return Table(("component", "mean use", "its hottest part"), rows[:MOST_LINES], frozenset({1, 2})) if rows else None


# --- decisions --------------------------------------------------------------------------------------------------------
def decisions(data: ReportData) -> Iterator[DecisionView]:
    """Every decision with its price, what its alternative breaks, and where it flips."""
    for d in data.decisions:
        facts = [("not", " or ".join(d["over"])), ("because", d["because"]), ("at the cost of", d["at_the_cost_of"]),
                 ("flips when", d["flips_when"])]  # fmt: skip
        told = [(k, str(v)) for k, v in facts if v]
        tried = _tried(d)
        flip = d["flip"]
        if flip is None:
            yield DecisionView(d["decision"], d["choose"], told, tried, "")
            continue
        marks, bracket = [], (0.0, 0.0)
        unit = flip["unit"]
        if flip["now"] is not None and flip["now"] > 0:
            marks.append(Mark(flip["now"], f"now {digits(flip['now'])} {unit}", "now"))
        if flip["bound"] is not None and flip["bound"] > 0:
            marks.append(Mark(flip["bound"], f"said {digits(flip['bound'])} {unit}", "said"))
        if flip["low"] is not None and flip["high"] is not None and flip["high"] > 0:
            bracket = (flip["low"], flip["high"])
        below = str(d["flips_when"]).find("<") >= 0
        sides = (f"{flip['variant']} is the better", f"as decided: {d['choose']}")
        said = {"holds": "where it says", "broken": "not where it says", "unknown": "undecided"}[flip["verdict"]]
        yield DecisionView(
            d["decision"], d["choose"], told, tried, f"{flip['estimate']}, measured: {said}. {flip['why']}", marks,
            bracket, sides if below else sides[::-1], curves(flip, d["choose"]),
        )  # fmt: skip


def curves(flip: Mapping[str, Any], chosen: str) -> Choice | None:
    """What decides, of both designs over the values that were compared: of the guarantees of which one design breaks
    most while the other holds, or else the cost."""
    points = flip.get("points") or []
    if len(points) < 2:
        return None
    differ = Counter(
        (line["case"], line["guarantee"], line["unit"])
        for point in points
        for line in point["judged"]
        if "broken" in line["verdicts"] and line["verdicts"][0] != line["verdicts"][1]
    )
    names, of = (f"as decided: {chosen}", str(flip["variant"])), f"{flip['estimate']}, {flip['unit']}".rstrip(", ")
    if not differ:
        costs = tuple((p["value"], *p["costs"]) for p in points)
        return Choice("Cost of both", "USD/month", names, costs, None, of)
    case, guarantee, unit = differ.most_common(1)[0][0]
    found, bound = [], None
    for point in points:
        for line in point["judged"]:
            if (line["case"], line["guarantee"]) == (case, guarantee):
                found.append((point["value"], *line["values"]))
                bound = line["bound"]
    return Choice(f"{guarantee}, in {case}", unit, names, tuple(found), bound, of)


def _tried(d: Mapping[str, Any]) -> str:
    check = d["tried"]
    if not d["variant"]:
        return ""
    if check is None:
        return f"Not measured here: loadcase check --variant {d['variant']}"
    broken = [(c["case"], g) for c in check["cases"] for g in c["guarantees"] if g["verdict"] == "broken"]
    if not broken:
        return f"Variant {d['variant']} was tried: nothing breaks."
    told = ", ".join(f"{g['guarantee']} in {c} ({value(g['value'], g['unit'])})" for c, g in broken[:MOST_LINES])
    more = f", and {len(broken) - MOST_LINES} more" if len(broken) > MOST_LINES else ""
    return f"Variant {d['variant']} was tried and breaks {told}{more}."


def hard_part(data: ReportData) -> tuple[str, Broken] | None:
    """The shortest story of a variant that breaks correctness: the hard part, without what the design does for it."""
    for d in data.decisions:
        for case in (d["tried"] or {}).get("cases", []):
            for g in case["guarantees"]:
                if g.get("story"):
                    told = Broken(g["guarantee"], g["verdict"], value(g["value"], g["unit"]), g["evidence"],
                                  story_of(g["metric"], g["story"]))  # fmt: skip
                    return f"variant {d['variant']} in {case['case']}", told
    return None


# --- growth, alerts, runbook ------------------------------------------------------------------------------------------
def breaks(data: ReportData) -> Table | None:
    """What breaks first when the load grows, what mends it, what breaks next."""
    if data.scale is None:
        return None
    rows = []
    for b in data.scale["breaks"]:
        where = f"{digits(b['low'])}x to {digits(b['high'])}x" if b["measured"] else f"{digits(b['high'])}x, on paper"
        who = f"{b['component']} ({b['limited_by']})" if b["component"] else "–"
        mends = "; ".join(f"{m['text']} (+{show(m['price'], 'USD/month')})" for m in b["mitigations"]) or "–"
        lasts = "–" if b["lasts_to"] is None else f"{digits(b['lasts_to'])}x"
        rows.append((where, b["guarantee"], who, mends, lasts))
    return Table(("at", "breaks first", "to blame", "mended by", "good for"), rows)


def rungs(data: ReportData) -> Table | None:
    """What the design costs at each load factor with all that was mended."""
    if data.scale is None or not data.scale["rungs"]:
        return None
    rows = [(f"{digits(r['load'])}x", show(r["cost"], "USD/month"), str(r["breaks"])) for r in data.scale["rungs"]]
    return Table(("load", "cost", "breaks mended"), rows, frozenset({0, 1, 2}))


def rules(data: ReportData) -> Table | None:
    """The alerts on the objectives."""
    if data.alerts is None:
        return None
    rows = []
    for slo in data.alerts["slos"]:
        for rule in slo["rules"]:
            rows.append((
                slo["slo"], rule["severity"], f"{_span(rule['long_s'])}, {_span(rule['short_s'])}",
                f"{rule['burn_rate']:.4g}", show(rule["fires_above"], "ratio"), _span(rule["detected_s"]),
            ))  # fmt: skip
    headings = ("objective", "severity", "windows", "burn rate", "fires above", "all bad, fires after")
    return Table(headings, rows, frozenset({3, 4, 5})) if rows else None


def backtest(data: ReportData) -> Table | None:
    """What the alerts do in the runs of each case."""
    rows = []
    for case in (data.alerts or {}).get("cases", []):
        promised = "–" if case["page_within_s"] is None else show(case["page_within_s"], "s")
        rows.append(
            (case["case"], f"{SYMBOLS[case['verdict']]} {case['verdict']}", promised, _first_page(case), case["why"])
        )
    return Table(("case", "verdict", "page within", "first page", "why"), rows) if rows else None


def _first_page(case: Mapping[str, Any]) -> str:
    """When somebody is paged first after the first fault, over the runs."""
    latest = []
    for run in case["runs"]:
        pages = [a for a in run["alerts"] if a["severity"] == "page"]
        if any(a["certain"]["already"] for a in pages):
            return "from the start"
        fired = [
            a["certain"]["latest_s"] for a in pages if a["certain"]["fires"] and a["certain"]["latest_s"] is not None
        ]
        if fired:
            latest.append(min(fired))
    if not latest:
        return "nobody is paged"
    return f"after {_span(max(latest))} at the latest"


def _span(seconds: float | None) -> str:
    if seconds is None or not math.isfinite(seconds):
        return "never"
    for factor, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= factor:
            return f"{digits(seconds / factor)} {unit}"
    return f"{digits(seconds)} s"


def runbook(data: ReportData) -> Iterator[Runbook]:
    """An entry for each curveball: what is seen, what alarms, when it is over, what to do."""
    checked = {c["case"]: c for c in data.check["cases"]} if data.check else {}
    paged = {c["case"]: c for c in (data.alerts or {}).get("cases", [])}
    calm = [n for n in checked if not data.cases[n]["faults"]]
    for name, told in data.cases.items():
        if not told["faults"]:
            continue
        case = checked.get(name)
        near = min(calm, key=lambda n: abs(data.cases[n]["load"] - told["load"]), default="")
        yield Runbook(
            name, "; ".join(happens(told)), _seen(case, checked.get(near)), _alarms(data, name, paged.get(name)),
            _over(told, case), _todo(data, name),
        )  # fmt: skip


def _seen(case: Mapping[str, Any] | None, calm: Mapping[str, Any] | None) -> list[str]:
    """What moves, against a calm case: what breaks and what gives way first."""
    if case is None:
        return []
    before = {g["metric"]: g for g in calm["guarantees"]} if calm else {}
    rows = []
    for g in case["guarantees"]:
        was = before.get(g["metric"])
        now, then = g["value"], None if was is None else was["value"]
        if now is None:
            continue
        far = math.inf if then is None else abs(now - then)
        moved = far > LEAST_SEEN * max(abs(now), abs(then or 0.0)) and far > LEAST_OF_BOUND * abs(g["bound"])
        if g["verdict"] == "broken" or (moved and then is not None and g["metric"] != "cost"):
            usual = "" if then is None else f" (otherwise {show(then, g['unit'])})"
            gives = "; the case allows it" if g.get("degraded") else "; BROKEN" if g["verdict"] == "broken" else ""
            size = abs(math.log10(max(now, 1e-9) / max(then, 1e-9))) if then is not None else 9.0
            rows.append((g["verdict"] != "broken", -size, f"{g['metric']} is {show(now, g['unit'])}{usual}{gives}"))
    return [text for _, _, text in sorted(rows)[:MOST_LINES]]


def _alarms(data: ReportData, name: str, paged: Mapping[str, Any] | None) -> str:
    if not data.operate["slos"]:
        return "nothing: there is no objective to alert on (operate.slos)"
    if paged is None:
        return f"not measured: loadcase alerts --case {name}"
    said = _first_page(paged)
    if "page" not in said:
        said = f"a page {said}"
    flows = {
        a["metric"] for r in paged["runs"] for a in r["alerts"] if a["severity"] == "page" and a["certain"]["fires"]
    }
    return f"{said}, on {', '.join(sorted(flows))}" if flows else said


def _over(told: Mapping[str, Any], case: Mapping[str, Any] | None) -> str:
    for g in (case or {}).get("guarantees", []):
        if g["guarantee"].startswith("recover_within") or g["metric"] == "recovery":
            return f"{SYMBOLS[g['verdict']]} {g['guarantee']}: {value(g['value'], g['unit'])}; {g['evidence']}"
    ends = [f["end_s"] - f["start_s"] for f in told["faults"]]
    lasts = f"the fault lasts {show(max(ends), 's')}" if max(ends) > 0 else "the fault strikes at one moment"
    return f"{lasts}; nothing is promised about the time after it"


def _todo(data: ReportData, name: str) -> list[str]:
    """The entries of the runbook whose words are those of the case."""
    wanted = {w for w in name.replace("-", "_").split("_") if len(w) > 2}
    found = []
    for key, text in data.operate["runbook"].items():
        words = {w.strip(".,;:") for w in key.lower().replace("_", " ").split()}
        if wanted and all(any(w.startswith(x) or x.startswith(w) for x in words if len(x) > 2) for w in wanted):
            found.append(f"{key}: {text}")
    return found
