"""The routes of practice: each takes a request apart and asks the process that holds the sessions."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from loadcase.studio.bodies import optional, taken, text_of
from loadcase.studio.errors import LARGE, UNREADABLE, StudioError
from loadcase.studio.interviews import Interviews
from loadcase.studio.processes import Helpers
from loadcase.studio.streams import stream

CHOICES: dict[str, tuple[str, ...]] = {
    "level": ("senior", "mid", "staff"),
    "format": ("45", "60", "free"),
    "style": ("steering", "quiet", "adversarial"),
    "drill": ("", "estimation", "scoping", "curveball", "tradeoff"),
}
"""What a session is set up with; the first is taken where none is named."""
FORMS = {"html": "text/html", "md": "text/markdown", "json": "application/json"}
LONGEST_FIELD = 4_000
LONGEST_BLUEPRINT = 256 << 10
"""Bytes, as of every blueprint in the studio."""
LONGEST_NAME = 80


class Practice:
    """The routes, over the process that holds the sessions and those that look at texts."""

    def __init__(self, interviews: Interviews, helpers: Helpers, leaving: asyncio.Event) -> None:
        self.interviews, self.helpers, self.leaving = interviews, helpers, leaving

    def routes(self) -> list[tuple[Any, ...]]:
        """Path, what is called, and methods where they are not GET alone."""
        one = "/api/practice/sessions/{id}"
        return [
            ("/api/practice", self.home),
            ("/api/practice/analyse", self.partial, "POST"),
            ("/api/practice/progress", self.progress),
            ("/api/practice/sessions", self.start, "POST"),
            (one, self.session, "GET", "PATCH", "DELETE"),
            (f"{one}/do", self.do, "POST"),
            (f"{one}/events", self.events),
            (f"{one}/leave", self.leave, "POST"),
            (f"{one}/score", self.score, "POST"),
            (f"{one}/overrides", self.override, "POST"),
            (f"{one}/export", self.export),
        ]

    async def partial(self, request: Request) -> Response:
        body = await taken(request)
        text = text_of(body, "text")
        if len(text.encode("utf-8", "surrogatepass")) > LONGEST_BLUEPRINT:
            raise StudioError(413, LARGE, f"a blueprint has at most {LONGEST_BLUEPRINT // 1024} KiB")
        given = {"text": text, "case": optional(body, "case", str)}
        return JSONResponse(await self.helpers.ask("partial", request.is_disconnected, **given))

    async def ask(self, what: str, /, **given: Any) -> Response:
        return JSONResponse(await self.interviews.ask(what, **given))

    async def home(self, request: Request) -> Response:
        return await self.ask("home")

    async def progress(self, request: Request) -> Response:
        return await self.ask("progress")

    async def start(self, request: Request) -> Response:
        body = await taken(request)
        setup: dict[str, Any] = {}
        for name, known in CHOICES.items():
            value = optional(body, name, str)
            if value is not None and value not in known:
                raise StudioError(400, UNREADABLE, f"`{name}` is one of {', '.join(c or repr(c) for c in known)}")
            setup[name] = known[0] if value is None else value
        setup |= {name: optional(body, name, str) or None for name in ("system", "topic")}
        found = await self.interviews.ask("start", **setup, name=(optional(body, "name", str) or "")[:LONGEST_NAME])
        self.interviews.leaves(found["id"])
        return JSONResponse(found, 201)

    async def session(self, request: Request) -> Response:
        id = request.path_params["id"]
        if request.method == "DELETE":
            return await self.ask("delete", id=id)
        if request.method == "PATCH":
            return await self.ask("rename", id=id, name=text_of(await taken(request), "name")[:LONGEST_NAME])
        found = await self.interviews.ask("enter", id=id)
        if id not in self.interviews.hubs:
            self.interviews.leaves(id)
        return JSONResponse(found)

    async def do(self, request: Request) -> Response:
        body = await taken(request)
        fields, first = body.get("with", {}), body.get("first", 0)
        if not isinstance(fields, dict) or not isinstance(first, int) or isinstance(first, bool) or first < 0:
            raise StudioError(400, UNREADABLE, "`with` is an object, and `first` the number of an event")
        what = text_of(body, "what")
        for name, value in fields.items():
            most = LONGEST_BLUEPRINT if (what, name) == ("write", "text") else LONGEST_FIELD
            if isinstance(value, str) and len(value.encode("utf-8", "surrogatepass")) > most:
                raise StudioError(413, LARGE, f"{name} has at most {most:,} bytes", "say it in parts")
        return await self.ask("do", id=request.path_params["id"], what=what, fields=fields, first=first)

    async def events(self, request: Request) -> Response:
        id = request.path_params["id"]
        await self.interviews.ask("enter", id=id)
        return stream(self.interviews.listen(id), self.leaving)

    async def leave(self, request: Request) -> Response:
        return await self.ask("leave", id=request.path_params["id"])

    async def score(self, request: Request) -> Response:
        return await self.ask("score", id=request.path_params["id"])

    async def override(self, request: Request) -> Response:
        body = await taken(request)
        given = {name: text_of(body, name)[:LONGEST_FIELD] for name in ("criterion", "level", "because")}
        return await self.ask("override", id=request.path_params["id"], **given)

    async def export(self, request: Request) -> Response:
        form = request.query_params.get("format", "html")
        if form not in FORMS:
            raise StudioError(400, UNREADABLE, "`format` is html, md or json")
        found = await self.interviews.ask("export", id=request.path_params["id"], form=form)
        headers = {
            "content-disposition": f'attachment; filename="{found["name"]}"',
            "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        }
        return Response(found["text"], media_type=f"{FORMS[form]}; charset=utf-8", headers=headers)
