"""Where the engine computes otherwise than the applications, and in which form it computes as they do.

* Two numbers are the same to it if they differ by less than 2.2E-16, however small they are: 1E-20>0 is FALSE.
* AND and OR stop at the first argument that decides, and do not see that one behind it, such as 1/A1>2, is an error.
* A power of a negative number has a real root: (-8)^(1/3) is -2 there, in LibreOffice too, #NUM! in Excel and Google.
* Joined to a text, a number has up to 17 digits there, and 15 in the applications.
* It takes the sine of any angle; Excel shows #NUM! from 2^27 on, LibreOffice an error for larger ones.
* MOD of a number that is far too large for it may be larger than the divisor there; Excel and Google show #NUM!.
* Distributions of the normal family, and ERF, have ten digits.
* Variances and lines through points have half the digits of numbers far from 0, and none at all from 1E9 on.
* SUMX2MY2 and SUMX2PY2 take a cell without a number for 0, where the applications leave out the pair.
* SUMPRODUCT(ABS(A1:A9)), and its like with a bare range, is #VALUE! to it; of ISNUMBER(A1:A9) it makes one FALSE.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial, reduce

from .grammar import NotAFormula, parse, text
from .tree import (
    Array,
    Binary,
    Bracket,
    Call,
    Error,
    Missing,
    Name,
    Number,
    Reference,
    TableField,
    Text,
    Tree,
    Truth,
    bare,
    children,
    function_name,
    replaced,
    walk,
)

COMPARISONS = frozenset(("=", "<>", "<", ">", "<=", ">="))
OWN = "sheetgd_"  # how the names begin that are used in such forms
LARGEST_ANGLE = 2.0**27
LARGEST_QUOTIENT = 1.1259e12  # from which on Excel and Google take no MOD
_ANGLES = frozenset("SIN COS TAN SEC CSC COT".split())
_UP = Number("1.0715086071862673E301")  # 2^1000, which keeps every digit
_WHOLE = frozenset(
    "ROW ROWS COLUMN COLUMNS COUNT COUNTA COUNTIF COUNTIFS COUNTBLANK LEN MATCH INT SIGN RANK YEAR MONTH DAY "
    "WEEKDAY RANDBETWEEN QUOTIENT TRUNC".split()
)
_TRUTHS = frozenset("AND OR NOT XOR ISNUMBER ISBLANK ISERROR ISTEXT ISNA TRUE FALSE".split())
_TEXTS = frozenset(
    "TEXT FIXED ROUND LEFT RIGHT MID CHAR REPT UPPER LOWER TRIM SUBSTITUTE CONCATENATE".split()
)
_FIFTEEN = (
    "IF(ISNUMBER(sheetgd_t),IF((ABS(sheetgd_t)>=0.0001)*(ABS(sheetgd_t)<1E15),"
    "ROUND(sheetgd_t,14-INT(LOG10(ABS(sheetgd_t)))),sheetgd_t),sheetgd_t)"
)
_NORMAL = frozenset(
    "ERF ERF.PRECISE ERFC ERFC.PRECISE GAUSS NORMSDIST NORM.S.DIST NORMDIST NORM.DIST LOGNORMDIST LOGNORM.DIST".split()
)
_ASKED = dict.fromkeys("ISNUMBER ISTEXT ISBLANK ISERROR ISERR ISNA ISNONTEXT ISLOGICAL".split(), 0) | {
    "COUNTIF": 1
}
_OF_ONE = frozenset("ABS SQRT EXP LN LOG10 TANH SINH COSH ASIN ACOS ATAN SIGN INT".split())


def as_applications(formula: str) -> str | None:
    """The formula in a form that the engine computes as the applications compute it; None if it has that form already.

    >>> as_applications("NORMSDIST(A1)>0.5") is None, as_applications("IF(ROW(A1)>5,A1^2,-A1)") is None
    (False, True)
    >>> as_applications("1-ERF(A1)")
    '1-LET(sheetgd_z,A1+0,SIGN(sheetgd_z)*CHISQ.DIST(2*MIN(ABS(sheetgd_z),40)^2,1,TRUE))'
    """
    try:
        tree = parse(formula)
        form = replaced(tree, _change)
    except (NotAFormula, RecursionError):
        return None
    return None if form is tree else text(form)


def _change(node: Tree) -> Tree | None:
    if isinstance(node, Binary):
        if node.operator in COMPARISONS and not _is_alike(node.left, node.right):
            return _compared(node)
        if node.operator == "&" and not all(map(_is_text, (node.left, node.right))):
            return Binary("&", _as_text(node.left), _as_text(node.right))
        if node.operator == "^" and _may_root(node.left, node.right):
            return _power(node.left, node.right)
    return _change_call(node) if isinstance(node, Call) else None


def _change_call(node: Call) -> Tree | None:
    name = function_name(node)
    if (
        name in ("AND", "OR")
        and all(map(_decides, node.arguments))
        and any(map(_may_fail, node.arguments[1:]))
    ):
        return _seeing_errors(node)
    if name in _ANGLES and len(node.arguments) == 1:
        return _of_angle(node)
    if name == "MOD" and len(node.arguments) == 2 and not any(map(has_several, node.arguments)):
        return _remainder(node)
    if name == "SUMPRODUCT":
        return _of_arrays(node)
    if name in _NORMAL and not any(map(has_several, node.arguments)):
        return _normal(name, node)
    if name in _OF_RANGES or name in _OF_PAIRS:
        return _of_ranges(name, node)
    return None


def has_several(tree: Tree) -> bool:
    """Whether the tree's value may be an array."""
    return any(
        isinstance(part, (Array, TableField))
        or (isinstance(part, Name) and not part.text.startswith(OWN))
        or (isinstance(part, Reference) and part.last)
        for part in walk(tree)
    )


