"""The likely cause of a wrong number: the right formula with one slip in it that gives this very number.

`slips` makes the formulas of somebody who took the wrong row, forgot the factor two, and so on;
`find_causes` lets the engine compute them from the student's own numbers. A cause is named only if it reproduces what
the student has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..formulas.grammar import parse
from ..formulas.references import references, shift
from ..grid import a1
from ..grid.sheet import Place, Value
from ..language import counted, translated
from .formula_slips import Slip, find_slip, of_neighbour, readable, rounded_to, wrong_sign
from .formula_words import PIECE, only_cell, sheet_words
from .judging import Judgement, RightSheet, as_number, is_number
from .same_function import same

ROUNDED = "rounded"  # the kind of a cause
LEARN = "learn"  # the learning rate, whatever the sheet calls it
FIGURES = 3  # significant digits that a rounded number needs: with fewer, too many slips give it
FAR = 20  # units of the last digit typed
DECIMALS = (3, 2, 1, 0, 4)  # what numbers are rounded to, the worksheet's own way first
CLOSE = 1e-9  # relative: how well a cause reproduces a number with all its digits
MOST = 40  # wrong cells of one student for which a cause is sought


class Cause(NamedTuple):
    """The slip that gives a student's number, and what was computed instead, in the titles of the sheet."""

    kind: str
    words: str
    instead: str  # empty for the right number, only rounded


def find_causes(
    sheet: RightSheet, wrong: Sequence[Judgement], written: Mapping[Place, str] | None = None
) -> list[Cause | None]:
    """The cause of each wrong number of the student judged last; None where no slip gives it or it is not a number.

    Where the student's own formula (`written`) can be read, it alone decides; a number without one is tried against the
    slips.
    """
    read = {place for place, text in (written or {}).items() if readable(text)}
    tried = [
        list(slips(sheet, cell.blank.place)) if cell.is_number and cell.blank.place not in read else []
        for cell in wrong[:MOST]
    ]
    formulas = [
        (cell.blank.place, slip.formula) for cell, each in zip(wrong, tried, strict=False) for slip in each
    ]
    values = iter(sheet.compute(formulas))
    causes: list[Cause | None] = []
    for cell, each in zip(wrong, tried, strict=False):
        place = cell.blank.place
        if place in read:
            own = formula_slip(sheet, place, (written or {}).get(place, ""))
            causes.append(Cause(own.kind, own.words, sheet_words(sheet, own.formula, place)) if own else None)
            continue
        results = [(slip, next(values)) for slip in each]
        exact = [slip for slip, value in results if _gives(value, cell.found, exactly=True)]
        near = (
            [slip for slip, value in results if _gives(value, cell.found, exactly=False)]
            if _is_far(cell)
            else []
        )
        rounded = rounding(cell)
        slip = next(iter([*exact, *([rounded] if rounded else []), *near]), None)
        instead = sheet_words(sheet, slip.formula, place) if slip and slip.formula else ""
        causes.append(Cause(slip.kind, slip.words, instead) if slip else None)
    return causes + [None] * (len(wrong) - len(causes))


def is_right_formula(sheet: RightSheet, place: Place, own: str) -> bool:
    """Whether a student's formula computes what the right one does, from the same cells."""
    tree = readable(own)
    return tree is not None and same(parse(sheet.formulas[place]), tree)


def formula_slip(sheet: RightSheet, place: Place, own: str) -> Slip | None:
    """The slip in a student's formula for a cell; None where none is known."""
    tree = readable(own)
    return find_slip(sheet, place, tree, slips(sheet, place)) if tree else None


def _gives(value: Value, found: Value, *, exactly: bool) -> bool:
    """Whether a slip's result is the student's number, or rounds to it; 0 can come about in too many ways."""
    result, own = as_number(value), as_number(found)
    if result is None or not own:
        return False
    if exactly:
        return abs(result - own) <= CLOSE * max(abs(own), abs(result))
    digits = _typed_digits(own)
    return digits is not None and round(result, digits) == own


def _is_far(cell: Judgement) -> bool:
    """Whether a number is further off than rounding on the way can explain, so that a slip may be read from it."""
    own = as_number(cell.found) or 0.0
    digits = _typed_digits(own)
    return digits is not None and abs(own - cell.expected) > FAR * 10.0**-digits


