"""A Google Drive folder: which spreadsheets lie in it, and when each was last changed, in one call."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import BookError, UsageError
from .google_client import Google, Json
from .google_errors import Refused

FILES = "https://www.googleapis.com/drive/v3/files"
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
_FOLDER = re.compile(r"(?:https?://)?drive\.google\.com/(?:drive/)?(?:u/\d+/)?folders/([A-Za-z0-9_-]+)")
PAGE = 1000  # files of one answer
_ID = re.compile(r"[A-Za-z0-9_-]{16,}")


class Found(NamedTuple):
    """A spreadsheet of a folder."""

    name: str
    modified: str


def folder_id(text: str) -> str:
    """The id of a folder from its address.

    >>> folder_id("https://drive.google.com/drive/u/0/folders/1aB_c-9?usp=sharing")
    '1aB_c-9'
    """
    found = _FOLDER.match(text.strip())
    if found:
        return found[1]
    if _ID.fullmatch(text.strip()):
        return text.strip()
    raise UsageError(
        f"{text} is not the address of a Google Drive folder",
        "copy it from the browser; it looks like https://drive.google.com/drive/folders/KEY",
    )


def list_folder(google: Google, folder: str) -> dict[str, Found]:
    """The spreadsheets of a folder by their keys; `google` needs the right to see files' metadata."""
    found: dict[str, Found] = {}
    page: str | None = ""
    while page is not None:
        answer = _page(google, folder, page)
        for file in answer.get("files", []):
            found[file["id"]] = Found(file["name"], file["modifiedTime"])
        page = answer.get("nextPageToken")
    return found


def _page(google: Google, folder: str, page: str) -> Json:
    asked = {
        "q": f"'{folder}' in parents and mimeType='{SPREADSHEET}' and trashed=false",
        "fields": "nextPageToken,files(id,name,modifiedTime)",
        "pageSize": PAGE,
        "supportsAllDrives": True,
        "includeItemsFromAllDrives": True,
        **({"pageToken": page} if page else {}),
    }
    try:
        return google.call("drive", "get", FILES, asked)
    except Refused as error:
        if error.status != 404:
            raise
        raise BookError(
            f"there is no folder {folder}, or it is not shared with {google.user}",
            f"copy its address again, or press Share there and add {google.user} as an Editor",
        ) from None
