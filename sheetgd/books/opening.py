"""`open_book`: a file by its path, or a Google Sheet by its address."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from ..errors import SheetgdError, UsageError
from .book import Book
from .xlsx.package import plain_path

_GOOGLE = r"(?i)(?:https?://)?docs\.google\.com/(?:a/[^/]+/)?spreadsheets/(?:u/\d+/)?d/(?!e/)([A-Za-z0-9_-]+)"

if TYPE_CHECKING:
    pass


def open_book(path: str | os.PathLike[str], *, readonly: bool = False) -> Book:
    """Open a workbook (.xlsx or .xlsm), or a Google Sheet by its address (URL) or key.

    A Google Sheet that is opened `readonly` needs, and gets, no right to write.

    >>> import sheetgd
    >>> path = sheetgd.new("descent", "lesson.xlsx")
    >>> with sheetgd.open_book("lesson.xlsx") as book:
    ...     book.sheet_names
    ['Descent', 'Live', 'For the teacher']
    """
    google = google_address(str(path))
    if google is None and "://" in str(path):
        raise UsageError(
            f"{path} is neither a file nor the address of a Google Sheet",
            "name an .xlsx or .xlsm workbook, or an address like https://docs.google.com/spreadsheets/d/KEY/edit",
        )
    from ..formulas.launch import start_engine

    try:
        process = start_engine()  # which gets ready while this process imports the rest
    except SheetgdError as error:
        raise error.at(book=google.key if google else os.path.basename(plain_path(path))) from None
    from ..formulas.model import Model

    model = Model(process)
    if google is None:
        from .xlsx.book import XlsxBook

        return XlsxBook(path, model)
    try:
        from .google.book import open_google

        return open_google(google.key, google.gid, model, readonly=readonly)
    except BaseException:
        model.close()
        raise


class GoogleAddress(NamedTuple):
    """The key of a spreadsheet, and the gid of one of its sheets where the address has one."""

    key: str
    gid: int | None


def google_address(text: str) -> GoogleAddress | None:
    """What the address or the key of a Google Sheet says, or None for the name of a file.

    >>> google_address("https://docs.google.com/spreadsheets/d/1aB_c-9/edit?gid=0#gid=42")
    GoogleAddress(key='1aB_c-9', gid=42)
    >>> google_address("lesson.xlsx")
    """
    if "google" in text.lower() and (found := re.match(_GOOGLE, text.strip())):
        gids = re.findall(r"[#?&]gid=(\d+)", text)
        return GoogleAddress(found[1], int(gids[-1]) if gids else None)
    if re.fullmatch(r"[A-Za-z0-9_-]{40,120}", text) and not os.path.exists(text):
        return GoogleAddress(text, None)
    return None
