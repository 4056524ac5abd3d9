"""Inches to centimetres with one multiplier: a grid search, the slope at a point, and whole-batch descent."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit import live_tab as live
from sheetgd.lessons.kit.book import Figures, Part, lesson_sheet, print_setup, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.style import BLUE, FULL, INK, ONE, ORANGE, PLAIN, THREE, TWO, WHOLE
from sheetgd.lessons.kit.tables import Column, Table
from sheetgd.lessons.points import Points, round_down

BELTS = Points(
    (30.5, 32.5, 34.5, 36.5, 38.5, 40.5, 42.5, 44.5, 46.5, 48.5),
    (77, 83, 88, 93, 98, 103, 108, 113, 118, 123),
    "inches",
    "cm",
)
GUESSES = 50
SEARCH = (
    Column("no", "={above no}+1", WHOLE, first="=1"),
    Column("try", "={from}+({no}-1)*({to}-{from})/" + str(GUESSES - 1), THREE),
    Column("its mse", "=SUMPRODUCT(({try}*{x}-{y})^2)/COUNT({x})", ONE),
    Column("its slope", "=2*SUMPRODUCT({x},{try}*{x}-{y})/COUNT({x})", ONE),
)
SLOPES = (
    Column("its mse", "=SUMPRODUCT(({multiply by}*{x}-{y})^2)/COUNT({x})", "#,##0.0000"),
    Column("its slope", "=2*SUMPRODUCT({x},{multiply by}*{x}-{y})/COUNT({x})", TWO),
    Column("mse + h", "=SUMPRODUCT((({multiply by}+{h})*{x}-{y})^2)/COUNT({x})", "#,##0.0000"),
    Column("slope by h", "=({mse + h}-{its mse})/{h}", TWO),
)
PROBE = (  # an epoch in a line: the gradient is the mean of 2·x·error
    ("from", ""),
    ("gradient", "=2*SUMPRODUCT({x},{from}*{x}-{y})/COUNT({x})"),
    ("to", "={from}-{learn}*{gradient}"),
)
HERE = {title: f"{{{title}}}" for title, _ in PROBE}  # filled in row by row
LOG = (
    Column("epoch", shown=WHOLE),
    Column("multiplier", shown=THREE, colour=BLUE),
    Column("mse", shown=THREE, colour=ORANGE),
    Column("gradient", shown=TWO),
)


def points(rows: int, seed: int) -> Points:
    """Belts of random lengths, measured in both units to the nearest half inch and whole centimetre."""
    chance = random.Random(seed)
    inches = tuple(chance.randrange(50, 110) / 2 for _ in range(rows))
    return Points(inches, tuple(float(round(2.54 * inch)) for inch in inches), "inches", "cm")


def draw(
    book: Workbook,
    *,
    data: Points = BELTS,
    m: float = 0,
    learn: float | None = None,
    epochs: int = 1000,
    title: str | None = None,
) -> None:
    """Draw the lesson's tab and the teacher's."""
    usual = (data, m, learn, epochs) == (BELTS, 0, None, 1000)
    rows = len(data.x)
    squares = sum(x * x for x in data.x) / rows
    best = sum(x * y for x, y in zip(data.x, data.y, strict=True)) / (squares * rows)
    learn = learn or (0.00001 if data is BELTS else round_down(0.05 / squares))
    down = max(0, rows - 10)  # by how much a longer table pushes down what follows it

    subtitle = (
        f"Which number turns {data.x_name} into {data.y_name}? Fifty guesses find it, or many small steps."
    )
    title = title or ("Belts: one multiplier" if data.x_name == "inches" else "One multiplier")
    sheet = lesson_sheet(book, "Belts", title, subtitle, last_row=92 + down)
    table = Table(sheet, "B12", columns(data), rows)
    search = Table(sheet, f"B{41 + down}", SEARCH, GUESSES)
    tried = (1.5, 1.7) if 1 < best < 4 else (float(f"{0.6 * best:.2g}"), float(f"{0.7 * best:.2g}"))
    slopes = Table(sheet, f"G{72 + down}", (Column("multiply by", tried, THREE), *SLOPES), rows=2)
    names = controls.parameters(sheet, "B3", {"multiplier": (m, m)}, ("guess", "reset to"))
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    names |= {"x": table.column(table.columns[0].title), "y": table.column(table.columns[1].title)}
    controls.loss(sheet, "J3:J5", "K3:M5", "mse", f"=AVERAGE({table.column('error_sq')})", THREE)
    log = tables.epoch_log(sheet, "O6", "Epoch log", LOG, styled_rows=86 + down)

    style.section(sheet, 8, "1  One epoch: the whole batch, then one step", *ONE_EPOCH)
    table.draw(names)
    draw_update(sheet, table, names, 14 + rows)
    draw_fit(sheet, table, names, data)
    charts.loss_chart(log, "I23:M34", "mse")
    style.put_label(sheet, f"B{28 + down}", "To think about", style.LEFT)
    style.note(sheet, f"B{29 + down}", *TO_THINK_ABOUT)

    style.section(sheet, 37 + down, "2  Grid search: try fifty multipliers", *GRID_SEARCH)
    far = 5.0 if 1 < best < 4 else math.copysign(round_down(3 * abs(best) or 1), best)
    limits = sorted((0.0, far))
    draw_search(sheet, search, names, 41 + down, limits)
    style.section(sheet, 68 + down, "3  Which way, and how steep?", *STEEP, column="G")
    draw_slopes(sheet, slopes, search, names, 76 + down)
    print_setup(
        sheet, f"A1:R{35 + down}", f"A{36 + down}:R{66 + down}", f"A{67 + down}:R{92 + down}", heading_row=6
    )
    own = live.Lesson(
        log=log,
        parameters=(("m", "multiplier", BLUE),),
        starts=("$D$4",),
        guesses=("$C$4",),
        carried=(names["new multiplier"],),
        points=(names["x"], names["y"]),
        axes=(data.x_name, data.y_name),
        loss_name="mse",
        loss="SUMPRODUCT(({m}*{x}-{y})^2)/COUNT({x})",
        line="{m}*{at}",
        probe=lambda sheet: draw_probes(sheet, table.sheet.title, names),
        why=WHY_LIVE,
        to_think_about=LIVE_QUESTIONS if usual else LIVE_QUESTIONS[:3],
    )
    live.draw_live(book, own)
    notes = NOTES if usual else tuple(part for part in NOTES if part[0] not in ONLY_BELTS)
    teacher_sheet(book, "Belts: for the teacher", LEAD, notes)


def columns(data: Points) -> tuple[Column, ...]:
    """The batch table's columns."""
    x, y = Column(titled("x", data.x_name), data.x), Column(titled("y", data.y_name), data.y)
    return (
        x,
        y,
        Column("prediction", f"={{start multiplier}}*{{{x.title}}}", ONE, colour=ORANGE),
        Column("error", f"={{prediction}}-{{{y.title}}}", ONE),
        Column("error_sq", "={error}^2", ONE),
        Column("2·x·error", f"=2*{{{x.title}}}*{{error}}", ONE),
    )


