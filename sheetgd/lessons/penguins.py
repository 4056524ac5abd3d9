"""Body mass from bill length: normalised data, a line as a dot product, whole-batch descent, and its valley."""

from __future__ import annotations

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit import live_tab as live
from sheetgd.lessons.kit.book import Figures, Part, lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.story import draw_story
from sheetgd.lessons.kit.style import BLUE, INK, ONE, ORANGE, PLAIN, THREE, TWO, WHOLE
from sheetgd.lessons.kit.tables import Column, Grid, Table
from sheetgd.lessons.kit.valley_tab import Valley, draw_valley
from sheetgd.lessons.line_epoch import power
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
) -> None:
    """Draw the lesson's tab and the teacher's."""
    data, ours = data or penguins(), data is None or not data.own
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

    draw_lines(sheet, x, y, log)

    style.section(sheet, 68, "3  Every row, and the dot product", *DOT_PRODUCT)
    names |= draw_weights(sheet, names)
    table.draw(names)
    draw_prose(sheet, table, names)
    pages = ("A1:R35", "A36:R66", f"A67:R{min(FIRST + SHOWN, FIRST + rows)}")
    print_setup(sheet, *pages, *story_pages(pages), heading_row=6)
    there = {"x": f"Penguins!{x}", "y": f"Penguins!{y}"}
    ways = ((m, b), (correlation(data), 0.0), (-0.6, -2.5), (1.5, 2.5))
    draw_valley(book, Valley("slope", "intercept", ways, MSE, "mse", there), log)
    live.draw_live(book, live_lesson(data, table, log, names))
    teacher_sheet(book, "Penguins: for the teacher", LEAD, notes(data, m, b, learn, epochs, ours))


def draw_scale(sheet: Worksheet, table: Table, names: dict[str, str], data: Points) -> dict[str, str]:
    """Means and deviations, the line in the data's own units, the gradient and the step."""
    for cell, words in (("D12", "mean"), ("E12", "deviation")):
        style.put_heading(sheet, cell, words)
    found = {}
    for row, letter, name in ((13, "x", data.x_name), (14, "y", data.y_name)):
        style.put_label(sheet, f"B{row}", f"{letter}: {name}", style.LEFT)
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


def draw_lines(sheet: Worksheet, x: str, y: str, log: Table) -> None:
    """Part 2: the loss of many lines, and the way through them."""
    style.section(sheet, 37, "2  The valley of all lines", *VALLEY)
    slopes, intercepts = [step * 3 / 10 for step in range(-2, 6)], [step / 2 for step in range(-5, 6)]
    grid = Grid(sheet, "B41", down=("slope", slopes), across=("intercept", intercepts))
    grid.draw(MSE, {"x": x, "y": y}, TWO)
    charts.way_chart(log, "B51:H66", ("slope", "$C$4"), ("intercept", "$C$5"))
    style.put_label(sheet, "J51", "To think about", style.LEFT)
    style.note(sheet, "J52", *TO_THINK_ABOUT)


def draw_weights(sheet: Worksheet, names: dict[str, str]) -> dict[str, str]:
    """The slope above the x column and the intercept above the ones, as the dot product needs them."""
    for column, words, formula in (
        ("D", "× slope", names["start slope"]),
        ("E", "× intercept", names["start intercept"]),
    ):
        style.put_label(sheet, f"{column}{FIRST - 2}", words, style.RIGHT)
        style.put(sheet, f"{column}{FIRST - 1}", f"={formula}", border=style.FRAMED, shown=THREE)
    return {"weights": f"$D${FIRST - 1}:$E${FIRST - 1}"}


def draw_prose(sheet: Worksheet, table: Table, names: dict[str, str]) -> None:
    """The story right of the log."""
    x, y = table.column("x"), table.column("y")
    known = {
        **names,
        "loss": "$K$3",
        "least": f"(STEYX({y},{x})^2*(COUNT({x})-2)/COUNT({x}))",
        "gradient slope": "$E$19",
        "gradient intercept": "$E$20",
        "second x": style.absolute(table.cell("x", 2)),
    }
    draw_story(sheet, 20, STORY, known)


def live_lesson(data: Points, table: Table, log: Table, names: dict[str, str]) -> live.Lesson:
    """What the tab Live shows: slope and intercept after any number of epochs."""
    x, y = table.column("x"), table.column("y")
    return live.Lesson(
        log=log,
        parameters=(("s", "slope", BLUE), ("i", "intercept", ORANGE)),
        starts=("$D$4", "$D$5"),
        guesses=("$C$4", "$C$5"),
        carried=("$E$22", "$E$23"),
        points=(x, y),
        axes=(f"{data.x_name}, normalised", f"{data.y_name}, normalised"),
        loss_name="mse",
        loss="SUMPRODUCT(({s}*{x}+{i}-{y})^2)/COUNT({x})",
        line="{s}*{at}+{i}",
        probe=lambda tab: live.draw_probes(tab, "Penguins", PROBE, {**names, "x": x, "y": y}),
        why=live.why(2),
        to_think_about=LIVE_QUESTIONS,
    )


