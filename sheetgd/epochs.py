"""Running and resetting: a layout and a rule in, a history and edits out.

A rule is what one epoch does: the sheet's own formulas, or, for a table of plain columns, the lesson's step.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, NamedTuple

from . import descent
from .a1 import ROWS, Cell, a1
from .books import Book, Progress
from .edits import Edits
from .errors import Diverged, SheetError, SheetgdError, UsageError
from .layout import COLUMN_TITLES, INTERCEPTS, SLOPES, Layout, advice, choose_sheets, sheet_layout
from .sheet import ErrorValue, Sheet, Value, normal

EPOCHS = 5  # where the sheet names no number
MOST_EPOCHS = 1_000_000
BLOW_UP = 1e6  # a loss this many times the run's first has diverged
FAR_AWAY = 1e14  # past it, adding the nudge to a parameter no longer changes it
RECOGNISED_ROWS = 8  # of the table, by which a known rule is recognised
CHUNK_SECONDS = 0.1  # of epochs between two reports of progress


class Change(NamedTuple):
    """A cell's number before and after a run."""

    cell: str
    before: float | None
    after: float | None


class History(NamedTuple):
    """What a run did to one sheet.

    `parameters` are by name; `loss` is None where the sheet has none; `log` has one entry per epoch of this run:
    "epoch", every parameter by name, and the loss by its name.
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


class State(NamedTuple):
    """The parameters by name, and the loss, after some epoch."""

    parameters: dict[str, float]
    loss: float | None


# -- the two calls ---------------------------------------------------------------------------------------------------
def run(
    book: Book,
    sheet: str | None = None,
    *,
    every: bool = False,
    epochs: int | None = None,
    learn: float | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> list[History]:
    """Run epochs on the sheet (or, with `every`, on each that has a step table) and write them into it.

    `epochs` is taken from the sheet where it is None, and 5 where the sheet names none. `learn` is typed into the
    sheet's learn cell. A run that diverges writes its last good epoch; the history says so in `diverged`.
    """
    if epochs is not None and not (isinstance(epochs, int) and 1 <= epochs <= MOST_EPOCHS):
        raise UsageError(f"epochs is {epochs}", f"use a whole number from 1 to {MOST_EPOCHS:,}")
    if learn is not None and not (isfinite(learn) and learn > 0):
        raise UsageError(f"learn is {learn:.15g}", "use a number above 0, such as 0.0001")
    edits = Edits()
    sheets = choose_sheets(book, sheet, every)
    histories = [_run_sheet(book, name, epochs, learn, edits, progress) for name in sheets]
    if edits:
        book.apply(edits, out, force=force)
    return [history._replace(warnings=[*history.warnings, *book.warnings]) for history in histories]


def reset(
    book: Book,
    sheet: str | None = None,
    *,
    every: bool = False,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
) -> list[History]:
    """Put the start cells back to their `reset to` values (1 where there are none) and empty the log.

    A log that numbers its epochs begins again with epoch 0, the loss before any step.
    """
    edits = Edits()
    histories = [_reset_sheet(book, name, edits) for name in choose_sheets(book, sheet, every)]
    book.apply(edits, out, force=force)
    return [history._replace(warnings=[*history.warnings, *book.warnings]) for history in histories]


def _run_sheet(
    book: Book, name: str, epochs: int | None, learn: float | None, edits: Edits, progress: Progress | None
) -> History:
    layout = sheet_layout(book.cells(name))
    count = epochs or _epochs(layout)
    rate = _learn(layout, learn)
    check_log_room(layout, count)
    if learn is not None and layout.learn:
        edits.put(name, layout.learn, learn)
    rule = make_rule(book, layout, rate, edits)
    _require_learn(rule)
    before = rule.state()
    states, diverged = _descend(rule, layout, before, count, progress)
    after = states[-1] if states else before
    if states:
        rule.settle(after)
        _write(layout, edits, rule, states)
    elif learn is not None:
        edits.cells.pop(name, None)
    return _history(book, layout, rate, before, after, states, diverged)


def _reset_sheet(book: Book, name: str, edits: Edits) -> History:
    layout = sheet_layout(book.cells(name))
    start = {p.name: _reset_value(layout.sheet, p.reset) for p in layout.parameters.values()}
    rule = make_rule(book, layout, _learn(layout, None), edits)
    before = rule.state()
    rule.settle(State(start, None))
    after = rule.state()
    _write_start(layout, edits, rule, after)
    if layout.log:
        _empty_log(layout, edits, after)
    return _history(book, layout, None, before, after, [], None)


def _history(
    book: Book,
    layout: Layout,
    learn: float | None,
    before: State,
    after: State,
    states: list[State],
    diverged: Diverged | None,
) -> History:
    first = _next_epoch(layout)
    log = [
        {
            "epoch": number,
            **state.parameters,
            **({} if state.loss is None else {layout.loss_name: state.loss}),
        }
        for number, state in enumerate(states, first)
    ]
    parameters = {
        name: Change(a1(found.start), before.parameters[name], after.parameters[name])
        for name, found in layout.parameters.items()
    }
    loss = Change(a1(layout.loss), before.loss, after.loss) if layout.loss else None
    area = layout.log and layout.log._replace(last=layout.log.last + len(states)).area.a1
    return History(
        book.name, layout.sheet.name, layout.rule, len(states), learn, parameters, layout.loss_name, loss, log, area,
        [], diverged,
    )  # fmt: skip


# -- inputs ----------------------------------------------------------------------------------------------------------
def _epochs(layout: Layout) -> int:
    """The number of epochs that the sheet asks for."""
    sheet, cell = layout.sheet, layout.epochs
    if cell is None or sheet.is_empty(cell):
        return EPOCHS
    number = sheet.number(cell)
    if number is None or cell in sheet.dates:
        value = sheet.values.get(cell)
        text = isinstance(value, str) and not isinstance(value, ErrorValue)
        todo = advice(str(value)) if text else "type a whole number, such as 5"
        raise SheetError(f"epochs is {sheet.show(cell)}, not a number", todo, **sheet.place(cell))
    if number != int(number) or not 1 <= number <= MOST_EPOCHS:
        raise SheetError(
            f"epochs is {number:.15g}", f"type a whole number from 1 to {MOST_EPOCHS:,}", **sheet.place(cell)
        )
    return int(number)


def _learn(layout: Layout, given: float | None) -> float | None:
    """The learning rate; a table without formulas cannot do without."""
    sheet, cell = layout.sheet, layout.learn
    if cell is None or (sheet.is_empty(cell) and given is None):
        if given is not None:
            raise UsageError(
                f"sheet {sheet.name} has no learn cell for --learn", "add a label learn left of one"
            )
        if layout.rule == "columns":
            raise SheetError(
                "the sheet has no learning rate: no label learn with a number right of it",
                "type learn in a cell and a number such as 0.0001 right of it",
                sheet=sheet.name,
                cell=a1(cell) if cell else "",
            )
        return None
    if given is not None:
        if cell in sheet.formulas:
            raise SheetError(
                f"learn is the formula ={sheet.formulas[cell]}, which --learn would overwrite",
                "change the cells that it refers to, or type a number there",
                **sheet.place(cell),
            )
        return given
    number = sheet.number(cell)
    if number is None or cell in sheet.dates:
        value = sheet.values.get(cell)
        text = isinstance(value, str) and not isinstance(value, ErrorValue)
        todo = advice(str(value)) if text else "type a number above 0, such as 0.0001"
        raise SheetError(f"learn is {sheet.show(cell)}, not a number", todo, **sheet.place(cell))
    if number <= 0:
        raise SheetError(
            f"learn is {number:.15g}", "type a number above 0, such as 0.0001", **sheet.place(cell)
        )
    return number


def _require_learn(rule: Rule) -> None:
    """Refuse an empty learn cell that the new parameters are computed from."""
    layout, cell = rule.layout, rule.layout.learn
    if rule.learn is None and cell and rule.depends(cell):
        raise SheetError(
            "learn is empty", "type a number above 0, such as 0.0001", **layout.sheet.place(cell)
        )


def _reset_value(sheet: Sheet, cell: Cell | None) -> float:
    if cell is None or sheet.is_empty(cell):
        return 1.0
    number = sheet.number(cell)
    if number is None:
        value = sheet.values.get(cell)
        todo = advice(value) if isinstance(value, str) else "type a number"
        raise SheetError(f"the reset value is {sheet.show(cell)}, not a number", todo, **sheet.place(cell))
    return number


# -- rules -----------------------------------------------------------------------------------------------------------
class Rule:
    """What one epoch does to the parameters of a sheet, and the loss that the sheet then shows."""

    def __init__(self, book: Book, layout: Layout, learn: float | None, edits: Edits) -> None:
        self.book, self.layout, self.learn, self.edits = book, layout, learn, edits
        self.sheet = layout.sheet.name
        self.has_model = book.has_formulas()
        if self.has_model:
            self.model = book.model()
            self.refuse_frozen()
            typed = edits.cells.get(self.sheet, {})
            if typed:
                self.model.put(((self.sheet, cell), value) for cell, value in typed.items())
        self.parameters = {
            name: float(layout.sheet.number(found.start) or 0.0) for name, found in layout.parameters.items()
        }

    def refuse_frozen(self) -> None:
        """A new parameter or a loss that rests on a formula the engine cannot reproduce is no result."""
        needed = {name: found.carry for name, found in self.layout.parameters.items()}
        needed |= {self.layout.loss_name: self.layout.loss} if self.layout.loss else {}
        for name, cell in needed.items():
            if found := self.book.unreliable(self.sheet, [cell]):
                (sheet, cause), why = found
                raise SheetError(
                    f"{name} depends on this formula, and {why}",
                    "recalculate and save the workbook in Excel or LibreOffice, or write the formula differently",
                    sheet=sheet,
                    cell=a1(cause),
                )

    def depends(self, cell: Cell) -> bool:
        """Whether a new parameter depends on the cell."""
        return False

    def number(self, value: Value, cell: Cell, what: str) -> float:
        """A number that the sheet must show, or an error that names its cell."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            error = isinstance(value, ErrorValue)
            shown = f"the error {value}" if error else f'the text "{value}"' if isinstance(value, str) else show(value)
            raise SheetError(
                f"{what} is {shown}, not a number", "mend the formula there", sheet=self.sheet, cell=a1(cell)
            )
        return float(value)

    def state(self) -> State:
        """The parameters and the loss as they are now."""
        raise NotImplementedError

    def steps(self, count: int) -> Iterator[list[State | None]]:
        """The states after each of `count` epochs, in chunks; None where an epoch gave no numbers."""
        raise NotImplementedError

    def settle(self, state: State) -> None:
        """Make the rule stand at a state."""
        raise NotImplementedError

    def cells(self) -> Iterator[tuple[Cell, float]]:
        """The plain cells beside the start cells that show the present state."""
        return iter(())

    def loss_at(self, parameters: dict[str, float]) -> float:
        """The loss that the sheet gives for some parameters."""
        raise NotImplementedError


