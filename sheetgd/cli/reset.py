"""sheetgd reset."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .batch import each_book, opened
from .options import add_books, add_choice_and_output, choice_of
from .output import before_after

if TYPE_CHECKING:
    from ..epochs.history import History
    from .output import Bar


def arguments(parser: argparse.ArgumentParser) -> None:
    add_books(parser)
    parser.add_argument("--all", action="store_true", help="reset every sheet that has a step table")
    add_choice_and_output(parser)


def command(words: argparse.Namespace) -> int:
    return each_book(words, _reset, _summary)


def _reset(words: argparse.Namespace, path: str, _: Bar | None) -> list[History]:
    with opened(path) as book:
        from ..epochs.run import reset_sheets  # while the engine loads it

        return reset_sheets(
            book,
            words.sheet,
            every=words.all,
            choice=choice_of(words),
            remember=words.remember,
            out=words.out,
            force=words.force,
        )


def _summary(history: History, path: str) -> str:
    return "\n".join([f"{path}, sheet {history.sheet}: reset", *before_after(history)])
