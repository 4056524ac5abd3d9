"""Checks what a fit was asked for."""

from __future__ import annotations

from ..books.book import Book
from ..errors import UsageError
from ..limits import MOST_EPOCHS, MOST_RESTARTS
from ..maths.loss import BFGS, Settings
from ..maths.optimizers import OPTIMIZERS
from .problem import MAXIMIZE, MINIMIZE, VALUE_OF, Problem, typed_problem
from .solver import saved_problem

CHOICES = (*OPTIMIZERS, BFGS)
DIFFERENCES = ("forward", "central")


def check_settings(settings: Settings, difference: str | None) -> None:
    """Raises a UsageError if an option has a value that it cannot take."""
    optimizer = settings.optimizer
    if optimizer is not None and optimizer not in CHOICES:
        raise UsageError(f"there is no optimizer {optimizer}", f"choose one of {', '.join(CHOICES)}")
    if difference is not None and difference not in DIFFERENCES:
        raise UsageError(f"there is no difference {difference}", f"choose one of {', '.join(DIFFERENCES)}")
    for name, number, least, most in (
        ("epochs", settings.epochs, 1, MOST_EPOCHS),
        ("restarts", settings.restarts, 0, MOST_RESTARTS),
    ):
        if not (isinstance(number, int) and least <= number <= most):
            raise UsageError(f"{name} is {number}", f"use a whole number from {least} to {most:,}")
    for name, given in (("learn", settings.learn), ("step", settings.step), ("until", settings.until)):
        if given is not None and not 0 < given < float("inf"):
            raise UsageError(f"{name} is {given:.15g}", "use a number above 0, such as 0.0001")
    if optimizer == BFGS and settings.learn is not None:
        raise UsageError(
            "a learn was given, and bfgs finds the length of each step itself",
            "leave --learn out, or choose another optimizer",
        )


def asked_problem(
    book: Book,
    minimize: str | None,
    maximize: str | None,
    value_of: tuple[str, float] | None,
    change: str | None,
    sheet: str | None,
) -> Problem:
    """The objective and the parameters as typed, or as Solver saved them; a UsageError where one is missing."""
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
