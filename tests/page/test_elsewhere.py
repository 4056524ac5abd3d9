"""What the page says and offers when the workbook changes elsewhere, is open elsewhere, is gone or damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pages import epoch, numbers, press
from visitors import Visitor, open_lesson
from visitors import folder as folder  # fixtures
from visitors import guest as guest
from visitors import page as page

import sheetgd as library
from conftest import CommandLine
from small_lesson import draw

TROUBLE = "#trouble:not([hidden])"


def last_epoch(path: Path) -> int:
    with library.open_book(path) as book, library.session(book) as lesson:
        return lesson.epoch_number


def is_unsaved(page: Any) -> bool:
    """Whether the page says so, in its heading and in its title, and lets one save."""
    marked = page.locator("#unsaved").is_visible()
    assert page.title().startswith("● ") is marked
    assert page.get_by_role("button", name="Save", exact=False).first.is_enabled() is marked
    return bool(marked)


def test_changes_elsewhere_appear_and_where_both_changed_the_page_asks(
    page: Any, guest: Visitor, folder: Path, sheetgd: CommandLine
) -> None:
    path = draw(folder / "shared.xlsx")
    open_lesson(page, guest, path)
    theirs = sheetgd("run", path, "--epochs", 2, "--json").json()
    page.wait_for_selector('dd.epoch:text-is("2")')  # without a hand on the page
    assert numbers(page)["m"] == theirs["parameters"]["m"]["after"] and not is_unsaved(page)
    press(page, "One epoch")
    assert is_unsaved(page)
    ours = numbers(page)
    theirs = sheetgd("run", path, "--epochs", 4, "--json").json()
    page.wait_for_selector(TROUBLE)
    asked = "shared.xlsx was changed elsewhere, and you have epochs here that are not saved."
    assert page.inner_text("#trouble p") == asked
    before = path.read_bytes()
    page.keyboard.press("Control+s")
    page.get_by_role("button", name="Close").wait_for()  # said again, and nothing is overwritten
    assert page.inner_text("#trouble p") == asked and path.read_bytes() == before
    page.get_by_role("button", name="Close").click()
    assert numbers(page) == ours and is_unsaved(page)  # until one has chosen
    page.get_by_role("button", name="Load what is in the file").click()
    page.wait_for_selector('dd.epoch:text-is("6")')
    assert numbers(page)["m"] == theirs["parameters"]["m"]["after"]
    assert not is_unsaved(page) and page.locator(TROUBLE).count() == 0
    press(page, "One epoch")
    sheetgd("run", path, "--epochs", 5)
    page.wait_for_selector(f"{TROUBLE} >> text=changed elsewhere")
    page.get_by_role("button", name="Save a copy").click()
    page.wait_for_selector("h1:text-is('shared (copy).xlsx')")
    assert page.inner_text("#trouble p") == "A copy is saved as shared (copy).xlsx."
    assert (last_epoch(path), last_epoch(folder / "shared (copy).xlsx"), epoch(page)) == (11, 7, 7)
    assert not is_unsaved(page)


def test_a_save_while_excel_has_the_file_open_offers_a_copy(page: Any, guest: Visitor, folder: Path) -> None:
    path = draw(folder / "busy.xlsx")
    open_lesson(page, guest, path)
    press(page, "One epoch")
    before, lock = path.read_bytes(), folder / "~$busy.xlsx"
    lock.write_bytes(b"")
    page.keyboard.press("Control+s")
    page.wait_for_selector(TROUBLE)
    assert (
        page.inner_text("#trouble p")
        == "busy.xlsx: it is open in Excel (its lock file ~$busy.xlsx is there)."
    )
    page.get_by_role("button", name="Save a copy").click()
    page.wait_for_selector("text=A copy is saved as busy (copy).xlsx.")
    assert path.read_bytes() == before and last_epoch(folder / "busy (copy).xlsx") == 1
    assert is_unsaved(page)  # in the workbook itself
    lock.unlink()
    page.keyboard.press("Control+s")
    page.wait_for_selector("text=Saved.")
    assert last_epoch(path) == 1 and not is_unsaved(page)


def test_a_file_that_is_gone_or_damaged_and_comes_back(page: Any, guest: Visitor, folder: Path) -> None:
    path = draw(folder / "lost.xlsx")
    open_lesson(page, guest, path)
    press(page, "One epoch")
    path.rename(folder / "elsewhere.xlsx")
    page.wait_for_selector(TROUBLE)
    assert page.inner_text("#trouble p") == (
        "lost.xlsx is gone: it was moved, renamed or deleted. What you see is kept here; save a copy."
    )
    press(page, "One epoch")  # which goes on
    assert epoch(page) == 2 and page.get_by_role("button", name="Save a copy").is_visible()
    (folder / "elsewhere.xlsx").rename(path)
    page.wait_for_selector("#trouble", state="hidden")  # it is the file that was read
    page.keyboard.press("Control+s")
    page.wait_for_selector("text=Saved.")
    good = path.read_bytes()
    path.write_bytes(b"damaged")
    page.wait_for_selector(f"{TROUBLE} >> text=replaced by one that cannot be read")
    assert page.inner_text("#trouble p") == (
        "lost.xlsx was replaced by one that cannot be read. lost.xlsx: it is not an .xlsx or .xlsm workbook; save it "
        "as .xlsx in Excel or LibreOffice. What you see is kept here."
    )
    page.get_by_role("button", name="Save a copy").click()
    page.wait_for_selector("h1:text-is('lost (copy).xlsx')")
    assert epoch(page) == 2 and (folder / "lost (copy).xlsx").read_bytes() == good
    assert path.read_bytes() == b"damaged"
