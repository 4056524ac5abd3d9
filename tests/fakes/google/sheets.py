"""The spreadsheets of the test server: what is in them, how Google shows it, and that a batch is all or nothing.

Cells, rules and names are Google's own JSON, formulas as the locale spells them. Dictionaries in the store are never
changed in place, so that a draft is a shallow copy. What the requests of a batch do is in requests.py.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sheetgd.grid.a1 import column, letters

from .contract import ApiError, Contract, Json, Mask, unimplemented
from .formulas import Calculator, Place, has_comma, to_english, to_locale

CELLS_LIMIT = 10_000_000
TEXT_LIMIT = 50_000
PROTECTED = (
    "You are trying to edit a protected cell or object. "
    "Please contact the spreadsheet owner to remove protection if you need to edit."
)
# Zero, false, empty texts and lists are left out of answers, except in fields that tell them from nothing.
KEPT = {"SheetProperties", "ExtendedValue", "TextFormat", "GridRange"}
ABSENT = {
    "defaultFormat",
    "pivotTable",
    "dataSourceTable",
    "rowMetadata",
    "columnMetadata",
    "spreadsheetTheme",
}


@dataclass(frozen=True)
class Box:
    """A range within one sheet's grid: rows and columns from 0, the ends not in it."""

    top: int
    left: int
    bottom: int
    right: int

    def __contains__(self, place: Place) -> bool:
        return self.top <= place[0] < self.bottom and self.left <= place[1] < self.right

    def meets(self, other: Box) -> bool:
        """Whether they share a cell."""
        rows = self.top < other.bottom and other.top < self.bottom
        return rows and self.left < other.right and other.left < self.right


@dataclass
class Tab:
    """One sheet of a spreadsheet."""

    properties: Json
    cells: dict[Place, Json] = field(default_factory=dict)
    rules: list[Json] = field(default_factory=list)
    protected: list[Json] = field(default_factory=list)
    metadata: list[Json] = field(default_factory=list)
    charts: list[Json] = field(default_factory=list)
    merges: list[Json] = field(default_factory=list)

    @property
    def id(self) -> int:
        return int(self.properties["sheetId"])

    @property
    def title(self) -> str:
        return str(self.properties["title"])

    @property
    def rows(self) -> int:
        return int(self.properties.get("gridProperties", {}).get("rowCount", 0))

    @property
    def columns(self) -> int:
        return int(self.properties.get("gridProperties", {}).get("columnCount", 0))

    @property
    def whole(self) -> Box:
        """All of its grid."""
        return Box(0, 0, self.rows, self.columns)

    def draft(self) -> Tab:
        """A copy whose lists and cells may be exchanged without harm to this one."""
        lists = {
            name: list(getattr(self, name)) for name in ("rules", "protected", "charts", "merges", "metadata")
        }
        return replace(self, cells=dict(self.cells), **lists)


