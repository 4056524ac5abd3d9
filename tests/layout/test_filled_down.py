"""What is told at a glance of a step table is what the graph of all its formulas tells."""

from __future__ import annotations

import random
import re

import pytest

from sheetgd.errors import SheetError
from sheetgd.grid.a1 import parse
from sheetgd.grid.sheet import Sheet
from sheetgd.layout.choice import Choice
from sheetgd.layout.filled_down import carries_nothing_else
from sheetgd.layout.find import Layout, sheet_layout
from sheetgd.layout.unlabelled_states import completed

Cells = dict[str, float | str]

ROWS = range(5, 9)
# By row: the first, and those below. {up} is the row above.
EXTRA = {
    "none": ("", ""),
    "alike": ("=A{row}*$Q$4", "=A{row}*$Q$4"),
    "typed": ("0.5", "0.5"),
    "state": ("=0.9*$Q$5+E{row}", "=0.9*G{up}+E{row}"),
    "repeated": ("=0.9*K{row}+E{row}", "=0.9*K{row}+E{row}"),
    "typed above": ("0", "=0.9*G{up}+E{row}"),
    "total": ("=E{row}", "=G{up}+E{row}"),
    "sum": ("=SUM(E$5:E{row})", "=SUM(E$5:E{row})"),
    "counter": ("=$Q$5+1", "=G{up}+1"),
    "named": ("=kept*A{row}", "=kept*A{row}"),
    "apart": ("=$S$1*A{row}", "=$S$1*A{row}"),
}


def table(extra: str) -> Cells:
    """A line's step table, with one more column that the steps may read."""
    cells: Cells = {
        "P1": "m",
        "Q1": 1.0,
        "P2": "b",
        "Q2": 2.0,
        "P3": "learn",
        "Q3": 0.01,
        "Q4": 3.0,
        "Q5": 0.0,
    }
    titles = ("x", "y", "m", "b", "guess", "squared error", "", "new m", "new b")
    cells |= {f"{letter}4": title for letter, title in zip("ABCDEFGHI", titles, strict=True) if title}
    for row in ROWS:
        up, first = row - 1, row == ROWS.start
        cells |= {f"A{row}": float(row), f"B{row}": 2.0 * row}
        cells |= {f"C{row}": "=$Q$1" if first else f"=H{up}", f"D{row}": "=$Q$2" if first else f"=I{up}"}
        cells |= {f"E{row}": f"=C{row}*A{row}+D{row}", f"F{row}": f"=(E{row}-B{row})^2"}
        text = EXTRA[extra][not first].format(row=row, up=up)
        if text:
            cells[f"G{row}"] = text if text.startswith("=") else float(text)
        step = f"$Q$3*(E{row}-B{row})" + (f"+0.1*G{row}" if text else "")
        cells |= {f"H{row}": f"=C{row}-{step}*A{row}", f"I{row}": f"=D{row}-{step}"}
        cells[f"K{row}"] = ("=$Q$5" if first else f"=G{up}") if extra == "repeated" else f"=A{row}+1"
    if extra in ("named", "apart"):
        cells |= {"S1": "=$Q$5*2", "S2": "=E5*2"}
    return cells | {"P6": "rmse", "Q6": f"=SQRT(SUM(F5:F{ROWS[-1]})/4)"}


def changed(cells: Cells, chance: random.Random) -> Cells:
    """The cells with a few references, labels and formulas that others could have."""
    cells = dict(cells)
    for _ in range(chance.randrange(3)):
        cell = chance.choice([cell for cell, value in cells.items() if str(value).startswith("=")])
        named = re.findall(r"\$?[A-Z]\$?\d", str(cells[cell]))
        other = chance.choice(["$Q$4", "Q5", "G5", "G6", "A5", "H5", "E8", "$K$6", "Data!A1", "Q9", "K5"])
        cells[cell] = str(cells[cell]).replace(chance.choice(named), other, 1)
    if chance.random() < 0.3:
        cells |= {"P9": chance.choice(["q", "new q", "q'"]), "Q9": 1.0, "P10": "next q", "Q10": "=H8+Q9"}
    if chance.random() < 0.2:
        cells["A2"] = chance.choice(["a new lesson", "Schritt", "what comes next", "notes"])
    return cells


def drawn(cells: Cells) -> Sheet:
    sheet = Sheet("Lesson")
    for address, value in cells.items():
        if isinstance(value, str) and value.startswith("="):
            sheet.formulas[parse(address)] = value[1:]
            sheet.values[parse(address)] = 1.0
        else:
            sheet.values[parse(address)] = value
    sheet.names = {"kept": parse("S1")} if "kept" in str(cells.get("G5")) else {}
    return sheet


def by_the_graph(layout: Layout) -> Layout | None:
    """The layout with its state; None where a question is asked about it."""
    learn = layout.controls.learn
    try:
        found = completed({"Lesson": layout.sheet}, layout, Choice(), "book.xlsx")
    except SheetError:
        return None
    return found if found.controls.learn == learn else None


def test_nothing_at_a_glance_is_nothing_in_the_graph() -> None:
    at_a_glance = with_state = 0
    for seed in range(1200):
        chance = random.Random(seed)
        cells = changed(table(chance.choice([*EXTRA])), chance)
        try:
            layout = sheet_layout(drawn(cells))
        except SheetError:
            continue
        glance, found = carries_nothing_else(layout), by_the_graph(layout)
        at_a_glance += glance
        with_state += found is None or found.states != {}
        if glance:
            assert found == layout, (seed, cells)
    assert at_a_glance > 100 and with_state > 100


@pytest.mark.parametrize("extra", EXTRA)
def test_the_tables_as_they_are_drawn(extra: str) -> None:
    """What is told at a glance, by hand: only of tables each of whose columns is filled down, or typed."""
    layout = sheet_layout(drawn(table(extra)))
    assert carries_nothing_else(layout) is (extra in ("none", "alike", "typed"))
    found = by_the_graph(layout)
    assert (found is None or found.states != {}) is (
        extra in ("state", "counter", "repeated", "named", "apart")
    )


def test_a_name_of_a_cell_on_another_sheet_leads_back() -> None:
    """Only what mentions the other sheet elsewhere, here Q9, lets the graph know it."""
    cells = table("named") | {"Q9": "=Other!A1"}
    lesson, other = drawn(cells), Sheet("Other")
    other.formulas[1, 1], other.values[1, 1], other.names = "Lesson!S1", 1.0, {"kept": (1, 1)}
    lesson.names = {}
    layout = sheet_layout(lesson)
    assert completed({"Lesson": lesson, "Other": other}, layout, Choice(), "book.xlsx").states
    assert not carries_nothing_else(layout)
