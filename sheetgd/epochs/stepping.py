"""Running epochs: one by one, or many at once where that gives the same; which of them are logged; when to stop."""

from __future__ import annotations

from collections.abc import Container
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from ..books.book import Progress
from ..errors import SheetgdError
from ..layout.find import Layout
from ..layout.line import nudge, points, roles
from ..maths import line as descent
from .rules import (
    Rule,
    State,
)

BLOW_UP = 1e6  # a loss this many times the run's first has diverged
FAR_AWAY = 1e14  # past it, adding the nudge to a parameter no longer changes it
LOG_ROWS = 1000  # at most, of a run whose log is thinned
LOG_FIRST = 100  # epochs that are always logged


class Trace(NamedTuple):
    """What a run went through: the number of good epochs, and the states of those that are logged, the last among
    them, by their number from 1."""

    done: int
    states: dict[int, State]
    diverged: bool


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


def one_by_one(rule: Rule, before: State, count: int, wanted: set[int], progress: Progress | None) -> Trace:
    states: dict[int, State] = {}
    first, done, last = before.loss, 0, before
    rule.settle(before)
    for chunk in rule.steps(count):
        for state in chunk:
            first = first or (state.loss if state else None)
            if state is None or has_diverged(state, first, before, rule.layout.parameters):
                return Trace(done, states | ({done: last} if done else {}), True)
            done, last = done + 1, state
            if done in wanted:
                states[done] = state
        if progress:
            progress(done, count)
    return Trace(done, states, False)


def has_diverged(state: State, first: float | None, before: State, parameters: Container[str]) -> bool:
    """Whether a state is no longer one that a descent could come back from; `first` is the run's first loss.

    Only parameters can be too far away: a mean of squared slopes may be as large as it likes.
    """
    numbers = [*state.values.values(), *([] if state.loss is None else [state.loss])]
    if not all(isfinite(number) for number in numbers):
        return True
    if state.loss is not None and first and abs(state.loss) > BLOW_UP * abs(first):
        return True
    return any(
        abs(number) > FAR_AWAY * max(1.0, abs(before.values[name]))
        for name, number in state.values.items()
        if name in parameters
    )


if TYPE_CHECKING:
    pass
RECOGNISED_ROWS = 8  # of the table, by which a known rule is recognised


# -- which rule it is -------------------------------------------------------------------------------------------------
def safer_learn(rule: Rule, layout: Layout, before: State) -> str:
    """A learning rate that is certainly safe for these x, where the rule is known to have one."""
    xs, _ = points(layout)
    limit = descent.safe_learn(xs)
    kind = recognise(rule, layout, before)
    if kind == "line" and limit:
        return f"for these x, every learn below {limit:.3g} (1 / (max x² + 1)) is certainly safe"
    if kind == "swapped":
        return (
            "no learn is safe: each derivative is used for the other parameter, so this rule diverges sooner or later "
            "with any"
        )
    return "try a learn ten times smaller"


def recognise(rule: Rule, layout: Layout, before: State) -> str:
    """Whether the sheet's first rows step as the line lesson does ("line"), with swapped derivatives, or else ("")."""
    if layout.rule == "columns":
        return "line"
    try:
        slope, intercept = (layout.parameters[name] for name in roles(layout))
    except SheetgdError:
        return ""
    rule.settle(before)
    columns = [slope.column, intercept.column, slope.successor, intercept.successor]
    cells = [column for column in columns if column]
    if len(cells) < 4:
        return ""
    kinds = set()
    for row, x, y in zip(layout.rows[:RECOGNISED_ROWS], *points(layout), strict=False):
        values = rule.model.get([(rule.sheet, (row, column)) for column in cells])
        if rule.learn is None or not all(type(value) is float for value in values):
            return ""
        m, b, new_m, new_b = (float(value or 0) for value in values)
        try:
            kinds.add(descent.recognise(x, y, m, b, rule.learn, nudge(layout), new_m, new_b))
        except OverflowError:
            return ""
    return kinds.pop() if len(kinds) == 1 else ""
