"""The practice room in a real browser: a whole interview, with the server killed in the middle of it.

Screenshots are kept in the folder that LOADCASE_SCREENSHOTS names, else in the test's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Page, expect

from loadcase.practice.wiring import wired
from tests.studio.test_page import CHROMIUM, Studio, browser, page, quiet, shot, studio, text_of

__all__ = ["browser", "page", "quiet", "shot", "studio"]
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed"),
    pytest.mark.usefixtures("sessions"),
]
PALETTE = Path(__file__).parents[2] / "studio" / "src" / "practice" / "palette.json"
HOSTILE = "<img src=x onerror=alert(1)> costs a box"
DESIGN = """\
loadcase: 1
name: chat
requirements:
  functional: [a user sends a message to another]
  contract: [send.p95 < 300 ms, message.lost == 0, message.applied_twice == 0]
entities:
  message: {count: 1M, key: [conversation], identity: id, fields: {id: id, conversation: conversation}, size: 300 B}
  conversation: {count: 100k}
components:
  api: {kind: service, replicas: 4, workers: 16, why: stateless handling of requests}
  db: {kind: store, shards: 2, replicas: 3, write: quorum, read: quorum, why: a conversation has one order}
flows:
  send:
    arrive: {rate: 400 /s, key: message}
    steps: [api.handle: {work: exp(2 ms), do: [db.write: {entity: message, once: id}]}]
cases:
  normal: {duration: 4 s, warmup: 1 s}
"""
LATER = "# what was typed while the server was away\n"


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sessions of the test's own; asked for before the studio starts."""
    monkeypatch.setenv("LOADCASE_PRACTICE", str(tmp_path / "practice.sqlite"))
    return tmp_path


@pytest.fixture
def looks(page: Page, shot: Callable[[str], None]) -> Callable[[str], None]:
    """Takes a picture in light and in dark, and on a tablet."""

    def take(name: str) -> None:
        shot(f"practice-{name}")
        page.emulate_media(color_scheme="dark")
        shot(f"practice-{name}-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 820, "height": 1100})
        shot(f"practice-{name}-tablet")
        page.set_viewport_size({"width": 1280, "height": 800})

    return take


def test_what_the_palette_writes_can_be_read() -> None:
    from loadcase.kinds import kinds

    palette = json.loads(PALETTE.read_text("utf-8"))
    assert set(palette["components"]) == set(palette["verbs"]) == set(kinds())
    assert all(palette["verbs"][name] in kind.verbs for name, kind in kinds().items())

    def section(title: str, *entries: list[str]) -> str:
        return f"{title}:\n" + "".join(f"  {comment}\n  {name}: {value}\n" for name, comment, value in entries)

    flow = [part.replace("STEP", "api.handle") for part in palette["flow"]]
    text = "loadcase: 1\nname: a\n" + "".join(
        section(*part)
        for part in (
            ("entities", palette["entity"]), ("api", palette["api"]), ("components", *palette["components"].values()),
            ("flows", flow), ("cases", palette["case"]), ("decisions", palette["decision"]),
        )
    )  # fmt: skip
    found = wired(text)
    assert (found.problems, found.left_out) == ((), ())


def say(page: Page, text: str) -> None:
    field = page.get_by_label("To the interviewer")
    field.fill(text)
    field.press("Enter")
    expect(field).to_have_value("")
    expect(page.locator(".said-list")).to_contain_text(text)


def add(page: Page, to: str, text: str) -> None:
    page.get_by_label(f"{to}: add").fill(text)
    page.get_by_label(f"{to}: add").press("Enter")
    expect(page.get_by_role("region", name=to, exact=True).get_by_role("listitem")).to_contain_text(text)


def line(page: Page, name: str, formula: str) -> None:
    page.get_by_label("Name of the line").fill(name)
    page.get_by_label("Formula").fill(formula)
    page.get_by_label("Formula").press("Enter")


def put(page: Page, text: str) -> None:
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def kept(page: Page) -> None:
    expect(page.locator(".kept")).to_have_text("Kept", timeout=30_000)


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=re.compile(f"^{name}")).click()


def begun(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}#/practice")
    page.get_by_role("button", name="One-to-one chat").click()
    page.get_by_role("button", name="Start the clock").click()
    expect(page.locator(".clock-bar")).to_contain_text("Design a chat system", timeout=60_000)


def everything_is_there(page: Page) -> None:
    """What was said, written down, computed and drawn before the server was killed."""
    talk = page.locator(".said-list")
    for said in ("How many users are there?", "50 million", HOSTILE, "I assume a message has 200 bytes"):
        expect(talk).to_contain_text(said)
    tab(page, "Notes")
    for written in ("send a message", "order and no loss", "p95 < 300 ms"):
        expect(page.locator(".notes")).to_contain_text(written)
    tab(page, "Pad")
    expect(page.locator(".pad")).to_contain_text("23.1k")
    expect(page.locator(".pad")).to_contain_text("cannot add")
    assert text_of(page) == DESIGN + LATER
    expect(page.locator(".react-flow__node", has_text="db")).to_be_visible(timeout=60_000)
    expect(page.locator(".slot.now")).to_contain_text("design")


