"""Epochs over rows beyond the sheet: the same rule, its formulas computed over all of them, pass by pass."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, isnan

from ..books.book import Book
from ..errors import SheetError
from ..grid.a1 import Area, a1
from ..grid.edits import Edits
from ..layout.find import Layout
from ..progress import Progress
from ..scale.note import write_note
from ..scale.rows import NoNumber, Rows, Source, refuse_fault
from .formula_rule import FormulaRule
from .rule import State
from .stepping import ROWS_AT_ONCE

PROBES = 25  # points, about, from which many epochs at once are found
KEPT = 2 * PROBES  # points whose results are kept


class RowsRule(FormulaRule):
    """What an epoch over all rows does. The sheet's own model only follows, for what is written into it."""

    over_rows = True

    def __init__(
        self,
        book: Book,
        layout: Layout,
        learn: float | None,
        edits: Edits,
        source: Source,
        count: int,
        progress: Progress | None,
    ) -> None:
        """`count` epochs are to be run, of which `progress` is told."""
        if layout.rule != "formulas" or layout.kind == "trajectory":
            raise SheetError(
                "its rows give no pattern for further ones: "
                + (
                    "each is an epoch"
                    if layout.kind == "trajectory"
                    else "the table holds values, not formulas"
                ),
                "write the table's formulas, or run it without --rows",
                **layout.sheet.place((layout.table.first, layout.table.x)),
            )
        super().__init__(book, layout, learn, edits)
        self.progress, self.done = progress, 0  # computations over all rows
        self.expected = 1 + count if count <= ROWS_AT_ONCE else PROBES
        self.known: dict[tuple[float, ...], list[float]] = {}
        starts = [(self.sheet, found.start) for found in layout.carried.values()]
        self.rates = [(self.sheet, cell) for cell in [layout.controls.learn] if cell and self._is_plain(cell)]
        wanted = [(self.sheet, found.carry) for found in layout.carried.values()]
        columns = layout.table.columns.values()
        table = Area(layout.table.first, min(columns), layout.last, max(columns))
        typed = {place: learn for place in self.rates if learn is not None}
        self.rows = Rows(
            book, source, [*wanted, *self.shown()], starts + self.rates, (self.sheet, table), typed
        )

    def _is_plain(self, cell: tuple[int, int]) -> bool:
        return cell not in self.layout.sheet.formulas and self.learn is not None

    def close(self) -> None:
        self.rows.__exit__()

    # -- an epoch --------------------------------------------------------------------------------------------------
    def found(self) -> list[float]:
        """The carried cells and what else is shown, over all rows, where the rule stands."""
        point = (*self.values.values(), *(self.learn or 0.0 for _ in self.rates))
        if point not in self.known:
            while len(self.known) >= KEPT:
                self.known.pop(next(iter(self.known)))
            self.known[point] = self._computed(point)
            self.done += 1
            self.told(0, 1)
        return self.known[point]

    def _computed(self, point: tuple[float, ...]) -> list[float]:
        """The results at a point. A row that gives no number is named, unless it is an error that came with the epochs:
        then they have diverged."""
        found = self.rows.evaluation.at(point, self.told)
        if all(map(isfinite, point)) and any(map(isnan, found)):
            refuse_fault(self.book, self.rows.evaluation, point, errors=not self.done)
        return found

    def told(self, tasks: int, of: int) -> None:
        """Tell of the progress: so many tasks of those that a computation has are done, too."""
        if self.progress:
            whole = self.expected * of
            self.progress(min(self.done * of + tasks, whole), whole)

    def try_learn(self, learn: float) -> None:
        super().try_learn(learn)
        self.learn = learn

    def state(self) -> State:
        numbers = self.found()[len(self.values) :]
        for number, (_, cell) in zip(numbers, self.shown(), strict=True):
            if cell == self.layout.controls.loss and not isfinite(number):
                raise SheetError(
                    f"over the {self.rows.count:,} rows, {self.layout.controls.loss_name} is not a number",
                    "start from other values, or see which rows its formulas give an error for",
                    **self.layout.sheet.place(cell),
                )
        loss = numbers.pop(0) if self.layout.controls.loss else None
        return State(dict(self.values), loss, self.watched(numbers))

    def steps(self, count: int) -> Iterator[list[State | None]]:
        """Ends early, after whole epochs, on Ctrl-C; where there is none, there is nothing to keep."""
        self.expected = max(self.expected, self.done + count)
        for number in range(count):
            try:
                after = self.found()[: len(self.values)]
                self.values = dict(zip(self.values, after, strict=True))
                state = self.state() if all(map(isfinite, after)) else None
            except NoNumber:
                raise
            except SheetError:
                state = None
            except KeyboardInterrupt:
                if not number:
                    raise
                self.stopped = True
                return
            yield [state]

    def probe(self, values: dict[str, float]) -> tuple[dict[str, float], float | None]:
        self.values = dict(values)
        loss = self.state().loss
        after = dict(zip(values, self.found(), strict=False))
        if not all(map(isfinite, after.values())):
            raise SheetError("an epoch gives no numbers", sheet=self.sheet)
        return after, loss

    def loss_at(self, parameters: dict[str, float]) -> float:
        self.values = self.values | parameters
        return self.state().loss or 0.0

    # -- after the run ---------------------------------------------------------------------------------------------
    def note(self, edits: Edits, after: State, done: int) -> list[str]:
        name, rows = self.layout.controls.loss_name, self.rows
        place = write_note(self.layout.sheet, edits, rows.note, name, after.loss)
        found = [f"these epochs are over {rows.note}; noted in {self.sheet}!{place}"]
        if rows.evaluation.steps and rows.evaluation.steps.walked:
            first = rows.pattern.wanted_place(rows.pattern.wanted[0])
            found.append(
                f"the rows were walked one by one, in their order: a row's step is not affine in what it carries "
                f"(={self.book.cells(first[0]).formulas[first[1]]} in {a1(first[1])})"
            )
        if self.stopped:
            kept = "the first epoch is" if done == 1 else f"the first {done:,} epochs are"
            found.append(f"stopped by Ctrl-C: {kept} kept")
        return found
