"""Reading the rows: in batches of bounded size, numbers only; anything else is named by its file, row and column.

Arrow is imported in the functions, because it is an extra's: `workers.Workers` says so where it is missing.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from ..csv_text import number
from ..errors import BookError
from ..maths.bounds import FloatArray
from .files import PARQUET, DataFile, FileColumns, Held, Piece, Task, csv_names, match_columns

BATCH = 1 << 15  # rows of Parquet that are decoded at a time
BUFFER = 1 << 18  # bytes of a column that are read at a time, however large a row group is
ALL = 1 << 62  # rows: more than there are
CHUNK = 1 << 23  # bytes of CSV that are parsed at a time


class WantedColumns(NamedTuple):
    """What is asked of a file: columns by heading, and the names given for some headings."""

    wanted: tuple[str, ...]
    given: tuple[tuple[str, str], ...]


# -- the first look --------------------------------------------------------------------------------------------------
def examine(file: DataFile, read: WantedColumns) -> FileColumns | BookError:
    """A file's columns and how many rows it has, or what is wrong with it. CSV is read and checked whole for it."""
    try:
        found = _examine_parquet(file, read) if file.kind == PARQUET else _examine_csv(file, read)
    except BookError as error:
        return error
    return found if sum(found.groups) else BookError("it has no rows", "leave it out", book=file.path)


def _examine_csv(file: DataFile, read: WantedColumns) -> FileColumns:
    names = match_columns(file, csv_names(file), read.wanted, dict(read.given))
    return FileColumns(file, names, (_checked(Piece(file, names, (), 0, 0, ALL)),))


def _examine_parquet(file: DataFile, read: WantedColumns) -> FileColumns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file.path) as opened:
            schema, parts = opened.schema_arrow, opened.metadata
            groups = tuple(parts.row_group(group).num_rows for group in range(parts.num_row_groups))
    except (OSError, pa.ArrowException):
        raise BookError("it cannot be read as Parquet", "write it again", book=file.path) from None
    names = match_columns(file, schema.names, read.wanted, dict(read.given))
    for heading, name in zip(read.wanted, names, strict=True):
        kind = schema.field(name).type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
            raise BookError(
                f"its column {name} holds {_kind(kind)}, and the sheet's {heading} holds numbers",
                "write it as numbers, or leave this file out",
                book=file.path,
            )
    return FileColumns(file, names, groups)


def _kind(kind: Any) -> str:
    import pyarrow as pa

    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    return "TRUE and FALSE" if pa.types.is_boolean(kind) else f"values of the type {kind}"


def check(task: Task, _: None) -> BookError | None:
    """The first cell of a task's Parquet rows that is not a number; those of CSV were checked at the first look."""
    try:
        for piece in task:
            if not isinstance(piece, Held) and piece.file.kind == PARQUET:
                _checked(piece)
    except BookError as error:
        return error
    return None


def _checked(piece: Piece) -> int:
    """How many rows there are; a BookError where one of their cells is not a number."""
    first = row = piece.first + piece.skip
    for columns in batches(piece):
        for at, column in enumerate(columns):
            fine = np.isfinite(column)
            if not fine.all():
                bad = int(np.argmin(fine))
                what = "is empty, or not a number (NaN)" if np.isnan(column[bad]) else "is infinite"
                raise _cell(piece.file, row + bad + 1, piece.names[at], what)
        row += len(columns[0])
    return row - first


def _cell(file: DataFile, row: int, column: str, what: str) -> BookError:
    return BookError(f"{column} in row {row:,} {what}", "fix it there, or leave the row out", book=file.path)


# -- batches ---------------------------------------------------------------------------------------------------------
def batches(piece: Piece | Held) -> Iterator[list[FloatArray]]:
    """The rows in batches, a vector for each column; a BookError where they cannot be read."""
    if isinstance(piece, Held):
        yield list(piece.columns)
        return
    try:
        state = os.stat(piece.file.path)
    except OSError as error:
        what = f"it cannot be read ({(error.strerror or 'unknown').lower()})"
        raise BookError(what, "every worker needs it in the same place", book=piece.file.path) from None
    if (state.st_size, state.st_mtime_ns // 1000) != (piece.file.size, piece.file.changed // 1000):
        raise BookError(
            "it has changed since it was checked", "run again from its new rows", book=piece.file.path
        )
    skip, left = piece.skip, piece.rows
    for columns in _parquet_batches(piece) if piece.file.kind == PARQUET else _csv_batches(piece):
        count = len(columns[0])
        columns = [column[skip : skip + left] for column in columns]
        skip = max(0, skip - count)
        left -= len(columns[0])
        if len(columns[0]):
            yield columns
        if not left:
            return


def _parquet_batches(piece: Piece) -> Iterator[list[FloatArray]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(piece.file.path, buffer_size=BUFFER, pre_buffer=False) as opened:
            for group in piece.groups:  # one at a time: of several, Arrow holds more than one in memory
                for batch in opened.iter_batches(BATCH, [group], list(piece.names), use_threads=False):
                    yield [_vector(batch.column(name)) for name in piece.names]
    except (OSError, pa.ArrowException) as error:
        what = f"its rows from {piece.first + 1:,} on cannot be read ({str(error).splitlines()[0]})"
        raise BookError(what, "write it again", book=piece.file.path) from None


def _vector(column: Any) -> FloatArray:
    """A column's numbers, empty cells as NaN. A whole number beyond 2^53 is an ArrowException: it would be rounded."""
    import pyarrow as pa

    if column.type != pa.float64():
        column = column.cast(pa.float64())
    found: FloatArray = column.to_numpy(zero_copy_only=False)
    return found


def _csv_batches(piece: Piece) -> Iterator[list[FloatArray]]:
    import pyarrow as pa
    import pyarrow.csv

    file, names = piece.file, list(piece.names)
    try:
        with pyarrow.csv.open_csv(
            file.path,
            pyarrow.csv.ReadOptions(use_threads=False, block_size=CHUNK, encoding=file.encoding),
            pyarrow.csv.ParseOptions(delimiter=file.separator),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.float64()),
                include_columns=names,
                decimal_point=file.decimal,
                null_values=["", "NA", "N/A", "#N/A", "nan", "NaN", "null", "NULL"],
            ),
        ) as opened:
            for batch in opened:
                if batch.num_rows:
                    yield [_vector(batch.column(name)) for name in names]
    except (OSError, pa.ArrowException):
        raise _csv_fault(piece) from None


def _csv_fault(piece: Piece) -> BookError:
    """What keeps a CSV file from being read: looked for line by line."""
    file = piece.file
    with open(file.path, encoding=file.encoding, errors="replace", newline="") as stream:
        lines = (cells for cells in csv.reader(stream, delimiter=file.separator) if cells)
        heading = [name.removeprefix("\ufeff") for name in next(lines, [])]
        at = {name: heading.index(name) for name in set(piece.names)}
        for row, cells in enumerate(lines, 1):
            if len(cells) != len(heading):
                found = f"row {row:,} has {len(cells)} cells, and there are {len(heading)} headings"
                return BookError(found, "fix it there", book=file.path)
            for name, column in at.items():
                text = cells[column].strip()
                if not isfinite(number(text, file.decimal == ",")):
                    what = f'is "{text}", not a number' if text else "is empty, or not a number (NaN)"
                    return _cell(file, row, name, what)
    return BookError("it cannot be read as CSV", "save it as CSV in UTF-8 again", book=file.path)
