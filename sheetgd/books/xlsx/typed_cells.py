"""Constants, formulas and names as they are typed: a model is made of them where the engine's loader fails."""

from __future__ import annotations

import re

from ...formulas.model import FormulaText
from ...formulas.structured import TableFrame, without_tables
from ...grid.sheet import Place, Value
from .contents import Contents
from .reader import CellGroup


def typed_cells(contents: Contents) -> list[tuple[Place, Value]]:
    """The constants and formulas of all sheets, without what array formulas fill beside their own cells."""
    tables, cells = _tables(contents), list[tuple[Place, Value]]()
    for name in contents.sheet_names:
        found = contents.scanned(name)
        sheet = found.sheet
        filled = [area for area, group in found.groups if group is CellGroup.ARRAY]
        for cell, formula in sheet.formulas.items():
            plain = without_tables(formula, (name, cell), tables)
            cells.append(((name, cell), FormulaText(without_prefixes(plain))))
        for cell, value in sheet.values.items():
            if cell not in sheet.formulas and not any(cell in area.cells for area in filled):
                cells.append(((name, cell), value))
    return cells


def typed_names(contents: Contents) -> list[tuple[str, str]]:
    """The defined names of the whole workbook, and their formulas."""
    tables = _tables(contents)
    return [
        (name, without_prefixes(without_tables(text, ("", (0, 0)), tables)))
        for name, scope, text in contents.names
        if scope is None
    ]


def _tables(contents: Contents) -> dict[str, TableFrame]:
    """The tables with titles, by their names in lower case."""
    found = {}
    for name in contents.sheet_names:
        sheet = contents.scanned(name).sheet
        for table, area in sheet.tables.items():
            columns = range(area.left, area.right + 1)
            titles = [str(sheet.values.get((area.top, column), "")) for column in columns]
            found[table] = TableFrame(name, area, titles, sheet.totals.get(table, 0))
    return found


def without_prefixes(formula: str) -> str:
    """A formula as it is typed: functions newer than the file format have a prefix in files.

    >>> without_prefixes("_xlfn.STDEV.S(A1:A3)")
    'STDEV.S(A1:A3)'
    """
    return re.sub(r"_xl(fn|ws|pm|udf)\.", "", formula)
