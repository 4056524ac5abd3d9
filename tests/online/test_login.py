"""Logging in to Google."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

import sheetgd as library
from conftest import CommandLine, Ended
from fakes.google.server import Google
from fakes.google.tokens import ROBOT, SCOPE, TEACHER, write_json
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
    file = google.add(from_xlsx=library.new("descent", tmp_path / "lesson.xlsx", epochs=5))
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
