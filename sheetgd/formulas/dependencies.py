"""Which cells a formula depends on, directly or through other formulas, names and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from ..grid.a1 import Area
from ..grid.sheet import Place
from .references import DYNAMIC, AlikeReferences


class _Places:
    """Places by sheet and row, so that those in an area are found without looking at all of them."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._rows: dict[str, dict[int, list[Place]]] = {}
        for sheet, cell in places:
            self._rows.setdefault(sheet.casefold(), {}).setdefault(cell[0], []).append((sheet, cell))

    def within(self, sheet: str, area: Area) -> list[Place]:
        """Those in an area of a sheet."""
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

    def at(self, place: Place) -> Place | None:
        """The one at a place, or None."""
        return next(iter(self.within(place[0], Area(*place[1], *place[1]))), None)


class Cone(NamedTuple):
    """What computes a cell: every formula that it depends on, those of them that also depend on some changing cells,
    and all that these read."""

    reached: set[Place]
    active: set[Place]
    inputs: set[tuple[str, Area]]

    def read(self, places: Iterable[Place]) -> set[Place]:
        """Those of the places that the active formulas read."""
        wanted = _Places(places)
        return {place for sheet, area in self.inputs for place in wanted.within(sheet, area)}


class Precedents:
    """The dependencies of a workbook's formulas.

    `formulas` are by sheet and cell, `names` the texts of the defined names (in lower case), `tables` the areas of
    the tables (likewise). A formula that computes its references (OFFSET, INDIRECT) depends on everything.
    """

    def __init__(
        self, formulas: Mapping[Place, str], names: dict[str, list[str]], tables: dict[str, tuple[str, Area]]
    ) -> None:
        self.formulas, self.names, self.tables = formulas, names, tables
        self._areas: dict[Place, list[tuple[str, Area]] | None] = {}
        self._alike = AlikeReferences()

    @cached_property
    def _places(self) -> _Places:
        return _Places(self.formulas)

    def areas(self, place: Place) -> list[tuple[str, Area]] | None:
        """The areas that a formula reads; None where that cannot be known."""
        if place not in self._areas:
            self._areas[place] = self._find(self.formulas[place], place[0], set())
        return self._areas[place]

    def _find(self, formula: str, sheet: str, seen: set[str]) -> list[tuple[str, Area]] | None:
        found = self._alike.references(formula, sheet)
        if "OFFSET" in found.functions:
            from .offsets import without_offsets  # which needs the grammar

            found = self._alike.references(without_offsets(formula), sheet)
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
        targets = list(targets)
        wanted = _Places(targets)
        waiting, seen, searched = list(starts), set[Place](), set[tuple[str, Area]]()
        while targets and waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            if found := wanted.at(place):
                return found
            if place not in self.formulas:
                continue
            areas = self.areas(place)
            if areas is None:
                return targets[0]
            for area in areas:
                if area in searched:
                    continue
                searched.add(area)
                if inside := wanted.within(*area):
                    return inside[0]
                waiting += self._places.within(*area)
        return None

    def active(self, wanted: Iterable[Place], changing: Iterable[Place]) -> set[Place] | None:
        """The formulas that the wanted cells depend on and that depend on the changing cells.

        None where that cannot be known, because a formula computes its references.
        """
        cone = self.cone(wanted, changing)
        return cone and cone.active

    def cone(
        self,
        wanted: Iterable[Place],
        changing: Iterable[Place],
        bound: Callable[[Place], bool] = lambda place: False,
    ) -> Cone | None:
        """What computes the wanted cells from the changing ones; None where a formula computes its references.

        `bound` formulas cannot be replaced by their values: they count as active wherever they are reached.

        >>> formulas = {("S", (1, 2)): "A1*2", ("S", (2, 2)): "A2*2", ("S", (3, 2)): "B1+B2", ("S", (4, 2)): "A1"}
        >>> cone = Precedents(formulas, {}, {}).cone([("S", (3, 2))], [("S", (1, 1))])
        >>> sorted(cone.active), sorted(cone.reached - cone.active)
        ([('S', (1, 2)), ('S', (3, 2))], [('S', (2, 2))])
        """
        graph = self._graph(wanted)
        if graph is None:
            return None
        readers, holders = graph
        sources = _Places(changing)
        waiting = [area for area in readers if sources.within(*area)]
        moving, active = set(waiting), set[Place]()
        while waiting:
            fresh = set(readers[waiting.pop()]) - active
            active |= fresh
            more = {area for place in fresh for area in holders[place]} - moving
            moving |= more
            waiting += more
        active.update(filter(bound, holders))
        return Cone(set(holders), active, {area for place in active for area in self.areas(place) or ()})

    def circles(self, starts: Iterable[Place]) -> list[list[Place]]:
        """Circles among the formulas that some cells depend on, each once around, no two with a cell in common.

        Each cell refers to the next one, and the last to the first. None is found past formulas that compute their
        references.

        >>> formulas = {("S", (1, 1)): "B1+1", ("S", (1, 2)): "2*C1", ("S", (1, 3)): "A1", ("S", (2, 1)): "A1"}
        >>> Precedents(formulas, {}, {}).circles([("S", (2, 1))])
        [[('S', (1, 1)), ('S', (1, 2)), ('S', (1, 3))]]
        """
        read, found = self._graph(starts), list[list[Place]]()
        while read:
            gone = {place for circle in found for place in circle}
            below: TopologicalSorter[Place | tuple[str, Area]] = TopologicalSorter()
            for area, places in read[0].items():
                for place in set(places) - gone:
                    below.add(place, area)
            for place, areas in read[1].items():
                for area in areas:
                    below.add(area, place)
            try:
                below.prepare()
                break
            except CycleError as error:
                around = [node for node in reversed(error.args[1][1:]) if not isinstance(node[1], Area)]
                start = around.index(min(around))
                found.append(around[start:] + around[:start])
        return found

    def _graph(
        self, wanted: Iterable[Place]
    ) -> tuple[dict[tuple[str, Area], list[Place]], dict[Place, list[tuple[str, Area]]]] | None:
        """The formulas that read each area, and the areas that hold each formula, of all that the wanted cells depend
        on, or are.

        Areas are nodes between the formulas: if each formula of a table names the whole table, there are twice as many
        edges as formulas, not as many as their square.
        """
        readers: dict[tuple[str, Area], list[Place]] = {}
        holders: dict[Place, list[tuple[str, Area]]] = {
            place: [] for place in wanted if place in self.formulas
        }
        waiting = list(holders)
        while waiting:
            place = waiting.pop()
            areas = self.areas(place)
            if areas is None:
                return None
            for area in dict.fromkeys(areas):
                if area in readers:
                    readers[area].append(place)
                    continue
                readers[area] = [place]
                for other in self._places.within(*area):
                    if other not in holders:
                        holders[other] = []
                        waiting.append(other)
                    holders[other].append(area)
        return readers, holders

    def origin(self, place: Place, among: Iterable[Place]) -> Place:
        """The cell at the end of the way from a place to the first cells it refers to, as long as it stays `among`."""
        wanted = _Places(sorted(among))  # the same one each time
        seen: set[Place] = set()
        while place not in seen:
            seen.add(place)
            areas = self.areas(place) if place in self.formulas else None
            found = (wanted.within(sheet, area) for sheet, area in areas or ())
            place = next((other for inside in found for other in inside if other != place), place)
        return place
