"""The words of six languages, and headings in other forms of the letters."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import own_sheets
import pytest

import sheetgd
from sheetgd.cli.main import main
from sheetgd.layout.vocabulary import EPOCHS_WORDS, LEARN_WORDS, LOSS_WORDS, next_of


@pytest.mark.parametrize(
    "label",
    [
        "Learning rate (α)",
        "η",
        "LR",
        "step size",
        "Lernrate:",
        "taux d'apprentissage",
        "tasa de aprendizaje",
        "taxa de aprendizado",
        "tasso di apprendimento",
        "α =",
        "learn rate [eta]",
    ],
)
def test_learn(label: str) -> None:
    assert label in LEARN_WORDS and label not in LOSS_WORDS and label not in EPOCHS_WORDS


@pytest.mark.parametrize(
    "label",
    [
        "SSE",
        "J(θ)",
        "Loss (MSE)",
        "log loss",
        "mean squared error",
        "sum of squared errors",
        "ECM",
        "Verlust",
        "coût",
        "RMSE:",
        "Cost",
        "training error (MSE)",
    ],
)
def test_loss(label: str) -> None:
    assert label in LOSS_WORDS and label not in LEARN_WORDS


@pytest.mark.parametrize(
    "label", ["# epochs", "Iterations", "number of epochs", "Epochen", "époques", "épocas (n)"]
)
def test_epochs(label: str) -> None:
    assert label in EPOCHS_WORDS


@pytest.mark.parametrize(
    "label", ["new m", "m new", "next m", "updated m", "m'", "m(t+1)", "neues m", "New_m:", "nuova m"]
)
def test_next_values(label: str) -> None:
    assert next_of(label, "m") and not next_of(label, "b")


@pytest.mark.parametrize("label", ["m", "number of rows", "newer model", "b", "hours"])
def test_what_is_no_next_value(label: str) -> None:
    assert not next_of(label, "m") and label not in LEARN_WORDS and label not in LOSS_WORDS


def test_other_forms_of_letters_and_terminal_escapes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A zero-width space, a full-width letter, a soft hyphen are read over; what steers a terminal is not printed."""
    cells = own_sheets.steps("en").sheets["Lesson"]
    cells |= {"A1": "\u200bx", "C1": "\uff39", "D1": "slo\u00adpe", "I1": "new slope", "G1": "pred\x9b2J"}
    book = openpyxl.Workbook()
    for address, value in cells.items():
        book.active[address] = value
    book.save(tmp_path / "forms.xlsx")
    with sheetgd.open_book(tmp_path / "forms.xlsx") as opened:
        layout = sheetgd.look(opened)
    assert (layout.table.x, layout.table.y, list(layout.parameters)) == (1, 3, ["slope", "intercept"])
    assert main(["look", str(tmp_path / "forms.xlsx")]) == 0
    assert "\x9b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("language", "learn", "epochs", "log"),
    [
        ("de", "Lernrate", "Epochen", "Epoche, Verlust"),
        ("fr", "taux d'apprentissage", "époques", "époque, perte"),
        ("es", "tasa de aprendizaje", "épocas", "época, pérdida"),
        ("pt", "taxa de aprendizagem", "épocas", "época, perda"),
        ("it", "tasso di apprendimento", "epoche", "epoca, perdita"),
    ],
)
def test_what_is_missing_is_said_in_the_words_of_the_sheet_and_understood_when_added(
    language: str, learn: str, epochs: str, log: str, tmp_path: Path
) -> None:
    drawn = own_sheets.batch(language)
    cells = {
        address: value for address, value in drawn.sheets["Lesson"].items() if address not in ("L5", "M5")
    }
    cells |= {"M7": cells["M7"].replace("$M$4", "0.01"), "M8": cells["M8"].replace("$M$4", "0.01")}
    cells |= {"L4": None, "M4": None}
    path = drawn._replace(sheets={"Lesson": cells}).save(tmp_path / "own.xlsx")
    with sheetgd.open_book(path) as book:
        missing = sheetgd.look(book).missing
    assert missing[:3] == [
        f"learn: no label {learn} with the learning rate to its right",
        f"epochs: no label {epochs} with a whole number to its right (a run is 5 epochs)",
        f"log: no heading row {log} (add one, with nothing below it, and runs are logged there)",
    ]
    epoch, loss = log.split(", ")
    added = cells | {"L15": epochs, "M15": 3, "P1": epoch, "Q1": loss}
    path = drawn._replace(sheets={"Lesson": added}).save(tmp_path / "own.xlsx")
    with sheetgd.open_book(path) as book:
        history = sheetgd.run(book)
    assert (history.epochs, history.log_area) == (3, "P1:Q5")


@pytest.mark.parametrize(
    "words", [("learn", "epochs"), ("Lernrate", "Epochen"), ("taux d’apprentissage", "époques")]
)
def test_controls_may_stand_below_their_labels(words: tuple[str, str], tmp_path: Path) -> None:
    """A lone number below a label is its value; a column of numbers below it is a log, or data."""
    book = openpyxl.Workbook()
    sheet = book.active
    rows = [*words, "guess"], [0.01, 7, None], [], ["m", None, 1], []
    for row in (
        *rows,
        ["x", "y", "m", "new m"],
        [1, 2, "=C4", "=C7-A2*(C7*A7-B7)"],
        [2, 4, "=D7", "=C8-A2*(C8*A8-B8)"],
    ):
        sheet.append(row)
    sheet["F1"], sheet["F2"], sheet["F3"] = "iterations", 3, 4
    book.save(tmp_path / "above.xlsx")
    with sheetgd.open_book(tmp_path / "above.xlsx") as opened:
        assert sheetgd.look(opened).as_json()["controls"] == {"learn": "A2", "epochs": "B2", "loss": None}
        sheet["B1"] = None
        book.save(tmp_path / "none.xlsx")
    with sheetgd.open_book(tmp_path / "none.xlsx") as opened:
        assert sheetgd.look(opened).controls.epochs is None
