"""Where the cells of a worksheet are in the file that came back, and what stands in them.

A student may have inserted rows and columns, written notes beside the table or renamed the sheet. So columns are
matched by the words printed in them and rows by the words and numbers printed in them; an address counts only where
nothing was printed. A column that was deleted has no place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from sys import intern

from ..formulas.grammar import NotAFormula, parse, text
from ..formulas.references import references
from ..formulas.tree import Corner, Reference, Tree, replaced
from ..grid import a1
from ..grid.a1 import Cell
from ..grid.sheet import Place, Sheet, Value
from ..language import translated
from .cell_words import held, what_to_type
from .results import short
from .returned import Returned

FURTHER = 200  # rows and columns beyond those of the worksheet in which its cells are looked for
ENOUGH = 0.5  # of what was printed must be found on a sheet to take it for the worksheet


def sheets_with(
    drawn: Sheet, returned: Mapping[str, Sheet], blanks: Collection[Place]
) -> list[dict[Place, Place]]:
    """For each sheet that is the worksheet, or a copy of its tab: the place of each cell as it was drawn.

    The likeliest sheet comes first. `blanks` are the cells whose contents are the student's. A cell of a deleted row or
    column has no place.
    """
    own = {cell for where, cell in blanks if where == drawn.name}
    mapped = [(*_match(drawn, other, own), other.name) for other in returned.values()]
    mapped.sort(key=lambda entry: (-entry[0], entry[3].casefold() != drawn.name.casefold()))
    cells = {*drawn.values, *drawn.formulas}
    return [
        {
            (drawn.name, (row, column)): (where, (rows[row], columns[column]))
            for row, column in cells
            if column in columns and row in rows
        }
        for share, rows, columns, where in mapped
        if share >= ENOUGH
    ]


def _match(
    drawn: Sheet, returned: Sheet, blanks: Collection[Cell]
) -> tuple[float, dict[int, int], dict[int, int]]:
    """How much of what was printed is there, and which of its rows and columns is which of ours."""
    printed = {
        cell: value
        for cell, value in drawn.values.items()
        if value is not None and cell not in blanks and cell not in drawn.formulas
    }
    used = {**drawn.formulas, **printed}
    last = max((row for row, _ in used), default=0), max((column for _, column in used), default=0)
    present = {
        cell: value
        for cell, value in returned.values.items()
        if cell[0] <= last[0] + FURTHER and cell[1] <= last[1] + FURTHER and value is not None
    }
    here = _words(printed)
    known = set(here.values())
    there = {cell: word for cell, word in _words(present).items() if word in known}
    if _unmoved(here, there):
        rows, columns = ({line: line for line in range(1, last[axis] + 1)} for axis in (0, 1))
    else:
        columns = _without_gone(_anchors(here, there, 1), last[1])
        anchors = _anchors(here, there, 0)
        # A number counts where nothing but printed numbers stand: in the columns of x and y, say
        theirs = {column for _, column in blanks} | {column for _, column in drawn.formulas}
        numbers = {column: columns[column] for _, column in printed if column in columns.keys() - theirs}
        anchors |= _between(anchors, _rows(printed, numbers), _rows(present, numbers, back=True))
        rows = _without_gone(anchors, last[0])
    kept = sum(
        present.get((rows[row], columns[column])) == text
        for (row, column), text in here.items()
        if column in columns and row in rows
    )
    return kept / max(len(here), 1), rows, columns


def _words(cells: Mapping[Cell, Value]) -> dict[Cell, str]:
    return {cell: value for cell, value in cells.items() if isinstance(value, str)}


def _unmoved(here: Mapping[Cell, str], there: Mapping[Cell, str]) -> bool:
    """Whether every word that stands once on both sheets stands in the same cell."""
    ones, others = Counter(here.values()), Counter(there.values())
    once = {cell: word for cell, word in here.items() if ones[word] == others[word] == 1}
    return bool(once) and all(there.get(cell) == word for cell, word in once.items())


def _anchors(here: Mapping[Cell, Value], there: Mapping[Cell, Value], axis: int) -> dict[int, int]:
    """Rows (axis 0) or columns (axis 1) that have the same words in the same order, ours to theirs."""
    return _paired(_signatures(here, axis), _signatures(there, axis))


def _signatures(cells: Mapping[Cell, Value], axis: int) -> dict[int, tuple[Value, ...]]:
    """Each row or column with what stands in it, in order."""
    lines: dict[int, list[Value]] = {}
    for cell in sorted(cells):
        lines.setdefault(cell[axis], []).append(cells[cell])
    return {line: tuple(lines[line]) for line in sorted(lines)}


def _paired(ours: Mapping[int, Sequence[Value]], theirs: Mapping[int, Sequence[Value]]) -> dict[int, int]:
    """Lines with equal signatures, in order; and runs of equally many others between them."""
    one, other = list(ours), list(theirs)
    matcher = SequenceMatcher(None, list(ours.values()), list(theirs.values()), autojunk=False)
    found: dict[int, int] = {}
    for tag, start, end, begin, until in matcher.get_opcodes():
        if tag == "equal" or (tag == "replace" and end - start == until - begin):
            found |= dict(zip(one[start:end], other[begin:until], strict=True))
    return found


def _rows(
    cells: Mapping[Cell, Value], columns: Mapping[int, int], *, back: bool = False
) -> dict[int, tuple[Value, ...]]:
    """Each row's numbers in these columns, ours or (with `back`) theirs."""
    wanted = set(columns.values()) if back else set(columns)
    numbers = {
        cell: value for cell, value in cells.items() if cell[1] in wanted and not isinstance(value, str)
    }
    return _signatures(numbers, 0)


