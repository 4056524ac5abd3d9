"""The story beside the tables: short paragraphs, terms in bold where they first stand, figures that the sheet fills in.

A paragraph is plain text in which **words** are bold. One with [[a formula]] in it becomes a formula that writes the
sentence, so that it is true for whatever is typed later; it has no bold words, for a formula's result has none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from unicodedata import combining, normalize

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from ...language import Written, font_name, translated
from .measure import lines
from .style import BLUE, CODE, INK, LEFT, QUIET, letter, lettering, put

COLUMNS = 8  # that a paragraph runs over
ROOM = 10.2  # digits of Calibri in a column
TOP = Alignment(horizontal="left", vertical="top", wrap_text=True)
LITERAL = 250  # letters of a text inside a formula, of which Excel allows 255


def digits(cell: str, count: int = 4) -> str:
    """Part of a formula: the number in a cell with this many significant digits.

    >>> digits("K3")
    'IF(K3=0,0,ROUND(K3,3-INT(LOG10(ABS(K3)))))'
    """
    return f"IF({cell}=0,0,ROUND({cell},{count - 1}-INT(LOG10(ABS({cell})))))"


def rounded_down(cell: str, count: int = 2) -> str:
    """Part of a formula: a positive number that is no larger than the one in the cell, with this many digits."""
    return f"ROUNDDOWN({cell},{count - 1}-INT(LOG10({cell})))"


def sentence(words: str) -> str:
    """A paragraph with [[formulas]] in it as one formula.

    >>> sentence('rmse is [[ROUND(K3,1)]], "large".')
    '=IFERROR("rmse is "&0+ROUND(K3,1)&", ""large"".","")'
    """
    if "**" in words:
        raise ValueError(f"a formula has no bold words: {words}")
    pieces = []
    for index, piece in enumerate(re.split(r"\[\[(.*?)\]\]", words, flags=re.DOTALL)):
        if index % 2:  # 0+ so that what is rounded to zero from below is not -0
            whole = re.sub(r"(?<![A-Z])ROUND\(", "0+ROUND(", piece)
            pieces.append(re.sub(r'"(?:[^"]|"")*"', lambda found: _parted(found[0]), whole))
        else:
            pieces += [_parted(quoted(piece))] if piece else []
    return f'=IFERROR({"&".join(pieces)},"")'


def _parted(literal: str) -> str:
    """A text of a formula, as several where it is longer than Excel allows."""
    words = literal[1:-1].replace('""', '"')
    return "&".join(quoted(words[at : at + LITERAL]) for at in range(0, max(len(words), 1), LITERAL))


def quoted(words: str) -> str:
    """A text as it stands in a formula."""
    return '"' + words.replace('"', '""') + '"'


def rich(words: str) -> CellRichText | str:
    """Text in which **words** are bold."""
    if "**" not in words:
        return Written(words)
    bold = InlineFont(rFont=font_name(), sz=11, b=True, color=INK)
    usual = InlineFont(rFont=font_name(), sz=11, color=QUIET)
    parts = enumerate(re.split(r"\*\*", words))
    return CellRichText(*(TextBlock(bold if index % 2 else usual, part) for index, part in parts if part))


def height(words: str, room: float) -> int:
    """How many rows a paragraph takes; a formula in it counts as two thirds of its texts, or as a number."""
    spoken = re.sub(r"\[\[(.*?)\]\]", _longest, words, flags=re.DOTALL).replace("**", "")
    return lines(spoken, room)


def _longest(found: re.Match[str]) -> str:
    texts = re.findall(r'"((?:[^"]|"")*)"', found[1])
    whole = " ".join(texts)
    return str(max([*texts, "0" * 8, whole[: len(whole) * 2 // 3]], key=len))


def draw_story(
    sheet: Worksheet,
    column: int,
    parts: Mapping[int, Sequence[str]],
    names: Mapping[str, str],
    columns: int = COLUMNS,
) -> list[int]:
    """Paragraphs in merged cells, from a column on: {row: (heading, paragraph, …)}; where each part ends.

    A part begins at its row, or below the one before where that is longer. {names} in formulas stand for cells. A
    paragraph that begins with # is a heading, with ? a question, with ` a line of a program.
    """
    for index in range(column, column + columns):
        sheet.column_dimensions[letter(index)].width = 10
    row, ends = 1, []
    for start, paragraphs in parts.items():
        row = max(row, start)
        for words in paragraphs:
            row = _draw_paragraph(sheet, row, column, columns, words, names)
        ends.append(row - 1)
        row += 1
    return ends


def _draw_paragraph(
    sheet: Worksheet, row: int, column: int, columns: int, words: str, names: Mapping[str, str]
) -> int:
    """One paragraph; returns the row below it."""
    words = translated(words)
    first, last = letter(column), letter(column + columns - 1)
    if words.startswith("# "):
        put(sheet, f"{first}{row}", Written(words[2:]), font=lettering(13, BLUE, bold=True), align=LEFT)
        return row + 1
    code = words.startswith("` ")
    words = words.removeprefix("? ").removeprefix("` ")
    rows = height(words, columns * ROOM)
    sheet.merge_cells(f"{first}{row}:{last}{row + rows - 1}")
    value = sentence(re.sub(r"\{([^{}]+)\}", lambda m: names[m[1]], words)) if "[[" in words else rich(words)
    put(sheet, f"{first}{row}", value, font=CODE if code else lettering(colour=QUIET), align=TOP)
    return row + rows


def glossary(
    sheet: Worksheet, row: int, words: Sequence[tuple[str, str]], columns: int = 12, column: int = 2
) -> int:
    """The terms of a lesson and what they mean, over this many columns; returns the row below them."""
    text = sorted((translated(f"**{term}**  {meaning}") for term, meaning in words), key=_term)
    [end] = draw_story(sheet, column, {row: ("# Words", *text)}, {}, columns)
    return end + 1


def _term(words: str) -> str:
    """The term of an explanation, to be sorted by: an accent makes no other letter."""
    letters = normalize("NFKD", words.split("**")[1].casefold())
    return "".join(letter for letter in letters if not combining(letter))


# -- number formats ------------------------------------------------------------------------------------------------
def shown(size: float, digits: int = 4) -> str:
    """The number format that shows numbers as large as `size` with this many significant digits.

    >>> shown(1296), shown(15.7), shown(0.0021), shown(3e9)
    ('#,##0', '#,##0.00', '0.000000', '0.000E+00')
    """
    if not size or not math.isfinite(size):
        return "#,##0.000"
    places = digits - 1 - math.floor(math.log10(abs(size)))
    if abs(size) >= 1e7 or places > 8:
        return f"0.{'0' * (digits - 1)}E+00"
    if places <= 0:
        return "#,##0"
    return f"{'#,##' if abs(size) >= 1 else ''}0.{'0' * places}"
