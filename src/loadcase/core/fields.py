"""Field types for pydantic models: text with a unit, or a formula over the estimates, becomes a number in base units.

Validate with ``context={"scope": {...}}``, a mapping from estimate names to values. A range counts as its median.
With a context, that is from a file, a number without a unit is refused where a unit is needed (``timeout: 250`` may
mean ms or s; 0 is 0 either way); without one, that is from Python, such a number is in base units: s, B, 1/s, USD.
Errors carry the stable code as their type and ``message``, ``hint`` and ``offset`` as their context.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

from pydantic import PlainSerializer, PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from loadcase.core.distributions import Const, Dist, parse_dist
from loadcase.core.errors import ExpressionError, Path, Problem, UnitError, shorten
from loadcase.core.expressions import as_problem, evaluate
from loadcase.core.quantity import Dims, Quantity, Uncertain, Value, median
from loadcase.core.unitformat import MONTH_S
from loadcase.core.units import describe_dims, format_quantity, is_counted, missing_unit, strip_counts

LARGEST_COUNT = 10**9
OUT_OF_RANGE = "LC203"
FIELD_ERROR = "LC301"


@dataclass(frozen=True)
class Kind:
    """What one field type takes: its name in messages, examples, the base unit and the range of its values."""

    takes: str
    examples: tuple[str, ...]
    fits: Callable[[Dims], bool]
    unit: str = ""
    per: float = 1.0
    least: float = 0.0
    most: float = math.inf
    whole: bool = False

    @property
    def example(self) -> str:
        """The examples, as a hint."""
        return f"for example {', '.join(self.examples)}"


def problem_of(details: ErrorDetails, prefix: Path = ()) -> Problem:
    """One of pydantic's errors as a Problem: ours with code, hint and offset, pydantic's own as LC301."""
    path = (*prefix, *details["loc"])
    given = details.get("ctx", {})
    if details["type"].startswith("LC"):
        return Problem(details["type"], given["message"], path, hint=given["hint"], offset=given["offset"])
    raised = given.get("error")
    if isinstance(raised, (UnitError, ExpressionError)):
        return as_problem(raised, path)
    return Problem(FIELD_ERROR, details["msg"], path)


def _fail(code: str, message: str, hint: str, column: int = 0) -> NoReturn:
    given = {"message": message, "hint": hint, "offset": max(0, column - 1)}
    raise PydanticCustomError(code, "{message}", given)


def _scope(info: ValidationInfo) -> Mapping[str, Value]:
    scope = info.context.get("scope") if isinstance(info.context, Mapping) else None
    return scope if isinstance(scope, Mapping) else {}


def _read(kind: Kind, given: Any, info: ValidationInfo) -> float:
    if isinstance(given, (Quantity, Uncertain)):
        value: Value = given
    elif isinstance(given, bool) or not isinstance(given, (str, int, float)):
        _fail("LC201", f"expected {kind.takes} such as {kind.examples[0]}, got {_named(given)}", kind.example)
    else:
        try:
            value = evaluate(given, _scope(info))
        except (UnitError, ExpressionError) as error:
            _fail(error.code, error.message, error.hint or kind.example, error.column)
    number = median(value).value
    if not kind.fits(value.dims):
        unitless = not value.dims and (number == 0 or info.context is None)
        if not unitless:
            _wrong_dimension(kind, given, value)
        return _in_range(kind, number, isinstance(value, Uncertain))
    return _in_range(kind, number * kind.per, isinstance(value, Uncertain))


def _wrong_dimension(kind: Kind, given: Any, value: Value) -> NoReturn:
    got = f"{format_quantity(value)} ({describe_dims(value.dims)})"
    units = ("ms", "s") if kind.unit == "s" else (kind.unit,)
    hint = missing_unit(given, value, units, kind.examples[0]) if kind.unit else ""
    _fail("LC202", f"expected {kind.takes} such as {kind.examples[0]}, got {got}", hint or kind.example)


def _in_range(kind: Kind, number: float, uncertain: bool) -> float:
    example = f"expected {kind.takes} such as {kind.examples[0]}"
    if not kind.least <= number <= kind.most:
        bounds = f"{kind.least:g} or more"
        if number > kind.most:
            bounds = f"at most {kind.most:,.0f}"
        hint = f"{number:g} as a share is written {number:g} %" if kind.most == 1 and 1 < number <= 100 else example
        _fail(OUT_OF_RANGE, f"{kind.takes} is {bounds}, got {number:.6g}", hint)
    if kind.whole:
        nearest = round(number)
        if not uncertain and abs(number - nearest) > 1e-9 * max(1.0, abs(number)):
            _fail(OUT_OF_RANGE, f"expected {kind.takes}, got {number:.6g}", "ceil(...) rounds a formula up")
        return nearest
    return number


def _read_work(given: Any, info: ValidationInfo) -> Dist:
    if isinstance(given, Dist):
        return given
    if isinstance(given, (Quantity, Uncertain)):
        return Const(_read(_SECONDS, given, info))
    try:
        return parse_dist(given, _scope(info), bare=info.context is None)
    except (UnitError, ExpressionError) as error:
        hint = error.hint or "expected a duration such as 2 ms, exp(2 ms) or lognormal(p50=2 ms, p99=20 ms)"
        _fail(error.code, error.message, hint, error.column)


def _named(given: Any) -> str:
    if isinstance(given, Mapping):
        return "a mapping"
    if isinstance(given, (list, tuple)):
        return "a list"
    return {None: "nothing", True: "true", False: "false"}.get(given) or shorten(repr(given), 30)


def _has(*wanted: tuple[str, int], keep_counts: bool = False) -> Callable[[Dims], bool]:
    """Whether dimensions are exactly ``wanted``, counted things aside unless ``keep_counts``."""

    def fits(dims: Dims) -> bool:
        return (dims if keep_counts else strip_counts(Quantity(0.0, dims)).dims) == tuple(sorted(wanted))

    return fits


def _money_per_count(dims: Dims) -> bool:
    counts = [power for name, power in dims if name != "money"]
    return ("money", 1) in dims and counts == [-1] and is_counted(tuple(d for d in dims if d[0] != "money"))


_TEXT = {"type": "string", "minLength": 1}
_SECONDS = Kind("a duration", ("250 ms", "2 s", "1 day", "2 * timeout"), _has(("time", 1)), "s")
_BYTES = Kind("a size", ("300 B", "4 kB", "1.5 TB"), _has(("data", 1)), "B")
_RATE = Kind("a rate", ("5 /s", "20k request/s", "peak_rate"), _has(("time", -1)), "/s")
_NUMBER = Kind("a number", ("2", "50M user", "online * dau"), is_counted)
_AMOUNT = Kind("an amount", ("10", "-10"), is_counted, least=-math.inf)
_WHOLE = Kind("a whole number", ("3", "100k", "ceil(a / b)"), is_counted, "", 1.0, 1, LARGEST_COUNT, whole=True)
_WHOLE0 = Kind("a whole number", ("0", "256", "ceil(a / b)"), is_counted, "", 1.0, 0, LARGEST_COUNT, whole=True)
_RATIO = Kind("a share", ("5 %", "0.05"), is_counted, most=1.0)
_FACTOR = Kind("a factor", ("2", "0.5", "150 %"), is_counted)
_DOLLARS = Kind("an amount of money", ("5 USD", "0.4 USD/Mrequest", "$20"), _has(("money", 1)), "USD")
_MONTHLY = Kind(
    "money per month",
    ("70 USD/month", "$900k/month"),
    _has(("money", 1), ("time", -1), keep_counts=True),
    "USD/month",
    MONTH_S,
)
_PER_UNIT = Kind("money per counted thing", ("0.4 USD/Mrequest", "3 USD/Mtoken"), _money_per_count, "USD/request")
_PER_BYTE = Kind("money per size", ("0.09 USD/GB",), _has(("money", 1), ("data", -1)), "USD/B")
_PER_BYTE_MONTH = Kind(
    "money per size and month",
    ("0.023 USD/GB/month",),
    _has(("money", 1), ("data", -1), ("time", -1)),
    "USD/B/month",
    MONTH_S,
)


def _validator(kind: Kind) -> PlainValidator:
    return PlainValidator(lambda given, info: _read(kind, given, info))


def _schema(kind: Kind) -> WithJsonSchema:
    """The schema by which an editor helps: which plain numbers are taken beside text, and examples."""
    plain: dict[str, Any] = {"const": 0} if kind.unit else {"type": "integer" if kind.whole else "number"}
    if not kind.unit:
        if kind.least > -math.inf:
            plain["minimum"] = kind.least
        if kind.most < math.inf:
            plain["maximum"] = kind.most
    description = f"{kind.takes}, such as {', '.join(kind.examples)}; or a formula over the estimates"
    description = description[0].upper() + description[1:]
    return WithJsonSchema({"anyOf": [_TEXT, plain], "description": description, "examples": list(kind.examples)})


Seconds = Annotated[float, _validator(_SECONDS), _schema(_SECONDS)]
"""A duration in seconds."""
Bytes = Annotated[float, _validator(_BYTES), _schema(_BYTES)]
"""A size in bytes; ``B/message`` counts as ``B``."""
Rate = Annotated[float, _validator(_RATE), _schema(_RATE)]
"""Events per second; ``message/s`` counts as ``1/s``."""
Amount = Annotated[float, _validator(_AMOUNT), _schema(_AMOUNT)]
"""A plain number, which may be negative."""
Number = Annotated[float, _validator(_NUMBER), _schema(_NUMBER)]
"""A plain number or a count, 0 or more."""
Whole = Annotated[int, _validator(_WHOLE), _schema(_WHOLE)]
"""A whole number from 1 to 10^9; a range counts as its median, rounded."""
Whole0 = Annotated[int, _validator(_WHOLE0), _schema(_WHOLE0)]
"""A whole number from 0 to 10^9; a range counts as its median, rounded."""
Ratio = Annotated[float, _validator(_RATIO), _schema(_RATIO)]
"""A share from 0 to 1."""
Factor = Annotated[float, _validator(_FACTOR), _schema(_FACTOR)]
"""A factor, 0 or more."""
Dollars = Annotated[float, _validator(_DOLLARS), _schema(_DOLLARS)]
"""US dollars; ``USD/request`` counts as ``USD``."""
DollarsPerMonth = Annotated[float, _validator(_MONTHLY), _schema(_MONTHLY)]
"""US dollars per month (of 365.25 / 12 days)."""
DollarsPerUnit = Annotated[float, _validator(_PER_UNIT), _schema(_PER_UNIT)]
"""US dollars per one counted thing, which must be named."""
DollarsPerByte = Annotated[float, _validator(_PER_BYTE), _schema(_PER_BYTE)]
"""US dollars per byte."""
DollarsPerByteMonth = Annotated[float, _validator(_PER_BYTE_MONTH), _schema(_PER_BYTE_MONTH)]
"""US dollars per byte stored for a month."""
Work = Annotated[
    Dist,
    PlainValidator(_read_work),
    PlainSerializer(lambda law: law.text(), return_type=str),
    WithJsonSchema(
        {
            "anyOf": [_TEXT, {"const": 0}],
            "description": "A duration, the same for every request or drawn anew for each; arguments may be formulas",
            "examples": ["2 ms", "exp(2 ms)", "lognormal(p50=2 ms, p99=20 ms)", "mix(0.9: 1 ms, 0.1: exp(50 ms))"],
        }
    ),
]
"""A law of durations in seconds."""
