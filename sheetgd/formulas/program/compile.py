"""From formulas to a program: formulas that share one R1C1 form become one array operation each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np

from ...grid.sheet import Place, Value
from ..tree import Tree, shifted
from .builder import Builder, Divided, Form, NotCompiled, Surroundings
from .forms import filled, find_forms
from .program import Program
from .reader import Reader

__all__ = ["NotCompiled", "compile_program"]

NOTHING = Surroundings()


def compile_program(
    formulas: Mapping[Place, str],
    active: Iterable[Place],
    wanted: Place,
    parameters: Sequence[Place],
    value_of: Callable[[Place], Value],
    around: Surroundings = NOTHING,
    also: Iterable[Place] = (),
) -> Program:
    """The program that computes the wanted cell from the parameters.

    `active` are the formulas between them; everything else keeps the value that `value_of` gives (None: an empty
    cell), and `around` says what else they mention. `also` are further cells that are computed. Raises NotCompiled,
    which names the function and the cell, where some formula on the way cannot be compiled.

    >>> formulas = {("S", (1, 2)): "A1^2", ("S", (2, 2)): "A2^2", ("S", (3, 2)): "SUM(B1:B2)"}
    >>> program = compile_program(formulas, formulas, ("S", (3, 2)), [("S", (1, 1)), ("S", (2, 1))], {}.get)
    >>> loss, slopes = program.gradient([3.0, 4.0])
    >>> loss, slopes.tolist()
    (25.0, [6.0, 8.0])
    """
    return _Compiler(formulas, active, wanted, parameters, value_of, around).program(also)


class _Compiler(Builder):
    def __init__(
        self,
        formulas: Mapping[Place, str],
        active: Iterable[Place],
        wanted: Place,
        parameters: Sequence[Place],
        value_of: Callable[[Place], Value],
        around: Surroundings,
    ) -> None:
        sheets = {sheet.casefold(): sheet for sheet, _ in [*formulas, *parameters]}
        super().__init__(sheets, value_of, around)
        self.wanted, self.parameters = wanted, list(parameters)
        self.forms = find_forms(formulas, active, around.arrays)
        for place in [*self.parameters, *(place for form in self.forms for place in filled(form))]:
            self.live.add(self.new(place, 0.0))
        if wanted not in self.slots:
            raise NotCompiled("no formula that depends on the parameters", wanted)

    def program(self, also: Iterable[Place]) -> Program:
        waiting = self._ordered([self.wanted, *also])[::-1]
        while waiting:
            form = waiting.pop()
            try:
                self._compile(form)
            except Divided as error:
                for like in (~error.first, error.first):
                    part = [place for place, one in zip(form.places, like.tolist(), strict=True) if one]
                    waiting.append(Form(part, self._moved(form, part[0])))
        parameters = [self.slots[place] for place in self.parameters]
        cells, wanted = np.array(self.cells), self.slots[self.wanted]
        cells[parameters] = [float(self.value_of(place) or 0.0) for place in self.parameters]
        made = Program(cells, self.slots, parameters, wanted, self.constants, self.steps)
        try:
            made.leave_out_spreading()
        except ValueError:
            raise NotCompiled("arrays whose sizes do not fit", self.wanted) from None
        return made

    def _compile(self, form: Form) -> None:
        reader = Reader(self, form)
        found = reader.result(form.tree)
        slots = np.array([self.slots[place] for place in filled(form)], dtype=np.intp)
        if isinstance(found, str):
            self.write_text(found, slots)
            return
        if reader.is_truth(form.tree):
            self.truths.update(slots.tolist())
        self.write(found, slots, form.area)

    # -- order -----------------------------------------------------------------------------------------------------
    def _ordered(self, ends: Collection[Place]) -> list[Form]:
        """The forms that the ends need, so that each comes after what it reads; where forms read each other, formula by
        formula."""
        forms = self._reached(self.forms, self._needs(self.forms), ends)
        first = _sorted(forms, self._needs(forms))
        if first is not None:
            return first
        singles = [
            Form([place], self._moved(form, place), form.area) for form in forms for place in form.places
        ]
        singles = self._reached(singles, self._needs(singles), ends)
        found = _sorted(singles, self._needs(singles))
        if found is None:
            raise NotCompiled("a circle of formulas", self.wanted)
        return found

    def _reached(self, forms: list[Form], needs: list[set[int]], ends: Collection[Place]) -> list[Form]:
        """Those of the forms that the ends need: a table's totals are none of its rows."""
        wanted = set(ends)
        waiting = [number for number, form in enumerate(forms) if not wanted.isdisjoint(filled(form))]
        reached = set(waiting)
        while waiting:
            more = needs[waiting.pop()] - reached
            reached |= more
            waiting += more
        return [form for number, form in enumerate(forms) if number in reached]

    def _moved(self, form: Form, place: Place) -> Tree:
        first = form.places[0][1]
        return shifted(form.tree, place[1][0] - first[0], place[1][1] - first[1])

    def _needs(self, forms: list[Form]) -> list[set[int]]:
        owner = np.full(len(self.cells), -1)
        for number, form in enumerate(forms):
            owner[[self.slots[place] for place in filled(form)]] = number
        needs = []
        for form in forms:
            reader = Reader(self, form)
            read = [slots.ravel() for slots in reader.references(form.tree)]
            slots = np.unique(np.concatenate(read)) if read else np.array([], dtype=np.intp)
            owners = owner[slots[slots < len(owner)]]
            needs.append(set(owners[owners >= 0].tolist()))
        return needs


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
