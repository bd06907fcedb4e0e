"""A call of the interface that the design never makes."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule


class EndpointWithoutFlow(Rule):
    """An endpoint has no flow: nothing says what it does to the components.

    What: flows are called as the endpoints are (at least one is), this endpoint writes, reads or controls, and no flow
    has its name.

    Why: what has no flow is neither estimated nor run; the call that was left out is often the one that matters when
    something is wrong.

    Source: P. Kruchten, The 4+1 View Model of Architecture, IEEE Software 12(6), 1995 (scenarios tie the views).
    """

    code = "LC540"
    severity = "note"
    covers = ("api-five-kinds",)
    valid = (
        """
api: {r: {kind: read}}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
        """
api: {get_page: {kind: read}, put_page: {kind: write}}
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
api:
  r: {kind: read}
  disable: {kind: control}  # <-
components: {s: {kind: service}}
flows: {r: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Endpoints, where their names are those of flows."""
        b = design.b
        if not set(b.api) & set(b.flows):
            return
        for name, endpoint in b.api.items():
            if name not in b.flows and endpoint.kind in ("write", "read", "control"):
                hint = f"a flow {name}, or defer it"
                yield Found(("api", name), f"no flow shows what {name} does", hint)
