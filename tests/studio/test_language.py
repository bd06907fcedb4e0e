"""What an editor is told: completion wherever something may be typed, help for every word, problems at their place."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, SequenceNode

from loadcase.blueprint.load import REQUIRED
from loadcase.blueprint.overlay import SECTIONS as KNOWN
from loadcase.blueprint.parse_steps import KEYWORDS as STEPS
from loadcase.faults import faults
from loadcase.kinds import kinds
from loadcase.profiles import profile_names
from loadcase.studio.analyse import analyse, review
from loadcase.studio.completion import completions
from loadcase.studio.language import KEYWORDS, SECTIONS, language
from loadcase.studio.outline import cursor, entries
from loadcase.systems import systems

HEAD = """\
loadcase: 1
name: x
estimates: {peak: 2 /s}
entities:
  message: {count: 10}
components:
  api: {kind: service, replicas: 3}
  db: {kind: store, like: postgres}
  c:
    kind: cache
    keys: 10
  bus: {kind: log}
  mq: {like: rabbitmq}
flows:
  send:
    arrive: {rate: 1 /s, key: message}
    steps:
      - api.handle
"""


def at(text: str) -> dict[str, Any]:
    """What is proposed at the bar in a text."""
    before, _, after = text.partition("|")
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    found = completions(before + after, line, column)
    assert found["from"] <= column
    return found


def labels(text: str) -> list[str]:
    return [item["label"] for item in at(text)["items"]]


def test_sections_stand_at_the_top() -> None:
    assert labels("|") == list(SECTIONS)
    assert set(SECTIONS) == set(KNOWN)
    assert set(REQUIRED) <= set(SECTIONS)
    assert labels("comp|") == ["components"]
    assert "name" not in labels("name: x\n|")
    assert labels(HEAD + "dec|") == ["decisions"]


@pytest.mark.parametrize(
    ("text", "wanted", "never"),
    [
        (HEAD + "cases:\n  peak:\n    |", {"load", "faults", "degrade"}, {"kind", "components"}),
        (HEAD + "cases:\n  peak: {load: 2, |", {"faults"}, {"load"}),
        (HEAD + "cases:\n  peak:\n    faults:\n      - |", {"crash", "outage"}, {"load", "api"}),
        (HEAD + "cases:\n  peak:\n    faults:\n    - |", {"crash", "outage"}, {"load"}),
        (HEAD + "cases:\n  peak: {faults: [crash: {on: api}, |", {"crash", "outage"}, {"on"}),
        (HEAD + "cases:\n  peak: {faults: [crash: {on: |", {"api", "db", "bus"}, {"send", "crash"}),
        (HEAD + "cases:\n  peak: {faults: [crash: {on: api, |", {"share", "at", "for"}, {"on", "crash"}),
        (HEAD + "cases:\n  peak:\n    faults:\n      - crash:\n          |", {"on", "at"}, {"crash"}),
        (HEAD + "cases:\n  peak:\n    sacred: [|", {"send.p95", "message.lost", "db.utilisation"}, {"api.p95"}),
        (HEAD + "cases:\n  peak:\n    degrade: {|", {"send.p95", "cost"}, {"load"}),
        (HEAD.replace("kind: service,", "kind: |,"), set(kinds()), {"postgres"}),
        (HEAD.replace("like: postgres", "like: |"), {"postgres", "cassandra"}, {"redis", "kafka"}),
        (HEAD.replace("kind: store,", "kind: store, |,"), {"shards", "write"}, {"policy", "kind", "like"}),
        (HEAD.replace("keys: 10", "policy: |"), {"lru", "lfu"}, {"true"}),
        (HEAD.replace("    keys: 10", "    coalesce: |"), {"true", "false"}, {"lru"}),
        (HEAD.replace("kind: service, replicas: 3", "|"), {"kind", "like"}, {"policy"}),
        (HEAD + "      - |", {"api.handle", "db.write", "c.get", "mq.publish", "parallel"}, {"send", "api.get"}),
        (HEAD + "      - db.|", {"db.read", "db.write"}, {"api.handle"}),
        (HEAD + "      - db.write: {|", {"entity", "timeout", "retry"}, {"miss"}),
        (HEAD + "      - c.get:\n          |", {"miss", "key"}, {"entity", "once"}),
        (HEAD + "      - c.get:\n          miss: [|", {"db.read", "spawn"}, {"miss"}),
        (HEAD + "      - api.handle:\n          do:\n            - c.|", {"c.get", "c.put"}, {"db.read"}),
        (HEAD + "      - api.handle:\n          retry: {jitter: |", {"full", "equal", "none"}, {"fifo"}),
        (HEAD + "      - fan_out: {|", {"n", "do", "need"}, {"api.handle"}),
        (HEAD + "  tell:\n    consume: {log: |", {"bus"}, {"db", "mq"}),
        (HEAD + "  tell:\n    consume: {log: bus, by: |", {"api"}, {"bus"}),
        (HEAD + "  tell:\n    |", {"arrive", "consume", "steps"}, {"send"}),
        (HEAD.replace("rate: 1 /s", "rate: |"), {"peak", "5 /s"}, {"message"}),
        (HEAD.replace("key: message", "key: |"), {"message"}, {"api"}),
        (HEAD + "requirements:\n  contract:\n    - send.|", {"send.p95", "send.availability"}, {"db.rate"}),
        (HEAD + "requirements: {contract: [message.|", {"message.lost"}, {"send.p95"}),
        (HEAD + "decisions:\n  a: {choose: x, |", {"over", "variant", "flips_when"}, {"choose"}),
    ],
)
def test_what_may_stand_here_is_proposed(text: str, wanted: set[str], never: set[str]) -> None:
    found = set(labels(text))
    assert wanted <= found
    assert not never & found


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "# comp|", HEAD.replace("name: x", "title: >\n  com|"), HEAD.replace("name: x", "prompt: |\n  com|", 1),
        HEAD.replace("replicas: 3}", "replicas: 3} |"), "]}|", "}: |", "- - - |", ":\n:|", "'|", "{{{{|", "a: [b: {c|",
        "\t\tx: |", "é: {ü: |", "&a *b |", "components: {x: {kind: service}}\nflows: {f: {steps: [x.|]}}",
    ],
)  # fmt: skip
def test_odd_text_raises_nothing(text: str) -> None:
    at(text)


def test_every_prefix_of_a_design_can_be_completed() -> None:
    text = next(s for s in systems() if s.name == "chat").path.read_text("utf-8")
    for end in range(0, len(text), 97):
        part = text[:end]
        completions(part, part.count("\n") + 1, len(part.rpartition("\n")[2]) + 1)


@pytest.mark.parametrize("name", [s.name for s in systems()])
def test_a_gallery_design_is_read_as_yaml_reads_it(name: str) -> None:
    """The outline of a whole file has the keys that a parser finds, but for what aliases stand for."""
    text = next(s for s in systems() if s.name == name).path.read_text("utf-8")
    seen: set[int] = set()

    def paths(node: Any, path: tuple[Any, ...] = ()) -> set[tuple[Any, ...]]:
        found: set[tuple[Any, ...]] = set()
        if id(node) in seen:  # an alias
            return found
        seen.add(id(node))
        if isinstance(node, MappingNode):
            for key, value in node.value:
                found |= {(*path, key.value)} | paths(value, (*path, key.value))
        elif isinstance(node, SequenceNode):
            for i, value in enumerate(node.value):
                found |= paths(value, (*path, i))
        return found

    read = {e.path for e in entries(text) if e.path and isinstance(e.path[-1], str)}
    assert read == paths(YAML().compose(text))


def test_a_name_is_replaced_without_its_colon() -> None:
    (item,) = at("com|: {}")["items"]
    assert item["insert"] == "components"
    assert at("com|")["items"][0]["insert"] == "components: "
    assert cursor("a: {b: cd", 1, 10).column == 8


def test_every_word_of_the_format_has_help() -> None:
    known = language()
    assert {k["kind"] for k in known["kinds"]} == set(kinds())
    assert {f["name"] for f in known["faults"]} == set(faults())
    assert {p["name"] for p in known["profiles"]} == set(profile_names())
    assert set(KEYWORDS) == set(STEPS)
    lists = [known[name] for name in ("sections", "kinds", "step_options", "case_fields", "faults", "metrics")]
    lists += [known[name] for name in ("flow_fields", "arrive_fields", "consume_fields", "profiles", "keywords")]
    lists += [k["fields"] for k in known["kinds"]] + [f["fields"] for f in known["faults"]]
    lists += [v["options"] for k in known["kinds"] for v in k["verbs"]]
    for one in lists:
        assert one
        for word in one:
            assert word["doc"], word
    assert {"s", "B", "USD"} <= set(known["units"])


# --- analysis ---------------------------------------------------------------------------------------------------------
SHOP = """\
loadcase: 1
name: shop
requirements: {contract: [buy.p95 < 300 ms]}
components:
  web: {kind: service, replicas: 4, workers: 8, why: it serves}
