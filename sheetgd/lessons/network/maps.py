"""What the network, and each neuron in it, says over the whole square of inputs: maps of small coloured cells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons.kit import style, tables
from sheetgd.lessons.kit.book import print_setup, titled_sheet
from sheetgd.lessons.kit.style import HIGH, LOW, MIDDLE
from sheetgd.lessons.network.model import FIRST, SECOND, Neuron, summed
from sheetgd.lessons.network.prose import NEURONS_SUBTITLE, NEURONS_TITLE, THINK_NEURONS

STEPS = 17  # cells each way
EDGE = 0.8  # the maps reach from -EDGE to EDGE
CELL = 3.0  # the width of their columns, with which they are nearly square
ASLEEP, AWAKE = "FFFFFF", "5FA777"  # a neuron at 0, and at 1
WIDTH = STEPS + 3  # columns: the label, the numbers, the map, a gap


class HeatMap(NamedTuple):
    """A square of cells: x1 runs across, x2 upwards; `at` is the empty corner left above them."""

    sheet: Worksheet
    at: str

    def cell(self, down: int, across: int) -> str:
        """The address of a cell, both counted from 1; 0 is the row, or column, of the inputs."""
        row, column = coordinate_to_tuple(self.at)
        return f"{style.letter(column + across)}{row + down}"

    def area(self) -> str:
        """All cells without the inputs."""
        return f"{self.cell(1, 1)}:{self.cell(STEPS, STEPS)}"

    def head(self, down: int, across: int) -> tuple[str, str]:
        """The addresses of a cell's x1 and x2, to be filled in every direction."""
        row, column = coordinate_to_tuple(self.at)
        return f"{style.letter(column + across)}${row}", f"${style.letter(column)}{row + down}"

    def draw(self, formulas: Mapping[tuple[int, int], str], *stops: tuple[float, str]) -> None:
        """Inputs, a formula a cell, and the shades; numbers are not shown, for there is no room."""
        row, column = coordinate_to_tuple(self.at)
        sheet, quiet = self.sheet, {"font": style.bold(style.QUIET, 8), "align": style.MIDST}
        for index in range(1, STEPS + 1):
            number = round(2 * EDGE * (index - 1) / (STEPS - 1) - EDGE, 10)
            sheet.column_dimensions[style.letter(column + index)].width = CELL
            style.put(sheet, self.cell(0, index), number, **quiet)
            style.put(sheet, self.cell(STEPS + 1 - index, 0), number, **quiet)
        sheet.column_dimensions[style.letter(column)].width = 4.5
        sheet.column_dimensions[style.letter(column - 1)].width = 4
        middle = 1 + STEPS // 2
        style.put(sheet, f"{style.letter(column + middle)}{row - 1}", "x1", **quiet)
        style.put(sheet, f"{style.letter(column - 1)}{row + middle}", "x2", **quiet)
        for (down, across), formula in formulas.items():
            style.put(
                sheet,
                self.cell(down, across),
                formula,
                font=style.bold(style.INK, 14),
                align=style.CENTRE,
                shown=";;;",
            )
        tables.shade(sheet, self.area(), *stops)


def places() -> list[tuple[int, int]]:
    """The cells of a map, row by row, both counted from 1."""
    return [(down, across) for down in range(1, STEPS + 1) for across in range(1, STEPS + 1)]


def draw_neurons(book: Workbook, names: Mapping[str, str]) -> dict[str, HeatMap]:
    """The tab with a map for each hidden neuron; returns the maps by the neurons' names.

    `names` has the absolute address of each parameter under `start NAME`, with its tab.
    """
    sheet = titled_sheet(book, "Neurons", NEURONS_TITLE, NEURONS_SUBTITLE, last_row=46)
    maps = {
        neuron.name: HeatMap(sheet, f"{style.letter(3 + WIDTH * index)}{row}")
        for row, layer in ((6, FIRST), (28, SECOND))
        for index, neuron in enumerate(layer)
    }
    for neuron in (*FIRST, *SECOND):
        drawn = maps[neuron.name]
        row, column = coordinate_to_tuple(drawn.at)
        words = f"{neuron.name} = ReLU( {summed(neuron, '%s', '%s').replace('*', '·').replace('+', ' + ')} )"
        style.put_words(sheet, f"{style.letter(column + 1)}{row - 2}", words, font=style.bold(style.INK))
        drawn.draw(
            {place: _formula(neuron, maps, place, names) for place in places()}, (0, ASLEEP), (1, AWAKE)
        )
    style.put_label(sheet, f"{style.letter(3 + 2 * WIDTH)}27", "To think about", style.LEFT)
    style.note(sheet, f"{style.letter(3 + 2 * WIDTH)}28", *THINK_NEURONS)
    for column in (1, 1 + WIDTH, 1 + 2 * WIDTH, 1 + 3 * WIDTH):
        sheet.column_dimensions[style.letter(column)].width = 3
    sheet.freeze_panes = "A4"
    print_setup(sheet, f"A1:{style.letter(1 + 3 * WIDTH)}46", pages=1)
    return maps


def _formula(
    neuron: Neuron, maps: Mapping[str, HeatMap], place: tuple[int, int], names: Mapping[str, str]
) -> str:
    """A cell of a neuron's map: from the two inputs, or from the same cell of the maps before."""
    x1, x2 = maps[neuron.name].head(*place)
    before = {name: drawn.cell(*place) for name, drawn in maps.items()}
    formula = f"=MAX(0,{summed(neuron, '{start %s}')})"
    return formula.format_map({**names, **before, "x1": x1, "x2": x2})


def draw_decision(
    drawn: HeatMap, output: str, names: Mapping[str, str], maps: Mapping[str, HeatMap], points: HeatMap
) -> None:
    """The map of the output, and in it the points: filled circles where y is 1, empty ones where it is 0.

    `output` is the output's formula, with the names of parameters and of the neurons before it.
    """
    formulas = {}
    for place in places():
        before = {name: style.on(other.sheet, other.cell(*place)) for name, other in maps.items()}
        formulas[place] = output.format_map({**names, **before})
    drawn.draw(formulas, (0, LOW), (0.5, MIDDLE), (1, HIGH))
    for sign, number in (("●", 1), ("○", -1)):
        tables.mark_with(drawn.sheet, drawn.area(), f"{points.cell(1, 1)}={number}", sign)


def draw_places(drawn: HeatMap, points: Mapping[str, str]) -> None:
    """Where the points lie: 1 in the cell of a point whose y is 1, -1 where it is 0, and 0 elsewhere.

    `points` are the absolute areas of the points' x1, x2 and y. The circles of the other map look here, since a
    condition of a coloured cell is computed again at every epoch, and a formula only if something changes.
    """
    half = EDGE / (STEPS - 1)
    formulas = {}
    for place in places():
        x1, x2 = drawn.head(*place)
        near = f"(ABS({points['x1']}-{x1})<{half:g})*(ABS({points['x2']}-{x2})<{half:g})"
        formulas[place] = f"=SIGN(SUMPRODUCT({near}*SIGN({points['y']}-0.5)))"
    drawn.draw(formulas, (-1, LOW), (0, "FFFFFF"), (1, HIGH))
