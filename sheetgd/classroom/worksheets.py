"""A student's worksheet as a file, the same solved, and what can be told of one that comes back."""

from __future__ import annotations

import re
from pathlib import Path

from ..sheet import Sheet
from .assignment import Assignment
from .plan import Blank, Plan
from .press import Press

__all__ = ["Blank", "Plan", "Press", "assignment_id", "blank_cells", "solution", "student"]

LABELLED = re.compile(
    r"\bAssignment[\s:]+([2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4})(?![\w-])", re.IGNORECASE
)


def student(assignment: Assignment, path: Path) -> None:
    """Write the student's worksheet, every formula with its stored result."""
    with Press(Plan(assignment)) as press:
        path.write_bytes(press.file(assignment))


def solution(assignment: Assignment, path: Path) -> None:
    """Write the same worksheet with every formula in its cell: nothing is left to fill in."""
    with Press(Plan(assignment, ())) as press:
        path.write_bytes(press.file(assignment))


def blank_cells(assignment: Assignment) -> list[Blank]:
    """The cells that the student fills in: (sheet, A1, column title, row of the table)."""
    return Plan(assignment).blank_cells()


def assignment_id(cells: Sheet) -> str | None:
    """The id in a returned sheet, found by its label; None where there is none, or more than one.

    >>> sheet = Sheet("Descent")
    >>> sheet.values[2, 12] = "Assignment 7KQ2-M9XD"
    >>> assignment_id(sheet)
    '7KQ2-M9XD'
    """
    texts = [value for value in cells.values.values() if isinstance(value, str)]
    found = {match[1].upper() for text in texts for match in LABELLED.finditer(text)}
    return found.pop() if len(found) == 1 else None
