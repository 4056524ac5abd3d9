"""What tests of patching share: sheets as XML, and workbooks changed and read back."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

import sheetgd
from readers import READERS, calamine_values, differences
from sheetgd.errors import SheetgdError
from workbooks import changed_parts

SHEET = "xl/worksheets/sheet1.xml"


STRICT_READERS = ["calamine"]  # neither openpyxl nor IronCalc reads strict files


def edit(path: Path, cells: dict[str, Any], out: Path | None = None, force: bool = False) -> list[str]:
    """Apply the cells ("S!A1" to value) and return the warnings."""
    edits = sheetgd.Edits()
    for address, value in cells.items():
        edits.set(address, value)
    with sheetgd.open_book(path) as book:
        book.apply(edits, out, force=force)
        return book.warnings


def edited(path: Path, cells: dict[str, Any], results: Iterable[str] = (), **options: Any) -> list[str]:
    """Edit, and compare with the file as it was: only these cells, these `results` and one part differ."""
    readers = options.pop("readers", list(READERS))
    parts = options.pop("parts", {SHEET})
    before = Path(shutil.copy(path, path.with_name(f"before {path.name}")))
    warnings = edit(path, cells, **options)
    assert changed_parts(before, path) == parts
    assert differences(before, path, {*cells, *results}, readers) == []
    shown = calamine_values(path)
    for address, value in cells.items():
        sheet, _, cell = address.rpartition("!")
        assert shown[sheet].get(cell) == value, address
    return warnings


def refused(path: Path, cells: dict[str, Any], **options: Any) -> str:
    """The error's text; the file stays as it is."""
    before = path.read_bytes()
    with pytest.raises(SheetgdError) as caught:
        edit(path, cells, **options)
    assert path.read_bytes() == before
    assert [name.name for name in path.parent.iterdir() if "sheetgd" in name.name] == []
    return str(caught.value)


ONE = '<row r="2"><c r="B2"><v>1</v></c></row>'


ROWS = '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="inlineStr"><is><t>é😀</t></is></c></row>'


def arrays(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.write_column("A1", [1, 2, 3])
        sheet.write_array_formula("C1:C3", "{=A1:A3*2}", None, 2)
        sheet.write_number("C2", 4)
        sheet.write_number("C3", 6)
        sheet.write_dynamic_array_formula("E1:E3", "=A1:A3+1", None, 2)
        sheet.write_number("E2", 3)
        sheet.write_number("E3", 4)
    return path
