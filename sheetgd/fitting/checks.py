"""What must hold before a fit: the cells are what they should be, and formulas lead from the parameters to the loss."""

from __future__ import annotations

from collections import Counter

from ..books.book import Book
from ..epochs.stepping import LOG_ROWS
from ..errors import SheetError, UsageError
from ..formulas.dependencies import Cone
from ..formulas.reasons import Reason
from ..grid.a1 import ROWS, Area, Cell, a1
from ..grid.sheet import Place, Sheet
from .problem import Problem, called, cells


def check_cells(book: Book, problem: Problem) -> list[str]:
    """The parameters' names; a SheetError where a cell is not what a fit needs."""
    sheet, cell = book.cells(problem.objective.place[0]), problem.objective.place[1]
    if cell not in sheet.formulas:
        raise SheetError(
            f"the objective is {sheet.show(cell)}, not a formula",
            "name the cell whose formula computes the loss from the parameters",
            **sheet.place(cell),
        )
    seen: set[Place] = set()
    for name, parameter in problem.parameters:
        _check_parameter(book.cells(name), parameter)
        if (name, parameter) in seen:
            raise UsageError("this parameter is named twice", "name it once", sheet=name, cell=a1(parameter))
        seen.add((name, parameter))
    return names_of(book, problem)


def _check_parameter(sheet: Sheet, cell: Cell) -> None:
    if cell in sheet.formulas:
        raise SheetError(
            f"this parameter is the formula ={sheet.formulas[cell]}, which a fit would have to overwrite",
            "type a number there, or leave it out of the cells to change",
            **sheet.place(cell),
        )
    merged = sheet.merge_at(cell)
    if cell != merged[:2]:
        raise SheetError(
            f"this cell is part of the merged area {merged.a1}",
            f"name its first cell, {a1(merged[:2])}",
            **sheet.place(cell),
        )
    sheet.require(cell, "this parameter")


def names_of(book: Book, problem: Problem) -> list[str]:
    """The parameters' names, all different: their addresses where nothing names them."""
    names = dict[Place, str]()
    for sheet in dict.fromkeys(sheet for sheet, _ in problem.parameters):
        wanted = [cell for name, cell in problem.parameters if name == sheet]
        found = called(book.cells(sheet), wanted)
        names |= {(sheet, cell): name for cell, name in zip(wanted, found, strict=True)}
    taken = Counter(names.values())
    return [
        names[place] if names[place] and taken[names[place]] == 1 else address(problem, place)
        for place in problem.parameters
    ]


def address(problem: Problem, place: Place) -> str:
    """A cell's address as it is shown: with its sheet if that is not the objective's."""
    sheet, cell = place
    return a1(cell) if sheet == problem.objective.place[0] else f"{sheet}!{a1(cell)}"


def find_cone(book: Book, problem: Problem, log: tuple[str, Area] | None) -> Cone | None:
    """What computes the objective; a SheetError where that is not known to depend on every parameter, or on the log."""
    sheet, cell = problem.objective.place
    model = book.model()
    cone = book.cone([problem.objective.place], problem.parameters)
    if cone is None:
        book.warnings.append(
            "formulas with OFFSET or INDIRECT may refer to any cell, so every step recalculates the whole workbook"
        )
        frozen = book.unreliable(sheet, [cell])
    else:
        frozen = next((found for found in sorted(model.frozen.items()) if _spoils(cone, *found)), None)
        cause = book.unreliable(sheet, [cell]) if frozen else None
        frozen = cause if cause and cause[1].kind != "volatile" else frozen
        read = cone.read(problem.parameters)
        idle = [address(problem, place) for place in problem.parameters if place not in read]
        if idle:
            others = f" and {len(idle) - 1} more of these cells" if len(idle) > 1 else ""
            raise SheetError(
                f"the objective does not depend on {idle[0]}{others}",
                "leave it out of the cells to change, or fix the formulas",
                sheet=sheet,
                cell=a1(cell),
            )
        if log and cone.read((log[0], at) for at in log[1].cells):
            raise SheetError(
                "the objective is computed from cells of the log",
                "name another cell for --log",
                sheet=log[0],
                cell=a1(log[1][:2]),
            )
    if frozen:
        raise _frozen(book, frozen)
    return cone


def _frozen(book: Book, found: tuple[Place, Reason]) -> SheetError:
    (sheet, cell), why = found
    return SheetError(
        f"the objective depends on this formula, and {why.words}",
        book.remedy(why),
        sheet=sheet,
        cell=a1(cell),
    )


def _spoils(cone: Cone, place: Place, why: Reason) -> bool:
    """Whether a frozen formula keeps a fit from working: its value would change, or it is circular."""
    return place in cone.active or (place in cone.reached and why.kind == "circular")


def find_log_place(book: Book, text: str, problem: Problem, epochs: int) -> tuple[str, Area]:
    """Where a log of so many epochs would stand; a SheetError where a cell there is not empty."""
    [(name, cell), *more] = cells(book, text, problem.objective.place[0], "the log")
    if more:
        raise UsageError(f"{text} is {len(more) + 1} cells", "name the one cell for the log's heading")
    sheet = book.cells(name)
    rows = min(epochs, LOG_ROWS) + 1
    area = Area(cell[0], cell[1], cell[0] + rows, cell[1] + 1)
    taken = next((at for at in area.cells if not sheet.is_empty(at)), None)
    if taken or area.bottom > ROWS:
        what = f"{a1(taken)} there holds {sheet.show(taken)}" if taken else "the sheet ends before"
        raise SheetError(
            f"the log may need {area.a1}, and {what}", "name another cell for --log", **sheet.place(cell)
        )
    return name, area
