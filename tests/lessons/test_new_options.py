"""What `sheetgd new` is asked for: the options of every lesson, chosen rows, and data of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import CommandLine
from office import Office, read_stored
from sheetgd.lessons import LESSONS, sample_points, takes
from sheetgd.lessons import points as data
from sheetgd.lessons.create import new


def test_lessons_lists_them(sheetgd: CommandLine) -> None:
    lines = sheetgd("lessons").out.splitlines()
    assert [line.split()[0] for line in lines] == list(LESSONS)
    assert all(len(line) < 100 for line in lines)
    assert lines[2] == "weight      one weight, one point: the slope as a product of three factors"


@pytest.mark.parametrize("name", list(LESSONS))
def test_every_option_that_a_lesson_takes_is_used(sheetgd: CommandLine, name: str) -> None:
    given = {"m": 1.25, "b": -3.5, "learn": 0.0002, "epochs": 7, "title": "=Our own lesson"}
    taken = {option: value for option, value in given.items() if option in takes(name)}
    words = [word for option, value in taken.items() for word in (f"--{option}", value)]
    ended = sheetgd("new", name, "-o", "ours.xlsx", *words)
    assert ended.code == 0, ended.err
    cells = read_stored(sheetgd.folder / "ours.xlsx")
    first = next(iter(cells.values()))
    assert first["B1"] == "=Our own lesson"
    assert 7 in (first.get("H3"), first.get("H4"))
    if "learn" in taken:
        assert first["H3"] == 0.0002
    if "m" in taken:
        assert 1.25 in (first["C4"], first.get("D4"))
    if "b" in taken:
        assert -3.5 in (first["C5"], first.get("D5"))


SAMPLED = ["descent", "belts", "penguins", "optimizers", "batches", "logistic"]


@pytest.mark.parametrize(
    ("name", "rows"),
    # Of two points of a class each the slope of b is 0, and the sign of its rounding is every program's own.
    [(name, rows) for name in SAMPLED for rows in (3 if name == "logistic" else 2, 30)],
)
def test_any_number_of_rows_makes_a_lesson_that_runs(
    sheetgd: CommandLine, office: Office, name: str, rows: int
) -> None:
    ended = sheetgd("new", name, "-o", "one.xlsx", "--rows", rows, "--seed", 5)
    assert ended.code == 0, ended.err
    ended = sheetgd("run", "one.xlsx", "--all", "--epochs", 3)
    assert ended.code == 0, ended.err
    office.assert_stored_equals_recalculated(sheetgd.folder / "one.xlsx")


@pytest.mark.parametrize("name", SAMPLED)
def test_the_same_seed_makes_the_same_points(tmp_path: Path, name: str) -> None:
    one, two = (read_stored(new(name, tmp_path / f"{n}.xlsx", rows=12, seed=5)) for n in (1, 2))
    assert one == two
    points = sample_points(name, 12, 5)
    assert len(points.x) == 12 and points != sample_points(name, 12, 6)
    typed = next(iter(one.values())).values()
    assert all(x in typed for x in points.x)


HOUSES = "area;price;rooms\n52,5;181;2\n61;199,5;2\n70,25;240;3\n\n88;270;4\n"


@pytest.mark.parametrize("name", [name for name in LESSONS if "data" in takes(name)])
def test_two_points_are_never_in_one_place(name: str) -> None:
    """Else there were no line through them, and no deviation to divide by."""
    for seed in range(400):
        points = sample_points(name, 2, seed)
        assert len(set(points.x)) == len(set(points.y)) == 2, seed


def test_a_sample_of_own_data_differs_where_the_data_do(tmp_path: Path) -> None:
    rows = [(1, 0)] * 40 + [(2, 0), (2, 1)]
    path = tmp_path / "own.csv"
    path.write_text("hours,passed\n" + "".join(f"{x},{y}\n" for x, y in rows), encoding="utf-8")
    for seed in range(20):
        found = data.read_points(path, rows=2, seed=seed)
        assert sorted(found.x) == [1, 2] and sorted(found.y) == [0, 1]


@pytest.mark.parametrize(
    ("name", "start"),
    [("descent", "sep=;\n"), ("belts", "\ufeff"), ("penguins", ""), ("optimizers", "\ufeffsep=;\n")],
)
def test_own_data_with_semicolons_decimal_commas_and_a_bom(
    sheetgd: CommandLine, office: Office, name: str, start: str
) -> None:
    (sheetgd.folder / "houses.csv").write_text(start + HOUSES, encoding="utf-8")
    ended = sheetgd("new", name, "-o", "own.xlsx", "--data", "houses.csv", "--x", "Area", "--y", "price")
    assert (ended.code, ended.err) == (0, "")
    ended = sheetgd("run", "own.xlsx", "--all", "--epochs", 100)
    assert ended.code == 0, ended.err
    office.assert_stored_equals_recalculated(sheetgd.folder / "own.xlsx")
    first = next(iter(read_stored(sheetgd.folder / "own.xlsx").values()))
    typed = list(first.values())
    assert all(number in typed for number in (52.5, 61, 70.25, 88, 181, 199.5, 240, 270))


def test_a_long_file_is_sampled(sheetgd: CommandLine) -> None:
    (sheetgd.folder / "long.csv").write_text("a,b\n" + "".join(f"{n},{2 * n}\n" for n in range(200_000)))
    assert sheetgd("new", "descent", "--data", "long.csv", "--rows", 25).code == 0
    cells = read_stored(sheetgd.folder / "descent.xlsx")["Descent"]
    assert cells["C37"] == 2 * cells["B37"] and "B38" not in cells


@pytest.mark.parametrize("start", ["", "\ufeff", "sep=;\n", "\ufeffsep=;\n"])
def test_semicolons_decimal_commas_and_a_bom_are_read(tmp_path: Path, start: str) -> None:
    file = tmp_path / "houses.csv"
    file.write_text(start + HOUSES, encoding="utf-8")
    expected = data.Points((52.5, 61, 70.25, 88), (181, 199.5, 240, 270), "area", "price", own=True)
    assert data.read_points(file, "Area", "price") == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "größe.csv"
    file.write_text("Größe\tGewicht (kg)\n1.5\t−2\n2\t3e1\n", encoding=encoding, errors="replace")
    if encoding == "cp1252":
        file.write_bytes("Größe\tGewicht (kg)\n1.5\t-2\n2\t3e1\n".encode(encoding))
    read = data.read_points(file)
    assert read == data.Points((1.5, 2), (-2, 30), "Größe", "Gewicht (kg)", own=True)


def test_columns_may_be_called_by_years(tmp_path: Path) -> None:
    file = tmp_path / "years.csv"
    file.write_text("country,2019,2020\nChad,1,2\nPeru,3,5\n")
    assert data.read_points(file, "2019", "2020") == data.Points((1, 3), (2, 5), "2019", "2020", own=True)


def test_a_column_may_be_called_anything(sheetgd: CommandLine) -> None:
    names = ('"=1+1"', '"{y_pred} [x.y]: new m, epoch"')
    (sheetgd.folder / "odd.csv").write_text(",".join(names) + "\n1,2\n2,3\n4,4\n")
    for name in ("descent", "belts", "penguins", "optimizers"):
        ended = sheetgd("new", name, "-o", f"{name}.xlsx", "--data", "odd.csv")
        assert (ended.code, ended.err) == (0, "")
        assert sheetgd("run", f"{name}.xlsx", "--all").code == 0
