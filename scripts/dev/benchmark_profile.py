"""Where the time of a run goes: python benchmark_profile.py FIGURES BOOK EPOCHS [MODULE]

In a Python that has sheetgd. Runs `sheetgd run BOOK --epochs EPOCHS` in this process, and writes to FIGURES, as JSON,
the seconds that each kind of work took since this file began. MODULE is the one that this run needs NumPy for. What a
piece of work calls counts for itself, not for its caller.
"""

import functools
import sys
import time
from collections import Counter
from importlib import import_module

BEGAN = time.perf_counter()

IMPORTS, READING, ENGINE, ARITHMETIC, WRITING = (
    "imports",
    "inflating and reading",
    "formula engine",
    "arithmetic",
    "writing and deflating",
)
WORK = {
    READING: {
        "sheetgd.books.xlsx.package": ["_read", "Package.read", "Package.__init__"],
        "sheetgd.books.xlsx.contents": ["scan", "shared_strings", "elements"],
    },
    ENGINE: {"sheetgd.formulas.model": ["Model._send", "Model._receive"]},
    ARITHMETIC: {
        "sheetgd.maths.line": ["epoch", "mse", "safe_learn"],
        "sheetgd.maths.line_blocks": [
            "Blocks.__init__",
            "Blocks.after",
            "Blocks.guesses",
            "Blocks.terms",
            "Blocks.mse",
        ],
        "sheetgd.epochs.at_once": ["find_map", "find_loss", "_course"],
    },
    WRITING: {"sheetgd.books.xlsx.package": ["Package.save"]},
}


class Clock:
    """Seconds by kind of work; of nested works only the innermost runs."""

    def __init__(self):
        self.seconds, self.running, self.last = Counter(), ["everything else"], BEGAN

    def turn(self):
        now = time.perf_counter()
        self.seconds[self.running[-1]] += now - self.last
        self.last = now

    def timed(self, kind, function):
        @functools.wraps(function)
        def call(*arguments, **options):
            self.turn()
            self.running.append(kind)
            try:
                return function(*arguments, **options)
            finally:
                self.turn()
                self.running.pop()

        return call


def watch(clock):
    """Import what a run imports, and let the clock time each kind of work."""
    needed = [
        "sheetgd.cli.main",
        "sheetgd.cli.run",
        "sheetgd.epochs.run",
        "sheetgd.books.xlsx.patch",
        *WORK[READING],
        *WORK[ENGINE],
        *sys.argv[4:],
    ]
    for name in needed:
        clock.timed(IMPORTS, import_module)(name)
    for kind, modules in WORK.items():
        for module in (sys.modules[name] for name in modules if name in sys.modules):
            for path in modules[module.__name__]:
                owner, name = found(module, path)
                setattr(owner, name, clock.timed(kind, getattr(owner, name)))


def found(module, path):
    """Where a function or a method is kept, and its name there."""
    outer, _, name = path.rpartition(".")
    return getattr(module, outer) if outer else module, name


def main():
    figures, book, epochs = sys.argv[1:4]
    clock = Clock()
    watch(clock)
    from sheetgd.cli import main as cli

    code = cli.main(["run", book, "--epochs", epochs])
    clock.turn()
    import json  # which a run does not need

    with open(figures, "w", encoding="utf-8") as file:
        json.dump(clock.seconds, file)
    sys.exit(code)


if __name__ == "__main__":
    main()
