"""The XML of one worksheet, read in one streaming pass: its cells, and what changing them must mind.

Expat reads it, but for tall tables, whose rows expressions take apart in less time (tall_rows.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING, Literal
from xml.parsers import expat

from ...errors import BookError
from ...formulas.references import shift
from ...grid.a1 import ROWS, Area, Cell, a1, parse
from ...grid.column_runs import Run, V, with_run
from ...grid.sheet import ErrorValue, Sheet, Value
from .xml import SAVE_AGAIN, is_area, parser, unescape, utf8

if TYPE_CHECKING:
    from .data_tables import DataTable
    from .tall_rows import Stretch

TALL = 1 << 18  # bytes of a sheet's XML from which looking for rows of one shape pays
MOST_MERGED = 4_000_000  # cells in one merged area: a few whole columns


# What cells belong together as, and the words for it in a refusal to write one of them.
CellGroup = Literal["array", "data table", "merged", "heading", "pivot"]
GROUPS: dict[CellGroup, str] = {
    "array": "an array formula",
    "data table": "a data table",
    "merged": "a merged area",
    "heading": "a table's heading",
    "pivot": "a pivot table",
}


class Scan:
    """What reading a sheet finds: the cells, and what splicing and saving must mind."""

    def __init__(self, name: str) -> None:
        self.sheet = Sheet(name)
        self.styles: MutableMapping[Cell, str] = {}
        self.stretches: list[Stretch] = []  # of rows that were read at once
        self.groups: list[
            tuple[Area, CellGroup]
        ] = []  # cells that belong together: arrays, spills, data tables
        self.data_tables: list[DataTable] = []
        self.color_scales: list[Area] = []
        self.hollow: list[
            Cell
        ] = []  # said to hold a number, and empty: openpyxl writes them, IronCalc reads 0


def scan(data: bytes, name: str, strings: list[str]) -> Scan:
    """Read a worksheet's XML; `strings` are the workbook's shared strings."""
    reader = _Reader(name, strings)
    xml = parser()
    xml.StartElementHandler = reader.start
    xml.EndElementHandler = reader.end
    xml.CharacterDataHandler = reader.text
    try:
        _feed(xml, utf8(data), reader)
    except (expat.ExpatError, ValueError, LookupError):
        place = f"at or after {a1(reader.cell)}" if reader.cell[0] else "at its beginning"
        raise BookError(f"sheet {name} is damaged {place}", SAVE_AGAIN) from None
    return reader.found


def _feed(xml: expat.XMLParserType, data: bytes, reader: _Reader) -> None:
    """Let expat read all but the stretches of rows that are read at once."""
    done = 0
    with memoryview(data) as view:
        for stretch in _stretches(data):
            xml.Parse(view[done : stretch.start], False)
            done = stretch.start
            if reader.in_data:
                reader.take(stretch)
                done = stretch.end
        xml.Parse(view[done:], True)


def _stretches(data: bytes) -> Iterable[Stretch]:
    if len(data) < TALL:
        return ()
    from .tall_rows import stretches  # which small sheets do without

    return stretches(data)


class _Reader:
    """The state of one reading pass."""

    def __init__(self, name: str, strings: list[str]) -> None:
        self.found = Scan(name)
        self.strings = strings
        self.row = self.column = 0
        self.cell: Cell = (0, 0)
        # Other elements have a row, a c, an f and a t of their own: controls, sparklines, headers.
        self.in_data = self.had_data = self.in_cell = self.hollow = False
        self.kind = "n"
        self.seen: set[str] = set()  # of the cell's elements
        self.collect = ""  # the element whose text is being collected
        self.pieces: list[str] = []
        self.value = ""
        self.phonetic = False
        self.formula: dict[str, str] = {}
        self.shared: dict[str, tuple[Cell, str]] = {}
        self.format_area = ""
        self.color_scale = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2] if ":" in name else name
        if local == "c" and self.in_data:
            self.start_cell(attributes)
        elif local in ("v", "t", "f") and self.in_cell and not self.phonetic:
            self.start_content(local, attributes)
        elif local == "row" and self.in_data:
            above, self.row = self.row, int(attributes.get("r", self.row + 1))
            if not above < self.row <= ROWS:
                raise ValueError("a row that is out of its order")
            self.column = 0
        elif local == "rPh":
            self.phonetic = True
        else:
            self.start_other(local, attributes)

    def start_content(self, local: str, attributes: dict[str, str]) -> None:
        """A cell's value, text or formula."""
        if local in self.seen:
            raise ValueError("a cell with two values or formulas")
        if local != "t":  # a rich text comes in pieces
            self.seen.add(local)
        self.collect, self.pieces = local, []
        if local == "f":
            self.formula = attributes

    def start_other(self, local: str, attributes: dict[str, str]) -> None:
        """What stands around the rows."""
        if local == "sheetData":
            if self.had_data:
                raise ValueError("cells in two places")
            self.in_data = self.had_data = True
        elif local == "mergeCell":
            self.found.sheet.merged.append(_merged(attributes["ref"], self.found.sheet.name))
        elif local == "sheetProtection":
            self.found.sheet.protected = attributes.get("sheet") in ("1", "true")
        elif local == "conditionalFormatting":
            self.format_area, self.color_scale = attributes.get("sqref", ""), False
        elif local == "colorScale":
            self.color_scale = True
        elif local == "sqref":
            self.collect, self.pieces = local, []

    def take(self, stretch: Stretch) -> None:
        """Rows that expat is not shown."""
        above, self.row = self.row, stretch.rows[-1]
        self.cell = stretch.rows[0], 1
        if above >= stretch.rows[0]:
            raise ValueError("a row that is out of its order")
        found = self.found
        found.stretches.append(stretch)
        found.sheet.values = _joined(found.sheet.values, stretch.values)
        found.sheet.formulas = _joined(found.sheet.formulas, stretch.formulas)
        found.styles = _joined(found.styles, stretch.styles)
        for kind in stretch.shape.kinds:
            if not (kind.has_value or kind.has_formula) and b't="n"' in kind.attributes:
                found.hollow += [(row, kind.column) for row in stretch.rows]

    def start_cell(self, attributes: dict[str, str]) -> None:
        address = attributes.get("r")
        self.cell = parse(address) if address else (self.row, self.column + 1)
        if self.cell[0] != self.row or self.cell[1] <= self.column:
            raise ValueError("a cell that is out of its order")
        self.column = self.cell[1]
        self.in_cell = True
        self.seen = set()
        self.kind = attributes.get("t", "n")
        self.hollow = attributes.get("t") == "n"
        self.value = ""
        if "s" in attributes:
            self.found.styles[self.cell] = attributes["s"]

    def text(self, data: str) -> None:
        if self.collect:
            self.pieces.append(data)

    def end(self, name: str) -> None:
        local = name.rpartition(":")[2] if ":" in name else name
        if local == "c" and self.in_cell:
            self.in_cell = False
            value = self.typed()
            if value is not None:
                self.found.sheet.values[self.cell] = value
            elif self.hollow and "f" not in self.seen:
                self.found.hollow.append(self.cell)
        elif local == self.collect and local in ("v", "t"):
            self.value += "".join(self.pieces)
            self.collect = ""
        elif local == self.collect == "f":
            self.end_formula("".join(self.pieces))
            self.collect = ""
        elif local == "rPh":
            self.phonetic = False
        elif local == "sheetData":
            self.in_data = False
        elif local == "conditionalFormatting":
            areas = self.format_area if self.color_scale else ""
            self.found.color_scales += [Area.parse(text) for text in areas.split() if is_area(text)]
            self.format_area = ""
        elif local == "sqref":  # the x14 form names its area in an element
            self.format_area, self.collect = "".join(self.pieces), ""

    def end_formula(self, text: str) -> None:
        kind, ref = self.formula.get("t"), self.formula.get("ref", "")
        if kind == "shared":
            index = self.formula.get("si", "")
            if text:
                self.shared[index] = self.cell, text
            elif index in self.shared:
                (row, column), text = self.shared[index]
                text = shift(text, self.cell[0] - row, self.cell[1] - column)
        elif kind in ("array", "dataTable") and ref:
            self.found.groups.append((Area.parse(ref), "array" if kind == "array" else "data table"))
        if kind == "dataTable":
            from .data_tables import DataTable  # which few workbooks have

            self.found.data_tables += [DataTable.of(Area.parse(ref), self.formula)] if ref else []
            return
        self.found.sheet.formulas[self.cell] = text.strip()

    def typed(self) -> Value:
        """The cell's value, by the type that the file gives it."""
        text, kind = self.value, self.kind
        if not text and kind != "inlineStr":
            return "" if kind == "str" else None
        if kind == "s":
            return self.strings[_at_least_0(int(text))]
        if kind in ("str", "inlineStr"):
            return unescape(text)
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind == "e":
            return ErrorValue(text)
        if kind == "d":
            self.found.sheet.dates.add(self.cell)
            return text
        return _finite(float(text))


