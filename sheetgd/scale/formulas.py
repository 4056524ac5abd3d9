"""Trees over leaves, compiled to array operations over a block of rows, with their slopes by back-propagation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from ..formulas.program.builder import Builder, Form, NotCompiled, Surroundings
from ..formulas.program.operations import (
    ADD,
    CHOOSE,
    CHOOSE_NO_ERROR,
    DIVIDE,
    MULTIPLY,
    NEGATE,
    SQUARE,
    SUBTRACT,
    TRANSPOSE,
    Operation,
    Slope,
    fitted,
)
from ..formulas.program.program import Compute
from ..formulas.program.reader import Reader
from ..formulas.tree import Array, Binary, Name, Number, Tree
from ..grid.sheet import Place
from ..maths.bounds import FloatArray

# Through these a slope that is the same for all rows goes back as one number.
_ALONE = frozenset(map(id, (ADD, SUBTRACT, MULTIPLY, DIVIDE, SQUARE, NEGATE)))


def _beside(*cells: FloatArray) -> FloatArray:
    return np.concatenate(np.broadcast_arrays(*cells), axis=2)


def _beside_slope(argument: int) -> Slope:
    return lambda back, out, x: back[:, :, argument : argument + 1]


BESIDE = Operation(_beside, _beside_slope)  # single cells as a row of cells


class _Leaves(Reader):
    """Reads trees whose references are leaves."""

    def __init__(self, builder: Builder, place: Place, leaf: Callable[[str], int]) -> None:
        super().__init__(builder, Form([place], Number("0")))
        self.leaf = leaf

    def read(self, tree: Tree) -> int:
        builder = self.compiler
        if isinstance(tree, Name):
            return self.leaf(tree.text)
        if isinstance(tree, Binary) and tree.operator == "^" and tree.right == Number("2"):
            return builder.apply(SQUARE, self.read(tree.left))
        if isinstance(tree, Array):
            if len(tree.rows) > 1 and len(tree.rows[0]) > 1:
                raise self.fail("a block of several rows and columns beside the table")
            row = builder.apply(BESIDE, *(self.read(one) for cells in tree.rows for one in cells))
            return row if len(tree.rows) == 1 else builder.apply(TRANSPOSE, row)
        return super().read(tree)

    def refers(self, tree: Tree) -> bool:
        """No leaf means cells: none is empty, and none a text."""
        return False


class Formulas:
    """Trees, compiled: their values for the inputs' values, and the slopes of each in some of the inputs.

    Arrays are those of `formulas.program.operations`: rows, and the rows and columns of what each of them reads.

    >>> square = Formulas([Binary("^", Name("c0"), Number("2"))], {}, ("S", (1, 1)))
    >>> square.values({"c0": np.array([1.0, 2.0, 3.0]).reshape(-1, 1, 1)})[0].ravel()
    array([1., 4., 9.])
    """

    def __init__(
        self,
        trees: Sequence[Tree],
        definitions: Mapping[str, tuple[Tree, Place]],
        place: Place,
        live: Collection[str] = (),
    ) -> None:
        """`definitions` are the trees of the leaves that are not inputs, with their places. Raises NotCompiled."""
        self.definitions = definitions
        self.builder = Builder({}, lambda _: None, Surroundings())
        self.registers: dict[str, int] = {}
        self.inputs: dict[str, int] = {}
        self.reader = _Leaves(self.builder, place, self._leaf)
        self.outputs = [self.reader.read(tree) for tree in trees]
        self.steps = [step for step in self.builder.steps if isinstance(step, Compute)]
        self.live = {self.inputs[name]: name for name in self.inputs if name in live}
        self.moving = set(self.live)
        for step in self.steps:
            if not self.moving.isdisjoint(step.arguments):
                self.moving.add(step.result)

    def _leaf(self, name: str) -> int:
        if name not in self.registers:
            if name in self.definitions:
                tree, place = self.definitions[name]
                outer, self.reader.place = self.reader.place, place
                self.registers[name] = self.reader.read(tree)
                self.reader.place = outer
            else:
                self.builder.registers += 1
                self.registers[name] = self.inputs[name] = self.builder.registers
        return self.registers[name]

    def values(self, inputs: Mapping[str, FloatArray]) -> list[FloatArray]:
        """Each tree's value; NaN where the sheet would show an error."""
        self.at = self.computed(inputs)
        return [self.at[output] for output in self.outputs]

    def computed(self, inputs: Mapping[str, FloatArray]) -> dict[int, FloatArray]:
        """Every register's value."""
        at: dict[int, FloatArray] = dict(self.builder.constants)
        for name, register in self.inputs.items():
            at[register] = inputs[name]
        self.careful = False
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise", under="ignore"):
                for step in self.steps:
                    at[step.result] = step.operation.value(*[at[register] for register in step.arguments])
        except FloatingPointError:
            self.careful = True
            with np.errstate(all="ignore"):
                for step in self.steps:
                    at[step.result] = _carefully(
                        step.operation, [at[register] for register in step.arguments]
                    )
        return at

    def slopes(self, output: int, seed: FloatArray) -> dict[str, float]:
        """The slopes of a tree in the live inputs, for the values computed last; `seed` weighs its rows.

        A weight that all rows share is given once, and so are slopes, as long as they are the same in each.
        """
        at = self.at
        slopes: dict[int, FloatArray] = {}
        if self.outputs[output] in self.moving:
            slopes[self.outputs[output]] = seed
        with np.errstate(all="ignore"):
            for step in reversed(self.steps):
                back = slopes.pop(step.result, None)
                if back is not None:
                    self._back(step, back, at, slopes)
        return {
            name: float(slopes[register].item()) if register in slopes else 0.0
            for register, name in self.live.items()
        }

    def _back(
        self, step: Compute, back: FloatArray, at: Mapping[int, FloatArray], slopes: dict[int, FloatArray]
    ) -> None:
        arguments, out = [at[register] for register in step.arguments], at[step.result]
        alone = id(step.operation) in _ALONE
        if self.careful or not alone:
            back = np.broadcast_to(back, out.shape)
        for number, register in enumerate(step.arguments):
            way = step.operation.slope(number)
            if register not in self.moving or way is None:
                continue
            slope = way(back, out, arguments)
            if self.careful and slope.shape == back.shape:
                slope = np.where(back == 0, 0.0, slope)
            argument = at[register]
            if alone and len(slope) == 1 == len(argument):
                slope = slope * (len(out) // len(back))
            slope = fitted(slope, (min(len(slope), len(argument)), *argument.shape[1:]))
            slopes[register] = slopes[register] + slope if register in slopes else slope


def _carefully(operation: Operation, arguments: list[FloatArray]) -> FloatArray:
    """A value in which what is not a number stays so, except where IF chooses another."""
    if operation in (CHOOSE, CHOOSE_NO_ERROR):
        condition, yes, no = arguments
        return np.where(np.isnan(condition), np.nan, np.where(condition != 0, yes, no))
    found = np.asarray(operation.value(*arguments), dtype=float)
    for one in arguments:
        if np.isnan(one).any():
            same = all(size in (1, whole) for size, whole in zip(one.shape, found.shape, strict=True))
            found = np.where(np.isnan(one if same else one.sum(axis=(1, 2), keepdims=True)), np.nan, found)
    return np.where(np.isfinite(found), found, np.nan)


def scalar(value: float) -> FloatArray:
    """A number as an array of one row and one cell."""
    return np.full((1, 1, 1), value)


__all__ = ["Formulas", "NotCompiled", "scalar"]
