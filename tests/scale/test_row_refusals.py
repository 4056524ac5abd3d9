"""What cannot be done for rows beyond a sheet is refused by its cell, file or option, in words."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from data_files import csv, line_rows, parquet

import sheetgd
from conftest import CommandLine
from sheetgd.errors import SheetgdError
from small_lesson import draw


def refusal(path: Path, rows: str, **options: Any) -> str:
    with sheetgd.open_book(path) as book, pytest.raises(SheetgdError) as caught:
        sheetgd.run(book, options.pop("sheet", None), rows=rows, write=False, **options)
    return str(caught.value)


@pytest.fixture
def data(tmp_path: Path) -> str:
    return str(csv(tmp_path / "data.csv", line_rows(50)))


def fill(column: str, formula: str) -> dict[str, str]:
    """A formula in each of the lesson's three rows."""
    return {f"{column}{row}": "=" + formula.format(row, above=row - 1) for row in (9, 10, 11)}


OWN = "or run it on the sheet's own rows, without --rows"
SHEETS = {
    "median": (
        {"B5": "=MEDIAN(F9:F11)"},
        "Lesson!B5: MEDIAN of a whole column cannot be put together from partitions of rows; use SUM, AVERAGE, COUNT, "
        f"MIN, MAX, SUMSQ, SUMPRODUCT, SUMXMY2, VAR and STDEV there, {OWN}.",
    ),
    "one row": (
        {"B5": "=F10"},
        f"Lesson!B5: F10 reads a single row of the table; read whole columns there, {OWN}.",
    ),
    "two rows": (
        fill("E", "C{0}*A{0}+D{0}+SUM(A{0}:A{0})*0+SUM(A{0}:B{0})*0+AVERAGE(A{above}:A{0})*0"),
        "Lesson!E9: A8:A9 reads other rows of the table; read a row alone, " + OWN + ".",
    ),
    "growing": (
        fill("E", "C{0}*A{0}+D{0}+0*SUM(A$9:A{0})"),
        "Lesson!E9: A$9:A9 reads other rows of the table; read a row alone, " + OWN + ".",
    ),
    "affine on the sheet alone": (
        fill("E", "C{0}*ROUND(A{0},2)+D{0}"),  # where x is whole
        "Lesson!I9: a step from row to row of this kind cannot be computed for rows beyond the sheet; write the "
        f"formula in another way, {OWN}.",
    ),
    "function": (
        fill("E", "C{0}*A{0}+D{0}+0*GAMMA(A{0})"),
        "Lesson!E9: GAMMA cannot be computed for rows beyond the sheet; write the formula in another way, "
        + OWN
        + ".",
    ),
}


@pytest.mark.parametrize("name", SHEETS)
def test_formulas_without_a_meaning_for_further_rows(name: str, data: str, tmp_path: Path) -> None:
    changes, words = SHEETS[name]
    assert refusal(draw(tmp_path / "lesson.xlsx", changes), data) == f"lesson.xlsx, {words}"


LESSONS = {
    "network": "Network!AP7: =1 is another formula than that of the row below; fill one formula down the whole "
    "column, where only what comes from the row above may differ, " + OWN + ".",
    "minima": "Minima!E17: it reads no column of numbers of a table; type the table's x and y as numbers.",
    "weight": "Weight!B35: the table has a single row, so there is no pattern for further rows; give it a few rows, "
    "whose formulas say what goes on from row to row.",
    "weights": "Weights!B44: the table has a single row, so there is no pattern for further rows; give it a few rows, "
    "whose formulas say what goes on from row to row.",
    "batches": "Batch!D18: =1 is another formula than that of the row below; fill one formula down the whole "
    "column, where only what comes from the row above may differ, " + OWN + ".",
}


@pytest.mark.parametrize("lesson", LESSONS)
def test_lessons_whose_table_is_no_pattern(lesson: str, data: str, tmp_path: Path) -> None:
    path = Path(sheetgd.new(lesson, tmp_path / "lesson.xlsx", without_teacher=True))
    sheet = LESSONS[lesson].partition("!")[0]
    assert refusal(path, data, sheet=sheet) == f"lesson.xlsx, {LESSONS[lesson]}"


def test_a_table_of_values_is_no_pattern(data: str, tmp_path: Path) -> None:
    assert refusal(draw(tmp_path / "lesson.xlsx", formulas=False), data) == (
        "lesson.xlsx, Lesson!A9: its rows give no pattern for further ones: the table holds values, not formulas; "
        "write the table's formulas, or run it without --rows."
    )


