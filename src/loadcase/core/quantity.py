"""Numbers with a dimension, and how they combine. Values are in seconds, bytes, US dollars and counts.

Each counted thing (user, request, message) is a dimension of its own, so that ``message + user`` is an error
as much as bytes + seconds is. Combining anything with a range gives a range, sample by sample.
"""

from __future__ import annotations

import math
import operator
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from loadcase.core.errors import UnitError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Dims = tuple[tuple[str, int], ...]

PHYSICAL = ("data", "money", "time")
"""The dimensions that are measured rather than counted."""

SAMPLES = 20_000
LARGEST = 1e100
_Z95 = 1.6448536269514722  # the standard normal's 95 % point: a 90 % interval is +- this many sd
HIGHEST_POWER = 12


class _Arithmetic:
    """The operators of quantities and ranges; plain numbers may stand on either side."""

    def __add__(self: Any, other: Operand) -> Value:
        return add(self, other)

    def __radd__(self: Any, other: Operand) -> Value:
        return add(other, self)

    def __sub__(self: Any, other: Operand) -> Value:
        return subtract(self, other)

    def __rsub__(self: Any, other: Operand) -> Value:
        return subtract(other, self)

    def __mul__(self: Any, other: Operand) -> Value:
        return multiply(self, other)

    def __rmul__(self: Any, other: Operand) -> Value:
        return multiply(other, self)

    def __truediv__(self: Any, other: Operand) -> Value:
        return divide(self, other)

    def __rtruediv__(self: Any, other: Operand) -> Value:
        return divide(other, self)

    def __pow__(self: Any, other: Operand) -> Value:
        return power(self, other)

    def __neg__(self: Any) -> Value:
        return multiply(self, -1.0)


@dataclass(frozen=True)
class Quantity(_Arithmetic):
    """A known number: ``value`` in base units (s, B, USD, counts), ``dims`` sorted by name."""

    value: float
    dims: Dims = ()

    def __post_init__(self) -> None:
        _check_finite(self.value)


@dataclass(frozen=True, eq=False)
class Uncertain(_Arithmetic):
    """A number known as a range: ``samples`` in base units, drawn from a seed of the range's own name."""

    samples: NDArray[np.float64] = field(repr=False)
    dims: Dims = ()

    def __post_init__(self) -> None:
        import numpy as np

        if not bool(np.all(np.abs(self.samples) <= LARGEST)):
            raise UnitError(f"the result is not a number below {LARGEST:g}", hint="check the exponents and units")

    def percentile(self, percent: float) -> float:
        """The given percentile (0 to 100), in base units; by Hazen's positions, where the samples lie."""
        import numpy as np

        return float(np.percentile(self.samples, percent, method="hazen"))

    @property
    def p5(self) -> float:
        """The 5th percentile, in base units."""
        return self.percentile(5)

    @property
    def p50(self) -> float:
        """The median, in base units."""
        return self.percentile(50)

    @property
    def p95(self) -> float:
        """The 95th percentile, in base units."""
        return self.percentile(95)


Value = Quantity | Uncertain
Operand = Quantity | Uncertain | float


def as_value(x: Operand) -> Value:
    """A plain number as a dimensionless quantity; quantities and ranges as they are."""
    return x if isinstance(x, (Quantity, Uncertain)) else Quantity(float(x))


def from_range(low: float, high: float, dims: Dims, seed_text: str) -> Uncertain:
    """The range whose 90 % interval is ``low..high``: lognormal when both are positive, else normal.

    The samples are the distribution's own quantiles in an order shuffled from ``seed_text``, so that p5, p50
    and p95 are exact and two ranges of different names are independent.
    """
    import numpy as np

    if not low < high:
        raise UnitError("a range goes from its smaller to its larger end", hint="write it as 20M..80M")
    z = _shuffled_normals(seed_text)
    if low > 0:
        mean, sd = (math.log(low) + math.log(high)) / 2, (math.log(high) - math.log(low)) / (2 * _Z95)
        with np.errstate(over="ignore"):  # Uncertain refuses what overflows
            return Uncertain(np.exp(mean + sd * z), dims)
    return Uncertain((low + high) / 2 + (high - low) / (2 * _Z95) * z, dims)


