"""Whether a package that sheetgd uses has a known vulnerability: python scripts/dev/audit.py

Asks PyPI's advisory database, by pip-audit, about everything in the project's environment, and so needs the network.
Exit code 0 means that each was looked up and none is known to be vulnerable; a package that could not be looked up does
not count as clean.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _environment import ready_python, say

PACKAGE = "pip-audit>=2.7,<3"
TOOLS = ["pip", "setuptools"]  # a new environment begins with those of its Python, as old as that is


def main() -> int:
    if sys.argv[1:2] in (["-h"], ["--help"]):
        say(str(__doc__).strip())
        return 0
    python = str(ready_python())
    if subprocess.run([python, "-m", "pip", "install", "--quiet", "--upgrade", *TOOLS, PACKAGE]).returncode:
        sys.exit(f"{PACKAGE} could not be installed; the lines above say why.")
    listed = subprocess.run(
        [python, "-m", "pip", "freeze", "--all", "--exclude-editable"], stdout=subprocess.PIPE, check=True
    )
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(folder) / "installed.txt"
        packages.write_bytes(listed.stdout)
        audit = ["pip_audit", "--strict", "--no-deps", "--disable-pip", "--progress-spinner=off"]
        return subprocess.run([python, "-m", *audit, f"--requirement={packages}"]).returncode


if __name__ == "__main__":
    sys.exit(main())
