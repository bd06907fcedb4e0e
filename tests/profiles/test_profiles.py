"""Every profile fits its kind, every number has a source, and what is run is what was published."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadcase.core.quantity import median
from loadcase.core.units import parse_quantity
from loadcase.estimate.capacity import around, modelled
from loadcase.kinds import kinds
from loadcase.profiles import Profile, Published, profiles

TOLERANCE = 0.03
"""Published figures are round numbers."""
FIGURES = [
    pytest.param(p, figure, id=f"{p.name}-{figure.call}-{figure.metric}-{i}")
    for p in profiles().values()
    for i, figure in enumerate(p.published)
]
REQUIRED = {
    "nginx", "redis", "memcached", "postgres", "mysql", "cassandra", "dynamodb", "mongodb", "kafka", "rabbitmq", "sqs",
    "s3", "elasticsearch", "cdn", "push_provider", "sms_provider", "payment_provider", "llm_large",
}  # fmt: skip


@pytest.mark.parametrize("found", profiles().values(), ids=lambda p: p.name)
def test_a_profile_fits_its_kind_and_names_its_sources(found: Profile) -> None:
    cls = kinds()[found.kind]
    made = cls.model_validate({"kind": found.kind, **found.defaults}, context={"scope": {}})
    assert made.kind == found.kind
    assert set(found.sources) == set(found.defaults)
    assert all(len(source) > 5 for source in found.sources.values())


@pytest.mark.parametrize("found", profiles().values(), ids=lambda p: p.name)
def test_a_profile_says_how_much_it_takes(found: Profile) -> None:
    assert "rate" in [f.metric for f in found.published] or found.name == "transcoder"
    assert all(len(f.source) > 5 for f in found.published)


def test_the_products_that_every_design_needs_are_there() -> None:
    assert set(profiles()) >= REQUIRED


def published(figure: Published) -> tuple[float | None, bool]:
    """A published figure in base units, None for no limit; and whether it is a bound from above."""
    if figure.value == "unlimited":
        return None, False
    return median(parse_quantity(figure.value.removeprefix("<=").strip())).value, figure.value.startswith("<=")


@pytest.mark.parametrize(("found", "figure"), FIGURES)
def test_the_closed_form_gives_the_published_figure(found: Profile, figure: Published) -> None:
    wanted, bound = published(figure)
    got = modelled(found, figure)
    if wanted is None:
        assert got is None
    elif bound:
        assert got is not None
        assert got <= wanted
    else:
        assert got == pytest.approx(wanted, rel=TOLERANCE)


def test_a_profile_that_drifts_from_its_source_is_seen() -> None:
    cassandra = profiles()["cassandra"]
    figure = cassandra.published[0]
    one_copy = replace(figure, fields={**figure.fields, "replicas": 1})
    assert modelled(cassandra, figure) == pytest.approx((modelled(cassandra, one_copy) or 0.0), rel=TOLERANCE)
    four_workers = replace(figure, fields={**figure.fields, "workers": 4})
    assert modelled(cassandra, four_workers) == pytest.approx(335_000, rel=TOLERANCE)


@pytest.mark.parametrize(
    ("found", "figure"),
    [p for p in FIGURES if p.values[1].metric == "rate" and p.values[0].defaults.get("workers", 0)],  # type: ignore[attr-defined]
)
def test_the_engine_is_half_busy_at_half_the_capacity(found: Profile, figure: Published) -> None:
    from loadcase.engine.run import run

    rate = modelled(found, figure)
    assert rate is not None
    design = around(found, figure)
    flow = design.flows["calls"]
    assert flow.arrive is not None
    design.flows["calls"] = replace(flow, arrive=flow.arrive.model_copy(update={"rate": rate / 2.0}))
    result = run(design, duration=20_000 / rate, warmup=2_000 / rate)
    assert result.metrics["it.utilisation"].value == pytest.approx(0.5, rel=0.1)
