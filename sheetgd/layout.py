"""Where things are on a lesson's sheet: table, parameters, start cells, carry, controls, log and grid.

Positions are never assumed. Defined names, formulas and labels decide, in this order. Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .a1 import Area, Cell, a1, letters
from .errors import SheetError
from .references import only_reference
from .sheet import ErrorValue, Sheet

if TYPE_CHECKING:
    from .books import Book

LEARN = ("learn", "learning rate", "lr", "alpha")
LOSSES = ("rmse", "mse", "loss")
SLOPES = ("m", "slope", "a", "w", "weight", "w1")
INTERCEPTS = ("b", "intercept", "const", "constant", "bias", "c", "w0")
# What the columns of a table hold that has no formulas; {m} and {b} are the parameters' own titles.
COLUMN_TITLES = {
    "y_pred": ("y pred", "pred", "prediction", "guess", "y guess", "ypred"),
    "error_sq": ("error sq", "err^2", "error^2", "err sq", "squared error", "sq error", "error"),
    "err_m1": ("err {m}1", "err{m}1", "error {m}1"),
    "de_dm": ("de/d{m}", "est de/d{m}"),
    "new_m": ("new {m}", "new{m}"),
    "err_b1": ("err {b}1", "err{b}1", "error {b}1"),
    "de_db": ("de/d{b}", "est de/d{b}"),
    "new_b": ("new {b}", "new{b}"),
}


class Parameter(NamedTuple):
    """A parameter: its column's title, its column, and where its value starts from and is carried from."""

    name: str
    column: int
    successor: int  # the column of its next value
    start: Cell
    carry: Cell
    reset: Cell | None  # the cell with the value that reset restores


class Log(NamedTuple):
    """The epoch log: its heading row, its columns by what they hold, and the rows that are filled."""

    columns: dict[str, int]  # "epoch", the parameters' names, "loss"
    heading: int
    last: int  # the last filled row, or the heading's

    @property
    def area(self) -> Area:
        return Area(self.heading, min(self.columns.values()), self.last, max(self.columns.values()))


class Grid(NamedTuple):
    """The loss over two parameters: the area of its losses, and which parameter runs down and which across."""

    area: Area
    down: str
    across: str

    @property
    def whole(self) -> Area:
        """The area with its row and column of parameter values."""
        return Area(self.area.top - 1, self.area.left - 1, self.area.bottom, self.area.right)


class Layout(NamedTuple):
    """What was found on a sheet, all cells as (row, column)."""

    sheet: Sheet
    rule: str  # "formulas" or "columns"
    heading: int
    columns: dict[str, int]  # by title as it stands on the sheet
    x: int
    y: int
    first: int
    last: int
    parameters: dict[str, Parameter]
    learn: Cell | None
    epochs: Cell | None
    nudge: Cell | None
    loss: Cell | None
    loss_name: str
    log: Log | None
    grid: Grid | None
    missing: list[str]

    @property
    def rows(self) -> range:
        return range(self.first, self.last + 1)

    @property
    def area(self) -> Area:
        return Area(self.heading, min(self.columns.values()), self.last, max(self.columns.values()))

    def as_json(self) -> dict[str, Any]:
        """What was found, with A1 addresses; absent things are None."""

        def address(cell: Cell | None) -> str | None:
            return a1(cell) if cell else None

        grid = self.grid and {"area": self.grid.area.a1, "down": self.grid.down, "across": self.grid.across}
        return {
            "sheet": self.sheet.name,
            "rule": self.rule,
            "table": {
                "area": self.area.a1,
                "rows": len(self.rows),
                "columns": {title: letters(column) for title, column in self.columns.items()},
            },
            "parameters": {
                name: {"start": a1(found.start), "carry": a1(found.carry)}
                for name, found in self.parameters.items()
            },
            "controls": {
                "learn": address(self.learn),
                "epochs": address(self.epochs),
                "loss": address(self.loss),
            },
            "log": self.log and self.log.area.a1,
            "grid": grid,
        }


