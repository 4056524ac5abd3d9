"""What find_layout understands: labels, names and formulas, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest

from sheetgd.errors import SheetError
from sheetgd.grid.a1 import Area, a1, parse
from sheetgd.grid.sheet import ErrorValue, Sheet
from sheetgd.layout.find import sheet_layout

POINTS = [(7, 44), (9, 48), (28, 86)]


def make(cells: dict[str, Any], names: dict[str, str] | None = None, merged: tuple[str, ...] = ()) -> Sheet:
    """A sheet of values and, after an equals sign, formulas (each with the stored result 1)."""
    sheet = Sheet("Lesson")
    for address, value in cells.items():
        cell = parse(address)
        if isinstance(value, str) and value.startswith("="):
            sheet.formulas[cell] = value[1:]
            sheet.values[cell] = 1.0
        else:
            sheet.values[cell] = float(value) if type(value) is int else value
    sheet.names = {name: parse(address) for name, address in (names or {}).items()}
    sheet.merged = [Area.parse(area) for area in merged]
    return sheet


def moved(cells: dict[str, Any], rows: int, columns: int) -> dict[str, Any]:
    """Plain cells further down and to the right."""
    return {a1((r + rows, c + columns)): value for (r, c), value in ((parse(a), v) for a, v in cells.items())}


def table(titles: str = "x y m b new_m new_b", top: int = 10) -> dict[str, Any]:
    """A table of plain columns in A.., with its points."""
    cells: dict[str, Any] = {a1((top, c)): t for c, t in enumerate(titles.split(), 1)}
    for row, (x, y) in enumerate(POINTS, top + 1):
        cells |= {f"A{row}": x, f"B{row}": y}
    return cells


def steps(top: int = 10) -> dict[str, Any]:
    """A table of formulas that starts from B2 and B3."""
    cells = table(top=top)
    for row in range(top + 1, top + 1 + len(POINTS)):
        first = row == top + 1
        cells |= {
            f"C{row}": "=$B$2" if first else f"=E{row - 1}",
            f"D{row}": "=$B$3" if first else f"=F{row - 1}",
            f"E{row}": f"=C{row}-$B$4*C{row}",
            f"F{row}": f"=D{row}-$B$4*D{row}",
        }
    return cells


START = {"A2": "m", "B2": 1, "A3": "b", "B3": 1, "A4": "learn", "B4": 0.0001}


# -- the table -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("titles", "names"),
    [
        ("x y m b new_m new_b", ["m", "b"]),
        ("X Y M B New_M New_B", ["M", "B"]),
        ("x y m: b: new-m newb", ["m:", "b:"]),
        ("x y slope intercept new_slope new_intercept", ["slope", "intercept"]),
        ("x y w1 b pred new_w1 err new_b", ["w1", "b"]),
        ("n x y m b new_m new_b", ["m", "b"]),
    ],
)
def test_titles(titles: str, names: list[str]) -> None:
    cells = table(titles)
    if titles.startswith("n"):
        cells |= {f"C{row}": y for row, (_, y) in enumerate(POINTS, 11)}
    labels = {"A1": names[0], "B1": 1, "A2": names[1], "B2": 1}
    found = sheet_layout(make(cells | labels))
    assert list(found.parameters) == names
    assert (found.rule, found.table.first, found.last) == ("columns", 11, 13)


def test_formulas_name_the_start_and_the_carry() -> None:
    found = sheet_layout(make(steps() | START))
    assert found.rule == "formulas"
    assert [(a1(p.start), a1(p.carry)) for p in found.parameters.values()] == [("B2", "E13"), ("B3", "F13")]


def test_successors_by_formula_need_no_titles() -> None:
    """The ancestor of these lessons calls the slope's next value "new a"."""
    cells = steps() | START | {"C10": "slope", "D10": "intercept", "E10": "new a", "F10": "new b"}
    found = sheet_layout(make(cells))
    assert [(n, a1(p.start), a1(p.carry)) for n, p in found.parameters.items()] == [
        ("slope", "B2", "E13"),
        ("intercept", "B3", "F13"),
    ]


def test_defined_names_decide_what_is_carried() -> None:
    names = {"slope": "B2", "lastslope": "C13", "const": "B3", "new_const": "D13"}
    found = sheet_layout(make(steps() | START, names))
    assert [a1(p.carry) for p in found.parameters.values()] == ["C13", "D13"]


