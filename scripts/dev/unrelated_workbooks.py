"""How sheetgd takes real workbooks that have nothing to do with descent: python scripts/dev/unrelated_workbooks.py

Fetches the source archives of spreadsheet libraries (ORIGINS) into --folder, looks at every workbook in them once, with
this code and with that of --before, and says how many would be run, what the others were told, and how much more CPU
time `look` takes. The workbooks stay in their archives. Needs pip, npm and, for Debian's sources, apt-get.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import argparse
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _environment import PROJECT, ready_python, say

ORIGINS = {
    "debian": (
        "libapache-poi-java libexcel-writer-xlsx-perl libreoffice liborcus libspreadsheet-read-perl libxlsxwriter "
        "gnumeric openpyxl pandas r-cran-readxl"
    ),
    "pypi": "agate-excel frictionless pyexcel pyexcel-xlsx sheet2dict tablib unoserver xlcalculator xlsx2csv",
    "npm": "xlsx-populate",
}
COMMANDS = {
    "debian": "apt-get source --tar-only --quiet",
    "pypi": f"{sys.executable} -m pip download --quiet --no-deps --no-binary :all:",
    "npm": "npm pack --silent",
}
MOST_OFFERED = 2 / 1000
MOST_SECONDS = 0.3  # of CPU time, that look may take more than before
BEFORE = "89c03da^"  # when only headings told a lesson
RUN = "would be run"
SLOWEST = 5  # that are named


class Looked(NamedTuple):
    """What one side said of a workbook."""

    code: int
    said: str
    seconds: float


# -- the archives ----------------------------------------------------------------------------------------------------
def fetch(folder: Path) -> None:
    """Download what is not there yet; what cannot be had is said."""
    for registry, names in ORIGINS.items():
        for name in names.split():
            home = folder / registry / name
            if not home.is_dir():
                home.mkdir(parents=True)
                done = subprocess.run([*COMMANDS[registry].split(), name], cwd=home, capture_output=True)
                if done.returncode:
                    say(f"{registry}: {name} could not be had")


def workbooks(folder: Path) -> Iterator[tuple[str, str, bytes]]:
    """The origin, the path and the bytes of every workbook, equal ones only once."""
    seen = set()
    for archive in sorted(folder.glob("*/*/*")):
        if ".orig" not in archive.name and archive.parts[-3] == "debian":
            continue
        if not re.search(r"\.(tar\.\w+|tgz)\Z", archive.name):
            continue
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isfile() and re.search(r"\.xls[xm]\Z", member.name, re.IGNORECASE):
                    data = tar.extractfile(member).read()  # type: ignore[union-attr]
                    if (digest := hashlib.sha256(data).digest()) not in seen:
                        seen.add(digest)
                        yield f"{archive.parts[-3]}: {archive.parts[-2]}", member.name, data


# -- looking ---------------------------------------------------------------------------------------------------------
WORKER = """
import contextlib, io, json, sys, time
try:
    from sheetgd.cli.main import main
except ImportError:
    from sheetgd.cli import main
for line in sys.stdin:
    out, path = io.StringIO(), line.rstrip("\\n")
    begun = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            code = main(["look", path])
        except SystemExit as stopped:
            code = stopped.code
    print(json.dumps([code, out.getvalue(), time.process_time() - begun]), flush=True)
"""


class Side:
    """A process that looks at workbooks with one tree of the code."""

    def __init__(self, tree: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKER], cwd=tree, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def look(self, path: Path) -> Looked:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        return Looked(*json.loads(self.process.stdout.readline()))


def compare(folder: Path, before: Path) -> int:
    now, then = Side(PROJECT), Side(before)
    origins: Counter[str] = Counter()
    offered, said, more = [], Counter[str](), []
    with tempfile.TemporaryDirectory() as temporary:
        for origin, name, data in workbooks(folder):
            path = Path(temporary, "book" + Path(name).suffix.lower())
            path.write_bytes(data)
            one, other = now.look(path), then.look(path)
            origins[origin] += 1
            more.append((one.seconds - other.seconds, one.seconds, f"{origin}, {name}"))
            if kind_of(one) == RUN and kind_of(other) != RUN:
                offered.append(f"{origin}, {name}")
            said[kind_of(one)] += 1
    return report(origins, offered, said, more)


def kind_of(looked: Looked) -> str:
    """The sentence without what is the workbook's own."""
    if looked.code == 0 or "sheets have a step table" in looked.said:
        return RUN
    for words in (
        "no step table",
        "running total",
        "no loss was found",
        "no learning rate",
        "let sheetgd find the steps",
    ):
        if words in looked.said:
            return words
    return "something else: " + re.sub(r"\A\S+,? ", "", looked.said)[:60].strip()


def report(origins: Counter[str], offered: list[str], said: Counter[str], more: list[Any]) -> int:
    count = sum(origins.values())
    for origin, number in sorted(origins.items()):
        say(f"  {number:>5,}  {origin}")
    say(f"{count:,} workbooks, {len(offered)} of them offered as runnable that were not before")
    for name in offered:
        say(f"  {name}")
    for words, number in said.most_common(20):
        say(f"  {number:>5,}  {words}")
    more.sort(reverse=True)
    mean = sum(seconds for seconds, *_ in more) / max(count, 1)
    say(f"look takes {mean:.4f} s more of CPU time on average, and at most {more[0][0]:.2f} s:")
    for seconds, whole, name in more[:SLOWEST]:
        say(f"  {seconds:.2f} s more of {whole:.2f} s  {name}")
    return int(len(offered) > count * MOST_OFFERED or more[0][0] > MOST_SECONDS)


def main() -> int:
    parser = argparse.ArgumentParser(description="What sheetgd takes unrelated workbooks for.")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), "unrelated-workbooks"))
    parser.add_argument("--before", default=BEFORE, help=f"the commit to compare with (default: {BEFORE})")
    words = parser.parse_args()
    python = ready_python("test")
    if Path(sys.prefix) != python.parent.parent:
        return subprocess.run([str(python), *sys.argv], stdin=subprocess.DEVNULL).returncode
    fetch(words.folder)
    with tempfile.TemporaryDirectory() as temporary:
        tree = Path(temporary, "before")
        git = ["git", "-C", str(PROJECT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", str(tree), words.before], check=True)
        try:
            return compare(words.folder, tree)
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


if __name__ == "__main__":
    sys.exit(main())
