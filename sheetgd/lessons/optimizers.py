"""Plain descent, momentum, RMSprop and Adam: a tab each, the same line and start, and one chart of their losses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.language import Written, localized, translated
from sheetgd.lessons import optimizers_prose as prose
from sheetgd.lessons.descent import LINE, points
from sheetgd.lessons.kit import charts, style, tables
from sheetgd.lessons.kit.book import ALL_TABS, lesson_sheet, print_setup, story_pages, teacher_sheet
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.controls import between, control, learn_and_epochs, loss, parameters, whole
from sheetgd.lessons.kit.live_lesson import FIVE, TAB, LiveLesson
from sheetgd.lessons.kit.live_maps import why
from sheetgd.lessons.kit.live_tab import draw_live
from sheetgd.lessons.kit.story import draw_story, glossary, quoted, shown
from sheetgd.lessons.kit.style import BLUE, FULL, INK, ONE, ORANGE, PLAIN, THREE, WHOLE, on_tab
from sheetgd.lessons.kit.tables import Column, Table
from sheetgd.lessons.line_epoch import root_mean_square
from sheetgd.lessons.optimizer_rules import OPTIMIZERS, OptimizerTab
from sheetgd.lessons.points import Points, round_down

__all__ = ["draw", "points"]  # the points of the lesson descent

LOG = (
    Column("epoch", shown=WHOLE),
    Column("m", shown=THREE, colour=BLUE),
    Column("b", shown=THREE, colour=ORANGE),
    Column("rmse", shown=THREE),
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
    race = lesson_sheet(
        book, "Race", title, subtitle, last_row=41 + rows, columns=16, log=0, commands=ALL_TABS
    )
    forms = number_formats(data, m, b)
    table = Table(race, "B40", race_columns(data, forms), rows)
    starts = parameters(race, "B3", {"m": (m,), "b": (b,)}, ("start",))
    shared = control(race, "G3", "epochs", epochs, WHOLE)
    whole(race, "H3", 1, 1_000_000, "Epochs", "epochs is a whole number from 1 to 1,000,000.")

    small = round_down(1 / (max(x * x for x in data.x) + 1))
    large = 10.0 ** math.floor(math.log10(max(map(abs, data.y)) or 1) - 3)
    logs, lives = {}, []
    for optimizer in OPTIMIZERS:
        learn = large if "SQRT" in optimizer.step else small
        from_race = {name: f"={style.on(race, cell)}" for name, cell in {**starts, **shared}.items()}
        logs[optimizer.tab], live = draw_optimizer(book, optimizer, table, (m, b), learn, from_race, forms)
        lives += [live] if live else []
    axes = data.x_name, data.y_name
    draw_race(race, table, logs, forms, axes)
    for live in lives:
        draw_live(book, live._replace(axes=axes))
    teacher_sheet(
        book, "Four optimizers: for the teacher", prose.LEAD, prose.notes(rows, data is LINE, usual)
    )


def number_formats(data: Points, m: float, b: float) -> dict[str, str]:
    """The number formats that own points need, by the titles of columns; none for the usual ones."""
    if not data.own:
        return {}
    miss = root_mean_square(data.x, data.y, m, b)
    reach, height = max(map(abs, data.x)), max(map(abs, data.y))
    rise = shown((max(data.y) - min(data.y)) / (max(data.x) - min(data.x)), 5)
    steep, level = 2 * reach * miss, 2 * miss
    forms = {"error": shown(miss), "rmse": shown(miss), "y": shown(height), "de/dm": shown(steep)}
    forms |= {"de/db": shown(level), "v_m": shown(steep), "v_b": shown(level)}
    forms |= {"s_m": shown(steep**2), "s_b": shown(level**2)}
    forms |= dict.fromkeys(("m", "new_m"), rise) | dict.fromkeys(("b", "new_b"), shown(height, 7))
    forms["live"] = FIVE if 0.01 < height < 1e6 else "0.000E+00"
    return forms


def shown_as(columns: Sequence[Column], forms: Mapping[str, str]) -> tuple[Column, ...]:
    """The columns with these number formats; x and y are shown as they were typed."""
    return tuple(
        column if column.title in "xy" else column._replace(shown=forms.get(column.title, column.shown))
        for column in columns
    )


def race_columns(data: Points, forms: Mapping[str, str]) -> tuple[Column, ...]:
    """The points, and what each optimizer's line says of them."""
    lines = [
        Column(
            each.tab,
            f"={on_tab(each.tab, '$C$4')}*{{x}}+{on_tab(each.tab, '$C$5')}",
            forms.get("y", ONE),
            colour=each.colour,
        )
        for each in OPTIMIZERS
    ]
    return (Column("x", data.x), Column("y", data.y), *lines)


