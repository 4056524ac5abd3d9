"""The live tab of every lesson whose epoch is an affine map, against stepping by plain loops and by `sheetgd run`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ironcalc
import numpy as np
import pytest

from loops import X, Y
from office import Office, read_stored
from sheetgd.books.opening import open_book
from sheetgd.epochs.run import run_sheets
from sheetgd.lessons.create import new
from sheetgd.lessons.points import penguins

Stepped = Callable[[int], list[float]]
POINTS = np.column_stack([X, Y]).astype(float)


def weight(epochs: int) -> list[float]:
    w = 2.0
    for _ in range(epochs):
        w -= 0.01 * 2 * (3 * w - 10) * 3
    return [w, (3 * w - 10) ** 2]


def weights(epochs: int) -> list[float]:
    w, x = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    for _ in range(epochs):
        w = w - 0.01 * 2 * (x @ w - 6) * x
    return [*w, (x @ w - 6) ** 2]


def original(epochs: int) -> list[float]:
    """With the derivatives swapped, and a loss that adds up the rows' own errors of the next epoch."""
    m, b, loss = 1.0, 1.0, 0.0
    for epoch in range(epochs + 1):
        before, loss = (m, b), 0.0
        for x, y in POINTS:
            error = m * x + b - y
            loss += error**2
            m, b = m - 0.0001 * 2 * error, b - 0.0001 * 2 * x * error
        if epoch == epochs:
            m, b = before
    return [m, b, float(np.sqrt(loss))]


def penguin(epochs: int) -> list[float]:
    x, y = (np.array(values) for values in (penguins().x, penguins().y))
    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    s, i = 0.0, -2.0
    for _ in range(epochs):
        miss = s * x + i - y
        s, i = s - 0.01 * 2 * np.mean(miss * x), i - 0.01 * 2 * np.mean(miss)
    return [s, i, float(np.mean((s * x + i - y) ** 2))]


def momentum(epochs: int, beta: float = 0.9) -> list[float]:
    m = b = 1.0
    v_m = v_b = 0.0
    for _ in range(epochs):
        for x, y in POINTS:
            slope = 2 * (m * x + b - y)
            v_m, v_b = beta * v_m + (1 - beta) * slope * x, beta * v_b + (1 - beta) * slope
            m, b = m - 0.0003 * v_m, b - 0.0003 * v_b
    return [m, b, float(np.sqrt(np.mean((m * POINTS[:, 0] + b - POINTS[:, 1]) ** 2)))]


def plain(epochs: int) -> list[float]:
    return momentum(epochs, beta=0.0)


LIVE: dict[tuple[str, str, str], Stepped] = {
    ("weight", "Live", "Weight"): weight,
    ("weights", "Live", "Weights"): weights,
    ("original", "Live", "Original"): original,
    ("penguins", "Live", "Penguins"): penguin,
    ("optimizers", "Live Plain", "Plain"): plain,
    ("optimizers", "Live Momentum", "Momentum"): momentum,
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("live")
    return {lesson: new(lesson, folder / f"{lesson}.xlsx") for lesson in {lesson for lesson, _, _ in LIVE}}


def found(path: Path, tab: str, typed: dict[str, Any], count: int) -> list[float]:
    """The parameters and the loss on a live tab once cells are typed."""
    model = ironcalc.load_from_xlsx(str(path), "en", "UTC", "en")
    index = [sheet["name"] for sheet in model.get_worksheets_properties()].index(tab)
    places = {"C3": (3, 3), "P4": (4, 16)}
    for cell, value in typed.items():
        model.set_user_input(index, *places[cell], str(value))
    model.evaluate()
    cells = [*[(4, 8), (5, 8)][: count - 1], (3, 11)]
    return [model.get_cell_value(index, *cell) for cell in cells]


@pytest.mark.parametrize("key", LIVE, ids=[f"{lesson} {tab}" for lesson, tab, _ in LIVE])
@pytest.mark.parametrize("epochs", [0, 1, 5, 100, 1000])
def test_it_finds_what_plain_loops_find(
    drawn: dict[str, Path], key: tuple[str, str, str], epochs: int
) -> None:
    lesson, tab, _ = key
    expected = LIVE[key](epochs)
    got = found(drawn[lesson], tab, {"C3": epochs}, len(expected))
    assert got == pytest.approx(expected, rel=1e-8, abs=1e-12)


def test_the_scroll_bar_counts_unless_it_is_at_its_left_end(drawn: dict[str, Path]) -> None:
    for bar, epochs in ((0, 3), (1, 1), (5000, 10), (10_000, 100)):
        got = found(drawn["weights"], "Live", {"C3": 3, "P4": bar}, 3)
        assert got == pytest.approx(weights(epochs), rel=1e-8, abs=1e-12)
    at_the_end = found(drawn["weight"], "Live", {"P4": 30_000}, 2)
    assert at_the_end == pytest.approx([10 / 3, 0], abs=1e-9)


@pytest.mark.parametrize("lesson", sorted({lesson for lesson, _, _ in LIVE}))
def test_it_is_the_same_as_what_a_run_steps(
    office: Office, drawn: dict[str, Path], tmp_path: Path, lesson: str
) -> None:
    path = Path(shutil.copy(drawn[lesson], tmp_path / "run.xlsx"))
    for epochs in (2, 5):
        with open_book(path) as book:
            run_sheets(book, every=True, epochs=epochs)
    stored = read_stored(path)
    for key in LIVE:
        if key[0] == lesson:
            cells = stored[key[1]]
            verdicts = [
                cells[place]
                for place in cells
                if place.endswith(("33", "34")) and "same" in str(cells[place])
            ]
            assert (cells["F34"], verdicts) == (7, ["the same"] * 2)
    office.assert_stored_equals_recalculated(path)


@pytest.mark.parametrize("lesson", sorted({lesson for lesson, _, _ in LIVE}))
def test_the_live_tabs_are_not_run(drawn: dict[str, Path], lesson: str) -> None:
    from sheetgd.epochs.choose import choose_sheets

    with open_book(drawn[lesson]) as book:
        assert not [name for name in choose_sheets(book, every=True) if name.startswith("Live")]
