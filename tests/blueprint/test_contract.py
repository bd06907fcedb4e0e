"""Guarantees of correctness in a blueprint: refused until runs record histories, then read."""

from __future__ import annotations

import pytest

from loadcase.blueprint.load import loads
from loadcase.core.errors import BlueprintError

TEXT = """\
loadcase: 1
name: t
requirements: {contract: [item.lost == 0, r.duplicates <= 3, item.staleness.p99 < 1 s]}
entities: {item: {count: 10}}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
"""


def test_correctness_is_refused_until_runs_record_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BlueprintError) as error:
        loads(TEXT)
    assert [p.code for p in error.value.problems] == ["LC002"] * 3
    monkeypatch.setattr("loadcase.blueprint.contract.RUNS_RECORD", True)
    contract = loads(TEXT).contract
    assert [(g.metric, g.bound, g.unit) for g in contract] == [
        ("item.lost", 0.0, "count"),
        ("r.duplicates", 3.0, "count"),
        ("item.staleness.p99", 1.0, "s"),
    ]
    for right, wrong, code in (
        ("item.lost", "itme.lost", "LC302"),
        ("r.duplicates", "s.duplicates", "LC341"),
        ("r.duplicates", "q.duplicates", "LC302"),
        ("item.lost", "r.lost", "LC302"),
    ):
        with pytest.raises(BlueprintError) as error:
            loads(TEXT.replace(right, wrong))
        assert [p.code for p in error.value.problems] == [code]
