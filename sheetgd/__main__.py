"""The command `sheetgd`, and python -m sheetgd: a process of its own, which begins with what takes longest."""

from __future__ import annotations

import contextlib
import gc
import os
import sys

from .formulas.launch import prepare_engine

WITH_ENGINE = frozenset({"look", "run", "reset", "fit"})  # commands that open workbooks


def script() -> None:
    """Run the command that the process was started with, and end it.

    Python would take a seventh of a short run to look for garbage and, at its end, to tidy up memory that the system
    takes back anyway.
    """
    gc.set_threshold(100_000)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's threads take longer to start than our sums
    command, *words = [*sys.argv[1:], ""]
    if command in WITH_ENGINE and _count_books(words) == 1:
        prepare_engine()
    from .cli.main import main

    try:
        code = main()
    except SystemExit as ended:  # argparse's, for help and for words that do not fit
        code = ended.code if isinstance(ended.code, int) else 0
    with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
        print(end="", flush=True)
    os._exit(code)  # and so the engine ends, too, where it was not used: nobody is left to ask it


def _count_books(words: list[str]) -> int:
    """How many of the words seem to name a workbook; a pattern counts for many."""
    books = [word for word in words if word.lower().endswith((".xlsx", ".xlsm"))]
    return len(books) + sum(mark in book for mark in "*?[" for book in books)


if __name__ == "__main__":
    script()
