"""What a lesson's worksheet for a class holds: its columns, what is left blank, and how a student's numbers are made.

Columns and prose are the lesson's own. A formula's names are those of `lessons.paper`; beside them {column T} is the
whole column T, and {after T} the value of T that the next epoch starts from.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ..errors import UsageError
from ..hints import NamedTuple
from ..lessons import LESSONS
from ..lessons.data import Points
from ..lessons.paper import WHOLE, Column

BLANK_ROWS = 5
Values = Mapping[str, float]


class Numbers(NamedTuple):
    """The typed numbers of one student, and the parameters from which they were made."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    true: dict[str, float]


@dataclass(frozen=True)
class Exercise:
    """A lesson as something that each student of a class does with numbers of their own.

    `make` makes the numbers, `step` is one epoch on plain numbers, and `spread` how the typed columns hold them.
    """

    lesson: str
    tab: str
    title: str
    inputs: tuple[str, ...]
    columns: tuple[Column, ...]
    start: Values
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
    step: Callable[[Numbers, Values, float], Values]
    fit: Callable[[Numbers, Values], float]
    below: tuple[Column, ...] = ()
    nudge: bool = False
    root: bool = False  # of the mean of the squares
    grid: tuple[Sequence[float], Sequence[float]] = ((), ())  # the first parameter down, the last across
    shown: str = WHOLE  # the losses in the grid
    across: str = "x"  # the column that the chart has across; none where a chart of points makes no sense
    target: str = "y"
    axes: tuple[str, str] = ("x", "y")
    second: str = "The line and the valley"

    def numbers(self, chance: random.Random) -> Numbers:
        """One student's numbers."""
        return self.make(chance)

    def titles(self) -> list[str]:
        """What can be left blank: every title of a formula."""
        return [column.title for column in (*self.columns, *self.below)]

    def check_blanks(self, wanted: Sequence[str] | None) -> tuple[str, ...]:
        """The titles in the sheet's order; UsageError for one that it does not have."""
        if wanted is None:
            return self.blanks
        titles = {_plain(title): title for title in self.titles()}
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
        rows = BLANK_ROWS if wanted is None else wanted
        if rows < 1:
            raise UsageError(f"--blank-rows is {rows}", "use a whole number from 1 on, or all")
        return min(rows, self.rows)

    def typed(self, x: Sequence[float], y: Sequence[float]) -> list[tuple[float, ...]]:
        """The numbers of each input column, one a row."""
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


def exercise(lesson: str, like: Points | None = None) -> Exercise:
    """The exercise of a lesson, with numbers of its usual kind or such as `like` has."""
    from . import kinds

    if lesson not in LESSONS:
        near = get_close_matches(lesson.lower(), kinds.KINDS, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"there is no lesson {lesson}", f"{meant}{_works(bool(meant))}")
    if lesson not in kinds.KINDS:
        raise UsageError(f"the lesson {lesson} {kinds.REFUSED.get(lesson, kinds.OTHERWISE)}", _works(False))
    return kinds.KINDS[lesson](like)


def _plain(title: str) -> str:
    """A title as it is compared: 2·x·error can be typed 2*x*error."""
    return "".join(sign for sign in title.casefold() if sign.isalnum())


def _works(capital: bool) -> str:
    from . import kinds

    return f"{'A' if capital else 'a'} class can be given {', '.join(kinds.KINDS)}"
