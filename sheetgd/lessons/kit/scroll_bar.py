"""A scroll bar on a sheet: a form control that moves a number in a cell, without a macro.

openpyxl writes no form controls, so the parts that Excel writes for one are added to the package: its properties in a
part of their own, the list of controls in the sheet, a hidden shape in the sheet's drawing, and, for Excel 2007 and
for LibreOffice, a VML drawing that says the same. Google Sheets drops all of it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from openpyxl.utils import range_boundaries

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
COMPATIBLE = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
EXCEL_2010 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
DRAWN = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
SHAPES_2010 = "http://schemas.microsoft.com/office/drawing/2010/main"
GAP = 38_100  # the bar begins so far below the top of its area: 3 points, in EMU
CONTENT_TYPES = (
    '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>',
    '<Override PartName="/{properties}" ContentType="application/vnd.ms-excel.controlproperties+xml"/>',
)
PROPERTIES = (
    "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"
    f'<formControlPr xmlns="{EXCEL_2010}" objectType="Scroll" dx="16" fmlaLink="{{cell}}" horiz="1" inc="{{step}}" '
    'max="{most}" page="{page}" val="{value}"/>'
)
PLACE = (
    "<{0}from><xdr:col>{left}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{top}</xdr:row><xdr:rowOff>{gap}</xdr:rowOff>"
    "</{0}from><{0}to><xdr:col>{right}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{bottom}</xdr:row>"
    "<xdr:rowOff>0</xdr:rowOff></{0}to>"
)
IN_SHEET = (
    f'<legacyDrawing xmlns:r="{OFFICE}" r:id="scrollBar"/>'
    f'<mc:AlternateContent {COMPATIBLE}><mc:Choice xmlns:x14="{EXCEL_2010}" Requires="x14">'
    f'<controls xmlns:r="{OFFICE}" xmlns:xdr="{DRAWN}"><mc:AlternateContent><mc:Choice Requires="x14">'
    '<control shapeId="{shape}" r:id="scrollBarProperties" name="Scroll Bar 1">'
    '<controlPr defaultSize="0" print="0" autoPict="0"><anchor moveWithCells="1" sizeWithCells="1">{place}'
    "</anchor></controlPr></control></mc:Choice></mc:AlternateContent></controls></mc:Choice></mc:AlternateContent>"
)
IN_DRAWING = (
    f'<mc:AlternateContent {COMPATIBLE} xmlns:xdr="{DRAWN}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    f'<mc:Choice xmlns:a14="{SHAPES_2010}" Requires="a14"><xdr:twoCellAnchor>{{place}}'
    '<xdr:sp macro="" textlink=""><xdr:nvSpPr><xdr:cNvPr id="{shape}" name="Scroll Bar 1" hidden="1"><a:extLst>'
    '<a:ext uri="{{63B3BB69-23CF-44E3-9099-C40C66FF867C}}"><a14:compatExt spid="_x0000_s{shape}"/></a:ext></a:extLst>'
    '</xdr:cNvPr><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr bwMode="auto"><a:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/>'
    '</a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:sp>'
    '<xdr:clientData fPrintsWithSheet="0"/></xdr:twoCellAnchor></mc:Choice><mc:Fallback/></mc:AlternateContent>'
)
VML = """<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" \
xmlns:x="urn:schemas-microsoft-com:office:excel">
<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="{number}"/></o:shapelayout>
<v:shapetype id="_x0000_t201" coordsize="21600,21600" o:spt="201" path="m,l,21600r21600,l21600,xe">
<v:stroke joinstyle="miter"/>
<v:path shadowok="f" o:extrusionok="f" strokeok="f" fillok="f" o:connecttype="rect"/>
<o:lock v:ext="edit" shapetype="t"/>
</v:shapetype>
<v:shape id="_x0000_s{shape}" type="#_x0000_t201" style="position:absolute;z-index:1;mso-wrap-style:tight" \
stroked="f" strokecolor="windowText [64]" o:insetmode="auto">
<x:ClientData ObjectType="Scroll">
<x:SizeWithCells/>
<x:Anchor>{left}, 0, {top}, 4, {right}, 0, {bottom}, 0</x:Anchor>
<x:PrintObject>False</x:PrintObject>
<x:Val>{value}</x:Val>
<x:Min>0</x:Min>
<x:Max>{most}</x:Max>
<x:Inc>{step}</x:Inc>
<x:Page>{page}</x:Page>
<x:Horiz/>
<x:Dx>16</x:Dx>
<x:FmlaLink>{cell}</x:FmlaLink>
</x:ClientData>
</v:shape>
</xml>
"""


class ScrollBar(NamedTuple):
    """A horizontal bar over an area of cells; the number in `cell` follows it, from 0 to `most` (30,000 at most)."""

    area: str
    cell: str
    most: int = 30_000
    step: int = 50
    page: int = 1000
    value: int = 0

    def told(self, number: int) -> dict[str, object]:
        """What the parts say of it: its place, its numbers, and the number of its shape."""
        left, top, right, bottom = range_boundaries(self.area)
        place = {"left": left - 1, "top": top - 1, "right": right, "bottom": bottom, "gap": GAP}
        return {**self._asdict(), **place, "number": number, "shape": 1024 * number + 1}


def add_scroll_bar(parts: dict[str, bytes], number: int, bar: ScrollBar) -> dict[str, bytes]:
    """The parts of a package, with a bar on the worksheet of this number, counted from 1.

    The sheet must have a chart, for then it has a drawing.
    """
    told = bar.told(number)
    sheet = f"xl/worksheets/sheet{number}.xml"
    relations, vml = f"xl/worksheets/_rels/sheet{number}.xml.rels", f"xl/drawings/vmlDrawing{number}.vml"
    properties = f"xl/ctrlProps/ctrlProp{number}.xml"
    drawing = _related(parts, relations, "drawing")
    added = _relation("scrollBar", "vmlDrawing", vml) + _relation(
        "scrollBarProperties", "ctrlProp", properties
    )
    in_sheet = IN_SHEET.format(place=PLACE.format("", **told), **told)
    in_drawing = IN_DRAWING.format(place=PLACE.format("xdr:", **told), **told)
    types = "".join(CONTENT_TYPES).format(properties=properties)
    if b'Extension="vml"' in parts["[Content_Types].xml"]:
        types = CONTENT_TYPES[1].format(properties=properties)
    return {
        **parts,
        "[Content_Types].xml": _with(parts["[Content_Types].xml"], types, rb"(?=</Types>)"),
        sheet: _with(parts[sheet], in_sheet, rb"(?<=<drawing )[^>]*/>"),
        relations: _with(parts[relations], added, rb"(?=</Relationships>)"),
        drawing: _with(parts[drawing], in_drawing, rb"(?=</(?:\w+:)?wsDr>)"),
        properties: PROPERTIES.format(**told).encode(),
        vml: VML.format(**told).encode(),
    }


def _relation(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="/{target}"/>'


def _related(parts: dict[str, bytes], relations: str, kind: str) -> str:
    """The part that a sheet's relation of a kind leads to."""
    for found in re.findall(r"<Relationship [^>]*>", parts.get(relations, b"").decode()):
        target = re.search(r'Target="/?([^"]*)"', found)
        if target and f'Type="{OFFICE}/{kind}"' in found:
            return target[1]
    raise ValueError(f"{relations} has no {kind}")


def _with(part: bytes, more: str, after: bytes) -> bytes:
    """A part with more in it, after what a pattern finds."""
    changed, found = re.subn(after, lambda match: match[0] + more.encode(), part, count=1)
    if not found:
        raise ValueError(f"nothing in the part is like {after!r}")
    return changed
