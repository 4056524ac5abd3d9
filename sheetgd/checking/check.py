"""Checking a class: the files that came back, whose each is, what is right in it and what to tell the student."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..books.book import Book
from ..books.opening import open_book
from ..classroom import template
from ..classroom.assignment import Assignment
from ..classroom.drawing import NAME
from ..classroom.model_key import CLASS, NUMBERS
from ..classroom.plan import Plan, point_places, printed_numbers
from ..errors import SheetgdError, UsageError
from ..formulas.references import references
from ..grid import a1
from ..grid.sheet import Place, Sheet, Value, words
from .causes import Cause, find_causes, formula_slip
from .comparing import compare
from .formula_words import sheet_words
from .judging import Blank, Judgement, RightSheet, as_number, is_number
from .placing import Answers, is_tame
from .results import Altered, Checked, Results, Wrong, short
from .returned import Returned, read_returned
from .sentences import listed, missing
from .work_places import find_work

if TYPE_CHECKING:
    from .returned import Returns

TOLERANCE = 1e-6
MOST_FILES = 5_000
AT_ONCE = 3  # files that are read at the same time: their formulas are computed in processes of their own
BATCH = 24  # files that are held in memory


def check(
    key: Sequence[Assignment],
    files: Iterable[str | os.PathLike[str]],
    tolerance: float = TOLERANCE,
    progress: Callable[[int, int], None] | None = None,
    online: Returns | None = None,
) -> Results:
    """Check returned workbooks against the key; a file that cannot be checked is a line like the others.

    A number is right within `tolerance` of its size. Folders are searched for files. `online` are Google Sheets, which
    are checked just so.

    >>> from sheetgd.classroom.assignment import assignments
    >>> from sheetgd.classroom.roster import Student
    >>> [ada] = assignments([Student("Ada")], "weight", "a seed")
    >>> template.student(ada, Path("ada.xlsx"))
    >>> [one] = check([ada], ["ada.xlsx"]).checked
    >>> one.problem, one.right, one.cells, one.empty[:2]
    ('', 0, 20, ('E17', 'F17'))
    """
    paths = list(every_file(files))
    by_id = {assignment.id: assignment for assignment in key}
    checked: list[Checked] = []
    total = len(paths) + len(online or ())
    with Checker(tolerance) as checker, ThreadPoolExecutor(AT_ONCE) as readers:
        for name, returned in chain(_read(paths, readers), online or ()):
            checked.append(_check_file(checker, name, returned, by_id))
            if progress:
                progress(len(checked), total)
    order = {identity: number for number, identity in enumerate(by_id)}
    checked.sort(key=lambda one: order[one.assignment.id] if one.assignment else len(order))
    here = {one.assignment.id for one in checked if one.assignment}
    unread = " ".join(
        _plain(one.file) for one in checked if one.problem
    )  # came, though nothing is known of it
    missing = [each for each in key if each.id not in here and not _is_named(each, unread)]
    return Results(compare(checked, key), missing)


def _is_named(one: Assignment, files: str) -> bool:
    return any(name and re.search(rf"\b{re.escape(_plain(name))}\b", files) for name in (one.name, one.file))


def every_file(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Path]:
    """The files named, and those in the folders named; what programs leave beside them is passed over."""
    for path in map(Path, paths):
        if os.path.isdir(path):
            found = sorted(
                each
                for each in path.rglob("*")
                if each.is_file() and not each.name.startswith(".") and not _is_litter(each.name)
            )
            if len(found) > MOST_FILES:
                todo = "name a folder that holds only the worksheets"
                raise UsageError(f"{path} holds {len(found):,} files", todo)
            yield from found or [path]
        elif not _is_litter(path.name):  # which a pattern such as *.xlsx names, too
            yield path


def _is_litter(name: str) -> bool:
    """Whether Excel, LibreOffice, macOS or Windows put the file there, beside another: a lock, properties, previews."""
    return name.startswith(("~$", ".~lock.", "._")) or name.lower() in ("thumbs.db", "desktop.ini")


def _read(
    paths: Sequence[Path], readers: ThreadPoolExecutor
) -> Iterator[tuple[str, Returned | SheetgdError]]:
    """Each file's name, with what it holds or why it cannot be read."""
    folders = Counter(
        folder.parent for folder in {path.parent for path in paths}
    )  # one for each student, perhaps
    for start in range(0, len(paths), BATCH):
        batch = paths[start : start + BATCH]
        for path, returned in zip(batch, readers.map(_try_to_read, batch), strict=True):
            name = f"{path.parent.name}/{path.name}" if folders[path.parent.parent] > 1 else path.name
            yield name, returned if isinstance(returned, SheetgdError) else returned._replace(name=name)


