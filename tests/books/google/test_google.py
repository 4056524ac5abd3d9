"""Google Sheets: how many calls, what happens when they fail or others type meanwhile, and every refusal in words.

`google` is the tests' own Google, to which the real gspread and google-auth speak (tests/google_server.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import sheetgd as library
from conftest import CommandLine
from google_drive import File
from google_server import Google
from google_tokens import ROBOT, SCOPE, TEACHER
from loops import stepping
from sheetgd.books.opening import google_address
from sheetgd.epochs.history import History
from sheetgd.epochs.run import run_sheets
from sheetgd.errors import SheetgdError
from sheetgd.grid.edits import Edits
from small_lesson import draw, lesson_cells

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
        return library.run(book, **options)


def error_of(call: Callable[..., Any], *arguments: Any) -> str:
    with pytest.raises(SheetgdError) as caught:
        call(*arguments)
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


def before_each_write(google: Google, *actions: Callable[[], None]) -> None:
    """Let somebody else do something just before each of the next batches takes effect."""
    if actions:

        def act() -> None:
            actions[0]()
            before_each_write(google, *actions[1:])

        google.meanwhile("write", act)


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


def test_a_file_with_a_name_like_a_key_is_a_file(sheetgd: CommandLine, drawn: Path, tmp_path: Path) -> None:
    (tmp_path / KEY).write_bytes(drawn.read_bytes())
    assert sheetgd("look", KEY).code == 0


@pytest.mark.parametrize(
    "address", ["https://example.org/a.xlsx", "https://docs.google.com/spreadsheets/d/e/2PACX/pub"]
)
def test_other_addresses(sheetgd: CommandLine, address: str) -> None:
    done = sheetgd("run", address)
    assert (done.code, done.err) == (
        2,
        f"{address} is neither a file nor the address of a Google Sheet; name an .xlsx or .xlsm workbook, or an "
        "address like https://docs.google.com/spreadsheets/d/KEY/edit.\n",
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
            assert library.look(book, sheet).sheet.name == expected
    with library.open_book(plain) as book:
        assert error_of(library.look, book) == (
            'lesson: 2 sheets have a step table: One, Two; choose one with --sheet "One".'
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
    for words in (["look"], ["run"], ["run", "--learn", "0.1"], ["reset", "--json"]):
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


def test_a_film_is_of_a_run_that_is_not_written(google: Google, lesson: File) -> None:
    """Reading is enough for it; its file is named like the spreadsheet."""
    from sheetgd.animation import make_film
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
            "Class 7b: a Google Sheet is changed where it is, not written to a file (-o); leave -o out, or download "
            "the sheet as .xlsx and use that."
        )
        assert error_of(lambda: call(force=True)) == (
            "Class 7b: --force is for files; a Google Sheet needs none; leave --force out."
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


def test_a_formula_that_only_google_knows(google: Google) -> None:
    """Left alone where nothing depends on it; refused by name where the loss does."""
    price = '=GOOGLEFINANCE("GOOG")'
    file = google.add(cells=lesson_cells())
    assert file.book
    file.book.calculator.pretended = {price: 150.5}
    file.book.put("S1", price)
    file.book.put("S2", "=S1*2")
    assert run(file, epochs=1).warnings == [
        "Sheet1!S1 left at the stored result: the formula engine does not know a function or a name in it"
    ]
    assert shown(file, "S1", "S2", "N9") == [150.5, 301, 1] and file.book.formula("S1") == price
    file.book.put("B1", "=S1/1000000")
    assert error_of(lambda: run(file)) == (
        "lesson, Sheet1!S1: m depends on this formula, and the formula engine does not know a function or a name in "
        "it; write it with other functions, or type its result as a number."
    )


def test_google_computes_something_else(google: Google, lesson: File) -> None:
    """What is seen only after the write is said."""
    assert lesson.book
    formula = lesson.book.formula("K3")
    assert formula
    google.meanwhile("write", lambda: lesson.book.calculator.pretended.update({formula: 15.5}))  # type: ignore[union-attr]
    assert run(lesson, epochs=5).warnings == [
        "Google finds 15.5 in Descent!K3 where sheetgd found 15.7208033438622"
    ]


# -- others type at the same time ------------------------------------------------------------------------------------
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
    assert google.count() == {"token": 1, "read": 2, "write": 3}
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
    assert shown(file, "N9", "N10", "N18", "O10") == [1, None, None, None]


def test_changes_that_matter_to_nothing(google: Google, lesson: File) -> None:
    before_each_write(google, lambda: google.type(lesson, "Z1", "what a nice lesson"))
    assert run(lesson, epochs=5).warnings == []
    assert google.count() == {"token": 1, "read": 1, "write": 1} and shown(lesson, "Z1") == [
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
    assert google.count() == {"token": 1, "read": 4, "write": 8}
    assert state(file)["typed"] == {**before["typed"], (8, 0): {"numberValue": 13}}


def test_rows_are_inserted_during_a_run(google: Google, lesson: File) -> None:
    assert lesson.book
    grid = lesson.book.tab().properties["gridProperties"]
    google.meanwhile("write", lambda: grid.update(rowCount=grid["rowCount"] + 1))
    assert error_of(lambda: run(lesson, epochs=1)) == (
        "Class 7b, sheet Descent: rows or columns were inserted or deleted while sheetgd wrote, so that it may have "
        "written into wrong cells (D4:D5, O8:R8); look at the sheet, and go back with File > Version history if need "
        "be."
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
            "Class 7b: the sheet was deleted while sheetgd was at work; look whether it is still there, and try again."
        )


# -- faults ----------------------------------------------------------------------------------------------------------
FAULTS = [429, 500, 502, 503, "cut", "reset"]


@pytest.mark.parametrize(
    ("call", "after", "fault"),
    [
        *[(call, False, fault) for call in ("token", "read") for fault in (503, "cut", "reset")],
        *[("write", after, fault) for after in (False, True) for fault in FAULTS],
    ],
)
def test_a_fault_at_any_call_changes_nothing(
    google: Google, drawn: Path, naps: Naps, call: str, fault: int | str, after: bool
) -> None:
    calm, rough = google.add(from_xlsx=drawn), google.add(from_xlsx=drawn)
    expected = run(calm, epochs=3)
    google.fail(call, fault, after=after, times=1 if fault == "cut" else 2)
    history = run(rough, epochs=3)
    assert history.parameters == expected.parameters and history.warnings == []
    assert state(rough) == state(calm)
    assert all(nap < 4 for nap in naps)


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "after it"])
@pytest.mark.parametrize("fault", [503, "cut", "reset"])
def test_a_colour_scale_is_never_doubled(google: Google, naps: Naps, fault: int | str, after: bool) -> None:
    grid = {"S8": "m", "U6": "b", "U7": 0, "V7": 10, "W7": 20, "T8": 1, "T9": 2, "T10": 3}
    file = google.add(cells=lesson_cells() | grid)
    google.fail("write", fault, after=after)
    history = run(file, epochs=1)
    assert file.book and len(file.book.tab().rules) == 1 and shown(file, "N9", "N10") == [1, None]
    assert history.warnings == [] and len(file.book.names) == 1
    file.book.tab().rules.clear()  # the teacher removes it
    run(file, epochs=1)
    assert len(file.book.tab().rules) == 1
    run(file, epochs=1)
    assert len(file.book.tab().rules) == 1 and len(file.book.names) == 2


def test_waits_as_long_as_google_asks(google: Google, lesson: File, naps: Naps) -> None:
    google.fail("read", 429, retry_after=17)
    google.fail("write", 503, retry_after=100_000)
    run(lesson, epochs=1)
    assert naps == [17, 120]


def test_waits_grow_and_are_never_the_same(google: Google, lesson: File, naps: Naps) -> None:
    google.fail("read", 503, times=7)
    run(lesson, epochs=1)
    assert len(naps) == 7 and len(set(naps)) == 7
    assert all(2**n / 2 <= nap <= 2**n for n, nap in enumerate(naps))


def test_the_quota_of_a_minute(google: Google, lesson: File, naps: Naps) -> None:
    """It is waited for; sixty reads were spent by others."""
    with library.open_book(lesson.url) as book:
        for _ in range(59):
            book.google.read(lesson.id, "properties.title")  # type: ignore[attr-defined]
        assert naps == []
        book.refresh()  # type: ignore[attr-defined]
        library.run(book, epochs=1)
    assert sum(naps) > 30 and shown(lesson, "O8") == [1]


def test_a_server_that_does_not_answer(
    google: Google, lesson: File, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sheetgd.books.google.client.TIMEOUT", (5.0, 0.3))
    google.fail("write", "hang", after=True, times=2)
    run(lesson, epochs=2)
    assert shown(lesson, "O8", "O9", "O10") == [1, 2, None]


# -- refusals --------------------------------------------------------------------------------------------------------
UNREACHED = "{}: Google cannot be reached (the connection breaks off); check the network and try again."
START = "look at the sheet's start cells: if they are as they were, nothing was written; then try again."


@pytest.mark.parametrize(
    ("call", "fault", "times", "text"),
    [
        ("read", 429, 8, "{}: Google allows 60 reads and 60 writes a minute, and these are used up; wait a minute and "
                         "try again."),
        ("read", 500, 8, "{}: Google's servers failed several times (HTTP 500); try again in some minutes."),
        ("write", 503, 8, "Class 7b: Google's servers failed several times (HTTP 503); " + START),
        ("write", 502, 8, "Class 7b: Google's servers failed several times (HTTP 502); " + START),
        ("read", "reset", 9, UNREACHED),
        ("write", "reset", 9, "Class 7b: Google cannot be reached (the connection breaks off); check the network, and "
                              + START),
        ("read", "cut", 2, UNREACHED),
        ("token", "reset", 9, UNREACHED),
        ("token", "cut", 2, UNREACHED),
    ],
)  # fmt: skip
def test_faults_that_do_not_pass(
    google: Google, lesson: File, naps: Naps, call: str, fault: int | str, times: int, text: str
) -> None:
    google.fail(call, fault, times=times)
    before = state(lesson)
    assert error_of(lambda: run(lesson)) == text.format(lesson.id)
    assert state(lesson) == before and sum(naps) < 300


def test_no_network(google: Google, lesson: File, naps: Naps) -> None:
    google.offline(1000)
    assert error_of(lambda: run(lesson)) == (
        f"{lesson.id}: Google cannot be reached (its address is not found); check the network and try again."
    )


def test_not_shared(google: Google, drawn: Path, sheetgd: CommandLine) -> None:
    file = google.add(from_xlsx=drawn, share=None)
    done = sheetgd("run", file.url, env=google.environment)
    assert (done.code, done.err) == (
        1,
        f"{file.id}: it is not shared with {ROBOT}; press Share in Google Sheets and add {ROBOT} as an Editor.\n",
    )
    google.sign_in("spreadsheets")
    file.owner = "colleague@example.org"
    assert file.book
    assert error_of(lambda: run(file)) == (
        f"{file.id}: it is not shared with the account that you are logged in with; press Share in Google Sheets and "
        "add the account that you are logged in with as an Editor, or log in with another account: sheetgd login."
    )


def test_shared_for_reading_only(google: Google, drawn: Path) -> None:
    file = google.add(from_xlsx=drawn, share="reader")
    with library.open_book(file.url) as book:
        assert library.look(book).sheet.name == "Descent"
        assert error_of(library.run, book) == (
            f"lesson: {ROBOT} may read it but not change it; press Share in Google Sheets and add {ROBOT} as an Editor."
        )


def test_no_such_sheet(google: Google) -> None:
    assert error_of(lambda: library.open_book(f"https://docs.google.com/spreadsheets/d/{KEY}/edit")) == (
        f"{KEY}: there is no Google Sheet at this address; copy the address again from the browser in which the sheet "
        "is open."
    )


def test_an_excel_file_on_drive(google: Google, lesson: File) -> None:
    lesson.book = None
    assert error_of(lambda: run(lesson)) == (
        f"{lesson.id}: it is an Excel file kept in Google Drive, not a Google Sheet; open it there, choose File > "
        "Save as Google Sheets, and use the address of the new sheet."
    )


def test_the_api_is_not_switched_on(google: Google, lesson: File) -> None:
    google.disabled.add("sheets.googleapis.com")
    assert error_of(lambda: run(lesson)) == (
        f"{lesson.id}: the Google Sheets API is not switched on in the project of {google.key}; open "
        "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project=123456789012, press "
        "Enable, wait a minute, and try again."
    )


def test_protected_cells(google: Google, lesson: File) -> None:
    assert lesson.book
    lesson.book.protect("D5:R9", editors=("colleague@example.org",))
    assert error_of(lambda: run(lesson, epochs=2)) == (
        f"Class 7b, sheet Descent: sheetgd would write into D5, O8:R9, which is protected, and {ROBOT} may not change "
        "it; ask its owner to allow it (Data > Protect sheets and ranges)."
    )
    assert "write" not in google.count()
    lesson.book.tab().protected[0]["warningOnly"] = True
    assert run(lesson, epochs=2).epochs == 2
    lesson.book.tab().protected.clear()
    google.meanwhile("write", lambda: lesson.book.protect("D5"))  # type: ignore[union-attr]
    assert error_of(lambda: run(lesson, epochs=2)) == (
        f"Class 7b: sheetgd would write into cells that are protected, which {ROBOT} may not change; ask its owner to "
        "allow it (Data > Protect sheets and ranges)."
    )


def test_a_sheet_that_is_protected_but_for_some_cells(google: Google, lesson: File) -> None:
    assert lesson.book
    lesson.book.protect("A1:Z1000")
    free = {"sheetId": 0, "startRowIndex": 3, "endRowIndex": 5, "startColumnIndex": 3, "endColumnIndex": 4}
    log = {"sheetId": 0, "startRowIndex": 7, "startColumnIndex": 14}
    lesson.book.tab().protected[0]["unprotectedRanges"] = [free, log]
    assert run(lesson, epochs=2).epochs == 2


# -- who is logged in ------------------------------------------------------------------------------------------------
def test_nobody_is_logged_in(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    google.key.unlink()
    done = sheetgd("run", lesson.url, env=google.environment)
    assert (done.code, done.err) == (
        1,
        f"{lesson.id}: nobody is logged in to Google: {google.config} holds neither authorized_user.json nor "
        "service_account.json; run sheetgd login, which says what to put there.\n",
    )
    assert google.calls == []


def test_a_person_is_logged_in(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    google.sign_in("spreadsheets")
    assert sheetgd("run", lesson.url, env=google.environment).code == 0
    assert {call.user for call in google.calls} == {TEACHER}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("{", "{path} is not a file of credentials (JSON); download it again, or delete it"),
        ("[]", "{path} is not a file of credentials (JSON); download it again, or delete it"),
        ("{}", "{path} is not a service account's key; make a new key for it in the Google Cloud console (of type "
               "JSON) and save it there"),
    ],
)  # fmt: skip
def test_keys_that_are_none(
    google: Google, lesson: File, sheetgd: CommandLine, content: str, text: str
) -> None:
    google.key.write_text(content)
    done = sheetgd("run", lesson.url, env=google.environment)
    assert (done.code, done.err) == (1, f"{lesson.id}: {text.format(path=google.key)}.\n")


def test_a_login_that_has_expired(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    stored = google.sign_in("spreadsheets")
    google.tokens.revoked = True
    done = sheetgd("run", lesson.url, env=google.environment)
    assert (done.code, done.err) == (
        1,
        f"{lesson.id}: your login to Google has expired or was revoked (invalid_grant); delete {stored} and run: "
        "sheetgd login.\n",
    )


def test_a_key_that_is_no_longer_accepted(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    google.tokens.revoked = True
    done = sheetgd("run", lesson.url, env=google.environment)
    assert (done.code, done.err) == (
        1,
        f"{lesson.id}: Google does not accept the key of {ROBOT} (invalid_grant); check this computer's clock, or "
        f"make a new key for {ROBOT} in the Google Cloud console and save it as {google.key}.\n",
    )


def test_a_login_with_too_few_rights(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    google.sign_in("drive.file")
    done = sheetgd("run", lesson.url, env=google.environment)
    assert (done.code, done.err) == (
        1, f"{lesson.id}: your login does not allow spreadsheets; run: sheetgd login.\n",
    )  # fmt: skip


def test_a_token_that_runs_out_during_a_run(google: Google, lesson: File) -> None:
    with library.open_book(lesson.url) as book:
        google.tokens.forget()
        library.run(book, epochs=2)
    assert shown(lesson, "O9") == [2] and google.count()["token"] == 2


def test_secrets_are_never_shown(google: Google, lesson: File, sheetgd: CommandLine) -> None:
    secret = json.loads(google.key.read_text())["private_key"].splitlines()[1]
    for revoked in (False, True):
        google.tokens.revoked = revoked
        done = sheetgd("run", lesson.url, env={**google.environment, "PYTHONVERBOSE": ""})
        assert secret not in done.out + done.err and "ya29" not in done.out + done.err


# -- polling ---------------------------------------------------------------------------------------------------------
def test_a_poll_reads_some_cells_by_one_small_call(google: Google, tmp_path: Path) -> None:
    file = google.add(from_xlsx=draw(tmp_path / "two.xlsx", sheets=("One", "Two")))
    assert file.book
    with library.open_book(file.url.partition("#")[0]) as book:
        google.type(file, "S1", True, "Two")
        google.type(file, "S2", "words", "Two")
        file.book.tabs[1].properties["title"] = "Zwei"
        places = [("Two", (1, 19)), ("Two", (2, 19)), ("Two", (3, 19)), ("One", (5, 2)), ("One", (9, 1))]
        found = book.poll(places)  # type: ignore[attr-defined]
    loss = file.book.value("B5", "One")
    assert list(found.items()) == list(zip(places, [True, "words", None, loss, 7.0], strict=True))
    assert google.count() == {"token": 1, "read": 2}
    assert len(str(google.calls[-1].body)) < 800


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
