"""Nothing may be lost, and one machine holds it."""

from __future__ import annotations

from collections.abc import Iterator

from loadcase.blueprint.knowledge import entity_of
from loadcase.blueprint.model import FlowSpec
from loadcase.kinds.log import Log
from loadcase.kinds.store import Store
from loadcase.review.design import Design, Site
from loadcase.review.rule import Found, Rule


class PromiseLostOnCrash(Rule):
    """The contract says that nothing is lost, and the crash of one machine loses it.

    What: `<entity>.lost == 0`, and a write is acknowledged by a leader alone (`async`) whose place another copy takes
    (`failover`); or `<flow>.undelivered == 0`, and the flow consumes a topic, commits before the work, or consumes a
    log that is published to with `acks: none`, or with `acks: leader` and followers.

    Why: what only one machine knows is gone with it. The acknowledgement has to wait for those copies that outlive it,
    and a message counts as done when its work is.

    Source: M. Kleppmann, Designing Data-Intensive Applications, 2017, ch. 5 (failover), ch. 11 (acknowledgements);
    Apache Kafka documentation (acks).
    """

    code = "LC554"
    severity = "error"
    covers = ("dsm-durability",)
    valid = (
        """
requirements: {contract: [msg.lost == 0, tell.undelivered == 0]}
entities: {msg: {count: 10}}
components:
  db: {kind: store, replicas: 3, write: quorum, failover: 10 s}
  l: {kind: log, replicas: 3, acks: all, from: db}
  s: {kind: service}
  g: {kind: gateway}
flows:
  say: {arrive: {rate: 1 /s, key: msg}, steps: [db.append: {entity: msg}]}
  tell: {consume: {log: l, by: s}, steps: [g.push]}
""",
        """
requirements: {contract: [msg.lost < 100]}
entities: {msg: {count: 10}}
components: {db: {kind: store, replicas: 3, write: async, failover: 10 s}}
flows: {say: {arrive: {rate: 1 /s, key: msg}, steps: [db.append: {entity: msg}]}}
""",
    )
    invalid = (
        """
requirements: {contract: [msg.lost == 0]}
entities: {msg: {count: 10}}
components: {db: {kind: store, replicas: 3, write: async, failover: 10 s}}
flows:
  say:
    arrive: {rate: 1 /s, key: msg}
    steps:
      - db.append: {entity: msg}  # <-
""",
        """
requirements: {contract: [tell.undelivered == 0]}
entities: {msg: {count: 10}}
components: {t: {kind: topic}, s: {kind: service}, g: {kind: gateway}}
flows:
  say: {arrive: {rate: 1 /s, key: msg}, steps: [t.publish]}
  tell:
    consume: {topic: t, by: s}  # <-
    steps: [g.push]
""",
        """
requirements: {contract: [tell.undelivered == 0]}
entities: {msg: {count: 10}}
components: {l: {kind: log, replicas: 3, acks: leader}, s: {kind: service}, g: {kind: gateway}}
flows:
  say: {arrive: {rate: 1 /s, key: msg}, steps: [l.publish]}
  tell:
    consume: {log: l, by: s}  # <-
    steps: [g.push]
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Writes and deliveries that the contract forbids to lose."""
        for site in design.sites:
            for entity in dict.fromkeys(entity_of(call) for call in site.written):
                line = design.nothing_of(f"{entity}.lost")
                if line is not None and leader_alone(site):
                    message = f"{line.text}, and {site.call.component} acknowledges what its leader alone has"
                    yield Found(site.call.path, message, "write: quorum, or say how many may be lost")
        for flow in design.consuming:
            line = design.nothing_of(f"{flow.name}.undelivered")
            why = forgets(design, flow) if line is not None else ""
            if line is not None and why:
                yield Found(("flows", flow.name, "consume"), f"{line.text}, and {why}",
                            "a log with acks: all, and commit: after")  # fmt: skip


def leader_alone(site: Site) -> bool:
    """Whether a write is acknowledged by a leader that another copy may replace."""
    store = site.component
    if not isinstance(store, Store) or store.replicas == 1 or store.failover is None:
        return False
    return (getattr(site.call.options, "consistency", None) or store.write) == "async"


def forgets(design: Design, flow: FlowSpec) -> str:
    """How the source of a consuming flow loses a message; empty when it does not."""
    consume = flow.consume
    assert consume is not None
    if consume.topic is not None:
        return f"{consume.topic} keeps nothing for who is away"
    if consume.commit == "before":
        return "a message counts as done before its work is"
    log = design.b.components.get(consume.log or "")
    if isinstance(log, Log) and log.acks == "none":
        return f"publishers do not wait for {consume.log} (acks: none)"
    if isinstance(log, Log) and log.acks == "leader" and log.replicas > 1:
        return f"the leader of {consume.log} acknowledges what no other copy has (acks: leader)"
    return ""
