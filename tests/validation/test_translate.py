"""Cases become blueprints by their phenomenon and model, never by their id."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from loadcase.blueprint.load import loads
from loadcase.validation.plan import MAIN, NotExpressible, Plan, metric_names
from loadcase.validation.run import built_in
from loadcase.validation.translate import translate

CASES = {case["id"]: case for case in built_in()}


def plan_of(case: dict[str, Any]) -> Plan | None:
    try:
        return translate(case)
    except NotExpressible:
        return None


def case(**changes: Any) -> dict[str, Any]:
    """An M/M/1 case with changes."""
    model = {"arrival": "poisson", "arrival_rate": 0.5, "servers": 1, "service": {"dist": "exponential", "mean": 1.0}}
    whole = {"id": "x", "phenomenon": "M/M/1", "title": "x", "model": model, "expected": {"mean_wait": 1.0}}
    return {**whole, "tolerance": {"sim_rel": 0.02}, **changes}


@pytest.mark.parametrize("name", CASES)
def test_every_case_translates_or_says_why(name: str) -> None:
    plan = plan_of(CASES[name])
    if plan is None:
        with pytest.raises(NotExpressible, match=r"\w+ .*\w+"):
            translate(CASES[name])
        return
    found = [*plan.formulas, *plan.closed, *plan.missing]
    assert sorted(found) == sorted(CASES[name]["expected"])
    assert bool(plan.runs) == bool(plan.formulas)
    assert all(plan.missing.values())


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if plan_of(c)])
def test_blueprints_are_yaml_that_the_loader_takes(name: str) -> None:
    for run in translate(CASES[name]).runs.values():
        assert YAML(typ="safe").load(run.blueprint)["flows"]
        assert loads(run.blueprint).flows
        assert 0 < run.duration_s < 1e9
        assert run.duration_s > 0.1 * run.warmup_s or run.warmup_s < 1e5


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if plan_of(c)])
def test_formulas_speak_of_what_the_blueprints_have(name: str) -> None:
    plan = translate(CASES[name])
    designs = {run: loads(one.blueprint) for run, one in plan.runs.items()}
    for formula in plan.formulas.values():
        for metric in metric_names(formula):
            run, of = (MAIN, metric.split(".")[0]) if set(designs) == {MAIN} else metric.split(".")[:2]
            assert of in {*designs[run].flows, *designs[run].components, *designs[run].entities}


def test_most_of_the_first_four_groups_and_the_peers_are_expressible() -> None:
    groups = ("1-", "2-", "3-", "4-", "10-")
    mine = [c for c in CASES.values() if c["group"].startswith(groups)]
    assert sum(plan_of(c) is not None for c in mine) == len(mine)


def numbers(model: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where numbers stand in a model."""
    items = model.items() if isinstance(model, dict) else enumerate(model) if isinstance(model, list) else ()
    for key, value in items:
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield (*path, key)
        yield from numbers(value, (*path, key))


DESCRIBES = frozenset(
    ["arrival_rate_per_server", "clients", "rate_per_client", "duration", "size", "initial", "horizon"]
)
ANYWHERE = frozenset(["arrival_rate_per_server", "replications", "warmup_seconds"])
"""What follows from other numbers, or says how long and how often to run."""


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if plan_of(c) and plan_of(c).formulas])  # type: ignore[union-attr]
def test_every_number_of_a_model_matters(name: str) -> None:
    before = translate(CASES[name])
    for path in numbers(CASES[name]["model"]):
        if (path[-1] in DESCRIBES and "budget" in CASES[name]["phenomenon"]) or path[-1] in ANYWHERE:
            continue
        changed = copy.deepcopy(CASES[name])
        inner = changed["model"]
        for key in path[:-1]:
            inner = inner[key]
        value = inner[path[-1]]
        inner[path[-1]] = value + 1 if isinstance(value, int) and value < 1000 else value * 0.9
        after = plan_of(changed)
        if after is not None:
            texts = ([r.blueprint for r in p.runs.values()] + [*p.formulas.values()] for p in (before, after))
            only_read = next(texts) == next(texts)
            assert not only_read or "quorum" in str(path[-1]), path


def test_the_id_does_not_matter() -> None:
    for one in CASES.values():
        first, second = plan_of(one), plan_of({**one, "id": "another"})
        assert (first is None) == (second is None)
        if first and second:
            assert first.runs == second.runs
            assert first.formulas == second.formulas


@pytest.mark.parametrize(
    ("service", "text"),
    [
        ({"dist": "deterministic", "value": 0.25}, "work: 0.25 s"),
        ({"dist": "exponential", "rate": 4}, "work: exp(0.25 s)"),
        ({"dist": "erlang", "k": 3, "mean": 0.5}, 'work: "erlang(3, 0.5 s)"'),
        ({"dist": "uniform", "low": 0.1, "high": 0.3}, 'work: "uniform(0.1 s, 0.3 s)"'),
        ({"dist": "pareto", "xm": 0.1, "alpha": 3}, 'work: "pareto(xm=0.1 s, alpha=3)"'),
        (
            {"dist": "hyperexponential", "probs": [0.5, 0.5], "means": [0.1, 0.9]},
            "mix(0.5: exp(0.1 s), 0.5: exp(0.9 s))",
        ),
    ],
)
def test_service_laws_are_written_in_the_notation_of_the_format(service: dict[str, Any], text: str) -> None:
    model = {"arrival": "poisson", "arrival_rate": 0.5, "servers": 1, "service": service}
    found = translate(case(model=model)).runs[MAIN].blueprint
    assert text in found
    assert loads(found)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ({"arrival_rate": 2.0}, "no steady state"),
        ({"surprise": 3}, "surprise"),
        ({"arrival": "hawkes"}, "hawkes"),
        ({"discipline": "shortest job first"}, "shortest job first"),
        ({"service": {"dist": "weibull", "mean": 1}}, "weibull"),
        ({"queue_capacity": 4, "system_capacity": 9}, "contradict"),
    ],
)
def test_what_is_not_known_is_refused_by_name(model: dict[str, Any], why: str) -> None:
    with pytest.raises(NotExpressible, match=why):
        translate(case(model={**case()["model"], **model}))


def test_an_unknown_phenomenon_is_tried_by_the_shape_of_its_model() -> None:
    assert translate(case(phenomenon="something new")).formulas
    with pytest.raises(NotExpressible, match="no translation"):
        translate(case(phenomenon="something new", model={"a": 1}))


def test_an_unknown_expected_value_is_named() -> None:
    plan = translate(case(expected={"mean_wait": 1.0, "weather": 3.0}))
    assert "weather" in plan.missing["weather"]
    assert "mean_wait" in plan.formulas


def test_unusual_percentiles_are_asked_for_in_the_contract() -> None:
    plan = translate(case(expected={"sojourn_p97": 7.0}))
    assert "request.p97" in plan.runs[MAIN].blueprint
    assert plan.formulas == {"sojourn_p97": "request.p97"}
