"""Checking a class: every planted slip is found at its cell with its cause, and nothing right is called wrong."""

from __future__ import annotations

import json
import math
import os
import random
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest

from conftest import ROOT, CommandLine
from homework import CARRIED, SLIPS, Planted, address, answers, by_edits, by_openpyxl, by_patch, matters
from office import Office
from parts import change_part, read_parts, write_parts
from sheetgd.books.opening import open_book
from sheetgd.checking.causes import find_causes
from sheetgd.checking.check import check
from sheetgd.checking.judging import Blank, RightSheet
from sheetgd.checking.report import html
from sheetgd.checking.results import Checked, Results
from sheetgd.checking.sentences import sentence
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.drawing import IDENTITY, NAME
from sheetgd.classroom.plan import Plan
from sheetgd.classroom.roster import Student
from sheetgd.classroom.template import Template, blank_cells, student

SHEET = "xl/worksheets/sheet1.xml"


class Homework(NamedTuple):
    """One student of the simulated class: the assignment, the slips, and the file that was handed in."""

    assignment: Assignment
    planted: tuple[Planted, ...]
    file: Path


class Class(NamedTuple):
    students: list[Homework]
    results: Results


def empty_worksheets(folder: Path, key: Sequence[Assignment]) -> dict[str, Path]:
    """The worksheets of a class as they are handed out."""
    paths = {}
    with Template(Plan(key[0])) as press:
        for one in key:
            paths[one.id] = folder / f"{one.file}.xlsx"
            paths[one.id].write_bytes(press.file(one))
    return paths


def plant(chance: random.Random, one: Assignment, count: int) -> tuple[Planted, ...]:
    """So many slips of a student, in different rows, none of them without effect."""
    found: list[Planted] = []
    pool = SLIPS + (CARRIED if "m" in one.blanks else [])
    while len(found) < count:
        planted = Planted(chance.choice(pool), chance.randint(2, one.blank_rows))
        fresh = planted.row not in [each.row for each in found] and planted.slip not in [
            each.slip for each in found
        ]
        if fresh and matters(one, planted):
            found.append(planted)
    return tuple(sorted(found, key=lambda each: each.row))


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """Two hundred students of two classes: a sixth without a slip, the others with one or two."""
    chance = random.Random(20)
    folder = tmp_path_factory.mktemp("class")
    students: list[Homework] = []
    checked: list[Checked] = []
    everything = ("m", "b", "y_pred", "error_sq", "de/dm", "new_m", "de/db", "new_b")
    for name, size, blanks, rows in (("a", 140, None, None), ("b", 60, everything, 8)):
        (folder / name).mkdir()
        out = folder / f"{name} back"
        out.mkdir()
        roster = [Student(f"{name.upper()} {number}") for number in range(size)]
        given = assignments(roster, "descent", "a seed", blanks=blanks, blank_rows=rows)
        empty = empty_worksheets(folder / name, given)
        mine = []
        for number, one in enumerate(given):
            planted = plant(chance, one, (0, 1, 1, 1, 1, 2)[number % 6])
            formulas = number % 4 == 0
            file = out / f"upload {chance.randrange(10**9)}.xlsx"
            fill = by_openpyxl if formulas else by_edits if number % 8 == 1 else by_patch
            fill(empty[one.id], answers(one, planted, formulas=formulas), file)
            mine.append(Homework(one, planted, file))
        results = check(given, [out])
        students += mine
        checked += results.checked
        assert not results.missing
    return Class(students, Results(checked, []))


def test_every_planted_slip_is_found_with_its_cause_and_nothing_else(simulated: Class) -> None:
    by_id = {one.assignment.id: one for one in simulated.results.checked if one.assignment}
    planted_kinds: Counter[str] = Counter()
    found_kinds: Counter[tuple[str, str]] = Counter()
    complaints = []
    for pupil in simulated.students:
        one = by_id[pupil.assignment.id]
        wanted = [(address(pupil.assignment, each), each.slip.kind) for each in pupil.planted]
        found = [(wrong.address, wrong.cause.kind if wrong.cause else "") for wrong in one.wrong]
        for (cell, kind), got in zip(wanted, found + [("", "")] * len(wanted), strict=False):
            planted_kinds[kind] += 1
            found_kinds[kind, got[1] if got[0] == cell else "elsewhere"] += 1
        if found != wanted or one.right != one.cells - len(wanted) or one.problem:
            complaints.append(
                f"{one.file}: planted {wanted}, found {found}, {one.right} of {one.cells} {one.problem}"
            )
    print(f"{'planted':<16}{'':>6}  found as")
    for kind, count in sorted(planted_kinds.items()):
        named = ", ".join(f"{each[1]} {n}" for each, n in sorted(found_kinds.items()) if each[0] == kind)
        print(f"{kind:<16}{count:>6}  {named}")
    assert planted_kinds.total() > 150 and len(planted_kinds) >= 12
    assert not complaints, "\n".join(complaints)


