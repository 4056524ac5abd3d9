"""Arithmetic on arrays of rows, recorded while it is done once, and then repeated for other rows.

What comes twice is computed once, what nobody needs is left out, what is the same in all rows is kept, and the results
go into the same few arrays, which stay in a processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import numpy as np

from ..maths.bounds import FloatArray

ROUNDING = 8 * float(np.finfo(float).eps)  # of what is added: a sum below it is 0
COMMUTATIVE = (np.add, np.multiply)


class TapeStep(NamedTuple):
    """A function of earlier results, which are known by their numbers."""

    function: Callable[..., FloatArray]
    arguments: tuple[int, ...]
    result: int


class Tape:
    """Results by their numbers. Arrays have three axes, the first of them the rows.

    >>> tape = Tape()
    >>> x = tape.input("x", np.array([1.0, 2.0]).reshape(-1, 1, 1))
    >>> double = tape.apply(np.multiply, tape.number(2.0), x)
    >>> double == tape.apply(np.multiply, x, tape.number(2.0))
    True
    >>> Replay(tape, {double}).values({"x": np.array([5.0]).reshape(-1, 1, 1)})[double].ravel()
    array([10.])
    """

    def __init__(self) -> None:
        self.results: list[FloatArray] = []
        self.inputs: dict[str, int] = {}
        self.varying: set[int] = set()  # what may be another number in each row
        self.steps: list[TapeStep] = []  # that lead to these
        self.known: dict[object, int] = {}
        self.rounding: list[tuple[int, int, int]] = []  # sums that are 0 but for rounding, and what is added

    def number(self, value: float) -> int:
        return self.fixed(np.full((1, 1, 1), value))

    def fixed(self, value: FloatArray) -> int:
        """What is the same in all rows."""
        key = (value.shape, value.tobytes())
        if key not in self.known:
            self.known[key] = self._put(value)
        return self.known[key]

    def input(self, name: str, value: FloatArray) -> int:
        """What each row has."""
        self.inputs[name] = found = self._put(value)
        self.varying.add(found)
        return found

    def apply(self, function: Callable[..., FloatArray], *arguments: int) -> int:
        key = (function, tuple(sorted(arguments)) if function in COMMUTATIVE else arguments)
        if key not in self.known:
            value = function(*[self.results[one] for one in arguments])
            if self.varying.isdisjoint(arguments):
                self.known[key] = self.fixed(value)
            else:
                self.known[key] = found = self._put(value)
                self.varying.add(found)
                self.steps.append(TapeStep(function, arguments, found))
        return self.known[key]

    def is_number(self, one: int, value: float) -> bool:
        """Whether it is this number in every row, whatever the rows are."""
        found = self.results[one]
        return one not in self.varying and found.size == 1 and found.flat[0] == value

    def shape(self, one: int) -> tuple[int, int]:
        """The cells in each row."""
        _, rows, columns = self.results[one].shape
        return rows, columns

    def cancels(self, join: np.ufunc, one: int, other: int) -> bool:
        """Whether the sum or difference of two results is but rounding in each of these rows. A replay looks again."""
        if join is np.subtract and one == other:
            return True
        total = self.apply(join, one, other)
        found = is_rounding(*(self.results[at] for at in (total, one, other)))
        if found:
            self.rounding.append((total, one, other))
        return found

    def _put(self, value: FloatArray) -> int:
        self.results.append(value)
        return len(self.results) - 1


def is_rounding(total: FloatArray, one: FloatArray, other: FloatArray) -> bool:
    """Whether nothing but rounding is left of two numbers in each row."""
    return not total.any() or bool((np.abs(total) <= ROUNDING * (np.abs(one) + np.abs(other))).all())


class Replay:
    """Computes a tape's `wanted` results for other rows."""

    def __init__(self, tape: Tape, wanted: Collection[int]) -> None:
        self.inputs = tape.inputs
        self.rounding = tape.rounding
        self.fixed = {
            number: value for number, value in enumerate(tape.results) if number not in tape.varying
        }
        kept = {*wanted, *(one for some in tape.rounding for one in some)}
        needed = set(kept)
        self.steps: list[TapeStep] = []
        for step in reversed(tape.steps):
            if step.result in needed:
                needed.update(step.arguments)
                self.steps.insert(0, step)
        self.places: list[int | None] = self._placed(tape, kept)
        self.room = np.empty((0, 0))

    def _placed(self, tape: Tape, kept: Collection[int]) -> list[int | None]:
        """Where each step's result goes, so that it takes the place of what is no longer needed."""
        last = {one: number for number, step in enumerate(self.steps) for one in step.arguments}
        places: dict[int, int] = {}
        free: list[int] = []
        found: list[int | None] = []
        for number, step in enumerate(self.steps):
            free += [
                places[one]
                for one in set(step.arguments)
                if last[one] == number and one in places and one not in kept
            ]
            plain = isinstance(step.function, np.ufunc) and all(
                tape.shape(one) == (1, 1) for one in step.arguments
            )
            if plain:
                places[step.result] = free.pop() if free else len({*places.values()})
            found.append(places.get(step.result))
        return found

    def values(self, rows: Mapping[str, FloatArray]) -> dict[int, FloatArray] | None:
        """The results by their numbers, good until the next call; None where something no longer cancels."""
        at = dict(self.fixed)
        at.update((number, rows[name]) for name, number in self.inputs.items())
        count = len(next(iter(rows.values())))
        if count > self.room.shape[-1]:
            self.room = np.empty(
                (1 + max((one for one in self.places if one is not None), default=-1), count)
            )
        for step, place in zip(self.steps, self.places, strict=True):
            arguments = [at[one] for one in step.arguments]
            if place is None:
                at[step.result] = step.function(*arguments)
            else:
                out = self.room[place, :count].reshape(-1, 1, 1)
                at[step.result] = step.function(*arguments, out=out)
        return at if all(is_rounding(*(at[one] for one in some)) for some in self.rounding) else None
