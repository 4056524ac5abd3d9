"""The worksheet as it was published, number for number, with its slips explained on the teacher's tab."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons.descent import X, Y
from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import Figures, Part, lesson_sheet, print_setup, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.story import draw_story
from sheetgd.lessons.kit.style import BLUE, INK, ONE, ORANGE, THREE, WHOLE
from sheetgd.lessons.kit.tables import Column, Grid, Table

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

    style.section(sheet, 34, "2  The rmse of many lines", *MANY_LINES)
    grid.draw("=SQRT(SUMPRODUCT(({x}*{m}+{b}-{y})^2))", {"x": five.column("x"), "y": five.column("y")})
    charts.surface_chart(grid, "B48:H64", "The same numbers as a landscape", "rmse")
    style.put_label(sheet, "J48", "To think about", style.LEFT)
    style.note(sheet, "J49", *TO_THINK_ABOUT)

    style.section(sheet, 67, "3  One epoch, row by row", *STEP_BY_STEP)
    steps.draw(names)
    tables.carried(steps, {"new_m": "↑ next m", "new_b": "↑ next b"})
    draw_story(sheet, 20, STORY, {})
    pages = ("A1:R32", "A33:R65", "A66:R95")
    print_setup(sheet, *pages, heading_row=6)
    teacher_sheet(book, "The published worksheet: for the teacher", LEAD, NOTES, pages=1)


def draw_five(sheet: Worksheet, five: Table, steps: Table, log: Table, hide_actual: bool) -> None:
    """Part 1: five points and a line of one's own, its chart and the curve."""
    style.section(sheet, 8, "1  Five points, and a line of your own", *FIVE_POINTS)
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


FIVE_POINTS = (
    "With my m and my b, every x gives a prediction y_pred = m * x + b. The miss, squared, is error_sq.",
    "Type into the yellow cells below the table until the orange line goes through all the points.",
)
MANY_LINES = (
    "Each cell is the rmse of one line over the five points: its m stands at the left, its b above. Blue is "
    "good.",
)
TO_THINK_ABOUT = (
    "Find your own line in the table.",
    "Which of these lines is best?",
    "",
    "In the row m = 3, which b is best?",
    "Why is it not 30?",
    "",
    "Work out one cell with a pocket",
    "calculator. Is it what its name says,",
    "the root of the mean of the squares?",
)
STEP_BY_STEP = (
    "Each row takes m and b from the row above, looks at one point, and hands a new m and b to the row "
    "below.",
    "1.  Predict:  y_pred = m * x + b.  The miss, squared, is error_sq.",
    "2.  err_m1 is the same error with m + 0.01 in the place of m, err_b1 with b + 0.01 in the place of b.",
    "3.  de/dm and de/db are to say how steeply the error climbs with m and with b. Compare them with step "
    "2.",
    "4.  Step:  new_m = m - learn * de/dm and new_b = b - learn * de/db.",
)

