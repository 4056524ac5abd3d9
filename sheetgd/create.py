"""New worksheets: drawn by a lesson, then finished so that every formula has its stored result."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .books import open_book
from .books.saving import write_atomically
from .errors import BookError, SheetgdError, UsageError
from .lessons import LESSONS, draw


def new(lesson: str = "descent", out: str | os.PathLike[str] | None = None, *, force: bool = False) -> Path:
    """Draw a lesson's worksheet to `out` (by default the lesson's name with .xlsx) and return its path.

    A file that exists is replaced only with `force`. Every formula has its stored result, and the log begins with
    epoch 0, the loss before any step.
    """
    path = Path(out if out is not None else f"{lesson}.xlsx")
    if lesson not in LESSONS:
        raise UsageError(f"there is no lesson {lesson}", f"the lessons are {', '.join(LESSONS)}")
    if path.suffix.lower() != ".xlsx":
        raise UsageError(f"{path.name} does not end in .xlsx", "name the worksheet so that Excel opens it")
    if path.exists() and not force:
        raise BookError(
            "the file exists already", "name another with -o, or add --force to replace it", book=path.name
        )
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "drawn.xlsx"
        draw(lesson, drawn)
        with open_book(drawn) as book:
            book.reset()
        try:
            write_atomically(path, drawn.read_bytes())
        except SheetgdError as error:
            raise error.at(book=path.name) from None
    return path
