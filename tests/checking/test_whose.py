"""Whose a file is: the same work, another's numbers, the same assignment twice, another's name."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from conftest import CommandLine
from homework import SLIPS, Planted, answers, by_openpyxl
from returned_work import (
    empty_worksheets,
    handed_in,
)
from sheetgd.checking.check import check
from sheetgd.classroom import key as keys
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.drawing import NAME
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
    others = (
        "what was printed was changed in B17 (x), C17 (y), B18 (x), C18 (y), B19 (x), C19 (y) and 33 more"
    )
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
    assert "9 more files of the same students came; the figures count the best one of each student" in page


def test_a_sheet_with_another_name_on_it_waits_for_the_teacher(
    tmp_path: Path, pair: list[Assignment]
) -> None:
    path = handed_in(tmp_path, pair[0], {NAME: " alan   TURING"})
    [checked] = check(pair, [path]).checked
    assert checked.held == ("the name on it is alan TURING, but its assignment is Ada Lovelace's",)
    same = handed_in(tmp_path, pair[0], {NAME: "ada lovelace "})
    assert check(pair, [same]).checked[0].held == ()
