"""What the engine computes otherwise than the applications: small numbers, errors behind AND, roots, variances.

Each formula is computed by LibreOffice, too; where it differs from Excel, Excel's result is told.
"""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import office as libreoffice
import sheetgd
from sheetgd.formulas.dialect import as_applications

CELLS: dict[str, Any] = {"A1": 1e-17, "A2": 1e-20, "A3": 2e-20, "A4": -1e-17, "A5": 0.3, "A6": "=0.1+0.2"}
CELLS |= {"A7": "", "A8": "text", "A10": -8, "A11": 3, "A12": "=3/9", "A13": 1e-300, "A14": 0.7, "A15": -2.5}
CELLS |= {"A16": "3", "A17": 1e200, "A18": 0}
FAR_X, FAR_Y = [1e9 + more for more in (1, 2, 4, 7, 11)], [3e9 + more for more in (2, 9, 4, 1, 4)]
CELLS |= {f"E{row}": x for row, x in enumerate(FAR_X, 1)} | {f"F{row}": y for row, y in enumerate(FAR_Y, 1)}
PAIRS = [(1, 2), ("t", 5), (3, 4), (None, 7), (9, "u"), (4, 4), (7, None), (8, 1)]
CELLS |= {f"G{row}": x for row, (x, _) in enumerate(PAIRS, 1)} | {
    f"H{row}": y for row, (_, y) in enumerate(PAIRS, 1)
}
CELLS |= {"I1": 2.5, "I2": "words", "I4": "=1/0", "I5": 7}
CELLS |= {"E10": '=""', "F10": '=""'}  # a row that is not filled in yet
# A steep line, and 1 above it or below.
CELLS |= {f"J{row}": 2 * row for row in range(1, 5)} | {
    f"K{row}": 2e8 * row + (1 if row in (1, 4) else -1) for row in range(1, 5)
}
SLOPE, INTERCEPT = statistics.linear_regression(FAR_X, FAR_Y)
CORRELATION = statistics.correlation(FAR_X, FAR_Y)
LEFT = 5 * statistics.pvariance(FAR_Y) * (1 - CORRELATION**2)  # squares that the line leaves
# The formula, and what the applications show.
SHOWN: list[tuple[str, Any]] = [
    ("IF(A1>0,1,0)", 1),
    ("IF(A4<0,1,0)", 1),
    ("IF(A2=A3,1,0)", 0),
    ("IF(A3>A2,1,0)", 1),
    ("IF(A13<>0,1,0)", 1),
    ("IF(A9<A1,1,0)", 1),  # an empty cell is 0
    ("IF(A9=0,1,0)", 1),
    ("IF(0.001*A1>0.001*A2,1,0)", 1),
    ("SUMPRODUCT(--(A1:A4>0))", 3),
    ("IF(A5=A6,1,0)", 1),  # 15 digits
    ("IF(A6-A5>0.001,1,0)", 0),
    ("IF(A6-A12<0.001,1,0)", 1),
    ("IF(A6*1E-18>A5*1E-18,1,0)", 0),
    ('IF(A8="TEXT",1,0)', 1),
    ("IF(A8>A1,1,0)", 1),  # any text is above any number
    ('IF(A9="",1,0)', 1),
    ("IF(A17>A1,1,0)", 1),
    ("IF(1/A18>0,1,0)", "#DIV/0!"),
    ("AND(A5>1,1/A18>0)", "#DIV/0!"),
    ("OR(A5<1,1/A18>0)", "#DIV/0!"),
    ("IFERROR(AND(A5>1,LN(A18)>0),7)", 7),
    ("AND(A5<1,A8,1/A5>1)", 1),  # a cell's text is left out
    ("A10^A12", "#NUM!"),
    ("A10^(1/3)", "#NUM!"),
    ("A10^0.2", "#NUM!"),
    ("A10^A11", -512),
    ("A10^-1", -0.125),
    ("ABS(A10)^A12", 2),
    ("SIN(134217727)", math.sin(134217727)),
    ("SIN(A17)", "#NUM!"),
    ("COS(134217728)", "#NUM!"),
    ("TAN(A9)", 0),
    ("MOD(A17,7)", "#NUM!"),
    ("MOD(A10,7)", 6),
    ("MOD(A11,A18)", "#DIV/0!"),
    ("MOD(-A11*1E11,-7E11)", -3e11),
    ("IFERROR(MOD(1.5E26,7),5)", 5),
    ('"m = "&A12', "m = 0.333333333333333"),
    ('1000*A6&" %"', "300 %"),
    ('A6&A8&-A11/7&""', "0.3text-0.428571428571429"),
    ('IF(A5>0,A6,"")&A9&A8', "0.3text"),
    ("ERF(A14)", math.erf(0.7)),
    ("ERF(A15)", math.erf(-2.5)),
    ("ERF(A14,2)", math.erf(2) - math.erf(0.7)),
    ("ERFC(A11)", math.erfc(3)),
    ("ERFC(A15)", math.erfc(-2.5)),
    ("NORMSDIST(A15)", math.erfc(2.5 / math.sqrt(2)) / 2),
    ("NORMSDIST(A16)", 1 - math.erfc(3 / math.sqrt(2)) / 2),  # a text that is a number
    ("NORMSDIST(A9)", 0.5),
    ("NORMSDIST(A10)", math.erfc(8 / math.sqrt(2)) / 2),
    ("_xlfn.NORM.S.DIST(A11,TRUE)", 1 - math.erfc(3 / math.sqrt(2)) / 2),
    ("_xlfn.NORM.S.DIST(A11,FALSE)", math.exp(-4.5) / math.sqrt(2 * math.pi)),
    ("NORMDIST(A11,1,2,TRUE)", 1 - math.erfc(1 / math.sqrt(2)) / 2),
    ("NORMDIST(A11,1,2,FALSE)", math.exp(-0.5) / math.sqrt(8 * math.pi)),
    ("NORMDIST(A11,1,-2,TRUE)", "#NUM!"),
    ("SUMPRODUCT(ABS(A10:A15))", 8 + 3 + 1 / 3 + 1e-300 + 0.7 + 2.5),
    ("SUMPRODUCT(ABS($A10:$A12)*(A10:A12>0))", 3 + 1 / 3),
    ("SUMPRODUCT(EXP(A11:A12),SQRT(A11:A12))", math.exp(3) * math.sqrt(3) + math.exp(1 / 3) / math.sqrt(3)),
    ("SUMPRODUCT(LN(A17:A18))", "#NUM!"),
    ("STDEV(E1:E5)", statistics.stdev(FAR_X)),
    ("STDEVP(E1:E5)", statistics.pstdev(FAR_X)),
    ("_xlfn.VAR.S(E$1:E$5)*2", 2 * statistics.variance(FAR_X)),
    ("VARP(E1:E9)", statistics.pvariance(FAR_X)),
    ("8/DEVSQ(E1:E5)", 8 / 5 / statistics.pvariance(FAR_X)),
    ("(E1-AVERAGE(E1:E5))/_xlfn.STDEV.P(E1:E5)", -4 / statistics.pstdev(FAR_X)),
    ("VAR(E1:E1)", "#DIV/0!"),
    ("SLOPE(F1:F5,E1:E5)", SLOPE),
    ("INTERCEPT(F1:F9,E1:E9)", INTERCEPT),  # with empty rows below
    ("FORECAST(E5,F1:F5,E1:E5)", INTERCEPT + SLOPE * FAR_X[-1]),
    ("CORREL(F1:F5,E1:E5)", CORRELATION),
    ("RSQ(F1:F5,E1:E5)", CORRELATION**2),
    ("STEYX(F1:F5,E1:E5)", math.sqrt(LEFT / 3)),
    ("STEYX(F1:F9,E1:E9)", math.sqrt(LEFT / 3)),
    ("STEYX(F1:F10,E1:E10)", math.sqrt(LEFT / 3)),
    ("INTERCEPT(F1:F10,E1:E10)", INTERCEPT),
    ("CORREL(F1:F10,E1:E10)", CORRELATION),
    ("VARP(E1:E10)", statistics.pvariance(FAR_X)),
    ("STEYX(K1:K4,J1:J4)", math.sqrt(2)),
    ("SLOPE(H1:H8,G1:G8)", -3 / 13),  # of the pairs (1, 2), (3, 4), (4, 4) and (8, 1) alone
    ("VARP(G1:G8)", statistics.pvariance([1, 3, 9, 4, 7, 8])),
    ("SUMX2PY2(G1:G8,H1:H8)", 1 + 4 + 9 + 16 + 16 + 16 + 64 + 1),  # of the same pairs
    ("2*SUMX2MY2(G$1:G$8,H$1:H$8)", 2 * (1 - 4 + 9 - 16 + 64 - 1)),
    ("SUMPRODUCT(--ISNUMBER(I1:I5))", 2),
    ("SUMPRODUCT(ISBLANK(I1:I5)*1)", 1),
    ("SUMPRODUCT(ISERROR(1/(E1:E5-E3))*E1:E5)", FAR_X[2]),
    ("SUMPRODUCT(1/COUNTIF(F1:F5,F1:F5))", 4),  # how many different numbers
    ("LOGNORMDIST(A11,1,2)", 1 - math.erfc((math.log(3) - 1) / 2 / math.sqrt(2)) / 2),
]
# LibreOffice takes the roots, which Excel and Google do not, and sines of somewhat larger angles than Excel; of others
# it shows #VALUE!. Of the numbers too large for MOD it shows 0, and of a steep line's residuals it has no digit.
OTHERWISE = (
    "A10^A12",
    "A10^(1/3)",
    "A10^0.2",
    "SIN(A17)",
    "COS(134217728)",
    "MOD(A17,7)",
    "IFERROR(MOD(1.5E26,7),5)",
)
OTHERWISE += ("STEYX(K1:K4,J1:J4)",)