@pytest.mark.slow
def test_a_whole_interview_outlives_its_server(
    page: Page, studio: Studio, shot: Callable[[str], None], looks: Callable[[str], None]
) -> None:
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    begun(page, studio)
    looks("begin")
    say(page, "How many users are there?")
    expect(page.locator(".said-list")).to_contain_text("50 million")
    say(page, HOSTILE)
    say(page, "I assume a message has 200 bytes")
    add(page, "It does", "send a message")
    add(page, "It promises", "p95 < 300 ms")
    add(page, "The hard part", "order and no loss")
    looks("clarify")
    page.keyboard.press("Alt+n")
    expect(page.locator(".slot.now .here")).to_have_text("estimate")
    tab(page, "Pad")
    line(page, "rate", "users * 40 message/user/day")
    expect(page.locator(".pad")).to_contain_text("23.1k message/s")
    line(page, "odd", "rate + 3 GB")
    expect(page.locator(".pad .bad")).to_contain_text("cannot add")
    looks("pad")
    for _ in range(2):
        page.get_by_role("button", name="Next").click()
    expect(page.locator(".slot.now")).to_contain_text("design")
    page.get_by_role("button", name="Insert").click()
    shot("practice-palette")
    page.get_by_role("button", name="store", exact=True).click()
    expect(page.locator(".react-flow__node", has_text="db")).to_be_visible(timeout=60_000)
    put(page, DESIGN)
    kept(page)

    studio.process.kill()
    studio.process.wait(30)
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(LATER)
    expect(page.locator(".kept")).to_contain_text("away", timeout=30_000)
    page.get_by_label("To the interviewer").fill("half a tho")
    studio.start()
    kept(page)
    everything_is_there(page)
    page.goto("about:blank")
    page.goto(studio.url + "#/practice")
    page.locator(".session-item .item").click()
    expect(page.locator(".clock-bar")).to_be_visible(timeout=60_000)
    everything_is_there(page)
    expect(page.get_by_label("To the interviewer")).to_have_value("half a tho")
    kept(page)

    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".room-panel .outcome")).to_contain_text("holds", timeout=600_000)
    looks("run")
    tab(page, "Decisions")
    for part, text in {
        "Chose": "Cassandra with a partition per conversation",
        "over": "one relational primary",
        "because": "the peak of 46k writes/s is ten times what a single machine takes",
        "at the cost of": "no transaction across conversations",
        "flips when": "a year of it fits one machine",
    }.items():
        page.get_by_label(part, exact=True).fill(text)
    page.get_by_role("button", name="Decide").click()
    expect(page.locator(".decisions li")).to_contain_text("no transaction across conversations")
    looks("decided")
    for _ in range(2):
        page.get_by_role("button", name="Next").click()
    expect(page.locator(".slot.now .here")).to_have_text("break it")
    ball = page.locator(".said.curveball")
    expect(ball.locator(".badge")).to_be_visible(timeout=120_000)
    looks("curveball")
    ball.get_by_role("button", name="Reply").click()
    expect(page.locator(".reply-to")).to_be_visible()
    say(page, "A retry carries the same id, so the store applies it once.")
    expect(page.locator(".said.candidate").last).to_contain_text("answers")
    page.get_by_role("button", name="Hint").click()
    expect(page.locator(".said.hint")).to_be_visible(timeout=30_000)
    page.keyboard.press("Alt+p")
    expect(page.get_by_role("alert")).to_contain_text("stands still")
    shot("practice-paused")
    page.get_by_role("button", name="Go on").last.click()
    page.get_by_role("button", name="Next").click()
    say(page, "It holds its promises; the pager rings on lost messages; ten times the load needs more partitions.")
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("button", name="End it").click()

    expect(page.locator(".read-level")).to_contain_text("reads as", timeout=120_000)
    looks("verdict")
    page.locator("button.quote").first.click()
    expect(page.locator(".timeline .moment")).to_be_visible()
    expect(page.locator(".compared")).to_contain_text("Cassandra with a partition per conversation")
    page.get_by_role("button", name="Override").first.click()
    assert page.locator(".override-form button[type=submit]").is_disabled()
    page.get_by_label("Because").fill("it was said at the door")
    page.locator(".override-form button[type=submit]").click()
    expect(page.locator(".override")).to_contain_text("it was said at the door")
    looks("override")
    page.reload()
    expect(page.locator(".override")).to_contain_text("it was said at the door", timeout=60_000)
    page.goto(studio.url + "#/practice/progress")
    expect(page.locator(".past")).to_contain_text("One-to-one chat", timeout=60_000)
    looks("progress")
    page.goto(studio.url + "#/practice")
    page.get_by_label("What to do with One-to-one chat").click()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("None yet")).to_be_visible()
    assert (alerts, errors) == ([], [])


@pytest.mark.slow
def test_the_room_and_the_designs_leave_each_other_alone(page: Page, studio: Studio, quiet: list[str]) -> None:
    page.goto(studio.url)
    expect(page.locator(".react-flow__node").first).to_be_visible(timeout=60_000)
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("# mine\n")
    page.get_by_role("button", name="Practice").click()
    expect(page.locator(".card").first).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="money", exact=True).click()
    page.locator(".set-up select").select_option("scoping")
    page.get_by_role("button", name="Start the clock").click()
    expect(page.locator(".said-list")).to_contain_text("what do you need to know", timeout=60_000)
    expect(page.locator(".clock-bar")).to_contain_text("of 10:00")
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input, select, textarea')].filter((one) => one.offsetParent"
        " && !one.textContent.trim() && !one.ariaLabel && !one.labels?.length).map((one) => one.outerHTML)"
    )
    assert nameless == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.get_by_role("button", name="Designs").click()
    expect(page.locator(".react-flow__node").first).to_be_visible(timeout=60_000)
    assert text_of(page).endswith("# mine\n")
    page.go_back()
    expect(page.locator(".said-list")).to_contain_text("what do you need to know", timeout=60_000)
