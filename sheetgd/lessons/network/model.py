"""The network of the lesson: its neurons, how they are wired, and the formulas of one step, forwards and backwards.

Two inputs, three neurons, two neurons, one output. Nothing is drawn here: columns with formulas come out, in which
names in braces stand for cells (see `kit.tables.Column`).
"""

from __future__ import annotations

import math
import random
from typing import NamedTuple

from sheetgd.language import translated
from sheetgd.lessons.kit.style import BLUE, GREEN, INK, ORANGE, PLAIN, THREE, WHOLE
from sheetgd.lessons.kit.tables import Column

POINTS = (  # y is 1 where x1 and x2 differ in sign; four in a row are one of each quarter
    (0.3, 0.6, 0),
    (-0.6, 0.3, 1),
    (-0.4, -0.6, 0),
    (0.5, -0.7, 1),
    (0.6, 0.2, 0),
    (-0.8, 0.5, 1),
    (-0.3, -0.3, 0),
    (0.7, -0.5, 1),
    (0.6, 0.8, 0),
    (-0.5, 0.7, 1),
    (-0.8, -0.3, 0),
    (0.3, -0.8, 1),
    (0.6, 0.5, 0),
    (-0.7, 0.8, 1),
    (-0.8, -0.6, 0),
    (0.2, -0.4, 1),
)
INPUTS = ("x1", "x2")


