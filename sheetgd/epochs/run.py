"""Running and resetting: a layout and a rule in, a history and edits out.

A rule is what one epoch does: the sheet's own formulas, or, for a table of plain columns, the lesson's step.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import isfinite

from ..books.book import Book, Progress
from ..errors import Changed, Diverged, SheetError, UsageError
from ..grid.a1 import a1
from ..grid.edits import Edits
from ..grid.sheet import words
from ..layout.choice import Choice, choose
from ..layout.find import Layout
from ..limits import MOST_EPOCHS
from .choose import NOTHING, choose_sheets, layout_of, remember_choice
from .growth import grew
from .history import Change, History
from .learning_rate import advice
from .rules import Rule, State, make_rule
from .scan import Differs, scanned
from .start import keep_start, refuse_diverged, renew_record, start_values
from .stepping import LOG_ROWS, Trace, logged_epochs, one_by_one
from .writing import (
    check_log_room,
    empty_log,
    next_epoch,
    write_epochs,
    write_start,
)

EPOCHS = 5  # where the sheet names no number
MOST_TRIES = 3  # again, where the book changes during a run


Also = Callable[[list[History], Edits], None]


# -- the two calls ---------------------------------------------------------------------------------------------------
def run(
    book: Book,
    sheet: str | None = None,
    *,
    epochs: int | None = None,
    learn: float | None = None,
    carry: Sequence[tuple[str, str]] = (),
    loss: str | None = None,
    learn_cell: str | None = None,
    epochs_cell: str | None = None,
    remember: bool = False,
    log_every: int | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    write: bool = True,
    progress: Progress | None = None,
) -> History:
    """Run epochs on a sheet and write them into it.

    `sheet` may be left out where only one has a step table. `epochs` is taken from the sheet where it is None, and is
    5 where the sheet names none. `learn`, a number above 0, is typed into the sheet's learn cell. `carry` are pairs of
    cells (from, to) in A1 style that are carried whatever the sheet says, and alone suffice on any sheet; `loss`,
    `learn_cell` and `epochs_cell` name the cells of these where the sheet leaves a choice; with `remember` the workbook
    keeps them all as hidden names. A log of more than 1,000 epochs is thinned (see `stepping.logged_epochs`) unless
    `log_every` says otherwise. The workbook is saved in place, or as `out`, which is replaced only with `force`;
    without `write` the history is all. `progress` is called with the epochs done and the epochs in all. Where what the
    run was computed from has changed before it could be written, it is run again.

    A loss that has grown is named in the history's warnings. A run that runs away (see `growth`) is stopped, keeps the
    epochs before the growth began, and the history says so in `diverged`. Raises a SheetgdError, and
    writes nothing, where the sheet is not what a run needs.

    >>> import sheetgd
    >>> path = sheetgd.new("descent", "lesson.xlsx")
    >>> with sheetgd.open_book("lesson.xlsx") as book:
    ...     history = sheetgd.run(book, epochs=5)
    >>> round(history.parameters["m"].after, 3)
    3.097
    """
    [history] = run_sheets(
        book,
        sheet,
        epochs=epochs,
        learn=learn,
        choice=choose(carry, loss, learn_cell, epochs_cell),
        remember=remember,
        log_every=log_every,
        out=out,
        force=force,
        write=write,
        progress=progress,
    )
    return history


def reset(
    book: Book,
    sheet: str | None = None,
    *,
    carry: Sequence[tuple[str, str]] = (),
    loss: str | None = None,
    learn_cell: str | None = None,
    epochs_cell: str | None = None,
    remember: bool = False,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
) -> History:
    """Put the start cells back, and empty the log.

    They get their `reset to` values; where there are none, what the first run started from: the log's epoch 0, or what
    it kept in the workbook. Nothing is guessed: without any of these it is refused. A log that numbers its epochs
    begins again with epoch 0, the loss before any step. The options are those of `run`, and so are the errors.

    >>> import sheetgd
    >>> path = sheetgd.new("descent", "again.xlsx")
    >>> with sheetgd.open_book("again.xlsx") as book:
    ...     history = sheetgd.run(book, epochs=5), sheetgd.reset(book)
    >>> history[1].parameters["m"].after
    1.0
    """
    choice = choose(carry, loss, learn_cell, epochs_cell)
    [history] = reset_sheets(book, sheet, choice=choice, remember=remember, out=out, force=force)
    return history


def run_sheets(
    book: Book,
    sheet: str | None = None,
    *,
    every: bool = False,
    epochs: int | None = None,
    learn: float | None = None,
    choice: Choice = NOTHING,
    remember: bool = False,
    log_every: int | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    write: bool = True,
    also: Also | None = None,
    progress: Progress | None = None,
) -> list[History]:
    """As `run`, on one sheet or, with `every`, on each that has a step table, all written at once.

    `also` is called before the edits are written, with the histories and the edits, and may add to these.
    """

    def compute(edits: Edits) -> list[History]:
        names = choose_sheets(book, sheet, every, choice=choice)
        if remember:
            remember_choice(book, names, choice, edits)
        return [
            _run_sheet(book, layout_of(book, name, choice), epochs, learn, log_every, edits, progress)
            for name in names
        ]

    def apply(edits: Edits) -> None:
        if edits and write:
            book.apply(edits, out, force=force)

    with book.naming_errors():
        _check_options(epochs, learn)
        return _until_it_stands(book, compute, also, apply)


def _check_options(epochs: int | None, learn: float | None) -> None:
    if epochs is not None and not (isinstance(epochs, int) and 1 <= epochs <= MOST_EPOCHS):
        raise UsageError(f"epochs is {epochs}", f"use a whole number from 1 to {MOST_EPOCHS:,}")
    if learn is not None and not (isfinite(learn) and learn > 0):
        raise UsageError(f"learn is {learn:.15g}", "use a number above 0, such as 0.0001")


def reset_sheets(
    book: Book,
    sheet: str | None = None,
    *,
    every: bool = False,
    choice: Choice = NOTHING,
    remember: bool = False,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    also: Also | None = None,
) -> list[History]:
    """As `reset`, on one sheet or, with `every`, on each that has a step table; `also` is as in `run_sheets`."""

    def compute(edits: Edits) -> list[History]:
        names = choose_sheets(book, sheet, every, choice=choice)
        if remember:
            remember_choice(book, names, choice, edits)
        return [_reset_sheet(book, layout_of(book, name, choice), edits) for name in names]

    with book.naming_errors():
        return _until_it_stands(book, compute, also, lambda edits: book.apply(edits, out, force=force))


def _until_it_stands(
    book: Book, compute: Callable[[Edits], list[History]], also: Also | None, apply: Callable[[Edits], None]
) -> list[History]:
    """Compute and apply, again where the book changed in between."""
    book.start()
    told = len(book.warnings)
    for tries in range(MOST_TRIES, -1, -1):
        edits = Edits()
        histories = compute(edits)
        if also:
            also(histories, edits)
        try:
            apply(edits)
            break
        except Changed as error:
            if not tries:
                raise
            book.warnings.append(f"{error.found}; run again from its new values")
    told_of_all = list(dict.fromkeys(book.warnings[told:]))
    return [history._replace(warnings=history.warnings + told_of_all) for history in histories]


def _run_sheet(
    book: Book,
    layout: Layout,
    epochs: int | None,
    learn: float | None,
    log_every: int | None,
    edits: Edits,
    progress: Progress | None,
) -> History:
    name = layout.sheet.name
    count = epochs or asked_epochs(layout)
    rate = learning_rate(layout, learn)
    check_log_room(layout, 1 + len(logged_epochs(count, log_every)))
    if learn is not None and layout.controls.learn:
        edits.put(name, layout.controls.learn, learn)
    edits.rest_on(name, layout.inputs)
    for other, area in layout.elsewhere:
        edits.rest_on(other, [area])
    rule = make_rule(book, layout, rate, edits)
    refuse_diverged(book, rule)
    rule.refuse_frozen()
    require_learn(rule)
    before = rule.state()
    rule.refuse_errors()
    trace = descend(rule, before, count, log_every, progress)
    after = trace.states[trace.done] if trace.done else before
    diverged = divergence(rule, layout, trace, before) if trace.stopped else None
    notes = [] if diverged else growth_notes(rule, layout, trace, before, after)
    rule.settle(after)
    confirm(rule, after)
    if trace.done:
        layout = keep_start(book, layout, edits, before, trace.done)
        write_epochs(layout, edits, rule, trace)
    else:
        rule.untype(edits.cells.pop(name, {}))
    history = history_of(book, layout, rate, before, after, trace, diverged)
    return history._replace(warnings=notes, epochs_assumed=not epochs and _no_epochs(layout))


def _reset_sheet(book: Book, layout: Layout, edits: Edits) -> History:
    start = start_values(book, layout)
    edits.rest_on(layout.sheet.name, layout.inputs)
    book.discard((layout.sheet.name, found.start) for found in layout.carried.values())
    rule = make_rule(book, layout, learning_rate(layout, None) if layout.rule == "columns" else None, edits)
    before = seen(rule)
    rule.settle(State(start, None))
    after = seen(rule)
    write_start(layout, edits, rule, after)
    if layout.log:
        empty_log(layout, edits, after)
    renew_record(book, layout, edits)
    notes = [
        f"{name} ({a1(cell)}) is {words(error)} at the start, too"
        for name, (cell, error) in rule.errors().items()
    ]
    return history_of(book, layout, None, before, after, Trace(0, {}), None)._replace(warnings=notes)


def seen(rule: Rule) -> State:
    """The state as it is now, without a loss where that is no number."""
    try:
        return rule.state()
    except SheetError:
        return State(dict(rule.values), None)


def history_of(
    book: Book,
    layout: Layout,
    learn: float | None,
    before: State,
    after: State,
    trace: Trace,
    diverged: Diverged | None,
) -> History:
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
    """Where the epochs are logged; a table with a row an epoch is its own log."""
    if layout.log:
        return layout.log._replace(last=layout.log.last + len(trace.states)).area.a1
    return layout.area.a1 if layout.kind == "trajectory" else None


def _entry(layout: Layout, number: int, state: State) -> dict[str, float]:
    """What a history's log says of one epoch."""
    loss = {} if state.loss is None else {layout.controls.loss_name: state.loss}
    return {"epoch": number, **{name: state.values[name] for name in layout.parameters}, **loss}


