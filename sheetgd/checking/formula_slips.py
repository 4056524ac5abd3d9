"""The likely cause of a wrong number that a student's own formula gives: how that formula differs from the right one.

Each change that turns the right formula into the student's as a function of the cells (see same_function.py) is a cause
that the formula bears out; where there is none, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, combinations
from typing import NamedTuple

from ..formulas.grammar import NotAFormula, parse, text
from ..formulas.tree import Binary, Bracket, Call, Corner, Number, Reference, Sign, Tree, replaced, walk
from ..grid.sheet import Place
from ..language import counted, localized, translated
from ..layout.vocabulary import next_of
from .formula_words import sheet_words
from .judging import RightSheet
from .same_function import Unknown, same, value

LONGEST = 300  # characters: a longer formula of a student is not read
INLINED = 2  # levels of the row's own formulas that a student may have written into one
OTHERS = {"+": "-", "-": "+", "*": "/", "/": "*"}


class Slip(NamedTuple):
    """A way to go wrong: its kind, what happened in a sentence's words, and the formula as it would then be."""

    kind: str
    words: str
    formula: str


def readable(own: str) -> Tree | None:
    """The tree of a student's formula that can be compared; None for one without cells or beyond arithmetic."""
    if not own or len(own) > LONGEST:
        return None
    try:
        tree = parse(own)
        value(tree, 1)
    except (NotAFormula, Unknown, RecursionError):
        return None
    return tree if _references(tree) else None


def find_slip(sheet: RightSheet, place: Place, own: Tree, usual: Iterator[Slip]) -> Slip | None:
    """The slip that makes the right formula of a cell the student's; `usual` are the slips that numbers are tried
    with."""
    right = parse(sheet.formulas[place])
    if same(right, own):  # what it reads is not what was printed
        return None
    here = _Here(sheet, place)
    changed = chain(*(_changes(here, base, own) for base in _bases(here, right)))
    misread = here.misread(right, own)
    for slip, tree in chain(
        ((slip, tree) for slip, tree in misread if slip.kind == "reference"),
        here.means(right, own),
        ((slip, parse(slip.formula)) for slip in usual),
        misread,
        changed,
        here.titles(),
    ):
        if same(tree, own):
            return slip._replace(formula=text(own))
    return here.unified(right, own)


def _bases(here: _Here, right: Tree) -> Iterator[Tree]:
    """The right formula, alone and with the formulas of the row's other cells written into it."""
    yield right
    for _ in range(INLINED):
        inlined = replaced(right, here.inlined)
        if inlined == right:
            return
        yield (right := inlined)


def _changes(here: _Here, right: Tree, own: Tree) -> Iterator[tuple[Slip, Tree]]:
    """Every single change to a formula, the likelier first."""
    yield from here.misread(right, own)
    yield from here.swapped(right)
    yield from _parts(here, right)
    yield from _operators(here, right)
    yield from here.numbers(right, own)
    yield from _rounded(right, own)


def _parts(here: _Here, right: Tree) -> Iterator[tuple[Slip, Tree]]:
    """An addend or a factor left out."""
    for node in walk(right):
        if isinstance(node, Binary) and node.operator in "+-*/":
            for kept, lost in ((node.left, node.right), (node.right, node.left)):
                if node.operator in "-/" and lost == node.left:
                    continue
                words = here.words(lost)
                kind, said = {
                    "+": ("part", translated("{part} is not added", part=words)),
                    "-": ("part", translated("{part} is not subtracted", part=words)),
                    "*": ("factor", translated("the factor {name} is missing", name=words)),
                    "/": ("division", translated("the division by {name} is missing", name=words)),
                }[node.operator]
                yield Slip(kind, said, ""), _put(right, node, kept)


