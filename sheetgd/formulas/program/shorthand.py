"""Functions that are short for others: LET, IFS, SWITCH and CHOOSE written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..tree import Binary, Bracket, Call, Error, Name, Number, Tree, Truth, function_name, replaced

_NONE = Error("#N/A")


def written_out(tree: Tree) -> Tree:
    """The formula with these functions replaced by what they are short for.

    >>> from ..grammar import parse, text
    >>> text(written_out(parse("LET(x,A1+1,x*x)"))), text(written_out(parse("IFS(A1>2,5,TRUE,6)")))
    ('(A1+1)*(A1+1)', 'IF(A1>2,5,IF(TRUE,6,#N/A))')
    """

    def change(node: Tree) -> Tree | None:
        if isinstance(node, Call) and (long := _LONG.get(function_name(node))):
            written = long(node.arguments)
            return None if written is None else written_out(written)
        return None

    return replaced(tree, change)


def _let(arguments: Sequence[Tree]) -> Tree | None:
    if len(arguments) % 2 == 0 or not all(isinstance(name, Name) for name in arguments[:-1:2]):
        return None
    known: dict[str, Tree] = {}

    def change(node: Tree) -> Tree | None:
        return known.get(node.text.casefold()) if isinstance(node, Name) else None

    for name, value in zip(arguments[:-1:2], arguments[1::2], strict=True):
        assert isinstance(name, Name)
        known[name.text.casefold()] = Bracket(replaced(value, change))
    return replaced(arguments[-1], change)


def _ifs(arguments: Sequence[Tree]) -> Tree | None:
    if len(arguments) % 2:
        return None
    found: Tree = _NONE
    for at in range(len(arguments) - 2, -1, -2):
        found = Call("IF", (arguments[at], arguments[at + 1], found))
    return found


def _switch(arguments: Sequence[Tree]) -> Tree | None:
    first, *rest = arguments
    cases: list[Tree] = []
    for at in range(0, len(rest) - 1, 2):
        cases += [Binary("=", Bracket(first), rest[at]), rest[at + 1]]
    return _ifs([*cases, *([Truth(True), rest[-1]] if len(rest) % 2 else [])])


def _choose(arguments: Sequence[Tree]) -> Tree | None:
    index, *values = arguments
    return _switch([index, *(part for at, one in enumerate(values, 1) for part in (Number(str(at)), one))])


_LONG: dict[str, Callable[[Sequence[Tree]], Tree | None]] = {
    "LET": _let,
    "IFS": _ifs,
    "SWITCH": _switch,
    "CHOOSE": _choose,
}
