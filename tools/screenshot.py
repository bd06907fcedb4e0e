"""Makes the picture of the studio in the README: `python -m tools.screenshot`.

Runs a case of the chat design, with as many seeds as decide it, in a studio of its own, and takes the page as a reader
sees it at 1280 by 800. Needs `chromium` and Playwright.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "studio.png"
CASE, FLOW, MOMENT_S = "pusher_crash", "deliver", "8"
SEEDS = "3"
RUN_MS = 600_000


def taken(address: str) -> bytes:
    """The page of a studio once a run of its first design is over, as PNG."""
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="light")
        page.goto(address)
        page.locator(".react-flow__node-part").first.wait_for()
        page.get_by_role("button", name=re.compile("^Cases")).click()
        page.get_by_role("button", name=CASE, exact=True).click()
        page.get_by_label("Seeds").fill(SEEDS)
        page.keyboard.press("Escape")
        page.keyboard.press("Control+b")
        page.locator(".cm-content").click()
        page.keyboard.press("Control+Home")
        page.keyboard.press("Control+Enter")
        page.get_by_role("button", name="See the verdict").wait_for(timeout=RUN_MS)
        page.get_by_role("button", name=FLOW, exact=True).last.click()
        page.get_by_label("Moment of the run").fill(MOMENT_S)
        page.locator(".toast").first.wait_for(state="hidden")
        picture = page.screenshot(animations="disabled")
        browser.close()
        return picture


def main() -> None:
    """Writes docs/images/studio.png."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "gallery" / "chat" / "blueprint.yaml", Path(folder) / "chat.yaml")
        command = [sys.executable, "-m", "loadcase.cli", "studio", folder, "--port", "0", "--no-open"]
        studio = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert studio.stdout is not None
            picture = taken(studio.stdout.readline().rpartition(" ")[2].strip())
        finally:
            studio.terminate()
            studio.wait(60)
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_bytes(picture)


if __name__ == "__main__":
    main()
