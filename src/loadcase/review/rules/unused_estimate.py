"""An estimate that nothing uses."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from loadcase.blueprint.document import plain
from loadcase.core.quantity import Quantity, median, strip_counts
from loadcase.review.design import Design
from loadcase.review.figures import figures
from loadcase.review.rule import Found, Rule

NEAR = 0.15
"""A figure in words may be rounded by so much."""


class UnusedEstimate(Rule):
    """An estimate is not carried into anything.

    What: no other estimate, field or guarantee of the design names it, and no sentence quotes its value.

    Why: a number that decides nothing is theatre. Either a size, a bound or a decision follows from it, or it need not
    be there.

    Source: published interview guides (only load-bearing numbers, carried forward).
    """

    code = "LC520"
    severity = "warning"
    covers = ("est-used",)
    valid = (
        """
estimates: {users: 1M user, rate: 2 request/user/day, load: users * rate}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: load}, steps: [s.handle]}}
""",
        """
estimates: {stored: 1.1 PB}
components: {s: {kind: store, shards: 100}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.read]}}
decisions: {shards: {choose: shards, over: [one node], because: 1 PB does not fit one node}}
""",
        """
estimates: {followers: 10k user}
components: {s: {kind: store}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.read]}}
variants: {more: {estimates.followers: 1M user}}
decisions: {fan: {choose: writes, over: [reads], flips_when: followers > 100k}}
""",
    )
    invalid = (
        """
estimates:
  load: 10 /s
  stored: 3 TB  # <-
components: {s: {kind: store}}
flows: {r: {arrive: {rate: load}, steps: [s.read]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Estimates in the order of the file."""
        b = design.b
        texts = [str(t) for p, t in leaves(plain(b.data)) if p[:1] != ("estimates",)]
        for name, entry in b.estimates.items():
            others = [str(e.formula) for n, e in b.estimates.items() if n != name]
            if any(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", text) for text in (*others, *texts)):
                continue
            if not quoted(median(strip_counts(entry.value)), texts):
                hint = "let a size, a bound or a decision follow from it, or take it out"
                yield Found(("estimates", name), f"nothing uses {name}", hint)


def leaves(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], object]]:
    """Every scalar of nested data with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from leaves(inner, (*path, i))
    else:
        yield path, value


def quoted(value: Quantity, texts: list[str]) -> bool:
    """Whether a text states the value, in words such as `1 PB`."""
    if value.value <= 0:
        return False
    alike = (said for text in texts for said in figures(text) if said.dims == value.dims and said.value > 0)
    return any(abs(math.log(said.value / value.value)) <= NEAR for said in alike)
