"""CSV files as schools' software, Excel and other programs write them, read in one way: points, rosters, gradebooks.

The encoding is known by a byte order mark or by the zeros of UTF-16; else it is UTF-8 or, failing that, the old Windows
one. The separator is the one on which the lines agree outside their quotes, or the one that Excel's first line `sep=`
names.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from .errors import BookError

SEPARATORS = (";", "\t", ",", ":")  # where two fit equally well, the first: a comma may belong to a heading
LOOKED_AT = 20_000  # signs from which the separator is guessed
MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
WORKBOOK = (b"PK", b"\xd0\xcf")
NO_BREAKS = re.compile("[\u00a0\u2007\u2009\u202f]")


class Row(NamedTuple):
    """A line that is not blank: its number in the file, from 1, and its cells as they are written."""

    line: int
    cells: list[str]


class CsvText(NamedTuple):
    """A file: its text with the byte order mark, the encoding that turns the text back into the same bytes, and its
    rows.

    `separator` is empty where every line is one cell.
    """

    text: str
    encoding: str
    separator: str
    rows: list[Row]


def read(path: str | os.PathLike[str], option: str, export: str = "save the sheet as CSV") -> CsvText:
    """Read the file that was named after `option`; a BookError says why it is no CSV file, and how to `export` one.

    >>> _ = Path("heights.csv").write_text("height;weight\\n1,62;58\\n", encoding="utf-8")
    >>> read("heights.csv", "--data").rows
    [Row(line=1, cells=['height', 'weight']), Row(line=2, cells=['1,62', '58'])]
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise BookError("there is no such file", f"check the name after {option}", book=str(path)) from None
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise BookError(reason, f"check the name after {option}", book=str(path)) from None
    if content[:2] in WORKBOOK:
        raise BookError("it is a workbook", f"{export} and use that file", book=path.name)
    text, encoding = _decoded(
        content, BookError("it is not a text file", f"{export} and use that file", book=path.name)
    )
    plain = text.removeprefix("\ufeff")
    said = plain.partition("\n")[0].rstrip("\r").lower()
    for_excel = said[:4] == "sep=" and said[4:] in SEPARATORS
    separator = said[4:] if for_excel else separator_of(plain)
    rows = _rows(plain, separator, path.name)
    return CsvText(text, encoding, separator, rows[1:] if for_excel else rows)


def decimal_commas(separator: str, cells: Iterable[str]) -> bool:
    """Whether numbers in these cells have decimal commas: a comma can mean nothing else, and none has a point.

    >>> decimal_commas(";", ["1,5", "2"]), decimal_commas("\\t", ["1,5", "2.5"]), decimal_commas(",", ["1,5"])
    (True, False, False)
    """
    return separator not in (",", "") and not any("." in cell for cell in cells)


def number(cell: str, commas: bool) -> float:
    """The number in a cell, with a decimal comma if `commas`; NaN for any other text.

    >>> number("\\u22121\\u202f234,5", True), number("1 2", True), number("1_0", False)
    (-1234.5, nan, nan)
    """
    written = NO_BREAKS.sub("", cell.strip()).replace("\u2212", "-")
    try:
        return math.nan if "_" in written else float(written.replace(",", ".") if commas else written)
    except ValueError:
        return math.nan


def _decoded(content: bytes, refusal: BookError) -> tuple[str, str]:
    """The text, and the encoding that turns it back into the same bytes."""
    zeros = content[1:400:2].count(0), content[0:400:2].count(0)
    wide = [
        name for name, own, others in (("utf-16-le", *zeros), ("utf-16-be", *zeros[::-1])) if own > 4 * others
    ]
    marked = MARKS.get(content[:2])
    for encoding in (marked,) if marked else (*wide, "utf-8", "cp1252", "latin-1"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text and text.encode(encoding) == content:
            return text, encoding
    raise refusal


def separator_of(text: str) -> str:
    """What separates the cells; empty where each line has only one."""
    bare = re.sub(r'"(?:[^"]|"")*"', "q", text[:LOOKED_AT])
    lines = [line for line in bare.splitlines() if line.strip()]
    best, most = "", 0
    for mark in SEPARATORS if lines else ():
        first = lines[0].count(mark)
        alike = sum(line.count(mark) == first for line in lines)
        if first and alike > most and not (mark == ":" and best):
            best, most = mark, alike
    return best


def _rows(text: str, separator: str, file: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator or "\x1f")
    try:
        return [Row(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        found = f"line {reader.line_num} cannot be read ({error})"
        raise BookError(found, "save it as CSV again", book=file) from None
