"""What a lesson's worksheet for a class holds: its columns, what is left blank, and how a student's numbers are made.

Columns and prose are the lesson's own. A formula's names are those of `lessons.kit`; besides them, {column T} is the
whole column T, and {after T} the value of T that the next epoch starts from.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import NamedTuple

from ..errors import UsageError
from ..lessons.kit.style import WHOLE, heading
from ..lessons.kit.tables import Column
from ..lessons.points import Points

PAPER_ROWS = 5  # with blanks, where nothing else is said: as many as a hand fills in within a lesson
EVERY_ROW = sys.maxsize
ParameterValues = Mapping[str, float]


class Numbers(NamedTuple):
    """The typed numbers of one student, and the parameters from which they were made."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    true: dict[str, float]


class Exercise(NamedTuple):
    """A lesson as something that each student of a class does with numbers of their own.

    `make` makes the numbers, `step` is one epoch on plain numbers, and `spread` how the typed columns hold them.
    """

    lesson: str
    tab: str
    title: str
    inputs: tuple[str, ...]
    columns: tuple[Column, ...]
    start: ParameterValues
    successors: Mapping[str, str]  # parameter: the title of its next value
    learn: float
    epochs: int
    rows: int
    blanks: tuple[str, ...]
    loss: str
    line: str  # the prediction: parameters and columns in braces
    prose: tuple[str, ...]
    valley: tuple[str, ...]
    questions: tuple[str, ...]
    make: Callable[[random.Random], Numbers]
    step: Callable[[Numbers, ParameterValues, float], ParameterValues]
    fit: Callable[[Numbers, ParameterValues], float]
    below: tuple[Column, ...] = ()
    nudge: bool = False
    root: bool = False  # of the mean of the squares
    grid: tuple[Sequence[float], Sequence[float]] = ((), ())  # the first parameter down, the last across
    shown: str = WHOLE  # the losses in the grid
    across: str = "x"  # the column that the chart has across; none where a chart of points makes no sense
    target: str = "y"
    axes: tuple[str, str] = ("x", "y")
    second: str = ""  # the title of the second part
    finer: Callable[[random.Random], Numbers] | None = (
        None  # where whole numbers are too few for a large class
    )

    def numbers(self, chance: random.Random, *, crowded: bool = False) -> Numbers:
        """One student's numbers; `crowded` with more digits, where the plainer ones are taken."""
        return self.finer(chance) if crowded and self.finer else self.make(chance)

    def titles(self) -> list[str]:
        """What can be left blank: every title with a formula."""
        return [column.title for column in (*self.columns, *self.below)]

    def check_blanks(self, wanted: Sequence[str] | None) -> tuple[str, ...]:
        """The titles in the sheet's order, each wanted as it is here or in the language spoken; UsageError for one that
        it does not have."""
        if wanted is None:
            return self.blanks
        titles = {_plain(name): title for title in self.titles() for name in (heading(title), title)}
        found = set()
        for name in wanted:
            if _plain(name) not in titles:
                near = get_close_matches(_plain(name), titles, n=1)
                meant = f"did you mean {titles[near[0]]}? " if near else ""
                todo = f"{meant}{'T' if meant else 't'}hese can be left blank: {', '.join(self.titles())}"
                raise UsageError(f"the lesson {self.lesson} has no column {name.strip() or '(empty)'}", todo)
            found.add(titles[_plain(name)])
        return tuple(title for title in self.titles() if title in found)

    def check_rows(self, wanted: int | None) -> int:
        """How many rows have blanks; never more than there are."""
        rows = PAPER_ROWS if wanted is None else wanted
        if rows < 1:
            raise UsageError(f"--blank-rows is {rows}", "use a whole number from 1 on, or all")
        return min(rows, self.rows)

    def typed(self, x: Sequence[float], y: Sequence[float]) -> list[tuple[float, ...]]:
        """The numbers of each input column, one for each row."""
        if len(x) == len(y) > 1:
            return [tuple(x), tuple(y)]
        return [(value,) * self.rows for value in (*x, *y)]  # one point, in every row

    def grid_heads(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The numbers down and across of the table of losses."""
        return tuple(self.grid[0]), tuple(self.grid[1])

    def converges(self, numbers: Numbers, learn: float, epochs: int) -> bool:
        """Whether the epochs of the lesson make the loss smaller and many more do not make it grow again."""
        values, losses = self.start, [self.fit(numbers, self.start)]
        for _ in range(epochs + 50):
            values = self.step(numbers, values, learn)
            losses.append(self.fit(numbers, values))
            if not all(map(math.isfinite, (*values.values(), losses[-1]))):
                return False
        return losses[epochs] < 0.9 * losses[0] and losses[-1] <= 1.01 * losses[epochs]


def _plain(title: str) -> str:
    """A title as it is compared: 2·x·error can be typed 2*x*error."""
    return "".join(sign for sign in title.casefold() if sign.isalnum())


class Likeness:
    """What the points of a file or of a lesson are like: their spread, their digits, their line and how far they miss
    it."""

    def __init__(self, like: Points) -> None:
        self.x = sorted(like.x)
        self.x_digits, self.y_digits = digits(like.x), digits(like.y)
        rows = len(like.x)
        x_mean, y_mean = sum(like.x) / rows, sum(like.y) / rows
        squares = sum((x - x_mean) ** 2 for x in like.x)
        if len(set(like.x)) < 3 or len(set(like.y)) < 3:
            found = f"{like.x_name} and {like.y_name} have fewer than three different numbers"
            raise UsageError(found, "name other data after --data-like")
        pairs = list(zip(like.x, like.y, strict=True))
        self.slope = sum((x - x_mean) * (y - y_mean) for x, y in pairs) / squares
        self.intercept = y_mean - self.slope * x_mean
        self.multiplier = sum(x * y for x, y in pairs) / sum(x * x for x in like.x)
        misses = sum((self.slope * x + self.intercept - y) ** 2 for x, y in pairs)
        self.miss = math.sqrt(misses / rows)
        self.height = max(like.y) - min(like.y)

    def xs(self, chance: random.Random, rows: int) -> tuple[float, ...]:
        """This many x of the same spread, in no order: drawn between neighbouring x of the model."""
        return tuple(self._between(chance) for _ in range(rows))

    def _between(self, chance: random.Random) -> float:
        place = chance.random() * (len(self.x) - 1)
        low = int(place)
        value = self.x[low] + (place - low) * (self.x[low + 1] - self.x[low])
        return _rounded(value, self.x_digits)

    def line(self, chance: random.Random, rows: int) -> Numbers:
        """Points about a line of their own, as far from it as the model's are from theirs."""
        x = self.xs(chance, rows)
        m = self._near(chance, self.slope, abs(self.slope) or self.height / (self.x[-1] - self.x[0]) or 1)
        b = self._near(chance, self.intercept, self.height or 1)
        return Numbers(x, self._above(chance, x, m, b), {"m": m, "b": b})

    def ray(self, chance: random.Random, rows: int) -> Numbers:
        """Points about a line through zero."""
        x = self.xs(chance, rows)
        m = self._near(chance, self.multiplier, abs(self.multiplier) or 1)
        return Numbers(x, self._above(chance, x, m, 0), {"multiplier": m})

    def _above(self, chance: random.Random, x: Sequence[float], m: float, b: float) -> tuple[float, ...]:
        return tuple(
            _rounded(m * value + b + chance.gauss(0, self.miss), self.y_digits)
            if self.miss > 1e-9 * self.height
            else float(f"{m * value + b:.12g}")
            for value in x
        )

    def _near(self, chance: random.Random, centre: float, size: float) -> float:
        """A number with few digits, at most some 40 % of the size away from the centre."""
        unit = 10.0 ** math.floor(math.log10(size / 4))
        far = max(2, int(0.4 * size / unit))
        steps = round(centre / unit) + chance.randint(-far, far)
        return float(f"{(steps or 1) * unit:.12g}")


def digits(values: Sequence[float]) -> int:
    """How many digits after the point numbers like these need: as many as they have, and no more than tell them apart.

    >>> digits([30.5, 77]), digits([0.123456, 0.7]), digits([0.000001, 0.000009])
    (1, 3, 6)
    """
    exponents = (Decimal(repr(float(value))).normalize().as_tuple().exponent for value in values)
    written = max(-int(exponent) for exponent in exponents)
    spread = max(values) - min(values)
    return max(0, min(written, 2 - math.floor(math.log10(spread)))) if spread else 0


def _rounded(value: float, places: int) -> float:
    return round(value, places) if places else float(round(value))
