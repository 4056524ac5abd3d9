"""sheetgd look: what was found in a workbook."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..books.book import Book
from ..books.opening import open_book
from ..epochs.choose import choose_sheets, layout_of, why_not
from ..errors import SheetgdError
from ..formulas.reasons import REMEDIES
from ..grid.a1 import a1
from ..layout.naming import label_of
from .options import add_book, add_choice, choice_of
from .output import print_json, say

if TYPE_CHECKING:
    from ..layout.find import Layout

KINDS = {
    "steps": "each row is a step: it goes on from the row above",
    "batch": "all rows together are one step",
    "trajectory": "each row is an epoch; the first one starts again where the run ends",
}
RIVALS_SHOWN = 3
COLUMNS_SHOWN = 20  # of a table that has more


def arguments(parser: argparse.ArgumentParser) -> None:
    add_book(parser)
    parser.add_argument("--all", action="store_true", help="look at every sheet that can be run")
    add_choice(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def command(words: argparse.Namespace) -> int:
    with open_book(words.book, readonly=True) as book:
        choice = choice_of(words)
        with book.naming_errors():
            names = choose_sheets(book, words.sheet, words.all, ", or look at each with --all", choice)
            for name in names:
                layout = layout_of(book, name, choice)
                if words.json:
                    print_json(layout.as_json())
                else:
                    say(_found(book.name, layout))
            for circle in _circles(book):
                say(f"Note: {circle}; {REMEDIES['circular']}.", aside=True)
            if words.all and not words.json:
                for name in [name for name in book.sheet_names if name not in names]:
                    say(f"{book.name}, sheet {name}\n  not run    {why_not(book, name)}")
    return 0


def _circles(book: Book) -> list[str]:
    """The circular references of the book; of one that holds sheets that cannot be read, nothing is said."""
    try:
        return book.circles()
    except SheetgdError:
        return []


def _found(book: str, layout: Layout) -> str:
    """What was found and what is missing, a line each."""
    found = layout.as_json()
    kind = {
        "formulas": "run by its own formulas",
        "columns": "run by columns: sheetgd computes the steps and fills the table in",
    }[layout.rule]
    if layout.kind:
        kind = KINDS[layout.kind]
    if layout.across:
        kind = kind.replace("row", "column").replace("above", "on its left")
    table = found["table"]
    what = "column" if layout.across else "row"
    rows = f"1 {what}" if layout.turns == 1 else f"{layout.turns:,} {what}s"
    columns = [f"{title} {letter}" for title, letter in table["columns"].items()]
    more = f" and {len(columns) - COLUMNS_SHOWN} more" if len(columns) > COLUMNS_SHOWN else ""
    lines = [
        f"{book}, sheet {layout.sheet.name}",
        f"  table      {table['area']}, {rows}, {kind}",
        *([] if layout.across else [f"  columns    {', '.join(columns[:COLUMNS_SHOWN])}{more}"]),
    ]
    why = {name: f": {text}{_instead(layout, name)}" for name, text in layout.why.items()}
    for name, places in found["parameters"].items():
        lines.append(
            f"  parameter  {name} starts in {places['start']}, carried from {places['carry']}{why.get(name, '')}"
        )
    for name, places in found.get("states", {}).items():
        lines.append(
            f"  state      {name} starts in {places['start']}, carried from {places['carry']}{why.get(name, '')}"
        )
    for name, cell in found["controls"].items():
        label = layout.controls.loss_name if name == "loss" else name
        shown = f" ({label})" if label != name else ""
        lines += [f"  {name:<9}  {cell}{shown}{why.get(name, '')}"] if cell else []
    lines += [f"  log        {found['log']}"] if layout.log else []
    if layout.grid:
        lines.append(
            f"  grid       {layout.grid.area.a1}, {layout.grid.down} down, {layout.grid.across} across"
        )
    lines += [f"  missing    {what}" for what in layout.missing]
    return "\n".join(lines)


def _instead(layout: Layout, name: str) -> str:
    """What a thing could have been instead, with the option that says so."""
    cells = layout.rivals.get(name, [])
    if not cells:
        return ""
    shown = [
        f"{a1(cell)} ({label})" if (label := label_of(layout.sheet, cell)) else a1(cell) for cell in cells
    ]
    option = {"loss": f"--loss {a1(cells[0])}", "learn": f"--learn-cell {a1(cells[0])}"}.get(name)
    option = option or f"--carry {a1(cells[0])}={a1(layout.carried[name].start)}"
    return f"; could also be {' or '.join(shown[:RIVALS_SHOWN])}: {option}"
