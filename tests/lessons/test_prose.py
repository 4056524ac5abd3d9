"""What the lessons say, for twelve random sets of options each: every figure against NumPy, every direction as well."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ironcalc
import numpy as np
import openpyxl
import pytest

from sheetgd.lessons import LESSONS, draw, sample_points, takes
from sheetgd.lessons.points import Points

SETS = 12  # with data of one's own or not, and a learning rate or not, in every combination
NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
LITERAL = re.compile(r'"((?:[^"]|"")*)"')
Options = dict[str, Any]


def options_of(lesson: str, number: int) -> Options:
    """A set of options for a lesson: those it takes, at random, its data of quite different sizes."""
    dice, taken = random.Random(f"{lesson} {number}"), takes(lesson)
    chosen: Options = {"epochs": dice.choice([1, 7, 50])}
    if "data" in taken and number % 4:
        chosen["data"] = data_of(lesson, dice)
    if "m" in taken:
        chosen["m"] = round(dice.uniform(-3, 3), 2)
    if "b" in taken:
        chosen["b"] = round(dice.uniform(-3, 3), 2)
    if "learn" in taken and number % 3:
        chosen["learn"] = dice.choice([0.001, 0.004, 0.02, 0.05])
    return chosen


def data_of(lesson: str, dice: random.Random) -> Points:
    """Points of a teacher's: a few rows, of any size, on both sides of 0 or far from it."""
    size, offset, rows = 10 ** dice.uniform(-2, 2), dice.choice([0.0, 3.0, 100.0]), dice.randint(4, 25)
    x = [round(size * dice.uniform(-1, 1), 5) + offset * size for _ in range(rows)]
    if lesson == "logistic":
        return Points(
            tuple(x), (0.0, 1.0, *(float(dice.random() < 0.5) for _ in x[2:])), "dose", "died", True
        )
    y = [round(dice.uniform(-2, 2) * each + size * dice.gauss(0, 1), 5) for each in x]
    return Points(tuple(x), tuple(y), "height", "weight", True)


def points_of(lesson: str, chosen: Options) -> tuple[np.ndarray, np.ndarray]:
    """The points of the sheet that was drawn."""
    if "data" in chosen:
        return np.array(chosen["data"].x), np.array(chosen["data"].y)
    if lesson == "descent":
        from sheetgd.lessons.descent import X, Y

        return np.array(X, float), np.array(Y, float)
    if lesson == "belts":
        from sheetgd.lessons.belts import BELTS

        return np.array(BELTS.x), np.array(BELTS.y)
    rows, seed = {"penguins": (333, 0), "batches": (32, 1), "logistic": (24, 3)}[lesson]
    made = sample_points(lesson, rows, seed)
    return np.array(made.x), np.array(made.y)


class Drawn:
    """A lesson that was drawn and computed, its formulas and its values."""

    def __init__(self, lesson: str, chosen: Options, folder: Path) -> None:
        path = folder / "drawn.xlsx"
        draw(lesson, path, **chosen)
        self.book = openpyxl.load_workbook(path)
        self.model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
        self.model.evaluate()

    def value(self, cell: str, tab: int = 0) -> Any:
        place = self.book.worksheets[tab][cell]
        return self.model.get_cell_value(tab, place.row, place.column)

    def sentences(self) -> Iterator[tuple[str, str]]:
        """The formula and the words of every sentence that the sheet makes itself."""
        for index, tab in enumerate(self.book.worksheets):
            for row in tab.iter_rows():
                for cell in row:
                    if isinstance(cell.value, str) and re.match(r'=IFERROR\(("|IF\()', cell.value):
                        yield cell.value, str(self.model.get_cell_value(index, cell.row, cell.column))

    def figures(self) -> list[list[float]]:
        """The rows of the teacher's figures below the title `epochs run`."""
        sheet = self.book["For the teacher"]
        rows = list(sheet.iter_rows(min_col=3, max_col=7, values_only=True))
        start = next(index for index, row in enumerate(rows) if row[0] == "epochs run")
        found: list[list[float]] = []
        for row in rows[start + 1 :]:
            if not isinstance(row[0], int | float):
                return found
            found.append([value for value in row if isinstance(value, int | float)])
        return found


def computed_numbers(formula: str, words: str) -> list[str]:
    """The numbers of a sentence that its formula works out; those of its texts stand in every sheet alike."""
    texts = Counter(NUMBER.findall(" ".join(LITERAL.findall(formula))))
    found = Counter(NUMBER.findall(words)) - texts
    return list(found.elements())


