"""A loss with two minima: the nearer one catches plain descent, but not momentum, a larger step or another start."""

from __future__ import annotations

import random

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.language import translated
from sheetgd.lessons import minima_prose as prose
from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.story import draw_story, glossary, quoted
from sheetgd.lessons.kit.style import BLUE, FULL, GREEN, INK, ORANGE, QUIET, THREE, WHOLE
from sheetgd.lessons.kit.tables import Column, Table

LOSS = "({w}-4)^2/5-{dent}*EXP(-1.5*{w}^2)"  # a bowl with a dent at 0
EXACT = "2*({w}-4)/5+3*{dent}*{w}*EXP(-1.5*{w}^2)"
WAYS = (
    ("plain", BLUE, 1),
    ("momentum", ORANGE, 2),
    ("larger step", GREEN, 3),
)  # name, colour, row among the three
LARGER, ROLLING = 0.5, 0.9  # the larger step's learn, and momentum's beta
LEFT, RIGHT = -2.5, 8.0  # what the curve shows, and where the ten starts lie
POINTS = 61  # of the curve
STEPS = 40  # of each of the three ways
TRIES, LONG = 10, 60  # starts, and the steps from each
CURVE = (
    Column("x (w)", "={above x (w)}+({to}-{from})/" + str(POINTS - 1), THREE, first="={from}"),
    Column("y (loss)", f"={LOSS}".replace("{w}", "{x (w)}"), THREE, colour=BLUE),
    Column(
        "by nudging", f"=(({LOSS})-{{y (loss)}})/{{h}}".replace("{w}", "({x (w)}+{h})"), THREE, colour=ORANGE
    ),
    Column("exact", f"={EXACT}".replace("{w}", "{x (w)}"), THREE),
    Column("too high", "={by nudging}-{exact}", THREE),
)
LOG = (
    Column("epoch", shown=WHOLE),
    Column("w", shown=THREE, colour=BLUE),
    Column("loss", shown=THREE, colour=ORANGE),
    Column("gradient", shown=THREE),
)
WHERE = (  # which minimum a w belongs to; the lower one is the global one
    "=IF(ABS({w}-4)<1,IF(ABS({best})<1,{local},{global}),"
    "IF(ABS({w})<1,IF(ABS({best})<1,{global},{local}),IF(ABS({w})>100,{diverged},{on the way})))"
)
ENDS = ("local", "global", "diverged", "on the way")
BOUND = "=MAX(-1000000,MIN(1000000,{}))"  # a way that diverges stays a number


def at(formula: str, w: str) -> str:
    """The loss, or what else is written for {w}, at a w; other names stay.

    >>> at("({w}-4)^2/5-{dent}*EXP(-1.5*{w}^2)", "C4")
    '(C4-4)^2/5-{dent}*EXP(-1.5*C4^2)'
    """
    return formula.replace("{w}", w)


def where(names: dict[str, str], w: str) -> str:
    """The formula of which minimum the w in a cell belongs to."""
    return WHERE.format_map({**names, **{end: quoted(translated(end)) for end in ENDS}, "w": w})


def starts(seed: int) -> list[float]:
    """Ten places on the curve, the same for the same seed."""
    chance = random.Random(seed)
    return [round(chance.uniform(LEFT, RIGHT), 1) + 0.0 for _ in range(TRIES)]


