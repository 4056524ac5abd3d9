"""A small network with two hidden layers learns XOR: forwards, backwards by the chain rule, mini-batches, momentum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl import Workbook
from openpyxl.utils.cell import absolute_coordinate, coordinate_to_tuple
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.language import Written, translated
from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import lesson_sheet, print_setup, teacher_sheet, titled_sheet
from sheetgd.lessons.kit.story import draw_story, glossary, quoted
from sheetgd.lessons.kit.style import (
    BAND,
    BLUE,
    FULL,
    GREEN,
    HIGH,
    INK,
    LOW,
    MIDDLE,
    ORANGE,
    PLAIN,
    QUIET,
    THREE,
    TWO,
    WHOLE,
)
from sheetgd.lessons.kit.tables import Column, Table
from sheetgd.lessons.kit.wires import Look, Strip, Wire
from sheetgd.lessons.network import prose as words
from sheetgd.lessons.network.graph import draw_graph
from sheetgd.lessons.network.maps import HeatMap, draw_decision, draw_neurons, draw_places
from sheetgd.lessons.network.model import (
    INPUTS,
    LAYERS,
    NEURONS,
    OUTPUT,
    POINTS,
    Neuron,
    initial,
    prediction_columns,
    step_groups,
    summed,
)

BETA, BATCH = 0.9, 4
SEED, LEARN, EPOCHS = 3, 0.3, 100
LOG = (Column("epoch", shown=WHOLE), Column("loss", shown=THREE, colour=ORANGE), Column("right", shown=WHOLE))
MAP_AT, LOG_AT, STEPS_AT, POINTS_AT = "P11", "AI6", "AM6", "B47"
DRAWING = (11, 26)  # the first and the last row of the network's drawing
BOXES = "BEHK"  # the columns of its boxes, layer by layer; the gaps between them are two columns wide
MIDDLES = ((5, 11), (2, 8, 14), (5, 11), (8,))  # of the boxes: this many rows below its top
LOOKS = tuple(
    Look(side, condition, colour, width)
    for side, condition, colour, width in (
        ("below -1", "{0}<=-1", BLUE, 4.5),
        ("below -0.3", "AND({0}>-1,{0}<=-0.3)", "5B93C9", 2.25),
        ("below 0", "AND({0}>-0.3,{0}<0)", "9CC1E2", 1),
        ("above 0", "AND({0}>0,{0}<0.3)", "F5BF90", 1),
        ("above 0.3", "AND({0}>=0.3,{0}<1)", "E58A3C", 2.25),
        ("above 1", "{0}>=1", ORANGE, 4.5),
    )
)


def draw(
    book: Workbook,
    *,
    seed: int = SEED,
    learn: float = LEARN,
    epochs: int = EPOCHS,
    title: str = "A network learns XOR",
) -> None:
    """Draw the tab with the network, those with its neurons and its operations, and the teacher's."""
    sheet = lesson_sheet(book, "Network", title, words.SUBTITLE, last_row=64, columns=32, log=3)
    points = Table(sheet, POINTS_AT, prediction_columns(), len(POINTS))
    names = draw_controls(sheet, points, learn, epochs, seed)
    names |= draw_weights(sheet, initial(seed))
    steps = draw_steps(sheet, points, names)
    log = tables.epoch_log(sheet, LOG_AT, "Epoch log", LOG, styled_rows=58)
    draw_network(sheet, points, names, steps)
    draw_points(sheet, points, names, words.LEARNED if (seed, learn) == (SEED, LEARN) else ())
    charts.loss_chart(log, "O31:AG43", "loss")
    elsewhere = {name: style.on(sheet, cell) for name, cell in names.items()}
    draw_map(sheet, points, names, draw_neurons(book, elsewhere), steps)
    draw_graph(book, steps)
    draw_words(book, points)
    print_setup(sheet, "A1:AL43", "A44:AL64", *table_pages(steps), heading_row=6)
    teacher_sheet(book, "A network: for the teacher", words.LEAD, words.notes(learn == LEARN))


