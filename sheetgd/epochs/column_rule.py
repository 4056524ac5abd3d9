"""An epoch by the lesson's step, for a table of plain columns."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, sqrt
from typing import TYPE_CHECKING

from ..books.book import Book
from ..errors import SheetError
from ..grid.a1 import Cell
from ..grid.column_runs import Run
from ..grid.edits import Edits
from ..layout.find import Layout
from ..layout.line import filled_columns, nudge, points, roles
from ..layout.vocabulary import MSE_WORDS
from ..maths import line as descent
from .rule import Rule, State, too_large

if TYPE_CHECKING:
    from ..maths.line_blocks import Blocks

BLOCKS_FROM = 10_000  # rows of a table of values from which on NumPy pays off


class ColumnRule(Rule):
    """The lesson's step, for a table that holds values or nothing beside x and y."""

    def __init__(self, book: Book, layout: Layout, learn: float | None, edits: Edits) -> None:
        super().__init__(book, layout, learn, edits)
        self.xs, self.ys = points(layout)
        self.slope, self.intercept = roles(layout)
        self.h = nudge(layout)
        self.columns = filled_columns(layout, self.slope, self.intercept)
        self.blocks: Blocks | None = None
        if learn:
            self.try_learn(learn)
        self.by_formula = bool(layout.controls.loss and layout.controls.loss in layout.sheet.formulas)
        if self.by_formula:
            book.guard_all()

    def depends(self, cell: Cell) -> bool:
        return cell == self.layout.controls.learn

    def try_learn(self, learn: float) -> None:
        self.learn = learn
        if len(self.xs) >= BLOCKS_FROM:
            from ..maths.line_blocks import Blocks  # which needs NumPy

            self.blocks = Blocks(self.xs, self.ys, learn, self.h)

    @property
    def guess(self) -> tuple[float, float]:
        return self.values[self.slope], self.values[self.intercept]

    def rows(self) -> list[descent.Step]:
        assert self.learn is not None
        try:
            return descent.epoch(self.xs, self.ys, *self.guess, self.learn, self.h)
        except OverflowError:
            raise too_large(self.layout) from None

    def filled(self) -> Iterator[Run]:
        first = self.layout.table.first
        if self.blocks:
            terms = self.blocks.terms(*self.guess)
            for term, column in self.columns.items():
                yield Run(first, column, terms(term))
        else:
            rows = self.rows()
            for term, column in self.columns.items():
                yield Run(first, column, [getattr(row, term) for row in rows])
        if self.layout.controls.loss and not self.by_formula:
            yield Run(*self.layout.controls.loss, [self.loss_at(self.values)])

    def state(self) -> State:
        return State(dict(self.values), self.loss())

    def loss(self) -> float | None:
        """The loss cell's formula, where it has one, over the table as it then stands; else the lesson's."""
        if not self.layout.controls.loss:
            return None
        if not self.by_formula:
            return self.loss_at(self.values)
        starts = {found.start: self.values[name] for name, found in self.layout.parameters.items()}
        filled = [pair for run in self.filled() for pair in zip(run.area.cells, run.values, strict=True)]
        self.model.put(((self.sheet, cell), value) for cell, value in [*starts.items(), *filled])
        [value] = self.model.get([(self.sheet, self.layout.controls.loss)])
        return self.number(value, self.layout.controls.loss, self.layout.controls.loss_name)

    def steps(self, count: int) -> Iterator[list[State | None]]:
        for _ in range(count):
            try:
                self.values.update(zip((self.slope, self.intercept), self.after(), strict=True))
                state: State | None = self.state()
            except SheetError:
                state = None
            yield [state]

    def settle(self, state: State) -> None:
        self.values = dict(state.values)

    def probe(self, values: dict[str, float]) -> tuple[dict[str, float], float | None]:
        self.settle(State(values, None))
        loss = self.loss()
        return {**values, **dict(zip((self.slope, self.intercept), self.after(), strict=True))}, loss

    def after(self) -> tuple[float, float]:
        """The guess after one more epoch."""
        if not self.blocks:
            last = self.rows()[-1]
            return last.new_m, last.new_b
        after = self.blocks.after(*self.guess)
        if not all(map(isfinite, after)):
            raise too_large(self.layout)
        return after

    def loss_at(self, parameters: dict[str, float]) -> float:
        m, b = parameters[self.slope], parameters[self.intercept]
        try:
            mse = self.blocks.mse(m, b) if self.blocks else descent.mse(self.xs, self.ys, m, b)
            loss = mse if self.layout.controls.loss_name in MSE_WORDS else sqrt(mse)
        except OverflowError:
            raise too_large(self.layout) from None
        if not isfinite(loss):
            raise too_large(self.layout)
        return loss
