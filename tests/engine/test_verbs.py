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


@pytest.mark.parametrize("dropped", ["near.delete", "near.put"])
def test_with_a_lease_a_slow_fill_overtakes_nothing(dropped: str) -> None:
    slow = CACHED.replace("read: {entity: profile}]", "read: {entity: profile}, wait: 60 ms]")
    slow = slow.replace("near.delete", dropped).replace("keys: 50", "keys: 20")
    leased = slow.replace("keys: 20", "keys: 20, lease: true")
    assert told(slow, "profile.stale_reads") > 50
    assert told(leased, "profile.stale_reads") <= 5
    assert told(leased, "near.hit_ratio") > 0.7 * told(slow, "near.hit_ratio")


def test_a_lease_is_void_for_the_key_alone_that_was_dropped() -> None:
    both = CACHED.replace("near.delete", "other.delete").replace("keys: 50", "keys: 20")
    both = both.replace("  near:", "  other: {kind: cache, keys: 50}\n  near:")
    leased = told(both.replace("keys: 20", "keys: 20, lease: true"), "near.hit_ratio")
    assert leased == pytest.approx(told(both, "near.hit_ratio"), abs=0.02)


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


# --- claims -----------------------------------------------------------------------------------------------------------
SEATS = """\
loadcase: 1
name: seats
network: {client: 5 ms, same_zone: 1 ms}
requirements: {contract: [seat.double_claims == 0]}
entities: {seat: {count: 100, popularity: zipf(0.8)}, note: {}}
components:
  api: {kind: service, replicas: 4, workers: 64}
  db: {kind: store, shards: 4, replicas: 3, workers: 16, work: {claim: exp(4 ms), read: exp(2 ms), write: exp(2 ms)}}
flows:
  book:
    arrive: {rate: 200 /s, key: seat}
    steps:
      - api.handle:
          do:
            - db.claim: {entity: seat, lease: 500 ms, do: [wait: 20 ms, db.write: {entity: note}]}
"""


@pytest.mark.parametrize("replicas", ["replicas: 3", "replicas: 1", "replicas: 3, write: async"])
def test_a_claim_is_promised_to_one(replicas: str) -> None:
    text = SEATS.replace("replicas: 3", replicas)
    assert told(text, "seat.double_claims") == 0
    assert told(text.replace("{entity: seat,", "{entity: seat, atomic: false,"), "seat.double_claims") > 20


def test_what_is_taken_is_an_answer_and_no_effect() -> None:
    result = api.run(loads(SEATS), duration=20.0, warmup=0.0).metrics
    assert result["book.errors.taken"].value > 10
    assert result["book.availability"].value == 1.0
    h = history(SEATS)
    of = {event: int((h["event"] == CODE[event]).sum()) for event in ("invoke", "ok", "fail", "claim", "release")}
    assert of["claim"] == of["release"] == of["ok"] == of["invoke"] - of["fail"]
    assert api.judge(h, ["book.availability == 100 %"]).verdict == "holds"


def test_who_tries_again_gets_what_was_taken() -> None:
    patient = SEATS.replace("lease: 500 ms,", "lease: 500 ms, retry: {max: 50, backoff: 5 ms, jitter: full},")
    result = api.run(loads(patient), duration=20.0, warmup=0.0).metrics
    assert "book.errors.taken" not in result
    assert result["book.retries"].value > 10
    assert result["seat.double_claims"].value == 0


def test_a_claim_without_an_end_is_held_for_ever() -> None:
    for_good = SEATS.replace(", lease: 500 ms, do: [wait: 20 ms, db.write: {entity: note}]", "")
    h = history(for_good)
    assert int((h["event"] == CODE["claim"]).sum()) == 100
    assert told(for_good, "seat.double_claims") == 0
    ends = for_good.replace("{entity: seat}", "{entity: seat, lease: 500 ms}")
    assert int((history(ends)["event"] == CODE["claim"]).sum()) > 1000


def test_a_failed_step_gives_the_claim_back() -> None:
    failing = SEATS.replace("flows:", "  pay: {kind: external, work: 1 ms, error_rate: 50 %}\nflows:").replace(
        "lease: 500 ms, do: [wait: 20 ms", "do: [pay.call"
    )
    h = history(failing)
    assert (h["event"] == CODE["claim"]).sum() == (h["event"] == CODE["release"]).sum() > 3000


def test_a_slow_holder_writes_after_its_lease_unless_it_is_fenced_off() -> None:
    slow = SEATS.replace("500 ms", "50 ms").replace("wait: 20 ms", "wait: exp(40 ms)")
    assert told(slow, "seat.double_claims") > 30
    fenced = slow.replace("lease", "fencing: true, lease")
    assert told(fenced, "seat.double_claims") == 0
    result = api.run(loads(fenced), duration=20.0, warmup=0.0).metrics
    assert result["book.errors.fenced"].value > 5
    assert result["book.availability"].value < 0.99


