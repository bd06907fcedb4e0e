"""What an interview is about, topic by topic: one vocabulary for the interviewer's questions and the rubric.

What a question or a hint is about (`Prompted.about`, `Hint.about`) is one of these, and so is what a criterion of the
rubric asks for: what was raised can be held against when it was asked.
"""

from __future__ import annotations

from typing import Literal, get_args

Topic = Literal[
    "requirements",
    "scope",
    "contract",
    "hard_part",
    "estimates",
    "interfaces",
    "data",
    "keys",
    "idempotency",
    "ordering",
    "delivery",
    "consistency",
    "caching",
    "scaling",
    "hot_keys",
    "failure",
    "recovery",
    "overload",
    "multi_region",
    "operations",
    "cost",
    "security",
    "tradeoffs",
    "simplicity",
    "depth",
]

TOPICS: tuple[Topic, ...] = get_args(Topic)

ABOUT: dict[Topic, str] = {
    "requirements": "what it must do, and for whom",
    "scope": "what is left out on purpose",
    "contract": "promises with a figure: latency, availability, freshness, loss",
    "hard_part": "the one property that the design must bend around",
    "estimates": "rates, storage, bandwidth, and what they size",
    "interfaces": "the calls, who makes them, and what each promises",
    "data": "entities, and where each is kept",
    "keys": "partition keys, indexes, and the reads that they serve",
    "idempotency": "what a repeated request does",
    "ordering": "which order holds, and who gives it",
    "delivery": "how often a message arrives, and what happens to one that does not",
    "consistency": "how stale a read may be, and what must be exact",
    "caching": "what a cache holds, how much, how long, and what a miss does",
    "scaling": "what breaks first as the load grows, and what is added then",
    "hot_keys": "one user, item or key that draws most of the load",
    "failure": "what breaks, who notices, what users see",
    "recovery": "how it comes back: failover, replay, backups, reconnects",
    "overload": "queues that grow, retries that pile up, what is shed first",
    "multi_region": "several regions, and what is given up between them",
    "operations": "objectives, alerts, rollout and rollback",
    "cost": "what it costs, and what drives that",
    "security": "who may do what, abuse, limits for clients",
    "tradeoffs": "what was chosen over what, at which price, until when",
    "simplicity": "whether each part is needed",
    "depth": "one part in detail: its state, its failure, its numbers",
}
