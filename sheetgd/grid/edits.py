"""What is to be written into a book: typed values and colour scales. Stored results are each backend's own affair."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import TYPE_CHECKING

from ..errors import UsageError
from . import a1
from .a1 import Area, Cell
from .column_runs import SHORTEST, Run, with_run
from .sheet import Place, Value

if TYPE_CHECKING:
    from .start_record import StartRecord

COLOR_SCALE = ("5B9BD5", "FFFFFF", "F4A259")  # of the smallest number, the middle one, the largest


class Edits:
    """What to type into which cells, by sheet and A1 address: one change, which is applied whole or not at all.

    >>> edits = Edits()
    >>> edits.set("Lesson!C7", 2.5)
    >>> edits.set("Lesson!D7", None)
    >>> edits.cells
    {'Lesson': {(7, 3): 2.5, (7, 4): None}}
    """

    def __init__(self) -> None:
        self.cells: dict[str, MutableMapping[Cell, Value]] = {}
        self.color_scales: list[tuple[str, Area]] = []
        self.like: dict[str, MutableMapping[Cell, Cell]] = {}
        self.rests: list[tuple[str, Area]] = []
        self.start_records: dict[str, StartRecord] = {}  # by sheet
        self.hidden_names: dict[str, dict[str, Cell]] = {}  # by sheet: hidden names of its cells

    def set(self, address: str, value: Value) -> None:
        """Type a value (a number, a text, a boolean, or None to empty the cell) at Sheet!A1."""
        sheet, cell = a1.split(address)
        if not sheet:
            raise UsageError(f"{address} names no sheet", "write it like Sheet1!C7")
        try:
            self.put(sheet, a1.parse(cell), value)
        except ValueError as error:
            raise UsageError(str(error)) from None

    def put(self, sheet: str, cell: Cell, value: Value, *, like: Cell | None = None) -> None:
        """Type a value at a (row, column) of the sheet; a new cell is formatted like the cell `like`."""
        self.cells.setdefault(sheet, {})[cell] = value
        if like:
            self.like.setdefault(sheet, {})[cell] = like

    def fill(self, sheet: str, run: Run, *, like: Cell | None = None) -> None:
        """Type numbers down a column."""
        if len(run.values) < SHORTEST:
            for cell, value in zip(run.area.cells, run.values, strict=True):
                self.put(sheet, cell, value, like=like)
            return
        self.cells[sheet] = with_run(self.cells.get(sheet, {}), run)
        if like:
            from .run_values import Same  # which short columns do without

            looks = run._replace(values=Same.of(like, len(run.values)))
            self.like[sheet] = with_run(self.like.get(sheet, {}), looks)

    def rest_on(self, sheet: str, areas: Iterable[Area]) -> None:
        """Say what the edits are computed from, directly or through formulas.

        In a book that others may change at any moment, edits are applied only while these cells are unchanged.
        """
        self.rests += [(sheet, area) for area in areas]

    @property
    def inputs(self) -> list[Place]:
        """The cells that the edits rest on."""
        return [(sheet, cell) for sheet, area in self.rests for cell in area.cells]

    def add_color_scale(self, sheet: str, area: Area) -> None:
        """Colour the area from its smallest number (blue) to its largest (orange)."""
        self.color_scales.append((sheet, area))

    def __bool__(self) -> bool:
        return bool(self.cells or self.color_scales or self.start_records or self.hidden_names)
