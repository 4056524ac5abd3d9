"""The promises under strain: python scripts/dev/ordeal.py [--quick] [--seed N] [--only WORDS]

Hundreds of made workbooks, runs killed at any moment and at each system call of the save, failing system calls, two
runs at once, and other programs that replace the file meanwhile. Ends with a table (docs/reliability.md says what each
row means) and with exit code 1 if a promise was broken. Needs Linux with strace, and LibreOffice for the first rows;
what cannot be done here is named in the table.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import argparse
import concurrent.futures
import contextlib
import itertools
import os
import platform
import random
import re
import shutil
import subprocess
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _environment import PROJECT, ready_python, say

TRACED = "file,desc,network,process,memory,signal"
FAULTS = ("ENOSPC", "EIO", "EACCES")
LOCK_MARK = ".sheetgd-lock"


@dataclass
class Row:
    """One row of the table."""

    name: str
    cases: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0
    left_out: str = ""

    def add(self, note: str, complaint: str = "") -> None:
        self.cases += 1
        self.notes[note] += 1
        if complaint:
            self.broken.append(complaint)

    def cells(self) -> list[str]:
        notes = ", ".join(f"{count:,} {note}" for note, count in self.notes.most_common())
        cases = "-" if self.left_out else f"{self.cases:,}"
        return [self.name, cases, self.left_out or notes, str(len(self.broken)), f"{self.seconds:.0f} s"]


@dataclass
class Ordeal:
    """What all rows share: the seed, how much is done, a folder, and the lesson before and after one run and two."""

    seed: int
    quick: bool
    folder: Path
    python: Path
    old: bytes = b""
    new: bytes = b""
    twice: bytes = b""
    run_seconds: float = 0.0

    def prepare(self) -> None:
        """Run the lesson, if quick a small one, with the package compiled: every run makes the same system calls."""
        subprocess.run(
            [self.python, "-m", "compileall", "-q", PROJECT / "sheetgd"], stdin=subprocess.DEVNULL, check=True
        )
        lesson = self.folder / "lesson.xlsx"
        if self.quick:
            from small_lesson import draw

            draw(lesson)
        else:
            self.sheetgd("new", "descent", "-o", lesson).check_returncode()
        self.old = lesson.read_bytes()
        began = time.monotonic()
        self.sheetgd("run", lesson).check_returncode()
        self.run_seconds = time.monotonic() - began
        self.new = lesson.read_bytes()
        self.sheetgd("run", lesson).check_returncode()
        self.twice = lesson.read_bytes()

    def command(self, *words: object) -> list[str]:
        return [str(self.python), "-m", "sheetgd", *map(str, words)]

    def environment(self) -> dict[str, str]:
        fixed = {"PYTHONPATH": str(PROJECT), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        return {**os.environ, **fixed, "PYTHONIOENCODING": "utf-8"}

    def sheetgd(self, *words: object, before: tuple[object, ...] = ()) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*map(str, before), *self.command(*words)],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    def start(self, *words: object) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.command(*words),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    @contextlib.contextmanager
    def book(self) -> Iterator[Path]:
        """The lesson in a folder of its own."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            path = Path(folder, "lesson.xlsx")
            path.write_bytes(self.old)
            yield path

    def count(self, long: int, quick: int) -> int:
        return quick if self.quick else long

    def each(self, count: int, case: Callable[[int], None]) -> None:
        """The case for each number, as many at a time as the machine has processors."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for done in [pool.submit(case, number) for number in range(count)]:
                done.result()

    def whole(self, data: bytes) -> str:
        return {self.old: "old", self.new: "new", self.twice: "new twice"}.get(data, "")


# -- the corpus ------------------------------------------------------------------------------------------------------
def corpus(ordeal: Ordeal, row: Row, run: bool) -> None:
    import corpus as made_here
    import promises
    from office import Office, missing

    warnings.simplefilter("ignore")
    row.left_out = missing() or ""
    if row.left_out:
        return
    with Office() as office:
        for number in range(ordeal.count(300, 20)):
            seed = ordeal.seed * 1000 + number
            with tempfile.TemporaryDirectory(dir=ordeal.folder) as folder:
                made = made_here.make(seed, Path(folder), office)
                try:
                    dice = random.Random(seed)
                    found = (
                        promises.after_a_run(made, office)
                        if run
                        else promises.after_an_edit(made, dice, office)
                    )
                except Exception as error:  # a crash of ours, or of a reader
                    found = [f"{type(error).__name__}: {error}"]
                if found and found[0].startswith("refused: "):
                    row.add(f"refused in words ({reason(found[0])})")
                else:
                    row.add(
                        "kept" if not found else "broken", f"{made}: {'; '.join(found[:3])}" if found else ""
                    )


def reason(refusal: str) -> str:
    inner = re.search(r"\(([^()]*)\)", refusal)
    return inner[1] if inner else refusal.removeprefix("refused: ").partition(": ")[2][:70]


# -- kills -----------------------------------------------------------------------------------------------------------
def killed_at_random(ordeal: Ordeal, row: Row) -> None:
    dice = random.Random(ordeal.seed)
    moments = [dice.uniform(0, 1.2 * ordeal.run_seconds) for _ in range(ordeal.count(1000, 40))]

    def case(number: int) -> None:
        with ordeal.book() as path:
            process = ordeal.start("run", path)
            try:
                process.communicate(timeout=moments[number])
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            judge(ordeal, row, path, f"killed after {moments[number]:.4f} s")

    ordeal.each(len(moments), case)


def judge(ordeal: Ordeal, row: Row, path: Path, what: str) -> None:
    """The file is the old or the new one, whole, and the next run leaves nothing beside it."""
    state = ordeal.whole(path.read_bytes())
    left = leftovers(path)
    complaint = "" if state else f"{what}: the file is neither the old nor the new one"
    if left:
        again = ordeal.sheetgd("run", path)
        still = leftovers(path)
        if again.returncode or still:
            complaint = (
                f"{what}: the next run ended with {again.returncode} {again.stderr.strip()} and left {still}"
            )
    row.add(f"{state or 'broken'}{', leftovers cleaned by the next run' if left else ''}", complaint)


def leftovers(path: Path) -> list[str]:
    return sorted(name.name for name in path.parent.iterdir() if name.name != path.name)


def system_calls(ordeal: Ordeal) -> list[tuple[str, int, str]]:
    """Each system call from the lock to the end of a run: its name, which of that name it is, and its line."""
    with ordeal.book() as path:
        log = path.with_name("log")
        ordeal.sheetgd("run", path, before=("strace", "-o", log, "-e", f"trace={TRACED}")).check_returncode()
        lines = log.read_text(errors="replace").splitlines()
    counts: Counter[str] = Counter()
    found = []
    for line in lines:
        name = re.match(r"(\w+)\(", line)
        if name:
            counts[name[1]] += 1
            if found or LOCK_MARK in line:
                found.append((name[1], counts[name[1]], line))
    return [call for call in found if call[0] not in ("exit_group", "exit")]


def traceable(row: Row) -> bool:
    if not shutil.which("strace"):
        row.left_out = "strace is not installed"
    elif subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True).returncode:
        row.left_out = "strace may not trace here"
    return not row.left_out


def injected(
    ordeal: Ordeal, path: Path, name: str, when: int, what: str
) -> "subprocess.CompletedProcess[str]":
    inject = f"inject={name}:{what}:when={when}"
    return ordeal.sheetgd(
        "run", path, before=("strace", "-o", os.devnull, "-e", f"trace={name}", "-e", inject)
    )


def killed_at_each_call(ordeal: Ordeal, row: Row) -> None:
    if not traceable(row):
        return
    calls = system_calls(ordeal) * ordeal.count(5, 1)

    def case(number: int) -> None:
        name, when, line = calls[number]
        with ordeal.book() as path:
            injected(ordeal, path, name, when, "signal=SIGKILL")
            judge(ordeal, row, path, f"killed at {line[:60]}")

    ordeal.each(len(calls), case)


def failing_calls(ordeal: Ordeal, row: Row) -> None:
    """Errors of the system at each call of the save that touches a file: words, and the file whole."""
    if not traceable(row):
        return
    touching = (
        *("openat", "read", "write", "lseek", "ioctl", "close", "newfstatat", "fstat", "getdents64"),
        *("fsync", "rename", "renameat2", "chmod", "fchmod", "chown", "flock", "unlink"),
    )
    calls = [
        call for call in system_calls(ordeal) if call[0] in touching and not call[2].startswith("write(1")
    ]
    cases = [(*call, fault) for call in calls for fault in FAULTS]
    if ordeal.quick:  # another fault for each call
        cases = [(*call, fault) for call, fault in zip(calls, itertools.cycle(FAULTS), strict=False)]

    def case(number: int) -> None:
        name, when, line, fault = cases[number]
        with ordeal.book() as path:
            ended = injected(ordeal, path, name, when, f"error={fault}")
            state = ordeal.whole(path.read_bytes())
            what = f"{fault} at {line[:60]}: exit {ended.returncode}, {ended.stderr.strip()[-200:]}"
            sound = (ended.returncode, state) in ((0, "new"), (1, "old")) and "Traceback" not in ended.stderr
            row.add(f"{state}, exit {ended.returncode}", "" if sound else what)

    ordeal.each(len(cases), case)


# -- others at the same time -----------------------------------------------------------------------------------------
def two_at_once(ordeal: Ordeal, row: Row) -> None:
    dice = random.Random(ordeal.seed)
    pauses = [dice.uniform(0, ordeal.run_seconds / 3) for _ in range(ordeal.count(300, 12))]
    for pause in pauses:
        with ordeal.book() as path:
            first = ordeal.start("run", path)
            time.sleep(pause)
            second = ordeal.start("run", path)
            errors = [process.communicate(timeout=120)[1] for process in (first, second)]
            done = [first.returncode, second.returncode].count(0)
            state = ordeal.whole(path.read_bytes())
            said = [error for error in errors if error]
            sound = (done, state) in ((1, "new"), (2, "new twice")) and len(said) == 2 - done
            sound = (
                sound and all("changed by something else" in error for error in said) and not leftovers(path)
            )
            note = {1: "one done, the other said so", 2: "one after the other"}.get(done, "broken")
            row.add(
                note,
                "" if sound else f"{done} done, the file is {state or 'broken'}: {errors}, {leftovers(path)}",
            )


def two_to_one_output(ordeal: Ordeal, row: Row) -> None:
    for _ in range(ordeal.count(100, 6)):
        with ordeal.book() as path:
            out = path.with_name("out.xlsx")
            both = [ordeal.start("run", path, "-o", out) for _ in range(2)]
            errors = [process.communicate(timeout=120)[1] for process in both]
            codes = sorted(process.returncode for process in both)
            sound = codes == [0, 1] and out.read_bytes() == ordeal.new and path.read_bytes() == ordeal.old
            sound = sound and any("the file already exists" in error for error in errors)
            row.add(
                "one done, the other said so" if sound else "broken", "" if sound else f"{codes}: {errors}"
            )


def replaced_meanwhile(ordeal: Ordeal, row: Row) -> None:
    """Another program puts another workbook in the place; it knows nothing of locks."""
    dice = random.Random(ordeal.seed)
    other = ordeal.twice
    with ordeal.book() as path:
        path.write_bytes(other)
        ordeal.sheetgd("run", path).check_returncode()
        after_other = path.read_bytes()
    for _ in range(ordeal.count(300, 12)):
        with ordeal.book() as path:
            theirs = path.with_name("theirs")
            theirs.write_bytes(other)
            process = ordeal.start("run", path)
            time.sleep(dice.uniform(0, 1.1 * ordeal.run_seconds))
            os.replace(theirs, path)
            error = process.communicate(timeout=120)[1]
            end = path.read_bytes()
            if end == other:
                sound = process.returncode == 0 or "changed by something else" in error
                note = "theirs kept" + (", ours said so" if process.returncode else ", put after ours")
            elif end == after_other and process.returncode == 0:
                sound, note = True, "theirs was read and run"
            elif end == ordeal.new:
                sound, note = False, "theirs lost between check and replacement"
            else:
                sound, note = False, "broken"
            row.add(note, "" if sound and not leftovers(path) else f"{note}: {error} {leftovers(path)}")


def fuzzed(ordeal: Ordeal, row: Row) -> None:
    """Broken containers and parts, layouts turned about: a right result or a sentence, in bounded time and memory."""
    import fuzzing

    found = fuzzing.fuzz(ordeal.seed, ordeal.count(100_000, 400))
    row.cases, row.notes, row.broken = found.cases, found.notes, found.broken


def watched_for_hours(ordeal: Ordeal, row: Row) -> None:
    """Thirty Google Sheets, ticked at random while Google fails at random, watched for two simulated hours."""
    import pytest

    from fakes.google.server import Google
    from fakes.google.soak import hasten, soaked

    with pytest.MonkeyPatch.context() as patch:
        server = Google(ordeal.folder / "google")
        try:
            server.patch(patch)
            hasten(server, patch)
            minutes = 5 if ordeal.quick else 120
            soak = soaked(server, ordeal.folder, minutes=minutes, seed=ordeal.seed)
        finally:
            server.close()
    row.cases = soak.ticks
    row.notes.update(
        {"planted faults": soak.faults, "edits of own cells": soak.edits, "calls": len(server.calls)}
    )
    row.broken = [*soak.wrong(), *(["a call over the quota"] * soak.refused)]


ROWS: dict[str, Callable[[Ordeal, Row], Any]] = {
    "corpus: an edit of a cell": lambda ordeal, row: corpus(ordeal, row, run=False),
    "corpus: a whole run": lambda ordeal, row: corpus(ordeal, row, run=True),
    "SIGKILL at random moments": killed_at_random,
    "SIGKILL at each system call of the save": killed_at_each_call,
    "each system call of the save fails": failing_calls,
    "two runs on one file": two_at_once,
    "two runs to one output": two_to_one_output,
    "another program replaces the file": replaced_meanwhile,
    "fuzzing": fuzzed,
    "sync: ticks and faults for two simulated hours": watched_for_hours,
}


def table(rows: list[Row]) -> str:
    lines = [["row", "cases", "what happened", "broken", "time"], ["---", "--:", "---", "--:", "--:"]]
    lines += [row.cells() for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a few cases of each row, in about a minute")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other workbooks and moments")
    parser.add_argument("--only", default="", help="only the rows whose names hold these words")
    words = parser.parse_args()
    python = ready_python("test")
    if (
        Path(sys.prefix).resolve() != Path(python).parent.parent.resolve()
    ):  # the project's packages are needed here
        return subprocess.run([str(python), *sys.argv], stdin=subprocess.DEVNULL).returncode
    sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]
    return suffer(words, python)


def suffer(words: argparse.Namespace, python: Path) -> int:
    rows = []
    with tempfile.TemporaryDirectory(prefix="sheetgd-ordeal-") as folder:
        ordeal = Ordeal(words.seed, words.quick, Path(folder), python)
        ordeal.prepare()
        for name, suffering in ROWS.items():
            if words.only in name:
                row = Row(name)
                began = time.monotonic()
                suffering(ordeal, row)
                row.seconds = time.monotonic() - began
                rows.append(row)
                say(f"{name}: {row.cases} cases, {len(row.broken)} broken")
    for row in rows:
        for complaint in row.broken[:10]:
            say(f"  {row.name}: {complaint}")
    say(
        f"\nseed {words.seed}, {platform.system()} {platform.release()}, Python {platform.python_version()}\n"
    )
    say(table(rows))
    return 1 if any(row.broken for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
