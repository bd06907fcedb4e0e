"""The objectives of `operate.slos`: what they mean, and what cannot be made a share of operations."""

from __future__ import annotations

import pytest

from loadcase.blueprint.load import loads
from loadcase.blueprint.model import Objective
from loadcase.core.errors import BlueprintError

DESIGN = """\
loadcase: 1
name: t
components: {{s: {{kind: service}}, l: {{kind: log}}}}
flows:
  r: {{arrive: {{rate: 1 /s}}, steps: [s.handle, l.publish]}}
  d: {{consume: {{log: l, by: s}}, steps: [s.handle]}}
operate:
  slos:
{}
"""


def read(*lines: str) -> tuple[Objective, ...]:
    return loads(DESIGN.format("\n".join(f"    - {line}" for line in lines))).objectives


def test_a_line_is_a_share_of_operations_over_a_time() -> None:
    availability, latency, age = read(
        "r.availability >= 99.95 % over 28 day", "r.p999 <= 1.5 s over 1 month", "d.age.p99 < 2 s over 4 week"
    )
    assert (availability.flow, availability.share, availability.limit_s, availability.window_s) == (
        "r", 0.9995, None, 28 * 86400.0
    )  # fmt: skip
    assert availability.budget == 0.0005
    assert (latency.share, latency.limit_s, latency.budget, latency.aged) == (0.999, 1.5, 0.001, False)
    assert (age.flow, age.metric, age.aged, age.window_s) == ("d", "d.age.p99", True, 28 * 86400.0)


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("r.availability >= 99.9 %", "LC347", "over what time"),
        ("r.availability over 28 day", "LC340", "cannot read the guarantee"),
        ("r.availability >= 99.9 % over a month", "", "a month"),
        ("r.availability >= 99.9 % over 28", "", "28"),
        ("r.availability >= 99.9 % over 1 day", "LC349", "3 day to 366 day"),
        ("r.availability >= 99.9 % over 2 year", "LC349", "3 day to 366 day"),
        ("r.availability >= 99.9 % over 28 GB", "LC202", "GB"),
        ("r.mean < 1 s over 28 day", "LC348", "no good and bad"),
        ("r.errors < 1 /s over 28 day", "LC348", "no good and bad"),
        ("s.utilisation < 50 % over 28 day", "LC348", "no good and bad"),
        ("cost < 5 USD/month over 28 day", "LC348", "no good and bad"),
        ("r.availability >= 100 % over 28 day", "LC348", "leaves no budget"),
        ("r.availability > 0 % over 28 day", "LC348", "leaves no budget"),
        ("r.p95 < 0 s over 28 day", "LC348", "leaves no budget"),
        ("r.availability <= 99 % over 28 day", "LC348", "no objective"),
        ("r.p95 > 1 s over 28 day", "LC348", "no objective"),
        ("r.p95 == 1 s over 28 day", "LC348", "no objective"),
        ("r.age.p95 < 1 s over 28 day", "LC342", "no age"),
        ("x.p95 < 1 s over 28 day", "LC302", "unknown flow or component"),
        ("r.p95 < 1 GB over 28 day", "LC343", "duration"),
    ],
)
def test_what_is_no_objective_is_refused_at_its_place(line: str, code: str, message: str) -> None:
    with pytest.raises(BlueprintError) as raised:
        read("r.p50 < 1 s over 28 day", line)
    (problem,) = raised.value.problems
    assert message in problem.message
    assert problem.code == (code or problem.code)
    assert (problem.line, problem.column >= 7, bool(problem.hint)) == (10, True, True)


def test_one_metric_has_one_objective() -> None:
    with pytest.raises(BlueprintError, match="already") as raised:
        read("r.p95 < 1 s over 28 day", "r.p95 < 2 s over 7 day")
    assert raised.value.problems[0].code == "LC349"
