"""What every book does, whatever it is kept in: the same layout, the same run, the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sheetgd
from fakes.google.server import Google
from loops import stepping
from office import read_stored
from sheetgd.errors import SheetgdError
from sheetgd.grid.a1 import Area
from sheetgd.grid.edits import Edits
from small_lesson import draw


class Kept:
    """A workbook in one of the places: how to open it, and what it shows."""

    def __init__(self, path: Path, google: Google | None) -> None:
        self.path = path
        self.file = google.add(path.name, from_xlsx=path) if google else None

    def open(self) -> sheetgd.Book:
        return sheetgd.open_book(self.address)

    @property
    def address(self) -> str:
        """Without a sheet's gid: a file has none either."""
        return self.file.url.partition("#")[0] if self.file else str(self.path)

    def value(self, sheet: str, address: str) -> Any:
        """What a cell shows, as another reader sees it."""
        if self.file and self.file.book:
            return self.file.book.value(address, sheet)
        return read_stored(self.path)[sheet].get(address)


Keep = Callable[..., Kept]


@pytest.fixture(params=["xlsx", "google"])
def keep(request: pytest.FixtureRequest, tmp_path: Path) -> Keep:
    """A function that puts a workbook into the place that the test is about: a lesson by name, or one at a path."""
    google = request.getfixturevalue("google") if request.param == "google" else None

    def put(lesson: str | Path) -> Kept:
        path = lesson if isinstance(lesson, Path) else sheetgd.new(lesson, tmp_path / "lesson.xlsx")
        return Kept(path, google)

    return put


def refused(call: Callable[[], Any]) -> str:
    """The error of a call, without the book's name."""
    with pytest.raises(SheetgdError) as caught:
        call()
    return str(caught.value).partition("lesson.xlsx, ")[2] or str(caught.value)


@pytest.mark.parametrize("lesson", ["descent", "original", "weight", "weights", "penguins", "network"])
def test_the_same_layout(keep: Keep, tmp_path: Path, lesson: str) -> None:
    kept = keep(lesson)
    with kept.open() as book, sheetgd.open_book(kept.path) as file:
        assert book.sheet_names == file.sheet_names
        assert sheetgd.look(book).as_json() == sheetgd.look(file).as_json()


@pytest.mark.parametrize("epochs", [1, 5, 100])
def test_a_run_is_that_of_a_plain_loop(keep: Keep, epochs: int) -> None:
    kept = keep("descent")
    with kept.open() as book:
        history = sheetgd.run(book, epochs=epochs)
    m, b, rmse = stepping(epochs)
    assert (history.parameters["m"].after, history.parameters["b"].after) == (m, b)
    assert (kept.value("Descent", "D4"), kept.value("Descent", "D5")) == (m, b)
    assert kept.value("Descent", "K3") == pytest.approx(rmse, rel=1e-13)
    assert kept.value("Descent", f"O{7 + epochs}") == epochs
    assert kept.value("Descent", f"P{7 + epochs}") == m
    assert kept.value("Descent", f"O{8 + epochs}") is None
    assert history.warnings == []


def test_runs_go_on_from_each_other_in_one_book(keep: Keep) -> None:
    kept = keep("descent")
    with kept.open() as book:
        sheetgd.run(book, epochs=2)
        again = sheetgd.run(book, epochs=3)
    m, b, _ = stepping(5)
    assert (again.parameters["m"].after, again.parameters["b"].after) == (m, b)
    assert [kept.value("Descent", f"O{row}") for row in range(7, 14)] == [0, 1, 2, 3, 4, 5, None]


def test_the_history_is_the_same_for_all(keep: Keep) -> None:
    """But for the book's name, to the last digit."""
    kept = keep("original")
    with kept.open() as book:
        found = sheetgd.run(book, epochs=7).as_json()
    path = sheetgd.new("original", kept.path.with_name("other.xlsx"))
    with sheetgd.open_book(path) as book:
        expected = sheetgd.run(book, epochs=7).as_json()
    assert {**found, "book": ""} == {**expected, "book": ""} and found["book"] == "lesson.xlsx"


def test_reset_puts_everything_back(keep: Keep) -> None:
    kept = keep("descent")
    with kept.open() as book:
        before = {cell: kept.value("Descent", cell) for cell in ("D4", "D5", "K3", "C39", "O7", "R7", "J94")}
        sheetgd.run(book, epochs=3)
        assert kept.value("Descent", "R10") is not None
        history = sheetgd.reset(book)
    assert {cell: kept.value("Descent", cell) for cell in before} == before
    assert kept.value("Descent", "O8") is None and history.parameters["m"].after == 1.0


