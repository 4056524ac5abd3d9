"""The page in a real Chromium: every button against `sheetgd run --json`, keys, sizes, axe-core, and no other host."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import FLAGS, chromium, epoch, go, numbers, press, served

import sheetgd as library
from conftest import ROOT, CommandLine
from own_lessons import draw_batch, draw_steps
from small_lesson import draw

AXE = ROOT / ".venv" / "node" / "node_modules" / "axe-core" / "axe.min.js"
SIZES = [(1280, 720), (1920, 1080), (390, 844)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = chromium()
    if program is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that may ask no other host, and that must not fail."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    found, wrong = context.new_page(), list[str]()
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on("request", lambda asked: wrong.append(asked.url) if "//127.0.0.1:" not in asked.url else None)
    yield found
    context.close()
    assert wrong == []


def ran(sheetgd: CommandLine, name: str, epochs: int, words: list[str]) -> dict[str, float]:
    """The numbers of `run --json` after some epochs; the workbook that it writes is b.xlsx."""
    found = sheetgd("run", name, "--epochs", epochs, "--json", "-o", "b.xlsx", "--force", *words).json()
    return {key: change["after"] for key, change in found["parameters"].items()} | {
        found["loss"]["name"]: found["loss"]["after"]
    }


LESSONS = ["descent", "original", "penguins", "optimizers", "minima", "network"]


DRAWN: dict[str, Callable[[Path], object]] = {
    "small formulas": draw,
    "small columns": lambda path: draw(path, formulas=False),
    "own batches": draw_batch,
    "own steps": draw_steps,
}


@pytest.mark.parametrize("lesson", [*LESSONS, *DRAWN])
def test_the_buttons_do_what_run_does(page: Any, sheetgd: CommandLine, tmp_path: Path, lesson: str) -> None:
    path = tmp_path / "a.xlsx"
    DRAWN[lesson](path) if lesson in DRAWN else library.new(lesson, path)
    words = ["--sheet", "Momentum"] if lesson == "optimizers" else []
    with served(tmp_path, shutil.copy(path, tmp_path / "lesson.xlsx"), *words) as server:
        go(page, server.address)
        start = numbers(page)
        for _ in range(2):
            press(page, "One epoch")
        of_run = ran(sheetgd, "a.xlsx", 2, words)
        assert numbers(page) == of_run
        press(page, "One epoch")
        if page.get_by_role("button", name="One row").is_visible():
            press(page, "One row")
            assert page.locator("tr.now").count() == 1
            press(page, "Back")
            assert page.locator("tr.now").count() == 0
        press(page, "Back")
        assert numbers(page) == of_run
        press(page, "Save")
        page.wait_for_selector("#unsaved", state="hidden")
        assert (tmp_path / "lesson.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
        press(page, "Reset")
        assert numbers(page) == pytest.approx(start) and epoch(page) == 0
        press(page, "Play")
        while epoch(page) < 3:
            page.wait_for_timeout(20)
        press(page, "Pause")
        page.wait_for_selector("button:has-text('Play')")
        played = epoch(page)
        assert numbers(page) == ran(sheetgd, "a.xlsx", played, words)
        field = page.get_by_label("epochs", exact=True)
        if field.count():
            field.fill("5")
            field.press("Enter")
            page.wait_for_selector("text=Run 5 epochs")
        press(page, "Run")
        assert epoch(page) == played + 5 or not field.count()


def test_keys_inputs_and_words(page: Any, tmp_path: Path) -> None:
    draw(tmp_path / "a.xlsx")
    with served(tmp_path, "a.xlsx") as server:
        go(page, server.address)
        page.keyboard.press("e")
        page.wait_for_selector('dd.epoch:text-is("1")')
        for _ in range(2):
            page.keyboard.press(" ")
        page.wait_for_selector("text=row 2 of 3")
        page.keyboard.press("z")
        page.keyboard.press("z")
        page.wait_for_selector('dd.epoch:text-is("0")')
        page.keyboard.press("?")
        assert page.locator("#help").is_visible()
        page.keyboard.press("Escape")
        page.locator("td.new button").first.click()
        page.wait_for_selector("#sum .result")
        assert page.inner_text("#sum").startswith(
            "new_m = m − learn × de/dm = 1 − 0.0001 × (−503.51) = 1.050351"
        )
        page.locator("td.derivative button").first.click()
        page.wait_for_selector("text=m nudged by 0.01")
        page.fill("#in-B1", "0,001")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=type 0.001 as a number")
        page.fill("#in-B1", "0.0001")
        page.locator("#slider").focus()
        page.keyboard.press("ArrowLeft")  # a step of the slider is one that is seen
        while not 0 < float(page.input_value("#in-B1")) < 0.0001:
            page.wait_for_timeout(20)
        page.fill("#in-B1", "100")
        page.keyboard.press("Enter")
        page.locator("body").click(position={"x": 5, "y": 700})
        page.keyboard.press("r")
        page.wait_for_selector("text=The run diverged in epoch")
        assert "is certainly safe" in page.inner_text("#trouble")
        page.keyboard.press("Home")
        page.keyboard.press("Control+s")
        page.wait_for_selector("text=Saved.")
    with library.open_book(tmp_path / "a.xlsx") as book, library.session(book) as lesson:
        assert lesson.learn == 100


def test_play_and_pause(page: Any, tmp_path: Path) -> None:
    draw(tmp_path / "a.xlsx")
    with served(tmp_path, "a.xlsx") as server:
        go(page, server.address)
        page.keyboard.press("p")
        while epoch(page) < 5:
            page.wait_for_timeout(50)
        page.keyboard.press("p")
        page.wait_for_selector("button:has-text('Play')")
        shown = page.inner_text("dd.epoch")
        time.sleep(0.5)
        assert page.inner_text("dd.epoch") == shown
        server.process.kill()
        page.wait_for_selector("text=The server has ended.")


@pytest.mark.parametrize("size", SIZES)
def test_every_size_and_both_themes_pass_axe(page: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed")
    library.new("descent", tmp_path / "a.xlsx")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    with served(tmp_path, "a.xlsx") as server:
        go(page, server.address)
        press(page, "One epoch")
        for theme in ("light", "dark"):
            page.evaluate("theme => (document.documentElement.dataset.theme = theme)", theme)
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate("axe.run()")["violations"]
            assert [(entry["id"], [node["html"] for node in entry["nodes"]]) for entry in found] == []
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size[0]
        if size[1] <= 1080 and size[0] > 900:
            assert page.evaluate("document.documentElement.scrollHeight") <= size[1]


def test_open_alone_lets_one_choose_and_draw(page: Any, tmp_path: Path) -> None:
    draw(tmp_path / "mine.xlsx")
    with served(tmp_path) as server:
        page.goto(server.address)
        page.get_by_role("button", name="belts").click()
        page.wait_for_selector("h1:has-text('belts.xlsx')")
        assert (tmp_path / "belts.xlsx").is_file()
        page.get_by_role("button", name="Workbooks").click()
        page.locator("#ask select").first.select_option("mine.xlsx")
        page.locator("#ask button").first.click()
        page.wait_for_selector("h1:has-text('mine.xlsx')")


def test_the_modules_pass_the_type_checker(tmp_path: Path) -> None:
    import subprocess

    tsc = ROOT / ".venv" / "node" / "node_modules" / ".bin" / "tsc"
    if shutil.which("node") is None or not tsc.exists():
        pytest.skip("TypeScript is not installed")
    command = [str(tsc), "-p", str(Path(__file__).parent / "tsconfig.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "" and done.returncode == 0


# A server that notes every address and name which it, or what it imports, asks for.
WATCHED = """
import runpy, sys
def note(event, words):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        with open("asked.txt", "a") as file:
            print(event, words[1] if event in ("socket.connect", "socket.sendto") else words[0], file=file)
sys.addaudithook(note)
runpy.run_module("sheetgd", run_name="__main__")
"""


def test_with_the_network_blocked_nobody_misses_it(browser: Any, tmp_path: Path) -> None:
    draw(tmp_path / "a.xlsx")
    nowhere = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    asked: list[str] = []
    with served(tmp_path, "a.xlsx", program=("-c", WATCHED)) as server:
        blocked = browser.browser_type.launch(executable_path=chromium(), args=[*FLAGS, nowhere])
        page = blocked.new_page()
        page.on("request", lambda request: asked.append(request.url))
        go(page, server.address)
        press(page, "One epoch")
        page.get_by_role("button", name="Surface").click()
        page.locator("td.derivative button").first.click()
        page.wait_for_selector("text=m nudged by 0.01")
        press(page, "Save")
        page.wait_for_selector("text=Saved.")
        page.get_by_role("button", name="Workbooks").click()
        page.locator("#ask button").last.click()
        blocked.close()
        home = f"http://127.0.0.1:{server.port}/"
    assert len(asked) > 10 and all(url.startswith(home) for url in asked)
    assert not (tmp_path / "asked.txt").exists()
