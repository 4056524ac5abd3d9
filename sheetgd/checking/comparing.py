"""Comparing the files of a class with each other: the same work, another's numbers, the same assignment twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from ..classroom.assignment import Assignment, Given
from ..classroom.plan import points
from .judging import is_number
from .results import Checked
from .sentences import listed

FEWEST = 4  # numbers that must agree; fewer can agree by chance
MOST_ALIKE = 0.9  # of the wrong numbers of a student that are another's: more is the same work


def compare(checked: Sequence[Checked], key: Sequence[Given]) -> list[Checked]:
    """The same files, each with what the others say of it; those that came twice at the end."""
    doubles = dict(_doubles(checked))
    rest = [number for number in range(len(checked)) if number not in doubles]
    held: dict[int, list[str]] = {}
    others = list(_others_data(checked, rest, key))
    for number, text in [*_twice(checked, rest), *_copies(checked, rest), *others]:
        held.setdefault(number, []).append(text)
    foreign = {number for number, _ in others}
    first = [
        checked[n]._replace(
            held=(*checked[n].held, *held.get(n, ())), is_private=checked[n].is_private or n in foreign
        )
        for n in rest
    ]
    return first + [checked[n]._replace(problem=doubles[n]) for n in sorted(doubles)]


def _doubles(checked: Sequence[Checked]) -> Iterator[tuple[int, str]]:
    """Files that are another's bytes again, as a browser makes them: worksheet (1).xlsx."""
    first: dict[str, int] = {}
    for number in sorted(range(len(checked)), key=lambda number: len(checked[number].file)):
        digest = checked[number].digest
        if digest and first.setdefault(digest, number) != number:
            yield number, f"it is {checked[first[digest]].file} again, byte for byte; that file counts"


def _twice(checked: Sequence[Checked], rest: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Files of one assignment; the same is said of all, so that it can be told once."""
    by_id: dict[str, list[int]] = {}
    for number in rest:
        if assignment := checked[number].assignment:
            by_id.setdefault(assignment.id, []).append(number)
    for numbers in by_id.values():
        files = listed(tuple(checked[number].file for number in numbers))
        often = "twice" if len(numbers) == 2 else f"{len(numbers)} times"
        for number in numbers if len(numbers) > 1 else ():
            yield number, f"the same assignment came {often}: {files}"


def _copies(checked: Sequence[Checked], rest: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Files with answers that are another's, and wrong for the student's own numbers."""
    found: dict[int, list[int]] = {}
    for (number, other), places in _alike(checked, rest).items():
        for mine, theirs in ((number, other), (other, number)):
            if _is_others_work(checked[mine], checked[theirs], places):
                found.setdefault(mine, []).append(theirs)
    for number, others in found.items():
        names = "; ".join(_who(checked[other]) for other in others)
        yield number, f"it has the same answers as {names}, although they were given other numbers"


def _alike(checked: Sequence[Checked], rest: Sequence[int]) -> dict[tuple[int, int], list[int]]:
    """The answers that each two files have in common, by their numbers, unless all who have it are right."""
    same: dict[tuple[int, str], list[int]] = {}
    for number in rest:
        for place, value in enumerate(checked[number].answers):
            if is_number(value):
                same.setdefault((place, f"{value:.9g}"), []).append(number)
    found: dict[tuple[int, int], list[int]] = {}
    for (place, _), numbers in same.items():
        for pair in combinations(numbers, 2) if _any_wrong(checked, numbers, place) else ():
            found.setdefault(pair, []).append(place)
    return found


def _any_wrong(checked: Sequence[Checked], numbers: Sequence[int], place: int) -> bool:
    return not all(checked[number].judgements[place].right for number in numbers)


def _is_others_work(mine: Checked, theirs: Checked, places: Sequence[int]) -> bool:
    """Whether these common answers, where they are wrong in mine, are most of what is not right there."""
    one, other = mine.assignment, theirs.assignment
    if not one or not other or one.id == other.id or one.numbers == other.numbers:
        return False
    wrong = [n for n, cell in enumerate(mine.judgements) if not cell.right and is_number(cell.found)]
    copied = set(wrong) & set(places)
    return len(copied) >= FEWEST and len(copied) >= MOST_ALIKE * len(wrong)


def _others_data(
    checked: Sequence[Checked], rest: Sequence[int], key: Sequence[Given]
) -> Iterator[tuple[int, str]]:
    """Files whose printed numbers are those of another's assignment."""
    for number in rest:
        one = checked[number]
        for other in key if one.assignment and one.altered else ():
            if one.assignment != other and one.data == _printed(other):
                yield number, f"its numbers are those of {other.name}"


def _printed(given: Given) -> tuple[float, ...]:
    """The student's own numbers as they stand on the worksheet."""
    return points(given) if isinstance(given, Assignment) else given.numbers


def _who(one: Checked) -> str:
    return f"{one.assignment.name} ({one.file})" if one.assignment else one.file
