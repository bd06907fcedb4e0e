"""The page of the validation results, from running all cases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loadcase.validation.run import run_cases
from loadcase.validation.table import table

HEAD = """\
<!-- Made by `python -m tools.docs validation`. -->

# Validation

Published and exact results, each run as a blueprint by the engine and compared: closed forms of queueing theory,
tables of load balancing, tail latency and caches. `loadcase validate` runs all of them, `loadcase validate --only
QT-MM1-1` one, and `loadcase validate CASES.json` those of a file. A case passes when every value is within its
tolerance; seeds are added until the standard error is under a fifth of the tolerance. A case that the format cannot
express is listed at the end with the reason.

This page is made by `python -m tools.docs validation`, which takes minutes; a slow test compares the statuses.

"""
_ROW = re.compile(r"^\| (\S+) \|.*\| (ok|\*\*off\*\*|) \|$")


def validation_page(results: Sequence[Mapping[str, Any]] | None = None) -> str:
    """The page; runs all built-in cases unless their results are given."""
    return HEAD + table(run_cases() if results is None else results)


def statuses(page: Path) -> dict[str, str]:
    """The status of each case by id, as the tables of the page have it."""
    results, _, rest = page.read_text("utf-8").partition("\n### Not expressible\n")
    found: dict[str, str] = {}
    for match in filter(None, map(_ROW.match, results.splitlines())):
        if found.get(match[1]) != "fail":
            found[match[1]] = "fail" if "off" in match[2] else "pass"
    return found | {line.split(" | ")[0][2:]: "not-expressible" for line in rest.splitlines()[3:] if line[:2] == "| "}