class Spreadsheet:
    """A spreadsheet in the store.

    Tests reach in by A1: `put("C7", 1.5)`, `value("C7")`, `formula("C7")`, `tab().rules`, `validation("C7")`.
    """

    def __init__(self, id: str, title: str, locale: str = "en_US", owner: str = "owner@example.org") -> None:
        self.id, self.title, self.locale, self.owner = id, title, locale, owner
        self.time_zone = "Etc/GMT"
        self.tabs = [Tab(sheet_properties(0, "Sheet1", 0))]
        self.settings: Json = {}  # more of its properties, such as iterativeCalculationSettings
        self.names: list[Json] = []
        self.lost_names: list[Json] = []  # those whose cells were deleted: taken, though no longer listed
        self.calculator = Calculator()
        self.results: dict[int, dict[Place, Json]] = {0: {}}

    # -- for tests -----------------------------------------------------------------------------------------------------
    def tab(self, title: str | None = None) -> Tab:
        """A sheet by its title, the first by default."""
        return next(tab for tab in self.tabs if title in (None, tab.title))

    def put(self, address: str, value: Any, sheet: str | None = None) -> None:
        """Type a value or an English formula into a cell, as its owner would."""
        tab, place = self.tab(sheet), place_of(address)
        kept = {name: item for name, item in tab.cells.get(place, {}).items() if name != "userEnteredValue"}
        tab.cells[place] = (
            kept if value is None else {"userEnteredValue": self.localized(entered(value)), **kept}
        )
        if not tab.cells[place]:
            del tab.cells[place]
        self.recalculate()

    def value(self, address: str, sheet: str | None = None) -> Any:
        """What a cell shows: a number, a text, a truth value, an error's type such as DIVIDE_BY_ZERO, or None."""
        shown = self.results[self.tab(sheet).id].get(place_of(address), {"nothing": None})
        [content] = shown.values()
        return content["type"] if isinstance(content, dict) else content

    def formula(self, address: str, sheet: str | None = None) -> str | None:
        """The formula of a cell, in English, with its equals sign."""
        cell = self.tab(sheet).cells.get(place_of(address), {})
        formula: str | None = cell.get("userEnteredValue", {}).get("formulaValue")
        return to_english(formula, self.locale) if formula else None

    def validation(self, address: str, sheet: str | None = None) -> Json | None:
        """The data validation of a cell."""
        return self.tab(sheet).cells.get(place_of(address), {}).get("dataValidation")

    def lose_names(self) -> None:
        """Let every defined name become #REF!, as when its cells are deleted."""
        self.lost_names, self.names = self.lost_names + self.names, []

    def add_sheet(self, title: str, *, of_charts: bool = False) -> Tab:
        """Another sheet at the end; one of charts has no cells."""
        properties = sheet_properties(1001 * len(self.tabs), title, len(self.tabs))
        if of_charts:
            properties = {**properties, "sheetType": "OBJECT"}
            del properties["gridProperties"]
        self.tabs.append(Tab(properties))
        self.recalculate()
        return self.tabs[-1]

    def protect(self, area: str, sheet: str | None = None, editors: tuple[str, ...] = ()) -> None:
        """Protect an area (A1:B7) from everyone but the owner and these."""
        tab = self.tab(sheet)
        box = parse_area(area, tab)
        users = [self.owner, *editors]
        rule = {"protectedRangeId": 1000 + len(tab.protected), "range": grid_range(tab.id, box)}
        tab.protected.append({**rule, "editors": {"users": users}})

    # -- changing ------------------------------------------------------------------------------------------------------
    def draft(self) -> Spreadsheet:
        """A copy to try a batch on."""
        other = copy(self)
        other.tabs = [tab.draft() for tab in self.tabs]
        other.names = list(self.names)
        return other

    def take(self, draft: Spreadsheet) -> None:
        """Make a draft the truth."""
        draft.recalculate()
        self.__dict__.update(draft.__dict__)

    def recalculate(self) -> None:
        """Let IronCalc work out every formula again."""
        cells = [
            {place: self.in_english(cell["userEnteredValue"]) for place, cell in entered_cells(tab)}
            for tab in self.tabs
        ]
        names = {name["name"]: self.reference(name["range"]) for name in self.names}
        results = self.calculator.results([tab.title for tab in self.tabs], cells, names)
        self.results = {tab.id: found for tab, found in zip(self.tabs, results, strict=True)}

    def change_locale(self, locale: str) -> None:
        """Give it another locale, and spell its formulas so."""
        for tab in self.tabs:
            for place, cell in entered_cells(tab):
                english = self.in_english(cell["userEnteredValue"])
                spelt = {n: to_locale(v, locale) if n == "formulaValue" else v for n, v in english.items()}
                tab.cells[place] = {**cell, "userEnteredValue": spelt}
        self.locale = locale

    def localized(self, value: Json) -> Json:
        """A userEnteredValue with its English formula as the locale spells it."""
        return {
            name: to_locale(text, self.locale) if name == "formulaValue" else text
            for name, text in value.items()
        }

    def in_english(self, value: Json) -> Json:
        """A userEnteredValue with its formula in English."""
        return {
            name: to_english(text, self.locale) if name == "formulaValue" else text
            for name, text in value.items()
        }

    def by_id(self, id: int, where: str) -> Tab:
        """A sheet by its id, or a 400."""
        found = next((tab for tab in self.tabs if tab.id == id), None)
        if found is None:
            raise ApiError(400, f"{where}No grid with id: {id}")
        return found

    def box(self, area: Json, where: str) -> tuple[Tab, Box]:
        """A GridRange as a sheet and a box of its grid, or a 400."""
        tab = self.by_id(area.get("sheetId", 0), where)
        top, left = area.get("startRowIndex", 0), area.get("startColumnIndex", 0)
        bottom, right = area.get("endRowIndex", tab.rows), area.get("endColumnIndex", tab.columns)
        if top < 0 or left < 0 or bottom <= top or right <= left:
            raise ApiError(400, f"{where}{area} is not a valid range")
        if bottom > tab.rows or right > tab.columns:
            shown = f"{tab.title}!{area_name(Box(top, left, bottom, right))}"
            raise ApiError(400, f"{where}{beyond(shown, tab)}")
        return tab, Box(top, left, bottom, right)

    def reference(self, area: Json) -> str:
        """A GridRange as IronCalc reads it in a formula."""
        tab = self.by_id(area.get("sheetId", 0), "")
        first = f"${letters(area.get('startColumnIndex', 0) + 1)}${area.get('startRowIndex', 0) + 1}"
        last = f"${letters(area.get('endColumnIndex', tab.columns))}${area.get('endRowIndex', tab.rows)}"
        quoted = tab.title.replace("'", "''")
        return f"'{quoted}'!{first}" + (f":{last}" if last != first else "")

    def may_edit(self, rule: Json, user: str) -> bool:
        """Whether a protected range lets the user write."""
        return user == self.owner or user in rule.get("editors", {}).get("users", [])

    def refuse_protected(self, tab: Tab, box: Box, user: str, where: str) -> None:
        """A 400 where the box meets cells that the user may not change."""
        for rule in tab.protected:
            if rule.get("warningOnly") or self.may_edit(rule, user):
                continue
            _, closed = self.box({**rule["range"], "sheetId": tab.id}, "")
            free = [
                self.box({**area, "sheetId": tab.id}, "")[1] for area in rule.get("unprotectedRanges", [])
            ]
            inside = any(
                (box.top, box.left) in area and (box.bottom - 1, box.right - 1) in area for area in free
            )
            if closed.meets(box) and not inside:
                raise ApiError(400, where + PROTECTED)

    # -- reading -------------------------------------------------------------------------------------------------------
    def read(self, areas: list[tuple[Tab, Box]] | None, user: str, grid: bool) -> Json:
        """What spreadsheets.get answers, of some areas or of everything, before the field mask."""
        chosen = [tab for tab in self.tabs if areas is None or any(tab is other for other, _ in areas)]
        return {
            "spreadsheetId": self.id,
            "properties": self.properties(),
            "sheets": [self.show_tab(tab, areas, user, grid) for tab in chosen],
            **({"namedRanges": self.names} if self.names else {}),
            "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{self.id}/edit",
        }

    def properties(self) -> Json:
        """The spreadsheet's own properties."""
        known = {"title": self.title, "locale": self.locale, "timeZone": self.time_zone}
        return {**known, "autoRecalc": "ON_CHANGE", **self.settings}

    def show_tab(self, tab: Tab, areas: list[tuple[Tab, Box]] | None, user: str, grid: bool) -> Json:
        """One sheet."""
        shown: Json = {"properties": tab.properties}
        for name, items in (
            ("merges", tab.merges),
            ("conditionalFormats", tab.rules),
            ("charts", tab.charts),
            ("developerMetadata", tab.metadata),
        ):
            if items:
                shown[name] = items
        if tab.protected:
            shown["protectedRanges"] = [self.show_protected(rule, user) for rule in tab.protected]
        if grid and tab.rows:
            boxes = [tab.whole] if areas is None else [box for other, box in areas if other is tab]
            shown["data"] = [self.show_data(tab, box) for box in boxes]
        return shown

    def show_protected(self, rule: Json, user: str) -> Json:
        """A protected range; who may edit it is shown only to those who may."""
        may = self.may_edit(rule, user)
        shown = {name: value for name, value in rule.items() if may or name != "editors"}
        return {**shown, "requestingUserCanEdit": may}

    def show_data(self, tab: Tab, box: Box) -> Json:
        """The cells of a box: empty ones as {}, what is empty at the end of rows and below cut off."""
        found = self.results[tab.id]
        rows: dict[int, dict[int, Json]] = {}
        for place in {*tab.cells, *found}:
            if place in box:
                rows.setdefault(place[0], {})[place[1]] = self.show_cell(
                    tab.cells.get(place, {}), found.get(place)
                )
        data: Json = {"startRow": box.top, "startColumn": box.left}
        if rows:
            data["rowData"] = [row_data(rows.get(row, {}), box.left) for row in range(box.top, max(rows) + 1)]
        return data

    def show_cell(self, cell: Json, effective: Json | None) -> Json:
        """A cell with its result."""
        shown = dict(cell)
        if number_format := cell.get("userEnteredFormat", {}).get("numberFormat"):
            shown["effectiveFormat"] = {"numberFormat": number_format}  # of which it is all that is kept
        if effective is not None:
            shown["effectiveValue"] = effective
            shown["formattedValue"] = self.formatted(effective)
        return shown

    def formatted(self, value: Json) -> str:
        """A value as a cell without a number format shows it."""
        [(kind, content)] = value.items()
        if kind == "numberValue":
            text = f"{content:.10g}"
            return text.replace(".", ",") if has_comma(self.locale) else text
        if kind == "boolValue":
            return str(content).upper()
        names = {"DIVIDE_BY_ZERO": "#DIV/0!", "N_A": "#N/A", "NAME": "#NAME?", "ERROR": "#ERROR!"}
        return names.get(content["type"], f"#{content['type']}!") if kind == "errorValue" else str(content)


