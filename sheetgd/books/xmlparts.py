"""The small XML parts of a workbook: reading their elements."""

from __future__ import annotations

from xml.parsers import expat

from ..a1 import Area
from ..errors import BookError
from ..hints import NamedTuple
from .sheetxml import SAVE_AGAIN, parser, utf8


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
