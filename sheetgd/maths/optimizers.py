"""The optimizers: the direction that each makes of the gradients, in plain numbers. No sheets, no losses.

A step is parameter - learn × direction, for each parameter on its own. The formulas are those of the lesson
`optimizers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Protocol

EPSILON = 1e-8  # keeps a division from failing when all gradients were 0


class Optimizer(Protocol):
    """Something that turns the gradient of each step, shape (n,), into the direction of that step, shape (n,).

    `levels` says whether a small slope leads to as long a step as a large one.
    """

    levels: bool

    def direction(self, gradient: Sequence[float]) -> list[float]:
        """The direction after one more gradient."""


class Sgd:
    """Plain descent: the direction is the gradient.

    >>> Sgd(2).direction([3.0, -4.0])
    [3.0, -4.0]
    """

    levels = False

    def __init__(self, size: int) -> None:
        pass

    def direction(self, gradient: Sequence[float]) -> list[float]:
        return list(gradient)


class Momentum:
    """The running mean of the gradients: v = beta·v + (1 - beta)·gradient.

    >>> momentum = Momentum(1)
    >>> [round(momentum.direction([10.0])[0], 3) for _ in range(2)]
    [1.0, 1.9]
    """

    levels, beta = False, 0.9

    def __init__(self, size: int) -> None:
        self.mean = [0.0] * size

    def direction(self, gradient: Sequence[float]) -> list[float]:
        self.mean = [self.beta * v + (1 - self.beta) * g for v, g in zip(self.mean, gradient, strict=True)]
        return list(self.mean)


class RMSprop:
    """The gradient divided by its usual size: s = beta·s + (1 - beta)·gradient², gradient / (√s + epsilon).

    Source: Hinton, Neural Networks for Machine Learning, lecture 6e (2012).

    >>> [round(number, 3) for number in RMSprop(2).direction([10.0, -0.01])]
    [3.162, -3.162]
    """

    levels, beta = True, 0.9

    def __init__(self, size: int) -> None:
        self.square = [0.0] * size

    def direction(self, gradient: Sequence[float]) -> list[float]:
        self.square = [
            self.beta * s + (1 - self.beta) * g * g for s, g in zip(self.square, gradient, strict=True)
        ]
        return [g / (sqrt(s) + EPSILON) for g, s in zip(gradient, self.square, strict=True)]


class Adam:
    """Both at once, and both corrected for having begun at 0: V = v / (1 - beta1^t), S = s / (1 - beta2^t),
    V / (√S + epsilon).

    Source: Kingma and Ba, Adam: A Method for Stochastic Optimization (2015), algorithm 1.

    >>> [round(number, 3) for number in Adam(2).direction([10.0, -0.01])]
    [1.0, -1.0]
    """

    levels, beta1, beta2 = True, 0.9, 0.999

    def __init__(self, size: int) -> None:
        self.steps = 0
        self.mean = [0.0] * size
        self.square = [0.0] * size

    def direction(self, gradient: Sequence[float]) -> list[float]:
        self.steps += 1
        self.mean = [self.beta1 * v + (1 - self.beta1) * g for v, g in zip(self.mean, gradient, strict=True)]
        self.square = [
            self.beta2 * s + (1 - self.beta2) * g * g for s, g in zip(self.square, gradient, strict=True)
        ]
        one, two = 1 - self.beta1**self.steps, 1 - self.beta2**self.steps
        return [v / one / (sqrt(s / two) + EPSILON) for v, s in zip(self.mean, self.square, strict=True)]


OPTIMIZERS: dict[str, type[Sgd | Momentum | RMSprop | Adam]] = {
    "sgd": Sgd,
    "momentum": Momentum,
    "rmsprop": RMSprop,
    "adam": Adam,
}
