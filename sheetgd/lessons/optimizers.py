"""Plain descent, momentum, RMSprop and Adam: a tab each, the same line and start, and one chart of their losses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons import optimizers_prose as prose
from sheetgd.lessons.descent import LINE, points
from sheetgd.lessons.kit import charts, style, tables
from sheetgd.lessons.kit.book import lesson_sheet, print_setup, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.controls import between, control, learn_and_epochs, loss, parameters, whole
from sheetgd.lessons.kit.live_lesson import TAB, LiveLesson
from sheetgd.lessons.kit.live_maps import why
from sheetgd.lessons.kit.live_tab import draw_live
from sheetgd.lessons.kit.story import draw_story, glossary
from sheetgd.lessons.kit.style import BLUE, FULL, GREEN, INK, ONE, ORANGE, PLAIN, THREE, WHOLE
from sheetgd.lessons.kit.tables import Column, Table
from sheetgd.lessons.points import Points, round_down

__all__ = ["draw", "points"]  # the points of the lesson descent

STEP = (
    Column("x", "=Race!{data x}"),
    Column("y", "=Race!{data y}"),
    Column("m", "={above new_m}", THREE, first="={start m}", colour=BLUE),
    Column("b", "={above new_b}", THREE, first="={start b}", colour=ORANGE),
    Column("error", "={m}*{x}+{b}-{y}", ONE),
    Column("de/dm", "=2*{x}*{error}", WHOLE, colour=BLUE),
    Column("de/db", "=2*{error}", WHOLE, colour=ORANGE),
)
SLOPE_M, SLOPE_B = "2*{x}*({m}*{x}+{b}-{y})", "2*({m}*{x}+{b}-{y})"
LOG = (
    Column("epoch", shown=WHOLE),
    Column("m", shown=THREE, colour=BLUE),
    Column("b", shown=THREE, colour=ORANGE),
    Column("rmse", shown=THREE),
)


@dataclass(frozen=True)
class OptimizerTab:
    """One way of stepping: its constants, what it carries beside m and b, and its formulas.

    Formulas are written for m; for b every m in a name is a b, and de/dm is de/db.
    """

    tab: str
    colour: str
    idea: str
    controls: tuple[tuple[str, float], ...]
    states: tuple[tuple[str, str], ...]  # a name that ends in m, and its formula, where OLD is the row above
    step: str
    notes: tuple[str, ...]
    questions: tuple[str, ...]
    counts: bool = False
    affine: Mapping[str, str] = field(
        default_factory=dict
    )  # a row in one formula for each, where they are linear

    def columns(self) -> tuple[Column, ...]:
        """The columns of the step table."""
        count = (Column("t", "={above t}+1", WHOLE, first="={start t}+1"),) if self.counts else ()
        carried = [
            Column(
                self._for(name, letter),
                self._for(formula, letter).replace("OLD", f"{{above {name[:-1]}{letter}}}"),
                THREE,
                first=self._for(formula, letter).replace("OLD", f"{{start {name[:-1]}{letter}}}"),
                colour=colour,
            )
            for name, formula in self.states
            for letter, colour in (("m", BLUE), ("b", ORANGE))
        ]
        new = [
            Column(f"new_{letter}", self._for(self.step, letter), THREE, colour=colour)
            for letter, colour in (("m", BLUE), ("b", ORANGE))
        ]
        return (*STEP, *count, *carried, *new)

    def carried(self) -> list[str]:
        """What is carried from epoch to epoch beside m and b."""
        names = [f"{name[:-1]}{letter}" for name, _ in self.states for letter in "mb"]
        return names + ["t"] * self.counts

    def _for(self, formula: str, letter: str) -> str:
        return formula.replace("m}", letter + "}") if "{" in formula else formula[:-1] + letter


OPTIMIZERS = (
    OptimizerTab(
        "Plain",
        INK,
        "one step against the slope, again and again",
        (),
        (),
        "={m}-{learn}*{de/dm}",
        (
            "Each row takes the slopes of its own point, and one step against them:",
            "new_m = m − learn × de/dm",
            "new_b = b − learn × de/db",
            "",
            "Where x is far from 0 the steps for m are large, and learn must be small",
            "enough for them. Then the steps for b are very small.",
        ),
        (
            "Near the end of the log, how much does b",
            "gain in an epoch? How long until it is there?",
            "",
            "Which rows push m up, and which down?",
        ),
        affine={"m": f"={{m}}-{{learn}}*{SLOPE_M}", "b": f"={{b}}-{{learn}}*{SLOPE_B}"},
    ),
    OptimizerTab(
        "Momentum",
        BLUE,
        "rolls on: the step follows the mean of the last slopes",
        (("beta", 0.9),),
        (("v_m", "={beta}*OLD+(1-{beta})*{de/dm}"),),
        "={m}-{learn}*{v_m}",
        (
            "Slopes that disagree cancel out, slopes that agree keep the ball rolling:",
            "v_m = beta × the v_m above + (1 − beta) × de/dm",
            "new_m = m − learn × v_m      (and the same for b)",
            "",
            "v is the mean of the last slopes, about 1 / (1 − beta) of them.",
            "It is carried from epoch to epoch, like m and b.",
        ),
        (
            "Which beta makes this the plain step?",
            "",
            "Type beta 0.99. What happens first, and",
            "what later?",
        ),
        affine={
            "m": f"={{m}}-{{learn}}*({{beta}}*{{v_m}}+(1-{{beta}})*{SLOPE_M})",
            "b": f"={{b}}-{{learn}}*({{beta}}*{{v_b}}+(1-{{beta}})*{SLOPE_B})",
            "v_m": f"={{beta}}*{{v_m}}+(1-{{beta}})*{SLOPE_M}",
            "v_b": f"={{beta}}*{{v_b}}+(1-{{beta}})*{SLOPE_B}",
        },
    ),
    OptimizerTab(
        "RMSprop",
        ORANGE,
        "each slope divided by its usual size: steep or flat, equal steps",
        (("beta", 0.9), ("epsilon", 1e-8)),
        (("s_m", "={beta}*OLD+(1-{beta})*{de/dm}^2"),),
        "={m}-{learn}*{de/dm}/(SQRT({s_m})+{epsilon})",
        (
            "Each parameter gets a scale of its own, the usual size of its slope:",
            "s_m = beta × the s_m above + (1 − beta) × (de/dm)²",
            "new_m = m − learn × de/dm / (√s_m + epsilon)      (and the same for b)",
            "",
            "A step is about as long as learn, so learn can be much larger.",
            "epsilon only keeps the division from failing when s is 0.",
        ),
        (
            "Were every y a hundred times as large,",
            "what would happen to these steps, and",
            "what to those on the tab Plain?",
        ),
    ),
    OptimizerTab(
        "Adam",
        GREEN,
        "both at once, and the first steps corrected",
        (("beta1", 0.9), ("beta2", 0.999), ("epsilon", 1e-8)),
        (
            ("v_m", "={beta1}*OLD+(1-{beta1})*{de/dm}"),
            ("s_m", "={beta2}*OLD+(1-{beta2})*{de/dm}^2"),
        ),
        "={m}-{learn}*({v_m}/(1-{beta1}^{t}))/(SQRT({s_m}/(1-{beta2}^{t}))+{epsilon})",
        (
            "Momentum for the direction, RMSprop for the size:",
            "v_m = beta1 × the v_m above + (1 − beta1) × de/dm",
            "s_m = beta2 × the s_m above + (1 − beta2) × (de/dm)²",
            "V = v_m / (1 − beta1^t)      S = s_m / (1 − beta2^t)      the bias correction",
            "new_m = m − learn × V / (√S + epsilon)      (and the same for b)",
            "t counts the steps. v and s begin at 0, too small; the correction mends that.",
        ),
        (
            "After a reset t is 0. Work out V in the",
            "first row and compare it with de/dm.",
            "",
            "And after 1,000 steps, what does the",
            "correction change?",
        ),
        counts=True,
    ),
)


def draw(
    book: Workbook,
    *,
    data: Points = LINE,
    m: float = 1,
    b: float = 1,
    epochs: int = 100,
    title: str = "Four ways down the same hill",
) -> None:
    """Draw the tab that compares, a tab for each optimizer, and the teacher's."""
    usual = (data, m, b, epochs) == (LINE, 1, 1, 100)
    rows = len(data.x)
    subtitle = "A line is fitted to the points four times, from the same start, by four rules for the step."
    race = lesson_sheet(book, "Race", title, subtitle, last_row=41 + rows, columns=16, log=0, every=True)
    table = Table(race, "B40", race_columns(data), rows)
    starts = parameters(race, "B3", {"m": (m,), "b": (b,)}, ("start",))
    shared = control(race, "G3", "epochs", epochs, WHOLE)
    whole(race, "H3", 1, 1_000_000, "Epochs", "epochs is a whole number from 1 to 1,000,000.")

    small = round_down(1 / (max(x * x for x in data.x) + 1))
    large = 10.0 ** math.floor(math.log10(max(map(abs, data.y)) or 1) - 3)
    logs, lives = {}, []
    for optimizer in OPTIMIZERS:
        learn = large if "SQRT" in optimizer.step else small
        from_race = {name: f"=Race!{cell}" for name, cell in {**starts, **shared}.items()}
        logs[optimizer.tab], live = draw_optimizer(book, optimizer, table, (m, b), learn, from_race)
        lives += [live] if live else []
    draw_race(race, table, logs)
    for live in lives:
        draw_live(book, live)
    teacher_sheet(
        book, "Four optimizers: for the teacher", prose.LEAD, prose.notes(rows, data is LINE, usual)
    )


