"""Numbers beyond 1e308 inside a formula: the engine goes on with infinity, where the applications show #NUM!.

In most formulas infinity stays what it is, or becomes no number at all, and the cell shows #NUM! in the end. It gets
lost where it divides, is compared, or goes into a function with a limit: 1/(1+EXP(900)) becomes 0. What stands in such
places gets a guard, in the engine's copy of the formula alone, and only where numbers may grow so large.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence

from ..grid.a1 import Area
from ..grid.column_runs import Run
from ..grid.sheet import Place
from .grammar import NotAFormula, parse, text
from .tree import (
    Array,
    Binary,
    Bracket,
    Call,
    Error,
    Name,
    Number,
    Reference,
    Sign,
    Suffix,
    TableField,
    Tree,
    children,
    replaced,
    walk,
)

# What infinity passes through, so that the cell shows it.
_OPEN = frozenset(
    "SUM PRODUCT SUMPRODUCT SUMSQ SUMXMY2 SUMX2MY2 SUMX2PY2 AVERAGE SQRT ABS INT ROUND ROUNDUP ROUNDDOWN LN LOG "
    "LOG10 SINH COSH VAR.P VAR.S VAR STDEV STDEV.P STDEV.S DEVSQ MMULT TRANSPOSE IF LET LAMBDA REDUCE SCAN MAP "
    "BYROW BYCOL FACT".split()
)
# What looks at places, or counts, and is not asked for its arguments' numbers.
_PLACES = frozenset(
    "ROW ROWS COLUMN COLUMNS OFFSET INDEX INDIRECT ADDRESS CELL ISBLANK ISFORMULA ISREF ISTEXT COUNT COUNTA "
    "COUNTBLANK COUNTIF COUNTIFS SUMIF SUMIFS AVERAGEIF AVERAGEIFS MATCH XMATCH LOOKUP VLOOKUP HLOOKUP XLOOKUP "
    "FILTER SORT UNIQUE RANK RANK.EQ SHEET SHEETS HYPERLINK FORMULATEXT SUBTOTAL NA".split()
)
_BOUNDED = frozenset(
    "PI TANH SIN COS ATAN SIGN AND OR NOT COUNT COUNTA COUNTIF ROW ROWS COLUMN COLUMNS ISNUMBER ISERROR TRUE "
    "FALSE RAND".split()
)
_COMPARISONS = frozenset(("=", "<>", "<", ">", "<=", ">="))
_REFERENCE = re.compile(r"(?<![\w.$!:\\])(\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)(?![\w.(!:\\])")
_GUARD = Name("sheetgd_g")

Holds = Callable[[str, Area], bool]  # whether a formula stands in an area of a sheet


def guards(formulas: Mapping[Place, str], columns: Sequence[tuple[str, Run]] = ()) -> dict[Place, str]:
    """The formulas, columns of them on a sheet too, that the engine must have in another form, and this form."""
    cells = {(sheet.casefold(), cell) for sheet, cell in formulas}
    areas = [(sheet.casefold(), run.area) for sheet, run in columns]

    def holds(sheet: str, area: Area) -> bool:
        name = sheet.casefold()
        if area[:2] != area[2:]:
            return True
        return (name, area[:2]) in cells or any(
            name == other and area[:2] in run.cells for other, run in areas
        )

    known: dict[tuple[str, str, tuple[bool, ...]], str | None] = {}
    every = [*formulas.items()]
    for sheet, run in columns:
        places = [(sheet, cell) for cell in run.area.cells]
        every += zip(places, run.values, strict=True)
    found = {}
    for place, formula in every:
        form = _like_before(formula, place[0], holds, known)
        if form is not None:
            found[place] = form
    return found


def _like_before(
    formula: str, sheet: str, holds: Holds, known: dict[tuple[str, str, tuple[bool, ...]], str | None]
) -> str | None:
    """As `guarded`, taken from another formula where the two differ in nothing but the cells they name."""
    pieces = _REFERENCE.split(formula)
    named = pieces[1::2]
    try:
        holding = tuple(holds(sheet, Area.parse(name)) for name in named)
    except ValueError:  # of a name that looks like a cell, but lies beyond the last one: ZIP1
        return guarded(formula, sheet, holds)
    key = sheet, "\0".join(pieces[::2]), holding
    if key not in known:
        form = guarded(formula, sheet, holds)
        parts = _REFERENCE.split(form) if form is not None else []
        if form is not None and parts[1::2] != named:
            return form
        known[key] = "\0".join(parts[::2]) if form is not None else None
    skeleton = known[key]
    if skeleton is None:
        return None
    first, *rest = skeleton.split("\0")
    return first + "".join(name + part for name, part in zip(named, rest, strict=True))


def guarded(formula: str, sheet: str, holds: Holds) -> str | None:
    """The formula with guards where infinity would get lost; None where it would nowhere.

    >>> guarded("1/(1+EXP(-A1))", "S", lambda sheet, area: False)
    '1/LET(sheetgd_g,(1+EXP(-A1)),IF(ISNUMBER(sheetgd_g),IF(sheetgd_g-sheetgd_g=0,sheetgd_g,#NUM!),sheetgd_g))'
    >>> guarded("(B1-A1)/A1+SUM(A1:A3)", "S", lambda sheet, area: False)
    """
    try:
        tree = parse(formula)
        form = replaced(tree, _Guards(sheet, holds).change)
    except (NotAFormula, RecursionError):
        return None
    return None if form is tree else text(form)


def powers(formula: str) -> str | None:
    """The formula with powers that show #NUM! where they are too large, for which the engine says #DIV/0!.

    None where it has no power of single numbers.

    >>> powers("A1^2")
    'LET(sheetgd_a,A1,sheetgd_b,2,IF(AND(ISNUMBER(sheetgd_a),ISNUMBER(sheetgd_b)),IF(AND(sheetgd_a=0,sheetgd_b<0),\
#DIV/0!,IFERROR(sheetgd_a^sheetgd_b,#NUM!)),sheetgd_a^sheetgd_b))'
    """
    try:
        tree = parse(formula)
        form = replaced(tree, _power)
    except (NotAFormula, RecursionError):
        return None
    return None if form is tree else text(form)


def _power(node: Tree) -> Tree | None:
    if isinstance(node, Binary) and node.operator == "^":
        ends: tuple[Tree, ...] = (node.left, node.right)
    elif isinstance(node, Call) and _name(node) == "POWER" and len(node.arguments) == 2:
        ends = node.arguments
    else:
        return None
    if any(map(_has_several, ends)):
        return None
    a, b = Name("sheetgd_a"), Name("sheetgd_b")
    plain = Binary("^", a, b)
    zero = Call("AND", (Binary("=", a, Number("0")), Binary("<", b, Number("0"))))
    numbers = Call("AND", (Call("ISNUMBER", (a,)), Call("ISNUMBER", (b,))))
    large = Call("IF", (zero, Error("#DIV/0!"), Call("IFERROR", (plain, Error("#NUM!")))))
    left, right = (replaced(end, _power) for end in ends)
    return Call("LET", (a, left, b, right, Call("IF", (numbers, large, plain))))


class _Guards:
    """Puts guards into the formulas of a sheet."""

    def __init__(self, sheet: str, holds: Holds) -> None:
        self.sheet, self.holds = sheet, holds

    def change(self, node: Tree) -> Tree | None:
        """The node with guards around what may be infinite and would get lost; None where nothing would."""
        parts = children(node)
        if isinstance(node, Binary):
            if node.operator in _COMPARISONS or (node.operator == "^" and not isinstance(node.right, Number)):
                return self.guard_parts(node, parts, 0)
            if node.operator == "/":
                return self.guard_parts(node, parts, 1)
        if isinstance(node, Call) and isinstance(node.function, str):
            name = _name(node)
            if name == "IF" and node.arguments:
                return self.guard_parts(node, parts, 0, 1)
            if name not in _OPEN | _PLACES:
                return self.guard_parts(node, parts, 0)
        return None

    def guard_parts(
        self, node: Binary | Call, parts: tuple[Tree, ...], first: int, last: int = sys.maxsize
    ) -> Tree:
        """The node with guards around the parts from `first` to before `last`."""
        found = tuple(
            self.guard(part) if first <= index < last else replaced(part, self.change)
            for index, part in enumerate(parts)
        )
        if all(one is other for one, other in zip(parts, found, strict=True)):
            return node
        return Binary(node.operator, *found) if isinstance(node, Binary) else Call(node.function, found)

    def guard(self, node: Tree) -> Tree:
        inner = replaced(node, self.change)
        return _guard(inner) if self.may(node) else inner

    def may(self, node: Tree) -> bool:
        """Whether the node's value may be infinite."""
        if isinstance(node, Reference):
            return self.holds(node.sheet_name or self.sheet, node.area)
        if isinstance(node, (Bracket, Sign, Suffix)):
            return self.may(children(node)[0])
        if isinstance(node, Binary):
            return node.operator not in _COMPARISONS | {"&"} and not _constant(node)
        return isinstance(node, (Name, TableField)) or (
            isinstance(node, Call) and _name(node) not in _BOUNDED
        )


def _name(node: Call) -> str:
    name = node.function if isinstance(node.function, str) else ""
    return name.rpartition("_xlfn.")[2].removeprefix("_xlws.").upper()


def _constant(node: Tree) -> bool:
    return not any(isinstance(part, (Reference, Name, TableField, Call)) for part in walk(node))


def _has_several(tree: Tree) -> bool:
    """Whether the tree's value may be an array."""
    return any(
        isinstance(part, (Array, Name, TableField)) or (isinstance(part, Reference) and part.last)
        for part in walk(tree)
    )


def _guard(node: Tree) -> Tree:
    whole: Tree = Call("SUM", (_GUARD,)) if _has_several(node) else _GUARD
    finite = Binary("=", Binary("-", whole, whole), Number("0"))
    checked = Call("IF", (finite, _GUARD, Error("#NUM!")))
    return Call("LET", (_GUARD, node, Call("IF", (Call("ISNUMBER", (whole,)), checked, _GUARD))))