def _operators(here: _Here, right: Tree) -> Iterator[tuple[Slip, Tree]]:
    """Another operator, or a difference the wrong way round."""
    for node in walk(right):
        if not isinstance(node, Binary):
            continue
        left, last = node.left, node.right
        if node.operator == "^" and last == Number("2"):
            words = translated("{part} is doubled, not squared", part=here.words(left))
            yield Slip("square", words, ""), _put(right, node, Binary("*", last, Bracket(left)))
        if node.operator == "-":
            words = translated(
                "{first} and {second} are the wrong way round in the difference",
                first=here.words(left),
                second=here.words(last),
            )
            yield Slip("sign", words, ""), _put(right, node, Bracket(Binary("-", last, left)))
        if node.operator in "*/":
            if node.operator == "*":
                words = translated("it divides by {part} where it should multiply", part=here.words(last))
            else:
                words = translated("it multiplies by {part} where it should divide", part=here.words(last))
            yield Slip("division", words, ""), _put(right, node, Binary(OTHERS[node.operator], left, last))
        if node.operator == "*":
            words = translated("it adds {part} where it should multiply", part=here.words(last))
            yield Slip("factor", words, ""), _put(right, node, Bracket(Binary("+", left, last)))
        if node.operator in "+-":
            other = Binary(OTHERS[node.operator], left, last)
            yield Slip("sign", wrong_sign(node.operator), ""), _put(right, node, other)


def _rounded(right: Tree, own: Tree) -> Iterator[tuple[Slip, Tree]]:
    for node in walk(own):
        if isinstance(node, Call) and node.function == "ROUND" and isinstance(node.arguments[-1], Number):
            digits = node.arguments[-1]
            yield Slip("rounded", rounded_to(int(float(digits.text))), ""), Call("ROUND", (right, digits))


def wrong_sign(right: str) -> str:
    """That the other sign stands where a plus or minus belongs."""
    if right == "+":
        return translated("there is a minus where a plus belongs")
    return translated("there is a plus where a minus belongs")


def rounded_to(digits: int) -> str:
    """How a number is rounded.

    >>> rounded_to(0), rounded_to(1), rounded_to(2)
    ('it is rounded to a whole number', 'it is rounded to 1 decimal', 'it is rounded to 2 decimals')
    """
    if not digits:
        return translated("it is rounded to a whole number")
    return counted("it is rounded to {count} decimal", "it is rounded to {count} decimals", digits)


def of_neighbour(name: str, step: int) -> str:
    """That a number of the row above (step -1) or below (1) is used."""
    if step < 0:
        return translated("it uses {name} of the row above", name=name)
    return translated("it uses {name} of the row below", name=name)


def _put(tree: Tree, node: Tree, other: Tree) -> Tree:
    """The tree with one part replaced by another, wherever it stands."""
    return replaced(tree, lambda each: other if each == node else None)


def _exchanged(tree: Tree, one: Tree, other: Tree) -> Tree:
    """The tree with two nodes in each other's places."""
    return replaced(tree, lambda each: other if each == one else one if each == other else None)


def _references(tree: Tree) -> list[Reference]:
    """The references, each once, in order."""
    return list(dict.fromkeys(each for each in walk(tree) if isinstance(each, Reference)))


def _unmarked(tree: Tree) -> Tree:
    """Without brackets and dollar signs, which make no difference to a tree."""

    def unmarked(node: Tree) -> Tree | None:
        if isinstance(node, Bracket):
            return _unmarked(node.inner)
        if isinstance(node, Reference):
            return node.with_ends(lambda end: Corner(end.column, end.row))
        return None

    return replaced(tree, unmarked)