def draw_race(
    sheet: Worksheet,
    table: Table,
    logs: dict[str, Table],
    forms: Mapping[str, str],
    axes: tuple[str, str],
) -> None:
    """The standings, the chart of the losses, and the lines over the points."""
    style.section(sheet, 8, "1  Who is ahead?", *prose.AHEAD)
    for cell, words in zip(("B12", "C12", "D12", "E12", "F12", "G12"), prose.STANDINGS, strict=True):
        style.put_heading(sheet, cell, words)
    for row, each in enumerate(OPTIMIZERS, start=13):
        style.put(sheet, f"B{row}", each.tab, font=style.bold(each.colour), border=style.UNDER)
        run = f"=MAX({on_tab(each.tab, logs[each.tab].column('epoch'))})"
        cells = (
            ("C", "$H$3", FULL),
            ("E", "$C$4", forms.get("m", THREE)),
            ("F", "$C$5", forms.get("b", THREE)),
            ("G", "$K$3", forms.get("rmse", THREE)),
        )
        for column, cell, form in cells:
            style.put(sheet, f"{column}{row}", f"={on_tab(each.tab, cell)}", border=style.UNDER, shown=form)
        style.put(sheet, f"D{row}", run, border=style.UNDER, shown=WHOLE)
        style.note(sheet, f"H{row}", Written(f"  {translated(each.idea)}"))
    first = "INDEX(B13:B16,MATCH(MIN(G13:G16),G13:G16,0))"
    ahead = f"=IF(MIN(G13:G16)=MAX(G13:G16),{quoted(translated('nobody'))},{first})"
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
    charts.scatter_chart(sheet, "I40:Q60", "The points and the four lines", axes, [dots, *lines])
    [*_, end] = draw_story(sheet, 20, prose.STORY, {})
    last = glossary(sheet, end + 2, prose.WORDS, 8, column=20)
    pages = ("A1:R35", f"A36:R{max(61, 41 + table.rows)}")
    print_setup(sheet, *pages, *story_pages(pages, last=last), heading_row=6)


def draw_optimizer(
    book: Workbook,
    optimizer: OptimizerTab,
    race: Table,
    start: tuple[float, float],
    learn: float,
    from_race: dict[str, str],
    forms: Mapping[str, str],
) -> tuple[Table, LiveLesson | None]:
    """An optimizer's tab; returns its log and, where its epoch is an affine map, what its live tab shows."""
    columns, rows = shown_as(optimizer.columns(), forms), race.rows
    name, wide, idea = optimizer.tab, max(12, len(columns)), translated(optimizer.idea)
    subtitle = Written(f"{idea[0].upper()}{idea[1:]}.")
    sheet = lesson_sheet(book, name, name, subtitle, 39 + rows, columns=wide, commands=ALL_TABS)
    steps = Table(sheet, "B37", columns, rows)
    values = {
        letter: (value, from_race[f"start {letter}"]) for letter, value in zip("mb", start, strict=True)
    }
    names = parameters(sheet, "B3", values, ("guess", "reset to"), forms.get("m", THREE))
    for row, (label, value) in enumerate(optimizer.controls, start=3):
        names |= control(sheet, f"E{row}", label, value, FULL)
        low, high = ("0", "0.999999") if "beta" in label else ("0", "1")
        words = translated(
            "{name} is a number from {low} to {high}.", name=translated(label), low=low, high=localized(high)
        )
        between(sheet, f"F{row}", low, high, label, words)
    names |= learn_and_epochs(sheet, "G3", learn, from_race["epochs"])
    x, y = (style.on(race.sheet, race.column(title)) for title in "xy")
    rmse = f"=SQRT(SUMPRODUCT(({{start m}}*{x}+{{start b}}-{y})^2)/COUNT({x}))".format_map(names)
    loss(sheet, "J3:J5", "K3:M5", "rmse", rmse, forms.get("rmse", THREE))
    first = style.letter(wide + 3)
    log = tables.epoch_log(sheet, f"{first}6", "Epoch log", shown_as(LOG, forms), styled_rows=33 + rows)

    how = translated("1  How {optimizer} steps", optimizer=translated(name))
    style.section(sheet, 8, how if optimizer.states else "1  The plain step", *optimizer.notes)
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
    return log, live_lesson(optimizer, steps, log, names, forms) if optimizer.affine else None


def live_lesson(
    optimizer: OptimizerTab, steps: Table, log: Table, names: dict[str, str], forms: Mapping[str, str]
) -> LiveLesson:
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
        form=forms.get("live", FIVE),
        loss_form=forms.get("rmse", THREE),
        hidden=tuple(carried),
        live=Written(f"{translated(TAB)} {translated(optimizer.tab)}"),
    )
