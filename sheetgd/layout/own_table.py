"""The table that a run of one's own sheet goes through: rows with their headings, or columns if it lies on its side."""

from __future__ import annotations

from collections import Counter

from ..grid.a1 import Cell, a1, letters
from ..grid.sheet import Sheet, printable
from .labels import follow
from .naming import LABEL_WITHIN, label_of
from .structure import Structure
from .tables import StepTable, is_y


def own_table(sheet: Sheet, found: Structure) -> tuple[StepTable, int, int]:
    """The rows that a step or an epoch goes through, with their headings, and the last of them; where there are none,
    the first next value alone. Of a table on its side the last number says how many columns go through it, else 0."""
    chain = next(iter(found.chains.values()))
    nexts = [place[1] for place in chain.nexts]
    (top, left), (bottom, right) = min(nexts), max(nexts)
    before = (top - 1, left) if left == right else (top, left - 1)
    begun = int(found.kind == "trajectory" and chain.start[1] in (before, follow(sheet, before)))
    if len(nexts) > 1 and left == right:
        return *_headed(sheet, top - begun, bottom, left, []), 0
    if len(nexts) > 1 and top == bottom:
        return _sideways(sheet, (top, left - begun), right)
    down, over = (_data_runs(sheet, found, turned) for turned in (False, True))
    if over and (not down or over[1] - over[0] > down[1] - down[0]):
        first, last, rows = over
        return _sideways(sheet, (rows[0], first), last)
    if down:
        first, last, columns = down
        return *_headed(sheet, first, last, columns[0], columns), 0
    title = label_of(sheet, (top, left)) or a1((top, left))
    return StepTable(top, top, {title: left, a1((bottom, right)): right}, left, left, {}), bottom, 0


def _sideways(sheet: Sheet, first: Cell, last: int) -> tuple[StepTable, int, int]:
    """The table on its side that a cell of its first column belongs to, up to the last column."""
    top = bottom = first[0]
    while top > 1 and not sheet.is_empty((top - 1, first[1])):
        top -= 1
    while not sheet.is_empty((bottom + 1, first[1])):
        bottom += 1
    left = first[1] - 1 if first[1] > 1 and sheet.label((first[0], first[1] - 1)) else first[1]
    columns = {letters(left): left, letters(last): last}
    return StepTable(top, top, columns, left, left, {}), bottom, last - first[1] + 1


def _data_runs(sheet: Sheet, found: Structure, turned: bool) -> tuple[int, int, list[int]] | None:
    """The rows in which columns of data stand on the sheet, and these columns; `turned`, the columns, and the rows."""
    taken = {found.learn, *(start for start, _ in found.states.values())}
    cells = {cell for name, cell in found.data if name == sheet.name and cell not in taken}
    cells = {(column, row) for row, column in cells} if turned else cells
    columns: dict[tuple[int, int], list[int]] = {}
    for row, column in sorted(cells):
        if (row - 1, column) in cells or (row + 1, column) not in cells:
            continue
        last = row
        while (last + 1, column) in cells:
            last += 1
        columns.setdefault((row, last), []).append(column)
    if not columns:
        return None
    (first, last), beside = max(columns.items(), key=lambda entry: (len(entry[1]), entry[0][1] - entry[0][0]))
    return first, last, sorted(beside)


def _headed(sheet: Sheet, first: int, last: int, inside: int, data: list[int]) -> tuple[StepTable, int]:
    """The table of these rows, with the headings that stand above them without a gap."""
    near = [
        row for row in range(first - 1, max(first - 1 - LABEL_WITHIN, 0), -1) if sheet.label((row, inside))
    ]
    heading = next(iter(near), 0)
    left = right = inside
    if heading and sheet.label((heading, inside)):
        while sheet.label((heading, left - 1)):
            left -= 1
        while sheet.label((heading, right + 1)):
            right += 1
    else:
        heading = first
    shown = sorted({*range(left, right + 1), *data})
    titles = [printable(str(sheet.values.get((heading, column), ""))).strip() for column in shown]
    seen = Counter(titles)
    columns = {
        title if title and heading < first and seen[title] == 1 else a1((first, column)): column
        for title, column in zip(titles, shown, strict=True)
    }
    typed = data or [
        column
        for column in shown
        if sheet.number((last, column)) is not None and (last, column) not in sheet.formulas
    ]
    x = typed[0] if typed else inside
    y = next((c for c in typed if is_y(sheet.label((heading, c)))), typed[-1] if typed else inside)
    return StepTable(heading, first, columns, x, y, {}), last
