"""Changing cells in place: the XML of a sheet, the zip around it, and whole workbooks, read back by other programs."""

from __future__ import annotations

import errno
import os
import random
import re
import shutil
import struct
import sys
import threading
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pytest
import xlsxwriter

import sheetgd
from handmade import MAIN, PACKAGE, RELATIONS, STRICT, STRICT_RELATIONS, hand_made, parts_of, sheet_xml
from parts import change_part, read_parts, write_parts
from readers import READERS, calamine_values, differences, openpyxl_formulas, openpyxl_values
from sheetgd.books.xlsx import saving
from sheetgd.books.xlsx.package import Package
from sheetgd.books.xlsx.patch import ask_recalculation
from sheetgd.books.xlsx.splice import Change, splice
from sheetgd.errors import SheetgdError
from sheetgd.grid.a1 import Area, a1, parse
from sheetgd.grid.sheet import ErrorValue, Value
from workbooks import changed_parts, excel_made

SHEET = "xl/worksheets/sheet1.xml"
STRICT_READERS = ["calamine"]  # neither openpyxl nor IronCalc reads strict files


def edit(path: Path, cells: dict[str, Any], out: Path | None = None, force: bool = False) -> list[str]:
    """Apply the cells ("S!A1" to value) and return the warnings."""
    edits = sheetgd.Edits()
    for address, value in cells.items():
        edits.set(address, value)
    with sheetgd.open_book(path) as book:
        book.apply(edits, out, force=force)
        return book.warnings


def edited(path: Path, cells: dict[str, Any], results: Iterable[str] = (), **options: Any) -> list[str]:
    """Edit, and compare with the file as it was: only these cells, these `results` and one part differ."""
    readers = options.pop("readers", list(READERS))
    parts = options.pop("parts", {SHEET})
    before = Path(shutil.copy(path, path.with_name(f"before {path.name}")))
    warnings = edit(path, cells, **options)
    assert changed_parts(before, path) == parts
    assert differences(before, path, {*cells, *results}, readers) == []
    shown = calamine_values(path)
    for address, value in cells.items():
        sheet, _, cell = address.rpartition("!")
        assert shown[sheet].get(cell) == value, address
    return warnings


def refused(path: Path, cells: dict[str, Any], **options: Any) -> str:
    """The error's text; the file stays as it is."""
    before = path.read_bytes()
    with pytest.raises(SheetgdError) as caught:
        edit(path, cells, **options)
    assert path.read_bytes() == before
    assert [name.name for name in path.parent.iterdir() if "sheetgd" in name.name] == []
    return str(caught.value)


# -- the XML of a sheet ----------------------------------------------------------------------------------------------
def spliced(data: str, changes: dict[str, Value | Change], wrap: str = "<sheetData>{}</sheetData>") -> str:
    """What becomes of the rows; everything around them must stay."""
    before, after = f"<worksheet>{wrap}</worksheet>".split("{}")
    full = {
        parse(cell): value if isinstance(value, Change) else Change(value) for cell, value in changes.items()
    }
    done = splice(f"{before}{data}{after}".encode(), full).decode()
    assert done.startswith(before) and done.endswith(after)
    return done[len(before) : len(done) - len(after)]


