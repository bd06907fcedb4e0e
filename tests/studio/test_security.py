"""Who is let in: nobody but the studio's own page, with small bodies that come in time."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest

from loadcase.studio.security import COOKIE, HEADERS, Door, Guard, is_loopback

OWN = {"host": "127.0.0.1:8642"}
CHANGE = {**OWN, "x-loadcase": "studio"}


async def echo(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"in:" + message.get("body", b"")})


def ask(
    method: str, headers: dict[str, str] | list[tuple[str, str]], door: Door | None = None, path: str = "/api/runs",
    body: bytes | None = None,
) -> httpx.Response:  # fmt: skip
    async def asking() -> httpx.Response:
        transport = httpx.ASGITransport(Guard(echo, door or Door(8642)))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8642") as client:
            request = client.build_request(method, path, content=body)
            for name in [n for n, _ in (headers.items() if isinstance(headers, dict) else headers)]:
                request.headers.pop(name, None)
            given = list(headers.items() if isinstance(headers, dict) else headers)
            kept = [(n, v) for n, v in request.headers.multi_items() if n.lower() not in {g[0].lower() for g in given}]
            request.headers = httpx.Headers([*kept, *given])
            return await client.send(request)

    return asyncio.run(asking())


@pytest.mark.parametrize("host", ["127.0.0.1:8642", "localhost:8642", "LOCALHOST:8642", "[::1]:8642"])
def test_loopback_names_are_let_in(host: str) -> None:
    assert ask("GET", {"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8642", "127.0.0.1:8643", "127.0.0.1", "localhost", "127.0.0.1.evil.example:8642", "0.0.0.0:8642",
        "localhost.evil.example:8642", "192.168.1.7:8642", "evil.example", "", "127.0.0.1:8642:8642", "[::1]",
        "127.0.0.1:08642x", "user@127.0.0.1:8642", "127.1:8642", "2130706433:8642", "localhost.:8642", ":8642",
    ],
)  # fmt: skip
def test_other_names_are_not(host: str) -> None:
    """A name that was made to point to 127.0.0.1 (DNS rebinding) is still another name."""
    response = ask("GET", {"host": host})
    assert response.status_code == 421
    assert response.json()["error"]["code"] == "LC701"


def test_two_hosts_are_not_one() -> None:
    assert ask("GET", [("host", "127.0.0.1:8642"), ("host", "127.0.0.1:8642")]).status_code == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1:8642", "http://localhost:8642", "file://"],
)
def test_other_origins_change_nothing(method: str, origin: str) -> None:
    assert ask(method, {**CHANGE, "origin": origin}).status_code == 403
    assert ask("GET", {**OWN, "origin": origin}).status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_changes_carry_the_header(method: str) -> None:
    assert ask(method, OWN).status_code == 403
    assert ask(method, {**OWN, "x-loadcase": "other"}).status_code == 403
    assert ask(method, CHANGE).status_code == 200
    assert ask(method, {**CHANGE, "origin": "http://127.0.0.1:8642"}).status_code == 200


def test_asking_whether_one_may_is_refused() -> None:
    """A preflight is how a page elsewhere asks to send the header; it gets no permission."""
    response = ask("OPTIONS", {**OWN, "origin": "http://evil.example", "access-control-request-headers": "x-loadcase"})
    assert response.status_code in (403, 405)
    assert not [name for name in response.headers if name.startswith("access-control")]
    assert ask("TRACE", OWN).status_code == 405


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_says_who_asks_is_believed(site: str) -> None:
    assert ask("GET", {**OWN, "sec-fetch-site": site, "sec-fetch-mode": "no-cors"}).status_code == 403
    assert ask("GET", {**OWN, "sec-fetch-site": site, "sec-fetch-mode": "navigate"}).status_code == 403
    assert ask("POST", {**CHANGE, "sec-fetch-site": site, "sec-fetch-mode": "navigate"}, path="/").status_code == 403
    link = {**OWN, "sec-fetch-site": site, "sec-fetch-mode": "navigate"}
    assert ask("GET", link, path="/").status_code == 200  # a link somewhere to the page is no harm
    assert ask("GET", {**OWN, "sec-fetch-site": "same-origin"}).status_code == 200


def test_every_answer_has_safe_headers() -> None:
    for response in (ask("GET", OWN), ask("GET", {"host": "evil.example"}), ask("POST", OWN)):
        for name, value in HEADERS.items():
            assert response.headers[name] == value
        assert response.headers["cache-control"] == "no-store"
    policy = HEADERS["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy


def test_large_bodies_are_refused_by_what_they_say_and_by_what_they_are() -> None:
    door = Door(8642, body_bytes=100)
    assert ask("POST", CHANGE, door, body=b"x" * 100).text == "in:" + "x" * 100
    assert ask("POST", CHANGE, door, body=b"x" * 101).status_code == 413
    assert ask("POST", {**CHANGE, "content-length": "99999999999999999999"}, door).status_code == 413
    assert ask("POST", {**CHANGE, "content-length": "-1"}, door).status_code == 413


def run_guard(messages: list[dict[str, Any]], door: Door, pause_s: float = 0.0) -> int:
    """The status that comes of a body in these parts."""
    sent: list[MutableMapping[str, Any]] = []
    left = list(messages)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause_s)
        return left.pop(0) if left else {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/api/runs", "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:8642"), (b"x-loadcase", b"studio")],
    }  # fmt: skip
    asyncio.run(Guard(echo, door)(scope, receive, send))  # type: ignore[arg-type]
    return int(sent[0]["status"])


def test_a_body_without_an_end_is_refused() -> None:
    assert run_guard([], Door(8642, body_bytes=1000)) == 413


def test_a_slow_body_is_given_up() -> None:
    assert run_guard([], Door(8642, body_s=0.05), pause_s=0.02) == 408
    assert run_guard([{"type": "http.disconnect"}], Door(8642)) == 400


def test_another_interface_needs_the_token() -> None:
    door = Door(8642, "192.168.1.7", "secret", names=("box", "box.lan"))
    for host in ("192.168.1.7:8642", "box:8642", "10.0.0.3:8642", "[fe80::1]:8642", "localhost:8642"):
        assert ask("GET", {"host": host}, door).status_code == 401
        assert ask("GET", {"host": host, "cookie": f"{COOKIE}=secret"}, door).status_code == 200
        assert ask("GET", {"host": host, "cookie": f"a=b; {COOKIE}=wrong"}, door).status_code == 401
    evil = {"host": "evil.example:8642", "cookie": f"{COOKIE}=secret"}
    assert ask("GET", evil, door).status_code == 421
    assert ask("POST", {"host": "box:8642", "x-loadcase": "studio"}, door).status_code == 401


def test_the_token_becomes_a_cookie_that_no_script_reads() -> None:
    door = Door(8642, "192.168.1.7", "secret")
    response = ask("GET", {"host": "192.168.1.7:8642"}, door, "/?token=secret")
    assert response.status_code == 303
    assert response.headers["location"] == "/"
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=secret; ")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    for path in ("/?token=wrong", "/?token=", "/", "/api/runs?token=secret", "/?token=secret&token=wrong"):
        assert ask("GET", {"host": "192.168.1.7:8642"}, door, path).status_code == 401


def test_loopback_is_told_from_the_rest() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.7", "example.com", "")))


def test_there_are_no_web_sockets() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    asyncio.run(Guard(echo, Door(8642))({"type": "websocket", "headers": []}, receive, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]
