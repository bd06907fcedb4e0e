"""Reconnect storm: clients that have lost their connection all come back at once."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from loadcase.core.fields import Seconds
from loadcase.core.schedule import Change
from loadcase.faults.base import NoTargetError, OnReplicas, Site, component


class ReconnectStorm(OnReplicas):
    """The clients of a gateway have lost their connections and open them again, within a short time.

    What: the connections that the struck replicas held (`online`, in equal parts) come back within `within`, at random
    moments: so many more requests of the flows that call `connect` on the gateway, in proportion to their rates. What a
    reconnect costs is what those flows do: the handshake, the session, what is caught up. They grow with the load
    factor as all rates do. It is the storm alone; add a crash for what came before it.

    Why: a restart of one gateway is a hundred thousand handshakes and as many catch-up reads; without jitter in the
    clients they come in the same second.

    Example:
        reconnect_storm: {on: gateway, within: 10 s, at: 20 s}

    Source: M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015; B. Beyer et al., Site Reliability
    Engineering, 2016, chapter 22 (cascading failures).
    """

    within: Seconds = Field(10.0, description="Time within which they all come back.")

    @property
    def end(self) -> float:
        """When all are back."""
        return self.at + self.within

    def changes(self, site: Site) -> Iterator[Change]:
        """More arrivals at the flows that connect."""
        part = component(site, self.on, "on")
        if part.online is None:
            gateways = [n for n, p in site.parts.items() if p.online is not None]
            hint = f"gateways: {', '.join(gateways)}" if gateways else "a gateway says how many it holds with online:"
            raise NoTargetError("on", f"{self.on} is a {part.kind} that holds no connections", hint)
        flows = {n: r.rate for n, r in site.routes.items() if self.on in r.connects and r.rate > 0.0}
        if not flows:
            raise NoTargetError(
                "on", f"no flow that arrives at a rate calls {self.on}.connect",
                f"add one, for example reconnect: {{arrive: {{rate: 10 /s}}, steps: [{self.on}.connect]}}",
            )  # fmt: skip
        if self.within <= 0.0:
            raise NoTargetError("within", "they cannot all come in no time", "for example within: 10 s")
        lost = part.online * len(self.replicas(site)) / part.nodes
        total = sum(flows.values())
        for name in flows:
            yield Change(("flow", name), "arrivals", "add", lost / self.within / total, self.at, self.end)