def draw_words(book: Workbook, points: Table) -> None:
    """The tab with the story, for the other tabs have no room beside them."""
    sheet = titled_sheet(book, "Story", "How a network learns", words.STORY_SUBTITLE, 80)
    known = {
        "loss": f"AVERAGE({points.seen_from(sheet, points.column('error_sq'))})",
        "right": f"SUM({points.seen_from(sheet, points.column('right'))})",
    }
    [end] = draw_story(sheet, 2, {4: words.STORY}, known, 10)
    last = glossary(sheet, end + 2, words.STORY_WORDS, 10)
    print_setup(sheet, f"A1:L{last}", portrait=True, pages=1)


def draw_controls(sheet: Worksheet, points: Table, learn: float, epochs: int, seed: int) -> dict[str, str]:
    """What is set and what is shown in the rows that stay on the screen; the addresses by name."""
    style.put_label(sheet, "B3", "seed")
    style.put(sheet, "C3", seed, border=style.UNDER, shown=PLAIN)
    right = f"=SUM({points.column('right')})"
    shown = f"0{quoted(translated(' of {count}', count=points.rows))}"
    names = controls.control(sheet, "B4", "right", right, shown)
    names |= controls.control(sheet, "E3", "beta", BETA, FULL)
    controls.between(sheet, "F3", "0", "0.999999", "beta", "beta is a number from 0 to 0.999999.")
    names |= controls.control(sheet, "E4", "batch size", BATCH, WHOLE)
    size = translated("Rows a step: 1 to {rows}.", rows=points.rows)
    controls.whole(sheet, "F4", 1, points.rows, "The batch size", size)
    names |= controls.control(sheet, "E5", "point", 1, WHOLE)
    point = translated("A row of the points: 1 to {rows}.", rows=points.rows)
    controls.whole(sheet, "F5", 1, points.rows, "The point", point)
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    controls.loss(sheet, "J3:J5", "K3:M5", "loss", f"=AVERAGE({points.column('error_sq')})", "0.0000")
    return names


def draw_weights(sheet: Worksheet, start: dict[str, float]) -> dict[str, str]:
    """The blocks of weights and biases, a layer each; their addresses, and those of their velocities."""
    style.section(sheet, 28, "2  Its weights and biases", *words.WEIGHTS)
    names: dict[str, str] = {}
    for at, layer in zip(("B31", "F31", "J31"), LAYERS, strict=True):
        parameters = [name for neuron in layer for name in neuron.parameters]
        row, column = coordinate_to_tuple(at)
        values = {name: (start[name], 0.0, start[name]) for name in parameters}
        names |= controls.parameters(sheet, at, values, ("guess", "velocity", "reset to"))
        guess, velocity = style.letter(column + 1), style.letter(column + 2)
        for line, name in enumerate(parameters, start=row + 1):
            names[f"start velocity {name}"] = f"${velocity}${line}"
        area = f"{guess}{row + 1}:{guess}{row + len(parameters)}"
        tables.shade(sheet, area, (-1.5, LOW), (0, "FFFFFF"), (1.5, HIGH))
        for cell in sheet[area]:
            cell[0].font = style.bold(INK)  # blue letters could not be read on blue
    style.note(sheet, "J37", *words.NAMES)
    return names


# ------------------------------------------------------------------------------------------------- one epoch


