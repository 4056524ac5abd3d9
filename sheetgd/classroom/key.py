"""The teacher's workbook: every assignment, its answers, and everything that checking needs, plainly visible.

Sheet Class has a line for each student, Answers what belongs in the cells that they fill in, Numbers what each student
was given, Settings what holds for all. `read` takes all but the answers, by their labels: no more is needed to draw any
worksheet again, and its formulas are the answers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl.worksheet.worksheet import Worksheet

from ..books.book import Book
from ..books.opening import open_book
from ..errors import BookError, NotAWorkbook, SheetError, SheetgdError
from ..grid.edits import Edits
from ..grid.sheet import Sheet, Value
from ..language import speaking, translated
from ..lessons.kit.book import new_book, save_book
from .assignment import Assignment
from .catalogue import exercise
from .drawing import LOSS
from .key_lines import EDITED, KeySettings, Lines, put_settings
from .key_sheet import Pages
from .model_key import ANSWERS, CLASS, NUMBERS, SETTINGS, SOLVED, WHO, ModelClass, from_book
from .plan import Blank, Plan
from .template import Template

ID = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}")
FOREIGN = "name the key.xlsx that sheetgd class made"


class Class(NamedTuple):
    """What a key holds: the assignments, the seed, and the Drive folder of their Google Sheets, if they are there, with
    the address of each that was made, by its assignment's id."""

    assignments: list[Assignment]
    seed: str
    folder: str
    addresses: dict[str, str]


class Solved(NamedTuple):
    """The answers of one assignment, from the formulas of its own sheet.

    `blanks` are the values of the cells to fill in, `first` the new parameters after the first row (or step), `final`
    the parameters after the epochs, `loss` the loss then.
    """

    blanks: dict[Blank, Value]
    first: dict[str, Value]
    final: dict[str, Value]
    loss: Value


def solve(template: Template, blanks: Sequence[Blank], assignment: Assignment) -> Solved:
    """Put the student's numbers into the solved sheet, read the answers, and run the epochs.

    `template` is that of the solved sheet, `blanks` what the students fill in.
    """
    plan = template.plan
    template.put(assignment)
    names = list(assignment.start)
    successors = [plan.task.successors[name] for name in names]
    firsts = [plan.cell(title, 1) for title in successors]
    values = template.get([*(blank.cell for blank in blanks), *firsts])
    starts = [template.place(plan.starts[name]) for name in names]
    carry = [(template.place(plan.successor(name)), start) for name, start in zip(names, starts, strict=True)]
    watched = [*starts, template.place(LOSS)]
    rows = template.model.epochs(assignment.epochs, carry, watched, 60.0)
    last: list[Any] = rows[-1] or [None] * len(watched)
    answers = dict(zip(blanks, values[: len(blanks)], strict=True))
    first = dict(zip(successors, values[len(blanks) :], strict=True))
    return Solved(answers, first, dict(zip(names, last, strict=False)), last[-1])


# -- writing ---------------------------------------------------------------------------------------------------------
def write(
    path: Path,
    assignments: Sequence[Assignment],
    seed: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
    ending: str = ".xlsx",
    folder: str = "",
) -> None:
    """Write the key of a class at the path.

    `ending` is that of the students' files, `folder` the address of the Drive folder where they are Google Sheets: then
    there is a column for the address of each (see `note_addresses`). What nobody but a teacher reads is in the
    worksheets' language.
    """
    with speaking(assignments[0].language):
        _write(path, assignments, seed, progress, ending, folder)


def _write(
    path: Path,
    assignments: Sequence[Assignment],
    seed: str,
    progress: Callable[[int, int], None],
    ending: str,
    folder: str,
) -> None:
    first = assignments[0]
    plan = Plan(first)
    task, blanks = plan.task, plan.blank_cells()
    book = new_book()
    book.properties.title = "Key"
    line, answers, numbers = (Pages(book.create_sheet(name), 4) for name in (CLASS, ANSWERS, NUMBERS))
    line.head(translated("Key: {title}", title=task.title), _class_titles(first, bool(folder)))
    typed = [title for title in task.inputs if title not in first.blanks]
    titles = map(plan.drawn, (*typed, *first.blanks))
    answers.head(translated("What belongs in the yellow cells"), [*WHO, translated("row"), *titles])
    numbers.head(
        translated("What each student was given"), [*WHO, *_numbered("x", first.x), *_numbered("y", first.y)]
    )
    with Template(Plan(first, ())) as template:
        for done, assignment in enumerate(assignments, start=1):
            solved = solve(template, blanks, assignment)
            line.add(_class_line(assignment, solved, ending))
            numbers.add([assignment.id, assignment.name, *assignment.x, *assignment.y])
            for values in _answer_lines(template.plan, assignment, solved):
                answers.add(values)
            answers.rule()
            progress(done, len(assignments))
    line.finish()
    answers.finish()
    numbers.finish(titles=len(WHO))
    _settings(book.create_sheet(SETTINGS), first, seed, folder)
    save_book(book, path)


def _class_titles(first: Assignment, online: bool) -> list[str]:
    task = exercise(first.lesson)
    first_step = [f"first {title}" for title in task.successors.values()]
    final = [f"{name} after {first.epochs}" for name in (*first.start, task.loss)]
    true = [f"true {name}" for name in first.true]
    return [*WHO[::-1], "contact", "file", *true, "learn", *first_step, *final, *["address"] * online]


def _class_line(assignment: Assignment, solved: Solved, ending: str) -> list[Value]:
    who = [assignment.name, assignment.id, assignment.contact, assignment.file + ending]
    numbers = [*assignment.true.values(), assignment.learn, *solved.first.values()]
    return [*who, *numbers, *solved.final.values(), solved.loss]


