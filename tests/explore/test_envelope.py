"""Over which values of two axes a contract holds: on paper everywhere, in runs along the border."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path

import pytest
from rich.console import Console

from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Blueprint
from loadcase.cli import execute
from loadcase.core.errors import UsageError
from loadcase.core.results import CaseVerdict, CheckResult, Outcome, Verdict
from loadcase.explore.envelope import Envelope, envelope, parse
from loadcase.growth.mitigation import CASE
from loadcase.report.envelope import print_envelope

TINY = """\
loadcase: 1
name: tiny
requirements: {contract: [r.p95 < 1 s, s.utilisation < 80 %, cost < 75 USD/month]}
network: {client: 1 ms}
components:
  s: {kind: service, replicas: 2, workers: 2, price: 10 USD/month}
flows:
  r: {arrive: {rate: 100 /s}, steps: [s.handle: {work: 10 ms}]}
cases: {normal: {duration: 2 s}}
"""
AXES = ("load=0.5..8 x16", "s.replicas=1..10 x10")
"""On paper the utilisation is load / (2 replicas), bound 0.8; the cost is above its bound from 8 replicas on."""


class World:
    """A judge by a utilisation that is off the paper by a factor; it counts the points it was asked for."""

    def __init__(self, factor: float = 1.0, unknown: bool = False) -> None:
        self.factor = factor
        self.unknown = unknown
        self.asked: list[tuple[float, int]] = []

    def __call__(self, design: Blueprint, k: int, budget_s: float) -> CheckResult:
        load, replicas = design.cases[CASE].load, design.components["s"].replicas
        self.asked.append((load, replicas))
        value = self.factor * load / (2 * replicas)
        verdict: Verdict = "unknown" if self.unknown else "holds" if value < 0.8 else "broken"
        outcome = Outcome("s.utilisation < 80 %", "s.utilisation", value, value, value, 0.8, "<", "ratio", verdict, "")
        return CheckResult("tiny", verdict, [CaseVerdict(CASE, verdict, [1, 2, 3], [outcome])])


def shown(result: Envelope, encoding: str = "utf-8") -> str:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    print_envelope(result, Console(file=out, width=100, highlight=False, markup=False))
    out.seek(0)
    return out.read()


def drawn(world: World, budget_s: float = 60.0, axes: tuple[str, ...] = AXES) -> Envelope:
    return envelope(loads(TINY), parse(axes), judge=world, budget_s=budget_s)


def test_paper_draws_all_of_it() -> None:
    world = World()
    result = drawn(world, budget_s=0.0)
    assert world.asked == []
    for j, row in enumerate(result.spots):
        for i, spot in enumerate(row):
            full = 0.5 * (i + 1) / (2 * (j + 1)) >= 0.8
            dear = 10 * (j + 1) >= 75
            assert spot.verdict == ("broken" if full or dear else "holds")
            assert (spot.guarantee == "s.utilisation < 80 %") == full
            assert (spot.dear, spot.ran, spot.cost) == (dear and not full, False, 10.0 * (j + 1))
    assert result.partial == "the budget is spent"
    assert result.unrun > 10


def test_the_border_is_run_and_nothing_else() -> None:
    world = World()
    result = drawn(world)
    assert (result.partial, result.unrun) == ("", 0)
    assert len(set(world.asked)) == len(world.asked) < 60
    for j, row in enumerate(result.spots):
        for i, spot in enumerate(row):
            assert spot.guarantee != "s.utilisation < 80 %" or 0.5 * (i + 1) / (2 * (j + 1)) >= 0.8
    assert result.spots[0][2].ran
    assert result.spots[0][3].ran  # 1.5x holds and 2x breaks on one server
    assert not result.spots[0][10].ran


@pytest.mark.parametrize("factor", [0.6, 1.7])
def test_runs_move_the_border(factor: float) -> None:
    result = drawn(World(factor))
    for j, row in enumerate(result.spots):
        for i, spot in enumerate(row):
            broken = factor * 0.5 * (i + 1) / (2 * (j + 1)) >= 0.8
            assert (spot.guarantee == "s.utilisation < 80 %") == broken
    assert result.partial == ""


def test_what_runs_cannot_tell_is_neither() -> None:
    result = drawn(World(unknown=True), axes=("load=1,2,3", "s.replicas=1,2"))
    ran = [s for row in result.spots for s in row if s.ran]
    assert {s.verdict for s in ran} == {"unknown"}
    assert "? runs cannot tell: s.utilisation < 80 %" in shown(result)


def test_an_interrupt_leaves_a_partial_map() -> None:
    stop = threading.Event()
    world = World()
    result = envelope(
        loads(TINY), parse(AXES), judge=world, stop=stop, on_progress=lambda p: stop.set() if p.ran == 3 else None
    )
    assert len(world.asked) == 3
    assert result.partial == "interrupted"
    assert "partial results: interrupted;" in shown(result)
    stop = threading.Event()
    stop.set()
    assert "- not reached" in shown(envelope(loads(TINY), parse(AXES), judge=world, stop=stop))


def test_the_map() -> None:
    lines = shown(drawn(World(), axes=("load=1..4 x4", "s.replicas=1,2,8"))).splitlines()
    assert lines[:6] == [
        "tiny: where the contract holds, load across, s.replicas up",
        "  8 │ b b b b",
        "  2 │ · ● ● A",
        "  1 │ ● A A a",
        "    └────────",
        "     1x    4x",
    ]
    assert lines[6:9] == [
        "  ● in runs, · on paper: it holds",
        "  A in runs, a on paper: s.utilisation < 80 % breaks",
        "  b: cost < 75 USD/month breaks",
    ]
    plain = shown(drawn(World(), axes=("load=1..4 x4", "s.replicas=1,2")), "ascii").splitlines()
    assert plain[1:4] == ["  2 | . O O A", "  1 | O A A a", "    +--------"]


def test_what_is_no_design_is_said() -> None:
    result = drawn(World(), axes=("load=1,2", "s.replicas=0,1"))
    assert [s.verdict for s in result.spots[0]] == [None, None]
    assert "no valid design" in shown(result)
    with pytest.raises(UsageError, match="no point has a valid design"):
        drawn(World(), axes=("load=1,2", "s.nothing=1,2"))


def test_axes_without_a_number_of_points_have_as_many_as_a_map_wants() -> None:
    across, up = parse(["load=1..4", "s.replicas=2..5"])
    assert [len(across.settings), len(up.settings)] == [16, 4]
    assert across.settings[1].number == pytest.approx(1.2)
    assert [s.number for s in up.settings] == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "texts",
    [
        ["load=1..4"],
        ["load=1..4", "a=1", "b=2"],
        ["load=0..4", "s.replicas=1,2"],
        ["load=low,high", "s.replicas=1,2"],
        ["load=1..4 x200", "s.queue=1..200 x200"],
    ],
)
def test_axes_that_draw_no_map_are_refused(texts: list[str]) -> None:
    with pytest.raises(UsageError):
        parse(texts)


def test_the_command_runs_the_border(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY)
    command = ["scale", str(file), "--envelope", "load=1,3,3.5", "--envelope", "s.replicas=2,4", "--quiet"]
    assert execute([*command, "--format", "json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [p["verdict"] for p in result["points"]] == ["holds", "holds", "broken", "holds", "holds", "holds"]
    at = {tuple(p["at"]): p for p in result["points"]}
    assert at[2, 0]["ran"]
    assert at[2, 0]["value"] == pytest.approx(0.875, abs=0.02)
    assert not at[0, 1]["ran"]
    assert execute([*command, "--budget", "0s"]) == 0
    assert "0 of 6 points run" in capsys.readouterr().out
    assert execute([*command, "--to", "10x"]) == 2
    assert execute(["scale", str(file), "--envelope", "load=1,3"]) == 2
