"""What a sheet that cannot be run offers instead: a loss that can be fitted, or the nearest thing to a descent."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import SheetError
from ..formulas.tree import Binary, Call, walk
from ..grid.a1 import Area, Cell, a1
from ..grid.sheet import Place, Sheet
from .graph import Graph
from .naming import label_of
from .questions import Unclear, shell_word
from .structure import bends
from .updates import running_totals
from .vocabulary import LOSS_WORDS, next_of

MOST_LABELLED = 60  # numbers with labels, which are compared with one another
MOST_PARAMETERS = 12  # that are named in a command


def offer(sheets: Mapping[str, Sheet], name: str, book: str) -> SheetError | None:
    """The nearest thing to a descent on a sheet that holds none, with the command that makes something of it."""
    graph, sheet = Graph(sheets), sheets[name]
    if typed := _typed_next(sheet):
        return typed
    worded = [cell for cell in sorted(sheet.formulas) if label_of(sheet, cell) in LOSS_WORDS]
    for cell in [*worded, *_sums_of_squares(graph, sheet)]:
        if graph.any_below((name, cell), bends, set(graph.reached([(name, cell)]))):
            found = _parameters(graph, sheet, cell)
            if found:
                return _fit(sheet, cell, found, book)
    totals = running_totals(graph, sheet)
    if totals:
        start, last = totals[0].start[1], totals[0].nexts[-1][1]
        return Unclear(
            f"{a1(last)} goes on from {a1(start)} like a running total: what is added does not depend on it, so it is "
            "not the next value of a parameter",
            f"if it is to be carried all the same, say so: sheetgd run {shell_word(book)} --carry "
            f"{a1(last)}={a1(start)}",
            **sheet.place(last),
        )
    return None


def _typed_next(sheet: Sheet) -> SheetError | None:
    """A label says next value, and the number beside it is typed."""
    numbers = {cell: label for cell, label in _labelled_numbers(sheet) if cell not in sheet.formulas}
    for cell, label in numbers.items() if len(numbers) <= MOST_LABELLED else ():
        start = next(
            (other for other, name in numbers.items() if other != cell and next_of(label, name)), None
        )
        if start:
            return Unclear(
                f"the next value of {numbers[start]} is the typed number {sheet.show(cell)} here, so nothing "
                "is computed",
                f"write its formula: ={a1(start)} minus a learning rate times the gradient",
                **sheet.place(cell),
            )
    return None


def _labelled_numbers(sheet: Sheet) -> list[tuple[Cell, str]]:
    """The numbers right of labels."""
    cells = [(row, column + 1) for (row, column), _ in sheet.labels()]
    return [(cell, label_of(sheet, cell)) for cell in cells if sheet.number(cell) is not None]


def _sums_of_squares(graph: Graph, sheet: Sheet) -> list[Cell]:
    """The cells that sum up squares of differences by a formula of their own, whatever they are called."""
    found = []
    for cell, formula in sorted(sheet.formulas.items()):
        tree = graph.tree((sheet.name, cell)) if "SUM" in formula.upper() else None
        nodes = list(walk(tree)) if tree is not None else []
        squared = any(isinstance(node, Binary) and node.operator == "^" for node in nodes)
        differing = any(isinstance(node, Binary) and node.operator == "-" for node in nodes)
        named = any(isinstance(node, Call) and node.function == "SUMXMY2" for node in nodes)
        found += [cell] if (squared and differing) or named else []
    return found


def _fit(sheet: Sheet, loss: Cell, parameters: list[Cell], book: str) -> SheetError:
    shown = ", ".join(f"{label_of(sheet, cell)} ({a1(cell)})" for cell in parameters)
    home = f"'{sheet.name}'" if not sheet.name.isidentifier() else sheet.name
    cells = ",".join(
        f"{home}!{area.a1}" if number == 0 else area.a1 for number, area in enumerate(_areas(parameters))
    )
    minimize = f"{home}!{a1(loss)}"
    one = len(parameters) == 1
    whose, write = ("its", "its next value into a cell") if one else ("their", "their next values into cells")
    first = parameters[0]
    return Unclear(
        f"the loss {label_of(sheet, loss) or a1(loss)} depends on {shown}, but no cell holds {whose} next "
        "value, so there is nothing to carry",
        f"write {write} (={a1(first)} minus a step, and next {label_of(sheet, first)} to its left), or let "
        "sheetgd find "
        f"the steps itself: sheetgd fit {shell_word(book)} --minimize {shell_word(minimize)} "
        f"--change {shell_word(cells)}",
        **sheet.place(loss),
    )


def _areas(cells: list[Cell]) -> list[Area]:
    """Cells below one another as one area."""
    found: list[Area] = []
    for row, column in sorted(cells, key=lambda cell: (cell[1], cell[0])):
        if found and found[-1].left == column and found[-1].bottom == row - 1:
            found[-1] = found[-1]._replace(bottom=row)
        else:
            found.append(Area(row, column, row, column))
    return found


def _parameters(graph: Graph, sheet: Sheet, loss: Cell) -> list[Cell]:
    """The typed cells with labels of their own that formulas name one by one on the way to the loss: no data."""
    reached = graph.reached([(sheet.name, loss)])
    single: set[Place] = set()
    for place in reached:
        tree = graph.tree(place)
        for node in walk(tree) if tree is not None else ():
            cell = graph.single(node, place)
            single |= {cell} if cell and graph.number(cell) is not None else set()
    found = [cell for name, cell in single if name == sheet.name and _has_label(sheet, cell)]
    return sorted(found) if len(found) <= MOST_PARAMETERS else []


def _has_label(sheet: Sheet, cell: Cell) -> bool:
    row, column = cell
    if sheet.label((row, column - 1)):
        return True
    heads_data = sheet.number((row + 1, column)) is not None
    named = cell in sheet.names.values()
    return named or (bool(sheet.label((row - 1, column))) and not heads_data)
