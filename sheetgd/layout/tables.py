"""Finding step tables: their headings, wherever they stand, and their rows.

A step table has x (or x1, x2 …), y, a column for each parameter and one for its next value. In a batch table every row
uses the start cells, and the next values stand outside: see `parameters`.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ..errors import SheetError
from ..formulas.references import only_reference
from ..grid.a1 import Area, Cell, a1
from ..grid.column_runs import rows_without
from ..grid.sheet import Sheet, printable
from .vocabulary import EPOCH_WORDS, next_labels


class StepTable(NamedTuple):
    """A table's headings: the row, the first row of data, titles and columns, the (first) x, and y."""

    heading: int
    first: int
    columns: dict[str, int]
    x: int
    y: int
    successors: dict[str, int]  # a parameter's title -> the column of its next value; none in a batch table

    def area(self, last: int) -> Area:
        """The table down to its last row, with its headings."""
        return Area(self.heading, min(self.columns.values()), last, max(self.columns.values()))

    @property
    def corner(self) -> Cell:
        return self.heading, self.x


def is_x(label: str) -> bool:
    """Whether a heading's label is that of an input.

    >>> [label for label in ("x", "x1", "x (inches", "xy", "y") if is_x(label)]
    ['x', 'x1', 'x (inches']
    """
    return label == "x" or label.startswith("x (") or (label[:1] == "x" and label[1:].isdigit())


def is_y(label: str) -> bool:
    """Whether a heading's label is that of the target."""
    return label == "y" or label.startswith("y (")


def point_tables(sheet: Sheet) -> Iterator[StepTable]:
    """Every table with x and y, one with the next values of parameters or without."""
    rows: dict[int, dict[int, str]] = {}
    for (row, column), label in sheet.labels():
        rows.setdefault(row, {})[column] = label
    for row, labels in sorted(rows.items()):
        if any(map(is_x, labels.values())) and any(map(is_y, labels.values())):
            yield from _tables_in_row(sheet, row, labels)


def refuse_nameless_points(sheet: Sheet) -> None:
    """An error where headings are a step table's (a parameter and its next value), but name no x or no y."""
    rows: dict[int, dict[str, int]] = {}
    for (row, column), label in sheet.labels():
        rows.setdefault(row, {})[label] = column
    for row, labels in sorted(rows.items()):
        pairs = ((label, new) for label in labels for new in next_labels(label) if new in labels)
        name, new = next(pairs, ("", ""))
        titles = f"{name} and {new.replace(' ', '_')}"
        lacking = [what for what, kind in (("x", is_x), ("y", is_y)) if not any(map(kind, labels))]
        if name and lacking:
            raise SheetError(
                f"these headings have {titles}, as a step table's, but no {' and no '.join(lacking)}",
                f"call the column of the {'inputs x' if lacking[0] == 'x' else 'targets y'}",
                sheet=sheet.name,
                cell=a1((row, min(labels.values()))),
            )


def step_tables(sheet: Sheet) -> list[StepTable]:
    """The tables that hold the next values of their parameters."""
    return [table for table in point_tables(sheet) if table.successors]


def _tables_in_row(sheet: Sheet, row: int, labels: dict[int, str]) -> Iterator[StepTable]:
    """The tables whose headings stand in one row, side by side."""
    waiting = runs(sheet, row, sorted(labels))
    while waiting:
        run = waiting.pop(0)
        titles = [labels[column] for column in run]
        if not any(map(is_x, titles)) or not any(map(is_y, titles)):
            continue
        table = _table(sheet, row, run)
        wider, rest = run, list(waiting)
        while not table.successors and rest and _continues(wider, rest[0], labels):
            wider = wider + rest.pop(0)
            if _table(sheet, row, wider).successors:
                table, waiting = _table(sheet, row, wider), rest
        yield table


def runs(sheet: Sheet, row: int, columns: list[int]) -> list[list[int]]:
    """The columns in runs without a gap; the rest of a merged heading is no gap, a second x begins a new run."""
    found: list[list[int]] = []
    end = 0
    for column in columns:
        again = found and sheet.label((row, column)) in [sheet.label((row, other)) for other in found[-1]]
        if column == end + 1 and found and not again:
            found[-1].append(column)
        else:
            found.append([column])
        end = sheet.merge_at((row, column)).right
    return found


def _continues(run: list[int], following: list[int], labels: dict[int, str]) -> bool:
    titles = {labels[column] for column in run}
    others = {labels[column] for column in following}
    return not titles & others and not others & EPOCH_WORDS.labels.keys()


