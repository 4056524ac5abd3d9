"""run over rows beyond the sheet: the epochs that the same rows on the sheet give, in every lesson with a table."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from data_files import Vector, csv, line_rows, parquet, parts

import sheetgd
from conftest import CommandLine
from sheetgd.errors import Diverged
from sheetgd.grid.a1 import Area
from sheetgd.scale.files import make_tasks
from sheetgd.scale.rows import Rows, Source, held_rows
from sheetgd.scale.stepping import Evaluation
from small_lesson import Cells, draw, row_formulas

FEW = 60  # rows: all lessons were compared at 2,000 by hand (docs/scale.md), which takes minutes
LESSONS: list[tuple[str, str, dict[str, str], float]] = [
    ("descent", "Descent", {"raw x": "x"}, 1e-4),
    ("belts", "Belts", {}, 1e-3),
    ("penguins", "Penguins", {"raw x": "x", "raw y": "y"}, 0.1),
    ("logistic", "Logistic", {"raw x": "x"}, 0.5),
    ("logistic", "By points", {"raw x": "x"}, 0.01),
    ("optimizers", "Plain", {}, 1e-4),
    ("optimizers", "Momentum", {}, 1e-4),
    ("optimizers", "RMSprop", {}, 1e-2),
    ("optimizers", "Adam", {}, 1e-2),
]
WALKED = {"By points", "RMSprop", "Adam"}


def lesson_rows(lesson: str) -> dict[str, Vector]:
    rows = line_rows(FEW)
    if lesson == "logistic":
        rows["y"] = (rows["x"] + np.random.default_rng(5).normal(size=FEW) > 5.0).astype(float)
    return rows


def epochs(path: Path, sheet: str, count: int, learn: float, **options: Any) -> sheetgd.History:
    with sheetgd.open_book(path) as book:
        return sheetgd.run(book, sheet, epochs=count, learn=learn, write=False, **options)


def same(one: sheetgd.History, other: sheetgd.History, within: float = 1e-9) -> None:
    """Two runs went through the same parameters and losses."""
    assert one.loss and other.loss and len(one.log) == len(other.log)
    assert one.loss.before == pytest.approx(other.loss.before, rel=1e-12)
    for here, there in zip(one.log, other.log, strict=True):
        assert here == pytest.approx(there, rel=within)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Path, Path]]:
    """A lesson with all rows on its sheet, the same with the first 20, and the file of all rows."""

    @cache
    def made(lesson: str) -> tuple[Path, Path, Path]:
        folder = tmp_path_factory.mktemp(lesson)
        rows = lesson_rows(lesson)
        data = csv(folder / "data.csv", rows)
        few = csv(folder / "few.csv", {name: cells[:20] for name, cells in rows.items()})
        whole, sample = (
            sheetgd.new(lesson, folder / f"{one.stem}.xlsx", data=one, without_teacher=True)
            for one in (data, few)
        )
        return whole, sample, data

    return made


@pytest.mark.parametrize(("lesson", "tab", "columns", "learn"), LESSONS)
def test_a_lesson_runs_as_with_the_rows_on_its_sheet(
    lesson: str,
    tab: str,
    columns: dict[str, str],
    learn: float,
    drawn: Callable[[str], tuple[Path, Path, Path]],
) -> None:
    whole, sample, data = drawn(lesson)
    over = epochs(sample, tab, 4, learn, rows=str(data), columns=columns)
    same(over, epochs(whole, tab, 4, learn))
    assert any("walked one by one" in note for note in over.warnings) == (tab in WALKED)


def test_the_published_sheet_runs_as_on_its_own_rows(tmp_path: Path) -> None:
    """Its loss adds up errors along the way, by m and b as they were in each row; it takes no other data."""
    path = Path(sheetgd.new("original", tmp_path / "original.xlsx", without_teacher=True))
    sheet: Any = openpyxl.load_workbook(path)["Original"]
    own = {
        name: np.array([float(cell.value) for cell in sheet[column][74:94]])
        for name, column in (("x", "B"), ("y", "C"))
    }
    data = csv(tmp_path / "data.csv", own)
    on_it = epochs(path, "Original", 4, 1e-4)
    same(epochs(path, "Original", 4, 1e-4, rows=str(data)), on_it)


def pasted(path: Path, rows: dict[str, Vector]) -> Path:
    """The small lesson with all rows on it."""
    last = 8 + len(rows["x"])
    cells: Cells = {"B5": f"=SQRT(SUMPRODUCT((A9:A{last}*B3+B4-B9:B{last})^2)/COUNT(A9:A{last}))"}
    for row, (x, y) in enumerate(zip(rows["x"].tolist(), rows["y"].tolist(), strict=True), 9):
        cells |= {f"A{row}": x, f"B{row}": y, **row_formulas(row)}
    return draw(path, cells)


def test_ten_thousand_rows_run_as_on_the_sheet(tmp_path: Path) -> None:
    rows = line_rows(10_000)
    on_it = epochs(pasted(tmp_path / "pasted.xlsx", rows), "Lesson", 2, 1e-5)
    over = epochs(
        draw(tmp_path / "lesson.xlsx"), "Lesson", 2, 1e-5, rows=parts(tmp_path, rows, [9000, 1, 999])
    )
    same(over, on_it)


def test_maps_do_not_depend_on_the_partitions(tmp_path: Path) -> None:
    """A line's steps, walked here in plain Python as the lesson's words have them, from task to task."""
    rows, learn, h = line_rows(100_000), 1e-6, 0.01
    parquet(tmp_path / "data.parquet", rows, 1000)
    m, b = 1.0, 1.0
    for x, y in zip(rows["x"].tolist(), rows["y"].tolist(), strict=True):
        rest = m * x + b - y
        m, b = m - learn * (2 * x * rest + h * x * x), b - learn * (2 * rest + h)
    source = Source(str(tmp_path / "data.parquet"), {}, None)
    wanted = [("Lesson", (11, 9)), ("Lesson", (11, 12))]
    starts = [("Lesson", (3, 2)), ("Lesson", (4, 2)), ("Lesson", (1, 2))]
    with (
        sheetgd.open_book(draw(tmp_path / "lesson.xlsx")) as book,
        Rows(book, source, wanted, starts, ("Lesson", Area(9, 1, 11, 12))) as opened,
    ):
        sample = (held_rows(book, opened.pattern),)
        for size in (1, 50_000, 1 << 22):
            tasks = make_tasks(opened.files, size)
            found = Evaluation(opened.pattern, tasks, 100_000, _Here(), sample).at([1.0, 1.0, learn])  # type: ignore[arg-type]
            assert found == pytest.approx([m, b], rel=1e-9)


class _Here:
    """Workers that are this process."""

    def each(self, do: Any, items: Any, shared: Any, small: bool = False) -> list[Any]:
        return [do(item, shared) for item in items]


def test_many_epochs_take_few_passes(tmp_path: Path) -> None:
    rows = lesson_rows("belts")
    data = csv(tmp_path / "data.csv", rows)
    sample = Path(sheetgd.new("belts", tmp_path / "belts.xlsx", without_teacher=True))
    found = epochs(sample, "Belts", 500, 1e-3, rows=str(data), columns={"x (inches)": "x", "y (cm)": "y"})
    slope, multiplier = 2 * 1e-3, 0.0
    x, y = rows["x"], rows["y"]
    for _ in range(500):
        multiplier -= slope * float(np.mean(x * (multiplier * x - y)))
    assert found.parameters["multiplier"].after == pytest.approx(multiplier, rel=1e-9)
    assert len(found.log) == 500


def test_a_run_is_written_with_its_log_and_a_note(tmp_path: Path, sheetgd: CommandLine) -> None:
    rows = line_rows(1000)
    parquet(tmp_path / "data.parquet", {"bill": rows["x"], "mass": rows["y"]})
    path = draw(tmp_path / "lesson.xlsx")
    words = ("run", "lesson.xlsx", "--rows", "data.parquet", "--map", "x=bill", "--map", "y=mass")
    done = sheetgd(*words, "--epochs", 2)
    assert done.code == 0, done.err
    assert (
        "Note: these epochs are over 1,000 rows of data.parquet (x = bill, y = mass); noted in Lesson!"
        in done.err
    )
    sheet: Any = openpyxl.load_workbook(path, data_only=True)["Lesson"]
    assert [sheet[f"A{row}"].value for row in (9, 10, 11)] == [7, 9, 28]
    m, b = sheet["B3"].value, sheet["B4"].value
    loss = np.sqrt(np.mean((m * rows["x"] + b - rows["y"]) ** 2))
    logged = [sheet[f"{letter}11"].value for letter in "NOPQ"]
    assert logged == pytest.approx([2, m, b, loss], rel=1e-9)
    noted = {
        cell.value: cell.offset(0, 1).value
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    }
    assert noted["rows beyond this sheet"] == "1,000 rows of data.parquet (x = bill, y = mass)"
    assert noted["rmse over these rows"] == pytest.approx(loss, rel=1e-9)


def test_a_learn_that_is_too_large_is_stopped_and_another_named(tmp_path: Path) -> None:
    data = csv(tmp_path / "data.csv", line_rows(1000))
    found = epochs(draw(tmp_path / "lesson.xlsx"), "Lesson", 30, 0.1, rows=str(data))
    assert isinstance(found.diverged, Diverged)
    assert "try learn " in found.diverged.todo
    slower = float(found.diverged.todo.split("try learn ")[1].split(",")[0])
    assert epochs(draw(tmp_path / "again.xlsx"), "Lesson", 30, slower, rows=str(data)).diverged is None
