"""The pages of kinds, profiles and metrics."""

from __future__ import annotations

import inspect
from typing import Any

from loadcase.core import program as op
from loadcase.core.docstrings import parts
from loadcase.core.metrics import CORRECTNESS, METRICS, MetricSpec
from loadcase.core.values import show
from loadcase.estimate.capacity import modelled
from loadcase.faults import faults
from loadcase.faults.base import Fault
from loadcase.kinds import kinds
from loadcase.kinds.base import Component, Options
from loadcase.profiles import Profile, Published, profiles
from tools.docs.fields import field_table, rows, table

BLUEPRINT = "../blueprint.md"
PERCENTILES = (
    ("pNN", "s", "Time that this share of the operations does not exceed; the digits follow `0.`: p50, p99, p999."),
    ("age.pNN", "s", "Of a consuming flow: the same from the origin of the data (the first client's send) to done."),
)
REASONS = {
    "shed": "a full queue turned it away",
    "timeout": "a caller gave up on it",
    "error": "an external dependency failed by itself",
    "refused": "a limit, a quota or a bound refused it",
    "throttled": "its client sends less while little is accepted",
    "breaker": "an open breaker did not let it through",
    "abandoned": "it lost patience in a queue",
    "down": "nothing was up to take it",
    "conflict": "what it was made from had changed",
    "taken": "another operation held what it claimed (an answer, which counts as available)",
    "fenced": "it wrote under a claim that another one had followed",
}
"""What each reason of a failed operation means."""


def first_line(cls: type) -> str:
    """The promise that opens a docstring."""
    return (inspect.getdoc(cls) or "").splitlines()[0]


def sections(cls: type) -> dict[str, str]:
    """What, Why, Example and Source of a kind's docstring."""
    return parts(cls, "What", "Why", "Example", "Source")


def own_fields(cls: type[Component]) -> list[str]:
    """Fields that a kind has, or declares anew, beside those of every component."""
    names: set[str] = set()
    for base in cls.__mro__:
        if base is Component:
            break
        names |= set(inspect.get_annotations(base))
    return [n for n in cls.model_fields if n in names and n != "kind"]


# --- kinds ------------------------------------------------------------------------------------------------------------
def kinds_index() -> str:
    """The list of kinds, and the fields that all have."""
    listed = [
        (f"[{name}]({name}.md)", ", ".join(f"`{v}`" for v in cls.verbs), first_line(cls))
        for name, cls in kinds().items()
    ]
    common = [n for n in Component.model_fields if n != "kind"]
    return "\n\n".join(
        [
            "# Component kinds",
            "`kind` gives a component its behaviour, `like` a [profile](../profiles/index.md) its numbers, and every "
            "field that the blueprint sets wins over the profile's.",
            table(("kind", "verbs", "what it does"), listed),
            "## Fields of every component",
            field_table(Component, common, BLUEPRINT),
            "## Options of every call",
            "A step is `component.verb` with options. Some verbs have more; they are on the page of their kind.",
            field_table(Options, None, BLUEPRINT),
        ]
    )


def kind_page(name: str, cls: type[Component]) -> str:
    """One kind: what it does, an example, fields, verbs, metrics, profiles, and what is refused."""
    told = sections(cls)
    parts = [f"# {name}", first_line(cls), _prose(told["What"]), f"Why it matters: {_prose(told['Why'])}"]
    parts += ["## Example", _used(told["Example"].strip(), list(cls.verbs))]
    parts += ["## Verbs", table(("verb", "time of one call, if nothing gives it"), _verbs(cls))]
    for verb, options in cls.verbs.items():
        more = [n for n in options.model_fields if n not in Options.model_fields]
        if more:
            parts += [f"Options of `{verb}` beside [those of every call](index.md#options-of-every-call):"]
            parts += [table(("option", "takes", "default", "meaning"), rows(options, more, BLUEPRINT))]
    if own_fields(cls):
        parts += ["## Fields", "Beside [those of every component](index.md#fields-of-every-component):"]
        parts += [field_table(cls, own_fields(cls), BLUEPRINT)]
    parts += ["## Metrics", table(("metric", "unit", "meaning"), _metrics_of(name))]
    mine = [p for p in profiles().values() if p.kind == name]
    if mine:
        parts += ["## Profiles", "\n".join(f"- [{p.name}](../profiles/{p.name}.md): {p.title}" for p in mine)]
    refused = {**cls.not_yet, **cls.not_yet_options}
    if refused:
        parts += ["## Refused in this version", "\n".join(f"- `{n}`: {why}" for n, why in refused.items())]
    parts += [f"Source: {_prose(told['Source'])}"]
    return "\n\n".join(parts)


