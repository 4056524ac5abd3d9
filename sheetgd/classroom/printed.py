"""The numbers that an assignment's worksheet prints, and where."""

from __future__ import annotations

from .. import a1
from ..sheet import Place
from .assignment import Assignment
from .exercises import exercise
from .plan import Plan


def points(assignment: Assignment) -> tuple[float, ...]:
    """The typed numbers of the table, column after column."""
    columns = exercise(assignment.lesson).typed(assignment.x, assignment.y)
    return tuple(float(number) for column in columns for number in column)


def point_places(plan: Plan) -> list[Place]:
    """Where they stand, in the same order, on the sheets of a plan."""
    rows = range(1, plan.rows + 1)
    return [(plan.task.tab, a1.parse(plan.cell(title, row))) for title in plan.task.inputs for row in rows]


def printed_numbers(plan: Plan, assignment: Assignment) -> dict[Place, float]:
    """All numbers of an assignment that is drawn by the plan: its points, the start and the learning rate."""
    fixed = {f"start {name}": value for name, value in assignment.start.items()}
    fixed["learn"] = assignment.learn
    places = {name: (plan.task.tab, a1.parse(plan.fixed[name])) for name in fixed}
    numbers = dict(zip(point_places(plan), points(assignment), strict=True))
    return numbers | {places[name]: float(value) for name, value in fixed.items()}
