"""Google Drive: the spreadsheets of a folder, in one call, and new folders and spreadsheets.

What is new carries a mark that only sheetgd sees. A call that makes something is never repeated blindly: Drive is asked
by the mark whether it was made, and asked twice, because its lists lag behind.
"""

from __future__ import annotations

import random
import re
import secrets
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeVar

from ...errors import BookError, UsageError
from ...grid.sheet import single_line
from .client import Google, Json
from .credentials import CREATE, WATCH
from .errors import Intercepted, Refused, Unreachable

FILES = "https://www.googleapis.com/drive/v3/files"
UPLOAD = "https://www.googleapis.com/upload/drive/v3/files"
FOLDERS = "https://drive.google.com/drive/folders/"
SHEETS = "https://docs.google.com/spreadsheets/d/"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SPREADSHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"
MARK = "sheetgd"  # the property that holds a spreadsheet's mark
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # seconds between the tries of a call that Drive did not carry out
LAG = 5.0  # seconds between asking and asking again whether something was made
_FOLDER = re.compile(
    r"(?:https?://)?drive\.google\.com/"
    r"(?:(?:drive/)?(?:mobile/)?(?:u/\d+/)?(?:mobile/)?folders/|open\?(?:[^#]*&)?id=)([A-Za-z0-9_-]+)"
)
ALL_DRIVES = {"supportsAllDrives": "true"}
ALSO_LISTED = {"includeItemsFromAllDrives": "true"}
PAGE = 1000  # files of one answer
_ID = re.compile(r"[A-Za-z0-9_-]{16,}")


Answer = TypeVar("Answer")


class DriveFile(NamedTuple):
    """A spreadsheet of a folder."""

    name: str
    modified: str


class Marked(NamedTuple):
    """A spreadsheet with a mark: its key, and with whom it is known to be shared, in lower case."""

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


def list_folder(google: Google, folder: str) -> dict[str, DriveFile]:
    """The spreadsheets of a folder by their keys; `google` needs the right to see files' metadata."""
    found = _list(google, folder, "id,name,modifiedTime")
    return {file["id"]: DriveFile(single_line(file["name"]), file["modifiedTime"]) for file in found}


def list_marked(google: Google, folder: str) -> dict[str, Marked]:
    """The spreadsheets of a folder that sheetgd marked, by their marks; of two alike the older one."""
    found: dict[str, Marked] = {}
    for file in _list(google, folder, "id,appProperties,permissions(emailAddress)", orderBy="createdTime"):
        if mark := file.get("appProperties", {}).get(MARK):
            found.setdefault(mark, Marked(file["id"], frozenset(_people(file))))
    return found


def find_marked(google: Google, mark: str, kind: str, folder: str = "") -> str | None:
    """The id of the oldest file of a kind with a mark, in a folder or anywhere, asked twice; None if there is none."""
    q = f"appProperties has {{ key='{MARK}' and value='{mark}' }} and mimeType='{kind}' and trashed=false"
    q += f" and '{folder}' in parents" if folder else ""
    asked = {"q": q, "fields": "files(id)", "orderBy": "createdTime", **ALL_DRIVES, **ALSO_LISTED}
    for pause in (0.0, LAG):
        time.sleep(pause)
        if found := google.call("drive", "get", FILES, asked)["files"]:
            return str(found[0]["id"])
    return None


def is_there(google: Google, key: str) -> bool:
    """Whether a spreadsheet that was made is still there, and not in the bin."""
    asked = {"fields": "trashed", **ALL_DRIVES}
    try:
        return not google.call("drive", "get", f"{FILES}/{key}", asked).get("trashed", False)
    except Refused as error:
        if error.status != 404:
            raise
        return False


def shared_with(google: Google, key: str) -> frozenset[str]:
    """Whose spreadsheet it is and with whom it is shared, in lower case."""
    asked = {"fields": "permissions(emailAddress)", "pageSize": 100, **ALL_DRIVES}
    return frozenset(_people(google.call("drive", "get", f"{FILES}/{key}/permissions", asked)))


def _people(answer: Json) -> Iterator[str]:
    return (each.get("emailAddress", "").lower() for each in answer.get("permissions", []))


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
        **ALL_DRIVES,
        **ALSO_LISTED,
        **options,
    }
    try:
        return google.call("drive", "get", FILES, asked)
    except Refused as error:
        if error.status != 404:
            raise
        if google.user.is_person and WATCH not in google.scopes:
            raise BookError(
                f"your login does not see the folder {folder}: with it sheetgd sees only what it made itself",
                "copy its address again, or run: sheetgd login --folder, which adds the right to see what lies in a "
                "folder",
            ) from None
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
    mark = secrets.token_hex(12)
    made = {"name": name, "mimeType": FOLDER, "appProperties": {MARK: mark}}

    def make() -> str:
        return str(google.call("drive", "post", FILES, {"fields": "id", **ALL_DRIVES}, made)["id"])

    return _patiently(google, make, lambda: find_marked(google, mark, FOLDER))


def check_folder(google: Google, folder: str) -> None:
    """A BookError where there is no such folder that `google` may use."""
    todo = "leave --folder out: then sheetgd makes a folder, which you can rename and move"
    asked = {"fields": "mimeType,trashed", **ALL_DRIVES}
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
    """The key of a new spreadsheet that a workbook is turned into; `mark` is one that it is to carry.

    After a call that brings nothing, Drive is asked whether the spreadsheet is there after all.
    """
    mark = mark or secrets.token_hex(12)
    metadata: Json = {"name": name, "mimeType": SPREADSHEET, "appProperties": {MARK: mark}}
    if folder:
        metadata["parents"] = [folder]

    def make() -> str:
        return str(google.upload(UPLOAD, metadata, content, XLSX)["id"])

    return _patiently(google, make, lambda: find_marked(google, mark, SPREADSHEET, folder))


def share_sheet(google: Google, key: str, address: str, *, notify: bool = False) -> None:
    """Let a person edit the spreadsheet; `notify`: Google writes to them, once."""
    asked = {"fields": "id", "sendNotificationEmail": str(notify).lower(), **ALL_DRIVES}
    person = {"type": "user", "role": "writer", "emailAddress": address}

    def is_shared() -> bool | None:
        for pause in (0.0, LAG):
            time.sleep(pause)
            if address.lower() in shared_with(google, key):
                return True
        return None

    def share() -> bool:
        google.call("drive", "post", f"{FILES}/{key}/permissions", asked, person)
        return True

    _patiently(google, share, is_shared)


def _patiently(google: Google, make: Callable[[], Answer], made: Callable[[], Answer | None]) -> Answer:
    """Call, and call again, later each time, while Drive takes no more calls or its answers are lost.

    After faults that may have had an effect, `made` is asked for it first.
    """
    unsure = False
    with google.saying_so():
        for pause in (*PAUSES, 0.0):
            try:
                found = made() if unsure else None
                return make() if found is None else found
            except (Refused, Unreachable) as error:
                status = error.status if isinstance(error, Refused) else 500
                if isinstance(error, Intercepted) or not pause or (status != 429 and status < 500):
                    raise
                unsure = unsure or status != 429
                time.sleep(pause * random.uniform(1.0, 1.5))
    raise AssertionError  # the last try returns or raises
