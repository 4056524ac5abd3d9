"""The residuals of a loss that is a sum or a mean of squares, or the root of one: a formula for each, read from the
sheet's own formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product
from typing import NamedTuple

from ..books.book import Book, ModelledBook
from ..formulas.dependencies import Cone
from ..formulas.grammar import NotAFormula, parse, text
from ..formulas.model import FormulaText
from ..formulas.structured import frames, plain
from ..formulas.tree import (
    Binary,
    Bracket,
    Call,
    Corner,
    Number,
    Reference,
    TableField,
    Tree,
    bare,
    children,
    replaced,
    walk,
)
from ..grid.a1 import COLUMNS, ROWS
from ..grid.sheet import Place
from .problem import Problem

_ELEMENTWISE = frozenset("EXP LN LOG LOG10 SQRT POWER SIN COS TAN ATAN SINH COSH TANH ABS IF".split())
_COUNTING = frozenset({"COUNT", "COUNTA", "ROWS", "COLUMNS"})
_bare = partial(bare, signs="+")
_HALVES = (Number("0.5"), Number(".5"), Bracket(Binary("/", Number("1"), Number("2"))))
_TWO = Number("2")


class _NoSquares(Exception):
    """The loss is not known to be made of squares."""


class _Residual(NamedTuple):
    """A residual as a tree, and the cell in whose row it is to be computed."""

    place: Place
    tree: Tree


def find_residuals(book: Book, problem: Problem, cone: Cone | None) -> Mapping[Place, FormulaText] | None:
    """A formula for each residual, by cells beyond the sheets' data in which they can be computed; None where the loss
    is not known to be made of squares."""
    if cone is None or not isinstance(book, ModelledBook):
        return None
    reader = _Reader(book, cone, problem)
    try:
        found = list(reader.of_loss(problem.objective.place, set()))
    except (_NoSquares, NotAFormula):
        return None
    formulas: dict[Place, FormulaText] = {}
    for (sheet, (row, _)), tree in found:
        free = next(
            (sheet, (row, column))
            for column in range(COLUMNS, 1, -1)
            if (sheet, (row, column)) not in formulas
        )
        formulas[free] = FormulaText(text(tree))
    return None if not formulas or cone.read(formulas) else formulas


class _Reader:
    """Reads the formulas from the loss down to the squares."""

    def __init__(self, book: ModelledBook, cone: Cone, problem: Problem) -> None:
        self.book, self.cone, self.parameters = book, cone, set(problem.parameters)
        self.tables = frames(map(book.cells, book.sheet_names))

    def formula(self, place: Place) -> Tree:
        tree = plain(parse(self.book.formulas[place].lstrip("=")), place, self.tables)
        if any(isinstance(node, TableField) for node in walk(tree)):
            raise _NoSquares
        return tree

    def of_loss(self, place: Place, seen: set[Place]) -> Iterator[_Residual]:
        """Of a cell that is a sum of squares, or one times a number, or the root of either."""
        if place in seen or place not in self.cone.active:
            raise _NoSquares
        seen.add(place)
        yield from self.of_root(place, self.formula(place), seen)

    def of_root(self, at: Place, tree: Tree, seen: set[Place]) -> Iterator[_Residual]:
        tree = _under_root(_bare(tree))
        while isinstance(tree, Binary) and tree.operator in "*/":
            if not self.moves(at, tree.right):
                tree = _bare(tree.left)
            elif tree.operator == "*" and not self.moves(at, tree.left):
                tree = _bare(tree.right)
            else:
                break
        if isinstance(tree, Reference) and tree.last is None and not _is_square(tree):
            place = self.places(at, tree)[0]
            if place in self.cone.active and root(self.formula(place)) is None:
                yield from self.of_loss(place, seen)
                return
        yield from self.of_sum(at, tree)

    def of_sum(self, at: Place, tree: Tree) -> Iterator[_Residual]:
        """Of a sum of squares, in whichever way it is written."""
        tree = _bare(tree)
        if isinstance(tree, Binary) and tree.operator == "+":
            yield from self.of_sum(at, tree.left)
            yield from self.of_sum(at, tree.right)
        elif isinstance(tree, Call) and tree.function in ("SUM", "AVERAGE"):
            for one in tree.arguments:
                yield from self.of_squares(at, one)
        elif isinstance(tree, Call) and tree.function == "SUMSQ":
            for one in tree.arguments:
                yield from self.of_values(at, one)
        elif isinstance(tree, Call) and tree.function == "SUMXMY2" and len(tree.arguments) == 2:
            yield from self.elements(at, Binary("-", *(Bracket(one) for one in tree.arguments)))
        elif isinstance(tree, Call) and tree.function == "SUMPRODUCT":
            one, *others = tree.arguments
            square = _bare(one) if not others else Binary("*", one, others[0]) if len(others) == 1 else None
            yield from self.of_squares(at, square) if square else ()
        else:
            yield from self.of_squares(at, tree)

    def of_squares(self, at: Place, tree: Tree) -> Iterator[_Residual]:
        """Of cells that are squares each, or of the square of an area."""
        inner = root(tree)
        if inner is not None:
            yield from self.elements(at, inner)
            return
        for place in self.places(at, _bare(tree)):
            if place in self.cone.active:
                found = root(self.formula(place))
                if found is None:
                    raise _NoSquares
                yield _Residual(place, found)
            elif self.book.cells(place[0]).number(place[1]):
                raise _NoSquares

    def of_values(self, at: Place, tree: Tree) -> Iterator[_Residual]:
        """Of cells whose squares are summed, or of an expression over areas."""
        tree = _bare(tree)
        if not isinstance(tree, Reference):
            yield from self.elements(at, tree)
            return
        for place in self.places(at, tree):
            if place in self.parameters:
                raise _NoSquares  # a penalty, no residual
            if place in self.cone.active:
                yield _Residual(place, self.formula(place))
            elif self.book.cells(place[0]).number(place[1]):
                raise _NoSquares

    def elements(self, at: Place, tree: Tree) -> Iterator[_Residual]:
        """The tree for each element of the areas in it, all of one shape."""
        areas = [node.area for node in walk(tree) if isinstance(node, Reference) and node.last]
        shapes = {(area.bottom - area.top, area.right - area.left) for area in areas}
        calls = [node.function for node in walk(tree) if isinstance(node, Call)]
        if len(shapes) > 1 or (areas and not _ELEMENTWISE.issuperset(calls)):
            raise _NoSquares
        rows, columns = shapes.pop() if shapes else (0, 0)
        for number, (down, right) in enumerate(product(range(rows + 1), range(columns + 1))):
            row = (at[1][0] + number - 1) % ROWS + 1
            yield _Residual((at[0], (row, at[1][1])), replaced(tree, _element(down, right)))

    def places(self, at: Place, tree: Tree) -> list[Place]:
        """The cells of a reference."""
        if not isinstance(tree, Reference):
            raise _NoSquares
        sheet, area = tree.sheet_name or at[0], tree.area
        name = next((name for name in self.book.sheet_names if name.casefold() == sheet.casefold()), None)
        if name is None or (area.bottom == ROWS and area.top == 1) or area.right == COLUMNS:
            raise _NoSquares
        return [(name, cell) for cell in area.cells]

    def moves(self, at: Place, tree: Tree) -> bool:
        """Whether a part of a formula may depend on the parameters."""
        if isinstance(tree, Call) and tree.function in _COUNTING:
            return False
        if not isinstance(tree, Reference):
            return any(self.moves(at, one) for one in children(tree))
        try:
            places = self.places(at, tree)
        except _NoSquares:
            return True
        return any(place in self.cone.active or place in self.parameters for place in places)


def root(tree: Tree) -> Tree | None:
    """What is squared; None for anything but a square.

    >>> text(root(parse("(B2-C2)^2"))), text(root(parse("POWER(D2,2)"))), root(parse("ABS(D2)"))
    ('(B2-C2)', 'D2', None)
    >>> text(root(parse('IF(A2="",0,(B2-C2)^2)')))
    'IF(A2="",0,(B2-C2))'
    """
    tree = _bare(tree)
    if isinstance(tree, Binary) and tree.operator == "^" and _bare(tree.right) == _TWO:
        return tree.left
    if isinstance(tree, Binary) and tree.operator == "*" and _bare(tree.left) == _bare(tree.right):
        return tree.left
    if not isinstance(tree, Call):
        return None
    if tree.function == "POWER" and tree.arguments[1:] == (_TWO,):
        return tree.arguments[0]
    if tree.function == "SUMSQ" and len(tree.arguments) == 1 and _is_single(tree.arguments[0]):
        return tree.arguments[0]
    if tree.function == "IF" and len(tree.arguments) == 3:
        condition, *branches = tree.arguments
        roots = [root(one) or (one if not _reads(one) else None) for one in branches]
        return Call("IF", (condition, *(one for one in roots if one))) if None not in roots else None
    return None


def _under_root(tree: Tree) -> Tree:
    """What a root is taken of; the tree itself where none is."""
    if isinstance(tree, Call) and tree.arguments:
        power = tree.function == "POWER" and tree.arguments[1:] == (Number("0.5"),)
        return _bare(tree.arguments[0]) if power or tree.function == "SQRT" else tree
    if isinstance(tree, Binary) and tree.operator == "^" and tree.right in _HALVES:
        return _bare(tree.left)
    return tree


def _is_square(tree: Tree) -> bool:
    return root(tree) is not None


def _is_single(tree: Tree) -> bool:
    return isinstance(tree, Reference) and tree.last is None


def _reads(tree: Tree) -> bool:
    return any(isinstance(node, (Reference, Call)) for node in walk(tree))


def _element(down: int, right: int) -> Callable[[Tree], Tree | None]:
    """What puts one cell in the place of each area, and leaves single cells where they are."""

    def change(node: Tree) -> Tree | None:
        if not isinstance(node, Reference) or not node.last:
            return None
        top, left, _, _ = node.area
        return Reference(node.sheet, Corner(left + right, top + down, True, True))

    return change
