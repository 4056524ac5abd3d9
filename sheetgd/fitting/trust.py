"""How far a program can be trusted: its cells and its gradient beside the formula engine's."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import isclose, isfinite
from typing import NamedTuple

from ..books.book import ModelledBook
from ..formulas.dependencies import Cone
from ..formulas.program.program import Doubtful, Program
from ..grid.sheet import Place, Value
from ..maths.differences import Differences
from ..maths.loss import Loss, Point, Values

AGREED = 1e-12  # of the largest number in a formula on the way: so close program and engine are
POINTS = 3  # beside the start, at which both are compared
AWAY = 0.01  # of a parameter's size: how far these are
STEP = 1e-5  # of a parameter's size: of the differences with which the gradient is compared,
SLOPE = 1e-3  # and how close it is to them, relative to the steepest
DIRECTIONS = 20  # along which the gradient is compared; the axes where there are as few


class Disagreement(NamedTuple):
    """The first cell in the order of the program that the engine finds another value for; None where the program has
    no ordinary numbers anywhere near the start."""

    place: Place
    computed: float | None
    shown: Value


def largest_of(values: Sequence[Value]) -> float:
    """The size of the largest number among values."""
    return max((abs(value) for value in values if type(value) is float), default=0.0)


def find_disagreement(
    book: ModelledBook,
    cone: Cone,
    program: Program,
    wanted: Place,
    parameters: Sequence[Place],
    start: Values,
) -> Disagreement | None:
    """Compare all cells of the program with the engine's, at the start and at random points about it."""
    dice = random.Random(0)
    points = [
        [value + AWAY * max(1.0, abs(value)) * dice.uniform(-1, 1) for value in start] for _ in range(POINTS)
    ]
    order = program.order()
    places = sorted((place for place in cone.active if place in order), key=order.__getitem__)
    computed = 0
    for point in [*points, list(start)]:  # the start last, where the model then stands
        book.model().put(zip(parameters, point, strict=True))
        shown = book.model().get(places)
        try:
            program.value(point)
        except Doubtful:
            continue
        computed += 1
        near = AGREED * largest_of(shown)
        for place, value in zip(places, shown, strict=True):
            found = float(program.cells[program.slots[place]])
            if _differs(found, value, near):
                return Disagreement(place, found, value)
    return None if computed else Disagreement(wanted, None, None)


def _differs(found: float, shown: Value, near: float) -> bool:
    if not isinstance(shown, (int, float)):
        return True
    return not isclose(found, shown, rel_tol=AGREED, abs_tol=near)


def slopes_agree(losses: Loss, slopes: Sequence[float], start: Values) -> bool:
    """Whether the gradient at the start lies between the slopes on both sides, as it does at a kink, too: along each
    axis, or, where there are many, along some directions drawn at random."""
    steps = [STEP * max(1.0, abs(value)) for value in start]
    if len(start) <= DIRECTIONS:
        fine = [STEP * abs(value) or STEP * step for value, step in zip(start, steps, strict=True)]
        now = Point(tuple(start), losses([start])[0])
        agreed = [False] * len(start)
        for lengths in (steps, fine):  # a parameter of a millionth has moved far along the first
            sides = [Differences(losses, [sign * one for one in lengths], False)(now) for sign in (1, -1)]
            close = _between(slopes, *sides)
            agreed = [one or other for one, other in zip(agreed, close, strict=True)]
            if all(agreed):
                return True
        return False
    dice = random.Random(0)
    along, ahead, behind = [], [], []
    [here] = losses([start])
    for _ in range(DIRECTIONS):
        moves = [step * dice.choice((-1.0, 1.0)) for step in steps]
        ends = [[value + sign * move for value, move in zip(start, moves, strict=True)] for sign in (1, -1)]
        high, low = losses(ends)
        along.append(sum(slope * move for slope, move in zip(slopes, moves, strict=True)))
        ahead.append(high - here)
        behind.append(here - low)
    return all(_between(along, ahead, behind))


def _between(slopes: Sequence[float], ones: Sequence[float], others: Sequence[float]) -> list[bool]:
    """Whether each slope lies between the two differences, as far as these are numbers."""
    near = SLOPE * max((abs(one) for one in (*slopes, *ones, *others) if isfinite(one)), default=0.0)
    return [
        not (isfinite(one) and isfinite(other)) or min(one, other) - near <= slope <= max(one, other) + near
        for slope, one, other in zip(slopes, ones, others, strict=True)
    ]
