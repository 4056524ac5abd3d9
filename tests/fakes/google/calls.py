"""Calls to the tests' own Google by the real clients, as its own tests make them."""

from __future__ import annotations

from functools import cache
from typing import Any

import gspread
import pytest
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials
from google.oauth2.service_account import Credentials as ServiceAccount
from gspread.exceptions import APIError

from .server import Google
from .tokens import SCOPE, service_account

URL = "https://sheets.googleapis.com/v4/spreadsheets/"
FILES = "https://www.googleapis.com/drive/v3/files"
UPLOAD = "https://www.googleapis.com/upload/drive/v3/files?uploadType=multipart"
SHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"
WHITE = {"rgbColor": {"red": 1, "green": 1, "blue": 1}}
RED = {"red": 1.0, "green": 0.0, "blue": 0.0}
SCALE = {
    "minpoint": {"type": "MIN", "colorStyle": {"rgbColor": {"green": 0.5}}},
    "midpoint": {"type": "PERCENTILE", "value": "50", "colorStyle": WHITE},
    "maxpoint": {"type": "MAX", "color": {"red": 0.973}},
}


@cache
def robot() -> ServiceAccount:
    """The service account with its key, which takes long to load."""
    return ServiceAccount.from_service_account_info(service_account())


def client() -> gspread.http_client.HTTPClient:
    """gspread's, logged in as the service account."""
    return gspread.authorize(robot().with_scopes(gspread.auth.DEFAULT_SCOPES)).http_client


def session(*scopes: str) -> AuthorizedSession:
    """google-auth with the service account and scopes by their last word."""
    return AuthorizedSession(robot().with_scopes([SCOPE + scope for scope in scopes]))


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


def batch(id: str, *requests_: Any, **more: Any) -> Any:
    """What a batchUpdate of these requests answers."""
    return client().batch_update(id, {"requests": list(requests_), **more})


def refused(id: str, *requests_: Any) -> str:
    """What Google says of a batch that it refuses."""
    with pytest.raises(APIError) as caught:
        batch(id, *requests_)
    assert caught.value.code == 400 and caught.value.error["status"] == "INVALID_ARGUMENT"
    return str(caught.value.error["message"])


def rule(kind: dict[str, Any], *ranges: dict[str, int]) -> dict[str, Any]:
    """An addConditionalFormatRule."""
    return {"addConditionalFormatRule": {"rule": {"ranges": list(ranges), **kind}}}