def test_a_claim_decides_the_same_whatever_is_recorded() -> None:
    b = loads(SEATS.replace("requirements: {contract: [seat.double_claims == 0]}\n", ""))
    plain, part = (run(b, duration=10.0, record=r).metrics for r in (None, Recording(1 / 8)))
    assert plain.keys() == part.keys()
    for name, metric in plain.items():
        assert part[name].value == pytest.approx(metric.value, rel=1e-9), name


def test_a_claim_survives_crashes_with_its_lease() -> None:
    crash = "cases: {normal: {duration: 20 s, warmup: 0 s, faults: [crash: {on: @, count: 1, at: 5 s, for: 5 s}]}}\n"
    for target in ("api", "db"):
        result = api.run(loads(SEATS + crash.replace("@", target))).metrics
        assert result["seat.double_claims"].value == 0
    h = history(SEATS.replace("wait: 20 ms", "wait: 100 ms") + crash.replace("@", "api"))
    assert (h["event"] == CODE["claim"]).sum() > (h["event"] == CODE["release"]).sum()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("claim: {entity: seat, ", "claim: {", "LC338"),
        ("claim: {entity: seat, ", "claim: {key: {count: 4}, entity: seat, ", "LC339"),
        ("lease: 500 ms, do: [wait: 20 ms, db.write: {entity: note}]", "fencing: true", "LC339"),
        ("lease: 500 ms, do: [wait: 20 ms, db", "fencing: true, do: [other", "LC339"),
    ],
)
def test_a_claim_is_about_something(old: str, new: str, code: str) -> None:
    text = SEATS.replace("flows:", "  other: {kind: store}\nflows:").replace("seat.double_claims == 0", "")
    assert old in text
    with pytest.raises(BlueprintError) as caught:
        loads(text.replace(old, new))
    assert {p.code for p in caught.value.problems} == {code}


# --- transactions -----------------------------------------------------------------------------------------------------
BANK = """\
loadcase: 1
name: bank
network: {client: 5 ms, same_zone: 1 ms}
requirements: {contract: [account.unbalanced == 0, account.applied_twice == 0, account.lost == 0]}
entities: {account: {count: 200, fields: {id: id}, identity: id}}
components:
  api: {kind: service, replicas: 4, workers: 64}
  db: {kind: store, shards: 4, replicas: 3, workers: 32, work: {write: exp(8 ms), transact: exp(8 ms), read: exp(2 ms)}}
flows:
  transfer:
    arrive: {rate: 300 /s, key: account}
    steps:
      - api.handle:
          timeout: 60 ms
          retry: {max: 3, backoff: 1 ms}
          do:
            - db.transact:
                once: id
                writes: [{entity: account, amount: -10}, {entity: account, amount: 10, key: {count: 200}}]
cases: {crash: {duration: 20 s, warmup: 0 s, faults: [crash: {on: @, count: 2, at: 5 s, for: 5 s}]}}
"""
APART = BANK.replace("once: id\n                writes: [", "REST").replace(
    """            - db.transact:
                REST{entity: account, amount: -10}, {entity: account, amount: 10, key: {count: 200}}]""",
    """            - db.write: {entity: account, amount: -10, once: id}
            - db.write: {entity: account, amount: 10, key: {count: 200}, once: id}""",
)
PROMISES = ("account.unbalanced", "account.applied_twice", "account.lost")


@pytest.mark.parametrize("replicas", ["replicas: 3", "replicas: 1", "replicas: 3, write: async"])
@pytest.mark.parametrize("target", ["api", "db"])
def test_a_transaction_has_all_of_its_effects_or_none(replicas: str, target: str) -> None:
    text = BANK.replace("@", target).replace("replicas: 3", replicas)
    result = api.run(loads(text), "crash")
    assert {name: result.metrics[name].value for name in PROMISES} == dict.fromkeys(PROMISES, 0.0)
    assert result.metrics["account.unbalanced"].samples > 3000


def test_two_writes_part_in_a_crash() -> None:
    assert "db.write" in APART
    again = APART.replace("@", "db").replace("count: 2, at", "count: 6, at")
    left = api.run(loads(again.replace("max: 3", "max: 0")), "crash").metrics
    assert left["account.unbalanced"].value > 100
    assert left["account.applied_twice"].value == 0
    assert api.run(loads(APART.replace("@", "db")), "crash").metrics["account.unbalanced"].value == 0  # tried again


def test_a_transaction_is_two_effects_at_one_time() -> None:
    h = history(BANK.split("cases:")[0].replace("timeout: 60 ms", "timeout: 5 s"))
    commits = np.flatnonzero(h["event"] == CODE["commit"])
    assert len(commits) == 2 * (h["event"] == CODE["ok"]).sum()
    assert set(h["step"][commits].tolist()) == {0, 1}
    assert h["value"][commits].sum() == 0.0
    for key in range(5):
        versions = h["version"][commits][h["key"][commits] == key]
        assert list(versions) == list(range(1, len(versions) + 1))


