"""Google Drive: the spreadsheets of a folder, in one call, and new folders and spreadsheets.

A new spreadsheet can carry a mark that only sheetgd sees. A call that makes one is never repeated blindly: whether it
was made is asked by its mark.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from ...errors import BookError, UsageError
from .client import Google, Json
from .credentials import CREATE
from .errors import Refused, Unreachable

FILES = "https://www.googleapis.com/drive/v3/files"
UPLOAD = "https://www.googleapis.com/upload/drive/v3/files"
FOLDERS = "https://drive.google.com/drive/folders/"
SHEETS = "https://docs.google.com/spreadsheets/d/"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"
MARK = "sheetgd"  # the property that holds a spreadsheet's mark
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # seconds between the tries of a call that Drive did not carry out
_FOLDER = re.compile(r"(?:https?://)?drive\.google\.com/(?:drive/)?(?:u/\d+/)?folders/([A-Za-z0-9_-]+)")
PAGE = 1000  # files of one answer
_ID = re.compile(r"[A-Za-z0-9_-]{16,}")


Answer = TypeVar("Answer")


class Found(NamedTuple):
    """A spreadsheet of a folder."""

    name: str
    modified: str


class Marked(NamedTuple):
    """A spreadsheet with a mark: its key, and with whom it is shared, in lower case."""

    key: str
    shared: frozenset[str]


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
    found = _list(google, folder, "id,name,modifiedTime")
    return {file["id"]: Found(file["name"], file["modifiedTime"]) for file in found}


def list_marked(google: Google, folder: str) -> dict[str, Marked]:
    """The spreadsheets of a folder that sheetgd marked, by their marks; of two alike the older one."""
    found: dict[str, Marked] = {}
    for file in _list(google, folder, "id,appProperties,permissions(emailAddress)", orderBy="createdTime"):
        people = (each.get("emailAddress", "").lower() for each in file.get("permissions", []))
        if mark := file.get("appProperties", {}).get(MARK):
            found.setdefault(mark, Marked(file["id"], frozenset(people)))
    return found


def _list(google: Google, folder: str, fields: str, **options: str) -> Iterator[Json]:
    page: str | None = ""
    while page is not None:
        answer = _page(google, folder, fields, {**options, **({"pageToken": page} if page else {})})
        yield from answer.get("files", [])
        page = answer.get("nextPageToken")


def _page(google: Google, folder: str, fields: str, options: Json) -> Json:
    asked = {
        "q": f"'{folder}' in parents and mimeType='{SPREADSHEET}' and trashed=false",
        "fields": f"nextPageToken,files({fields})",
        "pageSize": PAGE,
        "supportsAllDrives": True,
        "includeItemsFromAllDrives": True,
        **options,
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


# -- what is new -----------------------------------------------------------------------------------------------------
def owner(title: str) -> Google:
    """The connection of a person, who can own what is new; a BookError of the `title` for a service account."""
    google = Google(CREATE)
    if not google.user.is_person:
        raise BookError(
            f"{google.user} is a service account, which owns no storage for a new Google Sheet",
            "log in yourself: sheetgd login --create",
            book=title,
        )
    return google


def make_folder(google: Google, name: str) -> str:
    """The id of a new folder."""
    made = google.call("drive", "post", FILES, {"fields": "id"}, {"name": name, "mimeType": FOLDER})
    return str(made["id"])


def check_folder(google: Google, folder: str) -> None:
    """A BookError where there is no such folder that `google` may use."""
    todo = "leave --folder out: then sheetgd makes a folder, which you can rename and move"
    asked = {"fields": "mimeType,trashed", "supportsAllDrives": True}
    try:
        found = google.call("drive", "get", f"{FILES}/{folder}", asked)
    except Refused as error:
        if error.status != 404:
            raise
        raise BookError(f"there is no folder {folder} in which sheetgd may make files", todo) from None
    if found["mimeType"] != FOLDER:
        raise BookError(f"{folder} is not a folder", todo)
    if found["trashed"]:
        raise BookError(f"the folder {folder} is in the bin", f"take it out of the bin, or {todo}")


def make_sheet(google: Google, name: str, content: bytes, folder: str = "", mark: str = "") -> str:
    """The key of a new spreadsheet that a workbook is turned into.

    A call that brings nothing is an error, unless there is a mark: by it the folder is asked whether the spreadsheet is
    there after all, and if not the call is made again.
    """
    metadata: Json = {"name": name, "mimeType": SPREADSHEET}
    if folder:
        metadata["parents"] = [folder]
    if not mark:
        return _upload(google, metadata, content)
    metadata["appProperties"] = {MARK: mark}

    def once_more() -> str:
        found = list_marked(google, folder).get(mark)
        return found.key if found else _upload(google, metadata, content)

    return _patiently(lambda: _upload(google, metadata, content), once_more)


def _upload(google: Google, metadata: Json, content: bytes) -> str:
    return str(google.upload(UPLOAD, metadata, content, XLSX)["id"])


def share_sheet(google: Google, key: str, address: str, *, notify: bool = False) -> None:
    """Let a person edit the spreadsheet; `notify`: Google writes to them."""
    asked = {"fields": "id", "sendNotificationEmail": notify, "supportsAllDrives": True}
    person = {"type": "user", "role": "writer", "emailAddress": address}

    _patiently(lambda: google.call("drive", "post", f"{FILES}/{key}/permissions", asked, person))


def _patiently(call: Callable[[], Answer], once_more: Callable[[], Answer] | None = None) -> Answer:
    """Call, and again, later each time, while Drive takes no more calls.

    After faults that may have had an effect `once_more` is called, where it is given.
    """
    for pause in PAUSES:
        try:
            return call()
        except (Refused, Unreachable) as error:
            status = error.status if isinstance(error, Refused) else 500
            if status != 429 and (status < 500 or not once_more):
                raise
            time.sleep(pause * random.uniform(1.0, 1.5))
            call = once_more or call
    return call()
