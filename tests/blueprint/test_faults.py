"""What is wrong with the faults of a case is told with its place and what to write instead."""

from __future__ import annotations

import json

import jsonschema
import pytest

from loadcase.blueprint.load import loads
from loadcase.blueprint.schema import json_schema
from loadcase.core.errors import BlueprintError, UsageError
from loadcase.engine.run import run
from loadcase.estimate.estimate import estimate

DESIGN = """\
loadcase: 1
name: t
entities: {post: {count: 10}, user: {count: 10}}
components:
  api: {kind: service, replicas: 4, workers: 16, zones: 2}
  recent: {kind: cache, keys: 5}
  coin: {kind: cache, hit_ratio: 90 %}
  db: {kind: store}
  jobs: {kind: queue}
  kept: {kind: store, shards: 4, replicas: 2, write: async}
  gate: {kind: gateway, online: 5}
flows:
  read: {arrive: {rate: 10 /s, key: post}, steps: [{api.handle: {do: [{recent.get: {miss: [db.read]}}, coin.get]}}]}
  loop: {arrive: {users: 3, think: 1 s}, steps: [api.handle, jobs.publish]}
  work: {consume: {queue: jobs, by: api}, steps: [api.handle]}
cases:
  bad:
    duration: 30 s
    faults:
      - FAULT
"""
LINE = DESIGN.splitlines().index("      - FAULT") + 1


