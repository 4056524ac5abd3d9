"""The lessons that a class can be given, each as an `Exercise`, and why the others cannot."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from ..descent import rmse
from ..lessons import descent
from ..lessons.data import Points, round_down
from .exercises import Exercise, Numbers, Values
from .likeness import Likeness

ROWS = 20  # of the step table
SLOPES, INTERCEPTS = (
    range(2, 8),
    [b for b in range(11, 39) if b % 4],
)  # never on the grid, which has every fourth
H = 0.01


def descend(like: Points | None) -> Exercise:
    """A line by finite differences, point by point."""
    likeness = Likeness(like) if like else None
    slopes, intercepts = descent.around(like) if like else (range(1, 9), range(0, 41, 4))

    def make(chance: random.Random) -> Numbers:
        if likeness:
            return likeness.line(chance, ROWS)
        x = tuple(chance.sample(range(3, 51), ROWS))
        m, b = chance.choice(SLOPES), chance.choice(INTERCEPTS)
        return Numbers(x, tuple(m * value + b for value in x), {"m": m, "b": b})

    def step(numbers: Numbers, values: Values, learn: float) -> Values:
        m, b = values["m"], values["b"]
        for x, y in zip(numbers.x, numbers.y, strict=True):
            slope = 2 * (m * x + b - y)
            m, b = m - learn * (slope * x + H * x * x), b - learn * (slope + H)
        return {"m": m, "b": b}

    def fit(numbers: Numbers, values: Values) -> float:
        return rmse(numbers.x, numbers.y, values["m"], values["b"])

    return Exercise(
        lesson="descent",
        tab="Descent",
        title="Gradient descent: a line finds its way",
        inputs=("x", "y"),
        columns=descent.STEPS,
        start={"m": 1, "b": 1},
        successors={"m": "new_m", "b": "new_b"},
        learn=_safe(like.x, 0.25) if like else 0.0001,
        epochs=5,
        rows=ROWS,
        blanks=("y_pred", "error_sq", "de/dm", "new_m", "de/db", "new_b"),
        loss=("rmse", "=SQRT(SUMPRODUCT(({start m}*{column x}+{start b}-{column y})^2)/COUNT({column x}))"),
        line="{m}*{at}+{b}",
        prose=descent.STEP_BY_STEP,
        valley=descent.VALLEY,
        questions=LINE_QUESTIONS,
        make=make,
        step=step,
        fit=fit,
        nudge=True,
        grid=(("m", slopes), ("b", intercepts)),
        axes=(like.x_name, like.y_name) if like else ("x", "y"),
    )


def _safe(x: Sequence[float], share: float) -> float:
    """A learning rate that is certainly safe for these x."""
    return round_down(share / (max(value * value for value in x) + 1))


LINE_QUESTIONS = (
    "Which of the lines in the table above fits your points best?",
    "Where does the second row get its m and b from?",
    "In which rows does m change most? What have their points in common?",
)
KINDS: dict[str, Callable[[Points | None], Exercise]] = {"descent": descend}
REFUSED = {
    "original": "is the published sheet, the same numbers for everyone",
    "optimizers": "has four tables of its own, too many to fill in",
}
