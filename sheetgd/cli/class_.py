"""sheetgd class: a worksheet for each student of a roster, as a file or in Google Drive, and the key.

What takes long to import is imported in the functions: --help and a mistyped option are answered at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from ..errors import BookError, UsageError
from .options import add_language, integer
from .output import Bar, quoted, say

if TYPE_CHECKING:
    from ..classroom.folder import Made


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("lesson", metavar="LESSON", nargs="?", help="its name, such as descent")
    parser.add_argument(
        "--roster",
        metavar="ROSTER.csv",
        required=True,
        help="who is in the class: a CSV file with a column of names, as a school's software exports it",
    )
    parser.add_argument(
        "-o", "--out", metavar="OUT", required=True, help="the folder to make for the worksheets and the key"
    )
    parser.add_argument(
        "--name", metavar="COLUMN", help='the roster\'s column with the names, or two of them: "First,Last"'
    )
    parser.add_argument(
        "--seed",
        metavar="S",
        help="any words: the same roster and seed give the same files (default: made at random)",
    )
    parser.add_argument(
        "--blank", metavar="COLUMNS", help="the columns that students fill in, such as y_pred,error_sq,new_m"
    )
    parser.add_argument(
        "--blank-rows",
        metavar="N",
        type=_rows,
        help="how many rows from the top of the table to leave blank (default: all; 5 on paper)",
    )
    parser.add_argument(
        "--data-like",
        metavar="FILE.csv|LESSON",
        help="draw points with the spread and scale of these: two columns of a CSV file, or penguins, belts or descent",
    )
    parser.add_argument(
        "--x", metavar="COLUMN", help="the file's column with x (not needed if there are only two)"
    )
    parser.add_argument("--y", metavar="COLUMN", help="its column with y")
    parser.add_argument(
        "--as",
        dest="kind",
        choices=("xlsx", "pdf"),
        default="xlsx",
        help="what to make (default: xlsx); pdf gives each student two pages for the copier (needs LibreOffice)",
    )
    add_language(parser, "the language of the worksheets, and of what check says of them")
    parser.add_argument("--force", action="store_true", help="replace files in OUT that have the same names")
    _add_model(parser)
    _add_google(parser)


def _add_model(parser: argparse.ArgumentParser) -> None:
    """Where the worksheets are made from a solved workbook."""
    parser.add_argument(
        "--model",
        metavar="SOLVED.xlsx",
        help="instead of a lesson: a solved workbook of your own, on any subject",
    )
    parser.add_argument(
        "--blank-cells",
        metavar="CELLS",
        help='with --model: what students fill in, such as "Sheet1!F5:G12,J3" (default: the open cells of a protected '
        "sheet)",
    )
    parser.add_argument(
        "--vary", metavar="CELLS", help="with --model: the typed numbers to vary from student to student"
    )


def _add_google(parser: argparse.ArgumentParser) -> None:
    """Where the worksheets are to be Google Sheets."""
    parser.add_argument(
        "--google",
        action="store_true",
        help="make Google Sheets in your Google Drive; OUT holds only the key",
    )
    parser.add_argument(
        "--folder", metavar="URL", help="with --google: the Drive folder to use (default: a new one)"
    )
    parser.add_argument(
        "--share",
        action="store_true",
        help="with --google: let each student edit their sheet, by the e-mail address in the roster",
    )
    parser.add_argument(
        "--notify", action="store_true", help="with --share: let Google send each of them an e-mail"
    )


def command(words: argparse.Namespace) -> int:
    _refuse_words(words)
    if words.model:
        return _from_model(words)
    from ..classroom.catalogue import like_points

    like = None if words.data_like is None else like_points(words.data_like, words.x, words.y)
    options = {
        "seed": words.seed,
        "blanks": None if words.blank is None else words.blank.split(","),
        "blank_rows": words.blank_rows,
        "like": like,
        "name_column": words.name,
        "force": words.force,
        "lang": words.lang,
    }
    return _online(words, options) if words.google else _files(words, options)


def _from_model(words: argparse.Namespace) -> int:
    from ..classroom.model_class import make_model_class

    with Bar(silent=False, words="Worksheets") as bar:
        made = make_model_class(
            words.model,
            words.roster,
            words.out,
            blank_cells=words.blank_cells or "",
            vary=words.vary or "",
            seed=words.seed,
            name_column=words.name,
            on_paper=words.kind == "pdf",
            force=words.force,
            lang=words.lang,
            progress=bar,
        )
    _print_made(made, f".{words.kind}")
    return 0


def _refuse_words(words: argparse.Namespace) -> None:
    _refuse_source(words)
    if words.seed is not None and not words.seed.strip():
        raise UsageError("--seed is empty", "leave it out, or write any words after it")
    if words.data_like is None and (words.x or words.y):
        todo = "add --data-like FILE.csv"
        raise UsageError("--x and --y name columns of a file, but --data-like is missing", todo)
    for option, given in {"--folder": words.folder, "--share": words.share, "--notify": words.notify}.items():
        if given and not words.google:
            raise UsageError(f"{option} is for Google Sheets", "add --google, or leave it out")
    if words.notify and not words.share:
        raise UsageError("--notify was given without --share", "add --share, or leave it out")
    if words.google and words.kind == "pdf":
        raise UsageError("--as pdf makes files, and --google makes none", "leave one of them out")


def _refuse_source(words: argparse.Namespace) -> None:
    """Errors in naming a lesson or a workbook of one's own, and in giving the options of the other."""
    if not (words.lesson or words.model):
        raise UsageError("no lesson is named", "name one, such as descent, or add --model SOLVED.xlsx")
    if words.lesson and words.model:
        raise UsageError("a lesson and --model were given", "leave one of them out")
    own = {"--blank-cells": words.blank_cells, "--vary": words.vary}
    lessons = {"--blank": words.blank, "--blank-rows": words.blank_rows, "--data-like": words.data_like}
    for option, given in (
        {**lessons, "--google": words.google or None}.items() if words.model else own.items()
    ):
        if given is not None and words.model:
            raise UsageError(f"{option} is for lessons", "leave it out")
        if given is not None:
            raise UsageError(
                f"{option} is for a workbook of your own", "add --model SOLVED.xlsx, or leave it out"
            )


