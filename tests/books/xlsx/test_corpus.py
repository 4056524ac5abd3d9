"""Made workbooks with everything in them: after an edit and after a run, nothing else has changed."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest

import corpus
import office as libreoffice
import promises
from corpus import BY_OPENPYXL, BY_XLSXWRITER, TWISTS, make
from parts import change_part, read_parts
from workbooks import excel_made

pytestmark = pytest.mark.filterwarnings("ignore")
SEEDS = range(24)  # scripts/dev/ordeal.py goes on to hundreds


@pytest.fixture(scope="module")
def helper(request: pytest.FixtureRequest) -> Any:
    """LibreOffice where there is one; the other readers are asked in any case."""
    return None if libreoffice.missing() else request.getfixturevalue("office")


@pytest.mark.parametrize("seed", SEEDS)
def test_an_edit_changes_nothing_else(seed: int, tmp_path: Path, helper: Any) -> None:
    made = make(seed, tmp_path, helper)
    assert promises.after_an_edit(made, random.Random(seed), helper) == [], str(made)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_changes_nothing_else(seed: int, tmp_path: Path, helper: Any) -> None:
    made = make(seed, tmp_path, helper)
    assert promises.after_a_run(made, helper) == [], str(made)


def test_the_corpus_has_what_it_says(tmp_path: Path) -> None:
    """Every feature, by its part or element; a library that silently drops one would leave a hole in the corpus."""
    everything = tmp_path / "all.xlsm"
    names = [name for name in BY_XLSXWRITER if name != "texts in their cells"]
    corpus.by_xlsxwriter(everything, names, random.Random(1))
    corpus.pivot(everything, random.Random(1))
    parts = read_parts(everything)
    for name in (
        *(
            "xl/vbaProject.bin",
            "xl/comments1.xml",
            "xl/charts/chart10.xml",
            "xl/chartsheets/sheet1.xml",
            "xl/metadata.xml",
        ),
        *(
            "xl/tables/table1.xml",
            "xl/media/image1.png",
            "xl/richData/rdrichvalue.xml",
            "docProps/custom.xml",
        ),
        *("xl/pivotTables/pivotTable1.xml", "xl/pivotCache/pivotCacheRecords1.xml"),
    ):
        assert name in parts, name
    sheets = b"".join(data for name, data in parts.items() if name.startswith("xl/worksheets/sheet"))
    for element in (
        *(
            "mergeCell ",
            "x14:sparkline>",
            "x14:cfRule ",
            "dataValidation ",
            "sheetProtection ",
            "hyperlink ",
            "legacyDrawing ",
        ),
        *(
            't="array"',
            'cm="1"',
            'outlineLevel="1"',
            "autoFilter ",
            "rowBreaks ",
            "picture ",
            "ignoredError ",
        ),
    ):
        assert element.encode() in sheets, element
    assert b'date1904="1"' in parts["xl/workbook.xml"]
    book = openpyxl.load_workbook(everything, keep_vba=True)
    assert [pivot.name for sheet in book.worksheets for pivot in sheet._pivots] == ["P"]


def test_every_feature_and_twist_is_among_the_seeds(tmp_path: Path) -> None:
    made = [make(seed, tmp_path) for seed in range(100)]
    assert {feature for one in made for feature in one.features} == {*BY_XLSXWRITER, *BY_OPENPYXL}
    assert {one.twist for one in made} == set(TWISTS)


def test_the_checks_notice_what_is_lost(tmp_path: Path) -> None:
    """A check that never complains would prove nothing."""
    before, after = excel_made(tmp_path / "before.xlsx"), excel_made(tmp_path / "after.xlsx")
    assert promises.check(before, before, {}, [], None) == []
    change_part(after, "xl/worksheets/sheet3.xml", lambda xml: xml.replace(b"<v>5</v>", b"<v>9</v>"))
    change_part(after, "xl/charts/chart1.xml", lambda xml: xml.replace(b"Loss", b"Lost"))
    change_part(
        after,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(rb"<f>F33</f>|<f>C4\+D4\*A4</f>", b"<f>1</f>", xml),
    )
    complaints = "\n".join(promises.check(before, after, {}, [], None))
    for expected in (
        "part xl/charts/chart1.xml changed",
        "calamine: marks!B2  expected 5.0  got 9.0",
        "openpyxl: marks!B2  expected 5  got 9",
        "openpyxl's formulas: basic!E4  expected '=C4+D4*A4'  got '=1'",
        "IronCalc: marks!B2  expected 5.0  got 9.0",
    ):
        assert expected in complaints
