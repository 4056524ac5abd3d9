"""The scroll bar of the live tabs: its parts as Excel writes them, and what LibreOffice makes of it."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from office import Office
from parts import read_parts
from sheetgd.books.opening import open_book
from sheetgd.epochs.run import reset_sheets, run_sheets
from sheetgd.lessons import draw
from sheetgd.lessons.create import new

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
EXCEL = "{urn:schemas-microsoft-com:office:excel}"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bars")
    return {name: new(name, folder / f"{name}.xlsx") for name in ("belts", "optimizers")}


def related(parts: dict[str, bytes], part: str) -> dict[str, tuple[str, str]]:
    """The relations of a part by their Id: the kind, and the part that it leads to."""
    folder, _, name = part.rpartition("/")
    found = ElementTree.fromstring(parts[f"{folder}/_rels/{name}.rels"])
    return {
        one.attrib["Id"]: (
            one.attrib["Type"].rpartition("/")[2],
            posixpath.normpath(posixpath.join("/", folder, one.attrib["Target"]))[1:],
        )
        for one in found
    }


def test_its_parts_are_those_that_excel_writes(drawn: dict[str, Path]) -> None:
    """A list of controls in the sheet, its properties, a hidden shape and the VML of Excel 2007, all of one number."""
    parts = read_parts(drawn["optimizers"])
    for tab, sheet in ((6, "Live Plain"), (7, "Live Momentum")):
        part = f"xl/worksheets/sheet{tab}.xml"
        relations, xml = related(parts, part), ElementTree.fromstring(parts[part])
        kinds = dict(relations.values())
        order = [one.tag.rpartition("}")[2] for one in xml][-3:]
        assert order == ["drawing", "legacyDrawing", "AlternateContent"]
        [control] = [one for one in xml.iter() if one.tag.endswith("}control")]
        number = control.attrib["shapeId"]
        assert relations[control.attrib[f"{{{OFFICE}}}id"]] == ("ctrlProp", kinds["ctrlProp"])
        [legacy] = [one for one in xml if one.tag.endswith("}legacyDrawing")]
        assert relations[legacy.attrib[f"{{{OFFICE}}}id"]] == ("vmlDrawing", kinds["vmlDrawing"])
        properties = ElementTree.fromstring(parts[kinds["ctrlProp"]]).attrib
        assert properties.pop("dx") == "16"
        assert properties == {
            "objectType": "Scroll",
            "fmlaLink": f"'{sheet}'!$P$4",
            "horiz": "1",
            "inc": "50",
            "max": "30000",
            "page": "1000",
            "val": "0",
        }
        vml = ElementTree.fromstring(parts[kinds["vmlDrawing"]])
        [shape] = [one for one in vml if one.tag.endswith("}shape")]
        said = {one.tag.removeprefix(EXCEL): one.text for one in shape.iter() if one.tag.startswith(EXCEL)}
        assert shape.attrib["id"] == f"_x0000_s{number}" and "Horiz" in said
        assert (said["FmlaLink"], said["Max"]) == (properties["fmlaLink"], properties["max"])
        drawing = parts[kinds["drawing"]].decode()
        assert f'<xdr:cNvPr id="{number}" name="Scroll Bar 1" hidden="1">' in drawing
        assert f'spid="_x0000_s{number}"' in drawing
        assert anchor(ElementTree.tostring(control).decode()) == anchor(drawing[drawing.index("<mc:") :])
    types = parts["[Content_Types].xml"].decode()
    assert len(re.findall("application/vnd.ms-excel.controlproperties[+]xml", types)) == 2
    assert types.count('Extension="vml"') == 1


def anchor(xml: str) -> list[str]:
    return re.findall(r":(?:col|colOff|row|rowOff)>(\d+)<", xml)


def test_a_run_and_a_reset_leave_it_alone(drawn: dict[str, Path], tmp_path: Path) -> None:
    path = new("belts", tmp_path / "belts.xlsx")
    with open_book(path) as book:
        run_sheets(book, epochs=3)
    with open_book(path) as book:
        reset_sheets(book)
    before, after = read_parts(drawn["belts"]), read_parts(path)
    names = [name for name in before if "Scroll" in name or "ctrl" in name or "drawing" in name.lower()]
    assert len(names) > 4 and all(before[name] == after[name] for name in names)


@pytest.mark.parametrize(
    ("lesson", "tab"), [("belts", "Live"), ("optimizers", "Live Plain"), ("optimizers", "Live Momentum")]
)
def test_libreoffice_moves_the_line_with_it(
    office: Office, drawn: dict[str, Path], lesson: str, tab: str
) -> None:
    """The line's end on the chart is another one; and typing into its cell moves the bar."""
    table = openpyxl.load_workbook(drawn[lesson])[tab]
    end = now_cell(table)
    ends = []
    for dragged, epochs in ((0, None), (5000, 10), (10_000, 100), (30_000, 1_000_000)):
        told = office.scroll(drawn[lesson], tab, 777, dragged)
        assert (told["limits"], told["bar"]) == ([0, 30_000], 777)
        assert told["values"]["P4"] == dragged
        assert told["values"]["P5"] == (told["values"]["C3"] if epochs is None else epochs)
        ends.append(told["values"][end])
    assert len({round(number, 6) for number in ends[1:]}) > 1


def now_cell(sheet: openpyxl.worksheet.worksheet.Worksheet) -> str:
    """The far end of the line now, among what the chart shows."""
    [line] = [series for series in sheet._charts[0].series if series.tx.v == "now"]
    return str(line.yVal.numRef.f.rpartition(":")[2].replace("$", ""))


def test_it_is_left_out_for_google(tmp_path: Path) -> None:
    draw("belts", tmp_path / "belts.xlsx", scroll_bar=False)
    parts = read_parts(tmp_path / "belts.xlsx")
    assert not [name for name in parts if "ctrlProp" in name or name.endswith(".vml")]
    sheet = openpyxl.load_workbook(tmp_path / "belts.xlsx")["Live"]
    assert [sheet[cell].value for cell in ("O2", "O4", "P4")] == [None] * 3
    assert {str(rule.sqref) for rule in sheet.data_validations.dataValidation} == {"C3"}
    assert not [cell for row in sheet.iter_rows() for cell in row if "drag" in str(cell.value)]
