"""Formulas by their form: those that read the same, filled down or right, become one array operation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from ...grid.a1 import COLUMNS, Area, column
from ...grid.sheet import Place
from ..grammar import NotAFormula, parse, r1c1
from ..tree import Reference, Tree, walk
from .builder import Form, NotCompiled
from .shorthand import written_out

# A cell's address; whole columns, texts, tables and names that look like one are left to the grammar.
_ADDRESS = re.compile(r"(?<![\w.\\$])(\$?)([A-Za-z]{1,3})(\$?)([1-9]\d{0,6})(?![\w.(!\\\[])")
_UNCLEAR = re.compile(r"""["'\[]|(?<!\0):|:(?!\0)""")
_column = lru_cache(4096)(column)


def find_forms(
    formulas: Mapping[Place, str], active: Iterable[Place], arrays: Sequence[tuple[str, Area]]
) -> list[Form]:
    """The active formulas by form; one for each area of `arrays`, which a single formula fills."""
    areas = {(sheet, cell): area for sheet, area in arrays if area[:2] != area[2:] for cell in area.cells}
    found: dict[object, Form] = {}
    growing: set[object] = set()
    for place in sorted(active):
        if area := areas.get(place):
            first = place[0], area[:2]
            found.setdefault(first, Form([first], _tree(formulas, first), area))
            continue
        key: object = _key(formulas[place], place) or (place[0], r1c1(_tree(formulas, place), place[1]))
        if key in found:
            found[key].places.append(place)
        elif key in growing:
            found[place] = Form([place], _tree(formulas, place))
        else:
            form = Form([place], _tree(formulas, place))
            if grows(form.tree):
                growing.add(key)
            found[place if key in growing else key] = form
    return list(found.values())


def _tree(formulas: Mapping[Place, str], place: Place) -> Tree:
    try:
        return written_out(parse(formulas[place]))
    except NotAFormula:
        raise NotCompiled("no formula that can be read", place) from None


def _key(formula: str, place: Place) -> tuple[object, ...] | None:
    """What formulas of one form share, without a look at their grammar; None where that does not tell.

    >>> _key("A1*$C$2", ("S", (1, 4))) == _key("A2*$C$2", ("S", (2, 4))), _key("SUM(B:B)", ("S", (1, 4)))
    (True, None)
    """
    parts = _ADDRESS.split(formula)
    skeleton = "\0".join(parts[::5])
    if _UNCLEAR.search(skeleton):
        return None
    own_row, own_column = place[1]
    key: list[object] = [place[0], skeleton]
    for at in range(1, len(parts), 5):
        fixed_column, letters, fixed_row, row = parts[at : at + 4]
        number = _column(letters)
        if number > COLUMNS:
            return None
        key.append(f"${number}" if fixed_column else number - own_column)
        key.append(f"${row}" if fixed_row else int(row) - own_row)
    return tuple(key)


def grows(tree: Tree) -> bool:
    """Whether a range grows where the formula is filled down or right: SUM(B$1:B3)."""
    return any(
        isinstance(node, Reference)
        and node.last is not None
        and (node.first.fixed_row, node.first.fixed_column) != (node.last.fixed_row, node.last.fixed_column)
        for node in walk(tree)
    )


def filled(form: Form) -> Iterator[Place]:
    """The cells that get the form's values."""
    if form.area is None:
        yield from form.places
    else:
        yield from ((form.places[0][0], cell) for cell in form.area.cells)
