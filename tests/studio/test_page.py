"""The studio's page in a real browser: what a newcomer does, and what must not be lost on the way.

Screenshots are kept in the folder that LOADCASE_SCREENSHOTS names, else in the test's own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

GALLERY = Path(__file__).parents[2] / "gallery"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
SMALL = """\
loadcase: 1
name: small
title: Small
requirements: {contract: [get.p95 < 100 ms, get.availability >= 99 %]}
components:
  api: {kind: service, replicas: 2, workers: 8}
  db: {kind: store, replicas: 1}
entities: {thing: {count: 100, key: [thing], size: 100 B}}
flows:
  get:
    arrive: {rate: 100 /s, key: thing}
    steps:
      - api.handle: {work: exp(2 ms), do: [db.read: {entity: thing}]}
cases:
  normal: {duration: 5 s, warmup: 1 s}
"""
STILL = """document.fonts.ready.then(() => new Promise((done) => {
  let before = "", same = 0;
  const look = () => {
    const now = document.querySelector(".react-flow__viewport")?.style.transform ?? "";
    same = now === before ? same + 1 : 0;
    before = now;
    if (same > 5) done();
    else requestAnimationFrame(look);
  };
  look();
}))"""
"""The picture has its letters, and its place for some frames."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    flags = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"]
    flags += ["disable-component-update", "disable-sync"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[f"--{flag}" for flag in flags])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


class Studio:
    """A server of its own over a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.start()

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "loadcase.cli",
            "studio",
            str(self.folder),
            "--port",
            str(self.port),
            "--no-open",
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            try:
                with urlopen(f"{self.url}api/studio", timeout=5):
                    return
            except OSError:
                assert self.process.poll() is None, "the studio has ended"
                time.sleep(0.2)
        raise AssertionError("the studio does not answer")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(90)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    folder = tmp_path / "designs"
    folder.mkdir()
    (folder / "small.yaml").write_text(SMALL)
    server = Studio(folder)
    yield server
    server.stop()


@pytest.fixture
def quiet(page: Page, studio: Studio) -> Iterator[list[str]]:
    """What the page complains of, and asks of other machines: nothing may."""
    complaints: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(f"{message.type}: {message.text}")

    def asked(request: Request) -> None:
        if urlsplit(request.url).netloc != urlsplit(studio.url).netloc and not request.url.startswith(
            ("data:", "blob:")
        ):
            complaints.append(f"off the machine: {request.url}")

    page.on("console", console)
    page.on("pageerror", lambda error: complaints.append(f"pageerror: {error}"))
    page.on("request", asked)
    yield complaints
    assert complaints == []


@pytest.fixture
def shot(page: Page, tmp_path: Path) -> Callable[[str], None]:
    folder = Path(os.environ.get("LOADCASE_SCREENSHOTS") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return take


def opened(page: Page, studio: Studio, start: str | None = None) -> None:
    """The page with a design of the folder, or a start from the gallery, and its diagram."""
    page.goto(studio.url)
    if start is not None:
        page.get_by_role("tab", name="Gallery").click()
        page.locator(f'.item[title="Open {start} as a start"]').click()
    expect(page.locator(".react-flow__node").first).to_be_visible(timeout=60_000)


def text_of(page: Page) -> str:
    """All of the text, also what the editor does not draw."""
    page.locator(".cm-content").click()
    return str(page.evaluate("document.querySelector('.cm-content').cmTile.root.view.state.doc.toString()"))


def put_at_end(page: Page, text: str) -> None:
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)


def change(page: Page, old: str, new: str) -> None:
    """Finds a text in the editor and types another in its place."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+f")
    page.locator(".cm-search [name=search]").press("Control+a")
    page.keyboard.type(old)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.insert_text(new)
    expect(page.locator(".cm-line", has_text=new)).to_be_visible()


def finished(page: Page) -> None:
    expect(page.get_by_role("button", name="See the verdict")).to_be_visible(timeout=600_000)


def seeds(page: Page, count: int) -> None:
    page.get_by_role("button", name=re.compile("^Cases")).click()
    page.get_by_label("Seeds").fill(str(count))
    page.keyboard.press("Escape")