def test_a_chain_of_plain_references_is_followed_to_its_start() -> None:
    cells = steps() | START | {"B2": "=H1", "H1": "=+H2", "H2": 3}
    assert a1(sheet_layout(make(cells)).parameters["m"].start) == "H2"


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (40_000, 0), (0, 700), (1_000_000, 16_000)])
def test_anywhere_on_the_sheet(rows: int, columns: int) -> None:
    found = sheet_layout(make(moved(table() | START, rows, columns)))
    assert found.area == Area(10 + rows, 1 + columns, 13 + rows, 6 + columns)
    assert found.parameters["m"].start == (2 + rows, 2 + columns)
    assert found.controls.learn == (4 + rows, 2 + columns)


def test_merged_headings() -> None:
    """A heading over two columns is no gap, and headings over two rows push the data down."""
    cells = {a1((10, c)): t for c, t in zip([1, 2, 3, 5, 6, 7], "x y m b new_m new_b".split(), strict=True)}
    cells |= {
        f"{letter}{row}": value
        for row, point in enumerate(POINTS, 12)
        for letter, value in zip("AB", point, strict=True)
    }
    merged = ("C10:D10", *(f"{letter}10:{letter}11" for letter in "ABEFG"))
    found = sheet_layout(make(cells | START, merged=merged))
    assert (found.table.first, found.last, found.table.columns["b"]) == (12, 14, 5)


def test_a_guess_table_beside_the_step_table_is_no_second_one() -> None:
    side = {"H10": "x", "I10": "y", "J10": "y_pred", "K10": "error_sq", "H11": 1, "I11": 2}
    found = sheet_layout(make(table() | START | side))
    assert found.area.a1 == "A10:F13"


def test_a_table_with_a_gap_between_its_headings() -> None:
    cells = {a1((10, c)): t for c, t in zip([1, 2, 4, 5, 6, 7], "x y m b new_m new_b".split(), strict=True)}
    cells |= {
        f"{letter}{row}": value
        for row, point in enumerate(POINTS, 11)
        for letter, value in zip("AB", point, strict=True)
    }
    assert sheet_layout(make(cells | START)).table.columns["m"] == 4


# -- batch tables and state -----------------------------------------------------------------------------------------
BATCH = {
    "A1": "weight",
    "B1": 1,
    "A2": "gradient",
    "B2": "=AVERAGE(C11:C13)",
    "A3": "new weight",
    "B3": "=B1-B4*B2",
    "A4": "learn",
    "B4": 0.0001,
    "A5": "mse",
    "B5": "=AVERAGE(D11:D13)",
    "A10": "x (inches)",
    "B10": "y (cm)",
    "C10": "slope",
    "D10": "error_sq",
    **{f"A{row}": x for row, (x, _) in enumerate(POINTS, 11)},
    **{f"B{row}": y for row, (_, y) in enumerate(POINTS, 11)},
    **{f"C{row}": f"=2*(B1*A{row}-B{row})*A{row}" for row in (11, 12, 13)},
    **{f"D{row}": f"=(B1*A{row}-B{row})^2" for row in (11, 12, 13)},
}


def test_a_batch_table_is_carried_from_the_labelled_new_value() -> None:
    found = sheet_layout(make(BATCH))
    assert [(n, a1(p.start), a1(p.carry)) for n, p in found.parameters.items()] == [("weight", "B1", "B3")]
    assert (found.rule, found.area.a1, found.controls.loss) == ("formulas", "A10:D13", (5, 2))


def test_new_values_below_their_headings() -> None:
    cells = {key: value for key, value in BATCH.items() if key not in ("A3", "B3")}
    cells |= {"F1": "new weight", "F2": "=B1-B4*B2"}
    assert a1(sheet_layout(make(cells)).parameters["weight"].carry) == "F2"


def test_new_values_where_rows_cross_the_heading_new() -> None:
    cells = {key: value for key, value in BATCH.items() if key not in ("A3", "B3", "A1", "B1")}
    cells |= {
        "F1": "guess",
        "G1": "reset to",
        "H1": "new",
        "E2": "weight",
        "F2": 1,
        "G2": 0,
        "H2": "=F2-B4*B2",
    }
    [(name, found)] = sheet_layout(make(cells)).parameters.items()
    assert (name, a1(found.start), found.reset and a1(found.reset), a1(found.carry)) == (
        "weight",
        "F2",
        "G2",
        "H2",
    )


