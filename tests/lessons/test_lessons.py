"""The drawn lessons against the published figures, plain loops, LibreOffice and IronCalc; and how they are laid out."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import ironcalc
import openpyxl
import pytest
from openpyxl.utils import get_column_letter, range_boundaries

from office import Office, Sheet
from sheetgd.lessons import draw

TABS = {"descent": "Descent", "original": "Original"}
TITLES = ["x", "y", "m", "b", "y_pred", "error_sq", "err_m1", "de/dm", "new_m", "err_b1", "de/db", "new_b"]
X = [7, 9, 28, 30, 50, 22, 3, 9, 30, 23, 40, 23, 40, 18, 17, 3, 4, 16, 20, 10]
Y = [44, 48, 86, 90, 130, 74, 36, 48, 90, 76, 110, 76, 110, 66, 64, 36, 38, 62, 70, 50]

# The figures in print, as displayed.
FIRST_TABLE = [
    (7, 44, 8, 1296),
    (9, 48, 10, 1444),
    (28, 86, 29, 3249),
    (30, 90, 31, 3481),
    (50, 130, 51, 6241),
]
GRID = """
127 121 115 108 102  96  89  83  77  71  66
 67  60  54  47  40  34  27  20  13   7   0
 37  36  35  36  38  41  45  50  55  60  66
 83  87  91  95 100 105 110 115 120 126 131
145 150 154 159 164 170 175 180 186 191 197
209 214 219 224 230 235 240 246 251 257 263
274 279 285 290 295 301 306 312 317 323 328
339 345 350 355 361 366 372 377 383 388 394
"""
STEP_TABLE = """
 7  44 2.051 25.075  39.4 21 20 -9 2.052 21  -64 25.081
 9  48 2.052 25.081  43.5 20 19 -9 2.053 20  -80 25.089
28  86 2.053 25.089  82.6 12 10 -7 2.053 12 -192 25.109
30  90 2.053 25.109  86.7 11  9 -7 2.054 11 -197 25.128
50 130 2.054 25.128 127.8  5  3 -4 2.055  5 -216 25.150
22  74 2.055 25.150  70.4 13 12 -7 2.055 13 -161 25.166
 3  36 2.055 25.166  31.3 22 22 -9 2.056 22  -28 25.169
 9  48 2.056 25.169  43.7 19 18 -9 2.057 19  -78 25.177
30  90 2.057 25.177  86.9 10  8 -6 2.058 10 -187 25.195
23  76 2.058 25.195  72.5 12 11 -7 2.058 12 -160 25.211
40 110 2.058 25.211 107.5  6  4 -5 2.059  6 -196 25.231
"""


@pytest.fixture(params=list(TABS))
def lesson(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every lesson, drawn once."""
    folder = tmp_path_factory.mktemp("lessons")
    for name in TABS:
        draw(name, folder / f"{name}.xlsx")
    return {name: folder / f"{name}.xlsx" for name in TABS}


@pytest.fixture
def sheet(drawn: dict[str, Path], lesson: str) -> Any:
    """The lesson's tab as openpyxl reads it back."""
    return openpyxl.load_workbook(drawn[lesson]).worksheets[0]


def shown(value: float, places: int) -> Decimal:
    """A number as a cell displays it: half away from zero, and no minus before a zero."""
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) + 0


def formulas(sheet: Any) -> Iterator[Any]:
    for row in sheet.iter_rows():
        yield from (cell for cell in row if isinstance(cell.value, str) and cell.value.startswith("="))


def find(sheet: Any, words: str) -> list[Any]:
    return [cell for row in sheet.iter_rows() for cell in row if cell.value == words]


def right_of(sheet: Any, words: str) -> Any:
    """The cell right of a label, of the only one above the frozen line."""
    frozen = sheet[sheet.freeze_panes].row
    labels = [cell for cell in find(sheet, words) if cell.row < frozen and cell.column < sheet["N1"].column]
    assert len(labels) == 1, words
    merged = [area for area in sheet.merged_cells.ranges if labels[0].coordinate in area]
    return sheet.cell(labels[0].row, (merged[0].max_col if merged else labels[0].column) + 1)


# ------------------------------------------------------------------------------------------------ the figures in print


