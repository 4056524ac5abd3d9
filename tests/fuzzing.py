"""Damaged, hostile and odd workbooks, made from a source of chance, and the check that sheetgd copes with each.

Coping is: a right result, or an error in words that begin with the workbook's name; never another exception, more than
5 seconds or more than 1 GB; after an error the file is as it was, to the byte, and after a success every reader can
read it and only the cells that were meant to change have changed.

    python tests/fuzzing.py --cases 100000              so many cases of all kinds (about ten minutes on two processors)
    python tests/fuzzing.py --again layout:1:17         one case again, by kind, seed and number
    python tests/fuzzing.py --atheris xml --seconds 60  guided by coverage, where atheris is installed

`fuzz(seed, cases)` is the first of these for other scripts. What chance decides comes from a random.Random, so that
the same makers serve a seed, hypothesis (whose `randoms` shrinks what it finds) and atheris.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from fuzz_cases import BATCH, KINDS, MEGABYTES, Arena, Case, books


# -- many cases ------------------------------------------------------------------------------------------------------
@dataclass
class Summary:
    """What came of many cases."""

    cases: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0
    megabytes: float = 0.0

    def add(self, other: Summary) -> None:
        self.cases += other.cases
        self.notes += other.notes
        self.broken += other.broken
        self.slowest = max(self.slowest, other.slowest)
        self.megabytes = max(self.megabytes, other.megabytes)

    def __str__(self) -> str:
        notes = ", ".join(f"{count:,} {note}" for note, count in self.notes.most_common())
        return (
            f"{self.cases:,} cases: {notes}; {len(self.broken)} broken; {self.seconds:.0f} s, the slowest case "
            f"{self.slowest:.1f} s, the most memory {self.megabytes:.0f} MB"
        )


def fuzz(
    seed: int = 1, cases: int = 100_000, processes: int | None = None, kinds: tuple[str, ...] = tuple(KINDS)
) -> Summary:
    """So many cases, in as many processes as the machine has processors; the same seed makes the same cases."""
    began = time.monotonic()
    total = Summary()
    batches = [(kinds, seed, first, min(first + BATCH, cases)) for first in range(0, cases, BATCH)]
    if processes == 1:
        for batch in batches:
            total.add(one_batch(*batch))
    else:
        spawn = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(processes or os.cpu_count(), mp_context=spawn) as pool:
            waiting = {pool.submit(one_batch, *batch): batch for batch in batches}
            for done in concurrent.futures.as_completed(waiting):
                try:
                    total.add(done.result())
                except concurrent.futures.process.BrokenProcessPool:
                    total.broken.append(f"a process died, perhaps in cases {waiting[done][2:]}")
    total.seconds = time.monotonic() - began
    return total


def one_batch(kinds: tuple[str, ...], seed: int, first: int, end: int) -> Summary:
    found = Summary()
    with Arena() as arena:
        for number in range(first, end):
            kind = kinds[number % len(kinds)]
            case = make(kind, seed, number)
            verdict = arena.suffer(case)
            found.cases += 1
            found.notes[f"{kind} {verdict.note}"] += 1
            found.slowest = max(found.slowest, verdict.seconds)
            if verdict.wrong:
                found.broken.append(
                    f"{kind}:{seed}:{number} ({case.what[:300]}; {case.words}): {verdict.wrong}"
                )
    found.megabytes = most_memory()
    if found.megabytes > MEGABYTES:
        found.broken.append(f"{found.megabytes:.0f} MB in cases {first} to {end} of seed {seed}")
    return found


def make(kind: str, seed: int, number: int) -> Case:
    return KINDS[kind](random.Random(f"{kind} {seed} {number}"))


def most_memory() -> float:
    """The most that this process, or one that it has ended, has held at any time, in megabytes."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    used = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return used / (1e6 if sys.platform == "darwin" else 1e3)


# -- guided by coverage ----------------------------------------------------------------------------------------------
class Bytes(random.Random):
    """A source of chance that reads the bytes it was given, and zeros after them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self.data, self.at = data, 0

    def getrandbits(self, count: int) -> int:
        size = (count + 7) // 8
        piece = self.data[self.at : self.at + size].ljust(size, b"\0")
        self.at += size
        return int.from_bytes(piece, "little") & ((1 << count) - 1)

    def random(self) -> float:
        return self.getrandbits(16) / 65536


def guided(kind: str, seconds: float, folder: Path) -> None:
    """Let atheris look for inputs that reach new code, and end the process; what it finds is left in the folder."""
    import atheris

    with atheris.instrument_imports(include=["sheetgd"]):
        import sheetgd.books.xlsx
        import sheetgd.cli
        import sheetgd.epochs  # noqa: F401
    with Arena() as arena:
        books()

        def one(data: bytes) -> None:
            case = KINDS[kind](Bytes(data))
            verdict = arena.suffer(case)
            if verdict.wrong:
                raise AssertionError(f"{case.what} {case.words}: {verdict.wrong}")

        options = [
            f"-max_total_time={seconds:.0f}",
            "-timeout=30",
            f"-artifact_prefix={folder}/",
            "-max_len=512",
        ]
        atheris.Setup([sys.argv[0], *options, "-verbosity=1", "-print_final_stats=1"], one)
        atheris.Fuzz()


def again(name: str) -> int:
    kind, seed, number = name.split(":")
    case = make(kind, int(seed), int(number))
    path = Path(f"fuzzed-{kind}-{seed}-{number}{case.suffix}")
    path.write_bytes(case.data)
    print(f"{path}: {case.what}\n{case.words}\n{case.expected}")
    with Arena() as arena:
        verdict = arena.suffer(case)
    print(verdict.note, f"{verdict.seconds:.2f} s", verdict.wrong)
    return int(bool(verdict.wrong))


def by_words() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--kind", choices=list(KINDS))
    parser.add_argument("--processes", type=int)
    parser.add_argument("--again", metavar="KIND:SEED:NUMBER")
    parser.add_argument("--atheris", metavar="KIND", choices=list(KINDS))
    parser.add_argument("--seconds", type=float, default=60)
    words = parser.parse_args()
    if words.again:
        return again(words.again)
    if words.atheris:
        guided(words.atheris, words.seconds, Path.cwd())
    found = fuzz(words.seed, words.cases, words.processes, (words.kind,) if words.kind else tuple(KINDS))
    for line in found.broken[:40]:
        print(line)
    print(found)
    return int(bool(found.broken))


if __name__ == "__main__":
    sys.exit(by_words())
