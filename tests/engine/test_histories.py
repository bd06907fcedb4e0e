"""What a run writes down of its operations: effects that emerge from it, each guarantee with a twin that breaks it."""

from __future__ import annotations

import textwrap
from collections import Counter

import numpy as np
import pytest

from loadcase import api
from loadcase.blueprint.load import loads
from loadcase.core.errors import BlueprintError
from loadcase.core.history import CODE, EVENT_NAMES, History
from loadcase.engine.recording import Recording
from loadcase.engine.run import run

CHAT = """\
loadcase: 1
name: small-chat
network: {client: 5 ms, same_zone: 1 ms}
requirements: {contract: [@]}
entities:
  conversation: {count: 100, popularity: zipf(0.8)}
  message: {fields: {client_id: id}, identity: client_id}
components:
  api: {kind: service, replicas: 4, workers: 8}
  db: {kind: store, shards: 4, replicas: 3, write: quorum, read: quorum, work: {append: exp(8 ms), read: exp(1 ms)},
       workers: 16}
  changes: {kind: log, partitions: 4, from: db, key: conversation}
  pushers: {kind: service, replicas: 2, workers: 8}
  gateway: {kind: gateway, replicas: 2}
flows:
  send:
    arrive: {rate: 200 /s, key: conversation}
    steps:
      - api.handle:
          work: exp(1 ms)
          timeout: 40 ms
          retry: {max: 3, backoff: 1 ms}
          do: [db.append: {entity: message, sequence: conversation, once: client_id}]
  history:
    arrive: {rate: 200 /s, key: conversation}
    steps: [db.read: {entity: message}]
  deliver:
    consume: {log: changes, by: pushers, in_order: conversation}
    steps:
      - pushers.handle: {work: exp(1 ms)}
      - gateway.push: {entity: message, dedupe: client_id, timeout: 12 ms, work: exp(1 ms),
                       retry: {max: 9, backoff: 1 ms}}
"""
PAIRS = [
    ("message.lost", "", "", ""),
    ("deliver.undelivered", "", "", ""),
    ("message.applied_twice", ", once: client_id", "", "db"),
    ("deliver.duplicates", ", dedupe: client_id", "", "gateway"),
    ("deliver.out_of_order", "in_order: conversation", "in_order: none", "gateway"),
    ("message.stale_reads", "read: quorum", "read: one", "db"),
    ("message.nonlinearizable", "read: quorum", "read: one", "db"),
]
"""A metric that the design keeps at 0, a change of one line, and the component in the story of what that breaks."""


def judged(metric: str, old: str = "", new: str = "", seed: int = 1) -> api.RunResult:
    text = CHAT.replace("@", f"{metric} == 0")
    assert old in text
    return api.run(loads(text.replace(old, new) if old else text), seed=seed, duration=20.0, warmup=0.0)


@pytest.mark.parametrize("metric", [metric for metric, *_ in PAIRS])
def test_the_design_keeps_its_promises(metric: str) -> None:
    for seed in range(1, 6):
        result = judged(metric, seed=seed)
        assert result.metrics[metric].value == 0.0, result.stories
        assert result.metrics[metric].samples > 1000
        assert not result.doubts


@pytest.mark.parametrize(("metric", "old", "new", "component"), [pair for pair in PAIRS if pair[1]])
def test_one_changed_line_breaks_it(metric: str, old: str, new: str, component: str) -> None:
    result = judged(metric, old, new)
    assert result.metrics[metric].value > 0
    assert component in {line.component for line in result.stories[metric].lines}


def test_a_message_that_is_pushed_without_an_answer_is_not_undelivered() -> None:
    result = judged("deliver.undelivered", "retry: {max: 9, backoff: 1 ms}", "priority: normal")
    assert result.metrics["deliver.errors"].value > 0  # the pusher gave up, and yet the message had been received
    assert result.metrics["deliver.undelivered"].value == 0


