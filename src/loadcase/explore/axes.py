"""What a sweep varies: `api.replicas=10..200 step 10`, `followers=1k..10M log x7`, `cache.policy=lru,lfu`.

A path is written as in a variant. Behind it stands a list of values, or a range `low..high` with

`step 10`
    every tenth, from the low end.
`x7`
    seven values evenly spread, both ends among them; five where neither this nor a step is given.
`log`
    spread by equal factors instead of equal distances.

Ends without a unit and without a decimal point are whole, and so are the values between them, unless more values are
asked for than there are whole numbers: `0.0..1.0` has others than 0 and 1. A Latin hypercube (`--samples`) draws from
the whole range, or from the values where a step or a number of values is given.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from loadcase.core.errors import LoadcaseError, UsageError, shorten
from loadcase.core.quantity import Dims, Quantity, median, strip_counts
from loadcase.core.unitformat import format_dims, format_quantity
from loadcase.core.units import in_unit, parse_ends, parse_quantity, parse_unit

EXAMPLE = "for example api.replicas=10..200 step 10, followers=1k..10M log x7, or cache.policy=lru,lfu"
POINTS = 5
MOST_POINTS = 100_000
_OPTION = re.compile(r"\s+(?:(?P<log>log)|x(?P<count>\d{1,6})|step\s+(?P<step>[^\s].*?))\s*\Z")
_WHOLE = re.compile(r"[+-]?\d[\d_]*(?:[kKMGBT])?\Z")


@dataclass(frozen=True)
class Setting:
    """One value of a path: as it is laid over the design, as a number in base units if it is one, and as it is shown.

    None for `value` removes what stands at the path.
    """

    path: str
    value: Any
    number: float | None
    label: str

    def __str__(self) -> str:
        return f"{self.path}={self.label}"


@dataclass(frozen=True)
class Range:
    """A continuous range; `whole` if its values are whole numbers. The ends are in base units, `unit` is as written."""

    low: float
    high: float
    dims: Dims
    unit: str
    log: bool
    whole: bool

    def at(self, share: float) -> float:
        """The value at a share of the way from the low end to the high one."""
        if self.log:
            return self.low * math.exp(share * math.log(self.high / self.low))
        return self.low + share * (self.high - self.low)

    def drawn(self, share: float) -> float:
        """The value at a share in [0, 1); of a whole range each whole number has its part of it."""
        if not self.whole:
            return self.at(share)
        wider = Range(self.low, self.high + 1, self.dims, self.unit, self.log, True)
        return min(self.high, math.floor(wider.at(share)))

    def setting(self, path: str, value: float) -> Setting:
        """A value of the range, spelled in the unit of the range."""
        if self.whole:
            return Setting(path, round(value), float(round(value)), _shown(float(round(value)), self.dims, ""))
        if not self.unit:
            number = float(f"{value:.12g}")
            return Setting(path, number, number, _shown(number, self.dims, ""))
        text = f"{value / parse_unit(self.unit)[0]:.12g} {self.unit}"
        number = median(parse_quantity(text)).value
        return Setting(path, text, number, _shown(number, self.dims, self.unit))


@dataclass(frozen=True)
class Axis:
    """One path and its values, and the range that they are of, if any.

    A Latin hypercube draws from all of the range where it is `free`, else from the values. `unit` is that of the
    numbers, in base units; `text` where they are none.
    """

    path: str
    settings: tuple[Setting, ...]
    unit: str
    spread: Range | None = None
    free: bool = False


Point = tuple[Setting, ...]
"""One value for each axis."""


def parse_axis(text: str) -> Axis:
    """Reads `PATH=VALUES`. Raises UsageError."""
    path, equals, spec = text.partition("=")
    path, spec = path.strip(), spec.strip()
    if not equals or not path or not spec:
        raise UsageError(f"expected PATH=VALUES, got {shorten(text)!r}", hint=EXAMPLE)
    items = _items(spec)
    if len(items) == 1 and ".." in spec:
        return _range_axis(path, spec)
    settings = [_listed(path, item) for item in items]
    numbers = _same_unit(items)
    if numbers is None:
        return Axis(path, tuple(Setting(path, s.value, None, s.label) for s in settings), "text")
    found, unit = numbers
    known = tuple(Setting(path, s.value, n, s.label) for s, n in zip(settings, found, strict=True))
    return Axis(path, known, unit)


def parse_axes(texts: Iterable[str]) -> list[Axis]:
    """Reads all of them. Raises UsageError, also where two are about one path, or where there is none."""
    axes = [parse_axis(text) for text in texts]
    if not axes:
        raise UsageError("a sweep varies at least one value", hint=f"--set PATH=VALUES, {EXAMPLE}")
    paths = [axis.path for axis in axes]
    twice = next((p for p in paths if paths.count(p) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice} is set twice", hint="give all its values at once, as in web.replicas=2,4,8..")
    return axes


def grid(axes: Sequence[Axis]) -> list[Point]:
    """Every value with every other, the last axis fastest. Raises UsageError when that is too many."""
    count = math.prod(len(axis.settings) for axis in axes)
    if count > MOST_POINTS:
        raise UsageError(f"the grid has {count:,} points, {MOST_POINTS:,} are the most", hint="--samples draws some")
    return list(product(*(axis.settings for axis in axes)))


def latin_hypercube(axes: Sequence[Axis], samples: int, seed: int) -> list[Point]:
    """Points that cover the range of each axis evenly: one in each of `samples` equal parts of it.

    Source: M. McKay, R. Beckman, W. Conover, A comparison of three methods for selecting values of input variables,
    Technometrics 21(2), 1979. Raises UsageError without scipy, or for a number of samples out of range.
    """
    if not 1 <= samples <= MOST_POINTS:
        raise UsageError(f"--samples takes 1 to {MOST_POINTS:,}, got {samples}")
    try:
        from scipy.stats import qmc
    except ImportError:
        raise UsageError("a Latin hypercube needs scipy", hint="pip install 'loadcase[sweep]', or leave out --samples"
                         ) from None  # fmt: skip
    shares = qmc.LatinHypercube(len(axes), seed=seed).random(samples)
    return [tuple(_drawn(axis, float(u)) for axis, u in zip(axes, row, strict=True)) for row in shares]


def _drawn(axis: Axis, share: float) -> Setting:
    if axis.spread is None or not axis.free:
        return axis.settings[min(len(axis.settings) - 1, int(share * len(axis.settings)))]
    return axis.spread.setting(axis.path, axis.spread.drawn(share))


def _range_axis(path: str, spec: str) -> Axis:
    given: dict[str, str] = {}
    ends = spec
    while (found := _OPTION.search(ends)) is not None:
        name, value = next((n, v) for n, v in found.groupdict().items() if v is not None)
        if name in given:
            raise UsageError(f"{path}: {name!r} stands twice in {shorten(spec)!r}", hint=EXAMPLE)
        given[name], ends = value, ends[: found.start()]
    try:
        low, high, unit = parse_ends(ends)
        step = _step(given["step"], unit, low.dims) if "step" in given else None
    except LoadcaseError as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint or EXAMPLE) from None
    if not low.value < high.value:
        raise UsageError(
            f"{path}: a range goes from its smaller to its larger end, got {shorten(spec)!r}", hint=EXAMPLE
        )
    if "log" in given and (step is not None or low.value <= 0):
        why = "a step is a distance" if step is not None else "its low end is above 0"
        raise UsageError(f"{path}: a range by equal factors takes no such {shorten(spec)!r}: {why}", hint=EXAMPLE)
    if step is not None and "count" in given:
        raise UsageError(f"{path}: give a step or a number of values, not both", hint=EXAMPLE)
    written = [end.strip() for end in ends.split("..", 1)]
    whole = not unit and all(_WHOLE.match(end) for end in written)
    there = high.value - low.value + 1
    count = int(given.get("count", min(POINTS, there) if whole else POINTS))
    if count < 2 and step is None:
        raise UsageError(f"{path}: a range has at least two values, got x{count}", hint=EXAMPLE)
    if whole and (there < count if step is None else step != int(step)):
        whole = False
    spread = Range(low.value, high.value, low.dims, unit, "log" in given, whole)
    numbers = list(_spread(spread, step, count, path))
    settings = dict.fromkeys(spread.setting(path, number) for number in numbers)
    free = step is None and "count" not in given
    return Axis(path, tuple(settings), _base_unit(low.dims), spread, free)


def _spread(spread: Range, step: float | None, count: int, path: str) -> Iterator[float]:
    if step is None:
        if count > MOST_POINTS:
            raise UsageError(f"{path}: {count:,} values, {MOST_POINTS:,} are the most")
        yield from (spread.at(i / (count - 1)) for i in range(count))
        return
    steps = (spread.high - spread.low) / step
    if steps > MOST_POINTS:
        raise UsageError(f"{path}: {steps:,.0f} values, {MOST_POINTS:,} are the most", hint="take a larger step")
    yield from (spread.low + i * step for i in range(math.floor(steps + 1e-9) + 1))


def _step(text: str, unit: str, dims: Dims) -> float:
    step = parse_quantity(text)
    if not step.dims and unit and "%" not in text:
        step = parse_quantity(f"{text} {unit}")
    if step.dims != dims or not isinstance(step, Quantity) or step.value <= 0:
        raise UsageError(f"a step is a positive distance in the unit of the range, got {shorten(text)!r}")
    return step.value


def _items(spec: str) -> list[str]:
    """Values between the commas that stand outside of brackets."""
    items, depth, item = [], 0, ""
    for letter in spec:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            items.append(item.strip())
            item = ""
        else:
            item += letter
    items.append(item.strip())
    if "" in items or depth:
        raise UsageError(f"cannot read the values {shorten(spec)!r}", hint=EXAMPLE)
    return items


def _listed(path: str, item: str) -> Setting:
    try:
        value = YAML(typ="safe", pure=True).load(item)
    except YAMLError:
        raise UsageError(f"{path}: cannot read the value {shorten(item)!r}", hint="write it as in the file") from None
    return Setting(path, value, None, shorten(item, 40))


def _same_unit(items: Sequence[str]) -> tuple[list[float], str] | None:
    """The values as numbers and their unit, where all of them are quantities of one dimension."""
    try:
        found = [parse_quantity(item) for item in items]
    except LoadcaseError:
        return None
    if any(not isinstance(q, Quantity) or q.dims != found[0].dims for q in found):
        return None
    return [q.value for q in found if isinstance(q, Quantity)], _base_unit(found[0].dims)


def _base_unit(dims: Dims) -> str:
    return format_dims(dims)


def _shown(number: float, dims: Dims, unit: str) -> str:
    if unit.endswith("%"):
        return f"{in_unit(Quantity(number, dims), unit):.4g} %"
    return format_quantity(strip_counts(Quantity(number, dims)), digits=4)
