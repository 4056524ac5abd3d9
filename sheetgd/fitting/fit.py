"""Gradient descent on any loss of any sheet: cells to change and a formula in, the fitted cells and a history out.

The sheet needs no lesson's layout. The gradient comes from finite differences of the loss; what the loss depends on is
recalculated in a small workbook of its own, which is compared with the whole one before and after.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import isfinite
from typing import Any, NamedTuple

from ..books.book import Book
from ..epochs.history import Change, History
from ..epochs.stepping import logged_epochs
from ..formulas.dependencies import Cone
from ..grid.a1 import Area, a1
from ..grid.edits import Edits
from ..grid.sheet import Place
from ..maths.loss import (
    BFGS,
    DIVERGED,
    ENDLESSLY,
    EPOCHS,
    FLAT,
    UNTIL,
    Ended,
    Outcome,
    Settings,
)
from ..progress import Progress
from ..scale.rows import asked_source
from .asked import asked_problem, check_settings
from .checks import address, check_cells, find_cone, find_log_place
from .exact import Exact, Inexact, descend, find_exact
from .findings import Findings, findings
from .losses import check_start, open_losses, same, shown, unsteady
from .messages import divergence, endless, failures
from .problem import VALUE_OF, Problem, called
from .ranges import bounds_of, with_ranges
from .rows import RowsFit, fit_rows

REACHED = 1e-6  # of the value, and of the way to it: so close is there


class Fit(NamedTuple):
    """What a fit did: a history like that of a run, and what was chosen on the way.

    `learn` in the history is the first one; each epoch of its log is the best so far, that is, what the sheet would
    hold had the fit stopped there. `optimizer` names the descent that was kept: "adam, bfgs" is one that BFGS ended.
    `others` are the descents from the same start that ended higher, `ends` what the objective came to from each start.
    `gradient` is "exact" or "differences"; `inexact` says why not the first. `scales` are what the parameters were
    measured in, `losses` how many times the loss was computed. `rows` says what rows beyond the sheet it was fitted
    to, if any.
    """

    history: History
    problem: Problem
    optimizer: str
    gradient: str
    difference: str | None
    inexact: str
    learn_given: bool
    last_learn: float | None
    scales: dict[str, float]
    losses: int
    stopped: str
    others: tuple[Ended, ...]
    ends: tuple[float, ...]
    findings: Findings | None
    rows: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the objective reached the value that was asked for; None if none was.

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
            "gradient": self.gradient,
            **({"difference": self.difference} if self.difference else {}),
            **({"inexact": self.inexact} if self.inexact else {}),
            "last_learn": self.last_learn,
            "scales": self.scales,
            "losses": self.losses,
            "stopped": self.stopped,
            "others": [other._asdict() for other in self.others],
            "ends": list(self.ends),
            **(self.findings.as_json() if self.findings else {}),
            **({"bounds": self._bounds()} if self.problem.ranges else {}),
            **({} if self.reached is None else {"reached": self.reached}),
            **({"rows": self.rows} if self.rows else {}),
        }

    def _bounds(self) -> dict[str, list[float | None]]:
        """The least and the largest value of each bounded parameter, None where there is none."""
        ranges = self.problem.ranges
        return {
            name: [end if isfinite(end) else None for end in ranges[place]]
            for name, place in zip(self.history.parameters, self.problem.parameters, strict=True)
            if place in ranges
        }


def fit(
    book: Book,
    *,
    minimize: str | None = None,
    maximize: str | None = None,
    value_of: tuple[str, float] | None = None,
    change: str | None = None,
    at_least: Mapping[str, float] | None = None,
    at_most: Mapping[str, float] | None = None,
    sheet: str | None = None,
    learn: float | None = None,
    epochs: int = EPOCHS,
    optimizer: str | None = None,
    difference: str | None = None,
    step: float | None = None,
    until: float = UNTIL,
    restarts: int = 0,
    seed: int = 0,
    log: str | None = None,
    rows: str | Sequence[str] | None = None,
    columns: Mapping[str, str] | None = None,
    on: str | None = None,
    out: str | os.PathLike[str] | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Fit:
    """Change the cells so that the objective's cell is as small (large, close to a value) as descent can make it.

    Cells are typed as in --minimize and --change; without any, they are those of the model that Excel's Solver saved.
    `at_least` and `at_most` bound some of them: cells, typed likewise, and a number. Without an `optimizer` the fit
    descends by BFGS, and by Adam, polished by BFGS, and keeps the lower. `learn` is looked for where it is None, and
    then each parameter is measured in its own scale.

    The gradient is exact, back-propagated through the sheet's formulas, where they can be compiled. Else, and where
    `difference` or `step` is given, it is by differences: central ones for BFGS, forward ones, or as `difference` says,
    for the others.

    `epochs` are those of each descent. `until`: a descent stops when an epoch's fall of the loss is less than this part
    of it. `restarts` more fits start at random around the start, drawn with `seed`; the lowest is kept. `log` is the
    cell for the heading of a log. Ctrl-C ends a fit; the best so far is written.

    `rows` names Parquet or CSV files, or a pattern for them, whose rows take the place of the sheet's table (see
    docs/scale.md); `columns` gives the files' names of the table's columns, by heading, where they differ; `on` is the
    address of a Dask scheduler, such as tcp://192.168.1.2:8786.

    >>> import sheetgd
    >>> path = sheetgd.new("belts", "belts.xlsx")
    >>> with sheetgd.open_book("belts.xlsx") as book:
    ...     found = sheetgd.fit(book, minimize="mse", change="multiplier")
    >>> round(found.history.parameters["multiplier"].after, 5), found.stopped
    (2.54147, 'flat')
    """
    with book.naming_errors():
        central, exactly = difference == "central", difference is None and step is None
        settings = Settings(optimizer, learn, epochs, central, step, until, None, restarts, seed)
        check_settings(settings, difference)
        source = asked_source(rows, columns, on, not exactly)
        asked = asked_problem(book, minimize, maximize, value_of, change, sheet)
        problem = with_ranges(book, asked, at_least or {}, at_most or {})
        settings = settings._replace(bounds=bounds_of(problem))
        book.start()
        told = len(book.warnings)
        names = check_cells(book, problem)
        place = find_log_place(book, log, problem, settings.most_epochs) if log else None
        cone = find_cone(book, problem, place)
        over = fit_rows(book, problem, source, settings, progress) if source else None
        work = over.descent if over else _descend(book, problem, cone, names, settings, exactly, progress)
        found, exact, told_of, computed = work
        edits, shown, noted = _edited(book, problem, names, found, place, over)
        history = _history(book, problem, names, found, shown, place)
        if out or log or found.best is not found.log[0]:
            book.apply(edits, out, force=force)
        book.warnings += failures(found, names)
        history = history._replace(warnings=book.warnings[told:])
        gradient = _gradient(exact, found, difference)
        return _fit(history, problem, found, gradient, learn is not None, computed, told_of, noted)


def _fit(
    history: History,
    problem: Problem,
    found: Outcome,
    gradient: tuple[str, str | None, str],
    learn_given: bool,
    computed: int,
    told_of: Findings | None,
    rows: str,
) -> Fit:
    scales = dict(zip(history.parameters, found.scales, strict=True))
    return Fit(
        history,
        problem,
        found.optimizer,
        *gradient,
        learn_given,
        found.last_learn or None,
        scales,
        computed,
        found.stopped,
        found.others,
        found.ends,
        told_of,
        rows,
    )


def _descend(
    book: Book,
    problem: Problem,
    cone: Cone | None,
    names: list[str],
    settings: Settings,
    exactly: bool,
    progress: Progress | None,
) -> tuple[Outcome, Exact | Inexact, Findings | None, int]:
    """What the descents came to, by which gradient, what is to be told of the end, and how many losses that took."""
    start = problem.start(book)
    with open_losses(book, problem, cone, start) as losses:
        check_start(losses, problem, settings.project(tuple(start)))
        exact: Exact | Inexact = Inexact("")
        if exactly:
            exact = find_exact(book, problem, cone, losses, settings.project(tuple(start)))
        found, exact = descend(book, losses, exact, start, settings, progress)
        told_of = None
        if found.stopped == FLAT:
            with suppress(KeyboardInterrupt):  # what was found is kept, and nothing more is reported about it
                loss = losses if isinstance(exact, Inexact) else exact
                told_of = findings(book, problem, cone, losses, loss, found, names)
        return found, exact, told_of, losses.computed + exact.computed


def _gradient(
    exact: Exact | Inexact | None, found: Outcome, difference: str | None
) -> tuple[str, str | None, str]:
    """How the gradient was found: exactly or by which differences, and why not exactly."""
    if not isinstance(exact, Inexact):
        return "exact", None, ""
    return "differences", "central" if found.optimizer == BFGS else difference or "forward", exact.why


# -- after the fit ---------------------------------------------------------------------------------------------------
def _edited(
    book: Book,
    problem: Problem,
    names: list[str],
    found: Outcome,
    log: tuple[str, Area] | None,
    over: RowsFit | None,
) -> tuple[Edits, tuple[float, float], str]:
    """What is to be written, what the objective is before and after, and what is told of rows beyond the sheet."""
    place = problem.objective.place
    if found.stopped == ENDLESSLY:
        raise endless(problem.objective, _loss_name(book, place), names, found)
    edits = _edits(problem, found, log)
    if over is None:
        return edits, _settle(book, problem, edits, problem.start(book), found), ""
    return edits, over.shown, over.write(book, edits, place[0], _loss_name(book, place))


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
    shown: tuple[float, float],
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
        loss=Change(a1(cell), *shown),
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