def median(x: Value) -> Quantity:
    """The value itself, or a range's median."""
    return x if isinstance(x, Quantity) else Quantity(x.p50, x.dims)


def strip_counts(x: Value) -> Value:
    """Drop counted things: ``message/s`` counts as ``1/s`` and ``B/message`` as ``B``."""
    dims = tuple((name, power) for name, power in x.dims if name in PHYSICAL)
    return Quantity(x.value, dims) if isinstance(x, Quantity) else Uncertain(x.samples, dims)


def is_counted(dims: Dims) -> bool:
    """True when nothing in ``dims`` is measured: a plain number or a count of things."""
    return all(name not in PHYSICAL for name, _ in dims)


def describe_dims(dims: Dims) -> str:
    """The dimension in words: ``data``, ``message/time``, ``plain number``."""
    if not dims:
        return "plain number"
    above = "*".join(_powered(name, power) for name, power in dims if power > 0)
    below = "".join(f"/{_powered(name, -power)}" for name, power in dims if power < 0)
    return (above or "1") + below


def add(a: Operand, b: Operand) -> Value:
    """a + b, of one dimension."""
    a, b = _same_dims(as_value(a), as_value(b), "add {1} to {0}")
    return _combine(a, b, operator.add, a.dims)


def subtract(a: Operand, b: Operand) -> Value:
    """a - b, of one dimension."""
    a, b = _same_dims(as_value(a), as_value(b), "subtract {1} from {0}")
    return _combine(a, b, operator.sub, a.dims)


def multiply(a: Operand, b: Operand) -> Value:
    """a * b."""
    a, b = as_value(a), as_value(b)
    return _combine(a, b, operator.mul, combine_dims((*a.dims, *b.dims)))


def divide(a: Operand, b: Operand) -> Value:
    """a / b; dividing by zero, or by a range that holds zero, is an error."""
    a, b = as_value(a), as_value(b)
    if (b.value == 0) if isinstance(b, Quantity) else bool((b.samples == 0).any()):
        raise UnitError("division by zero", hint="keep the divisor above 0, as in a / max(b, 1)")
    dims = combine_dims((*a.dims, *((name, -power) for name, power in b.dims)))
    return _combine(a, b, operator.truediv, dims)


def power(a: Operand, b: Operand) -> Value:
    """a ** b; the exponent is a plain number, and a whole one when ``a`` carries a unit."""
    a, b = as_value(a), as_value(b)
    if b.dims:
        raise UnitError(f"an exponent is a plain number, got a {describe_dims(b.dims)}", hint="as in 2 ** 10")
    dims: Dims = ()
    if a.dims:
        if isinstance(b, Uncertain):
            raise UnitError("a quantity with a unit cannot be raised to a range", hint="use a whole number")
        scaled = [(name, p * b.value) for name, p in a.dims]
        if any(p != int(p) for _, p in scaled if abs(p) <= HIGHEST_POWER):
            raise UnitError(f"a {describe_dims(a.dims)} to the power {b.value:g} has no unit", hint="use whole powers")
        dims = _checked_dims([(name, int(p)) for name, p in scaled])
    return _combine(a, b, operator.pow, dims)


def least(values: Sequence[Operand]) -> Value:
    """The smallest of values of one dimension (of ranges: sample by sample)."""
    return _extreme(values, "min")


def greatest(values: Sequence[Operand]) -> Value:
    """The largest of values of one dimension (of ranges: sample by sample)."""
    return _extreme(values, "max")


