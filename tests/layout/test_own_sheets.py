"""Sheets laid out in many ways are run and come out as a plain NumPy loop says."""

from __future__ import annotations

from pathlib import Path

import own_sheets
import pytest
from own_sheets import WORDS, Drawn

import sheetgd as library
from conftest import CommandLine
from fakes.google.server import Google

SHEETS: dict[str, Drawn] = {
    **{f"batch-{language}": own_sheets.batch(language) for language in WORDS},
    **{f"steps-{language}": own_sheets.steps(language) for language in WORDS},
    **{f"trajectory-{language}": own_sheets.trajectory(language) for language in WORDS},
    **{f"data-elsewhere-{language}": own_sheets.data_elsewhere(language) for language in ("en", "de", "it")},
    "batch-across": own_sheets.batch("en", across=True),
    "batch-across-labels-above": own_sheets.batch("fr", across=True, above=True),
    "batch-labels-above": own_sheets.batch("de", above=True),
    "batch-notes-between": own_sheets.batch("es", notes=True),
    "batch-two-features": own_sheets.batch("en", two=True),
    "batch-polynomial": own_sheets.batch("en2", power=True),
    "batch-logistic": own_sheets.batch("en", logistic=True),
    "batch-logistic-two": own_sheets.batch("it", logistic=True, two=True, notes=True),
    "batch-names": own_sheets.batch("en", named=True),
    "batch-momentum": own_sheets.batch("en", momentum=0.9),
    "batch-momentum-two": own_sheets.batch("de", momentum=0.5, two=True),
    "steps-direct": own_sheets.steps("en", direct=True),
    "steps-direct-de": own_sheets.steps("de", direct=True, two=True),
    "steps-two-features": own_sheets.steps("en", two=True),
    "steps-mini-batches": own_sheets.steps("en", size=2),
    "steps-mini-batches-direct": own_sheets.steps("fr", size=3, direct=True),
    "steps-momentum": own_sheets.steps("en", momentum=0.9),
    "steps-momentum-direct": own_sheets.steps("es", momentum=0.5, direct=True, two=True),
    "trajectory-momentum": own_sheets.trajectory("en", momentum=0.9),
    "trajectory-start-outside": own_sheets.trajectory("en2", outside=True),
    "excel-table": own_sheets.as_table(),
}


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_runs_as_the_loop_does(name: str, tmp_path: Path) -> None:
    drawn = SHEETS[name]
    path = drawn.save(tmp_path / "own.xlsx")
    with library.open_book(path) as book:
        layout = library.look(book)
        history = library.run(book)
    assert layout.controls.learn, layout
    assert history.epochs == (8 if name.startswith("trajectory") else 7)
    parameters, loss = drawn.loop(history.epochs)
    assert [change.after for change in history.parameters.values()] == pytest.approx(parameters, rel=1e-9)
    assert history.loss and history.loss.after == pytest.approx(loss, rel=1e-9)
    assert history.loss.before == pytest.approx(drawn.loop(0)[1], rel=1e-9)
    with library.open_book(path) as book:
        back = library.reset(book)
    assert {change.after for change in back.parameters.values()} == {0.0}
    assert back.loss and back.loss.after == pytest.approx(drawn.loop(0)[1], rel=1e-9)


@pytest.mark.parametrize("name", ["batch-de", "steps-direct", "trajectory-es", "batch-across"])
def test_a_google_sheet_likewise(name: str, google: Google, sheetgd: CommandLine) -> None:
    drawn = SHEETS[name]
    file = google.add(title="Own", cells=drawn.sheets["Lesson"])
    address = f"https://docs.google.com/spreadsheets/d/{file.id}/edit"
    ended = sheetgd("run", address, "--epochs", 4, "--json")
    assert ended.code == 0, ended.err
    found = ended.json()
    parameters, loss = drawn.loop(4)
    after = [change["after"] for change in found["parameters"].values()]
    assert after == pytest.approx(parameters, rel=1e-9) and found["loss"]["after"] == pytest.approx(
        loss, rel=1e-9
    )
