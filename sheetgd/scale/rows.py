"""Rows beyond a sheet, opened: found by heading, checked, and the sheet's pattern compared with the sheet itself."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from math import isclose, isnan
from typing import NamedTuple

import numpy as np

from ..books.book import Book
from ..errors import BookError, SheetError, UsageError
from ..grid.a1 import Area, a1
from ..grid.sheet import Place
from ..maths.bounds import FloatArray
from .faults import ERROR, STEP, find_fault
from .files import FileColumns, Held, Task, check_given, find_files, make_tasks
from .pattern import Pattern
from .reading import WantedColumns, check, examine
from .stepping import Evaluation
from .table import find_pattern
from .workers import Workers

POINTS = 2  # points besides the start at which the pattern is compared with the sheet
AWAY = 0.01  # of a parameter's size: how far these are
SMALL = 1 << 24  # bytes in all files that are looked at in less time than workers take to start
AGREED = 1e-9  # relative: how close both must be,
LEAST = 1e-12  # or of the largest number on the way
# What is found of a formula, and what to do about it in a file's row, and elsewhere.
WAYS = {
    STEP: (
        "is within rounding of a step, where spreadsheets differ",
        "change the row's numbers a little, or leave the row out",
        "change a little what it reads, or run it on the sheet's own rows, without --rows",
    ),
    ERROR: ("gives an error", "fix the row there, or leave it out", "start from other values"),
}


class NoNumber(SheetError):
    """A row, or a single cell, gives no number, whatever the run comes to; so there is no epoch of such rows."""


class Source(NamedTuple):
    """Where the rows are, as it was asked for: files, the data's names by the sheet's headings, a cluster's address."""

    rows: str | tuple[str, ...]
    columns: Mapping[str, str]
    on: str | None


def asked_source(
    rows: str | Sequence[str] | None,
    columns: Mapping[str, str] | None,
    on: str | None,
    differences: bool = False,
) -> Source | None:
    """Where the rows are, or None where the sheet's own are meant; a UsageError for options that do not go together."""
    if rows is None:
        if columns or on:
            option = "--map" if columns else "--on"
            raise UsageError(f"{option} was given without rows", "add --rows data.parquet, or leave it out")
        return None
    if differences:
        raise UsageError(
            "a difference or a step was given, and rows beyond the sheet have exact gradients",
            "leave --difference and --step out",
        )
    return Source(rows if isinstance(rows, str) else tuple(rows), columns or {}, on)


class Rows(AbstractContextManager["Rows"]):
    """All rows, and the sheet's formulas over them. Workers are closed on leaving."""

    def __init__(
        self,
        book: Book,
        source: Source,
        wanted: Sequence[Place],
        parameters: Sequence[Place],
        table: tuple[str, Area] | None = None,
        typed: Mapping[Place, float] = {},
    ) -> None:
        """`wanted` are the cells that are computed from the parameters and the rows; `table` is as for `find_pattern`,
        `typed` as for `compare`. A SheetgdError says what is wrong with the sheet, the files or the cluster."""
        self.source = source
        self.pattern = find_pattern(book, wanted, parameters, table)
        self.workers = Workers(source.on)
        try:
            compare(book, self.pattern, typed)
            self.files = self._examined()
            self.count = sum(sum(file.groups) for file in self.files)
            tasks = make_tasks(self.files)
            for fault in self.workers.each(check, tasks, None):
                if fault is not None:
                    raise fault
            sample: Task = (held_rows(book, self.pattern),)
            self.evaluation = Evaluation(self.pattern, tasks, self.count, self.workers, sample)
        except BaseException:
            self.workers.__exit__()
            raise

    def __exit__(self, *_: object) -> None:
        self.workers.__exit__()

    def _examined(self) -> list[FileColumns]:
        headings = self.pattern.headings
        check_given(self.source.columns, headings)
        read = WantedColumns(tuple(headings), tuple(self.source.columns.items()))
        found = []
        files = find_files(self.source.rows)
        small = sum(file.size for file in files) < SMALL
        for one in self.workers.each(examine, files, read, small):
            if isinstance(one, BookError):
                raise one
            found.append(one)
        return found

    @property
    def note(self) -> str:
        """What data it was, in words."""
        first = self.files[0]
        name = (
            first.file.path
            if len(self.files) == 1
            else f"{len(self.files):,} files, {first.file.path} the first"
        )
        pairs = zip(self.pattern.headings, first.names, strict=True)
        columns = ", ".join(f"{heading} = {name}" for heading, name in pairs)
        return f"{self.count:,} rows of {name} ({columns})"


def held_rows(book: Book, pattern: Pattern) -> Held:
    """The sheet's own rows."""
    columns: dict[str, FloatArray] = {}
    for leaf, heading in pattern.data.items():
        sheet, (top, column) = pattern.places[leaf]
        numbers = book.cells(sheet).numbers(column, range(top, top + pattern.sample))
        columns.setdefault(heading, np.array(numbers))
    return Held(tuple(columns[heading] for heading in pattern.headings))


def compare(book: Book, pattern: Pattern, typed: Mapping[Place, float]) -> None:
    """A SheetError where the pattern, computed from the sheet's own rows, is not what the sheet shows: at its
    parameters, and near them. `typed` are values of parameters that are not in the book yet."""
    model = book.model()
    places = [pattern.places[key] for key in pattern.parameters]
    wanted = [pattern.wanted_place(key) for key in pattern.wanted]
    start = [typed.get(at, float(book.cells(at[0]).number(at[1]) or 0.0)) for at in places]
    dice = random.Random(0)
    points = [start] + [
        [value + AWAY * (abs(value) or 1.0) * dice.uniform(-1, 1) for value in start] for _ in range(POINTS)
    ]
    sample: Task = (held_rows(book, pattern),)
    with Workers() as workers:
        alone = Evaluation(pattern, [sample], pattern.sample, workers, sample)
        for point in points:
            shown = model.values_at(places, point, wanted)
            for place, value, found in zip(wanted, shown, alone.at(point), strict=True):
                if type(value) is not float:
                    raise book.no_number(place, "a result", value)
                if isnan(found):
                    refuse_fault(book, alone, point, errors=False)
                largest = max(1.0, *map(abs, point), *(abs(other) for other in shown if type(other) is float))
                if not isclose(found, value, rel_tol=AGREED, abs_tol=LEAST * largest):
                    raise SheetError(
                        f"the sheet shows {value:.9g} here, and its formulas put together for further rows give "
                        f"{found:.9g}",
                        "run it on the sheet's own rows, without --rows, and please report this",
                        sheet=place[0],
                        cell=a1(place[1]),
                    )


def refuse_fault(book: Book, evaluation: Evaluation, point: Sequence[float], errors: bool) -> None:
    """Raise NoNumber where a row or a single cell is found beside a step at the values of the parameters, or gives an
    error, if `errors` are not what the run may have come to."""
    fault = find_fault(evaluation, point)
    if fault is None or fault.kind not in ((STEP, ERROR) if errors else (STEP,)):
        return
    sheet, cell = fault.place
    row = f"in row {fault.row:,} of {fault.path or 'the table'}, " if fault.row else ""
    formula = f"{row}={book.cells(sheet).formulas[cell]}"
    what, there, here = WAYS[fault.kind]
    raise NoNumber(f"{formula} {what}", there if fault.path else here, sheet=sheet, cell=a1(cell))
