"""Comparing the files of a class with each other: the same work, another's numbers, the same assignment twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from ..classroom.assignment import Assignment, Given
from ..classroom.plan import points
from ..language import counted, translated
from .judging import as_number, is_number
from .results import Checked
from .sentences import listed

FEWEST = 4  # numbers that must agree; fewer can agree by chance
MOST_ALIKE = 0.9  # of a student's wrong numbers: if more of them are another's, it is the same work


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
    """Files with the same bytes as another, such as a browser makes: worksheet (1).xlsx."""
    first: dict[str, int] = {}
    for number in sorted(range(len(checked)), key=lambda number: len(checked[number].file)):
        digest = checked[number].digest
        if digest and first.setdefault(digest, number) != number:
            other = checked[first[digest]].file
            yield number, translated("it is {file} again, byte for byte; that file counts", file=other)


def _twice(checked: Sequence[Checked], rest: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Files of one assignment; the same is said of all, so that it can be told once."""
    by_id: dict[str, list[int]] = {}
    for number in rest:
        if assignment := checked[number].assignment:
            by_id.setdefault(assignment.id, []).append(number)
    for numbers in by_id.values():
        files = listed(tuple(checked[number].file for number in numbers))
        if len(numbers) == 2:
            said = translated("the same assignment came twice: {files}", files=files)
        else:
            said = counted(
                "the same assignment came {count} time: {files}",
                "the same assignment came {count} times: {files}",
                len(numbers),
                files=files,
            )
        for number in numbers if len(numbers) > 1 else ():
            yield number, said


def _copies(checked: Sequence[Checked], rest: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Files with answers that are another's, and wrong for the student's own numbers."""
    found: dict[int, list[int]] = {}
    for (mine, theirs), count in _alike(checked, rest).items():
        if _is_others_work(checked[mine], checked[theirs], count):
            found.setdefault(mine, []).append(theirs)
    for number, others in found.items():
        names = "; ".join(_who(checked[other]) for other in others)
        yield (
            number,
            translated(
                "it has the same answers as {names}, although they were given other numbers", names=names
            ),
        )


def _alike(checked: Sequence[Checked], rest: Sequence[int]) -> Counter[tuple[int, int]]:
    """For two files, how many answers of the first are wrong there and stand in the same cells of the second."""
    found: Counter[tuple[int, int]] = Counter()
    for place in range(max((len(checked[number].answers) for number in rest), default=0)):
        same: dict[str, list[int]] = {}
        for number in rest:
            value = as_number(next(iter(checked[number].answers[place : place + 1]), None))
            if value is not None:
                same.setdefault(f"{value:.9g}", []).append(number)
        for numbers in same.values():
            wrong = [number for number in numbers if not checked[number].judgements[place].right]
            found.update((mine, theirs) for theirs in numbers for mine in wrong if mine != theirs)
    return found


def _is_others_work(mine: Checked, theirs: Checked, copied: int) -> bool:
    """Whether this many wrong answers, shared with the other, are most of what is not right in mine."""
    one, other = mine.assignment, theirs.assignment
    if not one or not other or one.id == other.id or one.numbers == other.numbers:
        return False
    wrong = sum(not cell.right and is_number(cell.found) for cell in mine.judgements)
    return copied >= FEWEST and copied >= MOST_ALIKE * wrong


def _others_data(
    checked: Sequence[Checked], rest: Sequence[int], key: Sequence[Given]
) -> Iterator[tuple[int, str]]:
    """Files whose printed numbers are those of another's assignment."""
    for number in rest:
        one = checked[number]
        for other in key if one.assignment and one.altered else ():
            if one.assignment != other and one.data == _printed(other):
                yield number, translated("its numbers are those of {name}", name=other.name)


def _printed(given: Given) -> tuple[float, ...]:
    """The student's own numbers as they stand on the worksheet."""
    return points(given) if isinstance(given, Assignment) else given.numbers


def _who(one: Checked) -> str:
    return f"{one.assignment.name} ({one.file})" if one.assignment else one.file
