"""The worksheets that sheetgd can draw: their names, and the way from a name to a file.

Each lesson is a module here with one function, `draw(book)`; it and openpyxl are imported only when it is drawn.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

LESSONS: dict[str, str] = {
    "descent": "a straight line found by gradient descent, with finite differences",
    "original": "the published sheet of that lesson, number for number, and its slips explained",
}


def draw(lesson: str, path: Path) -> None:
    """Draw a lesson as a workbook at path, its formulas live and without stored results.

    A name that is not in LESSONS raises KeyError; a file that is already there is replaced.
    """
    if lesson not in LESSONS:
        raise KeyError(lesson)
    paper = import_module(f"{__name__}.paper")
    book = paper.new_book()
    import_module(f"{__name__}.{lesson}").draw(book)
    book.save(path)
