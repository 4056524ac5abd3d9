"""The tests' own Google: who may do what, how often, and how calls to it fail."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

import gspread
import pytest
import requests
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials as ServiceAccount

from fakes.google.calls import (
    FILES,
    URL,
    batch,
    cells,
    client,
    session,
    teacher,
)
from fakes.google.server import Google
from fakes.google.tokens import ROBOT, SCOPE, TEACHER, service_account


def test_what_is_not_shared_is_refused_in_googles_words(google: Google) -> None:
    private, readable = google.add(share=None), google.add(share="reader")
    send = session("spreadsheets")
    answer = send.get(URL + private.id)
    said = {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}
    assert (answer.status_code, answer.json()) == (403, {"error": said})
    assert send.get(URL + readable.id).status_code == 200
    answer = send.post(URL + readable.id + ":batchUpdate", json={"requests": [cells({"numberValue": 1})]})
    assert (answer.status_code, answer.json()) == (403, {"error": said})
    missing = send.get(URL + "1nothing")
    gone = {"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"}
    assert (missing.status_code, missing.json()) == (404, {"error": gone})
    with pytest.raises(PermissionError):
        gspread.service_account(filename=google.key).open_by_key(private.id)


def test_scopes_are_enforced_by_the_methods_own_lists(google: Google) -> None:
    file = google.add()
    read_only = session("spreadsheets.readonly")
    assert read_only.get(URL + file.id).status_code == 200
    answer = read_only.post(URL + file.id + ":batchUpdate", json={"requests": [cells({"numberValue": 1})]})
    error = answer.json()["error"]
    assert (answer.status_code, error["message"]) == (403, "Request had insufficient authentication scopes.")
    assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert session("spreadsheets").get(FILES).status_code == 403
    assert session("drive.metadata.readonly").get(FILES).status_code == 200
    assert google.tokens.asked[0] == (ROBOT, frozenset({SCOPE + "spreadsheets.readonly"}))


def test_an_interface_that_is_not_enabled_names_its_link(google: Google) -> None:
    file = google.add()
    google.disabled.add("sheets.googleapis.com")
    error = session("spreadsheets").get(URL + file.id).json()["error"]
    link = (
        "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=123456789012"
    )
    assert link in error["message"] and error["code"] == 403
    assert [detail.get("reason") for detail in error["details"]] == [None, "SERVICE_DISABLED"]


def test_a_key_of_someone_else_gets_no_token(google: Google) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    info = service_account(pem.decode())
    wrong = ServiceAccount.from_service_account_info(info, scopes=[SCOPE + "spreadsheets"])
    with pytest.raises(RefreshError, match="invalid_grant: Invalid JWT Signature"):
        AuthorizedSession(wrong).get(URL)


def test_a_token_that_expired_is_renewed_and_one_that_was_revoked_is_not(google: Google) -> None:
    file = google.add()
    send = session("spreadsheets")
    assert send.get(URL + file.id).status_code == 200
    google.tokens.forget()
    assert send.get(URL + file.id).status_code == 200
    assert [call.status for call in google.calls if call.kind == "read"] == [200, 401, 200]
    google.clock.advance(3600)
    assert send.get(URL + file.id).status_code == 200
    assert google.count()["token"] == 3
    google.tokens.revoked = True
    google.tokens.forget()
    with pytest.raises(RefreshError, match="invalid_grant: Token has been expired or revoked"):
        send.get(URL + file.id)
    assert requests.get(URL + file.id).status_code == 401


def test_a_teacher_signs_in_with_a_refresh_token(google: Google) -> None:
    file = google.add(share=None)
    send = teacher(google, "spreadsheets")
    assert not google.key.exists()
    assert send.get(URL + file.id).status_code == 200
    assert google.tokens.asked == [(TEACHER, frozenset({SCOPE + "spreadsheets"}))]


def test_the_sixty_first_read_of_a_minute_is_refused(google: Google) -> None:
    file = google.add()
    send = session("spreadsheets")
    url = URL + file.id + "?fields=spreadsheetId"
    assert {send.get(url).status_code for _ in range(60)} == {200}
    answer = send.get(url)
    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert "limit 'Read requests per minute per user' of service 'sheets.googleapis.com'" in error["message"]
    assert error["details"][0]["metadata"]["quota_limit"] == "ReadRequestsPerMinutePerUser"
    write = send.post(URL + file.id + ":batchUpdate", json={"requests": [cells({"numberValue": 1})]})
    assert write.status_code == 200  # counted apart
    google.clock.advance(61)
    assert send.get(url).status_code == 200


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_fault_strikes_before_or_after_the_effect(google: Google, status: int, after: bool) -> None:
    file = google.add()
    google.fail("write", status, after=after, retry_after=3 if status == 429 else None)
    send = session("spreadsheets")
    body = {"requests": [cells({"numberValue": 1})]}
    answer = send.post(URL + file.id + ":batchUpdate", json=body)
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == ("3" if status == 429 else None)
    assert ("html" in answer.headers["Content-Type"]) == (status == 502)
    assert file.book.value("A1") == (1 if after else None)
    assert send.post(URL + file.id + ":batchUpdate", json=body).status_code == 200
    assert file.book.value("A1") == 1


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("cut", requests.exceptions.ChunkedEncodingError),
        ("reset", requests.exceptions.ConnectionError),
        ("hang", requests.exceptions.ReadTimeout),
    ],
)
def test_a_connection_breaks_as_connections_do(google: Google, what: str, error: type[Exception]) -> None:
    file = google.add(cells={f"A{row}": "some text" for row in range(1, 20)})
    send = session("spreadsheets")
    assert send.get(URL + file.id).status_code == 200
    google.fail("read", what)
    with pytest.raises(error):
        send.get(URL + file.id + "?includeGridData=true", timeout=0.3)
    assert send.get(URL + file.id).status_code == 200


def test_the_network_is_gone_for_two_look_ups(google: Google) -> None:
    file = google.add()
    send = session("spreadsheets")
    assert send.get(URL + file.id).status_code == 200
    google.offline(2)
    for _ in range(2):
        with pytest.raises(requests.exceptions.ConnectionError):
            send.get(URL + file.id)
    assert send.get(URL + file.id).status_code == 200
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("example.org", 443)


def test_something_happens_between_a_read_and_a_write(google: Google) -> None:
    file = google.add(cells={"A1": 1})
    google.meanwhile("write", lambda: google.type(file, "B1", "=A1+1"))
    http = client()
    http.fetch_sheet_metadata(file.id)
    assert file.book.value("B1") is None
    http.batch_update(file.id, {"requests": [cells({"numberValue": 5})]})
    assert file.book.value("B1") == 6 and google.waiting == []


def test_many_at_once_are_answered_and_each_batch_takes_place(google: Google) -> None:
    file = google.add()

    def work(column: int) -> None:
        batch(file.id, cells({"numberValue": column}, columnIndex=column))

    threads = [threading.Thread(target=work, args=(column,)) for column in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [file.book.value(f"{letter}1") for letter in "ABCDEFGH"] == list(range(8))
    assert google.count() == {"token": 8, "write": 8}


def test_another_process_finds_the_server_and_the_credentials(google: Google) -> None:
    file = google.add(cells={"A1": 42})
    program = "import gspread, sys;print(gspread.service_account().open_by_key(sys.argv[1]).title)"
    words = [sys.executable, "-c", program, file.id]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=dict(os.environ))
    assert (done.returncode, done.stdout.strip()) == (0, "lesson"), done.stderr
    assert google.count() == {"token": 1, "read": 1}


def test_what_google_auth_asks_of_its_own_accord_is_not_counted(google: Google) -> None:
    answer = requests.get(
        "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/x/allowedLocations"
    )
    assert answer.status_code == 404 and google.calls == []
