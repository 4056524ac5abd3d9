"""What a drawn workbook holds apart from its words: cells, formulas, numbers, formats, and what is attached to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

LITERAL = re.compile(r'"(?:[^"]|"")*"(?:&"(?:[^"]|"")*")*')  # a long text of a formula is several
TEXT = "a text"


def wordless(book: Workbook) -> list[dict[str, Any]]:
    """Every tab of a book, its words replaced by a mark that there are some.

    Paragraphs take as many rows as they need; of a story, and of the tab for the teacher, only their number counts.
    (That their formulas are the same is a matter of the catalogue: see scripts/dev/check_catalogues.py.)
    """
    titles = {title: f"tab{number}!" for number, title in enumerate(book.sheetnames)}
    return [_wordless(sheet, titles) for sheet in book.worksheets]


def _wordless(sheet: Worksheet, titles: dict[str, str]) -> dict[str, Any]:
    cells = [cell for row in sheet.iter_rows() for cell in row if getattr(cell, "value", None) is not None]
    flowing = {cell.column for cell in cells if cell.alignment.wrap_text and cell.column > 12}
    told = [cell for cell in cells if _told(sheet, cell, flowing)]
    fixed = [cell for cell in cells if not _told(sheet, cell, flowing)]
    return {
        "cells": {
            cell.coordinate: (_value(cell, titles), LITERAL.sub('""', cell.number_format)) for cell in fixed
        },
        "told": Counter("formula" if cell.data_type == "f" else type(_value(cell, titles)) for cell in told),
        "validation": sorted(
            (str(rule.sqref), rule.formula1, rule.formula2) for rule in sheet.data_validations.dataValidation
        ),
        "conditions": sorted(_conditions(sheet, titles)),
        "charts": [_references(chart, titles) for chart in sheet._charts],
        "frozen": sheet.freeze_panes,
    }


def _told(sheet: Worksheet, cell: Cell, flowing: set[int]) -> bool:
    """Whether a cell belongs to a text that flows: on a tab of paragraphs alone all do."""
    alone = sheet.page_setup.orientation == "portrait"
    return bool(alone or cell.alignment.wrap_text or cell.column in flowing)


def _value(cell: Cell, titles: dict[str, str]) -> object:
    value = cell.value
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and value.startswith("=") and cell.data_type == "f":
        return formula(value, titles)
    return TEXT


def formula(text: str, titles: dict[str, str]) -> str:
    """A formula with its texts emptied and its tabs numbered."""
    for title, number in titles.items():
        text = text.replace(f"'{title}'!", number)
        text = re.sub(r"(?<![\w'])" + re.escape(title) + "!", number, text)
    return LITERAL.sub('""', text)


def _conditions(sheet: Worksheet, titles: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for area in sheet.conditional_formatting:
        for rule in area.rules:
            yield str(area.sqref), rule.type, *(formula(one, titles) for one in rule.formula)


def _references(chart: Any, titles: dict[str, str]) -> list[str]:
    """Where a chart stands, and the areas that it draws."""
    place = chart.anchor
    areas = [
        formula(part.numRef.f, titles)
        for series in chart.series
        for part in (getattr(series, "xVal", None), getattr(series, "yVal", None), series.val)
        if part is not None
    ]
    return [f"{place._from.col},{place._from.row}:{place.to.col},{place.to.row}", *areas]
