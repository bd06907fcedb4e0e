"""What the closed form of a component does not know of its callers is said."""

from __future__ import annotations

import pytest

from loadcase.blueprint.load import loads
from loadcase.estimate.estimate import estimate
from loadcase.estimate.roughly import roughly

DESIGN = """\
loadcase: 1
name: rough
entities: {page: {count: 1k, popularity: zipf(0.9)}}
components:
  near: {kind: cache, keys: 100}
  far: {kind: cache, keys: 200}
  db: {kind: store, shards: 4}
flows:
  read: {arrive: {rate: 10 /s, key: page}, steps: [STEP]}
"""


@pytest.mark.parametrize(
    ("step", "component", "said"),
    [
        ("near.get: {miss: [far.get: {miss: [db.read]}]}", "far", "far is asked for what near has missed"),
        ("{near.get: {miss: [db.read]}}, near.delete", "near", "what is deleted from near is missed once more"),
        ("fan_out: {n: 8, do: [db.write: {key: page}]}", "db", "db gets 8 calls of a fan_out at once"),
    ],
)
def test_it_is_said_of_the_component_and_in_the_notes(step: str, component: str, said: str) -> None:
    blueprint = loads(DESIGN.replace("STEP", step))
    assert list(roughly(blueprint)) == [component]
    assert roughly(blueprint)[component].startswith(said)
    assert roughly(blueprint)[component] in estimate(blueprint).notes


@pytest.mark.parametrize(
    "step",
    [
        "near.get: {miss: [db.read]}",
        "{near.get: {miss: [db.read]}}, {far.get: {miss: [db.read]}}",
        "fan_out: {n: 1, do: [db.write: {key: page}]}",
    ],
)
def test_what_has_a_formula_is_not_rough(step: str) -> None:
    assert roughly(loads(DESIGN.replace("STEP", step))) == {}
