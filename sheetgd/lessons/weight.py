"""One weight and one point: every number of a step in a box of its own."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons import weight_prose as prose
from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.live_lesson import LiveLesson
from sheetgd.lessons.kit.live_maps import why
from sheetgd.lessons.kit.live_tab import draw_live
from sheetgd.lessons.kit.story import draw_story, glossary
from sheetgd.lessons.kit.style import BLUE, INK, ONE, ORANGE, THREE, TWO, WHOLE
from sheetgd.lessons.kit.tables import Column, Table

ROW = (
    Column("x", "={box x}"),
    Column("y", "={box y}"),
    Column("w", "={start w}", THREE, colour=BLUE),
    Column("prediction", "={box prediction}", THREE),
    Column("error", "={box error}", THREE),
    Column("slope", "={box slope}", THREE, colour=ORANGE),
    Column("new_w", "={box new}", THREE, colour=BLUE),
)
CURVE = (
    Column(
        "some weight", "={above some weight}+0.2", ONE, first="=IF({box x}=0,0,ROUND({box y}/{box x},0))-2"
    ),
    Column("its loss", "=({box x}*{some weight}-{box y})^2", ONE),
)
TANGENT = (
    Column("beside w", "={start w}+1", THREE, first="={start w}-1"),
    Column("tangent", "={box error}^2+{box slope}*({beside w}-{start w})", ONE),
)
BENT = (  # weights on both sides of the guess, through a sigmoid
    Column("a weight", "={above a weight}+0.5", TWO, first="=-1.5", colour=BLUE),
    Column("z", "={box x}*{a weight}", TWO),
    Column("sigmoid", "=1/(1+EXP(-MAX(-700,MIN(700,{z}))))", "0.0000"),
    Column("its loss", "=({sigmoid}-{target})^2", "0.0000"),
    Column("2·error", "=2*({sigmoid}-{target})", "0.0000"),
    Column("bend", "={sigmoid}*(1-{sigmoid})", "0.0000", colour=ORANGE),
    Column("input", "={box x}", ONE),
    Column("product", "={2·error}*{bend}*{input}", "0.0000", colour=ORANGE),
    Column(
        "by h", "=((1/(1+EXP(-MAX(-700,MIN(700,{z}+0.001*{box x}))))-{target})^2-{its loss})/0.001", "0.0000"
    ),
)
LOG = (
    Column("epoch", shown=WHOLE),
    Column("w", shown=THREE, colour=BLUE),
    Column("gradient", shown=THREE),
    Column("loss", shown=THREE, colour=ORANGE),
)
SHORT = "0.###"


def draw(book: Workbook, *, learn: float = 0.01, epochs: int = 1, title: str = "One weight learns") -> None:
    """Draw the lesson's tab and the teacher's."""
    sheet = lesson_sheet(
        book,
        "Weight",
        title,
        "The smallest network there is: one input, one weight, one output.",
        last_row=95,
    )
    names = controls.parameters(sheet, "B3", {"w": (2, 2)}, ("guess", "reset to"))
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    log = tables.epoch_log(sheet, "O6", "Epoch log", LOG, styled_rows=56)
    names |= draw_step(sheet, names)
    controls.control(sheet, "G5", "gradient", "={box slope}".format_map(names), THREE)
    controls.loss(sheet, "J3:J5", "K3:M5", "loss", "={box error}^2".format_map(names), THREE)

    style.section(sheet, 31, "4  The same step as one row of a table", *prose.ONE_ROW)
    row = Table(sheet, "B34", ROW, rows=1)
    row.draw(names)
    tables.carried(row, {"new_w": "↑ next w"})

    style.section(sheet, 38, "5  The valley, and where we stand in it", *prose.VALLEY)
    curve, tangent = Table(sheet, "B41", CURVE, rows=21), Table(sheet, "E41", TANGENT, rows=2)
    for table in (curve, tangent):
        table.draw(names)
    charts.scatter_chart(
        sheet,
        "G41:M51",
        "The loss of every weight, and the slope at ours",
        ("weight", "loss"),
        (
            Plot("loss", curve.reference("some weight"), curve.reference("its loss"), BLUE),
            Plot("slope", tangent.reference("beside w"), tangent.reference("tangent"), ORANGE),
            Plot("w", style.cells(sheet, "C4"), style.cells(sheet, "K3"), INK, points=True, line=False),
        ),
        from_zero=True,
    )
    charts.loss_chart(log, "G52:M62")
    style.section(sheet, 65, "6  The same slope through a sigmoid", *prose.SIGMOID)
    bent = Table(sheet, "B69", BENT, rows=7)
    bent.draw({**names, "target": "1"})
    [*_, end] = draw_story(sheet, 20, prose.STORY, names)
    last = glossary(sheet, end + 2, prose.WORDS, 8, column=20)
    pages = ("A1:R29", "A30:R63", "A64:R77")
    print_setup(sheet, *pages, *story_pages(pages, last=last), heading_row=6)
    draw_live(book, live_lesson(row, log, names))
    teacher_sheet(book, "One weight: for the teacher", prose.LEAD, prose.notes(learn, epochs))


def live_lesson(row: Table, log: Table, names: dict[str, str]) -> LiveLesson:
    """What the tab Live shows: the weight after any number of epochs."""
    return LiveLesson(
        log=log,
        parameters=(("w", "w", BLUE),),
        starts=("$D$4",),
        guesses=("$C$4",),
        carried=(style.absolute(row.cell("new_w", 1)),),
        points=(names["box x"], names["box y"]),
        axes=("input", "prediction"),
        loss_name="loss",
        loss="({w}*{x}-{y})^2",
        line=("{w}*{at}",),
        epoch={"w": "={w}-{learn}*2*({w}*{box x}-{box y})*{box x}"},
        names=names,
        why=why(1),
        to_think_about=prose.LIVE_QUESTIONS,
        typed=5,
        from_zero=True,
    )


def draw_step(sheet: Worksheet, names: dict[str, str]) -> dict[str, str]:
    """One step as three lines of boxes; returns the addresses of its numbers by name."""
    style.section(sheet, 8, "1  Forward: what does the network say?", prose.FORWARD)
    x = controls.box(sheet, "B11:C12", 3, "input x")
    w = controls.box(sheet, "E11:F12", f"={names['start w']}", "weight w", shown=SHORT, colour=BLUE)
    prediction = controls.box(sheet, "H11:I12", f"={x}*{w}", "prediction", shown=SHORT)
    y = controls.box(sheet, "K11:L12", 10, "target y")
    for row, signs in ((11, "×=→"), (16, "××="), (23, "−×=")):
        for column, words in zip("DGJ", signs, strict=True):
            style.sign(sheet, f"{column}{row}:{column}{row + 1}", words)

    style.section(sheet, 13, "2  Backward: how does the loss change with the weight?", prose.BACKWARD)
    error = f"({prediction}-{y})"
    factors = (
        controls.box(sheet, "B16:C17", f"=2*{error}", "slope of the loss", shown=SHORT),
        controls.box(sheet, "E16:F17", f"={x}", "value fed from", shown=SHORT),
        controls.box(sheet, "H16:I17", "=1", "slope of activation", shown=SHORT),
    )
    product = "*".join(factors)
    slope = controls.box(sheet, "K16:L17", f"={product}", "slope for w", shown=SHORT, colour=ORANGE)
    for columns, lines in (
        ("BC", ("2 × (prediction − target),", "at the node fed into")),
        ("EF", ("the input x,", "at the node fed from")),
        ("HI", ("1: the output is", "the sum as it is")),
        ("KL", ("the gradient: how the loss", "changes with the weight")),
    ):
        for row, line in enumerate(style.translated_lines(*lines), start=18):
            style.caption(sheet, f"{columns[0]}{row}:{columns[1]}{row}", line)

    style.section(sheet, 20, "3  Step: a little against the slope", prose.STEP)
    controls.box(sheet, "B23:C24", f"={w}", "weight w", shown=SHORT, colour=BLUE)
    controls.box(sheet, "E23:F24", f"={names['learn']}", "how little: learn", shown=style.FULL)
    controls.box(sheet, "H23:I24", f"={slope}", "slope for w", shown=SHORT, colour=ORANGE)
    new = controls.box(
        sheet, "K23:L24", f"={w}-{names['learn']}*{slope}", "new weight", shown="0.00##", colour=BLUE
    )
    style.put_label(sheet, "B25", "To think about", style.LEFT)
    style.note(sheet, "B26", *prose.TO_THINK_ABOUT)
    boxes = {"x": x, "y": y, "prediction": prediction, "error": error, "slope": slope, "new": new}
    return {f"box {name}": address for name, address in boxes.items()}
