"""What edits do to a workbook's file: what they must not touch, and the parts that change with them.

This is imported when there is something to write, or while the formula engine is busy; reading needs none of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING

from ...errors import BookError, SheetgdError, missing_sheet
from ...formulas.model import Model
from ...formulas.references import is_volatile
from ...grid.a1 import Area, Cell, letters
from ...grid.column_runs import Run, Tall, few, runs
from ...grid.edits import Edits
from ...grid.sheet import ErrorValue, Place, Sheet, Value
from ..book import ModelledBook, refuse_to_write
from .cell_change import CellChange
from .contents import Contents
from .package import Content
from .reader import GROUPS, CellGroup, Scan
from .saving import exists
from .splice import spliced
from .xml import area, elements, stored

if TYPE_CHECKING:
    from .column_change import ColumnChange


class Patch:
    """Edits of a workbook, on their way into its file."""

    def __init__(self, book: ModelledBook, contents: Contents, path: str, edits: Edits) -> None:
        """`path` is that of the workbook's file, `contents` what it holds."""
        self.book, self.contents, self.path, self.edits = book, contents, path, edits
        self.stale = False  # whether there are results that only Excel can bring up to date

    def refuse(self) -> None:
        """An error for what the edits must not touch; what is only remarkable goes into the book's warnings."""
        scaled = [sheet for sheet, _ in self.edits.color_scales]
        for sheet in [*self.edits.cells, *scaled, *self.edits.start_records, *self.edits.hidden_names]:
            if sheet not in self.contents.parts:
                raise missing_sheet(sheet, self.book.sheet_names)
        for sheet, cells in self.edits.cells.items():
            self._refuse_cells(sheet, cells)

    def refuse_target(self, target: str) -> None:
        """An error for a file that must not be written, or replaced, without warning."""
        real, name = os.path.realpath(target), os.path.basename(target)
        if exists(target) and real != os.path.realpath(self.path):
            raise BookError(
                "the file already exists", "name another, or add --force to replace it", book=name
            )
        folders, files = zip(os.path.split(target), os.path.split(real), strict=True)
        for file in dict.fromkeys(files):
            for lock in (f"~${file}", f".~lock.{file}#"):
                if any(os.path.exists(os.path.join(folder, lock)) for folder in folders):
                    who = "Excel" if lock.startswith("~$") else "LibreOffice"
                    raise BookError(
                        f"it is open in {who} (its lock file {lock} is there)",
                        "close it there, or write to another file with -o OTHER.xlsx, or add --force if the lock was "
                        "left over from a crash",
                        book=name,
                    )
        if any(name.lower().startswith("_xmlsignatures/") for name in self.contents.package.names()):
            raise BookError(
                "it has a digital signature, which a change would break", "add --force to change it anyway"
            )

    def parts(self) -> dict[str, Content]:
        """The parts that change, by their paths."""
        contents = self.contents
        parts: dict[str, Content] = {contents.parts[sheet].path: xml for sheet, xml in self._sheets()}
        workbook = contents.package.read(contents.main_part)
        if (changed := self._changed_workbook(workbook)) != workbook:
            parts[contents.main_part] = changed
        return parts

    def _changed_workbook(self, workbook: bytes) -> bytes:
        """The workbook's own part, with what is kept in hidden names."""
        edits, uncertain = self.edits, self._uncertain()
        if not (edits.start_records or edits.hidden_names or uncertain):
            return workbook
        from ...grid.start_record import RECORD  # which few runs write
        from .workbook_part import ask_recalculation, with_hidden_name

        order = self.contents.order
        for sheet, record in edits.start_records.items():
            workbook = with_hidden_name(workbook, RECORD, order.index(sheet), record.text())
        for sheet, names in edits.hidden_names.items():
            for name, (row, column) in names.items():
                place = "'{}'!${}${}".format(sheet.replace("'", "''"), letters(column), row)
                workbook = with_hidden_name(workbook, name, order.index(sheet), place)
        return ask_recalculation(workbook) if uncertain else workbook

    # -- refusing --------------------------------------------------------------------------------------------------
    def _refuse_cells(self, sheet: str, cells: MutableMapping[Cell, Value]) -> None:
        found = self.contents.scanned(sheet)
        if found.sheet.protected:
            self.book.warnings.append(f"sheet {sheet} is protected; sheetgd wrote to it anyway")
        reserved = [*found.groups, *self._reserved(sheet)]
        reserved += [(area, "merged") for area in found.sheet.merged]
        for cell, value in few(cells).items():
            if type(value) is float and isfinite(value):
                continue
            try:
                stored(value, cell)  # before the model gets it
            except SheetgdError as error:
                raise error.at(sheet=sheet) from None
        singles: list[Cell] = list(few(cells))
        for run in runs(cells):  # cell by cell only where something stands in its way
            if _meets_formulas(found.sheet, run) or any(area.meets(run.area) for area, _ in reserved):
                singles += run.area.cells
        held = {cell: group for area, group in reversed(reserved) for cell in _held(area, group, singles)}
        for cell in singles:
            if cell in held or cell in found.sheet.formulas:
                refuse_to_write(found.sheet, cell, GROUPS[held[cell]] if cell in held else "")

    def _reserved(self, sheet: str) -> Iterator[tuple[Area, CellGroup]]:
        contents = self.contents
        for _, name, table, titled in contents.list_objects():
            if name == sheet and titled:
                yield Area(table.top, table.left, table.top, table.right), "heading"
        for kind, target in contents.related(contents.parts[sheet].path).values():
            if kind == "pivotTable" and target in contents.package:
                place = next(
                    (e for e in elements(contents.package.read(target)) if e.name == "location"), None
                )
                if place:
                    yield area(place.attributes["ref"]), "pivot"

    # -- changing --------------------------------------------------------------------------------------------------
    def _sheets(self) -> Iterator[tuple[str, Content]]:
        changes, columns = self._changes()
        scales: dict[str, list[Area]] = {}
        for sheet, place in self.edits.color_scales:
            if place not in self.contents.scanned(sheet).color_scales:  # so that runs do not pile them up
                scales.setdefault(sheet, []).append(place)
        for sheet in {**changes, **scales, **columns}:
            yield (
                sheet,
                self._pieces(sheet, changes.get(sheet, {}), scales.get(sheet), columns.get(sheet, [])),
            )

    def _pieces(
        self,
        sheet: str,
        changes: dict[Cell, CellChange],
        scales: list[Area] | None,
        columns: list[ColumnChange],
    ) -> Iterator[bytes | memoryview]:
        data = self.contents.package.read(self.contents.parts[sheet].path)
        try:
            yield from spliced(data, changes, scales, columns, self.contents.scanned(sheet).stretches)
        except SheetgdError as error:
            raise error.at(sheet=sheet) from None

    def _changes(self) -> tuple[dict[str, dict[Cell, CellChange]], dict[str, list[ColumnChange]]]:
        """The typed cells, and every formula whose result they change; of tall columns, whole columns of these."""
        changes: dict[str, dict[Cell, CellChange]] = {}
        columns: dict[str, list[ColumnChange]] = {}
        for sheet, cells in self.edits.cells.items():
            found, like = self.contents.scanned(sheet), self.edits.like.get(sheet, {})
            if runs(cells):
                from .column_change import ColumnChange  # which small sheets do without
            for run in runs(cells):
                top = run.area[:2]
                self._warn_of_dates(found, run)
                columns.setdefault(sheet, []).append(
                    ColumnChange(run, False, found.styles.get(like.get(top, top)), found.sheet.values)
                )
            for cell, value in few(cells).items():
                before = found.sheet.values.get(cell)
                if value != before or _kind(value) is not _kind(before):
                    self._warn_of_date(found, cell, value)
                    changes.setdefault(sheet, {})[cell] = CellChange(
                        value, style=found.styles.get(like.get(cell, cell))
                    )
        if not self.book.has_formulas():
            self._renew_data_tables(changes)
        elif self.book.computes():
            self._recalculate(changes, columns)
        else:
            self.stale = True
            self.book.warnings.append(
                "the formula engine cannot compute the workbook: its formulas are recalculated when Excel or "
                "LibreOffice opens it"
            )
        return changes, columns

    def _recalculate(
        self, changes: dict[str, dict[Cell, CellChange]], columns: dict[str, list[ColumnChange]]
    ) -> None:
        """Add the results of formulas that the edits change."""
        book, model = self.book, self.book.model()
        model.put(
            ((sheet, cell), value)
            for sheet, cells in self.edits.cells.items()
            for cell, value in cells.items()
        )
        self._renew_data_tables(changes)
        places = list(book.results)
        for place, value in zip(places, book.shown(places), strict=True):
            if place in self._without_result or (place in model.frozen and isinstance(value, ErrorValue)):
                continue  # left as it is
            if value != book.results[place] or place not in book.stored:
                changes.setdefault(place[0], {})[place[1]] = CellChange(value, is_result=True)
        if book.columns:
            self._recalculate_columns(model, changes, columns)

    def _recalculate_columns(
        self, model: Model, changes: dict[str, dict[Cell, CellChange]], columns: dict[str, list[ColumnChange]]
    ) -> None:
        """Add the columns of formulas whose results have changed; cell by cell where some are no longer numbers."""
        from .column_change import ColumnChange  # which small sheets do without

        numbers = model.down([(column.sheet, column.formulas) for column in self.book.columns])
        for (sheet, formulas, results), new in zip(self.book.columns, numbers, strict=True):
            run = formulas._replace(values=new or ())
            if new is None:
                cells = list(formulas.area.cells)
                values = self.book.shown([(sheet, cell) for cell in cells])
                fresh = {
                    cell: CellChange(value, is_result=True) for cell, value in zip(cells, values, strict=True)
                }
                changes.setdefault(sheet, {}).update(fresh)
            elif new != results:
                before: Tall[Value] = Tall()
                before.add(formulas._replace(values=results))
                columns.setdefault(sheet, []).append(ColumnChange(run, True, None, before))

    def _warn_of_dates(self, found: Scan, run: Run) -> None:
        dates = [cell for cell in found.sheet.dates if cell in run.area.cells]
        for cell in sorted(dates)[:1]:
            self._warn_of_date(found, cell, 0.0)

    def _warn_of_date(self, found: Scan, cell: Cell, value: Value) -> None:
        if _kind(value) is float and cell in found.sheet.dates:
            from ..notes import date_note  # most workbooks need none

            self.book.warnings.append(date_note(found.sheet, cell))

    def _renew_data_tables(self, changes: dict[str, dict[Cell, CellChange]]) -> None:
        """Add the results of what-if data tables as they are now; a warning where only Excel can tell them."""
        for name in self.contents.names_with_formulas():
            found = self.contents.scanned(name)
            if found.data_tables:
                from .data_tables import computed  # which few workbooks have
            for table in found.data_tables:
                results = computed(self.book, found.sheet, table)
                if results is None:
                    self.stale = True
                    self.book.warnings.append(
                        f"the data table {table.area.a1} on {name} is recalculated when Excel opens the workbook"
                    )
                    continue
                self.book.model().put(((name, cell), value) for cell, value in results.items())
                for cell, value in results.items():
                    if value != found.sheet.values.get(cell):
                        changes.setdefault(name, {})[cell] = CellChange(value, is_result=True)

    @cached_property
    def _without_result(self) -> set[Place]:
        """The formulas that only the application can compute, and those that need them: none has a result."""
        book = self.book
        if not book.has_formulas():
            return set()
        left = {
            place
            for place, why in book.model().frozen.items()
            if place not in book.stored and why.kind not in ("volatile", "circular", "unknown")
        }
        users = (place for place in book.results if place not in book.stored) if left else ()
        return left | {place for place in users if book.precedents.reach([place], left)}

    def _uncertain(self) -> bool:
        """Whether a frozen formula depends on a change: then the application must recalculate it on opening."""
        book = self.book
        if book.unsure or self.stale or self._without_result:
            return True
        if not book.has_formulas() or not (frozen := book.model().frozen):
            return False
        changed = {(sheet, cell) for sheet, cells in self.edits.cells.items() for cell in cells}
        uncertain = [place for place in frozen if not is_volatile(book.formulas[place])]
        return book.precedents.reach(uncertain, changed) is not None


def _meets_formulas(sheet: Sheet, run: Run) -> bool:
    return any(other.area.meets(run.area) for other in runs(sheet.formulas)) or any(
        cell in run.area.cells for cell in few(sheet.formulas)
    )


def _held(area: Area, group: CellGroup, cells: list[Cell]) -> list[Cell]:
    """Those of the cells that lie in the area, but for the one that a merged area shows."""
    top, left, bottom, right = area
    shown = (top, left) if group == "merged" else None
    return [cell for cell in cells if top <= cell[0] <= bottom and left <= cell[1] <= right and cell != shown]


def _kind(value: Value) -> type:
    """The type of a value, whole numbers being numbers; TRUE equals 1 in Python, but not in a cell."""
    return float if type(value) is int else type(value)
