"""The live tab: the line after any number of epochs, by formulas alone; no run, no macro, no script.

An epoch of a linear model is an affine map of its parameters: each new one is a sum of the old ones, each times a
number, and a number. Probes of the epoch's own formulas give these numbers, doublings the maps of 1, 2, 4 … 524,288
epochs, and any number of epochs is a sum of such. Nothing here is newer than Excel 2010, and nothing is an array
formula, so it works in every spreadsheet. Where numbers get too large the tab says so and shows no error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.chart import Reference
from openpyxl.worksheet.worksheet import Worksheet

from sheetgd.lessons.kit import charts, controls, style, tables
from sheetgd.lessons.kit.book import lesson_sheet, print_setup
from sheetgd.lessons.kit.charts import Plot
from sheetgd.lessons.kit.scroll_bar import ScrollBar
from sheetgd.lessons.kit.style import BLUE, HIGH, INK, ORANGE, QUIET, WHOLE
from sheetgd.lessons.kit.tables import Column, Table

TAB = "Live"
MOST = 1_000_000  # epochs, as in a run
DOUBLINGS = 20  # the last is 524,288 epochs
CHECK = "F32"  # where the comparison with stepping stands
LOGGED = "$F$34"  # its cell with the number of the log's epochs
PROBES = 44  # the heading row of the probes
POWERS = 50  # the heading row of the doublings
WORKINGS = 76  # the heading row of what is long
LARGE = "10^50"  # no map goes on past it, so that nothing overflows on the way
SAME = "0.000001"  # of their size: two ways of computing that are no further apart agree
FIVE = "#,##0.00000"  # and, past a million, as powers of ten: see `tables.mark_large`
LOSS = "#,##0.000"
TINY = "0.0E+00"
BAR = ScrollBar("O3:Q3", "$P$4")

Probed = Sequence[Sequence[str]]  # the parameters' cells after an epoch, for each probe


@dataclass(frozen=True)
class Lesson:
    """What the live tab takes from a lesson; addresses are absolute, without the name of the tab.

    `loss` and `line` are formulas in which {m} stands for the parameter m, {x} and {y} for the points, and {at} for a
    place on the line. `probe` draws what it needs on the live tab, from PROBES and from WORKINGS down, and returns
    the parameters' cells after an epoch from all zeros, then from each of them at 1 and the others at 0.
    """

    log: Table
    parameters: tuple[tuple[str, str, str], ...]  # short names, titles in the log, and colours
    starts: tuple[str, ...]
    guesses: tuple[str, ...]
    carried: tuple[str, ...]
    points: tuple[str, str]
    axes: tuple[str, str]
    loss_name: str
    loss: str
    line: str
    probe: Callable[[Worksheet], Probed]
    why: tuple[str, ...]
    to_think_about: tuple[str, ...]
    rows: int = 0  # of the workings that the probes take

    @property
    def tab(self) -> str:
        """The name of the lesson's tab."""
        return str(self.log.sheet.title)

    @property
    def names(self) -> list[str]:
        """The parameters' short names."""
        return [name for name, _, _ in self.parameters]

    def there(self, *cells: str) -> list[str]:
        """Cells of the lesson's tab, as formulas here name them."""
        return [f"{self.tab}!{cell}" for cell in cells]

    def formula(self, words: str, cells: Sequence[str], at: str = "") -> str:
        """The loss or the line with the parameters in these cells."""
        x, y = self.there(*self.points)
        return words.format_map({**dict(zip(self.names, cells, strict=True)), "x": x, "y": y, "at": at})


