"""The results of the validation as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from loadcase.validation.agreement import Agreement

Result = Mapping[str, Any]


def table(results: Sequence[Result]) -> str:
    """Counts per group, every value beside what is expected, and what is not expressible with the reason."""
    lines = ["| group | pass | fail | not expressible |", "|---|---:|---:|---:|"]
    groups = list(dict.fromkeys(r["group"] for r in results))
    for group in groups:
        lines.append(f"| {_cell(group)} | " + " | ".join(str(_count(results, s, group)) for s in _STATUSES) + " |")
    lines.append("| **all** | " + " | ".join(f"**{_count(results, s)}**" for s in _STATUSES) + " |")
    for group in groups:
        mine = [r for r in results if r["group"] == group]
        rows = [_row(r, name) for r in mine for name, m in r["metrics"].items() if m["got"] is not None]
        if rows:
            lines += ["", f"### {_cell(group)}", ""]
            lines += [
                "| case | value | expected | got | off by | may be off by | |",
                "|---|---|---:|---:|---:|---:|---|",
            ]
            lines += rows
    rest = [r for r in results if r["status"] == "not-expressible"]
    if rest:
        lines += ["", "### Not expressible", "", "| case | what | why |", "|---|---|---|"]
        lines += [f"| {_cell(r['id'])} | {_cell(r['title'])} | {_cell(r['reason'])} |" for r in rest]
    return "\n".join(lines) + "\n"


def agreement_table(found: Sequence[Agreement]) -> str:
    """Every design with its largest differences on means and percentiles, then what has no part and why."""
    counts = {s: sum(a.status == s for a in found) for s in ("agree", "off", "excluded")}
    lines = [", ".join(f"{n} {s}" for s, n in counts.items()) + "."]
    for group in dict.fromkeys(a.group for a in found):
        mine = [a for a in found if a.group == group and a.rows]
        if mine:
            lines += ["", f"### {_cell(group)}", "", f"| design | metrics | {' | '.join(_SHOWN)} | |"]
            lines.append(f"|---|---:|{'---:|' * len(_SHOWN)}---|")
        for a in mine:
            cells = [a.name, str(len(a.rows)), *(_furthest(a, what) for what in _SHOWN)]
            lines.append(f"| {' | '.join(cells)} | {'ok' if a.status == 'agree' else '**off**'} |")
    rest = [a for a in found if a.status == "excluded"]
    if rest:
        lines += ["", "### Excluded", "", "| design | why |", "|---|---|"]
        lines += [f"| {_cell(a.name)} | {_cell(a.reason)} |" for a in rest]
    return "\n".join(lines) + "\n"


_SHOWN = ("mean", "p50", "p95", "p99", "utilisation")


def _furthest(found: Agreement, what: str) -> str:
    """The largest difference of the metrics that end so, with its sign, and whose it is."""
    rows = [r for r in found.rows if r.metric.endswith(f".{what}")]
    worst = max(rows, key=lambda r: abs(r.difference), default=None)
    if worst is None:
        return ""
    return f"{_share(worst.difference, sign=True)} ({worst.metric.removesuffix(f'.{what}')})"


_STATUSES = ("pass", "fail", "not-expressible")


def _count(results: Sequence[Result], status: str, group: str | None = None) -> int:
    return sum(r["status"] == status and group in (None, r["group"]) for r in results)


def _row(result: Result, name: str) -> str:
    m = result["metrics"][name]
    relative = bool(m["expected"])
    cells = [
        result["id"], name, _number(m["expected"]), _number(m["got"]),
        _share(m["residual"], sign=True) if relative else _number(m["residual"]),
        _share(m["tolerance"]) if relative else _number(m["tolerance"]),
        {"pass": "ok", "fail": "**off**"}.get(m["status"], ""),
    ]  # fmt: skip
    return "| " + " | ".join(_cell(c) for c in cells) + " |"


def _number(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{float(value):.6g}"


def _share(value: float, sign: bool = False) -> str:
    """A share in per cent, with enough digits to see it."""
    shown = f"{100 * value:{'+' if sign else ''}.3g}"
    return f"{'0' if float(shown) == 0 else shown} %"


def _cell(text: Any) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