def race_columns(data: Points) -> tuple[Column, ...]:
    """The points, and what each optimizer's line says of them."""
    lines = [
        Column(each.tab, f"={each.tab}!$C$4*{{x}}+{each.tab}!$C$5", ONE, colour=each.colour)
        for each in OPTIMIZERS
    ]
    return (Column("x", data.x), Column("y", data.y), *lines)


def draw_race(sheet: Worksheet, table: Table, logs: dict[str, Table]) -> None:
    """The standings, the chart of the losses, and the lines over the points."""
    style.section(sheet, 8, "1  Who is ahead?", *prose.AHEAD)
    for cell, words in zip(("B12", "C12", "D12", "E12", "F12", "G12"), prose.STANDINGS, strict=True):
        style.put_heading(sheet, cell, words)
    for row, each in enumerate(OPTIMIZERS, start=13):
        style.put(sheet, f"B{row}", each.tab, font=style.bold(each.colour), border=style.UNDER)
        run = f"=MAX({each.tab}!{logs[each.tab].column('epoch')})"
        cells = (("C", "$H$3", FULL), ("E", "$C$4", THREE), ("F", "$C$5", THREE), ("G", "$K$3", THREE))
        for column, cell, shown in cells:
            style.put(sheet, f"{column}{row}", f"={each.tab}!{cell}", border=style.UNDER, shown=shown)
        style.put(sheet, f"D{row}", run, border=style.UNDER, shown=WHOLE)
        style.note(sheet, f"H{row}", f"  {each.idea}")
    ahead = '=IF(MIN(G13:G16)=MAX(G13:G16),"nobody",INDEX(B13:B16,MATCH(MIN(G13:G16),G13:G16,0)))'
    loss(sheet, "J3:J5", "K3:M5", "ahead", ahead, PLAIN)
    charts.scatter_chart(
        sheet,
        "B18:Q34",
        "rmse after each epoch",
        ("epoch", "rmse"),
        [
            Plot(each.tab, logs[each.tab].reference("epoch"), logs[each.tab].reference("rmse"), each.colour)
            for each in OPTIMIZERS
        ],
        legend=True,
        from_zero=True,
    )
    style.section(sheet, 37, "2  The points, and the four lines", *prose.FOUR_LINES)
    table.draw({})
    lines = [
        Plot(each.tab, table.reference("x"), table.reference(each.tab), each.colour) for each in OPTIMIZERS
    ]
    dots = Plot("data", table.reference("x"), table.reference("y"), INK, points=True, line=False)
    charts.scatter_chart(sheet, "I40:Q60", "The points and the four lines", ("x", "y"), [dots, *lines])
    [end] = draw_story(sheet, 20, prose.STORY, {})
    glossary(sheet, end + 2, prose.WORDS, 8, column=20)
    pages = ("A1:R35", f"A36:R{max(61, 41 + table.rows)}")
    print_setup(sheet, *pages, "T7:AA35", "T36:AA61", heading_row=6)


