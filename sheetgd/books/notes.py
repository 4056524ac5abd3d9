"""What a teacher is told of cells and formulas, a sentence for each kind."""

from __future__ import annotations

from ..formulas.model import describe
from ..formulas.reasons import Reason
from ..grid.a1 import Cell
from ..grid.sheet import Place, Sheet

MOST_NOTES = 5  # of formulas left alone, each for a reason of its own


def date_note(sheet: Sheet, cell: Cell) -> str:
    """What a teacher is told of a number that is written where dates are shown."""
    place = describe((sheet.name, cell))
    return f"{place} shows its number as a date: give the cell a number format"


def renewed_note(places: list[Place]) -> str:
    """What a teacher is told of results that were older than what they are computed from."""
    others = f" and {len(places) - 1:,} more" if len(places) > 1 else ""
    return (
        "the workbook calculates only when told to, and some results were out of date "
        f"({describe(places[0])}{others}): they "
        "were recalculated"
    )


_OTHERWISE = (
    *("unprefixed", "one cell", "inexact", "each", "ambiguous"),
    *("displayed", "from 1904", "filtered"),
)


def frozen_notes(frozen: dict[Place, Reason]) -> list[str]:
    """What a teacher is told of the formulas that keep their stored results: a sentence for each reason."""
    reasons: dict[Reason, list[Place]] = {}
    for place, why in sorted(frozen.items(), key=lambda item: item[0][1]):  # found in any order
        reasons.setdefault(why, []).append(place)
    notes = []
    for why, places in reasons.items():
        others = f" and {len(places) - 1} more" if len(places) > 1 else ""
        kept = "" if why.kind in _OTHERWISE else " left at the stored result"
        notes.append(f"{describe(places[0])}{others}{kept}: {why.words}")
    shown = notes[:MOST_NOTES]
    return shown + (
        [f"{len(notes) - MOST_NOTES} more formulas left as they are"] if len(notes) > MOST_NOTES else []
    )
