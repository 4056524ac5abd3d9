"""Where a student's work is: on the worksheet, on a copy of its tab, or in a table that was moved somewhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..classroom.plan import Plan
from ..grid import a1
from ..grid.sheet import Place, Sheet, Value
from .judging import is_number
from .placing import sheets_with
from .sentences import both

LABELS = 5  # the column of the labels below the table


class Work(NamedTuple):
    """Where each cell of the drawn sheet is, and where else something is filled in that differs."""

    at: dict[Place, Place]
    elsewhere: str


def find_work(plan: Plan, drawn: Sheet, returned: Mapping[str, Sheet], blanks: Sequence[Place]) -> Work:
    """The place with the most blanks filled; of two alike the likelier one, which is that of the worksheet itself."""
    whole = sheets_with(drawn, returned, blanks)
    found = [*whole, *_moved(plan, returned, whole)] or list(_moved(plan, returned, [{}]))
    return fullest(found, drawn, returned, blanks)


def fullest(
    found: Sequence[dict[Place, Place]], drawn: Sheet, returned: Mapping[str, Sheet], blanks: Sequence[Place]
) -> Work:
    """Of several places, the likeliest first, the one with the most blanks filled."""
    work = [(each, _answers(each, returned, blanks)) for each in found]
    if not work:
        return Work({}, "")
    at, most = max(work, key=lambda each: len(each[1]))
    others = [where for where, answers in work if answers and answers != most]
    places = [_shown(where[blanks[0]], drawn) for where in (at, *others) if blanks and blanks[0] in where]
    return Work(at, both(list(dict.fromkeys(places))) if others and places else "")


def _shown(place: Place, drawn: Sheet) -> str:
    sheet, cell = place
    return a1.a1(cell) if sheet == drawn.name else f"{sheet}!{a1.a1(cell)}"


def _answers(
    at: Mapping[Place, Place], returned: Mapping[str, Sheet], blanks: Sequence[Place]
) -> dict[Place, Value]:
    """The numbers in the blanks."""
    values = {place: returned[at[place][0]].values.get(at[place][1]) for place in blanks if place in at}
    return {place: value for place, value in values.items() if is_number(value)}


def _moved(
    plan: Plan, returned: Mapping[str, Sheet], whole: Sequence[Mapping[Place, Place]]
) -> Iterator[dict[Place, Place]]:
    """For each further row of the table's headings: the worksheet with its table there."""
    tab = plan.task.tab
    titles = [column.title for column in plan.columns]
    words = [plan.drawn(title) for title in titles]
    first = tab, a1.parse(plan.cell(titles[0], 1))
    heads = tab, a1.parse(plan.cell(titles[0]))
    known = {each.get(first) for each in whole}
    for name, sheet in returned.items():
        base = next((each for each in whole if each.get(heads, ("",))[0] == name), whole[0] if whole else {})
        for row, column in _headings(sheet, words):
            down, right = row - heads[1][0], column - heads[1][1]
            if (name, (row + 1, column)) in known:
                continue
            cells = [a1.parse(plan.cell(title, line)) for title in titles for line in range(plan.rows + 1)]
            for title, line in plan.under.items():
                if sheet.values.get((line + down, LABELS + right)) == plan.drawn(title):
                    cells += [(line, LABELS), a1.parse(plan.cell(title).replace("$", ""))]
            yield {**base, **{(tab, cell): (name, (cell[0] + down, cell[1] + right)) for cell in cells}}


def _headings(sheet: Sheet, titles: Sequence[str]) -> list[a1.Cell]:
    """The cells from which on the titles stand side by side."""
    starts = [cell for cell, value in sheet.values.items() if value == titles[0]]
    return [
        (row, column)
        for row, column in starts
        if all(sheet.values.get((row, column + step)) == title for step, title in enumerate(titles))
    ]
