"""Which of a student's numbers are right, each judged from the student's own other numbers.

The solved worksheet's formulas are what is right. The student's numbers are put into it, and a formula cell then shows
what should stand there after all that the student did before, so that an error counts once and is carried forward.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from math import inf, isfinite, nan
from typing import NamedTuple

from ..books.book import ModelledBook
from ..classroom.solved import Mark
from ..formulas.model import FormulaText
from ..grid import a1
from ..grid.a1 import Area, Cell
from ..grid.sheet import ErrorValue, Place, Sheet, Value

SMALL = 10_000  # cells
NOISE = 1e-11  # of the largest number that a formula reads: by how much two ways to compute it may differ


class JudgedCell(NamedTuple):
    """A cell that the student fills in: its place on the drawn sheet, the column's title, the row of the table."""

    place: Place
    title: str
    row: int


class Judgement(NamedTuple):
    """One blank of one student: what should stand there after the student's own numbers, and what does.

    `least` is the smallest tolerance that takes it; an answer that is a text is in `text`, and `expected` is then nan.
    """

    blank: JudgedCell
    expected: float
    found: Value
    right: bool
    least: float = inf
    text: str = ""

    @property
    def is_number(self) -> bool:
        """Whether a number stands there that can be off by some amount."""
        return is_number(self.found) and not self.text


class Judged(NamedTuple):
    """A student's blanks, in the order of filling them in, and the printed formulas that show something else."""

    blanks: list[Judgement]
    altered: list[Judgement]