def draw_optimizer(
    book: Workbook,
    optimizer: OptimizerTab,
    race: Table,
    start: tuple[float, float],
    learn: float,
    from_race: dict[str, str],
) -> tuple[Table, LiveLesson | None]:
    """An optimizer's tab; returns its log and, where its epoch is an affine map, what its live tab shows."""
    columns, rows = optimizer.columns(), race.rows
    name, wide = optimizer.tab, max(12, len(columns))
    sheet = lesson_sheet(
        book, name, name, f"{optimizer.idea.capitalize()}.", 39 + rows, columns=wide, every=True
    )
    steps = Table(sheet, "B37", columns, rows)
    values = {
        letter: (value, from_race[f"start {letter}"]) for letter, value in zip("mb", start, strict=True)
    }
    names = parameters(sheet, "B3", values, ("guess", "reset to"))
    for row, (label, value) in enumerate(optimizer.controls, start=3):
        names |= control(sheet, f"E{row}", label, value, FULL)
        low, high = ("0", "0.999999") if "beta" in label else ("0", "1")
        between(sheet, f"F{row}", low, high, label, f"{label} is a number from {low} to {high}.")
    names |= learn_and_epochs(sheet, "G3", learn, from_race["epochs"])
    x, y = (f"Race!{race.column(title)}" for title in "xy")
    rmse = f"=SQRT(SUMPRODUCT(({{start m}}*{x}+{{start b}}-{y})^2)/COUNT({x}))".format_map(names)
    loss(sheet, "J3:J5", "K3:M5", "rmse", rmse, THREE)
    first = style.letter(wide + 3)
    log = tables.epoch_log(sheet, f"{first}6", "Epoch log", LOG, styled_rows=33 + rows)

    words = f"1  How {name} steps" if optimizer.states else "1  The plain step"
    style.section(sheet, 8, words, *optimizer.notes)
    if optimizer.states:
        states = dict.fromkeys(optimizer.carried(), (0.0, 0.0))
        names |= parameters(sheet, "B17", states, ("carried", "reset to"))
        if optimizer.counts:
            sheet[names["start t"].replace("$", "")].number_format = WHOLE
    row = 19 + len(optimizer.carried()) if optimizer.states else 17
    style.put_label(sheet, f"B{row}", "To think about", style.LEFT)
    style.note(sheet, f"B{row + 1}", *optimizer.questions)
    charts.loss_chart(log, "G16:M32")
    style.section(sheet, 34, "2  One epoch, row by row", prose.ONE_EPOCH)
    steps.draw(names, beside={"data": race})
    tables.carried(steps, dict.fromkeys(("new_m", "new_b", *optimizer.carried()), "↑ next"))
    last = style.letter(wide + 6)
    print_setup(sheet, f"A1:{last}32", f"A33:{last}{39 + rows}", heading_row=6)
    return log, live_lesson(optimizer, steps, log, names) if optimizer.affine else None


def live_lesson(optimizer: OptimizerTab, steps: Table, log: Table, names: dict[str, str]) -> LiveLesson:
    """What the live tab of an optimizer shows; its velocities are carried like m and b."""
    carried = optimizer.carried()
    rows = [names[f"start {name}"] for name in carried]
    return LiveLesson(
        log=log,
        parameters=(("m", "m", BLUE), ("b", "b", ORANGE)),
        starts=("$D$4", "$D$5", *(cell.replace("$C", "$D") for cell in rows)),
        guesses=("$C$4", "$C$5", *rows),
        carried=tuple(style.absolute(steps.cell(title, steps.rows)) for title in ("new_m", "new_b")),
        points=(steps.column("x"), steps.column("y")),
        axes=("x", "y"),
        loss_name="rmse",
        loss="SQRT(SUMPRODUCT(({m}*{x}+{b}-{y})^2)/COUNT({x}))",
        line=("{m}*{at}+{b}",),
        epoch=optimizer.affine,
        names=names,
        why=why(2 + len(carried)),
        to_think_about=prose.LIVE_QUESTIONS,
        steps=steps,
        hidden=tuple(carried),
        live=f"{TAB} {optimizer.tab}",
    )
