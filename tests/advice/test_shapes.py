"""Every shape is found where the structure, the figures or the words of the task say it, and only there."""

from __future__ import annotations

import pytest

from loadcase.advice.advising import advise
from loadcase.advice.facts import Facts, heard
from loadcase.advice.knowledge import knowledge
from loadcase.advice.shapes import STRUCTURE
from loadcase.blueprint.load import loads
from loadcase.review.design import Design

PLAIN = """
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
"""
READS = """
entities: {page: {count: 1k, key: id}}
components: {db: {kind: store, workers: 8, replicas: 2, write: all}}
flows:
  view: {arrive: {rate: 500 /s, key: page}, steps: [db.read: {entity: page}]}
  edit: {arrive: {rate: RATE /s, key: page}, steps: [db.write: {entity: page}]}
"""
KEYS = """
entities: {user: {count: 1M, popularity: POPULARITY}}
components: {db: {kind: store}}
flows: {r: {arrive: {rate: 10 /s, key: user}, steps: [db.read: {entity: user}]}}
"""
ONE_NODE = """
entities: {item: {count: 1M, size: SIZE}}
components: {db: {kind: store, shards: 4, workers: 4}}
flows: {r: {arrive: {rate: 10 /s, key: item}, steps: [db.read: {entity: item}]}}
"""
CHAT = """
entities: {msg: {count: 10, order_by: seq, fields: {seq: int}}}
components: {db: {kind: store}, l: {kind: log, from: db}, s: {kind: service}, g: {kind: gateway}}
flows:
  say: {arrive: {rate: 1 /s, key: msg}, steps: [db.append: {entity: msg, sequence: msg}]}
  tell: {consume: {log: l, by: s}, steps: [g.push: {entity: msg}]}
"""
SPREAD = """
components: {q: {kind: log}, s: {kind: service}, db: {kind: store, workers: 64}}
flows:
  post: {arrive: {rate: 1 /s}, steps: [q.publish]}
  spread: {consume: {log: q, by: s}, steps: [fan_out: {n: COUNT, do: [db.VERB]}]}
"""
SENDS = """
components: {q: {kind: queue}, s: {kind: service}, out: {kind: external, like: LIKE}}
flows:
  ask: {arrive: {rate: 1 /s}, steps: [q.publish]}
  send: {consume: {queue: q, by: s}, steps: [out.call: {timeout: 5 s}]}
"""
LIMITED = """
entities: {client: {count: 100}}
components: {l: {kind: limiter, rate: 10 /s, key: client}, s: {kind: service}, db: {kind: store}}
flows:
  check: {arrive: {rate: 5 /s, key: client}, steps: [l.take, s.handle]}
  more: {arrive: {rate: 1 /s}, steps: [MORE]}
"""
CLAIMED = """
entities: {seat: {count: 100}}
components: {db: {kind: store}}
flows: {book: {arrive: {rate: 1 /s, key: seat}, steps: [db.VERB: {entity: seat}]}}
"""
STAGES = """
components: {a: {kind: queue}, b: {kind: queue}, s: {kind: service}, db: {kind: store}}
flows:
  come: {arrive: {rate: 1 /s}, steps: [a.publish]}
  first: {consume: {queue: a, by: s}, steps: [b.publish]}
  second: {consume: {queue: LAST, by: s}, steps: [db.write]}
"""
EDITED = """
entities: {doc: {count: 100}}
components: {db: {kind: store}, l: {kind: log, from: db}, s: {kind: service}, g: {kind: gateway}}
flows:
  edit: {arrive: {rate: 1 /s, key: doc}, steps: [db.read: {entity: doc}, db.update: {entity: doc, if: unchanged}]}
  tell: {consume: {log: l, by: s}, steps: [STEP]}
"""
PROMISE = """
requirements: {contract: [LINE]}
entities: {m: {count: 10}}
components: {db: {kind: store}, l: {kind: log, from: db}, s: {kind: service}, g: {kind: gateway}}
flows:
  w: {arrive: {rate: 1 /s, key: m}, steps: [db.append: {entity: m}]}
  d: {consume: {log: l, by: s}, steps: [g.push: {entity: m}]}
"""
FOUND = {
    "read-heavy": (READS.replace("RATE", "50"), READS.replace("RATE", "51")),
    "fan-out": (
        SPREAD.replace("COUNT", "100").replace("VERB", "append"),
        SPREAD.replace("COUNT", "99").replace("VERB", "append"),
    ),
    "hot-key": (KEYS.replace("POPULARITY", '"hot(5 %, 1)"'), KEYS.replace("POPULARITY", '"hot(4 %, 1)"')),
    "order": (PROMISE.replace("LINE", "d.out_of_order == 0"), PROMISE.replace("LINE", "d.duplicates == 0")),
    "durable": (PROMISE.replace("LINE", "m.lost == 0"), PROMISE.replace("LINE", "m.lost < 5")),
    "control": ("api: {ban: {kind: control}}" + PLAIN, "api: {ban: {kind: write}}" + PLAIN),
    "small": (ONE_NODE.replace("SIZE", "1 kB"), ONE_NODE.replace("SIZE", "100 MB")),
    "feed": (
        SPREAD.replace("COUNT", "20").replace("VERB", "append"),
        SPREAD.replace("COUNT", "20").replace("VERB", "read"),
    ),
    "chat": (CHAT, CHAT.replace("order_by: seq, ", "")),
    "live": (
        PROMISE.replace("g.push: {entity: m}", "g.broadcast").replace("LINE", "w.p95 < 1 s"),
        PROMISE.replace("LINE", "w.p95 < 1 s"),
    ),
    "notifications": (SENDS.replace("LIKE", "push_provider"), SENDS.replace("LIKE", "payment_provider")),
    "payments": (SENDS.replace("LIKE", "payment_provider"), SENDS.replace("LIKE", "push_provider")),
    "lookup": (READS.replace("RATE", "5"), READS.replace("RATE", "5").replace("key: id", "key: [site, id]")),
    "limiter": (LIMITED.replace("MORE", "l.take"), LIMITED.replace("MORE", "db.read")),
    "search": (
        "components: {i: {kind: search_index}}\nflows: {q: {arrive: {rate: 1 /s}, steps: [i.query]}}\n",
        "components: {i: {kind: search_index}}\nflows: {q: {arrive: {rate: 1 /s}, steps: [i.put]}}\n",
    ),
    "dispatch": (CLAIMED.replace("VERB", "claim"), CLAIMED.replace("VERB", "write")),
    "media": (
        "components: {o: {kind: object_store}}\nflows: {q: {arrive: {rate: 1 /s}, steps: [o.fetch]}}\n",
        "components: {o: {kind: object_store}, s: {kind: service}}\n"
        "flows: {q: {arrive: {rate: 1 /s}, steps: [s.handle]}}\n",
    ),
    "sync": (EDITED.replace("STEP", "g.push: {entity: doc}"), EDITED.replace("STEP", "s.handle")),
    "generation": (
        "components: {m: {kind: model}}\nflows: {q: {arrive: {rate: 1 /s}, steps: [m.generate]}}\n",
        "components: {m: {kind: external}}\nflows: {q: {arrive: {rate: 1 /s}, steps: [m.call]}}\n",
    ),
    "tenants": (
        "entities: {row: {fields: {tenant_id: id}}}" + PLAIN,
        "entities: {row: {fields: {owner_id: id}}}" + PLAIN,
    ),
    "pipeline": (STAGES.replace("LAST", "b"), STAGES.replace("LAST", "a")),
    "access": (
        "entities: {may: {count: 5}}\ncomponents: {db: {kind: store}}\n"
        "flows: {give: {arrive: {rate: 1 /s, key: may}, steps: [db.write: {entity: may, permission: grant}]}}\n",
        "entities: {may: {count: 5}}\ncomponents: {db: {kind: store}}\n"
        "flows: {give: {arrive: {rate: 1 /s, key: may}, steps: [db.write: {entity: may}]}}\n",
    ),
}
"""For each shape a design that has it by its structure or its figures, and one that just does not."""


