"""Whole batch, mini-batches, single points: one noisy data set, one rule, and three sizes of what a step looks at."""

from __future__ import annotations

import random

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.language import translated
from sheetgd.lessons import batches_prose as prose
from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import ALL_TABS, lesson_sheet, print_setup, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.story import draw_story, glossary, shown
from sheetgd.lessons.kit.style import BLUE, INK, ORANGE, PLAIN, THREE, WHOLE, on_tab
from sheetgd.lessons.kit.tables import Column, Table
from sheetgd.lessons.points import Points

ROWS, MINI = 32, 8
LEARN, EPOCHS = 0.05, 30
SIZES = (("Batch", INK), ("Mini", BLUE), ("Single", ORANGE))  # the tabs
STEPS = (
    Column("x", "=INDEX({all x},{compare order})", THREE),
    Column("y", "=INDEX({all y},{compare order})", THREE),
    Column("row", "={above row}+1", WHOLE, first="=1"),
    Column("group", "=INT(({row}-1)/{batch size})+1", WHOLE),
    Column("last", "=IF(OR({row}={group}*{batch size},{row}=COUNT({all x})),1,0)", WHOLE),
    Column("m", "={above new_m}", THREE, first="={start m}", colour=BLUE),
    Column("b", "={above new_b}", THREE, first="={start b}", colour=ORANGE),
    Column("error", "={m}*{x}+{b}-{y}", THREE),
    Column("de/dm", "=2*{x}*{error}", THREE, colour=BLUE),
    Column("de/db", "=2*{error}", THREE, colour=ORANGE),
    Column("mean m", "=AVERAGEIFS({top de/dm}:{de/dm},{top group}:{group},{group})", THREE, colour=BLUE),
    Column("mean b", "=AVERAGEIFS({top de/db}:{de/db},{top group}:{group},{group})", THREE, colour=ORANGE),
    Column("new_m", "=IF({last}=1,{m}-{learn}*{mean m},{m})", THREE, colour=BLUE),
    Column("new_b", "=IF({last}=1,{b}-{learn}*{mean b},{b})", THREE, colour=ORANGE),
)
LOG = (
    Column("epoch", shown=WHOLE),
    Column("m", shown=THREE, colour=BLUE),
    Column("b", shown=THREE, colour=ORANGE),
    Column("mse", shown="0.0000"),
)
WIDE = len(STEPS)  # columns of a lesson tab
AT = 17  # the heading row of the step table


def points(rows: int, seed: int) -> Points:
    """Points scattered about a line."""
    chance = random.Random(seed)
    x = [round(chance.uniform(0, 10), 1) for _ in range(rows)]
    return Points(tuple(x), tuple(round(3 * each + 20 + chance.gauss(0, 6), 1) for each in x))


def draw(
    book: Workbook,
    *,
    data: Points | None = None,
    m: float = -1,
    b: float = 1,
    learn: float = LEARN,
    epochs: int = EPOCHS,
    title: str = "Batch, mini-batch, single points",
) -> None:
    """Draw the tab that compares, a tab for each size, and the teacher's."""
    data = data or points(ROWS, 1)
    rows = len(data.x)
    sheet = lesson_sheet(
        book, "Compare", title, prose.SUBTITLE, 45 + rows, columns=16, log=0, commands=ALL_TABS
    )
    table = Table(sheet, "B41", columns(data), rows)
    names = {f"start {name}": cell for name, cell in _starts(sheet, m, b).items()}
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    table.draw(scale(sheet, table, data))
    here = {name: f"={style.on(sheet, cell)}" for name, cell in names.items()}
    logs = {
        tab: draw_size(book, tab, size, table, (m, b), here)
        for (tab, _), size in zip(SIZES, (rows, min(MINI, rows), 1), strict=True)
    }
    draw_comparison(sheet, table, logs, data)
    scaled = Points(data.y, data.scaled().x).scaled()  # both columns on one scale
    order = [turn - 1 for turn in turns(rows)]
    sizes = (rows, min(MINI, rows), 1)
    plan = (Points(scaled.y, scaled.x), order, (m, b), learn, sizes)
    teacher_sheet(book, "Batches: for the teacher", prose.LEAD, prose.notes(*plan))


def _starts(sheet: Worksheet, m: float, b: float) -> dict[str, str]:
    cells = controls.parameters(sheet, "B3", {"m": (m,), "b": (b,)}, ("start",))
    return {"m": cells["start m"], "b": cells["start b"]}


def turns(rows: int) -> tuple[int, ...]:
    """The order in which this many points are visited, always the same."""
    order = list(range(1, rows + 1))
    random.Random(7).shuffle(order)
    return tuple(order)


def columns(data: Points) -> tuple[Column, ...]:
    """The points as they are, the order in which they are visited, and the points on one scale."""
    order = turns(len(data.x))
    return (
        Column("raw x", data.x, PLAIN),
        Column("raw y", data.y, PLAIN),
        Column("order", order, WHOLE),
        Column("x", "=({raw x}-{mean x})/{std x}", THREE),
        Column("y", "=({raw y}-{mean y})/{std y}", THREE),
        *(
            Column(tab, f"={on_tab(tab, '$C$4')}*{{x}}+{on_tab(tab, '$C$5')}", THREE, colour=colour)
            for tab, colour in SIZES
        ),
    )


def scale(sheet: Worksheet, table: Table, data: Points) -> dict[str, str]:
    """Means and deviations above the table; returns where they stand."""
    found = {}
    for column, letter in (("B", "x"), ("C", "y")):
        raw = table.column(f"raw {letter}")
        form = shown(max(map(abs, getattr(data, letter)))) if data.own else THREE
        for row, name, function in ((38, "mean", "AVERAGE"), (39, "std", "STDEVP")):
            style.put(sheet, f"{column}{row}", f"={function}({raw})", border=style.UNDER, shown=form)
            found[f"{name} {letter}"] = f"${column}${row}"
    style.note(sheet, "D38", "mean of the column below")
    style.note(sheet, "D39", "deviation")
    return found


