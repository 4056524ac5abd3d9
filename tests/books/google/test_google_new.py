"""Logging in to Google, and lessons as new Google Sheets."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

import sheetgd as library
from conftest import CommandLine, Ended
from google_server import Google
from google_tokens import ROBOT, SCOPE, TEACHER, service_account, write_json
from loops import stepping

CLIENT = {
    "installed": {
        "client_id": "1234.apps.googleusercontent.com",
        "client_secret": "GOCSPX-secret",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "redirect_uris": ["http://localhost"],
    }
}
OTHER = "Google gave other rights than sheetgd asked for; log in again, and leave every box ticked."
# A browser in which the teacher agrees at once: it goes where Google would send it back to.
BROWSER = """
import sys, urllib.parse, urllib.request
asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sys.argv[1]).query))
open({seen!r}, "w").write(asked["scope"])
answer = {{"state": asked["state"], **{answer!r}}}
answer.setdefault("scope", asked["scope"])
urllib.request.urlopen(asked["redirect_uri"] + "?" + urllib.parse.urlencode(answer), timeout=20).read()
"""


class Login:
    """Runs `sheetgd login` with such a browser."""

    def __init__(self, google: Google, sheetgd: CommandLine, folder: Path) -> None:
        self.google, self.sheetgd, self.folder = google, sheetgd, folder
        self.path = google.config / "authorized_user.json"

    def __call__(self, *words: str, gives: str = "", answer: dict[str, str] | None = None) -> Ended:
        """`gives` are the scopes that Google gives by their last words, those asked for without it."""
        browser, seen = self.folder / "browser.py", self.folder / "seen"
        scopes = frozenset(SCOPE + scope for scope in gives.split())
        self.google.tokens.codes["4/code"] = TEACHER, scopes
        told = {"code": "4/code"} if answer is None else answer
        browser.write_text(BROWSER.format(seen=str(seen), answer=told), encoding="utf-8")
        environment = {**self.google.environment, "BROWSER": f"{sys.executable} {browser} %s &"}
        environment["PYTHONWARNINGS"] = "ignore"  # the browser goes on by itself, as browsers do
        done = self.sheetgd("login", *words, env=environment)
        self.asked = seen.read_text(encoding="utf-8").split() if seen.exists() else []
        return done


@pytest.fixture
def login(google: Google, sheetgd: CommandLine, tmp_path: Path) -> Login:
    google.key.unlink()
    write_json(google.config / "credentials.json", CLIENT)
    return Login(google, sheetgd, tmp_path)


def test_a_person_logs_in_and_runs(
    google: Google, login: Login, sheetgd: CommandLine, tmp_path: Path
) -> None:
    done = login(gives="spreadsheets")
    assert done.code == 0, done.err
    assert (
        done.out.splitlines()[-1] == "You are logged in. sheetgd may now read and change your Google Sheets."
    )
    assert login.asked == [SCOPE + "spreadsheets"]
    if os.name != "nt":
        assert stat.S_IMODE(login.path.stat().st_mode) == 0o600
    assert sorted(path.name for path in login.path.parent.iterdir()) == [
        "authorized_user.json",
        "credentials.json",
    ]
    file = google.add(from_xlsx=library.new("descent", tmp_path / "lesson.xlsx"))
    assert sheetgd("run", file.url, env=google.environment).code == 0
    assert file.book and file.book.value("D4") == stepping(5)[0]


def test_more_rights_are_added_to_those_there_are(login: Login) -> None:
    login(gives="spreadsheets")
    done = login("--create", gives="spreadsheets drive.file")
    assert done.out.splitlines()[-1] == (
        "You are logged in. sheetgd may now read and change your Google Sheets and make new ones."
    )
    done = login("--folder", gives="spreadsheets drive.file drive.metadata.readonly")
    assert done.out.splitlines()[-1] == (
        "You are logged in. sheetgd may now read and change your Google Sheets, see which files lie in a Drive folder "
        "and make new ones."
    )
    assert {scope.removeprefix(SCOPE) for scope in login.asked} == {
        "spreadsheets", "drive.file", "drive.metadata.readonly",
    }  # fmt: skip


def test_secrets_are_not_shown(login: Login) -> None:
    done = login(gives="spreadsheets")
    stored = json.loads(login.path.read_text(encoding="utf-8"))
    assert stored["refresh_token"] not in done.out + done.err and "token" not in stored
    assert stored["client_secret"] not in done.out + done.err


@pytest.mark.parametrize(
    ("gives", "answer", "text"),
    [
        ("drive.file", None, OTHER),
        ("spreadsheets", {"code": "wrong"}, "Google did not let you log in (invalid_grant); run sheetgd login again."),
        ("spreadsheets", {"error": "access_denied"}, "Google did not let you log in (access_denied); run sheetgd login "
                                                     "again."),
    ],
)  # fmt: skip
def test_a_login_that_fails(login: Login, gives: str, answer: dict[str, str] | None, text: str) -> None:
    login.path.write_text("the old one")
    done = login(gives=gives, answer=answer)
    assert (done.code, done.err) == (1, text + "\n")
    assert login.path.read_text() == "the old one"


def test_an_oauth_client_that_is_none(google: Google, login: Login) -> None:
    client = write_json(google.config / "credentials.json", {"other": {}})
    done = login()
    assert (done.code, done.err) == (
        1,
        f"{client} is not an OAuth client ID (Desktop app); make one at "
        "https://console.cloud.google.com/apis/credentials and download its JSON.\n",
    )


def test_what_to_do_first(google: Google, sheetgd: CommandLine) -> None:
    done = sheetgd("login", env=google.environment)
    assert (done.code, done.out) == (
        0,
        f"sheetgd uses the service account {ROBOT}, whose key is {google.key}. Share each Google Sheet with this "
        "address, as an Editor.\n",
    )
    google.key.unlink()
    done = sheetgd("login", env=google.environment)
    client = google.config / "credentials.json"
    assert (done.code, done.err) == (
        1,
        f"{client} is missing, with which you could log in; at https://console.cloud.google.com/apis/credentials make "
        "an OAuth client ID (Desktop app), download its JSON to that place, and run sheetgd login again; or make a "
        f"service account and save its key (JSON) as {google.key}, then share your sheets with its address, as an "
        "Editor.\n",
    )


# -- a lesson as a new Google Sheet ----------------------------------------------------------------------------------
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
