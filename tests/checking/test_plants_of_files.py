"""What pupils do to their worksheets beside formulas, planted and compared with what is found: printed as a table.

Each plant is a worksheet on which every row is blank, solved and then changed. It says how many cells are not right,
the first of them that is spoken of, what is said, and why its grade is held, if it must be: whatever else happens, no
right answer is marked wrong, and no sheet that is not what was handed out is graded without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

from office import read_stored
from returned_work import by_formulas, empty_worksheets
from sheetgd.checking.check import check
from sheetgd.checking.results import Checked
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.drawing import IDENTITY, NAME
from sheetgd.classroom.exercises import EVERY_ROW
from sheetgd.classroom.plan import Plan
from sheetgd.classroom.roster import Student
from sheetgd.classroom.template import Template, blank_cells

ALL = -1
Change = Callable[[openpyxl.Workbook, dict[str, float]], None]


class Plant(NamedTuple):
    lesson: str
    done: str
    change: Change  # has the workbook, and the right number of each blank
    lost: int = 0  # cells that are not right
    cell: str = ""  # the first that is spoken of
    says: str = ""
    held: str = ""
    name: str = "back.xlsx"


def put(**cells: object) -> Change:
    def change(book: openpyxl.Workbook, _: dict[str, float]) -> None:
        for cell, value in cells.items():
            book.worksheets[0][cell] = value

    return change


def typed(how: Callable[[float], object]) -> Change:
    """Every answer typed, in this way."""

    def change(book: openpyxl.Workbook, right: dict[str, float]) -> None:
        for cell, number in right.items():
            book.worksheets[0][cell] = how(number)

    return change


def on_sheet(act: Callable[[Worksheet], object]) -> Change:
    def change(book: openpyxl.Workbook, _: dict[str, float]) -> None:
        act(book.worksheets[0])

    return change


def emptied(*rows: int) -> Change:
    def change(book: openpyxl.Workbook, right: dict[str, float]) -> None:
        for cell in right:
            if int(re.sub(r"\D", "", cell)) in rows:
                book.worksheets[0][cell] = None

    return change


def both(*changes: Change) -> Change:
    def change(book: openpyxl.Workbook, right: dict[str, float]) -> None:
        for each in changes:
            each(book, right)

    return change


def backup(book: openpyxl.Workbook, right: dict[str, float]) -> None:
    """An empty copy of the tab, kept before or after the work."""
    copy = book.copy_worksheet(book.worksheets[0])
    copy.title = "Backup"
    for cell in right:
        copy[cell] = None
    book.move_sheet(copy, -1)


def learn_by_name(book: openpyxl.Workbook, right: dict[str, float]) -> None:
    book.defined_names["learn"] = DefinedName("learn", attr_text=f"{book.worksheets[0].title}!$H$3")
    for row in range(17, 37):
        book.worksheets[0][f"J{row}"] = f"=D{row}-learn*I{row}"


def array(book: openpyxl.Workbook, right: dict[str, float]) -> None:
    sheet = book.worksheets[0]
    for row in range(17, 27):
        sheet[f"E{row}"] = None
    sheet["E17"] = ArrayFormula("E17:E26", "=D17:D26-C17:C26")


def shifted_right(sheet: Worksheet) -> None:
    """Insert > shift cells right, in one row, from y_pred on."""
    for column in "NMLKJIHGF":
        after = chr(ord(column) + 1)
        sheet[f"{after}19"] = sheet[f"{column}19"].value
    sheet["F19"] = None


def one_row_off(book: openpyxl.Workbook, right: dict[str, float]) -> None:
    """The column y_pred, typed from the second row on: each number belongs into the row above."""
    sheet = book.worksheets[0]
    sheet["F17"] = None
    for row in range(18, 37):
        sheet[f"F{row}"] = right[f"F{row - 1}"]


def swapped_columns(book: openpyxl.Workbook, right: dict[str, float]) -> None:
    """Slope 1 and slope 2 typed into each other's columns."""
    for row in range(17, 22):
        book.worksheets[0][f"I{row}"], book.worksheets[0][f"J{row}"] = right[f"J{row}"], right[f"I{row}"]