# -- other lessons ---------------------------------------------------------------------------------------------------
def solved(assignment: Assignment) -> dict[tuple[str, int], str]:
    """The right formula of every cell of the worksheet, as the solved sheet has it."""
    return {(each.column.title, each.row): each.formula for each in Plan(assignment, ()).written}


def handed_in(folder: Path, one: Assignment, changes: dict[str, object], name: str = "back.xlsx") -> Path:
    """A worksheet with every blank solved by a formula, but for the changes."""
    student(one, folder / "empty.xlsx")
    by_openpyxl(folder / "empty.xlsx", {**by_formulas(one), **changes}, folder / name)
    return folder / name


def by_formulas(one: Assignment) -> dict[str, object]:
    """The right formula for each blank."""
    formulas = solved(one)
    return {blank.cell: formulas[blank.title, blank.row] for blank in blank_cells(one)}


LESSONS = {  # slips: a title, its row (0 below the table), what of the formula becomes what, and the cause to be named
    "descent": [],
    "weight": [
        ("slope", 2, "2*", "", "factor two", "the factor 2 is missing"),
        ("new_w", 3, "$H$3*", "", "learn", "the learning rate was not applied"),
        ("error", 4, "-", "+", "sign", "there is a plus where a minus belongs"),
    ],
    "weights": [
        ("slope 1", 1, "B", "C", "swapped", "it is what belongs under slope 2: the two are swapped"),
        ("new_w2", 2, "-", "+", "sign", "there is a plus where a minus belongs"),
        ("new_w1", 2, "I", "J", "swapped", "it uses slope 2 where slope 1 belongs: the two are swapped"),
    ],
    "belts": [
        ("2·x·error", 4, "2*", "", "factor two", "the factor 2 is missing"),
        ("error_sq", 2, "^2", "", "square", "the square is missing"),
        ("gradient", 0, "AVERAGE(", "SUM(", "mean", "it is the sum, not the mean"),
        ("new multiplier", 0, "$H$3*", "", "learn", "the learning rate was not applied"),
    ],
    "penguins": [
        ("error", 3, "-", "+", "sign", "there is a plus where a minus belongs"),
        ("new slope", 0, "-", "+", "sign", "there is a plus where a minus belongs"),
        ("slope's gradient", 0, "AVERAGE(", "SUM(", "mean", "it is the sum, not the mean"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("lesson", LESSONS)
def test_right_work_and_slips_in_every_lesson(tmp_path: Path, lesson: str) -> None:
    """The first student has everything right, each of the others one slip."""
    slips = LESSONS[lesson]
    key = assignments([Student(f"S {number}") for number in range(len(slips) + 1)], lesson, "another seed")
    empty = empty_worksheets(tmp_path, key)
    (tmp_path / "back").mkdir()
    expected = {key[0].id: []}
    for one, (title, row, right, slip, kind, words) in zip(key[1:], slips, strict=True):
        cell = next(blank.cell for blank in blank_cells(one) if (blank.title, blank.row) == (title, row))
        formula = solved(one)[title, row]
        assert right in formula
        expected[one.id] = [(cell, kind, words)]
        written = {**by_formulas(one), cell: formula.replace(right, slip, 1)}
        by_openpyxl(empty[one.id], written, tmp_path / "back" / f"{one.file}.xlsx")
    by_openpyxl(empty[key[0].id], by_formulas(key[0]), tmp_path / "back" / "first.xlsx")
    checked = check(key, [tmp_path / "back"]).checked
    assert {
        one.assignment.id: [(w.address, w.cause.kind, w.cause.words) for w in one.wrong] for one in checked
    } == expected
    for one in checked:
        assert one.right == one.cells - len(one.wrong) and one.cells == len(blank_cells(one.assignment)) > 0
        assert not (one.problem or one.altered or one.held)


def test_root_of_the_sum_and_other_slips_of_a_loss(tmp_path: Path) -> None:
    """On a sheet drawn by hand: 3 and 4 missed by 1 and 7; the root of the mean of 1 and 49 is 5."""
    book = openpyxl.Workbook()
    for row in (("x", "miss"), (3, 1), (4, 7)):
        book.active.append(row)
    book.active["D1"], book.active["E1"] = "rmse", "=SQRT(AVERAGE(B2:B3^2))"
    book.active["E1"] = "=SQRT(SUMPRODUCT(B2:B3,B2:B3)/COUNT(B2:B3))"
    book.active["D2"], book.active["E2"] = "mean", "=AVERAGE(B2:B3)"
    book.active["D3"], book.active["E3"] = "root", "=SQRT(AVERAGE(B2:B3))"
    book.save(tmp_path / "solved.xlsx")
    blanks = [Blank(("Sheet", (row, 5)), f"cell {row}", 0) for row in (1, 2, 3)]
    with open_book(tmp_path / "solved.xlsx") as opened:
        right = RightSheet(opened, blanks)
        right.assign({})

        def kinds(*found: float) -> list[str]:
            judged = right.judge(
                {blank.place: value for blank, value in zip(blanks, found, strict=True)}, 1e-6
            )
            wrong = [cell for cell in judged.blanks if not cell.right]
            return [cause.kind if cause else "" for cause in find_causes(right, wrong)]

        assert kinds(5, 4, 2) == []
        assert kinds(50**0.5, 8, 8**0.5) == ["root of the sum", "mean", "root of the sum"]
        assert kinds(25, 4, 4) == ["root", "root"]
        assert kinds(50, 4, 8) == ["mean", "mean"]
        assert kinds(123.456, 4, 2) == [""]


# -- what students do to a file --------------------------------------------------------------------------------------
@pytest.fixture
def pair() -> list[Assignment]:
    return assignments(
        [Student("Ada Lovelace", "ada@x.org"), Student("Alan Turing", "alan@x.org")], "descent", "seed"
    )


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
        tmp_path / "empty.xlsx", {k: str(v).replace(",", ";") for k, v in written.items()}, tmp_path / "moved.xlsx",
        insert=["Descent!3", "Descent!20", "Descent!F"], rename={"Descent": "Übung Ada"},
    )  # fmt: skip
    [checked] = check(pair, [tmp_path / "moved.xlsx"]).checked
    assert checked.problem == "" and checked.assignment == one
    assert [(w.address, w.title, w.row, w.cause and w.cause.kind) for w in checked.wrong] == [
        ("K21", "new_m", 3, "sign")
    ]
    assert checked.right == 29 and not checked.altered and not checked.notes and len(checked.formulas) == 30


@pytest.mark.parametrize(
    ("columns", "formulas", "gone", "right"),
    [
        ("I", False, ("de/dm",), 25),  # what was typed right of it is right
        ("I", True, ("de/dm",), 2 + 2),  # y_pred, error_sq, de/db and new_b of the first row need no de/dm
        ("IJ", False, ("de/dm", "new_m"), 20),
        ("H", False, ("err_m1",), 30),  # a printed column
    ],
)
def test_a_deleted_column_is_named_and_the_others_are_found(
    columns: str, formulas: bool, gone: tuple[str, ...], right: int,
    tmp_path: Path, pair: list[Assignment], office: Office, sheetgd: CommandLine,
) -> None:  # fmt: skip
    """LibreOffice deletes it and moves the columns right of it to the left."""
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
        "F17": numbers["F17"], "G17": "2,96", "I17": "=1/0", "J17": None, "L17": True, "M17": "",
        "F18": datetime(2026, 5, 1), "G18": "  ",
    }  # fmt: skip
    [checked] = check(pair, [handed_in(tmp_path, pair[0], changes)]).checked
    assert checked.typed == ("F17",) and checked.empty == ("J17", "M17", "G18")
    assert checked.texts == (
        ("G17", 'the text "2,96"', "type 2.96 as a number"),
        ("I17", "the error #DIV/0!", "mend the formula"),
        ("L17", "TRUE", "type a plain number"),
        ("F18", "the date with the number 46143", "type a plain number"),
    )
    assert checked.right == 30 - 7 and checked.wrong == () and len(checked.formulas) == 23
    assert sentence(checked) == 'In G17 stands the text "2,96", which is no number: type 2.96 as a number.'


def test_altered_numbers_are_named_and_do_not_make_the_work_wrong(
    tmp_path: Path, pair: list[Assignment]
) -> None:
    changes = {"B18": 99, "H3": 0.01, "C4": 5}
    [checked] = check(pair, [handed_in(tmp_path, pair[0], changes)]).checked
    assert {(each.address, each.title, each.found) for each in checked.altered} == {
        ("B18", "x", "99"), ("H3", "learn", "0.01"), ("C4", "guess m", "5"),
    }  # fmt: skip
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
        "one formula was out of date when it was saved, and recalculated",
    )


