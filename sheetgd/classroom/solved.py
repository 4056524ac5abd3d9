"""A teacher's solved workbook as the model of a class's worksheets: what is filled in, what varies, how it counts."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from ..books.opening import open_book
from ..books.xlsx.book import XlsxBook
from ..books.xlsx.reader import GROUPS
from ..errors import BookError, SheetError, SheetgdError, UsageError, missing_sheet
from ..formulas.references import is_volatile
from ..grid.a1 import Area, Cell, a1, split
from ..grid.sheet import ErrorValue, Place, Sheet, Value, normal

MARKING = "Marking"
MOST_BLANKS = 2_000
ANOTHER = "hand out a copy without it"


class Mark(NamedTuple):
    """How a blank counts: its points, the relative tolerance (None: that of the check), what else is right there, and
    whether it must hold a formula."""

    points: float = 1.0
    tolerance: float | None = None
    accepted: tuple[Value, ...] = ()
    formula: bool = False


class SolvedWorkbook:
    """A solved workbook, open: the blanks of its worksheets, the cells whose numbers vary, and how the blanks count.

    `blanks` and `varied` are places in the order named, `marks` those of the sheet Marking, by place. Close it, or use
    it as a context manager.
    """

    def __init__(self, path: str | os.PathLike[str], blank_cells: str = "", vary: str = "") -> None:
        """`blank_cells` and `vary` are areas such as Sheet1!F5:G12,J3; without `blank_cells` the cells that a protected
        sheet leaves open are blank.

        A SheetgdError names the cell that stands in the way, and the way out.
        """
        self.book = cast(XlsxBook, open_book(path))
        try:
            with self.book.naming_errors():
                self._read(blank_cells, vary)
        except BaseException:
            self.book.close()
            raise

    def close(self) -> None:
        """Let go of the workbook."""
        self.book.close()

    def __enter__(self) -> SolvedWorkbook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, blank_cells: str, vary: str) -> None:
        book = self.book
        self._refuse_contents([name.lower() for name in book.contents.package.names()])
        self.sheets: dict[str, Sheet] = {name: book.cells(name) for name in book.sheet_names}
        self.model = book.model()
        marking = next((name for name in book.sheet_names if normal(name) == normal(MARKING)), "")
        self.marking, self.marks = marking, self._marks(self.sheets[marking]) if marking else {}
        self.varied = list(self.places(vary, "--vary"))
        self.blanks = list(self.places(blank_cells, "--blank-cells")) if blank_cells else self._unlocked()
        for place in self.varied:
            self._refuse_varied(place)
        for place in self.blanks:
            self._refuse_blank(place)
        if strange := self.marks.keys() - set(self.blanks):
            raise self.error(
                min(strange), "Marking has a line for it, but it is not a blank", "take the line out"
            )
        cone = book.precedents.cone(self.blanks, self.varied)
        assert cone is not None  # _refuse_blank has looked at every formula
        if self.varied and not cone.active:
            raise UsageError(
                "no blank depends on the cells after --vary", "name cells that the blanks are computed from"
            )
        dependent = book.precedents.cone(book.formulas, self.blanks)
        self.active = cone.active
        self.dependent = set(book.formulas) if dependent is None else dependent.active - set(self.blanks)

    # -- places ----------------------------------------------------------------------------------------------------
    def places(self, text: str, option: str) -> Iterator[Place]:
        """The cells of areas such as Sheet1!F5:G12,J3; an area without a sheet is on the one named before it."""
        sheet, seen = self.book.sheet_names[0], set[Place]()
        for piece in re.findall(r"(?:'(?:[^']|'')*'|[^,'])+", text):
            named, address = split(piece.strip())
            sheet = self._sheet(named) if named else sheet
            try:
                area = Area.parse(address)
            except ValueError:
                raise UsageError(
                    f"{piece.strip()} after {option} is neither a cell nor an area",
                    "write it like Sheet1!F5:G12,J3",
                ) from None
            if (area.bottom - area.top + 1) * (area.right - area.left + 1) + len(seen) > MOST_BLANKS:
                raise UsageError(f"more than {MOST_BLANKS:,} cells are named after {option}", "name fewer")
            for cell in area.cells:
                if (sheet, cell) not in seen:
                    seen.add((sheet, cell))
                    yield sheet, cell

    def _sheet(self, named: str) -> str:
        for name in self.book.sheet_names:
            if name.casefold() == named.casefold():
                return name
        raise missing_sheet(named, self.book.sheet_names)

    def _unlocked(self) -> list[Place]:
        """The filled cells that protected sheets leave open, except those that vary."""
        free = [
            (name, cell)
            for name, sheet in self.sheets.items()
            if sheet.protected and name != self.marking
            for cell in sorted(self.book.contents.unlocked(name))
            if not sheet.is_empty(cell)
        ]
        found = [place for place in free if place not in set(self.varied)]
        if not found:
            raise UsageError(
                "nothing says which cells students fill in: no sheet is protected with cells left open"
                if not free
                else "every open cell varies, and none is left to fill in",
                'name them with --blank-cells "Sheet1!F5:G12,J3"',
            )
        return found

    # -- refusing --------------------------------------------------------------------------------------------------
    def _refuse_contents(self, names: Collection[str]) -> None:
        for part, what in (("vbaproject.bin", "macros"), ("externallinks/", "a link to another workbook")):
            if any(part in name for name in names):
                raise BookError(f"it holds {what}, which no student's file may contain", ANOTHER)

    def error(self, place: Place, found: str, todo: str) -> SheetError:
        """The error for a cell of it."""
        return SheetError(found, todo, sheet=place[0], cell=a1(place[1]))

    def _refuse_varied(self, place: Place) -> None:
        sheet, cell = self.sheets[place[0]], place[1]
        if cell in sheet.formulas or sheet.number(cell) is None or cell in sheet.dates:
            held = "a formula" if cell in sheet.formulas else sheet.show(cell)
            raise self.error(
                place, f"--vary draws numbers, but it holds {held}", "name typed numbers after --vary"
            )

    def _refuse_blank(self, place: Place) -> None:
        sheet, cell = self.sheets[place[0]], place[1]
        if place in self.varied:
            raise self.error(
                place, "it is a blank and varies at once", "name it after one of the options alone"
            )
        if cell not in sheet.formulas:
            if sheet.is_empty(cell):
                raise self.error(
                    place, "it is to be blank, but holds no answer in the solved workbook", "solve it there"
                )
            if sheet.number(cell) is not None and not self.marks.get(place, Mark()).accepted:
                raise self.error(
                    place,
                    f"it is to be blank, but its {sheet.show(cell)} is typed: no formula says what is right",
                    f"write the formula, or list the cell on a sheet {MARKING} with what to accept",
                )
            return
        for area, why in self.book.contents.scanned(place[0]).groups:
            if cell in area.cells:
                raise self.error(
                    place, f"it is part of {GROUPS[why]}, which cannot be emptied cell by cell", ANOTHER
                )
        self._refuse_formulas(place)
        if isinstance(value := sheet.values.get(cell), ErrorValue):
            raise self.error(place, f"it shows {value} in the solved workbook", "fix its formula")

    def _refuse_formulas(self, blank: Place) -> None:
        """An error if what a blank shows cannot be computed for other numbers."""
        cone = self.book.precedents.cone([blank], [])
        if cone is None:
            raise self.error(
                blank,
                "it depends on a formula whose references are computed (OFFSET, INDIRECT)",
                "write plain references",
            )
        for place in sorted(cone.reached):
            formula = self.book.formulas[place]
            at = "" if place == blank else f", on which the blank {blank[0]}!{a1(blank[1])} depends"
            if is_volatile(formula):
                raise self.error(
                    place, f"its result changes each time (={formula}){at}", "type the number in its place"
                )
            if place in self.model.frozen:
                why = self.model.frozen[place].words
                raise self.error(
                    place, f"its formula cannot be computed here: {why}{at}", "write it in another way"
                )

    # -- marking ---------------------------------------------------------------------------------------------------
    def _marks(self, sheet: Sheet) -> dict[Place, Mark]:
        """The lines of the sheet Marking, below the headings cell, points, tolerance, accept, formula."""
        heads = list(sheet.labelled("cell"))
        if not heads:
            raise SheetError(
                "there is no heading cell",
                "write the headings cell, points, tolerance, accept, formula",
                sheet=sheet.name,
            )
        top, left = heads[0]
        titles = {
            normal(str(value)): cell[1]
            for cell, value in sheet.values.items()
            if cell[0] == top and isinstance(value, str)
        }
        found: dict[Place, Mark] = {}
        row = top + 1
        while not sheet.is_empty((row, left)):
            try:
                places = list(self.places(str(sheet.values[row, left]), f"{MARKING}!{a1((row, left))}"))
            except SheetgdError as error:
                raise SheetError(error.found, error.todo, sheet=sheet.name, cell=a1((row, left))) from None
            found |= dict.fromkeys(places, self._mark(sheet, row, titles))
            row += 1
        return found

    def _mark(self, sheet: Sheet, row: int, titles: Mapping[str, int]) -> Mark:
        def number(title: str, otherwise: float | None) -> float | None:
            cell = (row, titles.get(title, 0))
            if title not in titles or sheet.is_empty(cell):
                return otherwise
            found = sheet.require(cell, title)
            if found < 0:
                raise SheetError(
                    f"{title} is {sheet.show(cell)}", "type 0 or more", sheet=sheet.name, cell=a1(cell)
                )
            return found

        def value(title: str) -> Value:
            return sheet.values.get((row, titles[title])) if title in titles else None

        accepted = value("accept")
        texts = [each.strip() for each in accepted.split(";")] if isinstance(accepted, str) else [accepted]
        return Mark(
            number("points", 1.0) or 0.0,
            number("tolerance", None),
            tuple(_as_typed(each) for each in texts if each not in (None, "")),
            value("formula") not in (None, "", False, 0, "no", "No"),
        )


def _as_typed(value: Value) -> Value:
    """A number in a list of accepted answers, or the text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def title_of(sheet: Sheet, cell: Cell) -> str:
    """What a blank is called: the nearest text above it in its column, else left of it in its row, else the address."""
    row, column = cell
    lines: Iterable[Iterable[Cell]] = (
        ((above, column) for above in range(row - 1, 0, -1)),
        ((row, left) for left in range(column - 1, 0, -1)),
    )
    for line in lines:
        for other in line:
            if sheet.is_empty(other):
                break
            value = sheet.values.get(other)
            if isinstance(value, str) and not isinstance(value, ErrorValue) and other not in sheet.formulas:
                return " ".join(value.split())
    return a1(cell)