def find_layout(book: Book, sheet: str | None = None) -> Layout:
    """The layout of the named sheet, or of the only one in the book that has a step table."""
    [name] = choose_sheets(book, sheet)
    return sheet_layout(book.cells(name))


def choose_sheets(book: Book, sheet: str | None = None, every: bool = False) -> list[str]:
    """The names of the sheets meant: the one named, the only one with a step table, or every one with one."""
    from .books.xlsx import missing_sheet

    if sheet is not None:
        found = [name for name in book.sheet_names if name.casefold() == sheet.casefold()]
        if not found:
            raise missing_sheet(sheet, book.sheet_names)
        return found
    found = [name for name in book.sheet_names if any(step_tables(book.cells(name)))]
    if not found:
        raise _no_table(book.sheet_names)
    if len(found) > 1 and not every:
        raise SheetError(
            f"{len(found)} sheets have a step table: {', '.join(found)}",
            f'choose one with --sheet "{found[0]}", or run each with --all',
        )
    return found


def _no_table(sheets: list[str], sheet: str = "") -> SheetError:
    return SheetError(
        f"no step table was found on {', '.join(sheets)}: no row of headings has x, y, a parameter (such as m) and its "
        "next value (such as new_m)",
        "add these headings, or draw a lesson that has them with: sheetgd new",
        sheet=sheet,
    )


# -- the step table --------------------------------------------------------------------------------------------------
class Table(NamedTuple):
    """A step table's headings: the row, the first row of data, titles and columns, x and y."""

    heading: int
    first: int
    columns: dict[str, int]
    x: int
    y: int
    successors: dict[str, int]  # a parameter's title -> the column of its next value


def step_tables(sheet: Sheet) -> Iterator[Table]:
    """Every table with x, y, a parameter and its next value."""
    rows: dict[int, list[int]] = {}
    for (row, column), _ in sheet.labels():
        rows.setdefault(row, []).append(column)
    for row, columns in sorted(rows.items()):
        labels = {column: sheet.label((row, column)) for column in columns}
        if "x" in labels.values() and "y" in labels.values():
            yield from _tables_in_row(sheet, row, labels)


def _tables_in_row(sheet: Sheet, row: int, labels: dict[int, str]) -> Iterator[Table]:
    """The tables whose headings stand in one row, side by side."""
    runs = _runs(sheet, row, sorted(labels))
    while runs:
        run = runs.pop(0)
        titles = [labels[column] for column in run]
        if "x" not in titles or "y" not in titles:
            continue
        table = _table(sheet, row, run)
        while not table.successors and runs and _continues(run, runs[0], labels):
            run = run + runs.pop(0)
            table = _table(sheet, row, run)
        if table.successors:
            yield table


def _runs(sheet: Sheet, row: int, columns: list[int]) -> list[list[int]]:
    """The columns in runs without a gap; the rest of a merged heading is no gap, a second x begins a new run."""
    runs: list[list[int]] = []
    end = 0
    for column in columns:
        again = runs and sheet.label((row, column)) in [sheet.label((row, other)) for other in runs[-1]]
        if column == end + 1 and runs and not again:
            runs[-1].append(column)
        else:
            runs.append([column])
        end = sheet.merge_at((row, column)).right
    return runs


def _continues(run: list[int], following: list[int], labels: dict[int, str]) -> bool:
    titles = {labels[column] for column in run}
    others = {labels[column] for column in following}
    return not titles & others and "epoch" not in others


def _table(sheet: Sheet, row: int, run: list[int]) -> Table:
    titles = {column: str(sheet.values[row, column]).strip() for column in run}
    first = max(sheet.merge_at((row, column)).bottom for column in run) + 1
    x, y = (next(column for column in run if sheet.label((row, column)) == name) for name in ("x", "y"))
    columns = {title: column for column, title in titles.items()}
    return Table(row, first, columns, x, y, _successors(sheet, row, first, run, titles))


