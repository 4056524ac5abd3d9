"""Solved workbooks that make no worksheets: each is refused by its cell, with the way out, and nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Protection
from openpyxl.worksheet.formula import ArrayFormula

from classwork import roster
from conftest import CommandLine
from parts import read_parts, write_parts
from sheetgd.classroom.model_class import make_model_class
from sheetgd.errors import SheetgdError

Change = Callable[[Any], Any]


def put(**cells: Any) -> Change:
    """A change of the sheet S: these cells hold something else."""

    def change(sheet: Any) -> None:
        for cell, value in cells.items():
            sheet[cell] = value

    return change


def draw(path: Path, change: Change = lambda sheet: None) -> None:
    """Two columns of numbers and, in C, their products."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "S"
    sheet.append(["a", "b", "product"])
    for row in range(2, 6):
        sheet.append([row, row * 2.5, f"=A{row}*B{row}"])
    sheet["A8"] = "total"
    sheet["C8"] = "=SUM(C2:C5)"
    change(sheet)
    book.save(path)


def marking(*lines: list[Any]) -> Change:
    def change(sheet: Any) -> None:
        other = sheet.parent.create_sheet("Marking")
        for line in lines:
            other.append(line)

    return change


def locked(*free: str) -> Change:
    def change(sheet: Any) -> None:
        sheet.protection.sheet = True
        for cell in free:
            sheet[cell].protection = Protection(locked=False)

    return change


