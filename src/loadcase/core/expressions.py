"""Formulas over named estimates: names, numbers, ``+ - * / **``, min, max, ceil, round and brackets.

Nothing else: a blueprint is data and never executes code. A formula is read by Python's own parser, and every node
of the tree must be on the white list below. All numbers are floats, so that no formula can take long or grow large.
An entry that reads as a quantity (``40 message/user/day``) is a quantity; anything else is a formula.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from loadcase.core.errors import (
    BlueprintError,
    ExpressionError,
    LoadcaseError,
    Problem,
    UnitError,
    shorten,
    suggest,
)
from loadcase.core.quantity import (
    Uncertain,
    Value,
    add,
    as_value,
    divide,
    greatest,
    least,
    multiply,
    power,
    rounded,
    subtract,
)
from loadcase.core.units import looks_like_quantity, parse_quantity, unit_names

FUNCTIONS = ("min", "max", "ceil", "round")
UNKNOWN_NAME, CYCLE = "LC211", "LC212"

_LONGEST = 1000
_DEEPEST = 100
_BRACKETS = 50
_MOST_ESTIMATES = 2000
_MOST_RANGES = 500  # the samples of each take 160 kB
_TAKES = "a formula takes names, numbers, + - * / **, min, max, ceil, round and brackets"
_TOKEN = re.compile(
    r"(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>\*\*|[-+*/(),])|(?P<space>\s+)|(?P<other>.)",
    re.ASCII | re.DOTALL,
)
_INSTEAD = {"^": "a power is written **", "%": "write 0.05 for 5 %, or give it a name of its own in estimates"}
_BINARY = {ast.Add: add, ast.Sub: subtract, ast.Mult: multiply, ast.Div: divide, ast.Pow: power}


@dataclass(frozen=True)
class Estimate:
    """One named number: its formula as written, its value in base units, and the names that it uses."""

    name: str
    formula: str
    value: Value
    uses: tuple[str, ...] = ()


def evaluate(text: str | float, scope: Mapping[str, Value], name: str = "") -> Value:
    """The value of a quantity (``250 ms``), a bare number, or a formula over the names in ``scope``.

    ``name`` seeds the samples of a range. Raises ExpressionError with the column, or UnitError for a quantity.
    """
    if not isinstance(text, str):
        return parse_quantity(text, name)
    quantity = _as_quantity(text, name)
    if quantity is None:
        return _value(_parse(text), scope, text)
    if isinstance(quantity, UnitError):
        raise quantity
    return quantity


def names_in(text: str | float) -> tuple[str, ...]:
    """The names that a formula uses, in the order of their first use; none for a quantity."""
    if not isinstance(text, str) or _as_quantity(text) is not None:
        return ()
    tree = _parse(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called]
    return tuple(dict.fromkeys(n.id for n in sorted(names, key=lambda n: n.col_offset)))


def evaluate_all(
    estimates: Mapping[str, str | float], section: tuple[str | int, ...] = ("estimates",)
) -> dict[str, Estimate]:
    """Every estimate, in the order given, each computed after those it uses.

    Raises BlueprintError with a Problem (path ``section`` + name) for each entry that is wrong in itself; entries
    that only depend on a wrong one are not reported again.
    """
    if len(estimates) > _MOST_ESTIMATES:
        raise BlueprintError(Problem("LC213", f"more than {_MOST_ESTIMATES} estimates", section))
    problems: dict[str, Problem] = {}
    uses: dict[str, tuple[str, ...]] = {}
    for name, formula in estimates.items():
        try:
            _check_name(name)
            uses[name] = names_in(formula)
        except LoadcaseError as error:
            problems[name] = as_problem(error, (*section, name))
            uses[name] = ()
    order = _in_order(uses, problems, section)
    scope: dict[str, Value] = {}
    ranges = 0
    for name in order:
        if name in problems or any(used in estimates and used not in scope for used in uses[name]):
            continue
        try:
            scope[name] = evaluate(estimates[name], scope, name)
        except LoadcaseError as error:
            if getattr(error, "code", "") == UNKNOWN_NAME:
                error = _with_all_names(error, uses[name], estimates)
            problems[name] = as_problem(error, (*section, name))
            continue
        ranges += isinstance(scope[name], Uncertain)
        if ranges > _MOST_RANGES:
            message = f"more than {_MOST_RANGES} estimates are ranges or computed from them"
            raise BlueprintError(Problem("LC213", message, (*section, name), hint="give some of them as numbers"))
    if problems:
        raise BlueprintError([problems[name] for name in estimates if name in problems])
    return {name: Estimate(name, str(estimates[name]), scope[name], uses[name]) for name in estimates}


def as_problem(error: LoadcaseError, path: tuple[str | int, ...] = ()) -> Problem:
    """The error as a Problem at ``path``, keeping its column as an offset into the value."""
    column = getattr(error, "column", 0)
    return Problem(error.code, error.message, path, hint=error.hint, offset=max(0, column - 1))


def _check_name(name: str) -> None:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_]\w{0,99}", name, re.ASCII):
        shown = shorten(str(name))
        hint = "a name is letters, digits and _, and starts with a letter"
        raise ExpressionError(f'"{shown}" cannot be a name in formulas', hint=hint)
    if name in FUNCTIONS:
        raise ExpressionError(f'"{name}" is a function, and cannot be a name', hint="choose another name")
    try:
        ast.parse(name, mode="eval")
    except SyntaxError:
        raise ExpressionError(f'"{name}" is a reserved word', hint=f"choose another name, as {name}_") from None


def _in_order(
    uses: dict[str, tuple[str, ...]], problems: dict[str, Problem], section: tuple[str | int, ...]
) -> list[str]:
    """The names, each after those it uses. A cycle becomes a problem, and is cut so that the rest can go on."""
    known = {name: [used for used in found if used in uses] for name, found in uses.items()}
    while True:
        try:
            return list(TopologicalSorter(known).static_order())
        except CycleError as error:
            cycle: list[str] = list(reversed(error.args[1]))  # so that each name uses the next
            shown = " -> ".join(cycle if len(cycle) < 10 else [*cycle[:8], "...", cycle[-1]])
            first = min(cycle, key=list(uses).index)
            message = f"{first} depends on itself" if len(cycle) == 2 else f"a cycle of estimates: {shown}"
            problems[first] = Problem(CYCLE, message, (*section, first), hint="give one of them as a number")
            known[first] = []


def _with_all_names(error: LoadcaseError, used: tuple[str, ...], known: Mapping[str, object]) -> LoadcaseError:
    """An unknown name's suggestion looks at all estimates, not only at those computed so far."""
    missing = next((name for name in used if name not in known), "")
    hint = suggest(missing, known) or error.hint
    return ExpressionError(error.message, column=getattr(error, "column", 0), hint=hint, code=error.code)


