"""Workers that are processes: killed in the middle, gone with their scheduler, or none at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from data_files import line_rows, parquet, wait

import sheetgd
from fit_sheets import line
from sheetgd.errors import SheetgdError, UsageError
from sheetgd.scale.files import make_tasks
from sheetgd.scale.model import RowsModel
from sheetgd.scale.rows import Rows, Source
from sheetgd.scale.workers import Workers

KILLS = 3


def not_there(item: int, seconds: float) -> int:
    """What a cluster has no module of."""
    return item


def test_killed_workers_change_no_number(tmp_path: Path) -> None:
    count = 200_000
    data = parquet(tmp_path / "data.parquet", line_rows(count), 20_000)
    wanted, starts = [("Lesson", (3, 2))], [("Lesson", (1, 2)), ("Lesson", (2, 2))]
    with (
        sheetgd.open_book(line(tmp_path / "line.xlsx")) as book,
        Rows(book, Source(str(data), {}, None), wanted, starts) as rows,
        Workers() as workers,
    ):
        [key] = rows.pattern.wanted
        [alone] = rows.evaluation.model.shown([(1.0, 2.0)], [key], True)
        parted = RowsModel(rows.pattern, make_tasks(rows.files, 20_000), count, workers)
        parted.shown([(1.0, 2.0)], [key])  # which starts them
        killed = threading.Event()

        def kill() -> None:
            for _ in range(KILLS):
                [*nannies] = workers.cluster.workers.values()
                for pid in [nanny.pid for nanny in nannies if nanny.pid][:1]:
                    os.kill(pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
                time.sleep(0.3)
            killed.set()

        killer = threading.Thread(target=kill)
        killer.start()
        passes = 0
        while not killed.is_set() or not passes:
            [found] = parted.shown([(1.0, 2.0)], [key], True)
            assert found.values[key] == alone.values[key]
            assert found.slopes[key].tolist() == alone.slopes[key].tolist()
            passes += 1
        killer.join()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler with a worker, each a process, as they are started by hand; its address, and the scheduler."""
    told = tmp_path / "scheduler.json"
    commands = [
        ["distributed.cli.dask_scheduler", "--host", "tcp://127.0.0.1", "--port", "0", "--no-dashboard"],
        ["distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", "--no-nanny"],
    ]
    processes = []
    there = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}  # where `wait` is
    try:
        for command in commands:
            words = [sys.executable, "-m", *command, "--scheduler-file", str(told)]
            processes.append(
                subprocess.Popen(
                    words, cwd=tmp_path, env=there, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
            )
            while not told.exists():
                assert processes[0].poll() is None
                time.sleep(0.05)
        address = told.read_text(encoding="utf-8").split('"address": "')[1].split('"')[0]
        yield address, processes[0]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_cluster_is_used_by_its_address_until_its_scheduler_is_gone(
    cluster: tuple[str, subprocess.Popen[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, scheduler = cluster
    monkeypatch.setattr(not_there, "__module__", "nowhere")
    monkeypatch.setitem(sys.modules, "nowhere", sys.modules[__name__])
    data = parquet(tmp_path / "data.parquet", line_rows(1000))
    with sheetgd.open_book(line(tmp_path / "line.xlsx")) as book:
        here = sheetgd.fit(book, minimize="B3", change="B1:B2", rows=str(data), optimizer="sgd", epochs=3)
    with sheetgd.open_book(line(tmp_path / "again.xlsx")) as book:
        there = sheetgd.fit(
            book, minimize="B3", change="B1:B2", rows=str(data), optimizer="sgd", epochs=3, on=address
        )
    assert there.history.log == here.history.log
    with Workers(address) as workers:
        with pytest.raises(SheetgdError) as caught:
            workers.each(not_there, [3, 1, 2], 0.0)
        assert str(caught.value) == (
            "the cluster cannot compute the rows: it lacks sheetgd, or has another version of it; install the same on "
            'all its machines: pip install "sheetgd[scale]".'
        )
        assert workers.each(wait, [3, 1, 2], 0.0) == [3, 1, 2]
        threading.Timer(0.5, scheduler.kill).start()
        with pytest.raises(SheetgdError) as caught:
            workers.each(wait, list(range(100)), 0.2)
    assert str(caught.value) == (
        f"the Dask scheduler at {address} is gone; start it again, and then this; the workbook is as it was."
    )


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere at all"])
def test_an_address_at_which_nobody_answers(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sheetgd.scale.workers.ANSWER", 1)
    with pytest.raises(UsageError) as caught:
        Workers(address)
    assert str(caught.value) == (
        f"no Dask scheduler answers at {address}; start one with: dask scheduler; its address looks like "
        "tcp://192.168.1.2:8786."
    )