def _joined(cells: MutableMapping[Cell, V], runs: list[Run]) -> MutableMapping[Cell, V]:
    for run in runs:
        cells = with_run(cells, run)
    return cells


def _merged(text: str, sheet: str) -> Area:
    """A merged area. One of millions of cells, which nobody means, would keep the formula engine busy for minutes."""
    found = Area.parse(text)
    if (found.bottom - found.top + 1) * (found.right - found.left + 1) > MOST_MERGED:
        raise BookError(f"the cells {found.a1} are merged into one", "unmerge them", sheet=sheet)
    return found


def _at_least_0(number: int) -> int:
    if number < 0:
        raise ValueError("an index below 0")
    return number


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("no number that a cell can hold")
    return number


def shared_strings(data: bytes) -> list[str]:
    """The texts of sharedStrings.xml, rich text flattened, phonetic guides left out."""
    strings: list[str] = []
    pieces: list[str] = []
    inside = {"t": False, "rPh": False}

    def start(name: str, _: dict[str, str]) -> None:
        local = name.rpartition(":")[2] if ":" in name else name
        if local in inside:
            inside[local] = True

    def text(data: str) -> None:
        if inside["t"] and not inside["rPh"]:
            pieces.append(data)

    def end(name: str) -> None:
        local = name.rpartition(":")[2] if ":" in name else name
        if local in inside:
            inside[local] = False
        elif local == "si":
            strings.append(unescape("".join(pieces)))
            pieces.clear()

    xml = parser()
    xml.StartElementHandler, xml.CharacterDataHandler, xml.EndElementHandler = start, text, end
    try:
        xml.Parse(utf8(data), True)
    except expat.ExpatError as error:
        raise BookError(f"its list of shared texts is damaged ({error})", SAVE_AGAIN) from None
    return strings
