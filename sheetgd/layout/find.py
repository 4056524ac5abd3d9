"""Where things are on a lesson's sheet: table, parameters, start cells, carry, controls, log and grid.

Positions are never assumed. Defined names, formulas and labels decide, in this order. Nothing is computed here.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from ..errors import SheetError, SheetgdError
from ..grid.a1 import Area, Cell, a1, letters
from ..grid.sheet import Sheet
from .choice import Choice, choose
from .controls import Controls, Log, LossGrid, find_grid, find_log
from .parameters import Parameter, batch_parameters, carried_by_hand, table_parameters, table_states
from .tables import StepTable, last_row, point_tables, refuse_nameless_points, step_tables, table_rule
from .vocabulary import EPOCH, EPOCHS, LEARN, LEARN_WORDS, LOSS, LOSS_WORDS, language_of, word_for


class Layout(NamedTuple):
    """What was found on a sheet, all cells as (row, column)."""

    sheet: Sheet
    rule: str  # "formulas" or "columns"
    table: StepTable
    last: int  # the table's last row
    parameters: dict[str, Parameter]
    states: dict[str, Parameter]
    controls: Controls
    log: Log | None
    grid: LossGrid | None
    missing: list[str]
    kind: str = ""  # "trajectory": each row is an epoch, from the start on; else the formulas tell
    why: dict[str, str] = {}  # noqa: RUF012 - never changed; of each thing that formulas decided, why
    rivals: dict[str, list[Cell]] = {}  # noqa: RUF012 - never changed; the cells that each could have been instead
    elsewhere: Sequence[tuple[str, Area]] = ()  # what is read of other sheets
    decaying: Parameter | None = None  # the state that is the learning rate
    across: int = 0  # of a table on its side: how many columns a run goes through

    @property
    def rows(self) -> range:
        return range(self.table.first, self.last + 1)

    @property
    def area(self) -> Area:
        return self.table.area(self.last)

    @property
    def language(self) -> str:
        """The language of the sheet's labels, such as "de"; "en" where they do not tell."""
        return language_of(text for _, text in self.controls.labels)

    @property
    def turns(self) -> int:
        """How many rows, or columns of a table on its side, a run goes through."""
        return self.across or len(self.rows)

    @property
    def carried(self) -> dict[str, Parameter]:
        """Everything that is carried from epoch to epoch: parameters and state."""
        return self.parameters | self.states

    @property
    def inputs(self) -> list[Area]:
        """The cells that results come from, directly or through formulas, including where a further point would be."""
        controls, grid = self.controls, self.grid
        cells: list[Cell | None] = [controls.learn, controls.epochs, controls.nudge, controls.loss]
        for found in self.carried.values():
            cells += [found.start, found.carry, found.reset]
        cells += list(self.log.watched.values()) if self.log else []
        if grid:
            cells += [cell for cell in grid.whole.cells if cell not in grid.area.cells]
        points = [
            Area(self.table.first, column, self.last + 1, column) for column in (self.table.x, self.table.y)
        ]
        return [*points, *(Area(*cell, *cell) for cell in cells if cell)]

    def as_json(self) -> dict[str, Any]:
        """What was found, with A1 addresses; absent things are None."""

        def address(cell: Cell | None) -> str | None:
            return a1(cell) if cell else None

        grid = self.grid and {"area": self.grid.area.a1, "down": self.grid.down, "across": self.grid.across}
        states = {name: self._as_json(name, found) for name, found in self.states.items()}
        rivals = {name: [a1(cell) for cell in cells] for name, cells in self.rivals.items() if cells}
        return {
            "sheet": self.sheet.name,
            "rule": self.rule,
            "table": {
                "area": self.area.a1,
                "rows": len(self.rows),
                **({"across": self.across} if self.across else {}),
                "columns": {title: letters(column) for title, column in self.table.columns.items()},
            },
            "parameters": {name: self._as_json(name, found) for name, found in self.parameters.items()},
            "controls": {
                "learn": address(self.controls.learn),
                "epochs": address(self.controls.epochs),
                "loss": address(self.controls.loss),
            },
            "log": self.log and self.log.area.a1,
            "grid": grid,
            **({"states": states} if states else {}),
            **({"kind": self.kind} if self.kind else {}),
            **({"why": self.why} if self.why else {}),
            **({"rivals": rivals} if rivals else {}),
            "missing": self.missing,
        }

    def _as_json(self, name: str, found: Parameter) -> dict[str, str]:
        why = {"why": self.why[name]} if name in self.why else {}
        return {"start": a1(found.start), "carry": a1(found.carry), **why}


