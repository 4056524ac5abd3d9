"""What a formula refers to, found by a walk over its tree; and how formulas read that are filled down.

What is no formula of the grammar may refer to anything: it counts as one that computes its references.
"""

from itertools import zip_longest
from typing import NamedTuple

from ..grid import a1
from ..grid.a1 import Area, Cell
from .alike import REFERENCE
from .grammar import NotAFormula, corner_text, parse, template
from .tree import (
    Binary,
    Call,
    Name,
    Reference,
    TableField,
    Tree,
    bare,
    children,
    function_name,
    moved,
    shifted,
    walk,
)

VOLATILE = frozenset({"RAND", "RANDBETWEEN", "RANDARRAY", "NOW", "TODAY", "INFO", "CELL"})
_COMPUTING = frozenset('*/^&<>=,;%-{[#"')  # signs of which none can stand where a cell is only repeated
DYNAMIC = frozenset({"OFFSET", "INDIRECT", ":"})  # what they refer to is known only when they are computed


class References(NamedTuple):
    """What one formula mentions: areas with their sheet, names, tables, and the functions it calls.

    Among the functions is a colon where it stands between two results, as in A1:INDEX(B1:B9,3), or over several sheets.
    """

    areas: list[tuple[str, Area]]
    names: set[str]
    tables: set[str]
    functions: set[str]


def references(formula: str, sheet: str) -> References:
    """Everything that the formula (without its =) on the sheet refers to.

    >>> found = references("SUM(A1:A3)+Data!B2*rate&\\"C9\\"", "Lesson")
    >>> [(name, area.a1) for name, area in found.areas], found.names, found.functions
    ([('Lesson', 'A1:A3'), ('Data', 'B2')], {'rate'}, {'SUM'})
    """
    found = References([], set(), set(), set())
    try:
        tree = parse(formula)
    except NotAFormula:
        found.functions.add(":")
        return found
    for node in walk(tree):
        if isinstance(node, Reference):
            found.areas.append((node.sheet_name or sheet, node.area))
            if ":" in node.sheet:
                found.functions.add(":")
        elif isinstance(node, Call):
            found.functions.update({function_name(node)} - {""})
        elif isinstance(node, Name):
            found.names.add(node.text.rpartition("!")[2].casefold())
        elif isinstance(node, TableField):
            found.tables.add(node.table.casefold())
        elif isinstance(node, Binary) and node.operator == ":":
            found.functions.add(":")
    return found


class AlikeReferences:
    """The references of formulas, one of those that differ only in the cells that they name being parsed for all.

    >>> known = AlikeReferences()
    >>> [known.references(text, "S").areas[0][1].a1 for text in ("2*A1", "2*A2", '2*A3&"B1"', '2*A4&"B1"')]
    ['A1', 'A2', 'A3', 'A4']
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[References, list[int]] | None] = {}

    def references(self, formula: str, sheet: str) -> References:
        """As the function of that name."""
        pieces = REFERENCE.split(formula)
        named, key = pieces[1::2], (sheet, "\0".join(pieces[::2]))
        if key not in self._known:
            found = references(formula, sheet)
            self._known[key] = _places_of(found, named)
            return found
        known = self._known[key]
        if known is None:
            return references(formula, sheet)
        found, places = known
        areas = list(found.areas)
        for place, text in zip(places, named, strict=True):
            areas[place] = areas[place][0], Area.parse(text)
        return found._replace(areas=areas)


def _places_of(found: References, named: list[str]) -> tuple[References, list[int]] | None:
    """Where the cells named, in their order, stand among the areas; None where one of them is no reference."""
    places, at = list[int](), -1
    for text in named:
        area = Area.parse(text)
        at = next((place for place in range(at + 1, len(found.areas)) if found.areas[place][1] == area), -1)
        if at < 0:
            return None
        places.append(at)
    return found, places


def is_volatile(formula: str) -> bool:
    """Whether the formula gives another result at each recalculation, or in each application.

    >>> is_volatile("A1+RAND()"), is_volatile("BRAND(A1)"), is_volatile("rand+1")
    (True, False, False)
    """
    mentions = formula.upper().__contains__  # quick, for every formula is asked
    return any(map(mentions, VOLATILE)) and not VOLATILE.isdisjoint(references(formula, "").functions)


def only_reference(formula: str | None, sheet: str) -> Cell | None:
    """The cell on the same sheet that the formula does nothing but repeat, or None.

    >>> only_reference("$C$1", "Lesson"), only_reference("+C1", "Lesson"), only_reference("C1*2", "Lesson")
    ((1, 3), (1, 3), None)
    """
    if not formula or ("'" not in formula and not _COMPUTING.isdisjoint(formula)):
        return None  # nor need it be parsed
    if REFERENCE.fullmatch(formula):
        return _only_cell(Area.parse(formula))
    try:
        return _repeated(parse(formula), sheet)
    except NotAFormula:
        return None


def _repeated(tree: Tree, sheet: str) -> Cell | None:
    tree = bare(tree, "+@")
    if not isinstance(tree, Reference) or (tree.sheet_name or sheet).casefold() != sheet.casefold():
        return None
    return _only_cell(tree.area)


def _only_cell(area: Area) -> Cell | None:
    return area[:2] if area[:2] == area[2:] else None


def recurrence(first: str, second: str, cell: Cell, sheet: str) -> Cell | None:
    """Where a column that goes on from the row above starts: the cell that `first`, the formula of `cell`, names in the
    place where `second`, that of the row below, names `cell`. None where the two are no such pair.

    >>> recurrence("$J$1*$D$8+(1-$J$1)*G20", "$J$1*H20+(1-$J$1)*G21", (20, 8), "Lesson")
    (8, 4)
    """
    if a1.a1(cell) not in second.replace("$", "").upper():
        return None  # as in most columns
    try:
        ones, others = walk(parse(first)), walk(parse(second))
    except NotAFormula:
        return None
    starts = set()
    for one, other in zip_longest(ones, others):
        if one is None or other is None:
            return None
        if isinstance(other, Reference) and not other.sheet and _repeated(other, sheet) == cell:
            starts.add(_repeated(one, sheet))
        elif _own_part(shifted(one, 1, 0) if isinstance(one, Reference) else one) != _own_part(other):
            return None
    return starts.pop() if len(starts) == 1 else None


def _own_part(node: Tree) -> tuple[object, ...]:
    """What a node is, without the nodes below it."""
    below = children(node)
    if not below:
        return (node,)
    own = (getattr(node, name) for name in node.__slots__)
    return type(node), len(below), *(part for part in own if isinstance(part, str))


def shift(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads when it is filled down by `rows` and right by `columns`; blanks are not kept.

    >>> shift('A1*$C$2+SUM(B$1:B3)&"A1"', 2, 1)
    'B3*$C$2+SUM(C$1:C5)&"A1"'
    """
    try:
        pieces, corners = template(formula)
    except NotAFormula:
        return formula
    ends = [corner_text(moved(corner, rows, columns)) for corner in corners]
    return "".join(piece + end for piece, end in zip(pieces, [*ends, ""], strict=True))
