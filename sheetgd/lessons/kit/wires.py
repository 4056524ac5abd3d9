"""Lines between boxes of cells: part of the drawing kit.

A strip is the gap between two columns of boxes. The lines in it are a chart without axes that fills the gap exactly, so
that their ends meet the boxes in Excel and LibreOffice alike, and nothing is hidden under a chart. Their colours and
widths follow the cells: each look has a series of its own, and a line that does not have the look shrinks to nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from openpyxl.chart import ScatterChart, Series
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.marker import Marker
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.utils import range_boundaries
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.language import translated
from sheetgd.lessons.kit import style

POINT = 12700  # a point in the units of a drawing


class Wire(NamedTuple):
    """A line through a strip: the heights of its ends, in rows below the strip's top, and the value that it shows."""

    words: str
    left: float
    right: float
    value: str  # a formula


class Look(NamedTuple):
    """How lines look whose value {0} meets a condition; the width is in points."""

    words: str
    condition: str
    colour: str
    width: float


class Strip(NamedTuple):
    """A gap between boxes, the lines in it, and the cell where the table begins that its chart is drawn from."""

    sheet: Worksheet
    area: str
    wires: Sequence[Wire]
    looks: Sequence[Look]
    table: str

    def rows(self) -> int:
        """How many rows the table takes: two lines of headings, three rows for each wire, the last of them free."""
        return 2 + 3 * len(self.wires)

    def draw(self) -> None:
        """The table, and the chart over the area."""
        row, column = coordinate_to_tuple(self.table)
        _, top, _, bottom = range_boundaries(self.area)
        height = bottom - top + 1
        for index, look in enumerate(self.looks):
            at = column + 2 + 2 * index
            style.note(self.sheet, f"{style.letter(at)}{row}", look.words)
            for step, words in enumerate(("across", "up")):
                style.put_heading(self.sheet, f"{style.letter(at + step)}{row + 1}", words)
        for index, wire in enumerate(self.wires):
            self._draw_wire(wire, row + 2 + 3 * index, column, height)
        last = row + self.rows() - 2
        series = [self._series(index, look, row + 2, last) for index, look in enumerate(self.looks)]
        _chart(self.sheet, self.area, series, height)

    def _draw_wire(self, wire: Wire, row: int, column: int, height: int) -> None:
        first, second = style.letter(column), style.letter(column + 1)
        style.put_words(self.sheet, f"{first}{row}", wire.words)
        style.put(self.sheet, f"{second}{row}", wire.value, shown=style.THREE)
        start, end = height - wire.left, height - wire.right
        for index, look in enumerate(self.looks):
            across, up = (style.letter(column + 2 + 2 * index + step) for step in (0, 1))
            holds = look.condition.format(f"${second}{row}")
            for cell, value in (
                (f"{across}{row}", 0),
                (f"{up}{row}", start),
                (f"{across}{row + 1}", f"=IF({holds},1,0)"),
                (f"{up}{row + 1}", f"=IF({holds},{end:g},{start:g})"),
            ):
                style.put(self.sheet, cell, value)

    def _series(self, index: int, look: Look, first: int, last: int) -> Any:
        _, column = coordinate_to_tuple(self.table)
        across, up = (style.letter(column + 2 + 2 * index + step) for step in (0, 1))
        x, y = (style.cells(self.sheet, f"{letter}{first}:{letter}{last}") for letter in (across, up))
        series = Series(y, x, title=translated(look.words))
        series.smooth = False
        series.marker = Marker("none")
        line = LineProperties(solidFill=look.colour, w=round(look.width * POINT), cap="flat")
        series.graphicalProperties = GraphicalProperties(ln=line)
        return series


def _chart(sheet: Worksheet, area: str, series: list[Any], height: int) -> None:
    """A chart whose corners are those of the area: 0 to 1 across, and a unit for each row from the bottom up."""
    chart = ScatterChart()
    chart.scatterStyle = "lineMarker"
    chart.varyColors = False
    chart.series = series
    for axis, most in ((chart.x_axis, 1), (chart.y_axis, height)):
        axis.delete = True
        axis.scaling.min, axis.scaling.max = 0, most
        axis.majorGridlines = None
    chart.legend = None
    chart.layout = Layout(ManualLayout(layoutTarget="inner", xMode="edge", yMode="edge", x=0, y=0, w=1, h=1))
    chart.graphical_properties = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    chart.plot_area.graphicalProperties = GraphicalProperties(noFill=True)
    chart.roundedCorners = False
    chart.display_blanks = "gap"
    left, top, right, bottom = range_boundaries(area)
    chart.anchor = TwoCellAnchor(
        editAs="twoCell",
        _from=AnchorMarker(col=left - 1, row=top - 1),
        to=AnchorMarker(col=right, row=bottom),
    )
    sheet.add_chart(chart)
