"""Reading durations that are drawn per request: ``exp(2 ms)``, ``lognormal(p50=2 ms, p99=20 ms)``, ``2 ms``.

| written | law |
|---|---|
| ``2 ms`` | always the same |
| ``exp(2 ms)`` | exponential, by its mean |
| ``lognormal(p50=2 ms, p99=20 ms)`` | by its median and one of p90, p95, p99, p999; or ``mu=, sigma=`` of the log |
| ``uniform(1 ms, 3 ms)`` | anything in between |
| ``erlang(4, 8 ms)`` | 4 exponential stages, mean 8 ms in all |
| ``pareto(xm=0.235 ms, alpha=10)`` | at least xm, heavy tail |
| ``normal(10 ms, 2 ms)`` | mean and standard deviation, cut off at 0 |
| ``mix(0.9: exp(0.5 s), 0.1: exp(5.5 s))`` | one of several, by share |

Arguments may be formulas over the estimates. The laws themselves are in ``laws.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from loadcase.core.errors import ExpressionError, UnitError, shorten, suggest
from loadcase.core.expressions import FUNCTIONS, evaluate
from loadcase.core.laws import CONST as CONST
from loadcase.core.laws import ERLANG as ERLANG
from loadcase.core.laws import EXP as EXP
from loadcase.core.laws import LOGNORMAL as LOGNORMAL
from loadcase.core.laws import MIX as MIX
from loadcase.core.laws import NORMAL as NORMAL
from loadcase.core.laws import PARETO as PARETO
from loadcase.core.laws import UNIFORM as UNIFORM
from loadcase.core.laws import Const as Const
from loadcase.core.laws import Dist as Dist
from loadcase.core.laws import Erlang as Erlang
from loadcase.core.laws import Exp as Exp
from loadcase.core.laws import LogNormal as LogNormal
from loadcase.core.laws import Mix as Mix
from loadcase.core.laws import Normal as Normal
from loadcase.core.laws import Pareto as Pareto
from loadcase.core.laws import Row as Row
from loadcase.core.laws import Uniform as Uniform
from loadcase.core.quantity import Quantity, Value, median, strip_counts
from loadcase.core.units import describe_dims, format_quantity, missing_unit

_LONGEST = 1000
_SHAPE = re.compile(r"\s*([A-Za-z_]\w*)\s*\((.*)\)\s*", re.ASCII | re.DOTALL)
_OPENED = re.compile(r"\s*([A-Za-z_]\w*)\s*\(", re.ASCII)
_NAMED = re.compile(r"\s*([A-Za-z_]\w*)\s*=(.*)", re.ASCII | re.DOTALL)
_TIME = (("time", 1),)


@dataclass(frozen=True)
class _Argument:
    name: str
    text: str
    column: int


@dataclass(frozen=True)
class _Reader:
    """Reads arguments against one scope; ``bare`` says whether a number without a unit means seconds."""

    whole: str
    scope: Mapping[str, Value]
    bare: bool

    def seconds(self, argument: _Argument) -> float:
        value = self._evaluate(argument)
        stripped = strip_counts(value)
        if stripped.dims == _TIME or (not value.dims and (self.bare or value == Quantity(0.0))):
            return median(stripped).value
        shown = f"{format_quantity(value)} ({describe_dims(value.dims)})"
        hint = missing_unit(argument.text, value, ("ms", "s"), "2 ms")
        error = UnitError(f"expected a duration such as 2 ms, got {shown}", hint=hint, code="LC202")
        raise self._error(error, argument)

    def number(self, argument: _Argument) -> float:
        value = self._evaluate(argument)
        if value.dims:
            message = f"expected a plain number, got {format_quantity(value)} ({describe_dims(value.dims)})"
            raise self._error(UnitError(message, code="LC202"), argument)
        return median(value).value

    def _evaluate(self, argument: _Argument) -> Value:
        try:
            return evaluate(argument.text, self.scope, self.whole)
        except (UnitError, ExpressionError) as error:
            raise self._error(error, argument) from None

    def _error(self, error: UnitError | ExpressionError, argument: _Argument) -> ExpressionError:
        column = argument.column + max(error.column, 1) - 1
        return ExpressionError(error.message, text=self.whole, column=column, hint=error.hint, code=error.code)


def parse_dist(text: str | float, scope: Mapping[str, Value] | None = None, *, bare: bool = True) -> Dist:
    """Read a law of durations, such as ``exp(2 ms)``; a plain duration or formula is a constant.

    A range counts as its median. Numbers without a unit are seconds when ``bare``, and refused else.
    Raises ExpressionError with the column, or UnitError.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, float)):
        raise UnitError(f"expected a duration such as 2 ms or exp(2 ms), got {shorten(repr(text))}")
    whole = text if isinstance(text, str) else repr(float(evaluate(text, {}).value))  # type: ignore[union-attr]
    if len(whole) > _LONGEST:
        raise UnitError(f"a duration has at most {_LONGEST} characters, got {len(whole)}")
    return _read(_Argument("", whole, 1), _Reader(whole, scope or {}, bare), inside_mix=False)


