"""The lessons that a class can be given, each as an `Exercise`, and why the others cannot.

`step` and `fit` are the mathematics of one epoch on plain numbers: they decide whether a student's numbers converge,
before any sheet is drawn. The answers in the key come from the sheets' own formulas.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Sequence
from difflib import get_close_matches

from ..errors import UsageError
from ..language import translated
from ..lessons import LESSONS, descent
from ..lessons.belts import BELTS
from ..lessons.kit.style import BLUE, ONE, ORANGE, THREE
from ..lessons.kit.tables import Column
from ..lessons.points import Points, penguins, read_points, round_down
from ..maths.line import mse, rmse
from . import prose
from .exercises import Exercise, Likeness, Numbers, ParameterValues

ENOUGH = 100  # attempts to make points that are not all alike
STEPS = 20  # points in the table of descent
H = 0.01
SLOPES, INTERCEPTS = (
    range(2, 8),
    [b for b in range(11, 39) if b % 4],
)  # never in the grid, which has every fourth
GRADIENTS = "slope's gradient", "intercept's gradient"


# -- descent ---------------------------------------------------------------------------------------------------------
def descend(like: Points | None) -> Exercise:
    """A line by finite differences, point by point."""
    likeness = Likeness(like) if like else None

    def make(chance: random.Random) -> Numbers:
        if likeness:
            return likeness.line(chance, STEPS)
        x = tuple(chance.sample(range(3, 51), STEPS))
        m, b = chance.choice(SLOPES), chance.choice(INTERCEPTS)
        return Numbers(x, tuple(m * value + b for value in x), {"m": m, "b": b})

    def step(numbers: Numbers, values: ParameterValues, learn: float) -> ParameterValues:
        m, b = values["m"], values["b"]
        for x, y in zip(numbers.x, numbers.y, strict=True):
            slope = 2 * (m * x + b - y)
            m, b = m - learn * (slope * x + H * x * x), b - learn * (slope + H)
        return {"m": m, "b": b}

    return Exercise(
        lesson="descent",
        tab=translated("Descent"),
        title=translated("Gradient descent: a line finds its way"),
        inputs=("x", "y"),
        columns=descent.STEPS,
        start={"m": 1, "b": 1},
        successors={"m": "new_m", "b": "new_b"},
        learn=round_down(0.25 / (max(x * x for x in like.x) + 1)) if like else 0.0001,
        epochs=5,
        rows=STEPS,
        blanks=("y_pred", "error_sq", "de/dm", "new_m", "de/db", "new_b"),
        loss="rmse",
        root=True,
        line="{m}*{x}+{b}",
        prose=descent.STEP_BY_STEP,
        valley=descent.VALLEY,
        questions=prose.DESCENT,
        make=make,
        step=step,
        fit=lambda numbers, values: rmse(numbers.x, numbers.y, values["m"], values["b"]),
        nudge=True,
        grid=descent.around(like) if like else (range(1, 9), range(0, 41, 4)),
        axes=_named(like),
        second=translated("The line and the valley"),
    )


# -- weight and weights ----------------------------------------------------------------------------------------------
def _one_weight_make(chance: random.Random) -> Numbers:
    x, w = chance.randint(3, 6), chance.randint(2, 9)
    return Numbers((x,), (x * w,), {"w": w})


def _one_weight_finer(chance: random.Random) -> Numbers:
    x, w = chance.randint(20, 60) / 10, chance.randint(4, 18) / 2
    return Numbers((x,), (round(x * w, 2),), {"w": w})


def _one_weight_fit(numbers: Numbers, values: ParameterValues) -> float:
    return (numbers.x[0] * values["w"] - numbers.y[0]) ** 2


def _one_weight_step(numbers: Numbers, values: ParameterValues, learn: float) -> ParameterValues:
    [x], [y], w = numbers.x, numbers.y, values["w"]
    for _ in range(5):
        w -= learn * 2 * (x * w - y) * x
    return {"w": w}


def weigh() -> Exercise:
    """One weight and one point, five steps."""

    return Exercise(
        lesson="weight",
        tab=translated("Weight"),
        title=translated("One weight learns"),
        inputs=("x", "y"),
        columns=(
            Column("w", "={above new_w}", THREE, first="={start w}", colour=BLUE),
            Column("prediction", "={w}*{x}", THREE),
            Column("error", "={prediction}-{y}", THREE),
            Column("slope", "=2*{error}*{x}", THREE, colour=ORANGE),
            Column("new_w", "={w}-{learn}*{slope}", THREE, colour=BLUE),
        ),
        start={"w": 1},
        successors={"w": "new_w"},
        learn=0.01,
        epochs=1,
        rows=5,
        blanks=("prediction", "error", "slope", "new_w"),
        loss="loss",
        line="{x}*{w}",
        prose=prose.WEIGHT_STEPS,
        valley=prose.WEIGHT_VALLEY,
        questions=prose.WEIGHT,
        make=_one_weight_make,
        finer=_one_weight_finer,
        step=_one_weight_step,
        fit=_one_weight_fit,
        grid=((), [number / 2 for number in range(1, 22, 2)]),
        shown=ONE,
        across="",
        second=translated("The valley of the weight"),
    )


def _two_weights_make(chance: random.Random) -> Numbers:
    x1, x2 = chance.sample(range(1, 6), 2)
    w1, w2 = chance.sample(range(2, 8), 2)
    return Numbers((x1, x2), (x1 * w1 + x2 * w2,), {"w1": w1, "w2": w2})


def _two_weights_finer(chance: random.Random) -> Numbers:
    x1, x2 = (half / 2 for half in chance.sample(range(2, 11), 2))
    w1, w2 = (half / 2 for half in chance.sample(range(4, 15), 2))
    return Numbers((x1, x2), (x1 * w1 + x2 * w2,), {"w1": w1, "w2": w2})


def _two_weights_fit(numbers: Numbers, values: ParameterValues) -> float:
    (x1, x2), [y] = numbers.x, numbers.y
    return (x1 * values["w1"] + x2 * values["w2"] - y) ** 2


def _two_weights_step(numbers: Numbers, values: ParameterValues, learn: float) -> ParameterValues:
    (x1, x2), [y], (w1, w2) = numbers.x, numbers.y, values.values()
    for _ in range(5):
        slope = 2 * (x1 * w1 + x2 * w2 - y)
        w1, w2 = w1 - learn * slope * x1, w2 - learn * slope * x2
    return {"w1": w1, "w2": w2}


def weigh_two() -> Exercise:
    """Two weights into one output, five steps with both at once."""

    return Exercise(
        lesson="weights",
        tab=translated("Weights"),
        title=translated("Two weights, one output"),
        inputs=("x1", "x2", "y"),
        columns=(
            Column("w1", "={above new_w1}", THREE, first="={start w1}", colour=BLUE),
            Column("w2", "={above new_w2}", THREE, first="={start w2}", colour=ORANGE),
            Column("prediction", "={x1}*{w1}+{x2}*{w2}", THREE),
            Column("miss", "={prediction}-{y}", THREE),
            Column("slope 1", "=2*{miss}*{x1}", THREE, colour=BLUE),
            Column("slope 2", "=2*{miss}*{x2}", THREE, colour=ORANGE),
            Column("new_w1", "={w1}-{learn}*{slope 1}", THREE, colour=BLUE),
            Column("new_w2", "={w2}-{learn}*{slope 2}", THREE, colour=ORANGE),
        ),
        start={"w1": 1, "w2": 1},
        successors={"w1": "new_w1", "w2": "new_w2"},
        learn=0.01,
        epochs=1,
        rows=5,
        blanks=("prediction", "miss", "slope 1", "slope 2", "new_w1", "new_w2"),
        loss="loss",
        line="{x1}*{w1}+{x2}*{w2}",
        prose=prose.WEIGHTS_STEPS,
        valley=prose.WEIGHTS_VALLEY,
        questions=prose.WEIGHTS,
        make=_two_weights_make,
        finer=_two_weights_finer,
        step=_two_weights_step,
        fit=_two_weights_fit,
        grid=([number / 2 for number in range(1, 16, 2)], [number / 2 for number in range(-1, 20, 2)]),
        shown=ONE,
        across="",
        second=translated("The valley of two weights"),
    )


# -- belts and penguins ----------------------------------------------------------------------------------------------
def multiply(like: Points | None) -> Exercise:
    """One multiplier for ten points, the whole batch at once."""
    likeness = Likeness(like) if like else None
    heads = _multipliers(like) if like else [number / 2 for number in range(1, 22, 2)]

    def make(chance: random.Random) -> Numbers:
        if likeness:
            return likeness.ray(chance, 10)
        x, m = tuple(chance.sample(range(5, 31), 10)), chance.randint(2, 9)
        return Numbers(x, tuple(m * value for value in x), {"multiplier": m})

    def step(numbers: Numbers, values: ParameterValues, learn: float) -> ParameterValues:
        m = values["multiplier"]
        slopes = [2 * x * (m * x - y) for x, y in zip(numbers.x, numbers.y, strict=True)]
        return {"multiplier": m - learn * sum(slopes) / len(slopes)}

    return Exercise(
        lesson="belts",
        tab=translated("Belts"),
        title=translated("One multiplier, and the whole batch at once"),
        inputs=("x", "y"),
        columns=(
            Column("prediction", "={start multiplier}*{x}", ONE, colour=ORANGE),
            Column("error", "={prediction}-{y}", ONE),
            Column("error_sq", "={error}^2", ONE),
            Column("2·x·error", "=2*{x}*{error}", ONE),
        ),
        below=(
            Column("gradient", "=AVERAGE({column 2·x·error})", THREE),
            Column("new multiplier", "={start multiplier}-{learn}*{gradient}", THREE),
        ),
        start={"multiplier": 0},
        successors={"multiplier": "new multiplier"},
        learn=round_down(0.25 / max(x * x for x in like.x)) if like else 0.0005,
        epochs=5,
        rows=10,
        blanks=("prediction", "error", "error_sq", "2·x·error", "gradient", "new multiplier"),
        loss="mse",
        line="{multiplier}*{x}",
        prose=prose.BELTS_STEPS,
        valley=prose.BELTS_VALLEY,
        questions=prose.BELTS,
        make=make,
        step=step,
        fit=lambda numbers, values: mse(numbers.x, numbers.y, values["multiplier"], 0),
        grid=((), heads),
        axes=_named(like),
        second=translated("The line and the loss"),
    )


def _penguin_step(numbers: Numbers, values: ParameterValues, learn: float) -> ParameterValues:
    slope, intercept = values["slope"], values["intercept"]  # the means of x and y are 0, that of x² is 1
    return {
        "slope": slope - learn * 2 * (slope - numbers.true["slope"]),
        "intercept": intercept - learn * 2 * intercept,
    }


def _penguin_fit(numbers: Numbers, values: ParameterValues) -> float:
    return mse(_normal(numbers.x), _normal(numbers.y), values["slope"], values["intercept"])


def _penguins_like(like: Points | None) -> Callable[[random.Random], Numbers]:
    """What draws twelve of the penguins, or points like others, with the slope that fits them best."""
    likeness, model = (Likeness(like) if like else None), like or penguins()

    def make(chance: random.Random) -> Numbers:
        for _ in range(ENOUGH):
            if likeness:
                x, y, _true = likeness.line(chance, 12)
            else:
                chosen = model.sample(12, chance.getrandbits(32))
                x, y = chosen.x, chosen.y
            if len(set(x)) > 2 and len(set(y)) > 2:
                break
        else:
            raise UsageError("such data have too few different numbers", "name other data after --data-like")
        pairs = zip(_normal(x), _normal(y), strict=True)
        slope = sum(a * b for a, b in pairs) / len(x)
        return Numbers(x, y, {"slope": float(f"{slope:.12g}")})  # no more digits than every program keeps

    return make


def _normalised_columns() -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Those of the table, and what stands below it."""
    means = (
        Column(f"{name} {letter}", f"={function}({{column raw {letter}}})", THREE)
        for letter in "xy"
        for name, function in (("mean", "AVERAGE"), ("deviation", "STDEVP"))
    )
    columns = (
        Column("x", "=({raw x}-{mean x})/{deviation x}", THREE, colour=BLUE),
        Column("y", "=({raw y}-{mean y})/{deviation y}", THREE),
        Column("y_pred", "={start slope}*{x}+{start intercept}", THREE),
        Column("error", "={y_pred}-{y}", THREE),
        Column("2·error·x", "=2*{error}*{x}", THREE, colour=BLUE),
        Column("2·error·1", "=2*{error}", THREE, colour=ORANGE),
    )
    below = (
        *means,
        Column(GRADIENTS[0], "=AVERAGE({column 2·error·x})", THREE),
        Column(GRADIENTS[1], "=AVERAGE({column 2·error·1})", THREE),
        Column("new slope", "={start slope}-{learn}*{slope's gradient}", THREE),
        Column("new intercept", "={start intercept}-{learn}*{intercept's gradient}", THREE),
    )
    return columns, below


