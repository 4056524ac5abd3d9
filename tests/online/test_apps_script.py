"""scripts/apps_script: the menu for those who cannot run Python does what `sheetgd run` and `reset` do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import sheetgd as library
from apps_script.recalculate import as_apps_script
from conftest import ROOT, plain_environment
from sheetgd.grid.a1 import a1

CODE = (ROOT / "scripts" / "apps_script" / "Code.gs").read_text(encoding="utf-8")
SCRIPTS = ROOT / "tests" / "apps_script"
NODE_PACKAGES = ROOT / ".venv" / "node" / "node_modules"  # where .ci/run puts them
INSTALL = "npm install --prefix .venv/node --no-save typescript@7.0.2 @types/google-apps-script@2.0.13"
Told = dict[str, Any]
Menu = Callable[..., Told]


@pytest.fixture
def menu(node: str) -> Menu:
    """Calls a function of Code.gs on a workbook's sheet, as Apps Script shows it, and tells what was asked of it."""

    def call(path: Path, name: str, **options: bool) -> Told:
        """`options` are `locked` (another run is under way), `chart` (the sheet is one) and `slow` (a recalculation
        takes 100 seconds)."""
        asked = {"code": CODE, "call": name, "sheet": as_apps_script(path), **options}
        asked["recalculate"] = [sys.executable, str(SCRIPTS / "recalculate.py"), str(path)]
        done = subprocess.run(
            [node, str(SCRIPTS / "run.js")],
            input=json.dumps(asked),
            env={**os.environ, **plain_environment()},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        told: Told = json.loads(done.stdout)
        assert told["locks"] == 0  # taken and given back
        return told

    return call


def written(told: Told) -> dict[str, float | None]:
    """What was put into which cells, by all writes together."""
    return {address: value for write in told["writes"] for address, value in write.items()}


def type_in(path: Path, cells: dict[str, Any]) -> None:
    """Write cells into the first sheet, whose formulas follow."""
    with library.open_book(path) as book:
        edits = library.Edits()
        for address, value in cells.items():
            edits.set(f"'{book.sheet_names[0]}'!{address}", value)
        book.apply(edits)


def lesson(folder: Path, **options: Any) -> Path:
    return Path(library.new("descent", folder / "d.xlsx", **options))


def test_two_runs_and_a_reset_write_what_sheetgd_writes(tmp_path: Path, menu: Menu) -> None:
    path = lesson(tmp_path)
    for epochs in (5, 3):
        type_in(path, {"H4": epochs})
        told = menu(path, "runEpochs")
        assert told["reads"] == 1 and len(told["writes"]) == 1 and told["alerts"] == []
        with library.open_book(path) as book:
            history = library.run(book, write=False)
        type_in(path, written(told))
        with library.open_book(path) as book:
            sheet = book.cells("Descent")
            layout = library.look(book)
        assert layout.log and history.loss
        assert sheet.number((4, 4)) == history.parameters["m"].after
        assert sheet.number((5, 4)) == history.parameters["b"].after
        rows = range(layout.log.last - epochs + 1, layout.log.last + 1)
        ours = [[sheet.number((row, column)) for column in (15, 16, 17, 18)] for row in rows]
        theirs = [[row["epoch"], row["m"], row["b"], row["rmse"]] for row in history.log]
        assert ours == [pytest.approx(row, rel=1e-14) for row in theirs]
        assert told["toasts"][0].startswith(f"{epochs} epochs: rmse ")
    told = menu(path, "reset")
    assert told["reads"] == 1 and len(told["writes"]) == 1
    again = tmp_path / "again.xlsx"
    shutil.copy(path, again)
    type_in(path, written(told))
    with library.open_book(again) as book:
        library.reset(book)
    assert cells_of(path) == cells_of(again)


def cells_of(path: Path) -> dict[str, Any]:
    sheet = openpyxl.load_workbook(path, data_only=True)["Descent"]
    return {
        cell.coordinate: pytest.approx(cell.value) if isinstance(cell.value, float) else cell.value
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def test_a_table_of_plain_numbers_is_filled_in(tmp_path: Path, menu: Menu) -> None:
    path = plain(tmp_path / "plain.xlsx")
    book = openpyxl.load_workbook(path)
    book["Sheet"]["K12"] = 0  # which sheetgd would log first
    book.save(path)
    told = menu(path, "runEpochs")
    assert told["alerts"] == [] and told["reads"] == 1
    with library.open_book(path) as book:
        library.run(book)
    with library.open_book(path) as book:
        sheet = book.cells("Sheet")
    assert written(told) == {
        address: pytest.approx(sheet.number(cell))
        for cell in sheet.values
        if (address := a1(cell)) in written(told)
    }
    assert {"B1", "B2", "B5", "I8", "I10", "K13", "L14"} <= written(told).keys()


def plain(path: Path) -> Path:
    """A worksheet of plain columns, as a teacher types one."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet
    for row in (
        ["m_guess", 1],
        ["b_guess", 1],
        ["learn", 0.001],
        ["epochs", 2],
        ["rmse", 0],
        [],
        ["x", "y", "m", "b", "y_pred", "error_sq", "de/dm", "de/db", "new_m", "new_b"],
        [1, 32],
        [2, 34],
        [3, 37],
        [None, None, None, None, None, None, None, None, None, None, "epoch", "rmse"],
    ):
        sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"H4": "five"}, "H4: epochs is “five”. Type a number there."),
        ({"H3": "0,0001"}, "H3: learn is “0,0001”. Type a number there."),
        ({"B75": "7,5"}, "B75: x is “7,5”. Type a number there."),
        ({"C80": None}, "C80: y is empty. Type a number there."),
        ({"D4": "one"}, "D4: m is “one”. Type a number there."),
        ({"H3": 0}, "No label learn with a number above 0 to its right was found. Type one, such as 0.0001."),
        ({"H4": 2.5}, "epochs is 2.5. Type a whole number from 1 to 1000."),
        ({"P9": 3}, "P9: the log would run over what stands here. Move it, or reset the log."),
        ({"B75": None}, "B75: the table has no x. Type numbers below the heading."),
        ({"J74": "later"}, "This sheet has no row with the headings x, y, m, b, new_m and new_b."),
    ],
)
def test_what_cannot_be_run_is_said_and_nothing_written(
    tmp_path: Path, menu: Menu, changes: dict[str, Any], words: str
) -> None:
    path = lesson(tmp_path)
    type_in(path, changes)
    told = menu(path, "runEpochs")
    assert (told["alerts"], told["writes"], told["toasts"]) == ([words], [], [])


@pytest.mark.parametrize("own", ["original", "changed"])
def test_another_rule_is_run_by_the_sheets_own_formulas(tmp_path: Path, menu: Menu, own: str) -> None:
    """One read and one write an epoch; the same numbers as sheetgd's."""
    path = Path(library.new("original" if own == "original" else "descent", tmp_path / "o.xlsx", epochs=3))
    if own == "changed":
        book = openpyxl.load_workbook(path)
        book["Descent"]["I80"] = "=2*(F80-C80)*B80"  # one exact derivative among finite differences
        book.save(path)
    with library.open_book(path) as file:
        history = library.run(file, write=False)
    told = menu(path, "runEpochs")
    assert told["alerts"] == [] and (told["reads"], len(told["writes"])) == (4, 4)
    cells = written(told)
    assert [cells["D4"], cells["D5"]] == [
        pytest.approx(history.parameters[name].after, rel=1e-12) for name in ("m", "b")
    ]
    theirs = [[row["epoch"], row["m"], row["b"], row["rmse"]] for row in history.log]
    ours = [[cells[f"{column}{row}"] for column in "OPQR"] for row in (8, 9, 10)]
    assert ours == [pytest.approx(row, rel=1e-12) for row in theirs]
    assert history.loss
    assert told["toasts"] == [f"3 epochs: rmse {history.loss.before:.8g} → {history.loss.after:.8g}"]
    type_in(path, cells)
    told = menu(path, "reset")
    assert told["alerts"] == [] and written(told)["D4"] == 1 and written(told)["O8"] is None


def test_another_rule_that_diverges_leaves_the_sheet_as_it_was(tmp_path: Path, menu: Menu) -> None:
    path = Path(library.new("original", tmp_path / "o.xlsx"))
    with library.open_book(path) as book:
        learn = library.look(book).controls.learn
    assert learn
    type_in(path, {a1(learn): 10})
    told = menu(path, "runEpochs")
    [words] = told["alerts"]
    assert words.startswith("The run diverged in epoch ") and words.endswith(
        " with learn 10, and the sheet is as it was. Try a tenth of it."
    )
    assert written(told) == {"D4": 1, "D5": 1}


def test_a_run_that_google_would_cut_off_leaves_the_sheet_as_it_was(tmp_path: Path, menu: Menu) -> None:
    path = Path(library.new("original", tmp_path / "o.xlsx", epochs=9))
    told = menu(path, "runEpochs", slow=True)
    assert told["alerts"] == [
        "5 minutes were enough for 4 epochs only, and Google allows six. The sheet is as it was: type fewer epochs."
    ]
    assert written(told) == {"D4": 1, "D5": 1}


@pytest.mark.parametrize(
    ("cell", "formula", "words"),
    [
        (
            "D80",
            "=$D$4",
            "D80: m is =$D$4, not the row above's new m. This menu runs only step tables; sheetgd runs any.",
        ),
        (
            "I80",
            "=0.9*I79+2*(F80-C80)",
            "I80: the formula =0.9*I79+2*(F80-C80) needs more of the row above than m and "
            "b. This menu carries only these; sheetgd carries all.",
        ),
    ],
)
def test_what_this_menu_cannot_carry_is_refused_by_cell(
    tmp_path: Path, menu: Menu, cell: str, formula: str, words: str
) -> None:
    path = lesson(tmp_path)
    book = openpyxl.load_workbook(path)
    book["Descent"][cell] = formula
    book.save(path)
    told = menu(path, "runEpochs")
    assert (told["alerts"], told["writes"]) == ([words], [])


def test_a_start_on_the_exact_line_is_no_divergence(tmp_path: Path, menu: Menu) -> None:
    path = plain(tmp_path / "plain.xlsx")
    type_in(path, {"B1": 2, "B2": 30, "C8": 32, "C9": 34, "C10": 36, "B8": 32, "B9": 34, "B10": 36})
    told = menu(path, "runEpochs")
    assert told["alerts"] == [] and told["toasts"][0].startswith("2 epochs: rmse 0 → 0.0")
    with library.open_book(path) as book:
        history = library.run(book, write=False)
    assert written(told)["B1"] == pytest.approx(history.parameters["m"].after, rel=1e-12)


def test_a_chart_is_no_lesson(tmp_path: Path, menu: Menu) -> None:
    told = menu(lesson(tmp_path), "runEpochs", chart=True)
    assert told["alerts"] == ["This sheet is a chart. Choose the lesson's sheet, and run again."]


def test_a_formula_in_the_start_cell_is_refused(tmp_path: Path, menu: Menu) -> None:
    path = lesson(tmp_path)
    book = openpyxl.load_workbook(path)
    book["Descent"]["D4"] = "=E4"
    book.save(path)
    told = menu(path, "runEpochs")
    assert told["alerts"] == ["D4: the start of m is the formula =E4. Type a number there."]
    assert told["writes"] == []


def test_a_run_that_diverges_writes_nothing_and_names_a_safe_learn(tmp_path: Path, menu: Menu) -> None:
    path = lesson(tmp_path, learn=0.1)
    told = menu(path, "runEpochs")
    assert told["writes"] == []
    [words] = told["alerts"]
    assert words == (
        "The run diverged in epoch 1 with learn 0.1, and the sheet is as it was. "
        "For these x, every learn below 0.000399 is certainly safe."
    )


def test_a_sheet_that_is_too_short_grows_in_the_same_write(tmp_path: Path, menu: Menu) -> None:
    path = lesson(tmp_path, epochs=200)
    told = menu(path, "runEpochs")
    assert told["rows"] == 207 and len(told["writes"]) == 1


def test_one_run_at_a_time(tmp_path: Path, menu: Menu) -> None:
    told = menu(lesson(tmp_path), "runEpochs", locked=True)
    assert told["alerts"] == ["Another run is under way. Try again in a minute."] and told["reads"] == 0


def test_the_menu(tmp_path: Path, menu: Menu) -> None:
    assert menu(lesson(tmp_path), "onOpen")["menu"] == [
        ["Gradient descent", "Run epochs", "runEpochs"],
        ["Gradient descent", "Reset", "reset"],
    ]


def test_google_publishes_types_that_the_script_fits(tmp_path: Path, node: str) -> None:
    compiler = NODE_PACKAGES / "typescript" / "bin" / "tsc"
    if not compiler.is_file() or not (NODE_PACKAGES / "@types" / "google-apps-script").is_dir():
        pytest.skip(f"Google's types for Apps Script are not installed ({INSTALL})")
    script = tmp_path / "Code.js"
    options = [
        "--allowJs",
        "--checkJs",
        "--noEmit",
        "--strict",
        "false",
        "--target",
        "es2022",
        "--lib",
        "es2022",
        "--typeRoots",
        str(NODE_PACKAGES / "@types"),
        "--types",
        "google-apps-script",
    ]
    for code, fits in ((CODE, True), (CODE.replace("getActiveSpreadsheet", "getSpreadsheet"), False)):
        script.write_text(code, encoding="utf-8")
        done = subprocess.run(
            [node, str(compiler), *options, str(script)], capture_output=True, encoding="utf-8", timeout=120
        )
        assert (done.returncode == 0) is fits, done.stdout
