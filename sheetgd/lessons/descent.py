"""The default lesson: a straight line found by gradient descent, its derivatives by finite differences."""

from __future__ import annotations

import random

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit import live_tab as live
from sheetgd.lessons.kit.book import Figures, Part, lesson_sheet, print_setup, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.style import BLUE, FULL, INK, ONE, ORANGE, THREE, WHOLE
from sheetgd.lessons.kit.tables import Column, Grid, Table
from sheetgd.lessons.points import Points, round_down

X = (7, 9, 28, 30, 50, 22, 3, 9, 30, 23, 40, 23, 40, 18, 17, 3, 4, 16, 20, 10)
Y = tuple(2 * x + 30 for x in X)
LINE = Points(X, Y)

STEPS = (
    Column("m", "={above new_m}", THREE, first="={start m}", colour=BLUE),
    Column("b", "={above new_b}", THREE, first="={start b}", colour=ORANGE),
    Column("y_pred", "={m}*{x}+{b}", ONE),
    Column("error_sq", "=({y_pred}-{y})^2", WHOLE),
    Column("err_m1", "=(({m}+{h})*{x}+{b}-{y})^2", WHOLE, colour=BLUE),
    Column("de/dm", "=({err_m1}-{error_sq})/{h}", WHOLE, colour=BLUE),
    Column("new_m", "={m}-{learn}*{de/dm}", THREE, colour=BLUE),
    # b + h comes first: some engines lose the brackets of m*x + (b + h), and then add in another order
    Column("err_b1", "=(({b}+{h})+{m}*{x}-{y})^2", WHOLE, colour=ORANGE),
    Column("de/db", "=({err_b1}-{error_sq})/{h}", WHOLE, colour=ORANGE),
    Column("new_b", "={b}-{learn}*{de/db}", THREE, colour=ORANGE),
)
EPOCH = {  # a row of STEPS in one formula each: multiplied out, the nudged slopes lose no digits
    "m": "={m}-{learn}*{x}*(2*({m}*{x}+{b}-{y})+{h}*{x})",
    "b": "={b}-{learn}*(2*({m}*{x}+{b}-{y})+{h})",
}
GUESS = (
    Column("x", "={steps x}"),
    Column("y", "={steps y}"),
    Column("y_pred", "={start m}*{x}+{start b}", ONE),
    Column("error_sq", "=({y_pred}-{y})^2", WHOLE),
)
LOG = (
    Column("epoch", shown=WHOLE),
    Column("m", shown=THREE, colour=BLUE),
    Column("b", shown=THREE, colour=ORANGE),
    Column("rmse", shown=THREE),
)


def points(rows: int, seed: int) -> Points:
    """Other points on the same line."""
    chance = random.Random(seed)
    x = chance.sample(range(3, 51), min(rows, 48)) + [chance.randint(3, 50) for _ in range(rows - 48)]
    return Points(tuple(x), tuple(2 * value + 30 for value in x))


