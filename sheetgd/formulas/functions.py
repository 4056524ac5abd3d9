"""Functions that the engine does not know, or not well, by their names in the formulas: IFERROR and its like would hide
them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from ..grid.sheet import Place
from .model import Model
from .references import references

# Those of most lessons, of which the engine need not be asked.
COMMON = frozenset(
    "ABS AND AVERAGE AVERAGEIFS CORREL COUNT COUNTA COUNTIF EXP IF IFERROR INDEX INT INTERCEPT ISNUMBER LN LOG LOG10 "
    "MATCH MAX MIN MOD NOT OR PI POWER RAND ROUND ROUNDDOWN ROUNDUP ROW ROWS SIGN SLOPE SQRT STDEVP STEYX SUM "
    "SUMPRODUCT SUMSQ SUMXMY2 TANH".split()
)

INEXACT = frozenset(  # of which the engine has ten digits at most, or none where numbers are far from 0
    "T.INV T.INV.2T TINV CHISQ.INV CHISQ.INV.RT CHIINV F.INV F.INV.RT FINV BETA.INV BETAINV GAMMA.INV GAMMAINV "
    "CONFIDENCE.T BESSELI BESSELK F.TEST FTEST Z.TEST ZTEST LINEST LOGEST TREND GROWTH VARA VARPA STDEVA "
    "STDEVPA".split()
)
# These turn moderate numbers into large ones, as powers beyond the ninth do.
GROWING = frozenset(
    "EXP POWER SINH COSH FACT FACTDOUBLE GAMMA PRODUCT COMBIN COMBINA PERMUT PERMUTATIONA SERIESSUM FV PV GROWTH "
    "LOGEST LOGNORM.INV LOGINV MULTINOMIAL REDUCE SCAN".split()
)


def doubtful_calls(
    model: Model, formulas: Mapping[Place, str], names: Mapping[str, list[str]]
) -> tuple[set[Place], set[Place]]:
    """The formulas that call a function unknown to the engine, or use a defined name whose formula does; and those
    with a function that it computes to too few digits.

    `names` are the defined names in lower case, with their formulas.
    """
    defined = [text for texts in names.values() for text in texts]
    asked = names_of_functions([*formulas.values(), *defined]) - {name.upper() for name in names}
    unknown = model.unknown_functions(sorted(asked)) if asked else set()
    return _callers(unknown, formulas, names), _callers(asked & INEXACT, formulas, names)


def _callers(
    functions: Set[str], formulas: Mapping[Place, str], names: Mapping[str, list[str]]
) -> set[Place]:
    """The formulas that call one of the functions, or use a defined name whose formula does."""
    if not functions:
        return set()

    def calls(text: str) -> bool:
        mentions = text.upper()  # quick, for every formula is asked
        return any(name in mentions for name in functions) and not functions.isdisjoint(
            references(text, "").functions
        )

    spoilt = {name for name, texts in names.items() if any(map(calls, texts))}
    return {
        place
        for place, text in formulas.items()
        if calls(text) or (spoilt and not spoilt.isdisjoint(references(text, "").names))
    }


def names_of_functions(formulas: Iterable[str]) -> set[str]:
    """The names of the functions called, except those that are known in any case.

    >>> sorted(names_of_functions(["SUM(A1)+_xlfn.LET(_xlpm.f,1,_xlpm.f(2))", "iferror(__xludf.DUMMYFUNCTION(1),2)"]))
    ['LET', '__XLUDF.DUMMYFUNCTION']
    """
    found = called("\n".join(formulas)) - COMMON
    return {name for name in found if not name.startswith("_XLPM.")}


def called(text: str) -> set[str]:
    """The names before opening brackets, in capitals and without _xlfn.

    >>> sorted(called("sum(A1)*(2+_xlfn.norm.s.dist(B1))")), called("A1*(B1+2(C1))")
    (['NORM.S.DIST', 'SUM'], set())
    """
    found = {_last_name(piece) for piece in text.upper().split("(")[:-1]} - {""}
    return {name.rpartition("_XLFN.")[2].removeprefix("_XLWS.") for name in found}


def _last_name(text: str) -> str:
    """The name that a text ends with: by hand, for an expression would try one at each letter of all formulas."""
    start = len(text)
    while start and (text[start - 1].isalnum() or text[start - 1] in "_."):
        start -= 1
    return text[start:].lstrip("0123456789.")
