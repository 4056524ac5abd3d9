"""Google Sheets: others type while a run is under way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fakes.google import steps
from fakes.google.drive import File
from fakes.google.server import Google
from fakes.google.steps import Naps, before_each_write, error_of, run, shown, state
from loops import stepping
from small_lesson import lesson_cells

drawn, lesson, naps = steps.drawn, steps.lesson, steps.naps


AGAIN = "the sheet changed during the run ({}); run again from its new values"


@pytest.mark.parametrize(
    ("address", "value"),
    [("A9", 8), ("B11", 90), ("B1", 0.0002), ("B2", 3), ("K10", "=(J10-F10)/0.02")],
)
def test_what_a_run_rests_on_changes(google: Google, address: str, value: Any) -> None:
    file, other = google.add(cells=lesson_cells()), google.add(cells=lesson_cells() | {address: value})
    before_each_write(google, lambda: google.type(file, address, value))
    history = run(file)
    assert history.warnings == [AGAIN.format(f"Sheet1!{address}")]
    assert google.count() == {"token": 1, "read": 4, "write": 3}
    expected = run(other)
    assert history.parameters == expected.parameters and history.log == expected.log
    assert state(file) == state(other)


def test_a_point_is_added_during_a_run(google: Google) -> None:
    file = google.add(cells=lesson_cells(formulas=False))

    def add() -> None:
        google.type(file, "A12", 30)
        google.type(file, "B12", 90)

    before_each_write(google, add)
    assert run(file).warnings == [AGAIN.format("Sheet1!B12")]
    assert shown(file, "E12") != [None]


def test_a_shorter_run_takes_back_the_longer_one(google: Google) -> None:
    """The first was written with ten epochs, the second with one: nothing of the ten stays."""
    file = google.add(cells=lesson_cells() | {"B2": 10})
    before_each_write(google, lambda: google.type(file, "B2", 1))
    run(file)
    assert shown(file, "N10", "N11", "N19", "O11") == [1, None, None, None]


def test_changes_that_matter_to_nothing(google: Google, lesson: File) -> None:
    before_each_write(google, lambda: google.type(lesson, "Z1", "what a nice lesson"))
    assert run(lesson, epochs=5).warnings == []
    assert google.count() == {"token": 1, "read": 2, "write": 1} and shown(lesson, "Z1") == [
        "what a nice lesson"
    ]


def test_somebody_does_not_stop_typing(google: Google) -> None:
    file = google.add(cells=lesson_cells())
    before = state(file)

    def change(number: int) -> Callable[[], None]:
        return lambda: google.type(file, "A9", number)

    nothing: Callable[[], None] = lambda: None  # noqa: E731 - before the writes that take a run back
    before_each_write(google, *[action for number in range(10, 14) for action in (change(number), nothing)])
    assert error_of(lambda: run(file)) == (
        "lesson: the sheet changed during the run (Sheet1!A9); nothing of the run was kept; run again when nobody is "
        "typing."
    )
    assert google.count() == {"token": 1, "read": 8, "write": 8}
    assert state(file)["typed"] == {**before["typed"], (8, 0): {"numberValue": 13}}


def test_rows_are_inserted_during_a_run(google: Google, lesson: File) -> None:
    assert lesson.book
    grid = lesson.book.tab().properties["gridProperties"]
    google.meanwhile("write", lambda: grid.update(rowCount=grid["rowCount"] + 1))
    assert error_of(lambda: run(lesson, epochs=1)) == (
        "Class 7b, sheet Descent: rows or columns were inserted or deleted while sheetgd wrote, so it may have "
        "written into the wrong cells (D4:D5, O8:R8); look at the sheet and, if necessary, go back with File "
        "> Version history."
    )


@pytest.mark.parametrize("rename", [True, False])
def test_the_sheet_is_renamed_or_deleted_during_a_run(google: Google, lesson: File, rename: bool) -> None:
    assert lesson.book
    if rename:
        del lesson.book.tabs[1:]  # the real Google would give their formulas the new name, too
        lesson.book.recalculate()
        google.meanwhile("write", lambda: lesson.book.tab().properties.update(title="Mine"))  # type: ignore[union-attr]
        assert run(lesson, epochs=5).warnings == []
        assert lesson.book.value("D4", "Mine") == stepping(5)[0]
    else:
        google.meanwhile("write", lambda: lesson.book.tabs.pop(0))  # type: ignore[union-attr]
        assert error_of(lambda: run(lesson, epochs=5)) == (
            "Class 7b: the sheet was deleted while sheetgd was at work; check whether it is still there, and try again."
        )


# -- cells that a run writes -----------------------------------------------------------------------------------------
def test_a_start_cell_typed_during_a_run_counts(google: Google) -> None:
    """It is seen before anything is written."""
    file, other = google.add(cells=lesson_cells()), google.add(cells=lesson_cells() | {"B3": 5})
    google.meanwhile("getByDataFilter", lambda: google.type(file, "B3", 5))
    history = run(file)
    assert history.warnings == [AGAIN.format("Sheet1!B3")]
    assert google.count() == {"token": 1, "read": 4, "write": 1}
    expected = run(other)
    assert history.parameters == expected.parameters and state(file) == state(other)


def test_a_log_cell_typed_during_a_run_is_not_overwritten(google: Google) -> None:
    file = google.add(cells=lesson_cells())
    google.meanwhile("getByDataFilter", lambda: google.type(file, "O10", "mine"))
    assert error_of(lambda: run(file)) == (
        'lesson, Sheet1!O10: the log would run over the text "mine"; move it, or reset the log, so that nothing is '
        "below it."
    )
    assert shown(file, "O10", "N9", "B3") == ["mine", None, 1] and "write" not in google.count()


def test_somebody_does_not_stop_typing_into_the_start_cell(google: Google) -> None:
    file = google.add(cells=lesson_cells())

    def change(number: int) -> None:
        google.type(file, "B3", number)
        google.meanwhile("getByDataFilter", lambda: change(number + 1))

    google.meanwhile("getByDataFilter", lambda: change(10))
    assert error_of(lambda: run(file)) == (
        "lesson: the sheet changed during the run (Sheet1!B3); nothing of the run was kept; run again when nobody is "
        "typing."
    )
    assert shown(file, "B3", "N9") == [13, None] and "write" not in google.count()


def test_rows_inserted_before_the_write_only_cost_another_run(google: Google, lesson: File) -> None:
    assert lesson.book
    grid = lesson.book.tab().properties["gridProperties"]
    google.meanwhile("getByDataFilter", lambda: grid.update(rowCount=grid["rowCount"] + 1))
    assert run(lesson, epochs=5).warnings == [AGAIN.format("Descent!D4")]
    assert shown(lesson, "O12", "O13") == [5, None]


def test_a_sheet_that_shrinks_or_goes_before_the_write(google: Google, lesson: File) -> None:
    assert lesson.book
    grid = lesson.book.tab().properties["gridProperties"]
    google.meanwhile("getByDataFilter", lambda: grid.update(rowCount=100, columnCount=17))
    assert run(lesson, epochs=1).warnings == [AGAIN.format("Descent!D4")]
    google.meanwhile("getByDataFilter", lambda: lesson.book.tabs.pop(0))  # type: ignore[union-attr]
    others = ", ".join(tab.title for tab in lesson.book.tabs[1:])
    assert error_of(lambda: run(lesson, epochs=1)) == (
        f"Class 7b: there is no sheet Descent; its sheets are {others}."
    )


# -- answers with gaps -----------------------------------------------------------------------------------------------
GAPS = ["updatedSpreadsheet", "updatedSpreadsheet.sheets", "updatedSpreadsheet.sheets.data"]


@pytest.mark.parametrize("gap", GAPS)
def test_what_an_answer_leaves_out_is_no_change(google: Google, lesson: File, gap: str) -> None:
    """It is read again; nothing is written twice, and nothing taken back."""
    google.leave_out("write", gap)
    assert run(lesson, epochs=5).warnings == []
    assert google.count() == {"token": 1, "read": 3, "write": 1} and shown(lesson, "O12", "O13") == [5, None]


@pytest.mark.parametrize("gap", GAPS)
def test_a_change_is_seen_although_the_answer_leaves_it_out(google: Google, gap: str) -> None:
    file, other = google.add(cells=lesson_cells()), google.add(cells=lesson_cells() | {"A9": 8})
    google.leave_out("write", gap)
    before_each_write(google, lambda: google.type(file, "A9", 8))
    assert run(file).warnings == [AGAIN.format("Sheet1!A9")]
    run(other)
    assert state(file) == state(other)


def test_no_answer_ever_shows_the_sheet(google: Google, lesson: File) -> None:
    google.leave_out("write", "updatedSpreadsheet")
    google.meanwhile("write", lambda: google.leave_out("read", "sheets.data"))
    assert error_of(lambda: run(lesson, epochs=5)) == (
        "Class 7b: the run was written, but Google's answers do not say what the sheet holds now; look at the "
        "sheet: if somebody typed a value in the meantime, run again."
    )
    assert google.count() == {"token": 1, "read": 3, "write": 1} and shown(lesson, "O12") == [5]


@pytest.mark.parametrize("gap", ["sheets", "sheets.data"])
def test_a_second_look_with_a_gap_is_taken_again(google: Google, lesson: File, gap: str) -> None:
    google.leave_out("getByDataFilter", gap)
    assert run(lesson, epochs=5).warnings == []
    assert google.count() == {"token": 1, "read": 3, "write": 1}


# -- a run that cannot be taken back ---------------------------------------------------------------------------------
def test_a_run_that_cannot_be_taken_back_is_said(google: Google, naps: Naps) -> None:
    file = google.add(cells=lesson_cells())
    google.fail("write", 503, skip=1, times=99)
    before_each_write(google, lambda: google.type(file, "A9", 8))
    assert error_of(lambda: run(file)) == (
        "lesson: the sheet changed during the run (Sheet1!A9), and what was written could not be taken back (Google's "
        "servers failed several times (HTTP 503)); the sheet shows the results of its old values: go back with File > "
        "Version history, and run again."
    )
