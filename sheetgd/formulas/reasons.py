"""Why a formula is left alone or distrusted: what a reader is told, and what to do about it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

MOST_NAMED = 12  # cells of a circle


# What keeps a formula's result in the engine from being used.
Kind = Literal[
    "volatile",
    "circular",
    "unknown",
    "unprefixed",
    "one cell",
    "different",
    "inexact",
    "each",
    "ambiguous",
    "substituted",
    "displayed",
    "from 1904",
    "filtered",
]


class Reason(NamedTuple):
    """Why a formula is left alone: the kind, by which code decides, and the words, which only a reader sees."""

    kind: Kind
    words: str


_ITSELF = "it refers to itself, directly or through other cells"
CHANGES = Reason("volatile", "it changes at every recalculation")
CIRCULAR = Reason("circular", _ITSELF)
_ALLOWED = ", which the workbook allows (iterative calculation) and sheetgd does not"
ITERATED = Reason("circular", _ITSELF + _ALLOWED)
UNKNOWN = Reason("unknown", "the formula engine does not know a function or a name in it")
UNPREFIXED = Reason(
    "unprefixed", "Excel knows a function in it only with the prefix _xlfn., and will show #NAME?"
)
ONE_CELL = Reason(
    "one cell", "Excel will take one cell of a range in it, where the formula engine takes them all"
)
INEXACT = Reason(
    "inexact",
    "it is left to Excel or LibreOffice, for the formula engine has too few digits of a function in it",
)
EACH = Reason(
    "each",
    "Excel computes a function in it for each cell of a range, the formula engine once for the whole range",
)
AMBIGUOUS = Reason(
    "ambiguous",
    "it computes with a text that looks like a number or a date, and what that counts depends on the country",
)

SUBSTITUTED = Reason(
    "substituted", "it belongs to a what-if data table, which is computed only when the run has ended"
)

DISPLAYED = Reason(
    "displayed",
    "the workbook computes with numbers as they are displayed, and sheetgd with all their digits",
)
FROM_1904 = Reason(
    "from 1904", "the workbook counts dates from 1904, which the formula engine does from 1900"
)
FILTERED = Reason(
    "filtered",
    "rows are hidden or filtered, and the formula engine does not know which of them SUBTOTAL leaves out",
)

REMEDIES: dict[Kind, str] = {
    "volatile": "take what changes out of it, or type a number there instead",
    "circular": "break the circle: let no cell need its own result",
    "unknown": "write it with other functions, or type its result as a number",
    "unprefixed": "type the formula again in Excel or LibreOffice and save, or write it with older functions",
    "one cell": "use SUMPRODUCT, or enter the formula in Excel or LibreOffice with Ctrl+Shift+Enter and save",
    "substituted": "let no parameter and no loss depend on it",
    "different": "recalculate and save the workbook in Excel or LibreOffice, or write the formula differently",
    "inexact": "write it with other functions, or, if no parameter changes it, recalculate and save the workbook in "
    "Excel or LibreOffice",
    "each": "compute it in a cell of its own for each of these cells, and read those",
    "ambiguous": "type the number or the date itself instead of the text",
    "displayed": "switch off Precision as displayed (Excel: File, Options, Advanced) and save",
    "from 1904": "recalculate and save the workbook in Excel or LibreOffice, or type the date's number instead",
    "filtered": "recalculate and save the workbook in Excel or LibreOffice, or show all rows",
}  # for a formula that a result depends on


def circle(cells: Sequence[str], iterates: bool) -> Reason:
    """Of a formula on a circle, whose cells are named in order.

    >>> circle(["A1", "B2"], False).words
    'it refers to itself: A1 → B2 → A1'
    """
    shown = cells if len(cells) <= MOST_NAMED else [*cells[: MOST_NAMED - 1], "…", cells[-1]]
    words = f"it refers to itself: {' → '.join([*shown, cells[0]])}"
    return Reason("circular", words + (_ALLOWED if iterates else ""))