def draw_comparison(sheet: Worksheet, table: Table, logs: dict[str, Table], data: Points) -> None:
    """The standings, the curves, the lines, and the story."""
    style.section(sheet, 8, "1  How many points before a step?", *prose.QUESTION)
    for cell, words in zip(("B12", "C12", "D12", "E12", "F12", "G12", "H12"), prose.STANDINGS, strict=True):
        style.put_heading(sheet, cell, words)
    for row, (tab, colour) in enumerate(SIZES, start=13):
        style.put(sheet, f"B{row}", tab, font=style.bold(colour), border=style.UNDER)
        epoch = f"=MAX({on_tab(tab, logs[tab].column('epoch'))})"
        steps = f"=ROUNDUP(COUNT({table.column('x')})/C{row},0)"
        for column, formula, form in (
            ("C", f"={on_tab(tab, '$F$3')}", WHOLE),
            ("D", steps, WHOLE),
            ("E", epoch, WHOLE),
            ("F", f"={on_tab(tab, '$C$4')}", THREE),
            ("G", f"={on_tab(tab, '$C$5')}", THREE),
            ("H", f"={on_tab(tab, '$K$3')}", "0.0000"),
        ):
            style.put(sheet, f"{column}{row}", formula, border=style.UNDER, shown=form)
    best = f"=0+ROUND(1-CORREL({table.column('x')},{table.column('y')})^2,12)"
    controls.control(sheet, "J12", "best there is", best, "0.0000")
    curves = [
        Plot(tab, logs[tab].reference("epoch"), logs[tab].reference("mse"), colour) for tab, colour in SIZES
    ]
    charts.scatter_chart(
        sheet, "B18:I34", "mse after each epoch", ("epoch", "mse"), curves, legend=True, from_zero=True
    )
    ways = [Plot(tab, logs[tab].reference("m"), logs[tab].reference("b"), colour) for tab, colour in SIZES]
    charts.scatter_chart(
        sheet, "J18:Q34", "The ways of m and b, seen from above", ("m", "b"), ways, legend=True
    )
    style.section(sheet, 36, "2  The points, and the three lines", prose.LINES)
    dots = Plot("data", table.reference("x"), table.reference("y"), INK, points=True, line=False)
    lines = [Plot(tab, table.reference("x"), table.reference(tab), colour) for tab, colour in SIZES]
    x_name, y_name = (
        translated("{name}, normalised", name=translated(own)) for own in (data.x_name, data.y_name)
    )
    charts.scatter_chart(sheet, "K41:Q61", "The points and the three lines", (x_name, y_name), [dots, *lines])
    *_, end = draw_story(sheet, 20, prose.STORY, {"order": table.column("order")})
    glossary(sheet, end + 2, prose.WORDS, 8, column=20)
    bottom = max(62, 42 + table.rows)
    print_setup(sheet, "A1:R35", f"A36:R{bottom}", "T7:AA35", f"T36:AA{bottom}", heading_row=6)


def draw_size(
    book: Workbook, tab: str, size: int, compare: Table, start: tuple[float, float], here: dict[str, str]
) -> Table:
    """The tab of one batch size; returns its log."""
    rows = compare.rows
    sheet = lesson_sheet(
        book, tab, prose.TITLES[tab], prose.SUBTITLES[tab], AT + rows + 2, columns=WIDE, commands=ALL_TABS
    )
    steps = Table(sheet, f"B{AT}", STEPS, rows)
    values = {name: (value, here[f"start {name}"]) for name, value in zip("mb", start, strict=True)}
    names = controls.parameters(sheet, "B3", values, ("guess", "reset to"))
    names |= controls.control(sheet, "E3", "batch size", size, WHOLE)
    controls.whole(
        sheet, "F3", 1, rows, "The batch size", translated("Points a step: 1 to {rows}.", rows=rows)
    )
    for row, name in ((3, "learn"), (4, "epochs")):
        names |= controls.control(
            sheet, f"G{row}", name, here[name], style.FULL if name == "learn" else WHOLE
        )
    x, y = (style.on(compare.sheet, compare.column(title)) for title in "xy")
    mse = f"=SUMPRODUCT(({{start m}}*{x}+{{start b}}-{y})^2)/COUNT({x})".format_map(names)
    controls.loss(sheet, "J3:J5", "K3:M5", "mse", mse, "0.0000")
    log = tables.epoch_log(sheet, f"{style.letter(WIDE + 3)}6", "Epoch log", LOG, styled_rows=AT + rows - 5)
    heading = translated("1  {batches}, row by row", batches=translated(prose.TITLES[tab]))
    style.section(sheet, 8, heading, *prose.STEPPING)
    tops = {f"top {column.title}": style.absolute(steps.cell(column.title, 1)) for column in STEPS}
    known = {**names, **tops, "all x": x, "all y": y}
    steps.draw(known, beside={"compare": compare})
    tables.carried(steps, {"new_m": "↑ next m", "new_b": "↑ next b"})
    tables.mark(
        sheet,
        f"{steps.cell('x', 1)}:{steps.cell('new_b', rows)}",
        f"${steps.cell('last', 1)}=1",
        back=style.BAND,
        bold=False,
    )
    last = style.letter(WIDE + 6)
    print_setup(sheet, f"A1:{last}{AT + rows + 1}", heading_row=6)
    return log
