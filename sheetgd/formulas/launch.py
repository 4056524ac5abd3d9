"""Starts the formula engine's process, which gets ready while the rest is imported."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
import sys

from ..errors import BookError, SheetgdError

# Keyed by the process that started it: a fork must not use it.
_prepared: dict[int, list[subprocess.Popen[bytes]]] = {}


def prepare_engine() -> None:
    """Start a process that a later `start_engine` returns; if that fails, the next attempt will say why."""
    with contextlib.suppress(SheetgdError, OSError):
        _prepared.setdefault(os.getpid(), []).append(_start())


def start_engine() -> subprocess.Popen[bytes]:
    """The process in which `engine.main` waits for questions."""
    prepared = _prepared.get(os.getpid())
    return prepared.pop(0) if prepared else _start()


def _start() -> subprocess.Popen[bytes]:
    spec = importlib.util.find_spec("ironcalc")
    if spec is None or not spec.submodule_search_locations:
        raise BookError(
            "IronCalc, which recalculates formulas, is not installed", "run: pip install ironcalc"
        )
    folder = os.path.dirname(next(iter(spec.submodule_search_locations)))
    paths = [folder, os.path.dirname(__file__)]
    start = f"import sys; sys.path += {paths!r}; import engine; engine.main()"
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", start],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=os.name != "nt",  # Ctrl-C is for the asker to handle
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
