"""A class for tests: its names, its roster, and what its worksheets hold."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from office import read_stored
from sheetgd.classroom import key
from sheetgd.classroom.assignment import Assignment
from sheetgd.classroom.roster import Student

HURT = [
    '=HYPERLINK("http://example.org","x")',
    "+1",
    "@SUM(1)",
    "-2+3",
    "🙂",
    "x" * 200,
    "../../etc/passwd",
    "CON",
    'Ada "the first" Lovelace',
    "Ada Lovelace",
    "Ada Lovelace",
    "ADA LOVELACE",
    "ليلى أحمد",
    "Zoë O'Neil-Groß",
    "key",
    "a\tb",
    "Lovelace, Ada",
    "<b>&amp;</b>",
    "C:\\temp\\x.xlsx",
    "name.",
    "nul.txt",
    "\u202egnp.exe",
]


SEED = "a seed of the tests"


CLASS = [Student("Ada Lovelace", "ada@example.org"), Student("Alan Turing"), Student("Emmy Noether")]


RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))}


def roster(folder: Path, names: list[str], heading: str = "name", encoding: str = "utf-8") -> Path:
    path = folder / "roster.csv"
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[heading], *([name] for name in names)])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def tab(path: Path) -> dict[str, Any]:
    [sheet] = read_stored(path).values()
    return sheet


def stepping(one: Assignment, epochs: int, learn: float | None = None) -> list[float]:
    """The parameters after some epochs, in NumPy, from the lesson's definition and nothing of the product."""
    learn = learn or one.learn
    p, x, y = np.array(list(one.start.values()), float), np.array(one.x, float), np.array(one.y, float)
    if one.lesson == "penguins":
        x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    for _ in range(epochs):
        if one.lesson == "descent":
            for at, goal in zip(x, y, strict=True):
                error = (p @ [at, 1] - goal) ** 2
                nudged = [((p + nudge) @ [at, 1] - goal) ** 2 for nudge in ([0.01, 0], [0, 0.01])]
                p = p - learn * (np.array(nudged) - error) / 0.01
        elif one.lesson in ("weight", "weights"):
            for _ in range(5):
                p = p - learn * 2 * (p @ x - y[0]) * x
        else:
            inputs = np.stack([x, np.ones_like(x)][: len(p)])
            p = p - learn * 2 * inputs @ (p @ inputs - y) / len(x)
    return [float(value) for value in p]


def table(sheet: dict[str, Any], title: str) -> list[dict[str, Any]]:
    """The lines below a row of titles, each as a dict."""
    [head] = [cell for cell, value in sheet.items() if value == title]
    row = int(head.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    titles = {
        cell[: -len(str(row))]: value for cell, value in sheet.items() if re.fullmatch(rf"[A-Z]+{row}", cell)
    }
    lines = []
    while any(f"{letter}{row + 1}" in sheet for letter in titles):
        row += 1
        lines.append({words: sheet.get(f"{letter}{row}") for letter, words in titles.items()})
    return lines


def loss(one: Assignment, p: list[float]) -> float:
    m, b = [*p, 0.0][:2]
    return math.sqrt(sum((m * x + b - y) ** 2 for x, y in zip(one.x, one.y, strict=True)) / len(one.x))


def key_round_trip(given: list[Assignment], folder: Path) -> list[Assignment]:
    key.write(folder / "key.xlsx", given, SEED)
    return key.read(folder / "key.xlsx")
