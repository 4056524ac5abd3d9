"""Formulas that the engine reads otherwise than Excel, which only stored results would tell: of those that have none.

Excel itself writes no formulas that it reads more strictly than the engine does; libraries do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..grid.sheet import Place
from .functions import called
from .grammar import NotAFormula, parse
from .reasons import AMBIGUOUS, EACH, ONE_CELL, UNPREFIXED, Reason
from .tree import (
    Array,
    Binary,
    Bracket,
    Call,
    Reference,
    Sign,
    Suffix,
    TableField,
    Text,
    Tree,
    bare,
    children,
    function_name,
    walk,
)

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
_QUESTIONS = frozenset(  # which the engine asks of a range as a whole
    "ISNUMBER ISBLANK ISERROR ISERR ISNONTEXT TYPE COUNTIF COUNTIFS SWITCH XOR".split()
)
_QUESTION = re.compile(r"\b(?:IS[A-Z]+|TYPE|COUNTIFS?|SWITCH|XOR)\(|&")  # in capitals
_CONVERTS = _SINGLE | {"VALUE", "DATEVALUE", "TIMEVALUE"}
_SUMMED = r"\b(?:SUM|COUNT|AVERAGE|MIN|MAX)\([$A-Z\d]+:[$A-Z\d]+\)"
_PLAIN = r"\s*[-+]?\d+(?:[Ee][-+]?\d+)?\s*"
# A comma that parts no thousands is an error to the engine.
_LIKE = r"(?!.*,(?!\d{3}(?!\d)))[-+(\s$€£¥]*[\d.,][\d\s.,:/'%$€£¥)Ee+-]*"


def is_ambiguous(text: str) -> bool:
    """Whether a text is a number to the engine, and another one, or none, where points, commas, dates or money differ.

    >>> [is_ambiguous(text) for text in ("1.5.2020", "0,125", "1/2", "12:30", "5%", "3", "-2e3", "44,1", "x1", "")]
    [True, True, True, True, True, False, False, False, False, False]
    """
    if text[:1].isalpha():
        return False  # as most are, so that few runs compile what follows
    return bool(re.fullmatch(_LIKE, text)) and not re.fullmatch(_PLAIN, text)


class Strictness:
    """What tells formulas of which the engine's result is not Excel's; `typed` are the texts in cells."""

    def __init__(self, typed: Iterable[tuple[Place, str]]) -> None:
        self._texts = {(sheet.casefold(), cell) for (sheet, cell), text in typed if is_ambiguous(text)}

    def reason(self, formula: str, sheet: str, *, whole: bool) -> Reason | None:
        """Why Excel will show another result; `whole` says that the formula is an array's, or fills several cells."""
        if _QUESTION.search(formula.upper()):
            from .dialect import as_applications  # which few formulas need

            used = formula if whole else as_applications(formula) or formula
            if _asks_of_each(used):
                return EACH
        if (self._texts or '"' in formula) and self._converts(formula, sheet):
            return AMBIGUOUS
        return None if whole else stricter(formula)

    def _converts(self, formula: str, sheet: str) -> bool:
        """Whether a number is made of a text that counts differently elsewhere."""
        try:
            nodes = list(walk(parse(formula)))
        except NotAFormula:
            return False
        return any(self._is_ambiguous(part, sheet) for node in nodes for part in _numbers(node))

    def _is_ambiguous(self, part: Tree, sheet: str) -> bool:
        part = bare(part)
        if isinstance(part, Text):
            return is_ambiguous(part.value)
        if not isinstance(part, Reference) or not self._texts:
            return False
        name, area = (part.sheet_name or sheet).casefold(), part.area
        return any(name == other and cell in area.cells for other, cell in self._texts)


def _numbers(node: Tree) -> tuple[Tree, ...]:
    """The parts of a node of which it makes numbers."""
    if isinstance(node, Binary):
        wanted = node.operator in ("+", "-", "*", "/", "^")
    elif isinstance(node, Call):
        wanted = function_name(node) in _CONVERTS
    else:
        wanted = isinstance(node, Suffix) or (isinstance(node, Sign) and node.sign == "-")
    return children(node) if wanted else ()


def _asks_of_each(formula: str) -> bool:
    try:
        nodes = list(walk(parse(formula)))
    except NotAFormula:
        return False
    return any(_is_question(node) for node in nodes)


def _is_question(node: Tree) -> bool:
    if isinstance(node, Binary):
        return node.operator == "&" and any(map(_is_several, children(node)))
    name = function_name(node)
    asked = children(node)[name.startswith("COUNTIF") :: 2 if name.startswith("COUNTIF") else 1]
    return name in _QUESTIONS and any(map(_is_several, asked))


def _is_several(tree: Tree) -> bool:
    """Whether a tree's value is an array."""
    if isinstance(tree, Binary):
        return tree.operator not in (":", " ", ",") and any(map(_is_several, children(tree)))
    if isinstance(tree, (Bracket, Sign, Suffix)):
        return any(map(_is_several, children(tree)))
    if isinstance(tree, Call):
        return function_name(tree) in _SINGLE | {"IF", "IFERROR"} and any(map(_is_several, tree.arguments))
    return isinstance(tree, Array) or _is_range(tree)


def stricter(formula: str) -> Reason | None:
    """Why Excel will show a different result from the engine's for a formula that is not an array formula; None if it
    will not.

    >>> stricter("LET(x,1,x)") == UNPREFIXED, stricter("SUM((A1:A3-B1)^2)") == ONE_CELL
    (True, True)
    >>> stricter("SUM(A1:A3)+_xlfn.LET(_xlpm.x,1,_xlpm.x)"), stricter("SUMPRODUCT((A1:A3-B1)^2)")
    (None, None)
    """
    rest = re.sub(_SUMMED, "", formula) if ":" in formula else formula
    if ":" not in rest and "[" not in rest and _NEWER.isdisjoint(called(formula)):
        return None  # as for most, which need not be parsed
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
