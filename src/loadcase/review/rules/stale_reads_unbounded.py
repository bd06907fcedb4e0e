"""Reads that may be old, and nobody says how old."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of
from loadcase.blueprint.model import Guarantee
from loadcase.kinds.store import Store, needed
from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule

STRICT = ("stale_reads", "nonlinearizable", "missed_own_writes", "nonmonotonic_reads", "allowed_after_revoke")
"""Metrics of anomalies that copies which do not meet bring about."""
SHARES = ("consistent_at_commit", "k_staleness")
SAID = (*STRICT, *SHARES, "staleness", "t_visibility")


class StaleReadsUnbounded(Rule):
    """Reads may miss what was written, and the contract does not say by how much.

    What: an entity is kept in copies, a read and a write of it do not meet in one of them (copies read + copies
    written are no more than there are), and there is no line about `stale_reads`, `staleness` or their like. It is an
    error where the contract says that there are no stale reads (of one's own writes, of permissions), a warning with
    `async` and for what has amounts, and a note else: a quorum that is missed once in a while may be all right, and
    then is worth saying.

    Why: "eventually" is no number. Who reads a balance, a seat or their own message a second too early needs to know
    which of these it can be.

    Source: P. Bailis et al., Probabilistically Bounded Staleness for Practical Partial Quorums, PVLDB 5(8), 2012;
    G. DeCandia et al., Dynamo, SOSP 2007 (R + W > N).
    """

    code = "LC557"
    severity = "note"
    covers = ("fail-replica-lag", "cor-consistency-fit")
    valid = (
        """
entities: {page: {count: 10}}
components: {db: {kind: store, replicas: 3, write: quorum, read: quorum}}
flows:
  r: {arrive: {rate: 1 /s, key: page}, steps: [db.read: {entity: page}]}
  w: {arrive: {rate: 1 /s, key: page}, steps: [db.write: {entity: page}]}
""",
        """
requirements: {contract: [page.staleness.p99 < 1 s]}
entities: {page: {count: 10}}
components: {db: {kind: store, replicas: 3, write: async}}
flows:
  r: {arrive: {rate: 1 /s, key: page}, steps: [db.read: {entity: page}]}
  w: {arrive: {rate: 1 /s, key: page}, steps: [db.write: {entity: page}]}
""",
        """
entities: {page: {count: 10}}
components: {db: {kind: store, replicas: 3, write: async, read: leader}}
flows:
  r: {arrive: {rate: 1 /s, key: page}, steps: [db.read: {entity: page}]}
  w: {arrive: {rate: 1 /s, key: page}, steps: [db.write: {entity: page}]}
""",
    )
    invalid = (
        """
entities: {page: {count: 10}}
components: {db: {kind: store, replicas: 3, write: async}}
flows:
  r:
    arrive: {rate: 1 /s, key: page}
    steps:
      - db.read: {entity: page}  # <-
  w: {arrive: {rate: 1 /s, key: page}, steps: [db.write: {entity: page}]}
""",
        """
requirements: {contract: [page.stale_reads == 0]}
entities: {page: {count: 10}}
components: {db: {kind: store, replicas: 3, write: quorum, read: one}}
flows:
  r:
    arrive: {rate: 1 /s, key: page}
    steps:
      - db.read: {entity: page}  # <-
  w: {arrive: {rate: 1 /s, key: page}, steps: [db.write: {entity: page}]}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """The first read of each entity that may miss a write."""
        told: set[str] = set()
        for site in design.sites:
            entity = entity_of(site.call)
            store = site.component
            if not isinstance(store, Store) or site.call.verb != "read" or entity is None or entity in told:
                continue
            writes = [w for w in design.sites if w.call.component == site.call.component and entity in
                      [entity_of(c) for c in w.written]]  # fmt: skip
            read = copies(site)
            if store.replicas == 1 or not writes or read is None:
                continue
            fewest = min(writes, key=lambda w: copies(w) or 1)
            written = copies(fewest) or 1
            promised = [g for g in design.promises(entity) if g.metric.split(".")[1] in SAID]
            strict = next((g for g in promised if forbids(g)), None)
            if read + written > store.replicas or (promised and strict is None):
                continue
            told.add(entity)
            level = getattr(fewest.call.options, "consistency", None) or store.write
            money = any(getattr(c.options, "amount", None) is not None for w in writes for c in w.written)
            message = f"reads of {entity} ask {read} of {store.replicas} copies, and writes wait for {written}"
            hint = f"say how old they may be: {entity}.staleness.p99 < 1 s; or read: quorum, or read: leader"
            if strict is not None:
                yield Found(site.call.path, f"{strict.text}, but {message}", "read: quorum, or read: leader",
                            severity="error")  # fmt: skip
            else:
                yield Found(site.call.path, message, hint, severity="warning" if money or level == "async" else None)


def forbids(line: Guarantee) -> bool:
    """Whether a line of the contract allows no read to miss a write."""
    metric = line.metric.split(".")[1]
    none = metric in STRICT and line.comparison in ("==", "<=", "<") and line.bound < 1
    return none or (metric in SHARES and line.comparison in ("==", ">=") and line.bound >= 1)


def copies(site: Site) -> int | None:
    """Copies that a read or a write waits for; None for a read of the leader."""
    store = site.component
    assert isinstance(store, Store)
    level = getattr(site.call.options, "consistency", None) or (store.read if site.call.verb == "read" else store.write)
    return None if level == "leader" else needed(level, store.replicas)
