"""What the options say of a sheet that leaves a choice, and how a workbook remembers it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import own_sheets
import pytest
from test_misleading_sheets import no_loss, save, two_losses

import sheetgd
from fakes.google.server import Google
from sheetgd.cli.main import main
from sheetgd.errors import UsageError
from small_lesson import draw


def test_the_loss_that_is_chosen_is_remembered(tmp_path: Path) -> None:
    path = save(tmp_path / "own.xlsx", two_losses())
    assert main(["run", str(path)]) == 1
    assert main(["run", str(path), "--loss", "M20", "--remember"]) == 0
    assert main(["run", str(path)]) == 0
    with sheetgd.open_book(path) as book:
        assert sheetgd.look(book).controls.loss == (20, 13)
        assert sheetgd.look(book, loss="M6").controls.loss == (6, 13)
    name = openpyxl.load_workbook(path)["S"].defined_names["sheetgd_loss"]
    assert (name.attr_text, name.hidden) == ("'S'!$M$20", True)


def test_carry_alone_makes_a_sheet_run_and_is_remembered(tmp_path: Path) -> None:
    path = save(tmp_path / "own.xlsx", no_loss())
    with sheetgd.open_book(path) as book:
        first = sheetgd.run(book, epochs=3, carry=[("M7", "M2"), ("M8", "M3")], remember=True)
    assert first.loss is None
    with sheetgd.open_book(path) as book:
        second = sheetgd.run(book, epochs=3)
        back = sheetgd.reset(book)
    whole = save(tmp_path / "whole.xlsx", two_losses())
    with sheetgd.open_book(whole) as book:
        six = sheetgd.run(book, epochs=6, loss="M6")
    after = [change.after for change in second.parameters.values()]
    assert after == pytest.approx([change.after for change in six.parameters.values()], rel=1e-12)
    assert [change.after for change in back.parameters.values()] == [0.0, 0.0]


def test_learn_and_epochs_cells(tmp_path: Path) -> None:
    path = save(tmp_path / "own.xlsx", two_losses() | {"A20": 4, "A21": 0.001})
    with sheetgd.open_book(path) as book:
        history = sheetgd.run(book, loss="M6", epochs_cell="A20", learn_cell="M4")
    assert (history.epochs, history.learn) == (4, 0.01)


@pytest.mark.parametrize("option", ["loss", "learn_cell", "epochs_cell"])
def test_what_is_no_cell(tmp_path: Path, option: str) -> None:
    path = save(tmp_path / "own.xlsx", two_losses())
    with sheetgd.open_book(path) as book, pytest.raises(UsageError) as refused:
        sheetgd.look(book, **{option: "MSE"})  # type: ignore[arg-type]
    word = f"--{option.replace('_', '-')}"
    assert str(refused.value) == (
        f"own.xlsx: {word} MSE: 'MSE' is not a cell address like C7; write it like {word} C7."
    )


def test_a_session_takes_the_same_choices(tmp_path: Path) -> None:
    path = save(tmp_path / "own.xlsx", two_losses() | {"A20": 4})
    with sheetgd.open_book(path) as book:
        with pytest.raises(sheetgd.SheetgdError, match="could be the loss"):
            sheetgd.session(book)
        with sheetgd.session(book, loss="M20", epochs_cell="A20", learn_cell="M4") as lesson:
            history = lesson.run()
            lesson.save()
    assert (history.epochs, history.loss and history.loss.cell) == (4, "M20")


def test_look_says_what_each_could_have_been_and_what_the_other_sheets_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = save(tmp_path / "own.xlsx", own_sheets.batch("en").sheets["Lesson"] | {"O2": 0.5})
    book = openpyxl.load_workbook(path)
    for row in (7, 8):
        book["S"][f"M{row}"] = f"{book['S'][f'M{row}'].value}*$O$2"
    book["S"]["L20"], book["S"]["M20"] = "worst", "=MAX(F2:F7)"
    book.create_sheet("Notes")["A1"] = "see page 3"
    book.save(path)
    assert main(["look", str(path), "--all"]) == 0
    shown = capsys.readouterr().out
    assert "  learn      M4: it multiplies the step in M7, M8; could also be O2: --learn-cell O2\n" in shown
    assert "could also be M20 (worst): --loss M20\n" in shown
    assert "own.xlsx, sheet Notes\n  not run    no step table was found on Notes" in shown
    assert main(["look", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rivals"] == {"learn": ["O2"], "loss": ["M20"]}
    assert found["parameters"]["slope"]["why"].startswith("M7 is M2 and a step that depends on it")
    assert found["why"]["learn"] == "it multiplies the step in M7, M8"
    assert any(what.startswith("log:") for what in found["missing"])


def test_a_word_that_is_an_address_and_a_label_is_refused_with_both_readings(tmp_path: Path) -> None:
    path = draw(tmp_path / "b.xlsx", {"S1": "i11", "T1": 7})
    choices: dict[str, dict[str, Any]] = {
        "i11": {"loss": "i11"},
        "I11": {"carry": [("I11", "B3")]},
        "i11 ": {"carry": [("L11", "i11")]},
    }
    for word, asked in choices.items():
        with sheetgd.open_book(path) as book, pytest.raises(UsageError) as refused:
            sheetgd.run(book, **asked)
        assert str(refused.value) == (
            f"b.xlsx: {word.strip()} is the cell Lesson!I11, and the name or label of Lesson!T1; write Lesson!I11 for "
            "the one, Lesson!T1 for the other."
        )
    with sheetgd.open_book(path) as book:
        assert sheetgd.look(book, carry=[("Lesson!I11", "$B$3")]).parameters["m"].carry == (11, 9)
        assert sheetgd.look(book, loss="T1").controls.loss == (1, 20)
        with pytest.raises(UsageError, match="Other!B5 is not on Lesson; name a cell of it"):
            sheetgd.look(book, loss="Other!B5")


def test_in_a_lesson_the_names_that_look_shows_win(tmp_path: Path) -> None:
    """The cell W1 is empty; w1 is what the parameter is called."""
    path = draw(tmp_path / "w.xlsx", {"A3": "w1", "C8": "w1", "I8": "new w1", "T1": "=I11"})
    with sheetgd.open_book(path) as book:
        found = sheetgd.look(book, carry=[("T1", "w1")]).parameters["w1"]
        assert (found.start, found.carry) == ((3, 2), (1, 20))
        sheetgd.run(book, carry=[("T1", "w1")], remember=True)
    assert openpyxl.load_workbook(path)["Lesson"].defined_names["sheetgd_to_1"].attr_text == "'Lesson'!$B$3"


def test_a_google_sheet_remembers_by_named_ranges(google: Google, tmp_path: Path) -> None:
    """A spreadsheet has only one range of a name: the second sheet's are told from the first's."""
    book = openpyxl.load_workbook(save(tmp_path / "own.xlsx", two_losses()))
    book["S"].title = "One"
    book.copy_worksheet(book["One"]).title = "Two"
    book.save(tmp_path / "own.xlsx")
    file = google.add(from_xlsx=tmp_path / "own.xlsx")
    address = f"https://docs.google.com/spreadsheets/d/{file.id}/edit"
    for sheet, loss in (("One", "M20"), ("Two", "M6"), ("Two", "M20")):
        with sheetgd.open_book(address) as book:
            sheetgd.run(book, sheet, epochs=1, loss=loss, remember=True)
    with sheetgd.open_book(address) as book:
        assert {sheet: sheetgd.look(book, sheet).controls.loss for sheet in ("One", "Two")} == dict.fromkeys(
            ("One", "Two"), (20, 13)
        )
        assert sheetgd.run(book, "Two", epochs=1).loss_name == "MAE"
    with sheetgd.open_book(address) as book:
        history = sheetgd.run(book, "One", epochs=1, carry=[("M7", "M2")], remember=True)
        assert list(history.parameters) == ["slope", "intercept"]
    assert file.book
    assert sum(named["name"].startswith("sheetgd_") for named in file.book.names) == 4