def draw(
    book: Workbook,
    *,
    m: float = -2,
    learn: float = 0.15,
    epochs: int = STEPS,
    seed: int = 1,
    title: str = "Two minima: which one is found?",
) -> None:
    """Draw the lesson's tab and the teacher's."""
    sheet = lesson_sheet(
        book,
        "Minima",
        title,
        "A bowl with a dent: one parameter, a local and a global minimum.",
        last_row=278,
    )
    names = controls.parameters(sheet, "B3", {"w": (m, m), "velocity": (0, 0)}, ("guess", "reset to"))
    names |= {"begin": "$D$4"}
    for row, (label, value) in enumerate((("beta", 0), ("dent", 2.5), ("h", 0.01)), start=3):
        names |= controls.control(sheet, f"E{row}", label, value, FULL)
    controls.between(
        sheet, "F3", "0", "0.999999", "beta", "beta is a number from 0 to 0.999999: 0 is plain descent."
    )
    controls.between(sheet, "F4", "0", "100", "The dent", "The depth of the dent is a number from 0 to 100.")
    controls.positive(sheet, "F5", "The nudge", "h is a small number above zero, such as 0.01.")
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    controls.loss(sheet, "J3:J5", "K3:M5", "loss", f"={at(LOSS, '{start w}')}".format_map(names), THREE)
    log = tables.epoch_log(sheet, "O6", "Epoch log", LOG, styled_rows=148)

    curve = Table(sheet, "B93", CURVE, POINTS)
    names |= draw_curve(sheet, curve, names)
    draw_step(sheet, curve, log, names)
    draw_ways(sheet, curve, names)
    draw_starts(sheet, curve, names, seed)
    [*_, end] = draw_story(sheet, 20, prose.STORY, names)
    last = glossary(sheet, end + 2, prose.WORDS, 8, column=20)
    pages = ("A1:R35", "A36:R65", "A66:R88", "A89:R122", "A123:R154")
    print_setup(sheet, *pages, *story_pages(pages[:3], last=last), heading_row=6)
    usual = (m, learn, epochs, seed) == (-2, 0.15, STEPS, 1)
    notes = prose.NOTES if usual else tuple(part for part in prose.NOTES if part[0] not in prose.ONLY_USUAL)
    teacher_sheet(book, "Two minima: for the teacher", prose.LEAD, notes, pages=1)


def draw_step(sheet: Worksheet, curve: Table, log: Table, names: dict[str, str]) -> None:
    """The guess, its slope and one step, and the way that the log has recorded."""
    style.section(sheet, 8, "1  A step, and the way so far", *prose.ONE_STEP)
    w = names["start w"]
    for row, label, formula, name in (
        (12, "loss at w", at(LOSS, w), "here"),
        (13, "loss at w + h", at(LOSS, f"({w}+{{h}})"), "nudged"),
        (14, "slope: gain / h", "({nudged}-{here})/{h}", "slope"),
        (15, "exact slope", at(EXACT, w), "exact"),
        (17, "new velocity", "{beta}*{start velocity}+(1-{beta})*{slope}", "new velocity"),
        (18, "new w", f"{w}-{{learn}}*{{new velocity}}", "new w"),
    ):
        [cell] = controls.control(
            sheet, f"D{row}", label, f"={formula}".format_map(names), "0.000000"
        ).values()
        names |= {name: cell}
    controls.control(sheet, "G5", "gradient", f"={names['slope']}", THREE)
    style.note(sheet, "B20", *prose.HOW)
    style.put_label(sheet, "B26", "To think about", style.LEFT)
    style.note(sheet, "B27", *prose.TO_THINK_ABOUT)
    guess = (style.cells(sheet, "C4"), style.cells(sheet, "K3"))
    charts.scatter_chart(
        sheet,
        "G11:M25",
        "The way on the curve; orange: the guess above",
        ("w", "loss"),
        (
            Plot("loss", curve.reference("x (w)"), curve.reference("y (loss)"), BLUE),
            Plot("way", log.reference("w"), log.reference("loss"), INK, points=True, line=False),
            Plot("guess", *guess, ORANGE, points=True, line=False, size=10),
        ),
    )
    charts.loss_chart(log, "G26:M34", "loss")


