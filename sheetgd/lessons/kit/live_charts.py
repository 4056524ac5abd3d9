"""The charts of a live tab: the line now, or the place in the plane of two parameters, and the loss on its way."""

from __future__ import annotations

from openpyxl.chart import Reference
from openpyxl.worksheet.worksheet import Worksheet

from ...language import translated
from . import charts, style
from .charts import Plot
from .live_lesson import DOUBLINGS, WORKINGS, LiveLesson
from .live_maps import applied, fill
from .style import BLUE, INK, ORANGE, QUIET, WHOLE
from .tables import Column, Table

PICTURE, WAY = "B11:I26", "J11:Q26"
FAR_UP = 4  # times the first loss: what is above is not drawn
FAR = 4  # from the middle of the floor of a valley to both ends of what is drawn of it


def draw_charts(sheet: Worksheet, lesson: LiveLesson, powers: Table, now: list[str], epochs: str) -> None:
    """What the charts show, among the workings, and the charts."""
    left = 2 + lesson.columns + bool(lesson.columns)
    right = left + 5
    way = draw_way(sheet, lesson, powers, f"{style.letter(left)}{WORKINGS}")
    at = f"{style.letter(right)}{WORKINGS}"
    starts = lesson.there(*lesson.starts)[: len(now)]
    shown = [f"IF(ISNUMBER({cell}),{cell},{start})" for cell, start in zip(now, starts, strict=True)]
    picture = draw_line if len(lesson.line) == 1 else draw_plane
    picture(sheet, lesson, at, starts, shown)
    point = Table(
        sheet,
        f"{style.letter(right)}{WORKINGS + 4}",
        (Column("epochs", shown=WHOLE), Column("now", shown=lesson.loss_form)),
        1,
    )
    point.draw({})
    best = f"=IF(ISNUMBER($K$3),$K$3,{way.cell(lesson.loss_name, 1)})"
    fill(point, 1, {"epochs": f"=MAX(1,{epochs})", "now": best})
    log = lesson.log
    logged = below(log, "epoch"), below(log, lesson.loss_name)
    here = point.reference("epochs"), point.reference("now")
    chart = charts.scatter_chart(
        sheet,
        WAY,
        translated(
            "{loss} after ever more epochs; orange: now; dots: the log", loss=translated(lesson.loss_name)
        ),
        ("epochs", lesson.loss_name),
        (
            Plot("live", way.reference("epochs"), way.reference(lesson.loss_name), BLUE),
            Plot("log", *logged, INK, points=True, line=False, size=4),
            Plot("now", *here, ORANGE, points=True, line=False, size=10),
        ),
        from_zero=True,
    )
    charts.across_by_tens(chart)


def draw_way(sheet: Worksheet, lesson: LiveLesson, powers: Table, at: str) -> Table:
    """The parameters and the loss after 1, 2, 4 … epochs."""
    middle = [Column(name, shown=lesson.form, colour=colour) for name, _, colour in lesson.parameters]
    columns = (Column("epochs", shown=WHOLE), *middle, Column(lesson.loss_name, shown=lesson.loss_form))
    way = Table(sheet, at, columns, DOUBLINGS)
    way.draw({})
    starts = lesson.there(*lesson.starts)
    for row in range(1, DOUBLINGS + 1):  # what has grown too large repeats the row above: texts upset a chart
        count = powers.cell("epochs", row)
        cells = [way.cell(name, row) for name in lesson.shown]
        loss = lesson.formula(lesson.loss, cells)
        found = {name: applied(powers, lesson.state, name, starts, row) for name in lesson.shown}
        found |= {"epochs": count, lesson.loss_name: loss}
        for title, formula in found.items():
            if row > 1:
                above = way.cell(title, row - 1)
                if title not in lesson.shown:  # a loss far above the first would leave no room for the others
                    far = f"{loss}>{FAR_UP}*{way.cell(lesson.loss_name, 1)}"
                    formula = f"IF({far},{above},{formula})"
                formula = f'IF({count}="",{above},{formula})'
            fill(way, row, {title: f"={formula}"})
    return way


def draw_line(sheet: Worksheet, lesson: LiveLesson, at: str, starts: list[str], now: list[str]) -> None:
    """The points, the line of the start and the line now."""
    lines = Table(sheet, at, tuple(Column(title, shown=lesson.form) for title in ("at", "start", "now")), 2)
    lines.draw({})
    zero = "0," if lesson.from_zero else ""
    for row, end in ((1, "MIN"), (2, "MAX")):
        place = lines.cell("at", row)
        fill(lines, row, {"at": f"={end}({zero}{lesson.there(lesson.points[0])[0]})"})
        fill(lines, row, {"start": f"={lesson.formula(lesson.line[0], starts, place)}"})
        fill(lines, row, {"now": f"={lesson.formula(lesson.line[0], now, place)}"})
    ends, (x, y) = lines.reference("at"), (style.cells(lesson.log.sheet, area) for area in lesson.points)
    charts.scatter_chart(
        sheet,
        PICTURE,
        "The points, the start (grey) and the line now",
        lesson.axes,
        (
            Plot("data", x, y, INK, points=True, line=False),
            Plot("start", ends, lines.reference("start"), QUIET),
            Plot("now", ends, lines.reference("now"), ORANGE),
        ),
    )


def draw_plane(sheet: Worksheet, lesson: LiveLesson, at: str, starts: list[str], now: list[str]) -> None:
    """Two parameters as a place, the log's way, and the line of places that are exactly right."""
    down, across = lesson.shown
    places = Table(
        sheet,
        at,
        tuple(
            Column(f"right {name}", shown=lesson.form, written=translated("right {name}", name=name))
            for name in (down, across)
        ),
        2,
    )
    here = Table(
        sheet,
        f"{places.letter(f'right {down}')}{WORKINGS + 7}",
        tuple(
            Column(f"{words} {name}", shown=lesson.form, written=translated(f"{words} {{name}}", name=name))
            for words in ("start", "now")
            for name in (down, across)
        ),
        1,
    )
    for table in (places, here):
        table.draw({})
    for row, side in ((1, -FAR), (2, FAR)):
        for name, formula in zip((down, across), lesson.line, strict=True):
            fill(places, row, {f"right {name}": f"={lesson.formula(formula, starts, f'({side})')}"})
    for words, cells in (("start", starts), ("now", now)):
        fill(
            here, 1, {f"{words} {name}": f"={cell}" for name, cell in zip((down, across), cells, strict=True)}
        )

    def at_both(table: Table, words: str) -> tuple[Reference, Reference]:
        return table.reference(f"{words} {across}"), table.reference(f"{words} {down}")

    way = lesson.log.reference(across), lesson.log.reference(down)
    charts.scatter_chart(
        sheet,
        PICTURE,
        "Grey: the start; orange: now; the line: no error; dots: the log",
        (across, down),
        (
            Plot("right", *at_both(places, "right"), BLUE),
            Plot("log", *way, INK, points=True, line=False, size=4),
            Plot("start", *at_both(here, "start"), QUIET, points=True, line=False, size=8),
            Plot("now", *at_both(here, "now"), ORANGE, points=True, line=False, size=10),
        ),
    )


def below(log: Table, title: str) -> Reference:
    """A column of the log without its epoch 0, which no logarithmic axis can show."""
    return style.cells(log.sheet, f"{log.cell(title, 2)}:{log.cell(title, log.rows)}")