def _used(declared: str, calls: list[str]) -> str:
    """An example: a component, and a flow that calls it."""
    name = declared.partition(":")[0]
    steps = ", ".join(f"{name}.{call}" for call in calls)
    flow = f"flows:\n  use:\n    arrive: {{rate: 10 /s, key: user}}\n    steps: [{steps}]"
    return f"```yaml fragment\ncomponents:\n  {declared}\n{flow}\n```"


def _prose(text: str) -> str:
    return " ".join(text.split())


def _verbs(cls: type[Component]) -> list[tuple[str, str]]:
    found = []
    for verb in cls.verbs:
        law: Any = cls.default_work.get(verb)
        found.append((f"`{verb}`", f"`{law.text()}`" if law is not None else "none"))
    if "first_token" in cls.model_fields:  # a model's time is made of fields of its own
        return [(verb, "`first_token`, then `per_token` for each further token") for verb, _ in found]
    return found


def _metrics_of(kind: str) -> list[tuple[str, str, str]]:
    return [
        (f"`<{kind}>.{m.name}`", m.unit, m.meaning)
        for m in METRICS
        if m.of == "component" and (kind in m.kinds or not m.kinds)
    ]


# --- faults -----------------------------------------------------------------------------------------------------------
def faults_index() -> str:
    """The list of faults, and what holds for all."""
    listed = [(f"[{name}]({name}.md)", first_line(cls)) for name, cls in faults().items()]
    return "\n\n".join(
        [
            "# Faults",
            "What goes wrong in a case: `faults:` is a list, each with its fields. They may overlap, also on the same "
            "replicas: factors multiply, what is added adds up, and of two that set the same the worse one holds.",
            table(("fault", "what it does"), listed),
            "Times count from the end of the warm-up, where the measured time begins. A fault without `for` lasts "
            "until the last arrival; all are over by then, and the run drains. A fault that finds nothing to act on, "
            "or lies outside of the run, is an error in the case. The closed form knows no faults: "
            "`loadcase estimate --case` says so.",
            "A share of the replicas is rounded, and at least one. Of a store, a log or an index it is copies of "
            "different shards first. Zones and regions are numbered from 1; a component with one zone lies in zone 1.",
            "Balancers send to a dead or paused replica until `detect` has passed; consumers of a log wait until "
            "`takeover` has. A request that a balancer passes on is lost with the balancer too.",
            "A case with faults is run on a scale model only when each fault strikes the same share of the replicas "
            "there.",
        ]
    )


def fault_page(name: str, cls: type[Fault]) -> str:
    """One fault: what it does, an example, its fields."""
    told = sections(cls)
    example = f"```yaml fragment\ncases:\n  broken:\n    faults:\n      - {told['Example'].strip()}\n```"
    parts = [f"# {name}", first_line(cls), _prose(told["What"]), f"Why it matters: {_prose(told['Why'])}"]
    parts += ["## Example", example, "## Fields", field_table(cls), f"Source: {_prose(told['Source'])}"]
    return "\n\n".join(parts)


# --- profiles ---------------------------------------------------------------------------------------------------------
def profiles_index() -> str:
    """The list of profiles with the rates at which they are full."""
    listed = [(f"[{p.name}]({p.name}.md)", p.kind, p.title, _rates(p)) for p in profiles().values()]
    return "\n\n".join(
        [
            "# Profiles",
            "A profile is the defaults of a known product: `like: redis` in a component. Each number names its source, "
            "or says that it is assumed. A field that the blueprint sets wins over the profile's; `null` removes it.",
            "The last column is what one node, shard or partition takes when it is run, from the closed form. A test "
            "compares each with the figure that was published.",
            table(("profile", "kind", "what it is", "takes"), listed),
        ]
    )