@pytest.mark.parametrize(("lesson", "sheets"), [("belts", 2), ("optimizers", 4)])
def test_every_sheet(keep: Keep, lesson: str, sheets: int) -> None:
    from sheetgd.epochs.run import run_sheets

    kept = keep(lesson)
    with kept.open() as book:
        found = [history.as_json() for history in run_sheets(book, every=True, epochs=4)]
    path = sheetgd.new(lesson, kept.path.with_name("other.xlsx"))
    with sheetgd.open_book(path) as book:
        expected = [history.as_json() for history in run_sheets(book, every=True, epochs=4)]
    assert len(found) <= sheets
    assert [{**entry, "book": ""} for entry in found] == [{**entry, "book": ""} for entry in expected]


@pytest.mark.parametrize("formulas", [True, False])
def test_a_table_with_formulas_and_one_without(keep: Keep, tmp_path: Path, formulas: bool) -> None:
    kept = keep(draw(tmp_path / "lesson.xlsx", formulas=formulas))
    with kept.open() as book:
        history = sheetgd.run(book, epochs=2)
    m = b = 1.0
    for _ in range(2):
        for x, y in ((7, 44), (9, 48), (28, 86)):
            error = (m * x + b - y) ** 2
            slope = (((m + 0.01) * x + b - y) ** 2 - error) / 0.01
            b -= 0.0001 * ((m * x + (b + 0.01) - y) ** 2 - error) / 0.01
            m -= 0.0001 * slope
    assert history.parameters["m"].after == pytest.approx(m, rel=1e-12)
    assert kept.value("Lesson", "B4") == pytest.approx(b, rel=1e-12)
    assert kept.value("Lesson", "N11") == 2


def test_learn_is_typed_into_the_sheet(keep: Keep) -> None:
    kept = keep("descent")
    with kept.open() as book:
        sheetgd.run(book, learn=0.0002, epochs=1)
    assert kept.value("Descent", "H3") == 0.0002


def test_a_run_that_diverges_leaves_the_sheet(keep: Keep) -> None:
    kept = keep("descent")
    with kept.open() as book:
        history = sheetgd.run(book, learn=0.1, epochs=5)
    assert str(history.diverged) == (
        "Descent!H3: the run diverged in epoch 1 with learn 0.1; the sheet is as it was; for these x, every learn "
        "below 0.000399 (1 / (max x² + 1)) is certainly safe."
    )
    assert (kept.value("Descent", "H3"), kept.value("Descent", "D4")) == (0.0001, 1)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"B1": "0,0001"}, 'Lesson!B1: learn is the text "0,0001", not a number; type 0.0001 as a number.'),
        (
            {"B1": "=1/0"},
            "Lesson!B1: learn is the error #DIV/0!, not a number; fix its formula, or type a number.",
        ),
        ({"B2": 2.5}, "Lesson!B2: epochs is 2.5; type a whole number from 1 to 1,000,000."),
        (
            {"B3": "=1+1"},
            "Lesson!B3: m starts from the formula =1+1, which a run would have to overwrite; "
            "type a number there.",
        ),
        ({"B3": "=1+1", "C9": "=B3"}, ""),
        ({"A10": "seven"}, ""),
        ({"N10": "mine"}, ""),
    ],
)
def test_refusals_are_the_same(keep: Keep, tmp_path: Path, changes: dict[str, Any], text: str) -> None:
    path = draw(tmp_path / "lesson.xlsx", changes)
    kept = keep(path)

    def attempt() -> None:
        with kept.open() as book:
            sheetgd.run(book)

    with sheetgd.open_book(path) as book:
        expected = refused(lambda: sheetgd.run(book))
    assert refused(attempt) == expected and text in ("", expected)


def test_a_sheet_that_is_not_there(keep: Keep) -> None:
    kept = keep("descent")
    with kept.open() as book:
        with pytest.raises(SheetgdError) as caught:
            sheetgd.run(book, sheet="Other")
        assert str(caught.value) == (
            "lesson.xlsx: there is no sheet Other; its sheets are Descent, Valley, Live, For the teacher."
        )


