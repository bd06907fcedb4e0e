"""The interviewer's moves: when he speaks, and about what; the same for the same session."""

from __future__ import annotations

from itertools import pairwise

import pytest

from loadcase.practice.conduct import (
    ABOUT,
    APART_S,
    BREATH_S,
    GRACE_S,
    HINTS,
    MOVES,
    PAUSE_S,
    THROWN,
    curveballs_that_fit,
    hint,
    hints,
    moves,
)  # fmt: skip
from loadcase.practice.events import (
    AskedForHint,
    Changed,
    Curveball,
    Ended,
    Entered,
    Event,
    Hint,
    Phase,
    Prompted,
    Said,
    Steered,
    Wrote,
)  # fmt: skip
from loadcase.practice.record import Format, Record, Setup, Style
from loadcase.practice.topics import TOPICS
from loadcase.practice.workbench import Look, Thrown, Workbench
from loadcase.systems import system, systems
from loadcase.systems.facts import Level
from tests.practice.designs import NAIVE

FACTS = system("chat").facts
STYLES: tuple[Style, ...] = ("quiet", "steering", "adversarial")
PLAN: tuple[tuple[float, Phase], ...] = (
    (0, "clarify"), (300, "estimate"), (420, "interfaces"), (540, "design"), (1500, "deep_dive"), (2040, "break"),
    (2400, "land"),
)  # fmt: skip


class Bench:
    """A workbench that looks and does not run."""

    def __init__(self, refuses: tuple[str, ...] = ()) -> None:
        self.bench = Workbench("chat", execute=False)
        self.refuses = refuses
        self.thrown: list[str] = []

    def look(self, text: str) -> Look:
        return self.bench.look(text)

    def fits(self, text: str, curveball: str) -> bool:
        return self.bench.fits(text, curveball)

    def throw(self, text: str, curveball: str) -> Thrown:
        self.thrown.append(curveball)
        refused = curveball in self.refuses
        return Thrown(curveball, "refused" if refused else "broken", f"effect of {curveball}", {"crash": {"on": "api"}})


def interview(
    style: Style = "steering", level: Level = "senior", length: Format = "45", text: str = NAIVE, seed: int = 1,
    says: float = 30.0, bench: Bench | None = None, plan: tuple[tuple[float, Phase], ...] = PLAN,
) -> list[Event]:  # fmt: skip
    """The events of a session in which the candidate writes a design and thinks aloud now and then."""
    setup, bench, events = Setup("chat", level=level, style=style, format=length, seed=seed), bench or Bench(), []
    left = list(plan)
    at = 0.0
    while at < 2700.0:
        if left and at >= left[0][0]:
            events.append(Entered(at=at, phase=left.pop(0)[1]))
            if events[-1].phase == "design" and text:
                events.append(Wrote(at=at, blueprint=text))
        if says and at % says == 0.0:
            events.append(Said(at=at, text="let me see"))
        made = moves(Record(setup, tuple(events)), FACTS, at, bench)
        assert len(made) <= 1
        events += made
        at += 10.0
    return events


def of(events: list[Event], *kinds: type[Event]) -> list[Event]:
    return [e for e in events if isinstance(e, kinds)]


@pytest.mark.parametrize("style", STYLES)
def test_he_is_silent_between_moves_and_interrupts_nobody(style: Style) -> None:
    events = interview(style)
    own = [e for e in events if isinstance(e, MOVES)]
    assert len(own) > 5
    for one, other in pairwise(own):
        apart = APART_S if isinstance(other, Curveball) and isinstance(one, Curveball) else PAUSE_S[style]
        assert other.at - one.at >= (BREATH_S if isinstance(other, Curveball) else min(apart, PAUSE_S[style]))
    for i, one in enumerate(events):
        if isinstance(one, MOVES):
            spoken = [e.at for e in events[:i] if isinstance(e, Said)]
            assert one.at - max(spoken) >= BREATH_S


def test_quiet_speaks_least_and_adversarial_most() -> None:
    counts = [len(of(interview(style), *MOVES)) for style in STYLES]
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


@pytest.mark.parametrize("style", STYLES)
def test_the_candidate_is_left_alone_at_first(style: Style) -> None:
    first = of(interview(style), *MOVES)[0]
    assert first.at >= GRACE_S[style]


@pytest.mark.parametrize("style", STYLES)
def test_the_same_session_has_the_same_interviewer(style: Style) -> None:
    assert interview(style) == interview(style)


def test_the_seed_chooses_the_curveballs() -> None:
    seen = {tuple(e.name for e in of(interview(seed=seed), Curveball)) for seed in range(4)}
    assert len(seen) > 1


def test_nobody_speaks_before_the_first_phase_or_after_the_end() -> None:
    setup = Setup("chat")
    assert moves(Record(setup), FACTS, 500.0, Bench()) == []
    over = (Entered(at=0, phase="break"), Wrote(at=1, blueprint=NAIVE), Ended(at=100))
    assert moves(Record(setup, over), FACTS, 500.0, Bench()) == []


# --- curveballs -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("length", ["45", "60", "free"])
def test_as_many_curveballs_as_the_format_allows(length: Format) -> None:
    plan = tuple((at, phase) for at, phase in PLAN if phase != "land")
    thrown = of(interview(length=length, plan=plan), Curveball)
    assert len(thrown) == THROWN[length]
    assert len({e.name for e in thrown}) == len(thrown)
    for one in thrown:
        assert isinstance(one, Curveball)
        assert one.at >= 2040
        assert one.text == FACTS.curveballs[one.name].says.strip()
        assert (one.outcome, one.effect) == ("broken", f"effect of {one.name}")


