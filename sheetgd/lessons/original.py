"""The worksheet as it was published, number for number, with its slips explained on the teacher's tab."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons import original_prose as prose
from sheetgd.lessons.descent import X, Y
from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.live_lesson import LiveLesson
from sheetgd.lessons.kit.live_maps import why
from sheetgd.lessons.kit.live_tab import draw_live
from sheetgd.lessons.kit.story import draw_story, glossary
from sheetgd.lessons.kit.style import BLUE, INK, ONE, ORANGE, THREE, WHOLE
from sheetgd.lessons.kit.tables import Column, Grid, Table
from sheetgd.lessons.kit.valley_tab import Valley, draw_valley

FIVE = (
    Column("x", X[:5]),
    Column("y", Y[:5]),
    Column("y_pred", "={my m}*{x}+{my b}", ONE),
    Column("error_sq", "=({y_pred}-{y})^2", WHOLE),
)
STEPS = (
    Column("x", X),
    Column("y", Y),
    Column("m", "={above new_m}", THREE, first="={start m}", colour=BLUE),
    Column("b", "={above new_b}", THREE, first="={start b}", colour=ORANGE),
    Column("y_pred", "={m}*{x}+{b}", ONE),
    Column("error_sq", "=({y_pred}-{y})^2", WHOLE),
    Column("err_m1", "=(({m}+0.01)*{x}+{b}-{y})^2", WHOLE, colour=BLUE),
    Column("de/dm", "=2*({m}*{x}+{b}-{y})", WHOLE, colour=BLUE),  # swapped: it is that for b
    Column("new_m", "={m}-{learn}*{de/dm}", THREE, colour=BLUE),
    Column("err_b1", "=(({b}+0.01)+{m}*{x}-{y})^2", WHOLE, colour=ORANGE),
    Column("de/db", "=2*{x}*({m}*{x}+{b}-{y})", WHOLE, colour=ORANGE),  # and this for m
    Column("new_b", "={b}-{learn}*{de/db}", THREE, colour=ORANGE),
)
FIVE_LOSS = "=SQRT(SUMPRODUCT(({x}*{m}+{b}-{y})^2))"
LOG = (
    Column("epoch", shown=WHOLE),
    Column("m", shown=THREE, colour=BLUE),
    Column("b", shown=THREE, colour=ORANGE),
    Column("rmse", shown=WHOLE),
)


def draw(
    book: Workbook,
    *,
    epochs: int = 5,
    title: str = "Gradient descent: the published worksheet",
    hide_actual: bool = False,
) -> None:
    """Draw the lesson's tab and the teacher's."""
    sheet = lesson_sheet(
        book,
        "Original",
        title,
        "The same numbers as in print, slips included. Can you find them?",
        last_row=95,
    )
    steps = Table(sheet, "B74", STEPS, rows=20)
    five = Table(sheet, "B12", FIVE, rows=5)
    grid = Grid(sheet, "B38", down=("m", range(1, 9)), across=("b", range(0, 31, 3)))

    values: dict[str, tuple[float | str, ...]] = {"m": (2, 1, 1), "b": (30, 1, 1)}
    if hide_actual:
        values = {name: ("", *rest) for name, (_, *rest) in values.items()}
    titles = ("" if hide_actual else "actual", "guess", "reset to")
    names = controls.parameters(sheet, "B3", values, titles)
    names |= controls.learn_and_epochs(sheet, "G3", 0.0001, epochs)
    controls.loss(sheet, "J3:J5", "K3:M5", "rmse", f"=SQRT(SUM({steps.column('error_sq')}))", WHOLE)
    log = tables.epoch_log(sheet, "O6", "Epoch log", LOG, styled_rows=89)

    draw_five(sheet, five, steps, log, hide_actual)

    style.section(sheet, 34, "2  The rmse of many lines", *prose.MANY_LINES)
    grid.draw(FIVE_LOSS, {"x": five.column("x"), "y": five.column("y")})
    charts.way_chart(log, "B48:H64", ("m", "$D$4"), ("b", "$D$5"))
    style.put_label(sheet, "J48", "To think about", style.LEFT)
    style.note(sheet, "J49", *prose.TO_THINK_ABOUT)

    style.section(sheet, 67, "3  One epoch, row by row", *prose.STEP_BY_STEP)
    steps.draw(names)
    tables.carried(steps, {"new_m": "↑ next m", "new_b": "↑ next b"})
    [*_, end] = draw_story(sheet, 20, prose.STORY, {})
    last = glossary(sheet, end + 2, prose.WORDS, 8, column=20)
    pages = ("A1:R32", "A33:R65", "A66:R95")
    print_setup(sheet, *pages, *story_pages(pages, last=last), heading_row=6)
    there = {name: style.on(sheet, five.column(name)) for name in "xy"}
    draw_valley(book, Valley("m", "b", ((0, 0), (4, 36)), FIVE_LOSS, "rmse", there), log)
    draw_live(book, live_lesson(steps, log, names))
    teacher_sheet(book, "The published worksheet: for the teacher", prose.LEAD, prose.NOTES)


def live_lesson(steps: Table, log: Table, names: dict[str, str]) -> LiveLesson:
    """What the tab Live shows: the line after any number of epochs, with the sheet's own rmse, that of its rows."""
    row = "({error 1}+{m}*({error 2}-{error 1})+{b}*({error 3}-{error 1}))"  # a row's miss, from the epoch's start
    return LiveLesson(
        log=log,
        parameters=(("m", "m", BLUE), ("b", "b", ORANGE)),
        starts=("$E$4", "$E$5"),
        guesses=("$D$4", "$D$5"),
        carried=tuple(style.absolute(steps.cell(title, steps.rows)) for title in ("new_m", "new_b")),
        points=(steps.column("x"), steps.column("y")),
        axes=("x", "y"),
        loss_name="rmse",
        loss=f"SQRT(SUMPRODUCT({row}^2))",
        line=("{m}*{at}+{b}",),
        epoch={
            "m": "={m}-{learn}*2*({m}*{x}+{b}-{y})",
            "b": "={b}-{learn}*2*{x}*({m}*{x}+{b}-{y})",
        },
        names=names,
        why=why(2),
        to_think_about=prose.LIVE_QUESTIONS,
        steps=steps,
        error="={m}*{x}+{b}-{y}",
        typed=25,
    )