def rounded(x: Value, how: str) -> Value:
    """``how`` is "ceil" or "round"; only counts can be rounded, since 1 s or 1 B is no natural step."""
    if not is_counted(x.dims):
        raise UnitError(
            f"{how} takes a plain number or a count, got a {describe_dims(x.dims)}",
            hint=f"divide by the step first, as in {how}(stored / disk)",
        )
    if isinstance(x, Quantity):
        return Quantity(float(math.ceil(x.value) if how == "ceil" else round(x.value)), x.dims)
    import numpy as np

    return Uncertain(np.ceil(x.samples) if how == "ceil" else np.round(x.samples), x.dims)


def combine_dims(parts: Iterable[tuple[str, int]]) -> Dims:
    """The sorted sum of powers per name, without those that cancel."""
    total: dict[str, int] = {}
    for name, p in parts:
        total[name] = total.get(name, 0) + p
    return _checked_dims(total.items())


def _checked_dims(parts: Iterable[tuple[str, int]]) -> Dims:
    dims = tuple(sorted((name, p) for name, p in parts if p))
    if any(abs(p) > HIGHEST_POWER for _, p in dims):
        raise UnitError(
            f"a unit to a power beyond {HIGHEST_POWER} has no meaning here", hint="divide by the unit first"
        )
    return dims


def _combine(a: Value, b: Value, act: Callable[[Any, Any], Any], dims: Dims) -> Value:
    if isinstance(a, Quantity) and isinstance(b, Quantity):
        try:
            result = act(a.value, b.value)
        except OverflowError:
            result = math.inf
        except ZeroDivisionError:
            raise UnitError("division by zero", hint="keep the divisor above 0, as in a / max(b, 1)") from None
        if isinstance(result, complex):
            raise UnitError("a negative number has no such power", hint="use a whole exponent")
        return Quantity(result, dims)
    import numpy as np

    with np.errstate(all="ignore"):
        return Uncertain(act(_numbers(a), _numbers(b)), dims)


def _extreme(values: Sequence[Operand], name: str) -> Value:
    result = as_value(values[0])
    for value in values[1:]:
        result, other = _same_dims(result, as_value(value), f"take the {name} of {{0}} and {{1}}")
        if isinstance(result, Quantity) and isinstance(other, Quantity):
            result = Quantity((min if name == "min" else max)(result.value, other.value), result.dims)
        else:
            import numpy as np

            choose = np.minimum if name == "min" else np.maximum
            result = _combine(result, other, choose, result.dims)
    return result


def _same_dims(a: Value, b: Value, deed: str) -> tuple[Value, Value]:
    """Both, given one dimension; a plain 0 fits any, so that ``max(0, a - b)`` can be written."""
    if a.dims == b.dims:
        return a, b
    if a == Quantity(0.0):
        return Quantity(0.0, b.dims), b
    if b == Quantity(0.0):
        return a, Quantity(0.0, a.dims)
    from loadcase.core.units import format_quantity

    first, second = (f"{format_quantity(x)} ({describe_dims(x.dims)})" for x in (a, b))
    raise UnitError(f"cannot {deed.format(first, second)}", hint="both sides need one unit", code="LC202")


def _check_finite(value: float) -> None:
    if not abs(value) <= LARGEST:  # also catches NaN
        shown = "not a number" if math.isnan(value) else f"beyond {LARGEST:g}"
        raise UnitError(f"the number is {shown}", hint="check the exponents and units")


def _numbers(x: Value) -> Any:
    return x.value if isinstance(x, Quantity) else x.samples


def _powered(name: str, power: int) -> str:
    return name if power == 1 else f"{name}^{power}"


@lru_cache(maxsize=1)
def _normal_quantiles() -> NDArray[np.float64]:
    from statistics import NormalDist

    import numpy as np

    inverse = NormalDist().inv_cdf
    lower = np.array([inverse((i + 0.5) / SAMPLES) for i in range(SAMPLES // 2)])
    return np.concatenate([lower, -lower[::-1]])  # so that the median of -5..5 is exactly 0


def _shuffled_normals(seed_text: str) -> NDArray[np.float64]:
    import numpy as np

    seed = zlib.crc32(seed_text.encode("utf-8", "replace"))
    return np.random.default_rng(seed).permutation(_normal_quantiles())