def titled(letter: str, name: str) -> str:
    """The heading of x or y, with the column's name where that is short and plain.

    >>> titled("x", "inches"), titled("x", "Price (in $)")
    ('x (inches)', 'x')
    """
    return f"{letter} ({name})" if name.isalnum() and name != letter and len(name) < 9 else letter


def draw_update(sheet: Worksheet, table: Table, names: dict[str, str], row: int) -> None:
    """The gradient and the step below the table."""
    names |= controls.control(sheet, f"F{row}", "gradient", f"=AVERAGE({table.column('2·x·error')})", THREE)
    step = "={start multiplier}-{learn}*{gradient}".format_map(names)
    names |= controls.control(sheet, f"F{row + 1}", "new multiplier", step, THREE)


def draw_fit(sheet: Worksheet, table: Table, names: dict[str, str], data: Points) -> None:
    """The chart of the points and of what the guess predicts."""
    x, y, prediction = (table.reference(column.title) for column in table.columns[:3])
    charts.scatter_chart(
        sheet,
        "I11:M22",
        "The points and the prediction",
        (data.x_name, data.y_name),
        (Plot("data", x, y, INK, points=True, line=False), Plot("prediction", x, prediction, ORANGE)),
        from_zero=all(value >= 0 for value in data.y),
    )


