"""Charts: points and lines, the falling loss, the loss as a surface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from openpyxl.chart import Reference, ScatterChart, Series, SurfaceChart3D
from openpyxl.chart._3d import View3D
from openpyxl.chart.marker import Marker
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.surface_chart import BandFormat, BandFormatList
from openpyxl.chart.text import RichText
from openpyxl.chart.title import title_maker
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from ...language import translated
from .style import (
    BLUE,
    HAIR,
    HIGH,
    INK,
    LOW,
    MIDDLE,
    ORANGE,
    PLAIN,
    QUIET,
    WHITE,
    WHOLE,
    cells,
)
from .tables import Grid, Table

NO_PARTS = '[=0]0;[<1]"";General'  # what an axis from 0 to 1 shows: the two ends
BANDS = 9  # how many steps of height a surface usually has


def _letters(size: int, colour: str = INK, bold: bool = False) -> CharacterProperties:
    return CharacterProperties(sz=size * 100, b=bold, solidFill=colour, latin=None)


def _titled(words: str, size: int, colour: str = INK, bold: bool = False) -> Any:
    title = title_maker(translated(words))
    title.overlay = False
    for paragraph in title.tx.rich.p:
        paragraph.pPr = ParagraphProperties(defRPr=_letters(size, colour, bold))
        for run in paragraph.r:
            run.rPr = _letters(size, colour, bold)
    return title


def _axis(axis: Any, words: str, shown: str = PLAIN, gridlines: bool = True) -> None:
    axis.delete = False  # left unset, the file says that the axis is hidden
    axis.title = _titled(words, 11, QUIET)
    axis.number_format = shown
    axis.majorTickMark = "out"
    axis.tickLblPos = "low"
    axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill="9AA5B1"))
    axis.txPr = RichText(
        p=[Paragraph(pPr=ParagraphProperties(defRPr=_letters(10, QUIET)), endParaRPr=_letters(10))]
    )
    if gridlines and axis.majorGridlines is not None:
        axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=HAIR, w=6350))
    elif not gridlines:
        axis.majorGridlines = None


def _place(sheet: Worksheet, chart: Any, area: str, title: str) -> None:
    left, top, right, bottom = range_boundaries(area)
    chart.title = _titled(title, 12, INK, bold=True)
    chart.anchor = TwoCellAnchor(
        editAs="oneCell",
        _from=AnchorMarker(col=left - 1, row=top - 1),
        to=AnchorMarker(col=right, row=bottom),
    )
    chart.graphical_properties = GraphicalProperties(solidFill=WHITE, ln=LineProperties(solidFill=HAIR))
    chart.roundedCorners = False
    chart.display_blanks = "gap"
    sheet.add_chart(chart)


class Plot(NamedTuple):
    """One series of a chart: points, a line, or a line with its points marked."""

    name: str
    x: Reference
    y: Reference
    colour: str
    points: bool = False
    line: bool = True
    size: int = 0  # of the points, where the usual one is too large

    def series(self) -> Any:
        """The series as openpyxl has it."""
        series = Series(self.y, self.x, title=translated(self.name))
        series.smooth = False
        series.marker = Marker("circle" if self.points else "none", size=self.size or (5 if self.line else 7))
        edge = LineProperties(solidFill=self.colour if self.line else WHITE)
        series.marker.graphicalProperties = GraphicalProperties(solidFill=self.colour, ln=edge)
        stroke = LineProperties(solidFill=self.colour, w=28575) if self.line else LineProperties(noFill=True)
        series.graphicalProperties = GraphicalProperties(ln=stroke)
        return series


def scatter_chart(
    sheet: Worksheet,
    area: str,
    title: str,
    axes: tuple[str, str],
    plots: Sequence[Plot],
    *,
    legend: bool = False,
    from_zero: bool = False,
    whole: bool = False,
) -> ScatterChart:
    """A chart of points and straight lines over an area of cells.

    With `whole` the x are whole numbers: an axis that ends at 1 shows no parts of it.
    """
    chart = ScatterChart()
    chart.scatterStyle = "lineMarker"
    chart.varyColors = False
    chart.series = [plot.series() for plot in plots]
    _axis(chart.x_axis, axes[0], NO_PARTS if whole else PLAIN, gridlines=False)
    _axis(chart.y_axis, axes[1])
    if from_zero:
        chart.y_axis.scaling.min = 0
    if legend:
        chart.legend.position = "r"
        chart.legend.overlay = False
    else:
        chart.legend = None
    _place(sheet, chart, area, title)
    return chart


def across_by_tens(chart: ScatterChart) -> None:
    """Let ten times as far across be one step on, from 1."""
    chart.x_axis.scaling.logBase, chart.x_axis.scaling.min = 10, 1


def loss_chart(log: Table, area: str, name: str = "") -> None:
    """A column of the log, the last unless another is named, over the first: a curve that grows with the log."""
    epoch, name = log.columns[0].title, name or log.columns[-1].title
    plot = Plot(name, log.reference(epoch), log.reference(name), BLUE, points=True)
    title = translated("{loss} after each epoch", loss=translated(name))
    scatter_chart(log.sheet, area, title, (epoch, name), [plot], from_zero=True, whole=True)


def way_chart(log: Table, area: str, down: tuple[str, str], across: tuple[str, str]) -> None:
    """Where the log has been, seen from above: a column of the log up, one across, and the present guess of both."""
    guess = [cells(log.sheet, cell) for _, cell in (across, down)]
    way = Plot("way", log.reference(across[0]), log.reference(down[0]), BLUE, points=True, size=3)
    here = Plot("guess", guess[0], guess[1], ORANGE, points=True, line=False, size=9)
    title = translated(
        "The way of {down} and {across}; orange: the guess",
        down=translated(down[0]),
        across=translated(across[0]),
    )
    scatter_chart(log.sheet, area, title, (across[0], down[0]), (way, here))


def surface_chart(grid: Grid, area: str, title: str, height: str) -> None:
    """The grid as a surface in three dimensions (LibreOffice, which has none, shows columns in depth)."""
    chart = SurfaceChart3D()
    chart.add_data(cells(grid.sheet, grid.lines()), from_rows=True, titles_from_data=True)
    chart.set_categories(cells(grid.sheet, grid.head()))
    for series, colour in zip(chart.series, _shades(len(chart.series)), strict=True):
        series.graphicalProperties = GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=WHITE))
    chart.bandFmts = BandFormatList(
        bandFmt=[
            BandFormat(
                idx=index, spPr=GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill=WHITE))
            )
            for index, colour in enumerate(_shades(BANDS))
        ]
    )
    chart.view3D = View3D(rotX=20, rotY=35, rAngAx=False, perspective=30)
    _axis(chart.x_axis, grid.across[0], gridlines=False)
    _axis(chart.y_axis, height, WHOLE)
    _axis(chart.z_axis, grid.down[0], gridlines=False)
    chart.legend = None
    _place(grid.sheet, chart, area, title)


def _shades(count: int) -> list[str]:
    """Colours from the low over the middle to the high one."""

    def mixed(share: float) -> str:
        first, second, part = (LOW, MIDDLE, 2 * share) if share < 0.5 else (MIDDLE, HIGH, 2 * share - 1)
        pairs = ((int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (0, 2, 4))
        return "".join(f"{round(a + (b - a) * part):02X}" for a, b in pairs)

    return [mixed(index / max(count - 1, 1)) for index in range(count)]