# -- comparisons -----------------------------------------------------------------------------------------------------
def _is_alike(left: Tree, right: Tree) -> bool:
    """Whether the engine compares two sides as they are as it does when they are made larger."""
    return any(_is_no_number(side) or _reaches_1(side) for side in (left, right)) or all(
        map(_is_whole, (left, right))
    )


def _is_no_number(side: Tree) -> bool:
    side = bare(side, "+-@")
    if isinstance(side, Binary):
        return side.operator in COMPARISONS | {"&"} or side.left == side.right
    if isinstance(side, Name):
        return side.text.startswith(OWN)
    return isinstance(side, (Text, Truth, Error, Missing)) or function_name(side) in _TRUTHS


def _reaches_1(side: Tree) -> bool:
    side = bare(side, "+-@")
    return isinstance(side, Number) and float(side.text) >= 1


def _is_whole(side: Tree) -> bool:
    side = bare(side, "+-@")
    if isinstance(side, Number):
        return float(side.text).is_integer()
    name = function_name(side)
    return name in _WHOLE or (name == "MOD" and all(map(_is_whole, children(side))))


def _compared(node: Binary) -> Tree:
    """The comparison with numbers below 1 made larger, by a power of 2, so that no digit changes."""
    left, right = node.left, node.right
    c, d = Name(f"{OWN}c"), Name(f"{OWN}d")
    plain = Binary(node.operator, c, d)
    small = _both(Binary("<", Call("ABS", (c,)), Number("1")), Binary("<", Call("ABS", (d,)), Number("1")))
    larger = Binary(node.operator, Binary("*", c, _UP), Binary("*", d, _UP))
    kinds: list[Tree] = [Call(kind, (side,)) for kind in ("ISTEXT", "ISLOGICAL") for side in (c, d)]
    others = reduce(partial(Binary, "+"), kinds)
    found = Call("IF", (others, plain, Call("IF", (small, larger, plain))))
    return Call("LET", (c, replaced(left, _change), d, replaced(right, _change), found))


def _both(one: Tree, other: Tree) -> Tree:
    """AND, for arrays too."""
    return Binary("*", *(part if isinstance(part, Call) else Bracket(part) for part in (one, other)))