def draw_ways(sheet: Worksheet, curve: Table, names: dict[str, str]) -> None:
    """Three ways from the same start: what each is set to, where it ends, all its steps, and all on the curve."""
    style.section(sheet, 37, "2  Three ways from the same start", *prose.THREE_WAYS)
    settings = Table(
        sheet, "B40", tuple(map(Column, ("way", "learn", "beta", "ends at", "its loss", "minimum"))), 3
    )
    settings.draw({})
    steps = Table(sheet, "B159", tuple(way_columns(settings, names)), STEPS + 1)
    steps.draw(names)
    style.section(sheet, 156, "5  Every step of the three ways", prose.EVERY_STEP)
    for name, colour, row in WAYS:
        style.put(sheet, settings.cell("way", row), name, font=style.bold(colour), border=style.UNDER)
        ends = {title: f"={steps.cell(f'{name} {title}', STEPS + 1)}" for title in ("w", "loss")}
        style.put(sheet, settings.cell("ends at", row), ends["w"], border=style.UNDER, shown=THREE)
        style.put(sheet, settings.cell("its loss", row), ends["loss"], border=style.UNDER, shown=THREE)
        found = where(names, settings.cell("ends at", row))
        style.put(sheet, settings.cell("minimum", row), found, font=style.bold(colour), border=style.UNDER)
    for row, beta in ((1, 0), (2, ROLLING), (3, 0)):
        style.put_input(sheet, settings.cell("beta", row), beta, FULL)
    for row in (1, 2):
        style.put(sheet, settings.cell("learn", row), f"={names['learn']}", border=style.UNDER, shown=FULL)
    style.put_input(sheet, settings.cell("learn", 3), LARGER, FULL)
    controls.positive(
        sheet, settings.cell("learn", 3), "The learning rate", "learn is a number above zero, such as 0.5."
    )
    betas = f"{settings.cell('beta', 1)}:{settings.cell('beta', 3)}"
    controls.between(
        sheet, betas, "0", "0.999999", "beta", "beta is a number from 0 to 0.999999: 0 is plain descent."
    )
    style.note(sheet, "I40", *prose.WAYS_QUESTIONS)
    draw_paths(sheet, curve, steps)


def draw_paths(sheet: Worksheet, curve: Table, steps: Table) -> None:
    """The three ways on the curve, and over their steps."""
    plots = [Plot("loss", curve.reference("x (w)"), curve.reference("y (loss)"), QUIET)]
    plots += [
        Plot(
            name,
            steps.reference(f"{name} w"),
            steps.reference(f"{name} loss"),
            colour,
            True,
            name == "larger step",
            size,
        )
        for (name, colour, _), size in zip(WAYS, (10, 5, 7), strict=True)
    ]
    charts.scatter_chart(sheet, "B46:H64", "Forty steps on the curve", ("w", "loss"), plots)
    over = [
        Plot(name, steps.reference("step"), steps.reference(f"{name} w"), colour) for name, colour, _ in WAYS
    ]
    charts.scatter_chart(sheet, "I46:M64", "w after each step", ("step", "w"), over)


def way_columns(settings: Table, names: dict[str, str]) -> list[Column]:
    """The columns of the three ways: w, the velocity and the loss of each after every step."""
    columns = [Column("step", "={above step}+1", WHOLE, first="=0")]
    for name, colour, row in WAYS:
        w, v, loss = (f"{{above {name} {what}}}" for what in ("w", "v", "loss"))
        slope = f"({at(LOSS, f'({w}+{{h}})')}-{loss})/{{h}}"
        learn, beta = (style.absolute(settings.cell(title, row)) for title in ("learn", "beta"))
        own = (f"{name} w", f"{name} v", f"{name} loss")
        written = [
            translated("{way} {value}", way=translated(name), value=translated(value))
            for value in ("w", "v", "loss")
        ]
        moved = BOUND.format(f"{w}-{learn}*{{{own[1]}}}")
        columns += [
            Column(own[0], moved, THREE, f"={names['begin']}", colour, written[0]),
            Column(own[1], f"={beta}*{v}+(1-{beta})*{slope}", THREE, "=0", written=written[1]),
            Column(own[2], f"={at(LOSS, f'{{{own[0]}}}')}", THREE, written=written[2]),
        ]
    return columns