def _as_quantity(text: str, name: str = "") -> Value | UnitError | None:
    """The quantity that the text reads as, why it cannot be read as one, or None when it is a formula."""
    if ".." not in text and not looks_like_quantity(text):
        return None
    try:
        return parse_quantity(text, name)
    except UnitError as error:
        try:
            _parse(text)
        except ExpressionError:
            return error
        return None


def _parse(text: str) -> ast.expr:
    """The formula's tree, of which nothing but the size has been checked."""
    if len(text) > _LONGEST:
        raise ExpressionError(f"a formula has at most {_LONGEST} characters, got {len(text)}", hint=_TAKES)
    if not text.strip():
        raise ExpressionError("the formula is empty", text=text, hint=_TAKES)
    _check_tokens(text)
    try:
        return ast.parse(re.sub(r"\s", " ", text.strip()), mode="eval").body
    except SyntaxError as error:
        column = len(text) - len(text.lstrip()) + (error.offset or 1)
        raise ExpressionError(f'cannot read "{shorten(text)}"', text=text, column=column, hint=_TAKES) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("the formula is too deeply nested", text=text, hint=_TAKES) from None


def _check_tokens(text: str) -> None:
    """Refuse what Python would read and a formula does not have, before Python sees it."""

    def fail(message: str, hint: str = _TAKES) -> ExpressionError:
        return ExpressionError(message, text=text, column=found.start() + 1, hint=hint)

    opened: list[int] = []
    before = None
    for found in _TOKEN.finditer(text):
        token, kind = found.group(), found.lastgroup
        if kind == "space":
            continue
        operand = kind in ("number", "name") or token[0].isdigit() or token == "."
        if kind == "other" and not operand:
            raise fail(f'"{shorten(token)}" is not part of a formula', _INSTEAD.get(token, _TAKES))
        if operand and (kind == "other" or before == "operand"):
            message = f'an operator is missing before "{shorten(text[found.start() :], 20)}"'
            if kind == "other":
                message = f'a formula takes plain numbers, got "{shorten(text[found.start() :], 20)}"'
            raise fail(message, "to use a quantity here, give it a name of its own in estimates")
        if token == "(":
            opened.append(found.start())
            if len(opened) > _BRACKETS:
                raise fail(f"more than {_BRACKETS} brackets in one another", "split it into several estimates")
        elif token == ")":
            if not opened:
                raise fail("this bracket closes nothing")
            opened.pop()
        before = "operand" if operand else token
    if opened:
        raise ExpressionError("this bracket is never closed", text=text, column=opened[-1] + 1, hint=_TAKES)
    if before not in ("operand", ")"):
        raise ExpressionError("the formula ends too early", text=text, column=len(text.rstrip()) + 1, hint=_TAKES)


