"""Two weights into one output: the dot product, two slopes, and one step with both weights at once."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import Figures, Part, lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.story import draw_story
from sheetgd.lessons.kit.style import BLUE, INK, ORANGE, THREE, WHOLE
from sheetgd.lessons.kit.tables import Column, Grid, Table
from sheetgd.lessons.kit.valley_tab import Valley, draw_valley
from sheetgd.lessons.line_epoch import power

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

    style.section(sheet, 31, "4  Both at once, or one after the other?", *AT_ONCE)
    draw_orders(sheet, names)
    style.section(sheet, 40, "5  The same step as one row of a table", *ONE_ROW)
    row = Table(sheet, "B43", ROW, rows=1)
    row.draw(names)
    tables.carried(row, {"new_w1": "↑ next w1", "new_w2": "↑ next w2"})
    charts.loss_chart(log, "B47:H61")
    style.put_label(sheet, "J47", "To think about", style.LEFT)
    style.note(sheet, "J48", *TO_THINK_ABOUT)

    style.section(sheet, 64, "6  The valley of two weights", *VALLEY)
    grid = Grid(sheet, "B68", down=("w1", range(-3, 5)), across=("w2", [step / 2 for step in range(-3, 8)]))
    grid.draw(LOSS, names)
    charts.way_chart(log, "B78:H93", ("w1", "$C$4"), ("w2", "$C$5"))
    style.put_label(sheet, "J78", "In the valley", style.LEFT)
    style.note(sheet, "J79", *IN_THE_VALLEY)
    known = {
        **names,
        "left": f"({names['box x1']}*{names['box new1']}+{names['box x2']}*{names['box new2']}-{names['box y']})",
    }
    draw_story(sheet, 21, STORY, known)
    pages = ("A1:S29", "A30:S62", "A63:S94")
    print_setup(sheet, *pages, *story_pages(pages, "U:AB"), heading_row=6)
    there = {name: f"Weights!{cell}" for name, cell in names.items()}
    draw_valley(book, Valley("w1", "w2", ((-3, -1.5), (4, 3.5)), LOSS, "loss", there), log)
    teacher_sheet(book, "Two weights: for the teacher", LEAD, notes(learn, epochs))


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

    style.section(sheet, 8, "1  Forward: the dot product", FORWARD)
    x = pair("BC", 11, (3, 4), "inputs x1, x2")
    w = pair("EF", 11, (f"={names['start w1']}", f"={names['start w2']}"), "weights w1, w2")
    prediction = single("HI", 11, f"=SUMPRODUCT({x[0]}:{x[1]},{w[0]}:{w[1]})", "prediction")
    y = single("KL", 11, 6, "target y")
    style.caption(sheet, "H13:I13", "SUMPRODUCT(x, w)")

    style.section(sheet, 15, "2  Backward: a slope for each weight", BACKWARD)
    steep = single("BC", 18, f"=2*({prediction}-{y})", "2 × error")
    pair("EF", 18, (f"={x[0]}", f"={x[1]}"), "inputs x1, x2")
    slope = pair("HI", 18, (f"={steep}*{x[0]}", f"={steep}*{x[1]}"), "slopes")
    for area, words in (
        ("B20:C20", "the same for both"),
        ("E20:F20", "each its own"),
        ("H20:I20", "the gradient"),
    ):
        style.caption(sheet, area, words)

    style.section(sheet, 22, "3  Step: both weights at once", STEP)
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


FORWARD = (
    "Each input is multiplied by its weight, and the products are added up: as drawn, 3 × 1 + 4 × 2 = 11."
)
BACKWARD = "The error is shared out by the inputs: the larger its input, the more a weight had to do with it."
STEP = "Both slopes belong to the same two weights, so both weights move at the same moment."
AT_ONCE = (
    "Above, both slopes are taken before either weight moves. In the second line w1 moves first, and w2 gets its "
    "slope",
    "from the new w1, when the error is another one already. That is another method, with another result.",
)
ONE_ROW = (
    "Everything above, side by side. A run carries new_w1 and new_w2 up to the guesses, and the boxes follow.",
)
TO_THINK_ABOUT = (
    "By what is the error multiplied in",
    "one epoch? And in the next one?",
    "",
    "Which weight moves further, and why?",
    "",
    "Give x1 the value 0. Which weight",
    "learns nothing any more?",
)
VALLEY = ("Each cell is the loss of one pair: its w1 stands at the left, its w2 above. Blue is good.",)
IN_THE_VALLEY = (
    "Four cells are 0. Find a fifth pair",
    "that is right, between them.",
    "",
    "Is there a best pair?",
    "",
    "Start from w1 = 4, w2 = 3. Where in",
    "the valley will it end, and why not",
    "where it ends from 1 and 2?",
)
STORY = {
    8: (
        "# Two weights at once",
        "Two numbers come in, each is multiplied by its own **weight**, and the sum is the **prediction**. "
        "Multiplying in "
        "pairs and adding up is called a **dot product**. The error is what the prediction misses the target by, and "
        "the **loss** is its square.",
        "Now: [[ROUND({box x1},6)]] × [[ROUND({box w1},6)]] + [[ROUND({box x2},6)]] × [[ROUND({box w2},6)]] = "
        "[[ROUND({box prediction},6)]], the target is [[{box y}]], the loss [[ROUND(({box prediction}-{box "
        "y})^2,6)]].",
        "# The gradient",
        "Nudge one weight and leave the other: how much the loss moves is the **slope** for that weight, 2 × error × "
        "its input. All slopes together, as one list, are the **gradient**. It points to where the loss grows "
        "fastest, so the weights go the other way, by **learn**, the **learning rate**, times it: **gradient "
        "descent**.",
        "# The same in Python",
        "` import numpy as np",
        "` x = np.array([ [[{box x1}]], [[{box x2}]] ])",
        "` w = np.array([ [[ROUND({box w1},9)]], [[ROUND({box w2},9)]] ])",
        "` error = (x * w).sum() - [[{box y}]]",
        "` slopes = 2 * error * x",
        "` w = w - [[{learn}]] * slopes",
        "An array is multiplied in one go, number by number. That gives slopes [[ROUND({box slope1},6)]] and "
        "[[ROUND({box slope2},6)]], and weights [[ROUND({box new1},6)]] and [[ROUND({box new2},6)]], as in the "
        "boxes.",
    ),
    31: (
        "# An epoch",
        "Once through all the data is an **epoch**. With one point it is one step. Each brings the error nearer to "
        "0 or, "
        "if learn is too large, throws it to the other side.",
        "The next error is [[ROUND({left},6)]], after [[ROUND({box prediction}-{box y},6)]] now.",
    ),
    64: (
        "# A valley without a lowest point",
        "One point and two weights: many pairs are exactly right, and in the table they lie on a line, the floor of "
        "the "
        "valley. Each step goes straight across it. Where a run arrives depends on where it began.",
        "# Questions",
        "? 1.  Which of the two slopes is larger, and what decides that?",
        "? 2.  What would the gradient be if x1 were 0?",
        "? 3.  In which Python line would a loop over the weights have stood?",
    ),
}
LEAD = "What the sheet shows, a way through it with a class, the figures to expect, and why there is no single answer."
SOURCE = (
    "The example with inputs 3 and 4, weights 1 and 2, target 6 and errors 5 and 2.5, and the idea of doing it in "
    "NumPy, "
    "follow the unsigned slides Gradient descent of a course on deep learning with Keras."
)


HOW_THE_ERROR_GOES: Part = (
    "How the error goes",
    (
        "One epoch multiplies the error by 1 - 2 × learn × (x1² + x2²). With learn 0.01 and these inputs "
        "that is "
        "1 - 0.02 × 25 = 0.5: it halves. With learn 0.02 one step would do; above 0.04 the error grows from "
        "step "
        "to step, and sheetgd stops the run.",
    ),
)

NO_SINGLE_ANSWER: Part = (
    "No single answer",
    (
        "One point and two weights: every pair with 3 × w1 + 4 × w2 = 6 is right, a whole line of them, the "
        "floor of the valley in part 6. Each step goes straight across the valley, in the direction (3, 4), "
        "so "
        "a run that converges ends at the point of the floor nearest to its start. From (1, 2) that is (0.4, "
        "1.2), from (4, 3) it is (1.84, 0.12). A second point would be needed to choose between them.",
    ),
)

BOTH_AT_ONCE: Part = (
    "Both at once",
    (
        "Part 4 compares two methods. Both at once is gradient descent: the slopes belong to one place, and "
        "the "
        "step is taken from there. One after the other (coordinate descent) goes downhill too, but ends "
        "elsewhere. A common slip in programs is the second while the first is meant: w1 is overwritten "
        "before "
        "the slope for w2 is taken.",
    ),
)

ANSWERS: Part = (
    "Answers",
    (
        "1. The one with the larger input, for the rest is the same for both. 2. Its first number would be "
        "0, and "
        "w1 would not learn. 3. In slopes = 2 * error * x and in the line below it: both work on whole "
        "arrays.",
    ),
)


def what_happens(learn: float) -> Part:
    """Forward, backward and a step, number by number."""
    left = 1 - 50 * learn
    return (
        "What happens here",
        (
            "Inputs 3 and 4, weights 1 and 2, one output without an activation function. Forward: the dot "
            "product 3 "
            "× 1 + 4 × 2 = 11, which SUMPRODUCT forms from the two columns of boxes (H11). The target is 6, so "
            "the "
            "error is 5 and the loss 25.",
            "Backward: each weight's slope is 2 × error × its own input, 10 × 3 = 30 and 10 × 4 = 40. Step: 1 - "
            f"{learn:.10g} × 30 = {1 - 30 * learn:.10g} and 2 - {learn:.10g} × 40 = {2 - 40 * learn:.10g}. The "
            f"prediction is then {6 + 5 * left:.10g} and the error {5 * left:.10g}.",
        ),
    )


def a_way_through(epochs: int) -> Part:
    """How to go through the sheet with a class."""
    many = "one epoch" if epochs == 1 else f"{epochs:,} epochs"
    return (
        "A way through it",
        (
            "1. Part 1: the class writes the sum out in full, then finds it again in the formula of H11. Longer "
            "vectors need no longer formula.",
            "2. Part 2: before the slopes are shown, which weight is more to blame? Check one by nudging: type "
            "1.001 "
            "into C4 and see the loss grow by 0.03.",
            "3. Part 3, then part 4: the order matters. Let a pair work out both lines by hand.",
            f"4. sheetgd run FILE does {many} (H4). Save and close the workbook first; open it again to see the "
            f"log "
            "and the curve. Predict the next error each time.",
            "5. Part 6: find the present weights in the table, then the line of zeros that they walk towards.",
        ),
    )


def figures_to_expect(learn: float) -> Part:
    """Both weights, the error and the loss after so many epochs."""
    left = 1 - 50 * learn
    rows: list[tuple[float, ...]] = []
    for count in (0, 1, 2, 3, 5, 10):
        error = 5 * power(left, count)
        gone = (5 - error) / 25
        rows.append((count, 1 - 3 * gone, 2 - 4 * gone, error, error * error))
    rows = [row for row in rows if abs(row[1]) < 1e9]
    return (
        "Figures to expect",
        (
            f"From w1 = 1 and w2 = 2 with learn {learn:.10g}, inputs 3 and 4 and target 6:",
            Figures(
                ("epochs run", "w1", "w2", "error", "loss"),
                rows,
                (WHOLE, THREE, THREE, THREE, "#,##0.0000"),
            ),
        ),
    )


def notes(learn: float, epochs: int) -> tuple[Part, ...]:
    """The teacher's notes, with the figures of this learn."""
    return (
        what_happens(learn),
        a_way_through(epochs),
        figures_to_expect(learn),
        HOW_THE_ERROR_GOES,
        NO_SINGLE_ANSWER,
        BOTH_AT_ONCE,
        ANSWERS,
        ("Sources", (SOURCE,)),
    )