ONE = '<row r="2"><c r="B2"><v>1</v></c></row>'
CASES = {
    "a value is replaced": (ONE, {"B2": 5.0}, '<row r="2"><c r="B2"><v>5</v></c></row>'),
    "a row before": (ONE, {"A1": 5.0}, '<row r="1"><c r="A1"><v>5</v></c></row>' + ONE),
    "a row behind": (ONE, {"A3": 5.0}, ONE + '<row r="3"><c r="A3"><v>5</v></c></row>'),
    "a row between, and the row below it": (
        '<row r="1"/><row r="5"><c r="A5"/></row>',
        {"A3": 3.0, "A5": 5.0},
        '<row r="1"/><row r="3"><c r="A3"><v>3</v></c></row><row r="5"><c r="A5"><v>5</v></c></row>',
    ),
    "cells before and behind": (
        ONE,
        {"A2": 1.0, "C2": 3.0},
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>1</v></c><c r="C2"><v>3</v></c></row>',
    ),
    "a cell between": (
        '<row r="1"><c r="A1"/><c r="Z1"/></row>',
        {"C1": 3.0, "AA1": 27.0},
        '<row r="1"><c r="A1"/><c r="C1"><v>3</v></c><c r="Z1"/><c r="AA1"><v>27</v></c></row>',
    ),
    "an empty cell, its neighbours being empty": (
        '<row r="1"><c r="A1" s="1"/><c r="B1" s="2"/><c r="C1"/></row>',
        {"B1": 5.0},
        '<row r="1"><c r="A1" s="1"/><c r="B1" s="2"><v>5</v></c><c r="C1"/></row>',
    ),
    "the last cell, empty": (
        '<row r="1"><c r="A1"/></row>',
        {"A1": 1.0},
        '<row r="1"><c r="A1"><v>1</v></c></row>',
    ),
    "a row without cells": (
        '<row r="1" ht="20"/>',
        {"B1": 1.0},
        '<row r="1" ht="20"><c r="B1"><v>1</v></c></row>',
    ),
    "a row with a blank": ('<row r="1" > </row>', {"B1": 1.0}, '<row r="1" > <c r="B1"><v>1</v></c></row>'),
    "no rows": ("", {"B3": 1.0}, '<row r="3"><c r="B3"><v>1</v></c></row>'),
    "nothing typed into nothing": ('<row r="1"/>', {"A1": None, "A2": None}, '<row r="1"/>'),
    "a cell is emptied and keeps its look": (
        '<row r="1"><c r="A1" s="4" t="s"><v>0</v></c></row>',
        {"A1": None},
        '<row r="1"><c r="A1" s="4"/></row>',
    ),
    "rows and cells without addresses": (
        "<row><c><v>1</v></c></row><row/><row><c><v>3</v></c><c><v>4</v></c></row>",
        {"B3": 9.0, "A2": 8.0, "C3": 7.0},
        '<row><c><v>1</v></c></row><row><c r="A2"><v>8</v></c></row>'
        '<row><c><v>3</v></c><c><v>9</v></c><c r="C3"><v>7</v></c></row>',
    ),
    "comments, instructions and CDATA": (
        "<!-- <row r='1'> --><row r='2'><?x <c?><c r='A2'><v><![CDATA[1]]></v></c><!--<c/>--><c r='B2'><f>1&lt;2</f>"
        "<!-- > --><v>1</v></c></row><!--end-->",
        {"A2": 2.0, "C2": 3.0},
        "<!-- <row r='1'> --><row r='2'><?x <c?><c r='A2'><v>2</v></c><!--<c/>--><c r='B2'><f>1&lt;2</f>"
        '<!-- > --><v>1</v></c><c r="C2"><v>3</v></c></row><!--end-->',
    ),
    "single quotes, and a > in an attribute": (
        "<row r='1' a='>'><c r='A1' b='/>' t='str' c=\"'>\"><v>x</v></c></row>",
        {"A1": 2.0, "B1": 3.0},
        "<row r='1' a='>'><c r='A1' b='/>' c=\"'>\"><v>2</v></c><c r=\"B1\"><v>3</v></c></row>",
    ),
    "attributes whose text looks like others": (
        '<row r="1"><c r="A1" a="x t=\'s\' vm=\'1\'" t="s"><v>0</v></c></row>',
        {"A1": 2.0},
        '<row r="1"><c r="A1" a="x t=\'s\' vm=\'1\'"><v>2</v></c></row>',
    ),
    "spans go where the row grows": (
        '<row r="1" spans="1:1" s="3" customFormat="1"><c r="A1"/></row><row r="2" spans="1:1"><c r="A2"/></row>',
        {"B1": 1.0, "A2": 2.0},
        '<row r="1" s="3" customFormat="1"><c r="A1"/><c r="B1" s="3"><v>1</v></c></row>'
        '<row r="2" spans="1:1"><c r="A2"><v>2</v></c></row>',
    ),
    "what follows a row's cells stays last": (
        '<row r="1"><c r="A1"/><extLst><ext><c r="Z9"/></ext></extLst></row>',
        {"B1": 1.0},
        '<row r="1"><c r="A1"/><c r="B1"><v>1</v></c><extLst><ext><c r="Z9"/></ext></extLst></row>',
    ),
    "a cell's extension stays": (
        '<row r="1"><c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is><extLst><f/></extLst></c></row>',
        {"A1": 1.0},
        '<row r="1"><c r="A1"><v>1</v><extLst><f/></extLst></c></row>',
    ),
    "a result keeps its formula and cm, and loses vm": (
        '<row r="1"><c r="A1" s="1" cm="1" vm="2" t="e"><f t="array" ref="A1:B1">X()</f><v>#N/A</v></c></row>',
        {"A1": Change("y", is_result=True)},
        '<row r="1"><c r="A1" s="1" cm="1" t="str"><f t="array" ref="A1:B1">X()</f><v>y</v></c></row>',
    ),
    "a shared formula's children keep theirs": (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c></row>',
        {"A1": Change(3.0, is_result=True), "A2": Change(True, is_result=True)},
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>3</v></c></row>'
        '<row r="2"><c r="A2" t="b"><f t="shared" si="0"/><v>1</v></c></row>',
    ),
    "an empty text, an error and nothing as results": (
        '<row r="1"><c r="A1"><f>B1</f><v>1</v></c><c r="B1"><f>C1</f></c><c r="C1"><f>D1</f><v>1</v></c></row>',
        {
            "A1": Change("", is_result=True),
            "B1": Change(ErrorValue("#N/A"), is_result=True),
            "C1": Change(None, is_result=True),
        },
        '<row r="1"><c r="A1" t="str"><f>B1</f><v></v></c><c r="B1" t="e"><f>C1</f><v>#N/A</v></c>'
        '<c r="C1"><f>D1</f></c></row>',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_only_the_touched_bytes_change(case: str) -> None:
    data, changes, expected = CASES[case]
    assert spliced(data, changes) == expected


def test_a_sheet_without_any_cell() -> None:
    expected = '<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData><a/></worksheet>'
    assert splice(b"<worksheet><sheetData /><a/></worksheet>", {(1, 1): Change(1.0)}).decode() == expected


def test_elements_elsewhere_with_the_same_names_mean_nothing() -> None:
    after = "</sheetData><controls><from><col>1</col><row>3</row><c/></from></controls>"
    assert (
        spliced(ONE, {"A9": 1.0}, "<sheetData>{}" + after) == ONE + '<row r="9"><c r="A9"><v>1</v></c></row>'
    )


def test_new_cells_look_like_their_row_or_column() -> None:
    wrap = '<cols><col min="2" max="3" style="7"/><col min="4" max="4" width="9"/></cols><sheetData>{}</sheetData>'
    data = '<row r="1" s="5" customFormat="1"/><row r="2" s="5"/>'
    done = spliced(data, {"B1": 1.0, "B2": 1.0, "D2": 1.0, "C3": 1.0, "E3": Change(1.0, style="9")}, wrap)
    assert re.findall(r'<c r="(\w+)"(?: s="(\d+)")?>', done) == [
        ("B1", "5"),
        ("B2", "7"),
        ("D2", ""),
        ("C3", "7"),
        ("E3", "9"),
    ]


@pytest.mark.parametrize(
    ("before", "cell", "after"),
    [
        ("A1", "A1", "A1"),
        ("A1", "C4", "A1:C4"),
        ("B2:C3", "A9", "A2:C9"),
        ("B2:C3", "C3", "B2:C3"),
        ("A1:XFD1048576", "C3", "A1:XFD1048576"),
        ("nonsense", "C3", "nonsense"),
        ("ZZZA1:B2", "C3", "ZZZA1:B2"),
    ],
)
def test_the_dimension_grows(before: str, cell: str, after: str) -> None:
    xml = "<worksheet><dimension ref='{}'/><sheetData/></worksheet>"
    done = splice(xml.format(before).encode(), {parse(cell): Change(1.0)}).decode()
    assert f"<dimension ref='{after}'/>" in done
    assert splice(xml.format(before).encode(), {parse(cell): Change(None)}).decode() == xml.format(before)


ORDER = (
    "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios "
    "autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations "
    "hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches "
    "ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF picture oleObjects controls webPublishItems "
    "tableParts extLst"
).split()


@pytest.mark.parametrize("empty", [True, False])
@pytest.mark.parametrize("prefix", ["", "x:"])
@pytest.mark.parametrize(
    "present", [ORDER, ["sheetData"], ["sheetData", "extLst"], ["cols", "sheetData", "pageMargins"]]
)
def test_a_colour_scale_stands_where_the_schema_wants_it(
    present: list[str], prefix: str, empty: bool
) -> None:
    form = f"<{prefix}{{0}}/>" if empty else f"<{prefix}{{0}}><!-- {{0}} --></{prefix}{{0}}>"
    body = "".join(form.format(name) for name in present)
    xml = f"<{prefix}worksheet>{body}</{prefix}worksheet>"
    done = splice(xml.encode(), {}, [Area.parse("B2:C3")]).decode()
    [(start, new)] = [
        (m.start(), m[0]) for m in re.finditer(f"<{prefix}conditionalFormatting sq.*?Formatting>", done)
    ]
    assert done.replace(new, "") == xml
    names = re.findall(r"<(?:x:)?(\w+)(?:/?>)", done[:start])
    assert names == ["worksheet", *present[: len(names) - 1]]
    assert all(ORDER.index(name) <= ORDER.index("conditionalFormatting") for name in names[1:])
    assert all(ORDER.index(n) > ORDER.index("conditionalFormatting") for n in present[len(names) - 1 :])


def test_a_colour_scale_comes_after_all_other_rules() -> None:
    x14 = '<extLst><ext><x14:cfRule xmlns:x14="x" type="dataBar" priority="12"/></ext></extLst>'
    rule = '<conditionalFormatting sqref="A1"><cfRule type="top10" priority="3"/></conditionalFormatting>'
    xml = f"<worksheet><sheetData/>{rule}{x14}</worksheet>"
    done = splice(xml.encode(), {}, [Area.parse("B2:C3"), Area.parse("E5")]).decode()
    assert re.findall(r'colorScale" priority="(\d+)"', done) == ["13", "14"]


@pytest.mark.parametrize(
    "data",
    [
        '<row r="3"/><row r="2"/>',
        '<row r="2"/><row r="2"/>',
        '<row r="2"><c r="B2"/><c r="A2"/></row>',
        '<row r="2"><c r="B2"/><c r="B2"/></row>',
        '<row r="2"><c r="B3"/></row>',
        '<row r="two"/>',
        '<row r="2"><c r="2B"/></row>',
        '<row r="2"><c r="B2"></row>',
    ],
)
def test_contradictory_sheets_are_refused(tmp_path: Path, data: str) -> None:
    with pytest.raises(SheetgdError, match="damaged"):
        spliced(data, {"B2": 1.0})
    path = write_parts(tmp_path / "bad.xlsx", parts_of(sheet_xml(data)))
    assert re.match(
        r"bad\.xlsx: sheet S is damaged .*; open it in Excel or LibreOffice", refused(path, {"S!B2": 1.0})
    )


def test_a_sheet_without_a_place_for_cells_is_refused() -> None:
    with pytest.raises(SheetgdError, match="no place for cells"):
        splice(b"<worksheet><sheetPr/></worksheet>", {(1, 1): Change(1.0)})


CELL_FORMS = [
    "<c{}/>",
    "<c{}></c>",
    "<c{}><v>1</v></c>",
    '<c{} s="2" t="str"><v> x </v></c>',
    "<c{} ><f/><v>2</v></c>",
]


def any_sheet(dice: random.Random) -> tuple[str, dict[str, Change]]:
    """Rows and cells in any form that the schema allows, and changes of some of them and of others."""
    data, formulas = "", set()
    for number in sorted(dice.sample(range(1, 8), dice.randint(0, 5))):
        form = dice.choice(['<row r="{}"/>', '<row r="{}" spans="1:2">{}</row>', "<row r='{}' >\n{}</row>"])
        cells = ""
        for column in sorted(dice.sample(range(1, 8), dice.randint(0, 5))) if "{}</row" in form else ():
            address, kind = a1((number, column)), dice.choice(CELL_FORMS)
            cells += dice.choice(["", " ", "<!--c-->"]) + kind.format(f' r="{address}"')
            formulas.update([address] if "<f/>" in kind else [])
        data += dice.choice(["", "\n", "<!--<row/>-->"]) + form.format(number, cells)
    places = {a1((dice.randint(1, 8), dice.randint(1, 8))) for _ in range(dice.randint(0, 12))}
    values = [None, True, 1.5, -2e-300, "", " x ", "a<b>&\n", ErrorValue("#N/A")]
    return data, {cell: Change(dice.choice(values), is_result=cell in formulas) for cell in sorted(places)}


def test_any_change_of_any_sheet() -> None:
    """What ElementTree reads afterwards is what it read before, with the changes; addresses ascend."""
    for seed in range(3000):
        data, changes = any_sheet(random.Random(seed))
        expected, after = tree_cells(data), tree_cells(spliced(data, changes))  # type: ignore[arg-type]
        for cell, (value, is_result, _) in changes.items():
            if value is not None or cell in expected:
                style, _, has_formula = expected.get(cell, ("", None, False))
                text = {None: None, True: "1", -2e-300: "-2e-300"}.get(value, str(value))
                expected[cell] = (style, text, has_formula and is_result)
        assert after == expected, f"seed {seed}"


def tree_cells(data: str) -> dict[str, tuple[str, str | None, bool]]:
    """Each cell's style, text and whether it has a formula."""
    found, last = {}, (0, 0)
    for row in ElementTree.fromstring(f"<d>{data}</d>").iter("row"):
        for cell in row.iter("c"):
            place = parse(cell.attrib["r"])
            assert place > last and place[0] == int(row.attrib["r"])
            last = place
            texts = [text.text or "" for text in cell.iter() if text.tag in ("v", "t")]
            found[cell.attrib["r"]] = (
                cell.get("s", ""),
                texts[0] if texts else None,
                cell.find("f") is not None,
            )
    return found


# -- asking for a recalculation --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<workbook><sheets><a/></sheets>|</workbook>", '<calcPr fullCalcOnLoad="1"/>'),
        (
            "<x:workbook><x:sheets/>|<x:pivotCaches><b/></x:pivotCaches></x:workbook>",
            '<x:calcPr fullCalcOnLoad="1"/>',
        ),
        ("<workbook><sheets/><definedNames/>|<extLst/></workbook>", '<calcPr fullCalcOnLoad="1"/>'),
        ("<workbook><!-- <calcPr/> --><sheets/>|</workbook>", '<calcPr fullCalcOnLoad="1"/>'),
    ],
)
def test_calcpr_is_put_where_the_schema_wants_it(before: str, after: str) -> None:
    assert ask_recalculation(before.replace("|", "").encode()).decode() == before.replace("|", after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<calcPr calcId="1"/>', '<calcPr calcId="1" fullCalcOnLoad="1"/>'),
        ("<calcPr fullCalcOnLoad='0' calcId='1' />", "<calcPr calcId='1' fullCalcOnLoad=\"1\"/>"),
        ('<calcPr calcId="1"></calcPr>', '<calcPr calcId="1" fullCalcOnLoad="1"></calcPr>'),
    ],
)
def test_calcpr_is_changed_where_it_stands(before: str, after: str) -> None:
    xml = "<workbook><sheets/>{}<pivotCaches/></workbook>"
    assert ask_recalculation(xml.format(before).encode()).decode() == xml.format(after)


