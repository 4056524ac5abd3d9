"""Which files hold the rows: their kind, their columns by heading, how many rows each has, and the tasks they make."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from glob import glob
from typing import TYPE_CHECKING, Any, NamedTuple

from ..csv_text import decimal_commas, separator_of
from ..errors import BookError, UsageError
from ..grid.sheet import normal

if TYPE_CHECKING:
    from ..maths.bounds import FloatArray

PARQUET, CSV = "parquet", "csv"
HEAD = 1 << 16  # bytes of a CSV file that tell its separator and its headings
BLOCK = 1 << 15  # rows that are computed at a time: so many that calls take less time than numbers
TASK_ROWS = 1 << 22  # at least this many make a task, where a file has them
MOST_TASKS = 4096
PARTS = re.compile(r"(\d+)")


class DataFile(NamedTuple):
    """A file as it was found: `size` and `changed` tell whether it is still the same. The rest is for CSV."""

    path: str
    kind: str
    size: int
    changed: int
    separator: str = ","
    decimal: str = "."
    encoding: str = "utf8"


class FileColumns(NamedTuple):
    """A file's names of the columns that are wanted, and how many rows it has; in row groups, for Parquet."""

    file: DataFile
    names: tuple[str, ...]
    groups: tuple[int, ...]


class Piece(NamedTuple):
    """Some rows of a file, in their order: of row groups of Parquet, or of a whole CSV file.

    `first` is the row in the file, from 0, that these begin with; the first `skip` rows are left out, and then `rows`
    are meant.
    """

    file: DataFile
    names: tuple[str, ...]
    groups: tuple[int, ...]
    first: int
    skip: int
    rows: int


class Held(NamedTuple):
    """Rows in memory, a vector for each column."""

    columns: tuple[FloatArray, ...]


Task = tuple[Piece | Held, ...]


def find_files(rows: str | Sequence[str]) -> list[DataFile]:
    """The files of a name or a pattern, numbers in their names in order: part-2 before part-10.

    >>> for name in ("part-10.csv", "part-2.csv"):
    ...     _ = open(name, "w").write("x,y\\n1,2\\n")
    >>> [file.path for file in find_files("part-*.csv")]
    ['part-2.csv', 'part-10.csv']
    """
    paths: list[str] = []
    for name in [rows] if isinstance(rows, str) else rows:
        if os.path.isdir(name):
            inside = os.path.join(name, "*.parquet")
            raise UsageError(f"{name} is a folder", f'name the files in it: --rows "{inside}"')
        found = [name] if os.path.exists(name) else sorted(glob(name), key=_in_order)
        if not found:
            raise BookError("no file has such a name", "check the name after --rows", book=name)
        paths += found
    return [_file(path) for path in paths]


def _in_order(path: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in PARTS.split(path)]


def _file(path: str) -> DataFile:
    try:
        state = os.stat(path)
        with open(path, "rb") as stream:
            head = stream.read(HEAD)
    except OSError as error:
        raise BookError(
            (error.strerror or "it cannot be read").lower(), "check the file", book=path
        ) from None
    if head[:4] == b"PAR1":
        return DataFile(path, PARQUET, state.st_size, state.st_mtime_ns)
    if not head.strip() or head[:2] in (b"PK", b"\xd0\xcf") or b"\0" in head:
        raise BookError(
            "it is neither Parquet nor CSV" if head else "it is empty",
            "save the rows as Parquet, or as CSV in UTF-8",
            book=path,
        )
    encoding = "utf8" if _is_utf8(head) else "cp1252"
    text = head.decode(encoding, errors="ignore").removeprefix("\ufeff")
    separator = separator_of(text) or ","
    lines = text.splitlines()[1:-1] if len(head) == HEAD else text.splitlines()[1:]
    cells = [cell for line in lines for cell in line.split(separator)]
    commas = decimal_commas(separator, cells) and any("," in cell for cell in cells)
    decimal = "," if commas else "."
    return DataFile(path, CSV, state.st_size, state.st_mtime_ns, separator, decimal, encoding)


def _is_utf8(head: bytes) -> bool:
    try:
        head[: head.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


# -- columns ---------------------------------------------------------------------------------------------------------
def match_columns(
    file: DataFile, names: Sequence[str], wanted: Sequence[str], given: Mapping[str, str]
) -> tuple[str, ...]:
    """The file's names of the wanted columns, found by heading: those that are `given`, else the same.

    >>> file = DataFile("belts.csv", CSV, 0, 0)
    >>> match_columns(file, ["Y", "inches", "x"], ["x (inches)", "y"], {"x (inches)": "inches"})
    ('inches', 'Y')
    """
    known = {normal(name): name for name in reversed(names)}
    meant = {normal(heading): name for heading, name in given.items()}
    found = []
    for heading in wanted:
        name = meant.get(normal(heading), heading)
        bare = normal(name.partition(" (")[0])
        match = name if name in names else known.get(normal(name)) or known.get(bare)
        if match is None:
            shown = ", ".join(names[:20]) + (" …" if len(names) > 20 else "")
            raise BookError(
                f"there is no column {name}" + (f" for the sheet's {heading}" if name != heading else ""),
                f'its columns are {shown}; say which is meant, such as --map "{heading}={names[0]}"',
                book=file.path,
            )
        found.append(match)
    return tuple(found)


def check_given(given: Mapping[str, str], wanted: Sequence[str]) -> None:
    """A UsageError where a heading that was mapped is not one of the table's."""
    known = {normal(heading) for heading in wanted}
    for heading in given:
        if normal(heading) not in known:
            raise UsageError(
                f"--map names {heading}, which is not a column of numbers that the table is computed from",
                f"its columns are {', '.join(wanted)}",
            )


def csv_names(file: DataFile) -> list[str]:
    """The headings in a CSV file's first line."""
    encoding = "utf-8-sig" if file.encoding == "utf8" else file.encoding
    with open(file.path, encoding=encoding, newline="") as stream:
        names = next(csv.reader(stream, delimiter=file.separator))
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BookError(f"two of its columns are called {twice}", "rename one of them", book=file.path)
    return names


# -- tasks -----------------------------------------------------------------------------------------------------------
def make_tasks(files: Sequence[FileColumns], least: int = TASK_ROWS) -> list[Task]:
    """The files' rows in tasks, in their order; which ones depends on the data alone, not on who computes them.

    A task ends with a file's row group, and with what fills the last block of rows there: all rows are computed in the
    same blocks, however they are divided.
    """
    size = max(least, sum(sum(file.groups) for file in files) // MOST_TASKS)
    tasks: list[list[Piece]] = [[]]
    held = 0  # rows of the last task
    for piece in _pieces(files, size):
        lacking = -held % BLOCK
        if held >= size:
            tasks.append([])
            if taken := min(lacking, piece.rows):
                tasks[-2].append(piece._replace(rows=taken))
                piece = piece._replace(skip=taken, rows=piece.rows - taken)
                if taken < lacking:
                    tasks.pop()
                    held += taken
                    continue
            held = 0
        if piece.rows:
            tasks[-1].append(piece)
            held += piece.rows
    return [tuple(task) for task in tasks if task]


def _pieces(files: Sequence[FileColumns], size: int) -> Iterator[Piece]:
    """Each file in runs of row groups that have `size` rows together."""
    for columns in files:
        groups: list[int] = []
        first = rows = 0
        for number, count in enumerate(columns.groups):
            groups.append(number)
            rows += count
            if rows >= size or number == len(columns.groups) - 1:
                if rows:
                    yield Piece(columns.file, columns.names, tuple(groups), first, 0, rows)
                first, rows, groups = first + rows, 0, []
