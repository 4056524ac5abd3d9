"""Splicing changed cells into the XML of a worksheet: every other byte stays as it is.

One streaming pass of expat finds where the touched elements stand; no tree is built. Only the touched cells, the
`dimension`, a row's `spans` and the place of a conditional format are rewritten, so that any prefix, comment or CDATA
section elsewhere is safe. Source of the element order: ECMA-376 part 1, 18.3.1.99.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING
from xml.parsers import expat

from ...errors import BookError
from ...grid.a1 import COLUMNS, ROWS, Area, Cell, a1, parse
from ...grid.edits import COLOR_SCALE
from .cell_change import CellChange
from .xml import SAVE_AGAIN, is_area, parser, stored, utf8

if TYPE_CHECKING:
    from .column_change import ColumnChange
    from .tall_rows import RowPart, Stretch

_TAG = re.compile(rb"<[^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*>")
_ATTRIBUTE = re.compile(rb"\s+([^\s=\"'<>/]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_REF = re.compile(rb"""\sref\s*=\s*["']([^"']*)["']""")
_KEPT = ("f", "extLst")  # of a cell whose value changes
_BEFORE_FORMATS = frozenset(
    "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios "
    "autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting".split()
)


def splice(data: bytes, changes: dict[Cell, CellChange], color_scales: list[Area] | None = None) -> bytes:
    """The sheet's XML with the cells changed and every other byte as it was."""
    return b"".join(spliced(data, changes, color_scales))


def spliced(
    data: bytes,
    changes: dict[Cell, CellChange],
    color_scales: list[Area] | None = None,
    columns: Sequence[ColumnChange] = (),
    stretches: Sequence[Stretch] = (),
) -> Iterator[bytes | memoryview]:
    """The same in pieces; `columns` change as a whole where they run through `stretches` of rows of one shape."""
    data = utf8(data)
    changes, at_once = dict(changes), _at_once(data, changes, columns, stretches)
    _spread(columns, [part.rows for part, _ in at_once], changes)
    finder = _Finder(data, changes)
    try:
        finder.read([part for part, _ in at_once])
    except (expat.ExpatError, ValueError, KeyError) as error:
        raise BookError(f"one of its sheets is damaged ({error})", SAVE_AGAIN) from None
    finder.check()
    finder.extend_dimension([*changes, *(cell for change in columns for cell in change.ends)])
    finder.add_color_scales(color_scales or [])
    places: list[tuple[int, int, bytes | RowPart]] = [*finder.patches]
    places += [(part.start, part.end, part) for part, changed in at_once if changed]
    styled = [finder.styled(change) for change in columns]
    reaching = {id(part): [styled[index] for index in changed] for part, changed in at_once}
    done = 0
    if at_once:
        from .tall_rows import rewritten  # which small sheets do without
    with memoryview(data) as view:
        for start, end, new in sorted(places, key=lambda place: place[:2]):
            yield view[done:start]
            if isinstance(new, bytes):
                yield new
            else:
                yield from rewritten(data, new, reaching[id(new)])
            done = end
        yield view[done:]


def _at_once(
    data: bytes,
    changes: dict[Cell, CellChange],
    columns: Sequence[ColumnChange],
    stretches: Sequence[Stretch],
) -> list[tuple[RowPart, list[int]]]:
    """The parts of stretches in which no single cell changes, each with the indices of the columns that change."""
    if not stretches:
        return []
    ends = {row for change in columns for row in (change.run.row, change.run.last)}
    touched = sorted({row for row, _ in changes} | ends)
    from .tall_rows import can_rewrite, parts  # which small sheets do without

    found = []
    for part in (part for stretch in stretches for part in parts(data, stretch, touched)):
        reaching = [
            index for index, change in enumerate(columns) if change.run.row <= part.rows[0] <= change.run.last
        ]
        if can_rewrite(part.shape, [columns[index] for index in reaching]):
            found.append((part, reaching))
    return found