def draw(
    book: Workbook,
    *,
    data: Points = LINE,
    m: float = 1,
    b: float = 1,
    learn: float | None = None,
    epochs: int = 5,
    title: str = "Gradient descent: a line finds its way",
) -> None:
    """Draw the lesson's tab and the teacher's."""
    ours, usual = data is LINE, (data, m, b, learn, epochs) == (LINE, 1, 1, None, 5)
    rows = len(data.x)
    down = max(0, rows - 20)  # by how much longer tables push down what follows them
    learn = learn or (0.0001 if ours else round_down(0.25 / (max(x * x for x in data.x) + 1)))
    count = "twenty" if ours else f"{rows:,}"
    sheet = lesson_sheet(
        book,
        "Descent",
        title,
        f"A line is fitted to {count} points, one small step after another.",
        last_row=95 + 2 * down,
    )
    steps = Table(sheet, f"B{74 + down}", (Column("x", data.x), Column("y", data.y), *STEPS), rows)
    guess = Table(sheet, "B12", GUESS, rows)
    slopes, intercepts = (range(1, 9), range(0, 31, 3)) if ours else around(data)
    grid = Grid(sheet, f"B{38 + down}", down=("m", slopes), across=("b", intercepts))

    best = [f"={fit}({steps.column('y')},{steps.column('x')})" for fit in ("SLOPE", "INTERCEPT")]
    actual, answer = ("actual", (2, 30)) if ours else ("best", best)
    values = {"m": (answer[0], m, m), "b": (answer[1], b, b)}
    names = controls.parameters(sheet, "B3", values, (actual, "guess", "reset to"))
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    names |= controls.control(sheet, "G5", "h", 0.01, FULL)
    controls.positive(sheet, "H5", "The nudge", "h is a small number above zero, such as 0.01.")
    controls.loss(sheet, "J3:J5", "K3:M5", "rmse", f"=SQRT(AVERAGE({guess.column('error_sq')}))", THREE)
    log = tables.epoch_log(sheet, "O6", "Epoch log", LOG, styled_rows=89 + 2 * down)

    style.section(sheet, 8, "1  One line, and how far off it is", *ONE_LINE)
    guess.draw(names, beside={"steps": steps})
    x, y, y_pred = (guess.reference(title) for title in ("x", "y", "y_pred"))
    charts.scatter_chart(
        sheet,
        "G12:M22",
        f"The {count} points and the line of the guess",
        (data.x_name, data.y_name),
        (Plot("data", x, y, INK, points=True, line=False), Plot("guess", x, y_pred, ORANGE)),
    )
    charts.loss_chart(log, "G23:M32")

    style.section(sheet, 34 + down, "2  The valley", *VALLEY)
    grid.draw(
        "=SQRT(SUMPRODUCT(({x}*{m}+{b}-{y})^2)/COUNT({x}))", {"x": steps.column("x"), "y": steps.column("y")}
    )
    charts.surface_chart(grid, f"B{48 + down}:H{64 + down}", "The same numbers as a landscape", "rmse")
    style.put_label(sheet, f"J{48 + down}", "To think about", style.LEFT)
    style.note(
        sheet, f"J{49 + down}", *(TO_THINK_ABOUT if ours else TO_THINK_ABOUT[:3] + TO_THINK_ABOUT[-2:])
    )

    style.section(sheet, 67 + down, "3  Down the slope, row by row", *STEP_BY_STEP)
    steps.draw(names)
    tables.carried(steps, {"new_m": "↑ next m", "new_b": "↑ next b"})
    pages = (f"A1:R{32 + down}", f"A{33 + down}:R{65 + down}", f"A{66 + down}:R{95 + 2 * down}")
    print_setup(sheet, *pages, heading_row=6)
    own = live.Lesson(
        log=log,
        parameters=(("m", "m", BLUE), ("b", "b", ORANGE)),
        starts=("$E$4", "$E$5"),
        guesses=("$D$4", "$D$5"),
        carried=tuple(style.absolute(steps.cell(title, rows)) for title in ("new_m", "new_b")),
        points=(steps.column("x"), steps.column("y")),
        axes=(data.x_name, data.y_name),
        loss_name="rmse",
        loss="SQRT(SUMPRODUCT(({m}*{x}+{b}-{y})^2)/COUNT({x}))",
        line="{m}*{at}+{b}",
        probe=lambda sheet: draw_probes(sheet, steps, names),
        why=WHY_LIVE,
        to_think_about=LIVE_QUESTIONS if ours else LIVE_QUESTIONS[:3],
        rows=rows,
    )
    live.draw_live(book, own)
    notes = NOTES if ours else ((NOTES[0][0], NOTES[0][1][1:]), *NOTES[1:])
    left_out = () if usual else ABOUT_THIS_RUN if ours else ABOUT_THIS_RUN + ABOUT_THIS_LINE
    notes = tuple(part for part in notes if part[0] not in left_out)
    teacher_sheet(book, "Gradient descent: for the teacher", LEAD, notes)