# --- with faults ------------------------------------------------------------------------------------------------------
ENDS = [CODE[event] for event in ("ok", "fail", "info")]
ALL = ["message.lost", "message.applied_twice", "deliver.undelivered", "deliver.duplicates", "deliver.out_of_order"]


def struck(fault: str, old: str = "", new: str = "") -> api.RunResult:
    text = (
        CHAT.replace("@", ", ".join(f"{metric} == 0" for metric in ALL)).replace(old, new)
        if old
        else CHAT.replace("@", ", ".join(f"{metric} == 0" for metric in ALL))
    )
    case = f"cases: {{struck: {{duration: 20 s, warmup: 0 s, faults: [{fault}]}}}}\n"
    return api.run(loads(text + case), "struck")


@pytest.mark.parametrize(
    "fault",
    [
        "duplicate_requests: {flow: send, share: 20 %, at: 2 s, for: 10 s}",
        "crash: {on: pushers, count: 1, at: 5 s, for: 4 s, takeover: 1 s}",
        "crash: {on: api, count: 2, at: 5 s, for: 4 s}",
        "crash: {on: db, count: 1, at: 5 s, for: 4 s}",
        "crash: {on: changes, count: 1, at: 5 s, for: 4 s}",
        "pause: {on: pushers, count: 1, at: 5 s, for: 4 s}",
        "hot_key: {entity: conversation, share: 10 %, at: 5 s, for: 4 s}",
        "traffic_spike: {flow: send, factor: 3, at: 5 s, for: 3 s}",
    ],
    ids=lambda fault: fault.split(",")[0].replace(": {", " "),
)
def test_the_promises_outlive_a_fault(fault: str) -> None:
    result = struck(fault)
    assert {metric: result.metrics[metric].value for metric in ALL} == dict.fromkeys(ALL, 0.0)


def test_what_a_store_feeds_to_a_log_gets_there_without_acknowledgements_too() -> None:
    result = struck("crash: {on: changes, count: 1, at: 5 s, for: 4 s}", "from: db, key", "acks: none, from: db, key")
    assert {metric: result.metrics[metric].value for metric in ALL} == dict.fromkeys(ALL, 0.0)


def test_a_request_that_is_sent_twice_is_applied_twice_without_an_identity() -> None:
    fault = "duplicate_requests: {flow: send, share: 20 %, at: 2 s, for: 10 s}"
    result = struck(fault, ", once: client_id", "")
    assert result.metrics["message.applied_twice"].value > 300
    assert judged("message.applied_twice", ", once: client_id", "").metrics["message.applied_twice"].value < 100


def test_what_is_given_up_while_a_gateway_is_down_is_never_delivered() -> None:
    result = struck("crash: {on: gateway, count: 1, at: 5 s, for: 4 s}")
    assert result.metrics["deliver.undelivered"].value > 0
    assert result.metrics["message.lost"].value == 0
    assert any(
        "crash of gateway" in name for line in result.stories["deliver.undelivered"].lines for name in line.faults
    )


# --- the rows -----------------------------------------------------------------------------------------------------
def history(text: str = CHAT.replace("@", ""), share: float = 1.0, seed: int = 1) -> History:
    found = run(loads(text), seed=seed, duration=10.0, warmup=0.0, record=Recording(share)).history
    assert isinstance(found, History)
    return found


def counts(h: History) -> Counter[str]:
    return Counter(EVENT_NAMES[e] for e in h["event"])


def test_every_operation_is_there_once() -> None:
    h = history()
    of = counts(h)
    assert of["invoke"] == of["ok"] + of["info"] + of["fail"]
    assert of["commit"] == of["publish"] == of["deliver"]
    assert (np.diff(h["time_s"]) >= 0).all()
    assert h.meta.drained
    assert (h.meta.writes, h.meta.delivers) == ({"send": ("message",)}, {"deliver": ("message",)})


