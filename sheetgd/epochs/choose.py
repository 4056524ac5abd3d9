"""Which sheet of a book is meant."""

from __future__ import annotations

from collections.abc import Sequence

from ..books.book import Book
from ..errors import SheetError, missing_sheet
from ..layout.find import Layout, has_table, no_table, sheet_layout
from ..layout.tables import refuse_nameless_points


def look(book: Book, sheet: str | None = None, *, carry: Sequence[tuple[str, str]] = ()) -> Layout:
    """What a lesson's sheet holds, and where.

    `sheet` may be left out where only one has a step table; `carry` is as in `sheetgd.run`. Raises a SheetgdError that
    says what is missing.

    >>> import sheetgd
    >>> path = sheetgd.new("descent", "lesson.xlsx")
    >>> with sheetgd.open_book("lesson.xlsx") as book:
    ...     layout = sheetgd.look(book)
    >>> list(layout.parameters), layout.rule
    (['m', 'b'], 'formulas')
    """
    with book.naming_errors():
        [name] = choose_sheets(book, sheet, advice="")
        return sheet_layout(book.cells(name), carry)


def choose_sheets(
    book: Book, sheet: str | None = None, every: bool = False, advice: str = ", or run each with --all"
) -> list[str]:
    """The names of the sheets meant: the one named here or by the book's address, the only one with a step table, or
    every one with one. The `advice` ends the error where several have one."""
    sheet = sheet if sheet is not None or every else book.chosen
    if sheet is not None:
        found = [name for name in book.sheet_names if name.casefold() == sheet.casefold()]
        if not found:
            raise missing_sheet(sheet, book.sheet_names)
        return found
    found = [name for name in book.sheet_names if has_table(book.cells(name))]
    if not found:
        for name in book.sheet_names:
            refuse_nameless_points(book.cells(name))
        raise no_table(book.sheet_names)
    if len(found) > 1 and not every:
        raise SheetError(
            f"{len(found)} sheets have a step table: {', '.join(found)}",
            f'choose one with --sheet "{found[0]}"{advice}',
        )
    return found