def _try_to_read(path: Path) -> Returned | SheetgdError:
    """A file, or what is wrong with it."""
    try:
        return read_returned(path)
    except SheetgdError as error:
        return error


def _check_file(
    checker: Checker, name: str, returned: Returned | SheetgdError, key: dict[str, Assignment]
) -> Checked:
    if isinstance(returned, SheetgdError):
        return Checked(short(name), _problem(returned))
    identity = find_id(returned.sheets.values())
    if identity is None and {CLASS, NUMBERS} <= set(returned.sheets):
        return Checked(short(name), "it is a key, not a worksheet", digest=returned.digest)
    if identity is None:
        found, todo = (
            "there is no assignment id in it",
            "ask whose it is: the id stands at the top of the sheet",
        )
        found += _suggestion(returned.sheets.values(), key.values())
        return Checked(short(name), f"{found}; {todo}", digest=returned.digest)
    if identity not in key:
        problem = f"its assignment {identity} is not in the key; it may belong to another class or lesson"
        return Checked(short(name), problem, digest=returned.digest)
    try:
        return checker.check(returned, key[identity])
    except SheetgdError as error:  # perhaps the engine's process has ended
        checker.close()
        return Checked(short(name), _problem(error), key[identity], digest=returned.digest)


def _suggestion(sheets: Iterable[Sheet], key: Collection[Assignment]) -> str:
    """Whose a file without an id may be, by the name on it or the numbers in it."""
    values = [value for sheet in sheets for value in sheet.values.values()]
    texts = {_plain(value) for value in values if isinstance(value, str)}
    numbers = {number for value in values if (number := as_number(value)) is not None}
    for what, mine in (
        ("the name on it is that of", [one for one in key if _plain(one.name) in texts]),
        ("the numbers in it are those of", [one for one in key if {*one.x, *one.y} <= numbers]),
    ):
        if len(mine) == 1:
            return f"; {what} {mine[0].name}"
    return ""


def _problem(error: SheetgdError) -> str:
    """The error without the file's name, which stands beside it."""
    error.book = ""
    return str(error).rstrip(".")


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def find_id(sheets: Iterable[Sheet]) -> str | None:
    """The assignment id in a workbook; None where there is none, or where sheets disagree."""
    found = {identity for sheet in sheets if (identity := template.assignment_id(sheet))}
    return found.pop() if len(found) == 1 else None


class SolvedSheet(NamedTuple):
    """One kind of drawing: its plan, its solved sheet, and where the points stand."""

    plan: Plan
    right: RightSheet
    points: list[Place]


