"""Google Sheets that students filled in, read from a Drive folder one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..books.google.book import GoogleBook
from ..books.google.client import Google, Quota
from ..books.google.credentials import CREATE, LOOK, folder_scope
from ..books.google.drive import folder_id, list_folder
from ..books.google.errors import CallFailed, Refused
from ..errors import BookError, SheetgdError
from .returned import Returned


class Returns:
    """The Google Sheets in a Drive folder: how many, and one after the other, within Google's quota."""

    def __init__(self, folder: str) -> None:
        """`folder` is its address or id; a SheetgdError says why it cannot be listed."""
        self.google = Google(LOOK, folder_scope())
        self.sees_all = CREATE not in self.google.scopes
        self.google.before_call = Quota()
        names = {key: found.name for key, found in list_folder(self.google, folder_id(folder)).items()}
        if not names:
            raise BookError(
                f"there is no Google Sheet in the folder {folder_id(folder)}",
                "copy the address of the folder with the worksheets"
                if self.sees_all
                else "that your login sees; run: sheetgd login --folder, which adds the right to see all of a folder",
            )
        self.sheets: Mapping[str, str] = dict(sorted(names.items(), key=lambda each: each[1].casefold()))

    def __len__(self) -> int:
        return len(self.sheets)

    def __iter__(self) -> Iterator[tuple[str, Returned | SheetgdError]]:
        """Each sheet's title, with what it holds or why it cannot be read; a lost connection is raised."""
        for key, title in self.sheets.items():
            try:
                yield title, read_sheet(self.google, key)
            except SheetgdError as error:
                if isinstance(error, CallFailed) and not isinstance(error, Refused):
                    raise
                yield title, error

    def close(self) -> None:
        """Close the connection."""
        self.google.close()


def read_sheet(google: Google, key: str) -> Returned:
    """What a Google Sheet holds; Google has recalculated its formulas."""
    with GoogleBook(key, None, google) as book:
        return Returned(book.name, {name: book.cells(name) for name in book.sheet_names}, [], "")
