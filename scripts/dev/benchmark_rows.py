"""Rows beyond a sheet, measured: python scripts/dev/benchmark_rows.py [FOLDER] [--sklearn]

Draws x and y about a line as Parquet files of 1e6, 1e7 and 1e8 rows (1.8 GB) in the folder and times on all cores: an
epoch of whole batches (the loss and its gradient), the same written by hand in NumPy, an epoch of single rows; and the
most memory that a worker had. With --sklearn, in an environment that has scikit-learn and pyarrow, an epoch of
SGDRegressor.partial_fit instead.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

COUNTS = (10**6, 10**7, 10**8)
GROUP = 1 << 20
TIMES = 3


def draw(path: Path, count: int) -> None:
    if path.exists():
        return
    dice = np.random.default_rng(7)
    with pq.ParquetWriter(
        path, pa.schema({"x": pa.float64(), "y": pa.float64()}), compression="none"
    ) as file:
        for first in range(0, count, GROUP):
            x = dice.normal(5.0, 2.0, min(GROUP, count - first))
            y = 2.0 * x + 30.0 + dice.normal(size=len(x))
            file.write_table(pa.table({"x": x, "y": y}), row_group_size=GROUP)


def best(do: Callable[[], Any]) -> float:
    seconds = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        do()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def batches(path: Path, groups: list[int], size: int) -> Iterator[tuple[Any, Any]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(size, groups, use_threads=False):
            yield batch.column("x").to_numpy(), batch.column("y").to_numpy()


def by_hand(work: tuple[Path, list[int]]) -> Any:
    """Loss and gradient of some row groups, as one would write them."""
    found = np.zeros(3)
    for x, y in batches(*work, 1 << 13):
        rest = 1.5 * x + 20.0 - y
        found += (rest @ rest, 2 * (rest @ x), 2 * rest.sum())
    return found


def numpy_seconds(path: Path) -> float:
    import os

    cores = len(os.sched_getaffinity(0))
    groups = list(range(pq.ParquetFile(path).num_row_groups))
    parts = [(path, groups[at :: 4 * cores]) for at in range(4 * cores) if groups[at :: 4 * cores]]
    with get_context("spawn").Pool(cores) as pool:
        pool.map(by_hand, parts)
        return best(lambda: sum(pool.map(by_hand, parts)))


def peak(process: int) -> float:
    """The most memory that a process ever had, in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def sheet_seconds(folder: Path, data: Path) -> dict[str, float]:
    import os

    import sheetgd
    from sheetgd.grid.a1 import Area
    from sheetgd.scale.rows import Rows, Source

    found = {}
    path = sheetgd.new("descent", folder / "descent.xlsx", without_teacher=True, force=True)
    with sheetgd.open_book(path) as book:
        sheet = "Descent"
        book.model()
        source = Source(str(data), {}, None)
        starts = [(sheet, (4, 4)), (sheet, (5, 4))]
        with Rows(book, source, [(sheet, (3, 11))], starts) as rows:
            model, wanted = rows.evaluation.model, rows.pattern.wanted
            found["whole batch"] = best(lambda: model.shown([(1.5, 20.0)], wanted, True))
        ends = [(sheet, (94, 10)), (sheet, (94, 13)), (sheet, (3, 11))]
        with Rows(book, source, ends, starts, (sheet, Area.parse("B75:M94"))) as rows:
            steps, model = rows.evaluation.steps, rows.evaluation.model
            assert steps
            [before] = model.shown([(1.0, 1.0)], [*steps.needed, *steps.starts])

            def epoch() -> None:
                steps.known = {}
                steps.epoch(before.values)

            found["row by row"] = best(epoch)
            assert not steps.walked
            cluster = rows.workers.cluster
            nannies = cluster.workers.values() if cluster else []
            found["memory"] = max([peak(nanny.pid) for nanny in nannies] or [peak(os.getpid())])
    return found


def sklearn_seconds(path: Path) -> float:
    from sklearn.linear_model import SGDRegressor

    model = SGDRegressor(learning_rate="constant", eta0=1e-6)
    groups = list(range(min(10, pq.ParquetFile(path).num_row_groups)))
    begun, rows = time.perf_counter(), 0
    for x, y in batches(path, groups, 1 << 17):
        model.partial_fit(x.reshape(-1, 1), y)
        rows += len(x)
    return (time.perf_counter() - begun) / rows


def main() -> None:
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    folder = Path(words[0] if words else tempfile.gettempdir()) / "rows-benchmark"
    folder.mkdir(exist_ok=True)
    for count in COUNTS:
        data = folder / f"rows-{count}.parquet"
        draw(data, count)
        if "--sklearn" in sys.argv:
            print(
                f"{count:>11,} rows: partial_fit {sklearn_seconds(data) * count:.2f} s an epoch", flush=True
            )
            continue
        found, plain = sheet_seconds(folder, data), numpy_seconds(data)
        print(
            f"{count:>11,} rows: whole batch {found['whole batch']:.2f} s, by NumPy {plain:.2f} s "
            f"({found['whole batch'] / plain:.2f} times); row by row {found['row by row']:.2f} s "
            f"({count / found['row by row'] / 1e6:.0f} million rows a second); memory {found['memory']:.0f} MB",
            flush=True,
        )


if __name__ == "__main__":
    main()
