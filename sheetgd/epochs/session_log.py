"""The epochs of a lesson in memory: those that the book's log holds, and those that are not saved yet."""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

from ..grid.edits import Edits
from ..layout.find import Layout
from .rule import State
from .stepping import Trace, logged_epochs
from .writing import empty_log, next_epoch


class SessionStep(NamedTuple):
    """One epoch of a session: its number from the session's first, and the states before and after it."""

    number: int
    before: State
    after: State


class SessionLog:
    """The steps since the book was opened or reset, and what of them the book's log is to say."""

    def __init__(self, layout: Layout) -> None:
        self.steps: list[SessionStep] = []
        self._first = next_epoch(layout)
        self._saved = 0  # the steps whose rows the book's log holds
        self._stale = 0  # the rows below them that it holds too, and that were taken back
        self.emptied: State | None = None  # the start, where the log is to be emptied first

    @property
    def done(self) -> int:
        """The number of the last step, from the session's first."""
        return self.steps[-1].number if self.steps else 0

    @property
    def epoch(self) -> int:
        """The number of the last whole epoch, as the log counts."""
        return self._first - 1 + self.done

    @property
    def fresh(self) -> list[SessionStep]:
        """The steps that are not saved."""
        return self.steps[self._saved :]

    @property
    def unsaved(self) -> bool:
        """Whether the book's log is to be changed."""
        return bool(self.fresh) or self._stale > 0 or self.emptied is not None

    def copy(self) -> SessionLog:
        """The same, which stays when steps are added here or taken back."""
        same = copy(self)
        same.steps = [*self.steps]
        return same

    # -- what happens ------------------------------------------------------------------------------------------------
    def add(self, before: State, after: State, epochs: int) -> None:
        """A step of one epoch, or of those between two that are logged."""
        self.steps.append(SessionStep(self.done + epochs, before, after))

    def take_back(self) -> State:
        """Take the last step back: the state before it."""
        before = self.steps.pop().before
        if self._saved > len(self.steps):
            self._saved -= 1
            self._stale += 1
        return before

    def restart(self, start: State) -> None:
        """Begin at epoch 0 again, with an empty log."""
        self.steps, self._first, self._saved, self._stale, self.emptied = [], 1, 0, 0, start

    def written(self) -> None:
        """The book's log now holds all of this."""
        self._saved, self._stale, self.emptied = len(self.steps), 0, None

    # -- what the log says -------------------------------------------------------------------------------------------
    def trace(self) -> Trace:
        """The steps whose rows are to be logged, by their number after the last one that is."""
        fresh = self.fresh
        if not fresh:
            return Trace(0, {})
        before = fresh[0].number - 1
        states = {step.number - before: step.after for step in fresh}
        done = fresh[-1].number - before
        wanted = {*logged_epochs(done), done}
        return Trace(done, {number: state for number, state in states.items() if number in wanted})

    def cleared(self, layout: Layout, edits: Edits) -> Layout:
        """The layout with the log without the rows that were taken back; `edits` empties them."""
        log, sheet = layout.log, layout.sheet
        if log is None or not (self.emptied or self._stale):
            return layout
        first = log.heading + 1 if self.emptied else log.last + 1 - self._stale
        for row in range(first, log.last + 1):
            for column in log.columns.values():
                edits.put(sheet.name, (row, column), None)
        if self.emptied:
            empty_log(layout, edits, self.emptied)
            first += "epoch" in log.columns
        return layout._replace(
            sheet=sheet.with_values(edits.cells[sheet.name]), log=log._replace(last=first - 1)
        )

    def entries(self, layout: Layout) -> list[dict[str, float]]:
        """What the log will hold: the rows of the book's, and the steps that are not saved."""
        log = layout.log
        kept = list[dict[str, float]]()
        if log and self.emptied and "epoch" in log.columns:
            kept.append(_entry(0, self.emptied))
        if log and not self.emptied:
            for row in range(log.heading + 1, log.last + 1 - self._stale):
                shown = {what: layout.sheet.number((row, column)) for what, column in log.columns.items()}
                numbers = {what: number for what, number in shown.items() if number is not None}
                kept.append({"epoch": float(row - log.heading)} | numbers)
        for step in self.fresh if log else self.steps:
            kept.append(_entry(self._first - 1 + step.number, step.after))
        return kept


def _entry(epoch: int, state: State) -> dict[str, float]:
    """What the log says of an epoch."""
    loss = {} if state.loss is None else {"loss": state.loss}
    return {"epoch": float(epoch), **state.values, **loss}