class _Here:
    """A cell of the right sheet, with what others are called when read from there."""

    def __init__(self, sheet: RightSheet, place: Place) -> None:
        self.sheet, self.tab, (self.row, self.column) = sheet, place[0], place[1]

    def name(self, reference: Reference) -> str:
        """What the cell or the column of an area is called."""
        return self.sheet.name((self.tab, reference.area[:2]))

    def term(self, reference: Reference) -> str:
        """The same, whatever the language."""
        return self.sheet.term((self.tab, reference.area[:2]))

    def words(self, tree: Tree) -> str:
        """A formula's part in the titles of the sheet."""
        return sheet_words(self.sheet, text(tree), (self.tab, (self.row, self.column)))

    def inlined(self, node: Tree) -> Tree | None:
        """For a cell of the same row that is computed: its formula."""
        if not isinstance(node, Reference) or node.last is not None:
            return None
        place = self.tab, node.area[:2]
        found = self.sheet.formulas.get(place, "") if place[1][0] == self.row else ""
        return Bracket(parse(found)) if found else None

    # -- references ------------------------------------------------------------------------------------------------
    def misread(self, right: Tree, own: Tree) -> list[tuple[Slip, Tree]]:
        """Another cell or area in the place of one."""
        ours, theirs = _references(right), _references(own)
        ours = [each for each in ours if each.area not in {one.area for one in theirs}] or ours
        foreign = [each for each in theirs if each.area not in {one.area for one in ours}] or theirs
        return [
            (self._other(belongs, reads), _put(right, belongs, reads))
            for reads in foreign
            for belongs in ours
            if reads.area != belongs.area and not reads.sheet
        ]

    def _other(self, belongs: Reference, reads: Reference) -> Slip:
        """What is said of a reference in the place of another."""
        names = self.name(reads), self.name(belongs)
        shown, right = (text(each).replace("$", "") for each in (reads, belongs))
        if belongs.last or reads.last:
            return self._range(belongs, reads, names)
        one, other = reads.first, belongs.first
        empty = self.sheet.sheets[self.tab].is_empty(reads.area[:2])
        at = {"cell": shown, "name": names[0], "right": right, "belongs": names[1]}
        if other.fixed_row and other.fixed_column and not one.fixed_row and one.column == other.column:
            return Slip("reference", self._unfixed(at, text(belongs), empty), "")
        if one.column == other.column and other.row == self.row and one.row != self.row:
            if one.row - self.row in (-1, 1) and not one.fixed_row:
                return Slip("row", of_neighbour(names[0], one.row - self.row), "")
            return Slip("carry", self._of_other_row(one, at), "")
        terms = self.term(reads), self.term(belongs)
        if next_of(terms[0], terms[1]):
            early = translated("it uses {name} too early: {belongs} still holds here", **at)
            return Slip("early", early, "")
        if empty:
            return Slip(
                "reference", translated("it uses {cell}, which is empty, where {belongs} belongs", **at), ""
            )
        if names[0] == names[1]:
            names = shown, right
        return Slip(
            "column", translated("it uses {other} where {name} belongs", other=names[0], name=names[1]), ""
        )

    @staticmethod
    def _unfixed(at: Mapping[str, str], write: str, empty: bool) -> str:
        """That a reference without dollar signs has moved with its row."""
        if empty:
            return translated(
                "it reads {cell}, which is empty, where {right}, {belongs}, belongs: write {write}",
                **at,
                write=write,
            )
        return translated(
            "it reads {cell}, {name}, where {right}, {belongs}, belongs: write {write}", **at, write=write
        )

    def _of_other_row(self, one: Corner, at: Mapping[str, str]) -> str:
        if self._is_first(one.row, one.column):
            return translated("it uses the {name} of the first row, not of its own", **at)
        return translated("it uses the {name} of the row of {cell}, not of its own", **at)

    def _is_first(self, row: int, column: int) -> bool:
        return isinstance(self.sheet.sheets[self.tab].values.get((row - 1, column)), str)

    def _range(self, belongs: Reference, reads: Reference, names: tuple[str, str]) -> Slip:
        """What is said of an area in the place of another."""
        shown, right = (text(each).replace("$", "") for each in (reads, belongs))
        if (reads.area.left, reads.area.right) == (belongs.area.left, belongs.area.right):
            words = translated("it covers {area}, where all of {right} belongs", area=shown, right=right)
            return Slip("range", words, "")
        words = translated(
            "it covers {area}, {name}, where {right}, {belongs}, belongs",
            area=shown,
            name=names[0],
            right=right,
            belongs=names[1],
        )
        return Slip("column", words, "")

    def swapped(self, right: Tree) -> Iterator[tuple[Slip, Tree]]:
        """Two cells in each other's places."""
        for one, other in combinations(_references(right), 2):
            names = self.name(one), self.name(other)
            words = translated("{one} and {other} are swapped", one=names[0], other=names[1])
            yield Slip("swapped", words, ""), _exchanged(right, one, other)

    def numbers(self, right: Tree, own: Tree) -> Iterator[tuple[Slip, Tree]]:
        """A typed number in the place of a cell, of another number, or of the number of rows."""
        ours: list[Tree] = [*_references(right), *(each for each in walk(right) if isinstance(each, Number))]
        for typed in dict.fromkeys(each for each in walk(own) if isinstance(each, Number)):
            for node in ours:
                yield Slip("number", self._typed(localized(typed.text), node), ""), _put(right, node, typed)

    def _typed(self, number: str, belongs: Tree) -> str:
        """What is said of a typed number in the place of a cell or of another number."""
        if isinstance(belongs, Reference):
            return translated(
                "it has {number} where {cell}, {name}, belongs",
                number=number,
                cell=text(belongs).replace("$", ""),
                name=self.name(belongs),
            )
        return translated(
            "it has {number} where {right} belongs", number=number, right=localized(text(belongs))
        )

    def means(self, right: Tree, own: Tree) -> Iterator[tuple[Slip, Tree]]:
        """The sum, divided by a number other than that of the rows."""
        for typed in dict.fromkeys(each for each in walk(own) if isinstance(each, Number)):
            for call in walk(right):
                if isinstance(call, Call) and call.function == "AVERAGE":
                    rows = sum(each.area.bottom - each.area.top + 1 for each in _references(call))
                    tree = _put(right, call, Binary("/", Call("SUM", call.arguments), typed))
                    words = counted(
                        "it divides by {number}, and there is {count} row",
                        "it divides by {number}, and there are {count} rows",
                        rows,
                        number=localized(typed.text),
                    )
                    yield Slip("division", words, ""), tree

    # -- the whole ---------------------------------------------------------------------------------------------------
    def titles(self) -> Iterator[tuple[Slip, Tree]]:
        """The formula of another column in the same row, or of another cell below the table."""
        for (tab, cell), formula in self.sheet.formulas.items():
            if tab == self.tab and self.row in (cell[0],) and cell[1] != self.column:
                name = self.sheet.name((tab, cell))
                yield (
                    Slip("swapped", translated("it is what belongs under {name}", name=name), ""),
                    parse(formula),
                )

    def unified(self, right: Tree, own: Tree) -> Slip | None:
        """Several cells misread in a formula of the right form: the first two of them."""
        pairs = list(_pairs(_unmarked(right), _unmarked(own)))
        if any(not isinstance(each, Reference) or not isinstance(other, Reference) for each, other in pairs):
            return None
        fixed = {_unmarked(each): each for tree in (right, own) for each in _references(tree)}
        known = [(fixed.get(one), fixed.get(other)) for one, other in pairs]
        said = [
            self._other(one, other)
            for one, other in known
            if isinstance(one, Reference) and isinstance(other, Reference)
        ]
        if not said:
            return None
        return Slip(said[0].kind, "; ".join(dict.fromkeys(slip.words for slip in said[:2])), text(own))


def _pairs(right: Tree, own: Tree) -> Iterator[tuple[Tree, Tree]]:
    """Where two trees differ, part by part."""
    if right == own:
        return
    if isinstance(right, Binary) and isinstance(own, Binary) and right.operator == own.operator:
        yield from _pairs(right.left, own.left)
        yield from _pairs(right.right, own.right)
    elif isinstance(right, Sign) and isinstance(own, Sign) and right.sign == own.sign:
        yield from _pairs(right.operand, own.operand)
    elif (
        isinstance(right, Call)
        and isinstance(own, Call)
        and right.function == own.function
        and len(right.arguments) == len(own.arguments)
    ):
        for one, other in zip(right.arguments, own.arguments, strict=True):
            yield from _pairs(one, other)
    else:
        yield right, own