@pytest.mark.slow
def test_the_page_opens_a_design_and_follows_the_text(page: Page, studio: Studio, quiet: list[str]) -> None:
    opened(page, studio)
    expect(page.locator(".editor .cm-line").first).to_have_text("loadcase: 1")
    expect(page.locator(".estimate")).to_contain_text("api")
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, input, select')].filter((one) => one.offsetParent"
        " && !one.textContent.trim() && !one.ariaLabel && !one.labels?.length).map((one) => one.outerHTML)"
    )
    assert nameless == []
    put_at_end(page, "nonsense: [\n")
    expect(page.locator(".stale-note")).to_be_visible(timeout=30_000)
    expect(page.locator(".react-flow__node").first).to_be_attached()
    expect(page.locator(".cm-lint-marker-error").first).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.locator(".stale-note")).to_be_hidden(timeout=30_000)
    page.locator(".react-flow__node", has_text="api").click()
    expect(page.locator(".node-card")).to_contain_text("full at")
    page.keyboard.press("Control+k")
    page.keyboard.type("keys and")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Ctrl")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.mark.slow
def test_the_path_of_a_newcomer(page: Page, studio: Studio, quiet: list[str], shot: Callable[[str], None]) -> None:
    (studio.folder / "small.yaml").unlink()
    opened(page, studio, "chat")
    expect(page.locator(".estimate")).to_contain_text("$105k/mo")
    expect(page.locator(".react-flow__node-part")).to_have_count(11)
    shot("1-chat")
    change(page, "peak: {duration: 10 s, warmup: 2 s}", "peak: {duration: 2 s, warmup: 0.5 s}")  # a fifth of the time
    seeds(page, 1)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".plot").first).to_be_visible(timeout=600_000)
    shot("2-peak-runs")
    finished(page)
    shot("3-peak-plots")
    page.get_by_role("button", name="See the verdict").click()
    expect(page.locator('.cell[data-case="peak"]')).to_have_count(14)
    expect(page.locator('.cell.holds[data-metric="send.p95"]')).to_be_visible()
    shot("4-peak-verdict")
    page.get_by_role("button", name="Throw a curveball").click()
    page.locator(".curveballs li button", has_text="outage: {zone").click(timeout=60_000)
    expect(page.locator(".run-head .state")).to_be_visible(timeout=30_000)
    finished(page)
    expect(page.locator(".slider-faults i").first).to_be_attached()
    shot("5-outage-plots")
    page.get_by_role("button", name="See the verdict").click()
    page.locator(".cell:not(.holds)").first.click()  # one seed may leave undecided what many call broken
    expect(page.locator(".evidence .evidence-why")).to_be_visible(timeout=30_000)
    expect(page.locator(".evidence canvas").first).to_be_visible()
    shot("6-evidence")
    page.keyboard.press("Escape")
    expect(page.locator(".evidence")).to_be_hidden()
    text = text_of(page)
    assert "outage" in text.split("\n  peak: {")[1].split("client_retries")[0]
    change(page, "api: {kind: service, replicas: 96", "api: {kind: service, replicas: 120")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".run-head .state")).to_be_visible(timeout=30_000)
    finished(page)
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".side-by-side")).to_contain_text("send.p95 < 300 ms")
    expect(page.locator(".diff-b")).to_contain_text("replicas: 120")
    shot("7-compare")
    page.get_by_role("tab", name="Export").click()
    with page.expect_download() as told:
        page.get_by_role("link", name="Report as one page").click()
    report = Path(told.value.path()).read_text()
    assert "<html" in report
    assert "send.p95" in report
    shot("8-export")
    page.keyboard.press("Control+s")
    page.get_by_label(re.compile("^Name")).fill("my-chat.yaml")
    page.keyboard.press("Enter")
    expect(page.locator(".save-state")).to_contain_text("Saved")
    assert "replicas: 120" in (studio.folder / "my-chat.yaml").read_text()
    page.reload()
    expect(page.locator(".doc-state")).to_contain_text("my-chat.yaml")
    expect(page.get_by_role("tab", name="Export")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Verdict").click()
    expect(page.locator(".cell").first).to_be_visible()


@pytest.mark.slow
def test_a_broken_promise_has_its_story(
    page: Page, studio: Studio, quiet: list[str], shot: Callable[[str], None]
) -> None:
    short = (GALLERY / "chat" / "blueprint.yaml").read_text()
    short = short.replace("peak: {duration: 10 s, warmup: 2 s", "peak: {duration: 2 s, warmup: 0.5 s")
    short = short.replace("conversations: 200M", "conversations: 1M")  # so that messages of one meet in a short time
    (studio.folder / "small.yaml").write_text(short)
    opened(page, studio)
    page.get_by_label("Variant").select_option("timestamps")
    seeds(page, 1)
    page.keyboard.press("Control+Enter")
    finished(page)
    page.get_by_role("button", name="See the verdict").click()
    page.locator('.cell.broken[data-metric="deliver.out_of_order"]').click()
    expect(page.locator(".evidence .sequence svg")).to_be_visible(timeout=30_000)
    expect(page.locator(".evidence .story-lines li").first).to_be_visible()
    expect(page.locator(".evidence .rows tbody tr").first).to_be_visible()
    shot("story")


@pytest.mark.slow
def test_files_on_disk_stay_the_truth_and_nothing_is_lost(page: Page, studio: Studio, quiet: list[str]) -> None:
    file = studio.folder / "small.yaml"
    opened(page, studio)
    file.write_text(SMALL.replace("title: Small", "title: Written elsewhere"))
    expect(page.locator(".cm-line", has_text="Written elsewhere")).to_be_visible(timeout=30_000)
    put_at_end(page, "# mine\n")
    page.wait_for_timeout(1000)
    page.reload()
    expect(page.locator(".cm-line", has_text="# mine")).to_be_visible(timeout=30_000)
    assert "# mine" not in file.read_text()
    file.write_text(SMALL + "# theirs\n")
    expect(page.locator(".conflict-banner")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="See both").click()
    expect(page.locator(".diff-a", has_text="# theirs")).to_be_visible()
    expect(page.locator(".diff-b", has_text="# mine")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Keep both: mine beside it").click()
    expect(page.locator(".conflict-banner")).to_be_hidden()
    expect(page.locator(".cm-line", has_text="# theirs")).to_be_visible()
    beside = list(studio.folder.glob("small-mine-*.yaml"))
    assert len(beside) == 1
    assert "# mine" in beside[0].read_text()
    put_at_end(page, "# mine again\n")
    page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_contain_text("Saved")
    assert file.read_text() == SMALL + "# theirs\n# mine again\n"


@pytest.mark.slow
def test_a_server_that_is_away_is_said_so_and_comes_back(page: Page, studio: Studio) -> None:
    opened(page, studio)
    studio.stop()
    expect(page.locator(".away-banner")).to_be_visible(timeout=30_000)
    put_at_end(page, "# typed meanwhile\n")
    page.keyboard.press("Control+s")
    page.wait_for_timeout(500)
    studio.start()
    expect(page.locator(".away-banner")).to_be_hidden(timeout=30_000)
    expect(page.locator(".cm-line", has_text="# typed meanwhile")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_contain_text("Saved")
    assert "# typed meanwhile" in (studio.folder / "small.yaml").read_text()


@pytest.mark.slow
def test_script_in_names_and_fields_is_text(page: Page, studio: Studio, quiet: list[str]) -> None:
    evil = "<img src=x onerror=window.hurt=1>"
    (studio.folder / f"{evil}.yaml").write_text(
        SMALL.replace("title: Small", f'title: "{evil}<script>window.hurt=1</script>"').replace(
            "name: small", f'name: "{evil}"'
        )
    )
    page.goto(studio.url)
    page.locator(".item", has_text=evil).first.click()
    expect(page.locator(".doc-state")).to_contain_text(evil)
    page.wait_for_timeout(1500)
    assert page.evaluate("window.hurt") is None
    assert page.locator("img").count() == 0


@pytest.mark.slow
def test_what_is_typed_fast_in_a_long_design_is_all_there(page: Page, studio: Studio, quiet: list[str]) -> None:
    long = (GALLERY / "payments" / "blueprint.yaml").read_text()
    long += "".join(f"# line {i}\n" for i in range(max(0, 400 - long.count("\n"))))
    (studio.folder / "long.yaml").write_text(long)
    page.goto(studio.url)
    page.locator(".item", has_text="long.yaml").click()
    expect(page.locator(".react-flow__node").first).to_be_visible(timeout=60_000)
    put_at_end(page, "\n")
    typed = "# " + "every letter of a long comment, as fast as keys can be pressed " * 3
    page.keyboard.type(typed)
    assert text_of(page) == f"{long}\n{typed}"


@pytest.mark.slow
def test_a_variant_is_laid_over_the_design(page: Page, studio: Studio, quiet: list[str]) -> None:
    (studio.folder / "small.yaml").write_text(SMALL + "variants: {fewer: {components.api.replicas: 1}}\n")
    opened(page, studio)
    seeds(page, 1)
    page.get_by_role("tab", name="Compare").click()
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.locator(".compare-why")).to_be_visible(timeout=300_000)
    for name in ("Latency of get", "Served, get", "Utilisation of"):
        plot = page.locator(".compare .plot", has_text=name)
        expect(plot.locator("canvas")).to_be_visible()
        expect(plot.locator(".plot-key").first).to_contain_text("small")
        expect(plot.locator(".plot-key").last).to_contain_text("fewer")


@pytest.mark.slow
def test_the_page_answers_while_a_long_run_streams(page: Page, studio: Studio, quiet: list[str]) -> None:
    """Two thousand pieces of sixty series at once: what is typed meanwhile is there, and so is all of the stream."""
    metrics = [
        f"{part}.{what}"
        for part in ("get", "api", "db")
        for what in ("rate", "goodput", "errors", "p50", "p95", "p99", "queue")
    ]
    metrics += [f"part{i}.utilisation" for i in range(40)]
    meta = {
        "id": "r9", "name": "long", "kind": "check", "path": "small.yaml", "blueprint": "small", "cases": ["normal"],
        "variant": None, "state": "running", "verdict": None, "created_s": time.time(), "started_s": time.time(),
        "ended_s": None, "position": None,
    }  # fmt: skip
    events = ["event: state\ndata: " + json.dumps(meta) + "\n\n"]
    for i in range(2000):
        piece = {
            "case": "normal", "seed": 1, "from": i, "start": 1 + i * 0.1, "step": 0.1, "scale": 1,
            "values": {name: [float(i % 7 + k)] for k, name in enumerate(metrics)},
        }  # fmt: skip
        events.append(f"id: {i}\nevent: series\ndata: {json.dumps(piece)}\n\n")
    body = "".join(events)
    page.route("**/api/runs", lambda route: route.fulfill(json={"runs": [meta]}))
    page.route(
        "**/api/runs/r9",
        lambda route: route.fulfill(
            json={**meta, "text": SMALL, "result": None, "series": {}, "faults": {}, "error": None}
        ),
    )
    page.route(
        "**/api/runs/r9/events", lambda route: route.fulfill(body=body, headers={"Content-Type": "text/event-stream"})
    )
    page.goto(f"{studio.url}#file=small.yaml&tab=run&run=r9")
    expect(page.locator(".cm-line").first).to_be_visible(timeout=60_000)
    put_at_end(page, "# meanwhile\n")
    expect(page.locator(".cm-line", has_text="# meanwhile")).to_be_visible()
    expect(page.locator(".plot").first).to_be_visible(timeout=60_000)
    expect(page.locator(".slider input")).to_have_attribute("max", re.compile(r"^(201|200\.99)"))


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 820])
def test_every_design_is_drawn(browser: Browser, studio: Studio, width: int) -> None:
    """No label of a box is wider than its box. Where LOADCASE_SCREENSHOTS names a folder, pictures of all are in it."""
    folder = os.environ.get("LOADCASE_SCREENSHOTS")
    context = browser.new_context(viewport={"width": width, "height": 800 if width > 1000 else 1100})
    page = context.new_page()
    page.goto(studio.url)
    wide: list[str] = []
    for name in sorted(one.name for one in GALLERY.iterdir() if (one / "blueprint.yaml").is_file()):
        page.get_by_role("button", name="Commands").click()
        page.get_by_role("combobox", name="Commands and files").fill(f"Gallery: {name}")
        page.locator(".palette [role=option]").first.click()
        expect(page.locator(".doc-state")).to_contain_text(f"{name}.yaml")
        if width < 1000:
            page.get_by_role("tab", name="Diagram").click()
        expect(page.locator(".react-flow__node-part").first).to_be_visible(timeout=60_000)
        page.evaluate(STILL)
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark") if folder else ()
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=Path(folder or "") / f"{scheme}-{width}" / f"{name}.png", animations="disabled")
        wide += page.evaluate(
            """() => [...document.querySelectorAll('.part')].flatMap((box) => {
              const edge = box.getBoundingClientRect();
              return [...box.querySelectorAll('.part-name, .part-detail, .part-load')]
                .filter((text) => {
                  if (!text.checkVisibility()) return false;
                  const range = document.createRange();
                  range.selectNodeContents(text);
                  const at = range.getBoundingClientRect();
                  return at.right > edge.right + 1 || at.left < edge.left - 1;
                })
                .map((text) => text.textContent);
            })"""
        )
    context.close()
    assert wide == []