def moved_as_values(book: openpyxl.Workbook, right: dict[str, float]) -> None:
    """The whole table copied further down as values, one of them wrong; the original emptied."""
    sheet = book.worksheets[0]
    stored = {**right}
    for row in range(16, 22):
        for column in "BCDEFGH":
            value = stored.get(f"{column}{row}", sheet[f"{column}{row}"].value)
            if isinstance(value, str) and value.startswith("="):
                value = None if row == 17 else stored[f"H{row - 1}"]
                value = sheet["C4"].value if row == 17 else value
            sheet[f"{column}{row + 60}"] = value
    for cell in right:
        sheet[cell] = None
    sheet["G78"] = 1.5


def copy_with_slip(book: openpyxl.Workbook, right: dict[str, float]) -> None:
    copy = book.copy_worksheet(book.worksheets[0])
    copy.title = "Mine"
    copy["F19"] = "=D19*B19"
    for cell in right:
        book.worksheets[0][cell] = None


def percent(sheet: Worksheet) -> None:
    for row in range(17, 22):
        sheet[f"E{row}"].number_format = "0.00%"


def protected(sheet: Worksheet) -> None:
    sheet.protection.set_password("secret")
    sheet.protection.enable()


def noted(sheet: Worksheet) -> None:
    sheet["F17"].comment = Comment("is this right?", "Ada")
    sheet.merge_cells("O17:Q19")
    sheet["O17"] = "my notes: 3.5 and 4"
    sheet.column_dimensions["G"].hidden = True
    sheet.row_dimensions[30].hidden = True


D, W = "descent", "weight"
PLANTS = [
    Plant(D, "nothing wrong", put()),
    Plant(D, "values pasted over the formulas", typed(float)),
    Plant(D, "fifteen digits typed", typed(lambda number: float(f"{number:.15g}"))),
    Plant(D, "nothing filled in", emptied(*range(17, 37)), 120),
    Plant(D, "one row short", emptied(36), 6, "F36", "empty"),
    Plant(D, "an empty backup first", backup),
    Plant(D, "protected with a password", on_sheet(protected)),
    Plant(D, "notes, comments, hidden lines", on_sheet(noted)),
    Plant(D, "Kopie von …", put(), name="Kopie von Ada Lovelace (1).xlsx"),
    Plant(D, "sheet renamed", on_sheet(lambda sheet: setattr(sheet, "title", "Hausaufgabe"))),
    Plant(D, "heading renamed", put(F16="ŷ")),
    Plant(D, "heading deleted", put(J16=None)),
    Plant(D, "wrapped in IFERROR", put(F17="=IFERROR(D17*B17+E17,0)", J18='=IFERROR(D18-$H$3*I18,"")')),
    Plant(D, "learn by a name of their own", learn_by_name),
    Plant(D, "#REF! in a cell", put(J20="=D20-$H$3*#REF!"), 1, "J20", "#REF!"),
    Plant(D, "refers to itself", put(F20="=F20+1"), 1, "F20", "a formula that refers to itself: fix"),
    Plant(D, "a decimal comma", put(J17="1,0719"), 1, "J17", r"type 1\.0719"),
    Plant(D, "Arabic digits", put(F17="\u0661\u0662\u0663"), 1, "F17", "the text"),
    Plant(D, "thousands and decimal comma", put(G17="44.521,00"), 1, "G17", "the text"),
    Plant(D, "a number as text", put(F18="'12.5"), 1, "F18", "the text"),
    Plant(D, "a word", put(F18="?"), 1, "F18", "the text"),
    Plant(D, "TRUE", put(F18=True), 1, "F18", "TRUE"),
    Plant(
        D,
        "row shifted to the right",
        on_sheet(shifted_right),
        6,
        "G19",
        "what belongs under y_pred",
        held="H19",
    ),
    Plant(D, "a column one row down", one_row_off, ALL, "F18", "row above"),
    Plant(D, "zeros everywhere", typed(lambda _: 0), ALL, "F17", held="every cell that is filled in holds 0"),
    Plant(D, "the same number everywhere", typed(lambda _: 1), ALL, "F17", held="holds 1"),
    Plant(D, "one given changed", put(B20=2.5), held="B20"),
    Plant(D, "learn 0", put(H3=0), held="H3"),
    Plant(D, "learn emptied", put(H3=None), held="H3"),
    Plant(D, "guess of the next epoch", put(C4=1.5, C5=1.2), held="C4"),
    Plant(D, "a printed formula typed over", put(H20=1), held="H20"),
    Plant(D, "points emptied", put(B30=None, C30=None), held="B30"),
    Plant(D, "slip on a copy of the tab", copy_with_slip, 1, "F19", "b is not added"),
    Plant(D, "a nickname", put(**{NAME: "Addie"}), held="the name on it is Addie"),
    Plant(D, "id and name deleted", put(**{IDENTITY: None, NAME: None}), held="numbers in it are those of"),
    Plant(W, "nothing wrong", put()),
    Plant(W, "as per cent", on_sheet(percent)),
    Plant(W, "three decimals typed", typed(lambda number: round(number, 3)), ALL, "", "rounded"),
    Plant(W, "nothing done", emptied(*range(17, 22)), 20),
    Plant(W, "table moved down as values, a slip", moved_as_values, 1, "G78"),
    Plant(W, "one guess for all rows", put(D18="=$C$4", D19="=$C$4"), held="D18"),
    Plant("weights", "two columns exchanged", swapped_columns, 10, "I17", "swapped"),
    Plant("weights", "one cell emptied in the middle", put(H18=None), 1, "H18", "empty"),
    Plant("belts", "an array formula", array),
    Plant("belts", "rows 1 to 9 only", emptied(26, 28, 29), 6, "D26", "empty"),
    Plant("belts", "points of one's own", put(B17=1, C17=2), held="B17"),
    Plant("penguins", "nothing wrong", put()),
    Plant("penguins", "a mean typed over", put(F30=0), held="F30"),
]


