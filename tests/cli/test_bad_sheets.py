"""What is refused of sheets and cells: each with its whole message and its exit code."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

import sheetgd as library
from bad_input import SHEET, change_part, everything, swap
from conftest import CommandLine
from small_lesson import TITLES, Cells, draw, lesson_cells


def test_a_sheet_that_is_not_there(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Tuesday"))
    sentence = "lesson.xlsx: there is no sheet Friday; its sheets are Monday, Tuesday.\n"
    assert refused("run", "lesson.xlsx", "--sheet", "Friday") == sentence
    assert refused("look", "lesson.xlsx", "--sheet", "Friday") == sentence


def test_no_step_table(refused: Callable[..., str], tmp_path: Path) -> None:
    none = {"A5": "spread", "A8": "points", "I8": "then m", "L8": "then b"}
    draw(tmp_path / "lesson.xlsx", none, sheets=("Monday", "Tuesday"), formulas=False)
    for words, tab in ([], "Monday"), (["--sheet", "Tuesday"], "Tuesday"):
        assert refused("run", "lesson.xlsx", *words) == (
            f"lesson.xlsx, {tab}!B5: the loss spread depends on m (B3), b (B4), but no cell holds their next "
            "value, so there is nothing to carry; write their next values into cells (=B3 minus a step, and "
            "next m to its left), or let sheetgd find the steps itself: sheetgd fit lesson.xlsx --minimize "
            f'"{tab}!B5" --change "{tab}!B3:B4".\n'
        )


def test_two_step_tables_on_one_sheet(refused: Callable[..., str], tmp_path: Path) -> None:
    second = {f"{letter}20": title for letter, title in zip("ABCDEFGHIJKL", TITLES, strict=True)}
    draw(tmp_path / "lesson.xlsx", {**second, "A21": 7, "B21": 44})
    assert refused("run", "lesson.xlsx") == (
        "lesson.xlsx, sheet Lesson: it has 2 step tables, whose x are in A8 and A20; move one to a sheet "
        "of its own.\n"
    )


def test_several_sheets_with_a_step_table(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Tuesday"))
    for command in ("run", "reset"):
        said = refused(command, "lesson.xlsx")
        assert said == (
            'lesson.xlsx: 2 sheets have a step table: Monday, Tuesday; choose one with --sheet "Monday", or run each '
            "with --all.\n"
        )


@pytest.mark.parametrize("command", ["look", "animate"])
def test_several_sheets_for_what_takes_one(refused: Callable[..., str], tmp_path: Path, command: str) -> None:
    draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Tuesday"))
    also = ", or look at each with --all" if command == "look" else ""
    assert refused(command, "lesson.xlsx") == (
        f'lesson.xlsx: 2 sheets have a step table: Monday, Tuesday; choose one with --sheet "Monday"{also}.\n'
    )


def test_all_and_a_sheet(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Tuesday"))
    assert refused("run", "lesson.xlsx", "--all", "--sheet", "Monday", code=2) == (
        "--all and --sheet were both given; use one of them.\n"
    )


def test_all_runs_each_sheet_or_none(refused: Callable[..., str], tmp_path: Path) -> None:
    """One bad sheet keeps the others from being written too."""
    book = openpyxl.load_workbook(draw(tmp_path / "lesson.xlsx", sheets=("Monday", "Tuesday")))
    book["Tuesday"]["A10"] = "nine"
    book.save(tmp_path / "lesson.xlsx")
    assert refused("run", "lesson.xlsx", "--all") == (
        'lesson.xlsx, Tuesday!A10: x is the text "nine", not a number; type a number.\n'
    )


DAY = datetime.date(2024, 5, 6)


PLAIN = "type a plain number and give the cell a number format"


MEND = "fix its formula, or type a number"


POSITIVE = "type a number above 0, such as 0.0001"


WHOLE = "type a whole number from 1 to 1,000,000"


FIVE = "type a whole number, such as 5"


GOES_ON = "x is empty, but the table goes on in row {}; type the missing x, or move the rows below up"


BELOW = "move it, or reset the log, so that nothing is below it"


ENGINE = "recalculate and save the workbook in Excel or LibreOffice, or write the formula differently"


BREAK = "break the circle: let no cell need its own result"


OTHERS = "write it with other functions, or type its result as a number"


FIXED = "take what changes out of it, or type a number there instead"


CIRCULAR = "depends on this formula, and it refers to itself: {}"


UNKNOWN = "depends on this formula, and the formula engine does not know a function or a name in it"


CHANGES = "depends on this formula, and it changes at every recalculation"


CELLS: dict[str, tuple[Cells, str, str]] = {
    "x: text": ({"A10": "nine"}, "A10", 'x is the text "nine", not a number; type a number'),
    "x: text with digits": ({"A10": "9,5"}, "A10", 'x is the text "9,5", not a number; type 9.5 as a number'),
    "x: boolean": ({"A10": True}, "A10", "x is TRUE, not a number; type a number"),
    "x: date": ({"A10": DAY}, "A10", f"x is the date with the number 45418, not a number; {PLAIN}"),
    "x: error": ({"A10": "#N/A"}, "A10", f"x is the error #N/A, not a number; {MEND}"),
    "x: formula with error": ({"A10": "=1/0"}, "A10", f"x is the error #DIV/0!, not a number; {MEND}"),
    "x: formula with text": ({"A10": '="9"'}, "A10", 'x is the text "9", not a number; type 9 as a number'),
    "x: formula with empty text": ({"A10": '=""'}, "A10", "x is empty, not a number; type a number"),
    "x: empty": ({"A10": None}, "A10", GOES_ON.format(10)),
    "x: blanks": ({"A10": "  "}, "A10", GOES_ON.format(10)),
    "x: empty row": ({f"{letter}10": None for letter in "ABCDEFGHIJKL"}, "A10", GOES_ON.format(11)),
    "x: empty at the end": ({"A11": None}, "A11", GOES_ON.format(11)),
    "x: none at all": (
        {f"{letter}{row}": None for letter in "AB" for row in (9, 10, 11)},
        "A9",
        "the table has no rows: x is empty; type x and y below their headings",
    ),
    "y: text": ({"B11": "many"}, "B11", 'y is the text "many", not a number; type a number'),
    "y: empty": ({"B10": None}, "B10", "y is empty, not a number; type a number"),
    "y: boolean": ({"B9": False}, "B9", "y is FALSE, not a number; type a number"),
    "y: date": ({"B9": DAY}, "B9", f"y is the date with the number 45418, not a number; {PLAIN}"),
    "y: error": ({"B9": "#REF!"}, "B9", f"y is the error #REF!, not a number; {MEND}"),
    "learn: comma": (
        {"B1": "0,0001"},
        "B1",
        'learn is the text "0,0001", not a number; type 0.0001 as a number',
    ),
    "learn: exponent": (
        {"B1": "1e-4"},
        "B1",
        'learn is the text "1e-4", not a number; type 0.0001 as a number',
    ),
    "learn: word": ({"B1": "slow"}, "B1", 'learn is the text "slow", not a number; type a number'),
    "learn: formula with empty text": ({"B1": '=""'}, "B1", f"learn is empty, not a number; {POSITIVE}"),
    "learn: formula of an empty cell": ({"B1": "=T1"}, "B1", f"learn is 0; {POSITIVE}"),
    "learn: zero": ({"B1": 0}, "B1", f"learn is 0; {POSITIVE}"),
    "learn: negative": ({"B1": -0.5}, "B1", f"learn is -0.5; {POSITIVE}"),
    "learn: boolean": ({"B1": True}, "B1", f"learn is TRUE, not a number; {POSITIVE}"),
    "learn: error": ({"B1": "=1/0"}, "B1", f"learn is the error #DIV/0!, not a number; {MEND}"),
    "learn: date": ({"B1": DAY}, "B1", f"learn is the date with the number 45418, not a number; {PLAIN}"),
    "learn: empty, but used": ({"B1": None}, "B1", f"learn is empty; {POSITIVE}"),
    "epochs: zero": ({"B2": 0}, "B2", f"epochs is 0; {WHOLE}"),
    "epochs: half": ({"B2": 2.5}, "B2", f"epochs is 2.5; {WHOLE}"),
    "epochs: negative": ({"B2": -3}, "B2", f"epochs is -3; {WHOLE}"),
    "epochs: too many": ({"B2": 1_000_001}, "B2", f"epochs is 1000001; {WHOLE}"),
    "epochs: text": ({"B2": "five"}, "B2", 'epochs is the text "five", not a number; type a number'),
    "epochs: formula with empty text": ({"B2": '=""'}, "B2", f"epochs is empty, not a number; {FIVE}"),
    "epochs: formula of an empty cell": ({"B2": "=T1"}, "B2", f"epochs is 0; {WHOLE}"),
    "epochs: text with digits": (
        {"B2": "5"},
        "B2",
        'epochs is the text "5", not a number; type 5 as a number',
    ),
    "epochs: boolean": ({"B2": True}, "B2", f"epochs is TRUE, not a number; {FIVE}"),
    "epochs: error": ({"B2": "=1/0"}, "B2", f"epochs is the error #DIV/0!, not a number; {MEND}"),
    "start: text": ({"B3": "one"}, "B3", 'the start of m is the text "one", not a number; type a number'),
    "start: empty": ({"B4": None}, "B4", "the start of b is empty, not a number; type a number"),
    "start: boolean": ({"B4": True}, "B4", "the start of b is TRUE, not a number; type a number"),
    "start: formula": (
        {"B3": "=1+1"},
        "B3",
        "m starts from the formula =1+1, which a run would have to overwrite; type a number there",
    ),
    "loss: text": ({"B5": '="low"'}, "B5", 'rmse is the text "low", not a number; fix the formula there'),
    "loss: error": ({"B5": "=1/0"}, "B5", "rmse is the error #DIV/0!, not a number; fix the formula there"),
    "table: error": (
        {"H10": "=1/0"},
        "I11",
        "the next value of m is the error #DIV/0! because of H10, whose formula is =1/0; fix it there",
    ),
    "loss: through an error": (
        {"B5": "=B3*T1", "T1": "=T2", "T2": "#N/A"},
        "B5",
        "rmse is the error #N/A because of T2, where it is typed; type a number there",
    ),
    "loss: circular": ({"B5": "=B5+1"}, "B5", f"rmse {CIRCULAR.format('B5 → B5')}; {BREAK}"),
    "table: circular": (
        {"F10": "=F11", "F11": "=F10"},
        "F10",
        f"m {CIRCULAR.format('F10 → F11 → F10')}; {BREAK}",
    ),
    "loss: unknown function": (
        {"B5": '=WEBSERVICE("http://example.org")*B3'},
        "B5",
        f"rmse {UNKNOWN}; {OTHERS}",
    ),
    "table: unknown function": ({"G10": "=NEWTON(A10)"}, "G10", f"m {UNKNOWN}; {OTHERS}"),
    "loss: RAND": ({"B5": "=RAND()"}, "B5", f"rmse {CHANGES}; {FIXED}"),
    "loss: through RAND": ({"B5": "=B3*T1", "T1": "=T2", "T2": "=RAND()"}, "T2", f"rmse {CHANGES}; {FIXED}"),
    "loss: NOW": ({"B5": "=NOW()*B3"}, "B5", f"rmse {CHANGES}; {FIXED}"),
    "table: RANDBETWEEN": ({"L11": "=D11-$B$1*K11+RANDBETWEEN(0,1)"}, "L11", f"b {CHANGES}; {FIXED}"),
    "table: a number among formulas": (
        {"I10": 2},
        "I10",
        "the next value of m is 2 here, but a formula in I9; fill the formula down the whole column",
    ),
    "log: text": ({"P10": "my note"}, "P10", f'the log would run over the text "my note"; {BELOW}'),
    "log: formula": ({"N10": "=1+1"}, "N10", f"the log would run over the formula =1+1; {BELOW}"),
    "log: number beside": ({"O9": 5}, "O9", f"the log would run over 5; {BELOW}"),
    "log: boolean": ({"N9": True}, "N9", f"the log would run over TRUE; {BELOW}"),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_that_does_not_fit(refused: Callable[..., str], tmp_path: Path, kind: str) -> None:
    changes, cell, sentence = CELLS[kind]
    draw(tmp_path / "lesson.xlsx", changes)
    assert refused("run", "lesson.xlsx") == f"lesson.xlsx, Lesson!{cell}: {sentence}.\n"


def test_the_unbroken_lesson_runs(sheetgd: CommandLine, book: Path) -> None:
    ended = sheetgd("run", "lesson.xlsx")
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("changes", [{"B1": None}, {"A1": None, "B1": None}], ids=["empty", "no label"])
def test_a_table_of_columns_cannot_do_without_learn(
    refused: Callable[..., str], tmp_path: Path, changes: Cells
) -> None:
    draw(tmp_path / "lesson.xlsx", changes, formulas=False)
    place = "Lesson!B1" if "A1" not in changes else "sheet Lesson"
    assert refused("run", "lesson.xlsx") == (
        f"lesson.xlsx, {place}: the sheet has no learning rate: no label learn with a number to its right; "
        f"type learn in a "
        "cell and a number such as 0.0001 to its right.\n"
    )


def test_a_text_inside_the_grid(refused: Callable[..., str], tmp_path: Path) -> None:
    grid: Cells = {"D1": "m", "F1": "b", "E3": 1, "E4": 2, "F2": 0, "G2": 10, "H2": 20, "G3": "best?"}
    draw(tmp_path / "lesson.xlsx", grid)
    assert refused("run", "lesson.xlsx") == (
        'lesson.xlsx, Lesson!G3: the grid of losses holds the text "best?" here; move it out of the grid.\n'
    )


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"A8": "hours"}, "x; call the column of the inputs x"),
        ({"B8": "sales"}, "y; call the column of the targets y"),
        ({"A8": "hours", "B8": "sales"}, "x and no y; call the column of the inputs x"),
    ],
)
@pytest.mark.parametrize("command", ["look", "run", "reset"])
def test_a_step_table_without_x_or_y_is_not_taken_for_something_else(
    refused: Callable[..., str], tmp_path: Path, command: str, changes: Cells, lacks: str
) -> None:
    """Another table of points stands above; of formulas, which would tell, there are none."""
    above: Cells = {"S1": "x", "T1": "y", "S2": 1, "T2": 2, "S3": 3, "T3": 4}
    draw(tmp_path / "lesson.xlsx", {**above, **changes}, formulas=False)
    assert refused(command, "lesson.xlsx") == (
        f"lesson.xlsx, Lesson!A8: these headings have m and new_m, as a step table's, but no {lacks}.\n"
    )


@pytest.mark.parametrize(
    ("cell", "value", "text"),
    [
        ("C4", "0,5", 'C4: the start of slope is the text "0,5", not a number; type 0.5 as a number'),
        ("C4", "half", 'C4: the start of slope is the text "half", not a number; type a number'),
        ("C5", None, "C5: the start of intercept is empty, not a number; type a number"),
        ("E22", 5, "E22: the next value of slope is 5 here, not a formula; write its formula again"),
    ],
)
def test_no_parameter_of_a_batch_lesson_is_left_out(
    refused: Callable[..., str], sheetgd: CommandLine, tmp_path: Path, cell: str, value: object, text: str
) -> None:
    assert sheetgd("new", "penguins", "-o", "lesson.xlsx").code == 0
    book = openpyxl.load_workbook(tmp_path / "lesson.xlsx")
    book["Penguins"][cell] = value
    book.save(tmp_path / "lesson.xlsx")
    assert refused("run", "lesson.xlsx") == f"lesson.xlsx, Penguins!{text}.\n"


def test_a_number_typed_over_a_formula_of_the_table(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"C10": 5})
    assert refused("run", "lesson.xlsx") == (
        "lesson.xlsx, Lesson!C10: m is 5 here, but a formula in C9; fill the formula down the whole column.\n"
    )


def test_a_grid_for_which_there_is_no_loss(refused: Callable[..., str], tmp_path: Path) -> None:
    """Two weights have no formula of sheetgd's own, as a line has."""
    names = {"A3": "p", "A4": "q", "C8": "p", "D8": "q", "I8": "new_p", "L8": "new_q", "O8": "p", "P8": "q"}
    grid: Cells = {"D1": "p", "F1": "q", "E3": 1, "E4": 2, "F2": 0, "G2": 10, "H2": 20}
    draw(tmp_path / "lesson.xlsx", {**names, **grid, "A5": None, "B5": None, "Q8": None})
    assert refused("run", "lesson.xlsx") == (
        "lesson.xlsx, Lesson!F3: the grid of losses cannot be filled, because no cell is labelled rmse, mse or loss; "
        "type such a label to the left of the cell with the loss, or write formulas into the grid.\n"
    )