def test_work_by_hand_with_a_tolerance(tmp_path: Path, pair: list[Assignment]) -> None:
    rounded = {cell: float(f"{value:.4g}") for cell, value in answers(pair[0]).items()}
    path = handed_in(tmp_path, pair[0], rounded)
    strict, kind = (check(pair, [path], tolerance).checked[0] for tolerance in (1e-6, 1e-2))
    assert strict.right < 20 and {wrong.cause.kind for wrong in strict.wrong if wrong.cause} <= {"rounded"}
    assert kind.right >= 29


# -- whose it is -----------------------------------------------------------------------------------------------------
def test_the_same_work_anothers_numbers_and_the_same_id_twice(tmp_path: Path) -> None:
    names = ["Ada", "Alan", "Bo", "Cy", "Di"]
    key = assignments([Student(name) for name in names], "descent", "seed")
    ada, alan, bo, cy, _ = key
    empty = empty_worksheets(tmp_path, key)
    back = tmp_path / "back"
    back.mkdir()
    by_openpyxl(empty[ada.id], answers(ada), back / "1.xlsx")
    by_openpyxl(empty[alan.id], answers(ada), back / "2.xlsx")  # the answers of another
    plan = Plan(bo)
    columns = zip("BC", plan.typed_by(ada), strict=True)
    copied = {f"{letter}{17 + row}": n for letter, column in columns for row, n in enumerate(column)}
    by_openpyxl(empty[bo.id], {**answers(ada), **copied}, back / "3.xlsx")  # the numbers, too
    by_openpyxl(empty[cy.id], answers(cy), back / "4.xlsx")
    by_openpyxl(empty[cy.id], answers(cy, [Planted(SLIPS[0], 2)]), back / "5.xlsx")  # twice, and different
    shutil.copy(back / "4.xlsx", back / "4 (1).xlsx")  # the same bytes again
    results = check(key, [back])
    told = {one.file: (one.right, one.held, one.problem) for one in results.checked}
    same = "it has the same answers as {}, although they were given other numbers"
    assert told == {
        "1.xlsx": (30, (same.format("Alan (2.xlsx), Bo (3.xlsx)"),), ""),
        "2.xlsx": (told["2.xlsx"][0], (same.format("Ada (1.xlsx), Bo (3.xlsx)"),), ""),
        "3.xlsx": (30, (same.format("Ada (1.xlsx), Alan (2.xlsx)"), "its numbers are those of Ada"), ""),
        "4.xlsx": (30, ("the same assignment came twice: 4.xlsx, 5.xlsx",), ""),
        "5.xlsx": (29, ("the same assignment came twice: 4.xlsx, 5.xlsx",), ""),
        "4 (1).xlsx": (30, (), "it is 4.xlsx again, byte for byte; that file counts"),
    }
    assert told["2.xlsx"][0] < 15 and [each.name for each in results.missing] == ["Di"]


