"""sheetgd new: a lesson's worksheet."""

from __future__ import annotations

import argparse

from .printing import quoted
from .words import finite, integer, positive, whole


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "lesson",
        metavar="LESSON",
        nargs="?",
        default="descent",
        help="its name (descent without it); sheetgd lessons lists them",
    )
    parser.add_argument("-o", "--out", metavar="FILE", help="the file to write; LESSON.xlsx without it")
    parser.add_argument("--force", action="store_true", help="replace a file that exists")
    parser.add_argument("--title", metavar="WORDS", help="the title at the top of the sheet")
    parser.add_argument("--data", metavar="FILE.csv", help="your own points, two columns of a CSV file")
    parser.add_argument(
        "--x", metavar="COLUMN", help="its column with x; it may be left out if there are two"
    )
    parser.add_argument("--y", metavar="COLUMN", help="its column with y")
    parser.add_argument("--rows", metavar="N", type=integer, help="so many points, chosen or made at random")
    parser.add_argument(
        "--seed",
        metavar="S",
        type=integer,
        help="which points, or in network which weights: the same for the same S",
    )
    parser.add_argument("--m", metavar="M", type=finite, help="the slope (or multiplier) to start from")
    parser.add_argument("--b", metavar="B", type=finite, help="the intercept to start from")
    parser.add_argument("--learn", metavar="L", type=positive, help="the learning rate")
    parser.add_argument("--epochs", metavar="N", type=whole, help="how many epochs a run is to have")


def command(words: argparse.Namespace) -> int:
    from ..create import new
    from ..lessons import SEVERAL_TABS

    path = new(
        words.lesson, words.out, force=words.force, rows=words.rows, seed=words.seed, data=words.data, x=words.x,
        y=words.y, m=words.m, b=words.b, learn=words.learn, epochs=words.epochs, title=words.title,
    )  # fmt: skip
    run = f"sheetgd run {quoted(str(path))}" + " --all" * (words.lesson in SEVERAL_TABS)
    print(f"{path} is ready. Open it in Excel or LibreOffice, close it, and run: {run}")
    return 0
