"""Rows of plain cells, as most programs write them: found by one expression, which takes a fraction of expat's time.

A plain cell has an address, perhaps a style and a type, and at most a formula and a value, all in ASCII. Anything else
in a row leaves it to expat, and what is unusual in a sheet's XML leaves all its rows to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..a1 import COLUMNS
from ..hints import TYPE_CHECKING, TypeVar
from .shapes import ENTITIES, Stretch

if TYPE_CHECKING:
    from .rewriting import Part

    Apart = TypeVar("Apart", Stretch, Part)

_TEXT = rb"[\t\n\x20-;=-~]+"  # without a group of its own, of which every repetition would take memory
_OPENING = rb'<c r="(?P<letters>[A-Z]{1,3})(?P<row>[1-9]\d{0,6})"(?: s="(?P<style>\d+)")?'
_TYPE = rb'(?: t="(?P<kind>n|s|b|e|str)")?'
_CONTENT = rb"(?:/>|>(?:<f>(?P<formula>%b)</f>)?(?:<v>(?P<value>%b)</v>)?</c>)" % (_TEXT, _TEXT)
_CELL = _OPENING + _TYPE + _CONTENT
_ROW = rb'<row r="[^<>]*[^/<>]>((?:%b){1,%d})</row>' % (re.sub(rb"\?P<\w+>", b"?:", _CELL), COLUMNS)
_OTHER_ENTITY = rb"&(?!(?:lt|gt|amp|quot|apos);)"


def beside_expat(data: bytes, apart: Iterable[Apart]) -> Iterator[tuple[int, int, Apart | None]]:
    """What of a sheet's XML expat need not be shown, from top to bottom: the parts that are taken apart otherwise, and
    between them the cells of each plain row, from the end of its start tag to its end tag."""
    if not _is_usual(data):
        return
    done = 0
    for part in apart:
        for start, end in _plain_rows(data, done, part.start):
            yield start, end, None
        yield part.start, part.end, part
        done = part.end
    for start, end in _plain_rows(data, done, len(data)):
        yield start, end, None


def _plain_rows(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    odd = re.compile(_OTHER_ENTITY).search
    for row in re.compile(_ROW).finditer(data, start, end):
        cells = row.span(1)
        if data.find(b"&", *cells) < 0 or not odd(data, *cells):
            yield cells


def _is_usual(data: bytes) -> bool:
    """Whether what looks like a row in a sheet's XML is one: it holds no comments, CDATA or instructions."""
    return b"<!" not in data and b"]]>" not in data and data.find(b"<?", 2) < 0


def plain_cells(data: bytes, start: int, end: int) -> list[tuple[bytes, ...]]:
    """The cells there: column letters, row, style, type, formula and value, each empty where there is none.

    >>> row = b'<c r="B7" s="3"><f>A7*2</f><v>4</v></c><c r="C7"/>'
    >>> plain_cells(row, 0, len(row))
    [(b'B', b'7', b'3', b'', b'A7*2', b'4'), (b'C', b'7', b'', b'', b'', b'')]
    """
    return re.compile(_CELL).findall(data, start, end)


def plain_text(text: bytes) -> str:
    """The text between two tags.

    >>> plain_text(b"IF(A1&lt;2,&quot;a&amp;lt;&quot;,1)")
    'IF(A1<2,"a&lt;",1)'
    """
    found = text.decode()
    if "&" in found:
        for entity, character in ENTITIES:
            found = found.replace(entity, character)
    return found
