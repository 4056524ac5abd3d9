"""Whose a file is: the same work, another's numbers, the same assignment twice, another's name."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from conftest import CommandLine
from homework import SLIPS, Planted, answers, by_openpyxl
from returned_work import (
    empty_worksheets,
    handed_in,
)
from sheetgd.checking.check import check
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.drawing import IDENTITY, NAME
from sheetgd.classroom.plan import Plan
from sheetgd.classroom.roster import Student


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
    others = "printed cells were changed: B17 (x), C17 (y), B18 (x), C18 (y), B19 (x), C19 (y) and 33 more"
    same = "it has the same answers as {}, although they were given other numbers"
    assert told == {
        "1.xlsx": (30, (), ""),  # who was copied from has done nothing
        "2.xlsx": (told["2.xlsx"][0], (same.format("Ada (1.xlsx); Bo (3.xlsx)"),), ""),
        "3.xlsx": (30, (others, "its numbers are those of Ada"), ""),
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
        ("2 of 2", "worksheets checked"),
        ("98%", "right, in the middle of the class"),
        ("1", "with everything right"),
        ("1", "to look at first"),
    ]
    assert re.findall(r"<i>(\d+)</i>.*?<s>(\w+)</s>", page) == [("1", "90"), ("1", "all")]
    assert re.findall(r'class="mistakes">(.*?)</table>', page) == [
        "<tr><th>1</th><td><b>new_m</b>: the learning rate was not applied</td></tr>"
    ]
    assert f"<li><b>Ada Lovelace</b>: {why}</li>" in page and page.count("<li><b>Ada") == 1
    assert "9 more files of the same students came; only the best one of each student counts" in page


def test_a_sheet_with_another_name_on_it_waits_for_the_teacher(
    tmp_path: Path, pair: list[Assignment]
) -> None:
    path = handed_in(tmp_path, pair[0], {NAME: " alan   TURING"})
    [checked] = check(pair, [path]).checked
    assert checked.held == ("the name on it is alan TURING, but its assignment is Ada Lovelace's",)
    same = handed_in(tmp_path, pair[0], {NAME: "ada lovelace "})
    assert check(pair, [same]).checked[0].held == ()


def test_a_file_without_an_id_is_held_until_its_owner_is_confirmed(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine
) -> None:
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    (tmp_path / "back").mkdir()
    handed_in(tmp_path, pair[0], {IDENTITY: None, NAME: "Addie"}, "back/a.xlsx")
    handed_in(tmp_path, pair[1], {NAME: "Al", IDENTITY: pair[1].id.replace("-", " ").lower()}, "back/b.xlsx")
    (tmp_path / "g.csv").write_text(
        "Full name,Grade\nAda Lovelace,\nAlan Turing,\n", encoding="utf-8", newline="\n"
    )
    fill = ("check", "key.xlsx", "back", "--gradebook", "g.csv", "--points", 10, "--force")
    done = sheetgd(*fill)
    first, second, _, held, *_ = done.out.splitlines()
    assert (
        first == "Ada Lovelace   30 of 30   all right !" and second == "Alan Turing    30 of 30   all right !"
    )
    assert held == (
        "! Ada Lovelace: there is no assignment id in it; the numbers in it are those of Ada Lovelace: if it is "
        'theirs, say so with --owner "a.xlsx=Ada Lovelace"'
    )
    assert (tmp_path / "g-graded.csv").read_text(encoding="utf-8").count("10") == 0
    done = sheetgd(*fill, "--owner", "a.xlsx=ada lovelace", "--owner", f"b.xlsx={pair[1].id}")
    assert done.out.splitlines()[:2] == [
        "Ada Lovelace   30 of 30   all right",
        "Alan Turing    30 of 30   all right",
    ]
    graded = (tmp_path / "g-graded.csv").read_text(encoding="utf-8")
    assert graded == "Full name,Grade\nAda Lovelace,10\nAlan Turing,10\n"


def test_one_that_may_be_a_second_file_of_a_student_does_not_hold_the_first(
    tmp_path: Path, pair: list[Assignment]
) -> None:
    own = handed_in(tmp_path, pair[0], {}, "own.xlsx")
    other = handed_in(tmp_path, pair[0], {IDENTITY: None, "J17": 1}, "other.xlsx")
    first, second = check(pair[:1], [other, own]).checked
    assert (first.file, first.right, first.held) == ("own.xlsx", 30, ())
    assert second.problem == (
        "there is no assignment id in it; it may be a second worksheet of Ada Lovelace, whose own.xlsx also came"
    )


def test_another_name_than_the_numbers_owner_suggests_nobody(tmp_path: Path, pair: list[Assignment]) -> None:
    path = handed_in(tmp_path, pair[0], {IDENTITY: None, NAME: "Alan Turing"})
    results = check(pair, [path])
    assert results.checked[0].problem == (
        "there is no assignment id in it; the name on it is Alan Turing, and its numbers are those of Ada Lovelace; "
        'ask whose it is, and say so with --owner "back.xlsx=NAME"'
    )
    [sworn] = check(pair, [path], owners={"back.xlsx": "Ada Lovelace"}).checked
    assert (sworn.right, sworn.held) == (30, ())


def test_two_assignments_in_one_file_are_named(tmp_path: Path, pair: list[Assignment]) -> None:
    path = handed_in(tmp_path, pair[0], {"O2": f"Assignment {pair[1].id}", "O3": "Alan Turing"})
    [one] = check(pair, [path]).checked
    ids = " and ".join(sorted(each.id for each in pair))
    who = "the name on it and the numbers in it are those of Ada Lovelace"
    assert one.right == 30
    assert one.held == (
        f'there are 2 assignments in it, {ids}; {who}: if it is theirs, say so with --owner "back.xlsx=Ada Lovelace"',
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("a.xlsx", "--owner a.xlsx is not FILE=NAME; write for instance --owner"),
        ("b.xlsx=Ada Lovelace", "no file is called b.xlsx; name it as it is printed without --owner"),
        ("a.xlsx=Eve", "Eve is not in the key; check the name"),
        ("sheet.xlsx=Ada Lovelace", "2 files are called sheet.xlsx; name it as x/sheet.xlsx"),
    ],
)
def test_owners_that_nobody_knows(
    tmp_path: Path, pair: list[Assignment], sheetgd: CommandLine, words: str, said: str
) -> None:
    keys.write(tmp_path / "key.xlsx", pair, "seed")
    for name in ("a.xlsx", "x/sheet.xlsx", "y/sheet.xlsx"):
        (tmp_path / "back" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "back" / name).write_bytes(b"")
    done = sheetgd("check", "key.xlsx", "back", "--owner", words)
    assert (done.code, done.out) == (2, "") and said in done.err
