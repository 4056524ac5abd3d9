"""What others did to a spreadsheet between the reading and the writing, and what has to be put back because of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ...errors import SheetError
from ...grid.a1 import Area, Cell
from ...grid.edits import Edits
from ...grid.sheet import Place, Value
from .changes import grid_range, rectangles, same
from .client import Json
from .errors import CallFailed
from .snapshot import Snapshot, Tab


class WrittenCells(NamedTuple):
    """What a run wrote into which cells, and what had stood there, by the sheets' gids."""

    old: dict[int, dict[Cell, Value]]
    new: dict[int, dict[Cell, Value]]

    def taking_back(self, now: Snapshot) -> Edits:
        """The edits that put everything back; none where somebody has changed one of the cells since.

        A cell that holds what stood there before, such as a box that was ticked again, is no obstacle.
        """
        edits = Edits()
        for gid, cells in self.new.items():
            tab = now.tab(gid)
            for cell, value in cells.items() if tab else ():
                assert tab
                holds, old = tab.typed.get(cell), self.old[gid].get(cell)
                if not same(holds, old):
                    if not same(holds, value):
                        return Edits()
                    edits.put(tab.title, cell, old)
        return edits


class NotTakenBack(CallFailed):
    """What a run wrote from values that others have changed still stands in the sheet; `written` says what."""

    def __init__(self, place: str, why: CallFailed, written: WrittenCells) -> None:
        super().__init__(
            f"the sheet changed during the run ({place}), and what was written could not be taken back ({why.found})",
            "the sheet shows the results of its old values: go back with File > Version history, and run again",
        )
        self.place, self.written = place, written


def written(before: Snapshot, edits: Edits) -> WrittenCells:
    """What these edits of a spreadsheet write, and over what."""
    old, new = dict[int, dict[Cell, Value]](), dict[int, dict[Cell, Value]]()
    for title, cells in edits.cells.items():
        tab = before.tabs[title]
        old[tab.id] = {cell: tab.typed.get(cell) for cell in cells}
        new[tab.id] = dict(cells)
    return WrittenCells(old, new)


def own_areas(before: Snapshot, edits: Edits) -> list[Json]:
    """The cells that the edits write, as far as the sheets reach, as GridRanges: one for each sheet at least."""
    areas = []
    for title, cells in edits.cells.items():
        tab = before.tabs[title]
        inside = [cell for cell in cells if cell[0] <= tab.rows and cell[1] <= tab.columns]
        areas += [grid_range(tab.id, area) for area in rectangles(inside) or [Area(1, 1, 1, 1)]]
    return areas


def changed_own(before: Snapshot, now: Snapshot, edits: Edits) -> list[Place]:
    """The cells that the edits write and that others have typed into; of a sheet gone or resized, the first one."""
    changed: list[Place] = []
    for title, cells in edits.cells.items():
        tab = before.tabs[title]
        other = now.tab(tab.id)
        if other is None or (other.rows, other.columns) != (tab.rows, tab.columns):
            changed.append((title, min(cells)))
            continue
        changed += [(title, cell) for cell in cells if not same(tab.typed.get(cell), other.typed.get(cell))]
    return sorted(changed)


def changed_cells(
    before: Snapshot, after: Snapshot, edits: Edits, tabs: Iterable[Tab], shown: Iterable[Place]
) -> list[Place]:
    """The cells of some sheets, those of the edits aside, into which others have typed something else meanwhile; and
    those of the `shown` ones that Google itself now shows differently."""
    changed: list[Place] = []
    for tab in tabs:
        now = after.tab(tab.id)
        typed, own = now.typed if now else {}, edits.cells.get(tab.title, {})
        for cell in {**tab.typed, **typed}:
            if cell not in own and not same(tab.typed.get(cell), typed.get(cell)):
                changed.append((tab.title, cell))
    for sheet, cell in shown:
        now = after.tab(before.tabs[sheet].id)
        if now and not same(before.tabs[sheet].sheet.values.get(cell), now.sheet.values.get(cell)):
            changed.append((sheet, cell))
    return sorted(changed)


def refuse_moved(before: Snapshot, after: Snapshot, cells: Mapping[str, Iterable[Cell]]) -> None:
    """Rows or columns that others inserted or deleted meanwhile have moved the cells under the addresses."""
    for title, own in cells.items():
        tab = before.tabs[title]
        now = after.tab(tab.id)
        rows = max([tab.rows, *(row for row, _ in own)])
        columns = max([tab.columns, *(column for _, column in own)])
        if now and (now.rows, now.columns) != (rows, columns):
            raise SheetError(
                "rows or columns were inserted or deleted while sheetgd wrote, so it may have written into the "
                f"wrong cells ({', '.join(area.a1 for area in rectangles(own))})",
                "look at the sheet and, if necessary, go back with File > Version history",
                sheet=now.title,
            )
