"""What a backend reads of one sheet: values, formulas, names, merged cells. No file format, no mathematics."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from functools import lru_cache

from ..errors import SheetError
from .a1 import Area, Cell, a1
from .column_runs import Tall, few, runs

Value = float | str | bool | None
Place = tuple[str, Cell]  # a sheet's name and a cell of it


class ErrorValue(str):
    """A cell's error, such as #DIV/0!, and not a text that reads the same."""


class Sheet:
    """The cells of one sheet, each by its (row, column).

    `values` holds what a cell shows (typed, or a formula's stored result), `formulas` the text behind it without
    the equals sign, `dates` the cells whose number is shown as a date, `names` the defined names of single cells
    (in lower case), `tables` the areas of the tables with titles (likewise), `totals` how many of their last rows hold
    totals, where some do.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: MutableMapping[Cell, Value] = {}  # `Tall` ones where the sheet is
        self.formulas: MutableMapping[Cell, str] = {}
        self.dates: set[Cell] = set()
        self.names: dict[str, Cell] = {}
        self.tables: dict[str, Area] = {}
        self.totals: dict[str, int] = {}
        self.merged: list[Area] = []
        self.protected = False
        self._labels: list[tuple[Cell, str]] | None = None
        self._labelled: dict[str, dict[Cell, None]] | None = None

    def number(self, cell: Cell) -> float | None:
        """The cell's number; None where it holds anything else."""
        value = self.values.get(cell)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def numbers(self, column: int, rows: range) -> Sequence[float]:
        """The numbers down a column, 0 where there is none."""
        if not isinstance(self.values, Tall):
            return [self.number((row, column)) or 0.0 for row in rows]
        from array import array  # only tall columns need it

        found = array("d")
        row = rows.start
        while row < rows.stop:
            known = self.numbers_from((row, column))[: rows.stop - row]
            found.extend(known or [self.number((row, column)) or 0.0])
            row += len(known) or 1
        return found

    def numbers_from(self, cell: Cell) -> Sequence[float]:
        """The plain numbers from the cell down, where they are known without looking at each of them."""
        run = self.values.run_at(cell) if isinstance(self.values, Tall) else None
        if run is None or any(other in run.area.cells for other in (*few(self.values), *self.dates)):
            return ()
        numbers: Sequence[float] = run.values[cell[0] - run.row :]
        return numbers

    def with_values(self, changes: Mapping[Cell, Value]) -> Sheet:
        """A copy in which some cells hold other values; the sheet itself stays as it is."""
        from copy import copy  # which most runs do without

        changed = copy(self)
        changed.values = copy(self.values)
        if isinstance(changed.values, Tall):
            changed.values.few = dict(changed.values.few)
        changed.values.update(changes)
        changed._labels = changed._labelled = None
        return changed

    def outside(self, area: Area) -> list[tuple[Cell, Value]]:
        """The cells with values outside an area, row by row."""
        found = [(cell, value) for cell, value in few(self.values).items() if cell not in area.cells]
        for run in runs(self.values):
            if not all(corner in area.cells for corner in (run.area[:2], run.area[2:])):
                found += [(cell, self.values[cell]) for cell in run.area.cells if cell not in area.cells]
        return sorted(found)

    def bottoms(self) -> dict[int, int]:
        """The last row of each column that holds anything."""
        bottom: dict[int, int] = {}
        ends = [(run.last, run.column) for run in runs(self.values)]
        for row, column in [*ends, *few(self.values)]:
            if not self.is_empty((row, column)):
                bottom[column] = max(row, bottom.get(column, 0))
        return bottom

    def label(self, cell: Cell) -> str:
        """The cell's text in the form in which labels are compared; empty where the cell holds no text."""
        value = self.values.get(cell)
        return normal(value) if isinstance(value, str) and not isinstance(value, ErrorValue) else ""

    def is_empty(self, cell: Cell) -> bool:
        """Whether nothing stands in the cell (a text of blanks counts as nothing)."""
        value = self.values.get(cell)
        return cell not in self.formulas and (value is None or (isinstance(value, str) and not value.strip()))

    def labels(self) -> list[tuple[Cell, str]]:
        """Every cell with a label, row by row."""
        if self._labels is None:
            texts = sorted(cell for cell, value in few(self.values).items() if isinstance(value, str))
            self._labels = [(cell, label) for cell in texts if (label := self.label(cell))]
        return self._labels

    def labelled(self, label: str) -> dict[Cell, None]:
        """The cells with this label, row by row: a dict, so that it is quick to ask whether a cell is one of them."""
        if self._labelled is None:
            self._labelled = {}
            for cell, text in self.labels():
                self._labelled.setdefault(text, {})[cell] = None
        return self._labelled.get(label, {})

    def merge_at(self, cell: Cell) -> Area:
        """The merged area that the cell belongs to; for other cells, the cell itself."""
        return next((area for area in self.merged if cell in area.cells), Area(*cell, *cell))

    def show(self, cell: Cell) -> str:
        """What the cell holds, in words for an error."""
        value = self.values.get(cell)
        if value is None and cell in self.formulas:
            return "a formula without a stored result"
        return f"the date with the number {words(value)}" if cell in self.dates else words(value)

    def require(self, cell: Cell, what: str, otherwise: str = "type a number") -> float:
        """The cell's number; a SheetError says what stands there instead and what to do, `otherwise` by default."""
        number, value = self.number(cell), self.values.get(cell)
        if number is not None and cell not in self.dates:
            return number
        if isinstance(value, ErrorValue):
            otherwise = "fix its formula, or type a number"
        elif cell in self.dates:
            otherwise = "type a plain number and give the cell a number format"
        elif isinstance(value, str) and value.strip():
            otherwise = advice(value)
        raise SheetError(f"{what} is {self.show(cell)}, not a number", otherwise, **self.place(cell))

    def place(self, cell: Cell) -> dict[str, str]:
        """Sheet and cell, as keywords for an error."""
        return {"sheet": self.name, "cell": a1(cell)}