# -- shapes ------------------------------------------------------------------------------------------------------------
def sheet_properties(id: int, title: str, index: int, rows: int = 1000, columns: int = 26) -> Json:
    """The properties of a new sheet."""
    grid = {"rowCount": rows, "columnCount": columns}
    return {"sheetId": id, "title": title, "index": index, "sheetType": "GRID", "gridProperties": grid}


def grid_range(sheet: int, box: Box) -> Json:
    """A box as Google's GridRange."""
    ends = {"startRowIndex": box.top, "endRowIndex": box.bottom}
    return {"sheetId": sheet, **ends, "startColumnIndex": box.left, "endColumnIndex": box.right}


def entered_cells(tab: Tab) -> list[tuple[Place, Json]]:
    """The cells into which a value or formula was entered."""
    return [(place, cell) for place, cell in tab.cells.items() if "userEnteredValue" in cell]


def row_data(cells: dict[int, Json], left: int) -> Json:
    """One row from its first column to its last cell."""
    if not cells:
        return {}
    return {"values": [cells.get(column, {}) for column in range(left, max(cells) + 1)]}


def entered(value: Any) -> Json:
    """A Python value as userEnteredValue."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, (int, float)):
        return {"numberValue": value}
    return {"formulaValue": value} if value.startswith("=") else {"stringValue": value}


def refuse_absent(mask: Mask) -> None:
    """A 501 for a field that the store does not keep and a mask asks for by name."""
    for name, below in mask.items():
        if name in ABSENT or (name == "effectiveFormat" and set(below) != {"numberFormat"}):
            raise unimplemented(f"keeping {name}")
        refuse_absent(below)


def wants_cells(mask: Mask) -> bool:
    """Whether a mask of a spreadsheet takes cells; includeGridData is ignored where there is a mask."""
    sheets = mask.get("sheets")
    return "*" in mask or (sheets is not None and (not sheets or "*" in sheets or "data" in sheets))


def place_of(address: str) -> Place:
    """(row, column) from 0 of an A1 address."""
    found = re.fullmatch(r"\$?([A-Za-z]+)\$?(\d+)", address)
    assert found, f"{address} is no A1 address"
    return int(found[2]) - 1, column(found[1]) - 1


def area_name(box: Box) -> str:
    """A box as A1."""
    first = f"{letters(box.left + 1)}{box.top + 1}"
    last = f"{letters(box.right)}{box.bottom}"
    return first if first == last else f"{first}:{last}"


def beyond(shown: str, tab: Tab) -> str:
    """What Google says of a range outside the grid."""
    return f"Range ({shown}) exceeds grid limits. Max rows: {tab.rows}, max columns: {tab.columns}"


def parse_area(area: str, tab: Tab) -> Box:
    """A1:B7, B:C, 2:3 or C7 within a sheet's grid; a ValueError where it is none."""
    form = r"\$?([A-Za-z]{0,3})\$?(\d{0,7})"
    found = re.fullmatch(f"{form}(?::{form})?", area)
    if not found or not area:
        raise ValueError(area)
    first_column, first_row, last_column, last_row = (part or "" for part in found.groups())
    if ":" not in area:
        if not first_column or not first_row:
            raise ValueError(area)
        last_column, last_row = first_column, first_row
    top, left = int(first_row or 1) - 1, column(first_column or "A") - 1
    bottom = int(last_row) if last_row else tab.rows
    return Box(top, left, bottom, column(last_column) if last_column else tab.columns)