def test_edits_of_every_kind(keep: Keep) -> None:
    kept = keep("descent")
    edits = Edits()
    edits.set("Descent!X2", "=no formula")
    edits.set("Descent!X3", True)
    edits.set("Descent!X4", -1e300)
    edits.set("Descent!X5", "0,5 äöü 🙂")
    edits.set("Descent!D4", 2)
    edits.set("Descent!H4", None)
    with kept.open() as book:
        book.apply(edits)
    shown = [kept.value("Descent", cell) for cell in ("X2", "X3", "X4", "X5", "D4", "H4")]
    assert shown == ["=no formula", True, -1e300, "0,5 äöü 🙂", 2, None]


@pytest.mark.parametrize(
    ("address", "value", "text"),
    [
        (
            "Descent!D4",
            float("nan"),
            "Descent!D4: nan is not a number that a cell can hold; use a finite one.",
        ),
        (
            "Descent!D4",
            float("-inf"),
            "Descent!D4: -inf is not a number that a cell can hold; use a finite one.",
        ),
        (
            "Nowhere!D4",
            1,
            "there is no sheet Nowhere; its sheets are Descent, Valley, Live, For the teacher.",
        ),
        (
            "Descent!K3",
            1,
            "Descent!K3: sheetgd would write here, but it holds the formula ={}; move it, or type a "
            "plain number here.",
        ),
    ],
)
def test_edits_that_are_refused(keep: Keep, address: str, value: Any, text: str) -> None:
    kept = keep("descent")
    edits = Edits()
    edits.set(address, value)
    edits.set("Descent!D5", 7)
    with kept.open() as book:
        formula = book.cells("Descent").formulas[3, 11]
        with pytest.raises(SheetgdError) as caught:
            book.apply(edits)
    assert str(caught.value).endswith(text.format(formula))
    assert kept.value("Descent", "D5") == 1


def test_a_grid_is_filled_and_coloured_once(keep: Keep, tmp_path: Path) -> None:
    grid = {"S8": "m", "U6": "b", "U7": 0, "V7": 10, "W7": 20, "T8": 1, "T9": 2, "T10": 3}
    kept = keep(draw(tmp_path / "lesson.xlsx", grid))
    with kept.open() as book:
        assert sheetgd.look(book, "Lesson").grid is not None
        for _ in range(2):
            sheetgd.run(book, epochs=1)
            assert book.has_color_scale("Lesson", Area.parse("U8:W10"))
    losses = [kept.value("Lesson", cell) for cell in ("U8", "W10")]
    expected = [
        (sum((m * x + b - y) ** 2 for x, y in ((7, 44), (9, 48), (28, 86))) / 3) ** 0.5
        for m, b in ((1, 0), (3, 20))
    ]
    assert losses == pytest.approx(expected, rel=1e-12)
    if kept.file and kept.file.book:
        assert len(kept.file.book.tab("Lesson").rules) == 1


def test_names_dates_and_other_sheets(keep: Keep, tmp_path: Path) -> None:
    """A name for the learning rate, the loss on another sheet, a date where a number is needed."""
    import datetime

    import openpyxl
    from openpyxl.workbook.defined_name import DefinedName

    path = draw(tmp_path / "lesson.xlsx", {"B5": "='Half of it'!A1*2", "B9": "='Half of it'!B1+44"})
    workbook = openpyxl.load_workbook(path)
    other = workbook.create_sheet("Half of it")
    other["A1"] = "=SQRT(SUMPRODUCT((Lesson!A9:A11*Lesson!B3+Lesson!B4-Lesson!B9:B11)^2)/3)*half"
    other["B1"] = 0
    other["C1"] = 0.5
    workbook.defined_names["half"] = DefinedName("half", attr_text="'Half of it'!$C$1")
    workbook.save(path)
    plain = draw(tmp_path / "plain.xlsx")
    with sheetgd.open_book(plain) as book:
        expected = sheetgd.run(book, epochs=2).as_json()["parameters"]
    kept = keep(path)
    with kept.open() as book:
        history = sheetgd.run(book, epochs=2)
        assert history.as_json()["parameters"] == expected
    workbook = openpyxl.load_workbook(draw(tmp_path / "lesson.xlsx"))
    workbook["Lesson"]["B1"] = datetime.date(2026, 11, 21)
    workbook.save(path)
    with keep(path).open() as book:
        assert refused(lambda: sheetgd.run(book)) == (
            "Lesson!B1: learn is the date with the number 46347, not a number; type a plain number and give the cell a "
            "number format."
        )
