"""A plain copy of a workbook for the formula engine: what it computes with, in the one form that it certainly reads.

IronCalc stumbles over encodings other than UTF-8, strict Open XML, rows without numbers, and parts named by absolute
paths (openpyxl's comments). None of this matters to its formulas.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from xml.sax.saxutils import quoteattr

from ...grid.a1 import a1, parse
from .package import Package
from .xml import elements, utf8

_KEPT = frozenset(
    {"officeDocument", "worksheet", "styles", "sharedStrings", "table", "chartsheet", "dialogsheet"}
)
_ROW_OR_CELL = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s>/])[^>]*>")
_ADDRESS = re.compile(rb"""\sr=["']([A-Z]*\d+)["']""")
_STRICT = (
    (
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    ),
    (
        b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
)


def plain_copy(package: Package) -> bytes:
    """The workbook's sheets, styles, texts and tables, without everything else."""
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as archive:
        for name in package.names():
            if name.endswith(".rels"):
                archive.writestr(name, _relationships(name, package.read(name)))
            elif name.endswith(".xml"):
                archive.writestr(name, _addressed(_transitional(utf8(package.read(name)))))
    return copy.getvalue()


def _addressed(data: bytes) -> bytes:
    """A sheet's rows and cells with their addresses; other parts as they are."""
    row = column = 0

    def number(tag: re.Match[bytes]) -> bytes:
        nonlocal row, column
        here = _ADDRESS.search(tag[0])
        if tag[1] == b"row":
            row, column = int(here[1]) if here else row + 1, 0
            return tag[0] if here else tag[0].replace(b"row", b'row r="%d"' % row, 1)
        column = parse(here[1].decode())[1] if here else column + 1
        return tag[0] if here else tag[0].replace(b"c", b'c r="%s"' % a1((row, column)).encode(), 1)

    before, start, rows = data.partition(b"sheetData>")
    try:
        return before + start + _ROW_OR_CELL.sub(number, rows) if start else data
    except ValueError:  # an address that is none: the engine will say so
        return data


def _transitional(data: bytes) -> bytes:
    for strict, transitional in _STRICT:
        data = data.replace(strict, transitional)
    return data


def _relationships(name: str, data: bytes) -> bytes:
    """Those that the engine needs, with paths that are relative to their part."""
    folder = posixpath.dirname(posixpath.dirname("/" + name))
    lines = []
    for element in elements(_transitional(utf8(data))):
        kind = element.attributes["Type"].rpartition("/")[2] if element.name == "Relationship" else ""
        if kind in _KEPT and element.attributes.get("TargetMode") != "External":
            target = posixpath.relpath(posixpath.join(folder, element.attributes["Target"]), folder)
            values = {**element.attributes, "Target": target}
            lines.append(
                "<Relationship " + " ".join(f"{key}={quoteattr(values[key])}" for key in values) + "/>"
            )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{"".join(lines)}</Relationships>'.encode()