def _typed_digits(number: float) -> int | None:
    """The decimals of a number that was typed with few digits, but enough; None for others."""
    written = f"{abs(number):.12f}".rstrip("0")
    whole, _, decimals = written.partition(".")
    figures = len((whole + decimals).lstrip("0"))
    return len(decimals) if FIGURES <= figures <= 8 and len(decimals) <= 6 else None


def rounding(cell: Judgement) -> Slip | None:
    """The right number with fewer digits, the last of them rounded or simply cut off."""
    own = as_number(cell.found)
    if own is None:
        return None
    for digits in range(7):
        if own == round(cell.expected, digits):
            return Slip(ROUNDED, rounded_to(digits), "")
    for figures in range(FIGURES, 13):
        if own == float(f"{cell.expected:.{figures}g}"):
            words = counted("it is rounded to {count} figure", "it is rounded to {count} figures", figures)
            return Slip(ROUNDED, words, "")
    digits = _typed_digits(own) or 0
    if digits and 0 <= (cell.expected - own) * (1 if own > 0 else -1) * 10**digits < 1:
        words = counted("it is cut off after {count} decimal", "it is cut off after {count} decimals", digits)
        return Slip(ROUNDED, words, "")
    return None


# -- the slips -------------------------------------------------------------------------------------------------------
def slips(sheet: RightSheet, place: Place) -> Iterator[Slip]:
    """Every formula with one slip that could have been meant for the cell, the likeliest first."""
    right = sheet.formulas[place]
    if "!" in right:  # its pieces would be taken for cells of its own sheet
        return
    seen = {right}
    for slip in _all_slips(sheet, place, right):
        if slip.formula not in seen:
            seen.add(slip.formula)
            yield slip


def _all_slips(sheet: RightSheet, place: Place, right: str) -> Iterator[Slip]:
    pieces = [match[0] for match in PIECE.finditer(right)]
    yield from _carry(sheet, place, right)
    yield from _swapped(sheet, place, right)
    yield from _left_out(sheet, place, pieces)
    yield from _signs(pieces)
    yield from _means(right)
    yield from _rows(sheet, place, pieces, right)
    yield from _brackets(pieces)
    yield from _factors(right)
    yield from _columns(sheet, place, pieces)
    yield from _early_rounding(sheet, place, pieces)


def _carry(sheet: RightSheet, place: Place, right: str) -> Iterator[Slip]:
    """A parameter that does not go on from the row above, or that goes back to its beginning."""
    own, above = place[1], (place[1][0] - 1, place[1][1])
    start = _first_of_column(sheet, place)
    source = only_cell(right)
    if source and source[0] == own[0] - 1:
        name = sheet.name((place[0], source))
        words = translated("it repeats the row above instead of taking its {name}", name=name)
        yield Slip("carry", words, a1.a1(above))
        if start:
            words = translated("it starts again instead of going on from {name} of the row above", name=name)
            yield Slip("carry", words, sheet.formulas[start])
        words = translated("it takes {name} of its own row instead of the row above", name=name)
        yield Slip("carry", words, a1.a1((own[0], source[1])))
    for reference in _references(right):
        other = only_cell(reference)
        first = other and _first_of_column(sheet, (place[0], other))
        if other and first and first[1] != other and other[0] == own[0] and only_cell(sheet.formulas[first]):
            name = sheet.name((place[0], other))
            words = translated("it uses the {name} of the first row, not of its own", name=name)
            yield Slip("carry", words, _replace(right, reference, a1.a1(first[1])))
            if (place[0], (other[0] - 1, other[1])) in sheet.formulas:
                words = translated("it uses the {name} of the row above, not of its own", name=name)
                yield Slip("carry", words, _replace(right, reference, a1.a1((other[0] - 1, other[1]))))


def _first_of_column(sheet: RightSheet, place: Place) -> Place | None:
    """The topmost formula of the cell's column."""
    name, (row, column) = place
    top = row
    while (name, (top - 1, column)) in sheet.formulas:
        top -= 1
    return (name, (top, column)) if (name, (top, column)) in sheet.formulas else None