def test_numbers_too_large_to_square(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"A10": 1e200, "B5": None}, formulas=False)
    assert refused("run", "lesson.xlsx") == (
        "lesson.xlsx, Lesson!A8: the numbers are too large to be squared; use smaller x, y and start values.\n"
    )


def test_a_reset_value_that_is_no_number(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"C2": "reset to", "C3": "1,5", "C4": 2})
    assert refused("reset", "lesson.xlsx") == (
        'lesson.xlsx, Lesson!C3: the reset value is the text "1,5", not a number; type 1.5 as a number.\n'
    )


@pytest.mark.parametrize("flag", ["0", "2.5", "1000001", "five", "-1"])
def test_the_flag_epochs(refused: Callable[..., str], book: Path, flag: str) -> None:
    said = refused("run", "lesson.xlsx", f"--epochs={flag}", code=2)
    assert said.endswith(
        f"sheetgd run: error: argument --epochs: {flag} is not a whole number from 1 to 1,000,000\n"
    )


@pytest.mark.parametrize("flag", ["0", "-0.1", "0,0001", "nan", "inf", "slow"])
def test_the_flag_learn(refused: Callable[..., str], book: Path, flag: str) -> None:
    said = refused("run", "lesson.xlsx", f"--learn={flag}", code=2)
    assert said.endswith(
        f"sheetgd run: error: argument --learn: {flag} is not a number above 0, such as 0.0001\n"
    )


