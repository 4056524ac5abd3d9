"""What students do to a file: cells are found, told apart and judged all the same."""

from __future__ import annotations

import json
import math
import random
import re
from datetime import datetime
from pathlib import Path

import pytest

from conftest import CommandLine
from homework import SLIPS, Planted, address, answers, by_edits
from office import Office
from parts import change_part
from returned_work import (
    SHEET,
    empty_worksheets,
    handed_in,
    plant,
)
from sheetgd.checking.check import check
from sheetgd.checking.sentences import sentence
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.roster import Student
from sheetgd.classroom.template import student
from sheetgd.errors import BookError


def test_libreoffice_moves_everything_and_cells_are_found_by_what_was_printed(
    tmp_path: Path, pair: list[Assignment], office: Office
) -> None:
    """Rows inserted above and inside the table, a column, another name for the sheet, notes; saved by LibreOffice."""
    one = pair[1]
    student(one, tmp_path / "empty.xlsx")
    planted = (Planted(SLIPS[0], 3),)
    written = {f"Descent!{cell}": value for cell, value in answers(one, planted, formulas=True).items()}
    written |= {"Descent!O20": "my notes: y_pred is hard", "Descent!A30": 17}
    office.edit(
        tmp_path / "empty.xlsx",
        {k: str(v).replace(",", ";") for k, v in written.items()},
        tmp_path / "moved.xlsx",
        insert=["Descent!3", "Descent!20", "Descent!F"],
        rename={"Descent": "Übung Ada"},
    )
    [checked] = check(pair, [tmp_path / "moved.xlsx"]).checked
    assert checked.problem == "" and checked.assignment == one
    assert [(w.address, w.title, w.row, w.cause and w.cause.kind) for w in checked.wrong] == [
        ("K21", "new_m", 3, "sign")
    ]
    assert checked.right == 29 and not checked.altered and not checked.notes and len(checked.formulas) == 30


@pytest.mark.parametrize(
    ("columns", "formulas", "gone", "right"),
    [
        ("I", False, ("de/dm",), 25),  # what was typed to its right is right
        ("I", True, ("de/dm",), 20),  # so is every formula that reads what is missing, or what came of it
        ("IJ", False, ("de/dm", "new_m"), 20),
        ("H", False, ("err_m1",), 30),  # a printed column
    ],
)
def test_a_deleted_column_is_named_and_the_others_are_found(
    columns: str,
    formulas: bool,
    gone: tuple[str, ...],
    right: int,
    tmp_path: Path,
    pair: list[Assignment],
    office: Office,
    sheetgd: CommandLine,
) -> None:
    """LibreOffice deletes it and moves the columns to its right to the left."""
    one = pair[0]
    student(one, tmp_path / "empty.xlsx")
    written = {f"Descent!{cell}": value for cell, value in answers(one, formulas=formulas).items()}
    (tmp_path / "back").mkdir()
    delete = [f"Descent!{column}" for column in reversed(columns)]
    office.edit(tmp_path / "empty.xlsx", written, tmp_path / "back" / "a.xlsx", delete=delete)
    [checked] = check(pair, [tmp_path / "back" / "a.xlsx"]).checked
    assert (checked.problem, checked.gone, checked.wrong) == ("", gone, ())
    assert (checked.right, checked.cells) == (right, 30)
    its = (
        f"column {gone[0]} is gone: its heading is"
        if len(gone) == 1
        else f"columns {', '.join(gone)} are gone: their headings are"
    )
    assert checked.held == (f"the {its} no longer there",)
    assert sentence(checked) == (
        f"The {its} no longer there. Put your numbers into a new copy of the worksheet."
    )
    keys.write(tmp_path / "key.xlsx", pair[:1], "seed")
    done = sheetgd("check", "key.xlsx", "back", "--report", "r.html")
    assert done.out.splitlines()[0] == f"Ada Lovelace  {right:>3} of 30   the {its} no longer there !"
    assert f"the {its} no longer there" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_typed_numbers_formulas_texts_dates_and_gaps_are_told_apart(
    tmp_path: Path, pair: list[Assignment]
) -> None:
    numbers = answers(pair[0])
    changes = {
        "F17": numbers["F17"],
        "G17": "2,96",
        "I17": "=1/0",
        "J17": None,
        "L17": True,
        "M17": "",
        "F18": datetime(2026, 5, 1),
        "G18": "  ",
    }
    [checked] = check(pair, [handed_in(tmp_path, pair[0], changes)]).checked
    assert checked.typed == ("F17",) and checked.empty == ("J17", "M17", "G18")
    assert checked.texts == (
        ("G17", 'the text "2,96"', "type 2.96 as a number"),
        ("I17", "the error #DIV/0!", "fix the formula"),
        ("L17", "TRUE", "type a plain number"),
        ("F18", "the date with the number 46143", "type a plain number"),
    )
    assert checked.right == 30 - 7 and checked.wrong == () and len(checked.formulas) == 23
    assert sentence(checked) == 'G17 holds the text "2,96", which is not a number: type 2.96 as a number.'


def test_altered_numbers_are_named_and_do_not_make_the_work_wrong(
    tmp_path: Path, pair: list[Assignment]
) -> None:
    changes = {"B18": 99, "H3": 0.01, "C4": 5}
    [checked] = check(pair, [handed_in(tmp_path, pair[0], changes)]).checked
    assert {(each.address, each.title, each.found) for each in checked.altered} == {
        ("B18", "x", "99"),
        ("H3", "learn", "0.01"),
        ("C4", "guess m", "5"),
    }
    assert checked.right == 30 and checked.wrong == ()
    typed = {**answers(pair[0]), **changes}  # computed with the numbers as they were printed
    student(pair[0], tmp_path / "empty.xlsx")
    by_edits(tmp_path / "empty.xlsx", typed, tmp_path / "typed.xlsx")
    [checked] = check(pair, [tmp_path / "typed.xlsx"]).checked
    assert checked.right == 30 and len(checked.altered) == 3