def alike(got: Any, expected: Any) -> bool:
    return bool(got == expected) or (
        isinstance(got, float)
        and not isinstance(expected, str)
        and math.isclose(got, expected, rel_tol=1e-13)
    )


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dialect") / "dialect.xlsx"
    book = openpyxl.Workbook()
    assert book.active is not None
    for address, value in CELLS.items():
        book.active[address] = value
    for row, (formula, _) in enumerate(SHOWN, 1):
        book.active.cell(row, 3, f"={formula}")
    book.save(path)
    return path


def test_the_model_shows_what_the_applications_show(computed: Path) -> None:
    with sheetgd.open_book(str(computed)) as book:
        book.model()
        found = book.shown([("Sheet", (row, 3)) for row in range(1, len(SHOWN) + 1)])  # type: ignore[attr-defined]
    for (formula, expected), got in zip(SHOWN, found, strict=True):
        assert alike(got, expected), (formula, got)


def test_so_does_libreoffice(computed: Path, office: libreoffice.Office) -> None:
    cells = office.recalculate(computed)["Sheet"]
    for row, (formula, expected) in enumerate(SHOWN, 1):
        if formula not in OTHERWISE:
            got = cells[f"C{row}"]
            assert alike("#NUM!" if got == "Err:502" else got, expected), (formula, got)