def test_the_flag_learn_without_a_cell_for_it(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"A1": None})
    assert refused("run", "lesson.xlsx", "--learn", "0.1", code=2) == (
        "lesson.xlsx: sheet Lesson has no learn cell for --learn; add the label learn to the left of one.\n"
    )


def test_the_flag_learn_over_a_formula(refused: Callable[..., str], tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", {"B1": "=1/10000"})
    assert refused("run", "lesson.xlsx", "--learn", "0.1") == (
        "lesson.xlsx, Lesson!B1: learn is the formula =1/10000, which --learn would overwrite; change the "
        "cells that it "
        "refers to, or type a number there.\n"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"epochs": 0}, "epochs is 0; use a whole number from 1 to 1,000,000."),
        ({"epochs": 2.5}, "epochs is 2.5; use a whole number from 1 to 1,000,000."),
        ({"epochs": 1_000_001}, "epochs is 1000001; use a whole number from 1 to 1,000,000."),
        ({"learn": 0.0}, "learn is 0; use a number above 0, such as 0.0001."),
        ({"learn": float("nan")}, "learn is nan; use a number above 0, such as 0.0001."),
    ],
)
def test_the_library_refuses_the_same(book: Path, options: dict[str, Any], sentence: str) -> None:
    before = everything(book.parent)
    with library.open_book(book) as opened, pytest.raises(library.SheetgdError) as caught:
        library.run(opened, **options)
    assert (str(caught.value), caught.value.exit_code) == (f"lesson.xlsx: {sentence}", 2)
    assert everything(book.parent) == before


