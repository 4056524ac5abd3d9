"""scripts/apps_script: the menu for those who cannot run Python does what `sheetgd run` and `reset` do."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import sheetgd as library
from conftest import ROOT
from sheetgd.grid.a1 import a1

CODE = (ROOT / "scripts" / "apps_script" / "Code.gs").read_text(encoding="utf-8")
NODE_PACKAGES = ROOT / ".venv" / "node" / "node_modules"  # where .ci/run puts them
INSTALL = "npm install --prefix .venv/node --no-save typescript@7.0.2 @types/google-apps-script@2.0.13"
Told = dict[str, Any]
Menu = Callable[..., Told]


@pytest.fixture
def menu(node: str) -> Menu:
    """Calls a function of Code.gs on a workbook's sheet, as Google shows it, and tells what was asked of Google."""

    def call(path: Path, name: str, *, locked: bool = False) -> Told:
        asked = {"code": CODE, "call": name, "sheet": as_google(path), "locked": locked}
        done = subprocess.run(
            [node, str(ROOT / "tests" / "apps_script" / "run.js")],
            input=json.dumps(asked),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        told: Told = json.loads(done.stdout)
        assert told["locks"] == 0  # taken and given back
        return told

    return call


def as_google(path: Path) -> dict[str, Any]:
    """A workbook's first sheet as Google's API gives it, formulas and results."""
    with library.open_book(path) as book:
        sheet = book.cells(book.sheet_names[0])
        last = max({**sheet.values, **sheet.formulas})[0]
        rows: list[dict[str, Any]] = [{} for _ in range(last)]
        for cell in sorted({**sheet.values, **sheet.formulas}):
            values = rows[cell[0] - 1].setdefault("values", [])
            values += [{} for _ in range(cell[1] - 1 - len(values))]
            values.append(google_cell(sheet.values.get(cell), sheet.formulas.get(cell)))
        return {"name": sheet.name, "rows": rows, "rowCount": max(last, 100)}


def google_cell(value: Any, formula: str | None) -> dict[str, Any]:
    kind = "numberValue" if isinstance(value, float) else "stringValue"
    entered = {"formulaValue": f"={formula}"} if formula else {kind: value}
    return {"userEnteredValue": entered, "effectiveValue": {kind: value}}


def written(told: Told) -> dict[str, float | None]:
    """What the one write puts into which cells."""
    [requests] = told["writes"]
    cells = {}
    for request in requests:
        if update := request.get("updateCells"):
            assert update["fields"] == "userEnteredValue"
            start = update["start"]
            [row] = update["rows"]
            [value] = row["values"]
            entered = value.get("userEnteredValue", {})
            cells[a1((start["rowIndex"] + 1, start["columnIndex"] + 1))] = entered.get("numberValue")
    return cells


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
        ["m_guess", 1], ["b_guess", 1], ["learn", 0.001], ["epochs", 2], ["rmse", 0], [],
        ["x", "y", "m", "b", "y_pred", "error_sq", "de/dm", "de/db", "new_m", "new_b"],
        [1, 32], [2, 34], [3, 37], [None, None, None, None, None, None, None, None, None, None, "epoch", "rmse"],
    ):  # fmt: skip
        sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"B75": "7,5"}, "B75: x is “7,5”. Type a number there."),
        ({"C80": None}, "C80: y is empty. Type a number there."),
        ({"D4": "one"}, "D4: m is “one”. Type a number there."),
        ({"H3": 0}, "No label learn with a number above 0 right of it was found. Type one, such as 0.0001."),
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


def test_another_rule_is_refused_by_cell(tmp_path: Path, menu: Menu) -> None:
    path = Path(library.new("original", tmp_path / "o.xlsx"))
    told = menu(path, "runEpochs")
    assert told["writes"] == []
    [words] = told["alerts"]
    assert "the sheet gives " in words and words.endswith("This menu knows only that; sheetgd runs any.")


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
        "The run diverged in epoch 1 with learn 0.1, and nothing was written. "
        "For these x, every learn below 0.000399 is certainly safe."
    )


def test_a_sheet_that_is_too_short_grows_in_the_same_write(tmp_path: Path, menu: Menu) -> None:
    path = lesson(tmp_path, epochs=200)
    [[first, *_]] = menu(path, "runEpochs")["writes"]
    properties = {"sheetId": 0, "gridProperties": {"rowCount": 207}}
    assert first == {"updateSheetProperties": {"properties": properties, "fields": "gridProperties.rowCount"}}


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
        "--allowJs", "--checkJs", "--noEmit", "--strict", "false", "--target", "es2022", "--lib", "es2022",
        "--typeRoots", str(NODE_PACKAGES / "@types"), "--types", "google-apps-script",
    ]  # fmt: skip
    for code, fits in ((CODE, True), (CODE.replace("getActiveSpreadsheet", "getSpreadsheet"), False)):
        script.write_text(code, encoding="utf-8")
        done = subprocess.run(
            [node, str(compiler), *options, str(script)], capture_output=True, encoding="utf-8", timeout=120
        )
        assert (done.returncode == 0) is fits, done.stdout
