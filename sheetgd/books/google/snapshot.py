"""What Google Sheets answers, as sheets: values, formulas in English, names, dates, protection and colour scales.

The answers are those of the Sheets API v4 (developers.google.com/sheets/api/reference/rest). Default values are left
out of them: a missing sheetId is 0, a missing index the grid's edge, a missing cell empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...formulas.references import references
from ...grid.a1 import Area, Cell, a1
from ...grid.sheet import ErrorValue, Place, Sheet, Value, single_line
from ...grid.start_record import RECORD, StartRecord
from .client import Json
from .locales import has_decimal_comma, to_english

ON = "_on_"  # and the id of its sheet end a name that another sheet had first
_VALUES = "data(startRow,startColumn,rowData.values(userEnteredValue,effectiveValue"
READ = (
    "properties(title,locale,iterativeCalculationSettings),namedRanges(namedRangeId,name,range),"
    "sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount)),merges,"
    "conditionalFormats(ranges,gradientRule),developerMetadata(metadataKey,metadataValue),"
    "protectedRanges(range,warningOnly,requestingUserCanEdit,unprotectedRanges),"
    f"{_VALUES},effectiveFormat.numberFormat,dataValidation.condition.type)))"
)
WRITTEN = (
    "updatedSpreadsheet(properties(title,locale),"
    f"sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount)),{_VALUES}))))"
)
POLLED = f"sheets(properties.sheetId,{_VALUES})))"
OWN = (
    "sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount)),"
    "data(startRow,startColumn,rowData.values.userEnteredValue))"
)
LABELS = (  # no numbers and no formulas, which are most of a large spreadsheet
    "properties.title,sheets(properties(sheetId,title,sheetType,gridProperties(rowCount,columnCount)),merges,"
    "data(startRow,startColumn,rowData.values(userEnteredValue(stringValue,boolValue),"
    "effectiveValue(stringValue,boolValue),dataValidation.condition.type)))"
)

_ERRORS = {
    "ERROR": "#ERROR!",
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
    "LOADING": "Loading...",
}
_DATES = frozenset({"DATE", "TIME", "DATE_TIME"})


class Formula(str):
    """A cell's formula as Google holds it, with its =, as told from a text that reads the same."""


class Protected(NamedTuple):
    """An area that the user who is logged in may not change, except some areas in it."""

    area: Area
    but: list[Area]


class Tab:
    """One sheet: its cells, what was typed into them, and what else matters to a change."""

    def __init__(self, properties: Json) -> None:
        grid = properties.get("gridProperties", {})
        self.id: int = properties.get("sheetId", 0)
        self.title: str = single_line(properties["title"])
        self.name: str = properties["title"]  # as Google has it, and formulas
        self.rows: int = grid.get("rowCount", 0)
        self.columns: int = grid.get("columnCount", 0)
        self.is_grid = properties.get("sheetType", "GRID") == "GRID"
        self.sheet = Sheet(self.title)
        self.typed: dict[Cell, Value] = {}
        self.formats: dict[Cell, Json] = {}  # of numbers
        self.boxes: set[Cell] = set()  # tick boxes
        self.scales: list[Area] = []
        self.protected: list[Protected] = []
        self.start_record: StartRecord | None = None
        self.has_data = False  # or its cells were left out of the answer

    def forbids(self, cell: Cell) -> bool:
        """Whether the user who is logged in may not change the cell."""
        return any(
            cell in place.area.cells and not any(cell in free.cells for free in place.but)
            for place in self.protected
        )

    def area(self, grid_range: Json) -> Area:
        """The area of a GridRange on this sheet."""
        return Area(
            grid_range.get("startRowIndex", 0) + 1,
            grid_range.get("startColumnIndex", 0) + 1,
            grid_range.get("endRowIndex", self.rows),
            grid_range.get("endColumnIndex", self.columns),
        )


