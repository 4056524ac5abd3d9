"""Many epochs at once, where an epoch is an affine map: its powers, compared with the sheet's own epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import SheetError
from ..maths.affine import AffineMap, NotAffine, QuadraticLoss, find_loss, find_map
from .growth import FAR_AWAY, GROWING, MUCH, ROUNDING
from .rule import Rule, State
from .stepping import Trace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..maths.bounds import FloatArray

COMPARED = 6  # epochs on the way that are compared with the sheet's own
LARGEST = float(np.finfo(float).max)
SMALLEST = 1e-6  # for a parameter that is, or comes, close to 0


WITHIN = 1e-9  # of what stepping would give, for each parameter


class _Course(NamedTuple):
    """How far a run gets: the epochs that `growth` allows, the one in which it is stopped, the one with the lowest
    loss, and the values and losses to log.
    """

    done: int
    stopped: int | None
    lowest: int
    logged: dict[int, tuple[FloatArray, float | None]]


# -- a run -----------------------------------------------------------------------------------------------------------
def run_at_once(rule: Rule, before: State, count: int, wanted: list[int]) -> Trace | None:
    """The run of `count` epochs by powers of the epoch's map; None if the epoch is not affine.

    The states are those of the wanted epochs. The first and the last epoch are the rule's own, and some between are
    compared with it. Also None if rounding may have moved a parameter by more than 1e-9 of itself: such a run is
    stepped.
    """
    asked = Asked(rule, before)
    start = asked.vector(before)
    try:
        epoch = find_map(asked.epoch, start)
        loss = find_loss(asked.loss, epoch.center, start)
        course = _course(epoch, loss, before, asked.limits(before), count, wanted)
        kept = course.lowest if course.stopped else course.done
        if kept < 2:
            return None
        asked.compare(epoch, start, kept)
        ends = {1: asked.state_after(start), kept: asked.state_after(epoch.after(start, kept - 1))}
    except NotAffine:
        return None
    states = {number: asked.shown(*course.logged[number]) for number in wanted if number < kept}
    return Trace(kept, states | ends, course.stopped, course.lowest)


@np.errstate(all="ignore")  # a diverging run overflows, which is looked for
def _course(
    epoch: AffineMap,
    loss: QuadraticLoss | None,
    before: State,
    limits: FloatArray,
    count: int,
    wanted: list[int],
) -> _Course:
    """The run as far as `growth` lets it go, by the same rule."""
    start = np.array(list(before.values.values()))
    first, done, lowest, least = before.loss, 0, 0, before.loss
    tail = np.array([before.loss or 0.0])
    found: dict[int, tuple[FloatArray, float | None]] = {}
    numbers = np.array(wanted)
    for far in epoch.course(start, count):
        fine = _until_far_away(far, epoch.center, limits)
        losses = None if loss is None else loss.of(far)
        if losses is not None:
            first = first or next(iter(losses[losses != 0.0].tolist()), None)
            fine = min(fine, _until_grown(tail, losses, abs(first or np.inf)))
            tail = np.append(tail, losses[-GROWING:])[-GROWING:]
            if fine and least is not None:
                at = fine - 1 - int(losses[:fine][::-1].argmin())  # the last of several
                least, lowest = (losses[at], done + at + 1) if losses[at] <= least else (least, lowest)
        here = numbers[(numbers > done) & (numbers <= done + fine)]
        found |= zip(here.tolist(), _points(epoch, far, losses, here - done - 1), strict=True)
        done += fine
        if fine < far.shape[1]:
            return _Course(done, done + 1, lowest, found)
    [at_rest] = _points(epoch, far, losses, np.array([-1]))
    found |= dict.fromkeys(numbers[numbers > done].tolist(), at_rest)
    return _Course(count, None, count if lowest == done else lowest, found)


def _points(
    epoch: AffineMap, far: FloatArray, losses: FloatArray | None, at: NDArray[np.intp]
) -> list[tuple[FloatArray, float | None]]:
    """Values and loss of some epochs of a block."""
    shown = [None] * len(at) if losses is None else losses[at].tolist()
    return list(zip(far[:, at].T + epoch.center, shown, strict=True))


def _until_far_away(far: FloatArray, center: FloatArray, limits: FloatArray) -> int:
    """How many epochs come before the first with a value beyond its limit; `far`, shape (k, n), is from the center.

    Rounding keeps order: where the farthest distance and the center add up to no more than the limit, no value of the
    block is larger.
    """
    most = np.maximum(far.max(axis=1), -far.min(axis=1)) + np.abs(center)
    if (most <= limits).all():  # which no NaN is
        return len(far.T)
    away = ~(np.abs(far.T + center) <= limits).all(axis=1)
    return int(np.argmax(away)) if away.any() else len(far.T)


def _until_grown(tail: FloatArray, losses: FloatArray, first: float) -> int:
    """How many epochs come before the one that a growing loss stops; `tail` are the losses right before these."""
    if -np.inf < losses.min() and losses.max() <= min(MUCH * first, LARGEST):  # which no NaN is
        return len(losses)
    every = np.append(tail, losses)
    rises = np.append(0, np.cumsum(np.diff(every) > 0))
    last = len(tail) + np.arange(len(losses))
    since = np.maximum(last - GROWING, 0)
    growing = (rises[last] - rises[since] == GROWING) & (losses > MUCH * first)
    stopped = ~np.isfinite(losses) | (losses > ROUNDING * first) | growing
    return int(np.argmax(stopped)) if stopped.any() else len(losses)


class Asked:
    """A rule, asked with vectors of what it carries."""

    def __init__(self, rule: Rule, before: State) -> None:
        self.rule, self.names = rule, list(before.values)
        self.known: dict[bytes, tuple[FloatArray, float | None]] = {}  # epochs already probed

    def vector(self, state: State) -> FloatArray:
        return np.array([state.values[name] for name in self.names])

    def limits(self, before: State) -> FloatArray:
        """How large each value may become."""
        far = FAR_AWAY * np.maximum(1.0, np.abs(self.vector(before)))
        return np.where([name in self.rule.layout.parameters for name in self.names], far, LARGEST)

    def state(self, values: FloatArray) -> State:
        return State(dict(zip(self.names, map(float, values), strict=True)), None)

    def state_after(self, values: FloatArray) -> State:
        """The state after one epoch from the values, by the rule itself."""
        self.rule.settle(self.state(values))
        [[after]] = self.rule.steps(1)
        if after is None:
            raise NotAffine
        return after

    def epoch(self, values: FloatArray) -> FloatArray:
        return self.probed(values)[0]

    def loss(self, values: FloatArray) -> float | None:
        return self.probed(values)[1]

    def probed(self, values: FloatArray) -> tuple[FloatArray, float | None]:
        """The values after an epoch, and the loss before it: one look at the sheet shows both."""
        key = values.tobytes()
        if key not in self.known:
            try:
                after, loss = self.rule.probe(self.state(values).values)
            except (SheetError, OverflowError):
                raise NotAffine from None
            self.known[key] = np.array([after[name] for name in self.names]), loss
        return self.known[key]

    def settled(self, values: FloatArray) -> State:
        """What the sheet shows when it stands at the values."""
        self.rule.settle(self.state(values))
        try:
            return self.rule.state()
        except (SheetError, OverflowError):
            raise NotAffine from None

    def compare(self, epoch: AffineMap, start: FloatArray, count: int) -> None:
        """Compare epochs on the way with the sheet's own; NotAffine if the differences add up to too much."""
        points = [epoch.after(start, int(number)) for number in np.linspace(0, count - 1, COMPARED)]
        apart = np.max([np.abs(self.epoch(point) - epoch.after(point, 1)) for point in points], axis=0)
        scale = np.max(np.abs([*points, epoch.after(start, count)]), axis=0)
        reach = np.max(np.abs(np.array(points) - epoch.center), axis=0)
        if not (epoch.drift_of(apart, reach, count) <= WITHIN * np.maximum(scale, SMALLEST)).all():
            raise NotAffine

    def shown(self, values: FloatArray, loss: float | None) -> State:
        """The state that the log shows for an epoch; the sheet is asked for values other than the loss."""
        log = self.rule.layout.log
        if log and log.watched:
            return self.settled(values)
        return self.state(values)._replace(loss=loss)
