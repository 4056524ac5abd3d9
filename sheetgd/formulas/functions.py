"""Functions that the engine does not know, by their names in the formulas: IFERROR and its like would hide them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..grid.sheet import Place
from .model import Model
from .references import references

_NAME = re.compile(r"[^\W\d][\w.]*(?=\()")
_PREFIX = re.compile(r"\A(?:_xlfn\.|_xlws\.)+", re.IGNORECASE)
# Those of most lessons, of which the engine need not be asked.
COMMON = frozenset(
    "ABS AND AVERAGE AVERAGEIFS CORREL COUNT COUNTA COUNTIF EXP IF IFERROR INDEX INT INTERCEPT ISNUMBER LN LOG LOG10 "
    "MATCH MAX MIN MOD NOT OR PI POWER RAND ROUND ROUNDDOWN ROUNDUP ROW ROWS SIGN SLOPE SQRT STDEVP STEYX SUM "
    "SUMPRODUCT SUMSQ SUMXMY2 TANH".split()
)


def unknown_functions(
    model: Model, formulas: Mapping[Place, str], names: Mapping[str, list[str]]
) -> set[Place]:
    """The formulas that call a function unknown to the engine, or use a defined name whose formula does.

    `names` are the defined names in lower case, with their formulas.
    """
    defined = [text for texts in names.values() for text in texts]
    called = names_of_functions([*formulas.values(), *defined]) - {name.upper() for name in names}
    unknown = model.unknown_functions(sorted(called)) if called else set()
    if not unknown:
        return set()

    def calls(text: str) -> bool:
        mentions = text.upper()  # quick, for every formula is asked
        return any(name in mentions for name in unknown) and not unknown.isdisjoint(
            references(text, "").functions
        )

    spoilt = {name for name, texts in names.items() if any(map(calls, texts))}
    return {
        place
        for place, text in formulas.items()
        if calls(text) or (spoilt and not spoilt.isdisjoint(references(text, "").names))
    }


def names_of_functions(formulas: Iterable[str]) -> set[str]:
    """The names before opening brackets, in capitals and without _xlfn., except those known in any case.

    >>> sorted(names_of_functions(["SUM(A1)+_xlfn.LET(_xlpm.f,1,_xlpm.f(2))", "iferror(__xludf.DUMMYFUNCTION(1),2)"]))
    ['LET', '__XLUDF.DUMMYFUNCTION']
    """
    found = {_PREFIX.sub("", name).upper() for name in _NAME.findall("\n".join(formulas))}
    return {name for name in found - COMMON if not name.startswith("_XLPM.")}
