"""Every profile fits its kind, and every number has a source."""

from __future__ import annotations

import pytest

from loadcase.kinds import kinds
from loadcase.profiles import Profile, profiles


@pytest.mark.parametrize("found", profiles().values(), ids=lambda p: p.name)
def test_a_profile_fits_its_kind_and_names_its_sources(found: Profile) -> None:
    cls = kinds()[found.kind]
    made = cls.model_validate({"kind": found.kind, **found.defaults}, context={"scope": {}})
    assert made.kind == found.kind
    assert set(found.sources) == set(found.defaults)
    assert all(len(source) > 5 for source in found.sources.values())


def per_node(name: str, verb: str) -> float:
    found = profiles()[name]
    cls = kinds()[found.kind]
    made = cls.model_validate({"kind": found.kind, **found.defaults}, context={"scope": {}})
    return made.workers / made.work_of(verb, cls.verbs[verb].model_construct(work=None)).mean()


@pytest.mark.parametrize(
    ("name", "verb", "published"),
    [("redis", "get", 72_500), ("postgres", "read", 18_000), ("postgres", "write", 3_000), ("cassandra", "write", 3_300),  # noqa: E501
     ("ws_gateway", "push", 58_000), ("sql_global", "read", 22_500), ("etcd", "read", 10_000), ("nginx", "forward", 80_000)],  # noqa: E501
)  # fmt: skip
def test_workers_and_work_give_the_published_throughput(name: str, verb: str, published: float) -> None:
    assert per_node(name, verb) == pytest.approx(published, rel=0.07)
