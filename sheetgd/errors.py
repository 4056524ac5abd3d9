"""The errors that a teacher can meet, and the exit code of each kind.

Every error says, in one sentence: which workbook, sheet and cell, what was found there, and what to do next.

    SheetgdError          something must be fixed first                        exit code 1
    ├─ BookError          the workbook as a whole cannot be used
    │  ├─ NotAWorkbook    it is another kind of file
    │  └─ Hostile         it was made to do harm
    ├─ SheetError         a cell or the layout of a sheet is not what is needed
    ├─ UsageError         the options make no sense                            2
    ├─ Changed            the workbook changed while the run was computed
    └─ Diverged           the epochs ran away from the minimum                 3

What only one module raises is derived there: a call to Google that failed, an engine that ended, a sheet that can be
read in two ways.
"""

from __future__ import annotations

from collections.abc import Sequence


class SheetgdError(Exception):
    """Something is wrong in the workbook or the sheet.

    `found` says what is wrong and `todo` what to do about it; `book`, `sheet` and `cell` (A1) say where.
    A place that is not known where the error is raised is filled in on the way up (see `at`).

    >>> error = SheetgdError("learn is 0", "type a number above 0, such as 0.0001", sheet="Lesson", cell="C7")
    >>> print(error.at(book="lesson.xlsx"))
    lesson.xlsx, Lesson!C7: learn is 0; type a number above 0, such as 0.0001.
    """

    exit_code = 1

    def __init__(
        self, found: str, todo: str = "", *, book: str = "", sheet: str = "", cell: str = ""
    ) -> None:
        super().__init__(found)
        self.found, self.todo = found, todo
        self.book, self.sheet, self.cell = book, sheet, cell

    def at(self, *, book: str = "", sheet: str = "") -> SheetgdError:
        """Fill in the workbook or the sheet, where the error does not name one yet."""
        self.book = self.book or book
        self.sheet = self.sheet or sheet
        return self

    def __str__(self) -> str:
        place = f"{self.sheet}!{self.cell}" if self.cell else self.sheet and f"sheet {self.sheet}"
        where = ", ".join(filter(None, (self.book, place)))
        sentence = "; ".join(filter(None, (self.found, self.todo)))
        return f"{where}: {sentence}." if where else f"{sentence}."


class BookError(SheetgdError):
    """The file itself cannot be read, used or written."""


class NotAWorkbook(BookError):
    """The file is of another kind."""


class Hostile(BookError):
    """The file is made to do harm."""


def missing_sheet(name: str, names: list[str]) -> BookError:
    """The error for a sheet that the book does not have."""
    return BookError(f"there is no sheet {name}", f"its sheets are {', '.join(names)}")


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


class SheetError(SheetgdError):
    """A cell, or the layout of a sheet, is not what an epoch needs."""


class UsageError(SheetgdError):
    """The command, or the call, was given options that make no sense."""

    exit_code = 2


class Changed(SheetgdError):
    """What a run was computed from changed before the run was written; nothing of the run stays in the book."""


class Diverged(SheetgdError):
    """The epochs ran away from the minimum; the sheet holds the epochs before the loss began to grow."""

    exit_code = 3
