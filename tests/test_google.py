"""Google Sheets: how many calls, what happens when they fail or others type meanwhile, and every refusal in words.

`google` is the tests' own Google, to which the real gspread and google-auth speak (tests/google_server.py).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sheetgd as library
from conftest import CommandLine
from google_drive import File
from google_server import Google
from google_tokens import ROBOT, SCOPE, TEACHER
from sheetgd import Edits, SheetgdError
from sheetgd.books import google_address
from sheetgd.epochs import History
from small_lesson import draw, lesson_cells
from test_run import X, stepping

Naps = list[float]
KEY = "1" + "aB3_-" * 9


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lesson, drawn once."""
    return library.new("descent", tmp_path_factory.mktemp("drawn") / "lesson.xlsx")


@pytest.fixture
def lesson(google: Google, drawn: Path) -> File:
    """The lesson as a teacher's Google Sheet."""
    return google.add("Class 7b", from_xlsx=drawn)


@pytest.fixture
def naps(google: Google, monkeypatch: pytest.MonkeyPatch) -> Naps:
    """Time passes for the server instead of for the test; how long each wait was."""
    slept: Naps = []
    really = time.sleep

    def sleep(seconds: float) -> None:
        if seconds < 0.05:  # the server's own
            really(seconds)
            return
        slept.append(seconds)
        google.clock.advance(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    return slept


def run(file: File, **options: Any) -> History:
    with library.open_book(file.url) as book:
        return book.run(**options)


def error_of(call: Callable[[], Any]) -> str:
    with pytest.raises(SheetgdError) as caught:
        call()
    return str(caught.value)


def shown(file: File, *cells: str, sheet: str | None = None) -> list[Any]:
    assert file.book
    return [file.book.value(cell, sheet) for cell in cells]


def state(file: File) -> dict[str, Any]:
    """All that a run may change."""
    assert file.book
    tab = file.book.tab()
    typed = {place: cell.get("userEnteredValue") for place, cell in tab.cells.items()}
    return {"typed": typed, "rules": tab.rules, "size": (tab.rows, tab.columns)}


def before_each_write(google: Google, monkeypatch: pytest.MonkeyPatch, *actions: Callable[[], None]) -> None:
    """Let somebody else do something just before each of the next batches arrives."""
    waiting = list(actions)
    really = google.call

    def call(request: Any, who: Any) -> Any:
        if request.path.endswith(":batchUpdate") and waiting:
            waiting.pop(0)()
        return really(request, who)

    monkeypatch.setattr(google, "call", call)


# -- which book is meant ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "key", "gid"),
    [
        (f"https://docs.google.com/spreadsheets/d/{KEY}/edit#gid=17", KEY, 17),
        (f"https://docs.google.com/spreadsheets/d/{KEY}/edit?gid=0#gid=17", KEY, 17),
        (f"https://docs.google.com/spreadsheets/d/{KEY}/edit?usp=sharing", KEY, None),
        (f"https://docs.google.com/spreadsheets/d/{KEY}", KEY, None),
        (f"https://docs.google.com/spreadsheets/u/1/d/{KEY}/edit", KEY, None),
        (f"https://docs.google.com/a/school.edu/spreadsheets/d/{KEY}/edit", KEY, None),
        (f"  docs.google.com/spreadsheets/d/{KEY}/  ", KEY, None),
        (KEY, KEY, None),
    ],
)
def test_addresses(text: str, key: str, gid: int | None) -> None:
    assert google_address(text) == (key, gid)