def test_a_log_shows_labelled_values_too() -> None:
    found = sheet_layout(make(BATCH | {"H1": "epoch", "I1": "weight", "J1": "mse", "K1": "gradient"})).log
    assert found and found.columns == {"epoch": 8, "weight": 9, "loss": 10, "gradient": 11}
    assert found.watched == {"gradient": (2, 2)}


def test_a_velocity_is_carried_like_a_parameter() -> None:
    cells = steps() | START | {"A5": "velocity", "B5": 0, "G10": "velocity"}
    cells |= {"G11": "=0.9*$B$5+0.1*C11", "G12": "=0.9*G11+0.1*C12", "G13": "=0.9*G12+0.1*C13"}
    found = sheet_layout(make(cells))
    assert list(found.parameters) == ["m", "b"]
    assert [(n, a1(p.start), a1(p.carry)) for n, p in found.states.items()] == [("velocity", "B5", "G13")]


def test_a_running_total_inside_the_table_is_no_state() -> None:
    cells = steps() | START | {"G10": "total", "G11": "=A11", "G12": "=G11+A12", "G13": "=G12+A13"}
    assert sheet_layout(make(cells)).states == {}


def test_carried_by_hand() -> None:
    cells = steps() | START | {"H1": 0}
    found = sheet_layout(make(cells), [("C13", "B2"), ("F13", "H1")])
    assert a1(found.parameters["m"].carry) == "C13" and a1(found.parameters["b"].carry) == "F13"
    assert [(n, a1(p.start), a1(p.carry)) for n, p in found.states.items()] == [("H1", "H1", "F13")]


# -- start cells and resets ------------------------------------------------------------------------------------------
def test_the_guess_column_beats_the_cell_beside_the_label() -> None:
    cells = table() | {
        "B1": "actual",
        "C1": "guess",
        "D1": "reset to",
        "A2": "m",
        "B2": 2,
        "C2": 5,
        "D2": 1,
        "A3": "b",
        "B3": 30,
        "C3": 6,
        "D3": 0,
    }
    found = sheet_layout(make(cells))
    assert [(a1(p.start), p.reset and a1(p.reset)) for p in found.parameters.values()] == [
        ("C2", "D2"),
        ("C3", "D3"),
    ]


def test_a_label_m_guess() -> None:
    cells = table() | {
        "A1": "m_guess",
        "B1": 5,
        "A2": "b_guess",
        "B2": 6,
        "A3": "m",
        "B3": 2,
        "A4": "b",
        "B4": 30,
    }
    assert [a1(p.start) for p in sheet_layout(make(cells)).parameters.values()] == ["B1", "B2"]


# -- controls --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("label", ["learn", "Learn:", "LEARNING RATE", "learning_rate =", "lr", "Alpha"])
def test_labels_of_learn(label: str) -> None:
    assert sheet_layout(make(table() | START | {"A4": label})).controls.learn == (4, 2)


def test_a_value_below_its_label_where_nothing_is_right_of_it() -> None:
    cells = table() | START
    del cells["B4"]
    assert sheet_layout(make(cells | {"A5": 0.001})).controls.learn == (5, 1)


def test_a_defined_name_beats_a_label() -> None:
    assert sheet_layout(make(table() | START | {"H1": 0.5}, {"lr": "H1"})).controls.learn == (1, 8)


def test_the_loss_nearest_the_controls_counts() -> None:
    cells = (
        table()
        | START
        | {"A5": "epochs", "B5": 5, "A6": "rmse", "B6": "=SQRT(9)", "H30": "RMSE", "I30": "=SQRT(8)"}
    )
    found = sheet_layout(make(cells))
    assert (found.controls.loss, found.controls.loss_name, found.controls.epochs) == ((6, 2), "rmse", (5, 2))


def test_an_empty_cell_beside_the_loss_label_is_the_loss() -> None:
    found = sheet_layout(make(table() | START | {"A5": "mse"}))
    assert (found.controls.loss, found.controls.loss_name) == ((5, 2), "mse")


def test_a_loss_that_is_an_error_is_still_the_loss() -> None:
    assert sheet_layout(
        make(table() | START | {"A5": "loss", "B5": ErrorValue("#DIV/0!")})
    ).controls.loss == (5, 2)


# -- the log ---------------------------------------------------------------------------------------------------------
def test_a_log_with_parameters() -> None:
    log = {"H1": "epoch", "I1": "m", "J1": "b", "K1": "rmse", "H2": 0, "I2": 1, "J2": 1, "K2": 50}
    found = sheet_layout(make(table() | START | log)).log
    assert found and found.area.a1 == "H1:K2"
    assert found.columns == {"epoch": 8, "m": 9, "b": 10, "loss": 11}


