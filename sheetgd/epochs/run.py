"""Running and resetting: a layout and a rule in, a history and edits out.

A rule is what one epoch does: the sheet's own formulas, or, for a table of plain columns, the lesson's step.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from ..books.book import Book
from ..errors import Changed, SheetError
from ..grid.a1 import a1
from ..grid.edits import Edits
from ..grid.sheet import words
from ..layout.choice import Choice, choose
from ..layout.find import Layout
from ..progress import Progress
from .choose import NOTHING, choose_sheets, layout_of, remember_choice
from .growth import grew
from .history import History, history_of
from .rule import Rule, State
from .rules import make_rule
from .settings import asked_epochs, check_options, learning_rate, names_no_epochs, require_learn
from .start import keep_start, refuse_diverged, renew_record, start_values
from .stepping import COMPARED, LOG_ROWS, ROWS_AT_ONCE, Trace, logged_epochs, one_by_one
from .writing import check_log_room, empty_log, write_epochs, write_start

if TYPE_CHECKING:
    from ..scale.rows import Source

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
    rows: str | Sequence[str] | None = None,
    columns: Mapping[str, str] | None = None,
    on: str | None = None,
    progress: Progress | None = None,
) -> History:
    """Run epochs on a sheet and write them into it.

    `sheet` may be left out where only one has a step table. `epochs` is taken from the sheet where it is None, and is
    5 where the sheet names none. `learn`, a number above 0, is typed into the sheet's learn cell. `carry` are pairs of
    cells (from, to) in A1 style that are carried whatever the sheet says, and alone suffice on any sheet; `loss`,
    `learn_cell` and `epochs_cell` name the cells of these where the sheet leaves a choice; with `remember` the workbook
    keeps them all as hidden names. A log of more than 1,000 epochs is thinned (see `stepping.logged_epochs`) unless
    `log_every` says otherwise. The workbook is saved in place, or as `out`, which is replaced only with `force`;
    without `write` nothing is written. `progress` is called with the epochs done and the epochs in all. Where what the
    run was computed from has changed before it could be written, it is run again.

    `rows` names Parquet or CSV files, or a pattern for them, whose rows take the place of the sheet's table (see
    docs/scale.md); `columns` gives the files' names of the table's columns, by heading, where they differ; `on` is the
    address of a Dask scheduler, such as tcp://192.168.1.2:8786. Ctrl-C ends such a run after the epochs that are done.

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
        source=source_of(rows, columns, on),
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
    source: Source | None = None,
    progress: Progress | None = None,
) -> list[History]:
    """As `run`, on one sheet or, with `every`, on each that has a step table, all written at once.

    `also` is called before the edits are written, with the histories and the edits, and may add to these; `source`
    are rows in the place of the sheet's own.
    """

    def rule_of(layout: Layout, rate: float | None, edits: Edits) -> Rule:
        if source is None:
            return make_rule(book, layout, rate, edits)
        from .rows import RowsRule  # which needs NumPy

        count = epochs or asked_epochs(layout)
        return RowsRule(book, layout._replace(grid=None), rate, edits, source, count, progress)

    def compute(edits: Edits) -> list[History]:
        names = choose_sheets(book, sheet, every, choice=choice)
        if remember:
            remember_choice(book, names, choice, edits)
        layouts = [layout_of(book, name, choice) for name in names]
        return [_run_sheet(rule_of, book, one, epochs, learn, log_every, edits, progress) for one in layouts]

    def apply(edits: Edits) -> None:
        if edits and write:
            book.apply(edits, out, force=force)

    with book.naming_errors():
        check_options(epochs, learn)
        return _until_it_stands(book, compute, also, apply)


def source_of(
    rows: str | Sequence[str] | None, columns: Mapping[str, str] | None, on: str | None
) -> Source | None:
    """Where rows beyond the sheet are, or None where its own are meant."""
    if rows is None and not columns and on is None:
        return None
    from ..scale.rows import asked_source  # which needs NumPy

    return asked_source(rows, columns, on)


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
    rule_of: Callable[[Layout, float | None, Edits], Rule],
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
    with closing(rule_of(layout, rate, edits)) as rule:
        layout = rule.layout
        refuse_diverged(book, rule)
        rule.refuse_frozen()
        require_learn(rule)
        before = rule.state()
        rule.refuse_errors()
        trace = descend(rule, before, count, log_every, progress)
        after = trace.states[trace.done] if trace.done else before
        diverged, notes = None, list[str]()
        if trace.stopped or grew(before.loss, after.loss):
            from .learning_rate import divergence, growth_notes  # which most runs do without

            diverged = divergence(rule, layout, trace, before) if trace.stopped else None
            notes = [] if diverged else growth_notes(rule, layout, trace, before, after)
        rule.settle(after)
        confirm(rule, after)
        if trace.done:
            layout = keep_start(book, layout, edits, before, trace.done)
            write_epochs(layout, edits, rule, trace)
            notes += rule.note(edits, after, trace.done)
        else:
            rule.untype(edits.cells.pop(name, {}))
    history = history_of(book, layout, rate, before, after, trace, diverged)
    return history._replace(warnings=notes, epochs_assumed=not epochs and names_no_epochs(layout))


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


# -- the epochs ------------------------------------------------------------------------------------------------------
def descend(rule: Rule, before: State, count: int, every: int | None, progress: Progress | None) -> Trace:
    """Run up to `count` epochs, or up to where the run runs away (see `growth`)."""
    wanted = logged_epochs(count, every)
    if count > (ROWS_AT_ONCE if rule.over_rows else LOG_ROWS):
        from .at_once import run_at_once  # which needs NumPy

        try:
            if trace := run_at_once(rule, before, count, wanted):
                return trace
        except KeyboardInterrupt:
            if not rule.over_rows:
                raise
            rule.stopped, count = True, 1
    if count > COMPARED:
        from .scan import Differs, scanned  # which short runs do without

        if epochs := scanned(rule, before, count):
            with suppress(Differs):
                return one_by_one(rule, before, count, set(wanted), progress, epochs)
    return one_by_one(rule, before, count, set(wanted), None if rule.over_rows else progress)