@pytest.mark.parametrize(
    ("fault", "code", "column", "message", "hint"),
    [
        ("crahs: {on: api}", "LC302", 9, "unknown fault 'crahs'", "crash"),
        ("failover: {on: db}", "LC380", 24, "a store without leaders", "stores with leaders: kept"),
        ("failover: {on: kept, count: 9}", "LC380", 37, "kept has 4 shards, not 9", "share: 100 %"),
        ("failover: {on: kept, count: 2, share: 5 %}", "LC382", 19, "share and count say the same", "one of the two"),
        ("failover: {on: kept, takes: 0 s}", "LC380", 37, "takes some time", "for example"),
        ("replica_lag: {on: db, lag: 1 s}", "LC380", 27, "a store without other copies", "kept"),
        ("replica_lag: {on: kept, lag: 0 s}", "LC380", 38, "a lag of 0", "leave the fault out"),
        ("disk_full: {on: api}", "LC380", 25, "stores nothing", "db"),
        ("disk_full: {on: db}", "LC380", 25, "no step writes to db", "leave the fault out"),
        ("duplicate_delivery: {on: db, share: 5 %}", "LC380", 34, "no consuming flow gets anything", "jobs"),
        ("reorder: {on: jobs, share: 5 %, delay: 0 s}", "LC380", 48, "a delay of 0", "leave the fault out"),
        ("reorder: {on: jobs, share: 5 %}", "LC304", 9, "'delay' is required", "delay"),
        ("clock_skew: {flow: work, skew: 1 s}", "LC380", 28, "work has no clients", "read"),
        ("clock_skew: {skew: 0 s}", "LC380", 28, "a skew of 0", "leave the fault out"),
        ("reconnect_storm: {on: api}", "LC380", 31, "holds no connections", "gateways: gate"),
        ("reconnect_storm: {on: gate}", "LC380", 31, "calls gate.connect", "for example reconnect"),
        ("crash: {on: api, at: 5 MB}", "LC202", 30, "expected a duration", ""),
        ("crash: {on: api, at: 5}", "LC202", 30, "expected a duration", "5 s"),
        ("crash: {on: apj}", "LC380", 21, "there is no component 'apj'", "api"),
        ("crash: {on: api, att: 5 s}", "LC301", 26, "unknown field 'att'", "at"),
        ("crash: {on: api, count: 9}", "LC380", 33, "api has 4 replicas, not 9", "share"),
        ("crash: {on: api, count: 1, share: 5 %}", "LC382", 16, "share and count say the same", "one of the two"),
        ("crash: {on: api, share: 0}", "LC380", 33, "strikes nothing", "leave the fault out"),
        ("crash: {on: api, at: 30 s}", "LC381", 30, "begins at 30 s, and the run ends 30 s after", "longer duration"),
        ("crash: {on: api, at: 20 s, for: 11 s}", "LC381", 41, "lasts until 31 s", "longer duration"),
        ("crash: {on: api, for: 0 s}", "LC381", 31, "lasts no time", "for example"),
        ("flush: {on: recent, for: 5 s}", "LC301", 29, "unknown field 'for'", ""),
        ("flush: {on: api}", "LC380", 21, "without contents to lose", "caches: recent"),
        ("flush: {on: coin}", "LC380", 21, "without contents to lose", "caches: recent"),
        ("outage: {zone: 3}", "LC380", 24, "there is no zone 3", "2"),
        ("outage: {}", "LC380", 9, "names no zone", "zone: 1"),
        ("traffic_spike: {flow: reed, factor: 2}", "LC380", 31, "no flow 'reed'", "read"),
        ("traffic_spike: {flow: loop, factor: 2}", "LC380", 31, "closed loop", "read"),
        ("consumer_pause: {flow: read}", "LC380", 32, "consumes nothing", "work"),
        ("hot_key: {entity: user, share: 5 %}", "LC380", 27, "nothing is requested by the key of 'user'", "post"),
        ("dependency_down: {on: db}", "LC380", 31, "of your own", "crash"),
        ("partition: {between: [api, jobs, db]}", "LC306", 30, "at most 2 entries", ""),
        ("partition: {between: [recent, jobs]}", "LC380", 30, "nothing travels between recent and jobs", "api"),
        ("partition: {}", "LC380", 9, "does not say what it cuts", "between"),
        ("partition: {zones: [1, 5]}", "LC380", 28, "no two zones 1 and 5", "the design has 2"),
        ("packet_loss: {share: 100 %}", "LC380", 30, "not a loss of some", "partition"),
        ("packet_loss: {share: 1 %, resend: 0 s}", "LC380", 43, "not late", "200 ms"),
        ("partition: {between: [api, api]}", "LC380", 30, "nothing travels between api and api", "links with"),
        ("slow: {on: api}", "LC304", 9, "'factor' is required", "factor"),
        ("nothing", "LC302", 9, "unknown fault 'nothing'", "crash"),
        ("[crash]", "LC303", 9, "expected one fault", "for example"),
    ],
)
def test_a_wrong_fault_is_told_at_its_place(fault: str, code: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(BlueprintError) as raised:
        loads(DESIGN.replace("FAULT", fault))
    (problem,) = raised.value.problems
    assert (problem.code, problem.line, problem.column) == (code, LINE, column), problem
    assert message in problem.message
    assert hint in problem.hint


def test_a_run_that_is_shorter_than_its_case_says_what_it_leaves_out() -> None:
    blueprint = loads(DESIGN.replace("FAULT", "crash: {on: api, count: 1, at: 2 s, for: 5 s}"))
    assert "cut short" in run(blueprint, "bad", duration=4.0).notes[0]
    with pytest.raises(UsageError, match="begins at 2 s, and the run ends 1 s after"):
        run(blueprint, "bad", duration=1.0)


def test_the_closed_form_says_that_it_leaves_the_faults_out() -> None:
    blueprint = loads(DESIGN.replace("FAULT", "crash: {on: api}"))
    assert any("faults of case bad are left out" in note for note in estimate(blueprint, "bad").notes)
    assert not any("faults" in note for note in estimate(blueprint).notes)


def test_a_variant_may_change_a_fault() -> None:
    text = (
        DESIGN.replace("FAULT", "crash: {on: api}") + "variants: {v: {cases.bad.faults: [slow: {on: dbb, factor: 2}]}}"
    )
    with pytest.raises(BlueprintError, match="no component 'dbb'") as raised:
        loads(text, variant="v")
    assert raised.value.problems[0].line == text.count("\n") + 1


@pytest.mark.parametrize(
    ("fault", "valid"),
    [("crash: {on: api, at: 5 s, for: 1 s}", True), ("crahs: {on: api}", False), ("crash: {at: 5 s}", False),
     ("flush: {on: recent, for: 5 s}", False), ("partition: {between: [api, db]}", True)],
)  # fmt: skip
def test_an_editor_knows_the_faults(fault: str, valid: bool) -> None:
    from ruamel.yaml import YAML

    data = json.loads(json.dumps(YAML(typ="safe", pure=True).load(DESIGN.replace("FAULT", fault))))
    assert jsonschema.Draft202012Validator(json_schema()).is_valid(data) is valid
