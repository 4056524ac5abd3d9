"""What is said about a fit that went wrong: epochs without a number, divergence, an objective without limit."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Diverged
from ..grid.a1 import Cell, a1
from ..maths.loss import DIVERGED, Outcome
from .problem import MAXIMIZE, Objective

SHOWN_FAILURES = 3  # cells whose numbers are named where the loss was none


def failures(found: Outcome, names: Sequence[str]) -> list[str]:
    """What a teacher is told of an epoch at which the loss was no number."""
    if not found.failures or found.stopped == DIVERGED:
        return []
    first = found.failures[0]
    times = f" ({len(found.failures)} times in all)" if len(found.failures) > 1 else ""
    return [
        f"the loss was not a number in epoch {first.epoch}, at {_shown(names, first.values)}{times}: the fit "
        "went back to the best so far, and on from there with a smaller learn"
    ]


def divergence(found: Outcome, sheet: str, cell: Cell) -> Diverged:
    """The error for a given learn that is too large."""
    best = found.log.index(found.best)
    kept = f"the sheet holds epoch {best}, the best" if best else "the sheet is as it was"
    return Diverged(
        f"the fit diverged in epoch {len(found.log) - 1} with learn {found.learn:.15g}; {kept}",
        "try a learn ten times smaller, or leave --learn out: then one is found",
        sheet=sheet,
        cell=a1(cell),
    )


def endless(objective: Objective, name: str, names: Sequence[str], found: Outcome) -> Diverged:
    """The error for an objective that has no largest, or no smallest, value."""
    sheet, cell = objective.place
    largest = objective.kind == MAXIMIZE
    grows, most = ("grows", "largest") if largest else ("falls", "smallest")
    other = "--minimize if the smallest" if largest else "--maximize if the largest"
    last = objective.logged(found.best.loss)
    return Diverged(
        f"{name} {grows} without limit: in epoch {len(found.log) - 1} it was {last:.3g}, at "
        f"{_shown(names, found.best.values)}; it has no {most} value, and the workbook is as it was",
        f"use {other} is meant, or fix the formulas",
        sheet=sheet,
        cell=a1(cell),
    )


def _shown(names: Sequence[str], values: Sequence[float]) -> str:
    """The first parameters and their values, as words."""
    first = [f"{name} = {value:.6g}" for name, value in zip(names, values, strict=True)][:SHOWN_FAILURES]
    others = f" and {len(names) - SHOWN_FAILURES} more" if len(names) > SHOWN_FAILURES else ""
    return ", ".join(first) + others