def test_the_first_table_is_the_published_one(office: Office, drawn: dict[str, Path]) -> None:
    cells = office.recalculate(drawn["original"])["Original"]
    got = [tuple(cells[f"{column}{row}"] for column in "BCDE") for row in range(13, 18)]
    assert got == FIRST_TABLE
    assert cells["C22"] == "rmse" and shown(cells["D22"], 0) == 125


def test_all_88_cells_of_the_grid_are_the_published_ones(office: Office, drawn: dict[str, Path]) -> None:
    cells = office.recalculate(drawn["original"])["Original"]
    assert [cells[f"B{row}"] for row in range(39, 47)] == list(range(1, 9))
    assert [cells[f"{column}38"] for column in "CDEFGHIJKLM"] == list(range(0, 31, 3))
    got = [[shown(cells[f"{column}{row}"], 0) for column in "CDEFGHIJKLM"] for row in range(39, 47)]
    assert got == [[Decimal(word) for word in line.split()] for line in GRID.split("\n") if line]


def test_all_132_cells_of_the_step_table_are_the_published_ones(
    office: Office, drawn: dict[str, Path], tmp_path: Path
) -> None:
    started = office.edit(drawn["original"], {"D4": 2.051, "D5": 25.075}, tmp_path / "started.xlsx")
    cells = office.recalculate(started)["Original"]
    for row, line in enumerate(filter(None, STEP_TABLE.split("\n")), start=75):
        for column, printed in zip("BCDEFGHIJKLM", line.split(), strict=True):
            places = len(printed.partition(".")[2])
            assert str(shown(cells[f"{column}{row}"], places)) == printed, f"{column}{row}"


def test_fifteen_epochs_end_at_the_published_figures(
    office: Office, drawn: dict[str, Path], tmp_path: Path
) -> None:
    m, b = 1.0, 1.0
    for _ in range(15):
        m, b = run_original(m, b)[-1][-2:]
    assert (str(shown(m, 3)), str(shown(b, 3))) == ("2.051", "25.075")
    started = office.edit(drawn["original"], {"D4": m, "D5": b}, tmp_path / "fifteen.xlsx")
    assert shown(office.recalculate(started)["Original"]["K3"], 0) == 17


# ---------------------------------------------------------------------------------------------------- plain loops


def run_descent(m: float, b: float, learn: float = 0.0001, h: float = 0.01) -> list[list[float]]:
    """One epoch with finite differences: y_pred, error_sq, err_m1, de/dm, err_b1, de/db, new_m, new_b a row."""
    rows = []
    for x, y in zip(X, Y, strict=True):
        y_pred = m * x + b
        error_sq = (y_pred - y) ** 2
        err_m1 = ((m + h) * x + b - y) ** 2
        err_b1 = (m * x + (b + h) - y) ** 2
        de_dm, de_db = (err_m1 - error_sq) / h, (err_b1 - error_sq) / h
        m, b = m - learn * de_dm, b - learn * de_db
        rows.append([y_pred, error_sq, err_m1, de_dm, err_b1, de_db, m, b])
    return rows


def run_original(m: float, b: float, learn: float = 0.0001) -> list[list[float]]:
    """One epoch with the exact derivatives, each used for the other parameter."""
    rows = []
    for x, y in zip(X, Y, strict=True):
        y_pred = m * x + b
        error_sq = (y_pred - y) ** 2
        err_m1 = ((m + 0.01) * x + b - y) ** 2
        err_b1 = (m * x + (b + 0.01) - y) ** 2
        de_dm, de_db = 2 * (m * x + b - y), 2 * x * (m * x + b - y)
        m, b = m - learn * de_dm, b - learn * de_db
        rows.append([y_pred, error_sq, err_m1, de_dm, err_b1, de_db, m, b])
    return rows


RUNS = {"descent": run_descent, "original": run_original}
STARTS = [(1.0, 1.0), (2.5, 14.25), (-3.0, 80.0)]


def expected_loss(lesson: str, m: float, b: float) -> float:
    if lesson == "original":
        return math.sqrt(sum(row[1] for row in run_original(m, b)))
    return root_mean_square(m, b)


def root_mean_square(m: float, b: float) -> float:
    return math.sqrt(sum((m * x + b - y) ** 2 for x, y in zip(X, Y, strict=True)) / len(X))