# -- numbers in texts ------------------------------------------------------------------------------------------------
def _is_text(side: Tree) -> bool:
    """Whether a side of & is no number of more than 15 digits."""
    side = bare(side)
    if isinstance(side, Binary):
        return side.operator in COMPARISONS or (
            side.operator == "&" and _is_text(side.left) and _is_text(side.right)
        )
    name = function_name(side)
    if name in ("IF", "IFERROR", "IFNA"):
        return all(map(_is_text, children(side)[name == "IF" :]))
    return (
        isinstance(side, (Text, Truth, Error, Missing, Number))
        or name in _TEXTS | _WHOLE
        or has_several(side)
    )


def _as_text(side: Tree) -> Tree:
    """A side of &, a number with 15 digits; those are left that are shown with a power of ten."""
    if _is_text(side) or (isinstance(side, Binary) and side.operator == "&"):
        return replaced(side, _change)
    number = Name(f"{OWN}t")
    return Call("LET", (number, replaced(side, _change), parse(_FIFTEEN)))


# -- AND and OR ------------------------------------------------------------------------------------------------------
def _decides(argument: Tree) -> bool:
    """Whether an argument is a truth or a cell, for which a sum shows its error and no other."""
    argument = bare(argument)
    if isinstance(argument, Binary):
        return argument.operator in COMPARISONS
    return isinstance(argument, Reference) or function_name(argument) in _TRUTHS


def _may_fail(argument: Tree) -> bool:
    """Whether an argument may be an error though no cell is one, where it would show."""
    return any(
        (isinstance(part, Binary) and part.operator in ("/", "^"))
        or (isinstance(part, Call) and function_name(part) not in _WHOLE | _TRUTHS)
        for part in walk(argument)
    )


def _seeing_errors(node: Call) -> Tree:
    bound: list[Tree] = []
    shown: list[Tree] = []
    for number, argument in enumerate(node.arguments, 1):
        if isinstance(argument, Reference):
            shown.append(argument)
        else:
            shown.append(Name(f"{OWN}{number}"))
            bound += [shown[-1], replaced(argument, _change)]
    total = Call("SUM", tuple(shown))
    found = Call("IF", (Call("ISERROR", (total,)), total, Call(node.function, tuple(shown))))
    return Call("LET", (*bound, found)) if bound else found


# -- powers ----------------------------------------------------------------------------------------------------------
def _may_root(base: Tree, exponent: Tree) -> bool:
    """Whether the engine may take a root of a negative number: with exponents such as 1/3."""
    base, exponent = bare(base), bare(exponent, "+-@")
    if isinstance(exponent, Number):
        power = float(exponent.text)
        return power != 0 and abs(1 / power - round(1 / power)) < 1e-6 and round(1 / power) % 2 == 1 != power
    return not isinstance(base, Number) and function_name(base) not in ("ABS", "EXP", "SQRT", "SUMSQ")


def _power(base: Tree, exponent: Tree) -> Tree:
    a, b = Name(f"{OWN}e"), Name(f"{OWN}f")
    plain = Binary("^", a, b)
    no_root = _both(Binary("<", a, Number("0")), Binary("<>", Call("INT", (b,)), b))
    checked = Call("IF", (no_root, Error("#NUM!"), plain))
    numbers = _both(Call("ISNUMBER", (a,)), Call("ISNUMBER", (b,)))
    found = Call("IF", (numbers, checked, plain))
    return Call("LET", (a, replaced(base, _change), b, replaced(exponent, _change), found))


# -- angles ----------------------------------------------------------------------------------------------------------
def _of_angle(node: Call) -> Tree:
    angle = Name(f"{OWN}h")
    small = Binary("<", Call("ABS", (angle,)), Number(f"{LARGEST_ANGLE:.0f}"))
    found = Call("IF", (small, Call(node.function, (angle,)), Error("#NUM!")))
    return Call("LET", (angle, replaced(node.arguments[0], _change), found))


def _remainder(node: Call) -> Tree:
    n, d = Name(f"{OWN}n"), Name(f"{OWN}m")
    limit = Binary("*", Call("ABS", (d,)), Number(f"{LARGEST_QUOTIENT:.0f}"))
    large = _both(Binary(">=", Call("ABS", (n,)), limit), Binary("<>", d, Number("0")))
    found = Call("IF", (large, Error("#NUM!"), Call(node.function, (n, d))))
    return Call(
        "LET", (n, replaced(node.arguments[0], _change), d, replaced(node.arguments[1], _change), found)
    )


