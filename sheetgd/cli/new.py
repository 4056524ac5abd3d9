"""sheetgd new: a lesson's worksheet.

What takes long to import is imported in the functions: --help and a mistyped option are answered at once.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ..errors import UsageError
from ..lessons import SEVERAL_TABS
from .options import finite, integer, positive, whole
from .output import quoted, say


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "lesson",
        metavar="LESSON",
        nargs="?",
        default="descent",
        help="its name (default: descent); sheetgd lessons lists them",
    )
    parser.add_argument("-o", "--out", metavar="FILE", help="the file to write (default: LESSON.xlsx)")
    parser.add_argument(
        "--google",
        metavar="TITLE",
        help="make a Google Sheet with this title in your Drive instead of a file",
    )
    parser.add_argument(
        "--share", metavar="ADDRESS", help="let this e-mail address edit the new Google Sheet"
    )
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    parser.add_argument("--title", metavar="WORDS", help="the title at the top of the sheet")
    parser.add_argument(
        "--lang",
        metavar="CODE",
        default="en",
        help="the language of its texts, such as de",
    )
    parser.add_argument("--data", metavar="FILE.csv", help="your own points, two columns of a CSV file")
    parser.add_argument("--x", metavar="COLUMN", help="its column with x (not needed if there are only two)")
    parser.add_argument("--y", metavar="COLUMN", help="its column with y")
    parser.add_argument("--rows", metavar="N", type=integer, help="how many points, chosen or made at random")
    parser.add_argument(
        "--seed",
        metavar="S",
        type=integer,
        help="which points, weights (network) or starts (minima): the same for the same S",
    )
    parser.add_argument("--m", metavar="M", type=finite, help="the slope (or multiplier) to start from")
    parser.add_argument("--b", metavar="B", type=finite, help="the intercept to start from")
    parser.add_argument("--learn", metavar="L", type=positive, help="the learning rate")
    parser.add_argument("--epochs", metavar="N", type=whole, help="how many epochs a run takes")
    parser.add_argument("--without-teacher", action="store_true", help="leave out the tab for the teacher")
    parser.add_argument("--hide-actual", action="store_true", help="leave out the answer beside the guess")


def command(words: argparse.Namespace) -> int:
    if words.google is not None:
        return _google(words)
    if words.share is not None:
        raise UsageError("--share is for a new Google Sheet", "add --google TITLE")
    path = _draw(words, words.out)
    run = f"sheetgd run {quoted(str(path))}" + " --all" * (words.lesson in SEVERAL_TABS)
    say(f"{path} is ready. Open it in Excel or LibreOffice, close it, and run: {run}")
    return 0


def _google(words: argparse.Namespace) -> int:
    if words.out or words.force:
        raise UsageError("--google makes no file, so -o and --force mean nothing", "leave them out")
    from ..online.publish import publish

    with tempfile.TemporaryDirectory() as folder:
        drawn = _draw(words, f"{folder}/lesson.xlsx", scroll_bar=False)  # Google's import drops form controls
        made = publish(drawn, words.google, words.share)
    say(f"{made.title} is ready: {made.url}")
    for sheet, cell in made.boxes.items():
        say(f"While sheetgd sync runs, tick Run ({cell}) on its sheet {sheet}.")
    say(f'Or type: sheetgd run "{made.url}"' + " --all" * (words.lesson in SEVERAL_TABS))
    return 0


def _draw(words: argparse.Namespace, out: str | None, scroll_bar: bool = True) -> Path:
    from ..lessons.create import new

    return new(
        words.lesson,
        out,
        force=words.force,
        rows=words.rows,
        seed=words.seed,
        data=words.data,
        x=words.x,
        y=words.y,
        m=words.m,
        b=words.b,
        learn=words.learn,
        epochs=words.epochs,
        title=words.title,
        without_teacher=words.without_teacher,
        hide_actual=words.hide_actual,
        scroll_bar=scroll_bar,
        lang=words.lang,
    )