def expected_grid(lesson: str, m: float, b: float) -> float:
    if lesson == "original":
        return math.sqrt(sum((m * x + b - y) ** 2 for x, y in zip(X[:5], Y[:5], strict=True)))
    return root_mean_square(m, b)


@pytest.mark.parametrize(("m", "b"), STARTS)
def test_libreoffice_agrees_with_plain_loops(
    office: Office, drawn: dict[str, Path], lesson: str, tmp_path: Path, m: float, b: float
) -> None:
    started = office.edit(drawn[lesson], {"D4": m, "D5": b}, tmp_path / "started.xlsx")
    cells = office.recalculate(started)[TABS[lesson]]
    compare(lesson, m, b, cells, rel=1e-12, near_zero=1e-9)
    assert_numbers(cells, cells.formulas)


@pytest.mark.parametrize(("m", "b"), STARTS)
def test_ironcalc_agrees_with_plain_loops_to_the_last_bit(
    drawn: dict[str, Path], lesson: str, m: float, b: float
) -> None:
    model = ironcalc.load_from_xlsx(str(drawn[lesson]), "en", "UTC", "en")
    model.set_user_input(0, 4, 4, repr(m))
    model.set_user_input(0, 5, 4, repr(b))
    model.evaluate()
    tab = openpyxl.load_workbook(drawn[lesson]).worksheets[0]
    cells = {
        f"{get_column_letter(column)}{row}": model.get_cell_value(0, row, column)
        for row in range(1, tab.max_row + 1)
        for column in range(1, tab.max_column + 1)
    }
    compare(lesson, m, b, cells, rel=0, near_zero=0)
    assert_numbers(cells, (cell.coordinate for cell in formulas(tab)))


def assert_numbers(cells: Sheet | dict[str, Any], places: Iterable[str]) -> None:
    """Every formula is a number, but for the sentences of the story, right of the log."""
    for place in places:
        in_the_story = range_boundaries(place)[0] >= 20
        assert isinstance(cells[place], str if in_the_story else float), place
        assert cells[place] != ""


def compare(
    lesson: str, m: float, b: float, cells: Sheet | dict[str, Any], rel: float, near_zero: float
) -> None:
    """The step table cell by cell; the loss and the grid, whose sums may be taken in another order."""
    before = (m, b)
    for row, expected in enumerate(RUNS[lesson](m, b), start=75):
        got = [cells[f"{column}{row}"] for column in "DEFGHIKLJM"]
        assert got == pytest.approx([*before, *expected], rel=rel, abs=near_zero), f"row {row}"
        before = (expected[-2], expected[-1])
    assert cells["K3"] == pytest.approx(expected_loss(lesson, m, b), rel=1e-14)
    for row in range(39, 47):
        for column, across in zip("CDEFGHIJKLM", range(0, 31, 3), strict=True):
            expected_cell = expected_grid(lesson, row - 38, across)
            assert cells[f"{column}{row}"] == pytest.approx(expected_cell, rel=1e-14), f"{column}{row}"


def test_the_teachers_figures_of_descent_are_true() -> None:
    m, b, seen = 1.0, 1.0, {}
    for epoch in range(1, 10_001):
        m, b = run_descent(m, b)[-1][-2:]
        seen[epoch] = (m, b)
    expected = {1: (2.960, 1.099), 5: (3.097, 1.245), 100: (2.976, 4.396), 5000: (1.986, 30.246)}
    assert {n: (round(seen[n][0], 3), round(seen[n][1], 3)) for n in expected} == expected
    assert seen[1000] == pytest.approx((2.31794, 21.57475), abs=5e-6)
    assert seen[10_000] == pytest.approx((1.98290, 30.31586), abs=2e-4)


def test_the_teachers_figures_of_original_are_true() -> None:
    m, b, losses = 1.0, 1.0, []
    for _ in range(501):
        losses.append(expected_loss("original", m, b))
        m, b = run_original(m, b)[-1][-2:]
    assert min(range(len(losses)), key=losses.__getitem__) == 25
    expected = {0: 210, 5: 87, 15: 17, 25: 9, 50: 13, 100: 29, 200: 133, 500: 13242}
    assert {n: round(losses[n]) for n in expected} == expected
    assert losses[500] / losses[499] == pytest.approx(1.0154, abs=5e-5)


