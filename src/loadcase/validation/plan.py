"""What a validation case becomes: runs of blueprints, and a formula over their metrics for each expected value.

A `Plan` is data. Its blueprints are ordinary YAML, and its formulas are text such as `server.queue +
server.in_service`, so that both can be printed beside the result.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

MAIN = "main"
STILL_AIR = "network: {client: 0 s, same_zone: 0 s, cross_zone: 0 s, cross_region: 0 s}"
"""The network of a closed form: none."""


class NotExpressible(Exception):  # noqa: N818 (an answer, not a mistake)
    """A case, or one of its expected values, that no blueprint of this version can give; the message says why."""


@dataclass(frozen=True)
class Run:
    """A blueprint and how long one seed of it is simulated, s."""

    blueprint: str
    duration_s: float
    warmup_s: float = 0.0
    leaves_work: bool = False
    """Whether work may be left over at the end: the load is more than the design can take, or some takes very long."""


@dataclass
class Plan:
    """How a case is computed.

    `runs` by name; `formulas` from the name of an expected value to arithmetic over metrics, each written
    `component.metric`, or `run.component.metric` where there are several runs; `NAME.at_end` is what is reported over
    time as it is in the last tenth of the run. `closed` holds values that the product's own closed forms give.
    `missing` says why an expected value cannot be computed.
    """

    runs: dict[str, Run] = field(default_factory=dict)
    formulas: dict[str, str] = field(default_factory=dict)
    closed: dict[str, Callable[[], float]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Model:
    """The `model` of a case, read field by field, so that what nobody has read can be refused."""

    HARMLESS = frozenset(["note", "notes", "title", "unit", "horizon_note"])

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self.read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self.raw

    def get(self, name: str, default: Any = None) -> Any:
        """The field as it stands."""
        self.read.add(name)
        return self.raw.get(name, default)

    def number(self, name: str, default: float | None = None) -> float:
        """The field as a finite number."""
        return number_of(self.get(name, default), name)

    def whole(self, name: str, default: int | None = None) -> int:
        """The field as a whole number."""
        value = self.number(name, default)
        if value != round(value):
            raise NotExpressible(f"{name} is not a whole number: {value:g}")
        return round(value)

    def numbers(self, name: str) -> list[float]:
        """The field as a list of numbers."""
        raw = self.get(name)
        if not isinstance(raw, list) or not raw:
            raise NotExpressible(f"{name} is not a list of numbers")
        return [number_of(value, name) for value in raw]

    def text(self, name: str, default: str = "") -> str:
        """The field as lower-case text."""
        return str(self.get(name, default)).lower()

    def ignore(self, *names: str) -> None:
        """Marks fields that describe what every translation of the family does anyway."""
        self.read.update(names)

    def unread(self) -> list[str]:
        """Fields that would change the result and that nobody has read; plain words describe and are let pass."""
        return [
            name
            for name, value in self.raw.items()
            if name not in self.read and name not in self.HARMLESS and not isinstance(value, str)
        ]


def number_of(raw: Any, name: str) -> float:
    """A finite number out of a case."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
        raise NotExpressible(f"{name} is not a number: {raw!r}")
    return float(raw)


# --- writing blueprints ---------------------------------------------------------------------------------------------
def num(value: float) -> str:
    """A number as YAML and the expressions read it: no exponent."""
    rounded = float(f"{value:.15g}")
    if rounded == round(rounded) and abs(rounded) < 1e15:
        return str(round(rounded))
    return format(Decimal(repr(rounded)), "f")


@dataclass(frozen=True)
class Unit:
    """The unit that a case counts its time in."""

    name: str = "s"
    seconds: float = 1.0

    def time(self, value: float) -> str:
        """A duration in this unit, as the format writes it."""
        if value < 0:
            raise NotExpressible(f"a duration cannot be negative: {value:g}")
        return f"{num(value)} {self.name}"

    def rate(self, value: float) -> str:
        """A rate per this unit, as the format writes it: per second."""
        if value <= 0:
            raise NotExpressible(f"a rate must be above 0: {value:g}")
        return f"{num(value / self.seconds)} /s"

    def shown(self, formula: str) -> str:
        """A formula that gives seconds, in this unit."""
        return formula if self.seconds == 1.0 else f"({formula}) / {num(self.seconds)}"


UNITS = {"s": Unit(), "ms": Unit("ms", 1e-3), "us": Unit("us", 1e-6)}


def unit_of(name: str) -> Unit:
    """The unit of that name."""
    try:
        return UNITS[name]
    except KeyError:
        raise NotExpressible(f"unknown unit of time {name!r}") from None


def quoted(text: str) -> str:
    """A scalar inside `{...}` or `[...]`, in quotes where YAML needs them."""
    return f'"{text}"' if any(c in text for c in ",:[]{}#") else text


