"""Precautions against results of the engine that are known to be too lenient, taken before any results are compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..grid.a1 import Area
from ..grid.sheet import ErrorValue, Place, Value
from .functions import unknown_functions
from .model import FormulaText, Model
from .reasons import UNKNOWN, Reason
from .verify import FormulaColumn

LARGE = 1e30  # a few products of numbers from this size on may pass the largest number there is
# From moderate numbers only these lead so far: functions that grow fast, and powers other than those up to the ninth.
_GROWS = re.compile(
    r"\^(?!\d(?![\d.]))|\b(?:EXP|POWER|[CS]INH|FACT|FACTDOUBLE|GAMMA|PRODUCT|COMBINA?|PERMUT|PERMUTATIONA|SERIESSUM"
    r"|FV|PV|GROWTH|LOGEST|LOGNORM\.INV|LOGINV|MULTINOMIAL|REDUCE|SCAN)\(",
    re.IGNORECASE,
)
# Only these lose an infinity: comparisons, what divides by more than a cell, functions other than sums and means.
_LOSES = re.compile(
    r"[<>=]|/\s*[-+]?(?:\(|[^-+*/<>=,;()\s]*[\^(])"
    r"|(?<![\w.])(?!(?:SUM|COUNT|SQRT|AVERAGE|ABS|SUMSQ|SUMXMY2|SUMPRODUCT)\()[^\W\d][\w.]*\(",
    re.IGNORECASE,
)


def may_grow(formulas: Sequence[str]) -> bool:
    """Whether a formula may turn moderate numbers into ones beyond 1e308.

    >>> may_grow(["SUM(D2:D21)^2/COUNT(D2:D21)", "A1*A2"]), may_grow(["1/(1+exp(-A1))"]), may_grow(["2^A1", "A1<10^50"])
    (False, True, True)
    """
    if not _GROWS.search("\n".join(formulas)):
        return False
    from .overflow import grow  # which needs the grammar; in most workbooks no number grows so large

    return grow(text for text in formulas if _GROWS.search(text))


def may_lose(formulas: Iterable[str]) -> bool:
    """Whether a number that passes 1e308 could get lost in a formula.

    >>> may_lose(["SQRT(SUM(A1:A9)/9)", "(A1*B1-C1)^2/$H$1"]), may_lose(["A1/(1+B1)"]), may_lose(["MAX(A1*B1,0)"])
    (False, True, True)
    """
    return bool(_LOSES.search("\n".join(formulas)))


def _may_leap(formula: str) -> bool:
    """Whether only the formula's tree tells that it loses no infinity when all that it reads is moderate."""
    divides = formula.count("/")
    if divides > 1 or formula.count("*") + 9 * formula.count("^") > 10:
        return True
    return divides == 1 and bool(_LOSES.search(formula))


def guard(
    model: Model,
    formulas: Mapping[Place, str],
    columns: Sequence[FormulaColumn],
    whole: Callable[[], Sequence[tuple[str, Area]]],
    in_engine: Callable[[str], str],
    *,
    every: bool,
) -> None:
    """Let the engine show #NUM! where numbers pass 1e308 (see `overflow`).

    Unless `every` formula may come so far, it is done for those alone that can come so far from moderate numbers.
    `whole` gives the areas that one formula fills, which are left alone; `in_engine` a formula with the engine's names
    of the sheets.
    """
    wanted = [(place, text) for place, text in formulas.items() if every or _may_leap(text)]
    for sheet, run, _ in columns:
        if every or _may_leap(run.values[0]):
            wanted += (((sheet, cell), text) for cell, text in zip(run.area.cells, run.values, strict=True))
    if not wanted:
        return
    from .overflow import guards, leaps  # which needs the grammar

    found = list(guards(wanted, None if every else leaps))
    areas = whole() if found else ()
    changes = [
        (place, FormulaText(in_engine(text)))
        for place, text in found
        if place not in model.frozen
        and not any(place[0] == sheet and place[1] in area.cells for sheet, area in areas)
    ]
    if changes:
        model.put(changes)


def is_large(value: Value) -> bool:
    """Whether a number is so large, or was, that a few products may pass the largest there is."""
    return (
        value == "#NUM!" if isinstance(value, ErrorValue) else isinstance(value, float) and abs(value) > LARGE
    )


def distrusted(
    model: Model,
    formulas: Mapping[Place, str],
    stored: Mapping[Place, Value],
    fresh: Iterable[Place],
    names: Mapping[str, list[str]],
    whole: Callable[[], Sequence[tuple[str, Area]]],
) -> dict[Place, Reason]:
    """The formulas whose results in the engine must not be used, and why.

    Either they call functions that the engine does not know, or no application has computed them yet and Excel will not
    find what the engine finds: `fresh` are those without a stored result. `names` are the defined names in lower case,
    `whole` is as for `guard`.
    """
    found = {
        place: UNKNOWN
        for place in unknown_functions(model, formulas, names)
        if stored.get(place) != "#NAME?"  # which nobody knows
    }
    if fresh := list(fresh):
        from .strictness import stricter  # which needs the grammar; most workbooks hold results

        reasons = {place: why for place in fresh if (why := stricter(formulas[place]))}
        areas = whole() if reasons else ()
        found |= {
            place: why
            for place, why in reasons.items()
            if not any(place[0] == sheet and place[1] in area.cells for sheet, area in areas)
        }
    return found