def confirm(rule: Rule, after: State) -> None:
    """The whole sheet, recalculated at the end of a run, must show the loss that the run found."""
    loss = rule.state().loss
    if (
        loss is not None
        and after.loss is not None
        and abs(loss - after.loss) > 1e-9 * max(abs(loss), abs(after.loss))
    ):
        raise SheetError(
            f"the formula engine finds {loss!r} for it now, but found {after.loss!r} during the run",
            "the workbook is untouched; please report this",
            sheet=rule.sheet,
            cell=a1(rule.layout.controls.loss or (1, 1)),
        )


# -- inputs ----------------------------------------------------------------------------------------------------------
def asked_epochs(layout: Layout) -> int:
    """The number of epochs that the sheet asks for."""
    sheet, cell = layout.sheet, layout.controls.epochs
    if cell is None or _no_epochs(layout):
        return len(layout.rows) - 1 if layout.kind == "trajectory" and len(layout.rows) > 1 else EPOCHS
    number = sheet.require(cell, "epochs", "type a whole number, such as 5")
    if number != int(number) or not 1 <= number <= MOST_EPOCHS:
        raise SheetError(
            f"epochs is {number:.15g}", f"type a whole number from 1 to {MOST_EPOCHS:,}", **sheet.place(cell)
        )
    return int(number)


