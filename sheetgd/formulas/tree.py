"""The tree of a formula: its parts as records, a walk over them, and what puts others in their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias, TypeVar

from ..grid.a1 import COLUMNS, ROWS, Area

T = TypeVar("T")


def _distinct(kind: type[T]) -> type[T]:
    """Equal only to its own kind, which tuples of other kinds would be, too."""

    def equal(one: Any, other: Any) -> bool:
        return type(one) is type(other) and bool(one[:] == other[:])

    def unequal(one: Any, other: Any) -> bool:
        return not equal(one, other)

    def hashed(one: Any) -> int:
        return hash((kind.__name__, tuple.__hash__(one)))

    for name, method in (("__eq__", equal), ("__ne__", unequal), ("__hash__", hashed)):
        setattr(kind, name, method)
    return kind


@_distinct
class Number(NamedTuple):
    """A number, as it is written."""

    text: str


@_distinct
class Text(NamedTuple):
    """A text without its quotes."""

    value: str


@_distinct
class Truth(NamedTuple):
    """TRUE or FALSE."""

    value: bool


@_distinct
class Error(NamedTuple):
    """An error, perhaps in the place of a sheet's cell: #N/A, Data!#REF!."""

    text: str


@_distinct
class Corner(NamedTuple):
    """One end of a reference: column and row from 1, 0 for whole rows or columns, and which of them a $ holds."""

    column: int
    row: int
    fixed_column: bool = False
    fixed_row: bool = False


@_distinct
class Reference(NamedTuple):
    """A cell or an area; `sheet` is its prefix as it is written, with the exclamation mark, or empty."""

    sheet: str
    first: Corner
    last: Corner | None = None

    @property
    def area(self) -> Area:
        """The area from its top left cell to its bottom right one."""
        ends = [self.first, self.last or self.first]
        rows = sorted(end.row for end in ends) if self.first.row else [1, ROWS]
        columns = sorted(end.column for end in ends) if self.first.column else [1, COLUMNS]
        return Area(rows[0], columns[0], rows[1], columns[1])

    @property
    def sheet_name(self) -> str:
        """The sheet's name without quotes; empty for the formula's own sheet."""
        return self.sheet.removesuffix("!").removeprefix("'").removesuffix("'").replace("''", "'")


@_distinct
class Name(NamedTuple):
    """A defined name, or one of LET and LAMBDA; with its sheet's prefix where it is written with one."""

    text: str


@_distinct
class TableField(NamedTuple):
    """A structured reference: Scores[Points], [@Points], Scores[[#Totals],[Points]]."""

    table: str
    field: str


@_distinct
class Missing(NamedTuple):
    """An argument that is left out."""


@_distinct
class Array(NamedTuple):
    """A constant array, row by row."""

    rows: tuple[tuple[Tree, ...], ...]


@_distinct
class Call(NamedTuple):
    """A function, or what gives one (LAMBDA(x,x+1)(5)), and its arguments."""

    function: str | Tree
    arguments: tuple[Tree, ...]


@_distinct
class Sign(NamedTuple):
    """-x, +x or @x."""

    sign: str
    operand: Tree


@_distinct
class Suffix(NamedTuple):
    """x% or x#."""

    operand: Tree
    sign: str


@_distinct
class Binary(NamedTuple):
    """Two operands and what stands between them; a blank intersects, a comma unites, a colon spans two areas."""

    operator: str
    left: Tree
    right: Tree


@_distinct
class Bracket(NamedTuple):
    """What stands in brackets."""

    inner: Tree


Tree: TypeAlias = (
    Number
    | Text
    | Truth
    | Error
    | Reference
    | Name
    | TableField
    | Missing
    | Array
    | Call
    | Sign
    | Suffix
    | Binary
    | Bracket
)


