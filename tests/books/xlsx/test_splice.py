"""Changing cells in the XML of a sheet: every other byte stays."""

from __future__ import annotations

import random
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from handmade import parts_of, sheet_xml
from parts import write_parts
from patched import ONE, refused
from sheetgd.books.xlsx.cell_change import CellChange
from sheetgd.books.xlsx.splice import splice
from sheetgd.books.xlsx.workbook_part import ask_recalculation
from sheetgd.errors import SheetgdError
from sheetgd.grid.a1 import Area, a1, parse
from sheetgd.grid.sheet import ErrorValue, Value


def spliced(
    data: str, changes: dict[str, Value | CellChange], wrap: str = "<sheetData>{}</sheetData>"
) -> str:
    """What becomes of the rows; everything around them must stay."""
    before, after = f"<worksheet>{wrap}</worksheet>".split("{}")
    full = {
        parse(cell): value if isinstance(value, CellChange) else CellChange(value)
        for cell, value in changes.items()
    }
    done = splice(f"{before}{data}{after}".encode(), full).decode()
    assert done.startswith(before) and done.endswith(after)
    return done[len(before) : len(done) - len(after)]


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
        {"A1": CellChange("y", is_result=True)},
        '<row r="1"><c r="A1" s="1" cm="1" t="str"><f t="array" ref="A1:B1">X()</f><v>y</v></c></row>',
    ),
    "a shared formula's children keep theirs": (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c></row>',
        {"A1": CellChange(3.0, is_result=True), "A2": CellChange(True, is_result=True)},
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1</f><v>3</v></c></row>'
        '<row r="2"><c r="A2" t="b"><f t="shared" si="0"/><v>1</v></c></row>',
    ),
    "an empty text, an error and nothing as results": (
        '<row r="1"><c r="A1"><f>B1</f><v>1</v></c><c r="B1"><f>C1</f></c><c r="C1"><f>D1</f><v>1</v></c></row>',
        {
            "A1": CellChange("", is_result=True),
            "B1": CellChange(ErrorValue("#N/A"), is_result=True),
            "C1": CellChange(None, is_result=True),
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
    assert splice(b"<worksheet><sheetData /><a/></worksheet>", {(1, 1): CellChange(1.0)}).decode() == expected


def test_elements_elsewhere_with_the_same_names_mean_nothing() -> None:
    after = "</sheetData><controls><from><col>1</col><row>3</row><c/></from></controls>"
    assert (
        spliced(ONE, {"A9": 1.0}, "<sheetData>{}" + after) == ONE + '<row r="9"><c r="A9"><v>1</v></c></row>'
    )


def test_new_cells_look_like_their_row_or_column() -> None:
    wrap = '<cols><col min="2" max="3" style="7"/><col min="4" max="4" width="9"/></cols><sheetData>{}</sheetData>'
    data = '<row r="1" s="5" customFormat="1"/><row r="2" s="5"/>'
    done = spliced(data, {"B1": 1.0, "B2": 1.0, "D2": 1.0, "C3": 1.0, "E3": CellChange(1.0, style="9")}, wrap)
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
    done = splice(xml.format(before).encode(), {parse(cell): CellChange(1.0)}).decode()
    assert f"<dimension ref='{after}'/>" in done
    assert splice(xml.format(before).encode(), {parse(cell): CellChange(None)}).decode() == xml.format(before)


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
        splice(b"<worksheet><sheetPr/></worksheet>", {(1, 1): CellChange(1.0)})


CELL_FORMS = [
    "<c{}/>",
    "<c{}></c>",
    "<c{}><v>1</v></c>",
    '<c{} s="2" t="str"><v> x </v></c>',
    "<c{} ><f/><v>2</v></c>",
]


def any_sheet(dice: random.Random) -> tuple[str, dict[str, CellChange]]:
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
    return data, {
        cell: CellChange(dice.choice(values), is_result=cell in formulas) for cell in sorted(places)
    }


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
