"""What a run writes: the start cells, the table of values, the log's rows, the grid of losses."""

from __future__ import annotations

from ..errors import SheetError
from ..grid.a1 import ROWS, a1
from ..grid.edits import Edits
from ..layout.find import Layout
from .rule import Rule, State
from .stepping import Trace


# -- writing ---------------------------------------------------------------------------------------------------------
def write_epochs(layout: Layout, edits: Edits, rule: Rule, trace: Trace) -> None:
    write_start(layout, edits, rule, trace.states[trace.done])
    if layout.log:
        for row, number in enumerate(sorted(trace.states), layout.log.last + 1):
            write_log_row(layout, edits, row, next_epoch(layout) - 1 + number, trace.states[number])


def write_start(layout: Layout, edits: Edits, rule: Rule, state: State) -> None:
    name = layout.sheet.name
    for carried, found in layout.carried.items():
        edits.put(name, found.start, state.values[carried])
    above = {column: (layout.table.first, column) for column in layout.table.columns.values()}
    for run in rule.filled():
        edits.fill(name, run, like=above.get(run.column))
    if layout.grid and (state.loss is not None or not layout.controls.loss):
        _write_grid(layout, edits, rule)


def write_log_row(layout: Layout, edits: Edits, row: int, number: int, state: State) -> None:
    assert layout.log
    values = {**state.watched, **state.values, "epoch": float(number), "loss": state.loss}
    for what, column in layout.log.columns.items():
        like = (layout.log.heading + 1, column)
        value = values.get(what)
        edits.put(layout.sheet.name, (row, column), value if type(value) is float else None, like=like)


def _write_grid(layout: Layout, edits: Edits, rule: Rule) -> None:
    """Fill a grid that holds no formulas, and colour it where nothing does."""
    sheet, grid = layout.sheet, layout.grid
    assert grid
    cells = list(grid.area.cells)
    foreign = next(
        (
            cell
            for cell in cells
            if isinstance(sheet.values.get(cell), str)
            and cell not in sheet.formulas
            and not sheet.is_empty(cell)
        ),
        None,
    )
    if foreign:
        raise SheetError(
            f"the grid of losses holds {sheet.show(foreign)} here",
            "move it out of the grid",
            **sheet.place(foreign),
        )
    for cell in cells:
        if cell not in sheet.formulas:
            down, across = sheet.number((cell[0], grid.whole.left)), sheet.number((grid.whole.top, cell[1]))
            loss = rule.loss_at({**rule.values, grid.down: down or 0.0, grid.across: across or 0.0})
            edits.put(sheet.name, cell, loss)
    if not rule.book.has_color_scale(sheet.name, grid.area):
        edits.add_color_scale(sheet.name, grid.area)


def next_epoch(layout: Layout) -> int:
    """The number of the log's next epoch."""
    log = layout.log
    if log is None or log.last == log.heading:
        return 1
    if "epoch" not in log.columns:
        return log.last - log.heading + 1
    return int(layout.sheet.number((log.last, log.columns["epoch"])) or 0) + 1


def check_log_room(layout: Layout, count: int) -> None:
    """Refuse to write log rows over anything else, or below the sheet's last row."""
    sheet, log = layout.sheet, layout.log
    if log is None:
        return
    if log.last + count > ROWS:
        raise SheetError(
            f"the log has no room for {count:,} more rows",
            "run fewer epochs, or reset first",
            sheet=sheet.name,
            cell=a1((log.last, log.area.left)),
        )
    rows, columns = range(log.last + 1, log.last + count + 1), sorted(set(log.columns.values()))
    for cell in ((row, column) for row in rows for column in columns):
        if not sheet.is_empty(cell):
            what = f"the formula ={sheet.formulas[cell]}" if cell in sheet.formulas else sheet.show(cell)
            raise SheetError(
                f"the log would run over {what}",
                "move it, or reset the log, so that nothing is below it",
                **sheet.place(cell),
            )


def empty_log(layout: Layout, edits: Edits, start: State) -> None:
    log = layout.log
    assert log
    for row in range(log.heading + 1, log.last + 1):
        for column in log.columns.values():
            edits.put(layout.sheet.name, (row, column), None)
    if "epoch" in log.columns:
        check_log_room(layout._replace(log=log._replace(last=max(log.last, log.heading))), 1)
        write_log_row(layout, edits, log.heading + 1, 0, start)
