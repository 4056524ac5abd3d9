"""The cells that a pupil types into: parameters, learn and epochs, with their validation; the loss beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.cell import absolute_coordinate, coordinate_to_tuple
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from ...language import localized, translated
from .style import (
    BLUE,
    BOXED,
    CENTRE,
    FRAMED,
    FULL,
    INDENTED,
    INK,
    INPUT,
    ORANGE,
    PAPER,
    PLAIN,
    RIGHT,
    THREE,
    UNDER,
    WHOLE,
    caption,
    lettering,
    plain_fill,
    put,
    put_heading,
    put_input,
    put_label,
)

NARROW = 10  # letters that the column of the parameters' names holds


def box(
    sheet: Worksheet,
    area: str,
    value: float | str,
    words: str = "",
    *,
    shown: str = PLAIN,
    colour: str = INK,
) -> str:
    """A number in a frame, with words above it: a formula, or a number that is the reader's to change.

    It is large where the area has two rows. Returns its absolute address.
    """
    left, top, right, bottom = range_boundaries(area)
    cell = f"{get_column_letter(left)}{top}"
    typed = not isinstance(value, str)
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):  # a merged area shows the borders of all its cells
            sheet.cell(row, column).border = BOXED if typed else FRAMED
    if words:
        caption(
            sheet, f"{get_column_letter(left)}{top - 1}:{get_column_letter(right)}{top - 1}", words, colour
        )
    sheet.merge_cells(area)
    font = lettering(13 if top == bottom else 22, BLUE if typed else colour, bold=True)
    put(sheet, cell, value, font=font, fill=plain_fill(INPUT if typed else PAPER), align=CENTRE, shown=shown)
    if typed:
        numeric(sheet, cell)
    return str(absolute_coordinate(cell))


# ---------------------------------------------------------------------------------------------------- the controls


def parameters(
    sheet: Worksheet,
    at: str,
    values: Mapping[str, Sequence[float | str]],
    titles: Sequence[str] = ("actual", "guess", "reset to"),
    shown: str = THREE,
) -> dict[str, str]:
    """The block of parameters: a row each with its guess, what Reset puts back, and more; a text is a formula.

    Returns the absolute address of each guess cell (of the first, if none is called guess) under `start NAME`.
    """
    row, column = coordinate_to_tuple(at)
    letters = [get_column_letter(column + step) for step in range(len(titles) + 1)]
    for letter, title in zip(letters[1:], titles, strict=True):
        if title:
            put_heading(sheet, f"{letter}{row}", title)
    names, typed = {}, []
    for below, (name, numbers) in enumerate(values.items(), start=row + 1):
        long = len(translated(name)) > NARROW  # it would run out of the printed page
        put_label(sheet, f"{letters[0]}{below}", name, RIGHT if long else INDENTED)
        for letter, title, number in zip(letters[1:], titles, numbers, strict=True):
            if number == "":  # a column that is left out
                continue
            if isinstance(number, str) or title == "actual":
                put(sheet, f"{letter}{below}", number, border=UNDER, shown=shown)
            else:
                put_input(sheet, f"{letter}{below}", number, shown)
                typed.append(f"{letter}{below}")
        guess = titles.index("guess") if "guess" in titles else 0
        names[f"start {name}"] = absolute_coordinate(f"{letters[1 + guess]}{below}")
    numeric(sheet, " ".join(typed))
    return names


def control(sheet: Worksheet, at: str, label: str, value: float | str, shown: str = PLAIN) -> dict[str, str]:
    """A label and, to its right, the cell with its value or formula; returns {label: address of the value}."""
    row, column = coordinate_to_tuple(at)
    cell = f"{get_column_letter(column + 1)}{row}"
    put_label(sheet, at, label)
    if isinstance(value, str):
        put(sheet, cell, value, border=UNDER, shown=shown)
    else:
        put_input(sheet, cell, value, shown)
    return {label: absolute_coordinate(cell)}


def learn_and_epochs(sheet: Worksheet, at: str, learn: float, epochs: int | str) -> dict[str, str]:
    """The two controls that every lesson has, one below the other, with what may be typed there."""
    row, column = coordinate_to_tuple(at)
    label, value = get_column_letter(column), get_column_letter(column + 1)
    names = control(sheet, at, "learn", learn, FULL)
    names |= control(sheet, f"{label}{row + 1}", "epochs", epochs, WHOLE)
    words = translated("learn is a number above zero, such as {example}.", example=plain(learn))
    positive(sheet, f"{value}{row}", "The learning rate", words)
    if not isinstance(epochs, str):
        most = "epochs is a whole number from 1 to 1,000,000."
        whole(sheet, f"{value}{row + 1}", 1, 1_000_000, "Epochs", most)
    return names


def plain(number: float) -> str:
    """A number as one would type it, in the language spoken.

    >>> plain(1e-05), plain(2.0)
    ('0.00001', '2')
    """
    return localized(format(Decimal(repr(float(number))).normalize(), "f"))


def loss(sheet: Worksheet, label_area: str, value_area: str, label: str, formula: str, shown: str) -> None:
    """The loss, large enough for the last row of desks."""
    for area, value, size in ((label_area, label, 15), (value_area, formula, 26)):
        sheet.merge_cells(area)
        put(
            sheet,
            area.split(":")[0],
            value,
            font=lettering(size, ORANGE, bold=True),
            fill=plain_fill(PAPER),
            align=CENTRE,
            shown=shown,
        )


def question(sheet: Worksheet, label_area: str, value_area: str, label: str, value: float) -> str:
    """A whole number for the reader to type, as large as the loss; returns its absolute address."""
    sheet.merge_cells(label_area)
    sheet.merge_cells(value_area)
    left, top, right, bottom = range_boundaries(value_area)
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):  # a merged area shows the borders of all its cells
            sheet.cell(row, column).border = BOXED
    put(sheet, label_area.split(":")[0], label, font=lettering(15, BLUE, bold=True), align=CENTRE)
    cell = value_area.split(":")[0]
    font = lettering(26, BLUE, bold=True)
    put(sheet, cell, value, font=font, fill=plain_fill(INPUT), border=BOXED, align=CENTRE, shown=WHOLE)
    return str(absolute_coordinate(cell))


def _validate(sheet: Worksheet, cells: str, title: str, words: str, **rule: Any) -> None:
    check = DataValidation(allow_blank=False, showErrorMessage=True, **rule)
    check.errorTitle, check.error = translated(title), translated(words)
    for cell in cells.split():
        check.add(cell)
    sheet.add_data_validation(check)


def numeric(sheet: Worksheet, cells: str) -> None:
    """These cells take numbers only."""
    _validate(
        sheet,
        cells,
        "A number, please",
        "This cell needs a plain number, such as 30 or 0.5.",
        type="decimal",
        operator="between",
        formula1="-1E+100",
        formula2="1E+100",
    )


def between(sheet: Worksheet, cells: str, low: str, high: str, title: str, words: str) -> None:
    """These cells take numbers from low to high only."""
    _validate(sheet, cells, title, words, type="decimal", operator="between", formula1=low, formula2=high)


def positive(sheet: Worksheet, cells: str, title: str, words: str) -> None:
    """These cells take numbers above zero only."""
    _validate(sheet, cells, title, words, type="decimal", operator="greaterThan", formula1="0")


def whole(sheet: Worksheet, cells: str, low: int, high: int, title: str, words: str) -> None:
    """These cells take whole numbers from low to high only."""
    _validate(
        sheet, cells, title, words, type="whole", operator="between", formula1=str(low), formula2=str(high)
    )
