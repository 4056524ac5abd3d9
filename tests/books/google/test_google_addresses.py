"""Google Sheets: which spreadsheet and which sheet an address means."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sheetgd as library
from conftest import CommandLine
from fakes.google import steps
from fakes.google.server import Google
from fakes.google.steps import KEY, error_of
from sheetgd.books.opening import google_address
from small_lesson import draw

drawn, lesson, naps = steps.drawn, steps.lesson, steps.naps


@pytest.mark.parametrize(
    ("text", "key", "gid"),
    [
        (f"https://docs.google.com/spreadsheets/d/{KEY}/edit#gid=17", KEY, 17),
        (f"https://docs.google.com/spreadsheets/d/{KEY}/edit?gid=0#gid=17", KEY, 17),
        (f"https://docs.google.com/spreadsheets/d/{KEY}/edit?usp=sharing", KEY, None),
        (f"https://docs.google.com/spreadsheets/d/{KEY}", KEY, None),
        (f"https://docs.google.com/spreadsheets/u/1/d/{KEY}/edit", KEY, None),
        (f"https://docs.google.com/a/school.edu/spreadsheets/d/{KEY}/edit", KEY, None),
        (f"  docs.google.com/spreadsheets/d/{KEY}/  ", KEY, None),
        (KEY, KEY, None),
    ],
)
def test_addresses(text: str, key: str, gid: int | None) -> None:
    assert google_address(text) == (key, gid)


@pytest.mark.parametrize(
    "text",
    ["lesson.xlsx", "a" * 39, "https://example.org/spreadsheets/d/1/edit", f"folder/{KEY}",
     "https://docs.google.com/spreadsheets/d/e/2PACX-1vQ/pubhtml"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    assert google_address(text) is None


def test_a_file_with_a_name_like_a_key_is_a_file(sheetgd: CommandLine, drawn: Path, tmp_path: Path) -> None:
    (tmp_path / KEY).write_bytes(drawn.read_bytes())
    assert sheetgd("look", KEY).code == 0


@pytest.mark.parametrize(
    "address", ["https://example.org/a.xlsx", "https://docs.google.com/spreadsheets/d/e/2PACX/pub"]
)
def test_other_addresses(sheetgd: CommandLine, address: str) -> None:
    done = sheetgd("run", address)
    assert (done.code, done.err) == (
        2,
        f"{address} is neither a file nor the address of a Google Sheet; name an .xlsx or .xlsm workbook, or an "
        "address like https://docs.google.com/spreadsheets/d/KEY/edit.\n",
    )


def test_the_gid_chooses_the_sheet(google: Google, tmp_path: Path) -> None:
    file = google.add(from_xlsx=draw(tmp_path / "two.xlsx", sheets=("One", "Two")))
    assert file.book
    plain, first, second = (file.url.partition("#")[0] + end for end in ("", "#gid=0", "#gid=1001"))
    assert [tab.id for tab in file.book.tabs] == [0, 1001]
    for address, sheet, expected in (
        (first, None, "One"), (second, None, "Two"), (second, "One", "One"), (plain, "Two", "Two"),
    ):  # fmt: skip
        with library.open_book(address) as book:
            assert library.look(book, sheet).sheet.name == expected
    with library.open_book(plain) as book:
        assert error_of(library.look, book) == (
            'lesson: 2 sheets have a step table: One, Two; choose one with --sheet "One".'
        )
    assert error_of(lambda: library.open_book(plain + "#gid=5")) == (
        "lesson: it has no sheet with gid=5, which the address names; copy the address again; its sheets are One, Two."
    )


def test_all_means_every_sheet_whatever_the_gid(google: Google, sheetgd: CommandLine, tmp_path: Path) -> None:
    file = google.add(from_xlsx=draw(tmp_path / "two.xlsx", sheets=("One", "Two")))
    done = sheetgd("run", file.url, "--all", "--json", env=google.environment)
    assert [json.loads(line)["sheet"] for line in done.out.splitlines()] == ["One", "Two"], done.err
    assert google.count() == {"token": 1, "read": 2, "write": 1}
