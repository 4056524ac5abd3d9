"""Inches to centimetres with one multiplier: a grid search, the slope at a point, and whole-batch descent."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.language import translated
from sheetgd.lessons import belts_prose as prose
from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.live_lesson import LiveLesson
from sheetgd.lessons.kit.live_maps import why
from sheetgd.lessons.kit.live_tab import draw_live
from sheetgd.lessons.kit.story import draw_story, glossary, shown
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
EPOCH = "={m}-{learn}*2*SUMPRODUCT({x},{m}*{x}-{y})/COUNT({x})"  # as one formula, from the multiplier in {m}
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
    rows = len(data.x)
    squares = sum(x * x for x in data.x) / rows
    best = sum(x * y for x, y in zip(data.x, data.y, strict=True)) / (squares * rows)
    learn = learn or (0.00001 if data is BELTS else round_down(0.05 / squares))
    down = max(0, rows - 10)  # by how much a longer table pushes down what follows it

    subtitle = translated(
        "Which number turns {x_name} into {y_name}? Fifty guesses find it, or many small steps.",
        x_name=translated(data.x_name),
        y_name=translated(data.y_name),
    )
    title = title or ("One multiplier" if data.own else "Belts: one multiplier")
    sheet = lesson_sheet(book, "Belts", title, subtitle, last_row=92 + down)
    forms = BeltForms(data, m, best)
    table = Table(sheet, "B12", columns(data, forms), rows)
    search = Table(sheet, f"B{41 + down}", shown_as(SEARCH, forms), GUESSES)
    tried = (1.5, 1.7) if 1 < best < 4 else (float(f"{0.6 * best:.2g}"), float(f"{0.7 * best:.2g}"))
    slopes = Table(
        sheet, f"G{72 + down}", (Column("multiply by", tried, THREE), *shown_as(SLOPES, forms)), rows=2
    )
    names = controls.parameters(sheet, "B3", {"multiplier": (m, m)}, ("guess", "reset to"))
    names |= controls.learn_and_epochs(sheet, "G3", learn, epochs)
    names |= {"x": table.column(table.columns[0].title), "y": table.column(table.columns[1].title)}
    controls.loss(sheet, "J3:J5", "K3:M5", "mse", f"=AVERAGE({table.column('error_sq')})", forms.loss)
    log = tables.epoch_log(sheet, "O6", "Epoch log", shown_as(LOG, forms), styled_rows=86 + down)

    draw_epoch(sheet, table, log, names, data, forms)

    style.section(sheet, 37 + down, "2  Grid search: try fifty multipliers", *prose.GRID_SEARCH)
    far = 5.0 if 1 < best < 4 else math.copysign(round_down(3 * abs(best) or 1), best)
    limits = sorted((0.0, far))
    draw_search(sheet, search, names, 41 + down, limits, forms)
    style.section(sheet, 68 + down, "3  Which way, and how steep?", *prose.STEEP, column="G")
    draw_slopes(sheet, slopes, search, names, 76 + down)
    last = draw_prose(sheet, names, down)
    pages = (f"A1:R{35 + down}", f"A{36 + down}:R{66 + down}", f"A{67 + down}:R{92 + down}")
    print_setup(sheet, *pages, *story_pages(pages[:2], last=last), heading_row=6)
    draw_live(book, live_lesson(data, table, log, names, forms))
    notes = prose.notes(prose.Shown(data, m, learn, epochs, tried, data is BELTS))
    teacher_sheet(book, "Belts: for the teacher", prose.LEAD, notes)


def draw_epoch(
    sheet: Worksheet, table: Table, log: Table, names: dict[str, str], data: Points, forms: BeltForms
) -> None:
    """Part 1: the batch table, its step, and the charts; `names` gets the cells of the step."""
    down = max(0, table.rows - 10)
    style.section(sheet, 8, "1  One epoch: the whole batch, then one step", *prose.ONE_EPOCH)
    table.draw(names)
    draw_update(sheet, table, names, 14 + table.rows, forms)
    draw_fit(sheet, table, names, data)
    charts.loss_chart(log, "I23:M34", "mse")
    style.put_label(sheet, f"B{28 + down}", "To think about", style.LEFT)
    style.note(sheet, f"B{29 + down}", *prose.TO_THINK_ABOUT)


class BeltForms:
    """The number formats of these points; those of the ten belts are the usual ones."""

    def __init__(self, data: Points, start: float, best: float) -> None:
        self.own = data.own
        miss = max(abs(start * x - y) for x, y in zip(data.x, data.y, strict=True))
        reach = max(map(abs, data.x))
        far = max(abs(start), 3 * abs(best))
        self.predicted = self._fitting(ONE, max(map(abs, data.y)))
        self.square = self._fitting(ONE, miss**2)
        self.slope = self._fitting(ONE, 2 * reach * miss)
        self.loss = self._fitting(THREE, miss**2)
        self.gradient = self._fitting(THREE, 2 * reach * miss)
        self.multiplier = self._fitting(THREE, far)
        self.titles = {"its mse": self.square, "mse + h": self.square, "its slope": self.slope}
        self.titles |= {"slope by h": self.slope, "mse": self.loss, "gradient": self.gradient}
        self.titles |= {"try": self.multiplier, "multiplier": self.multiplier}

    def _fitting(self, usual: str, size: float) -> str:
        return shown(size) if self.own else usual


def shown_as(columns: Sequence[Column], forms: BeltForms) -> tuple[Column, ...]:
    """The columns, with the number formats that own points need."""
    if not forms.own:
        return tuple(columns)
    return tuple(column._replace(shown=forms.titles.get(column.title, column.shown)) for column in columns)


def columns(data: Points, forms: BeltForms) -> tuple[Column, ...]:
    """The batch table's columns."""
    x, y = Column(titled("x", data.x_name), data.x), Column(titled("y", data.y_name), data.y)
    return (
        x,
        y,
        Column("prediction", f"={{start multiplier}}*{{{x.title}}}", forms.predicted, colour=ORANGE),
        Column("error", f"={{prediction}}-{{{y.title}}}", forms.predicted),
        Column("error_sq", "={error}^2", forms.square),
        Column("2·x·error", f"=2*{{{x.title}}}*{{error}}", forms.slope),
    )


