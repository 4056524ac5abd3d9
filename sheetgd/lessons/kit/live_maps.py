"""The map of an epoch, found by trying its formulas from a few places, and those of 2, 4, 8 … epochs."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl.worksheet.worksheet import Worksheet

from ...language import translated
from . import style, tables
from .live_lesson import DOUBLINGS, FIVE, LARGE, LOGGED, POWERS, PROBES, WORKINGS, LiveLesson
from .style import INK, WHOLE
from .tables import Column, Table

Probed = Sequence[Sequence[str]]  # the cells of the state after an epoch, for each probe


# -- the probes ------------------------------------------------------------------------------------------------------
def draw_probes(sheet: Worksheet, lesson: LiveLesson) -> Probed:
    """An epoch tried from all zeros and from each parameter at 1; returns the cells where each try ends."""
    state = lesson.state
    begins = [
        Column(f"from {name}", shown=FIVE, written=translated("from {name}", name=name)) for name in state
    ]
    ends = [
        Column(f"to {name}", shown=lesson.form, written=translated("to {name}", name=name)) for name in state
    ]
    tried = Table(sheet, f"B{PROBES}", (*begins, *ends), len(state) + 1)
    tried.draw({})
    for probe in range(1, tried.rows + 1):
        for index, name in enumerate(state, start=2):
            sheet[tried.cell(f"from {name}", probe)] = int(index == probe)
    rows = row_by_row(sheet, lesson, tried) if lesson.steps else None
    for probe in range(1, tried.rows + 1):
        start = {name: tried.cell(f"from {name}", probe) for name in state}
        for name in state:
            whole = f"={rows.cell(of(name, probe), rows.rows)}" if rows else lesson.epoch[name]
            sheet[tried.cell(f"to {name}", probe)] = whole.format_map({**lesson.known(), **start})
    note = style.letter(3 + 2 * len(state))
    style.note(sheet, f"{note}{PROBES}", translated(TRIED, tab=lesson.tab))
    return [[tried.cell(f"to {name}", probe) for name in state] for probe in range(1, tried.rows + 1)]


def of(name: str, probe: int) -> str:
    """The title of a column of the rows: a parameter on the way of a probe."""
    return f"{name} of {probe}"


def row_by_row(sheet: Worksheet, lesson: LiveLesson, tried: Table) -> Table:
    """The lesson's step table once for each probe, multiplied out."""
    steps = lesson.steps
    assert steps is not None
    there = {"x": "{steps x}", "y": "{steps y}", **lesson.known()}
    columns = [Column("row", "={above row}+1", WHOLE, first="=1")]
    colours = {name: colour for name, _, colour in lesson.parameters}
    for probe in range(1, tried.rows + 1):
        above = {name: f"{{above {of(name, probe)}}}" for name in lesson.state}
        first = {name: tried.cell(f"from {name}", probe) for name in lesson.state}
        ways = dict(lesson.epoch) | ({"error": lesson.error} if lesson.error else {})
        for name, formula in ways.items():
            later, begin = (formula.format_map({**there, **before}) for before in (above, first))
            heading = translated("{name} of {probe}", name=translated(name), probe=probe)
            columns.append(
                Column(of(name, probe), later, lesson.form, begin, colours.get(name, INK), heading)
            )
    rows = Table(sheet, f"B{WORKINGS}", tuple(columns), steps.rows)
    rows.draw({}, beside={"steps": steps})
    return rows


def misses(lesson: LiveLesson) -> dict[str, str]:
    """The columns of the rows' misses by name: {error 1} from all zeros, {error 2} from the first parameter at 1 …"""
    each = len(lesson.state) + 1
    columns = [2 + each * probe for probe in range(1, each + 1)]
    last = WORKINGS + lesson.rows
    areas = [f"${style.letter(column)}${WORKINGS + 1}:${style.letter(column)}${last}" for column in columns]
    return {f"error {number}": area for number, area in enumerate(areas, start=1)}


def why(parameters: int) -> tuple[str, ...]:
    """Why the tab needs no steps, in words for this many parameters."""
    numbers = parameters * (parameters + 1)
    lines = translated("\n".join(WHY_ONE if parameters == 1 else WHY), numbers=numbers)
    return (lines,)


WHY_ONE = (
    "1.  An epoch makes each new parameter from the old: so much of it, and a number.",
    "2.  These {numbers} numbers are all there is to an epoch. Tried from 0 and from 1, it gives them away.",
    "3.  Two epochs are again so much of it, and a number. So are four. And so on.",
)
WHY = (
    "1.  An epoch makes each new parameter from the old: so much of each, and a number.",
    "2.  These {numbers} numbers are all there is to an epoch. Tried from 0 and from 1, it gives them away.",
    "3.  Two epochs are again so much of each, and a number. So are four. And so on.",
)
TRIED = """The epoch of the tab {tab}, tried from a few places:
from 0 comes the number that is added anyway;
how much more a 1 gives is what the old value counts for."""


