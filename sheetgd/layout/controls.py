"""What stands around a step table: learn, epochs, h and the loss; the grid of losses; the epoch log."""

from collections.abc import Iterable
from typing import NamedTuple

from ..grid.a1 import Area, Cell
from ..grid.sheet import ErrorValue, Sheet, normal, printable
from .choice import Choice
from .labels import beside, distance, nearest
from .tables import StepTable, runs
from .vocabulary import EPOCH_WORDS, EPOCHS_WORDS, LEARN_WORDS, LOSS_WORDS, NUDGE_WORDS, Words


# -- controls --------------------------------------------------------------------------------------------------------
class Controls:
    """The cells of learn, epochs, h and the loss."""

    def __init__(self, sheet: Sheet, table: StepTable, last: int, choice: Choice = Choice()) -> None:  # noqa: B008
        self.sheet, self.table = sheet, table
        self.table_area = table.area(last)
        self.labels = [(cell, text) for cell, text in sheet.labels() if cell not in self.table_area.cells]
        self.learn = choice.learn or self.value_of(LEARN_WORDS) or self.number_called(LEARN_WORDS)
        self.epochs = choice.epochs or self.value_of(EPOCHS_WORDS, right_only=True)
        self.epochs = self.epochs or self.number_called(EPOCHS_WORDS)
        self.nudge = self.value_of(NUDGE_WORDS, numbers_only=True)
        self.loss, self.loss_name = self.find_loss()
        if choice.loss:
            self.name_loss(choice.loss)

    def value_of(self, words: Words, right_only: bool = False, numbers_only: bool = False) -> Cell | None:
        """The value of a control: a cell of that name, else beside its label, numbers before other things."""
        for name in words.labels:
            cell = self.sheet.names.get(name.replace(" ", "_"))
            if cell:
                return cell
        labels = [
            cell for cell, text in self.labels if text in words.labels and not self.stands_above_number(cell)
        ]
        values = [
            self.right_of(label) if right_only else beside(self.sheet, label)
            for label in nearest(self.table.corner, labels)
        ]
        numbers = [cell for cell in values if self.sheet.number(cell) is not None]
        filled = [cell for cell in values if not self.sheet.is_empty(cell)]
        return next(iter(numbers if numbers_only else numbers + filled + values), None)

    def number_called(self, words: Words) -> Cell | None:
        """The number right of a label that says one of these words, or alone below it; the nearest."""
        for label in nearest(self.table.corner, [cell for cell, text in self.labels if text in words]):
            below = self.below(label)
            column = self.sheet.number((below[0] + 1, below[1])) is not None
            places = (self.right_of(label),) if column else (self.right_of(label), below)
            for cell in places:
                if (self.sheet.number(cell) or 0) > 0 and cell not in self.table_area.cells:
                    return cell
        return None

    def stands_above_number(self, label: Cell) -> bool:
        """Whether a label has another text on its right, and a number below."""
        return (
            bool(self.sheet.label(self.right_of(label))) and self.sheet.number(self.below(label)) is not None
        )

    def name_loss(self, cell: Cell) -> None:
        """Take another cell as the loss."""
        left = self.sheet.values.get((cell[0], cell[1] - 1))
        named = isinstance(left, str) and self.sheet.label((cell[0], cell[1] - 1))
        self.loss, self.loss_name = cell, printable(str(left)).strip(" :=") if named else "loss"

    def find_loss(self) -> tuple[Cell | None, str]:
        """The loss cell: of the labels with a number, a formula or nothing to their right, nearest the controls."""
        found = [
            (cell, text)
            for cell, text in self.labels
            if text in LOSS_WORDS.labels and self.is_value(self.right_of(cell), cell)
        ] or [
            (cell, text)
            for cell, text in self.labels
            if text in LOSS_WORDS
            and self.right_of(cell) in self.sheet.formulas
            and self.is_value(self.right_of(cell), cell)
        ]
        anchors = [cell for cell in (self.learn, self.epochs) if cell] or [self.table.corner]
        found.sort(
            key=lambda entry: (
                self.sheet.is_empty(self.right_of(entry[0])),
                min(distance(entry[0], anchor) for anchor in anchors),
            )
        )
        if not found:
            return None, "loss"
        cell, _ = found[0]
        return self.right_of(cell), printable(str(self.sheet.values[cell])).strip(" :=")

    def right_of(self, cell: Cell) -> Cell:
        return cell[0], self.sheet.merge_at(cell).right + 1

    def below(self, cell: Cell) -> Cell:
        return self.sheet.merge_at(cell).bottom + 1, cell[1]

    def is_value(self, right: Cell, label: Cell) -> bool:
        """Whether the label names the cell to its right, not a column below it."""
        left = [self.sheet.label((label[0], label[1] - back)) for back in range(1, 12)]
        heads_log = any(text in EPOCH_WORDS.labels for text in left)
        if heads_log or right in self.table_area.cells:
            return False
        if right in self.sheet.formulas or self.sheet.number(right) is not None:
            return True
        if isinstance(self.sheet.values.get(right), ErrorValue):
            return True
        below = self.below(label)
        controls = [cell for cell in (self.learn, self.epochs) if cell]
        near = any(abs(right[0] - cell[0]) <= 3 and abs(right[1] - cell[1]) <= 3 for cell in controls)
        heads = self.sheet.number(below) is not None or below in self.sheet.formulas  # numbers, as a log
        return near and self.sheet.is_empty(right) and not heads