class Snapshot:
    """A spreadsheet as it was at one moment."""

    def __init__(self, answer: Json) -> None:
        properties = answer.get("properties", {})
        self.title: str = single_line(properties.get("title", ""))
        self.iterates = "iterativeCalculationSettings" in properties
        self.tabs = {tab.title: tab for tab in map(_tab, answer.get("sheets", [])) if tab.is_grid}
        self.named_ids: set[str] = {named["namedRangeId"] for named in answer.get("namedRanges", [])}
        self.named: dict[str, Json] = {
            named["name"].casefold(): named for named in answer.get("namedRanges", [])
        }
        self.names: dict[str, list[str]] = {}
        self.names_elsewhere: dict[str, int] = {}  # the gid of a sheet that is not in the answer
        for named in answer.get("namedRanges", []):
            self._add_name(named["name"], named.get("range", {}))
        self._read_formulas(properties.get("locale", ""))

    def _add_name(self, name: str, grid_range: Json) -> None:
        tab = self.tab(grid_range.get("sheetId", 0))
        if tab is None:
            self.names_elsewhere[name.casefold()] = grid_range.get("sheetId", 0)
        else:
            area = tab.area(grid_range)
            if area[:2] == area[2:]:
                tab.sheet.names[name.casefold().removesuffix(f"{ON}{tab.id}")] = area[:2]
            corners = [f"${a1(corner).rstrip('0123456789')}${corner[0]}" for corner in (area[:2], area[2:])]
            self.names[name.casefold()] = [f"{quoted(tab.title)}!{':'.join(dict.fromkeys(corners))}"]

    def _read_formulas(self, locale: str) -> None:
        texts = [
            text[1:] for tab in self.tabs.values() for text in tab.typed.values() if type(text) is Formula
        ]
        comma = has_decimal_comma(texts, locale)
        sizes = {tab.title.casefold(): (tab.rows, tab.columns) for tab in self.tabs.values()}
        odd = {tab.name: tab.title for tab in self.tabs.values() if tab.name != tab.title}
        for tab in self.tabs.values():
            sizes[""] = tab.rows, tab.columns
            for cell, text in tab.typed.items():
                if type(text) is Formula:
                    english = to_english(text[1:], comma, sizes)
                    for name, title in odd.items():
                        english = english.replace(name, title)
                    tab.sheet.formulas[cell] = english

    def tab(self, number: int) -> Tab | None:
        """The sheet with a gid."""
        return next((tab for tab in self.tabs.values() if tab.id == number), None)

    def answers(self, gids: Iterable[int]) -> bool:
        """Whether the answer holds these sheets and their cells: what it leaves out, it says nothing of."""
        return all((tab := self.tab(gid)) is not None and tab.has_data for gid in gids)

    def reached(self, titles: Iterable[str]) -> set[str] | None:
        """These sheets and those that their formulas read; None where that cannot be told.

        A sheet that is not in the answer is named as the formulas name it; one known only by a defined name's gid, by
        that gid with a # before it.
        """
        known = {title.casefold(): title for title in self.tabs}
        found, waiting = set[str](), list(titles)
        while waiting:
            title = waiting.pop()
            if title in found:
                continue
            found.add(title)
            formulas = self.tabs[title].sheet.formulas if title in self.tabs else {}
            for text in dict.fromkeys(formulas.values()):
                mentioned = references(text, title)
                if "INDIRECT" in mentioned.functions:
                    return None
                others = {sheet for sheet, _ in mentioned.areas}
                for name in mentioned.names:
                    if name in self.names_elsewhere:
                        others.add(f"#{self.names_elsewhere[name]}")
                    elif name not in self.names:
                        return None
                    for named in self.names.get(name, ()):
                        others |= {sheet for sheet, _ in references(named, title).areas}
                waiting += [known.get(other.casefold(), other) for other in others]
        return found

    def spilled(self) -> Iterator[tuple[Place, str]]:
        """The cells that show a value without holding anything, each with a formula that refers to what fills it."""
        for tab in self.tabs.values():
            sources: dict[Cell, list[Cell]] = {}
            for row, column in sorted(cell for cell in tab.sheet.values if cell not in tab.typed):
                found: dict[Cell, None] = {}
                for other in ((row, column - 1), (row - 1, column)):
                    if type(tab.typed.get(other)) is Formula:
                        found[other] = None
                    found.update(dict.fromkeys(sources.get(other, ())))
                sources[row, column] = list(found)
                yield (tab.title, (row, column)), "+".join(map(a1, found))


