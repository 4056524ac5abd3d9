"""Ten questions that the sheet of `descent` must answer by itself, and NumPy's word for the numbers of the answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from loops import X, Y
from sheetgd.books.opening import open_book
from sheetgd.epochs.run import run_sheets
from sheetgd.lessons.create import new

POINTS = np.column_stack([X, Y]).astype(float)
Cells = dict[str, object]


def epochs(count: int, learn: float = 0.0001, h: float = 0.01) -> tuple[float, float]:
    """m and b after so many epochs from 1 and 1, by plain loops."""
    m = b = 1.0
    for _ in range(count):
        for x, y in POINTS:
            error = (m * x + b - y) ** 2
            slopes = (((m + h) * x + b - y) ** 2 - error) / h, ((m * x + b + h - y) ** 2 - error) / h
            m, b = m - learn * slopes[0], b - learn * slopes[1]
    return m, b


def rmse(m: float, b: float) -> float:
    return float(np.sqrt(np.mean((m * POINTS[:, 0] + b - POINTS[:, 1]) ** 2)))


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """The lesson's tab after five epochs, as it is shown, {cell: value}; those of other tabs as Tab!cell."""
    path = new("descent", tmp_path_factory.mktemp("ten") / "descent.xlsx")
    with open_book(path) as book:
        run_sheets(book, epochs=5)
    cells: Cells = {}
    for tab in openpyxl.load_workbook(path, data_only=True).worksheets:
        name = "" if tab.title == "Descent" else f"{tab.title}!"
        cells |= {f"{name}{cell.coordinate}": cell.value for row in tab.iter_rows() for cell in row}
    return cells


@pytest.fixture
def answer(sheet: Cells) -> Callable[[str], str]:
    """The only text on the lesson's own tabs, without the teacher's, that a pattern finds: the answering cell."""

    def find(pattern: str) -> str:
        found = [
            str(value)
            for place, value in sheet.items()
            if isinstance(value, str) and "teacher" not in place and re.search(pattern, value)
        ]
        assert found, pattern
        return found[0]

    return find


def number(words: str, pattern: str) -> float:
    found = re.search(pattern, words)
    assert found, (pattern, words)
    return float(found[1])


def test_what_is_a_loss(answer: Callable[[str], str]) -> None:
    words = answer("One number has to say it: the loss")
    assert "take the mean of the squares, and then the root" in words


def test_how_good_is_the_guess_and_how_good_can_it_get(answer: Callable[[str], str]) -> None:
    words = answer("^The line of the guess above misses by")
    assert number(words, r"misses by ([\d.]+)\.") == pytest.approx(rmse(*epochs(5)), rel=1e-3)
    assert words.endswith("The best line there is misses by nothing at all.")


def test_what_is_a_gradient_and_which_way_now(answer: Callable[[str], str]) -> None:
    assert "It points where the ground rises most steeply" in answer("The pair is called the gradient")
    words = answer("^At the guess the mean of the squared errors changes")
    m, b = epochs(5)
    miss = m * POINTS[:, 0] + b - POINTS[:, 1]
    assert number(words, r"by (-?[\d.]+) for each unit of m") == pytest.approx(
        np.mean(2 * POINTS[:, 0] * miss), rel=1e-3
    )
    assert number(words, r"by (-?[\d.]+) for each unit of b") == pytest.approx(np.mean(2 * miss), rel=1e-3)
    assert f"m should {'grow' if np.mean(POINTS[:, 0] * miss) < 0 else 'shrink'}" in words


def test_why_does_b_hardly_move(answer: Callable[[str], str]) -> None:
    words = answer("m count")
    reach = float(np.sqrt(np.mean(POINTS[:, 0] ** 2)))
    assert number(words, r"count ([\d.]+) times") == pytest.approx(reach, rel=0.02)
    assert "b has to creep along it, for learn must stay small enough for m" in words


def test_what_is_a_derivative(sheet: Cells, answer: Callable[[str], str]) -> None:
    assert "(err_m1 − error_sq) / h" in answer("That ratio is the derivative")
    for row in (75, 80, 94):  # and the table does so
        x, y, m, b = (float(str(sheet[f"{column}{row}"])) for column in "BCDE")
        slope = (((m + 0.01) * x + b - y) ** 2 - (m * x + b - y) ** 2) / 0.01
        assert sheet[f"I{row}"] == pytest.approx(slope, rel=1e-9)


def test_what_does_learn_do_and_how_large_may_it_be(sheet: Cells, answer: Callable[[str], str]) -> None:
    assert "the learning rate" in answer("So the slope is multiplied by a small number, learn")
    words = answer("^Here learn is 0.0001")
    limit = 1 / (max(X) ** 2 + 1)
    assert limit * 0.9 < number(words, r"below ([\d.]+),") <= limit
    assert sheet["J75"] == pytest.approx(float(str(sheet["D75"])) - 0.0001 * float(str(sheet["I75"])))


def test_what_happens_with_learn_0_001(sheet: Cells, tmp_path: Path) -> None:
    """The first step is ten times as long, and the tab Live shows b nearly arrived after the same epochs."""
    book = openpyxl.load_workbook(new("descent", tmp_path / "fast.xlsx", learn=0.001), data_only=True)
    row, live = book["Descent"], book["Live"]
    m, b = epochs(1000, learn=0.001)
    assert [live["H4"].value, live["H5"].value, live["K3"].value] == pytest.approx(
        [m, b, rmse(m, b)], rel=1e-6
    )
    assert row["J75"].value - 1 == pytest.approx(10 * (epochs_of_first_row() - 1))
    assert abs(live["H5"].value - 30) < 0.1 * abs(float(str(sheet["Live!H5"])) - 30)


def epochs_of_first_row(learn: float = 0.0001) -> float:
    """new_m of the first row, from 1 and 1."""
    x, y = POINTS[0]
    return 1 - learn * (((1 + 0.01) * x + 1 - y) ** 2 - (x + 1 - y) ** 2) / 0.01


def test_what_is_an_epoch(sheet: Cells, answer: Callable[[str], str]) -> None:
    assert "20 points, 20 steps. That is one epoch" in answer("The first row starts from the guess")
    assert [sheet["D75"], sheet["E75"]] == [sheet["D4"], sheet["D5"]]
    assert [sheet[f"{column}76"] for column in "DE"] == [sheet["J75"], sheet["M75"]]


def test_what_happened_in_these_epochs(sheet: Cells, answer: Callable[[str], str]) -> None:
    """The log has a row for each, and the sentence beside the chart tells the fall and where to look."""
    for row, count in ((7, 0), (8, 1), (12, 5)):
        m, b = epochs(count)
        assert sheet[f"O{row}"] == count
        assert [sheet[f"{column}{row}"] for column in "PQR"] == pytest.approx([m, b, rmse(m, b)], rel=1e-9)
    words = answer("^The log begins with rmse")
    assert number(words, r"begins with rmse ([\d.]+),") == pytest.approx(rmse(1, 1), rel=1e-3)
    assert number(words, r"first epoch led to ([\d.]+)\.") == pytest.approx(rmse(*epochs(1)), rel=1e-3)
    assert "most of the fall came at once" in words and "part 2 for the reason" in words


def test_where_does_it_end(sheet: Cells) -> None:
    """The tab Live, at 1,000 epochs."""
    m, b = epochs(1000)
    assert [sheet["Live!H4"], sheet["Live!H5"], sheet["Live!K3"]] == pytest.approx(
        [m, b, rmse(m, b)], rel=1e-8
    )