# -- the maps --------------------------------------------------------------------------------------------------------
def factor(name: str, by: str) -> str:
    """The title of a number of the map: what multiplies an old value for a new one, or what is added.

    >>> factor("m", "b"), factor("m", "")
    ('m: × b', 'm: +')
    """
    return f"{name}: × {by}" if by else f"{name}: +"


def draw_powers(sheet: Worksheet, lesson: LiveLesson, ends: Probed) -> Table:
    """The maps of 1, 2, 4 … epochs, a row each, and room for what they add up to; past LARGE they are left empty."""
    state = lesson.state
    colours = {name: colour for name, _, colour in lesson.parameters}
    maps = [
        Column(factor(name, by), shown=FIVE, colour=colours.get(name, INK))
        for name in state
        for by in [*state, ""]
    ]
    sums = [
        Column(
            f"{words}{name}",
            shown=lesson.form,
            colour=colours.get(name, INK),
            written=translated(f"{words}{{name}}", name=name) if words else "",
        )
        for words in ("", "log: ")
        for name in state
    ]
    columns = (Column("epochs", shown=WHOLE), *maps, Column("used", shown=WHOLE), *sums)
    powers = Table(sheet, f"B{POWERS}", columns, DOUBLINGS)
    powers.draw({})
    fill(powers, 1, {"epochs": "=1", **first_map(state, ends)})
    for row in range(2, DOUBLINGS + 1):
        count, above = powers.cell("epochs", row), powers.cell("epochs", row - 1)
        area = f"{powers.cell(maps[0].title, row - 1)}:{powers.cell(maps[-1].title, row - 1)}"
        small = f"MAX(MAX({area}),-MIN({area}))<{LARGE}"
        fill(powers, row, {"epochs": f'=IF({above}="","",IF({small},2*{above},""))'})
        products = twice(powers, state, row - 1)
        fill(powers, row, {title: f'=IF({count}="","",{words})' for title, words in products.items()})
    return powers


def fill(table: Table, row: int, formulas: dict[str, str]) -> None:
    """Formulas in a row of a table, by its titles."""
    for title, formula in formulas.items():
        table.sheet[table.cell(title, row)] = formula


def first_map(state: list[str], ends: Probed) -> dict[str, str]:
    """The map of one epoch from the probes: how far each moves a parameter, and where the first ends."""
    formulas = {}
    for index, name in enumerate(state):
        zero = ends[0][index]
        for by, end in zip(state, ends[1:], strict=True):
            formulas[factor(name, by)] = f"={end[index]}-{zero}"
        formulas[factor(name, "")] = f"={zero}"
    return formulas


def twice(powers: Table, state: list[str], row: int) -> dict[str, str]:
    """The map of a row after itself: rows times columns."""
    formulas = {}
    for name in state:
        for by in [*state, ""]:
            terms = [
                f"{powers.cell(factor(name, middle), row)}*{powers.cell(factor(middle, by), row)}"
                for middle in state
            ]
            more = [] if by else [powers.cell(factor(name, ""), row)]
            formulas[factor(name, by)] = "+".join(terms + more)
    return formulas


def applied(powers: Table, state: list[str], name: str, cells: Sequence[str], row: int) -> str:
    """A parameter after the epochs of a row, from the state in these cells."""
    terms = [f"{powers.cell(factor(name, by), row)}*{cell}" for by, cell in zip(state, cells, strict=True)]
    return "+".join([*terms, powers.cell(factor(name, ""), row)])


def add_up(lesson: LiveLesson, powers: Table, epochs: str) -> None:
    """Beside each map the state after it, if its number is in the sum that makes the typed epochs, or the log's."""
    state, starts = lesson.state, lesson.there(*lesson.starts)
    for row in range(1, DOUBLINGS + 1):
        size, count = 2 ** (row - 1), powers.cell("epochs", row)
        fill(powers, row, {"used": f"=MOD(INT({epochs}/{size}),2)"})
        for words, used in (("", powers.cell("used", row)), ("log: ", f"MOD(INT({LOGGED}/{size}),2)")):
            before = [powers.cell(f"{words}{name}", row - 1) for name in state] if row > 1 else starts
            for name, same in zip(state, before, strict=True):
                after = applied(powers, state, name, before, row)
                grown = f'OR({count}="",{before[0]}="")'
                formula = f'=IF({used}=0,{same},IF({grown},"",{after}))'
                fill(powers, row, {f"{words}{name}": formula})
    rows = f"{powers.cell('epochs', 1)}:{powers.cell(state[-1], DOUBLINGS)}"
    tables.mark(powers.sheet, rows, f"${powers.cell('used', 1)}=1")