def _value(tree: ast.expr, scope: Mapping[str, Value], text: str) -> Value:
    lead = len(text) - len(text.lstrip())

    def fail(node: ast.expr, message: str, hint: str = _TAKES, code: str = "") -> ExpressionError:
        return ExpressionError(message, text=text, column=lead + node.col_offset + 1, hint=hint, code=code)

    def walk(node: ast.expr, depth: int) -> Value:
        if depth > _DEEPEST:
            raise fail(node, f"the formula is nested more than {_DEEPEST} deep", "split it into several estimates")
        try:
            return compute(node, depth + 1)
        except UnitError as error:
            raise fail(node, error.message, error.hint, error.code) from None

    def compute(node: ast.expr, depth: int) -> Value:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return parse_quantity(number)
            case ast.Name(id=name):
                if name not in scope:
                    raise fail(node, *_unknown(name, scope), UNKNOWN_NAME)
                return as_value(scope[name])
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return multiply(walk(operand, depth), -1.0)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return walk(operand, depth)
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
                return _BINARY[type(sign)](walk(left, depth), walk(right, depth))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
                return _call(name, [walk(argument, depth) for argument in arguments])
            case ast.Call(func=ast.Name(id=name)):
                raise fail(node, f'there is no function "{shorten(name)}"', suggest(name, FUNCTIONS) or _TAKES)
        raise fail(node, f'cannot use "{shorten(ast.unparse(node))}"')

    return walk(tree, 0)


def _call(name: str, arguments: list[Value]) -> Value:
    if name in ("ceil", "round"):
        if len(arguments) != 1:
            raise UnitError(f"{name} takes one value, got {len(arguments)}", hint=f"as in {name}(a / b)")
        return rounded(arguments[0], name)
    if not arguments:
        raise UnitError(f"{name} takes one or more values, got none", hint=f"as in {name}(a, b)")
    return (least if name == "min" else greatest)(arguments)


def _unknown(name: str, scope: Mapping[str, Value]) -> tuple[str, str]:
    hint = suggest(name, scope)
    if not hint and name in unit_names():
        hint = f'"{name}" is a unit; a quantity is a number and a unit, such as 1 {name}'
    hint = hint or suggest(name, unit_names())
    if not hint:
        known = ", ".join(list(_first(scope, 8)))
        hint = f"known names: {known}" if known else "no estimates are known here; write a quantity such as 250 ms"
    return f'unknown name "{shorten(name)}"', hint


def _first(names: Mapping[str, Value], most: int) -> Iterator[str]:
    for count, name in enumerate(names):
        if count == most:
            yield "..."
            return
        yield name
