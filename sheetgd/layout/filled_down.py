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
    """Whether no formula can carry state, and no label can name any; False where only the graph tells."""
    sheet, table = layout.sheet, layout.table
    columns = set(table.successors.values())
    if (
        layout.states
        or runs(sheet.formulas)
        or columns != {found.successor for found in layout.parameters.values()}
    ):
        return False
    heads = {(table.heading, column) for column in columns}
    labels = [str(sheet.values[cell]) for cell, _ in sheet.labels() if cell not in heads]
    if any(map(_may_name_a_next_value, [*labels, *sheet.names])):
        return False
    carried = {found.start for found in layout.parameters.values()}
    carried |= {(row, column) for row in layout.rows for column in columns}
    pieces = {cell: REFERENCE.split(text) for cell, text in sheet.formulas.items()}
    return not any(
        _may_go_on(sheet, ones, others, carried)
        for (row, column), ones in pieces.items()
        if (others := pieces.get((row + 1, column)))
    )


def _may_name_a_next_value(text: str) -> bool:
    words = f"{text.casefold()} {normal(text)}"
    return any(map(words.__contains__, _NEXT_WORDS))


def _may_go_on(sheet: Sheet, ones: list[str], others: list[str], carried: Container[Cell]) -> bool:
    """Whether a formula may read a typed number where the one below it, in its stead, reads a formula.

    Both are in pieces: what stands between the cells that they name, and these.
    """
    if ones[::2] != others[::2] or any("!" in text or "[" in text for text in ones[::2]):
        return True
    for one, other in zip(ones[1::2], others[1::2], strict=True):
        if one == other:
            continue
        if ":" in one or ":" in other:
            return True
        read, later = parse(one), parse(other)
        if read in carried or later in carried or later not in sheet.formulas:
            continue
        if read not in sheet.formulas or later != (read[0] + 1, read[1]):
            return True
    return False