@pytest.mark.parametrize("formula", ["A1^4%", "A1^4 %", "a1^(1/3)", "A1^.2"])
def test_a_root_is_seen_in_a_workbook_without_anything_else_of_that_kind(
    formula: str, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"], book.active["A2"] = -8, f"={formula}"
    book.save(tmp_path / "root.xlsx")
    with sheetgd.open_book(tmp_path / "root.xlsx") as opened:
        opened.model()  # type: ignore[attr-defined]
        assert opened.shown([("Sheet", (2, 1))]) == ["#NUM!"]


@pytest.mark.parametrize(
    "formula",
    [
        'IF(A1="yes",1,0)',
        "IF(A1>1.5,1,0)",
        "A1^2+2^A1+A1^-1",
        "IF(ROW(A1)>5,1,0)",
        "AND(A1>1,A2<3)",
        "NORM+1",
        "A1<",
    ],
)
def test_what_is_alike_is_left_alone(formula: str) -> None:
    assert as_applications(formula) is None


def test_a_run_by_the_sign_of_a_tiny_slope(tmp_path: Path, office: libreoffice.Office) -> None:
    """Steps by a slope's sign, with numbers so small that the engine alone takes them for 0 and stands still."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["learn", 1e-18, "epochs", 3])
    sheet.append(["m", 5e-18, "loss", "=SUMSQ(E5:E6)"])
    sheet.append([])
    sheet.append(["x", "y", "m", "y_pred", "error", "new_m"])
    for row, start in ((5, "$B$2"), (6, "F5")):
        sheet.append([row - 4, 0, f"={start}", f"=C{row}*A{row}", f"=D{row}-B{row}"])
        sheet.cell(row, 6, f"=IF(E{row}>0,C{row}-$B$1,C{row}+$B$1)")
    path = tmp_path / "tiny.xlsx"
    book.save(path)
    with sheetgd.open_book(str(path)) as opened:
        sheetgd.run(opened)
    stored = libreoffice.read_stored(path)["Sheet"]
    assert stored["B2"] == pytest.approx(-1e-18)  # five steps down, one past 0 and back
    assert stored["F6"] == pytest.approx(office.recalculate(path)["Sheet"]["F6"])