def draw_live(book: Workbook, lesson: Lesson) -> None:
    """Draw the tab."""
    last_row = WORKINGS + max(lesson.rows, DOUBLINGS) + 1
    title, subtitle = (
        "Live: any number of epochs at once",
        f"The lesson of the tab {lesson.tab}, without stepping.",
    )
    sheet = lesson_sheet(book, TAB, title, subtitle, last_row, columns=16, log=0, commands=False)
    controls.whole(sheet, "C3", 0, MOST, "Epochs", ASKED)
    typed = draw_bar(sheet, controls.question(sheet, "B3:B5", "C3:D5", "epochs", 1000))
    valid = f"IF(ISNUMBER({typed}),IF(AND({typed}>=0,{typed}<={MOST},{typed}=INT({typed})),1,0),0)=1"
    epochs = f"IF({valid},{typed},0)"
    powers = draw_powers(sheet, lesson, lesson.probe(sheet))
    add_up(lesson, powers, epochs)
    now = draw_answer(sheet, lesson, powers, valid)
    style.section(sheet, 8, "1  The line after so many epochs", THE_LINE)
    draw_charts(sheet, lesson, draw_plotted(sheet, lesson, powers, now, epochs))
    style.section(sheet, 28, "2  Is it the same as stepping?", *THE_SAME)
    draw_check(sheet, lesson, powers)
    style.put_label(sheet, "N28", "To think about", style.LEFT)
    style.note(sheet, "N29", *lesson.to_think_about)
    style.section(sheet, 37, "3  Why no thousand steps are needed", *lesson.why, ANY_NUMBER)
    style.section(sheet, WORKINGS - 3, "4  The workings", THE_WORKINGS)
    for area in ("F4:H6", "K3:M5", f"B29:R{last_row}"):
        tables.mark_large(sheet, area)
    print_setup(sheet, "A1:R35", "A36:R71", f"A72:R{last_row}", heading_row=6)


# -- the scroll bar ----------------------------------------------------------------------------------------------------
def draw_bar(sheet: Worksheet, typed: str) -> str:
    """The cell that the scroll bar moves, and the epochs that count; returns the address of these.

    At the left end of the bar the typed number counts; further on the bar does, ten times as many for each sixth of it.
    """
    style.note(sheet, "O2", DRAG)
    [moved] = controls.control(sheet, "O4", "bar", 0, WHOLE).values()
    controls.whole(sheet, "P4", 0, BAR.most, "The bar", f"The bar is a whole number from 0 to {BAR.most:,}.")
    given = f'IF(ISNUMBER({typed}),{typed},"?")'
    dragged = f"ROUND(10^(MIN({moved},{BAR.most})/{BAR.most // 6}),0)"
    formula = f"=IF(ISNUMBER({moved}),IF({moved}>0,{dragged},{given}),{given})"
    [counts] = controls.control(sheet, "O5", "so many", formula, WHOLE).values()
    return counts


# -- probes and words that several lessons share --------------------------------------------------------------------
def draw_probes(
    sheet: Worksheet, tab: str, epoch: Mapping[str, str], names: Mapping[str, str]
) -> list[list[str]]:
    """An epoch in a row, tried from all zeros and from each parameter at 1; returns the cells where each try ends.

    `epoch` has for each parameter what becomes of it, a formula in which the parameters' names stand for cells, and
    the lesson's `names` for cells of its tab.
    """
    given = {name: f"{tab}!{cell}" for name, cell in names.items()} | {
        name: f"{{from {name}}}" for name in epoch
    }
    begins = [Column(f"from {name}", shown=FIVE) for name in epoch]
    ends = [Column(f"to {name}", formula.format_map(given), FIVE) for name, formula in epoch.items()]
    tried = Table(sheet, f"B{PROBES}", (*begins, *ends), len(epoch) + 1)
    tried.draw({})
    for row in range(1, len(epoch) + 2):
        for index, name in enumerate(epoch, start=2):
            sheet[tried.cell(f"from {name}", row)] = int(index == row)
    note = style.letter(3 + 2 * len(epoch))
    style.note(sheet, f"{note}{PROBES}", *(line.format(tab) for line in TRIED))
    return [[tried.cell(f"to {name}", row) for name in epoch] for row in range(1, len(epoch) + 2)]


def why(parameters: int) -> tuple[str, ...]:
    """Why the tab needs no steps, for so many parameters."""
    parts = "so much of it, and a number" if parameters == 1 else "so much of each, and a number"
    numbers = parameters * (parameters + 1)
    return (
        f"1.  An epoch makes each new parameter from the old: {parts}.",
        f"2.  These {numbers} numbers are all there is to an epoch. Tried from 0 and from 1, it gives them away.",
        f"3.  Two epochs are again {parts}. So are four. And so on.",
    )


TRIED = (
    "The epoch of the tab {}, tried from a few places:",
    "from 0 comes the number that is added anyway;",
    "how much more a 1 gives is what the old value counts for.",
)


# -- the maps --------------------------------------------------------------------------------------------------------
def factor(name: str, by: str) -> str:
    """The title of a number of the map: what multiplies an old value for a new one, or what is added.

    >>> factor("m", "b"), factor("m", "")
    ('m: × b', 'm: +')
    """
    return f"{name}: × {by}" if by else f"{name}: +"