def normalise(like: Points | None) -> Exercise:
    """A line through twelve of the penguins (or of other points), normalised, the whole batch at once."""
    model = like or penguins()
    columns, below = _normalised_columns()
    return Exercise(
        lesson="penguins",
        tab=translated("Penguins"),
        title=translated("A line through normalised data"),
        inputs=("raw x", "raw y"),
        columns=columns,
        below=below,
        start={"slope": 0, "intercept": -2},
        successors={"slope": "new slope", "intercept": "new intercept"},
        learn=0.1,
        epochs=10,
        rows=12,
        blanks=("y_pred", "error", "2·error·x", "2·error·1", *GRADIENTS, "new slope", "new intercept"),
        loss="mse",
        line="{slope}*{x}+{intercept}",
        prose=prose.PENGUINS_STEPS,
        valley=prose.PENGUINS_VALLEY,
        questions=prose.PENGUINS,
        make=_penguins_like(like),
        step=_penguin_step,
        fit=_penguin_fit,
        grid=([number * 3 / 10 for number in range(-3, 5)], [number / 2 for number in range(-5, 6)]),
        shown="0.00",
        axes=(
            translated("{name}, normalised", name=translated(model.x_name)),
            translated("{name}, normalised", name=translated(model.y_name)),
        ),
        second=translated("The line and the valley"),
    )


