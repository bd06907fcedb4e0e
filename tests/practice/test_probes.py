"""Every probe asks where its reason is to be seen, and not where it is not, was said, or was asked."""

from __future__ import annotations

import re

import pytest

from loadcase.practice.events import (
    Asked,
    Curveball,
    Decided,
    Entered,
    Estimated,
    Event,
    Phase,
    Prompted,
    Ran,
    Required,
    Said,
    Wrote,
)  # fmt: skip
from loadcase.practice.probes import LACKS, PHASES, Scene, found, probes, questions
from loadcase.practice.record import Record, Setup, Style
from loadcase.practice.topics import TOPICS
from loadcase.practice.workbench import Workbench
from loadcase.review.catalogue import rules
from loadcase.review.rule import blueprint_of
from tests.practice.designs import NAIVE

BENCH = Workbench("chat", execute=False)
STYLES: tuple[Style, ...] = ("quiet", "steering", "adversarial")
BY_RULE = [(name, rule) for name, probe in probes().items() for rule in probe.rules]


def scene(*events: Event, text: str = "", phase: Phase = "land", at: float = 100.0) -> Scene:
    written = (Wrote(at=1.0, blueprint=text),) if text else ()
    record = Record(Setup("chat"), (Entered(at=0.0, phase=phase), *written, *events))
    return Scene(record, at, BENCH.look(record.blueprint))


def asked(here: Scene, style: Style = "steering") -> dict[str, str]:
    return {q.probe: q.text for q in questions(here, style)}


def test_there_are_enough_of_them_and_each_has_its_reason() -> None:
    assert len(probes()) >= 30
    for name, probe in probes().items():
        assert probe.about in TOPICS
        assert probe.phase in PHASES
        assert bool(probe.rules) or bool(probe.lack), name
        assert set(probe.rules) <= set(rules()), name
        assert probe.lack in ("", *LACKS), name
        assert len({probe.quiet, probe.steering, probe.adversarial}) == 3, name
        assert all(text.endswith("?") or style != "quiet" for style, text in (("quiet", probe.quiet),)), name


def test_every_lack_is_asked_about() -> None:
    assert {probe.lack for probe in probes().values()} - {""} == set(LACKS)


@pytest.mark.parametrize(("name", "rule"), BY_RULE)
def test_a_probe_of_a_rule_asks_where_the_rule_finds_something(name: str, rule: str) -> None:
    probe = probes()[name]
    struck = [here for text in rules()[rule].invalid if (here := scene(text=blueprint_of(text))).blueprint is not None]
    fits = [here for here in struck if any(f.rule == rule for f in here.look.findings)]
    assert fits, "no example of the rule loads"
    for here in fits:
        assert list(found(here, probe)), name
    if name in ("objectives",):  # its lack is wider than its rule
        return
    for text in rules()[rule].valid:
        clean = scene(text=blueprint_of(text))
        if not any(f.rule in probe.rules for f in clean.look.findings) and not probe.lack:
            assert not list(found(clean, probe))


DECIDED = {
    "chose": "a queue",
    "over": "a call",
    "because": "it decouples",
    "cost": "latency",
    "flips_when": "under 10 /s",
}
EVENTS: dict[str, tuple[list[Event], list[Event]]] = {
    "no_question": ([], [Asked(at=2, text="how many users?")]),
    "no_functional": ([], [Required(at=2, sort="functional", text="send")]),
    "nothing_deferred": ([], [Required(at=2, sort="deferred", text="search")]),
    "no_contract": ([], [Required(at=2, sort="contract", text="send.p95 < 1 s")]),
    "vague_contract": (
        [Required(at=2, sort="contract", text="it is fast")],
        [Required(at=2, sort="contract", text="send.p95 < 1 s")],
    ),
    "no_hard_part": ([], [Required(at=2, sort="hard_part", text="order")]),
    "no_estimate": ([], [Estimated(at=2, name="rate", formula="50M / day", value="579 /s")]),
    "no_peak": (
        [Estimated(at=2, name="rate", formula="50M / day", value="579 /s")],
        [Estimated(at=2, name="peak", formula="2 * 579 /s", value="1158 /s")],
    ),
    "no_storage": (
        [Estimated(at=2, name="rate", formula="50M / day", value="579 /s")],
        [Estimated(at=2, name="kept", formula="50M * 300 B", value="15 GB")],
    ),
    "no_decision": ([], [Decided(at=2, **DECIDED)]),
    "decision_alone": ([Decided(at=2, **{**DECIDED, "over": ""})], [Decided(at=2, **DECIDED)]),
    "decision_price": ([Decided(at=2, **{**DECIDED, "cost": ""})], [Decided(at=2, **DECIDED)]),
    "decision_flip": ([Decided(at=2, **{**DECIDED, "flips_when": " "})], [Decided(at=2, **DECIDED)]),
    "pushback": (
        [Decided(at=2, **DECIDED)],
        [Decided(at=2, **DECIDED), Prompted(at=3, text="sure?", probe="pushback:a queue", about="tradeoffs")],
    ),
    "broken_run": (
        [Ran(at=2, what="run", outcome="broken")],
        [Ran(at=2, what="run", outcome="broken"), Said(at=3, text="the queue was full")],
    ),
    "unanswered_curveball": (
        [Curveball(at=2, text="it dies", name="dies")],
        [Curveball(at=2, text="it dies", name="dies"), Said(at=9, text="the rest takes over")],
    ),
    "no_cost": ([], [Required(at=2, sort="contract", text="cost < 900 USD/month")]),
    "silence": ([], [Said(at=199, text="hm")]),
}  # fmt: skip
TEXTS: dict[str, tuple[str, str]] = {
    "no_api": (NAIVE.replace("api: {send: {kind: write}, read: {kind: read}}", ""), NAIVE),
    "no_entities": ("components: {s: {kind: service}}", NAIVE),
    "no_key": (NAIVE.replace("key: id, ", ""), NAIVE),
    "no_design": ("components: {s: {kind: service}}", NAIVE),
    "nothing_run": (NAIVE, "components: {s: {kind: service}}"),
    "no_operations": (NAIVE, NAIVE + "operate: {alerts: [the backlog grows]}\n"),
    "no_growth": (NAIVE, NAIVE + "cases: {ten_times: {load: 10}}\n"),
}