@pytest.mark.parametrize(
    "text",
    ["lesson.xlsx", "a" * 39, "https://example.org/spreadsheets/d/1/edit", f"folder/{KEY}",
     "https://docs.google.com/spreadsheets/d/e/2PACX-1vQ/pubhtml"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    assert google_address(text) is None


def test_a_file_with_a_name_like_a_key_is_a_file(
    sheetgd: CommandLine, drawn: Path, tmp_path: Path
) -> None:
    (tmp_path / KEY).write_bytes(drawn.read_bytes())
    assert sheetgd("look", KEY).code == 0


@pytest.mark.parametrize("address", ["https://example.org/a.xlsx", "https://docs.google.com/spreadsheets/d/e/2PACX/pub"])
def test_other_addresses(sheetgd: CommandLine, address: str) -> None:
    done = sheetgd("run", address)
    assert (done.code, done.err) == (
        2,
        f"{address} is neither a file nor the address of a Google Sheet; name an .xlsx or .xlsm workbook, or an address "
        "like https://docs.google.com/spreadsheets/d/KEY/edit.\n",
    )


def test_the_gid_chooses_the_sheet(google: Google, tmp_path: Path) -> None:
    file = google.add(from_xlsx=draw(tmp_path / "two.xlsx", sheets=("One", "Two")))
    assert file.book
    plain, first, second = (file.url.partition("#")[0] + end for end in ("", "#gid=0", "#gid=1001"))
    assert [tab.id for tab in file.book.tabs] == [0, 1001]
    for address, sheet, expected in (
        (first, None, "One"), (second, None, "Two"), (second, "One", "One"), (plain, "Two", "Two"),
    ):  # fmt: skip
        with library.open_book(address) as book:
            assert book.look(sheet).sheet.name == expected
    with library.open_book(plain) as book:
        assert error_of(book.look) == (
            'lesson: 2 sheets have a step table: One, Two; choose one with --sheet "One", or run each with --all.'
        )
    assert error_of(lambda: library.open_book(plain + "#gid=5")) == (
        "lesson: it has no sheet with gid=5, which the address names; copy the address again; its sheets are One, Two."
    )


def test_all_means_every_sheet_whatever_the_gid(google: Google, sheetgd: CommandLine, tmp_path: Path) -> None:
    file = google.add(from_xlsx=draw(tmp_path / "two.xlsx", sheets=("One", "Two")))
    done = sheetgd("run", file.url, "--all", "--json", env=google.environment)
    assert [json.loads(line)["sheet"] for line in done.out.splitlines()] == ["One", "Two"], done.err
    assert google.count() == {"token": 1, "read": 1, "write": 1}


# -- the commands ----------------------------------------------------------------------------------------------------
def test_the_commands_say_what_they_say_of_a_file(
    google: Google, lesson: File, sheetgd: CommandLine, drawn: Path, tmp_path: Path
) -> None:
    (tmp_path / "Class 7b").write_bytes(drawn.read_bytes())
    for words in (["look"], ["look", "--json"], ["run"], ["run", "--json"], ["run", "--learn", "0.1"], ["reset"],
                  ["reset", "--json"], ["run", "--learn", "0"]):  # fmt: skip
        ours = sheetgd(words[0], lesson.url, *words[1:], env=google.environment)
        expected = sheetgd(words[0], "Class 7b", *words[1:])
        assert (ours.code, ours.out, ours.err) == (expected.code, expected.out, expected.err), words
    assert shown(lesson, "D4", "O8") == [1, None]


def test_a_look_reads_once_and_may_not_write(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    assert sheetgd("look", lesson.url, env=google.environment).code == 0
    assert google.count() == {"token": 1, "read": 1}
    assert google.tokens.asked == [(ROBOT, frozenset({SCOPE + "spreadsheets.readonly"}))]


def test_a_run_reads_once_and_writes_once(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    assert sheetgd("run", lesson.url, "--epochs", 1500, env=google.environment).code == 0
    assert google.count() == {"token": 1, "read": 1, "write": 1}
    assert google.tokens.asked == [(ROBOT, frozenset({SCOPE + "spreadsheets"}))]
    m, b, _ = stepping(1500)
    assert shown(lesson, "D4", "D5") == pytest.approx([m, b], rel=1e-9)


def test_a_film(google: Google, lesson: File, sheetgd: CommandLine, tmp_path: Path) -> None:
    assert lesson.book
    lesson.book.title = 'Class 7b: "m/b"?'
    done = sheetgd("animate", lesson.url, "--epochs", 2, env=google.environment)
    assert done.code == 0 and (tmp_path / "Class 7b_ _m_b__.gif").stat().st_size > 1000, done.err
    assert google.count() == {"token": 1, "read": 1} and shown(lesson, "D4") == [1]


@pytest.mark.parametrize("command", ["run", "reset"])
def test_files_are_not_for_google_sheets(google: Google, lesson: File, sheetgd: CommandLine, command: str) -> None:
    done = sheetgd(command, lesson.url, "-o", "copy.xlsx", env=google.environment)
    assert (done.code, done.err) == (
        2,
        "Class 7b: a Google Sheet is changed where it is, not written to a file (-o); leave -o out, or download the "
        "sheet as .xlsx and use that.\n",
    )
    done = sheetgd(command, lesson.url, "--force", env=google.environment)
    assert (done.code, done.err) == (
        2, "Class 7b: --force is for files; a Google Sheet needs none; leave --force out.\n",
    )  # fmt: skip
    assert google.count()["read"] == 2 and "write" not in google.count()


def test_files_need_nothing_of_google(sheetgd: CommandLine, drawn: Path, tmp_path: Path) -> None:
    """Not even its libraries."""
    (tmp_path / "lesson.xlsx").write_bytes(drawn.read_bytes())
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nfor name in ('gspread', 'google.auth', 'requests', 'urllib3'):\n    sys.modules[name] = None\n"
    )
    for words in (["look"], ["run"], ["reset"]):
        done = sheetgd(*words, "lesson.xlsx", env={"PYTHONPATH": f"{tmp_path}:{Path(library.__file__).parents[1]}"})
        assert done.code == 0, done.err


# -- what is written -------------------------------------------------------------------------------------------------
def test_only_cells_of_the_run_are_written(google: Google, lesson: File) -> None:
    before = state(lesson)
    run(lesson, epochs=2)
    after = state(lesson)
    changed = {place for place in {*before["typed"], *after["typed"]}
               if before["typed"].get(place) != after["typed"].get(place)}  # fmt: skip
    assert changed == {(3, 3), (4, 3), *((row, column) for row in (7, 8) for column in (14, 15, 16, 17))}
    [call] = [call for call in google.calls if call.kind == "write"]
    assert {name for request in call.body["requests"] for name in request} <= {"updateCells", "repeatCell"}
    assert {request["updateCells"]["fields"] for request in call.body["requests"] if "updateCells" in request} == {
        "userEnteredValue"
    }


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
    assert google.count() == {"token": 1, "read": 1, "write": 1}


def test_a_spreadsheet_cannot_grow_for_ever(google: Google, lesson: File) -> None:
    assert lesson.book
    lesson.book.tab().properties["gridProperties"]["rowCount"] = 100
    lesson.book.tabs[1].properties["gridProperties"].update(rowCount=99_980, columnCount=100)
    assert error_of(lambda: run(lesson, epochs=200)) == (
        "Class 7b, sheet Descent: a Google Sheet holds at most 10,000,000 cells; run fewer epochs, log fewer with "
        "--log-every, or reset first."
    )
    assert "write" not in google.count()


def test_locales_and_the_numbers_are_the_same(google: Google, drawn: Path) -> None:
    """A German sheet writes ; and 0,01 in its formulas, which stay as they are."""
    german = google.add("deutsch", from_xlsx=drawn, locale="de_DE")
    english = google.add("english", from_xlsx=drawn)
    before = state(german)["typed"]
    found, expected = run(german, epochs=5), run(english, epochs=5)
    assert found.parameters == expected.parameters and found.log == expected.log and found.warnings == []
    formulas = {place: typed for place, typed in before.items() if typed and "formulaValue" in typed}
    assert len(formulas) > 200 and formulas.items() <= state(german)["typed"].items()
    assert any(";" in typed["formulaValue"] for typed in formulas.values())


def test_formulas_as_people_write_them_in_google(google: Google) -> None:
    """Array formulas, references without an end, cells that a formula fills, and a long name of a sheet."""
    title = "Gradient descent / class 7b, second half of the year"
    cells = lesson_cells()
    cells["B5"] = f"=SQRT(SUM('{title}'!S9:S)/COUNT(A9:A11))"
    cells["S9"] = "=ARRAYFORMULA((A9:A11*B3+B4-B9:B11)^2)"
    odd, plain = google.add("odd", cells={}), google.add("plain", cells=lesson_cells())
    assert odd.book
    odd.book.tab().properties["title"] = "Lesson"
    odd.book.calculator.pretended[cells["B5"]] = 0.0
    for address, value in cells.items():
        if address not in ("B5", "S9"):
            odd.book.put(address, value)
    odd.book.put("S9", "=(A9:A11*B3+B4-B9:B11)^2")
    odd.book.put("B5", "=SQRT(SUM(S9:S1000)/COUNT(A9:A11))")
    odd.book.tab().properties["title"] = title

    real = odd.book.tab().cells
    found = run(odd, epochs=2)
    assert found.as_json()["parameters"] == run(plain, epochs=2).as_json()["parameters"]
    assert found.loss and found.loss.after == pytest.approx(shown(plain, "B5")[0], rel=1e-13)
    assert real is not None and found.warnings == []