class RightSheet:
    """A solved worksheet: what the blanks of all students with this drawing are judged by.

    `book` is the solved workbook, which stays open, `blanks` are the cells that students fill in, `parameters` the
    names of what is learned, `marks` how some blanks count, `terms` what cells are called in every language. A blank
    without a formula holds its typed answer.
    """

    def __init__(
        self,
        book: ModelledBook,
        blanks: Sequence[JudgedCell],
        parameters: Sequence[str] = (),
        marks: Mapping[Place, Mark] | None = None,
        terms: Mapping[Place, str] | None = None,
    ) -> None:
        self.parameters, self.marks, self._terms = parameters, marks or {}, terms or {}
        self.model, self._precedents = book.model(), book.precedents
        self.sheets: dict[str, Sheet] = {name: book.cells(name) for name in book.sheet_names}
        self.formulas, self.constants = self._reached([blank.place for blank in blanks])
        order = {place: number for number, place in enumerate(self.formulas)}
        self.blanks = sorted(blanks, key=lambda blank: order[blank.place])
        theirs = {blank.place for blank in blanks}
        self.texts = [
            (sheet, cell)
            for sheet, cell in self.formulas
            if isinstance(self.sheets[sheet].values.get(cell), (str, bool))
        ]
        self._printed = [
            JudgedCell(place, self.name(place), 0) for place in self.formulas if place not in theirs
        ]
        self._reads = {
            place: [other for other in self.reads(place) if other in self.formulas or other in self.constants]
            for place in self.formulas
        }
        self._groups = self._independent()
        self.assigned: dict[Place, float] = {}

    # -- the sheet -------------------------------------------------------------------------------------------------
    def _reached(self, blanks: Sequence[Place]) -> tuple[dict[Place, str], dict[Place, float]]:
        """The formulas that the blanks need, each after those that it needs; and the numbers that these read."""
        typed = {place: _literal(self.sheets[place[0]].values.get(place[1])) for place in blanks}
        formulas: dict[Place, str] = {}
        constants: dict[Place, float] = {}
        todo = [(place, False) for place in reversed(list(blanks))]
        while todo:
            place, ready = todo.pop()
            sheet, cell = self.sheets[place[0]], place[1]
            if place in formulas or place in constants:
                continue
            if cell not in sheet.formulas and place in typed:
                formulas[place] = typed[place]
            elif cell not in sheet.formulas:
                if (number := sheet.number(cell)) is not None:
                    constants[place] = number
            elif ready:
                formulas[place] = sheet.formulas[cell]
            else:
                todo.append((place, True))
                todo += [(other, False) for other in reversed(self.reads(place))]
        return formulas, constants

    def reads(self, place: Place) -> list[Place]:
        """The cells that a formula refers to and that hold something."""
        if place[1] not in self.sheets[place[0]].formulas:
            return []
        known = {name.casefold(): sheet for name, sheet in self.sheets.items()}
        found: list[Place] = []
        for name, area in self._precedents.areas(place) or ():
            sheet = known.get(name.casefold())
            found += [(sheet.name, cell) for cell in _filled(sheet, area)] if sheet else []
        return found

    def _independent(self) -> list[list[Place]]:
        """The formulas in groups, none of which refers to another of its group."""
        groups: list[list[Place]] = []
        number: dict[Place, int] = {}
        for place in self.formulas:
            taken = {number[other] for other in self._reads[place] if other in number}
            number[place] = next(free for free in range(len(groups) + 1) if free not in taken)
            if number[place] == len(groups):
                groups.append([])
            groups[number[place]].append(place)
        return groups

    def name(self, place: Place) -> str:
        """What a cell is called: its column's heading, the label to its left, or both.

        A cell of a table has a heading, learn has a label, and the guess for m has both.
        """
        sheet, (row, column) = self.sheets[place[0]], place[1]
        above = self.heading(place)
        left = self._label(sheet, [(row, other) for other in range(column - 1, 0, -1)])
        return " ".join(filter(None, (above, left))) or a1.a1(place[1])

    def term(self, place: Place) -> str:
        """What a cell is called whatever the sheet's language; where nothing says that, what the sheet calls it."""
        return self._terms.get(place) or self.name(place)

    def heading(self, place: Place) -> str:
        """The text above a cell's column; empty where there is none."""
        sheet, (row, column) = self.sheets[place[0]], place[1]
        return self._label(sheet, [(line, column) for line in range(row - 1, 0, -1)])

    @staticmethod
    def _label(sheet: Sheet, cells: list[Cell]) -> str:
        """The first text among cells that follow each other without a gap."""
        for cell in cells:
            value = sheet.values.get(cell)
            if isinstance(value, str) and value.strip() and not isinstance(value, ErrorValue):
                return "" if cell in sheet.formulas else value.strip()
            if value is None and cell not in sheet.formulas:
                return ""
        return ""

    def mark(self, place: Place) -> Mark:
        """How a blank counts."""
        return self.marks.get(place, Mark())

    def points(self, cells: Iterable[Judgement]) -> float:
        """What cells count together."""
        return sum(self.mark(cell.blank.place).points for cell in cells)

    # -- judging ---------------------------------------------------------------------------------------------------
    def assign(self, numbers: Mapping[Place, float]) -> None:
        """Let the printed numbers be those of one student's assignment."""
        self.assigned = {**self.constants, **numbers}
        for (sheet, cell), number in numbers.items():
            self.sheets[sheet].values[cell] = number

    def judge(self, found: Mapping[Place, Value], tolerance: float) -> Judged:
        """Judge what a student's file holds at the places of the drawn sheet.

        A number is right if, within `tolerance` of its size, it follows from the student's own numbers, or from them
        and the printed numbers as they were printed, or is one of the assignment's solution. For all that follows, what
        is not a number counts as if the right one stood there.
        """
        places = list(self.formulas)
        self._put_formulas(places, self.assigned)
        ways = [dict(zip(places, self._numbers(places), strict=True))]
        texts = [dict(zip(self.texts, self.model.get(self.texts), strict=True))]
        own = self._own(found)
        answers = {place: number for place, number in own.items() if place in self.formulas}
        if any(own.get(place) != self.assigned[place] for place in self.constants):
            ways.append(self._expected(answers | self.assigned, places))
        expected = self._expected(answers | self.assigned | own, places)
        ways.append(expected)
        texts.append(dict(zip(self.texts, self.model.get(self.texts), strict=True)))

        def judged(blank: JudgedCell) -> Judgement:
            place, value = blank.place, found.get(blank.place)
            mark = self.mark(place)
            allowed = tolerance if mark.tolerance is None else mark.tolerance
            if place in texts[0]:
                wanted = [way[place] for way in texts]
                right = any(same_text(value, each) for each in (*wanted, *mark.accepted))
                return Judgement(blank, nan, value, right, text=str(wanted[-1]))
            number = as_number(value)
            noise = NOISE * max((abs(own.get(other, 0.0)) for other in self._reads[place]), default=0.0)
            least = min((_least(number, way[place], noise) for way in ways), default=inf)
            right = least <= allowed or any(same_number(value, each, allowed) for each in mark.accepted)
            asked = expected[place] if isfinite(expected[place]) else ways[0][place]  # after wild numbers
            return Judgement(blank, asked, value, right, least)

        blanks, printed = ([judged(blank) for blank in each] for each in (self.blanks, self._printed))
        return Judged(blanks, [cell for cell in printed if not cell.right and self._is_complete(cell, own)])

    def _own(self, found: Mapping[Place, Value]) -> dict[Place, float]:
        """The student's numbers; where a text is the answer, a number counts for nothing."""
        texts = set(self.texts)
        return {
            place: number
            for place, value in found.items()
            if place not in texts and (number := as_number(value)) is not None
        }

    def _is_complete(self, cell: Judgement, own: Mapping[Place, float]) -> bool:
        """Whether a printed formula shows a number, and all that it reads is there: then it can be judged."""
        return cell.blank.place in own and all(other in own for other in self._reads[cell.blank.place])

    def _expected(self, own: Mapping[Place, float], places: list[Place]) -> dict[Place, float]:
        """What each formula gives from these numbers; the model then holds all of them."""
        self.model.put(own.items())
        self._put_formulas(gaps := [place for place in places if place not in own], {})
        filled = {
            place: number for place, number in zip(gaps, self._numbers(gaps), strict=True) if isfinite(number)
        }
        filled |= {place: own[place] for place in places if place in own}
        self.model.put(filled.items())
        expected: dict[Place, float] = {}
        for group in self._groups:
            self._put_formulas(group, {})
            expected |= dict(zip(group, self._numbers(group), strict=True))
            self.model.put((place, filled[place]) for place in group if place in filled)
        return {place: expected[place] for place in places}

    def recompute(self, found: Mapping[Place, Value], formulas: Mapping[Place, str]) -> dict[Place, Value]:
        """What these formulas show among the student's numbers, and what the right ones show where there is none."""
        own = self._own(found)
        self._put_formulas([place for place in self.formulas if place not in own], self.assigned)
        self.model.put((place, number) for place, number in own.items() if place not in formulas)
        self.model.put((place, FormulaText(text)) for place, text in formulas.items())
        return dict(zip(formulas, self.model.get(list(formulas)), strict=True))

    def compute(self, formulas: Sequence[tuple[Place, str]]) -> list[Value]:
        """What formulas would show in these cells, from the numbers of the student judged last."""
        if not formulas:
            return []
        used = Area(1, 1, *(max(cell[axis] for _, cell in self.formulas) for axis in (0, 1)))
        scratch = [
            (place[0], (number + 1, used.right + 300)) for number, (place, _) in enumerate(formulas)
        ]  # every formula's references are absolute there: they are texts, and nothing is filled
        self.model.put([(cell, FormulaText(text)) for cell, (_, text) in zip(scratch, formulas, strict=True)])
        values = self.model.get(scratch)
        self.model.put([(cell, None) for cell in scratch])
        return values

    def _put_formulas(self, places: list[Place], constants: Mapping[Place, float]) -> None:
        self.model.put(
            [(place, number) for place, number in constants.items()]
            + [(place, FormulaText(self.formulas[place])) for place in places]
        )

    def _numbers(self, places: list[Place]) -> list[float]:
        """The cells' numbers; an error or a text, to which wild numbers can lead, is not a number (nan)."""
        return [nan if (number := as_number(value)) is None else number for value in self.model.get(places)]


