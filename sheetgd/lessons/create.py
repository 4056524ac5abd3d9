"""New worksheets: drawn by a lesson, then finished so that every formula has its stored result."""

from __future__ import annotations

import os
import tempfile
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..books.opening import open_book
from ..books.xlsx.saving import exists, write_atomically
from ..epochs.history import History
from ..epochs.run import reset_sheets
from ..errors import BookError, SheetError, SheetgdError, UsageError, listed
from ..grid.a1 import parse
from ..grid.edits import Edits
from ..language import Written, known_language, speaking
from . import LESSONS, draw, sample_points, takes
from .points import check_rows, read_points


def new(
    lesson: str = "descent",
    out: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    rows: int | None = None,
    seed: int | None = None,
    data: str | os.PathLike[str] | None = None,
    x: str | None = None,
    y: str | None = None,
    m: float | None = None,
    b: float | None = None,
    learn: float | None = None,
    epochs: int | None = None,
    title: str | None = None,
    without_teacher: bool = False,
    hide_actual: bool = False,
    scroll_bar: bool = True,
    lang: str = "en",
) -> Path:
    """Draw a lesson's worksheet to `out` (by default the lesson's name with .xlsx) and return its path.

    A file that exists is replaced only with `force`. Every formula has its stored result, and the log begins with
    epoch 0, the loss before any step. The points are the lesson's own, or `rows` of its kind, or the columns `x` and
    `y` of the CSV file `data` (with `rows`, this many of its lines at random). `m` and `b` are where to start, `learn`
    is the learning rate above 0, `epochs` how many a run takes, `title` what stands on top; `without_teacher` leaves
    out the tab for the teacher, `hide_actual` the answer beside the guess; without `scroll_bar` the tab Live has none,
    as for Google Sheets, which has no form controls. `seed` chooses what is random: the rows, or, in a lesson that
    starts at random, the start. `lang` is the language of all that is to be read in it: one of
    `sheetgd.language.languages()`. Raises a UsageError for what a lesson cannot use, and a BookError for a file that
    cannot be written.

    >>> import sheetgd
    >>> sheetgd.new("weight", "one-weight.xlsx", learn=0.02).name
    'one-weight.xlsx'
    """
    path = Path(out if out is not None else f"{lesson}.xlsx")
    name = path.name or str(path)
    _refuse_unknown(lesson)
    known_language(lang)
    flags = {"without_teacher": without_teacher, "hide_actual": hide_actual}
    given = {"m": m, "b": b, "learn": learn, "epochs": epochs, "title": title and Written(title)}
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    settings |= {name: True for name, wanted in flags.items() if wanted}
    if seed is not None and takes(lesson).get("seed") == "":  # for a random start, not for chosen rows
        settings["seed"], seed = seed, None
    choice = {"rows": rows, "seed": seed, "data": data, "x": x, "y": y}
    chosen = [name for name, value in choice.items() if value is not None]
    _refuse_senseless(lesson, [*chosen, *settings])
    _refuse_place(path, name, force)
    if chosen:
        settings["data"] = _points(lesson, rows, seed, data, x, y)
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder) / "drawn.xlsx"
        with speaking(lang):
            draw(lesson, drawn, scroll_bar=scroll_bar, **settings)
        try:
            _finish(drawn)
            write_atomically(path, drawn.read_bytes())
        except SheetgdError as error:
            error.book = name  # not that of the drawing
            raise
    return path


def _finish(drawn: Path) -> None:
    """Store every formula's result, and the loss before any step."""
    with open_book(drawn) as book:

        def require_losses(histories: list[History], _: Edits) -> None:
            for history in histories:
                if history.loss and history.loss.after is None:
                    place = history.sheet, parse(history.loss.cell)
                    raise book.no_number(place, history.loss_name, book.model().get([place])[0])

        try:
            reset_sheets(book, every=True, also=require_losses)
        except SheetError as error:  # its advice is for a sheet that is there
            error.todo = "draw it with other numbers"
            raise


def _refuse_unknown(lesson: str) -> None:
    """Refuse a name that is no lesson's, with the nearest one."""
    if lesson in LESSONS:
        return
    names = f"the lessons are {', '.join(LESSONS)}"
    near = get_close_matches(lesson.lower(), LESSONS, n=1)
    todo = f"did you mean {near[0]}? {names.capitalize()}" if near else names
    raise UsageError(f"there is no lesson {lesson}", todo)


def _refuse_place(path: Path, name: str, force: bool) -> None:
    """Refuse what is no worksheet's name, or what would be overwritten."""
    if path.suffix.lower() != ".xlsx":
        raise UsageError(f"{name} does not end in .xlsx", "name the worksheet so that Excel opens it")
    if exists(path) and not force:
        raise BookError(
            "the file already exists", "name another with -o, or add --force to replace it", book=name
        )


def _refuse_senseless(lesson: str, names: list[str]) -> None:
    """Refuse the first option that the lesson does not take, and say which lessons do."""
    wrong = next((name for name in names if name not in takes(lesson)), None)
    if wrong is None:
        return
    others = {other: takes(other)[wrong] for other in LESSONS if wrong in takes(other)}
    option = wrong.replace("_", "-")
    raise UsageError(f"the lesson {lesson} takes no --{option}", f"leave it out; {_would_take(others)}")


def _would_take(others: dict[str, str]) -> str:
    """Which lessons take an option, and which of them only with another."""
    alone = [lesson for lesson, needed in others.items() if not needed]
    more = [lesson for lesson, needed in others.items() if needed]
    needed = "".join(f" with --{name}" for name in dict.fromkeys(filter(None, others.values())))
    if not alone:
        return f"{listed(more)} would take it{needed}"
    return f"{listed(alone)} would take it" + (f", and {listed(more)}{needed}" if more else "")


def _points(
    lesson: str,
    rows: int | None,
    seed: int | None,
    data: str | os.PathLike[str] | None,
    x: str | None,
    y: str | None,
) -> Any:
    """The points that the options ask for."""
    if rows is not None:
        check_rows(rows)
    if seed is not None and rows is None:
        raise UsageError("--seed chooses rows at random, but --rows is missing", "add --rows 20")
    if data is not None:
        return read_points(data, x, y, rows, seed or 0)
    if x is not None or y is not None:
        raise UsageError("--x and --y name columns of a file, but --data is missing", "add --data FILE.csv")
    return sample_points(lesson, rows or 0, seed or 0)