class FormulaRule(Rule):
    """The sheet's formulas: recalculate, carry, recalculate."""

    def depends(self, cell: Cell) -> bool:
        carried = [found.carry for found in self.layout.parameters.values()]
        return self.book.depend(self.sheet, carried, cell)

    def state(self) -> State:
        if not self.layout.loss:
            return State(dict(self.parameters), None)
        [loss] = self.model.get([(self.sheet, self.layout.loss)])
        return State(dict(self.parameters), self.number(loss, self.layout.loss, self.layout.loss_name))

    def steps(self, count: int) -> Iterator[list[State | None]]:
        found = self.layout.parameters.values()
        carry = [((self.sheet, p.carry), (self.sheet, p.start)) for p in found]
        watch = [start for _, start in carry] + ([(self.sheet, self.layout.loss)] if self.layout.loss else [])
        while count > 0:
            rows = self.model.epochs(count, carry, watch, CHUNK_SECONDS)
            yield [self.as_state(row) for row in rows]
            count -= len(rows)

    def as_state(self, row: list[Value] | None) -> State | None:
        if row is None or any(type(value) is not float for value in row):
            return None
        numbers = [float(value) for value in row]  # type: ignore[arg-type]
        loss = numbers[len(self.parameters)] if self.layout.loss else None
        return State(dict(zip(self.parameters, numbers, strict=False)), loss)

    def settle(self, state: State) -> None:
        self.parameters = dict(state.parameters)
        starts = [(self.sheet, found.start) for found in self.layout.parameters.values()]
        self.model.put(zip(starts, self.parameters.values(), strict=True))

    def loss_at(self, parameters: dict[str, float]) -> float:
        now = State(dict(self.parameters), None)
        self.settle(State({**now.parameters, **parameters}, None))
        loss = self.state().loss
        self.settle(now)
        return (
            loss if loss is not None else descent.rmse(*_points(self.layout), *_line(self.layout, parameters))
        )


