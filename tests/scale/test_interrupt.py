"""Ctrl-C, given to the command as a terminal gives it: what is whole by then is kept."""

from __future__ import annotations

import os
import signal
from math import atan
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import openpyxl
import pytest
from data_files import Vector, line_rows, parquet
from terminal import disturbed

import sheetgd
from fit_sheets import line
from small_lesson import draw

if os.name == "nt":
    pytest.skip("there are no pseudo-terminals on Windows", allow_module_level=True)

ROWS = 1_000_000  # so many that no run below ends by itself within seconds
LEARN = 1e-8


@pytest.fixture(scope="module")
def rows() -> dict[str, Vector]:
    return line_rows(ROWS)


@pytest.fixture(scope="module")
def data(rows: dict[str, Vector], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return parquet(tmp_path_factory.mktemp("rows") / "data.parquet", rows)


def interrupted(folder: Path, *words: object, percent: int = 0) -> tuple[int, str]:
    """The exit code of the command, stopped by Ctrl-C once its bar shows so much, and all that it showed."""
    return disturbed(
        folder, *words, percent=percent, disturb=lambda process: os.killpg(process.pid, signal.SIGINT)
    )


def walk(rows: dict[str, Vector], start: tuple[float, float], bent: bool) -> tuple[float, float]:
    """An epoch of the small lesson from m and b, in plain Python."""
    m, b = start
    for x, y in zip(rows["x"].tolist(), rows["y"].tolist(), strict=True):
        rest = m * x + b - y
        slope = 2 * x * rest + 0.01 * x * x
        m, b = m - LEARN * (atan(slope) if bent else slope), b - LEARN * (2 * rest + 0.01)
    return m, b


def walk_often(rows: dict[str, Vector], times: int) -> tuple[float, float]:
    """The rows again and again, from m = b = 1: walked three times, for what they do is affine."""
    origin, *ends = (np.array(walk(rows, start, False)) for start in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
    now = np.ones(2)
    for _ in range(times):
        now = origin + now[0] * (ends[0] - origin) + now[1] * (ends[1] - origin)
    return float(now[0]), float(now[1])


@pytest.mark.parametrize("bent", [False, True], ids=["at once", "one by one"])
def test_a_run_keeps_its_whole_epochs(
    bent: bool, data: Path, rows: dict[str, Vector], tmp_path: Path
) -> None:
    changes: dict[str, Any] = {f"I{row}": f"=C{row}-$B$1*ATAN(H{row})" for row in (9, 10, 11)} if bent else {}
    path = tmp_path / "lesson.xlsx"
    times = 1 if bent else 48  # the bar is seen after a second, when much must be left
    for part in range(times):
        os.link(data, tmp_path / f"part-{part}.parquet")
    words = ("run", path.name, "--rows", "part-*.parquet", "--epochs", 40 if bent else 500)
    for _ in range(5):  # a slow machine may look at the bar when all rows have been walked already
        draw(path, {"B1": LEARN, **changes})
        code, shown = interrupted(tmp_path, *words, percent=7)
        if "nothing was written" not in shown:
            break
    assert code == 0, shown
    sheet: Any = openpyxl.load_workbook(path, data_only=True)["Lesson"]
    done = max(cell.value for cell in sheet["N"][8:] if cell.value is not None)
    assert 1 <= done < 40 if bent else done == 1
    kept = "the first epoch is" if done == 1 else f"the first {done} epochs are"
    assert f"stopped by Ctrl-C: {kept} kept" in " ".join(shown.split())
    found = sheet["B3"].value, sheet["B4"].value
    expected = (1.0, 1.0)
    for _ in range(done if bent else 0):
        expected = walk(rows, expected, True)
    assert found == pytest.approx(expected if bent else walk_often(rows, times), rel=1e-9)


def test_a_run_that_diverged_is_kept_though_the_search_for_another_learn_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    rows, found = str(parquet(tmp_path / "few.parquet", line_rows(100))), []
    for _ in range(2):
        with sheetgd.open_book(draw(tmp_path / "lesson.xlsx", {"B1": 0.1})) as book:
            found.append(sheetgd.run(book, epochs=30, rows=rows))
        monkeypatch.setattr("sheetgd.epochs.learning_rate._works", stop)
    whole, stopped = found
    assert whole.log == stopped.log and whole.parameters == stopped.parameters
    assert stopped.diverged and whole.diverged and stopped.diverged.found == whole.diverged.found
    assert stopped.diverged.todo == "try a smaller learn; Ctrl-C ended the search for one that works"


def test_a_fit_keeps_the_best_so_far(data: Path, rows: dict[str, Vector], tmp_path: Path) -> None:
    path = line(tmp_path / "line.xlsx")
    words = ("--minimize", "B3", "--change", "B1:B2", "--optimizer", "sgd", "--epochs", 100_000)
    code, shown = interrupted(tmp_path, "fit", path.name, "--rows", data, *words)
    assert code == 0, shown
    assert "Stopped: Ctrl-C" in shown
    sheet: Any = openpyxl.load_workbook(path, data_only=True).active
    m, b = sheet["B1"].value, sheet["B2"].value
    kept = np.sum((m * rows["x"] + b - rows["y"]) ** 2)
    assert (m, b) != (0, 0) and kept < np.sum(rows["y"] ** 2)
