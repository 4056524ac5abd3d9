"""HyperFormula, a second engine: what it makes of a workbook's formulas beside what the workbook has stored.

It is asked once for many workbooks, for its start takes longer than most of them.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

SCRIPT = Path(__file__).parent / "node" / "recalculate.mjs"
NEAR = 1e-12  # of the largest operand
NOTHING = 1e-16  # what is left where numbers of about 1 cancel
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:E[-+]?\d+)?")
REFERENCE = re.compile(r"(?:('[^']+'|\w+)!)?(\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)")
TEXT = re.compile(r'"(?:[^"]|"")*"')
ONE = r"([^,()]+)"  # an argument without brackets
WRITTEN_OUT = (  # functions that HyperFormula does not have, by those that it has
    (re.compile(rf"AVERAGEIFS\({ONE},{ONE},{ONE}\)"), r"(SUMIFS(\1,\2,\3)/COUNTIFS(\2,\3))"),
    (re.compile(rf"INTERCEPT\({ONE},{ONE}\)"), r"(AVERAGE(\1)-SLOPE(\1,\2)*AVERAGE(\2))"),
    (re.compile(rf"STEYX\({ONE},{ONE}\)"), r"SQRT((DEVSQ(\1)-SLOPE(\1,\2)^2*DEVSQ(\2))/(COUNT(\1)-2))"),
)


@dataclass(frozen=True)
class FormulaCell:
    """A formula, where it stands, what is stored and what the second engine finds."""

    place: str
    formula: str
    stored: Any
    found: Any
    largest: float  # of the numbers that it refers to, or its own

    def differs(self) -> bool:
        if isinstance(self.stored, float) and isinstance(self.found, int | float):
            return abs(self.stored - self.found) > max(NEAR * self.largest, NOTHING)
        return not _same_words(str(self.stored), "" if self.found is None else str(self.found))

    def __str__(self) -> str:
        return f"{self.place}  stored {self.stored!r}  HyperFormula {self.found!r}  {self.formula}"


class _Workbook:
    def __init__(self, path: Path) -> None:
        self.name = path.name
        values = CalamineWorkbook.from_path(path)
        self.stored = {
            name: values.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in values.sheet_names
        }
        self.sheets: dict[str, list[list[Any]]] = {}
        self.formulas: list[tuple[str, int, int, str]] = []
        for sheet in openpyxl.load_workbook(path).worksheets:
            self._read(sheet)

    def _read(self, sheet: Worksheet) -> None:
        rows: list[list[Any]] = [[None] * sheet.max_column for _ in range(sheet.max_row)]
        for cells in sheet.iter_rows():
            for cell in cells:
                value = cell.value
                if cell.data_type == "f":
                    self.formulas.append((sheet.title, cell.row - 1, cell.column - 1, value))
                    for missing, written in WRITTEN_OUT:
                        value = missing.sub(written, value)
                elif isinstance(value, str):
                    value = f"'{value}"  # a text, whatever it looks like
                rows[cell.row - 1][cell.column - 1] = value
        self.sheets[sheet.title] = rows

    def asked(self) -> dict[str, Any]:
        return {"sheets": self.sheets, "wanted": [place[:3] for place in self.formulas]}

    def compared(self, found: Sequence[Any]) -> Iterator[FormulaCell]:
        for (tab, row, column, formula), value in zip(self.formulas, found, strict=True):
            stored = self.stored[tab][row][column]
            place = f"{self.name} {tab}!{openpyxl.utils.get_column_letter(column + 1)}{row + 1}"
            numbers = [each for each in (stored, *self._operands(tab, formula)) if isinstance(each, float)]
            yield FormulaCell(place, formula, stored, value, max(map(abs, numbers), default=0.0))

    def _operands(self, tab: str, formula: str) -> Iterator[Any]:
        for sheet, area in REFERENCE.findall(TEXT.sub("", formula)):
            left, top, right, bottom = range_boundaries(area.replace("$", ""))
            for cells in self.stored[sheet.strip("'") or tab][top - 1 : bottom]:
                yield from cells[left - 1 : right]


def recalculated(node: str, packages: Path, paths: Sequence[Path]) -> list[FormulaCell]:
    """Every formula cell of the workbooks."""
    books = [_Workbook(path) for path in paths]
    done = subprocess.run(
        [node, str(SCRIPT), str(packages)],
        input=json.dumps({"books": [book.asked() for book in books]}),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answers = zip(books, json.loads(done.stdout), strict=True)
    return [cell for book, found in answers for cell in book.compared(found)]


def _same_words(stored: str, found: str) -> bool:
    """Whether two texts are alike, but for one more or less in the last place of a number that was rounded."""
    if NUMBER.sub("#", stored) != NUMBER.sub("#", found):
        return False
    pairs = zip(NUMBER.findall(stored), NUMBER.findall(found), strict=True)
    return all(
        abs(float(one) - float(other)) <= 1.01 * _last_place(one) for one, other in pairs if one != other
    )


def _last_place(number: str) -> float:
    digits, _, power = number.partition("E")
    return float(10.0 ** (int(power or 0) - len(digits.partition(".")[2])))
