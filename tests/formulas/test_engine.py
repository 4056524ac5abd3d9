"""An engine that crashes, hangs, dies, prints or answers nonsense: contained, bounded in time, said in words.

Real workbooks that bring IronCalc 0.9.1 to do so where there are some; else a package of its name that is found first.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font

import sheetgd as library
from conftest import ROOT, CommandLine, Ended, plain_environment
from sheetgd.formulas import model as formulas

UNTOUCHED = "the workbook is untouched; try with a copy that holds only the lesson's sheets"
CRASHED = f"the formula engine crashed on it; {UNTOUCHED}."
LATE = f"the formula engine did not finish within 1 seconds; {UNTOUCHED}."
PANIC = "=EDATE(1,1E18)"  # makes IronCalc panic when it recalculates
ENDLESS = "=LET(f,LAMBDA(f,n,IF(n<2,n,f(f,n-1)+f(f,n-2))),f(f,60))"  # keeps it busy for years


def draw(path: Path, **cells: Any) -> Path:
    """Three points; each epoch halves m and the loss is its square."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Lesson"
    rows = [
        ("epochs", 2),
        ("m", 8),
        ("rmse", "=B2^2"),
        (),
        ("x", "y", "m", "new_m"),
        (1, 2, "=B2", "=C6/2"),
        (2, 4, "=D6", "=C7"),
        (3, 6, "=D7", "=C8"),
    ]
    for row in rows:
        sheet.append(row)
    for address, value in cells.items():
        sheet[address] = value
    book.save(path)
    return path


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return draw(tmp_path / "lesson.xlsx")


@pytest.mark.parametrize("rows", [1, 4000])
def test_an_empty_cell_with_a_look_is_not_zero(tmp_path: Path, rows: int) -> None:
    """openpyxl writes it as a number without one, which IronCalc alone reads as 0; many are read as one stretch."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in range(1, rows + 1):
        for column in (1, 2, 3):
            sheet.cell(row, column).font = Font(bold=True)
        sheet.cell(row, 2).value = row
    other = book.create_sheet("Other")
    other["A1"] = f"=COUNT(Sheet!A1:C{rows})"
    other["A2"] = '=IF(Sheet!A1="","empty","full")'
    book.save(tmp_path / "styled.xlsx")
    with library.open_book(tmp_path / "styled.xlsx") as opened:
        cells = opened.model().get([("Other", (1, 1)), ("Other", (2, 1))])
    assert cells == [rows, "empty"]


def assert_refused(ended: Ended, book: Path, before: bytes, sentence: str) -> None:
    assert (ended.code, ended.out, ended.err) == (1, "", f"{book.name}: {sentence}\n")
    assert book.read_bytes() == before
    assert [path.name for path in book.parent.iterdir() if path.is_file()] == [book.name]


def run_in_time(book: Path, seconds: float, **options: Any) -> str:
    """A run by the library that must fail, within the seconds, and leave neither a change nor a process."""
    before, begun = book.read_bytes(), time.monotonic()
    with pytest.raises(library.SheetgdError) as caught, library.open_book(book) as opened:
        library.run(opened, **options)
    assert time.monotonic() - begun < seconds
    assert book.read_bytes() == before
    return str(caught.value)


def fake(folder: Path, code: str) -> Path:
    """A folder with a package named ironcalc. In its code, REAL is the folder of the true one."""
    spec = importlib.util.find_spec("ironcalc")
    assert spec and spec.submodule_search_locations
    [real] = spec.submodule_search_locations
    package = folder / "fake" / "ironcalc"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(f"REAL = {str(real)!r}\n" + textwrap.dedent(code))
    return package.parent


def first(folder: Path) -> dict[str, str]:
    """Environment in which packages of the folder are found before all others."""
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


def find_first(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """The same for this process, whatever another test has imported."""
    monkeypatch.delitem(sys.modules, "ironcalc", raising=False)
    monkeypatch.syspath_prepend(folder)


TRUE_ONE = """
    import os, runpy, time
    __path__ = [REAL]
    exec(compile(open(os.path.join(REAL, "__init__.py")).read(), "__init__.py", "exec"))
"""
COUNTED = (
    TRUE_ONE
    + """
    load = load_from_xlsx
    class Counted:
        def __init__(self, model):
            self.model, self.count = model, 0
        def __getattr__(self, name):
            return getattr(self.model, name)
        def evaluate(self):
            self.count += 1
            if self.count == {count}:
                {misdeed}
            self.model.evaluate()
    def load_from_xlsx(path):
        return Counted(load(path))
