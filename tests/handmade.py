"""The smallest workbooks, written part by part, for what no library writes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from parts import write_parts

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

STYLES = f"""{HEAD}<styleSheet xmlns="{MAIN}">
<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>
<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="2" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="10" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""


def parts_of(
    sheet: bytes | str, extra: Mapping[str, bytes | str] = {}, workbook: str = ""
) -> dict[str, bytes]:
    """The parts of a workbook with one sheet, S, whose whole XML is given; `extra` are added or take their place."""
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": f"""{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPES}.worksheet+xml"/>
<Override PartName="/xl/styles.xml" ContentType="{TYPES}.styles+xml"/></Types>""",
        "_rels/.rels": f"""{HEAD}<Relationships xmlns="{PACKAGE}">
<Relationship Id="rId1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>""",
        "xl/workbook.xml": f"""{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}">
{workbook}<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>""",
        "xl/_rels/workbook.xml.rels": f"""{HEAD}<Relationships
 xmlns="{PACKAGE}">
<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>""",
        "xl/styles.xml": STYLES,
        "xl/worksheets/sheet1.xml": sheet,
        **extra,
    }
    return {name: data.encode() if isinstance(data, str) else data for name, data in parts.items()}


def sheet_xml(data: str, before: str = "", after: str = "", attributes: str = "") -> str:
    """A worksheet with these rows, and elements before and after them."""
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}" xmlns:r="{RELATIONS}"{attributes}>{before}'
        f"<sheetData>{data}</sheetData>{after}</worksheet>"
    )


def hand_made(
    path: str | os.PathLike[str], data: str, before: str = "", after: str = "", workbook: str = ""
) -> Path:
    """A workbook with one sheet, S, of these rows."""
    return write_parts(path, parts_of(sheet_xml(data, before, after), workbook=workbook))
