"""Pass or fail from hours: sigmoid, log loss and its slope by the chain rule, whole-batch and point by point."""

from __future__ import annotations

import math
import random
from functools import partial

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.errors import UsageError
from sheetgd.language import Written, translated
from sheetgd.lessons import logistic_prose as prose
from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import ALL_TABS, lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.story import draw_story, glossary, shown
from sheetgd.lessons.kit.style import BLUE, GREEN, INK, ORANGE, PLAIN, QUIET, THREE, WHOLE
from sheetgd.lessons.kit.tables import Column, Table
from sheetgd.lessons.kit.valley_tab import Valley, draw_valley
from sheetgd.lessons.points import Points

TAB, ROWS_TAB = "Logistic", "By points"
LEARN, EPOCHS, SMALL = 1.0, 100, 0.1  # SMALL: the learn of the tab that steps at every point
SIGMOID = "IF({z}<0,EXP({z})/(1+EXP({z})),1/(1+EXP(-{z})))"  # of its two forms the one that cannot overflow
BATCH = (
    Column("x", "=({raw x}-{mean x})/{std x}", THREE),
    Column("z", "={start w}*{x}+{start b}", THREE),
    Column("p", f"={SIGMOID}", THREE, colour=ORANGE),
    Column("log loss", "=MAX({z},0)-{z}*{y}+LN(1+EXP(-ABS({z})))", THREE),
    Column("p − y", "={p}-{y}", THREE),
    Column("(p − y)·x", "={p − y}*{x}", THREE, colour=BLUE),
    Column("right", "=IF(IF({p}>0.5,1,0)=IF({y}>0.5,1,0),1,0)", WHOLE),
)
STEPS = (
    Column("x", "={batch x}", THREE),
    Column("y", "={batch y}", PLAIN),
    Column("w", "={above new_w}", THREE, first="={start w}", colour=BLUE),
    Column("b", "={above new_b}", THREE, first="={start b}", colour=GREEN),
    Column("z", "={w}*{x}+{b}", THREE),
    Column("p", f"={SIGMOID}", THREE, colour=ORANGE),
    Column("dL/dp", "=IF({p}*(1-{p})=0,0,({p}-{y})/({p}*(1-{p})))", THREE),
    Column("dp/dz", "={p}*(1-{p})", THREE),
    Column("dL/dz", "={p}-{y}", THREE),
    Column("dL/dw", "={dL/dz}*{x}", THREE, colour=BLUE),
    Column("new_w", "={w}-{learn}*{dL/dw}", THREE, colour=BLUE),
    Column("new_b", "={b}-{learn}*{dL/dz}", THREE, colour=GREEN),
)
LOG = (
    Column("epoch", shown=WHOLE),
    Column("w", shown=THREE, colour=BLUE),
    Column("b", shown=THREE, colour=GREEN),
    Column("accuracy", shown="0%"),
    Column("loss", shown="0.0000", colour=ORANGE),
)
LOSS = "=SUMPRODUCT(LN(1+EXP({w}*{x}+{b}))-{y}*({w}*{x}+{b}))/COUNT({x})"
CURVE = (
    Column("at", "={above at}+({to}-{from})/24", THREE, first="={from}"),
    Column("curve", "=1/(1+EXP(-MAX(-700,MIN(700,{start w}*({at}-{mean x})/{std x}+{start b}))))", THREE),
)
FIRST, POINTS = 40, 25  # the heading row of the table, and the points of the curve


def points(rows: int, seed: int) -> Points:
    """Hours of learning and whether the test was passed, by chance: the more hours, the likelier."""
    chance = random.Random(seed)
    hours = sorted(round(chance.uniform(0.5, 9.5) * 4) / 4 for _ in range(rows))
    passed = [int(chance.random() < 1 / (1 + math.exp(5 - hour))) for hour in hours]
    if len(set(passed)) == 1:
        passed[0], passed[-1] = 0, 1
    return Points(tuple(hours), tuple(map(float, passed)), "hours", "passed")


