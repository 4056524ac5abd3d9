"""Run the demo, then every test: python scripts/test.py [--require-all] [words for pytest ...]

Needs nothing but Python: it makes the project's own virtual environment first. Tests that this machine cannot run (no
LibreOffice, no Node) are named at the end and not counted as passed; with --require-all they are a failure.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import os
import subprocess
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from xml.etree import ElementTree

from _environment import PROJECT, ready_python, say
from demo import demo

# In the order of tests/conftest.py, the longest files first.
ON_ALL_CORES = ("--numprocesses=auto", "--dist=loadfile", "--no-loadscope-reorder")


class Results:
    """What pytest's report (JUnit XML) says: how many passed and failed, and the tests left out, by reason."""

    def __init__(self, report: Path) -> None:
        self.counts: Counter[str] = Counter()
        self.left_out: dict[str, list[str]] = defaultdict(list)
        for case in ElementTree.parse(report).iter("testcase"):
            skipped = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                self.counts["failed"] += 1
            elif skipped is not None:
                self.counts["not run"] += 1
                self.left_out[skipped.get("message") or "no reason given"].append(name_of(case))
            else:
                self.counts["passed"] += 1

    def show(self) -> None:
        if self.left_out:
            say(f"\nTests that were not run ({self.counts['not run']}):")
        for reason, names in sorted(self.left_out.items()):
            say(f"  {reason}:")
            for name in sorted(names):
                say(f"    {name}")
        say("\n" + ", ".join(f"{self.counts[kind]} {kind}" for kind in ("passed", "failed", "not run")))


def name_of(case: ElementTree.Element) -> str:
    place = case.get("file") or case.get("classname") or ""
    return f"{place}::{case.get('name')}" if place else str(case.get("name"))


def run_tests(python: Path, words: list[str], require_all: bool) -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        options = [f"--junitxml={report}", "--override-ini=junit_family=xunit1", *ON_ALL_CORES]
        command = [str(python), "-m", "pytest", *words, *options]
        code = subprocess.run(command, cwd=PROJECT, stdin=subprocess.DEVNULL).returncode
        if not report.is_file():
            return code or 1
        results = Results(report)
    results.show()
    if code == 0 and not results.counts["passed"]:
        say("No test was run.")
        return 1
    if code == 0 and require_all and results.counts["not run"]:
        say("--require-all: a test that was not run counts as a failure.")
        return 1
    return code


def main() -> int:
    words = sys.argv[1:]
    if words[:1] in (["-h"], ["--help"]):
        say(str(__doc__).strip())
        return 0
    # A setting that forbids compiled modules would have each of some thousand processes compile the package again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    python = ready_python("test")
    code = demo(python, PROJECT / "demo")
    if code:
        say(f"The demo failed (exit code {code}).")
        return code
    return run_tests(python, [word for word in words if word != "--require-all"], "--require-all" in words)


if __name__ == "__main__":
    sys.exit(main())
