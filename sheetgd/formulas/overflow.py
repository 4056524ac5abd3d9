"""Numbers beyond 1e308 inside a formula: the engine carries on with infinity; the applications show #NUM!.

A cell of the engine's never shows infinity, but #NUM!, too. Inside a formula infinity gets lost where it divides, is
compared, or goes into a function with a limit: 1/(1+EXP(900)) becomes 0. What stands in such places, and is more than a
cell, gets a guard, in the engine's copy of the formula alone, and only where numbers may grow so large.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from math import inf, log10

from .alike import REFERENCE
from .dialect import COMPARISONS, OWN, has_several
from .functions import GROWING
from .grammar import NotAFormula, parse, text
from .tree import (
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
    bare,
    children,
    function_name,
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
# How often these multiply what they are given.
_FACTORS = dict.fromkeys(
    "SUM AVERAGE SQRT ABS INT ROUND ROUNDUP ROUNDDOWN LN LOG LOG10 MAX MIN IF MEDIAN MOD".split(), 1.0
) | dict.fromkeys(
    "SUMSQ SUMXMY2 SUMX2MY2 SUMX2PY2 DEVSQ STDEV STDEV.P STDEV.S STEYX VAR VAR.P VAR.S".split(),
    4.0,
)
MODERATE = 10  # cells up to 1e30 of which the product is no larger than 1e300
_NO_NUMBER = COMPARISONS | {"&"}  # give TRUE, FALSE or a text
_GUARD = Name(f"{OWN}g")
_SEVERAL = (
    parse(  # of powers c of a and b: unless an error or a division by 0 among a and b makes the sum's error
        "IF(IFERROR(ERROR.TYPE(SUM(sheetgd_c)),0)=2,IF(ISERROR(SUM(sheetgd_a)+SUM(sheetgd_b)),sheetgd_c,"
        "IF(SUM((sheetgd_a=0)*(sheetgd_b<0))>0,sheetgd_c,#NUM!)),sheetgd_c)"
    )
)

Needed = Callable[[Tree], bool]  # whether a part of a formula in such a place needs a guard


def guarded(formula: str, needed: Needed | None = None) -> str | None:
    """The formula with guards where infinity would get lost; None if it would not.

    >>> guarded("1/(1+EXP(-A1))")
    '1/LET(sheetgd_g,(1+EXP(-A1)),IF(ISNUMBER(sheetgd_g),IF(sheetgd_g-sheetgd_g=0,sheetgd_g,#NUM!),sheetgd_g))'
    >>> guarded("(B1-A1)/A1+SUM(A1:A3)")
    """
    try:
        tree = parse(formula)
        form = replaced(tree, _Guards(needed or may_overflow).change)
    except (NotAFormula, RecursionError):
        return None
    return None if form is tree else text(form)


def powers(formula: str) -> str | None:
    """The formula with powers that show #NUM! where they are too large, for which the engine says #DIV/0!.

    None where it has no power. Of an array all is #NUM! where one of its powers is too large.

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
    elif isinstance(node, Call) and function_name(node) == "POWER" and len(node.arguments) == 2:
        ends = node.arguments
    else:
        return None
    a, b, c = (Name(OWN + letter) for letter in "abc")
    plain = Binary("^", a, b)
    left, right = (replaced(end, _power) for end in ends)
    if any(map(has_several, ends)):
        return Call("LET", (a, left, b, right, c, plain, _SEVERAL))
    zero = Call("AND", (Binary("=", a, Number("0")), Binary("<", b, Number("0"))))
    numbers = Call("AND", (Call("ISNUMBER", (a,)), Call("ISNUMBER", (b,))))
    large = Call("IF", (zero, Error("#DIV/0!"), Call("IFERROR", (plain, Error("#NUM!")))))
    return Call("LET", (a, left, b, right, Call("IF", (numbers, large, plain))))


class _Guards:
    """Puts guards into formulas."""

    def __init__(self, needed: Needed) -> None:
        self.needed = needed

    def change(self, node: Tree) -> Tree | None:
        """The node with guards around what may be infinite and would get lost; None where nothing would."""
        parts = children(node)
        if isinstance(node, Binary):
            if node.operator in COMPARISONS or (node.operator == "^" and not isinstance(node.right, Number)):
                return self.guard_parts(node, parts, 0)
            if node.operator == "/":
                return self.guard_parts(node, parts, 1)
        if isinstance(node, Call) and isinstance(node.function, str):
            name = function_name(node)
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
        return _guard(inner) if self.needed(node) else inner


