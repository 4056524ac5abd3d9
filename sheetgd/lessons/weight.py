"""One weight and one point: every number of a step in a box of its own."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import Figures, Part, lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.story import draw_story
from sheetgd.lessons.kit.style import BLUE, INK, ONE, ORANGE, THREE, TWO, WHOLE
from sheetgd.lessons.kit.tables import Column, Table
from sheetgd.lessons.line_epoch import power

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
        last_row=78,
    )
    names = controls.parameters(sheet, "B3", {"w": (2, 2)}, ("guess", "reset to"))
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    log = tables.epoch_log(sheet, "O6", "Epoch log", LOG, styled_rows=56)
    names |= draw_step(sheet, names)
    controls.control(sheet, "G5", "gradient", "={box slope}".format_map(names), THREE)
    controls.loss(sheet, "J3:J5", "K3:M5", "loss", "={box error}^2".format_map(names), THREE)

    style.section(sheet, 31, "4  The same step as one row of a table", *ONE_ROW)
    row = Table(sheet, "B34", ROW, rows=1)
    row.draw(names)
    tables.carried(row, {"new_w": "↑ next w"})

    style.section(sheet, 38, "5  The valley, and where we stand in it", *VALLEY)
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
    style.section(sheet, 65, "6  The same slope through a sigmoid", *SIGMOID)
    bent = Table(sheet, "B69", BENT, rows=7)
    bent.draw({**names, "target": "1"})
    draw_story(sheet, 20, STORY, names)
    pages = ("A1:R29", "A30:R63", "A64:R77")
    print_setup(sheet, *pages, *story_pages(pages), heading_row=6)
    teacher_sheet(book, "One weight: for the teacher", LEAD, notes(learn, epochs))


def draw_step(sheet: Worksheet, names: dict[str, str]) -> dict[str, str]:
    """One step as three lines of boxes; returns the addresses of its numbers by name."""
    style.section(sheet, 8, "1  Forward: what does the network say?", FORWARD)
    x = controls.box(sheet, "B11:C12", 3, "input x")
    w = controls.box(sheet, "E11:F12", f"={names['start w']}", "weight w", shown=SHORT, colour=BLUE)
    prediction = controls.box(sheet, "H11:I12", f"={x}*{w}", "prediction", shown=SHORT)
    y = controls.box(sheet, "K11:L12", 10, "target y")
    for row, signs in ((11, "×=→"), (16, "××="), (23, "−×=")):
        for column, words in zip("DGJ", signs, strict=True):
            style.sign(sheet, f"{column}{row}:{column}{row + 1}", words)

    style.section(sheet, 13, "2  Backward: how does the loss change with the weight?", BACKWARD)
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
        for row, line in enumerate(lines, start=18):
            style.caption(sheet, f"{columns[0]}{row}:{columns[1]}{row}", line)

    style.section(sheet, 20, "3  Step: a little against the slope", STEP)
    controls.box(sheet, "B23:C24", f"={w}", "weight w", shown=SHORT, colour=BLUE)
    controls.box(sheet, "E23:F24", f"={names['learn']}", "how little: learn", shown=style.FULL)
    controls.box(sheet, "H23:I24", f"={slope}", "slope for w", shown=SHORT, colour=ORANGE)
    new = controls.box(
        sheet, "K23:L24", f"={w}-{names['learn']}*{slope}", "new weight", shown="0.00##", colour=BLUE
    )
    style.put_label(sheet, "B25", "To think about", style.LEFT)
    style.note(sheet, "B26", *TO_THINK_ABOUT)
    boxes = {"x": x, "y": y, "prediction": prediction, "error": error, "slope": slope, "new": new}
    return {f"box {name}": address for name, address in boxes.items()}


FORWARD = (
    "The input times the weight is the prediction. It should be the target; error = prediction − target."
)
BACKWARD = (
    "The loss is error². Its slope for the weight is a product of three factors, read from the output back."
)
STEP = "The slope says where the loss grows. So go the other way, and only a little: learn says how little."
TO_THINK_ABOUT = (
    "Look at the sign of the slope. Should the weight grow or shrink?",
    "Which of the three factors changes with every step, and which never does?",
    "How far is the prediction off after one step? Type other values of learn and look.",
)
ONE_ROW = ("Everything above, side by side. A run carries new_w up to the guess of w, and the boxes follow.",)
VALLEY = (
    "Every weight has its loss. The black point is the guess above, the orange line has its slope. Type other "
    "weights.",
)
SIGMOID = (
    "An activation function bends the sum before it becomes the prediction; its slope is the third factor, and not 1 "
    "any more.",
    "sigmoid(z) = 1 / (1 + e^(−z)) lies between 0 and 1, and its slope is sigmoid × (1 − sigmoid). The target is 1.",
)
STORY = {
    8: (
        "# The smallest network",
        "One number comes in, is multiplied by one **weight**, and comes out as the **prediction**. What it misses "
        "the "
        "target by is the error, and the square of that is the **loss**: one number for how wrong the network is. "
        "Learning is finding the weight with the smallest loss.",
        "With the weight [[ROUND({start w},6)]] the prediction is [[ROUND({box prediction},6)]] and the target "
        "[[{box y}]], so the error is [[ROUND({box error},6)]] and the loss [[ROUND({box error}^2,6)]].",
        "# Which way, and how far",
        "How does the loss change when the weight grows by a little? That is the **slope**, or **derivative**, of "
        "the "
        "loss by the weight. Three links lie between the two, and the **chain rule** says: multiply their slopes. "
        "From "
        "the loss to the output: 2 × error. Through the **activation function**: 1, for there is none. From the sum "
        "to "
        "the weight: the value that comes in.",
        'The product is [[ROUND({box slope},6)]][[IF({box slope}<0,": the loss falls as the weight grows, so the '
        'weight should grow.",IF({box slope}>0,": the loss grows with the weight, so the weight should shrink.",": '
        'the ground is level, and no step is taken."))]]',
        "So the step goes against the slope, and it is a short one: the slope times **learn**, the **learning "
        "rate**. "
        "For the slope holds where we stand; further on there is another one. In many networks learn is about 0.01.",
        "Here learn is [[{learn}]], and after the step the loss is [[ROUND(({box x}*{box new}-{box y})^2,6)]], "
        '[[IF(({box x}*{box new}-{box y})^2<{box error}^2,"less than before.",IF({box error}=0,"as before: it cannot '
        'be less.","not less than before: this learn is too large."))]]',
    ),
    31: (
        "# An epoch",
        "Going once through all the data is an **epoch**. There is one point here, so one step is one epoch. Doing "
        "it "
        "again from the new weight, and again, is **gradient descent**.",
    ),
    38: (
        "# The shape of the loss",
        "The curve has one lowest place. To both sides of it the loss rises, never falls again, and rises the more "
        "steeply the farther out one goes. So far from the answer the steps are long, and they become shorter by "
        "themselves; learn stays the same.",
        "# Questions",
        "? 1.  Where on the curve is the slope 0, and what is the prediction there?",
        "? 2.  The target is 10 and the input 3: why can the weight never be exactly right in decimals?",
        "? 3.  Part 6: where is the sigmoid steepest? What happens to the slope for w far away from there?",
    ),
}
LEAD = "What the sheet shows, a way through it with a class, the figures to expect, and what can go wrong."
SOURCE = (
    "The slope as a product of three, with input 3, weight 2 and target 10, follows the unsigned slides Gradient "
    "descent "
    "of a course on deep learning with Keras. The remarks on the shape of the loss follow Josef Fruehwald, Gradient "
    "Descent (Neural Networks, November 14, 2022)."
)


TOO_LARGE_A_STEP: Part = (
    "Too large a step",
    (
        "One epoch multiplies the distance to the answer by 1 - 2 × learn × x². With x = 3 and learn 0.01 "
        "that "
        "is 0.82. With 1 / 18 = 0.0556 it is zero, and one step is enough; beyond that the weight jumps over "
        "the valley, and above 1 / 9 = 0.111 it lands further away each time. sheetgd stops such a run and "
        "keeps the last good epoch.",
    ),
)

QUESTIONS: Part = (
    "Questions for a class",
    (
        "1. At the weight target / input, where the prediction is right. 2. 10 / 3 has no end as a decimal. "
        "3. "
        "At z = 0, with slope 0.25; far out it is nearly 0, and the weight hardly learns (a vanishing "
        "gradient).",
        "Where does the 2 in 2 × (prediction - target) come from? (From the square.)",
        "Double the input to 6, with weight 2. What is the slope now, and why has it changed its sign? (The "
        "prediction is 12 and the error 2, so the slope is 2 × 2 × 6 = 24: the weight is too large now.)",
        "With input 0 the weight never learns. Why? (The second factor is 0: the weight had no part in the "
        "error.)",
        "Why not go all the way in one step? (Here one could. With two points that want different weights, "
        "each "
        "would undo the other's step.)",
    ),
)


def what_happens(learn: float) -> Part:
    """The slope as a product of three, and the step that follows from it."""
    new = 2 + 24 * learn
    return (
        "What happens here",
        (
            "One input, 3, goes through one weight, 2, and gives 6. It should have given 10. How must the weight "
            "change? The loss is the squared error, (6 - 10)² = 16, and its slope for the weight is found by the "
            "chain rule, one factor a link: the slope of the loss at the node that the weight feeds into, 2 × "
            "(6 - "
            "10) = -8; the value of the node that it is fed from, 3; and the slope of the activation function at "
            "the node fed into, which is 1 here, for there is none. The product is -24.",
            f"The step is learn times the slope, against it: 2 - {learn:.10g} × -24 = {new:.10g}. Larger "
            f"networks do "
            "nothing else. Each of their weights has these three factors, only that the first is itself handed "
            "back from the layer behind it.",
        ),
    )


def a_way_through(epochs: int) -> Part:
    """How to go through the sheet with a class."""
    many = "one epoch at a time" if epochs == 1 else f"{epochs:,} epochs at a time"
    return (
        "A way through it",
        (
            "1. Part 1 with x, w and the target on the board: the class finds the weight that would be right "
            "(10 / "
            "3).",
            "2. Part 2: cover the boxes, let the class fill them in. Check -24 by nudging: type 2.001 as the "
            "guess "
            "(C4) and see by how much the loss falls: 0.024, which is 24 times 0.001.",
            "3. Part 3: work out the new weight by hand, type it into C4, and do the next step by hand too.",
            f"4. Now sheetgd run FILE does the same, {many} (H4), and sheetgd run FILE --epochs 50 goes on for "
            "fifty. Save and close the workbook first; open it again to see the log and the curve.",
            "5. Other numbers: type into the yellow boxes B11 (input) and K11 (target).",
        ),
    )


def figures_to_expect(learn: float) -> Part:
    """The weight, its slope and the loss after so many epochs."""
    left = 1 - 18 * learn
    rows = []
    for count in (0, 1, 2, 5, 10, 20, 50):
        w = 10 / 3 + (2 - 10 / 3) * power(left, count)
        miss = 3 * w - 10
        rows.append((count, w, 6 * miss, miss * miss))
    rows = [row for row in rows if abs(row[1]) < 1e9]
    return (
        "Figures to expect",
        (
            f"From w = 2 with learn {learn:.10g}, input 3 and target 10:",
            Figures(("epochs run", "weight", "slope", "loss"), rows, (WHOLE, THREE, THREE, THREE)),
        ),
    )


def notes(learn: float, epochs: int) -> tuple[Part, ...]:
    """The teacher's notes, with the figures of this learn."""
    return (
        what_happens(learn),
        a_way_through(epochs),
        figures_to_expect(learn),
        TOO_LARGE_A_STEP,
        QUESTIONS,
        ("Sources", (SOURCE,)),
    )
