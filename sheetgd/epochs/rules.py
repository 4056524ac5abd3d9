"""What one epoch does: the sheet's own formulas, or, for a table of plain columns, the lesson's step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from math import isfinite, sqrt
from typing import TYPE_CHECKING, NamedTuple

from ..books.book import Book
from ..errors import SheetError
from ..grid.a1 import Cell, a1
from ..grid.column_runs import Run
from ..grid.edits import Edits
from ..grid.sheet import ErrorValue, Place, Value
from ..layout.find import Layout
from ..layout.line import filled_columns, find_roles, nudge, points, roles
from ..layout.vocabulary import MSE_WORDS
from ..maths import line as descent

if TYPE_CHECKING:
    from ..maths.line_blocks import Blocks

NARROWED_FROM = 20  # epochs; for fewer it is not worth it
CHUNK_SECONDS = 0.1  # of epochs between two reports of progress
BLOCKS_FROM = 10_000  # rows of a table of values from which on NumPy pays off


class State(NamedTuple):
    """What an epoch hands on to the next, by name; the loss; and the other values that the log shows."""

    values: dict[str, float]
    loss: float | None
    watched: dict[str, Value] = {}  # noqa: RUF012 - never changed


class FailedCell(NamedTuple):
    """A cell that shows an error for the first time in an epoch, and its formula."""

    place: Place
    error: ErrorValue
    formula: str


class Rule:
    """What one epoch does to the parameters of a sheet, and the loss that the sheet then shows."""

    over_rows = False  # whether the rows are other ones than the sheet's own
    stopped = False  # whether Ctrl-C ended the run, whose epochs until then are kept

    def __init__(self, book: Book, layout: Layout, learn: float | None, edits: Edits) -> None:
        self.book, self.layout, self.learn, self.edits = book, layout, learn, edits
        self.sheet = layout.sheet.name
        self.has_model = book.has_formulas()
        typed = edits.cells.get(self.sheet, {})
        self.changing = [*typed, *(found.start for found in layout.carried.values())]
        if self.has_model:
            self.model = book.model()
            if typed:
                self.model.put(((self.sheet, cell), value) for cell, value in typed.items())
        self.values = {
            name: float(layout.sheet.number(found.start) or 0.0) for name, found in layout.carried.items()
        }

    def refuse_frozen(self) -> None:
        """Refuse a new parameter or a loss that depends on a formula which the engine cannot reproduce."""
        if not self.has_model:
            return
        needed = {name: found.carry for name, found in self.layout.carried.items()}
        needed |= (
            {self.layout.controls.loss_name: self.layout.controls.loss} if self.layout.controls.loss else {}
        )
        for name, cell in needed.items():
            if found := self.book.unreliable(self.sheet, [cell], self.changing):
                (sheet, cause), why = found
                raise SheetError(
                    f"{name} depends on this formula, and {why.words}",
                    self.book.remedy(why),
                    sheet=sheet,
                    cell=a1(cause),
                )

    def untype(self, cells: Iterable[Cell]) -> None:
        """Put back into the model what the sheet holds in cells that are not to be written after all."""
        if self.has_model:
            values = self.layout.sheet.values
            self.model.put([((self.sheet, cell), values.get(cell)) for cell in cells])

    def depends(self, cell: Cell) -> bool:
        """Whether a new parameter depends on the cell."""
        return False

    def try_learn(self, learn: float) -> None:
        """Compute further epochs with another learning rate, which is not written."""
        raise NotImplementedError

    def refuse_errors(self) -> None:
        """Refuse a new parameter that shows an error before the first epoch, which no descent has caused."""

    def number(self, value: Value, cell: Cell, what: str) -> float:
        """A number that the sheet must show, or an error that names its cell."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.book.no_number((self.sheet, cell), what, value)
        return float(value)

    def state(self) -> State:
        """The parameters and the loss as they are now; a SheetError where the loss is no number."""
        raise NotImplementedError

    def errors(self) -> dict[str, tuple[Cell, ErrorValue]]:
        """The next values and the loss that the sheet shows errors for, by name, with their cells."""
        return {}

    def failure(self, state: State) -> FailedCell | None:
        """Where an epoch that gives no numbers goes wrong, run from a state; the rule may then stand anywhere."""
        return None

    def steps(self, count: int) -> Iterator[list[State | None]]:
        """The states after each of `count` epochs, in chunks; None where an epoch gave no numbers."""
        raise NotImplementedError

    def settle(self, state: State) -> None:
        """Make the rule stand at a state."""
        raise NotImplementedError

    def narrow(self, cells: Iterable[Cell] = ()) -> None:
        """Run epochs from now on without the formulas that neither they nor these cells need."""

    def stand(self, state: State) -> None:
        """Likewise, but only where epochs are run: the rest of the workbook waits."""
        self.settle(state)

    def probe(self, values: dict[str, float]) -> tuple[dict[str, float], float | None]:
        """The values after an epoch from these, and the loss at these; the rule may then stand anywhere.

        A SheetError says that one of them is no number.
        """
        raise NotImplementedError

    def note(self, edits: Edits, after: State) -> list[str]:
        """Write what the sheet itself does not show of a run that ended at a state; returns what to say about it."""
        return []

    def close(self) -> None:
        """Let go of what the rule holds."""

    def filled(self) -> Iterator[Run]:
        """The plain cells beside the start cells that show the present state."""
        return iter(())

    def loss_at(self, parameters: dict[str, float]) -> float:
        """The loss that the sheet gives for some parameters."""
        raise NotImplementedError


