"""The XML of one worksheet: reading its cells, and splicing changed cells into the bytes.

Both are one streaming pass of expat: no tree is built. Splicing replaces only the bytes of the touched cells (and of
`dimension`, a row's `spans`, and the place of a conditional format); all others are copied as they are. Any prefix,
comment or CDATA section is therefore safe. Source of the element order: ECMA-376 part 1, 18.3.1.99.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple
from xml.parsers import expat

from ..a1 import COLUMNS, ROWS, Area, Cell, a1, parse
from ..errors import BookError
from ..references import shift
from ..sheet import ErrorValue, Sheet, Value

TEXT_LIMIT = 32_767
_START_TAG = re.compile(rb"<[^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*>")
_BEFORE_FORMATS = frozenset(
    "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios "
    "autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting".split()
)


def utf8(data: bytes) -> bytes:
    """The XML in UTF-8, whatever its encoding was, so that byte positions and new bytes fit together."""
    head = data[:200]
    declared = re.search(rb"""<\?xml[^>]*encoding=["']([\w.-]+)""", head)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        encoding = declared[1].decode()
    else:
        return data
    text = data.decode(encoding)
    return re.sub(r"""(<\?xml[^>]*encoding=["'])[\w.-]+""", r"\1UTF-8", text, count=1).encode()


def parser() -> expat.XMLParserType:
    """An expat parser that refuses document types, and with them every entity bomb and outside reference."""

    def refuse(*_: object) -> None:
        raise BookError("it holds an XML document type, which no spreadsheet application writes", "do not trust it")

    made = expat.ParserCreate()
    made.buffer_text = True
    made.StartDoctypeDeclHandler = refuse
    return made


class Scan:
    """What reading a sheet finds: the cells, and what splicing and saving must mind."""

    def __init__(self, name: str) -> None:
        self.sheet = Sheet(name)
        self.styles: dict[Cell, str] = {}
        self.groups: list[tuple[Area, str]] = []  # areas whose cells belong together: arrays, spills, data tables
        self.color_scales: list[Area] = []
        self.locked_rows_missing = False


def scan(data: bytes, name: str, strings: list[str]) -> Scan:
    """Read a worksheet's XML; `strings` are the workbook's shared strings."""
    reader = _Reader(name, strings)
    xml = parser()
    xml.StartElementHandler = reader.start
    xml.EndElementHandler = reader.end
    xml.CharacterDataHandler = reader.text
    try:
        xml.Parse(utf8(data), True)
    except expat.ExpatError as error:
        raise BookError(f"sheet {name} is damaged ({error})", "open it in Excel or LibreOffice and save it") from None
    return reader.found


class _Reader:
    """The state of one reading pass."""

    def __init__(self, name: str, strings: list[str]) -> None:
        self.found = Scan(name)
        self.strings = strings
        self.row = self.column = 0
        self.cell: Cell = (0, 0)
        self.kind = "n"
        self.collect = ""  # the element whose text is being collected
        self.pieces: list[str] = []
        self.value = ""
        self.phonetic = False
        self.formula: dict[str, str] = {}
        self.shared: dict[str, tuple[Cell, str]] = {}
        self.format_area = ""
        self.color_scale = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "c":
            self.start_cell(attributes)
        elif local == "v" or local == "t" and not self.phonetic:
            self.collect, self.pieces = local, []
        elif local == "f":
            self.collect, self.pieces, self.formula = "f", [], attributes
        elif local == "row":
            self.row = int(attributes.get("r", self.row + 1))
            self.column = 0
        elif local == "rPh":
            self.phonetic = True
        elif local == "mergeCell":
            self.found.sheet.merged.append(Area.parse(attributes["ref"]))
        elif local == "sheetProtection":
            self.found.sheet.protected = attributes.get("sheet") in ("1", "true")
        elif local == "conditionalFormatting":
            self.format_area, self.color_scale = attributes.get("sqref", ""), False
        elif local == "colorScale":
            self.color_scale = True
        elif local == "sqref":
            self.collect, self.pieces = local, []

    def start_cell(self, attributes: dict[str, str]) -> None:
        address = attributes.get("r")
        self.cell = parse(address) if address else (self.row, self.column + 1)
        self.column = self.cell[1]
        self.kind = attributes.get("t", "n")
        self.value = ""
        if "s" in attributes:
            self.found.styles[self.cell] = attributes["s"]

    def text(self, data: str) -> None:
        if self.collect:
            self.pieces.append(data)

    def end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local == "c":
            value = self.typed()
            if value is not None:
                self.found.sheet.values[self.cell] = value
        elif local == "v" or local == "t" and self.collect:
            self.value += "".join(self.pieces)
            self.collect = ""
        elif local == "f":
            self.end_formula("".join(self.pieces))
            self.collect = ""
        elif local == "rPh":
            self.phonetic = False
        elif local == "conditionalFormatting":
            areas = self.format_area if self.color_scale else ""
            self.found.color_scales += [Area.parse(text) for text in areas.split() if _is_area(text)]
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
            self.found.groups.append((Area.parse(ref), "an array formula" if kind == "array" else "a data table"))
        if kind == "dataTable":
            return
        self.found.sheet.formulas[self.cell] = text.strip()

    def typed(self) -> Value:
        """The cell's value, by the type that the file gives it."""
        text, kind = self.value, self.kind
        if not text and kind != "inlineStr":
            return "" if kind == "str" else None
        if kind == "s":
            return self.strings[int(text)]
        if kind in ("str", "inlineStr"):
            return unescape(text)
        if kind == "b":
            return text.strip() in ("1", "true")
        if kind == "e":
            return ErrorValue(text)
        if kind == "d":
            self.found.sheet.dates.add(self.cell)
            return text
        return float(text)