def test_a_log_beside_the_table_with_one_blank_column() -> None:
    log = {"H10": "epoch", "I10": "rmse"}
    found = sheet_layout(make(table() | START | log))
    assert found.log and found.log.area.a1 == "H10:I10" and found.area.a1 == "A10:F13"


def test_a_lone_loss_over_numbers_is_a_log() -> None:
    cells = table() | START | {"H1": "rmse", "I1": "=SQRT(9)", "C20": "rmse", "C21": 104.7, "C22": 104.5}
    found = sheet_layout(make(cells))
    assert found.controls.loss == (1, 9) and found.log and found.log.area.a1 == "C20:C22"


def test_a_loss_title_over_the_grid_is_no_log() -> None:
    assert sheet_layout(make(table() | START | GRID | {"I1": "rmse"})).log is None


# -- the grid --------------------------------------------------------------------------------------------------------
GRID = {
    "J2": "b",
    "I3": "m",
    "K3": 0,
    "L3": 3,
    "M3": 6,
    "J4": 1,
    "J5": 2,
    "J6": 3,
    "K4": 127,
    "L4": 121,
    "M4": 115,
}


def grid_of(cells: dict[str, Any]) -> tuple[str, str, str] | None:
    found = sheet_layout(make(table() | START | cells)).grid
    return (found.area.a1, found.down, found.across) if found else None


def test_a_grid_with_its_labels_above_and_beside() -> None:
    assert grid_of(GRID) == ("K4:M6", "m", "b")


def test_a_grid_the_other_way_round() -> None:
    assert grid_of(GRID | {"J2": "m", "I3": "b"}) == ("K4:M6", "b", "m")


@pytest.mark.parametrize("corner", ["m \\ b", "m / b", "m \u2193 | b \u2192"])
def test_a_grid_labelled_in_its_corner(corner: str) -> None:
    cells = {key: value for key, value in GRID.items() if key not in ("J2", "I3")}
    assert grid_of(cells | {"J3": corner}) == ("K4:M6", "m", "b")


def test_a_block_of_numbers_without_labels_is_no_grid() -> None:
    assert grid_of({key: value for key, value in GRID.items() if key not in ("J2", "I3")}) is None


# -- refusals --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (
            {"A1": "x", "B1": "y"},
            "Lesson: no step table was found on Lesson: no row of headings has x, y, a parameter (such as m) and its "
            "next value (such as new_m); add these headings, or draw a lesson that has them with: sheetgd new.",
        ),
        (
            table() | START | moved(table(), 20, 0),
            "sheet Lesson: it has 2 step tables, whose x are in A10 and A30; move one to a sheet of its own.",
        ),
        (
            table() | START | {"A12": "nine"},
            'Lesson!A12: x is the text "nine", not a number; type a number.',
        ),
        (
            table() | START | {"B12": "48,5"},
            'Lesson!B12: y is the text "48,5", not a number; type 48.5 as a number.',
        ),
        (
            table() | START | {"A12": True},
            "Lesson!A12: x is TRUE, not a number; type a number.",
        ),
        (
            table() | START | {"B13": ErrorValue("#N/A")},
            "Lesson!B13: y is the error #N/A, not a number; fix its formula, or type a number.",
        ),
        (
            table() | START | {"A12": None},
            "Lesson!A12: x is empty, but the table goes on in row 12; type the missing x, or move the rows below up.",
        ),
        (
            table() | START | {"A12": None, "B12": None},
            "Lesson!A12: x is empty, but the table goes on in row 13; type the missing x, or move the rows below up.",
        ),
        (
            table() | START | {"B12": None},
            "Lesson!B12: y is empty, not a number; type a number.",
        ),
        (
            steps() | START | {"E12": 3},
            "Lesson!E12: the next value of m is 3 here, but a formula in E11; fill the formula down the whole column.",
        ),
        (
            steps() | START | {"B2": "=2+2"},
            "Lesson!B2: m starts from the formula =2+2, which a run would have to overwrite; type a number there.",
        ),
        (
            steps() | START | {"B2": "1e-4"},
            'Lesson!B2: the start of m is the text "1e-4", not a number; type 0.0001 as a number.',
        ),
    ],
)
def test_refusals(cells: dict[str, Any], text: str) -> None:
    with pytest.raises(SheetError) as refused:
        sheet_layout(make(cells))
    assert str(refused.value).removeprefix("sheet ") == text.removeprefix("sheet ")