ONE_SCALE = (
    "Numbers of different size need steps of different size. So from each its mean is taken, and the rest is",
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
    "Find the cell of your guess, and the",
    "cell that is lowest.",
    "",
    "This valley is round. Why is that",
    "good for gradient descent?",
    "",
    "Without normalising it would be",
    "another valley. Which, and why?",
)
DOT_PRODUCT = (
    "y_pred is the dot product of a row (x, 1) with the weights above it (slope, intercept): SUMPRODUCT.",
    "On paper only the first rows are shown.",
)
STORY = {
    8: (
        "# A line through a cloud",
        "Each row is a point of two measurements. We look for the line that predicts the second from the first, "
        "with a "
        "slope and an intercept as its **parameters**. What a line misses the points by, squared, and the mean of "
        "that: this "
        "is mse, the **loss**. It becomes 0 only if one line goes through all the points.",
        "With the guess above it is [[ROUND({loss},6)]]; the best line there is has [[ROUND({least},6)]].",
        "# One scale",
        "Numbers of different size make trouble: a step that is right for one parameter is too long or too short for "
        "the other. So both columns are **normalised**: less their mean, over their deviation. Then the mean of x "
        "is 0 "
        "and the mean of x² is 1, slope and intercept do not disturb each other, and one learn suits both.",
        "# A step for all rows",
        "Each row has an opinion on the slope, 2 × error × x, and one on the intercept, 2 × error × 1. Their means "
        "over "
        "all rows are the **gradient**.",
        "Here it is [[ROUND({gradient slope},6)]] for the slope and [[ROUND({gradient intercept},6)]] for the "
        "intercept, "
        'so the slope should [[IF({gradient slope}<0,"grow","shrink")]] and the intercept '
        '[[IF({gradient intercept}<0,"grow","shrink")]].',
        "Both go against the gradient, by **learn**, the **learning rate**, times it, once for all rows: the **whole "
        "batch**. That is one **epoch**.",
        "With this learn an epoch leaves [[ROUND(100*ABS(1-2*{learn}),4)]] % of the distance to the best line"
        '[[IF(ABS(1-2*{learn})<1,".",": it does not shrink, for learn is too large.")]]',
        "Where do slopes come from in larger models? Libraries such as JAX work them out from the program itself: "
        "they "
        "follow each operation and apply the chain rule, **automatic differentiation**.",
    ),
    37: (
        "# Seen from above",
        "Each cell of the table is a line, and its loss the height. Whoever stands in it blindfolded can still feel "
        "which "
        "way is down, and go. The valley is as wide as it is long, so the way down is a straight one.",
    ),
    68: (
        "# The dot product",
        "A row is a list (x, 1), the parameters are a list (slope, intercept). Multiply in pairs and add up: that "
        "is the "
        "**dot product**, and it is the prediction. All rows together are a table, a **matrix**, and one **matrix "
        "product** predicts them all: in Python np.dot(rows, parameters), in a spreadsheet MMULT.",
        "For example, with the parameters (2, 4) in this order the second row of the matrix gives 2 × 1 + 4 × "
        "[[ROUND({second x},5)]] = [[ROUND(2+4*{second x},4)]], if the column of ones comes first.",
        "# Questions",
        "? 1.  Why does the intercept of the best line come out as 0?",
        "? 2.  Type learn 0.5 and run one epoch. Why is that enough?",
        "? 3.  What would change if only x were normalised?",
    ),
}
LEAD = "What the sheet does, a way through it with a class, the figures to expect, and why it behaves as it does."
SOURCES = (
    "Normalising, the dot product, the start at slope 0 and intercept -2, learn 0.01 and a thousand epochs, and the "
    "example "
    "with the parameters (2, 4), which is -1.2912 for the second penguin, follow Josef Fruehwald, Gradient Descent "
    "(Neural "
    "Networks, November 14, 2022). His text prints 4.4573799e-08 and 0.58944976 after a thousand epochs and names "
    "the two "
    "in the wrong order: with both means taken away the best line goes through the origin, so the tiny number is the "
    "intercept. (Its digits differ from these after the fifth since it was computed in single precision.)"
)


WHAT_HAPPENS: Part = (
    "What happens here",
    (
        "Each row of part 3 is brought to one scale: x and y less their means, over their standard "
        "deviations "
        "(population, D13:E14). The model is a line, written as a dot product: (x, 1) times (slope, "
        "intercept). "
        "The column of ones makes the intercept a weight like any other.",
        "One epoch is one step for the whole batch. The two gradients are the means of 2·error·x and "
        "2·error·1 "
        "(E19, E20), both weights move at once (E22, E23), and a run carries them back to C4 and C5 and "
        "writes "
        "one line into the log.",
    ),
)

