"""Every fault is documented, its example acts, and what it strikes is what it says."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest
from tools.docs.examples import fragment

from loadcase.blueprint.load import build
from loadcase.core.history import History
from loadcase.engine.recording import Recording
from loadcase.engine.run import run
from loadcase.faults import faults
from loadcase.faults.base import Part, strike_order


@pytest.mark.parametrize("name", faults())
def test_a_fault_is_documented(name: str) -> None:
    cls = faults()[name]
    text = inspect.getdoc(cls) or ""
    assert text.splitlines()[0].endswith((".", ":"))
    assert re.findall(r"^(What|Why|Example|Source):", text, re.MULTILINE) == ["What", "Why", "Example", "Source"]
    assert all(f.description for f in cls.model_fields.values())


@pytest.mark.parametrize("name", faults())
def test_its_example_changes_the_run(name: str) -> None:
    text = re.search(r"Example:\n\s+(.*)", inspect.getdoc(faults()[name]) or "")
    assert text is not None
    case = f"cases: {{broken: {{duration: 51 s, faults: [{text[1]}]}}, b: {{duration: 51 s}}}}"
    steps = "[{psp.call: {timeout: 1 s}}, messages.read, changes.publish]"
    more = f"flows: {{all: {{arrive: {{rate: 5 /s, key: post}}, steps: {steps}}}}}"
    blueprint = build(fragment(f"{case}\n{more}\n"))
    broken, intact = (run(blueprint, case, record=Recording()) for case in ("broken", "b"))
    assert broken.partial is None
    assert isinstance(broken.history, History)
    assert isinstance(intact.history, History)
    clocks = [np.nansum(h["clock_s"]) for h in (broken.history, intact.history)]  # all that a wrong clock changes
    values = [[m.value for m in result.metrics.values()] for result in (broken, intact)]
    assert values[0] != values[1] or (name == "clock_skew" and clocks[0] != clocks[1])


def test_few_strikes_hit_different_shards() -> None:
    part = Part("s", "store", nodes=12, copies=3)
    order = strike_order(part)
    assert sorted(order) == list(range(12))
    assert len({node // 3 for node in order[:4]}) == 4
    assert len({node % 3 for node in order[:4]}) == 3
