"""Checking a class: every planted slip is found at its cell with its cause, and nothing right is called wrong."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from homework import CARRIED, SLIPS, Planted, address, answers, by_edits, by_openpyxl, matters
from sheetgd.classroom.assignment import Assignment, assignments
from sheetgd.classroom.checking import check
from sheetgd.classroom.results import Checked, Results
from sheetgd.classroom.roster import Student
from sheetgd.classroom.worksheets import Plan, Press


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
    with Press(Plan(key[0])) as press:
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
            formulas = number % 3 == 0
            file = out / f"upload {chance.randrange(10**9)}.xlsx"
            fill = by_openpyxl if formulas or number % 3 == 1 else by_edits
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
    for student in simulated.students:
        one = by_id[student.assignment.id]
        wanted = [(address(student.assignment, each), each.slip.kind) for each in student.planted]
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
