"""What caches answer, and what writes rest on: the effects of a run, each beside its slow or careless twin."""

from __future__ import annotations

import numpy as np
import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.core.errors import BlueprintError
from loadcase.core.history import CODE, History
from loadcase.engine.recording import Recording
from loadcase.engine.run import run

CACHED = """\
loadcase: 1
name: cached
network: {client: 5 ms, same_zone: 1 ms}
requirements: {contract: [profile.stale_reads == 0]}
entities: {profile: {count: 50, popularity: zipf(0.8)}}
components:
  api: {kind: service, replicas: 4, workers: 64}
  db: {kind: store, shards: 4, workers: 64, work: {write: exp(2 ms), read: exp(2 ms)}}
  near: {kind: cache, replicas: 2, keys: 50}
flows:
  edit:
    arrive: {rate: 20 /s, key: profile}
    steps: [api.handle: {do: [db.write: {entity: profile}, near.delete]}]
  view:
    arrive: {rate: 200 /s, key: profile}
    steps: [api.handle: {do: [near.get: {miss: [db.read: {entity: profile}]}]}]
"""
COUNTER = """\
loadcase: 1
name: counter
network: {client: 5 ms, same_zone: 1 ms}
requirements: {contract: [page.lost_updates == 0]}
entities: {page: {count: 20, popularity: zipf(0.8)}}
components:
  api: {kind: service, replicas: 4, workers: 64}
  db: {kind: store, shards: 4, replicas: 3, read: quorum, workers: 64, work: {update: exp(4 ms), read: exp(2 ms)}}
flows:
  edit:
    arrive: {rate: 100 /s, key: page}
    steps:
      - api.handle:
          retry: {max: 30, backoff: 10 ms, jitter: full}
          do: [db.read: {entity: page}, db.update: {entity: page, if: unchanged}]
"""


def told(text: str, metric: str, seed: int = 1) -> float:
    return api.run(loads(text), seed=seed, duration=20.0, warmup=0.0).metrics[metric].value


def history(text: str, seed: int = 1) -> History:
    found = run(loads(text), seed=seed, duration=20.0, warmup=0.0, record=Recording()).history
    assert isinstance(found, History)
    return found


def rows(h: History, event: str, component: str) -> np.ndarray:
    return np.flatnonzero((h["event"] == CODE[event]) & (h["component"] == h.code("component", component)))


# --- caches -----------------------------------------------------------------------------------------------------------
def test_a_cache_answers_what_was_filled() -> None:
    h = history(CACHED.replace(", near.delete", "").replace("keys: 50", "keys: 200"))
    hits = rows(h, "read", "near")
    assert len(hits) > 3000
    assert (h["base"][hits] == 0).all()  # what it held before anything was written
    fresh = history(CACHED)
    assert (fresh["base"][rows(fresh, "read", "near")] > 0).any()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("near.delete", "near.put"),
        ("keys: 50", "keys: 50, coalesce: true"),
        ("db.write: {", "db.write: {timeout: 1 s, "),
        ("near.get: {", "near.get: {timeout: 1 s, "),
        ("db.read: {", "db.read: {timeout: 1 s, "),
    ],
)
def test_who_invalidates_after_the_write_reads_little_that_is_stale(old: str, new: str) -> None:
    assert old in CACHED
    assert told(CACHED.replace(old, new) if old else CACHED, "profile.stale_reads") <= 5


def test_without_invalidation_reads_are_stale_until_the_entry_expires() -> None:
    forgotten = CACHED.replace(", near.delete", "")
    assert told(forgotten, "profile.stale_reads") > 1000
    bounded = forgotten.replace("stale_reads == 0", "staleness.max < 1 s").replace("keys: 50", "keys: 50, ttl: 1 s")
    assert 0.5 < told(bounded, "profile.staleness.max") <= 1.05


def test_who_deletes_before_the_write_lets_the_old_value_be_filled_again() -> None:
    early = CACHED.replace("db.write: {entity: profile}, near.delete", "near.delete, db.write: {entity: profile}")
    assert told(early, "profile.stale_reads") > 20


def test_a_slow_fill_overtakes_an_invalidation() -> None:
    slow = CACHED.replace("read: exp(2 ms)", "read: 2 ms").replace("miss: [db", "miss: [wait: 60 ms, db")
    assert told(slow, "profile.stale_reads") <= 5  # what is read late is fresh
    slow = CACHED.replace("read: {entity: profile}]", "read: {entity: profile}, wait: 60 ms]")
    assert told(slow, "profile.stale_reads") > 50  # what is filled late is not


def test_a_value_that_waits_for_another_fetch_is_told_as_read() -> None:
    h = history(CACHED.replace("keys: 50}", "keys: 50, coalesce: true, warm: false}"))
    reads = rows(h, "read", "near").size + rows(h, "read", "db").size
    assert reads == np.isin(h["operation"][h["event"] == CODE["ok"]], h["operation"][h["event"] == CODE["read"]]).sum()


