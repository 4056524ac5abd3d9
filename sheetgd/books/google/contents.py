"""What a spreadsheet in Google Sheets holds: all of it, or some of its sheets, by one call; and its formulas' model."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ...errors import BookError, SheetError, SheetgdError, missing_sheet
from ...formulas.model import FormulaText, Model
from ...formulas.reasons import REMEDIES, Reason
from ...grid.a1 import COLUMNS, ROWS, Area, Cell
from ...grid.sheet import Place, Sheet, Value
from ...grid.start_record import StartRecord
from ..book import ModelledBook
from .client import Google
from .errors import Refused
from .locales import rename_sheets
from .snapshot import READ, Formula, Snapshot, Tab, quoted

_NO_ENGINE_NAME = re.compile(r"[\\/*?:\[\]]|.{32}", re.DOTALL)  # of a sheet, in the formula engine


class GoogleContents(ModelledBook):
    """A spreadsheet in Google Sheets.

    It is read when it is opened, and again before the first use after a write.
    """

    def __init__(
        self,
        key: str,
        gid: int | None,
        google: Google,
        model: Model | None = None,
        only: Collection[int] = (),
    ) -> None:
        """`gid` chooses a sheet; `google` may be shared among books; `model`, if given, has loaded nothing yet.

        `only` are the gids of the sheets to be read, with those that their formulas read; without it, all are.
        """
        self.key, self.gid, self.google, self.only = key, gid, google, list(only)
        self.name = key
        self.warnings: list[str] = []
        self._waiting = model
        self._model: Model | None = None
        self._verified = False
        self._snapshot: Snapshot | None = None
        try:
            self._read()
        except SheetgdError as error:
            self.close()
            raise error.at(book=self.name) from None

    # -- reading ---------------------------------------------------------------------------------------------------
    def _read(self) -> Snapshot:
        snapshot = self._fetch()
        self.name = snapshot.title or self.key
        self.sheet_names = list(snapshot.tabs)
        if not snapshot.tabs:
            raise BookError("it has no sheet with cells", "add one")
        if self.gid is not None:
            self.chosen = self._title(snapshot, self.gid)
        for tab in snapshot.tabs.values():
            beyond = next((c for c in tab.sheet.values if c[0] > ROWS or c[1] > COLUMNS), None)
            if beyond:
                raise SheetError(
                    f"sheetgd can read {ROWS:,} rows and {COLUMNS:,} columns, and this cell is beyond them",
                    "move the lesson to a spreadsheet of its own",
                    **tab.sheet.place(beyond),
                )
        if self._model:
            self._model.close()
        self._model, self._verified = None, False
        self._snapshot = snapshot
        return snapshot

    def _fetch(self) -> Snapshot:
        """All of the spreadsheet, or some of its sheets and what their formulas read, as they are at one moment."""
        if not self.only:
            return Snapshot(self.google.read(self.key, READ))
        names: list[str] = []
        while True:
            areas = [{"sheetId": gid} for gid in self.only]
            try:
                snapshot = Snapshot(self.google.read_areas(self.key, areas, READ, map(quoted, names)))
            except Refused as error:
                if error.status != 400:
                    raise
                break  # one of them is gone, or has another name
            reached = snapshot.reached(list(snapshot.tabs))
            if reached is None:
                break
            missing = sorted(reached - snapshot.tabs.keys())
            if not missing:
                self.only = [tab.id for tab in snapshot.tabs.values()]
                return snapshot
            fresh = [int(name[1:]) for name in missing if name.startswith("#")]
            if {*names, *self.only} >= {*missing, *fresh}:
                break  # which do not exist
            self.only += fresh
            names += [name for name in missing if not name.startswith("#")]
        self.only = []
        return Snapshot(self.google.read(self.key, READ))

    def _title(self, snapshot: Snapshot, gid: int) -> str:
        tab = snapshot.tab(gid)
        if tab is None:
            raise BookError(
                f"it has no sheet with gid={gid}, which the address names",
                f"copy the address again; its sheets are {', '.join(self.sheet_names)}",
            )
        return tab.title

    def _now(self) -> Snapshot:
        """The spreadsheet as it was read last, or is read now."""
        return self._snapshot or self._read()

    def cells(self, sheet: str) -> Sheet:
        found = self._tab(sheet).sheet
        if any(cell not in found.values for cell in found.formulas):
            self.model()  # Google had no result for it yet
        return found

    def _tab(self, sheet: str) -> Tab:
        found = self._now().tabs.get(sheet)
        if found is None:  # renamed or deleted since
            raise missing_sheet(sheet, self.sheet_names)
        return found

    def titles(self) -> dict[int, str]:
        """The sheets' names, each by the gid by which Google knows the sheet whatever it is called."""
        return {tab.id: tab.title for tab in self._now().tabs.values()}

    def tick_boxes(self, sheet: str) -> set[Cell]:
        """The cells of a sheet that are tick boxes."""
        return self._tab(sheet).boxes

    def is_protected(self, sheet: str, cell: Cell) -> bool:
        """Whether the user who is logged in may not change a cell."""
        return self._tab(sheet).forbids(cell)

    def has_formulas(self) -> bool:
        snapshot = self._now()
        return any(tab.sheet.formulas for tab in snapshot.tabs.values())

    def has_color_scale(self, sheet: str, area: Area) -> bool:
        return any(area.meets(other) for other in self._tab(sheet).scales)

    # -- the model -------------------------------------------------------------------------------------------------
    def start(self) -> None:
        snapshot = self._now()
        if self._model is None:
            self._model, self._waiting = self._waiting or Model(), None
            names = _engine_names(list(snapshot.tabs))
            self._renamed = {title.casefold(): name for title, name in names.items() if title != name}
            defined = [(name, text) for name, texts in snapshot.names.items() for text in texts]
            cells: list[tuple[Place, Value]] = []
            for title, tab in snapshot.tabs.items():
                for cell, typed in tab.typed.items():
                    if type(typed) is Formula:
                        typed = FormulaText(self._in_engine(tab.sheet.formulas[cell]))
                    cells.append(((title, cell), typed))
            self._model.build(names, cells, [(name, self._in_engine(text)) for name, text in defined])

    def restart(self) -> None:
        self.close()
        self._verified = False

    def _in_engine(self, formula: str) -> str:
        return rename_sheets(formula, self._renamed) if self._renamed else formula

    def model(self) -> Model:
        self.start()
        assert self._model
        if not self._verified:
            self._verified = True
            self._verify(self._model, self._now())
        return self._model

    def _verify(self, model: Model, snapshot: Snapshot) -> None:
        formulas: dict[Place, str] = dict(snapshot.spilled())
        for title, tab in snapshot.tabs.items():
            formulas |= {(title, cell): text for cell, text in tab.sheet.formulas.items()}
        stored: dict[Place, Value] = {
            (sheet, cell): value
            for sheet, cell in formulas
            if (value := snapshot.tabs[sheet].sheet.values.get(cell)) is not None
        }
        self._compare(model, formulas, stored, snapshot.names, {}, snapshot.iterates)
        for (sheet, cell), value in self.results.items():
            if value is not None:
                snapshot.tabs[sheet].sheet.values.setdefault(cell, value)

    def _scanned(self) -> Iterable[Sheet]:
        return [tab.sheet for tab in self._now().tabs.values()]

    def unreliable(
        self, sheet: str, cells: Iterable[Cell], changing: Iterable[Cell] = ()
    ) -> tuple[Place, Reason] | None:
        """As for any book; but what Google computes from nothing that the run changes keeps Google's own value.

        IMPORTRANGE, QUERY and GOOGLEFINANCE are examples; the write shows whether it stayed the same during the run.
        """
        frozen = self.model().frozen
        varied = [(sheet, cell) for cell in changing]
        restless = {
            place: why
            for place, why in frozen.items()
            if why.kind in ("volatile", "circular") or self.precedents.reach([place], varied)
        }
        place = self.precedents.reach([(sheet, cell) for cell in cells], restless) if restless else None
        if place:
            place = self.precedents.origin(place, restless)
        return (place, restless[place]) if place else None

    def remedy(self, why: Reason) -> str:
        if why.kind in ("volatile", "circular", "unknown"):
            return REMEDIES[why.kind]
        return "write it differently, or type its result as a number"

    def start_record(self, sheet: str) -> StartRecord | None:
        return self._tab(sheet).start_record

    def groups(self) -> list[tuple[str, Area]]:
        spilled = dict(self._now().spilled())
        sources = {(place[0], area) for place in spilled for _, area in self.precedents.areas(place) or ()}
        return [*((sheet, Area(*cell, *cell)) for sheet, cell in spilled), *sources]

    def close(self) -> None:
        for model in filter(None, (self._model, self._waiting)):
            model.close()
        self._model = self._waiting = None


def _engine_names(titles: list[str]) -> dict[str, str]:
    """For each sheet a name that the formula engine allows: its own, unless that is too long or has odd characters."""
    taken = {title.casefold() for title in titles}
    names = {}
    for number, title in enumerate(titles, 1):
        name = title
        if _NO_ENGINE_NAME.search(title):
            name = next(
                f"Sheet{n}" for n in range(number, number + len(titles) + 1) if f"sheet{n}" not in taken
            )
            taken.add(name.casefold())
        names[title] = name
    return names
