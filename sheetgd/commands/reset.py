"""sheetgd reset."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..books import open_book
from .histories import before_after, refuse_both, report
from .words import add_book, add_carry, add_writing

if TYPE_CHECKING:
    from ..epochs import History


def arguments(parser: argparse.ArgumentParser) -> None:
    add_book(parser)
    parser.add_argument("--all", action="store_true", help="reset every sheet that has a step table")
    add_carry(parser)
    add_writing(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, all digits")


def command(words: argparse.Namespace) -> int:
    refuse_both(words)
    with open_book(words.book) as book:
        from ..epochs import reset  # while the engine starts

        histories = book.named(
            reset, book, words.sheet, every=words.all, carry=words.carry, out=words.out, force=words.force
        )
    return report(histories, words, _summary)


def _summary(history: History, path: str) -> str:
    return "\n".join([f"{path}, sheet {history.sheet}: reset", *before_after(history)])
