"""Guarantees of correctness in a blueprint: read where a run tells them, and refused where it does not."""

from __future__ import annotations

import pytest

from loadcase.blueprint.load import loads
from loadcase.core.errors import BlueprintError

TEXT = """\
loadcase: 1
name: t
requirements: {contract: [item.lost == 0, f.duplicates <= 3, item.staleness.p99 < 1 s]}
entities: {item: {count: 10}, other: {count: 10}}
components: {s: {kind: store}, q: {kind: queue}, c: {kind: cache, keys: 5}, w: {kind: service}}
flows:
  r: {arrive: {rate: 1 /s, key: item}, steps: [s.write: {entity: item}, s.read: {entity: item}, q.publish]}
  f: {consume: {queue: q, by: w}, steps: [c.get]}
"""


def test_guarantees_of_correctness_are_read() -> None:
    assert [(g.metric, g.bound, g.unit) for g in loads(TEXT).contract] == [
        ("item.lost", 0.0, "count"),
        ("f.duplicates", 3.0, "count"),
        ("item.staleness.p99", 1.0, "s"),
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "code", "said"),
    [
        ("item.lost", "itme.lost", "LC302", "item"),
        ("f.duplicates", "s.duplicates", "LC341", "duplicates"),
        ("f.duplicates", "z.duplicates", "LC302", "flow"),
        ("item.lost", "r.lost", "LC302", "entity"),
        ("item.lost", "item.lost_updates", "LC346", "no flow updates it"),
        ("item.lost", "item.double_claims", "LC346", "no step claims it"),
        ("item.lost", "item.unbalanced", "LC346", "no step writes an amount"),
        ("item.lost", "other.diverged", "LC346", "no step writes it"),
        ("item.lost", "item.missed_own_writes", "LC346", "arrive.session"),
        ("item.lost", "item.nonmonotonic_reads", "LC346", "arrive.session"),
        ("item.lost", "item.allowed_after_revoke", "LC346", "permission: revoke"),
        ("item.lost", "other.lost", "LC346", "no step writes it"),
        ("f.duplicates", "r.duplicates", "LC346", "consume"),
        (", s.read: {entity: item}", "", "LC346", "no step reads it"),
        ("[c.get]", "[c.get: {key: item, miss: [s.read: {entity: item}]}]", "LC002", "cache"),
    ],
)
def test_what_no_run_tells_is_refused(right: str, wrong: str, code: str, said: str) -> None:
    with pytest.raises(BlueprintError) as error:
        loads(TEXT.replace(right, wrong, 1))
    assert [p.code for p in error.value.problems] == [code]
    assert said in f"{error.value}"


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("{rate: 1 /s, key: item}", "{users: 3, key: item}", "arrive.users"),
        ("s.write: {entity: item}", "s.write: {entity: item, key: {count: 3}}", "s.write of flow r"),
        ("q.publish", "q.publish: {key: {count: 3}}", "q.publish of flow r"),
        (
            "q.publish",
            "choose: [{weight: 1, do: [q.publish]}, {weight: 1, do: [c.get]}]",
            "whether flow r comes to q.pub",
        ),
        ("queue: q, by: w", "topic: t", "sample"),
    ],
)
def test_what_diverges_is_drawn_when_it_arrives(right: str, wrong: str, said: str) -> None:
    text = TEXT.replace("item.lost == 0, f.duplicates <= 3, item.staleness.p99 < 1 s", "item.diverged == 0")
    text = text.replace("{kind: queue}", "{kind: queue}, t: {kind: topic, sample: 50 %}")
    assert len(loads(text).contract) == 1
    with pytest.raises(BlueprintError) as error:
        loads(text.replace(right, wrong, 1))
    assert [p.code for p in error.value.problems] == ["LC346"]
    assert said in f"{error.value}"


@pytest.mark.parametrize(
    ("right", "wrong", "code", "said"),
    [
        ("s.write: {entity: item}", "s.write: {permission: revoke}", "LC338", "'permission' is about an entity"),
        ("s.write: {entity: item}", "s.transact: {permission: grant, writes: [{entity: item}]}", "LC339", "permission"),
        ("{rate: 1 /s, key: item}", "{users: 3, session: other}", "LC316", "are its sessions"),
        ("key: item}", "key: item, session: nobody}", "LC302", "nobody"),
    ],
)
def test_a_session_and_a_permission_are_of_something(right: str, wrong: str, code: str, said: str) -> None:
    text = TEXT.replace("item.lost == 0, f.duplicates <= 3, item.staleness.p99 < 1 s", "")
    assert right in text
    with pytest.raises(BlueprintError) as error:
        loads(text.replace(right, wrong, 1))
    assert [p.code for p in error.value.problems] == [code]
    assert said in f"{error.value}"
