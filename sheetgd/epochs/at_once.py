"""Many epochs at once, where an epoch is an affine map: its powers, compared with the sheet's own epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import SheetError
from ..maths.affine import (
    AGREEMENT,
    Loss,
    Map,
    NotAffine,
    distance,
    find_loss,
    find_map,
    magnitude,
)
from .rules import Rule, State
from .stepping import BLOW_UP, FAR_AWAY, Trace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
COMPARED = 6  # epochs on the way that are compared with the sheet's own


# -- a run -----------------------------------------------------------------------------------------------------------
def run_at_once(rule: Rule, before: State, count: int, wanted: list[int]) -> Trace | None:
    """The run of `count` epochs by powers of the epoch's map; None where the epoch is no such map.

    The states are those of the wanted epochs. The first and the last epoch are the rule's own, and some between are
    compared with it.
    """
    asked = _Asked(rule, before)
    start = asked.vector(before)
    try:
        epoch = find_map(asked.epoch, start)
        loss = find_loss(asked.loss, epoch.center, start)
        good, logged = _course(epoch, loss, before, asked.limits(before), count, wanted)
        if good < 2:
            return None
        for number in np.linspace(1, good - 1, COMPARED).astype(int):
            asked.compare(epoch.after(start, number), epoch.after(start, number + 1))
        ends = {1: asked.state_after(start), good: asked.state_after(epoch.after(start, good - 1))}
    except NotAffine:
        return None
    states = {number: asked.shown(*logged[number]) for number in wanted if number < good}
    return Trace(good, states | ends, good < count)


def _course(
    epoch: Map, loss: Loss | None, before: State, limits: Vector, count: int, wanted: list[int]
) -> tuple[int, dict[int, tuple[Vector, float | None]]]:
    """How many epochs stay within what `stepping.has_diverged` allows; values and loss of those wanted among them."""
    start = np.array(list(before.values.values()))
    first, good = before.loss, 0
    found: dict[int, tuple[Vector, float | None]] = {}
    numbers = np.array(wanted)
    for values in epoch.course(start, count):
        if loss and not first:
            shown = loss.of(values)
            first = next(iter(shown[shown != 0.0].tolist()), None)
        fine = _fine(values, limits, loss, BLOW_UP * abs(first or np.inf))
        here = numbers[(numbers > good) & (numbers <= good + fine)]
        points = values[here - good - 1]
        losses = [None] * len(here) if loss is None else loss.of(points).tolist()
        found |= zip(here.tolist(), zip(points, losses, strict=True), strict=True)
        good += fine
        if fine < len(values):
            break
    return good, found


def _fine(values: Vector, limits: Vector, loss: Loss | None, largest: float) -> int:
    """How many of the values, shape (n, k), come before the first that is too far away or has too large a loss."""
    low, high = values.min(axis=0), values.max(axis=0)
    far = np.maximum(np.abs(low), np.abs(high))
    if (far <= limits).all():  # which no NaN is
        reach = (
            np.zeros(0) if loss is None else np.maximum(np.abs(low - loss.center), np.abs(high - loss.center))
        )
        if loss is None or loss.at_most(reach) <= largest:
            return len(values)
    bad = ~np.isfinite(values).all(axis=1) | (np.abs(values) > limits).any(axis=1)
    if loss:
        losses = loss.of(values)
        bad |= ~np.isfinite(losses) | (np.abs(losses) > largest)
    return int(np.argmax(bad)) if bad.any() else len(values)


class _Asked:
    """A rule, asked with vectors of what it carries."""

    def __init__(self, rule: Rule, before: State) -> None:
        self.rule, self.names = rule, list(before.values)
        self.known: dict[bytes, tuple[Vector, float | None]] = {}  # what was probed before

    def vector(self, state: State) -> Vector:
        return np.array([state.values[name] for name in self.names])

    def limits(self, before: State) -> Vector:
        """How large each value may become."""
        far = FAR_AWAY * np.maximum(1.0, np.abs(self.vector(before)))
        return np.where([name in self.rule.layout.parameters for name in self.names], far, np.inf)

    def state(self, values: Vector) -> State:
        return State(dict(zip(self.names, map(float, values), strict=True)), None)

    def state_after(self, values: Vector) -> State:
        """The state after one epoch from the values, by the rule itself."""
        self.rule.settle(self.state(values))
        [[after]] = self.rule.steps(1)
        if after is None:
            raise NotAffine
        return after

    def epoch(self, values: Vector) -> Vector:
        return self.probed(values)[0]

    def loss(self, values: Vector) -> float | None:
        return self.probed(values)[1]

    def probed(self, values: Vector) -> tuple[Vector, float | None]:
        """The values after an epoch, and the loss before it: one look at the sheet shows both."""
        key = values.tobytes()
        if key not in self.known:
            try:
                after, loss = self.rule.probe(self.state(values).values)
            except (SheetError, OverflowError):
                raise NotAffine from None
            self.known[key] = np.array([after[name] for name in self.names]), loss
        return self.known[key]

    def settled(self, values: Vector) -> State:
        """What the sheet shows when it stands at the values."""
        self.rule.settle(self.state(values))
        try:
            return self.rule.state()
        except (SheetError, OverflowError):
            raise NotAffine from None

    def compare(self, values: Vector, after: Vector) -> None:
        if distance(self.epoch(values), after) > AGREEMENT * magnitude(values, after):
            raise NotAffine

    def shown(self, values: Vector, loss: float | None) -> State:
        """The state that the log shows of an epoch; other values beside the loss are asked of the sheet."""
        log = self.rule.layout.log
        if log and log.watched:
            return self.settled(values)
        return self.state(values)._replace(loss=loss)
