"""Photographs the page of `sheetgd open`: python scripts/dev/build_page_pictures.py [FOLDER]

Makes docs/page.png, docs/page-dark.png and docs/page.gif (Play), and in FOLDER, if one is named, four lessons at three
sizes, light and dark. Needs Chromium, and the packages of the extra `test`.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LESSONS = ("descent", "penguins", "minima", "network")
SIZES = ((1280, 720), (1920, 1080), (390, 844))
EPOCHS = 6  # before a photograph
FRAMES, FRAME = 40, 120  # of the film; milliseconds of each
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@contextmanager
def opened(browser: Any, folder: Path, lesson: str, size: tuple[int, int]) -> Iterator[Any]:
    """The page of a new worksheet."""
    words = [sys.executable, "-m", "sheetgd"]
    subprocess.run(
        [*words, "new", lesson, "-o", f"{lesson}.xlsx", "--force"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    command = [*words, "open", f"{lesson}.xlsx", "--no-browser"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        address = re.search(r"http://\S+", server.stdout.readline())
        assert address
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        page = context.new_page()
        page.goto(address[0])
        page.wait_for_selector("dd.epoch")
        yield page
        context.close()
        server.terminate()


def walk(page: Any) -> None:
    """Some epochs, and a moment for the landscape."""
    for _ in range(EPOCHS):
        page.keyboard.press("e")
    page.wait_for_selector(f'dd.epoch:text-is("{EPOCHS}")')
    page.wait_for_timeout(2500)


def two_for_the_docs(browser: Any, folder: Path) -> None:
    with opened(browser, folder, "descent", (1280, 720)) as page:
        page.fill("#in-H3", "0.00001")
        page.keyboard.press("Enter")
        page.locator("h1").click()
        walk(page)
        page.locator("td.new button").first.click()
        page.wait_for_timeout(500)
        page.screenshot(path=ROOT / "docs" / "page.png")
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.get_by_role("button", name="Surface").click()
        page.locator("td.derivative button").first.click()
        page.wait_for_selector("text=m nudged by")
        page.screenshot(path=ROOT / "docs" / "page-dark.png")


def film(browser: Any, folder: Path) -> None:
    """Epoch after epoch, as Play does it."""
    from PIL import Image

    frames = []
    with opened(browser, folder, "belts", (1100, 640)) as page:
        for epoch in range(1, FRAMES + 1):
            frames.append(
                Image.open(io.BytesIO(page.screenshot())).convert(
                    "P", palette=Image.Palette.ADAPTIVE, colors=64
                )
            )
            page.keyboard.press("e")
            page.wait_for_selector(f'dd.epoch:text-is("{epoch}")')
            page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    frames[0].save(
        ROOT / "docs" / "page.gif",
        save_all=True,
        append_images=frames[1:],
        duration=FRAME,
        loop=0,
        optimize=True,
    )


def main() -> None:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("Chromium is not installed.")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        folder = Path(name)
        two_for_the_docs(browser, folder)
        film(browser, folder)
        for lesson in LESSONS if len(sys.argv) > 1 else ():
            for size in SIZES:
                with opened(browser, folder, lesson, size) as page:
                    walk(page)
                    for theme in ("light", "dark"):
                        page.emulate_media(color_scheme=theme)
                        page.wait_for_timeout(300)
                        page.screenshot(path=Path(sys.argv[1], f"{lesson}-{size[0]}-{theme}.png"))
        browser.close()


if __name__ == "__main__":
    main()
