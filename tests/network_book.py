"""The workbook of the lesson `network`, calculated by IronCalc."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import ironcalc
import numpy as np
import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple

from conftest import CommandLine


@lru_cache(maxsize=3)
def opened(path: Path) -> Any:
    """A workbook that no test changes, in openpyxl."""
    return openpyxl.load_workbook(path)


class Engine:
    """A workbook in IronCalc, asked by A1."""

    def __init__(self, path: Path) -> None:
        self.model = ironcalc.load_from_xlsx(str(path))
        self.model.evaluate()
        self.sheets = [sheet["name"] for sheet in self.model.get_worksheets_properties()]
        row = opened(path)["Network"][6]
        self.titles = {cell.value: cell.column_letter for cell in row if cell.column > 38 and cell.value}

    def fresh(self) -> Engine:
        """Another one that stands where this one does."""
        other = Engine.__new__(Engine)
        other.model = ironcalc.load_from_bytes(self.model.to_bytes())
        other.sheets, other.titles = self.sheets, self.titles
        return other

    def get(self, cell: str, sheet: str = "Network") -> Any:
        return self.model.get_cell_value(self.sheets.index(sheet), *coordinate_to_tuple(cell))

    def put(self, values: dict[str, float], sheet: str = "Network") -> None:
        """Put numbers into cells, over their formulas, and recalculate."""
        for cell, value in values.items():
            self.model.update_cell_with_number(self.sheets.index(sheet), *coordinate_to_tuple(cell), value)
        self.model.evaluate()

    def cells(self, title: str) -> list[str]:
        """The cells of a column of the table of steps."""
        return [f"{self.titles[title]}{row}" for row in range(7, 23)]

    def column(self, title: str) -> np.ndarray:
        return np.array([self.get(cell) for cell in self.cells(title)], dtype=float)

    def last(self, title: str) -> float:
        """The last row's value in a column."""
        return float(self.get(self.cells(title)[-1]))


@lru_cache(maxsize=3)
def starts(path: Path) -> dict[str, str]:
    """The start cell of every parameter, as sheetgd finds them."""
    found = CommandLine(path.parent)("look", path.name, "--json").json()
    return {name: place["start"] for name, place in found["parameters"].items()}


def beside(cell: str) -> str:
    """The cell right of another: a weight's velocity."""
    row, column = coordinate_to_tuple(cell)
    return f"{get_column_letter(column + 1)}{row}"