# -- files -----------------------------------------------------------------------------------------------------------
def columns(**changes: Any) -> dict[str, Any]:
    rows: dict[str, Any] = {name: cells.copy() for name, cells in line_rows(50).items()}
    return rows | changes


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    rows = columns()
    path = parquet(tmp_path / "data.parquet", {"bill": rows["x"], "y": rows["y"]})
    assert refusal(draw(tmp_path / "lesson.xlsx"), str(path)) == (
        f'{path}: there is no column x; its columns are bill, y; say which is meant, such as --map "x=bill".'
    )
    assert refusal(draw(tmp_path / "lesson.xlsx"), str(path), columns={"z": "bill"}) == (
        "lesson.xlsx: --map names z, which is not a column of numbers that the table is computed from; its columns are "
        "x, y."
    )
    assert refusal(draw(tmp_path / "lesson.xlsx"), str(path), columns={"x": "beak"}) == (
        f"{path}: there is no column beak for the sheet's x; its columns are bill, y; say which is meant, such as "
        '--map "x=bill".'
    )


def test_another_type_in_the_37th_file(tmp_path: Path) -> None:
    for number in range(1, 41):
        rows = columns(y=["cheap"] * 50) if number == 37 else columns()
        parquet(tmp_path / f"part-{number}.parquet", rows)
    assert refusal(draw(tmp_path / "lesson.xlsx"), str(tmp_path / "part-*.parquet")) == (
        f"{tmp_path / 'part-37.parquet'}: its column y holds text, and the sheet's y holds numbers; write it as "
        "numbers, or leave this file out."
    )


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize(
    ("value", "what"),
    [(np.nan, "is empty, or not a number (NaN)"), (np.inf, "is infinite")],
    ids=["nan", "infinity"],
)
def test_a_row_that_is_no_number_is_named(kind: str, value: float, what: str, tmp_path: Path) -> None:
    rows = columns()
    write = csv if kind == "csv" else partial(parquet, group=10)
    write(tmp_path / f"part-1.{kind}", rows)
    rows["y"][33] = value
    path = write(tmp_path / f"part-2.{kind}", rows)
    found = refusal(draw(tmp_path / "lesson.xlsx"), str(tmp_path / f"part-*.{kind}"))
    assert found == f"{path}: y in row 34 {what}; fix it there, or leave the row out."


def test_a_cell_of_csv_that_is_text_or_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    lesson = draw(tmp_path / "lesson.xlsx")
    path.write_text("x,y\n1,2\n2,three\n", encoding="utf-8")
    assert (
        refusal(lesson, str(path))
        == f'{path}: y in row 2 is "three", not a number; fix it there, or leave the row out.'
    )
    path.write_text("x,y\n1,2\n2\n", encoding="utf-8")
    assert refusal(lesson, str(path)) == f"{path}: row 2 has 1 cells, and there are 2 headings; fix it there."
    path.write_text("x,y\n", encoding="utf-8")
    assert refusal(lesson, str(path)) == f"{path}: it has no rows; leave it out."


def test_whole_numbers_that_no_sheet_can_hold(tmp_path: Path) -> None:
    path = parquet(tmp_path / "data.parquet", columns(y=pa.array([2**53 + 1] * 50)))
    assert refusal(draw(tmp_path / "lesson.xlsx"), str(path)).startswith(
        f"{path}: its rows from 1 on cannot be read (Integer value 9007199254740993 not in range"
    )


def test_files_that_are_not_there_or_no_rows(tmp_path: Path) -> None:
    lesson = draw(tmp_path / "lesson.xlsx")
    assert refusal(lesson, str(tmp_path / "no.parquet")) == (
        f"{tmp_path / 'no.parquet'}: no file has such a name; check the name after --rows."
    )
    assert refusal(lesson, str(tmp_path)) == (
        f'lesson.xlsx: {tmp_path} is a folder; name the files in it: --rows "{tmp_path / "*.parquet"}".'
    )
    assert refusal(lesson, str(lesson)) == (
        f"{lesson}: it is neither Parquet nor CSV; save the rows as Parquet, or as CSV in UTF-8."
    )


def test_options_without_rows_are_refused(tmp_path: Path, sheetgd: CommandLine) -> None:
    draw(tmp_path / "lesson.xlsx")
    for option, value in (("--map", "x=bill"), ("--on", "tcp://127.0.0.1:8786")):
        done = sheetgd("run", "lesson.xlsx", option, value)
        assert done.code == 2
        assert done.err.endswith(
            f"{option} was given without rows; add --rows data.parquet, or leave it out.\n"
        )


def test_without_the_extra_it_is_said_how_to_install_it(
    data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sheetgd.scale.workers.find_spec", lambda name: None if name == "distributed" else name
    )
    assert refusal(draw(tmp_path / "lesson.xlsx"), data) == (
        "lesson.xlsx: rows beyond a sheet need distributed, which is not installed; install it with: "
        'pip install "sheetgd[scale]".'
    )
