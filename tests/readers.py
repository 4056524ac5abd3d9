"""Workbooks as other programs read them: openpyxl (values and formulas), calamine and IronCalc.

Each reader gives {sheet: {A1: value}} without empty cells. None of them shares code with sheetgd.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import openpyxl
import python_calamine
from openpyxl.utils import get_column_letter

Path = str | os.PathLike[str]
Cells = dict[str, dict[str, Any]]


def openpyxl_values(path: Path) -> Cells:
    return _openpyxl(path, data_only=True)


def openpyxl_formulas(path: Path) -> Cells:
    """Formulas (and what is typed) as openpyxl finds them, arrays and data tables by their attributes."""
    return _openpyxl(path, data_only=False)


def _openpyxl(path: Path, data_only: bool) -> Cells:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, data_only=data_only, keep_vba=False)
    return {
        sheet.title: {
            cell.coordinate: _plain(cell.value)
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }
        for sheet in book.worksheets
    }


def _plain(value: Any) -> Any:
    return repr(sorted(vars(value).items())) if hasattr(value, "ref") else value


def calamine_values(path: Path) -> Cells:
    book = python_calamine.CalamineWorkbook.from_path(os.fspath(path))
    found: Cells = {}
    for sheet in book.sheets_metadata:
        if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet:
            rows = book.get_sheet_by_name(sheet.name).to_python(skip_empty_area=False)
            found[sheet.name] = {
                f"{get_column_letter(column)}{row}": value
                for row, values in enumerate(rows, 1)
                for column, value in enumerate(values, 1)
                if value != ""
            }
    return found


@lru_cache(maxsize=1)
def ironcalc() -> Any:
    """The engine, without a trace in sys.modules: other tests put another one in its place."""
    import ironcalc

    for name in [name for name in sys.modules if name.partition(".")[0] == "ironcalc"]:
        del sys.modules[name]
    return ironcalc


def ironcalc_values(path: Path) -> Cells:
    """The cells that calamine finds, as IronCalc loads them."""
    model = ironcalc().load_from_xlsx(os.fspath(path))
    sheets = {sheet["name"]: index for index, sheet in enumerate(model.get_worksheets_properties())}
    return {
        name: {
            address: model.get_cell_value(sheets[name], *openpyxl.utils.cell.coordinate_to_tuple(address))
            for address in cells
        }
        for name, cells in calamine_values(path).items()
    }


READERS: dict[str, Callable[[Path], Cells]] = {
    "openpyxl": openpyxl_values,
    "openpyxl's formulas": openpyxl_formulas,
    "calamine": calamine_values,
    "IronCalc": ironcalc_values,
}


def differences(
    before: Path, after: Path, changed: Iterable[str] = (), readers: Iterable[str] = tuple(READERS)
) -> list[str]:
    """What reads differently, cell by cell; `changed` ("Sheet!A1") may. A reader must open both files."""
    left_out = set(changed)
    found = []
    for name in readers:
        old, new = READERS[name](before), READERS[name](after)
        found += [f"{name}: {line}" for line in compare(old, new, left_out)]
    return found


def compare(old: Mapping[str, Any], new: Mapping[str, Any], left_out: set[str]) -> list[str]:
    found = [f"sheets {list(old)} became {list(new)}"] if list(old) != list(new) else []
    for sheet in old.keys() & new.keys():
        for address in old[sheet].keys() | new[sheet].keys():
            was, is_ = old[sheet].get(address), new[sheet].get(address)
            if f"{sheet}!{address}" not in left_out and not same(was, is_):
                found.append(f"{sheet}!{address}  expected {was!r}  got {is_!r}")
    return sorted(found)


def same(one: Any, other: Any) -> bool:
    return bool(one == other and type(one) is type(other)) or (one != one and other != other)
