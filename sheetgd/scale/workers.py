"""Who computes the tasks: this process, worker processes of Dask on this machine, or a cluster by its address.

Dask is imported in the functions, because it is an extra's: `Workers` says so where it is missing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Any, TypeVar

from ..errors import SheetgdError, UsageError

Item = TypeVar("Item")
Shared = TypeVar("Shared")
Result = TypeVar("Result")
ANSWER = 15  # seconds in which a scheduler must answer
DEATHS = 1000  # of workers that a task may meet on this machine
TRIES = 5  # of tasks whose workers died again and again on a cluster


class Workers(AbstractContextManager["Workers"]):
    """Does something with each of many items. Local workers are started when there is more than one to be done."""

    def __init__(self, address: str | None = None) -> None:
        """A UsageError where Dask is not installed, or no scheduler answers at the address."""
        for package in ("pyarrow", "dask", "distributed"):
            if find_spec(package) is None:
                raise UsageError(
                    f"rows beyond a sheet need {package}, which is not installed",
                    'install it with: pip install "sheetgd[scale]"',
                )
        self.address = address
        self.client: Any = None
        self.cluster: Any = None
        if address:
            self._connect(address)

    def __exit__(self, *_: object) -> None:
        for one in (self.client, self.cluster):
            if one is not None:
                with contextlib.suppress(Exception):  # what it did is done, or was reported
                    one.close(timeout=ANSWER)
        self.client = self.cluster = None

    def each(
        self, do: Callable[[Item, Shared], Result], items: Sequence[Item], shared: Shared, small: bool = False
    ) -> list[Result]:
        """What is found of each item, in their order; a SheetgdError where the workers cannot do it.

        What is `small` is done here, unless there are workers already.
        """
        if self.client is None:
            if small or len(items) == 1:
                return [do(item, shared) for item in items]
            self._start()
        import distributed

        for _ in range(TRIES):
            futures = self.client.map(_done, items, do=do, shared=shared, pure=False)
            try:
                self._wait(futures)
                found: list[Result] = self.client.gather(futures)
                return found
            except distributed.KilledWorker:
                continue
            except (ImportError, RuntimeError):  # the second is how a scheduler says the first
                raise SheetgdError(
                    "the cluster cannot compute the rows: it lacks sheetgd, or has another version of it",
                    'install the same on all its machines: pip install "sheetgd[scale]"',
                ) from None
            except (OSError, distributed.CancelledError):
                raise self._gone() from None
            except KeyboardInterrupt:
                with contextlib.suppress(Exception):
                    self.client.cancel(futures)
                raise
        raise SheetgdError(
            f"workers died {TRIES} times over the same rows",
            "see whether they have enough memory; the workbook is as it was",
        )

    def _wait(self, futures: Sequence[Any]) -> None:
        """Wait for all; local workers that were killed while they started, and are given up, are started again."""
        import distributed

        while self.cluster is not None:
            self.cluster.scale(_cores())
            try:
                with self.client.as_current():
                    distributed.wait(futures, timeout=ANSWER)
                return
            except TimeoutError:
                continue

    def _gone(self) -> SheetgdError:
        where = f" at {self.address}" if self.address else ""
        return SheetgdError(
            f"the Dask scheduler{where} is gone",
            "start it again, then run this again; the workbook is as it was",
        )

    def _connect(self, address: str) -> None:
        import distributed

        _quiet()
        try:
            self.client = distributed.Client(address, timeout=ANSWER, set_as_default=False)
            self.client.wait_for_workers(1, timeout=ANSWER)
        except TimeoutError:
            workers = "has no workers" if self.client is not None else "does not answer"
            self.__exit__()
            raise UsageError(
                f"the Dask scheduler at {address} {workers}",
                "start one with: dask scheduler, and on each machine: dask worker with its address",
            ) from None
        except (OSError, ValueError):
            raise UsageError(
                f"no Dask scheduler answers at {address}",
                "start one with: dask scheduler; its address looks like tcp://192.168.1.2:8786",
            ) from None

    def _start(self) -> None:
        """A worker process for each core of this machine."""
        import dask
        import distributed

        _quiet()
        settings = {
            "distributed.scheduler.allowed-failures": DEATHS,
            "distributed.worker.profile.enabled": False,
        }
        with dask.config.set(settings), _leaving_interrupts():
            try:
                self.cluster = distributed.LocalCluster(
                    n_workers=_cores(),
                    threads_per_worker=1,
                    memory_limit=0,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
            except RuntimeError:
                raise SheetgdError(
                    "the worker processes do not start",
                    'a script must begin its work under: if __name__ == "__main__":',
                ) from None
            self.client = distributed.Client(self.cluster, set_as_default=False)


def _done(item: Item, do: Callable[[Item, Shared], Result], shared: Shared) -> Result:
    return do(item, shared)


@contextlib.contextmanager
def _leaving_interrupts() -> Iterator[None]:
    """Processes that are started meanwhile leave Ctrl-C to this one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _quiet() -> None:
    """What goes wrong is told in words, not logged by each part of Dask that meets it."""
    for name in [*logging.root.manager.loggerDict]:
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