def _answer_lines(plan: Plan, assignment: Assignment, solved: Solved) -> Iterator[list[Value]]:
    """A line for each row with blanks, and one with row 0 for what is filled in below the table."""
    by_place = {(blank.title, blank.row): value for blank, value in solved.blanks.items()}
    for row in (*range(1, assignment.blank_rows + 1), 0):
        values = [by_place.get((title, row)) for title in assignment.blanks]
        if any(value is not None for value in values):
            typed = [column[row - 1] if row else None for column in plan.typed_by(assignment)]
            yield [assignment.id, assignment.name, row, *typed, *values]


def note_addresses(path: Path, addresses: Mapping[str, str]) -> None:
    """Write into a key, made with a folder, the addresses of the Google Sheets by the ids of their assignments."""
    edits = Edits()
    with open_book(path) as book:
        try:
            lines = Lines(book.cells(CLASS), "assignment")
            for row in lines.rows():
                if address := addresses.get(lines.text(row, "assignment")):
                    edits.put(CLASS, lines.place(row, "address"), address)
            book.apply(edits, force=True)
        except SheetgdError as error:
            raise error.at(book=book.name) from None


def _numbered(name: str, values: Sequence[float]) -> list[str]:
    return [f"{name} {index}" for index in range(1, len(values) + 1)]


def _settings(sheet: Worksheet, first: Assignment, seed: str, folder: str) -> None:
    """What holds for the whole class: a label in a row, and the values to its right."""
    settings: list[tuple[str, Sequence[Value]]] = [
        ("lesson", [first.lesson]),
        ("language", [first.language]),
        ("seed", [seed]),
        ("epochs", [first.epochs]),
        ("to fill in", first.blanks),
        ("on the first rows", [first.blank_rows]),
        *((f"start {name}", [value]) for name, value in first.start.items()),
        ("x and y are", first.axes),
        ("table down", first.grid[0]),
        ("table across", first.grid[1]),
        *[("folder", [folder])] * bool(folder),
    ]
    put_settings(sheet, settings)


# -- reading ---------------------------------------------------------------------------------------------------------
def read(path: str | os.PathLike[str]) -> list[Assignment]:
    """The assignments of a key, in its order. BookError or SheetError for a file that is not a key, or was changed."""
    return read_class(path).assignments


def read_class(path: str | os.PathLike[str]) -> Class:
    """All that the key of a lesson's class says. BookError or SheetError for a file that is not one, or was changed."""
    found = read_any(path)
    if isinstance(found, ModelClass):
        raise BookError(
            f"it is the key of worksheets from {found.solved.name}, not of a lesson",
            "add the same --model to go on with them",
            book=os.path.basename(path),
        )
    return found


def read_any(path: str | os.PathLike[str]) -> Class | ModelClass:
    """The same of a lesson's class, or of one whose worksheets come from a solved workbook."""
    with _open(path) as book:
        try:
            for name in (CLASS, NUMBERS, SETTINGS):
                if name not in book.sheet_names:
                    raise BookError(f"it is not a key: there is no sheet {name}", FOREIGN)
            settings = KeySettings(book.cells(SETTINGS))
            if settings.text(SOLVED, needed=False):
                return from_book(book, settings, Path(path).parent)
            found = _read(book.cells(CLASS), book.cells(NUMBERS), settings)
            folder = settings.text("folder", needed=False)
            return Class(
                found, settings.text("seed"), folder, _addresses(book.cells(CLASS)) if folder else {}
            )
        except SheetgdError as error:
            raise error.at(book=book.name) from None


def _open(path: str | os.PathLike[str]) -> Book:
    try:
        return open_book(path)
    except NotAWorkbook as error:  # a roster, say
        error.todo = FOREIGN
        raise


def _read(sheet: Sheet, numbers: Sheet, settings: KeySettings) -> list[Assignment]:
    lesson = settings.text("lesson")
    try:
        task = exercise(lesson)
        blanks = task.check_blanks(settings.texts("to fill in"))
    except SheetgdError as error:
        raise SheetError(error.found, EDITED, sheet=SETTINGS) from None
    start = {name: settings.number(f"start {name}") for name in task.start}
    axes, grid = (
        settings.texts("x and y are"),
        (settings.numbers("table down"), settings.numbers("table across")),
    )
    language = settings.language()
    epochs, blank_rows = int(settings.number("epochs")), int(settings.number("on the first rows"))
    lines, given = Lines(sheet, "assignment"), Lines(numbers, "assignment")
    typed = {given.text(row, "assignment"): row for row in given.rows()}
    found: list[Assignment] = []
    for row in lines.rows():
        identity = lines.text(row, "assignment")
        if not ID.fullmatch(identity) or identity not in typed or identity in {other.id for other in found}:
            why = f"{identity or 'nothing'} is not an assignment of this key"
            raise SheetError(why, EDITED, sheet=CLASS, cell=lines.cell(row, "assignment"))
        line = typed[identity]
        x, y = (given.series(line, letter) for letter in "xy")
        true = {title.removeprefix("true "): lines.number(row, title) for title in lines.headed("true ")}
        file = Path(lines.text(row, "file")).stem
        found.append(
            Assignment(
                identity,
                lines.text(row, "name"),
                lines.text(row, "contact", empty=True),
                file,
                lesson,
                x,
                y,
                true,
                start,
                lines.number(row, "learn"),
                epochs,
                blanks,
                blank_rows,
                grid,
                (axes[0], axes[1]),
                language,
            )
        )
    return found


def _addresses(sheet: Sheet) -> dict[str, str]:
    lines = Lines(sheet, "assignment")
    if "address" not in lines.columns:
        return {}
    found = {lines.text(row, "assignment"): lines.text(row, "address", empty=True) for row in lines.rows()}
    return {identity: address for identity, address in found.items() if address}
