"""Lessons whose formulas are drawn at random from the functions that lessons use, with numbers that may grow too large.

`check` runs one and compares what is then stored with LibreOffice's own results.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import openpyxl

import office as libreoffice
import sheetgd

ROWS = range(9, 13)
OF_Z = (
    "{z}",
    "1/(1+EXP(-({z})))",
    "TANH({z})",
    "EXP({z})",
    "({z})^2",
    "({z})^3",
    "IF({z}>0,{z},0)",
    "MAX(0,{z})",
    "MIN({z},50)",
    "LN(1+EXP({z}))",
    "SIN(MAX(-100,MIN(100,{z})))",  # of large angles Excel takes no sine, LibreOffice of larger ones
    "SQRT(ABS({z}))",
    "1/(1+({z})^2)",
    "EXP(-({z})^2)",
    "COSH({z}/100)",
    "POWER(1+ABS({z}),3)",
    "2^MAX(-900,{z})",  # LibreOffice shows #NUM! below 1E-308, where Excel and the engine show 0
    "IFERROR(EXP({z}),7)",
    "IF(EXP({z})>1,1,0)",
    "SIGN({z})*LOG10(1+ABS({z}))",
    "EXP({z})/(1+EXP({z}))",
    "ATAN(SINH({z}))",
)
STEPS = (
    "{p}-$B$1*{g}",
    "{p}-$B$1*MAX(-1,MIN(1,{g}))",
    "{p}-$B$1*{g}/(SQRT({g}^2)+0.001)",
    "{p}-$B$1*SIGN({g})",
    "{p}-$B$1*{g}/(1+ABS({g}))",
    "IF(ABS({g})<1000,{p}-$B$1*{g},{p})",
    "{p}-$B$1*TANH({g})",
)
LOSSES = ("SQRT(SUMSQ(F9:F12)/COUNT(F9:F12))", "AVERAGE(F9:F12)", "SUM(F9:F12)", "LN(1+SUM(F9:F12))")


def draw(path: Path, seed: int) -> Path:
    """A step table of four rows, with two columns beside it."""
    at = random.Random(seed)
    prediction = at.choice(OF_Z)
    power = at.choice(("^2", "^2", "^4"))
    moves = at.choice(STEPS)

    def number(most: float) -> float:
        return float(f"{at.choice((-1, 1)) * 10 ** at.uniform(-2, most):.4g}")

    cells: dict[str, Any] = {
        "A1": "learn",
        "B1": float(f"{10 ** at.uniform(-5, 2):.3g}"),
        "A2": "epochs",
        "B2": at.choice((1, 2, 5, 25)),
        "A3": "m",
        "B3": number(3),
        "A4": "b",
        "B4": number(3),
        "A5": "loss",
        "B5": "=" + at.choice(LOSSES),
    }
    titles = ("x", "y", "m", "b", "y_pred", "error_sq", "de/dm", "de/db", "new_m", "new_b", "beside", "also")
    cells |= {f"{letter}8": title for letter, title in zip("ABCDEFGHIJKL", titles, strict=True)}
    beside, also = at.sample(OF_Z, 2)
    for row in ROWS:
        m, b = ("$B$3", "$B$4") if row == 9 else (f"I{row - 1}", f"J{row - 1}")

        def error(m: str, b: str, row: int = row) -> str:
            return f"({prediction.format(z=f'{m}*A{row}+{b}')}-B{row}){power}"

        cells |= {
            f"A{row}": number(at.choice((1, 3))),
            f"B{row}": number(2),
            f"C{row}": f"={m}",
            f"D{row}": f"={b}",
            f"E{row}": "=" + prediction.format(z=f"C{row}*A{row}+D{row}"),
            f"F{row}": f"=(E{row}-B{row}){power}",
            f"G{row}": f"=({error(f'(C{row}+0.01)', f'D{row}')}-F{row})/0.01",
            f"H{row}": f"=({error(f'C{row}', f'(D{row}+0.01)')}-F{row})/0.01",
            f"I{row}": "=" + moves.format(p=f"C{row}", g=f"G{row}"),
            f"J{row}": "=" + moves.format(p=f"D{row}", g=f"H{row}"),
            f"K{row}": "=" + beside.format(z=f"E{row}+C{row}"),
            f"L{row}": "=" + also.format(z=f"K{row}-F{row}"),
        }
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Lesson"
    for address, value in cells.items():
        sheet[address] = value
    book.save(path)
    return path


def check(office: libreoffice.Office, path: Path, seed: int) -> tuple[str, list[str]]:
    """How the run of a sheet ended ("ran", "stopped", "refused"), and the cells whose stored results are wrong."""
    draw(path, seed)
    try:
        with sheetgd.open_book(str(path)) as book:
            history = sheetgd.run(book)
    except sheetgd.SheetgdError:
        return "refused", []
    if not history.epochs:
        return "stopped", []
    return "stopped" if history.diverged else "ran", wrong_cells(office, path)


def apart(one: Mapping[str, Any], other: Mapping[str, Any], address: str) -> float:
    """By how much of itself a number differs: next parameters, compared before, take their rounding to the next row.

    That subtracts, divides and cubes, which makes more of it.
    """
    a, b = one.get(address), other.get(address)
    if not (isinstance(a, float) and isinstance(b, float)) or a == b:
        return 0.0
    return abs(a - b) / max(abs(a), abs(b))


def in_order(address: str) -> tuple[bool, int, str]:
    """The rows of the table one after the other, and the loss, which rests on them all."""
    return address == "B5", int(re.sub("[A-Z]", "", address)), address


def wrong_cells(office: libreoffice.Office, path: Path) -> list[str]:
    recalculated, stored = office.recalculate(path)["Lesson"], libreoffice.read_stored(path)["Lesson"]
    largest: dict[str, float] = {}
    for address, value in recalculated.items():
        if isinstance(value, float):
            row = re.sub("[A-Z]", "", address)
            largest[row] = max(largest.get(row, 0.0), abs(value))
    wrong = []
    for address in sorted(recalculated.formulas, key=in_order):
        expected, got = recalculated[address], stored.get(address)
        if isinstance(expected, float) and isinstance(got, float):
            # LibreOffice writes 0 for the difference of nearly equal numbers, here divided by 0.01.
            row = re.sub("[A-Z]", "", address)
            above = ROWS[-1] if address == "B5" else int(row) - 1
            near = 1e-12 + 100 * max(apart(recalculated, stored, f"{letter}{above}") for letter in "IJ")
            fine = math.isclose(expected, got, rel_tol=near, abs_tol=1e-10 * largest[row])
            if fine and address[0] in "GH" and expected == 0.0 != got:
                return wrong  # a step by the slope's sign alone goes another way from here on
        else:
            fine = expected == got
        if not fine:
            wrong.append(f"{address} expected {expected} got {got}")
    return wrong
