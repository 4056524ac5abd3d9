"""Google Sheets: how many calls a command makes, and what is written."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

import sheetgd as library
from conftest import CommandLine
from fakes.google import steps
from fakes.google.drive import File
from fakes.google.server import Google
from fakes.google.steps import before_each_write, error_of, run, shown, state
from fakes.google.tokens import ROBOT, SCOPE
from loops import stepping
from sheetgd.epochs.history import History
from sheetgd.epochs.run import run_sheets
from sheetgd.grid.edits import Edits
from small_lesson import lesson_cells

drawn, lesson, naps = steps.drawn, steps.lesson, steps.naps


def test_the_commands_say_what_they_say_of_a_file(
    google: Google, lesson: File, sheetgd: CommandLine, drawn: Path, tmp_path: Path
) -> None:
    (tmp_path / "Class 7b").write_bytes(drawn.read_bytes())
    for words in (["look"], ["run"], ["run", "--learn", "0.1"], ["reset", "--json"]):
        ours = sheetgd(words[0], lesson.url, *words[1:], env=google.environment)
        expected = sheetgd(words[0], "Class 7b", *words[1:])
        assert (ours.code, ours.out, ours.err) == (expected.code, expected.out, expected.err), words
    assert shown(lesson, "D4", "O8") == [1, None]


def test_a_look_reads_once_and_may_not_write(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    assert sheetgd("look", lesson.url, env=google.environment).code == 0
    assert google.count() == {"token": 1, "read": 1}
    assert google.tokens.asked == [(ROBOT, frozenset({SCOPE + "spreadsheets.readonly"}))]


def test_a_run_reads_once_looks_again_and_writes_once(
    google: Google, lesson: File, sheetgd: CommandLine
) -> None:
    assert sheetgd("run", lesson.url, "--epochs", 1500, env=google.environment).code == 0
    assert google.count() == {"token": 1, "read": 2, "write": 1}
    assert google.tokens.asked == [(ROBOT, frozenset({SCOPE + "spreadsheets"}))]
    m, b, _ = stepping(1500)
    assert shown(lesson, "D4", "D5") == pytest.approx([m, b], rel=1e-9)


def test_a_film_is_of_a_run_that_is_not_written(google: Google, lesson: File) -> None:
    """Reading is enough for it; its file is named like the spreadsheet."""
    from sheetgd.animation.film import make_film
    from sheetgd.cli.animate import _beside

    with library.open_book(lesson.url, readonly=True) as book:
        film = make_film(book, epochs=2)
    assert [step.slope for step in film.steps] == [1, stepping(1)[0], stepping(2)[0]]
    assert google.count() == {"token": 1, "read": 1} and shown(lesson, "D4") == [1]
    assert _beside(lesson.url, 'Class 7b: "m/b"?') == Path("Class 7b_ _m_b__.gif")
    assert _beside("folder/lesson.xlsx", "lesson.xlsx") == Path("folder/lesson.gif")


@pytest.mark.parametrize("command", ["run", "reset"])
def test_files_are_not_for_google_sheets(google: Google, lesson: File, command: str) -> None:
    with library.open_book(lesson.url) as book:
        call = partial(getattr(library, command), book)
        assert error_of(lambda: call(out="copy.xlsx")) == (
            "Class 7b: a Google Sheet is changed in place, not written to a file (-o); leave -o out, or download "
            "the sheet as .xlsx and use that."
        )
        assert error_of(lambda: call(force=True)) == (
            "Class 7b: --force is for files; a Google Sheet does not need it; leave --force out."
        )
    assert google.count() == {"token": 1, "read": 1}


def test_files_need_nothing_of_google(sheetgd: CommandLine, drawn: Path, tmp_path: Path) -> None:
    """Not even its libraries."""
    (tmp_path / "lesson.xlsx").write_bytes(drawn.read_bytes())
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nfor name in ('gspread', 'google.auth', 'requests', 'urllib3'):\n    sys.modules[name] = None\n"
    )
    for words in (["look"], ["run"], ["reset"]):
        done = sheetgd(
            *words, "lesson.xlsx", env={"PYTHONPATH": f"{tmp_path}:{Path(library.__file__).parents[1]}"}
        )
        assert done.code == 0, done.err


def test_only_cells_of_the_run_are_written(google: Google, lesson: File) -> None:
    before = state(lesson)
    run(lesson, epochs=2)
    after = state(lesson)
    changed = {
        place
        for place in {*before["typed"], *after["typed"]}
        if before["typed"].get(place) != after["typed"].get(place)
    }
    assert changed == {(3, 3), (4, 3), *((row, column) for row in (7, 8) for column in (14, 15, 16, 17))}
    [call] = [call for call in google.calls if call.kind == "write"]
    assert {name for request in call.body["requests"] for name in request} <= {"updateCells", "repeatCell"}
    assert {
        request["updateCells"]["fields"] for request in call.body["requests"] if "updateCells" in request
    } == {"userEnteredValue"}


def test_new_log_rows_show_their_numbers_like_the_first(google: Google, lesson: File) -> None:
    assert lesson.book
    run(lesson, epochs=300)
    cells = lesson.book.tab().cells
    first, last = (cells[row, 17].get("userEnteredFormat") for row in (6, 306))
    assert first == last and first is not None


def test_the_sheet_grows_for_its_log(google: Google, lesson: File) -> None:
    assert lesson.book
    lesson.book.tab().properties["gridProperties"]["rowCount"] = 100
    run(lesson, epochs=200)
    assert (lesson.book.tab().rows, shown(lesson, "O207")) == (207, [200])
    assert google.count() == {"token": 1, "read": 2, "write": 1}


def test_a_spreadsheet_cannot_grow_for_ever(google: Google, lesson: File) -> None:
    assert lesson.book
    lesson.book.tab().properties["gridProperties"]["rowCount"] = 100
    lesson.book.tabs[1].properties["gridProperties"].update(rowCount=99_980, columnCount=100)
    assert error_of(lambda: run(lesson, epochs=200)) == (
        "Class 7b, sheet Descent: a Google Sheet holds at most 10,000,000 cells; run fewer epochs, log fewer with "
        "--log-every, or reset first."
    )
    assert "write" not in google.count()


def test_locales_and_the_numbers_are_the_same(google: Google) -> None:
    """A German sheet writes ; and 0,01 in its formulas, which stay as they are."""
    cells = lesson_cells() | {"B5": "=SQRT(SUMPRODUCT((A9:A11*B3+B4-B9:B11)^2)/MAX(COUNT(A9:A11),0.5))"}
    german, english = google.add("deutsch", cells=cells, locale="de_DE"), google.add("english", cells=cells)
    with library.open_book(german.url) as book:
        raw = book.google.read(german.id, "sheets.data.rowData.values.userEnteredValue")  # type: ignore[attr-defined]
    assert "COUNT(A9:A11);0,5)" in str(raw) and "(C9+0,01)" in str(raw)
    before = state(german)["typed"]
    found, expected = run(german, epochs=5), run(english, epochs=5)
    assert found.parameters == expected.parameters and found.log == expected.log and found.warnings == []
    formulas = {place: typed for place, typed in before.items() if typed and "formulaValue" in typed}
    assert len(formulas) == 31 and formulas.items() <= state(german)["typed"].items()


def test_formulas_as_people_write_them_in_google(google: Google) -> None:
    """Array formulas, references without an end, cells that a formula fills, and a long name of a sheet."""
    title = "Gradient descent / class 7b, second half of the year"
    array, loss = "=ARRAYFORMULA((A9:A11*B3+B4-B9:B11)^2)", f"=SQRT(SUM('{title}'!S9:S)/COUNT(A9:A11))"
    odd, plain = google.add("odd"), google.add("plain", cells=lesson_cells())
    assert odd.book
    odd.book.calculator.pretended = {
        array: "=(A9:A11*B3+B4-B9:B11)^2",
        loss: f"=SQRT(SUM('{title}'!S9:S1000)/COUNT(A9:A11))",
    }
    odd.book.tab().properties["title"] = title
    for address, value in (lesson_cells() | {"S9": array, "B5": loss}).items():
        odd.book.put(address, value)
    found = run(odd, epochs=30)
    assert found.as_json()["parameters"] == run(plain, epochs=30).as_json()["parameters"]
    assert shown(odd, "B5") == pytest.approx(shown(plain, "B5"), rel=1e-13)
    assert found.loss and found.loss.after == shown(odd, "B5")[0] and found.warnings == []
    edits = Edits()
    edits.put(title, (10, 19), 5)
    with library.open_book(odd.url) as book:
        assert error_of(lambda: book.apply(edits)) == (
            f"odd, {title}!S10: sheetgd would write here, but it is part of an array formula or a pivot table; move "
            "it, or type a plain number here."
        )


PRICE, IMPORT = '=GOOGLEFINANCE("GOOG")', '=IMPORTRANGE("https://docs.google.com/spreadsheets/d/1", "A1:A3")'
LEFT = "left at the stored result: the formula engine does not know a function or a name in it"


def imported(google: Google, **more: Any) -> File:
    """A lesson whose learning rate and first x are computed by functions that only Google knows."""
    file = google.add(cells=lesson_cells())
    assert file.book
    file.book.calculator.pretended = {PRICE: 100, IMPORT: 7, **more}
    file.book.put("S1", PRICE)
    file.book.put("B1", "=S1/1000000")
    file.book.put("A9", IMPORT)
    return file


def test_what_only_google_computes_is_run_from(google: Google) -> None:
    """It keeps Google's own value where the parameters do not change it."""
    file, plain = imported(google), google.add(cells=lesson_cells() | {"B1": 0.0001})
    found, expected = run(file, epochs=4), run(plain, epochs=4)
    assert found.parameters == expected.parameters and found.log == expected.log
    assert found.warnings == [f"Sheet1!S1 and 1 more {LEFT}"]
    assert file.book and file.book.formula("S1") == PRICE and file.book.formula("A9") == IMPORT
    assert google.count() == {"token": 2, "read": 4, "write": 2}


