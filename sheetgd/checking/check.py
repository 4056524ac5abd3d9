"""Checking a class: the files that came back, whose each one is, what is right in it and what to tell the student."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from typing import TYPE_CHECKING, NamedTuple

from ..classroom.assignment import Assignment, Given
from ..classroom.solved import SolvedWorkbook
from ..errors import SheetgdError
from ..grid.sheet import Place, Value
from ..language import counted, localized, translated
from .causes import ROUNDED, Cause, find_causes, formula_slip, is_right_formula, rounding
from .cell_words import words
from .comparing import compare
from .files import find_files, names_of, read_files
from .formula_words import sheet_words
from .gaps import over_gaps
from .judging import Judgement, RightSheet, as_number
from .owners import Owner, Owners, not_handed_in, plain, without_rivals
from .placing import Answers
from .results import Altered, Checked, Results, Wrong, short
from .returned import Returned
from .sentences import listed, missing
from .solved_sheets import SolvedSheet, of_lesson, of_workbook

if TYPE_CHECKING:
    from .returned_sheets import Returns

TOLERANCE = 1e-6
FEWEST = 6  # filled-in cells: fewer can be alike by chance
MOST_ROUNDED = 0.01  # relative: what is further off is more than rounded


def check(
    key: Sequence[Given],
    files: Iterable[str | os.PathLike[str]],
    tolerance: float = TOLERANCE,
    progress: Callable[[int, int], None] | None = None,
    online: Returns | None = None,
    owners: Mapping[str, str] | None = None,
    model: Callable[[], SolvedWorkbook] | None = None,
) -> Results:
    """Check returned workbooks against the key; a file that cannot be checked is a line like the others.

    A number is right within `tolerance` of its size. Folders and zips are searched for files. `online` are Google
    Sheets, which are checked the same way. `owners` says whose the files are: file names with the students' names or
    assignments. `model` opens the solved workbook that the worksheets were made from, if there was one.

    >>> from pathlib import Path
    >>> from sheetgd.classroom import template
    >>> from sheetgd.classroom.assignment import assignments
    >>> from sheetgd.classroom.roster import Student
    >>> [ada] = assignments([Student("Ada")], "weight", "a seed")
    >>> template.student(ada, Path("ada.xlsx"))
    >>> [one] = check([ada], ["ada.xlsx"]).checked
    >>> one.problem, one.right, one.cells, one.empty[:2]
    ('', 0, 20, ('E17', 'F17'))
    """
    found = find_files(files)
    names = names_of(found)
    whose = Owners(key, owners, [*names, *(online.sheets.values() if online else ())])
    checked: list[Checked] = []
    total = len(found) + len(online or ())
    with Checker(tolerance, model) as checker:
        places = chain((each.place.as_posix() for each in found), repeat(""))
        for place, (name, returned) in zip(
            places, chain(read_files(found, names), online or ()), strict=False
        ):
            checked.append(_check_file(checker, name, returned, whose)._replace(path=place))
            if progress:
                progress(len(checked), total)
    order = {assignment.id: number for number, assignment in enumerate(key)}
    checked = without_rivals(checked)
    checked.sort(key=lambda one: order[one.assignment.id] if one.assignment else len(order))
    return Results(compare(checked, key), *not_handed_in(key, checked))


def _check_file(checker: Checker, name: str, returned: Returned | SheetgdError, owners: Owners) -> Checked:
    if isinstance(returned, SheetgdError):
        return Checked(short(name), _problem(returned))
    owner = owners.of(name, returned.sheets, returned.hidden)
    if owner.assignment is None:
        return Checked(short(name), owner.problem, digest=returned.digest, is_foreign=owner.is_foreign)
    try:
        return checker.check(returned, owner)
    except SheetgdError as error:  # perhaps the engine's process has ended
        checker.close()
        return Checked(short(name), _problem(error), owner.assignment, digest=returned.digest)


def _problem(error: SheetgdError) -> str:
    """The error without the file's name, which stands beside it."""
    error.book = ""
    return str(error).rstrip(".")


