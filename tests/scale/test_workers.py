"""Workers that are processes: killed in the middle, gone with their scheduler, or none at all."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pytest
from data_files import line_rows, parquet, wait
from terminal import disturbed

import sheetgd
from fit_sheets import line
from sheetgd.errors import SheetgdError, UsageError
from sheetgd.progress import Progress
from sheetgd.scale.files import make_tasks
from sheetgd.scale.workers import Workers, _cores
from small_lesson import draw

KILLS = 20


def not_there(item: int, seconds: float) -> int:
    """What a cluster has no module of."""
    return item


def worker_ids() -> list[int]:
    """The processes of local workers."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child.pid)
    return found


def test_killed_workers_change_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker is killed KILLS times during one fit, each time somewhere in a pass over the rows."""
    data = parquet(tmp_path / "data.parquet", line_rows(200_000), 20_000)
    dice, killed = random.Random(1), list[int]()

    def kill() -> None:
        for pid in sorted(worker_ids())[:1]:  # the oldest, which is not starting
            os.kill(pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
            killed.append(pid)

    def progress(done: int, of: int) -> None:
        for _ in range(200):  # until all have been started again
            if len(worker_ids()) >= _cores():
                break
            time.sleep(0.05)
        if done % 2 and len(killed) < KILLS:
            threading.Timer(dice.uniform(0.0, 0.03), kill).start()

    def fitted(progress: Progress | None = None) -> sheetgd.Fit:
        with sheetgd.open_book(line(tmp_path / "line.xlsx")) as book:
            return sheetgd.fit(
                book,
                minimize="B3",
                change="B1:B2",
                rows=str(data),
                optimizer="adam",
                epochs=2 * KILLS + 10,
                progress=progress,
            )

    alone = fitted()
    monkeypatch.setattr("sheetgd.scale.rows.make_tasks", partial(make_tasks, least=20_000))
    parted = fitted(progress)
    assert len(killed) >= KILLS
    assert parted.history.log == alone.history.log
    assert parted.history.loss == alone.history.loss
    assert not worker_ids()


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
        f"the Dask scheduler at {address} is gone; start it again, then run this again; the workbook is as it was."
    )


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
@pytest.mark.parametrize("verb", ["run", "fit"])
def test_a_command_whose_scheduler_goes_ends_in_words_and_writes_nothing(
    verb: str, cluster: tuple[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    address, scheduler = cluster
    parquet(tmp_path / "data.parquet", line_rows(1_000_000))
    if verb == "run":  # its rows are walked one by one
        bent = {f"I{row}": f"=C{row}-$B$1*ATAN(H{row})" for row in (9, 10, 11)}
        path, words = draw(tmp_path / "lesson.xlsx", {"B1": 1e-9, **bent}), ("--epochs", "1000")
    else:
        path = line(tmp_path / "line.xlsx")
        words = ("--minimize", "B3", "--change", "B1:B2", "--optimizer", "sgd", "--epochs", "100000")
    before = path.read_bytes()
    code, shown = disturbed(
        tmp_path,
        verb,
        path.name,
        "--rows",
        "data.parquet",
        "--on",
        address,
        *words,
        percent=0,
        disturb=lambda _: scheduler.kill(),
    )
    assert code == SheetgdError.exit_code, shown
    gone = f"the Dask scheduler at {address} is gone; start it again, then run this again; the workbook is as it was."
    assert f"{path.name}: {gone}" in " ".join(shown.split())
    assert path.read_bytes() == before


def test_a_script_that_its_workers_would_run_again_is_told_so(tmp_path: Path) -> None:
    line(tmp_path / "line.xlsx")
    parquet(tmp_path / "data.parquet", line_rows(100_000), 20_000)
    (tmp_path / "bare.py").write_text(
        "import sheetgd, sheetgd.scale.rows\n"
        "from functools import partial\n"
        "sheetgd.scale.rows.make_tasks = partial(sheetgd.scale.rows.make_tasks, least=20_000)\n"
        'with sheetgd.open_book("line.xlsx") as book:\n'
        '    sheetgd.fit(book, minimize="B3", change="B1:B2", rows="data.parquet")\n',
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, "bare.py"], cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "sheetgd.errors.SheetgdError: line.xlsx: the worker processes do not start; a script must begin its work "
        'under: if __name__ == "__main__":.'
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
