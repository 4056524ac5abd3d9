"""Numbers of one's own: no two students share them, and whoever joins or leaves, the others keep theirs."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from classwork import roster
from sheetgd.classroom.assignment import assignments
from sheetgd.classroom.folder import make_class
from sheetgd.classroom.plan import points
from sheetgd.classroom.roster import Student


@pytest.mark.parametrize("lesson", ["weight", "weights", "belts"])
def test_any_two_of_five_hundred_differ_in_more_than_one_cell(lesson: str) -> None:
    cells = [points(one) for one in assignments([Student(f"S {n}") for n in range(500)], lesson, "a seed")]
    assert (
        min(sum(a != b for a, b in zip(one, other, strict=True)) for one, other in combinations(cells, 2)) > 1
    )


def test_who_joins_or_leaves_in_the_middle_changes_nobody_elses_numbers(tmp_path: Path) -> None:
    names = ["Ada", "Alan", "Ada", "Emmy"]
    made = make_class("weight", roster(tmp_path, names), tmp_path / "OUT")
    files = {one.id: (tmp_path / "OUT" / f"{one.file}.xlsx").read_bytes() for one in made.assignments}
    again = make_class(
        "weight", roster(tmp_path, ["Bo", "Ada", "Cy", "Ada", "Emmy"]), tmp_path / "OUT", force=True
    )
    bo, first, cy, second, emmy = again.assignments
    assert [first, second, emmy] == [made.assignments[0], made.assignments[2], made.assignments[3]]
    assert len({(one.x, one.y) for one in [*made.assignments, bo, cy]}) == 6
    assert len({one.file for one in [*made.assignments, bo, cy]}) == 6
    for one in (first, second, emmy):
        assert (tmp_path / "OUT" / f"{one.file}.xlsx").read_bytes() == files[one.id]


def test_another_e_mail_address_keeps_the_numbers(tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text("name,email\nAda,ada@x.org\n", encoding="utf-8")
    [before] = make_class("weight", tmp_path / "roster.csv", tmp_path / "OUT").assignments
    (tmp_path / "roster.csv").write_text("name,email\nAda,lovelace@x.org\n", encoding="utf-8")
    [now] = make_class("weight", tmp_path / "roster.csv", tmp_path / "OUT", force=True).assignments
    assert now == before._replace(contact="lovelace@x.org")
