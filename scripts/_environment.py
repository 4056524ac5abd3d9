"""The project's own virtual environment, .venv, made and kept up to date for the scripts beside this file.

Needs nothing but Python. Safe to run again and again: it installs only when pyproject.toml, the Python or the project's
folder has changed since it last succeeded.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
STAMP = VENV / "sheetgd-installed.txt"
UNREACHABLE = (
    "NewConnectionError",
    "ConnectTimeout",
    "ReadTimeout",
    "ProxyError",
    "SSLError",
    "SSLCertVerificationError",
    "Temporary failure in name resolution",
    "Name or service not known",
    "getaddrinfo failed",
    "Network is unreachable",
    "Connection refused",
)


def ready_python(extra: str = "") -> Path:
    """The environment's Python, with sheetgd (and the extra's packages) installed in it from this folder.

    Ends the program with a sentence where that cannot be done.
    """
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # An environment that no longer starts is from a Python since removed, or from another machine.
    if not starts(python):
        make_environment(python)
    installed = read_stamp(python)
    wanted = installed | {"", extra}
    if wanted != installed:
        install(python, wanted - {""})
        STAMP.write_text("\n".join([fingerprint(python), *sorted(wanted)]), encoding="utf-8")
    return python


def starts(python: Path) -> bool:
    if not python.exists():
        return False
    tried = subprocess.run(
        [str(python), "-m", "pip", "--version"], capture_output=True, stdin=subprocess.DEVNULL
    )
    return tried.returncode == 0


def make_environment(python: Path) -> None:
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        sys.exit(
            f"This Python ({sys.executable}) cannot make a virtual environment: it comes without ensurepip.\n"
            "On Debian or Ubuntu install it with: sudo apt install python3-venv\n"
            "Elsewhere install Python from https://www.python.org/downloads/ . Then run this command again."
        )
    say(f"Making a virtual environment in {VENV} ...")
    made = run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if made.returncode != 0 or not starts(python):
        sys.exit(
            f"{last_lines(made.stdout)}\nThe virtual environment {VENV} could not be made; the lines above say why."
        )


def install(python: Path, extras: set[str]) -> None:
    what = f"{PROJECT}[{','.join(sorted(extras))}]" if extras else str(PROJECT)
    say("Installing sheetgd and the packages it needs (a minute, the first time) ...")
    done = run([str(python), "-m", "pip", "install", "--quiet", "--editable", what])
    if done.returncode == 0:
        return
    if any(sign in done.stdout for sign in UNREACHABLE):
        sys.exit(
            "pip could not reach its package index (https://pypi.org unless set otherwise).\n"
            "Is this machine on the internet? Behind a proxy, set HTTPS_PROXY. Then run this command again."
        )
    sys.exit(f"{last_lines(done.stdout)}\nsheetgd could not be installed; the lines above say why.")


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )


def read_stamp(python: Path) -> set[str]:
    """The extras installed ("" is sheetgd itself), or nothing where they are out of date."""
    if not STAMP.is_file():
        return set()
    found, *extras = STAMP.read_text(encoding="utf-8").split("\n")
    return set(extras) if found == fingerprint(python) else set()


def fingerprint(python: Path) -> str:
    """What an installation depends on: the packages asked for, the Python, and the folder it points to."""
    declared = (PROJECT / "pyproject.toml").read_bytes()
    setting = (VENV / "pyvenv.cfg").read_bytes()
    return hashlib.sha256(
        b"\0".join([declared, setting, str(PROJECT).encode(), str(python).encode()])
    ).hexdigest()


def last_lines(text: str, count: int = 15) -> str:
    return "\n".join(text.strip().splitlines()[-count:])


def say(text: str) -> None:
    print(text, flush=True)