def _normal(values: Sequence[float]) -> list[float]:
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    return [(value - mean) / deviation for value in values]


def _multipliers(like: Points) -> list[float]:
    """Eleven plain numbers around the best multiplier of the points."""
    best = Likeness(like).multiplier
    unit = round_down(abs(best) / 4) if best else 1.0
    return [float(f"{(round(best / unit) + step + 0.5) * unit:.12g}") for step in range(-5, 6)]


def _named(like: Points | None) -> tuple[str, str]:
    return (like.x_name, like.y_name) if like else ("x", "y")


def _no_data(make: Callable[[], Exercise]) -> Callable[[Points | None], Exercise]:
    """A lesson with one point: there is nothing that its numbers could be like."""

    def without(like: Points | None) -> Exercise:
        task = make()
        if like:
            todo = "leave it out; descent, belts and penguins would take it"
            raise UsageError(f"the lesson {task.lesson} takes no --data-like", todo)
        return task

    return without


def like_points(model: str, x: str | None = None, y: str | None = None) -> Points:
    """The points of a CSV file's two columns, or of a lesson, whose spread and scale others are to have."""
    lessons = {"descent": descent.LINE, "belts": BELTS}
    if model in lessons:
        return lessons[model]
    if model == "penguins":
        return penguins()
    if not os.path.exists(model):
        todo = "name a CSV file after --data-like, or one of descent, belts and penguins"
        raise UsageError(f"there is no file {model}, and no lesson with such data", todo)
    return read_points(model, x, y, fewer="keep fewer lines")


KINDS: dict[str, Callable[[Points | None], Exercise]] = {
    "descent": descend,
    "weight": _no_data(weigh),
    "weights": _no_data(weigh_two),
    "belts": multiply,
    "penguins": normalise,
}
REFUSED = {
    "original": "is the published sheet, with the same numbers for everyone",
    "optimizers": "has four tables side by side, too many to fill in",
}
OTHERWISE = "is one for the whole class together"  # of a lesson that has no single table to fill in


def exercise(lesson: str, like: Points | None = None) -> Exercise:
    """The exercise of a lesson, with numbers of its usual kind or like those of `like`."""

    if lesson not in LESSONS:
        near = get_close_matches(lesson.lower(), KINDS, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise UsageError(f"there is no lesson {lesson}", f"{meant}{_works(bool(meant))}")
    if lesson not in KINDS:
        raise UsageError(f"the lesson {lesson} {REFUSED.get(lesson, OTHERWISE)}", _works(False))
    return KINDS[lesson](like)


def _works(capital: bool) -> str:

    return f"{'A' if capital else 'a'} class can be given {', '.join(KINDS)}"
