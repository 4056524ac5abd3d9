"""The grammar of formulas: a formula's text to a tree (see tree.py) and back, and in R1C1 form.

Formulas are those that files hold: English function names, commas, no equals sign (ECMA-376 part 1, 18.17, and what
came since: LET, LAMBDA, @, #). Blanks between tokens and the case of references and function names are not kept, so
that `text(parse(formula))` is the formula in its plainest form; of a tree that was built otherwise it has the brackets
that precedence asks for. No formula is computed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

from ..grid.a1 import COLUMNS, ROWS, Cell, column, letters
from .tree import (
    Array,
    Binary,
    Bracket,
    Call,
    Corner,
    Error,
    Missing,
    Name,
    Number,
    Reference,
    Sign,
    Suffix,
    TableField,
    Text,
    Tree,
    Truth,
)

_SHEET = r"(?:'(?:[^']|'')+'|(?:\[\d+\])?[^\W\d][\w.]*(?::[^\W\d][\w.]*)?|\[\d+\])!"
_TOKEN = rf"""(?P<space>\s*)(?:
        (?P<string>"(?:[^"]|"")*")
      | (?P<error>(?:{_SHEET})?\#(?:DIV/0!|N/A|[A-Z_]+[!?]))
      | (?P<reference>(?P<sheet>{_SHEET})?
          (?P<area>\$?[A-Za-z]{{1,3}}\$?[1-9]\d{{0,6}}(?::\$?[A-Za-z]{{1,3}}\$?[1-9]\d{{0,6}})?
            | \$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}}
            | \$?[1-9]\d{{0,6}}:\$?[1-9]\d{{0,6}})(?![\w(.!?\\\[]))
      | (?P<function>[^\W\d][\w.]*)\(
      | (?P<table>[^\W\d][\w.]*)?(?P<field>\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*\])
      | (?P<name>(?:{_SHEET})?(?:[^\W\d]|\\)[\w.\\?]*)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<operator><>|<=|>=|[-+*/^&=<>%:,;(){{}}@\#])
      | (?P<end>\Z))"""
_CORNER = r"(\$?)([A-Za-z]*)(\$?)(\d*)"
# How strongly an operator binds; of two alike the left one binds first, -2^2 is 4 and 2^3^2 is 64.
_BINDING = {
    "=": 1,
    "<>": 1,
    "<": 1,
    ">": 1,
    "<=": 1,
    ">=": 1,
    "&": 2,
    "+": 3,
    "-": 3,
    "*": 4,
    "/": 4,
    "^": 5,
    "%": 6,
    ",": 8,
    " ": 9,
    ":": 10,
    "#": 11,
}
_PREFIX = 7  # of a sign, or @


class NotAFormula(ValueError):
    """The text is no formula of this grammar; it says from where on."""


# -- reading ---------------------------------------------------------------------------------------------------------
@cache
def _token() -> re.Pattern[str]:
    return re.compile(_TOKEN, re.VERBOSE | re.DOTALL)


@lru_cache(maxsize=4096)
def parse(formula: str) -> Tree:
    """The tree of a formula (without its equals sign); NotAFormula for what is none, or is nested too deep.

    >>> parse("-A1^2")
    Binary(operator='^', left=Sign(sign='-', operand=Reference(sheet='', first=Corner(column=1, row=1, \
fixed_column=False, fixed_row=False), last=None)), right=Number(text='2'))
    """
    try:
        reader = _Reader(formula)
        tree = reader.expression(0)
    except RecursionError:
        raise NotAFormula(f"no formula: it is nested too deep: {formula[:40]}…") from None
    if reader.kind != "end":
        raise reader.surprise()
    return tree


class _Reader:
    """Reads by precedence climbing, a token ahead: its kind, and the sign that it is, if it is one."""

    def __init__(self, formula: str) -> None:
        self.formula = formula
        self.match = _token().match
        self.at = 0
        self.step()

    def step(self) -> None:
        found = self.match(self.formula, self.at)
        if found is None:
            raise NotAFormula(f"no formula from character {self.at + 1} on: {self.formula[self.at :]}")
        self.token, self.at, self.kind = found, found.end(), found.lastgroup
        self.sign = found["operator"] if self.kind == "operator" else None

    def surprise(self) -> NotAFormula:
        start = self.token.start() + len(self.token["space"])
        return NotAFormula(f"no formula from character {start + 1} on: {self.formula[start:] or 'it ends'}")

    def take(self, operator: str) -> None:
        if self.sign != operator:
            raise self.surprise()
        self.step()

    def expression(self, least: int, union: bool = True) -> Tree:
        """All that binds at least so strongly; a comma unites only where no argument ends with it."""
        left = self.operand()
        while True:
            sign = self.sign
            if sign is None:
                operator = " " if self.starts_operand() else ""
            elif sign == "(":
                self.step()
                left = Call(left, self.arguments())
                continue
            else:
                operator = sign
            strength = _BINDING.get(operator, 0)
            if not strength or strength < least or (operator == "," and not union):
                return left
            if sign is not None:
                self.step()
            if operator in ("%", "#"):
                left = Suffix(left, operator)
            else:
                left = Binary(operator, left, self.expression(strength + 1, union))

    def starts_operand(self) -> bool:
        """Whether the token is an operand behind a blank, which then intersects."""
        return self.kind in ("reference", "name", "field", "function") and bool(self.token["space"])

    def operand(self) -> Tree:
        token, kind, sign = self.token, self.kind, self.sign
        if kind == "operator":
            if sign in ("-", "+", "@"):
                self.step()
                return Sign(token["operator"], self.expression(_PREFIX, union=False))
            if sign == "(":
                self.step()
                inner = self.expression(0)
                self.take(")")
                return Bracket(inner)
            if sign == "{":
                return self.array()
        if kind in ("operator", "end"):
            raise self.surprise()
        self.step()
        if kind == "function":
            return Call(_upper(token["function"]), self.arguments())
        return _leaf(token)

    def arguments(self) -> tuple[Tree, ...]:
        """Those up to the closing bracket; the opening one has been read."""
        found: list[Tree] = []
        if self.sign == ")":
            self.step()
            return ()
        while True:
            found.append(Missing() if self.sign in (",", ")") else self.expression(0, union=False))
            if self.sign == ")":
                self.step()
                return tuple(found)
            self.take(",")

    def array(self) -> Tree:
        self.take("{")
        rows: list[list[Tree]] = [[]]
        while True:
            rows[-1].append(self.expression(_PREFIX, union=False))
            if self.sign == "}":
                self.step()
                return Array(tuple(map(tuple, rows)))
            if self.sign == ";":
                rows.append([])
            elif self.sign != ",":
                raise self.surprise()
            self.step()


@lru_cache(maxsize=1024)
def _upper(function: str) -> str:
    """A function's name in capitals, but for the prefix of those that came later: _xlfn.LET."""
    prefix = re.match(r"(?:_+xl\w+\.)*", function)[0]  # type: ignore[index]
    return prefix + function[len(prefix) :].upper()


def _leaf(token: re.Match[str]) -> Tree:
    """What a single token stands for."""
    kind = token.lastgroup
    if kind == "reference":
        return _reference(token["sheet"] or "", token["area"]) or Name(token["reference"])
    if kind == "number":
        return Number(token["number"])
    if kind == "string":
        return Text(token["string"][1:-1].replace('""', '"'))
    if kind == "error":
        return Error(token["error"])
    if kind == "field":
        return TableField(token["table"] or "", token["field"])
    word = token["name"].upper()
    return Truth(word == "TRUE") if word in ("TRUE", "FALSE") else Name(token["name"])


@lru_cache(maxsize=4096)
def _reference(sheet: str, area: str) -> Reference | None:
    """None for what lies beyond a sheet's limits: ZIP1 is a name, for there is no column ZIP."""
    ends = []
    for end in area.split(":"):
        first, name, second, row = re.fullmatch(_CORNER, end).groups()  # type: ignore[union-attr]
        ends.append(
            Corner(
                column(name) if name else 0,
                int(row or 0),
                bool(first and name),
                bool(second or (first and not name)),
            )
        )
    if any(end.column > COLUMNS or end.row > ROWS for end in ends):
        return None
    return Reference(sheet, *ends)


# -- writing ---------------------------------------------------------------------------------------------------------
def text(tree: Tree) -> str:
    """The formula of a tree.

    >>> text(parse("sum( a1 : $b$2 ,'My sheet'!C:C)*(1 - x)"))
    "SUM(A1:$B$2,'My sheet'!C:C)*(1-x)"
    >>> text(Binary("*", Binary("+", Number("1"), Number("2")), Number("3")))
    '(1+2)*3'
    """
    return _written(tree, corner_text)


def r1c1(tree: Tree, cell: Cell) -> str:
    """The formula in R1C1 form, in which what is filled down or right from `cell` (row, column) reads the same.

    >>> r1c1(parse("A1*$C$2+SUM(B$1:B3)"), (1, 4)) == r1c1(parse("A2*$C$2+SUM(B$1:B4)"), (2, 4))
    True
    >>> r1c1(parse("A1*$C$2"), (1, 4))
    'RC[-3]*R2C3'
    """

    def corner(end: Corner) -> str:
        def part(sign: str, fixed: bool, number: int, own: int) -> str:
            if not number:
                return ""
            return f"{sign}{number}" if fixed else f"{sign}[{number - own}]" if number != own else sign

        return part("R", end.fixed_row, end.row, cell[0]) + part("C", end.fixed_column, end.column, cell[1])

    return _written(tree, corner)


@lru_cache(maxsize=256)
def template(formula: str) -> tuple[list[str], list[Corner]]:
    """A formula's text in pieces, and the ends of its references, which stand between them.

    >>> pieces, corners = template("A1+2*B$3")
    >>> pieces, [corner_text(end) for end in corners]
    (['', '+2*', ''], ['A1', 'B$3'])
    """
    corners: list[Corner] = []

    def number(end: Corner) -> str:
        corners.append(end)
        return f"\0{len(corners) - 1}\0"

    parts = _written(parse(formula), number).split("\0")
    return parts[::2], [corners[int(index)] for index in parts[1::2]]


def corner_text(end: Corner) -> str:
    """One end of a reference in A1 form.

    >>> corner_text(Corner(2, 3, fixed_row=True))
    'B$3'
    """
    name = ("$" * end.fixed_column + letters(end.column)) if end.column else ""
    return name + (f"{'$' * end.fixed_row}{end.row}" if end.row else "")


def _written(tree: Tree, corner: Callable[[Corner], str], least: int = 0) -> str:
    """The tree as text; in brackets where it binds less strongly than `least`."""
    if isinstance(tree, Binary):
        strength = _BINDING[tree.operator]
        pieces: list[str] = []
        node: Tree = tree
        while (
            isinstance(node, Binary) and _BINDING[node.operator] >= strength
        ):  # a long sum leans to the left
            strength = _BINDING[node.operator]
            pieces += [_written(node.right, corner, strength + 1), node.operator]
            node = node.left
        found = "".join([_written(node, corner, strength), *reversed(pieces)])
        return f"({found})" if _BINDING[tree.operator] < least else found
    if isinstance(tree, Sign):
        found = tree.sign + _written(tree.operand, corner, _PREFIX)
        return f"({found})" if least > _PREFIX else found
    if isinstance(tree, Suffix):
        found = _written(tree.operand, corner, _BINDING[tree.sign]) + tree.sign
        return f"({found})" if _BINDING[tree.sign] < least else found
    if isinstance(tree, Bracket):
        return f"({_written(tree.inner, corner)})"
    if isinstance(tree, Call):
        name = tree.function if isinstance(tree.function, str) else _written(tree.function, corner, 12)
        return (
            f"{name}({','.join(_written(one, corner, 9 if _is_union(one) else 0) for one in tree.arguments)})"
        )
    if isinstance(tree, Array):
        return "{" + ";".join(",".join(_written(one, corner) for one in row) for row in tree.rows) + "}"
    if isinstance(tree, Reference):
        if tree.last is None:
            return tree.sheet + corner(tree.first)
        return f"{tree.sheet}{corner(tree.first)}:{corner(tree.last)}"
    return _plain(tree)


def _is_union(tree: Tree) -> bool:
    return isinstance(tree, Binary) and tree.operator == ","


def _plain(tree: Tree) -> str:
    if isinstance(tree, Text):
        return '"' + tree.value.replace('"', '""') + '"'
    if isinstance(tree, Truth):
        return str(tree.value).upper()
    if isinstance(tree, TableField):
        return tree.table + tree.field
    return tree.text if isinstance(tree, (Number, Error, Name)) else ""
