"""A spreadsheet in Google Sheets: one call reads all of it, one call writes a whole run.

Google keeps the formulas and recalculates them. The answer to the write shows the spreadsheet as it then is: whether
Google computes what sheetgd computed, and whether what the run was computed from was still the same. If it was not,
the run is taken back and `Changed` is raised, so that the caller can run again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from ...errors import BookError, Changed, SheetError, SheetgdError, UsageError, missing_sheet
from ...formulas.model import FormulaText, Model, describe, show
from ...formulas.verify import wrong
from ...grid.a1 import COLUMNS, ROWS, Area, Cell
from ...grid.edits import Edits
from ...grid.sheet import Place, Sheet, Value
from ...grid.start_record import StartRecord
from ..book import ModelledBook, date_note, refuse_to_write
from .changes import grid_range, make_requests, marks, rectangles, same, tick_boxes
from .client import Google
from .credentials import LOOK, WRITE
from .errors import Refused
from .locales import rename_sheets
from .snapshot import POLLED, READ, WRITTEN, Formula, Json, Snapshot, Tab, polled

_NO_ENGINE_NAME = re.compile(r"[\\/*?:\[\]]|.{32}", re.DOTALL)  # of a sheet, in the formula engine


class GoogleBook(ModelledBook):
    """A spreadsheet in Google Sheets.

    It is read when it is opened, and again before the first use after a write, or after `refresh`.
    """

    def __init__(self, key: str, gid: int | None, google: Google, model: Model | None = None) -> None:
        """`gid` chooses a sheet; `google` may be shared among books; `model`, if given, has loaded nothing yet."""
        self.key, self.gid, self.google = key, gid, google
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
    def refresh(self) -> None:
        """Forget what was read: the next use reads again."""
        self._snapshot = None

    def _read(self) -> Snapshot:
        snapshot = Snapshot(self.google.read(self.key, READ))
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
        """What the sheets are called, each by the number by which Google knows it whatever it is called."""
        return {tab.id: tab.title for tab in self._now().tabs.values()}

    def tick_boxes(self, sheet: str) -> set[Cell]:
        """The cells of a sheet that are tick boxes."""
        return self._tab(sheet).boxes

    def is_protected(self, sheet: str, cell: Cell) -> bool:
        """Whether whoever is logged in may not change a cell."""
        return self._tab(sheet).forbids(cell)

    def poll(self, places: Sequence[Place]) -> dict[Place, Value]:
        """What some cells hold now, by one small call; a tick box that was never ticked holds nothing.

        Their sheets are those that were read last, under whatever names they have by now.
        """
        tabs = self._now().tabs
        areas = [
            grid_range(tabs[sheet].id, area)
            for sheet in dict.fromkeys(sheet for sheet, _ in places)
            for area in rectangles({cell for name, cell in places if name == sheet})
        ]
        try:
            found = polled(self.google.read_areas(self.key, areas, POLLED))
        except SheetgdError as error:
            raise error.at(book=self.name) from None
        return {(sheet, cell): found.get(tabs[sheet].id, {}).get(cell) for sheet, cell in places}

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
            renamed = {title.casefold(): name for title, name in names.items() if title != name}
            defined = [(name, text) for name, texts in snapshot.names.items() for text in texts]

            def in_engine(text: str) -> str:
                return rename_sheets(text, renamed) if renamed else text

            cells: list[tuple[Place, Value]] = []
            for title, tab in snapshot.tabs.items():
                for cell, typed in tab.typed.items():
                    if type(typed) is Formula:
                        typed = FormulaText(in_engine(tab.sheet.formulas[cell]))
                    cells.append(((title, cell), typed))
            self._model.build(names, cells, [(name, in_engine(text)) for name, text in defined])

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

    def start_record(self, sheet: str) -> StartRecord | None:
        return self._tab(sheet).start_record

    def _groups(self) -> list[tuple[str, Area]]:
        spilled = dict(self._now().spilled())
        sources = {(place[0], area) for place in spilled for _, area in self.precedents.areas(place) or ()}
        return [*((sheet, Area(*cell, *cell)) for sheet, cell in spilled), *sources]

    def close(self) -> None:
        for model in filter(None, (self._model, self._waiting)):
            model.close()
        self._model = self._waiting = None

    # -- writing ---------------------------------------------------------------------------------------------------
    def apply(self, edits: Edits, out: str | os.PathLike[str] | None = None, *, force: bool = False) -> None:
        """Write the edits in one call; Google recalculates its formulas.

        `Changed` is raised where a cell that the edits rest on was changed since it was read: then what was written
        is taken back. `out` and `force` have no meaning here and are refused.
        """
        try:
            if out is not None:
                raise UsageError(
                    "a Google Sheet is changed where it is, not written to a file (-o)",
                    "leave -o out, or download the sheet as .xlsx and use that",
                )
            if force:
                raise UsageError("--force is for files; a Google Sheet needs none", "leave --force out")
            self._apply(edits)
        except SheetgdError as error:
            raise error.at(book=self.name) from None

    def _apply(self, edits: Edits) -> None:
        before = self._now()
        for sheet in [*edits.cells, *(sheet for sheet, _ in edits.color_scales)]:
            if sheet not in before.tabs:
                raise missing_sheet(sheet, self.sheet_names)
        for sheet, cells in edits.cells.items():
            self._refuse_cells(before, sheet, cells)
        requests = make_requests(before, edits)
        if not requests:
            return
        expected = self._expected(edits)
        try:
            after = self._write(requests)
        finally:
            self._snapshot = None  # whatever it is now, it is not what was read
        self._refuse_moved(before, after, edits)
        changed = self._changed_inputs(before, after, edits)
        if changed:
            self._take_back(before, after, edits)
            raise Changed(
                f"the sheet changed during the run ({describe(changed)})",
                "nothing of the run was kept; run again when nobody is typing",
            )
        self._warn_of_differences(before, after, expected)

    def write(self, edits: Edits, boxes: Mapping[str, Area]) -> None:
        """Write edits and make the areas tick boxes, each by the name of its sheet, in one call."""
        snapshot = self._now()
        requests = make_requests(snapshot, edits)
        requests += [tick_boxes(snapshot.tabs[sheet].id, area) for sheet, area in boxes.items()]
        try:
            self.google.write(self.key, requests, "spreadsheetId")
        except SheetgdError as error:
            raise error.at(book=self.name) from None
        finally:
            self._snapshot = None

    def _write(self, requests: list[Json]) -> Snapshot:
        """Write, and the spreadsheet as it then is."""
        try:
            answer = self.google.write(self.key, requests, WRITTEN)
        except Refused as error:
            # An answer that was lost is asked for again, and then the mark of a colour scale is there already.
            added = marks(requests)
            if error.status != 400 or not added:
                raise
            after = Snapshot(self.google.read(self.key, READ))
            if not added <= after.named_ids:
                raise
            return after
        return Snapshot(answer.get("updatedSpreadsheet", {}))

    def _refuse_cells(self, snapshot: Snapshot, sheet: str, cells: Mapping[Cell, Value]) -> None:
        tab = snapshot.tabs[sheet]
        spilled = {cell for (name, cell), _ in snapshot.spilled() if name == sheet}
        for cell, value in cells.items():
            merged = tab.sheet.merge_at(cell)
            what = (
                "an array formula or a pivot table"
                if cell in spilled
                else "a merged area"
                if cell != merged[:2]
                else ""
            )
            if what or cell in tab.sheet.formulas:
                refuse_to_write(tab.sheet, cell, what)
            if (
                cell in tab.sheet.dates
                and type(value) in (int, float)
                and not same(value, tab.typed.get(cell))
            ):
                self.warnings.append(date_note(tab.sheet, cell))
        forbidden = [cell for cell in cells if tab.forbids(cell)]
        if forbidden:
            areas = ", ".join(area.a1 for area in rectangles(set(forbidden)))
            raise SheetError(
                f"sheetgd would write into {areas}, which is protected, and {self.google.user} may not change it",
                "ask its owner to allow it (Data > Protect sheets and ranges)",
                sheet=sheet,
            )

    def _expected(self, edits: Edits) -> dict[Place, Value]:
        """What the formulas show after the edits, as the model finds it."""
        if not self.has_formulas():
            return {}
        model = self.model()
        model.put(
            ((sheet, cell), value) for sheet, cells in edits.cells.items() for cell, value in cells.items()
        )
        return dict(zip(self.formulas, model.get(list(self.formulas)), strict=True))

    def _refuse_moved(self, before: Snapshot, after: Snapshot, edits: Edits) -> None:
        """Rows or columns that others inserted or deleted meanwhile have moved the cells under the addresses."""
        for title, cells in edits.cells.items():
            tab = before.tabs[title]
            now = after.tab(tab.id)
            rows = max([tab.rows, *(row for row, _ in cells)])
            columns = max([tab.columns, *(column for _, column in cells)])
            if now and (now.rows, now.columns) != (rows, columns):
                raise SheetError(
                    "rows or columns were inserted or deleted while sheetgd wrote, so that it may have written into "
                    f"wrong cells ({', '.join(area.a1 for area in rectangles(cells))})",
                    "look at the sheet, and go back with File > Version history if need be",
                    sheet=now.title,
                )

    def _changed_inputs(self, before: Snapshot, after: Snapshot, edits: Edits) -> Place | None:
        """A cell that the edits rest on and that others changed between the reading and the writing."""
        changed: list[Place] = []
        for title, tab in before.tabs.items():
            now = after.tab(tab.id)
            typed, own = now.typed if now else {}, edits.cells.get(title, {})
            for cell in {**tab.typed, **typed}:
                if cell not in own and not same(tab.typed.get(cell), typed.get(cell)):
                    changed.append((title, cell))
        changed.sort()
        if not changed or not edits.rests:
            return None
        if any(tab.sheet.formulas for tab in before.tabs.values()):
            return self.precedents.reach(edits.inputs, changed)
        inputs = set(edits.inputs)
        return next((place for place in changed if place in inputs), None)

    def _take_back(self, before: Snapshot, after: Snapshot, edits: Edits) -> None:
        """Put back what stood in the cells that were written."""
        old = Edits()
        now = {tab.title: after.tab(tab.id) for tab in before.tabs.values()}
        for sheet, cells in edits.cells.items():
            tab = now[sheet]
            for cell in cells if tab else ():
                assert tab
                old.put(tab.title, cell, before.tabs[sheet].typed.get(cell))
        if requests := make_requests(after, old):
            self.google.write(self.key, requests, "spreadsheetId")

    def _warn_of_differences(self, before: Snapshot, after: Snapshot, expected: dict[Place, Value]) -> None:
        """Say where Google computes something else than the run did."""
        model, found = self._model, dict[Place, Value]()
        for sheet, cell in expected:
            now = after.tab(before.tabs[sheet].id)
            if now and same(before.tabs[sheet].typed.get(cell), now.typed.get(cell)):
                found[sheet, cell] = now.sheet.values.get(cell)
        if not model or not found:
            return
        differing = wrong(model, self.formulas, expected, found)
        causes = [place for place in differing if self.precedents.reach([place], model.frozen) is None]
        if causes:
            place, others = causes[0], f" (and {len(causes) - 1} more differ)" if len(causes) > 1 else ""
            theirs, ours = show(found[place]), show(expected[place])
            self.warnings.append(
                f"Google finds {theirs} in {describe(place)} where sheetgd found {ours}{others}"
            )


def open_google(key: str, gid: int | None, model: Model, *, readonly: bool) -> GoogleBook:
    """The spreadsheet, through a connection of its own."""
    try:
        google = Google(LOOK if readonly else WRITE)
    except SheetgdError as error:
        raise error.at(book=key) from None
    return GoogleBook(key, gid, google, model)


def _engine_names(titles: list[str]) -> dict[str, str]:
    """A name for each sheet that the formula engine allows: its own, but for those too long or with odd characters."""
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