def _filled(sheet: Sheet, area: Area) -> Iterable[Cell]:
    """The cells of an area that hold something, row by row; of a small area without a look at the whole sheet."""
    if (area.bottom - area.top + 1) * (area.right - area.left + 1) <= SMALL:
        return [cell for cell in area.cells if not sheet.is_empty(cell)]
    return sorted(cell for cell in {*sheet.values, *sheet.formulas} if cell in area.cells)


def _literal(value: Value) -> str:
    """A typed answer as a formula."""
    return '"{}"'.format(value.replace('"', '""')) if isinstance(value, str) else repr(value).upper()


def same_text(one: Value, other: Value) -> bool:
    """Whether two texts are the same but for case, accents and blanks.

    >>> same_text("  sao  PAULO", "São Paulo"), same_text("Wien", "Vienna"), same_text(True, "true")
    (True, False, True)
    """

    def plain(value: Value) -> str:
        letters = unicodedata.normalize("NFKD", str(value)).casefold()
        return " ".join("".join(sign for sign in letters if not unicodedata.combining(sign)).split())

    return one is not None and not is_number(one) and plain(one) == plain(other)


def same_number(one: Value, other: Value, tolerance: float) -> bool:
    """Whether both are numbers, equal within a tolerance relative to the second."""
    found, wanted = as_number(one), as_number(other)
    return found is not None and wanted is not None and abs(found - wanted) <= tolerance * abs(wanted)


def _least(number: float | None, right: float, noise: float) -> float:
    """The smallest tolerance, relative to the right number, that takes a number."""
    if number is None or not isfinite(right):
        return inf
    off = abs(number - right) - noise
    return 0.0 if off <= 0 else off / abs(right) if right else inf


def as_number(value: Value) -> float | None:
    """A cell's number; None where it holds a text, TRUE, an error or nothing."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def is_number(value: Value) -> bool:
    """Whether a cell holds a number: neither a text nor TRUE."""
    return as_number(value) is not None