def test_iterative_calculation(refused: Callable[..., str], tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx", {"B5": "=B5+1"})
    change_part(book, "xl/workbook.xml", swap(b"<calcPr ", b'<calcPr iterate="1" '))
    assert refused("run", "lesson.xlsx") == (
        f"lesson.xlsx, Lesson!B5: rmse {CIRCULAR.format('B5 → B5')}, which the workbook allows (iterative "
        f"calculation) and sheetgd does not; {BREAK}.\n"
    )


def test_a_stored_result_that_is_wrong(sheetgd: CommandLine, refused: Callable[..., str], book: Path) -> None:
    assert sheetgd("run", "lesson.xlsx").code == 0
    change_part(
        book, SHEET, lambda data: re.sub(rb"(<c r=\"F10\"[^>]*><f>[^<]*</f>)<v>[^<]*", rb"\1<v>12", data)
    )
    said = refused("run", "lesson.xlsx")
    assert re.fullmatch(
        r"lesson\.xlsx, Lesson!F10: m depends on this formula, and the formula engine finds [\d.]+ where the workbook "
        rf"holds 12; {ENGINE}\.\n",
        said,
    )


def test_a_long_chain_of_wrong_results_costs_no_time(sheetgd: CommandLine, tmp_path: Path) -> None:
    """20,000 formulas, each of the one above, with the zeros that XlsxWriter stores where it knows no result."""
    path = tmp_path / "lesson.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet, other = made.add_worksheet("Lesson"), made.add_worksheet("Other")
        for address, value in lesson_cells().items():
            sheet.write(address, value)
        other.write("A1", 1)
        other.write_formula("B1", "=1+1", None, 2)  # a result among the zeros, so that they are results, too
        for row in range(2, 20_001):
            other.write_formula(f"A{row}", f"=A{row - 1}+Lesson!$B$1")
    change_part(path, SHEET, swap(b"</f><v>0</v>", b"</f>"))
    begun = time.monotonic()
    ended = sheetgd("run", "lesson.xlsx")
    assert time.monotonic() - begun < 10
    assert ended.code == 0
    assert ended.err.endswith(" more formulas left as they are.\n")