def _successors(sheet: Sheet, row: int, first: int, run: list[int], titles: dict[int, str]) -> dict[str, int]:
    """Parameters and the columns of their next values: by the formulas of the first two rows, then by titles."""
    found: dict[str, int] = {}
    by_label = {sheet.label((row, column)): column for column in run}
    for column in run:
        start = only_reference(sheet.formulas.get((first, column)), sheet.name)
        after = only_reference(sheet.formulas.get((first + 1, column)), sheet.name)
        from_above = after and after[0] == first and after[1] in run and after[1] != column
        if start and start[0] < first + 1 and from_above and after:
            found[titles[column]] = after[1]
            continue
        label = sheet.label((row, column))
        named = next((by_label[new] for new in (f"new {label}", f"new{label}") if new in by_label), None)
        if named and not (from_above and after and after[1] != named):
            found[titles[column]] = named
    return found


def sheet_layout(sheet: Sheet) -> Layout:
    """The layout of one sheet; a SheetError says what keeps it from being run."""
    tables = list(step_tables(sheet))
    if not tables:
        raise _no_table([sheet.name], sheet.name)
    if len(tables) > 1:
        first, second = (a1((table.heading, table.x)) for table in tables[:2])
        raise SheetError(
            f"it has {len(tables)} step tables, whose x stand in {first} and {second}",
            "move one to a sheet of its own",
            sheet=sheet.name,
        )
    table = tables[0]
    last = _last_row(sheet, table)
    rule = _rule(sheet, table, last)
    parameters = {
        name: _parameter(sheet, table, name, successor, last) for name, successor in table.successors.items()
    }
    controls = _Controls(sheet, table, last, set(parameters))
    grid = _grid(sheet, parameters, table, last)
    log = _log(sheet, parameters, table, last, grid, controls)
    missing = _missing(controls, log, grid)
    return Layout(
        sheet, rule, table.heading, table.columns, table.x, table.y, table.first, last, parameters,
        controls.learn, controls.epochs, controls.nudge, controls.loss, controls.loss_name, log, grid, missing,
    )  # fmt: skip


def _last_row(sheet: Sheet, table: Table) -> int:
    """The last row before the first empty x, all x and y up to there being numbers."""
    row = table.first
    while not sheet.is_empty((row, table.x)):
        for column, name in ((table.x, "x"), (table.y, "y")):
            _require_data(sheet, (row, column), name)
        row += 1
    below = next((line for line in range(row, row + 3) if _is_data_row(sheet, table, line)), None)
    on = row if sheet.number((row, table.y)) is not None else below
    if on:
        raise SheetError(
            f"x is empty, but the table goes on in row {on}",
            "type the missing x, or delete the row",
            **sheet.place((row, table.x)),
        )
    if row == table.first:
        raise SheetError(
            "the table has no rows: x is empty",
            "type x and y below their headings",
            **sheet.place((row, table.x)),
        )
    return row - 1


def _is_data_row(sheet: Sheet, table: Table, row: int) -> bool:
    inside = [(row, column) for column in table.columns.values()]
    return all(sheet.number((row, column)) is not None for column in (table.x, table.y)) and len(
        [cell for cell in inside if not sheet.is_empty(cell)]
    ) == len([column for column in table.columns.values() if not sheet.is_empty((table.first, column))])


def _require_data(sheet: Sheet, cell: Cell, name: str) -> None:
    value = sheet.values.get(cell)
    if cell in sheet.dates or sheet.number(cell) is None:
        todo = "type a number"
        if isinstance(value, str) and not isinstance(value, ErrorValue):
            todo = advice(value)
        elif cell in sheet.dates:
            todo = "type a plain number and give the cell a number format"
        elif isinstance(value, ErrorValue):
            todo = "mend its formula, or type a number"
        raise SheetError(f"{name} is {sheet.show(cell)}, not a number", todo, **sheet.place(cell))