def is_known(number: str, facts: list[float]) -> bool:
    """Whether a printed number is one of these, rounded as it is printed."""
    value = float(number.replace("−", "-"))
    places = len(number.partition(".")[2])
    near = [fact for fact in facts if math.isfinite(fact)]
    return any(
        abs(value - fact) <= 0.51 * 10.0**-places + 1e-9 * abs(fact) for fact in near if fact or not value
    ) and (any(value == pytest.approx(fact, rel=6e-3, abs=0.51 * 10.0**-places) for fact in near))


# -- the facts, by NumPy -----------------------------------------------------------------------------------------------
def scaled(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def rounded_down(number: float) -> float:
    """With two digits, and no larger."""
    step = 10.0 ** (math.floor(math.log10(number)) - 1)
    return math.floor(number / step) * step


def line_facts(x: np.ndarray, y: np.ndarray, m: float, b: float) -> dict[str, float]:
    miss = m * x + b - y
    slope, intercept = np.polyfit(x, y, 1)
    return {
        "mse": float(np.mean(miss**2)),
        "best mse": float(np.mean((slope * x + intercept - y) ** 2)),
        "slope m": float(np.mean(2 * x * miss)),
        "slope b": float(np.mean(2 * miss)),
    }


def descent_facts(drawn: Drawn, chosen: Options) -> tuple[list[float], dict[str, float]]:
    x, y = points_of("descent", chosen)
    if drawn.book.worksheets[0]["B12"].value == "raw x":
        x = scaled(x)
    learn = drawn.value("H3")
    known = line_facts(x, y, chosen["m"], chosen["b"])
    limit = rounded_down(1 / (np.max(x * x) + 1))
    reach = math.sqrt(np.mean(x * x))
    return [
        math.sqrt(known["mse"]),
        math.sqrt(known["best mse"]),
        known["slope m"],
        known["slope b"],
        reach,
        learn,
        limit,
        len(x),
    ], known


def belts_facts(drawn: Drawn, chosen: Options) -> tuple[list[float], dict[str, float]]:
    x, y = points_of("belts", chosen)
    m, learn, squares = chosen["m"], drawn.value("H3"), np.mean(x * x)
    best = np.sum(x * y) / np.sum(x * x)
    gradient = float(np.mean(2 * x * (m * x - y)))
    left = 100 * abs(1 - 2 * learn * squares)
    losses = [float(np.mean((each * x - y) ** 2)) for each in (m, best)]
    return [m, best, *losses, gradient, learn * gradient, learn, left], {"slope m": gradient}


def penguins_facts(drawn: Drawn, chosen: Options) -> tuple[list[float], dict[str, float]]:
    x, y = map(scaled, points_of("penguins", chosen))
    known = line_facts(x, y, chosen["m"], chosen["b"])
    learn = drawn.value("H3")
    return [*known.values(), 100 * abs(1 - 2 * learn), x[1], 2 + 4 * x[1]], known


def weight_facts(drawn: Drawn, chosen: Options) -> tuple[list[float], dict[str, float]]:
    learn = drawn.value("H3")
    new = 2 + 24 * learn
    return [2, 6, 10, -4, 16, -24, learn, (3 * new - 10) ** 2], {"slope m": -24}


def weights_facts(drawn: Drawn, chosen: Options) -> tuple[list[float], dict[str, float]]:
    learn = drawn.value("H3")
    new = np.array([1, 2]) - learn * np.array([30, 40])
    return [1, 2, 3, 4, 6, 11, 25, 30, 40, 5, learn, *new, float(new @ [3, 4]) - 6], {}


def batches_facts(drawn: Drawn, chosen: Options) -> tuple[list[float], dict[str, float]]:
    x, y = map(scaled, points_of("batches", chosen))
    known = line_facts(x, y, chosen["m"], chosen["b"])
    return [known["mse"], known["best mse"]], {}


def logistic_facts(drawn: Drawn, chosen: Options) -> tuple[list[float], dict[str, float]]:
    raw, y = points_of("logistic", chosen)
    x, w, b = scaled(raw), chosen["m"], chosen["b"]
    p = 1 / (1 + np.exp(-(w * x + b)))
    loss = float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
    accuracy = 100 * float(np.mean((p > 0.5) == (y > 0.5)))
    boundary = raw.mean() - raw.std() * b / w if w else 0.0
    slopes = {"slope m": float(np.mean((p - y) * x)), "slope b": float(np.mean(p - y))}
    return [loss, accuracy, boundary, *slopes.values()], slopes


FACTS: dict[str, Callable[[Drawn, Options], tuple[list[float], dict[str, float]]]] = {
    "descent": descent_facts,
    "belts": belts_facts,
    "penguins": penguins_facts,
    "weight": weight_facts,
    "weights": weights_facts,
    "batches": batches_facts,
    "logistic": logistic_facts,
}


@pytest.mark.parametrize("lesson", list(FACTS))
def test_every_figure_in_a_sentence_is_true(lesson: str, tmp_path: Path) -> None:
    said = 0
    for number in range(SETS):
        chosen = options_of(lesson, number)
        drawn = Drawn(lesson, chosen, tmp_path)
        facts, slopes = FACTS[lesson](drawn, chosen)
        for formula, words in drawn.sentences():
            assert words and "#" not in words, (chosen, formula)
            for printed in computed_numbers(formula, words):
                assert is_known(printed, facts), f"{printed} in {words!r} is none of {facts}; {chosen}"
                said += 1
            for name, verb in re.findall(
                r"\b(m|b|w|multiplier|weight|slope|intercept) should (grow|shrink)", words
            ):
                slope = slopes["slope b" if name in ("b", "intercept") else "slope m"]
                assert (slope < 0) == (verb == "grow") or abs(slope) < 1e-9, (words, slopes)
    assert said >= SETS


def epochs_of(lesson: str, drawn: Drawn, chosen: Options) -> Callable[[np.ndarray], np.ndarray]:
    """One epoch of a lesson, as NumPy does it."""
    learn = drawn.value("H3")
    if lesson == "weight":
        return lambda p: p - learn * 6 * (3 * p - 10)
    if lesson == "weights":
        sides = np.array([3.0, 4.0])
        return lambda p: p - learn * 2 * (sides @ p - 6) * sides
    x, y = points_of(lesson, chosen)
    if lesson == "belts":
        return lambda p: p - learn * np.mean(2 * x * (p * x - y))
    if lesson == "penguins":
        x, y = scaled(x), scaled(y)
        rows = np.column_stack([x, np.ones_like(x)])
        return lambda p: p - learn * 2 * rows.T @ (rows @ p - y) / len(x)
    if lesson == "logistic":
        rows = np.column_stack([scaled(x), np.ones_like(x)])
        return lambda p: p - learn * rows.T @ (1 / (1 + np.exp(-(rows @ p))) - y) / len(x)
    if drawn.book.worksheets[0]["B12"].value == "raw x":
        x = scaled(x)

    def descend(p: np.ndarray) -> np.ndarray:
        for each, target in zip(x, y, strict=True):
            slope = 2 * (p[0] * each + p[1] - target)
            p = p - learn * np.array([slope * each + 0.01 * each * each, slope + 0.01])
        return p

    return descend


STARTS: dict[str, Callable[[Options], list[float]]] = {
    "weight": lambda chosen: [2.0],
    "weights": lambda chosen: [1.0, 2.0],
    "belts": lambda chosen: [chosen["m"]],
    "penguins": lambda chosen: [chosen["m"], chosen["b"]],
    "logistic": lambda chosen: [chosen["m"], chosen["b"]],
    "descent": lambda chosen: [chosen["m"], chosen["b"]],
}


@pytest.mark.parametrize("lesson", list(STARTS))
def test_the_teachers_figures_are_those_of_the_sheet(lesson: str, tmp_path: Path) -> None:
    for number in range(0, SETS, 3):
        chosen = options_of(lesson, number)
        drawn = Drawn(lesson, chosen, tmp_path)
        epoch, now, done = epochs_of(lesson, drawn, chosen), np.array(STARTS[lesson](chosen)), 0
        rows = drawn.figures()
        assert rows and rows[0][0] == 0
        for count, *expected in rows:
            if count > 200:
                break
            for _ in range(int(count) - done):
                now = epoch(now)
            done = int(count)
            assert expected[: len(now)] == pytest.approx(now, rel=1e-6, abs=1e-9), (chosen, count)


def test_every_lesson_is_looked_at() -> None:
    by_their_own_figures = {"original", "minima", "network", "optimizers"}  # see the tests of these
    assert {*FACTS, *by_their_own_figures} == set(LESSONS)
