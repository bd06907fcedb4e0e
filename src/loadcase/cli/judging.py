"""Commands that judge a recorded history: judge, explain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from loadcase.cli.app import app
from loadcase.cli.options import (
    EXIT,
    Variant,
    load_file,
    show,
    show_json,
)
from loadcase.core.errors import UsageError

if TYPE_CHECKING:
    from loadcase.core.history import History

HistoryFile = Annotated[Path, Parameter(help="A recorded history, .parquet or .jsonl.")]
Drained = Annotated[
    bool, Parameter(help="Nothing was under way any more when it ended, though the history does not say so.")
]
Against = Annotated[Path | None, Parameter(help="One more history of the same arrivals, for `diverged`.")]


@app.command
def judge(
    history: HistoryFile,
    *,
    contract: Path,
    drained: Drained = False,
    against: Against = None,
    format: Annotated[Literal["text", "json", "junit", "github"], Parameter(help="What is printed.")] = "text",
) -> int:
    """Judge a recorded history against a contract: was anything lost, applied twice, delivered out of order.

    The history may come from any system; the columns, and a recorder in
    Python, are in the documentation. For what is broken the shortest story
    that shows it is told. What the history cannot tell is unknown.

    Example: loadcase judge orders.jsonl --contract promises.yaml

    Parameters
    ----------
    contract
        A YAML list of guarantees, or a blueprint with a contract.
    """
    from loadcase.check.judge import Judge
    from loadcase.check.promises import read_promises
    from loadcase.report import judged

    promises = read_promises(contract)
    result = Judge(*_histories(history, drained, against)).judgement(promises.guarantees)
    if format == "json":
        show_json(judged.judge_json(result))
    elif format == "junit":
        show(judged.junit(result))
    elif format == "github":
        show(judged.github(promises, result))
    else:
        judged.print_judgement(result)
    return EXIT[result.verdict]


@app.command
def explain(
    history: Annotated[Path, Parameter(help="A recorded history, .parquet or .jsonl; or a blueprint, which is run.")],
    guarantee: str,
    *,
    case: str | None = None,
    seed: int | None = None,
    variant: Variant = None,
    drained: Drained = False,
    against: Against = None,
    format: Annotated[Literal["text", "json", "mermaid"], Parameter(help="What is printed.")] = "text",
) -> int:
    """Tell the shortest story that breaks a guarantee: the operations, the components, the faults at the moment.

    Example: loadcase explain orders.jsonl order.applied_twice --format mermaid

    Parameters
    ----------
    guarantee
        A metric of correctness such as `order.lost`, or a whole guarantee.
    case
        Of a blueprint: the case that is run, `normal` when not given.
    seed
        Of a blueprint: the seed, 1 when not given.
    """
    from loadcase.check.judge import Judge
    from loadcase.check.promises import promise
    from loadcase.report import judged

    line = promise(guarantee)
    if history.is_dir() or history.suffix.lower() in (".yaml", ".yml"):
        from loadcase import api

        if drained or against is not None:
            raise UsageError("--drained and --against are about recorded histories", hint=f"{history} is a blueprint")
        blueprint = load_file(history, variant)
        if line.metric not in {g.metric for g in blueprint.contract}:  # what is not promised is not recorded
            promised = blueprint.data.get("requirements", {}).get("contract", [])
            blueprint = blueprint.changed({"requirements.contract": [*promised, line.text]})
        result = api.run(blueprint, case or "normal", 1 if seed is None else seed, history=0.0)
        judging = Judge(result.history, result.other_history)
    else:
        if (case, seed, variant) != (None, None, None):
            raise UsageError("--case, --seed and --variant are about blueprints", hint=f"{history} is a history")
        judging = Judge(*_histories(history, drained, against))
    outcome, story = judging.outcome(line), judging.story(line.metric)
    if format == "json":
        show_json(judged.explain_json(outcome, story))
    elif format == "mermaid":
        show(judged.mermaid(outcome, story))
    else:
        judged.print_story(outcome, story)
    return EXIT[outcome.verdict]


def _histories(history: Path, drained: bool, against: Path | None) -> tuple[History, History | None]:
    from loadcase.core.history_files import read_history

    told = read_history(history)
    if drained:
        told = told.saying(drained=True)
    return told, None if against is None else read_history(against)
