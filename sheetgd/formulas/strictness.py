"""Formulas that the engine reads more leniently than Excel: files may hold them in a form that Excel reads differently.

Excel itself writes no such formulas; libraries do, and store no results beside them.
"""

from __future__ import annotations

from .grammar import NotAFormula, parse
from .reasons import ONE_CELL, UNPREFIXED, Reason
from .references import references
from .tree import Binary, Call, Reference, Sign, Suffix, TableField, Tree, bare, children, walk

# Source: Microsoft, "Issue: An _xlfn. prefix is displayed in front of a formula", of those that the engine knows.
_NEWER = frozenset(
    "ACOT ACOTH ARABIC BASE BITAND BITOR BITXOR BYCOL BYROW CEILING.MATH CHOOSECOLS CHOOSEROWS COMBINA CONCAT COT "
    "COTH CSC CSCH DAYS DECIMAL DROP EXPAND FILTER FLOOR.MATH FORECAST.LINEAR GAMMA GAUSS HSTACK IFNA IFS LAMBDA "
    "LET MAKEARRAY MAP MAXIFS MINIFS MUNIT NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV NUMBERVALUE PERCENTILE.EXC "
    "PERCENTILE.INC PERMUTATIONA PHI QUARTILE.EXC QUARTILE.INC RANDARRAY RANK.AVG RANK.EQ REDUCE RRI SCAN SEC "
    "SECH SEQUENCE SHEET SHEETS SORT SORTBY STDEV.P STDEV.S SWITCH TAKE TEXTJOIN TOCOL TOROW UNIQUE VAR.P VAR.S "
    "VSTACK WRAPCOLS WRAPROWS XLOOKUP XMATCH XOR".split()
)
_ARRAYS = frozenset(  # which take whole arrays, as does everything inside them
    "SUMPRODUCT MMULT MINVERSE MDETERM TRANSPOSE LOOKUP FREQUENCY LINEST LOGEST TREND GROWTH SUMXMY2 "
    "SUMX2MY2 SUMX2PY2 CORREL COVAR COVARIANCE.P COVARIANCE.S PEARSON RSQ SLOPE INTERCEPT STEYX FORECAST PROB "
    "INDEX MATCH".split()
)
_SINGLE = frozenset(  # which take a number each
    "ABS ACOS ASIN ATAN CEILING COS COSH DEGREES EXP FACT FLOOR INT LN LOG LOG10 MOD NOT POWER RADIANS ROUND "
    "ROUNDDOWN ROUNDUP SIGN SIN SINH SQRT TAN TANH TRUNC".split()
)


def stricter(formula: str) -> Reason | None:
    """Why Excel will show a different result from the engine's for a formula that is not an array formula; None if it
    will not.

    >>> stricter("LET(x,1,x)") == UNPREFIXED, stricter("SUM((A1:A3-B1)^2)") == ONE_CELL
    (True, True)
    >>> stricter("SUM(A1:A3)+_xlfn.LET(_xlpm.x,1,_xlpm.x)"), stricter("SUMPRODUCT((A1:A3-B1)^2)")
    (None, None)
    """
    ranges = ":" in formula or "[" in formula
    if not ranges and _NEWER.isdisjoint(references(formula, "").functions):
        return None
    try:
        tree = parse(formula)
    except NotAFormula:
        return None
    if any(isinstance(node, Call) and node.function in _NEWER for node in walk(tree)):
        return UNPREFIXED
    return ONE_CELL if _narrows(tree) or _shows_range(tree) else None


def _shows_range(tree: Tree) -> bool:
    """Whether a cell shows a range, of which Excel takes the part in its own row or column."""
    if isinstance(tree, Call) and tree.function in ("IF", "IFERROR", "_xlfn.IFNA"):
        return any(map(_shows_range, tree.arguments))
    return _is_range(tree)


def _narrows(tree: Tree) -> bool:
    """Whether a range stands where a single number is wanted."""
    if isinstance(tree, Call) and isinstance(tree.function, str):
        if tree.function.startswith("_xlfn.") or tree.function in _ARRAYS:
            return False
        if tree.function in _SINGLE and any(map(_is_range, tree.arguments)):
            return True
    if isinstance(tree, Sign) and tree.sign == "@":
        return False
    wanted = tree.operator not in (":", " ", ",") if isinstance(tree, Binary) else isinstance(tree, Suffix)
    if (wanted or isinstance(tree, Sign)) and any(map(_is_range, children(tree))):
        return True
    return any(map(_narrows, children(tree)))


def _is_range(tree: Tree) -> bool:
    tree = bare(tree)
    if isinstance(tree, TableField):
        return "@" not in tree.field and "#This Row" not in tree.field
    return isinstance(tree, Reference) and tree.last is not None and tree.area[:2] != tree.area[2:]