def _read(argument: _Argument, reader: _Reader, *, inside_mix: bool) -> Dist:
    found = _SHAPE.fullmatch(argument.text)
    opened = _OPENED.match(argument.text)
    if not found and opened and opened[1] in _LAWS:
        column = argument.column + opened.end() - 1
        message = f"the bracket of {opened[1]} is never closed, or something follows it"
        raise ExpressionError(message, text=reader.whole, column=column, hint=_example(opened[1]))
    if not found or found[1] in FUNCTIONS:
        value = reader.seconds(argument)
        return _made(lambda: Const(value), argument, reader)
    law, column = found[1], argument.column + found.start(1)
    if law not in _LAWS:
        hint = suggest(law, _LAWS) or f"known: {', '.join(_LAWS)}"
        raise ExpressionError(f'there is no duration "{shorten(law)}"', text=reader.whole, column=column, hint=hint)
    inner = _Argument(law, found[2], argument.column + found.start(2))
    parts = _split(inner, reader.whole)
    if law == "mix":
        if inside_mix:
            hint = "put all its parts into one mix"
            raise ExpressionError("a part of a mix may not be a mix", text=reader.whole, column=column, hint=hint)
        weights, dists = zip(*(_share(part, reader) for part in parts), strict=True)
        return _made(lambda: Mix(weights, dists), argument, reader)
    return _made(lambda: _LAWS[law](reader, _by_name(law, parts, reader, column)), argument, reader)


def _made(make: Callable[[], Dist], argument: _Argument, reader: _Reader) -> Dist:
    """What ``make`` makes, its complaints placed at the argument."""
    try:
        return make()
    except UnitError as error:
        raise ExpressionError(
            error.message, text=reader.whole, column=argument.column, hint=error.hint, code=error.code
        ) from None


def _split(argument: _Argument, whole: str) -> list[_Argument]:
    """The arguments between commas that stand in no bracket, each with its column."""
    parts: list[_Argument] = []
    depth, start = 0, 0
    for i, c in enumerate(argument.text + ","):
        depth += {"(": 1, ")": -1}.get(c, 0)
        if depth < 0:
            break
        if c == "," and depth == 0:
            text = argument.text[start:i]
            named = _NAMED.fullmatch(text)
            name, inner = (named[1], text[named.start(2) :]) if named else ("", text)
            lead = len(text) - len(inner) + len(inner) - len(inner.lstrip())
            parts.append(_Argument(name, inner.strip(), argument.column + start + lead))
            start = i + 1
    if depth != 0:
        raise ExpressionError(
            f'the brackets do not match in "{shorten(whole)}"',
            text=whole,
            column=argument.column,
            hint=_example(argument.name),
        )
    return parts


