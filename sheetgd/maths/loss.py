"""The terms of every descent: losses, gradients and points, how to descend, and what came of it.

Nothing here knows of sheets: a loss is a function from points to numbers, many points at a time, NaN where there is
none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .bounds import Bounds

Values = Sequence[float]
Loss = Callable[[Sequence[Values]], list[float]]

EPOCHS = 2000  # at most, if no number is given
UNTIL = 1e-11  # of the loss: an epoch that lowers it by less has not lowered it
FLOOR = 1e-6  # of the loss at which scales were measured: for a smaller loss, falls are measured by this

# Why a descent stopped.
FLAT, ALL, INTERRUPTED, DIVERGED, ENDLESSLY = "flat", "epochs", "interrupted", "diverged", "endless"

ADAM, BFGS, ADAM_BFGS = "adam", "bfgs", "adam, bfgs"


class Point(NamedTuple):
    """The values of the parameters, and the loss there."""

    values: tuple[float, ...]
    loss: float


Gradient = Callable[[Point], Sequence[float]]  # the slope of the loss in each parameter, at a point


class Settings(NamedTuple):
    """How to descend.

    Without an `optimizer`: by BFGS, and by Adam polished by BFGS, of which the lower result is kept. Without `learn`,
    one is looked for, each parameter is measured in its own scale, and learn decays when the loss stalls. With `learn`,
    every step is the optimizer's published formula (Adam's if none is named) with this learn throughout. `epochs`
    limits each descent. `restarts` more descents start at random points around the first start, drawn with `seed`.
    """

    optimizer: str | None = None
    learn: float | None = None
    epochs: int = EPOCHS
    central: bool = False
    step: float | None = None
    until: float = UNTIL
    bounds: Bounds | None = None
    restarts: int = 0
    seed: int = 0

    @property
    def most_epochs(self) -> int:
        """How many epochs a log may have: Adam's and those of BFGS, and a step into the bounds."""
        return (1 if self.optimizer or self.learn else 2) * self.epochs + (self.bounds is not None)

    def project(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """The nearest point within the bounds."""
        return self.bounds.project(values) if self.bounds else values


class Failure(NamedTuple):
    """The parameters of an epoch at which the loss was no number."""

    epoch: int
    values: tuple[float, ...]


class Ended(NamedTuple):
    """The end of another descent, whose result was not kept."""

    optimizer: str
    loss: float
    stopped: str


class Outcome(NamedTuple):
    """What a descent came to: `log` holds the best point so far after each epoch, the start first.

    `optimizer` names several, in their order, if one went on from where the other ended. `others` are the descents from
    the same start whose results were not kept; `ends` holds the loss that each start led to.
    """

    optimizer: str
    log: list[Point]
    learn: float  # the first one; 0 where there is none
    last_learn: float
    scales: list[float]
    stopped: str
    failures: list[Failure]
    others: tuple[Ended, ...] = ()
    ends: tuple[float, ...] = ()

    @property
    def best(self) -> Point:
        return self.log[-1]

    @property
    def epochs(self) -> int:
        return len(self.log) - 1
