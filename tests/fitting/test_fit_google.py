"""`sheetgd fit` on a Google Sheet: one read, a second look, one write, and what is refused."""

from __future__ import annotations

import pytest

import sheetgd as library
from conftest import CommandLine
from fakes.google.drive import File
from fakes.google.server import Google
from fit_sheets import LINE, LINE_B, LINE_LOSS, LINE_M
from sheetgd.books.book import Book
from sheetgd.books.opening import open_book
from sheetgd.errors import SheetgdError
from sheetgd.fitting.fit import Fit

ASKED = ["--minimize", "B3", "--change", "B1:B2", "--epochs", "2000"]


@pytest.fixture
def line(google: Google) -> File:
    """Three points and a line, whose least squares are known by hand."""
    return google.add("line", cells=LINE)


def fitted(book: Book, epochs: int = 5) -> Fit:
    return library.fit(book, minimize="B3", change="B1:B2", epochs=epochs)


def test_a_fit_is_one_read_a_second_look_and_one_write_with_its_log(
    google: Google, line: File, sheetgd: CommandLine
) -> None:
    done = sheetgd("fit", line.url, *ASKED, "--log", "D1", "--json", env=google.environment)
    assert (done.code, done.err) == (0, "")
    assert google.count() == {"token": 1, "read": 2, "write": 1}
    assert line.book
    found = {cell: line.book.value(cell) for cell in ("B1", "B2", "B3", "D1", "E1", "D2", "E2")}
    assert found["B1"] == pytest.approx(LINE_M, abs=1e-3) and found["B2"] == pytest.approx(LINE_B, abs=2e-3)
    assert found["B3"] == pytest.approx(LINE_LOSS, rel=1e-6)
    start = (9 + 9 + 36) / 3  # of m = b = 1: the points are 3, 3 and 6 above the line
    assert [found[cell] for cell in ("D1", "E1", "D2", "E2")] == ["epoch", "loss", 0, start]
    rows = len(done.json()["log"]) + 1
    assert line.book.value(f"D{rows + 1}") == done.json()["epochs"]
    assert line.book.value(f"E{rows + 1}") == pytest.approx(found["B3"], rel=1e-6)
    assert line.book.value(f"D{rows + 2}") is None
    assert [line.book.value(cell) for cell in ("A1", "B6", "B8")] == ["m", 5, 10]


def test_formulas_in_the_words_of_germany_are_fitted(google: Google) -> None:
    file = google.add(
        locale="de_DE", cells={**LINE, "B3": "=SUMPRODUCT((A6:A8*B1+B2-B6:B8)^2)/3+0*SUM(0.5,B1)"}
    )
    with open_book(file.url) as book:
        found = fitted(book, 2000)
    assert file.book and file.book.value("B1") == found.history.parameters["m"].after
    assert file.book.value("B1") == pytest.approx(LINE_M, abs=1e-3)


def test_what_is_typed_during_a_fit_is_not_lost(google: Google, line: File) -> None:
    """A point that changes makes the fit another one: it is taken back. A note elsewhere does not matter."""
    assert line.book
    google.meanwhile("write", lambda: google.type(line, "B8", 12))
    with pytest.raises(SheetgdError) as caught, open_book(line.url) as book:
        fitted(book)
    assert str(caught.value) == (
        "line: the sheet changed during the run (Sheet1!B8); nothing of the run was kept; run again when nobody is "
        "typing."
    )
    assert [line.book.value(cell) for cell in ("B1", "B2", "B8")] == [1, 1, 12]
    google.meanwhile("write", lambda: google.type(line, "D8", "a note"))
    with open_book(line.url) as book:
        found = fitted(book)
    assert line.book.value("B1") == found.history.parameters["m"].after != 1
    assert line.book.value("D8") == "a note"


def test_the_cell_that_an_error_comes_from_is_named(google: Google, sheetgd: CommandLine) -> None:
    file = google.add("line", cells={**LINE, "B8": "=D8+1", "D8": "=1/0"})
    done = sheetgd("fit", file.url, *ASKED, env=google.environment)
    assert (done.code, done.out, done.err) == (
        1,
        "",
        "line, Sheet1!B3: the objective is the error #DIV/0! because of D8, whose formula is =1/0; fix it there.\n",
    )


@pytest.mark.parametrize("after", [False, True])
def test_a_lost_answer_does_no_harm(google: Google, line: File, after: bool) -> None:
    google.fail("write", 503, after=after)
    with open_book(line.url) as book:
        found = fitted(book)
    assert line.book and line.book.value("B1") == found.history.parameters["m"].after


@pytest.mark.parametrize(
    ("words", "share", "code", "said"),
    [
        ([], "reader", 1, "may read it but not change it; press Share in Google Sheets and add"),
        ([], None, 1, "it is not shared with"),
        (["-o", "x.xlsx"], "writer", 2, "a Google Sheet is changed in place, not written to a file (-o)"),
        (
            ["--log", "A5"],
            "writer",
            1,
            'line, Sheet1!A5: the log may need A5:B106, and A5 there holds the text "x"; name another cell for --log.',
        ),
    ],
)
def test_what_is_refused_changes_nothing(
    google: Google, sheetgd: CommandLine, words: list[str], share: str | None, code: int, said: str
) -> None:
    file = google.add("line", cells=LINE, share=share)
    done = sheetgd("fit", file.url, *ASKED[:-1], "50", *words, env=google.environment)
    assert done.code == code and said in done.err and "Traceback" not in done.err
    assert file.book and [file.book.value(cell) for cell in ("B1", "B2", "A5")] == [1, 1, "x"]