def _no_epochs(layout: Layout) -> bool:
    cell = layout.controls.epochs
    return cell is None or layout.sheet.is_empty(cell)


def learning_rate(layout: Layout, given: float | None) -> float | None:
    """The learning rate; a table without formulas cannot do without."""
    sheet, cell = layout.sheet, layout.controls.learn
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
    number = sheet.require(cell, "learn", "type a number above 0, such as 0.0001")
    if number <= 0:
        raise SheetError(
            f"learn is {number:.15g}", "type a number above 0, such as 0.0001", **sheet.place(cell)
        )
    return number


def require_learn(rule: Rule) -> None:
    """Refuse an empty learn cell that the new parameters are computed from."""
    layout, cell = rule.layout, rule.layout.controls.learn
    if rule.learn is None and cell and rule.depends(cell):
        raise SheetError(
            "learn is empty", "type a number above 0, such as 0.0001", **layout.sheet.place(cell)
        )


# -- growing ---------------------------------------------------------------------------------------------------------
def divergence(rule: Rule, layout: Layout, trace: Trace, before: State) -> Diverged:
    """The error of a run that was stopped."""
    kept = trace.done
    held = f"the sheet holds epoch {kept:,}, before the growth began" if kept else "the sheet is as it was"
    rate = "" if rule.learn is None else f" with learn {rule.learn:.15g}"
    return Diverged(
        f"the run diverged in epoch {trace.stopped:,}{rate}; {held}",
        advice(rule, layout, before),
        sheet=layout.sheet.name,
        cell=a1(layout.controls.learn) if layout.controls.learn else "",
    )


def growth_notes(rule: Rule, layout: Layout, trace: Trace, before: State, after: State) -> list[str]:
    """What is said of a run whose loss ends above its start."""
    if not grew(before.loss, after.loss):
        return []
    name = layout.controls.loss_name
    return [
        f"{name} grew from {before.loss:.9g} to {after.loss:.9g}, from epoch {trace.lowest + 1:,} on; "
        f"{advice(rule, layout, before)}"
    ]


# -- the epochs ------------------------------------------------------------------------------------------------------
def descend(rule: Rule, before: State, count: int, every: int | None, progress: Progress | None) -> Trace:
    """Run up to `count` epochs, or up to where the run runs away (see `growth`)."""
    wanted = logged_epochs(count, every)
    if count > LOG_ROWS:
        from .at_once import run_at_once  # which needs NumPy

        if trace := run_at_once(rule, before, count, wanted):
            return trace
    if epochs := scanned(rule, before, count):
        with suppress(Differs):
            return one_by_one(rule, before, count, set(wanted), progress, epochs)
    return one_by_one(rule, before, count, set(wanted), progress)
