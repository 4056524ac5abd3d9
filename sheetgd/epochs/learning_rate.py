"""A run whose loss has grown: what is said about it, and a learning rate that works."""

from __future__ import annotations

from math import floor, isfinite, log10

from ..errors import Diverged, SheetgdError
from ..grid.a1 import a1
from ..layout.find import Layout
from ..layout.line import nudge, points, roles
from ..maths import line as descent
from .growth import grew
from .rule import Rule, State
from .stepping import Trace

RECOGNISED_ROWS = 8  # rows of the table by which a known rule is recognised
DECADES = 9  # powers of ten below the learning rate that failed in which to look for one that works
TRIAL = 10  # epochs in which the loss must fall
MOST_PROBED = 20  # values that are carried: more would take too many probes
STEADY = 1 + 1e-9  # an eigenvalue of the epoch's map up to this one is no growth
SAME = 1e-9  # of a loss: one that ends so near its start has gone to and fro


def divergence(rule: Rule, layout: Layout, trace: Trace, before: State) -> Diverged:
    """The error for a run that was stopped."""
    kept, cell = trace.done, layout.controls.learn
    place, cause = (layout.sheet.name, a1(cell) if cell else ""), ""
    if failure := rule.failure(trace.failed) if trace.failed else None:
        place = failure.place[0], a1(failure.place[1])
        cause = f": the formula here, ={failure.formula}, gave {failure.error}"
    held = f"the sheet holds epoch {kept:,}, before the growth began" if kept else "the sheet is as it was"
    rate = "" if rule.learn is None else f" with learn {rule.learn:.15g}"
    return Diverged(
        f"the run diverged in epoch {trace.stopped:,}{rate}{cause}; {held}",
        advice(rule, layout, before),
        sheet=place[0],
        cell=place[1],
    )


def growth_notes(rule: Rule, layout: Layout, trace: Trace, before: State, after: State) -> list[str]:
    """What is said about a run whose loss ends above its start."""
    if not grew(before.loss, after.loss):
        return []
    name = layout.controls.loss_name
    return [
        f"{name} grew from {before.loss:.9g} to {after.loss:.9g}, from epoch {trace.lowest + 1:,} on; "
        f"{advice(rule, layout, before)}"
    ]


def advice(rule: Rule, layout: Layout, before: State) -> str:
    """What to do about a run whose loss has grown: a learning rate that works, where one can be found."""
    kind = "" if rule.over_rows else recognise(rule, layout, before)
    if kind == "swapped":
        return (
            "no learn is safe: each derivative is used for the other parameter, so this rule diverges sooner or later "
            "with any"
        )
    limit = rounded_down(descent.safe_learn(points(layout)[0])) if kind == "line" else 0.0
    if limit and (rule.learn is None or limit < rule.learn):
        return f"for these x, every learn below {limit:.15g} (1 / (max x² + 1)) is certainly safe"
    cell = layout.controls.learn
    if not (rule.learn and cell and rule.depends(cell)):
        return "take smaller steps: no learn cell goes into the new values"
    if cell in layout.sheet.formulas:
        return f"make learn smaller: it is the formula ={layout.sheet.formulas[cell]}"
    try:
        found = _search(rule, before)
    except KeyboardInterrupt:
        if not rule.over_rows:
            raise
        return "try a smaller learn; Ctrl-C ended the search for one that works"
    if found is None:
        return "no smaller learn was found with which the loss falls: try other start values"
    return f"try learn {found:.15g}, with which the loss falls"


def rounded_down(limit: float) -> float:
    """A limit with three digits, not above it.

    >>> rounded_down(1 / 2501), rounded_down(0.0004), rounded_down(0.0)
    (0.000399, 0.0004, 0.0)
    """
    if not limit > 0:
        return 0.0
    digits = 2 - floor(log10(limit))
    shown = float(f"{limit:.2e}")
    return shown if shown <= limit else float(f"{shown - 10.0**-digits:.2e}")


def _search(rule: Rule, before: State) -> float | None:
    """The largest learning rate of the row 1, 2, 5, 10 … that works, below the one that failed."""
    assert rule.learn
    power = floor(log10(rule.learn))
    failed = rule.learn
    try:
        for exponent in range(power, power - DECADES, -1):
            if _works(rule, before, decade := float(f"1e{exponent}"), failed):
                larger = (float(f"{digit}e{exponent}") for digit in (5, 2))
                return next((learn for learn in larger if _works(rule, before, learn, failed)), decade)
    finally:
        rule.try_learn(failed)
        rule.settle(before)
    return None


def _works(rule: Rule, before: State, learn: float, failed: float) -> bool:
    """Whether the loss falls from the start, and the epoch's map, where it is affine, has no eigenvalue above 1."""
    if learn >= failed:
        return False
    rule.try_learn(learn)
    rule.settle(before)
    losses: list[float] = []
    for chunk in rule.steps(TRIAL):
        for state in chunk:
            if state is None or not all(map(isfinite, state.values.values())):
                return False
            losses += [] if state.loss is None else [state.loss]
    return _falls(before.loss, losses) and _settles(rule, before)


def _falls(start: float | None, losses: list[float]) -> bool:
    """Whether the losses of a trial end below the start and none is above it; of a start of 0 the latter is enough."""
    if not losses:
        return True
    if any(grew(start, loss) for loss in losses) or losses[-1] > losses[0]:
        return False
    return not start or losses[-1] < start - SAME * abs(start)


def _settles(rule: Rule, before: State) -> bool:
    if len(before.values) > MOST_PROBED:
        return True
    from ..maths.affine import NotAffine, find_map  # which needs NumPy
    from .at_once import Asked

    asked = Asked(rule, before)
    try:
        return find_map(asked.epoch, asked.vector(before)).radius() <= STEADY
    except NotAffine:
        return True  # the trial must be enough


def recognise(rule: Rule, layout: Layout, before: State) -> str:
    """How the sheet's first rows step: "line" as in the line lesson, "swapped" with swapped derivatives, else empty."""
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