def _between(
    anchors: Mapping[int, int], ours: Mapping[int, tuple[Value, ...]], theirs: Mapping[int, tuple[Value, ...]]
) -> dict[int, int]:
    """Rows of numbers between two rows of words that have moved apart: where one was inserted into the table."""
    found: dict[int, int] = {}
    edges = sorted(anchors)
    for start, end in pairwise(edges):
        first, last = anchors[start], anchors[end]
        if last - first != end - start:
            one = {line: text for line, text in ours.items() if start < line < end}
            other = {line: text for line, text in theirs.items() if first < line < last}
            found |= _paired(one, other)
    return found


def _without_gone(anchors: Mapping[int, int], last: int) -> dict[int, int]:
    """Every line up to the last, except those that another line has replaced: they were deleted."""
    taken = set(anchors.values())
    return {
        line: place for line, place in _lines(anchors, last).items() if line in anchors or place not in taken
    }


def _lines(anchors: Mapping[int, int], last: int) -> dict[int, int]:
    """Every line up to the last: those between anchors at the same distance from the one before."""
    offset, lines = 0, {}
    for line in range(1, last + 1):
        offset = anchors[line] - line if line in anchors else offset
        lines[line] = line + offset
    return lines


CIRCLE = "#CIRC!"  # the engine's own word
LONGEST_FORMULA, MOST_CELLS = 300, 2_000  # of a student's formula that is computed on its own
TAME = frozenset("SUM AVERAGE SUMSQ SUMPRODUCT PRODUCT COUNT SQRT POWER ABS ROUND IF ISNUMBER PI".split())