# -- ranges ----------------------------------------------------------------------------------------------------------
def _of_arrays(node: Call) -> Tree | None:
    arguments = tuple(replaced(replaced(part, _computed), _change) for part in node.arguments)
    alike = all(one is other for one, other in zip(node.arguments, arguments, strict=True))
    return None if alike else Call(node.function, arguments)


def _computed(node: Tree) -> Tree | None:
    """A function of a bare range, with the range less 0 instead; a question of a range, asked of each cell."""
    if not isinstance(node, Call):
        return None
    asked = _ASKED.get(function_name(node), len(node.arguments))
    if asked < len(node.arguments) and has_several(node.arguments[asked]):
        each = Name(f"{OWN}i")
        arguments = tuple(each if at == asked else part for at, part in enumerate(node.arguments))
        return Call("MAP", (node.arguments[asked], Call("LAMBDA", (each, Call(node.function, arguments)))))
    if function_name(node) not in _OF_ONE:
        return None
    [*ranges] = (part for part in node.arguments if _is_range(part))
    return (
        Call(node.function, tuple(Binary("-", part, Number("0")) for part in node.arguments))
        if ranges
        else None
    )


# -- variances, lines and squares ------------------------------------------------------------------------------------
_BOTH = "MAP(x,LAMBDA(sheetgd_i,ISNUMBER(sheetgd_i)))*MAP(y,LAMBDA(sheetgd_i,ISNUMBER(sheetgd_i)))"
_LINE = "COVAR(y,x)/COVAR(x,x)"
_OF_RANGES = {  # x and y
    "DEVSQ": ("x", "COVAR(x,x)*COUNT(x)"),
    **dict.fromkeys(("VAR", "VAR.S"), ("x", "COVARIANCE.S(x,x)")),
    **dict.fromkeys(("VARP", "VAR.P"), ("x", "COVAR(x,x)")),
    **dict.fromkeys(("STDEV", "STDEV.S"), ("x", "SQRT(COVARIANCE.S(x,x))")),
    **dict.fromkeys(("STDEVP", "STDEV.P"), ("x", "SQRT(COVAR(x,x))")),
    "SUMX2MY2": ("xy", f"SUMPRODUCT(IF({_BOTH},x^2-y^2,0))"),
    "SUMX2PY2": ("xy", f"SUMPRODUCT(IF({_BOTH},x^2+y^2,0))"),
}
_OF_PAIRS = {  # of a number v, too; where each pair is of two numbers, or of none
    "SLOPE": ("yx", _LINE),
    "INTERCEPT": ("yx", f"AVERAGE(y)-{_LINE}*AVERAGE(x)"),
    **dict.fromkeys(("FORECAST", "FORECAST.LINEAR"), ("vyx", f"AVERAGE(y)+{_LINE}*(v-AVERAGE(x))")),
    **dict.fromkeys(("CORREL", "PEARSON"), ("yx", "COVAR(y,x)/(SQRT(COVAR(x,x))*SQRT(COVAR(y,y)))")),
    "RSQ": ("yx", "(COVAR(y,x)/(SQRT(COVAR(x,x))*SQRT(COVAR(y,y))))^2"),
    "STEYX": ("yx", f'SQRT(SUMPRODUCT(IF(y<>"",(y-AVERAGE(y)-{_LINE}*(x-AVERAGE(x)))^2,0))/(COUNT(x)-2))'),
}
# Whether ranges hold a number each in the same rows, and no text.
_PAIRED = (
    'SUM(COUNT(x)<>COUNT(y),SUMPRODUCT((x<>"")+(y<>""))<>2*COUNT(x),SUMPRODUCT((x<>"")*(y<>""))<>COUNT(x))=0'
)