STORY = {
    8: (
        "# What it wants to show",
        "There are points and a line y = mx + b whose m and b, the **parameters**, nobody tells us. A guess is "
        "judged by one "
        "number, the **loss**, here called rmse: the misses, squared, added up, and the root of that. Smaller is "
        "better.",
    ),
    34: (
        "# A landscape",
        "Every pair of m and b is a place, and its loss the height. Whoever stands in it blindfolded can feel with "
        "a foot which "
        "way the ground falls, take a step, and feel again: **gradient descent**.",
    ),
    67: (
        "# Down the table",
        "How much does the error change when m grows by 0.01? The ratio of the two is meant to be the "
        "**derivative**, and a "
        "step against it, **learn** (the **learning rate**) times as long, makes a better m. With b likewise. All "
        "rows together "
        "are an **epoch**.",
        "# Questions",
        "? 1.  Which columns say what that text says, and which do not?",
        "? 2.  After many epochs, does the line stay where it should?",
    ),
}
LEAD = (
    "This is the published worksheet with its figures unchanged, slips included. Each is explained here, "
    "with its place. The lesson called descent is the same worksheet put right."
)
NOTES: tuple[Part, ...] = (
    (
        "How to use it",
        (
            "As a detective story: a result that looks right need not be. Run five epochs three times (sheetgd "
            "run FILE --epochs 5): m = 2.051, b = 25.075 and an rmse of 17, as in print, on the way to 2 and 30. "
            "Then go "
            "on to a hundred epochs, and let the class find out why the line leaves again.",
            Figures(
                ("epochs run", "slope", "intercept", "error"),
                (
                    (0, 1, 1, 210),
                    (5, 1.656, 16.413, 87),
                    (15, 2.051, 25.075, 17),
                    (25, 2.137, 26.118, 9),
                    (50, 2.220, 24.768, 13),
                    (100, 2.473, 18.751, 29),
                    (200, 4.190, -22.077, 133),
                    (500, 219.251, -5136.283, 13242),
                ),
                (WHOLE, THREE, THREE, WHOLE),
            ),
        ),
    ),
    (
        "Swapped derivatives",
        (
            "The derivative of (mx + b - y)² for m is 2x(mx + b - y), and for b it is 2(mx + b - y). The column "
            "de/dm (I75:I94) holds the second, de/db (L75:L94) the first. With x = 7, m = 2.051 and b = 25.075 "
            "the slope for m is -64 and for b -9; the printed table has them the other way round. All 132 "
            "printed cells of its eleven rows come out with the two swapped, and not otherwise. (For that, type "
            "2.051 and "
            "25.075 into D4 and D5. After three runs of the sheet's own, m and b have more digits, and 18 of the 132 "
            "cells differ in the last digit that is shown.)",
            "Both derivatives have the same sign wherever x is positive, so every step still goes downhill for "
            "its own point, and that is why the sheet seems to work. The error is smallest after 25 epochs "
            "(9.44); then it grows, by 1.54 % an epoch in the end, and doubles about every 45. Near 2 and 30 "
            "one direction shrinks to 0.838 an epoch, the other grows to 1.015. A smaller learn does not help, "
            "it only takes longer: unless all x are equal, one direction grows.",
        ),
    ),
    (
        "Shown, never used",
        (
            "err_m1 (H75:H94) and err_b1 (K75:K94) are the errors after m or b has been made larger by 0.01. "
            "The text explains slopes by them, (err_m1 - error_sq) / 0.01, but no formula refers to them. From "
            "2.051 and 25.075 the first row gives -63.5 that way; the column de/dm says -9. A class that tries "
            "it has found the swap.",
        ),
    ),
    (
        "Root of the sum",
        (
            "What is called rmse is the root of the sum of the squared errors, not of their mean: in part 1 "
            "(D22), in all 88 cells of part 2 (C39:M46), and at the top (K3). Part 1 shows 125; the root of the "
            "mean is 56. The best line stays the best, but a table with more points looks worse.",
        ),
    ),
    (
        "Rows and columns",
        (
            "The published text has the two sides of part 2 the other way round. The printed numbers fit only "
            "with m running down (B39:B46) and b across (C38:M38): m = 1 and b = 0 give 127, m = 2 and b = 30 "
            "give 0.",
        ),
    ),
    (
        "Whose error is it?",
        (
            "The rmse at the top adds up error_sq down the table of part 3, where every row has an m and b of "
            "its own. So it belongs to no single line. After 15 epochs it shows 16.6, while the line of the "
            "guess itself has 17.7; at the start it shows 210 instead of 227.",
        ),
    ),
    (
        "Nine rows are ours",
        (
            "Only the first eleven of the twenty rows are in print. The other nine (B86:C94) lie on the same "
            "line and were chosen so that fifteen epochs from 1 and 1 end at the printed 2.051, 25.075 and 17.",
        ),
    ),
    (
        "Questions for a class",
        (
            "After fifteen epochs all looks well. How could one have known? (By looking at where it goes: m "
            "passes 2 and keeps growing.)",
            "Repair the sheet: which two columns must change places? (Swap the formulas of I75:I94 and L75:L94, "
            "reset, and run again. The last epochs now go towards 2 and 30, slowly.)",
            "Why was the slip not noticed? What check would have found it? (Comparing de/dm with the nudge in "
            "err_m1.)",
        ),
    ),
    (
        "Sources",
        (
            "An unsigned worksheet in Google Sheets called Gradient Descent, with its parts The Gradient and The "
            "Descent; its "
            "step table goes back to graddesc, the workbook of fast.ai.",
        ),
    ),
)
