"""What the engine takes more leniently than the applications: overflow, unknown functions, formulas read otherwise."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

import office as libreoffice
import sheetgd
from fakes.google.server import Google
from sheetgd.errors import SheetError
from sheetgd.formulas.alike import Alike
from sheetgd.formulas.overflow import guarded, powers
from small_lesson import draw, lesson_cells

# The formula, and what Excel and LibreOffice show, with 900 in A1 and 1E200 in A2.
OVERFLOWS = [
    ("1/(1+EXP(A1))", "#NUM!"),
    ("IF(EXP(A1)>1,1,0)", "#NUM!"),
    ("IF(A1>1,5,EXP(A1))", 5),
    ("IFERROR(EXP(A1),7)", 7),
    ("IFERROR(1/(1+EXP(A1)),7)", 7),
    ("TANH(EXP(A1))", "#NUM!"),
    ("EXP(-EXP(A1))", "#NUM!"),
    ("MIN(EXP(A1),3)", "#NUM!"),
    ("1/(A2*A2)", "#NUM!"),
    ("1/SUMSQ(A2,A2)", "#NUM!"),
    ("ATAN(COSH(A1))", "#NUM!"),
    ("SIGN(PRODUCT(A2,A2))", "#NUM!"),
    ("1/B1", "#NUM!"),
    ("1/(1+EXP(-A1))", 1),
    ("10^400", "#NUM!"),
    ("(A2*1)^2", "#NUM!"),
    ("0^-1", "#DIV/0!"),
    ("1/0", "#DIV/0!"),
    ("ISNUMBER(EXP(A1))", 0),
    ('IF("a"&EXP(1)="b",1,2)', 2),
    ("SUMPRODUCT(--(A1:A2*2>1))", 2),
    ("SUMPRODUCT(A1:A2^2)", "#NUM!"),
    ("SUMPRODUCT(A2^(A3:A4+2))", "#NUM!"),
    ("SUMPRODUCT(A3:A4^-1)", "#DIV/0!"),
    ("large^2", "#NUM!"),
    ("SUMPRODUCT(both^2)", "#NUM!"),
]


def sheet_with(path: Path, cells: dict[str, Any]) -> Path:
    book = openpyxl.Workbook()
    assert book.active is not None
    for address, value in cells.items():
        book.active[address] = value
    book.save(path)
    return path


@pytest.mark.parametrize("formula", ["IF(COSH(A1)>1,1,0)", "1/(1+sinh(A1))", "IF(_xlfn.GAMMA(A1)>1,1,0)"])
def test_a_function_that_grows_is_seen_in_a_workbook_without_another(formula: str, tmp_path: Path) -> None:
    with sheetgd.open_book(sheet_with(tmp_path / "grows.xlsx", {"A1": 800, "A2": f"={formula}"})) as book:
        book.model()  # type: ignore[attr-defined]
        assert book.shown([("Sheet", (2, 1))]) == ["#NUM!"]


def store(path: Path, address: str, result: float) -> Path:
    """The workbook with a stored result of one formula."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    cell = re.compile(rb'(<c r="%s"[^>]*><f>.*?</f>)<v ?/?>(?:</v>)?' % address.encode())
    parts[name], count = cell.subn(rb"\g<1><v>%s</v>" % repr(result).encode(), parts[name])
    assert count == 1
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return path


@pytest.fixture(scope="module")
def overflowing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cells = {"A1": 900, "A2": 1e200, "B1": "=EXP(A1)"}
    cells |= {f"C{row}": f"={formula}" for row, (formula, _) in enumerate(OVERFLOWS, 1)}
    path = sheet_with(tmp_path_factory.mktemp("overflow") / "large.xlsx", cells)
    book = openpyxl.load_workbook(path)
    for name, area in (("large", "Sheet!$A$2"), ("both", "Sheet!$A$1:$A$2")):
        book.defined_names[name] = DefinedName(name, attr_text=area)
    book.save(path)
    return path


def shown(path: Path) -> list[Any]:
    with sheetgd.open_book(str(path)) as book:
        book.model()
        return book.shown([("Sheet", (row, 3)) for row in range(1, len(OVERFLOWS) + 1)])  # type: ignore[attr-defined]


