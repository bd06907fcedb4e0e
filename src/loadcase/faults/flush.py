"""Flush: a cache forgets what it holds."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.core.schedule import Change
from loadcase.faults.base import NoTargetError, OnReplicas, Site, component


class Flush(OnReplicas):
    """A cache forgets everything: what follows are misses until it is full again.

    What: at `at` the struck replicas of the cache hold nothing. It happens at once, so that there is no `for`; the
    cache itself stays up. A cache with a declared `hit_ratio` has no contents to lose.

    Why: all the load that the cache kept from the store arrives there at once, and hot keys arrive many times over.

    Example:
        flush: {on: recent, at: 20 s}

    Source: R. Nishtala et al., Scaling Memcache at Facebook, NSDI 2013 (cold clusters, thundering herds).
    """

    divides = True

    def changes(self, site: Site) -> Iterator[Change]:
        """Its replicas are emptied."""
        part = component(site, self.on, "on")
        if not part.caches:
            caches = [n for n, p in site.parts.items() if p.caches]
            hint = f"caches: {', '.join(caches)}" if caches else "the design has no cache with contents"
            raise NoTargetError("on", f"{self.on} is a {part.kind} without contents to lose", hint)
        for replica in self.replicas(site):
            yield Change(("cache", *replica[1:]), "flush", "add", 1.0, self.at)
