"""What was taken out of a design and what came of it, for people and for programs."""

from __future__ import annotations

from typing import Any

from loadcase.core.errors import dotted
from loadcase.core.values import show
from loadcase.deep.ablation import Ablation, State, Trial

STATES: tuple[State, ...] = ("undecided", "needed", "allowed", "not judged", "not reached")


def deep_text(ablation: Ablation) -> str:
    """What became of the cuts; those that are not needed are findings, and only counted here."""
    spare = [t for t in ablation.trials if t.state == "not needed"]
    saved = sum(t.saves or 0.0 for t in spare)
    cost = f", {show(saved, 'USD/month')} together" if saved > 0.5 else ""
    lines = [f"deep: {len(spare)} of {len(ablation.trials)} cuts harm nothing{cost} ({ablation.wall_s:.0f} s)"]
    if ablation.refused:
        lines.append(f"  not run: {ablation.refused}")
    if ablation.partial:
        lines.append(f"  {ablation.partial}: these are partial results")
    for state in STATES:
        for because, group in _by_reason([t for t in ablation.trials if t.state == state]).items():
            if state != "not reached" or not ablation.refused:
                lines.append(f"  {state}: {', '.join(group)}: {because}")
    return "\n".join(lines) + "\n"


def _by_reason(trials: list[Trial]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for t in trials:
        found.setdefault(t.because, []).append(t.what)
    return found


def deep_json(ablation: Ablation | None) -> dict[str, Any] | None:
    """`review --deep --format json`: the trials of a design; None without --deep."""
    if ablation is None:
        return None
    return {
        "trials": [
            {
                "what": t.what,
                "how": t.how,
                "path": dotted(t.path),
                "state": t.state,
                "because": t.because,
                "saves": t.saves,
                "ran": t.ran,
            }
            for t in ablation.trials
        ],
        "refused": ablation.refused,
        "partial": ablation.partial,
        "wall_s": ablation.wall_s,
    }
