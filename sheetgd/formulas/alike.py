"""Formulas that differ only in the cells that they name: what is done to one is done to the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_CELL = r"\$?(?:[A-W]?[A-Z]{1,2}|X[A-E][A-Z]|XF[A-D])\$?[1-9]\d{0,5}"  # and nothing that may be a name
REFERENCE = re.compile(rf"(?<![\w.$:\\])({_CELL}(?::{_CELL})?)(?![\w.(!:\\])")


class Alike:
    """A change of formulas, found once for all that are alike.

    >>> double = Alike(lambda formula: f"2*({formula})")
    >>> double("A1+B1"), double("A2+B2")
    ('2*(A1+B1)', '2*(A2+B2)')
    """

    def __init__(self, change: Callable[[str], str | None]) -> None:
        """`change` gives another form of a formula; None where it needs none."""
        self.change = change
        self.known: dict[str, str | None] = {}

    def __call__(self, formula: str) -> str | None:
        pieces = REFERENCE.split(formula)
        named, key = pieces[1::2], "\0".join(pieces[::2])
        if key not in self.known:
            form = self.change(formula)
            parts = REFERENCE.split(form) if form is not None else []
            if form is not None and parts[1::2] != named:
                return form
            self.known[key] = "\0".join(parts[::2]) if form is not None else None
        skeleton = self.known[key]
        if skeleton is None:
            return None
        first, *rest = skeleton.split("\0")
        return first + "".join(name + part for name, part in zip(named, rest, strict=True))


def one_of_each(formulas: Sequence[str]) -> Sequence[str]:
    """The first alone of formulas down a column that differ only in the cells that they name; else all of them.

    >>> from sheetgd.grid.run_values import FilledDown, fill_pattern
    >>> alike, powers = fill_pattern("A7*B$1", "A8*B$1", 7), fill_pattern("A7^2", "A8^3", 7)
    >>> [*one_of_each(FilledDown.of(alike, range(7, 9)))], [*one_of_each(FilledDown.of(powers, range(7, 9)))]
    (['A7*B$1'], ['A7^2', 'A8^3'])
    """
    if len(formulas) < 2:
        return formulas
    from ..grid.run_values import FilledDown  # which small sheets do without

    if not isinstance(formulas, FilledDown):
        return formulas
    first, second = formulas[:2]
    # What a pattern changes from the first row to the second is all that it ever changes. In quotes are sheets' names.
    alike = "'" not in first and REFERENCE.split(first)[::2] == REFERENCE.split(second)[::2]
    return formulas[:1] if alike else formulas
