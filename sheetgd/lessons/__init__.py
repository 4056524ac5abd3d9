"""The worksheets that sheetgd can draw: their names, what each can be given, and the way from a name to a file.

Each lesson is a module here with a function `draw(book, **options)`, whose keywords are the options that make sense
for it. A lesson that takes `data` also has `points(rows, seed)`, which makes some. Lessons and openpyxl are imported
only when they are needed.
"""

from __future__ import annotations

from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from ..language import translated

LESSONS: dict[str, str] = {
    "descent": "a straight line found by gradient descent, with finite differences",
    "original": "the published sheet of that lesson, number for number, and its slips explained",
    "weight": "one weight, one point: the slope as a product of three factors",
    "weights": "two weights into one output: the dot product, and a step with both at once",
    "belts": "inches to centimetres with one multiplier: a grid search, then whole-batch descent",
    "penguins": "body mass from bill length for 333 penguins: normalised data, a line, its valley",
    "optimizers": "plain descent, momentum, RMSprop and Adam side by side from the same start",
    "logistic": "pass or fail from hours: the sigmoid, the log loss, the boundary, accuracy",
    "batches": "the whole batch, mini-batches and single points side by side on noisy data",
    "minima": "a loss with two minima: caught in the local one, and three ways to the global one",
    "network": "two hidden layers learn XOR: the chain rule, mini-batches, momentum",
}


SEVERAL_TABS = frozenset({"optimizers", "batches", "logistic"})  # these have more than one tab to run


def takes(lesson: str) -> dict[str, str]:
    """The options of a new worksheet of the lesson, each with the option that it needs beside it, or "".

    Raises KeyError for a name that is not in LESSONS.

    >>> takes("weight")
    {'without_teacher': '', 'learn': '', 'epochs': '', 'title': ''}
    >>> takes("descent")["seed"], takes("minima")["seed"]
    ('rows', '')
    """
    own = signature(_module(lesson).draw).parameters
    chosen = {"data": "", "x": "data", "y": "data", "rows": "", "seed": "rows"} if "data" in own else {}
    return chosen | dict.fromkeys(("without_teacher", *(name for name in own if name != "book")), "")


def sample_points(lesson: str, rows: int, seed: int) -> Any:
    """This many points for a lesson that takes data, the same ones for the same seed; not all in one place."""
    points = _module(lesson).points(rows, seed)
    while not points.differ:
        seed += 1
        points = _module(lesson).points(rows, seed)
    return points


def draw(
    lesson: str, path: Path, *, without_teacher: bool = False, scroll_bar: bool = True, **options: Any
) -> None:
    """Draw a lesson in the language spoken as a workbook at path, its formulas live and without stored results.

    With `without_teacher` the tab for the teacher is left out, without `scroll_bar` the bars of the live tabs.
    A name that is not in LESSONS raises KeyError; a file that is already there is replaced.
    """
    module = _module(lesson)
    kit = import_module(f"{__name__}.kit.book")
    book = kit.new_book()
    module.draw(book, **options)
    if without_teacher:
        del book[translated(kit.TEACHER)]
    live = import_module(f"{__name__}.kit.live_tab")
    if not scroll_bar:
        live.leave_out_bars(book)
    kit.save_book(book, path, live.scroll_bars(book) if scroll_bar else {})


def _module(lesson: str) -> Any:
    if lesson not in LESSONS:
        raise KeyError(lesson)
    return import_module(f"{__name__}.{'network.lesson' if lesson == 'network' else lesson}")