def _is_area(text: str) -> bool:
    return bool(re.fullmatch(r"\$?[A-Z]+\$?\d+(:\$?[A-Z]+\$?\d+)?", text))


def shared_strings(data: bytes) -> list[str]:
    """The texts of sharedStrings.xml, rich text flattened, phonetic guides left out."""
    strings: list[str] = []
    pieces: list[str] = []
    inside = {"t": False, "rPh": False}

    def start(name: str, _: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local in inside:
            inside[local] = True

    def text(data: str) -> None:
        if inside["t"] and not inside["rPh"]:
            pieces.append(data)

    def end(name: str) -> None:
        local = name.rpartition(":")[2]
        if local in inside:
            inside[local] = False
        elif local == "si":
            strings.append(unescape("".join(pieces)))
            pieces.clear()

    xml = parser()
    xml.StartElementHandler, xml.CharacterDataHandler, xml.EndElementHandler = start, text, end
    xml.Parse(utf8(data), True)
    return strings


def unescape(text: str) -> str:
    """A text as the file holds it, with its _xHHHH_ escapes turned back into characters."""
    if "_x" not in text:
        return text
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


def escape(text: str) -> str:
    """A text as the file holds it.

    >>> escape("a<b & _x0041_" + chr(7))
    'a&lt;b &amp; _x005F_x0041__x0007_'
    """
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    text = re.sub(r"[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]", lambda c: f"_x{ord(c[0]):04X}_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


class Change(NamedTuple):
    """A cell's new content. A result keeps the cell's formula; a typed value has none to keep."""

    value: Value
    is_result: bool = False
    style: str | None = None  # for a cell that the file does not have yet


class _Span:
    """Where an element stands in the bytes, with the end of its start tag."""

    def __init__(self, name: str, start: int, tag_end: int) -> None:
        self.name, self.start, self.tag_end = name, start, tag_end
        self.end = tag_end
        self.children: list[_Span] = []


class _Finder:
    """One pass that finds the byte spans of the cells to change, and where new ones go."""

    def __init__(self, data: bytes, changes: dict[Cell, Change]) -> None:
        self.data, self.changes = data, changes
        self.wanted: dict[int, list[int]] = {}
        for row, column in sorted(changes):
            self.wanted.setdefault(row, []).append(column)
        self.rows = sorted(self.wanted)
        self.xml = parser()
        self.xml.StartElementHandler, self.xml.EndElementHandler = self.start, self.end
        self.patches: list[tuple[int, int, bytes]] = []
        self.prefix = b""
        self.depth = 0
        self.row = self.column = 0
        self.row_columns: list[int] = []
        self.row_span: _Span | None = None
        self.row_default: str | None = None
        self.cell: _Span | None = None
        self.grown = False
        self.column_styles: list[tuple[int, int, str]] = []
        self.dimension: _Span | None = None
        self.priority = 0
        self.formats_at = 0
        self.next_row = 0
        self.root = ""

    # -- walking ---------------------------------------------------------------------------------------------------
    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self.depth += 1
        if self.depth == 1:
            self.root = local
            self.prefix = name[: -len(local)].encode()
        elif local == "row":
            self.start_row(attributes)
        elif self.row_span is not None:
            self.start_in_row(local, attributes)
        elif local == "cfRule":
            self.priority = max(self.priority, int(attributes.get("priority", 0)))
        elif local == "dimension":
            self.dimension = self.here(local)
        elif local == "col" and "style" in attributes:
            self.column_styles.append((int(attributes["min"]), int(attributes["max"]), attributes["style"]))
        elif local == "sheetData":
            self.data_span = self.here(local)

    def here(self, name: str) -> _Span:
        start = self.xml.CurrentByteIndex
        match = _START_TAG.match(self.data, start)
        if match is None:
            raise BookError("a sheet's XML cannot be read", "open it in Excel or LibreOffice and save it")
        return _Span(name, start, match.end())

    def start_row(self, attributes: dict[str, str]) -> None:
        self.row = int(attributes.get("r", self.row + 1))
        self.column = 0
        self.add_rows_before(self.row)
        if self.next_row < len(self.rows) and self.rows[self.next_row] == self.row:
            self.next_row += 1
            self.row_span = self.here("row")
            self.row_columns = list(self.wanted[self.row])
            self.row_default = attributes.get("s") if attributes.get("customFormat") in ("1", "true") else None
            self.grown = False
            self.row_is_open = self.data[self.row_span.tag_end - 2 : self.row_span.tag_end] != b"/>"

    def start_in_row(self, local: str, attributes: dict[str, str]) -> None:
        if self.cell is not None:
            self.cell.children.append(self.here(local))
        elif local == "c":
            address = attributes.get("r")
            self.column = parse(address)[1] if address else self.column + 1
            position = self.xml.CurrentByteIndex
            self.add_cells_before(self.column, position)
            if self.row_columns and self.row_columns[0] == self.column:
                self.row_columns.pop(0)
                self.cell = self.here("c")

    def end(self, name: str) -> None:
        self.depth -= 1
        local = name.rpartition(":")[2]
        if local == "row" and self.row_span is not None:
            self.end_row()
        elif self.cell is not None:
            self.end_in_cell(local)
        elif local == "sheetData":
            self.end_data()
        elif local == "worksheet" and self.depth == 0 and not self.formats_at:
            self.formats_at = self.xml.CurrentByteIndex
        if self.depth == 1 and local in _BEFORE_FORMATS:
            self.formats_at = self.after()

    def after(self) -> int:
        """Where the element that ends here is over (its end tag, or its own tag where it is empty)."""
        match = _START_TAG.match(self.data, self.xml.CurrentByteIndex)
        return match.end() if match else self.xml.CurrentByteIndex

    def end_in_cell(self, local: str) -> None:
        cell = self.cell
        assert cell is not None
        if local == "c":
            cell.end = self.after()
            self.patches.append((cell.start, cell.end, self.rewritten(cell)))
            self.cell = None
        else:
            next(span for span in reversed(cell.children) if span.name == local).end = self.after()

    def end_row(self) -> None:
        span = self.row_span
        assert span is not None
        if self.row_is_open:
            self.add_cells_before(COLUMNS + 1, self.xml.CurrentByteIndex)
            if self.grown:
                tag = self.data[span.start : span.tag_end]
                self.patches.append((span.start, span.tag_end, _without(tag, b"spans")))
        elif self.row_columns:
            tag = _without(self.data[span.start : span.tag_end - 2].rstrip(), b"spans")
            cells = b"".join(self.new_cell(column) for column in self.row_columns)
            self.patches.append((span.start, span.tag_end, tag + b">" + cells + self.closing(b"row")))
        self.row_span = None

    def end_data(self) -> None:
        span = self.data_span
        if self.data[span.tag_end - 2 : span.tag_end] == b"/>":
            rows = b"".join(self.new_row(row) for row in self.rows)
            tag = self.data[span.start : span.tag_end - 2].rstrip()
            if rows:
                self.patches.append((span.start, span.tag_end, tag + b">" + rows + self.closing(b"sheetData")))
            self.next_row = len(self.rows)
        else:
            self.add_rows_before(ROWS + 1)

    # -- writing ---------------------------------------------------------------------------------------------------
    def closing(self, name: bytes) -> bytes:
        return b"</" + self.prefix + name + b">"

    def add_rows_before(self, row: int) -> None:
        """New rows go in front of the row that starts here, or of the end of the data."""
        at = self.xml.CurrentByteIndex
        while self.next_row < len(self.rows) and self.rows[self.next_row] < row:
            if new := self.new_row(self.rows[self.next_row]):
                self.patches.append((at, at, new))
            self.next_row += 1

    def add_cells_before(self, column: int, at: int) -> None:
        while self.row_columns and self.row_columns[0] < column:
            new = self.new_cell(self.row_columns.pop(0))
            if new:
                self.patches.append((at, at, new))
                self.grown = True

    def new_row(self, row: int) -> bytes:
        self.row, self.row_default = row, None
        cells = b"".join(self.new_cell(column) for column in self.wanted[row])
        return b'<%srow r="%d">%s%s' % (self.prefix, row, cells, self.closing(b"row")) if cells else b""

    def new_cell(self, column: int) -> bytes:
        change = self.changes[self.row, column]
        if change.value is None:
            return b""
        style = change.style or self.row_default
        if style is None:
            style = next((s for low, high, s in self.column_styles if low <= column <= high), None)
        attributes = f' r="{a1((self.row, column))}"' + (f' s="{style}"' if style else "")
        return self.filled(b"<" + self.prefix + b"c" + attributes.encode(), change, b"", b"")

    def rewritten(self, cell: _Span) -> bytes:
        change = self.changes[self.row, self.column]
        tag = self.data[cell.start : cell.tag_end].removesuffix(b">").removesuffix(b"/").rstrip()
        tag = _without(_without(tag, b"t"), b"vm")
        keep = {"f": b"", "extLst": b""}
        for child in cell.children:
            if child.name in keep:
                keep[child.name] = self.data[child.start : child.end]
        if not change.is_result:
            keep["f"] = b""
        if change.value is None and not any(keep.values()):
            return tag + b"/>"
        return self.filled(tag, change, keep["f"], keep["extLst"])

    def filled(self, tag: bytes, change: Change, formula: bytes, rest: bytes) -> bytes:
        kind, text = stored(change.value)
        open_, close = b"<" + self.prefix, b"</" + self.prefix
        if kind == "inlineStr" and change.is_result:
            kind = "str"
        if kind == "inlineStr":
            space = b' xml:space="preserve"' if text != text.strip() or "\n" in text else b""
            body = b"%sis>%st%s>%s%st>%sis>" % (open_, open_, space, text.encode(), close, close)
        else:
            body = b"%sv>%s%sv>" % (open_, text.encode(), close) if text or kind == "str" else b""
        mark = f' t="{kind}"'.encode() if kind != "n" else b""
        return tag + mark + b">" + formula + body + rest + close + b"c>"

    def new_dimension(self) -> None:
        """Extend the dimension where a new cell lies outside it."""
        written = [cell for cell, change in self.changes.items() if change.value is not None]
        if not self.dimension or not written:
            return
        tag = self.data[self.dimension.start : self.dimension.tag_end]
        match = re.search(rb"""\bref\s*=\s*["']([^"']*)["']""", tag)
        if not match or not _is_area(match[1].decode()):
            return
        old = Area.parse(match[1].decode())
        rows, columns = [row for row, _ in written], [column for _, column in written]
        new = Area(
            min(old.top, *rows), min(old.left, *columns), max(old.bottom, *rows), max(old.right, *columns)
        )
        if new != old:
            at = self.dimension.start + match.start(1)
            self.patches.append((at, at + len(match[1]), new.a1.encode()))

    def new_color_scales(self, areas: list[Area]) -> None:
        rules = b"".join(
            color_scale(area, self.priority + number, self.prefix) for number, area in enumerate(areas, 1)
        )
        if rules:
            self.patches.append((self.formats_at, self.formats_at, rules))


def _without(tag: bytes, attribute: bytes) -> bytes:
    return re.sub(rb"\s" + attribute + rb"\s*=\s*(?:\"[^\"]*\"|'[^']*')", b"", tag)


def stored(value: Value) -> tuple[str, str]:
    """The type and the text by which a file holds a value."""
    if isinstance(value, bool):
        return "b", str(int(value))
    if isinstance(value, (int, float)):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a number that a cell can hold")
        return "n", str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
    if isinstance(value, ErrorValue):
        return "e", escape(value)
    if value is None:
        return "n", ""
    if len(value) > TEXT_LIMIT:
        raise ValueError(f"a text of {len(value)} characters is longer than a cell can hold ({TEXT_LIMIT})")
    return "inlineStr", escape(value)


def color_scale(area: Area, priority: int, prefix: bytes = b"") -> bytes:
    """A three-colour scale, blue for the smallest number, orange for the largest, as XML."""
    points = '<cfvo type="min"/><cfvo type="percentile" val="50"/><cfvo type="max"/>'
    colors = "".join(f'<color rgb="FF{rgb}"/>' for rgb in ("5B9BD5", "FFFFFF", "F4A259"))
    xml = (
        f'<conditionalFormatting sqref="{area.a1}"><cfRule type="colorScale" priority="{priority}">'
        f"<colorScale>{points}{colors}</colorScale></cfRule></conditionalFormatting>"
    ).encode()
    return re.sub(rb"<(/?)", rb"<\1" + prefix, xml)


def splice(data: bytes, changes: dict[Cell, Change], color_scales: list[Area] | None = None) -> bytes:
    """The sheet's XML with the cells changed and every other byte as it was."""
    data = utf8(data)
    finder = _Finder(data, changes)
    finder.xml.Parse(data, True)
    finder.new_dimension()
    finder.new_color_scales(color_scales or [])
    pieces, done = [], 0
    for start, end, new in sorted(finder.patches, key=lambda patch: patch[:2]):
        pieces += [data[done:start], new]
        done = end
    return b"".join([*pieces, data[done:]])
