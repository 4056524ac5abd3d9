"""The default lesson: a straight line found by gradient descent, its derivatives by finite differences."""

from __future__ import annotations

import random
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.language import localized, translated
from sheetgd.lessons import descent_prose as prose
from sheetgd.lessons.descent_prose import STEP_BY_STEP, VALLEY
from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.live_lesson import LiveLesson
from sheetgd.lessons.kit.live_tab import draw_live
from sheetgd.lessons.kit.story import draw_story, glossary, shown
from sheetgd.lessons.kit.style import BLUE, FULL, INK, ONE, ORANGE, PLAIN, THREE, WHOLE
from sheetgd.lessons.kit.tables import Column, Grid, Table
from sheetgd.lessons.kit.valley_tab import Valley, draw_valley
from sheetgd.lessons.line_epoch import enough_epochs, line_epoch, power, root_mean_square
from sheetgd.lessons.points import Points, round_down

__all__ = ["LINE", "STEPS", "STEP_BY_STEP", "VALLEY", "X", "Y", "around", "draw", "points"]

X = (7, 9, 28, 30, 50, 22, 3, 9, 30, 23, 40, 23, 40, 18, 17, 3, 4, 16, 20, 10)
Y = tuple(2 * x + 30 for x in X)
LINE = Points(X, Y)
NUDGE = 0.01
LOSS = "=SQRT(SUMPRODUCT(({x}*{m}+{b}-{y})^2)/COUNT({x}))"
STORY = 20  # the column where the story begins, T

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
    epochs: int | None = None,
    title: str = "Gradient descent: a line finds its way",
    hide_actual: bool = False,
) -> None:
    """Draw the lesson's tab, the live one and the teacher's."""
    plan = DescentPlan(data, m, b, learn, epochs)
    rows, down = len(data.x), plan.down
    sheet = lesson_sheet(
        book,
        "Descent",
        title,
        translated("A line is fitted to {count} points, one small step after another.", count=plan.count),
        last_row=112 + 2 * down,
    )
    steps = Table(sheet, f"B{74 + down}", step_columns(plan), rows)
    guess = Table(sheet, "B12", guess_columns(plan), rows)
    grid = Grid(sheet, f"B{38 + down}", down=("m", plan.slopes), across=("b", plan.intercepts))

    names = draw_controls(sheet, plan, steps, guess, hide_actual)
    log_columns = [column._replace(shown=shown) for column, shown in zip(LOG, plan.log_formats, strict=True)]
    log = tables.epoch_log(sheet, "O6", "Epoch log", log_columns, styled_rows=89 + 2 * down)
    draw_guess(sheet, plan, guess, steps, log, names)
    draw_lines(sheet, plan, grid, steps, log)

    style.section(sheet, 67 + down, "3  Down the slope, row by row", *prose.STEP_BY_STEP)
    tables.headings_above(steps, prose.OVER_STEPS)
    steps.draw(names, beside={"guess": guess})
    tables.carried(steps, {"new_m": "↑ next m", "new_b": "↑ next b"})
    last = glossary(sheet, 98 + 2 * down, prose.WORDS)
    end = draw_prose(sheet, plan, steps, log, names)
    pages = (f"A1:R{32 + down}", f"A{33 + down}:R{65 + down}", f"A{66 + down}:R{95 + 2 * down}")
    words = f"A{97 + 2 * down}:R{last}"
    print_setup(sheet, *pages, words, *story_pages(pages, last=end), heading_row=6)
    draw_valley(book, valley(plan, steps), log)
    draw_live(book, live_lesson(plan, steps, log, names))
    notes = prose.notes(plan.used, plan.scaled, m, b, plan.learn, NUDGE, plan.known)
    teacher_sheet(book, "Gradient descent: for the teacher", prose.LEAD, notes)


class DescentPlan:
    """What the numbers decide: whether x is scaled, learn, epochs, what the grid shows, and number formats."""

    def __init__(self, data: Points, m: float, b: float, learn: float | None, epochs: int | None) -> None:
        self.data, self.start = data, (m, b)
        self.known = not data.own  # then y = 2x + 30
        self.used = data
        self.learn = learn or self._learn()
        if data.own and power(line_epoch(data.x, data.y, self.learn, NUDGE).slowest(), 50) > 0.1:
            self.used = data.scaled()
            self.learn = learn or self._learn()
        self.scaled = self.used is not data
        self.epochs = epochs or enough_epochs(line_epoch(self.used.x, data.y, self.learn, NUDGE))
        self.down = max(0, len(data.x) - 20)  # by how much longer tables push down what follows them
        self.count = translated("twenty") if data is LINE else localized(f"{len(data.x):,}")
        self.best = best_line(self.used)
        usual: tuple[Sequence[float], Sequence[float]] = (range(1, 9), range(0, 31, 3))
        self.slopes, self.intercepts = usual if self.known else around(self.used)
        self._set_formats()

    def _learn(self) -> float:
        return 0.0001 if self.data is LINE else round_down(0.25 / (max(x * x for x in self.used.x) + 1))

    def _set_formats(self) -> None:
        """As many decimals as the numbers need: those of the twenty points are the published ones."""
        self.parameter, self.predicted, self.squared, self.loss = THREE, ONE, WHOLE, THREE
        self.inputs = self.outputs = PLAIN
        if not self.known:
            y = self.data.y
            miss = root_mean_square(self.used.x, y, *self.start)
            self.parameter = shown(max(max(y) - min(y), abs(self.intercepts[5]) / 10), 5)
            self.predicted, self.loss = shown(max(map(abs, y))), shown(miss, 5)
            self.squared = shown(miss * miss)
        if self.scaled:
            self.inputs = THREE
        self.log_formats = (WHOLE, self.parameter, self.parameter, self.loss)


