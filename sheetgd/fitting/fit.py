"""Gradient descent on any loss of any sheet: cells to change and a formula in, the fitted cells and a history out.

The sheet needs no lesson's layout. The gradient comes from finite differences of the loss; what the loss depends on is
recalculated in a small workbook of its own, which is compared with the whole one before and after.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..books.book import Book
from ..epochs.history import Change, History
from ..epochs.stepping import LOG_ROWS, logged_epochs
from ..errors import SheetError, UsageError
from ..formulas.dependencies import Cone
from ..formulas.verify import CHANGES, CIRCULAR
from ..grid.a1 import ROWS, Area, Cell, a1
from ..grid.edits import Edits
from ..grid.sheet import Place, Sheet
from ..limits import MOST_EPOCHS
from ..maths.minimize import DIVERGED, ENDLESSLY, EPOCHS, UNTIL, Outcome, Progress, Settings
from ..maths.minimize import minimize as descend
from ..maths.optimizers import OPTIMIZERS
from .losses import open_losses, same, shown, unsteady
from .messages import divergence, endless, failures
from .problem import MAXIMIZE, MINIMIZE, VALUE_OF, Problem, called, cells, saved_problem, typed_problem

DIFFERENCES = ("forward", "central")
REACHED = 1e-6  # of the value, and of the way to it: so close is there


class Fit(NamedTuple):
    """What a fit did: a history as that of a run, and what was chosen on the way.

    `learn` in the history is the first one; each epoch of its log is the best so far, that is, what the sheet would
    hold had the fit stopped there. `scales` are what the parameters were measured in, `losses` how many times the
    loss was computed.
    """

    history: History
    problem: Problem
    optimizer: str
    difference: str
    learn_given: bool
    last_learn: float
    scales: dict[str, float]
    losses: int
    stopped: str

    @property
    def reached(self) -> bool | None:
        """Whether the objective came to the value that was asked for; None where none was.

        A value is reached when the objective is as close to it as a millionth of the value; or, for a value smaller
        than 1, of the way there.
        """
        objective, loss = self.problem.objective, self.history.loss
        if objective.kind != VALUE_OF or loss is None or loss.before is None or loss.after is None:
            return None
        near = max(abs(objective.value), min(1.0, abs(loss.before - objective.value)))
        return abs(loss.after - objective.value) <= REACHED * near

    def as_json(self) -> dict[str, Any]:
        """The object that `fit --json` prints."""
        objective = self.problem.objective
        return {
            **self.history.as_json(),
            "objective": {
                "kind": objective.kind,
                **({"value": objective.value} if objective.kind == VALUE_OF else {}),
            },
            "solver": self.problem.solver or None,
            "optimizer": self.optimizer,
            "difference": self.difference,
            "last_learn": self.last_learn,
            "scales": self.scales,
            "losses": self.losses,
            "stopped": self.stopped,
            **({} if self.reached is None else {"reached": self.reached}),
        }


def fit(
    book: Book,
    *,
    minimize: str | None = None,
    maximize: str | None = None,
    value_of: tuple[str, float] | None = None,
    change: str | None = None,
    sheet: str | None = None,
    learn: float | None = None,
    epochs: int = EPOCHS,
    optimizer: str = "adam",
    difference: str = "forward",
    step: float | None = None,
    until: float = UNTIL,
    log: str | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Fit:
    """Change the cells so that the objective's cell is as small (large, close to a value) as descent can make it.

    Cells are typed as in --minimize and --change; without any, they are those of the model that Excel's Solver saved.
    `learn` is looked for where it is None, and then each parameter is measured in its own scale. `step` is that of the
    differences. `until`: the fit stops when an epoch's fall of the loss is less than this part of it. `log` is the
    cell for the heading of a log. Ctrl-C ends a fit; the best so far is written.

    >>> import sheetgd
    >>> path = sheetgd.new("belts", "belts.xlsx")
    >>> with sheetgd.open_book("belts.xlsx") as book:
    ...     found = sheetgd.fit(book, minimize="mse", change="multiplier")
    >>> round(found.history.parameters["multiplier"].after, 5), found.stopped
    (2.54147, 'flat')
    """
    with book.naming_errors():
        settings = _settings(learn, epochs, optimizer, difference, step, until)
        problem = _problem(book, minimize, maximize, value_of, change, sheet)
        book.start()
        told = len(book.warnings)
        names = _checked(book, problem)
        place = _log_place(book, log, problem, settings) if log else None
        cone = _cone(book, problem, place)
        start = [float(book.cells(name).number(cell) or 0.0) for name, cell in problem.parameters]
        with open_losses(book, problem, cone, start) as losses:
            found = descend(losses, start, settings, progress)
            computed = losses.computed
        if found.stopped == ENDLESSLY:
            raise endless(problem.objective, _loss_name(book, problem.objective.place), names, found)
        edits = _edits(problem, found, place)
        before, after = _settle(book, problem, edits, start, found)
        history = _history(book, problem, names, found, before, after, place)
        if out or log or found.best is not found.log[0]:
            book.apply(edits, out, force=force)
        book.warnings += failures(found, names)
        return Fit(
            history._replace(warnings=book.warnings[told:]), problem, optimizer, difference, learn is not None,
            found.last_learn, dict(zip(names, found.scales, strict=True)), computed, found.stopped,
        )  # fmt: skip


# -- what was asked --------------------------------------------------------------------------------------------------
def _settings(
    learn: float | None, epochs: int, optimizer: str, difference: str, step: float | None, until: float
) -> Settings:
    if optimizer not in OPTIMIZERS:
        raise UsageError(f"there is no optimizer {optimizer}", f"choose one of {', '.join(OPTIMIZERS)}")
    if difference not in DIFFERENCES:
        raise UsageError(f"there is no difference {difference}", f"choose one of {', '.join(DIFFERENCES)}")
    if not (isinstance(epochs, int) and 1 <= epochs <= MOST_EPOCHS):
        raise UsageError(f"epochs is {epochs}", f"use a whole number from 1 to {MOST_EPOCHS:,}")
    for name, number in (("learn", learn), ("step", step), ("until", until)):
        if number is not None and not 0 < number < float("inf"):
            raise UsageError(f"{name} is {number:.15g}", "use a number above 0, such as 0.0001")
    return Settings(optimizer, learn, epochs, difference == "central", step, until)


def _problem(
    book: Book,
    minimize: str | None,
    maximize: str | None,
    value_of: tuple[str, float] | None,
    change: str | None,
    sheet: str | None,
) -> Problem:
    near, value = value_of or (None, 0.0)
    given = ((minimize, MINIMIZE, 0.0), (maximize, MAXIMIZE, 0.0), (near, VALUE_OF, value))
    objectives = [(text, kind, value) for text, kind, value in given if text is not None]
    if len(objectives) > 1:
        raise UsageError("several objectives were given", "use one of --minimize, --maximize and --value-of")
    if not objectives and change is None:
        return saved_problem(book, sheet)
    if not objectives:
        raise UsageError("--change was given without an objective", "add --minimize Sheet1!F33")
    if change is None:
        raise UsageError(
            "an objective was given without --change", "add the cells to change: --change Sheet1!C1:C2"
        )
    text, kind, value = objectives[0]
    return typed_problem(book, text, kind, value, change, sheet)


# -- before the fit --------------------------------------------------------------------------------------------------
def _checked(book: Book, problem: Problem) -> list[str]:
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
    return _names(book, problem)


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


def _names(book: Book, problem: Problem) -> list[str]:
    """What the parameters are called, each differently: their addresses where nothing names them."""
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
    """A cell as it is shown: with its sheet where that is not the objective's."""
    sheet, cell = place
    return a1(cell) if sheet == problem.objective.place[0] else f"{sheet}!{a1(cell)}"


