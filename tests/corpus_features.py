"""What the makers of the corpus share."""

from __future__ import annotations

import io
import random
import zlib
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xlsxwriter

import workbooks
from workbooks import NAMES, STEPS_DONE, TITLES, XS, YS, one_epoch, state_after

Feature = Callable[[Any, Any, random.Random], None]


BY_XLSXWRITER: dict[str, Feature] = {}


def feature(registry: dict[str, Any], name: str) -> Callable[[Any], Any]:
    def register(function: Any) -> Any:
        registry[name] = function
        return function

    return register


def by_xlsxwriter(path: Path, features: list[str], dice: random.Random) -> None:
    options = {
        "date_1904": "dates from 1904" in features,
        "constant_memory": "texts in their cells" in features,
        "use_future_functions": True,
    }
    with xlsxwriter.Workbook(path, options) as book:
        if "a macro" in features and path.suffix == ".xlsm":
            book.add_vba_project(
                io.BytesIO(zlib.decompress(b64decode(workbooks.VBA_PROJECT))), is_stream=True
            )
        if "64-bit zip" in features:
            book.use_zip64()
        book.add_worksheet("basic")
        for name, place in NAMES.items():
            book.define_name(name, place)
        const, slope, log = state_after(STEPS_DONE)
        rows, loss = one_epoch(const, slope)
        if options["constant_memory"]:
            draw_by_rows(book.get_worksheet_by_name("basic"), const, slope, rows, loss, log)
        else:
            workbooks.draw_lesson(book, const, slope, rows, loss, log)
        for name in features:
            sheet = book.add_worksheet(name[:31])
            BY_XLSXWRITER[name](book, sheet, dice)


def draw_by_rows(sheet: Any, const: float, slope: float, rows: Any, loss: float, log: Any) -> None:
    """The lesson row by row: what is written in constant memory cannot go back up."""
    sheet.write_row("A1", ["", "intercept", workbooks.Exact(const), "", "learn", workbooks.LEARN])
    sheet.write_row("B2", ["slope", workbooks.Exact(slope)])
    sheet.write_row("A3", TITLES)
    for index, results in enumerate(rows):
        row = workbooks.FIRST_ROW + index
        sheet.write(f"A{row}", XS[index])
        sheet.write(f"B{row}", YS[index])
        for column, formula, result in zip("CDEFGHIJ", workbooks.formulas(row), results, strict=True):
            sheet.write_formula(f"{column}{row}", formula, None, result)
    sheet.write("E33", "rmse")
    sheet.write_formula("F33", f"=SQRT(SUM(F{workbooks.FIRST_ROW}:F{workbooks.LAST_ROW}))", None, loss)
    sheet.write("C37", "rmse")
    for row, logged in enumerate(log, 38):
        sheet.write_number(f"C{row}", workbooks.Exact(logged))


def numbers(sheet: Any, dice: random.Random, count: int = 5) -> list[int]:
    """Two columns of numbers, A and B, and the sum of each below."""
    columns = [[dice.randint(1, 99) for _ in range(count)] for _ in "AB"]
    for row in range(count):
        sheet.write_row(row, 0, [columns[0][row], columns[1][row]])
    for column, values in enumerate(columns):
        letter = "AB"[column]
        sheet.write_formula(count, column, f"=SUM({letter}1:{letter}{count})", None, sum(values))
    return columns[0]


@feature(BY_XLSXWRITER, "defined names")
def names(book: Any, sheet: Any, dice: random.Random) -> None:
    values = numbers(sheet, dice)
    number = dice.randint(1, 999)
    book.define_name(f"total_{number}", f"='{sheet.name}'!$A$1:$A$5")
    book.define_name(f"'{sheet.name}'!own", f"='{sheet.name}'!$A$1")
    book.define_name("rate_of_all", "=0.25")
    sheet.write_formula("D1", f"=SUM(total_{number})*rate_of_all", None, sum(values) * 0.25)


def fill(sheet: Any, dice: random.Random) -> None:
    for _ in range(5):
        sheet.append([dice.randint(1, 99), dice.randint(1, 99), "text"])
    sheet["A6"] = "=SUM(A1:A5)"