# -- encodings and namespaces, through whole workbooks ---------------------------------------------------------------
ROWS = '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="inlineStr"><is><t>é😀</t></is></c></row>'
TWICE = "<row><c><v>1</v></c><c><f>A1*2</f><v>2</v></c></row>"
NEW = {"S!A1": 2.5, "S!C1": "grün", "S!A3": True}


def test_a_prefixed_namespace(tmp_path: Path, office: Any) -> None:
    data = re.sub(r"<(/?)", r"<\1x:", ROWS)
    xml = f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>{data}</x:sheetData></x:worksheet>'
    path = write_parts(tmp_path / "prefixed.xlsx", parts_of(xml))
    edited(path, NEW)
    assert office.as_loaded(path)["S"] == {"A1": 2.5, "B1": "é😀", "C1": "grün", "A3": 1.0}


def test_strict_open_xml(tmp_path: Path, office: Any) -> None:
    parts = parts_of(sheet_xml(ROWS))
    strict = {
        name: data.replace(MAIN.encode(), STRICT.encode()).replace(
            RELATIONS.encode(), STRICT_RELATIONS.encode()
        )
        for name, data in parts.items()
    }
    path = write_parts(tmp_path / "strict.xlsx", strict)
    edited(path, NEW, readers=STRICT_READERS)
    assert office.as_loaded(path)["S"] == {"A1": 2.5, "B1": "é😀", "C1": "grün", "A3": 1.0}


