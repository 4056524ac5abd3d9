"""What every book can do, wherever it is kept, and what a verified model tells about its formulas.

A backend (xlsx/, google/) reads cells, gives the model of its formulas and applies edits.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from ..errors import SheetError, SheetgdError
from ..formulas.all_formulas import AllFormulas, columns_of, of_each_form, split
from ..formulas.model import FormulaText, Model, describe
from ..formulas.precautions import LARGE, distrusted, has_large, is_large, may_grow, may_lose, translate
from ..formulas.reasons import ITERATED, REMEDIES, Reason, circle
from ..formulas.verify import FormulaColumn, verify, wrong
from ..grid.a1 import Area, Cell, a1
from ..grid.column_runs import few
from ..grid.edits import Edits
from ..grid.sheet import ErrorValue, Place, Sheet, Value, words

if TYPE_CHECKING:
    from ..formulas.dependencies import Cone, Precedents
    from ..grid.start_record import StartRecord


class DefinedName(NamedTuple):
    """A defined name: the sheet that it belongs to (None: the workbook), and what it stands for, as a formula."""

    name: str
    sheet: str | None
    text: str


class Book:
    """A workbook: sheets, a model of their formulas, and one way to change them.

    Backends implement what raises NotImplementedError here.
    """

    name: str
    address: str = ""  # as a command opens it
    sheet_names: list[str]
    chosen: str | None = None  # the sheet that the book's address names
    warnings: list[str]

    def cells(self, sheet: str) -> Sheet:
        """The cells of one sheet, every formula with its result."""
        raise NotImplementedError

    def has_formulas(self) -> bool:
        """Whether any sheet holds a formula; one without needs no model."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin to load the model, which goes on while the sheets are read."""

    def restart(self) -> None:
        """Let go of a model whose engine has ended; the next question starts another."""

    def prepare(self) -> None:
        """Do what writing will need anyway, while the model is busy."""

    def model(self) -> Model:
        """The formulas of the workbook, recalculated and verified."""
        raise NotImplementedError

    def apply(self, edits: Edits, out: str | os.PathLike[str] | None = None, *, force: bool = False) -> None:
        """Write the edits, and the results of the formulas that depend on them: all, or nothing."""
        raise NotImplementedError

    def unreliable(
        self, sheet: str, cells: Iterable[Cell], changing: Iterable[Cell] = ()
    ) -> tuple[Place, Reason] | None:
        """A formula that the model cannot reproduce and that one of the cells depends on, and why.

        `changing` are the cells of the sheet that a run changes.
        """
        raise NotImplementedError

    def remedy(self, why: Reason) -> str:
        """What to do about such a formula."""
        return REMEDIES[why.kind]

    def depend(self, sheet: str, cells: Iterable[Cell], on: Cell) -> bool:
        """Whether one of the cells depends on another of their sheet."""
        raise NotImplementedError

    def origin_of_error(self, place: Place) -> tuple[Place, str] | None:
        """Where the error that a cell shows in the model comes from: that cell and its formula, empty if the error is
        typed; None if the cell shows no error.
        """
        raise NotImplementedError

    def narrow(self, sheet: str, wanted: Iterable[Cell], changing: Iterable[Cell]) -> Set[Place]:
        """Let the model leave out of epochs what the wanted cells do not need, or what never changes. Returns the
        formulas that are left out."""
        return frozenset()

    def shown(self, places: Sequence[Place]) -> list[Value]:
        """What cells show now, as the applications would show it: numbers that are too large are #NUM!."""
        raise NotImplementedError

    def alarm(self) -> Place | None:
        """A place of the model that shows 0 as long as no formula shows a number from which another could pass 1e308
        unseen; None where that is taken care of.

        What the model then shows may be wrong: `guard_all`, and compute it again.
        """
        raise NotImplementedError

    def guard_all(self) -> None:
        """Let the model show #NUM! wherever a number passes 1e308 inside a formula."""
        raise NotImplementedError

    def circles(self) -> list[str]:
        """The circular references of the workbook, each with its cells; none are looked for among many formulas."""
        return []

    def cone(self, wanted: Iterable[Place], changing: Iterable[Place]) -> "Cone | None":
        """What computes the wanted cells from the changing ones; None where formulas compute their references."""
        raise NotImplementedError

    def defined_names(self) -> list[DefinedName]:
        """Every defined name, hidden ones too; a backend without names has none."""
        return []

    def start_record(self, sheet: str) -> "StartRecord | None":
        """What a sheet started from, where a first run has kept it in the book."""
        raise NotImplementedError

    def discard(self, places: Iterable[Place]) -> None:
        """Say that these cells will be written: the stored results that rest on them need not be right."""
        raise NotImplementedError

    def has_color_scale(self, sheet: str, area: Area) -> bool:
        """Whether a colour scale covers some of the area already."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what the book holds."""
        raise NotImplementedError

    def __enter__(self) -> "Book":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def no_number(self, place: Place, what: str, value: Value) -> SheetError:
        """The error for a cell that must show a number; where it shows an error, that names the cell to be fixed."""
        sheet, cell = place
        found = self.origin_of_error(place) if isinstance(value, ErrorValue) else None
        if found is None or found[0] == place:
            return SheetError(
                f"{what} is {words(value)}, not a number",
                "fix the formula there",
                sheet=sheet,
                cell=a1(cell),
            )
        (other, cause), formula = found
        where = a1(cause) if other == sheet else f"{other}!{a1(cause)}"
        how = f"whose formula is ={formula}" if formula else "where it is typed"
        return SheetError(
            f"{what} is {words(value)} because of {where}, {how}",
            "fix it there" if formula else "type a number there",
            sheet=sheet,
            cell=a1(cell),
        )

    @contextmanager
    def naming_errors(self) -> Iterator[None]:
        """Put the book's name on an error that has none."""
        try:
            yield
        except SheetgdError as error:
            raise error.at(book=self.name) from None


