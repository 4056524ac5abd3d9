"""The small XML parts of a workbook: reading their elements, and asking for a recalculation."""

from __future__ import annotations

from xml.parsers import expat

from ..a1 import Area
from ..errors import BookError
from ..hints import NamedTuple
from .sheetxml import SAVE_AGAIN, parser, utf8
from .splice import Span

_BEFORE_CALC = frozenset(
    "fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups externalReferences "
    "definedNames calcPr".split()
)


class _Attributes(dict[str, str]):
    def __missing__(self, name: str) -> str:
        raise BookError(f"a part of it is damaged (an element has no {name})", SAVE_AGAIN)


class Element(NamedTuple):
    """An element without its children: local name, attributes, and its text."""

    name: str
    attributes: dict[str, str]
    text: str


def elements(data: bytes) -> list[Element]:
    """All elements of a part, in the order of their start tags."""
    found: list[tuple[str, dict[str, str], list[str]]] = []
    open_: list[list[str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        open_.append([])
        found.append((name.rpartition(":")[2], attributes, open_[-1]))

    def text(data: str) -> None:
        if open_:
            open_[-1].append(data)

    def end(_: str) -> None:
        open_.pop()

    xml = parser()
    xml.StartElementHandler, xml.CharacterDataHandler, xml.EndElementHandler = start, text, end
    try:
        xml.Parse(utf8(data), True)
    except expat.ExpatError as error:
        raise BookError(f"a part of it is damaged ({error})", SAVE_AGAIN) from None
    return [Element(name, _Attributes(attributes), "".join(pieces)) for name, attributes, pieces in found]


def whole(text: str) -> int:
    """An attribute's whole number."""
    try:
        return int(text)
    except ValueError:
        raise BookError(f'a part of it is damaged ("{text}" is not a number)', SAVE_AGAIN) from None


def area(text: str) -> Area:
    """An attribute's area."""
    try:
        return Area.parse(text)
    except ValueError:
        raise BookError(f'a part of it is damaged ("{text}" is not an area)', SAVE_AGAIN) from None


def ask_recalculation(workbook: bytes) -> bytes:
    """The workbook part with `fullCalcOnLoad`, which makes every application recalculate on opening.

    >>> ask_recalculation(b'<workbook><sheets/><calcPr calcId="1"/></workbook>')
    b'<workbook><sheets/><calcPr calcId="1" fullCalcOnLoad="1"/></workbook>'
    >>> ask_recalculation(b'<x:workbook><x:sheets></x:sheets></x:workbook>')
    b'<x:workbook><x:sheets></x:sheets><x:calcPr fullCalcOnLoad="1"/></x:workbook>'
    """
    data = utf8(workbook)
    ask = b' fullCalcOnLoad="1"'
    xml = parser()
    tops: list[Span] = []  # the root and its children
    depth = 0

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth <= 2:
            tops.append(Span(data, xml.CurrentByteIndex, name))

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1
        if depth == 1:
            tops[-1].close(xml.CurrentByteIndex)

    xml.StartElementHandler, xml.EndElementHandler = start, end
    xml.Parse(data, True)
    before = [span for span in tops[1:] if span.name.rpartition(":")[2] in _BEFORE_CALC]
    if not before:
        raise BookError("its list of sheets is missing", SAVE_AGAIN)
    last = before[-1]
    if last.name.endswith("calcPr"):
        tag = last.opening(b"fullCalcOnLoad") + ask + (b"/>" if last.is_empty else b">")
        return data[: last.start] + tag + data[last.tag_end :]
    name = f"{tops[0].name.removesuffix('workbook')}calcPr".encode()
    return data[: last.end] + b"<" + name + ask + b"/>" + data[last.end :]
