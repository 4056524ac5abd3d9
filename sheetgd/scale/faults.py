"""Why a result over rows is no number: the first row, or the single cell, whose formula makes none from numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np

from ..formulas.program.functions import STEPPED
from ..formulas.program.operations import CHOOSE, CHOOSE_NO_ERROR
from ..formulas.program.program import Compute
from ..formulas.tree import Tree
from ..grid.sheet import Place
from ..maths.bounds import FloatArray
from .files import Held, Task
from .formulas import Formulas, scalar
from .pattern import leaves
from .reading import batches
from .reducing import formulas_of
from .stepping import Evaluation

STEP, ERROR, OVERFLOW = "step", "error", "overflow"


class Fault(NamedTuple):
    """A formula, by the cell that has it, and why it gives no number: in a row from 1 on, of a file, where it is one of
    many rows; `path` is empty for the sheet's own."""

    place: Place
    kind: str
    row: int = 0
    path: str = ""


class FaultQuery(NamedTuple):
    """What is computed in each row, in this order, from the data's columns and single cells."""

    data: tuple[tuple[str, int], ...]
    trees: tuple[tuple[str, Tree, Place], ...]
    cells: Mapping[str, float]


def find_fault(evaluation: Evaluation, point: Sequence[float]) -> Fault | None:
    """The first fault at the values of the parameters, in another pass over the rows; None where each row gives numbers
    by itself, as in a run that diverged."""
    model, steps, pattern = evaluation.model, evaluation.steps, evaluation.pattern
    asked = {leaf for key in pattern.wanted for leaf in model.needs[key]}
    alone = [
        key for key in (*pattern.aggregates, *pattern.cells) if key in asked and key not in model.stepped
    ]
    [found] = model.shown([point], [key for key in alone if model.needs[key].isdisjoint(pattern.carried)])
    known = {key: value for key, value in found.values.items() if isfinite(value)}
    for key, value in found.values.items():
        if key in pattern.cells and not isfinite(value) and known.keys() >= {*leaves(pattern.cells[key])}:
            formulas = model.alone[key]
            inputs = {name: scalar(known[name]) for name in formulas.inputs}
            return Fault(pattern.places[key], _kind(formulas, inputs))
    starts = {leaf: known.get(one.start, 0.0) for leaf, one in pattern.carried.items()}
    carried = [starts]  # a row that is affine in these makes numbers of any, or of none
    if steps and steps.walked:
        carried.append({leaf: 0.25 + 1.5 * value for leaf, value in starts.items()})
    faults = [_fault_in_tasks(evaluation, asked, known | one) for one in carried]
    return faults[0] if faults[0] == faults[-1] else None


def _fault_in_tasks(evaluation: Evaluation, asked: set[str], known: Mapping[str, float]) -> Fault | None:
    """The first fault of columns and reductions that are computed from what is known of single cells."""
    model, pattern = evaluation.model, evaluation.pattern
    trees = [(key, tree, pattern.places[key]) for key, tree in pattern.columns.items()]
    trees += [(key, one.tree, one.place) for key, one in pattern.aggregates.items()]
    computed, kept = {*known, *pattern.data}, list[tuple[str, Tree, Place]]()
    for key, tree, place in trees:
        if key in asked and computed.issuperset(leaves(tree)):
            kept.append((key, tree, place))
            computed |= {key} if key in pattern.columns else set()
    headings = pattern.headings
    data = tuple((leaf, headings.index(heading)) for leaf, heading in pattern.data.items())
    faults = model.workers.each(fault_in_rows, model.tasks, FaultQuery(data, tuple(kept), known))
    return next((fault for fault in faults if fault), None)


def fault_in_rows(task: Task, asked: FaultQuery) -> Fault | None:
    """The first fault in a task's rows; a BookError where these cannot be read."""
    for piece in task:
        first, path = (0, "") if isinstance(piece, Held) else (piece.first + piece.skip, piece.file.path)
        for columns in batches(piece):
            rows = {leaf: columns[at].reshape(-1, 1, 1) for leaf, at in asked.data}
            if found := min(_first_rows(rows, asked), key=lambda one: one.row, default=None):
                return found._replace(row=first + found.row, path=path)
            first += len(columns[0])
    return None


def _first_rows(rows: Mapping[str, FloatArray], asked: FaultQuery) -> Iterator[Fault]:
    """The first row in which each formula gives no number."""
    at = {**{name: scalar(value) for name, value in asked.cells.items()}, **rows}
    for key, tree, place in asked.trees:
        formulas = formulas_of((tree,), (), place)
        [at[key]] = formulas.values({name: at[name] for name in formulas.inputs})
        bad = np.isnan(at[key]).any(axis=(1, 2))
        if bad.any():
            row = int(np.argmax(bad))
            alone = {name: at[name][row if len(at[name]) > 1 else 0][None] for name in formulas.inputs}
            yield Fault(place, _kind(formulas, alone), row + 1)


def _kind(formulas: Formulas, inputs: Mapping[str, FloatArray]) -> str:
    """Why a formula makes no number from these."""
    at = formulas.computed(inputs)
    makers = {step.result: step for step in formulas.steps}
    maker = makers.get(formulas.outputs[0])
    while maker and (source := _without_number(maker, at)) in makers:
        maker = makers[source]
    if maker is None:
        return ERROR
    if maker.operation in STEPPED:
        return STEP
    arguments = [at[one] for one in maker.arguments]
    with np.errstate(all="ignore"):
        infinite = np.isinf(maker.operation.value(*arguments)).any()
    return OVERFLOW if infinite and all(one.all() for one in arguments) else ERROR


def _without_number(step: Compute, at: Mapping[int, FloatArray]) -> int | None:
    """The first argument that is no number, of those that count."""
    used = step.arguments
    if step.operation in (CHOOSE, CHOOSE_NO_ERROR):
        condition, yes, no = used
        used = (condition, yes if at[condition].all() else no)
    return next((one for one in used if np.isnan(at[one]).any()), None)
