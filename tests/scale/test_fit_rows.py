"""fit over rows beyond the sheet: the same as with these rows on it, whatever files they come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from data_files import Vector, csv, line_rows, parquet, parts
from openpyxl.worksheet.table import Table, TableColumn

import sheetgd
from conftest import CommandLine
from fit_sheets import line
from sheetgd.errors import UsageError
from sheetgd.scale.files import make_tasks
from sheetgd.scale.model import RowsModel
from sheetgd.scale.rows import Rows, Source

ROWS = 10_000


@pytest.fixture(scope="module")
def rows() -> dict[str, Vector]:
    return line_rows(ROWS)


@pytest.fixture(scope="module")
def on_it(rows: dict[str, Vector], tmp_path_factory: pytest.TempPathFactory) -> sheetgd.Fit:
    """The fit of the sheet of `line` with all rows on it."""
    last = 5 + len(rows["x"])
    changes: dict[str, Any] = {"B3": f"=SUMPRODUCT((A6:A{last}*B1+B2-B6:B{last})^2)/COUNT(A6:A{last})"}
    for row, (x, y) in enumerate(zip(rows["x"].tolist(), rows["y"].tolist(), strict=True), 6):
        changes |= {f"A{row}": x, f"B{row}": y}
    return fitted(line(tmp_path_factory.mktemp("pasted") / "pasted.xlsx", changes))


def fitted(path: Path, **options: Any) -> sheetgd.Fit:
    with sheetgd.open_book(path) as book:
        return sheetgd.fit(book, minimize="B3", change="B1:B2", optimizer="bfgs", **options)


def values(found: sheetgd.Fit) -> list[float | None]:
    return [change.after for change in found.history.parameters.values()]


@pytest.mark.parametrize("kind", ["parquet", "csv", "parts", "commas"])
def test_a_fit_is_that_of_the_same_rows_on_the_sheet(
    kind: str, rows: dict[str, Vector], on_it: sheetgd.Fit, tmp_path: Path
) -> None:
    files = {
        "parquet": lambda: str(parquet(tmp_path / "data.parquet", rows, 3000)),
        "csv": lambda: str(csv(tmp_path / "data.csv", rows)),
        "parts": lambda: parts(tmp_path, rows, [1, 4000, 2500, 3499]),
        "commas": lambda: str(csv(tmp_path / "data.csv", rows, ";", ",")),
    }[kind]()
    over = fitted(
        line(tmp_path / "line.xlsx", {"B1": 1, "B3": "=SUMPRODUCT((A6:A8*B1+B2-B6:B8)^2)/COUNT(A6:A8)"}),
        rows=files,
    )
    least = np.linalg.lstsq(np.stack([rows["x"], np.ones(ROWS)], 1), rows["y"])[0]
    assert values(over) == pytest.approx(values(on_it), rel=1e-7)  # both end where the loss no longer falls
    assert values(over) == pytest.approx(least.tolist(), rel=1e-7)
    assert over.history.loss and on_it.history.loss
    assert over.history.loss.before == pytest.approx(on_it.history.loss.before, rel=1e-12)
    assert over.history.loss.after == pytest.approx(on_it.history.loss.after, rel=1e-12)
    assert over.gradient == "exact" and f"{ROWS:,} rows of " in over.rows


def test_rows_may_have_weights(rows: dict[str, Vector], tmp_path: Path) -> None:
    weights = np.random.default_rng(3).uniform(0.1, 2.0, ROWS)
    parquet(tmp_path / "data.parquet", {**rows, "w": weights})
    cells = {"C5": "w", "C6": 1, "C7": 2, "C8": 0.5}
    loss = "=SUMPRODUCT(C6:C8,(A6:A8*B1+B2-B6:B8)^2)/SUM(C6:C8)"
    found = fitted(line(tmp_path / "line.xlsx", {**cells, "B3": loss}), rows=str(tmp_path / "data.parquet"))
    columns = np.stack([rows["x"], np.ones(ROWS)], 1) * np.sqrt(weights)[:, None]
    assert values(found) == pytest.approx(
        np.linalg.lstsq(columns, rows["y"] * np.sqrt(weights))[0].tolist(), rel=1e-7
    )


@pytest.mark.parametrize(
    "loss", ["=SUM(points[square])/COUNT(points[x])", "=SUMXMY2(points[y],points[line])"]
)
def test_a_table_with_titles_and_totals_is_a_pattern(
    loss: str, rows: dict[str, Vector], on_it: sheetgd.Fit, tmp_path: Path
) -> None:
    path = line(tmp_path / "line.xlsx", {"B1": 1, "B3": loss})
    book = openpyxl.load_workbook(path)
    sheet = book["Lesson"]
    titles = ("x", "y", "line", "square")
    sheet["C5"], sheet["D5"], sheet["D9"] = "line", "square", "=SUM(points[square])"
    for row in (6, 7, 8):
        sheet[f"C{row}"] = "=$B$1*points[[#This Row],[x]]+$B$2"
        sheet[f"D{row}"] = "=(points[[#This Row],[line]]-points[[#This Row],[y]])^2"
    table = Table(displayName="points", ref="A5:D9", totalsRowCount=1)
    table.tableColumns = [TableColumn(id=number, name=title) for number, title in enumerate(titles, 1)]
    sheet.add_table(table)
    book.save(path)
    over = fitted(path, rows=str(parquet(tmp_path / "data.parquet", rows)))
    assert values(over) == pytest.approx(values(on_it), rel=1e-7)


def test_the_sheet_keeps_its_rows_and_notes_what_data_it_was(
    rows: dict[str, Vector], tmp_path: Path, sheetgd: CommandLine
) -> None:
    parquet(tmp_path / "data.parquet", {"inches": rows["x"], "y": rows["y"]})
    path = line(
        tmp_path / "line.xlsx",
        {"B3": "=SUMXMY2(C6:C8,B6:B8)/COUNT(B6:B8)", "C5": "y_pred"}
        | {f"C{row}": f"=A{row}*$B$1+$B$2" for row in (6, 7, 8)},
    )
    words = (
        "fit",
        "line.xlsx",
        "--minimize",
        "B3",
        "--change",
        "B1:B2",
        "--rows",
        "data.parquet",
        "--map",
        "x=inches",
    )
    done = sheetgd(*words, "--log", "F1")
    assert done.code == 0, done.err
    assert "Over 10,000 rows of data.parquet (x = inches, y = y); noted in Lesson!" in done.out
    sheet = openpyxl.load_workbook(path, data_only=True).active
    assert sheet is not None
    assert [sheet[f"A{row}"].value for row in (6, 7, 8)] == [1, 2, 3]
    m, b = (float(sheet[cell].value) for cell in ("B1", "B2"))
    assert (m, b) == pytest.approx((2.0, 30.0), rel=0.05)
    sample = sum((m * x + b - y) ** 2 for x, y in ((1, 5), (2, 6), (3, 10))) / 3
    assert sheet["B3"].value == pytest.approx(sample, rel=1e-9)
    noted = {
        cell.value: cell.offset(0, 1).value
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    }
    assert noted["rows beyond this sheet"] == "10,000 rows of data.parquet (x = inches, y = y)"
    loss = np.mean((m * rows["x"] + b - rows["y"]) ** 2)
    assert noted["loss over these rows"] == pytest.approx(loss, rel=1e-12)
    again = sheetgd(*words)
    assert again.code == 0, again.err
    assert (
        sum(
            cell.value == "rows beyond this sheet"
            for row in openpyxl.load_workbook(path).active.iter_rows()  # type: ignore[union-attr]
            for cell in row
        )
        == 1
    )


def test_a_fit_does_not_depend_on_the_files(rows: dict[str, Vector], tmp_path: Path) -> None:
    parquet(tmp_path / "data.parquet", rows, 777)
    ends = []
    for files in (str(tmp_path / "data.parquet"), parts(tmp_path, rows, [8000, 1, 1, 500, 1498])):
        found = fitted(line(tmp_path / "line.xlsx"), rows=files)
        ends.append((values(found), found.history.loss, found.losses))
    assert ends[0] == ends[1]


def test_sums_and_slopes_do_not_depend_on_the_partitions(tmp_path: Path) -> None:
    rows = line_rows(100_000)
    parquet(tmp_path / "data.parquet", rows, 777)
    found = []
    with (
        sheetgd.open_book(line(tmp_path / "line.xlsx")) as book,
        Rows(
            book,
            Source(str(tmp_path / "data.parquet"), {}, None),
            [("Lesson", (3, 2))],
            [("Lesson", (1, 2)), ("Lesson", (2, 2))],
        ) as opened,
    ):
        for size in (1, 50_000, 1 << 22):
            model = RowsModel(opened.pattern, make_tasks(opened.files, size), 100_000, _Here())
            [shown] = model.shown([(3.0, -4.0)], opened.pattern.wanted, True)
            [key] = opened.pattern.wanted
            found.append([shown.values[key], *shown.slopes[key]])
    rest = 3.0 * rows["x"] - 4.0 - rows["y"]
    exact = [np.sum(rest**2) / 3, 2 * np.sum(rest * rows["x"]) / 3, 2 * np.sum(rest) / 3]
    for one in found:
        assert one == found[0]
        assert one == pytest.approx(exact, rel=1e-12)


class _Here:
    """Workers that are this process."""

    def each(self, do: Any, items: Any, shared: Any) -> list[Any]:
        return [do(item, shared) for item in items]


def test_differences_are_not_for_rows(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        fitted(line(tmp_path / "line.xlsx"), rows="data.parquet", step=0.1)
    assert str(caught.value) == (
        "line.xlsx: a difference or a step was given, and rows beyond the sheet have exact gradients; "
        "leave --difference and --step out."
    )
