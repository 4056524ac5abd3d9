"""Body mass from bill length: normalised data, a line as a dot product, whole-batch descent, and its valley."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.language import Written, translated
from sheetgd.lessons import penguins_prose as prose
from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.live_lesson import LiveLesson
from sheetgd.lessons.kit.live_maps import why
from sheetgd.lessons.kit.live_tab import draw_live
from sheetgd.lessons.kit.story import draw_story, glossary, shown
from sheetgd.lessons.kit.style import BLUE, INK, ONE, ORANGE, PLAIN, THREE, TWO, WHOLE
from sheetgd.lessons.kit.tables import Column, Grid, Table
from sheetgd.lessons.kit.valley_tab import Valley, draw_valley
from sheetgd.lessons.points import Points, penguins

FORMULAS = (
    Column("x", "=({raw x}-{mean x})/{std x}", THREE, colour=BLUE),
    Column("ones", "=1", PLAIN, colour=ORANGE),
    Column("y", "=({raw y}-{mean y})/{std y}", THREE),
    Column("y_pred", "=SUMPRODUCT({x}:{ones},{weights})", THREE),
    Column("error", "={y_pred}-{y}", THREE),
    Column("error_sq", "={error}^2", THREE),
    Column("2·error·x", "=2*{error}*{x}", THREE, colour=BLUE),
    Column("2·error·1", "=2*{error}*{ones}", THREE, colour=ORANGE),
)
MSE = "=SUMPRODUCT(({x}*{slope}+{intercept}-{y})^2)/COUNT({x})"
PROBE = {  # an epoch: what becomes of slope and intercept, from the cells {s} and {i}
    "s": "={s}-{learn}*2*SUMPRODUCT({x},{s}*{x}+{i}-{y})/COUNT({x})",
    "i": "={i}-{learn}*2*SUMPRODUCT({s}*{x}+{i}-{y})/COUNT({x})",
}
LIVE_QUESTIONS = (
    "Do slope and intercept arrive at the",
    "same time? By what does an epoch",
    "multiply the distance of each?",
    "",
    "In part 3, which columns stay 0,",
    "and what does that say?",
)
LOG = (
    Column("epoch", shown=WHOLE),
    Column("slope", shown=THREE, colour=BLUE),
    Column("intercept", shown=THREE, colour=ORANGE),
    Column("mse", shown=THREE),
)
FIRST = 73  # the heading row of the table
SHOWN = 24  # how many of its rows are printed


def points(rows: int, seed: int) -> Points:
    """Some of the penguins, at random."""
    return penguins().sample(rows, seed)


def draw(
    book: Workbook,
    *,
    data: Points | None = None,
    m: float = 0,
    b: float = -2,
    learn: float = 0.01,
    epochs: int = 1000,
    title: str | None = None,
    hide_actual: bool = False,
) -> None:
    """Draw the lesson's tab and the teacher's."""
    data, ours = data or penguins(), data is None or not data.own
    rows = len(data.x)
    title = title or (
        "Penguins: mass from bill length" if "mm" in data.x_name else "A line through your data"
    )
    x_name, y_name = translated(data.x_name), translated(data.y_name)
    subtitle = translated(prose.SUBTITLE, x_name=x_name, y_name=y_name)
    sheet = lesson_sheet(book, "Penguins", title, subtitle, last_row=FIRST + rows)
    own = (Column("raw x", data.x), Column("raw y", data.y))
    table = Table(sheet, f"B{FIRST}", (*own, *FORMULAS), rows)
    x, y = table.column("x"), table.column("y")

    names = draw_parameters(sheet, table, (m, b), hide_actual)
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    controls.loss(sheet, "J3:J5", "K3:M5", "mse", f"=AVERAGE({table.column('error_sq')})", THREE)
    log = tables.epoch_log(sheet, "O6", "Epoch log", LOG, styled_rows=FIRST + SHOWN - 6)

    style.section(sheet, 8, "1  One scale for both, and one step for all", *prose.ONE_SCALE)
    names |= draw_scale(sheet, table, names, data)
    style.note(sheet, "B25", *prose.HOW_IT_STEPS)
    if not hide_actual:
        style.note(sheet, "B29", prose.BEST)
    draw_fit(sheet, table, data)
    charts.loss_chart(log, "G24:M34")

    draw_lines(sheet, x, y, log)

    style.section(sheet, 68, "3  Every row, and the dot product", *prose.DOT_PRODUCT)
    names |= draw_weights(sheet, names)
    table.draw(names)
    last = draw_prose(sheet, table, names)
    pages = ("A1:R35", "A36:R66", f"A67:R{min(FIRST + SHOWN, FIRST + rows)}")
    print_setup(sheet, *pages, *story_pages(pages, last=last), heading_row=6)
    ways = ((m, b), (prose.correlation(data), 0.0), (-0.6, -2.5), (1.5, 2.5))
    there = {"x": style.on(sheet, x), "y": style.on(sheet, y)}
    draw_valley(book, Valley("slope", "intercept", ways, MSE, "mse", there), log)
    draw_live(book, live_lesson(data, table, log, names))
    teacher_sheet(book, "Penguins: for the teacher", prose.LEAD, prose.notes(data, m, b, learn, epochs, ours))


def draw_parameters(
    sheet: Worksheet, table: Table, start: tuple[float, float], hide_actual: bool
) -> dict[str, str]:
    """Slope and intercept, and the best ones beside them unless they are hidden; where the guesses stand."""
    y, x = table.column("y"), table.column("x")
    best = {"slope": f"=SLOPE({y},{x})", "intercept": f"=INTERCEPT({y},{x})"}
    titles = ("guess", "reset to") if hide_actual else ("guess", "reset to", "best")
    fit = {name: (begin, begin, best[name])[: len(titles)] for name, begin in zip(best, start, strict=True)}
    return controls.parameters(sheet, "B3", fit, titles)


def draw_scale(sheet: Worksheet, table: Table, names: dict[str, str], data: Points) -> dict[str, str]:
    """Means and deviations, the line in the data's own units, the gradient and the step."""
    for cell, words in (("D12", "mean"), ("E12", "deviation")):
        style.put_heading(sheet, cell, words)
    found = {}
    for row, letter, name in ((13, "x", data.x_name), (14, "y", data.y_name)):
        style.put_label(sheet, f"B{row}", Written(f"{letter}: {translated(name)}"), style.LEFT)
        for column, function, kind in (("D", "AVERAGE", "mean"), ("E", "STDEVP", "std")):
            values = table.column(f"raw {letter}")
            form = shown(max(map(abs, getattr(data, letter)))) if data.own else THREE
            style.put(sheet, f"{column}{row}", f"={function}({values})", border=style.UNDER, shown=form)
            found[f"{kind} {letter}"] = f"${column}${row}"
    names = {**names, **found}
    rise, height = THREE, ONE
    if data.own:
        rise, height = (
            shown(max(map(abs, data.y)) / (max(data.x) - min(data.x))),
            shown(max(map(abs, data.y))),
        )
    for row, label, formula, form in (
        (16, "slope in these units", "={start slope}*{std y}/{std x}", rise),
        (17, "intercept in these units", "={mean y}+{std y}*{start intercept}-E16*{mean x}", height),
        (19, "gradient for slope", f"=AVERAGE({table.column('2·error·x')})", THREE),
        (20, "gradient for intercept", f"=AVERAGE({table.column('2·error·1')})", THREE),
        (22, "new slope", "={start slope}-{learn}*E19", THREE),
        (23, "new intercept", "={start intercept}-{learn}*E20", THREE),
    ):
        controls.control(sheet, f"D{row}", label, formula.format_map(names), form)
    return found


