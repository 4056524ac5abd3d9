"""A number for every student in the cells of a solved workbook that vary, and the answers that follow from them.

The numbers lie in the range of those that stand there and have their decimals; a column that rises or falls goes on
doing so. A draw with which a formula shows an error, or divides by almost zero, is not handed out.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from itertools import groupby, pairwise
from typing import NamedTuple

from ..errors import SheetError, UsageError
from ..formulas.grammar import NotAFormula, parse, text
from ..formulas.model import FormulaText
from ..formulas.tree import Binary, walk
from ..grid.a1 import a1
from ..grid.sheet import ErrorValue, Place, Value, words
from .assignment import file_names, given_before, identity_of, secret_of
from .roster import Student
from .solved import SolvedWorkbook

NEARLY_NOTHING = 1e-3  # of what the solved workbook divides by there
TRIES = 300
ROOM = 2  # times as many numbers as a rising column needs, or it is not drawn again
ASIDE = 300  # columns right of the sheets, where divisors are computed


class Variant(NamedTuple):
    """What one student is given: `numbers` stand in the cells that vary, in their order. `file` has no ending,
    `language` is the code of what sheetgd writes on it."""

    id: str
    name: str
    contact: str
    file: str
    lesson: str
    numbers: tuple[float, ...]
    language: str = "en"


class Spread(NamedTuple):
    """The `size` numbers of a column that varies: from `low` to `high` with `decimals`; `order` is 1 where they
    rise, -1 where they fall, else 0."""

    size: int
    low: float
    high: float
    decimals: int
    order: int

    def draw(self, chance: random.Random) -> list[float]:
        unit = 10**self.decimals
        low, high = round(self.low * unit), round(self.high * unit)
        if self.order:
            drawn = sorted(chance.sample(range(low, high + 1), self.size), reverse=self.order < 0)
        else:
            drawn = [chance.randint(low, high) for _ in range(self.size)]
        return [number / unit for number in drawn]


def spread_of(numbers: Sequence[float]) -> Spread | None:
    """The range, decimals and order of a column's numbers; None for one that leaves nothing to draw.

    A single number, or several alike, may be half or one and a half times as large.

    >>> spread_of([2.5, 4.25, 3.0]), spread_of([10.0, 20.0, 30.0]).order, spread_of([2020.0, 2021.0, 2022.0])
    (Spread(size=3, low=2.5, high=4.25, decimals=2, order=0), 1, None)
    >>> spread_of([0.5]), spread_of([0.0])
    (Spread(size=1, low=0.25, high=0.75, decimals=1, order=0), None)
    """
    decimals = max(max(0, -int(Decimal(repr(number)).normalize().as_tuple().exponent)) for number in numbers)
    low, high = min(numbers), max(numbers)
    if low == high:
        low, high = sorted((low / 2, low * 1.5))
        return Spread(len(numbers), low, high, decimals, 0) if high - low >= 10.0**-decimals else None
    steps = [after - before for before, after in pairwise(numbers)]
    order = (all(step > 0 for step in steps) - all(step < 0 for step in steps)) if len(steps) > 1 else 0
    if order and round((high - low) * 10**decimals) < ROOM * len(numbers):
        return None
    return Spread(len(numbers), low, high, decimals, order)


class Drawing:
    """The numbers of a class from one solved workbook, and its answers."""

    def __init__(self, solved: SolvedWorkbook) -> None:
        self.solved, self.model = solved, solved.model
        self.printed = tuple(self._number(place) for place in solved.varied)
        self._reached = sorted(solved.active)
        self._shown = solved.book.shown(self._reached)
        self._columns = [
            (list(places), spread_of([self._number(place) for place in places]))
            for places in (
                list(each) for _, each in groupby(solved.varied, key=lambda place: (place[0], place[1][1]))
            )
        ]
        if solved.varied and not any(spread for _, spread in self._columns):
            sheet, cell = solved.varied[0]
            raise SheetError(
                f"the numbers after --vary leave nothing to draw: {solved.sheets[sheet].show(cell)} alone, or a row "
                "without gaps",
                "name cells with more numbers",
                sheet=sheet,
                cell=a1(cell),
            )

    def _number(self, place: Place) -> float:
        return float(self.solved.sheets[place[0]].number(place[1]) or 0.0)

    def variants(
        self,
        roster: Sequence[Student],
        title: str,
        seed: str,
        kept: Sequence[Variant] = (),
        language: str = "en",
    ) -> list[Variant]:
        """A variant for each student in the roster's order; a student among `kept` gets the same numbers again."""
        before = given_before(roster, kept)
        fresh = [student.name for number, student in enumerate(roster) if number not in before]
        files = iter(file_names(fresh, [one.file for one in kept]))
        ids, taken = {one.id for one in kept}, {one.numbers for one in kept}
        seen: dict[Student, int] = {}
        found: list[Variant] = []
        divisors = self._divisors()
        for number, student in enumerate(roster):
            seen[student] = seen.get(student, 0) + 1
            if number in before:
                found.append(before[number]._replace(contact=student.contact, language=language))
                continue
            secret = secret_of(seed, title, *student, str(seen[student]))
            numbers = self._draw(random.Random(secret), taken, divisors) if self.solved.varied else ()
            found.append(Variant(identity_of(secret, ids), *student, next(files), title, numbers, language))
            ids.add(found[-1].id)
            taken.add(numbers)
        self.put(self.printed)
        self.model.put((place, None) for place in divisors)
        return found

    def put(self, numbers: Sequence[float]) -> None:
        """Give the model these numbers in the cells that vary."""
        self.model.put(zip(self.solved.varied, numbers, strict=True))

    def answers(self) -> dict[Place, Value]:
        """What the solved workbook shows in the blanks, with the numbers that were put last."""
        formulas = [place for place in self.solved.blanks if place in self.solved.book.formulas]
        shown = dict(zip(formulas, self.solved.book.shown(formulas), strict=True))
        return {
            place: shown[place] if place in shown else self.solved.sheets[place[0]].values[place[1]]
            for place in self.solved.blanks
        }

    # -- drawing ---------------------------------------------------------------------------------------------------
    def _draw(
        self, chance: random.Random, taken: Collection[tuple[float, ...]], divisors: Mapping[Place, float]
    ) -> tuple[float, ...]:
        """Numbers that nobody has yet, with which every formula shows what it should."""
        why = "somebody already has these numbers"
        for _ in range(TRIES):
            numbers = tuple(
                number
                for places, spread in self._columns
                for number in (spread.draw(chance) if spread else map(self._number, places))
            )
            if numbers == self.printed or any(_alike(numbers, other) for other in taken):
                continue
            self.put(numbers)
            if not (why_not := self._fault(divisors)):
                return numbers
            why = why_not
        raise UsageError(
            f"{TRIES} draws for the cells after --vary came to nothing: {why}",
            "name more cells, or cells with a wider range of numbers",
        )

    def _fault(self, divisors: Mapping[Place, float]) -> str:
        """What is wrong with the numbers that were put last; empty where nothing is."""
        for place, before, now in zip(
            self._reached, self._shown, self.solved.book.shown(self._reached), strict=True
        ):
            if isinstance(now, ErrorValue) and not isinstance(before, ErrorValue):
                return f"{place[0]}!{a1(place[1])} shows {words(now)}"
        for (place, usual), now in zip(divisors.items(), self.model.get(list(divisors)), strict=True):
            if not isinstance(now, (int, float)) or abs(now) < NEARLY_NOTHING * abs(usual):
                return f"a formula on {place[0]} divides by almost zero"
        return ""

    def _divisors(self) -> dict[Place, float]:
        """Every divisor that varies, computed in a cell aside, with what it is in the solved workbook."""
        found: dict[Place, str] = {}
        for sheet, cells in groupby(self._reached, key=lambda place: place[0]):
            divisors = (each for place in cells for each in _divisors(self.solved.book.formulas[place]))
            aside = self._aside(sheet)
            found |= {(sheet, (row, aside)): divisor for row, divisor in enumerate(divisors, start=1)}
        self.model.put((place, FormulaText(formula)) for place, formula in found.items())
        values = dict(zip(found, self.model.get(list(found)), strict=True))
        plain = {
            place: float(value)
            for place, value in values.items()
            if isinstance(value, (int, float)) and value
        }
        self.model.put((place, None) for place in found.keys() - plain.keys())
        return plain

    def _aside(self, sheet: str) -> int:
        """A column that is free on the sheet."""
        used = self.solved.sheets[sheet]
        return max((column for _, column in [*used.values, *used.formulas]), default=0) + ASIDE


def _divisors(formula: str) -> list[str]:
    """What a formula divides by; nothing for one beyond the grammar."""
    try:
        return [
            text(node.right)
            for node in walk(parse(formula))
            if isinstance(node, Binary) and node.operator == "/"
        ]
    except NotAFormula:
        return []


def _alike(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two students' numbers differ in too few cells to tell their work apart."""
    apart = sum(mine != yours for mine, yours in zip(one, other, strict=False))
    return apart < min(2, len(one))
