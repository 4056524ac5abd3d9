"""The page in another language: that of the sheet, of the browser, or the one asked for; nothing left in English."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pages import go

from circled import CODE, circled, not_translated
from conftest import ROOT
from sheetgd import new
from sheetgd.lessons import LESSONS
from sheetgd.page import server
from sheetgd.page.address import address, listen
from sheetgd.page.desk import Desk
from sheetgd.page.server import serve
from sheetgd.page.texts import accepted_language, texts
from small_lesson import draw
from spoken import MakeUp
from spoken import make_up as make_up  # a fixture

ALL_TEXT = """() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const said = all("[aria-label], [title]").flatMap((one) => [one.getAttribute("aria-label"), one.title]);
  const found = [document.title, document.body.innerText, ...all("dialog").map((one) => one.textContent), ...said];
  return found.filter(Boolean).flatMap((text) => text.split("\\n"));
}"""


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    """A desk's page, until the block is left."""
    with listen(0) as listening:
        serving = threading.Thread(target=serve, args=(desk, listening, "token"))
        serving.start()
        yield address(listening, "token")
        serving.join(20)  # it ends with its last page
        desk.close()


def test_no_text_of_the_page_is_left_in_english(
    browser: Any, tmp_path: Path, make_up: MakeUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PATIENCE", 0.1)
    make_up(CODE, circled)
    new("descent", tmp_path / "ⓓ.xlsx", lang=CODE)
    desk = Desk(tmp_path, str(tmp_path / "ⓓ.xlsx"), None, LESSONS, CODE)
    desk.open(sheet=None)
    with served(desk) as place:
        page = browser.new_page()
        go(page, place)
        assert page.get_attribute("html", "lang") == CODE
        page.keyboard.press("e")
        page.wait_for_selector("#unsaved:not([hidden])")
        page.locator("#table tbody tr").nth(1).locator("button").nth(6).click()
        page.wait_for_selector("#sum .result")
        found = page.evaluate(ALL_TEXT)
        page.get_by_role("button", name="Ⓦⓞⓡⓚⓑⓞⓞⓚⓢ").click()
        page.wait_for_selector("#ask[open]")
        found += page.evaluate(ALL_TEXT)
        page.close()
    assert len(found) > 100
    known = ["sheetgd", ".xlsx", *LESSONS]
    assert not_translated(found, *known) == []


def test_the_page_takes_the_language_asked_for_else_the_sheets_else_the_browsers(
    tmp_path: Path, make_up: MakeUp
) -> None:
    for code in (CODE, "de"):
        make_up(code, circled)
    draw(tmp_path / "english.xlsx")
    draw(tmp_path / "german.xlsx", {"A1": "Lernrate", "A2": "Epochen"})
    desk = Desk(tmp_path, None, None, LESSONS)
    assert desk.language == "en"
    desk.browser = CODE
    assert desk.language == CODE
    desk.open("english.xlsx")
    assert desk.language == CODE
    desk.open("german.xlsx")
    assert desk.language == "de" and desk.state()["language"] == "de"
    desk.lang = "en"
    assert desk.language == "en"
    desk.close()


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("de-DE,de;q=0.9,en-US;q=0.8", "de"),
        ("en;q=0.2, fr;q=0.9", "fr"),
        ("pt-BR,es;q=0.5", "es"),
        ("tlh", "en"),
        ("de;q=never", "de"),
    ],
)
def test_the_browsers_languages(header: str, code: str) -> None:
    assert accepted_language(header) == code


def test_the_pages_modules_know_every_text_and_no_other() -> None:
    static = ROOT / "sheetgd" / "page" / "static"
    named = set(re.findall(r'"(\w+)"', (static / "types.d.ts").read_text().partition("type Texts")[2]))
    used = {name for path in static.glob("*.js") for name in re.findall(r"\bTEXTS\.(\w+)", path.read_text())}
    assert named | {"keys", "rates"} == set(texts())
    assert used == set(texts())
