"""What is done about formulas before the engine's results are compared: where it is known to be too lenient."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..grid.a1 import Area
from ..grid.sheet import ErrorValue, Place, Value
from .functions import unknown_functions
from .model import FormulaText, Model
from .reasons import UNKNOWN, Reason
from .verify import FormulaColumn

LARGE = 1e30  # a number from which on a few products may pass the largest there is
# From moderate numbers only these lead so far: functions that grow fast, and powers other than those up to the ninth.
_GROWS = re.compile(
    r"\^(?!\d(?![\d.]))|\b(?:EXP|POWER|[CS]INH|FACT|FACTDOUBLE|GAMMA|PRODUCT|COMBINA?|PERMUT|PERMUTATIONA|SERIESSUM"
    r"|FV|PV|GROWTH|LOGEST|LOGNORM\.INV|LOGINV|MULTINOMIAL|REDUCE|SCAN)\(",
    re.IGNORECASE,
)


def may_grow(formulas: Iterable[str]) -> bool:
    """Whether a formula may make numbers beyond 1e308 of moderate ones.

    >>> may_grow(["SUM(D2:D21)^2/COUNT(D2:D21)", "A1*A2"]), may_grow(["1/(1+exp(-A1))"]), may_grow(["2^A1"])
    (False, True, True)
    """
    return bool(_GROWS.search("\n".join(formulas)))


def guard(
    model: Model,
    formulas: Mapping[Place, str],
    stored: Mapping[Place, Value],
    columns: Sequence[FormulaColumn],
    whole: Callable[[], Sequence[tuple[str, Area]]],
    in_engine: Callable[[str], str],
) -> None:
    """Let the engine show #NUM! where numbers pass 1e308, if they may come so far (see `overflow`).

    `whole` gives the areas that one formula fills, which are left alone; `in_engine` a formula with the engine's names
    of the sheets.
    """
    texts = [*formulas.values(), *(text for column in columns for text in column.formulas.values)]
    if not (may_grow(texts) or any(map(_large, stored.values())) or any(map(_tall, columns))):
        return
    from .overflow import guards  # which needs the grammar; in most workbooks no number grows so large

    found = guards(formulas, [(column.sheet, column.formulas) for column in columns])
    areas = whole() if found else ()
    model.put(
        (place, FormulaText(in_engine(text)))
        for place, text in found.items()
        if not any(place[0] == sheet and place[1] in area.cells for sheet, area in areas)
    )


def _large(value: Value) -> bool:
    return (
        value == "#NUM!" if isinstance(value, ErrorValue) else isinstance(value, float) and abs(value) > LARGE
    )


def _tall(column: FormulaColumn) -> bool:
    return max(column.results) > LARGE or min(column.results) < -LARGE


def distrusted(
    model: Model,
    formulas: Mapping[Place, str],
    stored: Mapping[Place, Value],
    fresh: Iterable[Place],
    names: Mapping[str, list[str]],
    whole: Callable[[], Sequence[tuple[str, Area]]],
) -> dict[Place, Reason]:
    """The formulas whose results in the engine must not be used, and why.

    They call functions that the engine does not know, or no application has computed them, and Excel will not find
    what the engine finds: `fresh` are those without a stored result. `names` are the defined names in lower case,
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
