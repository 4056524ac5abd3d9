"""Body mass from bill length: normalised data, a line as a dot product, whole-batch descent, and its valley."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import Figures, Part, lesson_sheet, print_setup, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.style import BLUE, INK, ONE, ORANGE, PLAIN, THREE, TWO, WHOLE
from sheetgd.lessons.kit.tables import Column, Grid, Table
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
) -> None:
    """Draw the lesson's tab and the teacher's."""
    usual = data is None and (m, b, learn, epochs) == (0, -2, 0.01, 1000)
    data = data or penguins()
    rows = len(data.x)
    title = title or (
        "Penguins: mass from bill length" if "mm" in data.x_name else "A line through your data"
    )
    subtitle = f"A line from {data.x_name} to {data.y_name}, both brought to one scale."
    sheet = lesson_sheet(book, "Penguins", title, subtitle, last_row=FIRST + rows)
    own = (Column("raw x", data.x), Column("raw y", data.y))
    table = Table(sheet, f"B{FIRST}", (*own, *FORMULAS), rows)
    x, y = table.column("x"), table.column("y")

    fit = {"slope": (m, m, f"=SLOPE({y},{x})"), "intercept": (b, b, f"=INTERCEPT({y},{x})")}
    names = controls.parameters(sheet, "B3", fit, ("guess", "reset to", "best"))
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    controls.loss(sheet, "J3:J5", "K3:M5", "mse", f"=AVERAGE({table.column('error_sq')})", THREE)
    log = tables.epoch_log(sheet, "O6", "Epoch log", LOG, styled_rows=FIRST + SHOWN - 6)

    style.section(sheet, 8, "1  One scale for both, and one step for all", *ONE_SCALE)
    names |= draw_scale(sheet, table, names, data)
    draw_fit(sheet, table, data)
    charts.loss_chart(log, "G24:M34")

    style.section(sheet, 37, "2  The valley of all lines", *VALLEY)
    slopes, intercepts = [step * 3 / 10 for step in range(-2, 6)], [step / 2 for step in range(-5, 6)]
    grid = Grid(sheet, "B41", down=("slope", slopes), across=("intercept", intercepts))
    grid.draw("=SUMPRODUCT(({x}*{slope}+{intercept}-{y})^2)/COUNT({x})", {"x": x, "y": y}, TWO)
    charts.surface_chart(grid, "B51:H66", "The same numbers as a landscape", "mse")
    style.put_label(sheet, "J51", "To think about", style.LEFT)
    style.note(sheet, "J52", *TO_THINK_ABOUT)

    style.section(sheet, 68, "3  Every row, and the dot product", *DOT_PRODUCT)
    names |= draw_weights(sheet, names, data)
    table.draw(names)
    print_setup(sheet, "A1:R35", "A36:R66", f"A67:R{min(FIRST + SHOWN, FIRST + rows)}", heading_row=6)
    notes = NOTES if usual else tuple(part for part in NOTES if part[0] not in ONLY_PENGUINS)
    teacher_sheet(book, "Penguins: for the teacher", LEAD, notes)


def draw_scale(sheet: Worksheet, table: Table, names: dict[str, str], data: Points) -> dict[str, str]:
    """Means and deviations, the line in the data's own units, the gradient and the step."""
    for cell, words in (("D12", "mean"), ("E12", "deviation")):
        style.put_heading(sheet, cell, words)
    found = {}
    for row, letter, name in ((13, "x", data.x_name), (14, "y", data.y_name)):
        style.put_label(sheet, f"B{row}", name, style.LEFT)
        for column, function, kind in (("D", "AVERAGE", "mean"), ("E", "STDEVP", "std")):
            values = table.column(f"raw {letter}")
            style.put(sheet, f"{column}{row}", f"={function}({values})", border=style.UNDER, shown=THREE)
            found[f"{kind} {letter}"] = f"${column}${row}"
    names = {**names, **found}
    for row, label, formula, shown in (
        (16, "slope in these units", "={start slope}*{std y}/{std x}", THREE),
        (17, "intercept in these units", "={mean y}+{std y}*{start intercept}-E16*{mean x}", ONE),
        (19, "gradient for slope", f"=AVERAGE({table.column('2·error·x')})", THREE),
        (20, "gradient for intercept", f"=AVERAGE({table.column('2·error·1')})", THREE),
        (22, "new slope", "={start slope}-{learn}*E19", THREE),
        (23, "new intercept", "={start intercept}-{learn}*E20", THREE),
    ):
        controls.control(sheet, f"D{row}", label, formula.format_map(names), shown)
    style.note(sheet, "B25", *HOW_IT_STEPS)
    return found


def draw_fit(sheet: Worksheet, table: Table, data: Points) -> None:
    """The chart of all rows and the line of the guess."""
    x, y, predicted = (table.reference(title) for title in ("x", "y", "y_pred"))
    charts.scatter_chart(
        sheet,
        "G11:M23",
        "All rows and the line of the guess",
        (f"{data.x_name}, normalised", f"{data.y_name}, normalised"),
        (
            Plot("data", x, y, INK, points=True, line=False, size=4),
            Plot("guess", x, predicted, ORANGE),
        ),
    )


def draw_weights(sheet: Worksheet, names: dict[str, str], data: Points) -> dict[str, str]:
    """The slope above the x column and the intercept above the ones, as the dot product needs them."""
    for column, words, formula in (
        ("D", "× slope", names["start slope"]),
        ("E", "× intercept", names["start intercept"]),
    ):
        style.put_label(sheet, f"{column}{FIRST - 2}", words, style.RIGHT)
        style.put(sheet, f"{column}{FIRST - 1}", f"={formula}", border=style.FRAMED, shown=THREE)
    for column, words in (("B", data.x_name), ("C", data.y_name)):
        style.put_label(sheet, f"{column}{FIRST - 1}", words, style.RIGHT)
    return {"weights": f"$D${FIRST - 1}:$E${FIRST - 1}"}


