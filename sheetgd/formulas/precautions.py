"""Precautions against results of the engine that are known to be too lenient, taken before any results are compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..grid.a1 import Area
from ..grid.column_runs import few, runs
from ..grid.sheet import ErrorValue, Place, Sheet, Value
from .alike import Alike, one_of_each
from .all_formulas import of_each_form
from .functions import GROWING, called, doubtful_calls
from .grammar import NotAFormula, parse
from .model import FormulaText, Model
from .reasons import INEXACT, UNKNOWN, Reason
from .tree import walk
from .verify import FormulaColumn

LARGE = 1e30  # a few products of numbers from this size on may pass the largest number there is
# All are looked for in capitals: an expression for either case takes long to compile, and longer to search.
_POWER = r"\^(?!\d(?![\d.E]|\s*%))"  # other than those up to the ninth
# Only these lose an infinity: comparisons, what divides by more than a cell, functions other than sums and means.
_DIVISION = r"/\s*[-+]?(?:\(|[^-+*/<>=,;()\s]*[\^(])"
_KEEPING = frozenset({"SUM", "COUNT", "SQRT", "AVERAGE", "ABS", "SUMSQ", "SUMXMY2", "SUMPRODUCT"})
# Only these, and powers, may be computed otherwise than in the applications: see `dialect`.
_SPEAKING = tuple(
    "< > = & AND( OR( SUMPRODUCT( ERF GAUSS NORM SIN( COS( TAN( SEC( CSC( COT( MOD( VARP VAR. VAR( STDEV DEVSQ SLOPE "
    "INTERCEPT FORECAST CORREL PEARSON RSQ STEYX SUMX2".split()
)

# A sheet's name behind [Book] or a colon: without quotes it holds no operator, within them anything.
_OUTSIDE = r"""\[[^\[\]]+\][^\[\]!]*!|:[^-+*/^&=<>(),;"'!\s]*!|:(?:[^']|'')*'!"""


def may_grow(formulas: Sequence[str]) -> bool:
    """Whether a formula may turn moderate numbers into ones beyond 1e308.

    >>> may_grow(["SUM(D2:D21)^2/COUNT(D2:D21)", "A1*A2"]), may_grow(["1/(1+exp(-A1))"]), may_grow(["2^A1", "A1<10^50"])
    (False, True, True)
    """
    if not _grows("\n".join(formulas)):
        return False
    from .overflow import grow  # in most workbooks no number grows so large

    return grow(filter(_grows, formulas))


def _grows(text: str) -> bool:
    """Whether there is what alone leads so far from moderate numbers: functions that grow fast, and powers."""
    return ("^" in text and bool(re.search(_POWER, text.upper()))) or not GROWING.isdisjoint(called(text))


def may_lose(formulas: Iterable[str]) -> bool:
    """Whether a number that passes 1e308 could get lost in a formula.

    >>> may_lose(["SQRT(SUM(A1:A9)/9)", "(A1*B1-C1)^2/$H$1"]), may_lose(["A1/(1+B1)"]), may_lose(["MAX(A1*B1,0)"])
    (False, True, True)
    """
    return _loses("\n".join(formulas))


def _loses(text: str) -> bool:
    if any(map(text.__contains__, "<>=")) or not called(text) <= _KEEPING:
        return True
    return "/" in text and bool(re.search(_DIVISION, text.upper()))


def _speaks(text: str) -> bool:
    """Whether the engine may compute a text in capitals otherwise; in doubt, its tree tells."""
    return any(map(text.__contains__, _SPEAKING)) or ("^" in text and bool(re.search(_POWER, text)))


def translate(
    model: Model,
    formulas: Mapping[Place, str],
    columns: Sequence[FormulaColumn],
    whole: Callable[[], Sequence[tuple[str, Area]]],
    in_engine: Callable[[Place, str], str],
    *,
    every: bool,
) -> None:
    """Let the engine compute formulas in a form in which it does so as the applications do (see `dialect`), and show
    #NUM! where numbers pass 1e308 (see `overflow`).

    Unless `every` formula may come so far, the latter is done for those alone that can come so far from moderate
    numbers. `whole` gives the areas that one formula fills, which are left alone; `in_engine` a formula with the
    engine's names of the sheets, and without those that it does not know.
    """
    wanted, form = list(formulas.items()), _Forms(every)
    for sheet, run, _ in columns:
        first = (sheet, run.area[:2])
        texts = one_of_each(run.values)
        if any(form.may_need_one(text) or in_engine(first, text) != text for text in texts):
            wanted += (((sheet, cell), text) for cell, text in zip(run.area.cells, run.values, strict=True))
    texts = [in_engine(place, formula) for place, formula in wanted]
    form = _Forms(every, texts)
    found = [
        (place, text)
        for (place, formula), own in zip(wanted, texts, strict=True)
        if place not in model.frozen and (text := form(own)) != formula
    ]
    areas = whole() if found else ()
    changes = [(place, FormulaText(text)) for place, text in found if not _within(place, areas)]
    if changes:
        model.put(changes)


class _Forms:
    """The forms in which the engine gets formulas, found once for those that are alike.

    Where all `texts` that will be asked for are known, what none of them holds is looked for in none.
    """

    def __init__(self, every: bool, texts: Sequence[str] | None = None) -> None:
        self.every = every
        self._alike = Alike(self._find)
        everything = None if texts is None or every else "\n".join(texts).upper()
        self._lose = everything is None or _loses(everything)
        self._speak = everything is None or _speaks(everything)

    def __call__(self, formula: str) -> str:
        return (self._alike(formula) or formula) if self.may_need_one(formula) else formula

    def may_need_one(self, formula: str) -> bool:
        return self.every or self._may_leap(formula) or (self._speak and _speaks(formula.upper()))

    def _may_leap(self, formula: str) -> bool:
        """Whether only the formula's tree tells that it loses no infinity when all that it reads is moderate."""
        divides = formula.count("/")
        if divides > 1 or formula.count("*") + 9 * formula.count("^") > 10:
            return True
        return divides == 1 and self._lose and _loses(formula)

    def _find(self, formula: str) -> str | None:
        form = None
        if self.every or self._may_leap(formula):
            from .overflow import guarded, leaps  # in most workbooks no number grows so large

            form = guarded(formula, None if self.every else leaps)
        from .dialect import as_applications  # nor does the engine compute anything otherwise

        return as_applications(form or formula) or form


def _within(place: Place, areas: Iterable[tuple[str, Area]]) -> bool:
    return any(place[0] == sheet and place[1] in area.cells for sheet, area in areas)


def is_large(value: Value) -> bool:
    """Whether a number is so large, or was, that a few products may pass the largest there is."""
    return (
        value == "#NUM!" if isinstance(value, ErrorValue) else isinstance(value, float) and abs(value) > LARGE
    )


def has_large(sheet: Sheet) -> bool:
    """Whether a sheet shows a number from which others may pass 1e308."""
    values = [*few(sheet.values).values()]
    for run in runs(sheet.values):
        values += max(run.values), min(run.values)
    return any(map(is_large, values))


def distrusted(
    model: Model,
    formulas: Mapping[Place, str],
    stored: Mapping[Place, Value],
    fresh: Iterable[Place],
    names: Mapping[str, list[str]],
    whole: Callable[[], Sequence[tuple[str, Area]]],
    meant: Callable[[Place, str, bool], str],
    typed: Callable[[], Iterable[tuple[Place, str]]],
) -> dict[Place, Reason]:
    """The formulas whose results in the engine must not be used, and why.

    Either they call functions that the engine does not know, or not well, or look at other workbooks or at several
    sheets at once, or no application has computed them yet and Excel will not find what the engine finds: `fresh` are
    those without a stored result. `names` are the defined names in lower case, `whole` is as for `translate`; `meant`
    gives a formula of a place with what its names stand for, with all of them or with those alone that the engine does
    not know; `typed` gives the texts that are typed into cells.
    """

    def find(among: Mapping[Place, str]) -> tuple[set[Place], set[Place]]:
        unknown, inexact = doubtful_calls(model, among, names)
        outside = {place for place, text in among.items() if _looks_outside(meant(place, text, False))}
        return unknown | outside, inexact

    forms = of_each_form(formulas)
    unknown, inexact = find(forms)
    if unknown | inexact and len(forms) < len(formulas):
        unknown, inexact = find(formulas)
    areas = whole()
    if areas:  # whose formulas the engine has as they are
        unknown |= {
            place
            for place, text in formulas.items()
            if meant(place, text, False) != text and _within(place, areas)
        }
    found = dict.fromkeys(inexact, INEXACT) | {
        place: UNKNOWN
        for place in unknown
        if stored.get(place) != "#NAME?"  # which nobody knows
    }
    if fresh := list(fresh):
        from .strictness import Strictness  # which needs the grammar; most workbooks hold results

        strict = Strictness(typed())
        for place in fresh:
            formula = meant(place, formulas[place], True)
            if why := strict.reason(formula, place[0], whole=_within(place, areas)):
                found[place] = why
    return found


def _looks_outside(formula: str) -> bool:
    """Whether the formula refers to another workbook, or to several sheets at once."""
    if "!" not in formula or not re.search(_OUTSIDE, formula):
        return False
    try:
        tree = parse(formula)
    except NotAFormula:
        return False
    prefixes = (getattr(node, "sheet", getattr(node, "text", "")) for node in walk(tree))
    return any("!" in prefix and ("[" in prefix or ":" in prefix) for prefix in prefixes)
