"""What one epoch does, whatever it is done by, and the state that it hands on."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..books.book import Book
from ..errors import SheetError
from ..grid.a1 import Cell, a1
from ..grid.column_runs import Run
from ..grid.edits import Edits
from ..grid.sheet import ErrorValue, Place, Value
from ..layout.find import Layout


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

    def note(self, edits: Edits, after: State, done: int) -> list[str]:
        """Write what the sheet itself does not show of a run that ended at a state, after the epochs done; returns
        what to say about it."""
        return []

    def close(self) -> None:
        """Let go of what the rule holds."""

    def filled(self) -> Iterator[Run]:
        """The plain cells beside the start cells that show the present state."""
        return iter(())

    def loss_at(self, parameters: dict[str, float]) -> float:
        """The loss that the sheet gives for some parameters."""
        raise NotImplementedError


def too_large(layout: Layout) -> SheetError:
    """The error for numbers that pass the largest there is when they are squared."""
    return SheetError(
        "the numbers are too large to be squared",
        "use smaller x, y and start values",
        **layout.sheet.place((layout.table.heading, layout.table.x)),
    )