class ColumnRule(Rule):
    """The lesson's step, for a table that holds values or nothing beside x and y."""

    def __init__(self, book: Book, layout: Layout, learn: float | None, edits: Edits) -> None:
        super().__init__(book, layout, learn, edits)
        self.xs, self.ys = _points(layout)
        self.slope, self.intercept = _roles(layout)
        self.h = _nudge(layout)
        self.filled = _filled_columns(layout, self.slope, self.intercept)
        self.by_formula = bool(layout.loss and layout.loss in layout.sheet.formulas)

    def rows(self) -> list[descent.Step]:
        m, b = self.parameters[self.slope], self.parameters[self.intercept]
        assert self.learn is not None
        return descent.epoch(self.xs, self.ys, m, b, self.learn, self.h)

    def cells(self) -> Iterator[tuple[Cell, float]]:
        for row, step in zip(self.layout.rows, self.rows(), strict=True):
            for term, column in self.filled.items():
                yield (row, column), getattr(step, term)
        if self.layout.loss and not self.by_formula:
            yield self.layout.loss, self.loss_at(self.parameters)

    def state(self) -> State:
        try:
            return State(dict(self.parameters), self.loss())
        except OverflowError:
            raise SheetError(
                "the numbers are too large to be squared",
                "use smaller x, y and start values",
                sheet=self.sheet,
                cell=a1((self.layout.heading, self.layout.x)),
            ) from None

    def loss(self) -> float | None:
        """The loss cell's formula, where it has one, over the table as it then stands; else the lesson's."""
        if not self.layout.loss:
            return None
        if not self.by_formula:
            return self.loss_at(self.parameters)
        starts = {found.start: self.parameters[name] for name, found in self.layout.parameters.items()}
        self.model.put(((self.sheet, cell), value) for cell, value in [*starts.items(), *self.cells()])
        [value] = self.model.get([(self.sheet, self.layout.loss)])
        return self.number(value, self.layout.loss, self.layout.loss_name)

    def steps(self, count: int) -> Iterator[list[State | None]]:
        for _ in range(count):
            try:
                last = self.rows()[-1]
                self.parameters.update({self.slope: last.new_m, self.intercept: last.new_b})
                state: State | None = self.state()
            except (OverflowError, SheetError, ValueError):
                state = None
            yield [state]

    def settle(self, state: State) -> None:
        self.parameters = dict(state.parameters)

    def loss_at(self, parameters: dict[str, float]) -> float:
        m, b = parameters[self.slope], parameters[self.intercept]
        measure = descent.mse if normal(self.layout.loss_name) == "mse" else descent.rmse
        return measure(self.xs, self.ys, m, b)


