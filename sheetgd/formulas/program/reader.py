"""The tree of a form to a program's steps: what each of its functions and references means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import pi

import numpy as np

from ...grid.a1 import Area
from ...maths.bounds import FloatArray
from ..grammar import NotAFormula, parse
from ..tree import Binary, Bracket, Call, Corner, Name, Number, Reference, Sign, Suffix, Tree, Truth, walk
from .builder import Builder, Form, NotCompiled
from .functions import AGGREGATES, FUNCTIONS
from .operations import (
    DIVIDE,
    MULTIPLY,
    NEGATE,
    ONES,
    OPERATORS,
    SQRT,
    SQUARE,
    SUBTRACT,
    SUM,
    Slots,
)

MOST_READ = 5_000_000  # cells that one form reads in all
_TRUTHS = frozenset(("AND", "OR", "NOT"))
_COMPARISONS = frozenset(("=", "<>", "<", ">", "<=", ">="))


class Reader:
    """Turns the tree of a form into steps."""

    def __init__(self, compiler: Builder, form: Form) -> None:
        self.compiler, self.form = compiler, form
        self.place = form.places[0]

    def fail(self, what: str) -> NotCompiled:
        return NotCompiled(what, self.place)

    def read(self, tree: Tree) -> int:
        """The register of a tree's value."""
        compiler = self.compiler
        if isinstance(tree, Number):
            return compiler.number(float(tree.text))
        if isinstance(tree, Truth):
            raise self.fail(str(tree.value).upper())
        if isinstance(tree, Bracket):
            return self.read(tree.inner)
        if isinstance(tree, (Reference, Name)):
            return compiler.load(self.slots(self.reference(tree)))
        if isinstance(tree, Sign) and tree.sign != "@":
            return (
                compiler.apply(NEGATE, self.read(tree.operand))
                if tree.sign == "-"
                else self.read(tree.operand)
            )
        if isinstance(tree, Suffix) and tree.sign == "%":
            return compiler.apply(DIVIDE, self.read(tree.operand), compiler.number(100.0))
        if isinstance(tree, Binary) and tree.operator in OPERATORS:
            return compiler.apply(OPERATORS[tree.operator], self.read(tree.left), self.read(tree.right))
        if isinstance(tree, Call) and isinstance(tree.function, str):
            return self.call(tree.function.rpartition("_xlfn.")[2], tree.arguments)
        raise self.fail(f"a {type(tree).__name__.lower()}")

    def call(self, name: str, arguments: tuple[Tree, ...]) -> int:
        compiler = self.compiler
        if (name, len(arguments)) in FUNCTIONS:
            return compiler.apply(FUNCTIONS[name, len(arguments)], *map(self.read, arguments))
        if name == "PI" and not arguments:
            return compiler.number(pi)
        if name == "IFERROR" and len(arguments) == 2:
            return self.read(arguments[0])  # where it is an error, the numbers are doubtful
        if (
            name not in _TRUTHS
            and (name in AGGREGATES or name in _COMPOSED)
            and any(map(is_truth, arguments))
        ):
            raise self.fail(f"{name} of TRUE and FALSE")
        if name in ("MIN", "MAX", "AND", "OR") and arguments:
            self.refuse_empty(name, arguments)
            return compiler.apply(AGGREGATES[name], *map(self.read, arguments))
        if name in _COMPOSED and arguments:
            return _COMPOSED[name](self, arguments)
        raise self.fail(name)

    def refuse_empty(self, name: str, arguments: Iterable[Tree]) -> None:
        """What counts cells, or compares them, leaves empty ones out."""
        for tree in arguments:
            if isinstance(tree, (Reference, Name)):
                slots = self.slots(self.reference(tree))
                if not self.compiler.empty.isdisjoint(slots.ravel().tolist()):
                    raise self.fail(f"{name} of empty cells")

    # -- references ------------------------------------------------------------------------------------------------
    def reference(self, tree: Tree) -> Reference:
        """The reference that a tree is, or that its defined name stands for."""
        if isinstance(tree, Reference):
            return tree
        assert isinstance(tree, Name)
        texts = self.compiler.names.get(tree.text.casefold(), ())
        if len(texts) == 1:
            try:
                meant = parse(texts[0].lstrip("="))
            except NotAFormula:
                meant = tree
            if isinstance(meant, Reference) and meant.sheet:
                return meant._replace(first=_held(meant.first), last=meant.last and _held(meant.last))
        raise self.fail(f"the name {tree.text}")

    def references(self, tree: Tree) -> list[Reference]:
        return [self.reference(node) for node in walk(tree) if isinstance(node, (Reference, Name))]

    def slots(self, reference: Reference) -> Slots:
        """The slots that a reference means to each formula of the form, shape (formulas or 1, rows, columns)."""
        key = self.place, len(self.form.places), reference
        if key not in self.compiler.known:
            self.compiler.known[key] = self._slots(reference)
        return self.compiler.known[key]

    def _slots(self, reference: Reference) -> Slots:
        sheet = self.compiler.sheets.get((reference.sheet_name or self.place[0]).casefold())
        ends = [reference.first, reference.last or reference.first]
        if sheet is None or not all(end.row and end.column for end in ends):
            raise self.fail("whole rows or columns" if sheet else f"the sheet {reference.sheet_name}")
        moves = self._moves(ends)
        area = reference.area
        size = (area.bottom - area.top + 1) * (area.right - area.left + 1)
        if size * len(moves) > MOST_READ:
            raise self.fail(f"{size * len(moves):,} cells to read")
        found = np.empty((len(moves), area.bottom - area.top + 1, area.right - area.left + 1), dtype=np.intp)
        for number, (down, right) in enumerate(moves):
            moved = Area(area.top + down, area.left + right, area.bottom + down, area.right + right)
            cells = [self.compiler.slot((sheet, cell), self.place) for cell in moved.cells]
            found[number] = np.array(cells, dtype=np.intp).reshape(found.shape[1:])
        return found

    def _moves(self, ends: list[Corner]) -> list[tuple[int, int]]:
        """How far the reference has moved for each formula of the form; once where it never does."""
        first = self.place[1]
        down, right = (not all(end.fixed_row for end in ends), not all(end.fixed_column for end in ends))
        moves = [((cell[0] - first[0]) * down, (cell[1] - first[1]) * right) for _, cell in self.form.places]
        return moves[:1] if not any(map(any, moves)) else moves


