"""Step tables that show at a glance that they carry nothing beside their parameters.

What else goes on from row to row is found in the graph of all formulas (`unlabelled_states`). In most lessons there is
nothing: each formula is that of the row above, filled down, but for what the parameters themselves go on from.
"""

from __future__ import annotations

from collections.abc import Container

from ..formulas.alike import REFERENCE
from ..grid.a1 import Cell, parse
from ..grid.column_runs import runs
from ..grid.sheet import Sheet, normal
from .find import Layout
from .vocabulary import NEXT_FORMS

_NEXT_WORDS = frozenset(word for form in NEXT_FORMS for word in form.replace("…", " ").split())


def carries_nothing_else(layout: Layout) -> bool:
    """Whether nothing goes on from row to row beside the parameters; False where only the graph tells.

    Looked at are the formulas of the first row and what they need: none may read a typed number in a place where the
    formula below it reads a formula. No formula may mention another sheet, and no label may name a next value.
    """
    sheet, table = layout.sheet, layout.table
    columns = set(table.successors.values())
    if (
        layout.states
        or runs(sheet.formulas)
        or columns != {found.successor for found in layout.parameters.values()}
    ):
        return False
    if any("!" in formula for formula in sheet.formulas.values()):
        return False  # a name, too, may then lead to another sheet, and back from there
    heads = {(table.heading, column) for column in columns}
    labels = [str(sheet.values[cell]) for cell, _ in sheet.labels() if cell not in heads]
    if any(map(_may_name_a_next_value, [*labels, *sheet.names])):
        return False
    carried = {found.start for found in layout.parameters.values()}
    carried |= {(row, column) for row in layout.rows for column in columns}
    waiting = [*sheet.names.values(), *(cell for cell in sheet.formulas if cell[0] == table.first)]
    seen = set()
    while waiting:
        cell = waiting.pop()
        formula = sheet.formulas.get(cell)
        if formula is None or cell in seen:
            continue
        seen.add(cell)
        if ":" in formula or "[" in formula or _may_go_on(sheet, cell, carried):
            return False
        waiting += map(parse, REFERENCE.findall(formula.upper()))
    return True


def _may_name_a_next_value(text: str) -> bool:
    words = f"{text.casefold()} {normal(text)}"
    return any(map(words.__contains__, _NEXT_WORDS))


def _may_go_on(sheet: Sheet, cell: Cell, carried: Container[Cell]) -> bool:
    """Whether a formula without areas may read a typed number where the one below it, in its stead, reads a formula."""
    below = sheet.formulas.get((cell[0] + 1, cell[1]))
    if below is None:
        return False
    ones, others = REFERENCE.split(sheet.formulas[cell].upper()), REFERENCE.split(below.upper())
    if ones[::2] != others[::2] or ":" in below:
        return True
    for one, other in zip(ones[1::2], others[1::2], strict=True):
        read, later = parse(one), parse(other)
        known = read == later or read in carried or later in carried or later not in sheet.formulas
        if not known and (read not in sheet.formulas or later != (read[0] + 1, read[1])):
            return True
    return False