class Checker:
    """Judges files; keeps a solved worksheet for each kind of drawing that it meets."""

    def __init__(self, tolerance: float, model: Callable[[], SolvedWorkbook] | None = None) -> None:
        """`model` opens the solved workbook of a class that has one."""
        self.tolerance, self._model = tolerance, model
        self._solved: dict[tuple[object, ...], SolvedSheet] = {}

    def __enter__(self) -> Checker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the solved worksheets; what is checked next draws its own again."""
        for solved in self._solved.values():
            solved.book.close()
        self._solved = {}

    def solved(self, given: Given) -> SolvedSheet:
        """The solved worksheet with the numbers of one student."""
        kind: tuple[object, ...] = ()
        if isinstance(given, Assignment):
            kind = given.lesson, given.blanks, given.blank_rows, len(given.x)
        if kind not in self._solved:
            self._solved[kind] = of_lesson(given) if isinstance(given, Assignment) else self._own()
        solved = self._solved[kind]
        solved.right.assign(solved.numbers(given))
        return solved

    def _own(self) -> SolvedSheet:
        assert self._model
        return of_workbook(self._model())

    def check(self, returned: Returned, owner: Owner) -> Checked:
        """What is right and wrong in one file, whose owner is known, or likely."""
        assignment = owner.assignment
        assert assignment
        solved = self.solved(assignment)
        right, blanks = solved.right, [blank.place for blank in solved.right.blanks]
        at, elsewhere = solved.find(returned.sheets, blanks)
        student = Answers(returned, at)
        here = [place for place in blanks if place in at]
        if {sheet for sheet, _ in blanks} - {sheet for sheet, _ in at}:
            problem = translated("its table was not found: the headings are not those of the worksheet")
            return Checked(short(returned.name), problem, assignment, digest=returned.digest)
        gone = _gone(right, at)
        found = {place: student.value(place) for place in (*right.formulas, *right.constants)}
        mended = over_gaps(right, student, found)
        judged = right.judge({**found, **mended}, self.tolerance)
        own = student.own_formulas(blanks)
        answers = [_as_marked(right, student, cell, own) for cell in judged.blanks]
        misses = [cell for cell in answers if not cell.right and cell.is_number]
        causes = find_causes(right, misses, own)
        reordered = _is_reordered(right, student, solved.sortable)
        whose = tuple(_whose(student.name(solved.name) if solved.name else "", owner))
        altered = tuple(_altered(right, student, judged.altered, solved.sortable if reordered else ()))
        own_reasons = tuple(_held(right, student, answers, gone, altered, elsewhere))
        return Checked(
            short(returned.name),
            "",
            assignment,
            right=sum(cell.right for cell in answers),
            cells=len(answers),
            earned=right.points(cell for cell in answers if cell.right),
            most=right.points(answers),
            wrong=tuple(_wrongs(right, misses, causes, student)),
            empty=tuple(student.address(place) for place in here if student.is_empty(place)),
            texts=tuple(_texts(right, student, own, [place for place in here if place not in mended])),
            unfit=tuple(_unfit(right, student, answers)),
            typed=tuple(student.address(place) for place in here if student.is_typed(place)),
            formulas=tuple(student.address(place) for place in blanks if student.formula(place)),
            altered=altered,
            notes=(*returned.notes, *[translated("its points stand in another order")] * reordered),
            gone=gone.columns,
            held=(*whose, *own_reasons),
            told=own_reasons,
            is_private=bool(whose),
            answers=tuple(found[place] for place in blanks),
            data=tuple(student.value(place) for place in solved.data),
            judgements=tuple(answers),
            digest=returned.digest,
            rounded=tuple(_rounded(misses, causes, own)),
            is_doubtful=bool(owner.doubt),
        )


def _unfit(right: RightSheet, student: Answers, cells: Sequence[Judgement]) -> Iterator[tuple[str, str, str]]:
    """The filled cells where another text belongs, or a formula: address, what stands there, what belongs there."""
    for cell in cells:
        place = cell.blank.place
        if cell.text and not cell.right and place in student.at and not student.is_empty(place):
            typed = right.mark(place).formula and not student.formula(place)
            yield (
                student.address(place),
                short(student.show(place)),
                translated("it must be a formula") if typed else translated("another text belongs there"),
            )


def _as_marked(right: RightSheet, student: Answers, cell: Judgement, own: Mapping[Place, str]) -> Judgement:
    """A cell without the formula that it must hold is wrong; one with the right formula is right, even if what it reads
    is gone."""
    place = cell.blank.place
    if right.mark(place).formula and not student.formula(place):
        return cell._replace(right=False, text=cell.text or "=")
    if cell.right or not cell.is_number or not is_right_formula(right, place, own.get(place, "")):
        return cell
    return cell._replace(right=True, least=0.0)


def _whose(name: str, owner: Owner) -> Iterator[str]:
    """Why a file may be somebody else's than its owner's."""
    mine = owner.assignment.name if owner.assignment else ""
    if owner.doubt:
        yield owner.doubt
    elif name and plain(name) != plain(mine) and not owner.is_sworn:
        yield translated(
            "the name on it is {name}, but its assignment is {owner}'s", name=short(name), owner=mine
        )


def _held(
    right: RightSheet,
    student: Answers,
    answers: Sequence[Judgement],
    gone: Gone,
    altered: Sequence[Altered],
    elsewhere: str,
) -> Iterator[str]:
    """Why no grade is filled in before the teacher has looked, in words that the student may read."""
    if gone.columns:
        yield missing(gone.columns)
    if gone.rows:
        yield counted(
            "row {rows} of its table is gone",
            "rows {rows} of its table are gone",
            len(gone.rows),
            rows=listed(gone.rows),
        )
    if altered:
        printed = tuple(f"{each.address} ({each.title})" for each in altered)
        yield translated("printed cells were changed: {cells}", cells=listed(printed))
    theirs = {blank.place for blank in right.blanks}
    empty = [
        student.address(place)
        for place in right.formulas
        if place not in theirs and place in student.at and student.is_empty(place)
    ]
    if empty:
        yield translated("printed formulas were deleted in {cells}", cells=listed(tuple(empty)))
    filled = [number for cell in answers if (number := as_number(cell.found)) is not None]
    if (
        len(filled) >= FEWEST
        and len(set(filled)) == 1
        and not all(cell.right for cell in answers if cell.is_number)
    ):
        typed = localized(f"{filled[0]:.9g}")
        yield translated("every cell that is filled in holds {number}", number=typed)
    if elsewhere:
        yield translated("several places are filled in, {places}; the fullest was taken", places=elsewhere)


def _rounded(
    misses: Sequence[Judgement], causes: Sequence[Cause | None], own: Mapping[Place, str]
) -> Iterator[float]:
    """For each cell that is wrong by rounding alone: the smallest tolerance that takes it."""
    for cell, cause in zip(misses, causes, strict=True):
        is_rounded = cause.kind == ROUNDED if cause else cell.blank.place not in own and rounding(cell)
        if is_rounded and cell.least <= MOST_ROUNDED:
            yield cell.least


class Gone(NamedTuple):
    """What the file no longer has of the table: columns by their headings, from left to right, and rows from 1."""

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


def _texts(
    right: RightSheet, student: Answers, own: Mapping[Place, str], places: Sequence[Place]
) -> Iterator[tuple[str, str, str]]:
    """The cells without a number: address, what stands there, and what to do or what is wrong in the formula."""
    for place, address, shown, todo in student.texts(place for place in places if place not in right.texts):
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
    """The printed numbers (except `free` ones) that have changed, and printed formulas that give something else."""
    for place, printed in right.assigned.items():
        if place in student.at and place not in free and not student.holds(place, printed):
            yield Altered(student.address(place), right.name(place), printed, short(student.show(place)))
    for cell in formulas:
        address = student.address(cell.blank.place)
        yield Altered(address, cell.blank.title, cell.expected, short(words(cell.found)))
