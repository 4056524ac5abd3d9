"""`open_book`: a file by its path, or a Google Sheet by its address."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import SheetgdError, UsageError
from .book import Book
from .xlsx.package import plain_path

if TYPE_CHECKING:
    from .google.addresses import GoogleAddress


def open_book(path: str | os.PathLike[str], *, readonly: bool = False) -> Book:
    """Open a workbook (.xlsx or .xlsm), or a Google Sheet by its address (URL) or key.

    A Google Sheet that is opened `readonly` needs, and gets, no right to write.

    >>> import sheetgd
    >>> path = sheetgd.new("descent", "lesson.xlsx")
    >>> with sheetgd.open_book("lesson.xlsx") as book:
    ...     book.sheet_names
    ['Descent', 'Valley', 'Live', 'For the teacher']
    """
    google = google_address(str(path))
    if google is None and "://" in str(path):
        from .google.addresses import EXAMPLE  # a file is told without it

        raise UsageError(
            f"{path} is neither a file nor the address of a Google Sheet",
            f"name an .xlsx or .xlsm workbook, or an address like {EXAMPLE}",
        )
    from ..formulas.launch import start_engine  # an address that is none needs no engine

    try:
        process = start_engine()  # it gets ready while this process imports the rest
    except SheetgdError as error:
        raise error.at(book=google.key if google else os.path.basename(plain_path(path))) from None
    from ..formulas.model import Model  # while the engine starts

    model = Model(process)
    if google is None:
        from .xlsx.book import XlsxBook  # likewise, and a Google Sheet does without

        book: Book = XlsxBook(path, model)
        book.address = plain_path(path)
        return book
    try:
        from .google.book import open_google  # which needs gspread, and files do without

        book = open_google(google.key, google.gid, model, readonly=readonly)
        book.address = str(path)
        return book
    except BaseException:
        model.close()
        raise


def google_address(path: str) -> GoogleAddress | None:
    """The key and the gid in the address of a Google Sheet; None for a file."""
    if "." in path and "google.com" not in path.lower():
        return None
    from .google import addresses  # a file is told without them

    return addresses.google_address(path)