def make_rule(book: Book, layout: Layout, learn: float | None, edits: Edits) -> Rule:
    """The rule that the sheet's table goes by."""
    return (FormulaRule if layout.rule == "formulas" else ColumnRule)(book, layout, learn, edits)


def _points(layout: Layout) -> tuple[list[float], list[float]]:
    numbers = layout.sheet.number
    xs, ys = ([numbers((row, column)) or 0.0 for row in layout.rows] for column in (layout.x, layout.y))
    return xs, ys


def _roles(layout: Layout) -> tuple[str, str]:
    """Which parameter is the slope and which the intercept, by their titles."""
    titles = {normal(name): name for name in layout.parameters}
    slope = next((titles[title] for title in SLOPES if title in titles), None)
    intercept = next(
        (titles[title] for title in INTERCEPTS if title in titles and titles[title] != slope), None
    )
    if slope is None or intercept is None or len(titles) > 2:
        raise SheetError(
            f"the table holds values, and its parameters {', '.join(titles.values())} are not a slope (m, slope, a, w) "
            "and an intercept (b, intercept, c)",
            "use these titles, or write formulas into the table",
            sheet=layout.sheet.name,
            cell=a1((layout.heading, layout.x)),
        )
    return slope, intercept


def _line(layout: Layout, parameters: dict[str, float]) -> tuple[float, float]:
    slope, intercept = _roles(layout)
    return parameters[slope], parameters[intercept]


