"""Worksheets from solved workbooks of any subject: what students get, what the key holds, and no answer among it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from classwork import roster
from conftest import CommandLine
from office import Office, read_stored
from parts import read_parts
from sheetgd import open_book
from sheetgd.classroom import key
from sheetgd.classroom.model_class import IDENTITY, make_model_class
from sheetgd.classroom.model_key import ModelClass
from solved_books import SUBJECTS, Subject

NAMES = ["Ada Lovelace", "Alan Turing", "Emmy Noether"]
MAY_CHANGE = {"xl/workbook.xml", "xl/sharedStrings.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"}


def made(folder: Path, subject: Subject, names: list[str] = NAMES, **options: Any) -> tuple[Path, ModelClass]:
    model = folder / "model.xlsx"
    if not model.exists():
        subject.draw(model)
    out = folder / "out"
    make_model_class(
        model,
        roster(folder, names),
        out,
        blank_cells=subject.blanks,
        vary=subject.vary,
        seed="a seed",
        **options,
    )
    given = key.read_any(out / "key.xlsx")
    assert isinstance(given, ModelClass)
    return out, given


def numbers_in(file: Path, subject: Subject) -> dict[str, float]:
    """What stands in the cells that vary, by address."""
    if not subject.vary:
        return {}
    sheet, _, area = subject.vary.partition("!")
    cells = openpyxl.load_workbook(file)[sheet][area]
    return {cell.coordinate: cell.value for row in cells for cell in row}


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest) -> Subject:
    return SUBJECTS[request.param]


def test_the_key_holds_the_answers_to_each_students_numbers(tmp_path: Path, subject: Subject) -> None:
    out, given = made(tmp_path, subject)
    answers = read_stored(out / "key.xlsx")["Answers"]
    titles = {
        str(value).rpartition("!")[2]: cell.rstrip("4")
        for cell, value in answers.items()
        if cell.endswith("4")
    }
    for row, one in enumerate(given.assignments, start=5):
        expected = subject.answers(numbers_in(out / f"{one.file}.xlsx", subject))
        assert {cell for cell in titles if cell not in ("assignment", "name")} == set(expected)
        for cell, value in expected.items():
            found = answers[f"{titles[cell]}{row}"]
            assert found == (
                value if isinstance(value, str) else pytest.approx(value, rel=1e-12, abs=1e-12)
            ), cell


def test_no_answer_is_found_in_a_students_file(tmp_path: Path, subject: Subject, office: Office) -> None:
    """Neither in a cell nor in what a file remembers beside its cells, whichever program saved the solved workbook."""
    subject.draw(tmp_path / "drawn.xlsx")
    office.edit(tmp_path / "drawn.xlsx", {}, tmp_path / "model.xlsx")
    out, given = made(tmp_path, subject)
    for one in given.assignments:
        file = out / f"{one.file}.xlsx"
        solved = subject.answers(numbers_in(tmp_path / "model.xlsx", subject))
        mine = subject.answers(numbers_in(file, subject))
        shown = {
            float(number)
            for part in texts_of(file)
            for number in re.findall(r">(-?[\d.]+(?:E-?\d+)?)<", part)
        }
        given_numbers = set(numbers_in(file, subject).values()) | {
            25.0,
            0.1,
            0.19,
            0.07,
            *map(float, range(60)),
        }
        for value in [*solved.values(), *mine.values()]:
            if isinstance(value, str):
                assert not any(re.search(rf">\s*{value}\s*<", part) for part in texts_of(file)), value
            elif value not in given_numbers:
                assert not any(abs(value - number) < 1e-9 for number in shown), value
        assert not any("Marking" in part for part in texts_of(file) if "<sheets>" in part)


def texts_of(file: Path) -> list[str]:
    return [
        data.decode("utf-8", "replace") for name, data in read_parts(file).items() if "styles" not in name
    ]


def test_nothing_else_of_the_file_changes(tmp_path: Path, subject: Subject) -> None:
    out, given = made(tmp_path, subject)
    before = read_parts(tmp_path / "model.xlsx")
    blanks = set(subject.answers(numbers_in(tmp_path / "model.xlsx", subject)))
    for one in given.assignments:
        file = out / f"{one.file}.xlsx"
        after = read_parts(file)
        gone = before.keys() - after.keys()
        assert all("sheet" in name or "calcChain" in name for name in gone)
        changed = {name for name in after if after[name] != before[name]}
        assert {name for name in changed if not name.startswith("xl/worksheets/")} <= MAY_CHANGE
        old, new = openpyxl.load_workbook(tmp_path / "model.xlsx"), openpyxl.load_workbook(file)
        varied = set(numbers_in(file, subject))
        for sheet in new:
            for row in old[sheet.title].iter_rows():
                for cell in row:
                    mine = sheet[cell.coordinate]
                    assert mine.style_id == cell.style_id
                    if cell.coordinate in blanks and cell.value is not None and mine.value is None:
                        continue
                    if cell.coordinate in varied or "{" in str(cell.value):
                        continue
                    assert mine.value == cell.value, (sheet.title, cell.coordinate)
        assert "Marking" not in new.sheetnames


def test_stored_results_are_those_of_the_empty_cells(
    tmp_path: Path, subject: Subject, office: Office
) -> None:
    out, given = made(tmp_path, subject)
    for one in given.assignments:
        office.assert_stored_equals_recalculated(out / f"{one.file}.xlsx")


def test_the_id_stays_when_libreoffice_saves_the_file(tmp_path: Path, office: Office) -> None:
    out, given = made(tmp_path, SUBJECTS["savings"])
    one = given.assignments[0]
    office.edit(out / f"{one.file}.xlsx", {"Plan!B3": 1.0}, tmp_path / "back.xlsx")
    with open_book(tmp_path / "back.xlsx") as book:
        assert [each.text.strip('"') for each in book.defined_names() if each.name == IDENTITY] == [one.id]


def test_names_and_ids_stand_where_the_teacher_wants_them(tmp_path: Path) -> None:
    out, given = made(tmp_path, SUBJECTS["invoice"])
    for one in given.assignments:
        sheet = openpyxl.load_workbook(out / f"{one.file}.xlsx")["Invoice"]
        assert (sheet["A1"].value, sheet["E1"].value) == (f"Invoice of {one.name}", f"Assignment {one.id}")


# -- numbers -----------------------------------------------------------------------------------------------------------
def test_a_hundred_students_have_numbers_of_their_own(tmp_path: Path) -> None:
    subject = SUBJECTS["titration"]
    _, given = made(tmp_path, subject, [f"Student {number}" for number in range(100)])
    drawn = [one.numbers for one in given.assignments]
    assert len(set(drawn)) == 100
    for numbers in drawn:
        assert list(numbers) == sorted(numbers) and len(set(numbers)) == len(
            numbers
        )  # as those that stand there
        assert min(numbers) >= 0 and max(numbers) <= 24 and all(number == round(number) for number in numbers)
    for number, mine in enumerate(drawn):
        for yours in drawn[:number]:
            assert sum(one != other for one, other in zip(mine, yours, strict=True)) > 1


def test_numbers_once_given_stay(tmp_path: Path) -> None:
    subject = SUBJECTS["invoice"]
    _, before = made(tmp_path, subject)
    _, after = made(tmp_path, subject, ["Ada Lovelace", "Grace Hopper", *NAMES[1:]], force=True)
    old, new = ({one.name: one for one in given.assignments} for given in (before, after))
    assert {name: new[name] for name in old} == old
    assert new["Grace Hopper"].numbers not in {one.numbers for one in before.assignments}


def test_no_division_by_nearly_nothing_and_no_error_is_handed_out(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "S"
    for row, (x, y) in enumerate([(3, 0), (9, 4), (5, 2)], start=1):
        sheet.append([x, y, f"=1/(A{row}-B{row})", f"=SQRT(A{row}-B{row}+3)"])
    book.save(tmp_path / "model.xlsx")
    subject = Subject(lambda path: None, "S!C1:D3", "S!A1:B3", lambda numbers: {})
    out, given = made(tmp_path, subject, [f"Student {number}" for number in range(40)])
    for one in given.assignments:
        numbers = numbers_in(out / f"{one.file}.xlsx", subject)
        for row in (1, 2, 3):
            apart = numbers[f"A{row}"] - numbers[f"B{row}"]
            assert apart != 0 and apart >= -3


# -- the command -----------------------------------------------------------------------------------------------------
def test_the_command(sheetgd: CommandLine, tmp_path: Path) -> None:
    SUBJECTS["invoice"].draw(tmp_path / "solved invoice.xlsx")
    roster(tmp_path, NAMES)
    done = sheetgd(
        *"class --model".split(),
        "solved invoice.xlsx",
        "--blank-cells",
        SUBJECTS["invoice"].blanks,
        "--vary",
        "B4:C7",
        *"--roster roster.csv -o out".split(),
    )
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "out/: 3 worksheets, Ada Lovelace.xlsx to Emmy Noether.xlsx\nFor you alone: out/key.xlsx, with every answer.\n"
    )
    assert zipfile.is_zipfile(tmp_path / "out/solved.xlsx")
    assert (tmp_path / "out/solved.xlsx").read_bytes() == (tmp_path / "solved invoice.xlsx").read_bytes()
