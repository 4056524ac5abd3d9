"""Worksheets from solved workbooks of any subject, returned and checked: right, wrong, carried forward, in words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from classwork import roster
from conftest import CommandLine
from office import Office
from sheetgd.checking.check import check
from sheetgd.checking.results import Checked, Results
from sheetgd.classroom import key
from sheetgd.classroom.model_class import make_model_class
from sheetgd.classroom.model_key import ModelClass
from solved_books import SUBJECTS, Subject, invoice_answers

NAMES = ["Ada Lovelace", "Alan Turing", "Emmy Noether"]


class Class:
    """A class from a subject's solved workbook, in a folder."""

    def __init__(self, folder: Path, subject: Subject, names: list[str] = NAMES) -> None:
        self.folder, self.subject, self.out = folder, subject, folder / "out"
        subject.draw(folder / "model.xlsx")
        make_model_class(
            folder / "model.xlsx",
            roster(folder, names),
            self.out,
            blank_cells=subject.blanks,
            vary=subject.vary,
            seed="a seed",
        )
        given = key.read_any(self.out / "key.xlsx")
        assert isinstance(given, ModelClass)
        self.given = given
        self.back = folder / "back"
        self.back.mkdir()

    def sheet(self) -> str:
        return (self.subject.blanks or "Plan!").partition("!")[0]

    def answers(self, name: str) -> dict[str, Any]:
        """The right answers to what a student was given."""
        if not self.subject.vary:
            return self.subject.answers({})
        sheet, _, area = self.subject.vary.partition("!")
        cells = openpyxl.load_workbook(self.out / f"{name}.xlsx")[sheet][area]
        return self.subject.answers({cell.coordinate: cell.value for row in cells for cell in row})

    def hand_in(self, name: str, answers: Mapping[str, Any]) -> Path:
        """A student's file with these cells filled in, as openpyxl saves it."""
        book = openpyxl.load_workbook(self.out / f"{name}.xlsx")
        for cell, value in answers.items():
            book[self.sheet()][cell] = value
        path = self.back / f"{name} returned.xlsx"
        book.save(path)
        return path

    def check(self) -> Results:
        return check(self.given.assignments, [self.back], model=self.given.open)

    def one(self) -> Checked:
        [found] = self.check().checked
        assert not found.problem, found.problem
        return found


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest) -> Subject:
    return SUBJECTS[request.param]


def typed(subject: Subject, answers: dict[str, Any]) -> dict[str, Any]:
    """What is to be a formula as one, all else typed."""
    return {**answers, "G9": "=SUM(G4:G7)"} if subject.answers is invoice_answers else answers


def test_right_work_is_right(tmp_path: Path, subject: Subject, office: Office) -> None:
    room = Class(tmp_path, subject)
    for name in NAMES[:2]:
        room.hand_in(name, typed(subject, room.answers(name)))
    filled = {
        f"{room.sheet()}!{cell}": value for cell, value in typed(subject, room.answers(NAMES[2])).items()
    }
    office.edit(room.out / f"{NAMES[2]}.xlsx", filled, room.back / "by libreoffice.xlsx")
    results = room.check()
    assert [one.problem for one in results.checked] == ["", "", ""] and not results.missing
    for one in results.checked:
        assert one.right == one.cells == len(room.answers(NAMES[0])), (one.wrong, one.texts, one.empty)
        assert not one.held and not one.altered and one.score == 1


def test_each_wrong_cell_is_found_at_its_place(tmp_path: Path, subject: Subject) -> None:
    room = Class(tmp_path, subject)
    answers = typed(subject, room.answers(NAMES[0]))
    for cell, value in answers.items():
        wrong = "nothing of the kind" if isinstance(value, str) and not value.startswith("=") else 123456.5
        room.hand_in(NAMES[0], {**answers, cell: wrong})
        one = room.one()
        assert one.right == one.cells - 1, (cell, one.wrong, one.texts)
        places = [each.address for each in one.wrong] + [each[0] for each in one.unfit]
        assert places == [cell]


