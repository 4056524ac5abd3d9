"""The page in a real Chromium: every button against `sheetgd run --json`, play, sizes, axe-core, and no other host."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pages import epoch, go, numbers, press, served, until
from visitors import Visitor, after, open_lesson, stepped
from visitors import folder as folder  # fixtures
from visitors import guest as guest
from visitors import page as page

import sheetgd as library
from browsers import FLAGS, chromium
from conftest import ROOT, CommandLine
from own_lessons import draw_batch, draw_steps
from small_lesson import draw

AXE = ROOT / ".venv" / "node" / "node_modules" / "axe-core" / "axe.min.js"
SIZES = [(1920, 1080, []), (1280, 720, ["light", "dark"]), (390, 844, ["dark"])]  # and what axe looks at


LESSONS = ["descent", "original", "penguins", "optimizers", "minima", "network"]
DRAWN: dict[str, Callable[[Path], object]] = {
    "small formulas": draw,
    "small columns": lambda path: draw(path, formulas=False),
    "own batches": draw_batch,
    "own steps": draw_steps,
}


@pytest.mark.parametrize("lesson", [*LESSONS, *DRAWN])
def test_the_buttons_do_what_run_does(
    page: Any, guest: Visitor, folder: Path, sheetgd: CommandLine, tmp_path: Path, lesson: str
) -> None:
    path, opened = tmp_path / "a.xlsx", folder / f"{lesson}.xlsx"
    DRAWN[lesson](path) if lesson in DRAWN else shutil.copy(ROOT / "templates" / f"{lesson}.xlsx", path)
    sheet = "Momentum" if lesson == "optimizers" else None
    open_lesson(page, guest, shutil.copy(path, opened), sheet)
    start = numbers(page)
    for _ in range(2):
        press(page, "One epoch")
    words = ["--sheet", sheet] if sheet else []
    of_run = after(sheetgd("run", "a.xlsx", "--epochs", 2, "--json", "-o", "b.xlsx", *words).json())
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
    assert opened.read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    press(page, "Reset")
    assert numbers(page) == pytest.approx(start) and epoch(page) == 0
    press(page, "Play")
    while epoch(page) < 3:
        page.wait_for_timeout(20)
    press(page, "Pause")
    page.wait_for_selector("button:has-text('Play')")
    played = epoch(page)
    assert numbers(page) == stepped(path, played, sheet)
    field = page.get_by_label("epochs", exact=True)
    if field.count():
        field.fill("5")
        field.press("Enter")
        page.wait_for_selector("text=Run 5 epochs")
    press(page, "Run")
    assert epoch(page) == played + 5 or not field.count()


def test_inputs_and_sums_in_words(page: Any, guest: Visitor, folder: Path) -> None:
    path = draw(folder / "words.xlsx")
    open_lesson(page, guest, path)
    page.locator("td.new button").first.click()
    page.wait_for_selector("#sum .result")
    assert page.inner_text("#sum").startswith("new_m = m − learn × de/dm = 1 − 0.0001 × (−503.51) = 1.050351")
    page.locator("td.derivative button").first.click()
    page.wait_for_selector("text=m nudged by 0.01")
    page.fill("#in-B1", "0,001")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=type 0.001 as a number")
    page.fill("#in-B1", "100")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=type 0.001 as a number", state="hidden")
    page.keyboard.press("r")
    page.wait_for_selector("text=The run diverged in epoch")
    assert "is certainly safe" in page.inner_text("#trouble")
    page.keyboard.press("Home")
    page.fill("#in-B1", "0.0003")
    page.keyboard.press("Control+s")  # what is being typed is saved, too
    page.wait_for_selector("text=Saved.")
    with library.open_book(path) as book, library.session(book) as lesson:
        assert lesson.learn == 0.0003
    page.fill("#in-B3", "−1e−7")  # as the page itself writes it
    page.keyboard.press("Enter")
    page.wait_for_selector("dd.parameter[title='-1e-7']")


def test_play_and_pause_by_key(page: Any, guest: Visitor, folder: Path) -> None:
    open_lesson(page, guest, draw(folder / "play.xlsx"))
    page.keyboard.press("p")
    while epoch(page) < 5:
        page.wait_for_timeout(50)
    page.keyboard.press("p")
    page.wait_for_selector("button:has-text('Play')")
    shown = epoch(page)
    press(page, "One epoch")  # and none came between
    assert epoch(page) == shown + 1
    press(page, "Back")
    state = guest.do("state")[1]
    assert [number for number, _ in state["log"]] == list(range(1, shown + 1))  # drawn or not
    assert guest.do("epoch", count=4)[1]["epoch"] == shown + 4
    assert [number for number, _ in guest.do("state")[1]["log"]] == list(range(1, shown + 5))


def assert_axe_finds_nothing(page: Any) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    assert [(entry["id"], [node["html"] for node in entry["nodes"]]) for entry in found] == []


def test_every_size_and_both_themes_pass_axe(page: Any, guest: Visitor, folder: Path) -> None:
    open_lesson(page, guest, shutil.copy(ROOT / "templates" / "descent.xlsx", folder / "axe.xlsx"))
    press(page, "One epoch")
    page.get_by_role("button", name="Surface").click()
    page.locator("td.derivative button").first.click()
    page.fill("#in-H3", "0.1")
    page.keyboard.press("Enter")
    page.wait_for_selector('#lesson:not([aria-busy="true"])')
    page.keyboard.press("r")
    page.wait_for_selector("#trouble:has-text('diverged')")
    for width, height, themes in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for theme in themes:
            page.evaluate("theme => (document.documentElement.dataset.theme = theme)", theme)
            assert_axe_finds_nothing(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width > 900:
            assert page.evaluate("document.documentElement.scrollHeight") <= height
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    assert_axe_finds_nothing(page)


def test_open_alone_lets_one_choose_and_draw_until_the_server_ends(page: Any, tmp_path: Path) -> None:
    draw(tmp_path / "mine.xlsx")
    with served(tmp_path) as server:
        page.goto(server.address)
        page.get_by_role("button", name="belts").wait_for()
        assert_axe_finds_nothing(page)
        page.get_by_role("button", name="belts").click()
        page.wait_for_selector("h1:has-text('belts.xlsx')")
        assert (tmp_path / "belts.xlsx").is_file()
        page.get_by_role("button", name="Workbooks").click()
        assert_axe_finds_nothing(page)
        page.locator("#ask select").first.select_option("mine.xlsx")
        page.locator("#ask button").first.click()
        page.wait_for_selector("h1:has-text('mine.xlsx')")
        server.process.kill()
        page.wait_for_selector("text=The server has ended.")


def test_index_html_begins_to_load_every_module_at_once(page: Any, guest: Visitor) -> None:
    page.goto(guest.server.address)
    until(page, "document.title !== 'sheetgd' || !document.querySelector('#choice').hidden")
    static = ROOT / "sheetgd" / "page" / "static"
    modules = {path.name for path in static.glob("*.js")}
    loaded = page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => name.split('/').pop())"
    )
    index = (static / "index.html").read_text(encoding="utf-8")
    assert modules == set(re.findall(r'(?:href|src)="(\w+\.js)"', index))
    assert {name: loaded.count(name) for name in (*modules, "start")} == dict.fromkeys((*modules, "start"), 1)


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
