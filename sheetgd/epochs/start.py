"""Where a sheet started: kept by its first run, found again by reset. Nothing is guessed."""

from __future__ import annotations

from ..books.book import Book
from ..errors import SheetError
from ..grid.a1 import a1
from ..grid.edits import Edits
from ..grid.sheet import ErrorValue, words
from ..layout.find import Layout
from .rule import Rule, State
from .writing import next_epoch, write_log_row

FAR = 1e6  # a parameter past it, on a sheet that shows errors, has run away


def start_values(book: Book, layout: Layout) -> dict[str, float]:
    """What everything that is carried goes back to: the values under `reset to`, else those of the log's epoch 0, else
    those that the first run kept in the workbook, else, where the log says that nothing was run yet, the present ones,
    unless the next ones are errors: then they ran away in somebody else's run.

    A SheetError says how to add them where they are nowhere.
    """
    sheet = layout.sheet
    record = book.start_record(sheet.name)
    kept = (record.values if record else {}) | _logged(layout)
    unrun = _numbers_epochs(layout) and next_epoch(layout) == 1 and not _next_are_errors(layout)
    values: dict[str, float] = {}
    for name, found in layout.carried.items():
        if found.reset and not sheet.is_empty(found.reset):
            values[name] = sheet.require(found.reset, "the reset value")
        elif name in kept:
            values[name] = kept[name]
        elif unrun:
            values[name] = sheet.require(found.start, f"the start of {name}")
    missing = [name for name in layout.carried if name not in values]
    if missing:
        raise _nowhere(layout, missing)
    return values


def keep_start(book: Book, layout: Layout, edits: Edits, before: State, epochs: int) -> Layout:
    """Keep what a run starts from, if it is the first and the sheet has no `reset to`; the layout with its log then."""
    sheet, log = layout.sheet, layout.log
    needed = {
        name: before.values[name]
        for name, found in layout.carried.items()
        if not found.reset or sheet.is_empty(found.reset)
    }
    if not needed:
        return layout
    kept = book.start_record(sheet.name)
    if next_epoch(layout) > 1 and not kept:
        return layout  # the log is that of earlier epochs: these are not the values that they started from
    if log and _numbers_epochs(layout) and next_epoch(layout) == 1:
        write_log_row(layout, edits, log.heading + 1, 0, before)
        layout = layout._replace(log=log._replace(last=log.heading + 1))
    if not (log and _numbers_epochs(layout) and needed.keys() <= log.columns.keys()):
        from ..grid.start_record import StartRecord  # for sheets that have no place for it

        record = kept or StartRecord(0, needed)
        values = record.values if record.epochs else needed
        edits.start_records[sheet.name] = StartRecord(record.epochs + epochs, values)
    return layout


def renew_record(book: Book, layout: Layout, edits: Edits) -> None:
    """After a reset, the next run is a first one again."""
    if record := book.start_record(layout.sheet.name):
        edits.start_records[layout.sheet.name] = record._replace(epochs=0)


def refuse_diverged(book: Book, rule: Rule) -> None:
    """An error for a sheet that shows errors because its parameters have run away: it can be put back."""
    layout, present = rule.layout, dict(rule.values)
    gone = [
        name
        for name, found in layout.carried.items()
        if isinstance(layout.sheet.values.get(found.start), ErrorValue)
    ]
    errors = rule.errors()
    if not gone and not (errors and any(abs(value) > FAR for value in present.values())):
        return
    try:
        start, how = start_values(book, layout), f"put it back with: sheetgd reset {book.name}"
    except SheetError:
        cells = " and ".join(a1(layout.carried[name].start) for name in gone or layout.parameters)
        start, how = dict.fromkeys(present, 1.0), f"type start values into {cells}"
    rule.settle(State(start, None))
    mended = not rule.errors()
    rule.settle(State(present, None))
    if not gone and not mended:
        return
    found = {
        name: (layout.carried[name].start, layout.sheet.values[layout.carried[name].start]) for name in gone
    }
    name, (cell, value) = next(iter({**found, **errors}.items()))
    raise SheetError(f"it has diverged: {name} is {words(value)}", how, **layout.sheet.place(cell))


def _numbers_epochs(layout: Layout) -> bool:
    return layout.log is not None and "epoch" in layout.log.columns


def _next_are_errors(layout: Layout) -> bool:
    return any(
        isinstance(layout.sheet.values.get(found.carry), ErrorValue) for found in layout.carried.values()
    )


def _has_epoch_0(layout: Layout) -> bool:
    log = layout.log
    if not log or not _numbers_epochs(layout) or log.last == log.heading:
        return False
    return layout.sheet.number((log.heading + 1, log.columns["epoch"])) == 0


def _logged(layout: Layout) -> dict[str, float]:
    """The values of the log's epoch 0."""
    log = layout.log
    if not log or not _has_epoch_0(layout):
        return {}
    found = {name: layout.sheet.number((log.heading + 1, column)) for name, column in log.columns.items()}
    return {name: value for name, value in found.items() if value is not None}


def _nowhere(layout: Layout, names: list[str]) -> SheetError:
    cells = ", ".join(a1(layout.carried[name].start) for name in names)
    return SheetError(
        f"nothing says what {', '.join(names)} ({cells}) started from: there is no cell under reset to, no epoch 0 in "
        "a log, and no run of sheetgd that kept it",
        "type reset to in a cell above and to the right of the labels, and the start values below it, each in its "
        "parameter's row",
        sheet=layout.sheet.name,
        cell=a1(layout.carried[names[0]].start),
    )
