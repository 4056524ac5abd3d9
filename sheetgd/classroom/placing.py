"""Where the cells of a worksheet are in the file that came back.

A student may have inserted rows and columns, written notes beside the table or renamed the sheet. So columns are
matched by the words printed in them and rows by the words and numbers printed in them; an address counts only where
nothing was printed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher

from ..a1 import Cell
from ..sheet import Place, Sheet, Value

FURTHER = 200  # rows and columns beyond those of the worksheet in which its cells are looked for
ENOUGH = 0.5  # of what was printed must be found on a sheet to take it for the worksheet


def place_cells(
    drawn: Mapping[str, Sheet], returned: Mapping[str, Sheet], blanks: Collection[Place]
) -> dict[Place, Place]:
    """For each cell of the worksheet as it was drawn, its place in the file that came back.

    `blanks` are the cells whose contents are the student's. A sheet that did not come back is not in the answer.
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
            found |= {(name, (row, column)): (where, (rows[row], columns[column])) for row, column in cells}
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
    words = {value for value in printed.values() if isinstance(value, str)}
    here = {cell: value for cell, value in printed.items() if isinstance(value, str)}
    there = {cell: value for cell, value in present.items() if isinstance(value, str) and value in words}
    columns = _lines(_signatures(here, 1), _signatures(there, 1), last[1])
    # A number counts where nothing but printed numbers stand: in the columns of x and y, say
    theirs = {column for _, column in blanks} | {column for _, column in drawn.formulas}
    numbers = {column for _, column in printed} - theirs
    back = {columns[column]: column for column in numbers}
    here_too = {cell: value for cell, value in printed.items() if cell in here or cell[1] in numbers}
    there_too = {
        cell: value
        for cell, value in present.items()
        if cell in there or (cell[1] in back and not isinstance(value, str) and cell not in returned.formulas)
    }
    rows = _lines(_signatures(here_too, 0), _signatures(there_too, 0), last[0])
    kept = sum(present.get((rows[row], columns[column])) == text for (row, column), text in here.items())
    return kept / max(len(here), 1), rows, columns


def _signatures(cells: Mapping[Cell, Value], axis: int) -> list[tuple[int, tuple[Value, ...]]]:
    """Each row (axis 0) or column (axis 1) with what stands in it, in order."""
    lines: dict[int, list[Value]] = {}
    for cell in sorted(cells):
        lines.setdefault(cell[axis], []).append(cells[cell])
    return [(line, tuple(lines[line])) for line in sorted(lines)]


def _lines(
    drawn: Sequence[tuple[int, tuple[Value, ...]]],
    returned: Sequence[tuple[int, tuple[Value, ...]]],
    last: int,
) -> dict[int, int]:
    """Which line of the returned sheet each line of ours is: the same signature, else the same distance from one."""
    anchors: dict[int, int] = {}
    matcher = SequenceMatcher(
        None, [text for _, text in drawn], [text for _, text in returned], autojunk=False
    )
    for tag, start, end, other, until in matcher.get_opcodes():
        if tag == "equal" or (tag == "replace" and end - start == until - other):
            anchors |= {drawn[start + step][0]: returned[other + step][0] for step in range(end - start)}
    offset, lines = 0, {}
    for line in range(1, last + FURTHER):
        offset = anchors[line] - line if line in anchors else offset
        lines[line] = line + offset
    return lines
