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
from sheetgd.books.google.addresses import google_address
from sheetgd.books.google.drive import folder_id
from small_lesson import draw, lesson_cells

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
        (f"https://docs.google.com/spreadsheets/d/{KEY}/htmlview#gid=3", KEY, 3),
        (f"https://docs.google.com/spreadsheets/d/{KEY}/preview", KEY, None),
        (f"https://docs.google.com/spreadsheets/d/{KEY}/mobilebasic?gid=4", KEY, 4),
        (f"https://docs.google.com/open?id={KEY}", KEY, None),
        (f"https://drive.google.com/open?usp=drive_fs&id={KEY}&authuser=0", KEY, None),
        (f"https://drive.google.com/file/d/{KEY}/view?usp=drivesdk", KEY, None),
        (f"https://drive.google.com/drive/mobile/file/d/{KEY}/view", KEY, None),
        (KEY, KEY, None),
    ],
)
def test_addresses(text: str, key: str, gid: int | None) -> None:
    assert google_address(text) == (key, gid)


@pytest.mark.parametrize(
    "text",
    ["lesson.xlsx", "a" * 39, "https://example.org/spreadsheets/d/1/edit", f"folder/{KEY}"],
)
def test_what_is_no_address(text: str) -> None:
    assert google_address(text) is None


def test_a_file_with_a_name_like_a_key_is_a_file(sheetgd: CommandLine, drawn: Path, tmp_path: Path) -> None:
    (tmp_path / KEY).write_bytes(drawn.read_bytes())
    assert sheetgd("look", KEY).code == 0


COPY = "open the Google Sheet itself and copy its address from the browser; it looks like "
LIKE = "https://docs.google.com/spreadsheets/d/KEY/edit"


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (
            "https://example.org/a.xlsx",
            "is neither a file nor the address of a Google Sheet; name an .xlsx or .xlsm "
            f"workbook, or an address like {LIKE}.",
        ),
        (
            "https://docs.google.com/spreadsheets/d/e/2PACX-1v/pubhtml?gid=0",
            f"is the address of a copy that was published on the web, which nobody can change; {COPY}{LIKE}.",
        ),
        (
            "https://drive.google.com/drive/mobile/folders/1aB",
            "is the address of a folder, not of a Google Sheet; open the "
            f"sheet in it and copy its address; it looks like {LIKE} (sync and check take a folder after --folder).",
        ),
    ],
)
def test_other_addresses(sheetgd: CommandLine, address: str, text: str) -> None:
    done = sheetgd("run", address)
    assert (done.code, done.err) == (2, f"{address} {text}\n")


@pytest.mark.parametrize(
    "text",
    [
        "https://drive.google.com/drive/folders/{}",
        "https://drive.google.com/drive/mobile/folders/{}?usp=sharing",
        "https://drive.google.com/drive/u/0/mobile/folders/{}",
        "drive.google.com/open?id={}&usp=drive_copy",
        "{}",
    ],
)
def test_addresses_of_folders(text: str) -> None:
    assert folder_id(text.format(KEY[:33])) == KEY[:33]


def test_titles_do_nothing_to_the_terminal(google: Google, sheetgd: CommandLine) -> None:
    """Nor do names of sheets, though formulas speak of them."""
    title = "Less\x1b]0;on"
    file = google.add("Class\x1b[31m 7b\n", cells={"A1": 1})
    assert file.book
    file.book.tab().properties["title"] = title
    for address, value in (lesson_cells() | {"B1": f"='{title}'!S1"}).items():
        file.book.put(address, value)
    file.book.put("S1", 0.0001)
    done = sheetgd("run", file.url, env=google.environment)
    assert (done.code, done.err) == (0, "") and "\x1b" not in done.out and "Less ]0;on" in done.out
    done = sheetgd("run", file.url, "--sheet", "none", env=google.environment)
    assert done.err == "Class [31m 7b : there is no sheet none; its sheets are Less ]0;on.\n"


def test_the_gid_chooses_the_sheet(google: Google, tmp_path: Path) -> None:
    file = google.add(from_xlsx=draw(tmp_path / "two.xlsx", sheets=("One", "Two")))
    assert file.book
    plain, first, second = (file.url.partition("#")[0] + end for end in ("", "#gid=0", "#gid=1001"))
    assert [tab.id for tab in file.book.tabs] == [0, 1001]
    for address, sheet, expected in (
        (first, None, "One"),
        (second, None, "Two"),
        (second, "One", "One"),
        (plain, "Two", "Two"),
    ):
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
