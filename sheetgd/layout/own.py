"""The layout of a sheet that no headings tell: made of what its formulas do (see `structure`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ..grid.a1 import Area, Cell, a1
from ..grid.sheet import Sheet, normal, printable
from .choice import Choice
from .controls import Controls, find_grid, find_log
from .find import Layout, missing_things
from .graph import Graph
from .labels import crossing, follow
from .naming import label_of
from .parameters import Parameter, checked_start
from .questions import Questions
from .structure import Finder, Structure, more_states
from .tables import StepTable, is_y
from .updates import Chain, Update


def own_layout(sheets: Mapping[str, Sheet], name: str, choice: Choice, book: str) -> Layout | None:
    """The layout of one of a book's sheets; None where it holds no descent, `Unclear` where that is the teacher's to
    say. `book` is what the commands of the advice name."""
    sheet = sheets[name]
    found = Finder(sheets, name, choice, book).find()
    if found is None:
        return None
    table, last = _table(sheet, found)
    parameters = {
        label: checked_start(
            sheet,
            Parameter(
                label, None, None, chain.start[1], _carry(found, label), _reset(sheet, label, chain.start[1])
            ),
        )
        for label, chain in found.chains.items()
    }
    states = {
        label: checked_start(sheet, Parameter(label, None, None, start, carry, _reset(sheet, label, start)))
        for label, (start, carry) in found.states.items()
    }
    controls = Controls(sheet, table, last, choice)
    controls.learn = found.learn
    controls.loss, controls.loss_name = None, "loss"
    if found.loss:
        controls.loss, controls.loss_name = found.loss, label_of(sheet, found.loss) or "loss"
    if controls.epochs and controls.epochs in table.area(last).cells:
        controls.epochs = choice.epochs
    grid = find_grid(sheet, parameters, table.area(last))
    log = find_log(sheet, parameters, grid, controls)
    missing = missing_things(controls, log, grid, len(parameters), logs_itself=found.kind == "trajectory")
    decaying = _decaying(controls, states)
    elsewhere = _areas(cell for cell in found.data if cell[0] != name)
    return Layout(
        sheet,
        "formulas",
        table,
        last,
        parameters,
        states,
        controls,
        log,
        grid,
        missing,
        found.kind,
        found.why | ({"epochs": "its label says so"} if controls.epochs else {}),
        found.rivals,
        elsewhere,
        decaying,
    )


def _decaying(controls: Controls, states: Mapping[str, Parameter]) -> Parameter | None:
    """The state that is the learning rate, which then is no control."""
    found = next((state for state in states.values() if state.start == controls.learn), None)
    controls.learn = None if found else controls.learn
    return found


def completed(sheets: Mapping[str, Sheet], layout: Layout, choice: Choice, book: str) -> Layout:
    """A layout that headings tell, with the state that its formulas carry and no label does.

    `Unclear` where the teacher must say what is carried.
    """
    sheet, graph = layout.sheet, Graph(sheets)
    named = {name: _chain(layout, found) for name, found in layout.parameters.items()}
    kind = "steps" if layout.table.successors else "batch"
    if kind == "steps" and len(layout.rows) < 2:
        return layout
    controls, taken = layout.controls, {found.start for found in layout.carried.values()}
    ask = Questions(sheet, book, choice)
    more = more_states(graph, sheet, named, controls.loss, controls.learn, kind, ask)
    states = {
        label: checked_start(sheet, Parameter(label, None, None, start, carry, _reset(sheet, label, start)))
        for label, (start, carry) in more.items()
        if start not in taken
    }
    decaying = _decaying(controls, states)
    return layout._replace(states=layout.states | states, decaying=decaying)


def _chain(layout: Layout, found: Parameter) -> Chain:
    """The next values of a parameter that headings tell."""
    sheet, start = layout.sheet.name, (layout.sheet.name, found.start)
    nexts = [(row, found.successor) for row in layout.rows] if found.successor else [found.carry]
    return Chain(start, [Update((sheet, cell), start, []) for cell in nexts])


def _carry(found: Structure, label: str) -> Cell:
    """A row an epoch goes on from its second row, so that any number of epochs may be run; else from the last."""
    nexts = found.chains[label].nexts
    return nexts[0 if found.kind == "trajectory" else -1][1]


def _reset(sheet: Sheet, label: str, start: Cell) -> Cell | None:
    """The cell that reset restores a start from: where its row crosses the heading `reset to`."""
    labels = [cell for cell in sheet.labelled(normal(label)) if cell[0] == start[0]]
    return next(filter(None, (crossing(sheet, cell, "reset to") for cell in labels)), None)


def _areas(places: Iterable[tuple[str, Cell]]) -> list[tuple[str, Area]]:
    """Columns of cells as areas."""
    columns: dict[tuple[str, int], list[int]] = {}
    for sheet, (row, column) in places:
        columns.setdefault((sheet, column), []).append(row)
    return [(sheet, Area(min(rows), column, max(rows), column)) for (sheet, column), rows in columns.items()]


# -- the table -------------------------------------------------------------------------------------------------------
def _table(sheet: Sheet, found: Structure) -> tuple[StepTable, int]:
    """The rows that a step or an epoch goes through, with their headings; where there are none, the first next value
    alone."""
    chain = next(iter(found.chains.values()))
    nexts = [place[1] for place in chain.nexts]
    if len(nexts) > 1 and len({column for _, column in nexts}) == 1:
        first, last = nexts[0][0], nexts[-1][0]
        above = (first - 1, nexts[0][1])
        if found.kind == "trajectory" and chain.start[1] in (above, follow(sheet, above)):
            first -= 1
        return _headed(sheet, first, last, nexts[0][1], [])
    rows = _data_rows(sheet, found)
    if rows:
        first, last, columns = rows
        return _headed(sheet, first, last, columns[0], columns)
    (row, column), (last, right) = min(nexts), max(nexts)
    title = label_of(sheet, (row, column)) or a1((row, column))
    return StepTable(row, row, {title: column, a1((last, right)): right}, column, column, {}), last


def _data_rows(sheet: Sheet, found: Structure) -> tuple[int, int, list[int]] | None:
    """The rows in which columns of data stand on the sheet, and these columns."""
    taken = {found.learn, *(start for start, _ in found.states.values())}
    cells = {cell for name, cell in found.data if name == sheet.name and cell not in taken}
    columns: dict[tuple[int, int], list[int]] = {}
    for row, column in sorted(cells):
        if (row - 1, column) in cells or (row + 1, column) not in cells:
            continue
        last = row
        while (last + 1, column) in cells:
            last += 1
        columns.setdefault((row, last), []).append(column)
    if not columns:
        return None
    (first, last), found_columns = max(
        columns.items(), key=lambda entry: (len(entry[1]), entry[0][1] - entry[0][0])
    )
    return first, last, sorted(found_columns)


def _headed(sheet: Sheet, first: int, last: int, inside: int, data: list[int]) -> tuple[StepTable, int]:
    """The table of these rows, with the headings that stand above them without a gap."""
    heading = first - 1
    left = right = inside
    if heading and sheet.label((heading, inside)):
        while sheet.label((heading, left - 1)):
            left -= 1
        while sheet.label((heading, right + 1)):
            right += 1
    else:
        heading = first
    shown = sorted({*range(left, right + 1), *data})
    titles = [printable(str(sheet.values.get((heading, column), ""))).strip() for column in shown]
    seen = Counter(titles)
    columns = {
        title if title and heading < first and seen[title] == 1 else a1((first, column)): column
        for title, column in zip(titles, shown, strict=True)
    }
    typed = data or [
        column
        for column in shown
        if sheet.number((last, column)) is not None and (last, column) not in sheet.formulas
    ]
    x = typed[0] if typed else inside
    y = next((c for c in typed if is_y(sheet.label((heading, c)))), typed[-1] if typed else inside)
    return StepTable(heading, first, columns, x, y, {}), last