def normalised(data: Points) -> tuple[str, str]:
    """What the axes of the normalised points are called."""
    x, y = (translated("{name}, normalised", name=translated(name)) for name in (data.x_name, data.y_name))
    return x, y


def draw_fit(sheet: Worksheet, table: Table, data: Points) -> None:
    """The chart of all rows and the line of the guess."""
    x, y, predicted = (table.reference(title) for title in ("x", "y", "y_pred"))
    charts.scatter_chart(
        sheet,
        "G11:M23",
        "All rows and the line of the guess",
        normalised(data),
        (
            Plot("data", x, y, INK, points=True, line=False, size=4),
            Plot("guess", x, predicted, ORANGE),
        ),
    )


def draw_lines(sheet: Worksheet, x: str, y: str, log: Table) -> None:
    """Part 2: the loss of many lines, and the way through them."""
    style.section(sheet, 37, "2  The valley of all lines", *prose.VALLEY)
    slopes, intercepts = [step * 3 / 10 for step in range(-2, 6)], [step / 2 for step in range(-5, 6)]
    grid = Grid(sheet, "B41", down=("slope", slopes), across=("intercept", intercepts))
    grid.draw(MSE, {"x": x, "y": y}, TWO)
    charts.way_chart(log, "B51:H66", ("slope", "$C$4"), ("intercept", "$C$5"))
    style.put_label(sheet, "J51", "To think about", style.LEFT)
    style.note(sheet, "J52", *prose.TO_THINK_ABOUT)


def draw_weights(sheet: Worksheet, names: dict[str, str]) -> dict[str, str]:
    """The slope above the x column and the intercept above the ones, as the dot product needs them."""
    for column, words, formula in (
        ("D", "slope", names["start slope"]),
        ("E", "intercept", names["start intercept"]),
    ):
        style.put_label(sheet, f"{column}{FIRST - 2}", words, style.RIGHT)
        style.put(sheet, f"{column}{FIRST - 1}", f"={formula}", border=style.FRAMED, shown=THREE)
    return {"weights": f"$D${FIRST - 1}:$E${FIRST - 1}"}


def draw_prose(sheet: Worksheet, table: Table, names: dict[str, str]) -> int:
    """The story right of the log; its last row."""
    x, y = table.column("x"), table.column("y")
    known = {
        **names,
        "loss": "$K$3",
        "least": f"(STEYX({y},{x})^2*(COUNT({x})-2)/COUNT({x}))",
        "gradient slope": "$E$19",
        "gradient intercept": "$E$20",
        "second x": style.absolute(table.cell("x", 2)),
    }
    [*_, end] = draw_story(sheet, 20, prose.STORY, known)
    return glossary(sheet, end + 2, prose.WORDS, 8, column=20)


def live_lesson(data: Points, table: Table, log: Table, names: dict[str, str]) -> LiveLesson:
    """What the tab Live shows: slope and intercept after any number of epochs."""
    x, y = table.column("x"), table.column("y")
    return LiveLesson(
        log=log,
        parameters=(("s", "slope", BLUE), ("i", "intercept", ORANGE)),
        starts=("$D$4", "$D$5"),
        guesses=("$C$4", "$C$5"),
        carried=("$E$22", "$E$23"),
        points=(x, y),
        axes=normalised(data),
        loss_name="mse",
        loss="SUMPRODUCT(({s}*{x}+{i}-{y})^2)/COUNT({x})",
        line=("{s}*{at}+{i}",),
        epoch=PROBE,
        names={**names, "x": x, "y": y},
        why=why(2),
        to_think_about=LIVE_QUESTIONS,
    )
