"""Who may talk to the studio: the first thing that every request meets.

The server listens on loopback. A page elsewhere may still send requests there from the reader's own browser, and a name
that is made to point to 127.0.0.1 (DNS rebinding) would make its answers readable. So a request must name this server
in `Host`; one from another page (`Origin`, `Sec-Fetch-Site`) is refused; and what changes something carries a header of
its own, which no page may send across origins without asking first, and asking is refused. On any other interface a
token is needed besides. Source: OWASP Cross-Site Request Forgery Prevention Cheat Sheet, "Custom request headers";
Fetch Metadata Request Headers (W3C).
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import ipaddress
import json
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from loadcase.studio.errors import FOREIGN, LARGE, SLOW, TOKEN, UNREADABLE, StudioError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

HEADER, VALUE = b"x-loadcase", b"studio"
COOKIE = "loadcase-token"
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
READING = ("GET", "HEAD")
BODY_S = 10.0
"""Time in which a body has to have arrived."""
DRAINED = 8
"""Of a body that is too large, so many times the most that one may have is read and forgotten."""
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # CodeMirror writes its rules into style elements; no script comes by it
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True)
class Door:
    """Where the studio listens. `token` is None on loopback, where none is needed."""

    port: int
    host: str = "127.0.0.1"
    token: str | None = None
    body_bytes: int = 2 << 20
    body_s: float = BODY_S
    names: tuple[str, ...] = field(default_factory=lambda: (socket.gethostname(), socket.getfqdn()))

    def knows(self, host: str) -> bool:
        """Whether a Host header names this server, with its port."""
        name, port = _parts(host)
        if port != self.port:
            return False
        if self.token is None:
            return name in LOOPBACK
        # no name can be made to point here by somebody else if it is an address, or this machine's own name
        return name in LOOPBACK or name in (self.host, *self.names) or _is_address(name)


def is_loopback(host: str) -> bool:
    """Whether nothing but this machine can reach an address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _parts(host: str) -> tuple[str, int]:
    """The name and the port of a Host header; port 0 where it is none."""
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        return host.lower(), 80
    return name.lower(), int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
        return True
    except ValueError:
        return False


class Guard:
    """Refuses what does not come from the studio's own page, reads bodies within limits, and sets safe headers."""

    def __init__(self, app: App, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":  # there are no web sockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        safe = _safely(send)
        try:
            cookie = self.admit(scope)
            if cookie is not None:
                await _answer(safe, 303, b"", [(b"location", b"/"), (b"set-cookie", cookie)])
                return
            body = await self.body(scope, receive) if scope["method"] in CHANGING else b""
        except StudioError as refused:
            if refused.status == 413:
                await self.drain(receive)
            content = json.dumps(refused.shape()).encode()
            await _answer(safe, refused.status, content, [(b"content-type", b"application/json")])
            return
        await self.app(scope, _replayed(body, receive), safe)

    def admit(self, scope: MutableMapping[str, Any]) -> bytes | None:
        """Raises StudioError unless the request may go on; a cookie to be set when it brought the token."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        method = scope["method"]
        host = [h.decode("latin-1") for h in headers.get(b"host", [])]
        if len(host) != 1 or not self.door.knows(host[0]):
            raise StudioError(421, FOREIGN, "the Host header does not name this studio", "open the address it printed")
        if method not in READING and method not in CHANGING:
            raise StudioError(405, FOREIGN, f"there is no {method[:20]} here")
        origins = [o.decode("latin-1").lower() for o in headers.get(b"origin", [])]
        if any(origin != f"http://{host[0].lower()}" for origin in origins):
            raise StudioError(403, FOREIGN, "the request comes from another page", "use the studio's own page")
        sites = headers.get(b"sec-fetch-site", [])
        navigation = headers.get(b"sec-fetch-mode") == [b"navigate"] and method in READING
        if any(site not in (b"same-origin", b"none") for site in sites) and not (navigation and scope["path"] == "/"):
            raise StudioError(403, FOREIGN, "the request comes from another page", "use the studio's own page")
        if method in CHANGING and headers.get(HEADER) != [VALUE]:
            raise StudioError(403, FOREIGN, "a request that changes something carries X-Loadcase: studio")
        return self.known(scope, headers.get(b"cookie", []))

    def known(self, scope: MutableMapping[str, Any], cookies: list[bytes]) -> bytes | None:
        """Checks the token where one is needed."""
        wanted = self.door.token
        if wanted is None:
            return None
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load("; ".join(c.decode("latin-1") for c in cookies))
        except CookieError:
            jar.clear()
        if COOKIE in jar and _same(jar[COOKIE].value, wanted):
            return None
        if scope["method"] == "GET" and scope["path"] == "/":
            given = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=10).get("token", [])
            if len(given) == 1 and _same(given[0], wanted):
                return f"{COOKIE}={wanted}; Path=/; HttpOnly; SameSite=Strict".encode()
        raise StudioError(401, TOKEN, "this studio needs its token", "open the whole address that it printed")

    async def body(self, scope: MutableMapping[str, Any], receive: Receive) -> bytes:
        """The body, if it is small enough and comes in time."""
        for name, value in scope["headers"]:
            if name.lower() == b"content-length" and (not value.isdigit() or int(value) > self.door.body_bytes):
                raise _too_large(self.door.body_bytes)
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(self.door.body_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise StudioError(400, UNREADABLE, "the request ended before its body did")
                    parts.append(message.get("body", b""))
                    if sum(map(len, parts)) > self.door.body_bytes:
                        raise _too_large(self.door.body_bytes)
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            raise StudioError(408, SLOW, f"the body took longer than {self.door.body_s:g} s") from None

    async def drain(self, receive: Receive) -> None:
        """Lets a body that is too large arrive, within limits: who is cut off while sending reads no answer."""
        drained = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.door.body_s):
                while drained < DRAINED * self.door.body_bytes:
                    message = await receive()
                    drained += len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body", False):
                        return


def _too_large(limit: int) -> StudioError:
    return StudioError(413, LARGE, f"a request has at most {limit // 1024} KiB", "split the design")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def _safely(send: Send) -> Send:
    """Sends with the headers that keep a page to itself."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message.get("headers", [])}
            more = [(n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in given]
            if b"cache-control" not in given:
                more.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message.get("headers", []), *more]}
        await send(message)

    return sending


async def _answer(send: Send, status: int, content: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", str(len(content)).encode())
    close = [(b"connection", b"close")] if status in (408, 413) else []
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length, *close]})
    await send({"type": "http.response.body", "body": content})


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read, and then whatever comes."""
    given = False

    async def receiving() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return receiving