def profile_page(found: Profile) -> str:
    """One profile: fields with sources, published figures beside those of the model."""
    parts = [f"# {found.name}", f"{found.title}. Kind: [{found.kind}](../kinds/{found.kind}.md)."]
    if found.notes:
        parts.append(found.notes)
    parts += [_used(f"it: {{kind: {found.kind}, like: {found.name}}}", [found.published[0].call])]
    fields = [(f"`{name}`", f"`{_raw(value)}`", found.sources[name]) for name, value in found.defaults.items()]
    parts += ["## Numbers", table(("field", "value", "source"), fields)]
    figures = [(_what(f), f.value, _shown(f, modelled(found, f)), f.source) for f in found.published]
    parts += [
        "## Published figures",
        "What the closed form gives for the same design beside what was published. A rate counts clients' calls.",
        table(("figure", "published", "here", "source"), figures),
    ]
    return "\n\n".join(parts)


def _raw(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_raw(v)}" for k, v in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _what(figure: Published) -> str:
    named = {"rate": "rate at which it is full", "mean": "mean time"}.get(figure.metric, figure.metric)
    beside = {**figure.fields, **figure.options}
    return f"`{figure.call}`, {named}" + (f", `{_raw(beside)}`" if beside else "")


def _shown(figure: Published, value: float | None) -> str:
    return "unlimited" if value is None else show(value, "1/s" if figure.metric == "rate" else "s")


def _rates(found: Profile) -> str:
    shown = [
        f"{f.call} {_shown(f, modelled(found, f))}" for f in found.published if f.metric == "rate" and not f.fields
    ]
    if not shown:
        shown = [
            f"{f.call} {_shown(f, modelled(found, f))} with `{_raw(f.fields)}`"
            for f in found.published
            if f.metric == "rate"
        ]
    return ", ".join(shown) or "-"


# --- metrics ----------------------------------------------------------------------------------------------------------
def metrics_page() -> str:
    """Every metric: of a flow, of a component, of the design, of correctness."""

    def listed(of: str) -> list[tuple[str, ...]]:
        return [(f"`{_name(m)}`", m.unit, m.meaning, ", ".join(m.kinds) or "all") for m in METRICS if m.of == of]

    flow = [(f"`<flow>.{name}`", unit, meaning) for name, unit, meaning in PERCENTILES]
    flow += [(n, u, m) for n, u, m, _ in listed("flow")]
    return "\n\n".join(
        [
            "# Metrics",
            "What a guarantee may speak of, and what `loadcase run` reports. A guarantee is "
            "`metric comparison quantity`, such as `send.p95 < 300 ms`. Values are in base units in JSON: seconds, per "
            "second, ratios from 0 to 1, counts, US dollars per month.",
            "Flow metrics count the operations that arrive after the warm-up. An operation is one arrival, "
            "whatever the number of attempts.",
            "## Of a flow",
            table(("metric", "unit", "meaning"), flow),
            "`run` also reports failed operations by their last reason, where there were any, as "
            "`<flow>.errors.REASON` per second: "
            + "; ".join(f"`{r}`, {REASONS[r]}" for r in op.REASONS if r)
            + ". No guarantee speaks of them.",
            "## Of a component",
            table(("metric", "unit", "meaning", "kinds"), listed("component")),
            "## Of the design",
            table(("metric", "unit", "meaning"), [row[:3] for row in listed("design")]),
            "## Of correctness",
            "Told by a [history](histories.md), which a run records where the contract speaks of one of them, and "
            "which `loadcase judge` reads; each has a [checker](checkers/index.md). A promise about what nothing in "
            "the design does is refused with `LC346`, never ignored.",
            table(("metric", "unit", "meaning"), [(f"`{_name(m)}`", m.unit, m.meaning) for m in CORRECTNESS]),
        ]
    )


def _name(metric: MetricSpec) -> str:
    return metric.name if metric.of == "design" else f"<{metric.of}>.{metric.name}"
