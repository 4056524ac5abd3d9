"""The live tab's comparison with stepping: one epoch of the table, and as many as the log has."""

from __future__ import annotations

from openpyxl.worksheet.worksheet import Worksheet

from ...language import translated
from . import style
from .live_lesson import CHECK, DOUBLINGS, LOGGED, LiveLesson
from .live_maps import applied, fill
from .story import quoted
from .style import WHOLE
from .tables import Column, Table

MOST = 1_000_000  # epochs, as in a run
SAME = "0.000001"  # of their size: two ways of computing that are no further apart agree
TINY = "0.0E+00"


def draw_check(sheet: Worksheet, lesson: LiveLesson, powers: Table) -> None:
    """One epoch as the lesson's table has it, and as many as its log has, beside what this tab finds."""
    names = lesson.shown
    pairs = [
        Column(
            f"{name} {how}",
            shown=lesson.form,
            colour=colour,
            written=translated(f"{{name}} {how}", name=name),
        )
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
    for row, words in enumerate(notes, start=int(CHECK[1:]) + 1):
        style.note(sheet, f"B{row}", words)
    starts, guesses, carried = (
        lesson.there(*cells) for cells in (lesson.starts, lesson.guesses, lesson.carried)
    )
    [first] = lesson.there(lesson.log.cell("epoch", 1))
    fill(check, 1, {"epochs": "=1"})
    fill(check, 2, {"epochs": f"=MAX({epoch})"})
    for index, name in enumerate(names):
        last = f"=IF(ISNUMBER({first}),INDEX({logs[index]},MATCH({LOGGED},{epoch},0)),{starts[index]})"
        summed = powers.cell(f"log: {name}", DOUBLINGS)
        after = applied(powers, lesson.state, name, guesses, 1)
        fill(check, 1, {f"{name} stepped": f"={carried[index]}", f"{name} here": f"={after}"})
        fill(check, 2, {f"{name} stepped": last, f"{name} here": f"={summed}"})
    for row in (1, 2):
        fill(check, row, verdict(check, names, row))


def verdict(check: Table, names: list[str], row: int) -> dict[str, str]:
    """How far the two are apart, and whether that is no more than the rounding of the last digits."""
    pairs = [[check.cell(f"{name} {how}", row) for how in ("stepped", "here")] for name in names]
    first, last = pairs[0][0], pairs[-1][-1]
    apart = ",".join(f"ABS({stepped}-{here})" for stepped, here in pairs)
    sizes = ",".join(f"ABS({stepped})" for stepped, _ in pairs)
    count, far = check.cell("epochs", row), check.cell("apart", row)
    yes, no, many, large = (
        quoted(translated(words)) for words in ("the same", "not the same", "too many", "too large")
    )
    same = f"IF({far}<={SAME}*(1+MAX({sizes})),{yes},{no})"
    return {
        "apart": f'=IF(COUNT({first}:{last})<{2 * len(names)},"",MAX({apart}))',
        "verdict": f'=IF({count}>{MOST},{many},IF({far}="",{large},{same}))',
    }