def draw_probes(sheet: Worksheet, steps: Table, names: dict[str, str]) -> list[list[str]]:
    """The step table's epoch three times on the live tab, from (0, 0), (1, 0) and (0, 1); returns where each ends."""
    tab = steps.sheet.title
    given = {name: f"{tab}!{cell}" for name, cell in names.items()} | {
        "x": f"{tab}!{{steps x}}",
        "y": f"{tab}!{{steps y}}",
    }
    titles = ("from m", "from b", "to m", "to b")
    tried = Table(sheet, f"B{live.PROBES}", tuple(Column(title, shown=live.FIVE) for title in titles), 3)
    tried.draw({})
    columns = [Column("row", "={above row}+1", WHOLE, first="=1")]
    for probe, start in enumerate(((0, 0), (1, 0), (0, 1)), start=1):
        own = {name: f"{name} of {probe}" for name in "mb"}
        for name, number, colour in zip("mb", start, (BLUE, ORANGE), strict=True):
            sheet[tried.cell(f"from {name}", probe)] = number
            above = {each: f"{{above {title}}}" for each, title in own.items()}
            first = {each: tried.cell(f"from {each}", probe) for each in own}
            formula, begin = (EPOCH[name].format_map({**given, **before}) for before in (above, first))
            columns.append(Column(own[name], formula, live.FIVE, begin, colour))
    rows = Table(sheet, f"B{live.WORKINGS}", tuple(columns), steps.rows)
    rows.draw({}, beside={"steps": steps})
    ends = [[rows.cell(f"{name} of {probe}", steps.rows) for name in "mb"] for probe in (1, 2, 3)]
    for probe, cells in enumerate(ends, start=1):
        for name, cell in zip("mb", cells, strict=True):
            sheet[tried.cell(f"to {name}", probe)] = f"={cell}"
    style.note(sheet, f"G{live.PROBES}", *TRIED)
    return ends


def around(data: Points) -> tuple[list[float], list[float]]:
    """Slopes and intercepts for the grid: plain numbers on both sides of the best line."""
    x_mean, y_mean = sum(data.x) / len(data.x), sum(data.y) / len(data.y)
    pairs = list(zip(data.x, data.y, strict=True))
    slope = sum((x - x_mean) * (y - y_mean) for x, y in pairs) / sum((x - x_mean) ** 2 for x in data.x)
    spread = (max(data.y) - min(data.y)) / 5 or 1
    found = []
    for centre, step, steps in (
        (slope, abs(slope) / 2 or 1, range(-3, 5)),
        (y_mean - slope * x_mean, spread, range(-5, 6)),
    ):
        wide = round_down(step)
        middle = round(centre / wide)
        found.append([float(f"{(middle + each) * wide:.12g}") for each in steps])
    return found[0], found[1]


ONE_LINE = (
    "For every x the guess above predicts y_pred = m * x + b. The miss, squared, is error_sq.",
    "rmse is the root of their mean. Type a guess of your own above and watch the line: how small can rmse "
    "be?",
)
VALLEY = (
    "Each cell is the rmse of one line: its m stands at the left, its b above. Blue lines fit well, orange "
    "ones badly.",
)
TO_THINK_ABOUT = (
    "Find your own guess in the table.",
    "Which of these lines is best?",
    "",
    "In the row m = 3, which b is best?",
    "Why is it not 30?",
    "",
    "Stand at m = 6, b = 0. Which way",
    "does the ground fall fastest?",
    "",
    "How many cells would a table for",
    "three parameters need? For ten?",
)
STEP_BY_STEP = (
    "Each row looks at one point, nudges m and b to see which way is down, and takes a small step that way.",
    "1.  Predict:  y_pred = m * x + b.  The miss, squared, is error_sq.",
    "2.  Nudge:  err_m1 is the same error with m + h in the place of m, err_b1 with b + h in the place of b.",
    "3.  Slope:  de/dm = (err_m1 - error_sq) / h says how steeply the error climbs with m; de/db likewise "
    "with b.",
    "4.  Step:  new_m = m - learn * de/dm and new_b = b - learn * de/db.  The next row goes on from there.",
)

