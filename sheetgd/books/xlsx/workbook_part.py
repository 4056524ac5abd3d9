"""Changes to the workbook's own part: a recalculation asked for, a hidden name."""

from __future__ import annotations

from ...errors import BookError
from .splice import Span
from .xml import SAVE_AGAIN, escape, parser, utf8

_BEFORE_NAMES = frozenset(
    "fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups externalReferences".split()
)
_BEFORE_CALC = _BEFORE_NAMES | {"definedNames", "calcPr"}


class _Spans:
    """The elements of a workbook's part: the root, its children, and the defined names with their attributes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.tops: list[Span] = []
        self.names: list[tuple[Span, dict[str, str]]] = []
        self.depth = 0
        self.xml = parser()
        self.xml.StartElementHandler, self.xml.EndElementHandler = self._start, self._end
        self.xml.Parse(data, True)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth <= 2:
            self.tops.append(Span(self.data, self.xml.CurrentByteIndex, name))
        elif self.depth == 3 and name.endswith("definedName"):
            self.names.append((Span(self.data, self.xml.CurrentByteIndex, name), attributes))

    def _end(self, name: str) -> None:
        self.depth -= 1
        if self.depth == 1:
            self.tops[-1].close(self.xml.CurrentByteIndex)
        elif self.depth == 2 and name.endswith("definedName"):
            self.names[-1][0].close(self.xml.CurrentByteIndex)

    def last_of(self, kinds: frozenset[str]) -> Span:
        """The last child that is one of these."""
        found = [span for span in self.tops[1:] if span.name.rpartition(":")[2] in kinds]
        if not found:
            raise BookError("its list of sheets is missing", SAVE_AGAIN)
        return found[-1]

    @property
    def prefix(self) -> str:
        return self.tops[0].name.removesuffix("workbook")


def ask_recalculation(workbook: bytes) -> bytes:
    """The workbook part with `fullCalcOnLoad`, which makes every application recalculate on opening.

    >>> ask_recalculation(b'<workbook><sheets/><calcPr calcId="1"/></workbook>')
    b'<workbook><sheets/><calcPr calcId="1" fullCalcOnLoad="1"/></workbook>'
    >>> ask_recalculation(b'<x:workbook><x:sheets></x:sheets></x:workbook>')
    b'<x:workbook><x:sheets></x:sheets><x:calcPr fullCalcOnLoad="1"/></x:workbook>'
    """
    spans, ask = _Spans(utf8(workbook)), b' fullCalcOnLoad="1"'
    data, last = spans.data, spans.last_of(_BEFORE_CALC)
    if last.name.endswith("calcPr"):
        tag = last.opening(b"fullCalcOnLoad") + ask + (b"/>" if last.is_empty else b">")
        return data[: last.start] + tag + data[last.tag_end :]
    name = f"{spans.prefix}calcPr".encode()
    return data[: last.end] + b"<" + name + ask + b"/>" + data[last.end :]


def with_hidden_name(workbook: bytes, name: str, sheet: int, text: str) -> bytes:
    """The workbook part with a hidden name of the sheet of this index, in the place of an older one.

    >>> print(with_hidden_name(b"<workbook><sheets/></workbook>", "kept", 0, "1").decode().replace("><", ">\\n<"))
    <workbook>
    <sheets/>
    <definedNames>
    <definedName name="kept" localSheetId="0" hidden="1">1</definedName>
    </definedNames>
    </workbook>
    """
    spans = _Spans(utf8(workbook))
    data, tag = spans.data, f"{spans.prefix}definedName"
    new = f'<{tag} name="{name}" localSheetId="{sheet}" hidden="1">{escape(text)}</{tag}>'.encode()
    for span, attributes in spans.names:
        if attributes.get("name", "").casefold() == name.casefold() and attributes.get("localSheetId") == str(
            sheet
        ):
            return data[: span.start] + new + data[span.end :]
    if spans.names:
        last, _ = spans.names[-1]
        return data[: last.end] + new + data[last.end :]
    around = f"<{tag}s>".encode() + new + f"</{tag}s>".encode()
    empty = next((span for span in spans.tops[1:] if span.name.endswith("definedNames")), None)
    if empty:
        return data[: empty.start] + around + data[empty.end :]
    last_child = spans.last_of(_BEFORE_NAMES)
    return data[: last_child.end] + around + data[last_child.end :]
