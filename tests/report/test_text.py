"""What `check` prints for people."""

from __future__ import annotations

import pytest
from rich.console import Console

from loadcase.core.results import CaseVerdict, CheckResult, Outcome
from loadcase.report.text import print_check


def outcome(guarantee: str, value: float) -> Outcome:
    return Outcome(guarantee, guarantee.split()[0], value, value, value, 1.0, "<", "s", "holds", "")


def test_a_case_may_have_a_guarantee_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    cases = [
        CaseVerdict("normal", "holds", [1], [outcome("a.p95 < 1 s", 0.25)]),
        CaseVerdict("crash", "holds", [1], [outcome("a.p95 < 1 s", 0.5), outcome("recover_within 1 s", 0.125)]),
    ]
    print_check(CheckResult("design", "holds", cases), Console(width=100))
    lines = [line.replace("│", "|").split("|") for line in capsys.readouterr().out.splitlines()]
    rows = {cells[1].strip(): [cell.strip() for cell in cells[2:4]] for cells in lines if len(cells) == 5}
    assert [cell[-6:] for cell in rows["a.p95 < 1 s"]] == ["250 ms", "500 ms"]
    assert [cell[-6:] for cell in rows["recover_within 1 s"]] == ["", "125 ms"]
