"""Work by hand: the answers follow from the digits that one sees."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl

from homework import by_openpyxl
from office import Office
from sheetgd.checking.check import check
from sheetgd.classroom import template
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.catalogue import like_points
from sheetgd.classroom.plan import Plan
from sheetgd.classroom.roster import Student


def shown(path: Path, office: Office, folder: Path) -> dict[str, str]:
    """What LibreOffice shows in each cell of the first sheet."""
    text = office.edit(path, {}, folder / "shown.csv").read_text(encoding="utf-8")
    return {
        f"{openpyxl.utils.get_column_letter(column)}{row}": value
        for row, line in enumerate(csv.reader(text.splitlines()), start=1)
        for column, value in enumerate(line, start=1)
    }


def by_hand(one: Assignment, office: Office, folder: Path) -> dict[str, Any]:
    """Each answer as somebody works it out who reads the printed numbers off the sheet and types all digits."""
    template.solution(one, folder / "solved.xlsx")
    seen = shown(folder / "solved.xlsx", office, folder)
    plan, blanks = Plan(one), {blank.cell for blank in template.blank_cells(one)}
    typed: dict[str, Any] = {}
    for column in plan.columns:
        for row in range(1, plan.rows + 1):
            cell = plan.cell(column.title, row)
            if cell not in blanks:
                typed[cell] = float(seen[cell])
    by_openpyxl(folder / "solved.xlsx", typed, folder / "hand.xlsx")
    [sheet] = office.recalculate(folder / "hand.xlsx").values()
    return {cell: sheet[cell] for cell in blanks}


def test_answers_worked_out_from_the_digits_shown_are_right(
    lesson: str, office: Office, tmp_path: Path
) -> None:
    key = assignments([Student("Ada")], lesson, "by hand")
    for one in key:
        template.student(one, tmp_path / "empty.xlsx")
        by_openpyxl(
            tmp_path / "empty.xlsx", by_hand(one, office, tmp_path), tmp_path / f"{one.file}.back.xlsx"
        )
    results = check(key, tmp_path.glob("*.back.xlsx"))
    told = [(one.right, one.cells, one.held, one.wrong[:1]) for one in results.checked]
    assert told == [(each.cells, each.cells, (), ()) for each in results.checked]


def test_small_numbers_have_more_digits(office: Office, tmp_path: Path) -> None:
    """Points of which y is about 0.001: the squares of the errors differ from the seventh decimal on."""
    points = [(x, round(0.0004 * x + 0.0001 * (x % 3), 6)) for x in range(1, 9)]
    (tmp_path / "small.csv").write_text("x,y\n" + "\n".join(f"{x},{y}" for x, y in points), encoding="utf-8")
    like = like_points(str(tmp_path / "small.csv"))
    [one] = assignments([Student("Ada")], "descent", "small", like=like, blank_rows=20)
    template.student(one, tmp_path / "empty.xlsx")
    by_openpyxl(tmp_path / "empty.xlsx", by_hand(one, office, tmp_path), tmp_path / "back.xlsx")
    [checked] = check([one], [tmp_path / "back.xlsx"]).checked
    assert (checked.right, checked.wrong) == (120, ())