def advice(text: str) -> str:
    """What to type instead of a text that looks like a number.

    >>> advice("0,0001"), advice("1e-4"), advice("abc")
    ('type 0.0001 as a number', 'type 0.0001 as a number', 'type a number')
    """
    try:
        number = float(text.strip().strip("'").replace("\u2212", "-").replace(",", "."))
        plain = f"{number:.15f}".rstrip("0").rstrip(".") if 1e-9 < abs(number) < 1e15 else f"{number:.15g}"
    except ValueError:
        return "type a number"
    return f"type {plain} as a number" if abs(number) < float("inf") else "type a number"


def _rule(sheet: Sheet, table: Table, last: int) -> str:
    """Whether the next values are formulas or (to be) filled in; a column of both is refused."""
    for title, column in table.successors.items():
        cells = [(row, column) for row in range(table.first, last + 1)]
        formulas = [cell for cell in cells if cell in sheet.formulas]
        if formulas and len(formulas) < len(cells):
            odd = next(cell for cell in cells if cell not in sheet.formulas)
            raise SheetError(
                f"the next value of {title} is {sheet.show(odd)} here, but a formula in {a1(formulas[0])}",
                "fill the formula through the whole column",
                **sheet.place(odd),
            )
    kinds = {(table.first, column) in sheet.formulas for column in table.successors.values()}
    if len(kinds) > 1:
        raise SheetError(
            "some next values are formulas and others are not",
            "write formulas for all parameters, or for none",
            sheet=sheet.name,
            cell=a1((table.first, min(table.successors.values()))),
        )
    return "formulas" if kinds == {True} else "columns"


# -- parameters ------------------------------------------------------------------------------------------------------
def _parameter(sheet: Sheet, table: Table, name: str, successor: int, last: int) -> Parameter:
    column = table.columns[name]
    start, reset = _start(sheet, table, name, column)
    carry = _named_carry(sheet, start) or (last, successor)
    if start in sheet.formulas:
        raise SheetError(
            f"{name} starts from the formula ={sheet.formulas[start]}, which a run would have to overwrite",
            "type a number there",
            **sheet.place(start),
        )
    if sheet.number(start) is None or start in sheet.dates:
        value = sheet.values.get(start)
        todo = advice(value) if isinstance(value, str) else "type a number"
        raise SheetError(
            f"the start of {name} is {sheet.show(start)}, not a number", todo, **sheet.place(start)
        )
    return Parameter(name, column, successor, start, carry, reset)


def _start(sheet: Sheet, table: Table, name: str, column: int) -> tuple[Cell, Cell | None]:
    """The cell that a parameter starts from, and the one that reset restores it from."""
    label = sheet.label((table.heading, column))
    rows = _near(table, [cell for cell, text in sheet.labels() if text == label and cell[0] != table.heading])
    reset = next(filter(None, (_crossing(sheet, cell, "reset to") for cell in rows)), None)
    start = _follow(sheet, only_reference(sheet.formulas.get((table.first, column)), sheet.name))
    start = start or next(filter(None, (_crossing(sheet, cell, "guess") for cell in rows)), None)
    if not start:
        labelled = [cell for cell, text in sheet.labels() if text == f"{label} guess"]
        values = [beside(sheet, cell) for cell in _near(table, labelled) + rows]
        numbers = [cell for cell in values if sheet.number(cell) is not None]
        start = next(iter(numbers + values), None)
    if not start:
        raise SheetError(
            f"the start of {name} was not found: no formula in {a1((table.first, column))} refers to it, and no "
            f"cell is labelled {name}_guess or {name}",
            f"put a label {name} left of the cell with its start value",
            sheet=sheet.name,
        )
    return start, reset


def _follow(sheet: Sheet, cell: Cell | None) -> Cell | None:
    """The cell at the end of a chain of formulas that do nothing but repeat another cell."""
    seen = set()
    while cell and cell not in seen and (further := only_reference(sheet.formulas.get(cell), sheet.name)):
        seen.add(cell)
        cell = further
    return cell


def _near(table: Table, cells: list[Cell]) -> list[Cell]:
    """The cells, nearest to the table's heading first."""
    return sorted(cells, key=lambda cell: (abs(cell[0] - table.heading) + abs(cell[1] - table.x), cell))


