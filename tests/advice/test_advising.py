"""Advice as a whole: stages, the next step, faces, and that it never fails on what is odd or half-finished."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from loadcase import api
from loadcase.advice.advising import Advice, advise
from loadcase.advice.facts import filled
from loadcase.advice.knowledge import knowledge
from loadcase.blueprint.load import build, load, loads
from loadcase.cli import execute
from loadcase.core.errors import BlueprintError
from loadcase.report.advice import advice_json, advice_text
from loadcase.review.catalogue import rules
from loadcase.review.settings import Settings
from loadcase.systems import system, systems
from tests.advice.test_shapes import CHAT, FOUND
from tests.fuzz.mutate import mutated

EMPTY = "loadcase: 1\nname: x\ncomponents: {}\nflows: {}\n"
HALF = """\
loadcase: 1
name: half
prompt: Design a chat system.
requirements:
  functional: [A user sends a message.]
  contract: [send.p95 < 300 ms]
estimates: {dau: 50M user, sends: 40 message/user/day, rate: dau * sends, spare: 3}
components: {api: {kind: service, replicas: 50, workers: 32, queue: 64}}
flows: {send: {arrive: {rate: rate, timeout: 1 s}, steps: [api.handle: {work: exp(2 ms)}]}}
"""
PAGE = 70
"""Lines."""


def told(advice: Advice) -> dict[str, list[str]]:
    return {stage.name: [step.say for step in stage.steps] for stage in advice.stages}


# --- knowledge ---
def test_every_rule_is_of_a_stage_or_a_risk() -> None:
    known = knowledge()
    staged = [rule for stage in known.stages.values() for rule in stage.rules]
    assert len(staged) == len(set(staged))
    assert not set(staged) & set(known.risks)
    assert set(staged) | set(known.risks) == set(rules())


def test_every_reason_is_of_a_pattern_and_reads_with_and_without_figures() -> None:
    names = """reads writes ratio arrivals online hot_entity hot_share hot_rate wide wide_flow deliveries consumed cache
        store provider"""
    figures = dict.fromkeys(names.split(), "7")
    for shape in knowledge().shapes.values():
        assert set(shape.patterns) <= set(knowledge().patterns)
        for why in shape.patterns.values():
            for text in (filled(why, figures), filled(why, {})):
                assert text
                assert not set("{}[]") & set(text)
                assert ":" not in (text[0], text[-1])
                assert "  " not in text


def test_sections_that_may_be_empty_are_sections() -> None:
    advice = advise(loads(EMPTY))
    wanted = [empty.say for stage in knowledge().stages.values() for empty in stage.empty]
    assert [step.say for stage in advice.stages for step in stage.steps] == wanted


# --- half-finished designs ---
def test_an_empty_design_begins_with_what_it_must_do() -> None:
    advice = advise(loads(EMPTY))
    assert advice.next is not None
    assert advice.next.name == "clarify"
    assert advice.next.steps[0].say == "you have not said what it must do"
    assert (advice.shapes, advice.patterns, advice.risks) == ((), (), ())
    assert "none yet" in advice_text(advice)


def test_the_prompt_alone_gives_a_shape_and_what_follows() -> None:
    advice = advise(loads(EMPTY + "prompt: Design a chat system\n"))
    assert [s.name for s in advice.shapes] == ["chat"]
    assert {p.name for p in advice.patterns} == set(knowledge().shapes["chat"].patterns)
    assert told(advice)["deep_dive"] == []


def test_a_half_finished_design_is_told_what_is_missing_stage_by_stage() -> None:
    found = told(advise(loads(HALF)))
    assert "nothing is left out on purpose" in " ".join(found["clarify"]) or any("defer" in s for s in found["clarify"])
    assert any("spare" in say for say in found["estimate"])
    assert "you have no entities" in found["interfaces"]
    assert "you have no interface" in found["interfaces"]
    assert any(say.startswith("no append-only log and replay") for say in found["deep_dive"])
    assert "you have no decisions" in found["decide"]
    assert found["land_it"]


def test_what_is_done_is_not_asked_for() -> None:
    before = told(advise(loads(HALF)))["clarify"]
    after = told(advise(loads(HALF.replace("  contract:", "  deferred: [media]\n  hard_part: order\n  contract:"))))[
        "clarify"
    ]
    assert set(after) < set(before)
    assert not any("defer" in say or "hard" in say for say in after)


def test_what_a_comment_allows_is_not_a_risk() -> None:
    text = "loadcase: 1\nname: x" + CHAT.replace("g: {kind: gateway}}", "g: {kind: gateway}}")
    found = [r for r in advise(loads(text)).risks if r.rule]
    assert found
    allowed = text.replace(
        "  tell: {consume", "  # loadcase: allow redelivery-without-dedupe because phones know\n  tell: {consume"
    )
    rules_left = {r.rule for r in advise(loads(allowed)).risks}
    assert "redelivery-without-dedupe" in {r.rule for r in found}
    assert "redelivery-without-dedupe" not in rules_left


def test_settings_of_the_review_count() -> None:
    assert any(r.rule for r in advise(loads(HALF + "entities: {m: {count: 1}}\n")).risks) is False
    blueprint = loads("loadcase: 1\nname: x" + CHAT)
    assert not any(r.rule for r in advise(blueprint, Settings(frozenset({"no-rollout"}))).risks)


def test_errors_come_first() -> None:
    text = (
        "loadcase: 1\nname: x\nrequirements: {contract: [tell.out_of_order == 0, msg.applied_twice == 0]}"
        + CHAT.replace("arrive: {rate: 1 /s, key: msg}", "arrive: {rate: 1 /s, key: msg, retry: {max: 2}}")
    )
    risks = advise(loads(text)).risks
    order = ["error", "warning", "note"]
    assert [order.index(r.severity) for r in risks] == sorted(order.index(r.severity) for r in risks)
    assert risks[0].severity == "error"


# --- the gallery ---
@pytest.mark.parametrize("path", [s.path for s in systems()], ids=lambda p: p.parent.name)
def test_advice_on_a_finished_design_is_a_page_with_places(path: Path) -> None:
    advice = advise(load(path))
    assert advice.shapes
    assert all(e.place.line > 1 for s in advice.shapes for e in s.evidence)
    assert all(p.place is not None and p.place.line > 1 for p in advice.having("present", "in words"))
    assert all(r.place.line > 1 for r in advice.risks)
    text = advice_text(advice)
    assert len(text.splitlines()) <= PAGE
    assert max(map(len, text.splitlines())) <= 120
    assert len(advice_text(advice, whole=True)) > len(text)
    assert "None" not in text
    assert "nan" not in text.split()


def test_chat_is_a_chat_with_all_that_follows() -> None:
    advice = advise(load(system("chat").path))
    assert {s.name for s in advice.shapes} >= {"chat", "order", "durable", "control", "hot-key"}
    assert not {s.name for s in advice.shapes} & {"feed", "live", "payments", "small", "lookup"}
    assert advice.having("missing") == []


def test_a_shortener_is_small_and_read_by_key() -> None:
    advice = advise(load(system("url-shortener").path))
    assert {s.name for s in advice.shapes} == {
        *("read-heavy", "hot-key", "control", "small", "lookup", "durable", "access")
    }
    assert "replay-log" in {p.name for p in advice.having("not yet")}


# --- faces ---
def test_the_command_prints_text_or_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "half.yaml"
    path.write_text(HALF)
    assert execute(["advise", str(path)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("half\n\nshape\n")
    assert "\033" not in text
    assert execute(["advise", str(path), "--all"]) == 0
    assert len(capsys.readouterr().out) > len(text)
    assert execute(["advise", str(path), "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["next"] == "clarify"
    assert [s["stage"] for s in found["stages"]] == list(knowledge().stages)
    path.write_text("loadcase: 1\nname: x\n")
    assert execute(["advise", str(path)]) == 2
    assert execute(["advise", str(tmp_path / "none.yaml")]) == 2


def test_the_command_takes_variants_and_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "half.yaml"
    path.write_text(HALF + "variants: {few: {components.api.replicas: 1}}\n")
    (tmp_path / "loadcase.toml").write_text('[review]\nignore = ["nothing-deferred"]\n')
    assert execute(["advise", str(path), "--variant", "few", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "saturated" in {r["rule"] for r in found["risks"]}
    assert "nothing-deferred" not in {t["rule"] for s in found["stages"] for t in s["steps"]}


def test_a_design_built_in_code_is_advised_without_lines() -> None:
    advice = api.advise(build({"loadcase": 1, "name": "b", "components": {"s": {"kind": "service"}},
                               "flows": {"r": {"arrive": {"rate": "1 /s"}, "steps": ["s.handle"]}}}))  # fmt: skip
    assert advice.next is not None
    assert {t.place.line for s in advice.stages for t in s.steps} == {0}
    assert "line" not in advice_text(advice, whole=True).replace("deadline", "").replace("baseline", "")
    assert api.Blueprint.loads(HALF).advise().next is not None


def test_colours_are_asked_for() -> None:
    assert "\033[1mrisks" in advice_text(advise(load(system("chat").path)), color=True)


# --- whatever the design ---
def shown(blueprint_text: bytes) -> bool:
    try:
        blueprint = loads(blueprint_text.decode("utf-8", "surrogatepass"))
    except (BlueprintError, UnicodeError):
        return False
    advice = advise(blueprint)
    advice_text(advice, whole=True)
    json.dumps(advice_json(advice), allow_nan=False)
    return True


@pytest.mark.parametrize("seeds", [range(40), pytest.param(range(40, 240), marks=pytest.mark.slow)])
def test_no_mutation_of_the_gallery_makes_it_fail(seeds: range) -> None:
    texts = [one.path.read_text("utf-8") for one in systems()]
    assert sum(shown(mutated(texts[seed % len(texts)], seed)) for seed in seeds) > 3


@pytest.mark.parametrize("name", FOUND)
def test_nothing_that_is_left_out_of_a_small_design_makes_it_fail(name: str) -> None:
    text = f"loadcase: 1\nname: x\n{FOUND[name][0]}"
    assert shown(text.encode())
    whole = loads(text).data
    count = 0
    for path in paths(whole):
        data = copy.deepcopy(whole)
        holder = data
        for part in path[:-1]:
            holder = holder[part]
        del holder[path[-1]]
        try:
            blueprint = build(data)
        except BlueprintError:
            continue
        advice_text(advise(blueprint), whole=True)
        count += 1
    assert count


@pytest.mark.parametrize("name", FOUND)
def test_a_load_that_nothing_bears_does_not_make_it_fail(name: str) -> None:
    text = f"loadcase: 1\nname: x\n{FOUND[name][0]}"
    data = loads(text).data
    for factor in (1e6, 1e-6):
        blueprint = build({**data, "cases": {"odd": {"load": factor}}})
        json.dumps(advice_json(advise(blueprint)), allow_nan=False)


def paths(node: Any) -> Iterator[tuple[Any, ...]]:
    """Every place of nested data."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (key,)
        yield from ((key, *inner) for inner in paths(value))


SECTIONS = ("requirements", "estimates", "entities", "api", "cases", "decisions", "operate", "variants")


@pytest.mark.parametrize("each", [1, pytest.param(len(SECTIONS), marks=pytest.mark.slow)])
def test_sections_of_the_gallery_left_out_one_by_one_make_it_say_so(each: int) -> None:
    """One section of each design, another of the next; or all of all."""
    for i, path in enumerate(s.path for s in systems()):
        whole = load(path).data
        for section in (SECTIONS * 2)[i % len(SECTIONS) :][:each]:
            data = {k: v for k, v in whole.items() if k != section}
            try:
                blueprint = build(data)
            except BlueprintError:
                continue
            assert advice_text(advise(blueprint))


def test_it_takes_less_than_a_second() -> None:
    blueprint = load(system("chat").path)
    advise(blueprint)
    begun = time.process_time()
    advise(blueprint)
    assert time.process_time() - begun < 1.0