def mapping(**fields: str | int | float | bool | None) -> str:
    """`{a: 1, b: 2}` of what is not None."""
    parts = []
    for name, value in fields.items():
        if value is None:
            continue
        if isinstance(value, bool):
            shown = str(value).lower()
        elif isinstance(value, int | float):
            shown = num(value)
        else:
            shown = value if value.startswith(("{", "[", '"')) else quoted(value)
        parts.append(f"{name.rstrip('_')}: {shown}")
    return "{" + ", ".join(parts) + "}"


def step(name: str, body: str | None = None) -> str:
    """One step of a list."""
    return name if body is None else f"{{{name}: {body}}}"


def listed(steps: list[str]) -> str:
    """Steps as a list on one line."""
    return "[" + ", ".join(steps) + "]"


def blueprint(
    title: str,
    components: Mapping[str, str],
    flows: Mapping[str, tuple[str, list[str]]],
    contract: list[str] | None = None,
    network: str = STILL_AIR,
    entities: Mapping[str, str] | None = None,
    faults: list[str] | None = None,
    seconds: float = 60.0,
) -> str:
    """The YAML of a design. A flow is its `arrive` or `consume` (`arrive: {...}`) and its steps.

    `faults` are those of its only case, which lasts some seconds.
    """
    lines = ["loadcase: 1", "name: validation", f"title: {_title(title)}", network]
    if contract:
        lines += ["requirements:", "  contract:", *(f"    - {line}" for line in contract)]
    if entities:
        lines += ["entities:", *(f"  {name}: {body}" for name, body in entities.items())]
    lines.append("components:" if components else "components: {}")
    lines += [f"  {name}: {body}" for name, body in components.items()]
    lines.append("flows:")
    for name, (source, steps) in flows.items():
        lines += [f"  {name}:", f"    {source}", "    steps:", *(f"      - {_bare(s)}" for s in steps)]
    if faults:
        lines += [
            "cases:",
            "  normal:",
            f"    duration: {num(seconds)} s",
            "    faults:",
            *(f"      - {_bare(f)}" for f in faults),
        ]
    return "\n".join(lines) + "\n"


def _title(text: str) -> str:
    plain = " ".join(text.replace("\\", " ").replace('"', "'").split())
    return f'"{plain}"'


def _bare(text: str) -> str:
    """A step without its outermost braces: it stands on its own line."""
    return text[1:-1] if text.startswith("{") else text


# --- percentiles ----------------------------------------------------------------------------------------------------
REPORTED = frozenset(["p50", "p75", "p90", "p95", "p98", "p99", "p999", "p9999"])
"""Percentiles that every run reports; others are asked for by a line of the contract."""


def percentile(text: str) -> str | None:
    """`p999` for 99_9, 99.9 or 999 after a `p`; None when it is no percentile."""
    if not text.startswith("p"):
        return None
    digits = text[1:].replace(".", "").replace("_", "")
    return f"p{digits}" if digits.isdigit() and digits.strip("0") else None


def asked_for(flow: str, names: list[str]) -> list[str]:
    """Contract lines that make a run report percentiles beyond the usual ones."""
    wanted = [p for p in map(percentile, names) if p and p not in REPORTED]
    return [f"{flow}.{p} >= 0 s" for p in sorted(set(wanted))]


# --- formulas -------------------------------------------------------------------------------------------------------
_OPERATIONS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def metric_names(formula: str) -> list[str]:
    """The metrics that a formula reads, in order."""
    found: list[str] = []
    _walk(ast.parse(formula, mode="eval").body, found.append)
    return list(dict.fromkeys(found))


def evaluate(formula: str, value_of: Callable[[str], float]) -> float:
    """The value of a formula: metrics, numbers, the four operations, powers and brackets.

    Raises KeyError for a metric that `value_of` does not know, ZeroDivisionError as arithmetic does.
    """
    return _value(ast.parse(formula, mode="eval").body, value_of)


def _dotted(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return None if inner is None else f"{inner}.{node.attr}"
    return None


def _walk(node: ast.AST, note: Callable[[str], None]) -> None:
    name = _dotted(node)
    if name is not None:
        note(name)
        return
    for child in ast.iter_child_nodes(node):
        _walk(child, note)


def _value(node: ast.AST, value_of: Callable[[str], float]) -> float:
    name = _dotted(node)
    if name is not None:
        return value_of(name)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, value_of)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        left, right = _value(node.left, value_of), _value(node.right, value_of)
        return float(_OPERATIONS[type(node.op)](left, right))
    raise ValueError(f"a formula holds metrics, numbers and + - * / **, not {ast.dump(node)}")
