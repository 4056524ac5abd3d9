"""Cells as a hand-drawn workbook's XML holds them."""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from handmade import parts_of, sheet_xml

Cell = tuple[int, int]


ROWS, COLUMNS = 1_048_576, 16_384


def a1(row: int, column: int) -> str:
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return f"{name}{row}"


@dataclass
class Formula:
    text: str
    result: float | str | None = None


class Failure(str):
    """An error value."""


@dataclass
class Drawing:
    """The cells of one sheet, and what a run of it must print."""

    cells: dict[Cell, Any] = field(default_factory=dict)
    merged: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)
    what: str = ""
    sheet: str = "Lesson"
    labels: list[Cell] = field(default_factory=list)
    table: tuple[Cell, Cell] = ((1, 1), (1, 1))  # its corners

    def __str__(self) -> str:
        return self.what

    def packed(self) -> bytes:
        rows: dict[int, dict[int, Any]] = {}
        for (row, column), value in sorted(self.cells.items()):
            if value is not None and 1 <= row <= ROWS and 1 <= column <= COLUMNS:
                rows.setdefault(row, {})[column] = value
        data = "".join(
            f'<row r="{row}">{"".join(written(row, column, value) for column, value in cells.items())}</row>'
            for row, cells in rows.items()
        )
        merges = "".join(f'<mergeCell ref="{area}"/>' for area in self.merged)
        xml = sheet_xml(data, after=f"<mergeCells>{merges}</mergeCells>" if merges else "")
        parts = parts_of(xml)
        names = "".join(
            f'<definedName name="{name}">{self.sheet}!{place}</definedName>'
            for name, place in self.names.items()
        )
        book = parts["xl/workbook.xml"].decode().replace('name="S"', f"name={quoteattr(self.sheet)}")
        names = f"<definedNames>{names}</definedNames>" if names else ""
        parts["xl/workbook.xml"] = book.replace("</sheets>", f"</sheets>{names}").encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name, content in parts.items():
                archive.writestr(zipfile.ZipInfo(name), content)
        return out.getvalue()


def written(row: int, column: int, value: Any) -> str:
    start = f'<c r="{a1(row, column)}"'
    if isinstance(value, Formula):
        kind = ' t="str"' if isinstance(value.result, str) else ""
        result = "" if value.result is None else f"<v>{escape(str(value.result))}</v>"
        return f"{start}{kind}><f>{escape(value.text)}</f>{result}</c>"
    if isinstance(value, bool):
        return f'{start} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, Failure):
        return f'{start} t="e"><v>{value}</v></c>'
    if isinstance(value, str):
        return f'{start} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f"{start}><v>{value!r}</v></c>"


def near(drawing: Drawing, dice: random.Random) -> Cell:
    """A cell in, beside or near the drawing."""
    place = dice.choice(sorted(drawing.cells)) if drawing.cells else (1, 1)
    row, column = place[0] + dice.choice([0, 0, 0, 1, -1, 2]), place[1] + dice.choice([0, 0, 0, 1, -1])
    return min(max(row, 1), ROWS), min(max(column, 1), COLUMNS)


def some_label(drawing: Drawing, dice: random.Random) -> Cell:
    return dice.choice(drawing.labels) if drawing.labels else near(drawing, dice)


def merged(drawing: Drawing, dice: random.Random) -> None:
    row, column = some_label(drawing, dice)
    down, right = dice.choice([(0, 1), (1, 0), (1, 1), (3, 0), (0, 7), (9, 9)])
    if not drawing.merged:
        drawing.merged.append(f"{a1(row, column)}:{a1(min(row + down, ROWS), min(column + right, COLUMNS))}")