def test_a_formula_typed_over_and_results_out_of_date(tmp_path: Path, pair: list[Assignment]) -> None:
    """D19 (m in row 3) is printed as a formula; a stored result was changed behind the formula's back."""
    path = handed_in(tmp_path, pair[0], {"D19": 7})
    [checked] = check(pair, [path]).checked
    assert [(each.address, each.title, each.found) for each in checked.altered] == [("D19", "m", "7")]
    assert checked.right == 30  # what follows goes on from 7

    student(pair[0], tmp_path / "empty.xlsx")
    by_edits(tmp_path / "empty.xlsx", answers(pair[0]), tmp_path / "typed.xlsx")
    change_part(
        tmp_path / "typed.xlsx",
        SHEET,
        lambda xml: re.sub(rb'(r="H17"[^>]*><f>[^<]*</f><v>)[^<]*', rb"\g<1>12345", xml),
    )
    [checked] = check(pair, [tmp_path / "typed.xlsx"]).checked
    assert checked.right == 30 and checked.notes == (
        "one formula was out of date when it was saved, and was recalculated",
    )


def test_work_by_hand_with_a_tolerance(tmp_path: Path, pair: list[Assignment]) -> None:
    rounded = {cell: float(f"{value:.4g}") for cell, value in answers(pair[0]).items()}
    path = handed_in(tmp_path, pair[0], rounded)
    strict, kind = (check(pair, [path], tolerance).checked[0] for tolerance in (1e-6, 1e-2))
    assert strict.right < 20 and {wrong.cause.kind for wrong in strict.wrong if wrong.cause} <= {"rounded"}
    assert kind.right >= 29


def test_a_what_if_table_is_no_reason_not_to_recalculate(tmp_path: Path, pair: list[Assignment]) -> None:
    """Data tables, which IronCalc's loader does not take: the model is built from the cells then."""
    back = returned_with_a_table(tmp_path, pair)
    [checked] = check(pair, [back]).checked
    assert (checked.right, checked.notes) == (30, ())


def test_a_file_that_the_engine_cannot_compute_is_judged_by_its_stored_results(
    tmp_path: Path, pair: list[Assignment], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crashes(*_: object) -> None:
        raise BookError("the formula engine crashed on it", "try with a copy")

    monkeypatch.setattr("sheetgd.checking.returned._recalculate", crashes)
    [checked] = check(pair, [returned_with_a_table(tmp_path, pair)]).checked
    assert (checked.right, checked.notes) == (
        30,
        (
            "it could not be recalculated, so the results stored in it were taken (the formula engine crashed on it)",
        ),
    )


def returned_with_a_table(folder: Path, pair: list[Assignment]) -> Path:
    student(pair[0], folder / "empty.xlsx")
    by_edits(folder / "empty.xlsx", answers(pair[0]), folder / "back.xlsx")
    table = (
        b'<row r="900"><c r="A900"><f t="dataTable" ref="A900:A901" r1="B17"/><v>1</v></c></row></sheetData>'
    )
    change_part(folder / "back.xlsx", SHEET, lambda xml: xml.replace(b"</sheetData>", table))
    return folder / "back.xlsx"


def test_libreoffice_types_what_students_type(tmp_path: Path, office: Office) -> None:
    """Numbers typed into LibreOffice and stored by it, a slip each, one with the whole table as formulas."""
    key = assignments([Student(f"S {number}") for number in range(3)], "descent", "office")
    empty = empty_worksheets(tmp_path, key)
    chance = random.Random(3)
    expected = {}
    for number, one in enumerate(key):
        [planted] = plant(chance, one, 1)
        expected[one.id] = [(address(one, planted), planted.slip.kind)]
        office.edit(
            empty[one.id], answers(one, [planted], formulas=number == 2), tmp_path / f"back {number}.xlsx"
        )
    checked = check(key, sorted(tmp_path.glob("back *.xlsx"))).checked
    found = {one.assignment.id: [(w.address, w.cause and w.cause.kind) for w in one.wrong] for one in checked}
    assert found == expected and all(one.right == 29 and not one.altered for one in checked)


def test_formulas_over_a_gap_are_judged_as_formulas_and_wild_ones_are_left(
    tmp_path: Path, pair: list[Assignment]
) -> None:
    """G17 is missing: what reads it is right all the same, unless it is not, or is nothing to be computed twice."""
    wild = '=SUMPRODUCT(LEN(REPT("x",ROW(A1:A9999))))+G17*0+1/0'
    changes = {"G17": None, "I18": "=(H18+G18)/$H$5", "G18": "n/a", "L17": wild}
    [checked] = check(pair, [handed_in(tmp_path, pair[0], changes)]).checked
    assert checked.empty == ("G17",) and [each[0] for each in checked.texts] == ["L17", "G18"]
    assert [(w.address, w.cause and w.cause.kind) for w in checked.wrong] == [("I18", "sign")]
    assert checked.right == 30 - 4


def test_numbers_beyond_all_bounds_are_a_wrong_number_like_others(
    tmp_path: Path, pair: list[Assignment]
) -> None:
    [checked] = check(pair, [handed_in(tmp_path, pair[0], {"J17": 1e300})]).checked
    assert checked.first and checked.first.address == "J17" and checked.first.found == 1e300
    assert math.isfinite(checked.first.expected) and all(math.isfinite(w.expected) for w in checked.wrong)
    assert "NaN" not in json.dumps([w.expected for w in checked.wrong])