# ------------------------------------------------------------------------------------------------------ the layout


def test_a_lesson_that_is_not_there_is_a_key_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        draw("nonsense", tmp_path / "nonsense.xlsx")
    assert not list(tmp_path.iterdir())


def test_the_names_of_the_lessons_cost_no_openpyxl() -> None:
    program = "import sys, sheetgd.lessons; sys.exit('openpyxl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_lesson_is_first_and_the_teachers_tab_last(drawn: dict[str, Path], lesson: str) -> None:
    book = openpyxl.load_workbook(drawn[lesson])
    assert book.sheetnames == [TABS[lesson], "Valley", "Live", "For the teacher"]
    assert book.active.title == TABS[lesson]
    assert book.properties.creator == "sheetgd"
    assert book.properties.title
    assert not book.calculation.fullCalcOnLoad


def test_controls_are_right_of_their_labels(sheet: Any, lesson: str) -> None:
    assert right_of(sheet, "learn").value == 0.0001
    assert right_of(sheet, "epochs").value == {"descent": 1000, "original": 5}[lesson]
    assert right_of(sheet, "rmse").value.startswith("=SQRT(")
    if lesson == "descent":
        assert right_of(sheet, "h").value == 0.01
    else:
        assert not find(sheet, "h")


def test_parameters_have_actual_guess_and_reset(sheet: Any) -> None:
    assert [sheet[cell].value for cell in ("B4", "B5")] == ["m", "b"]
    assert [sheet[cell].value for cell in ("C3", "D3", "E3")] == ["actual", "guess", "reset to"]
    assert [[sheet[f"{c}{r}"].value for c in "CDE"] for r in (4, 5)] == [[2, 1, 1], [30, 1, 1]]


def test_the_step_table_is_typed_chained_and_ends(sheet: Any) -> None:
    assert [cell.value for cell in sheet["B74:M74"][0]] == TITLES
    assert [sheet[f"B{row}"].value for row in range(75, 95)] == X
    assert [sheet[f"C{row}"].value for row in range(75, 95)] == Y
    assert sheet["B95"].value is None
    assert (sheet["D75"].value, sheet["E75"].value) == ("=$D$4", "=$D$5")
    assert (sheet["D94"].value, sheet["E94"].value) == ("=J93", "=M93")


def test_each_loss_is_of_the_rows_it_names(drawn: dict[str, Path]) -> None:
    loss = {name: openpyxl.load_workbook(path).worksheets[0]["K3"].value for name, path in drawn.items()}
    assert loss == {
        "descent": "=SQRT(AVERAGE($E$13:$E$32))",
        "original": "=SQRT(SUM($G$75:$G$94))",
    }


def test_the_guess_table_of_descent_follows_the_step_table(drawn: dict[str, Path]) -> None:
    sheet = openpyxl.load_workbook(drawn["descent"]).worksheets[0]
    assert [cell.value for cell in sheet["B12:E12"][0]] == ["x", "y", "y_pred", "error_sq"]
    last = [cell.value for cell in sheet["B32:E32"][0]]
    assert last == ["=B94", "=C94", "=$D$4*B32+$D$5", "=(D32-C32)^2"]


def test_the_grid_is_labelled_and_coloured(sheet: Any) -> None:
    assert (sheet["C37"].value, sheet["A39"].value, sheet["B38"].value) == ("b", "m", None)
    (rules,) = [rules for rules in sheet.conditional_formatting if str(rules.sqref) == "C39:M46"]
    scale = rules.rules[0].colorScale
    assert len(scale.color) == 3
    low, _, high = (color.rgb[-6:] for color in scale.color)
    assert int(low[4:], 16) > int(low[:2], 16), "blue is low"
    assert int(high[:2], 16) > int(high[2:4], 16) > int(high[4:], 16), "orange is high"


def test_nothing_is_below_the_log(sheet: Any) -> None:
    assert [cell.value for cell in sheet["O6:R6"][0]] == ["epoch", "m", "b", "rmse"]
    assert all(cell.value is None for row in sheet["O7:R1100"] for cell in row)
    areas = [area for area in sheet.merged_cells.ranges if area.max_col >= 15 and area.min_col <= 18]
    assert not areas
    for chart in openpyxl_charts(sheet):
        assert chart.anchor.to.col <= 13, "a chart stands over the log"