def _crossing(sheet: Sheet, label: Cell, heading: str) -> Cell | None:
    """The cell in a label's row and under the nearest heading above it to the right."""
    found = [
        cell
        for cell, text in sheet.labels()
        if text == heading and cell[0] < label[0] <= cell[0] + 10 and label[1] < cell[1] <= label[1] + 10
    ]
    return (label[0], min(found, key=lambda cell: (label[0] - cell[0], cell[1]))[1]) if found else None


def _named_carry(sheet: Sheet, start: Cell) -> Cell | None:
    """The cell whose name says that it is carried to the named start cell: lastslope -> slope, new_m -> m."""
    for name in [name for name, cell in sheet.names.items() if cell == start]:
        for other in (f"last{name}", f"last_{name}", f"new{name}", f"new_{name}"):
            if sheet.names.get(other, start) != start:
                return sheet.names[other]
    return None


def beside(sheet: Sheet, label: Cell) -> Cell:
    """The cell right of a label, or below it where the right one is empty and the one below a number."""
    area = sheet.merge_at(label)
    right, below = (label[0], area.right + 1), (area.bottom + 1, label[1])
    return below if sheet.is_empty(right) and sheet.number(below) is not None else right


# -- controls --------------------------------------------------------------------------------------------------------
class _Controls:
    """The cells of learn, epochs, h and the loss."""

    def __init__(self, sheet: Sheet, table: Table, last: int, parameters: set[str]) -> None:
        self.sheet, self.table = sheet, table
        self.table_area = Area(table.heading, min(table.columns.values()), last, max(table.columns.values()))
        self.labels = [(cell, text) for cell, text in sheet.labels() if cell not in self.table_area.cells]
        self.learn = self.value_of(LEARN)
        self.epochs = self.value_of(("epochs",), right_only=True)
        self.nudge = self.value_of(("h", "nudge"), numbers_only=True)
        self.loss, self.loss_name = self.find_loss()

    def value_of(
        self, names: Iterable[str], right_only: bool = False, numbers_only: bool = False
    ) -> Cell | None:
        """The value of a control: a cell of that name, else beside its label, numbers before other things."""
        for name in names:
            cell = self.sheet.names.get(name.replace(" ", "_"))
            if cell:
                return cell
        labels = _near(self.table, [cell for cell, text in self.labels if text in tuple(names)])
        values = [
            (label[0], self.sheet.merge_at(label).right + 1) if right_only else beside(self.sheet, label)
            for label in labels
        ]
        numbers = [cell for cell in values if self.sheet.number(cell) is not None]
        filled = [cell for cell in values if not self.sheet.is_empty(cell)]
        return next(iter(numbers if numbers_only else numbers + filled + values), None)

    def find_loss(self) -> tuple[Cell | None, str]:
        """The loss cell: of the labels with a number, a formula or nothing to their right, nearest the controls."""
        found = [
            (cell, text)
            for cell, text in self.labels
            if text in LOSSES and self.is_value(self.right_of(cell), cell)
        ]
        anchors = [cell for cell in (self.learn, self.epochs) if cell] or [(self.table.heading, self.table.x)]
        found.sort(
            key=lambda entry: (
                self.sheet.is_empty(self.right_of(entry[0])),
                min(_distance(entry[0], anchor) for anchor in anchors),
            )
        )
        if not found:
            return None, "loss"
        cell, _ = found[0]
        return self.right_of(cell), str(self.sheet.values[cell]).strip(" :=")

    def right_of(self, cell: Cell) -> Cell:
        return cell[0], self.sheet.merge_at(cell).right + 1

    def is_value(self, right: Cell, label: Cell) -> bool:
        """Whether the label names the cell to its right, not a column below it."""
        heads_log = any(self.sheet.label((label[0], label[1] - back)) == "epoch" for back in range(1, 12))
        if heads_log or right in self.table_area.cells:
            return False
        if right in self.sheet.formulas or self.sheet.number(right) is not None:
            return True
        if isinstance(self.sheet.values.get(right), ErrorValue):
            return True
        below = (self.sheet.merge_at(label).bottom + 1, label[1])
        controls = [cell for cell in (self.learn, self.epochs) if cell]
        near = any(abs(right[0] - cell[0]) <= 3 and abs(right[1] - cell[1]) <= 3 for cell in controls)
        return near and self.sheet.is_empty(right) and self.sheet.is_empty(below)