def draw_search(
    sheet: Worksheet, search: Table, names: dict[str, str], row: int, limits: Sequence[float]
) -> None:
    """The fifty guesses, the best of them, and their curve with the present guess on it."""
    names |= controls.control(sheet, f"G{row}", "from", limits[0], PLAIN)
    names |= controls.control(sheet, f"G{row + 1}", "to", limits[1], PLAIN)
    controls.numeric(sheet, f"H{row}:H{row + 1}")
    search.draw(names)
    guesses, losses = search.column("try"), search.column("its mse")
    controls.control(sheet, f"K{row}", "smallest mse", f"=MIN({losses})", THREE)
    found = f"=INDEX({guesses},MATCH(MIN({losses}),{losses},0))"
    best = controls.control(sheet, f"K{row + 1}", "best guess", found, THREE)["best guess"]
    tables.mark(
        sheet,
        f"{search.cell('no', 1)}:{search.cell('its slope', GUESSES)}",
        f"${search.cell('try', 1)}={best}",
    )
    charts.scatter_chart(
        sheet,
        f"G{row + 3}:M{row + 25}",
        "The mse of every multiplier; the point is the guess above",
        ("multiplier", "mse"),
        (
            Plot("mse", search.reference("try"), search.reference("its mse"), BLUE),
            Plot(
                "guess", style.cells(sheet, "C4"), style.cells(sheet, "K3"), ORANGE, points=True, line=False
            ),
        ),
        from_zero=True,
    )


def draw_slopes(sheet: Worksheet, slopes: Table, search: Table, names: dict[str, str], row: int) -> None:
    """Two multipliers with their exact slopes, and the slopes that a nudge would give."""
    names |= controls.control(sheet, f"G{row}", "nudge by", 0.01, FULL)
    controls.positive(sheet, f"H{row}", "The nudge", "A small number above zero, such as 0.01.")
    slopes.draw({**names, "h": names["nudge by"]})
    style.note(sheet, f"G{row + 1}", *BY_NUDGING)
    charts.scatter_chart(
        sheet,
        f"G{row + 6}:M{row + 15}",
        "The slope of every multiplier",
        ("multiplier", "slope"),
        [Plot("slope", search.reference("try"), search.reference("its slope"), BLUE)],
    )


def draw_probes(sheet: Worksheet, tab: str, names: dict[str, str]) -> list[list[str]]:
    """The epoch twice on the live tab, from 0 and from 1; returns where each ends."""
    given = {name: f"{tab}!{cell}" for name, cell in names.items()}
    columns = tuple(Column(title, words.format_map({**given, **HERE}), live.FIVE) for title, words in PROBE)
    tried = Table(sheet, f"B{live.PROBES}", columns, rows=2)
    tried.draw({})
    for row in (1, 2):
        sheet[tried.cell("from", row)] = row - 1
    style.note(sheet, f"G{live.PROBES}", *TRIED)
    return [[tried.cell("to", row)] for row in (1, 2)]


ONE_EPOCH = (
    "Every row uses the guess above. The mean of error_sq is mse; the mean of 2·x·error is its slope, the gradient.",
    "One step for the whole table:  new multiplier = multiplier − learn × gradient.",
)
TO_THINK_ABOUT = (
    "The gradient is negative. Which way will the step go?",
    "Why is learn so small? Compare it with the gradient.",
    "The first steps are long, the last ones short, and yet",
    "learn is the same all the time. How?",
)
GRID_SEARCH = (
    "No slopes, no steps: just try. The best of the fifty is marked. Type other limits to look more closely.",
)
STEEP = (
    "The slope says which way to go and how far the loss falls.",
    "Type other multipliers: where is the slope 0?",
)
BY_NUDGING = (
    "its slope is exact: the mean of 2·x·(multiplier·x − y). slope by h",
    "is the growth of mse over a nudge h: too high by h × mean of x²,",
    "so that descent by it would end a little too low.",
)

TRIED = (
    "The epoch of the tab Belts, tried from two places:",
    "0 gives the number that is added anyway;",
    "how much more 1 gives is what m, the multiplier, counts for.",
)
WHY_LIVE = (
    "1.  An epoch makes the new multiplier from the old one, m: so much of m, and a number that does not hang on m.",
    "2.  These two numbers are all that an epoch does. Tried from 0 and from 1, the epoch itself gives them away.",
    "3.  Doing an epoch twice is again so much of m, and a number. And four epochs. And so on.",
)
LIVE_QUESTIONS = (
    "In part 3, which column goes to 0, and",
    "which to the best multiplier?",
    "",
    "Type 0, 20, 40, 60 epochs. By which",
    "factor does the distance to 2.5415 shrink",
    "each time?",
)