def test_a_column_of_x_from_another_spreadsheet_and_y_from_a_form(google: Google) -> None:
    """IMPORTRANGE fills the cells below it; a form's answers stand on a tab of their own, and one more comes in."""
    file, plain = google.add(), google.add(cells=lesson_cells() | {"B10": 48.5})
    assert file.book
    file.book.calculator.pretended = {IMPORT: "={7;9;28}"}
    answers = file.book.add_sheet("Form responses 1").title
    for row, y in enumerate((44, 48, 86), start=9):
        file.book.put(f"B{row}", y, answers)
    for address, value in (lesson_cells() | {"A9": IMPORT, "A10": None, "A11": None}).items():
        file.book.put(address, value)
    for row in (9, 10, 11):
        file.book.put(f"B{row}", f"='{answers}'!B{row}")
    google.meanwhile("write", lambda: google.type(file, "B10", 48.5, answers))
    found, expected = run(file, sheet="Sheet1", epochs=4), run(plain, epochs=4)
    assert (
        f"the sheet changed during the run ({answers}!B10); run again from its new values" in found.warnings
    )
    assert found.parameters == expected.parameters and found.log == expected.log


def test_what_only_google_computes_changes_during_a_run(google: Google) -> None:
    file, plain = imported(google), google.add(cells=lesson_cells() | {"A9": 8})
    assert file.book
    pretended = file.book.calculator.pretended
    google.meanwhile("write", lambda: (pretended.update({IMPORT: 8}), file.book.put("A9", IMPORT)))  # type: ignore[func-returns-value, union-attr]
    found, expected = run(file, epochs=4), run(plain, epochs=4)
    again = "the sheet changed during the run (Sheet1!A9); run again from its new values"
    assert found.warnings == [f"Sheet1!S1 and 1 more {LEFT}", again]
    assert found.parameters == expected.parameters and found.log == expected.log


