"""sheetgd animate: a film of a run.

What takes long to import is imported in the functions: --help and a mistyped option are answered at once.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ..books.google.addresses import google_address
from ..books.opening import open_book
from .options import add_book, whole
from .output import Bar, number, say


def arguments(parser: argparse.ArgumentParser) -> None:
    add_book(parser)
    parser.add_argument(
        "-o", "--out", metavar="FILE.gif", help="the file to write (default: BOOK's name with .gif)"
    )
    parser.add_argument("--png", metavar="FILE.png", help="also write the last picture to this file")
    parser.add_argument(
        "--epochs",
        metavar="N",
        type=whole,
        help="show a run of N epochs, which is not written to the workbook",
    )
    parser.add_argument("--force", action="store_true", help="replace existing files")


def command(words: argparse.Namespace) -> int:
    from ..animation.animate import animate

    with open_book(words.book, readonly=True) as book, Bar(silent=False) as bar:
        out = words.out or _beside(words.book, book.name)
        film, frames = animate(
            book, out, sheet=words.sheet, png=words.png, epochs=words.epochs, force=words.force, progress=bar
        )
    first, last = film.steps[0], film.steps[-1]
    also = f", and {words.png}" if words.png else ""
    epochs = f"epochs {first.epoch:,.15g} to {last.epoch:,.15g}"
    say(f"{out}{also}: sheet {film.sheet}, {epochs}, {len(frames)} pictures")
    say(f"  {film.loss_name}  {number(first.loss)}  ->  {number(last.loss)}")
    for warning in film.warnings:
        say(f"Note: {warning}.", aside=True)
    return 0


def _beside(path: str, name: str) -> Path:
    """The file to write if none is named: beside a workbook; for a Google Sheet, in the current folder, named like the
    sheet.
    """
    if google_address(path):
        return Path("".join("_" if letter in '\\/:*?"<>|' else letter for letter in name) + ".gif")
    return Path(path).with_suffix(".gif")
