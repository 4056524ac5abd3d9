"""run and reset over one workbook or several: side by side, a line each, none stopping the others."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..books.opening import open_book
from ..errors import BookError, UsageError
from .output import Bar, report

if TYPE_CHECKING:
    from ..books.book import Book
    from ..epochs.history import History
    from .side_by_side import Do

EXCEL_LOCK = "~$"  # what the names of the files begin with that lie beside a workbook open in Excel


def workbooks(names: list[str]) -> list[str]:
    """The workbooks that are meant, each once, in their order; patterns that no shell has expanded are expanded."""
    found: dict[str, str] = {}
    for name in names:
        matching = [name]
        if any(mark in name for mark in "*?[") and "://" not in name and not os.path.exists(name):
            from glob import glob  # few names are patterns

            matching = sorted(glob(name))
            if not matching:
                raise BookError("no file has such a name", "check the name and the folder", book=name)
        for path in matching:
            if len(names) + len(matching) == 2 or not os.path.basename(path).startswith(EXCEL_LOCK):
                found.setdefault(path if "://" in path else os.path.realpath(path), path)
    return list(found.values())


@contextlib.contextmanager
def opened(path: str) -> Iterator[Book]:
    """A workbook that the engine loads while its user goes on; errors name it."""
    with open_book(path) as book, book.naming_errors():
        book.start()
        yield book


def each_book(words: argparse.Namespace, do: Do, summary: Callable[[History, str], str]) -> int:
    """Do what is to be done to the workbooks, and report it."""
    if words.all and words.sheet:
        raise UsageError("--all and --sheet were both given", "use one of them")
    book = words.book[0]
    if len(words.book) > 1 or any(mark in book for mark in "*?["):
        books = workbooks(words.book)
        if len(books) > 1:
            # It takes longer to import than all else that one workbook needs.
            from .side_by_side import do_all

            return do_all(books, words, do)
        [book] = books
    with Bar(words.json) as bar:
        histories = do(words, book, bar)
    return report(histories, words, words.out or book, summary)
