"""What a fit refuses: cells that are not what they are meant to be, and options that do not fit."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import sheetgd as library
from conftest import CommandLine
from fit_sheets import line
from sheetgd.cli.main import main

OWN = ("--minimize", "Lesson!B3", "--change", "Lesson!B1:B2")


NOT_A_FORMULA = "not a formula; name the cell whose formula computes the loss from the parameters."
ERRORS = {
    "B3": "=SUM(C6:C8)/3",
    "C6": "=(A6*B$1+B$2-B6)^2",
    "C7": "=(A7*B$1+B$2-B7)^2+IFERROR(E7,0)",
    "E7": "=1/0",
    "C8": "=(A8*B$1+B$2-B8)^2",
    "B8": "=D8",
}
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a loss that is text": (
        {"B3": '="a"&B1&B2'},
        "",
        'Lesson!B3: the objective is the text "a11", not a number; fix the formula there.',
    ),
    "an error": (
        {"B3": "=B1/(B2-B1)"},
        "",
        "Lesson!B3: the objective is the error #DIV/0!, not a number; fix the formula there.",
    ),
    "an error further down": (  # of those that C7 reads, one is caught
        {**ERRORS, "D8": "=10*#REF!"},
        "",
        "Lesson!B3: the objective is the error #REF! because of D8, whose formula is =10*#REF!; fix it there.",
    ),
    "an error that is typed": (
        {**ERRORS, "D8": "#N/A"},
        "",
        "Lesson!B3: the objective is the error #N/A because of D8, where it is typed; type a number there.",
    ),
    "an error that OFFSET reads": (
        {"B3": "=SUM(C6:C8)", "C6": "=OFFSET(A6,0,0)*(B1+B2)", "C7": "=1/0", "C8": "=A8"},
        "",
        "Lesson!B3: the objective is the error #DIV/0! because of C7, whose formula is =1/0; fix it there.",
    ),
    "a truth": (
        {"B3": "=B1=B2"},
        "",
        "Lesson!B3: the objective is TRUE, not a number; fix the formula there.",
    ),
    "a constant": ({"B3": 5}, "", f"Lesson!B3: the objective is 5, {NOT_A_FORMULA}"),
    "a typed text": ({"B3": "five"}, "", f'Lesson!B3: the objective is the text "five", {NOT_A_FORMULA}'),
    "nothing": ({}, "--minimize C3 --change B1", f"Lesson!C3: the objective is empty, {NOT_A_FORMULA}"),
    "a parameter that does not matter": (
        {"C1": 1},
        "--minimize B3 --change B1:B2,C1",
        "Lesson!B3: the objective does not depend on C1; leave it out of the cells to change, or fix the formulas.",
    ),
    "three of them": (
        {"C1": 1, "C2": 1, "C3": 1},
        "--minimize B3 --change B1,C1:C3",
        "Lesson!B3: the objective does not depend on C1 and 2 more of these cells; leave it out of the cells to "
        "change, or fix the formulas.",
    ),
    "RAND on the way": (
        {"B3": "=(B1-2)^2+B2^2+RAND()"},
        "",
        "Lesson!B3: the objective depends on this formula, and it changes at every recalculation; take what changes "
        "out of it, or type a number there instead.",
    ),
    "a circle": (
        {"C3": "=C4", "C4": "=C3+1", "B3": "=B1+B2+C3"},
        "",
        "Lesson!C3: the objective depends on this formula, and it refers to itself: C3 → C4 → C3; "
        "break the circle: let no cell need its own result.",
    ),
    "another workbook on the way": (
        {"C1": "=[1]Other!A1*B1", "B3": "=C1+B2"},
        "",
        "Lesson!C1: the objective depends on this formula, and the formula engine does not know a function or a name "
        "in it; write it with other functions, or type its result as a number.",
    ),
    "no parameter": (
        {},
        "--minimize B3 --change ,",
        "no cell is named for the parameters; write it like Sheet1!C1:C2.",
    ),
    "5,000 parameters": (
        {},
        "--minimize B3 --change D1:D5000",
        "D1:D5000 is more than 1,000 cells; a fit changes 1,000 cells at most.",
    ),
    "a whole sheet": (
        {},
        "--minimize B3 --change A1:XFD1048576",
        "A1:XFD1048576 is more than 1,000 cells; a fit changes 1,000 cells at most.",
    ),
    "many small areas": (
        {},
        "--minimize B3 --change D1:D900,E1:E900",
        "D1:D900,E1:E900 is more than 1,000 cells; a fit changes 1,000 cells at most.",
    ),
    "a formula": (
        {"B2": "=1+0"},
        "",
        "Lesson!B2: this parameter is the formula =1+0, which a fit would have to overwrite; type a number there, or "
        "leave it out of the cells to change.",
    ),
    "a text": (
        {"B2": "1,5"},
        "",
        'Lesson!B2: this parameter is the text "1,5", not a number; type 1.5 as a number.',
    ),
    "a text beside a label": (
        {"B2": "-1,5"},
        "--minimize B3 --change m,b",
        'Lesson!B2: b is the text "-1,5", not a number; type -1.5 as a number.',
    ),
    "an empty cell": ({"B2": None}, "", "Lesson!B2: this parameter is empty, not a number; type a number."),
    "TRUE": ({"B2": True}, "", "Lesson!B2: this parameter is TRUE, not a number; type a number."),
    "a cell twice": (
        {},
        "--minimize B3 --change B1:B2,B1",
        "Lesson!B1: this parameter is named twice; name it once.",
    ),
    "two losses": (
        {},
        "--minimize B3:B4 --change B1",
        "B3:B4 is 2 cells; name the one cell whose formula is the loss.",
    ),
    "an unknown sheet": (
        {},
        "--minimize Nope!B3 --change B1",
        "there is no sheet Nope; its sheets are Lesson.",
    ),
    "no address": (
        {},
        "--minimize B3 --change B1:ZZZZ9",
        "B1:ZZZZ9 is not a cell like C7, a defined name or a label on Lesson; write it like Sheet1!C7 "
        "or Sheet1!C1:C2.",
    ),
    "no such label": (
        {},
        "--minimize B3 --change slope",
        "slope is not a cell like C7, a defined name or a label on Lesson; write it like Sheet1!C7 or Sheet1!C1:C2.",
    ),
    "a label twice": (
        {"D1": "m", "E1": 4},
        "--minimize B3 --change m",
        "m may mean Lesson!B1, Lesson!E1; name the one you mean.",
    ),
    "no loss": ({}, "--change B1", "--change was given without an objective; add --minimize Sheet1!F33."),
    "no change": (
        {},
        "--minimize B3",
        "an objective was given without --change; add the cells to change: --change Sheet1!C1:C2.",
    ),
    "a log over something": (
        {},
        "--minimize B3 --change B1 --log Lesson!A4",
        'Lesson!A4: the log may need A4:B1005, and A5 there holds the text "x"; name another cell for --log.',
    ),
    "a log that the loss reads": (
        {"B3": "=SUM(D:D)+(B1-2)^2"},
        "--minimize B3 --change B1 --log D4",
        "Lesson!D4: the objective is computed from cells of the log; name another cell for --log.",
    ),
    "a log beyond the end": (
        {},
        "--minimize B3 --change B1 --log A1048576",
        "Lesson!A1048576: the log may need A1048576:B1049577, and the sheet ends before; name another cell for --log.",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused(tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    changes, words, sentence = REFUSED[what]
    book = line(tmp_path / "line.xlsx", changes)
    before = book.read_bytes()
    code = main(["fit", str(book), *(shlex.split(words) or OWN)])
    place = ", " if sentence.startswith("Lesson!") else ": "
    assert capsys.readouterr() == ("", f"line.xlsx{place}{sentence}\n")
    assert code in (1, 2) and book.read_bytes() == before and os.listdir(tmp_path) == [book.name]


def test_an_error_on_another_sheet(tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", {"B8": "=Data!A1"})
    book = openpyxl.load_workbook(tmp_path / "line.xlsx")
    book.create_sheet("Data")["A1"] = "=MATCH(4,Lesson!A6:A8,0)"
    book.save(tmp_path / "line.xlsx")
    with library.open_book(tmp_path / "line.xlsx") as opened:
        with pytest.raises(library.SheetgdError) as refused:
            library.fit(opened, minimize="B3", change="B1:B2", sheet="Lesson")
        [at] = {opened.origin_of_error(("Lesson", cell)) for cell in ((3, 2), (8, 2))}
        here = opened.origin_of_error(("Data", (1, 1)))
        assert at == here == (("Data", (1, 1)), "MATCH(4,Lesson!A6:A8,0)")
        assert opened.origin_of_error(("Lesson", (7, 2))) is None
    assert str(refused.value) == (
        "line.xlsx, Lesson!B3: the objective is the error #N/A because of Data!A1, whose formula is "
        "=MATCH(4,Lesson!A6:A8,0); fix it there."
    )


@pytest.mark.parametrize(
    "lesson, cell, typed, words, sentence",
    [
        (
            "penguins",
            "C4",
            "0,5",
            "slope,intercept",
            'C4: slope is the text "0,5", not a number; type 0.5 as a number.',
        ),
        (
            "penguins",
            "C5",
            "two",
            "slope,intercept",
            'C5: intercept is the text "two", not a number; type a number.',
        ),
        ("penguins", "C4", None, "Slope", "C4: Slope is empty, not a number; type a number."),
        (
            "descent",
            "D4",
            "1e\u22124",
            "m",
            'D4: m is the text "1e\u22124", not a number; type 0.0001 as a number.',
        ),
        ("descent", "D5", "", "b", "D5: b is empty, not a number; type a number."),
    ],
)
def test_a_start_that_is_no_number_is_named_and_not_an_axis_of_the_grid(
    sheetgd: CommandLine, tmp_path: Path, lesson: str, cell: str, typed: str | None, words: str, sentence: str
) -> None:
    """The valley has its numbers beside the parameters' names, and the points of `descent` their actual m and b."""
    sheetgd("new", lesson, "-o", "lesson.xlsx")
    loss = sheetgd("look", "lesson.xlsx", "--json").json()["controls"]["loss"]
    book = openpyxl.load_workbook(tmp_path / "lesson.xlsx")
    book.worksheets[0][cell] = typed
    sheet = book.sheetnames[0]
    book.save(tmp_path / "lesson.xlsx")
    done = sheetgd("fit", "lesson.xlsx", "--minimize", f"{sheet}!{loss}", "--change", words)
    assert (done.code, done.out, done.err) == (1, "", f"lesson.xlsx, {sheet}!{sentence}\n")


