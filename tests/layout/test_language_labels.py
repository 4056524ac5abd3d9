"""A lesson with labels in another language is found and run as the English one; docs/languages.md has the words."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import polib
import pytest

import sheetgd
from conftest import ROOT
from sheetgd.epochs.choose import choose_sheets, layout_of
from sheetgd.grid.sheet import normal
from sheetgd.language import CATALOGUES
from sheetgd.layout import vocabulary as words
from sheetgd.layout.find import Layout
from sheetgd.lessons import LESSONS, takes

CODES = ("de", "fr", "es")
PAGE = (ROOT / "docs" / "languages.md").read_text(encoding="utf-8")
ROWS = re.search(r"## Labels that the finder knows\n.*?\n\| ---[^\n]*\n(.*?)\n\n", PAGE, re.DOTALL)
LABELS = {
    english: dict(zip(CODES, others, strict=True))
    for row in ROWS[1].splitlines()  # type: ignore[index]
    for english, *others in [[cell.strip() for cell in row.strip("| ").split("|")]]
}
MEANT = {
    "learn": words.LEARN_WORDS,
    "epochs": words.EPOCHS_WORDS,
    "epoch": words.EPOCH_WORDS,
    "h": words.NUDGE_WORDS,
    "rmse": words.RMSE_WORDS,
    "mse": words.MSE_WORDS,
    "loss": words.LOSS_WORDS,
    "guess": words.GUESS_WORDS,
    "start": words.START_WORDS,
    "reset to": words.RESET_TO_WORDS,
    "new": words.NEW_WORDS,
}
KNOWN = {
    "slope": words.SLOPE_WORDS,
    "weight": words.SLOPE_WORDS,
    "intercept": words.INTERCEPT_WORDS,
    "multiplier": words.MULTIPLIER_WORDS,
    "y_pred": words.PREDICTION_WORDS,
    "prediction": words.PREDICTION_WORDS,
    "error_sq": words.SQUARED_ERROR_WORDS,
    "error": words.LOSS_WORDS,
    "Run": words.RUN_WORDS,
    "Reset": words.RESET_WORDS,
}


def is_known(english: str, word: str) -> bool:
    """Whether the finder takes a word for what the English label says."""
    if english in MEANT:
        return normal(word) in MEANT[english].labels
    if english in KNOWN:
        return normal(word) in KNOWN[english].known
    return bool(words.named_by_next(normal(word))) == bool(words.named_by_next(normal(english)))


def strangers(catalogue: polib.POFile, code: str) -> list[str]:
    """Labels that a catalogue translates otherwise than the page, or by a word that the finder does not know; and
    what is no label but translated by one."""
    wrong = []
    for entry in catalogue:
        expected = LABELS.get(entry.msgid, {}).get(code)
        next_value = re.fullmatch(r"new[ _]\S.*", entry.msgid)
        differs = expected is not None and entry.msgstr != expected
        unknown = next_value and not is_known(entry.msgid, entry.msgstr)
        taken = any(
            normal(entry.msgstr) in one.labels and normal(entry.msgid) not in one.labels
            for one in MEANT.values()
        )
        if entry.msgstr and (differs or unknown or taken):
            wrong.append(entry.msgid)
    return wrong


def test_the_page_and_the_finder_have_the_same_words() -> None:
    assert MEANT.keys() | KNOWN.keys() <= LABELS.keys()
    unknown = [
        (english, word)
        for english, row in LABELS.items()
        for word in (english, *row.values())
        if not is_known(english, word)
    ]
    assert not unknown


def test_catalogues_translate_labels_by_these_words() -> None:
    made_up = polib.POFile()
    for msgid, msgstr in (
        ("learn", "lernen"),
        ("new_m", "m_frisch"),
        ("epoch", ""),
        ("guess", "Schätzung"),
        ("try", "Schätzung"),
    ):
        made_up.append(polib.POEntry(msgid=msgid, msgstr=msgstr))
    assert strangers(made_up, "de") == ["learn", "new_m", "try"]
    for path in CATALOGUES.glob("*.po"):
        if path.stem in CODES:
            assert not strangers(polib.pofile(str(path)), path.stem), path.stem


# -- lessons in other languages ---------------------------------------------------------------------------------------
def found(layout: Layout) -> dict[str, object]:
    """Everything that was found, by its place and not by its name."""
    controls, log, grid = layout.controls, layout.log, layout.grid
    names = list(layout.parameters)
    return {
        "rule": (layout.rule, layout.kind, layout.turns, layout.rows),
        "table": (
            layout.table.heading,
            layout.table.x,
            layout.table.y,
            sorted(layout.table.columns.values()),
        ),
        "successors": sorted(layout.table.successors.values()),
        "carried": [(one.start, one.carry, one.reset) for one in layout.carried.values()],
        "controls": (controls.learn, controls.epochs, controls.nudge, controls.loss),
        "log": log and (list(log.columns.values()), list(log.watched.values()), log.heading, log.last),
        "grid": grid and (grid.area, names.index(grid.down), names.index(grid.across)),
        "rivals": list(layout.rivals.values()),
        "missing": len(layout.missing),
    }


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_found_and_run_whatever_its_language(lesson: str, tmp_path: Path) -> None:
    options = {"rows": 12, "seed": 1} if "rows" in takes(lesson) else {}
    drawn = {
        code: sheetgd.new(lesson, tmp_path / f"{code}.xlsx", lang=code, **options) for code in ("en", *CODES)
    }
    layouts, tabs = {}, {}
    for code, path in drawn.items():
        with sheetgd.open_book(path) as book:
            tabs[code] = choose_sheets(book, every=True)
            layouts[code] = [found(layout_of(book, tab)) for tab in tabs[code]]
        assert layouts[code] == layouts["en"], code
    code = CODES[list(LESSONS).index(lesson) % len(CODES)]  # that is run, for the time that it takes
    english, other = (numbers_after_a_run(drawn[each], tabs[each][0]) for each in ("en", code))
    assert other == pytest.approx(english, rel=1e-9)


def numbers_after_a_run(path: Path, sheet: str) -> dict[object, float]:
    """Every number that a run of two epochs leaves on a sheet."""
    with sheetgd.open_book(path) as book:
        sheetgd.run(book, sheet, epochs=2)
    with sheetgd.open_book(path) as book:
        cells = book.cells(sheet)
        return {cell: number for cell in cells.values if (number := cells.number(cell)) is not None}


@pytest.mark.parametrize("loss", ["mse", "rmse", "ECM"])
def test_a_table_of_values_in_german_is_filled_as_the_english_one(loss: str, tmp_path: Path) -> None:
    """No formulas: the titles alone say what each column shows, and the label which loss it is."""
    german = [
        "x",
        "y",
        "Steigung",
        "Achsenabschnitt",
        "Vorhersage",
        "Fehler²",
        "neue Steigung",
        "neuer Achsenabschnitt",
    ]
    english = ["x", "y", "slope", "intercept", "prediction", "error_sq", "new slope", "new intercept"]
    ends = []
    for titles in (english, german):
        book = openpyxl.Workbook()
        sheet = book.active
        guess, learn = ("guess", "learn") if titles is english else ("Schätzung", "Lernrate")
        name = "mse" if (loss, titles) == ("ECM", english) else loss
        for row in (["", guess], [titles[2], 1], [titles[3], 1], [learn, 0.001, name, None], [], titles):
            sheet.append(row)
        for x in (1, 2, 3):
            sheet.append([x, 2 * x + 1])
        book.save(tmp_path / "values.xlsx")
        with sheetgd.open_book(tmp_path / "values.xlsx") as opened:
            cell = "D4" if loss == "ECM" else None
            history = sheetgd.run(opened, epochs=3, loss=cell)
        filled = openpyxl.load_workbook(tmp_path / "values.xlsx").active
        ends.append([[cell.value for cell in row] for row in filled["A7:H9"]] + [filled["D4"].value])
        assert history.rule == "columns"
    assert ends[0] == ends[1] and None not in ends[0][0]