def test_overflow_is_what_the_applications_show(overflowing: Path) -> None:
    expected = dict(OVERFLOWS)
    assert dict(zip(expected, shown(overflowing), strict=True)) == expected


def test_so_it_is_in_libreoffice(overflowing: Path, office: libreoffice.Office) -> None:
    cells = office.recalculate(overflowing)["Sheet"]
    found = {formula: cells[f"C{row}"] for row, (formula, _) in enumerate(OVERFLOWS, 1)}
    assert found == dict(OVERFLOWS) | dict.fromkeys(
        ("0^-1", "SUMPRODUCT(A3:A4^-1)"), "#NUM!"
    )  # #DIV/0! in Excel


def test_what_cannot_overflow_is_left_alone() -> None:
    for formula in (
        "(A1-B1)/A1",
        "A1^2*3",
        "IF(A1>0,EXP(A1),0)",
        "SUM(A1:A9)/COUNT(A1:A9)",
        "no formula (",
        "2/3",
        "1/B1+IF(B1>1,TANH(B1),0)",  # no cell of the engine's shows infinity
    ):
        assert guarded(formula) is None
    assert powers("A1*2") is None


def test_a_name_beyond_the_last_column_is_no_cell() -> None:
    change = Alike(guarded)
    assert [change(f"1/{name}") is not None for name in ("ABC1", "ZIP1", "ABD1")] == [False, True, False]


def test_a_run_through_overflow_stops(tmp_path: Path) -> None:
    """A sigmoid of x up to 900: the engine alone would take 1/(1+EXP(900)) for 0, and go on."""
    cells: dict[str, Any] = {"A9": 900, "A10": -900, "B5": "=AVERAGE(F9:F11)"}
    for row in (9, 10, 11):
        cells[f"E{row}"] = f"=1/(1+EXP(-(C{row}*A{row}+D{row})))"
        cells[f"G{row}"] = f"=(1/(1+EXP(-((C{row}+0.01)*A{row}+D{row})))-B{row})^2"
    path = draw(tmp_path / "sigmoid.xlsx", cells)
    with sheetgd.open_book(str(path)) as book, pytest.raises(SheetError, match="because of E10") as caught:
        sheetgd.run(book)
    assert "#NUM!" in str(caught.value)


def test_a_product_that_overflows_within_an_epoch_stops_the_run(
    tmp_path: Path, office: libreoffice.Office, google: Google
) -> None:
    """From m = 1 nothing is large; with the next m, 2, two cells show 2^729, and their product is divided by."""
    cells = {"S1": "=B3^9", "S2": "=S1^9", "S3": "=S2^9", "B5": "=3-1/(S3*S3)", "C10": "=C9", "C11": "=C9"}
    path = draw(tmp_path / "product.xlsx", cells | {"I9": "=C9+1", "I10": "=I9", "I11": "=I9"})
    for epochs in (5, 25):
        with sheetgd.open_book(str(path)) as book:
            history = sheetgd.run(book, epochs=epochs)
        assert str(history.diverged) == (
            "Lesson!B5: the run diverged in epoch 1 with learn 0.0001: the formula here, =3-1/(S3*S3), gave #NUM!; the "
            "sheet is as it was; no smaller learn was found with which the loss falls: try other start values."
        )
    file = google.add(cells=lesson_cells() | cells | {"I9": "=C9+1", "I10": "=I9", "I11": "=I9"})
    with sheetgd.open_book(file.url) as book:
        assert "the formula here, =3-1/(S3*S3), gave #NUM!" in str(sheetgd.run(book).diverged)
    changed = openpyxl.load_workbook(path)
    changed["Lesson"]["B3"] = 2
    changed.save(tmp_path / "two.xlsx")
    cells_of_two = office.recalculate(tmp_path / "two.xlsx")["Lesson"]
    assert cells_of_two["S3"] == pytest.approx(2.0**729) and cells_of_two["B5"] == "#NUM!"