@pytest.mark.parametrize(("instead", "promised"), [("page", {"edit": ("page",)}), ("note", {})])
def test_a_fallback_promises_what_both_have_an_effect_on(instead: str, promised: dict[str, object]) -> None:
    text = f"""
        loadcase: 1
        name: wiki
        requirements: {{contract: [page.lost_updates == 0]}}
        entities: {{page: {{count: 5}}, note: {{}}}}
        components: {{db: {{kind: store, workers: 4, work: exp(20 ms)}}}}
        flows:
          edit:
            arrive: {{rate: 50 /s, key: page}}
            steps:
              - db.read: {{entity: page}}
              - db.update: {{entity: page, if: unchanged, fallback: [db.append: {{entity: {instead}}}]}}
    """
    h = history(textwrap.dedent(text))
    assert h.meta.writes == promised
    effects = set(h["operation"][h["event"] == CODE["commit"]])
    acknowledged = set(h["operation"][h["event"] == CODE["ok"]])
    assert acknowledged
    assert acknowledged <= effects  # every acknowledged edit is somewhere


def test_versions_count_up_by_key_and_messages_carry_them() -> None:
    h = history()
    for event in ("commit", "publish", "deliver"):
        rows = np.flatnonzero(h["event"] == CODE[event])
        for key in range(5):
            versions = h["version"][rows][h["key"][rows] == key]
            assert list(versions) == list(range(1, len(versions) + 1))


def test_a_sample_has_all_that_happened_to_its_keys() -> None:
    whole, part = history(), history(share=0.5)
    keys = set(part["key"][part["event"] == CODE["invoke"]].tolist())
    assert 20 < len(keys) < 80
    assert part.meta.sample is not None
    for event in ("invoke", "commit", "read", "publish", "deliver"):
        rows = np.flatnonzero((whole["event"] == CODE[event]) & np.isin(whole["key"], list(keys)))
        assert len(rows) == counts(part)[event]


@pytest.mark.parametrize(
    "fault",
    [
        "duplicate_requests: {flow: send, share: 20 %, at: 1 s, for: 3 s}",
        "hot_key: {entity: conversation, share: 50 %, at: 1 s, for: 3 s}",
        "hot_key: {entity: user, share: 50 %, at: 1 s, for: 3 s}",
        "traffic_spike: {flow: send, factor: 3, at: 1 s, for: 2 s}",
        "clock_skew: {skew: 1 s, at: 1 s, for: 3 s}",
    ],
)
def test_another_schedule_meets_the_same_arrivals(fault: str) -> None:
    text = CHAT.replace("@", "").replace("rate: 200 /s", "rate: 200 /s, session: user")
    text = text.replace("entities:", "entities:\n  user: {count: 40, popularity: zipf(1)}")
    text = text.replace("key: conversation}\n    steps: [db.read", "key: user}\n    steps: [db.read")
    b = loads(f"{text}cases: {{c: {{duration: 5 s, warmup: 0 s, faults: [{fault}]}}}}\n")
    both = [run(b, "c", seed=2, record=Recording(), schedule=schedule).history for schedule in (0, 1)]
    sent = [h["event"] == CODE["invoke"] for h in both]
    assert 1000 < sent[0].sum() == sent[1].sum()
    for column in ("time_s", "operation", "flow", "key", "session", "clock_s"):
        assert np.array_equal(*(h[column][rows] for h, rows in zip(both, sent, strict=True))), column
    commits = [h["time_s"][h["event"] == CODE["commit"]] for h in both]
    assert not set(commits[0]) & set(commits[1])


def test_a_broadcast_is_delivered_to_those_who_are_connected_to_each_replica() -> None:
    text = CHAT[: CHAT.index("gateway.push")] + "gateway.broadcast: {entity: message, work: exp(1 ms)}\n"
    promised = text.replace("@", "deliver.undelivered == 0, deliver.duplicates == 0")
    case = "cases: {c: {duration: 10 s, warmup: 0 s, faults: [crash: {on: gateway, count: 1, at: 2 s, for: 4 s}]}}\n"
    result = api.run(loads(promised + case), "c")
    assert result.metrics["deliver.undelivered"].value == 0.0  # who is connected gets it
    assert result.metrics["deliver.undelivered"].samples > 1000
    assert result.metrics["deliver.duplicates"].value == 0.0
    assert result.metrics["deliver.errors"].value == 0.0
    h = history(text.replace("@", ""))
    rows = np.flatnonzero(h["event"] == CODE["deliver"])
    assert np.array_equal(h["receiver"][rows], h["place"][rows])
    assert Counter(h["receiver"][rows].tolist()) == dict.fromkeys((0, 1), counts(h)["commit"])