def _spread(columns: Sequence[ColumnChange], at_once: list[range], changes: dict[Cell, CellChange]) -> None:
    """Add what the columns change outside these rows, cell by cell."""
    for change in columns:
        row, last = change.run.row, change.run.last
        for rows in [*(rows for rows in at_once if row <= rows[0] <= last), range(last + 1, last + 2)]:
            for cell in Area(row, change.run.column, rows[0] - 1, change.run.column).cells:
                value, before = change.run.values[cell[0] - change.run.row], change.before.get(cell)
                if value != before or type(before) is not float:
                    changes.setdefault(cell, CellChange(value, change.is_result, change.style))
            row = rows[-1] + 1


class Span:
    """Where an element stands in the bytes; known at the time of its start, but for its end."""

    __slots__ = ("data", "end", "is_empty", "name", "start", "tag_end")

    def __init__(self, data: bytes, start: int, name: str) -> None:
        tag = _TAG.match(data, start)
        if tag is None:
            raise ValueError(f"no tag at byte {start}")
        self.data, self.start, self.name = data, start, name
        self.tag_end = self.end = tag.end()
        self.is_empty = data.startswith(b"/", self.tag_end - 2)

    def close(self, index: int) -> int:
        """Where it is over; `index` is the parser's at the time of its end, that of the end tag where there is one."""
        if not self.is_empty:
            self.end = self.data.index(b">", index) + 1
        return self.end

    def opening(self, *without: bytes) -> bytes:
        """The start tag up to its last attribute, without some of them."""
        tag = self.data[self.start : self.tag_end - (2 if self.is_empty else 1)].rstrip()
        for name in without:
            if name in tag:  # as in few tags
                return _ATTRIBUTE.sub(lambda found: b"" if found[1] in without else found[0], tag)
        return tag

    def __bytes__(self) -> bytes:
        return self.data[self.start : self.end]


class _Row:
    """A touched row, from its start to its end."""

    def __init__(self, number: int, columns: list[int], span: Span, style: str | None) -> None:
        self.number, self.span, self.style = number, span, style
        self.waiting = deque(columns)  # columns to change, those that are passed left out
        self.column = 0  # of the last cell
        self.grown = False