def returned(folder: Path, lesson: str, plants: list[Plant]) -> list[Assignment]:
    """A student for each plant of a lesson, and what each handed in."""
    students = [Student(f"Student {number}") for number in range(len(plants))]
    given = assignments(students, lesson, "planted", blank_rows=EVERY_ROW)
    empty = empty_worksheets(folder, given)
    with Template(Plan(given[0], ())) as template:
        for one, plant in zip(given, plants, strict=True):
            (folder / "solved.xlsx").write_bytes(template.file(one))
            [solved] = read_stored(folder / "solved.xlsx").values()
            book = openpyxl.load_workbook(empty[one.id])
            put(**by_formulas(one))(book, {})
            plant.change(book, {blank.cell: solved[blank.cell] for blank in blank_cells(one)})
            (folder / "back" / one.id).mkdir(parents=True)
            book.save(folder / "back" / one.id / plant.name)
    return given


def spoken_of(one: Checked) -> tuple[str, str]:
    """The first cell that the teacher is told of, and what is said."""
    if one.first:
        return one.first.address, one.first.cause.words if one.first.cause else ""
    if one.texts:
        return one.texts[0][0], f"{one.texts[0][1]}: {one.texts[0][2]}"
    return (one.empty[0], "empty") if 0 < len(one.empty) < one.cells else ("", "")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Plant, Checked]]:
    results = []
    for lesson in dict.fromkeys(plant.lesson for plant in PLANTS):
        plants = [plant for plant in PLANTS if plant.lesson == lesson]
        folder = tmp_path_factory.mktemp(lesson)
        given = returned(folder, lesson, plants)
        by_id = {Path(one.path).parent.name: one for one in check(given, [folder / "back"]).checked}
        results += [(plant, by_id[one.id]) for one, plant in zip(given, plants, strict=True)]
    return results


def test_planted_against_found(found: list[tuple[Plant, Checked]]) -> None:
    wrong = []
    for plant, one in found:
        cell, said = spoken_of(one)
        lost = one.cells - one.right
        held = "; ".join(one.held)
        fits = (
            not one.problem
            and plant.lost in (ALL, lost)
            and plant.cell in ("", cell)
            and (not said or bool(plant.says and re.search(plant.says, said)))
            and bool(held) == bool(plant.held)
            and plant.held in held
        )
        mark = " " if fits else "!"
        print(
            f"{mark} {plant.lesson:<9}{plant.done:<36}{lost:>4} {cell:<5}{said[:60]:<62}{held[:90]}{one.problem}"
        )
        wrong += [] if fits else [plant.done]
    assert not wrong
