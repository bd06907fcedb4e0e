"""A list that is given out whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loadcase.review.design import Design
from loadcase.review.rule import Found, Rule

_CALL = re.compile(r"\s*GET\s+(/[^\s?]*)(?:\?(\S*))?", re.IGNORECASE)
_CURSOR = re.compile(
    r"cursor|before|after|since|from|until|page|offset|limit|next|seq|start|last|top|count|token|q\b|id"
)
ONE_THING = ("status", "news", "stats", "metrics", "settings", "address", "access", "analysis", "progress", "business")


class ListWithoutCursor(Rule):
    """A list is read without a cursor.

    What: a `read` endpoint is a GET of a plural (`GET /messages?conversation`), and its query names no cursor, page or
    limit.

    Why: lists grow. The answer that fits today is the request that takes the database down in a year; a cursor on the
    clustering key stays cheap at any depth.

    Source: Google API Improvement Proposals, AIP-158 (pagination).
    """

    code = "LC542"
    severity = "note"
    covers = ("api-hygiene",)
    valid = (
        """
api: {history: {kind: read, does: "GET /messages?conversation&before_seq"}, one: {kind: read, does: "GET /posts/{id}"}}
components: {s: {kind: service}}
flows: {history: {arrive: {rate: 1 /s}, steps: [s.handle]}, one: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
        """
api: {state: {kind: read, does: GET /status}, find: {kind: read, does: "GET /posts/{id}/body"}}
components: {s: {kind: service}}
flows: {state: {arrive: {rate: 1 /s}, steps: [s.handle]}, find: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )
    invalid = (
        """
api:
  history: {kind: read, does: "GET /messages?conversation"}  # <-
  posts: {kind: read, does: "GET /users/{id}/posts"}  # <-
components: {s: {kind: service}}
flows: {history: {arrive: {rate: 1 /s}, steps: [s.handle]}, posts: {arrive: {rate: 1 /s}, steps: [s.handle]}}
""",
    )

    def look(self, design: Design) -> Iterator[Found]:
        """Endpoints by their path."""
        for name, endpoint in design.b.api.items():
            match = _CALL.match(endpoint.does or "")
            if match is None or endpoint.kind != "read":
                continue
            last = match[1].rstrip("/").rpartition("/")[2].lower()
            plural = last.endswith("s") and not last.endswith("ss") and last not in ONE_THING and "{" not in last
            if plural and not _CURSOR.search((match[2] or "").lower()):
                message = f"{endpoint.does} gives out a list, however long it is"
                yield Found(("api", name, "does"), message, "a cursor and a limit: ?before_seq&limit", key=False)
