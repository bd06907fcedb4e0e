"""Dependency down: what somebody else runs does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from loadcase.core.schedule import Change
from loadcase.faults.base import REFUSES, SILENT, Lasting, NoTargetError, Site, component


class DependencyDown(Lasting):
    """An external dependency is down: no call is answered, or every one is refused.

    What: all of `on`, a component that somebody else runs (external, model, object_store, cdn), is down. With
    `answer: silence` calls are never answered: a caller waits for its timeout, and one without a timeout until the
    dependency is back. With `refuse` they fail after the time of the network. Calls in service fail likewise.

    Why: its availability is not yours to mend; what your design does without it is.

    Example:
        dependency_down: {on: psp, at: 20 s, for: 20 s}

    Source: M. Nygard, Release It!, 2nd edition 2018, chapter 4 (integration points, blocked threads).
    """

    on: str = Field(description="The component.")
    answer: Literal["refuse", "silence"] = Field("silence", description="What its callers hear.")
    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """All of it is down."""
        part = component(site, self.on, "on")
        if not part.elsewhere:
            raise NoTargetError("on", f"{self.on} is a {part.kind} of your own", f"write crash: {{on: {self.on}}}")
        for node in range(part.nodes):
            replica = ("replica", part.name, node)
            yield self.change(replica, "down", "set", REFUSES if self.answer == "refuse" else SILENT)
