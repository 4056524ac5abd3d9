"""The solved worksheet that a file is judged by, of a lesson's drawing or of a teacher's own workbook."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from ..books.book import ModelledBook
from ..books.opening import open_book
from ..classroom import template
from ..classroom.assignment import Assignment, Given
from ..classroom.drawing import NAME
from ..classroom.plan import Plan, point_places, printed_numbers
from ..classroom.solved import SolvedWorkbook, title_of
from ..classroom.variants import Variant
from ..grid import a1
from ..grid.sheet import Place, Sheet
from .judging import JudgedCell, RightSheet
from .placing import sheets_with
from .sentences import both
from .work_places import Work, find_work, fullest


class SolvedSheet(NamedTuple):
    """A solved worksheet, open.

    `find` gives the places of its cells in a student's file, `numbers` what was printed for a student; `data` are the
    places of the student's own numbers, `sortable` those whose rows may stand in another order, `name` that of the
    student's name.
    """

    book: ModelledBook
    right: RightSheet
    find: Callable[[Mapping[str, Sheet], Sequence[Place]], Work]
    numbers: Callable[[Given], dict[Place, float]]
    data: list[Place]
    sortable: list[Place]
    name: Place | None


def of_lesson(assignment: Assignment) -> SolvedSheet:
    """The solved worksheet of a lesson with an assignment like this."""
    plan = Plan(assignment)
    blanks = [
        JudgedCell((each.sheet, a1.parse(each.cell)), plan.drawn(each.title), each.row)
        for each in plan.blank_cells()
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "solution.xlsx")
        template.solution(assignment, path)
        book = cast(ModelledBook, open_book(path))
        right = RightSheet(book, blanks, list(assignment.start), terms=plan.terms())
    tab, points = plan.task.tab, point_places(plan)

    def numbers(one: Given) -> dict[Place, float]:
        assert isinstance(one, Assignment)
        return printed_numbers(plan, one)

    def find(returned: Mapping[str, Sheet], places: Sequence[Place]) -> Work:
        return find_work(plan, right.sheets[tab], returned, places)

    return SolvedSheet(book, right, find, numbers, points, points, (tab, a1.parse(NAME)))


def of_workbook(solved: SolvedWorkbook) -> SolvedSheet:
    """A solved workbook of the teacher's own."""
    counts: dict[tuple[str, str], int] = {}
    blanks = []
    for place in solved.blanks:
        title = title_of(solved.sheets[place[0]], place[1])
        counts[place[0], title] = counts.get((place[0], title), 0) + 1
        blanks.append(JudgedCell(place, title, counts[place[0], title]))
    right = RightSheet(solved.book, blanks, (), solved.marks)
    tabs = dict.fromkeys(sheet for sheet, _ in (*right.formulas, *right.constants))

    def numbers(one: Given) -> dict[Place, float]:
        assert isinstance(one, Variant)
        return dict(zip(solved.varied, one.numbers, strict=True))

    def find(returned: Mapping[str, Sheet], places: Sequence[Place]) -> Work:
        """Tab by tab; a tab without words is found by its name."""
        at: dict[Place, Place] = {}
        elsewhere = []
        for tab in tabs:
            drawn = right.sheets[tab]
            found = sheets_with(drawn, returned, places)
            if not found and tab in returned:
                found = [{(tab, cell): (tab, cell) for cell in {*drawn.values, *drawn.formulas}}]
            work = fullest(found, drawn, returned, [place for place in places if place[0] == tab])
            at |= work.at
            elsewhere += [work.elsewhere] * bool(work.elsewhere)
        return Work(at, both(elsewhere) if elsewhere else "")

    return SolvedSheet(solved.book, right, find, numbers, solved.varied, [], None)
