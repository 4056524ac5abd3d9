"""Two languages that nobody has translated yet: one from right to left, one with letters twice as wide."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

import sheetgd
from sheetgd.errors import UsageError
from spoken import MakeUp
from spoken import make_up as make_up  # a fixture

MARKS = re.compile(r"(\*\*|\[\[.*?\]\]|\{.*?\}|^[#?`] |\n|[A-Z]{1,2}\d+|sheetgd .*)", re.DOTALL)
LABELS = {  # what the finder reads, in a language that it knows
    "learn": "Lernrate",
    "epochs": "Epochen",
    "epoch": "Epoche",
    "loss": "Verlust",
    "guess": "Schätzung",
    "reset to": "zurück auf",
    "new_{name}": "neu_{name}",
}


def spelt(letter: str, english: str) -> str:
    """A text in which every English letter is this one; labels are words that the finder knows, marks stay."""
    known = LABELS.get(english) or (english if len(english) < 3 or english == "1,000.5" else "")
    parts = MARKS.split(english)
    made = (part if index % 2 else re.sub("[A-Za-z]", letter, part) for index, part in enumerate(parts))
    return known or "".join(made)


def test_a_sheet_in_a_language_from_right_to_left_runs_from_right_to_left(
    make_up: MakeUp,
    tmp_path: Path,
) -> None:
    make_up("ar", lambda english: spelt("ش", english), X_Direction="rtl")
    path = sheetgd.new("weight", tmp_path / "weight.xlsx", lang="ar")
    book = openpyxl.load_workbook(path)
    assert all(sheet.sheet_view.rightToLeft for sheet in book.worksheets)
    lesson = book.worksheets[0]
    assert lesson["B1"].alignment.horizontal == "right" and lesson["B1"].alignment.readingOrder == 2
    assert not any(
        sheet.sheet_view.rightToLeft
        for sheet in openpyxl.load_workbook(sheetgd.new("weight", tmp_path / "en.xlsx")).worksheets
    )


def test_lines_of_wide_letters_break_without_blanks_and_their_font_has_them(
    make_up: MakeUp, tmp_path: Path
) -> None:
    make_up("ja", lambda english: spelt("字", english).replace("字 字", "字字"), X_Font="Yu Gothic")
    path = sheetgd.new("weight", tmp_path / "weight.xlsx", lang="ja")
    japanese, english = (
        openpyxl.load_workbook(path),
        openpyxl.load_workbook(sheetgd.new("weight", tmp_path / "en.xlsx")),
    )
    for sheet in japanese.worksheets:
        fonts = {cell.font.name for row in sheet.iter_rows() for cell in row if cell.value is not None}
        assert "Yu Gothic" in fonts and not fonts & {"Calibri"}
    assert height_of_paragraphs(japanese) > 1.5 * height_of_paragraphs(english)
    with sheetgd.open_book(path) as book:
        found = sheetgd.run(book, epochs=3, write=False)
    with sheetgd.open_book(tmp_path / "en.xlsx") as book:
        assert found.loss.after == sheetgd.run(book, epochs=3, write=False).loss.after


def height_of_paragraphs(book: openpyxl.Workbook) -> float:
    """The height of all merged areas in which words wrap, in points."""
    return sum(
        sheet.row_dimensions[row].height or 15
        for sheet in book.worksheets
        for area in sheet.merged_cells.ranges
        if sheet.cell(area.min_row, area.min_col).alignment.wrap_text
        for row in range(area.min_row, area.max_row + 1)
    )


def test_a_language_without_a_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        sheetgd.new("weight", tmp_path / "weight.xlsx", lang="tlh")
    said = str(refused.value)
    assert said == "there is no catalogue of the language tlh; the languages are en, de, es, fr."
