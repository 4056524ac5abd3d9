"""kill -9 of formula engines."""

from __future__ import annotations

import os
import signal
import subprocess


def kill_engines(of: int) -> int:
    """End every formula engine that a process has started; how many they were."""
    found = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(of)], capture_output=True, text=True
    )
    engines = [int(row.split()[0]) for row in found.stdout.splitlines() if "engine.main" in row]
    for engine in engines:
        os.kill(engine, signal.SIGKILL)
    return len(engines)
