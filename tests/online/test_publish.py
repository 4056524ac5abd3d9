"""Lessons as new Google Sheets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sheetgd as library
from conftest import CommandLine
from fakes.google.server import Google
from fakes.google.tokens import ROBOT, TEACHER, service_account


def test_a_lesson_becomes_a_google_sheet(google: Google, sheetgd: CommandLine) -> None:
    google.sign_in("spreadsheets", "drive.file")
    done = sheetgd(
        "new", "--google", "Class 7b", "--share", "colleague@example.org", "--m", 2, env=google.environment
    )
    assert done.code == 0, done.err
    [file] = google.drive.files.values()
    address = f"https://docs.google.com/spreadsheets/d/{file.id}/edit"
    assert done.out == (
        f"Class 7b is ready: {address}\n"
        "While sheetgd sync runs, tick Run (P2) on its sheet Descent.\n"
        f'Or type: sheetgd run "{address}"\n'
    )
    assert (file.name, file.owner, file.roles.get("colleague@example.org")) == ("Class 7b", TEACHER, "writer")
    assert google.count() == {"token": 1, "read": 1, "write": 1, "drive": 2}
    assert file.book
    assert [file.book.value(cell) for cell in ("O2", "P2", "Q2", "O3", "P3", "Q3", "D4")] == [
        "Run", False, None, "Reset", False, None, 2,
    ]  # fmt: skip
    for cell in ("P2", "P3"):
        assert file.book.validation(cell) == {"condition": {"type": "BOOLEAN"}, "strict": True}
    assert [file.book.value(cell) for cell in ("B6", "D6", "G6")] == [
        "While sheetgd sync runs:", "tick Run (P2)", "tick Reset (P3)",
    ]  # fmt: skip
    assert sheetgd("run", address, env=google.environment).code == 0
    assert file.book.value("O12") == 5


@pytest.mark.parametrize("lesson", ["original", "weights", "optimizers"])
def test_boxes_cover_nothing_and_disturb_nothing(google: Google, tmp_path: Path, lesson: str) -> None:
    """Every lesson is looked at and run as before, and has its boxes on each sheet that can be run."""
    from sheetgd.epochs.run import run_sheets
    from sheetgd.online.publish import publish

    google.sign_in("spreadsheets", "drive.file")
    path = library.new(lesson, tmp_path / "lesson.xlsx")
    made = publish(path, "Lesson")
    book = google.drive.files[made.url.split("/")[5]].book
    assert book
    with library.open_book(path) as file, library.open_book(made.url) as sheet:
        assert list(made.boxes) == [
            history.sheet for history in run_sheets(file, every=True, epochs=1, write=False)
        ]
        for name, cell in made.boxes.items():
            assert (
                book.value(cell, name) is False
                and library.look(sheet, name).as_json() == library.look(file, name).as_json()
            )
        here, there = (run_sheets(one, every=True, epochs=3) for one in (file, sheet))
    assert [one.parameters for one in here] == [one.parameters for one in there]


def test_a_service_account_owns_no_storage(google: Google, sheetgd: CommandLine) -> None:
    done = sheetgd("new", "--google", "Class 7b", env=google.environment)
    assert (done.code, done.err) == (
        1,
        f"Class 7b: {ROBOT} is a service account, which owns no storage for a new Google Sheet; log in yourself: "
        "sheetgd login --create.\n",
    )
    assert google.calls == []


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--google", "T", "-o", "x.xlsx"], 2, "--google makes no file, so that -o and --force mean nothing; leave "
                                               "them out."),
        (["--share", "a@b.edu"], 2, "--share is for a new Google Sheet; add --google TITLE."),
        (["--google", "T", "--share", "ann"], 2, "ann is no e-mail address; write it like a@school.edu."),
        (["--google", "T"], 1, "your login does not allow drive.file; run: sheetgd login --create."),
    ],
)  # fmt: skip
def test_what_makes_no_google_sheet(
    google: Google, sheetgd: CommandLine, words: list[str], code: int, text: str
) -> None:
    google.sign_in("spreadsheets")
    done = sheetgd("new", *words, env=google.environment)
    assert (done.code, done.err) == (code, text + "\n") and google.drive.files == {}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("reset", "Google cannot be reached (the connection breaks off); look in your Google Drive whether the new "
                  "Google Sheet is there, and if not, try again."),
        (503, "Google's servers failed several times (HTTP 503); try again in some minutes."),
    ],
)  # fmt: skip
def test_an_upload_is_never_tried_twice(
    google: Google, sheetgd: CommandLine, fault: int | str, why: str, after: bool
) -> None:
    google.sign_in("spreadsheets", "drive.file")
    google.fail("drive", fault, after=after)
    done = sheetgd("new", "weight", "--google", "Class 7b", env=google.environment)
    assert (done.code, done.err) == (1, f"Class 7b: {why}\n")
    assert google.count() == {"token": 1, "drive": 1} and len(google.drive.files) == after


def test_what_was_made_is_said_although_a_later_step_failed(google: Google, sheetgd: CommandLine) -> None:
    google.sign_in("spreadsheets", "drive.file")
    google.disabled.add("sheets.googleapis.com")
    done = sheetgd("new", "weight", "--google", "Class 7b", env=google.environment)
    [file] = google.drive.files.values()
    assert done.code == 1
    assert done.err.startswith(
        f"{file.id}: the Google Sheet was made (https://docs.google.com/spreadsheets/d/{file.id}/edit), but then the "
        "Google Sheets API is not switched on"
    )


def test_the_key_file_of_a_service_account_stays_as_it_is(google: Google, sheetgd: CommandLine) -> None:
    before = google.key.read_bytes()
    assert json.loads(before) == service_account()
    sheetgd("login", env=google.environment)
    assert google.key.read_bytes() == before and list(google.config.iterdir()) == [google.key]
