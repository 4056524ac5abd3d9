"""Formulas that are left to Excel: functions of which the engine has too few digits, texts that count by country."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

import office as libreoffice
import sheetgd

DIGITS = "it is left to Excel or LibreOffice, for the formula engine has too few digits of a function in it"
ELSEWHERE = (
    "write it with other functions, or, if no parameter changes it, recalculate and save the workbook in Excel or "
    "LibreOffice"
)
EACH = "Excel computes a function in it for each cell of a range, the formula engine once for the whole range"
COUNTRY = (
    "it computes with a text that looks like a number or a date, and what that counts depends on the country"
)


def draw(path: Path, cells: dict[str, Any]) -> Path:
    """A batch of four points, m and b in G1 and G2, and the loss in G4, with other cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["x", "y", "predicted", "error", None, "m", 1])
    for row, (x, y) in enumerate(((1, 3), (2, 5), (3, 6), (4, 9)), 2):
        sheet.append([x, y, f"=$G$1*A{row}+$G$2", f"=C{row}-B{row}"])
    labelled = {"b": 1, "learn": 0.01, "loss": "=SUMSQ(D2:D5)/4"}
    labelled |= {"new m": "=G1-G3*SUMPRODUCT(D2:D5,A2:A5)/2", "new b": "=G2-G3*SUM(D2:D5)/2"}
    for row, (label, value) in enumerate(labelled.items(), 2):
        sheet.cell(row, 6, label)
        sheet.cell(row, 7, value)
    for address, value in cells.items():
        sheet[address] = value
    book.save(path)
    return path


def run(path: Path) -> list[str]:
    with sheetgd.open_book(str(path)) as book:
        sheetgd.run(book, epochs=3)
        return book.warnings


def saved(office: libreoffice.Office, path: Path) -> Path:
    return office.edit(path, {}, path.with_name(f"saved-{path.name}"))


@pytest.mark.parametrize(
    ("cells", "where", "why", "remedy"),
    [
        ({"G4": "=SUMSQ(D2:D5)/4*_xlfn.T.INV.2T(0.05,2)"}, "G4", DIGITS, ELSEWHERE),
        ({"I1": "=BESSELI(0.5,1)", "G4": "=SUMSQ(D2:D5)/4*I1"}, "I1", DIGITS, ELSEWHERE),
        (
            {"I1": ArrayFormula("I1", "=SUM(IF(ISNUMBER(A2:A5),1,0))"), "G4": "=SUMSQ(D2:D5)/I1"},
            "I1",
            EACH,
            "compute it in a cell of its own for each of these cells, and read those",
        ),
        (
            {"I1": "1.5.2020", "G4": "=SUMSQ(D2:D5)/4+0*I1"},
            "G4",
            COUNTRY,
            "type the number or the date itself instead of the text",
        ),
        (
            {"G4": '=SUMSQ(D2:D5)/4+0*VALUE("1.5")'},
            "G4",
            COUNTRY,
            "type the number or the date itself instead of the text",
        ),
    ],
)
def test_a_loss_that_rests_on_one_is_refused(
    tmp_path: Path, cells: dict[str, Any], where: str, why: str, remedy: str
) -> None:
    path = draw(tmp_path / "lesson.xlsx", cells)
    before = path.read_bytes()
    with pytest.raises(sheetgd.SheetgdError) as caught:
        run(path)
    assert (
        str(caught.value) == f"lesson.xlsx, Sheet!{where}: loss depends on this formula, and {why}; {remedy}."
    )
    assert path.read_bytes() == before


def test_beside_the_way_no_result_is_written(tmp_path: Path, office: libreoffice.Office) -> None:
    path = draw(tmp_path / "lesson.xlsx", {"I1": "=_xlfn.CHISQ.INV(0.3,G1+3)", "I2": "=I1*2", "I3": "=G1*2"})
    assert run(path) == [f"Sheet!I1: {DIGITS}"]
    stored = libreoffice.read_stored(path)["Sheet"]
    assert "I1" not in stored and "I2" not in stored and stored["I3"] == 2 * stored["G1"]
    assert office.as_loaded(path)["Sheet"]["I1"] == office.recalculate(path)["Sheet"]["I1"]  # it is asked to


def test_a_constant_keeps_the_applications_result(tmp_path: Path, office: libreoffice.Office) -> None:
    cells = {"I1": "=_xlfn.T.INV.2T(0.05,2)", "G4": "=SUMSQ(D2:D5)/4*I1"}
    path = saved(office, draw(tmp_path / "lesson.xlsx", cells))
    before = libreoffice.read_stored(path)["Sheet"]["I1"]
    assert run(path) == [f"Sheet!I1: {DIGITS}"]
    assert libreoffice.read_stored(path)["Sheet"]["I1"] == before
    assert office.assert_stored_equals_recalculated(path)


def test_a_loss_that_moves_it_is_refused_with_a_stored_result_too(
    tmp_path: Path, office: libreoffice.Office
) -> None:
    cells = {"G4": "=SUMSQ(D2:D5)/4*TINV(0.05,2+ABS(G1))"}
    path = saved(office, draw(tmp_path / "lesson.xlsx", cells))
    with pytest.raises(sheetgd.SheetgdError, match="too few digits"):
        run(path)
    with sheetgd.open_book(str(path)) as book, pytest.raises(sheetgd.SheetgdError, match="too few digits"):
        sheetgd.fit(book, minimize="G4", change="G1:G2")


def test_texts_that_count_the_same_everywhere_are_no_matter(
    tmp_path: Path, office: libreoffice.Office
) -> None:
    cells = {"I1": "2", "I2": "1.5.2020", "I3": "12:30", "G4": "=SUMSQ(D2:D5)/4*I1+SUM(I2:I3)"}
    path = draw(tmp_path / "lesson.xlsx", cells)
    assert run(path) == []
    assert office.assert_stored_equals_recalculated(path)


def test_standardised_large_numbers_are_libreoffices(tmp_path: Path, office: libreoffice.Office) -> None:
    """Seconds since 1970, which differ in the last digits: the engine's own STDEV has none of them right."""
    cells: dict[str, Any] = {f"I{row}": 1_700_000_000 + row * row for row in range(2, 6)}
    cells |= {f"A{row}": f"=(I{row}-AVERAGE(I$2:I$5))/STDEV(I$2:I$5)" for row in range(2, 6)}
    path = draw(tmp_path / "lesson.xlsx", cells)
    run(path)
    assert libreoffice.read_stored(path)["Sheet"]["A5"] == pytest.approx(11.5 / 83**0.5, rel=1e-14)
    assert office.assert_stored_equals_recalculated(path)