class Checker:
    """Judges files; keeps a solved worksheet for each kind of drawing that it meets."""

    def __init__(self, tolerance: float) -> None:
        self.tolerance = tolerance
        self._solved: dict[tuple[object, ...], SolvedSheet] = {}
        self._books: list[Book] = []

    def __enter__(self) -> Checker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the solved worksheets; what is checked next draws its own again."""
        for book in self._books:
            book.close()
        self._books, self._solved = [], {}

    def solved(self, assignment: Assignment) -> SolvedSheet:
        """The solved worksheet with the numbers of one assignment."""
        kind = (assignment.lesson, assignment.blanks, assignment.blank_rows, len(assignment.x))
        if kind not in self._solved:
            plan = Plan(assignment)
            blanks = [
                Blank((each.sheet, a1.parse(each.cell)), each.title, each.row) for each in plan.blank_cells()
            ]
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "solution.xlsx")
                template.solution(assignment, path)
                self._books.append(open_book(path))
                right = RightSheet(self._books[-1], blanks, list(assignment.start))
            self._solved[kind] = SolvedSheet(plan, right, point_places(plan))
        solved = self._solved[kind]
        solved.right.assign(printed_numbers(solved.plan, assignment))
        return solved

    def check(self, returned: Returned, assignment: Assignment) -> Checked:
        """What is right and wrong in one file."""
        plan, right, points = self.solved(assignment)
        blanks = [blank.place for blank in right.blanks]
        at, elsewhere = find_work(plan, right.sheets[plan.task.tab], returned.sheets, blanks)
        student = Answers(returned, at)
        here = [place for place in blanks if place in at]
        if {sheet for sheet, _ in blanks} - {sheet for sheet, _ in at}:
            problem = "its table was not found: the headings are not those of the worksheet"
            return Checked(short(returned.name), problem, assignment, digest=returned.digest)
        gone = _gone(right, at)
        found = {place: student.value(place) for place in (*right.formulas, *right.constants)}
        mended = _over_gaps(right, student, found)
        judged = right.judge({**found, **mended}, self.tolerance)
        misses = [cell for cell in judged.blanks if not cell.right and cell.is_number]
        own = student.own_formulas(blanks)
        causes = find_causes(right, misses, own)
        reordered = _is_reordered(right, student, points)
        altered = tuple(_altered(right, student, judged.altered, points if reordered else ()))
        return Checked(
            short(returned.name),
            "",
            assignment,
            right=sum(cell.right for cell in judged.blanks),
            cells=len(judged.blanks),
            wrong=tuple(_wrongs(right, misses, causes, student)),
            empty=tuple(student.address(place) for place in here if student.is_empty(place)),
            texts=tuple(_texts(right, student, own, [place for place in here if place not in mended])),
            typed=tuple(student.address(place) for place in here if student.is_typed(place)),
            formulas=tuple(student.address(place) for place in blanks if student.formula(place)),
            altered=altered,
            notes=(*returned.notes, *["its points stand in another order"] * reordered),
            gone=gone.columns,
            held=tuple(_held(right, student, assignment, gone, altered, elsewhere)),
            answers=tuple(found[place] for place in blanks),
            data=tuple(student.value(place) for place in points),
            judgements=tuple(judged.blanks),
            digest=returned.digest,
        )


def _held(
    right: RightSheet,
    student: Answers,
    assignment: Assignment,
    gone: Gone,
    altered: Sequence[Altered],
    elsewhere: str,
) -> Iterator[str]:
    """Why no grade is filled in before the teacher has looked."""
    tab = next(iter(right.formulas))[0]
    name = student.name((tab, a1.parse(NAME)))
    if name and _plain(name) != _plain(assignment.name):
        yield f"the name on it is {short(name)}, but its assignment is {assignment.name}'s"
    if gone.columns:
        yield missing(gone.columns)
    if gone.rows:
        many = (
            f"rows {listed(gone.rows)} of its table are"
            if len(gone.rows) > 1
            else f"row {gone.rows[0]} of its table is"
        )
        yield f"{many} gone"
    if altered:
        printed = tuple(f"{each.address} ({each.title})" for each in altered)
        yield f"what was printed was changed in {listed(printed)}"
    theirs = {blank.place for blank in right.blanks}
    empty = [
        student.address(place)
        for place in right.formulas
        if place not in theirs and place in student.at and student.is_empty(place)
    ]
    if empty:
        yield f"printed formulas were deleted in {listed(tuple(empty))}"
    if elsewhere:
        yield f"cells are filled in at several places, {elsewhere}; the fullest was taken"


class Gone(NamedTuple):
    """What is no longer in the file of the table: columns by their headings, from left to right, and rows from 1."""

    columns: tuple[str, ...]
    rows: tuple[str, ...]


def _gone(right: RightSheet, at: Mapping[Place, Place]) -> Gone:
    titles = {blank.place: blank.title for blank in right.blanks}
    rows = {blank.place[1][0] for blank in right.blanks if blank.row}
    top = min(rows, default=0)
    cells = [each for each in (*right.formulas, *right.constants) if each[1][0] >= top]
    lines = {row for _, (row, _) in cells}
    lost = {row for row in lines if not any(place in at for place in cells if place[1][0] == row)}
    places = [place for place in cells if place not in at and place[1][0] in rows - lost]
    places.sort(key=lambda place: (place[0], place[1][1], place[1][0]))
    columns = dict.fromkeys(titles.get(place) or right.name(place) for place in places)
    return Gone(tuple(columns), tuple(str(row - top + 1) for row in sorted(lost)))


def _is_reordered(right: RightSheet, student: Answers, points: Sequence[Place]) -> bool:
    """Whether the table's points are those that were printed, in another order."""

    def rows(values: Mapping[Place, Value]) -> list[tuple[str, ...]]:
        lines: dict[int, list[str]] = {}
        for place in points:
            lines.setdefault(place[1][0], []).append(f"{as_number(values.get(place)) or 0.0:.12g}")
        return [tuple(line) for line in lines.values()]

    now = rows({place: student.value(place) for place in points})
    before = rows({place: right.assigned[place] for place in points})
    return now != before and sorted(now) == sorted(before)


