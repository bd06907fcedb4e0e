"""The routes: each takes a request apart, asks the folder, the helpers or the runs, and answers in JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from loadcase import __version__
from loadcase.core.errors import UsageError
from loadcase.studio import gallery
from loadcase.studio.bodies import is_number, names_of, number_of, optional, taken, text_of
from loadcase.studio.errors import LARGE, MISSING, ODD, UNREADABLE, StudioError, error
from loadcase.studio.events import Hub
from loadcase.studio.evidence import evidence
from loadcase.studio.files import Folder, is_plain
from loadcase.studio.interviews import Interviews
from loadcase.studio.limits import Limits
from loadcase.studio.practice import Practice
from loadcase.studio.processes import Helpers
from loadcase.studio.runs import ENDED, Runs
from loadcase.studio.security import Door, Guard
from loadcase.studio.store import Store
from loadcase.studio.streams import stream

STATIC = Path(__file__).parent / "static"
ASSETS = STATIC / "assets"
"""What the page is built of; not there in a checkout in which it was not built."""
WATCH_S = 0.5
"""How often the folder is looked at while somebody listens."""
SETTLE_S = 5.0
"""So long the first page has the processor to itself, if it does not come to stand before."""
KINDS = ("check", "compare", "scale")
LONGEST_NAME = 200


class Studio:
    """Everything that the routes share."""

    def __init__(self, root: Path, store: Store, limits: Limits, helpers: Helpers, first: str) -> None:
        self.limits, self.store = limits, store
        self.folder = Folder(root, limits.text_bytes)
        self.hub = Hub()
        self.helpers = helpers
        self.first = first
        self.runs = Runs(store, limits, self.hub)
        self.leaving = asyncio.Event()
        self.practice = Practice(Interviews(), helpers, self.leaving)
        self.stands = asyncio.Event()
        """Whether a page has its first diagram: then it asks for what the format knows."""
        self.loop: asyncio.AbstractEventLoop | None = None

    def leave(self) -> None:
        """Ends what is told without end, so that the server need not wait for it. May be called by a signal."""
        if self.loop is not None:
            self.loop.call_soon_threadsafe(self.leaving.set)

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Starts and ends the processes beside the server."""
        self.loop = asyncio.get_running_loop()
        self.runs.start()
        tasks = [asyncio.create_task(self.watch()), asyncio.create_task(self.prepare())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.practice.interviews.close()
            await self.runs.close()
            await self.helpers.close()
            self.store.close()

    async def prepare(self) -> None:
        """Looks at the text that a new page will open; once that stands, makes ready for somebody who types."""
        with contextlib.suppress(StudioError):
            text = await run_in_threadpool(self.expected)
            if text is not None:
                await self.helpers.ask("analyse", text=text, case=None, variant=None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_S):
                await self.stands.wait()
        with contextlib.suppress(StudioError):
            await self.helpers.warm()

    def expected(self) -> str | None:
        """The text of the file that the studio was started with, or of the folder's only one."""
        files = [self.first] if self.first else [one["path"] for one in self.folder.files()]
        return self.folder.read(files[0]).text if len(files) == 1 else None

    async def watch(self) -> None:
        """Tells of files that others have changed, also between the moment a page read them and now."""
        before = await run_in_threadpool(self.folder.stamps)
        while True:
            await asyncio.sleep(WATCH_S)
            if not self.hub.listening:
                continue
            now = await run_in_threadpool(self.folder.stamps)
            for path in sorted({p for p in now.keys() | before.keys() if now.get(p) != before.get(p)}):
                version = await run_in_threadpool(self.folder.version, path)
                self.hub.tell("file", {"path": path, "version": version})
            before = now

    # --- the page -----------------------------------------------------------------------------------------------------
    async def page(self, request: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers={"cache-control": "no-cache"})

    async def icon(self, request: Request) -> Response:
        return FileResponse(STATIC / "favicon.svg", headers={"cache-control": "max-age=3600"})

    async def about(self, request: Request) -> Response:
        limits = self.limits
        return JSONResponse(
            {
                "version": __version__,
                "folder": str(self.folder.root),
                "kept_in": str(self.store.folder),
                "limits": {
                    "running": limits.running,
                    "queued": limits.queued,
                    "wall_s": limits.wall_s,
                    "memory_bytes": limits.memory_bytes,
                    "text_bytes": limits.text_bytes,
                },
            }
        )

    # --- files and the gallery ----------------------------------------------------------------------------------------
    async def files(self, request: Request) -> Response:
        files = await run_in_threadpool(self.folder.files)
        return JSONResponse({"files": files, "gallery": await run_in_threadpool(gallery.listed)})

    async def file(self, request: Request) -> Response:
        path = request.path_params["path"]
        if request.method == "GET":
            return JSONResponse((await run_in_threadpool(self.folder.read, path)).shape())
        body = await taken(request)
        text, version = text_of(body, "text"), optional(body, "version", str)
        found = await run_in_threadpool(self.folder.write, path, text, version)
        self.hub.tell("file", {"path": path, "version": found.version})
        return JSONResponse({"path": path, "version": found.version, "modified_s": found.modified_s})

    async def start(self, request: Request) -> Response:
        try:
            found = await run_in_threadpool(gallery.opened, request.path_params["name"])
        except UsageError as unknown:
            raise StudioError(404, MISSING, unknown.message, unknown.hint) from None
        return JSONResponse(found)

    # --- a design -----------------------------------------------------------------------------------------------------
    async def asked(self, request: Request, what: str, **given: Any) -> Response:
        """What a helper answers about the text of a request."""
        size = len(given.get("text", "").encode("utf-8", "surrogatepass"))
        if size > self.limits.text_bytes:
            message = f"a blueprint has at most {self.limits.text_bytes // 1024} KiB"
            raise StudioError(413, LARGE, message, "a blueprint is one design; split it")
        return JSONResponse(await self.helpers.ask(what, request.is_disconnected, **given))

    async def analyse(self, request: Request) -> Response:
        body = await taken(request)
        case, variant = optional(body, "case", str), optional(body, "variant", str)
        return await self.asked(request, "analyse", text=text_of(body, "text"), case=case, variant=variant)

    async def review(self, request: Request) -> Response:
        body = await taken(request)
        path = optional(body, "path", str) or ""
        beside = self.folder.root / (path if is_plain(path) else "blueprint.yaml")
        return await self.asked(request, "review", text=text_of(body, "text"), path=str(beside))

    async def fix(self, request: Request) -> Response:
        body = await taken(request)
        place = {name: number_of(body, name) for name in ("line", "column")}
        return await self.asked(request, "fix", text=text_of(body, "text"), code=text_of(body, "code"), **place)

    async def language(self, request: Request) -> Response:
        self.stands.set()
        return await self.asked(request, "language")

    async def completions(self, request: Request) -> Response:
        body = await taken(request)
        place = {name: number_of(body, name) for name in ("line", "column")}
        return await self.asked(request, "completions", text=text_of(body, "text"), **place)

    async def throw(self, request: Request) -> Response:
        body = await taken(request)
        fault = body.get("fault")
        if not isinstance(fault, dict) or len(fault) != 1:
            raise StudioError(400, UNREADABLE, "`fault` is one name with its fields", "{crash: {on: api}}")
        return await self.asked(request, "throw", text=text_of(body, "text"), case=text_of(body, "case"), fault=fault)

    async def curveballs(self, request: Request) -> Response:
        body = await taken(request)
        case = optional(body, "case", str)
        return await self.asked(request, "curveballs", text=text_of(body, "text"), case=case)

    async def formats(self, request: Request) -> Response:
        return await self.asked(request, "formats")

    async def export(self, request: Request) -> Response:
        body = await taken(request)
        return await self.asked(request, "export", text=text_of(body, "text"), format=text_of(body, "format"))

    # --- runs ---------------------------------------------------------------------------------------------------------
    async def submit(self, request: Request) -> Response:
        body = await taken(request)
        wanted = run_request(body, self.limits)
        given = optional(body, "against", str)
        if given is not None:
            earlier = self.runs.row(given)
            wanted["against_text"] = earlier["request"]["text"]
            wanted["against_name"] = earlier["name"] or "before"
        found = await self.helpers.ask("analyse", text=wanted["text"], case=None, variant=wanted["variant"])
        if found["blueprint"] is None:
            problem = found["problems"][0]
            shape = error(
                problem["code"], problem["message"], problem["hint"] or "", problem["line"], problem["column"]
            )
            refused = StudioError(422, problem["code"], problem["message"])
            refused.more = {"error": shape, "problems": found["problems"]}
            raise refused
        return JSONResponse({"id": self.runs.submit(wanted, found["blueprint"]["name"])}, 202)

    async def run_list(self, request: Request) -> Response:
        return JSONResponse({"runs": self.runs.listed()})

    async def run(self, request: Request) -> Response:
        run = request.path_params["run"]
        if request.method == "GET":
            shape = self.runs.shape(run)
            return Response(await run_in_threadpool(_dumped, shape), media_type="application/json")
        if request.method == "DELETE":
            self.runs.remove(run)
            return JSONResponse({"id": run})
        name = optional(await taken(request), "name", str)
        self.runs.rename(run, name[:LONGEST_NAME] if name else None)
        return JSONResponse(self.runs.summary(self.runs.row(run)))

    async def cancel(self, request: Request) -> Response:
        return JSONResponse({"state": self.runs.cancel(request.path_params["run"])})

    async def run_events(self, request: Request) -> Response:
        run = request.path_params["run"]
        last = _last(request)
        if self.runs.over(run, last):
            return Response(status_code=204)  # and a page does not ask again
        return stream(self.runs.events(run, last), self.leaving)

    async def evidence(self, request: Request) -> Response:
        run = request.path_params["run"]
        self.runs.row(run)
        number = request.query_params.get("guarantee", "")
        if not (number.isascii() and number.isdigit() and len(number) < 6):
            raise StudioError(400, UNREADABLE, "`guarantee` is the number of a guarantee, from 0")
        kept = await run_in_threadpool(self.store.result, run)
        return JSONResponse(evidence(kept, request.query_params.get("case", ""), int(number)))

    async def report(self, request: Request) -> Response:
        row = self.runs.row(request.path_params["run"])
        format = request.query_params.get("format", "html")
        if format not in ("html", "md"):
            raise StudioError(400, UNREADABLE, "`format` is html or md")
        if row["state"] not in ENDED:
            raise StudioError(409, MISSING, "the run has not ended", "wait for it, or cancel it")
        asked = row["request"]
        found = await self.helpers.ask(
            "report", text=asked["text"], variant=asked["variant"], kind=row["kind"], state=row["state"],
            seeds=asked["seeds"], file=str(self.store.run_folder(row["id"]) / "result.json"), format=format,
        )  # fmt: skip
        kind = "text/html" if format == "html" else "text/markdown"
        headers = {
            "content-disposition": f'attachment; filename="{found["name"]}"',
            "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        }
        return Response(found["text"], media_type=f"{kind}; charset=utf-8", headers=headers)

    async def events(self, request: Request) -> Response:
        return stream(self.hub.listen(), self.leaving)


def run_request(body: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """What is to be run, checked. Raises StudioError."""
    kind = body.get("kind", "check")
    if kind not in KINDS:
        raise StudioError(400, UNREADABLE, f"`kind` is one of {', '.join(KINDS)}")
    text = text_of(body, "text")
    if len(text.encode("utf-8", "surrogatepass")) > limits.text_bytes:
        raise StudioError(413, LARGE, f"a blueprint has at most {limits.text_bytes // 1024} KiB")
    seeds, budget_s = body.get("seeds"), body.get("budget_s")
    if seeds is not None and (not isinstance(seeds, int) or isinstance(seeds, bool) or not 1 <= seeds <= 1_000):
        raise StudioError(400, UNREADABLE, "`seeds` is a whole number from 1 to 1000")
    if budget_s is not None and (not is_number(budget_s) or not 0 < budget_s <= limits.wall_s):
        raise StudioError(400, UNREADABLE, f"`budget_s` is a number of seconds up to {limits.wall_s:g}")
    to = body.get("to")
    if to is not None and (not is_number(to) or not 1 < to <= 1_000):
        raise StudioError(400, UNREADABLE, "`to` is a load factor above 1, up to 1000")
    name, path = optional(body, "name", str), optional(body, "path", str)
    return {
        "kind": kind,
        "text": text,
        "path": path[: LONGEST_NAME * 2] if path else None,
        "name": name[:LONGEST_NAME] if name else None,
        "cases": names_of(body, "cases"),
        "variant": optional(body, "variant", str),
        "variants": names_of(body, "variants"),
        "seeds": seeds,
        "budget_s": budget_s,
        "to": to,
    }


def _last(request: Request) -> int:
    given = request.headers.get("last-event-id", "") or request.query_params.get("after", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 12 else 0


def _dumped(shape: Any) -> bytes:
    return json.dumps(shape, allow_nan=False, separators=(",", ":")).encode()


async def _refused(request: Request, found: Exception) -> Response:
    assert isinstance(found, StudioError)
    return JSONResponse({**found.shape(), **found.more}, found.status)


async def _http(request: Request, found: Exception) -> Response:
    assert isinstance(found, HTTPException)
    said = {404: "there is no such page", 405: "this cannot be done here"}.get(found.status_code, "that does not work")
    return JSONResponse({"error": error(MISSING, said)}, found.status_code)


async def _odd(request: Request, found: Exception) -> Response:
    sys.excepthook(type(found), found, found.__traceback__)
    return JSONResponse({"error": error(ODD, "something failed; the terminal of the studio says more")}, 500)


def _caught(route: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A route of which no error is left to the server."""

    async def called(request: Request) -> Response:
        try:
            return await route(request)
        except StudioError as found:
            return await _refused(request, found)
        except HTTPException:
            raise
        except Exception as found:
            return await _odd(request, found)

    return called


def application(studio: Studio, door: Door) -> Guard:
    """The whole server."""

    def route(path: str, called: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
        return Route(path, _caught(called), methods=list(methods or ("GET",)))

    app = Starlette(
        routes=[
            route("/", studio.page),
            route("/favicon.svg", studio.icon),
            route("/api/studio", studio.about),
            route("/api/files", studio.files),
            route("/api/files/{path:path}", studio.file, "GET", "PUT"),
            route("/api/gallery/{name}", studio.start),
            route("/api/analyse", studio.analyse, "POST"),
            route("/api/review", studio.review, "POST"),
            route("/api/review/fix", studio.fix, "POST"),
            route("/api/language", studio.language),
            route("/api/completions", studio.completions, "POST"),
            route("/api/throw", studio.throw, "POST"),
            route("/api/curveballs", studio.curveballs, "POST"),
            route("/api/formats", studio.formats),
            route("/api/export", studio.export, "POST"),
            route("/api/runs", studio.run_list),
            route("/api/runs", studio.submit, "POST"),
            route("/api/runs/{run}", studio.run, "GET", "PATCH", "DELETE"),
            route("/api/runs/{run}/events", studio.run_events),
            route("/api/runs/{run}/cancel", studio.cancel, "POST"),
            route("/api/runs/{run}/evidence", studio.evidence),
            route("/api/runs/{run}/report", studio.report),
            route("/api/events", studio.events),
            *(route(path, called, *methods) for path, called, *methods in studio.practice.routes()),
            *([Mount("/assets", StaticFiles(directory=ASSETS))] if ASSETS.is_dir() else []),
        ],
        exception_handlers={HTTPException: _http, StudioError: _refused, Exception: _odd},
        lifespan=studio.lifespan,
    )
    return Guard(app, door)