def children(tree: Tree) -> tuple[Tree, ...]:
    """The trees right below, from left to right.

    >>> children(Binary("+", Name("x"), Number("2")))
    (Name(text='x'), Number(text='2'))
    """
    if isinstance(tree, Binary):
        return tree.left, tree.right
    if isinstance(tree, Call):
        return tree.arguments if isinstance(tree.function, str) else (tree.function, *tree.arguments)
    if isinstance(tree, (Sign, Suffix)):
        return (tree.operand,)
    if isinstance(tree, Bracket):
        return (tree.inner,)
    return tuple(one for row in tree.rows for one in row) if isinstance(tree, Array) else ()


def bare(tree: Tree, signs: str = "") -> Tree:
    """What stands in brackets; with `signs`, such as "+-", also what stands behind these.

    >>> bare(Bracket(Sign("-", Name("x")))), bare(Bracket(Sign("-", Name("x"))), "-")
    (Sign(sign='-', operand=Name(text='x')), Name(text='x'))
    """
    while isinstance(tree, Bracket) or (isinstance(tree, Sign) and tree.sign in signs):
        [tree] = children(tree)
    return tree


def function_name(node: Tree) -> str:
    """A function's name in capitals without prefixes; empty for what is no function of that kind."""
    name = node.function if isinstance(node, Call) and isinstance(node.function, str) else ""
    return name.rpartition("_xlfn.")[2].removeprefix("_xlws.").upper()


def walk(tree: Tree) -> Iterator[Tree]:
    """The tree and all below it, each before what is below it, from left to right.

    >>> [node.text for node in walk(Binary("*", Name("rate"), Bracket(Name("x")))) if isinstance(node, Name)]
    ['rate', 'x']
    """
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(children(node))


def replaced(tree: Tree, change: Callable[[Tree], Tree | None]) -> Tree:
    """The tree with each node, from the top, that `change` gives another for; None leaves a node to its parts.

    Where nothing changes it is the tree itself.

    >>> replaced(Sign("-", Name("x")), lambda node: Number("7") if node == Name("x") else None)
    Sign(sign='-', operand=Number(text='7'))
    """
    spine: list[Binary] = []
    while (found := change(tree)) is None and isinstance(tree, Binary):  # a long sum leans to the left
        spine.append(tree)
        tree = tree.left
    made = found if found is not None else _parts_replaced(tree, change)
    for node in reversed(spine):
        right = replaced(node.right, change)
        same = made is node.left and right is node.right
        made = node if same else Binary(node.operator, made, right)
    return made


def _parts_replaced(tree: Tree, change: Callable[[Tree], Tree | None]) -> Tree:
    parts = children(tree)
    found = tuple(replaced(one, change) for one in parts)
    if isinstance(tree, Array) or all(one is other for one, other in zip(parts, found, strict=True)):
        return tree
    if isinstance(tree, Call):
        if isinstance(tree.function, str):
            return Call(tree.function, found)
        return Call(found[0], found[1:])
    if isinstance(tree, (Sign, Suffix)):
        return tree._replace(operand=found[0])
    return Bracket(found[0])


def shifted(tree: Tree, rows: int, columns: int) -> Tree:
    """The formula as it reads when it is filled down by `rows` and right by `columns`; past the edge it comes round.

    >>> shifted(Reference("", Corner(2, 7, fixed_column=True)), 2, 1).first
    Corner(column=2, row=9, fixed_column=True, fixed_row=False)
    """

    def change(node: Tree) -> Tree | None:
        if not isinstance(node, Reference):
            return None
        last = node.last and moved(node.last, rows, columns)
        return node._replace(first=moved(node.first, rows, columns), last=last)

    return replaced(tree, change)


def held(reference: Reference) -> Reference:
    """The same cells, held by a $ at every column and row."""
    first = reference.first._replace(fixed_column=True, fixed_row=True)
    last = reference.last and reference.last._replace(fixed_column=True, fixed_row=True)
    return reference._replace(first=first, last=last)


def moved(end: Corner, rows: int, columns: int) -> Corner:
    """A corner that goes along when its formula is filled down and right, unless a $ holds it."""
    row = end.row if end.fixed_row or not end.row else (end.row + rows - 1) % ROWS + 1
    number = end.column if end.fixed_column or not end.column else (end.column + columns - 1) % COLUMNS + 1
    return end._replace(row=row, column=number)
