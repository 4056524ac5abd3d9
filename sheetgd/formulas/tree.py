"""The tree of a formula: its parts as records, a walk over them, and what puts others in their places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, TypeAlias

from ..grid.a1 import COLUMNS, ROWS, Area


class Node:
    """A part of a formula, which nobody changes; equal only to one of its own kind with equal parts.

    A class by hand, for fifteen NamedTuples would be a thirtieth of the start of a run.
    """

    __slots__: tuple[str, ...] = ()
    parts: Callable[[Any], object]

    def __init_subclass__(cls) -> None:
        cls.parts = attrgetter("__class__", *cls.__slots__)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.parts(self) == self.parts(other)

    def __hash__(self) -> int:
        return hash(self.parts(self))

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({parts})"


class Number(Node):
    """A number, as it is written."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Text(Node):
    """A text without its quotes."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value


class Truth(Node):
    """TRUE or FALSE."""

    __slots__ = ("value",)

    def __init__(self, value: bool) -> None:
        self.value = value


class Error(Node):
    """An error, perhaps in the place of a sheet's cell: #N/A, Data!#REF!."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Corner(Node):
    """One end of a reference: column and row from 1, 0 for whole rows or columns, and which of them a $ holds."""

    __slots__ = ("column", "row", "fixed_column", "fixed_row")

    def __init__(self, column: int, row: int, fixed_column: bool = False, fixed_row: bool = False) -> None:
        self.column, self.row = column, row
        self.fixed_column, self.fixed_row = fixed_column, fixed_row


class Reference(Node):
    """A cell or an area; `sheet` is its prefix as it is written, with the exclamation mark, or empty."""

    __slots__ = ("sheet", "first", "last")

    def __init__(self, sheet: str, first: Corner, last: Corner | None = None) -> None:
        self.sheet, self.first, self.last = sheet, first, last

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

    def with_ends(self, change: Callable[[Corner], Corner]) -> Reference:
        """The same with each of its ends changed."""
        return Reference(self.sheet, change(self.first), self.last and change(self.last))


class Name(Node):
    """A defined name, or one of LET and LAMBDA; with its sheet's prefix where it is written with one."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class TableField(Node):
    """A structured reference: Scores[Points], [@Points], Scores[[#Totals],[Points]]."""

    __slots__ = ("table", "field")

    def __init__(self, table: str, field: str) -> None:
        self.table, self.field = table, field


class Missing(Node):
    """An argument that is left out."""

    __slots__ = ()


class Array(Node):
    """A constant array, row by row."""

    __slots__ = ("rows",)

    def __init__(self, rows: tuple[tuple[Tree, ...], ...]) -> None:
        self.rows = rows


class Call(Node):
    """A function, or what gives one (LAMBDA(x,x+1)(5)), and its arguments."""

    __slots__ = ("function", "arguments")

    def __init__(self, function: str | Tree, arguments: tuple[Tree, ...]) -> None:
        self.function, self.arguments = function, arguments


class Sign(Node):
    """-x, +x or @x."""

    __slots__ = ("sign", "operand")

    def __init__(self, sign: str, operand: Tree) -> None:
        self.sign, self.operand = sign, operand


class Suffix(Node):
    """x% or x#."""

    __slots__ = ("operand", "sign")

    def __init__(self, operand: Tree, sign: str) -> None:
        self.operand, self.sign = operand, sign


class Binary(Node):
    """Two operands and what stands between them; a blank intersects, a comma unites, a colon spans two areas."""

    __slots__ = ("operator", "left", "right")

    def __init__(self, operator: str, left: Tree, right: Tree) -> None:
        self.operator, self.left, self.right = operator, left, right


class Bracket(Node):
    """What stands in brackets."""

    __slots__ = ("inner",)

    def __init__(self, inner: Tree) -> None:
        self.inner = inner


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
    if isinstance(tree, Sign):
        return Sign(tree.sign, found[0])
    if isinstance(tree, Suffix):
        return Suffix(found[0], tree.sign)
    return Bracket(found[0])


def shifted(tree: Tree, rows: int, columns: int) -> Tree:
    """The formula as it reads when it is filled down by `rows` and right by `columns`; past the edge it comes round.

    >>> shifted(Reference("", Corner(2, 7, fixed_column=True)), 2, 1).first
    Corner(column=2, row=9, fixed_column=True, fixed_row=False)
    """

    def change(node: Tree) -> Tree | None:
        if not isinstance(node, Reference):
            return None
        return node.with_ends(lambda end: moved(end, rows, columns))

    return replaced(tree, change)


def held(reference: Reference) -> Reference:
    """The same cells, held by a $ at every column and row."""
    return reference.with_ends(lambda end: Corner(end.column, end.row, True, True))


def moved(end: Corner, rows: int, columns: int) -> Corner:
    """A corner that goes along when its formula is filled down and right, unless a $ holds it."""
    row = end.row if end.fixed_row or not end.row else (end.row + rows - 1) % ROWS + 1
    number = end.column if end.fixed_column or not end.column else (end.column + columns - 1) % COLUMNS + 1
    return Corner(number, row, end.fixed_column, end.fixed_row)