"""
)


# -- real workbooks ----------------------------------------------------------------------------------------------------
def load_with_ironcalc(book: Path) -> subprocess.CompletedProcess[str]:
    code = "import ironcalc, sys; ironcalc.load_from_xlsx(sys.argv[1]).evaluate()"
    return subprocess.run(
        [sys.executable, "-c", code, book], capture_output=True, encoding="utf-8", timeout=60
    )


def test_a_workbook_on_which_the_engine_panics(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx", Z1=PANIC)
    if "PanicException" not in load_with_ironcalc(book).stderr:
        pytest.skip("this IronCalc does not panic on it any more")
    assert_refused(sheetgd("run", book.name), book, book.read_bytes(), CRASHED)


def test_a_workbook_on_which_the_engine_is_busy_for_ever(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formulas, "PATIENCE", 1.0)
    draw(book, Z1=ENDLESS)
    assert run_in_time(book, 5) == f"lesson.xlsx: {LATE}"


def test_a_computation_without_end_is_ended_in_time(sheetgd: CommandLine, tmp_path: Path) -> None:
    draw(tmp_path / "lesson.xlsx", Z1=ENDLESS)
    begun = time.monotonic()
    ended = sheetgd("run", "lesson.xlsx")
    assert time.monotonic() - begun < 8  # 4.5 for the engine, and what a busy machine adds
    assert ended.code == 1 and ended.out == ""
    assert ended.err == f"lesson.xlsx: the formula engine did not finish within 5 seconds; {UNTOUCHED}.\n"


def test_a_workbook_on_which_the_engine_prints(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = draw(tmp_path / "lesson.xlsx")
    styled = openpyxl.load_workbook(book)
    styled["Lesson"]["A1"].font = Font(vertAlign="superscript")
    styled.save(book)
    if "vertAlign" not in load_with_ironcalc(book).stdout:
        pytest.skip("this IronCalc does not print about it any more")
    ended = sheetgd("run", book.name, "--json")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out)["parameters"]["m"]["after"] == 2


def test_numbers_beyond_all_bounds_are_errors_in_the_sheet(sheetgd: CommandLine, tmp_path: Path) -> None:
    """No cell can hold infinity; spreadsheets show #NUM!."""
    book = draw(tmp_path / "lesson.xlsx", Z1="=1E308*10", Z2="=-Z1", Z3="=Z1+Z2")
    assert sheetgd("run", book.name).code == 0
    sheet = openpyxl.load_workbook(book, data_only=True)["Lesson"]
    assert [sheet[address].value for address in ("Z1", "Z2", "Z3")] == ["#NUM!"] * 3


# -- engines that misbehave --------------------------------------------------------------------------------------------
MISDEEDS = {
    "an exception that is no Exception": 'raise type("PanicException", (BaseException,), {})("index out of bounds")',
    "exit": "raise SystemExit(0)",
    "sudden end": "os._exit(0)",
    "killed": "os.kill(os.getpid(), 9)",
    "aborted": "os.abort()",
}
SAID = {
    "exit": "the formula engine cannot load or compute it (SystemExit: 0); "
    "open it in Excel or LibreOffice, save it as .xlsx, and try again."
}


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("when", [1, 2, 3])
@pytest.mark.parametrize("misdeed", MISDEEDS)
def test_an_engine_that_fails(sheetgd: CommandLine, book: Path, misdeed: str, when: int) -> None:
    """While it loads the workbook, which is then built from its cells; in the first epoch, or after the epochs, when
    results are gathered."""
    folder = fake(book.parent, COUNTED.format(count=when, misdeed=MISDEEDS[misdeed]))
    ended = sheetgd("run", book.name, env=first(folder))
    if when == 1:
        assert (ended.code, openpyxl.load_workbook(book)["Lesson"]["B2"].value) == (0, 2)
        return
    assert_refused(ended, book, book.read_bytes(), SAID.get(misdeed, CRASHED))
    assert openpyxl.load_workbook(book)["Lesson"]["B2"].value == 8


def test_an_engine_that_cannot_be_imported(sheetgd: CommandLine, book: Path) -> None:
    folder = fake(book.parent, "raise ImportError('its library is made for another computer')")
    ended = sheetgd("run", book.name, env=first(folder))
    assert_refused(
        ended,
        book,
        book.read_bytes(),
        "the formula engine cannot load or compute it (ImportError: its library is made for another "
        "computer); open it in "
        "Excel or LibreOffice, save it as .xlsx, and try again.",
    )


def test_no_engine_at_all(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "ironcalc" else find(name, *rest)
    )
    assert run_in_time(book, 5) == (
        "lesson.xlsx: IronCalc, which recalculates formulas, is not installed; run: pip install ironcalc."
    )


