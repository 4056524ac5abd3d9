"""What a film shows, in plain numbers: the points, and the line and the loss epoch by epoch.

Every epoch that is drawn stands in the sheet's log, or comes from a run that is not written to the book.
"""

from __future__ import annotations

from itertools import pairwise
from math import isclose
from typing import NamedTuple

from ..books.book import Book
from ..epochs.choose import look
from ..epochs.run import run
from ..errors import Diverged, SheetError
from ..grid.sheet import normal
from ..layout.find import Layout
from ..layout.line import points, roles
from ..layout.tables import is_x
from ..layout.vocabulary import MULTIPLIER_WORDS, PREDICTION_WORDS, SLOPE_WORDS
from ..progress import Progress

MULTIPLIERS = {*MULTIPLIER_WORDS.known, *SLOPE_WORDS.known}


class FilmStep(NamedTuple):
    """The line and the loss after an epoch."""

    epoch: float
    slope: float
    intercept: float
    loss: float


class Film(NamedTuple):
    """What is shown: the points with the titles of their axes, and the line and the loss epoch by epoch."""

    sheet: str
    xs: list[float]
    ys: list[float]
    axes: tuple[str, str]
    loss_name: str
    through_origin: bool  # a multiplier alone
    steps: list[FilmStep]
    warnings: list[str] = []  # noqa: RUF012 - never changed


def make_film(
    book: Book, sheet: str | None = None, epochs: int | None = None, progress: Progress | None = None
) -> Film:
    """The points, and the steps from the log or from a run of so many epochs."""
    layout = look(book, sheet)
    slope, intercept = _line(layout)
    if layout.controls.loss is None:
        raise SheetError(
            "the sheet has no loss to draw",
            "type rmse in a cell, and its formula in the cell to its right",
            sheet=layout.sheet.name,
        )
    xs, ys = points(layout)
    titles = {column: title for title, column in layout.table.columns.items()}
    axes = titles[layout.table.x], titles[layout.table.y]
    told = len(book.warnings)
    rows = _run(book, layout, epochs, progress) if epochs else _logged(layout, slope, intercept, book.name)
    steps = [
        FilmStep(row["epoch"], row[slope], row[intercept] if intercept else 0.0, row["loss"]) for row in rows
    ]
    name = layout.controls.loss_name
    return Film(
        layout.sheet.name, list(xs), list(ys), axes, name, intercept is None, steps, book.warnings[told:]
    )


def _line(layout: Layout) -> tuple[str, str | None]:
    """The parameters that are the line's slope and intercept, or a multiplier alone."""
    place = layout.sheet.place((layout.table.heading, layout.table.x))
    inputs = [title for title in layout.table.columns if is_x(normal(title))]
    if len(inputs) > 1:
        raise SheetError(
            f"the table has {len(inputs)} inputs, {', '.join(inputs)}",
            "animate draws a line over one x; for this sheet look at its charts",
            **place,
        )
    names = list(layout.parameters)
    if len(names) == 1 and normal(names[0]) in MULTIPLIERS:
        slope, intercept = names[0], None
    else:
        try:
            slope, intercept = roles(layout)
        except SheetError:
            raise SheetError(
                f"the table's parameters {', '.join(names)} are not a slope (m, slope, a, w) and an intercept "
                "(b, intercept, c)",
                "animate draws straight lines; if this is one, use these titles",
                **place,
            ) from None
    _refuse_curves(layout, slope, intercept)
    return slope, intercept


def _refuse_curves(layout: Layout, slope: str, intercept: str | None) -> None:
    """An error if the table's own predictions are not on the line of these parameters."""
    column = next(
        (at for title, at in layout.table.columns.items() if normal(title) in PREDICTION_WORDS.known), None
    )
    sheet, size = layout.sheet, max(map(abs, points(layout)[1]), default=1.0)
    for row in layout.rows if column else ():
        found = sheet.number((row, column or 0)) if (row, column) in sheet.formulas else None
        x = sheet.number((row, layout.table.x))
        m, b = (_in_row(layout, name, row) if name else 0.0 for name in (slope, intercept))
        if None in (found, x, m, b):
            continue
        line = (m or 0.0) * (x or 0.0) + (b or 0.0)
        if not isclose(found or 0.0, line, rel_tol=1e-6, abs_tol=1e-6 * size):
            expected = f"{slope} · x + {intercept}" if intercept else f"{slope} · x"
            raise SheetError(
                f"the prediction here is {found:.9g}, but {expected} is {line:.9g}",
                "animate draws straight lines; for this sheet look at its charts",
                **sheet.place((row, column or 0)),
            )


def _in_row(layout: Layout, name: str, row: int) -> float | None:
    """A parameter as a row of the table uses it."""
    found = layout.parameters[name]
    return layout.sheet.number((row, found.column) if found.column else found.start)


def _logged(layout: Layout, slope: str, intercept: str | None, book: str) -> list[dict[str, float]]:
    """The rows of the sheet's log."""
    sheet, log = layout.sheet, layout.log
    instead = "add --epochs 100 for a run that is not written to the workbook"
    wanted = ["epoch", slope, *([intercept] if intercept else []), "loss"]
    if log is None or not log.columns.keys() >= set(wanted):
        titles = ", ".join([*wanted[:-1], layout.controls.loss_name])
        raise SheetError(f"the sheet has no log with the headings {titles}", instead, sheet=sheet.name)
    rows = [
        {name: sheet.require((row, log.columns[name]), f"the log's {name}") for name in wanted}
        for row in range(log.heading + 1, log.last + 1)
    ]
    if len(rows) < 2:
        found = f"the log holds only epoch {rows[0]['epoch']:.15g}" if rows else "the log is empty"
        todo = f"run first (sheetgd run {book}), or {instead}"
        raise SheetError(found, todo, **sheet.place((log.heading, log.columns["epoch"])))
    for row, (one, two) in enumerate(pairwise(rows), log.heading + 2):
        if two["epoch"] <= one["epoch"]:
            raise SheetError(
                f"epoch {two['epoch']:.15g} follows epoch {one['epoch']:.15g} in the log",
                "reset the sheet and run it again",
                **sheet.place((row, log.columns["epoch"])),
            )
    return rows


def _run(book: Book, layout: Layout, epochs: int, progress: Progress | None) -> list[dict[str, float]]:
    """The log of a run that is not written, with the epoch before it."""
    history = run(book, layout.sheet.name, epochs=epochs, write=False, progress=progress)
    if history.diverged:
        rate = "" if history.learn is None else f" with learn {history.learn:.15g}"
        raise Diverged(
            f"the run diverged{rate}, so there is no picture of it",
            history.diverged.todo,
            sheet=history.sheet,
            cell=history.diverged.cell,
        )
    assert history.loss
    before = {name: change.before or 0.0 for name, change in history.parameters.items()}
    rows = [{**row, "loss": row[history.loss_name]} for row in history.log]
    return [{"epoch": rows[0]["epoch"] - 1, **before, "loss": history.loss.before or 0.0}, *rows]