def _over_gaps(right: RightSheet, student: Answers, found: Mapping[Place, Value]) -> dict[Place, Value]:
    """What the student's formulas would show that a gap before them keeps from being right.

    A gap is an empty cell, a text or an error. It counts as wrong itself; a formula that reads it may be right.
    """
    theirs = [blank.place for blank in right.blanks]
    empty = {place for place in theirs if not is_number(found[place])}
    formulas = {place: text for place, text in student.own_formulas(theirs).items() if is_tame(text)}
    printed = {place: text for place, text in right.formulas.items() if place not in theirs}
    gaps = empty - formulas.keys()
    while empty and formulas:
        again = _reading(right, formulas | printed, gaps, empty)
        values = right.recompute(found, again)
        errors = {place for place, value in values.items() if not is_number(value)}
        if not errors:
            return values
        first = {
            place for place in errors if not any(other in errors for other in _reads(place, again[place]))
        }
        gaps |= first or errors  # the others may only repeat them
    return {}


def _reading(
    right: RightSheet, formulas: Mapping[Place, str], gaps: set[Place], empty: set[Place]
) -> dict[Place, str]:
    """The formulas that show nothing, or that read a gap, at once or through others."""
    again: dict[Place, str] = {}
    for place in right.formulas:
        reads_gap = any(other in gaps or other in again for other in _reads(place, formulas.get(place, "")))
        if place in formulas and place not in gaps and (place in empty or reads_gap):
            again[place] = formulas[place]
    return again


def _reads(place: Place, formula: str) -> list[Place]:
    """The cells that a formula in this place refers to."""
    return [(sheet, cell) for sheet, area in references(formula, place[0]).areas for cell in area.cells]


def _texts(
    right: RightSheet, student: Answers, own: Mapping[Place, str], places: Sequence[Place]
) -> Iterator[tuple[str, str, str]]:
    """The cells without a number: address, what stands there, and what to do or what is wrong in the formula."""
    for place, address, shown, todo in student.texts(places):
        slip = formula_slip(right, place, own.get(place, ""))
        yield address, shown, slip.words if slip else todo


def _wrongs(
    right: RightSheet, misses: Sequence[Judgement], causes: Sequence[Cause | None], student: Answers
) -> Iterator[Wrong]:
    """The wrong cells; those of a column with the same cause are one, with a count."""
    labels = [
        cause and (cell.blank.title, cause.kind, cause.words)
        for cell, cause in zip(misses, causes, strict=True)
    ]
    counts, seen = Counter(labels), set()
    for cell, cause, label in zip(misses, causes, labels, strict=True):
        if label in seen:
            continue
        if label:
            seen.add(label)
        place, found = cell.blank.place, cell.found
        assert isinstance(found, (int, float))
        yield Wrong(
            student.address(place),
            cell.blank.title,
            cell.blank.row,
            cell.expected,
            found,
            formula=student.formula(place),
            asked=sheet_words(right, right.formulas[place], place),
            cause=cause,
            again=counts[label] - 1 if label else 0,
        )


def _altered(
    right: RightSheet, student: Answers, formulas: Sequence[Judgement], free: Collection[Place]
) -> Iterator[Altered]:
    """The printed numbers (but `free` ones) that are others now, and printed formulas that give something else."""
    for place, printed in right.assigned.items():
        if place in student.at and place not in free and not student.holds(place, printed):
            yield Altered(student.address(place), right.name(place), printed, short(student.show(place)))
    for cell in formulas:
        address = student.address(cell.blank.place)
        yield Altered(address, cell.blank.title, cell.expected, short(words(cell.found)))
