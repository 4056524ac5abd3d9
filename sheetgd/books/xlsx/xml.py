"""XML as workbooks hold it: a safe parser, the elements of small parts, and how a cell holds a value."""

import codecs
import math
import re
from typing import NamedTuple
from xml.parsers import expat

from ...errors import BookError, SheetError
from ...grid.a1 import Area, Cell, a1
from ...grid.sheet import ErrorValue, Value


class _Attributes(dict[str, str]):
    def __missing__(self, name: str) -> str:
        raise BookError(f"one of its parts is damaged (an element has no {name})", SAVE_AGAIN)


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
        raise BookError(f"one of its parts is damaged ({error})", SAVE_AGAIN) from None
    return [Element(name, _Attributes(attributes), "".join(pieces)) for name, attributes, pieces in found]


def whole(text: str) -> int:
    """An attribute's whole number."""
    try:
        return int(text)
    except ValueError:
        raise BookError(f'one of its parts is damaged ("{text}" is not a number)', SAVE_AGAIN) from None


def area(text: str) -> Area:
    """An attribute's area."""
    try:
        return Area.parse(text)
    except ValueError:
        raise BookError(f'one of its parts is damaged ("{text}" is not an area)', SAVE_AGAIN) from None


SAVE_AGAIN = "open it in Excel or LibreOffice and save it again"
# Python decodes these too, some of them in quadratic time; no XML is written in them.
_NO_ENCODINGS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})


def utf8(data: bytes) -> bytes:
    """The XML in UTF-8, whatever its encoding was, so that byte positions and new bytes fit together."""
    declared = re.search(rb"""<\?xml[^>]*encoding\s*=\s*["']([\w.-]+)""", data[:200])
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif b"\0" in data[:2]:
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    elif declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        encoding = declared[1].decode()
    else:
        return data
    try:
        if codecs.lookup(encoding).name in _NO_ENCODINGS:
            raise LookupError
        text = data.decode(encoding)
        return re.sub(r"""(<\?xml[^>]*encoding\s*=\s*["'])[\w.-]+""", r"\1UTF-8", text, count=1).encode()
    except (UnicodeError, LookupError):
        raise BookError(f"one of its parts cannot be read as {encoding} text", SAVE_AGAIN) from None


def parser() -> expat.XMLParserType:
    """An expat parser that refuses document types, and with them every entity bomb and outside reference."""

    def refuse(*_: object) -> None:
        raise BookError(
            "it holds an XML document type, which no spreadsheet application writes", "do not trust it"
        )

    made = expat.ParserCreate("utf-8")  # whatever is declared: see utf8
    made.buffer_text = True
    made.StartDoctypeDeclHandler = refuse
    return made


def is_area(text: str) -> bool:
    """Whether the text is an area such as B2:C3, or one cell."""
    if not re.fullmatch(r"\$?[A-Z]+\$?\d+(:\$?[A-Z]+\$?\d+)?", text):
        return False
    try:
        return bool(Area.parse(text))
    except ValueError:
        return False  # it lies beyond the sheet


def unescape(text: str) -> str:
    """A text as the file holds it, with its _xHHHH_ escapes turned back into characters."""
    if "_x" not in text:
        return text
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


def escape(text: str) -> str:
    """A text as the file holds it.

    >>> escape("a<b & _x0041_" + chr(7))
    'a&lt;b &amp; _x005F_x0041__x0007_'
    """
    text = re.sub(r"_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text)
    text = re.sub(r"[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]", lambda c: f"_x{ord(c[0]):04X}_", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


TEXT_LIMIT = 32_767  # in UTF-16 units, as Excel counts
OWN_ERRORS = frozenset({"#CIRC!", "#ERROR!", "#N/IMPL!"})  # the engine's; no application knows them


def stored(value: Value, cell: Cell) -> tuple[str, str]:
    """The type and the text by which a file holds a value; a SheetError says why it cannot.

    >>> stored(0.1, (1, 1)), stored(3.0, (1, 1)), stored(True, (1, 1)), stored("a < b", (1, 1))
    (('n', '0.1'), ('n', '3'), ('b', '1'), ('inlineStr', 'a &lt; b'))
    """
    if isinstance(value, bool):
        return "b", str(int(value))
    if value is None:
        return "n", ""
    if isinstance(value, (int, float)):
        if isinstance(value, int) or math.isfinite(value):
            small = abs(value) < 1e15 and value == int(value)
            return "n", str(int(value)) if small else repr(_as_float(value, cell))
        raise SheetError(f"{value} is not a number that a cell can hold", "use a finite one", cell=a1(cell))
    if isinstance(value, ErrorValue):
        if value in OWN_ERRORS:
            raise SheetError(
                f"the result is {value}, which only the formula engine knows",
                "write the formula with functions that every spreadsheet knows",
                cell=a1(cell),
            )
        return "e", escape(value)
    if not isinstance(value, str):
        what = f"a {type(value).__name__} is not something that a cell can hold"
        raise SheetError(what, "use a number, a text, True, False or None", cell=a1(cell))
    length = len(value.encode("utf-16-le", "surrogatepass")) // 2
    if length > TEXT_LIMIT:
        raise SheetError(
            f"a text of {length:,} characters is longer than a cell can hold ({TEXT_LIMIT:,})",
            "shorten it",
            cell=a1(cell),
        )
    return "inlineStr", escape(value)


def _as_float(value: float, cell: Cell) -> float:
    try:
        return float(value)
    except OverflowError:
        raise SheetError(
            "the number is larger than a cell can hold", "use a smaller one", cell=a1(cell)
        ) from None