GIVEN_UP = """\
loadcase: 1
name: given_up
network: {client: 5 ms, same_zone: 1 ms}
requirements: {contract: [note.stale_reads == 0, note.applied_twice == 0, note.lost == 0]}
entities: {page: {count: 50}, note: {fields: {id: id}, identity: id}}
components: {db: {kind: store, replicas: 3, read: quorum, workers: 32}}
flows:
  put:
    arrive: {rate: 50 /s, key: page, timeout: 500 ms, retry: {max: 20, backoff: 100 ms, jitter: full}}
    steps: [db.write: {entity: note, once: id}]
  get: {arrive: {rate: 200 /s, key: page, timeout: 1 s}, steps: [db.read: {entity: note}]}
cases: {crash: {duration: 20 s, warmup: 0 s, faults: [crash: {on: db, at: 5 s, for: 2 s}]}}
"""


def test_copies_have_the_version_that_is_committed_after_a_failed_attempt() -> None:
    found = api.run(loads(GIVEN_UP), "crash").metrics
    assert found["put.retries"].value > 1
    assert [found[f"note.{m}"].value for m in ("stale_reads", "applied_twice", "lost")] == [0, 0, 0]


SETTLED = """\
loadcase: 1
name: settled
network: {client: 5 ms, same_zone: 1 ms}
requirements: {contract: [charge.applied_twice == 0, account.applied_twice == 0, account.unbalanced == 0]}
entities:
  account: {count: 200, fields: {id: id}, identity: id}
  charge: {fields: {id: id}, identity: id}
components:
  api: {kind: service, replicas: 4, workers: 64}
  db: {kind: store, replicas: 3, workers: 32}
  books: {kind: store, workers: 0, work: exp(10 ms)}
  said: {kind: log, partitions: 4, from: books}
  later: {kind: queue}
  changes: {kind: log, partitions: 4, from: db}
flows:
  pay:
    arrive: {rate: 100 /s, key: account}
    steps:
      - api.handle:
          do:
            - books.append: {entity: charge, once: id, timeout: 20 ms, fallback: [later.publish]}
            - db.transact: {once: id, WRITES}
  settle: {consume: {log: said, by: api}, steps: [db.transact: {once: id, WRITES}]}
  tell: {consume: {log: changes, by: api}, steps: [api.handle]}
  again: {consume: {queue: later, by: api}, steps: [books.append: {entity: charge, once: id}]}
""".replace("WRITES", "writes: [{entity: account, amount: -10}, {entity: account, amount: 10, key: {count: 200}}]")


@pytest.mark.parametrize("forgetful", ["", "charge", "account"])
def test_an_effect_is_the_same_in_every_flow_that_has_it(forgetful: str) -> None:
    text = SETTLED
    if forgetful == "charge":
        text = text.replace(
            "steps: [books.append: {entity: charge, once: id}]", "steps: [books.append: {entity: charge}]"
        )
    if forgetful == "account":
        text = text.replace("[db.transact: {once: id, ", "[db.transact: {")
    found = api.run(loads(text), duration=20.0, warmup=0.0).metrics
    twice = {name: found[f"{name}.applied_twice"].value for name in ("charge", "account")}
    assert {name for name, times in twice.items() if times > 100} == ({forgetful} if forgetful else set())
    assert sum(times for name, times in twice.items() if name != forgetful) == 0
    assert found["account.unbalanced"].value == 0


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("[{entity: account, amount: -10}, {entity: account, amount: 10, key: {count: 200}}]", "[]", "LC338"),
        ("{entity: account, amount: -10}", "{entity: account, amount: -10, key: {count: 5}}", "LC339"),
        ("once: id", "amount: 5", "LC339"),
        ("entity: account, amount: -10", "entity: acount, amount: -10", "LC302"),
    ],
)
def test_a_transaction_says_what_it_writes(old: str, new: str, code: str) -> None:
    text = BANK.replace("contract: [account.unbalanced == 0, account.applied_twice == 0, account.lost == 0]", "")
    assert old in text
    with pytest.raises(BlueprintError) as caught:
        loads(text.replace("@", "db").replace(old, new))
    assert code in {p.code for p in caught.value.problems}


@pytest.mark.parametrize("text", [SEATS, COUNTER, BANK.split("cases:")[0]])
@pytest.mark.parametrize(
    "fault", ["crash: {on: db, count: 1, at: 5 s, for: 5 s}", "failover: {on: db, count: 1, at: 5 s, takes: 1 s}"]
)
def test_what_rests_on_the_past_needs_a_leader_that_has_it(text: str, fault: str) -> None:
    led = text.replace("kind: store,", "kind: store, failover: 1 s,")
    case = f"cases: {{normal: {{duration: 20 s, warmup: 0 s, faults: [{fault}]}}}}\n"
    with pytest.raises(BlueprintError) as caught:
        loads(led + case)
    assert [p.code for p in caught.value.problems] == ["LC002"]
    (problem,) = caught.value.problems
    assert problem.line == led.count("\n") + 1
    assert problem.column == case.index("on: db") + len("on: ") + 1
    paused = case.replace(fault, "pause: {on: db, count: 1, at: 5 s, for: 5 s}")
    assert loads(led + paused).cases["normal"].faults  # a leader that is slow is not replaced