def step_columns(plan: DescentPlan) -> tuple[Column, ...]:
    """The columns of the step table; with a scaled x its x and y are those of the first table."""
    shown = {"m": plan.parameter, "b": plan.parameter, "new_m": plan.parameter, "new_b": plan.parameter}
    shown |= {"y_pred": plan.predicted} | dict.fromkeys(
        ("error_sq", "err_m1", "de/dm", "err_b1", "de/db"), plan.squared
    )
    own = (Column("x", plan.data.x), Column("y", plan.data.y))
    if plan.scaled:
        scaled = "=({guess raw x}-{mean x})/{std x}"
        own = (Column("x", scaled, plan.inputs), Column("y", "={guess y}", plan.outputs))
    return (*own, *(column._replace(shown=shown[column.title]) for column in STEPS))


def guess_columns(plan: DescentPlan) -> tuple[Column, ...]:
    """The columns of the first table; with a scaled x it has the raw one, typed."""
    x, y, y_pred, error_sq = GUESS
    if plan.scaled:
        x, y = Column("raw x", plan.data.x), Column("y", plan.data.y)
        y_pred = y_pred._replace(holds="={start m}*({raw x}-{mean x})/{std x}+{start b}")
    return x, y, y_pred._replace(shown=plan.predicted), error_sq._replace(shown=plan.squared)


def draw_controls(
    sheet: Worksheet, plan: DescentPlan, steps: Table, guess: Table, hide_actual: bool
) -> dict[str, str]:
    """Parameters, learn, epochs, h and rmse; where they stand, by name."""
    m, b = plan.start
    best = [f"={fit}({steps.column('y')},{steps.column('x')})" for fit in ("SLOPE", "INTERCEPT")]
    answer: Sequence[float | str] = (2, 30) if plan.known else best
    actual = "actual" if plan.known else "best"
    if hide_actual:
        actual, answer = "", ("", "")
    values = {"m": (answer[0], m, m), "b": (answer[1], b, b)}
    names = controls.parameters(sheet, "B3", values, (actual, "guess", "reset to"), plan.parameter)
    names |= controls.learn_and_epochs(sheet, "G3", plan.learn, plan.epochs)
    names |= controls.control(sheet, "G5", "h", NUDGE, FULL)
    controls.positive(sheet, "H5", "The nudge", "h is a small number above zero, such as 0.01.")
    loss = f"=SQRT(AVERAGE({guess.column('error_sq')}))"
    controls.loss(sheet, "J3:J5", "K3:M5", "rmse", loss, plan.loss)
    return names


def draw_guess(
    sheet: Worksheet, plan: DescentPlan, guess: Table, steps: Table, log: Table, names: dict[str, str]
) -> None:
    """Part 1: the table of the guess, its chart and the curve."""
    words = prose.ONE_LINE_SCALED if plan.scaled else prose.ONE_LINE
    style.section(sheet, 8, "1  One line, and how far off it is", *words)
    if plan.scaled:
        raw = guess.column("raw x")
        x, y = plan.data.x, plan.data.y
        across, up = shown(max(map(abs, x))), shown(max(map(abs, y)))
        rise = shown(min(max(y) - min(y), abs(plan.start[0]) or 1) / (max(x) - min(x)))
        for row, label, name, formula, form in (
            (12, "mean x", "mean x", f"=AVERAGE({raw})", across),
            (15, "deviation x", "std x", f"=STDEVP({raw})", across),
            (18, "raw slope", "raw m", f"={names['start m']}/$F$16", rise),
            (21, "raw intercept", "raw b", f"={names['start b']}-$F$19*$F$13", up),
        ):
            style.put_heading(sheet, f"F{row}", label)
            style.put(sheet, f"F{row + 1}", formula, border=style.UNDER, shown=form)
            names[name] = f"$F${row + 1}"
    tables.headings_above(guess, prose.OVER_GUESS)
    guess.draw(names, beside={"steps": steps})
    x, y, y_pred = (guess.reference(column.title) for column in guess.columns[:3])
    charts.scatter_chart(
        sheet,
        "G12:M22",
        translated("The {count} points and the line of the guess", count=plan.count),
        (plan.data.x_name, plan.data.y_name),
        (Plot("data", x, y, INK, points=True, line=False), Plot("guess", x, y_pred, ORANGE)),
    )
    charts.loss_chart(log, "G23:M32")