def draw(
    book: Workbook,
    *,
    data: Points | None = None,
    m: float = 0,
    b: float = 0,
    learn: float = LEARN,
    epochs: int = EPOCHS,
    title: str | None = None,
) -> None:
    """Draw the tab with a step for the whole batch, that with a step a point, the map and the teacher's tab."""
    data = data or points(24, 3)
    _refuse_other_than_two(data)
    rows = len(data.x)
    title = title or ("Yes or no?" if data.own else "Pass or fail?")
    raw_form = shown(max(map(abs, data.x))) if data.own else THREE
    columns = (Column("raw x", data.x, PLAIN), Column("y", data.y, PLAIN), *BATCH)
    sheet = lesson_sheet(
        book, TAB, title, prose.SUBTITLE, FIRST + max(rows, POINTS) + 4, log=5, commands=ALL_TABS
    )
    table = Table(sheet, f"B{FIRST}", columns, rows)
    names = controls.parameters(sheet, "B3", {"w": (m, m), "b": (b, b)}, ("guess", "reset to"))
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    controls.control(sheet, "G5", "accuracy", f"=AVERAGE({table.column('right')})", "0%")
    controls.loss(sheet, "J3:J5", "K3:M5", "loss", f"=AVERAGE({table.column('log loss')})", "0.0000")
    log = tables.epoch_log(sheet, "O6", "Epoch log", LOG, styled_rows=FIRST + rows - 6)

    style.section(sheet, 8, "1  A line, bent into a chance", *prose.BENT)
    names |= draw_scale(sheet, table, names, raw_form)
    style.section(sheet, FIRST - 3, "2  Every point, and one step for all", prose.ONE_STEP)
    tables.headings_above(table, prose.OVER)
    table.draw(names)
    curve = Table(sheet, f"L{FIRST}", (CURVE[0]._replace(shown=raw_form), *CURVE[1:]), POINTS)
    curve.draw({**names, "from": f"MIN({table.column('raw x')})", "to": f"MAX({table.column('raw x')})"})
    draw_charts(sheet, table, curve, log, data)
    known = {**names, "x": table.column("x"), "y": table.column("y"), "loss": "$K$3", "accuracy": "$H$5"}
    ends = draw_story(sheet, 21, {8: prose.STORY, FIRST - 3: prose.STEPPING}, known)
    glossary(sheet, ends[-1] + 2, prose.WORDS, 8, column=21)
    bottom = FIRST + max(rows, POINTS) + 2
    pages = (f"A1:S{FIRST - 4}", f"A{FIRST - 3}:S{bottom}")
    print_setup(sheet, *pages, *story_pages(pages, "U:AB"), heading_row=6)
    draw_by_points(book, table, names, (m, b), learn, epochs)
    there = {name: style.on(sheet, table.column(name)) for name in "xy"}
    draw_valley(book, Valley("w", "b", ((-1, -3), (6, 3), (m, b)), LOSS, "loss", there), log)
    about = prose.About(data.scaled(), (m, b), learn, epochs)
    heading = translated("{title}: for the teacher", title=translated(title).rstrip("?"))
    teacher_sheet(book, heading, prose.LEAD, prose.notes(about))


def _refuse_other_than_two(data: Points) -> None:
    """This lesson's y say no or yes, as 0 and 1."""
    for y in data.y:
        if y not in (0, 1):
            raise UsageError(
                f"{data.y_name} has {y:.15g}, and this lesson needs 0 for no and 1 for yes",
                "name another column with --y",
            )


