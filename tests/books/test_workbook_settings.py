"""Settings of a workbook that change results, and of which the formula engine knows nothing."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

import office as libreoffice
import sheetgd
from sheetgd.errors import SheetError
from small_lesson import draw


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def as_displayed(book: Any) -> None:
    book.calculation.fullPrecision = False


def filtered(book: Any) -> None:
    sheet = book["Lesson"]
    sheet.auto_filter.ref = "A8:L11"
    sheet.auto_filter.add_filter_column(0, ["7", "28"])
    sheet.row_dimensions[10].hidden = True


def from_1904(book: Any) -> None:
    book.epoch = CALENDAR_MAC_1904
    book["Lesson"]["T1"] = datetime.date(2020, 5, 17)


def test_precision_as_displayed_is_refused(tmp_path: Path) -> None:
    path = changed(draw(tmp_path / "p.xlsx"), as_displayed)
    with sheetgd.open_book(str(path)) as book, pytest.raises(SheetError) as caught:
        sheetgd.run(book)
    assert str(caught.value) == (
        "p.xlsx, Lesson!C9: m depends on this formula, and the workbook computes with numbers as they are displayed, "
        "and sheetgd with all their digits; switch off Precision as displayed (Excel: File, Options, Advanced) and "
        "save."
    )


def test_a_subtotal_of_filtered_rows_is_refused(tmp_path: Path) -> None:
    """SUBTOTAL(1,…) leaves out what a filter hides, and no other hidden row."""
    path = draw(tmp_path / "f.xlsx", {"B5": "=SQRT(SUBTOTAL(1,F9:F11))"})
    with sheetgd.open_book(str(changed(path, filtered))) as book, pytest.raises(SheetError) as caught:
        sheetgd.run(book)
    assert str(caught.value) == (
        "f.xlsx, Lesson!B5: rmse depends on this formula, and rows are hidden or filtered, and the formula engine does "
        "not know which of them SUBTOTAL leaves out; recalculate and save the workbook in Excel or LibreOffice, or "
        "show all rows."
    )


def test_hidden_rows_without_a_filter_are_known(tmp_path: Path, office: libreoffice.Office) -> None:
    for number in (1, 101):
        path = draw(tmp_path / f"{number}.xlsx", {"B5": f"=SQRT(SUBTOTAL({number},F9:F11))"})
        changed(path, lambda book: setattr(book["Lesson"].row_dimensions[10], "hidden", True))
        with sheetgd.open_book(str(path)) as book:
            assert not sheetgd.run(book).warnings
        office.assert_stored_equals_recalculated(path)


def test_dates_from_1904_without_results_are_left_to_the_application(
    tmp_path: Path, office: libreoffice.Office
) -> None:
    path = changed(draw(tmp_path / "d.xlsx", {"S1": "=YEAR(T1)", "S2": "=S1+1"}), from_1904)
    with sheetgd.open_book(str(path)) as book:
        said = sheetgd.run(book).warnings
    assert said == ["Lesson!S1: the workbook counts dates from 1904, which the formula engine does from 1900"]
    assert {"S1", "S2"}.isdisjoint(libreoffice.read_stored(path)["Lesson"])
    shown = office.as_loaded(path)["Lesson"]
    assert (shown["S1"], shown["S2"]) == (2020, 2021)
