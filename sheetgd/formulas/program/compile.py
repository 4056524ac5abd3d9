"""From formulas to a program: formulas that share one R1C1 form become one array operation each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite, pi
from typing import NamedTuple

import numpy as np

from ...grid.a1 import Area
from ...grid.sheet import ErrorValue, Place, Value
from ..grammar import NotAFormula, parse, r1c1, text
from ..tree import (
    Binary,
    Bracket,
    Call,
    Corner,
    Name,
    Number,
    Reference,
    Sign,
    Suffix,
    Tree,
    Truth,
    shifted,
    walk,
)
from .operations import (
    AGGREGATES,
    DIVIDE,
    FUNCTIONS,
    MULTIPLY,
    NEGATE,
    OPERATORS,
    SQRT,
    SQUARE,
    SUBTRACT,
    SUM,
    Numbers,
    Operation,
    Slots,
    fitted,
)
from .program import Doubtful, Program, Read, Step, Write

MOST_READ = 5_000_000  # cells that one form reads in all
_TRUTHS = frozenset(("AND", "OR", "NOT"))
_COMPARISONS = frozenset(("=", "<>", "<", ">", "<=", ">="))


class NotCompiled(ValueError):
    """What no program can be made of: `what`, such as a function's name, in the formula of `place`."""

    def __init__(self, what: str, place: Place) -> None:
        super().__init__(f"{what} in {place[0]}")
        self.what, self.place = what, place


class _Form(NamedTuple):
    """Formulas of a sheet that share one form: the places, and the tree of the first."""

    places: list[Place]
    tree: Tree


def compile_program(
    formulas: Mapping[Place, str],
    active: Iterable[Place],
    wanted: Place,
    parameters: Sequence[Place],
    value_of: Callable[[Place], Value],
    names: Mapping[str, Sequence[str]] = {},
) -> Program:
    """The program that computes the wanted cell from the parameters.

    `active` are the formulas between them; everything else keeps the value that `value_of` gives (None: an empty
    cell). `names` are the defined names in lower case, with their formulas. Raises NotCompiled, which names the
    function and the cell, where some formula cannot be compiled.

    >>> formulas = {("S", (1, 2)): "A1^2", ("S", (2, 2)): "A2^2", ("S", (3, 2)): "SUM(B1:B2)"}
    >>> program = compile_program(formulas, formulas, ("S", (3, 2)), [("S", (1, 1)), ("S", (2, 1))], {}.get)
    >>> loss, slopes = program.gradient([3.0, 4.0])
    >>> loss, slopes.tolist()
    (25.0, [6.0, 8.0])
    """
    return _Compiler(formulas, active, wanted, parameters, value_of, names).program()


