"""Sessions judged, and what was found kept beside them, so that it is computed once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from loadcase.core.errors import UsageError
from loadcase.practice.store import Store
from loadcase.systems import find

if TYPE_CHECKING:
    from loadcase.practice.judging import Judgement
    from loadcase.practice.workbench import Workbench


def scored(
    store: Store, id: str, *, bench: Workbench | None = None, progress: Callable[[str], None] | None = None
) -> Judgement:
    """The judgement of a session, which is kept. Raises UsageError for a drill, and where there is no such session."""
    from loadcase.practice.judging import Ground, judge
    from loadcase.practice.workbench import Workbench

    record = store.record(id)
    if record.setup.drill:
        raise UsageError(f"{id} is a drill", hint=f"`loadcase practice review {id}` tells how it went")
    system = find(record.setup.system)
    bench = Workbench(system.name, facts=system.facts) if bench is None else bench
    judgement = judge(record, bench, progress, ground=Ground(system.facts, system.blueprint))
    store.keep_judgement(id, len(record.events), str(judgement.rubric), judgement.to_json())
    return judgement