@pytest.mark.parametrize("formula", ["3-1/(1+B3/S1)", "3-1/((B3^9)^9)^9", "MIN(3,B3/S1)"])
def test_one_formula_may_overflow_from_moderate_numbers(formula: str, tmp_path: Path) -> None:
    path = draw(tmp_path / "one.xlsx", {"B3": 1e9, "S1": 1e-300, "B5": f"={formula}"})
    with sheetgd.open_book(str(path)) as book:
        assert book.shown([("Lesson", (5, 2))]) == ["#NUM!"]


# -- unknown functions ------------------------------------------------------------------------------------------------
HIDDEN = [
    'IFERROR(__xludf.DUMMYFUNCTION("""a"""),45.25)',
    "IFERROR(MyVba(B3),45.25)",
    "IF(ISERROR(AGGREGATE(9,6,F9:F11)),45.25,1)",
    "45.25+COUNT(NOSUCH(1))",
]


@pytest.mark.parametrize("formula", HIDDEN)
def test_a_hidden_unknown_function_is_no_loss(formula: str, tmp_path: Path) -> None:
    path = store(draw(tmp_path / "hidden.xlsx", {"B5": f"={formula}"}), "B5", 45.25)
    with sheetgd.open_book(str(path)) as book, pytest.raises(SheetError) as caught:
        sheetgd.run(book)
    assert str(caught.value) == (
        "hidden.xlsx, Lesson!B5: rmse depends on this formula, and the formula engine does not know a function or a "
        "name in it; write it with other functions, or type its result as a number."
    )


@pytest.mark.parametrize("formula", HIDDEN)
def test_beside_the_way_it_keeps_its_result(formula: str, tmp_path: Path) -> None:
    path = store(draw(tmp_path / "beside.xlsx", {"S1": f"={formula}"}), "S1", 45.25)
    with sheetgd.open_book(str(path)) as book:
        history = sheetgd.run(book)
    assert history.epochs == 2
    assert history.warnings == [
        "Lesson!S1 left at the stored result: the formula engine does not know a function or a name in it"
    ]
    assert libreoffice.read_stored(path)["Lesson"]["S1"] == 45.25


def test_a_function_named_in_a_text_is_none(tmp_path: Path) -> None:
    path = draw(tmp_path / "text.xlsx", {"S1": '=IFERROR("MyVba(1)",2)'})
    with sheetgd.open_book(str(path)) as book:
        assert not sheetgd.run(book).warnings


# -- stricter applications --------------------------------------------------------------------------------------------
STRICTER = [
    (
        "SUM((E9:E11-B9:B11)^2)",
        "Excel will take one cell of a range in it, where the formula engine takes them all; use SUMPRODUCT, or enter "
        "the formula in Excel or LibreOffice with Ctrl+Shift+Enter and save.",
    ),
    (
        "LET(s,SUM(F9:F11),s/3)",
        "Excel knows a function in it only with the prefix _xlfn., and will show #NAME?; type the formula again in "
        "Excel or LibreOffice and save, or write it with older functions.",
    ),
]


@pytest.mark.parametrize(("formula", "said"), STRICTER)
def test_what_excel_reads_otherwise_is_no_loss(formula: str, said: str, tmp_path: Path) -> None:
    path = draw(tmp_path / "strict.xlsx", {"B5": f"={formula}"})
    with sheetgd.open_book(str(path)) as book, pytest.raises(SheetError) as caught:
        sheetgd.run(book)
    assert str(caught.value) == f"strict.xlsx, Lesson!B5: rmse depends on this formula, and {said}"


@pytest.mark.parametrize(("formula", "said"), STRICTER)
def test_beside_the_way_it_is_said(formula: str, said: str, tmp_path: Path) -> None:
    path = draw(tmp_path / "beside.xlsx", {"S1": f"={formula}"})
    with sheetgd.open_book(str(path)) as book:
        assert sheetgd.run(book).warnings == [f"Lesson!S1: {said.partition(';')[0]}"]


def test_what_excel_reads_alike_is_taken(tmp_path: Path) -> None:
    path = draw(
        tmp_path / "alike.xlsx", {"B5": "=_xlfn.LET(_xlpm.s,SUMPRODUCT((E9:E11-B9:B11)^2),_xlpm.s/3)"}
    )
    with sheetgd.open_book(str(path)) as book:
        assert not sheetgd.run(book).warnings