def _nudge(layout: Layout) -> float:
    number = layout.sheet.number(layout.nudge) if layout.nudge else None
    if number is not None and number <= 0 and layout.nudge:
        raise SheetError(
            f"the nudge h is {number:.15g}",
            "type a small number above 0, such as 0.01",
            **layout.sheet.place(layout.nudge),
        )
    return number or descent.H


def _filled_columns(layout: Layout, slope: str, intercept: str) -> dict[str, int]:
    """The columns of a table of values, by the term of the step that each shows."""
    m, b = normal(slope), normal(intercept)
    columns = {normal(title): column for title, column in layout.columns.items()}
    filled = {"m": layout.parameters[slope].column, "b": layout.parameters[intercept].column}
    for term, titles in COLUMN_TITLES.items():
        for title in titles:
            column = columns.get(title.format(m=m, b=b))
            if column is not None and (layout.first, column) not in layout.sheet.formulas:
                filled.setdefault(term, column)
    return filled


# -- descending ------------------------------------------------------------------------------------------------------
def _descend(
    rule: Rule, layout: Layout, before: State, count: int, progress: Progress | None
) -> tuple[list[State], Diverged | None]:
    """The states after each epoch, up to the last good one, and why it is the last if not all were run."""
    states: list[State] = []
    first = before.loss
    for chunk in rule.steps(count):
        for state in chunk:
            first = first or (state.loss if state else None)
            if state is None or _diverged(state, first, before):
                return states, _divergence(rule, layout, states, before)
            states.append(state)
        if progress:
            progress(len(states), count)
    return states, None


def _diverged(state: State, first: float | None, before: State) -> bool:
    numbers = [*state.parameters.values(), *([] if state.loss is None else [state.loss])]
    if not all(isfinite(number) for number in numbers):
        return True
    if state.loss is not None and first and abs(state.loss) > BLOW_UP * abs(first):
        return True
    return any(
        abs(number) > FAR_AWAY * max(1.0, abs(before.parameters[name]))
        for name, number in state.parameters.items()
    )


def _divergence(rule: Rule, layout: Layout, states: list[State], before: State) -> Diverged:
    good = len(states)
    kept = f"the sheet holds epoch {good}, the last good one" if good else "the sheet is as it was"
    rate = "" if rule.learn is None else f" with learn {rule.learn:.15g}"
    return Diverged(
        f"the run diverged in epoch {good + 1}{rate}; {kept}",
        _safer(rule, layout, before),
        sheet=layout.sheet.name,
        cell=a1(layout.learn) if layout.learn else "",
    )


