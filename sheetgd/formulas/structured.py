"""Structured references, such as Scores[Points], as plain ones: for an engine that knows the cells, but no table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..grid.a1 import Area
from ..grid.sheet import Place, Sheet
from .grammar import NotAFormula, parse, text
from .tree import Corner, Reference, TableField, Tree, replaced

_PART = re.compile(r"\[((?:[^\[\]']|'.)*)\]")


class TableFrame(NamedTuple):
    """A table: its sheet, its area with titles and totals, the titles, and how many rows of totals it has."""

    sheet: str
    area: Area
    titles: Sequence[str]
    totals: int = 0

    def rows(self, item: str, own: int) -> tuple[int, int] | None:
        """The first and the last row that an item such as #data means to a formula in a row."""
        top, bottom = self.area.top + 1, self.area.bottom - self.totals
        if item == "#this row":
            return (own, own) if top <= own <= bottom else None
        if item == "#totals" and not self.totals:
            return None
        return {
            "#data": (top, bottom),
            "#headers": (self.area.top, self.area.top),
            "#totals": (bottom + 1, self.area.bottom),
            "#all": (self.area.top, self.area.bottom),
        }.get(item)


def frames(sheets: Iterable[Sheet]) -> dict[str, TableFrame]:
    """The tables with titles that stand on sheets, by their names in lower case."""
    found = {}
    for sheet in sheets:
        for name, area in sheet.tables.items():
            columns = range(area.left, area.right + 1)
            titles = [str(sheet.values.get((area.top, column), "")) for column in columns]
            found[name] = TableFrame(sheet.name, area, titles, sheet.totals.get(name, 0))
    return found


def without_tables(formula: str, place: Place, tables: Mapping[str, TableFrame]) -> str:
    """The formula of a cell with its structured references in A1 form; those that mean nothing there stay.

    `tables` are by their names in lower case.

    >>> scores = TableFrame("Data", Area(1, 1, 5, 2), ["Name", "Points"], totals=1)
    >>> without_tables("SUM(Scores[Points])/Scores[[#Totals],[Points]]", ("Other", (9, 9)), {"scores": scores})
    "SUM('Data'!$B$2:$B$4)/'Data'!$B$5"
    """
    if "[" not in formula:
        return formula
    try:
        tree = parse(formula)
    except NotAFormula:
        return formula
    found = plain(tree, place, tables)
    return formula if found is tree else text(found)


def plain(tree: Tree, place: Place, tables: Mapping[str, TableFrame]) -> Tree:
    """A tree with its structured references as plain ones; those that mean nothing to the place stay."""

    def change(node: Tree) -> Tree | None:
        return meant(node, place, tables) if isinstance(node, TableField) else None

    return replaced(tree, change)


def meant(field: TableField, place: Place, tables: Mapping[str, TableFrame]) -> Reference | None:
    """The cells that a structured reference means to the formula of a place; None where it means nothing.

    Where it means the formula's own row, the reference goes down with the formula.
    """
    table = tables.get(field.table.casefold()) if field.table else _around(place, tables)
    if table is None:
        return None
    inner = field.field[1:-1].strip()
    parts = _PART.findall(inner) or [inner.removeprefix("@")]
    items = [part.strip().casefold() for part in parts if part.startswith("#")]
    items += ["#this row"] if inner.startswith("@") else []
    titles = [re.sub("'(.)", r"\1", part).casefold() for part in parts if part and not part.startswith("#")]
    known = [title.casefold() for title in table.titles]
    rows = [table.rows(item, place[1][0]) for item in items or ["#data"]]
    spans = [found for found in rows if found]
    if len(spans) < len(rows) or not set(titles) <= set(known) or len(titles) > 2:
        return None
    columns = sorted(table.area.left + known.index(title) for title in titles)
    left, right = (columns[0], columns[-1]) if columns else (table.area.left, table.area.right)
    top, bottom = min(first for first, _ in spans), max(last for _, last in spans)
    fixed = items != ["#this row"]
    first, last = Corner(left, top, True, fixed), Corner(right, bottom, True, fixed)
    return Reference("'" + table.sheet.replace("'", "''") + "'!", first, None if first == last else last)


def _around(place: Place, tables: Mapping[str, TableFrame]) -> TableFrame | None:
    """The table that a cell is in."""
    inside = [table for table in tables.values() if table.sheet == place[0] and place[1] in table.area.cells]
    return inside[0] if inside else None