MOST_NARROWED = 50_000  # formulas, whose dependencies are found in less time than it saves
MOST_SEARCHED = 6_000  # formulas that are searched for circles where nothing is run


class ModelledBook(Book):
    """A book whose formulas a model recalculates, as compared with the results that the book holds of them."""

    formulas: Mapping[Place, str]
    stored: dict[Place, Value]
    results: dict[Place, Value]
    columns: list[FormulaColumn]
    discarded: Sequence[Place] = ()
    unsure = False  # whether results were discarded that the model does not reproduce
    _guarded = False  # whether numbers that pass 1e308 are seen in every formula

    def computes(self) -> bool:
        """Whether the book's formulas have a model at all."""
        return True

    @cached_property
    def precedents(self) -> "Precedents":
        """What the formulas depend on."""
        from ..formulas.dependencies import Precedents  # most small runs do not ask

        return Precedents(self.formulas, *self._named)

    def _use(self, formulas: Mapping[Place, str]) -> None:
        self.formulas = formulas
        self.__dict__.pop("precedents", None)

    def discard(self, places: Iterable[Place]) -> None:
        self.discarded = [*self.discarded, *places]

    def _compare(
        self,
        model: Model,
        formulas: dict[Place, str],
        stored: dict[Place, Value],
        names: dict[str, list[str]],
        tables: Mapping[str, tuple[str, Area]],
        iterates: bool,
        tall: Sequence[FormulaColumn] = (),
        outdated: bool = False,
    ) -> None:
        """Verify the model against the stored results; warn of what it has to leave alone.

        `names` and `tables` are as for `Precedents`; `iterates` says whether the book allows circular references;
        `tall` are whole columns of formulas beside the single ones; `outdated` is as for `verify`.
        """
        self._named = names, dict(tables)
        self._use(formulas)
        whole = AllFormulas(formulas, list(tall))
        self._guarded = may_grow(list(of_each_form(whole).values())) or any(map(has_large, self._scanned()))
        translate(model, formulas, tall, self.groups, self._translated, every=self._guarded)
        before = dict(stored) if outdated else {}
        away: dict[Place, Value] = {}
        if self.discarded:
            resting = self._resting(whole)
            tall = split(model, formulas, stored, tall, resting)
            away = {place: stored.pop(place) for place in resting & stored.keys()}
        self.stored = stored
        every = AllFormulas(formulas, list(tall)) if tall else formulas
        fresh = [place for place in formulas if place not in stored and place not in away]
        doubts = distrusted(model, every, stored, fresh, names, self.groups, self._meant, self._typed_texts)
        doubts |= self._settled_otherwise(every, fresh)
        self.results, self.columns = verify(model, formulas, stored, tall, doubts, outdated=outdated)
        if not self._guarded and any(map(is_large, self.results.values())):
            self._guarded = True
            translate(model, formulas, tall, self.groups, self._translated, every=True)
            self.results, self.columns = verify(model, formulas, stored, tall, doubts, outdated=outdated)
        if away:
            differing = wrong(model, formulas, self.results, away)
            self.unsure = bool(differing)
            stored |= {place: value for place, value in away.items() if place not in differing}
        renewed = [place for place in before if place not in stored]
        self._use(AllFormulas(formulas, self.columns) if self.columns else formulas)
        self._name_circles(model, iterates)
        if renewed or model.frozen:
            from .notes import frozen_notes, renewed_note  # most workbooks need none

            self.warnings += [renewed_note(renewed)] if renewed else []
            self.warnings += frozen_notes(model.frozen)

    def _name_circles(self, model: Model, iterates: bool) -> None:
        self._circles: list[tuple[list[Place], Reason]] = []
        circular = [place for place, why in model.frozen.items() if why.kind == "circular"]
        for place in circular if iterates else ():
            model.frozen[place] = ITERATED
        for around in self.precedents.circles(circular) if circular else ():
            here = around[0][0]
            cells = [a1(cell) if sheet == here else describe((sheet, cell)) for sheet, cell in around]
            why = circle(cells, iterates)
            model.frozen |= {place: why for place in around if place in model.frozen}
            self._circles.append((around, why))

    def circles(self) -> list[str]:
        if sum(len(self.cells(name).formulas) for name in self.sheet_names) > MOST_SEARCHED:
            return []
        formulas = {
            (name, cell): text
            for name in self.sheet_names
            for cell, text in self.cells(name).formulas.items()
        }
        from ..formulas.dependencies import Precedents  # most small runs do not ask

        if not Precedents(formulas, {}, {}).circles(formulas):  # nearly always: the engine need not be asked
            return []
        self.model()
        return [f"{describe(around[0])}: {why.words}" for around, why in self._circles]

    def shown(self, places: Sequence[Place]) -> list[Value]:
        model = self.model()
        values = model.get(places)
        if not self._guarded and any(map(is_large, values)):
            self.guard_all()
            values = model.get(places)
        return model.get(places) if "#DIV/0!" in values and self._mend_powers() else values

    def _mend_powers(self) -> bool:
        """Whether there were formulas with powers that are too large, for which the engine shows #DIV/0!."""
        model, places = self.model(), list(self.formulas)
        values = zip(places, model.get(places), strict=True)
        errors = [place for place, value in values if value == "#DIV/0!" and place not in model.frozen]
        divided = [(place, self.formulas[place]) for place in errors]
        texts = [(place, text) for place, text in divided if "^" in text or "POWER(" in text.upper()]
        if not texts:
            return False
        from ..formulas.dialect import as_applications  # few workbooks have such powers
        from ..formulas.overflow import guarded, powers

        bound = self._bound()
        forms = [(place, powers(self._translated(place, text))) for place, text in texts if not bound(place)]
        for change in (guarded, as_applications):
            forms = [(place, form and (change(form) or form)) for place, form in forms]
        model.put((place, FormulaText(form)) for place, form in forms if form)
        return True

    def alarm(self) -> Place | None:
        model = self.model()
        if self._guarded or not may_lose(of_each_form(self.formulas).values()):
            return None
        return model.watch(columns_of(place for place in self.formulas if place not in model.asleep), LARGE)

    def guard_all(self) -> None:
        if not self._guarded:
            self._guarded = True
            translate(self.model(), self.formulas, (), self.groups, self._translated, every=True)

    def _scanned(self) -> Iterable[Sheet]:
        """The sheets that were read so far."""
        raise NotImplementedError

    def _typed_texts(self) -> Iterator[tuple[Place, str]]:
        for sheet in self._scanned():
            for cell, value in few(sheet.values).items():
                if isinstance(value, str) and cell not in sheet.formulas:
                    yield (sheet.name, cell), value

    def _in_engine(self, formula: str) -> str:
        """The formula with the names that the sheets have in the engine."""
        return formula

    def _meant(self, place: Place, formula: str, every: bool = False) -> str:
        """A cell's formula with what its defined names stand for: those that the engine does not know, or every one."""
        return formula

    def _settled_otherwise(
        self, formulas: Mapping[Place, str], fresh: Iterable[Place]
    ) -> dict[Place, Reason]:
        """The formulas whose results the book's settings change, of which the engine does not know; `fresh` are those
        without a stored result.
        """
        return {}

    def _translated(self, place: Place, formula: str) -> str:
        return self._in_engine(self._meant(place, formula))

    def _resting(self, formulas: Mapping[Place, str]) -> set[Place]:
        """The formulas that depend on what will be discarded."""
        from ..formulas.dependencies import Precedents  # most small runs do not ask

        cone = Precedents(formulas, *self._named).cone(formulas, self.discarded)
        return set(formulas) if cone is None else cone.active

    def unreliable(
        self, sheet: str, cells: Iterable[Cell], changing: Iterable[Cell] = ()
    ) -> tuple[Place, Reason] | None:
        frozen = self.model().frozen | self._substituted()
        varied = [(sheet, cell) for cell in changing]
        for inexact in [place for place, why in frozen.items() if why.kind == "inexact" and varied]:
            if inexact in self.stored and not self.precedents.reach([inexact], varied):
                del frozen[inexact]  # it keeps the application's own result
        place = self.precedents.reach([(sheet, cell) for cell in cells], frozen) if frozen else None
        if place:
            place = self.precedents.origin(place, frozen)
        return (place, frozen[place]) if place else None

    def _substituted(self) -> dict[Place, Reason]:
        """The results of what-if data tables, which no formula of the model computes."""
        return {}

    def origin_of_error(self, place: Place) -> tuple[Place, str] | None:
        model = self.model()
        [error] = self.shown([place])
        if not isinstance(error, ErrorValue):
            return None
        cone = self.precedents.cone([place], [])
        reached = list(cone.reached if cone else self.formulas)
        alike = [other for other, value in zip(reached, model.get(reached), strict=True) if value == error]
        origin = self.precedents.origin(place, alike + self._typed(error))
        return origin, self.cells(origin[0]).formulas.get(origin[1], "")

    def _typed(self, error: ErrorValue) -> list[Place]:
        """The cells of all sheets that hold an error without a formula."""
        sheets = [(name, self.cells(name)) for name in self.sheet_names]
        return [
            (name, cell)
            for name, sheet in sheets
            for cell, value in few(sheet.values).items()
            if isinstance(value, ErrorValue) and value == error and cell not in sheet.formulas
        ]

    def depend(self, sheet: str, cells: Iterable[Cell], on: Cell) -> bool:
        self.model()
        return self.precedents.reach([(sheet, cell) for cell in cells], [(sheet, on)]) is not None

    def narrow(self, sheet: str, wanted: Iterable[Cell], changing: Iterable[Cell]) -> Set[Place]:
        if len(self.formulas) > MOST_NARROWED:
            return frozenset()
        needed = self.precedents.active(
            [(sheet, cell) for cell in wanted], [(sheet, cell) for cell in changing]
        )
        if needed is None:
            return frozenset()
        bound = self._bound()
        left = {place for place in self.formulas if place not in needed and not bound(place)}
        self.model().narrow(left)
        return left

    def cone(self, wanted: Iterable[Place], changing: Iterable[Place]) -> "Cone | None":
        self.model()
        return self.precedents.cone(wanted, changing, self._bound())

    def _bound(self) -> Callable[[Place], bool]:
        """Whether a formula's cell belongs to an array, no cell of which can be replaced alone."""
        groups = self.groups()
        return lambda place: any(place[0] == name and place[1] in area.cells for name, area in groups)

    def groups(self) -> list[tuple[str, Area]]:
        """The areas that one formula fills: none of their cells can become a constant on its own."""
        raise NotImplementedError


def refuse_to_write(sheet: Sheet, cell: Cell, what: str) -> NoReturn:
    """Raise the error for a cell that must not be written, because it holds a formula or is part of `what`."""
    formula = sheet.formulas.get(cell)
    found = f"it is part of {what}" if formula is None else f"it holds the formula ={formula}"
    raise SheetError(
        f"sheetgd would write here, but {found}", "move it, or type a plain number here", **sheet.place(cell)
    )