def draw_steps(sheet: Worksheet, points: Table, names: Mapping[str, str]) -> Table:
    """The table of steps, right of the log: every value and every derivative in a column of its own."""
    groups = step_groups()
    columns = tuple(column for group in groups for column in group.columns)
    steps = Table(sheet, STEPS_AT, columns, points.rows)
    tops = {f"top {column.title}": f"${steps.letter(column.title)}$7" for column in columns}
    count = f"COUNT({points.column('x1')})"
    steps.draw({**names, **tops, "points": count}, beside={"data": points})
    for group in groups:
        first = steps.letter(group.columns[0].title)
        style.put(sheet, f"{first}5", group.title, font=style.bold(BLUE), align=style.LEFT)
    for column in columns:
        written = str(sheet[steps.cell(column.title, 0)].value)
        sheet.column_dimensions[steps.letter(column.title)].width = max(9, len(written) + 1.5)
    new = [column.title for group in groups[-2:] for column in group.columns]
    tables.carried(steps, dict.fromkeys(new, "↑ next"))
    for group in (groups[0], groups[-1]):
        area = f"{steps.cell(group.columns[0].title, 1)}:{steps.cell(group.columns[-1].title, steps.rows)}"
        tables.mark(sheet, area, f"${steps.cell('step', 1)}=1", back=BAND, bold=False)
    style.note(sheet, f"{steps.letter('x1')}{8 + steps.rows}", *words.STEPS)
    return steps


def table_pages(steps: Table) -> list[str]:
    """The areas in which the wide table is printed: as many columns as a page takes."""
    starts = ["x1", "z_h1", "dL/dh1", "mean dL/dw11", "velocity w11", "new_w11"]
    titles = [column.title for column in steps.columns]
    ends = [titles[titles.index(start) - 1] for start in starts[1:]] + [titles[-1]]
    last = 9 + steps.rows
    return [
        f"{steps.letter(start)}5:{steps.letter(end)}{last}" for start, end in zip(starts, ends, strict=True)
    ]


# ------------------------------------------------------------------------------------------------- the drawing


def draw_network(sheet: Worksheet, points: Table, names: Mapping[str, str], steps: Table) -> None:
    """Boxes for inputs and neurons, and between them a line for each weight."""
    style.section(sheet, 8, "1  The network", *words.NETWORK)
    shown = {
        title: f"=INDEX({points.column(title)},{names['point']})"
        for title in (*INPUTS, "y", *(neuron.name for neuron in NEURONS))
    }
    for letter, title, middle in zip("BB", INPUTS, MIDDLES[0], strict=True):
        _box(sheet, letter, middle, title, shown[title], INK)
    for letter, layer, middles in zip(BOXES[1:], LAYERS, MIDDLES[1:], strict=True):
        for neuron, middle in zip(layer, middles, strict=True):
            area = _box(sheet, letter, middle, neuron.name, shown[neuron.name], GREEN if neuron.relu else INK)
            _bias(sheet, letter, middle, neuron, names)
            if neuron.relu:
                tables.mark(sheet, area, f"{_fixed(area)}=0", back=style.HAIR, ink=QUIET)
            else:
                _verdict(sheet, area)
    _verdict(sheet, _box(sheet, "M", MIDDLES[-1][0], "y", shown["y"], INK))
    style.caption(sheet, f"L{DRAWING[0] + 7}:L{DRAWING[0] + 8}", "should be")
    draw_edges(sheet, names, steps)


def _box(sheet: Worksheet, letter: str, middle: int, title: str, value: str, colour: str) -> str:
    """A name above a large value, whose middle is this many rows below the drawing's top; the area of the value."""
    row = DRAWING[0] + middle
    style.put(sheet, f"{letter}{row - 2}", title, font=style.bold(colour, 12), align=style.CENTRE)
    area = f"{letter}{row - 1}:{letter}{row}"
    style.tile(sheet, area, value, colour=colour, size=15, shown=TWO)
    return area


def _verdict(sheet: Worksheet, area: str) -> None:
    """The colours of the map, in steps: a shade would fill only the first of two merged cells in LibreOffice."""
    for below, colour in ((0.25, LOW), (0.5, "B5CEE6"), (0.75, "F8CFA8"), (1e9, HIGH)):
        tables.mark(sheet, area, f"{_fixed(area)}<{below:g}", back=colour)