TRIED = (
    "The epoch of the tab Descent, tried from three places (part 4):",
    "0 and 0 gives the two numbers that are added anyway;",
    "how much more 1 and 0 gives is what m counts for;",
    "how much more 0 and 1 gives is what b counts for.",
)
WHY_LIVE = (
    "1.  Every row makes the new m and b from the old: so much of m, so much of b, and a number. So an epoch does.",
    "2.  These six numbers are all that an epoch does. Tried from three places, the epoch itself gives them away.",
    "3.  Doing an epoch twice is again so much of m, so much of b, and a number. And four epochs. And so on.",
)
LIVE_QUESTIONS = (
    "Type 0, 1, 2 and 3 epochs. What has",
    "happened to m, and what to b?",
    "",
    "How many epochs until b is 30?",
    "Where does it end after a million?",
    "In part 3, where is b: × b a half?",
)
ABOUT_THIS_RUN = ("Figures to expect", "Fast, then slow")
ABOUT_THIS_LINE = ("Why not 2 and 30?", "Which learn is safe?", "Questions for a class")
LEAD = "What the sheet does, a way through it with a class, the figures to expect, and why it behaves as it does."

NOTES: tuple[Part, ...] = (
    (
        "What happens here",
        (
            "The twenty points lie on y = 2x + 30, so the answer is known: m = 2 and b = 30. The sheet starts "
            "from m = 1 and b = 1. In part 3 each row looks at one point, measures how its squared error "
            "changes when m or b grows by h, and moves both a little the other way; the next row goes on from "
            "there. All twenty rows are one epoch.",
            "A run carries the last new_m and new_b up to the guess (D4, D5), writes a line into the epoch log, "
            "and goes down the table again. Every number comes from the sheet's own formulas, so what you "
            "change in them is what is run. An epoch by hand: note both last values down, then type them into "
            "D4 and D5. (Both first, for as soon as one is typed the table has moved on.)",
        ),
    ),
    (
        "A way through it",
        (
            "1. Part 1 alone: the class looks for m and b by hand. The rmse at the top is the score. When does "
            "one change m, when b?",
            "2. Part 2: all guesses at once. Where is the valley, and which way does its floor run?",
            "3. Part 3: check the first row with a pocket calculator, then ask where the second row's m comes "
            "from.",
            "4. Predict, then run: sheetgd run FILE does five epochs (H4), sheetgd reset FILE goes back to E4 "
            "and E5. Save and close the workbook first, and open it again to see the log, the line and the "
            "curve.",
            "5. Change one thing, learn or h or the start or the data, and explain the new curve.",
        ),
    ),
    (
        "Figures to expect",
        (
            "From m = 1 and b = 1 with learn 0.0001 and h 0.01:",
            Figures(
                ("epochs run", "slope", "intercept", "error"),
                (
                    (0, 1, 1, 50.782),
                    (1, 2.960, 1.099, 15.718),
                    (2, 3.092, 1.139, 15.750),
                    (5, 3.097, 1.245, 15.721),
                    (25, 3.071, 1.938, 15.341),
                    (100, 2.976, 4.396, 13.996),
                    (1000, 2.31794, 21.57475, 4.596),
                    (5000, 1.986, 30.246, 0.192),
                    (10000, 1.983, 30.316, 0.223),
                ),
                (WHOLE, THREE, THREE, THREE),
            ),
        ),
    ),
    (
        "Fast, then slow",
        (
            "One epoch takes rmse from 50.8 to 15.7; the next thousand take it only to 4.6. A large x makes the "
            "error very sensitive to m, so m settles at once on what is best for the present b, and then has to "
            "wait: b creeps along the floor of the valley, and m follows it. Measured from where they end, an "
            "epoch multiplies the one part of the distance by 0.068 and the other by 0.9988. That other part "
            "needs some 574 epochs to halve.",
            "The cure: take the mean of x, 20.1, from every x, and set learn to 0.001, which is safe then. "
            "After 100 epochs rmse is 1.6 instead of 14.0.",
        ),
    ),
    (
        "Why not 2 and 30?",
        (
            "The run settles at m = 1.983 and b = 30.316 (1.98290 and 30.31586). That is the price of the "
            "nudge, and no mistake of the sheet. The squared error is a parabola in m. Its slope at m is 2x(mx "
            "+ b - y), and the line through m and m + h rises by h·x² more. So de/dm comes out 0.01·x² too high "
            "and de/db 0.01, and where the true slopes have balanced, the steps still push down. This is the "
            "bias of forward differences.",
            "Type 0.1 into H5 and it settles at 1.829 and 33.159; with 0.001 at 1.998 and 30.032. Nudging to "
            "both sides (the error at m + h less that at m - h, over 2h) cancels the bias and ends at 2 and 30. "
            "Nor is the smallest h the best: with h = 1E-16 nothing moves any more, for to the computer 1 + h "
            "is 1.",
        ),
    ),
    (
        "Which learn is safe?",
        (
            "A step can never make the distance to the answer larger while learn is below 1 / (x² + 1) for "
            "every x. The largest x here is 50, so anything below 1 / 2501, about 0.0004, is certainly safe, "
            "whatever the order of the rows. More can go well by luck: 0.0015 brings rmse to 0.7 in twenty "
            "epochs. At 0.002 the numbers explode: m is 1,415 after five epochs and -13 million after ten. "
            "sheetgd stops such a run and keeps the last good epoch.",
        ),
    ),
    (
        "Questions for a class",
        (
            "Every step goes downhill, and yet rmse grows from the first epoch to the second. How? (A step goes "
            "downhill for its own point, and may go uphill for the other nineteen.)",
            "Does the order of the rows matter? (Yes, a little: with x sorted from small to large, m is 2.722 "
            "after five epochs instead of 3.097.)",
            "Does it matter where one starts? (Not for the end: there is only one valley. For the time it "
            "takes, yes.)",
            "Make one y wrong, such as 13 for 130. Which points does the line listen to most? (Those that miss "
            "by most, and those with a large x: squares and products.)",
            "SLOPE and INTERCEPT give the answer in one step. Why descend? (Because it still works for models "
            "that have no such formula, and for millions of parameters.)",
        ),
    ),
    (
        "The tab Live",
        (
            "Type a number of epochs there, and m, b, rmse and the line after them are there at once, in Excel, "
            "LibreOffice and Google Sheets alike, with no run and no script. It begins from the values under reset to "
            "(E4 and E5), and its part 2 compares it with the table and with the log. A formula that you change in "
            "the table is not changed there; part 2 says so. (In part 4 of the tab the nudged slopes are multiplied "
            "out: de/dm is 2x(mx + b - y) + h·x², and de/db 2(mx + b - y) + h. This also shows the bias.)",
        ),
    ),
    (
        "Your own data",
        (
            "sheetgd new --data FILE.csv --x COLUMN --y COLUMN draws this sheet for your own points, and sheetgd "
            "new --rows 30 for other points on the same line. Or type over x and y in part 3; the first table, "
            "the valley and the charts follow. Keep all rows filled: with fewer points, use some of them twice. "
            "Larger x want a smaller learn. The numbers at the left of the valley and above it can be typed over "
            "too.",
            "On paper the lesson takes three pages across, with the log down the right-hand side of each, and the "
            "tab Live three more. The curve draws the first thousand epochs of the log.",
        ),
    ),
)