def draw_powers(sheet: Worksheet, lesson: Lesson, ends: Probed) -> Table:
    """The maps of 1, 2, 4 … epochs, a row each, and room for what they add up to; past LARGE they are left empty."""
    names = lesson.names
    maps = [
        Column(factor(name, by), shown=FIVE, colour=colour)
        for name, _, colour in lesson.parameters
        for by in [*names, ""]
    ]
    sums = [
        Column(f"{words}{name}", shown=FIVE, colour=colour)
        for words in ("", "log: ")
        for name, _, colour in lesson.parameters
    ]
    columns = (Column("epochs", shown=WHOLE), *maps, Column("used", shown=WHOLE), *sums)
    powers = Table(sheet, f"B{POWERS}", columns, DOUBLINGS)
    powers.draw({})
    _fill(powers, 1, {"epochs": "=1", **first_map(names, ends)})
    for row in range(2, DOUBLINGS + 1):
        count, above = powers.cell("epochs", row), powers.cell("epochs", row - 1)
        area = f"{powers.cell(maps[0].title, row - 1)}:{powers.cell(maps[-1].title, row - 1)}"
        small = f"MAX(MAX({area}),-MIN({area}))<{LARGE}"
        _fill(powers, row, {"epochs": f'=IF({above}="","",IF({small},2*{above},""))'})
        products = twice(powers, names, row - 1)
        _fill(powers, row, {title: f'=IF({count}="","",{words})' for title, words in products.items()})
    return powers


def _fill(table: Table, row: int, formulas: dict[str, str]) -> None:
    for title, formula in formulas.items():
        table.sheet[table.cell(title, row)] = formula


def first_map(names: list[str], ends: Probed) -> dict[str, str]:
    """The map of one epoch from the probes: how far each moves a parameter, and where the first ends."""
    formulas = {}
    for index, name in enumerate(names):
        zero = ends[0][index]
        for by, end in zip(names, ends[1:], strict=True):
            formulas[factor(name, by)] = f"={end[index]}-{zero}"
        formulas[factor(name, "")] = f"={zero}"
    return formulas


def twice(powers: Table, names: list[str], row: int) -> dict[str, str]:
    """The map of a row after itself: rows times columns."""
    formulas = {}
    for name in names:
        for by in [*names, ""]:
            terms = [
                f"{powers.cell(factor(name, middle), row)}*{powers.cell(factor(middle, by), row)}"
                for middle in names
            ]
            more = [] if by else [powers.cell(factor(name, ""), row)]
            formulas[factor(name, by)] = "+".join(terms + more)
    return formulas


def applied(powers: Table, names: list[str], name: str, cells: Sequence[str], row: int) -> str:
    """A parameter after the epochs of a row, from the parameters in these cells."""
    terms = [f"{powers.cell(factor(name, by), row)}*{cell}" for by, cell in zip(names, cells, strict=True)]
    return "+".join([*terms, powers.cell(factor(name, ""), row)])


def add_up(lesson: Lesson, powers: Table, epochs: str) -> None:
    """Beside each map the parameters after it, if the typed epochs, or the log's, are a sum with its number."""
    names, starts = lesson.names, lesson.there(*lesson.starts)
    for row in range(1, DOUBLINGS + 1):
        size, count = 2 ** (row - 1), powers.cell("epochs", row)
        _fill(powers, row, {"used": f"=MOD(INT({epochs}/{size}),2)"})
        for words, used in (("", powers.cell("used", row)), ("log: ", f"MOD(INT({LOGGED}/{size}),2)")):
            before = [powers.cell(f"{words}{name}", row - 1) for name in names] if row > 1 else starts
            for name, same in zip(names, before, strict=True):
                after = applied(powers, names, name, before, row)
                grown = f'OR({count}="",{before[0]}="")'
                formula = f'=IF({used}=0,{same},IF({grown},"",{after}))'
                _fill(powers, row, {f"{words}{name}": formula})
    rows = f"{powers.cell('epochs', 1)}:{powers.cell(names[-1], DOUBLINGS)}"
    tables.mark(powers.sheet, rows, f"${powers.cell('used', 1)}=1")