def _fixed(area: str) -> str:
    """The absolute address of an area's first cell."""
    return str(absolute_coordinate(area.split(":")[0]))


def _bias(sheet: Worksheet, letter: str, middle: int, neuron: Neuron, names: Mapping[str, str]) -> None:
    """A neuron's bias below its box."""
    cell = f"{letter}{DRAWING[0] + middle + 1}"
    shown = f'"{neuron.bias}  "0.00;"{neuron.bias}  "-0.00'
    style.tile(sheet, cell, f"={names[f'start {neuron.bias}']}", size=9, back="FFFFFF", shown=shown)
    tables.shade(sheet, cell, (-1.5, LOW), (0, "FFFFFF"), (1.5, HIGH))


def draw_edges(sheet: Worksheet, names: Mapping[str, str], steps: Table) -> None:
    """The lines between the layers, coloured by the sign and as wide as the size of their weights."""
    _, last = coordinate_to_tuple(steps.cell(steps.columns[-1].title, 1))
    column, row = style.letter(last + 3), 6
    style.put_words(sheet, f"{column}{row - 2}", words.LINES, font=style.bold(BLUE))
    before: tuple[str, ...] = INPUTS
    for index, layer in enumerate(LAYERS):
        wires = [
            Wire(
                Written(f"{source} → {neuron.name}"),
                MIDDLES[index][before.index(source)],
                middle,
                f"={names[f'start {weight}']}",
            )
            for neuron, middle in zip(layer, MIDDLES[index + 1], strict=True)
            for weight, source in neuron.weights
        ]
        left, _ = BOXES[index], BOXES[index + 1]
        gap = f"{chr(ord(left) + 1)}{DRAWING[0]}:{chr(ord(left) + 2)}{DRAWING[1]}"
        strip = Strip(sheet, gap, wires, LOOKS, f"{column}{row}")
        strip.draw()
        row += strip.rows()
        before = tuple(neuron.name for neuron in layer)


# ------------------------------------------------------------------------------------------------- what it says


def draw_map(
    sheet: Worksheet, points: Table, names: Mapping[str, str], maps: Mapping[str, HeatMap], steps: Table
) -> None:
    """The map of the output over the square, and far to the right one of the points, for its circles."""
    style.section(sheet, 8, "3  What it says everywhere", *words.MAP, column="O")
    _, last = coordinate_to_tuple(steps.cell(steps.columns[-1].title, 1))
    places = HeatMap(sheet, f"{style.letter(last + 2 * len(LOOKS) + 7)}11")
    draw_decision(HeatMap(sheet, MAP_AT), f"={summed(OUTPUT, '{start %s}')}", names, maps, places)
    style.put_words(sheet, places.at.replace("11", "8"), words.PLACES, font=style.bold(BLUE))
    draw_places(places, {title: points.column(title) for title in ("x1", "x2", "y")})


def draw_points(sheet: Worksheet, points: Table, names: Mapping[str, str], learned: Sequence[str]) -> None:
    """The points, what every neuron makes of each, and whether the output is right."""
    style.section(sheet, 45, "4  What it says of each point", *learned)
    points.draw(names)
    for title in ("y", "y_pred"):
        area = points.column(title).replace("$", "")
        tables.shade(sheet, area, (0, LOW), (0.5, MIDDLE), (1, HIGH))
        for cell in sheet[area]:
            cell[0].font = style.bold(INK)
    tables.mark(sheet, points.column("right").replace("$", ""), f"{points.cell('right', 1)}=0", back=HIGH)
    for neuron in NEURONS[:-1]:
        area = points.column(neuron.name).replace("$", "")
        tables.mark(sheet, area, f"{points.cell(neuron.name, 1)}=0", back=style.HAIR, ink=QUIET, bold=False)
    style.put_label(sheet, "O46", "To think about", style.LEFT)
    style.note(sheet, "O47", *words.TO_THINK_ABOUT)
