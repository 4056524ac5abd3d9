"""The page as people use it: by keyboard alone, with less motion, on a phone, with a thousand rows."""

from __future__ import annotations

import math
import os
import shutil
import stat
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pages import epoch, go, numbers, press, until
from visitors import Visitor, open_lesson, stepped
from visitors import folder as folder  # fixtures
from visitors import guest as guest
from visitors import page as page

from conftest import ROOT, plain_environment
from own_lessons import draw_batch
from small_lesson import draw
from tall_sheets import points, write_tall

IDLE = '#lesson:not([aria-busy="true"])'
FOCUSED = """(({ activeElement: one }) =>
  one.closest("td") ? "cell" : one.id || (one.querySelector("span") ?? one).textContent)(document)"""


def shows(page: Any, number: int) -> None:
    """Wait for an epoch."""
    page.wait_for_selector(f'dd.epoch:text-is("{number}")')


def test_every_key_does_what_its_button_does(page: Any, guest: Visitor, folder: Path) -> None:
    path = draw(folder / "keys.xlsx")
    open_lesson(page, guest, path)
    start = numbers(page)
    page.keyboard.press("r")
    shows(page, 2)
    assert numbers(page) == stepped(path, 2)
    page.keyboard.press("e")
    shows(page, 3)
    assert numbers(page) == stepped(path, 3)
    page.keyboard.press(" ")
    page.wait_for_selector("text=row 1 of 3")
    page.keyboard.press("z")
    page.wait_for_selector("text=row 1 of 3", state="hidden")
    page.keyboard.press("z")
    shows(page, 2)
    assert numbers(page) == stepped(path, 2)
    page.keyboard.press("p")
    until(page, "Number(document.querySelector('dd.epoch').textContent) >= 5")
    page.keyboard.press("p")
    page.wait_for_selector("button:has-text('Play')")
    page.wait_for_selector(IDLE)
    assert numbers(page) == stepped(path, epoch(page))
    page.keyboard.press("Home")
    shows(page, 0)
    assert numbers(page) == start
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    assert page.locator("#help dt").all_inner_texts() == ["R", "E", "Space", "P", "Z", "Home", "Ctrl-S", "?"]
    page.keyboard.press("e")  # is not meant for the lesson
    page.keyboard.press("Escape")
    page.wait_for_selector("#help", state="hidden")
    page.keyboard.press("e")
    shows(page, 1)
    page.keyboard.press("Control+s")
    page.wait_for_selector("text=Saved.")


def test_all_of_it_is_reached_by_keyboard(page: Any, guest: Visitor, folder: Path) -> None:
    open_lesson(page, guest, draw(folder / "tabs.xlsx"))
    page.keyboard.press("e")
    shows(page, 1)
    reached = []
    while "cell" not in reached:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    for name in (
        "Save",
        "Workbooks",
        "◐",
        "?",
        "Run 2 epochs",
        "One epoch",
        "One row",
        "Play",
        "Back",
        "Reset",
    ):
        assert name in reached
    assert {"in-B1", "in-B2", "in-B3", "in-B4", "slider", "Surface", "log scale", "sum"} <= set(reached)
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("#sum b:text-is('m')")
    page.keyboard.press(" ")  # walks a row, and does not let go of the cell
    page.wait_for_selector("text=row 1 of 3")
    assert page.locator("td.chosen").count() == 1
    page.fill("#in-B1", "0,001")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=type 0.001 as a number")
    assert page.evaluate("document.activeElement.id") == "in-B1"  # to be put right
    page.fill("#in-B1", "0.0002")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=type 0.001 as a number", state="hidden")
    page.keyboard.press("e")  # is the button's, and not typed into the field
    shows(page, 2)
    for name in ("log scale", "Surface"):
        page.get_by_role("button", name=name).click()
    page.keyboard.press(" ")
    page.wait_for_selector("text=row 1 of 3")
    assert page.get_by_role("button", name="log scale").get_attribute("aria-pressed") == "true"


def test_a_batch_table_has_no_button_for_a_row(page: Any, guest: Visitor, folder: Path) -> None:
    open_lesson(page, guest, draw_batch(folder / "batch.xlsx"))
    row = page.locator("#buttons button", has_text="␣")
    assert row.count() == 1 and row.is_hidden()
    page.keyboard.press(" ")
    page.keyboard.press("e")
    shows(page, 1)
    assert page.locator("tr.now").count() == 0