class _Finder:
    """One pass that finds the byte spans of the cells to change, and where new ones go."""

    def __init__(self, data: bytes, changes: dict[Cell, CellChange]) -> None:
        self.data, self.changes = data, changes
        self.wanted: dict[int, list[int]] = {}
        for cell in sorted(changes):
            self.wanted.setdefault(cell[0], []).append(cell[1])
        self.waiting = deque(self.wanted)  # rows to change, those that are passed left out
        self.skipped = 0  # bytes that expat was not shown
        self.xml = parser()
        self.xml.StartElementHandler, self.xml.EndElementHandler = self.start, self.end
        self.patches: list[tuple[int, int, bytes]] = []
        self.prefix = b""
        self.depth = 0
        self.top: Span | None = None  # the child of the root that is open, or was last
        self.in_data = False
        self.last_row = 0
        self.row: _Row | None = None
        self.cell: Span | None = None
        self.child: Span | None = None  # of the cell
        self.kept: dict[str, bytes] = {}  # of its children
        self.column_styles: list[tuple[int, int, str]] = []
        self.dimension: Span | None = None
        self.priority = 0
        self.formats_at = 0

    def read(self, without: Sequence[RowPart]) -> None:
        """Let expat read the sheet, except parts in which there is nothing to find."""
        done = 0
        with memoryview(self.data) as view:
            for part in without:
                self.xml.Parse(view[done : part.start], False)
                self.add_rows(part.rows[0], part.start)
                self.last_row = part.rows[-1]
                self.skipped += part.end - part.start
                done = part.end
            self.xml.Parse(view[done:], True)

    @property
    def at(self) -> int:
        """The byte at which expat is."""
        return self.xml.CurrentByteIndex + self.skipped

    def check(self) -> None:
        if self.waiting:
            raise BookError("one of its sheets has no place for cells", SAVE_AGAIN)

    # -- walking ---------------------------------------------------------------------------------------------------
    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.in_data and self.depth > 3:
            if self.row:  # else nothing changes in this row
                self.start_in_row(self.row, name, attributes)
            return
        local = name.rpartition(":")[2]
        if self.depth == 1:
            self.prefix = name[: -len(local)].encode()
        elif self.depth == 2:
            self.top = self.here(local)
            self.in_data = local == "sheetData"
            self.dimension = self.top if local == "dimension" else self.dimension
        elif self.in_data:
            self.start_row(attributes)
        elif local == "col" and "style" in attributes:
            self.column_styles.append((int(attributes["min"]), int(attributes["max"]), attributes["style"]))
        elif local == "cfRule":
            self.priority = max(self.priority, int(attributes.get("priority", 0)))

    def start_in_row(self, row: _Row, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if self.depth == 4:
            if local == "c":
                self.start_cell(row, attributes)
            else:  # what follows a row's cells, so that none may come after it
                self.add_cells(row, COLUMNS + 1)
                row.column = COLUMNS + 1
        elif self.depth == 5 and self.cell and local in _KEPT:
            self.child = self.here(local)

    def here(self, name: str) -> Span:
        return Span(self.data, self.at, name)

    def start_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r", self.last_row + 1))
        if number <= self.last_row:
            raise ValueError(f"row {number} stands below row {self.last_row}")
        self.last_row = number
        self.add_rows(number, self.at)
        if self.waiting and self.waiting[0] == number:
            self.waiting.popleft()
            style = attributes.get("s") if attributes.get("customFormat") in ("1", "true") else None
            self.row = _Row(number, self.wanted[number], self.here("row"), style)

    def start_cell(self, row: _Row, attributes: dict[str, str]) -> None:
        address = attributes.get("r")
        cell = parse(address) if address else (row.number, row.column + 1)
        if cell[0] != row.number or cell[1] <= row.column:
            raise ValueError(f"cell {a1(cell)} is out of order in row {row.number}")
        row.column = cell[1]
        self.add_cells(row, row.column)
        if row.waiting and row.waiting[0] == row.column:
            row.waiting.popleft()
            self.cell, self.kept = self.here("c"), {}

    def end(self, name: str) -> None:
        self.depth -= 1
        if self.depth == 4 and self.child:
            self.child.close(self.at)
            self.kept[self.child.name] = bytes(self.child)
            self.child = None
        elif self.depth == 3 and self.row and self.cell:
            self.cell.close(self.at)
            self.patch(self.cell, self.rewritten((self.row.number, self.row.column), self.cell))
            self.cell = None
        elif self.depth == 2 and self.row:
            self.end_row(self.row)
            self.row = None
        elif self.depth == 1:
            self.end_top(name.rpartition(":")[2])

    def end_row(self, row: _Row) -> None:
        if row.span.is_empty:
            cells = b"".join(self.new_cell((row.number, column), row.style) for column in row.waiting)
            if cells:
                self.patch(row.span, row.span.opening(b"spans") + b">" + cells + self.closing(b"row"))
            return
        self.add_cells(row, COLUMNS + 1)
        if row.grown and b"spans" in self.data[row.span.start : row.span.tag_end]:
            self.patches.append((row.span.start, row.span.tag_end, row.span.opening(b"spans") + b">"))

    def end_top(self, local: str) -> None:
        assert self.top
        if local == "sheetData":
            self.in_data = False
            if not self.top.is_empty:
                self.add_rows(ROWS + 1, self.at)
            elif rows := b"".join(self.new_row(row) for row in self.waiting):
                self.patch(self.top, self.top.opening() + b">" + rows + self.closing(b"sheetData"))
            self.waiting.clear()
        if local in _BEFORE_FORMATS:
            self.formats_at = self.top.close(self.at)

    # -- writing ---------------------------------------------------------------------------------------------------
    def patch(self, span: Span, new: bytes) -> None:
        self.patches.append((span.start, span.end, new))

    def closing(self, name: bytes) -> bytes:
        return b"</" + self.prefix + name + b">"

    def add_rows(self, before: int, at: int) -> None:
        """New rows go in front of the row that starts there, or of the end of the data."""
        while self.waiting and self.waiting[0] < before:
            self.patches.append((at, at, self.new_row(self.waiting.popleft())))

    def add_cells(self, row: _Row, before: int) -> None:
        """New cells go in front of the cell that starts here, or of the end of the row."""
        while row.waiting and row.waiting[0] < before:
            if new := self.new_cell((row.number, row.waiting.popleft()), row.style):
                self.patches.append((self.at, self.at, new))
                row.grown = True

    def new_row(self, row: int) -> bytes:
        cells = b"".join(self.new_cell((row, column), None) for column in self.wanted[row])
        return b'<%srow r="%d">%s%s' % (self.prefix, row, cells, self.closing(b"row")) if cells else b""

    def new_cell(self, cell: Cell, row_style: str | None) -> bytes:
        change = self.changes[cell]
        if change.value is None:
            return b""
        style = change.style or row_style or self.column_style(cell[1])
        attributes = f' r="{a1(cell)}"' + (f' s="{style}"' if style else "")
        return self.filled(cell, b"<" + self.prefix + b"c" + attributes.encode())

    def column_style(self, column: int) -> str | None:
        return next((style for low, high, style in self.column_styles if low <= column <= high), None)

    def styled(self, change: ColumnChange) -> ColumnChange:
        """The change, with the style that its new cells are to have."""
        return change._replace(style=change.style or self.column_style(change.run.column))

    def rewritten(self, cell: Cell, span: Span) -> bytes:
        change = self.changes[cell]
        # vm names a rich value, which the new one is not; cm marks a dynamic array's formula
        tag = span.opening(b"t", b"vm", *([] if change.is_result else [b"cm"]))
        return self.refilled(cell, tag, self.kept.get("f", b""), self.kept.get("extLst", b""))

    def refilled(self, cell: Cell, tag: bytes, formula: bytes, rest: bytes = b"") -> bytes:
        """A cell's element with its new value, or empty; what is typed takes the formula's place."""
        change = self.changes[cell]
        formula = formula if change.is_result else b""
        if change.value is None and not formula and not rest:
            return tag + b"/>"
        return self.filled(cell, tag, formula, rest)

    def filled(self, cell: Cell, tag: bytes, formula: bytes = b"", rest: bytes = b"") -> bytes:
        """The cell's element with its value; `formula` and `rest` are elements to keep."""
        change = self.changes[cell]
        kind, text = stored(change.value, cell)
        if kind == "inlineStr" and change.is_result:
            kind = "str"
        open_, close = b"<" + self.prefix, b"</" + self.prefix
        if kind == "inlineStr":
            space = b' xml:space="preserve"' if text != text.strip() or "\n" in text else b""
            body = b"%sis>%st%s>%s%st>%sis>" % (open_, open_, space, text.encode(), close, close)
        else:
            body = b"%sv>%s%sv>" % (open_, text.encode(), close) if text or kind == "str" else b""
        mark = f' t="{kind}"'.encode() if kind != "n" else b""
        return tag + mark + b">" + formula + body + rest + close + b"c>"

    def extend_dimension(self, cells: Iterable[Cell]) -> None:
        """Extend the dimension where one of the changed cells is new and lies outside it."""
        written = [cell for cell in cells if cell not in self.changes or self.changes[cell].value is not None]
        if not self.dimension or not written:
            return
        span = self.dimension
        match = _REF.search(self.data, span.start, span.tag_end)
        if not match or not is_area(match[1].decode()):
            return
        old = Area.parse(match[1].decode())
        rows, columns = [row for row, _ in written], [column for _, column in written]
        new = Area(
            min(old.top, *rows), min(old.left, *columns), max(old.bottom, *rows), max(old.right, *columns)
        )
        if new != old:
            self.patches.append((*match.span(1), new.a1.encode()))

    def add_color_scales(self, areas: list[Area]) -> None:
        rules = b"".join(
            color_scale(area, self.priority + number, self.prefix) for number, area in enumerate(areas, 1)
        )
        if rules:
            self.patches.append((self.formats_at, self.formats_at, rules))


def color_scale(area: Area, priority: int, prefix: bytes = b"") -> bytes:
    """A three-colour scale, blue for the smallest number, orange for the largest, as XML."""
    points = '<cfvo type="min"/><cfvo type="percentile" val="50"/><cfvo type="max"/>'
    colors = "".join(f'<color rgb="FF{rgb}"/>' for rgb in COLOR_SCALE)
    xml = (
        f'<conditionalFormatting sqref="{area.a1}"><cfRule type="colorScale" priority="{priority}">'
        f"<colorScale>{points}{colors}</colorScale></cfRule></conditionalFormatting>"
    ).encode()
    return re.sub(rb"<(/?)", rb"<\1" + prefix, xml)