@pytest.mark.parametrize(
    ("formula", "shows", "why"),
    [
        (
            "=GOOGLEFINANCE(B3)",
            0.0001,
            "the formula engine does not know a function or a name in it; write it with "
            "other functions, or type its result as a number.",
        ),
        (
            "=RAND()/1000",
            0.0001,
            "it changes at every recalculation; take what changes out of it, or type a number there instead.",
        ),
        (
            "=B3/10000",
            0.5,
            "the formula engine finds 0.0001 where the workbook holds 0.5; write it differently, or "
            "type its result as a number.",
        ),
    ],
)
def test_what_a_run_would_change_is_refused(google: Google, formula: str, shows: float, why: str) -> None:
    """And never with the advice to save a Google Sheet in Excel."""
    file = google.add(cells=lesson_cells())
    assert file.book
    file.book.calculator.pretended = {formula: shows}
    file.book.put("B1", formula)
    assert error_of(lambda: run(file)) == f"lesson, Sheet1!B1: m depends on this formula, and {why}"


def test_google_computes_something_else(google: Google, lesson: File) -> None:
    """What is seen only after the write is said."""
    assert lesson.book
    formula = lesson.book.formula("K3")
    assert formula
    google.meanwhile("write", lambda: lesson.book.calculator.pretended.update({formula: 15.5}))  # type: ignore[union-attr]
    [warned] = run(lesson, epochs=5).warnings
    assert warned.startswith("Google finds 15.5 in Descent!K3 where sheetgd found 15.7208033438622")


def test_more_is_written_along_with_a_run(google: Google, lesson: File) -> None:
    """A tick box put back and a status, in the same batch; again from new values where the run is run again."""
    said = []

    def also(histories: list[History], edits: Edits) -> None:
        said.append(histories[0].parameters["m"].after)
        edits.set("Descent!X1", False)
        edits.set("Descent!X2", f"done: m = {histories[0].parameters['m'].after}")

    google.type(lesson, "X1", True)
    before_each_write(google, lambda: google.type(lesson, "H3", 0.0002))
    with library.open_book(lesson.url) as book:
        [history] = run_sheets(book, epochs=3, also=also)
    assert len(said) == 2 and said[1] == history.parameters["m"].after == shown(lesson, "D4")[0]
    assert shown(lesson, "X1", "X2") == [False, f"done: m = {said[1]}"]