def draw_five(sheet: Worksheet, five: Table, steps: Table, log: Table, hide_actual: bool) -> None:
    """Part 1: five points and a line of one's own, its chart and the curve."""
    style.section(sheet, 8, "1  Five points, and a line of your own", *prose.FIVE_POINTS)
    five.draw(draw_hand(sheet, five, hide_actual))
    x, y, y_pred = (steps.reference(title) for title in ("x", "y", "y_pred"))
    mine = Plot("my line", five.reference("x"), five.reference("y_pred"), ORANGE)
    charts.scatter_chart(
        sheet,
        "G12:M32",
        "The points, my line, and what part 3 predicts",
        ("x", "y"),
        (
            Plot("data", x, y, INK, points=True, line=False),
            mine,
            Plot("part 3", x, y_pred, BLUE, points=True, line=False),
        ),
        legend=True,
    )
    charts.loss_chart(log, "B24:E32")


def draw_hand(sheet: Worksheet, five: Table, hide_actual: bool) -> dict[str, str]:
    """Part 1's own m and b beside the actual ones, and its rmse; returns the names of the two cells."""
    style.put_heading(sheet, "D19", "mine")
    if not hide_actual:
        style.put_heading(sheet, "E19", "actual")
        style.put(sheet, "E20", "=$C$4", shown=THREE)
        style.put(sheet, "E21", "=$C$5", shown=THREE)
    for cell, words in (("C20", "my m"), ("C21", "my b"), ("C22", "rmse")):
        style.put_label(sheet, cell, words)
    for cell in ("D20", "D21"):
        style.put_input(sheet, cell, 1, THREE)
    controls.numeric(sheet, "D20:D21")
    style.put(sheet, "D22", f"=SQRT(SUM({five.column('error_sq')}))", shown=WHOLE)
    return {"my m": "$D$20", "my b": "$D$21"}
