"""A formula as one reads it on the sheet: titles in the place of addresses."""

from __future__ import annotations

import re

from ..grid import a1
from ..grid.sheet import Place
from ..language import localized, phrases, translated
from .judging import RightSheet

PIECE = re.compile(
    r"(?P<reference>\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)(?!\()|(?P<function>[A-Z][A-Z.]*\()"
    r"|(?P<number>\d+\.?\d*)|(?P<sign>.)"
)

phrases(
    "ABS",
    "AVERAGE",
    "COUNT",
    "IF",
    "MAX",
    "MIN",
    "POWER",
    "PRODUCT",
    "ROUND",
    "SQRT",
    "STDEVP",
    "SUM",
    "SUMPRODUCT",
    "SUMSQ",
)


def sheet_words(sheet: RightSheet, formula: str, place: Place) -> str:
    """A formula as one reads it on the sheet: titles in the place of addresses.

    D75-$H$3*I75 in row 75 reads m - learn * de/dm.
    """
    if "!" in formula:
        return formula

    def title(match: re.Match[str]) -> str:
        if match["sign"] and match[0] in "+-*/":
            return f" {match[0]} "
        if match[0] == "," and localized("0.5") != "0.5":
            return ";"  # as spreadsheets do where numbers have a comma
        if match["function"]:
            return f"{translated(match[0][:-1])}("
        if not match["reference"]:
            return localized(match[0]) if match["number"] else match[0]
        cell = only_cell(match[0])
        if cell is None:
            area = a1.Area.parse(match[0].replace("$", ""))
            corner = place[0], area[:2]
            heading = sheet.heading(corner) if area.left == area.right else ""
            return translated("all {name}", name=heading or sheet.name(corner))
        name, below = sheet.name((place[0], cell)), cell[0] - place[1][0]
        if below == -1 and "$" not in match[0]:
            return translated("{name} (row above)", name=name)
        if below == 1 and "$" not in match[0]:
            return translated("{name} (row below)", name=name)
        top = isinstance(sheet.sheets[place[0]].values.get((cell[0] - 1, cell[1])), str)
        return translated("{name} (first row)", name=name) if top and below and "$" not in match[0] else name

    text = PIECE.sub(title, formula)
    return re.sub(r"^ ([+-]) ", r"\1", text)


def only_cell(text: str) -> tuple[int, int] | None:
    """The cell of a text that is one reference."""
    try:
        return a1.parse(text)
    except ValueError:
        return None
