"""Draw a worksheet, run five epochs on it and show what happened: python scripts/demo.py [FOLDER]

Needs nothing but Python: it makes the project's own virtual environment first. The worksheet is FOLDER/demo.xlsx (the
project's demo folder where none is named); each demo starts it afresh.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import subprocess
from pathlib import Path

from _environment import PROJECT, ready_python, say


def demo(python: Path, folder: Path) -> int:
    """Both commands, as a teacher would type them; the exit code of the first that fails, else 0."""
    folder.mkdir(parents=True, exist_ok=True)
    book = nearby(folder / "demo.xlsx")
    for words in (["new", "descent", "-o", str(book), "--force"], ["run", str(book), "--epochs", "5"]):
        say("\n$ sheetgd " + " ".join(words))
        code = subprocess.run([str(python), "-m", "sheetgd", *words], stdin=subprocess.DEVNULL).returncode
        if code:
            return code
    command = nearby(python.with_name("sheetgd"))
    say(f"\nThe worksheet is {book}\nOpen it in Excel or LibreOffice, or go on:")
    say(f"  {quoted(command)} open {quoted(book)}    a page with buttons, in the browser")
    say(f"  {quoted(command)} run {quoted(book)}     as many epochs as the sheet says")
    say(f"  {quoted(command)} reset {quoted(book)}   back to the start")
    return 0


def nearby(path: Path) -> Path:
    """As seen from the folder in which one types: shorter, and no shell stumbles over spaces further up."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def quoted(path: Path) -> str:
    """As it can be typed in a terminal."""
    return f'"{path}"' if " " in str(path) else str(path)


def main() -> int:
    if len(sys.argv) > 2 or sys.argv[1:2] in (["-h"], ["--help"]):
        say(str(__doc__).strip())
        return 0 if len(sys.argv) == 2 else 2
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) == 2 else PROJECT / "demo"
    return demo(ready_python("page"), folder)


if __name__ == "__main__":
    sys.exit(main())