def test_an_adversary_throws_one_at_the_deep_dive() -> None:
    early = [e for e in of(interview("adversarial"), Curveball) if e.at < 2040]
    assert len(early) == 1
    assert early[0].at >= 1500
    assert not [e for e in of(interview("quiet"), Curveball) if e.at < 2040]


def test_only_what_fits_the_design_is_thrown() -> None:
    bare = "components: {api: {kind: service}}\nflows: {send: {arrive: {rate: 1 /s}, steps: [api.handle]}}\n"
    record = Record(Setup("chat"), (Entered(at=0, phase="break"), Wrote(at=1, blueprint=bare)))
    fitting = curveballs_that_fit(record, FACTS, Bench())
    assert "gateways_die" in fitting  # a service may hold the connections
    assert "slow_consumer" not in fitting
    assert "two_sequencers" not in fitting
    whole = Record(Setup("chat"), (Entered(at=0, phase="break"), Wrote(at=1, blueprint=NAIVE)))
    assert {"slow_consumer", "two_sequencers"} <= set(curveballs_that_fit(whole, FACTS, Bench()))


def test_what_the_candidate_named_comes_last() -> None:
    named = FACTS.curveballs["slow_consumer"].raised_as[0]
    events = (Entered(at=0, phase="break"), Wrote(at=1, blueprint=NAIVE), Said(at=2, text=f"and {named}, of course"))
    for seed in range(5):
        assert curveballs_that_fit(Record(Setup("chat", seed=seed), events), FACTS, Bench())[-1] == "slow_consumer"


def test_what_strikes_nothing_is_left_for_another() -> None:
    record = Record(Setup("chat"), (Entered(at=0, phase="break"), Wrote(at=1, blueprint=NAIVE)))
    first, second, *_ = curveballs_that_fit(record, FACTS, Bench())
    bench = Bench(refuses=(first,))
    (made,) = moves(record, FACTS, 60.0, bench)
    assert isinstance(made, Curveball)
    assert bench.thrown == [first, second]
    assert made.name == second
    (made,) = moves(record, FACTS, 60.0, Bench(refuses=tuple(FACTS.curveballs)))
    assert isinstance(made, Curveball)
    assert (made.name, made.outcome) == (first, "refused")


@pytest.mark.parametrize("name", [one.name for one in systems()])
def test_every_system_has_curveballs_for_every_level_and_a_change(name: str) -> None:
    facts, bench = system(name).facts, Workbench(name, execute=False)
    record = Record(Setup(name, level="staff"), (Entered(at=0, phase="design"), Wrote(at=1, blueprint=NAIVE)))
    assert curveballs_that_fit(record, facts, bench)
    (made,) = moves(record, facts, 400.0, bench)
    assert isinstance(made, Changed)


# --- changes ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("level", ["mid", "senior", "staff"])
def test_a_requirement_changes_midway_for_senior_and_staff(level: Level) -> None:
    changed = of(interview(level=level), Changed)
    assert len(changed) == (0 if level == "mid" else 1)
    for one in changed:
        assert isinstance(one, Changed)
        assert 540 < one.at < 2040
        assert FACTS.changes[one.name].level == level or level == "staff"
        assert one.text == FACTS.changes[one.name].says.strip()


def test_nothing_changes_where_nothing_is_written() -> None:
    assert not of(interview(text=""), Changed)


# --- time lost --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("style", STYLES)
def test_he_moves_on_once_when_time_is_lost(style: Style) -> None:
    events = interview(style, plan=((0, "clarify"),))
    (steered,) = of(events, Steered)
    assert steered.at >= 360
    assert "estimate" in steered.words
    assert not of(interview(style), Steered)  # who keeps to the clock is not moved


def test_where_nothing_is_budgeted_a_phase_may_take_long() -> None:
    events = interview(length="free", plan=((0, "clarify"),))
    assert of(events, Steered)[0].at >= 900


# --- hints ------------------------------------------------------------------------------------------------------------
def test_every_topic_has_hints_that_say_more_and_more() -> None:
    assert set(hints()) == set(TOPICS)
    for said in hints().values():
        assert len(said) == HINTS
        assert len(said[0]) < len(said[2])
        assert not any(c.isdigit() for text in said for c in text.replace("86400", "").replace("p95", ""))


@pytest.mark.parametrize("phase", ABOUT)
def test_a_hint_is_about_this_phase(phase: Phase) -> None:
    record = Record(Setup("chat"), (Entered(at=0, phase=phase), AskedForHint(at=5)))
    given = hint(record, FACTS, 5.0, Bench())
    assert given.about in ABOUT[phase]
    assert given == hint(record, FACTS, 5.0, Bench())


def test_the_next_hint_says_more_and_then_comes_another_topic() -> None:
    events: tuple[Event, ...] = (Entered(at=0, phase="clarify"),)
    given: list[Hint] = []
    for _ in range(4):
        given.append(hint(Record(Setup("chat"), events), FACTS, 5.0, Bench()))
        events = (*events, given[-1])
    assert [h.about for h in given[:3]] == ["requirements"] * 3
    assert [h.text for h in given[:3]] == hints()["requirements"]
    assert given[3].about != "requirements"


def test_a_hint_is_about_what_least_was_said_of() -> None:
    said = Said(at=2, text="It must hold 50 million users, who send messages; functional requirements are three.")
    record = Record(Setup("chat"), (Entered(at=0, phase="clarify"), said, said))
    assert hint(record, FACTS, 5.0, Bench()).about != "requirements"


def test_no_move_tells_a_fact() -> None:
    answers = [fact.answer for fact in FACTS.facts.values()]
    for one in of(interview("adversarial"), Prompted, Steered):
        assert not any(answer in one.words for answer in answers)