def test_what_came_many_times_is_said_once_and_counts_once(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine
) -> None:
    """Ten files of Ada, of which the fourth is the best, and one of Alan: two students in every figure."""
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    (tmp_path / "back").mkdir()
    for number in range(10):
        changes: dict[str, object] = {"J17": number} if number != 3 else {}
        handed_in(tmp_path, pair[0], changes, f"back/{number}.xlsx")
    handed_in(tmp_path, pair[1], {"J17": "=D17-I17"}, "back/alan.xlsx")
    done = sheetgd("check", "key.xlsx", "back", "--report", "r.html")
    files = "0.xlsx, 1.xlsx, 2.xlsx, 3.xlsx, 4.xlsx, 5.xlsx and 4 more"
    why = f"the same assignment came 10 times: {files}"
    assert done.out.splitlines()[11:] == ["", f"! Ada Lovelace: {why}", "The report is in r.html."]
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    tiles = re.findall(r'class="tile"><b>(.*?)</b><span>(.*?)</span>', page)
    assert tiles == [
        ("2 of 2", "worksheets checked"), ("98%", "right, in the middle of the class"),
        ("1", "with everything right"), ("1", "to look at first"),
    ]  # fmt: skip
    assert re.findall(r"<i>(\d+)</i>.*?<s>(\w+)</s>", page) == [("1", "90"), ("1", "all")]
    assert re.findall(r'class="mistakes">(.*?)</table>', page) == [
        "<tr><th>1</th><td><b>new_m</b>: the learning rate was not applied</td></tr>"
    ]
    assert f"<li><b>Ada Lovelace</b>: {why}</li>" in page and page.count("<li><b>Ada") == 1
    assert "9 more files of the same students came; the figures count the best one of each student" in page


