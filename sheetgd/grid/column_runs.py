"""The cells of tall tables: a column is kept as one array, so that a million rows take only megabytes."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple, TypeVar

from .a1 import Area, Cell

V = TypeVar("V")

SHORTEST = 100  # cells that are kept as a run


class Run(NamedTuple):
    """Values that stand one below the other: the place of the first, and all of them."""

    row: int
    column: int
    values: Sequence[Any]

    @property
    def last(self) -> int:
        return self.row + len(self.values) - 1

    @property
    def area(self) -> Area:
        return Area(self.row, self.column, self.last, self.column)


class Tall(MutableMapping[Cell, V]):
    """A dict by cell, most of whose cells stand in runs down a column.

    A cell that is set on its own hides that of a run.

    >>> cells = Tall()
    >>> cells.add(Run(2, 1, [5.0, 6.0, 7.0]))
    >>> cells[3, 1] = "changed"
    >>> cells[2, 1], cells[3, 1], (5, 1) in cells, len(cells)
    (5.0, 'changed', False, 3)
    """

    def __init__(self, few: Mapping[Cell, V] = {}) -> None:
        self.few = dict(few)
        self.runs: list[Run] = []
        self._firsts: dict[int, tuple[list[int], list[Run]]] = {}  # by column, from top to bottom

    def add(self, run: Run) -> None:
        """Put a run's values into its cells, which must lie below all earlier runs of the column."""
        firsts, runs = self._firsts.setdefault(run.column, ([], []))
        firsts.append(run.row)
        runs.append(run)
        self.runs.append(run)

    def run_at(self, cell: Cell) -> Run | None:
        """The run that the cell belongs to, if any."""
        if cell[1] in self._firsts:
            firsts, runs = self._firsts[cell[1]]
            index = bisect_right(firsts, cell[0]) - 1
            if index >= 0 and cell[0] <= runs[index].last:
                return runs[index]
        return None

    def __getitem__(self, cell: Cell) -> V:
        if cell in self.few:
            return self.few[cell]
        if run := self.run_at(cell):
            value: V = run.values[cell[0] - run.row]
            return value
        raise KeyError(cell)

    def get(self, cell: Cell, otherwise: V | None = None) -> V | None:  # type: ignore[override]
        run = None if cell in self.few else self.run_at(cell)
        return run.values[cell[0] - run.row] if run else self.few.get(cell, otherwise)

    def __contains__(self, cell: object) -> bool:
        return cell in self.few or self.run_at(cell) is not None  # type: ignore[arg-type]

    def __setitem__(self, cell: Cell, value: V) -> None:
        self.few[cell] = value

    def __delitem__(self, cell: Cell) -> None:
        raise TypeError("the cells of a run stay")

    def __iter__(self) -> Iterator[Cell]:
        yield from self.few
        for run in self.runs:
            yield from (cell for cell in run.area.cells if cell not in self.few)

    def __len__(self) -> int:
        hidden = sum(self.run_at(cell) is not None for cell in self.few)
        return len(self.few) + sum(len(run.values) for run in self.runs) - hidden

    def down(self, cell: Cell, last: int) -> Sequence[V] | None:
        """The values from the cell down to the last row, where one run holds them all."""
        run = self.run_at(cell)
        if run is None or run.last < last or any(_within(run, other) for other in self.few):
            return None
        return run.values[cell[0] - run.row : last + 1 - run.row]


def _within(run: Run, cell: Cell) -> bool:
    return cell[1] == run.column and run.row <= cell[0] <= run.last


def with_run(cells: MutableMapping[Cell, V], run: Run) -> MutableMapping[Cell, V]:
    """The mapping with the run added: the same object, or a `Tall` one that replaces it."""
    tall = cells if isinstance(cells, Tall) else Tall(cells)
    tall.add(run)
    return tall


def runs(cells: MutableMapping[Cell, V]) -> list[Run]:
    """The runs of a mapping by cell; a plain dict has none."""
    return cells.runs if isinstance(cells, Tall) else []


def few(cells: MutableMapping[Cell, V]) -> dict[Cell, V]:
    """The cells that stand in no run; all cells of a plain dict."""
    return cells.few if isinstance(cells, Tall) else dict(cells)


def rows_without(cells: MutableMapping[Cell, V], column: int, rows: range) -> set[int]:
    """Those of the rows in which a column has none of the cells.

    >>> rows_without({(2, 1): "A1+1", (4, 1): "A3+1"}, 1, range(1, 5))
    {1, 3}
    """
    held = (range(run.row, run.last + 1) for run in runs(cells) if run.column == column)
    return {row for row in set(rows).difference(*held) if (row, column) not in cells}
