"""The tests' own Google: that the real clients get from it what Google would give them."""

from __future__ import annotations

from typing import Any

import gspread
import pytest
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials
from google.oauth2.service_account import Credentials as ServiceAccount
from gspread.auth import get_config_dir
from gspread.exceptions import APIError

from google_server import Google
from google_tokens import ROBOT, SCOPE, service_account

URL = "https://sheets.googleapis.com/v4/spreadsheets/"
DRIVE = "https://www.googleapis.com/drive/v3/files"
UPLOAD = "https://www.googleapis.com/upload/drive/v3/files?uploadType=multipart"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET = "application/vnd.google-apps.spreadsheet"


def client() -> gspread.http_client.HTTPClient:
    """gspread as its users start it, from the credentials where they keep them."""
    path = get_config_dir() / "service_account.json"
    return gspread.service_account(filename=path).http_client


def session(*scopes: str, info: dict[str, Any] | None = None) -> AuthorizedSession:
    """google-auth with the service account and scopes by their last word."""
    full = [SCOPE + scope for scope in scopes]
    return AuthorizedSession(ServiceAccount.from_service_account_info(info or service_account(), scopes=full))


def teacher(google: Google, *scopes: str) -> AuthorizedSession:
    """google-auth with the teacher's authorized_user.json."""
    return AuthorizedSession(Credentials.from_authorized_user_file(str(google.sign_in(*scopes))))


def cells(*values: Any, **place: int) -> dict[str, Any]:
    """An updateCells of one row of entered values at a place."""
    row = [{"userEnteredValue": value} if value else {} for value in values]
    return {"updateCells": {"start": place, "rows": [{"values": row}], "fields": "userEnteredValue"}}


def area(*corners: int) -> dict[str, int]:
    names = ("startRowIndex", "startColumnIndex", "endRowIndex", "endColumnIndex")
    return {"sheetId": 0, **dict(zip(names, corners, strict=True))}


def refused(
    send: AuthorizedSession | gspread.http_client.HTTPClient, id: str, *requests_: Any
) -> dict[str, Any]:
    """The error of a batch that is refused."""
    with pytest.raises(APIError) as caught:
        client().batch_update(id, {"requests": list(requests_)})
    error: dict[str, Any] = caught.value.response.json()["error"]
    return error


def test_a_run_is_one_read_and_one_write(google: Google) -> None:
    file = google.add(cells={"A1": 2, "B1": "=A1*21", "C1": "text"})
    http = client()
    fields = "sheets.data.rowData.values(userEnteredValue,effectiveValue)"
    read = http.fetch_sheet_metadata(file.id, {"fields": fields})
    [row] = read["sheets"][0]["data"][0]["rowData"]
    assert row["values"][1] == {
        "userEnteredValue": {"formulaValue": "=A1*21"},
        "effectiveValue": {"numberValue": 42},
    }
    http.batch_update(file.id, {"requests": [cells({"numberValue": 3})]})
    assert (file.book.value("A1"), file.book.value("B1"), file.book.value("C1")) == (3, 63, "text")
    assert google.count() == {"token": 1, "read": 1, "write": 1}
    assert google.tokens.asked == [(ROBOT, frozenset({SCOPE + "spreadsheets", SCOPE + "drive"}))]
