"""Which branches of sheetgd no test takes: python scripts/dev/cover.py [words for pytest ...]

Runs the tests under coverage, the commands that they start in processes of their own included, and names each function
that is not covered whole, with its lines. The formula engine's process starts without any package, so that what it
runs of engine.py is counted only where a test calls it directly. tests/test_ordeal.py is left out: it makes each system
call of a run fail, and coverage makes thousands of its own. A few tests fail under coverage, which is in their
way: those of what is imported at the start, of Ctrl-C and of a full disk. scripts/test.py says whether the tests pass.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import json
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _environment import PROJECT, ready_python, say

PACKAGE = "coverage>=7.10,<8"  # the first that follows processes by itself, and to their os._exit
SETTINGS = """[run]
branch = true
source = {source}
data_file = {folder}/data
parallel = true
patch =
    subprocess
    _exit
[report]
exclude_also =
    if TYPE_CHECKING:
    raise NotImplementedError
"""


def covered(python: Path, words: list[str], folder: Path) -> dict[str, Any]:
    """Coverage's report as an object."""
    settings = folder / "settings"
    settings.write_text(SETTINGS.format(source=PROJECT / "sheetgd", folder=folder), encoding="utf-8")
    report = folder / "report.json"

    def coverage(*rest: str) -> None:
        command = [str(python), "-m", "coverage", rest[0], f"--rcfile={settings}", *rest[1:]]
        subprocess.run(command, cwd=PROJECT, stdin=subprocess.DEVNULL)

    coverage("run", "-m", "pytest", "--ignore=tests/test_ordeal.py", *words)
    coverage("combine", "--quiet")
    coverage("json", "--quiet", "-o", str(report))
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def uncovered(report: dict[str, Any]) -> Iterator[str]:
    """A line for each function that is not covered whole."""
    for name, file in sorted(report["files"].items()):
        for function, found in file["functions"].items():
            lines = ranges(found["missing_lines"])
            missing = set(found["missing_lines"])
            jumps = [
                f"{start} to {'the end' if end < 0 else end}"
                for start, end in found["missing_branches"]
                if start not in missing and end not in missing
            ]
            if lines or jumps:
                parts = [f"lines {lines}"] * bool(lines) + [f"from {', '.join(jumps)}"] * bool(jumps)
                yield f"{Path(name).as_posix()}  {function or '(module)'}: {'; '.join(parts)}"


def ranges(lines: list[int]) -> str:
    """Numbers, those in a row joined.

    >>> ranges([3, 4, 5, 9])
    '3-5, 9'
    """
    groups = [
        [line for _, line in group] for _, group in groupby(enumerate(lines), lambda pair: pair[1] - pair[0])
    ]
    return ", ".join(str(group[0]) if len(group) == 1 else f"{group[0]}-{group[-1]}" for group in groups)


def main() -> int:
    words = sys.argv[1:]
    if words[:1] in (["-h"], ["--help"]):
        say(str(__doc__).strip())
        return 0
    python = ready_python("test")
    if subprocess.run([str(python), "-m", "pip", "install", "--quiet", PACKAGE]).returncode:
        sys.exit(f"{PACKAGE} could not be installed; the lines above say why.")
    with tempfile.TemporaryDirectory() as folder:
        report = covered(python, words, Path(folder))
    for line in uncovered(report):
        say(line)
    totals = report["totals"]
    say(
        f"\n{totals['covered_lines']:,} of {totals['num_statements']:,} statements and "
        f"{totals['covered_branches']:,} of {totals['num_branches']:,} branches are covered: "
        f"{totals['percent_covered']:.1f} %"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
