"""The least value of any loss: by the descent that was asked for, or by several, of which the lowest is kept."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import isfinite

from ..progress import Progress
from . import gradient_descent, quasi_newton
from .loss import (
    ADAM,
    ADAM_BFGS,
    BFGS,
    ENDLESSLY,
    INTERRUPTED,
    Ended,
    Gradient,
    Loss,
    Outcome,
    Point,
    Settings,
    Values,
)

DRAWS = 20  # of a start at which the loss is a number
NEAR, FAR = 1.0, 10.0  # scales: the standard deviations of the starts that are drawn, near ones and far ones


def minimize(
    loss: Loss,
    start: Values,
    settings: Settings,
    progress: Progress | None = None,
    exact: Gradient | None = None,
) -> Outcome:
    """Descend from a start at which the loss is a number, and from more starts if asked to; the lowest end is kept.

    `exact` is the gradient, if there is one; without it, differences are taken. Ctrl-C ends the descent with the best
    point so far.

    >>> outcome = minimize(lambda points: [(p[0] - 3) ** 2 + 5 for p in points], [0.0], Settings())
    >>> round(outcome.best.values[0], 3), round(outcome.best.loss, 6), outcome.stopped
    (3.0, 5.0, 'flat')
    """
    first = Point(tuple(start), loss([start])[0])
    search = _Search(loss, settings, progress, exact)
    nearest = settings.project(first.values)
    inside = first if nearest == first.values else search.at(nearest)
    found = [search.from_one(inside)]
    dice = random.Random(settings.seed)
    while len(found) <= settings.restarts and found[-1].stopped != INTERRUPTED:
        found.append(search.from_one(search.drawn(inside, found[0].scales, dice)))
    kept = _lowest(found, settings)
    ends = tuple(outcome.best.loss for outcome in found)
    return kept._replace(log=_log(first, inside, kept, settings), ends=ends)


def _log(first: Point, inside: Point, kept: Outcome, settings: Settings) -> list[Point]:
    """The log of the descent that was kept, from the sheet's own start; a start beyond the bounds is first moved to
    them.
    """
    log = kept.log
    if log[0] is not inside:  # another start: until it is lower, the first is the best so far
        log = [inside, *(min(inside, point, key=_loss) for point in log[1:])]
    if inside is not first:
        return [first, *log]
    return log if settings.learn or log[-1].loss < first.loss else [first]


class _Search:
    """Descends from one start after the other."""

    def __init__(
        self, loss: Loss, settings: Settings, progress: Progress | None, exact: Gradient | None
    ) -> None:
        self.loss, self.settings, self.progress, self.exact = loss, settings, progress, exact
        self.epochs_before = 0  # those of the descents that have ended, for the progress
        several = 1 if settings.optimizer or settings.learn else 3
        self.all_epochs = several * settings.epochs * (1 + settings.restarts)

    def from_one(self, start: Point) -> Outcome:
        """The descent that was asked for; else BFGS, and Adam polished by BFGS."""
        name = self.settings.optimizer or (ADAM if self.settings.learn else None)
        if name == BFGS:
            return self.by_bfgs(start)
        if name:
            return self.by_gradient(start, name)
        direct = self.by_bfgs(start)
        if direct.stopped == INTERRUPTED:
            return direct
        polished = self.by_gradient(start, ADAM, direct.scales)
        if polished.stopped not in (INTERRUPTED, ENDLESSLY):
            polished = self.polish(polished)
        kept = _lowest([direct, polished], self.settings)
        other = direct if kept is polished else polished
        stopped = INTERRUPTED if polished.stopped == INTERRUPTED else kept.stopped
        return kept._replace(
            others=(Ended(other.optimizer, other.best.loss, other.stopped),), stopped=stopped
        )

    def at(self, values: tuple[float, ...]) -> Point:
        return Point(values, self.loss([values])[0])

    def by_bfgs(self, start: Point) -> Outcome:
        outcome = quasi_newton.descend(self.loss, start, self.settings, self.told(), self.exact)
        self.epochs_before += self.settings.epochs
        return outcome

    def by_gradient(self, start: Point, optimizer: str, scales: Sequence[float] = ()) -> Outcome:
        outcome = gradient_descent.descend(
            self.loss, start, optimizer, self.settings, self.told(), self.exact, scales
        )
        self.epochs_before += self.settings.epochs
        return outcome

    def polish(self, first: Outcome) -> Outcome:
        """BFGS from where a descent ended; the descent as it was if that leads no further."""
        then = self.by_bfgs(first.best)
        if not then.best.loss < first.best.loss:
            return first
        return first._replace(
            optimizer=ADAM_BFGS, log=[*first.log, *then.log[1:]], stopped=then.stopped, last_learn=0.0
        )

    def told(self) -> Progress | None:
        """Reports the progress of one descent as part of that of all."""
        progress, before = self.progress, self.epochs_before
        return progress and (lambda done, _: progress(before + done, self.all_epochs))

    def drawn(self, first: Point, scales: Values, dice: random.Random) -> Point:
        """A random start, one to ten scales from the first in each parameter; the first itself if the loss is no number
        at any of those drawn.
        """
        for _ in range(DRAWS):
            spread = NEAR * (FAR / NEAR) ** dice.random()
            values = self.settings.project(
                tuple(
                    value + scale * dice.gauss(0.0, spread)
                    for value, scale in zip(first.values, scales, strict=True)
                )
            )
            point = self.at(values)
            if isfinite(point.loss):
                return point
        return first


def _loss(point: Point) -> float:
    return point.loss


def _lowest(found: list[Outcome], settings: Settings) -> Outcome:
    """The descent that ended lowest, of those that have an end; of several about as low, the first."""
    ended = [outcome for outcome in found if outcome.stopped != ENDLESSLY] or found
    least = min(outcome.best.loss for outcome in ended)
    return next(
        outcome for outcome in ended if outcome.best.loss - least <= settings.until * abs(outcome.best.loss)
    )
