"""Several workbooks on all cores, a process for each core; what each printed is shown in their order."""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from ..errors import SheetgdError, UsageError
from ..grid.sheet import printable
from .output import Bar, number, report

if TYPE_CHECKING:
    from ..epochs.history import History

    Do = Callable[[argparse.Namespace, str, Bar | None], list[History]]


class Done(NamedTuple):
    """What one workbook's run printed, and its exit code."""

    code: int
    out: str
    err: str


def do_all(books: list[str], words: argparse.Namespace, do: Do) -> int:
    """Do each workbook and print what came of it, in their order; the highest exit code of all."""
    if words.out:
        raise UsageError(
            f"-o names one file, but there are {len(books)} workbooks",
            "leave it out, or run one after another",
        )
    code = done = 0
    cores = min(len(books), os.cpu_count() or 1)
    with ProcessPoolExecutor(cores, initializer=_begin_work) as workers, Bar(False, "Workbooks") as bar:
        try:
            for outcome in [workers.submit(_do, do, words, book) for book in books]:
                code = max(code, _show(outcome.result()))
                done += 1
                bar(done, len(books))
        except KeyboardInterrupt:
            workers.shutdown(cancel_futures=True)  # runs that are writing still finish
            stopped = f"stopped; {done} of {len(books)} workbooks were reported"
            raise UsageError(stopped, "some of the others may be done, too") from None
    return code


def _show(outcome: Done) -> int:
    print(outcome.out, end="", flush=True)
    print(outcome.err, end="", file=sys.stderr, flush=True)
    return outcome.code


def _begin_work() -> None:
    """Leave Ctrl-C to the process that prints, and end when that ends, however it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _do(do: Do, words: argparse.Namespace, book: str) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = report(do(words, book, None), words, book, _line)
        except SheetgdError as error:
            error.book = book
            print(printable(str(error)), file=sys.stderr)
            code = error.exit_code
    return Done(code, out.getvalue(), err.getvalue())


def _line(history: History, path: str) -> str:
    """One line: what was done, where the parameters are now, and what became of the loss."""
    epochs = {0: "reset", 1: "1 epoch"}.get(history.epochs, f"{history.epochs:,} epochs")
    values = [f"{name} {number(change.after)}" for name, change in history.parameters.items()]
    if history.loss:
        values.append(f"{history.loss_name} {number(history.loss.before)} -> {number(history.loss.after)}")
    return f"{path}, sheet {history.sheet}: {epochs}, {', '.join(values)}"
