"""From formulas to a program: formulas that share one R1C1 form become one array operation each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import isfinite

import numpy as np

from ...grid.sheet import ErrorValue, Place, Value
from ..grammar import NotAFormula, parse, r1c1, text
from ..tree import Reference, Tree, shifted
from .operations import Numbers, Operation, Slots, fitted
from .program import Doubtful, Program, Read, Step, Write
from .reader import Form, NotCompiled, Reader, grows, is_truth


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
    return Compiler(formulas, active, wanted, parameters, value_of, names).program()


class Compiler:
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

    def _forms(self, formulas: Mapping[Place, str], active: Iterable[Place]) -> list[Form]:
        found: dict[tuple[str, str], Form] = {}
        for place in sorted(active):
            try:
                tree = parse(formulas[place])
            except NotAFormula:
                raise NotCompiled("no formula that can be read", place) from None
            key = text(tree) + f"@{place}" if grows(tree) else r1c1(tree, place[1])
            if is_truth(tree):
                raise NotCompiled("a result that is TRUE or FALSE", place)
            form = found.setdefault((place[0], key), Form([], tree))
            form.places.append(place)
        return list(found.values())

    def program(self) -> Program:
        for form in self._ordered():
            register = Reader(self, form).read(form.tree)
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
    def _ordered(self) -> list[Form]:
        """The forms so that each comes after what it reads; where forms read each other, formula by formula."""
        first = _sorted(self.forms, self._needs(self.forms))
        if first is not None:
            return first
        singles = [Form([place], self._moved(form, place)) for form in self.forms for place in form.places]
        found = _sorted(singles, self._needs(singles))
        if found is None:
            raise NotCompiled("a circle of formulas", self.wanted)
        return found

    def _moved(self, form: Form, place: Place) -> Tree:
        first = form.places[0][1]
        return shifted(form.tree, place[1][0] - first[0], place[1][1] - first[1])

    def _needs(self, forms: list[Form]) -> list[set[int]]:
        owner = np.full(len(self.cells), -1)
        for number, form in enumerate(forms):
            owner[[self.slots[place] for place in form.places]] = number
        needs = []
        for form in forms:
            reader = Reader(self, form)
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

    def write(self, register: int, slots: Slots, form: Form) -> None:
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


def _sorted(forms: list[Form], needs: list[set[int]]) -> list[Form] | None:
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