# -- the answer ------------------------------------------------------------------------------------------------------
def draw_answer(sheet: Worksheet, lesson: Lesson, powers: Table, valid: str) -> list[str]:
    """The parameters, the loss and a message; returns the parameters' cells, which hold text without an answer."""
    ends = [powers.cell(name, DOUBLINGS) for name in lesson.names]
    sizes = ",".join(f"ABS({end})" for end in ends)
    far = f"IF(COUNT({','.join(ends)})<{len(ends)},1,IF(MAX({sizes})>{LARGE},1,0))=1"
    values = {
        title: (f"={start}", f'=IF({valid},IF({far},"too large",{end}),"?")')
        for (_, title, _), start, end in zip(
            lesson.parameters, lesson.there(*lesson.starts), ends, strict=True
        )
    }
    controls.parameters(sheet, "F3", values, ("start", "now"))
    now = [f"$H${row}" for row in range(4, 4 + len(ends))]
    for cell, (_, _, colour) in zip(now, lesson.parameters, strict=True):
        place = sheet[cell.replace("$", "")]
        place.font, place.number_format = style.bold(colour), FIVE
    none = f"COUNT({','.join(now)})=0"
    loss = f'=IF({none},"?",{lesson.formula(lesson.loss, now)})'
    controls.loss(sheet, "J3:J5", "K3:M5", lesson.loss_name, loss, LOSS)
    style.note(sheet, "B6", f'=IF({valid},IF({none},"{TOO_LARGE}","{USUAL.format(lesson.tab)}"),"{ASKED}")')
    tables.mark(sheet, "B6:M6", none, back=HIGH)
    return now


# -- the charts ------------------------------------------------------------------------------------------------------
def draw_plotted(
    sheet: Worksheet, lesson: Lesson, powers: Table, now: list[str], epochs: str
) -> tuple[Table, Table, Table]:
    """What the charts show, among the workings: the way of the loss, the ends of the lines, and the present point."""
    names, starts = lesson.names, lesson.there(*lesson.starts)
    middle = [Column(name, shown=FIVE, colour=colour) for name, _, colour in lesson.parameters]
    columns = (Column("epochs", shown=WHOLE), *middle, Column(lesson.loss_name, shown=LOSS))
    left, right = ("J", "O") if lesson.rows else ("B", "G")
    way = Table(sheet, f"{left}{WORKINGS}", columns, DOUBLINGS)
    lines = Table(
        sheet, f"{right}{WORKINGS}", tuple(Column(t, shown=FIVE) for t in ("at", "start", "now")), 2
    )
    point = Table(
        sheet, f"{right}{WORKINGS + 4}", (Column("epochs", shown=WHOLE), Column("now", shown=LOSS)), 1
    )
    for table in (way, lines, point):
        table.draw({})
    for row in range(1, DOUBLINGS + 1):  # what has grown too large repeats the row above: texts upset a chart
        count = powers.cell("epochs", row)
        found = {"epochs": count} | {name: applied(powers, names, name, starts, row) for name in names}
        for title, formula in found.items():
            above = f'IF({count}="",{way.cell(title, row - 1)},{formula})' if row > 1 else formula
            _fill(way, row, {title: f"={above}"})
        cells = [way.cell(name, row) for name in names]
        _fill(way, row, {lesson.loss_name: f"={lesson.formula(lesson.loss, cells)}"})
    shown = [f"IF(ISNUMBER({cell}),{cell},{start})" for cell, start in zip(now, starts, strict=True)]
    for row, end in ((1, "MIN"), (2, "MAX")):
        at = lines.cell("at", row)
        _fill(lines, row, {"at": f"={end}({lesson.there(*lesson.points)[0]})"})
        _fill(lines, row, {"start": f"={lesson.formula(lesson.line, starts, at)}"})
        _fill(lines, row, {"now": f"={lesson.formula(lesson.line, shown, at)}"})
    best = f"=IF(ISNUMBER($K$3),$K$3,{way.cell(lesson.loss_name, 1)})"
    _fill(point, 1, {"epochs": f"=MAX(1,{epochs})", "now": best})
    return way, lines, point


def draw_charts(sheet: Worksheet, lesson: Lesson, plotted: tuple[Table, Table, Table]) -> None:
    """The lines over the points, and the loss over ever more epochs, with the log's on it."""
    way, lines, point = plotted
    at, (x, y) = lines.reference("at"), (style.cells(lesson.log.sheet, area) for area in lesson.points)
    charts.scatter_chart(
        sheet,
        "B11:I26",
        "The points, the start (grey) and the line now",
        lesson.axes,
        (
            Plot("data", x, y, INK, points=True, line=False),
            Plot("start", at, lines.reference("start"), QUIET),
            Plot("now", at, lines.reference("now"), ORANGE),
        ),
    )
    log = lesson.log
    charts.scatter_chart(
        sheet,
        "J11:Q26",
        f"{lesson.loss_name} after ever more epochs; orange: now; dots: the log",
        ("epochs", lesson.loss_name),
        (
            Plot("live", way.reference("epochs"), way.reference(lesson.loss_name), BLUE),
            Plot(
                "log", below(log, "epoch"), below(log, lesson.loss_name), INK, points=True, line=False, size=4
            ),
            Plot(
                "now",
                point.reference("epochs"),
                point.reference("now"),
                ORANGE,
                points=True,
                line=False,
                size=10,
            ),
        ),
        from_zero=True,
        doubling=True,
    )


