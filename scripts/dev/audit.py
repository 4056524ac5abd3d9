"""Whether a package that sheetgd uses has a known vulnerability: python scripts/dev/audit.py

Asks PyPI's advisory database, by pip-audit, about everything in the project's environment, and so needs the network. A
package that could not be looked up is no clean package: exit code 0 means that each was looked up and none is known to
be vulnerable, 1 that some are, 2 that the question was not answered for all.
"""

import sys
from pathlib import Path

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import json
import subprocess
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from _environment import ready_python, say

PACKAGE = "pip-audit>=2.7,<3"
TOOLS = ["pip", "setuptools"]  # a new environment begins with those of its Python, as old as that is


def verdict(packages: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """The exit code and what to say of pip-audit's list.

    >>> verdict([{"name": "one", "version": "1.0", "vulns": []}])
    (0, ['1 package looked up, none has a known vulnerability.'])
    """
    flaws = [
        f"{package['name']} {package['version']}: {flaw['id']}, "
        f"mended in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for package in packages
        for flaw in package.get("vulns", [])
    ]
    skipped = [
        f"{package['name']}: {package['skip_reason']}" for package in packages if "skip_reason" in package
    ]
    if flaws or skipped:
        return 1 if flaws else 2, flaws + skipped
    count = "1 package" if len(packages) == 1 else f"{len(packages)} packages"
    return 0, [f"{count} looked up, none has a known vulnerability."]


def main() -> int:
    if sys.argv[1:2] in (["-h"], ["--help"]):
        say(str(__doc__).strip())
        return 0
    python = ready_python()
    install = [str(python), "-m", "pip", "install", "--quiet", "--upgrade"]
    if subprocess.run([*install, *TOOLS, PACKAGE]).returncode:
        say(f"{PACKAGE} could not be installed; the lines above say why.")
        return 2
    done = subprocess.run(
        [str(python), "-m", "pip_audit", "--skip-editable", "--progress-spinner=off", "--format=json"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        say("pip-audit gave no answer; the lines above say why.")
        return 2
    code, lines = verdict([package for package in packages if package["name"] != "sheetgd"])
    for line in lines:
        say(line)
    return code


if __name__ == "__main__":
    sys.exit(main())
