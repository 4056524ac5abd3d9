"""Which lines and branches of sheetgd no test takes: python scripts/dev/cover.py [words for pytest ...]

Runs the tests under coverage (pyproject.toml has its settings), the commands that they start in processes of their own
included.
The formula engine's process starts without any package, so that what it runs of engine.py is counted only where a test
calls it directly. tests/test_ordeal.py is left out: it makes each system call of a run fail, and coverage makes
thousands of its own. A few tests fail under coverage, which is in their way: those of what is imported at the start, of
Ctrl-C and of a full disk. scripts/test.py says whether the tests pass.
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _environment import PROJECT, ready_python, say

PACKAGE = "coverage>=7.10,<8"  # the first that follows processes by itself, and to their os._exit


def main() -> int:
    words = sys.argv[1:]
    if words[:1] in (["-h"], ["--help"]):
        say(str(__doc__).strip())
        return 0
    python = str(ready_python("test"))
    code = 0
    for command in (
        ["pip", "install", "--quiet", PACKAGE],
        ["coverage", "run", "-m", "pytest", "--ignore=tests/test_ordeal.py", *words],
        ["coverage", "combine", "--quiet"],
        ["coverage", "report"],
    ):
        code = subprocess.run([python, "-m", *command], cwd=PROJECT, stdin=subprocess.DEVNULL).returncode
    return code


if __name__ == "__main__":
    sys.exit(main())