def test_the_honest_right_work_of_a_class_is_never_called_the_same(simulated: Class) -> None:
    assert [one.file for one in simulated.results.checked if one.held] == []


# -- files that hurt -------------------------------------------------------------------------------------------------
def hostile(folder: Path, good: Path) -> dict[str, str]:
    """Files of all kinds in the folder, and the sentence that each must get."""
    said: dict[str, str] = {}
    parts = read_parts(good)
    xml = parts[SHEET]

    def put(name: str, data: bytes, sentence: str) -> None:
        (folder / name).write_bytes(data)
        said[name] = sentence

    workbook, again = good.read_bytes(), "ask for it again, saved as .xlsx"
    put("empty.xlsx", b"", "it is empty (0 bytes); ask for it again, saved as .xlsx")
    put(
        "cut.xlsx",
        workbook[: len(workbook) // 2],
        "it is damaged, or its end is missing; ask for it again, saved as .xlsx",
    )
    put("paper.xlsx", b"%PDF-1.7 ...", "it is a PDF, not a workbook; ask for the worksheet as .xlsx")
    put(
        "photo.xlsx",
        b"\xff\xd8\xff\xe0 JFIF",
        "it is a picture, not a workbook; ask for the worksheet as .xlsx",
    )
    put("list.xlsx", b"x;y\n1;2\n", f"it is not an .xlsx or .xlsm workbook; {again}")
    put(
        "old.xlsx",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "it is an old .xls workbook; ask for it again, saved as .xlsx",
    )
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    put("locked.xlsx", locked, "it is protected by a password; ask for it again, saved as .xlsx")
    with zipfile.ZipFile(folder / "numbers.xlsx", "w") as archive:
        archive.writestr("Index/Document.iwa", b"...")
    said["numbers.xlsx"] = f"it is a zip, but not an .xlsx or .xlsm workbook; {again}"
    huge = xml.replace(b"<sheetData>", b"<sheetData>" + b" " * (20 << 20))
    write_parts(folder / "bomb.xlsx", {**parts, SHEET: huge})
    said["bomb.xlsx"] = f"{len(huge):,} bytes, far more than a worksheet; do not trust this file"
    rows = [
        b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (n, n, n * 7919 % 10007) for n in range(1, 1_000_001)
    ]
    data = b"<sheetData>" + b"".join(rows) + b"</sheetData>"
    million = re.sub(rb"<sheetData>.*</sheetData>", data, xml, flags=re.DOTALL)
    write_parts(folder / "million.xlsx", {**parts, SHEET: million})
    said["million.xlsx"] = "bytes, far more than a worksheet; ask for the worksheet itself"
    write_parts(folder / "torn.xlsx", {**parts, SHEET: xml[:5000]})
    said["torn.xlsx"] = ""
    (folder / "nobody.xlsx").symlink_to(folder / "not there.xlsx")
    said["nobody.xlsx"] = "there is no such file; check the name and the folder"
    return said


def test_files_that_hurt_are_a_line_each_and_the_others_are_checked(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine
) -> None:
    back = tmp_path / "back"
    back.mkdir()
    good = handed_in(tmp_path, pair[0], {})
    said = hostile(back, good)
    shutil.copy(good, back / "zz good.xlsx")
    [stranger] = assignments([Student("Eve")], "descent", "other seed")
    handed_in(tmp_path, stranger, {}, "back/stranger.xlsx")
    said["stranger.xlsx"] = (
        f"its assignment {stranger.id} is not in the key; it may belong to another class or lesson"
    )
    handed_in(tmp_path, pair[1], {IDENTITY: None}, "back/nameless.xlsx")
    said["nameless.xlsx"] = (
        "there is no assignment id in it; ask whose it is: the id stands at the top of the sheet"
    )
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    done = sheetgd("check", "key.xlsx", *sorted(back.iterdir()), "nowhere.xlsx", "--json")
    assert (done.code, done.err) == (0, "")
    files = {each["file"]: each for each in done.json()["files"]}
    assert len(files) == len(said) + 2
    for name, words in said.items():
        assert words in files[name]["problem"], (name, files[name]["problem"])
        assert "Traceback" not in files[name]["problem"] and "Error" not in files[name]["problem"]
    assert files["zz good.xlsx"]["right"] == 30
    assert [each["name"] for each in done.json()["missing"]] == ["Alan Turing"]


def test_macros_and_links_are_not_followed_and_said(tmp_path: Path, pair: list[Assignment]) -> None:
    good = handed_in(tmp_path, pair[0], {})
    with zipfile.ZipFile(good) as before, zipfile.ZipFile(tmp_path / "macros.xlsm", "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name))
        after.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Sub Workbook_Open()")
        after.writestr("xl/externalLinks/externalLink1.xml", b"<externalLink/>")
    [checked] = check(pair, [tmp_path / "macros.xlsm"]).checked
    assert checked.right == 30 and checked.notes[:2] == (
        "it holds macros, which were not run", "it refers to other workbooks, which were not opened",
    )  # fmt: skip


# -- the report ------------------------------------------------------------------------------------------------------
class Page(HTMLParser):
    """A page taken apart: every tag that is opened is closed in order; texts and attributes are collected."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        self.open += [] if tag == "meta" else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_report_is_one_page_that_needs_nothing_and_believes_nobody(tmp_path: Path) -> None:
    """Names, file names, sheet texts and formulas full of markup stay texts."""
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    key = assignments([Student(evil), Student("Bo & Co"), Student("\u202eZoë")], "descent", "seed")
    empty = empty_worksheets(tmp_path, key)
    back = tmp_path / "back"
    back.mkdir()
    formula = '=IF("<script>"<"b",1,"<b>&")'
    by_openpyxl(empty[key[0].id], {**answers(key[0]), "F17": formula, "G17": evil}, back / "<b>&'.xlsx")
    by_openpyxl(empty[key[1].id], answers(key[1], [Planted(SLIPS[0], 2)]), back / "bo.xlsx")
    (back / "<i>.xlsx").write_bytes(b"")
    results = check(key, [back])
    page = html(results, "Worksheets <b>")
    parsed = Page(page)
    allowed = "html head meta title style body main h1 h2 h3 div section article header p b i s u span small"
    assert (
        set(parsed.tags) <= {*allowed.split(), *"ul li dl dt dd table tr th td".split()}
        and parsed.tags["article"] == 2
    )
    assert parsed.attributes <= {
        "lang",
        "charset",
        "content",
        "http-equiv",
        "name",
        "class",
        "style",
        "role",
        "aria-label",
    }
    assert "default-src 'none'" in page and not re.search(r"https?:|url\(|@import|src=[\"']|href=", page)
    text = "\n".join(parsed.texts)
    assert (
        evil in text and formula in text and "Bo & Co" in text and "<i>.xlsx" in text and "\u202e" not in page
    )
    assert "break-inside:avoid" in page and "@media print" in page
    assert "Look at J18 (new_m, row 2)" in text and "Your number is m + learn * de/dm" in text
    assert "Not handed in" in text and "Zoë" in text


def test_a_class_of_which_nothing_came_back_has_a_report_too(tmp_path: Path) -> None:
    key = assignments([Student("Ada")], "descent", "seed")
    (tmp_path / "back").mkdir()
    results = check(key, [tmp_path / "back"])
    assert [one.problem for one in results.checked] == [
        "it is a folder without files; check the name and the folder"
    ]
    text = "".join(Page(html(results, "Nothing")).texts)
    assert "0 of 1" in text and "it is a folder without files" in text


def test_the_table_on_the_terminal(tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine) -> None:
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    (tmp_path / "back").mkdir()
    handed_in(tmp_path, pair[0], {"J17": "=D17-I17"}, "back/one.xlsx")
    (tmp_path / "back" / "other.xlsx").write_bytes(b"")
    shutil.copy(tmp_path / "key.xlsx", tmp_path / "back" / "key.xlsx")
    done = sheetgd("check", "key.xlsx", "back/*.xlsx")
    first, second, third, *rest = done.out.splitlines()
    assert done.code == 0 and done.err == ""
    assert re.fullmatch(
        r"Ada Lovelace   29 of 30   J17 new_m is \S+, not \S+: the learning rate was not applied", first
    )
    assert second == "key.xlsx              -  it is a key, not a worksheet"
    assert third == "other.xlsx            -  it is empty (0 bytes); ask for it again, saved as .xlsx"
    assert rest == ["", "Not handed in: Alan Turing"]


def test_locks_that_programs_leave_are_no_worksheets_when_a_pattern_names_them(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine
) -> None:
    keys.write(tmp_path / "key.xlsx", pair[:1], "seed")
    (tmp_path / "back").mkdir()
    handed_in(tmp_path, pair[0], {}, "back/right.xlsx")
    locks = ["~$right.xlsx", ".~lock.right.xlsx#", "._right.xlsx", "Thumbs.db", "desktop.ini"]
    for name in locks:
        (tmp_path / "back" / name).write_bytes(b"\x05teacher")
    for names in (["back"], ["back/*"], ["back/right.xlsx", *(f"back/{name}" for name in locks)]):
        done = sheetgd("check", "key.xlsx", *names)
        assert (done.code, done.out) == (0, "Ada Lovelace   30 of 30   all right\n")


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_reports_and_gradebooks_that_cannot_be_written_are_named(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine
) -> None:
    keys.write(tmp_path / "key.xlsx", pair[:1], "seed")
    handed_in(tmp_path, pair[0], {})
    (tmp_path / "ro").mkdir()
    (tmp_path / "ro" / "book.csv").write_text("name,grade\nAda Lovelace,\n", encoding="utf-8")
    (tmp_path / "ro").chmod(0o555)
    book = ("--gradebook", "ro/book.csv", "--column", "grade", "--points", "10")
    try:
        for words, name, option in (
            (("--report", "ro/r.html"), "ro/r.html", "--report OTHER.html"),
            (book, "book-graded.csv", "-o OTHER.csv"),
            ((*book, "-o", "ro/new.csv"), "ro/new.csv", "-o OTHER.csv"),
        ):
            done = sheetgd("check", "key.xlsx", "back.xlsx", *words, without_root=True)
            assert (done.code, done.out) == (1, "")
            assert done.err == (
                f"{name}: the folder {tmp_path / 'ro'} is read-only; "
                f"allow writing to it, or write elsewhere with {option}.\n"
            )
    finally:
        (tmp_path / "ro").chmod(0o755)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [  # the key is key.xlsx
        (["roster.csv", "a.xlsx"], 1, "not an .xlsx or .xlsm workbook; name the key.xlsx that sheetgd class made.\n"),
        (["key.xlsx"], 2, "no worksheets are named; name files or folders, or a Drive folder with --folder URL.\n"),
        (["nokey.xlsx", "a.xlsx"], 1, "nokey.xlsx: there is no such file; check the name and the folder.\n"),
        (["key.xlsx", "a.xlsx", "--points", "5"], 2, "--points was given without --gradebook; add"),
        (["key.xlsx", "a.xlsx", "--report", "key.xlsx", "--force"], 2, "key.xlsx after --report does not end in .html"),
        (["key.xlsx", "a.xlsx", "--tolerance", "0"], 2, "0 is not a number above 0"),
        (["key.xlsx", "a.xlsx", "--gradebook", "no.csv"], 1, "no.csv: there is no such file; check the name after"),
        (["key.xlsx", "a.xlsx", "--report", "no/r.html"], 1, "r.html: there is no folder no; make it first"),
    ],
)  # fmt: skip
def test_wrong_words(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine, words: list[str], code: int, said: str
) -> None:
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    (tmp_path / "roster.csv").write_text("name\nAda\n", encoding="utf-8")
    done = sheetgd("check", *words)
    assert done.code == code and said in done.err and "Traceback" not in done.err


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_files_that_cannot_be_read_or_written_are_named(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine
) -> None:
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    student(pair[0], tmp_path / "a.xlsx")
    (tmp_path / "shut.xlsx").write_bytes(b"PK")
    (tmp_path / "shut.xlsx").chmod(0)
    (tmp_path / "shut").mkdir(mode=0o555)
    long = "a" * 260 + ".xlsx"
    done = sheetgd("check", "key.xlsx", "a.xlsx", "shut.xlsx", long, without_root=True)
    lines = done.out.splitlines()
    assert done.code == 0 and lines[1].endswith("permission denied; check the name and the folder")
    assert (
        lines[1].startswith("shut.xlsx ")
        and "there is no such file; check the name and the folder" in lines[2]
    )
    done = sheetgd("check", "key.xlsx", "a.xlsx", "--report", "shut/r.html", without_root=True)
    assert (done.code, done.err) == (
        1,
        f"shut/r.html: the folder {tmp_path / 'shut'} is read-only; allow writing to it, or write elsewhere with "
        "--report OTHER.html.\n",
    )
    (tmp_path / "moodle.csv").write_text(
        "Identifier,Full name,Grade\nParticipant 1,Ada Lovelace,\n", encoding="utf-8"
    )
    filled = ("--gradebook", "moodle.csv", "--points", 10, "-o", "shut/g.csv")
    done = sheetgd("check", "key.xlsx", "a.xlsx", *filled, without_root=True)
    assert (done.code, done.err) == (
        1,
        f"shut/g.csv: the folder {tmp_path / 'shut'} is read-only; allow writing to it, or write elsewhere with "
        "-o OTHER.csv.\n",
    )


def test_a_file_that_the_engine_cannot_compute_is_judged_by_its_stored_results(
    tmp_path: Path, pair: list[Assignment]
) -> None:
    """A data table (what-if analysis), which IronCalc does not load."""
    student(pair[0], tmp_path / "empty.xlsx")
    by_edits(tmp_path / "empty.xlsx", answers(pair[0]), tmp_path / "back.xlsx")
    table = (
        b'<row r="900"><c r="A900"><f t="dataTable" ref="A900:A901" r1="B17"/><v>1</v></c></row></sheetData>'
    )
    change_part(tmp_path / "back.xlsx", SHEET, lambda xml: xml.replace(b"</sheetData>", table))
    [checked] = check(pair, [tmp_path / "back.xlsx"]).checked
    assert checked.right == 30
    assert len(checked.notes) == 1 and checked.notes[0].startswith(
        "it could not be recalculated, so the results stored in it were taken (the formula engine "
    )


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


def test_the_page_for_teachers_shows_what_checking_prints(tmp_path: Path, sheetgd: CommandLine) -> None:
    """The three students of docs/class.md: all right, the learning rate forgotten, half done."""
    page = (ROOT / "docs" / "class.md").read_text(encoding="utf-8")
    [roster] = re.findall(r"^```\n(name,email.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
    sheetgd("class", "descent", "--roster", "roster.csv", "-o", "monday", "--seed", "docs")
    ada, alan, emmy = keys.read(tmp_path / "monday" / "key.xlsx")
    slip = next(slip for slip in SLIPS if (slip.kind, slip.title) == ("learn", "new_m"))
    (tmp_path / "returned").mkdir()
    done = list(answers(emmy).items())[:18]
    for one, written in ((ada, answers(ada)), (alan, answers(alan, [Planted(slip, 2)])), (emmy, dict(done))):
        by_openpyxl(
            tmp_path / "monday" / f"{one.file}.xlsx", written, tmp_path / "returned" / f"{one.id}.xlsx"
        )
    [(command, printed)] = re.findall(r"^\$ sheetgd (check .*)\n((?:.*\n)*?)```$", page, flags=re.MULTILINE)
    ended = sheetgd(*command.split())
    assert (ended.code, ended.err, ended.out) == (0, "", printed)
    report = "".join(Page((tmp_path / "report.html").read_text(encoding="utf-8")).texts)
    assert "Alan Turing" in report


def test_a_sheet_with_another_name_on_it_waits_for_the_teacher(
    tmp_path: Path, pair: list[Assignment]
) -> None:
    path = handed_in(tmp_path, pair[0], {NAME: " alan   TURING"})
    [checked] = check(pair, [path]).checked
    assert checked.held == ("the name on it is alan TURING, but its assignment is Ada Lovelace's",)
    same = handed_in(tmp_path, pair[0], {NAME: "ada lovelace "})
    assert check(pair, [same]).checked[0].held == ()


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