def words(value: Value) -> str:
    """A value as an error describes it.

    >>> words(0.1), words(True), words("1,5"), words(ErrorValue("#N/A")), words(None)
    ('0.1', 'TRUE', 'the text "1,5"', 'the error #N/A', 'empty')
    """
    if isinstance(value, ErrorValue):
        return f"the error {value}"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return f'the text "{value}"' if value.strip() else "empty"
    return "empty" if value is None else f"{value:.15g}"


def advice(text: str) -> str:
    """What to type instead of a text that looks like a number.

    >>> advice("0,0001"), advice("1e-4"), advice("44,1"), advice("abc")
    ('type 0.0001 as a number', 'type 0.0001 as a number', 'type 44.1 as a number', 'type a number')
    """
    number = meant_number(text)
    return "type a number" if number is None else f"type {number} as a number"


def meant_number(text: str) -> str | None:
    """The number that somebody who typed a text meant, as one types it; None for a text that is none.

    >>> meant_number("44,1"), meant_number("1e-4"), meant_number("abc")
    ('44.1', '0.0001', None)
    """
    if not looks_like_a_number(text):
        return None
    from decimal import Decimal  # which every run would wait for

    number = _read(text)
    plain = f"{Decimal(repr(number)):f}" if 1e-9 < abs(number) < 1e15 else f"{number:.15g}"
    return plain.removesuffix(".0")


def looks_like_a_number(text: str) -> bool:
    """Whether somebody who typed the text meant a number.

    >>> looks_like_a_number("0,0001"), looks_like_a_number("'-2"), looks_like_a_number("inf"), looks_like_a_number("x")
    (True, True, False, False)
    """
    try:
        return abs(_read(text)) < float("inf")
    except ValueError:
        return False


def _read(text: str) -> float:
    return float(text.strip().strip("'").replace("\u2212", "-").replace(",", "."))


@lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """A label in the form in which labels are compared: without case, format characters, outer blanks or punctuation.

    Blanks and underscores are the same, and so are the variants of a letter (Unicode's NFKC) and of the apostrophe.

    >>> normal(" New_m: "), normal("Learning  rate"), normal("de/dm"), normal("\u200b\uff38"), normal("\U0001d466")
    ('new m', 'learning rate', 'de/dm', 'x', 'y')
    """
    if not text.isascii():
        from unicodedata import category, normalize  # most labels are plain

        text = "".join(sign for sign in normalize("NFKC", text) if category(sign) != "Cf")
        text = text.replace("\u2019", "'").replace("\u2018", "'")
    return re.sub(r"[\s_\-]+", " ", text.casefold()).strip(" .:;,=!?()[]\"'*")


def printable(text: str) -> str:
    """A text of the sheet that is safe to print: without control and format characters, to which a terminal would
    react.

    >>> printable("m\x1b[2J\u200b")
    'm[2J'
    """
    if text.isascii() and text.isprintable():
        return text
    from unicodedata import category  # most texts are plain

    return "".join(sign for sign in text if sign in "\n\t" or category(sign) not in ("Cc", "Cf"))


def single_line(text: str) -> str:
    """Somebody else's text on one line and safe to print: a blank replaces each character that cannot be printed.

    >>> single_line("Class\x1b[31m 7b")
    'Class [31m 7b'
    """
    return "".join(sign if sign.isprintable() else " " for sign in text)
