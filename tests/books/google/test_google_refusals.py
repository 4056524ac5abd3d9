"""Google Sheets: every refusal in words, and who is logged in."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

import sheetgd as library
from conftest import CommandLine
from fakes.google import steps
from fakes.google.drive import File
from fakes.google.server import Google
from fakes.google.steps import KEY, Naps, error_of, run, shown, state
from fakes.google.tokens import ROBOT, TEACHER

drawn, lesson, naps = steps.drawn, steps.lesson, steps.naps


UNREACHED = "{}: Google cannot be reached (the connection broke off); check the network and try again."
START = "look at the sheet's start cells: if they are as they were, nothing was written; then try again."


@pytest.mark.parametrize(
    ("call", "fault", "times", "text"),
    [
        (
            "read",
            429,
            8,
            "{}: Google allows 60 reads and 60 writes a minute, and these are used up; wait a minute and "
            "try again.",
        ),
        ("read", 500, 8, "{}: Google's servers failed several times (HTTP 500); try again in a few minutes."),
        ("write", 503, 8, "Class 7b: Google's servers failed several times (HTTP 503); " + START),
        ("write", 502, 8, "Class 7b: Google's servers failed several times (HTTP 502); " + START),
        ("read", "reset", 9, UNREACHED),
        (
            "write",
            "reset",
            9,
            "Class 7b: Google cannot be reached (the connection broke off); check the network, and " + START,
        ),
        ("read", "cut", 2, UNREACHED),
        ("token", "reset", 9, UNREACHED),
        ("token", "cut", 2, UNREACHED),
    ],
)
def test_faults_that_do_not_pass(
    google: Google, lesson: File, naps: Naps, call: str, fault: int | str, times: int, text: str
) -> None:
    google.fail(call, fault, times=times)
    before = state(lesson)
    assert error_of(lambda: run(lesson)) == text.format(lesson.id)
    assert state(lesson) == before and sum(naps) < 300


def test_no_network(google: Google, lesson: File, naps: Naps) -> None:
    google.offline(1000)
    assert error_of(lambda: run(lesson)) == (
        f"{lesson.id}: Google cannot be reached (its address was not found); check the network and try again."
    )


def test_not_shared(google: Google, drawn: Path, sheetgd: CommandLine) -> None:
    file = google.add(from_xlsx=drawn, share=None)
    done = sheetgd("run", file.url, env=google.environment)
    assert (done.code, done.err) == (
        1,
        f"{file.id}: it is not shared with {ROBOT}; press Share in Google Sheets and add {ROBOT} as an Editor.\n",
    )
    google.sign_in("spreadsheets")
    file.owner = "colleague@example.org"
    assert file.book
    assert error_of(lambda: run(file)) == (
        f"{file.id}: it is not shared with the account that you are logged in with; press Share in Google Sheets and "
        "add the account that you are logged in with as an Editor, or log in with another account: sheetgd login."
    )


def test_shared_for_reading_only(google: Google, drawn: Path) -> None:
    file = google.add(from_xlsx=drawn, share="reader")
    with library.open_book(file.url) as book:
        assert library.look(book).sheet.name == "Descent"
        assert error_of(library.run, book) == (
            f"lesson: {ROBOT} may read it but not change it; press Share in Google Sheets and add {ROBOT} as an Editor."
        )


def test_no_such_sheet(google: Google) -> None:
    assert error_of(lambda: library.open_book(f"https://docs.google.com/spreadsheets/d/{KEY}/edit")) == (
        f"{KEY}: there is no Google Sheet at this address; copy the address again from the browser in which the sheet "
        "is open."
    )


def test_an_excel_file_on_drive(google: Google, lesson: File) -> None:
    lesson.book = None
    assert error_of(lambda: run(lesson)) == (
        f"{lesson.id}: it is an Excel file kept in Google Drive, not a Google Sheet; open it there, choose File > "
        "Save as Google Sheets, and use the address of the new sheet."
    )


def test_the_api_is_not_switched_on(google: Google, lesson: File) -> None:
    google.disabled.add("sheets.googleapis.com")
    assert error_of(lambda: run(lesson)) == (
        f"{lesson.id}: the Google Sheets API is not switched on in the project of {google.key}; open "
        "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=123456789012, press "
        "Enable, wait a minute, and try again."
    )


def test_protected_cells(google: Google, lesson: File) -> None:
    assert lesson.book
    lesson.book.protect("D5:R9", editors=("colleague@example.org",))
    assert error_of(lambda: run(lesson, epochs=2)) == (
        f"Class 7b, sheet Descent: sheetgd would write into D5, O8:R9, which is protected, and {ROBOT} may not change "
        "it; ask its owner to allow it (Data > Protect sheets and ranges)."
    )
    assert "write" not in google.count()
    lesson.book.tab().protected[0]["warningOnly"] = True
    assert run(lesson, epochs=2).epochs == 2
    lesson.book.tab().protected.clear()
    google.meanwhile("write", lambda: lesson.book.protect("D5"))  # type: ignore[union-attr]
    assert error_of(lambda: run(lesson, epochs=2)) == (
        f"Class 7b: sheetgd would write into cells that are protected, which {ROBOT} may not change; ask its owner to "
        "allow it (Data > Protect sheets and ranges)."
    )


def test_a_sheet_that_is_protected_but_for_some_cells(google: Google, lesson: File) -> None:
    assert lesson.book
    lesson.book.protect("A1:Z1000")
    free = {"sheetId": 0, "startRowIndex": 3, "endRowIndex": 5, "startColumnIndex": 3, "endColumnIndex": 4}
    log = {"sheetId": 0, "startRowIndex": 7, "startColumnIndex": 14}
    lesson.book.tab().protected[0]["unprotectedRanges"] = [free, log]
    assert run(lesson, epochs=2).epochs == 2


NO_JSON = (
    "{path} is not a file of credentials (JSON); save there the file that the Google Cloud console gave you"
)


def test_nobody_is_logged_in(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    google.key.unlink()
    done = sheetgd("run", lesson.url, env=google.environment)
    assert (done.code, done.err) == (
        1,
        f"{lesson.id}: nobody is logged in to Google: {google.config} holds neither authorized_user.json nor "
        "service_account.json; run sheetgd login, which says what to put there.\n",
    )
    assert google.calls == []


def test_a_person_is_logged_in(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    google.sign_in("spreadsheets")
    assert sheetgd("run", lesson.url, env=google.environment).code == 0
    assert {call.user for call in google.calls} == {TEACHER}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{", NO_JSON),
        ("[]", NO_JSON),
        (
            "{}",
            "{path} is not a service account's key; make a new key for it in the Google Cloud console (of type "
            "JSON) and save it there",
        ),
    ],
)
def test_keys_that_are_none(
    google: Google, lesson: File, sheetgd: CommandLine, content: str, text: str
) -> None:
    google.key.write_text(content)
    done = sheetgd("run", lesson.url, env=google.environment)
    assert (done.code, done.err) == (1, f"{lesson.id}: {text.format(path=google.key)}.\n")


def test_a_login_that_has_expired(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    google.sign_in("spreadsheets")
    google.tokens.revoked = True
    done = sheetgd("run", lesson.url, env=google.environment)
    assert (done.code, done.err) == (
        1,
        f"{lesson.id}: your login to Google has expired or was revoked (invalid_grant); run: sheetgd login, which "
        "renews it with the rights that it has.\n",
    )


def test_a_key_that_is_no_longer_accepted(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    google.tokens.revoked = True
    done = sheetgd("run", lesson.url, env=google.environment)
    assert (done.code, done.err) == (
        1,
        f"{lesson.id}: Google does not accept the key of {ROBOT} (invalid_grant); check this computer's clock, or "
        f"make a new key for {ROBOT} in the Google Cloud console and save it as {google.key}.\n",
    )


def test_a_login_with_too_few_rights(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    google.sign_in("drive.file")
    done = sheetgd("run", lesson.url, env=google.environment)
    assert (done.code, done.err) == (
        1,
        f"{lesson.id}: your login does not allow spreadsheets; run: sheetgd login.\n",
    )


def test_a_token_that_runs_out_during_a_run(google: Google, lesson: File) -> None:
    with library.open_book(lesson.url) as book:
        google.tokens.forget()
        library.run(book, epochs=2)
    assert shown(lesson, "O9") == [2] and google.count()["token"] == 2


def test_secrets_are_never_shown(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    secret = json.loads(google.key.read_text())["private_key"].splitlines()[1]
    for revoked in (False, True):
        google.tokens.revoked = revoked
        done = sheetgd("run", lesson.url, env={**google.environment, "PYTHONVERBOSE": ""})
        assert secret not in done.out + done.err and "ya29" not in done.out + done.err


def test_a_login_that_cannot_be_read(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    stored = google.sign_in("spreadsheets")
    for content, text in (
        ("{", "is not a file of credentials (JSON)"),
        (
            '{"scopes": ["https://www.googleapis.com/auth/spreadsheets"]}',
            "is not a login that sheetgd can use",
        ),
    ):
        stored.write_text(content, encoding="utf-8")
        done = sheetgd("run", lesson.url, env=google.environment)
        assert (done.code, done.err) == (
            1,
            f"{lesson.id}: {stored} {text}; run: sheetgd login, which renews it.\n",
        )


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_a_key_that_others_can_read_is_warned_about(
    google: Google, lesson: File, sheetgd: CommandLine
) -> None:
    google.key.chmod(0o640)
    done = sheetgd("look", lesson.url, env=google.environment)
    assert (done.code, done.err) == (
        0,
        f"{google.key} can be read by others on this computer; type: chmod 600 {google.key}\n",
    )


# -- what is no refusal ------------------------------------------------------------------------------------------------
OUTAGE = (
    "{}: Google's servers that know the logins failed several times; try again in a few minutes; {} as it is."
)
PAGE = (
    "{}: a web page came back instead of an answer from {}.googleapis.com: something between this computer and Google, "
    "such as a web filter or a network that wants a sign-in, blocks the call; open a page in the browser and "
    "sign in to the "
    "network, or ask your administrator to let sheets.googleapis.com, www.googleapis.com and oauth2.googleapis.com "
    "through."
)


@pytest.mark.parametrize("fault", [500, 502, 503])
def test_an_outage_of_the_token_endpoint_is_no_revoked_login(
    google: Google, lesson: File, naps: Naps, fault: int
) -> None:
    """It is tried for some ten seconds; nothing is to be deleted or made anew."""
    google.fail("token", fault, times=99)
    assert error_of(lambda: run(lesson)) == OUTAGE.format(lesson.id, "the key stays")
    google.sign_in("spreadsheets")
    assert error_of(lambda: run(lesson)) == OUTAGE.format(lesson.id, "your login stays")
    assert sum(naps) < 2 * 20


@pytest.mark.parametrize("page", ["filter", "portal"])
@pytest.mark.parametrize("person", [False, True])
@pytest.mark.parametrize(("call", "host"), [("token", "oauth2"), ("read", "sheets")])
def test_a_page_of_somebody_else_is_told_from_a_refusal(
    google: Google, lesson: File, page: str, person: bool, call: str, host: str
) -> None:
    if person:
        google.sign_in("spreadsheets")
    google.fail(call, page)
    assert error_of(lambda: run(lesson)) == PAGE.format(lesson.id, host)


def test_an_oauth_client_that_was_deleted(google: Google, lesson: File) -> None:
    stored = google.sign_in("spreadsheets")
    content = json.loads(stored.read_text(encoding="utf-8"))
    stored.write_text(json.dumps({**content, "client_secret": "x"}), encoding="utf-8")
    google.tokens.no_client = True
    assert error_of(lambda: run(lesson)) == (
        f"{lesson.id}: Google no longer knows the OAuth client with which you logged in (deleted_client); make one, "
        f"save its file as {stored.with_name('credentials.json')} (docs/google.md says how), and run: sheetgd login."
    )


def test_waiting_is_said(
    google: Google, lesson: File, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After ten seconds, here after a tenth of one, and again after a minute."""
    monkeypatch.setattr("sheetgd.books.google.client.SAID_AFTER", 0.1)
    monkeypatch.setattr("sheetgd.books.google.client.SAID_AGAIN", 0.2)
    monkeypatch.setattr("sheetgd.books.google.client.TIMEOUT", (5.0, 2.0))
    google.fail("read", "hang")
    run(lesson, epochs=1)
    said = [record for record in caplog.records if record.name == "sheetgd.books.google.client"]
    form = r"Still waiting for Google after \d seconds; Ctrl-C stops\."
    assert len(said) >= 2 and all(re.fullmatch(form, record.getMessage()) for record in said)
    assert {record.levelname for record in said} == {"WARNING"}
