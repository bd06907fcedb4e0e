"""The page of the validation results, from running all cases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from loadcase.validation.agreement import Agreement, compare, subjects
from loadcase.validation.run import run_cases
from loadcase.validation.table import agreement_table, table

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
AGREEMENT = """\
<!-- Made by `python -m tools.docs agreement`. -->

# The closed form against the engine

`loadcase estimate` answers in closed form what the engine simulates. `loadcase validate --closed-form` puts the same
blueprints through both: those of the [validation](validation.md) cases, the gallery, and designs that span disciplines,
balancers, steps, caches, logs and queues at 0.3 to 0.9 of what they can take. Compared are the rate, the mean, p50, p95
and p99 of every flow and of the age of what its consumers finish, and of every component the mean time from arrival
until the worker is free, the utilisation, the hit ratio, the stored keys and the share that leaves the queue out of
patience. They agree within 10 % on means and medians, 15 % on p95 and p99, 5 % on rates, utilisations, stored keys and
lost patience, and 3 % on hit ratios. What is not stable, feeds back, or has no closed form is listed with the reason.

This page is made by `python -m tools.docs agreement`, which takes minutes. It shows the largest difference of a design
on means, percentiles and utilisations, and whose it is.

"""
_ROW = re.compile(r"^\| (\S+) \|.*\| (ok|\*\*off\*\*|) \|$")


def validation_page(results: Sequence[Mapping[str, Any]] | None = None) -> str:
    """The page; runs all built-in cases unless their results are given."""
    return HEAD + table(run_cases() if results is None else results)


def agreement_page(found: Sequence[Agreement] | None = None) -> str:
    """The page; runs all designs unless their results are given."""
    return AGREEMENT + agreement_table(compare(subjects()) if found is None else found)


def statuses(page: Path) -> dict[str, str]:
    """The status of each case by id, as the tables of the page have it."""
    results, _, rest = page.read_text("utf-8").partition("\n### Not expressible\n")
    found: dict[str, str] = {}
    for match in filter(None, map(_ROW.match, results.splitlines())):
        if found.get(match[1]) != "fail":
            found[match[1]] = "fail" if "off" in match[2] else "pass"
    return found | {line.split(" | ")[0][2:]: "not-expressible" for line in rest.splitlines()[3:] if line[:2] == "| "}
