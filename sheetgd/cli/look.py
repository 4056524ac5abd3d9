"""sheetgd look: what was found in a workbook."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..books.opening import open_book
from ..epochs.choose import look
from .options import add_book
from .output import print_json

if TYPE_CHECKING:
    from ..layout.find import Layout

COLUMNS_SHOWN = 20  # of a table that has more


def arguments(parser: argparse.ArgumentParser) -> None:
    add_book(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def command(words: argparse.Namespace) -> int:
    with open_book(words.book, readonly=True) as book:
        layout = look(book, words.sheet)
        if words.json:
            print_json(layout.as_json())
        else:
            print(_found(book.name, layout))
    return 0


def _found(book: str, layout: Layout) -> str:
    """What was found and what is missing, a line each."""
    found = layout.as_json()
    kind = {
        "formulas": "by its own formulas",
        "columns": "by columns: sheetgd computes the steps and fills the table in",
    }[layout.rule]
    table = found["table"]
    rows = "1 row" if table["rows"] == 1 else f"{table['rows']:,} rows"
    columns = [f"{title} {letter}" for title, letter in table["columns"].items()]
    more = f" and {len(columns) - COLUMNS_SHOWN} more" if len(columns) > COLUMNS_SHOWN else ""
    lines = [
        f"{book}, sheet {layout.sheet.name}",
        f"  table      {table['area']}, {rows}, run {kind}",
        f"  columns    {', '.join(columns[:COLUMNS_SHOWN])}{more}",
    ]
    for name, places in found["parameters"].items():
        lines.append(f"  parameter  {name} starts in {places['start']}, carried from {places['carry']}")
    for name, places in found.get("states", {}).items():
        lines.append(f"  state      {name} starts in {places['start']}, carried from {places['carry']}")
    for name, cell in found["controls"].items():
        label = layout.controls.loss_name if name == "loss" else name
        lines += [f"  {name:<9}  {cell}" + (f" ({label})" if label != name else "")] if cell else []
    lines += [f"  log        {found['log']}"] if layout.log else []
    if layout.grid:
        lines.append(
            f"  grid       {layout.grid.area.a1}, {layout.grid.down} down, {layout.grid.across} across"
        )
    lines += [f"  missing    {what}" for what in layout.missing]
    return "\n".join(lines)
