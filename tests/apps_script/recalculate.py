"""Prints a workbook's first sheet as Apps Script reads it, with the cells on stdin typed into it."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import sheetgd
from sheetgd.grid.edits import Edits


def as_apps_script(path: Path, typed: dict[str, Any] | None = None) -> dict[str, Any]:
    """The values and formulas of the first sheet, in rows, and how many rows the sheet has."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(path, folder)
        with sheetgd.open_book(copy) as book:
            name = book.sheet_names[0]
            if typed:
                edits = Edits()
                for address, value in typed.items():
                    edits.set(f"'{name}'!{address}", value)
                book.apply(edits)
        with sheetgd.open_book(copy) as book:
            sheet = book.cells(name)
            if sheet.formulas:
                book.model()
            cells = {**sheet.values, **sheet.formulas}
            last, right = max(row for row, _ in cells), max(column for _, column in cells)
            values = [
                [shown(sheet.values.get((row, column))) for column in range(1, right + 1)]
                for row in range(1, last + 1)
            ]
            formulas = [
                [
                    "=" + sheet.formulas[row, column] if (row, column) in sheet.formulas else ""
                    for column in range(1, right + 1)
                ]
                for row in range(1, last + 1)
            ]
    return {"values": values, "formulas": formulas, "rows": max(last, 100)}


def shown(value: Any) -> Any:
    """A cell's value as getValues gives it."""
    return "" if value is None else value


if __name__ == "__main__":
    os.environ.pop("PYTHONWARNINGS", None)
    print(json.dumps(as_apps_script(Path(sys.argv[1]), json.load(sys.stdin))))
