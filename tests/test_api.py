"""The Python face: load, build in code, change, run, read results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import loadcase
from loadcase import Blueprint, BlueprintError, UsageError

TINY: dict[str, Any] = {
    "loadcase": 1,
    "name": "tiny",
    "requirements": {"contract": ["read.p95 < 100 ms"]},
    "components": {"web": {"kind": "service", "replicas": 2, "workers": 4}},
    "flows": {"read": {"arrive": {"rate": "200 /s"}, "steps": [{"web.handle": {"work": "exp(5 ms)"}}]}},
    "cases": {"peak": {"load": 2, "duration": "5 s"}},
}
TEXT = """\
loadcase: 1
name: tiny          # the smallest
components:
  web: {kind: service, replicas: 2,   # two, so that one may fail
        workers: 4}
flows:
  read: {arrive: {rate: 200 /s}, steps: [web.handle]}
"""


def test_a_design_is_built_run_and_read() -> None:
    design = Blueprint.build(TINY)
    assert repr(design) == "<Blueprint 'tiny': 1 components, 1 flows, 1 cases, 0 variants>"
    result = design.run("peak", seed=3, duration="4 s", warmup=1)
    assert (result.duration_s, result.warmup_s, result.partial) == (4.0, 1.0, None)
    assert result.metrics["read.rate"].value == pytest.approx(400, rel=0.1)
    assert design.run("peak", seed=3, duration=4.0, warmup="1 s").metrics == result.metrics
    first = design.estimate().first
    assert first is not None
    assert first.saturates_at == pytest.approx(8.0)


def test_a_design_that_was_built_is_written_as_yaml() -> None:
    design = Blueprint.build(TINY)
    again = Blueprint.loads(design.dump())
    assert again.data == design.data == TINY
    assert again.contract[0].bound == pytest.approx(0.1)


def test_a_change_keeps_the_comments_and_the_design_it_was_made_from() -> None:
    design = Blueprint.loads(TEXT)
    larger = design.changed({"components.web.replicas": 8, "flows.read.steps.web.handle.timeout": "1 s"})
    assert isinstance(larger, Blueprint)
    assert (design.components["web"].replicas, larger.components["web"].replicas) == (2, 8)
    assert design.dump() == TEXT
    assert "# the smallest" in larger.dump()
    assert "# two, so that one may fail" in larger.dump()
    assert Blueprint.loads(larger.dump()).components == larger.components
    assert larger.changed({"components.web.replicas": 2, "name": "other"}).name == "other"


def test_a_variant_can_be_changed_further() -> None:
    design = Blueprint.loads(TEXT + "variants:\n  big: {components.web.replicas: 9}\n", variant="big")
    changed = design.changed({"components.web.workers": 1})
    assert changed.components["web"].replicas == Blueprint.loads(changed.dump()).components["web"].replicas == 9
    assert "# the smallest" in changed.dump()


@pytest.mark.parametrize(
    "changes",
    [{"components.wbe.replicas": 8}, {"components.web.replicas": -1}, {"components.web.replicsa": 8}, {"": 1}],
)
def test_a_wrong_change_is_refused(changes: dict[str, Any]) -> None:
    for design in (Blueprint.loads(TEXT), Blueprint.build(TINY)):
        with pytest.raises(BlueprintError) as caught:
            design.changed(changes)
        assert all(p.hint for p in caught.value.problems)


def test_wrong_data_is_told_by_its_path() -> None:
    with pytest.raises(BlueprintError, match=r"components\.web\.replicas: .*unknown name .many"):
        Blueprint.build({**TINY, "components": {"web": {"kind": "service", "replicas": "many"}}})
    for data in ([1], None, "text"):
        with pytest.raises(BlueprintError, match="expected a mapping"):
            Blueprint.build(data)


def test_wrong_calls_are_usage_errors() -> None:
    design = Blueprint.build(TINY)
    for options in ({"case": "paek"}, {"duration": "5 MB"}, {"duration": 0}, {"duration": [5]}, {"warmup": -1}):
        with pytest.raises(UsageError):
            design.run(**options)
    with pytest.raises(AttributeError, match="blueprnt"):
        _ = loadcase.blueprnt


def test_a_gallery_system_survives_a_change_byte_for_byte_elsewhere() -> None:
    path = Path(__file__).parents[1] / "gallery" / "chat"
    design = Blueprint.load(path)
    changed = design.changed({"components.api.replicas": 97}).dump()
    before = (path / "blueprint.yaml").read_text("utf-8")
    assert [a for a, b in zip(before.split(), changed.split(), strict=True) if a != b] == ["96,"]
