"""What the commands print: numbers, names, JSON, the bar of a long run, and what run and reset say about a history."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from ..books.opening import google_address
from ..grid.sheet import printable

BAR_AFTER = 1.0  # seconds


def say(text: str, *, aside: bool = False) -> None:
    """Print what may hold words of a sheet, without what a terminal would react to; `aside` to stderr."""
    print(printable(text), file=sys.stderr if aside else sys.stdout, flush=True)


def print_json(thing: Any) -> None:
    import json  # only --json needs it

    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    print(json.dumps(thing, ensure_ascii=not unicode))


def quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


def number(value: float | None, digits: int = 9) -> str:
    return "-" if value is None else f"{value:.{digits}g}"


class Bar(AbstractContextManager["Bar"]):
    """A progress bar on a terminal, once a run has taken a second."""

    def __init__(self, silent: bool, words: str = "Epochs") -> None:
        self.words = words
        self.silent = silent or not sys.stderr.isatty()
        self.begun = time.monotonic()
        self.bar: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self.silent or (self.bar is None and time.monotonic() - self.begun < BAR_AFTER):
            return
        if self.bar is None:
            from rich.console import Console  # only a run of a second or more needs it
            from rich.progress import Progress

            self.bar = Progress(
                console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()
            )
            self.bar.start()
            self.task = self.bar.add_task(self.words, total=total)
        self.bar.update(self.task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()


if TYPE_CHECKING:
    from ..epochs.history import History


def report(
    histories: list[History], words: argparse.Namespace, path: str, summary: Callable[[History, str], str]
) -> int:
    code = 0
    for history in histories:
        if words.json:
            print_json(history.as_json())
        elif history.epochs or not history.diverged:
            say(summary(history, history.book if google_address(path) else path))
            for warning in history.warnings:
                say(f"Note: {warning}.", aside=True)
        if history.diverged:
            say(str(history.diverged.at(book=history.book)), aside=True)
            code = history.diverged.exit_code
    return code


def before_after(history: History, digits: int = 9) -> list[str]:
    """A line for each parameter, and one for the loss; a name that is only the cell's address is not shown twice."""
    rows = [(name if name != change.cell else "", change) for name, change in history.parameters.items()]
    rows += [(history.loss_name, history.loss)] if history.loss else []
    width = max(len(name) for name, _ in rows)
    return [
        f"  {name:<{width}}  {change.cell:<5} {number(change.before, digits):>14}  ->  {number(change.after, digits)}"
        for name, change in rows
    ]
