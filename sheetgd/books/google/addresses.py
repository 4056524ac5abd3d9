"""The addresses of Google Sheets, as browsers, phones and Drive show them. Nothing of Google's is imported here."""

import os
import re
from typing import NamedTuple

from ...errors import UsageError

_SHEET = (
    r"(?i)(?:https?://)?(?:"
    r"docs\.google\.com/(?:a/[^/]+/)?spreadsheets/(?:u/\d+/)?d/(?!e/)"
    r"|(?:drive|docs)\.google\.com/(?:a/[^/]+/)?(?:drive/)?(?:mobile/)?(?:u/\d+/)?(?:mobile/)?file/(?:u/\d+/)?d/"
    r"|(?:drive|docs)\.google\.com/(?:a/[^/]+/)?(?:u/\d+/)?open\?(?:[^#]*&)?id="
    r")([A-Za-z0-9_-]+)"
)
_PUBLISHED = r"(?i)(?:https?://)?docs\.google\.com/(?:a/[^/]+/)?spreadsheets/(?:u/\d+/)?d/e/"
_FOLDER = r"(?i)(?:https?://)?drive\.google\.com/\S*folders/"
_KEY = r"[A-Za-z0-9_-]{40,120}"
EXAMPLE = "https://docs.google.com/spreadsheets/d/KEY/edit"


class GoogleAddress(NamedTuple):
    """The key of a spreadsheet, and the gid of one of its sheets where the address has one."""

    key: str
    gid: int | None


def google_address(text: str) -> GoogleAddress | None:
    """What the address or the key of a Google Sheet says, or None for the name of a file.

    A UsageError says what is to be copied instead of the address of a published copy or a folder.

    >>> google_address("https://docs.google.com/spreadsheets/d/1aB_c-9/edit?gid=0#gid=42")
    GoogleAddress(key='1aB_c-9', gid=42)
    >>> google_address("https://drive.google.com/file/d/1aB_c-9/view?usp=sharing")
    GoogleAddress(key='1aB_c-9', gid=None)
    >>> google_address("lesson.xlsx")
    """
    text = text.strip()
    if found := re.match(_SHEET, text):
        gids = re.findall(r"[#?&]gid=(\d+)", text)
        return GoogleAddress(found[1], int(gids[-1]) if gids else None)
    if re.match(_PUBLISHED, text):
        raise UsageError(
            f"{text} is the address of a copy that was published on the web, which nobody can change",
            f"open the Google Sheet itself and copy its address from the browser; it looks like {EXAMPLE}",
        )
    if re.match(_FOLDER, text):
        raise UsageError(
            f"{text} is the address of a folder, not of a Google Sheet",
            f"open the sheet in it and copy its address; it looks like {EXAMPLE} (sync and check take a folder after "
            "--folder)",
        )
    if re.fullmatch(_KEY, text) and not os.path.exists(text):
        return GoogleAddress(text, None)
    return None