def below(log: Table, title: str) -> Reference:
    """A column of the log without its epoch 0, which no logarithmic axis can show."""
    return style.cells(log.sheet, f"{log.cell(title, 2)}:{log.cell(title, log.rows)}")


# -- the check -------------------------------------------------------------------------------------------------------
def draw_check(sheet: Worksheet, lesson: Lesson, powers: Table) -> None:
    """One epoch as the lesson's table has it, and as many as its log has, beside what this tab finds."""
    names = lesson.names
    pairs = [
        Column(f"{name} {how}", shown=FIVE, colour=colour)
        for name, _, colour in lesson.parameters
        for how in ("stepped", "here")
    ]
    columns = (Column("epochs", shown=WHOLE), *pairs, Column("apart", shown=TINY), Column("verdict"))
    check = Table(sheet, CHECK, columns, 2)
    check.draw({})
    epoch, *logs = (
        lesson.there(lesson.log.column(title))[0]
        for title in ("epoch", *(title for _, title, _ in lesson.parameters))
    )
    notes = ("one epoch of the table, from the guess", "the last of the epochs in the log")
    style.note(sheet, f"B{int(CHECK[1:]) + 1}", *notes)
    starts, guesses, carried = (
        lesson.there(*cells) for cells in (lesson.starts, lesson.guesses, lesson.carried)
    )
    [first] = lesson.there(lesson.log.cell("epoch", 1))
    _fill(check, 1, {"epochs": "=1"})
    _fill(check, 2, {"epochs": f"=MAX({epoch})"})
    for index, name in enumerate(names):
        last = f"=IF(ISNUMBER({first}),INDEX({logs[index]},MATCH({LOGGED},{epoch},0)),{starts[index]})"
        summed = powers.cell(f"log: {name}", DOUBLINGS)
        after = applied(powers, names, name, guesses, 1)
        _fill(check, 1, {f"{name} stepped": f"={carried[index]}", f"{name} here": f"={after}"})
        _fill(check, 2, {f"{name} stepped": last, f"{name} here": f"={summed}"})
    for row in (1, 2):
        _fill(check, row, verdict(check, names, row))


def verdict(check: Table, names: list[str], row: int) -> dict[str, str]:
    """How far the two are apart, and whether that is no more than the rounding of the last digits."""
    pairs = [[check.cell(f"{name} {how}", row) for how in ("stepped", "here")] for name in names]
    first, last = pairs[0][0], pairs[-1][-1]
    apart = ",".join(f"ABS({stepped}-{here})" for stepped, here in pairs)
    sizes = ",".join(f"ABS({stepped})" for stepped, _ in pairs)
    count, far = check.cell("epochs", row), check.cell("apart", row)
    same = f'IF({far}<={SAME}*(1+MAX({sizes})),"the same","not the same")'
    return {
        "apart": f'=IF(COUNT({first}:{last})<{2 * len(names)},"",MAX({apart}))',
        "verdict": f'=IF({count}>{MOST},"too many",IF({far}="","too large",{same}))',
    }


DRAG = "or drag (Excel, LibreOffice):"
THE_LINE = "Change the number of epochs above, or learn or the points in the lesson, and watch."
THE_SAME = (
    "Stepping goes through every row of every epoch; this tab does not. They agree but for the last digits.",
    "Not the same? Then learn, a start, the points or a formula of the table have been changed since the log began.",
)
ANY_NUMBER = (
    "4.  Any number of epochs is a sum of such: 1,000 = 8 + 32 + 64 + 128 + 256 + 512, the blue rows."
)
THE_WORKINGS = (
    "What the charts show; at its left, where that is long, the lesson's epoch as it is tried, row by row."
)
USUAL = "Start, learn, points: those of the tab {}. No script, no macro: every number here is a formula."
ASKED = f"Type a whole number from 0 to {MOST:,}."
TOO_LARGE = (
    "The numbers grow too large: with this learn the run diverges. Try fewer epochs, or a smaller learn."
)
