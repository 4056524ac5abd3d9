"""Where the cells of a worksheet are in the file that came back.

A student may have inserted rows and columns, written notes beside the table or renamed the sheet. So columns are
matched by the words printed in them and rows by the words and numbers printed in them; an address counts only where
nothing was printed. A column that was deleted has no place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from ..a1 import Cell
from ..sheet import Place, Sheet, Value

FURTHER = 200  # rows and columns beyond those of the worksheet in which its cells are looked for
ENOUGH = 0.5  # of what was printed must be found on a sheet to take it for the worksheet


def place_cells(
    drawn: Mapping[str, Sheet], returned: Mapping[str, Sheet], blanks: Collection[Place]
) -> dict[Place, Place]:
    """For each cell of the worksheet as it was drawn, its place in the file that came back.

    `blanks` are the cells whose contents are the student's. A sheet that did not come back is not in it, nor is a cell
    of a deleted column.
    """
    found: dict[Place, Place] = {}
    for name, sheet in drawn.items():
        own = {cell for where, cell in blanks if where == name}
        mapped = [
            (*_match(sheet, other, own), other.name)
            for other in sorted(returned.values(), key=lambda other: other.name.casefold() != name.casefold())
        ]
        share, rows, columns, where = max(mapped, key=lambda entry: entry[0], default=(0.0, {}, {}, ""))
        if share >= ENOUGH:
            cells = {*sheet.values, *sheet.formulas}
            found |= {
                (name, (row, column)): (where, (rows[row], columns[column]))
                for row, column in cells
                if column in columns
            }
    return found


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
        rows = _lines(anchors, last[0])
    kept = sum(
        present.get((rows[row], columns[column])) == text
        for (row, column), text in here.items()
        if column in columns
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
    """Lines with equal signatures, in order; and runs of as many others between them."""
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
    """Every line up to the last but those in whose place another stands now: they were deleted."""
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
