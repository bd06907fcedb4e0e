"""Commands in closed form: estimate, size."""

from __future__ import annotations

from loadcase.cli.app import app
from loadcase.cli.options import (
    File,
    Format,
    Variant,
    load_file,
    share_of,
    show_json,
)


@app.command
def estimate(file: File, *, case: str | None = None, variant: Variant = None, format: Format = "text") -> int:
    """Numbers in closed form: the estimates, the load on every component, what saturates first, the cost.

    Example: loadcase estimate gallery/chat

    Parameters
    ----------
    case
        Use the load factor of this case; 1 otherwise.
    """
    from loadcase.estimate.estimate import estimate as closed_form

    report = closed_form(load_file(file, variant), case)
    if format == "json":
        show_json(report.to_json())
    else:
        from loadcase.report.closed import print_estimate
        from loadcase.report.text import console

        print_estimate(report, console())
    return 0


@app.command
def size(
    file: File, *, headroom: str = "30%", case: str | None = None, variant: Variant = None, format: Format = "text"
) -> int:
    """Propose replicas, shards and partitions that meet the contract with headroom, and what they cost.

    In closed form, at once: every component gets the fewest at which its
    busiest replica, shard or partition keeps the headroom at the peak and no
    guarantee breaks that a formula can judge; zones, a spare replica and open
    connections set the least. The table says what each count is for. Copies of
    shards and of partitions stay: they are about durability, not load. Let
    `loadcase check` judge the proposal before you trust it.

    Exit codes: 0 the contract is met, 1 no count mends something, 2 invalid.

    Example: loadcase size gallery/chat --headroom 40%

    Parameters
    ----------
    headroom
        Share of the busiest part that stays free at the peak: with 30% a burst of 1.4 times the peak still fits, and
        a queue before one worker is 2.3 service times long; with 10% it is 9.
    case
        Size for the load of this case; for the highest load of a case that relaxes nothing otherwise.
    """
    from loadcase.estimate.estimate import estimate as closed_form
    from loadcase.estimate.size import size as proposed

    share = share_of(headroom, "--headroom")
    blueprint = load_file(file, variant)
    report = proposed(blueprint, share, case)
    if format == "json":
        from loadcase.report.shapes import size_json

        show_json(size_json(report))
    else:
        from loadcase.report.closed import print_size
        from loadcase.report.text import console

        print_size(report, closed_form(report.blueprint, report.load).components, console())
    return 1 if report.unmet else 0
