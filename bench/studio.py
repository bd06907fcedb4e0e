"""How soon the studio stands, and whether its page stays smooth while somebody types and while a run goes on.

    python bench/studio.py                     medians of seven starts, then typing, then a run of 10 M events
    python bench/studio.py --only start        one of start, typing, run
    python bench/studio.py --check             exit code 1 when a bar is missed

Needs `chromium` and Playwright. The browser is open already, as it is on a desk; every start is a new process of the
server and a page with nothing in its cache. Times of a start are from the start of the command.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import loadcase_api as api
from coldstart import environment

BARS = {
    "first paint, s": 1.5, "editor, s": 1.5, "diagram, s": 2.0, "keystroke median, ms": 16.0, "frame p99, ms": 100.0,
}  # fmt: skip
FLAGS = (
    "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
    "disable-component-update", "disable-sync",
)  # fmt: skip
LINES = 400
TYPED = "# sixty letters of a comment that somebody types into a design"
DELAY_MS = 60
RUN = """\
loadcase: 1
name: stream
requirements: {contract: [get.p99 < 1 s]}
components:
  api: {kind: service, replicas: 8, workers: 16}
  db: {kind: store, replicas: 1, shards: 4}
entities: {thing: {count: 10000, key: [thing], size: 100 B}}
flows:
  get:
    arrive: {rate: 4000 /s, key: thing}
    steps: [api.handle: {work: exp(2 ms), do: [db.read: {entity: thing}]}]