@pytest.mark.parametrize("when", [1, 2, 3])
def test_an_engine_that_hangs(book: Path, monkeypatch: pytest.MonkeyPatch, when: int) -> None:
    monkeypatch.setattr(formulas, "PATIENCE", 1.0)
    """While it loads the workbook, which is then built from its cells, or later."""
    find_first(monkeypatch, fake(book.parent, COUNTED.format(count=when, misdeed="time.sleep(600)")))
    if when == 1:
        with library.open_book(book) as opened:
            assert library.run(opened).parameters["m"].after == 2
        return
    assert run_in_time(book, 5) == f"lesson.xlsx: {LATE}"


def test_an_engine_that_failed_stays_closed(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find_first(monkeypatch, fake(book.parent, "raise ImportError('gone')"))
    with library.open_book(book) as opened:
        for _ in range(2):
            with pytest.raises(library.SheetgdError, match=r"^lesson\.xlsx: the formula engine "):
                library.run(opened)


def test_an_engine_that_prints_does_not_spoil_the_answer(sheetgd: CommandLine, book: Path) -> None:
    noise = (
        TRUE_ONE
        + """
    os.write(1, b"{noise on the output}" * 1000)
    os.write(2, b"noise on the errors")
    print("noise through print", flush=True)
    """
    )
    ended = sheetgd("run", book.name, "--json", env=first(fake(book.parent, noise)))
    assert (ended.code, ended.err) == (0, "")
    assert ended.json()["parameters"]["m"]["after"] == 2


def test_an_engine_that_miscalculates_is_not_trusted(sheetgd: CommandLine, book: Path) -> None:
    assert sheetgd("run", book.name).code == 0
    before = book.read_bytes()
    wrong = (
        COUNTED.format(count=-1, misdeed="pass")
        + """
    Counted.get_cell_value = lambda self, *cell: 5.0 if cell == (0, 3, 2) else self.model.get_cell_value(*cell)
    """
    )
    ended = sheetgd("run", book.name, env=first(fake(book.parent, wrong)))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "lesson.xlsx, Lesson!B3: rmse depends on this formula, and the formula engine finds 5 where the "
        "workbook holds 4; "
        "recalculate and save the workbook in Excel or LibreOffice, or write the formula differently.\n"
    )
    assert book.read_bytes() == before


@pytest.mark.parametrize("value", ["inf", "-inf", "nan"])
def test_an_engine_that_finds_what_no_cell_can_hold(sheetgd: CommandLine, tmp_path: Path, value: str) -> None:
    book = draw(tmp_path / "lesson.xlsx", Z1="=B2")
    code = (
        COUNTED.format(count=-1, misdeed="pass")
        + f"""
    def get_cell_value(self, *cell):
        return float("{value}") if cell == (0, 1, 26) else self.model.get_cell_value(*cell)
    Counted.get_cell_value = get_cell_value
    """
    )
    ended = sheetgd("run", book.name, env=first(fake(tmp_path, code)))
    assert (ended.code, ended.err) == (0, "")
    assert openpyxl.load_workbook(book, data_only=True)["Lesson"]["Z1"].value == "#NUM!"


def test_a_sheet_without_formulas_needs_no_engine(sheetgd: CommandLine, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [
        ("learn", 0.01),
        ("m", 1),
        ("b", 1),
        (),
        ("x", "y", "m", "b", "new_m", "new_b"),
        (1, 3),
        (2, 5),
    ]:
        sheet.append(row)
    book.save(tmp_path / "plain.xlsx")
    folder = fake(tmp_path, "raise SystemError('not needed')")
    ended = sheetgd("run", "plain.xlsx", env=first(folder))
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
@pytest.mark.parametrize("cells", [{}, {"Z1": PANIC}, {"B2": "eight"}], ids=["a run", "a crash", "a refusal"])
def test_no_process_is_left_behind(tmp_path: Path, cells: dict[str, Any]) -> None:
    book = draw(tmp_path / "lesson.xlsx", **cells)
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    before = set(children.read_text().split())
    with library.open_book(book) as opened:
        try:
            library.run(opened)
        except library.SheetgdError:
            assert cells
    assert set(children.read_text().split()) <= before


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
@pytest.mark.parametrize(
    "cells", [{"D8": "=C8-SIN(C8)/1E6"}, {"Z1": ENDLESS}], ids=["epochs", "a hanging engine"]
)
def test_ctrl_c_stops_everything(tmp_path: Path, cells: dict[str, Any]) -> None:
    book = draw(tmp_path / "lesson.xlsx", **cells)
    before = book.read_bytes()
    process = subprocess.Popen(
        [sys.executable, "-m", "sheetgd", "run", book.name, "--epochs", "1000000"],
        cwd=tmp_path,
        env={**os.environ, **plain_environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    until = time.monotonic() + 20
    while not children.read_text() and time.monotonic() < until:
        time.sleep(0.01)
    [engine] = children.read_text().split()
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "Stopped; nothing was written.\n")
    assert not Path(f"/proc/{engine}").exists()
    assert book.read_bytes() == before and os.listdir(tmp_path) == [book.name]
