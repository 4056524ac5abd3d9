"""What the commands print: numbers, file names, JSON and the bar of a long run."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager

from ..hints import Any

BAR_AFTER = 1.0  # seconds


def print_json(thing: Any) -> None:
    import json

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
            from rich.console import Console
            from rich.progress import Progress

            self.bar = Progress(
                console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()
            )
            self.bar.start()
            self.task = self.bar.add_task(self.words, total=total)
        self.bar.update(self.task, completed=done)

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()