class FormulaRule(Rule):
    """The sheet's formulas: recalculate, carry, recalculate."""

    def __init__(self, book: Book, layout: Layout, learn: float | None, edits: Edits) -> None:
        super().__init__(book, layout, learn, edits)
        self.narrowed = False  # whether epochs are run without the formulas that they do not need
        self.old: Set[Place] = frozenset()  # formulas whose results are old where epochs are run
        self.apart = False  # whether it stands at its state only where epochs are run
        self.model.narrow(())
        self.alarm = book.alarm()
        self.stands: list[Value] = []  # in the start cells, since it has settled

    def depends(self, cell: Cell) -> bool:
        carried = [found.carry for found in self.layout.carried.values()]
        return self.book.depend(self.sheet, carried, cell)

    def try_learn(self, learn: float) -> None:
        cell = self.layout.controls.learn
        assert cell
        self.model.put([((self.sheet, cell), learn)])

    def refuse_errors(self) -> None:
        found = {name: parameter.carry for name, parameter in self.layout.carried.items()}
        values = self.shows(list(found.values()))
        for (name, cell), value in zip(found.items(), values, strict=True):
            if value != "#NUM!":  # which is a number that is too large
                self.number(value, cell, f"the next value of {name}")

    def state(self) -> State:
        cell, found = self.layout.controls.loss, None
        values = self.read([cell for _, cell in self.shown()])
        if cell:
            found = self.number(values.pop(0), cell, self.layout.controls.loss_name)
        return State(dict(self.values), found, self.watched(values))

    def errors(self) -> dict[str, tuple[Cell, ErrorValue]]:
        cells = {f"the next {name}": found.carry for name, found in self.layout.carried.items()}
        if self.layout.controls.loss:
            cells = {self.layout.controls.loss_name: self.layout.controls.loss} | cells
        values = self.shows(list(cells.values()))
        return {
            name: (cell, value)
            for (name, cell), value in zip(cells.items(), values, strict=True)
            if isinstance(value, ErrorValue)
        }

    def failure(self, state: State) -> FailedCell | None:
        self.settle(state)
        if not (errors := self.errors()):
            carried = self.book.shown([(self.sheet, found.carry) for found in self.layout.carried.values()])
            self.model.put(zip(self._cells(), carried, strict=True))
            errors = self.errors()
        for cell, error in errors.values():
            found = self.book.origin_of_error((self.sheet, cell))
            if found and found[1]:
                return FailedCell(found[0], error, found[1])
        return None

    def shown(self) -> list[Place]:
        """The loss cell, if there is one, and the cells of the other values that the log shows."""
        log = self.layout.log
        cells = [self.layout.controls.loss, *(log.watched.values() if log else ())]
        return [(self.sheet, cell) for cell in cells if cell]

    def watched(self, values: Sequence[Value]) -> dict[str, Value]:
        return dict(zip(self.layout.log.watched, values, strict=True)) if self.layout.log else {}

    def steps(self, count: int) -> Iterator[list[State | None]]:
        found = self.layout.carried.values()
        if count >= NARROWED_FROM and not self.narrowed:
            self.narrow()
        carry = [((self.sheet, p.carry), (self.sheet, p.start)) for p in found]
        watch = [start for _, start in carry] + self.shown()
        self.read([])  # so that the first epoch does not begin with a number unseen
        while count > 0:
            alarm = [self.alarm] if self.alarm else []
            rows = self.model.epochs(count, carry, watch + alarm, CHUNK_SECONDS, self.book.prepare)
            if alarm:
                rows = self.trusted(rows, len(carry))
            if rows:
                yield [self.as_state(row) for row in rows]
            count -= len(rows)

    def trusted(self, rows: list[list[Value] | None], starts: int) -> list[list[Value] | None]:
        """The epochs up to the one in which the alarm went off, which is then still to be computed."""
        for index, row in enumerate(rows):
            if row is not None and row.pop() != 0.0:
                self.guard()
                return rows[:index]
            if row is not None:
                self.stands = row[:starts]
        return rows

    def guard(self) -> None:
        """Have numbers that pass 1e308 seen in every formula; then stand where the rule stood before."""
        self.alarm, self.apart = None, False
        self.book.guard_all()
        if self.stands:
            self.model.put(zip(self._cells(), self.stands, strict=True))

    def narrow(self, cells: Iterable[Cell] = ()) -> None:
        self.narrowed = True
        found = self.layout.carried.values()
        wanted = [*(p.carry for p in found), *(cell for _, cell in self.shown()), *cells]
        left_out = self.book.narrow(self.sheet, wanted, [p.start for p in found])
        right = {(self.sheet, cell) for cell in wanted}  # left out only where it never changes
        self.old = left_out - right
        self.alarm = self.alarm and self.book.alarm()

    def as_state(self, row: list[Value] | None) -> State | None:
        """The state that the watched cells show, if those that matter are numbers."""
        if row is None:
            return None
        end = len(self.values) + bool(self.layout.controls.loss)
        numbers = [value for value in row[:end] if type(value) is float]
        if len(numbers) < end:
            return None
        loss = numbers[-1] if self.layout.controls.loss else None
        return State(dict(zip(self.values, numbers, strict=False)), loss, self.watched(row[end:]))

    def settle(self, state: State) -> None:
        self.values, self.apart = dict(state.values), False
        self.model.put(self._starts())

    def stand(self, state: State) -> None:
        self.values, self.apart = dict(state.values), True
        self.model.put_narrowed(self._starts())

    def _cells(self) -> list[Place]:
        return [(self.sheet, found.start) for found in self.layout.carried.values()]

    def _starts(self) -> list[tuple[Place, float]]:
        self.stands = [*self.values.values()]
        return list(zip(self._cells(), self.values.values(), strict=True))

    def read(self, cells: Sequence[Cell]) -> list[Value]:
        """What cells of the sheet show where the rule stands, none of them for a number that passed 1e308 unseen."""
        places = [(self.sheet, cell) for cell in cells]
        if self.apart and not self.old.isdisjoint(places):
            self.settle(State(self.values, None))
        get = self.model.get_narrowed if self.apart else self.model.get
        if not self.alarm:
            return get(places)
        values = get([*places, self.alarm])
        if values.pop() == 0.0:
            return values
        self.guard()
        return self.model.get(places)

    def shows(self, cells: Sequence[Cell]) -> list[Value]:
        """Likewise, with the errors that the applications show."""
        values = self.read(cells)
        if not any(isinstance(value, ErrorValue) for value in values):
            return values
        if self.apart:
            self.settle(State(self.values, None))
        return self.book.shown([(self.sheet, cell) for cell in cells])

    def probe(self, values: dict[str, float]) -> tuple[dict[str, float], float | None]:
        """By a single recalculation: it shows both."""
        layout, cells = self.layout, {name: found.carry for name, found in self.layout.carried.items()}
        starts = [(self.sheet, found.start) for found in layout.carried.values()]
        wanted = [*cells.values(), *([layout.controls.loss] if layout.controls.loss else [])]
        places = [(self.sheet, cell) for cell in wanted]
        shown = self.model.values_at(starts, values.values(), places + ([self.alarm] if self.alarm else []))
        if self.alarm and shown.pop() != 0.0:
            self.guard()
            shown = self.model.values_at(starts, values.values(), places)
        numbers = [self.number(value, cell, a1(cell)) for value, cell in zip(shown, wanted, strict=True)]
        return dict(zip(cells, numbers, strict=False)), numbers[-1] if layout.controls.loss else None

    def loss_at(self, parameters: dict[str, float]) -> float:
        now = State(dict(self.values), None)
        self.settle(State(now.values | parameters, None))
        loss = self.state().loss
        self.settle(now)
        if loss is not None:
            return loss
        names = find_roles(self.layout)
        if names is None:
            grid = self.layout.grid
            raise SheetError(
                "the grid of losses cannot be filled, for no cell is labelled rmse, mse or loss",
                "type such a label left of the cell with the loss, or write formulas into the grid",
                **self.layout.sheet.place(grid.area[:2] if grid else (self.layout.table.heading, 1)),
            )
        try:
            return descent.rmse(*points(self.layout), *(parameters[name] for name in names))
        except OverflowError:
            raise _too_large(self.layout) from None


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
            raise _too_large(self.layout) from None

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
            raise _too_large(self.layout)
        return after

    def loss_at(self, parameters: dict[str, float]) -> float:
        m, b = parameters[self.slope], parameters[self.intercept]
        try:
            mse = self.blocks.mse(m, b) if self.blocks else descent.mse(self.xs, self.ys, m, b)
            loss = mse if self.layout.controls.loss_name in MSE_WORDS else sqrt(mse)
        except OverflowError:
            raise _too_large(self.layout) from None
        if not isfinite(loss):
            raise _too_large(self.layout)
        return loss


def _too_large(layout: Layout) -> SheetError:
    return SheetError(
        "the numbers are too large to be squared",
        "use smaller x, y and start values",
        **layout.sheet.place((layout.table.heading, layout.table.x)),
    )


def make_rule(book: Book, layout: Layout, learn: float | None, edits: Edits) -> Rule:
    """The rule that the sheet's table goes by."""
    return (FormulaRule if layout.rule == "formulas" else ColumnRule)(book, layout, learn, edits)