def draw_lines(sheet: Worksheet, plan: DescentPlan, grid: Grid, steps: Table, log: Table) -> None:
    """Part 2: the loss of many lines."""
    down = plan.down
    style.section(sheet, 34 + down, "2  The valley", *prose.VALLEY)
    far = root_mean_square(plan.used.x, plan.used.y, plan.slopes[-1], plan.intercepts[-1])
    points = {"x": steps.column("x"), "y": steps.column("y")}
    grid.draw(LOSS, points, WHOLE if plan.known else shown(far, 3))
    charts.way_chart(log, f"B{48 + down}:H{64 + down}", ("m", "$D$4"), ("b", "$D$5"))
    style.put_label(sheet, f"J{48 + down}", "To think about", style.LEFT)
    style.note(sheet, f"J{49 + down}", *prose.TO_THINK_ABOUT)


def valley(plan: DescentPlan, steps: Table) -> Valley:
    """What the tab Valley shows: the lines between the start, the best line and the way to it."""
    epoch = line_epoch(plan.used.x, plan.used.y, plan.learn, NUDGE)
    ways = [plan.start, plan.best]
    if epoch.slowest() < 1:
        ways += [epoch.times(count)(*plan.start) for count in (1, 2, 5, 10, 100, 1000)]
    names = {name: style.on(steps.sheet, steps.column(name)) for name in "xy"}
    return Valley("m", "b", tuple(ways), LOSS, "rmse", names)


def live_lesson(plan: DescentPlan, steps: Table, log: Table, names: dict[str, str]) -> LiveLesson:
    """What the tab Live shows: the line after any number of epochs."""
    return LiveLesson(
        log=log,
        parameters=(("m", "m", BLUE), ("b", "b", ORANGE)),
        starts=("$E$4", "$E$5"),
        guesses=("$D$4", "$D$5"),
        carried=tuple(style.absolute(steps.cell(title, steps.rows)) for title in ("new_m", "new_b")),
        points=(steps.column("x"), steps.column("y")),
        axes=(
            translated("{name}, scaled", name=plan.data.x_name) if plan.scaled else plan.data.x_name,
            plan.data.y_name,
        ),
        loss_name="rmse",
        loss="SQRT(SUMPRODUCT(({m}*{x}+{b}-{y})^2)/COUNT({x}))",
        line=("{m}*{at}+{b}",),
        epoch=EPOCH,
        names=names,
        why=prose.WHY_LIVE,
        to_think_about=prose.LIVE_QUESTIONS,
        steps=steps,
        loss_form=plan.loss,
    )


def draw_prose(sheet: Worksheet, plan: DescentPlan, steps: Table, log: Table, names: dict[str, str]) -> int:
    """The story right of the log; its last row."""
    x, y = steps.column("x"), steps.column("y")
    miss = f"({names['start m']}*{x}+{names['start b']}-{y})"
    known = {
        **names,
        "x": x,
        "loss": "$K$3",
        "m": names["start m"],
        "b": names["start b"],
        "least": f"(STEYX({y},{x})*SQRT((COUNT({x})-2)/COUNT({x})))",
        "spread": f"(MAX({y})-MIN({y}))",
        "zeroth loss": style.absolute(log.cell("rmse", 1)),
        "first loss": style.absolute(log.cell("rmse", 2)),
        "slope m": f"(2*SUMPRODUCT({x},{miss})/COUNT({x}))",
        "slope b": f"(2*SUMPRODUCT({miss})/COUNT({x}))",
        "reach": f"SQRT(SUMSQ({x})/COUNT({x}))",
    }
    first = (*prose.SCALED, *prose.WANTED) if plan.scaled else prose.WANTED
    parts = {8: first, 34 + plan.down: prose.LANDSCAPE, 67 + plan.down: prose.DOWN}
    return draw_story(sheet, STORY, parts, known)[-1]


def best_line(data: Points) -> tuple[float, float]:
    """The slope and the intercept with the least squared error."""
    x_mean, y_mean = sum(data.x) / len(data.x), sum(data.y) / len(data.y)
    pairs = list(zip(data.x, data.y, strict=True))
    slope = sum((x - x_mean) * (y - y_mean) for x, y in pairs) / sum((x - x_mean) ** 2 for x in data.x)
    return slope, y_mean - slope * x_mean


def around(data: Points) -> tuple[list[float], list[float]]:
    """Slopes and intercepts for the grid: plain numbers on both sides of the best line."""
    slope, intercept = best_line(data)
    spread = (max(data.y) - min(data.y)) / 5 or 1
    found = []
    for centre, step, steps in (
        (slope, abs(slope) / 2 or 1, range(-3, 5)),
        (intercept, spread, range(-5, 6)),
    ):
        wide = round_down(step)
        middle = round(centre / wide)
        found.append([float(f"{(middle + each) * wide:.12g}") for each in steps])
    return found[0], found[1]
