"""A book's formulas as a program: what computes some cells from others that change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from ..formulas.dependencies import Cone
from ..formulas.program.builder import Surroundings
from ..formulas.program.compile import compile_program
from ..formulas.program.program import Program
from ..formulas.structured import frames
from ..grid.a1 import Cell
from ..grid.sheet import Place, Value
from .book import ModelledBook


def compiled(
    book: ModelledBook,
    cone: Cone,
    wanted: Place,
    parameters: Sequence[Place],
    typed: Mapping[Place, Value] = {},
    also: Iterable[Place] = (),
) -> Program:
    """The program of a cone's formulas that computes the wanted cell, and `also` others; everything else keeps its
    value, or the one that is `typed` over it.

    Raises NotCompiled.
    """
    fixed = list(cone.reached - cone.active)
    results = dict(zip(fixed, book.model().get(fixed), strict=True)) if fixed else {}

    def value_of(place: Place) -> Value:
        for known in (typed, results):
            if place in known:
                return known[place]
        return book.cells(place[0]).values.get(place[1])

    return compile_program(book.formulas, cone.active, wanted, parameters, value_of, _around(book), also)


def _around(book: ModelledBook) -> Surroundings:
    def size(name: str) -> Cell:
        bottoms = book.cells(name).bottoms()
        return max(bottoms.values(), default=1), max(bottoms, default=1)

    return Surroundings(
        book.precedents.names, frames(map(book.cells, book.sheet_names)), book.groups(), cache(size)
    )
