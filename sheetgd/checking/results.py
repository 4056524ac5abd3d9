"""What a check found: a line for each file, and the class."""

from __future__ import annotations

from typing import NamedTuple

from ..classroom.assignment import Given
from ..grid.sheet import Value
from .causes import Cause
from .judging import Judgement

LONGEST = 80  # characters of a text that are shown


class Wrong(NamedTuple):
    """A number that is not right: where it stands in the student's file, and why it may have come about."""

    address: str
    title: str
    row: int
    expected: float
    found: float
    formula: str  # the student's, empty for a typed number
    asked: str  # what belongs there, in the titles of the sheet
    cause: Cause | None
    again: int  # further cells of the column in which the same happened


class Altered(NamedTuple):
    """A printed number or formula that is no longer what it was."""

    address: str
    title: str
    printed: float
    found: str


class Checked(NamedTuple):
    """One file and what was found in it; `problem` says why it could not be checked."""

    file: str
    problem: str
    assignment: Given | None = None
    right: int = 0
    cells: int = 0
    earned: float = 0.0  # points
    most: float = 0.0  # one point for each cell, unless the teacher says otherwise
    wrong: tuple[Wrong, ...] = ()
    gone: tuple[str, ...] = ()  # the headings of deleted columns
    empty: tuple[str, ...] = ()  # addresses of blanks left blank
    texts: tuple[tuple[str, str, str], ...] = ()  # address, what stands there, what to do
    unfit: tuple[tuple[str, str, str], ...] = ()  # where another text or a formula belongs: the same
    typed: tuple[str, ...] = ()
    formulas: tuple[str, ...] = ()
    altered: tuple[Altered, ...] = ()
    notes: tuple[str, ...] = ()
    held: tuple[str, ...] = ()  # why no grade is filled in before the teacher has looked
    told: tuple[str, ...] = ()  # those of them that the student may read: they name nobody else
    is_private: bool = False  # perhaps it is another's: nothing of it is shown to the student
    answers: tuple[Value, ...] = ()  # as they stand in the file, for comparison with others
    data: tuple[Value, ...] = ()  # the numbers that were printed, as they stand in the file
    judgements: tuple[Judgement, ...] = ()
    digest: str = ""
    rounded: tuple[
        float, ...
    ] = ()  # of the cells that are only rounded: the smallest tolerance that takes each
    is_doubtful: bool = False  # whose it is is only likely
    path: str = ""  # where it lay, a zip being a folder
    is_foreign: bool = False  # nobody's in this class

    @property
    def score(self) -> float:
        """The share of the points."""
        return self.earned / self.most if self.most else 0.0

    @property
    def first(self) -> Wrong | None:
        """The first wrong cell, in the order in which one fills them in."""
        return self.wrong[0] if self.wrong else None


class Results(NamedTuple):
    """A class: a line for each file in the key's order, and who handed in nothing; `unread` files may be theirs."""

    checked: list[Checked]
    missing: list[Given]
    unread: int = 0

    @property
    def good(self) -> list[Checked]:
        """The files that could be checked."""
        return [one for one in self.checked if not one.problem]

    @property
    def best(self) -> list[Checked]:
        """One file for each student: the best of several."""
        found: dict[str, Checked] = {}
        for one in self.good:
            assert one.assignment
            other = found.setdefault(one.assignment.id, one)
            if one.score > other.score:
                found[one.assignment.id] = one
        return list(found.values())


def short(text: str) -> str:
    """A text from a file or the name of one, as it may be shown: of moderate length, without control characters.

    >>> short("a\\x1b[31m.xlsx"), len(short("x" * 1000))
    ('a [31m.xlsx', 80)
    """
    shown = "".join(sign if sign.isprintable() else " " for sign in text[: 2 * LONGEST])
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"