ONE_SCALE = (
    "Raw numbers of such different size need steps of different size. So from each its mean is taken, and the rest is",
    "divided by the standard deviation (of all rows, STDEVP). Now both columns have mean 0 and deviation 1.",
)
HOW_IT_STEPS = (
    "The gradient is the mean over all rows.",
    "new = guess − learn × gradient, both at once.",
    "",
    "What should the intercept become, and why?",
    "best is what SLOPE and INTERCEPT find.",
)
VALLEY = (
    "Each cell is the mse of one line: its slope stands at the left, its intercept above. Blue is good.",
)
TO_THINK_ABOUT = (
    "The run starts at slope 0 and",
    "intercept −2. Find that cell.",
    "",
    "This valley is round. Why is that",
    "good for gradient descent?",
    "",
    "Without normalising it would be",
    "a narrow gorge. Why?",
)
DOT_PRODUCT = (
    "y_pred is the dot product of a row (x, 1) with the weights above it (slope, intercept): SUMPRODUCT.",
    "On paper only the first rows are shown.",
)

LEAD = (
    "What the sheet does, a way through it with a class, the figures to expect, and where the data come from."
)
ONLY_PENGUINS = ("Figures to expect", "Slope and intercept", "Questions for a class", "The data")
NOTES: tuple[Part, ...] = (
    (
        "What happens here",
        (
            "Each row of part 3 is brought to one scale: x and y less their means, over their standard deviations "
            "(population, D13:E14). The model is a line, written as a dot product: (x, 1) times (slope, intercept). "
            "The column of ones makes the intercept a weight like any other.",
            "One epoch is one step for the whole batch. The two gradients are the means of 2·error·x and 2·error·1 "
            "(E19, E20), both weights move at once (E22, E23), and a run carries them back to C4 and C5 and writes "
            "one line into the log.",
        ),
    ),
    (
        "A way through it",
        (
            "1. Part 1: what do mean and deviation do to the points? Type 46 and 4200 for the first penguin (B74, C74) "
            "and look at its x and y.",
            "2. Type slopes and intercepts by hand (C4, C5): how small can mse be? It never reaches 0. Why?",
            "3. Part 3: check one row with a pocket calculator, then part 2: find the start and the best line.",
            "4. sheetgd run FILE does a thousand epochs (H4), sheetgd run FILE --epochs 20 only twenty. Save and "
            "close the workbook first; open it again to see the line and the curve.",
            "5. Compare with best (E4, E5), which SLOPE and INTERCEPT find in one go.",
        ),
    ),
    (
        "Figures to expect",
        (
            "From slope 0 and intercept -2 with learn 0.01:",
            Figures(
                ("epochs run", "slope", "intercept", "mse"),
                (
                    (0, 0, -2, 5),
                    (1, 0.011789, -1.96, 4.827841),
                    (10, 0.107827, -1.634146, 3.554941),
                    (50, 0.374791, -0.728339, 1.229105),
                    (100, 0.511278, -0.265239, 0.729010),
                    (200, 0.579084, -0.035176, 0.653892),
                    (500, 0.589427, -0.000082, 0.652547),
                    (1000, 0.589451, 0, 0.652547),
                ),
                (WHOLE, "0.000000", "0.000000", "0.000000"),
            ),
            "To nine digits the slope is 0.589451109 after 1,000 epochs, and the intercept -0.0000000034: "
            "both distances shrink by 2 % an epoch (1 - 2 × learn), and 0.98 to the power of 1000 is 0.0000000017.",
        ),
    ),
    (
        "Slope and intercept",
        (
            "The published original of this lesson prints 4.4573799e-08 and 0.58944976 and names the two in the wrong "
            "order. The tiny number is the intercept, and 0.589 the slope: with both means taken away, the best line "
            "must go through the origin. (Its digits differ from these after the fifth since it was computed in "
            "single precision.)",
        ),
    ),
    (
        "Why normalise?",
        (
            "In millimetres and grams the mean of x² is 1965 and that of 1² is 1: the gorge is two thousand times "
            "steeper in one direction than in the other, and any learn that is safe for the slope is far too small "
            "for the intercept. Normalised, the valley is round (part 2), one learn suits both, and neither weight "
            "disturbs the other, for the mean of x is 0.",
            "The slope is then the correlation of the two columns, and 1 - slope² the mse that is left.",
        ),
    ),
    (
        "Questions for a class",
        (
            "What does the line say in millimetres and grams? (E16 and E17: 86.8 g more for each millimetre.)",
            "Below the line at the right there is a cloud of its own. What could it be? (Three species were measured, "
            "and chinstraps have long bills and are light. Each species has a line of its own.)",
            "Does a larger learn help? (0.1 needs 100 epochs; with 0.5 the answer is there after one; above 1 the "
            "steps grow, and sheetgd stops the run.)",
        ),
    ),
    (
        "Your own data",
        (
            "sheetgd new penguins --data FILE.csv --x COLUMN --y COLUMN draws this sheet for any two columns of "
            "numbers; learn 0.01 suits them all, for they are normalised. With --rows 50 it takes fifty rows at "
            "random, and --seed chooses which.",
        ),
    ),
    (
        "The data",
        (
            "Bill length and body mass of the 333 penguins in palmerpenguins 0.1.6 of which every measurement is "
            "known, in the order of its file. Horst A. M., Hill A. P., Gorman K. B. (2020), palmerpenguins: Palmer "
            "Archipelago (Antarctica) penguin data, doi:10.5281/zenodo.3960218. Public domain (CC0).",
        ),
    ),
)