ACCEPT = "write the formula, or list the cell on a sheet Marking with what to accept"
NAME_THEM = 'name them with --blank-cells "Sheet1!F5:G12,J3"'
WRITE = "write it like Sheet1!F5:G12,J3"
REFUSED = {
    "no blanks": (
        put(),
        [],
        2,
        f"m.xlsx: nothing says which cells students fill in: no sheet is protected with cells left open; {NAME_THEM}.",
    ),
    "all varies": (
        locked("A2"),
        ["--vary", "A2"],
        2,
        f"m.xlsx: every open cell varies, and none is left to fill in; {NAME_THEM}.",
    ),
    "empty": (
        put(),
        ["--blank-cells", "C2:C6"],
        1,
        "m.xlsx, S!C6: it is to be blank, but holds no answer in the solved workbook; solve it there.",
    ),
    "typed": (
        put(),
        ["--blank-cells", "A2"],
        1,
        f"m.xlsx, S!A2: it is to be blank, but its 2 is typed: no formula says what is right; {ACCEPT}.",
    ),
    "error": (
        put(C3="=A3/0"),
        ["--blank-cells", "C3"],
        1,
        "m.xlsx, S!C3: it shows #DIV/0! in the solved workbook; fix its formula.",
    ),
    "random": (
        put(C3="=RAND()*A3"),
        ["--blank-cells", "C3"],
        1,
        "m.xlsx, S!C3: its result changes each time (=RAND()*A3); type the number in its place.",
    ),
    "today": (
        put(D3="=TODAY()", C3="=D3-A3"),
        ["--blank-cells", "C3"],
        1,
        "m.xlsx, S!D3: its result changes each time (=TODAY()), on which the blank S!C3 depends; type the "
        "number in its "
        "place.",
    ),
    "offset": (
        put(C3='=INDIRECT("A"&(A2+1))'),
        ["--blank-cells", "C3"],
        1,
        "m.xlsx, S!C3: it depends on a formula whose references are computed (OFFSET, INDIRECT); write plain "
        "references.",
    ),
    "circle": (
        put(C3="=C4", C4="=C3"),
        ["--blank-cells", "C3"],
        1,
        "m.xlsx, S!C3: its formula cannot be computed here: it refers to itself: C3 → C4 → C3; write it in another "
        "way.",
    ),
    "unknown function": (
        put(C3="=MYOWN(A3)"),
        ["--blank-cells", "C3"],
        1,
        "m.xlsx, S!C3: its formula cannot be computed here: the formula engine does not know a function or a name in "
        "it; write it in another way.",
    ),
    "array": (
        put(C2=ArrayFormula("C2:C5", "=A2:A5*B2:B5")),
        ["--blank-cells", "C3"],
        1,
        "m.xlsx, S!C3: it is part of an array formula, which cannot be emptied cell by cell; hand out a copy without "
        "it.",
    ),
    "a formula varies": (
        put(),
        ["--blank-cells", "C2:C5", "--vary", "C8"],
        1,
        "m.xlsx, S!C8: --vary draws numbers, but it holds a formula; name typed numbers after --vary.",
    ),
    "blank and varies": (
        put(),
        ["--blank-cells", "C2:C5", "--vary", "C2"],
        1,
        "m.xlsx, S!C2: --vary draws numbers, but it holds a formula; name typed numbers after --vary.",
    ),
    "a text varies": (
        put(),
        ["--blank-cells", "C2:C5", "--vary", "A1"],
        1,
        'm.xlsx, S!A1: --vary draws numbers, but it holds the text "a"; name typed numbers after --vary.',
    ),
    "varies for nothing": (
        put(E1=5),
        ["--blank-cells", "C2:C5", "--vary", "E1"],
        2,
        "m.xlsx: no blank depends on the cells after --vary; name cells that the blanks are computed from.",
    ),
    "nothing to draw": (
        put(A2=0),
        ["--blank-cells", "C2", "--vary", "A2"],
        1,
        "m.xlsx, S!A2: the numbers after --vary leave nothing to draw: 0 alone, or a row without gaps; name cells with "
        "more numbers.",
    ),
    "no area": (
        put(),
        ["--blank-cells", "C2:Z"],
        2,
        f"m.xlsx: C2:Z after --blank-cells is neither a cell nor an area; {WRITE}.",
    ),
    "no sheet": (
        put(),
        ["--blank-cells", "T!C2"],
        1,
        "m.xlsx: there is no sheet T; its sheets are S.",
    ),
    "too many": (
        put(),
        ["--blank-cells", "C1:C5000"],
        2,
        "m.xlsx: more than 2,000 cells are named after --blank-cells; name fewer.",
    ),
    "marking without headings": (
        marking(["points"], [1]),
        ["--blank-cells", "C2"],
        1,
        "m.xlsx, sheet Marking: there is no heading cell; write the headings cell, points, tolerance, accept, formula.",
    ),
    "marking of no blank": (
        marking(["cell", "points"], ["S!C3", 1]),
        ["--blank-cells", "C2"],
        1,
        "m.xlsx, S!C3: Marking has a line for it, but it is not a blank; take the line out.",
    ),
    "negative points": (
        marking(["cell", "points"], ["S!C2", -1]),
        ["--blank-cells", "C2"],
        1,
        "m.xlsx, Marking!B2: points is -1; type 0 or more.",
    ),
    "marking of nonsense": (
        marking(["cell", "points"], ["C two", 1]),
        ["--blank-cells", "C2"],
        1,
        f"m.xlsx, Marking!A2: C two after Marking!A2 is neither a cell nor an area; {WRITE}.",
    ),
    "marking is read": (
        lambda sheet: (marking(["cell", "points"], ["S!C2", 1])(sheet), put(D2="=Marking!B2")(sheet)),
        ["--blank-cells", "C2"],
        1,
        "m.xlsx, S!D2: it reads the sheet Marking, which students do not get; let it read another.",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_bad_models_are_refused_by_their_cells(sheetgd: CommandLine, tmp_path: Path, kind: str) -> None:
    change, words, code, said = REFUSED[kind]
    draw(tmp_path / "m.xlsx", change)
    roster(tmp_path, ["Ada", "Alan"])
    done = sheetgd("class", "--model", "m.xlsx", *words, *"--roster roster.csv -o out".split())
    assert (done.code, done.out, done.err) == (code, "", f"{said}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.xlsx", "roster.csv"]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("xl/vbaProject.bin", "m.xlsx: it holds macros, which no student's file may contain; "),
        (
            "xl/externalLinks/externalLink1.xml",
            "m.xlsx: it holds a link to another workbook, which no student's file may contain; ",
        ),
    ],
)
def test_what_no_student_may_get(tmp_path: Path, part: str, said: str) -> None:
    draw(tmp_path / "plain.xlsx")
    write_parts(tmp_path / "m.xlsx", {**read_parts(tmp_path / "plain.xlsx"), part: b"x"})
    with pytest.raises(SheetgdError) as error:
        make_model_class(tmp_path / "m.xlsx", roster(tmp_path, ["Ada"]), tmp_path / "out", blank_cells="C2")
    assert str(error.value) == f"{said}hand out a copy without it."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no lesson is named; name one, such as descent, or add --model SOLVED.xlsx."),
        (["descent", "--model", "m.xlsx"], "a lesson and --model were given; leave one of them out."),
        (
            ["descent", "--vary", "A1"],
            "--vary is for a workbook of your own; add --model SOLVED.xlsx, or leave it out.",
        ),
        (["--model", "m.xlsx", "--blank", "m"], "--blank is for lessons; leave it out."),
        (["--model", "m.xlsx", "--google"], "--google is for lessons; leave it out."),
    ],
)
def test_options_that_do_not_go_together(sheetgd: CommandLine, words: list[str], said: str) -> None:
    done = sheetgd("class", *words, *"--roster roster.csv -o out".split())
    assert (done.code, done.out, done.err) == (2, "", f"{said}\n")
