"""The numbers of a class: each student's own, and with them the lesson converges."""

from __future__ import annotations

import itertools
import random
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import sheetgd as library
from classwork import CLASS, SEED, key_round_trip, loss, roster, stepping, table
from office import read_stored
from sheetgd.books.opening import open_book
from sheetgd.classroom import template
from sheetgd.classroom.assignment import assignments
from sheetgd.classroom.catalogue import like_points
from sheetgd.classroom.folder import make_class
from sheetgd.classroom.roster import Student
from sheetgd.errors import UsageError
from sheetgd.lessons.points import Points


def test_neighbours_have_other_numbers_and_all_have_other_ids(lesson: str) -> None:
    given = assignments([Student(f"s{number}") for number in range(60)], lesson, SEED)
    assert len({one.id for one in given}) == 60
    assert all(re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}", one.id) for one in given)
    for one, other in itertools.pairwise(given):
        assert all(one.true[name] != other.true[name] for name in one.true)
        assert (one.x, one.y) != (other.x, other.y)
    if lesson != "penguins":  # whose answers are those of real animals
        assert all(
            2 * value == int(2 * value) and 2 <= value < 40 for one in given for value in one.true.values()
        )


def test_numbers_do_not_depend_on_who_comes_later() -> None:
    assert assignments(CLASS[:2], "descent", SEED) == assignments(CLASS, "descent", SEED)[:2]
    assert assignments(CLASS, "descent", "x")[0].x != assignments(CLASS, "descent", "y")[0].x


def test_key_holds_what_plain_numpy_gives(lesson: str, tmp_path: Path) -> None:
    made = make_class(lesson, roster(tmp_path, [s.name for s in CLASS]), tmp_path / "OUT", seed=SEED)
    lines = table(read_stored(made.key)["Class"], "assignment")
    for one, line in zip(made.assignments, lines, strict=True):
        assert {name: line[f"true {name}"] for name in one.true} == pytest.approx(dict(one.true), rel=1e-12)
        final = [line[f"{name} after {one.epochs}"] for name in one.start]
        assert final == pytest.approx(stepping(one, one.epochs), rel=1e-9)
        if lesson in ("belts", "penguins"):  # one step an epoch
            first = [value for title, value in line.items() if title.startswith("first ")]
            assert first == pytest.approx(stepping(one, 1), rel=1e-9)
        if lesson not in ("weights", "descent"):  # many pairs are right; the bias of forward differences
            true = next(iter(one.true.values()))
            assert stepping(one, 3000)[0] == pytest.approx(true, rel=1e-6)


def test_descents_answers_are_a_step_worked_by_hand(tmp_path: Path) -> None:
    made = make_class("descent", roster(tmp_path, ["Ada"]), tmp_path / "OUT", seed=SEED)
    [one], lines = made.assignments, table(read_stored(made.key)["Answers"], "assignment")
    assert [line["row"] for line in lines] == list(range(1, 21))
    m = b = 1.0
    for line, x, y in zip(lines, one.x, one.y, strict=False):
        error = (m * x + b - y) ** 2
        slope_m = (((m + 0.01) * x + b - y) ** 2 - error) / 0.01
        slope_b = ((m * x + b + 0.01 - y) ** 2 - error) / 0.01
        expected = {
            "x": x,
            "y": y,
            "y_pred": m * x + b,
            "error_sq": error,
            "de/dm": slope_m,
            "de/db": slope_b,
        }
        m, b = m - one.learn * slope_m, b - one.learn * slope_b
        expected |= {"new_m": m, "new_b": b}
        assert {name: line[name] for name in expected} == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("model", ["penguins", "belts", "descent", "file"])
@pytest.mark.parametrize("lesson", ["descent", "belts", "penguins"])
def test_data_like_others_has_their_scale(lesson: str, model: str, tmp_path: Path) -> None:
    if model == "file":
        chance = random.Random(7)
        rows = [f"{x / 10};{(3 * x + chance.randint(-9, 9)) / 100}" for x in range(-100, 100, 3)]
        Path(tmp_path, "points.csv").write_text("at;height\n" + "\n".join(rows), encoding="utf-8")
        like = like_points(str(tmp_path / "points.csv"))
    else:
        like = like_points(model)
    given = assignments([Student(f"s{number}") for number in range(12)], lesson, SEED, like=like)
    low, high = min(like.x), max(like.x)
    assert all(low <= x <= high for one in given for x in one.x)
    heights = [max(one.y) - min(one.y) for one in given]
    height = max(like.y) - min(like.y)
    assert 0.2 * height < sorted(heights)[6] < 3 * height
    assert len({one.x for one in given}) == 12
    for one in given:
        if lesson != "penguins":
            start, end = (loss(one, p) for p in (list(one.start.values()), stepping(one, one.epochs)))
            assert end < 0.95 * start
    assert key_round_trip(given, tmp_path) == given


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1e3, 1e6])
@pytest.mark.parametrize("lesson", ["descent", "belts", "penguins"])
def test_data_like_others_of_any_size(lesson: str, scale: float) -> None:
    chance = random.Random(3)
    x = tuple(scale * chance.uniform(1, 4) for _ in range(30))
    like = Points(x, tuple(at / scale + chance.gauss(0, 0.1) for at in x))
    for one in assignments(CLASS, lesson, SEED, like=like):
        assert min(x) * 0.99 <= min(one.x) and max(one.x) <= max(x) * 1.01 and len(set(one.x)) > 5


def test_data_that_nothing_can_be_like_are_refused() -> None:
    for like in (Points((1, 1, 2), (1, 2, 3)), Points((1, 2, 3), (5, 5, 5))):
        with pytest.raises(UsageError) as raised:
            assignments(CLASS, "descent", SEED, like=like)
        assert str(raised.value) == (
            "x and y have fewer than three different numbers; name other data after --data-like."
        )


def test_filled_in_with_formulas_it_runs_as_the_solved_sheet_does(
    lesson: str, pressed: Any, tmp_path: Path
) -> None:
    given, path, solved = pressed(lesson)
    book, formulas = openpyxl.load_workbook(path), openpyxl.load_workbook(solved).active
    for blank in template.blank_cells(given):
        book.active[blank.cell] = formulas[blank.cell].value
    book.save(tmp_path / "filled.xlsx")
    with open_book(tmp_path / "filled.xlsx") as opened:
        history = library.run(opened)
    after = [history.parameters[name].after for name in given.start]
    assert after == pytest.approx(stepping(given, given.epochs), rel=1e-9)