def titled(letter: str, name: str) -> str:
    """The heading of x or y, with the column's name where that is short and plain.

    >>> titled("x", "inches"), titled("x", "Price (in $)")
    ('x (inches)', 'x')
    """
    return f"{letter} ({name})" if name.isalnum() and name != letter and len(name) < 9 else letter


def draw_update(sheet: Worksheet, table: Table, names: dict[str, str], row: int, forms: BeltForms) -> None:
    """The gradient and the step below the table."""
    names |= controls.control(
        sheet, f"F{row}", "gradient", f"=AVERAGE({table.column('2·x·error')})", forms.gradient
    )
    step = "={start multiplier}-{learn}*{gradient}".format_map(names)
    names |= controls.control(sheet, f"F{row + 1}", "new multiplier", step, forms.multiplier)


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


def draw_prose(sheet: Worksheet, names: dict[str, str], down: int) -> int:
    """The story right of the log; its last row."""
    known = {**names, "loss": "$K$3", "best": f"(SUMPRODUCT({names['x']},{names['y']})/SUMSQ({names['x']}))"}
    known["least"] = "(SUMSQ({y})-SUMPRODUCT({x},{y})^2/SUMSQ({x}))/COUNT({x})".format_map(names)
    [*_, end] = draw_story(sheet, 20, {8: prose.STORY[0], 37 + down: prose.STORY[1]}, known)
    return glossary(sheet, end + 2, prose.WORDS, 8, column=20)


def live_lesson(
    data: Points, table: Table, log: Table, names: dict[str, str], forms: BeltForms
) -> LiveLesson:
    """What the tab Live shows: the multiplier after any number of epochs."""
    return LiveLesson(
        log=log,
        parameters=(("m", "multiplier", BLUE),),
        starts=("$D$4",),
        guesses=("$C$4",),
        carried=(names["new multiplier"],),
        points=(names["x"], names["y"]),
        axes=(data.x_name, data.y_name),
        loss_name="mse",
        loss="SUMPRODUCT(({m}*{x}-{y})^2)/COUNT({x})",
        line=("{m}*{at}",),
        epoch={"m": EPOCH},
        names=names,
        why=why(1),
        to_think_about=prose.LIVE_QUESTIONS,
        loss_form=forms.loss,
    )


def draw_search(
    sheet: Worksheet,
    search: Table,
    names: dict[str, str],
    row: int,
    limits: Sequence[float],
    forms: BeltForms,
) -> None:
    """The fifty guesses, the best of them, and their curve with the present guess on it."""
    names |= controls.control(sheet, f"G{row}", "from", limits[0], PLAIN)
    names |= controls.control(sheet, f"G{row + 1}", "to", limits[1], PLAIN)
    controls.numeric(sheet, f"H{row}:H{row + 1}")
    search.draw(names)
    guesses, losses = search.column("try"), search.column("its mse")
    controls.control(sheet, f"K{row}", "smallest mse", f"=MIN({losses})", forms.loss)
    found = f"=INDEX({guesses},MATCH(MIN({losses}),{losses},0))"
    best = controls.control(sheet, f"K{row + 1}", "best guess", found, forms.multiplier)["best guess"]
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
    style.note(sheet, f"G{row + 1}", *prose.BY_NUDGING)
    charts.scatter_chart(
        sheet,
        f"G{row + 6}:M{row + 15}",
        "The slope of every multiplier",
        ("multiplier", "slope"),
        [Plot("slope", search.reference("try"), search.reference("its slope"), BLUE)],
    )