def _cone(book: Book, problem: Problem, log: tuple[str, Area] | None) -> Cone | None:
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
        frozen = cause if cause and cause[1] != CHANGES else frozen
        read = cone.read(problem.parameters)
        idle = [address(problem, place) for place in problem.parameters if place not in read]
        if idle:
            others = f" and {len(idle) - 1} more of these cells" if len(idle) > 1 else ""
            raise SheetError(
                f"the objective does not depend on {idle[0]}{others}",
                "leave it out of the cells to change, or mend the formulas",
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


def _frozen(book: Book, found: tuple[Place, str]) -> SheetError:
    (sheet, cell), why = found
    return SheetError(
        f"the objective depends on this formula, and {why}",
        book.remedy(why),
        sheet=sheet,
        cell=a1(cell),
    )


def _spoils(cone: Cone, place: Place, why: str) -> bool:
    """Whether a formula that is left at its stored result keeps a fit from working: it would move, or is circular."""
    return place in cone.active or (place in cone.reached and why.startswith(CIRCULAR))


def _log_place(book: Book, text: str, problem: Problem, settings: Settings) -> tuple[str, Area]:
    """Where the log would stand if no epoch were left out; a SheetError where a cell there is not empty."""
    [(name, cell), *more] = cells(book, text, problem.objective.place[0], "the log")
    if more:
        raise UsageError(f"{text} is {len(more) + 1} cells", "name the one cell for the log's heading")
    sheet = book.cells(name)
    rows = min(settings.epochs, LOG_ROWS) + 1
    area = Area(cell[0], cell[1], cell[0] + rows, cell[1] + 1)
    taken = next((at for at in area.cells if not sheet.is_empty(at)), None)
    if taken or area.bottom > ROWS:
        what = f"{a1(taken)} there holds {sheet.show(taken)}" if taken else "the sheet ends before"
        raise SheetError(
            f"the log may need {area.a1}, and {what}", "name another cell for --log", **sheet.place(cell)
        )
    return name, area


# -- after the fit ---------------------------------------------------------------------------------------------------
def _edits(problem: Problem, found: Outcome, log: tuple[str, Area] | None) -> Edits:
    """The fitted parameters, and the log."""
    edits = Edits()
    sheet, cell = problem.objective.place
    edits.rest_on(sheet, [Area(*cell, *cell)])
    for (sheet, cell), value in zip(problem.parameters, found.best.values, strict=True):
        edits.put(sheet, cell, value)
    if log:
        name, (top, left, _, _) = log
        edits.put(name, (top, left), "epoch")
        edits.put(name, (top, left + 1), "loss")
        for row, epoch in enumerate(_logged(found), top + 1):
            edits.put(name, (row, left), float(epoch))
            edits.put(name, (row, left + 1), problem.objective.logged(found.log[epoch].loss))
    return edits


def _logged(found: Outcome) -> list[int]:
    """The epochs that are logged, the start among them."""
    done = len(found.log) - 1
    return [0, *(logged_epochs(done) if done else ())]


def _settle(
    book: Book, problem: Problem, edits: Edits, start: Sequence[float], found: Outcome
) -> tuple[float, float]:
    """What the whole workbook shows at the start, and with everything that is to be written."""
    before = shown(book, problem, start)
    for name, typed in edits.cells.items():
        book.model().put(((name, cell), value) for cell, value in typed.items())
    [after] = book.model().get([problem.objective.place])
    if type(before) is not float or type(after) is not float:
        raise unsteady(problem)
    if not same(problem.objective.loss(after), found.best.loss):
        raise unsteady(problem)
    return before, after


def _history(
    book: Book,
    problem: Problem,
    names: Sequence[str],
    found: Outcome,
    before: float,
    after: float,
    log: tuple[str, Area] | None,
) -> History:
    objective = problem.objective
    done = found.log.index(found.best) if found.stopped == DIVERGED else len(found.log) - 1
    sheet, cell = objective.place
    name = _loss_name(book, objective.place)
    first, last = found.log[0].values, found.best.values
    return History(
        book=book.name,
        sheet=sheet,
        rule="fit",
        epochs=done,
        learn=found.learn or None,
        parameters={
            parameter: Change(address(problem, place), old, new)
            for parameter, place, old, new in zip(names, problem.parameters, first, last, strict=True)
        },
        loss_name=name,
        loss=Change(a1(cell), before, after),
        log=[
            {
                "epoch": epoch,
                **dict(zip(names, found.log[epoch].values, strict=True)),
                name: objective.logged(found.log[epoch].loss),
            }
            for epoch in _logged(found)[1:]
        ],
        log_area=log and _log_area(log, len(_logged(found))),
        warnings=[],
        diverged=divergence(found, sheet, cell) if found.stopped == DIVERGED else None,
    )


def _loss_name(book: Book, place: Place) -> str:
    return called(book.cells(place[0]), [place[1]])[0] or "loss"


def _log_area(log: tuple[str, Area], rows: int) -> str:
    name, area = log
    return f"{name}!{area._replace(bottom=area.top + rows).a1}"