def may_overflow(node: Tree) -> bool:
    """Whether what stands here may be infinite, from whatever cells."""
    if isinstance(node, (Bracket, Sign, Suffix)):
        return may_overflow(children(node)[0])
    if isinstance(node, Binary):
        return node.operator not in _NO_NUMBER and not _constant(node)
    return isinstance(node, (Name, TableField)) or (
        isinstance(node, Call) and function_name(node) not in _BOUNDED
    )


def leaps(node: Tree) -> bool:
    """Whether what stands here may be infinite even from cells with moderate numbers, up to 1e30."""
    return _degree(node) > MODERATE


def grow(formulas: Iterable[str]) -> bool:
    """Whether one of some formulas with powers, or with functions that grow fast, may turn moderate numbers into ones
    beyond 1e308.

    >>> grow(["IF(MAX(A1:A9)<10^50,2*A1,0)", "10^(MIN(A1,30000)/5000)"]), grow(["2^A1"]), grow(["EXP(A1)"])
    (False, True, True)
    """
    try:
        return any(_grows(parse(form)) for form in {REFERENCE.sub("A1", formula) for formula in formulas})
    except (NotAFormula, RecursionError):
        return True


def _grows(node: Tree) -> bool:
    if isinstance(node, Binary) and node.operator in COMPARISONS:
        return any(_grows(side) for side in (node.left, node.right) if not _most(side) < inf)
    if isinstance(node, Binary) and node.operator == "^":
        few = isinstance(node.right, Number) and len(node.right.text) == 1
        return _grows(node.left) if few else not _most(node) <= 1e30
    if isinstance(node, Call) and function_name(node) in GROWING:
        return True
    return any(map(_grows, children(node)))


def _most(node: Tree) -> float:
    """No number that stands here is larger; infinity where that is not known."""
    node = bare(node)
    if isinstance(node, Number):
        return float(node.text)
    if isinstance(node, Sign) and node.sign == "-" and isinstance(node.operand, Number):
        return -float(node.operand.text)
    if isinstance(node, Call) and function_name(node) == "MIN":
        return min(map(_most, node.arguments), default=inf)
    if isinstance(node, Binary) and isinstance(node.right, Number) and node.operator == "/":
        return _most(node.left) / float(node.right.text) if float(node.right.text) else inf
    if isinstance(node, Binary) and isinstance(node.left, Number) and node.operator == "^":
        base, exponent = float(node.left.text), _most(node.right)
        return base**exponent if base >= 1 and exponent * log10(base) < 308 else inf
    return inf


def _degree(node: Tree) -> float:
    """How many cells are multiplied at most; infinity where that says nothing of the result's size.

    >>> [_degree(parse(formula)) for formula in ("(A1*B1+2)^2", "SUM(A1:A9)/COUNT(A1:A9)", "A1/B1", "EXP(A1)")]
    [4.0, 1.0, inf, inf]
    """
    if isinstance(node, Binary) and node.operator in _NO_NUMBER:
        return 0
    below = [_degree(part) for part in children(node)]
    if isinstance(node, Binary):
        left, right = below
        if node.operator == "^":
            return left * float(node.right.text) if isinstance(node.right, Number) else inf
        if node.operator == "/":
            return left if _constant(node.right) or _counts(node.right) else inf
        return left + right if node.operator == "*" else max(below)
    if isinstance(node, Call):
        name = function_name(node)
        if name in _BOUNDED | _PLACES:
            return 0 if name in _BOUNDED else 1
        if name in ("SUMPRODUCT", "MMULT"):
            return sum(below)
        return _FACTORS.get(name, inf) * most if (most := max(below, default=0.0)) else 0
    if isinstance(node, (Reference, Number)):
        return 1 if isinstance(node, Reference) or float(node.text) > 1e30 else 0
    return inf if isinstance(node, (Name, TableField)) else max(below, default=0)


def _constant(node: Tree) -> bool:
    return not any(isinstance(part, (Reference, Name, TableField, Call)) for part in walk(node))


def _counts(node: Tree) -> bool:
    """Whether what stands here is a whole number from 0 on: dividing by it leaves a number smaller, or is an error."""
    node = bare(node)
    return isinstance(node, Call) and function_name(node) in ("COUNT", "COUNTA", "ROWS", "COLUMNS")


def _guard(node: Tree) -> Tree:
    whole: Tree = Call("SUM", (_GUARD,)) if has_several(node) else _GUARD
    finite = Binary("=", Binary("-", whole, whole), Number("0"))
    checked = Call("IF", (finite, _GUARD, Error("#NUM!")))
    return Call("LET", (_GUARD, node, Call("IF", (Call("ISNUMBER", (whole,)), checked, _GUARD))))
