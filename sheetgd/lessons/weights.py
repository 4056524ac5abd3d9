"""Two weights into one output: the dot product, two slopes, and one step with both weights at once."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons import weights_prose as prose
from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.live_lesson import LiveLesson
from sheetgd.lessons.kit.live_maps import why
from sheetgd.lessons.kit.live_tab import draw_live
from sheetgd.lessons.kit.story import draw_story, glossary
from sheetgd.lessons.kit.style import BLUE, INK, ORANGE, THREE, WHOLE
from sheetgd.lessons.kit.tables import Column, Grid, Table
from sheetgd.lessons.kit.valley_tab import Valley, draw_valley

ROW = (
    Column("x1", "={box x1}"),
    Column("x2", "={box x2}"),
    Column("y", "={box y}"),
    Column("w1", "={start w1}", THREE, colour=BLUE),
    Column("w2", "={start w2}", THREE, colour=ORANGE),
    Column("prediction", "={box prediction}", THREE),
    Column("miss", "={box prediction}-{box y}", THREE),
    Column("slope 1", "={box slope1}", THREE, colour=BLUE),
    Column("slope 2", "={box slope2}", THREE, colour=ORANGE),
    Column("new_w1", "={box new1}", THREE, colour=BLUE),
    Column("new_w2", "={box new2}", THREE, colour=ORANGE),
)
LOG = (
    Column("epoch", shown=WHOLE),
    Column("w1", shown=THREE, colour=BLUE),
    Column("w2", shown=THREE, colour=ORANGE),
    Column("error", shown=THREE),
    Column("loss", shown=THREE),
)
LOSS = "=({box x1}*{w1}+{box x2}*{w2}-{box y})^2"
SHORT = "0.###"


def draw(
    book: Workbook, *, learn: float = 0.01, epochs: int = 1, title: str = "Two weights, one output"
) -> None:
    """Draw the lesson's tab and the teacher's."""
    sheet = lesson_sheet(
        book,
        "Weights",
        title,
        "Two inputs, two weights, one sum: each weight gets a slope of its own.",
        94,
        log=5,
    )
    names = controls.parameters(sheet, "B3", {"w1": (1, 1), "w2": (2, 2)}, ("guess", "reset to"))
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    log = tables.epoch_log(sheet, "O6", "Epoch log", LOG, styled_rows=87)
    names |= draw_step(sheet, names)
    names |= controls.control(sheet, "G5", "error", "={box prediction}-{box y}".format_map(names), THREE)
    controls.loss(sheet, "J3:J5", "K3:M5", "loss", "={error}^2".format_map(names), THREE)

    style.section(sheet, 31, "4  Both at once, or one after the other?", *prose.AT_ONCE)
    draw_orders(sheet, names)
    style.section(sheet, 40, "5  The same step as one row of a table", *prose.ONE_ROW)
    row = Table(sheet, "B43", ROW, rows=1)
    row.draw(names)
    tables.carried(row, {"new_w1": "↑ next w1", "new_w2": "↑ next w2"})
    charts.loss_chart(log, "B47:H61")
    style.put_label(sheet, "J47", "To think about", style.LEFT)
    style.note(sheet, "J48", *prose.TO_THINK_ABOUT)

    style.section(sheet, 64, "6  The valley of two weights", *prose.VALLEY)
    grid = Grid(sheet, "B68", down=("w1", range(-3, 5)), across=("w2", [step / 2 for step in range(-3, 8)]))
    grid.draw(LOSS, names)
    charts.way_chart(log, "B78:H93", ("w1", "$C$4"), ("w2", "$C$5"))
    style.put_label(sheet, "J78", "In the valley", style.LEFT)
    style.note(sheet, "J79", *prose.IN_THE_VALLEY)
    known = {
        **names,
        "left": f"({names['box x1']}*{names['box new1']}+{names['box x2']}*{names['box new2']}-{names['box y']})",
    }
    [*_, end] = draw_story(sheet, 21, prose.STORY, known)
    last = glossary(sheet, end + 2, prose.WORDS, 8, column=21)
    pages = ("A1:S29", "A30:S62", "A63:S94")
    print_setup(sheet, *pages, *story_pages(pages, "U:AB", last), heading_row=6)
    there = {name: style.on(sheet, cell) for name, cell in names.items()}
    draw_valley(book, Valley("w1", "w2", ((-3, -1.5), (4, 3.5)), LOSS, "loss", there), log)
    draw_live(book, live_lesson(row, log, names))
    teacher_sheet(book, "Two weights: for the teacher", prose.LEAD, prose.notes(learn, epochs))


def live_lesson(row: Table, log: Table, names: dict[str, str]) -> LiveLesson:
    """What the tab Live shows: both weights after any number of epochs, and the pairs that are exactly right."""
    squares = "({box x1}^2+{box x2}^2)"
    right = (  # the nearest to 0 of the pairs without error, and from there along the floor of the valley
        "IF({squares}=0,0,{box y}*{box x1}/{squares}-{at}*{box x2}/SQRT({squares}))",
        "IF({squares}=0,0,{box y}*{box x2}/{squares}+{at}*{box x1}/SQRT({squares}))",
    )
    slope = "{learn}*2*({w1}*{box x1}+{w2}*{box x2}-{box y})"
    return LiveLesson(
        log=log,
        parameters=(("w1", "w1", BLUE), ("w2", "w2", ORANGE)),
        starts=("$D$4", "$D$5"),
        guesses=("$C$4", "$C$5"),
        carried=tuple(style.absolute(row.cell(title, 1)) for title in ("new_w1", "new_w2")),
        points=(names["box x1"], names["box y"]),
        axes=("w2", "w1"),
        loss_name="loss",
        loss="({w1}*{box x1}+{w2}*{box x2}-{box y})^2",
        line=tuple(formula.replace("{squares}", squares) for formula in right),
        epoch={name: f"={{w{name[1]}}}-{slope}*{{box x{name[1]}}}" for name in ("w1", "w2")},
        names=names,
        why=why(2),
        to_think_about=prose.LIVE_QUESTIONS,
        typed=3,
    )


def draw_step(sheet: Worksheet, names: dict[str, str]) -> dict[str, str]:
    """One step as three lines of boxes, vectors as two boxes on top of each other; their addresses by name."""

    def box(columns: str, row: int, value: float | str, words: str, colour: str = INK, rows: int = 1) -> str:
        area = f"{columns[0]}{row}:{columns[1]}{row + rows - 1}"
        shown = style.FULL if "learn" in words else SHORT
        return controls.box(sheet, area, value, words, shown=shown, colour=colour)

    def pair(columns: str, row: int, values: Sequence[float | str], words: str) -> tuple[str, str]:
        return box(columns, row, values[0], words, BLUE), box(columns, row + 1, values[1], "", ORANGE)

    def single(columns: str, row: int, value: float | str, words: str) -> str:
        return box(columns, row, value, words, rows=2)

    for row, signs in ((11, "·=→"), (18, "×= "), (25, "−×=")):
        for column, words in zip("DGJ", signs, strict=True):
            style.sign(sheet, f"{column}{row}:{column}{row + 1}", words.strip())

    style.section(sheet, 8, "1  Forward: the dot product", prose.FORWARD)
    x = pair("BC", 11, (3, 4), "inputs x1, x2")
    w = pair("EF", 11, (f"={names['start w1']}", f"={names['start w2']}"), "weights w1, w2")
    prediction = single("HI", 11, f"=SUMPRODUCT({x[0]}:{x[1]},{w[0]}:{w[1]})", "prediction")
    y = single("KL", 11, 6, "target y")
    style.caption(sheet, "H13:I13", "SUMPRODUCT(x, w)")

    style.section(sheet, 15, "2  Backward: a slope for each weight", prose.BACKWARD)
    steep = single("BC", 18, f"=2*({prediction}-{y})", "2 × error")
    pair("EF", 18, (f"={x[0]}", f"={x[1]}"), "inputs x1, x2")
    slope = pair("HI", 18, (f"={steep}*{x[0]}", f"={steep}*{x[1]}"), "slopes")
    for area, words in (
        ("B20:C20", "the same for both"),
        ("E20:F20", "each its own"),
        ("H20:I20", "the gradient"),
    ):
        style.caption(sheet, area, words)

    style.section(sheet, 22, "3  Step: both weights at once", prose.STEP)
    pair("BC", 25, (f"={w[0]}", f"={w[1]}"), "weights w1, w2")
    single("EF", 25, f"={names['learn']}", "how little: learn")
    pair("HI", 25, (f"={slope[0]}", f"={slope[1]}"), "slopes")
    after = [f"={weight}-{names['learn']}*{its}" for weight, its in zip(w, slope, strict=True)]
    new = pair("KL", 25, after, "weights after the step")
    controls.control(sheet, "K28", "error then", f"={x[0]}*{new[0]}+{x[1]}*{new[1]}-{y}", SHORT)
    boxes = {"x1": x[0], "x2": x[1], "w1": w[0], "w2": w[1], "prediction": prediction, "y": y}
    boxes |= {"slope1": slope[0], "slope2": slope[1], "new1": new[0], "new2": new[1]}
    return {f"box {name}": address for name, address in boxes.items()}


def draw_orders(sheet: Worksheet, names: dict[str, str]) -> None:
    """The weights and the error after a step with both at once, and with one weight after the other."""
    for cell, words, colour in (("E35", "w1", BLUE), ("F35", "w2", ORANGE), ("G35", "error then", INK)):
        style.put_heading(sheet, cell, words, colour)
    later = "={box w2}-{learn}*2*({box x1}*E37+{box x2}*{box w2}-{box y})*{box x2}"
    lines = (("both at once", "={box new2}"), ("w1 first, then w2 with the new w1", later))
    for row, (words, second) in enumerate(lines, start=36):
        style.put(sheet, f"B{row}", words, align=style.LEFT)
        left = f"={{box x1}}*E{row}+{{box x2}}*F{row}-{{box y}}"
        for column, formula in zip("EFG", ("={box new1}", second, left), strict=True):
            style.put(sheet, f"{column}{row}", formula.format_map(names), border=style.UNDER, shown=THREE)