def _swapped(sheet: RightSheet, place: Place, right: str) -> Iterator[Slip]:
    """The formula of a sister column, or a sister's number in this one: de/dm and de/db, w1 and w2."""
    sheet_name = place[0]
    sister = _sister(sheet, place)
    if sister:
        words = translated("it is what belongs under {name}: the two are swapped", name=sheet.name(sister))
        yield Slip("swapped", words, sheet.formulas[sister])
    for reference in _references(right):
        other = only_cell(reference)
        second = other and _sister(sheet, (sheet_name, other))
        if other and second:
            names = sheet.name((sheet_name, other)), sheet.name(second)
            words = translated(
                "it uses {other} where {name} belongs: the two are swapped", other=names[1], name=names[0]
            )
            yield Slip("swapped", words, _replace(right, reference, a1.a1(second[1])))


def _sister(sheet: RightSheet, place: Place) -> Place | None:
    """The cell of the same row (or below the table, the same column) that does the same for another parameter."""
    if place not in sheet.formulas:
        return None
    title, (name, (row, column)) = sheet.term(place), place
    for other in sheet.formulas:
        beside = other[0] == name and (other[1][0] == row or other[1][1] == column)
        if beside and other != place and _are_sisters(title, sheet.term(other), sheet.parameters):
            return other
    return None


def _are_sisters(one: str, other: str, parameters: Sequence[str]) -> bool:
    """Whether two titles mean the same for two parameters, or for two inputs, the last of which may be 1.

    >>> _are_sisters("de/dm", "de/db", "mb"), _are_sisters("slope 1", "slope 2", ["w1", "w2"])
    (True, True)
    >>> _are_sisters("new slope", "new intercept", ["slope", "intercept"]), _are_sisters("err_m1", "error_sq", "mb")
    (True, False)
    """
    renamed = [one.replace(mine, yours) for mine in parameters for yours in parameters if mine != yours]
    differ = {pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]}
    inputs = len(one) == len(other) > 1 and differ in ({("1", "2")}, {("2", "1")}, {("x", "1")}, {("1", "x")})
    return one != other and (other in renamed or inputs)


def _left_out(sheet: RightSheet, place: Place, pieces: Sequence[str]) -> Iterator[Slip]:
    """A factor, a divisor, a square or the learning rate that was forgotten."""
    for index, piece in enumerate(pieces):
        match = PIECE.fullmatch(piece)
        before = pieces[index - 1] if index else ""
        after = pieces[index + 1] if index + 1 < len(pieces) else ""
        if piece == "^":
            yield Slip(
                "square",
                translated("the square is missing"),
                "".join([*pieces[:index], *pieces[index + 2 :]]),
            )
        if not match or match.lastgroup not in ("reference", "number") or before == "^":
            continue
        cell = only_cell(piece) if match["reference"] else None
        name = sheet.name((place[0], cell or (1, 1))) if match["reference"] else piece
        if before in ("*", "/"):
            rest = [*pieces[: index - 1], *pieces[index + 1 :]]
        elif after == "*":
            rest = [*pieces[:index], *pieces[index + 2 :]]
        else:
            continue
        if before == "/":
            words = translated("the division by {name} is missing", name=name)
            yield Slip("division", words, "".join(rest))
        elif piece == "2":
            yield Slip("factor two", translated("the factor 2 is missing"), "".join(rest))
        elif cell and sheet.term((place[0], cell)) == LEARN:
            yield Slip("learn", translated("the learning rate was not applied"), "".join(rest))
        else:
            yield Slip("factor", translated("the factor {name} is missing", name=name), "".join(rest))


def _signs(pieces: Sequence[str]) -> Iterator[Slip]:
    """A plus for a minus, or the other way round; and the sign of the whole."""
    for index, piece in enumerate(pieces):
        if piece in "+-":
            other = "-" if piece == "+" else "+"
            rest = "".join([*pieces[:index], other, *pieces[index + 1 :]])
            yield Slip("sign", wrong_sign(piece), rest)
    yield Slip("sign", translated("it has the opposite sign"), f"-({''.join(pieces)})")


def _means(right: str) -> Iterator[Slip]:
    """The sum for the mean, a forgotten root, the root of the sum."""
    rooted = right.startswith("SQRT(") and right.endswith(")")
    kind, words = ("root of the sum", translated("it is the root of the sum, not of the mean"))
    if not rooted:
        kind, words = ("mean", translated("it is the sum, not the mean"))
    for summed in {right.replace("AVERAGE(", "SUM("), re.sub(r"/COUNT\([^()]*\)", "", right)} - {right}:
        yield Slip(kind, words, summed)
        if rooted:
            words = translated("it is the sum: neither the mean nor the root was taken")
            yield Slip("mean", words, summed[5:-1])
    if rooted:
        yield Slip("root", translated("the root is missing"), right[5:-1])