@pytest.mark.parametrize(
    "encoding", ["UTF-16", "UTF-16LE", "UTF-16BE", "ISO-8859-1", "windows-1252", "utf-8-sig"]
)
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    text = sheet_xml(ROWS.replace("😀", "")).replace("UTF-8", encoding.replace("utf-8-sig", "UTF-8"))
    path = write_parts(tmp_path / "encoded.xlsx", parts_of(text.encode(encoding)))
    edit(path, NEW)
    expected = {"A1": 2.5, "B1": "é", "C1": "grün", "A3": True}
    assert openpyxl_values(path)["S"] == calamine_values(path)["S"] == expected


def test_results_follow_where_the_engine_needs_a_plain_copy(tmp_path: Path, office: Any) -> None:
    """Strict, in UTF-16, without addresses, and with a comment whose part is named by an absolute path."""
    comments = f'<comments xmlns="{MAIN}"><authors><author>a</author></authors><commentList/></comments>'
    rels = (
        f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{RELATIONS}/comments" '
        'Target="/xl/comments/comment1.xml"/></Relationships>'
    )
    extra = {"xl/comments/comment1.xml": comments, "xl/worksheets/_rels/sheet1.xml.rels": rels}
    parts = parts_of(sheet_xml(TWICE), extra)
    parts[SHEET] = parts[SHEET].decode().replace("UTF-8", "UTF-16").encode("utf-16")
    strict = {
        name: data.replace(MAIN.encode(), STRICT.encode()).replace(
            RELATIONS.encode(), STRICT_RELATIONS.encode()
        )
        for name, data in parts.items()
    }
    for name, form in (("plain", parts), ("strict", strict)):
        path = write_parts(tmp_path / f"{name}.xlsx", form)
        edit(path, {"S!A1": 4.0})
        assert calamine_values(path)["S"] == {"A1": 4, "B1": 8}
        assert office.as_loaded(path)["S"] == {"A1": 4, "B1": 8}


# -- values ----------------------------------------------------------------------------------------------------------
VALUES: list[Any] = [
    *(
        1.5,
        0.1 + 0.2,
        1e300,
        5e-324,
        -(2.0**53),
        123456789012345680.0,
        7,
        2**70,
        True,
        False,
        "plain",
        " blanks ",
    ),
    *(
        "two\nlines",
        "tab\there",
        "<&>\"']]>",
        "=1+1",
        "+1",
        "-1",
        "@sum",
        "\t=1",
        "é😀",
        "x" * 32_767,
        "😀" * 16_383,
    ),
]
ESCAPED = [
    "_x0041_",
    "_x005F_",
    "\x07bell",
    "_x_",
    "_X0041_",
]  # openpyxl and IronCalc show these as the file has them


def test_values_read_back_everywhere(tmp_path: Path, office: Any) -> None:
    path = hand_made(tmp_path / "values.xlsx", "")
    cells = {f"S!A{row}": value for row, value in enumerate([*VALUES, *ESCAPED], 1)}
    edit(path, cells)
    for name, read in {**READERS, "LibreOffice": office.as_loaded}.items():
        shown = read(path)["S"]
        for row, value in enumerate(VALUES, 1):
            assert shown[f"A{row}"] == value, (name, row, str(value)[:40])
    shown = office.as_loaded(path)["S"]
    for row, value in enumerate(ESCAPED, len(VALUES) + 1):
        assert calamine_values(path)["S"][f"A{row}"] == shown[f"A{row}"] == value
    booleans = {f"A{row}" for row, value in enumerate(VALUES, 1) if type(value) is bool}
    assert shown.formulas == booleans  # LibreOffice takes them for =TRUE() and =FALSE()


def test_an_edit_may_be_edited_again(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "again.xlsx", "")
    for value in (1.0, "text", "_x0041_ ", True, 1.0, None, False, 0.0, ErrorValue("#N/A"), "#N/A", None):
        edit(path, {"S!B2": value})
        with sheetgd.open_book(path) as book:
            got = book.cells("S").values.get((2, 2))
        assert got == value and type(got) is type(value)
    assert read_parts(path)[SHEET].count(b"<c ") == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "nan is not a number that a cell can hold; use a finite one"),
        (float("-inf"), "-inf is not a number that a cell can hold; use a finite one"),
        (10**400, "the number is larger than a cell can hold; use a smaller one"),
        ("😀" * 16_384, "a text of 32,768 characters is longer than a cell can hold (32,767); shorten it"),
        (
            3 + 4j,
            "a complex is not something that a cell can hold; use a number, a text, True, False or None",
        ),
        (
            ErrorValue("#CIRC!"),
            "the result is #CIRC!, which only the formula engine knows; write the formula with",
        ),
    ],
)
def test_what_no_cell_can_hold_is_refused(tmp_path: Path, value: Any, message: str) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    assert refused(path, {"S!A2": value}).startswith(f"book.xlsx, S!A2: {message}")


