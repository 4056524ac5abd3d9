"""sheetgd class: a worksheet for each student of a roster, and the key."""

from __future__ import annotations

import argparse
import os
import sys

from ..errors import UsageError
from .printing import Bar, quoted
from .words import integer


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lesson", metavar="LESSON", help="its name, such as descent")
    parser.add_argument(
        "--roster", metavar="ROSTER.csv", required=True,
        help="who is in the class: a CSV file with a column of names, as a school's software exports it",
    )  # fmt: skip
    parser.add_argument("-o", "--out", metavar="OUT", required=True, help="the folder to make")
    parser.add_argument(
        "--name", metavar="COLUMN", help='the roster\'s column with the names, or two of them: "First,Last"'
    )
    parser.add_argument(
        "--seed",
        metavar="S",
        help="any words: the same roster and seed give the same files; without it one is made",
    )
    parser.add_argument(
        "--blank", metavar="COLUMNS", help="what the students fill in, such as y_pred,error_sq,new_m"
    )
    parser.add_argument(
        "--blank-rows",
        metavar="N",
        type=_rows,
        help="on so many first rows of the table, or all; 5 without it",
    )
    parser.add_argument(
        "--data-like", metavar="FILE.csv|LESSON",
        help="points with the spread and the scale of these: two columns of a CSV file, or penguins, belts, descent",
    )  # fmt: skip
    parser.add_argument("--x", metavar="COLUMN", help="the file's column with x; needless if there are two")
    parser.add_argument("--y", metavar="COLUMN", help="its column with y")
    parser.add_argument(
        "--as", dest="kind", choices=("xlsx", "pdf"), default="xlsx",
        help="pdf prints the worksheets, two pages each, ready for the copier (LibreOffice does it)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files of the same names in OUT")


def command(words: argparse.Namespace) -> int:
    from ..classroom.folder import make_class
    from ..classroom.kinds import like_points

    if words.seed is not None and not words.seed.strip():
        raise UsageError("--seed is empty", "leave it out, or write any words after it")
    if words.data_like is None and (words.x or words.y):
        todo = "add --data-like FILE.csv"
        raise UsageError("--x and --y name columns of a file, but --data-like is missing", todo)
    like = None if words.data_like is None else like_points(words.data_like, words.x, words.y)
    blanks = None if words.blank is None else words.blank.split(",")
    with Bar(silent=False, words="Worksheets") as bar:
        made = make_class(
            words.lesson, words.roster, words.out, seed=words.seed, blanks=blanks, blank_rows=words.blank_rows,
            like=like, name_column=words.name, on_paper=words.kind == "pdf", force=words.force, progress=bar,
        )  # fmt: skip
    count = len(made.assignments)
    files = f"{count:,} worksheets" if count > 1 else "1 worksheet"
    first, last = made.assignments[0].file, made.assignments[-1].file
    between = f"{first}.{words.kind} to {last}.{words.kind}" if count > 1 else f"{first}.{words.kind}"
    print(f"{made.folder}{os.sep}: {files}, {between}")
    print(f"For you alone: {quoted(str(made.key))}, with every answer.")
    return 0


def _rows(text: str) -> int:
    return sys.maxsize if text == "all" else integer(text)