class Answers:
    """A student's file, read by the places of the drawn sheet."""

    def __init__(self, returned: Returned, at: dict[Place, Place]) -> None:
        self.sheets, self.at = returned.sheets, at
        self._drawn = {where: place for place, where in at.items()}

    def _cell(self, place: Place) -> tuple[Sheet, a1.Cell]:
        sheet, cell = self.at[place]
        return self.sheets[sheet], cell

    def value(self, place: Place) -> Value:
        """What stands in the cell; nothing where it holds a date, which is no answer."""
        if place not in self.at:
            return None
        sheet, cell = self._cell(place)
        return None if cell in sheet.dates else sheet.values.get(cell)

    def address(self, place: Place) -> str:
        return intern(a1.a1(self.at[place][1]))  # a class of 500 has the same ones

    def formula(self, place: Place) -> str:
        """The formula in the cell; empty where there is none, or no such cell."""
        if place not in self.at:
            return ""
        sheet, cell = self._cell(place)
        return sheet.formulas.get(cell, "")

    def own_formulas(self, places: Iterable[Place]) -> dict[Place, str]:
        """The student's formulas, with the addresses of the drawn sheet; not those that read other cells."""
        found = {place: own for place in places if (own := self.formula(place))}
        if all(place == where for place, where in self.at.items()):
            return found
        return {place: drawn for place, own in found.items() if (drawn := self._as_drawn(place, own))}

    def _as_drawn(self, place: Place, own: str) -> str:
        """A formula as it would read if nothing had been moved; empty where that cannot be told."""
        here = self.at[place][0]

        def corner(end: Corner, sheet: str) -> Corner:
            drawn = self._drawn.get((sheet, (end.row, end.column)))
            if drawn is None or drawn[0] != place[0]:
                raise LookupError
            return Corner(drawn[1][1], drawn[1][0], end.fixed_column, end.fixed_row)

        def moved(node: Tree) -> Tree | None:
            if not isinstance(node, Reference):
                return None
            sheet = node.sheet_name or here
            return Reference("", corner(node.first, sheet), node.last and corner(node.last, sheet))

        try:
            return text(replaced(parse(own), moved))
        except (NotAFormula, LookupError, RecursionError):
            return ""

    def name(self, place: Place) -> str:
        """The text of a cell; empty where there is none."""
        value = self.value(place)
        return " ".join(value.split()) if isinstance(value, str) else ""

    def is_empty(self, place: Place) -> bool:
        sheet, cell = self._cell(place)
        return sheet.is_empty(cell)

    def is_typed(self, place: Place) -> bool:
        sheet, cell = self._cell(place)
        return cell not in sheet.formulas and cell not in sheet.dates and sheet.number(cell) is not None

    def show(self, place: Place) -> str:
        sheet, cell = self._cell(place)
        return held(sheet, cell)

    def holds(self, place: Place, number: float) -> bool:
        """Whether this number stands in the cell."""
        sheet, cell = self._cell(place)
        found = sheet.number(cell)
        return found is not None and abs(found - number) <= 1e-9 * max(abs(found), abs(number))

    def texts(self, places: Iterable[Place]) -> Iterator[tuple[Place, str, str, str]]:
        """The cells that hold something other than a number, each with its address, what it holds, and what to do."""
        for place in places:
            sheet, cell = self._cell(place)
            if sheet.is_empty(cell) or (sheet.number(cell) is not None and cell not in sheet.dates):
                continue
            value = sheet.values.get(cell)
            formula = cell in sheet.formulas
            typed = isinstance(value, str) and not formula
            if typed:
                todo = what_to_type(str(value))
            else:
                todo = translated("fix the formula") if formula else translated("type a plain number")
            shown = held(sheet, cell)
            if value == CIRCLE:
                shown = translated("a formula that refers to itself")
            elif formula and not value:
                shown = translated("a formula that shows nothing")
            yield place, self.address(place), short(shown), todo


def is_tame(formula: str) -> bool:
    """Whether a student's formula is short and simple enough to be computed beside the formulas of the worksheet.

    >>> is_tame("D17-$H$3*I17"), is_tame('REPT("x",1E9)'), is_tame("SUM(A:XFD)"), is_tame("[1]Sheet1!A1")
    (True, False, False, False)
    """
    found = references(formula, "")
    cells = sum((area.bottom - area.top + 1) * (area.right - area.left + 1) for _, area in found.areas)
    plain = not found.names and not found.tables and found.functions <= TAME
    return plain and "!" not in formula and cells <= MOST_CELLS and len(formula) <= LONGEST_FORMULA