def test_the_sliders_are_logarithmic_and_of_speed(page: Any, guest: Visitor, folder: Path) -> None:
    open_lesson(page, guest, draw(folder / "sliders.xlsx"))
    for key, learn in (("End", 0.1), ("Home", 1e-7)):  # as far from 0.0001, where it stands, on either side
        page.locator("#slider").press(key)
        until(page, f"Number(document.querySelector('#in-B1').value.replace('−', '-')) === {learn}")
        page.wait_for_selector(IDLE)
    state = guest.do("state")[1]
    assert next(one["value"] for one in state["inputs"] if one["cell"] == "B1") == pytest.approx(1e-7)
    speed = page.get_by_label("epochs a second")
    assert page.inner_text(".rate") == "10 epochs a second"
    speed.press("End")
    assert page.inner_text(".rate") == "30 epochs a second"
    speed.press("Home")
    assert page.inner_text(".rate") == "1 epoch a second"


@pytest.mark.parametrize(
    ("motion", "rate"), [("reduce", "1 epoch a second"), ("no-preference", "10 epochs a second")]
)
def test_motion_is_less_where_that_is_preferred(
    page: Any, guest: Visitor, folder: Path, motion: str, rate: str
) -> None:
    page.emulate_media(reduced_motion=motion)
    open_lesson(page, guest, draw(folder / f"{motion}.xlsx"))
    assert page.inner_text(".rate") == rate
    press(page, "One row")
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    assert page.evaluate("document.getAnimations().length") == 0


def test_on_a_phone_everything_stands_in_one_column(page: Any, guest: Visitor, folder: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_lesson(page, guest, draw(folder / "phone.xlsx"))
    boxes = [
        page.locator(part).bounding_box()
        for part in ("#numbers", "#fit", "#map", "#loss", "#sum", "#table", "#inputs")
    ]
    assert len({(box["x"], box["width"]) for box in boxes}) == 1
    for above, below in pairwise(boxes):
        assert above["y"] + above["height"] <= below["y"]
    bar = page.locator("#buttons").bounding_box()  # is always at hand
    assert bar["y"] + bar["height"] == pytest.approx(844)
    press(page, "One epoch")
    shows(page, 1)


def test_a_thousand_rows(page: Any, guest: Visitor, folder: Path) -> None:
    path = write_tall(folder / "tall.xlsx", 1000, formulas=True)
    open_lesson(page, guest, path)
    assert page.locator("#table tbody tr").count() < 100  # in the browser at a time
    press(page, "One epoch")
    assert numbers(page) == stepped(path, 1)
    page.evaluate("document.querySelector('#table').scrollTop = 1e9")
    x, y = points(1000)[-1]
    until(page, f"document.querySelector('#table tbody tr:last-child').cells[0].textContent === '{x:g}'")
    assert page.locator("#table tbody tr").last.locator("td").nth(1).inner_text() == f"{y:g}"
    page.wait_for_selector(IDLE)
    for _ in range(2):
        press(page, "One row")
    page.wait_for_selector("text=row 2 of 1000")
    assert page.locator("tr.now").is_visible()  # it was scrolled there


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for the browser")
def test_open_opens_the_browser_on_the_sheet_that_is_named(page: Any, tmp_path: Path) -> None:
    shutil.copy(ROOT / "templates" / "optimizers.xlsx", tmp_path / "a.xlsx")
    told = tmp_path / "told.txt"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {told}.new && mv {told}.new {told}\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    command = [sys.executable, "-m", "sheetgd", "open", "a.xlsx", "--sheet", "Momentum", "--lang", "en"]
    environment = {**os.environ, **plain_environment(), "BROWSER": f"{script} %s"}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        printed = server.stdout.readline()
        while not told.exists():
            page.wait_for_timeout(20)
        assert printed == f"The page is at {told.read_text()}"
        go(page, told.read_text().strip())
        assert page.locator("#sheet").input_value() == "Momentum"
        server.kill()
    assert math.isfinite(numbers(page)["m"])