def facts(text: str) -> Facts:
    return Facts(Design(loads("loadcase: 1\nname: x\n" + text)))


def shapes(text: str) -> set[str]:
    return {shape.name for shape in advise(loads("loadcase: 1\nname: x\n" + text)).shapes}


def test_every_structure_is_tried() -> None:
    assert set(FOUND) == set(STRUCTURE)
    assert set(STRUCTURE) <= set(knowledge().shapes)


@pytest.mark.parametrize("name", FOUND)
def test_the_structure_says_it(name: str) -> None:
    found = list(STRUCTURE[name](facts(FOUND[name][0])))
    assert found
    assert all(said.text and said.path for said in found)


@pytest.mark.parametrize("name", FOUND)
def test_the_structure_just_does_not_say_it(name: str) -> None:
    assert list(STRUCTURE[name](facts(FOUND[name][1]))) == []


@pytest.mark.parametrize("name", [name for name, entry in knowledge().shapes.items() if entry.words])
def test_every_word_of_the_task_says_it(name: str) -> None:
    for word in knowledge().shapes[name].words:
        spoken = word.replace("*", "")
        assert name in shapes(f'prompt: "Design a {spoken} of our own"' + PLAIN), word
        assert name not in shapes(f'requirements: {{deferred: ["{spoken}"]}}' + PLAIN), word


def test_a_plain_design_has_no_shape() -> None:
    assert shapes(PLAIN) == set()


def test_evidence_has_figures_and_places() -> None:
    found = advise(loads("loadcase: 1\nname: x" + READS.replace("RATE", "5")))
    (evidence,) = next(s for s in found.shapes if s.name == "read-heavy").evidence
    assert evidence.text == "500/s reads at the peak against 5/s writes: 100 to 1"
    assert evidence.place.line == 6


def test_a_case_of_a_hot_key_is_evidence() -> None:
    text = KEYS.replace("POPULARITY", "uniform") + "cases: {hot: {faults: [hot_key: {entity: user, share: 9 %}]}}\n"
    assert [s.text for s in STRUCTURE["hot-key"](facts(text))] == ["case hot sends 9 % of all requests to one user"]


@pytest.mark.parametrize(
    ("text", "terms", "word"),
    [
        ("a feed of posts", ("feed",), "feed"),
        ("feedback", ("feed",), ""),
        ("ban_user", ("ban",), "ban"),
        ("urban", ("ban",), ""),
        ("Live-Comments here", ("live comment*",), "live-comments"),
        ("re-order", ("order",), "order"),
        ("a bc", ("b.",), ""),
    ],
)
def test_words_are_whole(text: str, terms: tuple[str, ...], word: str) -> None:
    assert heard(text, terms) == word