class Neuron(NamedTuple):
    """A weighted sum of what comes in, plus a bias, and then ReLU, but for the output.

    `weights` are pairs: the weight's name, and that of the value it multiplies.
    """

    name: str
    weights: tuple[tuple[str, str], ...]
    bias: str
    relu: bool = True

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of its weights and its bias."""
        return (*(weight for weight, _ in self.weights), self.bias)

    @property
    def sum(self) -> str:
        """What its sum is called: the value before ReLU."""
        return f"z_{self.name}" if self.relu else self.name


def _layer(names: tuple[str, ...], letter: str, bias: str, sources: tuple[str, ...]) -> tuple[Neuron, ...]:
    return tuple(
        Neuron(
            name,
            tuple((f"{letter}{i}{j}", source) for i, source in enumerate(sources, 1)),
            f"{bias}{j}",
        )
        for j, name in enumerate(names, 1)
    )


FIRST = _layer(("h1", "h2", "h3"), "w", "b", INPUTS)
SECOND = _layer(("k1", "k2"), "u", "c", tuple(neuron.name for neuron in FIRST))
OUTPUT = Neuron(
    "y_pred",
    tuple((f"o{i}", neuron.name) for i, neuron in enumerate(SECOND, 1)),
    "d",
    relu=False,
)
LAYERS = (FIRST, SECOND, (OUTPUT,))
NEURONS = (*FIRST, *SECOND, OUTPUT)
PARAMETERS = tuple(name for neuron in NEURONS for name in neuron.parameters)


def initial(seed: int) -> dict[str, float]:
    """The start of every parameter: weights at random, for ReLU as wide as √(6 / inputs), and biases 0.

    The same seed gives the same weights; they have two decimals, so that they can be typed.

    >>> [initial(3)[name] for name in ("w11", "o2", "d")]
    [-0.91, -0.08, 0.0]
    """
    chance, values = random.Random(seed), dict.fromkeys(PARAMETERS, 0.0)
    for layer in LAYERS:
        for source in range(len(layer[0].weights)):
            for neuron in layer:
                reach = math.sqrt(6 / len(neuron.weights))
                values[neuron.weights[source][0]] = round(chance.uniform(-reach, reach), 2)
    return values


# ------------------------------------------------------------------------------------------------- formulas


def summed(neuron: Neuron, parameter: str = "{%s}", value: str = "{%s}") -> str:
    """A neuron's weighted sum and bias, with the names as the two patterns write them.

    >>> summed(OUTPUT)
    '{o1}*{k1}+{o2}*{k2}+{d}'
    """
    products = [f"{parameter % weight}*{value % source}" for weight, source in neuron.weights]
    return "+".join([*products, parameter % neuron.bias])


def targets(name: str) -> list[tuple[str, Neuron]]:
    """The weights that multiply a neuron's value, each with the neuron that it leads to.

    >>> [(weight, neuron.name) for weight, neuron in targets("h2")]
    [('u21', 'k1'), ('u22', 'k2')]
    """
    return [(weight, neuron) for neuron in NEURONS for weight, source in neuron.weights if source == name]


def prediction_columns() -> tuple[Column, ...]:
    """The points, and what the network says of each at the weights as they are now."""
    x1, x2, y = zip(*POINTS, strict=True)
    values = [
        Column(
            neuron.name,
            (
                f"=MAX(0,{summed(neuron, '{start %s}')})"
                if neuron.relu
                else f"={summed(neuron, '{start %s}')}"
            ),
            THREE,
            colour=GREEN if neuron.relu else ORANGE,
        )
        for neuron in NEURONS
    ]
    return (
        Column("x1", x1, PLAIN),
        Column("x2", x2, PLAIN),
        Column("y", y, PLAIN),
        *values,
        Column("error_sq", "=({y_pred}-{y})^2", THREE),
        Column("right", "=IF(IF({y_pred}>0.5,1,0)=IF({y}>0.5,1,0),1,0)", WHOLE),
    )


class Group(NamedTuple):
    """Some columns of the table of steps, under a heading of their own."""

    title: str
    columns: tuple[Column, ...]


def step_groups() -> tuple[Group, ...]:
    """The columns of the table of steps, in the order in which they are computed.

    {top TITLE} is the first row's cell of a column, {points} the number of points.
    """
    old = tuple(
        Column(name, f"={{above new_{name}}}", THREE, first=f"={{start {name}}}") for name in PARAMETERS
    )
    return (
        Group("The point", POINT),
        Group("The weights that this row uses", old),
        Group("Forwards: each sum z, then ReLU", _forwards()),
        Group("Backwards: the derivatives of L, this row's error", _backwards()),
        Group("The gradient: the mean of this mini-batch's rows so far", _gradient()),
        Group("The velocity: beta of the old one, the rest from the gradient", _velocity()),
        Group("The new weights: a step at the end of each mini-batch", _new()),
    )


POINT = (
    Column("x1", "={data x1}", PLAIN),
    Column("x2", "={data x2}", PLAIN),
    Column("y", "={data y}", PLAIN),
    Column("row", "={above row}+1", WHOLE, first="=1"),
    Column("batch", "=INT(({row}-1)/{batch size})+1", WHOLE),
    Column("step", "=IF(OR({row}={batch}*{batch size},{row}={points}),1,0)", WHOLE),
)


def _forwards() -> tuple[Column, ...]:
    columns = []
    for neuron in NEURONS:
        columns.append(Column(neuron.sum, f"={summed(neuron)}", THREE, colour=INK if neuron.relu else ORANGE))
        if neuron.relu:
            columns.append(Column(neuron.name, f"=MAX(0,{{{neuron.sum}}})", THREE, colour=GREEN))
    return (*columns, Column("L", "=({y_pred}-{y})^2", THREE, colour=ORANGE))


def _backwards() -> tuple[Column, ...]:
    columns = [Column("dL/dy_pred", "=2*({y_pred}-{y})", THREE, colour=ORANGE)]
    for layer in reversed(LAYERS):
        for neuron in layer:
            if neuron.relu:
                parts = [f"{{dL/d{other.sum}}}*{{{weight}}}" for weight, other in targets(neuron.name)]
                columns.append(Column(f"dL/d{neuron.name}", f"={'+'.join(parts)}", THREE, colour=GREEN))
                passed = f"=IF({{{neuron.sum}}}>0,{{dL/d{neuron.name}}},0)"
                columns.append(Column(f"dL/d{neuron.sum}", passed, THREE))
        for neuron in layer:
            for weight, source in neuron.weights:
                columns.append(_slope(weight, f"={{dL/d{neuron.sum}}}*{{{source}}}"))
            columns.append(_slope(neuron.bias, f"={{dL/d{neuron.sum}}}"))
    return tuple(columns)


def _slope(name: str, formula: str) -> Column:
    return Column(f"dL/d{name}", formula, THREE, colour=BLUE)


def _gradient() -> tuple[Column, ...]:
    mean = "=AVERAGEIFS({top dL/dNAME}:{dL/dNAME},{top batch}:{batch},{batch})"
    return tuple(
        _each("mean dL/dNAME", mean, name, written=translated("mean {slope}", slope=f"dL/d{name}"))
        for name in PARAMETERS
    )


def _velocity() -> tuple[Column, ...]:
    formula = "=IF({step}=1,{beta}*OLD+(1-{beta})*{mean dL/dNAME},OLD)"
    return tuple(
        _each(
            "velocity NAME",
            formula.replace("OLD", "{above velocity NAME}"),
            name,
            formula.replace("OLD", "{start velocity NAME}"),
            translated("velocity {name}", name=name),
        )
        for name in PARAMETERS
    )


def _new() -> tuple[Column, ...]:
    return tuple(
        _each("new_NAME", "=IF({step}=1,{NAME}-{learn}*{velocity NAME},{NAME})", name) for name in PARAMETERS
    )


def _each(title: str, formula: str, name: str, first: str = "", written: str = "") -> Column:
    title, formula, first = (text.replace("NAME", name) for text in (title, formula, first))
    return Column(title, formula, THREE, first=first, colour=BLUE, written=written)
