"""How numbers look: formats show the minus of a negative number in LibreOffice, and follow the size of own data."""

from __future__ import annotations

import csv
import random
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import ironcalc
import openpyxl
import pytest

from office import find_soffice
from sheetgd.lessons import LESSONS, draw, takes
from sheetgd.lessons.points import Points

OWN = [name for name in LESSONS if "data" in takes(name)]
SIZES = (3e-5, 4e7)
NUMBERS = (8098.4, 12.5, 1234567.891)


@pytest.mark.skipif(find_soffice() is None, reason="needs LibreOffice")
def test_no_number_format_loses_the_minus(tmp_path: Path) -> None:
    formats: set[str] = set()
    own = [(name, {"data": data_of(name, size)}) for name in OWN for size in SIZES]
    for lesson, options in [*((name, {}) for name in LESSONS), *own]:
        draw(lesson, tmp_path / "drawn.xlsx", **options)
        for sheet in openpyxl.load_workbook(tmp_path / "drawn.xlsx"):
            formats |= {cell.number_format for row in sheet.iter_rows() for cell in row}
            for area in sheet.conditional_formatting:
                formats |= {rule.dxf.numFmt.formatCode for rule in area.rules if rule.dxf and rule.dxf.numFmt}
    formats = {one for one in formats if "0" in one or one == "General"}  # the others show no number at all
    assert {"#,##0.00000", "0.00E+00", "0%"} <= formats and not any("[" in one for one in formats)
    book = openpyxl.Workbook()
    for row, one in enumerate(sorted(formats), start=1):
        for column, number in enumerate((n * sign for n in NUMBERS for sign in (1, -1)), start=1):
            book.active.cell(row, column, number).number_format = one
    book.save(tmp_path / "numbers.xlsx")
    words = [str(find_soffice()), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
    subprocess.run(
        [*words, "--convert-to", "csv", "--outdir", str(tmp_path), str(tmp_path / "numbers.xlsx")],
        check=True,
        capture_output=True,
        timeout=120,
    )
    lines = list(csv.reader((tmp_path / "numbers.csv").read_text(encoding="utf-8").splitlines()))
    for one, texts in zip(sorted(formats), lines, strict=True):
        for shown, negative in zip(texts[::2], texts[1::2], strict=True):
            assert negative.count("-") == shown.count("-") + 1, f"{one}: {negative}"
            assert negative.replace("-", "", 1) == shown, f"{one}: {negative}"


# -- own data, very small and very large -----------------------------------------------------------------------------
def data_of(lesson: str, size: float) -> Points:
    dice = random.Random(5)
    x = [float(f"{size * dice.uniform(1, 3):.5g}") for _ in range(12)]
    y = [float(f"{1.7 * each + size * dice.gauss(0, 0.3):.5g}") for each in x]
    if lesson == "logistic":
        y = [float(dice.random() < 0.5) for _ in x]
    return Points(tuple(x), tuple(y), "height (cm)", "weight (kg)", True)


def displayed(number: float, form: str) -> str:
    """A number as a cell of this format displays it."""
    if form == "General":
        return f"{number:.10g}"
    if "E+" in form:
        return f"{number:.{form.partition('E')[0].count('0') - 1}E}"
    fixed, free = (len(part) for part in re.fullmatch(r"(?:#,##)?0(?:\.(0*)(#*))?", form).groups(""))
    words = f"{number:{',' if ',' in form else ''}.{fixed + free}f}"
    return re.sub(rf"0{{0,{free}}}$", "", words) if free else words


def shows(form: str) -> bool:
    """Whether a format is one of a fixed number of digits, and not that of what was typed."""
    return "%" not in form and not form.startswith("0.0##")


def digits(words: str) -> int:
    return len(re.sub(r"E.*|[-,.]", "", words).lstrip("0"))


@pytest.mark.parametrize("lesson", OWN)
@pytest.mark.parametrize("size", SIZES)
def test_formats_follow_the_numbers(tmp_path: Path, lesson: str, size: float) -> None:
    """The largest number of each column has two digits or more, none has more than a column's room or eleven digits."""
    path = tmp_path / "drawn.xlsx"
    draw(lesson, path, data=data_of(lesson, size), without_teacher=True)
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    model.evaluate()
    for index, sheet in enumerate(openpyxl.load_workbook(path).worksheets):
        if sheet.title.startswith(("Live", "Valley")):
            continue
        columns = defaultdict(list)
        for row in sheet.iter_rows():
            for cell in row:
                value = model.get_cell_value(index, cell.row, cell.column)
                if cell.data_type == "f" and isinstance(value, float) and value and shows(cell.number_format):
                    columns[cell.column_letter, cell.number_format].append((abs(value), cell))
        for (letter, form), numbers in columns.items():
            largest, cell = max(numbers, key=lambda pair: pair[0])
            words = displayed(largest, form)
            assert digits(words) >= 2 or largest == round(largest), (sheet.title, cell.coordinate, words)
            assert digits(words) <= 11 and len(words) <= sheet.column_dimensions[letter].width + 2, (
                sheet.title,
                cell.coordinate,
                words,
            )