LABELS = {
    "another block in its row": ({"D4": "rate", "E4": 0.5, "F4": "u", "G4": 1, "G3": "guess"}, "E4"),
    "a heading further down": ({"D3": "guess", "C8": "rate", "D8": "more", "F9": "rate", "G9": 1}, "G9"),
    "a label of its own": ({"D4": "rate", "E4": 1, "D9": "rate_guess", "E9": 2}, "E9"),
}


@pytest.mark.parametrize("what", LABELS)
def test_which_label_names_a_parameter(tmp_path: Path, what: str) -> None:
    """The loss reads the one cell that is meant; of another it would be said that the loss does not depend on it."""
    cells, meant = LABELS[what]
    path = line(tmp_path / "line.xlsx", {**cells, "B3": f"=({meant}-2)^2+B1"})
    with library.open_book(path) as book:
        [change] = library.fit(book, minimize="B3", change="rate").history.parameters.values()
    assert change.cell == meant


def test_a_merged_parameter(tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", merge="C1:D1")
    with library.open_book(tmp_path / "line.xlsx") as book, pytest.raises(library.SheetgdError) as refused:
        library.fit(book, minimize="B3", change="B1,D1")
    assert str(refused.value) == (
        "line.xlsx, Lesson!D1: this cell is part of the merged area C1:D1; name its first cell, C1."
    )


def test_a_cell_that_may_be_on_either_sheet(tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx", sheets=("One", "The other"))
    said = {
        "B3": "B3 names no sheet, and there are 2; write it like One!B3, or add --sheet",
        "loss": "loss may mean One!B3, 'The other'!B3; name the one you mean",
    }
    for text, sentence in said.items():
        with (
            library.open_book(tmp_path / "line.xlsx") as book,
            pytest.raises(library.SheetgdError) as refused,
        ):
            library.fit(book, minimize=text, change="B1:B2")
        assert str(refused.value) == f"line.xlsx: {sentence}."


@pytest.mark.parametrize(
    "options, sentence",
    [
        (
            {"optimizer": "newton"},
            "there is no optimizer newton; choose one of sgd, momentum, rmsprop, adam, bfgs.",
        ),
        ({"difference": "backward"}, "there is no difference backward; choose one of forward, central."),
        ({"epochs": 0}, "epochs is 0; use a whole number from 1 to 1,000,000."),
        ({"learn": 0.0}, "learn is 0; use a number above 0, such as 0.0001."),
        ({"step": float("nan")}, "step is nan; use a number above 0, such as 0.0001."),
        ({"until": -1.0}, "until is -1; use a number above 0, such as 0.0001."),
        (
            {"maximize": "B3"},
            "several objectives were given; use one of --minimize, --maximize and --value-of.",
        ),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, options: dict[str, Any], sentence: str) -> None:
    line(tmp_path / "line.xlsx")
    with library.open_book(tmp_path / "line.xlsx") as book, pytest.raises(library.SheetgdError) as refused:
        library.fit(book, minimize="B3", change="B1", **options)
    assert str(refused.value) == f"line.xlsx: {sentence}"
