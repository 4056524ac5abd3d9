"""Running epochs: one by one, or many at once where that gives the same; which of them are logged; when to stop."""

from collections.abc import Iterator
from typing import NamedTuple

from ..progress import Progress
from .growth import Growth
from .rule import Rule, State

LOG_ROWS = 1000  # rows at most, of a run whose log is thinned
LOG_FIRST = 100  # epochs that are always logged
COMPARED = 50  # epochs at the beginning of a scan that the engine runs, too
ROWS_AT_ONCE = 40  # epochs over rows beyond the sheet that take more passes than finding their map does


class Trace(NamedTuple):
    """The course of a run.

    `done` are the epochs that are kept; `states` those of them that are logged, the last among them, by their number
    from 1. `stopped` is the epoch in which the run was stopped, if it was, and `lowest` the one with the lowest loss
    (0: the start). `failed` is the state before an epoch that gave no numbers.
    """

    done: int
    states: dict[int, State]
    stopped: int | None = None
    lowest: int = 0
    failed: State | None = None


def logged_epochs(count: int, every: int | None = None) -> list[int]:
    """The epochs that are logged, the last always: each `every`-th, or all up to 1,000, or, of more, the first 100 and
    then an even spread in the logarithm.

    >>> logged_epochs(7, 3), len(logged_epochs(1000)), len(logged_epochs(1_000_000))
    ([3, 6, 7], 1000, 1000)
    >>> logged_epochs(1_000_000)[:101][-2:], logged_epochs(1_000_000)[-2:]
    ([100, 101], [989743, 1000000])
    """
    if every:
        return sorted({*range(every, count + 1, every), count})
    if count <= LOG_ROWS:
        return list(range(1, count + 1))
    epochs = list(range(1, LOG_FIRST + 1))
    while len(epochs) < LOG_ROWS:
        ratio = (count / epochs[-1]) ** (1 / (LOG_ROWS - len(epochs)))
        epochs.append(max(epochs[-1] + 1, round(epochs[-1] * ratio)))
    return epochs


def one_by_one(
    rule: Rule,
    before: State,
    count: int,
    wanted: set[int],
    progress: Progress | None,
    epochs: Iterator[list[State | None]] | None = None,
) -> Trace:
    """Run up to `count` epochs, each computed by the rule, or as `epochs` gives them in its place."""
    states: dict[int, State] = {}
    growth = Growth(before, rule.layout.parameters)
    last = before
    rule.settle(before)
    last = before
    for chunk in epochs or rule.steps(count):
        for state in chunk:
            if growth.runs_away(state):
                kept = growth.lowest
                states = {number: state for number, state in states.items() if number < kept}
                states |= {kept: growth.best} if kept else {}
                return Trace(kept, states, growth.epoch, kept, None if state else last)
            assert state
            last = state
            if growth.epoch in wanted:
                states[growth.epoch] = state
        if progress:
            progress(growth.epoch, count)
    if growth.epoch:
        states[growth.epoch] = last  # not the one that was wanted last where the epochs ended early
    return Trace(growth.epoch, states, None, growth.lowest)
