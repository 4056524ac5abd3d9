"""A class on paper."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from classwork import CLASS, SEED, roster, table
from conftest import CommandLine
from office import Office, read_stored
from sheetgd.classroom import key
from sheetgd.classroom.assignment import assignments
from sheetgd.classroom.folder import make_class
from sheetgd.classroom.roster import Student


def test_paper_has_two_pages_a_student_with_the_name_on_each(office: Office, tmp_path: Path) -> None:
    path = roster(tmp_path, ["Ada Lovelace", "Zoë Groß", "ليلى أحمد"])
    made = make_class("belts", path, tmp_path / "OUT", seed=SEED, on_paper=True)
    assert sorted(os.listdir(tmp_path / "OUT")) == sorted(
        ["key.xlsx", *(f"{one.file}.pdf" for one in made.assignments)]
    )
    assert [line["file"] for line in table(read_stored(made.key)["Class"], "assignment")] == [
        f"{one.file}.pdf" for one in made.assignments
    ]
    for one in made.assignments:
        pdf = (tmp_path / f"OUT/{one.file}.pdf").read_bytes()
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2, one.file
        assert b"Lovelace" not in pdf  # neither in its properties nor in plain text
    assert key.read(made.key) == made.assignments


def test_each_lessons_sheet_repeats_the_name_and_has_two_printed_areas(lesson: str, pressed: Any) -> None:
    _, path, _ = pressed(lesson)
    sheet = openpyxl.load_workbook(path).active
    assert sheet.print_title_rows in ("1:2", "$1:$2")
    areas = re.findall(r"\$A\$(\d+):\$N\$(\d+)", str(sheet.print_area))
    assert len(areas) == 2
    log = next(cell.row for row in sheet.iter_rows() for cell in row if cell.value == "Epoch log")
    assert all(
        sheet.row_dimensions[row].height > 25 for row in (int(areas[1][0]), log)
    )  # apart from what is above
    for top, bottom in areas:
        repeated = (1, 2) if int(top) > 2 else ()
        rows = [*repeated, *range(int(top), int(bottom) + 1)]
        height = sum(sheet.row_dimensions[row].height or 15 for row in rows)
        assert height * sheet.page_setup.scale / 100 < 595 - 2 * 0.6 * 72, (
            lesson,
            top,
        )  # A4 across, in points


def test_no_page_of_a_printed_key_ends_within_a_student_or_is_too_wide(
    lesson: str, office: Office, tmp_path: Path
) -> None:
    """Each area is a page, which LibreOffice does not cut further."""
    given = assignments([Student(f"Student {number}") for number in range(14)], lesson, SEED)
    key.write(tmp_path / "key.xlsx", given, SEED)
    book = openpyxl.load_workbook(tmp_path / "key.xlsx")
    areas = {
        sheet.title: [
            one.replace("$", "").split("!")[-1].split(":") for one in str(sheet.print_area).split(",")
        ]
        for sheet in book
    }
    answers, numbers = book["Answers"], book["Numbers"]
    assert len(areas["Answers"]) > 1
    assert areas["Answers"][0][0] == "A1"
    for (_, end), (start, _) in itertools.pairwise(areas["Answers"]):
        above, below = answers[f"A{end.lstrip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}"], answers[start]
        assert below.row == above.row + 1 and below.value != above.value
    assert areas["Answers"][-1][1] == f"{answers.cell(1, answers.max_column).column_letter}{answers.max_row}"
    assert str(numbers.print_title_cols).replace("$", "") == "A:B"
    printed = [
        cell.value
        for start, end in areas["Numbers"]
        for cell in numbers[f"{start}:{end}"][4 - numbers[start].row]
    ]
    assert all(numbers[start].row in (1, 4) for start, _ in areas["Numbers"])
    heads = [cell.value for cell in numbers[4]]
    office.to_pdf(tmp_path / "key.xlsx", tmp_path)
    pages = len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "key.pdf").read_bytes()))
    assert pages == sum(map(len, areas.values()))
    assert [head for head in printed if head] == [head for head in heads if head]


def test_the_keys_large_numbers_have_their_thousands_apart(tmp_path: Path) -> None:
    key.write(tmp_path / "key.xlsx", assignments(CLASS, "descent", SEED), SEED)
    sheet = openpyxl.load_workbook(tmp_path / "key.xlsx")["Answers"]
    large = [
        cell for row in sheet.iter_rows(min_row=5, min_col=4) for cell in row if abs(cell.value or 0) >= 1000
    ]
    assert len(large) > 20 and any(float(cell.value).is_integer() for cell in large)
    assert {cell.number_format for cell in large} == {"#,##0", "#,##0.000"}


@pytest.mark.skipif(shutil.which("fc-list") is None, reason="fontconfig is not installed")
def test_names_whose_letters_no_font_has_are_named(
    sheetgd: CommandLine, tmp_path: Path, office: Office
) -> None:
    """Vai and Linear A, which hardly any computer has; and Latin letters, with marks of their own, which all have."""
    roster(tmp_path, ["Zoë Groß", "\U00010600\U00010601", "Ada"])
    done = sheetgd("class", "weight", "--roster", "roster.csv", "-o", "OUT", "--as", "pdf")
    assert done.code == 0 and done.err == (
        "Note: no font on this computer has all the letters of \U00010600\U00010601, so paper shows boxes; install a "
        "font that has them, such as one of Google's Noto fonts, and make the PDFs again with --force.\n"
    )


def test_without_libreoffice_paper_is_refused(sheetgd: CommandLine, tmp_path: Path) -> None:
    roster(tmp_path, ["Ada"])
    done = sheetgd(
        "class", "weight", "--roster", "roster.csv", "-o", "OUT", "--as", "pdf", env={"PATH": str(tmp_path)}
    )
    assert (done.code, done.out, done.err) == (
        1,
        "",
        "LibreOffice, which prints the worksheets, is not installed; install it from libreoffice.org, "
        "or leave out --as pdf and print the worksheets from Excel.\n",
    )
    assert os.listdir(tmp_path) == ["roster.csv"]


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for LibreOffice")
def test_a_libreoffice_that_prints_nothing_leaves_nothing(sheetgd: CommandLine, tmp_path: Path) -> None:
    roster(tmp_path, ["Ada"])
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "soffice").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    (programs / "soffice").chmod(0o755)
    done = sheetgd(
        "class", "weight", "--roster", "roster.csv", "-o", "OUT", "--as", "pdf", env={"PATH": str(programs)}
    )
    assert (done.code, done.err) == (
        1,
        "LibreOffice made no PDF; open LibreOffice once to see whether it works, and try again.\n",
    )
    assert sorted(os.listdir(tmp_path)) == ["bin", "roster.csv"]