def _distance(one: Cell, other: Cell) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


# -- the grid --------------------------------------------------------------------------------------------------------
def _grid(sheet: Sheet, parameters: dict[str, Parameter], table: Table, last: int) -> Grid | None:
    """The loss grid: numbers of one labelled parameter down, of another across."""
    names = {sheet.label((table.heading, found.column)): name for name, found in parameters.items()}
    inside = Area(table.heading, min(table.columns.values()), last, max(table.columns.values()))
    for cell, value in sorted(sheet.values.items()):
        if isinstance(value, str) or cell in inside.cells:
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


def _labelled(sheet: Sheet, area: Area, names: dict[str, str]) -> Grid | None:
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
    return Grid(area, down, across) if down and across and down != across else None


# -- the log ---------------------------------------------------------------------------------------------------------
def _log(
    sheet: Sheet,
    parameters: dict[str, Parameter],
    table: Table,
    last: int,
    grid: Grid | None,
    controls: _Controls,
) -> Log | None:
    """The epoch log: headings with epoch and a loss, or a lone loss heading over numbers or nothing."""
    names = {sheet.label((table.heading, found.column)): name for name, found in parameters.items()}
    for (row, column), text in controls.labels:
        if text != "epoch":
            continue
        titled = [other for (line, other), _ in controls.labels if line == row and other >= column]
        run = _runs(sheet, row, titled)[0]
        columns = {"epoch": column}
        for other in run:
            label = sheet.label((row, other))
            if label in names:
                columns.setdefault(names[label], other)
            elif label in LOSSES:
                columns.setdefault("loss", other)
        if "loss" in columns or controls.loss is None:
            return _filled(sheet, Log(columns, row, row))
    return _lone_log(sheet, grid, controls)


def _lone_log(sheet: Sheet, grid: Grid | None, controls: _Controls) -> Log | None:
    for cell, text in controls.labels:
        row, column = cell
        if text not in LOSSES or controls.right_of(cell) == controls.loss:
            continue
        if (grid and cell in grid.whole.cells) or not sheet.is_empty((row, column + 1)):
            continue
        below = [
            other
            for other in sheet.values
            if other[1] == column and other[0] > row and not sheet.is_empty(other)
        ]
        named = any(
            "rmse" in name or "loss" in name
            for name, at in sheet.names.items()
            if abs(at[0] - row) < 3 and at[1] == column
        )
        if below and not named and sheet.number((row + 1, column)) is None:
            continue
        if (row + 1, column) in sheet.formulas:
            continue
        return _filled(sheet, Log({"loss": column}, row, row))
    return None


def _filled(sheet: Sheet, log: Log) -> Log:
    """The log with its last filled row."""
    column = log.columns.get("epoch", log.columns.get("loss", 0))
    row = log.heading
    while sheet.number((row + 1, column)) is not None and (row + 1, column) not in sheet.formulas:
        row += 1
    return log._replace(last=row)


def _missing(controls: _Controls, log: Log | None, grid: Grid | None) -> list[str]:
    """What the sheet lacks, and how to add each."""
    lacks = []
    if controls.learn is None:
        lacks.append(f"learn: no label {', '.join(LEARN)} with the learning rate right of it")
    if controls.epochs is None:
        lacks.append("epochs: no label epochs with a whole number right of it (a run is 5 epochs)")
    if controls.loss is None:
        lacks.append(f"loss: no label {', '.join(LOSSES)} with a formula right of it")
    if log is None:
        lacks.append(
            "log: no heading row epoch, rmse (add one, with nothing below it, and runs are logged there)"
        )
    if grid is None:
        lacks.append(
            "grid: no row of values of one parameter and column of values of the other, both labelled"
        )
    return lacks
