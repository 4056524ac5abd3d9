"""Edits as requests to Google Sheets: the same when they are applied twice, and only for cells that change.

Cells are written by `updateCells` at their addresses; a sheet that is too small grows to a named size. Only a colour
scale would be doubled by a second try; so it goes in one batch with a named range whose id was made for this write:
Google refuses to add it twice, and with it the whole batch. (An id that was always the same would be refused for ever
once that name became #REF!, because then it is taken but no longer listed.)
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Iterator, Mapping

from ...errors import SheetError
from ...grid.a1 import COLUMNS, Area, Cell
from ...grid.edits import COLOR_SCALE, Edits
from ...grid.sheet import ErrorValue, Sheet, Value
from ...grid.start_record import RECORD, StartRecord
from .client import Json
from .errors import too_many_cells
from .snapshot import ON, Snapshot, Tab

MOST_CELLS = 10_000_000  # of a spreadsheet
LONGEST_TEXT = 50_000  # characters in a cell
MARK = "sheetgd_grid"  # begins the names of our named ranges


def make_requests(snapshot: Snapshot, edits: Edits) -> list[Json]:
    """The requests for edits of a spreadsheet, none where nothing changes.

    A SheetError says what a cell cannot hold, or that the spreadsheet would grow too large.
    """
    requests: list[Json] = []
    for title, cells in edits.cells.items():
        tab = snapshot.tabs[title]
        changes = {cell: value for cell, value in cells.items() if not same(value, tab.typed.get(cell))}
        requests += _growth(snapshot, tab, changes)
        requests += [_update(tab, area, changes) for area in rectangles(changes)]
        requests += _number_formats(tab, changes, edits.like.get(title, {}))
    for title, area in edits.color_scales:
        tab = snapshot.tabs[title]
        if area not in tab.scales:
            requests += _color_scale(tab, area)
    for title, record in edits.start_records.items():
        requests += _keep_start(snapshot.tabs[title], record)
    for title, names in edits.hidden_names.items():
        requests += _name_cells(snapshot, snapshot.tabs[title], names)
    return requests


def same(one: Value, other: Value) -> bool:
    """Whether a cell that holds the one would be the same with the other; TRUE is not 1.

    >>> same(1, 1.0), same(True, 1.0), same("", None)
    (True, False, False)
    """
    kinds = [float if type(value) is int else type(value) for value in (one, other)]
    return kinds[0] is kinds[1] and one == other


def rectangles(cells: Iterable[Cell]) -> list[Area]:
    """The cells as few rectangles: runs of each row, joined with equal runs below.

    >>> [area.a1 for area in rectangles([(1, 1), (1, 2), (2, 1), (2, 2), (3, 2), (5, 2)])]
    ['A1:B2', 'B3', 'B5']
    """
    found: list[Area] = []
    open_runs: dict[tuple[int, int], int] = {}  # of the row above: left and right -> index in found
    last_row = 0
    for row, left, right in _runs(sorted(cells)):
        if row != last_row:
            open_runs = {span: at for span, at in open_runs.items() if found[at].bottom == row - 1}
            last_row = row
        at = open_runs.get((left, right))
        if at is None:
            open_runs[left, right] = len(found)
            found.append(Area(row, left, row, right))
        else:
            found[at] = found[at]._replace(bottom=row)
    return found


def _runs(cells: list[Cell]) -> Iterator[tuple[int, int, int]]:
    """Row, first and last column of each run of neighbours in a row."""
    begun: Cell | None = None
    for index, (row, column) in enumerate(cells):
        begun = begun or (row, column)
        if cells[index + 1 : index + 2] != [(row, column + 1)]:
            yield row, begun[1], column
            begun = None


def grid_range(gid: int, area: Area) -> Json:
    """An area of a sheet as Google counts: from 0, the ends left out."""
    return {
        "sheetId": gid,
        "startRowIndex": area.top - 1,
        "endRowIndex": area.bottom,
        "startColumnIndex": area.left - 1,
        "endColumnIndex": area.right,
    }


def tick_boxes(gid: int, area: Area) -> Json:
    """The request that makes an area of a sheet tick boxes."""
    rule = {"condition": {"type": "BOOLEAN"}, "strict": True}
    return {"setDataValidation": {"range": grid_range(gid, area), "rule": rule}}


def _update(tab: Tab, area: Area, cells: dict[Cell, Value]) -> Json:
    rows = [
        {
            "values": [
                extended(cells[row, column], tab.sheet, (row, column))
                for column in range(area.left, area.right + 1)
            ]
        }
        for row in range(area.top, area.bottom + 1)
    ]
    return {"updateCells": {"range": grid_range(tab.id, area), "rows": rows, "fields": "userEnteredValue"}}


def extended(value: Value, sheet: Sheet, cell: Cell) -> Json:
    """The CellData with a value typed into it; a text stays a text, whatever it looks like."""
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, str) and not isinstance(value, ErrorValue):
        if len(value) > LONGEST_TEXT:
            raise SheetError(
                f"a text of {len(value):,} characters is longer than a cell can hold ({LONGEST_TEXT:,})",
                "shorten it",
                **sheet.place(cell),
            )
        return {"userEnteredValue": {"stringValue": value}}
    if isinstance(value, (int, float)) and math.isfinite(number := float(value)):
        return {"userEnteredValue": {"numberValue": number}}
    raise SheetError(f"{value} is not a number that a cell can hold", "use a finite one", **sheet.place(cell))


def _growth(snapshot: Snapshot, tab: Tab, cells: Iterable[Cell]) -> list[Json]:
    rows = max([tab.rows, *(row for row, _ in cells)])
    columns = max([tab.columns, *(column for _, column in cells)])
    if (rows, columns) == (tab.rows, tab.columns):
        return []
    others = sum(other.rows * other.columns for other in snapshot.tabs.values() if other is not tab)
    if others + rows * columns > MOST_CELLS or columns > COLUMNS:
        raise SheetError(*too_many_cells(), sheet=tab.title)
    grid = {"rowCount": rows, "columnCount": columns}
    return [
        {
            "updateSheetProperties": {
                "properties": {"sheetId": tab.id, "gridProperties": grid},
                "fields": "gridProperties.rowCount,gridProperties.columnCount",
            }
        }
    ]


def _number_formats(tab: Tab, cells: Mapping[Cell, Value], like: Mapping[Cell, Cell]) -> Iterator[Json]:
    """The requests that make new numbers look like others, where no format was chosen for them."""
    wanted: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        found = tab.formats.get(like.get(cell, cell))
        if found and cell not in tab.formats:
            wanted.setdefault((found.get("type", "NUMBER"), found.get("pattern", "")), []).append(cell)
    for (kind, pattern), alike in wanted.items():
        number_format = {"type": kind, **({"pattern": pattern} if pattern else {})}
        for area in rectangles(alike):
            yield {
                "repeatCell": {
                    "range": grid_range(tab.id, area),
                    "cell": {"userEnteredFormat": {"numberFormat": number_format}},
                    "fields": "userEnteredFormat.numberFormat",
                }
            }


def _keep_start(tab: Tab, record: StartRecord) -> Iterator[Json]:
    """The record as developer metadata of the sheet: taken away and made anew, so that a second try leaves one."""
    place = {"sheetId": tab.id}
    lookup = {"metadataKey": RECORD, "metadataLocation": place, "locationMatchingStrategy": "EXACT_LOCATION"}
    yield {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": lookup}}}
    kept = {
        "metadataKey": RECORD,
        "metadataValue": record.text(),
        "location": place,
        "visibility": "DOCUMENT",
    }
    yield {"createDeveloperMetadata": {"developerMetadata": kept}}


def _name_cells(snapshot: Snapshot, tab: Tab, names: Mapping[str, Cell]) -> Iterator[Json]:
    """Cells by named ranges, of which a spreadsheet has only one of a name: another sheet's carry their sheet's id."""
    for name, cell in names.items():
        if tab.sheet.names.get(name) == cell:
            continue
        known = {
            text: snapshot.named[text] for text in (name, f"{name}{ON}{tab.id}") if text in snapshot.named
        }
        own = [text for text, named in known.items() if named.get("range", {}).get("sheetId", 0) == tab.id]
        for text in own:
            yield {"deleteNamedRange": {"namedRangeId": known[text]["namedRangeId"]}}
        called = own[0] if own else f"{name}{ON}{tab.id}" if name in known else name
        mark = f"{MARK}_{secrets.token_hex(8)}"
        place = grid_range(tab.id, Area(*cell, *cell))
        yield {"addNamedRange": {"namedRange": {"namedRangeId": mark, "name": called, "range": place}}}


def _color_scale(tab: Tab, area: Area) -> Iterator[Json]:
    mark = f"{MARK}_{secrets.token_hex(8)}"
    place = grid_range(tab.id, area)
    yield {"addNamedRange": {"namedRange": {"namedRangeId": mark, "name": mark, "range": place}}}
    smallest, middle, largest = ({"colorStyle": {"rgbColor": _rgb(text)}} for text in COLOR_SCALE)
    gradient = {
        "minpoint": {"type": "MIN", **smallest},
        "midpoint": {"type": "PERCENTILE", "value": "50", **middle},
        "maxpoint": {"type": "MAX", **largest},
    }
    yield {"addConditionalFormatRule": {"rule": {"ranges": [place], "gradientRule": gradient}, "index": 0}}


def marks(requests: list[Json]) -> set[str]:
    """The ids of the named ranges that the requests add."""
    return {
        request["addNamedRange"]["namedRange"]["namedRangeId"]
        for request in requests
        if "addNamedRange" in request
    }


def _rgb(text: str) -> Json:
    """A colour as Google has it: shares of 1."""
    return {
        name: round(int(text[at : at + 2], 16) / 255, 6)
        for name, at in (("red", 0), ("green", 2), ("blue", 4))
    }