def test_typing_is_checked(sheet: Any, lesson: str) -> None:
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    assert (rules["H3"].type, rules["H3"].operator, rules["H3"].formula1) == ("decimal", "greaterThan", "0")
    assert (rules["H4"].type, rules["H4"].formula1, rules["H4"].formula2) == ("whole", "1", "1000000")
    assert all(rule.showErrorMessage and rule.error and len(rule.errorTitle) <= 32 for rule in rules.values())
    covered = [cell for area in rules for part in area.split() for cell in cells_of(part)]
    assert len(covered) == len(set(covered)), "Excel allows one rule a cell"
    typed = {"D4", "E4", "D5", "E5", "H3", "H4", *cells_of("B75:C94")}
    typed |= {"H5"} if lesson == "descent" else {*cells_of("B13:C17"), "D20", "D21"}
    assert set(covered) == typed
    fills = {sheet[cell].fill.fgColor.rgb for cell in typed}
    assert len(fills) == 1, "every input looks like one"
    assert all(cell.fill.fgColor.rgb not in fills for cell in formulas(sheet))


def cells_of(area: str) -> list[str]:
    left, top, right, bottom = range_boundaries(area)
    return [f"{get_column_letter(c)}{r}" for r in range(top, bottom + 1) for c in range(left, right + 1)]


def test_numbers_look_as_published(sheet: Any, lesson: str) -> None:
    formats = [sheet[f"{column}75"].number_format for column in "DEFGHIJKLM"]
    whole, three = "#,##0", "#,##0.000"
    assert formats == [three, three, "#,##0.0", whole, whole, whole, three, whole, whole, three]
    assert [sheet[cell].number_format for cell in ("C4", "D5", "E5", "P7", "Q7")] == [three] * 5
    assert sheet["H3"].number_format.startswith("0.0###")
    assert (
        sheet["K3"].number_format
        == sheet["R7"].number_format
        == {"descent": three, "original": whole}[lesson]
    )


def test_it_prints_a_part_a_page(sheet: Any, lesson: str) -> None:
    areas = sheet.print_area.replace("$", "").replace(f"'{sheet.title}'!", "").split(",")
    words = ["A97:R108"] if lesson == "descent" else []
    assert areas == ["A1:R32", "A33:R65", "A66:R95", *words, "T7:AA32", "T33:AA65", "T66:AA95"]
    assert sheet.page_setup.orientation == "landscape"
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.print_title_rows == "$6:$6"
    assert [brk.id for brk in sheet.row_breaks.brk] == [32, 65, 95][: 2 + (lesson == "descent")]
    assert sheet.oddFooter.left.text and sheet.oddHeader.right.text


def test_the_screen_keeps_the_controls_and_leaves_room(sheet: Any) -> None:
    assert sheet.freeze_panes == "A7"
    assert sum(sheet.row_dimensions[row].height for row in range(1, 7)) < 130
    assert not sheet.sheet_view.showGridLines


def openpyxl_charts(sheet: Any) -> list[Any]:
    return list(sheet._charts)


def test_charts_have_axes_and_read_the_log(sheet: Any, lesson: str) -> None:
    charts = openpyxl_charts(sheet)
    assert [type(chart).__name__ for chart in charts] == ["ScatterChart"] * 3
    for chart in charts:
        assert all(axis.delete is False and axis.title for axis in (chart.x_axis, chart.y_axis))
    (curve,) = charts[1].series
    assert curve.xVal.numRef.f == f"'{TABS[lesson]}'!$O$7:$O$1007"
    assert curve.yVal.numRef.f == f"'{TABS[lesson]}'!$R$7:$R$1007"
    assert charts[1].display_blanks == "gap"


def test_the_pages_are_few(office: Office, drawn: dict[str, Path], lesson: str, tmp_path: Path) -> None:
    pdf = office.to_pdf(drawn[lesson], tmp_path).read_bytes()
    assert pdf.count(b"/Type/Page/") + pdf.count(b"/Type /Page ") == {"descent": 14, "original": 13}[lesson]