def test_operations_say_whose_they_are() -> None:
    both = CHAT.replace("@", "").replace("rate: 200 /s", "rate: 200 /s, session: {count: 40}")
    drawn = history(both)
    sent = drawn["event"] == CODE["invoke"]
    assert (drawn["session"][sent] >= 0).all()
    assert (drawn["session"][~sent] < 0).all()
    flows = [drawn["session"][sent & (drawn["flow"] == drawn.code("flow", name))] for name in ("send", "history")]
    assert [len(np.unique(found)) for found in flows] == [40, 40]
    assert not set(flows[0]) & set(flows[1])  # two key spaces of their own
    shared = both.replace("{count: 40}", "user").replace(
        "entities:", "entities:\n  user: {count: 40, popularity: zipf(1)}"
    )
    same = history(shared)
    flows = [same["session"][(same["event"] == CODE["invoke"]) & (same["flow"] == i)] for i in range(2)]
    assert set(flows[0]) == set(flows[1])
    for column in ("time_s", "key", "version", "base"):  # whose they are changes nothing
        assert np.array_equal(same[column], history()[column], equal_nan=True)


def test_the_key_may_be_the_session() -> None:
    own = history(CHAT.replace("@", "").replace("rate: 200 /s", "rate: 200 /s, session: conversation"))
    sent = own["event"] == CODE["invoke"]
    assert np.array_equal(own["session"][sent], own["key"][sent])


def test_a_client_of_a_closed_loop_is_a_session() -> None:
    h = history(CHAT.replace("@", "").replace("{rate: 200 /s, key", "{users: 30, think: 100 ms, key"))
    sent = np.flatnonzero(h["event"] == CODE["invoke"])
    assert len(np.unique(h["session"][sent])) == 60
    over: dict[int, int] = {}
    for row in sent:  # a client has one request at a time
        session = int(h["session"][row])
        ended = np.flatnonzero((h["operation"] == over.get(session, -2)) & np.isin(h["event"], ENDS))
        assert session not in over or (len(ended) == 1 and ended[0] < row)
        over[session] = int(h["operation"][row])


def test_checks_of_a_permission_are_those_reads_that_find_it_given() -> None:
    text = (
        "loadcase: 1\nname: t\nentities: {member: {count: 20}, may: {}, note: {}}\n"
        "components:\n"
        "  db: {kind: store, replicas: 3, read: one, workers: 0, work: {write: exp(40 ms), read: exp(1 ms)}}\n"
        "  near: {kind: cache, keys: 9, ttl: 50 ms}\n"
        "flows:\n"
        "  ban: {arrive: {rate: 20 /s, key: member}, steps: [db.write: {entity: may, permission: revoke}]}\n"
        "  pardon: {arrive: {rate: 20 /s, key: member}, steps: [db.write: {entity: may, permission: grant}]}\n"
        "  act: {arrive: {rate: 50 /s, key: member}, steps: [near.get: {miss: [db.read: {entity: may}]}, "
        "db.write: {entity: note}, db.read: {entity: note}]}\n"
    )
    h = history(text)
    of = counts(h)
    named = [(EVENT_NAMES[e], h.text("entity", i)) for i, e in enumerate(h["event"])]
    commits = {
        (int(h["key"][i]), int(h["version"][i])): "revoke" if h.text("flow", i) == "ban" else "grant"
        for i, row in enumerate(named)
        if row == ("commit", "may")
    }
    assert of["revoke"] + of["grant"] == len(commits)
    assert (np.diff(h["time_s"]) >= 0).all()
    allowed = early = 0
    given: set[tuple[int, int]] = set()
    committed: set[tuple[int, int]] = set()
    for i, row in enumerate(named):
        if row[1] != "may":
            continue
        made, saw = ((int(h["key"][i]), int(h[column][i])) for column in ("version", "base"))
        match row[0]:
            case "commit":
                committed.add(made)
            case "revoke":
                assert named[i - 1] == ("commit", "may")
                assert commits[made] == "revoke"
            case "grant":  # at its commit, or as soon as somebody has seen it
                assert commits[made] == "grant"
                given.add(made)
                early += made not in committed
            case "read":
                free = commits.get(saw, "grant") == "grant"
                after = next(j for j in range(i + 1, len(named) + 1) if j == len(named) or named[j][0] != "grant")
                assert (named[after] == ("allow", "may")) == free
                assert not free or all(h[c][i] == h[c][after] for c in ("operation", "key", "component", "place"))
                allowed += free
            case "allow":
                assert saw[1] == 0 or saw in given
    assert 0 < allowed == of["allow"] < sum(row == ("read", "may") for row in named)
    assert early > 0


