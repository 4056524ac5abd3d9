"""The key gives the assignments back, and a foreign or changed one is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from classwork import HURT, SEED, roster
from office import read_stored
from sheetgd.books.opening import open_book
from sheetgd.classroom import key, template
from sheetgd.classroom.assignment import assignments
from sheetgd.classroom.exercises import EVERY_ROW
from sheetgd.classroom.folder import make_class
from sheetgd.classroom.roster import read_roster
from sheetgd.errors import SheetgdError


def test_key_gives_the_assignments_back(lesson: str, tmp_path: Path) -> None:
    path = roster(tmp_path, HURT)
    made = make_class(lesson, path, tmp_path / "OUT", seed="=1+1")
    given = assignments(read_roster(path), lesson, "=1+1", blank_rows=EVERY_ROW)
    assert key.read(made.key) == made.assignments == given
    for sheet in openpyxl.load_workbook(made.key):
        assert sheet.sheet_state == "visible"
        assert not [cell.coordinate for row in sheet for cell in row if cell.data_type == "f"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda book: book.remove(book["Numbers"]),
            "key.xlsx: it is not a key: there is no sheet Numbers; name the key.xlsx that sheetgd class made.",
        ),
        (
            lambda book: book["Class"].__setitem__("E5", "six"),
            'key.xlsx, Class!E5: true w is the text "six"; use the key.xlsx that sheetgd class made, unchanged.',
        ),
        (
            lambda book: book["Class"].__setitem__("B6", "AAAA-AAAA"),
            "key.xlsx, Class!B6: AAAA-AAAA is not an assignment of this key; "
            "use the key.xlsx that sheetgd class made, unchanged.",
        ),
        (
            lambda book: book["Settings"].__setitem__("B4", "sprout"),
            "key.xlsx, sheet Settings: there is no cell epochs; use the key.xlsx that sheetgd class made, unchanged.",
        ),
        (
            lambda book: book["Settings"].__setitem__("C3", "algebra"),
            "key.xlsx, sheet Settings: there is no lesson algebra; "
            "use the key.xlsx that sheetgd class made, unchanged.",
        ),
    ],
)
def test_a_foreign_or_changed_key_is_refused(change: Any, words: str, tmp_path: Path) -> None:
    made = make_class("weight", roster(tmp_path, ["Ada", "Alan"]), tmp_path / "OUT", seed=SEED)
    settings = read_stored(made.key)["Settings"]
    book = openpyxl.load_workbook(made.key)
    if "epochs" in words:
        [cell] = [cell for cell, value in settings.items() if value == "epochs"]
        book["Settings"][cell] = "sprout"
    else:
        change(book)
    book.save(made.key)
    with pytest.raises(SheetgdError) as raised:
        key.read(made.key)
    assert str(raised.value) == words


def test_the_id_is_found_by_its_label(lesson: str, pressed: Any) -> None:
    given, path, _ = pressed(lesson)
    with open_book(path) as book:
        cells = book.cells(book.sheet_names[0])
        assert template.assignment_ids(cells) == {given.id}
        cells.values[40, 2] = "see Assignment 2222-3333 of my friend"
        assert template.assignment_ids(cells) == {given.id, "2222-3333"}