cases: {short: {duration: 1 s}, long: {duration: 1200 s, warmup: 1 s}}
"""
"""The first case leaves the engine compiled; the second has well over ten million events."""
SEEN = """
window.seen = new Promise((done, failed) => {
  setTimeout(() => failed(new Error("no diagram within a minute")), 60000);
  const wanted = {editor: ".editor .cm-line", diagram: ".react-flow__node-part"}, seen = {};
  const look = () => {
    for (const [name, selector] of Object.entries(wanted)) {
      const found = document.querySelector(selector);
      if (!found?.checkVisibility({visibilityProperty: true}) || !found.getBoundingClientRect().width) continue;
      delete wanted[name];
      const painted = new MessageChannel();
      painted.port1.onmessage = () => {
        seen[name] = performance.now();
        const [paint] = performance.getEntriesByName("first-contentful-paint");
        if (seen.editor && seen.diagram) done({...seen, paint: paint.startTime, origin: performance.timeOrigin});
      };
      requestAnimationFrame(() => painted.port2.postMessage(0));
    }
    if (Object.keys(wanted).length) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});
"""
"""Notes when the frame in which something is first seen has been painted, ms since the page was asked for."""
STROKES = """() => {
  window.strokes = [];
  document.querySelector('.cm-content').addEventListener('keydown', () => {
    const from = performance.now();
    requestAnimationFrame(() => {
      const told = new MessageChannel();
      told.port1.onmessage = () => window.strokes.push(performance.now() - from);
      told.port2.postMessage(0);
    });
  }, true);
}"""
FRAMES = """() => {
  window.gaps = [];
  let before = performance.now();
  const frame = (now) => { window.gaps.push(now - before); before = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
}"""

ASK = """(order) => fetch("/api/runs", {
  method: "POST", headers: {"X-Loadcase": "studio", "Content-Type": "application/json"}, body: JSON.stringify(order),
}).then((told) => told.json()).then((told) => told.id)"""
ENDED = """(run) => new Promise((done) => {
  let events = 0;
  const told = new EventSource(`/api/runs/${run}/events`);
  told.addEventListener("progress", (one) => { events = Math.max(events, JSON.parse(one.data).events ?? 0); });
  told.addEventListener("result", () => { told.close(); done(events); });
})"""
"""Waits until a run is over; gives the events that it has counted."""


@contextlib.contextmanager
def studio(folder: Path) -> Iterator[tuple[str, float, float]]:
    """A studio of a folder: its address, when its process was started and when it said the address (epoch, s)."""
    command = [sys.executable, "-c", api.COMMAND, "studio", str(folder), "--port", "0", "--no-open"]
    started = time.time()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        listening = time.time()
        yield said.rpartition(" ")[2].strip(), started, listening
    finally:
        process.terminate()
        process.wait(60)


def a_start(browser: Any) -> dict[str, float]:
    """One start with the chat design, s from the start of the command."""
    with tempfile.TemporaryDirectory() as made:
        shutil.copy(api.CHAT / "blueprint.yaml", Path(made) / "chat.yaml")
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.add_init_script(SEEN)
        with studio(Path(made)) as (address, started, listening):
            page.goto(address, wait_until="commit")
            found = page.evaluate("window.seen")
            context.close()
    origin_s = found["origin"] / 1e3 - started
    marks = {"first paint, s": "paint", "editor, s": "editor", "diagram, s": "diagram"}
    return {"listening, s": listening - started, **{k: origin_s + found[mark] / 1e3 for k, mark in marks.items()}}


def starts(browser: Any, repeats: int) -> dict[str, Any]:
    """Medians over several starts; the first is not counted."""
    a_start(browser)
    found = [a_start(browser) for _ in range(repeats)]
    worst = {f"slowest {name}": round(max(one[name] for one in found), 3) for name in found[0]}
    return {"what": "start", **{name: round(median(one[name] for one in found), 3) for name in found[0]}, **worst}


def opened(browser: Any, address: str) -> Any:
    """The page of a studio, with its diagram."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(address)
    page.locator(".react-flow__node-part").first.wait_for(timeout=60_000)
    page.wait_for_timeout(2_000)  # the review and what the editor asks for have come
    return page


def typing(browser: Any) -> dict[str, Any]:
    """From a key to the frame that shows it, in a design of four hundred lines."""
    text = (api.CHAT.parent / "payments" / "blueprint.yaml").read_text("utf-8")
    text += "".join(f"# line {i}\n" for i in range(max(0, LINES - text.count("\n"))))
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / "long.yaml").write_text(text, "utf-8")
        with studio(Path(made)) as (address, *_):
            page = opened(browser, address)
            page.locator(".cm-content").click()
            page.keyboard.press("Control+Home")
            page.keyboard.insert_text("\n")
            page.keyboard.press("Control+Home")
            page.evaluate(STROKES)
            page.keyboard.type(TYPED, delay=DELAY_MS)
            page.wait_for_timeout(500)
            strokes = page.evaluate("window.strokes")
            page.context.close()
    return {
        "what": "typing", "lines": text.count("\n"), "keys": len(strokes),
        "keystroke median, ms": round(median(strokes), 1),
        "keystroke longest, ms": round(max(strokes), 1),
    }  # fmt: skip


def asked(page: Any, case: str) -> str:
    """Puts a case with one seed into the queue; gives the id of the run."""
    order = {"kind": "check", "text": RUN, "path": "stream.yaml", "cases": [case], "seeds": 1}
    return str(page.evaluate(ASK, order))


def a_run(browser: Any) -> dict[str, Any]:
    """The time between frames while a run of many events streams into the plots."""
    with tempfile.TemporaryDirectory() as made:
        (Path(made) / "stream.yaml").write_text(RUN, "utf-8")
        with studio(Path(made)) as (address, *_):
            page = opened(browser, address)
            page.evaluate(ENDED, asked(page, "short"))
            run = asked(page, "long")
            page.goto(f"{address}#file=stream.yaml&tab=run&run={run}")
            page.reload()
            page.locator(".plot").first.wait_for(timeout=60_000)
            page.evaluate(FRAMES)
            events = page.evaluate(ENDED, run)
            gaps = sorted(page.evaluate("window.gaps"))
            page.context.close()

    def at(share: float) -> float:
        return round(gaps[min(len(gaps) - 1, int(share * len(gaps)))], 1)

    return {
        "what": "run", "events": events, "seconds": round(sum(gaps) / 1e3, 1), "frames": len(gaps),
        "frame p50, ms": at(0.5),
        "frame p99, ms": at(0.99), "frame longest, ms": round(gaps[-1], 1),
    }  # fmt: skip


def main() -> int:
    """One JSON line a measurement; exit code 1 when a bar is missed and `--check` is given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("start", "typing", "run"), nargs="+", default=["start", "typing", "run"])
    parser.add_argument("--repeats", type=int, default=7, help="starts that are counted (default: %(default)s)")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a bar is missed")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    missed = []
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[f"--{flag}" for flag in FLAGS])
        measures: dict[str, Callable[[], dict[str, Any]]] = {
            "start": lambda: starts(browser, given.repeats),
            "typing": lambda: typing(browser),
            "run": lambda: a_run(browser),
        }
        for name in given.only:
            line = measures[name]()
            print(json.dumps(line), flush=True)
            missed += [f"{key}: {line[key]} (bar: {bar})" for key, bar in BARS.items() if line.get(key, 0) > bar]
        browser.close()
    for one in missed:
        print("missed:", one)
    return 1 if missed and given.check else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
