"""A class in Google Drive for tests: made, looked at, filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fakes.google.drive import FOLDER, File
from fakes.google.server import Google
from fakes.google.sheets import entered, place_of
from office import read_stored
from sheetgd.classroom.assignment import Assignment
from sheetgd.classroom.drive import Online, make_class

RIGHTS = "spreadsheets", "drive.file", "drive.metadata.readonly"
NAMES = ["Ada Lovelace", "Alan Turing", "Emmy Noether", "Zoë O'Neil", "=HYPERLINK(0)"]


def roster(folder: Path, count: int = 5) -> Path:
    path = folder / "roster.csv"
    names = NAMES[:count] + [f"Student {number}" for number in range(count - len(NAMES))]
    lines = [f"{name},s{number}@example.org" for number, name in enumerate(names)]
    path.write_text("\n".join(["name,email", *lines]), encoding="utf-8")
    return path


def make(here: Path, count: int = 5, lesson: str = "descent", **options: Any) -> Online:
    return make_class(lesson, roster(here, count), here / "monday", **{"blank_rows": 5, **options})


def sheets(google: Google) -> list[File]:
    return [file for file in google.drive.files.values() if file.book]


def folders(google: Google) -> list[File]:
    return [file for file in google.drive.files.values() if file.mime == FOLDER]


def sheet_of(google: Google, made: Online, one: Assignment) -> File:
    return google.drive.files[made.addresses[one.id].split("/")[5]]


def addresses(path: Path) -> list[str]:
    """What stands under address in a key."""
    stored = read_stored(path)["Class"]
    [column] = [cell.rstrip("4") for cell, value in stored.items() if value == "address"]
    return [stored[f"{column}{row}"] for row in range(5, 50) if f"{column}{row}" in stored]


def fill(file: File, written: dict[str, object]) -> None:
    """As a student types: numbers and formulas."""
    assert file.book
    tab = file.book.tab()
    for cell, value in written.items():
        typed = {"userEnteredValue": file.book.localized(entered(value))}
        tab.cells[place_of(cell)] = {**tab.cells.get(place_of(cell), {}), **typed}
    file.book.recalculate()