def quoted(title: str) -> str:
    """A sheet's name as formulas write it.

    >>> quoted("It's")
    "'It''s'"
    """
    return "'" + title.replace("'", "''") + "'"


def _tab(answer: Json) -> Tab:
    tab = Tab(answer["properties"])
    tab.has_data = "data" in answer
    for data in answer.get("data", []):
        for cell, held in _cells(data):
            _read_cell(tab, cell, held)
    tab.sheet.merged = [tab.area(merged) for merged in answer.get("merges", [])]
    for rule in answer.get("conditionalFormats", []):
        if "gradientRule" in rule:
            tab.scales += [tab.area(place) for place in rule.get("ranges", [])]
    for kept in answer.get("developerMetadata", []):
        if kept.get("metadataKey") == RECORD:
            tab.start_record = StartRecord.parse(kept.get("metadataValue", ""))
    for protection in answer.get("protectedRanges", []):
        if not protection.get("warningOnly") and not protection.get("requestingUserCanEdit"):
            but = [tab.area(place) for place in protection.get("unprotectedRanges", [])]
            tab.protected.append(Protected(tab.area(protection.get("range", {})), but))
    return tab


def _cells(data: Json) -> Iterator[tuple[Cell, Json]]:
    top, left = data.get("startRow", 0) + 1, data.get("startColumn", 0) + 1
    for row, line in enumerate(data.get("rowData", []), top):
        for column, held in enumerate(line.get("values", []), left):
            if held:
                yield (row, column), held


def _read_cell(tab: Tab, cell: Cell, held: Json) -> None:
    typed = value_of(held.get("userEnteredValue", {}))
    shown = value_of(held.get("effectiveValue", {}))
    if typed is not None:
        tab.typed[cell] = typed
    if shown is None and type(typed) is not Formula:
        shown = typed
    if shown is not None:
        tab.sheet.values[cell] = shown
    if number_format := held.get("effectiveFormat", {}).get("numberFormat"):
        tab.formats[cell] = number_format
        if number_format.get("type") in _DATES:
            tab.sheet.dates.add(cell)
    if held.get("dataValidation", {}).get("condition", {}).get("type") == "BOOLEAN":
        tab.boxes.add(cell)


def value_of(extended: Json) -> Value:
    """The value of an ExtendedValue.

    >>> value_of({"numberValue": 3}), value_of({"errorValue": {"type": "DIVIDE_BY_ZERO"}}), value_of({})
    (3.0, '#DIV/0!', None)
    """
    if "numberValue" in extended:
        return float(extended["numberValue"])
    if "boolValue" in extended:
        return bool(extended["boolValue"])
    if "stringValue" in extended:
        return str(extended["stringValue"])
    if "formulaValue" in extended:
        return Formula(extended["formulaValue"])
    if "errorValue" in extended:
        kind = extended["errorValue"].get("type", "ERROR")
        return ErrorValue(_ERRORS.get(kind, "#ERROR!"))
    return None


def polled(answer: Json) -> dict[int, dict[Cell, Value]]:
    """The values of an answer to a narrow question, by gid and cell."""
    found: dict[int, dict[Cell, Value]] = {}
    for sheet in answer.get("sheets", []):
        values = found.setdefault(sheet.get("properties", {}).get("sheetId", 0), {})
        for data in sheet.get("data", []):
            for cell, held in _cells(data):
                values[cell] = value_of(held.get("effectiveValue") or held.get("userEnteredValue") or {})
    return found
