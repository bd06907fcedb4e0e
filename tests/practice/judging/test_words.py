"""Statements are read by what is attached to their words."""

from __future__ import annotations

import pytest

from loadcase.practice.judging.sorts.figures import spoken
from loadcase.practice.judging.words import figure, near, stem, topics
from tests.practice.judging.grounds import ground

CHAT = ground("chat").field
PAY = ground("payments").field


@pytest.mark.parametrize(
    "text",
    [
        "I'd use Kafka, Redis, Cassandra, Kubernetes and gRPC because it scales.",
        "Cassandra because it scales horizontally and is highly available with low latency.",
        "Idempotency keys, exactly-once, vector clocks, quorum reads, hinted handoff, read repair, Merkle trees.",
        "Outbox pattern, change data capture, dead letter queues, compaction, tiered storage.",
        "We use an outbox and a circuit breaker.",
        "It is a robust, resilient, highly available and scalable architecture, so it handles everything.",
        "qwrt zxcv because qpwo if zmxn so that vbnm",
        "",
    ],
)
def test_names_and_praise_bear_no_marks(text: str) -> None:
    assert CHAT.marks(text) == frozenset()


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("The phone gives each message an id, and a unique index on it stops the second one.", {"key"}),
        ("We keep a sequence per conversation because the clocks of phones drift.", {"mechanism", "reason"}),
        ("46k messages a second are too many for one database.", {"figure"}),
        ("If the gateway dies the messages are still in the log.", {"condition"}),
        ("Reads go to any replica, at the cost of a message that shows up late.", {"price"}),
    ],
)
def test_what_is_attached_to_a_statement_is_seen(text: str, marks: set[str]) -> None:
    assert marks <= CHAT.marks(text)


def test_figures_are_told_from_names() -> None:
    assert figure("46k writes a second")
    assert figure("about five million sockets")
    assert not figure("p99 latency on an S3 bucket in the 2nd zone")
    assert not figure("three nice things")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("250k writes a second of which few count", (250e3, "rate")),
        ("38 new links per second", (38.0, "rate")),
        ("1 million payments a day", (1e6 / 86400, "rate")),
        ("6 TB in ten years", (6e12, "bytes")),
        ("5 million sockets at the peak", (5e6, "count")),
    ],
)
def test_spoken_figures_are_read(text: str, found: tuple[float, str]) -> None:
    assert next(iter(spoken(text))) == (pytest.approx(found[0]), found[1])


def test_topics_are_found_by_stems() -> None:
    assert "idempotency" in topics("Retries must be idempotent, otherwise it is charged twice.")
    assert "hot_keys" in topics("One celebrity is a hot key.")
    assert "recovery" in topics("Phones reconnect and catch up.")
    assert topics("Hello there.") == ()


def test_endings_do_not_matter() -> None:
    assert stem("retries") == stem("retry")
    assert stem("dropped") == stem("drops") == stem("dropping")
    assert stem("caches") == stem("cache")


def test_a_point_is_made_in_other_words_and_not_by_one_word() -> None:
    point = "thundering herd on reconnect"
    assert CHAT.makes("All the phones come back at the same moment, everyone at once after they reconnect.", point)
    assert not CHAT.makes("They reconnect.", point)
    assert PAY.makes(
        "Whoever's outcome is unknown after a timeout is asked about again.", "unknown outcome after a timeout"
    )


def test_reasons_that_praise_have_no_substance() -> None:
    assert PAY.substance("it is the industry standard and ensures high availability") == 0
    assert PAY.substance("it is scalable, flexible and maintainable") == 0
    assert PAY.substance("state and entries of a payment change in one transaction") > 0
    assert PAY.substance("116 payments a second fit one database") == 1


def test_texts_of_the_worked_design_are_not_ones_own() -> None:
    own = ground("chat").own
    assert not own("an id that the app gives each message, remembered by the store")
    assert not own("Clients come back with jitter, and admission is limited.")
    assert own("Phones wait a random time of up to ten seconds before they open a socket again.")


def test_likeness_is_by_neighbouring_words() -> None:
    assert near("a b c", "a b c") == 1
    assert near("one two three four", "four three two one") < 0.5
    assert near("", "x") == 0
