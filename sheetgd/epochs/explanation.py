"""A cell's sum in words: its formula with names for the cells, with their numbers, and with its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..formulas.references import Piece, pieces
from ..grid.a1 import Area, Cell, a1
from ..grid.sheet import ErrorValue, Value
from ..layout.find import Layout
from .inputs import label_of

Shown = Callable[[Sequence[Cell]], list[Value]]

MINUS = "\u2212"
DIGITS = 7  # of the numbers in a sum
LISTED = 3  # numbers of an area that are shown
_SIGNS = {
    "*": " × ",
    "/": " / ",
    "+": " + ",
    "&": " & ",
    "=": " = ",
    "<": " < ",
    ">": " > ",
    "<=": " ≤ ",
    ">=": " ≥ ",
    "<>": " ≠ ",
    ",": ", ",
    ";": "; ",
    "^": "^",
    "%": "%",
    "(": "(",
    ")": ")",
    ":": ":",
}
_POWERS = {"2": "²", "3": "³"}


class Explanation(NamedTuple):
    """A cell in words: its address and title, its formula (None where a value is typed), the formula with names and
    with numbers, the result, and the cells that the formula reads on this sheet."""

    cell: str
    title: str
    formula: str | None
    names: str
    numbers: str
    result: str
    reads: list[str]

    @property
    def text(self) -> str:
        """All of it as one line."""
        parts = [self.title, self.names, self.numbers, self.result]
        return " = ".join(
            part for part, before in zip(parts, ["", *parts], strict=False) if part and part != before
        )


def explain(layout: Layout, cell: Cell, shown: Shown) -> Explanation:
    """The sum in a cell of the layout's sheet, `shown` giving what cells of it show now."""
    sheet = layout.sheet
    title, formula = name_of(layout, cell, cell), sheet.formulas.get(cell)
    [value] = shown([cell])
    result = show(value)
    if formula is None:
        return Explanation(a1(cell), title, None, "", "", result, [])
    found = list(pieces(formula, sheet.name))
    reads = [piece.area for piece in found if piece.area and piece.sheet == sheet.name]
    names = _written(found, lambda piece: _named(layout, cell, piece))
    numbers = _written(found, lambda piece: _number(layout, piece, shown))
    return Explanation(a1(cell), title, formula, names, numbers, result, [area.a1 for area in reads])


def show(value: Value) -> str:
    """A value as it stands in a sum.

    >>> show(1.0503510000000001), show(-503.51), show(1e-12), show(None), show("a")
    ('1.050351', '−503.51', '1e−12', 'empty', '"a"')
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | int):
        return f"{value:.{DIGITS}g}".replace("-", MINUS)
    if value is None:
        return "empty"
    return str(value) if isinstance(value, ErrorValue) else f'"{value}"'


# -- names -----------------------------------------------------------------------------------------------------------
def name_of(layout: Layout, cell: Cell, seen_from: Cell) -> str:
    """What a cell is called: the title of its column in the table, a parameter's or a control's name, a label near it,
    or its address."""
    table, controls = layout.table, layout.controls
    titles = {column: title for title, column in table.columns.items()}
    if cell[0] in layout.rows and cell[1] in titles:
        return titles[cell[1]] + _which_row(layout, cell[0], seen_from)
    for name, found in layout.carried.items():
        if cell == found.start:
            return f"{name} at the start"
        if cell == found.carry:
            return f"new {name}"
    for kind, control in (
        ("learn", controls.learn),
        ("epochs", controls.epochs),
        (controls.loss_name, controls.loss),
    ):
        if cell == control:
            return kind
    return label_of(layout.sheet, cell) or a1(cell)


def _which_row(layout: Layout, row: int, seen_from: Cell) -> str:
    if row == seen_from[0]:
        return ""
    if seen_from[0] not in layout.rows:
        return f" of row {row - layout.table.first + 1}"
    return " above" if row == seen_from[0] - 1 else f" of row {row - layout.table.first + 1}"


def _named(layout: Layout, cell: Cell, piece: Piece) -> str:
    if piece.area is None:
        return piece.text
    if piece.sheet != layout.sheet.name:
        return f"{piece.sheet}!{piece.area.a1}"
    corner = piece.area[:2]
    if corner == piece.area[2:]:
        return name_of(layout, corner, cell)
    return _area_name(layout, piece.area)


def _area_name(layout: Layout, area: Area) -> str:
    titles = {column: title for title, column in layout.table.columns.items()}
    inside = area.left == area.right and area.top in layout.rows and area.left in titles
    return titles[area.left] if inside else area.a1


# -- numbers ---------------------------------------------------------------------------------------------------------
def _number(layout: Layout, piece: Piece, shown: Shown) -> str:
    if piece.kind == "name":
        cell = layout.sheet.names.get(piece.text.casefold())
        return show(shown([cell])[0]) if cell else piece.text
    if piece.area is None:
        return piece.text
    if piece.sheet != layout.sheet.name:
        return f"{piece.sheet}!{piece.area.a1}"
    area = piece.area
    count = (area.bottom - area.top + 1) * (area.right - area.left + 1)
    if count == 1:
        [value] = shown([area[:2]])
        return "0" if value is None else show(value)
    if count <= LISTED:
        return ", ".join(map(show, shown(list(area.cells))))
    first, last = area[:2], area[2:]
    below = (area.top + 1, area.left) if area.bottom > area.top else (area.top, area.left + 1)
    one, two, end = map(show, shown([first, below, last]))
    return f"{one}, {two}, …, {end}"


# -- writing ---------------------------------------------------------------------------------------------------------
def _written(found: list[Piece], put: Callable[[Piece], str]) -> str:
    """The formula as one reads it, each reference as `put` says."""
    text, power = "", False
    for piece, following in zip(found, [*found[1:], None], strict=True):
        if piece.kind == "sign":
            power = piece.text == "^"
            text += "" if power else _sign(piece.text, text)
            continue
        word = piece.text.upper().removeprefix("_XLFN.") if piece.kind == "function" else put(piece)
        raised = following is not None and following.text == "^"
        if power:
            text += _POWERS.get(word, f"^{_bracketed(word)}")
        else:
            begins = not text or text[-1] == "(" or text.endswith((", ", "; "))
            several = piece.kind == "reference" and ", " in word and not begins
            text += word if begins and not raised else f"{{{word}}}" if several else _bracketed(word)
        power = False
    return text.strip()


def _bracketed(word: str) -> str:
    return f"({word})" if word.startswith(MINUS) else word


def _sign(sign: str, before: str) -> str:
    if sign in "+-":
        unary = (
            not before.strip() or before.rstrip()[-1] in "(,×/+^=<>≤≥≠&;" or before.rstrip().endswith(MINUS)
        )
        return ("" if sign == "+" else MINUS) if unary else (" + " if sign == "+" else f" {MINUS} ")
    return _SIGNS.get(sign, sign)