# -- formulas and their results --------------------------------------------------------------------------------------
def test_results_follow_on_every_sheet(tmp_path: Path, office: Any) -> None:
    path = tmp_path / "results.xlsx"
    with xlsxwriter.Workbook(path) as book:
        data, other, apart = (book.add_worksheet(name) for name in ("data", "other", "apart"))
        data.write_column("A1", [1, 2, 3])
        data.write_formula("B1", "=SUM(A1:A3)", None, 6)
        other.write_formula("A1", '=IF(data!B1>5,"much","little")', None, "much")
        other.write_formula("A2", "=data!B1>5", None, True)
        other.write_formula("A3", "=1/(data!B1-6)", None, "#DIV/0!")
        other.write_formula("A4", "=NA()", None, "#N/A")
        other.write_formula("A5", '=data!A1&" <b> "', None, "1 <b> ")
        apart.write_formula("A1", "=1+1", None, 2)
    results = {"data!B1", "other!A1", "other!A2", "other!A3", "other!A5"}
    edited(path, {"data!A1": -1.5}, results, parts={SHEET, SHEET.replace("1", "2")})
    assert openpyxl_values(path)["other"] == {
        "A1": "little",
        "A2": False,
        "A3": 1 / (3.5 - 6),
        "A4": "#N/A",
        "A5": "-1.5 <b> ",
    }
    assert office.assert_stored_equals_recalculated(path) == 7


def test_shared_formulas(tmp_path: Path, office: Any) -> None:
    data = "".join(
        f'<row r="{row}"><c r="A{row}"><v>{row}</v></c><c r="B{row}"><f t="shared" '
        + (f'ref="B1:B4" si="0">A1*$A$1+{"SUM(A:A)"}</f>' if row == 1 else 'si="0"/>')
        + f"<v>{row + 10}</v></c></row>"
        for row in range(1, 5)
    )
    path = hand_made(tmp_path / "shared.xlsx", data)
    edited(path, {"S!A1": 2.0}, {f"S!B{row}" for row in range(1, 5)})
    assert [calamine_values(path)["S"][f"B{row}"] for row in range(1, 5)] == [15, 15, 17, 19]
    assert office.assert_stored_equals_recalculated(path) == 4
    assert "B2: it" not in refused(path, {"S!B2": 1.0})
    assert "S!B2: sheetgd would write here, but it holds the formula =A2*$A$1+SUM(A:A)" in refused(
        path, {"S!B2": 1.0}
    )