def _rows(sheet: RightSheet, place: Place, pieces: Sequence[str], right: str) -> Iterator[Slip]:
    """Numbers of the row above or below."""
    for step in (-1, 1):
        moved = shift(right, step, 0)
        read = [area for _, area in references(moved, place[0]).areas]
        if moved != right and not any(place[1] in area.cells for area in read):
            above = translated("it is computed with the numbers of the row above")
            below = translated("it is computed with the numbers of the row below")
            yield Slip("row", above if step < 0 else below, moved)
    for index, piece in enumerate(pieces):
        other = only_cell(piece)
        for step in (-1, 1) if other and "$" not in piece else ():
            assert other
            beside = (other[0] + step, other[1])
            if beside != place[1] and is_number(sheet.sheets[place[0]].values.get(beside)):
                words = of_neighbour(sheet.name((place[0], other)), step)
                yield Slip("row", words, "".join([*pieces[:index], a1.a1(beside), *pieces[index + 1 :]]))


def _brackets(pieces: Sequence[str]) -> Iterator[Slip]:
    """A pair of brackets that was forgotten."""
    opened: list[int] = []
    for index, piece in enumerate(pieces):
        if piece.endswith("("):
            opened.append(index)
        elif piece == ")" and opened and pieces[start := opened.pop()] == "(":
            rest = [*pieces[:start], *pieces[start + 1 : index], *pieces[index + 1 :]]
            yield Slip("brackets", translated("brackets are missing"), "".join(rest))


def _factors(right: str) -> Iterator[Slip]:
    """A factor that does not belong there, or a decimal point in the wrong place."""
    yield Slip("factor two", translated("there is a factor of 2 too many"), f"2*({right})")
    yield Slip("factor two", translated("it is half of what it should be"), f"({right})/2")
    for power in (10, 100, 1000):
        larger = translated("it is {power} times too large: look at the decimal point", power=power)
        yield Slip("decimal point", larger, f"({right})*{power}")
        smaller = translated("it is {power} times too small: look at the decimal point", power=power)
        yield Slip("decimal point", smaller, f"({right})/{power}")


def _columns(sheet: RightSheet, place: Place, pieces: Sequence[str]) -> Iterator[Slip]:
    """x where y belongs, or the other way round: any printed number of the row in another's place."""
    row = place[1][0]
    inputs = {cell for name, cell in sheet.constants if name == place[0] and cell[0] == row}
    for index, piece in enumerate(pieces):
        own = only_cell(piece)
        for other in sorted(inputs - {own}) if own in inputs else ():
            assert own
            names = sheet.name((place[0], other)), sheet.name((place[0], own))
            words = translated("it uses {other} where {name} belongs", other=names[0], name=names[1])
            yield Slip("column", words, "".join([*pieces[:index], a1.a1(other), *pieces[index + 1 :]]))


def _early_rounding(sheet: RightSheet, place: Place, pieces: Sequence[str]) -> Iterator[Slip]:
    """Numbers that were rounded before they were used."""
    computed = {a1.a1(cell) for name, cell in sheet.formulas if name == place[0]}
    for digits in DECIMALS:
        rounded = [f"ROUND({piece},{digits})" if piece in computed else piece for piece in pieces]
        yield Slip(ROUNDED, _from_rounded(digits), "".join(rounded))


def _from_rounded(digits: int) -> str:
    if not digits:
        return translated("it was computed from values rounded to whole numbers")
    return counted(
        "it was computed from numbers rounded to {count} decimal",
        "it was computed from numbers rounded to {count} decimals",
        digits,
    )


# -- formulas --------------------------------------------------------------------------------------------------------
def _references(formula: str) -> list[str]:
    return list(dict.fromkeys(match[0] for match in PIECE.finditer(formula) if match["reference"]))


def _replace(formula: str, reference: str, other: str) -> str:
    """The formula with one reference replaced by another."""
    return "".join(other if match[0] == reference else match[0] for match in PIECE.finditer(formula))