def _by_name(law: str, parts: list[_Argument], reader: _Reader, column: int) -> dict[str, _Argument]:
    """The arguments under their names; those without a name take the law's names in order."""
    names = _NAMES[law]
    given: dict[str, _Argument] = {}
    for part, name in zip(parts, [*names, *[""] * len(parts)], strict=False):
        key = part.name or name
        if not key or key in given or key not in (*names, *_OTHER_NAMES.get(law, ())):
            problem = (
                f'{law} has no "{shorten(part.name)}"'
                if part.name
                else f"{law} takes {len(names)} value{'s' * (len(names) > 1)}"
            )
            if key in given:
                problem = f'{law} has "{key}" twice'
            raise ExpressionError(problem, text=reader.whole, column=part.column, hint=_example(law))
        if not part.text:
            raise ExpressionError(
                f"{law} lacks a value here", text=reader.whole, column=part.column, hint=_example(law)
            )
        given[key] = part
    if len(given) != len(names):
        message = f"{law} takes {len(names)} value{'s' * (len(names) > 1)}, got {len(given)}"
        raise ExpressionError(message, text=reader.whole, column=column, hint=_example(law))
    return given


def _share(part: _Argument, reader: _Reader) -> tuple[float, Dist]:
    share, colon, rest = part.text.partition(":")
    if not colon or part.name:
        raise ExpressionError(
            "each part of a mix is share: duration", text=reader.whole, column=part.column, hint=_example("mix")
        )
    lead = len(share) + 1 + len(rest) - len(rest.lstrip())
    inner = _Argument("", rest.strip(), part.column + lead)
    return reader.number(_Argument("", share, part.column)), _read(inner, reader, inside_mix=True)


def _lognormal(reader: _Reader, given: dict[str, _Argument]) -> Dist:
    names = set(given)
    if names == {"mu", "sigma"}:
        return LogNormal(reader.number(given["mu"]), reader.number(given["sigma"]))
    high = names - {"p50"}
    if "p50" in names and high <= _HIGH.keys():
        name = high.pop()
        return LogNormal.through(reader.seconds(given["p50"]), _HIGH[name], reader.seconds(given[name]))
    raise UnitError("lognormal takes p50 and one of p90, p95, p99, p999, or mu and sigma", hint=_example("lognormal"))


def _erlang(reader: _Reader, given: dict[str, _Argument]) -> Dist:
    stages = reader.number(given["k"])
    return Erlang(stages, reader.seconds(given["mean"]))  # type: ignore[arg-type]  # Erlang refuses broken stages


def _example(law: str) -> str:
    return f"as in {_EXAMPLES[law]}" if law in _EXAMPLES else ""


_HIGH = {"p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}
_NAMES: dict[str, tuple[str, ...]] = {
    "exp": ("mean",),
    "lognormal": ("p50", "p99"),
    "uniform": ("low", "high"),
    "erlang": ("k", "mean"),
    "pareto": ("xm", "alpha"),
    "normal": ("mean", "sd"),
}
_OTHER_NAMES: dict[str, tuple[str, ...]] = {"lognormal": ("p90", "p95", "p999", "mu", "sigma")}
_LAWS: dict[str, Callable[[_Reader, dict[str, _Argument]], Dist]] = {
    "exp": lambda read, a: Exp(read.seconds(a["mean"])),
    "lognormal": _lognormal,
    "uniform": lambda read, a: Uniform(read.seconds(a["low"]), read.seconds(a["high"])),
    "erlang": _erlang,
    "pareto": lambda read, a: Pareto(read.seconds(a["xm"]), read.number(a["alpha"])),
    "normal": lambda read, a: Normal(read.seconds(a["mean"]), read.seconds(a["sd"])),
    "mix": lambda read, a: Const(0.0),  # made of its parts by _read
}
_EXAMPLES = {
    "exp": "exp(2 ms)",
    "lognormal": "lognormal(p50=2 ms, p99=20 ms)",
    "uniform": "uniform(1 ms, 3 ms)",
    "erlang": "erlang(4, 8 ms)",
    "pareto": "pareto(xm=1 ms, alpha=2.5)",
    "normal": "normal(10 ms, 2 ms)",
    "mix": "mix(0.9: exp(0.5 s), 0.1: exp(5.5 s))",
}