def test_an_error_is_carried_forward(tmp_path: Path) -> None:
    """One slip in the first year, and all that follows from it right: one wrong cell."""
    room = Class(tmp_path, SUBJECTS["savings"])
    answers = room.answers(NAMES[0])
    slip = answers["B6"] + 10
    numbers = openpyxl.load_workbook(room.out / f"{NAMES[0]}.xlsx")["Plan"]
    capital, rate = numbers["B1"].value, numbers["B2"].value
    work = {"B3": answers["B3"], "B6": slip, "C6": capital + slip}
    for row in range(7, 12):
        interest = round(work[f"C{row - 1}"] * rate + 1e-9, 2)
        work |= {f"B{row}": interest, f"C{row}": work[f"C{row - 1}"] + interest}
    room.hand_in(NAMES[0], work)
    one = room.one()
    assert [each.address for each in one.wrong] == ["B6"] and one.right == one.cells - 1


# -- how blanks count -------------------------------------------------------------------------------------------------
def test_points_tolerances_formulas_and_other_answers(tmp_path: Path) -> None:
    room = Class(tmp_path, SUBJECTS["invoice"])
    answers = room.answers(NAMES[0])
    room.hand_in(
        NAMES[0],
        {**answers, "G9": "=SUM(G4:G7)*1.0005", "G10": " SMALL  order" if answers["G9"] <= 250 else "Large"},
    )
    one = room.one()
    assert one.right == one.cells == 14 and one.score == 1
    room.hand_in(NAMES[0], {**answers, "G9": answers["G9"]})  # typed, where a formula belongs
    one = room.one()
    assert one.score == pytest.approx(1 - 3 / 17)
    assert [(address, why) for address, _, why in one.unfit] == [("G9", "it must be a formula")]


def test_texts_are_forgiven_case_accents_and_blanks(tmp_path: Path) -> None:
    room = Class(tmp_path, SUBJECTS["capitals"])
    answers = room.answers(NAMES[0])
    room.hand_in(NAMES[0], {**answers, "B2": "  PARÍS ", "B3": "vienna", "B4": "lima", "B5": "Katmandu"})
    one = room.one()
    assert one.right == one.cells - 1 and [each[0] for each in one.unfit] == ["B5"]


# -- causes -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cell", "formula", "words"),
    [
        ("D5", "=B5+C5", "it adds unit price Pens where it should multiply"),
        ("F5", "=ROUND(D5*E6,2)", "it uses VAT rate Pens of the row below"),
        ("G6", "=D6-F6", "there is a minus where a plus belongs"),
        ("G9", "=SUM(G4:G6)", "it covers G4:G6, where all of G4:G7 belongs"),
    ],
)
def test_the_cause_of_a_wrong_formula(tmp_path: Path, cell: str, formula: str, words: str) -> None:
    room = Class(tmp_path, SUBJECTS["invoice"])
    room.hand_in(NAMES[0], {**typed(room.subject, room.answers(NAMES[0])), cell: formula})
    one = room.one()
    assert one.first and one.first.address == cell
    assert one.first.cause and one.first.cause.words == words


# -- whose, and what was changed --------------------------------------------------------------------------------------
def test_what_was_printed_must_not_be_changed(tmp_path: Path) -> None:
    room = Class(tmp_path, SUBJECTS["invoice"])
    room.hand_in(NAMES[0], {**typed(room.subject, room.answers(NAMES[0])), "B4": 1})
    one = room.one()
    assert [each.address for each in one.altered] == ["B4"] and one.held


def test_another_students_work_is_held(tmp_path: Path) -> None:
    """Alan types Ada's answers, which are wrong for his own numbers."""
    room = Class(tmp_path, SUBJECTS["titration"])
    room.hand_in(NAMES[0], {**room.answers(NAMES[0]), "B6": 99.0, "C7": 98.0, "D8": 97.0, "B9": 96.0})
    room.hand_in(NAMES[1], {**room.answers(NAMES[0]), "B6": 99.0, "C7": 98.0, "D8": 97.0, "B9": 96.0})
    held = {one.file: one.held for one in room.check().checked}
    assert any("same answers" in why for why in held["Alan Turing returned.xlsx"])