LEAD = "What the sheet does, a way through it with a class, the figures to expect, and why it behaves as it does."
ONLY_BELTS = ("Figures to expect", "Why not 2.54?")
NOTES: tuple[Part, ...] = (
    (
        "What happens here",
        (
            "The model is a single multiplication: prediction = multiplier × x. Part 1 is one epoch of whole-batch "
            "descent. Every row uses the same multiplier, each has its own slope 2·x·error, and their mean, the "
            "gradient, moves the multiplier once. (In the lesson descent every row makes a step of its own.)",
            "A run carries new multiplier back to the guess (C4) and writes one line into the log: epoch, multiplier, "
            "mse and gradient, all read from the sheet after that epoch. So a thousand epochs need no more than "
            "this one table. The derivatives are exact; part 3 compares them with nudging.",
        ),
    ),
    (
        "A way through it",
        (
            "1. Type multipliers into C4 by hand. Who gets the smallest mse? Is 2.54 the best?",
            "2. Part 2: fifty guesses at once, evenly spaced, the best one marked. How does one get closer? (Type "
            "narrower limits. Each round of fifty gains more than a digit.) And with ten parameters? (50 to the "
            "power of 10 guesses.)",
            "3. Part 3: at 1.5 and 1.7, without seeing the curve, which way is down, and how do you know?",
            "4. sheetgd run FILE does a thousand epochs (H4), sheetgd run FILE --epochs 10 only ten. Save and close "
            "the workbook first; open it again to see the log and the curves.",
        ),
    ),
    (
        "Figures to expect",
        (
            "From 0 with learn 0.00001. The best of the fifty guesses is 2.551, with an mse of 0.218.",
            Figures(
                ("epochs run", "multiplier", "mse", "gradient"),
                (
                    (0, 0, 10291, -8098.4),
                    (1, 0.080984, 9645.608, -7840.344),
                    (10, 0.703053, 5384.914, -5858.122),
                    (50, 2.038109, 403.761, -1603.966),
                    (100, 2.441776, 15.908, -317.681),
                    (200, 2.537561, 0.097, -12.462),
                    (500, 2.541472, 0.072, -0.001),
                    (1000, 2.541472, 0.072, 0),
                ),
                (WHOLE, "0.000000", THREE, THREE),
            ),
            "To all digits the multiplier is 2.5414718343009355 after 1,000 epochs.",
        ),
    ),
    (
        "Why not 2.54?",
        (
            "An inch is 2.54 cm exactly, but the measured centimetres are whole numbers, and those of this table "
            "were rounded up a little more than down. 2.5415 fits them better than 2.54 does: mse 0.0722 against "
            "0.0757.",
        ),
    ),
    (
        "How large may learn be?",
        (
            "An epoch multiplies the distance to the answer by 1 - 2 × learn × mean of x². For the ten belts the mean "
            "of x² is 1593, and with learn 0.00001 the factor is 0.968: the distance halves every 21 epochs. Learn "
            "0.0003 needs a handful of epochs; above 1 / 1593 = 0.00063 the steps grow, and sheetgd stops the run.",
        ),
    ),
    (
        "Slopes by nudging",
        (
            "mse is a parabola in the multiplier, so the nudged slope is too high by the nudge times the mean of x², "
            "everywhere: at 1.7 it says -2665.42 instead of -2681.35. Descent by it stops half a nudge too low, at "
            "2.5365 with a nudge of 0.01.",
        ),
    ),
    (
        "The tab Live",
        (
            "Type a number of epochs there, and the multiplier after them is there at once: in Excel, LibreOffice and "
            "Google Sheets alike, with no run and no script. An epoch makes new multiplier = a × multiplier + c, two "
            "epochs make a² × multiplier + (a + 1) × c, and so on by doubling. Part 2 of the tab compares it with the "
            "table and with the log. Its start is the value under reset to (D4).",
        ),
    ),
    (
        "Your own data",
        (
            "sheetgd new belts --data FILE.csv --x COLUMN --y COLUMN draws this sheet for any two columns that are in "
            "proportion; sheetgd new belts --rows 30 --seed 7 makes thirty other belts. For points on a line that "
            "does not go through zero, see the lessons descent and penguins.",
        ),
    ),
)