# -- the grid --------------------------------------------------------------------------------------------------------
class LossGrid(NamedTuple):
    """The loss over two parameters: the area of its losses, and which parameter runs down and which across."""

    area: Area
    down: str
    across: str

    @property
    def whole(self) -> Area:
        """The area with its row and column of parameter values."""
        return Area(self.area.top - 1, self.area.left - 1, self.area.bottom, self.area.right)


def find_grid(sheet: Sheet, parameters: Iterable[str], inside: Area) -> LossGrid | None:
    """The loss grid: numbers of one labelled parameter down, of another across, outside the table `inside`."""
    names = {normal(name): name for name in parameters}
    for cell, value in sheet.outside(inside):
        if isinstance(value, str):
            continue
        top, left = cell[0], cell[1] - 1  # the corner, if this is the first number of the row across
        if left < 1 or sheet.number((top, left)) is not None or (top, left) in sheet.formulas:
            continue
        right, bottom = cell[1], top
        while sheet.number((top, right + 1)) is not None:
            right += 1
        while sheet.number((bottom + 1, left)) is not None:
            bottom += 1
        if right - left < 2 or bottom - top < 2:
            continue
        grid = _labelled(sheet, Area(top + 1, left + 1, bottom, right), names)
        if grid and not grid.whole.meets(inside):
            return grid
    return None


def _labelled(sheet: Sheet, area: Area, names: dict[str, str]) -> LossGrid | None:
    """The grid, if labels around the area name a parameter down and another across."""
    corner = sheet.label((area.top - 1, area.left - 1))
    above = [(area.top - 2, column) for column in range(area.left - 1, area.right + 1)]
    beside_ = [(row, area.left - 2) for row in range(area.top - 2, area.bottom + 1)]
    across = next((names[text] for text in map(sheet.label, above) if text in names), None)
    down = next(
        (names[text] for text in map(sheet.label, beside_) if text in names and names[text] != across), None
    )
    if corner in names and not (across and down):
        if across and across != names[corner]:
            down = names[corner]
        elif down and down != names[corner]:
            across = names[corner]
    for mark in ("\\", "/", "|"):
        first, found, second = (part.strip(" \u2193\u2192") for part in corner.partition(mark))
        if found and first in names and second in names:
            down, across = names[first], names[second]
    return LossGrid(area, down, across) if down and across and down != across else None