YOUR_OWN_DATA: Part = (
    "Your own data",
    (
        "sheetgd new penguins --data FILE.csv --x COLUMN --y COLUMN draws this sheet for any two columns of "
        "numbers; learn 0.01 suits them all, for they are normalised. With --rows 50 it takes fifty rows at "
        "random, and --seed chooses which.",
    ),
)


def a_way_through(epochs: int) -> Part:
    """How to go through the sheet with a class."""
    return (
        "A way through it",
        (
            "1. Part 1: what do mean and deviation do to the points? Type the two means (D13, D14) for the "
            "first row "
            "(B74, C74) and look at its x and y.",
            "2. Type slopes and intercepts by hand (C4, C5): how small can mse be? Does it reach 0? Why not?",
            "3. Part 3: check one row with a pocket calculator, then part 2: find the start and the best line.",
            f"4. sheetgd run FILE does {epochs:,} epochs (H4), sheetgd run FILE --epochs 20 only twenty. Save "
            f"and "
            "close the workbook first; open it again to see the line and the curve.",
            "5. Compare with best (E4, E5), which SLOPE and INTERCEPT find in one go.",
        ),
    )


def figures_to_expect(data: Points, m: float, b: float, learn: float) -> Part:
    """Slope, intercept and mse after so many epochs."""
    slope = correlation(data)
    rows: list[tuple[float, ...]] = []
    for count in (0, 1, 10, 50, 100, 200, 500, 1000):
        left = power(1 - 2 * learn, count)
        now = slope + (m - slope) * left, b * left
        far = now[0] - slope, now[1]
        loss = 1 - slope * slope + far[0] * far[0] + far[1] * far[1]
        if loss < 1e12:
            rows.append((count, *now, loss))
    start = f"From slope {m:.10g} and intercept {b:.10g} with learn {learn:.10g}:"
    six = "0.000000"
    return (
        "Figures to expect",
        (
            start,
            Figures(("epochs run", "slope", "intercept", "mse"), rows, (WHOLE, six, six, six)),
            f"Both distances to the end, slope {slope:.9f} and intercept 0, are multiplied by 1 - 2 × learn in "
            f"each "
            f"epoch, here by {1 - 2 * learn:.10g}.",
        ),
    )


def questions(ours: bool) -> list[str]:
    """Questions for a class, with one about the species where the points are penguins."""
    asked = [
        "1. Both means are 0, and the best line goes through the middle of the points. 2. The distance is "
        "multiplied by 1 "
        "- 2 × learn, which is 0. 3. Slope, intercept and loss would be in the units of y; learn would be the same.",
        "What does the line say in the units of the data? (E16 and E17.)",
        "Does a larger learn help? (0.1 brings the distance below a billionth in a hundred epochs, 0.5 in one; "
        "above 1 the "
        "steps grow, and sheetgd stops the run.)",
    ]
    if ours:
        asked.insert(
            2,
            "Below the line at the right there is a cloud of its own. What could it be? (Three species were "
            "measured, and "
            "chinstraps have long bills and are light. Each species has a line of its own.)",
        )
    return asked


def notes(data: Points, m: float, b: float, learn: float, epochs: int, ours: bool) -> tuple[Part, ...]:
    """The teacher's notes, with the figures of these points."""
    return (
        WHAT_HAPPENS,
        a_way_through(epochs),
        figures_to_expect(data, m, b, learn),
        ("Why normalise?", (WHY,)),
        ("Questions for a class", questions(ours)),
        YOUR_OWN_DATA,
        ("Sources", (SOURCES, *((DATA,) if ours else ()))),
    )


WHY = (
    "In raw units the mean of x² may be thousands of times that of 1², and then the valley is a gorge, thousands of "
    "times "
    "steeper in one direction than in the other: a learn that is safe for the slope is far too small for the "
    "intercept. "
    "Normalised, the valley is round (part 2). The best slope is then the correlation of the two columns, and 1 - "
    "slope² "
    "the mse that is left."
)
DATA = (
    "Bill length and body mass of the 333 penguins in palmerpenguins 0.1.6 of which every measurement is "
    "known, in the order of its file. Horst A. M., Hill A. P., Gorman K. B. (2020), palmerpenguins: Palmer "
    "Archipelago (Antarctica) penguin data, doi:10.5281/zenodo.3960218. Public domain (CC0)."
)


def correlation(data: Points) -> float:
    """Pearson's correlation of x and y."""
    x, y = data.scaled().x, Points(data.y, data.x).scaled().x
    return sum(a * b for a, b in zip(x, y, strict=True)) / len(x)
