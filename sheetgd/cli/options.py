"""The options that several commands share, and which numbers may be typed there."""

from __future__ import annotations

import argparse

from ..layout.choice import Choice, choose
from ..limits import MOST_EPOCHS, MOST_RESTARTS

BOOK = "an .xlsx or .xlsm workbook, or the address (URL) of a Google Sheet"


def add_book(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("book", metavar="BOOK", help=BOOK)
    _add_sheet(parser)


def add_books(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "book",
        metavar="BOOK",
        nargs="+",
        help=f"{BOOK}; several are done side by side, with one line each, and the exit code is the highest",
    )
    _add_sheet(parser)


def _add_sheet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sheet", metavar="NAME", help="the sheet (default: the only one with a step table)")


def add_language(parser: argparse.ArgumentParser, what: str) -> None:
    """--lang, and what is in that language."""
    parser.add_argument("--lang", metavar="CODE", help=f"{what}, such as de, es or fr")


def add_carry(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--carry",
        metavar="FROM=TO",
        type=pair,
        action="append",
        default=[],
        help="carry this cell to that one after each epoch, whatever the sheet says; may be given several times",
    )


def add_choice(parser: argparse.ArgumentParser) -> None:
    """--carry and the options that name a cell where the sheet leaves a choice."""
    add_carry(parser)
    for what, text in (
        ("loss", "the cell of the loss"),
        ("learn-cell", "the cell of the learning rate"),
        ("epochs-cell", "the cell with the number of epochs"),
    ):
        parser.add_argument(f"--{what}", metavar="CELL", help=f"{text}, whatever the sheet says")


def add_choice_and_output(parser: argparse.ArgumentParser) -> None:
    """What run and reset share: which cells are meant, where to write, and what to print."""
    add_choice(parser)
    parser.add_argument(
        "--remember",
        action="store_true",
        help="keep these choices in the workbook, so that they need not be typed again",
    )
    add_writing(parser)
    parser.add_argument(
        "--json",
        action="store_true",
        help="print a JSON object per sheet, one per line, with all digits",
    )


def choice_of(words: argparse.Namespace) -> Choice:
    return choose(words.carry, words.loss, words.learn_cell, words.epochs_cell)


def add_writing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o", "--out", metavar="OUT", help="write to this file instead; the workbook stays as it is"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="write in spite of a lock file, a signature or an existing OUT",
    )


def add_rows(parser: argparse.ArgumentParser) -> None:
    """Rows beyond the sheet."""
    parser.add_argument(
        "--rows",
        metavar="FILES",
        help="use these rows instead of the table's: a Parquet or CSV file, or a pattern such as 'part-*.csv'; the "
        "sheet's own rows stay as a sample",
    )
    parser.add_argument(
        "--map",
        metavar="HEADING=COLUMN",
        type=named,
        action="append",
        default=[],
        help="the files' name for a column of the table, such as x=bill_length_mm; may be given several times",
    )
    parser.add_argument(
        "--on",
        metavar="ADDRESS",
        help="compute them on the Dask cluster of this scheduler, such as tcp://192.168.1.2:8786 (default: on the "
        "cores of this computer)",
    )


def named(text: str) -> tuple[str, str]:
    heading, found, column = text.rpartition("=")
    if not found or not heading.strip() or not column.strip():
        raise argparse.ArgumentTypeError(f"{text} is not a heading and a column like x=bill_length_mm")
    return heading.strip(), column.strip()


def whole(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 1 <= number <= MOST_EPOCHS:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1 to {MOST_EPOCHS:,}")
    return number


def count(text: str) -> int:
    number = integer(text)
    if not 0 <= number <= MOST_RESTARTS:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 0 to {MOST_RESTARTS:,}")
    return number


def integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number") from None


def finite(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if number - number != 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number, such as 1.5")
    return number


def positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0, such as 0.0001")
    return number


def pair(text: str) -> tuple[str, str]:
    source, found, target = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"{text} is not a pair of cells like K30=C2")
    return source, target