def grows(tree: Tree) -> bool:
    """Whether a range grows where the formula is filled down or right: SUM(B$1:B3)."""
    return any(
        isinstance(node, Reference)
        and node.last is not None
        and (node.first.fixed_row, node.first.fixed_column) != (node.last.fixed_row, node.last.fixed_column)
        for node in walk(tree)
    )


def is_truth(tree: Tree) -> bool:
    """Whether the value is TRUE or FALSE, which sums leave out."""
    if isinstance(tree, Bracket):
        return is_truth(tree.inner)
    if isinstance(tree, Call):
        several = tree.arguments[1:] if tree.function == "IF" else tree.arguments[:1]
        return tree.function in _TRUTHS or (
            tree.function in ("IF", "IFERROR") and any(map(is_truth, several))
        )
    return isinstance(tree, Binary) and tree.operator in _COMPARISONS


def _held(end: Corner) -> Corner:
    return end._replace(fixed_column=True, fixed_row=True)


# -- functions made of others ----------------------------------------------------------------------------------------
def _count(reader: Reader, arguments: tuple[Tree, ...]) -> int:
    total: FloatArray = np.zeros((1, 1, 1))
    for tree in arguments:
        if not isinstance(tree, (Reference, Name)):
            raise reader.fail("COUNT or AVERAGE of what is no range")
        slots = reader.slots(reader.reference(tree))
        total = total + (~np.isin(slots, list(reader.compiler.empty))).sum(axis=(1, 2), keepdims=True)
    return reader.compiler.constant(total.astype(float))


def _total(reader: Reader, arguments: tuple[Tree, ...]) -> int:
    return reader.compiler.apply(SUM, *map(reader.read, arguments))


def _average(reader: Reader, arguments: tuple[Tree, ...]) -> int:
    compiler = reader.compiler
    if len(arguments) == 1 and not isinstance(arguments[0], (Reference, Name)):
        register = reader.read(arguments[0])
        ones = compiler.apply(ONES, register)
        return compiler.apply(DIVIDE, compiler.apply(SUM, register), compiler.apply(SUM, ones))
    return compiler.apply(DIVIDE, _total(reader, arguments), _count(reader, arguments))


def _squares(reader: Reader, arguments: tuple[Tree, ...]) -> int:
    compiler = reader.compiler
    return compiler.apply(SUM, *[compiler.apply(SQUARE, reader.read(one)) for one in arguments])


def _products(reader: Reader, arguments: tuple[Tree, ...]) -> int:
    compiler = reader.compiler
    product, *others = map(reader.read, arguments)
    for other in others:
        product = compiler.apply(MULTIPLY, product, other)
    return compiler.apply(SUM, product)


def _differences(reader: Reader, arguments: tuple[Tree, ...]) -> int:
    compiler = reader.compiler
    if len(arguments) != 2:
        raise reader.fail("SUMXMY2 of other than two ranges")
    reader.refuse_empty("SUMXMY2", arguments)
    return compiler.apply(SUM, compiler.apply(SQUARE, compiler.apply(SUBTRACT, *map(reader.read, arguments))))


def _variance(less: int, root: bool) -> Callable[[Reader, tuple[Tree, ...]], int]:
    def found(reader: Reader, arguments: tuple[Tree, ...]) -> int:
        compiler = reader.compiler
        if len(arguments) != 1:
            raise reader.fail("a variance of several ranges")
        reader.refuse_empty("a variance", arguments)
        register, count = reader.read(arguments[0]), _count(reader, arguments)
        apart = compiler.apply(
            SUBTRACT, register, compiler.apply(DIVIDE, compiler.apply(SUM, register), count)
        )
        squares = compiler.apply(SUM, compiler.apply(SQUARE, apart))
        variance = compiler.apply(
            DIVIDE, squares, compiler.apply(SUBTRACT, count, compiler.number(float(less)))
        )
        return compiler.apply(SQRT, variance) if root else variance

    return found


_COMPOSED: dict[str, Callable[[Reader, tuple[Tree, ...]], int]] = {
    "SUM": _total,
    "COUNT": _count,
    "AVERAGE": _average,
    "SUMSQ": _squares,
    "SUMPRODUCT": _products,
    "SUMXMY2": _differences,
    "VAR.P": _variance(0, False),
    "VARP": _variance(0, False),
    "VAR.S": _variance(1, False),
    "VAR": _variance(1, False),
    "STDEV.P": _variance(0, True),
    "STDEVP": _variance(0, True),
    "STDEV.S": _variance(1, True),
    "STDEV": _variance(1, True),
}