class _Compiler:
    def __init__(
        self,
        formulas: Mapping[Place, str],
        active: Iterable[Place],
        wanted: Place,
        parameters: Sequence[Place],
        value_of: Callable[[Place], Value],
        names: Mapping[str, Sequence[str]],
    ) -> None:
        self.value_of, self.names, self.wanted = value_of, names, wanted
        self.sheets = {sheet.casefold(): sheet for sheet, _ in [*formulas, *parameters]}
        self.parameters = list(parameters)
        self.slots: dict[Place, int] = {}
        self.cells: list[float] = []
        self.empty: set[int] = set()
        self.live = set[int]()
        self.forms = self._forms(formulas, active)
        for place in [*self.parameters, *(place for form in self.forms for place in form.places)]:
            self.live.add(self._new(place, 0.0))
        if wanted not in self.slots:
            raise NotCompiled("no formula that depends on the parameters", wanted)
        self.steps: list[Step | Read | Write] = []
        self.constants: dict[int, Numbers] = {}
        self.registers = 0
        self.reads: dict[bytes, int] = {}
        self.known: dict[tuple[Place, int, Reference], Slots] = {}  # what references mean to forms

    def _new(self, place: Place, value: float) -> int:
        self.slots[place] = len(self.cells)
        self.cells.append(value)
        return self.slots[place]

    def _forms(self, formulas: Mapping[Place, str], active: Iterable[Place]) -> list[_Form]:
        found: dict[tuple[str, str], _Form] = {}
        for place in sorted(active):
            try:
                tree = parse(formulas[place])
            except NotAFormula:
                raise NotCompiled("no formula that can be read", place) from None
            key = text(tree) + f"@{place}" if _grows(tree) else r1c1(tree, place[1])
            if _is_truth(tree):
                raise NotCompiled("a result that is TRUE or FALSE", place)
            form = found.setdefault((place[0], key), _Form([], tree))
            form.places.append(place)
        return list(found.values())

    def program(self) -> Program:
        for form in self._ordered():
            register = _Reader(self, form).read(form.tree)
            slots = np.array([self.slots[place] for place in form.places], dtype=np.intp)
            self.write(register, slots, form)
        parameters = [self.slots[place] for place in self.parameters]
        made = Program(np.array(self.cells), parameters, self.slots[self.wanted], self.constants, self.steps)
        try:
            made.value([float(self.value_of(place) or 0.0) for place in self.parameters])
        except Doubtful:
            pass
        except ValueError:
            raise NotCompiled("arrays whose sizes do not fit", self.wanted) from None
        return made

    # -- order -----------------------------------------------------------------------------------------------------
    def _ordered(self) -> list[_Form]:
        """The forms so that each comes after what it reads; where forms read each other, formula by formula."""
        first = _sorted(self.forms, self._needs(self.forms))
        if first is not None:
            return first
        singles = [_Form([place], self._moved(form, place)) for form in self.forms for place in form.places]
        found = _sorted(singles, self._needs(singles))
        if found is None:
            raise NotCompiled("a circle of formulas", self.wanted)
        return found

    def _moved(self, form: _Form, place: Place) -> Tree:
        first = form.places[0][1]
        return shifted(form.tree, place[1][0] - first[0], place[1][1] - first[1])

    def _needs(self, forms: list[_Form]) -> list[set[int]]:
        owner = np.full(len(self.cells), -1)
        for number, form in enumerate(forms):
            owner[[self.slots[place] for place in form.places]] = number
        needs = []
        for form in forms:
            reader = _Reader(self, form)
            read = [reader.slots(node).ravel() for node in reader.references(form.tree)]
            slots = np.unique(np.concatenate(read)) if read else np.array([], dtype=np.intp)
            owners = owner[slots[slots < len(owner)]]
            needs.append(set(owners[owners >= 0].tolist()))
        return needs

    # -- registers -------------------------------------------------------------------------------------------------
    def constant(self, value: Numbers) -> int:
        self.registers += 1
        self.constants[self.registers] = value
        return self.registers

    def number(self, value: float) -> int:
        return self.constant(np.full((1, 1, 1), value))

    def apply(self, operation: Operation, *arguments: int) -> int:
        """A register with the operation's result, computed at once where all is constant."""
        if all(register in self.constants for register in arguments):
            with np.errstate(all="ignore"):
                found = operation.value(*[self.constants[register] for register in arguments])
            if np.isfinite(found).all():
                return self.constant(found)
        self.registers += 1
        self.steps.append(Step(operation, arguments, self.registers))
        return self.registers

    def load(self, slots: Slots) -> int:
        """A register with the cells of the slots."""
        if self.live.isdisjoint(np.unique(slots).tolist()):
            return self.constant(np.array(self.cells)[slots])
        key = repr(slots.shape).encode() + slots.tobytes()
        if key not in self.reads:
            self.registers += 1
            self.reads[key] = self.registers
            self.steps.append(Read(slots, self.registers))
        return self.reads[key]

    def write(self, register: int, slots: Slots, form: _Form) -> None:
        self.steps.append(
            Write(self.apply(_SPREAD, self.constant(np.zeros((len(slots), 1, 1))), register), slots)
        )

    def slot(self, place: Place, user: Place) -> int:
        """The slot of a cell that is no active formula, with its value; NotCompiled for what is no number."""
        if place not in self.slots:
            value = self.value_of(place)
            empty = value is None or (value == "" and not isinstance(value, ErrorValue))
            number = 0.0 if empty else value
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not isfinite(number):
                raise NotCompiled(f"a cell that is no number ({number})", user)
            self._new(place, float(number))
            if empty:
                self.empty.add(self.slots[place])
        return self.slots[place]


def _spread_back(back: Numbers, out: Numbers, zeros: Numbers, register: Numbers) -> tuple[None, Numbers]:
    return None, fitted(back, register.shape)


_SPREAD = Operation(lambda zeros, register: np.broadcast_to(register, zeros.shape), _spread_back)


