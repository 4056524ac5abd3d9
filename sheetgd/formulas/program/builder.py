"""What a program is built of while formulas are compiled: cells in slots, registers, and the steps between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...grid.a1 import Area, Cell
from ...grid.sheet import ErrorValue, Place, Value
from ...maths.bounds import FloatArray
from ..structured import TableFrame
from ..tree import Reference, Tree
from .operations import SPREAD, Operation, Slots
from .program import Compute, Read, Write


class NotCompiled(ValueError):
    """What no program can be made of: `what`, such as a function's name, in the formula of `place`."""

    def __init__(self, what: str, place: Place) -> None:
        super().__init__(f"{what} in {place[0]}")
        self.what, self.place = what, place


class Divided(Exception):
    """The formulas of a form go different ways: `first` says which of them are like the first."""

    def __init__(self, first: NDArray[np.bool_]) -> None:
        self.first = first


class Surroundings(NamedTuple):
    """What formulas mention beside cells: the defined names in lower case with their formulas, the tables likewise, the
    areas that one array formula fills, and how far down and right each sheet is used."""

    names: Mapping[str, Sequence[str]] = {}
    tables: Mapping[str, TableFrame] = {}
    arrays: Sequence[tuple[str, Area]] = ()
    size: Callable[[str], Cell] = lambda sheet: (0, 0)


class Form(NamedTuple):
    """Formulas of a sheet that share one form: the places, and the tree of the first; or, of an array formula, the one
    place, and the area that it fills."""

    places: list[Place]
    tree: Tree
    area: Area | None = None


class Builder:
    """Cells get slots when they are first read; registers are numbered from 1."""

    def __init__(
        self, sheets: Mapping[str, str], value_of: Callable[[Place], Value], around: Surroundings
    ) -> None:
        """`sheets` are their names by those in lower case."""
        self.sheets, self.value_of, self.around = sheets, value_of, around
        self.slots: dict[Place, int] = {}
        self.cells: list[float] = []
        self.empty: set[int] = set()
        self.texts: dict[int, str] = {}
        self.truths: set[int] = set()
        self.errors: dict[int, str] = {}  # what can be no number
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
                pass  # only the engine knows what the sheet shows
        self.registers += 1
        self.steps.append(Compute(operation, arguments, self.registers))
        return self.registers

    def load(self, slots: Slots) -> int:
        """A register with the cells of the slots."""
        flat = slots.ravel().tolist()
        if self.live.isdisjoint(flat):
            return self.constant(np.array([self.cells[slot] for slot in flat]).reshape(slots.shape))
        key = repr(slots.shape).encode() + slots.tobytes()
        if key not in self.reads:
            self.registers += 1
            self.reads[key] = self.registers
            self.steps.append(Read(slots, self.registers))
        return self.reads[key]

    def write(self, register: int, slots: Slots, area: Area | None = None) -> None:
        """Write the register into the cells, one for each formula, or one formula's into the area that it fills; what
        does not depend on the parameters is written at once."""
        size = (1, 1) if area is None else (area.bottom - area.top + 1, area.right - area.left + 1)
        zeros = np.zeros((len(slots) // (size[0] * size[1]), *size))
        register = self.apply(SPREAD, self.constant(zeros), register)
        if register not in self.constants:
            self.steps.append(Write(register, slots))
            return
        for slot, value in zip(slots.tolist(), self.constants[register].ravel().tolist(), strict=True):
            self.cells[slot] = value
        self.live.difference_update(slots.tolist())

    def write_text(self, text: str, slots: Slots) -> None:
        """Write a text into the cells."""
        self.texts.update(dict.fromkeys(slots.tolist(), text))
        self.live.difference_update(slots.tolist())

    def slot(self, place: Place) -> int:
        """The slot of a cell, with the cell's value in it where it is no active formula."""
        if place not in self.slots:
            value = self.value_of(place)
            slot = self.new(place, 0.0)
            if isinstance(value, ErrorValue):
                self.errors[slot] = value
            elif value is None:
                self.empty.add(slot)
            elif isinstance(value, str):
                self.texts[slot] = value
            else:
                self.cells[slot] = float(value)
                if isinstance(value, bool):
                    self.truths.add(slot)
        return self.slots[place]
