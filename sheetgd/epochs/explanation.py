"""A cell's sum in words: its formula with names for the cells, with their numbers, and with its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from ..formulas.grammar import NotAFormula, parse, text
from ..formulas.tree import Binary, Bracket, Call, Name, Number, Reference, Sign, Suffix, Tree, walk
from ..grid.a1 import Area, Cell, a1
from ..grid.sheet import ErrorValue, Value
from ..language import translated
from ..layout.find import Layout
from .inputs import label_of

ShownValues = Callable[[Sequence[Cell]], list[Value]]

MINUS = "\u2212"
SMALL = 1e-6  # numbers from here on are written without an exponent
DIGITS = 7  # of the numbers in a sum
LISTED = 3  # numbers of an area that are shown
_SIGNS = {"*": "×", "-": MINUS, "<=": "≤", ">=": "≥", "<>": "≠"}
_CLOSE = frozenset((":", " ", ","))  # operators of references, written as they are
_POWERS = {"2": "²", "3": "³"}

Put = Callable[[Tree], str]


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


def explain(layout: Layout, cell: Cell, shown: ShownValues) -> Explanation:
    """The sum in a cell of the layout's sheet; `shown` gives what cells of the sheet show now."""
    sheet = layout.sheet
    title, formula = name_of(layout, cell, cell), sheet.formulas.get(cell)
    [value] = shown([cell])
    result = show(value)
    if formula is None:
        return Explanation(a1(cell), title, None, "", "", result, [])
    try:
        tree = parse(formula)
    except NotAFormula:
        return Explanation(a1(cell), title, formula, "", "", result, [])
    reads = [node.area for node in walk(tree) if isinstance(node, Reference) and _is_on(sheet.name, node)]
    names = _written(tree, lambda leaf: _named(layout, cell, leaf))
    numbers = _written(tree, lambda leaf: _number(layout, leaf, shown))
    return Explanation(a1(cell), title, formula, names, numbers, result, [area.a1 for area in reads])


def show(value: Value) -> str:
    """A value as it is written in a sum.

    >>> show(1.0503510000000001), show(-503.51), show(1e-5), show(1e-12), show(None), show("a")
    ('1.050351', '−503.51', '0.00001', '1e−12', 'empty', '"a"')
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | int):
        digits = f"{value:.{DIGITS}g}"
        digits = (
            f"{Decimal(digits):f}" if SMALL <= abs(value) < 1 else digits
        )  # a learning rate, as it was typed
        return digits.replace("-", MINUS)
    if value is None:
        return translated("empty")
    return str(value) if isinstance(value, ErrorValue) else f'"{value}"'


# -- names -----------------------------------------------------------------------------------------------------------
def name_of(layout: Layout, cell: Cell, seen_from: Cell) -> str:
    """What a cell is called: the title of its column in the table, a parameter's or a control's name, a label near it,
    or its address."""
    table, controls = layout.table, layout.controls
    titles = {column: title for title, column in table.columns.items()}
    if cell[0] in layout.rows and cell[1] in titles:
        return _of_row(titles[cell[1]], layout, cell[0], seen_from)
    for name, found in layout.carried.items():
        if cell == found.start:
            return translated("{name} at the start", name=name)
        if cell == found.carry:
            return translated("new {name}", name=name)
    for kind, control in (
        (translated("learn"), controls.learn),
        (translated("epochs"), controls.epochs),
        (controls.loss_name, controls.loss),
    ):
        if cell == control:
            return kind
    return label_of(layout.sheet, cell) or a1(cell)


def _of_row(title: str, layout: Layout, row: int, seen_from: Cell) -> str:
    """The title of a column, and which row is meant where it is another one."""
    if row == seen_from[0]:
        return title
    if seen_from[0] in layout.rows and row == seen_from[0] - 1:
        return translated("{title} above", title=title)
    return translated("{title} of row {row}", title=title, row=row - layout.table.first + 1)


def _is_on(sheet: str, reference: Reference) -> bool:
    return (reference.sheet_name or sheet).casefold() == sheet.casefold()


def _named(layout: Layout, cell: Cell, leaf: Tree) -> str:
    if not isinstance(leaf, Reference):
        return text(leaf)
    if not _is_on(layout.sheet.name, leaf):
        return f"{leaf.sheet_name}!{leaf.area.a1}"
    corner = leaf.area[:2]
    if corner == leaf.area[2:]:
        return name_of(layout, corner, cell)
    return _area_name(layout, leaf.area)


def _area_name(layout: Layout, area: Area) -> str:
    titles = {column: title for title, column in layout.table.columns.items()}
    inside = area.left == area.right and area.top in layout.rows and area.left in titles
    return titles[area.left] if inside else area.a1


# -- numbers ---------------------------------------------------------------------------------------------------------
def _number(layout: Layout, leaf: Tree, shown: ShownValues) -> str:
    if isinstance(leaf, Name):
        cell = layout.sheet.names.get(leaf.text.casefold())
        return show(shown([cell])[0]) if cell else leaf.text
    if not isinstance(leaf, Reference):
        return text(leaf)
    area = leaf.area
    if not _is_on(layout.sheet.name, leaf):
        return f"{leaf.sheet_name}!{area.a1}"
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
def _written(tree: Tree, put: Put, begins: bool = True) -> str:
    """The formula as one reads it, each leaf as `put` says; `begins` where nothing, or a bracket, stands before it."""
    if isinstance(tree, Binary):
        return _operation(tree, put, begins)
    if isinstance(tree, Sign):
        sign = MINUS if tree.sign == "-" else ""
        return sign + _written(tree.operand, put, begins and not sign)
    if isinstance(tree, Suffix):
        return _written(tree.operand, put, begins) + tree.sign
    if isinstance(tree, Bracket):
        return f"({_written(tree.inner, put)})"
    if isinstance(tree, Call):
        function = tree.function if isinstance(tree.function, str) else _written(tree.function, put)
        arguments = ", ".join(_written(one, put) for one in tree.arguments)
        return f"{function.removeprefix('_xlfn.')}({arguments})"
    word = put(tree)
    if begins:
        return word
    return f"{{{word}}}" if isinstance(tree, Reference) and ", " in word else _bracketed(word)


def _operation(tree: Binary, put: Put, begins: bool) -> str:
    sign = tree.operator
    if sign == "^":
        power = _POWERS.get(tree.right.text) if isinstance(tree.right, Number) else None
        return _written(tree.left, put, begins=False) + (
            power or f"^{_written(tree.right, put, begins=False)}"
        )
    left, right = _written(tree.left, put, begins), _written(tree.right, put, begins=False)
    return f"{left}{sign}{right}" if sign in _CLOSE else f"{left} {_SIGNS.get(sign, sign)} {right}"


def _bracketed(word: str) -> str:
    return f"({word})" if word.startswith(MINUS) else word