def _files(words: argparse.Namespace, options: dict[str, Any]) -> int:
    from ..classroom.folder import make_class

    with Bar(silent=False, words="Worksheets") as bar:
        made: Made = make_class(
            words.lesson, words.roster, words.out, on_paper=words.kind == "pdf", progress=bar, **options
        )
    _print_made(made, f".{words.kind}")
    return 0


def _print_made(made: Made, ending: str) -> None:
    from ..classroom.office import names_without_font

    say(f"{made.folder}{os.sep}: {_many([one.file + ending for one in made.assignments], 'worksheet')}")
    say(f"For you alone: {quoted(str(made.key))}, with every answer.")
    if ending == ".pdf" and (names := names_without_font([one.name for one in made.assignments])):
        say(
            f"Note: no font on this computer has all the letters of {'; '.join(names)}, so paper shows boxes; install "
            "a font that has them, such as one of Google's Noto fonts, and make the PDFs again with --force.",
            aside=True,
        )


def _online(words: argparse.Namespace, options: dict[str, Any]) -> int:
    from ..classroom.drive import make_class

    with Bar(silent=False, words="Worksheets") as bar:
        made = make_class(
            words.lesson,
            words.roster,
            words.out,
            folder=words.folder or "",
            share=words.share,
            notify=words.notify,
            progress=bar,
            **options,
        )
    say(f"{made.folder}: {_many([one.file for one in made.assignments], 'Google Sheet')}")
    if old := len(made.assignments) - made.new:
        say(f"{old} of them {'were' if old > 1 else 'was'} there already, {made.new or 'none'} made now.")
    if words.share:
        say(f"Shared with {made.shared} of {len(made.assignments)} students, who may edit their own.")
    for name, why in made.left:
        say(f"  not shared with {name}: {why}")
    say(f"For you alone: {quoted(str(made.key))}, with every answer and the address of each sheet.")
    return BookError.exit_code if made.left else 0


def _many(names: list[str], kind: str) -> str:
    """How many there are, from the first to the last."""
    if len(names) == 1:
        return f"1 {kind}, {names[0]}"
    return f"{len(names):,} {kind}s, {names[0]} to {names[-1]}"


def _rows(text: str) -> int:
    return sys.maxsize if text == "all" else integer(text)
