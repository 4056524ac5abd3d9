"""A spreadsheet in Google Sheets: one call reads it, one call writes a whole run.

Google keeps the formulas and recalculates them, and it has no conditional write. So the cells to be written are read
once more immediately before the write, and the answer to the write shows the sheets as they are then: whether Google
computes what sheetgd computed, and whether what the run was computed from was still the same. If something was not,
the run is taken back and `Changed` is raised, so that the caller can run again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from ...errors import BookError, Changed, SheetError, SheetgdError, UsageError, missing_sheet
from ...formulas.model import Model, describe, show
from ...formulas.verify import wrong
from ...grid.a1 import Area, Cell
from ...grid.edits import Edits
from ...grid.sheet import Place, Value
from ..book import refuse_to_write
from ..notes import date_note
from .changes import make_requests, marks, rectangles, same, tick_boxes
from .client import Google, Json
from .contents import GoogleContents
from .credentials import LOOK, WRITE
from .errors import CallFailed, Refused
from .meanwhile import (
    NotTakenBack,
    WrittenCells,
    changed_cells,
    changed_own,
    own_areas,
    refuse_moved,
    written,
)
from .snapshot import OWN, READ, WRITTEN, Snapshot, Tab, quoted


class GoogleBook(GoogleContents):
    """A spreadsheet in Google Sheets.

    It is read when it is opened, and again before the first use after a write.
    """

    # -- writing ---------------------------------------------------------------------------------------------------
    def apply(self, edits: Edits, out: str | os.PathLike[str] | None = None, *, force: bool = False) -> None:
        """Write the edits in one call; Google recalculates its formulas.

        `Changed` is raised where a cell that the edits rest on was changed since it was read: then what was written
        is taken back. `out` and `force` have no meaning here and are refused.
        """
        try:
            if out is not None:
                raise UsageError(
                    "a Google Sheet is changed in place, not written to a file (-o)",
                    "leave -o out, or download the sheet as .xlsx and use that",
                )
            if force:
                raise UsageError("--force is for files; a Google Sheet does not need it", "leave --force out")
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
        read = self._concerned(before, edits)
        try:
            now = self._look_again(before, edits)
            after = self._write(requests, before, read, now)
        finally:
            self._snapshot = None  # whatever it is now, it is not what was read
        refuse_moved(before, after, edits.cells)
        changed = self._changed_inputs(before, after, edits, read)
        if changed:
            self._take_back(before, after, edits, changed)
            raise _changed(changed)
        self._warn_of_differences(before, after, expected)

    def _concerned(self, before: Snapshot, edits: Edits) -> list[Tab]:
        """The sheets that are written, and those that their formulas read."""
        titles = before.reached({*edits.cells, *(sheet for sheet, _ in edits.rests)})
        return [tab for tab in before.tabs.values() if titles is None or tab.title in titles]

    def _look_again(self, before: Snapshot, edits: Edits) -> Snapshot:
        """The cells that are about to be written, read once more; `Changed` where somebody typed into one of them."""
        if not edits.cells:
            return before
        try:
            now = Snapshot(self.google.read_areas(self.key, own_areas(before, edits), OWN))
        except Refused as error:
            if error.status != 400:
                raise
            now = Snapshot(self.google.read(self.key, OWN))  # a sheet has become smaller, or is gone
        wanted = [before.tabs[title].id for title in edits.cells]
        if not now.answers(wanted):  # which says nothing of the sheet
            now = Snapshot(self.google.read(self.key, OWN))
        for title in edits.cells:
            if now.tab(before.tabs[title].id) is None:
                raise missing_sheet(title, list(now.tabs))
        if changed := changed_own(before, now, edits):
            raise _changed(changed[0])
        return now

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

    def _write(self, requests: list[Json], before: Snapshot, read: list[Tab], now: Snapshot) -> Snapshot:
        """Write; the sheets that were `read`, as they are then; `now` knows what some of them are called by now."""
        titles = [(now.tab(tab.id) or tab).name for tab in read]
        ranges = (
            [] if not self.only and len(read) == len(before.tabs) else [quoted(title) for title in titles]
        )
        try:
            answer = self._send(requests, ranges)
        except Refused as error:
            # An answer that was lost is asked for again, and then the mark of a colour scale is there already.
            added = marks(requests)
            if error.status != 400 or not added:
                raise
            after = Snapshot(self.google.read(self.key, READ))
            if not added <= after.named_ids:
                raise
            return after
        after = Snapshot(answer.get("updatedSpreadsheet", {}))
        wanted = [tab.id for tab in read if tab.typed]
        if after.answers(wanted):
            return after
        after = Snapshot(self.google.read(self.key, READ))  # for what is missing says nothing of the sheet
        if not after.answers([number for number in wanted if after.tab(number)]) or not after.tabs:
            raise BookError(
                "the run was written, but Google's answers do not say what the sheet holds now",
                "look at the sheet: if somebody typed a value in the meantime, run again",
            )
        return after

    def _send(self, requests: list[Json], ranges: list[str]) -> Json:
        """Write; the answer shows the sheets of these names, or all. Done twice it is the same as done once."""
        try:
            return self.google.write(self.key, requests, WRITTEN, ranges)
        except Refused as error:
            if error.status != 400 or not ranges:
                raise
        return self.google.write(self.key, requests, WRITTEN)  # one of them may have another name by now

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
        return dict(zip(self.formulas, self.shown(list(self.formulas)), strict=True))

    def _changed_inputs(
        self, before: Snapshot, after: Snapshot, edits: Edits, read: list[Tab]
    ) -> Place | None:
        """A cell that the edits rest on and that others changed between the reading and the writing."""
        frozen = self._model.frozen if self._model else {}
        googles = [place for place, why in frozen.items() if why.kind not in ("volatile", "circular")]
        changed = changed_cells(before, after, edits, read, googles)
        if not changed or not edits.rests:
            return None
        if any(tab.sheet.formulas for tab in before.tabs.values()):
            return self.precedents.reach(edits.inputs, changed)
        inputs = set(edits.inputs)
        return next((place for place in changed if place in inputs), None)

    def _take_back(self, before: Snapshot, after: Snapshot, edits: Edits, changed: Place) -> None:
        """Put back what stood in the cells that were written."""
        done = written(before, edits)
        requests = make_requests(after, done.taking_back(after))
        try:
            if requests:
                self.google.write(self.key, requests, "spreadsheetId")
        except CallFailed as error:
            raise NotTakenBack(describe(changed), error, done) from None

    def take_back(self, done: WrittenCells) -> bool:
        """Put back what stood in the cells of a run; tells whether the run was still there to be taken back."""
        now = self._now()
        if not now.answers(gid for gid in done.new if now.tab(gid)):
            raise CallFailed("Google's answer does not say what the sheet holds", "try again")
        requests = make_requests(now, done.taking_back(now))
        if requests:
            self._snapshot = None
            self.google.write(self.key, requests, "spreadsheetId")
        return bool(requests)

    def _warn_of_differences(self, before: Snapshot, after: Snapshot, expected: dict[Place, Value]) -> None:
        """Say where Google computes something other than the run did."""
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


def _changed(place: Place) -> Changed:
    return Changed(
        f"the sheet changed during the run ({describe(place)})",
        "nothing of the run was kept; run again when nobody is typing",
    )


def open_google(key: str, gid: int | None, model: Model, *, readonly: bool) -> GoogleBook:
    """The spreadsheet, through a connection of its own."""
    try:
        google = Google(LOOK if readonly else WRITE)
    except SheetgdError as error:
        raise error.at(book=key) from None
    return GoogleBook(key, gid, google, model)
