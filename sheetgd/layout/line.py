"""A straight line's parts in a layout: its points, slope and intercept, and the columns of its table."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import SheetError
from ..grid.a1 import a1
from ..grid.sheet import normal
from .find import Layout
from .vocabulary import INTERCEPT_WORDS, PREDICTION_WORDS, SLOPE_WORDS, SQUARED_ERROR_WORDS, next_labels

# What the columns of a table hold that has no formulas; {m} and {b} are the parameters' own titles.
COLUMN_TITLES = {
    "y_pred": PREDICTION_WORDS.known,
    "error_sq": SQUARED_ERROR_WORDS.known,
    "err_m1": ("err {m}1", "err{m}1", "error {m}1"),
    "de_dm": ("de/d{m}", "est de/d{m}"),
    "new_m": next_labels("{m}"),
    "err_b1": ("err {b}1", "err{b}1", "error {b}1"),
    "de_db": ("de/d{b}", "est de/d{b}"),
    "new_b": next_labels("{b}"),
}


def points(layout: Layout) -> tuple[Sequence[float], Sequence[float]]:
    xs, ys = (layout.sheet.numbers(column, layout.rows) for column in (layout.table.x, layout.table.y))
    return xs, ys


def find_roles(layout: Layout) -> tuple[str, str] | None:
    """Which parameter is the slope and which the intercept, by their titles; None where they are not just these two."""
    titles = {normal(name): name for name in layout.parameters}
    slopes, intercepts = (
        [titles[title] for title in words.known if title in titles]
        for words in (SLOPE_WORDS, INTERCEPT_WORDS)
    )
    return (slopes[0], intercepts[0]) if slopes and intercepts and len(titles) == 2 else None


def roles(layout: Layout) -> tuple[str, str]:
    """The same, but an error if the table of values is not about a line."""
    found = find_roles(layout)
    if found is None:
        raise SheetError(
            f"the table holds values, and its parameters {', '.join(layout.parameters)} are not a slope "
            "(m, slope, a, w) and an intercept (b, intercept, c)",
            "use these titles, or write formulas into the table",
            sheet=layout.sheet.name,
            cell=a1((layout.table.heading, layout.table.x)),
        )
    return found


def nudge(layout: Layout) -> float:
    number = layout.sheet.number(layout.controls.nudge) if layout.controls.nudge else None
    if number is not None and number <= 0 and layout.controls.nudge:
        raise SheetError(
            f"the nudge h is {number:.15g}",
            "type a small number above 0, such as 0.01",
            **layout.sheet.place(layout.controls.nudge),
        )
    from ..maths.line import H  # which sheets of formulas do without

    return number or H


def filled_columns(layout: Layout, slope: str, intercept: str) -> dict[str, int]:
    """The columns of a table of values, by the term of the step that each shows."""
    m, b = normal(slope), normal(intercept)
    columns = {normal(title): column for title, column in layout.table.columns.items()}
    own = {"m": layout.parameters[slope].column, "b": layout.parameters[intercept].column}
    filled = {term: column for term, column in own.items() if column}
    for term, titles in COLUMN_TITLES.items():
        for title in titles:
            column = columns.get(title.format(m=m, b=b))
            if column is not None and (layout.table.first, column) not in layout.sheet.formulas:
                filled.setdefault(term, column)
    return filled
