"""A sheet's formulas as array operations: the loss of parameters, and its gradient by back-propagation.

`Doubtful` numbers (a division by zero, a number too large …) are not answered: the engine is to be asked for those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np

from ...grid.sheet import Place
from ...maths.bounds import FloatArray
from .operations import SPREAD, Operation, Slots, fitted


class Doubtful(ArithmeticError):
    """A step gave no ordinary number: only the engine knows what the sheet then shows."""


class Compute(NamedTuple):
    """One operation; arguments and result are registers."""

    operation: Operation
    arguments: tuple[int, ...]
    result: int


class Read(NamedTuple):
    """Cells into a register; `slots` count the program's cells, shape (formulas, rows, columns)."""

    slots: Slots
    result: int


class Write(NamedTuple):
    """The results of formulas that share one form into their cells."""

    register: int
    slots: Slots


class Program:
    """The loss as a function of its parameters, compiled (see `compile_program`)."""

    def __init__(
        self,
        cells: FloatArray,
        slots: Mapping[Place, int],
        parameters: Sequence[int],
        wanted: int,
        constants: dict[int, FloatArray],
        steps: Iterable[Compute | Read | Write],
    ) -> None:
        """`cells` hold the constants in their `slots`; the others are overwritten."""
        self.steps, self.slots, self.constants = list(steps), slots, constants
        self.cells, self.parameters, self._wanted = cells, np.array(parameters, dtype=np.intp), wanted
        self._registers: dict[int, FloatArray] = dict(constants)
        self._ways = {step.result: self._ways_back(step) for step in self.steps if isinstance(step, Compute)}
        self._known: tuple[list[float], float] | None = None  # the last parameters, and the loss there

    def shapes(self) -> dict[int, tuple[int, ...]]:
        """The shape of each register; a ValueError where the sizes of arrays do not fit."""
        with np.errstate(all="ignore"):
            self._run()
        return {register: found.shape for register, found in self._registers.items()}

    def leave_out_spreading(self) -> None:
        """Write registers that have their cells' shape as they are; a ValueError as in `shapes`."""
        shapes, plain = self.shapes(), {}
        for step in self.steps:
            if isinstance(step, Compute) and step.operation is SPREAD:
                zeros, register = step.arguments
                if shapes.get(register) == shapes[zeros]:
                    plain[step.result] = register
                    self._registers.pop(step.result, None)
        self.steps = [
            step._replace(register=plain[step.register])
            if isinstance(step, Write) and step.register in plain
            else step
            for step in self.steps
            if isinstance(step, (Read, Write)) or step.result not in plain
        ]

    def order(self) -> dict[Place, int]:
        """The cells that are computed, each with its place in the order."""
        writes = (slot for step in self.steps if isinstance(step, Write) for slot in step.slots.tolist())
        numbers = {slot: number for number, slot in enumerate(writes)}
        return {place: numbers[slot] for place, slot in self.slots.items() if slot in numbers}

    def value(self, parameters: Sequence[float] | FloatArray) -> float:
        """The loss; Doubtful where a step gave no ordinary number."""
        point = list(parameters)
        if self._known and self._known[0] == point:  # a gradient is mostly asked for where the loss was
            return self._known[1]
        self._known = None
        self.cells[self.parameters] = point
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
                self._run()
        except FloatingPointError as error:
            raise Doubtful(str(error)) from None
        found = float(self.cells[self._wanted])
        if not isfinite(found):
            raise Doubtful("the loss is not a number")
        self._known = point, found
        return found

    def _run(self) -> None:
        cells, registers = self.cells, self._registers
        for step in self.steps:
            if isinstance(step, Compute):
                registers[step.result] = step.operation.value(
                    *[registers[register] for register in step.arguments]
                )
            elif isinstance(step, Read):
                registers[step.result] = cells[step.slots]
            else:
                cells[step.slots] = registers[step.register].reshape(-1)

    def gradient(self, parameters: Sequence[float] | FloatArray) -> tuple[float, FloatArray]:
        """The loss and its slope for each parameter; Doubtful as in `value`."""
        found, slopes = self.slopes(parameters)
        return found, slopes[self.parameters]

    def slopes(self, parameters: Sequence[float] | FloatArray) -> tuple[float, FloatArray]:
        """The loss and its slope for each cell, by the cells' slots; Doubtful as in `value`."""
        found = self.value(parameters)
        cells = np.zeros(len(self.cells))
        cells[self._wanted] = 1.0
        slopes: dict[int, FloatArray] = {}
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
                self._back(cells, slopes)
        except FloatingPointError as error:
            raise Doubtful(str(error)) from None
        return found, cells

    def _back(self, cells: FloatArray, slopes: dict[int, FloatArray]) -> None:
        """From the slope of the loss in one cell to those in all."""
        registers = self._registers
        for step in reversed(self.steps):
            if isinstance(step, Write):
                back = cells[step.slots].reshape(registers[step.register].shape)
                self._add(slopes, step.register, back)
            elif (found := slopes.pop(step.result, None)) is None:
                continue
            elif isinstance(step, Read):
                np.add.at(cells, step.slots.ravel(), found.ravel())
            else:
                out, arguments = registers[step.result], [registers[one] for one in step.arguments]
                for register, slope in self._ways[step.result]:
                    self._add(slopes, register, slope(found, out, arguments))

    def _add(self, slopes: dict[int, FloatArray], register: int, slope: FloatArray) -> None:
        shape = self._registers[register].shape
        if slope.shape != shape:
            slope = fitted(slope, shape)
        slopes[register] = slopes[register] + slope if register in slopes else slope

    def _ways_back(self, step: Compute) -> list[tuple[int, Callable[..., FloatArray]]]:
        """The arguments through which a slope goes back, and how."""
        ways = ((register, step.operation.slope(at)) for at, register in enumerate(step.arguments))
        return [(register, way) for register, way in ways if way and register not in self.constants]
