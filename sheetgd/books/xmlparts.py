"""The small XML parts of a workbook: reading their elements, and asking for a recalculation."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.parsers import expat

from ..errors import BookError
from .sheetxml import parser, utf8

_BEFORE_CALC = frozenset(
    "fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups externalReferences "
    "definedNames calcPr".split()
)


class Element(NamedTuple):
    """An element without its children: local name, attributes, and its text."""

    name: str
    attributes: dict[str, str]
    text: str


def elements(data: bytes) -> list[Element]:
    """All elements of a part, in the order of their start tags."""
    found: list[Element] = []
    open_: list[tuple[int, list[str]]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        open_.append((len(found), []))
        found.append(Element(name.rpartition(":")[2], attributes, ""))

    def text(data: str) -> None:
        if open_:
            open_[-1][1].append(data)

    def end(_: str) -> None:
        index, pieces = open_.pop()
        found[index] = found[index]._replace(text="".join(pieces))

    xml = parser()
    xml.StartElementHandler, xml.CharacterDataHandler, xml.EndElementHandler = start, text, end
    try:
        xml.Parse(utf8(data), True)
    except (expat.ExpatError, UnicodeDecodeError, LookupError) as error:
        raise BookError(f"a part of it is damaged ({error})", "open it in Excel or LibreOffice and save it") from None
    return found


def ask_recalculation(workbook: bytes) -> bytes:
    """The workbook part with `fullCalcOnLoad`, which makes every application recalculate on opening.

    >>> ask_recalculation(b'<workbook><sheets/><calcPr calcId="1"/></workbook>')
    b'<workbook><sheets/><calcPr calcId="1" fullCalcOnLoad="1"/></workbook>'
    >>> ask_recalculation(b'<x:workbook><x:sheets></x:sheets></x:workbook>')
    b'<x:workbook><x:sheets></x:sheets><x:calcPr fullCalcOnLoad="1"/></x:workbook>'
    """
    data = utf8(workbook)
    ask = b' fullCalcOnLoad="1"'
    if tag := re.search(rb"<(?:\w+:)?calcPr\b[^>]*?(?=/?>)", data):
        bare = re.sub(rb"""\sfullCalcOnLoad\s*=\s*["'][^"']*["']""", b"", tag[0])
        return data[: tag.start()] + bare + ask + data[tag.end() :]
    xml = parser()
    place = {"depth": 0, "at": 0, "prefix": b""}

    def start(name: str, _: dict[str, str]) -> None:
        place["depth"] += 1
        if place["depth"] == 1:
            place["prefix"] = name.rpartition("workbook")[0].encode()

    def end(name: str) -> None:
        place["depth"] -= 1
        if place["depth"] == 1 and name.rpartition(":")[2] in _BEFORE_CALC:
            place["at"] = data.index(b">", xml.CurrentByteIndex) + 1

    xml.StartElementHandler, xml.EndElementHandler = start, end
    xml.Parse(data, True)
    at = place["at"]
    return data[:at] + b"<" + place["prefix"] + b"calcPr" + ask + b"/>" + data[at:]
