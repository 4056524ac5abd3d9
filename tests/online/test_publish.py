"""Lessons as new Google Sheets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sheetgd as library
from conftest import CommandLine
from fakes.google.server import Google
from fakes.google.soak import hasten
from fakes.google.tokens import ROBOT, TEACHER, service_account
from sheetgd.errors import SheetgdError
from sheetgd.online.publish import publish


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
        "Run",
        False,
        None,
        "Reset",
        False,
        None,
        2,
    ]
    for cell in ("P2", "P3"):
        assert file.book.validation(cell) == {"condition": {"type": "BOOLEAN"}, "strict": True}
    assert [file.book.value(cell) for cell in ("B6", "D6", "G6")] == [
        "While sheetgd sync runs:",
        "tick Run (P2)",
        "tick Reset (P3)",
    ]
    assert sheetgd("run", address, env=google.environment).code == 0
    assert file.book.value("O12") == 5


@pytest.mark.parametrize("lesson", ["original", "weights", "optimizers"])
def test_boxes_cover_nothing_and_disturb_nothing(google: Google, tmp_path: Path, lesson: str) -> None:
    """Every lesson is looked at and run as before, and has its boxes on each sheet that can be run."""
    from sheetgd.epochs.run import run_sheets

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
        (
            ["--google", "T", "-o", "x.xlsx"],
            2,
            "--google makes no file, so -o and --force mean nothing; leave them out.",
        ),
        (["--share", "a@b.edu"], 2, "--share is for a new Google Sheet; add --google TITLE."),
        (["--google", "T", "--share", "ann"], 2, "ann is not an e-mail address; write it like a@school.edu."),
        (["--google", "T"], 1, "your login does not allow drive.file; run: sheetgd login --create."),
    ],
)
def test_what_makes_no_google_sheet(
    google: Google, sheetgd: CommandLine, words: list[str], code: int, text: str
) -> None:
    google.sign_in("spreadsheets")
    done = sheetgd("new", *words, env=google.environment)
    assert (done.code, done.err) == (code, text + "\n") and google.drive.files == {}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("fault", ["reset", "cut", "hang", 503, 502, 500])
def test_a_lesson_is_made_once_whatever_answer_is_lost(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int | str, after: bool
) -> None:
    """Drive is asked for it by its mark, twice: its list learns of a new file seconds later."""
    hasten(google, monkeypatch)
    if fault == "hang":
        monkeypatch.setattr("sheetgd.books.google.client.TIMEOUT", (5.0, 3.0))
    google.sign_in("spreadsheets", "drive.file")
    google.drive.lag = 4.0
    google.fail("drive.files.create", fault, after=after)
    made = publish(library.new("weight", tmp_path / "w.xlsx"), "Class 7b")
    [file] = google.drive.files.values()
    assert made.url.split("/")[5] == file.id and file.name == "Class 7b"
    asked = [call.id.rpartition(".")[2] for call in google.calls if call.kind == "drive"]
    assert asked.count("create") == 1 + (not after) and "list" in asked


def test_an_e_mail_is_sent_once_though_the_answer_is_lost(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasten(google, monkeypatch)
    google.sign_in("spreadsheets", "drive.file")
    google.fail("drive.permissions.create", "reset", after=True)
    publish(library.new("weight", tmp_path / "w.xlsx"), "Class 7b", "colleague@example.org")
    assert google.drive.mailed == ["colleague@example.org"]
    google.fail("drive.permissions.create", 503)
    publish(library.new("weight", tmp_path / "v.xlsx"), "Class 7c", "colleague@example.org")
    assert google.drive.mailed == ["colleague@example.org"] * 2


@pytest.mark.parametrize(
    ("call", "reason", "why"),
    [
        (
            "create",
            "domainPolicy",
            "Class 7b: your organization does not let programs such as sheetgd use Google "
            "Drive; ask its administrator to allow it (Admin console, Apps, Google Workspace, Drive and Docs, Features "
            "and Applications, Drive SDK).",
        ),
        (
            "create",
            "filter",
            "Class 7b: a web page came back instead of an answer from www.googleapis.com: something "
            "between this computer and Google, such as a web filter or a network that wants a sign-in, blocks "
            "the call; open a "
            "page in the browser and sign in to the network, or ask your administrator to let sheets.googleapis.com, "
            "www.googleapis.com and oauth2.googleapis.com through.",
        ),
        (
            "permissions.create",
            "shareOutNotPermitted",
            "the rules of your organization, or of this shared drive, do "
            "not allow this sharing; use an address of your organization, or ask its administrator.",
        ),
        (
            "permissions.create",
            "teamDriveDomainUsersOnlyRestriction",
            "the rules of your organization, or of this "
            "shared drive, do not allow this sharing; use an address of your organization, or ask its administrator.",
        ),
        (
            "permissions.create",
            "teamDriveMembershipRequired",
            "the account that you are logged in with is not a member of "
            "this shared drive; ask its manager to add you as a Content manager.",
        ),
    ],
)
def test_what_an_organization_forbids_is_said(
    google: Google, tmp_path: Path, call: str, reason: str, why: str
) -> None:
    google.sign_in("spreadsheets", "drive.file")
    google.fail(f"drive.{call}" if "." in call else f"drive.files.{call}", reason)
    with pytest.raises(SheetgdError) as caught:
        publish(library.new("weight", tmp_path / "w.xlsx"), "Class 7b", "colleague@example.org")
    assert str(caught.value).endswith(why)


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