flows:
  buy: {arrive: {rate: 100 /s}, steps: [web.handle: {work: exp(2 ms)}]}
cases:
  peak: {load: 2, duration: 20 s, faults: [crash: {on: web, share: 50 %, at: 5 s, for: 5 s}]}
variants:
  small: {components.web.replicas: 1}
decisions:
  size: {choose: four, over: [one], variant: small}
"""


def test_a_design_is_analysed() -> None:
    found = analyse(SHOP, "peak", None)
    assert found["problems"] == []
    assert found["estimate"]["load"] == 2.0
    assert found["diagram"]["load"] == 2.0
    assert {"web", "buy"} <= {node["name"] for node in found["diagram"]["nodes"]}
    b = found["blueprint"]
    assert (b["name"], b["cases"], b["variants"]) == ("shop", ["peak"], ["small"])
    assert b["components"]["web"] == {"kind": "service", "like": None, "why": "it serves", "line": 5}
    (fault,) = b["case_details"]["peak"]["faults"]
    assert (fault["fault"], fault["target"], fault["start_s"], fault["end_s"]) == ("crash", "web", 5.0, 10.0)
    assert analyse(SHOP, None, "small")["estimate"]["components"]["web"]["nodes"] == 1


def test_broken_text_has_problems_where_they_are() -> None:
    found = analyse(SHOP.replace("replicas: 4", "replicsa: 4"), None, None)
    assert (found["blueprint"], found["estimate"], found["diagram"]) == (None, None, None)
    (problem,) = found["problems"]
    assert problem["code"] == "LC301"
    assert (problem["line"], problem["column"], problem["end_column"]) == (5, 24, 32)
    assert "replicas" in problem["hint"]
    half = analyse(SHOP + "operate: {slos: [", None, None)["problems"]
    assert half[0]["code"] == "LC103"


def test_an_unknown_case_or_variant_is_a_problem() -> None:
    assert "no case" in analyse(SHOP, "pek", None)["problems"][0]["message"]
    assert analyse(SHOP, None, "smal")["problems"][0]["hint"] == 'did you mean "small"?'


def test_a_bomb_is_a_problem_and_no_trouble() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
    )
    assert analyse(bomb, None, None)["problems"][0]["code"] == "LC107"
    deep = "a: " + "[" * 5000 + "]" * 5000
    assert analyse(deep, None, None)["problems"][0]["code"] in ("LC103", "LC107")


def test_findings_say_whether_they_can_be_mended() -> None:
    found = review(SHOP, "/nowhere/blueprint.yaml")["findings"]
    assert found
    assert [f["index"] for f in found] == list(range(len(found)))
    assert all(f["fix"] == f["fixable"] for f in found)
