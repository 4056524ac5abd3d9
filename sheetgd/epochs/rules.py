"""The rule that a sheet goes by: its own formulas, or, for a table of plain columns, the lesson's step."""

from __future__ import annotations

from ..books.book import Book
from ..grid.edits import Edits
from ..layout.find import Layout
from .formula_rule import FormulaRule
from .rule import Rule


def make_rule(book: Book, layout: Layout, learn: float | None, edits: Edits) -> Rule:
    """The rule that the sheet's table goes by."""
    if layout.rule == "formulas":
        return FormulaRule(book, layout, learn, edits)
    from .column_rule import ColumnRule  # which tables of formulas do without

    return ColumnRule(book, layout, learn, edits)