def arrays(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.write_column("A1", [1, 2, 3])
        sheet.write_array_formula("C1:C3", "{=A1:A3*2}", None, 2)
        sheet.write_number("C2", 4)
        sheet.write_number("C3", 6)
        sheet.write_dynamic_array_formula("E1:E3", "=A1:A3+1", None, 2)
        sheet.write_number("E2", 3)
        sheet.write_number("E3", 4)
    return path


def test_arrays_and_spills_are_refreshed(tmp_path: Path, office: Any) -> None:
    path = arrays(tmp_path / "arrays.xlsx")
    master = re.search(rb'<c r="E1"[^>]*>', read_parts(path)[SHEET])
    assert master and b'cm="1"' in master[0]
    edited(path, {"S!A2": 10.0}, {"S!C2", "S!E2"})
    xml = read_parts(path)[SHEET]
    assert re.search(rb'<c r="E1"[^>]* cm="1"', xml) and xml.count(b"</f>") == 2
    stored, shown = calamine_values(path)["S"], office.recalculate(path)["S"]
    for cell, value in {"C1": 2, "C2": 20, "C3": 6, "E1": 2, "E2": 11, "E3": 4}.items():
        assert stored[cell] == shown[cell] == value, cell


@pytest.mark.parametrize("cell", ["C2", "C3", "E2", "E3"])
def test_edits_inside_an_array_are_refused(tmp_path: Path, cell: str) -> None:
    path = arrays(tmp_path / "arrays.xlsx")
    assert refused(path, {f"S!{cell}": 1.0}) == (
        f"arrays.xlsx, S!{cell}: sheetgd would write here, but it is part of an array formula; "
        "move it, or type a plain number here."
    )


def test_edits_inside_a_data_table_are_refused(tmp_path: Path) -> None:
    data = (
        '<row r="1"><c r="A1"><v>3</v></c><c r="B1"><v>6</v></c></row><row r="2"><c r="A2"><v>1</v></c>'
        '<c r="B2"><f t="dataTable" ref="B2:B3" dt2D="0" dtr="0" r1="A1"/><v>2</v></c></row>'
        '<row r="3"><c r="A3"><v>2</v></c><c r="B3"><v>4</v></c></row>'
    )
    path = hand_made(tmp_path / "table.xlsx", data)
    for cell in ("B2", "B3"):
        assert "part of a data table" in refused(path, {f"S!{cell}": 1.0})
    edit(path, {"S!A5": 1.0})
    assert calamine_values(path)["S"] == {"A1": 3, "B1": 6, "A2": 1, "B2": 2, "A3": 2, "B3": 4, "A5": 1}


def test_a_recalculation_is_asked_for_only_where_a_result_is_uncertain(tmp_path: Path) -> None:
    data = (
        '<row r="1"><c r="A1"><v>3</v></c><c r="B1"><f>A1*2</f><v>6</v></c>'
        '<c r="C1"><f>A1*2</f><v>999</v></c><c r="D1"><v>1</v></c></row>'
    )
    path = hand_made(tmp_path / "uncertain.xlsx", data)
    edit(path, {"S!D1": 2.0})  # C1 cannot be reproduced, but does not depend on D1
    assert b"fullCalcOnLoad" not in read_parts(path)["xl/workbook.xml"]
    warnings = edit(path, {"S!A1": 4.0})
    assert b'<calcPr fullCalcOnLoad="1"/>' in read_parts(path)["xl/workbook.xml"]
    assert calamine_values(path)["S"] == {"A1": 4, "B1": 8, "C1": 999, "D1": 2}
    assert any("S!C1" in warning and "999" in warning for warning in warnings)


# -- places that are not for typing ----------------------------------------------------------------------------------
def test_merged_areas(tmp_path: Path) -> None:
    path = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.merge_range("B2:D4", "title")
    assert "S!C3: sheetgd would write here, but it is part of a merged area" in refused(path, {"S!C3": 1.0})
    edited(path, {"S!B2": "new title", "S!E2": 1.0})


def test_table_headings(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("S")
        sheet.add_table("B2:C5", {"columns": [{"header": "x"}, {"header": "y"}], "data": [[1, 2]] * 3})
        sheet.add_table("F2:G5", {"header_row": False, "data": [[1, 2]] * 4})
    assert "S!C2: sheetgd would write here, but it is part of a table's heading" in refused(
        path, {"S!C2": "z"}
    )
    edited(path, {"S!C3": 9.0, "S!F2": 8.0, "S!B6": 7.0})


def test_pivot_tables(tmp_path: Path) -> None:
    parts = parts_of(sheet_xml(ROWS))
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = (
        f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{RELATIONS}/pivotTable" '
        'Target="../pivotTables/pivotTable1.xml"/></Relationships>'
    ).encode()
    parts["xl/pivotTables/pivotTable1.xml"] = (
        f'<pivotTableDefinition xmlns="{MAIN}" name="p" cacheId="1"><location ref="E2:F5" firstHeaderRow="1" '
        'firstDataRow="1" firstDataCol="1"/></pivotTableDefinition>'
    ).encode()
    path = write_parts(tmp_path / "pivot.xlsx", parts)
    assert "S!F5: sheetgd would write here, but it is part of a pivot table" in refused(path, {"S!F5": 1.0})
    edit(path, {"S!G5": 1.0})


def test_a_protected_sheet_is_patched_and_said(tmp_path: Path) -> None:
    path = tmp_path / "protected.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("S").protect("secret")
    assert edited(path, {"S!A1": 1.0}) == ["sheet S is protected; sheetgd wrote to it all the same"]


@pytest.mark.parametrize("number", [3.0, 3])
def test_a_number_in_a_date_cell_is_said(tmp_path: Path, number: float) -> None:
    path = hand_made(tmp_path / "date.xlsx", '<row r="1"><c r="A1" s="2"><v>45000</v></c></row>')
    assert edit(path, {"S!A1": number}) == ["S!A1 shows its number as a date: give the cell a number format"]
    assert edit(path, {"S!A1": "text"}) == []


def test_the_1904_calendar(tmp_path: Path, office: Any) -> None:
    path = tmp_path / "1904.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        sheet = book.add_worksheet("S")
        sheet.write("A1", 1)
        sheet.write_formula("B1", "=A1*2", None, 2)
        sheet.write_formula("C1", "=YEAR(A2)", None, 1904)
        sheet.write("A2", 10, book.add_format({"num_format": "yyyy-mm-dd"}))
    edited(path, {"S!A1": 4.0}, {"S!B1"})
    assert calamine_values(path)["S"]["C1"] == 1904
    assert office.assert_stored_equals_recalculated(path) == 2


def test_unknown_sheets_are_named(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    assert refused(path, {"T!A1": 1.0}) == "book.xlsx: there is no sheet T; its sheets are S."
    edits = sheetgd.Edits()
    edits.add_color_scale("T", Area.parse("A1:B2"))
    with sheetgd.open_book(path) as book, pytest.raises(SheetgdError, match="there is no sheet T"):
        book.apply(edits)


def test_a_colour_scale_is_not_piled_up(tmp_path: Path, office: Any) -> None:
    path = hand_made(tmp_path / "scale.xlsx", ROWS)
    for _ in range(3):
        edits = sheetgd.Edits()
        edits.add_color_scale("S", Area.parse("A1:B2"))
        with sheetgd.open_book(path) as book:
            book.apply(edits)
    sheet = openpyxl.load_workbook(path)["S"]
    [[rule]] = list(sheet.conditional_formatting._cf_rules.values())
    assert (rule.type, rule.priority) == ("colorScale", 1)
    assert office.as_loaded(path)["S"]["A1"] == 1


def test_a_signed_workbook_needs_force(tmp_path: Path) -> None:
    parts = {**parts_of(sheet_xml(ROWS)), "_xmlsignatures/sig1.xml": b"<Signature/>"}
    path = write_parts(tmp_path / "signed.xlsx", parts)
    assert refused(path, {"S!A1": 2.0}) == (
        "signed.xlsx: it carries a digital signature, which a change breaks; add --force to change it."
    )
    edited(path, {"S!A1": 2.0}, force=True)


def test_everything_excel_puts_into_a_workbook_stays(tmp_path: Path, office: Any) -> None:
    path = excel_made(tmp_path / "excel.xlsm")
    before = office.as_loaded(path)
    edited(path, {"marks!A2": 40.0}, {"marks!D2"}, parts={"xl/worksheets/sheet3.xml"})
    after = office.as_loaded(path)
    assert after["marks"].pop("D2") == 51 and after["marks"].pop("A2") == 40
    assert before["marks"].pop("D2") == 15 and before["marks"].pop("A2") == 4
    assert after == before


# -- the zip ---------------------------------------------------------------------------------------------------------
def zipped(path: Path, kind: str) -> Path:
    """The hand-made workbook, packed as a careless or an unusual program would."""
    parts = {
        **parts_of(sheet_xml(ROWS)),
        "xl/media/größe 图.bin": bytes(range(256)) * 20,
        "docProps/empty.xml": b"",
    }
    order = (
        sorted(parts, key=lambda name: (name == "[Content_Types].xml", name))
        if kind == "order"
        else list(parts)
    )
    method = zipfile.ZIP_STORED if kind == "stored" else zipfile.ZIP_DEFLATED
    target: Any = path.open("wb")
    if kind == "descriptors":
        target = Unseekable(target)
    with target, zipfile.ZipFile(target, "w", method) as archive:
        for number, name in enumerate(order):
            info = zipfile.ZipInfo(name, (1980 + number, 1 + number, 2, 3, 4, 2 * number))
            info.compress_type, info.external_attr, info.create_system = method, 0o644 << 16, number % 4
            info.comment = b"a comment of its own"
            if kind == "extra":
                info.extra = struct.pack("<2HBL", 0x5455, 5, 1, 10**9) + struct.pack(
                    "<2H4s", 0xCAFE, 4, b"java"
                )
            with archive.open(info, "w", force_zip64=kind == "zip64") as member:
                member.write(parts[name])
        archive.comment = b"the whole file's comment"
    data = path.read_bytes()
    if kind == "prefix":  # a program in front; the directory's offsets count from the zip's own beginning
        path.write_bytes(b"#!/bin/sh\nexit 1\n" + data)
    if kind == "wide directory":
        path.write_bytes(widened(data))
    return path


def raw_members(path: Path) -> dict[str, bytes]:
    """Each member from its local header to the next one's."""
    with zipfile.ZipFile(path) as archive:
        begins = {info.header_offset: info.filename for info in archive.infolist()}
        ends = [*sorted(begins)[1:], archive.start_dir]
    return {
        begins[begin]: path.read_bytes()[begin:end] for begin, end in zip(sorted(begins), ends, strict=True)
    }


class Unseekable:
    """A file that zipfile cannot go back in, so that it writes data descriptors."""

    def __init__(self, file: Any) -> None:
        self.write, self.flush, self.close = file.write, file.flush, file.close

    def __enter__(self) -> Unseekable:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def widened(data: bytes) -> bytes:
    """The same zip with 64-bit sizes and offsets in its directory."""
    end = data.rindex(b"PK\5\6")
    count, _, start = struct.unpack_from("<H2L", data, end + 10)
    records, at = [], start
    for _ in range(count):
        fields = list(struct.unpack_from("<4s6H3L5H2L", data, at))
        name, extra, comment = (fields[i] for i in (10, 11, 12))
        texts = data[at + 46 : at + 46 + name + extra + comment]
        wide = struct.pack("<2H3Q", 1, 24, fields[9], fields[8], fields[16])
        fields[8] = fields[9] = fields[16] = 0xFFFFFFFF
        fields[2], fields[11] = 45, extra + len(wide)
        head, tail = texts[: name + extra], texts[name + extra :]
        records.append(struct.pack("<4s6H3L5H2L", *fields) + head + wide + tail)
        at += 46 + name + extra + comment
    directory = b"".join(records)
    place = start + len(directory)
    zip64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, place, 1)
    tail = struct.pack("<4s4H2L", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF) + data[end + 20 :]
    return data[:start] + directory + zip64 + locator + tail


@pytest.mark.parametrize(
    "kind", ["plain", "order", "stored", "descriptors", "zip64", "wide directory", "extra", "prefix"]
)
def test_unusual_zips_keep_every_other_byte(tmp_path: Path, office: Any, kind: str) -> None:
    path = zipped(tmp_path / "zipped.xlsx", kind)
    before = raw_members(path)
    # Behind a changed part, an entry of a wide directory differs: its extra field holds the offset.
    moved = {"xl/media/größe 图.bin", "docProps/empty.xml"} if kind == "wide directory" else set()
    edited(path, {"S!A1": 2.5}, parts={SHEET, *moved}, readers=[] if kind == "prefix" else list(READERS))
    after = raw_members(path)
    assert {name for name in before if before[name] != after[name]} == {SHEET}
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(tmp_path / "before zipped.xlsx") as old:
        assert archive.testzip() is None
        assert archive.comment == b"the whole file's comment"
        for new, was in zip(archive.infolist(), old.infolist(), strict=True):
            kept = ("filename", "date_time", "comment", "external_attr", "create_system", "compress_type")
            assert [getattr(new, name) for name in kept] == [getattr(was, name) for name in kept]
            if kind == "extra":
                assert new.extra == was.extra
    if kind not in ("prefix", "wide directory"):  # LibreOffice opens neither, before or after
        assert office.as_loaded(path)["S"] == {"A1": 2.5, "B1": "é😀"}
    assert path.read_bytes()[:2] == (b"#!" if kind == "prefix" else b"PK")


def test_the_patched_zip_is_sound_to_a_strict_reader(tmp_path: Path) -> None:
    """Local headers, directory and end record agree in every field, without gaps (read by hand)."""
    path = zipped(tmp_path / "zipped.xlsx", "descriptors")
    edit(path, {"S!A1": 2.5})
    data = path.read_bytes()
    end = data.rindex(b"PK\5\6")
    count, total, size, start, _ = struct.unpack_from("<2H2LH", data, end + 8)
    assert (count, start + size) == (total, end)
    at = start
    for _ in range(count):
        central = struct.unpack_from("<4s6H3L5H2L", data, at)
        name = data[at + 46 : at + 46 + central[10]]
        local = struct.unpack_from("<4s5H3L2H", data, central[16])
        assert local[0] == b"PK\3\4" and data[central[16] + 30 :].startswith(name)
        assert (local[2], local[3], local[4], local[5]) == (central[3], central[4], central[5], central[6])
        if not local[2] & 8:
            assert local[6:9] == central[7:10]
            assert name.decode() in (SHEET,)
        at += 46 + sum(central[10:13])
    assert at == end


def test_only_named_parts_can_be_replaced(tmp_path: Path) -> None:
    package = Package(hand_made(tmp_path / "book.xlsx", ROWS))
    with pytest.raises(SheetgdError, match=r"its part xl/nothing\.xml is missing"):
        package.replaced({"xl/nothing.xml": b""})
    assert package.replaced({}) == package.data


@pytest.mark.parametrize("name", ["XL/Worksheets/SHEET1.xml", "xl\\worksheets\\sheet1.xml"])
def test_names_of_parts_are_compared_as_excel_does(tmp_path: Path, name: str) -> None:
    parts = parts_of(sheet_xml(ROWS))
    parts[name] = parts.pop(SHEET)
    path = write_parts(tmp_path / "odd.xlsx", parts)
    edit(path, {"S!A1": 9.0})
    assert b"<v>9</v>" in read_parts(path)[name]


def test_formulas_stay_to_the_letter(tmp_path: Path) -> None:
    path = excel_made(tmp_path / "excel.xlsx")
    before = openpyxl_formulas(path)
    edit(path, {"basic!F1": 0.0002})
    after = openpyxl_formulas(path)
    before["basic"].pop("F1"), after["basic"].pop("F1")
    assert after == before
    assert sum(str(value).startswith("=") for cells in after.values() for value in cells.values()) == 238


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    parts = parts_of(sheet_xml(ROWS))
    del parts[SHEET]
    path = write_parts(tmp_path / "missing.xlsx", parts)
    assert refused(path, {"S!A1": 1.0}).startswith(f"missing.xlsx: its part {SHEET} is missing; open it in")


def test_the_other_sheet_of_a_damaged_one_can_be_read(tmp_path: Path) -> None:
    path = excel_made(tmp_path / "excel.xlsx")
    change_part(path, "xl/worksheets/sheet3.xml", lambda xml: xml.replace(b"</sheetData>", b""))
    with sheetgd.open_book(path) as book, pytest.raises(SheetgdError, match="sheet marks is damaged"):
        book.cells("marks")


# -- putting the file in place ---------------------------------------------------------------------------------------
def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if "sheetgd" in path.name)


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    ours = [".book.xlsx.0123abcd.sheetgd", ".book.xlsx.sheetgd-lock"]
    others = [
        ".other.xlsx.0123abcd.sheetgd",
        ".book.xlsx.notes.sheetgd",
        "book.xlsx.0123abcd.sheetgd",
        "sheetgd.txt",
    ]
    for name in [*ours, *others]:
        (tmp_path / name).write_text("half of a workbook")
    edit(path, {"S!A1": 2.0})
    assert leftovers(tmp_path) == sorted(others)
    assert calamine_values(path)["S"]["A1"] == 2


def test_a_live_run_is_waited_for_and_its_files_are_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    monkeypatch.setattr(saving, "PATIENCE", 0.2)
    (tmp_path / ".book.xlsx.0123abcd.sheetgd").write_text("being written")
    before = path.read_bytes()
    with saving.alone(path) as certain, pytest.raises(SheetgdError) as caught:
        assert certain
        edit(path, {"S!A1": 2.0})
    assert str(caught.value) == (
        "book.xlsx: another run of sheetgd is writing it; wait until it is done, then run again."
    )
    assert path.read_bytes() == before
    assert leftovers(tmp_path) == [".book.xlsx.0123abcd.sheetgd"]
    edit(path, {"S!A1": 2.0})
    assert leftovers(tmp_path) == []


def test_many_writers_at_once_take_turns(tmp_path: Path) -> None:
    """Each adds one to the number in the file, under the lock; none is lost, none waits for ever."""
    path = tmp_path / "number"
    path.write_text("0")

    def add_one() -> None:
        for _ in range(20):
            with saving.alone(path):
                number = int(path.read_text())
                path.write_text(str(number + 1))

    threads = [threading.Thread(target=add_one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == "160"
    assert leftovers(tmp_path) == []


def test_a_file_changed_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    other = hand_made(tmp_path / "other.xlsx", ONE)
    edits = sheetgd.Edits()
    edits.set("S!A1", 2.0)
    with sheetgd.open_book(path) as book:
        shutil.copy(other, path)
        with pytest.raises(SheetgdError) as caught:
            book.apply(edits)
    assert "the file was changed by something else" in str(caught.value)
    assert path.read_bytes() == other.read_bytes()
    assert leftovers(tmp_path) == []


def test_a_new_date_alone_is_no_change(tmp_path: Path) -> None:
    path = arrays(tmp_path / "book.xlsx")
    edits = sheetgd.Edits()
    edits.set("S!A1", 2.0)
    with sheetgd.open_book(path) as book:
        os.utime(path, (10**9, 10**9))
        book.model()
        os.utime(path, (2 * 10**9, 10**9))
        book.apply(edits)
    assert calamine_values(path)["S"]["C1"] == 4


def test_the_engine_may_not_read_another_file(tmp_path: Path) -> None:
    """The sheets were read from the one, the engine would read the other: neither result could be trusted."""
    path, other = arrays(tmp_path / "book.xlsx"), arrays(tmp_path / "other.xlsx")
    edit(other, {"S!A1": 50.0})
    with sheetgd.open_book(path) as book:
        shutil.copy(other, path)
        with pytest.raises(SheetgdError, match="the file was changed by something else"):
            book.model()


def test_another_file_is_not_replaced_without_force(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    package = Package(path)
    other = tmp_path / "other.xlsx"
    package.save({}, other)
    assert other.read_bytes() == path.read_bytes()
    with pytest.raises(
        SheetgdError, match="the file exists already; name another, or add --force to replace it"
    ):
        package.save({SHEET: b"<worksheet/>"}, other)
    package.save({SHEET: b"<worksheet/>"}, other, overwrite=True)
    assert read_parts(other)[SHEET] == b"<worksheet/>"


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither these permissions nor plain links")
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path = hand_made(tmp_path / "book.xlsx", ROWS)
    path.chmod(0o640)
    link = tmp_path / "link.xlsx"
    link.symlink_to("book.xlsx")
    edit(link, {"S!A1": 2.0})
    assert link.is_symlink() and path.stat().st_mode & 0o777 == 0o640
    assert calamine_values(path)["S"]["A1"] == 2


@pytest.mark.parametrize("name", ["x" * 240 + ".xlsx", "é" * 120 + ".xlsx", "a b'c.xlsx", "-o.xlsx"])
def test_long_and_odd_names(tmp_path: Path, name: str) -> None:
    path = hand_made(tmp_path / name, ROWS)
    edit(path, {"S!A1": 2.0})
    assert calamine_values(path)["S"]["A1"] == 2
    assert leftovers(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX locks")
def test_without_locks_the_save_still_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> bool:
        raise OSError(errno.ENOLCK, "no locks available")

    path = hand_made(tmp_path / "book.xlsx", ROWS)
    (tmp_path / ".book.xlsx.0123abcd.sheetgd").write_text("perhaps another run's")
    monkeypatch.setattr(saving, "_lock", none)
    edit(path, {"S!A1": 2.0})
    assert calamine_values(path)["S"]["A1"] == 2
    assert ".book.xlsx.0123abcd.sheetgd" in leftovers(tmp_path)


def replaced_late(path: Path, content: bytes) -> None:
    """Another program that puts a file in the place when the last look at it is over."""
    theirs = path.with_name("theirs")
    theirs.write_bytes(content)
    os.replace(theirs, path)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux, which can exchange two files")
def test_a_file_that_came_after_the_last_look_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "book"
    path.write_bytes(b"old")
    with pytest.raises(SheetgdError, match="changed by something else while the epochs ran; run them again"):
        saving.write_atomically(path, b"ours", lambda: replaced_late(path, b"theirs"), b"old")
    assert path.read_bytes() == b"theirs" and os.listdir(tmp_path) == ["book"]
    saving.write_atomically(path, b"ours", None, b"theirs")
    assert path.read_bytes() == b"ours" and os.listdir(tmp_path) == ["book"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux, which can exchange two files")
def test_of_two_files_that_came_late_the_last_keeps_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "book"
    path.write_bytes(b"old")
    exchange, done = saving._exchange, list[str]()

    def and_then_a_third(one: str, other: str) -> bool:
        done.append(one)
        exchanged = exchange(one, other)
        if len(done) == 1:
            replaced_late(path, b"third")
        return exchanged

    monkeypatch.setattr(saving, "_exchange", and_then_a_third)
    with pytest.raises(SheetgdError):
        saving.write_atomically(path, b"ours", lambda: replaced_late(path, b"theirs"), b"old")
    assert path.read_bytes() == b"third" and os.listdir(tmp_path) == ["book"] and len(done) == 3


def test_where_files_cannot_be_exchanged_they_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_exchange", lambda *_: False)
    path = tmp_path / "book"
    path.write_bytes(b"old")
    saving.write_atomically(path, b"ours", None, b"old")
    assert path.read_bytes() == b"ours" and os.listdir(tmp_path) == ["book"]


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_failing_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = hand_made(tmp_path / "book.xlsx", ROWS)
    monkeypatch.setattr(saving if step == "write" else saving.os, {"write": "_write"}.get(step, step), fail)
    monkeypatch.setattr(saving, "_exchange", lambda *_: False)  # as on most systems
    assert refused(path, {"S!A1": 2.0}) == (
        "book.xlsx: the disk is full; free some space and run again; the workbook is as it was."
    )
