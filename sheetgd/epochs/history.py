"""What a run did to a sheet."""

from typing import Any, NamedTuple

from ..books.book import Book
from ..errors import Diverged
from ..grid.a1 import a1
from ..layout.find import Layout
from .rule import State
from .stepping import Trace
from .writing import next_epoch


class Change(NamedTuple):
    """A cell's number before and after a run."""

    cell: str
    before: float | None
    after: float | None


class History(NamedTuple):
    """What a run did to one sheet.

    `parameters` are by name; `loss` is None where the sheet has none; `log` has one entry per epoch of this run:
    "epoch", every parameter by name, and the loss by its name. `epochs_assumed` says that the sheet names no number
    of epochs.
    """

    book: str
    sheet: str
    rule: str
    epochs: int
    learn: float | None
    parameters: dict[str, Change]
    loss_name: str
    loss: Change | None
    log: list[dict[str, float]]
    log_area: str | None
    warnings: list[str]
    diverged: Diverged | None = None
    epochs_assumed: bool = False

    def as_json(self) -> dict[str, Any]:
        """The object that `run --json` prints."""
        loss = self.loss and {"name": self.loss_name, **self.loss._asdict()}
        return {
            "book": self.book,
            "sheet": self.sheet,
            "rule": self.rule,
            "epochs": self.epochs,
            "learn": self.learn,
            "parameters": {name: change._asdict() for name, change in self.parameters.items()},
            "loss": loss,
            "log": self.log,
            "warnings": self.warnings,
        }


def history_of(
    book: Book,
    layout: Layout,
    learn: float | None,
    before: State,
    after: State,
    trace: Trace,
    diverged: Diverged | None,
) -> History:
    """The history of a run on one sheet, from the states before and after it; without warnings."""
    controls = layout.controls
    parameters = {
        name: Change(a1(found.start), before.values[name], after.values[name])
        for name, found in layout.parameters.items()
    }
    return History(
        book=book.name,
        sheet=layout.sheet.name,
        rule=layout.rule,
        epochs=trace.done,
        learn=learn,
        parameters=parameters,
        loss_name=controls.loss_name,
        loss=Change(a1(controls.loss), before.loss, after.loss) if controls.loss else None,
        log=[
            _entry(layout, next_epoch(layout) - 1 + number, trace.states[number])
            for number in sorted(trace.states)
        ],
        log_area=_log_area(layout, trace),
        warnings=[],
        diverged=diverged,
    )


def _log_area(layout: Layout, trace: Trace) -> str | None:
    """Where the epochs are logged; a table with a row for each epoch is its own log."""
    if layout.log:
        return layout.log._replace(last=layout.log.last + len(trace.states)).area.a1
    return layout.area.a1 if layout.kind == "trajectory" else None


def _entry(layout: Layout, number: int, state: State) -> dict[str, float]:
    """What a history's log says about one epoch."""
    loss = {} if state.loss is None else {layout.controls.loss_name: state.loss}
    return {"epoch": number, **{name: state.values[name] for name in layout.parameters}, **loss}
