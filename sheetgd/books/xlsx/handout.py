"""A workbook to hand out: cells emptied, a sheet left out, and nothing that remembers what stood there.

A file keeps copies of what its cells show: the texts that cells share, the points of charts, a thumbnail. What copies
the emptied cells goes with them; every other part stays byte for byte.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from xml.parsers import expat

from ...errors import BookError
from ...formulas.references import references
from ...grid.a1 import Cell
from ...grid.sheet import Place
from .cell_change import CellChange
from .contents import Contents
from .splice import Span, splice
from .xml import SAVE_AGAIN, parser, utf8, whole

Rewriting = Callable[[dict[str, str], bytes], bytes]

_SHARED = re.compile(rb"""<(?:\w+:)?c\b(?=[^>]*\st=["']s["'])[^>]*>\s*<(?:\w+:)?v>(\d+)</""")
_CACHED = re.compile(
    rb"(<(?P<f>(?:\w+:)?f)\b[^>]*>(?P<formula>[^<]*)</(?P=f)>\s*)"
    rb"(?:<(?P<cache>(?:\w+:)?(?:num|str|multiLvlStr)Cache)\b.*?</(?P=cache)>|(?P<levels>(?:<(?P<lvl>(?:\w+:)?lvl)\b.*?</(?P=lvl)>\s*)+))",
    re.DOTALL,
)


def handout(
    contents: Contents, changes: Mapping[str, dict[Cell, CellChange]], secret: set[Place], left_out: str = ""
) -> bytes:
    """The workbook's file with the cells changed, without the sheet `left_out`, and without copies of secret cells.

    `changes` are by sheet; `secret` are the cells whose present values must not be found in the file. BookError where
    a pivot table keeps a copy of its own.
    """
    package = contents.package
    parts = {name: package.read(name) for name in package.names()}
    if any("/pivotcache/" in name.lower() for name in parts):
        raise BookError(
            "it has a pivot table, which keeps a copy of what it read",
            "hand out a copy without the pivot table",
        )
    for sheet, cells in changes.items():
        path = contents.parts[sheet].path
        parts[path] = splice(parts[path], cells)
    kinds = {target: kind for kind, target in contents.related(contents.main_part).values()}
    gone = {target for target, kind in kinds.items() if kind == "calcChain"}
    gone |= {target for kind, target in contents.related("").values() if kind == "thumbnail"}
    if left_out:
        gone |= _only_of(contents, left_out)
        parts[contents.main_part] = without_sheet(parts[contents.main_part], contents.order.index(left_out))
    parts = {name: data for name, data in parts.items() if name not in gone and _owner(name) not in gone}
    _forget_parts(parts, gone)
    _forget_texts(contents, parts)
    for name in parts:
        if name.lower().startswith("xl/charts/"):
            parts[name] = without_caches(parts[name], secret)
    return _zipped(package.archive, parts)


def without_sheet(workbook: bytes, index: int) -> bytes:
    """The workbook part without its sheet of this index, the names of that sheet, and the names that refer to it.

    >>> book = b'<workbook><sheets><sheet name="Marking"/><sheet name="B"/></sheets><definedNames>'
    >>> book += b'<definedName name="x" localSheetId="1">B!$A$1</definedName><definedName name="y">Marking!$A$1'
    >>> print(without_sheet(book + b'</definedName></definedNames></workbook>', 0).decode().replace("><", ">\\n<"))
    <workbook>
    <sheets>
    <sheet name="B"/>
    </sheets>
    <definedNames>
    <definedName name="x" localSheetId="0">B!$A$1</definedName>
    </definedNames>
    </workbook>
    """
    sheets: list[str] = []

    def sheet(attributes: dict[str, str], data: bytes) -> bytes:
        sheets.append(attributes["name"])
        return b"" if len(sheets) == index + 1 else data

    def view(attributes: dict[str, str], data: bytes) -> bytes:
        for name in ("activeTab", "firstSheet"):
            if (number := whole(attributes.get(name, "0"))) and number >= index:
                data = _renumbered(data, name, number - 1)
        return data

    def name(attributes: dict[str, str], data: bytes) -> bytes:
        scope = attributes.get("localSheetId")
        text = data.partition(b">")[2].rpartition(b"</")[0].decode()
        reads = {where.casefold() for where, _ in references(text, "").areas}
        if (scope and int(scope) == index) or sheets[index].casefold() in reads:
            return b""
        return _renumbered(data, "localSheetId", int(scope) - 1) if scope and int(scope) > index else data

    return _changed(workbook, {"sheet": sheet, "workbookView": view, "definedName": name})


def without_caches(chart: bytes, secret: set[Place]) -> bytes:
    """A chart without the points that it remembers of secret cells: applications read them from the cells again."""

    def forgotten(match: re.Match[bytes]) -> bytes:
        formula = match["formula"].decode().replace("&apos;", "'").replace("&amp;", "&")
        areas = references(formula, "").areas
        known = bool(areas) and not any(
            sheet.casefold() == where.casefold() and cell in area.cells
            for where, area in areas
            for sheet, cell in secret
        )
        return match[0] if known else match[1]

    return _CACHED.sub(forgotten, utf8(chart))


# -- what goes with a part -------------------------------------------------------------------------------------------
def _only_of(contents: Contents, sheet: str) -> set[str]:
    """A sheet's part, and those that only it refers to: its comments, tables and drawings."""
    path = contents.parts[sheet].path
    return {path, *_reached(contents, path, set())} - _reached(contents, "", {path})


def _reached(contents: Contents, part: str, without: set[str]) -> set[str]:
    """The parts that one refers to, and those that these refer to."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        for _, target in contents.related(waiting.pop()).values():
            if target not in found and target not in without:
                found.add(target)
                waiting.append(target)
    return found


def _owner(name: str) -> str:
    """The part whose relationships a part holds; the part itself where it holds none."""
    folder, file = posixpath.split(name)
    return posixpath.join(posixpath.dirname(folder), file[:-5]) if name.endswith(".rels") else name


def _forget_parts(parts: dict[str, bytes], gone: set[str]) -> None:
    """Take the parts that are gone out of the list of contents and out of all relationships."""

    def content(attributes: dict[str, str], data: bytes) -> bytes:
        return b"" if attributes["PartName"].lstrip("/") in gone else data

    for name in [name for name in parts if name.endswith(".rels")]:
        folder = posixpath.dirname(_owner(name))

        def relation(attributes: dict[str, str], data: bytes, folder: str = folder) -> bytes:
            target = posixpath.normpath(posixpath.join("/" + folder, attributes["Target"])).lstrip("/")
            return b"" if target in gone and attributes.get("TargetMode") != "External" else data

        parts[name] = _changed(parts[name], {"Relationship": relation})
    listed = "[Content_Types].xml"
    parts[listed] = _changed(parts[listed], {"Override": content})


def _forget_texts(contents: Contents, parts: dict[str, bytes]) -> None:
    """Empty the shared texts that no cell shows any more."""
    shared = next(
        (target for kind, target in contents.related(contents.main_part).values() if kind == "sharedStrings"),
        "",
    )
    if shared not in parts:
        return
    sheets = [part.path for part in contents.parts.values() if part.path in parts]
    used = {int(number) for path in sheets for number in _SHARED.findall(utf8(parts[path]))}
    numbers = iter(range(1 << 30))

    def text(_: dict[str, str], data: bytes) -> bytes:
        prefix = re.match(rb"<(\w+:)?", data)
        name = (prefix[1] if prefix else None) or b""
        return data if next(numbers) in used else b"<%ssi><%st/></%ssi>" % (name, name, name)

    parts[shared] = _changed(parts[shared], {"si": text})


# -- XML and zip -----------------------------------------------------------------------------------------------------
def _changed(data: bytes, changes: Mapping[str, Rewriting]) -> bytes:
    """A part with each element of these local names as its change makes it; such elements do not hold each other."""
    data = utf8(data)
    xml, open_, depth = parser(), list[tuple[int, Span, dict[str, str]]](), 0
    pieces: list[bytes] = []
    done = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if not open_ and name.rpartition(":")[2] in changes:
            open_.append((depth, Span(data, xml.CurrentByteIndex, name), attributes))

    def end(name: str) -> None:
        nonlocal depth, done
        if open_ and open_[0][0] == depth:
            _, span, attributes = open_.pop()
            until = span.close(xml.CurrentByteIndex)
            pieces.append(data[done : span.start])
            pieces.append(changes[name.rpartition(":")[2]](attributes, data[span.start : until]))
            done = until
        depth -= 1

    xml.StartElementHandler, xml.EndElementHandler = start, end
    try:
        xml.Parse(data, True)
    except expat.ExpatError as error:
        raise BookError(f"one of its parts is damaged ({error})", SAVE_AGAIN) from None
    return b"".join([*pieces, data[done:]])


def _renumbered(data: bytes, name: str, number: int) -> bytes:
    return re.sub(rf"""(\s{name}\s*=\s*["'])\d+""".encode(), rb"\g<1>%d" % number, data, count=1)


def _zipped(archive: zipfile.ZipFile, parts: Mapping[str, bytes]) -> bytes:
    """A package of these parts, in the order and with the dates of the old one."""
    whole_file = io.BytesIO()
    with zipfile.ZipFile(whole_file, "w", zipfile.ZIP_DEFLATED) as new:
        for info in _members(archive, parts):
            new.writestr(
                zipfile.ZipInfo(info.filename, info.date_time), parts[info.filename], info.compress_type
            )
    return whole_file.getvalue()


def _members(archive: zipfile.ZipFile, parts: Mapping[str, bytes]) -> Iterator[zipfile.ZipInfo]:
    return (info for info in archive.infolist() if info.filename in parts)
