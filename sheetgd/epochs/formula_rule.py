"""An epoch by the sheet's own formulas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from ..books.book import Book
from ..errors import SheetError
from ..grid.a1 import Cell, a1
from ..grid.edits import Edits
from ..grid.sheet import ErrorValue, Place, Value
from ..layout.find import Layout
from .rule import FailedCell, Rule, State, too_large

NARROWED_FROM = 20  # epochs; for fewer it is not worth it
CHUNK_SECONDS = 0.1  # of epochs between two reports of progress


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
        from ..layout.line import find_roles, points  # most sheets show a loss
        from ..maths.line import rmse

        names = find_roles(self.layout)
        if names is None:
            grid = self.layout.grid
            raise SheetError(
                "the grid of losses cannot be filled, because no cell is labelled rmse, mse or loss",
                "type such a label to the left of the cell with the loss, or write formulas into the grid",
                **self.layout.sheet.place(grid.area[:2] if grid else (self.layout.table.heading, 1)),
            )
        try:
            return rmse(*points(self.layout), *(parameters[name] for name in names))
        except OverflowError:
            raise too_large(self.layout) from None
