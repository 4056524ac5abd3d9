"""A gap in a student's table: what the formulas after it would show if it were filled."""

from __future__ import annotations

from collections.abc import Mapping

from ..formulas.references import references
from ..grid.sheet import Place, Value
from .judging import RightSheet, is_number
from .placing import Answers, is_tame


def over_gaps(right: RightSheet, student: Answers, found: Mapping[Place, Value]) -> dict[Place, Value]:
    """What the student's formulas would show that a gap before them keeps from being right.

    A gap is an empty cell, a text or an error. It counts as wrong itself; a formula that reads it may be right.
    """
    theirs = [blank.place for blank in right.blanks if blank.place not in right.texts]
    empty = {place for place in theirs if not is_number(found[place])}
    formulas = {place: text for place, text in student.own_formulas(theirs).items() if is_tame(text)}
    printed = {place: text for place, text in right.formulas.items() if place not in theirs}
    gaps = empty - formulas.keys()
    while empty and formulas:
        again = _reading(right, formulas | printed, gaps, empty)
        values = right.recompute(found, again)
        errors = {place for place, value in values.items() if not is_number(value)}
        if not errors:
            return values
        reads = {
            place: {other for other in _reads(place, again[place]) if other in errors} for place in errors
        }
        first = {place for place, others in reads.items() if not others} or _in_circles(reads)
        gaps |= first or errors  # the others may only repeat them
    return {}


def _in_circles(reads: Mapping[Place, set[Place]]) -> set[Place]:
    """The cells that read themselves, at once or through others."""

    def reached(start: Place) -> set[Place]:
        found: set[Place] = set()
        todo = list(reads[start])
        while todo:
            if (place := todo.pop()) not in found:
                found.add(place)
                todo += reads[place]
        return found

    return {place for place in reads if place in reached(place)}


def _reading(
    right: RightSheet, formulas: Mapping[Place, str], gaps: set[Place], empty: set[Place]
) -> dict[Place, str]:
    """The formulas that show nothing, or that read a gap, at once or through others."""
    again: dict[Place, str] = {}
    for place in right.formulas:
        reads_gap = any(other in gaps or other in again for other in _reads(place, formulas.get(place, "")))
        if place in formulas and place not in gaps and (place in empty or reads_gap):
            again[place] = formulas[place]
    return again


def _reads(place: Place, formula: str) -> list[Place]:
    """The cells that a formula in this place refers to."""
    return [(sheet, cell) for sheet, area in references(formula, place[0]).areas for cell in area.cells]
