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
from sheetgd.errors import SheetgdError
from sheetgd.online.login import login as log_in

CLIENT = {
    "installed": {
        "client_id": "1234.apps.googleusercontent.com",
        "client_secret": "GOCSPX-secret",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "redirect_uris": ["http://localhost"],
    }
}
OTHER = "Google did not give the rights that sheetgd asked for; log in again, and tick every box."
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
        "spreadsheets",
        "drive.file",
        "drive.metadata.readonly",
    }


def test_a_login_is_renewed_with_the_rights_it_had(login: Login) -> None:
    """Those that gspread gives, too: it names none, and asks for all of Drive."""
    login("--create", gives="spreadsheets drive.file")
    stored = json.loads(login.path.read_text(encoding="utf-8"))
    for scopes, had in (
        (["drive.file"], {"spreadsheets", "drive.file"}),
        (["drive", "spreadsheets"], {"spreadsheets", "drive"}),
        (None, {"spreadsheets", "drive"}),
    ):
        content = {**stored, "scopes": scopes and [SCOPE + scope for scope in scopes]}
        write_json(login.path, content)
        login(gives=" ".join(had))
        assert {scope.removeprefix(SCOPE) for scope in login.asked} == had


def test_where_to_log_in_is_printed_and_waited_for_five_minutes(
    google: Google, login: Login, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here for a second: in a browser in which nobody agrees."""
    monkeypatch.setattr("sheetgd.online.login.PATIENCE", 1)
    monkeypatch.setattr("webbrowser.get", lambda name: type("Browser", (), {"open": lambda *_, **__: False}))
    with pytest.raises(SheetgdError) as caught:
        log_in()
    assert str(caught.value) == (
        "nobody logged in in the browser within 0 minutes; run sheetgd login again; if Google said that access is "
        "blocked, add your address under Audience, Test users, at https://console.cloud.google.com/auth/audience, or "
        "ask your administrator to trust the app; if the browser runs on another computer, log in on that one and copy "
        "authorized_user.json from there."
    )
    printed = capsys.readouterr().out
    assert printed.startswith(
        "Log in in the browser. If none has opened, open this address in one on this computer:\n"
        "https://accounts.google.com/o/oauth2/auth?response_type=code&client_id=1234.apps.googleusercontent.com"
    )
    assert not login.path.exists()


def test_secrets_are_not_shown(login: Login) -> None:
    done = login(gives="spreadsheets")
    stored = json.loads(login.path.read_text(encoding="utf-8"))
    assert stored["refresh_token"] not in done.out + done.err and "token" not in stored
    assert stored["client_secret"] not in done.out + done.err


@pytest.mark.parametrize(
    ("gives", "answer", "text"),
    [
        ("drive.file", None, OTHER),
        (
            "spreadsheets",
            {"code": "wrong"},
            "Google did not let you log in (invalid_grant); run sheetgd login again.",
        ),
        (
            "spreadsheets",
            {"error": "access_denied"},
            "Google did not let you log in (access_denied); run sheetgd login again.",
        ),
    ],
)
def test_a_login_that_fails(login: Login, gives: str, answer: dict[str, str] | None, text: str) -> None:
    login.path.write_text("the old one")
    login.path.chmod(0o600)
    done = login(gives=gives, answer=answer)
    assert (done.code, done.err) == (1, text + "\n")
    assert login.path.read_text() == "the old one"


def test_an_oauth_client_that_is_none(google: Google, login: Login) -> None:
    client = write_json(google.config / "credentials.json", {"other": {}})
    done = login()
    assert (done.code, done.err) == (
        1,
        f"{client} is not an OAuth client (Desktop app); make one at "
        "https://console.cloud.google.com/auth/clients and download its JSON.\n",
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
        f"{client}, which you need to log in, is missing; at https://console.cloud.google.com/auth/clients make an "
        "OAuth client (Desktop app), download its JSON to that place at once, because its secret is shown only "
        "once, and "
        "run sheetgd login again; or make a service account at "
        f"https://console.cloud.google.com/iam-admin/serviceaccounts and save its key (JSON) as {google.key}, then "
        "share your sheets with its address, as an Editor; docs/google.md has every step.\n",
    )
