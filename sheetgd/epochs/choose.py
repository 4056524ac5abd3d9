"""Which sheet of a book is meant, and what it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..books.book import Book
from ..errors import SheetError, missing_sheet
from ..grid.column_runs import few, runs
from ..grid.edits import Edits
from ..grid.sheet import Sheet
from ..layout.choice import Choice, choose
from ..layout.filled_down import carries_nothing_else
from ..layout.find import Layout, has_table, lesson_names, no_table, sheet_layout
from ..layout.tables import refuse_nameless_points

NOTHING = Choice()


def look(
    book: Book,
    sheet: str | None = None,
    *,
    carry: Sequence[tuple[str, str]] = (),
    loss: str | None = None,
    learn_cell: str | None = None,
    epochs_cell: str | None = None,
) -> Layout:
    """What a lesson's sheet holds, and where.

    `sheet` may be left out where only one can be run; `carry`, `loss`, `learn_cell` and `epochs_cell` are as in
    `sheetgd.run`. Raises a SheetgdError that says what is missing.

    >>> import sheetgd
    >>> path = sheetgd.new("descent", "lesson.xlsx")
    >>> with sheetgd.open_book("lesson.xlsx") as book:
    ...     layout = sheetgd.look(book)
    >>> list(layout.parameters), layout.rule
    (['m', 'b'], 'formulas')
    """
    with book.naming_errors():
        choice = choose(carry, loss, learn_cell, epochs_cell)
        [name] = choose_sheets(book, sheet, advice="", choice=choice)
        return layout_of(book, name, choice)


def layout_of(book: Book, name: str, choice: Choice = NOTHING) -> Layout:
    """What one sheet holds: by its headings, else by what its formulas do."""
    sheet = book.cells(name)
    choice = _meant(book, name, choice).over(sheet.names)
    if has_table(sheet):
        return _completed(book, sheet_layout(sheet, choice=choice), choice)
    found = _by_formulas(book, name, choice)
    if found:
        return found
    refuse_nameless_points(sheet)
    raise _offered(book, [name]) or no_table([name], name if len(book.sheet_names) > 1 else "")


def _meant(book: Book, name: str, choice: Choice) -> Choice:
    if not choice.typed:
        return choice
    sheet = book.cells(name)
    return choice.meant(sheet, lesson_names(sheet))


def why_not(book: Book, name: str) -> str:
    """Why one of a book's sheets cannot be run."""
    try:
        layout_of(book, name)
    except SheetError as error:
        sentence = "; ".join(filter(None, (error.found, error.todo)))
        return f"{error.cell}: {sentence}." if error.cell else f"{sentence}."
    return "it can be run"


def _completed(book: Book, layout: Layout, choice: Choice) -> Layout:
    """The layout with the state that no label names."""
    if layout.rule != "formulas" or carries_nothing_else(layout):
        return layout
    from ..layout.graph import TooLarge  # which needs the grammar
    from ..layout.unlabelled_states import completed

    try:
        return completed(_mentioned(book, layout.sheet.name), layout, choice, book.address)
    except TooLarge:
        return layout


def _mentioned(book: Book, name: str) -> dict[str, Sheet]:
    """A sheet, and those that its formulas mention, directly or through others."""
    found = {name: book.cells(name)}
    waiting = [name]
    while waiting:
        formulas = found[waiting.pop()].formulas
        columns = [
            run.values for run in runs(formulas) if "!" in run.values[0]
        ]  # filled down: if one, then each
        every = [*few(formulas).values(), *(text for column in columns for text in column)]
        texts = "\n".join(text for text in every if "!" in text).replace("''", "'").casefold()
        for other in book.sheet_names:
            if other not in found and re.search(rf"(?<!\w){re.escape(other.casefold())}'?!", texts):
                found[other] = book.cells(other)
                waiting.append(other)
    return found


def _by_formulas(book: Book, name: str, choice: Choice) -> Layout | None:
    from ..layout.graph import TooLarge  # only few sheets need it, and every command would wait for it
    from ..layout.own import own_layout

    if not book.has_formulas() or not book.cells(name).formulas:
        return None
    try:
        return own_layout({name: book.cells(name) for name in book.sheet_names}, name, choice, book.address)
    except TooLarge:
        return None


def _offered(book: Book, names: Sequence[str]) -> SheetError | None:
    """The nearest thing to a descent on these sheets."""
    from ..layout.graph import TooLarge  # only where there is no descent to be found
    from ..layout.offers import offer

    sheets = {name: book.cells(name) for name in book.sheet_names}
    try:
        return next(filter(None, (offer(sheets, name, book.address) for name in names)), None)
    except TooLarge:
        return None


def choose_sheets(
    book: Book,
    sheet: str | None = None,
    every: bool = False,
    advice: str = ", or run each with --all",
    choice: Choice = NOTHING,
) -> list[str]:
    """The names of the sheets meant: the one named here or by the book's address, the only one that can be run, or
    every one that can. The `advice` ends the error where there are several."""
    sheet = sheet if sheet is not None or every else book.chosen
    if sheet is not None:
        found = [name for name in book.sheet_names if name.casefold() == sheet.casefold()]
        if not found:
            raise missing_sheet(sheet, book.sheet_names)
        return found
    found = [name for name in book.sheet_names if has_table(book.cells(name))]
    if not found and len(book.sheet_names) == 1:
        return book.sheet_names  # `layout_of` says what it is
    found = found or _understood(book, choice)
    if not found:
        for name in book.sheet_names:
            refuse_nameless_points(book.cells(name))
        raise _offered(book, book.sheet_names) or no_table(book.sheet_names)
    if len(found) > 1 and not every:
        raise SheetError(
            f"{len(found)} sheets have a step table: {', '.join(found)}",
            f'choose one with --sheet "{found[0]}"{advice}',
        )
    return found


def _understood(book: Book, choice: Choice) -> list[str]:
    """The sheets whose formulas are a descent; what is unclear is said only where there is none."""
    found, unclear = [], []
    for name in book.sheet_names:
        try:
            found += [name] if _by_formulas(book, name, choice.over(book.cells(name).names)) else []
        except SheetError as error:
            unclear.append(error)
    if unclear and not found:
        raise unclear[0]
    return found


def remember_choice(book: Book, names: list[str], choice: Choice, edits: Edits) -> None:
    """Let the workbook keep the choice."""
    for name in names:
        edits.hidden_names[name] = _meant(book, name, choice).remembered()
