"""What can be practised, and prompts that are made of a blueprint."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from loadcase.blueprint.load import loads
from loadcase.core.errors import BlueprintError, UsageError
from loadcase.practice.prompts import LEVELS, drawn, facts_of, listed, new_prompt
from loadcase.systems import find, system, systems
from loadcase.systems.facts import loads as load_facts


def test_what_is_listed_is_what_the_files_say() -> None:
    for one in listed():
        whole = system(one.name)
        assert (one.topics, one.difficulty) == (tuple(whole.facts.topics), whole.facts.difficulty)
        assert (one.title, one.prompt) == (whole.title, (whole.blueprint.prompt or "").strip())
    assert len(listed()) == len(systems()) == 19
    assert {one.difficulty for one in listed()} == set(LEVELS)


def test_a_draw_goes_around() -> None:
    practised: Counter[str] = Counter()
    for seed in range(10):
        practised[drawn("correctness", "senior", seed, practised)] += 1
    senior = {one.name for one in listed("correctness") if one.difficulty == "senior"}
    assert set(practised) == senior
    assert max(practised.values()) - min(practised.values()) <= 1
    assert drawn(None, "mid", 3, {}) == drawn(None, "mid", 3, {})
    assert drawn("money", "staff", 1, {}) == "payments", "the nearest in difficulty where none has the level"
    with pytest.raises(UsageError, match='did you mean "money"'):
        drawn("monye", "mid", 1, {})


@pytest.mark.parametrize("name", [s.name for s in systems()])
def test_a_fact_sheet_of_every_design_loads(name: str) -> None:
    blueprint = system(name).blueprint
    facts = load_facts(facts_of(blueprint, "blueprint.yaml", "staff", ["own"]))
    assert facts.difficulty == "staff"
    assert len(facts.facts) >= 10
    assert facts.numbers
    assert any(c.fault for c in facts.curveballs.values())
    cases = [name for name, case in blueprint.cases.items() if case.faults]
    assert [c.case for c in facts.curveballs.values()] == cases


def test_the_smallest_design_can_be_practised() -> None:
    text = "loadcase: 1\nname: tiny\ncomponents: {s: {kind: service}}\n"
    text += "flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}\n"
    facts = load_facts(facts_of(loads(text), "tiny.yaml", "mid", ["own"]))
    assert list(facts.curveballs) == ["ten_times"]
    assert facts.facts["scope"].answer == "tiny."


def test_a_prompt_is_a_folder(tmp_path: Path) -> None:
    new_prompt(system("chat").path.parent, tmp_path / "mine" / "chat", "mid", ["realtime"])
    made = find(f"{tmp_path}/mine/chat")
    assert (made.name, made.facts.system, made.facts.topics) == ("chat", "chat", ["realtime"])
    assert made.path.read_text("utf-8") == system("chat").path.read_text("utf-8")
    (tmp_path / "broken.yaml").write_text("loadcase: 1\n")
    with pytest.raises(BlueprintError):
        new_prompt(tmp_path / "broken.yaml", tmp_path / "other")
    assert not (tmp_path / "other").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot write|exists"):
        new_prompt(system("chat").path, tmp_path / "file")
    with pytest.raises(UsageError, match="no blueprint"):
        find(f"{tmp_path}/nowhere")
    assert find("chat") is find("chat"), "the gallery is read once"
