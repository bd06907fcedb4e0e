"""Broken blueprints are refused at the right place, with a way out; good ones load and keep their comments."""

from __future__ import annotations

import contextlib
import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from loadcase.blueprint.load import build, load, loads
from loadcase.blueprint.steps import Call
from loadcase.core.errors import BlueprintError, UsageError
from tests.shop import GOOD

GALLERY = sorted((Path(__file__).parents[2] / "gallery").glob("*/blueprint.yaml"))

BROKEN = [
    ("name: shop", "nmae: shop", 2, "LC301", "name"),
    ("loadcase: 1", "loadcase: 2", 1, "LC310", "loadcase: 1"),
    ("kind: service", "kind: servcie", 12, "LC302", "service"),
    ("workers: 8", "wrokers: 8", 12, "LC301", "workers"),
    ("workers: 8", "so what:", 12, "LC301", ""),
    ("like: postgres", "like: postgers", 13, "LC302", "postgres"),
    ("like: postgres", "like: redis", 13, "LC312", ""),
    ("from: db", "from: bd", 14, "LC302", "db"),
    ("web.handle: {work", "wbe.handle: {work", 19, "LC302", "web"),
    ("web.handle: {work", "web.hanlde: {work", 19, "LC302", "handle"),
    ("timeout: 1 s}", "timeot: 1 s}", 19, "LC301", "timeout"),
    ("timeout: 1 s}", "timeout: 300 B}", 19, "LC202", "250 ms"),
    ("entity: item,", "entity: itme,", 19, "LC302", "item"),
    ("entity: item,", "once: client_id,", 19, "LC338", "entity"),
    ("entity: item,", "session: user,", 19, "LC002", ""),
    ("key: item}", "key: itme}", 17, "LC302", "item"),
    ("count: 10k, ", "", 17, "LC321", "count"),
    ("zipf(0.8)", "zipf(99)", 10, "LC324", "zipf"),
    ("users * buys", "users * bys", 8, "LC211", "buys"),
    ("buys: 2 request/user/day", "buys: rate", 7, "LC212", ""),
    ("buy.p95 < 300 ms", "buy.p95 < 300 B", 4, "LC343", "ms"),
    ("buy.p95 < 300 ms", "bye.p95 < 300 ms", 4, "LC302", "buy"),
    ("buy.p95 < 300 ms", "buy.p59x < 300 ms", 4, "LC341", ""),
    ("buy.p95 < 300 ms", "item.lost_updates == 0", 4, "LC346", "promise"),
    ("buy.p95 < 300 ms", "itme.lost == 0", 4, "LC302", "item"),
    ("buy.p95: 1 s", "buy.p95: 100 ms", 24, "LC344", "contract"),
    ("{load: 2,", "{load: -2,", 24, "LC203", ""),
    ("{load: 2,", "{faults: [crahs: {}],", 24, "LC302", "crash"),
    ("consume: {log: log, by: web}", "consume: {log: web, by: web}", 21, "LC302", "log"),
    ("consume: {log: log, by: web}", "consume: {log: log, by: db}", 21, "LC302", "web"),
    ("db.write.timeout: 5 s", "db.wriet.timeout: 5 s", 26, "LC352", "db.write"),
]  # fmt: skip


def test_a_good_blueprint_loads_with_units_and_references() -> None:
    b = loads(GOOD)
    arrive = b.flows["buy"].arrive
    assert arrive is not None
    assert arrive.rate == pytest.approx(1e6 * 2 / 86400)
    assert b.keys["item"].exponent == 0.8
    assert b.contract[0].bound == pytest.approx(0.3)
    assert b.relaxed["peak"] == {"buy.p95": 1.0}
    call = b.flows["buy"].steps[0]
    assert isinstance(call, Call)
    inner = call.nested["do"][0]
    assert isinstance(inner, Call)
    assert inner.options.timeout == 1.0


@pytest.mark.parametrize(("old", "new", "line", "code", "hint"), BROKEN, ids=[b[1] or b[0] for b in BROKEN])
def test_a_broken_blueprint_names_the_line_and_the_fix(old: str, new: str, line: int, code: str, hint: str) -> None:
    assert old in GOOD
    with pytest.raises(BlueprintError) as caught:
        loads(GOOD.replace(old, new, 1))
    found = [(p.line, p.code) for p in caught.value.problems]
    assert (line, code) in found, str(caught.value)
    problem = next(p for p in caught.value.problems if (p.line, p.code) == (line, code))
    assert hint in problem.hint or hint in problem.message
    assert problem.column > 0


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(BlueprintError) as caught:
        loads(GOOD.replace("workers: 8", "wrokers: 8").replace("like: postgres", "like: postgers"))
    assert len(caught.value.problems) == 2


def test_a_variant_changes_steps_and_fields_by_their_address() -> None:
    b = loads(GOOD, variant="slow")
    outer = b.flows["buy"].steps[0]
    assert isinstance(outer, Call)
    inner = outer.nested["do"][0]
    assert isinstance(inner, Call)
    assert inner.options.timeout == 5.0
    assert b.components["web"].replicas == 2


def test_an_unknown_variant_or_file_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="slwo"):
        loads(GOOD, variant="slwo")
    with pytest.raises(UsageError, match="cannot read"):
        load(tmp_path / "none.yaml")


def test_python_data_builds_the_same_design() -> None:
    assert build(YAML(typ="safe", pure=True).load(GOOD)).components == loads(GOOD).components


@pytest.mark.parametrize("path", GALLERY, ids=lambda p: p.parent.name)
def test_the_gallery_loads_in_every_variant(path: Path) -> None:
    b = load(path)
    for variant in b.variants:
        load(path, variant)


def _paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        found.extend(_paths(value, (*path, key)))
    return found


_JUNK = st.sampled_from(
    [None, "", 0, -1, 1e99, "10^12", True, [], {}, "a..b", "zipf(", "5 parsecs", "-1 ms", [[[]]], {"x": {}}]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutated_blueprints_load_or_are_refused(data: st.DataObject) -> None:
    tree = YAML(typ="safe", pure=True).load(GOOD)
    for _ in range(data.draw(st.integers(1, 3))):
        paths = _paths(tree)
        path = data.draw(st.sampled_from(paths))
        node = tree
        for part in path[:-1]:
            node = node[part]
        if data.draw(st.booleans()):
            node[path[-1]] = copy.deepcopy(data.draw(_JUNK))
        else:
            del node[path[-1]]
        if not _paths(tree):
            break
    with contextlib.suppress(BlueprintError):
        build(tree)


@pytest.mark.parametrize("change", [{"components": -1}, {"variants": {"slow": {f"flows.buy.steps[{'9' * 5000}]": 1}}}])
def test_variants_of_broken_data_are_refused(change: dict[str, Any]) -> None:
    tree = YAML(typ="safe", pure=True).load(GOOD)
    with pytest.raises(BlueprintError):
        build({**tree, **change})


def test_a_field_whose_name_looks_like_a_type_is_unknown_at_its_place() -> None:
    text = (
        "loadcase: 1\nname: x\ncomponents: {s: {kind: service}}\n"
        'flows: {f: {arrive: {rate: 1 /s}, steps: [s.handle]}}\ncases: {normal: {"w[rmup": 1 s, "str": 2}}\n'
    )
    with pytest.raises(BlueprintError) as error:
        loads(text)
    found = [(p.code, p.message, p.line, p.column) for p in error.value.problems]
    assert found == [("LC301", "unknown field 'w[rmup'", 5, 18), ("LC301", "unknown field 'str'", 5, 33)]