def has_table(sheet: Sheet) -> bool:
    """Whether the sheet can be run."""
    return bool(step_tables(sheet)) or any(batch_parameters(sheet, table) for table in point_tables(sheet))


def no_table(sheets: list[str], sheet: str = "") -> SheetError:
    return SheetError(
        f"no step table was found on {', '.join(sheets)}: no row of headings has x, y, a parameter (such as m) and its "
        "next value (such as new_m)",
        "add these headings, or draw a lesson that has them with: sheetgd new",
        sheet=sheet,
    )


def sheet_layout(sheet: Sheet, carry: Sequence[tuple[str, str]] = (), choice: Choice | None = None) -> Layout:
    """The layout of one sheet; a SheetError says what keeps it from being run.

    `carry` are pairs of A1 addresses (from, to) that are carried whatever the sheet itself says; a `choice` says that
    and more.
    """
    choice = choice or choose(carry)
    table = _only_table(sheet)
    last = last_row(sheet, table)
    batch = not table.successors
    rule = "formulas" if batch else table_rule(sheet, table, last)
    parameters = batch_parameters(sheet, table) if batch else table_parameters(sheet, table, last)
    taken = {found.start for found in parameters.values()}
    states = table_states(sheet, table, last, taken) if rule == "formulas" and not batch else {}
    changed, added = carried_by_hand(sheet, parameters | states, list(choice.carry))
    parameters = {name: changed.get(name, found) for name, found in parameters.items()}
    states = {name: changed.get(name, found) for name, found in states.items()} | added
    controls = Controls(sheet, table, last, choice)
    grid = find_grid(sheet, parameters, table.area(last))
    log = find_log(sheet, parameters, grid, controls)
    return Layout(
        sheet,
        rule,
        table,
        last,
        parameters,
        states,
        controls,
        log,
        grid,
        missing_things(controls, log, grid, len(parameters)),
    )


def _only_table(sheet: Sheet) -> StepTable:
    """The sheet's step table, or the table of points whose parameters get their next values outside."""
    tables = step_tables(sheet)
    if len(tables) > 1:
        first, second = (a1(table.corner) for table in tables[:2])
        raise SheetError(
            f"it has {len(tables)} step tables, whose x are in {first} and {second}",
            "move one to a sheet of its own",
            sheet=sheet.name,
        )
    tables = tables or [table for table in point_tables(sheet) if batch_parameters(sheet, table)]
    if not tables:
        refuse_nameless_points(sheet)
        raise no_table([sheet.name], sheet.name)
    return tables[0]


def missing_things(
    controls: Controls, log: Log | None, grid: LossGrid | None, parameters: int, *, logs_itself: bool = False
) -> list[str]:
    """What the sheet lacks, and how to add each, in the words of its language; a table with a row for each epoch
    `logs_itself`."""

    @cache  # and asked only where something is missing: all labels are compared with the words of all languages
    def language() -> str:
        return language_of(text for _, text in controls.labels)

    lacks = []
    if controls.learn is None:
        names = ", ".join(LEARN_WORDS.labels_in("en")) if language() == "en" else word_for(LEARN, language())
        lacks.append(f"learn: no label {names} with the learning rate to its right")
    if controls.epochs is None and not logs_itself:
        epochs = word_for(EPOCHS, language())
        lacks.append(f"epochs: no label {epochs} with a whole number to its right (a run is 5 epochs)")
    if controls.loss is None:
        names = ", ".join(LOSS_WORDS.labels_in("en")) if language() == "en" else word_for(LOSS, language())
        lacks.append(f"loss: no label {names} with a formula to its right")
    if log is None and not logs_itself:
        epoch, heading = (
            word_for(EPOCH, language()),
            "rmse" if language() == "en" else word_for(LOSS, language()),
        )
        lacks.append(
            f"log: no heading row {epoch}, {heading} (add one, with nothing below it, and runs are logged there)"
        )
    if grid is None and parameters == 2:
        lacks.append(
            "grid: no row of values of one parameter and column of values of the other, both labelled"
        )
    return lacks


def lesson_names(sheet: Sheet) -> dict[Cell, str]:
    """What `look` calls the start cells and the loss of a lesson's sheet."""
    try:
        layout = sheet_layout(sheet)
    except SheetgdError:
        return {}
    names = {parameter.start: name for name, parameter in layout.parameters.items()}
    return names | ({layout.controls.loss: layout.controls.loss_name} if layout.controls.loss else {})
