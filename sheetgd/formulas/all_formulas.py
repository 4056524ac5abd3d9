"""All formulas of a workbook: single ones, and whole columns of them; and what is looked up among them."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView

from ..grid.a1 import Area
from ..grid.column_runs import Tall, runs
from ..grid.sheet import Place, Value
from .alike import one_of_each
from .model import Model
from .verify import FormulaColumn

Pairs = Iterator[tuple[Place, str]]


class AllFormulas(Mapping[Place, str]):
    """All formulas of a workbook by place: single ones, and columns of them."""

    def __init__(self, singles: dict[Place, str], columns: list[FormulaColumn]) -> None:
        self.singles = singles
        self.sheets: dict[str, Tall[str]] = {}
        for column in columns:
            self.sheets.setdefault(column.sheet, Tall()).add(column.formulas)

    def __getitem__(self, place: Place) -> str:
        found = self.singles.get(place)
        return self.sheets.get(place[0], Tall[str]())[place[1]] if found is None else found

    def __contains__(self, place: object) -> bool:
        return place in self.singles or (
            isinstance(place, tuple) and place[1] in self.sheets.get(place[0], ())
        )

    def __iter__(self) -> Iterator[Place]:
        yield from self.singles
        for sheet, cells in self.sheets.items():
            yield from ((sheet, cell) for cell in cells)

    def __len__(self) -> int:
        return len(self.singles) + sum(map(len, self.sheets.values()))

    def items(self) -> ItemsView[Place, str]:
        return _Items(self)

    def values(self) -> ValuesView[str]:
        return _Values(self)

    def pairs(self, among: Callable[[Sequence[str]], Sequence[str]] = lambda texts: texts) -> Pairs:
        """Each place with its formula, column by column, without looking each of them up; of a column as many from its
        top as `among` leaves."""
        yield from self.singles.items()
        for sheet, cells in self.sheets.items():
            for run in runs(cells):
                texts = zip(run.area.cells, among(run.values), strict=False)
                yield from (((sheet, cell), text) for cell, text in texts)


def of_each_form(formulas: Mapping[Place, str]) -> Mapping[Place, str]:
    """Formulas without those below one in its column from which they differ only in the cells that they name."""
    return dict(formulas.pairs(one_of_each)) if isinstance(formulas, AllFormulas) else formulas


class _Items(ItemsView[Place, str]):
    def __init__(self, formulas: AllFormulas) -> None:
        super().__init__(formulas)
        self._formulas = formulas

    def __iter__(self) -> Iterator[tuple[Place, str]]:
        return self._formulas.pairs()


class _Values(ValuesView[str]):
    def __init__(self, formulas: AllFormulas) -> None:
        super().__init__(formulas)
        self._formulas = formulas

    def __iter__(self) -> Iterator[str]:
        return (text for _, text in self._formulas.pairs())


def split(
    model: Model,
    formulas: dict[Place, str],
    stored: dict[Place, Value],
    tall: Sequence[FormulaColumn],
    resting: set[Place],
) -> list[FormulaColumn]:
    """The columns without those that are not reproduced and rest on what is discarded: these become single cells."""
    numbers = model.down([(column.sheet, column.formulas) for column in tall]) if tall else []
    kept = []
    for column, shown in zip(tall, numbers, strict=True):
        places = [(column.sheet, cell) for cell in column.formulas.area.cells]
        if column.shows(shown) or resting.isdisjoint(places):
            kept.append(column)
        else:
            formulas.update(zip(places, column.formulas.values, strict=True))
            stored.update(zip(places, column.results, strict=True))
    return kept


def columns_of(places: Iterable[Place]) -> list[tuple[str, Area]]:
    """Areas down columns that hold the places."""
    rows: dict[tuple[str, int], list[int]] = {}
    for sheet, (row, column) in places:
        rows.setdefault((sheet, column), []).append(row)
    return [(sheet, Area(min(found), column, max(found), column)) for (sheet, column), found in rows.items()]
