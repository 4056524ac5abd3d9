"""Rows for the tests of rows beyond a sheet, drawn from a seed, as Parquet and as CSV."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def line_rows(count: int, seed: int = 1) -> dict[str, Vector]:
    """x and y about a line."""
    dice = np.random.default_rng(seed)
    x = dice.normal(5.0, 2.0, count)
    return {"x": x, "y": 2.0 * x + 30.0 + dice.normal(size=count)}


def parquet(path: Path, columns: Mapping[str, Sequence[object] | Vector], group: int = 1 << 20) -> Path:
    pq.write_table(pa.table(dict(columns)), path, row_group_size=group)
    return path


def csv(path: Path, columns: Mapping[str, Vector], separator: str = ",", decimal: str = ".") -> Path:
    lines = [separator.join(columns)]
    for cells in zip(*columns.values(), strict=True):
        lines.append(separator.join(repr(float(cell)).replace(".", decimal) for cell in cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def parts(folder: Path, columns: Mapping[str, Vector], sizes: Sequence[int]) -> str:
    """The rows in CSV files of these sizes; the pattern of their names."""
    first = 0
    for number, size in enumerate(sizes, 1):
        csv(
            folder / f"part-{number}.csv",
            {name: cells[first : first + size] for name, cells in columns.items()},
        )
        first += size
    return str(folder / "part-*.csv")


def wait(item: int, seconds: float) -> int:
    """What a worker may be given to do."""
    time.sleep(seconds)
    return item
