"""How numbers look: each number format of the drawn lessons shows the minus of a negative number, in LibreOffice."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import openpyxl
import pytest

from office import find_soffice
from sheetgd.lessons import LESSONS, draw

NUMBERS = (8098.4, 12.5, 1234567.891)


@pytest.mark.skipif(find_soffice() is None, reason="needs LibreOffice")
def test_no_number_format_loses_the_minus(tmp_path: Path) -> None:
    formats: set[str] = set()
    for lesson in LESSONS:
        draw(lesson, tmp_path / "drawn.xlsx")
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
