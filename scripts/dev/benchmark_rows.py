"""Rows beyond a sheet, measured: python scripts/dev/benchmark_rows.py [FOLDER] [--cores N] [--sklearn]

Draws x and y about a line as Parquet files of 1e6, 1e7 and 1e8 rows (1.8 GB) in the folder and times on all cores, or
on so many: an epoch of whole batches (the loss and its gradient), the same by hand in NumPy, an epoch of single rows;
and the most memory that a process had. Times are by the clock, and in processor seconds of all processes. With
--sklearn, in an environment that has scikit-learn and pyarrow, an epoch of SGDRegressor.partial_fit instead.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

COUNTS = (10**6, 10**7, 10**8)
GROUP = 1 << 20
TIMES = 3


class Seconds(NamedTuple):
    """By the clock, and of all processors."""

    clock: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.clock:.2f} s ({self.cpu:.2f} s of processors)"


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


def best(do: Callable[[], Any], cpu: Callable[[], float]) -> Seconds:
    """The least of a few times; `cpu` are the processor seconds that were spent so far."""
    found = []
    for _ in range(TIMES):
        begun, spent = time.perf_counter(), cpu()
        do()
        found.append((time.perf_counter() - begun, cpu() - spent))
    return Seconds(*map(min, zip(*found, strict=True)))


def batches(path: Path, groups: list[int], size: int) -> Iterator[tuple[Any, Any]]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(size, groups, use_threads=False):
            yield batch.column("x").to_numpy(), batch.column("y").to_numpy()


def by_hand(path: Path, groups: list[int]) -> tuple[Any, float]:
    """Loss and gradient of some row groups, as one would write them; and the processor seconds."""
    found, begun = np.zeros(3), time.process_time()
    for x, y in batches(path, groups, 1 << 13):
        rest = 1.5 * x + 20.0 - y
        found += (rest @ rest, 2 * (rest @ x), 2 * rest.sum())
    return found, time.process_time() - begun


def numpy_seconds(path: Path) -> Seconds:
    cores = len(os.sched_getaffinity(0))
    groups = list(range(pq.ParquetFile(path).num_row_groups))
    parts = [groups[at :: 4 * cores] for at in range(4 * cores) if groups[at :: 4 * cores]]
    spent = 0.0
    with ProcessPoolExecutor(cores, get_context("spawn")) as pool:

        def epoch() -> None:
            nonlocal spent
            spent += sum(seconds for _, seconds in pool.map(by_hand, [path] * len(parts), parts))

        epoch()
        return best(epoch, lambda: spent)


def peak(process: int) -> float:
    """The most memory that a process ever had, in MB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def sheet_seconds(folder: Path, data: Path) -> tuple[Seconds, Seconds, float]:
    """An epoch of whole batches, one of single rows, and the most memory."""
    import psutil

    import sheetgd
    from sheetgd.grid.a1 import Area
    from sheetgd.scale.rows import Rows, Source

    def pids(rows: Rows) -> list[int]:
        cluster = rows.workers.cluster
        return [os.getpid(), *(nanny.pid for nanny in cluster.workers.values())] if cluster else [os.getpid()]

    def cpu(rows: Rows) -> float:
        return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids(rows))

    path = sheetgd.new("descent", folder / "descent.xlsx", without_teacher=True, force=True)
    with sheetgd.open_book(path) as book:
        sheet = "Descent"
        book.model()
        source = Source(str(data), {}, None)
        starts = [(sheet, (4, 4)), (sheet, (5, 4))]
        with Rows(book, source, [(sheet, (3, 11))], starts) as rows:
            model, wanted = rows.evaluation.model, rows.pattern.wanted
            whole = best(lambda: model.shown([(1.5, 20.0)], wanted, True), lambda: cpu(rows))
        ends = [(sheet, (94, 10)), (sheet, (94, 13)), (sheet, (3, 11))]
        with Rows(book, source, ends, starts, (sheet, Area.parse("B75:M94"))) as rows:
            steps, model = rows.evaluation.steps, rows.evaluation.model
            assert steps
            [before] = model.shown([(1.0, 1.0)], [*steps.needed, *steps.starts])

            def epoch() -> None:
                steps.known = {}
                steps.epoch(before.values)

            single = best(epoch, lambda: cpu(rows))
            assert not steps.walked
            return whole, single, max(map(peak, pids(rows)))


def sklearn_seconds(path: Path, count: int) -> Seconds:
    """An epoch, from some of its row groups."""
    from sklearn.linear_model import SGDRegressor

    model, rows = SGDRegressor(learning_rate="constant", eta0=1e-6), 0
    begun, spent = time.perf_counter(), time.process_time()
    for x, y in batches(path, list(range(min(10, pq.ParquetFile(path).num_row_groups))), 1 << 17):
        model.partial_fit(x.reshape(-1, 1), y)
        rows += len(x)
    share = count / rows
    return Seconds(share * (time.perf_counter() - begun), share * (time.process_time() - spent))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", default=tempfile.gettempdir(), type=Path)
    parser.add_argument("--cores", type=int)
    parser.add_argument("--count", type=int, help="so many rows alone")
    parser.add_argument("--sklearn", action="store_true")
    words = parser.parse_args()
    if words.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: words.cores])
    folder = words.folder / "rows-benchmark"
    folder.mkdir(exist_ok=True)
    if not words.count:  # each in a process of its own, whose memory is measured
        for count in COUNTS:
            subprocess.run([sys.executable, *sys.argv, "--count", str(count)], check=True)
        return
    data = folder / f"rows-{words.count}.parquet"
    draw(data, words.count)
    if words.sklearn:
        print(f"{words.count:>11,} rows: partial_fit {sklearn_seconds(data, words.count)} an epoch")
        return
    (whole, single, memory), plain = sheet_seconds(folder, data), numpy_seconds(data)
    print(
        f"{words.count:>11,} rows: whole batch {whole}, by NumPy {plain}: {whole.clock / plain.clock:.2f} times "
        f"({whole.cpu / plain.cpu:.2f}); row by row {single}: {words.count / single.clock / 1e6:.0f} million rows a "
        f"second; memory {memory:.0f} MB"
    )


if __name__ == "__main__":
    main()