def _of_ranges(name: str, node: Call) -> Tree | None:
    """The function by others, such as the mean of what deviations from means are together; None where its arguments are
    no ranges. Of pairs, those with one number only are left to the function itself.
    """
    letters, form = (_OF_RANGES | _OF_PAIRS)[name]
    ranges = node.arguments[-len(letters.lstrip("v")) :]
    if len(node.arguments) != len(letters) or not all(map(_is_range, ranges)):
        return None
    given = dict(zip(letters, (replaced(argument, _change) for argument in node.arguments), strict=True))
    exact = _filled(form, given)
    if name in _OF_RANGES:
        return exact if isinstance(exact, Call) else Bracket(exact)
    return Call("IF", (_filled(_PAIRED, given), exact, Call(node.function, tuple(given.values()))))


def _filled(form: str, given: Mapping[str, Tree]) -> Tree:
    """A form with what is given in the places of its names."""
    return replaced(parse(form), lambda part: given.get(part.text) if isinstance(part, Name) else None)


def _is_range(tree: Tree) -> bool:
    return isinstance(tree, TableField) or (isinstance(tree, Reference) and bool(tree.last))


# -- the normal family -----------------------------------------------------------------------------------------------
_FORMS = {  # of a number z, by the distribution of its square, which has all digits
    "ERF": "SIGN(z)*CHISQ.DIST(2*MIN(ABS(z),40)^2,1,TRUE)",
    "ERFC": "IF(z<0,1+CHISQ.DIST(2*MIN(-z,40)^2,1,TRUE),CHISQ.DIST.RT(2*MIN(z,40)^2,1))",
    "GAUSS": "SIGN(z)*CHISQ.DIST(MIN(ABS(z),40)^2,1,TRUE)/2",
    "NORMSDIST": "IF(z<0,CHISQ.DIST.RT(MIN(-z,40)^2,1)/2,1-CHISQ.DIST.RT(MIN(z,40)^2,1)/2)",
}
_STANDARD = {
    "NORMDIST": "(x-m)/s",
    "NORM.DIST": "(x-m)/s",
    "LOGNORMDIST": "(LN(x)-m)/s",
    "LOGNORM.DIST": "(LN(x)-m)/s",
}


def _named(form: str, names: str) -> Tree:
    return _filled(form, {name: Name(OWN + name) for name in names})


def _normal(name: str, node: Call) -> Tree | None:
    """The function by another; None where its arguments are not those that it takes."""
    arguments = tuple(replaced(argument, _change) for argument in node.arguments)
    name = name.removesuffix(".PRECISE")
    if name in _STANDARD:
        if len(arguments) != (3 if name == "LOGNORMDIST" else 4):
            return None
        names = [Name(OWN + letter) for letter in "xmsu"[: len(arguments)]]
        own = Call(node.function, tuple(names))
        z = _named(_STANDARD[name], "xms")
        exact: Tree = Call("LET", (Name(f"{OWN}z"), z, _named(_FORMS["NORMSDIST"], "z")))
        wanted: Tree = Binary(">", Name(f"{OWN}s"), Number("0"))
        if len(arguments) == 4:
            wanted = Call("AND", (Name(f"{OWN}u"), wanted))
        bound = [part for pair in zip(names, arguments, strict=True) for part in pair]
        return Call("LET", (*bound, Call("IF", (wanted, exact, own))))
    if name == "ERF" and len(arguments) == 2:
        low, high = (_of_z("ERF", argument) for argument in arguments)
        return Bracket(Binary("-", high, low))
    if name == "NORM.S.DIST" and len(arguments) == 2:
        u = Name(f"{OWN}u")
        z = Name(f"{OWN}v")
        exact = _of_z("NORMSDIST", z)
        return Call(
            "LET", (z, arguments[0], u, arguments[1], Call("IF", (u, exact, Call(node.function, (z, u)))))
        )
    return _of_z(name, arguments[0]) if name in _FORMS and len(arguments) == 1 else None


def _of_z(name: str, argument: Tree) -> Tree:
    number = Binary("+", argument, Number("0"))  # an empty cell is 0, and no minimum leaves a text out
    return Call("LET", (Name(f"{OWN}z"), number, _named(_FORMS[name], "z")))