def test_a_history_is_the_same_every_time() -> None:
    first, second = history(), history()
    for column in ("time_s", "operation", "version", "key", "place"):
        assert np.array_equal(first[column], second[column], equal_nan=True)


def test_what_is_recorded_does_not_change_what_is_measured() -> None:
    plain = CHAT.replace("@", "")
    without = run(loads(plain), seed=3, duration=5.0).metrics
    sampled = run(loads(plain), seed=3, duration=5.0, record=Recording(1 / 1024, reads=False)).metrics
    assert without.keys() == sampled.keys()
    for name, metric in without.items():
        assert sampled[name].value == pytest.approx(metric.value, rel=1e-9), name


def test_operations_in_doubt_are_told_apart() -> None:
    h = history(
        CHAT.replace("@", "").replace("timeout: 40 ms\n          retry: {max: 3, backoff: 1 ms}", "timeout: 8 ms")
    )
    of = counts(h)
    assert of["info"] > 0
    assert of["fail"] == 0
    assert of["commit"] > of["ok"] - of["read"]  # what nobody waited for has happened all the same


def test_identities_and_sequences_name_what_there_is() -> None:
    text = CHAT.replace("@", "")
    for old, new, said in (
        ("once: client_id", "once: clientid", "client_id"),
        ("sequence: conversation", "sequence: conversatoin", "conversation"),
        ("entity: message, dedupe", "dedupe", "entity"),
        ("[db.read: {entity: message}]", "[gateway.push: {entity: message, dedupe: client_id}]", "consumes none"),
        ("gateway.push: {entity: message, dedupe", "gateway.broadcast: {entity: message, dedupe", "dedupe"),
    ):
        with pytest.raises(BlueprintError) as caught:
            loads(text.replace(old, new, 1))
        assert said in str(caught.value)


def test_what_was_never_committed_changes_no_permission() -> None:
    text = (
        "loadcase: 1\nname: t\nrequirements: {contract: [may.allowed_after_revoke == 0]}\n"
        "entities: {member: {count: 20}, may: {}}\n"
        "components:\n"
        "  db: {kind: store, replicas: 3, read: quorum, workers: 2, queue: 2, work: {write: exp(40 ms), read: 1 ms}}\n"
        "flows:\n"
        "  ban: {arrive: {rate: 50 /s, key: member}, steps: [db.write: {entity: may, permission: revoke}]}\n"
        "  act: {arrive: {rate: 50 /s, key: member}, steps: [db.read: {entity: may}]}\n"
    )
    found = api.run(loads(text), duration=20.0, history=0.0)
    assert found.metrics["ban.availability"].value < 0.9, "some copies have what was never committed"
    assert found.metrics["may.allowed_after_revoke"].value == 0
