"""Values of a column's run that are computed only when they are read: one over and over, or a formula filled down."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar, overload

V = TypeVar("V")


class _Values(Sequence[V]):
    """Values of a run that are computed only when they are read."""

    def __init__(self, at: Callable[[int], V], among: range) -> None:
        self.at, self.among = at, among

    def __len__(self) -> int:
        return len(self.among)

    @overload
    def __getitem__(self, index: int) -> V: ...
    @overload
    def __getitem__(self, index: slice) -> _Values[V]: ...
    def __getitem__(self, index: int | slice) -> V | _Values[V]:
        if isinstance(index, slice):
            return type(self)(self.at, self.among[index])
        return self.at(self.among[index])


class Same(_Values[V]):
    """One value, over and over.

    >>> list(Same.of("x", 3))
    ['x', 'x', 'x']
    """

    @classmethod
    def of(cls, value: V, count: int) -> Same[V]:
        return cls(lambda _: value, range(count))


class FilledDown(_Values[str]):
    """Formulas, each of them the one above filled down.

    >>> pattern = fill_pattern("A7*$C$1+B6", "A8*$C$1+B7", 7)
    >>> list(FilledDown.of(pattern, range(7, 10)))
    ['A7*$C$1+B6', 'A8*$C$1+B7', 'A9*$C$1+B8']
    """

    @classmethod
    def of(cls, pattern: FillPattern, rows: range) -> FilledDown:
        return cls(pattern.at, rows)


class FillPattern(NamedTuple):
    """A formula as a function of its row: a text with a gap for each number that grows with the row."""

    text: str
    offsets: tuple[int, ...]

    def at(self, row: int) -> str:
        return self.text % tuple([row + offset for offset in self.offsets])


def fill_pattern(first: str, second: str, row: int) -> FillPattern | None:
    """The pattern that a formula shares with the one in the row below; None where the two differ in more than row
    numbers.
    """
    ones, others = re.split(r"(\d+)", first), re.split(r"(\d+)", second)
    if ones[::2] != others[::2]:
        return None
    pieces, offsets = [], []
    for index, (one, other) in enumerate(zip(ones, others, strict=True)):
        if index % 2 and one != other:
            pieces.append("%d")
            offsets.append(int(one) - row)
        else:
            pieces.append(one.replace("%", "%%"))
    found = FillPattern("".join(pieces), tuple(offsets))
    return found if found.at(row) == first and found.at(row + 1) == second else None
