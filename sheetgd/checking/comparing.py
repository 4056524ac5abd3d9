"""Comparing the files of a class with each other: the same work, another's numbers, the same assignment twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations

from ..classroom.assignment import Assignment
from ..classroom.plan import points
from .judging import is_number
from .results import Checked
from .sentences import listed

FEWEST = 4  # numbers that must agree; fewer can agree by chance
MOST_ALIKE = 0.9  # of the numbers of two students, from other data: more is the same work


def compare(checked: Sequence[Checked], key: Sequence[Assignment]) -> list[Checked]:
    """The same files, each with what the others say of it; those that came twice at the end."""
    doubles = dict(_doubles(checked))
    rest = [number for number in range(len(checked)) if number not in doubles]
    held: dict[int, list[str]] = {}
    for number, text in [*_twice(checked, rest), *_copies(checked, rest), *_others_data(checked, rest, key)]:
        held.setdefault(number, []).append(text)
    first = [checked[n]._replace(held=(*checked[n].held, *held.get(n, ()))) for n in rest]
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
    """Files with the same answers although their numbers differ."""
    found: dict[int, list[int]] = {}
    for (number, other), alike in _alike(checked, rest).items():
        if _is_same_work(checked[number], checked[other], alike):
            found.setdefault(number, []).append(other)
            found.setdefault(other, []).append(number)
    for number, others in found.items():
        names = ", ".join(_who(checked[other]) for other in others)
        yield number, f"it has the same answers as {names}, although they were given other numbers"


def _alike(checked: Sequence[Checked], rest: Sequence[int]) -> Counter[tuple[int, int]]:
    """How many answers each two files have in common."""
    places: dict[tuple[int, str], list[int]] = {}
    for number in rest:
        for place, value in enumerate(checked[number].answers):
            if is_number(value):
                places.setdefault((place, f"{value:.9g}"), []).append(number)
    return Counter(pair for numbers in places.values() for pair in combinations(numbers, 2))


def _is_same_work(one: Checked, other: Checked, alike: int) -> bool:
    mine, theirs = one.assignment, other.assignment
    if not mine or not theirs or mine.id == theirs.id or (mine.x, mine.y) == (theirs.x, theirs.y):
        return False
    most = max(sum(map(is_number, answers)) for answers in (one.answers, other.answers))
    return alike >= FEWEST and alike >= MOST_ALIKE * most


def _others_data(
    checked: Sequence[Checked], rest: Sequence[int], key: Sequence[Assignment]
) -> Iterator[tuple[int, str]]:
    """Files whose printed numbers are those of another's assignment."""
    for number in rest:
        one = checked[number]
        for other in key if one.assignment and one.altered else ():
            if one.assignment != other and one.data == points(other):
                yield number, f"its numbers are those of {other.name}"


def _who(one: Checked) -> str:
    return f"{one.assignment.name} ({one.file})" if one.assignment else one.file
