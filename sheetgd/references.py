"""What a formula's text refers to: finding references, and shifting them for shared formulas.

No formula is computed here. The grammar is that of formulas as files hold them (English function names, commas;
ECMA-376 part 1, 18.17), read only as far as references need.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from . import a1
from .a1 import Area, Cell

# Strings, error literals, table references and function names come first, so that nothing inside them counts.
_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"]|"")*")
      | (?P<error>\#[A-Z/0]+[!?A]?)
      | (?P<reference>
          (?P<sheet>(?:'(?:[^']|'')+'|[^\W\d][\w.]*|\[\d+\][\w.]*)!)?
          (?P<area>\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}(?::\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6})?
            | \$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}
            | \$?[1-9]\d{0,6}:\$?[1-9]\d{0,6})
          (?![\w(.!\[]))
      | (?P<function>[^\W\d][\w.]*)\(
      | (?P<table>[^\W\d][\w.]*)(?P<field>\[(?:[^\[\]]|\[[^\[\]]*\])*\])
      | (?P<name>(?:(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)?[^\W\d][\w.\\]*)
      | (?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?)
    """,
    re.VERBOSE,
)
_PART = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([1-9]\d*)")

VOLATILE = frozenset({"RAND", "RANDBETWEEN", "RANDARRAY", "NOW", "TODAY", "INFO", "CELL"})
DYNAMIC = frozenset({"OFFSET", "INDIRECT"})


class References(NamedTuple):
    """What one formula mentions: areas with their sheet, names, tables, and the functions it calls."""

    areas: list[tuple[str, Area]]
    names: set[str]
    tables: set[str]
    functions: set[str]


def references(formula: str, sheet: str) -> References:
    """Everything that the formula (without its =) on the sheet refers to.

    >>> found = references("SUM(A1:A3)+Data!B2*rate&\\"C9\\"", "Lesson")
    >>> [(name, area.a1) for name, area in found.areas], found.names, found.functions
    ([('Lesson', 'A1:A3'), ('Data', 'B2')], {'rate'}, {'SUM'})
    """
    found = References([], set(), set(), set())
    for token in _TOKEN.finditer(formula):
        kind = token.lastgroup
        if token["reference"]:
            name = a1.split(token["sheet"] + "A1")[0] if token["sheet"] else sheet
            found.areas.append((name, _area(token["area"])))
        elif token["function"]:
            found.functions.add(token["function"].upper().removeprefix("_XLFN.").removeprefix("_XLWS."))
        elif token["table"]:
            found.tables.add(token["table"].casefold())
        elif kind == "name" and token["name"].upper() not in ("TRUE", "FALSE"):
            found.names.add(token["name"].rpartition("!")[2].casefold())
    return found


def _area(text: str) -> Area:
    """The area of a reference's text, whole columns and rows included."""
    text = text.replace("$", "")
    first, _, last = text.partition(":")
    if first.isdigit():
        return Area(int(first), 1, int(last), a1.COLUMNS)
    if first.isalpha():
        return Area(1, a1.column(first), a1.ROWS, a1.column(last))
    return Area.parse(text)


def only_reference(formula: str | None, sheet: str) -> Cell | None:
    """The cell on the same sheet that the formula does nothing but repeat, or None.

    >>> only_reference("$C$1", "Lesson"), only_reference("+C1", "Lesson"), only_reference("C1*2", "Lesson")
    ((1, 3), (1, 3), None)
    """
    match = re.fullmatch(r"[+(\s]*(.*?)[)\s]*", formula or "", re.DOTALL)
    token = match and _TOKEN.fullmatch(match[1])
    if not token or not token["reference"]:
        return None
    [(name, area)] = references(match[1], sheet).areas if match else [("", Area(0, 0, 0, 0))]
    single = area[:2] == area[2:] and name.casefold() == sheet.casefold()
    return area[:2] if single else None


def shift(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads when it is filled down by `rows` and right by `columns`.

    >>> shift('A1*$C$2+SUM(B$1:B3)&"A1"', 2, 1)
    'B3*$C$2+SUM(C$1:C5)&"A1"'
    """

    def moved(token: re.Match[str]) -> str:
        if not token["reference"]:
            return token[0]
        return (token["sheet"] or "") + _PART.sub(part, token["area"])

    def part(match: re.Match[str]) -> str:
        fixed_column, name, fixed_row, row = match.groups()
        name = name if fixed_column else a1.letters((a1.column(name) + columns - 1) % a1.COLUMNS + 1)
        row = row if fixed_row else str((int(row) + rows - 1) % a1.ROWS + 1)
        return f"{fixed_column}{name}{fixed_row}{row}"

    return _TOKEN.sub(moved, formula)
