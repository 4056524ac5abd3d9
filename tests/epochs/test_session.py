"""The session in memory: what it shows and saves against `run` and `reset`, plain loops and NumPy."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

import sheetgd as library
from conftest import CommandLine
from office import read_stored
from sheetgd.errors import BookError, SheetError, UsageError
from sheetgd.maths import line
from small_lesson import LEARN, POINTS, draw

LESSONS = [
    ("descent", None),
    ("original", None),
    ("penguins", None),
    ("optimizers", "Adam"),
    ("minima", None),
    ("network", None),
    ("belts", None),
    ("weights", None),
]


@pytest.mark.parametrize(("lesson", "sheet"), LESSONS)
def test_epochs_one_by_one_show_and_save_what_run_does(
    sheetgd: CommandLine, tmp_path: Path, lesson: str, sheet: str | None
) -> None:
    path = library.new(lesson, tmp_path / "a.xlsx")
    words = ["--sheet", sheet] if sheet else []
    ran = sheetgd("run", path, "--epochs", 3, "--json", "-o", "b.xlsx", *words).json()
    with library.open_book(path) as book, library.session(book, sheet) as session:
        for _ in range(3):
            history = session.epoch()
        assert json.loads(json.dumps(history.as_json())) == ran
        assert session.unsaved
        session.save()
        assert not session.unsaved
    assert path.read_bytes() == (tmp_path / "b.xlsx").read_bytes()


@pytest.mark.parametrize("formulas", [True, False])
def test_rows_are_the_steps_of_a_plain_loop(tmp_path: Path, formulas: bool) -> None:
    path, (m, b) = draw(tmp_path / "a.xlsx", formulas=formulas), (1.0, 1.0)
    with library.open_book(path) as book, library.session(book) as session:
        for number, (x, y) in enumerate(POINTS, 1):
            step = line.step(x, y, m, b, LEARN)
            m, b = step.new_m, step.new_b
            assert session.row() == pytest.approx({"m": m, "b": b}, rel=1e-9)
            assert session.row_at == number % len(POINTS)
        assert session.now.values == pytest.approx({"m": m, "b": b}, rel=1e-9)
        assert session.epoch_number == len(session.steps) == 1


def test_formulas_that_no_epoch_needs_follow_when_they_are_asked_for(tmp_path: Path) -> None:
    path = draw(tmp_path / "a.xlsx", {"S1": "=B3*2", "S2": "=S1+1", "S3": "=B1*3"})
    with library.open_book(path) as book, library.session(book) as session:
        outside = [(1, 19), (2, 19), (3, 19)]

        def as_they_should_be() -> list[float]:
            m = session.now.values["m"]
            return [2 * m, 2 * m + 1, 3 * (session.learn or 0)]

        for act in (session.epoch, session.epoch, session.row, session.back, session.back, session.epoch):
            act()
            table = session.values(
                [(9, 3), (11, 9)]
            )  # what an epoch begins with, and what it would carry next
            assert table[0] == session.now.values["m"]
            if act is not session.row:
                assert session.values(outside) == pytest.approx(as_they_should_be())
                assert session.values([(9, 3), (11, 9)]) == table
        session.put("B1", 0.0002)
        session.epoch()
        assert session.values(outside) == pytest.approx(as_they_should_be())
        session.save()
        session.epoch()
        assert session.values(outside) == pytest.approx(as_they_should_be())


def test_a_batch_table_has_no_step_of_a_row(tmp_path: Path) -> None:
    path = library.new("penguins", tmp_path / "a.xlsx")
    refused = pytest.raises(UsageError, match="no step of a single row; run a whole epoch")
    with library.open_book(path) as book, library.session(book) as session, refused:
        session.row()


def test_back_after_a_save_takes_the_rows_out_of_the_log(tmp_path: Path) -> None:
    path = draw(tmp_path / "a.xlsx")
    with library.open_book(path) as book, library.session(book) as session:
        session.run(4)
        fourth = session.now
        session.save()
        assert [entry["epoch"] for entry in session.log] == [0, 1, 2, 3, 4]
        session.back()
        session.back()
        assert [entry["epoch"] for entry in session.log] == [0, 1, 2] and session.unsaved
        session.save()
        stored = read_stored(path)["Lesson"]
        assert [stored.get(f"N{row}") for row in (10, 11, 12, 13)] == [1, 2, None, None]
        assert stored["B3"] == session.now.values["m"]
        session.run(2)
        assert session.now == fourth
        session.save()
    assert [read_stored(path)["Lesson"].get(f"N{row}") for row in (10, 11, 12, 13, 14)] == [1, 2, 3, 4, None]


def test_back_within_an_epoch_leads_to_its_beginning(tmp_path: Path) -> None:
    with library.open_book(draw(tmp_path / "a.xlsx")) as book, library.session(book) as session:
        before = session.now
        session.row()
        session.back()
        assert (session.row_at, session.now) == (0, before)
        with pytest.raises(UsageError, match="there is no epoch to go back to; run one first"):
            session.back()


def test_reset_and_epochs_save_what_the_two_commands_do(sheetgd: CommandLine, tmp_path: Path) -> None:
    path, other = (library.new("descent", tmp_path / name) for name in ("a.xlsx", "b.xlsx"))
    for name in (path, other):
        sheetgd("run", name, "--epochs", 7)
    sheetgd("reset", other)
    sheetgd("run", other, "--epochs", 2)
    with library.open_book(path) as book, library.session(book) as session:
        session.reset()
        session.run(2)
        assert [entry["epoch"] for entry in session.history.log] == [1, 2] and session.epoch_number == 2
        assert [entry["epoch"] for entry in session.log] == [0, 1, 2]
        session.save()
    assert read_stored(path) == read_stored(other)


def test_a_typed_learn_is_that_of_run(sheetgd: CommandLine, tmp_path: Path) -> None:
    path = library.new("descent", tmp_path / "a.xlsx")
    ran = sheetgd("run", path, "--learn", "0.0003", "--json", "-o", "b.xlsx").json()
    with library.open_book(path) as book, library.session(book) as session:
        session.epoch()
        session.back()
        session.put("H3", "3e-4")
        assert json.loads(json.dumps(session.run().as_json())) == ran
        session.save()
    assert path.read_bytes() == (tmp_path / "b.xlsx").read_bytes()


@pytest.mark.parametrize(
    ("cell", "typed", "said"),
    [
        (
            "B1",
            "0,0001",
            'a.xlsx, Lesson!B1: learn is the text "0,0001", not a number; type 0.0001 as a number.',
        ),
        ("B1", "-1", "a.xlsx, Lesson!B1: learn is -1; type a number above 0, such as 0.0001."),
        ("B2", 2.5, "a.xlsx, Lesson!B2: epochs is 2.5; type a whole number from 1 to 1,000,000."),
        ("B3", "", "a.xlsx, Lesson!B3: m is empty, not a number; type a number."),
        ("B3", "inf", 'a.xlsx, Lesson!B3: m is the text "inf", not a number; type a number.'),
        (
            "A1",
            3,
            "a.xlsx, Lesson!A1: it is not an input of the lesson; its inputs are learn (B1), epochs (B2), m (B3), "
            "b (B4).",
        ),
    ],
)
def test_what_may_not_be_typed_is_refused(tmp_path: Path, cell: str, typed: str | float, said: str) -> None:
    with library.open_book(draw(tmp_path / "a.xlsx")) as book, library.session(book) as session:
        with pytest.raises(SheetError) as refused:
            session.put(cell, typed)
        assert str(refused.value) == said and not session.unsaved


def test_a_run_that_runs_away_says_what_run_says(sheetgd: CommandLine, tmp_path: Path) -> None:
    path = library.new("descent", tmp_path / "a.xlsx")
    ended = sheetgd("run", path, "--learn", "0.1")
    with library.open_book(path) as book, library.session(book) as session:
        start = session.now
        session.put("H3", 0.1)
        history = session.run()
        assert f"{history.diverged.at(book='a.xlsx')}\n" == ended.err
        assert session.now.values == start.values and session.away


def test_the_prediction_and_the_landscape_are_the_lines(tmp_path: Path) -> None:
    xs, ys = np.array(POINTS, dtype=float).T
    with library.open_book(draw(tmp_path / "a.xlsx")) as book, library.session(book) as session:
        session.epoch()
        m, b = session.now.values.values()
        curve = session.prediction()
        assert curve and curve.kind == "curve"
        assert curve.y == pytest.approx([m * x + b for x in curve.x])
        found = session.landscape("b", "m", steps=5)
        for down, row in zip(found.down_values, found.losses, strict=True):
            expected = [math.sqrt(np.mean((xs * slope + down - ys) ** 2)) for slope in found.across_values]
            assert row == pytest.approx(expected)
        best = np.polyfit(xs, ys, 1)
        for value, values in (
            (best[0], found.across_values),
            (best[1], found.down_values),
            (b, found.down_values),
        ):
            assert values[0] < value < values[-1]


def test_the_landscape_of_one_parameter_is_a_curve(tmp_path: Path) -> None:
    path = library.new("belts", tmp_path / "a.xlsx")
    with library.open_book(path) as book, library.session(book) as session:
        found = session.landscape("multiplier", steps=9)
        assert found.across is None and len(found.losses) == 9
        bends = np.diff([row[0] for row in found.losses], 3)  # of a parabola, nothing is left
        assert np.abs(bends).max() < 1e-6 * max(row[0] or 0 for row in found.losses)


def test_a_prediction_that_reads_what_the_table_reads_is_shown_beside_its_target(tmp_path: Path) -> None:
    path = library.new("weights", tmp_path / "a.xlsx")
    with library.open_book(path) as book, library.session(book) as session:
        assert session.prediction() == ("pairs", [6], [1 * 3 + 2 * 4])
        session.put("C4", -0.5)
        assert session.prediction() == ("pairs", [6], [-0.5 * 3 + 2 * 4])


def test_a_map_is_so_wide_that_the_loss_changes_along_both_axes(tmp_path: Path) -> None:
    path = library.new("logistic", tmp_path / "a.xlsx")
    with library.open_book(path) as book, library.session(book, "Logistic") as session:
        session.run(8)
        values = [step.after.values for step in session.steps]
        assert np.ptp([at["b"] for at in values]) < 0.05 * np.ptp([at["w"] for at in values])
        found = session.landscape("w", "b", steps=9)
        losses = np.array(found.losses, dtype=float)
        assert np.ptp(losses, axis=1).max() > 0.1 * np.ptp(losses, axis=0).max()
        for name, spread in (("w", found.down_values), ("b", found.across_values)):
            assert all(spread[0] < at[name] < spread[-1] for at in values)


def test_a_sum_in_words_from_any_formula(tmp_path: Path) -> None:
    path = draw(
        tmp_path / "a.xlsx",
        {"S1": '=IF(B3>=0.5,-2^2*MAX(A9:A11),"x")&" "', "S3": "=-(B3*-2)", "S5": "=4^-B3%"},
    )
    with library.open_book(path) as book, library.session(book) as session:
        assert session.explain("F9").text == "error_sq = (y_pred − y)² = (8 − 44)² = 1296"
        assert session.explain("C10").text == "m = new_m above = 1.050351"
        assert session.explain("A9").text == "x = 7"
        assert session.explain("S1").text == (
            'S1 = IF(m at the start ≥ 0.5, −2² × MAX(x), "x") & " " = '
            'IF(1 ≥ 0.5, −2² × MAX(7, 9, 28), "x") & " " = "112 "'  # as in Excel: the minus comes first
        )
        assert session.explain("S3").text == "S3 = −(m at the start × −2) = −(1 × −2) = 2"
        assert session.explain("S5").text == "S5 = 4^−m at the start% = 4^−1% = 0.9862327"


def test_a_save_that_is_refused_leaves_the_session_as_it_was(tmp_path: Path) -> None:
    path = draw(tmp_path / "a.xlsx")
    before = path.read_bytes()
    lock = tmp_path / "~$a.xlsx"
    with library.open_book(path) as book, library.session(book) as session:
        session.run(2)
        lock.write_bytes(b"")
        with pytest.raises(BookError, match="it is open in Excel"):
            session.save()
        assert path.read_bytes() == before and session.unsaved and len(session.steps) == 2
        session.save(tmp_path / "copy.xlsx")
        assert session.unsaved
        lock.unlink()
        session.epoch()
        session.save()
    assert read_stored(path)["Lesson"]["N12"] == 3
    assert read_stored(tmp_path / "copy.xlsx")["Lesson"].get("N12") is None


def test_a_run_that_runs_away_goes_back_no_further_than_the_last_save(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    path = draw(tmp_path / "a.xlsx", {"B1": 0.015})  # with which the loss grows from the first epoch on
    draw(tmp_path / "b.xlsx", {"B1": 0.015})
    with library.open_book(path) as book, library.session(book) as session:
        session.run(1)
        session.save()
        saved = session.now
        assert session.run(200).diverged
        assert session.now.values == saved.values and not session.unsaved
    sheetgd("run", "b.xlsx", "--epochs", 1)
    assert sheetgd("run", "b.xlsx", "--epochs", 200).code
    assert read_stored(path) == read_stored(tmp_path / "b.xlsx")
