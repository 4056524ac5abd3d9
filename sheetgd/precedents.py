"""Which cells a formula depends on, directly or through other formulas, names and tables."""

from __future__ import annotations

from collections.abc import Iterable

from .a1 import Area
from .references import DYNAMIC, references
from .sheet import Place


class Precedents:
    """The dependencies of a workbook's formulas.

    `formulas` are by sheet and cell, `names` the texts of the defined names (in lower case), `tables` the areas of
    the tables (likewise). A formula that computes its references (OFFSET, INDIRECT) depends on everything.
    """

    def __init__(
        self, formulas: dict[Place, str], names: dict[str, list[str]], tables: dict[str, tuple[str, Area]]
    ) -> None:
        self.formulas, self.names, self.tables = formulas, names, tables
        self._areas: dict[Place, list[tuple[str, Area]] | None] = {}
        self._rows: dict[str, dict[int, list[Place]]] = {}
        for sheet, cell in formulas:
            self._rows.setdefault(sheet.casefold(), {}).setdefault(cell[0], []).append((sheet, cell))

    def areas(self, place: Place) -> list[tuple[str, Area]] | None:
        """The areas that a formula reads, or None where that cannot be told."""
        if place not in self._areas:
            self._areas[place] = self._find(self.formulas[place], place[0], set())
        return self._areas[place]

    def _find(self, formula: str, sheet: str, seen: set[str]) -> list[tuple[str, Area]] | None:
        found = references(formula, sheet)
        if not DYNAMIC.isdisjoint(found.functions):
            return None
        areas = list(found.areas)
        areas += [self.tables[name] for name in found.tables if name in self.tables]
        for name in found.names - seen:
            for text in self.names.get(name, []):
                inner = self._find(text.lstrip("="), sheet, seen | {name})
                if inner is None:
                    return None
                areas += inner
        return areas

    def reach(self, starts: Iterable[Place], targets: Iterable[Place]) -> Place | None:
        """The first of the targets that one of the starts depends on (or is), or None."""
        wanted = {(sheet.casefold(), cell): (sheet, cell) for sheet, cell in targets}
        waiting, seen = list(starts), set()
        while wanted and waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            if (place[0].casefold(), place[1]) in wanted:
                return wanted[place[0].casefold(), place[1]]
            if place not in self.formulas:
                continue
            areas = self.areas(place)
            if areas is None:
                return next(iter(wanted.values()))
            for sheet, area in areas:
                for (name, cell), target in wanted.items():
                    if name == sheet.casefold() and cell in area.cells:
                        return target
                waiting += self._formulas_in(sheet, area)
        return None

    def origin(self, place: Place, among: Iterable[Place]) -> Place:
        """The cell at the end of the way from a place to the cells that it refers to, as long as it stays `among`."""
        seen: set[Place] = set()
        while place not in seen:
            seen.add(place)
            place = next(
                (
                    other
                    for sheet, area in self.areas(place) or ()
                    for other in among
                    if other != place and other[0].casefold() == sheet.casefold() and other[1] in area.cells
                ),
                place,
            )
        return place

    def _formulas_in(self, sheet: str, area: Area) -> list[Place]:
        rows = self._rows.get(sheet.casefold(), {})
        few = area.bottom - area.top < len(rows)
        lines = (
            range(area.top, area.bottom + 1)
            if few
            else [row for row in rows if area.top <= row <= area.bottom]
        )
        return [
            place for row in lines for place in rows.get(row, ()) if area.left <= place[1][1] <= area.right
        ]
