"""Why a formula is left alone or distrusted: what a reader is told, and what to do about it."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What keeps a formula's result in the engine from being used."""

    VOLATILE = auto()
    CIRCULAR = auto()
    UNKNOWN = auto()
    UNPREFIXED = auto()
    ONE_CELL = auto()
    DIFFERENT = auto()


class Reason(NamedTuple):
    """Why a formula is left alone: the kind, by which code decides, and the words, which only a reader sees."""

    kind: Kind
    words: str


_ITSELF = "it refers to itself, directly or through other cells"
CHANGES = Reason(Kind.VOLATILE, "it changes at every recalculation")
CIRCULAR = Reason(Kind.CIRCULAR, _ITSELF)
ITERATED = Reason(
    Kind.CIRCULAR, f"{_ITSELF}, which the workbook allows (iterative calculation) and sheetgd does not"
)
UNKNOWN = Reason(Kind.UNKNOWN, "the formula engine does not know a function or a name in it")
UNPREFIXED = Reason(
    Kind.UNPREFIXED, "Excel knows a function in it only with the prefix _xlfn., and will show #NAME?"
)
ONE_CELL = Reason(
    Kind.ONE_CELL, "Excel will take one cell of a range in it, where the formula engine takes them all"
)

REMEDIES = {
    Kind.VOLATILE: "take what changes out of it, or type a number there instead",
    Kind.CIRCULAR: "break the circle: let no cell need its own result",
    Kind.UNKNOWN: "write it with other functions, or type its result as a number",
    Kind.UNPREFIXED: "type the formula again in Excel or LibreOffice and save, or write it with older functions",
    Kind.ONE_CELL: "use SUMPRODUCT, or enter the formula in Excel or LibreOffice with Ctrl+Shift+Enter and save",
    Kind.DIFFERENT: "recalculate and save the workbook in Excel or LibreOffice, or write the formula differently",
}  # for a formula that a result depends on
