"""A cache that is emptied before the store has the new value."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of
from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule, error_if


class CacheDroppedTooEarly(Rule):
    """A cache entry is deleted before the write that makes it wrong.

    What: a flow deletes in a cache whose miss reads an entity, writes that entity afterwards, and does not delete or
    put there again. It is an error where the contract says that there are no stale reads.

    Why: a read between the two misses, fetches the old value and stores it; it stays there until it expires. The
    delete has to come after the write.

    Source: R. Nishtala et al., Scaling Memcache at Facebook, NSDI 2013 (stale sets); Microsoft Azure Architecture
    Center, Cache-Aside pattern (order of update and invalidation).
    """

    code = "LC605"
    severity = "warning"
    covers = ("fail-replica-lag",)
    valid = (
        """
entities: {page: {count: 10}}
components: {c: {kind: cache, keys: 5}, db: {kind: store}}
flows:
  r: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [c.get: {miss: [db.read: {entity: page}]}]}
  w: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [c.delete, db.write: {entity: page}, c.delete]}
""",
    )
    invalid = (
        """
entities: {page: {count: 10}}
components: {c: {kind: cache, keys: 5}, db: {kind: store}}
flows:
  r: {arrive: {rate: 1 /s, key: page, timeout: 1 s}, steps: [c.get: {miss: [db.read: {entity: page}]}]}
  w:
    arrive: {rate: 1 /s, key: page, timeout: 1 s}
    steps:
      - c.delete  # <-
      - db.write: {entity: page}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Deletes by what follows them."""
        for flow in design.b.flows.values():
            sites = design.of(flow.name)
            for i, site in enumerate(sites):
                if site.component.kind != "cache" or site.call.verb != "delete":
                    continue
                name = site.call.component
                held = cached(design, name)
                later = sites[i + 1 :]
                writes = [j for j, s in enumerate(later) if held & {entity_of(c) for c in s.written}]
                told = [j for j, s in enumerate(later) if s.call.component == name and s.call.verb in ("put", "delete")]
                if writes and not any(j > writes[-1] for j in told):
                    what = next(iter(held & {entity_of(c) for c in later[writes[-1]].written}))
                    line = design.nothing_of(f"{what}.stale_reads")
                    message = f"a read before the write fills {name} with the old {what} again"
                    yield Found(site.call.path, message, f"{name}.delete after the write",
                                severity=error_if(line))  # fmt: skip


def cached(design: Design, cache: str) -> set[str | None]:
    """The entities that the misses of a cache read."""
    return {
        entity_of(s.call)
        for s in design.sites
        if s.call.verb == "read" and any(getattr(c, "component", "") == cache and t == "miss" for c, t in s.above)
    } - {None}
