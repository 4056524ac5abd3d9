"""The model that Excel's Solver saved in the workbook: in hidden names of a sheet, solver_opt, solver_adj …"""

from __future__ import annotations

from math import inf

from ..books.book import Book
from ..errors import SheetError, SheetgdError, UsageError
from ..grid.sheet import Place
from .problem import (
    MAXIMIZE,
    MINIMIZE,
    MOST_PARAMETERS,
    VALUE_OF,
    Objective,
    Problem,
    Range,
    referred,
    sheet_named,
    too_many,
)
from .ranges import UNBOUNDED, narrowed

_KINDS = {"1": MAXIMIZE, "2": MINIMIZE, "3": VALUE_OF}
_RELATIONS = {"1": "<=", "2": "=", "3": ">=", "4": "integer", "5": "binary", "6": "all different"}


def saved_problem(book: Book, sheet: str | None) -> Problem:
    """The model that Excel's Solver saved on the sheet, or on the only one that has one."""
    models: dict[str, dict[str, str]] = {}
    for name in book.defined_names():
        if name.sheet and name.name.casefold().startswith("solver_"):
            models.setdefault(name.sheet, {})[name.name.casefold()[7:]] = name.text.strip().lstrip("=")
    models = {where: model for where, model in models.items() if model.get("opt") and model.get("adj")}
    wanted = [sheet_named(book, sheet)] if sheet else list(models)
    if not models or not set(wanted) & set(models):
        where = f"sheet {wanted[0]}" if sheet else "the workbook"
        raise UsageError(
            f"no cells were named, and {where} holds no model saved by Excel's Solver",
            "name them: --minimize Sheet1!F33 --change Sheet1!C1:C2",
        )
    if len(wanted) > 1:
        raise SheetError(
            f"{len(wanted)} sheets hold a model saved by Solver: {', '.join(wanted)}",
            f'choose one with --sheet "{wanted[0]}"',
        )
    try:
        return _problem(book, wanted[0], models[wanted[0]])
    except SheetgdError as error:
        raise error.at(sheet=wanted[0]) from None


def _problem(book: Book, sheet: str, model: dict[str, str]) -> Problem:
    """Source of the numbers: Microsoft, SolverOk, SolverAdd and SolverGet (Excel VBA reference)."""
    kind = _KINDS.get(model.get("typ", "2"))
    if kind is None:
        raise SheetError(f"the saved Solver model is of type {model['typ']}", "save it again in Excel")
    [objective, *rest] = referred(book, model["opt"], "the saved Solver model's objective")
    parameters = referred(book, model["adj"], "the saved Solver model's variable cells")
    if rest:
        raise SheetError(
            f"the saved Solver model's objective is {model['opt']}, several cells", "choose one there"
        )
    if len(parameters) > MOST_PARAMETERS:
        raise too_many(model["adj"])
    kept, others = _constraints(book, model, parameters)
    if others:
        to = "--minimize" if kind == MINIMIZE else "--maximize"
        cell = f"{model['opt']}={_value(model):.15g}" if kind == VALUE_OF else model["opt"]
        words = f"{'--value-of' if kind == VALUE_OF else to} {cell} --change {model['adj']}".replace("$", "")
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        raise SheetError(
            f"the saved Solver model has the constraint {others[0]}{more}, which gradient descent does not keep to",
            f"take it out in Solver and save, or name the cells: {words}",
        )
    if model.get("neg", "1") == "1":  # as Excel itself takes it where nothing is said
        free = [place for place in parameters if kept.get(place, UNBOUNDED)[0] == -inf]
        kept = narrowed(kept, [(place, (0.0, inf)) for place in free])
    value = _value(model) if kind == VALUE_OF else 0.0
    return Problem(Objective(objective, kind, value), parameters, sheet, kept)


def _constraints(
    book: Book, model: dict[str, str], parameters: list[Place]
) -> tuple[dict[Place, Range], list[str]]:
    """The ranges of the parameters that a saved model's constraints say, and, in words, the constraints that say
    anything else."""
    count = model.get("num", "0") or "0"
    kept: dict[Place, Range] = {}
    others = []
    for number in range(1, 1 + (int(count) if count.isdigit() else 1)):
        left, right, relation = (model.get(f"{key}{number}", "?") for key in ("lhs", "rhs", "rel"))
        ranges = _ranges(book, left, relation, right, parameters)
        if ranges is None:
            sign = _RELATIONS.get(relation, "?")
            words = f"{left} {sign} {right}" if sign in ("<=", "=", ">=") else f"{left} {sign}"
            others.append(words.replace("$", ""))
        else:
            kept = narrowed(kept, ranges)
    return kept, others


def _ranges(
    book: Book, left: str, relation: str, right: str, parameters: list[Place]
) -> list[tuple[Place, Range]] | None:
    """What one constraint says of parameters, each at least or at most a number; None where it says anything else."""
    if _RELATIONS.get(relation) not in ("<=", ">="):
        return None
    try:
        places = referred(book, left, "a constraint")
        numbers = _numbers(book, right, len(places))
    except SheetError:
        return None
    if numbers is None or not set(places) <= set(parameters):
        return None
    at_most = _RELATIONS[relation] == "<="
    return [
        (place, (-inf, number) if at_most else (number, inf))
        for place, number in zip(places, numbers, strict=True)
    ]


def _numbers(book: Book, text: str, count: int) -> list[float] | None:
    """The right side of a constraint: a number, a cell with a number, or as many cells as on the left; None where it
    is anything else, such as a formula, whose result may move."""
    try:
        return [float(text)] * count
    except ValueError:
        places = referred(book, text, "a constraint")
    found = [book.cells(sheet).number(cell) for sheet, cell in places]
    fixed = [number for number in found if number is not None]
    if len(fixed) < len(found) or any(cell in book.cells(sheet).formulas for sheet, cell in places):
        return None
    return fixed * count if len(fixed) == 1 else fixed if len(fixed) == count else None


def _value(model: dict[str, str]) -> float:
    try:
        return float(model.get("val", "0"))
    except ValueError:
        raise SheetError(
            f"the saved Solver model's value is {model['val']}, not a number", "type a number there in Solver"
        ) from None
