"""An epoch of a step table over all rows: by the product of their maps, found once, or row after row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import fsum
from typing import NamedTuple

import numpy as np

from ..formulas.program.builder import NotCompiled
from ..formulas.program.scan import NotScanned
from ..formulas.tree import Name
from .files import Task
from .maps import RowsMap, RowSteps, StepsQuery, map_rows
from .model import RowsModel, refusal
from .pattern import SUM, Pattern
from .walking import Walked, WalkQuery, check_walk, walk_rows
from .workers import Workers

Told = Callable[[int, int], None]  # tasks done, tasks in all


class Epoch(NamedTuple):
    """What columns hold in the last row, by leaf, and the reductions along the way."""

    last: dict[str, float]
    sums: dict[str, float]


class Steps:
    """The rows of a step table. `walked` says why they are walked one by one, if they are."""

    def __init__(self, model: RowsModel, sample: Task) -> None:
        """A row's step is tried on the sheet's own rows, the `sample`. A SheetError names what fits no row."""
        self.model, self.walked = model, False
        pattern = model.pattern
        self.columns = list(dict.fromkeys(one.column for one in pattern.carried.values()))
        self.columns += [key for key in pattern.wanted if key in pattern.columns and key not in self.columns]
        self.sums = [key for key in pattern.aggregates if key in model.stepped]
        for key in self.sums:
            if pattern.aggregates[key].kind != SUM:
                what = f"{pattern.aggregates[key].kind} of what goes on from row to row"
                raise refusal(NotCompiled(what, pattern.aggregates[key].place))
        self.steps = self._row_steps()
        self.needed = model.inputs([*self.columns, *self.sums])
        self.starts = {one.start for one in pattern.carried.values()}
        self.known: dict[tuple[float, ...], tuple[RowsMap, dict[str, float]]] = {}
        try:
            for at in range(
                2
            ):  # somewhere, and somewhere else: whether squares cancel is seen from any place
                cells = dict.fromkeys(self.needed, 0.5 + at) | {
                    k: v for k, v in model.fixed.items() if k in self.needed
                }
                center = {leaf: 0.25 + at for leaf, _ in self.steps.carried}
                self.walked = map_rows(sample, StepsQuery(self.steps, cells, center)) is None
        except NotCompiled as error:
            raise refusal(error) from None
        if self.walked:
            self._check_walk()

    def _check_walk(self) -> None:
        """A SheetError where rows cannot be walked one by one."""
        try:
            check_walk(self.steps)
        except NotScanned:
            place = self.model.pattern.places[self.columns[0]]
            raise refusal(NotCompiled("a step from row to row of this kind", place)) from None

    def _row_steps(self) -> RowSteps:
        pattern, model = self.model.pattern, self.model
        needs = {leaf for key in (*self.columns, *self.sums) for leaf in model.needs[key]}
        headings = pattern.headings
        carried = [(leaf, Name(one.column)) for leaf, one in pattern.carried.items()]
        others = [key for key in self.columns if key not in {one.column for one in pattern.carried.values()}]
        return RowSteps(
            tuple((leaf, headings.index(heading)) for leaf, heading in pattern.data.items() if leaf in needs),
            tuple(
                (key, (tree, pattern.places[key])) for key, tree in pattern.columns.items() if key in needs
            ),
            (*carried, *((f"q{key}", Name(key)) for key in others)),
            tuple(pattern.aggregates[key].tree for key in self.sums),
            pattern.places[self.columns[0]],
        )

    def epoch(self, values: Mapping[str, float], told: Told | None = None) -> Epoch:
        """An epoch, where single cells have these values."""
        pattern = self.model.pattern
        cells = {name: values[name] for name in self.needed}
        start = [
            values[pattern.carried[leaf].start] if leaf in pattern.carried else 0.0
            for leaf, _ in self.steps.carried
        ]
        if not self.walked:
            found = self._mapped(cells, start)
            if found is not None:
                return found
            self.walked = True
            self._check_walk()
        return self._walk(cells, start, told)

    def _mapped(self, cells: dict[str, float], start: Sequence[float]) -> Epoch | None:
        """By the rows' map; None where a row's step turns out not to be affine."""
        key = tuple(cells.values())
        if key not in self.known:
            center = dict(zip((leaf for leaf, _ in self.steps.carried), start, strict=True))
            query = StepsQuery(self.steps, cells, center)
            parts = self.model.workers.each(map_rows, self.model.tasks, query)
            self.model.passes += 1
            whole = parts[0]
            for part in parts[1:]:
                whole = whole and part and whole.then(part)
            if whole is None:
                return None
            self.known = {key: (whole, center)}
        whole, center = self.known[key]
        shifts = np.array(list(center.values()))
        vector = np.append(np.array(start) - shifts, 1.0)
        with np.errstate(all="ignore"):
            ends = (whole.matrix @ vector)[:-1] + shifts
            sums = [float(vector @ one @ vector) for one in whole.sums]
        return self._epoch(ends.tolist(), sums)

    def _walk(self, cells: dict[str, float], start: Sequence[float], told: Told | None) -> Epoch:
        """Row after row, task after task."""
        carried, parts = tuple(start), list[Walked]()
        tasks = self.model.tasks
        for number, task in enumerate(tasks, 1):
            [walked] = self.model.workers.each(walk_rows, [task], WalkQuery(self.steps, cells, carried))
            carried = walked.carried
            parts.append(walked)
            if told:
                told(number, len(tasks))
        self.model.passes += 1
        sums = [fsum(part.sums[at] for part in parts) for at in range(len(self.sums))]
        return self._epoch(carried, sums)

    def _epoch(self, ends: Sequence[float], sums: Sequence[float]) -> Epoch:
        columns = [tree.text for _, tree in self.steps.carried if isinstance(tree, Name)]
        return Epoch(dict(zip(columns, ends, strict=True)), dict(zip(self.sums, sums, strict=True)))


class Evaluation:
    """The wanted cells over tasks of rows, for values of the parameters."""

    def __init__(
        self, pattern: Pattern, tasks: Sequence[Task], rows: int, workers: Workers, sample: Task
    ) -> None:
        self.pattern = pattern
        self.model = RowsModel(pattern, tasks, rows, workers)
        self.steps = Steps(self.model, sample) if pattern.carried else None

    def at(self, point: Sequence[float], told: Told | None = None) -> list[float]:
        """What the wanted cells show, in their order; NaN for what is not a number."""
        model, wanted, steps = self.model, self.pattern.wanted, self.steps
        if steps is None:
            [found] = model.shown([point], wanted)
            return [found.values[key] for key in wanted]
        [before] = model.shown([point], [*steps.needed, *steps.starts])
        epoch = steps.epoch(before.values, told)
        [after] = model.shown([point], [key for key in wanted if key not in epoch.last], known=[epoch.sums])
        return [epoch.last[key] if key in epoch.last else after.values[key] for key in wanted]
