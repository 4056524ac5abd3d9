"""What a program is built of while formulas are compiled: cells in slots, registers, and the steps between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np

from ...grid.sheet import ErrorValue, Place, Value
from ...maths.bounds import FloatArray
from ..tree import Reference, Tree
from .operations import SPREAD, Operation, Slots
from .program import Compute, Read, Write


class NotCompiled(ValueError):
    """What no program can be made of: `what`, such as a function's name, in the formula of `place`."""

    def __init__(self, what: str, place: Place) -> None:
        super().__init__(f"{what} in {place[0]}")
        self.what, self.place = what, place


class Form(NamedTuple):
    """Formulas of a sheet that share one form: the places, and the tree of the first."""

    places: list[Place]
    tree: Tree


class Builder:
    """Cells get slots when they are first read; registers are numbered from 1."""

    def __init__(
        self,
        sheets: Mapping[str, str],
        value_of: Callable[[Place], Value],
        names: Mapping[str, Sequence[str]],
    ) -> None:
        """`sheets` are their names by those in lower case."""
        self.sheets, self.value_of, self.names = sheets, value_of, names
        self.slots: dict[Place, int] = {}
        self.cells: list[float] = []
        self.empty: set[int] = set()
        self.live: set[int] = set()  # what depends on the parameters
        self.steps: list[Compute | Read | Write] = []
        self.constants: dict[int, FloatArray] = {}
        self.registers = 0
        self.reads: dict[bytes, int] = {}
        self.known: dict[tuple[Place, int, Reference], Slots] = {}  # what references mean to forms

    def new(self, place: Place, value: float) -> int:
        self.slots[place] = len(self.cells)
        self.cells.append(value)
        return self.slots[place]

    def constant(self, value: FloatArray) -> int:
        self.registers += 1
        self.constants[self.registers] = value
        return self.registers

    def number(self, value: float) -> int:
        return self.constant(np.full((1, 1, 1), value))

    def apply(self, operation: Operation, *arguments: int) -> int:
        """A register with the operation's result, computed at once where all is constant."""
        if all(register in self.constants for register in arguments):
            try:
                with np.errstate(over="raise", divide="raise", invalid="raise"):
                    return self.constant(operation.value(*[self.constants[one] for one in arguments]))
            except FloatingPointError:
                pass  # what the sheet shows, only the engine knows
        self.registers += 1
        self.steps.append(Compute(operation, arguments, self.registers))
        return self.registers

    def load(self, slots: Slots) -> int:
        """A register with the cells of the slots."""
        if self.live.isdisjoint(np.unique(slots).tolist()):
            return self.constant(np.array(self.cells)[slots])
        key = repr(slots.shape).encode() + slots.tobytes()
        if key not in self.reads:
            self.registers += 1
            self.reads[key] = self.registers
            self.steps.append(Read(slots, self.registers))
        return self.reads[key]

    def write(self, register: int, slots: Slots) -> None:
        self.steps.append(
            Write(self.apply(SPREAD, self.constant(np.zeros((len(slots), 1, 1))), register), slots)
        )

    def slot(self, place: Place, user: Place) -> int:
        """The slot of a cell that is no active formula, with its value; NotCompiled for what is no number."""
        if place not in self.slots:
            value = self.value_of(place)
            empty = value is None or (value == "" and not isinstance(value, ErrorValue))
            number = 0.0 if empty else value
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not isfinite(number):
                raise NotCompiled(f"a cell that is no number ({number})", user)
            self.new(place, float(number))
            if empty:
                self.empty.add(self.slots[place])
        return self.slots[place]
