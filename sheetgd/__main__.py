"""The command `sheetgd`, and python -m sheetgd: a process of its own, which begins with what takes longest."""

from __future__ import annotations

import gc
import os
import sys

ALLOCATIONS = (
    100_000  # between two looks for garbage: imports make almost none, and spent a tenth of a run on 700
)
WITH_ENGINE = frozenset({"look", "run", "reset", "fit", "open"})  # commands that open workbooks


def script() -> None:
    """Run the command that the process was started with, and end it."""
    gc.set_threshold(ALLOCATIONS)
    # NumPy's threads wait busily: with two, a million epochs take 30 ms more, and the largest fit a fifth more
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from contextlib import suppress  # only now: from here on garbage is looked for rarely

    from .formulas.launch import prepare_engine

    if WITH_ENGINE.intersection(sys.argv[1:2]):
        prepare_engine()
    if "open" in sys.argv[1:2]:
        prepare_engine()  # the prediction's, for the first picture
    from .cli.main import main  # while the engine starts

    try:
        code = main()
    except SystemExit as ended:  # argparse's, after --help or a wrong option
        code = ended.code if isinstance(ended.code, int) else 0
    with suppress(OSError, ValueError):  # nobody reads it any more
        print(end="", flush=True)
    os._exit(code)  # Python would tidy up memory that the system takes back anyway


if __name__ == "__main__":
    script()
