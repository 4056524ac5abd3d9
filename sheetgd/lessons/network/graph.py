"""The operation graph of one row: a box for each operation, its value going forwards, its derivative coming back."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.language import Written, translated
from sheetgd.lessons.kit import controls, style, tables
from sheetgd.lessons.kit.book import print_setup, titled_sheet
from sheetgd.lessons.kit.style import BAND, BLUE, INK, ORANGE, PAPER, THREE, WHOLE
from sheetgd.lessons.kit.tables import Table
from sheetgd.lessons.kit.wires import Look, Strip, Wire
from sheetgd.lessons.network.model import FIRST, INPUTS, LAYERS, OUTPUT, SECOND, Neuron, step_groups, targets
from sheetgd.lessons.network.prose import GRAPH, GRAPH_SUBTITLE, GRAPH_TITLE, LINES, SAME

TOP, BOTTOM = 9, 31  # the rows of the graph
# Of each layer: the columns of weights and products, of biases and sums, and of ReLU; between two boxes is a gap.
COLUMNS = {FIRST: "D E G H J", SECOND: "L M O P R", (OUTPUT,): "T U W X -"}
ERROR, SQUARE = ("Z", "AA"), "AC"
GAPS = ("C", "F", "I", "K", "N", "Q", "S", "V", "Y", "AB")
COMPARED, DRAWN = (
    ("AE", "AI"),
    "AN",
)  # where the same numbers from the table stand, and what the lines come from
ROWS = {  # where boxes begin
    "x1": 15,
    "x2": 23,
    "h1": 11,
    "h2": 19,
    "h3": 27,
    "k1": 13,
    "k2": 25,
    "y_pred": 19,
    "o1*k1": 13,
    "o2*k2": 25,
}
PRODUCTS = (9, 13, 17, 21, 25, 29)  # where those of a layer of six products begin
FORTH, BACK = '"→  "0.000;"→  "-0.000', '"←  "0.000;"←  "-0.000'
LOOKS = (
    Look("awake", "{0}<>0", "6B7A8C", 1.5),
    Look("asleep", "{0}=0", "D3DBE4", 1),
)


class NetworkGraph:
    """What is to be drawn. Formulas name values as {h1}, and derivatives as {dL/dh1}; both are found at the end."""

    def __init__(self, sheet: Worksheet) -> None:
        self.sheet = sheet
        self.cells: dict[str, str] = {}
        self.formulas: dict[str, str] = {}
        self.wires: list[tuple[str, str, str, str]] = []  # gap, source, target, derivative
        self.middles: dict[str, float] = {}

    def box(self, letter: str, row: int, words: str, name: str, value: str, slope: str) -> None:
        """An operation: its name, its value, and the derivative of L by it."""
        style.tile(self.sheet, f"{letter}{row}", words, size=10, back=BAND)
        self._numbers(letter, row, name, value, slope, PAPER)
        self.middles[name] = row + 1.5 - TOP

    def leaf(self, letter: str, row: int, name: str, value: str, slope: str = "") -> None:
        """What no operation makes: a weight, a bias, or a number of the point, which needs no derivative."""
        style.tile(self.sheet, f"{letter}{row}", name, colour=BLUE, size=10, back="FFFFFF")
        self._numbers(letter, row, name, value, slope, "FFFFFF")
        self.middles.setdefault(name, row + 1.5 - TOP)

    def _numbers(self, letter: str, row: int, name: str, value: str, slope: str, back: str) -> None:
        forth, backward = f"{letter}{row + 1}", f"{letter}{row + 2}"
        style.tile(self.sheet, forth, "", back=back, shown=FORTH)
        style.tile(self.sheet, backward, "", colour=ORANGE, back=back, shown=BACK)
        self.cells[name], self.formulas[forth] = forth, value
        if slope:
            self.cells[f"dL/d{name}"], self.formulas[backward] = backward, slope
            tables.mark(self.sheet, backward, f"{backward}=0", back="FFFFFF", ink="9AA5B1", bold=False)

    def finish(self) -> None:
        """Write the formulas, and draw the lines."""
        for cell, formula in self.formulas.items():
            self.sheet[cell] = formula.format_map(self.cells)
        row = 6
        style.put_words(self.sheet, f"{DRAWN}{row - 2}", LINES, font=style.bold(BLUE))
        for gap in GAPS:
            wires = [
                Wire(
                    Written(f"{translated(source)} → {translated(target)}"),
                    self.middles[source],
                    self.middles[target],
                    slope.format_map(self.cells),
                )
                for at, source, target, slope in self.wires
                if at == gap
            ]
            strip = Strip(self.sheet, f"{gap}{TOP}:{gap}{BOTTOM}", wires, LOOKS, f"{DRAWN}{row}")
            strip.draw()
            row += strip.rows()


def draw_graph(book: Workbook, steps: Table) -> None:
    """Draw the tab: the graph, and beside it the same numbers as they stand in the table of steps."""
    sheet = titled_sheet(book, "Graph", GRAPH_TITLE, GRAPH_SUBTITLE, last_row=36)
    _set_columns(sheet)
    example = controls.control(sheet, "B4", "row", 1, WHOLE)["row"]
    words = translated("A row of the table of steps: 1 to {rows}.", rows=steps.rows)
    controls.whole(sheet, "C4", 1, steps.rows, "The row", words)
    style.note(sheet, "D4", *GRAPH)
    given = {
        column.title: f"=INDEX({style.on(steps.sheet, steps.column(column.title))},{example})"
        for column in steps.columns
    }
    graph = NetworkGraph(sheet)
    for name in INPUTS:
        graph.leaf("B", ROWS[name], name, given[name])
    gaps = iter(GAPS)
    into = next(gaps)
    for layer in LAYERS:
        into = add_layer(graph, layer, given, [into, *(next(gaps) for _ in range(3 if layer[0].relu else 2))])
    add_error(graph, given, into, next(gaps))
    graph.finish()
    compare(sheet, graph, given)
    sheet.freeze_panes = "A6"
    print_setup(sheet, f"A1:AC{BOTTOM + 1}", f"{COMPARED[0]}{TOP - 3}:AK{BOTTOM + 2}")


def _set_columns(sheet: Worksheet) -> None:
    """Widths of boxes and gaps."""
    for index in range(1, 38):
        sheet.column_dimensions[style.letter(index)].width = 8.7
    for letter in (*GAPS, "A", "AD", "AH"):
        sheet.column_dimensions[letter].width = 5
    for letter in ("AE", "AI"):
        sheet.column_dimensions[letter].width = 12


def add_layer(graph: NetworkGraph, layer: tuple[Neuron, ...], given: dict[str, str], gaps: list[str]) -> str:
    """Products, sums and ReLU of a layer, and the lines through the gaps before and in it; returns the gap after it."""
    weights, products, biases, sums, relu = COLUMNS[layer].split()
    rows = iter(PRODUCTS if layer[0].relu else (ROWS["o1*k1"], ROWS["o2*k2"]))
    for neuron in layer:
        names = [f"{weight}*{source}" for weight, source in neuron.weights]
        for product, (weight, source) in zip(names, neuron.weights, strict=True):
            row = next(rows)
            graph.leaf(weights, row, weight, given[weight], f"={{dL/d{product}}}*{{{source}}}")
            graph.box(
                products,
                row,
                f"×  {source}",
                product,
                f"={{{weight}}}*{{{source}}}",
                f"={{dL/d{neuron.sum}}}",
            )
            graph.wires.append((gaps[0], source, product, f"={{dL/d{product}}}*{{{weight}}}"))
            graph.wires.append((gaps[1], product, neuron.sum, f"={{dL/d{product}}}"))
        graph.leaf(biases, ROWS[neuron.name], neuron.bias, given[neuron.bias], f"={{dL/d{neuron.sum}}}")
        total = "+".join(f"{{{name}}}" for name in [*names, neuron.bias])
        back = f"=IF({{{neuron.sum}}}>0,{{dL/d{neuron.name}}},0)" if neuron.relu else "={dL/derror}"
        graph.box(sums, ROWS[neuron.name], f"+   {neuron.sum}", neuron.sum, f"={total}", back)
        if neuron.relu:
            add_relu(graph, relu, neuron, gaps[2])
    return gaps[-1]


def add_relu(graph: NetworkGraph, letter: str, neuron: Neuron, gap: str) -> None:
    """ReLU after a neuron's sum; its derivative comes back from every neuron that uses it."""
    parts = [f"{{dL/d{weight}*{neuron.name}}}*{{{weight}}}" for weight, _ in targets(neuron.name)]
    graph.box(
        letter,
        ROWS[neuron.name],
        Written(f"ReLU  {neuron.name}"),
        neuron.name,
        f"=MAX(0,{{{neuron.sum}}})",
        f"={'+'.join(parts)}",
    )
    graph.wires.append((gap, neuron.sum, neuron.name, f"={{dL/d{neuron.sum}}}"))