def _table(sheet: Sheet, row: int, run: list[int]) -> StepTable:
    titles = {column: printable(str(sheet.values[row, column])).strip() for column in run}
    first = max(sheet.merge_at((row, column)).bottom for column in run) + 1
    x, y = (next(column for column in run if kind(sheet.label((row, column)))) for kind in (is_x, is_y))
    columns = {title: column for column, title in titles.items()}
    return StepTable(row, first, columns, x, y, _successors(sheet, row, first, run, titles))


def _successors(sheet: Sheet, row: int, first: int, run: list[int], titles: dict[int, str]) -> dict[str, int]:
    """Parameters and the columns of their next values: by the formulas of the first two rows, then by titles."""
    found: dict[str, int] = {}
    by_label = {sheet.label((row, column)): column for column in run}
    for column in run:
        start = only_reference(sheet.formulas.get((first, column)), sheet.name)
        after = only_reference(sheet.formulas.get((first + 1, column)), sheet.name)
        from_above = after and after[0] == first and after[1] in run and after[1] != column
        if start and start[0] < first + 1 and from_above and after:
            found[titles[column]] = after[1]
            continue
        label = sheet.label((row, column))
        named = next((by_label[new] for new in next_labels(label) if new in by_label), None)
        if named and not (from_above and after and after[1] != named):
            found[titles[column]] = named
    return found


def last_row(sheet: Sheet, table: StepTable) -> int:
    """The last row before the first empty x, all x and y up to there being numbers."""
    row = table.first
    while not sheet.is_empty((row, table.x)):
        if known := min(len(sheet.numbers_from((row, column))) for column in (table.x, table.y)):
            row += known
            continue
        for column, name in ((table.x, "x"), (table.y, "y")):
            sheet.require((row, column), name)
        row += 1
    below = next((line for line in range(row, row + 3) if _is_data_row(sheet, table, line)), None)
    total = (row, table.y) in sheet.formulas and (table.first, table.y) not in sheet.formulas
    on = row if sheet.number((row, table.y)) is not None and not total else below
    if on:
        raise SheetError(
            f"x is empty, but the table goes on in row {on}",
            "type the missing x, or move the rows below up",
            **sheet.place((row, table.x)),
        )
    if row == table.first:
        raise SheetError(
            "the table has no rows: x is empty",
            "type x and y below their headings",
            **sheet.place((row, table.x)),
        )
    return row - 1


def _is_data_row(sheet: Sheet, table: StepTable, row: int) -> bool:
    inside = [(row, column) for column in table.columns.values()]
    return all(sheet.number((row, column)) is not None for column in (table.x, table.y)) and len(
        [cell for cell in inside if not sheet.is_empty(cell)]
    ) == len([column for column in table.columns.values() if not sheet.is_empty((table.first, column))])


def table_rule(sheet: Sheet, table: StepTable, last: int) -> str:
    """Whether the next values are formulas or (to be) filled in; a column of both is refused."""
    for title, column in table.successors.items():
        rows = range(table.first, last + 1)
        without = rows_without(sheet.formulas, column, rows)
        if 0 < len(without) < len(rows):
            odd, first = (min(without), column), next(row for row in rows if row not in without)
            raise SheetError(
                f"the next value of {title} is {sheet.show(odd)} here, but a formula in {a1((first, column))}",
                "fill the formula down the whole column",
                **sheet.place(odd),
            )
    kinds = {(table.first, column) in sheet.formulas for column in table.successors.values()}
    if len(kinds) > 1:
        raise SheetError(
            "some next values are formulas and others are not",
            "write formulas for all parameters, or for none",
            sheet=sheet.name,
            cell=a1((table.first, min(table.successors.values()))),
        )
    if kinds == {True}:
        _refuse_typed(sheet, table, last)
        return "formulas"
    return "columns"


def _refuse_typed(sheet: Sheet, table: StepTable, last: int) -> None:
    """An error for a number among the formulas of a column; the first row's may be a start."""
    for title, column in table.columns.items():
        if column in (table.x, table.y):
            continue
        rows = range(table.first, last + 1)
        without = rows_without(sheet.formulas, column, rows)
        typed = [row for row in without if row > table.first and sheet.number((row, column)) is not None]
        if 0 < len(typed) < len(rows) - len(without):
            odd, first = (min(typed), column), next(row for row in rows if row not in without)
            raise SheetError(
                f"{title} is {sheet.show(odd)} here, but a formula in {a1((first, column))}",
                "fill the formula down the whole column",
                **sheet.place(odd),
            )
