"""The command on a terminal of its own, where something is done to it once its bar shows so much."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from conftest import plain_environment


def disturbed(
    folder: Path, *words: object, percent: int, disturb: Callable[[subprocess.Popen[bytes]], None]
) -> tuple[int, str]:
    """The exit code of the command, disturbed once its bar shows so much, and all that it showed."""
    screen, end = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sheetgd", *map(str, words)],
        cwd=folder,
        env={**os.environ, **plain_environment(), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=end,
        stderr=end,
        start_new_session=True,
    )
    os.close(end)
    shown, done = b"", False
    while True:
        try:
            shown += os.read(screen, 1 << 16)
        except OSError:  # all its ends are closed
            break
        if not done and max(map(int, re.findall(rb"Epochs.*?(\d+)%", shown)), default=-1) >= percent:
            disturb(process)
            done = True
    os.close(screen)
    assert done, shown.decode()
    return process.wait(), shown.decode()
