"""What run and reset print of a history."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from ..books import google_address
from ..errors import UsageError
from ..hints import TYPE_CHECKING
from .printing import Bar, number, print_json

if TYPE_CHECKING:
    from ..epochs import History

    Do = Callable[[argparse.Namespace, str, Bar | None], list[History]]


def each_book(words: argparse.Namespace, do: Do, summary: Callable[[History, str], str]) -> int:
    """Do what is to be done to the workbooks, and report it."""
    if words.all and words.sheet:
        raise UsageError("--all and --sheet were both given", "use one of them")
    book = words.book[0]
    if len(words.book) > 1 or any(mark in book for mark in "*?["):
        from . import several

        books = several.workbooks(words.book)
        if len(books) > 1:
            return several.do_all(books, words, do)
        [book] = books
    with Bar(words.json) as bar:
        histories = do(words, book, bar)
    return report(histories, words, words.out or book, summary)


def report(
    histories: list[History], words: argparse.Namespace, path: str, summary: Callable[[History, str], str]
) -> int:
    code = 0
    for history in histories:
        if words.json:
            print_json(history.as_json())
        elif history.epochs or not history.diverged:
            print(summary(history, history.book if google_address(path) else path))
            for warning in history.warnings:
                print(f"Note: {warning}.", file=sys.stderr)
        if history.diverged:
            sys.stdout.flush()
            print(history.diverged.at(book=history.book), file=sys.stderr)
            code = history.diverged.exit_code
    return code


def before_after(history: History, digits: int = 9) -> list[str]:
    """A line for each parameter, and one for the loss; what is called by its address shows that once."""
    rows = [(name if name != change.cell else "", change) for name, change in history.parameters.items()]
    rows += [(history.loss_name, history.loss)] if history.loss else []
    width = max(len(name) for name, _ in rows)
    return [
        f"  {name:<{width}}  {change.cell:<5} {number(change.before, digits):>14}  ->  {number(change.after, digits)}"
        for name, change in rows
    ]
