"""The validation cases, and how a computed value is compared with one."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

CASES: dict[str, dict[str, Any]] = {
    c["id"]: c for c in json.loads(files("loadcase.validation").joinpath("cases.json").read_text(encoding="utf-8"))
}


def agree(case: str, rel: float | None = None, **got: float) -> None:
    """Every value equals the case's, within its tolerance for closed forms or `rel`."""
    found = CASES[case]
    limit = found["tolerance"]["analytic_rel"] if rel is None else rel
    for name, value in got.items():
        assert value == pytest.approx(found["expected"][name], rel=limit, abs=1e-9), f"{case} {name}"