def add_error(graph: NetworkGraph, given: dict[str, str], before: str, between: str) -> None:
    """The error and its square, where the way back begins."""
    row = ROWS["y_pred"]
    graph.leaf(ERROR[0], row, "y", given["y"])
    graph.box(ERROR[1], row, "−  error", "error", "={y_pred}-{y}", "={dL/dL}*2*{error}")
    graph.box(SQUARE, row, "( )²  L", "L", "={error}^2", "=1")
    graph.wires.append((before, "y_pred", "error", "={dL/dy_pred}"))
    graph.wires.append((between, "error", "L", "={dL/derror}"))


def compare(sheet: Worksheet, graph: NetworkGraph, given: dict[str, str]) -> None:
    """Every value and derivative that has a column in the table of steps, as it is here and there."""
    titles = [column.title for group in step_groups()[2:4] for column in group.columns]
    half = (len(titles) + 1) // 2
    style.section(sheet, TOP - 3, SAME[0], *SAME[1:], column=COMPARED[0])
    areas = []
    for letter, part in zip(COMPARED, (titles[:half], titles[half:]), strict=True):
        column = sheet[f"{letter}1"].column
        here, there = style.letter(column + 1), style.letter(column + 2)
        style.put_heading(sheet, f"{here}{TOP}", "graph")
        style.put_heading(sheet, f"{there}{TOP}", "table")
        for row, title in enumerate(part, start=TOP + 1):
            style.put(sheet, f"{letter}{row}", title, font=style.bold(INK), border=style.UNDER)
            style.put(sheet, f"{here}{row}", f"={graph.cells[title]}", border=style.UNDER, shown=THREE)
            style.put(sheet, f"{there}{row}", given[title], border=style.UNDER, shown=THREE)
        last = TOP + len(part)
        areas.append(f"SUMPRODUCT(ABS({here}{TOP + 1}:{here}{last}-{there}{TOP + 1}:{there}{last}))")
    style.put_label(sheet, f"AI{TOP + half + 1}", "differences")
    style.put(sheet, f"AJ{TOP + half + 1}", f"={'+'.join(areas)}", font=style.bold(ORANGE), shown=THREE)
