"""The numbers that an assignment's worksheet prints, and where."""

from __future__ import annotations

from .. import a1
from ..sheet import Place
from . import worksheets
from .assignment import Assignment


def typed_numbers(assignment: Assignment) -> dict[Place, float]:
    """The numbers of the assignment's points, at the places where the worksheet prints them."""
    plan = worksheets.Plan(assignment)
    columns = plan.task.typed(assignment.x, assignment.y)
    return {
        (plan.task.tab, a1.parse(plan.cell(title, row))): float(number)
        for title, column in zip(plan.task.inputs, columns, strict=True)
        for row, number in enumerate(column, start=1)
    }


def printed_numbers(assignment: Assignment) -> dict[Place, float]:
    """All numbers of the assignment: its points, the start and the learning rate."""
    plan = worksheets.Plan(assignment)
    fixed = {f"start {name}": value for name, value in assignment.start.items()}
    fixed["learn"] = assignment.learn
    places = {name: (plan.task.tab, a1.parse(plan.fixed[name])) for name in fixed}
    return typed_numbers(assignment) | {places[name]: float(value) for name, value in fixed.items()}
