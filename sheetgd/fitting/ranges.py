"""The least and the largest value that a parameter may take, as typed or as Solver saved them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import inf, isnan

import numpy as np

from ..books.book import Book
from ..errors import SheetError, UsageError
from ..grid.a1 import a1
from ..grid.sheet import Place
from ..maths.bounds import Bounds
from .problem import Problem, Range, cells

UNBOUNDED: Range = (-inf, inf)


def with_ranges(
    book: Book, problem: Problem, at_least: Mapping[str, float], at_most: Mapping[str, float]
) -> Problem:
    """The problem with the bounds that were typed, beside those that it has: of two, the narrower counts."""
    typed = []
    for texts, option, end in ((at_least, "--at-least", "lower"), (at_most, "--at-most", "upper")):
        for text, number in texts.items():
            if isnan(number):
                raise UsageError(f"{option} {text} is not a number", f"write it like {option} {text}=0")
            found = cells(book, text, problem.objective.place[0], f"{option}")
            others = [place for place in found if place not in problem.parameters]
            if others:
                sheet, cell = others[0]
                raise UsageError(
                    f"{option} names a cell that the fit does not change",
                    "name cells that --change names, too",
                    sheet=sheet,
                    cell=a1(cell),
                )
            typed += [(place, (number, inf) if end == "lower" else (-inf, number)) for place in found]
    return problem._replace(ranges=narrowed(problem.ranges, typed))


def narrowed(ranges: Mapping[Place, Range], more: Iterable[tuple[Place, Range]]) -> dict[Place, Range]:
    """The ranges, each narrowed to what it shares with more of the same parameter; a SheetError where that is nothing.

    >>> narrowed({("S", (1, 1)): (0.0, 9.0)}, [(("S", (1, 1)), (2.0, inf)), (("S", (2, 1)), (-inf, 1.0))])
    {('S', (1, 1)): (2.0, 9.0), ('S', (2, 1)): (-inf, 1.0)}
    """
    found = dict(ranges)
    for place, (low, high) in more:
        lower, upper = found.get(place, UNBOUNDED)
        lower, upper = max(low, lower), min(high, upper)
        if lower > upper:
            raise SheetError(
                f"this parameter is to be at least {lower:.15g} and at most {upper:.15g}",
                "let the first be no larger than the second",
                sheet=place[0],
                cell=a1(place[1]),
            )
        found[place] = lower, upper
    return found


def bounds_of(problem: Problem) -> Bounds | None:
    """The bounds of the parameters, in their order; None where there are none."""
    if not problem.ranges:
        return None
    lower, upper = zip(*(problem.ranges.get(place, UNBOUNDED) for place in problem.parameters), strict=True)
    return Bounds(np.array(lower), np.array(upper))