def parse_range(book: Spreadsheet, text: str) -> tuple[Tab, Box]:
    """A range of a query: a sheet's title, 'My sheet'!A1:B7, A1:B7 of the first sheet, or a defined name."""
    sheet, mark, rest = text.rpartition("!")
    title = (sheet if mark else rest).strip()
    if title.startswith("'") and title.endswith("'") and len(title) > 1:
        title = title[1:-1].replace("''", "'")
    tab = next((tab for tab in book.tabs if tab.title == title), None)
    if tab and not mark:
        return tab, tab.whole
    name = next((name for name in book.names if not mark and name["name"] == rest), None)
    if name:
        return book.box(name["range"], "")
    tab = tab if mark else book.tabs[0]
    try:
        if tab is None:
            raise ValueError(text)
        box = parse_area(rest, tab)
    except ValueError:
        raise ApiError(400, f"Unable to parse range: {text}") from None
    if box.bottom > tab.rows or box.right > tab.columns:
        raise ApiError(400, beyond(f"{tab.title}!{area_name(box)}", tab))
    return tab, box


def as_google(value: Any, description: Json, judge: Contract) -> Any:
    """A stored value as Google writes it: without what is zero or empty, colours as single floats and each twice."""
    schema = judge.schema(description)
    if schema.get("id") == "Color":
        return {name: color_part(part) for name, part in value.items() if color_part(part) != 0}
    if isinstance(value, list):
        return [as_google(item, schema["items"], judge) for item in value]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    shown = {
        name: as_google(item, properties.get(name, {}), judge)
        for name, item in value.items()
        if not left_out(name, item, schema)
    }
    for name in [name for name in properties if name + "Style" in properties]:
        if properties[name].get("$ref") == "Color":
            twice(shown, name)
    return shown


def left_out(name: str, item: Any, schema: Json) -> bool:
    """Whether Google leaves out a field with this value."""
    if schema.get("id") == "GridRange" and name == "sheetId":
        return bool(item == 0)
    if schema.get("id") in KEPT:
        return item is None
    return item is None or (not item and not isinstance(item, dict))


def color_part(part: float) -> float:
    """A colour's share as Google keeps it: one of 256 steps, a single float in its shortest spelling.

    >>> color_part(0.973), color_part(1), color_part(0.5)
    (0.972549, 1, 0.5019608)
    """
    shown = float(str(np.float32(round(part * 255) / 255)))
    return int(shown) if shown.is_integer() else shown


def twice(shown: Json, name: str) -> None:
    """A colour is answered under its old name and as a style, whichever was given."""
    style = name + "Style"
    if style in shown and "rgbColor" in shown[style]:
        shown[name] = shown[style]["rgbColor"]
    elif name in shown and style not in shown:
        shown[style] = {"rgbColor": shown[name]}
