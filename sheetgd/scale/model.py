"""The pattern over all rows: what the wanted cells show there for values of the parameters, and their slopes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..errors import SheetError
from ..grid.a1 import a1
from ..maths.bounds import FloatArray
from .files import Task
from .formulas import Formulas, NotCompiled, scalar
from .pattern import COUNT, Pattern, leaves
from .reducing import Layer, Query, compiled, reduce_rows, together
from .workers import Workers


class Stage(NamedTuple):
    """What is computed next: single cells, and then reductions, in one pass over the rows."""

    cells: tuple[str, ...]
    aggregates: tuple[str, ...]


class PointValues(NamedTuple):
    """What single cells and reductions are at a point, by leaf, and their slopes in the parameters."""

    values: dict[str, float]
    slopes: dict[str, FloatArray]


class RowsModel:
    """Computes cells over tasks of rows, pass by pass. What does not depend on the parameters is computed once."""

    def __init__(self, pattern: Pattern, tasks: Sequence[Task], rows: int, workers: Workers) -> None:
        """`rows` are those of all tasks. A SheetError names a formula that cannot be computed by arrays."""
        self.pattern, self.tasks, self.workers = pattern, tasks, workers
        self.passes = 0  # over all rows, so far
        computed = (*pattern.cells, *pattern.aggregates)
        self.needs = {key: pattern.needs(key) for key in (*computed, *pattern.columns)}
        self.moving = {*pattern.parameters}
        self.moving |= {key for key in computed if not self.needs[key].isdisjoint(pattern.parameters)}
        self.stepped = {key for key in pattern.aggregates if not self.needs[key].isdisjoint(pattern.carried)}
        self.alone = {key: self.compile_cell(key) for key in pattern.cells}
        self.fixed: dict[str, float] = {COUNT: float(rows), **pattern.constants}
        fixed = [
            key for key in computed if key not in self.moving and self.needs[key].isdisjoint(pattern.carried)
        ]
        [shown] = self.shown([()], fixed)
        self.fixed = shown.values

    # -- compiling -------------------------------------------------------------------------------------------------
    def compile_cell(self, key: str) -> Formulas:
        try:
            place = self.pattern.places[key]
            return Formulas([self.pattern.cells[key]], {}, place, self.moving)
        except NotCompiled as error:
            raise refusal(error) from None

    def layer(self, aggregates: Sequence[str], slopes: bool) -> Layer:
        """Reductions as the workers are asked for them."""
        pattern = self.pattern
        needed = {leaf for key in aggregates for leaf in self.needs[key]}
        headings = pattern.headings
        found = Layer(
            tuple(
                (leaf, headings.index(heading)) for leaf, heading in pattern.data.items() if leaf in needed
            ),
            tuple(
                (key, (tree, pattern.places[key])) for key, tree in pattern.columns.items() if key in needed
            ),
            tuple(pattern.aggregates[key].kind for key in aggregates),
            tuple(pattern.aggregates[key].tree for key in aggregates),
            pattern.aggregates[aggregates[0]].place,
            tuple(sorted(self.inputs(aggregates) & self.moving)) if slopes else (),
        )
        try:
            compiled(found)
        except NotCompiled as error:
            raise refusal(error) from None
        return found

    def inputs(self, keys: Iterable[str]) -> set[str]:
        """The single cells and reductions that columns or reductions read in their rows."""
        pattern, found, waiting = self.pattern, set[str](), [*keys]
        seen = set(waiting)
        while waiting:
            tree = pattern.tree(waiting.pop())
            for leaf in leaves(tree) if tree is not None else ():
                if leaf in pattern.columns and leaf not in seen:
                    seen.add(leaf)
                    waiting.append(leaf)
                elif leaf not in pattern.columns and leaf not in pattern.data and leaf not in pattern.carried:
                    found.add(leaf)
        return found

    def stages(self, wanted: Iterable[str], known: Iterable[str]) -> list[Stage]:
        """The order in which the wanted cells and reductions, and all that they need, are computed."""
        pattern, done = self.pattern, set(known)
        left = {leaf for key in wanted for leaf in self.needs.get(key, ())} - done
        found: list[Stage] = []
        while True:
            cells = []
            for key, tree in pattern.cells.items():
                if key in left - done and done.issuperset(leaves(tree)):
                    cells.append(key)
                    done.add(key)
            ready = [key for key in pattern.aggregates if key in left - done and self.inputs([key]) <= done]
            if not cells and not ready:
                return found
            found.append(Stage(tuple(cells), tuple(ready)))
            done |= {*ready}

    # -- computing -------------------------------------------------------------------------------------------------
    def shown(
        self,
        points: Sequence[Sequence[float]],
        wanted: Iterable[str],
        slopes: bool = False,
        known: Sequence[Mapping[str, float]] = (),
    ) -> list[PointValues]:
        """The wanted cells at each point, and their slopes in the parameters; NaN where they are not numbers.

        `known` are reductions that were found in another way, for each point.
        """
        pattern = self.pattern
        names = pattern.parameters[: len(points[0])]
        unit = np.eye(len(names))
        found = [
            PointValues(
                self.fixed | dict(zip(names, map(float, point), strict=True)),
                dict(zip(names, unit, strict=True)),
            )
            for point in points
        ]
        for one, more in zip(found, known, strict=False):
            one.values.update(more)
        for cells, aggregates in self.stages(wanted, found[0].values):
            for one in found:
                for key in cells:
                    self._cell(key, one, slopes)
            if aggregates:
                self._reduce(aggregates, found, slopes)
        return found

    def _cell(self, key: str, shown: PointValues, slopes: bool) -> None:
        """A single cell, from what is known."""
        formulas = self.alone[key]
        value = formulas.values({name: scalar(shown.values[name]) for name in formulas.inputs})[0]
        if value.size > 1:
            raise refusal(NotCompiled("a formula that gives several numbers", self.pattern.places[key]))
        shown.values[key] = float(value[0, 0, 0])
        if slopes and key in self.moving:
            shown.slopes[key] = _chained(formulas.slopes(0, np.ones((1, 1, 1))), shown)

    def _reduce(self, aggregates: Sequence[str], points: Sequence[PointValues], slopes: bool) -> None:
        """Some reductions at all points, in one pass over the rows."""
        layer = self.layer(aggregates, slopes)
        inputs = self.inputs(aggregates)
        asked = Query(layer, tuple({name: one.values[name] for name in inputs} for one in points))
        parts = self.workers.each(reduce_rows, self.tasks, asked)
        self.passes += 1
        for number, one in enumerate(points):
            for at, key in enumerate(aggregates):
                found = together(layer.kinds[at], [part[number][at] for part in parts])
                one.values[key] = found.value
                if layer.live:
                    one.slopes[key] = _chained(dict(zip(layer.live, found.slopes, strict=True)), one)


def _chained(slopes: Mapping[str, float], shown: PointValues) -> FloatArray:
    """Slopes in the parameters, from those in what is computed from them."""
    size = len(next(iter(shown.slopes.values())))
    found = np.zeros(size)
    for name, slope in slopes.items():
        if slope:
            found += slope * shown.slopes[name]
    return found


def refusal(error: NotCompiled) -> SheetError:
    """The error for a formula that cannot be computed with arrays of rows."""
    sheet, cell = error.place
    return SheetError(
        f"{error.what} cannot be computed for rows beyond the sheet",
        "write the formula in another way, or run it on the sheet's own rows, without --rows",
        sheet=sheet,
        cell=a1(cell),
    )