# -- the log ---------------------------------------------------------------------------------------------------------
class Log(NamedTuple):
    """The epoch log: its heading row, its columns by what they hold, and the rows that are filled."""

    columns: dict[str, int]  # "epoch", the parameters' names, "loss", and the labels of other values
    watched: dict[str, Cell]  # the cells of these other values, by label
    heading: int
    last: int  # the last filled row, or the heading's

    @property
    def area(self) -> Area:
        return Area(self.heading, min(self.columns.values()), self.last, max(self.columns.values()))


def find_log(
    sheet: Sheet, parameters: Iterable[str], grid: LossGrid | None, controls: Controls
) -> Log | None:
    """The epoch log: headings with epoch and a loss, or a lone loss heading over numbers or nothing."""
    names = {normal(name): name for name in parameters}
    for cell, text in controls.labels:
        if text in EPOCH_WORDS.labels:
            log = _headed(sheet, cell, names, controls)
            if "loss" in log.columns or controls.loss is None:
                return _filled(sheet, log)
    for cell, text in controls.labels:
        if text in EPOCH_WORDS and text not in EPOCH_WORDS.labels:
            log = _headed(sheet, cell, names, controls)
            if "loss" in log.columns and len(log.columns) > 1:
                return _filled(sheet, log)
    return _lone_log(sheet, grid, controls)


def _headed(sheet: Sheet, epoch: Cell, names: dict[str, str], controls: Controls) -> Log:
    """The log whose headings begin with epoch: parameters, the loss, and labels of other value cells."""
    columns, watched = {"epoch": epoch[1]}, {}
    titled = [column for (row, column), _ in controls.labels if row == epoch[0] and column >= epoch[1]]
    for column in runs(sheet, epoch[0], titled)[0]:
        label = sheet.label((epoch[0], column))
        if label in names:
            columns.setdefault(names[label], column)
        elif label in LOSS_WORDS.labels or label == normal(controls.loss_name):
            columns.setdefault("loss", column)
        elif value := _value_labelled(sheet, label, epoch[0], controls):
            columns[label], watched[label] = column, value
        elif label in LOSS_WORDS:
            columns.setdefault("loss", column)
    heading = max(sheet.merge_at((epoch[0], column)).bottom for column in columns.values())
    return Log(columns, watched, heading, heading)


def _value_labelled(sheet: Sheet, label: str, heading: int, controls: Controls) -> Cell | None:
    """The formula cell right of a label that stands elsewhere, or None."""
    labels = [cell for cell, text in controls.labels if text == label and cell[0] != heading]
    values = map(controls.right_of, nearest(controls.table.corner, labels))
    return next((cell for cell in values if cell in sheet.formulas), None)


def _lone_log(sheet: Sheet, grid: LossGrid | None, controls: Controls) -> Log | None:
    bottom = sheet.bottoms()
    for cell, text in controls.labels:
        row, column = cell
        if text not in LOSS_WORDS.labels or controls.right_of(cell) == controls.loss:
            continue
        if (grid and cell in grid.whole.cells) or not sheet.is_empty((row, column + 1)):
            continue
        below = bottom.get(column, 0) > row
        named = any(
            "rmse" in name or "loss" in name
            for name, at in sheet.names.items()
            if abs(at[0] - row) < 3 and at[1] == column
        )
        if below and not named and sheet.number((row + 1, column)) is None:
            continue
        if (row + 1, column) in sheet.formulas:
            continue
        return _filled(sheet, Log({"loss": column}, {}, row, row))
    return None


def _filled(sheet: Sheet, log: Log) -> Log:
    """The log with its last filled row."""
    column = log.columns.get("epoch", log.columns.get("loss", 0))
    row = log.heading
    while sheet.number((row + 1, column)) is not None and (row + 1, column) not in sheet.formulas:
        row += 1
    return log._replace(last=row)
