"""What tests of unusual sheets share: drawing them, and the plain loop."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from small_lesson import LEARN, POINTS, Cells

H = 0.01


GRID: dict[str, Any] = {"D1": "m", "F1": "b", "E3": 1, "E4": 2, "F2": 0, "G2": 10, "H2": 20}


SHEET = "xl/worksheets/sheet1.xml"


def stored(path: Path, sheet: str = "Lesson") -> Cells:
    """What the file holds, by address, formulas by their stored results."""
    found = openpyxl.load_workbook(path, data_only=True)[sheet]
    return {cell.coordinate: cell.value for row in found for cell in row if cell.value is not None}


def part(path: Path, name: str = SHEET) -> str:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name).decode()


def step(x: float, y: float, m: float, b: float, learn: float) -> list[float]:
    """The ten computed cells of a row."""
    guess = m * x + b
    error = (guess - y) ** 2
    error_m = ((m + H) * x + b - y) ** 2
    by_m = (error_m - error) / H
    error_b = (m * x + (b + H) - y) ** 2
    by_b = (error_b - error) / H
    return [m, b, guess, error, error_m, by_m, m - learn * by_m, error_b, by_b, b - learn * by_b]


def table(m: float, b: float, learn: float = LEARN) -> list[list[float]]:
    rows = []
    for x, y in POINTS:
        rows.append(step(x, y, m, b, learn))
        m, b = rows[-1][6], rows[-1][9]
    return rows


def rmse(m: float, b: float) -> float:
    total = 0.0
    for x, y in POINTS:
        total += (m * x + b - y) ** 2
    return math.sqrt(total / len(POINTS))


def after(epochs: int, learn: float = LEARN) -> list[tuple[float, float, float]]:
    """m, b and rmse after each epoch, from 1 and 1."""
    m, b, states = 1.0, 1.0, []
    for _ in range(epochs):
        last = table(m, b, learn)[-1]
        m, b = last[6], last[9]
        states.append((m, b, rmse(m, b)))
    return states


def assert_ran(path: Path, epochs: int = 2, learn: float = LEARN, sheet: str = "Lesson") -> None:
    """Start cells, loss, table and log hold what the loop finds, in the file itself."""
    cells, states = stored(path, sheet), after(epochs, learn)
    m, b, loss = states[-1]
    assert (cells["B3"], cells["B4"], cells["B5"]) == (m, b, pytest.approx(loss, rel=1e-14))
    for row, expected in enumerate(table(m, b, learn), 9):
        assert [cells[f"{letter}{row}"] for letter in "CDEFGHIJKL"] == expected
    for number, state in enumerate([(1.0, 1.0, rmse(1.0, 1.0)), *states]):
        row = 9 + number
        assert cells[f"N{row}"] == number
        assert [cells[f"{letter}{row}"] for letter in "OPQ"] == [
            *state[:2],
            pytest.approx(state[2], rel=1e-14),
        ]
    assert f"N{10 + epochs}" not in cells
