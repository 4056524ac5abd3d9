"""A scroll bar on a sheet: a form control that moves a number in a cell, without a macro.

openpyxl writes no form controls, so the parts are added to the package that it has written: a VML drawing with the
control's properties, its relation and content type, and the sheet's reference to it. This is how Excel 2007 stores a
form control; later versions read it, and so does LibreOffice. Google Sheets drops it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from openpyxl.utils import range_boundaries

PART = "xl/drawings/vmlDrawingScroll{}.vml"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/vmlDrawing"
CONTENT_TYPE = (
    b'<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
)
RELATIONS = (
    b"<?xml version='1.0' encoding='UTF-8'?>\n"
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
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
<x:Anchor>{anchor}</x:Anchor>
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


@dataclass(frozen=True)
class ScrollBar:
    """A horizontal bar over an area of cells; the number in `cell` follows it, from 0 to `most` (30,000 at most)."""

    area: str
    cell: str
    most: int = 30_000
    step: int = 50
    page: int = 1000
    value: int = 0

    def vml(self, number: int) -> str:
        """The drawing part of the sheet with this number."""
        left, top, right, bottom = range_boundaries(self.area)
        anchor = f"{left - 1}, 0, {top - 1}, 4, {right}, 0, {bottom}, 0"
        return VML.format(
            number=number,
            shape=1024 * number + 1,
            anchor=anchor,
            value=self.value,
            most=self.most,
            step=self.step,
            page=self.page,
            cell=self.cell,
        )


def add_scroll_bar(parts: dict[str, bytes], number: int, bar: ScrollBar) -> dict[str, bytes]:
    """The parts of a package, with a bar on the worksheet of this number, counted from 1."""
    sheet, drawing = f"xl/worksheets/sheet{number}.xml", PART.format(number)
    relations = f"xl/worksheets/_rels/sheet{number}.xml.rels"
    relation = f'<Relationship Id="scrollBar" Type="{RELATION}" Target="/{drawing}"/>'.encode()
    reference = (
        b'<legacyDrawing xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
        b'r:id="scrollBar"/>'
    )
    body, found = re.subn(rb"<drawing [^>]*/>", lambda match: match[0] + reference, parts[sheet], count=1)
    if not found:
        raise ValueError(f"{sheet} has no drawing beside which the bar could stand")
    types = parts["[Content_Types].xml"]
    if b'Extension="vml"' not in types:
        types = re.sub(rb"(<Types [^>]*>)", lambda match: match[0] + CONTENT_TYPE, types, count=1)
    known = parts.get(relations, RELATIONS)
    return {
        **parts,
        "[Content_Types].xml": types,
        sheet: body,
        relations: known.replace(b"</Relationships>", relation + b"</Relationships>"),
        drawing: bar.vml(number).encode(),
    }
