"""Unusual formulas that are allowed, each with what then happens; every number against a plain loop."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from allowed import SHEET, after, assert_ran, part, rmse, stored
from conftest import CommandLine
from small_lesson import LEARN, TITLES, draw


def test_a_workbook_saved_without_stored_results(run: Callable[..., Any], book: Path) -> None:
    assert "B5" not in stored(book)
    answer = run()
    assert_ran(book)
    cells, states = stored(book), after(2)
    assert answer == {
        "book": "lesson.xlsx",
        "sheet": "Lesson",
        "rule": "formulas",
        "epochs": 2,
        "learn": LEARN,
        "parameters": {
            "m": {"cell": "B3", "before": 1.0, "after": states[1][0]},
            "b": {"cell": "B4", "before": 1.0, "after": states[1][1]},
        },
        "loss": {
            "name": "rmse",
            "cell": "B5",
            "before": pytest.approx(rmse(1, 1), rel=1e-14),
            "after": cells["B5"],
        },
        "log": [
            {"epoch": number, "m": m, "b": b, "rmse": pytest.approx(loss, rel=1e-14)}
            for number, (m, b, loss) in enumerate(states, 1)
        ],
        "warnings": [],
    }


def test_look_at_it(sheetgd: CommandLine, book: Path) -> None:
    before = book.read_bytes()
    assert sheetgd("look", "lesson.xlsx", "--json").json() == {
        "sheet": "Lesson",
        "rule": "formulas",
        "table": {"area": "A8:L11", "rows": 3, "columns": dict(zip(TITLES, "ABCDEFGHIJKL", strict=True))},
        "parameters": {"m": {"start": "B3", "carry": "I11"}, "b": {"start": "B4", "carry": "L11"}},
        "controls": {"learn": "B1", "epochs": "B2", "loss": "B5"},
        "log": "N8:Q8",
        "grid": None,
        "missing": [
            "grid: no row of values of one parameter and column of values of the other, both labelled"
        ],
    }
    assert book.read_bytes() == before


def test_the_log_goes_on_with_the_next_run(run: Callable[..., Any], book: Path) -> None:
    assert [entry["epoch"] for entry in run()["log"]] == [1, 2]
    assert [entry["epoch"] for entry in run("--epochs", 3)["log"]] == [3, 4, 5]
    assert_ran(book, epochs=5)


def test_epochs_from_the_command_are_not_written(run: Callable[..., Any], book: Path) -> None:
    assert run("--epochs", 3)["epochs"] == 3
    assert stored(book)["B2"] == 2
    assert_ran(book, epochs=3)


@pytest.mark.parametrize("old", [LEARN, "0,0001", None, 0])
def test_learn_from_the_command_is_typed_into_its_cell(
    run: Callable[..., Any], tmp_path: Path, old: Any
) -> None:
    book = draw(tmp_path / "lesson.xlsx", {"B1": old})
    assert run("--learn", "2e-4")["learn"] == 0.0002
    assert stored(book)["B1"] == 0.0002
    assert_ran(book, learn=0.0002)


def test_learn_may_be_a_formula(run: Callable[..., Any], tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx", {"B1": "=1/10000"})
    run()
    assert_ran(book)


def test_an_empty_epochs_cell_means_five(run: Callable[..., Any], tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx", {"B2": None})
    assert run()["epochs"] == 5
    assert_ran(book, epochs=5)


def test_no_log_no_loss_no_epochs(sheetgd: CommandLine, tmp_path: Path) -> None:
    gone = dict.fromkeys(("A2", "B2", "A5", "B5", "N8", "O8", "P8", "Q8"))
    book = draw(tmp_path / "lesson.xlsx", gone)
    ended = sheetgd("run", "lesson.xlsx")
    m, b, _ = after(5)[-1]
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "lesson.xlsx, sheet Lesson: 5 epochs, learn 0.0001\n"
        f"  m  B3                 1  ->  {m:.9g}\n"
        f"  b  B4                 1  ->  {b:.9g}\n"
        "5 epochs: no cell is labelled epochs.\n"
        "The sheet has no log (sheetgd look says how to add one).\n"
    )
    assert (stored(book)["B3"], stored(book)["B4"]) == (m, b)
    answer = sheetgd("run", "lesson.xlsx", "--json").json()
    assert answer["loss"] is None
    assert [sorted(entry) for entry in answer["log"]] == [["b", "epoch", "m"]] * 5
    looked = sheetgd("look", "lesson.xlsx").out
    for what in ("epochs", "loss", "log", "grid"):
        assert re.search(rf"^  missing    {what}: ", looked, re.MULTILINE)


def test_volatile_formulas_elsewhere_are_one_note(sheetgd: CommandLine, tmp_path: Path) -> None:
    volatile = {"T1": "=RAND()", "T2": "=RANDBETWEEN(1,6)", "T3": "=NOW()", "T4": "=T1*2"}
    book = draw(tmp_path / "lesson.xlsx", volatile)
    said = "Note: Lesson!T1 and 2 more left at the stored result: it changes at every recalculation.\n"
    assert sheetgd("run", "lesson.xlsx").err == said
    before = stored(book)
    ended = sheetgd("run", "lesson.xlsx")
    assert (ended.code, ended.err) == (0, said)
    assert {address: stored(book)[address] for address in ("T1", "T2", "T3", "T4")} == {
        address: before[address] for address in ("T1", "T2", "T3", "T4")
    }
    assert_ran(book, epochs=4)


def test_an_unknown_function_elsewhere_keeps_its_result(sheetgd: CommandLine, book: Path) -> None:
    assert sheetgd("run", "lesson.xlsx").code == 0
    add_cell(book, '<c r="S20"><f>WEBSERVICE("http://example.org")</f><v>12</v></c>')
    ended = sheetgd("run", "lesson.xlsx")
    assert (ended.code, ended.err) == (
        0,
        "Note: Lesson!S20 left at the stored result: the formula engine does not know a function or a name in it.\n",
    )
    assert "<v>12</v>" in part(book)
    assert_ran(book, epochs=4)


def test_an_unknown_function_elsewhere_without_a_result_gets_none(
    sheetgd: CommandLine, tmp_path: Path
) -> None:
    book = draw(tmp_path / "lesson.xlsx", {"T1": '=WEBSERVICE("http://example.org")'})
    assert sheetgd("run", "lesson.xlsx").code == 0
    assert "T1" not in stored(book)
    assert_ran(book)


def test_a_stale_result_elsewhere_is_left_and_said(sheetgd: CommandLine, book: Path) -> None:
    assert sheetgd("run", "lesson.xlsx").code == 0
    add_cell(book, '<c r="S20"><f>A9+1</f><v>12</v></c>')
    ended = sheetgd("run", "lesson.xlsx")
    assert (ended.code, ended.err) == (
        0,
        "Note: Lesson!S20 left at the stored result: the formula engine finds 8 where the workbook holds 12.\n",
    )
    assert stored(book)["S20"] == 12
    assert_ran(book, epochs=4)


def test_a_circle_elsewhere_is_left_and_said(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx", {"T1": "=T2", "T2": "=T1"})
    ended = sheetgd("run", "lesson.xlsx")
    assert (ended.code, ended.err) == (
        0,
        "Note: Lesson!T1 and 1 more left at the stored result: it refers to itself: T1 → T2 → T1.\n",
    )
    looked = sheetgd("look", "lesson.xlsx")
    assert looked.code == 0 and looked.err == (
        "Note: Lesson!T1: it refers to itself: T1 → T2 → T1; break the circle: let no cell need its own result.\n"
    )
    assert "T1" not in stored(book) and "#CIRC!" not in part(book)
    assert_ran(book)


def test_a_workbook_may_allow_iteration_where_it_needs_none(run: Callable[..., Any], book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"<calcPr ", b'<calcPr iterate="1" ')
    with zipfile.ZipFile(book, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    run()
    assert_ran(book)
    assert 'iterate="1"' in part(book, "xl/workbook.xml")


def add_cell(path: Path, xml: str) -> None:
    """A cell of row 20, as the file holds it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", f'<row r="20">{xml}</row></sheetData>'.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