def draw_starts(sheet: Worksheet, curve: Table, names: dict[str, str], seed: int) -> None:
    """Ten starts at random, where plain descent takes each, and the steps to there."""
    style.section(sheet, 67, "3  Ten starts at random", *prose.TEN_STARTS)
    titles = ("start", "loss there", "ends at", "loss at end", "minimum")
    table = Table(sheet, "B71", tuple(Column(title, shown=THREE) for title in titles), TRIES)
    table.draw({})
    steps = Table(sheet, "B206", start_columns(table), LONG + 1)
    steps.draw(names)
    style.section(sheet, 203, "6  Every step from the ten starts", prose.EVERY_STEP)
    for row, start in enumerate(starts(seed), start=1):
        begin, end = table.cell("start", row), table.cell("ends at", row)
        style.put_input(sheet, begin, start, THREE)
        sheet[end] = f"={steps.cell(f'from {row}', LONG + 1)}"
        for title, w in (("loss there", begin), ("loss at end", end)):
            sheet[table.cell(title, row)] = f"={at(LOSS, w)}".format_map(names)
        sheet[table.cell("minimum", row)] = where(names, end)
    controls.numeric(sheet, f"{table.cell('start', 1)}:{table.cell('start', TRIES)}")
    found, lowest = table.column("minimum"), quoted(translated("global"))
    tables.mark(
        sheet,
        f"{table.cell('start', 1)}:{table.cell('minimum', TRIES)}",
        f"${table.cell('minimum', 1)}={lowest}",
    )
    controls.control(sheet, "E83", "found the global minimum", f"=COUNTIF({found},{lowest})", WHOLE)
    controls.control(sheet, "E84", "lowest loss of the ten", f"=MIN({table.column('loss at end')})", THREE)
    style.put_label(sheet, "B86", "To think about", style.LEFT)
    style.note(sheet, "B87", *prose.START_QUESTIONS)
    draw_ends(sheet, curve, table)


def start_columns(table: Table) -> tuple[Column, ...]:
    """The columns of the steps from the ten starts: w of each after every step of plain descent."""
    slope = f"({at(LOSS, '({here}+{h})')}-({at(LOSS, '{here}')}))/{{h}}"
    step = BOUND.format(f"{{here}}-{{learn}}*{slope}")
    columns = [Column("step", "={above step}+1", WHOLE, first="=0")]
    for row in range(1, TRIES + 1):
        formula = step.replace("{here}", f"{{above from {row}}}")
        written = translated("from {row}", row=row)
        columns.append(Column(f"from {row}", formula, THREE, f"={table.cell('start', row)}", written=written))
    return tuple(columns)


def draw_ends(sheet: Worksheet, curve: Table, table: Table) -> None:
    """The ten starts and their ends on the curve."""
    charts.scatter_chart(
        sheet,
        "H70:M86",
        "Where they start (grey) and where they end",
        ("w", "loss"),
        (
            Plot("loss", curve.reference("x (w)"), curve.reference("y (loss)"), BLUE),
            Plot(
                "start",
                table.reference("start"),
                table.reference("loss there"),
                QUIET,
                points=True,
                line=False,
            ),
            Plot(
                "end",
                table.reference("ends at"),
                table.reference("loss at end"),
                ORANGE,
                points=True,
                line=False,
                size=9,
            ),
        ),
    )


def draw_curve(sheet: Worksheet, curve: Table, names: dict[str, str]) -> dict[str, str]:
    """The loss and its slope for many w; returns the addresses of the limits and of the lowest of them."""
    style.section(sheet, 90, "4  The curve, and two ways to its slope", prose.NUDGED)
    limits = controls.control(sheet, "H93", "from", LEFT) | controls.control(sheet, "H94", "to", RIGHT)
    controls.numeric(sheet, "I93:I94")
    curve.draw({**names, **limits})
    x, y = curve.column("x (w)"), curve.column("y (loss)")
    controls.control(sheet, "L93", "lowest loss", f"=MIN({y})", THREE)
    best = controls.control(sheet, "L94", "at w", f"=INDEX({x},MATCH(MIN({y}),{y},0))", THREE)["at w"]
    slopes = [
        Plot(title, curve.reference("x (w)"), curve.reference(title), colour)
        for title, colour in (("by nudging", ORANGE), ("exact", INK))
    ]
    charts.scatter_chart(sheet, "H96:M108", "The slope: by nudging (orange), exact", ("w", "slope"), slopes)
    high = Plot("too high", curve.reference("x (w)"), curve.reference("too high"), ORANGE)
    charts.scatter_chart(sheet, "H109:M121", "By how much nudging is too high", ("w", "too high"), [high])
    style.note(sheet, "H124", *prose.GOES_ON)
    return {**limits, "best": best}