def _safer(rule: Rule, layout: Layout, before: State) -> str:
    """A learning rate that is certainly safe for these x, where the rule is known to have one."""
    xs, _ = _points(layout)
    limit = descent.safe_learn(xs)
    kind = _recognise(rule, layout, before)
    if kind == "line":
        return f"for these x, every learn below {limit:.3g} (1 / (max x² + 1)) is certainly safe"
    if kind == "swapped":
        return (
            "no learn is safe: each derivative is used for the other parameter, so this rule diverges sooner or later "
            "with any"
        )
    return "try a learn ten times smaller"


def _recognise(rule: Rule, layout: Layout, before: State) -> str:
    """Whether the sheet's first rows step as the line lesson does ("line"), with swapped derivatives, or else ("")."""
    if layout.rule == "columns":
        return "line"
    try:
        slope, intercept = (layout.parameters[name] for name in _roles(layout))
    except SheetgdError:
        return ""
    rule.settle(before)
    columns = [slope.column, intercept.column, slope.successor, intercept.successor]
    kinds = set()
    for row, x, y in zip(layout.rows[:RECOGNISED_ROWS], *_points(layout), strict=False):
        values = rule.model.get([(rule.sheet, (row, column)) for column in columns])
        if rule.learn is None or not all(type(value) is float for value in values):
            return ""
        m, b, new_m, new_b = (float(value or 0) for value in values)
        kinds.add(descent.recognise(x, y, m, b, rule.learn, _nudge(layout), new_m, new_b))
    return kinds.pop() if len(kinds) == 1 else ""


# -- writing ---------------------------------------------------------------------------------------------------------
def _write(layout: Layout, edits: Edits, rule: Rule, states: Sequence[State]) -> None:
    _write_start(layout, edits, rule, states[-1])
    log = layout.log
    for number, state in enumerate(states, _next_epoch(layout)) if log else ():
        assert log
        row = log.last + 1 + number - _next_epoch(layout)
        _write_log_row(layout, edits, row, number, state)


def _write_start(layout: Layout, edits: Edits, rule: Rule, state: State) -> None:
    name = layout.sheet.name
    for parameter, found in layout.parameters.items():
        edits.put(name, found.start, state.parameters[parameter])
    for cell, value in rule.cells():
        edits.put(name, cell, value, like=(layout.first, cell[1]))
    if layout.grid:
        _write_grid(layout, edits, rule)


def _write_log_row(layout: Layout, edits: Edits, row: int, number: int, state: State) -> None:
    assert layout.log
    values = {"epoch": float(number), **state.parameters, "loss": state.loss}
    for what, column in layout.log.columns.items():
        like = (layout.log.heading + 1, column)
        edits.put(layout.sheet.name, (row, column), values.get(what), like=like)


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
            loss = rule.loss_at({**rule.parameters, grid.down: down or 0.0, grid.across: across or 0.0})
            edits.put(sheet.name, cell, loss)
    if not rule.book.has_color_scale(sheet.name, grid.area):
        edits.add_color_scale(sheet.name, grid.area)


def _next_epoch(layout: Layout) -> int:
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
            f"the log has no room for {count:,} more rows", "run fewer epochs, or reset first",
            sheet=sheet.name, cell=a1((log.last, log.area.left)),
        )  # fmt: skip
    columns = set(log.columns.values())
    for cell in sorted({**sheet.values, **sheet.formulas}):
        if log.last < cell[0] <= log.last + count and cell[1] in columns and not sheet.is_empty(cell):
            what = f"the formula ={sheet.formulas[cell]}" if cell in sheet.formulas else sheet.show(cell)
            raise SheetError(
                f"the log would run over {what}", "move it, or reset the log, so that nothing stands below it",
                **sheet.place(cell),
            )  # fmt: skip


def _empty_log(layout: Layout, edits: Edits, start: State) -> None:
    log = layout.log
    assert log
    for row in range(log.heading + 1, log.last + 1):
        for column in log.columns.values():
            edits.put(layout.sheet.name, (row, column), None)
    if "epoch" in log.columns:
        check_log_room(layout._replace(log=log._replace(last=max(log.last, log.heading))), 1)
        _write_log_row(layout, edits, log.heading + 1, 0, start)