def draw_scale(sheet: Worksheet, table: Table, names: dict[str, str], raw_form: str) -> dict[str, str]:
    """Mean and deviation of x, the gradient, the step, and the boundary; returns where mean and deviation stand."""
    raw, found = table.column("raw x"), {}
    for row, label, formula, name in (
        (12, "mean of raw x", f"=AVERAGE({raw})", "mean x"),
        (13, "deviation", f"=STDEVP({raw})", "std x"),
        (15, "slope for w", f"=AVERAGE({table.column('(p − y)·x')})", "slope w"),
        (16, "slope for b", f"=AVERAGE({table.column('p − y')})", "slope b"),
        (18, "new w", "={start w}-{learn}*$E$15", "new w"),
        (19, "new b", "={start b}-{learn}*$E$16", "new b"),
        (21, "boundary", "=IF({start w}=0,0,$E$12-$E$13*{start b}/{start w})", "boundary"),
    ):
        form = raw_form if row in (12, 13, 21) else THREE
        controls.control(sheet, f"D{row}", label, formula.format_map(names), form)
        found[name] = f"$E${row}"
    style.note(sheet, "B22", *prose.BOUNDARY)
    style.put_label(sheet, "B26", "To think about", style.LEFT)
    style.note(sheet, "B27", *prose.TO_THINK_ABOUT)
    for row, height in ((31, 0), (32, 1)):
        style.put(sheet, f"D{row}", "=$E$21", font=style.small(QUIET), shown=raw_form)
        style.put(sheet, f"E{row}", height, font=style.small(QUIET), shown=WHOLE)
    style.put(sheet, "B31", "the boundary, for the chart", font=style.small(QUIET), align=style.LEFT)
    return found


def draw_charts(sheet: Worksheet, table: Table, curve: Table, log: Table, data: Points) -> None:
    """The points, the curve and the boundary; the loss and the accuracy."""
    charts.scatter_chart(
        sheet,
        "G11:M23",
        "The points, the chance of a yes, and the boundary",
        (data.x_name, Written(f"{translated(data.y_name)}, p")),
        (
            Plot("data", table.reference("raw x"), table.reference("y"), INK, points=True, line=False),
            Plot("p", curve.reference("at"), curve.reference("curve"), ORANGE),
            Plot("boundary", style.cells(sheet, "D31:D32"), style.cells(sheet, "E31:E32"), QUIET),
        ),
    )
    charts.scatter_chart(
        sheet,
        "G24:M35",
        "loss (orange) and accuracy after each epoch",
        ("epoch", "loss, accuracy"),
        (
            Plot("loss", log.reference("epoch"), log.reference("loss"), ORANGE, points=True, size=4),
            Plot("accuracy", log.reference("epoch"), log.reference("accuracy"), GREEN, points=True, size=4),
        ),
        from_zero=True,
        whole=True,
    )


def draw_by_points(
    book: Workbook,
    batch: Table,
    names: dict[str, str],
    start: tuple[float, float],
    learn: float,
    epochs: int,
) -> None:
    """The tab that steps at every point, with the chain rule written out."""
    rows, shared = batch.rows, partial(style.on, batch.sheet)
    sheet = lesson_sheet(
        book, ROWS_TAB, "Point by point", prose.BY_POINTS, 22 + rows, log=4, commands=ALL_TABS
    )
    steps = Table(sheet, "B17", STEPS, rows)
    resets = {"w": f"={shared('$D$4')}", "b": f"={shared('$D$5')}"}
    values = {name: (value, resets[name]) for name, value in zip("wb", start, strict=True)}
    own = controls.parameters(sheet, "B3", values, ("guess", "reset to"))
    own |= controls.learn_and_epochs(sheet, "G3", min(SMALL, learn), f"={shared(names['epochs'])}")
    x, y = (shared(batch.column(name)) for name in "xy")
    z = "({start w}*{x}+{start b})".format(x=x, **{"start w": own["start w"], "start b": own["start b"]})
    loss = f"=SUMPRODUCT(({z}+ABS({z}))/2-{z}*{y}+LN(1+EXP(-ABS({z}))))/COUNT({x})"
    controls.loss(sheet, "J3:J5", "K3:M5", "loss", loss, "0.0000")
    log = tables.epoch_log(sheet, "O6", "Epoch log", (*LOG[:3], LOG[4]), styled_rows=12 + rows)
    style.section(sheet, 8, "1  One step a point, and the chain rule", *prose.CHAIN)
    steps.draw(own, beside={"batch": batch})
    tables.carried(steps, {"new_w": "↑ next w", "new_b": "↑ next b"})
    charts.loss_chart(log, f"T8:AA{24}", "loss")
    print_setup(sheet, f"A1:R{20 + rows}", "T7:AA25", heading_row=6)
