"""What a formula's text refers to: finding references, and shifting them for shared formulas.

No formula is computed here. The grammar is that of formulas as files hold them (English function names, commas;
ECMA-376 part 1, 18.17), read only as far as references need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from ..grid import a1
from ..grid.a1 import Area, Cell

# Strings, error literals, table references and function names come first, so that nothing inside them counts. What has
# the form of a reference is one only within the sheet's limits: ZIP1 is a name, for there is no column ZIP.
_TOKEN = r"""(?P<string>"(?:[^"]|"")*")
      | (?P<error>\#[A-Z/0]+[!?A]?)
      | (?P<reference>
          (?P<sheet>(?:'(?:[^']|'')+'|(?:\[\d+\])?[^\W\d][\w.]*(?::[^\W\d][\w.]*)?|\[\d+\])!)?
          (?P<area>\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}(?::\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6})?
            | \$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}
            | \$?[1-9]\d{0,6}:\$?[1-9]\d{0,6})
          (?![\w(.!?\\\[]))
      | (?P<function>[^\W\d][\w.]*)\(
      | (?P<table>[^\W\d][\w.]*)(?P<field>\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*\])
      | (?P<name>(?:(?:'(?:[^']|'')+'|(?:\[\d+\])?[^\W\d][\w.]*|\[\d+\])!)?(?:[^\W\d]|\\)[\w.\\?]*)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<unclosed>'(?:[^']|'')*)  # so that it is not tried again from each of its characters
    """
_ADDRESS = r"\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}"
_PART = r"(\$?)([A-Za-z]{0,3})(\$?)(\d*)"  # a cell, or one end of whole columns or rows

VOLATILE = frozenset({"RAND", "RANDBETWEEN", "RANDARRAY", "NOW", "TODAY", "INFO", "CELL"})
DYNAMIC = frozenset({"OFFSET", "INDIRECT", ":"})  # what they refer to is known only when they are computed


class References(NamedTuple):
    """What one formula mentions: areas with their sheet, names, tables, and the functions it calls."""

    areas: list[tuple[str, Area]]
    names: set[str]
    tables: set[str]
    functions: set[str]


@cache
def _token() -> re.Pattern[str]:
    """Compiled when a formula is first taken apart: many a run takes none apart."""
    return re.compile(_TOKEN, re.VERBOSE | re.DOTALL)


def references(formula: str, sheet: str) -> References:
    """Everything that the formula (without its =) on the sheet refers to.

    >>> found = references("SUM(A1:A3)+Data!B2*rate&\\"C9\\"", "Lesson")
    >>> [(name, area.a1) for name, area in found.areas], found.names, found.functions
    ([('Lesson', 'A1:A3'), ('Data', 'B2')], {'rate'}, {'SUM'})
    """
    found = References([], set(), set(), set())
    end = 0
    for token in _token().finditer(formula):
        kind = token.lastgroup
        area = _area(token["area"]) if token["reference"] else None
        if area:
            name = a1.split(token["sheet"] + "A1")[0] if token["sheet"] else sheet
            found.areas.append((name, area))
        elif token["function"]:
            found.functions.add(token["function"].upper().removeprefix("_XLFN.").removeprefix("_XLWS."))
        elif token["table"]:
            found.tables.add(token["table"].casefold())
        elif kind == "name" or kind == "reference":
            name = token[0].rpartition("!")[2]
            found.names.update({name.casefold()} if name.upper() not in ("TRUE", "FALSE") else ())
        if ":" in formula[end : token.start()] or _is_3d(token):
            found.functions.add(":")  # between two results, as in A1:INDEX(B1:B9,3), or over several sheets
        end = token.end()
    return found


class Piece(NamedTuple):
    """A part of a formula's text: a "reference" with its sheet and area, a "function", "name", "number", "string",
    "error" or "table", or a "sign" between them."""

    kind: str
    text: str
    sheet: str = ""
    area: Area | None = None


def pieces(formula: str, sheet: str) -> Iterator[Piece]:
    """The formula's text (without its =) from left to right, blanks left out.

    >>> [(piece.kind, piece.text) for piece in pieces("SUM(A1:A3)<=-rate", "Lesson")]  # doctest: +NORMALIZE_WHITESPACE
    [('function', 'SUM'), ('sign', '('), ('reference', 'A1:A3'), ('sign', ')'), ('sign', '<='), ('sign', '-'),
     ('name', 'rate')]
    """
    end = 0
    for token in _token().finditer(formula):
        yield from _signs(formula[end : token.start()])
        end = token.end()
        area = _area(token["area"]) if token["reference"] else None
        if area:
            name = a1.split(token["sheet"] + "A1")[0] if token["sheet"] else sheet
            yield Piece("reference", token[0], name, area)
        elif token["function"]:
            yield Piece("function", token["function"])
            yield Piece("sign", "(")
        else:
            kinds = ("string", "error", "table", "name", "number")
            yield Piece(next((kind for kind in kinds if token[kind]), "name"), token[0])
    yield from _signs(formula[end:])


def _signs(text: str) -> Iterator[Piece]:
    return (Piece("sign", sign) for sign in re.findall(r"<=|>=|<>|\S", text))


def _is_3d(token: re.Match[str]) -> bool:
    return ":" in (token["sheet"] or "")


def is_volatile(formula: str) -> bool:
    """Whether the formula gives another result at each recalculation, or in each application.

    >>> is_volatile("A1+RAND()"), is_volatile("BRAND(A1)"), is_volatile("rand+1")
    (True, False, False)
    """
    mentions = formula.upper().__contains__  # quick, for every formula is asked
    return any(map(mentions, VOLATILE)) and not VOLATILE.isdisjoint(references(formula, "").functions)


def _area(text: str) -> Area | None:
    """The area of a reference's text, whole columns and rows included; None for a name that only looks like one."""
    (left, top), (right, bottom) = ends = [_end(part) for part in text.replace("$", "").split(":") * 2][:2]
    if max(left, right) > a1.COLUMNS or max(top, bottom) > a1.ROWS:
        return None
    if not top or not left:  # whole columns, or whole rows
        ends = [(left or 1, top or 1), (right or a1.COLUMNS, bottom or a1.ROWS)]
    columns, rows = sorted(column for column, _ in ends), sorted(row for _, row in ends)
    return Area(rows[0], columns[0], rows[1], columns[1])


def _end(text: str) -> tuple[int, int]:
    """Column and row of one end of an area; 0 where it has none."""
    letters = text.rstrip("0123456789")
    return a1.column(letters), int(text[len(letters) :] or 0)


def only_reference(formula: str | None, sheet: str) -> Cell | None:
    """The cell on the same sheet that the formula does nothing but repeat, or None.

    >>> only_reference("$C$1", "Lesson"), only_reference("+C1", "Lesson"), only_reference("C1*2", "Lesson")
    ((1, 3), (1, 3), None)
    """
    text = re.sub(r"\A[+(\s]+|[)\s]+\Z", "", formula or "")
    if re.fullmatch(_ADDRESS, text):
        area = _area(text)
        return area and area[:2]
    if "!" not in text and ":" not in text:
        return None  # as most formulas, which need not be taken apart
    token = _token().fullmatch(text)
    if not token or not token["reference"]:
        return None
    areas = references(token[0], sheet).areas  # none where it is a name that only looks like a reference
    if len(areas) != 1 or _is_3d(token):
        return None
    [(name, area)] = areas
    single = area[:2] == area[2:] and name.casefold() == sheet.casefold()
    return area[:2] if single else None


def recurrence(first: str, second: str, cell: Cell, sheet: str) -> Cell | None:
    """Where a column that goes on from the row above starts: the cell that `first`, the formula of `cell`, names in the
    place where `second`, that of the row below, names `cell`. None where the two are no such pair.

    >>> recurrence("$J$1*$D$8+(1-$J$1)*G20", "$J$1*H20+(1-$J$1)*G21", (20, 8), "Lesson")
    (8, 4)
    """
    own = a1.a1(cell)
    if own not in second.replace("$", ""):
        return None  # as in most columns
    starts = set()
    ones, others = (list(_token().finditer(text)) for text in (first, second))
    if len(ones) != len(others) or _between(first, ones) != _between(second, others):
        return None
    for one, other in zip(ones, others, strict=True):
        if other[0].replace("$", "") == own:
            starts.add(only_reference(one[0], sheet))
        elif shift(one[0], 1, 0) != other[0]:
            return None
    return starts.pop() if len(starts) == 1 else None


def _between(formula: str, tokens: list[re.Match[str]]) -> list[str]:
    """The text of a formula between its tokens."""
    edges = [0, *(edge for token in tokens for edge in token.span()), len(formula)]
    return [formula[start:end].strip() for start, end in zip(edges[::2], edges[1::2], strict=True)]


def shift(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads when it is filled down by `rows` and right by `columns`.

    >>> shift('A1*$C$2+SUM(B$1:B3)&"A1"', 2, 1)
    'B3*$C$2+SUM(C$1:C5)&"A1"'
    """

    def moved(token: re.Match[str]) -> str:
        if not token["reference"] or not _area(token["area"]):
            return token[0]
        ends = [re.sub(_PART, part, end, count=1) for end in token["area"].split(":")]
        return (token["sheet"] or "") + ":".join(ends)

    def part(match: re.Match[str]) -> str:
        # Of the row 1 alone, the dollar sign stands where that of a column would.
        fixed_column, name, fixed_row, row = match.groups()
        if name and not fixed_column:
            name = a1.letters((a1.column(name) + columns - 1) % a1.COLUMNS + 1)
        if row and not (fixed_row or (fixed_column and not name)):
            row = str((int(row) + rows - 1) % a1.ROWS + 1)
        return f"{fixed_column}{name}{fixed_row}{row}"

    return _token().sub(moved, formula)