def test_a_cache_behind_a_cache_answers_what_it_holds() -> None:
    near = "  near: {kind: cache, replicas: 2, keys: 50}\n"
    two = CACHED.replace(near, f"{near}  far: {{kind: cache, keys: 20}}\n").replace(
        "near.get: {miss: [db.read: {entity: profile}]}",
        "near.get: {miss: [far.get: {miss: [db.read: {entity: profile}]}]}",
    )
    h = history(two)
    assert (h["base"][rows(h, "read", "far")] == 0).any()
    assert told(two, "profile.stale_reads") > 100  # the second one is not told
    told_both = two.replace("near.delete", "far.delete, near.delete")
    assert told(told_both, "profile.stale_reads") <= 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("keys: 50", "hit_ratio: 90 %", "hit_ratio takes the place"),
        ("near.get: {", "near.get: {key: {count: 5}, ", "a key other than that of flow view"),
        ("db.write: {entity: profile}, near.delete", "near.put", "neither read nor written"),
    ],
)
def test_what_a_cache_answers_is_not_always_known(old: str, new: str, said: str) -> None:
    more = CACHED + "  other: {arrive: {rate: 1 /s, key: profile}, steps: [db.write: {entity: profile}]}\n"
    with pytest.raises(BlueprintError, match=said):
        loads(more.replace(old, new))


# --- read, modify, write ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("replicas", ["replicas: 3", "replicas: 1", "replicas: 3, write: async"])
def test_compare_and_set_loses_no_update(replicas: str) -> None:
    text = COUNTER.replace("replicas: 3", replicas)
    careless = text.replace(", if: unchanged", "")
    if "async" in replicas:
        text, careless = (t.replace("read: quorum", "read: leader") for t in (text, careless))
    assert told(text, "page.lost_updates") == 0
    assert told(text, "edit.availability") == 1.0
    assert told(careless, "page.lost_updates") > 20


def test_an_update_says_from_which_version_it_was_made() -> None:
    h = history(COUNTER)
    commits = rows(h, "commit", "db")
    assert (h["base"][commits] < h["version"][commits]).all()
    made = {(k, v) for k, v in zip(h["key"][commits], h["version"][commits], strict=True)}
    assert all(b == 0 or (k, b) in made for k, b in zip(h["key"][commits], h["base"][commits], strict=True))


def test_who_does_not_try_again_fails_by_conflict() -> None:
    result = api.run(loads(COUNTER.replace("max: 30", "max: 0")), duration=20.0, warmup=0.0)
    assert result.metrics["edit.errors.conflict"].value > 1.0
    assert result.metrics["page.lost_updates"].value == 0


def test_a_conditional_update_decides_the_same_whatever_is_recorded() -> None:
    b = loads(COUNTER.replace("requirements: {contract: [page.lost_updates == 0]}\n", ""))
    plain, whole, part = (run(b, duration=10.0, record=r).metrics for r in (None, Recording(), Recording(1 / 8)))
    assert plain.keys() == whole.keys() == part.keys()
    for name, metric in plain.items():
        assert whole[name].value == pytest.approx(metric.value, rel=1e-9), name
        assert part[name].value == pytest.approx(metric.value, rel=1e-9), name


def test_a_condition_on_what_a_stale_cache_answered_fails() -> None:
    near = COUNTER.replace("flows:", "  near: {kind: cache, keys: 20, ttl: 1 s}\nflows:").replace(
        "db.read: {entity: page}", "near.get: {miss: [db.read: {entity: page}]}"
    )
    fresh, stale = (api.run(loads(text), duration=20.0, warmup=0.0).metrics for text in (COUNTER, near))
    assert stale["edit.retries"].value > 10 * fresh["edit.retries"].value
    assert stale["page.lost_updates"].value == 0


def test_an_update_that_came_through_before_the_timeout_is_recognised() -> None:
    hasty = COUNTER.replace("db.update: {", "db.update: {timeout: 7 ms, ")
    hasty = hasty.replace("page: {count", "page: {fields: {id: id}, identity: id, count")
    both = "contract: [page.lost_updates == 0, page.applied_twice == 0]"
    hasty = hasty.replace("contract: [page.lost_updates == 0]", both)
    assert told(hasty, "page.applied_twice") > 10  # the second attempt reads what the first one wrote
    known = hasty.replace("if: unchanged", "if: unchanged, once: id")
    result = api.run(loads(known), duration=20.0, warmup=0.0)
    assert result.metrics["page.applied_twice"].value == result.metrics["page.lost_updates"].value == 0


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("db.read: {entity: page}, ", "", "LC339"),
        ("update: {entity: page, ", "update: {", "LC338"),
        ("update: {entity: page, ", "update: {key: {count: 4}, entity: page, ", "LC339"),
    ],
)
def test_a_condition_needs_something_that_was_read(old: str, new: str, code: str) -> None:
    with pytest.raises(BlueprintError) as caught:
        loads(COUNTER.replace(old, new).replace("page.lost_updates == 0", ""))
    assert [p.code for p in caught.value.problems] == [code]
