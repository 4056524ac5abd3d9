"""When a run runs away, and where its growth began: one rule for every run.

A run is stopped in the epoch in which a number is no longer finite, in which a parameter or the loss has become so
large that the differences of the sheet are nothing but rounding, or up to which the loss has grown in each of the last
ten epochs, to more than a thousand times its start. What is kept is the epoch of the lowest loss: after it the growth
began.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container
from itertools import pairwise
from math import isfinite

from .rule import State

GROWING = 10  # epochs in a row
MUCH = 1e3  # times the loss at the start
ROUNDING = 1e12  # times the loss at the start: a nudge no longer changes any digit of such an error
FAR_AWAY = 1e14  # a parameter past it is no longer changed by a nudge
SAME = 1e-9  # of a loss: anything less is rounding, not growth


class Growth:
    """Follows a run's states, one after the other.

    >>> growth = Growth(State({"m": 1.0}, 8.0), "m")
    >>> [growth.runs_away(State({"m": 2.0}, loss)) for loss in (6.0, 7.0, 9.0, float("inf"))]
    [False, False, False, True]
    >>> growth.lowest, growth.best.loss
    (1, 6.0)
    """

    def __init__(self, start: State, parameters: Container[str]) -> None:
        self.start, self.parameters = start, parameters
        self.first = start.loss  # or the first that is not 0
        self.epoch = 0
        self.lowest, self.best = (
            0,
            start,
        )  # the epoch with the lowest loss, the last of several, and its state
        self.losses = deque([start.loss or 0.0], maxlen=GROWING + 1)

    def runs_away(self, state: State | None) -> bool:
        """Whether the run is to be stopped in this epoch; `state` is None where the epoch gave no numbers.

        Only parameters can be too far away: a mean of squared slopes may be as large as it likes.
        """
        self.epoch += 1
        if state is None or not all(map(isfinite, (*state.values.values(), state.loss or 0.0))):
            return True
        starts = self.start.values
        if any(
            abs(number) > FAR_AWAY * max(1.0, abs(starts[name]))
            for name, number in state.values.items()
            if name in self.parameters
        ):
            return True
        return state.loss is not None and self._grows_away(state, state.loss)

    def _grows_away(self, state: State, loss: float) -> bool:
        self.first = self.first or loss
        self.losses.append(loss)
        if loss > ROUNDING * abs(self.first):
            return True
        if len(self.losses) > GROWING and loss > MUCH * abs(self.first):
            return all(one < other for one, other in pairwise(self.losses))
        if self.best.loss is not None and loss <= self.best.loss:
            self.lowest, self.best = self.epoch, state
        return False


def grew(before: float | None, after: float | None) -> bool:
    """Whether a loss has ended above its start.

    >>> grew(8.0, 9.0), grew(8.0, 8.0 + 1e-12), grew(8.0, 7.0), grew(None, None)
    (True, False, False, False)
    """
    return before is not None and after is not None and after - before > SAME * abs(before)
