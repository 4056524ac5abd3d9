"""A lesson in memory: run it step by step, look at it, go back, and save what a run would have written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from itertools import product
from types import TracebackType

from ..books.book import Book
from ..errors import Diverged, SheetgdError, UsageError
from ..formulas.model import EngineFailed
from ..grid.a1 import Cell, parse
from ..grid.edits import Edits
from ..grid.sheet import Value
from ..layout.choice import Choice, choose
from ..layout.find import Layout
from .another_engine import with_another_engine
from .choose import NOTHING, choose_sheets, layout_of
from .explanation import Explanation, explain
from .history import History, history_of
from .inputs import Input, checked, find_inputs, input_at
from .landscape import Landscape, Pictures, Prediction
from .rule import Rule, State
from .rules import make_rule
from .run import confirm, seen
from .session_log import SessionLog, SessionStep
from .session_run import SessionRun
from .settings import asked_epochs, learning_rate, require_learn
from .slopes import SlopeNode, slopes_of
from .start import keep_start, renew_record, start_values
from .writing import check_log_room, write_epochs, write_start


def session(
    book: Book,
    sheet: str | None = None,
    *,
    carry: Sequence[tuple[str, str]] = (),
    loss: str | None = None,
    learn_cell: str | None = None,
    epochs_cell: str | None = None,
) -> Session:
    """A lesson of a book in memory: epochs and rows one at a time, back again, and nothing written until `save`.

    `sheet` and the other options are as in `sheetgd.run`. What `save` writes is what `sheetgd.run` would have written
    after the same epochs. Raises a SheetgdError where the sheet is not what a run needs.

    >>> import sheetgd
    >>> path = sheetgd.new("descent", "lesson.xlsx")
    >>> with sheetgd.open_book("lesson.xlsx") as book, sheetgd.session(book) as lesson:
    ...     lesson.explain("J75").text
    ...     history = lesson.epoch()
    ...     lesson.save()
    'new_m = m − learn × de/dm = 1 − 0.0001 × (−503.51) = 1.050351'
    """
    with book.naming_errors():
        choice = choose(carry, loss, learn_cell, epochs_cell)
        return Session(book, choose_sheets(book, sheet, choice=choice)[0], choice)


class Session:
    """A lesson in memory; made by `sheetgd.session`.

    `layout` says what was found on the sheet, and `inputs` are the cells that `put` types into.
    """

    def __init__(self, book: Book, sheet: str, choice: Choice = NOTHING) -> None:
        self.book, self.sheet = book, sheet
        self._choice = choice
        self._typed: dict[Cell, float] = {}
        self._held = ExitStack()
        self._read()
        self._base = seen(self._rule)  # a start that shows an error can still be reset
        self._run = SessionRun(SessionLog(self.layout), self._base)

    # -- the book ----------------------------------------------------------------------------------------------------
    def _read(self) -> None:
        """Read the sheet, and make its rule with what was typed."""
        self.book.start()
        self.layout: Layout = layout_of(self.book, self.sheet, self._choice)
        self.inputs: list[Input] = find_inputs(self.book, self.layout)
        self._make_rule()

    def _make_rule(self) -> None:
        edits = Edits()
        for cell, number in self._typed.items():
            edits.put(self.sheet, cell, number)
        self._rule: Rule = make_rule(self.book, self.layout, self.learn, edits)
        self._rule.refuse_frozen()
        self._rule.narrow(self._shown_always())
        self.close()
        self._pictures = self._held.enter_context(closing(Pictures(self.book, self._rule)))

    def _shown_always(self) -> list[Cell]:
        """The formulas that whoever looks at the lesson sees after each step."""
        cells = product(self.layout.rows, self.layout.table.columns.values())
        return [cell for cell in cells if cell in self.layout.sheet.formulas]

    @property
    def name(self) -> str:
        """The book's name."""
        return self.book.name

    @property
    def now(self) -> State:
        """The state that the start cells show."""
        return self._run.now

    @property
    def row_at(self) -> int:
        """The row of the step table (from 1) up to which the current epoch has been walked; 0 between epochs."""
        return self._run.row_at

    @property
    def diverged(self) -> Diverged | None:
        """The error of a run that was stopped."""
        return self._run.diverged

    @property
    def away(self) -> list[State]:
        """The states that a stopped run went through after the growth began."""
        return self._run.away

    @property
    def notes(self) -> list[str]:
        """What to do about a loss that has grown."""
        return self._run.notes

    @property
    def learn(self) -> float | None:
        """The learning rate; None where the sheet has none."""
        cell = self.layout.controls.learn
        return learning_rate(self.layout, self._typed.get(cell) if cell else None)

    @property
    def epochs_asked(self) -> int:
        """How many epochs a run is: what the sheet's epochs cell says."""
        cell = self.layout.controls.epochs
        typed = self._typed.get(cell) if cell else None
        return int(typed) if typed else asked_epochs(self.layout)

    @property
    def epoch_number(self) -> int:
        """The number of the last whole epoch, as the log counts."""
        return self._run.log.epoch

    @property
    def steps(self) -> list[SessionStep]:
        """The epochs since the book was opened or reset."""
        return self._run.log.steps

    @property
    def unsaved(self) -> bool:
        """Whether the book does not show what the session does."""
        return self._run.log.unsaved or bool(self._typed) or self.now.values != self._base.values

    @property
    def history(self) -> History:
        """The epochs that are not saved yet: what `sheetgd.run` says of them."""
        with self.book.naming_errors():
            layout, trace = self._run.log.cleared(self.layout, Edits()), self._run.log.trace()
            history = history_of(self.book, layout, self.learn, self._base, self.now, trace, self.diverged)
        return history._replace(warnings=[*self.notes, *dict.fromkeys(self.book.warnings)])

    # -- stepping ----------------------------------------------------------------------------------------------------
    def epoch(self) -> History:
        """Run one epoch, or the rest of one that was begun row by row."""
        return self.run(1)

    @with_another_engine
    def run(self, epochs: int | None = None) -> History:
        """Run epochs, as many as the sheet says where `epochs` is None: the history of all that is not saved.

        A run that runs away is stopped: the session goes back to the epoch before the growth began, and the history
        says so in `diverged`.
        """
        with self.book.naming_errors():
            require_learn(self._rule)
            self._run.run(self._rule, self.layout, epochs or self.epochs_asked)
        return self.history

    @with_another_engine
    def row(self) -> dict[str, float]:
        """Walk one row down the step table: the parameters after it. With the last row the epoch is done."""
        table, rows = self.layout.table, len(self.layout.rows)
        if not table.successors:
            raise UsageError(
                "every row of this table uses the start cells, so there is no step of a single row",
                "run a whole epoch",
            )
        if self.row_at + 1 >= rows:
            self.run(1)
            return dict(self.now.values)
        self._run.row_at += 1
        row = self.layout.rows[self.row_at - 1]
        cells = {
            name: (row, found.successor) for name, found in self.layout.parameters.items() if found.successor
        }
        shown = self.values(list(cells.values()))
        return {
            name: self._rule.number(value, cell, f"the next value of {name}")
            for (name, cell), value in zip(cells.items(), shown, strict=True)
        }

    @with_another_engine
    def back(self) -> None:
        """Go back one epoch, or to the beginning of one that was begun row by row."""
        if not self.row_at:
            if not self.steps:
                raise UsageError("there is no epoch to go back to", "run one first")
            self._run.now = self._run.log.take_back()
            self._rule.stand(self.now)
        self._run.leave()

    @with_another_engine
    def reset(self) -> None:
        """Put the start cells back, as `sheetgd.reset` does; the log is emptied when the session is saved."""
        with self.book.naming_errors():
            self._rule.stand(State(start_values(self.book, self.layout), None))
            self._run.now = seen(self._rule)
        self._run.log.restart(self.now)
        self._run.leave()

    @with_another_engine
    def put(self, cell: str, value: Value) -> None:
        """Type into an input of the lesson (see `inputs`), by its A1 address; refused as `run` would refuse it."""
        with self.book.naming_errors():
            entry = input_at(self.inputs, parse(cell), self.layout.sheet)
            number = checked(self.layout.sheet, entry, value)
            if entry.kind == "start":
                now = State({**self.now.values, entry.name: number}, None)
            else:
                self._typed[entry.cell] = number
                self._run.growth = None
                self._make_rule()
                now = self.now
            self._rule.stand(now)
            self._run.now = self._rule.state()
        self._run.leave()

    # -- looking -----------------------------------------------------------------------------------------------------
    @with_another_engine
    def values(self, cells: Sequence[Cell]) -> list[Value]:
        """What cells (row, column) of the sheet show now."""
        return self._pictures.values(cells, self.now, self._typed)

    @with_another_engine
    def points(self) -> tuple[list[float], list[float]]:
        """The table's x and y."""
        return self._pictures.points()

    @with_another_engine
    def prediction(self, parameters: Mapping[str, float] | None = None) -> Prediction | None:
        """What the sheet predicts at the parameters of now, or with others: a curve over x, or values beside y; None
        where it has no column of predictions."""
        with self.book.naming_errors():
            return self._pictures.prediction(self.now, {**self.now.values, **(parameters or {})}, self.values)

    @with_another_engine
    def landscape(
        self,
        down: str,
        across: str | None = None,
        *,
        steps: int = 31,
        down_between: tuple[float, float] | None = None,
        across_between: tuple[float, float] | None = None,
    ) -> Landscape:
        """The loss, by the sheet's own formulas, over one parameter or two; the others stay as they are.

        `steps` is the number of values of each; without limits the map holds the path so far and, where it can be told,
        the lowest point. The losses are rows for each value of `down`, None where the sheet shows no number.
        """
        path = [*(step.before.values for step in self.steps), self.now.values]
        between = [down_between, across_between] if across is not None else [down_between]
        with self.book.naming_errors():
            return self._pictures.landscape(self.now, path, down, across, steps, between)

    def explain(self, cell: str) -> Explanation:
        """A cell's formula with names, with the numbers put in, and with its result."""
        with self.book.naming_errors():
            return explain(self.layout, parse(cell), self.values)

    @with_another_engine
    def graph(self, cell: str | None = None) -> list[SlopeNode]:
        """How the loss, or another cell, comes from the parameters of now: a node for each parameter and each formula,
        with its value and the slope that back-propagation gives it.

        >>> import sheetgd
        >>> path = sheetgd.new("weight", "weight.xlsx")
        >>> with sheetgd.open_book(path) as book, sheetgd.session(book) as lesson:
        ...     nodes = lesson.graph()
        >>> nodes[0].formula, nodes[-1].slope
        ('', 1.0)
        """
        with self.book.naming_errors():
            end = parse(cell) if cell else self.layout.controls.loss
            return slopes_of(self.book, self.layout, self.now.values, self._typed, end)

    @property
    def log(self) -> list[dict[str, float]]:
        """The epochs that the log will hold: of the book, and those that are not saved yet. "epoch", the parameters by
        name, and "loss"."""
        return self._run.log.entries(self.layout)

    # -- saving ------------------------------------------------------------------------------------------------------
    def save(self, out: str | os.PathLike[str] | None = None, *, force: bool = False) -> None:
        """Write what `run` would have written after the last whole epoch; `out` and `force` are as in `sheetgd.run`.

        Nothing is written, and the session goes on, where that raises a SheetgdError.
        """
        with self.book.naming_errors():
            self._run.row_at = 0
            edits = self._unwritten()
            if edits or out is not None:
                try:
                    self.book.apply(edits, out, force=force)
                except SheetgdError:
                    self._go_on()
                    raise
            if out is None:
                self._typed = {}
                self._run.log.written()
            self._go_on()
            if out is None:
                self._base = self.now

    def _go_on(self) -> None:
        """Read the book again, and stand where the session stood; where the engine ends now, the next question does."""
        self._run.growth = None
        with suppress(EngineFailed):
            self._read()
            self._rule.settle(self.now)

    @with_another_engine
    def _unwritten(self) -> Edits:
        """The cells to write, as one change."""
        edits = Edits()
        if not self.unsaved:
            return edits
        for cell, number in self._typed.items():
            edits.put(self.sheet, cell, number)
        edits.rest_on(self.sheet, self.layout.inputs)
        self._rule.settle(self.now)
        layout, trace = self._run.log.cleared(self.layout, edits), self._run.log.trace()
        if trace.done:
            confirm(self._rule, self.now)
        check_log_room(layout, 1 + len(trace.states))
        if self._run.log.emptied:
            renew_record(self.book, layout, edits)
        if trace.done:
            layout = keep_start(self.book, layout, edits, self._run.log.fresh[0].before, trace.done)
            write_epochs(layout, edits, self._rule, trace)
        else:
            write_start(layout, edits, self._rule, self.now)
        return edits

    # -- another engine ----------------------------------------------------------------------------------------------
    def _mark(self) -> tuple[SessionRun, State, dict[Cell, float]]:
        """Where the session stands, for `_return_to`."""
        return self._run.copy(), self._base, dict(self._typed)

    def _return_to(self, mark: tuple[SessionRun, State, dict[Cell, float]]) -> None:
        """Stand where the session stood, in what is known here; `_resume` tells the engine."""
        self._run, self._base, self._typed = mark

    def _resume(self) -> None:
        """Start another formula engine, and stand in it where the session stands."""
        with self.book.naming_errors():
            self.book.restart()
            self._read()
            self._rule.stand(self.now)

    # -- the end -----------------------------------------------------------------------------------------------------
    def close(self) -> None:
        """Let go of what the session holds; the book stays open."""
        self._held.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()