def _sorted(forms: list[_Form], needs: list[set[int]]) -> list[_Form] | None:
    """The forms in an order in which each comes after what it needs; None where there is none."""
    waiting = {number: set(wanted) for number, wanted in enumerate(needs)}
    users: dict[int, list[int]] = {}
    for number, wanted in waiting.items():
        for other in wanted:
            users.setdefault(other, []).append(number)
    ready = [number for number, wanted in waiting.items() if not wanted]
    found = []
    while ready:
        number = ready.pop()
        found.append(forms[number])
        for user in users.get(number, ()):
            waiting[user].discard(number)
            if not waiting[user]:
                ready.append(user)
    return found if len(found) == len(forms) else None


class _Reader:
    """Turns the tree of a form into steps."""

    def __init__(self, compiler: _Compiler, form: _Form) -> None:
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
            and any(map(_is_truth, arguments))
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


def _grows(tree: Tree) -> bool:
    """Whether a range grows where the formula is filled down or right: SUM(B$1:B3)."""
    return any(
        isinstance(node, Reference)
        and node.last is not None
        and (node.first.fixed_row, node.first.fixed_column) != (node.last.fixed_row, node.last.fixed_column)
        for node in walk(tree)
    )


def _is_truth(tree: Tree) -> bool:
    """Whether the value is TRUE or FALSE, which sums leave out."""
    if isinstance(tree, Bracket):
        return _is_truth(tree.inner)
    if isinstance(tree, Call):
        several = tree.arguments[1:] if tree.function == "IF" else tree.arguments[:1]
        return tree.function in _TRUTHS or (
            tree.function in ("IF", "IFERROR") and any(map(_is_truth, several))
        )
    return isinstance(tree, Binary) and tree.operator in _COMPARISONS


def _held(end: Corner) -> Corner:
    return end._replace(fixed_column=True, fixed_row=True)


# -- functions made of others ----------------------------------------------------------------------------------------
def _count(reader: _Reader, arguments: tuple[Tree, ...]) -> int:
    total: Numbers = np.zeros((1, 1, 1))
    for tree in arguments:
        if not isinstance(tree, (Reference, Name)):
            raise reader.fail("COUNT or AVERAGE of what is no range")
        slots = reader.slots(reader.reference(tree))
        total = total + (~np.isin(slots, list(reader.compiler.empty))).sum(axis=(1, 2), keepdims=True)
    return reader.compiler.constant(total.astype(float))


def _total(reader: _Reader, arguments: tuple[Tree, ...]) -> int:
    return reader.compiler.apply(SUM, *map(reader.read, arguments))


def _average(reader: _Reader, arguments: tuple[Tree, ...]) -> int:
    compiler = reader.compiler
    if len(arguments) == 1 and not isinstance(arguments[0], (Reference, Name)):
        register = reader.read(arguments[0])
        ones = compiler.apply(_ONES, register)
        return compiler.apply(DIVIDE, compiler.apply(SUM, register), compiler.apply(SUM, ones))
    return compiler.apply(DIVIDE, _total(reader, arguments), _count(reader, arguments))


_ONES = Operation(np.ones_like, lambda back, out, x: (None,))


def _squares(reader: _Reader, arguments: tuple[Tree, ...]) -> int:
    compiler = reader.compiler
    return compiler.apply(SUM, *[compiler.apply(SQUARE, reader.read(one)) for one in arguments])


def _products(reader: _Reader, arguments: tuple[Tree, ...]) -> int:
    compiler = reader.compiler
    product, *others = map(reader.read, arguments)
    for other in others:
        product = compiler.apply(MULTIPLY, product, other)
    return compiler.apply(SUM, product)


def _differences(reader: _Reader, arguments: tuple[Tree, ...]) -> int:
    compiler = reader.compiler
    if len(arguments) != 2:
        raise reader.fail("SUMXMY2 of other than two ranges")
    reader.refuse_empty("SUMXMY2", arguments)
    return compiler.apply(SUM, compiler.apply(SQUARE, compiler.apply(SUBTRACT, *map(reader.read, arguments))))


def _variance(less: int, root: bool) -> Callable[[_Reader, tuple[Tree, ...]], int]:
    def found(reader: _Reader, arguments: tuple[Tree, ...]) -> int:
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


_COMPOSED: dict[str, Callable[[_Reader, tuple[Tree, ...]], int]] = {
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