@pytest.mark.parametrize("lack", EVENTS)
def test_what_the_transcript_lacks(lack: str) -> None:
    missing, there = EVENTS[lack]
    assert LACKS[lack](scene(*missing, at=200.0)) is not None
    assert LACKS[lack](scene(*there, at=200.0)) is None


@pytest.mark.parametrize("lack", TEXTS)
def test_what_the_blueprint_lacks(lack: str) -> None:
    missing, there = TEXTS[lack]
    assert LACKS[lack](scene(text=missing)) is not None
    assert LACKS[lack](scene(text=there)) is None


def test_every_lack_is_tested() -> None:
    assert EVENTS.keys() | TEXTS.keys() == LACKS.keys()


def test_a_fan_out_without_dedupe_is_asked_about_in_three_styles() -> None:
    text = next(iter(rules()["redelivery-without-dedupe"].invalid))
    here = scene(text=blueprint_of(text), phase="design")
    said = {asked(here, style)["no_dedupe"] for style in STYLES}
    assert len(said) == 3
    assert any("no dedupe and delivery is at least once: what does the user see?" in one for one in said)


@pytest.mark.parametrize("name", [name for name, probe in probes().items() if probe.said])
def test_what_was_said_is_not_asked(name: str) -> None:
    probe = probes()[name]
    text = blueprint_of(next(iter(rules()[probe.rules[0]].invalid))) if probe.rules else ""
    for word in probe.said:
        for spoken in (f"well, {word}", f"{word.upper()}..."):
            assert name not in asked(scene(Said(at=2, text=spoken), text=text))


def test_what_was_asked_is_not_asked_again() -> None:
    first = next(iter(asked(scene())))
    assert first not in asked(scene(Prompted(at=2, text="?", probe=first, about="scope")))


@pytest.mark.parametrize("phase", PHASES)
def test_nothing_is_asked_before_its_phase(phase: Phase) -> None:
    for name in asked(scene(phase=phase, text=NAIVE)):
        assert PHASES.index(probes()[name.partition(":")[0]].phase) <= PHASES.index(phase)


def test_this_phase_comes_first() -> None:
    order = [PHASES.index(probes()[name].phase) for name in asked(scene(phase="interfaces"))]
    assert order == sorted(order, reverse=True)


def test_only_an_adversary_doubts_what_has_been_decided() -> None:
    here = scene(Decided(at=2, **DECIDED))
    assert "pushback:a queue" in asked(here, "adversarial")
    assert not any(name.startswith("pushback") for name in (*asked(here), *asked(here, "quiet")))


def test_no_probe_knows_a_figure() -> None:
    """What is asked is the same for every system, so that no fact is told; a word such as ten times is no fact."""
    for probe in probes().values():
        for text in (probe.quiet, probe.steering, probe.adversarial):
            assert not re.search(r"\d", text)


def test_a_place_with_braces_is_only_a_name() -> None:
    here = scene(Decided(at=2, chose="{probe.about.__class__}"))
    assert "{probe.about.__class__}" in asked(here)["decision_alone"]
