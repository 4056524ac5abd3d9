"""Lessons drawn at random, run, and compared with LibreOffice: python scripts/dev/random_sheets.py [NUMBER] [FIRST]

Ends with how the runs ended, and with exit code 1 if a stored result was not LibreOffice's.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import argparse
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _environment import PROJECT, ready_python, say


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Lessons drawn at random, run, and compared with LibreOffice."
    )
    parser.add_argument("number", type=int, nargs="?", default=500)
    parser.add_argument("first", type=int, nargs="?", default=0, help="the first seed")
    words = parser.parse_args()
    python = ready_python("test")
    if Path(sys.prefix) != python.parent.parent:
        return subprocess.run([str(python), *sys.argv], stdin=subprocess.DEVNULL).returncode
    sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]
    return compare(range(words.first, words.first + words.number))


def compare(seeds: range) -> int:
    import office as libreoffice
    import random_sheets

    ended: Counter[str] = Counter()
    wrong = 0
    with libreoffice.Office() as office, tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            how, cells = random_sheets.check(office, Path(folder, f"{seed}.xlsx"), seed)
            ended[how] += 1
            wrong += bool(cells)
            if cells:
                say(f"{seed}: {'; '.join(cells)}")
    say(
        f"{len(seeds)} sheets: {', '.join(f'{number} {how}' for how, number in ended.items())}; {wrong} wrong"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
