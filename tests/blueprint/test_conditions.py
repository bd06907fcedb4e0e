"""When a step is skipped: what is read, and what is refused with its place."""

from __future__ import annotations

import pytest

from loadcase.blueprint.load import loads
from loadcase.blueprint.steps import Brownout, Call, Condition
from loadcase.core.errors import BlueprintError

DESIGN = """\
loadcase: 1
name: t
estimates: {most: 100}
components: {a: {kind: service, workers: 4}, b: {kind: service, workers: 0}}
flows:
  r:
    arrive: {rate: 1 /s}
    steps:
      - b.handle: {skip: @}
"""


def skip_of(text: str) -> Brownout | None:
    (call,) = loads(DESIGN.replace("@", text)).flows["r"].steps
    assert isinstance(call, Call)
    return call.skip


def test_a_text_is_a_condition_that_ends_as_it_began() -> None:
    begins, ends = Condition("a", "queue", ">", 100.0), Condition("a", "queue", "<=", 100.0)
    assert skip_of("a.queue > most") == Brownout(begins, ends, 1.0)
    assert skip_of("{when: a.queue > 100}") == Brownout(begins, ends, 1.0)


def test_it_may_end_at_another_bound() -> None:
    found = skip_of("{when: a.utilisation >= 90 %, until: a.utilisation < 50 %, every: 250 ms}")
    begins, ends = Condition("a", "utilisation", ">=", 0.9), Condition("a", "utilisation", "<", 0.5)
    assert found == Brownout(begins, ends, 0.25)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a.queue", "LC340.*cannot read the guarantee"),
        ("c.queue > 1", "LC300|unknown component 'c'"),
        ("a.rate > 1", "unknown condition 'rate'"),
        ("a.queue > 5 ms", "LC343"),
        ("a.queue == 5", "LC356"),
        ("b.queue > 5", "never measured: its workers are unlimited"),
        ("{when: a.queue > 5, until: a.queue > 2}", "it ends when the same metric is well again"),
        ("{when: a.queue > 5, until: a.queue < 7}", "it ends when the same metric is well again"),
        ("{when: a.queue < 5, until: a.queue > 2}", "it ends when the same metric is well again"),
        ("{when: a.queue > 5, until: a.utilisation < 50 %}", "it ends when the same metric is well again"),
        ("{when: a.queue > 5, every: 0}", "looked at from time to time"),
        ("{until: a.queue > 5}", "LC30"),
    ],
)
def test_what_cannot_be_is_refused_at_its_place(text: str, said: str) -> None:
    with pytest.raises(BlueprintError, match=said) as raised:
        loads(DESIGN.replace("@", text))
    assert all(problem.line == 9 for problem in raised.value.problems)