def test_rows_inserted_and_a_tab_renamed(tmp_path: Path) -> None:
    room = Class(tmp_path, SUBJECTS["invoice"])
    path = room.hand_in(
        NAMES[0], typed(room.subject, room.answers(NAMES[0])) | {"G9": room.answers(NAMES[0])["G9"]}
    )
    book = openpyxl.load_workbook(path)
    book["Invoice"].title = "my invoice"
    book["my invoice"].insert_rows(2, 3)
    book.save(path)
    one = room.one()
    assert one.right >= one.cells - 1  # the total is typed


# -- the command ------------------------------------------------------------------------------------------------------
def test_from_roster_to_gradebook(sheetgd: CommandLine, tmp_path: Path) -> None:
    SUBJECTS["capitals"].draw(tmp_path / "solved.xlsx")
    roster(tmp_path, NAMES)
    made = sheetgd(
        *"class --model solved.xlsx --blank-cells Capitals!B2:C5 --roster roster.csv -o out".split()
    )
    assert made.code == 0, made.err
    book = openpyxl.load_workbook(tmp_path / "out/Ada Lovelace.xlsx")
    for cell, value in SUBJECTS["capitals"].answers({}).items():
        book["Capitals"][cell] = value
    book.save(tmp_path / "ada.xlsx")
    lines = ["name,grade", *(f"{name}," for name in NAMES)]
    (tmp_path / "grades.csv").write_text("\n".join(lines), encoding="utf-8")
    words = "--report report.html --points 10 --gradebook grades.csv".split()
    done = sheetgd("check", "out/key.xlsx", "ada.xlsx", *words)
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == "Ada Lovelace    8 of 8    all right"
    assert "Ada Lovelace,10" in (tmp_path / "grades-graded.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda out: (out / "solved.xlsx").unlink(),
            "key.xlsx: solved.xlsx, the solved workbook, is not beside it; "
            "put it back into the key's folder.",
        ),
        (
            lambda out: (out / "solved.xlsx").write_bytes(b"x"),
            "key.xlsx: solved.xlsx beside it was changed since the worksheets were made; "
            "put back the one that sheetgd class left there.",
        ),
    ],
)
def test_a_key_without_its_solved_workbook(
    sheetgd: CommandLine, tmp_path: Path, change: Any, said: str
) -> None:
    room = Class(tmp_path, SUBJECTS["capitals"])
    change(room.out)
    done = sheetgd("check", "out/key.xlsx", "out/Ada Lovelace.xlsx")
    assert (done.code, done.err) == (1, f"{said}\n")


@pytest.mark.parametrize("kind", ["invoice", "savings", "titration"])
def test_a_hundred_students(tmp_path: Path, kind: str) -> None:
    """Every right answer is right; one planted slip each is found at its cell, and no cause is made up."""
    subject = SUBJECTS[kind]
    names = [f"Student {number}" for number in range(100)]
    room = Class(tmp_path, subject, names)
    planted: dict[str, str] = {}
    for number, name in enumerate(names):
        answers = typed(subject, room.answers(name))
        cells = [cell for cell, value in answers.items() if isinstance(value, float)]
        if number % 2:
            planted[name] = cells[number % len(cells)]
            answers[planted[name]] *= -1.5 if number % 3 else 7
        room.hand_in(name, answers)
    for one in room.check().checked:
        assert one.assignment and not one.problem and not one.held
        cell = planted.get(one.assignment.name)
        assert [each.address for each in one.wrong] == ([cell] if cell else [])
        assert one.right == one.cells - bool(cell)
        assert not (one.first and one.first.cause)  # no slip gives such a number
